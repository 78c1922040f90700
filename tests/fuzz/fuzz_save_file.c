/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the file of a saved machine. A file that is refused changes nothing; one that is
 * accepted can be saved and restored again.
 *
 * Input: a byte for the kind of the file, then
 *   0xxxxxxx  all of the file
 *   1xxxxxxx  changes to the file of a running machine: offset u16, what u8, value u8; `what` 0
 *             sets a byte, 1 adds to it, 2 removes the bytes from there on, 3 repeats `value` bytes
 * The checksum is made right unless bit 0 of the first byte is set.
 */
#include "fuzz_host.h"

#include <errno.h>
#include <string.h>

#include "hypervisor/hv.h"
#include "msr.h"
#include "psp.h"
#include "psp_mailbox.h"
#include "rng.h"
#include "saved_machine.h"
#include "protocol/crypto.h"

#define CPUS      2u
#define PAGES     8u
#define HASH_SIZE 32u
#define RAM_SIZE  0x4000u
#define CMD_ADDR  0x100u
#define FILE_MAX  0x4000u

/* --- the secure processor --- */

static uint8_t ram[RAM_SIZE];
static struct fuzz_host host_state = {.ram = ram, .ram_size = RAM_SIZE, .seed = 1};
static const struct psp_host host = {FUZZ_PSP_HOST};
static const struct psp_config config = {
    .api_major = 1, .api_minor = 55, .build = 21, .asids = FUZZ_ASIDS, .cpus = CPUS};

/* --- memory encryption: the ASID of each page --- */

static uint8_t pages[PAGES];

static size_t memory_size(void *ctx)
{
    (void)ctx;
    return PAGES;
}

static void memory_save(void *ctx, uint8_t *out)
{
    (void)ctx;
    memcpy(out, pages, PAGES);
}

static int memory_check(void *ctx, const uint8_t *in, size_t len, bool (*has_key)(void *, uint32_t),
                        void *key_ctx)
{
    (void)ctx;
    if (len != PAGES)
        return -EINVAL;
    for (unsigned i = 0; i < PAGES; i++)
        if (in[i] && !has_key(key_ctx, in[i]))
            return -ENOKEY;
    return 0;
}

static void memory_forget(void *ctx)
{
    (void)ctx;
    memset(pages, 0, PAGES);
}

static int memory_restore(void *ctx, const uint8_t *in, size_t len)
{
    (void)ctx;
    FUZZ_CHECK(len == PAGES);
    for (unsigned i = 0; i < PAGES; i++)
        FUZZ_CHECK(!in[i] || (in[i] <= FUZZ_ASIDS && host_state.key_loaded[in[i]]));
    memcpy(pages, in, PAGES);
    return 0;
}

static const struct saved_memory_ops memory_ops = {memory_size, memory_save, memory_check,
                                                   memory_forget, memory_restore};

/* --- the machine --- */

static struct psp_mailbox mailbox;
static struct rng rng;
static struct msr_state msr[CPUS], *const msrs[CPUS] = {&msr[0], &msr[1]};
static struct saved_parts parts = {.configuration = "cbitpos=47",
                                   .mailbox = &mailbox,
                                   .rng = &rng,
                                   .cpus = CPUS,
                                   .msrs = msrs,
                                   .memory = &memory_ops};

static void command(uint16_t id, const void *buffer, size_t len)
{
    memset(ram + CMD_ADDR, 0, SEV_COMMAND_SIZE_MAX);
    if (len)
        memcpy(ram + CMD_ADDR, buffer, len);
    FUZZ_CHECK(psp_exec(parts.psp, PSP_ISSUER_GUEST, id, len ? CMD_ADDR : 0) == SEV_STATUS_SUCCESS);
}

static uint8_t first[FILE_MAX];
static size_t first_len;

static size_t save(uint8_t *out)
{
    uint8_t *data;
    size_t len;
    char error[200];

    FUZZ_CHECK(saved_machine_write(&parts, &data, &len, error, sizeof(error)) == 0);
    FUZZ_CHECK(len <= FILE_MAX);
    memcpy(out, data, len);
    free(data);
    return len;
}

/* INIT, LAUNCH_START, LAUNCH_MEASURE, LAUNCH_FINISH: as short as a guest can be started. */
static void start(void)
{
    static const struct hv_ops ops;
    static const uint8_t hv_state[16 + HV_MEASUREMENT_SIZE] = {1, 1, 1, 0, 0, HV_RUNNING, 0,
                                                               0, 1, 0, 0, 0, 1};
    static const uint32_t launch[] = {0, 1}, measure[] = {1, 0, 0x1000, 0, 48}, finish[] = {1},
                          activate[] = {1, 1}, init[] = {0};

    parts.psp = psp_new(&host, &host_state, &config);
    parts.hv = hv_new(&ops, NULL);
    FUZZ_CHECK(parts.psp && parts.hv);
    psp_mailbox_init(&mailbox, parts.psp);
    rng_init(&rng, "seed");
    command(SEV_CMD_INIT, init, sizeof(init));
    psp_wbinvd(parts.psp, 0);
    psp_wbinvd(parts.psp, 1);
    command(SEV_CMD_DF_FLUSH, NULL, 0);
    command(SEV_CMD_LAUNCH_START, launch, sizeof(launch));
    command(SEV_CMD_ACTIVATE, activate, sizeof(activate));
    command(SEV_CMD_LAUNCH_MEASURE, measure, sizeof(measure));
    command(SEV_CMD_LAUNCH_FINISH, finish, sizeof(finish));
    FUZZ_CHECK(!hv_check_saved(hv_state, sizeof(hv_state)));
    hv_restore(parts.hv, hv_state, sizeof(hv_state));
    pages[2] = 1;
    first_len = save(first);
}

static size_t change(uint8_t *file, const uint8_t *data, size_t size)
{
    size_t len = first_len;

    memcpy(file, first, len);
    while (size >= 4) {
        size_t at = ((size_t)data[0] | (size_t)data[1] << 8) % first_len;
        uint8_t value = data[3];

        switch (data[2] % 4) {
        case 0:
            file[at] = value;
            break;
        case 1:
            file[at] = (uint8_t)(file[at] + value);
            break;
        case 2:
            len = at;
            break;
        default:
            memmove(file + at + value, file + at, first_len - at);
            len = len + value <= FILE_MAX - 512 ? len + value : len;
        }
        data += 4;
        size -= 4;
    }
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[FILE_MAX + 512], now[FILE_MAX];
    char error[300] = "";
    uint8_t kind = 0, *exact;
    size_t len;
    int err;

    if (!parts.psp)
        start();
    fuzz_take(&data, &size, &kind, 1);
    len = size < FILE_MAX ? size : FILE_MAX;
    if (kind & 0x80)
        len = change(file, data, size);
    else
        memcpy(file, data, len);
    if (!(kind & 1) && len >= HASH_SIZE)
        crypto_sha256(file, len - HASH_SIZE, file + len - HASH_SIZE);
    exact = malloc(len ? len : 1);
    FUZZ_CHECK(exact);
    memcpy(exact, file, len);
    err = saved_machine_read(&parts, exact, len, error, sizeof(error));
    free(exact);
    FUZZ_CHECK(err == 0 || (err == -EINVAL && *error));
    len = save(now);
    if (err) {
        FUZZ_CHECK(len == first_len && memcmp(now, first, len) == 0);
        return 0;
    }
    FUZZ_CHECK(saved_machine_read(&parts, now, len, error, sizeof(error)) == 0);
    FUZZ_CHECK(saved_machine_read(&parts, first, first_len, error, sizeof(error)) == 0);
    FUZZ_CHECK(save(now) == first_len && memcmp(now, first, first_len) == 0);
    return 0;
}
