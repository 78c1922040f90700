/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: sequences of commands with buffers from the input, through psp_exec() and through
 * the mailbox, with failing hosts, power cycles and saved states between them.
 *
 * Source: the contracts of psp-model/psp.h and psp_host.h. After each step it is checked that
 *   - the processor touched memory only where ram_valid() said yes, under ASIDs that have a key
 *   - keys are loaded for exactly the active guests, of SEV and of SEV-SNP
 *   - every guest of SEV-SNP has a context page
 *   - states are consistent, and a command that did not succeed changed none of them
 * and the sanitizers check the rest.
 */
#include "fuzz_host.h"

#include <errno.h>
#include <string.h>

#include "protocol/cert.h"
#include "protocol/crypto.h"
#include "dispatch.h"
#include "psp_mailbox.h"
#include "nv.h"
#include "psp_priv.h"
#include "protocol/root.h"

#define RAM_SIZE 0x200000u
#define CPUS     2u
#define CMD_ADDR 0x800u
#define STEPS    64u

/* Places that a step can name with one byte, so that commands meet data of their kind. */
#define PDH_ADDR     0x2000u
#define CHAIN_ADDR   0x3000u
#define ROOTS_ADDR   0x5000u
#define SESSION_ADDR 0x6000u
#define HEADER_ADDR  0x6100u
#define TRANS_ADDR   0x7000u
#define NV_ADDR      0x10000u
#define GUEST_ADDR   0x20000u

/* --- input ----------------------------------------------------------------------------------- */

static const uint8_t *input;
static size_t input_left;

static uint8_t next8(void)
{
    if (!input_left)
        return 0;
    input_left--;
    return *input++;
}

static uint32_t next32(void)
{
    uint32_t v = next8();

    v |= (uint32_t)next8() << 8;
    v |= (uint32_t)next8() << 16;
    return v | (uint32_t)next8() << 24;
}

/* --- the host -------------------------------------------------------------------------------- */

static uint8_t ram[RAM_SIZE], nv[NV_SIZE];
static struct fuzz_host host_state = {.ram = ram, .ram_size = RAM_SIZE};
static size_t nv_len;

static int nv_load(void *ctx, void *buf, size_t cap, size_t *len)
{
    if (fuzz_host_fails(ctx))
        return -EIO;
    if (!nv_len)
        return -ENOENT;
    FUZZ_CHECK(cap >= nv_len);
    memcpy(buf, nv, nv_len);
    *len = nv_len;
    return 0;
}

static int nv_store(void *ctx, const void *buf, size_t len)
{
    if (fuzz_host_fails(ctx))
        return -EIO;
    FUZZ_CHECK(len == sizeof(nv));
    memcpy(nv, buf, len);
    nv_len = len;
    return 0;
}

static void trace(void *ctx, const struct psp_event *event)
{
    (void)ctx;
    FUZZ_CHECK(psp_command_name(event->command) && psp_status_name(event->status));
    FUZZ_CHECK(event->digest_size == (event->snp ? SNP_DIGEST_SIZE : CRYPTO_SHA256_SIZE));
}

/* --- the RMP, one entry a page --- */

#define PAGES (RAM_SIZE / SNP_PAGE_SIZE)

static struct psp_rmp_entry rmp[PAGES];

/* All of RAM is one page of 2 MiB, or 512 small ones. */
static bool rmp_get(void *ctx, uint64_t spa, struct psp_rmp_entry *entry)
{
    (void)ctx;
    FUZZ_CHECK(spa % SNP_PAGE_SIZE == 0);
    if (spa >= RAM_SIZE)
        return false;
    *entry = rmp[rmp[0].size_2m ? 0 : spa / SNP_PAGE_SIZE];
    if (entry->size_2m)
        entry->gpa += spa;
    return true;
}

static int rmp_set(void *ctx, uint64_t spa, const struct psp_rmp_entry *entry)
{
    FUZZ_CHECK(spa % SNP_PAGE_SIZE == 0 && spa < RAM_SIZE);
    FUZZ_CHECK(!rmp[0].size_2m || entry->size_2m);
    FUZZ_CHECK(!entry->size_2m || spa == 0);
    if (fuzz_host_fails(ctx))
        return -EIO;
    rmp[spa / SNP_PAGE_SIZE] = *entry;
    return 0;
}

static void rmp_clear(void *ctx)
{
    (void)ctx;
    memset(rmp, 0, sizeof(rmp));
}

/* RMPUPDATE by the hypervisor, and what a guest makes of its page: page, state and ASID. It cannot
 * change what the processor holds. */
static void rmp_update(void)
{
    uint8_t page = next8(), what = next8();
    struct psp_rmp_entry *at = &rmp[page];

    if (rmp[0].size_2m || (at->immutable && !(what & 0x80)) || at->vmsa)
        return;
    memset(at, 0, sizeof(*at));
    at->assigned = what & 1;
    at->immutable = what & 1 && what & 2;
    at->asid = at->assigned && what & 4 ? 1 + (what >> 5 & 1) : 0;
    at->validated = at->asid && what & 8;
    at->gpa = at->asid ? 0x800000 + (uint64_t)page * SNP_PAGE_SIZE : 0;
    at->size_2m = page == 0 && at->asid && what & 0x10;
}

static void cpuid(void *ctx, uint32_t leaf, uint32_t subleaf, uint64_t xcr0, uint64_t xss,
                  uint32_t result[4])
{
    (void)ctx;
    for (unsigned i = 0; i < 4; i++)
        result[i] = leaf * 0x9e3779b9u + subleaf + i + (uint32_t)(xcr0 ^ xss);
}

static const struct psp_host host = {FUZZ_PSP_HOST,      .nv_load = nv_load, .nv_store = nv_store,
                                     .rmp_get = rmp_get, .rmp_set = rmp_set, .rmp_clear = rmp_clear,
                                     .cpuid = cpuid,     .trace = trace};

static const struct psp_config config = {
    .api_major = 0, .api_minor = 24, .build = 15, .asids = FUZZ_ASIDS, .cpus = CPUS};

/* --- what must always hold ------------------------------------------------------------------- */

struct picture {
    struct psp_platform_info platform;
    struct psp_guest_info guests[GCTX_SLOTS];
    struct psp_snp_guest_info snp[SNP_GUESTS];
};

static struct picture look(const struct psp *psp)
{
    struct picture p;

    memset(&p, 0, sizeof(p));
    psp_get_platform(psp, &p.platform);
    for (unsigned i = 0; i < psp_guest_slots(); i++)
        (void)psp_get_guest(psp, i, &p.guests[i]);
    for (unsigned i = 0; i < psp_snp_guest_slots(); i++)
        (void)psp_get_snp_guest(psp, i, &p.snp[i]);
    return p;
}

static void check_snp(const struct picture *p, bool active[FUZZ_ASIDS + 1])
{
    unsigned guests = 0;

    FUZZ_CHECK(p->platform.snp && p->platform.snp_state <= SEV_PLATFORM_INIT);
    for (unsigned i = 0; i < SNP_GUESTS; i++) {
        const struct psp_snp_guest_info *g = &p->snp[i];

        if (!g->context)
            continue;
        guests++;
        FUZZ_CHECK(g->context % SNP_PAGE_SIZE == 0 && g->context < RAM_SIZE);
        FUZZ_CHECK(g->state <= SNP_GUEST_RUNNING && g->asid <= FUZZ_ASIDS);
        FUZZ_CHECK(!g->asid || (!active[g->asid] && g->state != SNP_GUEST_INIT));
        active[g->asid] = true;
    }
    FUZZ_CHECK(guests == p->platform.snp_guests);
    FUZZ_CHECK(!guests || p->platform.snp_state == SEV_PLATFORM_INIT);
}

static void check(const struct picture *p)
{
    bool active[FUZZ_ASIDS + 1] = {false};
    unsigned guests = 0;

    FUZZ_CHECK(p->platform.state <= SEV_PLATFORM_WORKING);
    for (unsigned i = 0; i < GCTX_SLOTS; i++) {
        const struct psp_guest_info *g = &p->guests[i];

        if (!g->handle)
            continue;
        guests++;
        FUZZ_CHECK(g->state >= SEV_GUEST_LUPDATE && g->state <= SEV_GUEST_SENT &&
                   g->asid <= FUZZ_ASIDS);
        FUZZ_CHECK(!g->asid || !active[g->asid]);
        active[g->asid] = true;
    }
    FUZZ_CHECK(guests == p->platform.guests);
    FUZZ_CHECK((guests > 0) == (p->platform.state == SEV_PLATFORM_WORKING));
    check_snp(p, active);
    for (unsigned asid = 1; asid <= FUZZ_ASIDS; asid++)
        FUZZ_CHECK(host_state.key_loaded[asid] == active[asid]);
}

/* --- steps ----------------------------------------------------------------------------------- */

static void put(uint64_t addr, uint64_t v, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        ram[addr + i] = (uint8_t)(v >> (8 * i));
}

static uint32_t some_handle(const struct picture *p)
{
    uint8_t which = next8();

    return which < GCTX_SLOTS ? p->guests[which].handle : which;
}

static uint64_t some_addr(void)
{
    static const uint32_t places[] = {
        0,           CMD_ADDR,   PDH_ADDR,   CHAIN_ADDR, ROOTS_ADDR,    SESSION_ADDR, NV_ADDR,
        HEADER_ADDR, TRANS_ADDR, GUEST_ADDR, 0x100000,   RAM_SIZE - 16, RAM_SIZE - 1};
    uint8_t which = next8();
    uint64_t high;

    if (which < sizeof(places) / sizeof(places[0]))
        return places[which];
    if (which != 0xff)
        return (uint64_t)which << 10;
    high = next32();
    return high << 32 | next32();
}

static uint32_t some_len(void)
{
    static const uint32_t lens[] = {0,           16,   48,   52,       64,          128,
                                    208,         2084, 6252, 3200,     4096,        0x4000,
                                    SEV_NV_SIZE, 0x18, 0x24, 0x100000, 0xfffffff0u, 4};
    uint8_t which = next8();

    if (which < sizeof(lens) / sizeof(lens[0]))
        return lens[which];
    return which == 0xff ? next32() : which;
}

/* Fill the command buffer word by word: a handle first, then lengths, addresses or raw bytes. */
static void fill_buffer(const struct picture *p)
{
    put(CMD_ADDR, some_handle(p), 4);
    for (unsigned at = 4; at < SEV_COMMAND_SIZE_MAX; at += 4) {
        switch (next8() % 5) {
        case 0:
            put(CMD_ADDR + at, 0, 4);
            break;
        case 1:
            put(CMD_ADDR + at, some_len(), 4);
            break;
        case 2:
            put(CMD_ADDR + at, some_addr(), 8);
            at += 4;
            break;
        case 3:
            put(CMD_ADDR + at, some_handle(p), 4);
            break;
        default:
            put(CMD_ADDR + at, next32(), 4);
        }
    }
}

/* What a well-behaved hypervisor would have in memory: certificates of this very platform, which
 * may then send a guest to itself. */
static void fill_memory(struct psp *psp)
{
    struct cert_root root;
    uint8_t wire[CERT_ROOT_MAX];
    size_t len;

    put(CMD_ADDR, PDH_ADDR, 8);
    put(CMD_ADDR + 8, CERT_SIZE, 8);
    put(CMD_ADDR + 16, CHAIN_ADDR, 8);
    put(CMD_ADDR + 24, CERT_CHAIN_SIZE, 4);
    (void)!psp_exec(psp, PSP_ISSUER_GUEST, SEV_CMD_PDH_CERT_EXPORT, CMD_ADDR);
    root_ask(&root);
    len = cert_root_write(&root, wire);
    memcpy(ram + ROOTS_ADDR, wire, len);
    root_ark(&root);
    memcpy(ram + ROOTS_ADDR + len, wire, cert_root_write(&root, wire));
}

static void save_and_load(struct psp *psp)
{
    static uint8_t image[PSP_SAVE_MAX];
    struct picture before = look(psp), after;
    size_t len = 0;
    int err = psp_save(psp, image, sizeof(image), &len);
    uint32_t at = next32();
    uint8_t bits = next8();

    FUZZ_CHECK(err == 0 || err == -EBUSY);
    if (err)
        return;
    image[at % len] ^= bits;
    if (at & 0x80000000u) /* an attacker can compute the checksum */
        crypto_sha256(image, len - 32, image + len - 32);
    err = psp_load(psp, image, len, NULL);
    after = look(psp);
    if (err == -EINVAL || (!err && !bits))
        FUZZ_CHECK(memcmp(&before, &after, sizeof(before)) == 0);
}

/* offset, value, size; offset, size */
static void touch_mailbox(struct psp_mailbox *box)
{
    uint8_t offset = next8();
    uint32_t value = next32();

    psp_mailbox_write(box, offset, value, next8());
    offset = next8();
    (void)psp_mailbox_read(box, offset, next8());
}

static void step(struct psp *psp, struct psp_mailbox *box)
{
    static struct psp_rmp_entry rmp_before[PAGES];
    struct picture before = look(psp), after;
    enum sev_status status = SEV_STATUS_SUCCESS;
    bool command = false;
    uint8_t what = next8();

    switch (what % 16) {
    case 0:
        psp_wbinvd(psp, next8());
        break;
    case 1:
        touch_mailbox(box);
        break;
    case 2:
        host_state.fail_in = next8() % 8;
        break;
    case 3:
        fill_memory(psp);
        break;
    case 4:
        save_and_load(psp);
        break;
    case 5: {
        uint32_t at = next32() % (RAM_SIZE - 256);

        for (unsigned n = next8(); n && input_left; n--)
            ram[at++] = next8();
        break;
    }
    case 6:
        if (what == 0xf6)
            psp_reset(psp);
        else
            rmp_update();
        break;
    default: {
        uint8_t id = next8();
        uint64_t buffer = what & 0x80 ? some_addr() : CMD_ADDR;

        if (!(what & 0x40))
            fill_buffer(&before);
        if (what & 0x20) /* a context page in place of a handle */
            put(CMD_ADDR, before.snp[next8() % SNP_GUESTS].context, 8);
        memcpy(rmp_before, rmp, sizeof(rmp));
        status = psp_exec(psp, PSP_ISSUER_GUEST, id, buffer);
        command = true;
    }
    }
    after = look(psp);
    check(&after);
    if (command && status != SEV_STATUS_SUCCESS)
        FUZZ_CHECK(memcmp(&before, &after, sizeof(before)) == 0);
    if (command && status != SEV_STATUS_SUCCESS && status != SEV_STATUS_HWERROR_PLATFORM)
        FUZZ_CHECK(memcmp(rmp_before, rmp, sizeof(rmp)) == 0);
}

/* A processor in INIT. Making or loading a chip's identity is slow, so it is done once and the
 * pristine processor, which owns no memory yet, is copied for each input. */
static struct psp *pristine(void)
{
    struct psp *psp = psp_new(&host, &host_state, &config);

    FUZZ_CHECK(psp);
    host_state.seed = 1;
    put(CMD_ADDR, 0, 8);
    FUZZ_CHECK(psp_exec(psp, PSP_ISSUER_GUEST, SEV_CMD_INIT, CMD_ADDR) == SEV_STATUS_SUCCESS);
    return psp;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct psp *first, work;
    static uint8_t first_nv[NV_SIZE];
    struct psp_mailbox box;

    if (!first) {
        first = pristine();
        memcpy(first_nv, nv, NV_SIZE);
    }
    input = data;
    input_left = size;
    memset(ram, 0, sizeof(ram));
    memset(rmp, 0, sizeof(rmp));
    host_state.fail_in = 0;
    host_state.seed = 1;
    nv_len = NV_SIZE;
    memcpy(nv, first_nv, NV_SIZE);
    work = *first;
    psp_mailbox_init(&box, &work);
    for (unsigned i = 0; i < STEPS && input_left; i++)
        step(&work, &box);
    psp_reset(&work);
    return 0;
}
