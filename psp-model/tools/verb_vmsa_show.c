/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * sevowner vmsa show, vmsa diff: print the fields of a VMSA, or those in which two VMSAs differ.
 *
 * Source: the fields of protocol/vmsa.h.
 */
#include "owner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "input.h"
#include "protocol/hex.h"
#include "protocol/vmsa.h"

enum { ALL = 1, TEXT_SIZE = HEX_TEXT_SIZE(256) };

static const struct owner_option show_options[] = {
    {ALL, "all", NULL, "also the fields that are 0"},
    {0, NULL, NULL, NULL},
};
static const struct owner_option diff_options[] = {{0, NULL, NULL, NULL}};

static enum owner_exit load(const char *path, uint8_t vmsa[VMSA_SIZE])
{
    uint8_t *data = NULL;
    size_t len = 0;
    enum owner_exit code = input_file("VMSA", path, &data, &len);

    if (!code && len != VMSA_SIZE)
        code = owner_fail(OWNER_INPUT, "%s: a VMSA has %u bytes, not %zu", path, VMSA_SIZE, len);
    if (!code)
        memcpy(vmsa, data, VMSA_SIZE);
    free(data);
    return code;
}

static void print_value(const uint8_t vmsa[VMSA_SIZE], const struct vmsa_field *field,
                        char text[TEXT_SIZE])
{
    struct vmsa_segment segment;

    switch (field->kind) {
    case VMSA_NUMBER:
        snprintf(text, TEXT_SIZE, "0x%" PRIx64, vmsa_get(vmsa, (enum vmsa_offset)field->offset));
        break;
    case VMSA_SEGMENT:
        segment = vmsa_get_segment(vmsa, (enum vmsa_offset)field->offset);
        snprintf(text, TEXT_SIZE,
                 "selector 0x%x, attributes 0x%x, limit 0x%" PRIx32 ", base 0x%" PRIx64,
                 segment.selector, segment.attributes, segment.limit, segment.base);
        break;
    case VMSA_BYTES:
        hex_encode(vmsa + field->offset, field->size, text);
        break;
    }
}

static bool is_zero(const uint8_t *data, size_t len)
{
    while (len && !*data)
        data++, len--;
    return !len;
}

/* A piece of a VMSA: a field, or reserved bytes. */
struct piece {
    struct vmsa_field field;
    bool reserved;
    char name[32];
};

/* Find the piece at `offset`. Return the offset of the next one. */
static unsigned next_piece(unsigned offset, struct piece *piece)
{
    const struct vmsa_field *field = vmsa_field_at(offset);
    unsigned end = offset;

    if (field) {
        piece->field = *field;
        piece->reserved = false;
        snprintf(piece->name, sizeof(piece->name), "%s", field->name);
        return field->offset + (unsigned)field->size;
    }
    while (end < VMSA_SIZE && end - offset < 256 && !vmsa_field_at(end))
        end++;
    piece->field =
        (struct vmsa_field){piece->name, (uint16_t)offset, (uint16_t)(end - offset), VMSA_BYTES};
    piece->reserved = true;
    snprintf(piece->name, sizeof(piece->name), "reserved_0x%x", offset);
    return end;
}

static enum owner_exit show(const char *path, bool all)
{
    uint8_t vmsa[VMSA_SIZE];
    enum owner_exit code = load(path, vmsa);
    json_t *fields = json_object();
    char text[TEXT_SIZE];
    struct piece piece;

    for (unsigned at = 0; !code && at < VMSA_SIZE;) {
        const unsigned end = next_piece(at, &piece);

        if (!is_zero(vmsa + at, end - at) || (all && !piece.reserved)) {
            print_value(vmsa, &piece.field, text);
            owner_say("%03x  %-20s %s\n", at, piece.name, text);
            json_object_set_new(fields, piece.name, json_string(text));
        }
        at = end;
    }
    owner_answer("fields", fields);
    return code;
}

static enum owner_exit diff(const char *first, const char *second)
{
    uint8_t vmsa[2][VMSA_SIZE];
    enum owner_exit code = load(first, vmsa[0]);
    json_t *fields = json_object();
    char text[2][TEXT_SIZE];
    unsigned different = 0;
    struct piece piece;

    if (!code)
        code = load(second, vmsa[1]);
    for (unsigned at = 0; !code && at < VMSA_SIZE;) {
        const unsigned end = next_piece(at, &piece);

        if (memcmp(vmsa[0] + at, vmsa[1] + at, end - at) != 0) {
            different++;
            print_value(vmsa[0], &piece.field, text[0]);
            print_value(vmsa[1], &piece.field, text[1]);
            owner_say("%03x  %-20s %s\n%26s %s\n", at, piece.name, text[0], "", text[1]);
            json_object_set_new(fields, piece.name, json_pack("[s, s]", text[0], text[1]));
        }
        at = end;
    }
    owner_answer("fields", fields);
    if (!code && different)
        code = owner_fail(OWNER_MISMATCH, "the VMSAs differ in %u field%s", different,
                          different == 1 ? "" : "s");
    return code;
}

static enum owner_exit run_show(const struct owner_verb *verb, int argc, char **argv)
{
    const char *value;
    bool all = false;
    int id, first;

    while ((id = owner_option(verb, argc, argv, &value, &first)) > 0)
        all = true;
    if (id < 0 || !owner_count(verb, argc, first, 1))
        return OWNER_USAGE;
    return show(argv[first], all);
}

static enum owner_exit run_diff(const struct owner_verb *verb, int argc, char **argv)
{
    const char *value;
    int first;

    if (owner_option(verb, argc, argv, &value, &first) < 0 || !owner_count(verb, argc, first, 2))
        return OWNER_USAGE;
    return diff(argv[first], argv[first + 1]);
}

const struct owner_verb verb_vmsa_show = {"vmsa show", "FILE", "Print the fields of a VMSA",
                                          show_options, run_show};
const struct owner_verb verb_vmsa_diff = {
    "vmsa diff", "FILE FILE", "Print the fields in which two VMSAs differ", diff_options, run_diff};
