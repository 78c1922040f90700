/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of secrets that Linux's efi_secret driver reads: entries named by GUIDs.
 *
 * Source: Linux Documentation/security/secrets/coco.rst and drivers/virt/coco/efi_secret/efi_secret.c
 * struct secret_header, struct secret_entry.
 */
#ifndef OWNER_GUID_H
#define OWNER_GUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUID_SIZE 16

#define GUID_SECRET_TABLE "1e74f542-71dd-4d66-963e-ef4287ff173b"
#define GUID_LUKS_KEY     "736869e5-84f0-4973-92ec-06879ce3da0b"

/* Write the 16 bytes of a GUID as firmware stores them (first three fields little endian). Return
 * false if `text` is not a GUID: 8-4-4-4-12 hexadecimal digits. */
bool guid_parse(const char *text, uint8_t guid[GUID_SIZE]);

/* A table under construction: GUID || length || entries of GUID || length || data, where lengths
 * are 32 bits and count their own header. */
struct guid_table {
    uint8_t *data; /* freed by guid_table_free() */
    size_t len, cap;
};

/* false if out of memory or a length does not fit its field. `guid` is a text as above, valid. */
bool guid_table_start(struct guid_table *table, const char *guid);
bool guid_table_add(struct guid_table *table, const uint8_t guid[GUID_SIZE], const void *data,
                    size_t len);
/* Fill in the length, then pad with zeros to a multiple of 16. */
bool guid_table_finish(struct guid_table *table);
/* Wipes, too: it may hold secrets. */
void guid_table_free(struct guid_table *table);

#endif
