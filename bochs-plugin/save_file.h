/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file of a saved SEV machine: tagged sections, each with a version and a length. What is in
 * the sections is saved_machine.h's.
 *
 * Format, a choice of this model, little endian:
 *   magic "SEVBXSR2"; number of sections u32;
 *   for each section: tag (4 characters), version u32, length u64, that many bytes;
 *   SHA-256 of all that, against accidents: who can write the file owns the machine anyway.
 *
 * Files of version 1, "SEVBXSR1", had a fixed sequence of fields. They are read as sections of
 * version 1:
 *   magic; CONF (u32 length, text); 01h; HV__ (handle u32, measurement 48); MBOX (4 u32); RNG_ (74
 *   bytes); number of CPUs u32 and for each HWCR u64: both are VCPU; PSP_ (u32 length, bytes); PAGE
 *   (u32 length, bytes; length 0: no section); SHA-256 of all that.
 */
#ifndef SEV_SAVE_FILE_H
#define SEV_SAVE_FILE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SAVE_FILE_SECTIONS_MAX 32u
#define SAVE_FILE_TAG(a, b, c, d)                                                                  \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

#define SAVE_CONF SAVE_FILE_TAG('C', 'O', 'N', 'F')
#define SAVE_HV   SAVE_FILE_TAG('H', 'V', '_', '_')
#define SAVE_HVES SAVE_FILE_TAG('H', 'V', 'E', 'S')
#define SAVE_HVSN SAVE_FILE_TAG('H', 'V', 'S', 'N')
#define SAVE_MBOX SAVE_FILE_TAG('M', 'B', 'O', 'X')
#define SAVE_PAGE SAVE_FILE_TAG('P', 'A', 'G', 'E')
#define SAVE_PSP  SAVE_FILE_TAG('P', 'S', 'P', '_')
#define SAVE_RMP  SAVE_FILE_TAG('R', 'M', 'P', '_')
#define SAVE_RNG  SAVE_FILE_TAG('R', 'N', 'G', '_')
#define SAVE_VCPU SAVE_FILE_TAG('V', 'C', 'P', 'U')
#define SAVE_VMSA SAVE_FILE_TAG('V', 'M', 'S', 'A')

struct save_section {
    uint32_t tag, version;
    const uint8_t *data; /* points into the file */
    size_t len;
};

struct save_file {
    unsigned n;
    struct save_section sections[SAVE_FILE_SECTIONS_MAX];
};

/* Split a file into its sections. Return 0, or -EINVAL with an error phrase in `error` for a file
 * that is damaged, of an unknown format, or has a section twice. */
int save_file_read(struct save_file *file, const uint8_t *data, size_t len, char *error,
                   size_t error_size) __attribute__((warn_unused_result));
/* Return the section with a tag, or NULL. */
const struct save_section *save_file_find(const struct save_file *file, uint32_t tag);
/* Write a tag as text. Return `text`. */
const char *save_file_tag_name(uint32_t tag, char text[5]);

/* Return the size of the file that save_file_write() makes of these sections. */
size_t save_file_size(const struct save_file *file);
/* Write a file of save_file_size() bytes. */
void save_file_write(const struct save_file *file, uint8_t *out);

#ifdef __cplusplus
}
#endif
#endif
