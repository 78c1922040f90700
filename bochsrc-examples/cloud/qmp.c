/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * qmp SOCKET REQUEST... - send QMP requests (JSON) to QEMU and print the answer of each, one a line.
 * Waits until QEMU has made the socket. Exit status 1: an error was answered, or there is no QEMU.
 *
 * Source: QEMU docs/interop/qmp-spec: a greeting, then qmp_capabilities; an event can come at any time.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE 60 /* seconds */

static void fail(const char *what)
{
    fprintf(stderr, "qmp: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd < 0)
        fail("socket");
    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        fail(path);
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    for (unsigned tries = 10 * PATIENCE;
         connect(fd, (const struct sockaddr *)&address, sizeof(address)); tries--) {
        if (!tries || (errno != ENOENT && errno != ECONNREFUSED))
            fail(path);
        usleep(100000);
    }
    return fd;
}

/* Read lines up to one whose first member is `word`, or an error; print it. Events are skipped.
 * Return whether it was no error. */
static bool answer(FILE *in, const char *word, bool print)
{
    static char *line;
    static size_t size;

    while (getline(&line, &size, in) > 0) {
        const bool error = !strncmp(line, "{\"error\"", 8);

        if (!error && strncmp(line, word, strlen(word)) != 0)
            continue;
        if (error || print)
            fputs(line, stdout);
        return !error;
    }
    fprintf(stderr, "qmp: QEMU ended the connection\n");
    return false;
}

static bool request(int fd, FILE *in, const char *text, bool print)
{
    if (dprintf(fd, "%s\n", text) < 0)
        fail("write");
    return answer(in, "{\"return\"", print);
}

int main(int argc, char **argv)
{
    FILE *in;
    bool good;
    int fd;

    if (argc < 3) {
        fprintf(stderr, "usage: qmp SOCKET REQUEST...\n");
        return 2;
    }
    fd = connect_to(argv[1]);
    in = fdopen(fd, "r");
    if (!in)
        fail("fdopen");
    good = answer(in, "{\"QMP\"", false) &&
           request(fd, in, "{\"execute\":\"qmp_capabilities\"}", false);
    for (int i = 2; good && i < argc; i++)
        good = request(fd, in, argv[i], true);
    return good ? 0 : 1;
}
