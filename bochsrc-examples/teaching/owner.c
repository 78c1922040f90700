/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The guest owner of the teaching example: wait on loopback for the guest's serial line, compare
 * the measurement with the image that the owner built, and send a secret only if they match.
 *
 *   teaching-owner TIK TEK IMAGE SECRET PORTFILE
 *
 * TIK and TEK are files of 16 bytes, IMAGE is the guest's disk image, SECRET is text. The program
 * listens on a free TCP port and writes its number to PORTFILE. Policy, API version and build are
 * those that the owner expects of the platform: the constants below, as in the example's bochsrc.
 *
 * Lines: the guest sends "M <measurement>", the owner answers "S <header> <data>" or "R"; blobs in
 * hex. Exit status: 0 the secret was sent, 1 refused, 2 trouble.
 *
 * Source: QEMU docs/system/i386/amd-memory-encryption.rst (launch and measurement). The sources of
 * the secret packet are in psp-model/protocol/packet.c.
 */
#define _POSIX_C_SOURCE 200809L
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/crypto.h"
#include "protocol/measure.h"
#include "protocol/packet.h"

/* The launched page in the image: teach.ld. */
#define REGION_OFFSET 0x1000
#define REGION_SIZE   4096

#define API_MAJOR 0
#define API_MINOR 24
#define BUILD     21
#define POLICY    1u

#define SECRET_MAX  256
#define PATIENCE_MS 60000

struct owner {
    uint8_t tik[16], tek[16];
    uint8_t region[REGION_SIZE];
};

static void say(const char *what)
{
    printf("owner: %s\n", what);
    fflush(stdout);
}

static void say_hex(const char *what, const uint8_t *data, size_t len)
{
    printf("owner: %s ", what);
    for (size_t i = 0; i < len; i++)
        printf("%02x", data[i]);
    printf("\n");
    fflush(stdout);
}

/* Read exactly `len` bytes at `offset` of a file. On failure print a message and return false. */
static bool load(const char *path, long offset, uint8_t *data, size_t len)
{
    FILE *file = fopen(path, "rb");
    bool good = file && !fseek(file, offset, SEEK_SET) && fread(data, 1, len, file) == len;

    if (!good)
        fprintf(stderr, "teaching-owner: cannot read %zu bytes of %s\n", len, path);
    if (file)
        fclose(file);
    return good;
}

/* Listen on a free port of 127.0.0.1 and write the port's number to `path`. Return the socket, -1
 * on failure. */
static int listen_on_loopback(const char *path)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    FILE *file = NULL;

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) || listen(fd, 1) ||
        getsockname(fd, (struct sockaddr *)&at, &size) || !(file = fopen(path, "w"))) {
        perror("teaching-owner");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    fprintf(file, "%d\n", ntohs(at.sin_port));
    fclose(file);
    return fd;
}

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, PATIENCE_MS) == 1;
}

/* Read one line without its newline. Return false if the guest is gone, sends nothing or sends too
 * much. */
static bool read_line(int fd, char *line, size_t cap)
{
    for (size_t n = 0; n < cap; n++) {
        if (!readable(fd) || read(fd, &line[n], 1) != 1)
            return false;
        if (line[n] == '\n') {
            line[n] = '\0';
            return true;
        }
    }
    return false;
}

static bool write_all(int fd, const char *text)
{
    size_t len = strlen(text);

    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

static bool from_hex(const char *text, uint8_t *data, size_t len)
{
    if (strlen(text) != 2 * len || strspn(text, "0123456789abcdef") != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};

        data[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

static void to_hex(const uint8_t *data, size_t len, char *text)
{
    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", data[i]);
}

/* Compute the measurement of the owner's guest with this nonce. */
static int expected(const struct owner *owner, const uint8_t mnonce[16], uint8_t measure[32])
{
    struct measure_input in = {
        .api_major = API_MAJOR, .api_minor = API_MINOR, .build = BUILD, .policy = POLICY};

    crypto_sha256(owner->region, REGION_SIZE, in.launch_digest);
    say_hex("SHA-256 of the page that I built:", in.launch_digest, 32);
    memcpy(in.mnonce, mnonce, 16);
    return measure_compute(&in, owner->tik, measure);
}

/* Encrypt the secret for this measurement and write "S <header> <data>" to `line`. */
static int seal(const struct owner *owner, const char *secret, const uint8_t measure[32],
                char *line)
{
    struct packet_header header = {0};
    struct packet_keys keys = {owner->tek, owner->tik, PACKET_LAUNCH_SECRET, measure};
    uint8_t wire[PACKET_HEADER_SIZE], data[SECRET_MAX] = {0};
    size_t len = (strlen(secret) + 15) / 16 * 16;
    int err;

    memcpy(data, secret, strlen(secret));
    if (getrandom(header.iv, sizeof(header.iv), 0) != sizeof(header.iv))
        return -EIO;
    err = packet_seal(&header, &keys, (uint32_t)len, data, (uint32_t)len);
    if (!err) {
        packet_header_write(&header, wire);
        memcpy(line, "S ", 2);
        to_hex(wire, sizeof(wire), line + 2);
        line[2 + 2 * sizeof(wire)] = ' ';
        to_hex(data, len, line + 3 + 2 * sizeof(wire));
        strcat(line, "\n");
    }
    crypto_wipe(data, sizeof(data));
    return err;
}

static int refuse(int fd, const char *why)
{
    say(why);
    if (!write_all(fd, "R\n"))
        return 2;
    return 1;
}

/* Talk to one guest. Return the exit status. */
static int serve(int fd, const struct owner *owner, const char *secret)
{
    char line[2 + 2 * PACKET_HEADER_SIZE + 1 + 2 * SECRET_MAX + 2];
    uint8_t blob[MEASURE_BLOB_SIZE], want[MEASURE_SIZE];

    if (!read_line(fd, line, sizeof(line))) {
        say("the guest said nothing");
        return 2;
    }
    if (strncmp(line, "M ", 2) || !from_hex(line + 2, blob, sizeof(blob)))
        return refuse(fd, "this is no measurement: REFUSED");
    say_hex("measurement received:", blob, MEASURE_SIZE);
    if (expected(owner, blob + MEASURE_SIZE, want))
        return 2;
    say_hex("measurement expected:", want, MEASURE_SIZE);
    if (crypto_compare(blob, want, MEASURE_SIZE))
        return refuse(fd, "they differ, this is not my guest: REFUSED, it gets no secret");
    say("they are equal: my guest, in a secure processor that has my keys");
    if (seal(owner, secret, want, line) || !write_all(fd, line))
        return 2;
    say("a packet with the secret is on its way, encrypted and bound to that measurement");
    return 0;
}

int main(int argc, char **argv)
{
    struct owner owner;
    int listener, fd = -1, status = 2;

    if (argc != 6 || !*argv[4] || strlen(argv[4]) > SECRET_MAX) {
        fprintf(stderr, "usage: teaching-owner TIK TEK IMAGE SECRET PORTFILE\n");
        return 2;
    }
    if (crypto_init() || !load(argv[1], 0, owner.tik, 16) || !load(argv[2], 0, owner.tek, 16) ||
        !load(argv[3], REGION_OFFSET, owner.region, REGION_SIZE))
        return 2;
    listener = listen_on_loopback(argv[5]);
    if (listener < 0)
        return 2;
    if (readable(listener))
        fd = accept(listener, NULL, NULL);
    close(listener);
    if (fd >= 0) {
        char line[16];

        status = serve(fd, &owner, argv[4]);
        if (status == 0 && !read_line(fd, line, sizeof(line)))
            say("the guest left before it said that it is done");
        close(fd);
    } else {
        say("no guest came");
    }
    crypto_wipe(&owner, sizeof(owner));
    return status;
}
