/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU's table of kernel hashes; see kernel_hashes.h.
 */
#include "kernel_hashes.h"

#include <assert.h>

#include "buf.h"

/* struct SevHashTable: GUID and length of the whole, then each entry: GUID, length, digest. A
 * length counts its own GUID and field. */
enum { GUID = 16, HEADER = GUID + 2, ENTRY = HEADER + CRYPTO_SHA256_SIZE };

static_assert((HEADER + 3 * ENTRY + 15) / 16 * 16 == KERNEL_HASHES_SIZE, "KERNEL_HASHES_SIZE");

/* GUIDs as memory contains them: the first three fields are little endian. */
/* clang-format off */
static const uint8_t table_guid[GUID] = { /* 9438d606-4f22-4cc9-b479-a793d411fd21 */
    0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c, 0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21
};
static const uint8_t cmdline_guid[GUID] = { /* 97d02dd8-bd20-4c94-aa78-e7714d36ab2a */
    0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c, 0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab, 0x2a
};
static const uint8_t initrd_guid[GUID] = { /* 44baf731-3a2f-4bd7-9af1-41e29169781d */
    0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b, 0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78, 0x1d
};
static const uint8_t kernel_guid[GUID] = { /* 4de79437-abd2-427f-b835-d5b172d2045b */
    0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42, 0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04, 0x5b
};
/* clang-format on */

static void put_entry(struct buf *b, const uint8_t guid[GUID],
                      const uint8_t digest[CRYPTO_SHA256_SIZE])
{
    buf_put(b, guid, GUID);
    buf_put16(b, ENTRY);
    buf_put(b, digest, CRYPTO_SHA256_SIZE);
}

void kernel_hashes_write(const struct kernel_hashes *hashes, uint8_t table[KERNEL_HASHES_SIZE])
{
    struct buf b = buf_writer(table, KERNEL_HASHES_SIZE);

    buf_put(&b, table_guid, GUID);
    buf_put16(&b, HEADER + 3 * ENTRY);
    put_entry(&b, cmdline_guid, hashes->cmdline);
    put_entry(&b, initrd_guid, hashes->initrd);
    put_entry(&b, kernel_guid, hashes->kernel);
    buf_fill(&b, 0, KERNEL_HASHES_SIZE - (HEADER + 3 * ENTRY));
}
