/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Firmware as unit tests play it: items read through the ports of the firmware configuration
 * device, byte by byte, and a device whose DMA reaches no memory.
 *
 * Source: QEMU docs/specs/fw_cfg.rst.
 */
#ifndef TESTS_FIRMWARE_READER_H
#define TESTS_FIRMWARE_READER_H

#include "unit.h"

#include "firmware/fwcfg.h"

static inline int no_memory_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
    (void)ctx, (void)gpa, (void)buf, (void)len;
    return -1;
}

static inline int no_memory_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
    (void)ctx, (void)gpa, (void)buf, (void)len;
    return -1;
}

static inline struct fwcfg *fwcfg_without_memory(void)
{
    const struct fwcfg_dma dma = {NULL, no_memory_read, no_memory_write};

    return fwcfg_new(&dma);
}

static inline void choose(struct fwcfg *fwcfg, uint16_t key)
{
    fwcfg_write(fwcfg, 0, key, 2);
}

/* The next bytes of the chosen item as a number, little endian and big endian. */
static inline uint64_t get(struct fwcfg *fwcfg, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)fwcfg_read(fwcfg, 1, 1) << 8 * i;
    return value;
}

/* The length of an item in bytes: a read past its end does not move the offset. */
static inline unsigned item_width(struct fwcfg *fwcfg, uint16_t key)
{
    choose(fwcfg, key);
    for (unsigned i = 0; i < 64; i++)
        (void)fwcfg_read(fwcfg, 1, 1);
    return fwcfg_state(fwcfg)->offset;
}

static inline uint32_t get_be(struct fwcfg *fwcfg, unsigned bytes)
{
    uint32_t value = 0;

    while (bytes--)
        value = value << 8 | fwcfg_read(fwcfg, 1, 1);
    return value;
}

/* The next bytes are these. */
static inline void gives(struct fwcfg *fwcfg, const void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        assert_int_equal(fwcfg_read(fwcfg, 1, 1), ((const uint8_t *)bytes)[i]);
}

#endif
