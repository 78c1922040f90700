/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A Unix stream socket that listens. See unix_socket.h.
 */
#include "unix_socket.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int new_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Check for a socket at the address that no process listens to. */
static bool is_stale(const struct sockaddr_un *address)
{
    struct stat st;
    bool stale = false;
    int fd;

    if (lstat(address->sun_path, &st) || !S_ISSOCK(st.st_mode))
        return false;
    fd = new_socket();
    if (fd >= 0) {
        stale = connect(fd, (const struct sockaddr *)address, sizeof(*address)) &&
                errno == ECONNREFUSED;
        close(fd);
    }
    return stale;
}

int unix_socket_listen(const char *path, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    mode_t mask;
    int fd, err;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (is_stale(&address) && unlink(path))
        return -errno;
    fd = new_socket();
    if (fd < 0)
        return -errno;
    mask = umask(0177);
    err = bind(fd, (const struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
    umask(mask);
    if (!err && listen(fd, backlog)) {
        err = -errno;
        unlink(path);
    }
    if (!err)
        return fd;
    close(fd);
    return err;
}
