/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The packet that carries a secret or a guest's page; see packet.h.
 */
#include "packet.h"

#include <errno.h>

#include "buf.h"
#include "crypto.h"

/* The part of the MAC's message before DATA: context, FLAGS, IV, GUEST_LEN, TRANS_LEN. */
#define MAC_PREFIX_SIZE (1 + 4 + 16 + 4 + 4)

void packet_header_read(struct packet_header *header, const uint8_t wire[PACKET_HEADER_SIZE])
{
    struct buf in = buf_reader(wire, PACKET_HEADER_SIZE);
    header->flags = buf_get32(&in);
    buf_get(&in, header->iv, sizeof(header->iv));
    buf_get(&in, header->mac, sizeof(header->mac));
}

void packet_header_write(const struct packet_header *header, uint8_t wire[PACKET_HEADER_SIZE])
{
    struct buf out = buf_writer(wire, PACKET_HEADER_SIZE);
    buf_put32(&out, header->flags);
    buf_put(&out, header->iv, sizeof(header->iv));
    buf_put(&out, header->mac, sizeof(header->mac));
}

/* The MAC covers the ciphertext, so it is checked before anything is decrypted. */
static int compute_mac(const struct packet_header *header, const struct packet_keys *keys,
                       uint32_t guest_len, const uint8_t *data, uint32_t len, uint8_t mac[32])
{
    uint8_t prefix[MAC_PREFIX_SIZE];
    struct buf out = buf_writer(prefix, sizeof(prefix));
    buf_put8(&out, keys->context);
    buf_put32(&out, header->flags);
    buf_put(&out, header->iv, sizeof(header->iv));
    buf_put32(&out, guest_len);
    buf_put32(&out, len);
    if (!buf_done(&out))
        return -EINVAL;

    const struct crypto_piece pieces[] = {
        {prefix, sizeof(prefix)},
        {data, len},
        {keys->measure, keys->measure ? CRYPTO_SHA256_SIZE : 0},
    };
    return crypto_hmac_sha256(keys->tik, 16, pieces, 3, mac);
}

int packet_seal(struct packet_header *header, const struct packet_keys *keys, uint32_t guest_len,
                uint8_t *data, uint32_t len)
{
    int err = crypto_aes128_ctr(keys->tek, header->iv, data, len);
    if (!err)
        err = compute_mac(header, keys, guest_len, data, len, header->mac);
    return err;
}

int packet_open(const struct packet_header *header, const struct packet_keys *keys,
                uint32_t guest_len, uint8_t *data, uint32_t len)
{
    uint8_t mac[CRYPTO_SHA256_SIZE];
    int err = compute_mac(header, keys, guest_len, data, len, mac);
    if (!err && crypto_compare(mac, header->mac, sizeof(mac)))
        err = -EBADMSG;
    if (!err)
        err = crypto_aes128_ctr(keys->tek, header->iv, data, len);
    crypto_wipe(mac, sizeof(mac));
    return err;
}
