/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host callbacks of the secure processor (psp-model/psp_host.h) over Bochs: RAM, memory keys,
 * random bytes, non-volatile storage, time, log.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "pc_system.h"
#include "cpu/cpu.h"
#include "cpu/icache.h"
#include "sev_hv.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory.h"
#include "sev_psp_host.h"
#include "sev_snp.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "memory_map.h"
#include "nv_file.h"
#include "psp.h"
#include "rmp.h"
#include "rng.h"
#include "hypervisor/hv.h"
#include "observe/command_log.h"
#include "observe/sev_observe.h"

/* --- which memory --- */

/* Check that a range is memory of the built-in hypervisor and that the command is its own. */
static bool is_hypervisor_memory(struct sev_machine *m, enum psp_issuer issuer, uint64_t spa,
                                 uint64_t len)
{
    return issuer == PSP_ISSUER_HYPERVISOR &&
           hv_memory_valid(hv_memory(bx_sev_machine_hv(m)), spa, len);
}

/* Commands of the guest reach RAM only. Commands of the built-in hypervisor also reach its own
 * memory and the ROMs, which it launches. */
static bool host_ram_valid(void *ctx, enum psp_issuer issuer, uint64_t spa, uint64_t len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    const unsigned kinds = issuer == PSP_ISSUER_HYPERVISOR ? MEMMAP_PSP_LAUNCH : MEMMAP_PSP;

    return is_hypervisor_memory(m, issuer, spa, len) ||
           memmap_all(bx_sev_machine_memmap(m), spa, len, kinds);
}

/* --- memory with encryption=none --- */

/* Return the storage that the guest reads at the page of `spa`: RAM, or at C0000h to FFFFFh ROM or
 * shadow RAM, as the chip set selects. Return NULL if a device is there. */
static Bit8u *plain_storage(struct sev_machine *m, uint64_t spa)
{
    const bx_phy_address page = spa & ~(uint64_t)(MEMMAP_PAGE_SIZE - 1);
    Bit8u *storage = BX_MEM(0)->getHostMemAddr(NULL, page, BX_READ);
    const bool is_ram = memmap_kind(bx_sev_machine_memmap(m), spa) == MEMMAP_KIND_RAM;

    return is_ram && storage != BX_MEM(0)->get_vector(A20ADDR(page)) ? NULL : storage;
}

/* Bochs's functions for devices drop what they write to ROM, and the launch writes to ROM. So ROM is
 * written directly, and RAM as a device writes it, which wakes MONITOR and is seen by the
 * observers. */
static int plain_write_piece(struct sev_machine *m, uint64_t spa, const Bit8u *data, unsigned len)
{
    Bit8u *storage = plain_storage(m, spa);

    if (!storage)
        return -EFAULT;
    if (memmap_kind(bx_sev_machine_memmap(m), spa) == MEMMAP_KIND_RAM) {
        BX_MEM(0)->dmaWritePhysicalPage(spa, len, (Bit8u *)data);
        return 0;
    }
    memcpy(storage + spa % MEMMAP_PAGE_SIZE, data, len);
    pageWriteStampTable.decWriteStamp(spa);
    return 0;
}

static int plain_read_piece(struct sev_machine *m, uint64_t spa, Bit8u *data, unsigned len)
{
    if (!plain_storage(m, spa))
        return -EFAULT;
    BX_MEM(0)->dmaReadPhysicalPage(spa, len, data);
    return 0;
}

/* Split a range at page ends, because Bochs's functions take no more than a page. */
template <typename Copy> static int for_pages(uint64_t spa, size_t len, Copy copy)
{
    int err = 0;

    for (size_t done = 0; done < len && !err;) {
        size_t n = MEMMAP_PAGE_SIZE - ((spa + done) & (MEMMAP_PAGE_SIZE - 1));
        if (n > len - done)
            n = len - done;
        err = copy(spa + done, done, (unsigned)n);
        done += n;
    }
    return err;
}

static int plain_read(struct sev_machine *m, uint64_t spa, void *buf, size_t len)
{
    return for_pages(spa, len, [m, buf](uint64_t addr, size_t offset, unsigned n) {
        return plain_read_piece(m, addr, (Bit8u *)buf + offset, n);
    });
}

static int plain_write(struct sev_machine *m, uint64_t spa, const void *buf, size_t len)
{
    return for_pages(spa, len, [m, buf](uint64_t addr, size_t offset, unsigned n) {
        return plain_write_piece(m, addr, (const Bit8u *)buf + offset, n);
    });
}

/* --- memory of the built-in hypervisor --- */

/* The pages that contain a range: read them, decrypt them, change or copy the range, and after a
 * change encrypt them again. An ASID of 0, or a machine with encryption=none, means raw memory. */
static int own_piece(struct sev_machine *m, uint32_t asid, uint64_t spa, Bit8u *in,
                     const Bit8u *out, unsigned len)
{
    struct hv_memory *memory = hv_memory(bx_sev_machine_hv(m));
    struct sev_memory *cipher = asid ? bx_sev_machine_memory(m) : NULL;
    const uint64_t start = spa & ~(uint64_t)(HV_PAGE_SIZE - 1);
    Bit8u page[HV_PAGE_SIZE];

    hv_memory_read(memory, start, page, sizeof(page));
    if (cipher && !bx_sev_memory_cipher(cipher, asid, start, page, false))
        return -EIO;
    if (in)
        memcpy(in, page + (spa - start), len);
    if (!out)
        return 0;
    memcpy(page + (spa - start), out, len);
    if (cipher && !bx_sev_memory_cipher(cipher, asid, start, page, true))
        return -EIO;
    hv_memory_write(memory, start, page, sizeof(page));
    return 0;
}

static int own_read(struct sev_machine *m, uint32_t asid, uint64_t spa, void *buf, size_t len)
{
    return for_pages(spa, len, [m, asid, buf](uint64_t addr, size_t offset, unsigned n) {
        return own_piece(m, asid, addr, (Bit8u *)buf + offset, NULL, n);
    });
}

static int own_write(struct sev_machine *m, uint32_t asid, uint64_t spa, const void *buf,
                     size_t len)
{
    return for_pages(spa, len, [m, asid, buf](uint64_t addr, size_t offset, unsigned n) {
        return own_piece(m, asid, addr, NULL, (const Bit8u *)buf + offset, n);
    });
}

int bx_sev_psp_host_read_own(struct sev_machine *m, uint32_t asid, uint64_t spa, void *buf,
                             size_t len)
{
    return hv_memory_valid(hv_memory(bx_sev_machine_hv(m)), spa, len)
               ? own_read(m, asid, spa, buf, len)
               : -EFAULT;
}

/* --- psp_host: memory --- */

static int ram_read(struct sev_machine *m, uint32_t asid, uint64_t spa, void *buf, size_t len)
{
    return bx_sev_machine_memory(m)
               ? bx_sev_memory_read(bx_sev_machine_memory(m), asid, spa, buf, len)
               : plain_read(m, spa, buf, len);
}

static int ram_write(struct sev_machine *m, uint32_t asid, uint64_t spa, const void *buf,
                     size_t len)
{
    return bx_sev_machine_memory(m)
               ? bx_sev_memory_write(bx_sev_machine_memory(m), asid, spa, buf, len)
               : plain_write(m, spa, buf, len);
}

static int host_ram_read(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa, void *buf,
                         size_t len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    const bool own = is_hypervisor_memory(m, issuer, spa, len);

    if (!own && bx_sev_machine_sanitizer(m))
        bx_sev_sanitizer_psp(bx_sev_machine_sanitizer(m), spa, len, asid, false);
    return own ? own_read(m, asid, spa, buf, len) : ram_read(m, asid, spa, buf, len);
}

static int host_ram_write(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                          const void *buf, size_t len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    const bool own = is_hypervisor_memory(m, issuer, spa, len);

    if (!own && bx_sev_machine_sanitizer(m))
        bx_sev_sanitizer_psp(bx_sev_machine_sanitizer(m), spa, len, asid, true);
    return own ? own_write(m, asid, spa, buf, len) : ram_write(m, asid, spa, buf, len);
}

int bx_sev_psp_host_read(struct sev_machine *m, uint64_t gpa, void *buf, size_t len)
{
    if (!memmap_all(bx_sev_machine_memmap(m), gpa, len, MEMMAP_PSP_LAUNCH))
        return -EFAULT;
    if (bx_sev_machine_sanitizer(m))
        bx_sev_sanitizer_hypervisor(bx_sev_machine_sanitizer(m), gpa, len, false);
    return ram_read(m, PSP_NO_ASID, gpa, buf, len);
}

int bx_sev_psp_host_write(struct sev_machine *m, uint64_t gpa, const void *data, size_t len)
{
    if (!memmap_all(bx_sev_machine_memmap(m), gpa, len, MEMMAP_PSP_LAUNCH))
        return -EFAULT;
    if (bx_sev_machine_snp(m) && !bx_sev_snp_may_write(bx_sev_machine_snp(m), gpa, len))
        return -EPERM;
    if (bx_sev_machine_sanitizer(m))
        bx_sev_sanitizer_hypervisor(bx_sev_machine_sanitizer(m), gpa, len, true);
    return ram_write(m, PSP_NO_ASID, gpa, data, len);
}

/* With encryption=none there are no memory keys. */
static int host_key_install(void *ctx, uint32_t asid, const uint8_t vek[16])
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    return bx_sev_machine_memory(m) ? bx_sev_memory_key_install(bx_sev_machine_memory(m), asid, vek)
                                    : 0;
}

static void host_key_remove(void *ctx, uint32_t asid)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    if (bx_sev_machine_memory(m))
        bx_sev_memory_key_remove(bx_sev_machine_memory(m), asid);
}

/* --- psp_host: the RMP --- */

static bool host_rmp_get(void *ctx, uint64_t spa, struct psp_rmp_entry *entry)
{
    return bx_sev_snp_rmp_get(bx_sev_machine_snp((struct sev_machine *)ctx), spa, entry);
}

static int host_rmp_set(void *ctx, uint64_t spa, const struct psp_rmp_entry *entry)
{
    return bx_sev_snp_rmp_set(bx_sev_machine_snp((struct sev_machine *)ctx), spa, entry);
}

static void host_rmp_clear(void *ctx)
{
    rmp_clear(bx_sev_snp_rmp(bx_sev_machine_snp((struct sev_machine *)ctx)));
}

/* The CPUs of the machine are the processor's. */
static void host_cpuid(void *, uint32_t leaf, uint32_t subleaf, uint64_t xcr0, uint64_t,
                       uint32_t result[4])
{
    bx_sev_hv_cpuid(0, leaf, subleaf, xcr0, result);
}

/* --- psp_host: the rest --- */

static int host_random(void *ctx, void *buf, size_t len)
{
    return rng_fill(bx_sev_machine_rng((struct sev_machine *)ctx), buf, len);
}

static int host_nv_load(void *ctx, void *buf, size_t cap, size_t *len)
{
    return nv_file_load(bx_sev_machine_nv((struct sev_machine *)ctx), buf, cap, len);
}

static int host_nv_store(void *ctx, const void *buf, size_t len)
{
    return nv_file_store(bx_sev_machine_nv((struct sev_machine *)ctx), buf, len);
}

static uint64_t host_time_us(void *)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void host_log(void *ctx, enum psp_log_level level, const char *message)
{
    const struct opt *opt = bx_sev_machine_opt((struct sev_machine *)ctx);

    if (level == PSP_LOG_ERROR)
        BX_ERROR(("%s", message));
    else if (level == PSP_LOG_INFO && opt->log >= OPT_LOG_INFO)
        BX_INFO(("%s", message));
    else if (level == PSP_LOG_DEBUG && opt->log >= OPT_LOG_DEBUG)
        BX_INFO(("%s", message));
}

static void host_trace(void *ctx, const struct psp_event *event)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    char line[256];

    command_log_event(bx_sev_machine_command_log(m), event, hv_region_name(bx_sev_machine_hv(m)),
                      bx_pc_system.time_ticks(), line, sizeof(line));
    if (bx_sev_machine_timeline(m))
        bx_sev_timeline_psp(bx_sev_machine_timeline(m), event);
#if BX_DEBUGGER
    if (bx_sev_machine_breaks(m))
        bx_sev_breaks_psp(bx_sev_machine_breaks(m), event);
#endif
    if (event->status != SEV_STATUS_SUCCESS && bx_sev_machine_opt(m)->log < OPT_LOG_INFO)
        BX_ERROR(("%s", line));
    else if (bx_sev_machine_opt(m)->log >= OPT_LOG_INFO)
        BX_INFO(("%s", line));
}

static const struct psp_host host_callbacks = {
    .ram_valid = host_ram_valid,
    .ram_read = host_ram_read,
    .ram_write = host_ram_write,
    .key_install = host_key_install,
    .key_remove = host_key_remove,
    .random = host_random,
    .time_us = host_time_us,
    .nv_load = host_nv_load,
    .nv_store = host_nv_store,
    .log = host_log,
    .trace = host_trace,
};

struct psp_host bx_sev_psp_host(const struct sev_machine *m)
{
    struct psp_host host = host_callbacks;

    if (!bx_sev_machine_nv(m)) {
        host.nv_load = NULL;
        host.nv_store = NULL;
    }
    if (bx_sev_snp_wanted(bx_sev_machine_opt(m))) {
        host.rmp_get = host_rmp_get;
        host.rmp_set = host_rmp_set;
        host.rmp_clear = host_rmp_clear;
        host.cpuid = host_cpuid;
    }
    return host;
}
