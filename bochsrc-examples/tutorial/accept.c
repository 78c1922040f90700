/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TUTORIAL.md, chapter 9: a guest with SEV-SNP accepts its memory, in five steps: `make accept-1.rom`.
 *
 * Sources: Linux arch/x86/include/asm/sev.h pvalidate(), arch/x86/include/asm/sev-common.h
 * GHCB_MSR_PSC_REQ_GFN(), GHCB_MSR_REG_GPA_REQ_VAL(); arch/x86/include/uapi/asm/svm.h (#VC 404h).
 */
#include "vc.h"

#ifndef STEP
#define STEP 5
#endif

#define VC_NOT_VALIDATED 0x404
#define PRIVATE          UINT64_C(1) /* page state changes */
#define SHARED           UINT64_C(2)

/* A page that is no part of the launch. */
#define MEMORY ((volatile uint64_t *)0x400000)

/* --- the hypervisor's part: who has a page --- */

/* A request that fits into the GHCB MSR. */
static uint64_t ask(uint64_t request)
{
    wrmsr(MSR_GHCB, request);
    vmgexit();
    return rdmsr(MSR_GHCB);
}

/* Page state change: the hypervisor takes a page (SHARED) or gives one (PRIVATE). */
static void change(uint64_t page, uint64_t to)
{
    if (ask(to << 52 | page | 0x014) != 0x015)
        terminate(0);
}

/* All memory is private at first. The GHCB has to be shared, and the hypervisor has to learn where it is. */
static void share_ghcb(void)
{
    const uint64_t page = (uintptr_t)SHARED_WINDOW;

    change(page, SHARED);
    if (ask(page | 0x012) != (page | 0x013)) /* register the GHCB */
        terminate(0);
}

/* From step 4 on: what a hostile hypervisor does whenever it likes, without being asked. It takes a page that the
 * guest has accepted, and gives another one in its place. */
static void attack(uint64_t page)
{
    change(page, SHARED);
    change(page, PRIVATE);
}

/* --- the guest's part: what it accepts --- */

/* Accept a page of 4 KiB (validate = 1), or give it back (0). Returns 0 if that changed its state, 1 if it had
 * this state before; anything else is an error. */
static uint64_t pvalidate(uint64_t page, unsigned validate)
{
    uint64_t result = page;
    unsigned char carry;

    __asm__ volatile(".byte 0xf2, 0x0f, 0x01, 0xff" /* PVALIDATE */
                     : "+a"(result), "=@ccc"(carry)
                     : "c"(0), "d"(validate)
                     : "memory");
    return (uint32_t)result ? 0x100 + result : carry;
}

/* Step 5: a guest that remembers what it has accepted. */
static unsigned char accepted[16384];

static void accept(uint64_t page)
{
    if (STEP >= 5 && accepted[page / PAGE]++) {
        print("page %x was mine: somebody has taken it\n", page);
        power_off();
        terminate(0);
    }
    if (pvalidate(page, 1) != 0)
        terminate(0);
}

int handle_more(struct frame *f)
{
    uint64_t address;

    if (f->error != VC_NOT_VALIDATED)
        return 0;
    __asm__ volatile("mov %%cr2, %0" : "=r"(address));
    if (STEP == 1) {
        print("#VC 404 at address %x\n", address);
        return 0;
    }
    accept(address & ~UINT64_C(0xfff));
    return 1; /* the instruction is executed again */
}

void guest_main(uint64_t cbit)
{
    (void)cbit;
    share_ghcb();
    install();
    if (STEP == 2)
        accept((uintptr_t)MEMORY);
    *MEMORY = 0x5ec3e7;
    for (unsigned i = 0; i < 3; i++) {
        print("the secret is %x\n", *MEMORY);
        if (STEP >= 4 && i == 0)
            attack((uintptr_t)MEMORY);
    }
    power_off();
}
