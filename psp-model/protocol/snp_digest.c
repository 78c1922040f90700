/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch digest of a SEV-SNP guest; see snp_digest.h.
 */
#include "snp_digest.h"

#include <assert.h>

#include "buf.h"

#define TYPE_NORMAL    1u
#define TYPE_VMSA      2u
#define PAGE_INFO_SIZE 0x70u

/* By enum snp_page_type of sev_abi.h. */
static const char *const type_names[] = {NULL,         "NORMAL",  "VMSA", "ZERO",
                                         "UNMEASURED", "SECRETS", "CPUID"};

const char *snp_digest_type_name(uint8_t type)
{
    return type && type < sizeof(type_names) / sizeof(type_names[0]) ? type_names[type] : "?";
}

bool snp_digest_measures(uint8_t type)
{
    return type == TYPE_NORMAL || type == TYPE_VMSA;
}

void snp_digest_add(uint8_t digest[CRYPTO_SHA384_SIZE], const struct snp_digest_page *page,
                    const void *contents)
{
    uint8_t hash[CRYPTO_SHA384_SIZE] = {0}, info[PAGE_INFO_SIZE];
    struct buf b = buf_writer(info, sizeof(info));

    if (contents)
        crypto_digest(CRYPTO_HASH_SHA384, contents, SNP_DIGEST_PAGE, hash);
    buf_put(&b, digest, CRYPTO_SHA384_SIZE);
    buf_put(&b, hash, sizeof(hash));
    buf_put16(&b, PAGE_INFO_SIZE);
    buf_put8(&b, page->type);
    buf_put8(&b, page->imi);
    buf_put8(&b, 0);
    buf_put(&b, page->perms, sizeof(page->perms));
    buf_put64(&b, page->gpa);
    assert(buf_done(&b));
    crypto_digest(CRYPTO_HASH_SHA384, info, sizeof(info), digest);
}
