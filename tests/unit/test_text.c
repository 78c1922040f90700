/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of what text and files stand for: base64 (vectors of RFC 4648, section 10), hexadecimal,
 * a blob that is raw or base64, the reader of files, QEMU's table of kernel hashes.
 */
#define _DEFAULT_SOURCE /* mkstemp() */

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/b64.h"
#include "protocol/blob.h"
#include "protocol/file.h"
#include "protocol/hex.h"
#include "protocol/kernel_hashes.h"

static void base64_of_rfc_4648(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *text;
    } vectors[] = {{"", ""},
                   {"f", "Zg=="},
                   {"fo", "Zm8="},
                   {"foo", "Zm9v"},
                   {"foob", "Zm9vYg=="},
                   {"fooba", "Zm9vYmE="},
                   {"foobar", "Zm9vYmFy"}};
    char text[16], plain[16];

    for (unsigned i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        size_t len = strlen(vectors[i].plain);

        b64_encode(vectors[i].plain, len, text);
        assert_string_equal(text, vectors[i].text);
        assert_int_equal(b64_decode(text, strlen(text), plain, len), len);
        assert_memory_equal(plain, vectors[i].plain, len);
    }
}

static void base64_of_every_byte(void **state)
{
    (void)state;
    uint8_t bytes[256], again[256];
    char text[B64_TEXT_SIZE(256)];

    for (unsigned i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    for (unsigned len = 0; len <= 256; len++) {
        b64_encode(bytes, len, text);
        assert_int_equal(strlen(text) + 1, B64_TEXT_SIZE(len));
        assert_int_equal(b64_decode(text, strlen(text), again, len), len);
        assert_memory_equal(again, bytes, len);
        if (len)
            assert_int_equal(b64_decode(text, strlen(text), again, len - 1), -ENOSPC);
    }
}

static void what_is_not_base64(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "Z",    "Zg",   "Zg=",   "Z===",     "====",    "=Zg=",    "Zg=v",
        "Zm9-", "Zm9_", "Zm9v=", "Zg==Zg==", "Zm9\x80", "Zm9v\nZ", "Zm9v#"};
    char out[64];

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(b64_decode(wrong[i], strlen(wrong[i]), out, sizeof(out)), -EINVAL);
    assert_int_equal(b64_decode("Zm9v\0", 5, out, sizeof(out)), -EINVAL);
    assert_int_equal(b64_decode(" Z m\t9\nv\r\n", 10, out, sizeof(out)), 3);
}

static void hexadecimal(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "0", "00ff", "00ff1g", "00ff 1", "00ff11 ", "0x00ff"};
    const uint8_t bytes[] = {0x00, 0xff, 0x1a};
    char text[HEX_TEXT_SIZE(3)];
    uint8_t again[3];

    hex_encode(bytes, 3, text);
    assert_string_equal(text, "00ff1a");
    assert_true(hex_decode("00Ff1A", again, 3));
    assert_memory_equal(bytes, again, 3);
    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_false(hex_decode(wrong[i], again, 3));
}

/* One rule: base64 of an allowed size wins, else raw of an allowed size. */
static void a_blob_is_raw_or_base64(void **state)
{
    (void)state;
    uint8_t out[8];
    bool base64;
    size_t len;

    assert_int_equal(blob_decode("Zm9v\n", 5, 3, 3, out, &len, &base64), 0);
    assert_true(base64 && len == 3 && memcmp(out, "foo", 3) == 0);
    assert_int_equal(blob_decode("Zm9v", 4, 4, 4, out, &len, &base64), 0);
    assert_true(!base64 && len == 4 && memcmp(out, "Zm9v", 4) == 0);
    assert_int_equal(blob_decode("Zm9v", 4, 1, 8, out, &len, NULL), 0);
    assert_int_equal(len, 3);
    assert_int_equal(blob_decode("\0\1\2", 3, 1, 8, out, &len, &base64), 0);
    assert_true(!base64 && len == 3);
    assert_int_equal(blob_decode("Zm9v", 4, 5, 8, out, &len, NULL), -EINVAL);
    assert_int_equal(blob_decode("123456789", 9, 1, 8, out, &len, NULL), -EINVAL);
}

static void files(void **state)
{
    (void)state;
    char path[] = "/tmp/test_text.XXXXXX", why[FILE_WHY_SIZE];
    int fd = mkstemp(path);
    uint8_t *data;
    size_t len;

    assert_true(fd >= 0 && write(fd, "four", 4) == 4);
    close(fd);
    assert_int_equal(file_check(path, why), 0);
    assert_int_equal(file_read(path, 4, &data, &len, why), 0);
    assert_int_equal(len, 4);
    assert_string_equal((char *)data, "four");
    free(data);
    assert_int_equal(file_read(path, 3, &data, &len, why), -EFBIG);
    assert_null(data);
    assert_string_equal(why, "has more than 3 bytes");
    unlink(path);
    assert_int_equal(file_read(path, 4, &data, &len, why), -ENOENT);
    assert_string_equal(why, "cannot be read (No such file or directory)");
    assert_int_equal(file_check(path, why), -ENOENT);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(file_read(path, 4, &data, &len, why), -EINVAL); /* and does not block */
    assert_string_equal(why, "is not a regular file");
    unlink(path);
}

/* QEMU target/i386/sev.c: the size of PaddedSevHashTable, the GUIDs in their order, the lengths. */
static void kernel_hashes(void **state)
{
    (void)state;
    struct kernel_hashes hashes;
    uint8_t table[KERNEL_HASHES_SIZE];
    char text[HEX_TEXT_SIZE(KERNEL_HASHES_SIZE)];

    memset(hashes.cmdline, 0xcc, 32);
    memset(hashes.initrd, 0xdd, 32);
    memset(hashes.kernel, 0xee, 32);
    memset(table, 0xff, sizeof(table));
    kernel_hashes_write(&hashes, table);
    hex_encode(table, sizeof(table), text);
#define DIGEST(x) x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x
    assert_string_equal(text, "06d63894224fc94cb479a793d411fd21a800"
                              "d82dd09720bd944caa78e7714d36ab2a3200" DIGEST(
                                  "cc") "31f7ba442f3ad74b9af141e29169781d320"
                                        "0" DIGEST("dd") "3794e74dd2ab7f42b835d"
                                                         "5b172d2045b320"
                                                         "0" DIGEST("ee") "00000000000"
                                                                          "00000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_of_rfc_4648),      cmocka_unit_test(base64_of_every_byte),
        cmocka_unit_test(what_is_not_base64),      cmocka_unit_test(hexadecimal),
        cmocka_unit_test(a_blob_is_raw_or_base64), cmocka_unit_test(files),
        cmocka_unit_test(kernel_hashes),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
