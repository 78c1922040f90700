/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bounds-checked cursors over little-endian wire data. Command buffers, certificates, sessions and
 * stored state are read and written through these, never by casting.
 *
 * Source: Linux include/linux/psp-sev.h (all structures little endian, packed).
 */
#ifndef PSP_BUF_H
#define PSP_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A cursor goes bad at the first access past its end (or write through a reader) and stays so;
 * reads then give zeros and writes do nothing. Check buf_ok() once at the end. */
struct buf {
    uint8_t *data;
    size_t len, pos;
    bool bad, readonly;
};

struct buf buf_reader(const void *data, size_t len);
struct buf buf_writer(void *data, size_t len);
bool buf_ok(const struct buf *b);   /* nothing went past the end */
bool buf_done(const struct buf *b); /* ok, and everything was consumed */

uint8_t buf_get8(struct buf *b);
uint16_t buf_get16(struct buf *b);
uint32_t buf_get32(struct buf *b);
uint64_t buf_get64(struct buf *b);
void buf_get(struct buf *b, void *out, size_t len);
void buf_skip(struct buf *b, size_t len);
bool buf_get_zero(struct buf *b, size_t len); /* were they there and all zero */

void buf_put8(struct buf *b, uint8_t v);
void buf_put16(struct buf *b, uint16_t v);
void buf_put32(struct buf *b, uint32_t v);
void buf_put64(struct buf *b, uint64_t v);
void buf_put(struct buf *b, const void *data, size_t len);
void buf_fill(struct buf *b, uint8_t v, size_t len);

#ifdef __cplusplus
}
#endif
#endif
