/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plugin's entry and the device that Bochs sees: it claims the debug ports, launches the
 * machine at power-on and shows its state to the debugger. The parts of the plugin, from here:
 *
 *   sev_options.cc  the `sev:` directive, over opt.c
 *   sev_cpuid.cc    CPUID and MSRs, over cpu-ext
 *   sev_machine.cc  makes the machine from its parts
 *   sev_hooks.cc    fills the hook table that patched Bochs calls
 *   sev_psp_host.cc the host callbacks of the secure processor
 *   sev_memory.cc   encrypted memory, over cpu-ext's views
 *   sev_launch.cc   the launch at power-on, over hypervisor/hv.c
 *   sev_save.cc     save and restore
 *   firmware/       what firmware finds, with and without SEV: sev_firmware.h
 *   control/        the control socket: sev_control.h
 *   observe/        those who only look: sev_observe.h
 *
 * Follows Bochs's example of a user plugin (patches/patch.example-user-plugin of its sources).
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "cpu/cpu.h"
#include "param_names.h"
#include "bx_debug/debug.h"

#include "opt.h"
#include "sev_cpuid.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_options.h"
#include "control/sev_control.h"
#include "firmware/ovmf_table.h"
#include "firmware/sev_firmware.h"
#include "observe/sev_observe.h"

class bx_sev_c : public bx_devmodel_c
{
  public:
    bx_sev_c();
    virtual ~bx_sev_c();
    virtual void init(void);
    virtual void reset(unsigned type);
    virtual void register_state(void);
    virtual void after_restore_state(void);
#if BX_DEBUGGER
    virtual void debug_dump(int argc, char **argv);
#endif

    struct sev_machine *machine; /* NULL: enabled=0 */

  private:
    struct opt *opt;
    struct sev_fwcfg *fwcfg; /* NULL: neither kernel= nor OVMF */
    struct sev_flash *flash; /* NULL: no vars= */
    bool launched;
    FILE *saved; /* while restoring: Bochs's copy of what was saved; else NULL */

    static void save_handler(void *self, FILE *file);
    static Bit32u read_handler(void *self, Bit32u address, unsigned len);
    static void write_handler(void *self, Bit32u address, Bit32u value, unsigned len);
};

static bx_sev_c *device = NULL;
class logfunctions *bx_sev_log = NULL;

static const unsigned bx_sev_ports = 16; /* the register block, psp-model/mailbox.h */

/* All else in the plugin is hidden. */
extern "C" __attribute__((visibility("default"))) int libsev_plugin_entry(plugin_t *, Bit16u,
                                                                          Bit8u);

PLUGIN_ENTRY_FOR_MODULE(sev)
{
    if (mode == PLUGIN_INIT) {
        bx_sev_log = device = new bx_sev_c();
        BX_REGISTER_DEVICE_DEVMODEL(plugin, type, device, "sev");
        bx_sev_options_register();
    } else if (mode == PLUGIN_FINI) {
        bx_sev_options_unregister();
        delete device;
        bx_sev_log = device = NULL;
    } else if (mode == PLUGIN_PROBE) {
        return (int)PLUGTYPE_OPTIONAL;
    }
    return 0;
}

bx_sev_c::bx_sev_c()
    : machine(NULL), opt(NULL), fwcfg(NULL), flash(NULL), launched(false), saved(NULL)
{
    put("SEV");
}

bx_sev_c::~bx_sev_c()
{
    bx_sev_control_close();
    bx_sev_machine_free(machine);
    bx_sev_flash_free(flash);
    bx_sev_fwcfg_free(fwcfg);
    delete opt;
}

#ifdef BX_PLUGIN_FW_CFG
/* Bochs after 3.0 says of a triple fault, unless it resets the machine, only a warning, and its CPU
 * stands still for ever. The machine ends as with 3.0, once in case panics do not end it. */
static void shutdown_timer(void *)
{
    static bool said;

    for (int i = 0; i < BX_SMP_PROCESSORS && !said; i++) {
        if (BX_CPU(i)->activity_state != BX_CPU_C::BX_ACTIVITY_STATE_SHUTDOWN)
            continue;
        said = true;
        BX_PANIC(("triple fault: CPU %d stands still", i));
    }
}

static void watch_shutdown()
{
    static const Bit32u every_us = 10000;

    bx_pc_system.register_timer(NULL, shutdown_timer, every_us, 1, 1, "sev.shutdown");
}
#else
static void watch_shutdown()
{
}
#endif

/* What serves the firmware is there without SEV, too. */
void bx_sev_c::init(void)
{
    struct ovmf_table ovmf = {};

    opt = new struct opt;
    bx_sev_options_get(opt);
    bx_sev_firmware_read(&ovmf);
    fwcfg = bx_sev_fwcfg_new(opt, &ovmf);
    watch_shutdown();
    if (*opt->vars)
        flash = bx_sev_flash_new(opt->vars, ovmf.present);
    bx_sev_cpuid_install(opt);
    if (!opt->enabled)
        return;
    machine = bx_sev_machine_new(opt, &ovmf, fwcfg);
    if (*opt->control)
        bx_sev_control_open(machine);
    for (unsigned i = 0; i < bx_sev_ports; i++) {
        DEV_register_ioread_handler(this, read_handler, (Bit32u)opt->port + i, "SEV", 7);
        DEV_register_iowrite_handler(this, write_handler, (Bit32u)opt->port + i, "SEV", 7);
    }
#if BX_DEBUGGER
    bx_dbg_register_debug_info("sev", this);
#endif
    BX_INFO(("C-bit %u, policy %#x, launch by the %s, ports %#x-%#x", (unsigned)opt->cbitpos,
             (unsigned)opt->policy, opt->launch == OPT_LAUNCH_GUEST ? "guest" : "hypervisor",
             (unsigned)opt->port, (unsigned)opt->port + bx_sev_ports - 1));
    BX_INFO(("keys are in the clear: this protects nothing, it is for testing and teaching"));
}

/* Power-on is the first reset. Later ones leave the secure processor and the guest's key alone, as
 * a reset of a real virtual machine does. */
void bx_sev_c::reset(unsigned)
{
    bx_sev_board_reset();
    if (fwcfg)
        bx_sev_fwcfg_reset(fwcfg);
    if (flash)
        bx_sev_flash_reset(flash);
    if (!machine)
        return;
    bx_sev_cpuid_reset();
    if (launched)
        return;
    launched = true;
    bx_sev_machine_power_on(machine);
    if (SIM->get_param_bool(BXPN_RESTORE_FLAG)->get())
        return; /* it was launched before it was saved */
    if (opt->launch != OPT_LAUNCH_GUEST) {
        bx_sev_machine_launch(machine);
        if (opt->launch == OPT_LAUNCH_WAIT)
            bx_sev_control_wait();
        bx_sev_machine_finish(machine);
    }
}

void bx_sev_c::register_state(void)
{
    if (!machine && !fwcfg)
        return;
    bx_list_c *list = new bx_list_c(SIM->get_bochs_root(), "sev", "AMD SEV");
    if (fwcfg)
        bx_sev_fwcfg_register_state(fwcfg, list);
    if (flash)
        bx_sev_flash_register_state(flash, list);
    if (!machine)
        return;
    bx_shadow_filedata_c *state = new bx_shadow_filedata_c(list, "state", &saved);
    state->set_sr_handlers(this, save_handler, NULL);
}

void bx_sev_c::save_handler(void *self, FILE *file)
{
    bx_sev_c *sev = (bx_sev_c *)self;
    bx_sev_machine_save(sev->machine, sev->launched, file);
}

/* All other devices, CPUs and RAM are restored by now. */
void bx_sev_c::after_restore_state(void)
{
    if (flash)
        bx_sev_flash_restored(flash);
    if (!machine)
        return;
    if (!saved)
        BX_FATAL(("sev: the saved state has no state of a SEV machine"));
    launched = bx_sev_machine_restore(machine, saved);
    fclose(saved);
    saved = NULL;
    bx_sev_control_started();
}

Bit32u bx_sev_c::read_handler(void *self, Bit32u address, unsigned len)
{
    bx_sev_c *sev = (bx_sev_c *)self;
    return mailbox_read(&sev->machine->mailbox, address - (Bit32u)sev->opt->port, len);
}

void bx_sev_c::write_handler(void *self, Bit32u address, Bit32u value, unsigned len)
{
    bx_sev_c *sev = (bx_sev_c *)self;
    mailbox_write(&sev->machine->mailbox, address - (Bit32u)sev->opt->port, value, len);
}

#if BX_DEBUGGER
void bx_sev_c::debug_dump(int argc, char **argv)
{
    bx_sev_debug_command(machine, argc, argv);
}
#endif
