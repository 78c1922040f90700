/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A host of SEV guests (mode=host): what software finds before it uses the secure processor, and a launch
 * through the registers of its PCI function. The page that LAUNCH_UPDATE_DATA takes is ciphertext in the
 * host's memory, and DBG_DECRYPT gives it back. Then accesses of every size and place.
 *
 * Sources: Linux arch/x86/kernel/cpu/amd.c early_detect_mem_encrypt() (CPUID, SYSCFG, HWCR);
 * drivers/crypto/ccp/sp-pci.c (the function, its registers); include/uapi/linux/pci_regs.h.
 */
#include "guest.h"

#define FUNCTION   0x80004000u /* 00:08.0 for the ports CF8h and CFCh */
#define RANDOM_RUN 20000u

static uint32_t pci_read(unsigned at)
{
    outl(0xcf8, FUNCTION | at);
    return inl(0xcfc);
}

static void pci_write(unsigned at, uint32_t value)
{
    outl(0xcf8, FUNCTION | at);
    outl(0xcfc, value);
}

static uint32_t bar_size(unsigned at)
{
    const uint32_t was = pci_read(at);
    uint32_t size;

    pci_write(at, 0xffffffff);
    size = ~pci_read(at) + 1;
    pci_write(at, was);
    return size;
}

static void processor(void)
{
    const unsigned cbit = (unsigned)argument("cbitpos", 47);
    struct cpuid c = cpuid(0x8000001f, 0);
    uint64_t value = 1;

    is(c.eax, 2, "CPUID 8000001Fh EAX: SEV, no SME");
    is(c.ebx & 0x3f, cbit, "position of the C-bit");
    is(c.ecx, 15, "ASIDs");
    is(c.edx, 1, "the first ASID");
    ok(cpuid(0x80000001, 0).ecx & 4, "the CPU has SVM");
    is(rdmsr(MSR_SYSCFG), 1u << 23, "SYSCFG: memory encryption is switched on");
    ok(rdmsr(MSR_HWCR) & 1, "HWCR: SMM is locked");
    is(rdmsr(MSR_SEV_STATUS), 0, "SEV_STATUS: the host is no guest");
    is((uint64_t)try_wrmsr(MSR_SEV_STATUS, 1).vector, FAULT_GP, "which cannot be written");
    is((uint64_t)try_rdmsr(0xc0010130, &value).vector, FAULT_GP, "no GHCB MSR");
    is((uint64_t)try_wrmsr(0xc001011e, 0x1001).vector, (uint64_t)FAULT_NONE, "VM_PAGE_FLUSH");
}

static void function(void)
{
    unsigned at = pci_read(0x34) & 0xff, found = 0;

    is(pci_read(0x00), 0x14861022, "vendor and device");
    is(pci_read(0x08) >> 8, 0x108000, "class");
    is(bar_size(0x18), 0x100000, "size of BAR 2");
    is(bar_size(0x24), 0x2000, "size of BAR 5");
    is(bar_size(0x10), 0, "no BAR 0");
    ok(pci_read(0x04) >> 16 & 0x10, "there are capabilities");
    for (unsigned i = 0; at && i < 8; i++, at = pci_read(at) >> 8 & 0xff)
        found |= 1u << (pci_read(at) & 0x1f);
    is(found, 1u << 5 | 1u << 0x11, "MSI and MSI-X");
    is(pci_read(0x3c) >> 8 & 0xff, 0, "no INTx");
    pci_write(0x00, 0);
    is(pci_read(0x00), 0x14861022, "the identity cannot be written");
}

static bool is_pattern(const uint8_t *page)
{
    for (unsigned i = 0; i < 4096; i++)
        if (page[i] != (uint8_t)(i * 7 + i / 256))
            return false;
    return true;
}

static void make_pattern(uint8_t *page)
{
    for (unsigned i = 0; i < 4096; i++)
        page[i] = (uint8_t)(i * 7 + i / 256);
}

static void launch(void)
{
    uint8_t *page = shared(0x10000), *blob = shared(0x20000), *plain = shared(0x30000);
    uint32_t handle = 0, len = 48;

    is(psp_init(0, 0, 0), ST_SUCCESS, "INIT");
    is(psp_launch_start(&handle, 0), ST_SUCCESS, "LAUNCH_START, debugging is allowed");
    wbinvd();
    is(mbox_command(CMD_DF_FLUSH, 0), ST_SUCCESS, "DF_FLUSH");
    is(psp_activate(handle, 3), ST_SUCCESS, "ACTIVATE with ASID 3");
    make_pattern(page);
    is(psp_update_data(handle, (uintptr_t)page, 4096), ST_SUCCESS, "LAUNCH_UPDATE_DATA");
    ok(!is_pattern(page), "the page is ciphertext now");
    is(psp_decrypt(handle, page, plain, 4096), ST_SUCCESS, "DBG_DECRYPT");
    ok(is_pattern(plain), "gives its contents");
    ok(!is_pattern(page), "the page itself is still ciphertext");
    is(psp_measure(handle, (uintptr_t)blob, &len), ST_SUCCESS, "LAUNCH_MEASURE");
    is(psp_handle(CMD_LAUNCH_FINISH, handle), ST_SUCCESS, "LAUNCH_FINISH");
    psp_expect_state(handle, GUEST_RUNNING, "the guest could run");
    is(psp_handle(CMD_DEACTIVATE, handle), ST_SUCCESS, "DEACTIVATE");
    ok(!is_pattern(page), "without its key the page stays ciphertext");
    is(psp_handle(CMD_DECOMMISSION, handle), ST_SUCCESS, "DECOMMISSION");
}

static void busy(volatile uint8_t *bar)
{
    volatile uint32_t *cmdresp = (volatile uint32_t *)(bar + 0x10980);
    volatile uint32_t *status = (volatile uint32_t *)(bar + 0x10694);

    *status = 0xffffffff;
    *cmdresp = CMD_PDH_GEN << 16 | 1;
    is(*cmdresp, 0, "the mailbox is busy");
    *cmdresp = CMD_SHUTDOWN << 16;
    for (unsigned i = 0; i < 1000000 && !(*cmdresp & MBOX_DONE); i++)
        ;
    is(*cmdresp, MBOX_DONE, "then the first command is done");
    is(*status, 2, "it asked for an interrupt, the second was ignored");
    is(*(volatile uint32_t *)(bar + 0x109fc), 0x81, "features: SEV");
}

/* Each with another size and place; what the device answers does not matter. */
static void abuse(volatile uint8_t *bar, uint32_t size, uint32_t seed)
{
    for (unsigned i = 0; i < RANDOM_RUN; i++) {
        volatile uint8_t *at;

        seed = seed * 1664525 + 1013904223;
        at = bar + (i % 4 ? 0x10500 + seed / 256 % 0x600 : seed / 256) % (size - 8);
        switch (seed >> 28) {
        case 0:
            (void)*(volatile uint64_t *)at;
            break;
        case 1:
            *(volatile uint64_t *)at = (uint64_t)seed << 20 | i;
            break;
        case 2:
        case 3:
            *(volatile uint32_t *)at = seed << 5;
            break;
        case 4:
            *(volatile uint16_t *)at = (uint16_t)seed;
            break;
        case 5:
            *at = (uint8_t)seed;
            break;
        case 6:
            (void)*(volatile uint16_t *)at;
            break;
        default:
            (void)*(volatile uint32_t *)at;
            break;
        }
    }
}

void guest_main(void)
{
    volatile uint8_t *bar;
    uint8_t status[12];

    trap_init();
    mbox_init();
    processor();
    function();
    bar = (volatile uint8_t *)(uintptr_t)(pci_read(0x18) & ~0xfu);
    ok(bar != NULL, "the BIOS has given BAR 2 an address");
    mbox_at(bar);
    launch();
    busy(bar);
    abuse(bar, 0x100000, 1);
    abuse((volatile uint8_t *)(uintptr_t)(pci_read(0x24) & ~0xfu), 0x2000, 2);
    for (unsigned at = 0; at < 256; at += 4)
        if (at < 0x10 || at >= 0x28)
            pci_write(at, 0xa5a5a5a5 ^ at << 16);
    pci_write(0x04, 0x6); /* memory and bus master; Bochs's head maps no BAR without them */
    for (unsigned i = 0; i < 1000000 && !(*(volatile uint32_t *)(bar + 0x10980) & MBOX_DONE); i++)
        ;
    is(psp_platform_status(status), ST_SUCCESS, "after 40000 random accesses it still answers");
    done_testing();
}
