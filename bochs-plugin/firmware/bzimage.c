/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A Linux kernel image as a boot loader sees it.
 *
 * Source: Linux Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header".
 */
#include "bzimage.h"

#include "protocol/buf.h"

enum {
    SECTOR = 512,
    PAGE = 4096,
    SETUP_MAX = 0x8000, /* below its heap, see bootrom.S */
    PROTOCOL_2_06 = 0x0206,
    PROTOCOL_2_10 = 0x020a,
    LOADED_HIGH = 1 << 0,

    /* offsets in the file */
    SETUP_SECTS = 0x1f1,
    SYSSIZE = 0x1f4,
    BOOT_FLAG = 0x1fe,
    HEADER = 0x202,
    VERSION = 0x206,
    LOADFLAGS = 0x211,
    INITRD_ADDR_MAX = 0x22c,
    CMDLINE_SIZE = 0x238,
    PREF_ADDRESS = 0x258,
    INIT_SIZE = 0x260,
    HEADER_END = 0x264,
};

static uint64_t field(const void *data, size_t len, size_t offset, unsigned size)
{
    struct buf b = buf_reader(data, len);
    uint64_t value = 0;

    buf_skip(&b, offset);
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)buf_get8(&b) << 8 * i;
    return value;
}

const char *bzimage_parse(struct bzimage *kernel, const void *data, size_t len, uint64_t size)
{
    uint32_t sectors = (uint32_t)field(data, len, SETUP_SECTS, 1), version;
    struct bzimage got;

    if (len < HEADER_END || field(data, len, BOOT_FLAG, 2) != 0xaa55 ||
        field(data, len, HEADER, 4) != 0x53726448) /* "HdrS" */
        return "is not a Linux kernel (bzImage)";
    version = (uint32_t)field(data, len, VERSION, 2);
    if (version < PROTOCOL_2_06)
        return "is a kernel older than boot protocol 2.06";
    if (!(field(data, len, LOADFLAGS, 1) & LOADED_HIGH))
        return "is a zImage, not a bzImage";
    got.setup_size = ((sectors ? sectors : 4) + 1) * SECTOR;
    /* syssize counts the protected-mode code in units of 16 bytes; a signature can follow. */
    if (got.setup_size >= size || got.setup_size > SETUP_MAX ||
        got.setup_size + 16 * field(data, len, SYSSIZE, 4) > size)
        return "is a truncated or damaged kernel";
    if (size - got.setup_size > UINT32_MAX - BZIMAGE_KERNEL_GPA)
        return "is larger than 4 GiB";
    got.cmdline_max = (uint32_t)field(data, len, CMDLINE_SIZE, 4);
    got.initrd_addr_max = field(data, len, INITRD_ADDR_MAX, 4);
    got.kernel_end = BZIMAGE_KERNEL_GPA + size - got.setup_size;
    if (version >= PROTOCOL_2_10) {
        uint64_t pref = field(data, len, PREF_ADDRESS, 8);
        uint64_t init = field(data, len, INIT_SIZE, 4);
        if (pref < UINT32_MAX && pref + init > got.kernel_end)
            got.kernel_end = pref + init;
    }
    *kernel = got;
    return NULL;
}

uint32_t bzimage_place_initrd(const struct bzimage *kernel, uint64_t size, uint64_t ram_end)
{
    uint64_t end = kernel->initrd_addr_max + 1, start;

    if (ram_end < end)
        end = ram_end;
    if (size > end)
        return 0;
    start = (end - size) / PAGE * PAGE;
    return start < kernel->kernel_end || start > UINT32_MAX ? 0 : (uint32_t)start;
}
