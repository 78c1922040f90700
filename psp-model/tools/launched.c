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

static const char *get_text(const json_t *line, const char *key)
{
    return json_string_value(json_object_get(line, key));
}

static bool get_digest(const json_t *line, const char *key, uint8_t *digest, size_t size)
{
    const char *text = get_text(line, key);

    return text && hex_decode(text, digest, size);
}

/* Make the list longer by one item of `size` bytes. */
static enum owner_exit append(void **list, unsigned *count, const void *item, size_t size)
{
    uint8_t *grown = realloc(*list, (*count + (size_t)1) * size);

    if (!grown)
        return OWNER_TROUBLE;
    memcpy(grown + *count * size, item, size);
    *list = grown;
    ++*count;
    return OWNER_OK;
}

/* --- SEV and SEV-ES --- */

static enum owner_exit add(struct launched *launched, const json_t *line)
{
    struct launched_region region = {.name = ""};
    const char *name = get_text(line, "region_name");
    const json_t *addr = json_object_get(line, "region_addr");
    const json_t *len = json_object_get(line, "region_len");

    if (!json_is_integer(addr) || !json_is_integer(len) || json_integer_value(len) <= 0 ||
        json_integer_value(len) > UINT32_MAX ||
        !get_digest(line, "region_sha256", region.sha256, sizeof(region.sha256)) ||
        !get_digest(line, "launch_digest", region.digest, sizeof(region.digest)))
        return OWNER_INPUT;
    if (name)
        snprintf(region.name, sizeof(region.name), "%s", name);
    region.addr = (uint64_t)json_integer_value(addr);
    region.len = (size_t)json_integer_value(len);
    return append((void **)&launched->regions, &launched->count, &region, sizeof(region));
}

/* What the commands are put into. */
struct reader {
    enum owner_exit (*take)(const struct reader *reader, const char *command, const json_t *line);
    void *launched;
    const unsigned *count; /* of `launched` */
    uint32_t handle;       /* the guest that is wanted, 0 for any */
};

/* A command that succeeded. A LAUNCH_START starts the list again. */
static enum owner_exit take(const struct reader *reader, const char *command, const json_t *line)
{
    struct launched *launched = reader->launched;
    uint32_t handle = (uint32_t)json_integer_value(json_object_get(line, "handle"));

    if (reader->handle && handle != reader->handle)
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

/* --- SEV-SNP --- */

static enum owner_exit add_page(struct launched_pages *launched, const json_t *line)
{
    const char *name = get_text(line, "region_name"), *type = get_text(line, "page_type");
    const json_t *gpa = json_object_get(line, "region_gpa");
    struct launched_page page = {.hashed = json_object_get(line, "region_sha384")};

    if (!json_is_integer(gpa) || !type ||
        (page.hashed && !get_digest(line, "region_sha384", page.sha384, sizeof(page.sha384))) ||
        !get_digest(line, "launch_digest", page.digest, sizeof(page.digest)))
        return OWNER_INPUT;
    snprintf(page.type, sizeof(page.type), "%s", type);
    snprintf(page.name, sizeof(page.name), "%s", name ? name : "");
    page.gpa = (uint64_t)json_integer_value(gpa);
    return append((void **)&launched->pages, &launched->count, &page, sizeof(page));
}

/* A command that succeeded. An SNP_LAUNCH_START starts the list again. */
static enum owner_exit take_page(const struct reader *reader, const char *command,
                                 const json_t *line)
{
    struct launched_pages *launched = reader->launched;
    uint64_t context = (uint64_t)json_integer_value(json_object_get(line, "context"));

    if (strcmp(command, "SNP_LAUNCH_START") == 0) {
        launched->count = 0;
        launched->context = context;
    }
    if (strcmp(command, "SNP_LAUNCH_UPDATE") != 0 || context != launched->context)
        return OWNER_OK;
    return add_page(launched, line);
}

/* --- the file --- */

/* Return whether a line has no text. */
static bool blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r')
            return false;
    }
    return true;
}

static enum owner_exit read_line(const struct reader *reader, const json_t *line)
{
    const char *command = get_text(line, "command");
    const char *status = get_text(line, "status");

    if (!command || !status)
        return OWNER_INPUT;
    return strcmp(status, "SUCCESS") == 0 ? reader->take(reader, command, line) : OWNER_OK;
}

/* *number becomes that of the line that is wrong, or 0 if nothing was launched. */
static enum owner_exit read_lines(const struct reader *reader, const char *text, size_t len,
                                  unsigned *number)
{
    const char *at = text, *end = text + len;
    enum owner_exit code = OWNER_OK;

    for (*number = 0; !code && at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t size = (size_t)((newline ? newline : end) - at);
        json_t *line = json_loadb(at, size, 0, NULL);

        ++*number;
        if (line)
            code = read_line(reader, line);
        else if (newline && !blank(at, size))
            code = OWNER_INPUT; /* a last line without its newline is still being written */
        json_decref(line);
        at = newline ? newline + 1 : end;
    }
    if (code || *reader->count)
        return code;
    *number = 0;
    return OWNER_INPUT;
}

static struct reader region_reader(struct launched *launched, uint32_t handle)
{
    *launched = (struct launched){0};
    return (struct reader){take, launched, &launched->count, handle};
}

static struct reader page_reader(struct launched_pages *launched)
{
    *launched = (struct launched_pages){0};
    return (struct reader){take_page, launched, &launched->count, 0};
}

enum owner_exit launched_parse(const char *text, size_t len, uint32_t handle,
                               struct launched *launched, unsigned *number)
{
    const struct reader reader = region_reader(launched, handle);

    return read_lines(&reader, text, len, number);
}

enum owner_exit launched_pages_parse(const char *text, size_t len, struct launched_pages *launched,
                                     unsigned *number)
{
    const struct reader reader = page_reader(launched);

    return read_lines(&reader, text, len, number);
}

/* `nothing`: what the file does not have, if it is a good one. */
static enum owner_exit read_file(const struct reader *reader, const char *path, const char *nothing)
{
    uint8_t *data = NULL;
    size_t len = 0;
    unsigned number = 0;
    enum owner_exit code = input_file("--trace", path, &data, &len);

    if (code)
        return code;
    code = read_lines(reader, (const char *)data, len, &number);
    free(data);
    if (code == OWNER_INPUT && number)
        return owner_fail(code, "--trace: %s: line %u is not an event of the trace", path, number);
    if (code == OWNER_INPUT)
        return owner_fail(code, "--trace: %s has no %s", path, nothing);
    return code ? owner_fail(code, "out of memory") : OWNER_OK;
}

enum owner_exit launched_read(const char *path, uint32_t handle, struct launched *launched)
{
    const struct reader reader = region_reader(launched, handle);

    return read_file(&reader, path, handle ? "launched region of this guest" : "launched region");
}

enum owner_exit launched_pages_read(const char *path, struct launched_pages *launched)
{
    const struct reader reader = page_reader(launched);

    return read_file(&reader, path, "launched page of a guest of SEV-SNP");
}

void launched_free(struct launched *launched)
{
    free(launched->regions);
    *launched = (struct launched){0};
}

void launched_pages_free(struct launched_pages *launched)
{
    free(launched->pages);
    *launched = (struct launched_pages){0};
}
