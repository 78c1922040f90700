/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch session, made and opened; see session.h.
 */
#include "session.h"

#include <errno.h>
#include <string.h>

#include "buf.h"
#include "crypto.h"
#include "kdf.h"

struct wrap_keys {
    uint8_t kek[KDF_SIZE], kik[KDF_SIZE];
};

void session_read(struct session *session, const uint8_t wire[SESSION_SIZE])
{
    struct buf in = buf_reader(wire, SESSION_SIZE);
    buf_get(&in, session->nonce, sizeof(session->nonce));
    buf_get(&in, session->wrap_tk, sizeof(session->wrap_tk));
    buf_get(&in, session->wrap_iv, sizeof(session->wrap_iv));
    buf_get(&in, session->wrap_mac, sizeof(session->wrap_mac));
    buf_get(&in, session->policy_mac, sizeof(session->policy_mac));
}

void session_write(const struct session *session, uint8_t wire[SESSION_SIZE])
{
    struct buf out = buf_writer(wire, SESSION_SIZE);
    buf_put(&out, session->nonce, sizeof(session->nonce));
    buf_put(&out, session->wrap_tk, sizeof(session->wrap_tk));
    buf_put(&out, session->wrap_iv, sizeof(session->wrap_iv));
    buf_put(&out, session->wrap_mac, sizeof(session->wrap_mac));
    buf_put(&out, session->policy_mac, sizeof(session->policy_mac));
}

static int derive(const struct session *session, const void *z, size_t z_len,
                  struct wrap_keys *wrap)
{
    uint8_t master[KDF_SIZE];
    int err =
        kdf_derive(z, z_len, "sev-master-secret", session->nonce, sizeof(session->nonce), master);
    if (!err)
        err = kdf_derive(master, sizeof(master), "sev-kek", NULL, 0, wrap->kek);
    if (!err)
        err = kdf_derive(master, sizeof(master), "sev-kik", NULL, 0, wrap->kik);
    crypto_wipe(master, sizeof(master));
    return err;
}

/* Over the ciphertext only: the IV is not covered. */
static int compute_wrap_mac(const struct session *session, const struct wrap_keys *wrap,
                            uint8_t mac[32])
{
    const struct crypto_piece piece = {session->wrap_tk, sizeof(session->wrap_tk)};
    return crypto_hmac_sha256(wrap->kik, sizeof(wrap->kik), &piece, 1, mac);
}

static int compute_policy_mac(const uint8_t tik[16], uint32_t policy, uint8_t mac[32])
{
    uint8_t wire[4];
    struct buf out = buf_writer(wire, sizeof(wire));
    buf_put32(&out, policy);
    const struct crypto_piece piece = {wire, sizeof(wire)};
    return crypto_hmac_sha256(tik, 16, &piece, 1, mac);
}

int session_seal(struct session *session, const void *z, size_t z_len,
                 const struct session_keys *keys, uint32_t policy)
{
    struct wrap_keys wrap;
    int err = derive(session, z, z_len, &wrap);
    if (!err) {
        memcpy(session->wrap_tk, keys->tek, 16);
        memcpy(session->wrap_tk + 16, keys->tik, 16);
        err = crypto_aes128_ctr(wrap.kek, session->wrap_iv, session->wrap_tk, 32);
    }
    if (!err)
        err = compute_wrap_mac(session, &wrap, session->wrap_mac);
    if (!err)
        err = compute_policy_mac(keys->tik, policy, session->policy_mac);
    if (err) /* the clear keys must not stay where the caller sends from */
        crypto_wipe(session->wrap_tk, sizeof(session->wrap_tk));
    crypto_wipe(&wrap, sizeof(wrap));
    return err;
}

int session_open(const struct session *session, const void *z, size_t z_len, uint32_t policy,
                 struct session_keys *keys)
{
    struct wrap_keys wrap;
    uint8_t mac[32], tk[32];
    memcpy(tk, session->wrap_tk, sizeof(tk));

    int err = derive(session, z, z_len, &wrap);
    if (!err)
        err = compute_wrap_mac(session, &wrap, mac);
    if (!err && crypto_compare(mac, session->wrap_mac, sizeof(mac)))
        err = -EBADMSG;
    if (!err)
        err = crypto_aes128_ctr(wrap.kek, session->wrap_iv, tk, sizeof(tk));
    if (!err)
        err = compute_policy_mac(tk + 16, policy, mac);
    if (!err && crypto_compare(mac, session->policy_mac, sizeof(mac)))
        err = -EKEYREJECTED;
    if (err)
        crypto_wipe(tk, sizeof(tk));
    memcpy(keys->tek, tk, 16);
    memcpy(keys->tik, tk + 16, 16);
    crypto_wipe(tk, sizeof(tk));
    crypto_wipe(mac, sizeof(mac));
    crypto_wipe(&wrap, sizeof(wrap));
    return err;
}
