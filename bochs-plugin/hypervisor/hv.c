/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The built-in hypervisor: its guests, the platform, saved machines.
 */
#include "hv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hv_es_priv.h"
#include "hv_snp_priv.h"
#include "protocol/buf.h"

struct hv *hv_new(const struct hv_ops *ops, void *machine)
{
    struct hv *hv = calloc(1, sizeof(*hv));

    if (!hv)
        return NULL;
    hv->es = calloc(2, sizeof(*hv->es));
    if (!hv->es) {
        free(hv);
        return NULL;
    }
    hv->ops = *ops;
    hv->machine = machine;
    for (unsigned i = 0; i < HV_GUESTS_MAX; i++) {
        hv->guests[i].hv = hv;
        hv->guests[i].asid = i + 1;
    }
    return hv;
}

void hv_free(struct hv *hv)
{
    if (!hv)
        return;
    hv_memory_free_all(&hv->memory);
    hv_snp_free(hv);
    free(hv->es);
    free(hv);
}

struct hv_memory *hv_memory(struct hv *hv)
{
    return &hv->memory;
}

struct hv_guest *hv_guest(struct hv *hv, unsigned index)
{
    return &hv->guests[index];
}

const char *hv_region_name(const struct hv *hv)
{
    return hv->region;
}

enum hv_state hv_guest_state(const struct hv_guest *guest)
{
    return guest->state;
}

enum hv_stop hv_guest_stop_reason(const struct hv_guest *guest)
{
    return guest->stop_reason;
}

uint32_t hv_guest_asid(const struct hv_guest *guest)
{
    return guest->asid;
}

uint32_t hv_guest_handle(const struct hv_guest *guest)
{
    return guest->handle;
}

const uint8_t *hv_guest_measurement(const struct hv_guest *guest)
{
    return guest->measurement;
}

unsigned hv_guest_vmsas(const struct hv_guest *guest)
{
    return guest->n_vmsas;
}

bool hv_guest_vmsa(const struct hv_guest *guest, unsigned cpu, uint8_t out[VMSA_SIZE])
{
    const struct hv *hv = guest->hv;

    return cpu < guest->n_vmsas && hv->ops.read_encrypted &&
           !hv->ops.read_encrypted(hv->machine, guest->asid,
                                   guest->vmsas + (uint64_t)cpu * VMSA_SIZE, out, VMSA_SIZE);
}

bool hv_place_vmsas(struct hv_guest *guest, const struct hv_firmware *firmware, const char *step,
                    struct hv_failure *failure)
{
    struct hv_memory *memory = &guest->hv->memory;
    const size_t len = (size_t)firmware->n_vmsas * VMSA_SIZE;

    guest->vmsas = hv_memory_alloc(memory, len);
    if (!guest->vmsas)
        return hv_fail(failure, step, "", "the hypervisor's memory is full");
    guest->n_vmsas = firmware->n_vmsas;
    hv_memory_write(memory, guest->vmsas, firmware->vmsas, len);
    return true;
}

const char *hv_name_vmsa(struct hv *hv, unsigned cpu)
{
    snprintf(hv->vmsa_name, sizeof(hv->vmsa_name), "VMSA of CPU %u", cpu);
    return hv->vmsa_name;
}

void hv_free_vmsas(struct hv_guest *guest)
{
    hv_memory_free(&guest->hv->memory, guest->vmsas, (size_t)guest->n_vmsas * VMSA_SIZE);
    guest->vmsas = 0;
    guest->n_vmsas = 0;
}

bool hv_guest_attest(struct hv_guest *guest, const uint8_t mnonce[16], void *report, size_t cap,
                     size_t *len, struct hv_failure *failure)
{
    static const unsigned len_offset = 0x20;
    struct hv_command command;
    bool ok;

    if (cap > HV_PAGE_SIZE)
        cap = HV_PAGE_SIZE;
    hv_command_begin(&command, guest->hv, SEV_CMD_ATTESTATION);
    hv_command_put32(&command, guest->handle);
    hv_command_put32(&command, 0);
    hv_command_put64(&command, hv_command_place(&command, 0, NULL, cap));
    for (unsigned i = 0; i < 16; i += 4) {
        struct buf b = buf_reader(mnonce + i, 4);
        hv_command_put32(&command, buf_get32(&b));
    }
    hv_command_put32(&command, (uint32_t)cap);
    ok = hv_command_exec(&command, "", failure);
    if (ok && hv_command_get32(&command, len_offset) > cap)
        ok = hv_fail(failure, "ATTESTATION", "", "the answer has an impossible length");
    if (ok) {
        *len = hv_command_get32(&command, len_offset);
        hv_command_get_data(&command, 0, report, *len);
    }
    hv_command_end(&command);
    return ok;
}

/* --- the platform --- */

static bool export_certificates(struct hv *hv, uint8_t pdh[CERT_SIZE],
                                uint8_t chain[CERT_CHAIN_SIZE], struct hv_failure *failure)
{
    struct hv_command command;
    bool ok;

    hv_command_begin(&command, hv, SEV_CMD_PDH_CERT_EXPORT);
    hv_command_put_data(&command, 0, NULL, CERT_SIZE);
    hv_command_put32(&command, 0);
    hv_command_put_data(&command, 1, NULL, CERT_CHAIN_SIZE);
    ok = hv_command_exec(&command, "", failure);
    if (ok) {
        hv_command_get_data(&command, 0, pdh, CERT_SIZE);
        hv_command_get_data(&command, 1, chain, CERT_CHAIN_SIZE);
    }
    hv_command_end(&command);
    return ok;
}

static bool get_id(struct hv *hv, uint8_t id[HV_ID_SIZE], struct hv_failure *failure)
{
    struct hv_command command;
    bool ok;

    hv_command_begin(&command, hv, SEV_CMD_GET_ID);
    hv_command_put_data(&command, 0, NULL, HV_ID_SIZE);
    ok = hv_command_exec(&command, "", failure);
    if (ok)
        hv_command_get_data(&command, 0, id, HV_ID_SIZE);
    hv_command_end(&command);
    return ok;
}

bool hv_export(struct hv *hv, uint8_t pdh[CERT_SIZE], uint8_t chain[CERT_CHAIN_SIZE],
               uint8_t id[HV_ID_SIZE], struct hv_failure *failure)
{
    /* The launch of a guest with SEV-SNP needs no INIT. Linux executes it for this command too:
     * drivers/crypto/ccp/sev-dev.c sev_ioctl_do_pdh_export(). */
    if (hv->snp && hv->snp->initialized && !hv->initialized) {
        hv->snp->flushed = false;
        if (!hv_init(hv, 0, failure))
            return false;
    }
    return export_certificates(hv, pdh, chain, failure) && get_id(hv, id, failure);
}

/* --- saved machines --- */

size_t hv_save(const struct hv *hv, uint8_t out[HV_SAVE_MAX])
{
    struct buf b = buf_writer(out, HV_SAVE_MAX);
    uint8_t n = 0;

    for (unsigned i = 0; i < HV_GUESTS_MAX; i++)
        n += hv->guests[i].state != HV_OFF;
    buf_put8(&b, hv->initialized);
    buf_put8(&b, hv->flushed);
    buf_put8(&b, n);
    buf_put8(&b, 0);
    for (unsigned i = 0; i < HV_GUESTS_MAX; i++) {
        const struct hv_guest *guest = &hv->guests[i];

        if (guest->state == HV_OFF)
            continue;
        buf_put8(&b, (uint8_t)i);
        buf_put8(&b, (uint8_t)guest->state);
        buf_put8(&b, (uint8_t)guest->stop_reason);
        buf_put8(&b, guest->snp);
        buf_put32(&b, guest->asid);
        buf_put32(&b, guest->handle);
        buf_put(&b, guest->measurement, sizeof(guest->measurement));
    }
    return b.pos;
}

/* Read one guest. Return its index, HV_GUESTS_MAX if it is impossible. */
static unsigned get_guest(struct buf *b, struct hv_guest *guest)
{
    unsigned index = buf_get8(b);
    uint8_t snp;
    bool ok;

    guest->state = (enum hv_state)buf_get8(b);
    guest->stop_reason = (enum hv_stop)buf_get8(b);
    snp = buf_get8(b);
    guest->asid = buf_get32(b);
    guest->handle = buf_get32(b);
    buf_get(b, guest->measurement, sizeof(guest->measurement));
    guest->snp = snp;
    ok = index < HV_GUESTS_MAX && guest->asid == index + 1 && snp <= (index == 0) &&
         guest->state >= HV_LAUNCHING && guest->state <= HV_STOPPED &&
         guest->stop_reason <= HV_STOP_ENDED &&
         (guest->state == HV_STOPPED) == (guest->stop_reason != HV_STOP_NONE) &&
         (guest->handle != 0) == (!snp && guest->stop_reason != HV_STOP_LAUNCH);
    return ok ? index : HV_GUESTS_MAX;
}

static bool handle_in_use(const struct hv_guest *guests, uint32_t handle)
{
    for (unsigned i = 0; handle && i < HV_GUESTS_MAX; i++)
        if (guests[i].handle == handle)
            return true;
    return false;
}

/* Decode into an array of HV_GUESTS_MAX zeroed guests. */
static const char *decode(const uint8_t *in, size_t len, bool flags[2], struct hv_guest *guests)
{
    struct buf b = buf_reader(in, len);
    uint8_t initialized = buf_get8(&b), flushed = buf_get8(&b), n = buf_get8(&b),
            zero = buf_get8(&b);

    if (initialized > 1 || flushed > initialized || zero)
        return "a flag is neither 0 nor 1";
    flags[0] = initialized;
    flags[1] = flushed;
    while (n--) {
        struct hv_guest guest = {0};
        unsigned index = get_guest(&b, &guest);

        if (index == HV_GUESTS_MAX || guests[index].state != HV_OFF ||
            handle_in_use(guests, guest.handle))
            return "a guest is impossible";
        guests[index] = guest;
    }
    return buf_done(&b) ? NULL : "the length is wrong";
}

const char *hv_check_saved(const uint8_t *in, size_t len)
{
    struct hv_guest guests[HV_GUESTS_MAX] = {0};
    bool flags[2];

    return decode(in, len, flags, guests);
}

void hv_restore(struct hv *hv, const uint8_t *in, size_t len)
{
    struct hv_guest guests[HV_GUESTS_MAX] = {0};
    bool flags[2] = {false, false};

    if (decode(in, len, flags, guests))
        return;
    hv->initialized = flags[0];
    hv->flushed = flags[1];
    for (unsigned i = 0; i < HV_GUESTS_MAX; i++) {
        hv_free_vmsas(&hv->guests[i]);
        guests[i].hv = hv;
        guests[i].asid = i + 1;
        guests[i].snp = guests[i].snp && hv->snp;
        guests[i].context = hv->guests[i].context; /* until hv_snp_restore() */
        hv->guests[i] = guests[i];
    }
}

size_t hv_save_vmsas(const struct hv *hv, uint8_t *out, size_t cap)
{
    const struct hv_guest *guest = &hv->guests[0];
    struct buf b = buf_writer(out, cap);

    buf_put64(&b, guest->vmsas);
    buf_put32(&b, guest->n_vmsas);
    for (unsigned cpu = 0; cpu < guest->n_vmsas; cpu++) {
        uint8_t page[VMSA_SIZE];

        hv_memory_read(&hv->memory, guest->vmsas + (uint64_t)cpu * VMSA_SIZE, page, sizeof(page));
        buf_put(&b, page, sizeof(page));
    }
    return buf_ok(&b) ? b.pos : 0;
}

const char *hv_check_saved_vmsas(const uint8_t *in, size_t len, unsigned cpus)
{
    struct buf b = buf_reader(in, len);
    const uint64_t address = buf_get64(&b);
    const uint32_t n = buf_get32(&b);

    if (!n && !address)
        return buf_done(&b) ? NULL : "the length is wrong"; /* nothing was launched */
    if (!n || n != cpus || n > HV_VMSAS_MAX)
        return "the number of VMSAs is not that of the CPUs";
    buf_skip(&b, (size_t)n * VMSA_SIZE);
    if (!buf_done(&b))
        return "the length is wrong";
    if (address % HV_PAGE_SIZE || address < HV_MEMORY_BASE ||
        address - HV_MEMORY_BASE > HV_MEMORY_SIZE - (uint64_t)n * VMSA_SIZE)
        return "the VMSAs are not in the hypervisor's memory";
    return NULL;
}

int hv_restore_vmsas(struct hv *hv, const uint8_t *in, size_t len)
{
    struct hv_guest *guest = &hv->guests[0];
    struct buf b = buf_reader(in, len);
    const uint64_t address = buf_get64(&b);
    const uint32_t n = buf_get32(&b);

    if (!n)
        return 0;
    /* The tweak of the cipher depends on the address, so they must be there again. */
    if (!hv_memory_alloc_at(&hv->memory, address, (size_t)n * VMSA_SIZE))
        return -ENOMEM;
    hv_memory_write(&hv->memory, address, in + b.pos, (size_t)n * VMSA_SIZE);
    guest->vmsas = address;
    guest->n_vmsas = n;
    return 0;
}
