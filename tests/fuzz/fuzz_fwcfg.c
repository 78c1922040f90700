/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the firmware configuration device, as the guest reaches it by ports and by DMA.
 *
 * A second device, written here from QEMU's docs/specs/fw_cfg.rst byte by byte, says what each
 * access gives. No byte beside an item is read (items are exact allocations), a transfer changes
 * the announced range and its descriptor's control field only, and nothing but a transfer touches
 * memory.
 */
#include "fuzz.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "firmware/fwcfg.h"

enum { KEYS = FW_CFG_FILE_FIRST + FWCFG_FILES_MAX, RAM = 0x4000, HOLE = 0x2000, HOLE_END = 0x3000 };

struct model_item {
    uint8_t *data;
    uint32_t len;
};

static struct {
    struct model_item items[KEYS];
    uint8_t ram[RAM];
    uint16_t key;
    uint32_t offset;
    uint64_t dma;
    unsigned files;
} model;

/* The device's memory, and what it may write there: two ranges at most. */
static uint8_t ram[RAM], before[RAM];
static bool busy;
static uint64_t descriptor, target, target_len;

static bool in_ram(uint64_t gpa, uint64_t len)
{
    return gpa <= RAM && len <= RAM - gpa && (gpa + len <= HOLE || gpa >= HOLE_END);
}

static int ram_read(void *ctx, uint64_t gpa, void *buf, size_t len)
{
    FUZZ_CHECK(ctx == ram && busy && gpa == descriptor && len == 16);
    if (!in_ram(gpa, len))
        return -EFAULT;
    memcpy(buf, ram + gpa, len);
    return 0;
}

static int ram_write(void *ctx, uint64_t gpa, const void *buf, size_t len)
{
    FUZZ_CHECK(ctx == ram && busy);
    FUZZ_CHECK((gpa == descriptor && len == 4) ||
               (gpa >= target && len <= target_len && gpa - target <= target_len - len));
    if (!in_ram(gpa, len))
        return -EFAULT;
    memcpy(ram + gpa, buf, len);
    return 0;
}

static uint64_t big_endian(const uint8_t *in, unsigned bytes)
{
    uint64_t value = 0;

    while (bytes--)
        value = value << 8 | *in++;
    return value;
}

/* --- what the specification says --- */

static uint8_t model_byte(void)
{
    const struct model_item *item = model.key < KEYS ? &model.items[model.key] : NULL;

    return item && model.offset < item->len ? item->data[model.offset++] : 0;
}

static void model_skip(uint32_t len)
{
    const uint32_t end = model.key < KEYS ? model.items[model.key].len : 0;

    if (model.offset < end)
        model.offset = len < end - model.offset ? model.offset + len : end;
}

static void model_select(uint16_t key)
{
    model.key = key & 0xbfff; /* without the bit for writing */
    model.offset = 0;
}

/* What the transfer leaves in the model's memory, and whether it succeeds. A read that fails may
 * have written a part. */
static bool model_transfer(uint32_t control, uint32_t len, uint64_t gpa)
{
    if (control & 8)
        model_select((uint16_t)(control >> 16));
    if (control & 2 && len && !in_ram(gpa, len))
        return false;
    if (control & 2)
        for (uint32_t i = 0; i < len; i++)
            model.ram[gpa + i] = model_byte();
    else if (control & 16)
        return false;
    else if (control & 4)
        model_skip(len);
    return true;
}

/* --- the device against it --- */

/* After a read that failed: each byte of the range is as it was or as the item has it. */
static void check_part(struct fwcfg *f)
{
    const struct fwcfg_state *state = fwcfg_state(f);

    for (uint64_t i = 0; i < target_len && target + i < RAM; i++) {
        uint8_t byte = model_byte();
        FUZZ_CHECK(ram[target + i] == before[target + i] || ram[target + i] == byte ||
                   target + i - descriptor < 4);
        model.ram[target + i] = ram[target + i];
    }
    FUZZ_CHECK(state->selector == model.key);
    model.offset = state->offset;
}

/* A transfer whose descriptor is at `at`, which the port writes of the guest have started. */
static void check_transfer(struct fwcfg *f, uint64_t at, uint32_t value)
{
    uint32_t control = 0;
    bool readable = in_ram(at, 16), ok;

    busy = true;
    descriptor = at;
    target_len = 0;
    memcpy(before, ram, RAM);
    memcpy(model.ram, ram, RAM);
    if (readable) {
        control = (uint32_t)big_endian(ram + at, 4);
        target = big_endian(ram + at + 8, 8);
        target_len = control & 2 ? big_endian(ram + at + 4, 4) : 0;
    }
    fwcfg_write(f, 8, value, 4);
    busy = false;
    if (readable) {
        ok = model_transfer(control, (uint32_t)big_endian(before + at + 4, 4), target);
        if (!ok)
            check_part(f);
        memcpy(model.ram + at, ok ? "\0\0\0" : "\0\0\0\1", 4);
    }
    FUZZ_CHECK(!memcmp(ram, model.ram, RAM));
    FUZZ_CHECK(!fwcfg_state(f)->dma_address);
}

static void try_write(struct fwcfg *f, unsigned offset, unsigned size, uint32_t value)
{
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24)};

    if (offset == 8 && size == 4) {
        check_transfer(f, model.dma | big_endian(bytes, 4), value);
        model.dma = 0;
        return;
    }
    fwcfg_write(f, offset, value, size);
    if (offset == 0 && size == 2)
        model_select((uint16_t)value);
    else if (offset == 4 && size == 4)
        model.dma = big_endian(bytes, 4) << 32;
}

static void try_read(struct fwcfg *f, unsigned offset, unsigned size)
{
    static const char signature[] = "QEMU CFG";
    uint32_t expect = UINT32_MAX;

    if (offset == 1 || (offset >= 4 && offset + size <= 12)) {
        expect = 0;
        for (unsigned i = 0; i < size; i++)
            expect |= (uint32_t)(offset == 1 ? model_byte() : signature[offset - 4 + i]) << 8 * i;
    }
    FUZZ_CHECK(fwcfg_read(f, offset, size) == expect);
}

static void try_block(struct fwcfg *f, uint32_t len)
{
    uint8_t *to = malloc(len + 1u);

    FUZZ_CHECK(to);
    to[len] = 0x5a;
    fwcfg_read_block(f, to, len);
    for (uint32_t i = 0; i < len; i++)
        FUZZ_CHECK(to[i] == model_byte());
    FUZZ_CHECK(to[len] == 0x5a);
    free(to);
}

static void restore(struct fwcfg *f, const uint8_t in[14])
{
    struct fwcfg_state *state = fwcfg_state(f);

    memcpy(&state->dma_address, in, 8);
    memcpy(&state->offset, in + 8, 4);
    memcpy(&state->selector, in + 12, 2);
    model.dma = state->dma_address;
    model.offset = state->offset;
    model.key = state->selector;
}

/* --- items --- */

static void model_add(uint16_t key, const void *data, uint32_t len)
{
    model.items[key].data = malloc(len ? len : 1);
    FUZZ_CHECK(model.items[key].data);
    memcpy(model.items[key].data, data, len);
    model.items[key].len = len;
}

/* The directory with one file more. */
static void model_list(const char *name, uint32_t len)
{
    struct model_item *dir = &model.items[FW_CFG_FILE_DIR];
    uint8_t entry[64] = {[2] = (uint8_t)(len >> 8),
                         [3] = (uint8_t)len,
                         [5] = (uint8_t)(FW_CFG_FILE_FIRST + model.files++)};

    strcpy((char *)entry + 8, name);
    dir->data = realloc(dir->data, dir->len + sizeof(entry));
    FUZZ_CHECK(dir->data);
    dir->data[3] = (uint8_t)model.files;
    memcpy(dir->data + dir->len, entry, sizeof(entry));
    dir->len += sizeof(entry);
}

/* An item of up to 4095 bytes, made of its key; or a file. */
static void add(struct fwcfg *f, uint16_t key, uint32_t len)
{
    static uint8_t data[0x1000];
    const uint16_t file = (uint16_t)(FW_CFG_FILE_FIRST + model.files);
    char name[FWCFG_NAME_SIZE];
    bool is_there;

    len %= sizeof(data);
    for (uint32_t i = 0; i < len; i++)
        data[i] = (uint8_t)(key + i * 5 + i / 256);
    if (key & 0x80) {
        if (model.files == FWCFG_FILES_MAX)
            return;
        model_add(file, data, len);
        snprintf(name, sizeof(name), "etc/%u", model.files);
        FUZZ_CHECK(!fwcfg_add_file(f, name, model.items[file].data, len));
        model_list(name, len);
        return;
    }
    is_there = key < KEYS && model.items[key].data;
    if (key < FW_CFG_FILE_FIRST && !is_there)
        model_add(key, data, len);
    FUZZ_CHECK(fwcfg_add(f, key, key < KEYS ? model.items[key].data : data, len) ==
               (key >= FW_CFG_FILE_FIRST ? -EINVAL
                : is_there               ? -EEXIST
                                         : 0));
}

static void step(struct fwcfg *f, const uint8_t **data, size_t *size)
{
    static const unsigned sizes[] = {1, 2, 4, 4};
    uint8_t in[16] = {0}, op;
    uint32_t value;

    fuzz_take(data, size, &op, 1);
    fuzz_take(data, size, in, op % 8 == 0 ? 5 : op % 8 == 1 ? 1 : op % 8 == 2 ? 16 : 4);
    memcpy(&value, in, sizeof(value));
    switch (op % 8) {
    case 0: /* a write */
        try_write(f, in[4] % 12, sizes[op / 64], value);
        break;
    case 1:
        try_read(f, in[0] % 12, sizes[op / 64]);
        break;
    case 2: /* a descriptor, where the guest likes */
        memcpy(ram + op / 8 * 513 % (RAM - 16), in, 16);
        break;
    case 3: /* ... and started */
        try_write(f, 8, 4, __builtin_bswap32(op / 8 * 513 % (RAM - 16)));
        break;
    case 4: /* keys of items */
        try_write(f, 0, 2, in[0] % KEYS | (uint32_t)in[1] << 14);
        break;
    case 5:
        try_block(f, value % 0x2000);
        break;
    case 6:
        fuzz_take(data, size, in + 4, 10);
        in[13] &= op & 0x80 ? 0xff : 0;
        restore(f, in);
        break;
    default: /* most of a descriptor's bytes are right: one of its fields */
        ram[value % RAM] = in[3];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fwcfg_dma dma = {ram, ram_read, ram_write};
    struct fwcfg *f = fwcfg_new(&dma);
    uint8_t items, head[3];

    FUZZ_CHECK(f);
    memset(&model, 0, sizeof(model));
    memset(ram, 0xee, sizeof(ram));
    model_add(FW_CFG_SIGNATURE, "QEMU", 4);
    model_add(FW_CFG_ID, "\3\0\0", 4);
    model_add(FW_CFG_FILE_DIR, "\0\0\0", 4);
    fuzz_take(&data, &size, &items, 1);
    for (unsigned i = 0; i < items % 64u; i++) {
        fuzz_take(&data, &size, head, sizeof(head));
        add(f, head[0], head[1] | (uint32_t)head[2] << 8);
    }
    while (size)
        step(f, &data, &size);
    fwcfg_free(f);
    for (unsigned i = 0; i < KEYS; i++)
        free(model.items[i].data);
    return 0;
}
