/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a VCEK or VLEK certificate says; see snp_leaf.h.
 */
#include "snp_leaf.h"

#include <stdio.h>
#include <string.h>

#define OID_AMD "1.3.6.1.4.1.3704.1."

static bool extension(gnutls_x509_crt_t cert, const char *number, uint8_t *data, size_t *len)
{
    char oid[sizeof(OID_AMD) + 8];
    unsigned critical;

    snprintf(oid, sizeof(oid), OID_AMD "%s", number);
    return gnutls_x509_crt_get_extension_by_oid(cert, oid, 0, data, len, &critical) >= 0;
}

/* A level is an INTEGER from 0 to 255. */
static bool read_level(gnutls_x509_crt_t cert, const char *number, uint8_t *level)
{
    uint8_t data[8];
    size_t len = sizeof(data);

    if (!extension(cert, number, data, &len) || len < 3 || data[0] != 0x02 || data[1] != len - 2)
        return false;
    *level = data[len - 1];
    return len == 3 ? data[2] < 0x80 : len == 4 && data[2] == 0 && data[3] >= 0x80;
}

/* An IA5String, as a C string. */
static bool read_text(gnutls_x509_crt_t cert, const char *number, char *text, size_t cap)
{
    uint8_t data[128];
    size_t len = sizeof(data);

    if (!extension(cert, number, data, &len) || len < 3 || data[0] != 0x16 || data[1] != len - 2 ||
        len - 2 >= cap)
        return false;
    for (size_t i = 2; i < len; i++) {
        if (data[i] < 0x20 || data[i] > 0x7e)
            return false;
    }
    memcpy(text, data + 2, len - 2);
    text[len - 2] = '\0';
    return true;
}

/* The id is there as it is, or as an OCTET STRING: virtee/snpguest takes both. */
static bool read_chip_id(gnutls_x509_crt_t cert, enum tcb_model model, uint8_t id[64])
{
    uint8_t data[80], *from = data;
    size_t len = sizeof(data), want = tcb_chip_id_size(model);

    if (!extension(cert, "4", data, &len))
        return false;
    if (len == want + 2 && data[0] == 0x04 && data[1] == want)
        from += 2;
    else if (len != want)
        return false;
    memset(id, 0, 64);
    memcpy(id, from, want);
    return true;
}

static bool read_key(gnutls_x509_crt_t cert, struct crypto_p384_public *pub)
{
    gnutls_datum_t x = {0}, y = {0};
    gnutls_ecc_curve_t curve;
    uint8_t *const to[] = {pub->x, pub->y};
    bool good = gnutls_x509_crt_get_pk_ecc_raw(cert, &curve, &x, &y) >= 0;

    /* GnuTLS gives numbers with a zero in front if the first bit is set. */
    for (unsigned i = 0; good && i < 2; i++) {
        const gnutls_datum_t *number = i ? &y : &x;
        size_t skip = number->size > CRYPTO_P384_SIZE ? number->size - CRYPTO_P384_SIZE : 0;
        size_t used = number->size - skip;

        good = curve == GNUTLS_ECC_CURVE_SECP384R1 && skip <= 1;
        memset(to[i], 0, CRYPTO_P384_SIZE);
        if (good)
            memcpy(to[i] + CRYPTO_P384_SIZE - used, number->data + skip, used);
    }
    gnutls_free(x.data);
    gnutls_free(y.data);
    return good && crypto_p384_check(pub) == 0;
}

/* "Milan-B0" in a VCEK, "Milan" in a VLEK. */
bool snp_leaf_model(gnutls_x509_crt_t cert, enum tcb_model *model)
{
    char name[64];

    if (!read_text(cert, "2", name, sizeof(name)))
        return false;
    name[strcspn(name, "-")] = '\0';
    return tcb_model_parse(name, model);
}

enum owner_exit snp_leaf_read(gnutls_x509_crt_t cert, bool loaded, struct snp_leaf *leaf)
{
    const struct {
        const char *number, *what;
        uint8_t *level;
    } levels[] = {
        {"3.1", "boot loader", &leaf->tcb.bootloader},
        {"3.2", "TEE", &leaf->tcb.tee},
        {"3.3", "SNP firmware", &leaf->tcb.snp},
        {"3.8", "microcode", &leaf->tcb.microcode},
        {"3.9", "FMC", &leaf->tcb.fmc},
    };
    const char *name = loaded ? "VLEK" : "VCEK";

    memset(leaf, 0, sizeof(*leaf));
    leaf->loaded = loaded;
    if (!snp_leaf_model(cert, &leaf->model))
        return owner_fail(OWNER_INPUT, "the %s is of no line that is known here", name);
    for (unsigned i = 0; i < (leaf->model == TCB_TURIN ? 5u : 4u); i++) {
        if (!read_level(cert, levels[i].number, levels[i].level))
            return owner_fail(OWNER_INPUT, "the %s does not have the level of the %s", name,
                              levels[i].what);
    }
    if (leaf->loaded ? !read_text(cert, "5", leaf->csp_id, sizeof(leaf->csp_id))
                     : !read_chip_id(cert, leaf->model, leaf->chip_id))
        return owner_fail(OWNER_INPUT, "the %s does not name its %s", name,
                          leaf->loaded ? "cloud provider" : "chip");
    if (!read_key(cert, &leaf->pub))
        return owner_fail(OWNER_INPUT, "the key of the %s is not on the curve P-384", name);
    return OWNER_OK;
}
