/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A host for the secure processor in unit tests.
 *
 * Source: the contract of psp-model/psp_host.h. Memory encryption here is AES-128-CTR with the
 * block's address as counter: private and shared accesses differ, and it is independent of mee.c.
 */
#include "harness.h"

#include <errno.h>
#include <stdlib.h>

#include "protocol/crypto.h"

static bool fault(struct harness *h, enum fault which)
{
    h->calls[which]++;
    return h->after[which] >= 0 && h->after[which]-- == 0;
}

static bool ram_valid(void *ctx, enum psp_issuer issuer, uint64_t spa, uint64_t len)
{
    struct harness *h = ctx;

    h->issuers_seen |= 1u << issuer;
    if (h->hypervisor_only && issuer != PSP_ISSUER_HYPERVISOR && spa + len > h->hypervisor_only)
        return false;
    return spa <= RAM_SIZE && len <= RAM_SIZE - spa;
}

/* XOR the bytes at spa with the key stream of their 16-byte blocks. */
static void engine(const struct harness *h, uint32_t asid, uint64_t spa, uint8_t *buf, size_t len)
{
    assert_in_range(asid, 1, ASIDS);
    assert_true(h->keys[asid].loaded);
    for (size_t i = 0; i < len;) {
        uint8_t counter[16] = {0}, stream[16] = {0};
        uint64_t block = (spa + i) / 16;
        unsigned at = (unsigned)((spa + i) % 16);

        memcpy(counter, &block, sizeof(block));
        assert_int_equal(crypto_aes128_ctr(h->keys[asid].vek, counter, stream, 16), 0);
        for (; at < 16 && i < len; at++, i++)
            buf[i] ^= stream[at];
    }
}

static int ram_read(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa, void *buf,
                    size_t len)
{
    struct harness *h = ctx;

    assert_true(ram_valid(h, issuer, spa, len));
    if (fault(h, FAULT_RAM_READ))
        return -EIO;
    memcpy(buf, h->ram + spa, len);
    if (asid != PSP_NO_ASID)
        engine(h, asid, spa, buf, len);
    return 0;
}

static int ram_write(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                     const void *buf, size_t len)
{
    struct harness *h = ctx;

    assert_true(ram_valid(h, issuer, spa, len));
    if (fault(h, FAULT_RAM_WRITE))
        return -EIO;
    memcpy(h->ram + spa, buf, len);
    if (asid != PSP_NO_ASID)
        engine(h, asid, spa, h->ram + spa, len);
    return 0;
}

static int key_install(void *ctx, uint32_t asid, const uint8_t vek[16])
{
    struct harness *h = ctx;

    if (fault(h, FAULT_KEY_INSTALL))
        return -EIO;
    assert_in_range(asid, 1, ASIDS);
    assert_false(h->keys[asid].loaded);
    h->keys[asid].loaded = true;
    memcpy(h->keys[asid].vek, vek, 16);
    return 0;
}

static void key_remove(void *ctx, uint32_t asid)
{
    struct harness *h = ctx;

    assert_in_range(asid, 1, ASIDS);
    assert_true(h->keys[asid].loaded);
    memset(&h->keys[asid], 0, sizeof(h->keys[asid]));
}

static int random_bytes(void *ctx, void *buf, size_t len)
{
    struct harness *h = ctx;
    uint8_t *out = buf;

    if (fault(h, FAULT_RANDOM))
        return -EIO;
    for (size_t i = 0; i < len; i++) {
        h->seed ^= h->seed << 13;
        h->seed ^= h->seed >> 7;
        h->seed ^= h->seed << 17;
        out[i] = (uint8_t)(h->seed >> 32);
    }
    return 0;
}

static uint64_t time_us(void *ctx)
{
    struct harness *h = ctx;

    return h->clock += (uint64_t)h->clock_step;
}

static int nv_load(void *ctx, void *buf, size_t cap, size_t *len)
{
    struct harness *h = ctx;

    if (fault(h, FAULT_NV_LOAD))
        return -EIO;
    if (!h->nv_len)
        return -ENOENT;
    if (h->nv_len > cap)
        return -EFBIG;
    memcpy(buf, h->nv, h->nv_len);
    *len = h->nv_len;
    return 0;
}

static int nv_store(void *ctx, const void *buf, size_t len)
{
    struct harness *h = ctx;

    if (fault(h, FAULT_NV_STORE))
        return -EIO;
    assert_true(len <= sizeof(h->nv));
    memcpy(h->nv, buf, len);
    h->nv_len = len;
    return 0;
}

/* The page of an address; the head of its 2 MiB entry is another one. */
static struct psp_rmp_entry *rmp_page(struct harness *h, uint64_t spa)
{
    assert_int_equal(spa % 0x1000, 0);
    return spa < RAM_SIZE ? &h->rmp[spa / 0x1000] : NULL;
}

static bool rmp_get(void *ctx, uint64_t spa, struct psp_rmp_entry *entry)
{
    struct harness *h = ctx;
    const struct psp_rmp_entry *at = rmp_page(h, spa), *head = rmp_page(h, spa & ~0x1fffffull);

    if (!at)
        return false;
    *entry = *at;
    if (head->size_2m) {
        *entry = *head;
        entry->gpa += spa % 0x200000;
    }
    return true;
}

static int rmp_set(void *ctx, uint64_t spa, const struct psp_rmp_entry *entry)
{
    struct harness *h = ctx;
    struct psp_rmp_entry *at = rmp_page(h, spa);

    assert_non_null(at);
    if (fault(h, FAULT_RMP_SET))
        return -EIO;
    if (entry->size_2m)
        assert_int_equal(spa % 0x200000, 0);
    *at = *entry;
    return 0;
}

static void rmp_clear(void *ctx)
{
    struct harness *h = ctx;

    memset(h->rmp, 0, sizeof(h->rmp));
}

static void log_line(void *ctx, enum psp_log_level level, const char *message)
{
    struct harness *h = ctx;

    assert_non_null(message);
    h->errors_logged += level == PSP_LOG_ERROR;
}

static void trace(void *ctx, const struct psp_event *event)
{
    struct harness *h = ctx;

    h->traces++;
    h->trace = *event;
    h->trace_has_region = event->region_digest != NULL;
    h->trace_has_launch = event->launch_digest != NULL;
    if (event->region_digest)
        memcpy(h->trace_region, event->region_digest, event->digest_size);
    if (event->launch_digest)
        memcpy(h->trace_launch, event->launch_digest, event->digest_size);
    h->trace.region_digest = h->trace.launch_digest = NULL;
    if (h->on_trace)
        h->on_trace(h);
}

struct harness *harness_new(void)
{
    struct harness *h = calloc(1, sizeof(*h));

    assert_non_null(h);
    h->ram = malloc(RAM_SIZE);
    assert_non_null(h->ram);
    for (uint32_t i = 0; i < RAM_SIZE; i++)
        h->ram[i] = (uint8_t)(i * 7 + (i >> 8) * 13);
    h->seed = 0x9e3779b97f4a7c15u;
    h->clock_step = 7;
    harness_no_faults(h);
    h->host = (struct psp_host){.ram_valid = ram_valid,
                                .ram_read = ram_read,
                                .ram_write = ram_write,
                                .key_install = key_install,
                                .key_remove = key_remove,
                                .random = random_bytes,
                                .time_us = time_us,
                                .nv_load = nv_load,
                                .nv_store = nv_store,
                                .log = log_line,
                                .trace = trace};
    h->config = (struct psp_config){
        .api_major = 0, .api_minor = 24, .build = 15, .asids = ASIDS, .cpus = CPUS};
    harness_start(h);
    return h;
}

void harness_start(struct harness *h)
{
    psp_free(h->psp);
    h->psp = psp_new(&h->host, h, &h->config);
    assert_non_null(h->psp);
}

void harness_snp(struct harness *h)
{
    h->host.rmp_get = rmp_get;
    h->host.rmp_set = rmp_set;
    h->host.rmp_clear = rmp_clear;
    h->config.api_major = PSP_API_SNP_MAJOR;
    h->config.api_minor = PSP_API_SNP_MINOR;
    harness_start(h);
}

void harness_free(struct harness *h)
{
    psp_free(h->psp);
    for (unsigned i = 0; i <= ASIDS; i++)
        assert_false(h->keys[i].loaded);
    free(h->ram);
    free(h);
}

void harness_fail(struct harness *h, enum fault which, int after)
{
    h->after[which] = after;
}

void harness_no_faults(struct harness *h)
{
    for (unsigned i = 0; i < FAULT_COUNT; i++)
        h->after[i] = -1;
}

void put(struct harness *h, uint64_t addr, const void *data, size_t len)
{
    assert_true(addr <= RAM_SIZE && len <= RAM_SIZE - addr);
    memcpy(h->ram + addr, data, len);
}

void put32(struct harness *h, uint64_t addr, uint32_t v)
{
    uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

    put(h, addr, bytes, 4);
}

void put64(struct harness *h, uint64_t addr, uint64_t v)
{
    put32(h, addr, (uint32_t)v);
    put32(h, addr + 4, (uint32_t)(v >> 32));
}

uint32_t get32(const struct harness *h, uint64_t addr)
{
    const uint8_t *p = h->ram + addr;

    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void guest_read(struct harness *h, uint32_t asid, uint64_t addr, void *out, size_t len)
{
    memcpy(out, h->ram + addr, len);
    engine(h, asid, addr, out, len);
}

void cmd_clear(struct harness *h)
{
    memset(h->ram + CMD_ADDR, 0, SEV_COMMAND_SIZE_MAX);
}

void cmd_packet(struct harness *h, uint32_t handle, uint64_t header, uint64_t guest, uint32_t len)
{
    cmd_clear(h);
    put32(h, CMD_ADDR, handle);
    put64(h, CMD_ADDR + SEV_PACKET_HEADER_ADDR, header);
    put32(h, CMD_ADDR + SEV_PACKET_HEADER_LEN, 52);
    put64(h, CMD_ADDR + SEV_PACKET_GUEST_ADDR, guest);
    put32(h, CMD_ADDR + SEV_PACKET_GUEST_LEN, len);
    put64(h, CMD_ADDR + SEV_PACKET_TRANS_ADDR, TRANS_ADDR);
    put32(h, CMD_ADDR + SEV_PACKET_TRANS_LEN, len);
}

enum sev_status exec(struct harness *h, enum sev_cmd command)
{
    return psp_exec(h->psp, h->issuer, (uint16_t)command, CMD_ADDR);
}

enum sev_status exec_handle(struct harness *h, enum sev_cmd command, uint32_t handle)
{
    cmd_clear(h);
    put32(h, CMD_ADDR, handle);
    return exec(h, command);
}

enum sev_status exec_start(struct harness *h, uint32_t handle, uint32_t policy)
{
    cmd_clear(h);
    put32(h, CMD_ADDR, handle);
    put32(h, CMD_ADDR + SEV_START_POLICY, policy);
    return exec(h, SEV_CMD_LAUNCH_START);
}

enum sev_status exec_activate(struct harness *h, uint32_t handle, uint32_t asid)
{
    cmd_clear(h);
    put32(h, CMD_ADDR, handle);
    put32(h, CMD_ADDR + SEV_ACTIVATE_ASID, asid);
    return exec(h, SEV_CMD_ACTIVATE);
}

enum sev_status exec_region(struct harness *h, enum sev_cmd command, uint32_t handle, uint64_t addr,
                            uint32_t len)
{
    cmd_clear(h);
    put32(h, CMD_ADDR, handle);
    put64(h, CMD_ADDR + SEV_LAUNCH_ADDR, addr);
    put32(h, CMD_ADDR + SEV_LAUNCH_LEN, len);
    return exec(h, command);
}

void do_init(struct harness *h)
{
    cmd_clear(h);
    assert_int_equal(exec(h, SEV_CMD_INIT), SEV_STATUS_SUCCESS);
    assert_int_equal(exec(h, SEV_CMD_DF_FLUSH), SEV_STATUS_SUCCESS);
}

uint32_t do_start(struct harness *h, uint32_t policy)
{
    assert_int_equal(exec_start(h, 0, policy), SEV_STATUS_SUCCESS);
    return get32(h, CMD_ADDR);
}

void do_activate(struct harness *h, uint32_t handle, uint32_t asid)
{
    assert_int_equal(exec_activate(h, handle, asid), SEV_STATUS_SUCCESS);
}

void do_update(struct harness *h, uint32_t handle, uint64_t addr, uint32_t len)
{
    assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_UPDATE_DATA, handle, addr, len),
                     SEV_STATUS_SUCCESS);
}

void do_measure(struct harness *h, uint32_t handle, uint8_t blob[48])
{
    assert_int_equal(exec_region(h, SEV_CMD_LAUNCH_MEASURE, handle, BLOB_ADDR, SEV_MEASURE_SIZE),
                     SEV_STATUS_SUCCESS);
    memcpy(blob, h->ram + BLOB_ADDR, SEV_MEASURE_SIZE);
}

void do_finish(struct harness *h, uint32_t handle)
{
    assert_int_equal(exec_handle(h, SEV_CMD_LAUNCH_FINISH, handle), SEV_STATUS_SUCCESS);
}

uint32_t do_launch(struct harness *h, uint32_t policy, uint32_t asid)
{
    uint8_t blob[48];
    uint32_t handle = do_start(h, policy);

    do_activate(h, handle, asid);
    do_update(h, handle, DATA_ADDR + asid * 0x10000, 0x1000);
    do_measure(h, handle, blob);
    do_finish(h, handle);
    return handle;
}

uint8_t guest_state(struct harness *h, uint32_t handle)
{
    struct psp_guest_info info;

    for (unsigned i = 0; i < psp_guest_slots(); i++) {
        if (psp_get_guest(h->psp, i, &info) && info.handle == handle)
            return info.state;
    }
    return SEV_GUEST_UNINIT;
}

uint8_t platform_state(struct harness *h)
{
    struct psp_platform_info info;

    psp_get_platform(h->psp, &info);
    return info.state;
}

struct snapshot snapshot(struct harness *h)
{
    struct crypto_sha256 *hash = crypto_sha256_new();
    struct psp_platform_info platform;
    struct snapshot s;

    assert_non_null(hash);
    memset(&platform, 0, sizeof(platform));
    psp_get_platform(h->psp, &platform);
    crypto_sha256_update(hash, &platform, sizeof(platform));
    for (unsigned i = 0; i < psp_guest_slots(); i++) {
        struct psp_guest_info guest;

        memset(&guest, 0, sizeof(guest));
        (void)psp_get_guest(h->psp, i, &guest);
        crypto_sha256_update(hash, &guest, sizeof(guest));
    }
    for (unsigned i = 0; i < psp_snp_guest_slots(); i++) {
        struct psp_snp_guest_info guest;

        memset(&guest, 0, sizeof(guest));
        (void)psp_get_snp_guest(h->psp, i, &guest);
        crypto_sha256_update(hash, &guest, sizeof(guest));
    }
    crypto_sha256_update(hash, h->rmp, sizeof(h->rmp));
    crypto_sha256_update(hash, h->keys, sizeof(h->keys));
    crypto_sha256_update(hash, h->nv, h->nv_len);
    assert_int_equal(crypto_sha256_peek(hash, s.state), 0);
    crypto_sha256_update(hash, h->ram, CMD_ADDR);
    crypto_sha256_update(hash, h->ram + CMD_ADDR + 0x1000, RAM_SIZE - CMD_ADDR - 0x1000);
    assert_int_equal(crypto_sha256_peek(hash, s.digest), 0);
    crypto_sha256_free(hash);
    return s;
}
