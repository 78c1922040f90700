/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Direct boot: kernel, initial RAM disk and command line in the firmware configuration device.
 *
 * Follows QEMU hw/i386/x86.c (x86_load_linux) and docs/specs/fw_cfg.rst.
 */
#include "direct.h"

#include "protocol/file.h"
#include "bzimage.h"
#include "protocol/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static bool load_file(const char *name, const char *path, struct file *file, char *error,
                      size_t error_size)
{
    char why[FILE_WHY_SIZE];
    size_t len;

    if (file_read(path, UINT32_MAX - 1, &file->data, &len, why)) {
        snprintf(error, error_size, "%s: '%.200s' %s", name, path, why);
        return false;
    }
    file->len = (uint32_t)len;
    return true;
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

void direct_hashes(const struct direct *d, uint8_t table[DIRECT_HASHES_SIZE])
{
    struct kernel_hashes hashes;

    crypto_sha256(d->cmdline, strlen(d->cmdline) + 1, hashes.cmdline);
    crypto_sha256(d->initrd.data, d->initrd.len, hashes.initrd);
    crypto_sha256(d->kernel.data, d->kernel.len, hashes.kernel);
    kernel_hashes_write(&hashes, table);
}
