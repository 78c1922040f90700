/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: what a client sends to the control socket, in pieces as the input says, against a
 * machine that answers at random. Afterwards the next client is greeted.
 *
 * Input: one byte for the size of the pieces and one for the machine's answers, then the stream.
 */
#include "fuzz.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/ctl.h"

static uint8_t answers;

static bool answer(void)
{
    answers = (uint8_t)(answers >> 1 | answers << 7);
    return answers & 1;
}

static bool m_state(void *ctx)
{
    (void)ctx;
    return answer();
}
static bool m_plain(void *ctx, char *error, size_t size)
{
    (void)ctx;
    snprintf(error, size, "no");
    return answer();
}
static bool m_save(void *ctx, const char *path, char *error, size_t size)
{
    FUZZ_CHECK(path);
    return m_plain(ctx, error, size);
}
static void m_sev(void *ctx, struct qmp_sev *sev)
{
    (void)ctx;
    *sev = (struct qmp_sev){.enabled = true,
                            .api_major = 255,
                            .api_minor = 255,
                            .build = 255,
                            .snp = answers & 1,
                            .policy = UINT64_MAX,
                            .handle = UINT32_MAX,
                            .state = "running"};
}
static bool m_blob(void *ctx, struct qmp_blob *blob, char *error, size_t size)
{
    blob->len = answers * 32u;
    memset(blob->data, 0xff, blob->len);
    return m_plain(ctx, error, size);
}
static bool m_inject(void *ctx, const struct qmp_blob *header, const void *secret, size_t len,
                     const uint64_t *gpa, char *error, size_t size)
{
    FUZZ_CHECK(header->len == 52 && len > 0 && len <= 16384);
    FUZZ_CHECK(((const volatile uint8_t *)secret)[len - 1] <= 255);
    (void)gpa;
    return m_plain(ctx, error, size);
}
static bool m_attest(void *ctx, const uint8_t mnonce[16], struct qmp_blob *report, char *error,
                     size_t size)
{
    (void)mnonce;
    return m_blob(ctx, report, error, size);
}
static bool m_capabilities(void *ctx, struct qmp_blob *pdh, struct qmp_blob *chain,
                           struct qmp_blob *id, unsigned *cbitpos, unsigned *reduced, char *error,
                           size_t size)
{
    pdh->len = chain->len = id->len = 16;
    memset(pdh->data, 0, 16), memset(chain->data, 0, 16), memset(id->data, 0, 16);
    *cbitpos = 51, *reduced = 1;
    return m_plain(ctx, error, size);
}

static const struct qmp_ops ops = {m_state, m_state, m_plain, m_plain,  m_plain,  m_plain,
                                   m_save,  m_sev,   m_blob,  m_inject, m_attest, m_capabilities};

static struct ctl *ctl;
static char path[64];

static int client_new(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    strcpy(address.sun_path, path);
    FUZZ_CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    ctl_poll(ctl, 0);
    return fd;
}

static void drain(int fd)
{
    char text[4096];

    ctl_poll(ctl, 0);
    while (recv(fd, text, sizeof(text), 0) > 0)
        continue;
}

/* Its socket goes from the file system. */
static void end(void)
{
    ctl_free(ctl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[256], greeting[8] = "";
    uint8_t head[2];
    int fd;

    if (!ctl) {
        snprintf(path, sizeof(path), "/tmp/fuzz_ctl.%ld", (long)getpid());
        ctl = ctl_new(path, &ops, NULL, error, sizeof(error));
        FUZZ_CHECK(ctl && atexit(end) == 0);
    }
    fuzz_take(&data, &size, head, sizeof(head));
    answers = head[1];
    fd = client_new();
    if (head[0] & 0x80) /* most inputs are past the negotiation */
        FUZZ_CHECK(send(fd, "{\"execute\":\"qmp_capabilities\"}", 30, MSG_NOSIGNAL) == 30);
    while (size) {
        size_t n = (size_t)(head[0] & 0x7f) * 16 + 1;
        ssize_t sent = send(fd, data, n < size ? n : size, MSG_NOSIGNAL);
        if (sent < 0)
            break;
        data += sent;
        size -= (size_t)sent;
        drain(fd);
    }
    ctl_event(ctl, "STOP", NULL);
    close(fd);
    ctl_poll(ctl, 0); /* may find requests first */
    for (int i = 0; i < 600 && !*greeting; i++) {
        if (i == 0)
            fd = client_new();
        ctl_poll(ctl, 0);
        (void)!recv(fd, greeting, sizeof(greeting) - 1, 0);
    }
    FUZZ_CHECK(strncmp(greeting, "{\"QMP\"", 6) == 0);
    close(fd);
    for (int i = 0; i < 3; i++)
        ctl_poll(ctl, 0);
    return 0;
}
