/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Print the secrets that were injected at launch. For kernels without the efi_secret driver, such
 * as Debian's. The first line has the address of the table and how it was found; then follow GUID
 * and text of each secret. Exit status 1: there is none.
 *
 * Under OVMF's AmdSev build the EFI configuration table adf956ad-e98c-484c-ae11-b51c7d336447 points
 * to address and size. They are in memory of EFI's boot services, which the kernel frees, so they
 * may be overwritten before /proc/kcore reads them. Then, and under a BIOS (bochs-sev(5), SECRETS),
 * search for the table in memory that the firmware has reserved. mmap() of /dev/mem is private,
 * C=1.
 *
 * Formats: Linux Documentation/security/secrets/coco.rst.
 */
#include "bare.h"

#include <stdbool.h>
#include <stdint.h>

enum { PAGE = 4096, GUID = 16, HEADER = GUID + 4, EFI_ENTRY = GUID + 8, TABLES_MAX = 128 };

static const uint8_t location_guid[GUID] = {0xad, 0x56, 0xf9, 0xad, 0x8c, 0xe9, 0x4c, 0x48,
                                            0xae, 0x11, 0xb5, 0x1c, 0x7d, 0x33, 0x64, 0x47};
/* 1e74f542-71dd-4d66-963e-ef4287ff173b */
static const uint8_t table_guid[GUID] = {0x42, 0xf5, 0x74, 0x1e, 0xdd, 0x71, 0x66, 0x4d,
                                         0x96, 0x3e, 0xef, 0x42, 0x87, 0xff, 0x17, 0x3b};

/* --- the kernel --- */

static int open_file(const char *path)
{
    return (int)call(CALL_OPENAT, -100, path, 0, 0, 0, 0); /* AT_FDCWD, O_RDONLY */
}

static long read_at(int fd, void *buf, long len, uint64_t offset)
{
    return call(CALL_PREAD64, fd, buf, len, (long)offset, 0, 0);
}

/* Read a whole text file. Return its length, 0 if it does not exist. */
static long read_text(const char *path, char *text, long cap)
{
    int fd = open_file(path);
    long n, len = 0;

    if (fd < 0)
        return 0;
    while (len < cap - 1 && (n = call(CALL_READ, fd, text + len, cap - 1 - len, 0, 0, 0)) > 0)
        len += n;
    text[len] = 0;
    return len;
}

/* Map whole pages of physical memory that is no RAM of the kernel's. They are never unmapped.
 * Return NULL if the kernel does not allow it. */
static const uint8_t *map(uint64_t address, uint64_t len)
{
    int fd = open_file("/dev/mem");
    uint64_t start = address & ~(uint64_t)(PAGE - 1);
    long at =
        fd < 0 ? -1 : call(CALL_MMAP, 0, (void *)(address + len - start), 1, 1, fd, (long)start);

    call(CALL_CLOSE, fd, 0, 0, 0, 0, 0);
    return at < 0 && at > -PAGE ? 0 : (const uint8_t *)at + (address - start);
}

static bool same(const uint8_t *a, const uint8_t *b)
{
    for (unsigned i = 0; i < GUID; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

static uint64_t number(const uint8_t *at, unsigned size)
{
    uint64_t v = 0;

    while (size--)
        v = v << 8 | at[size];
    return v;
}

/* Parse hexadecimal digits, with or without "0x". */
static uint64_t hex(const char **text)
{
    uint64_t v = 0;

    if ((*text)[0] == '0' && (*text)[1] == 'x')
        *text += 2;
    for (;; ++*text) {
        char c = **text;
        if (c >= '0' && c <= '9')
            v = v << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v << 4 | (uint64_t)(c - 'a' + 10);
        else
            return v;
    }
}

/* --- output --- */

static char line[4096];
static unsigned line_len;

static void put(char c)
{
    if (line_len < sizeof(line))
        line[line_len++] = c;
}

static void put_text(const char *text)
{
    while (*text)
        put(*text++);
}

static void put_hex(uint64_t v, unsigned digits)
{
    while (digits--)
        put("0123456789abcdef"[v >> 4 * digits & 15]);
}

static void end_line(void)
{
    put('\n');
    call(CALL_WRITE, 1, line, line_len, 0, 0, 0);
    line_len = 0;
}

static void put_guid(const uint8_t *guid)
{
    put_hex(number(guid, 4), 8);
    for (unsigned i = 4; i < 8; i += 2) {
        put('-');
        put_hex(number(guid + i, 2), 4);
    }
    for (unsigned i = 8; i < GUID; i++) {
        if (i == 8 || i == 10)
            put('-');
        put_hex(guid[i], 2);
    }
}

/* --- the table --- */

/* Print the table at `at`, where `room` bytes are mapped. Return false if there is no table. */
static bool print_table(const uint8_t *at, uint64_t room, uint64_t address, const char *how)
{
    uint64_t len, entry;

    if (room < HEADER || !same(at, table_guid))
        return false;
    len = number(at + GUID, 4);
    if (len < HEADER || len > room)
        return false;
    put_text("table at 0x");
    put_hex(address, 8);
    put_text(how);
    end_line();
    for (uint64_t pos = HEADER; pos + HEADER <= len; pos += entry) {
        entry = number(at + pos + GUID, 4);
        if (entry < HEADER || entry > len - pos)
            break;
        put_guid(at + pos);
        put(' ');
        for (uint64_t i = HEADER; i < entry; i++)
            put(at[pos + i] >= ' ' && at[pos + i] < 127 ? (char)at[pos + i] : '.');
        end_line();
    }
    return true;
}

/* --- find the table --- */

/* Read RAM of the kernel's. The ELF headers of /proc/kcore say where it is in that file. */
static bool read_ram(uint64_t address, uint8_t *buf, unsigned len)
{
    int fd = open_file("/proc/kcore");
    uint8_t elf[64], segment[56];

    if (fd < 0 || read_at(fd, elf, sizeof(elf), 0) != sizeof(elf))
        return false;
    for (uint64_t i = 0; i < number(elf + 56, 2); i++) {
        if (read_at(fd, segment, sizeof(segment), number(elf + 32, 8) + i * sizeof(segment)) !=
            sizeof(segment))
            return false;
        uint64_t offset = number(segment + 8, 8), paddr = number(segment + 24, 8),
                 size = number(segment + 40, 8);
        if (paddr && paddr != UINT64_MAX && address >= paddr && address - paddr < size)
            return read_at(fd, buf, len, offset + address - paddr) == (long)len;
    }
    return false;
}

static bool by_efi(void)
{
    char text[32];
    const char *at = text;
    const uint8_t *tables, *area;
    uint8_t location[16];
    uint64_t start, room;

    if (!read_text("/sys/firmware/efi/config_table", text, sizeof(text)))
        return false;
    start = hex(&at);
    room = 2 * PAGE - start % PAGE;
    tables = map(start, room);
    if (!tables)
        tables = map(start, room -= PAGE);
    for (unsigned i = 0; tables && i < TABLES_MAX && (i + 1) * EFI_ENTRY <= room; i++) {
        if (!same(tables + i * EFI_ENTRY, location_guid))
            continue;
        put_text("EFI configuration table for secrets: there is one");
        end_line();
        if (!read_ram(number(tables + i * EFI_ENTRY + GUID, 8), location, sizeof(location)))
            return false;
        start = number(location, 8);
        room = number(location + 8, 8);
        area = room && room <= 16 * PAGE && start % 16 == 0 ? map(start, room) : 0;
        return area && print_table(area, room, start, ", found by the EFI configuration table");
    }
    return false;
}

/* Search between two addresses; `step` is a multiple of 16. */
static bool by_search(uint64_t start, uint64_t end, unsigned step)
{
    const uint8_t *at = map(start, end - start);

    for (uint64_t pos = 0; at && pos < end - start; pos += step)
        if (print_table(at + pos, end - start - pos, start + pos, ", found by its GUID"))
            return true;
    return false;
}

/* Search each page of the ranges that firmware reserves: lines "START-END : Reserved" of
 * /proc/iomem. */
static bool by_reserved(void)
{
    static char text[65536];
    const char *at = text;

    read_text("/proc/iomem", text, sizeof(text));
    while (*at) {
        uint64_t start = hex(&at), end = *at == '-' ? (at++, hex(&at) + 1) : 0;
        bool reserved = at[0] == ' ' && at[1] == ':' && at[3] == 'R' && at[4] == 'e';

        if (reserved && end > start && end - start <= 0x1000000 && by_search(start, end, PAGE))
            return true;
        while (*at && *at++ != '\n')
            ;
    }
    return false;
}

static long run(void)
{
    return !(by_efi() || by_search(0xc0000, 0xf0000, 16) || by_reserved());
}
