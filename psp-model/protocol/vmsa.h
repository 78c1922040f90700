/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The VMSA: the page in which a CPU with SEV-ES keeps the registers of a virtual CPU. This module
 * has its layout, the VMSA that QEMU and KVM launch, and the checks of VMRUN.
 *
 * Source: Linux arch/x86/include/asm/svm.h struct sev_es_save_area, struct vmcb_seg (offsets and
 * names); microsoft/openvmm vm/x86/x86defs/src/snp.rs SevVmsa (spec_ctrl and
 * register_protection_nonce, which Linux has as reserved); Linux arch/x86/kvm/svm/sev.c
 * sev_es_sync_vmsa() (what a host launches; the two parts of the x87 registers);
 * virtee/sev-snp-measure sevsnpmeasure/vmsa.py VMSA.build_save_area() (the values).
 */
#ifndef PSP_VMSA_H
#define PSP_VMSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VMSA_SIZE 4096u

/* The fields: VMSA_FIELD(symbol, Linux's name, offset, bytes, kind), in order of offsets. */
/* clang-format off */
#define VMSA_FIELDS                                                                                \
    VMSA_FIELD(ES, "es", 0x000, 16, SEGMENT)                                                       \
    VMSA_FIELD(CS, "cs", 0x010, 16, SEGMENT)                                                       \
    VMSA_FIELD(SS, "ss", 0x020, 16, SEGMENT)                                                       \
    VMSA_FIELD(DS, "ds", 0x030, 16, SEGMENT)                                                       \
    VMSA_FIELD(FS, "fs", 0x040, 16, SEGMENT)                                                       \
    VMSA_FIELD(GS, "gs", 0x050, 16, SEGMENT)                                                       \
    VMSA_FIELD(GDTR, "gdtr", 0x060, 16, SEGMENT)                                                   \
    VMSA_FIELD(LDTR, "ldtr", 0x070, 16, SEGMENT)                                                   \
    VMSA_FIELD(IDTR, "idtr", 0x080, 16, SEGMENT)                                                   \
    VMSA_FIELD(TR, "tr", 0x090, 16, SEGMENT)                                                       \
    VMSA_FIELD(PL0_SSP, "pl0_ssp", 0x0a0, 8, NUMBER)                                               \
    VMSA_FIELD(PL1_SSP, "pl1_ssp", 0x0a8, 8, NUMBER)                                               \
    VMSA_FIELD(PL2_SSP, "pl2_ssp", 0x0b0, 8, NUMBER)                                               \
    VMSA_FIELD(PL3_SSP, "pl3_ssp", 0x0b8, 8, NUMBER)                                               \
    VMSA_FIELD(U_CET, "u_cet", 0x0c0, 8, NUMBER)                                                   \
    VMSA_FIELD(VMPL, "vmpl", 0x0ca, 1, NUMBER)                                                     \
    VMSA_FIELD(CPL, "cpl", 0x0cb, 1, NUMBER)                                                       \
    VMSA_FIELD(EFER, "efer", 0x0d0, 8, NUMBER)                                                     \
    VMSA_FIELD(XSS, "xss", 0x140, 8, NUMBER)                                                       \
    VMSA_FIELD(CR4, "cr4", 0x148, 8, NUMBER)                                                       \
    VMSA_FIELD(CR3, "cr3", 0x150, 8, NUMBER)                                                       \
    VMSA_FIELD(CR0, "cr0", 0x158, 8, NUMBER)                                                       \
    VMSA_FIELD(DR7, "dr7", 0x160, 8, NUMBER)                                                       \
    VMSA_FIELD(DR6, "dr6", 0x168, 8, NUMBER)                                                       \
    VMSA_FIELD(RFLAGS, "rflags", 0x170, 8, NUMBER)                                                 \
    VMSA_FIELD(RIP, "rip", 0x178, 8, NUMBER)                                                       \
    VMSA_FIELD(DR0, "dr0", 0x180, 8, NUMBER)                                                       \
    VMSA_FIELD(DR1, "dr1", 0x188, 8, NUMBER)                                                       \
    VMSA_FIELD(DR2, "dr2", 0x190, 8, NUMBER)                                                       \
    VMSA_FIELD(DR3, "dr3", 0x198, 8, NUMBER)                                                       \
    VMSA_FIELD(DR0_ADDR_MASK, "dr0_addr_mask", 0x1a0, 8, NUMBER)                                   \
    VMSA_FIELD(DR1_ADDR_MASK, "dr1_addr_mask", 0x1a8, 8, NUMBER)                                   \
    VMSA_FIELD(DR2_ADDR_MASK, "dr2_addr_mask", 0x1b0, 8, NUMBER)                                   \
    VMSA_FIELD(DR3_ADDR_MASK, "dr3_addr_mask", 0x1b8, 8, NUMBER)                                   \
    VMSA_FIELD(RSP, "rsp", 0x1d8, 8, NUMBER)                                                       \
    VMSA_FIELD(S_CET, "s_cet", 0x1e0, 8, NUMBER)                                                   \
    VMSA_FIELD(SSP, "ssp", 0x1e8, 8, NUMBER)                                                       \
    VMSA_FIELD(ISST_ADDR, "isst_addr", 0x1f0, 8, NUMBER)                                           \
    VMSA_FIELD(RAX, "rax", 0x1f8, 8, NUMBER)                                                       \
    VMSA_FIELD(STAR, "star", 0x200, 8, NUMBER)                                                     \
    VMSA_FIELD(LSTAR, "lstar", 0x208, 8, NUMBER)                                                   \
    VMSA_FIELD(CSTAR, "cstar", 0x210, 8, NUMBER)                                                   \
    VMSA_FIELD(SFMASK, "sfmask", 0x218, 8, NUMBER)                                                 \
    VMSA_FIELD(KERNEL_GS_BASE, "kernel_gs_base", 0x220, 8, NUMBER)                                 \
    VMSA_FIELD(SYSENTER_CS, "sysenter_cs", 0x228, 8, NUMBER)                                       \
    VMSA_FIELD(SYSENTER_ESP, "sysenter_esp", 0x230, 8, NUMBER)                                     \
    VMSA_FIELD(SYSENTER_EIP, "sysenter_eip", 0x238, 8, NUMBER)                                     \
    VMSA_FIELD(CR2, "cr2", 0x240, 8, NUMBER)                                                       \
    VMSA_FIELD(G_PAT, "g_pat", 0x268, 8, NUMBER)                                                   \
    VMSA_FIELD(DBGCTL, "dbgctl", 0x270, 8, NUMBER)                                                 \
    VMSA_FIELD(BR_FROM, "br_from", 0x278, 8, NUMBER)                                               \
    VMSA_FIELD(BR_TO, "br_to", 0x280, 8, NUMBER)                                                   \
    VMSA_FIELD(LAST_EXCP_FROM, "last_excp_from", 0x288, 8, NUMBER)                                 \
    VMSA_FIELD(LAST_EXCP_TO, "last_excp_to", 0x290, 8, NUMBER)                                     \
    VMSA_FIELD(SPEC_CTRL, "spec_ctrl", 0x2e0, 8, NUMBER)                                           \
    VMSA_FIELD(PKRU, "pkru", 0x2e8, 4, NUMBER)                                                     \
    VMSA_FIELD(TSC_AUX, "tsc_aux", 0x2ec, 4, NUMBER)                                               \
    VMSA_FIELD(TSC_SCALE, "tsc_scale", 0x2f0, 8, NUMBER)                                           \
    VMSA_FIELD(TSC_OFFSET, "tsc_offset", 0x2f8, 8, NUMBER)                                         \
    VMSA_FIELD(REG_PROT_NONCE, "reg_prot_nonce", 0x300, 8, NUMBER)                                 \
    VMSA_FIELD(RCX, "rcx", 0x308, 8, NUMBER)                                                       \
    VMSA_FIELD(RDX, "rdx", 0x310, 8, NUMBER)                                                       \
    VMSA_FIELD(RBX, "rbx", 0x318, 8, NUMBER)                                                       \
    VMSA_FIELD(RBP, "rbp", 0x328, 8, NUMBER)                                                       \
    VMSA_FIELD(RSI, "rsi", 0x330, 8, NUMBER)                                                       \
    VMSA_FIELD(RDI, "rdi", 0x338, 8, NUMBER)                                                       \
    VMSA_FIELD(R8, "r8", 0x340, 8, NUMBER)                                                         \
    VMSA_FIELD(R9, "r9", 0x348, 8, NUMBER)                                                         \
    VMSA_FIELD(R10, "r10", 0x350, 8, NUMBER)                                                       \
    VMSA_FIELD(R11, "r11", 0x358, 8, NUMBER)                                                       \
    VMSA_FIELD(R12, "r12", 0x360, 8, NUMBER)                                                       \
    VMSA_FIELD(R13, "r13", 0x368, 8, NUMBER)                                                       \
    VMSA_FIELD(R14, "r14", 0x370, 8, NUMBER)                                                       \
    VMSA_FIELD(R15, "r15", 0x378, 8, NUMBER)                                                       \
    VMSA_FIELD(GUEST_EXIT_INFO_1, "guest_exit_info_1", 0x390, 8, NUMBER)                           \
    VMSA_FIELD(GUEST_EXIT_INFO_2, "guest_exit_info_2", 0x398, 8, NUMBER)                           \
    VMSA_FIELD(GUEST_EXIT_INT_INFO, "guest_exit_int_info", 0x3a0, 8, NUMBER)                       \
    VMSA_FIELD(GUEST_NRIP, "guest_nrip", 0x3a8, 8, NUMBER)                                         \
    VMSA_FIELD(SEV_FEATURES, "sev_features", 0x3b0, 8, NUMBER)                                     \
    VMSA_FIELD(VINTR_CTRL, "vintr_ctrl", 0x3b8, 8, NUMBER)                                         \
    VMSA_FIELD(GUEST_EXIT_CODE, "guest_exit_code", 0x3c0, 8, NUMBER)                               \
    VMSA_FIELD(VIRTUAL_TOM, "virtual_tom", 0x3c8, 8, NUMBER)                                       \
    VMSA_FIELD(TLB_ID, "tlb_id", 0x3d0, 8, NUMBER)                                                 \
    VMSA_FIELD(PCPU_ID, "pcpu_id", 0x3d8, 8, NUMBER)                                               \
    VMSA_FIELD(EVENT_INJ, "event_inj", 0x3e0, 8, NUMBER)                                           \
    VMSA_FIELD(XCR0, "xcr0", 0x3e8, 8, NUMBER)                                                     \
    VMSA_FIELD(X87_DP, "x87_dp", 0x400, 8, NUMBER)                                                 \
    VMSA_FIELD(MXCSR, "mxcsr", 0x408, 4, NUMBER)                                                   \
    VMSA_FIELD(X87_FTW, "x87_ftw", 0x40c, 2, NUMBER)                                               \
    VMSA_FIELD(X87_FSW, "x87_fsw", 0x40e, 2, NUMBER)                                               \
    VMSA_FIELD(X87_FCW, "x87_fcw", 0x410, 2, NUMBER)                                               \
    VMSA_FIELD(X87_FOP, "x87_fop", 0x412, 2, NUMBER)                                               \
    VMSA_FIELD(X87_DS, "x87_ds", 0x414, 2, NUMBER)                                                 \
    VMSA_FIELD(X87_CS, "x87_cs", 0x416, 2, NUMBER)                                                 \
    VMSA_FIELD(X87_RIP, "x87_rip", 0x418, 8, NUMBER)                                               \
    /* bytes 0 to 7 of the eight registers, then bytes 8 and 9 of each */                          \
    VMSA_FIELD(FPREG_X87, "fpreg_x87", 0x420, 80, BYTES)                                           \
    VMSA_FIELD(XMM, "fpreg_xmm", 0x470, 256, BYTES)                                                \
    /* bits 255:128 of YMM0 to YMM15 */                                                            \
    VMSA_FIELD(YMM, "fpreg_ymm", 0x570, 256, BYTES)
/* clang-format on */

/* The end of what Linux's struct declares; zero from here on. */
#define VMSA_DEFINED_END 0x670u

/* The offset of each field. */
enum vmsa_offset {
#define VMSA_FIELD(symbol, name, offset, size, kind) VMSA_##symbol = offset,
    VMSA_FIELDS
#undef VMSA_FIELD
};

enum vmsa_kind {
    VMSA_NUMBER,  /* 1, 2, 4 or 8 bytes */
    VMSA_SEGMENT, /* 16 bytes: see struct vmsa_segment */
    VMSA_BYTES,
};

struct vmsa_field {
    const char *name;
    uint16_t offset, size;
    enum vmsa_kind kind;
};

/* One row for each field, in order of offsets. */
extern const struct vmsa_field vmsa_fields[];
extern const size_t vmsa_n_fields;

/* Return the field that has the byte at `offset`, NULL if it is reserved. */
const struct vmsa_field *vmsa_field_at(unsigned offset);
/* Return the field with a name (in lower case), NULL if there is none. */
const struct vmsa_field *vmsa_field_named(const char *name);

/* attributes: bits 7:0 are bits 47:40 of a descriptor, bits 11:8 are its bits 55:52. */
struct vmsa_segment {
    uint16_t selector, attributes;
    uint32_t limit;
    uint64_t base;
};

/* Read and write a NUMBER. The width is that of the field; a value that is too wide is cut. */
uint64_t vmsa_get(const uint8_t vmsa[VMSA_SIZE], enum vmsa_offset field);
void vmsa_put(uint8_t vmsa[VMSA_SIZE], enum vmsa_offset field, uint64_t value);
struct vmsa_segment vmsa_get_segment(const uint8_t vmsa[VMSA_SIZE], enum vmsa_offset field);
void vmsa_put_segment(uint8_t vmsa[VMSA_SIZE], enum vmsa_offset field,
                      const struct vmsa_segment *segment);

/* --- the launched VMSA --- */

/* How the host made the guest. KVM_SEV_INIT2 launches FCW 37Fh and MXCSR 1F80h, the older
 * KVM_SEV_ES_INIT leaves both 0, so one firmware has two launch digests. */
enum vmsa_host { VMSA_HOST_INIT2, VMSA_HOST_ES_INIT, VMSA_HOSTS };

#define VMSA_BSP_EIP UINT32_C(0xfffffff0)

struct vmsa_start {
    uint32_t reset_eip; /* VMSA_BSP_EIP, or for an AP the address in the firmware's reset block */
    uint32_t signature; /* CPUID 1 EAX of the CPU model; a CPU has it in RDX after reset */
    uint64_t sev_features; /* 0 for SEV-ES */
    enum vmsa_host host;
};

/* Write the VMSA that QEMU and KVM launch. */
void vmsa_build(uint8_t vmsa[VMSA_SIZE], const struct vmsa_start *start);

/* The CPUID signature (CPUID 1 EAX) of a family, model and stepping. Family at most 15 + 255, model
 * at most 255, stepping at most 15. */
uint32_t vmsa_signature(unsigned family, unsigned model, unsigned stepping);

/* --- VMRUN --- */

/* The bits that a CPU model allows. */
struct vmsa_cpu {
    uint64_t cr3, cr4, efer, xcr0;
};

/* Check what VMRUN checks before it runs a guest with this VMSA. Return NULL, or what is wrong as a
 * phrase; VMRUN then ends with the exit code INVALID. */
const char *vmsa_check(const uint8_t vmsa[VMSA_SIZE], const struct vmsa_cpu *cpu);

#ifdef __cplusplus
}
#endif
#endif
