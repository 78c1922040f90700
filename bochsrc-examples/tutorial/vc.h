/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TUTORIAL.md, chapters 8 and 9: the #VC handler of vc.c, for a guest in another file.
 */
#ifndef VC_H
#define VC_H

#include "kit.h"

#define MSR_GHCB 0xc0010130u
#define VC_IOIO  0x7b

/* What vc_entry leaves on the stack. */
struct frame {
    uint64_t rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t error, rip, cs, rflags, rsp, ss;
};

void install(void); /* the handler: CPUID and port I/O */
void vmgexit(void);
void wrmsr(uint32_t msr, uint64_t v);
void terminate(unsigned code) __attribute__((noreturn));
void power_off(void);

/* The guest's own part of the handler. Return 0 for a #VC that it does not handle either. */
int handle_more(struct frame *f);

#endif
