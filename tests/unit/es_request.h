/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest with SEV-ES that makes requests in its GHCB page, on es_machine.h: the machine of a test program,
 * and what every answer must be. For one file of a program.
 */
#ifndef TESTS_ES_REQUEST_H
#define TESTS_ES_REQUEST_H

#include "unit.h"

#include "es_machine.h"

#define GHCB_AT UINT64_C(0x3000)

#define OK GHCB_NO_ACTION, 0

static struct es_machine m;
static struct hv *hv;
static struct hv_guest *guest;
static uint8_t *page;

static void power_on(unsigned version)
{
    hv_free(hv);
    hv = hv_new(es_ops(), &m);
    assert_non_null(hv);
    guest = hv_guest(hv, 0);
    es_power_on(&m, guest, version);
    page = m.ram + GHCB_AT;
    hv_es_set_ghcb_msr(guest, 0, GHCB_AT);
}

static int teardown(void **state)
{
    (void)state;
    hv_free(hv);
    hv = NULL;
    return 0;
}

/* Begin a request: an empty page with an exit. */
static void request(uint64_t code, uint64_t info1, uint64_t info2)
{
    memset(page, 0, GHCB_SIZE);
    ghcb_set(page, GHCB_SW_EXITCODE, code);
    ghcb_set(page, GHCB_SW_EXITINFO1, info1);
    ghcb_set(page, GHCB_SW_EXITINFO2, info2);
}

static const enum ghcb_offset answered[] = {GHCB_RAX, GHCB_RBX,          GHCB_RCX,
                                            GHCB_RDX, GHCB_SW_EXITINFO1, GHCB_SW_EXITINFO2};

/* The answer is complete: these six fields are valid and no other. */
static void assert_bitmap(void)
{
    uint8_t expected[GHCB_SIZE] = {0};

    for (size_t i = 0; i < sizeof(answered) / sizeof(answered[0]); i++)
        ghcb_set_valid(expected, answered[i], true);
    assert_memory_equal(page + GHCB_VALID_BITMAP, expected + GHCB_VALID_BITMAP, GHCB_BITMAP_SIZE);
}

static void answer(uint64_t info1, uint64_t info2)
{
    unsigned traced = m.n_trace;

    hv_es_vmgexit(guest, 0);
    assert_bitmap();
    assert_int_equal(ghcb_get(page, GHCB_SW_EXITINFO1), info1);
    assert_int_equal(ghcb_get(page, GHCB_SW_EXITINFO2), info2);
    assert_int_equal(m.n_trace, traced + 1);
    assert_int_equal(m.record.result1, info1);
    assert_int_equal(m.record.result2, info2);
}

#endif
