/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one reader of files that a user names: a whole regular file, with a limit. For the guest
 * owner's tool and the plugin; the processor itself opens no file.
 *
 * A failure is a negative errno, and an error phrase in `why` that continues a sentence with the
 * file's name: "cannot be read (No such file or directory)". `why` holds FILE_WHY_SIZE characters.
 */
#ifndef PSP_FILE_H
#define PSP_FILE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FILE_WHY_SIZE 128

/* Check that `path` is a regular file that can be opened: a FIFO or a device could block. */
int file_check(const char *path, char why[FILE_WHY_SIZE]) __attribute__((warn_unused_result));

/* Read all of `path`, at most `max` bytes, into memory that the caller frees; a NUL byte follows
 * the data. On failure *data is NULL. */
int file_read(const char *path, size_t max, uint8_t **data, size_t *len, char why[FILE_WHY_SIZE])
    __attribute__((warn_unused_result));

#ifdef __cplusplus
}
#endif
#endif
