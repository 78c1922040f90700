/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest with SEV-SNP that sends requests, for the programs that test the hypervisor's answers. Included
 * once, by the program's only file.
 */
#ifndef TESTS_SNP_EXIT_H
#define TESTS_SNP_EXIT_H

#include "unit.h"

#include <string.h>

#include "protocol/exit_code.h"
#include "snp_machine.h"

#define GHCB_AT     UINT64_C(0x3000)
#define BUFFER      (GHCB_AT + GHCB_SHARED_BUFFER)
#define FREE_2M     UINT64_C(0x600000)
#define BAD_HEADER  (UINT64_C(1) << 32 | 1)
#define BAD_ENTRY   (UINT64_C(1) << 32 | 2)
#define BAD_GENERIC (UINT64_C(0x100) << 32)
#define PRIVATE     UINT64_C(1)
#define SHARED      UINT64_C(2)

static struct es_machine m;
static struct hv_guest *guest;
static uint8_t *page;

static inline int teardown(void **state)
{
    (void)state;
    snp_free();
    return 0;
}

/* A guest that runs, with a shared GHCB that is registered. */
static inline void power_on(const char *policies, const char *lies)
{
    guest = snp_power_on(&m, policies, lies);
    page = m.ram + GHCB_AT;
    hv_es_set_ghcb_msr(guest, 0, SHARED << 52 | GHCB_AT | GHCB_MSR_PSC_REQ);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(hv_es_ghcb_msr(guest, 0), GHCB_MSR_PSC_RESP);
    hv_es_set_ghcb_msr(guest, 0, GHCB_AT | GHCB_MSR_REG_GPA_REQ);
    hv_es_vmgexit(guest, 0);
    assert_int_equal(hv_es_ghcb_msr(guest, 0), GHCB_AT | GHCB_MSR_REG_GPA_RESP);
    hv_es_set_ghcb_msr(guest, 0, GHCB_AT);
}

static inline void request(uint64_t code, uint64_t info1, uint64_t info2)
{
    memset(page, 0, GHCB_SHARED_BUFFER);
    ghcb_set(page, GHCB_SW_EXITCODE, code);
    ghcb_set(page, GHCB_SW_EXITINFO1, info1);
    ghcb_set(page, GHCB_SW_EXITINFO2, info2);
    ghcb_set(page, GHCB_SW_SCRATCH, BUFFER);
}

static inline void answer(uint64_t info1, uint64_t info2)
{
    hv_es_vmgexit(guest, 0);
    assert_int_equal(ghcb_get(page, GHCB_SW_EXITINFO1), info1);
    assert_int_equal(ghcb_get(page, GHCB_SW_EXITINFO2), info2);
}

static inline uint64_t by_msr(uint64_t value)
{
    hv_es_set_ghcb_msr(guest, 0, value);
    hv_es_vmgexit(guest, 0);
    value = hv_es_ghcb_msr(guest, 0);
    hv_es_set_ghcb_msr(guest, 0, GHCB_AT);
    return value;
}

static inline void stopped(const char *words)
{
    if (!strstr(m.stopped, words))
        fail_msg("'%s' is not in '%s'", words, m.stopped);
}

static inline bool is_private(uint64_t gpa)
{
    return hv_snp_private(snp_hv, gpa);
}

static inline void create(unsigned request_kind, unsigned cpu, uint64_t vmsa, uint64_t info1,
                          uint64_t info2)
{
    request(EXIT_AP_CREATION, (uint64_t)cpu << 32 | request_kind, vmsa);
    ghcb_set(page, GHCB_RAX, 1);
    answer(info1, info2);
}

#endif
