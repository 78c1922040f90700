/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tables of GUIDed entries: QEMU's kernel hashes, which the launch measures, and the secrets that
 * Linux's efi_secret driver reads.
 *
 * Source: QEMU target/i386/sev.c (kernel hashes); Linux Documentation/security/secrets/coco.rst.
 */
#ifndef OWNER_GUID_H
#define OWNER_GUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUID_SIZE 16

#define GUID_HASH_TABLE   "9438d606-4f22-4cc9-b479-a793d411fd21"
#define GUID_HASH_CMDLINE "97d02dd8-bd20-4c94-aa78-e7714d36ab2a"
#define GUID_HASH_INITRD  "44baf731-3a2f-4bd7-9af1-41e29169781d"
#define GUID_HASH_KERNEL  "4de79437-abd2-427f-b835-d5b172d2045b"
#define GUID_SECRET_TABLE "1e74f542-71dd-4d66-963e-ef4287ff173b"
#define GUID_LUKS_KEY     "736869e5-84f0-4973-92ec-06879ce3da0b"

/* The 16 bytes of a GUID as firmware stores them (first three fields little endian). `text` is
 * 8-4-4-4-12 hex digits, and ends there; false if it is not. */
bool guid_parse(const char *text, uint8_t guid[GUID_SIZE]);

/* A table under construction: GUID || length || entries of GUID || length || data, where lengths
 * are `width` bytes and count their own header. */
struct guid_table {
    uint8_t *data; /* freed by guid_table_free() */
    size_t len, cap;
    unsigned width; /* 2 for hashes, 4 for secrets */
};

/* false if out of memory or a length does not fit its field. `guid` is a text as above, valid. */
bool guid_table_start(struct guid_table *table, const char *guid, unsigned width);
bool guid_table_add(struct guid_table *table, const uint8_t guid[GUID_SIZE], const void *data,
                    size_t len);
/* Fill in the length, then pad with zeros to a multiple of 16. */
bool guid_table_finish(struct guid_table *table);
/* Wipes, too: it may hold secrets. */
void guid_table_free(struct guid_table *table);

#endif
