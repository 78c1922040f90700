/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A writer of DER, the encoding of X.509 certificates. There is no reader here: certificates of
 * others are read by a library, in sevowner.
 *
 * Source: ITU-T X.690, 8 and 10 (definite lengths, in as few bytes as can be); RFC 5280, 4.1.2.5
 * (UTCTime until 2049).
 */
#ifndef PSP_DER_H
#define PSP_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DER_BOOLEAN          0x01
#define DER_INTEGER          0x02
#define DER_BIT_STRING       0x03
#define DER_OCTET_STRING     0x04
#define DER_NULL             0x05
#define DER_OID              0x06
#define DER_UTF8_STRING      0x0c
#define DER_PRINTABLE_STRING 0x13
#define DER_IA5_STRING       0x16
#define DER_UTC_TIME         0x17
#define DER_GENERAL_TIME     0x18
#define DER_SEQUENCE         0x30
#define DER_SET              0x31
#define DER_CONTEXT(n)       (0xa0 | (n)) /* [n], constructed */
#define DER_CONTEXT_PLAIN(n) (0x80 | (n)) /* [n], a string or number */

/* What was written so far. It goes bad when the buffer is too small, and stays so; check
 * der_ok() once at the end. */
struct der {
    uint8_t *data;
    size_t cap, len;
    bool bad;
};

struct der der_writer(void *data, size_t cap);
bool der_ok(const struct der *d);

/* One element with these contents. */
void der_put(struct der *d, uint8_t tag, const void *data, size_t len);
void der_text(struct der *d, uint8_t tag, const char *text);
/* Bytes that are DER already. */
void der_raw(struct der *d, const void *data, size_t len);
/* A number that is not negative. As bytes it is big endian; zeros in front are dropped. */
void der_unsigned(struct der *d, const uint8_t *big_endian, size_t len);
void der_number(struct der *d, uint64_t value);
/* Seconds since 1970, UTC, up to the year 9999. */
void der_time(struct der *d, int64_t seconds);

/* An element around others: what der_begin() returns goes to der_end(), which writes the tag and
 * the length in front of everything that was written in between. */
size_t der_begin(const struct der *d);
void der_end(struct der *d, size_t begin, uint8_t tag);
/* As der_end() for a BIT STRING, whose contents begin with the number of unused bits: 0. */
void der_end_bits(struct der *d, size_t begin);

#endif
