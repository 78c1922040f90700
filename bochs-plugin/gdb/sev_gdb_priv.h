/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside the gdb server's files for Bochs's machine.
 *
 * For C++ files, after Bochs's own headers.
 */
#ifndef BX_SEV_GDB_PRIV_H
#define BX_SEV_GDB_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "gdb_server.h"

struct memmap;
struct sev_machine;

/* --- sev_gdb_registers.cc --- */

void bx_sev_gdb_read_register(unsigned cpu, unsigned number, uint8_t *value);
bool bx_sev_gdb_write_register(unsigned cpu, unsigned number, const uint8_t *value);
/* One line about a CPU: "CPU 0 running". */
void bx_sev_gdb_describe(unsigned cpu, char *text, size_t size);

/* --- sev_gdb_memory.cc: memory as the page tables of a CPU map it --- */

struct gdb_memory {
    struct sev_machine *machine; /* NULL without SEV */
    struct memmap *memmap;
};

size_t bx_sev_gdb_read(const struct gdb_memory *memory, unsigned cpu, uint64_t linear,
                       uint8_t *data, size_t len);
bool bx_sev_gdb_write(const struct gdb_memory *memory, unsigned cpu, uint64_t linear,
                      const uint8_t *data, size_t len);
/* Translate a linear address. Return false if it is not mapped. */
bool bx_sev_gdb_translate(const struct gdb_memory *memory, unsigned cpu, uint64_t linear,
                          uint64_t *paddr, bool *is_private);

/* --- sev_gdb_points.cc: breakpoints and watchpoints --- */

struct gdb_points;
/* Called when an access is about to touch a watchpoint. */
typedef void gdb_touched(void *ctx, unsigned cpu, enum gdb_point point, uint64_t linear);

struct gdb_points *bx_sev_gdb_points_new(const struct gdb_memory *memory, gdb_touched *touched,
                                         void *ctx);
void bx_sev_gdb_points_free(struct gdb_points *points);
int bx_sev_gdb_points_set(struct gdb_points *points, unsigned cpu, enum gdb_point point,
                          uint64_t linear, uint64_t len);
int bx_sev_gdb_points_remove(struct gdb_points *points, enum gdb_point point, uint64_t linear,
                             uint64_t len);
void bx_sev_gdb_points_clear(struct gdb_points *points);
/* Return true if a breakpoint is at `linear`, and its kind. */
bool bx_sev_gdb_points_hit(const struct gdb_points *points, uint64_t linear, enum gdb_point *point);
/* Before the machine runs: make Bochs call hit() where breakpoints are; with `everywhere`, before
 * each instruction. */
void bx_sev_gdb_points_apply(struct gdb_points *points, bool everywhere);

#endif
