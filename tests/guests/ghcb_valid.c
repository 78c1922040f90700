/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest with SEV-ES that makes mistakes on purpose: it sends exits and leaves out the valid bit of one field of its
 * GHCB. ghcb_valid.tap looks at the sanitizer's findings.
 */
#include "es/es.h"

static void begin(void)
{
    ghcb_clear();
    ghcb_set(G_RAX, 0);
    ghcb_set(G_RCX, 0);
}

static void leave_out(unsigned offset)
{
    *(volatile uint8_t *)(GHCB_PAGE + G_VALID + offset / 64) &=
        (uint8_t)(0xff ^ (1u << offset / 8 % 8));
}

/* An error answer: malformed input, missing input. */
static void refused(uint64_t code, uint64_t info1, const char *name)
{
    const uint64_t result = ghcb_exit(code, info1, 0);

    ok(result == 2 && ghcb_answer(G_INFO2) == 4, "%s: refused", name);
}

void guest_main(void)
{
    es_init();
    begin();
    is(ghcb_exit(0x72, 0, 0), 0, "CPUID with all that it needs");
    begin();
    leave_out(G_RAX);
    refused(0x72, 0, "CPUID without RAX");
    begin();
    leave_out(G_RAX);
    refused(0x72, 0, "CPUID without RAX, again");
    begin();
    leave_out(G_RCX);
    refused(0x72, 0, "CPUID without RCX");
    begin();
    leave_out(G_RAX);
    refused(0x7b, 0x800210, "OUT without RAX");
    begin();
    is(ghcb_exit(0x7b, 0x800210, 0), 0, "OUT with RAX");
    begin();
    refused(0x80000001, 0xfee00030, "MMIO without a scratch area");
    begin();
    is(ghcb_exit(0x76, 0, 0), 0, "INVD needs nothing");
    /* what is not valid and not needed is no mistake */
    begin();
    leave_out(G_RAX);
    leave_out(G_RCX);
    is(ghcb_exit(0x89, 0, 0), 0, "WBINVD needs nothing");
    /* the MSR and the exit itself: without es.c, which sets all three */
    begin();
    ghcb_set(G_CODE, 0x72);
    ghcb_set(G_INFO1, 0);
    wrmsr(MSR_GHCB, (uintptr_t)GHCB_PAGE);
    vmgexit();
    is(ghcb_get(G_INFO2), 4, "CPUID without SW_EXITINFO2: refused");
    done_testing();
    shutdown();
}
