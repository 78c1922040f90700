/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: what becomes of DMA to a guest with SEV-SNP? An ATA disk moves a sector by bus master DMA into a
 * private page, which must stay as it is, into a shared page, where it must arrive, and into a page that
 * is private again. What a device reads of a private page is ciphertext.
 *
 * Sources: Linux include/linux/ata.h (ATA commands, bus master registers); Documentation/arch/x86/
 * amd-memory-encryption.rst (the RMP is checked for writes of devices, too).
 *
 * The disk of snp_dma.tap has the byte D5h everywhere.
 */
#include "es/snp.h"

#define ATA      0x1f0
#define ATA_DRQ  0x08
#define ATA_BUSY 0x80
#define SECTOR   512u
#define MASTER   0xc000

enum { READ_PIO = 0x20, READ_DMA = 0xc8, WRITE_DMA = 0xca };
enum { OP_PRIVATE = 1, OP_SHARED = 2 };

/* Below 4 MiB: the shared window of kit/rom.S. */
#define DESCRIPTOR ((uint8_t *)0x201000)
#define BUFFER     ((uint8_t *)0x202000)
#define PAGE       ((uint8_t *)0x600000)

static void pci_write(unsigned function, unsigned reg, uint32_t value)
{
    outl(0xcf8, 0x80000000u | function << 8 | reg);
    outl(0xcfc, value);
}

static uint32_t pci_read(unsigned function, unsigned reg)
{
    outl(0xcf8, 0x80000000u | function << 8 | reg);
    return inl(0xcfc);
}

/* There is no BIOS that has given the IDE function its ports. */
static bool enable_bus_master(void)
{
    for (unsigned function = 0; function < 32; function++)
        if (pci_read(function, 8) >> 16 == 0x0101) {
            pci_write(function, 0x20, MASTER | 1);
            pci_write(function, 4, (pci_read(function, 4) & 0xffff) | 5);
            return true;
        }
    return false;
}

static void command(uint8_t what, unsigned lba)
{
    while (inb(ATA + 7) & ATA_BUSY)
        ;
    outb(ATA + 6, 0xe0);
    outb(ATA + 2, 1);
    outb(ATA + 3, (uint8_t)lba);
    outb(ATA + 4, 0);
    outb(ATA + 5, 0);
    outb(ATA + 7, what);
}

/* Move a sector. Return true if the disk says that it is done. */
static bool dma(uint8_t what, const volatile void *at, unsigned lba)
{
    const uint8_t direction = what == READ_DMA ? 8 : 0;
    unsigned i = 0;

    *(volatile uint32_t *)DESCRIPTOR = (uint32_t)(uintptr_t)at;
    *(volatile uint32_t *)(DESCRIPTOR + 4) = 0x80000000u | SECTOR;
    outl(MASTER + 4, (uint32_t)(uintptr_t)DESCRIPTOR);
    outb(MASTER, direction);
    outb(MASTER + 2, 6); /* clear interrupt and error */
    command(what, lba);
    outb(MASTER, direction | 1);
    while (!(inb(MASTER + 2) & 4) && ++i < 10000)
        ;
    outb(MASTER, 0);
    return (inb(MASTER + 2) & 6) == 4 && !(inb(ATA + 7) & 1);
}

static bool has_only(const uint8_t *at, uint8_t value)
{
    for (unsigned i = 0; i < SECTOR; i++)
        if (at[i] != value)
            return false;
    return true;
}

/* Programmed I/O: the CPU reads the sector. */
static bool sector_has(unsigned lba, uint8_t value)
{
    bool good = true;

    command(READ_PIO, lba);
    while ((inb(ATA + 7) & (ATA_BUSY | ATA_DRQ)) != ATA_DRQ)
        ;
    for (unsigned i = 0; i < SECTOR; i += 2)
        good = inw(ATA) == value * 0x101u && good;
    return good;
}

static uint64_t psc(const void *page, uint64_t op)
{
    return ghcb_msr(0x14 | (uintptr_t)page | op << 52);
}

void guest_main(void)
{
    es_init();
    is(psc(DESCRIPTOR, OP_SHARED), 0x15, "a shared page for the descriptor");
    is(psc(BUFFER, OP_SHARED), 0x15, "and one for data");
    is(pvalidate(PAGE, SIZE_4K, 1), 0, "a private page");
    memset(BUFFER, 0x11, 4096);
    memset(PAGE, 0x22, 4096);
    if (!ok(enable_bus_master(), "a bus master IDE"))
        bail_out("no bus master IDE");
    ok(dma(READ_DMA, BUFFER, 1), "DMA to a shared page");
    ok(has_only(BUFFER, 0xd5), "the data arrives");
    (void)dma(READ_DMA, PAGE, 1);
    ok(has_only(PAGE, 0x22), "DMA to a private page: the page is as before");
    ok(dma(WRITE_DMA, PAGE, 2), "DMA from a private page");
    ok(!sector_has(2, 0x22) && !sector_has(2, 0xd5), "the disk gets ciphertext");
    is(pvalidate(PAGE, SIZE_4K, 0), 0, "end the validation of the page");
    (void)dma(READ_DMA, PAGE, 1);
    is(pvalidate(PAGE, SIZE_4K, 1), 0, "validate it again");
    ok(has_only(PAGE, 0x22), "DMA to a private page that is not validated: it is as before");
    (void)dma(READ_DMA, (void *)0x1000, 1); /* the page tables */
    ok(true, "DMA to the page tables: the guest goes on");
    done_testing();
    shutdown();
}
