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
#include "endorse.h"
#include "psp_priv.h"

static bool config_ok(const struct psp_host *host, const struct psp_config *config)
{
    return config->asids >= 1 && config->asids <= PSP_ASIDS_MAX && config->cpus >= 1 &&
           config->cpus <= PSP_CPUS_MAX && host->ram_valid && host->ram_read && host->ram_write &&
           host->key_install && host->key_remove && host->random && host->time_us &&
           !host->nv_load == !host->nv_store && !host->rmp_get == !host->rmp_set &&
           !host->rmp_get == !host->rmp_clear;
}

static const uint8_t *keep_chip_id(const uint8_t *from, uint8_t to[PSP_CHIP_ID_SIZE])
{
    if (!from)
        return NULL;
    memcpy(to, from, PSP_CHIP_ID_SIZE);
    return to;
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
    struct psp_config full = *config;
    struct psp *psp;

    if (!config_ok(host, config) || !endorse_config(&full) || crypto_init())
        return NULL;
    psp = calloc(1, sizeof(*psp));
    if (!psp)
        return NULL;
    psp->host = *host;
    psp->ctx = ctx;
    psp->config = full;
    psp->config.tik = keep16(config->tik, psp->fixed_tik);
    psp->config.tek = keep16(config->tek, psp->fixed_tek);
    psp->config.mnonce = keep16(config->mnonce, psp->fixed_mnonce);
    psp->config.chip_id = keep_chip_id(config->chip_id, psp->fixed_chip_id);
    platform_reset(&psp->platform);
    snp_reset(&psp->snp, psp->config.snp_committed_tcb);
    return psp;
}

void psp_free(struct psp *psp)
{
    if (!psp)
        return;
    psp_delete_guests(psp);
    psp_delete_snp_guests(psp);
    crypto_wipe(psp, sizeof(*psp));
    free(psp);
}

void psp_reset(struct psp *psp)
{
    psp_delete_guests(psp);
    psp_delete_snp_guests(psp);
    chip_leave_buffer(psp);
    psp->chip.damage_reported = false;
    platform_reset(&psp->platform);
    snp_reset(&psp->snp, psp->config.snp_committed_tcb);
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
    info->snp = psp_has_snp(psp);
    info->snp_state = psp->snp.state;
    info->rmp_ready = psp->snp.rmp_ready;
    info->snp_guests = snp_count(&psp->snp);
    info->tcb = psp->config.snp_tcb;
    info->committed_tcb = psp->snp.committed_tcb;
    info->reported_tcb = psp->snp.reported_tcb;
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

bool psp_get_snp_guest(const struct psp *psp, unsigned index, struct psp_snp_guest_info *info)
{
    const struct snp_guest *guest;

    if (index >= SNP_GUESTS || !psp->snp.guests[index].context)
        return false;
    guest = &psp->snp.guests[index];
    info->context = guest->context;
    info->policy = guest->policy;
    info->asid = guest->asid;
    info->state = guest->state;
    memcpy(info->launch_digest, guest->launch_digest, sizeof(info->launch_digest));
    memcpy(info->host_data, guest->host_data, sizeof(info->host_data));
    info->id_block = guest->id_block;
    info->author_key = guest->author_key;
    info->vcek_disabled = guest->vcek_disabled;
    memcpy(info->family_id, guest->family_id, sizeof(info->family_id));
    memcpy(info->image_id, guest->image_id, sizeof(info->image_id));
    info->guest_svn = guest->guest_svn;
    memcpy(info->id_key_digest, guest->id_key_digest, sizeof(info->id_key_digest));
    memcpy(info->author_key_digest, guest->author_key_digest, sizeof(info->author_key_digest));
    return true;
}

unsigned psp_snp_guest_slots(void)
{
    return SNP_GUESTS;
}
