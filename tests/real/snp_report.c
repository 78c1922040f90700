/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program of snp_report.tap: in a SEV-SNP guest it asks /dev/sev-guest for reports, a key and
 * certificates, and configfs-tsm for a report, and prints what it gets in hex.
 *
 * Source: Linux include/uapi/linux/sev-guest.h (the ioctls); Documentation/ABI/testing/configfs-tsm.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* As of Linux 6.4: before, `error` was the firmware's alone. */
struct request {
    uint8_t version;
    uint64_t request, response, error;
};
#define GET_REPORT     _IOWR('S', 0, struct request)
#define GET_KEY        _IOWR('S', 1, struct request)
#define GET_EXT_REPORT _IOWR('S', 2, struct request)

#define REPORT_AT  0x20
#define REPORT_LEN 0x4a0
#define CERTS_LEN  0x4000

struct report_request {
    uint8_t data[64];
    uint32_t vmpl;
    uint8_t zero[28];
};

struct ext_request {
    struct report_request report;
    uint64_t certs;
    uint32_t certs_len;
};

struct key_request {
    uint32_t root, zero;
    uint64_t select;
    uint32_t vmpl, svn;
    uint64_t tcb;
};

static uint8_t response[4000], certs[CERTS_LEN] __attribute__((aligned(4096)));
static int device;

static void print_hex(const char *name, const uint8_t *bytes, size_t len)
{
    printf("SEV-GUEST: %s ", name);
    for (size_t i = 0; i < len; i++)
        printf("%02x", bytes[i]);
    printf("\n");
    fflush(stdout);
}

/* The result, the guest's errno, EXITINFO2 and the status in the response. */
static int ask(const char *name, unsigned long number, void *body)
{
    struct request request = {.version = 1,
                              .request = (uintptr_t)body,
                              .response = (uintptr_t)response,
                              .error = UINT64_MAX};
    int result;

    memset(response, 0, sizeof(response));
    errno = 0;
    result = ioctl(device, number, &request);
    printf("SEV-GUEST: %s: %d, errno %d, error %llx, status %x\n", name, result, errno,
           (unsigned long long)request.error, response[0]);
    fflush(stdout);
    return result;
}

static void fill(uint8_t data[64], uint8_t first)
{
    for (unsigned i = 0; i < 64; i++)
        data[i] = (uint8_t)(first + i);
}

static void ask_device(void)
{
    struct report_request report = {.vmpl = 0};
    struct ext_request ext = {.certs_len = 0};
    struct key_request key = {.select = 0x9}; /* policy, measurement */

    fill(report.data, 0x10);
    if (!ask("report", GET_REPORT, &report))
        print_hex("report", response + REPORT_AT, REPORT_LEN);
    report.vmpl = 4;
    ask("report of VMPL 4", GET_REPORT, &report);
    if (!ask("key", GET_KEY, &key))
        print_hex("key", response + REPORT_AT, 32);
    fill(ext.report.data, 0x20);
    ext.certs = (uintptr_t)certs;
    ask("extended, no memory", GET_EXT_REPORT, &ext);
    printf("SEV-GUEST: certs_len %u\n", ext.certs_len);
    ext.certs_len = CERTS_LEN;
    if (!ask("extended", GET_EXT_REPORT, &ext)) {
        print_hex("ext-report", response + REPORT_AT, REPORT_LEN);
        print_hex("certs", certs, sizeof(certs));
    }
}

/* --- configfs-tsm ---------------------------------------------------------------------------- */

#define TSM "/sys/kernel/config/tsm/report/own"

static void print_file(const char *name, const char *path)
{
    static uint8_t bytes[0x8000];
    int file = open(path, O_RDONLY);
    size_t len = 0;
    ssize_t n;

    while (file >= 0 && len < sizeof(bytes) &&
           (n = read(file, bytes + len, sizeof(bytes) - len)) > 0)
        len += (size_t)n;
    if (file >= 0)
        close(file);
    print_hex(name, bytes, len);
}

static void ask_tsm(void)
{
    uint8_t data[64];
    int file;

    if (mkdir(TSM, 0700)) {
        printf("SEV-GUEST: tsm: none\n");
        return;
    }
    fill(data, 0x30);
    file = open(TSM "/inblob", O_WRONLY);
    if (file < 0 || write(file, data, sizeof(data)) != sizeof(data))
        printf("SEV-GUEST: tsm: the data cannot be written\n");
    if (file >= 0)
        close(file);
    print_file("tsm-provider", TSM "/provider");
    print_file("tsm-report", TSM "/outblob");
    print_file("tsm-certs", TSM "/auxblob");
}

int main(void)
{
    device = open("/dev/sev-guest", O_RDWR);
    if (device < 0) {
        printf("SEV-GUEST: /dev/sev-guest: errno %d\n", errno);
        return 1;
    }
    ask_device();
    ask_tsm();
    return 0;
}
