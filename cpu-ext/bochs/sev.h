/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AMD SEV in Bochs's CPU: the inline members of BX_CPU_C. Bochs's build copies this file to
 * cpu/sev.h. The other members are in sev.cc.
 */
#ifndef BX_SEV_H
#define BX_SEV_H

#include "pc_system.h"

// The C-bit of the leaf entry, in a bit of combined_access (paging.cc) that is free.
const Bit32u BX_COMBINED_ACCESS_CBIT = 0x8;

// An entry of a page table of the guest, or a PDPTE.
BX_CPP_INLINE bool bx_sev_is_walk(unsigned reason)
{
    return reason - BX_PDPTR0_ACCESS < 4 || reason - BX_PTE_ACCESS < 5;
}

// An entry of a nested page table, or a nested PDPTE: memory of the hypervisor.
BX_CPP_INLINE bool bx_sev_is_nested_walk(unsigned reason)
{
    return reason - BX_NESTED_PDPTR0_ACCESS < 4 || reason - BX_NESTED_PTE_ACCESS < 5;
}

BX_CPP_INLINE enum sev_why bx_sev_why(AccessReason reason, bool write)
{
    if (reason == BX_ACCESS_REASON_NOT_SPECIFIED)
        return SEV_WHY_DATA;
    if (!bx_sev_is_walk(reason))
        return SEV_WHY_HOST;
    return write ? SEV_WHY_AD : SEV_WHY_WALK;
}

// Before the CPU reads or writes memory for itself: page tables, SMM state, VMCB, permission maps.
BX_CPP_INLINE void BX_CPU_C::sev_physical(bx_phy_address paddr, AccessReason reason, bool write)
{
    if (!sev_hooks.access)
        return;
    if (!write && bx_sev_is_walk(reason) && sev_hooks_walk_may_go(BX_CPU_ID, A20ADDR(paddr)))
        return;
    if (!write && bx_sev_is_nested_walk(reason) &&
        sev_hooks_nested_walk_may_go(BX_CPU_ID, A20ADDR(paddr)))
        return;
    sev_physical_access(paddr, reason, write);
}

// Both halves of an access that crosses the end of a page, and how they are translated.
BX_CPP_INLINE void BX_CPU_C::sev_keep_halves(bx_address laddr1, bx_address laddr2, unsigned user,
                                             unsigned rw)
{
    BX_CPU_THIS_PTR address_xlation.sev_half[0] = laddr1;
    BX_CPU_THIS_PTR address_xlation.sev_half[1] = laddr2;
    BX_CPU_THIS_PTR address_xlation.sev_user = user;
    BX_CPU_THIS_PTR address_xlation.sev_rw = rw;
}

// Translate a half again right before it is accessed. The walk or the access for the other half may
// have converted its page: both halves in one frame, or one of them in a page table. This is a TLB
// hit unless that happened.
BX_CPP_INLINE void BX_CPU_C::sev_half(unsigned n)
{
    if (sev_hooks.access) {
        bx_address laddr = BX_CPU_THIS_PTR address_xlation.sev_half[n];
        translate_linear(BX_DTLB_ENTRY_OF(laddr, 0), laddr,
                         BX_CPU_THIS_PTR address_xlation.sev_user,
                         BX_CPU_THIS_PTR address_xlation.sev_rw);
    }
}

#endif
