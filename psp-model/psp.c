/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creation, power cycle and inspection of a secure processor.
 */
#include "psp.h"

#include <stdlib.h>
#include <string.h>

#include "chip.h"
#include "protocol/crypto.h"
#include "dispatch.h"
#include "psp_priv.h"

static bool config_ok(const struct psp_host *host, const struct psp_config *config)
{
    return config->asids >= 1 && config->asids <= PSP_ASIDS_MAX && config->cpus >= 1 &&
           config->cpus <= PSP_CPUS_MAX && host->ram_valid && host->ram_read && host->ram_write &&
           host->key_install && host->key_remove && host->random && host->time_us &&
           !host->nv_load == !host->nv_store;
}

static const uint8_t *keep16(const uint8_t *from, uint8_t to[16])
{
    if (!from)
        return NULL;
    memcpy(to, from, 16);
    return to;
}

struct psp *psp_new(const struct psp_host *host, void *ctx, const struct psp_config *config)
{
    struct psp *psp;

    if (!config_ok(host, config) || crypto_init())
        return NULL;
    psp = calloc(1, sizeof(*psp));
    if (!psp)
        return NULL;
    psp->host = *host;
    psp->ctx = ctx;
    psp->config = *config;
    psp->config.tik = keep16(config->tik, psp->fixed_tik);
    psp->config.tek = keep16(config->tek, psp->fixed_tek);
    psp->config.mnonce = keep16(config->mnonce, psp->fixed_mnonce);
    platform_reset(&psp->platform);
    return psp;
}

void psp_free(struct psp *psp)
{
    if (!psp)
        return;
    psp_delete_guests(psp);
    crypto_wipe(psp, sizeof(*psp));
    free(psp);
}

void psp_reset(struct psp *psp)
{
    psp_delete_guests(psp);
    chip_leave_buffer(psp);
    psp->chip.damage_reported = false;
    platform_reset(&psp->platform);
}

enum sev_status psp_exec(struct psp *psp, enum psp_issuer issuer, uint16_t command, uint64_t buffer)
{
    return dispatch_exec(psp, issuer, command, buffer);
}

void psp_wbinvd(struct psp *psp, unsigned cpu)
{
    if (cpu < psp->config.cpus)
        platform_wbinvd(&psp->platform, cpu);
}

void psp_get_platform(const struct psp *psp, struct psp_platform_info *info)
{
    info->state = psp->platform.state;
    info->api_major = psp->config.api_major;
    info->api_minor = psp->config.api_minor;
    info->build = psp->config.build;
    info->es = psp->platform.es;
    info->owned = psp->chip.loaded && chip_identity(psp)->owned;
    info->guests = gctx_count(&psp->guests);
}

bool psp_get_guest(const struct psp *psp, unsigned index, struct psp_guest_info *info)
{
    const struct gctx *guest;

    if (index >= GCTX_SLOTS || !psp->guests.slot[index].handle)
        return false;
    guest = &psp->guests.slot[index];
    info->handle = guest->handle;
    info->policy = guest->policy;
    info->asid = guest->asid;
    info->state = guest->state;
    info->measured = guest->measured;
    memcpy(info->measure, guest->measure, sizeof(info->measure));
    memcpy(info->mnonce, guest->mnonce, sizeof(info->mnonce));
    return gctx_launch_digest(guest, info->launch_digest) == 0;
}

unsigned psp_guest_slots(void)
{
    return GCTX_SLOTS;
}
