/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Direct kernel boot: kernel, initial RAM disk and command line in the firmware configuration
 * device.
 *
 * Follows QEMU hw/i386/x86-common.c x86_load_linux() and docs/specs/fw_cfg.rst.
 */
#include "kernel_boot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bzimage.h"
#include "protocol/crypto.h"
#include "protocol/file.h"

struct file {
    uint8_t *data;
    uint32_t len;
};

struct kernel_boot {
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

static bool load_kernel(struct kernel_boot *boot, const struct kernel_boot_config *c, char *error,
                        size_t size)
{
    const char *wrong;

    if (!load_file("kernel", c->kernel, &boot->kernel, error, size))
        return false;
    wrong = bzimage_parse(&boot->image, boot->kernel.data, boot->kernel.len, boot->kernel.len);
    if (wrong)
        snprintf(error, size, "kernel: '%.200s' %s", c->kernel, wrong);
    else if (boot->image.kernel_end > c->ram_end)
        snprintf(error, size, "kernel: '%.200s' needs %u MiB of memory, the machine has %u",
                 c->kernel, mib(boot->image.kernel_end + (c->ram_size - c->ram_end)),
                 mib(c->ram_size));
    else
        return true;
    return false;
}

static bool load_initrd(struct kernel_boot *boot, const struct kernel_boot_config *c, uint32_t *gpa,
                        char *error, size_t size)
{
    *gpa = 0;
    if (!*c->initrd)
        return true;
    if (!load_file("initrd", c->initrd, &boot->initrd, error, size))
        return false;
    *gpa = bzimage_place_initrd(&boot->image, boot->initrd.len, c->ram_end);
    if (!*gpa)
        snprintf(error, size,
                 "initrd: '%.200s' (%u MiB) is too large for %u MiB of memory with this kernel",
                 c->initrd, mib(boot->initrd.len), mib(c->ram_size));
    return *gpa != 0;
}

static bool load_cmdline(struct kernel_boot *boot, const struct kernel_boot_config *c, char *error,
                         size_t size)
{
    if (strlen(c->append) > boot->image.cmdline_max) {
        snprintf(error, size, "append: the kernel takes a command line of %u characters, not %zu",
                 (unsigned)boot->image.cmdline_max, strlen(c->append));
        return false;
    }
    boot->cmdline = strdup(c->append);
    if (!boot->cmdline)
        snprintf(error, size, "append: out of memory");
    return boot->cmdline != NULL;
}

/* --- items --- */

static bool add_items(const struct kernel_boot *boot, struct fwcfg *fwcfg, uint32_t initrd_gpa)
{
    const uint32_t setup = boot->image.setup_size, cmdline = (uint32_t)strlen(boot->cmdline) + 1;
    const struct {
        uint16_t key;
        uint32_t value;
    } numbers[] = {
        {FW_CFG_SETUP_ADDR, BZIMAGE_SETUP_GPA},     {FW_CFG_SETUP_SIZE, setup},
        {FW_CFG_KERNEL_ADDR, BZIMAGE_KERNEL_GPA},   {FW_CFG_KERNEL_SIZE, boot->kernel.len - setup},
        {FW_CFG_CMDLINE_ADDR, BZIMAGE_CMDLINE_GPA}, {FW_CFG_CMDLINE_SIZE, cmdline},
        {FW_CFG_INITRD_ADDR, initrd_gpa},           {FW_CFG_INITRD_SIZE, boot->initrd.len},
    };
    int err = fwcfg_add(fwcfg, FW_CFG_SETUP_DATA, boot->kernel.data, setup);

    err |=
        fwcfg_add(fwcfg, FW_CFG_KERNEL_DATA, boot->kernel.data + setup, boot->kernel.len - setup);
    err |= fwcfg_add(fwcfg, FW_CFG_CMDLINE_DATA, boot->cmdline, cmdline);
    err |= fwcfg_add(fwcfg, FW_CFG_INITRD_DATA, boot->initrd.data, boot->initrd.len);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        err |= fwcfg_add_u32(fwcfg, numbers[i].key, numbers[i].value);
    return !err;
}

struct kernel_boot *kernel_boot_new(const struct kernel_boot_config *c, struct fwcfg *fwcfg,
                                    char *error, size_t size)
{
    struct kernel_boot *boot = calloc(1, sizeof(*boot));
    uint32_t initrd_gpa;

    snprintf(error, size, "kernel: out of memory");
    if (boot && load_kernel(boot, c, error, size) &&
        load_initrd(boot, c, &initrd_gpa, error, size) && load_cmdline(boot, c, error, size)) {
        if (add_items(boot, fwcfg, initrd_gpa))
            return boot;
        snprintf(error, size, "kernel: out of memory");
    }
    kernel_boot_free(boot);
    return NULL;
}

void kernel_boot_free(struct kernel_boot *boot)
{
    if (!boot)
        return;
    free(boot->kernel.data);
    free(boot->initrd.data);
    free(boot->cmdline);
    free(boot);
}

/* --- the table of hashes --- */

void kernel_boot_hashes(const struct kernel_boot *boot, uint8_t table[KERNEL_HASHES_SIZE])
{
    struct kernel_hashes hashes;

    crypto_sha256(boot->cmdline, strlen(boot->cmdline) + 1, hashes.cmdline);
    crypto_sha256(boot->initrd.data, boot->initrd.len, hashes.initrd);
    crypto_sha256(boot->kernel.data, boot->kernel.len, hashes.kernel);
    kernel_hashes_write(&hashes, table);
}
