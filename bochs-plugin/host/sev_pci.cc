/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The secure processor on Bochs's PCI bus. See sev_pci.h.
 *
 * Bochs 3.0 has no MSI: the function sends its messages to the local APICs itself.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "cpu/cpu.h"
#include "cpu/apic.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_pci.h"

#include "memory_map.h"
#include "psp_function.h"

/* 00:08.0, after the five slots of Bochs. */
static const Bit8u devfunc_wanted = 8 << 3;
/* How long a command takes: a choice of this model. Software sees the mailbox busy for that time. */
static const Bit32u command_us = 100;

struct sev_pci : public bx_pci_device_c {
    explicit sev_pci(struct sev_machine *machine);
    virtual void pci_write_handler(Bit8u address, Bit32u value, unsigned io_len);

    struct psp_function function;
    struct sev_machine *machine;
    int timer;
};

/* --- what the function does --- */

/* A message to no local APIC is a write to memory, if there is RAM. */
static void send_message(void *ctx, uint64_t address, uint32_t data)
{
    const struct sev_pci *pci = (struct sev_pci *)ctx;
    struct psp_function_message message;
    Bit8u bytes[4];

    if (psp_function_message(address, data, &message)) {
        if (message.delivery_mode != APIC_DM_RESERVED && message.delivery_mode != APIC_DM_SIPI)
            apic_bus_deliver_interrupt(message.vector, message.destination, message.delivery_mode,
                                       message.logical, true, message.level);
        return;
    }
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (Bit8u)(data >> i * 8);
    if (memmap_all(bx_sev_machine_memmap(pci->machine), address, sizeof(bytes), MEMMAP_KIND_RAM))
        BX_MEM(0)->dmaWritePhysicalPage(address, sizeof(bytes), bytes);
}

static void command_started(void *ctx)
{
    bx_pc_system.activate_timer(((struct sev_pci *)ctx)->timer, command_us, false);
}

static void command_timer(void *self)
{
    psp_mailbox_run(bx_sev_machine_mailbox(((struct sev_pci *)self)->machine));
}

/* --- the bus --- */

static bool registers_read(bx_phy_address address, unsigned len, void *data, void *param)
{
    const struct sev_pci *pci = (struct sev_pci *)param;

    psp_bar_read(&pci->function.bar, address % PSP_BAR_SIZE, data, len);
    return true;
}

static bool registers_write(bx_phy_address address, unsigned len, void *data, void *param)
{
    psp_bar_write(&((struct sev_pci *)param)->function.bar, address % PSP_BAR_SIZE, data, len);
    return true;
}

static bool table_read(bx_phy_address address, unsigned len, void *data, void *param)
{
    const struct sev_pci *pci = (struct sev_pci *)param;

    psp_function_table_read(&pci->function, address % PSP_FUNCTION_TABLE_SIZE, data, len);
    return true;
}

static bool table_write(bx_phy_address address, unsigned len, void *data, void *param)
{
    psp_function_table_write(&((struct sev_pci *)param)->function,
                             address % PSP_FUNCTION_TABLE_SIZE, data, len);
    return true;
}

void sev_pci::pci_write_handler(Bit8u address, Bit32u value, unsigned io_len)
{
    psp_function_config_write(&function, address, value, io_len);
}

sev_pci::sev_pci(struct sev_machine *machine_) : function(), machine(machine_), timer(0)
{
    Bit8u devfunc = devfunc_wanted;

    put("SEV");
    init_pci_conf(PSP_FUNCTION_VENDOR, PSP_FUNCTION_ROME, 0x00, PSP_FUNCTION_CLASS, 0x00, 0);
    init_bar_mem(2, PSP_BAR_SIZE, registers_read, registers_write);
    init_bar_mem(5, PSP_FUNCTION_TABLE_SIZE, table_read, table_write);
    psp_function_init(&function, pci_conf, bx_sev_machine_mailbox(machine));
    function.send = send_message;
    function.ctx = this;
    function.started = command_started;
    timer = bx_pc_system.register_timer(this, command_timer, command_us, false, false, "sev.psp");
    if (!DEV_register_pci_handlers(this, &devfunc, "sev", "AMD Secure Processor"))
        BX_FATAL(
            ("sev: mode=host: the secure processor cannot be at PCI device 8, which is in use"));
}

/* --- for the plugin --- */

struct sev_pci *bx_sev_pci_new(struct sev_machine *machine)
{
    return new sev_pci(machine);
}

void bx_sev_pci_free(struct sev_pci *pci)
{
    delete pci;
}

void bx_sev_pci_reset(struct sev_pci *pci)
{
    bx_pc_system.deactivate_timer((unsigned)pci->timer);
    psp_function_reset(&pci->function);
}

void bx_sev_pci_register_state(struct sev_pci *pci, bx_list_c *list)
{
    struct psp_function *function = &pci->function;
    bx_list_c *own = new bx_list_c(list, "pci", "secure processor on the PCI bus");

    pci->register_pci_state(own);
    new bx_shadow_data_c(own, "table", (Bit8u *)function->table, sizeof(function->table));
    new bx_shadow_num_c(own, "pending", &function->pending, BASE_HEX);
    new bx_shadow_num_c(own, "int_enable", &function->bar.int_enable, BASE_HEX);
    new bx_shadow_num_c(own, "int_status", &function->bar.int_status, BASE_HEX);
}

/* Bochs 3.0 takes the handler of an expansion ROM, which there is none of; its head takes nothing. */
template <typename... Handler>
static void restore_bars(sev_pci *pci, void (bx_pci_device_c::*restore)(Handler...))
{
    (pci->*restore)(Handler()...);
}

/* Bochs has restored the configuration space and the timer. */
void bx_sev_pci_restored(struct sev_pci *pci)
{
    restore_bars(pci, &bx_pci_device_c::after_restore_pci_state);
}
