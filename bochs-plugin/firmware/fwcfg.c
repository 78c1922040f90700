/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU's firmware configuration device.
 *
 * Source: QEMU docs/specs/fw_cfg.rst, hw/nvram/fw_cfg.c: selector at 510h, data at 511h, DMA address at 514h..51Bh
 * (big endian). Everything that the guest writes is hostile: a selector may name no item,
 * an offset may be past the end, a DMA descriptor may be anywhere and ask for any length.
 */
#include "fwcfg.h"

#include "protocol/buf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    PORT_SELECTOR = 0, /* offsets from FWCFG_PORT */
    PORT_DATA = FWCFG_PORT_DATA - FWCFG_PORT,
    PORT_DMA = 4,
    DMA_SIZE = 8,

    N_ITEMS = FW_CFG_FILE_FIRST + FWCFG_FILES_MAX,
    SELECTOR_WRITE = 0x4000, /* write mode: ignored, all is read-only */

    DIR_HEADER = 4, /* count, big endian */
    DIR_ENTRY = 64, /* size, select, reserved, name */

    DESCRIPTOR_SIZE = 16, /* control, length, address, big endian */
    DMA_ERROR = 1 << 0,
    DMA_READ = 1 << 1,
    DMA_SKIP = 1 << 2,
    DMA_SELECT = 1 << 3,
    DMA_WRITE = 1 << 4,
};

static const uint8_t signature[4] = {'Q', 'E', 'M', 'U'};
static const uint8_t dma_signature[DMA_SIZE] = {'Q', 'E', 'M', 'U', ' ', 'C', 'F', 'G'};
static const uint32_t id_traditional = 1, id_dma = 2;

struct item {
    const uint8_t *data; /* NULL: no such item */
    uint32_t len;
    uint8_t number[8]; /* what `data` is, if it was copied */
};

struct fwcfg {
    struct fwcfg_dma dma;
    struct fwcfg_state state;
    unsigned n_files;
    struct item items[N_ITEMS];
    uint8_t dir[DIR_HEADER + FWCFG_FILES_MAX * DIR_ENTRY];
};

/* --- big-endian fields --- */

static void put_be(uint8_t *out, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

static uint64_t get_be(const uint8_t *in, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | in[i];
    return value;
}

/* --- items --- */

static int add_item(struct fwcfg *f, uint16_t key, const void *data, uint32_t len)
{
    if (f->items[key].data)
        return -EEXIST;
    f->items[key].data = data ? data : f->items[key].number;
    f->items[key].len = data ? len : 0;
    return 0;
}

struct fwcfg *fwcfg_new(const struct fwcfg_dma *dma)
{
    struct fwcfg *f = calloc(1, sizeof(*f));

    if (!f)
        return NULL;
    f->dma = *dma;
    f->items[FW_CFG_SIGNATURE] = (struct item){signature, sizeof(signature), {0}};
    f->items[FW_CFG_FILE_DIR] = (struct item){f->dir, DIR_HEADER, {0}};
    if (fwcfg_add_u32(f, FW_CFG_ID, id_traditional | id_dma)) {
        free(f);
        return NULL;
    }
    return f;
}

void fwcfg_free(struct fwcfg *f)
{
    free(f);
}

int fwcfg_add(struct fwcfg *f, uint16_t key, const void *data, uint32_t len)
{
    return key < FW_CFG_FILE_FIRST ? add_item(f, key, data, len) : -EINVAL;
}

static int add_number(struct fwcfg *f, uint16_t key, uint64_t value, unsigned size)
{
    if (key >= FW_CFG_FILE_FIRST)
        return -EINVAL;
    for (unsigned i = 0; i < size && !f->items[key].data; i++)
        f->items[key].number[i] = (uint8_t)(value >> 8 * i);
    return add_item(f, key, f->items[key].number, size);
}

int fwcfg_add_u16(struct fwcfg *f, uint16_t key, uint16_t value)
{
    return add_number(f, key, value, 2);
}

int fwcfg_add_u32(struct fwcfg *f, uint16_t key, uint32_t value)
{
    return add_number(f, key, value, 4);
}

int fwcfg_add_u64(struct fwcfg *f, uint16_t key, uint64_t value)
{
    return add_number(f, key, value, 8);
}

static uint8_t *dir_entry(struct fwcfg *f, unsigned index)
{
    return f->dir + DIR_HEADER + index * DIR_ENTRY;
}

int fwcfg_add_file(struct fwcfg *f, const char *name, const void *data, uint32_t len)
{
    uint16_t key = (uint16_t)(FW_CFG_FILE_FIRST + f->n_files);
    uint8_t *entry;
    int err;

    if (!*name || strlen(name) >= FWCFG_NAME_SIZE)
        return -EINVAL;
    for (unsigned i = 0; i < f->n_files; i++)
        if (!strcmp((const char *)dir_entry(f, i) + 8, name))
            return -EEXIST;
    if (f->n_files == FWCFG_FILES_MAX)
        return -ENOSPC;
    err = add_item(f, key, data, len);
    if (err)
        return err;
    entry = dir_entry(f, f->n_files++);
    put_be(entry, 4, f->items[key].len);
    put_be(entry + 4, 2, key);
    memcpy(entry + 8, name, strlen(name) + 1);
    put_be(f->dir, DIR_HEADER, f->n_files);
    f->items[FW_CFG_FILE_DIR].len += DIR_ENTRY;
    return 0;
}

/* --- selector and data --- */

static void select_item(struct fwcfg *f, uint16_t key)
{
    f->state.selector = key & (uint16_t)~SELECTOR_WRITE;
    f->state.offset = 0;
}

/* Up to `len` bytes of the selected item from its offset on, which moves by as much. */
static uint32_t item_data(struct fwcfg *f, uint32_t len, const uint8_t **data)
{
    const struct item *item = f->state.selector < N_ITEMS ? &f->items[f->state.selector] : NULL;
    uint32_t left;

    if (!item || !item->data || f->state.offset >= item->len)
        return 0;
    left = item->len - f->state.offset;
    *data = item->data + f->state.offset;
    if (len > left)
        len = left;
    f->state.offset += len;
    return len;
}

/* Past the end there are zeros. */
void fwcfg_read_block(struct fwcfg *f, void *to, uint32_t len)
{
    const uint8_t *data = NULL;
    uint32_t n = item_data(f, len, &data);

    if (n)
        memcpy(to, data, n);
    memset((uint8_t *)to + n, 0, len - n);
}

static uint32_t read_data(struct fwcfg *f, unsigned size)
{
    uint8_t bytes[4] = {0};
    struct buf b = buf_reader(bytes, sizeof(bytes));

    fwcfg_read_block(f, bytes, size);
    return buf_get32(&b);
}

/* --- DMA --- */

/* Zeros to guest memory, for what lies past an item's end. */
static int write_zeros(struct fwcfg *f, uint64_t gpa, uint32_t len)
{
    static const uint8_t zeros[4096];
    int err = 0;

    while (len && !err) {
        uint32_t n = len < sizeof(zeros) ? len : (uint32_t)sizeof(zeros);

        err = f->dma.write(f->dma.ctx, gpa, zeros, n);
        gpa += n;
        len -= n;
    }
    return err;
}

static bool dma_read(struct fwcfg *f, uint64_t gpa, uint32_t len)
{
    const uint8_t *data = NULL;
    uint32_t n;

    if (gpa + len < gpa)
        return false;
    n = item_data(f, len, &data);
    return (!n || !f->dma.write(f->dma.ctx, gpa, data, n)) && !write_zeros(f, gpa + n, len - n);
}

static bool dma_execute(struct fwcfg *f, uint32_t control, uint32_t len, uint64_t gpa)
{
    const uint8_t *ignored;

    if (control & DMA_SELECT)
        select_item(f, (uint16_t)(control >> 16));
    if (control & DMA_READ)
        return dma_read(f, gpa, len);
    if (control & DMA_WRITE)
        return false; /* all items are read-only */
    if (control & DMA_SKIP)
        (void)item_data(f, len, &ignored);
    return true;
}

/* The descriptor is read, executed, and its control field becomes 0 or the error bit. */
static void dma_start(struct fwcfg *f)
{
    uint64_t gpa = f->state.dma_address;
    uint8_t descriptor[DESCRIPTOR_SIZE], control[4];
    bool ok;

    f->state.dma_address = 0;
    if (f->dma.read(f->dma.ctx, gpa, descriptor, sizeof(descriptor)))
        return; /* there is no place for an answer */
    ok = dma_execute(f, (uint32_t)get_be(descriptor, 4), (uint32_t)get_be(descriptor + 4, 4),
                     get_be(descriptor + 8, 8));
    put_be(control, sizeof(control), ok ? 0 : DMA_ERROR);
    if (f->dma.write(f->dma.ctx, gpa, control, sizeof(control)))
        return; /* read-only memory: the guest sees its own control field */
}

/* --- ports --- */

uint32_t fwcfg_read(struct fwcfg *f, unsigned offset, unsigned size)
{
    uint32_t value = 0;

    if (offset == PORT_DATA)
        return read_data(f, size);
    if (offset < PORT_DMA || offset + size > PORT_DMA + DMA_SIZE)
        return UINT32_MAX;
    for (unsigned i = 0; i < size; i++)
        value |= (uint32_t)dma_signature[offset - PORT_DMA + i] << 8 * i;
    return value;
}

void fwcfg_write(struct fwcfg *f, unsigned offset, uint32_t value, unsigned size)
{
    uint8_t bytes[4];
    struct buf b = buf_writer(bytes, sizeof(bytes));

    buf_put32(&b, value);
    if (offset == PORT_SELECTOR && size == 2) {
        select_item(f, (uint16_t)value);
    } else if (offset == PORT_DMA && size == 4) {
        f->state.dma_address = get_be(bytes, 4) << 32;
    } else if (offset == PORT_DMA + 4 && size == 4) {
        f->state.dma_address |= get_be(bytes, 4);
        dma_start(f);
    }
}

struct fwcfg_state *fwcfg_state(struct fwcfg *f)
{
    return &f->state;
}
