/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Mistakes with the C-bit, made on purpose, for the sanitizer to find. Before each one this guest
 * prints the expected finding and its instruction:
 *
 *   BUG kind rip       the accessing instruction, or for a device the one that wrote the data
 *
 * and bugs.tap compares. With the argument correct=1 the guest does the same work without the
 * mistake, and no finding is allowed. With cpus=2 a second CPU takes part.
 *
 * Sources: Linux Documentation/arch/x86/amd-memory-encryption.rst (private and
 * shared accesses); Linux include/linux/ata.h (bus-master IDE, READ and WRITE DMA).
 */
#include "guest.h"

/* Instructions that the reports will name: each is the only one of its function. */
#define INSTRUCTION(name, text) __asm__(".text\n.globl " #name "\n" #name ": " text "\n ret\n");
#define LOAD(name)                                                                                 \
    uint32_t name(const volatile void *from);                                                      \
    INSTRUCTION(name, "movl (%rdi), %eax")
#define STORE(name)                                                                                \
    void name(volatile void *to, uint64_t value);                                                  \
    INSTRUCTION(name, "movq %rsi, (%rdi)")
/* The string instruction is at name. */
#define FILL(name)                                                                                 \
    extern const char name[];                                                                      \
    void name##_call(volatile void *to, unsigned value, size_t len);                               \
    __asm__(".text\n" #name "_call: movq %rdx, %rcx\n movl %esi, %eax\n"                           \
            ".globl " #name "\n" #name ": rep stosb\n ret\n");

static uint64_t cbit;
static struct table t;
static bool correct;
static uint64_t next_window = 0x4000000000;

static void expect(const char *kind, const void *rip)
{
    if (!correct)
        print("BUG %s %llx\n", kind, (llu)(uintptr_t)rip);
}

/* A new linear address for a page of RAM. */
static volatile uint8_t *map(const volatile void *page, uint64_t c)
{
    uint64_t va = next_window;

    next_window += PAGE_2M; /* a page table for each */
    table_map(&t, va, (uintptr_t)page, PAGE_4K, PTE_P | PTE_W | c);
    return (volatile uint8_t *)va;
}

/* --- 1: a DMA buffer in private memory --- */

#define ATA       0x1f0
#define READ_DMA  0xc8
#define WRITE_DMA 0xca
#define SCRATCH   2000u /* a sector of the test's disk that nobody needs */

FILL(dma_fill)
LOAD(dma_look)

static uint32_t pci_read(uint32_t function, uint32_t offset)
{
    outl(0xcf8, 0x80000000 | function << 8 | offset);
    return inl(0xcfc);
}

/* The bus-master ports of the first IDE controller; 0 if there is none. */
static uint16_t bus_master(void)
{
    for (uint32_t function = 0; function < 256; function++)
        if (pci_read(function, 8) >> 16 == 0x0101) {
            uint32_t command = pci_read(function, 4);

            outl(0xcf8, 0x80000000 | function << 8 | 4);
            outl(0xcfc, command | 5); /* I/O and bus master */
            return pci_read(function, 0x20) & 0xfff0;
        }
    return 0;
}

/* One sector between `buffer` and the disk; the descriptor is in shared memory. */
static bool dma(uint16_t bm, uint8_t command, const volatile void *buffer)
{
    const uint8_t direction = command == READ_DMA ? 8 : 0;
    uint8_t *prd = shared(0);

    put32(prd, (uint32_t)(uintptr_t)buffer);
    put32(prd + 4, 0x80000000 | 512);
    outb(bm, 0);
    outl(bm + 4, (uint32_t)(uintptr_t)prd);
    outb(bm + 2, 6);
    outb(bm, direction);
    outb(ATA + 6, 0xe0);
    outb(ATA + 2, 1);
    outb(ATA + 3, SCRATCH & 0xff);
    outb(ATA + 4, SCRATCH >> 8);
    outb(ATA + 5, 0);
    outb(ATA + 7, command);
    outb(bm, direction | 1);
    for (unsigned i = 0; i < 10000000; i++)
        if (inb(bm + 2) & 4) {
            outb(bm, 0);
            return !(inb(ATA + 7) & 1);
        }
    return false;
}

static void dma_buffer(void)
{
    uint16_t bm = bus_master();
    volatile uint8_t *buffer = correct ? shared(0x1000) : page_alloc(1);

    /* Of a page that was not mixed yet the store that opened it is known: not page_alloc()'s. */
    write_cr3(read_cr3());
    expect("device-read-of-private", dma_fill);
    dma_fill_call(buffer, 0x5a, 512);
    ok(bm && dma(bm, WRITE_DMA, buffer), "a sector is written by DMA");
    expect("device-write-to-private", dma_fill);
    dma_fill_call(buffer, 0xa5, 512);
    ok(dma(bm, READ_DMA, buffer), "a sector is read by DMA");
    expect("private-read-of-shared", dma_look);
    ok(dma_look(buffer) == 0x5a5a5a5a, "the sector is back%s",
       correct ? "" : " (as ciphertext it went to the same place)");
}

/* --- 2: page tables in shared memory --- */

STORE(table_store)
STORE(table_poke)
LOAD(table_walk)

static void walk_it(void *arg)
{
    table_walk(arg);
}

static void page_table(void)
{
    uint64_t *table = page_alloc(1), *upper;
    volatile uint8_t *page = page_alloc(1), *at = map(page, cbit), *entries;

    /* A table that is built through a shared mapping. */
    entries = map(table, correct ? cbit : 0);
    upper = table_entry(&t, (uintptr_t)at, 2);
    *upper = (uintptr_t)table | cbit | PTE_P | PTE_W;
    expect("walk-of-shared", (const void *)table_walk);
    table_store(entries, (uintptr_t)page | cbit | PTE_P | PTE_W);
    trap_call(walk_it, (void *)(uintptr_t)at);
    *upper = 0;
    write_cr3(read_cr3());

    /* One that is in use and then written through a shared mapping. */
    at = map(page, cbit);
    table_walk(at);
    table = (uint64_t *)(*table_entry(&t, (uintptr_t)at, 2) & 0xfffff000);
    entries = map(table, correct ? cbit : 0);
    expect("table-written-shared", (const void *)table_poke);
    table_poke(entries, (uintptr_t)page | cbit | PTE_P | PTE_W);
    *table_entry(&t, (uintptr_t)at, 2) = 0;
    write_cr3(read_cr3());
    ok(true, "page tables");
}

/* --- 3: no flush of the TLB after the C-bit was changed --- */

STORE(stale_warm)
STORE(stale_store)

static void forgotten_flush(void)
{
    volatile uint8_t *at = map(page_alloc(1), cbit);
    uint64_t *entry = table_entry(&t, (uintptr_t)at, 1);

    stale_warm(at, 1);
    *entry &= ~cbit;
    if (correct)
        invlpg(at);
    expect("stale-translation", (const void *)stale_store);
    stale_store(at, 2);
    ok(true, "a changed mapping");
}

/* The same where the flush was done, but not on the second CPU. */

STORE(shootdown_store)

static void warm(void *at)
{
    stale_warm(at, 1);
}

static void flush(void *at)
{
    invlpg(at);
}

static void late(void *at)
{
    shootdown_store(at, 2);
}

static void forgotten_shootdown(void)
{
    void *at = (void *)(uintptr_t)map(page_alloc(1), cbit);

    ok(ap_start(NULL), "a second CPU");
    on_cpu(1, warm, at);
    *table_entry(&t, (uintptr_t)at, 1) &= ~cbit;
    flush(at);
    if (correct)
        on_cpu(1, flush, at);
    expect("stale-translation", (const void *)shootdown_store);
    on_cpu(1, late, at);
}

/* --- 4: a page that both sides use, as a GHCB is, read private --- */

STORE(ghcb_store)
LOAD(ghcb_load)

static void ghcb(void)
{
    void *page = page_alloc(1);
    volatile uint8_t *shared_at = map(page, 0), *at = map(page, correct ? 0 : cbit);

    ghcb_store(shared_at + 0x800, 0x1234);
    expect("private-read-of-shared", (const void *)ghcb_load);
    ok((ghcb_load(at + 0x800) == 0x1234) == correct, "a page of both sides");
    expect("shared-read-of-private", (const void *)dma_look);
    if (!correct)
        dma_look(shared_at + 0x10); /* still the zeros that page_alloc() wrote */
}

/* --- 5: firmware's tables read shared --- */

LOAD(firmware_load)

static void firmware(void)
{
    volatile uint8_t *at = map((void *)0xf0000, correct ? cbit : 0);

    expect("firmware-read-shared", (const void *)firmware_load);
    firmware_load(at);
    ok(true, "a table of the firmware");
}

/* --- 6, the last: code copied through a shared mapping --- */

STORE(code_copy)
__asm__(".text\n.globl code_call\ncode_call: jmp *%rdi\n");
void code_call(void *at);

static void copied_code(void)
{
    void *page = page_alloc(1);
    volatile uint8_t *to = map(page, correct ? cbit : 0), *at = map(page, cbit);

    code_copy(to, 0xc3c3c3c3c3c3c3c3); /* RET, eight times */
    expect("fetch-of-shared", (const void *)at);
    done_testing(); /* what is executed now may be anything */
    trap_call(code_call, (void *)(uintptr_t)at);
}

void guest_main(void)
{
    trap_init();
    mbox_init();
    cbit = boot_cbit;
    correct = argument("correct", 0);
    t = table_new(4, cbit, 64 * PAGE_2M);
    *table_entry(&t, SHARED_WINDOW, 2) &= ~cbit;
    table_map(&t, 0xfee00000, 0xfee00000, PAGE_2M, PTE_P | PTE_W); /* the local APIC */
    write_cr3(table_cr3(&t));
    dma_buffer();
    page_table();
    forgotten_flush();
    if (argument("cpus", 1) == 2)
        forgotten_shootdown();
    ghcb();
    firmware();
    copied_code();
}
