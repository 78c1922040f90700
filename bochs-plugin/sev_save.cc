/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Save and restore in Bochs: collects the parts of the machine for saved_machine.c, and reports
 * errors to whoever asked. See sev_save.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "bx_debug/debug.h"
#include "sev_cpuid.h"
#include "sev_hook_table.h"
#include "sev_launch.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory.h"
#include "sev_memory_map.h"
#include "sev_save.h"
#include "sev_snp.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "saved_machine.h"
#include "protocol/crypto.h"
#include "protocol/hex.h"
#include "firmware/sev_firmware.h"

static const size_t error_max = 400;

struct sev_save {
    struct sev_machine *machine;
    uint8_t *rom;          /* Bochs's array */
    std::string rom_error; /* of the ROM's file, which Bochs has written before */
    bool by_request;       /* bx_sev_save_to() is at work and reports the error */
    std::string error;
};

/* --- the parts of the machine --- */

/* Enough of a digest to see that something is another thing. */
static std::string short_digest(const uint8_t *bytes, size_t len)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];
    char text[17];

    crypto_sha256(bytes, len, digest);
    hex_encode(digest, 8, text);
    return text;
}

/* What the firmware configuration device offers, because the guest may be in the middle of reading
 * it: a digest of the kernel hashes. */
static std::string kernel_digest(const struct sev_machine *m)
{
    uint8_t table[KERNEL_HASHES_SIZE];
    uint64_t gpa;

    if (!bx_sev_fwcfg_hashes(bx_sev_machine_fwcfg(m), table, &gpa))
        return "none";
    return short_digest(table, sizeof(table));
}

/* The contents of a file that a parameter names, as a digest; the file may be large. */
static std::string blob_digest(const char *name, const struct opt_blob *blob)
{
    return std::string(" ") + name + "=" +
           (blob->len ? short_digest(blob->bytes, blob->len) : "none");
}

/* The chip and what it says of itself: reports and keys of the guest depend on them. */
static std::string snp_chip_configuration(const struct opt *o)
{
    char text[250];

    snprintf(text, sizeof(text),
             " snp_chip=%u snp_tcb=%#llx snp_committed_tcb=%#llx snp_reported_tcb=%#llx "
             "snp_platform_info=%#llx snp_report=%u snp_mask=%u",
             (unsigned)o->snp_chip, (unsigned long long)o->snp_tcb,
             (unsigned long long)o->snp_committed_tcb, (unsigned long long)o->snp_reported_tcb,
             (unsigned long long)o->snp_platform_info, (unsigned)o->snp_report,
             (unsigned)o->snp_mask);
    return text + blob_digest("snp_chip_id", &o->snp_chip_id) +
           blob_digest("snp_vlek", &o->snp_vlek) + blob_digest("snp_certs", &o->snp_certs);
}

static std::string snp_configuration(const struct opt *o)
{
    char text[100];

    snprintf(text, sizeof(text), " snp_policy=%#llx sev_features=%#llx",
             (unsigned long long)o->snp_policy, (unsigned long long)o->sev_features);
    return o->snp ? text + snp_chip_configuration(o) : "";
}

/* What must be the same in the machine that is restored. */
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
    return text + snp_configuration(o) + (opt_is_host(o) ? " mode=host" : "") +
           " kernel=" + kernel_digest(m);
}

static size_t memory_size(void *m)
{
    return bx_sev_memory_save_size(bx_sev_machine_memory((struct sev_machine *)m));
}

static void memory_save(void *m, uint8_t *out)
{
    bx_sev_memory_save(bx_sev_machine_memory((struct sev_machine *)m), out);
}

static int memory_check(void *m, const uint8_t *in, size_t len, bool (*has_key)(void *, uint32_t),
                        void *ctx)
{
    return bx_sev_memory_check(bx_sev_machine_memory((struct sev_machine *)m), in, len, has_key,
                               ctx);
}

static void memory_forget(void *m)
{
    bx_sev_memory_forget(bx_sev_machine_memory((struct sev_machine *)m));
    bx_sev_hooks_attach((struct sev_machine *)m); /* the table points into what was forgotten */
}

static int memory_restore(void *m, const uint8_t *in, size_t len)
{
    return bx_sev_memory_restore(bx_sev_machine_memory((struct sev_machine *)m), in, len);
}

static const struct saved_memory_ops memory_ops = {
    .size = memory_size,
    .save = memory_save,
    .check = memory_check,
    .forget = memory_forget,
    .restore = memory_restore,
};

/* The parts, together with what they point to. */
struct collected {
    std::string configuration;
    std::vector<struct msr_state *> msrs;
    std::vector<uint32_t> asids; /* of the guests that a host's CPUs run */
    struct saved_parts parts;

    explicit collected(struct sev_machine *m) : configuration(::configuration(m)), parts()
    {
        for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
            msrs.push_back(bx_sev_cpuid_msrs(bx_sev_machine_cpuid(m), i));
        parts.configuration = configuration.c_str();
        parts.hv = bx_sev_machine_hv(m);
        parts.mailbox = bx_sev_machine_mailbox(m);
        parts.psp = bx_sev_machine_psp(m);
        parts.rng = bx_sev_machine_rng(m);
        parts.has_vmsas = bx_sev_machine_es(m) != NULL;
        parts.rmp = bx_sev_machine_snp(m) ? bx_sev_snp_rmp(bx_sev_machine_snp(m)) : NULL;
        for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
            asids.push_back(sev_hooks.cpus[i].asid);
        parts.asids = opt_is_host(bx_sev_machine_opt(m)) ? asids.data() : NULL;
        parts.max_asid = (uint32_t)bx_sev_machine_opt(m)->asids;
        parts.cpus = BX_SMP_PROCESSORS;
        parts.msrs = msrs.data();
        parts.memory = bx_sev_machine_memory(m) ? &memory_ops : NULL;
        parts.memory_ctx = m;
    }
};

/* --- save --- */

struct sev_save *bx_sev_save_new(struct sev_machine *machine)
{
    struct sev_save *save = new struct sev_save();

    save->machine = machine;
    return save;
}

void bx_sev_save_power_on(struct sev_save *save)
{
    save->rom = bx_sev_memmap_rom();
}

void bx_sev_save_free(struct sev_save *save)
{
    delete save;
}

bool bx_sev_save_possible(struct sev_save *save, char *error, size_t error_size)
{
    const struct collected c(save->machine);

    return !saved_machine_possible(&c.parts, error, error_size);
}

/* Write the file. Return an error phrase, empty if it is written. */
static std::string write_file(struct sev_save *save, FILE *file)
{
    const struct collected c(save->machine);
    char error[error_max];
    struct stat st;
    uint8_t *data;
    size_t len;
    std::string wrong;

    if (!fstat(fileno(file), &st) && S_ISREG(st.st_mode) && fchmod(fileno(file), 0600))
        return std::string("sev.state, which holds keys, cannot be protected: ") + strerror(errno);
    if (saved_machine_write(&c.parts, &data, &len, error, sizeof(error)))
        return error;
    if (fwrite(data, 1, len, file) != len || fflush(file))
        wrong = std::string("sev.state cannot be written: ") + strerror(errno);
    crypto_wipe(data, len);
    free(data);
    return wrong;
}

/* Tell the user of Bochs's interface or debugger. */
static void report(const std::string &error)
{
    const std::string text = "this saved state cannot be restored: " + error;

    BX_ERROR(("%s", text.c_str()));
#if BX_DEBUGGER
    if (bx_dbg.debugger_active)
        dbg_printf("sev: %s\n", text.c_str());
#endif
    SIM->message_box("SEV", text.c_str());
}

void bx_sev_save_write_rom(struct sev_save *save, FILE *file)
{
    save->rom_error.clear();
    if (fwrite(save->rom, 1, BX_SEV_ROM_SIZE, file) != BX_SEV_ROM_SIZE || fflush(file))
        save->rom_error = std::string("sev.rom cannot be written: ") + strerror(errno);
}

void bx_sev_save_write(struct sev_save *save, FILE *file)
{
    save->error = save->rom_error.empty() ? write_file(save, file) : save->rom_error;
    if (!save->error.empty() && !save->by_request)
        report(save->error);
}

bool bx_sev_save_to(struct sev_save *save, const char *path, char *error, size_t error_size)
{
    bool saved;

    if (!bx_sev_save_possible(save, error, error_size))
        return false;
    if (mkdir(path, 0700) && errno != EEXIST) {
        snprintf(error, error_size, "cannot create '%.100s': %s", path, strerror(errno));
        return false;
    }
    save->error = "sev.state cannot be created"; /* unless Bochs calls bx_sev_save_write() */
    save->by_request = true;
    saved = SIM->save_state(path);
    save->by_request = false;
    if (!saved)
        snprintf(error, error_size, "cannot save to '%.100s'", path);
    else if (!save->error.empty())
        snprintf(error, error_size, "%s", save->error.c_str());
    return saved && save->error.empty();
}

/* --- restore --- */

void bx_sev_save_restore_rom(struct sev_save *save, FILE *file)
{
    rewind(file);
    if (fread(save->rom, 1, BX_SEV_ROM_SIZE, file) != BX_SEV_ROM_SIZE)
        BX_FATAL(("sev: the saved state cannot be restored: sev.rom cannot be read"));
}

void bx_sev_save_restore(struct sev_save *save, FILE *file)
{
    struct collected c(save->machine);
    std::vector<uint8_t> data;
    uint8_t chunk[4096];
    char error[error_max];
    struct stat st;
    size_t n;

    rewind(file);
    if (!fstat(fileno(file), &st) && st.st_size > 0)
        data.reserve((size_t)st.st_size); /* a vector that grows would leave copies of the keys */
    while ((n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        data.insert(data.end(), chunk, chunk + n);
    crypto_wipe(chunk, sizeof(chunk));
    if (ferror(file))
        BX_FATAL(("sev: the saved state cannot be restored: sev.state cannot be read: %s",
                  strerror(errno)));
    if (saved_machine_read(&c.parts, data.data(), data.size(), error, sizeof(error)))
        BX_FATAL(("sev: the saved state cannot be restored: %s", error));
    crypto_wipe(data.data(), data.size());
    if (c.parts.asids)
        for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
            bx_sev_hooks_run_guest(i, c.asids[i]);
    BX_INFO(("SEV state restored"));
}
