/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: packets of LAUNCH_SECRET and RECEIVE.
 *
 * Input: header (52), context and whether there is a MEASURE (2), GUEST_LEN (4), data.
 */
#include "fuzz.h"

#include <errno.h>
#include <string.h>

#include "protocol/crypto.h"
#include "protocol/packet.h"

#define DATA_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t tek[16] = {1}, tik[16] = {2}, measure[32] = {3};
    uint8_t wire[PACKET_HEADER_SIZE], again[PACKET_HEADER_SIZE], mode[2];
    uint8_t plain[DATA_MAX], buffer[DATA_MAX];
    struct packet_header header;
    uint32_t guest_len;
    FUZZ_CHECK(crypto_init() == 0);
    fuzz_take(&data, &size, wire, sizeof(wire));
    fuzz_take(&data, &size, mode, sizeof(mode));
    fuzz_take(&data, &size, &guest_len, sizeof(guest_len));
    uint32_t len = (uint32_t)(size < DATA_MAX ? size : DATA_MAX);
    fuzz_take(&data, &size, plain, len);
    memcpy(buffer, plain, len);
    const struct packet_keys keys = {tek, tik, mode[0], mode[1] & 1 ? measure : NULL};

    packet_header_read(&header, wire);
    packet_header_write(&header, again);
    FUZZ_CHECK(memcmp(again, wire, sizeof(wire)) == 0);
    FUZZ_CHECK(packet_open(&header, &keys, guest_len, buffer, len) == -EBADMSG);
    FUZZ_CHECK(memcmp(buffer, plain, len) == 0);

    FUZZ_CHECK(packet_seal(&header, &keys, guest_len, buffer, len) == 0);
    const struct packet_keys other = {tek, tik, mode[0], mode[1] & 1 ? NULL : measure};
    FUZZ_CHECK(packet_open(&header, &other, guest_len, buffer, len) == -EBADMSG);
    FUZZ_CHECK(packet_open(&header, &keys, guest_len + 1, buffer, len) == -EBADMSG);
    FUZZ_CHECK(packet_open(&header, &keys, guest_len, buffer, len) == 0);
    FUZZ_CHECK(memcmp(buffer, plain, len) == 0);
    return 0;
}
