/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest with SEV-ES that writes a field of its GHCB through C=1, so that the hypervisor reads ciphertext, and
 * then reads an answer of the hypervisor through C=1. ghcb_private.tap looks at the sanitizer's findings.
 */
#include "es/es.h"

void guest_main(void)
{
    es_init();
    ok(true, "shared so far");
    ghcb_clear();
    ghcb_set(G_RAX, 0);
    ghcb_set(G_RCX, 0);
    *(volatile uint64_t *)(GHCB_ALIAS + G_RAX) = 1;
    (void)ghcb_exit(0x72, 0, 0);
    ghcb_clear();
    ghcb_set(G_RAX, 1);
    ghcb_set(G_RCX, 0);
    (void)ghcb_exit(0x72, 0, 0);
    (void)*(volatile uint64_t *)(GHCB_ALIAS + G_RBX);
    memset(GHCB_PAGE, 0, 4096);
    ok(true, "done");
    done_testing();
    shutdown();
}
