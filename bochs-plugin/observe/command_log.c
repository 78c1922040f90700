/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The PSP command log. See command_log.h.
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

/* A guest can repeat LAUNCH_UPDATE_DATA; further regions are not kept. */
#define REGIONS_MAX 4096u

struct command_log {
    struct output_file *file; /* NULL: none */
    unsigned count, capacity;
    struct command_log_region *regions;
};

struct command_log *command_log_new(struct output_file *file)
{
    struct command_log *log = calloc(1, sizeof(*log));

    if (log)
        log->file = file;
    return log;
}

void command_log_free(struct command_log *log)
{
    if (!log)
        return;
    (void)output_close(log->file); /* it reports its error itself */
    free(log->regions);
    free(log);
}

const struct command_log_region *command_log_regions(const struct command_log *log, unsigned *count)
{
    *count = log->count;
    return log->regions;
}

static void remember_region(struct command_log *log, const struct psp_event *event,
                            const char *name)
{
    struct command_log_region *region;

    if (log->count == log->capacity) {
        unsigned capacity = log->capacity ? 2 * log->capacity : 16;
        void *grown;
        if (capacity > REGIONS_MAX)
            return;
        grown = realloc(log->regions, capacity * sizeof(*log->regions));
        if (!grown)
            return;
        log->regions = grown;
        log->capacity = capacity;
    }
    region = &log->regions[log->count++];
    memset(region, 0, sizeof(*region));
    snprintf(region->name, sizeof(region->name), "%s", name ? name : "");
    region->handle = event->handle;
    region->gpa = event->region_addr;
    region->len = event->region_len;
    memcpy(region->sha256, event->region_digest, sizeof(region->sha256));
    memcpy(region->launch_digest, event->launch_digest, sizeof(region->launch_digest));
}

static const char *state_name(const struct psp_event *event, uint8_t state, bool exists)
{
    if (!event->snp)
        return psp_guest_state_name(state);
    return exists ? psp_snp_guest_state_name(state) : "NONE";
}

/* What only an event of SEV-SNP has. */
static void add_snp(json_t *o, const struct psp_event *event)
{
    if (event->context)
        json_object_set_new(o, "context", json_integer((json_int_t)event->context));
    if (event->page_type) {
        json_object_set_new(o, "page_type", json_string(psp_snp_page_type_name(event->page_type)));
        json_object_set_new(o, "region_gpa", json_integer((json_int_t)event->region_gpa));
    }
}

static void write_json(struct output_file *file, const struct psp_event *event, const char *name,
                       uint64_t tick)
{
    char digest[2 * SNP_DIGEST_SIZE + 1];
    json_t *o =
        json_pack("{s:s, s:I, s:s, s:i, s:s, s:s, s:s, s:s, s:I, s:I}", /* clang-format off */
                          "command", psp_command_name(event->command),
                          "handle", (json_int_t)event->handle,
                          "status", psp_status_name(event->status),
                          "status_code", (int)event->status,
                          "platform_before", psp_platform_state_name(event->platform_before),
                          "platform_after", psp_platform_state_name(event->platform_after),
                          "state_before", state_name(event, event->guest_before, event->existed),
                          "state_after", state_name(event, event->guest_after, event->exists),
                          "usec", (json_int_t)event->usec,
                          "tick", (json_int_t)tick); /* clang-format on */

    if (!o) {
        output_fail(file, -ENOMEM);
        return;
    }
    if (event->region_len) {
        if (name)
            json_object_set_new(o, "region_name", json_string(name));
        json_object_set_new(o, "region_addr", json_integer((json_int_t)event->region_addr));
        json_object_set_new(o, "region_len", json_integer(event->region_len));
    }
    if (event->snp)
        add_snp(o, event);
    if (event->region_digest) {
        hex_encode(event->region_digest, event->digest_size, digest);
        if (event->snp)
            json_object_set_new(o, "region_sha384", json_string(digest));
        else
            json_object_set_new(o, "region_sha256", json_string(digest));
    }
    if (event->launch_digest) {
        hex_encode(event->launch_digest, event->digest_size, digest);
        json_object_set_new(o, "launch_digest", json_string(digest));
    }
    if (json_dumpf(o, output_stream(file), JSON_COMPACT))
        output_fail(file, -ENOMEM);
    fputc('\n', output_stream(file));
    (void)output_flush(file); /* a reader may follow while the machine runs */
    json_decref(o);
}

void command_log_event(struct command_log *log, const struct psp_event *event,
                       const char *region_name, uint64_t tick, char *line, size_t line_size)
{
    char where[64] = "", who[32];

    snprintf(who, sizeof(who), event->snp ? "context=%#" PRIx64 : "handle=%" PRIu64,
             event->snp ? event->context : event->handle);
    if (event->region_len)
        snprintf(where, sizeof(where), " [%#" PRIx64 "+%#" PRIx32 "%s%s]", event->region_addr,
                 event->region_len, region_name ? " " : "", region_name ? region_name : "");
    snprintf(line, line_size, "%s %s%s platform %s->%s guest %s->%s: %s (%" PRIu64 " us)",
             psp_command_name(event->command), who, where,
             psp_platform_state_name(event->platform_before),
             psp_platform_state_name(event->platform_after),
             state_name(event, event->guest_before, event->existed),
             state_name(event, event->guest_after, event->exists), psp_status_name(event->status),
             event->usec);
    if (event->status == SEV_STATUS_SUCCESS && event->region_digest && event->launch_digest &&
        !event->snp)
        remember_region(log, event, region_name);
    if (log->file)
        write_json(log->file, event, region_name, tick);
}
