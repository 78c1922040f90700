/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SEV_STATUS, SYSCFG and HWCR of a SEV guest and of a host. See msr.h.
 */
#include "msr.h"

/* Bits of HWCR that KVM lets a guest set without effect: TlbCacheDis, FFDIS, IgnneEm. */
#define HWCR_IGNORED ((UINT64_C(1) << 3) | (UINT64_C(1) << 6) | (UINT64_C(1) << 8))
#define HWCR_KEPT    (MSR_HWCR_MCSTATUS_WR_EN | MSR_HWCR_TSC_FREQ_SEL)

/* A host also has CpbDis and IRPerfEn. */
#define HWCR_HOST_KEPT (HWCR_KEPT | UINT64_C(1) << 25 | UINT64_C(1) << 30)

/* Bits of SYSCFG that concern the MTRRs, which this model takes and forgets. */
#define SYSCFG_IGNORED (UINT64_C(0x1f) << 18)

void msr_reset(struct msr_state *state)
{
    state->hwcr = MSR_HWCR_TSC_FREQ_SEL;
}

enum msr_answer msr_read(const struct msr_state *state, uint64_t sev_status, uint32_t index,
                         uint64_t *value)
{
    switch (index) {
    case MSR_SEV_STATUS:
        *value = sev_status;
        return MSR_DONE;
    case MSR_SYSCFG:
        /* A guest must not see SME enabled by the host: bit 23 would make it look for a C-bit of
         * its own. KVM reports all zero. */
        *value = 0;
        return MSR_DONE;
    case MSR_HWCR:
        *value = state->hwcr;
        return MSR_DONE;
    case MSR_GHCB:
        return sev_status & MSR_SEV_STATUS_ES ? MSR_HV : MSR_GP;
    case MSR_VM_PAGE_FLUSH:
        return MSR_GP;
    default:
        return MSR_PASS;
    }
}

enum msr_answer msr_write(struct msr_state *state, uint64_t sev_status, uint32_t index,
                          uint64_t value)
{
    switch (index) {
    case MSR_SEV_STATUS: /* read-only */
    case MSR_SYSCFG:     /* KVM refuses a write */
    case MSR_VM_PAGE_FLUSH:
        return MSR_GP;
    case MSR_GHCB:
        return sev_status & MSR_SEV_STATUS_ES ? MSR_HV : MSR_GP;
    case MSR_HWCR:
        value &= ~HWCR_IGNORED;
        if (value & ~HWCR_KEPT)
            return MSR_GP;
        state->hwcr = value;
        return MSR_DONE;
    default:
        return MSR_PASS;
    }
}

enum msr_answer msr_host_read(const struct msr_state *state, uint64_t sev_status, uint32_t index,
                              uint64_t *value)
{
    switch (index) {
    case MSR_SEV_STATUS:
        *value = sev_status;
        return MSR_DONE;
    case MSR_SYSCFG:
        *value = MSR_SYSCFG_MEM_ENCRYPT;
        return MSR_DONE;
    case MSR_HWCR:
        *value = state->hwcr | MSR_HWCR_SMMLOCK;
        return MSR_DONE;
    case MSR_GHCB:
    case MSR_VM_PAGE_FLUSH: /* write-only */
        return MSR_GP;
    default:
        return MSR_PASS;
    }
}

enum msr_answer msr_host_write(struct msr_state *state, uint32_t index, uint64_t value)
{
    switch (index) {
    case MSR_SEV_STATUS:
    case MSR_GHCB:
        return MSR_GP;
    case MSR_VM_PAGE_FLUSH:
        return MSR_DONE;
    case MSR_SYSCFG:
        return value & ~(MSR_SYSCFG_MEM_ENCRYPT | SYSCFG_IGNORED) ? MSR_GP : MSR_DONE;
    case MSR_HWCR:
        value &= ~(HWCR_IGNORED | MSR_HWCR_SMMLOCK);
        if (value & ~HWCR_HOST_KEPT)
            return MSR_GP;
        state->hwcr = value;
        return MSR_DONE;
    default:
        return MSR_PASS;
    }
}
