/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The page tables of Bochs's CPUs for cpu-ext/walk.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
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
bool bx_sev_read_private(struct sev_machine *m, uint64_t paddr, void *buf, unsigned len)
{
    if (bx_sev_timeline_kind(m, paddr) == TIMELINE_MMIO)
        return false;
    struct sev_memory *memory = bx_sev_machine_memory(m);
    if (memory && bx_sev_memory_peek(memory, sev_hooks.cpus[0].asid, paddr, buf, len))
        return true;
    const Bit8u *host = BX_MEM(0)->getHostMemAddr(NULL, (bx_phy_address)paddr, BX_READ);
    if (host)
        memcpy(buf, host, len);
    return host != NULL;
}

static bool read_table(void *ctx, uint64_t paddr, void *buf, unsigned len)
{
    return bx_sev_read_private((struct sev_machine *)ctx, paddr, buf, len);
}

struct walk_memory bx_sev_walk_memory(struct sev_machine *m)
{
    return {m, read_table};
}
