/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that observers write, with Bochs's log for their errors. See output_file.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "sev_log.h"

#include <errno.h>
#include <string.h>

#include "sev_observe.h"

static void report(void *, const char *sentence)
{
    BX_ERROR(("sev: %s", sentence));
}

static void fail(const char *name, const char *path, int err)
{
    BX_FATAL(("sev: %s: '%.300s' cannot be written: %s", name, path, strerror(-err)));
}

static struct output_file *open_or(void (*failed)(const char *name, const char *path, int err),
                                   const char *name, const char *path)
{
    struct output_file *file;
    int err;

    if (!*path)
        return NULL;
    file = output_open(name, path, report, NULL, &err);
    if (!file)
        failed(name, path, err);
    return file;
}

struct output_file *bx_sev_output_open(const char *name, const char *path)
{
    return open_or(fail, name, path);
}

void bx_sev_output_check(const char *name, const char *path)
{
    FILE *file = *path ? fopen(path, "ae") : NULL;

    if (file)
        fclose(file);
    else if (*path)
        fail(name, path, -errno);
}

/* The machine ends: too late to stop it. */
static void complain(const char *name, const char *path, int err)
{
    BX_ERROR(("sev: %s: '%.300s' cannot be written: %s", name, path, strerror(-err)));
}

struct output_file *bx_sev_output_last(const char *name, const char *path)
{
    return open_or(complain, name, path);
}
