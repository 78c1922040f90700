/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The registers that gdb sees. See gdb_registers.h.
 */
#include "gdb_registers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A row describes one register or several with consecutive numbers, whose names end in 0, 1, ... */
struct row {
    unsigned first, n;
    const char *name;
    unsigned bits;
    const char *type, *group;
};

/* clang-format off */
static const struct row core[] = {
    {GDB_RAX, 1, "rax", 64, "int64", NULL}, {GDB_RBX, 1, "rbx", 64, "int64", NULL},
    {GDB_RCX, 1, "rcx", 64, "int64", NULL}, {GDB_RDX, 1, "rdx", 64, "int64", NULL},
    {GDB_RSI, 1, "rsi", 64, "int64", NULL}, {GDB_RDI, 1, "rdi", 64, "int64", NULL},
    {GDB_RBP, 1, "rbp", 64, "data_ptr", NULL}, {GDB_RSP, 1, "rsp", 64, "data_ptr", NULL},
    {GDB_R8, 8, "r", 64, "int64", NULL}, /* the one name that does not count from 0 */
    {GDB_RIP, 1, "rip", 64, "code_ptr", NULL}, {GDB_EFLAGS, 1, "eflags", 32, "i386_eflags", NULL},
    {GDB_CS, 1, "cs", 32, "int32", NULL}, {GDB_SS, 1, "ss", 32, "int32", NULL},
    {GDB_DS, 1, "ds", 32, "int32", NULL}, {GDB_ES, 1, "es", 32, "int32", NULL},
    {GDB_FS, 1, "fs", 32, "int32", NULL}, {GDB_GS, 1, "gs", 32, "int32", NULL},
    {GDB_ST0, 8, "st", 80, "i387_ext", NULL},
    {GDB_FCTRL, 1, "fctrl", 32, "int", "float"}, {GDB_FSTAT, 1, "fstat", 32, "int", "float"},
    {GDB_FTAG, 1, "ftag", 32, "int", "float"}, {GDB_FISEG, 1, "fiseg", 32, "int", "float"},
    {GDB_FIOFF, 1, "fioff", 32, "int", "float"}, {GDB_FOSEG, 1, "foseg", 32, "int", "float"},
    {GDB_FOOFF, 1, "fooff", 32, "int", "float"}, {GDB_FOP, 1, "fop", 32, "int", "float"},
};
static const struct row sse[] = {
    {GDB_XMM0, 16, "xmm", 128, "vec128", NULL},
    {GDB_MXCSR, 1, "mxcsr", 32, "i386_mxcsr", "vector"},
};
static const struct row segments[] = {
    {GDB_FS_BASE, 1, "fs_base", 64, "int", NULL}, {GDB_GS_BASE, 1, "gs_base", 64, "int", NULL},
};
static const struct row control[] = {
    {GDB_KERNEL_GS_BASE, 1, "k_gs_base", 64, "int64", "system"},
    {GDB_CR0, 1, "cr0", 64, "x64_cr0", "system"}, {GDB_CR2, 1, "cr2", 64, "int64", "system"},
    {GDB_CR3, 1, "cr3", 64, "int64", "system"}, {GDB_CR4, 1, "cr4", 64, "x64_cr4", "system"},
    {GDB_CR8, 1, "cr8", 64, "int64", "system"}, {GDB_EFER, 1, "efer", 64, "x64_efer", "system"},
};

/* A register of flags: name and bit. */
struct flag { const char *name; unsigned bit; };
static const struct flag eflags_bits[] = {
    {"CF", 0}, {"PF", 2}, {"AF", 4}, {"ZF", 6}, {"SF", 7}, {"TF", 8}, {"IF", 9}, {"DF", 10}, {"OF", 11},
    {"NT", 14}, {"RF", 16}, {"VM", 17}, {"AC", 18}, {"VIF", 19}, {"VIP", 20}, {"ID", 21}, {NULL, 0}};
static const struct flag mxcsr_bits[] = {
    {"IE", 0}, {"DE", 1}, {"ZE", 2}, {"OE", 3}, {"UE", 4}, {"PE", 5}, {"DAZ", 6}, {"IM", 7}, {"DM", 8},
    {"ZM", 9}, {"OM", 10}, {"UM", 11}, {"PM", 12}, {"FZ", 15}, {NULL, 0}};
static const struct flag cr0_bits[] = {
    {"PE", 0}, {"MP", 1}, {"EM", 2}, {"TS", 3}, {"ET", 4}, {"NE", 5}, {"WP", 16}, {"AM", 18}, {"NW", 29},
    {"CD", 30}, {"PG", 31}, {NULL, 0}};
static const struct flag cr4_bits[] = {
    {"VME", 0}, {"PVI", 1}, {"TSD", 2}, {"DE", 3}, {"PSE", 4}, {"PAE", 5}, {"MCE", 6}, {"PGE", 7},
    {"PCE", 8}, {"OSFXSR", 9}, {"OSXMMEXCPT", 10}, {"UMIP", 11}, {"LA57", 12}, {"FSGSBASE", 16},
    {"PCIDE", 17}, {"OSXSAVE", 18}, {"SMEP", 20}, {"SMAP", 21}, {"PKE", 22}, {"CET", 23}, {NULL, 0}};
static const struct flag efer_bits[] = {
    {"SCE", 0}, {"LME", 8}, {"LMA", 10}, {"NX", 11}, {"SVME", 12}, {"FFXSR", 14}, {NULL, 0}};
/* clang-format on */

#define ROWS(table) table, sizeof(table) / sizeof(table[0])

static const struct feature {
    const char *name;
    const struct row *rows;
    size_t n;
} features[] = {
    {"org.gnu.gdb.i386.core", ROWS(core)},
    {"org.gnu.gdb.i386.sse", ROWS(sse)},
    {"org.gnu.gdb.i386.segments", ROWS(segments)},
    {"org.bochs-sev.control", ROWS(control)},
};
static const size_t n_features = sizeof(features) / sizeof(features[0]);

static const struct row *row_of(unsigned number)
{
    for (size_t f = 0; f < n_features; f++)
        for (size_t i = 0; i < features[f].n; i++) {
            const struct row *row = &features[f].rows[i];

            if (number - row->first < row->n)
                return row;
        }
    return &core[0];
}

size_t gdb_register_size(unsigned number)
{
    return row_of(number)->bits / 8;
}

static void register_name(const struct row *row, unsigned number, char name[16])
{
    const unsigned count_from = row->first == GDB_R8 ? 8 : 0;

    if (row->n == 1)
        snprintf(name, 16, "%s", row->name);
    else
        snprintf(name, 16, "%s%u", row->name, number - row->first + count_from);
}

const char *gdb_register_name(unsigned number)
{
    static char name[16];

    register_name(row_of(number), number, name);
    return name;
}

/* --- the description --- */

struct text {
    char *at;
    size_t len, size;
};

static void __attribute__((format(printf, 2, 3))) add(struct text *text, const char *format, ...)
{
    const size_t left = text->len < text->size ? text->size - text->len : 0;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(left ? text->at + text->len : NULL, left, format, args);
    va_end(args);
    text->len += n > 0 ? (size_t)n : 0;
}

static void add_flags(struct text *text, const char *id, unsigned bytes, const struct flag *flags)
{
    add(text, "<flags id=\"%s\" size=\"%u\">", id, bytes);
    for (; flags->name; flags++)
        add(text, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>", flags->name, flags->bit,
            flags->bit);
    add(text, "</flags>\n");
}

/* The types of SSE registers, which gdb wants by these names. */
static void add_vectors(struct text *text)
{
    static const struct {
        const char *id, *type, *field;
        unsigned count;
    } vectors[] = {
        {"v4f", "ieee_single", "v4_float", 4}, {"v2d", "ieee_double", "v2_double", 2},
        {"v16i8", "int8", "v16_int8", 16},     {"v8i16", "int16", "v8_int16", 8},
        {"v4i32", "int32", "v4_int32", 4},     {"v2i64", "int64", "v2_int64", 2},
    };
    const size_t n = sizeof(vectors) / sizeof(vectors[0]);

    for (size_t i = 0; i < n; i++)
        add(text, "<vector id=\"%s\" type=\"%s\" count=\"%u\"/>\n", vectors[i].id, vectors[i].type,
            vectors[i].count);
    add(text, "<union id=\"vec128\">");
    for (size_t i = 0; i < n; i++)
        add(text, "<field name=\"%s\" type=\"%s\"/>", vectors[i].field, vectors[i].id);
    add(text, "<field name=\"uint128\" type=\"uint128\"/></union>\n");
}

static void add_types(struct text *text, const struct row *rows)
{
    if (rows == core)
        add_flags(text, "i386_eflags", 4, eflags_bits);
    if (rows == sse) {
        add_vectors(text);
        add_flags(text, "i386_mxcsr", 4, mxcsr_bits);
    }
    if (rows == control) {
        add_flags(text, "x64_cr0", 8, cr0_bits);
        add_flags(text, "x64_cr4", 8, cr4_bits);
        add_flags(text, "x64_efer", 8, efer_bits);
    }
}

static void add_row(struct text *text, const struct row *row)
{
    char name[16];

    for (unsigned i = row->first; i < row->first + row->n; i++) {
        register_name(row, i, name);
        add(text, "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\" regnum=\"%u\"", name, row->bits,
            row->type, i);
        if (row->group)
            add(text, " group=\"%s\"", row->group);
        add(text, "/>\n");
    }
}

static void describe(struct text *text)
{
    text->len = 0;
    add(text, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
              "<target version=\"1.0\"><architecture>i386:x86-64</architecture>\n");
    for (size_t f = 0; f < n_features; f++) {
        add(text, "<feature name=\"%s\">\n", features[f].name);
        add_types(text, features[f].rows);
        for (size_t i = 0; i < features[f].n; i++)
            add_row(text, &features[f].rows[i]);
        add(text, "</feature>\n");
    }
    add(text, "</target>\n");
}

const char *gdb_target_xml(void)
{
    static struct text text;

    if (text.at)
        return text.at;
    describe(&text); /* its length */
    text.size = text.len + 1;
    text.at = malloc(text.size);
    if (text.at)
        describe(&text);
    return text.at;
}
