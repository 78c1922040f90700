/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Steps of a launch with SEV-SNP, for programs of one processor (one_processor.h): RMPUPDATE as the
 * hypervisor has it, and the commands with their buffers.
 *
 * Source: Linux arch/x86/kvm/svm/sev.c snp_launch_start(), sev_gmem_post_populate() (order).
 */
#ifndef TESTS_SNP_STEPS_H
#define TESTS_SNP_STEPS_H

#include "one_processor.h"

#define PAGE     0x1000u
#define CONTEXT  0x10000u
#define STATUS   0x11000u
#define ASID     2u
#define POLICY   0x30000u
#define GPA_BASE 0x800000u

static inline int setup(void **state)
{
    (void)state;
    h = harness_new();
    harness_snp(h);
    cmd_clear(h);
    return 0;
}

static inline struct psp_rmp_entry *entry_of(uint64_t spa)
{
    return &h->rmp[spa / PAGE];
}

/* As the hypervisor's RMPUPDATE: a page of the processor. */
static inline void make_firmware(uint64_t spa)
{
    *entry_of(spa) = (struct psp_rmp_entry){.assigned = true, .immutable = true};
}

/* A page of a guest, before its launch. */
static inline void make_pre_guest(uint64_t spa, uint64_t gpa)
{
    *entry_of(spa) = (struct psp_rmp_entry){
        .assigned = true, .immutable = true, .asid = ASID, .gpa = gpa, .perms = {0x1f}};
}

static inline void flush(void)
{
    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        psp_wbinvd(h->psp, cpu);
    assert_int_equal(exec(h, SEV_CMD_SNP_DF_FLUSH), SEV_STATUS_SUCCESS);
}

static inline void init(void)
{
    cmd_clear(h);
    put32(h, CMD_ADDR + SNP_INIT_EX_FLAGS, SNP_INIT_FLAG_RMP);
    assert_int_equal(exec(h, SEV_CMD_SNP_INIT_EX), SEV_STATUS_SUCCESS);
    flush();
}

static inline enum sev_status on_context(enum sev_cmd command, uint64_t context)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, context);
    return exec(h, command);
}

static inline enum sev_status start(uint64_t policy)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    put64(h, CMD_ADDR + SNP_START_POLICY, policy);
    return exec(h, SEV_CMD_SNP_LAUNCH_START);
}

static inline enum sev_status activate(uint32_t asid)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    put32(h, CMD_ADDR + SNP_ACTIVATE_ASID, asid);
    return exec(h, SEV_CMD_SNP_ACTIVATE);
}

static inline enum sev_status update(enum snp_page_type type, uint64_t spa)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    put32(h, CMD_ADDR + SNP_UPDATE_FLAGS, (uint32_t)type << SNP_UPDATE_TYPE_SHIFT);
    put64(h, CMD_ADDR + SNP_UPDATE_ADDR, spa);
    return exec(h, SEV_CMD_SNP_LAUNCH_UPDATE);
}

static inline enum sev_status finish(void)
{
    cmd_clear(h);
    put64(h, CMD_ADDR, CONTEXT);
    return exec(h, SEV_CMD_SNP_LAUNCH_FINISH);
}

/* A guest that takes pages. */
static inline void launch(void)
{
    init();
    make_firmware(CONTEXT);
    assert_int_equal(on_context(SEV_CMD_SNP_GCTX_CREATE, CONTEXT), SEV_STATUS_SUCCESS);
    assert_int_equal(start(POLICY), SEV_STATUS_SUCCESS);
    assert_int_equal(activate(ASID), SEV_STATUS_SUCCESS);
}

static inline struct psp_snp_guest_info guest_info(void)
{
    struct psp_snp_guest_info info;

    assert_true(psp_get_snp_guest(h->psp, 0, &info));
    return info;
}

#endif
