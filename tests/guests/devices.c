/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: can a guest end the emulator by an access to a device? Random accesses of every size and
 * alignment to the devices that a SEV guest reaches, from a seed; before them, what some of these
 * accesses have to return.
 *
 * The guest leaves out only what would change itself: resets, power off and the port where the BIOS
 * ends the machine, A20, SMIs, INIT and NMI, and transfers to its own memory.
 *
 * Sources: Linux arch/x86/kvm/lapic.c apic_mmio_write() and kvm_lapic_reg_read(), QEMU
 * hw/intc/ioapic.c ioapic_mem_read() and hw/timer/hpet.c (what odd accesses do), kvm-unit-tests
 * x86/apic.c test_apic_disable(), Linux arch/x86/include/asm/apicdef.h (registers).
 *
 * Arguments: seed, rounds, only (number of a target, all without it).
 */
#include "guest.h"

#define APIC   0xfee00000u
#define IOAPIC 0xfec00000u
#define HPET   0xfed00000u

#define MSR_APICBASE  0x1bu
#define APICBASE_ON   0x800u
#define APIC_VERSION  0x30u
#define APIC_TPR      0x80u
#define APIC_DFR      0xe0u
#define APIC_ICR      0x300u
#define APIC_LVT      0x320u
#define APIC_LVT_LAST 0x370u
#define DELIVERY_MODE 0x700u

static uint64_t random_state;

/* xorshift64*: reproducible on every machine. */
static uint32_t random(uint32_t below)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)(((random_state * 0x2545f4914f6cdd1dull) >> 32) % below);
}

static uint32_t random32(void)
{
    /* Small numbers select something more often. */
    return random(3) ? random(256) : random(0xffffffff);
}

/* --- accesses --- */

static uint8_t vector[16] __attribute__((aligned(16)));

static void load(uint64_t at, unsigned size)
{
    switch (size) {
    case 1:
        (void)*(const volatile uint8_t *)at;
        break;
    case 2:
        (void)*(const volatile uint16_t *)at;
        break;
    case 4:
        (void)*(const volatile uint32_t *)at;
        break;
    case 8:
        (void)*(const volatile uint64_t *)at;
        break;
    default:
        __asm__ volatile("movups (%0), %%xmm0" ::"r"(at) : "memory");
    }
}

static void store(uint64_t at, unsigned size, uint64_t value)
{
    switch (size) {
    case 1:
        *(volatile uint8_t *)at = (uint8_t)value;
        break;
    case 2:
        *(volatile uint16_t *)at = (uint16_t)value;
        break;
    case 4:
        *(volatile uint32_t *)at = (uint32_t)value;
        break;
    case 8:
        *(volatile uint64_t *)at = value;
        break;
    default:
        put64(vector, value);
        __asm__ volatile("movups %1, %%xmm0; movups %%xmm0, (%0)" ::"r"(at), "m"(vector)
                         : "memory");
    }
}

static unsigned random_size(void)
{
    return 1u << random(5);
}

static void memory_access(uint64_t at, unsigned size, uint64_t value)
{
    if (random(2))
        load(at, size);
    else
        store(at, size, value);
}

/* --- targets in memory --- */

/* No message of the APICs is INIT, NMI or SMI, which would end or change the guest. */
static uint32_t harmless_message(uint32_t value)
{
    static const uint32_t modes[] = {0x000, 0x100, 0x300, 0x700};

    return (value & ~DELIVERY_MODE) | modes[random(4)];
}

static void local_apic(void)
{
    uint32_t offset = random(2) ? random(0x40) * 16 : random(0x1000 - 16), value = random32();

    if ((offset & 0xff0) == APIC_ICR ||
        ((offset & 0xff0) >= APIC_LVT && (offset & 0xff0) <= APIC_LVT_LAST))
        value = harmless_message(value);
    memory_access(APIC + offset, random(2) ? 4 : random_size(), value);
}

static void io_apic(void)
{
    uint32_t offset = random(2) ? random(2) * 16 : random(0x1000 - 16);

    memory_access(IOAPIC + offset, random(2) ? 4 : random_size(), harmless_message(random32()));
}

/* The address of a message interrupt is where nothing is. */
static void hpet(void)
{
    uint32_t offset = random(2) ? random(0x60) * 4 : random(0x1000 - 16);
    uint64_t value = (uint64_t)(0xd0000000u | random(0x10000)) << 32 | random32();

    if (offset >= 0x100 && (offset & 0x1f) >= 0x10)
        value |= 0xd0000000u;
    memory_access(HPET + offset, random(2) ? 4 : random_size(), value);
}

/* Up to the end of the shadow RAM, which is written through the VGA's windows and not beside them. */
static void vga_memory(void)
{
    memory_access(0xa0000 + random(0x20000 - 16), random_size(), random32());
}

static void frame_buffer(void)
{
    const uint64_t base = random(2) ? 0xe0000000u : 0xc0000000u;

    memory_access(base + random(0x2000000 - 16), random_size(), random32());
}

/* Where no device is, and ROM. */
static void nowhere(void)
{
    const uint64_t at =
        random(2) ? 0xfff00000u + random(0x100000 - 16) : 0xd1000000u + random32() % 0x10000000;

    memory_access(at, random_size(), random32());
}

/* --- targets at ports --- */

struct ports {
    uint16_t first, n;
};

static uint32_t ide_dma; /* base of the bus master registers */

static void in(uint16_t port, unsigned size)
{
    if (size == 1)
        (void)inb(port);
    else if (size == 2)
        (void)inw(port);
    else
        (void)inl(port);
}

static void out(uint16_t port, unsigned size, uint32_t value)
{
    if (size == 1)
        outb(port, (uint8_t)value);
    else if (size == 2)
        outw(port, (uint16_t)value);
    else
        outl(port, value);
}

static bool touches(uint16_t port, unsigned size, uint16_t first, uint16_t n)
{
    return port < first + n && first < port + size;
}

/* A write that changes the guest itself. */
static bool is_harmful(uint16_t port, unsigned size, uint32_t value)
{
    static const struct ports never[] = {
        {0x64, 1},                         /* below: commands of the keyboard controller */
        {0x81, 3},                         /* pages of DMA: stay at 15 MiB */
        {0x87, 5},   {0x8f, 1}, {0x92, 1}, /* reset, A20 */
        {0xb2, 2},                         /* SMI */
        {0xe9, 1},                         /* output of the guest */
        {0x400, 4},                        /* the BIOS ends the machine there */
        {0xcf8, 8},                        /* PCI has its own target, and port CF9h resets */
        {0xb004, 2},                       /* power off */
    };
    const uint8_t command = (uint8_t)value;

    if (port == 0x64 && size == 1)
        return command == 0xd1 || command == 0xdd || command >= 0xf0;
    for (unsigned i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        if (touches(port, size, never[i].first, never[i].n))
            return true;
    return touches(port, size, (uint16_t)ide_dma, 16); /* transfers to memory */
}

static void port_access(uint16_t port, unsigned size, uint32_t value)
{
    if (random(2))
        in(port, size);
    else if (!is_harmful(port, size, value))
        out(port, size, value);
}

static void port_of(const struct ports *ports, unsigned n)
{
    const struct ports *p = &ports[random(n)];

    port_access((uint16_t)(p->first + random(p->n)), random(4) ? 1 : 1u << random(3), random32());
}

static void timers_and_pic(void)
{
    static const struct ports ports[] = {{0x20, 2}, {0xa0, 2},  {0x40, 4}, {0x61, 1},
                                         {0x70, 4}, {0x4d0, 2}, {0x60, 5}};

    port_of(ports, 7);
}

static void isa_dma(void)
{
    static const struct ports ports[] = {{0x00, 16}, {0x80, 16}, {0xc0, 32}, {0x3f0, 8}};

    port_of(ports, 4);
}

static void vga_ports(void)
{
    static const struct ports ports[] = {{0x3b0, 48}, {0x1ce, 4}};

    port_of(ports, 2);
}

static void other_ports(void)
{
    static const struct ports ports[] = {{0x378, 8},     {0x3f8, 8},     {0x2f8, 8},
                                         {0xb000, 64},   {0xb100, 16},   {0x510, 12},
                                         {0x100, 0x3ff}, {0xe000, 0xfff}};

    port_of(ports, 8);
}

static uint8_t ide_buffer[4096];

/* REP INSW and OUTSW at the data port. */
static void ide_words(uint16_t port)
{
    void *at = ide_buffer;
    uint64_t n = random(1024);

    if (random(2))
        __asm__ volatile("rep insw" : "+D"(at), "+c"(n) : "d"(port) : "memory");
    else
        __asm__ volatile("rep outsw" : "+S"(at), "+c"(n) : "d"(port) : "memory");
}

static void ide(void)
{
    static const uint8_t commands[] = {0x20, 0x24, 0x29, 0x30, 0x34, 0x39, 0xc4, 0xc5, 0xc6, 0xec,
                                       0xa0, 0xa1, 0x91, 0x70, 0x10, 0x40, 0xef, 0xf8, 0xe7, 0x08};
    const uint16_t base = random(2) ? 0x1f0 : 0x170;

    switch (random(6)) {
    case 0:
        outb(base + 7, commands[random(sizeof(commands))]);
        break;
    case 1:
        ide_words(base);
        break;
    case 2:
        out(base, 1u << random(3), random32());
        break;
    case 3:
        port_access(base + 0x206, 1, random32());
        break;
    default:
        port_access((uint16_t)(base + random(8)), random(4) ? 1 : 1u << random(3), random32());
    }
}

/* --- PCI --- */

static void pci_select(uint32_t function, uint32_t offset)
{
    outl(0xcf8, 0x80000000u | function << 8 | (offset & 0xfc));
}

static uint32_t pci_read32(uint32_t function, uint32_t offset)
{
    pci_select(function, offset);
    return inl(0xcfc);
}

/* Base addresses and the command register move devices, also over the guest's memory. */
static bool moves_devices(uint32_t offset)
{
    return offset < 0x08 || (offset >= 0x10 && offset < 0x34) ||
           (offset >= 0x40 && offset < 0x44) || (offset >= 0x90 && offset < 0x94);
}

/* What is written is written back. */
static void pci(void)
{
    static const uint32_t functions[] = {0x00, 0x08, 0x09, 0x0b, 0x10};
    const uint32_t function = random(8) ? functions[random(5)] : random(256), offset = random(256);
    const unsigned size = 1u << random(3);
    const uint16_t port = (uint16_t)(0xcfc + offset % 4);
    uint32_t old;

    if (offset % 4 + size > 4)
        return;
    old = pci_read32(function, offset);
    in(port, size);
    if (moves_devices(offset & 0xfc))
        return;
    out(port, size, random32());
    outl(0xcfc, old);
}

/* --- the storm --- */

static const struct target {
    const char *name;
    void (*access)(void);
} targets[] = {
    {"local APIC", local_apic},
    {"I/O APIC", io_apic},
    {"HPET", hpet},
    {"VGA memory", vga_memory},
    {"frame buffer", frame_buffer},
    {"nothing and ROM", nowhere},
    {"PIC, PIT, CMOS, keyboard", timers_and_pic},
    {"DMA and floppy", isa_dma},
    {"VGA ports", vga_ports},
    {"other ports", other_ports},
    {"IDE", ide},
    {"PCI", pci},
};
#define TARGETS (sizeof(targets) / sizeof(targets[0]))

/* ISA DMA goes to the last of the first 16 MiB, where nothing of the guest is. */
static void place_dma(void)
{
    static const uint16_t pages[] = {0x81, 0x82, 0x83, 0x87, 0x89, 0x8a, 0x8b, 0x8f};

    for (unsigned i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        outb(pages[i], 0xf0);
}

static void storm(unsigned rounds, uint64_t only)
{
    for (unsigned i = 0; i < TARGETS; i++) {
        if (only < TARGETS && only != i)
            continue;
        for (unsigned n = 0; n < rounds; n++)
            targets[i].access();
        ok(true, "%s: %u accesses", targets[i].name, rounds);
    }
    if (only < TARGETS)
        return;
    for (unsigned n = 0; n < rounds; n++)
        targets[random(TARGETS)].access();
    ok(true, "all of them in turn");
}

/* --- what they return --- */

static uint32_t read32(uint64_t at)
{
    return *(const volatile uint32_t *)at;
}

static void apic_answers(void)
{
    const uint32_t version = read32(APIC + APIC_VERSION);

    is(*(const volatile uint8_t *)(uintptr_t)(APIC + APIC_VERSION), version & 0xff,
       "local APIC: a byte of a register");
    is(*(const volatile uint16_t *)(uintptr_t)(APIC + APIC_VERSION + 2), version >> 16,
       "16 bits of it");
    is(*(const volatile uint8_t *)(uintptr_t)(APIC + APIC_VERSION + 4), 0, "the byte after it");
    is(*(const volatile uint64_t *)(uintptr_t)(APIC + APIC_VERSION), 0, "64 bits");
    *(volatile uint32_t *)(uintptr_t)(APIC + APIC_TPR) = 0x20;
    *(volatile uint8_t *)(uintptr_t)(APIC + APIC_TPR) = 0x50;
    *(volatile uint32_t *)(uintptr_t)(APIC + APIC_TPR + 4) = 0x50;
    is(read32(APIC + APIC_TPR), 0x20, "writes that are not of a register are ignored");
    *(volatile uint32_t *)(uintptr_t)(APIC + APIC_TPR) = 0;
    /* A logical destination with a model that does not exist matches nothing. */
    *(volatile uint32_t *)(uintptr_t)(APIC + APIC_DFR) = 0x50000000;
    *(volatile uint32_t *)(uintptr_t)(APIC + APIC_ICR + 0x10) = 0x01000000;
    *(volatile uint32_t *)(uintptr_t)(APIC + APIC_ICR) = 0x00000831;
    *(volatile uint32_t *)(uintptr_t)(APIC + APIC_DFR) = 0xffffffff;
}

static void apicbase_answers(void)
{
    const uint64_t base = rdmsr(MSR_APICBASE);
    const uint32_t version = read32(APIC + APIC_VERSION), apic_bit = 1u << 9;

    ok((base & APICBASE_ON) && (cpuid(1, 0).edx & apic_bit), "APICBASE: the APIC is on");
    wrmsr(MSR_APICBASE, base & ~(uint64_t)APICBASE_ON);
    is(rdmsr(MSR_APICBASE), base & ~(uint64_t)APICBASE_ON, "off");
    is(cpuid(1, 0).edx & apic_bit, 0, "CPUID has no APIC");
    ok(read32(APIC + APIC_VERSION) != version, "its registers are gone");
    wrmsr(MSR_APICBASE, base);
    is(rdmsr(MSR_APICBASE), base, "and on again");
    is(read32(APIC + APIC_VERSION), version, "its registers are back");
}

static void other_answers(void)
{
    uint32_t version;

    *(volatile uint32_t *)(uintptr_t)IOAPIC = 1;
    version = read32(IOAPIC + 0x10);
    is(*(const volatile uint16_t *)(uintptr_t)(IOAPIC + 0x12), version >> 16,
       "I/O APIC: 16 bits of a register");
    is(*(const volatile uint8_t *)(uintptr_t)(IOAPIC + 0x14), 0, "the byte after it");
    is(read32(IOAPIC + 0x20), 0, "a register that does not exist");
    is(*(const volatile uint16_t *)(uintptr_t)HPET, 0, "HPET: 16 bits");
    is(*(const volatile uint32_t *)(uintptr_t)(HPET + 2), 0, "32 bits that are not aligned");
}

/* A fetch from a device finds no instruction. A screen cannot have a virtual width of 0. */
static void fetch_answers(void)
{
    outw(0x1ce, 6);
    outw(0x1cf, 0);
    is((uint64_t)try_exec((const void *)(uintptr_t)(APIC + 0x20)).vector, FAULT_UD,
       "code in the local APIC: invalid opcode");
    is((uint64_t)try_exec((const void *)(uintptr_t)0xa0000).vector, FAULT_UD,
       "code in the VGA memory: invalid opcode");
}

static void enable_sse(void)
{
    write_cr4(read_cr4() | 0x200); /* OSFXSR */
}

void guest_main(void)
{
    trap_init();
    enable_sse();
    apic_answers();
    apicbase_answers();
    other_answers();
    fetch_answers();
    random_state = argument("seed", 1);
    ide_dma = pci_read32(0x09, 0x20) & 0xfff0;
    place_dma();
    storm((unsigned)argument("rounds", 2000), argument("only", ~0ull));
    done_testing();
}
