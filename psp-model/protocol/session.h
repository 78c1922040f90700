/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch session: how a guest owner (or a platform that sends a guest) hands TEK and TIK to the
 * firmware, wrapped under a key that both agree on by ECDH. The same code makes a session (owner's
 * tool, SEND_START) and opens it (LAUNCH_START, RECEIVE_START).
 *
 * Source: virtee/sev src/session/mod.rs Session::session(); AMDESE/sev-tool src/sevapi.h
 * sev_session_buf, tek_tik.
 *
 *   Z      = ECDH x-coordinate (crypto_p384_ecdh), 48 bytes
 *   master = KDF(Z, "sev-master-secret", nonce); KEK, KIK = KDF(master, "sev-kek" / "sev-kik")
 */
#ifndef PSP_SESSION_H
#define PSP_SESSION_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SESSION_SIZE 128

struct session {
    uint8_t nonce[16];
    uint8_t wrap_tk[32]; /* TEK || TIK under KEK, AES-128-CTR from wrap_iv */
    uint8_t wrap_iv[16];
    uint8_t wrap_mac[32];   /* HMAC-SHA-256(KIK, wrap_tk) */
    uint8_t policy_mac[32]; /* HMAC-SHA-256(TIK, policy) */
};

struct session_keys {
    uint8_t tek[16], tik[16]; /* secret: wipe them */
};

void session_read(struct session *session, const uint8_t wire[SESSION_SIZE]);
void session_write(const struct session *session, uint8_t wire[SESSION_SIZE]);

/* Wrap `keys` for the other end of Z. session->nonce and ->wrap_iv are inputs (random), the rest is
 * filled in. 0 or a negative errno. */
int session_seal(struct session *session, const void *z, size_t z_len,
                 const struct session_keys *keys, uint32_t policy)
    __attribute__((warn_unused_result));

/* Unwrap. 0; -EBADMSG if WRAP_MAC is wrong (another key, damaged blob); -EKEYREJECTED if POLICY_MAC
 * is wrong (made for another policy); another negative errno. `keys` is all zero unless 0. */
int session_open(const struct session *session, const void *z, size_t z_len, uint32_t policy,
                 struct session_keys *keys) __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
