/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What commands share: their ways to the host, and taking guests down.
 */
#include "psp_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum sev_status psp_host_trouble(struct psp *psp, const char *what, int err)
{
    char message[128];

    if (psp->host.log) {
        snprintf(message, sizeof(message), "psp: %s failed: %s", what, strerror(-err));
        psp->host.log(psp->ctx, PSP_LOG_ERROR, message);
    }
    return SEV_STATUS_HWERROR_PLATFORM;
}

enum sev_status psp_cert_verdict(struct psp *psp, int err)
{
    switch (err) {
    case 0:
        return SEV_STATUS_SUCCESS;
    case -EINVAL:
        return SEV_STATUS_INVALID_CERTIFICATE;
    case -EBADMSG:
        return SEV_STATUS_BAD_SIGNATURE;
    default:
        return psp_host_trouble(psp, "looking at a certificate", err);
    }
}

bool psp_ram_valid(struct psp *psp, enum psp_issuer issuer, uint64_t spa, uint64_t len)
{
    return len <= UINT64_MAX - spa && psp->host.ram_valid(psp->ctx, issuer, spa, len);
}

enum sev_status psp_ram_read(struct psp *psp, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                             void *buf, size_t len)
{
    int err = psp->host.ram_read(psp->ctx, issuer, asid, spa, buf, len);

    return err ? psp_host_trouble(psp, "reading memory", err) : SEV_STATUS_SUCCESS;
}

enum sev_status psp_ram_write(struct psp *psp, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                              const void *buf, size_t len)
{
    int err = psp->host.ram_write(psp->ctx, issuer, asid, spa, buf, len);

    return err ? psp_host_trouble(psp, "writing memory", err) : SEV_STATUS_SUCCESS;
}

enum sev_status psp_random(struct psp *psp, void *buf, size_t len)
{
    int err = psp->host.random(psp->ctx, buf, len);

    return err ? psp_host_trouble(psp, "random numbers", err) : SEV_STATUS_SUCCESS;
}

void psp_deactivate(struct psp *psp, struct gctx *guest)
{
    psp->host.key_remove(psp->ctx, guest->asid);
    platform_dirty_asid(&psp->platform, guest->asid, psp->config.cpus);
    guest->asid = 0;
}

void psp_delete_guests(struct psp *psp)
{
    for (unsigned i = 0; i < GCTX_SLOTS; i++) {
        struct gctx *guest = &psp->guests.slot[i];

        if (!guest->handle)
            continue;
        if (guest->asid)
            psp_deactivate(psp, guest);
        gctx_delete(guest);
    }
}
