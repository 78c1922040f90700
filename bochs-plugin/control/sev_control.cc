/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control socket in Bochs: what each QMP command does to the machine, and the timer that serves
 * the socket. The timer does a bounded amount of work, so a client cannot slow the machine down by
 * more than a few microseconds every 10 ms of the machine's time.
 *
 * The run states are QEMU's (qapi/run-state.json RunState): prelaunch, running, paused; after a reset
 * of a paused machine prelaunch again (softmmu/runstate.c main_loop_should_exit()).
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "cpu/cpu.h"
#include "gui/gui.h"
#include "sev_launch.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_save.h"

#include <stdio.h>
#include <string.h>

#include <vector>

#include "psp.h"
#include "protocol/measure.h"
#include "hypervisor/hv.h"
#include "ctl.h"
#include "sev_control.h"

/* In microseconds of the machine's time. */
static const Bit32u poll_us = 10000;
static const unsigned deferrals_max = 50000; /* ticks */

struct sev_control {
    struct ctl *ctl;
    struct sev_machine *machine;
    int poll, again;   /* timers: every poll_us; once, at the next tick */
    unsigned deferred; /* how many times in a row the poll was put off */
    bool started, paused, quit, reset;
    bool fresh; /* it was reset while it was paused, and has not run since */
};

static bool failed(char *error, size_t size, const struct hv_failure &failure)
{
    if (failure.status == SEV_STATUS_SUCCESS)
        snprintf(error, size, "SEV: %s: %s", failure.step, failure.words);
    else
        snprintf(error, size, "SEV: %s: %s (fw_error=%u)", failure.step, failure.words,
                 failure.status);
    return false;
}

static struct hv_guest *own_guest(const struct sev_control *c)
{
    return hv_guest(bx_sev_machine_hv(c->machine), 0);
}

/* --- run state --- */

static bool op_running(void *ctx)
{
    struct sev_control *c = (struct sev_control *)ctx;
    return c->started && !c->paused;
}

static bool op_prelaunch(void *ctx)
{
    struct sev_control *c = (struct sev_control *)ctx;
    return !c->started || c->fresh;
}

static bool op_cont(void *ctx, char *, size_t)
{
    struct sev_control *c = (struct sev_control *)ctx;
    bool was_running = op_running(c);

    c->started = true;
    c->paused = c->fresh = false;
    if (!was_running)
        ctl_event(c->ctl, "RESUME", NULL);
    return true;
}

static bool op_stop(void *ctx, char *, size_t)
{
    struct sev_control *c = (struct sev_control *)ctx;
    if (op_running(c))
        ctl_event(c->ctl, "STOP", NULL);
    c->paused = true;
    return true;
}

static bool op_quit(void *ctx, char *, size_t)
{
    struct sev_control *c = (struct sev_control *)ctx;
    c->quit = true;
    return true;
}

static bool op_reset(void *ctx, char *error, size_t size)
{
    struct sev_control *c = (struct sev_control *)ctx;
    if (!c->started) {
        snprintf(error, size, "the machine has not been started");
        return false;
    }
    c->reset = true;
    return true;
}

/* Check that no CPU is in the middle of an instruction. A timer can fire there: when the
 * instruction reads the time or a port, and between the iterations of a repeated string
 * instruction. RIP is past the instruction then, so a machine that was saved there would skip the
 * rest of it. */
static bool between_instructions(void)
{
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        if (BX_CPU(i)->prev_rip != BX_CPU(i)->get_instruction_pointer())
            return false;
    return true;
}

/* Let the CPUs return to Bochs's main loop at the end of their current instruction, or of the
 * current iteration of a repeated one. Bochs advances time there, so the next tick finds the CPU
 * between instructions. Without this a timer can fire in the middle of an iteration: Bochs reads a
 * page at once for REP INSW and advances time before it changes RCX and RDI (cpu/io.cc
 * INSW32_YwDX()). A machine that was saved there would lose what the device gave. */
static void end_instructions(void)
{
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        BX_CPU(i)->async_event |= BX_ASYNC_EVENT_STOP_TRACE;
}

/* Save with the RIP of every CPU at the start of its current instruction. control_timer() waits for
 * the end of an instruction, but a guest that only polls a port is always inside one. */
static bool save_at_start(struct sev_save *save, const char *path, char *error, size_t size)
{
    std::vector<Bit64u> rip(BX_SMP_PROCESSORS);
    bool saved;

    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        rip[i] = BX_CPU(i)->gen_reg[BX_64BIT_REG_RIP].rrx;
        BX_CPU(i)->gen_reg[BX_64BIT_REG_RIP].rrx = BX_CPU(i)->prev_rip;
    }
    saved = bx_sev_save_to(save, path, error, size);
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        BX_CPU(i)->gen_reg[BX_64BIT_REG_RIP].rrx = rip[i];
    return saved;
}

static bool op_save(void *ctx, const char *path, char *error, size_t size)
{
    struct sev_control *c = (struct sev_control *)ctx;

    if (c->started)
        return save_at_start(bx_sev_machine_save(c->machine), path, error, size);
    snprintf(error, size, "the machine has not been started");
    return false;
}

/* --- SEV --- */

/* QAPI's SevState, by enum sev_guest_state. */
static const char *state_name(uint8_t state)
{
    static const char *const names[] = {"uninit",  "launch-update", "launch-secret",
                                        "running", "send-update",   "receive-update"};
    return state < sizeof(names) / sizeof(names[0]) ? names[state] : "uninit";
}

/* A guest with SEV-SNP has no handle; QEMU's states are those of SEV. */
static void snp_guest(struct sev_control *c, struct qmp_sev *sev)
{
    const enum hv_state state = hv_guest_state(own_guest(c));

    sev->snp = true;
    sev->policy = bx_sev_machine_opt(c->machine)->snp_policy;
    sev->state = state_name(state == HV_RUNNING     ? SEV_GUEST_RUNNING
                            : state == HV_LAUNCHING ? SEV_GUEST_LUPDATE
                                                    : SEV_GUEST_UNINIT);
}

static void op_sev(void *ctx, struct qmp_sev *sev)
{
    struct sev_control *c = (struct sev_control *)ctx;
    struct psp_platform_info platform;
    struct psp_guest_info guest = {};

    psp_get_platform(bx_sev_machine_psp(c->machine), &platform);
    if (!bx_sev_machine_guest(c->machine, &guest))
        guest = {};
    sev->enabled = true;
    sev->api_major = platform.api_major;
    sev->api_minor = platform.api_minor;
    sev->build = platform.build;
    sev->policy = guest.policy;
    sev->handle = guest.handle;
    sev->state = state_name(guest.state);
    if (bx_sev_machine_opt(c->machine)->snp)
        snp_guest(c, sev);
}

static bool op_measure(void *ctx, struct qmp_blob *blob, char *error, size_t size)
{
    struct sev_control *c = (struct sev_control *)ctx;
    struct psp_guest_info guest;

    if (!bx_sev_machine_guest(c->machine, &guest) || !guest.measured) {
        snprintf(error, size, "SEV launch measurement is not available");
        return false;
    }
    blob->len = MEASURE_BLOB_SIZE;
    memcpy(blob->data, hv_guest_measurement(own_guest(c)), MEASURE_BLOB_SIZE);
    return true;
}

static bool op_inject(void *ctx, const struct qmp_blob *header, const void *data, size_t len,
                      const uint64_t *gpa, char *error, size_t size)
{
    struct sev_control *c = (struct sev_control *)ctx;
    struct hv_failure failure = {};
    struct psp_guest_info guest = {};
    struct hv_secret secret = {header->data, (const uint8_t *)data, (uint32_t)len, gpa ? *gpa : 0};
    char why[200];

    if (!bx_sev_machine_guest(c->machine, &guest) || guest.state != SEV_GUEST_LSECRET) {
        snprintf(error, size, "SEV: Not in correct state. (LSECRET) %x", guest.state);
        return false;
    }
    if (!gpa && !bx_sev_launch_secret_gpa(c->machine, len, &secret.gpa, why, sizeof(why))) {
        snprintf(error, size, "SEV: %s", why);
        return false;
    }
    return hv_guest_inject(own_guest(c), &secret, &failure) || failed(error, size, failure);
}

static bool op_attest(void *ctx, const uint8_t mnonce[16], struct qmp_blob *report, char *error,
                      size_t size)
{
    struct sev_control *c = (struct sev_control *)ctx;
    struct hv_failure failure = {};

    /* A guest with SEV-SNP asks for its report itself. Linux arch/x86/kvm/svm/sev.c
     * sev_mem_enc_ioctl() refuses KVM's commands of SEV for it with EPERM, without a call of the
     * firmware. This is how QEMU target/i386/sev.c sev_get_attestation_report() reports that. */
    if (bx_sev_machine_opt(c->machine)->snp) {
        snprintf(error, size,
                 "SEV: Failed to query the attestation report length ret=-1 fw_err=0 ()");
        return false;
    }
    return hv_guest_attest(own_guest(c), mnonce, report->data, sizeof(report->data), &report->len,
                           &failure) ||
           failed(error, size, failure);
}

static bool op_capabilities(void *ctx, struct qmp_blob *pdh, struct qmp_blob *chain,
                            struct qmp_blob *id, unsigned *cbitpos, unsigned *reduced, char *error,
                            size_t size)
{
    struct sev_control *c = (struct sev_control *)ctx;
    struct hv_failure failure = {};

    *cbitpos = (unsigned)bx_sev_machine_opt(c->machine)->cbitpos;
    *reduced = (unsigned)bx_sev_machine_opt(c->machine)->reduced_phys_bits;
    pdh->len = CERT_SIZE;
    chain->len = CERT_CHAIN_SIZE;
    id->len = HV_ID_SIZE;
    return hv_export(bx_sev_machine_hv(c->machine), pdh->data, chain->data, id->data, &failure) ||
           failed(error, size, failure);
}

static const struct qmp_ops control_ops = {
    .running = op_running,
    .prelaunch = op_prelaunch,
    .cont = op_cont,
    .stop = op_stop,
    .quit = op_quit,
    .reset = op_reset,
    .save = op_save,
    .sev = op_sev,
    .measure = op_measure,
    .inject = op_inject,
    .attest = op_attest,
    .capabilities = op_capabilities,
};

/* --- in the machine's time --- */

/* Serve the client while the machine is halted. */
static void wait_for_cont(struct sev_control *c)
{
    while (!op_running(c) && !c->quit && !c->reset) {
        ctl_poll(c->ctl, 100);
        if (bx_gui)
            bx_gui->handle_events();
    }
}

/* Do what a command asked for and what would have ended the client's connection before its
 * answer was sent. */
static void carry_out(struct sev_control *c)
{
    if (c->quit) {
        BX_INFO(("the client of the control socket quits the machine"));
        bx_user_quit = 1;
        BX_FATAL(("quit by the control socket"));
    }
    if (c->reset) {
        c->reset = false;
        c->fresh = c->paused;
        ctl_event(c->ctl, "RESET",
                  json_pack("{s:b, s:s}", "guest", 0, "reason", "host-qmp-system-reset"));
        bx_pc_system.Reset(BX_RESET_HARDWARE);
    }
}

static void control_timer(void *ctx)
{
    struct sev_control *c = (struct sev_control *)ctx;

    if (!between_instructions() && ctl_pending(c->ctl) && c->deferred < deferrals_max) {
        c->deferred++;
        end_instructions();
        bx_pc_system.activate_timer_ticks(c->again, 1, 0);
        return;
    }
    c->deferred = 0;
    ctl_poll(c->ctl, 0);
    do {
        if (c->paused)
            wait_for_cont(c);
        carry_out(c);
    } while (c->paused);
}

struct sev_control *bx_sev_control_new(struct sev_machine *machine)
{
    const struct opt *opt = bx_sev_machine_opt(machine);
    struct sev_control *c = new struct sev_control();
    char error[300];

    c->machine = machine;
    c->started = opt->launch != OPT_LAUNCH_WAIT;
    c->ctl = ctl_new(opt->control, &control_ops, c, error, sizeof(error));
    if (!c->ctl)
        BX_FATAL(("sev: control: %s", error));
    c->poll = bx_pc_system.register_timer(c, control_timer, poll_us, 1, 1, "sev.control");
    c->again = bx_pc_system.register_timer(c, control_timer, poll_us, 0, 0, "sev.control.again");
    return c;
}

void bx_sev_control_wait(struct sev_control *c)
{
    BX_INFO(("the machine waits for `cont` at the control socket"));
    wait_for_cont(c);
    carry_out(c);
}

void bx_sev_control_poll(struct sev_control *c)
{
    ctl_poll(c->ctl, 0);
    if (c->quit)
        carry_out(c);
}

void bx_sev_control_started(struct sev_control *c)
{
    if (c)
        c->started = true;
}

static void remove_timer(int timer)
{
    bx_pc_system.deactivate_timer(timer);
    bx_pc_system.unregisterTimer(timer);
}

void bx_sev_control_free(struct sev_control *c)
{
    if (!c)
        return;
    remove_timer(c->poll);
    remove_timer(c->again);
    ctl_event(c->ctl, "SHUTDOWN",
              json_pack("{s:b, s:s}", "guest", !c->quit, "reason",
                        c->quit ? "host-qmp-quit" : "guest-shutdown"));
    ctl_free(c->ctl);
    delete c;
}
