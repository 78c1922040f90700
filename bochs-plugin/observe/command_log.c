/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Log lines, trace file and region list of the secure processor's commands.
 *
 * Implements bochs-sev-trace(5).
 */
#include "command_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "psp.h"
#include "protocol/hex.h"

/* A guest can issue LAUNCH_UPDATE_DATA without end; the list does not grow with it. */
#define REGIONS_MAX 4096u

struct command_log {
    FILE *file;
    unsigned count, capacity;
    struct command_log_region *regions;
};

struct command_log *command_log_new(void)
{
    return calloc(1, sizeof(struct command_log));
}

void command_log_free(struct command_log *trace)
{
    if (!trace)
        return;
    if (trace->file)
        fclose(trace->file);
    free(trace->regions);
    free(trace);
}

int command_log_open(struct command_log *trace, const char *path)
{
    FILE *file = fopen(path, "we");

    if (!file)
        return -errno;
    if (trace->file)
        fclose(trace->file);
    trace->file = file;
    return 0;
}

void command_log_clear(struct command_log *trace)
{
    trace->count = 0;
}

const struct command_log_region *command_log_regions(const struct command_log *trace,
                                                     unsigned *count)
{
    *count = trace->count;
    return trace->regions;
}

static void trace_remember(struct command_log *trace, const struct psp_event *event,
                           const char *name)
{
    struct command_log_region *region;

    if (trace->count == trace->capacity) {
        unsigned capacity = trace->capacity ? 2 * trace->capacity : 16;
        void *grown;
        if (capacity > REGIONS_MAX)
            return;
        grown = realloc(trace->regions, capacity * sizeof(*trace->regions));
        if (!grown)
            return;
        trace->regions = grown;
        trace->capacity = capacity;
    }
    region = &trace->regions[trace->count++];
    memset(region, 0, sizeof(*region));
    snprintf(region->name, sizeof(region->name), "%s", name ? name : "");
    region->handle = event->handle;
    region->gpa = event->region_addr;
    region->len = event->region_len;
    memcpy(region->sha256, event->region_digest, sizeof(region->sha256));
    memcpy(region->launch_digest, event->launch_digest, sizeof(region->launch_digest));
}

static void trace_json(FILE *file, const struct psp_event *event, const char *name, uint64_t tick)
{
    char digest[65];
    json_t *o =
        json_pack("{s:s, s:I, s:s, s:i, s:s, s:s, s:s, s:s, s:I, s:I}", /* clang-format off */
                          "command", psp_command_name(event->command),
                          "handle", (json_int_t)event->handle,
                          "status", psp_status_name(event->status),
                          "status_code", (int)event->status,
                          "platform_before", psp_platform_state_name(event->platform_before),
                          "platform_after", psp_platform_state_name(event->platform_after),
                          "state_before", psp_guest_state_name(event->guest_before),
                          "state_after", psp_guest_state_name(event->guest_after),
                          "usec", (json_int_t)event->usec,
                          "tick", (json_int_t)tick); /* clang-format on */

    if (!o)
        return;
    if (event->region_len) {
        if (name)
            json_object_set_new(o, "region_name", json_string(name));
        json_object_set_new(o, "region_addr", json_integer((json_int_t)event->region_addr));
        json_object_set_new(o, "region_len", json_integer(event->region_len));
    }
    if (event->region_digest) {
        hex_encode(event->region_digest, 32, digest);
        json_object_set_new(o, "region_sha256", json_string(digest));
    }
    if (event->launch_digest) {
        hex_encode(event->launch_digest, 32, digest);
        json_object_set_new(o, "launch_digest", json_string(digest));
    }
    json_dumpf(o, file, JSON_COMPACT);
    fputc('\n', file);
    fflush(file); /* a reader may follow while the machine runs */
    json_decref(o);
}

void command_log_event(struct command_log *trace, const struct psp_event *event,
                       const char *region_name, uint64_t tick, char *line, size_t line_size)
{
    char where[64] = "";

    if (event->region_len)
        snprintf(where, sizeof(where), " [%#" PRIx64 "+%#" PRIx32 "%s%s]", event->region_addr,
                 event->region_len, region_name ? " " : "", region_name ? region_name : "");
    snprintf(line, line_size,
             "%s handle=%" PRIu32 "%s platform %s->%s guest %s->%s: %s (%" PRIu64 " us)",
             psp_command_name(event->command), event->handle, where,
             psp_platform_state_name(event->platform_before),
             psp_platform_state_name(event->platform_after),
             psp_guest_state_name(event->guest_before), psp_guest_state_name(event->guest_after),
             psp_status_name(event->status), event->usec);
    if (event->status == SEV_STATUS_SUCCESS && event->region_digest && event->launch_digest)
        trace_remember(trace, event, region_name);
    if (trace->file)
        trace_json(trace->file, event, region_name, tick);
}
