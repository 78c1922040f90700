/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: does a guest find the secret that was injected before its first instruction, as a table
 * of secrets at the guest physical address that the owner chose?
 *
 * Source: Linux drivers/virt/coco/efi_secret/efi_secret.c (header GUID, length, entries).
 *
 * Arguments: gpa.
 */
#include "guest.h"

static const uint8_t table_guid[16] = {0x42, 0xf5, 0x74, 0x1e, 0xdd, 0x71, 0x66, 0x4d,
                                       0x96, 0x3e, 0xef, 0x42, 0x87, 0xff, 0x17, 0x3b};
static const uint8_t luks_guid[16] = {0xe5, 0x69, 0x68, 0x73, 0xf0, 0x84, 0x73, 0x49,
                                      0x92, 0xec, 0x06, 0x87, 0x9c, 0xe3, 0xda, 0x0b};
static const char secret[] = "swordfish under the keel";

void guest_main(void)
{
    const uint8_t *table = (const uint8_t *)(uintptr_t)argument("gpa", 0);
    const uint8_t *entry = table + 20;
    uint32_t len = sizeof(secret) - 1;

    trap_init();
    ok(boot_cbit, "SEV is on, memory is read through the C-bit");
    ok(!memcmp(table, table_guid, 16), "the table's GUID");
    is(get32(table + 16), 20 + 20 + len, "its length");
    ok(!memcmp(entry, luks_guid, 16), "the entry's GUID");
    is(get32(entry + 16), 20 + len, "its length");
    ok(!memcmp(entry + 20, secret, len), "the secret");
    done_testing();
}
