/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The built-in hypervisor: launch the guest.
 *
 * Follows Linux arch/x86/kvm/svm/sev.c (sev_guest_init .. sev_launch_finish) for the order of the
 * commands and include/linux/psp-sev.h for their buffers.
 */
#include "hv.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/buf.h"
#include "protocol/measure.h"

/* The layout of the hypervisor's memory: the command buffer, then what it points to. */
#define CMD_OFFSET  0x0000u
#define BLOB_OFFSET 0x1000u
#define DATA_OFFSET 0x3000u

struct hv {
    struct psp *psp;
    unsigned cpus;
    uint32_t handle;
    const char *region;
    uint8_t measurement[MEASURE_BLOB_SIZE];
    uint8_t memory[HV_MEMORY_SIZE];
};

struct hv *hv_new(struct psp *psp, unsigned cpus)
{
    struct hv *hv = calloc(1, sizeof(*hv));

    if (hv) {
        hv->psp = psp;
        hv->cpus = cpus;
    }
    return hv;
}

void hv_free(struct hv *hv)
{
    free(hv);
}

void *hv_memory(struct hv *hv, uint64_t spa, uint64_t len)
{
    uint64_t offset = spa - HV_MEMORY_BASE;

    if (spa < HV_MEMORY_BASE || offset > HV_MEMORY_SIZE || len > HV_MEMORY_SIZE - offset)
        return NULL;
    return hv->memory + offset;
}

uint32_t hv_handle(const struct hv *hv)
{
    return hv->handle;
}

const uint8_t *hv_measurement(const struct hv *hv)
{
    return hv->measurement;
}

void hv_restore(struct hv *hv, uint32_t handle, const uint8_t measurement[HV_MEASUREMENT_SIZE])
{
    hv->handle = handle;
    memcpy(hv->measurement, measurement, sizeof(hv->measurement));
}

const char *hv_region_name(const struct hv *hv)
{
    return hv->region;
}

/* A writer over an empty command buffer. */
static struct buf hv_command(struct hv *hv)
{
    memset(hv->memory + CMD_OFFSET, 0, BLOB_OFFSET - CMD_OFFSET);
    return buf_writer(hv->memory + CMD_OFFSET, BLOB_OFFSET - CMD_OFFSET);
}

static bool hv_exec(struct hv *hv, uint16_t command, const char *what, struct hv_failure *failure)
{
    enum sev_status status;

    status = psp_exec(hv->psp, PSP_ISSUER_HYPERVISOR, command,
                      command == SEV_CMD_DF_FLUSH ? 0 : HV_MEMORY_BASE + CMD_OFFSET);
    if (status == SEV_STATUS_SUCCESS)
        return true;
    *failure = (struct hv_failure){psp_command_name(command), what, (uint16_t)status};
    return false;
}

static bool hv_init(struct hv *hv, uint32_t policy, struct hv_failure *failure)
{
    struct buf b = hv_command(hv);

    buf_put32(&b, policy & SEV_POLICY_ES ? SEV_INIT_FLAG_ES : 0);
    return hv_exec(hv, SEV_CMD_INIT, "", failure);
}

/* After INIT the caches may hold anything: as Linux's driver, WBINVD everywhere and DF_FLUSH. */
static bool hv_flush(struct hv *hv, struct hv_failure *failure)
{
    for (unsigned cpu = 0; cpu < hv->cpus; cpu++)
        psp_wbinvd(hv->psp, cpu);
    return hv_exec(hv, SEV_CMD_DF_FLUSH, "", failure);
}

static bool hv_start(struct hv *hv, const struct hv_owner *owner, struct hv_failure *failure)
{
    struct buf b = hv_command(hv);

    buf_put32(&b, 0); /* a new guest */
    buf_put32(&b, owner->policy);
    if (owner->session) {
        memcpy(hv->memory + BLOB_OFFSET, owner->session, SESSION_SIZE);
        memcpy(hv->memory + DATA_OFFSET, owner->dh_cert, CERT_SIZE);
        buf_put64(&b, HV_MEMORY_BASE + DATA_OFFSET);
        buf_put32(&b, CERT_SIZE);
        buf_put32(&b, 0);
        buf_put64(&b, HV_MEMORY_BASE + BLOB_OFFSET);
        buf_put32(&b, SESSION_SIZE);
    }
    if (!hv_exec(hv, SEV_CMD_LAUNCH_START, "", failure))
        return false;
    b = buf_reader(hv->memory + CMD_OFFSET, 4);
    hv->handle = buf_get32(&b);
    return true;
}

static bool hv_activate(struct hv *hv, struct hv_failure *failure)
{
    struct buf b = hv_command(hv);

    buf_put32(&b, hv->handle);
    buf_put32(&b, HV_GUEST_ASID);
    return hv_exec(hv, SEV_CMD_ACTIVATE, "", failure);
}

static bool hv_update(struct hv *hv, const struct hv_region *region, struct hv_failure *failure)
{
    struct buf b = hv_command(hv);
    bool ok;

    buf_put32(&b, hv->handle);
    buf_put32(&b, 0);
    buf_put64(&b, region->gpa);
    buf_put32(&b, region->len);
    hv->region = region->name;
    ok = hv_exec(hv, SEV_CMD_LAUNCH_UPDATE_DATA, region->name, failure);
    hv->region = NULL;
    return ok;
}

static bool hv_measure(struct hv *hv, struct hv_failure *failure)
{
    struct buf b = hv_command(hv);

    buf_put32(&b, hv->handle);
    buf_put32(&b, 0);
    buf_put64(&b, HV_MEMORY_BASE + BLOB_OFFSET);
    buf_put32(&b, MEASURE_BLOB_SIZE);
    if (!hv_exec(hv, SEV_CMD_LAUNCH_MEASURE, "", failure))
        return false;
    memcpy(hv->measurement, hv->memory + BLOB_OFFSET, MEASURE_BLOB_SIZE);
    return true;
}

/* A command that takes a handle and nothing else; its answer does not matter on the way down. */
static void hv_take_down(struct hv *hv)
{
    static const uint16_t commands[] = {SEV_CMD_DEACTIVATE, SEV_CMD_DECOMMISSION};
    struct hv_failure ignored;

    for (size_t i = 0; hv->handle && i < sizeof(commands) / sizeof(commands[0]); i++) {
        struct buf b = hv_command(hv);
        buf_put32(&b, hv->handle);
        (void)hv_exec(hv, commands[i], "", &ignored);
    }
    hv->handle = 0;
}

bool hv_launch(struct hv *hv, const struct hv_owner *owner, const struct hv_region *regions,
               unsigned n, struct hv_failure *failure)
{
    bool ok;

    hv->handle = 0;
    ok = hv_init(hv, owner->policy, failure) && hv_flush(hv, failure) &&
         hv_start(hv, owner, failure) && hv_activate(hv, failure);
    for (unsigned i = 0; ok && i < n; i++)
        ok = hv_update(hv, &regions[i], failure);
    ok = ok && hv_measure(hv, failure);
    if (!ok)
        hv_take_down(hv);
    return ok;
}

bool hv_inject(struct hv *hv, const struct hv_secret *secret, struct hv_failure *failure)
{
    struct buf b = hv_command(hv);

    if (secret->len > HV_MEMORY_SIZE - DATA_OFFSET) {
        *failure = (struct hv_failure){psp_command_name(SEV_CMD_LAUNCH_SECRET), "payload",
                                       SEV_STATUS_INVALID_LEN};
        return false;
    }
    memcpy(hv->memory + BLOB_OFFSET, secret->header, PACKET_HEADER_SIZE);
    memcpy(hv->memory + DATA_OFFSET, secret->data, secret->len);
    buf_put32(&b, hv->handle);
    buf_put32(&b, 0);
    buf_put64(&b, HV_MEMORY_BASE + BLOB_OFFSET);
    buf_put32(&b, PACKET_HEADER_SIZE);
    buf_put32(&b, 0);
    buf_put64(&b, secret->gpa);
    buf_put32(&b, secret->len);
    buf_put32(&b, 0);
    buf_put64(&b, HV_MEMORY_BASE + DATA_OFFSET);
    buf_put32(&b, secret->len);
    return hv_exec(hv, SEV_CMD_LAUNCH_SECRET, "", failure);
}

bool hv_finish(struct hv *hv, struct hv_failure *failure)
{
    struct buf b = hv_command(hv);

    buf_put32(&b, hv->handle);
    return hv_exec(hv, SEV_CMD_LAUNCH_FINISH, "", failure);
}

bool hv_attest(struct hv *hv, const uint8_t mnonce[16], void *report, size_t cap, size_t *len,
               struct hv_failure *failure)
{
    struct buf b = hv_command(hv);

    if (cap > DATA_OFFSET - BLOB_OFFSET)
        cap = DATA_OFFSET - BLOB_OFFSET;
    buf_put32(&b, hv->handle);
    buf_put32(&b, 0);
    buf_put64(&b, HV_MEMORY_BASE + BLOB_OFFSET);
    buf_put(&b, mnonce, 16);
    buf_put32(&b, (uint32_t)cap);
    if (!hv_exec(hv, SEV_CMD_ATTESTATION, "", failure))
        return false;
    b = buf_reader(hv->memory + CMD_OFFSET, 0x24);
    buf_skip(&b, 0x20);
    *len = buf_get32(&b);
    memcpy(report, hv->memory + BLOB_OFFSET, *len);
    return true;
}

bool hv_export(struct hv *hv, uint8_t pdh[CERT_SIZE], uint8_t chain[CERT_CHAIN_SIZE],
               uint8_t id[HV_ID_SIZE], struct hv_failure *failure)
{
    struct buf b = hv_command(hv);

    buf_put64(&b, HV_MEMORY_BASE + BLOB_OFFSET);
    buf_put32(&b, CERT_SIZE);
    buf_put32(&b, 0);
    buf_put64(&b, HV_MEMORY_BASE + DATA_OFFSET);
    buf_put32(&b, CERT_CHAIN_SIZE);
    if (!hv_exec(hv, SEV_CMD_PDH_CERT_EXPORT, "", failure))
        return false;
    memcpy(pdh, hv->memory + BLOB_OFFSET, CERT_SIZE);
    memcpy(chain, hv->memory + DATA_OFFSET, CERT_CHAIN_SIZE);
    b = hv_command(hv);
    buf_put64(&b, HV_MEMORY_BASE + BLOB_OFFSET);
    buf_put32(&b, HV_ID_SIZE);
    if (!hv_exec(hv, SEV_CMD_GET_ID, "", failure))
        return false;
    memcpy(id, hv->memory + BLOB_OFFSET, HV_ID_SIZE);
    return true;
}
