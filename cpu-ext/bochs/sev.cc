/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * AMD SEV in Bochs's CPU: the hook table, its verdicts as exceptions, and the instructions of
 * SEV-ES and SEV-SNP. Bochs's build copies this file to cpu/sev.cc.
 *
 * Sources: binutils opcodes/i386-dis.c (encodings), Linux arch/x86/include/asm/sev.h pvalidate()
 * and rmpadjust() (operands). The order of the checks before insn() - does it exist, privilege,
 * translation - is a choice of this model.
 */
#define NEED_CPU_REG_SHORTCUTS 1
#include "bochs.h"
#include "cpu.h"
#define LOG_THIS BX_CPU_THIS_PTR
#include "sev.h"
#include "decoder/ia_opcodes.h"
#if BX_SUPPORT_SVM
#include "svm.h"
#endif

// All zero, which is stock Bochs, until a plugin fills it.
struct sev_hooks sev_hooks = {SEV_HOOKS_VERSION, sizeof(struct sev_hooks)};
struct sev_debugger sev_debugger;

// An access, or an instruction, does not happen. Does not return.
void BX_CPU_C::sev_fault(struct sev_verdict verdict, bx_address laddr, bx_phy_address gpa)
{
    switch (verdict.kind) {
    case SEV_VC:
        if (verdict.info == SEV_VC_NOT_VALIDATED)
            BX_CPU_THIS_PTR cr2 = laddr;
        exception(BX_VC_EXCEPTION, (Bit16u)verdict.info);
    case SEV_PF:
        BX_CPU_THIS_PTR cr2 = laddr;
        exception(BX_PF_EXCEPTION, (Bit16u)verdict.info);
    case SEV_UD:
        exception(BX_UD_EXCEPTION, 0);
    case SEV_GP:
        exception(BX_GP_EXCEPTION, 0);
    case SEV_NPF:
#if BX_SUPPORT_SVM
        if (BX_CPU_THIS_PTR in_svm_guest)
            Svm_Vmexit(SVM_VMEXIT_NPF, verdict.info, gpa);
#endif
        break;
    }
    BX_FATAL(("SEV: the access to address 0x" FMT_LIN_ADDRX " (guest physical 0x" FMT_PHY_ADDRX
              ") is not allowed and no hypervisor can handle it",
              laddr, gpa));
    longjmp(BX_CPU_THIS_PTR jmp_buf_env, 1);
}

// Before the translation of `laddr` to the page frame `ppf` becomes valid. Only data accesses in
// PAE paging or in long mode choose private or shared, by the C-bit of the leaf entry.
void BX_CPU_C::sev_translated(bx_TLB_entry *tlbEntry, bx_address laddr, bx_phy_address ppf,
                              Bit32u combined_access, unsigned user, unsigned rw)
{
    const bool execute = rw == BX_EXECUTE;
    const bool is_private = execute || (combined_access & BX_COMBINED_ACCESS_CBIT) ||
                            !BX_CPU_THIS_PTR cr0.get_PG() || !BX_CPU_THIS_PTR cr4.get_PAE();
    Bit32u flags = SEV_FLAGS(is_private ? SEV_ACCESS_PRIVATE : SEV_ACCESS_SHARED,
                             execute ? SEV_WHY_FETCH : SEV_WHY_DATA);

    if (rw & 1)
        flags |= SEV_FLAG_WRITE;
    if (rw & 4)
        flags |= SEV_FLAG_SHADOW_STACK;
    if (user)
        flags |= SEV_FLAG_USER;
    struct sev_verdict verdict = sev_hooks_access(BX_CPU_ID, ppf, ppf, flags, tlbEntry);
    if (verdict.kind != SEV_GO) {
        tlbEntry->invalidate();
        sev_fault(verdict, laddr, ppf | PAGE_OFFSET(laddr));
    }
}

// Before the CPU reads or writes memory for itself. SMM state is memory of the guest, whose SMM
// handler reads it; the VMCB and the permission maps are memory of the hypervisor.
void BX_CPU_C::sev_physical_access(bx_phy_address paddr, AccessReason reason, bool write)
{
    const bool guests = bx_sev_is_walk(reason) || reason == BX_SMRAM_ACCESS;
    Bit32u flags =
        SEV_FLAGS(guests ? SEV_ACCESS_PRIVATE : SEV_ACCESS_SHARED, bx_sev_why(reason, write));

    if (write)
        flags |= SEV_FLAG_WRITE;
    paddr = A20ADDR(paddr);
    struct sev_verdict verdict = sev_hooks_access(BX_CPU_ID, paddr, paddr, flags, NULL);
    if (verdict.kind != SEV_GO)
        sev_fault(verdict, BX_CPU_THIS_PTR address_xlation.sev_laddr, paddr);
}

// Before an access that no host pointer of the TLB serves, for a sanitizer.
void BX_CPU_C::sev_touch(bx_phy_address paddr, unsigned len, const void *data, AccessReason reason)
{
    sev_hooks_touch(BX_CPU_ID, A20ADDR(paddr), len, bx_sev_why(reason, data != NULL), data);
}

// Translate the operand of an instruction without an access to its page. Faults as a read does.
void BX_CPU_C::sev_translate_operand(bx_address laddr, struct sev_insn_regs *regs)
{
    Bit32u lpf_mask = 0xfff, pkey = 0;
    bx_phy_address paddr = laddr;

    if (!IsCanonical(laddr))
        exception(BX_GP_EXCEPTION, 0);
    BX_CPU_THIS_PTR address_xlation.sev_laddr = laddr;
    if (BX_CPU_THIS_PTR cr0.get_PG()) {
#if BX_SUPPORT_X86_64
        if (long_mode())
            paddr = translate_linear_long_mode(laddr, lpf_mask, pkey, 0, BX_READ);
        else
#endif
            if (BX_CPU_THIS_PTR cr4.get_PAE())
            paddr = translate_linear_PAE(laddr, lpf_mask, 0, BX_READ);
        else
            paddr = translate_linear_legacy(laddr, lpf_mask, 0, BX_READ);
        regs->private_ = (paddr & BX_COMBINED_ACCESS_CBIT) != 0 || !BX_CPU_THIS_PTR cr4.get_PAE();
        paddr = (paddr & ~((Bit64u)lpf_mask)) | (laddr & lpf_mask);
    } else {
        regs->private_ = 1;
    }
    regs->leaf = lpf_mask + 1;
    regs->gpa = regs->spa = A20ADDR(paddr);
}

// An instruction of SEV-SNP. Without a plugin that has it, it is undefined, as in stock Bochs.
void BX_CPU_C::sev_insn(bxInstruction_c *i, unsigned insn)
{
    struct sev_insn_regs regs = {RAX, RCX, RDX};

    if (!sev_hooks_insn_exists(BX_CPU_ID, (enum sev_insn)insn))
        exception(BX_UD_EXCEPTION, 0);
    if (CPL != 0)
        exception(BX_GP_EXCEPTION, 0);
    regs.cpl = CPL;
    regs.long64 = long64_mode();
    regs.cf = get_CF();
    if (insn == SEV_INSN_PVALIDATE || insn == SEV_INSN_RMPADJUST || insn == SEV_INSN_RMPQUERY)
        sev_translate_operand(regs.long64 ? RAX : EAX, &regs);
    struct sev_verdict verdict = sev_hooks_insn(BX_CPU_ID, (enum sev_insn)insn, &regs);
    if (verdict.kind != SEV_GO)
        sev_fault(verdict, RAX, regs.gpa);
    RAX = regs.rax;
    RCX = regs.rcx;
    RDX = regs.rdx;
    set_CF(regs.cf);
}

// F2 or F3 before VMMCALL. Without SEV-ES it is VMMCALL.
void BX_CPP_AttrRegparmN(1) BX_CPU_C::VMGEXIT(bxInstruction_c *i)
{
    struct sev_insn_regs regs = {RAX, RCX, RDX};

    if (!sev_hooks_insn_exists(BX_CPU_ID, SEV_INSN_VMGEXIT)) {
        VMMCALL(i);
        return;
    }
    regs.cpl = CPL;
    regs.long64 = long64_mode();
    struct sev_verdict verdict = sev_hooks_insn(BX_CPU_ID, SEV_INSN_VMGEXIT, &regs);
    if (verdict.kind != SEV_GO)
        sev_fault(verdict, 0, 0);
    BX_NEXT_TRACE(i);
}

#define SEV_INSN_HANDLER(NAME)                                                                     \
    void BX_CPP_AttrRegparmN(1) BX_CPU_C::NAME(bxInstruction_c *i)                                 \
    {                                                                                              \
        sev_insn(i, SEV_INSN_##NAME);                                                              \
        BX_NEXT_TRACE(i);                                                                          \
    }

SEV_INSN_HANDLER(PVALIDATE)
SEV_INSN_HANDLER(RMPADJUST)
SEV_INSN_HANDLER(RMPQUERY)
SEV_INSN_HANDLER(RMPREAD)
SEV_INSN_HANDLER(RMPUPDATE)
SEV_INSN_HANDLER(PSMASH)
SEV_INSN_HANDLER(INVLPGB)
SEV_INSN_HANDLER(TLBSYNC)

#if BX_SUPPORT_HANDLERS_CHAINING_SPEEDUPS
// An entry of a trace, before the instruction that has a breakpoint. Later versions of Bochs take a trace whose first
// entry has no length as invalid, so this one has a length, and RIP is set back to the instruction here.
void BX_CPP_AttrRegparmN(1) BX_CPU_C::sev_breakpoint(bxInstruction_c *i)
{
    RIP -= i->ilen();
    if (sev_debugger_hit(BX_CPU_ID, get_laddr(BX_SEG_REG_CS, RIP))) {
        BX_CPU_THIS_PTR async_event |= 1;
        return;
    }
    ++i;
    BX_EXECUTE_INSTRUCTION(i);
}

void sev_gen_breakpoint(bxInstruction_c *i)
{
    i->setILen(1);
    i->setIaOpcode(BX_INSERTED_OPCODE);
    i->execute1 = &BX_CPU_C::sev_breakpoint;
}

// Return the first instruction of a trace, past a breakpoint. With CET, an indirect branch must go to ENDBR32 or ENDBR64, which
// may have one.
bxInstruction_c *sev_skip_breakpoint(bxInstruction_c *i)
{
    return i->execute1 == &BX_CPU_C::sev_breakpoint ? i + 1 : i;
}
#endif
