/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Check that a device accesses memory without the key. An ATA disk moves data by bus master DMA
 * from and to private and shared pages. Programmed I/O, which the CPU does, shows what is on the
 * disk.
 *
 * Sources: Linux Documentation/arch/x86/amd-memory-encryption.rst (DMA is
 * shared); Linux include/linux/ata.h (ATA commands, bus master registers).
 *
 * Arguments: cpu (the CPU that runs the test).
 */
#include "guest.h"

#define ATA       0x1f0
#define ATA_DRQ   0x08
#define ATA_BUSY  0x80
#define SECTOR    512u
#define SECTORS   8u    /* a page */
#define FREE_DISK 1900u /* of 2016 sectors; the guest itself is at the beginning */

enum { READ_PIO = 0x20, WRITE_PIO = 0x30, READ_DMA = 0xc8, WRITE_DMA = 0xca };

#define PRD_PAGE 0u

static uint16_t bus_master;
static uint8_t plain[PAGE_4K], cipher[PAGE_4K], disk[PAGE_4K];

static uint32_t pci_read(unsigned function, unsigned reg)
{
    outl(0xcf8, 0x80000000u | function << 8 | reg);
    return inl(0xcfc);
}

/* The IDE function on bus 0: its bus master switched on. */
static void find_bus_master(void)
{
    for (unsigned function = 0; function < 256; function++)
        if (pci_read(function, 8) >> 16 == 0x0101) {
            uint32_t command = pci_read(function, 4);

            bus_master = (uint16_t)(pci_read(function, 0x20) & 0xfff0);
            outl(0xcf8, 0x80000000u | function << 8 | 4);
            outl(0xcfc, (command & 0xffff) | 5);
        }
    if (!bus_master)
        bail_out("no bus master IDE");
}

static void command(uint8_t what, unsigned lba, unsigned sectors)
{
    while (inb(ATA + 7) & ATA_BUSY)
        ;
    outb(ATA + 6, (uint8_t)(0xe0 | lba >> 24));
    outb(ATA + 2, (uint8_t)sectors);
    outb(ATA + 3, (uint8_t)lba);
    outb(ATA + 4, (uint8_t)(lba >> 8));
    outb(ATA + 5, (uint8_t)(lba >> 16));
    outb(ATA + 7, what);
}

static void wait_for_data(void)
{
    while ((inb(ATA + 7) & (ATA_BUSY | ATA_DRQ)) != ATA_DRQ)
        ;
}

static void pio_read(void *to, unsigned lba)
{
    uint8_t *at = to;

    command(READ_PIO, lba, SECTORS);
    for (unsigned i = 0; i < PAGE_4K; i += 2) {
        uint16_t w;

        if (i % SECTOR == 0)
            wait_for_data();
        w = inw(ATA);
        memcpy(at + i, &w, 2);
    }
}

static void pio_write(const void *from, unsigned lba)
{
    const uint8_t *at = from;

    command(WRITE_PIO, lba, SECTORS);
    for (unsigned i = 0; i < PAGE_4K; i += 2) {
        uint16_t w;

        if (i % SECTOR == 0)
            wait_for_data();
        memcpy(&w, at + i, 2);
        outw(ATA, w);
    }
    while (inb(ATA + 7) & ATA_BUSY)
        ;
}

/* One transfer by the descriptor at the start of PRD_PAGE, written through one of its mappings. */
static bool dma_by(uint8_t *descriptor, uint8_t what, uint64_t paddr, unsigned lba,
                   unsigned sectors)
{
    unsigned i = 0;

    put32(descriptor, (uint32_t)paddr);
    put32(descriptor + 4, 0x80000000u | sectors * SECTOR);
    outl(bus_master + 4, (uint32_t)phys(PRD_PAGE));
    outb(bus_master, what == READ_DMA ? 8 : 0);
    outb(bus_master + 2, 6); /* clear interrupt and error */
    command(what, lba, sectors);
    outb(bus_master, (what == READ_DMA ? 8 : 0) | 1);
    while (!(inb(bus_master + 2) & 4) && ++i < 1000000)
        ;
    outb(bus_master, 0);
    return (inb(bus_master + 2) & 6) == 4 && !(inb(ATA + 7) & 1);
}

/* The device reads its descriptor from shared memory. */
static bool dma(uint8_t what, uint64_t paddr, unsigned lba, unsigned sectors)
{
    return dma_by(shr(PRD_PAGE), what, paddr, lba, sectors);
}

static void shared_pages(void)
{
    fill(shr(1), PAGE_4K, 11);
    ok(dma(WRITE_DMA, phys(1), FREE_DISK, SECTORS), "a shared page to the disk");
    pio_read(disk, FREE_DISK);
    ok(filled(disk, PAGE_4K, 11), "arrives as it is");
    memset(shr(2), 0, PAGE_4K);
    ok(dma(READ_DMA, phys(2), FREE_DISK, SECTORS), "from the disk to a shared page");
    ok(filled(shr(2), PAGE_4K, 11), "arrives as it is");
}

static void from_private(void)
{
    fill(priv(3), PAGE_4K, 12);
    memcpy(plain, priv(3), PAGE_4K);
    ok(dma(WRITE_DMA, phys(3), FREE_DISK, SECTORS), "a private page to the disk");
    ok(filled(priv(3), PAGE_4K, 12), "the page is as before");
    pio_read(disk, FREE_DISK);
    is(equal_blocks(disk, plain, PAGE_4K), 0, "no block of the data is on the disk");
    memcpy(cipher, shr(3), PAGE_4K);
    is(equal_blocks(disk, cipher, PAGE_4K), 256, "but the ciphertext that C=0 shows");
}

/* The disk has the ciphertext of page 3. */
static void ciphertext_back(void)
{
    memset(priv(3), 0, PAGE_4K);
    ok(dma(READ_DMA, phys(3), FREE_DISK, SECTORS), "ciphertext back to where it was");
    ok(filled(priv(3), PAGE_4K, 12), "is the data again");
    memset(priv(4), 0, PAGE_4K);
    ok(dma(READ_DMA, phys(4), FREE_DISK, SECTORS), "ciphertext to another page");
    ok(equal_blocks(priv(4), plain, PAGE_4K) == 0 && random_page(priv(4)), "is garbage there");
    is(equal_blocks(shr(4), cipher, PAGE_4K), 256, "though C=0 shows the same bytes");
}

static void to_private(void)
{
    fill(plain, PAGE_4K, 13);
    pio_write(plain, FREE_DISK + 8);
    fill(priv(5), PAGE_4K, 14);
    ok(dma(READ_DMA, phys(5), FREE_DISK + 8, SECTORS),
       "plain data from the disk to a private page");
    is(equal_blocks(priv(5), plain, PAGE_4K), 0, "through C=1 no block of it is there");
    is(equal_blocks(shr(5), plain, PAGE_4K), 256, "through C=0 all are");
    pio_read(priv(6), FREE_DISK + 8);
    is(equal_blocks(priv(6), plain, PAGE_4K), 256, "programmed I/O, by the CPU, puts them there");
    is(equal_blocks(shr(6), plain, PAGE_4K), 0, "encrypted");
}

/* Less than a page: the rest keeps what it is. */
static void one_sector(void)
{
    fill(priv(7), PAGE_4K, 15);
    memcpy(cipher, priv(7), PAGE_4K);
    ok(dma(READ_DMA, phys(7) + 1024, FREE_DISK + 8, 1), "one sector into the middle of a page");
    is(equal_blocks(priv(7), cipher, PAGE_4K), 256 - 32, "spoils its 32 blocks and no other");
    ok(!memcmp(shr(7) + 1024, plain, SECTOR), "which are the sector through C=0");
    ok(dma(READ_DMA, phys(8) - 512, FREE_DISK + 8, 2), "two sectors across a page end");
    ok(!memcmp(shr(8) - 512, plain, 1024), "arrive in both pages");
}

static uint32_t run(uint8_t *at)
{
    uint32_t result;

    __asm__ volatile("call *%1" : "=a"(result) : "r"(at) : "ecx", "edx", "memory");
    return result;
}

static void code(unsigned value)
{
    static const uint8_t mov_ret[6] = {0xb8, 0, 0, 0, 0, 0xc3};

    memset(priv(9), 0x90, PAGE_4K);
    memcpy(priv(9), mov_ret, 6);
    priv(9)[1] = (uint8_t)value;
}

/* A disk that has seen the ciphertext of code can bring the code back, and it runs. */
static void executed(void)
{
    code(1);
    ok(run(priv(9)) == 1 && dma(WRITE_DMA, phys(9), FREE_DISK, SECTORS), "code to the disk");
    code(2);
    is(run(priv(9)), 2, "other code in its place");
    ok(dma(READ_DMA, phys(9), FREE_DISK, SECTORS), "the first from the disk");
    is(run(priv(9)), 1, "runs");
    is(run(shr(9)), 1, "also without the C-bit");
}

/* In a private page the device finds no descriptor but ciphertext, and follows it. */
static void private_descriptor(void)
{
    fill(plain, PAGE_4K, 16);
    pio_write(plain, FREE_DISK + 16);
    fill(shr(10), PAGE_4K, 17);
    (void)dma_by(priv(PRD_PAGE), WRITE_DMA, phys(10), FREE_DISK + 16, SECTORS);
    outb(0x3f6, 4); /* an operating system would reset the channel now */
    outb(0x3f6, 0);
    pio_read(disk, FREE_DISK + 16);
    ok(!filled(disk, PAGE_4K, 17), "a descriptor in a private page: other bytes than meant");
    ok(dma(WRITE_DMA, phys(10), FREE_DISK + 16, SECTORS), "in a shared page again");
    pio_read(disk, FREE_DISK + 16);
    ok(filled(disk, PAGE_4K, 17), "those meant");
}

static void body(void *arg)
{
    (void)arg;
    find_bus_master();
    shared_pages();
    from_private();
    ciphertext_back();
    to_private();
    one_sector();
    executed();
    private_descriptor();
}

void guest_main(void)
{
    views_main(body);
}
