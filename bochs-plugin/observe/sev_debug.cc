/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The debugger's commands: `sev COMMAND ARGUMENT...` in Bochs's debugger (or, in its own way of
 * giving words to a device, `info device "sev" "COMMAND, ARGUMENT..."`), `monitor sev ...` in gdb.
 * Breaks are in sev_break.cc.
 *
 * See bochs-sev-debug(7). Uses Bochs 3.0 bx_debug/debug.h. Commands that show memory convert no page
 * and change neither translations nor accessed bits.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "bx_debug/debug.h"
#include "sev_machine.h"
#include "sev_memory_map.h"

#if BX_DEBUGGER

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "psp.h"
#include "sev_observe.h"
#include "walk.h"

static const uint64_t page_size = TIMELINE_PAGE_SIZE,
                      page_mask = ~(uint64_t)(TIMELINE_PAGE_SIZE - 1);
static const uint64_t read_max = 65536, address_end = UINT64_C(1) << 40;
static const int words_max = 8; /* of a command */

/* --- arguments --- */

/* A number, or with symbols= a name. */
bool bx_sev_debug_number(const struct sev_machine *m, const char *text, uint64_t *number)
{
    const struct symbols *symbols = bx_sev_machine_symbols(m);
    char *end;

    errno = 0;
    *number = strtoull(text, &end, 0);
    if (isdigit((unsigned char)*text) && !*end && !errno)
        return true;
    if (symbols && symbols_address(symbols, text, number))
        return true;
    bx_sev_printf("sev: '%s' is %s\n", text,
                  symbols ? "neither a number nor a symbol" : "not a number");
    return false;
}

/* Read the physical range [address, address + length), not empty. Return its first and last page. */
static bool get_pages(const struct sev_machine *m, int argc, char **argv, int first, uint64_t *from,
                      uint64_t *to)
{
    uint64_t address, length = 1;

    if (!bx_sev_debug_number(m, argv[first], &address) ||
        (argc > first + 1 && !bx_sev_debug_number(m, argv[first + 1], &length)))
        return false;
    if (!length || address >= address_end || length > address_end - address) {
        bx_sev_printf("sev: there is no memory at these addresses\n");
        return false;
    }
    *from = address / page_size;
    *to = (address + length - 1) / page_size;
    return true;
}

static bool get_access(const char *text, enum sev_access *access)
{
    if (strcasecmp(text, "private") && strcasecmp(text, "shared"))
        return false;
    *access = strcasecmp(text, "private") ? SEV_ACCESS_SHARED : SEV_ACCESS_PRIVATE;
    return true;
}

/* --- reading memory --- */

enum look { LOOK_PRIVATE, LOOK_SHARED, LOOK_STORED, LOOK_MAPPED };

/* Read `len` bytes at `paddr`, all in one page. Bochs's debugger functions call the hook to show what
 * the guest sees; without the hook they show memory as Bochs holds it. */
static void look_at(struct sev_machine *m, uint64_t paddr, enum look look, Bit8u *buf, unsigned len)
{
    bool (*peek)(void *, uint32_t, uint64_t, void *, unsigned) = sev_hooks.peek;
    const uint32_t asid = look == LOOK_SHARED ? 0 : sev_hooks.cpus[dbg_cpu].asid;

    if (bx_sev_machine_memory(m) && look != LOOK_STORED && peek &&
        peek(sev_hooks.ctx, asid, paddr, buf, len))
        return;
    sev_hooks.peek = NULL;
    BX_MEM(0)->dbg_fetch_mem(BX_CPU(dbg_cpu), (bx_phy_address)paddr, len, buf);
    sev_hooks.peek = peek;
}

static void print_bytes(uint64_t address, const Bit8u *bytes, unsigned n)
{
    char hex[3 * 16 + 1] = "", text[17] = "";

    for (unsigned i = 0; i < n; i++) {
        snprintf(hex + 3 * i, 4, "%02x ", bytes[i]);
        text[i] = bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i] : '.';
    }
    bx_sev_printf("%016" PRIx64 "  %-48s |%s|\n", address, hex, text);
}

static bool get_look(const char *text, bool linear, enum look *look)
{
    enum sev_access access;

    if (get_access(text, &access))
        *look = access == SEV_ACCESS_PRIVATE ? LOOK_PRIVATE : LOOK_SHARED;
    else if (!strcasecmp(text, "stored"))
        *look = LOOK_STORED;
    else if (!strcasecmp(text, "mapped") && linear)
        *look = LOOK_MAPPED;
    else {
        bx_sev_printf(strcasecmp(text, "mapped")
                          ? "sev: '%s' is none of private, shared, stored and mapped\n"
                          : "sev: '%s' needs a linear address: a physical one has no C-bit\n",
                      text);
        return false;
    }
    return true;
}

/* Find the memory at `at`, and whether its mapping is private. Return false, with a message, if there is none. */
static bool find_memory(struct sev_machine *m, uint64_t at, bool linear, uint64_t *paddr,
                        bool *is_private)
{
    const struct walk_memory memory = bx_sev_walk_memory(m, dbg_cpu);
    struct walk_mode mode = bx_sev_walk_mode(dbg_cpu);
    struct walk_result result;

    if (!linear)
        mode.levels = 0;
    result = walk_linear(&mode, &memory, at);
    if (!result.present) {
        bx_sev_printf("sev: linear address %#" PRIx64 " is not mapped\n", at);
        return false;
    }
    *paddr = result.paddr;
    *is_private = result.is_private;
    if (linear && !bx_sev_system_address(m, dbg_cpu, result.paddr, paddr)) {
        bx_sev_printf("sev: the nested page tables do not map guest address %#" PRIx64 "\n",
                      result.paddr);
        return false;
    }
    if (*paddr < address_end && bx_sev_timeline_kind(m, *paddr) != TIMELINE_MMIO)
        return true;
    bx_sev_printf("sev: there is no memory at %#" PRIx64
                  " (%s), and device registers are not read\n",
                  *paddr, bx_sev_memmap_name(bx_sev_machine_memmap(m), *paddr));
    return false;
}

/* Print up to 16 bytes at `at`, to the end of the page at most. Return their number. */
static unsigned read_line(struct sev_machine *m, uint64_t at, uint64_t paddr, enum look look,
                          uint64_t left)
{
    uint64_t rest = page_size - at % page_size, n = left < 16 ? left : 16;
    Bit8u bytes[16];

    if (n > rest)
        n = rest;
    look_at(m, paddr, look, bytes, (unsigned)n);
    print_bytes(at, bytes, (unsigned)n);
    return (unsigned)n;
}

static bool is_host(const struct sev_machine *m)
{
    return opt_is_host(bx_sev_machine_opt(m));
}

/* The last use of a page, after `before`; or in a host, which has no timeline, the ASID of the CPU. */
static void print_use(const struct sev_machine *m, const char *before, uint64_t paddr)
{
    const struct timeline *pages = bx_sev_timeline_pages(bx_sev_machine_timeline(m));

    if (is_host(m))
        bx_sev_printf(", CPU %u runs with ASID %u", dbg_cpu, sev_hooks.cpus[dbg_cpu].asid);
    else
        bx_sev_printf("%s%s", before, timeline_looks[timeline_use(pages, paddr / page_size)].name);
}

static void print_page_use(struct sev_machine *m, uint64_t paddr, const char *look, bool mapped,
                           bool is_private)
{
    bx_sev_printf("physical page %#" PRIx64, paddr & page_mask);
    print_use(m, ", last used: ", paddr);
    bx_sev_printf("; read as %s%s\n", look,
                  !mapped      ? ""
                  : is_private ? ": private (C=1)"
                               : ": shared (C=0)");
}

/* read private|shared|stored|mapped phys|lin ADDRESS [LENGTH] */
static void command_read(struct sev_machine *m, int argc, char **argv)
{
    uint64_t address, length = 64, paddr, shown = ~UINT64_C(0);
    bool linear = !strcasecmp(argv[2], "lin"), is_private;
    enum look look;

    if (!linear && strcasecmp(argv[2], "phys")) {
        bx_sev_printf("sev: '%s' is neither phys nor lin\n", argv[2]);
        return;
    }
    if (!get_look(argv[1], linear, &look) || !bx_sev_debug_number(m, argv[3], &address) ||
        (argc > 4 && !bx_sev_debug_number(m, argv[4], &length)))
        return;
    bx_sev_timeline_look(bx_sev_machine_timeline(m));
    if (length > read_max)
        length = read_max;
    for (uint64_t done = 0; done < length;) {
        if (!find_memory(m, address + done, linear, &paddr, &is_private))
            return;
        if ((paddr & page_mask) != shown)
            print_page_use(m, paddr, argv[1], look == LOOK_MAPPED, is_private);
        shown = paddr & page_mask;
        done += read_line(m, address + done, paddr,
                          look != LOOK_MAPPED ? look
                          : is_private        ? LOOK_PRIVATE
                                              : LOOK_SHARED,
                          length - done);
    }
}

/* dump private|shared FILE: all RAM. A0000h to FFFFFh are zeros, because there the chip set selects between
 * RAM, ROM and adapter memory. */
static void command_dump(struct sev_machine *m, int, char **argv)
{
    const uint64_t end = BX_MEM(0)->get_memory_len();
    enum sev_access access;
    Bit8u page[page_size];
    bool good = true;

    if (!get_access(argv[1], &access)) {
        bx_sev_printf("sev: '%s' is neither private nor shared\n", argv[1]);
        return;
    }
    FILE *file = fopen(argv[2], "wb");
    for (uint64_t at = 0; file && good && at < end; at += page_size) {
        memset(page, 0, sizeof(page));
        if (memmap_kind(bx_sev_machine_memmap(m), at) == MEMMAP_KIND_RAM)
            look_at(m, at, access == SEV_ACCESS_PRIVATE ? LOOK_PRIVATE : LOOK_SHARED, page,
                    page_size);
        good = fwrite(page, page_size, 1, file) == 1;
    }
    if (!file || (fclose(file) != 0) || !good)
        bx_sev_printf("sev: cannot write %s: %s\n", argv[2], strerror(errno));
    else
        bx_sev_printf("%" PRIu64 " bytes of RAM written to %s, read as %s\n", end, argv[2],
                      argv[1]);
}

/* --- translate --- */

static void print_entry(const struct walk_mode *mode, const struct walk_entry *entry)
{
    const char *cbit = mode->levels < 3 ? "-" : walk_entry_private(mode, entry->value) ? "1" : "0";
    char flags[WALK_FLAGS_TEXT];

    walk_flags(mode, entry->value, flags);
    bx_sev_printf("%-5s [%3u] at 0x%09" PRIx64 ": 0x%016" PRIx64 "  C=%s %s%s\n",
                  walk_level_name(entry->level), entry->index, entry->paddr, entry->value, cbit,
                  flags, *flags == 'P' ? "" : "  not present");
}

static void print_page(struct sev_machine *m, const struct walk_result *result)
{
    char text[TIMELINE_SIZE_TEXT];
    uint64_t system;

    bx_sev_printf("physical %#" PRIx64 " in a page of %s: data %s, fetches private\n",
                  result->paddr, timeline_size_text(result->size, text),
                  result->is_private ? "private (C=1)" : "shared (C=0)");
    if (!bx_sev_runs_guest(dbg_cpu))
        system = result->paddr;
    else if (bx_sev_system_address(m, dbg_cpu, result->paddr, &system))
        bx_sev_printf("this is a guest's address; the nested page tables map it to %#" PRIx64 "\n",
                      system);
    else
        bx_sev_printf("this is a guest's address, which the nested page tables do not map\n");
    bx_sev_printf("page %#" PRIx64, system & page_mask);
    print_use(m, " was last used: ", system);
    bx_sev_printf("\n");
}

/* translate ADDRESS */
static void command_translate(struct sev_machine *m, int, char **argv)
{
    const struct walk_mode mode = bx_sev_walk_mode(dbg_cpu);
    const struct walk_memory memory = bx_sev_walk_memory(m, dbg_cpu);
    struct walk_result result;
    uint64_t linear;

    if (!bx_sev_debug_number(m, argv[1], &linear))
        return;
    bx_sev_timeline_look(bx_sev_machine_timeline(m));
    if (!mode.levels) {
        bx_sev_printf("CPU %u has paging off: physical %#" PRIx64 ", private\n", dbg_cpu, linear);
        return;
    }
    bx_sev_printf("CPU %u, CR3 %#" PRIx64 "%s\n", dbg_cpu, mode.cr3,
                  mode.levels < 4                       ? ""
                  : walk_entry_private(&mode, mode.cr3) ? " C=1"
                                                        : " C=0");
    if (mode.levels == 2)
        bx_sev_printf("paging without PAE has no C-bit: all is private\n");
    result = walk_linear(&mode, &memory, linear);
    for (unsigned i = 0; i < result.n; i++)
        print_entry(&mode, &result.entry[i]);
    if (result.no_memory)
        bx_sev_printf("the next table is at %#" PRIx64 ", where no memory is\n",
                      result.entry[result.n].paddr);
    if (result.present)
        print_page(m, &result);
}

/* --- pages --- */

/* Return true, with a message, if the machine is a host. */
static bool no_timeline(const struct sev_machine *m)
{
    if (is_host(m))
        bx_sev_printf("sev: a host (mode=host) has no page-state timeline; `sev why ADDRESS` shows "
                      "the conversions of a page\n");
    return is_host(m);
}

static unsigned print_ranges(struct sev_machine *m, enum timeline_use use)
{
    struct timeline_range range = {};
    char text[TIMELINE_SIZE_TEXT];
    unsigned n = 0;

    for (; timeline_next_range(bx_sev_timeline_pages(bx_sev_machine_timeline(m)), use, &range); n++)
        bx_sev_printf("0x%010" PRIx64 "-0x%010" PRIx64 " %8" PRIu64 " page(s), %s: %s\n",
                      range.first * page_size, (range.first + range.pages) * page_size - 1,
                      range.pages, timeline_size_text(range.pages * page_size, text),
                      timeline_looks[use].name);
    return n;
}

/* shared */
static void command_shared(struct sev_machine *m, int, char **)
{
    if (no_timeline(m))
        return;
    bx_sev_timeline_look(bx_sev_machine_timeline(m));
    unsigned n = print_ranges(m, TIMELINE_SHARED), declared = print_ranges(m, TIMELINE_DECLARED);
    struct timeline_info info = timeline_info(bx_sev_timeline_pages(bx_sev_machine_timeline(m)));

    bx_sev_printf(
        "%u page(s) in %u range(s) shared, %u in %u range(s) mapped shared but not used\n",
        info.pages[TIMELINE_SHARED], n, info.pages[TIMELINE_DECLARED], declared);
    bx_sev_printf("%" PRIu64 " change(s) between private and shared so far\n", info.changes);
}

static void print_line(void *, const char *line)
{
    bx_sev_printf("%s\n", line);
}

/* map [FILE] */
static void command_map(struct sev_machine *m, int argc, char **argv)
{
    int err;

    if (no_timeline(m))
        return;
    bx_sev_timeline_look(bx_sev_machine_timeline(m));
    if (argc == 1) {
        timeline_print(bx_sev_timeline_pages(bx_sev_machine_timeline(m)), print_line, NULL);
        return;
    }
    err = bx_sev_timeline_write(bx_sev_machine_timeline(m), argv[1]);
    if (err)
        bx_sev_printf("sev: '%s' cannot be written: %s\n", argv[1], strerror(-err));
    else
        bx_sev_printf("the timeline is in %s\n", argv[1]);
}

/* --- breaks and watches --- */

/* break psp COMMAND */
static void break_on_command(struct sev_machine *m, const char *name)
{
    const uint16_t n_commands = 0x100;

    for (uint16_t id = 0; id < n_commands; id++)
        if (!strcasecmp(psp_command_name(id), name) && *psp_command_name(id) != '?') {
            bx_sev_break_on_command(bx_sev_machine_breaks(m), id);
            return;
        }
    bx_sev_printf("sev: '%s' is no command of the secure processor; there are:", name);
    for (uint16_t id = 0; id < n_commands; id++)
        if (*psp_command_name(id) != '?')
            bx_sev_printf(" %s", psp_command_name(id));
    bx_sev_printf("\n");
}

static void break_on_rmp(struct sev_machine *m, uint64_t from, uint64_t to)
{
    if (bx_sev_machine_rmp_watch(m))
        bx_sev_break_on_rmp(bx_sev_machine_breaks(m), from, to);
    else
        bx_sev_printf("sev: the guest has no SEV-SNP (snp=1)\n");
}

/* break private|shared|rmp ADDRESS [LENGTH] */
static void command_break(struct sev_machine *m, int argc, char **argv)
{
    enum sev_access access;
    uint64_t from, to;

    if (!strcasecmp(argv[1], "psp"))
        break_on_command(m, argv[2]);
    else if (bx_sev_debug_break(m, argv[1], argv[2]))
        return;
    else if (strcasecmp(argv[1], "rmp") && !get_access(argv[1], &access))
        bx_sev_printf("sev: '%s' is none of private, shared, psp, vc, vmgexit, msr and rmp\n",
                      argv[1]);
    else if (!get_pages(m, argc, argv, 2, &from, &to))
        return;
    else if (!strcasecmp(argv[1], "rmp"))
        break_on_rmp(m, from, to);
    else
        bx_sev_break_on_access(bx_sev_machine_breaks(m), access, from, to);
}

/* watch ADDRESS [LENGTH] */
static void command_watch(struct sev_machine *m, int argc, char **argv)
{
    uint64_t from, to;

    if (get_pages(m, argc, argv, 1, &from, &to))
        bx_sev_break_on_change(bx_sev_machine_breaks(m), from, to);
}

/* why ADDRESS */
static void command_why(struct sev_machine *m, int, char **argv)
{
    struct sev_conversions *conversions = bx_sev_timeline_conversions(bx_sev_machine_timeline(m));
    uint64_t address;

    if (!bx_sev_debug_number(m, argv[1], &address))
        return;
    if (!conversions)
        bx_sev_printf("sev: with encryption=none no page is converted\n");
    else
        bx_sev_conversions_print(conversions, address,
                                 [](const char *line) { bx_sev_printf("%s\n", line); });
}

/* breaks */
static void command_breaks(struct sev_machine *m, int, char **)
{
    bx_sev_breaks_print(bx_sev_machine_breaks(m));
}

/* delete NUMBER|all */
static void command_delete(struct sev_machine *m, int, char **argv)
{
    uint64_t number = 0;

    if (!strcasecmp(argv[1], "all"))
        bx_sev_breaks_delete(bx_sev_machine_breaks(m), 0);
    else if (bx_sev_debug_number(m, argv[1], &number) &&
             (!number || !bx_sev_breaks_delete(bx_sev_machine_breaks(m), (unsigned)number)))
        bx_sev_printf("sev: there is no break %s\n", argv[1]);
}

/* --- the commands --- */

static void command_help(struct sev_machine *m, int argc, char **argv);

static void command_state(struct sev_machine *m, int, char **)
{
    bx_sev_machine_dump(m, [](const char *line) { bx_sev_printf("%s\n", line); });
}

static const struct command {
    const char *name;
    int min, max; /* arguments */
    const char *arguments, *help;
    void (*run)(struct sev_machine *m, int argc, char **argv);
} commands[] = {
    {"state", 0, 0, "", "platform, guests, launched regions, counters", command_state},
    {"read", 3, 4, " private|shared|stored|mapped phys|lin ADDRESS [LENGTH]",
     "memory as such accesses read it, or as its mapping has it; converts no page", command_read},
    {"dump", 2, 2, " private|shared FILE", "write all RAM to a file, as such accesses read it",
     command_dump},
    {"translate", 1, 1, " ADDRESS", "page walk of a linear address with the C-bit of each level",
     command_translate},
    {"shared", 0, 0, "", "ranges of shared pages", command_shared},
    {"map", 0, 1, " [FILE.svg]", "page-state timeline, here or as a picture", command_map},
    {"break", 2, 3, " private|shared ADDRESS [LENGTH]",
     "stop at the first such access to these pages", command_break},
    {"break", 2, 2, " psp COMMAND", "stop after a command of the secure processor", command_break},
    {"break", 2, 2, " vc|vmgexit NAME|CODE|any",
     "stop at a #VC, or at a VMGEXIT with this exit code", command_break},
    {"break", 2, 2, " msr REQUEST|any", "stop at a VMGEXIT with this request in the GHCB MSR",
     command_break},
    {"break", 2, 3, " rmp ADDRESS [LENGTH]",
     "stop when the RMP entry of one of these pages changes", command_break},
    {"rmp", 0, 1, " [ADDRESS]",
     "the RMP entry of a page, which accesses pass and what happened to it; all pages by state",
     bx_sev_debug_rmp},
    {"ghcb", 0, 1, " [CPU]", "the GHCB of a CPU, field by field", bx_sev_debug_ghcb},
    {"vmsa", 0, 2, " [diff] [CPU]",
     "the registers of a CPU as a VMSA; diff: what differs from the launched one",
     bx_sev_debug_vmsa},
    {"exits", 0, 0, "", "how many exits of each kind there were", bx_sev_debug_exits},
    {"watch", 1, 2, " ADDRESS [LENGTH]",
     "stop each time one of these pages changes between private and shared", command_watch},
    {"why", 1, 1, " ADDRESS", "why a page was converted: its last conversions", command_why},
    {"breaks", 0, 0, "", "list breaks and watches", command_breaks},
    {"delete", 1, 1, " NUMBER|all", "remove them", command_delete},
    {"help", 0, 0, "", "this page; more in bochs-sev-debug(7)", command_help},
};

static void command_help(struct sev_machine *, int, char **)
{
    for (const struct command &command : commands)
        bx_sev_printf("sev %s%s\n      %s\n", command.name, command.arguments, command.help);
}

void bx_sev_debug_command(struct sev_machine *m, int argc, char **argv)
{
    const struct command *found = NULL;

    if (!argc) {
        command_state(m, 0, NULL);
        return;
    }
    for (const struct command &command : commands)
        if (!strcasecmp(command.name, argv[0])) {
            found = &command;
            if (argc - 1 >= command.min && argc - 1 <= command.max) {
                command.run(m, argc, argv);
                return;
            }
        }
    if (found)
        bx_sev_printf("sev: usage: sev %s%s\n", found->name, found->arguments);
    else
        bx_sev_printf("sev: there is no command '%s'; try 'sev help'\n", argv[0]);
}

/* Words are separated by blanks or commas. */
bool bx_sev_debug_line(struct sev_machine *m, const char *line)
{
    static const char blanks[] = " \t\r\n,";
    char text[1024], *words[words_max], *rest;
    int n = 0;

    snprintf(text, sizeof(text), "%s", line);
    for (char *word = strtok_r(text, blanks, &rest); word && n < words_max;
         word = strtok_r(NULL, blanks, &rest))
        words[n++] = word;
    if (!n || strcasecmp(words[0], "sev"))
        return false;
    if (m)
        bx_sev_debug_command(m, n - 1, words + 1);
    else
        bx_sev_printf("sev: this machine has no SEV\n");
    return true;
}

#endif
