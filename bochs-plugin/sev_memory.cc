/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Encrypted memory: cpu-ext/pages.c over the memory and the TLBs of Bochs.
 *
 * Implements pages_ops over Bochs 3.0 (memory/memory-bochs.h, cpu/tlb.h, cpu/icache.h), and decides
 * which storage is encrypted:
 *
 * - RAM as memory_map.h has it, one page a frame; also the shadow RAM at C0000h to FFFFFh
 * - ROM that has an image: at its address below 4 GiB, and at C0000h to DFFFFh. The last 128 KiB
 *   also appear at E0000h to FFFFFh, as the same pages.
 * - nothing else: not VGA memory, the RAM of SMM under it, MMIO, nor ROM sockets without an image.
 *   sev_device_memory.cc has flash and the frame buffer.
 *
 * In a host all memory is raw at power-on. A page of a guest is kept decrypted from LAUNCH_UPDATE_DATA, or the
 * guest's first access with C=1, until the host, another guest or a device accesses it.
 * In a guest: at power-on RAM is private data of the machine, whatever is in it, and ROM holds its image
 * as raw memory: a ROM that the launch does not measure is fetched as garbage. Until a guest is activated,
 * the machine runs under a temporary key. Then it gets the key of that ASID: what it sees through C=1
 * stays as it is, and its ciphertext changes.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "param_names.h"
#include "cpu/cpu.h"
#include "cpu/icache.h"
#include "sev_memory_priv.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory_map.h"
#include "sev_snp.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <type_traits>

#include "rng.h"

static const uint8_t walk_allowed = 1;

/* --- which storage is at an address --- */

/* Up to two pages: at C0000h to FFFFFh there are ROM and shadow RAM, and the chip set selects one of
 * them for reads and one for writes. Both always have the same state. */
struct storage {
    unsigned n;
    uint32_t page[2];
};

static void add_rom(const struct sev_memory *mem, struct storage *storage, uint32_t rom_page)
{
    if (mem->rom_state[rom_page] != ROM_EMPTY)
        storage->page[storage->n++] = mem->ram_pages + rom_page;
}

static uint32_t rom_page_of(uint64_t spa)
{
    if (spa >= MEMMAP_SHADOW && spa < low_firmware)
        return bios_pages + (uint32_t)((spa - MEMMAP_SHADOW) / SEV_PAGE_SIZE);
    if (spa < MEMMAP_1M)
        return (uint32_t)(BIOS_MAP_LAST128K((Bit32u)spa) / SEV_PAGE_SIZE);
    return (uint32_t)((spa & BIOS_MASK) / SEV_PAGE_SIZE);
}

static bool has_rom(const struct sev_memory *mem, uint64_t spa)
{
    return (memmap_kind(mem->map, spa) & MEMMAP_FIRMWARE) != 0;
}

static struct storage resolve(const struct sev_memory *mem, uint64_t spa)
{
    const uint32_t frame = (uint32_t)(spa / SEV_PAGE_SIZE);
    struct storage storage = {};
    enum memmap_kind kind;

    if (spa >= MEMMAP_1M && spa < mem->map->low_ram_end) { /* nearly always */
        storage.n = 1;
        storage.page[0] = frame;
        return storage;
    }
    kind = memmap_kind(mem->map, spa);
    if (kind & MEMMAP_FIRMWARE)
        add_rom(mem, &storage, rom_page_of(spa));
    if (kind & (MEMMAP_KIND_RAM | MEMMAP_KIND_SHADOW))
        storage.page[storage.n++] = frame;
    return storage;
}

static bool resolves_to(const struct sev_memory *mem, uint64_t spa, uint32_t number)
{
    struct storage storage = resolve(mem, spa);

    return (storage.n > 0 && storage.page[0] == number) ||
           (storage.n > 1 && storage.page[1] == number);
}

/* --- pages_ops --- */

static struct page memory_describe(void *ctx, uint32_t number)
{
    struct sev_memory *mem = (struct sev_memory *)ctx;
    const uint64_t rom = (uint64_t)number - mem->ram_pages;
    struct page page = {number, 0, NULL};

    if (number < mem->ram_pages) {
        page.spa = (uint64_t)number * SEV_PAGE_SIZE;
        page.host = BX_MEM(0)->get_vector((bx_phy_address)page.spa);
        return page;
    }
    page.spa = rom < bios_pages ? bios_base + rom * SEV_PAGE_SIZE
                                : MEMMAP_SHADOW + (rom - bios_pages) * SEV_PAGE_SIZE;
    page.host = mem->rom + (size_t)rom * SEV_PAGE_SIZE;
    return page;
}

static void memory_changed(void *, const struct page *page)
{
    pageWriteStampTable.decWriteStamp(page->spa);
    if (page->spa >= MEMMAP_4G - (MEMMAP_1M - low_firmware) && page->spa < MEMMAP_4G)
        pageWriteStampTable.decWriteStamp(page->spa & (MEMMAP_1M - 1));
}

/* In a guest, code is always fetched from decrypted pages. So only a page that was decrypted can be in a
 * fetch window, and only then does the window need to be closed. Page walks and fetches never close one,
 * because they need the decrypted state: Bochs's prefetch() opens its window before it
 * translates. In a host, the host and each guest may fetch from any page, so each conversion closes the
 * windows and drops decoded instructions; prefetch() starts again if its own window was closed. */
static void memory_converted(void *ctx, const struct page *page)
{
    struct sev_memory *mem = (struct sev_memory *)ctx;

    if (page->number < mem->walks.size())
        mem->walks[page->number] = 0;
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        BX_CPU_C *cpu = BX_CPU(i);

        if (resolves_to(mem, cpu->pAddrStackPage, page->number))
            cpu->invalidate_stack_cache();
        if ((mem->host || !mem->for_code) && resolves_to(mem, cpu->pAddrFetchPage, page->number))
            cpu->invalidate_prefetch_q();
    }
    if (mem->host)
        memory_changed(mem, page);
}

/* TLB entries are numbered CPU by CPU, data TLB first. Each has two numbers, because an entry for
 * C0000h to FFFFFh holds a translation of two pages. */
static const uint32_t entries_per_cpu = 2 * (BX_DTLB_SIZE + BX_ITLB_SIZE);

static uint32_t number_of_entry(unsigned cpu, const void *entry)
{
    const bx_TLB_entry *data = BX_CPU(cpu)->DTLB.entry, *code = BX_CPU(cpu)->ITLB.entry;
    const bx_TLB_entry *e = (const bx_TLB_entry *)entry;
    const bool is_data = e >= data && e < data + BX_DTLB_SIZE;

    return cpu * entries_per_cpu + 2 * (uint32_t)(is_data ? e - data : BX_DTLB_SIZE + (e - code));
}

static bx_TLB_entry *entry_of(uint32_t number)
{
    BX_CPU_C *cpu = BX_CPU(number / entries_per_cpu);
    uint32_t n = number % entries_per_cpu / 2;

    return n < BX_DTLB_SIZE ? &cpu->DTLB.entry[n] : &cpu->ITLB.entry[n - BX_DTLB_SIZE];
}

static bool memory_holds(void *ctx, uint32_t entry, uint32_t number)
{
    const bx_TLB_entry *e = entry_of(entry);

    return e->valid() && resolves_to((struct sev_memory *)ctx, e->ppf, number);
}

static void memory_invalidate(void *, uint32_t entry)
{
    entry_of(entry)->invalidate();
}

void bx_sev_memory_flush_tlbs(void)
{
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        BX_CPU(i)->TLB_flush();
}

/* --- the guest that the CPUs run --- */

void bx_sev_memory_set_guest(struct sev_memory *mem, uint32_t asid)
{
    mem->asid = asid;
    mem->key = pages_key(mem->pages, asid);
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        struct sev_cpu *cpu = &sev_hooks.cpus[i];

        if (mem->host) { /* the CPU goes on with its guest, whose key may have come or gone */
            cpu->key = pages_key(mem->pages, cpu->asid);
            continue;
        }
        cpu->asid = asid;
        cpu->key = mem->walks.empty() ? mem->key : walk_allowed;
    }
    bx_sev_memory_flush_tlbs();
}

void bx_sev_memory_vmrun(struct sev_memory *mem, unsigned cpu, uint32_t asid)
{
    sev_hooks.cpus[cpu].key = pages_key(mem->pages, asid);
    if (!asid || sev_hooks.cpus[cpu].key || mem->warned)
        return;
    mem->warned = true;
    BX_INFO(("VMRUN of ASID %u, which has no key: the guest sees ciphertext", asid));
}

/* The index of the key that an access uses. */
static uint8_t key_of(const struct sev_memory *mem, unsigned cpu, enum sev_access access)
{
    if (access != SEV_ACCESS_PRIVATE)
        return 0;
    return mem->host && cpu != SEV_HOOKS_NO_CPU ? sev_hooks.cpus[cpu].key : mem->key;
}

/* RAM above 1 MiB, where one address is one page. */
void bx_sev_memory_contexts(const struct sev_memory *mem, struct sev_cpu *cpus)
{
    const uint32_t first = MEMMAP_1M / SEV_PAGE_SIZE;
    const uint32_t end = (uint32_t)(mem->map->low_ram_end / SEV_PAGE_SIZE);

    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        cpus[i].asid = mem->asid;
        cpus[i].key = mem->walks.empty() ? mem->key : walk_allowed;
        cpus[i].page_key =
            (mem->walks.empty() ? pages_keys(mem->pages) : mem->walks.data()) + first;
        cpus[i].first = first;
        cpus[i].n = end > first ? end - first : 0;
    }
}

/* --- life --- */

/* Pages of the ROM array with nothing but FFh in them are empty sockets. */
static void find_roms(struct sev_memory *mem, bool launched)
{
    for (uint32_t page = 0; page < rom_pages; page++) {
        const Bit8u *data = mem->rom + (size_t)page * SEV_PAGE_SIZE;

        for (unsigned i = 0; i < SEV_PAGE_SIZE && mem->rom_state[page] == ROM_EMPTY; i++)
            if (data[i] != 0xff)
                mem->rom_state[page] = launched ? ROM_LAUNCHED : ROM_IMAGE;
    }
}

static int install_temporary_key(struct sev_memory *mem, struct rng *rng)
{
    int err = rng_fill(rng, mem->temporary_key, sizeof(mem->temporary_key));

    if (!err)
        err = pages_key_install(mem->pages, temporary_asid, mem->temporary_key);
    if (!err) {
        bx_sev_memory_set_guest(mem, temporary_asid);
        err = pages_declare(mem->pages, 0, mem->ram_pages, temporary_asid);
    }
    return err;
}

void bx_sev_memory_new_pages(struct sev_memory *mem)
{
    struct pages_ops ops = {};

    ops.ctx = mem;
    ops.describe = memory_describe;
    ops.converted = memory_converted;
    ops.changed = memory_changed;
    ops.tlb.ctx = mem;
    ops.tlb.count = BX_SMP_PROCESSORS * entries_per_cpu;
    ops.tlb.holds = memory_holds;
    ops.tlb.invalidate = memory_invalidate;
    mem->pages = pages_new(mem->ram_pages + rom_pages, &ops);
    if (!mem->pages)
        BX_FATAL(("sev: memory encryption could not be started: out of memory"));
    mem->asid = 0;
    mem->key = 0;
    mem->walks.assign(mem->walks.size(), 0);
}

struct sev_memory *bx_sev_memory_new(struct sev_machine *machine)
{
    struct sev_memory *mem = new struct sev_memory();

    /* A swapped-out block is only in Bochs's overflow file, and comes back at another address. */
    if (SIM->get_param_num(BXPN_HOST_MEM_SIZE)->get64() <
        SIM->get_param_num(BXPN_MEM_SIZE)->get64())
        BX_FATAL(("sev: encryption=aes needs all of the guest's memory on the host: "
                  "give host= the value of guest= (memory:), or say encryption=none"));
    mem->machine = machine;
    mem->host = opt_is_host(bx_sev_machine_opt(machine));
    mem->map = bx_sev_machine_memmap(machine);
    mem->ram_pages = (uint32_t)(BX_MEM(0)->get_memory_len() / SEV_PAGE_SIZE);
    mem->rom_state.assign(rom_pages, ROM_EMPTY);
    if (bx_sev_snp_wanted(bx_sev_machine_opt(machine)))
        mem->walks.assign(mem->ram_pages, 0);
    bx_sev_memory_new_pages(mem);
    return mem;
}

void bx_sev_memory_power_on(struct sev_memory *mem, struct rng *rng)
{
    const bool by_guest = bx_sev_machine_opt(mem->machine)->launch == OPT_LAUNCH_GUEST;
    int err;

    mem->rom = bx_sev_memmap_rom();
    if (mem->host) { /* all memory is raw */
        find_roms(mem, true);
        bx_sev_memory_flush_tlbs();
        return;
    }
    find_roms(mem, by_guest);
    err = install_temporary_key(mem, rng);
    if (!err && by_guest)
        err = pages_declare(mem->pages, mem->ram_pages, rom_pages, temporary_asid);
    if (err)
        BX_FATAL(("sev: memory encryption could not be started: %s", strerror(-err)));
    bx_sev_memory_flush_tlbs();
}

void bx_sev_memory_free(struct sev_memory *mem)
{
    struct bx_sev_memory_info info = {};

    if (!mem)
        return;
    bx_sev_memory_info(mem, &info);
    BX_INFO(("memory: %u pages decrypted, %u raw; %" PRIu64 " conversions, %" PRIu64 " failed",
             info.private_pages, info.raw_pages, info.conversions, info.failures));
    pages_free(mem->pages);
    delete mem;
}

/* --- keys --- */

int bx_sev_memory_key_install(struct sev_memory *mem, uint32_t asid, const uint8_t vek[16])
{
    int err = pages_key_install(mem->pages, asid, vek);

    if (!err && mem->asid == temporary_asid) {
        err = pages_rekey(mem->pages, temporary_asid, asid);
        if (!err)
            bx_sev_memory_set_guest(mem, asid);
    } else if (!err && (mem->host || mem->asid == asid)) {
        bx_sev_memory_set_guest(mem, mem->asid);
        mem->warned = mem->warned && !mem->host;
    }
    return err;
}

/* A machine whose own code did the launch keeps its temporary key. One that the built-in hypervisor
 * launched has lost its memory, like a guest that runs after DEACTIVATE. */
void bx_sev_memory_key_remove(struct sev_memory *mem, uint32_t asid)
{
    uint32_t guest = mem->asid;

    if (guest == asid && bx_sev_machine_opt(mem->machine)->launch == OPT_LAUNCH_GUEST &&
        !pages_rekey(mem->pages, asid, temporary_asid))
        guest = temporary_asid;
    if (pages_key_remove(mem->pages, asid))
        BX_ERROR(
            ("sev: the cipher failed: pages of ASID %u could not be encrypted and are zero now",
             asid));
    bx_sev_memory_set_guest(mem, guest);
}

/* --- accesses --- */

static void warn_unmeasured(struct sev_memory *mem, uint64_t spa)
{
    mem->warned = true;
    BX_INFO(("code at %#lx is fetched from a ROM that the launch did not measure: as on a real "
             "processor the guest sees it decrypted, which is garbage",
             (unsigned long)spa));
}

/* The page could not be converted. A device is refused. For a CPU the access would show plaintext to
 * everybody, or ciphertext to the guest: the machine stops. The hypervisor in a host could do nothing. */
static struct sev_verdict cipher_failed(const struct sev_memory *mem, unsigned cpu, uint64_t spa,
                                        enum sev_access access)
{
    const struct sev_verdict verdict = {(uint64_t)(cpu == SEV_HOOKS_NO_CPU ? SEV_BLOCK : SEV_NPF),
                                        0};

    if (mem->host && cpu != SEV_HOOKS_NO_CPU)
        BX_FATAL(("sev: the cipher failed: page %#lx cannot be accessed", (unsigned long)spa));

    BX_ERROR(("sev: the cipher failed: page %#lx could not be %s", (unsigned long)spa,
              access == SEV_ACCESS_PRIVATE ? "decrypted" : "encrypted"));
    return verdict;
}

struct sev_verdict bx_sev_memory_access(struct sev_memory *mem, unsigned cpu, uint64_t spa,
                                        uint32_t flags, void *tlb_entry)
{
    const struct storage storage = resolve(mem, spa);
    const enum sev_access access = sev_flags_access(flags);
    const enum sev_why why = sev_flags_why(flags);
    const uint8_t key = key_of(mem, cpu, access);
    struct sev_verdict verdict = {SEV_GO, 0};

    if (why == SEV_WHY_FETCH && !mem->warned && storage.n && storage.page[0] >= mem->ram_pages &&
        mem->rom_state[storage.page[0] - mem->ram_pages] != ROM_LAUNCHED)
        warn_unmeasured(mem, spa);
    mem->for_code = why == SEV_WHY_FETCH || sev_why_is_internal(why);
    for (unsigned i = 0; i < storage.n; i++) {
        const uint32_t entry = tlb_entry ? number_of_entry(cpu, tlb_entry) + i : TLB_INDEX_NONE;

        if (pages_keys(mem->pages)[storage.page[i]] == key) {
            pages_translated(mem->pages, storage.page[i], entry);
            continue;
        }
        const struct page page = memory_describe(mem, storage.page[i]);
        if (pages_access(mem->pages, &page, key, entry))
            verdict = cipher_failed(mem, cpu, spa, access);
    }
    mem->for_code = false;
    return verdict;
}

/* A CPU of Bochs 3.0 has its cache of decoded instructions in it, one of later versions points to it. */
template <typename Cache> static bxICache_c *icache(Cache &cache)
{
    if constexpr (std::is_pointer_v<Cache>)
        return cache;
    else
        return &cache;
}

void bx_sev_memory_allow_walks(struct sev_memory *mem, uint64_t spa)
{
    const uint64_t frame = spa / SEV_PAGE_SIZE;

    if (frame < mem->walks.size())
        mem->walks[frame] = walk_allowed;
}

/* Bochs follows the links between traces without a look at the TLB. Storage that is never converted, like
 * flash, is not in the index of the TLB entries. */
void bx_sev_memory_drop(struct sev_memory *mem, uint64_t spa, uint64_t n, bool for_code)
{
    bool indexed = true;

    mem->for_code = for_code;
    for (uint64_t i = 0; i < n; i++) {
        const struct storage storage = resolve(mem, spa + i * SEV_PAGE_SIZE);

        indexed = indexed && storage.n;
        for (unsigned k = 0; k < storage.n; k++)
            pages_drop(mem->pages, storage.page[k]);
    }
    mem->for_code = false;
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        icache(BX_CPU(i)->iCache)->breakLinks();
    if (!indexed && !for_code)
        bx_sev_memory_flush_tlbs();
}

/* Where ROM and shadow RAM share an address, the chip set selects the one that is read. */
bool bx_sev_memory_peek(struct sev_memory *mem, uint32_t asid, uint64_t spa, void *buf,
                        unsigned len)
{
    const struct storage storage = resolve(mem, spa);
    const bx_phy_address frame = spa & ~(uint64_t)(SEV_PAGE_SIZE - 1);

    for (unsigned i = 0; i < storage.n; i++)
        if (storage.n == 1 || memory_describe(mem, storage.page[i]).host ==
                                  BX_MEM(0)->getHostMemAddr(NULL, frame, BX_READ))
            return !pages_read(mem->pages, pages_key(mem->pages, asid) ? asid : 0, storage.page[i],
                               (unsigned)(spa % SEV_PAGE_SIZE), buf, len);
    return false;
}

bool bx_sev_memory_cipher(struct sev_memory *mem, uint32_t asid, uint64_t spa, uint8_t *page,
                          bool encrypt)
{
    const uint8_t key = pages_key(mem->pages, asid ? asid : mem->asid);
    return key && !pages_cipher(mem->pages, key, spa, page, encrypt);
}

static void note_access(struct sev_memory *mem, uint32_t rom_page, bool launches)
{
    if (launches)
        mem->rom_state[rom_page] = ROM_LAUNCHED;
    else if (mem->rom_state[rom_page] == ROM_EMPTY)
        mem->rom_state[rom_page] = ROM_IMAGE;
}

/* The PSP reaches RAM and ROM. At C0000h to FFFFFh it reaches the ROM, which is what the chip set
 * selects before the first instruction, the only time when the PSP goes there. What it launches is
 * part of an image, even if all bytes are FFh. */
static int access_pages(struct sev_memory *mem, uint32_t asid, uint64_t spa, uint8_t *in,
                        const uint8_t *out, size_t len)
{
    while (len) {
        if (has_rom(mem, spa))
            note_access(mem, rom_page_of(spa), asid && out);
        struct storage storage = resolve(mem, spa);
        unsigned offset = (unsigned)(spa % SEV_PAGE_SIZE), n = SEV_PAGE_SIZE - offset;
        int err;

        if (n > len)
            n = (unsigned)len;
        if (!storage.n)
            return -EFAULT;
        err = in ? pages_read(mem->pages, asid, storage.page[0], offset, in, n)
                 : pages_write(mem->pages, asid, storage.page[0], offset, out, n);
        if (err)
            return err;
        spa += n;
        len -= n;
        in = in ? in + n : NULL;
        out = out ? out + n : NULL;
    }
    return 0;
}

int bx_sev_memory_read(struct sev_memory *mem, uint32_t asid, uint64_t spa, void *buf, size_t len)
{
    return access_pages(mem, asid, spa, (uint8_t *)buf, NULL, len);
}

int bx_sev_memory_write(struct sev_memory *mem, uint32_t asid, uint64_t spa, const void *buf,
                        size_t len)
{
    return access_pages(mem, asid, spa, NULL, (const uint8_t *)buf, len);
}

void bx_sev_memory_info(const struct sev_memory *mem, struct bx_sev_memory_info *info)
{
    *info = {};
    info->conversions = pages_stats(mem->pages).conversions;
    info->failures = pages_stats(mem->pages).failures;
    info->asid = mem->asid == temporary_asid ? 0 : mem->asid;
    for (uint32_t number = 0; number < mem->ram_pages; number++)
        (pages_asid(mem->pages, number) ? info->private_pages : info->raw_pages)++;
}

bool bx_sev_memory_state(const struct sev_memory *mem, uint64_t paddr, uint32_t *asid)
{
    const struct storage storage = resolve(mem, paddr);

    if (!storage.n)
        return false;
    *asid = pages_asid(mem->pages, storage.page[0]);
    return true;
}
