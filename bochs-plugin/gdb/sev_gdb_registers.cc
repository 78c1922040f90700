/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The registers of Bochs's CPUs as gdb numbers them. RIP is the offset in the code segment, as in
 * QEMU. Selectors, control registers and the FPU are only shown: loading them has conditions and
 * effects that an instruction of the guest should have.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#if BX_SUPPORT_APIC
#include "cpu/apic.h"
#endif

#include <string.h>

#include "gdb_registers.h"
#include "sev_gdb_priv.h"

/* CF to OF, TF, IF and DF; the other flags are not written. */
static const Bit32u flags_written = 0xfd5;

/* gdb counts rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp; the CPU counts as its encodings do. */
static const unsigned general[] = {
    BX_64BIT_REG_RAX, BX_64BIT_REG_RBX, BX_64BIT_REG_RCX, BX_64BIT_REG_RDX, BX_64BIT_REG_RSI,
    BX_64BIT_REG_RDI, BX_64BIT_REG_RBP, BX_64BIT_REG_RSP, BX_64BIT_REG_R8,  BX_64BIT_REG_R9,
    BX_64BIT_REG_R10, BX_64BIT_REG_R11, BX_64BIT_REG_R12, BX_64BIT_REG_R13, BX_64BIT_REG_R14,
    BX_64BIT_REG_R15, BX_64BIT_REG_RIP,
};
static const unsigned segments[] = {BX_SEG_REG_CS, BX_SEG_REG_SS, BX_SEG_REG_DS,
                                    BX_SEG_REG_ES, BX_SEG_REG_FS, BX_SEG_REG_GS};

static Bit64u task_priority(BX_CPU_C *cpu)
{
#if BX_SUPPORT_APIC
    return cpu->lapic->get_tpr() >> 4;
#else
    return 0;
#endif
}

static Bit64u fpu(BX_CPU_C *cpu, unsigned number)
{
    const i387_t *i387 = &cpu->the_i387;

    switch (number) {
    case GDB_FCTRL:
        return i387->get_control_word();
    case GDB_FSTAT:
        return i387->get_status_word();
    case GDB_FTAG:
        return i387->get_tag_word();
    case GDB_FISEG:
        return i387->fcs;
    case GDB_FIOFF:
        return i387->fip;
    case GDB_FOSEG:
        return i387->fds;
    case GDB_FOOFF:
        return i387->fdp;
    default: /* GDB_FOP */
        return i387->foo;
    }
}

static Bit64u system(BX_CPU_C *cpu, unsigned number)
{
    switch (number) {
    case GDB_MXCSR:
        return cpu->mxcsr.mxcsr;
    case GDB_FS_BASE:
        return cpu->get_segment_base(BX_SEG_REG_FS);
    case GDB_GS_BASE:
        return cpu->get_segment_base(BX_SEG_REG_GS);
    case GDB_KERNEL_GS_BASE:
        return cpu->msr.kernelgsbase;
    case GDB_CR0:
        return cpu->cr0.get32();
    case GDB_CR2:
        return cpu->cr2;
    case GDB_CR3:
        return cpu->cr3;
    case GDB_CR4:
        return cpu->read_CR4(); /* the member has another type in later versions of Bochs */
    case GDB_CR8:
        return task_priority(cpu);
    default: /* GDB_EFER */
        return cpu->efer.get32();
    }
}

static void put(uint8_t *value, Bit64u number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        value[i] = i < 8 ? (uint8_t)(number >> 8 * i) : 0;
}

static Bit64u get(const uint8_t *value, size_t size)
{
    Bit64u number = 0;

    for (size_t i = 0; i < size && i < 8; i++)
        number |= (Bit64u)value[i] << 8 * i;
    return number;
}

void bx_sev_gdb_read_register(unsigned index, unsigned number, uint8_t *value)
{
    const size_t size = gdb_register_size(number);
    BX_CPU_C *cpu = BX_CPU(index);

    if (number <= GDB_RIP) {
        put(value, cpu->gen_reg[general[number]].rrx, size);
    } else if (number == GDB_EFLAGS) {
        put(value, cpu->read_eflags(), size);
    } else if (number <= GDB_GS) {
        put(value, cpu->sregs[segments[number - GDB_CS]].selector.value, size);
    } else if (number < GDB_FCTRL) {
        const floatx80 st = cpu->the_i387.FPU_read_regi((int)(number - GDB_ST0));

        put(value, st.signif, 8);
        put(value + 8, st.signExp, 2);
    } else if (number <= GDB_FOP) {
        put(value, fpu(cpu, number), size);
    } else if (number < GDB_MXCSR) {
        put(value, cpu->vmm[number - GDB_XMM0].vmm64u(0), 8);
        put(value + 8, cpu->vmm[number - GDB_XMM0].vmm64u(1), 8);
    } else {
        put(value, system(cpu, number), size);
    }
}

static bool write_system(BX_CPU_C *cpu, unsigned number, Bit64u value)
{
    if (number == GDB_FS_BASE)
        cpu->sregs[BX_SEG_REG_FS].cache.u.segment.base = value;
    else if (number == GDB_GS_BASE)
        cpu->sregs[BX_SEG_REG_GS].cache.u.segment.base = value;
    else if (number == GDB_KERNEL_GS_BASE)
        cpu->msr.kernelgsbase = value;
    else
        return false;
    return true;
}

bool bx_sev_gdb_write_register(unsigned index, unsigned number, const uint8_t *value)
{
    const Bit64u n = get(value, gdb_register_size(number));
    BX_CPU_C *cpu = BX_CPU(index);

    if (number == GDB_RIP) {
        cpu->gen_reg[BX_64BIT_REG_RIP].rrx = cpu->prev_rip = (bx_address)n;
        cpu->invalidate_prefetch_q();
    } else if (number < GDB_RIP) {
        cpu->gen_reg[general[number]].rrx = n;
        cpu->invalidate_stack_cache();
    } else if (number == GDB_EFLAGS) {
        cpu->writeEFlags((Bit32u)n, flags_written);
    } else if (number >= GDB_XMM0 && number < GDB_MXCSR) {
        cpu->vmm[number - GDB_XMM0].vmm64u(0) = n;
        cpu->vmm[number - GDB_XMM0].vmm64u(1) = get(value + 8, 8);
    } else {
        return write_system(cpu, number, n);
    }
    return true;
}

void bx_sev_gdb_describe(unsigned index, char *text, size_t size)
{
    static const char *const states[] = {"running", "halted", "shut down", "waiting for SIPI",
                                         "waiting (MWAIT)"};
    const unsigned state = BX_CPU(index)->activity_state;
    const unsigned n = sizeof(states) / sizeof(states[0]);

    snprintf(text, size, "CPU %u %s", index, states[state < n ? state : n - 1]);
}
