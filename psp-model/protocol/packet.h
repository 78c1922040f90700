/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The packet that carries a secret (LAUNCH_SECRET) or a guest's page (SEND, RECEIVE): a 52-byte
 * header and AES-128-CTR data, authenticated with the TIK. Shared with the owner's tools.
 *
 * Source: AMDESE/sev-tool src/sevapi.h sev_hdr_buf; virtee/sev src/session/mod.rs
 * Session::secret(); libvirt virt-qemu-sev-validate ConfidentialVM.build_secrets().
 */
#ifndef PSP_PACKET_H
#define PSP_PACKET_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PACKET_HEADER_SIZE     52
#define PACKET_FLAG_COMPRESSED 1u

struct packet_header {
    uint32_t flags;
    uint8_t iv[16];
    uint8_t mac[32];
};

/* Wire form, little endian. */
void packet_header_read(struct packet_header *header, const uint8_t wire[PACKET_HEADER_SIZE]);
void packet_header_write(const struct packet_header *header, uint8_t wire[PACKET_HEADER_SIZE]);

/* The keys and the context that the MAC covers. `context` is the first byte of the MAC's message
 * (PACKET_LAUNCH_SECRET ...); `measure` 32 bytes, or NULL where it is no part of it (API before
 * 0.17, or another context). */
struct packet_keys {
    const uint8_t *tek, *tik; /* 16 bytes each */
    uint8_t context;
    const uint8_t *measure;
};
#define PACKET_LAUNCH_SECRET 0x01
#define PACKET_SEND_DATA     0x02 /* SEND_UPDATE_DATA, RECEIVE_UPDATE_DATA */
#define PACKET_SEND_VMSA     0x03 /* SEND_UPDATE_VMSA, RECEIVE_UPDATE_VMSA */

/* Encrypt `len` bytes of `data` in place and fill header->mac; header->flags and ->iv are inputs.
 * guest_len is GUEST_LEN of the MAC (equal to len unless compressed). 0 or a negative errno. */
int packet_seal(struct packet_header *header, const struct packet_keys *keys, uint32_t guest_len,
                uint8_t *data, uint32_t len) __attribute__((warn_unused_result));

/* Check the MAC, then decrypt in place. 0, -EBADMSG if the MAC is wrong (data unchanged), or
 * another negative errno. */
int packet_open(const struct packet_header *header, const struct packet_keys *keys,
                uint32_t guest_len, uint8_t *data, uint32_t len)
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
