/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The regions of a launch from a trace file; see launched.h.
 *
 * Consumes bochs-sev-trace(5).
 */
#include "launched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "protocol/hex.h"

static bool get_digest(const json_t *line, const char *key, uint8_t digest[32])
{
    const char *text = json_string_value(json_object_get(line, key));

    return text && hex_decode(text, digest, 32);
}

static enum owner_exit add(struct launched *launched, const json_t *line)
{
    struct launched_region region = {.name = ""};
    const char *name = json_string_value(json_object_get(line, "region_name"));
    const json_t *addr = json_object_get(line, "region_addr");
    const json_t *len = json_object_get(line, "region_len");
    if (!json_is_integer(addr) || !json_is_integer(len) || json_integer_value(len) <= 0 ||
        json_integer_value(len) > UINT32_MAX || !get_digest(line, "region_sha256", region.sha256) ||
        !get_digest(line, "launch_digest", region.digest))
        return OWNER_INPUT;
    if (name)
        snprintf(region.name, sizeof(region.name), "%s", name);
    region.addr = (uint64_t)json_integer_value(addr);
    region.len = (size_t)json_integer_value(len);

    void *grown = realloc(launched->regions, (launched->count + 1) * sizeof(region));
    if (!grown)
        return OWNER_TROUBLE;
    launched->regions = grown;
    launched->regions[launched->count++] = region;
    return OWNER_OK;
}

/* One command. A LAUNCH_START starts the list again. */
static enum owner_exit take(struct launched *launched, const json_t *line, uint32_t wanted)
{
    const char *command = json_string_value(json_object_get(line, "command"));
    const char *status = json_string_value(json_object_get(line, "status"));
    uint32_t handle = (uint32_t)json_integer_value(json_object_get(line, "handle"));
    if (!command || !status)
        return OWNER_INPUT;
    if (strcmp(status, "SUCCESS") != 0 || (wanted && handle != wanted))
        return OWNER_OK;
    if (strcmp(command, "LAUNCH_START") == 0) {
        launched->count = 0;
        launched->handle = handle;
    }
    if (strcmp(command, "LAUNCH_UPDATE_DATA") != 0 && strcmp(command, "LAUNCH_UPDATE_VMSA") != 0)
        return OWNER_OK;
    if (launched->handle == 0)
        launched->handle = handle;
    return handle == launched->handle ? add(launched, line) : OWNER_OK;
}

/* Return whether a line has no text. */
static bool blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
            return false;
    }
    return true;
}

enum owner_exit launched_parse(const char *text, size_t len, uint32_t handle,
                               struct launched *launched, unsigned *number)
{
    const char *at = text, *end = text + len;
    enum owner_exit code = OWNER_OK;
    *launched = (struct launched){0};
    *number = 0;
    while (!code && at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t size = (size_t)((newline ? newline : end) - at);
        json_t *line = json_loadb(at, size, 0, NULL);
        ++*number;
        if (line)
            code = take(launched, line, handle);
        else if (newline && !blank(at, size))
            code = OWNER_INPUT; /* a last line without its newline is still being written */
        json_decref(line);
        at = newline ? newline + 1 : end;
    }
    if (!code && launched->count == 0) {
        *number = 0;
        code = OWNER_INPUT;
    }
    return code;
}

enum owner_exit launched_read(const char *path, uint32_t handle, struct launched *launched)
{
    uint8_t *data = NULL;
    size_t len = 0;
    unsigned number = 0;
    *launched = (struct launched){0};
    enum owner_exit code = input_file("--trace", path, &data, &len);
    if (code)
        return code;
    code = launched_parse((const char *)data, len, handle, launched, &number);
    if (code == OWNER_INPUT && number)
        owner_fail(code, "--trace: %s: line %u is not an event of the trace", path, number);
    else if (code == OWNER_INPUT)
        owner_fail(code, "--trace: %s has no launched region%s", path,
                   handle ? " of this guest" : "");
    else if (code)
        owner_fail(code, "out of memory");
    free(data);
    return code;
}

void launched_free(struct launched *launched)
{
    free(launched->regions);
    *launched = (struct launched){0};
}
