/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names for addresses: the symbols of a guest's kernel or program, from a System.map, from a copy of
 * /proc/kallsyms or from an ELF file with a symbol table, such as vmlinux. The file is hostile.
 *
 * Sources: Linux scripts/mksysmap and kernel/kallsyms.c s_show() (lines "ADDRESS TYPE NAME", modules
 * with a fourth word), include/uapi/linux/elf.h (Elf64_Ehdr, Elf64_Shdr, Elf64_Sym).
 */
#ifndef SEV_SYMBOLS_H
#define SEV_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct symbols;

#define SYMBOLS_FILE_MAX ((size_t)1 << 30)

/* Return NULL, with an error phrase that continues a sentence with the file's name, if the file
 * cannot be read or has no symbols. */
struct symbols *symbols_load(const char *path, char *error, size_t error_size);
void symbols_free(struct symbols *symbols);
size_t symbols_count(const struct symbols *symbols);

/* Return the name of the last symbol at or before `address`, and how far after it `address` is. NULL
 * if there is none, or if it is more than 16 MiB before. */
const char *symbols_name(const struct symbols *symbols, uint64_t address, uint64_t *offset);
/* Find the address of a name. If several have it, that of the lowest. */
bool symbols_address(const struct symbols *symbols, const char *name, uint64_t *address);

/* Write " <name+0x12>" or, if no name is known or `symbols` is NULL, an empty text. Return `text`. */
#define SYMBOLS_TEXT 160u
const char *symbols_text(const struct symbols *symbols, uint64_t address, char text[SYMBOLS_TEXT]);

#ifdef __cplusplus
}
#endif
#endif
