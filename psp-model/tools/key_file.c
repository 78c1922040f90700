/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Private keys in PEM files; see key_file.h.
 */
#include "key_file.h"

#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "protocol/b64.h"

#define DER_MAX 1024 /* bytes of a key with its public part and its names */

/* --- DER ------------------------------------------------------------------------------------- */

enum {
    DER_INTEGER = 0x02,
    DER_OCTETS = 0x04,
    DER_OID = 0x06,
    DER_SEQUENCE = 0x30,
    DER_TAG_0 = 0xa0
};

static const uint8_t oid_ec_public_key[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t oid_p384[] = {0x2b, 0x81, 0x04, 0x00, 0x22};

struct der {
    const uint8_t *data;
    size_t len;
};

/* Take the next value, which must have the tag. Lengths of two bytes at most. */
static bool der_take(struct der *from, uint8_t tag, struct der *value)
{
    size_t header = 2, len;

    if (from->len < 2 || from->data[0] != tag)
        return false;
    len = from->data[1];
    if (len & 0x80) {
        unsigned more = len & 0x7f;

        if (more < 1 || more > 2 || from->len < 2 + more)
            return false;
        for (len = 0; header < 2 + more; header++)
            len = len << 8 | from->data[header];
    }
    if (len > from->len - header)
        return false;
    *value = (struct der){from->data + header, len};
    from->data += header + len;
    from->len -= header + len;
    return true;
}

static bool der_is(const struct der *value, const void *bytes, size_t len)
{
    return value->len == len && memcmp(value->data, bytes, len) == 0;
}

static bool der_take_number(struct der *from, uint8_t number)
{
    struct der value;

    return der_take(from, DER_INTEGER, &value) && der_is(&value, &number, 1);
}

/* ECPrivateKey: the number, and the curve unless `curve_known`. */
static bool read_ec(struct der der, bool curve_known, uint8_t d[CRYPTO_P384_SIZE])
{
    struct der body, number, tagged, oid;

    if (!der_take(&der, DER_SEQUENCE, &body) || !der_take_number(&body, 1) ||
        !der_take(&body, DER_OCTETS, &number) || number.len > CRYPTO_P384_SIZE)
        return false;
    if (der_take(&body, DER_TAG_0, &tagged)) {
        if (!der_take(&tagged, DER_OID, &oid) || !der_is(&oid, oid_p384, sizeof(oid_p384)))
            return false;
    } else if (!curve_known) {
        return false;
    }
    memset(d, 0, CRYPTO_P384_SIZE);
    memcpy(d + CRYPTO_P384_SIZE - number.len, number.data, number.len);
    return true;
}

/* PrivateKeyInfo around an ECPrivateKey. */
static bool read_pkcs8(struct der der, uint8_t d[CRYPTO_P384_SIZE])
{
    struct der body, algorithm, oid, key;

    return der_take(&der, DER_SEQUENCE, &body) && der_take_number(&body, 0) &&
           der_take(&body, DER_SEQUENCE, &algorithm) && der_take(&algorithm, DER_OID, &oid) &&
           der_is(&oid, oid_ec_public_key, sizeof(oid_ec_public_key)) &&
           der_take(&algorithm, DER_OID, &oid) && der_is(&oid, oid_p384, sizeof(oid_p384)) &&
           der_take(&body, DER_OCTETS, &key) && read_ec(key, true, d);
}

/* --- PEM ------------------------------------------------------------------------------------- */

static const struct pem_kind {
    const char *begin, *end;
    bool pkcs8;
} pem_kinds[] = {
    {"-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----", false},
    {"-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", true},
};

/* The base64 between the two lines of a kind; NULL if the file has not both. */
static const char *find_body(const uint8_t *file, size_t len, const struct pem_kind *kind,
                             size_t *body_len)
{
    const char *begin = memmem(file, len, kind->begin, strlen(kind->begin)), *end;

    if (!begin)
        return NULL;
    begin += strlen(kind->begin);
    end = memmem(begin, len - (size_t)(begin - (const char *)file), kind->end, strlen(kind->end));
    if (end)
        *body_len = (size_t)(end - begin);
    return end ? begin : NULL;
}

static bool read_pem(const uint8_t *file, size_t len, uint8_t d[CRYPTO_P384_SIZE])
{
    uint8_t der[DER_MAX];
    bool good = false;

    for (unsigned i = 0; i < sizeof(pem_kinds) / sizeof(pem_kinds[0]) && !good; i++) {
        size_t body_len = 0;
        const char *body = find_body(file, len, &pem_kinds[i], &body_len);
        long n = body ? b64_decode(body, body_len, der, sizeof(der)) : -1;

        if (n < 0)
            continue;
        good = pem_kinds[i].pkcs8 ? read_pkcs8((struct der){der, (size_t)n}, d)
                                  : read_ec((struct der){der, (size_t)n}, false, d);
    }
    crypto_wipe(der, sizeof(der));
    return good;
}

enum owner_exit key_file_read(const char *what, const char *path, struct crypto_p384_key *key)
{
    uint8_t *file = NULL;
    size_t len = 0;
    enum owner_exit code = input_file(what, path, &file, &len);

    if (code)
        return code;
    if (!read_pem(file, len, key->d) || crypto_p384_from_private(key))
        code = owner_fail(OWNER_INPUT,
                          "%s: %s has no private key on the curve P-384 in PEM without a password; "
                          "'openssl ecparam -name secp384r1 -genkey -noout' makes one",
                          what, path);
    crypto_wipe(file, len);
    free(file);
    return code;
}
