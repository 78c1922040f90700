/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The registers that gdb sees, and their description in XML. The numbers, names, sizes and types of
 * the first three features are those that gdb demands of an x86-64 machine; the last feature, with
 * the control registers, is ours.
 *
 * Sources: GDB gdb/features/i386/64bit-core.xml, 64bit-sse.xml, 64bit-segments.xml;
 * gdb/doc/gdb.texinfo, appendix "Target Descriptions". Bits of the control registers: Linux
 * arch/x86/include/uapi/asm/processor-flags.h, arch/x86/include/asm/msr-index.h _EFER_*.
 */
#ifndef GDB_REGISTERS_H
#define GDB_REGISTERS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In the order of the description. */
enum gdb_register {
    GDB_RAX,
    GDB_RBX,
    GDB_RCX,
    GDB_RDX,
    GDB_RSI,
    GDB_RDI,
    GDB_RBP,
    GDB_RSP,
    GDB_R8, /* to R15 */
    GDB_RIP = GDB_R8 + 8,
    GDB_EFLAGS,
    GDB_CS,
    GDB_SS,
    GDB_DS,
    GDB_ES,
    GDB_FS,
    GDB_GS,
    GDB_ST0, /* to ST7 */
    GDB_FCTRL = GDB_ST0 + 8,
    GDB_FSTAT,
    GDB_FTAG,
    GDB_FISEG,
    GDB_FIOFF,
    GDB_FOSEG,
    GDB_FOOFF,
    GDB_FOP,
    GDB_XMM0, /* to XMM15 */
    GDB_MXCSR = GDB_XMM0 + 16,
    GDB_FS_BASE,
    GDB_GS_BASE,
    GDB_KERNEL_GS_BASE,
    GDB_CR0,
    GDB_CR2,
    GDB_CR3,
    GDB_CR4,
    GDB_CR8,
    GDB_EFER,
    GDB_REGISTERS
};

#define GDB_REGISTER_SIZE_MAX 16u

/* Bytes of a register, at most GDB_REGISTER_SIZE_MAX. */
size_t gdb_register_size(unsigned number);
const char *gdb_register_name(unsigned number);

/* The description of all registers. Made at the first call, with memory that is never freed. NULL:
 * out of memory. */
const char *gdb_target_xml(void);

#ifdef __cplusplus
}
#endif
#endif
