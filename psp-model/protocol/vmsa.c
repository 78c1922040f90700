/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The layout of the VMSA and the launched VMSA; see vmsa.h.
 */
#include "vmsa.h"

#include <assert.h>
#include <string.h>

#include "buf.h"

const struct vmsa_field vmsa_fields[] = {
#define VMSA_FIELD(symbol, name, offset, size, kind) {name, offset, size, VMSA_##kind},
    VMSA_FIELDS
#undef VMSA_FIELD
};
const size_t vmsa_n_fields = sizeof(vmsa_fields) / sizeof(vmsa_fields[0]);

static_assert(VMSA_YMM + 256 == VMSA_DEFINED_END, "the YMM registers are the last field");

const struct vmsa_field *vmsa_field_at(unsigned offset)
{
    for (size_t i = 0; i < vmsa_n_fields && vmsa_fields[i].offset <= offset; i++)
        if (offset < vmsa_fields[i].offset + (unsigned)vmsa_fields[i].size)
            return &vmsa_fields[i];
    return NULL;
}

const struct vmsa_field *vmsa_field_named(const char *name)
{
    for (size_t i = 0; i < vmsa_n_fields; i++)
        if (strcmp(vmsa_fields[i].name, name) == 0)
            return &vmsa_fields[i];
    return NULL;
}

/* Return the bytes of a NUMBER, 0 for another field. */
static unsigned width(enum vmsa_offset field)
{
    const struct vmsa_field *row = vmsa_field_at((unsigned)field);

    return row && row->offset == (unsigned)field && row->kind == VMSA_NUMBER ? row->size : 0;
}

uint64_t vmsa_get(const uint8_t vmsa[VMSA_SIZE], enum vmsa_offset field)
{
    const unsigned size = width(field);
    uint64_t value = 0;

    assert(size);
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)vmsa[(unsigned)field + i] << (8 * i);
    return value;
}

void vmsa_put(uint8_t vmsa[VMSA_SIZE], enum vmsa_offset field, uint64_t value)
{
    const unsigned size = width(field);

    assert(size);
    for (unsigned i = 0; i < size; i++)
        vmsa[(unsigned)field + i] = (uint8_t)(value >> (8 * i));
}

struct vmsa_segment vmsa_get_segment(const uint8_t vmsa[VMSA_SIZE], enum vmsa_offset field)
{
    struct buf b = buf_reader(vmsa + (unsigned)field, 16);
    struct vmsa_segment segment;

    assert((unsigned)field % 16 == 0 && field <= VMSA_TR);
    segment.selector = buf_get16(&b);
    segment.attributes = buf_get16(&b);
    segment.limit = buf_get32(&b);
    segment.base = buf_get64(&b);
    return segment;
}

void vmsa_put_segment(uint8_t vmsa[VMSA_SIZE], enum vmsa_offset field,
                      const struct vmsa_segment *segment)
{
    struct buf b = buf_writer(vmsa + (unsigned)field, 16);

    assert((unsigned)field % 16 == 0 && field <= VMSA_TR);
    buf_put16(&b, segment->selector);
    buf_put16(&b, segment->attributes);
    buf_put32(&b, segment->limit);
    buf_put64(&b, segment->base);
}

/* --- the launched VMSA --- */

/* Attributes after reset: present, accessed; code readable, data writable; LDT; busy TSS. */
#define CODE 0x9b
#define DATA 0x93
#define LDT  0x82
#define TSS  0x8b

/* Where the registers of a CPU after reset are not 0. */
static const struct {
    enum vmsa_offset field;
    uint64_t value;
} reset_values[] = {
    {VMSA_EFER, 0x1000}, /* SVME: KVM sets it */
    {VMSA_CR4, 0x40},    /* MCE: KVM sets it */
    {VMSA_CR0, 0x10},
    {VMSA_DR7, 0x400},
    {VMSA_DR6, 0xffff0ff0},
    {VMSA_RFLAGS, 2},
    {VMSA_G_PAT, UINT64_C(0x0007040600070406)},
    {VMSA_XCR0, 1},
};

static void build_segments(uint8_t vmsa[VMSA_SIZE], uint32_t reset_eip)
{
    const struct {
        enum vmsa_offset field;
        struct vmsa_segment value;
    } segments[] = {
        {VMSA_ES, {0, DATA, 0xffff, 0}}, {VMSA_CS, {0xf000, CODE, 0xffff, reset_eip & 0xffff0000}},
        {VMSA_SS, {0, DATA, 0xffff, 0}}, {VMSA_DS, {0, DATA, 0xffff, 0}},
        {VMSA_FS, {0, DATA, 0xffff, 0}}, {VMSA_GS, {0, DATA, 0xffff, 0}},
        {VMSA_GDTR, {0, 0, 0xffff, 0}},  {VMSA_LDTR, {0, LDT, 0xffff, 0}},
        {VMSA_IDTR, {0, 0, 0xffff, 0}},  {VMSA_TR, {0, TSS, 0xffff, 0}},
    };

    for (size_t i = 0; i < sizeof(segments) / sizeof(segments[0]); i++)
        vmsa_put_segment(vmsa, segments[i].field, &segments[i].value);
}

void vmsa_build(uint8_t vmsa[VMSA_SIZE], const struct vmsa_start *start)
{
    memset(vmsa, 0, VMSA_SIZE);
    build_segments(vmsa, start->reset_eip);
    for (size_t i = 0; i < sizeof(reset_values) / sizeof(reset_values[0]); i++)
        vmsa_put(vmsa, reset_values[i].field, reset_values[i].value);
    vmsa_put(vmsa, VMSA_RIP, start->reset_eip & 0xffff);
    vmsa_put(vmsa, VMSA_RDX, start->signature);
    vmsa_put(vmsa, VMSA_SEV_FEATURES, start->sev_features);
    if (start->host == VMSA_HOST_INIT2) {
        vmsa_put(vmsa, VMSA_MXCSR, 0x1f80);
        vmsa_put(vmsa, VMSA_X87_FCW, 0x37f);
    }
}

uint32_t vmsa_signature(unsigned family, unsigned model, unsigned stepping)
{
    const unsigned low = family > 15 ? 15 : family, high = family - low;

    return high << 20 | (model >> 4) << 16 | low << 8 | (model & 15) << 4 | (stepping & 15);
}

/* --- VMRUN --- */

#define CR0_PE    UINT64_C(0x00000001)
#define CR0_NW    UINT64_C(0x20000000)
#define CR0_CD    UINT64_C(0x40000000)
#define CR0_PG    UINT64_C(0x80000000)
#define CR4_PAE   UINT64_C(0x20)
#define EFER_LME  UINT64_C(0x100)
#define EFER_SVME UINT64_C(0x1000)
#define CS_L      0x200
#define CS_D      0x400
#define HIGH_HALF UINT64_C(0xffffffff00000000)

/* What one register alone must fulfil: the bits of `ones` are 1, those of `zeros` are 0. */
static const struct {
    enum vmsa_offset field;
    uint64_t ones, zeros;
    const char *wrong;
} single_checks[] = {
    {VMSA_EFER, EFER_SVME, 0, "EFER.SVME is 0"},
    {VMSA_CR0, 0, HIGH_HALF, "a high bit of CR0 is 1"},
    {VMSA_DR6, 0, HIGH_HALF, "a high bit of DR6 is 1"},
    {VMSA_DR7, 0, HIGH_HALF, "a high bit of DR7 is 1"},
    {VMSA_XCR0, 1, 0, "XCR0.x87 is 0"},
};

/* Check the bits that depend on the model of the CPU. */
static const char *check_model(const uint8_t vmsa[VMSA_SIZE], const struct vmsa_cpu *cpu)
{
    if (vmsa_get(vmsa, VMSA_EFER) & ~cpu->efer)
        return "a reserved bit of EFER is 1";
    if (vmsa_get(vmsa, VMSA_CR4) & ~cpu->cr4)
        return "a reserved bit of CR4 is 1";
    if (vmsa_get(vmsa, VMSA_XCR0) & ~cpu->xcr0)
        return "a reserved bit of XCR0 is 1";
    return NULL;
}

/* Check the memory types: each byte is 0, 1, 4, 5, 6 or 7. */
static bool pat_valid(uint64_t pat)
{
    for (unsigned i = 0; i < 8; i++, pat >>= 8)
        if ((pat & 0xff) > 7 || (pat & 0xff) == 2 || (pat & 0xff) == 3)
            return false;
    return true;
}

/* Linux arch/x86/kvm/svm/nested.c __nested_vmcb_check_save() has the checks of EFER, CR0, CR4, DR6,
 * DR7, of the PAT (a SEV-ES guest has nested paging) and of long mode. That a wrong XCR0 is refused
 * like them is a choice of this model. */
const char *vmsa_check(const uint8_t vmsa[VMSA_SIZE], const struct vmsa_cpu *cpu)
{
    const uint64_t cr0 = vmsa_get(vmsa, VMSA_CR0), cr4 = vmsa_get(vmsa, VMSA_CR4);
    const unsigned cs = vmsa_get_segment(vmsa, VMSA_CS).attributes;
    const char *wrong = NULL;

    for (size_t i = 0; i < sizeof(single_checks) / sizeof(single_checks[0]) && !wrong; i++) {
        const uint64_t value = vmsa_get(vmsa, single_checks[i].field);

        if (~value & single_checks[i].ones || value & single_checks[i].zeros)
            wrong = single_checks[i].wrong;
    }
    if (!wrong && !(cr0 & CR0_CD) && cr0 & CR0_NW)
        wrong = "CR0.NW is 1 but CR0.CD is 0";
    if (!wrong && !pat_valid(vmsa_get(vmsa, VMSA_G_PAT)))
        wrong = "a memory type of the PAT is reserved";
    if (!wrong)
        wrong = check_model(vmsa, cpu);
    if (wrong || !(vmsa_get(vmsa, VMSA_EFER) & EFER_LME) || !(cr0 & CR0_PG))
        return wrong;
    /* long mode */
    if (!(cr4 & CR4_PAE))
        return "EFER.LME and CR0.PG are 1 but CR4.PAE is 0";
    if (!(cr0 & CR0_PE))
        return "EFER.LME and CR0.PG are 1 but CR0.PE is 0";
    if (cs & CS_L && cs & CS_D)
        return "CS.L and CS.D are 1";
    return vmsa_get(vmsa, VMSA_CR3) & ~cpu->cr3 ? "a reserved bit of CR3 is 1" : NULL;
}
