/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control protocol: QEMU's QMP, so that tools written for QEMU's SEV guests work unchanged.
 * One decoded request makes one response. The socket is ctl.c's; what a command does is in the ops.
 *
 * QEMU docs/interop/qmp-spec.rst (greeting, capabilities, id, error classes); monitor/qmp.c,
 * qapi/qmp-dispatch.c and qapi/qobject-input-visitor.c (texts of errors). The field names and types of
 * the SEV commands are those of QEMU qapi/misc-i386.json SevInfo, SevCapability,
 * SevLaunchMeasureInfo, SevAttestationReport.
 */
#ifndef SEV_QMP_H
#define SEV_QMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What query-sev shows. */
struct qmp_sev {
    bool enabled;
    uint8_t api_major, api_minor, build;
    bool snp; /* a guest with SEV-SNP, which has no handle */
    uint64_t policy;
    uint32_t handle;
    const char *state; /* as QAPI's SevState: "uninit", "launch-update", "launch-secret", ... */
};

/* Bytes that a callback returns. */
struct qmp_blob {
    uint8_t data[8192];
    size_t len;
};

/* The machine. Each returns true, or false with one sentence in `error`. */
struct qmp_ops {
    bool (*running)(void *ctx);
    bool (*prelaunch)(void *ctx); /* not started, or reset while it was paused */
    bool (*cont)(void *ctx, char *error, size_t size);
    bool (*stop)(void *ctx, char *error, size_t size);
    bool (*quit)(void *ctx, char *error, size_t size);
    bool (*reset)(void *ctx, char *error, size_t size);
    bool (*save)(void *ctx, const char *path, char *error, size_t size);
    void (*sev)(void *ctx, struct qmp_sev *sev);
    bool (*measure)(void *ctx, struct qmp_blob *blob, char *error, size_t size);
    bool (*inject)(void *ctx, const struct qmp_blob *header, const void *secret, size_t len,
                   const uint64_t *gpa, char *error, size_t size);
    bool (*attest)(void *ctx, const uint8_t mnonce[16], struct qmp_blob *report, char *error,
                   size_t size);
    /* PDH, chain and chip id of query-sev-capabilities; cbitpos and reduced bits. */
    bool (*capabilities)(void *ctx, struct qmp_blob *pdh, struct qmp_blob *chain,
                         struct qmp_blob *id, unsigned *cbitpos, unsigned *reduced, char *error,
                         size_t size);
};

/* The connection of one client. */
struct qmp {
    const struct qmp_ops *ops;
    void *ctx;
    bool negotiated;
};

/* These return new references, NULL only without memory. */
json_t *qmp_greeting(void);
json_t *qmp_event(const char *name, json_t *data); /* releases `data`, which may be NULL */
/* Execute `request`, any JSON value. */
json_t *qmp_execute(struct qmp *qmp, const json_t *request);
/* The response to something that is not JSON. */
json_t *qmp_error(const char *why);

#ifdef __cplusplus
}
#endif
#endif
