/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fuzz target: a VMSA with any bytes, for a CPU model that allows any bits. The page is exactly as
 * long as a VMSA.
 *
 * Source: the contracts of psp-model/protocol/vmsa.h. It is checked that
 *   - a VMSA that passes the checks of VMRUN fulfils the rules below, which are written here again
 *   - each number and segment can be read, and what is written is read again, and no other byte
 *     changes
 *   - each byte belongs to one field at most, and a name finds its field
 *
 * Input: what the CPU model allows (four numbers), two bytes for a field, a number to write, bytes
 * of the page.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <string.h>

#include "protocol/vmsa.h"

static uint64_t take64(const uint8_t **data, size_t *size)
{
    uint8_t bytes[8];
    uint64_t value = 0;

    fuzz_take(data, size, bytes, sizeof(bytes));
    for (unsigned i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* The rules of VMRUN, in other words than vmsa.c has. */
static void check_accepted(const uint8_t *vmsa, const struct vmsa_cpu *cpu)
{
    const uint64_t efer = vmsa_get(vmsa, VMSA_EFER), cr0 = vmsa_get(vmsa, VMSA_CR0),
                   cr4 = vmsa_get(vmsa, VMSA_CR4), pat = vmsa_get(vmsa, VMSA_G_PAT);
    const bool long_mode = (efer >> 8 & 1) && (cr0 >> 31 & 1);

    FUZZ_CHECK(efer >> 12 & 1);
    FUZZ_CHECK(cr0 >> 32 == 0 && vmsa_get(vmsa, VMSA_DR6) >> 32 == 0 &&
               vmsa_get(vmsa, VMSA_DR7) >> 32 == 0);
    FUZZ_CHECK((cr0 >> 30 & 1) || !(cr0 >> 29 & 1));
    FUZZ_CHECK((efer | cpu->efer) == cpu->efer && (cr4 | cpu->cr4) == cpu->cr4);
    FUZZ_CHECK((vmsa_get(vmsa, VMSA_XCR0) | cpu->xcr0) == cpu->xcr0);
    FUZZ_CHECK(vmsa_get(vmsa, VMSA_XCR0) & 1);
    for (unsigned i = 0; i < 64; i += 8)
        FUZZ_CHECK((0xf3 >> (pat >> i & 7) & 1) && (pat >> i & 0xff) < 8); /* 0, 1, 4 to 7 */
    if (long_mode) {
        FUZZ_CHECK((cr0 & 1) && (cr4 >> 5 & 1));
        FUZZ_CHECK((vmsa_get_segment(vmsa, VMSA_CS).attributes >> 9 & 3) != 3);
        FUZZ_CHECK((vmsa_get(vmsa, VMSA_CR3) | cpu->cr3) == cpu->cr3);
    }
}

/* Write a field of a copy, and check that nothing else changes. */
static void check_write(const uint8_t *vmsa, const struct vmsa_field *field, uint64_t value)
{
    const enum vmsa_offset offset = (enum vmsa_offset)field->offset;
    uint8_t *copy = malloc(VMSA_SIZE);
    struct vmsa_segment segment;

    FUZZ_CHECK(copy);
    memcpy(copy, vmsa, VMSA_SIZE);
    if (field->kind == VMSA_NUMBER) {
        uint64_t mask = field->size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * field->size) - 1;

        vmsa_put(copy, offset, value);
        FUZZ_CHECK(vmsa_get(copy, offset) == (value & mask));
    } else if (field->kind == VMSA_SEGMENT) {
        segment = (struct vmsa_segment){(uint16_t)value, (uint16_t)(value >> 16),
                                        (uint32_t)(value >> 32), ~value};
        vmsa_put_segment(copy, offset, &segment);
        segment = vmsa_get_segment(copy, offset);
        FUZZ_CHECK(segment.selector == (uint16_t)value && segment.base == ~value &&
                   segment.attributes == (uint16_t)(value >> 16) && segment.limit == value >> 32);
    }
    FUZZ_CHECK(!memcmp(copy, vmsa, field->offset));
    FUZZ_CHECK(!memcmp(copy + field->offset + field->size, vmsa + field->offset + field->size,
                       VMSA_SIZE - field->offset - field->size));
    free(copy);
}

static void check_place(unsigned at)
{
    const struct vmsa_field *field = vmsa_field_at(at);

    if (!field)
        return;
    FUZZ_CHECK(at >= field->offset && at < field->offset + (unsigned)field->size);
    FUZZ_CHECK(vmsa_field_named(field->name) == field);
    FUZZ_CHECK(field->offset + field->size <= (int)VMSA_DEFINED_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vmsa_cpu cpu = {take64(&data, &size), take64(&data, &size), take64(&data, &size),
                           take64(&data, &size)};
    unsigned at = (unsigned)(take64(&data, &size) % (2 * VMSA_SIZE));
    uint64_t value = take64(&data, &size);
    struct vmsa_start start = {(uint32_t)value, (uint32_t)(value >> 32), value & 1,
                               value & 2 ? VMSA_HOST_INIT2 : VMSA_HOST_ES_INIT};
    uint8_t *vmsa = malloc(VMSA_SIZE);
    const char *wrong;

    FUZZ_CHECK(vmsa);
    vmsa_build(vmsa, &start);
    while (size >= 3) { /* place, byte */
        uint8_t change[3];

        fuzz_take(&data, &size, change, sizeof(change));
        vmsa[(change[0] << 8 | change[1]) % VMSA_SIZE] ^= change[2];
    }
    wrong = vmsa_check(vmsa, &cpu);
    FUZZ_CHECK(!wrong || wrong[0]);
    if (!wrong)
        check_accepted(vmsa, &cpu);
    check_write(vmsa, &vmsa_fields[at % vmsa_n_fields], value);
    check_place(at);
    free(vmsa);
    return 0;
}
