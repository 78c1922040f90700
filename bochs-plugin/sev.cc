/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The plugin's entry and its device in Bochs: the ports of the mailbox, reset, save and restore,
 * the debugger's commands. The parts of the plugin:
 *
 *   sev_options.cc   the `sev:` directive, over opt.c
 *   sev_machine.cc   a SEV machine: makes the parts below and gives access to them
 *   sev_cpuid.cc     CPUID and MSRs, over cpu-ext
 *   sev_es.cc        SEV-ES in the CPUs, and what hypervisor/ asks of them: sev_hv.cc, sev_vmsa.cc
 *   sev_hooks.cc     the hook table that patched Bochs calls
 *   sev_memory_map.cc  Bochs's memory map, over memory_map.c
 *   sev_memory.cc    encrypted memory, over cpu-ext/pages.c
 *   sev_psp_host.cc  the host callbacks of the secure processor
 *   sev_launch.cc    the launch at power-on, over hypervisor/
 *   sev_save.cc      save and restore
 *   hypervisor/      the built-in hypervisor
 *   firmware/        devices and tables for firmware, with and without SEV: sev_firmware.h
 *   control/         the control socket: sev_control.h
 *   host/            the secure processor as a PCI function: sev_pci.h
 *   gdb/             the gdb server, with and without SEV: sev_gdb.h
 *   observe/         observers: timeline, sanitizer, debugger, command log: sev_observe.h
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
#include "sev_es.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory_map.h"
#include "sev_options.h"
#include "sev_save.h"
#include "sev_snp.h"
#include "psp_mailbox.h"
#include "control/sev_control.h"
#include "protocol/ovmf_table.h"
#include "firmware/sev_firmware.h"
#include "gdb/sev_gdb.h"
#include "host/sev_pci.h"
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
    struct sev_cpuid *cpuid;
    struct memmap memmap;
    struct sev_fwcfg *fwcfg; /* NULL: neither kernel= nor OVMF */
    struct sev_flash *flash; /* NULL: no vars= */
    struct sev_pci *pci;     /* NULL: mode=guest */
    struct sev_gdb *gdb;     /* NULL: no gdb= */
    FILE *saved;             /* Bochs's copy of the saved state while it restores, else NULL */
    FILE *saved_rom;         /* the same of the ROM; also NULL with encryption=aes */
    bool shutdown_reported;
    bool started; /* the reset at power-on is over */

    void map_mailbox();
    void take_debugger();
    void watch_shutdown();
    static void shutdown_timer(void *self);
    static void save_handler(void *self, FILE *file);
    static void save_rom_handler(void *self, FILE *file);
    static Bit32u read_handler(void *self, Bit32u address, unsigned len);
    static void write_handler(void *self, Bit32u address, Bit32u value, unsigned len);
};

static bx_sev_c *device = NULL;
class logfunctions *bx_sev_log = NULL;

static const unsigned bx_sev_ports = 16; /* of the mailbox, psp-model/psp_mailbox.h */

/* The only symbol that the plugin exports. */
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
    : machine(NULL), opt(NULL), cpuid(NULL), fwcfg(NULL), flash(NULL), pci(NULL), gdb(NULL),
      saved(NULL), saved_rom(NULL), shutdown_reported(false), started(false)
{
    put("SEV");
}

bx_sev_c::~bx_sev_c()
{
    bx_sev_gdb_free(gdb);
    bx_sev_pci_free(pci);
    sev_debugger = {};
    bx_sev_machine_free(machine);
    bx_sev_cpuid_free(cpuid);
    bx_sev_flash_free(flash);
    bx_sev_fwcfg_free(fwcfg);
    delete opt;
}

#ifdef BX_PLUGIN_FW_CFG
/* On a triple fault, Bochs after 3.0 only prints a warning and leaves the CPU in the shutdown
 * state. End the machine with a panic, as Bochs 3.0 does; once, because panics may be ignored. */
void bx_sev_c::shutdown_timer(void *self)
{
    bx_sev_c *sev = (bx_sev_c *)self;

    for (int i = 0; i < BX_SMP_PROCESSORS && !sev->shutdown_reported; i++) {
        if (BX_CPU(i)->activity_state != BX_CPU_C::BX_ACTIVITY_STATE_SHUTDOWN)
            continue;
        sev->shutdown_reported = true;
        BX_PANIC(("triple fault: CPU %d is in the shutdown state", i));
    }
}

void bx_sev_c::watch_shutdown()
{
    static const Bit32u every_us = 10000;

    bx_pc_system.register_timer(this, shutdown_timer, every_us, 1, 1, "sev.shutdown");
}
#else
void bx_sev_c::watch_shutdown()
{
}
#endif

/* The commands `sev ...` in Bochs's debugger. */
void bx_sev_c::take_debugger()
{
#if BX_DEBUGGER
    if (!bx_dbg.debugger_active)
        return;
    sev_debugger.ctx = this;
    sev_debugger.command = [](void *ctx, const char *line) {
        return bx_sev_debug_line(((bx_sev_c *)ctx)->machine, line);
    };
#endif
}

/* A host finds the secure processor as on a real board, a guest at I/O ports. */
void bx_sev_c::map_mailbox()
{
    if (opt_is_host(opt)) {
        pci = bx_sev_pci_new(machine);
        BX_INFO(("a host of SEV guests, C-bit %u, %u ASIDs", (unsigned)opt->cbitpos,
                 (unsigned)opt->asids));
        return;
    }
    for (unsigned i = 0; i < bx_sev_ports; i++) {
        DEV_register_ioread_handler(this, read_handler, (Bit32u)opt->port + i, "SEV", 7);
        DEV_register_iowrite_handler(this, write_handler, (Bit32u)opt->port + i, "SEV", 7);
    }
    BX_INFO(("C-bit %u, policy %#x, launch by the %s, ports %#x-%#x", (unsigned)opt->cbitpos,
             (unsigned)opt->policy, opt->launch == OPT_LAUNCH_GUEST ? "guest" : "hypervisor",
             (unsigned)opt->port, (unsigned)opt->port + bx_sev_ports - 1));
}

/* The devices for firmware exist without SEV too. */
void bx_sev_c::init(void)
{
    struct ovmf_table ovmf = {};

    opt = new struct opt;
    bx_sev_options_get(opt);
    bx_sev_firmware_read(&ovmf);
    if (*opt->vars)
        flash = bx_sev_flash_new(opt->vars, ovmf.present);
    bx_sev_memmap_init(&memmap, flash ? bx_sev_flash_base(flash) : 0,
                       flash ? bx_sev_flash_size(flash) : 0);
    fwcfg = bx_sev_fwcfg_new(opt, &ovmf, &memmap);
    watch_shutdown();
    cpuid = bx_sev_cpuid_new(opt);
    gdb = bx_sev_gdb_new(opt, &memmap);
    take_debugger();
    if (!opt->enabled)
        return;
    machine = bx_sev_machine_new(opt, &memmap, &ovmf, cpuid, fwcfg);
    if (flash)
        bx_sev_flash_attach(flash, bx_sev_machine_device_memory(machine));
    if (gdb)
        bx_sev_gdb_set_machine(gdb, machine);
    map_mailbox();
#if BX_DEBUGGER
    bx_dbg_register_debug_info("sev", this);
#endif
    BX_INFO(("keys are in the clear: this protects nothing, it is for testing and teaching"));
}

/* The first reset is power-on, each other one a restart by the guest or a client. */
void bx_sev_c::reset(unsigned)
{
    if (started && opt->reboot == OPT_REBOOT_END)
        BX_FATAL(("the guest restarts the machine"));
    started = true;
    bx_sev_fw_machine_reset();
    if (fwcfg)
        bx_sev_fwcfg_reset(fwcfg);
    if (flash)
        bx_sev_flash_reset(flash);
    if (machine)
        bx_sev_machine_reset(machine);
    if (pci)
        bx_sev_pci_reset(pci);
    bx_sev_gdb_reset(gdb);
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
    if (pci)
        bx_sev_pci_register_state(pci, list);
    /* The launch wrote to ROM, which Bochs does not save; with encryption=aes it is in the state. */
    if (!bx_sev_machine_memory(machine)) {
        bx_shadow_filedata_c *rom = new bx_shadow_filedata_c(list, "rom", &saved_rom);
        rom->set_sr_handlers(this, save_rom_handler, NULL);
    }
    bx_shadow_filedata_c *state = new bx_shadow_filedata_c(list, "state", &saved);
    state->set_sr_handlers(this, save_handler, NULL);
}

void bx_sev_c::save_handler(void *self, FILE *file)
{
    bx_sev_save_write(bx_sev_machine_save(((bx_sev_c *)self)->machine), file);
}

void bx_sev_c::save_rom_handler(void *self, FILE *file)
{
    bx_sev_save_write_rom(bx_sev_machine_save(((bx_sev_c *)self)->machine), file);
}

/* Bochs has restored RAM, CPUs and all other devices before. */
void bx_sev_c::after_restore_state(void)
{
    if (flash)
        bx_sev_flash_restored(flash);
    bx_sev_gdb_reset(gdb);
    if (!machine)
        return;
    if (!saved)
        BX_FATAL(("sev: the saved state has no state of a SEV machine"));
    bx_sev_save_restore(bx_sev_machine_save(machine), saved);
    fclose(saved);
    saved = NULL;
    if (pci)
        bx_sev_pci_restored(pci);
    if (bx_sev_machine_es(machine))
        bx_sev_es_restored(bx_sev_machine_es(machine));
    if (bx_sev_machine_snp(machine))
        bx_sev_snp_restored(bx_sev_machine_snp(machine));
    if (saved_rom) { /* machines that were saved with an older version have none */
        bx_sev_save_restore_rom(bx_sev_machine_save(machine), saved_rom);
        fclose(saved_rom);
        saved_rom = NULL;
    }
    bx_sev_control_started(bx_sev_machine_control(machine));
}

Bit32u bx_sev_c::read_handler(void *self, Bit32u address, unsigned len)
{
    bx_sev_c *sev = (bx_sev_c *)self;
    return psp_mailbox_read(bx_sev_machine_mailbox(sev->machine), address - (Bit32u)sev->opt->port,
                            len);
}

void bx_sev_c::write_handler(void *self, Bit32u address, Bit32u value, unsigned len)
{
    bx_sev_c *sev = (bx_sev_c *)self;
    psp_mailbox_write(bx_sev_machine_mailbox(sev->machine), address - (Bit32u)sev->opt->port, value,
                      len);
}

#if BX_DEBUGGER
void bx_sev_c::debug_dump(int argc, char **argv)
{
    bx_sev_debug_command(machine, argc, argv);
}
#endif
