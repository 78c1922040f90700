/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file of a saved SEV machine. See save_file.h.
 */
#include "save_file.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "protocol/buf.h"
#include "protocol/crypto.h"

#define MAGIC_SIZE  8u
#define HASH_SIZE   32u
#define HEADER_SIZE (MAGIC_SIZE + 4u)
#define FRAME_SIZE  16u /* of a section: tag, version, length */

/* What SEVBXSR1 had of fixed length. */
#define V1_HV_SIZE   (4u + 48u)
#define V1_MBOX_SIZE 16u
#define V1_RNG_SIZE  74u
#define V1_CPUS_MAX  256u

static const char magic[] = "SEVBXSR2", magic_v1[] = "SEVBXSR1";

const char *save_file_tag_name(uint32_t tag, char text[5])
{
    for (unsigned i = 0; i < 4; i++) {
        uint8_t c = (uint8_t)(tag >> 8 * i);

        text[i] = c > 0x20 && c < 0x7f ? (char)c : '?';
    }
    text[4] = '\0';
    return text;
}

const struct save_section *save_file_find(const struct save_file *file, uint32_t tag)
{
    for (unsigned i = 0; i < file->n; i++)
        if (file->sections[i].tag == tag)
            return &file->sections[i];
    return NULL;
}

/* --- read --- */

static int fail(char *error, size_t error_size, const char *words)
{
    snprintf(error, error_size, "%s", words);
    return -EINVAL;
}

/* Check that all of a section is there. Nothing is cut to what is there. */
static int add_section(struct save_file *file, struct buf *b, uint32_t tag, uint32_t version,
                       uint64_t len, char *error, size_t error_size)
{
    char name[5];

    save_file_tag_name(tag, name);
    if (!buf_ok(b) || len > b->len - b->pos) {
        snprintf(error, error_size, "section %s is cut: it should have %llu bytes", name,
                 (unsigned long long)len);
        return -EINVAL;
    }
    if (save_file_find(file, tag)) {
        snprintf(error, error_size, "section %s is there twice", name);
        return -EINVAL;
    }
    if (file->n == SAVE_FILE_SECTIONS_MAX)
        return fail(error, error_size, "it has too many sections");
    file->sections[file->n++] = (struct save_section){tag, version, b->data + b->pos, (size_t)len};
    buf_skip(b, (size_t)len);
    return 0;
}

static int read_v2(struct save_file *file, struct buf *b, char *error, size_t error_size)
{
    uint32_t n = buf_get32(b);
    int err = 0;

    if (n > SAVE_FILE_SECTIONS_MAX)
        return fail(error, error_size, "it has too many sections");
    while (!err && n--) {
        uint32_t tag = buf_get32(b), version = buf_get32(b);
        uint64_t len = buf_get64(b);

        if (!buf_ok(b))
            return fail(error, error_size, "it is cut: a section is missing");
        err = add_section(file, b, tag, version, len, error, error_size);
    }
    return err;
}

static int read_v1(struct save_file *file, struct buf *b, char *error, size_t error_size)
{
    uint64_t len = buf_get32(b);
    size_t cpus_at;
    int err = add_section(file, b, SAVE_CONF, 1, len, error, error_size);

    if (!err && buf_get8(b) != 1)
        err = fail(error, error_size, "it was saved before power-on");
    if (!err)
        err = add_section(file, b, SAVE_HV, 1, V1_HV_SIZE, error, error_size);
    if (!err)
        err = add_section(file, b, SAVE_MBOX, 1, V1_MBOX_SIZE, error, error_size);
    if (!err)
        err = add_section(file, b, SAVE_RNG, 1, V1_RNG_SIZE, error, error_size);
    if (err)
        return err;
    cpus_at = b->pos;
    len = buf_get32(b);
    b->pos = cpus_at;
    if (len > V1_CPUS_MAX)
        return fail(error, error_size, "its number of CPUs is impossible");
    err = add_section(file, b, SAVE_VCPU, 1, 4 + 8 * len, error, error_size);
    if (!err) {
        len = buf_get32(b);
        err = add_section(file, b, SAVE_PSP, 1, len, error, error_size);
    }
    if (err)
        return err;
    len = buf_get32(b);
    return len ? add_section(file, b, SAVE_PAGE, 1, len, error, error_size) : 0;
}

int save_file_read(struct save_file *file, const uint8_t *data, size_t len, char *error,
                   size_t error_size)
{
    uint8_t digest[HASH_SIZE];
    struct buf b;
    bool v1;
    int err;

    file->n = 0;
    v1 = len >= MAGIC_SIZE && !memcmp(data, magic_v1, MAGIC_SIZE);
    if (!v1 && (len < MAGIC_SIZE || memcmp(data, magic, MAGIC_SIZE)))
        return fail(error, error_size, "it has no state of a SEV machine");
    if (len < HEADER_SIZE + HASH_SIZE)
        return fail(error, error_size, "it is cut");
    len -= HASH_SIZE;
    crypto_sha256(data, len, digest);
    if (memcmp(digest, data + len, HASH_SIZE))
        return fail(error, error_size, "its checksum is wrong");
    b = buf_reader(data, len);
    buf_skip(&b, MAGIC_SIZE);
    err = v1 ? read_v1(file, &b, error, error_size) : read_v2(file, &b, error, error_size);
    if (!err && !buf_done(&b))
        err = fail(error, error_size, "there are bytes after the last section");
    if (err)
        file->n = 0;
    return err;
}

/* --- write --- */

size_t save_file_size(const struct save_file *file)
{
    size_t size = HEADER_SIZE + HASH_SIZE;

    for (unsigned i = 0; i < file->n; i++)
        size += FRAME_SIZE + file->sections[i].len;
    return size;
}

void save_file_write(const struct save_file *file, uint8_t *out)
{
    size_t size = save_file_size(file) - HASH_SIZE;
    struct buf b = buf_writer(out, size);

    buf_put(&b, magic, MAGIC_SIZE);
    buf_put32(&b, file->n);
    for (unsigned i = 0; i < file->n; i++) {
        const struct save_section *section = &file->sections[i];

        buf_put32(&b, section->tag);
        buf_put32(&b, section->version);
        buf_put64(&b, section->len);
        buf_put(&b, section->data, section->len);
    }
    assert(buf_done(&b));
    crypto_sha256(out, size, out + size);
}
