/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch of a guest: which commands, which regions, in which order.
 *
 * Linux arch/x86/kvm/svm/sev.c sev_guest_init(), sev_launch_start(), sev_launch_update_data(),
 * sev_launch_update_vmsa(), sev_launch_measure(), sev_launch_secret(), sev_launch_finish(). What is
 * measured is what QEMU measures (target/i386/sev.c sev_encrypt_flash(),
 * sev_add_kernel_loader_hashes() and, last, sev_launch_get_measure(), which launches the VMSAs), and,
 * which is a choice of this model, the legacy option ROMs, because a legacy BIOS executes them.
 */
#include "hv.h"

#include <stdio.h>
#include <string.h>

#include "hv_priv.h"
#include "hv_snp_priv.h"
#include "protocol/measure.h"

static_assert(HV_MEASUREMENT_SIZE == MEASURE_BLOB_SIZE, "the measurement is MEASURE || MNONCE");

/* For SEV-ES the secure processor gets memory of its own until SHUTDOWN, the trusted memory region:
 * Linux drivers/crypto/ccp/sev-dev.c __sev_init_locked(). */
static bool reserve_tmr(struct hv *hv, struct hv_failure *failure)
{
    hv->has_tmr = hv->has_tmr || hv_memory_alloc_at(&hv->memory, HV_TMR_BASE, SEV_TMR_SIZE);
    return hv->has_tmr || hv_fail(failure, "INIT", "", "the hypervisor's memory is full");
}

static bool init_once(struct hv *hv, uint32_t policy, struct hv_failure *failure)
{
    const bool es = policy & SEV_POLICY_ES;
    struct hv_command command;

    if (es && !reserve_tmr(hv, failure))
        return false;
    hv_command_begin(&command, hv, SEV_CMD_INIT);
    hv_command_put32(&command, es ? SEV_INIT_FLAG_ES : 0);
    hv_command_put32(&command, 0);
    hv_command_put64(&command, es ? HV_TMR_BASE : 0);
    hv_command_put32(&command, es ? SEV_TMR_SIZE : 0);
    return hv_command_run(&command, "", failure);
}

/* Damaged storage of the chip is reported once. The retry resets it, as Linux
 * drivers/crypto/ccp/sev-dev.c __sev_platform_init_locked() does. */
bool hv_init(struct hv *hv, uint32_t policy, struct hv_failure *failure)
{
    if (!hv->initialized)
        hv->initialized = init_once(hv, policy, failure);
    if (!hv->initialized && failure->status == SEV_STATUS_SECURE_DATA_INVALID)
        hv->initialized = init_once(hv, policy, failure);
    return hv->initialized;
}

/* Before an ASID is used, no cache may hold data of it: WBINVD on every CPU, then DF_FLUSH, as
 * Linux arch/x86/kvm/svm/sev.c sev_flush_asids(). */
static bool flush(struct hv *hv, struct hv_failure *failure)
{
    struct hv_command command;

    if (hv->flushed)
        return true;
    hv->ops.wbinvd(hv->machine);
    hv_command_begin(&command, hv, SEV_CMD_DF_FLUSH);
    hv->flushed = hv_command_run(&command, "", failure);
    return hv->flushed;
}

/* A handle from the secure processor must be new, or a later command would hit another guest. */
static bool take_handle(struct hv_guest *guest, uint32_t handle, struct hv_failure *failure)
{
    const struct hv *hv = guest->hv;

    for (unsigned i = 0; i < HV_GUESTS_MAX; i++)
        if (handle == hv->guests[i].handle && (handle || &hv->guests[i] == guest))
            return hv_fail(failure, "LAUNCH_START", "", "the answer has an impossible handle");
    guest->handle = handle;
    return true;
}

static bool start(struct hv_guest *guest, const struct hv_owner *owner, struct hv_failure *failure)
{
    struct hv_command command;
    bool ok;

    hv_command_begin(&command, guest->hv, SEV_CMD_LAUNCH_START);
    hv_command_put32(&command, 0); /* a new guest */
    hv_command_put32(&command, owner->policy);
    if (owner->session) {
        hv_command_put_data(&command, 0, owner->dh_cert, CERT_SIZE);
        hv_command_put32(&command, 0);
        hv_command_put_data(&command, 1, owner->session, SESSION_SIZE);
    }
    ok = hv_command_exec(&command, "", failure) &&
         take_handle(guest, hv_command_get32(&command, 0), failure);
    hv_command_end(&command);
    return ok;
}

static bool activate(struct hv_guest *guest, struct hv_failure *failure)
{
    struct hv_command command;

    hv_command_begin(&command, guest->hv, SEV_CMD_ACTIVATE);
    hv_command_put32(&command, guest->handle);
    hv_command_put32(&command, guest->asid);
    return hv_command_run(&command, "", failure);
}

/* Launch one region; one without bytes does not exist. */
static bool update(struct hv_guest *guest, const struct hv_region *region,
                   struct hv_failure *failure)
{
    struct hv_command command;

    if (!region->len)
        return true;
    hv_command_begin(&command, guest->hv, SEV_CMD_LAUNCH_UPDATE_DATA);
    hv_command_put32(&command, guest->handle);
    hv_command_put32(&command, 0);
    hv_command_put64(&command, region->gpa);
    hv_command_put32(&command, region->len);
    return hv_command_run_region(&command, region->name, failure);
}

/* The hypervisor writes QEMU's table of kernel hashes, then launches it like a ROM. */
static bool update_hashes(struct hv_guest *guest, const struct hv_firmware *firmware,
                          struct hv_failure *failure)
{
    static const char name[] = "kernel hashes";
    const struct hv_region region = {name, firmware->hashes_gpa, KERNEL_HASHES_SIZE};
    const struct hv *hv = guest->hv;
    int err;

    if (!firmware->hashes)
        return true;
    err = hv->ops.write(hv->machine, region.gpa, firmware->hashes, region.len);
    if (err)
        return hv_fail(failure, "the write", name, strerror(-err));
    return update(guest, &region, failure);
}

static bool update_all(struct hv_guest *guest, const struct hv_firmware *firmware,
                       struct hv_failure *failure)
{
    bool ok = update(guest, &firmware->bios, failure);

    for (unsigned i = 0; ok && !firmware->is_ovmf && i < firmware->n_option_roms; i++)
        ok = update(guest, &firmware->option_roms[i], failure);
    return ok && update_hashes(guest, firmware, failure);
}

/* Launch the VMSA of one CPU, which is in the hypervisor's memory. */
static bool update_vmsa(struct hv_guest *guest, unsigned cpu, struct hv_failure *failure)
{
    struct hv *hv = guest->hv;
    struct hv_command command;

    hv_command_begin(&command, hv, SEV_CMD_LAUNCH_UPDATE_VMSA);
    hv_command_put32(&command, guest->handle);
    hv_command_put32(&command, 0);
    hv_command_put64(&command, guest->vmsas + (uint64_t)cpu * VMSA_SIZE);
    hv_command_put32(&command, VMSA_SIZE);
    return hv_command_run_region(&command, hv_name_vmsa(hv, cpu), failure);
}

static bool update_vmsas(struct hv_guest *guest, const struct hv_firmware *firmware,
                         struct hv_failure *failure)
{
    bool ok = true;

    if (!firmware->n_vmsas)
        return true;
    if (!hv_place_vmsas(guest, firmware, "LAUNCH_UPDATE_VMSA", failure))
        return false;
    for (unsigned cpu = 0; ok && cpu < firmware->n_vmsas; cpu++)
        ok = update_vmsa(guest, cpu, failure);
    return ok;
}

static bool measure(struct hv_guest *guest, struct hv_failure *failure)
{
    struct hv_command command;
    bool ok;

    hv_command_begin(&command, guest->hv, SEV_CMD_LAUNCH_MEASURE);
    hv_command_put32(&command, guest->handle);
    hv_command_put32(&command, 0);
    hv_command_put_data(&command, 0, NULL, HV_MEASUREMENT_SIZE);
    ok = hv_command_exec(&command, "", failure);
    if (ok)
        hv_command_get_data(&command, 0, guest->measurement, HV_MEASUREMENT_SIZE);
    hv_command_end(&command);
    return ok;
}

bool hv_guest_launch(struct hv_guest *guest, const struct hv_owner *owner,
                     const struct hv_firmware *firmware, struct hv_failure *failure)
{
    struct hv *hv = guest->hv;

    if (guest->handle || guest->context)
        return hv_fail(failure, "the launch", "", "the guest exists already");
    guest->state = HV_LAUNCHING;
    guest->stop_reason = HV_STOP_NONE;
    if (hv_init(hv, owner->policy, failure) && flush(hv, failure) && start(guest, owner, failure) &&
        activate(guest, failure) && update_all(guest, firmware, failure) &&
        update_vmsas(guest, firmware, failure) && measure(guest, failure))
        return true;
    return hv_launch_failed(guest);
}

bool hv_launch_failed(struct hv_guest *guest)
{
    hv_guest_take_down(guest);
    guest->state = HV_STOPPED;
    guest->stop_reason = HV_STOP_LAUNCH;
    return false;
}

static bool check_launching(const struct hv_guest *guest, const char *step,
                            struct hv_failure *failure)
{
    return guest->state == HV_LAUNCHING || hv_fail(failure, step, "", "the guest is not launching");
}

bool hv_guest_inject(struct hv_guest *guest, const struct hv_secret *secret,
                     struct hv_failure *failure)
{
    struct hv_command command;

    if (!check_launching(guest, "LAUNCH_SECRET", failure))
        return false;
    hv_command_begin(&command, guest->hv, SEV_CMD_LAUNCH_SECRET);
    hv_command_put32(&command, guest->handle);
    hv_command_put32(&command, 0);
    hv_command_put_data(&command, 0, secret->header, PACKET_HEADER_SIZE);
    hv_command_put32(&command, 0);
    hv_command_put64(&command, secret->gpa);
    hv_command_put32(&command, secret->len);
    hv_command_put32(&command, 0);
    hv_command_put_data(&command, 1, secret->data, secret->len);
    return hv_command_run(&command, "", failure);
}

/* Execute a command whose only argument is the handle. */
static bool exec_handle(struct hv_guest *guest, uint16_t id, struct hv_failure *failure)
{
    struct hv_command command;

    hv_command_begin(&command, guest->hv, id);
    hv_command_put32(&command, guest->handle);
    return hv_command_run(&command, "", failure);
}

bool hv_guest_finish(struct hv_guest *guest, struct hv_failure *failure)
{
    if (!check_launching(guest, "LAUNCH_FINISH", failure))
        return false;
    if (guest->snp ? hv_snp_finish(guest, failure)
                   : exec_handle(guest, SEV_CMD_LAUNCH_FINISH, failure)) {
        guest->state = HV_RUNNING;
        return true;
    }
    guest->state = HV_STOPPED;
    guest->stop_reason = HV_STOP_FINISH;
    return false;
}

/* The secure processor may refuse either command, because a guest that was not activated cannot be
 * deactivated. There is nothing to do about it. */
void hv_guest_take_down(struct hv_guest *guest)
{
    struct hv_failure ignored;

    if (guest->handle) {
        (void)exec_handle(guest, SEV_CMD_DEACTIVATE, &ignored);
        (void)exec_handle(guest, SEV_CMD_DECOMMISSION, &ignored);
        guest->hv->flushed = false; /* the ASID was used */
    }
    hv_snp_take_down(guest);
    hv_free_vmsas(guest);
    guest->handle = 0;
    guest->state = HV_OFF;
    guest->stop_reason = HV_STOP_NONE;
}
