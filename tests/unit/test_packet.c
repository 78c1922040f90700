/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of psp-model/protocol/packet against packets that python3-cryptography made.
 */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "protocol/crypto.h"
#include "protocol/packet.h"
#include "vectors.h"

#define FILE_NAME "packet.txt"

struct known {
    uint8_t header[PACKET_HEADER_SIZE], plain[128], data[128];
    uint32_t len;
};

static uint8_t tek[16], tik[16], measure[32];

static int setup(void **state)
{
    (void)state;
    vector_exact(FILE_NAME, "tek", tek, 16);
    vector_exact(FILE_NAME, "tik", tik, 16);
    vector_exact(FILE_NAME, "measure", measure, 32);
    return crypto_init();
}

static struct known load(const char *name)
{
    struct known k;
    char key[32];
    snprintf(key, sizeof(key), "%s_header", name);
    vector_exact(FILE_NAME, key, k.header, sizeof(k.header));
    snprintf(key, sizeof(key), "%s_plain", name);
    k.len = (uint32_t)vector_get(FILE_NAME, key, k.plain, sizeof(k.plain));
    snprintf(key, sizeof(key), "%s_data", name);
    vector_exact(FILE_NAME, key, k.data, k.len);
    return k;
}

static struct packet_keys keys(void)
{
    return (struct packet_keys){tek, tik, PACKET_LAUNCH_SECRET, measure};
}

static void seal_then_open(const char *name, const struct packet_keys *with)
{
    struct known k = load(name);
    struct packet_header header;
    uint8_t wire[PACKET_HEADER_SIZE], data[128];

    packet_header_read(&header, k.header);
    memset(header.mac, 0, sizeof(header.mac));
    memcpy(data, k.plain, k.len);
    assert_int_equal(packet_seal(&header, with, k.len, data, k.len), 0);
    assert_memory_equal(data, k.data, k.len);
    packet_header_write(&header, wire);
    assert_memory_equal(wire, k.header, sizeof(wire));

    assert_int_equal(packet_open(&header, with, k.len, data, k.len), 0);
    assert_memory_equal(data, k.plain, k.len);
}

static void known_answers(void **state)
{
    (void)state;
    struct packet_keys with = keys();
    seal_then_open("secret", &with);
    seal_then_open("carry", &with);
    with.context = 2;
    seal_then_open("flags", &with);
}

static void before_0_17_without_measure(void **state)
{
    (void)state;
    struct packet_keys with = keys();
    with.measure = NULL;
    seal_then_open("old", &with);
}

static void header_fields(void **state)
{
    (void)state;
    struct known k = load("flags");
    struct packet_header header;
    packet_header_read(&header, k.header);
    assert_int_equal(header.flags, 0x01020304);
    assert_memory_equal(header.iv, k.header + 4, 16);
    assert_memory_equal(header.mac, k.header + 20, 32);
}

/* Everything that the MAC covers, changed one at a time; the data must stay as it came. */
static void any_change_is_refused(void **state)
{
    (void)state;
    struct known k = load("secret");
    for (unsigned bit = 0; bit < 8 * PACKET_HEADER_SIZE; bit++) {
        struct packet_header header;
        struct packet_keys with = keys();
        uint8_t wire[PACKET_HEADER_SIZE], data[128];
        memcpy(wire, k.header, sizeof(wire));
        wire[bit / 8] ^= (uint8_t)(1 << bit % 8);
        memcpy(data, k.data, k.len);
        packet_header_read(&header, wire);
        assert_int_equal(packet_open(&header, &with, k.len, data, k.len), -EBADMSG);
        assert_memory_equal(data, k.data, k.len);
    }
}

static void wrong_context_is_refused(void **state)
{
    (void)state;
    struct known k = load("secret");
    struct packet_header header;
    uint8_t other[32], data[128];
    memcpy(other, measure, sizeof(other));
    other[0] ^= 1;
    packet_header_read(&header, k.header);
    const struct packet_keys wrong[] = {
        {tek, tek, PACKET_LAUNCH_SECRET, measure},
        {tek, tik, PACKET_LAUNCH_SECRET + 1, measure},
        {tek, tik, PACKET_LAUNCH_SECRET, other},
        {tek, tik, PACKET_LAUNCH_SECRET, NULL},
    };
    memcpy(data, k.data, k.len);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(packet_open(&header, &wrong[i], k.len, data, k.len), -EBADMSG);
    struct packet_keys right = keys();
    assert_int_equal(packet_open(&header, &right, k.len + 1, data, k.len), -EBADMSG);
    assert_int_equal(packet_open(&header, &right, k.len, data, k.len - 1), -EBADMSG);
    data[0] ^= 1;
    assert_int_equal(packet_open(&header, &right, k.len, data, k.len), -EBADMSG);
    data[0] ^= 1;
    assert_memory_equal(data, k.data, k.len);
    assert_int_equal(packet_open(&header, &right, k.len, data, k.len), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(before_0_17_without_measure),
        cmocka_unit_test(header_fields),
        cmocka_unit_test(any_change_is_refused),
        cmocka_unit_test(wrong_context_is_refused),
    };
    return cmocka_run_group_tests_name("packet", tests, setup, NULL);
}
