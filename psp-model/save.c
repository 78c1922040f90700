/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The volatile state of the processor as bytes, for the emulator's save and restore.
 *
 * Source: none; the layout is ours: little endian, version 3, in this order. Version 1 has no part of
 * SEV-SNP; version 2 has no line of processors, no VLEK, and no counts and VMRKs of guests. Both are
 * still read.
 *
 * - magic "SEVBXPS\0"; version u32; length of everything u32
 * - api major, minor, build (u8 each) of the processor; flags u8: bit 0 = INIT answered
 *   SECURE_DATA_INVALID, and the next one replaces the chip's storage; asids u32, cpus u32
 * - platform state, es, is an own identity there, identity of INIT_EX's buffer: 0 none, 1 there,
 *   2 there and the buffer is the hypervisor's (u8 each)
 * - ASIDs that need DF_FLUSH (bits), CPUs that need WBINVD (bits), last handle u32
 * - address of INIT_EX's buffer u64; the identities, each in the form of nv.h
 * - number of guests u32, for each: slot, handle, policy, asid (u32 each), state, measured (u8
 *   each), vek, tek, tik (16 each), digest, measure (32 each), mnonce (16)
 * - SEV-SNP: platform state, is the RMP initialised, bits of SNP_CONFIG (u8 each), committed and
 *   reported TCB (u64 each), number of guests u32, for each: slot u32, context, policy, launch TCB
 *   (u64 each), asid, TSC frequency, guest SVN (u32 each), state, bits of LAUNCH_FINISH (u8 each), vek
 *   (16), VMPCKs (4 times 32), digest (48), report id (32), GOSVW (16), host data (32), family and
 *   image id (16 each), digests of ID key and author key (48 each), is there a VMRK (u8), VMRK (32),
 *   sequence numbers of messages (4 times u64)
 * - SEV-SNP: line of processors, is there a VLEK (u8 each), TCB u64, and of the VLEK: TCB u64, private
 *   key (48), zero without one
 * - SHA-256 of all that (against accidents: who can write the file owns the machine anyway)
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/buf.h"
#include "protocol/tcb.h"
#include "nv.h"
#include "psp_priv.h"

#define SAVE_VERSION 3u
#define SAVE_OLDEST  1u
#define HASH_SIZE    32u
#define FLAG_DAMAGE  0x01u
#define GUEST_SIZE   (4u * 4 + 2 + 3 * 16 + 2 * 32 + 16)
#define FIXED_SIZE                                                                                 \
    (16u + 12 + 4 + sizeof(((struct platform *)0)->asid_dirty) +                                   \
     sizeof(((struct platform *)0)->cpu_dirty) + 4 + 8 + 4 + HASH_SIZE)

#define SNP_SIZE (3u + 2 * 8 + 4 + 2 + 2 * 8 + CRYPTO_P384_SIZE)
#define SNP_GUEST_SIZE                                                                             \
    (4u + 3 * 8 + 3 * 4 + 2 + 16 + SNP_VMPCKS * SNP_VMPCK_SIZE + SNP_DIGEST_SIZE + 32 +            \
     SNP_GOSVW_SIZE + SNP_HOST_DATA_SIZE + 2 * 16 + 2 * SNP_DIGEST_SIZE + 1 + 32 + SNP_VMPCKS * 8)

static const uint8_t magic[8] = "SEVBXPS";

static_assert(FIXED_SIZE + 2 * NV_SIZE + GCTX_SLOTS * GUEST_SIZE + SNP_SIZE +
                      SNP_GUESTS * SNP_GUEST_SIZE <=
                  PSP_SAVE_MAX,
              "PSP_SAVE_MAX");

/* --- save ------------------------------------------------------------------------------------ */

static int put_identity(struct buf *b, const struct identity *id)
{
    uint8_t wire[NV_SIZE];
    int err = nv_encode(id, wire);

    if (!err)
        buf_put(b, wire, sizeof(wire));
    crypto_wipe(wire, sizeof(wire));
    return err;
}

static void put_guest(struct buf *b, unsigned slot, const struct gctx *guest)
{
    buf_put32(b, slot);
    buf_put32(b, guest->handle);
    buf_put32(b, guest->policy);
    buf_put32(b, guest->asid);
    buf_put8(b, guest->state);
    buf_put8(b, guest->measured);
    buf_put(b, guest->vek, sizeof(guest->vek));
    buf_put(b, guest->tek, sizeof(guest->tek));
    buf_put(b, guest->tik, sizeof(guest->tik));
    buf_put(b, guest->launch_digest, sizeof(guest->launch_digest));
    buf_put(b, guest->measure, sizeof(guest->measure));
    buf_put(b, guest->mnonce, sizeof(guest->mnonce));
}

static int put_platform(struct buf *b, const struct psp *psp)
{
    int err = 0;

    buf_put8(b, psp->config.api_major);
    buf_put8(b, psp->config.api_minor);
    buf_put8(b, psp->config.build);
    buf_put8(b, psp->chip.damage_reported ? FLAG_DAMAGE : 0);
    buf_put32(b, psp->config.asids);
    buf_put32(b, psp->config.cpus);
    buf_put8(b, psp->platform.state);
    buf_put8(b, psp->platform.es);
    buf_put8(b, psp->chip.loaded);
    buf_put8(b, psp->chip.nv_addr ? 1u + psp->chip.nv_issuer : 0);
    buf_put(b, psp->platform.asid_dirty, sizeof(psp->platform.asid_dirty));
    buf_put(b, psp->platform.cpu_dirty, sizeof(psp->platform.cpu_dirty));
    buf_put32(b, psp->guests.last_handle);
    buf_put64(b, psp->chip.nv_addr);
    if (psp->chip.loaded)
        err = put_identity(b, &psp->chip.own);
    if (!err && psp->chip.nv_addr)
        err = put_identity(b, &psp->chip.in_buffer);
    return err;
}

static void put_snp_guest(struct buf *b, unsigned slot, const struct snp_guest *guest)
{
    buf_put32(b, slot);
    buf_put64(b, guest->context);
    buf_put64(b, guest->policy);
    buf_put64(b, guest->launch_tcb);
    buf_put32(b, guest->asid);
    buf_put32(b, guest->tsc_khz);
    buf_put32(b, guest->guest_svn);
    buf_put8(b, guest->state);
    buf_put8(b, (uint8_t)((guest->id_block ? SNP_FINISH_FLAG_ID_BLOCK : 0) |
                          (guest->author_key ? SNP_FINISH_FLAG_AUTHOR_KEY : 0) |
                          (guest->vcek_disabled ? SNP_FINISH_FLAG_VCEK_DISABLED : 0)));
    buf_put(b, guest->vek, sizeof(guest->vek));
    buf_put(b, guest->vmpck, sizeof(guest->vmpck));
    buf_put(b, guest->launch_digest, sizeof(guest->launch_digest));
    buf_put(b, guest->report_id, sizeof(guest->report_id));
    buf_put(b, guest->gosvw, sizeof(guest->gosvw));
    buf_put(b, guest->host_data, sizeof(guest->host_data));
    buf_put(b, guest->family_id, sizeof(guest->family_id));
    buf_put(b, guest->image_id, sizeof(guest->image_id));
    buf_put(b, guest->id_key_digest, sizeof(guest->id_key_digest));
    buf_put(b, guest->author_key_digest, sizeof(guest->author_key_digest));
    buf_put8(b, guest->has_vmrk);
    buf_put(b, guest->vmrk, sizeof(guest->vmrk));
    for (unsigned i = 0; i < SNP_VMPCKS; i++)
        buf_put64(b, guest->message_count[i]);
}

static void put_snp(struct buf *b, const struct psp_config *config, const struct snp *snp)
{
    buf_put8(b, snp->state);
    buf_put8(b, snp->rmp_ready);
    buf_put8(b, (uint8_t)((snp->mask_chip_id ? SNP_CONFIG_FLAG_MASK_CHIP_ID : 0) |
                          (snp->mask_key ? SNP_CONFIG_FLAG_MASK_KEY : 0)));
    buf_put64(b, snp->committed_tcb);
    buf_put64(b, snp->reported_tcb);
    buf_put32(b, snp_count(snp));
    for (unsigned i = 0; i < SNP_GUESTS; i++) {
        if (snp->guests[i].context)
            put_snp_guest(b, i, &snp->guests[i]);
    }
    buf_put8(b, config->snp_model);
    buf_put8(b, snp->vlek);
    buf_put64(b, config->snp_tcb);
    buf_put64(b, snp->vlek_tcb);
    buf_put(b, snp->vlek_key.d, sizeof(snp->vlek_key.d));
}

static size_t save_size(const struct psp *psp)
{
    return FIXED_SIZE + (psp->chip.loaded ? NV_SIZE : 0) + (psp->chip.nv_addr ? NV_SIZE : 0) +
           gctx_count(&psp->guests) * GUEST_SIZE + SNP_SIZE + snp_count(&psp->snp) * SNP_GUEST_SIZE;
}

int psp_save(const struct psp *psp, void *out, size_t cap, size_t *len)
{
    size_t size = save_size(psp);
    uint8_t digest[HASH_SIZE];
    struct buf b;
    int err;

    for (unsigned i = 0; i < GCTX_SLOTS; i++) {
        if (psp->guests.slot[i].hash)
            return -EBUSY;
    }
    if (size > cap)
        return -ENOSPC;
    b = buf_writer(out, size);
    buf_put(&b, magic, sizeof(magic));
    buf_put32(&b, SAVE_VERSION);
    buf_put32(&b, (uint32_t)size);
    err = put_platform(&b, psp);
    if (err) {
        crypto_wipe(out, size); /* one of two identities may be in there */
        return err;
    }
    buf_put32(&b, gctx_count(&psp->guests));
    for (unsigned i = 0; i < GCTX_SLOTS; i++) {
        if (psp->guests.slot[i].handle)
            put_guest(&b, i, &psp->guests.slot[i]);
    }
    put_snp(&b, &psp->config, &psp->snp);
    crypto_sha256(out, size - HASH_SIZE, digest);
    buf_put(&b, digest, sizeof(digest));
    *len = size;
    return buf_done(&b) ? 0 : -EIO;
}

/* --- load ------------------------------------------------------------------------------------ */

/* What the bytes say, before any of it counts. */
struct psp_saved {
    struct platform platform;
    struct gctx_table guests;
    struct chip chip;
    struct snp snp;
    uint32_t version;
};

/* Each reader gives NULL or what is wrong. */
static const char *get_frame(struct buf *b, size_t len, uint32_t *version)
{
    uint8_t found[8], digest[HASH_SIZE];

    buf_get(b, found, sizeof(found));
    if (!buf_ok(b) || memcmp(found, magic, sizeof(magic)) != 0)
        return "not a saved state of the secure processor";
    *version = buf_get32(b);
    if (*version < SAVE_OLDEST || *version > SAVE_VERSION)
        return "saved by another version";
    if (buf_get32(b) != len || len < FIXED_SIZE)
        return "truncated, or something was added";
    crypto_sha256(b->data, len - HASH_SIZE, digest);
    return crypto_compare(digest, b->data + len - HASH_SIZE, HASH_SIZE) ? "damaged" : NULL;
}

static const char *get_config(struct buf *b, const struct psp_config *config, struct psp_saved *s)
{
    uint8_t flags, major = buf_get8(b), minor = buf_get8(b);
    /* Before version 3, a platform with SEV-SNP could have the API of one without. */
    bool old = s->version < 3 && major == PSP_API_MAJOR && minor == PSP_API_MINOR &&
               config->api_major == PSP_API_SNP_MAJOR && config->api_minor == PSP_API_SNP_MINOR;

    if ((!old && (major != config->api_major || minor != config->api_minor)) ||
        buf_get8(b) != config->build)
        return "saved with another API version or build";
    flags = buf_get8(b);
    if (flags & ~FLAG_DAMAGE)
        return "unknown flags";
    s->chip.damage_reported = flags & FLAG_DAMAGE;
    if (buf_get32(b) != config->asids || buf_get32(b) != config->cpus)
        return "saved with another number of ASIDs or CPUs";
    return NULL;
}

static const char *get_identity(struct buf *b, struct identity *id)
{
    uint8_t wire[NV_SIZE];
    const char *reason = NULL;

    buf_get(b, wire, sizeof(wire));
    if (nv_decode(id, wire, sizeof(wire), &reason) && !reason)
        reason = "identity damaged";
    crypto_wipe(wire, sizeof(wire));
    return reason;
}

static bool dirty_cpus_ok(const struct platform *platform, uint32_t cpus)
{
    for (unsigned cpu = cpus; cpu < PSP_CPUS_MAX; cpu++) {
        if (platform->cpu_dirty[cpu / 8] >> (cpu % 8) & 1)
            return false;
    }
    return true;
}

static const char *get_platform(struct buf *b, struct psp *psp, struct psp_saved *s)
{
    uint8_t es, own, in_buffer;
    const char *wrong;

    s->platform.state = buf_get8(b);
    es = buf_get8(b);
    own = buf_get8(b);
    in_buffer = buf_get8(b);
    s->platform.es = es;
    s->chip.loaded = own;
    buf_get(b, s->platform.asid_dirty, sizeof(s->platform.asid_dirty));
    buf_get(b, s->platform.cpu_dirty, sizeof(s->platform.cpu_dirty));
    s->guests.last_handle = buf_get32(b);
    s->chip.nv_addr = buf_get64(b);
    s->chip.nv_issuer = in_buffer == 2 ? PSP_ISSUER_HYPERVISOR : PSP_ISSUER_GUEST;
    if (s->platform.state > SEV_PLATFORM_WORKING || es > 1 || own > 1 || in_buffer > 2 ||
        !in_buffer != !s->chip.nv_addr || (!own && s->platform.state != SEV_PLATFORM_UNINIT) ||
        (in_buffer && s->platform.state == SEV_PLATFORM_UNINIT) ||
        (s->chip.damage_reported && s->platform.state != SEV_PLATFORM_UNINIT) ||
        !dirty_cpus_ok(&s->platform, psp->config.cpus) ||
        !psp_ram_valid(psp, s->chip.nv_issuer, s->chip.nv_addr, in_buffer ? SEV_NV_SIZE : 0))
        return "platform state impossible";
    wrong = own ? get_identity(b, &s->chip.own) : NULL;
    if (!wrong && in_buffer)
        wrong = get_identity(b, &s->chip.in_buffer);
    return wrong;
}

static const char *get_guest(struct buf *b, const struct psp_config *config, struct psp_saved *s)
{
    struct gctx g = {0};
    uint32_t slot = buf_get32(b);
    uint8_t measured;
    bool ok;

    g.handle = buf_get32(b);
    g.policy = buf_get32(b);
    g.asid = buf_get32(b);
    g.state = buf_get8(b);
    measured = buf_get8(b);
    g.measured = measured;
    buf_get(b, g.vek, sizeof(g.vek));
    buf_get(b, g.tek, sizeof(g.tek));
    buf_get(b, g.tik, sizeof(g.tik));
    buf_get(b, g.launch_digest, sizeof(g.launch_digest));
    buf_get(b, g.measure, sizeof(g.measure));
    buf_get(b, g.mnonce, sizeof(g.mnonce));
    ok = slot < GCTX_SLOTS && !s->guests.slot[slot].handle && g.handle &&
         !gctx_find(&s->guests, g.handle) && g.asid <= config->asids &&
         (!g.asid || !gctx_find_asid(&s->guests, g.asid)) && g.state >= SEV_GUEST_LSECRET &&
         g.state <= SEV_GUEST_SENT && measured <= 1 && !(g.policy & SEV_POLICY_RESERVED);
    if (ok)
        s->guests.slot[slot] = g;
    crypto_wipe(&g, sizeof(g));
    return ok ? NULL : "guest impossible";
}

static struct snp_guest read_snp_guest(struct buf *b, uint32_t version, uint32_t *slot,
                                       uint8_t *flags)
{
    struct snp_guest g = {0};

    *slot = buf_get32(b);
    g.context = buf_get64(b);
    g.policy = buf_get64(b);
    g.launch_tcb = buf_get64(b);
    g.asid = buf_get32(b);
    g.tsc_khz = buf_get32(b);
    g.guest_svn = buf_get32(b);
    g.state = buf_get8(b);
    *flags = buf_get8(b);
    g.id_block = *flags & SNP_FINISH_FLAG_ID_BLOCK;
    g.author_key = *flags & SNP_FINISH_FLAG_AUTHOR_KEY;
    g.vcek_disabled = *flags & SNP_FINISH_FLAG_VCEK_DISABLED;
    buf_get(b, g.vek, sizeof(g.vek));
    buf_get(b, g.vmpck, sizeof(g.vmpck));
    buf_get(b, g.launch_digest, sizeof(g.launch_digest));
    buf_get(b, g.report_id, sizeof(g.report_id));
    buf_get(b, g.gosvw, sizeof(g.gosvw));
    buf_get(b, g.host_data, sizeof(g.host_data));
    buf_get(b, g.family_id, sizeof(g.family_id));
    buf_get(b, g.image_id, sizeof(g.image_id));
    buf_get(b, g.id_key_digest, sizeof(g.id_key_digest));
    buf_get(b, g.author_key_digest, sizeof(g.author_key_digest));
    if (version >= 3) {
        g.has_vmrk = buf_get8(b) != 0;
        buf_get(b, g.vmrk, sizeof(g.vmrk));
        for (unsigned i = 0; i < SNP_VMPCKS; i++)
            g.message_count[i] = buf_get64(b);
    }
    return g;
}

static bool snp_guest_ok(struct psp *psp, const struct snp_guest *g, uint8_t flags,
                         struct psp_saved *s)
{
    const uint8_t known =
        SNP_FINISH_FLAG_ID_BLOCK | SNP_FINISH_FLAG_AUTHOR_KEY | SNP_FINISH_FLAG_VCEK_DISABLED;
    bool page = g->context && g->context % SNP_PAGE_SIZE == 0; /* its memory is restored later */
    bool asid =
        !g->asid || (g->asid <= psp->config.asids && g->state != SNP_GUEST_INIT &&
                     !gctx_find_asid(&s->guests, g->asid) && !snp_find_asid(&s->snp, g->asid));

    return page && asid && !snp_find(&s->snp, g->context) && g->state <= SNP_GUEST_RUNNING &&
           !(flags & ~known) && (g->id_block || !g->author_key) &&
           (g->state == SNP_GUEST_RUNNING || !flags) && !(g->policy & SNP_POLICY_RESERVED);
}

static const char *get_snp_guest(struct buf *b, struct psp *psp, struct psp_saved *s)
{
    uint32_t slot;
    uint8_t flags;
    struct snp_guest g = read_snp_guest(b, s->version, &slot, &flags);
    bool ok = slot < SNP_GUESTS && !s->snp.guests[slot].context && snp_guest_ok(psp, &g, flags, s);

    if (ok)
        s->snp.guests[slot] = g;
    crypto_wipe(&g, sizeof(g));
    return ok ? NULL : "guest of SEV-SNP impossible";
}

/* The end of the part of SEV-SNP. */
static const char *get_snp_keys(struct buf *b, struct psp *psp, struct psp_saved *s)
{
    uint8_t model = buf_get8(b), vlek = buf_get8(b);
    bool same_tcb = buf_get64(b) == psp->config.snp_tcb;

    s->snp.vlek = vlek;
    s->snp.vlek_tcb = buf_get64(b);
    buf_get(b, s->snp.vlek_key.d, sizeof(s->snp.vlek_key.d));
    if (psp_has_snp(psp) && (model != psp->config.snp_model || !same_tcb))
        return "saved with another line of processors or another TCB version";
    if (vlek > 1 || (vlek && (!s->snp.state || crypto_p384_from_private(&s->snp.vlek_key))))
        return "VLEK impossible";
    return NULL;
}

static const char *get_snp(struct buf *b, struct psp *psp, struct psp_saved *s)
{
    const char *wrong = NULL;
    uint8_t ready, flags;
    uint32_t n;

    s->snp.state = buf_get8(b);
    ready = buf_get8(b);
    flags = buf_get8(b);
    s->snp.rmp_ready = ready;
    s->snp.mask_chip_id = flags & SNP_CONFIG_FLAG_MASK_CHIP_ID;
    s->snp.mask_key = flags & SNP_CONFIG_FLAG_MASK_KEY;
    s->snp.committed_tcb = buf_get64(b);
    s->snp.reported_tcb = buf_get64(b);
    n = buf_get32(b);
    if ((s->snp.state || ready) && !psp_has_snp(psp))
        return "saved with SEV-SNP, which this machine does not have";
    if (s->snp.state > SEV_PLATFORM_INIT || ready > 1 || (s->snp.state && !ready) ||
        flags & ~(SNP_CONFIG_FLAG_MASK_CHIP_ID | SNP_CONFIG_FLAG_MASK_KEY) ||
        !tcb_packed_at_most(s->snp.committed_tcb, psp->config.snp_tcb) ||
        !tcb_packed_at_most(s->snp.reported_tcb, s->snp.committed_tcb) || n > SNP_GUESTS ||
        (n && !s->snp.state))
        return "state of SEV-SNP impossible";
    while (!wrong && n--)
        wrong = get_snp_guest(b, psp, s);
    return wrong || s->version < 3 ? wrong : get_snp_keys(b, psp, s);
}

static const char *get_all(struct psp *psp, const void *data, size_t len, struct psp_saved *s)
{
    struct buf b = buf_reader(data, len);
    const char *wrong = get_frame(&b, len, &s->version);
    uint32_t n;

    if (!wrong)
        wrong = get_config(&b, &psp->config, s);
    if (!wrong)
        wrong = get_platform(&b, psp, s);
    if (wrong)
        return wrong;
    n = buf_get32(&b);
    if (n > GCTX_SLOTS || (n > 0) != (s->platform.state == SEV_PLATFORM_WORKING))
        return "number of guests impossible";
    while (!wrong && n--)
        wrong = get_guest(&b, &psp->config, s);
    if (!wrong && s->version >= 2)
        wrong = get_snp(&b, psp, s);
    buf_skip(&b, HASH_SIZE);
    return wrong || buf_done(&b) ? wrong : "length impossible";
}

/* The chip with storage of its own keeps what is there now, if it is the same chip; without, the
 * saved identity is all there is. Empty storage stays empty: the identity that it will have is made
 * in memory, so that the same seed gives the same chip, and psp_saved_apply() stores it. */
static const char *adopt_chip(struct psp *psp, struct psp_saved *s)
{
    if (!s->chip.loaded || !psp->host.nv_load)
        return NULL;
    if (chip_make(psp) != SEV_STATUS_SUCCESS)
        return "the chip's own storage cannot be read";
    if (memcmp(psp->chip.own.chip_id, s->chip.own.chip_id, sizeof(s->chip.own.chip_id)) != 0)
        return "saved by another chip";
    return NULL;
}

/* Put the saved chip in force. Its own identity is the one of the storage, if there is one. */
static void take_chip(struct chip *chip, const struct chip *saved, bool has_storage)
{
    if (!has_storage)
        chip->own = saved->own;
    chip->loaded = chip->stored = true;
    chip->nv_addr = saved->nv_addr;
    chip->nv_issuer = saved->nv_issuer;
    chip->in_buffer = saved->in_buffer;
}

/* Load the key of a guest that is active. 0 or a negative errno. */
static int load_key(struct psp *psp, uint32_t asid, const uint8_t vek[16])
{
    return asid ? psp->host.key_install(psp->ctx, asid, vek) : 0;
}

/* The guests of SEV-SNP. psp_reset() removes the keys of those that were taken. */
static int take_snp(struct psp *psp, const struct snp *saved)
{
    for (unsigned i = 0; i < SNP_GUESTS; i++) {
        int err = load_key(psp, saved->guests[i].asid, saved->guests[i].vek);

        if (err)
            return err;
        psp->snp.guests[i] = saved->guests[i];
    }
    psp->snp = *saved;
    return 0;
}

int psp_saved_apply(struct psp *psp, const struct psp_saved *s)
{
    int err = 0;

    if (s->chip.loaded && psp->host.nv_load && chip_load(psp) != SEV_STATUS_SUCCESS)
        return -EIO;
    psp_reset(psp);
    for (unsigned i = 0; !err && i < GCTX_SLOTS; i++) {
        const struct gctx *guest = &s->guests.slot[i];

        err = load_key(psp, guest->asid, guest->vek);
        if (!err)
            psp->guests.slot[i] = *guest;
    }
    if (!err && s->version >= 2)
        err = take_snp(psp, &s->snp);
    if (err) {
        psp_reset(psp);
        return err;
    }
    psp->guests.last_handle = s->guests.last_handle;
    psp->platform = s->platform;
    if (s->chip.loaded)
        take_chip(&psp->chip, &s->chip, psp->host.nv_load);
    psp->chip.damage_reported = s->chip.damage_reported;
    return 0;
}

struct psp_saved *psp_saved_read(struct psp *psp, const void *data, size_t len, const char **reason)
{
    struct psp_saved *s = calloc(1, sizeof(*s));
    const char *wrong = "out of memory";

    if (s) {
        wrong = get_all(psp, data, len, s);
        if (!wrong)
            wrong = adopt_chip(psp, s);
    }
    *reason = wrong;
    if (!wrong)
        return s;
    psp_saved_free(s);
    return NULL;
}

void psp_saved_free(struct psp_saved *s)
{
    if (s)
        crypto_wipe(s, sizeof(*s));
    free(s);
}

bool psp_saved_has_asid(struct psp_saved *s, uint32_t asid)
{
    return asid && (gctx_find_asid(&s->guests, asid) || snp_find_asid(&s->snp, asid));
}

int psp_load(struct psp *psp, const void *data, size_t len, const char **reason)
{
    const char *wrong = NULL;
    struct psp_saved *s = psp_saved_read(psp, data, len, &wrong);
    int err = s ? psp_saved_apply(psp, s) : -EINVAL;

    if (s && err)
        wrong = "the host could not load a guest's key or store the chip's identity";
    psp_saved_free(s);
    if (reason)
        *reason = wrong;
    return err;
}
