/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Collect the facts of Bochs's machine from its parameters and plugins, for fw_machine.c.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "cpu/cpuid.h"
#include "param_names.h"
#include "sev_log.h"

#include <string>

#include "acpi.h"
#include "fw_machine.h"
#include "sev_firmware.h"

/* Bochs after 3.0, which has a device of this name, also asks whether it is a core device. */
static bool device_present(const char *name)
{
#ifdef BX_PLUGIN_FW_CFG
    return PLUG_device_present(name, false) || PLUG_device_present(name, true);
#else
    return PLUG_device_present(name);
#endif
}

/* Plugins that are optional lack their parameters if they are not loaded. */
static bool port_enabled(const char *name)
{
    bx_list_c *list = (bx_list_c *)SIM->get_param(name);

    return list && list->get_by_name("enabled") && SIM->get_param_bool("enabled", list)->get();
}

static bool has_floppy()
{
    return SIM->get_param_enum(BXPN_FLOPPYA_DEVTYPE)->get() != BX_FDD_NONE;
}

static uint32_t list_devices()
{
    const struct {
        enum acpi_device device;
        bool present;
    } all[] = {
        {ACPI_DEVICE_COM1, port_enabled("ports.serial.1")},
        {ACPI_DEVICE_COM2, port_enabled("ports.serial.2")},
        {ACPI_DEVICE_LPT1, port_enabled("ports.parallel.1")},
        {ACPI_DEVICE_FLOPPY, has_floppy()},
        {ACPI_DEVICE_HPET, device_present("hpet")},
    };
    uint32_t devices = 0;

    for (auto &entry : all)
        devices |= entry.present ? entry.device : 0;
    return devices;
}

/* The first disk or CD drive at the PCI IDE controller, as QEMU names it: slot 1, function 1. NULL:
 * there is none. */
static const char *find_drive(int type)
{
    static const struct {
        const char *drive, *path;
    } drives[] = {
        {BXPN_ATA0_MASTER, "/pci@i0cf8/ide@1,1/drive@0/disk@0"},
        {BXPN_ATA0_SLAVE, "/pci@i0cf8/ide@1,1/drive@0/disk@1"},
        {BXPN_ATA1_MASTER, "/pci@i0cf8/ide@1,1/drive@1/disk@0"},
        {BXPN_ATA1_SLAVE, "/pci@i0cf8/ide@1,1/drive@1/disk@1"},
    };

    for (auto &entry : drives) {
        bx_list_c *list = (bx_list_c *)SIM->get_param(entry.drive);
        if (list && SIM->get_param_enum("type", list)->get() == type)
            return entry.path;
    }
    return NULL;
}

static const char *boot_path(int device)
{
    if (device == BX_BOOT_DISKC)
        return find_drive(BX_ATA_DEVICE_DISK);
    if (device == BX_BOOT_CDROM)
        return find_drive(BX_ATA_DEVICE_CDROM);
    if (device == BX_BOOT_FLOPPYA && has_floppy())
        return "/pci@i0cf8/isa@1/fdc@03f0/floppy@0";
    return NULL;
}

/* A register of the power management's PCI function, 0:1.3, through the ports that the guest uses:
 * what it had selected stays selected. */
static Bit8u access_pci(Bit8u reg, int value)
{
    static const Bit32u address = 0xcf8, data = 0xcfc, function = 0x80000b00;
    Bit32u selected = bx_devices.inp(address, 4), port = data + (reg & 3);
    Bit8u found = 0;

    bx_devices.outp(address, function | (reg & ~3u), 4);
    if (value < 0)
        found = (Bit8u)bx_devices.inp(port, 1);
    else
        bx_devices.outp(port, (Bit32u)value, 1);
    bx_devices.outp(address, selected, 4);
    return found;
}

/* Bochs after 3.0 has power management use IRQ 9, and no pin. */
static bool has_sci_irq9()
{
    static const Bit8u interrupt_pin = 0x3d;

    return access_pci(interrupt_pin, -1) == 0;
}

/* `vendor` holds the three words of CPUID 0 and a NUL. */
static struct smbios_cpus describe_cpus(char vendor[13])
{
    const uint8_t sockets = (uint8_t)SIM->get_param_num(BXPN_CPU_NPROCESSORS)->get(),
                  cores = (uint8_t)SIM->get_param_num(BXPN_CPU_NCORES)->get(),
                  threads = (uint8_t)SIM->get_param_num(BXPN_CPU_NTHREADS)->get();
    cpuid_function_t leaf0, leaf1;

    BX_CPU(0)->cpuid->get_cpuid_leaf(0, 0, &leaf0);
    BX_CPU(0)->cpuid->get_cpuid_leaf(1, 0, &leaf1);
    memcpy(vendor, &leaf0.ebx, 4);
    memcpy(vendor + 4, &leaf0.edx, 4);
    memcpy(vendor + 8, &leaf0.ecx, 4);
    vendor[12] = '\0';
    return {sockets, cores, (uint8_t)(cores * threads), leaf1.eax, leaf1.edx, vendor};
}

struct fw_machine *bx_sev_fw_machine_new(struct fwcfg *fwcfg, const struct memmap *memmap)
{
    static const char *const order[] = {BXPN_BOOTDRIVE1, BXPN_BOOTDRIVE2, BXPN_BOOTDRIVE3};
    struct fw_machine_config config = {};
    unsigned n = 0;
    char vendor[13];

    config.memmap = memmap;
    config.cpus = (uint16_t)BX_SMP_PROCESSORS;
    config.acpi = device_present(BX_PLUGIN_ACPI);
    config.devices = list_devices();
    config.processors = describe_cpus(vendor);
    config.sci_irq9 = config.acpi && has_sci_irq9();
    for (auto &name : order) {
        const char *path = boot_path(SIM->get_param_enum(name)->get());
        if (path)
            config.boot[n++] = path;
    }
    struct fw_machine *machine = fw_machine_new(&config, fwcfg);
    if (!machine)
        BX_FATAL(("sev: the machine cannot be described to its firmware: out of memory"));
    return machine;
}

/* Bochs 3.0 leaves PMREGMISC of the PIIX4's power management as it was when it resets its base
 * address (82371AB datasheet: 00h). Firmware that finds it enabled believes the address. */
void bx_sev_fw_machine_reset()
{
    static const Bit8u pmregmisc = 0x80;

    if (device_present(BX_PLUGIN_ACPI))
        access_pci(pmregmisc, 0);
}
