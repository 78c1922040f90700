/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A flash chip whose contents are a file.
 *
 * Follows QEMU hw/block/pflash_cfi01.c, as EDK2 OvmfPkg/QemuFlashFvbServicesRuntimeDxe/QemuFlash.c
 * uses it; that also recognises the chip by a status register which clearing leaves at 0.
 */
#include "pflash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CMD_PROGRAM = 0x10,
    CMD_ERASE = 0x20,
    CMD_PROGRAM_ALTERNATE = 0x40,
    CMD_CLEAR_STATUS = 0x50,
    CMD_READ_STATUS = 0x70,
    CMD_READ_ID = 0x90,
    CMD_ERASE_CONFIRM = 0xd0,
    CMD_READ_ARRAY = 0xff,

    STATUS_READY = 0x80,
    STATUS_SEQUENCE = 0x30, /* erase and program error: a wrong sequence of commands */

    ID_MAKER = 0x89, /* Intel */
    ID_DEVICE = 0x18,
};

struct pflash {
    uint8_t *data;
    uint32_t size;
    int fd, trouble;
    struct pflash_state state;
};

/* --- the file --- */

static void store(struct pflash *f, uint32_t offset, uint32_t len)
{
    while (len) {
        ssize_t n = pwrite(f->fd, f->data + offset, len, offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            f->trouble = n ? errno : EIO;
            return;
        }
        offset += (uint32_t)n;
        len -= (uint32_t)n;
    }
}

/* NULL, or what is wrong. */
static const char *open_file(struct pflash *f, const char *path)
{
    struct stat st;

    f->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (f->fd < 0 || fstat(f->fd, &st))
        return strerror(errno);
    if (!S_ISREG(st.st_mode))
        return "not a regular file";
    if (flock(f->fd, LOCK_EX | LOCK_NB))
        return "another machine uses it";
    if (!st.st_size || st.st_size % PFLASH_BLOCK || st.st_size > PFLASH_MAX)
        return "its size is no multiple of 4096 up to 4 MiB";
    f->size = (uint32_t)st.st_size;
    f->data = malloc(f->size);
    if (!f->data)
        return strerror(ENOMEM);
    for (uint32_t done = 0; done < f->size;) {
        ssize_t n = pread(f->fd, f->data + done, f->size - done, done);

        if (n <= 0)
            return n ? strerror(errno) : "it became shorter";
        done += (uint32_t)n;
    }
    return NULL;
}

struct pflash *pflash_new(const char *path, char *error, size_t error_size)
{
    struct pflash *f = calloc(1, sizeof(*f));
    const char *wrong = strerror(ENOMEM);

    if (f) {
        f->fd = -1;
        wrong = open_file(f, path);
    }
    if (!wrong) {
        pflash_reset(f);
        return f;
    }
    snprintf(error, error_size, "vars: '%.200s' cannot be used (%s)", path, wrong);
    pflash_free(f);
    return NULL;
}

void pflash_free(struct pflash *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    free(f->data);
    free(f);
}

/* --- the chip --- */

static uint8_t read_byte(const struct pflash *f, uint64_t offset)
{
    if (offset >= f->size)
        return 0xff;
    switch (f->state.command) {
    case CMD_READ_ARRAY:
        return f->data[offset];
    case CMD_READ_ID:
        return offset % 256 == 0 ? ID_MAKER : offset % 256 == 1 ? ID_DEVICE : 0;
    default: /* what works, and what was asked for its status */
        return f->state.status;
    }
}

uint64_t pflash_read(const struct pflash *f, uint32_t offset, unsigned len)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < len && i < 8; i++)
        value |= (uint64_t)read_byte(f, (uint64_t)offset + i) << 8 * i;
    return value;
}

/* Commands of two writes: the command, then its data. */
static bool takes_data(uint8_t command)
{
    return command == CMD_PROGRAM || command == CMD_PROGRAM_ALTERNATE || command == CMD_ERASE;
}

/* The first write of a command. */
static void start_command(struct pflash *f, uint8_t command)
{
    const bool keeps = takes_data(command) || command == CMD_READ_STATUS || command == CMD_READ_ID;

    /* After all other commands, also those that it does not have, the chip reads as memory. */
    f->state.command = keeps ? command : CMD_READ_ARRAY;
    f->state.data = takes_data(command);
    if (f->state.data)
        f->state.status |= STATUS_READY;
    else if (command == CMD_CLEAR_STATUS)
        f->state.status = 0;
}

static void program(struct pflash *f, uint32_t offset, uint64_t value, unsigned len)
{
    if (offset >= f->size)
        return;
    if (len > f->size - offset)
        len = f->size - offset;
    for (unsigned i = 0; i < len; i++)
        f->data[offset + i] = (uint8_t)(value >> 8 * i);
    store(f, offset, len);
}

static void erase(struct pflash *f, uint32_t offset)
{
    uint32_t block = offset - offset % PFLASH_BLOCK;

    if (offset >= f->size)
        return;
    memset(f->data + block, 0xff, PFLASH_BLOCK);
    store(f, block, PFLASH_BLOCK);
}

static void end_erase(struct pflash *f, uint32_t offset, uint8_t confirmation)
{
    if (confirmation == CMD_ERASE_CONFIRM)
        erase(f, offset);
    else
        f->state.status |= STATUS_SEQUENCE;
}

/* The second write of a command. */
static void end_command(struct pflash *f, uint32_t offset, uint64_t value, unsigned len)
{
    f->state.data = 0;
    f->state.status |= STATUS_READY;
    if (f->state.command == CMD_ERASE)
        end_erase(f, offset, (uint8_t)value);
    else
        program(f, offset, value, len > 8 ? 8 : len);
}

/* A restored state may announce data for a command that takes none. The write is then a command. */
void pflash_write(struct pflash *f, uint32_t offset, uint64_t value, unsigned len)
{
    if (f->state.data && takes_data(f->state.command))
        end_command(f, offset, value, len);
    else
        start_command(f, (uint8_t)value);
}

void pflash_reset(struct pflash *f)
{
    f->state = (struct pflash_state){CMD_READ_ARRAY, 0, STATUS_READY};
}

uint32_t pflash_size(const struct pflash *f)
{
    return f->size;
}

int pflash_trouble(struct pflash *f)
{
    int trouble = f->trouble;

    f->trouble = 0;
    return trouble;
}

struct pflash_state *pflash_state(struct pflash *f)
{
    return &f->state;
}

uint8_t *pflash_contents(struct pflash *f)
{
    return f->data;
}

void pflash_replaced(struct pflash *f)
{
    store(f, 0, f->size);
}
