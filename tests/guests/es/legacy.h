/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Code of a guest with SEV-ES outside of long mode. In none of these modes is there output.
 */
#ifndef LEGACY_H
#define LEGACY_H

#include "es.h"

enum legacy_mode {
    LEGACY_32,  /* protected mode without paging: all memory is private */
    LEGACY_PAE, /* protected mode, the page tables of long mode without their top */
    LEGACY_REAL,
    LEGACY_MODES
};
extern const char *const legacy_names[LEGACY_MODES];

/* What a #VC left on the stack. Real mode pushes no error code. */
struct legacy_vc {
    uint32_t count, error, ip, cs, flags, sp;
};
extern struct legacy_vc legacy_vc;
extern uint32_t legacy_sp_in; /* the stack pointer when the code begins */

/* Registers: at the begin, and at the end of the code. ESI is EDI too. TR: at the end, not in real mode. */
struct legacy_regs {
    uint32_t eax, ecx, edx, esi, tr;
};
extern struct legacy_regs legacy_regs;

#define LEGACY_TSS_A     0x28u /* the current one */
#define LEGACY_TSS_B     0x30u
#define LEGACY_TASK_GATE 0x31u /* a vector */

void legacy_init(void);
/* Run `len` bytes in a mode. A #VC goes on after them. */
void legacy_run(enum legacy_mode mode, const uint8_t *bytes, unsigned len);
/* The instruction pointer of the first byte. */
uint32_t legacy_ip(enum legacy_mode mode);
/* The type byte of a descriptor: bit 1 of a TSS says that it is busy. */
uint8_t legacy_type(unsigned selector);
void legacy_set_busy(unsigned selector, bool busy);

#endif
