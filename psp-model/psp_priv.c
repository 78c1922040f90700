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

bool psp_has_snp(const struct psp *psp)
{
    return psp->host.rmp_get != NULL;
}

enum sev_status psp_rmp_set(struct psp *psp, uint64_t spa, const struct psp_rmp_entry *entry)
{
    int err = psp->host.rmp_set(psp->ctx, spa, entry);

    return err ? psp_host_trouble(psp, "changing an entry of the RMP", err) : SEV_STATUS_SUCCESS;
}

enum sev_status psp_activate(struct psp *psp, uint32_t asid, const uint8_t vek[16])
{
    int err;

    if (!asid || asid > psp->config.asids)
        return SEV_STATUS_INVALID_ASID;
    if (gctx_find_asid(&psp->guests, asid) || snp_find_asid(&psp->snp, asid))
        return SEV_STATUS_ASID_OWNED;
    if (platform_asid_dirty(&psp->platform, asid))
        return SEV_STATUS_DFFLUSH_REQUIRED;
    err = psp->host.key_install(psp->ctx, asid, vek);
    return err ? psp_host_trouble(psp, "loading a guest's key", err) : SEV_STATUS_SUCCESS;
}

static void leave_asid(struct psp *psp, uint32_t *asid)
{
    psp->host.key_remove(psp->ctx, *asid);
    platform_dirty_asid(&psp->platform, *asid, psp->config.cpus);
    *asid = 0;
}

void psp_deactivate(struct psp *psp, struct gctx *guest)
{
    leave_asid(psp, &guest->asid);
}

void psp_snp_deactivate(struct psp *psp, struct snp_guest *guest)
{
    leave_asid(psp, &guest->asid);
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

void psp_delete_snp_guests(struct psp *psp)
{
    for (unsigned i = 0; i < SNP_GUESTS; i++) {
        struct snp_guest *guest = &psp->snp.guests[i];

        if (guest->context && guest->asid)
            psp_snp_deactivate(psp, guest);
        snp_delete(guest);
    }
}
