/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Question: what do interrupts, INIT and NMI do to a guest with SEV-ES, and where must the gate of #VC and the local
 * APIC be? With the argument save=1 the guest prints "# ready" while an NMI is held, and loops for 600 million ticks,
 * in which the machine can be saved.
 *
 * Sources: Linux arch/x86/kvm/x86.c kvm_vcpu_reset() (INIT resets the local APIC), arch/x86/kvm/lapic.c
 * kvm_apic_accept_events() (the first CPU goes on), arch/x86/kvm/svm/svm.c svm_inject_nmi() and
 * arch/x86/kvm/svm/sev.c sev_handle_vmgexit() (NMIs are masked until NMI complete);
 * arch/x86/include/asm/apicdef.h (registers of the local APIC).
 */
#include "es/es.h"

#define APIC_BASE    0x1bu
#define APIC_SVR     0x0f0u
#define APIC_EOI     0x0b0u
#define APIC_ID_ICR  0x310u
#define APIC_ICR     0x300u
#define APIC_IRR_40  0x220u /* vectors 40h to 5Fh */
#define ICR_FIXED_40 0x4040u
#define ICR_NMI      0x4400u
#define ICR_INIT     0x4500u
#define NMI_COMPLETE 0x80000003u

__asm__(".text\n"
        "nmi_entry: incl nmis\n iretq\n"
        "interrupt_entry: incl interrupts\n iretq\n");
extern const uint8_t nmi_entry[], interrupt_entry[];
volatile uint32_t nmis, interrupts;

static uint8_t code[16] __attribute__((aligned(16)));

/* Run an instruction. Return the error code of its #VC, 0: there was none. */
static uint64_t run(const uint8_t *bytes, unsigned len, struct regs *regs)
{
    memcpy(code, bytes, len);
    code[len] = 0xcd;
    code[len + 1] = 0x30;
    vc.count = 0;
    vc_expect((uintptr_t)code + len);
    (void)run_in(MODE_64, 0, code, regs);
    vc_expect(0);
    return vc.count ? vc.code : 0;
}

static uint64_t run_cpuid(void)
{
    static const uint8_t cpuid[] = {0x0f, 0xa2};
    struct regs regs = {0};

    return run(cpuid, sizeof(cpuid), &regs);
}

/* MOV EAX, [RSI] */
static uint64_t load(uint64_t at, uint32_t *value)
{
    static const uint8_t mov[] = {0x8b, 0x06};
    struct regs regs = {.rsi = at};
    const uint64_t error = run(mov, sizeof(mov), &regs);

    *value = (uint32_t)regs.rax;
    return error;
}

static void send(uint32_t command)
{
    lapic_write(APIC_ID_ICR, 0);
    lapic_write(APIC_ICR, command);
}

/* --- INIT --- */

static void let_in(void)
{
    __asm__ volatile("sti; nop; nop; cli" ::: "memory");
}

static void pending_interrupt(void)
{
    lapic_write(APIC_SVR, 0x1ff);
    send(ICR_FIXED_40);
    ok(lapic_read(APIC_IRR_40) & 1, "an interrupt is pending");
    let_in();
    is(interrupts, 1, "it arrives");
    lapic_write(APIC_EOI, 0);

    send(ICR_FIXED_40);
    ok(lapic_read(APIC_IRR_40) & 1, "another one is pending");
    send(ICR_INIT);
    ok(!(lapic_read(APIC_IRR_40) & 1), "INIT to the first CPU, which goes on: nothing is pending");
    is(lapic_read(APIC_SVR), 0xff, "the local APIC is off");
    let_in();
    is(interrupts, 1, "no interrupt arrives");

    lapic_write(APIC_SVR, 0x1ff);
    send(ICR_FIXED_40);
    let_in();
    is(interrupts, 2, "a later one does");
    lapic_write(APIC_EOI, 0);
}

/* --- the gate of #VC --- */

#define CROSSING 0x400000u /* two pages that are not next to each other in memory */
#define FIRST    0x500000u
#define SECOND   0x700000u
#define PD_0     ((volatile uint64_t *)0x3000) /* kit/rom.S */

static uint64_t table[512] __attribute__((aligned(4096)));

static void gate_across_pages(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } own, crossing = {30 * 16 - 1, 0};

    __asm__ volatile("sidt %0" : "=m"(own));
    table[0] = FIRST | boot_cbit | 3;
    table[1] = SECOND | boot_cbit | 3;
    memset((void *)(uintptr_t)(FIRST + 0x1000), 0, 4096); /* the wrong second page has no gate */
    PD_0[CROSSING >> 21] = (uintptr_t)table | boot_cbit | 3;
    write_cr3(read_cr3());
    for (unsigned part = 4; part <= 12; part += 4) {
        crossing.base = CROSSING + 0x1000 - VECTOR_VC * 16 - part;
        memcpy((void *)(uintptr_t)crossing.base, (const void *)(uintptr_t)own.base, 30 * 16);
        __asm__ volatile("lidt %0" ::"m"(crossing));
        is(run_cpuid(), 0x72, "#VC by a gate that crosses a page end");
    }
    __asm__ volatile("lidt %0" ::"m"(own));
}

/* --- the local APIC over RAM --- */

static bool move_lapic(uint32_t base)
{
    ghcb_clear();
    ghcb_set(G_RCX, APIC_BASE);
    ghcb_set(G_RAX, base | 0x900);
    ghcb_set(G_RDX, 0);
    return ghcb_exit(0x7c, 1, 0) == 0;
}

static void lapic_over_ram(void)
{
    static const uint32_t base = 0x600000, usual = 0xfee00000;
    volatile uint32_t *ram = (volatile uint32_t *)(uintptr_t)(base + 0x30);
    uint32_t value;

    *ram = 0x12345678;
    is(load(base + 0x30, &value), 0, "RAM raises no #VC");
    is(value, 0x12345678, "what was stored");
    ok(move_lapic(base), "the local APIC moves there");
    is(load(base + 0x30, &value), 0x400, "#VC for MMIO, although the RAM was used before");
    is(load(usual + 0x30, &value), 0x400, "where it was: #VC for MMIO");
    ghcb_clear();
    ghcb_set(G_SCRATCH, (uintptr_t)GHCB_PAGE + G_BUFFER);
    ok(ghcb_exit(0x80000001, base + 0x30, 4) == 0 && (ghcb_answer(G_BUFFER) & 0xff) >= 0x10 &&
           (uint32_t)ghcb_answer(G_BUFFER) != 0x12345678,
       "an MMIO request reads its version there");
    ok(move_lapic(usual), "it moves back");
    is(load(base + 0x30, &value), 0, "RAM again: no #VC");
    is(value, 0x12345678, "with what was stored");
}

/* --- NMI --- */

static void complete(void)
{
    ghcb_clear();
    (void)ghcb_exit(NMI_COMPLETE, 0, 0);
}

static void held_nmi(bool save)
{
    uint64_t start;

    send(ICR_NMI);
    is(nmis, 1, "an NMI arrives");
    send(ICR_NMI);
    is(nmis, 1, "after IRET but before NMI complete, the next one is held");
    if (save) {
        print("# ready\n");
        for (start = rdtsc(); rdtsc() - start < 600000000u;)
            continue;
        is(nmis, 1, "it is still held");
    }
    complete();
    is(nmis, 2, "NMI complete: the held one arrives");
    send(ICR_NMI);
    send(ICR_NMI);
    is(nmis, 2, "two more are held as one");
    complete();
    is(nmis, 3, "which arrives");
    complete();
    is(nmis, 3, "nothing is held any more");
    send(ICR_NMI);
    is(nmis, 4, "the next one arrives at once");
    complete();
}

void guest_main(void)
{
    const bool save = argument("save", 0);

    es_init();
    es_gate(2, nmi_entry, 0);
    es_gate(0x40, interrupt_entry, 0);
    if (!save) {
        pending_interrupt();
        gate_across_pages();
        lapic_over_ram();
    }
    held_nmi(save);
    done_testing();
    shutdown();
}
