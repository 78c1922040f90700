/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "vc.h"

void handle_msr(struct frame *f)
{
    const uint64_t write = ((const uint8_t *)f->rip)[1] == 0x30;
    uint64_t answer;

    ghcb_begin();
    ghcb_set(GHCB_RCX, (uint32_t)f->rcx);
    if (write) {
        ghcb_set(GHCB_RAX, (uint32_t)f->rax);
        ghcb_set(GHCB_RDX, (uint32_t)f->rdx);
    }
    answer = ghcb_send(0x7c, write);
    if (answer == 1) {
        raise_gp(f);
        return;
    }
    if (answer)
        give_up();
    if (!write) {
        f->rax = (uint32_t)ghcb_get(GHCB_RAX);
        f->rdx = (uint32_t)ghcb_get(GHCB_RDX);
    }
    f->rip += 2;
}
