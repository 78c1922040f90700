/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: the flash chip, as the guest writes commands to it, on a file of any size.
 *
 * A second chip, written here from Intel's command set as QEMU's hw/block/pflash_cfi01.c has it,
 * says what is read. Contents change by a program or erase sequence only, inside the chip; the file
 * has them at once, and says when it could not take them.
 */
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "firmware/pflash.h"

enum { BLOCKS = 3, SIZE_MAX_HERE = BLOCKS * PFLASH_BLOCK };

static struct {
    uint8_t data[SIZE_MAX_HERE];
    uint32_t size;
    uint8_t mode, status; /* the command that reads follow; FFh = memory */
    uint8_t pending;      /* the command whose second write comes next */
    bool changed;         /* a program or erase sequence inside the chip */
} model;

/* --- what the command set says --- */

static void model_command(uint8_t command)
{
    model.mode = 0xff;
    switch (command) {
    case 0x10: /* program */
    case 0x40:
    case 0x20: /* erase a block */
        model.pending = model.mode = command;
        model.status |= 0x80;
        break;
    case 0x70: /* status */
    case 0x90: /* identification */
        model.mode = command;
        break;
    case 0x50:
        model.status = 0;
        break;
    default:
        break;
    }
}

static void model_write(uint32_t offset, uint64_t value, unsigned len)
{
    const uint8_t pending = model.pending;

    model.pending = 0;
    if (!pending) {
        model_command((uint8_t)value);
        return;
    }
    model.status |= 0x80;
    if (pending == 0x20 && (uint8_t)value != 0xd0)
        model.status |= 0x30;
    else if (offset >= model.size)
        return;
    else if (pending == 0x20)
        memset(model.data + offset / PFLASH_BLOCK * PFLASH_BLOCK, 0xff, PFLASH_BLOCK);
    else
        for (unsigned i = 0; i < len && i < 8 && offset + i < model.size; i++)
            model.data[offset + i] = (uint8_t)(value >> 8 * i);
    model.changed |= pending != 0x20 || (uint8_t)value == 0xd0;
}

static uint8_t model_byte(uint64_t offset)
{
    if (offset >= model.size)
        return 0xff;
    if (model.mode == 0xff)
        return model.data[offset];
    if (model.mode != 0x90)
        return model.status;
    return offset % 256 == 0 ? 0x89 : offset % 256 == 1 ? 0x18 : 0;
}

/* --- the chip against it --- */

static void try_read(const struct pflash *flash, uint32_t offset, unsigned len)
{
    uint64_t expect = 0;

    for (unsigned i = 0; i < len && i < 8; i++)
        expect |= (uint64_t)model_byte((uint64_t)offset + i) << 8 * i;
    FUZZ_CHECK(pflash_read(flash, offset, len) == expect);
}

/* Any state: what it says of data that comes next holds for commands that take data. */
static void restore(struct pflash *flash, const uint8_t in[3])
{
    struct pflash_state *state = pflash_state(flash);

    *state = (struct pflash_state){in[0], in[1], in[2]};
    model.mode = in[0];
    model.pending = in[1] && (in[0] == 0x10 || in[0] == 0x40 || in[0] == 0x20) ? in[0] : 0;
    model.status = in[2];
}

/* Commands that do something are drawn more often than others. */
static uint64_t value_of(uint8_t op, uint64_t value)
{
    static const uint8_t commands[8] = {0x10, 0x20, 0x40, 0x50, 0x70, 0x90, 0xd0, 0xff};

    return op & 0x80 ? value : commands[value % 8];
}

static void step(struct pflash *flash, int fd, const uint8_t **data, size_t *size)
{
    uint8_t op, in[8] = {0}, place[4];
    uint32_t offset;
    uint64_t value;

    fuzz_take(data, size, &op, 1);
    fuzz_take(data, size, place, op & 0x40 ? 4 : 2);
    offset = place[0] | (uint32_t)place[1] << 8;
    if (op & 0x40)
        memcpy(&offset, place, sizeof(offset));
    fuzz_take(data, size, in, op % 4 < 2 ? 1 : op % 4 == 2 ? 8 : 3);
    memcpy(&value, in, sizeof(value));
    if (op % 4 == 3 && op & 0x20) {
        restore(flash, in);
    } else if (op % 4 == 3) {
        pflash_reset(flash);
        restore(flash, (const uint8_t[3]){0xff, 0, 0x80});
    } else if (op % 4 == 0) {
        try_read(flash, offset, op >> 2 & 15);
    } else {
        value = value_of(op, value);
        pflash_write(flash, offset, value, (op >> 2 & 15) + 1);
        model_write(offset, value, (op >> 2 & 15) + 1);
    }
    FUZZ_CHECK(!memcmp(pflash_contents(flash), model.data, model.size));
    FUZZ_CHECK(lseek(fd, 0, SEEK_END) == model.size);
}

/* The file has the contents, and there was no trouble; one that takes no write says so, once. */
static void check_file(struct pflash *flash, int fd, bool sealed)
{
    uint8_t data[SIZE_MAX_HERE];

    if (sealed) {
        FUZZ_CHECK(pflash_trouble(flash) == (model.changed ? EPERM : 0));
    } else {
        FUZZ_CHECK(pread(fd, data, sizeof(data), 0) == (ssize_t)model.size);
        FUZZ_CHECK(!memcmp(data, model.data, model.size));
    }
    FUZZ_CHECK(!pflash_trouble(flash));
}

/* A file of `size` bytes, of which the first are `model.data`. */
static int make_file(uint32_t size)
{
    int fd = memfd_create("vars", MFD_ALLOW_SEALING);
    size_t len = size < sizeof(model.data) ? size : sizeof(model.data);

    FUZZ_CHECK(fd >= 0 && !ftruncate(fd, size));
    for (size_t i = 0; i < len; i++)
        model.data[i] = (uint8_t)(i * 5 + i / 256 + 1);
    FUZZ_CHECK(pwrite(fd, model.data, len, 0) == (ssize_t)len);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t head[4];
    char path[40], error[300] = "";
    struct pflash *flash;
    bool usable, sealed;
    int fd;

    fuzz_take(&data, &size, head, sizeof(head));
    memset(&model, 0, sizeof(model));
    model.size = head[0] % (BLOCKS + 1) * PFLASH_BLOCK;
    if (head[0] & 0x80)
        model.size += (uint32_t)head[1] << (head[2] % 16);
    fd = make_file(model.size);
    sealed = head[0] & 0x40;
    usable = model.size && model.size % PFLASH_BLOCK == 0 && model.size <= PFLASH_MAX;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (usable && model.size > SIZE_MAX_HERE) {
        close(fd); /* slow to compare, and nothing new */
        return 0;
    }
    flash = pflash_new(path, error, sizeof(error));
    FUZZ_CHECK(usable == !!flash && usable == !*error && !strchr(error, '\n'));
    if (flash) {
        FUZZ_CHECK(pflash_size(flash) == model.size);
        FUZZ_CHECK(!sealed || !fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
        restore(flash, (const uint8_t[3]){0xff, 0, 0x80});
        while (size)
            step(flash, fd, &data, &size);
        check_file(flash, fd, sealed);
    }
    pflash_free(flash);
    close(fd);
    return 0;
}
