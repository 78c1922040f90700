/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The control socket of the machine: gives QMP's commands their meaning in Bochs, lets the machine
 * stand still when it is told to, and looks at the socket from a timer, so that no client costs the
 * machine more than a few microseconds now and then.
 *
 * Implements struct qmp_ops; run states as QEMU's (prelaunch, running, paused).
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "cpu/cpu.h"
#include "gui/gui.h"
#include "sev_log.h"
#include "sev_machine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <vector>

#include "protocol/measure.h"
#include "ctl.h"
#include "sev_control.h"

static const Bit32u poll_us = 10000, again_us = 2; /* of the machine's time */
static const unsigned deferrals_max = 50000;       /* 0.1 s */

/* There is one device, so there is one control socket. */
static struct {
    struct ctl *ctl;
    struct sev_machine *machine;
    int again;         /* timer that looks again, soon */
    unsigned deferred; /* times in a row that it had to */
    bool started, paused, quit, reset;
} control;

static bool failed(char *error, size_t size, const struct hv_failure &failure)
{
    snprintf(error, size, "SEV: %s: %s (fw_error=%u)", failure.step,
             psp_status_name(failure.status), failure.status);
    return false;
}

/* --- run state --- */

static bool op_running(void *)
{
    return control.started && !control.paused;
}

static bool op_prelaunch(void *)
{
    return !control.started;
}

static bool op_cont(void *, char *, size_t)
{
    bool was_running = op_running(NULL);

    control.started = true;
    control.paused = false;
    if (!was_running)
        ctl_event(control.ctl, "RESUME", NULL);
    return true;
}

static bool op_stop(void *, char *, size_t)
{
    if (op_running(NULL))
        ctl_event(control.ctl, "STOP", NULL);
    control.paused = true;
    return true;
}

static bool op_quit(void *, char *, size_t)
{
    control.quit = true;
    return true;
}

static bool op_reset(void *, char *error, size_t size)
{
    if (!control.started) {
        snprintf(error, size, "the machine has not been started");
        return false;
    }
    control.reset = true;
    return true;
}

/* Timers also fire inside an instruction: before it reads time or a port, and between the rounds of
 * a repeated one. RIP has passed it already then, so a machine that is saved would go on behind it.
 */
static bool between_instructions(void)
{
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        if (BX_CPU(i)->prev_rip != BX_CPU(i)->get_instruction_pointer())
            return false;
    return true;
}

/* Saves with every CPU at the start of the instruction that it is in: control_timer() has waited
 * for the end of it, but a guest that does nothing but poll a port is always inside one. */
static bool save_at_start(const char *path)
{
    std::vector<Bit64u> rip(BX_SMP_PROCESSORS);
    bool saved;

    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        rip[i] = BX_CPU(i)->gen_reg[BX_64BIT_REG_RIP].rrx;
        BX_CPU(i)->gen_reg[BX_64BIT_REG_RIP].rrx = BX_CPU(i)->prev_rip;
    }
    saved = SIM->save_state(path);
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        BX_CPU(i)->gen_reg[BX_64BIT_REG_RIP].rrx = rip[i];
    return saved;
}

/* Bochs's own "save state"; the machine goes on afterwards. */
static bool op_save(void *, const char *path, char *error, size_t size)
{
    if (!control.started) {
        snprintf(error, size, "the machine has not been started");
        return false;
    }
    if (mkdir(path, 0700) && errno != EEXIST) {
        snprintf(error, size, "cannot create '%.100s': %s", path, strerror(errno));
        return false;
    }
    if (!save_at_start(path)) {
        snprintf(error, size, "cannot save to '%.100s'", path);
        return false;
    }
    return true;
}

/* --- SEV --- */

/* QAPI's SevState, by enum sev_guest_state. */
static const char *state_name(uint8_t state)
{
    static const char *const names[] = {"uninit",  "launch-update", "launch-secret",
                                        "running", "send-update",   "receive-update"};
    return state < sizeof(names) / sizeof(names[0]) ? names[state] : "uninit";
}

static void op_sev(void *, struct qmp_sev *sev)
{
    struct psp_platform_info platform;
    struct psp_guest_info guest = {};

    psp_get_platform(control.machine->psp, &platform);
    bx_sev_machine_guest(control.machine, &guest);
    sev->enabled = true;
    sev->api_major = platform.api_major;
    sev->api_minor = platform.api_minor;
    sev->build = platform.build;
    sev->policy = guest.policy;
    sev->handle = guest.handle;
    sev->state = state_name(guest.state);
}

static bool op_measure(void *, struct qmp_blob *blob, char *error, size_t size)
{
    struct psp_guest_info guest;

    if (!bx_sev_machine_guest(control.machine, &guest) || !guest.measured) {
        snprintf(error, size, "SEV launch measurement is not available");
        return false;
    }
    blob->len = MEASURE_BLOB_SIZE;
    memcpy(blob->data, hv_measurement(control.machine->hv), MEASURE_BLOB_SIZE);
    return true;
}

static bool op_inject(void *, const struct qmp_blob *header, const void *data, size_t len,
                      const uint64_t *gpa, char *error, size_t size)
{
    struct hv_failure failure = {};
    struct psp_guest_info guest;
    struct hv_secret secret = {header->data, (const uint8_t *)data, (uint32_t)len, gpa ? *gpa : 0};
    char why[200];

    if (!bx_sev_machine_guest(control.machine, &guest) || guest.state != SEV_GUEST_LSECRET) {
        snprintf(error, size, "SEV: Not in correct state. (LSECRET)");
        return false;
    }
    if (!gpa && !bx_sev_machine_secret_gpa(control.machine, len, &secret.gpa, why, sizeof(why))) {
        snprintf(error, size, "SEV: %s", why);
        return false;
    }
    return hv_inject(control.machine->hv, &secret, &failure) || failed(error, size, failure);
}

static bool op_attest(void *, const uint8_t mnonce[16], struct qmp_blob *report, char *error,
                      size_t size)
{
    struct hv_failure failure = {};

    return hv_attest(control.machine->hv, mnonce, report->data, sizeof(report->data), &report->len,
                     &failure) ||
           failed(error, size, failure);
}

static bool op_capabilities(void *, struct qmp_blob *pdh, struct qmp_blob *chain,
                            struct qmp_blob *id, unsigned *cbitpos, unsigned *reduced, char *error,
                            size_t size)
{
    struct hv_failure failure = {};

    *cbitpos = (unsigned)control.machine->opt->cbitpos;
    *reduced = (unsigned)control.machine->opt->reduced_phys_bits;
    pdh->len = CERT_SIZE;
    chain->len = CERT_CHAIN_SIZE;
    id->len = HV_ID_SIZE;
    return hv_export(control.machine->hv, pdh->data, chain->data, id->data, &failure) ||
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

/* Serves the client while the machine stands still. */
static void stand_still(bool (*go_on)(void *))
{
    while (!go_on(NULL) && !control.quit && !control.reset) {
        ctl_poll(control.ctl, 100);
        if (bx_gui)
            bx_gui->handle_events();
    }
}

/* What a command asked for and could not do under its client's feet. */
static void carry_out(void)
{
    if (control.quit) {
        BX_INFO(("the client of the control socket quits the machine"));
        bx_user_quit = 1;
        BX_FATAL(("quit by the control socket"));
    }
    if (control.reset) {
        control.reset = false;
        ctl_event(control.ctl, "RESET",
                  json_pack("{s:b, s:s}", "guest", 0, "reason", "host-qmp-system-reset"));
        bx_pc_system.Reset(BX_RESET_HARDWARE);
    }
}

static void control_timer(void *)
{
    if (!between_instructions() && control.deferred < deferrals_max) {
        control.deferred++;
        bx_pc_system.activate_timer(control.again, again_us, 0);
        return;
    }
    control.deferred = 0;
    ctl_poll(control.ctl, 0);
    do {
        if (control.paused)
            stand_still(op_running);
        carry_out();
    } while (control.paused);
}

void bx_sev_control_open(struct sev_machine *machine)
{
    char error[300];

    control = {};
    control.machine = machine;
    control.started = machine->opt->launch != OPT_LAUNCH_WAIT;
    control.ctl = ctl_new(machine->opt->control, &control_ops, NULL, error, sizeof(error));
    if (!control.ctl)
        BX_FATAL(("sev: control: %s", error));
    bx_pc_system.register_timer(NULL, control_timer, poll_us, 1, 1, "sev.control");
    control.again =
        bx_pc_system.register_timer(NULL, control_timer, again_us, 0, 0, "sev.control.again");
}

void bx_sev_control_wait(void)
{
    BX_INFO(("the machine waits for `cont` at the control socket"));
    stand_still(op_running);
    carry_out();
}

void bx_sev_control_started(void)
{
    control.started = true;
}

void bx_sev_control_close(void)
{
    if (!control.ctl)
        return;
    ctl_event(control.ctl, "SHUTDOWN",
              json_pack("{s:b, s:s}", "guest", !control.quit, "reason",
                        control.quit ? "host-qmp-quit" : "guest-shutdown"));
    ctl_free(control.ctl);
    control.ctl = NULL;
}
