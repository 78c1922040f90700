/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SMBIOS structures of the machine.
 *
 * Follows QEMU hw/smbios/smbios.c; layouts of DMTF DSP0134 2.8. A structure is a formatted
 * area, whose first two bytes are its type and length, and the strings that it numbers from 1.
 */
#include "smbios.h"

#include "protocol/buf.h"

#include <stdio.h>
#include <string.h>

enum {
    VERSION_MAJOR = 2,
    VERSION_MINOR = 8,
    NO_HANDLE = 0xffff,
    NO_ERROR_STRUCTURE = 0xfffe,
    UNKNOWN = 2, /* in most enumerations */
    OTHER = 1,
};

/* As QEMU numbers them. */
enum handle {
    HANDLE_SYSTEM = 0x100,
    HANDLE_CHASSIS = 0x300,
    HANDLE_PROCESSOR = 0x400,
    HANDLE_MEMORY_ARRAY = 0x1000,
    HANDLE_MEMORY_DEVICE = 0x1100,
    HANDLE_MEMORY_RANGE = 0x1300,
    HANDLE_BOOT = 0x2000,
    HANDLE_END = 0x7f00,
};

struct builder {
    struct buf b;
    uint16_t count, largest;
    size_t start;
};

static const char manufacturer[] = "Bochs", product[] = "Standard PC (i440FX, PIIX3)";

/* Header; the length comes from end(). */
static void begin(struct builder *t, uint8_t type, uint16_t handle)
{
    t->start = t->b.pos;
    buf_put8(&t->b, type);
    buf_put8(&t->b, 0);
    buf_put16(&t->b, handle);
}

/* `strings` in the order of their numbers, up to a NULL. */
static void end(struct builder *t, const char *const *strings)
{
    size_t length = t->b.pos - t->start;

    if (buf_ok(&t->b))
        t->b.data[t->start + 1] = (uint8_t)length;
    for (unsigned i = 0; strings[i]; i++)
        buf_put(&t->b, strings[i], strlen(strings[i]) + 1);
    if (!strings[0])
        buf_put8(&t->b, 0);
    buf_put8(&t->b, 0);
    length = t->b.pos - t->start;
    if (length > t->largest)
        t->largest = (uint16_t)length;
    t->count++;
}

static const char *const no_strings[] = {NULL};

static void put_system(struct builder *t)
{
    enum { POWER_SWITCH = 6 };

    begin(t, 1, HANDLE_SYSTEM);
    buf_put8(&t->b, 1);     /* manufacturer */
    buf_put8(&t->b, 2);     /* product */
    buf_fill(&t->b, 0, 2);  /* no version, no serial number */
    buf_fill(&t->b, 0, 16); /* no UUID */
    buf_put8(&t->b, POWER_SWITCH);
    buf_fill(&t->b, 0, 2); /* no SKU number, no family */
    end(t, (const char *const[]){manufacturer, product, NULL});
}

static void put_chassis(struct builder *t)
{
    enum { SAFE = 3, SECURITY_NONE = 3 };

    begin(t, 3, HANDLE_CHASSIS);
    buf_put8(&t->b, 1); /* manufacturer */
    buf_put8(&t->b, OTHER);
    buf_fill(&t->b, 0, 3);    /* no version, serial number, asset tag */
    buf_fill(&t->b, SAFE, 3); /* at start, power, heat */
    buf_put8(&t->b, SECURITY_NONE);
    buf_put32(&t->b, 0);   /* OEM's */
    buf_fill(&t->b, 0, 5); /* height, cords, no contained elements, no SKU number */
    end(t, (const char *const[]){manufacturer, NULL});
}

static void put_processor(struct builder *t, const struct smbios_cpus *c, uint8_t socket)
{
    enum { CENTRAL = 3, POPULATED_ENABLED = 0x41, CHARACTERISTICS_UNKNOWN = 2 };
    char name[8];

    snprintf(name, sizeof(name), "CPU %u", socket);
    begin(t, 4, (uint16_t)(HANDLE_PROCESSOR + socket));
    buf_put8(&t->b, 1); /* socket */
    buf_put8(&t->b, CENTRAL);
    buf_put8(&t->b, OTHER);              /* family */
    buf_put8(&t->b, *c->vendor ? 2 : 0); /* manufacturer; there are no empty strings */
    buf_put32(&t->b, c->signature);
    buf_put32(&t->b, c->features);
    buf_fill(&t->b, 0, 2);     /* no version, voltage unknown */
    buf_fill(&t->b, 0, 3 * 2); /* clock and speeds unknown */
    buf_put8(&t->b, POPULATED_ENABLED);
    buf_put8(&t->b, OTHER); /* kind of socket */
    for (unsigned cache = 1; cache <= 3; cache++)
        buf_put16(&t->b, NO_HANDLE);
    buf_fill(&t->b, 0, 3); /* no serial number, asset tag, part number */
    buf_put8(&t->b, c->cores);
    buf_put8(&t->b, c->cores);
    buf_put8(&t->b, c->threads);
    buf_put16(&t->b, CHARACTERISTICS_UNKNOWN);
    buf_put16(&t->b, OTHER);
    end(t, (const char *const[]){name, *c->vendor ? c->vendor : NULL, NULL});
}

/* The array, its one module, the ranges at which it shows. */
static void put_memory(struct builder *t, const struct smbios_config *c)
{
    enum { SYSTEM_MEMORY = 3, NO_CORRECTION = 3, DIMM = 9, RAM = 7, DETAIL_UNKNOWN = 4 };
    const uint32_t extended = 0x80000000, small_mib = 0x7fff;
    const uint64_t size = c->ram_low + c->ram_high, mib = size >> 20;
    const struct {
        uint64_t start, size;
    } ranges[] = {{0, c->ram_low}, {UINT64_C(1) << 32, c->ram_high}};

    begin(t, 16, HANDLE_MEMORY_ARRAY);
    buf_put8(&t->b, OTHER); /* place */
    buf_put8(&t->b, SYSTEM_MEMORY);
    buf_put8(&t->b, NO_CORRECTION);
    buf_put32(&t->b, size >> 10 < extended ? (uint32_t)(size >> 10) : extended);
    buf_put16(&t->b, NO_ERROR_STRUCTURE);
    buf_put16(&t->b, 1);
    buf_put64(&t->b, size >> 10 < extended ? 0 : size);
    end(t, no_strings);

    begin(t, 17, HANDLE_MEMORY_DEVICE);
    buf_put16(&t->b, HANDLE_MEMORY_ARRAY);
    buf_put16(&t->b, NO_ERROR_STRUCTURE);
    buf_fill(&t->b, 0xff, 4); /* widths unknown */
    buf_put16(&t->b, (uint16_t)(mib < small_mib ? mib : small_mib));
    buf_put8(&t->b, DIMM);
    buf_put8(&t->b, 0); /* of no set */
    buf_put8(&t->b, 1); /* locator */
    buf_put8(&t->b, 0); /* no bank */
    buf_put8(&t->b, RAM);
    buf_put16(&t->b, DETAIL_UNKNOWN);
    buf_fill(&t->b, 0, 2 + 4 + 1); /* speed, no strings, rank */
    buf_put32(&t->b, mib < small_mib ? 0 : (uint32_t)mib);
    buf_fill(&t->b, 0, 4 * 2); /* speed and voltages unknown */
    end(t, (const char *const[]){"DIMM 0", NULL});

    for (unsigned i = 0; i < 2; i++) {
        if (!ranges[i].size)
            continue;
        begin(t, 19, (uint16_t)(HANDLE_MEMORY_RANGE + i));
        buf_fill(&t->b, 0xff, 8); /* the extended addresses below */
        buf_put16(&t->b, HANDLE_MEMORY_ARRAY);
        buf_put8(&t->b, 1);
        buf_put64(&t->b, ranges[i].start);
        buf_put64(&t->b, ranges[i].start + ranges[i].size - 1);
        end(t, no_strings);
    }
}

static void put_rest(struct builder *t)
{
    begin(t, 32, HANDLE_BOOT);
    buf_fill(&t->b, 0, 7); /* reserved; no error */
    end(t, no_strings);
    begin(t, 127, HANDLE_END);
    end(t, no_strings);
}

/* Makes the bytes sum up to 0. */
static void checksum(uint8_t *at, const uint8_t *data, size_t len)
{
    uint8_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum = (uint8_t)(sum + data[i]);
    *at = (uint8_t)(*at - sum);
}

static void put_anchor(struct smbios *s, const struct builder *t)
{
    enum { CHECKSUM = 4, INTERMEDIATE = 16, INTERMEDIATE_CHECKSUM = 21 };
    struct buf a = buf_writer(s->anchor, sizeof(s->anchor));

    buf_put(&a, "_SM_", 4);
    buf_put8(&a, 0);
    buf_put8(&a, sizeof(s->anchor));
    buf_put8(&a, VERSION_MAJOR);
    buf_put8(&a, VERSION_MINOR);
    buf_put16(&a, t->largest);
    buf_fill(&a, 0, 6);
    buf_put(&a, "_DMI_", 5);
    buf_put8(&a, 0);
    buf_put16(&a, s->tables_len);
    buf_put32(&a, 0);
    buf_put16(&a, t->count);
    buf_put8(&a, VERSION_MAJOR << 4 | VERSION_MINOR);
    checksum(s->anchor + INTERMEDIATE_CHECKSUM, s->anchor + INTERMEDIATE,
             sizeof(s->anchor) - INTERMEDIATE);
    checksum(s->anchor + CHECKSUM, s->anchor, sizeof(s->anchor));
}

bool smbios_build(struct smbios *s, const struct smbios_config *c)
{
    struct builder t = {.b = buf_writer(s->tables, sizeof(s->tables))};

    if (!c->cpus.sockets)
        return false;
    put_system(&t);
    put_chassis(&t);
    for (uint8_t i = 0; i < c->cpus.sockets; i++)
        put_processor(&t, &c->cpus, i);
    put_memory(&t, c);
    put_rest(&t);
    s->tables_len = (uint16_t)t.b.pos;
    put_anchor(s, &t);
    return buf_ok(&t.b);
}
