/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The findings of the C-bit sanitizer (cpu-ext/sanitize.h) for people and for programs: each site once,
 * as a line of text and as a JSON object on a line, and a summary with counts. The format is described
 * in bochs-sev-sanitizer(7).
 */
#ifndef SEV_FINDING_H
#define SEV_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output_file.h"
#include "sanitize.h"
#include "symbols.h"
#include "walk.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A finding of sanitize.h with its details. */
struct finding {
    struct san_report report;
    bool linear_known;
    uint64_t linear;
    struct walk_mode mode;   /* of the CPU that made the access */
    struct walk_result walk; /* translation of `linear` now; without entries if it is unknown */
    unsigned code_len;
    uint8_t code[15];
    char disasm[96]; /* "" = unknown */
};

struct findings;

/* Write JSON lines to `file`, which belongs to the findings from now on; NULL: none. Return NULL if
 * out of memory. */
struct findings *findings_new(struct output_file *file);
void findings_free(struct findings *findings); /* closes the file */
/* Name instructions by these symbols, which must outlive the findings. NULL: none. */
void findings_set_symbols(struct findings *findings, const struct symbols *symbols);

/* Count a finding. Return true if it is the first of its site. A site is one kind of access by one
 * instruction; for fetches, in one block; for devices and the secure processor, of data that one
 * instruction wrote. Sites after the first 4096 are only counted. */
bool findings_count(struct findings *findings, const struct san_report *report);
/* Write the finding of a new site: text to `line`, JSON to the file. */
void findings_tell(struct findings *findings, const struct finding *finding, char *line,
                   size_t line_size);

uint64_t findings_reports(const struct findings *findings);
unsigned findings_sites(const struct findings *findings);
/* Write the summary: line by line to `print`, and as one JSON object to the file. */
void findings_summary(struct findings *findings, void (*print)(void *ctx, const char *line),
                      void *ctx);

#ifdef __cplusplus
}
#endif
#endif
