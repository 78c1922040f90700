/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Measure LAUNCH_UPDATE_DATA of 64 MiB, and libgcrypt's own time for the same SHA-256 and the same
 * AES-128-XTS, in one process in turns. Print the ratio of the medians. See `make bench`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/buf.h"
#include "protocol/crypto.h"
#include "mee.h"
#include "xts.h"
#include "psp.h"

#define REGION  0x4000000u /* 64 MiB */
#define COMMAND REGION     /* command buffers come after it */
#define RAM     (REGION + 0x10000u)
#define ROUNDS  5

static uint8_t *ram;
static struct mee *mee;

static bool ram_valid(void *ctx, enum psp_issuer issuer, uint64_t spa, uint64_t len)
{
    (void)ctx, (void)issuer;
    return spa <= RAM && len <= RAM - spa;
}

static int ram_read(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa, void *buf,
                    size_t len)
{
    (void)ctx, (void)issuer, (void)asid;
    memcpy(buf, ram + spa, len);
    return 0;
}

/* The launch writes whole pages only, so this encrypts whole pages only. */
static int ram_write(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                     const void *buf, size_t len)
{
    (void)ctx, (void)issuer;
    memcpy(ram + spa, buf, len);
    for (size_t done = 0; asid && done < len; done += MEE_PAGE_SIZE)
        if (mee_encrypt(mee, mee_key(mee, asid), spa + done, ram + spa + done))
            return -1;
    return 0;
}

static int key_install(void *ctx, uint32_t asid, const uint8_t vek[16])
{
    (void)ctx;
    return mee_key_install(mee, asid, vek);
}

static void key_remove(void *ctx, uint32_t asid)
{
    (void)ctx;
    mee_key_remove(mee, asid);
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    (void)ctx;
    memset(buf, 0x5a, len);
    return 0;
}

static uint64_t time_us(void *ctx)
{
    struct timespec now;
    (void)ctx;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void must(struct psp *psp, uint16_t command, uint64_t buffer)
{
    enum sev_status status = psp_exec(psp, PSP_ISSUER_HYPERVISOR, command, buffer);

    if (status == SEV_STATUS_SUCCESS)
        return;
    fprintf(stderr, "%s: %s\n", psp_command_name(command), psp_status_name((uint16_t)status));
    exit(1);
}

static struct buf command(void)
{
    memset(ram + COMMAND, 0, 0x1000);
    return buf_writer(ram + COMMAND, 0x1000);
}

static uint32_t launch(struct psp *psp)
{
    struct buf b = command();
    uint32_t handle;

    must(psp, SEV_CMD_INIT, COMMAND);
    psp_wbinvd(psp, 0);
    must(psp, SEV_CMD_DF_FLUSH, 0);
    b = command();
    must(psp, SEV_CMD_LAUNCH_START, COMMAND);
    b = buf_reader(ram + COMMAND, 4);
    handle = buf_get32(&b);
    b = command();
    buf_put32(&b, handle);
    buf_put32(&b, 1);
    must(psp, SEV_CMD_ACTIVATE, COMMAND);
    return handle;
}

static uint64_t update(struct psp *psp, uint32_t handle)
{
    struct buf b = command();
    uint64_t start = time_us(NULL);

    buf_put32(&b, handle);
    buf_put32(&b, 0);
    buf_put64(&b, 0);
    buf_put32(&b, REGION);
    must(psp, SEV_CMD_LAUNCH_UPDATE_DATA, COMMAND);
    return time_us(NULL) - start;
}

static uint64_t library(void)
{
    uint8_t digest[32], key[XTS_KEY_SIZE];
    struct xts *xts;
    uint64_t start;

    for (size_t i = 0; i < sizeof(key); i++)
        key[i] = (uint8_t)i;
    xts = xts_new(key);
    start = time_us(NULL);
    crypto_sha256(ram, REGION, digest);
    for (size_t done = 0; xts && done < REGION; done += MEE_PAGE_SIZE)
        if (xts_encrypt(xts, done / MEE_PAGE_SIZE, ram + done, MEE_PAGE_SIZE))
            exit(1);
    start = time_us(NULL) - start;
    xts_free(xts);
    return start;
}

/* Encrypt one page again and again: the least that a conversion can cost. */
static double page_us(void)
{
    static const unsigned rounds = 100000;
    uint8_t key[XTS_KEY_SIZE] = {1};
    struct xts *xts;
    uint64_t start;

    key[16] = 2;
    xts = xts_new(key);
    start = time_us(NULL);
    for (unsigned i = 0; xts && i < rounds; i++)
        if (xts_encrypt(xts, i, ram, MEE_PAGE_SIZE))
            exit(1);
    start = time_us(NULL) - start;
    xts_free(xts);
    return (double)start / rounds;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    static const struct psp_host host = {.ram_valid = ram_valid,
                                         .ram_read = ram_read,
                                         .ram_write = ram_write,
                                         .key_install = key_install,
                                         .key_remove = key_remove,
                                         .random = random_bytes,
                                         .time_us = time_us};
    static const struct psp_config config = {
        .api_major = 1, .api_minor = 55, .build = 21, .asids = 1, .cpus = 1};
    uint64_t ours[ROUNDS], theirs[ROUNDS];
    struct psp *psp;
    uint32_t handle;

    ram = calloc(1, RAM);
    mee = mee_new();
    psp = crypto_init() ? NULL : psp_new(&host, NULL, &config);
    if (!ram || !mee || !psp)
        return 1;
    handle = launch(psp);
    for (int i = 0; i < ROUNDS; i++) {
        theirs[i] = library();
        ours[i] = update(psp, handle);
    }
    qsort(ours, ROUNDS, sizeof(*ours), by_value);
    qsort(theirs, ROUNDS, sizeof(*theirs), by_value);
    printf(
        "LAUNCH_UPDATE_DATA of 64 MiB: %.1f ms; libgcrypt's SHA-256 and AES-128-XTS of it: %.1f ms;"
        " ratio %.2f\n",
        (double)ours[ROUNDS / 2] / 1e3, (double)theirs[ROUNDS / 2] / 1e3,
        (double)ours[ROUNDS / 2] / (double)theirs[ROUNDS / 2]);
    printf("AES-128-XTS of a page: %.3f us\n", page_us());
    psp_free(psp);
    mee_free(mee);
    free(ram);
    return 0;
}
