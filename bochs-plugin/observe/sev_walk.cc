/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The page tables of Bochs's CPUs for cpu-ext/walk.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "cpu/svm.h"
#include "sev_machine.h"
#include "sev_memory.h"

#include <string.h>

#include "sev_observe.h"

struct walk_mode bx_sev_walk_mode(unsigned index)
{
    BX_CPU_C *cpu = BX_CPU(index);
    struct walk_mode mode = {};

    mode.cr3 = cpu->cr3;
    mode.cbit_mask = sev_hooks_cbit(index);
    if (!cpu->cr0.get_PG())
        mode.levels = 0;
    else if (cpu->long_mode())
        mode.levels = cpu->cr4.get_LA57() ? 5 : 4;
    else
        mode.levels = cpu->cr4.get_PAE() ? 3 : 2;
    mode.pse = cpu->cr4.get_PSE();
    return mode;
}

/* Device registers are not read, because that could change them. */
static bool read_memory(struct sev_machine *m, uint32_t asid, uint64_t paddr, void *buf,
                        unsigned len)
{
    if (bx_sev_timeline_kind(m, paddr) == TIMELINE_MMIO)
        return false;
    struct sev_memory *memory = bx_sev_machine_memory(m);
    if (memory && bx_sev_memory_peek(memory, asid, paddr, buf, len))
        return true;
    const Bit8u *host = BX_MEM(0)->getHostMemAddr(NULL, (bx_phy_address)paddr, BX_READ);
    if (host)
        memcpy(buf, host, len);
    return host != NULL;
}

bool bx_sev_read_private(struct sev_machine *m, uint64_t paddr, void *buf, unsigned len)
{
    return read_memory(m, sev_hooks.cpus[0].asid, paddr, buf, len);
}

/* --- a host: nested page tables --- */

static bool read_nested(void *ctx, uint64_t paddr, void *buf, unsigned len)
{
    return read_memory((struct sev_machine *)ctx, 0, paddr, buf, len);
}

bool bx_sev_runs_guest(unsigned cpu)
{
    return BX_CPU(cpu)->in_svm_guest;
}

bool bx_sev_system_address(struct sev_machine *m, unsigned index, uint64_t guest, uint64_t *system)
{
    BX_CPU_C *cpu = BX_CPU(index);
    const struct walk_memory memory = {m, read_nested};
    struct walk_mode mode = {};

    *system = guest;
    if (!cpu->in_svm_guest || !cpu->vmcb->ctrls.nested_paging)
        return true;
    SVM_HOST_STATE *host = &cpu->vmcb->host_state;
    mode.cr3 = cpu->vmcb->ctrls.ncr3;
    mode.levels = host->efer.get_LMA() ? 4 + host->cr4.get_LA57() : 2 + host->cr4.get_PAE();
    mode.pse = host->cr4.get_PSE();
    const struct walk_result result = walk_linear(&mode, &memory, guest);
    *system = result.paddr;
    return result.present;
}

/* --- the tables of a CPU --- */

static struct table_reader {
    struct sev_machine *machine;
    unsigned cpu;
} readers[BX_MAX_SMP_THREADS_SUPPORTED];

static bool read_table(void *ctx, uint64_t paddr, void *buf, unsigned len)
{
    const struct table_reader *reader = (const struct table_reader *)ctx;
    uint64_t system;

    return bx_sev_system_address(reader->machine, reader->cpu, paddr, &system) &&
           read_memory(reader->machine, sev_hooks.cpus[reader->cpu].asid, system, buf, len);
}

struct walk_memory bx_sev_walk_memory(struct sev_machine *m, unsigned cpu)
{
    readers[cpu] = {m, cpu};
    return {&readers[cpu], read_table};
}
