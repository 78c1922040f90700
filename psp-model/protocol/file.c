/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The reader of files that a user names; see file.h.
 */
#define _DEFAULT_SOURCE /* O_CLOEXEC */

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(int err, char why[FILE_WHY_SIZE])
{
    snprintf(why, FILE_WHY_SIZE, "cannot be read (%s)", strerror(-err));
    return err;
}

/* Open a regular file. Return its descriptor and its size, or a negative errno. */
static int open_regular(const char *path, uint64_t *size, char why[FILE_WHY_SIZE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    int err = 0;

    if (fd < 0)
        return fail(-errno, why);
    if (fstat(fd, &st)) {
        err = fail(-errno, why);
    } else if (!S_ISREG(st.st_mode)) {
        snprintf(why, FILE_WHY_SIZE, "is not a regular file");
        err = -EINVAL;
    }
    if (err) {
        close(fd);
        return err;
    }
    *size = (uint64_t)st.st_size;
    return fd;
}

static int read_all(int fd, uint8_t *data, size_t size, size_t *len)
{
    *len = 0;
    while (*len < size) {
        ssize_t n = read(fd, data + *len, size - *len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0) /* somebody made the file shorter */
            break;
        *len += (size_t)n;
    }
    return 0;
}

int file_check(const char *path, char why[FILE_WHY_SIZE])
{
    uint64_t size;
    int fd = open_regular(path, &size, why);

    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

int file_read(const char *path, size_t max, uint8_t **data, size_t *len, char why[FILE_WHY_SIZE])
{
    uint64_t size;
    int fd = open_regular(path, &size, why);
    int err = 0;

    *data = NULL;
    *len = 0;
    if (fd < 0)
        return fd;
    if (size > max) {
        snprintf(why, FILE_WHY_SIZE, "has more than %zu bytes", max);
        err = -EFBIG;
    } else {
        *data = malloc((size_t)size + 1);
        err = *data ? read_all(fd, *data, (size_t)size, len) : -ENOMEM;
        if (err)
            fail(err, why);
    }
    close(fd);
    if (err) {
        free(*data);
        *data = NULL;
        return err;
    }
    (*data)[*len] = 0;
    return 0;
}
