/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU's firmware configuration device: numbered items and named files that the machine's firmware
 * reads through I/O ports or by DMA. Pure C, independent of Bochs and of where the items come from.
 *
 * Source: QEMU docs/specs/fw_cfg.rst, x86 I/O ports. All items are read-only. One extension: the
 * data port may be read 16 and 32 bits wide, the bytes in the order of the item, as the
 * specification has it for memory-mapped data registers.
 */
#ifndef SEV_FWCFG_H
#define SEV_FWCFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FWCFG_PORT      0x510 /* first port */
#define FWCFG_PORTS     12
#define FWCFG_PORT_DATA (FWCFG_PORT + 1)

/* Keys of items, names as in QEMU's qemu_fw_cfg.h. */
enum fwcfg_key {
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NOGRAPHIC = 0x04,
    FW_CFG_NB_CPUS = 0x05,
    FW_CFG_KERNEL_ADDR = 0x07,
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_INITRD_ADDR = 0x0a,
    FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_MAX_CPUS = 0x0f,
    FW_CFG_KERNEL_ENTRY = 0x10,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_ADDR = 0x13,
    FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_SETUP_ADDR = 0x16,
    FW_CFG_SETUP_SIZE = 0x17,
    FW_CFG_SETUP_DATA = 0x18,
    FW_CFG_FILE_DIR = 0x19,
    FW_CFG_FILE_FIRST = 0x20, /* named files from here */
};

#define FWCFG_FILES_MAX 32 /* FW_CFG_FILE_SLOTS_MIN + 16 of QEMU */
#define FWCFG_NAME_SIZE 56 /* with the NUL */

/* Guest memory as devices access it: with SEV these are shared accesses (C=0). Return 0, or a
 * negative errno for addresses that are not RAM; nothing was then copied. */
struct fwcfg_dma {
    void *ctx;
    int (*read)(void *ctx, uint64_t gpa, void *buf, size_t len);
    int (*write)(void *ctx, uint64_t gpa, const void *buf, size_t len);
};

struct fwcfg;

/* With FW_CFG_SIGNATURE, FW_CFG_ID and an empty FW_CFG_FILE_DIR. NULL: out of memory. */
struct fwcfg *fwcfg_new(const struct fwcfg_dma *dma);
void fwcfg_free(struct fwcfg *fwcfg);

/* An item; `data` stays the caller's and must outlive the device. -EINVAL for a key below
 * FW_CFG_FILE_FIRST that the device keeps for itself or that does not exist, -EEXIST. */
int fwcfg_add(struct fwcfg *fwcfg, uint16_t key, const void *data, uint32_t len)
    __attribute__((warn_unused_result));
/* The same for numbers, which are copied: little endian, 2, 4 or 8 bytes. The width is a part of the
 * interface, because the guest reads as many bytes as it expects. */
int fwcfg_add_u16(struct fwcfg *fwcfg, uint16_t key, uint16_t value)
    __attribute__((warn_unused_result));
int fwcfg_add_u32(struct fwcfg *fwcfg, uint16_t key, uint32_t value)
    __attribute__((warn_unused_result));
int fwcfg_add_u64(struct fwcfg *fwcfg, uint16_t key, uint64_t value)
    __attribute__((warn_unused_result));
/* A named file, e.g. "etc/e820"; -EINVAL (name empty or too long), -EEXIST, -ENOSPC. The
 * directory has the files in the order in which they were added. */
int fwcfg_add_file(struct fwcfg *fwcfg, const char *name, const void *data, uint32_t len)
    __attribute__((warn_unused_result));

/* The ports; `offset` from FWCFG_PORT, `size` 1, 2 or 4. What is not there reads as ones and takes
 * no write. */
uint32_t fwcfg_read(struct fwcfg *fwcfg, unsigned offset, unsigned size);
void fwcfg_write(struct fwcfg *fwcfg, unsigned offset, uint32_t value, unsigned size);

/* The data port read until `len` bytes are at `to`. */
void fwcfg_read_block(struct fwcfg *fwcfg, void *to, uint32_t len);

/* What the guest can change; for save and restore. Any value may be restored. */
struct fwcfg_state {
    uint64_t dma_address;
    uint32_t offset;
    uint16_t selector;
};
struct fwcfg_state *fwcfg_state(struct fwcfg *fwcfg);

#ifdef __cplusplus
}
#endif
#endif
