/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a hypervisor such as KVM needs of SVM beyond the exits themselves, and VMRUNs and #VMEXITs that must not
 * end Bochs. No SEV.
 *
 * Sources: Linux arch/x86/kvm/svm/svm.c cr_interception() (EXITINFO1), npf_interception() (instruction bytes),
 * svm_vcpu_run() (CR2); arch/x86/kvm/svm/nested.c __nested_vmcb_check_save() (what VMRUN refuses).
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
    virtual_8086();
    levels();
    done_testing();
}
