/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sanitizer findings as text and JSON. See finding.h.
 */
#include "finding.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#define SITES_MAX 4096u /* a guest can make any number of sites */
#define BUCKETS   8192u

struct site {
    enum san_kind kind;
    bool write;
    uint8_t by;
    uint64_t rip;
    struct san_ghcb_field ghcb; /* SAN_GHCB_FIELD */
    uint64_t count;
};

struct findings {
    struct output_file *file; /* NULL: none */
    const struct symbols *symbols;
    uint64_t reports, more; /* `more`: findings of sites that are not kept */
    unsigned n;
    struct site sites[SITES_MAX];
    uint16_t bucket[BUCKETS]; /* index + 1, open addressing */
};

struct findings *findings_new(struct output_file *file)
{
    struct findings *findings = calloc(1, sizeof(*findings));

    if (findings)
        findings->file = file;
    return findings;
}

void findings_set_symbols(struct findings *findings, const struct symbols *symbols)
{
    findings->symbols = symbols;
}

void findings_free(struct findings *findings)
{
    if (!findings)
        return;
    (void)output_close(findings->file); /* it reports its error itself */
    free(findings);
}

/* The leaf entry that maps the linear address now, NULL if it is unknown. For SAN_WALK the access
 * itself reads an entry, so the leaf says nothing about it. */
static const struct walk_entry *leaf_of(const struct finding *f)
{
    if (!f->walk.present || !f->walk.n || f->report.kind == SAN_WALK)
        return NULL;
    return &f->walk.entry[f->walk.n - 1];
}

static bool by_cpu(const struct san_who *who)
{
    return who->by == SAN_BY_CPU || who->by == SAN_BY_FIRMWARE;
}

static bool same(const struct site *a, const struct site *b)
{
    return a->kind == b->kind && a->write == b->write && a->by == b->by && a->rip == b->rip &&
           a->ghcb.exit == b->ghcb.exit && a->ghcb.offset == b->ghcb.offset;
}

/* Garbage in one block is decoded as several instructions; they are one site. */
static uint64_t site_rip(const struct san_report *report)
{
    if (report->kind == SAN_FETCH)
        return report->who.rip & ~(uint64_t)(SAN_BLOCK_SIZE - 1);
    return by_cpu(&report->who) ? report->who.rip : report->writer.rip;
}

bool findings_count(struct findings *findings, const struct san_report *report)
{
    struct site site = {report->kind,     report->write, report->who.by,
                        site_rip(report), report->ghcb,  1};
    uint64_t ghcb = (site.ghcb.exit << 12 | site.ghcb.offset) * UINT64_C(0xbf58476d1ce4e5b9);
    uint64_t hash = (site.rip * 16 + (unsigned)site.kind + ghcb) * UINT64_C(0x9e3779b97f4a7c15);
    unsigned at = (unsigned)(hash >> 51) % BUCKETS;

    findings->reports++;
    for (; findings->bucket[at]; at = (at + 1) % BUCKETS) {
        struct site *known = &findings->sites[findings->bucket[at] - 1];

        if (same(known, &site)) {
            known->count++;
            return false;
        }
    }
    if (findings->n == SITES_MAX) {
        findings->more++;
        return false;
    }
    findings->sites[findings->n] = site;
    findings->bucket[at] = (uint16_t)++findings->n;
    return true;
}

/* --- text --- */

static void add(char *text, size_t size, size_t *len, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Appends like snprintf(); the text is cut where it does not fit. */
static void add(char *text, size_t size, size_t *len, const char *format, ...)
{
    va_list args;
    int n;

    if (*len >= size)
        return;
    va_start(args, format);
    n = vsnprintf(text + *len, size - *len, format, args);
    va_end(args);
    *len = n < 0 ? *len : *len + (size_t)n;
}

/* Who made an access that is no CPU's. */
static const char *other_name(const struct san_who *who)
{
    return who->by == SAN_BY_PSP          ? "the secure processor"
           : who->by == SAN_BY_HYPERVISOR ? "the hypervisor"
                                          : "a device";
}

/* What the instruction did, "store of 8 bytes at". */
static void add_action(const struct san_report *r, char *line, size_t size, size_t *len)
{
    static const char *const snp[] = {"access to a page", "PVALIDATE of a page", "loss of a page",
                                      "VMGEXIT with a GHCB"};

    if (r->ghcb.name)
        add(line, size, len, "exit %" PRIx64 "h (%s) without a valid %s of the GHCB at %#" PRIx64,
            r->ghcb.exit, r->ghcb.exit_words, r->ghcb.name, r->ghcb.gpa);
    else if (san_kind_snp(r->kind))
        add(line, size, len, "%s at physical %#" PRIx64, snp[r->kind - SAN_NOT_VALIDATED],
            r->paddr);
    else
        add(line, size, len, "%s of %u bytes at physical %#" PRIx64, r->write ? "store" : "load",
            r->len, r->paddr);
}

static void add_access(const struct symbols *symbols, const struct finding *f, char *line,
                       size_t size, size_t *len)
{
    const struct san_report *r = &f->report;
    char name[SYMBOLS_TEXT];
    const struct walk_entry *leaf = leaf_of(f);

    if (by_cpu(&r->who))
        add(line, size, len, " at %#" PRIx64 "%s%s%s%s, CPU %u", r->who.rip,
            symbols_text(symbols, r->who.rip, name), *f->disasm ? " (" : "", f->disasm,
            *f->disasm ? ")" : "", r->who.cpu);
    else
        add(line, size, len, " by %s while CPU 0 was at %#" PRIx64 "%s", other_name(&r->who),
            r->who.rip, symbols_text(symbols, r->who.rip, name));
    add(line, size, len, ", tick %" PRIu64 ": ", r->who.tick);
    add_action(r, line, size, len);
    if (f->linear_known)
        add(line, size, len, ", linear %#" PRIx64, f->linear);
    if (leaf)
        add(line, size, len, ", entry %#" PRIx64 " (C=%d) at %#" PRIx64, leaf->value,
            walk_entry_private(&f->mode, leaf->value), leaf->paddr);
}

static void add_writer(const struct symbols *symbols, const struct san_report *r, char *line,
                       size_t size, size_t *len)
{
    const struct san_who *w = &r->writer;
    char name[SYMBOLS_TEXT];

    if (w->by == SAN_BY_NOBODY)
        return;
    if (san_kind_snp(r->kind))
        add(line, size, len, "; its last PVALIDATE was by ");
    else
        add(line, size, len, "; last written %sby ", w->exact ? "" : "(its page) ");
    if (by_cpu(w))
        add(line, size, len, "%s at %#" PRIx64 "%s, CPU %u",
            w->by == SAN_BY_FIRMWARE ? "firmware" : "the instruction", w->rip,
            symbols_text(symbols, w->rip, name), w->cpu);
    else
        add(line, size, len, "%s", other_name(w));
    add(line, size, len, ", tick %" PRIu64, w->tick);
}

static void text(const struct symbols *symbols, const struct finding *f, char *line, size_t size)
{
    const struct san_report *r = &f->report;
    size_t len = 0;

    add(line, size, &len, "sanitizer: %s", san_kind_name(r->kind));
    add_access(symbols, f, line, size, &len);
    if (r->kind == SAN_STALE_TRANSLATION)
        add(line, size, &len, "; the entry that changed is at physical %#" PRIx64, r->entry);
    add_writer(symbols, r, line, size, &len);
    add(line, size, &len, ": %s", san_kind_meaning(r->kind));
}

/* --- JSON: addresses are hexadecimal text, because many readers convert numbers to doubles --- */

static void set_hex(json_t *object, const char *key, uint64_t value)
{
    char hex[24];

    snprintf(hex, sizeof(hex), "%#" PRIx64, value);
    json_object_set_new(object, key, json_string(hex));
}

static json_t *who_json(const struct symbols *symbols, const struct san_who *who)
{
    uint64_t offset;
    const char *name = symbols ? symbols_name(symbols, who->rip, &offset) : NULL;
    char text[SYMBOLS_TEXT];
    json_t *o = json_pack("{s:s, s:I}", "by", san_by_name((enum san_by)who->by), "tick",
                          (json_int_t)who->tick);

    if (o && by_cpu(who)) {
        json_object_set_new(o, "cpu", json_integer(who->cpu));
        set_hex(o, "rip", who->rip);
    }
    if (o && who->by == SAN_BY_DEVICE)
        set_hex(o, "cpu0_rip", who->rip);
    if (o && name && (by_cpu(who) || who->by == SAN_BY_DEVICE)) {
        snprintf(text, sizeof(text), "%.120s+%#" PRIx64, name, offset);
        json_object_set_new(o, "symbol", json_string(text));
    }
    return o;
}

static void add_ghcb(json_t *object, const struct san_ghcb_field *ghcb)
{
    if (!ghcb->name)
        return;
    json_object_set_new(object, "field", json_string(ghcb->name));
    set_hex(object, "exit", ghcb->exit);
    json_object_set_new(object, "exit_words", json_string(ghcb->exit_words));
}

static void write_line(struct output_file *file, json_t *object)
{
    if (!object || json_dumpf(object, output_stream(file), JSON_COMPACT))
        output_fail(file, -ENOMEM);
    fputc('\n', output_stream(file));
    (void)output_flush(file); /* a reader may follow while the machine runs */
    json_decref(object);
}

static json_t *walk_json(const struct finding *f)
{
    json_t *path = json_array();

    for (unsigned i = 0; i < f->walk.n; i++) {
        const struct walk_entry *entry = &f->walk.entry[i];
        char flags[WALK_FLAGS_TEXT];
        json_t *o = json_pack("{s:i, s:b, s:s}", "level", (int)entry->level, "cbit",
                              walk_entry_private(&f->mode, entry->value), "flags",
                              walk_flags(&f->mode, entry->value, flags));

        if (o) {
            set_hex(o, "at", entry->paddr);
            set_hex(o, "value", entry->value);
        }
        json_array_append_new(path, o);
    }
    return path;
}

static json_t *finding_json(const struct symbols *symbols, const struct finding *f)
{
    const struct san_report *r = &f->report;
    const struct walk_entry *leaf = leaf_of(f);
    const char *access = r->how == SEV_ACCESS_SHARED ? "shared" : "private";
    json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:i, s:o*}", /* clang-format off */
                          "kind", san_kind_name(r->kind),
                          "meaning", san_kind_meaning(r->kind),
                          "view", access,
                          "access", r->write ? "write" : "read",
                          "length", (int)r->len,
                          "who", who_json(symbols, &r->who)); /* clang-format on */
    char hex[2 * sizeof(f->code) + 1] = "";

    if (!o)
        return NULL;
    set_hex(o, "physical", r->paddr);
    if (f->linear_known)
        set_hex(o, "linear", f->linear);
    if (leaf) {
        set_hex(o, "entry", leaf->value);
        set_hex(o, "entry_at", leaf->paddr);
        json_object_set_new(o, "entry_cbit",
                            json_boolean(walk_entry_private(&f->mode, leaf->value)));
    }
    if (f->walk.n)
        json_object_set_new(o, "walk", walk_json(f));
    if (r->kind == SAN_STALE_TRANSLATION)
        set_hex(o, "changed_entry_at", r->entry);
    add_ghcb(o, &r->ghcb);
    for (unsigned i = 0; i < f->code_len; i++)
        snprintf(hex + 2 * i, 3, "%02x", f->code[i]);
    if (f->code_len)
        json_object_set_new(o, "code", json_string(hex));
    if (*f->disasm)
        json_object_set_new(o, "disassembly", json_string(f->disasm));
    if (r->writer.by != SAN_BY_NOBODY) {
        json_t *writer = who_json(symbols, &r->writer);

        if (writer)
            json_object_set_new(writer, "exact", json_boolean(r->writer.exact));
        json_object_set_new(o, "writer", writer);
    }
    return o;
}

void findings_tell(struct findings *findings, const struct finding *finding, char *line,
                   size_t line_size)
{
    text(findings->symbols, finding, line, line_size);
    if (findings->file)
        write_line(findings->file, finding_json(findings->symbols, finding));
}

/* --- summary --- */

uint64_t findings_reports(const struct findings *findings)
{
    return findings->reports;
}

unsigned findings_sites(const struct findings *findings)
{
    return findings->n;
}

static json_t *summary_json(const struct findings *findings)
{
    json_t *sites = json_array();

    for (unsigned i = 0; i < findings->n; i++) {
        const struct site *s = &findings->sites[i];
        json_t *o = json_pack("{s:s, s:s, s:s, s:I}", "kind", san_kind_name(s->kind), "access",
                              s->write ? "write" : "read", "by", san_by_name((enum san_by)s->by),
                              "count", (json_int_t)s->count);

        if (o) {
            set_hex(o, "site", s->rip);
            add_ghcb(o, &s->ghcb);
        }
        json_array_append_new(sites, o);
    }
    return json_pack("{s:s, s:I, s:I, s:o}", "kind", "summary", "reports",
                     (json_int_t)findings->reports, "reports_of_other_sites",
                     (json_int_t)findings->more, "sites", sites);
}

void findings_summary(struct findings *findings, void (*print)(void *ctx, const char *line),
                      void *ctx)
{
    char line[160 + SYMBOLS_TEXT], name[SYMBOLS_TEXT];

    snprintf(line, sizeof(line), "sanitizer: %" PRIu64 " reports, %u sites", findings->reports,
             findings->n);
    print(ctx, line);
    for (unsigned i = 0; i < findings->n; i++) {
        const struct site *s = &findings->sites[i];
        char field[64] = "";

        if (s->ghcb.name)
            snprintf(field, sizeof(field), ", exit %" PRIx64 "h, field %s", s->ghcb.exit,
                     s->ghcb.name);
        snprintf(line, sizeof(line), "sanitizer: %8" PRIu64 " x %s, %s %#" PRIx64 "%s%s", s->count,
                 san_kind_name(s->kind),
                 s->by == SAN_BY_CPU || s->by == SAN_BY_FIRMWARE ? "by the instruction at"
                                                                 : "of data from the one at",
                 s->rip, symbols_text(findings->symbols, s->rip, name), field);
        print(ctx, line);
    }
    if (findings->more) {
        snprintf(line, sizeof(line), "sanitizer: %8" PRIu64 " x at further sites", findings->more);
        print(ctx, line);
    }
    if (findings->file)
        write_line(findings->file, summary_json(findings));
}
