/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Exercise 6: RDMSR and WRMSR in a #VC handler.
 *
 *   void handle_msr(struct frame *f);
 *
 * is called for a #VC with error code 7Ch. *f has the registers of the interrupted code, which get what you
 * leave there. Find out which of the two instructions it was (0F 32 is RDMSR, 0F 30 is WRMSR), and ask the
 * hypervisor in the GHCB:
 *
 *   ghcb_begin()            empties the page: no field is valid
 *   ghcb_set(FIELD, value)  writes a field and marks it valid: GHCB_RAX, GHCB_RCX, GHCB_RDX
 *   ghcb_send(CODE, info1)  sends an exit with this code and SW_EXITINFO1, and returns SW_EXITINFO1 of the
 *                           answer
 *   ghcb_get(FIELD)
 *
 * SW_EXITINFO1 of the request is 0 for RDMSR and 1 for WRMSR. The number of the MSR is in RCX, and the value, of
 * 64 bits, is in EDX:EAX. That of the answer is 0 if all went well; 1 if the instruction has to raise #GP,
 * which raise_gp(f) does; and another number if the request was wrong: then call give_up().
 *
 * Do not tell the hypervisor what it need not know. As it is now, the function skips the instruction.
 */
#include "vc.h"

void handle_msr(struct frame *f)
{
    f->rip += 2;
}
