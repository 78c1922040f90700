/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest with SEV-SNP that accepts, uses and gives back a page as it should, and then makes each mistake that
 * the sanitizer has a kind for. snp_bugs.tap looks at its findings. The last mistake ends the machine.
 */
#include "es/snp.h"

static uint64_t psc(const volatile void *page, uint64_t op)
{
    return ghcb_msr(0x14 | (uintptr_t)page | op << 52);
}

enum { PRIVATE = 1, SHARED = 2 };

static void use(volatile uint64_t *page)
{
    *page = 1;
    (void)*page;
}

static void as_it_should_be(volatile uint64_t *page)
{
    is(pvalidate(page, SIZE_4K, 1), 0, "accept");
    use(page);
    is(pvalidate(page, SIZE_4K, 0), 0, "end the validation");
    is(psc(page, SHARED), 0x15, "make it shared");
    is(psc(page, PRIVATE), 0x15, "make it private");
    is(pvalidate(page, SIZE_4K, 1), 0, "accept it again");
    use(page);
}

/* The instruction is executed once, and skipped. */
static void use_before_validation(volatile uint64_t *page)
{
    uint64_t after;

    __asm__ volatile("lea 1f(%%rip), %0" : "=r"(after));
    vc_expect(after);
    __asm__ volatile("movq $1, (%0)\n1:" ::"r"(page) : "memory");
    vc_expect(0);
}

void guest_main(void)
{
    volatile uint64_t *page = (volatile uint64_t *)0x400000;

    es_init();
    as_it_should_be(page);
    if (argument("bugs", 0)) {
        use_before_validation(page + 512);
        (void)pvalidate(page, SIZE_4K, 1);
        (void)psc(page, SHARED);
    }
    ok(true, "done");
    done_testing();
    if (argument("bugs", 0)) {
        ghcb_clear();
        ghcb_set(G_CODE, 0x72);
        (void)psc(GHCB_PAGE, PRIVATE);
        (void)pvalidate(GHCB_ALIAS, SIZE_4K, 1);
        wrmsr(MSR_GHCB, (uintptr_t)GHCB_PAGE);
        vmgexit();
        ghcb_msr(0x100); /* the guest asks for its end, which needs no GHCB */
    }
    shutdown();
}
