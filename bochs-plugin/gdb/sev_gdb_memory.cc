/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Memory for gdb: as the instructions of a CPU see it, so through its page tables, decrypted where
 * they have C=1 and raw where C=0. Reading converts no page. Registers of devices are neither read
 * nor written, because that could change them.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "sev_machine.h"
#include "sev_memory.h"
#include "sev_memory_map.h"

#include "observe/sev_observe.h"
#include "sev_gdb_priv.h"

static const uint64_t page_size = MEMMAP_PAGE_SIZE;

/* Bytes from `address` to the end of its page, at most `len`. */
static size_t part(uint64_t address, size_t len)
{
    const size_t rest = (size_t)(page_size - address % page_size);

    return len < rest ? len : rest;
}

static bool is_memory(const struct gdb_memory *memory, uint64_t paddr, unsigned kinds)
{
    bx_sev_memmap_update(memory->memmap);
    return (bx_sev_memmap_read_kind(memory->memmap, paddr) & kinds) != 0;
}

/* Read physical memory, all in one page. */
static bool read_physical(const struct gdb_memory *memory, unsigned cpu, uint64_t paddr,
                          bool is_private, void *data, size_t len)
{
    struct sev_memory *encrypted = memory->machine ? bx_sev_machine_memory(memory->machine) : NULL;

    if (!is_memory(memory, paddr, MEMMAP_MEMORY))
        return false;
    if (encrypted && bx_sev_memory_peek(encrypted, is_private ? sev_hooks.cpus[cpu].asid : 0, paddr,
                                        data, (unsigned)len))
        return true;
    return BX_MEM(0)->dbg_fetch_mem(BX_CPU(cpu), (bx_phy_address)paddr, (unsigned)len,
                                    (Bit8u *)data);
}

/* For walk.h. Page tables are read through C=1 with the key of CPU 0, which all CPUs share. */
static bool read_table(void *ctx, uint64_t paddr, void *buf, unsigned len)
{
    return read_physical((const struct gdb_memory *)ctx, 0, paddr, true, buf, len);
}

bool bx_sev_gdb_translate(const struct gdb_memory *memory, unsigned cpu, uint64_t linear,
                          uint64_t *paddr, bool *is_private)
{
    const struct walk_mode mode = bx_sev_walk_mode(cpu);
    const struct walk_memory tables = {(void *)memory, read_table};
    const struct walk_result result = walk_linear(&mode, &tables, linear);

    *paddr = result.paddr;
    *is_private = result.is_private;
    return result.present;
}

size_t bx_sev_gdb_read(const struct gdb_memory *memory, unsigned cpu, uint64_t linear,
                       uint8_t *data, size_t len)
{
    size_t done = 0;

    while (done < len) {
        const size_t n = part(linear + done, len - done);
        uint64_t paddr;
        bool is_private;

        if (!bx_sev_gdb_translate(memory, cpu, linear + done, &paddr, &is_private) ||
            !read_physical(memory, cpu, paddr, is_private, data + done, n))
            break;
        done += n;
    }
    return done;
}

static bool write_physical(const struct gdb_memory *memory, unsigned cpu, uint64_t paddr,
                           bool is_private, const uint8_t *data, size_t len)
{
    struct sev_memory *encrypted = memory->machine ? bx_sev_machine_memory(memory->machine) : NULL;

    if (encrypted)
        return !bx_sev_memory_write(encrypted, is_private ? sev_hooks.cpus[cpu].asid : 0, paddr,
                                    data, len);
    return BX_MEM(0)->dbg_set_mem(BX_CPU(cpu), (bx_phy_address)paddr, (unsigned)len, (Bit8u *)data);
}

bool bx_sev_gdb_write(const struct gdb_memory *memory, unsigned cpu, uint64_t linear,
                      const uint8_t *data, size_t len)
{
    uint64_t paddr;
    bool is_private;

    for (size_t done = 0; done < len; done += part(linear + done, len - done))
        if (!bx_sev_gdb_translate(memory, cpu, linear + done, &paddr, &is_private) ||
            !is_memory(memory, paddr, MEMMAP_KIND_RAM))
            return false;
    for (size_t done = 0; done < len;) {
        const size_t n = part(linear + done, len - done);

        if (!bx_sev_gdb_translate(memory, cpu, linear + done, &paddr, &is_private) ||
            !write_physical(memory, cpu, paddr, is_private, data + done, n))
            return false;
        done += n;
    }
    flushICaches(); /* the bytes may be code */
    return true;
}
