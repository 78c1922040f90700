/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names for addresses. See symbols.h.
 */
#include "symbols.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/file.h"

#define DISTANCE_MAX (UINT64_C(16) << 20)

struct symbol {
    uint64_t address;
    const char *name; /* in `file` */
};

struct symbols {
    struct symbol *all; /* by address */
    size_t n, size;
    uint8_t *file; /* names are texts in it */
    size_t file_len;
};

void symbols_free(struct symbols *s)
{
    if (!s)
        return;
    free(s->all);
    free(s->file);
    free(s);
}

size_t symbols_count(const struct symbols *s)
{
    return s->n;
}

static bool add(struct symbols *s, uint64_t address, const char *name)
{
    if (!address || !*name)
        return true;
    if (s->n == s->size) {
        const size_t size = s->size ? 2 * s->size : 1024;
        struct symbol *all = realloc(s->all, size * sizeof(*all));

        if (!all)
            return false;
        s->all = all;
        s->size = size;
    }
    s->all[s->n++] = (struct symbol){address, name};
    return true;
}

/* --- text --- */

/* The address, its type, the name; each ends with a blank. Change the blank after the name into a NUL. */
static bool add_line(struct symbols *s, char *line)
{
    char *end, *name;
    const uint64_t address = strtoull(line, &end, 16);

    if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
        return true; /* another line */
    name = end + 3;
    name[strcspn(name, " \t\r")] = 0;
    if (end[1] == 'A' || end[1] == 'a') /* a number, or a place in the memory of each CPU */
        return true;
    return add(s, address, name);
}

/* A NUL follows the file. */
static bool read_text(struct symbols *s)
{
    char *line = (char *)s->file, *end;

    for (; *line; line = end) {
        end = line + strcspn(line, "\n");
        if (*end)
            *end++ = 0;
        if (!add_line(s, line))
            return false;
    }
    return true;
}

/* --- ELF --- */

/* Return `len` bytes at `offset` of the file, NULL if it does not have them. */
static const uint8_t *at(const struct symbols *s, uint64_t offset, uint64_t len)
{
    return offset > s->file_len || len > s->file_len - offset ? NULL : s->file + offset;
}

static bool section(const struct symbols *s, const Elf64_Ehdr *header, unsigned index,
                    Elf64_Shdr *to)
{
    const uint8_t *from = index < header->e_shnum && header->e_shentsize == sizeof(*to)
                              ? at(s, header->e_shoff + (uint64_t)index * sizeof(*to), sizeof(*to))
                              : NULL;

    if (from)
        memcpy(to, from, sizeof(*to));
    return from != NULL;
}

static bool is_named(const Elf64_Sym *symbol)
{
    const unsigned type = ELF64_ST_TYPE(symbol->st_info);

    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
           (type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC);
}

static bool read_table(struct symbols *s, const Elf64_Shdr *table, const Elf64_Shdr *names)
{
    const uint8_t *from = at(s, table->sh_offset, table->sh_size);
    const char *text = (const char *)at(s, names->sh_offset, names->sh_size);

    if (!from || !text || !names->sh_size || text[names->sh_size - 1])
        return true;
    for (uint64_t i = 0; i < table->sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol;

        memcpy(&symbol, from + i * sizeof(symbol), sizeof(symbol));
        if (is_named(&symbol) && symbol.st_name < names->sh_size &&
            !add(s, symbol.st_value, text + symbol.st_name))
            return false;
    }
    return true;
}

static bool read_elf(struct symbols *s)
{
    Elf64_Shdr table, names;
    Elf64_Ehdr header;

    if (s->file_len < sizeof(header))
        return true;
    memcpy(&header, s->file, sizeof(header));
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB)
        return true;
    for (unsigned i = 0; section(s, &header, i, &table); i++)
        if (table.sh_type == SHT_SYMTAB && section(s, &header, table.sh_link, &names) &&
            !read_table(s, &table, &names))
            return false;
    return true;
}

/* --- both --- */

/* By address, and symbols of one address by name, so that the result does not depend on the file. */
static int compare(const void *a, const void *b)
{
    const struct symbol *one = a, *two = b;

    if (one->address != two->address)
        return one->address < two->address ? -1 : 1;
    return strcmp(one->name, two->name);
}

struct symbols *symbols_load(const char *path, char *error, size_t error_size)
{
    struct symbols *s = calloc(1, sizeof(*s));
    char why[FILE_WHY_SIZE];
    bool good;

    if (!s || file_read(path, SYMBOLS_FILE_MAX, &s->file, &s->file_len, why)) {
        snprintf(error, error_size, "%s", s ? why : "cannot be read (out of memory)");
        free(s);
        return NULL;
    }
    good = s->file_len >= SELFMAG && !memcmp(s->file, ELFMAG, SELFMAG) ? read_elf(s) : read_text(s);
    if (!good || !s->n) {
        snprintf(error, error_size,
                 good ? "has no symbols: give a System.map, a copy of /proc/kallsyms that root "
                        "made, or an ELF file with a symbol table"
                      : "cannot be read (out of memory)");
        symbols_free(s);
        return NULL;
    }
    qsort(s->all, s->n, sizeof(s->all[0]), compare);
    return s;
}

const char *symbols_name(const struct symbols *s, uint64_t address, uint64_t *offset)
{
    size_t low = 0, high = s->n;

    while (low < high) { /* the first one after `address` */
        const size_t middle = low + (high - low) / 2;

        if (s->all[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || address - s->all[low - 1].address > DISTANCE_MAX)
        return NULL;
    while (low > 1 && s->all[low - 2].address == s->all[low - 1].address)
        low--;
    *offset = address - s->all[low - 1].address;
    return s->all[low - 1].name;
}

bool symbols_address(const struct symbols *s, const char *name, uint64_t *address)
{
    for (size_t i = 0; i < s->n; i++)
        if (!strcmp(s->all[i].name, name)) {
            *address = s->all[i].address;
            return true;
        }
    return false;
}

const char *symbols_text(const struct symbols *s, uint64_t address, char text[SYMBOLS_TEXT])
{
    uint64_t offset;
    const char *name = s ? symbols_name(s, address, &offset) : NULL;

    *text = 0;
    if (name)
        snprintf(text, SYMBOLS_TEXT, " <%.120s+%#" PRIx64 ">", name, offset);
    return text;
}
