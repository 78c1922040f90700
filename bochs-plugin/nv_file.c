/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The chip's non-volatile storage as a file.
 *
 * Stores what psp-model/nv.h encodes.
 */
#include "nv_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nv.h"

#define NV_FILE_NEW NV_FILE_FILE ".new"

#define DAMAGED_MAX 100 /* files that are kept */

struct nv_file {
    int dir, lock;
    bool damaged; /* what is in the file; nv_file_store() keeps it */
};

/* 0 and everything read, or a negative errno. A file longer than `cap` fills it: the caller's
 * decoder refuses the length. */
static int read_all(int dir, const char *name, void *buf, size_t cap, size_t *len)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), error = 0;
    ssize_t n = 0;

    *len = 0;
    if (fd < 0)
        return -errno;
    while (*len < cap && (n = read(fd, (char *)buf + *len, cap - *len)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            error = -errno;
            break;
        }
        *len += (size_t)n;
    }
    close(fd);
    return error;
}

/* Check the stored bytes and set state->damaged. Return NULL, or what is wrong. */
static const char *state_check(struct nv_file *state)
{
    static char data[NV_INIT_EX_SIZE + 1];
    struct identity *id = malloc(sizeof(*id));
    const char *reason = NULL;
    size_t len;
    int error;

    if (!id)
        return "out of memory";
    error = read_all(state->dir, NV_FILE_FILE, data, sizeof(data), &len);
    if (!error) {
        error = nv_decode(id, data, len, &reason);
        if (!error && len != NV_SIZE) { /* the decoder's buffer may be longer, a file may not */
            error = -EINVAL;
            reason = "it is longer than it should be";
        }
        state->damaged = error == -EINVAL;
    }
    if (error && error != -ENOENT && !reason)
        reason = strerror(-error);
    identity_wipe(id);
    crypto_wipe(data, sizeof(data));
    free(id);
    return error == -ENOENT || !error ? NULL : reason;
}

struct nv_file *nv_file_open(const char *dir, char *error, size_t error_size)
{
    struct nv_file *state = malloc(sizeof(*state));
    const char *reason;

    if (!state) {
        snprintf(error, error_size, "state_dir: out of memory");
        return NULL;
    }
    *error = '\0';
    *state = (struct nv_file){-1, -1, false};
    if (mkdir(dir, 0700) && errno != EEXIST)
        goto failed;
    state->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (state->dir < 0)
        goto failed;
    state->lock = openat(state->dir, NV_FILE_LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (state->lock < 0)
        goto failed;
    if (flock(state->lock, LOCK_EX | LOCK_NB)) {
        snprintf(error, error_size, "state_dir: '%.200s' is in use by another process", dir);
        goto out;
    }
    reason = state_check(state);
    if (reason && state->damaged)
        snprintf(error, error_size,
                 "state_dir: '%.200s/%s' is damaged: %.100s; the first INIT answers "
                 "SECURE_DATA_INVALID, the next one makes a new chip and renames the file to %s.N",
                 dir, NV_FILE_FILE, reason, NV_FILE_DAMAGED);
    if (!reason || state->damaged)
        return state;
    snprintf(error, error_size, "state_dir: '%.200s/%s' is refused and left as it is: %.100s", dir,
             NV_FILE_FILE, reason);
    goto out;
failed:
    snprintf(error, error_size, "state_dir: '%.200s' cannot be used: %s", dir, strerror(errno));
out:
    nv_file_close(state);
    return NULL;
}

void nv_file_close(struct nv_file *state)
{
    if (!state)
        return;
    if (state->lock >= 0)
        close(state->lock); /* gives the lock back */
    if (state->dir >= 0)
        close(state->dir);
    free(state);
}

int nv_file_load(struct nv_file *state, void *buf, size_t cap, size_t *len)
{
    return read_all(state->dir, NV_FILE_FILE, buf, cap, len);
}

static int write_all(int fd, const char *buf, size_t len)
{
    while (len) {
        ssize_t n = write(fd, buf, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? -errno : -EIO;
        buf += n;
        len -= (size_t)n;
    }
    return fsync(fd) ? -errno : 0;
}

/* Give the file a second name that is free. The old name stays until the new file replaces it, so
 * that a crash between the two leaves a file. Where there are no hard links, the file is renamed. */
static int keep_damaged(const struct nv_file *state)
{
    char name[sizeof(NV_FILE_DAMAGED) + 12];

    for (int i = 1; i <= DAMAGED_MAX; i++) {
        snprintf(name, sizeof(name), "%s.%d", NV_FILE_DAMAGED, i);
        if (!linkat(state->dir, NV_FILE_FILE, state->dir, name, 0) || errno == ENOENT)
            return 0; /* linked, or somebody has removed it */
        if (errno == EPERM || errno == EOPNOTSUPP)
            return renameat(state->dir, NV_FILE_FILE, state->dir, name) ? -errno : 0;
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

int nv_file_store(struct nv_file *state, const void *buf, size_t len)
{
    int error, fd = openat(state->dir, NV_FILE_NEW,
                           O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return -errno;
    error = write_all(fd, buf, len);
    if (close(fd) && !error)
        error = -errno;
    if (!error && state->damaged)
        error = keep_damaged(state);
    if (!error && renameat(state->dir, NV_FILE_NEW, state->dir, NV_FILE_FILE))
        error = -errno;
    if (!error && fsync(state->dir)) /* the new name survives a power cut */
        error = -errno;
    if (error)
        unlinkat(state->dir, NV_FILE_NEW, 0);
    else
        state->damaged = false;
    return error;
}
