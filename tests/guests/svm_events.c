/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SVM: which interrupts end a guest, and where single-step traps and NMIs go. No SEV.
 *
 * Sources: kvm-unit-tests x86/svm_tests.c pending_event_cli_test(), interrupt_test(), svm_test_singlestep(),
 * host_rflags_test(), nmi_test(); Linux arch/x86/kvm/svm/svm.c svm_interrupt_blocked(), arch/x86/include/asm/apicdef.h.
 */
#include "guest.h"
#include "svm.h"

#define APIC           0xfee00000u
#define APIC_EOI       0x0b0u
#define APIC_SPURIOUS  0x0f0u
#define APIC_ICR       0x300u
#define APIC_TIMER     0x320u
#define APIC_COUNT     0x380u
#define APIC_DIVIDE    0x3e0u
#define SELF_INTERRUPT 0x44000u
#define SELF_NMI       0x44400u
#define VECTOR         31u /* trap_call() returns it as it returns an exception */

#define EXIT_INTR      0x060u
#define EXIT_VINTR     0x064u
#define VMCB_INT_CTL   0x060u
#define V_IRQ          (1u << 8)
#define V_PRIORITY_5   (5u << 16)
#define V_INTR_MASKING (1u << 24)
#define VMCB_RFLAGS    0x570u
#define RFLAGS_TF      0x100u
#define RFLAGS_IF      0x200u
#define FAULT_DB       1
#define FAULT_NMI      2

#define CODE_AT ((PAGE_PRIVATE + 2) * PAGE_4K)

static struct vm vm;

static void apic_write(unsigned reg, uint32_t value)
{
    *(volatile uint32_t *)(uintptr_t)(APIC + reg) = value;
}

static void put_code(const uint8_t *code, size_t len)
{
    memcpy(vm.ram + CODE_AT, code, len);
    vm_put(&vm, VMCB_RIP, CODE_AT);
}

static void intercept(unsigned bit, bool on)
{
    uint8_t *byte = vm.vmcb + bit / 8;

    *byte = (uint8_t)(on ? *byte | 1u << bit % 8 : *byte & ~(1u << bit % 8));
}

static void int_ctl(uint32_t value)
{
    memcpy(vm.vmcb + VMCB_INT_CTL, &value, sizeof(value));
}

/* VMRUN of a host whose IF is set; it takes a pending interrupt when it sets GIF. */
static void run_with_if(void *arg)
{
    (void)arg;
    __asm__ volatile("clgi; sti");
    vm_run(&vm);
    __asm__ volatile("cli");
}

static void take_interrupt(void *arg)
{
    (void)arg;
    __asm__ volatile("sti; nop; nop; cli");
}

static void interrupts(void)
{
    int_ctl(V_INTR_MASKING);
    intercept(EXIT_INTR, true);
    apic_write(APIC_ICR, SELF_INTERRUPT | VECTOR);
    is((uint64_t)trap_call(run_with_if, NULL).vector, VECTOR,
       "a host with IF=1 gets its interrupt");
    apic_write(APIC_EOI, 0);
    is(vm_get(&vm, VMCB_EXIT_CODE), EXIT_INTR, "although its guest has IF=0");

    apic_write(APIC_ICR, SELF_INTERRUPT | VECTOR);
    vm_put(&vm, VMCB_RFLAGS, RFLAGS_IF | 2);
    is(vm_run(&vm), EXIT_VMMCALL, "under a host with IF=0, a guest with IF=1 runs on");
    is((uint64_t)trap_call(take_interrupt, NULL).vector, VECTOR,
       "the host gets the interrupt when it sets IF");
    apic_write(APIC_EOI, 0);
}

static void halted(void)
{
    static const uint8_t hlt[] = {0xf4, 0x0f, 0x01, 0xd9},
                         sti_hlt[] = {0xfb, 0xf4, 0x0f, 0x01, 0xd9};

    intercept(EXIT_HLT, false);
    put_code(hlt, sizeof(hlt));
    vm_put(&vm, VMCB_RFLAGS, 2);
    apic_write(APIC_COUNT, 20000);
    is((uint64_t)trap_call(run_with_if, NULL).vector, VECTOR,
       "an interrupt of the host ends HLT of a guest with IF=0");
    apic_write(APIC_EOI, 0);
    is(vm_get(&vm, VMCB_EXIT_CODE), EXIT_INTR, "and the guest");

    int_ctl(V_INTR_MASKING | V_IRQ | V_PRIORITY_5);
    intercept(EXIT_VINTR, true);
    put_code(sti_hlt, sizeof(sti_hlt));
    is(vm_run(&vm), EXIT_VINTR, "a virtual interrupt ends HLT");
    is(vm_get(&vm, VMCB_RIP), CODE_AT + 2, "RIP is after it");
}

static void virtual_priority(void)
{
    static const uint8_t code[] = {0x44, 0x0f, 0x22, 0xc2, /* mov %rdx, %cr8 */
                                   0xfb, 0x90, 0x90, 0x0f, 0x01, 0xd9};

    for (unsigned priority = 4; priority <= 5; priority++) {
        int_ctl(V_INTR_MASKING | V_IRQ | V_PRIORITY_5);
        vm_put(&vm, VMCB_RFLAGS, 2);
        put_code(code, sizeof(code));
        vm.regs[2] = priority;
        is(vm_run(&vm), priority == 5 ? EXIT_VMMCALL : EXIT_VINTR,
           priority == 5 ? "not one of the priority of CR8" : "a virtual interrupt above CR8");
    }
    intercept(EXIT_VINTR, false);
}

static void run(void *arg)
{
    (void)arg;
    vm_run(&vm);
}

extern const uint8_t after_vmrun[];

/* TF is set by the instruction before VMRUN. */
static void run_with_tf(void *arg)
{
    __asm__ volatile("push %%rbx; push %%rbp; clgi; pushf; orl %1, (%%rsp); popf; vmrun %%rax\n"
                     ".globl after_vmrun\n"
                     "after_vmrun: nop; pop %%rbp; pop %%rbx"
                     :
                     : "a"(((struct vm *)arg)->vmcb), "i"(RFLAGS_TF)
                     : "rcx", "rdx", "rsi", "rdi", "memory", "cc");
}

static void single_step(void)
{
    static const uint8_t vmmcall[] = {0x0f, 0x01, 0xd9};
    struct fault fault;

    vm_new(&vm, 0);
    put_code(vmmcall, sizeof(vmmcall));
    vm_put(&vm, VMCB_RFLAGS, RFLAGS_TF | 2);
    is((uint64_t)trap_call(run, NULL).vector, (uint64_t)FAULT_NONE,
       "VMMCALL of a guest with TF: no trap in the host");
    __asm__ volatile("stgi");
    is(vm_get(&vm, VMCB_EXIT_CODE), EXIT_VMMCALL, "it exits");

    vm_put(&vm, VMCB_RFLAGS, 2);
    fault = trap_call(run_with_tf, &vm);
    __asm__ volatile("stgi");
    is((uint64_t)fault.vector, FAULT_DB, "VMRUN of a host with TF: a trap");
    is(fault.ip, (uintptr_t)after_vmrun, "after VMRUN");
    is(vm_get(&vm, VMCB_EXIT_CODE), EXIT_VMMCALL, "the guest ran without one");
}

static void send_nmi(void *arg)
{
    (void)arg;
    apic_write(APIC_ICR, SELF_NMI);
    __asm__ volatile("nop");
}

void guest_main(void)
{
    trap_init();
    svm_init();
    apic_write(APIC_SPURIOUS, 0x1ff);
    apic_write(APIC_DIVIDE, 0xb);
    apic_write(APIC_TIMER, VECTOR);
    vm_new(&vm, 0);
    interrupts();
    halted();
    virtual_priority();
    single_step();
    is((uint64_t)trap_call(send_nmi, NULL).vector, FAULT_NMI,
       "an NMI that the CPU sends to itself");
    done_testing();
}
