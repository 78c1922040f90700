/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Support code for guests with SEV-ES. See es.h.
 *
 * Sources: as es.h; Linux arch/x86/coco/sev/shared.c vc_ioio_exitinfo() (SW_EXITINFO1 of port I/O);
 * arch/x86/include/asm/sev-common.h GHCB_MSR_PSC_REQ_GFN(), GHCB_MSR_REG_GPA_REQ_VAL().
 */
#include "es.h"

struct vc vc;
const char *const mode_names[MODES] = {"64-bit", "32-bit", "16-bit"};

static uint64_t resume; /* RIP where to go on after an expected #VC, 0: none is expected */

/* --- the GHCB --- */

static volatile uint64_t *field(unsigned offset)
{
    return (volatile uint64_t *)(GHCB_PAGE + offset);
}

void vmgexit(void)
{
    __asm__ volatile(".byte 0xf3, 0x0f, 0x01, 0xd9" ::: "memory");
}

uint64_t ghcb_get(unsigned offset)
{
    return *field(offset);
}

void ghcb_set(unsigned offset, uint64_t value)
{
    if (offset == G_CPL)
        *(volatile uint8_t *)(GHCB_PAGE + offset) = (uint8_t)value;
    else
        *field(offset) = value;
    *(volatile uint8_t *)(GHCB_PAGE + G_VALID + offset / 64) |= (uint8_t)(1u << offset / 8 % 8);
}

bool ghcb_is_valid(unsigned offset)
{
    return *(volatile uint8_t *)(GHCB_PAGE + G_VALID + offset / 64) >> offset / 8 % 8 & 1;
}

void ghcb_clear(void)
{
    *field(G_VALID) = 0;
    *field(G_VALID + 8) = 0;
    *(volatile uint16_t *)(GHCB_PAGE + G_VERSION) = 1;
    *(volatile uint32_t *)(GHCB_PAGE + G_USAGE) = 0;
}

static uint8_t answered[4096]; /* output uses the page too */

uint64_t ghcb_answer(unsigned offset)
{
    uint64_t value;

    memcpy(&value, answered + offset, sizeof(value));
    return value;
}

static uint64_t send(uint64_t code, uint64_t info1, uint64_t info2)
{
    ghcb_set(G_CODE, code);
    ghcb_set(G_INFO1, info1);
    ghcb_set(G_INFO2, info2);
    wrmsr(MSR_GHCB, (uintptr_t)GHCB_PAGE);
    vmgexit();
    return ghcb_is_valid(G_INFO1) && ghcb_is_valid(G_INFO2) ? ghcb_get(G_INFO1) : ~UINT64_C(0);
}

uint64_t ghcb_exit(uint64_t code, uint64_t info1, uint64_t info2)
{
    const uint64_t result = send(code, info1, info2);

    memcpy(answered, GHCB_PAGE, sizeof(answered));
    return result;
}

uint64_t ghcb_msr(uint64_t request)
{
    wrmsr(MSR_GHCB, request);
    vmgexit();
    return rdmsr(MSR_GHCB);
}

uint32_t lapic_read(uint32_t offset)
{
    ghcb_clear();
    ghcb_set(G_SCRATCH, (uintptr_t)GHCB_PAGE + G_BUFFER);
    (void)ghcb_exit(0x80000001, LAPIC + offset, 4);
    return (uint32_t)ghcb_answer(G_BUFFER);
}

void lapic_write(uint32_t offset, uint32_t value)
{
    ghcb_clear();
    ghcb_set(G_SCRATCH, (uintptr_t)GHCB_PAGE + G_BUFFER);
    *(volatile uint32_t *)(GHCB_PAGE + G_BUFFER) = value;
    (void)ghcb_exit(0x80000002, LAPIC + offset, 4);
}

/* --- #VC --- */

/* IN and OUT without a string, in 64-bit mode, which is what this guest and its library use. */
static bool answer_io(struct vc_frame *f)
{
    const uint8_t *code = (const uint8_t *)f->rip;
    bool word = *code == 0x66, immediate, in;
    unsigned size;
    uint64_t info;

    code += word;
    if ((*code & 0xf4) != 0xe4)
        return false;
    immediate = !(*code & 8);
    in = !(*code & 2);
    size = !(*code & 1) ? 1 : word ? 2 : 4;
    info = (immediate ? code[1] : f->rdx & 0xffff) << 16 | 0x200 | size << 4 | in;
    ghcb_clear();
    ghcb_set(G_RAX, in ? 0 : f->rax & (size == 4 ? 0xffffffff : size == 2 ? 0xffff : 0xff));
    if (send(0x7b, info, 0) != 0)
        return false;
    if (in && size == 4)
        f->rax = (uint32_t)ghcb_get(G_RAX);
    else if (in)
        memcpy(&f->rax, GHCB_PAGE + G_RAX, size);
    f->rip += word + 1u + immediate;
    return true;
}

void vc_handler(struct vc_frame *f);
void es_unexpected(uint64_t vector, uint64_t rip, uint64_t error);

void vc_handler(struct vc_frame *f)
{
    if (resume) {
        vc = (struct vc){vc.count + 1, f->error, f->rip, f->rflags, f->cs, read_cr2()};
        f->rip = resume;
        f->rflags &= ~UINT64_C(0x100); /* TF */
        return;
    }
    if (f->error != 0x7b || !answer_io(f))
        es_unexpected(VECTOR_VC, f->rip, f->error);
}

void vc_expect(uint64_t at)
{
    resume = at;
}

/* Without output there is nothing but the request to end the guest. */
void es_unexpected(uint64_t vector, uint64_t rip, uint64_t error)
{
    if (vector == VECTOR_VC)
        for (;;)
            ghcb_msr(0x100 | 1 << 12 | (error & 0xff) << 16);
    bail_out("unexpected exception %u, error %lx, rip %lx, cr2 %lx", (unsigned)vector, error, rip,
             (uint64_t)read_cr2());
}

/* --- descriptors --- */

#define SEL_TSS 0x80
/* For each mode, of CPL 0 and 3: code, data. 16-bit code has its base at the image. */
enum { BASE_16 = 0x10000 };

static uint64_t gdt[20] __attribute__((aligned(16)));
static uint32_t tss[26];
static uint64_t idt[256][2] __attribute__((aligned(16)));
static uint8_t stack_0[8192] __attribute__((aligned(16)));
static uint8_t stack_df[4096] __attribute__((aligned(16)));

static uint64_t descriptor(uint32_t base, uint8_t type, uint8_t flags)
{
    return 0xffff | (uint64_t)(base & 0xffffff) << 16 | (uint64_t)type << 40 |
           (uint64_t)(flags << 4 | 0xf) << 48 | (uint64_t)(base >> 24) << 56;
}

static unsigned selector(enum mode mode, unsigned cpl, bool data)
{
    return (4 + (unsigned)mode * 4 + (cpl ? 2 : 0) + data) * 8 + cpl;
}

static void fill_gdt(void)
{
    static const uint8_t code_flags[MODES] = {0xa, 0xc, 0x8};

    gdt[1] = descriptor(0, 0x9a, 0xc);
    gdt[2] = descriptor(0, 0x92, 0xc);
    gdt[3] = descriptor(0, 0x9a, 0xa);
    for (unsigned mode = 0; mode < MODES; mode++)
        for (unsigned cpl = 0; cpl <= 3; cpl += 3) {
            const uint8_t dpl = (uint8_t)(cpl << 5);
            const uint32_t base = mode == MODE_16 ? BASE_16 : 0;

            gdt[selector(mode, cpl, false) / 8] = descriptor(base, 0x9a | dpl, code_flags[mode]);
            gdt[selector(mode, cpl, true) / 8] = descriptor(0, 0x92 | dpl, 0xc);
        }
    gdt[SEL_TSS / 8] = descriptor((uint32_t)(uintptr_t)tss, 0x89, 0);
    tss[1] = (uint32_t)(uintptr_t)(stack_0 + sizeof(stack_0));
    tss[9] = (uint32_t)(uintptr_t)(stack_df + sizeof(stack_df)); /* IST 1 */
    tss[25] = sizeof(tss) << 16;                                 /* no I/O map: IOPL decides */
}

void es_gate(unsigned vector, const void *entry, unsigned dpl)
{
    const uint64_t at = (uintptr_t)entry;

    idt[vector][0] =
        (at & 0xffff) | 0x18 << 16 | (uint64_t)(0x8e00 | dpl << 13) << 32 | (at & 0xffff0000) << 32;
    idt[vector][1] = at >> 32;
}

void es_load_gdt(void)
{
    const struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } pointer = {sizeof(gdt) - 1, (uintptr_t)gdt};

    fill_gdt(); /* LTR needs a TSS that is not busy */
    __asm__ volatile("lgdt %0" ::"m"(pointer) : "memory");
    __asm__ volatile("ltr %w0" ::"r"(SEL_TSS) : "memory");
}

void es_stack(void *top)
{
    tss[1] = (uint32_t)(uintptr_t)(top ? top : stack_0 + sizeof(stack_0));
}

extern uint8_t vc_entry[], es_stubs[];
extern struct regs run_regs;
extern uint64_t run_rip, run_error;
uint64_t run_enter(const uint64_t frame[5]);

/* With SEV-SNP all memory is private at first. */
static void share_ghcb(void)
{
    const uint64_t gpa = (uintptr_t)GHCB_PAGE;

    if (ghcb_msr(0x14 | gpa | UINT64_C(2) << 52) != 0x15 || ghcb_msr(0x12 | gpa) != (0x13 | gpa))
        for (;;)
            ghcb_msr(0x100 | 1 << 12 | 0xff << 16); /* there is no output */
}

void es_init(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } pointer = {sizeof(idt) - 1, (uintptr_t)idt};

    boot_cbit = UINT64_C(1) << (rdmsr(MSR_GHCB) >> 24 & 0x3f);
    es_load_gdt();
    for (unsigned i = 0; i < 32; i++)
        es_gate(i, es_stubs + 16 * i, 0);
    es_gate(3, es_stubs + 16 * 3, 3);
    idt[VECTOR_DF][0] |= UINT64_C(1) << 32;
    es_gate(VECTOR_VC, vc_entry, 0);
    es_gate(0x30, es_stubs + 16 * 32, 3);
    pointer.limit = sizeof(idt) - 1;
    pointer.base = (uintptr_t)idt;
    __asm__ volatile("lidt %0" ::"m"(pointer) : "memory");
    if (rdmsr(MSR_SEV_STATUS) & STATUS_SNP)
        share_ghcb();
    memset(GHCB_PAGE, 0, 4096);
}

/* --- code in other modes --- */

static uint8_t stack_3[4096] __attribute__((aligned(16)));

uint64_t rip_in(enum mode mode, const void *code)
{
    return (uintptr_t)code - (mode == MODE_16 ? BASE_16 : 0);
}

int run_in(enum mode mode, unsigned cpl, const void *code, struct regs *regs)
{
    const uint64_t frame[5] = {rip_in(mode, code), selector(mode, cpl, false), regs->rflags | 2,
                               (uintptr_t)(stack_3 + sizeof(stack_3)), selector(mode, cpl, true)};
    uint64_t vector;

    run_regs = *regs;
    vector = run_enter(frame);
    *regs = run_regs;
    return vector == 32 ? -1 : (int)vector;
}
