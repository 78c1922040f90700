/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Save and restore: everything of a SEV machine that Bochs does not know, in one file of its saved
 * state (`sev.state`): the secure processor, the built-in hypervisor, the mailbox, MSRs, the random
 * stream, keys and states of pages, ROMs. Bochs saves RAM in its present state.
 *
 * Layout, ours, little endian: magic "SEVBXSR1"; the machine's configuration as text (u32 length);
 * launched u8; hypervisor; mailbox; random stream; MSRs of the CPUs (u32 number); the
 * processor (u32 length, psp_save); memory (u32 length, bx_sev_memory_save); SHA-256 of all that.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "sev_cpuid.h"
#include "sev_hook_table.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory.h"
#include "sev_save.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "psp_mailbox.h"
#include "msr.h"
#include "psp.h"
#include "rng.h"
#include "protocol/buf.h"
#include "protocol/hex.h"
#include "protocol/crypto.h"
#include "firmware/sev_firmware.h"
#include "hypervisor/hv.h"

static const char magic[9] = "SEVBXSR1";
static const size_t fixed_max = 4096; /* all but processor and memory */

/* What the firmware configuration device offers: the guest may be in the middle of reading it. */
static std::string kernel_digest(const struct sev_machine *m)
{
    uint8_t table[KERNEL_HASHES_SIZE], digest[CRYPTO_SHA256_SIZE];
    char text[17];
    uint64_t gpa;

    if (!bx_sev_fwcfg_hashes(bx_sev_machine_fwcfg(m), table, &gpa))
        return "none";
    crypto_sha256(table, sizeof(table), digest);
    hex_encode(digest, 8, text);
    return text;
}

/* What must be the same in the machine that goes on. */
static std::string configuration(const struct sev_machine *m)
{
    const struct opt *o = bx_sev_machine_opt(m);
    char text[300];

    snprintf(
        text, sizeof(text),
        "cbitpos=%u reduced_phys_bits=%u policy=%#x port=%#x launch=%u encryption=%u api=%u.%u "
        "build=%u asids=%u cpus=%u ram=%#llx",
        (unsigned)o->cbitpos, (unsigned)o->reduced_phys_bits, (unsigned)o->policy,
        (unsigned)o->port, (unsigned)o->launch, bx_sev_machine_memory(m) != NULL, o->api.major,
        o->api.minor, (unsigned)o->build, (unsigned)o->asids, (unsigned)BX_SMP_PROCESSORS,
        (unsigned long long)BX_MEM(0)->get_memory_len());
    return text + (" kernel=" + kernel_digest(m));
}

static void put_mailbox(struct buf *b, const struct psp_mailbox *box)
{
    buf_put32(b, box->cmdresp);
    buf_put32(b, box->pending);
    buf_put32(b, box->addr_lo);
    buf_put32(b, box->addr_hi);
}

static void get_mailbox(struct buf *b, struct psp_mailbox *box)
{
    box->cmdresp = buf_get32(b);
    box->pending = buf_get32(b);
    box->addr_lo = buf_get32(b);
    box->addr_hi = buf_get32(b);
}

static void put_rng(struct buf *b, const struct rng *rng)
{
    buf_put8(b, rng->seeded);
    buf_put(b, rng->seed, sizeof(rng->seed));
    buf_put64(b, rng->block);
    buf_put(b, rng->rest, sizeof(rng->rest));
    buf_put8(b, (uint8_t)rng->rest_len);
}

static void get_rng(struct buf *b, struct rng *rng)
{
    rng->seeded = buf_get8(b) != 0;
    buf_get(b, rng->seed, sizeof(rng->seed));
    rng->block = buf_get64(b);
    buf_get(b, rng->rest, sizeof(rng->rest));
    rng->rest_len = buf_get8(b) % (sizeof(rng->rest) + 1);
}

/* --- save --- */

static std::vector<uint8_t> encode(const struct sev_machine *m, bool launched,
                                   const std::vector<uint8_t> &psp)
{
    std::string text = configuration(m);
    size_t memory =
        bx_sev_machine_memory(m) ? bx_sev_memory_save_size(bx_sev_machine_memory(m)) : 0;
    std::vector<uint8_t> out(fixed_max + psp.size() + memory);
    struct buf b = buf_writer(out.data(), out.size());

    buf_put(&b, magic, 8);
    buf_put32(&b, (uint32_t)text.size());
    buf_put(&b, text.data(), text.size());
    buf_put8(&b, launched);
    buf_put32(&b, hv_handle(bx_sev_machine_hv(m)));
    buf_put(&b, hv_measurement(bx_sev_machine_hv(m)), HV_MEASUREMENT_SIZE);
    put_mailbox(&b, bx_sev_machine_mailbox(m));
    put_rng(&b, bx_sev_machine_rng(m));
    buf_put32(&b, BX_SMP_PROCESSORS);
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        buf_put64(&b, bx_sev_cpuid_msrs(bx_sev_machine_cpuid(m), i)->hwcr);
    buf_put32(&b, (uint32_t)psp.size());
    buf_put(&b, psp.data(), psp.size());
    buf_put32(&b, (uint32_t)memory);
    if (memory)
        bx_sev_memory_save(bx_sev_machine_memory(m), b.data + b.pos);
    b.pos += memory;
    crypto_sha256(out.data(), b.pos, b.data + b.pos);
    out.resize(b.pos + CRYPTO_SHA256_SIZE);
    return out;
}

void bx_sev_save(struct sev_machine *m, FILE *file)
{
    std::vector<uint8_t> psp(PSP_SAVE_MAX), all;
    size_t len = 0;
    int err = psp_save(bx_sev_machine_psp(m), psp.data(), psp.size(), &len);

    fchmod(fileno(file), 0600); /* it holds keys */
    if (err) {
        BX_ERROR(("this saved state cannot be restored: %s",
                  err == -EBUSY ? "a guest is in the middle of its launch (LAUNCH_MEASURE ends it)"
                                : strerror(-err)));
        return;
    }
    psp.resize(len);
    all = encode(m, true, psp);
    if (fwrite(all.data(), 1, all.size(), file) != all.size() || fflush(file))
        BX_ERROR(("this saved state cannot be restored: sev.state could not be written: %s",
                  strerror(errno)));
    crypto_wipe(all.data(), all.size());
    crypto_wipe(psp.data(), psp.size());
}

/* --- restore --- */

static void refuse(const char *why)
{
    BX_FATAL(("sev: the saved state cannot be restored: %.300s", why));
}

/* All of the file, checked against accidents; who can write it owns the machine anyway. */
static std::vector<uint8_t> read_all(FILE *file)
{
    std::vector<uint8_t> data;
    uint8_t digest[CRYPTO_SHA256_SIZE], chunk[4096];
    size_t n;

    rewind(file);
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        data.insert(data.end(), chunk, chunk + n);
    if (data.size() < 8 + sizeof(digest) || memcmp(data.data(), magic, 8))
        refuse(
            "it has no state of a SEV machine (saved in the middle of a launch, or without sev)");
    data.resize(data.size() - sizeof(digest));
    crypto_sha256(data.data(), data.size(), digest);
    if (memcmp(digest, data.data() + data.size(), sizeof(digest)))
        refuse("its checksum is wrong");
    return data;
}

static void check_configuration(const struct sev_machine *m, struct buf *b)
{
    char saved[300] = "";
    uint32_t len = buf_get32(b);
    std::string now = configuration(m);

    if (len < sizeof(saved))
        buf_get(b, saved, len);
    if (now != saved) {
        BX_INFO(("saved: %s", saved));
        BX_INFO(("now:   %s", now.c_str()));
        refuse("it was saved with another configuration (both are in the log)");
    }
}

static void restore_processor(struct sev_machine *m, struct buf *b)
{
    const char *reason = NULL;
    std::vector<uint8_t> data(buf_get32(b) % (PSP_SAVE_MAX + 1));

    buf_get(b, data.data(), data.size());
    if (!buf_ok(b) || psp_load(bx_sev_machine_psp(m), data.data(), data.size(), &reason))
        refuse(reason ? reason : "the secure processor's state is damaged");
    crypto_wipe(data.data(), data.size());
}

void bx_sev_restore(struct sev_machine *m, FILE *file)
{
    std::vector<uint8_t> data = read_all(file);
    struct buf b = buf_reader(data.data(), data.size());
    uint8_t measurement[HV_MEASUREMENT_SIZE];
    uint32_t handle, cpus, memory;

    buf_skip(&b, 8);
    check_configuration(m, &b);
    buf_skip(&b, 1);
    handle = buf_get32(&b);
    buf_get(&b, measurement, sizeof(measurement));
    hv_restore(bx_sev_machine_hv(m), handle, measurement);
    get_mailbox(&b, bx_sev_machine_mailbox(m));
    get_rng(&b, bx_sev_machine_rng(m));
    cpus = buf_get32(&b);
    for (unsigned i = 0; i < cpus && i < BX_SMP_PROCESSORS; i++)
        bx_sev_cpuid_msrs(bx_sev_machine_cpuid(m), i)->hwcr = buf_get64(&b);
    if (bx_sev_machine_memory(m)) {
        bx_sev_memory_forget(bx_sev_machine_memory(m)); /* the keys come with the processor */
        bx_sev_hooks_attach(m);                         /* Bochs looked into what is forgotten */
    }
    restore_processor(m, &b);
    memory = buf_get32(&b);
    if (!buf_ok(&b) || memory != b.len - b.pos ||
        (bx_sev_machine_memory(m) &&
         bx_sev_memory_restore(bx_sev_machine_memory(m), b.data + b.pos, memory)))
        refuse("the state of memory encryption is damaged");
    crypto_wipe(data.data(), data.size());
    BX_INFO(("SEV state restored: guest handle %u", handle));
}
