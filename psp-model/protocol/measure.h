/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch measurement: MEASURE = HMAC-SHA-256(TIK, 04h || API || policy || GCTX.LD || MNONCE).
 * Shared by the secure processor (LAUNCH_MEASURE) and the owner's tools.
 *
 * Source: virtee/sev src/session/mod.rs Session::verify(); AMDESE/sev-tool src/commands.cpp
 * Command::calculate_measurement(); libvirt virt-qemu-sev-validate
 * ConfidentialVM.get_measurements().
 */
#ifndef PSP_MEASURE_H
#define PSP_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct measure_input {
    uint8_t api_major, api_minor, build;
    uint32_t policy;
    uint8_t launch_digest[32]; /* SHA-256 over all measured regions, in launch order */
    uint8_t mnonce[16];
};

#define MEASURE_SIZE      32
#define MEASURE_BLOB_SIZE 48 /* MEASURE || MNONCE, as LAUNCH_MEASURE writes it */

/* 0 or a negative errno. API before 0.17 leaves the context byte and version out. */
int measure_compute(const struct measure_input *in, const uint8_t tik[16],
                    uint8_t measure[MEASURE_SIZE]) __attribute__((warn_unused_result));

/* Return whether the MACs of this API cover context and version: 0.17 and later. The MAC of the
 * secret packet then covers MEASURE too: see packet.h. */
bool measure_binds_version(uint8_t api_major, uint8_t api_minor);

#ifdef __cplusplus
}
#endif
#endif
