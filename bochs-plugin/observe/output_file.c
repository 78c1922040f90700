/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that observers write. See output_file.h.
 */
#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct output_file {
    const char *name;
    char *path;
    output_report *report;
    void *ctx;
    int fd;
    int err; /* the first error */
    uint64_t bytes;
    FILE *stream; /* into `text` */
    char *text;
    size_t len;
};

static void free_file(struct output_file *file)
{
    if (file->stream)
        fclose(file->stream);
    free(file->text);
    free(file->path);
    free(file);
}

struct output_file *output_open(const char *name, const char *path, output_report *report,
                                void *ctx, int *err)
{
    struct output_file *file = calloc(1, sizeof(*file));

    *err = -ENOMEM;
    if (!file)
        return NULL;
    file->name = name;
    file->report = report;
    file->ctx = ctx;
    file->path = strdup(path);
    file->stream = open_memstream(&file->text, &file->len);
    if (!file->path || !file->stream) {
        free_file(file);
        return NULL;
    }
    file->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file->fd < 0) {
        *err = -errno;
        free_file(file);
        return NULL;
    }
    *err = 0;
    return file;
}

FILE *output_stream(struct output_file *file)
{
    return file->stream;
}

uint64_t output_bytes(const struct output_file *file)
{
    return file->bytes;
}

void output_fail(struct output_file *file, int err)
{
    char sentence[512];

    if (file->err)
        return;
    file->err = err;
    snprintf(sentence, sizeof(sentence),
             "%s: '%.300s' cannot be written: %s; the file is incomplete and is not written any "
             "further",
             file->name, file->path, strerror(-err));
    if (file->report)
        file->report(file->ctx, sentence);
}

/* Like write(), but a file that exceeds the limit of its size (RLIMIT_FSIZE) is an error of this
 * file only: its signal, which would kill the process, is taken away. */
static ssize_t write_some(int fd, const char *text, size_t len)
{
    static const struct timespec now = {0, 0};
    sigset_t limit, before;
    ssize_t n;
    int err;

    sigemptyset(&limit);
    sigaddset(&limit, SIGXFSZ);
    pthread_sigmask(SIG_BLOCK, &limit, &before);
    n = write(fd, text, len);
    err = errno;
    if (n < 0 && err == EFBIG)
        (void)sigtimedwait(&limit, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = err;
    return n;
}

static void write_all(struct output_file *file, const char *text, size_t len)
{
    while (len && !file->err) {
        ssize_t n = write_some(file->fd, text, len);

        if (n < 0 && errno != EINTR)
            output_fail(file, -errno);
        if (n <= 0)
            continue;
        file->bytes += (uint64_t)n;
        text += n;
        len -= (size_t)n;
    }
}

int output_flush(struct output_file *file)
{
    if (fflush(file->stream) || ferror(file->stream))
        output_fail(file, -ENOMEM);
    write_all(file, file->text, file->len);
    rewind(file->stream);
    return file->err;
}

int output_close(struct output_file *file)
{
    int err;

    if (!file)
        return 0;
    (void)output_flush(file);
    if (close(file->fd))
        output_fail(file, -errno);
    err = file->err;
    free_file(file);
    return err;
}
