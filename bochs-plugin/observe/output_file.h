/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that an observer writes while the machine runs: trace=, map=, map_changes=,
 * sanitize_report=. The first error (a full disk, a file size limit) is reported once, with the
 * reason. Nothing is written after it, so the file has no gap in the middle: it stops early, and its
 * last line (bochs-sev-map(5), bochs-sev-sanitizer(7)) is missing.
 */
#ifndef SEV_OUTPUT_FILE_H
#define SEV_OUTPUT_FILE_H

#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct output_file;

/* Takes a sentence for the user: the parameter, the file, the reason. */
typedef void output_report(void *ctx, const char *sentence);

/* Create or empty the file `path` of the parameter `name`, which must remain valid. `report` may be
 * NULL. On failure return NULL with a negative errno in `err`; nothing is reported then. */
struct output_file *output_open(const char *name, const char *path, output_report *report,
                                void *ctx, int *err);
/* Return a stream that collects text for output_flush(). It belongs to the file. */
FILE *output_stream(struct output_file *file);
/* Write what the stream collected. Return 0, or the file's first error as a negative errno. */
int output_flush(struct output_file *file);
/* Set the file's first error if the text itself could not be made. */
void output_fail(struct output_file *file, int err);
/* Return the number of bytes that were written. */
uint64_t output_bytes(const struct output_file *file);
/* Flush and close the file. Return 0, or the file's first error as a negative errno. NULL is
 * allowed. */
int output_close(struct output_file *file);

#ifdef __cplusplus
}
#endif
#endif
