/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TUTORIAL.md, chapter 6: what a hypervisor without the key can do with ciphertext. Guest and
 * hypervisor are one program here: what the hypervisor does goes through C=0.
 *
 * It shows what plain SEV does not give: integrity.
 */
#include "kit.h"

static uint8_t saved[16];

static void guest_writes(unsigned page, const char *text)
{
    memcpy(PRIVATE_ALIAS + page * PAGE, text, 16);
}

static void guest_reads(unsigned page)
{
    print_bytes("  the guest reads", PRIVATE_ALIAS + page * PAGE, 16);
}

static void hypervisor_copies(unsigned from, unsigned to)
{
    memcpy(SHARED_WINDOW + to * PAGE, SHARED_WINDOW + from * PAGE, 16);
}

static void hypervisor_saves(unsigned page)
{
    memcpy(saved, SHARED_WINDOW + page * PAGE, 16);
}

static void hypervisor_restores(unsigned page)
{
    memcpy(SHARED_WINDOW + page * PAGE, saved, 16);
}

void guest_main(uint64_t cbit)
{
    (void)cbit;
    print("1. another account's ciphertext, moved to mine\n");
    guest_writes(0, "balance:       1");
    guest_writes(1, "balance: 9999999");
    hypervisor_copies(1, 0);
    guest_reads(0);

    print("2. my own ciphertext of yesterday, at its old address\n");
    guest_writes(0, "balance:     100");
    hypervisor_saves(0);
    guest_writes(0, "balance:       0");
    hypervisor_restores(0);
    guest_reads(0);
    stop();
}
