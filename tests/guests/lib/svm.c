/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See svm.h.
 */
#include "svm.h"

#define MSR_VM_HSAVE_PA 0xc0010117u
#define EFER_LMA        0x400u
#define EFER_SVME       0x1000u

#define INTERCEPT0 (1u << 18 | 1u << 24 | 1u << 27 | 1u << 28 | 1u << 31)
#define INTERCEPT1 (1u << 0 | 1u << 1)

static uint8_t *iopm, *msrpm; /* everything is intercepted */

/* --- the guest's code --- */

void agent(void);
extern const uint8_t agent_end[];

/* It returns to its host by VMMCALL with a result in RAX. The host puts an operation into RBX. */
__asm__(
    ".globl agent\n"
    ".balign 16\n"
    "agent:\n"
    "   vmmcall\n"
    "   lea 1f(%rip), %rsi\n"
    "   movslq (%rsi, %rbx, 4), %rdi\n"
    "   add %rsi, %rdi\n"
    "   jmp *%rdi\n"
    ".balign 4\n"
    "1: .long agent - 1b, 2f - 1b, 3f - 1b, 4f - 1b, 5f - 1b, 6f - 1b, 7f - 1b, 8f - 1b, 9f - 1b\n"
    "   .long 10f - 1b, 11f - 1b, 12f - 1b, 13f - 1b\n"
    "2: mov (%rcx), %rax; jmp agent\n"
    "3: mov %rdx, (%rcx); jmp agent\n"
    "4: xor %eax, %eax; call *%rcx; jmp agent\n"
    "5: rdmsr; shl $32, %rdx; or %rdx, %rax; jmp agent\n"
    "6: mov %ecx, %eax; xor %ecx, %ecx; cpuid; jmp agent\n"
    "7: mov %ecx, %edx; out %al, %dx; jmp agent\n"
    "8: mov %cr2, %rax; jmp agent\n"
    "9: mov %cr3, %rax; jmp agent\n"
    "10: mov %cr4, %rax; jmp agent\n"
    "11: mov %rdx, %cr0; jmp agent\n"
    "12: hlt; jmp agent\n"
    "13: xor %eax, %eax; mov $0x1000000, %edi\n"
    "14: add (%rcx), %rax; dec %edi; jnz 14b; jmp agent\n"
    ".globl agent_end\n"
    "agent_end:\n");

/* --- VMRUN --- */

void vm_enter(uint64_t vmcb, uint64_t regs[3]);

__asm__(".globl vm_enter\n"
        "vm_enter:\n"
        "   push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rsi\n"
        "   mov %rdi, %rax\n"
        "   mov (%rsi), %rbx; mov 8(%rsi), %rcx; mov 16(%rsi), %rdx\n"
        "   clgi; vmrun %rax; stgi\n"
        "   pop %rsi\n"
        "   mov %rbx, (%rsi); mov %rcx, 8(%rsi); mov %rdx, 16(%rsi)\n"
        "   pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "   ret\n");

void svm_init_cpu(void *page)
{
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SVME);
    wrmsr(MSR_VM_HSAVE_PA, (uintptr_t)page);
}

void svm_init(void)
{
    svm_init_cpu(page_alloc(1));
    iopm = page_alloc(3);
    memset(iopm, 0xff, 3 * PAGE_4K);
    msrpm = page_alloc(2);
    memset(msrpm, 0xff, 2 * PAGE_4K);
}

uint64_t vm_get(const struct vm *vm, unsigned offset)
{
    uint64_t value;

    memcpy(&value, vm->vmcb + offset, 8);
    return value;
}

void vm_put(struct vm *vm, unsigned offset, uint64_t value)
{
    memcpy(vm->vmcb + offset, &value, 8);
}

uint64_t vm_run(struct vm *vm)
{
    vm_enter((uintptr_t)vm->vmcb, vm->regs);
    return vm_get(vm, VMCB_EXIT_CODE);
}

uint64_t vm_skip(struct vm *vm, unsigned instruction_length)
{
    vm_put(vm, VMCB_RIP, vm_get(vm, VMCB_RIP) + instruction_length);
    return vm_run(vm);
}

uint64_t vm_do(struct vm *vm, enum op op, uint64_t at, uint64_t value)
{
    vm->regs[0] = op;
    vm->regs[1] = at;
    vm->regs[2] = value;
    return vm_skip(vm, 3); /* VMMCALL */
}

bool vm_rounds(struct vm *vm)
{
    const uint64_t rounds = argument("rounds", UINT64_MAX);
    uint64_t wrong = 0;

    if (rounds == UINT64_MAX)
        return false;
    for (uint64_t i = 0; i < rounds; i++)
        wrong += vm_do(vm, OP_NOTHING, 0, 0) != EXIT_VMMCALL;
    is(wrong, 0, "each VMRUN returns by VMMCALL");
    done_testing();
    return true;
}

uint64_t vm_result(const struct vm *vm)
{
    return vm_get(vm, VMCB_RAX);
}

uint64_t vm_load(struct vm *vm, uint64_t at)
{
    return vm_do(vm, OP_LOAD, at, 0) == EXIT_VMMCALL ? vm_result(vm) : UINT64_MAX;
}

/* --- a new guest --- */

/* Of 512 entries each. All but the last level have one entry. */
static void own_tables(struct vm *vm, uint64_t cbit)
{
    uint64_t *table = (uint64_t *)(vm->ram + PAGE_TABLES * PAGE_4K);

    for (unsigned level = 0; level < 3; level++)
        table[level * 512] = (PAGE_TABLES + level + 1) * PAGE_4K | cbit | PTE_P | PTE_W;
    table += (size_t)3 * 512;
    for (unsigned page = 0; page < VM_PAGES; page++) {
        const bool private_ = page < PAGE_SHARED;

        table[page] = page * PAGE_4K | PTE_P | PTE_W | (private_ ? cbit : 0);
        table[ALIAS + page] = page * PAGE_4K | PTE_P | PTE_W | (private_ ? 0 : cbit);
    }
    /* Pages that are not in the nested tables. */
    table[VM_PAGES] = VM_PAGES * PAGE_4K | PTE_P | PTE_W | cbit;
    table[VM_PAGES + 1] = (VM_PAGES + 1) * PAGE_4K | PTE_P | PTE_W;
}

static void nested_tables(struct vm *vm)
{
    uint64_t *tables = page_alloc(4);

    for (unsigned level = 0; level < 3; level++)
        tables[level * 512] = ((uintptr_t)tables + (level + 1) * PAGE_4K) | PTE_P | PTE_W | PTE_U;
    vm->nested_pd = tables + (size_t)2 * 512;
    vm->nested = tables + (size_t)3 * 512;
    for (unsigned page = 0; page < VM_PAGES; page++)
        vm->nested[page] = ((uintptr_t)vm->ram + page * PAGE_4K) | PTE_P | PTE_W | PTE_U;
    vm_put(vm, VMCB_NESTED_CR3, (uintptr_t)tables);
}

static void put_segment(struct vm *vm, unsigned offset, uint16_t selector, uint16_t attributes)
{
    vm_put(vm, offset, UINT64_C(0xffffffff) << 32 | (uint32_t)attributes << 16 | selector);
}

void vm_new(struct vm *vm, uint64_t cbit)
{
    memset(vm, 0, sizeof(*vm));
    vm->vmcb = page_alloc(1);
    vm->ram = page_alloc(VM_PAGES);
    memcpy(vm->ram + PAGE_CODE * PAGE_4K, (const void *)agent,
           (size_t)(agent_end - (const uint8_t *)agent));
    own_tables(vm, cbit);
    nested_tables(vm);
    vm_put(vm, VMCB_INTERCEPT0, (uint64_t)INTERCEPT1 << 32 | INTERCEPT0);
    vm_put(vm, VMCB_IOPM, (uintptr_t)iopm);
    vm_put(vm, VMCB_MSRPM, (uintptr_t)msrpm);
    vm_put(vm, VMCB_ASID, 1);
    vm_put(vm, VMCB_NESTED, NESTED_PAGING | (cbit ? NESTED_SEV : 0));
    for (unsigned i = 0; i < 4; i++)
        put_segment(vm, 0x400 + i * 0x10, 0x10, i == 1 ? 0x29b : 0xc93);
    vm_put(vm, VMCB_EFER, EFER_SVME | EFER_LMA | EFER_LME);
    vm_put(vm, VMCB_CR0, CR0_PG | CR0_WP | 0x11);
    vm_put(vm, VMCB_CR4, CR4_PAE);
    vm_put(vm, VMCB_CR3, PAGE_TABLES * PAGE_4K | cbit);
    vm_put(vm, 0x560, 0x400);                        /* DR7 */
    vm_put(vm, 0x568, 0xffff0ff0);                   /* DR6 */
    vm_put(vm, 0x570, 2);                            /* RFLAGS */
    vm_put(vm, 0x668, UINT64_C(0x0007040600070406)); /* PAT */
    vm_put(vm, VMCB_RIP, PAGE_CODE * PAGE_4K);
    vm_put(vm, VMCB_RSP, (PAGE_STACK + 1) * PAGE_4K);
}
