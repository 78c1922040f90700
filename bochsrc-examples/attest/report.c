/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * report DATA REPORT CERTS: ask the secure processor, through Linux's /dev/sev-guest, for an attestation report with
 * this report data (128 hexadecimal digits), and the host for certificates. Write both to files.
 *
 * Source: Linux include/uapi/linux/sev-guest.h; Documentation/virt/coco/sev-guest.rst. Since Linux 6.7 configfs-tsm does
 * the same without a program.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

struct request {
    uint8_t version;
    uint64_t request, response, error;
};
#define GET_EXT_REPORT _IOWR('S', 2, struct request)

enum { STATUS_AT = 0, REPORT_AT = 0x20, REPORT_SIZE = 0x4a0, CERTS_MAX = 0x4000 };

struct ext_request {
    uint8_t data[64];
    uint32_t vmpl;
    uint8_t zero[28];
    uint64_t certs;
    uint32_t certs_len;
};

static uint8_t response[4000];
static uint8_t certs[CERTS_MAX] __attribute__((aligned(4096))); /* the host writes whole pages */

static int read_hex(const char *text, uint8_t data[64])
{
    unsigned byte;

    if (strlen(text) != 128)
        return -1;
    for (int i = 0; i < 64; i++) {
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return -1;
        data[i] = (uint8_t)byte;
    }
    return 0;
}

static int write_file(const char *path, const uint8_t *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    int err = !file || fwrite(bytes, 1, len, file) != len;

    if (file && fclose(file))
        err = 1;
    if (err)
        fprintf(stderr, "report: '%s' cannot be written: %s\n", path, strerror(errno));
    return err;
}

int main(int argc, char **argv)
{
    struct ext_request body = {.certs = (uintptr_t)certs, .certs_len = sizeof(certs)};
    struct request request = {
        .version = 1, .request = (uintptr_t)&body, .response = (uintptr_t)response};
    int device;

    if (argc != 4 || read_hex(argv[1], body.data)) {
        fprintf(stderr, "usage: report DATA REPORT CERTS\n");
        return 2;
    }
    device = open("/dev/sev-guest", O_RDWR);
    if (device < 0 || ioctl(device, GET_EXT_REPORT, &request)) {
        fprintf(stderr, "report: /dev/sev-guest: %s (error %llx)\n", strerror(errno),
                (unsigned long long)request.error);
        return 1;
    }
    if (response[STATUS_AT]) {
        fprintf(stderr, "report: the secure processor refuses, status %#x\n", response[STATUS_AT]);
        return 1;
    }
    return write_file(argv[2], response + REPORT_AT, REPORT_SIZE) ||
           write_file(argv[3], certs, sizeof(certs));
}
