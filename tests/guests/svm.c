/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a hypervisor such as KVM needs of SVM beyond the exits themselves, and VMRUNs and #VMEXITs that must not
 * end Bochs. No SEV. Interrupts and traps are in svm_events.c.
 *
 * Sources: Linux arch/x86/kvm/svm/svm.c cr_interception() (EXITINFO1), npf_interception() (instruction bytes),
 * svm_vcpu_run() (CR2); arch/x86/kvm/svm/nested.c __nested_vmcb_check_save() (what VMRUN refuses);
 * arch/x86/kvm/mmu/mmu.c __reset_rsvds_bits_mask() (bit 8); kvm-unit-tests x86/svm_tests.c and svm_npt.c (RSM, LMSW,
 * error codes of nested page faults, IOPM).
 */
#include "guest.h"
#include "svm.h"

#define AT(page)     ((uint64_t)(page)*PAGE_4K)
#define MOV          (1ull << 63)
#define NPF_FETCH    (1ull << 4)
#define EFLAGS_VM    0x20000u
#define VMCB_RFLAGS  0x570u
#define VMCB_CPL     0x4cbu
#define VMCB_SEGMENT 0x400u
#define VMCB_TR      0x490u
#define EFER_LMA     0x400u
#define EXIT_UD      0x046u
#define EXIT_SS      0x04cu
#define EXIT_GP      0x04du
#define EXIT_RSM     0x073u

static struct vm vm;

static void control_registers(void)
{
    is(vm_do(&vm, OP_NOTHING, 0, 0), EXIT_VMMCALL, "the guest runs");
    vm_put(&vm, VMCB_CR2, 0x123456789abc);
    is(vm_do(&vm, OP_READ_CR2, 0, 0), EXIT_VMMCALL, "it reads CR2");
    is(vm_result(&vm), 0x123456789abc, "which is that of the VMCB");
    vm.vmcb[VMCB_CR_READ] = 1 << 4;
    is(vm_do(&vm, OP_READ_CR4, 0, 0), EXIT_CR4_READ, "MOV RAX, CR4");
    is(vm_get(&vm, VMCB_EXIT_INFO1), MOV, "EXITINFO1: MOV, register 0");
    vm.vmcb[VMCB_CR_READ] = 0;
    is(vm_skip(&vm, 3), EXIT_VMMCALL, "the guest goes on");
    vm.vmcb[VMCB_INTERCEPT0] |= 1 << 5;
    is(vm_do(&vm, OP_WRITE_CR0, 0, CR0_PG | 0x11), EXIT_CR0_SEL, "MOV CR0, RDX that changes WP");
    is(vm_get(&vm, VMCB_EXIT_INFO1), MOV | 2, "EXITINFO1: MOV, register 2");
    vm.vmcb[VMCB_INTERCEPT0] &= (uint8_t) ~(1 << 5);
    is(vm_skip(&vm, 3), EXIT_VMMCALL, "the guest goes on");
}

/* Let the guest run this code. */
static uint64_t run_code(const uint8_t *code, size_t len)
{
    const uint64_t at = AT(PAGE_PRIVATE + 2);

    memcpy(vm.ram + at, code, len);
    vm_put(&vm, VMCB_RIP, at);
    return vm_run(&vm);
}

static void set_intercept(unsigned bit, bool on)
{
    uint8_t *byte = vm.vmcb + bit / 8;

    *byte = (uint8_t)(on ? *byte | 1u << bit % 8 : *byte & ~(1u << bit % 8));
}

/* 32-bit protected mode without paging. */
static void vm_new_32(void)
{
    vm_new(&vm, 0);
    vm_put(&vm, VMCB_EFER, 0x1000);
    vm_put(&vm, VMCB_CR0, 0x11);
    for (unsigned i = 0; i < 4; i++)
        vm_put(&vm, VMCB_SEGMENT + i * 16,
               UINT64_C(0xffffffff) << 32 | (i == 1 ? 0xc9b0010 : 0xc930010));
}

/* Real mode. Its paging would be by 32-bit tables, of which the first maps the first 4 MiB. */
static void vm_new_real(void)
{
    uint32_t *directory, *table;

    vm_new_32();
    directory = (uint32_t *)(vm.ram + AT(PAGE_TABLES));
    table = (uint32_t *)(vm.ram + AT(PAGE_TABLES + 1));
    directory[0] = (uint32_t)AT(PAGE_TABLES + 1) | PTE_P | PTE_W;
    for (uint32_t page = 0; page < VM_PAGES; page++)
        table[page] = page * PAGE_4K | PTE_P | PTE_W;
    vm_put(&vm, VMCB_CR4, 0);
    vm_put(&vm, VMCB_CR0, 0x10);
}

/* The field has the number of bytes, then the bytes, which are those at `at` of the guest's memory. */
static void bytes_are(uint64_t at, unsigned n, const char *name)
{
    const uint8_t *field = vm.vmcb + VMCB_INSN;

    ok(field[0] == n && !memcmp(field + 1, vm.ram + at, n), "%s", name);
}

static void instruction_bytes(void)
{
    static const uint8_t load[] = {0x48, 0x8b, 0x02, 0xc3}; /* mov (%rdx), %rax; ret */
    const uint64_t across = AT(PAGE_PRIVATE + 1) - 1, missing = AT(VM_PAGES);

    is(vm_do(&vm, OP_LOAD, missing, 0), EXIT_NPF, "a load from a page that is not there");
    bytes_are(vm_get(&vm, VMCB_RIP), 15, "15 bytes from its instruction on");
    vm.nested[VM_PAGES] = ((uintptr_t)vm.ram + AT(VM_PAGES - 1)) | PTE_P | PTE_W | PTE_U;
    is(vm_run(&vm), EXIT_VMMCALL, "the page is there");
    is(vm.vmcb[VMCB_INSN], 0, "after another exit there are none");
    vm.nested[VM_PAGES] = 0;

    memcpy(vm.ram + across, load, sizeof(load));
    is(vm_do(&vm, OP_CALL, across, missing), EXIT_NPF,
       "a load by an instruction across a page end");
    is(vm_get(&vm, VMCB_RIP), across, "RIP is at its first byte");
    bytes_are(across, 15, "15 bytes of both pages");
    vm.nested[VM_PAGES] = ((uintptr_t)vm.ram + AT(VM_PAGES - 1)) | PTE_P | PTE_W | PTE_U;
    is(vm_run(&vm), EXIT_VMMCALL, "the guest goes on");
    vm.nested[VM_PAGES] = 0;

    is(vm_do(&vm, OP_CALL, missing, 0), EXIT_NPF, "code in a page that is not there");
    ok(vm_get(&vm, VMCB_EXIT_INFO1) & NPF_FETCH, "EXITINFO1: a fetch");
    is(vm.vmcb[VMCB_INSN], 0, "no bytes");
    vm.nested[VM_PAGES] = vm.nested[PAGE_PRIVATE + 1];
    vm.ram[AT(PAGE_PRIVATE + 1)] = 0xc3; /* ret */
    is(vm_run(&vm), EXIT_VMMCALL, "the guest goes on");
}

static void refused(void)
{
    static const struct {
        uint64_t cr0, cr4;
        const char *name;
    } rows[] = {
        {CR0_PG | 0x10, CR4_PAE, "VMRUN: long mode and paging without protected mode"},
        {CR0_PG | 0x11, 0, "VMRUN: long mode without PAE"},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint64_t cr0 = vm_get(&vm, VMCB_CR0), cr4 = vm_get(&vm, VMCB_CR4),
                       rip = vm_get(&vm, VMCB_RIP);

        vm_put(&vm, VMCB_CR0, rows[i].cr0);
        vm_put(&vm, VMCB_CR4, rows[i].cr4);
        is(vm_run(&vm), EXIT_INVALID, rows[i].name);
        is(vm_get(&vm, VMCB_RIP), rip, "the guest's state is as it was");
        vm_put(&vm, VMCB_CR0, cr0);
        vm_put(&vm, VMCB_CR4, cr4);
    }
    is(vm_do(&vm, OP_NOTHING, 0, 0), EXIT_VMMCALL, "with its own state the guest goes on");
}

static void addresses_refused(void)
{
    const unsigned width = cpuid(0x80000008, 0).eax & 0xff;
    const struct {
        unsigned offset;
        uint64_t value;
        const char *name;
    } rows[] = {
        {VMCB_CR3, 1ull << 63, "VMRUN: CR3 with bit 63"},
        {VMCB_CR3, 1ull << width, "VMRUN: CR3 above the physical addresses"},
        {VMCB_IOPM, (1ull << width) - 2 * PAGE_4K, "VMRUN: an IOPM that ends above them"},
        {VMCB_MSRPM, (1ull << width) - PAGE_4K, "VMRUN: a MSRPM that ends above them"},
    };

    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint64_t before = vm_get(&vm, rows[i].offset);

        vm_put(&vm, rows[i].offset, rows[i].value);
        is(vm_run(&vm), EXIT_INVALID, rows[i].name);
        vm_put(&vm, rows[i].offset, before);
    }
}

static void nested_faults(void)
{
    uint64_t *top = (uint64_t *)(uintptr_t)vm_get(&vm, VMCB_NESTED_CR3);
    const uint64_t efer = rdmsr(MSR_EFER);

    wrmsr(MSR_EFER, efer & ~(uint64_t)EFER_NXE);
    vm.nested[PAGE_CODE] |= 1ull << 63;
    is(vm_run(&vm), EXIT_NPF, "a nested entry with bit 63 under a host without NXE");
    is(vm_get(&vm, VMCB_EXIT_INFO1), NPF_FINAL | NPF_P | NPF_U | NPF_RSVD,
       "EXITINFO1 does not say: a fetch");
    wrmsr(MSR_EFER, efer | EFER_NXE);
    is(vm_run(&vm), EXIT_NPF, "with NXE it is not executable");
    is(vm_get(&vm, VMCB_EXIT_INFO1), NPF_FINAL | NPF_P | NPF_U | NPF_FETCH, "EXITINFO1: a fetch");
    vm.nested[PAGE_CODE] &= ~(1ull << 63);
    wrmsr(MSR_EFER, efer);

    top[0] |= 1 << 8;
    is(vm_run(&vm), EXIT_NPF, "bit 8 of the upper level is reserved");
    is(vm_get(&vm, VMCB_EXIT_INFO1), NPF_WALK | NPF_P | NPF_W | NPF_U | NPF_RSVD,
       "EXITINFO1: reserved, in a walk");
    top[0] &= ~UINT64_C(0x100);
}

static void intercepts(void)
{
    static const uint8_t rsm[] = {0x0f, 0xaa}, lmsw[] = {0x0f, 0x01, 0xf2}, /* lmsw %dx */
        skinit[] = {0x0f, 0x01, 0xde}, mov_cr0[] = {0x0f, 0x22, 0xc2};

    vm_new(&vm, 0);
    set_intercept(EXIT_UD, true);
    set_intercept(EXIT_RSM, true);
    is(run_code(rsm, sizeof(rsm)), EXIT_RSM,
       "RSM outside of system management mode: its intercept");
    set_intercept(EXIT_RSM, false);
    is(run_code(rsm, sizeof(rsm)), EXIT_UD, "without one, #UD");
    is(run_code(skinit, sizeof(skinit)), EXIT_UD, "SKINIT, which the CPU does not have: #UD");

    set_intercept(EXIT_CR0_SEL, true);
    vm.regs[2] = 0x13; /* sets MP */
    is(run_code(lmsw, sizeof(lmsw)), EXIT_CR0_SEL,
       "LMSW that changes only MP: selective CR0 write");
    is(vm_get(&vm, VMCB_EXIT_INFO1), 0, "EXITINFO1 has no register");

    vm_new_32();
    set_intercept(EXIT_CR0_SEL, true);
    vm_put(&vm, VMCB_EFER, 0x1000 | EFER_LME);
    vm_put(&vm, VMCB_CR4, CR4_PAE);
    vm_put(&vm, VMCB_TR, UINT64_C(0x67) << 32 | 0x8b0028);
    __asm__ volatile("vmload %%rax" ::"a"(vm.vmcb) : "memory");
    vm.regs[2] = CR0_PG | 0x11;
    is(run_code(mov_cr0, sizeof(mov_cr0)), EXIT_CR0_SEL, "MOV CR0 that would enter long mode");
    is(vm_get(&vm, VMCB_EFER) & EFER_LMA, 0, "EFER.LMA is that of the old CR0");
    is(vm_get(&vm, VMCB_CR0) & CR0_PG, 0, "as is CR0.PG");
}

/* Paged real mode: VMRUN and RSM can enter it, MOV to CR0 cannot. */
static void paged_real_mode(void)
{
    static const uint8_t mov_cr0[] = {0x0f, 0x22, 0xc2},
                         lmsw[] = {0x0f, 0x01, 0xf2, 0x0f, 0x01, 0xd9};

    vm_new(&vm, 0);
    set_intercept(EXIT_GP, true);
    vm.regs[2] = CR0_PG | 0x10;
    is(run_code(mov_cr0, sizeof(mov_cr0)), EXIT_GP,
       "MOV CR0 that sets PG without PE, in long mode: #GP");
    is(vm_get(&vm, VMCB_EFER) & EFER_LMA, EFER_LMA, "EFER.LMA is as before");
    is(vm_get(&vm, VMCB_CR0), CR0_PG | CR0_WP | 0x11, "so is CR0");

    vm_new_32();
    set_intercept(EXIT_GP, true);
    vm.regs[2] = CR0_PG | 0x10;
    is(run_code(mov_cr0, sizeof(mov_cr0)), EXIT_GP, "without paging: #GP");

    vm_new_real();
    vm_put(&vm, VMCB_CR0, CR0_PG | 0x10);
    set_intercept(EXIT_GP, true);
    vm.regs[2] = 2;
    is(run_code(lmsw, sizeof(lmsw)), EXIT_VMMCALL, "LMSW in paged real mode");
    is(vm_get(&vm, VMCB_CR0), CR0_PG | 0x12, "sets MP and keeps the mode");
}

/* VMRUN takes from a VMCB what a CPU can have. */
static void loaded_state(void)
{
    static const uint8_t push[] = {0x50};

    vm_new(&vm, 0);
    vm_put(&vm, VMCB_RFLAGS, 0);
    vm.vmcb[VMCB_CPL] = 0xfc;
    vm.vmcb[VMCB_SEGMENT + 0x12] = 3; /* CS: neither present nor a code segment */
    is(vm_run(&vm), EXIT_VMMCALL, "CPL FCh, RFLAGS 0, CS not present: the guest runs");
    is(vm.vmcb[VMCB_CPL], 0, "its CPL is two bits");
    is(vm_get(&vm, VMCB_RFLAGS), 2, "its RFLAGS have bit 1");

    vm_new_32();
    set_intercept(EXIT_SS, true);
    vm.vmcb[VMCB_SEGMENT + 0x22] = 0x91; /* SS is read-only */
    is(run_code(push, sizeof(push)), EXIT_SS, "PUSH with a read-only SS: #SS");

    vm_put(&vm, VMCB_TR, UINT64_C(0x67) << 32 | 0x28);
    __asm__ volatile("vmload %%rax; vmsave %%rax" ::"a"(vm.vmcb) : "memory");
    is(vm.vmcb[VMCB_TR + 2], 0x83, "VMLOAD of a TR that is no TSS: a busy TSS");
    is(cpuid(0x8000000a, 0).edx & 2, 0, "CPUID: no LBR virtualization");
}

static void virtual_8086(void)
{
    vm_new(&vm, 0);
    for (unsigned i = 0; i < 4; i++) {
        const uint16_t selector = i == 1 ? AT(PAGE_CODE) / 16 : 0;

        vm_put(&vm, VMCB_SEGMENT + i * 0x10, UINT64_C(0xffff) << 32 | 0xf3 << 16 | selector);
        vm_put(&vm, VMCB_SEGMENT + i * 0x10 + 8, selector * UINT64_C(16));
    }
    vm_put(&vm, VMCB_EFER, 0x1000);
    vm_put(&vm, VMCB_CR0, 0x11);
    vm_put(&vm, VMCB_CR4, 0);
    vm_put(&vm, VMCB_RIP, 0);
    vm_put(&vm, VMCB_RFLAGS, EFLAGS_VM | 2);
    vm.vmcb[VMCB_CPL] = 3;
    is(vm_run(&vm), EXIT_VMMCALL, "a guest in virtual 8086 mode exits to a host in long mode");
    is(vm_get(&vm, VMCB_RFLAGS), EFLAGS_VM | 2, "its RFLAGS");
}

static void levels(void)
{
    if (!(cpuid(7, 0).ecx & 1u << 16)) {
        skip("a guest with 5-level paging", "the CPU has no LA57");
        return;
    }
    vm_new(&vm, 0);
    *(uint64_t *)(vm.ram + AT(PAGE_TABLES + 4)) = AT(PAGE_TABLES) | PTE_P | PTE_W;
    vm_put(&vm, VMCB_CR3, AT(PAGE_TABLES + 4));
    vm_put(&vm, VMCB_CR4, CR4_PAE | CR4_LA57);
    is(vm_run(&vm), EXIT_VMMCALL, "a guest with 5-level paging under nested tables of 4 levels");
    *(uint64_t *)(vm.ram + AT(PAGE_PRIVATE)) = 42;
    is(vm_load(&vm, AT(PAGE_PRIVATE)), 42, "reads its memory");
    ((uint64_t *)(vm.ram + AT(PAGE_TABLES + 4)))[1] = AT(PAGE_TABLES) | PTE_P | PTE_W;
    set_intercept(EXIT_GP, true);
    is(vm_load(&vm, AT(PAGE_PRIVATE) | 1ull << 48), 42, "and above bit 47 of the addresses");
}

void guest_main(void)
{
    trap_init();
    svm_init();
    vm_new(&vm, 0);
    is(vm_run(&vm), EXIT_VMMCALL, "VMRUN: the code runs until its VMMCALL");
    if (vm_rounds(&vm))
        return;
    control_registers();
    instruction_bytes();
    refused();
    addresses_refused();
    nested_faults();
    intercepts();
    paged_real_mode();
    loaded_state();
    virtual_8086();
    levels();
    done_testing();
}
