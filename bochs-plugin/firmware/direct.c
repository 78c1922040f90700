/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Direct boot: kernel, initial RAM disk and command line in the firmware configuration device.
 *
 * Follows QEMU hw/i386/x86.c (x86_load_linux) and docs/specs/fw_cfg.rst.
 */
#include "direct.h"

#include "protocol/buf.h"
#include "bzimage.h"
#include "protocol/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
    uint8_t *data;
    uint32_t len;
};

struct direct {
    struct bzimage image;
    struct file kernel, initrd;
    char *cmdline;
};

/* --- files --- */

/* A whole regular file of less than 4 GiB. 0 or a negative errno; the file is then untouched. */
static int read_whole(const char *path, struct file *file)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), err = 0;
    uint8_t *data = NULL;
    size_t len = 0;
    ssize_t n = 1;
    struct stat st;

    if (fd < 0 || fstat(fd, &st))
        err = -errno;
    else if (!S_ISREG(st.st_mode))
        err = -EINVAL;
    else if (st.st_size >= UINT32_MAX)
        err = -EFBIG;
    else if (!(data = malloc((size_t)st.st_size + 1)))
        err = -ENOMEM;
    while (!err && n > 0 && len < (size_t)st.st_size) {
        n = read(fd, data + len, (size_t)st.st_size - len);
        if (n < 0)
            err = -errno;
        else
            len += (size_t)n;
    }
    if (err)
        free(data);
    else
        *file = (struct file){data, (uint32_t)len};
    if (fd >= 0)
        close(fd);
    return err;
}

static bool load_file(const char *name, const char *path, struct file *file, char *error,
                      size_t error_size)
{
    int err = read_whole(path, file);

    if (err)
        snprintf(error, error_size, "%s: '%.200s' cannot be read (%s)", name, path, strerror(-err));
    return !err;
}

/* --- the three parts --- */

static unsigned mib(uint64_t bytes)
{
    return (unsigned)((bytes + 0xfffff) >> 20);
}

static bool load_kernel(struct direct *d, const struct direct_config *c, char *error, size_t size)
{
    const char *wrong;

    if (!load_file("kernel", c->kernel, &d->kernel, error, size))
        return false;
    wrong = bzimage_parse(&d->image, d->kernel.data, d->kernel.len, d->kernel.len);
    if (wrong)
        snprintf(error, size, "kernel: '%.200s' %s", c->kernel, wrong);
    else if (d->image.kernel_end > c->ram_end)
        snprintf(error, size, "kernel: '%.200s' needs %u MiB of memory, the machine has %u",
                 c->kernel, mib(d->image.kernel_end + (c->ram_size - c->ram_end)),
                 mib(c->ram_size));
    else
        return true;
    return false;
}

static bool load_initrd(struct direct *d, const struct direct_config *c, uint32_t *gpa, char *error,
                        size_t size)
{
    *gpa = 0;
    if (!*c->initrd)
        return true;
    if (!load_file("initrd", c->initrd, &d->initrd, error, size))
        return false;
    *gpa = bzimage_place_initrd(&d->image, d->initrd.len, c->ram_end);
    if (!*gpa)
        snprintf(error, size,
                 "initrd: '%.200s' (%u MiB) is too large for %u MiB of memory with this kernel",
                 c->initrd, mib(d->initrd.len), mib(c->ram_size));
    return *gpa != 0;
}

static bool load_cmdline(struct direct *d, const struct direct_config *c, char *error, size_t size)
{
    if (strlen(c->append) > d->image.cmdline_max) {
        snprintf(error, size, "append: the kernel takes a command line of %u characters, not %zu",
                 (unsigned)d->image.cmdline_max, strlen(c->append));
        return false;
    }
    d->cmdline = strdup(c->append);
    if (!d->cmdline)
        snprintf(error, size, "append: out of memory");
    return d->cmdline != NULL;
}

/* --- items --- */

static bool add_items(const struct direct *d, struct fwcfg *fwcfg, uint32_t initrd_gpa)
{
    const uint32_t setup = d->image.setup_size, cmdline = (uint32_t)strlen(d->cmdline) + 1;
    const struct {
        uint16_t key;
        uint32_t value;
    } numbers[] = {
        {FW_CFG_SETUP_ADDR, BZIMAGE_SETUP_GPA},     {FW_CFG_SETUP_SIZE, setup},
        {FW_CFG_KERNEL_ADDR, BZIMAGE_KERNEL_GPA},   {FW_CFG_KERNEL_SIZE, d->kernel.len - setup},
        {FW_CFG_CMDLINE_ADDR, BZIMAGE_CMDLINE_GPA}, {FW_CFG_CMDLINE_SIZE, cmdline},
        {FW_CFG_INITRD_ADDR, initrd_gpa},           {FW_CFG_INITRD_SIZE, d->initrd.len},
    };
    int err = fwcfg_add(fwcfg, FW_CFG_SETUP_DATA, d->kernel.data, setup);

    err |= fwcfg_add(fwcfg, FW_CFG_KERNEL_DATA, d->kernel.data + setup, d->kernel.len - setup);
    err |= fwcfg_add(fwcfg, FW_CFG_CMDLINE_DATA, d->cmdline, cmdline);
    err |= fwcfg_add(fwcfg, FW_CFG_INITRD_DATA, d->initrd.data, d->initrd.len);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        err |= fwcfg_add_u32(fwcfg, numbers[i].key, numbers[i].value);
    return !err;
}

struct direct *direct_new(const struct direct_config *c, struct fwcfg *fwcfg, char *error,
                          size_t size)
{
    struct direct *d = calloc(1, sizeof(*d));
    uint32_t initrd_gpa;

    snprintf(error, size, "kernel: out of memory");
    if (d && load_kernel(d, c, error, size) && load_initrd(d, c, &initrd_gpa, error, size) &&
        load_cmdline(d, c, error, size)) {
        if (add_items(d, fwcfg, initrd_gpa))
            return d;
        snprintf(error, size, "kernel: out of memory");
    }
    direct_free(d);
    return NULL;
}

void direct_free(struct direct *d)
{
    if (!d)
        return;
    free(d->kernel.data);
    free(d->initrd.data);
    free(d->cmdline);
    free(d);
}

/* --- the table of hashes --- */

/* QEMU target/i386/sev.c, struct SevHashTable: a header of GUID and length, three entries of GUID,
 * length and digest, zeros up to a multiple of 16. GUIDs as they are stored. */
void direct_hashes(const struct direct *d, uint8_t table[DIRECT_HASHES_SIZE])
{
    enum { GUID = 16, HEADER = GUID + 2, ENTRY = HEADER + CRYPTO_SHA256_SIZE };
    /* 9438d606-4f22-4cc9-b479-a793d411fd21 */
    static const uint8_t header[GUID] = {0x06, 0xd6, 0x38, 0x94, 0x22, 0x4f, 0xc9, 0x4c,
                                         0xb4, 0x79, 0xa7, 0x93, 0xd4, 0x11, 0xfd, 0x21};
    const struct {
        uint8_t guid[GUID];
        const void *data;
        size_t len;
    } entries[] = {
        /* 97d02dd8-bd20-4c94-aa78-e7714d36ab2a */
        {{0xd8, 0x2d, 0xd0, 0x97, 0x20, 0xbd, 0x94, 0x4c, 0xaa, 0x78, 0xe7, 0x71, 0x4d, 0x36, 0xab,
          0x2a},
         d->cmdline,
         strlen(d->cmdline) + 1},
        /* 44baf731-3a2f-4bd7-9af1-41e29169781d */
        {{0x31, 0xf7, 0xba, 0x44, 0x2f, 0x3a, 0xd7, 0x4b, 0x9a, 0xf1, 0x41, 0xe2, 0x91, 0x69, 0x78,
          0x1d},
         d->initrd.data,
         d->initrd.len},
        /* 4de79437-abd2-427f-b835-d5b172d2045b */
        {{0x37, 0x94, 0xe7, 0x4d, 0xd2, 0xab, 0x7f, 0x42, 0xb8, 0x35, 0xd5, 0xb1, 0x72, 0xd2, 0x04,
          0x5b},
         d->kernel.data,
         d->kernel.len},
    };
    struct buf b = buf_writer(table, DIRECT_HASHES_SIZE);
    uint8_t digest[CRYPTO_SHA256_SIZE];

    memset(table, 0, DIRECT_HASHES_SIZE);
    buf_put(&b, header, GUID);
    buf_put16(&b, HEADER + 3 * ENTRY);
    for (size_t i = 0; i < 3; i++) {
        buf_put(&b, entries[i].guid, GUID);
        buf_put16(&b, ENTRY);
        crypto_sha256(entries[i].data, entries[i].len, digest);
        buf_put(&b, digest, sizeof(digest));
    }
}
