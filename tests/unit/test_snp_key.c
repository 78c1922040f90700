/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The keys that guests of SEV-SNP derive: equal exactly where they should be.
 *
 * Source: psp-model/protocol/snp_key.h.
 */
#include "snp_messages.h"

#include "protocol/snp_key.h"
#include "psp_priv.h"

#define SELECTIONS 64u /* the six fields of version 1 */

/* Keys of every selection, twice: for a guest, and for one that differs in all fields. 64 by 64 pairs
 * differ where the selections differ. The same selection has the same key in both guests if it selects
 * nothing that differs. */
static void selections(void **state)
{
    static uint8_t keys[SELECTIONS][32], others[SELECTIONS][32];
    struct snp_guest *guest = &h->psp->snp.guests[0];
    unsigned pairs = 0;

    (void)state;
    run_guest();
    guest->guest_svn = 9;
    for (unsigned s = 0; s < SELECTIONS; s++) {
        struct key_payload k = {.select = s};

        assert_int_equal(ask_key(0, 1, &k, keys[s]), SEV_STATUS_SUCCESS);
    }
    guest->policy ^= SNP_POLICY_DEBUG;
    guest->image_id[0] ^= 1;
    guest->family_id[15] ^= 1;
    guest->launch_digest[47] ^= 1;
    for (unsigned s = 0; s < SELECTIONS; s++) {
        struct key_payload k = {.select = s, .svn = 8, .tcb = 2};

        assert_int_equal(ask_key(0, 1, &k, others[s]), SEV_STATUS_SUCCESS);
    }
    for (unsigned a = 0; a < SELECTIONS; a++) {
        for (unsigned b = 0; b < SELECTIONS; b++, pairs++) {
            assert_int_equal(memcmp(keys[a], keys[b], 32) == 0, a == b);
            assert_int_equal(memcmp(keys[a], others[b], 32) == 0, a == 0 && b == 0);
        }
    }
    assert_int_equal(pairs, 4096);
}

/* One field after the other: a change of it changes exactly the keys that select it. */
static void each_field(void **state)
{
    struct snp_guest *guest = &h->psp->snp.guests[0];
    uint8_t before[32], after[32];

    (void)state;
    run_guest();
    for (unsigned field = 0; field < 6; field++) {
        for (unsigned s = 0; s < SELECTIONS; s++) {
            struct key_payload k = {.select = s}, changed = k;

            assert_int_equal(ask_key(0, 1, &k, before), SEV_STATUS_SUCCESS);
            guest->policy ^= field == 0 ? SNP_POLICY_DEBUG : 0;
            guest->image_id[3] ^= field == 1;
            guest->family_id[3] ^= field == 2;
            guest->launch_digest[3] ^= field == 3;
            guest->guest_svn = 1;
            changed.svn = field == 4;
            changed.tcb = field == 5;
            assert_int_equal(ask_key(0, 1, &changed, after), SEV_STATUS_SUCCESS);
            assert_int_equal(memcmp(before, after, 32) != 0, s >> field & 1);
        }
    }
}

static void vmpl_and_versions(void **state)
{
    struct key_payload k = {.vmpl = 2}, same = k;
    uint8_t first[32], second[32];

    (void)state;
    run_guest();
    assert_int_equal(ask_key(0, 1, &k, first), SEV_STATUS_SUCCESS);
    assert_int_equal(ask_key(2, 2, &same, second), SEV_STATUS_SUCCESS);
    assert_memory_equal(first, second, 32);
    k.vmpl = 3;
    assert_int_equal(ask_key(0, 1, &k, second), SEV_STATUS_SUCCESS);
    assert_memory_not_equal(first, second, 32);
    same.select = SNP_MIX_MITIGATION;
    assert_int_equal(ask_key(0, 2, &same, second), SEV_STATUS_SUCCESS);
    assert_memory_not_equal(first, second, 32);
    same.mitigation = 1;
    assert_int_equal(ask_key(0, 2, &same, second), SEV_STATUS_INVALID_PARAM);
}

/* The root is that of the chip: a restart keeps it, another chip has another. */
static void restart_of_a_chip(void **state)
{
    struct key_payload k = {.select = SNP_MIX_MEASUREMENT | SNP_MIX_POLICY};
    uint8_t first[32], second[32];

    (void)state;
    run_guest();
    assert_int_equal(ask_key(0, 1, &k, first), SEV_STATUS_SUCCESS);
    psp_free(h->psp);
    h->psp = psp_new(&h->host, h, &h->config);
    run_guest_with(0);
    h->psp->snp.guests[0].policy = POLICY;
    k.select = SNP_MIX_POLICY;
    assert_int_equal(ask_key(0, 1, &k, first), SEV_STATUS_SUCCESS);
    psp_free(h->psp);
    h->psp = psp_new(&h->host, h, &h->config);
    run_guest_with(0);
    assert_int_equal(ask_key(0, 1, &k, second), SEV_STATUS_SUCCESS);
    assert_memory_equal(first, second, 32);
    h->nv_len = 0;
    psp_free(h->psp);
    h->psp = psp_new(&h->host, h, &h->config);
    run_guest_with(0);
    assert_int_equal(ask_key(0, 1, &k, second), SEV_STATUS_SUCCESS);
    assert_memory_not_equal(first, second, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(selections),
        T(each_field),
        T(vmpl_and_versions),
        T(restart_of_a_chip),
    };
    return cmocka_run_group_tests_name("snp_key", tests, NULL, NULL);
}
