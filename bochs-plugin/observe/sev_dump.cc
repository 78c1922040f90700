/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state of a SEV machine as text, for `sev state` in the debugger.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "sev_machine.h"
#include "sev_memory.h"
#include "sev_snp.h"

#include <inttypes.h>
#include <stdarg.h>

#include <string>

#include "cbit.h"
#include "psp.h"
#include "sev_observe.h"
#include "command_log.h"

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

static void dump_memory(const struct sev_machine *m, print_line *print)
{
    struct bx_sev_memory_info info;

    if (!bx_sev_machine_memory(m)) {
        print_format(print, "memory is not encrypted (encryption=none)");
        return;
    }
    bx_sev_memory_info(bx_sev_machine_memory(m), &info);
    print_format(print,
                 "memory of ASID %u: %u pages decrypted, %u raw; %" PRIu64 " conversions, %" PRIu64
                 " failed",
                 info.asid, info.private_pages, info.raw_pages, info.conversions, info.failures);
}

static void dump_sanitizer(const struct sev_machine *m, print_line *print)
{
    struct bx_sev_sanitizer_info info;

    if (!bx_sev_machine_sanitizer(m))
        return;
    bx_sev_sanitizer_info(bx_sev_machine_sanitizer(m), &info);
    print_format(print,
                 "sanitizer: %" PRIu64 " reports, %u sites; %u pages mixed, %" PRIu64
                 " so far, %" PRIu64 " forgotten; %" PRIu64 " accesses watched",
                 info.reports, info.sites, info.mixed, info.mixed_ever, info.forgotten,
                 info.touches);
}

void bx_sev_machine_dump(struct sev_machine *m, print_line *print)
{
    struct psp_platform_info platform;
    struct psp_guest_info guest;
    unsigned n;

    psp_get_platform(bx_sev_machine_psp(m), &platform);
    print_format(print, "platform %s, API %u.%u build %u, %u guest(s)",
                 psp_platform_state_name(platform.state), platform.api_major, platform.api_minor,
                 platform.build, platform.guests);
    print_format(print, "C-bit %u, mask %#" PRIx64, (unsigned)bx_sev_machine_opt(m)->cbitpos,
                 sev_hooks_cbit(0));
    dump_memory(m, print);
    if (bx_sev_machine_snp(m))
        bx_sev_rmp_print_states(bx_sev_snp_rmp(bx_sev_machine_snp(m)), print);
    dump_sanitizer(m, print);
    for (unsigned i = 0; i < psp_guest_slots(); i++)
        if (psp_get_guest(bx_sev_machine_psp(m), i, &guest))
            dump_guest(&guest, print);
    const struct command_log_region *regions =
        command_log_regions(bx_sev_machine_command_log(m), &n);
    for (unsigned i = 0; i < n; i++)
        print_format(print, "region %u: guest %u %#" PRIx64 "+%#x %s sha256 %s", i,
                     regions[i].handle, regions[i].gpa, regions[i].len,
                     *regions[i].name ? regions[i].name : "(launched by the guest)",
                     hex(regions[i].sha256, 32).c_str());
    for (unsigned why = 0; why < SEV_WHY_COUNT; why++)
        print_format(print, "%-6s private %" PRIu64 ", shared %" PRIu64,
                     cbit_why_name((enum sev_why)why),
                     cbit_accesses(bx_sev_machine_cbit(m), &sev_hooks, SEV_ACCESS_PRIVATE,
                                   (enum sev_why)why),
                     cbit_accesses(bx_sev_machine_cbit(m), &sev_hooks, SEV_ACCESS_SHARED,
                                   (enum sev_why)why));
}
