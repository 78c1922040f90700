/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The registers of Bochs's CPUs as a VMSA. See sev_vmsa.h.
 *
 * Fields that Bochs has no register for are not loaded: the address masks of the debug registers, the
 * last-branch records, DBGCTL, TSC scale and offset, and, unless Bochs is built with them, shadow
 * stacks (CET) and protection keys.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "sev_vmsa.h"

#include <string.h>

#include <type_traits>

/* --- the registers that are a number --- */

static const struct {
    enum vmsa_offset field;
    unsigned reg;
} general[] = {
    {VMSA_RAX, BX_64BIT_REG_RAX}, {VMSA_RBX, BX_64BIT_REG_RBX}, {VMSA_RCX, BX_64BIT_REG_RCX},
    {VMSA_RDX, BX_64BIT_REG_RDX}, {VMSA_RSI, BX_64BIT_REG_RSI}, {VMSA_RDI, BX_64BIT_REG_RDI},
    {VMSA_RBP, BX_64BIT_REG_RBP}, {VMSA_RSP, BX_64BIT_REG_RSP}, {VMSA_R8, BX_64BIT_REG_R8},
    {VMSA_R9, BX_64BIT_REG_R9},   {VMSA_R10, BX_64BIT_REG_R10}, {VMSA_R11, BX_64BIT_REG_R11},
    {VMSA_R12, BX_64BIT_REG_R12}, {VMSA_R13, BX_64BIT_REG_R13}, {VMSA_R14, BX_64BIT_REG_R14},
    {VMSA_R15, BX_64BIT_REG_R15}, {VMSA_RIP, BX_64BIT_REG_RIP},
};

/* Call `copy(field, variable)` for every number that is neither general nor checked by VMRUN. */
template <typename Copy> static void for_numbers(BX_CPU_C *cpu, Copy copy)
{
    copy(VMSA_CR2, cpu->cr2);
    copy(VMSA_CR3, cpu->cr3);
    copy(VMSA_DR0, cpu->dr[0]);
    copy(VMSA_DR1, cpu->dr[1]);
    copy(VMSA_DR2, cpu->dr[2]);
    copy(VMSA_DR3, cpu->dr[3]);
    copy(VMSA_XSS, cpu->msr.ia32_xss);
    copy(VMSA_STAR, cpu->msr.star);
    copy(VMSA_LSTAR, cpu->msr.lstar);
    copy(VMSA_CSTAR, cpu->msr.cstar);
    copy(VMSA_SFMASK, cpu->msr.fmask);
    copy(VMSA_KERNEL_GS_BASE, cpu->msr.kernelgsbase);
    copy(VMSA_SYSENTER_CS, cpu->msr.sysenter_cs_msr);
    copy(VMSA_SYSENTER_ESP, cpu->msr.sysenter_esp_msr);
    copy(VMSA_SYSENTER_EIP, cpu->msr.sysenter_eip_msr);
    copy(VMSA_G_PAT, cpu->msr.pat.u64);
    copy(VMSA_SPEC_CTRL, cpu->msr.ia32_spec_ctrl);
    copy(VMSA_TSC_AUX, cpu->msr.tsc_aux);
    copy(VMSA_MXCSR, cpu->mxcsr.mxcsr);
    copy(VMSA_X87_FCW, cpu->the_i387.cwd);
    copy(VMSA_X87_FTW, cpu->the_i387.twd);
    copy(VMSA_X87_FOP, cpu->the_i387.foo);
    copy(VMSA_X87_CS, cpu->the_i387.fcs);
    copy(VMSA_X87_DS, cpu->the_i387.fds);
    copy(VMSA_X87_RIP, cpu->the_i387.fip);
    copy(VMSA_X87_DP, cpu->the_i387.fdp);
#if BX_SUPPORT_CET
    copy(VMSA_U_CET, cpu->msr.ia32_cet_control[1]);
    copy(VMSA_S_CET, cpu->msr.ia32_cet_control[0]);
    copy(VMSA_PL0_SSP, cpu->msr.ia32_pl_ssp[0]);
    copy(VMSA_PL1_SSP, cpu->msr.ia32_pl_ssp[1]);
    copy(VMSA_PL2_SSP, cpu->msr.ia32_pl_ssp[2]);
    copy(VMSA_PL3_SSP, cpu->msr.ia32_pl_ssp[3]);
    copy(VMSA_SSP, cpu->gen_reg[BX_64BIT_REG_SSP].rrx);
    copy(VMSA_ISST_ADDR, cpu->msr.ia32_interrupt_ssp_table);
#endif
}

/* --- segments --- */

static const struct {
    enum vmsa_offset field;
    unsigned reg;
} segments[] = {
    {VMSA_ES, BX_SEG_REG_ES}, {VMSA_CS, BX_SEG_REG_CS}, {VMSA_SS, BX_SEG_REG_SS},
    {VMSA_DS, BX_SEG_REG_DS}, {VMSA_FS, BX_SEG_REG_FS}, {VMSA_GS, BX_SEG_REG_GS},
};

static const unsigned attribute_present = 0x80;
static const unsigned type_ldt = 2, type_busy_16 = 3, type_busy_32 = 11; /* of LDTR and TR */

static void put_segment(BX_CPU_C *cpu, uint8_t *vmsa, enum vmsa_offset field,
                        const bx_segment_reg_t *seg)
{
    const Bit32u high = seg->cache.valid ? cpu->get_descriptor_h(&seg->cache) : 0;
    const struct vmsa_segment image = {
        seg->selector.value, (uint16_t)((high >> 8 & 0xff) | (high >> 12 & 0xf00)),
        seg->cache.u.segment.limit_scaled, seg->cache.u.segment.base};

    vmsa_put_segment(vmsa, field, &image);
}

static void get_segment(BX_CPU_C *cpu, const uint8_t *vmsa, enum vmsa_offset field, bool usable,
                        bx_segment_reg_t *seg)
{
    const struct vmsa_segment image = vmsa_get_segment(vmsa, field);
    const unsigned attributes = image.attributes;

    cpu->set_segment_ar_data(seg, usable || (attributes & attribute_present), image.selector,
                             image.base, image.limit,
                             (Bit16u)((attributes & 0xff) | (attributes & 0xf00) << 4));
    if (usable)
        seg->cache.valid = SegValidCache;
}

static void put_segments(BX_CPU_C *cpu, uint8_t *vmsa)
{
    const struct vmsa_segment gdtr = {0, 0, cpu->gdtr.limit, cpu->gdtr.base};
    const struct vmsa_segment idtr = {0, 0, cpu->idtr.limit, cpu->idtr.base};

    for (const auto &row : segments)
        put_segment(cpu, vmsa, row.field, &cpu->sregs[row.reg]);
    put_segment(cpu, vmsa, VMSA_LDTR, &cpu->ldtr);
    put_segment(cpu, vmsa, VMSA_TR, &cpu->tr);
    vmsa_put_segment(vmsa, VMSA_GDTR, &gdtr);
    vmsa_put_segment(vmsa, VMSA_IDTR, &idtr);
}

/* VMRUN does not check the types in TR and LDTR, but Bochs ends where they are others than after LTR and
 * LLDT. A firmware's VMSA for an AP has no attributes of TR (EDK2 UefiCpuPkg MpInitLib X64/AmdSev.c
 * SevSnpCreateSaveArea()). The AP then activates long mode, which Bochs refuses with a 16-bit TSS. */
static void get_system_types(BX_CPU_C *cpu, bool real)
{
    bx_descriptor_t *tr = &cpu->tr.cache;
    const bool can_be_16_bit = !real && !tr->u.segment.g && !tr->u.segment.avl;

    tr->type = (tr->type & 8) || !can_be_16_bit ? type_busy_32 : type_busy_16;
    tr->segment = false;
    cpu->ldtr.cache.type = type_ldt;
    cpu->ldtr.cache.segment = false;
}

/* In real and in virtual-8086 mode all segments are usable. */
static void get_segments(BX_CPU_C *cpu, const uint8_t *vmsa)
{
    const bool usable =
        !(vmsa_get(vmsa, VMSA_CR0) & 1) || (vmsa_get(vmsa, VMSA_RFLAGS) & EFlagsVMMask);
    const struct vmsa_segment gdtr = vmsa_get_segment(vmsa, VMSA_GDTR);
    const struct vmsa_segment idtr = vmsa_get_segment(vmsa, VMSA_IDTR);
    const Bit8u cpl = (Bit8u)(vmsa_get(vmsa, VMSA_CPL) & 3);

    for (const auto &row : segments)
        get_segment(cpu, vmsa, row.field, usable, &cpu->sregs[row.reg]);
    get_segment(cpu, vmsa, VMSA_LDTR, false, &cpu->ldtr);
    get_segment(cpu, vmsa, VMSA_TR, false, &cpu->tr);
    get_system_types(cpu, !(vmsa_get(vmsa, VMSA_CR0) & 1));
    cpu->gdtr.base = gdtr.base;
    cpu->gdtr.limit = (Bit16u)gdtr.limit;
    cpu->idtr.base = idtr.base;
    cpu->idtr.limit = (Bit16u)idtr.limit;
    cpu->sregs[BX_SEG_REG_CS].selector.rpl = cpl; /* Bochs's CPL */
    cpu->sregs[BX_SEG_REG_SS].cache.dpl = cpl;
}

/* --- x87, SSE, AVX --- */

static void put_vectors(BX_CPU_C *cpu, uint8_t *vmsa)
{
    for (unsigned i = 0; i < 8; i++) {
        const floatx80 st = cpu->the_i387.FPU_read_regi((int)i);

        memcpy(vmsa + VMSA_FPREG_X87 + 8 * i, &st.signif, 8);
        memcpy(vmsa + VMSA_FPREG_X87 + 64 + 2 * i, &st.signExp, 2);
    }
    for (unsigned i = 0; i < 16; i++) {
        memcpy(vmsa + VMSA_XMM + 16 * i, &cpu->vmm[i], 16);
        memcpy(vmsa + VMSA_YMM + 16 * i, (const uint8_t *)&cpu->vmm[i] + 16, 16);
    }
}

static void get_vectors(BX_CPU_C *cpu, const uint8_t *vmsa)
{
    for (unsigned i = 0; i < 8; i++) {
        floatx80 &st = cpu->the_i387.st_space[(cpu->the_i387.tos + i) & 7];

        memcpy(&st.signif, vmsa + VMSA_FPREG_X87 + 8 * i, 8);
        memcpy(&st.signExp, vmsa + VMSA_FPREG_X87 + 64 + 2 * i, 2);
    }
    for (unsigned i = 0; i < 16; i++) {
        memset(&cpu->vmm[i], 0, sizeof(cpu->vmm[i]));
        memcpy(&cpu->vmm[i], vmsa + VMSA_XMM + 16 * i, 16);
        memcpy((uint8_t *)&cpu->vmm[i] + 16, vmsa + VMSA_YMM + 16 * i, 16);
    }
}

/* --- the whole CPU --- */

void bx_sev_vmsa_store(unsigned index, uint8_t vmsa[VMSA_SIZE])
{
    BX_CPU_C *cpu = BX_CPU(index);

    put_segments(cpu, vmsa);
    for (const auto &row : general)
        vmsa_put(vmsa, row.field, cpu->gen_reg[row.reg].rrx);
    for_numbers(
        cpu, [vmsa](enum vmsa_offset field, const auto &value) { vmsa_put(vmsa, field, value); });
    vmsa_put(vmsa, VMSA_CPL, cpu->sregs[BX_SEG_REG_CS].selector.rpl);
    vmsa_put(vmsa, VMSA_EFER, cpu->efer.get32());
    vmsa_put(vmsa, VMSA_CR0, cpu->cr0.get32());
    vmsa_put(vmsa, VMSA_CR4, cpu->read_CR4());
    vmsa_put(vmsa, VMSA_DR6, cpu->dr6.get32());
    vmsa_put(vmsa, VMSA_DR7, cpu->dr7.get32());
    vmsa_put(vmsa, VMSA_RFLAGS, cpu->read_eflags());
    vmsa_put(vmsa, VMSA_XCR0, cpu->xcr0.get32());
#if BX_SUPPORT_PKEYS
    vmsa_put(vmsa, VMSA_PKRU, cpu->pkru);
#endif
    vmsa_put(vmsa, VMSA_X87_FSW, cpu->the_i387.get_status_word());
    put_vectors(cpu, vmsa);
}

/* CR4 has 32 bits in Bochs 3.0, and 64 bits and functions of other names in later versions. */
template <typename CR4> static auto set_cr4(CR4 &cr4, Bit64u value) -> decltype(cr4.set32(0))
{
    cr4.set32((Bit32u)value);
}

template <typename CR4> static auto set_cr4(CR4 &cr4, Bit64u value) -> decltype(cr4.set(0))
{
    cr4.set(value);
}

static void load(BX_CPU_C *cpu, const uint8_t *vmsa)
{
    const Bit16u status = (Bit16u)vmsa_get(vmsa, VMSA_X87_FSW);

    cpu->efer.set32((Bit32u)vmsa_get(vmsa, VMSA_EFER));
    cpu->cr0.set32((Bit32u)vmsa_get(vmsa, VMSA_CR0));
    set_cr4(cpu->cr4, vmsa_get(vmsa, VMSA_CR4));
    cpu->efer.set_LMA(cpu->cr0.get_PG() && cpu->efer.get_LME());
    cpu->dr6.set32((Bit32u)vmsa_get(vmsa, VMSA_DR6));
    cpu->dr7.set32((Bit32u)vmsa_get(vmsa, VMSA_DR7) | 0x400);
    cpu->xcr0.set32((Bit32u)vmsa_get(vmsa, VMSA_XCR0));
    for_numbers(cpu, [vmsa](enum vmsa_offset field, auto &value) {
        value = (typename std::remove_reference<decltype(value)>::type)vmsa_get(vmsa, field);
    });
    for (const auto &row : general)
        cpu->gen_reg[row.reg].rrx = vmsa_get(vmsa, row.field);
    cpu->prev_rip = cpu->gen_reg[BX_64BIT_REG_RIP].rrx;
    cpu->speculative_rsp = false;
    cpu->the_i387.swd = status & ~FPU_SW_Top;
    cpu->the_i387.tos = (status & FPU_SW_Top) >> 11;
    get_vectors(cpu, vmsa);
    get_segments(cpu, vmsa);
    cpu->setEFlags((Bit32u)vmsa_get(vmsa, VMSA_RFLAGS) | 2);
    cpu->inhibit_mask = 0;
    cpu->debug_trap = 0;
    cpu->handleCpuContextChange();
#if BX_SUPPORT_PKEYS
    cpu->set_PKeys((Bit32u)vmsa_get(vmsa, VMSA_PKRU), 0);
#endif
}

const char *bx_sev_vmsa_load(unsigned index, const uint8_t vmsa[VMSA_SIZE])
{
    BX_CPU_C *cpu = BX_CPU(index);
    const struct vmsa_cpu allowed = {((UINT64_C(1) << BX_PHY_ADDRESS_WIDTH) - 1) |
                                         sev_hooks_cbit(index),
                                     cpu->cr4_suppmask, cpu->efer_suppmask, cpu->xcr0_suppmask};
    const char *wrong = vmsa_check(vmsa, &allowed);

    if (!wrong)
        load(cpu, vmsa);
    return wrong;
}
