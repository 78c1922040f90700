/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Callbacks of a host for the secure processor, for fuzz targets: memory, a memory encryption that
 * is only a XOR, random bytes from a seed. They check what the processor must do: it
 * touches only memory that ram_valid() allows, under ASIDs that have a key. A call can fail.
 *
 * The context of the callbacks is a struct fuzz_host.
 */
#ifndef TESTS_FUZZ_HOST_H
#define TESTS_FUZZ_HOST_H

#include "fuzz.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "psp_host.h"

#define FUZZ_ASIDS 4u

struct fuzz_host {
    uint8_t *ram;
    uint64_t ram_size;
    bool key_loaded[FUZZ_ASIDS + 1];
    uint8_t keys[FUZZ_ASIDS + 1][16];
    unsigned fail_in; /* this many calls succeed, then one fails; 0 = none fails */
    uint64_t seed;
};

static inline bool fuzz_host_fails(struct fuzz_host *host)
{
    return host->fail_in && --host->fail_in == 0;
}

static inline bool fuzz_ram_valid(void *ctx, enum psp_issuer issuer, uint64_t spa, uint64_t len)
{
    const struct fuzz_host *host = ctx;

    FUZZ_CHECK(issuer == PSP_ISSUER_GUEST); /* these commands are all the guest's */
    return spa <= host->ram_size && len <= host->ram_size - spa;
}

static inline void fuzz_engine(const struct fuzz_host *host, uint32_t asid, uint64_t spa,
                               uint8_t *buf, size_t len)
{
    FUZZ_CHECK(asid <= FUZZ_ASIDS && (asid == PSP_NO_ASID || host->key_loaded[asid]));
    for (size_t i = 0; asid != PSP_NO_ASID && i < len; i++)
        buf[i] ^= host->keys[asid][(spa + i) % 16] ^ (uint8_t)((spa + i) >> 4);
}

static inline int fuzz_ram_read(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                                void *buf, size_t len)
{
    struct fuzz_host *host = ctx;

    FUZZ_CHECK(fuzz_ram_valid(ctx, issuer, spa, len));
    if (fuzz_host_fails(host))
        return -EIO;
    memcpy(buf, host->ram + spa, len);
    fuzz_engine(host, asid, spa, buf, len);
    return 0;
}

static inline int fuzz_ram_write(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                                 const void *buf, size_t len)
{
    struct fuzz_host *host = ctx;

    FUZZ_CHECK(fuzz_ram_valid(ctx, issuer, spa, len));
    if (fuzz_host_fails(host))
        return -EIO;
    memcpy(host->ram + spa, buf, len);
    fuzz_engine(host, asid, spa, host->ram + spa, len);
    return 0;
}

static inline int fuzz_key_install(void *ctx, uint32_t asid, const uint8_t vek[16])
{
    struct fuzz_host *host = ctx;

    if (fuzz_host_fails(host))
        return -EIO;
    FUZZ_CHECK(asid >= 1 && asid <= FUZZ_ASIDS && !host->key_loaded[asid]);
    host->key_loaded[asid] = true;
    memcpy(host->keys[asid], vek, 16);
    return 0;
}

static inline void fuzz_key_remove(void *ctx, uint32_t asid)
{
    struct fuzz_host *host = ctx;

    FUZZ_CHECK(asid >= 1 && asid <= FUZZ_ASIDS && host->key_loaded[asid]);
    host->key_loaded[asid] = false;
}

static inline int fuzz_random_bytes(void *ctx, void *buf, size_t len)
{
    struct fuzz_host *host = ctx;
    uint8_t *out = buf;

    if (fuzz_host_fails(host))
        return -EIO;
    for (size_t i = 0; i < len; i++) {
        host->seed = host->seed * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(host->seed >> 56);
    }
    return 0;
}

static inline uint64_t fuzz_time_us(void *ctx)
{
    (void)ctx;
    return 0;
}

/* The members of struct psp_host that these functions are. */
#define FUZZ_PSP_HOST                                                                              \
    .ram_valid = fuzz_ram_valid, .ram_read = fuzz_ram_read, .ram_write = fuzz_ram_write,           \
    .key_install = fuzz_key_install, .key_remove = fuzz_key_remove, .random = fuzz_random_bytes,   \
    .time_us = fuzz_time_us

#endif
