/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one file that knows everybody: it gives the secure processor its host (RAM, keys, random,
 * time, log), fills the table that patched Bochs calls, and sends the hypervisor role to work.
 *
 * Implements psp_host.h over Bochs 3.0 (memory/memory-bochs.h) and hooks.h over cpu-ext.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "param_names.h"
#include "sev.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include <string>
#include <vector>

#include "b64.h"
#include "hv.h"
#include "mailbox.h"
#include "measure.h"
#include "trace.h"

extern "C" {
#include "cbit.h"
}

#define LOG_THIS bx_sev_device->

/* Adapter memory and shadow RAM below 1 MiB, and what stands below 4 GiB besides RAM. */
static const uint64_t low_hole = 0xa0000, low_hole_end = 0x100000;
static const uint64_t high_hole = 0xfec00000, high_hole_end = UINT64_C(1) << 32;

struct sev_machine {
    const struct opt *opt;
    struct psp *psp;
    struct mailbox mailbox;
    struct hv *hv;
    struct trace *trace;
    struct cbit cbit;
};

/* --- psp_host: memory --- */

static bool overlaps(uint64_t start, uint64_t end, uint64_t hole, uint64_t hole_end)
{
    return start < hole_end && end > hole;
}

/* Guests' commands reach RAM. The hypervisor's reach its own memory and the ROMs too. */
static bool glue_ram_valid(void *ctx, uint64_t spa, uint64_t len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    uint64_t end = spa + len;
    bool hypervisor = hv_mapped(m->hv, HV_MEMORY_BASE, 0) != NULL;

    if (end < spa)
        return false;
    if (hv_mapped(m->hv, spa, len))
        return true;
    if (hypervisor &&
        ((spa >= low_hole && end <= low_hole_end) || (spa >= high_hole && end <= high_hole_end)))
        return true;
    return end <= BX_MEM(0)->get_memory_len() && !overlaps(spa, end, low_hole, low_hole_end) &&
           !overlaps(spa, end, high_hole, high_hole_end);
}

/* Splits a range at page ends, as Bochs's DMA functions want it. */
template <typename Copy> static void for_pages(uint64_t spa, size_t len, Copy copy)
{
    for (size_t done = 0; done < len;) {
        size_t n = 0x1000 - ((spa + done) & 0xfff);
        if (n > len - done)
            n = len - done;
        copy(spa + done, done, (unsigned)n);
        done += n;
    }
}

static int glue_ram_read(void *ctx, uint32_t, uint64_t spa, void *buf, size_t len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    const void *own = hv_mapped(m->hv, spa, len);

    if (own)
        memcpy(buf, own, len);
    else
        for_pages(spa, len, [buf](uint64_t addr, size_t offset, unsigned n) {
            BX_MEM(0)->dmaReadPhysicalPage(addr, n, (Bit8u *)buf + offset);
        });
    return 0;
}

static int glue_ram_write(void *ctx, uint32_t, uint64_t spa, const void *buf, size_t len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    void *own = hv_mapped(m->hv, spa, len);

    if (own)
        memcpy(own, buf, len);
    else
        for_pages(spa, len, [buf](uint64_t addr, size_t offset, unsigned n) {
            BX_MEM(0)->dmaWritePhysicalPage(addr, n, (Bit8u *)buf + offset);
        });
    return 0;
}

/* Memory is not encrypted yet: a key has nowhere to go. */
static int glue_key_install(void *, uint32_t, const uint8_t *)
{
    return 0;
}

static void glue_key_remove(void *, uint32_t)
{
}

/* --- psp_host: the rest --- */

static int glue_random(void *, void *buf, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = getrandom((char *)buf + done, len - done, 0);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            done += (size_t)n;
    }
    return 0;
}

static uint64_t glue_time_us(void *)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void glue_log(void *ctx, enum psp_log_level level, const char *message)
{
    const struct opt *opt = ((struct sev_machine *)ctx)->opt;

    if (level == PSP_LOG_ERROR)
        BX_ERROR(("%s", message));
    else if (level == PSP_LOG_INFO && opt->log >= OPT_LOG_INFO)
        BX_INFO(("%s", message));
    else if (level == PSP_LOG_DEBUG && opt->log >= OPT_LOG_DEBUG)
        BX_INFO(("%s", message));
}

static void glue_trace(void *ctx, const struct psp_trace *event)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    char line[256];

    trace_event(m->trace, event, hv_region_name(m->hv), line, sizeof(line));
    if (event->status != SEV_STATUS_SUCCESS && m->opt->log < OPT_LOG_INFO)
        BX_ERROR(("%s", line));
    else if (m->opt->log >= OPT_LOG_INFO)
        BX_INFO(("%s", line));
}

static const struct psp_host glue_host = {
    .ram_valid = glue_ram_valid,
    .ram_read = glue_ram_read,
    .ram_write = glue_ram_write,
    .key_install = glue_key_install,
    .key_remove = glue_key_remove,
    .random = glue_random,
    .time_us = glue_time_us,
    .nv_load = NULL,
    .nv_store = NULL,
    .log = glue_log,
    .trace = glue_trace,
};

/* --- hooks --- */

static void glue_wbinvd(void *ctx, unsigned cpu)
{
    psp_wbinvd(((struct sev_machine *)ctx)->psp, cpu);
}

static void glue_hooks_install(struct sev_machine *m)
{
    cbit_init(&m->cbit, (unsigned)m->opt->cbitpos);
    m->cbit.sink.ctx = m;
    m->cbit.sink.wbinvd = glue_wbinvd;
    if (cbit_attach(&m->cbit, &sev_hooks))
        BX_FATAL(("this Bochs was patched for hook version %u, the plugin needs %u: rebuild both",
                  sev_hooks.version, SEV_HOOKS_VERSION));
}

/* --- the machine --- */

struct sev_machine *bx_sev_machine_new(const struct opt *opt)
{
    struct sev_machine *m = new struct sev_machine();
    char reason[200];
    const char *wrong =
        cbit_check((unsigned)opt->cbitpos, BX_MEM(0)->get_memory_len(), reason, sizeof(reason));
    struct psp_config config = {};

    if (wrong)
        BX_FATAL(("sev: cbitpos: '%u' %s", (unsigned)opt->cbitpos, wrong));
    config.api_major = opt->api.major;
    config.api_minor = opt->api.minor;
    config.build = (uint8_t)opt->build;
    config.asids = (uint32_t)opt->asids;
    config.cpus = BX_SMP_PROCESSORS;
    config.tik = opt->tik.set ? opt->tik.bytes : NULL;
    config.tek = opt->tek.set ? opt->tek.bytes : NULL;
    config.mnonce = opt->mnonce.set ? opt->mnonce.bytes : NULL;

    m->opt = opt;
    m->trace = trace_new();
    m->psp = psp_new(&glue_host, m, &config);
    m->hv = m->psp ? hv_new(m->psp, BX_SMP_PROCESSORS) : NULL;
    if (!m->trace || !m->hv)
        BX_FATAL(("the secure processor could not be started (out of memory)"));
    mailbox_init(&m->mailbox, m->psp);
    glue_hooks_install(m);
    return m;
}

void bx_sev_machine_free(struct sev_machine *m)
{
    if (!m)
        return;
    cbit_detach(&sev_hooks);
    hv_free(m->hv);
    psp_free(m->psp);
    trace_free(m->trace);
    delete m;
}

uint32_t bx_sev_machine_port_read(struct sev_machine *m, unsigned offset, unsigned size)
{
    return mailbox_read(&m->mailbox, offset, size);
}

void bx_sev_machine_port_write(struct sev_machine *m, unsigned offset, uint32_t value,
                               unsigned size)
{
    mailbox_write(&m->mailbox, offset, value, size);
}

/* --- launch --- */

/* Adds a ROM as Bochs's load_ROM() placed it: `address` 0 = ends at 4 GiB. */
static void add_rom(std::vector<struct hv_region> &roms, const char *name, const char *path,
                    uint64_t address)
{
    struct stat st;

    if (!*path || stat(path, &st) || st.st_size <= 0)
        return; /* Bochs has already said so, or the machine has no such ROM */
    uint64_t gpa = address ? address : high_hole_end - (uint64_t)st.st_size;
    roms.push_back({name, gpa, (uint32_t)st.st_size});
}

/* BIOS, VGA BIOS, option ROMs: all that the CPU will execute, in that order. */
static std::vector<struct hv_region> list_roms()
{
    static const char *const optroms[] = {"option ROM 1", "option ROM 2", "option ROM 3",
                                          "option ROM 4"};
    std::vector<struct hv_region> roms;

    add_rom(roms, "BIOS", SIM->get_param_string(BXPN_ROM_PATH)->getptr(),
            (uint64_t)SIM->get_param_num(BXPN_ROM_ADDRESS)->get64());
    if (SIM->is_pci_device("pcivga") || SIM->is_pci_device("cirrus") ||
        SIM->is_pci_device("voodoo"))
        BX_INFO(
            ("the VGA BIOS is behind PCI: the BIOS will copy it, the launch does not measure it"));
    else
        add_rom(roms, "VGA BIOS", SIM->get_param_string(BXPN_VGA_ROM_PATH)->getptr(), 0xc0000);
    for (unsigned i = 0; i < BX_N_OPTROM_IMAGES && i < 4; i++) {
        std::string base = std::string(BXPN_OPTROM_BASE) + "." + std::to_string(i + 1);
        bx_list_c *list = (bx_list_c *)SIM->get_param(base.c_str());
        add_rom(roms, optroms[i], SIM->get_param_string("file", list)->getptr(),
                (uint64_t)SIM->get_param_num("address", list)->get64());
    }
    return roms;
}

void bx_sev_machine_launch(struct sev_machine *m)
{
    const struct opt *opt = m->opt;
    std::vector<struct hv_region> roms = list_roms();
    struct hv_secret secret = {opt->secret_header.bytes, opt->secret_payload.bytes,
                               (uint32_t)opt->secret_payload.len, opt->secret_gpa};
    struct hv_failure failure = {};
    char text[B64_TEXT_SIZE(MEASURE_BLOB_SIZE)];
    bool ok = hv_launch(m->hv, (uint32_t)opt->policy, roms.data(), (unsigned)roms.size(), &failure);

    if (ok) {
        b64_encode(hv_measurement(m->hv), MEASURE_BLOB_SIZE, text);
        BX_INFO(("launch measurement %s", text));
    }
    if (ok && opt->secret_header.len)
        ok = hv_inject(m->hv, &secret, &failure);
    ok = ok && hv_finish(m->hv, &failure);
    if (!ok)
        BX_FATAL(("the launch failed: %s%s%s: %s (%02Xh)", failure.step,
                  *failure.what ? " of " : "", failure.what, psp_status_name(failure.status),
                  failure.status));
}

/* --- info device "sev" --- */

typedef void print_line(const char *line);

static void print_format(print_line *print, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void print_format(print_line *print, const char *format, ...)
{
    char line[256];
    va_list ap;

    va_start(ap, format);
    vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    print(line);
}

static std::string hex(const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    std::string text;

    for (size_t i = 0; i < len; i++) {
        text += digits[data[i] >> 4];
        text += digits[data[i] & 15];
    }
    return text;
}

static void dump_guest(const struct psp_guest_info *g, print_line *print)
{
    print_format(print, "guest handle %u: state %s, policy %#x, asid %u", g->handle,
                 psp_guest_state_name(g->state), g->policy, g->asid);
    print_format(print, "  launch digest %s", hex(g->launch_digest, 32).c_str());
    if (g->measured)
        print_format(print, "  measurement   %s nonce %s", hex(g->measure, 32).c_str(),
                     hex(g->mnonce, 16).c_str());
}

void bx_sev_machine_dump(struct sev_machine *m, print_line *print)
{
    struct psp_platform_info platform;
    struct psp_guest_info guest;
    unsigned n;

    psp_get_platform(m->psp, &platform);
    print_format(print, "platform %s, API %u.%u build %u, %u guest(s)",
                 psp_platform_state_name(platform.state), platform.api_major, platform.api_minor,
                 platform.build, platform.guests);
    print_format(print, "C-bit %u, mask %#" PRIx64, (unsigned)m->opt->cbitpos, sev_hooks.cbit_mask);
    for (unsigned i = 0; i < psp_guest_slots(); i++)
        if (psp_get_guest(m->psp, i, &guest))
            dump_guest(&guest, print);
    const struct trace_region *regions = trace_regions(m->trace, &n);
    for (unsigned i = 0; i < n; i++)
        print_format(print, "region %u: guest %u %#" PRIx64 "+%#x %s sha256 %s", i,
                     regions[i].handle, regions[i].gpa, regions[i].len,
                     *regions[i].name ? regions[i].name : "(launched by the guest)",
                     hex(regions[i].sha256, 32).c_str());
    for (unsigned why = 0; why < SEV_WHY_COUNT; why++)
        print_format(print, "%-6s private %" PRIu64 ", shared %" PRIu64,
                     cbit_why_name((enum sev_why)why), m->cbit.wants[SEV_VIEW_PRIVATE][why],
                     m->cbit.wants[SEV_VIEW_SHARED][why]);
}
