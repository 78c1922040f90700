/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Encrypted memory: cpu-ext's page views over the memory and the TLBs of Bochs.
 *
 * Implements pages.h's callbacks over Bochs 3.0 (memory/memory-bochs.h, cpu/tlb.h, cpu/icache.h),
 * and says which storage has views at all:
 *
 * - RAM, one page a frame; also the shadow RAM at C0000h..FFFFFh
 *
 * - ROM that has an image, at its address below 4 GiB and at C0000h..DFFFFh; the last 128 KiB also
 *   show at E0000h..FFFFFh, as the same pages
 *
 * - nothing else: not VGA memory, SMM's RAM under it, MMIO, nor ROM sockets without an image
 *
 * At power-on RAM holds private data of the machine (whatever is in it), and ROM stands as its
 * image: a ROM that the launch does not measure is fetched as garbage. Until the machine has a
 * guest key it runs under a boot key that nobody else has. The first ASID that is activated becomes
 * the machine's own: what the machine sees through C=1 then stays as it is, its ciphertext changes.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "param_names.h"
#include "cpu/cpu.h"
#include "cpu/icache.h"
#include "sev_memory.h"
#include "sev_log.h"
#include "sev_machine.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <vector>
#include "pages.h"
#include "rng.h"

static const uint32_t temporary_asid = UINT32_MAX; /* no ASID of the processor's */

static const uint64_t low_area = 0xa0000, rom_area = 0xc0000, bios_area = 0xe0000,
                      low_area_end = 0x100000;
static const uint64_t bios_base = (UINT64_C(1) << 32) - BIOSROMSZ;
static const uint32_t bios_pages = BIOSROMSZ / SEV_PAGE_SIZE,
                      rom_pages = bios_pages + EXROMSIZE / SEV_PAGE_SIZE;

enum rom_state {
    ROM_EMPTY,    /* an empty socket: no views */
    ROM_IMAGE,    /* stands as its image, which a guest sees decrypted: as garbage */
    ROM_LAUNCHED, /* private data of the guest, at least in part */
};

struct sev_memory {
    const struct sev_machine *machine;
    struct pages *view;
    uint32_t ram_pages;
    Bit8u *rom;                     /* Bochs's array: BIOS, then the option ROMs */
    std::vector<uint8_t> rom_state; /* enum rom_state of its pages */
    uint8_t temporary_key[16];
    bool cpu_walks; /* a CPU is in the middle of a page walk or fetch */
    bool warned;    /* of an unmeasured ROM */
};

/* --- which storage an address means --- */

/* Up to two pages: behind C0000h..FFFFFh stand ROM and shadow RAM, and the chip set decides for
 * reads and writes apart which of them is meant. Both always stand in the same view. */
struct bx_sev_pages {
    unsigned n;
    uint32_t page[2];
};

static void add_rom(const struct sev_memory *mem, struct bx_sev_pages *pages, uint32_t rom_page)
{
    if (mem->rom_state[rom_page] != ROM_EMPTY)
        pages->page[pages->n++] = mem->ram_pages + rom_page;
}

static uint32_t rom_page_of(uint64_t paddr)
{
    if (paddr >= rom_area && paddr < bios_area)
        return bios_pages + (uint32_t)((paddr - rom_area) / SEV_PAGE_SIZE);
    if (paddr < low_area_end)
        return (uint32_t)(BIOS_MAP_LAST128K((Bit32u)paddr) / SEV_PAGE_SIZE);
    return (uint32_t)((paddr & BIOS_MASK) / SEV_PAGE_SIZE);
}

static bool is_rom(uint64_t paddr)
{
    return (paddr >= rom_area && paddr < low_area_end) ||
           (paddr >= bios_base && paddr < bios_base + BIOSROMSZ);
}

static struct bx_sev_pages resolve(const struct sev_memory *mem, uint64_t paddr)
{
    struct bx_sev_pages pages = {};
    uint64_t frame = paddr / SEV_PAGE_SIZE;

    if (paddr >= low_area_end && paddr < bios_base) { /* nearly always */
        pages.n = frame < mem->ram_pages;
        pages.page[0] = (uint32_t)frame;
        return pages;
    }
    if (paddr >= low_area && paddr < rom_area)
        return pages;
    if (is_rom(paddr))
        add_rom(mem, &pages, rom_page_of(paddr));
    if (paddr >= bios_base && paddr < bios_base + BIOSROMSZ)
        return pages;
    if (frame < mem->ram_pages)
        pages.page[pages.n++] = (uint32_t)frame;
    return pages;
}

static bool resolves_to(const struct sev_memory *mem, uint64_t paddr, uint32_t page)
{
    struct bx_sev_pages pages = resolve(mem, paddr);

    return (pages.n > 0 && pages.page[0] == page) || (pages.n > 1 && pages.page[1] == page);
}

/* --- pages_ops --- */

static uint8_t *memory_host(void *ctx, uint32_t page)
{
    struct sev_memory *mem = (struct sev_memory *)ctx;

    if (page >= mem->ram_pages)
        return mem->rom + (size_t)(page - mem->ram_pages) * SEV_PAGE_SIZE;
    return BX_MEM(0)->get_vector((bx_phy_address)page * SEV_PAGE_SIZE);
}

static uint64_t memory_spa(void *ctx, uint32_t page)
{
    struct sev_memory *mem = (struct sev_memory *)ctx;
    uint64_t rom = (uint64_t)page - mem->ram_pages;

    if (page < mem->ram_pages)
        return (uint64_t)page * SEV_PAGE_SIZE;
    if (rom < bios_pages)
        return bios_base + rom * SEV_PAGE_SIZE;
    return rom_area + (rom - bios_pages) * SEV_PAGE_SIZE;
}

/* A page that a CPU fetches from stands private, so only those that were private need their fetch
 * windows closed; a walk or a fetch, which wants private, never closes one. That matters: Bochs's
 * prefetch() opens its window before it translates. */
static void memory_flipped(void *ctx, uint32_t page)
{
    struct sev_memory *mem = (struct sev_memory *)ctx;

    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        BX_CPU_C *cpu = BX_CPU(i);

        if (resolves_to(mem, cpu->pAddrStackPage, page))
            cpu->invalidate_stack_cache();
        if (!mem->cpu_walks && resolves_to(mem, cpu->pAddrFetchPage, page))
            cpu->invalidate_prefetch_q();
    }
}

static void memory_changed(void *ctx, uint32_t page)
{
    uint64_t spa = memory_spa(ctx, page);

    pageWriteStampTable.decWriteStamp(spa);
    if (spa >= bios_base + BIOSROMSZ - 0x20000 && spa < bios_base + BIOSROMSZ)
        pageWriteStampTable.decWriteStamp(spa & (low_area_end - 1));
}

/* TLB entries are numbered CPU by CPU, data TLB first, and each number twice: an entry in
 * C0000h..FFFFFh holds a translation of two pages. */
static const uint32_t holders_per_cpu = 2 * (BX_DTLB_SIZE + BX_ITLB_SIZE);

static uint32_t holder_of(unsigned cpu, const void *entry)
{
    const bx_TLB_entry *data = BX_CPU(cpu)->DTLB.entry, *code = BX_CPU(cpu)->ITLB.entry;
    const bx_TLB_entry *e = (const bx_TLB_entry *)entry;
    const bool is_data = e >= data && e < data + BX_DTLB_SIZE;

    return cpu * holders_per_cpu + 2 * (uint32_t)(is_data ? e - data : BX_DTLB_SIZE + (e - code));
}

static bx_TLB_entry *entry_of(uint32_t holder)
{
    BX_CPU_C *cpu = BX_CPU(holder / holders_per_cpu);
    uint32_t n = holder % holders_per_cpu / 2;

    return n < BX_DTLB_SIZE ? &cpu->DTLB.entry[n] : &cpu->ITLB.entry[n - BX_DTLB_SIZE];
}

static bool memory_holds(void *ctx, uint32_t holder, uint32_t page)
{
    const bx_TLB_entry *entry = entry_of(holder);

    return entry->valid() && resolves_to((struct sev_memory *)ctx, entry->ppf, page);
}

static void memory_forget(void *, uint32_t holder)
{
    entry_of(holder)->invalidate();
}

static void flush_tlbs()
{
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        BX_CPU(i)->TLB_flush();
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

/* The machine's own key until a guest is activated. */
static int install_temporary_key(struct sev_memory *mem, struct rng *rng)
{
    int err = rng_fill(rng, mem->temporary_key, sizeof(mem->temporary_key));

    if (!err)
        err = pages_key_install(mem->view, temporary_asid, mem->temporary_key);
    if (!err) {
        pages_guest_set(mem->view, temporary_asid);
        err = pages_declare(mem->view, 0, mem->ram_pages, temporary_asid);
    }
    return err;
}

/* Views of all pages, as stored, without keys. */
static void new_view(struct sev_memory *mem)
{
    struct pages_ops ops = {};

    ops.ctx = mem;
    ops.host = memory_host;
    ops.spa = memory_spa;
    ops.flipped = memory_flipped;
    ops.changed = memory_changed;
    ops.tlb.ctx = mem;
    ops.tlb.count = BX_SMP_PROCESSORS * holders_per_cpu;
    ops.tlb.holds = memory_holds;
    ops.tlb.forget = memory_forget;
    mem->view = pages_new(mem->ram_pages + rom_pages, &ops);
    if (!mem->view)
        BX_FATAL(("sev: memory encryption could not be started: out of memory"));
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
    mem->ram_pages = (uint32_t)(BX_MEM(0)->get_memory_len() / SEV_PAGE_SIZE);
    mem->rom_state.assign(rom_pages, ROM_EMPTY);
    new_view(mem);
    return mem;
}

void bx_sev_memory_power_on(struct sev_memory *mem, struct rng *rng)
{
    static const uint64_t top = 0xfffff000; /* always in the BIOS ROM, if A20 is open */
    const bool by_guest = bx_sev_machine_opt(mem->machine)->launch == OPT_LAUNCH_GUEST;
    int err;

    mem->rom = BX_MEM(0)->getHostMemAddr(NULL, top, BX_READ) - (top & BIOS_MASK);
    find_roms(mem, by_guest);
    err = install_temporary_key(mem, rng);
    if (!err && by_guest)
        err = pages_declare(mem->view, mem->ram_pages, rom_pages, temporary_asid);
    if (err)
        BX_FATAL(("sev: memory encryption could not be started: %s", strerror(-err)));
    flush_tlbs();
}

void bx_sev_memory_free(struct sev_memory *mem)
{
    struct bx_sev_memory_info info;

    if (!mem)
        return;
    bx_sev_memory_info(mem, &info);
    BX_INFO(("page views: %u pages stand private, %u as stored; %" PRIu64 " changes",
             info.private_pages, info.stored_pages, info.flips));
    pages_free(mem->view);
    delete mem;
}

/* --- keys --- */

int bx_sev_memory_key_install(struct sev_memory *mem, uint32_t asid, const uint8_t vek[16])
{
    int err = pages_key_install(mem->view, asid, vek);

    if (!err && pages_guest(mem->view) == temporary_asid) {
        err = pages_rekey(mem->view, temporary_asid, asid);
        flush_tlbs();
    }
    return err;
}

/* A machine that launched itself goes on under its boot key; one that the hypervisor launched has
 * lost its memory, as a guest that still ran after DEACTIVATE would have. */
void bx_sev_memory_key_remove(struct sev_memory *mem, uint32_t asid)
{
    if (pages_guest(mem->view) == asid &&
        bx_sev_machine_opt(mem->machine)->launch == OPT_LAUNCH_GUEST)
        (void)!pages_rekey(mem->view, asid, temporary_asid);
    pages_key_remove(mem->view, asid);
    flush_tlbs();
}

/* --- accesses --- */

static void warn_unmeasured(struct sev_memory *mem, uint64_t paddr)
{
    mem->warned = true;
    BX_INFO(("code at %#lx is fetched from a ROM that the launch did not measure: as on a real "
             "processor the guest sees it decrypted, which is garbage",
             (unsigned long)paddr));
}

static void want_pages(struct sev_memory *mem, const struct bx_sev_pages *pages,
                       enum sev_access wanted, enum sev_why why, uint32_t holder)
{
    mem->cpu_walks = why == SEV_WHY_FETCH || why == SEV_WHY_WALK;
    for (unsigned i = 0; i < pages->n; i++)
        pages_access(mem->view, pages->page[i], wanted,
                     holder == TLB_INDEX_NONE ? holder : holder + i);
    mem->cpu_walks = false;
}

void bx_sev_memory_access(struct sev_memory *mem, unsigned cpu, uint64_t paddr,
                          enum sev_access wanted, enum sev_why why, bool, void *entry)
{
    const struct bx_sev_pages pages = resolve(mem, paddr);

    if (why == SEV_WHY_FETCH && !mem->warned && pages.n && pages.page[0] >= mem->ram_pages &&
        mem->rom_state[pages.page[0] - mem->ram_pages] != ROM_LAUNCHED)
        warn_unmeasured(mem, paddr);
    want_pages(mem, &pages, wanted, why, entry ? holder_of(cpu, entry) : TLB_INDEX_NONE);
}

/* RAM that stands as the guest sees it needs no call for a walk. */
struct sev_settled bx_sev_memory_settled(const struct sev_memory *mem)
{
    const uint32_t first = low_area_end / SEV_PAGE_SIZE;
    const uint32_t n =
        mem->ram_pages < bios_base / SEV_PAGE_SIZE ? mem->ram_pages : bios_base / SEV_PAGE_SIZE;

    return pages_settled(mem->view, first, n > first ? n - first : 0);
}

/* Where ROM and shadow RAM share an address the chip set knows which one is read. */
bool bx_sev_memory_peek(struct sev_memory *mem, uint64_t paddr, enum sev_access wanted, void *buf,
                        unsigned len)
{
    struct bx_sev_pages pages = resolve(mem, paddr);
    const bx_phy_address frame = paddr & ~(uint64_t)(SEV_PAGE_SIZE - 1);

    for (unsigned i = 0; i < pages.n; i++)
        if (pages.n == 1 ||
            memory_host(mem, pages.page[i]) == BX_MEM(0)->getHostMemAddr(NULL, frame, BX_READ))
            return !pages_peek(mem->view, pages.page[i], wanted, (unsigned)(paddr % SEV_PAGE_SIZE),
                               buf, len);
    return false;
}

static void note_access(struct sev_memory *mem, uint32_t rom_page, bool launches)
{
    if (launches)
        mem->rom_state[rom_page] = ROM_LAUNCHED;
    else if (mem->rom_state[rom_page] == ROM_EMPTY)
        mem->rom_state[rom_page] = ROM_IMAGE;
}

/* The secure processor reaches RAM and ROM; at C0000h..FFFFFh the ROM, which is what is there while
 * it may go there, before the first instruction. What it launches is part of an image, even if all
 * FFh. -EFAULT where nothing has views. */
static int access_pages(struct sev_memory *mem, uint32_t asid, uint64_t spa, uint8_t *in,
                        const uint8_t *out, size_t len)
{
    while (len) {
        if (is_rom(spa))
            note_access(mem, rom_page_of(spa), asid && out);
        struct bx_sev_pages pages = resolve(mem, spa);
        unsigned offset = (unsigned)(spa % SEV_PAGE_SIZE), n = SEV_PAGE_SIZE - offset;
        int err;

        if (n > len)
            n = (unsigned)len;
        if (!pages.n)
            return -EFAULT;
        err = in ? pages_read(mem->view, asid, pages.page[0], offset, in, n)
                 : pages_write(mem->view, asid, pages.page[0], offset, out, n);
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

/* --- save and restore ---
 *
 * The boot key (16 bytes), for each page of the ROM array its enum rom_state and, unless it is
 * empty, 4096 bytes, pages_save(). */

size_t bx_sev_memory_save_size(const struct sev_memory *mem)
{
    size_t used = 0;

    for (uint32_t page = 0; page < rom_pages; page++)
        used += mem->rom_state[page] != ROM_EMPTY;
    return sizeof(mem->temporary_key) + rom_pages + used * SEV_PAGE_SIZE +
           pages_save_size(mem->view);
}

void bx_sev_memory_save(const struct sev_memory *mem, uint8_t *out)
{
    memcpy(out, mem->temporary_key, sizeof(mem->temporary_key));
    out += sizeof(mem->temporary_key);
    for (uint32_t page = 0; page < rom_pages; page++) {
        *out++ = mem->rom_state[page];
        if (mem->rom_state[page] == ROM_EMPTY)
            continue;
        memcpy(out, mem->rom + (size_t)page * SEV_PAGE_SIZE, SEV_PAGE_SIZE);
        out += SEV_PAGE_SIZE;
    }
    pages_save(mem->view, out);
}

void bx_sev_memory_forget(struct sev_memory *mem)
{
    struct pages *old = mem->view;

    new_view(mem);
    pages_free(old); /* now, so that who still looks into it does not find the new one there */
    flush_tlbs();
}

int bx_sev_memory_restore(struct sev_memory *mem, const uint8_t *in, size_t len)
{
    const uint8_t *end = in + len;
    int err;

    if (len < sizeof(mem->temporary_key) + rom_pages)
        return -EINVAL;
    memcpy(mem->temporary_key, in, sizeof(mem->temporary_key));
    in += sizeof(mem->temporary_key);
    for (uint32_t page = 0; page < rom_pages; page++) {
        if (in == end || *in > ROM_LAUNCHED)
            return -EINVAL;
        mem->rom_state[page] = *in++;
        if (mem->rom_state[page] == ROM_EMPTY)
            continue;
        if ((size_t)(end - in) < SEV_PAGE_SIZE)
            return -EINVAL;
        memcpy(mem->rom + (size_t)page * SEV_PAGE_SIZE, in, SEV_PAGE_SIZE);
        in += SEV_PAGE_SIZE;
    }
    err = pages_key_install(mem->view, temporary_asid, mem->temporary_key);
    if (!err)
        err = pages_restore(mem->view, in, (size_t)(end - in));
    flush_tlbs();
    return err;
}

void bx_sev_memory_info(const struct sev_memory *mem, struct bx_sev_memory_info *info)
{
    *info = {};
    info->flips = pages_stats(mem->view).flips;
    info->asid = pages_guest(mem->view) == temporary_asid ? 0 : pages_guest(mem->view);
    for (uint32_t page = 0; page < mem->ram_pages; page++)
        (pages_asid(mem->view, page) ? info->private_pages : info->stored_pages)++;
}
