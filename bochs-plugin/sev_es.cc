/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SEV-ES in Bochs's CPUs. See sev_es.h.
 *
 * A CPU is in Bochs's SVM guest mode from its first instruction on, with the intercepts of
 * hv_intercepts.h and without nested paging. It never executed VMRUN, so it has no VMCB: only Bochs's
 * copy of the control area is filled. Nothing leaves guest mode, because every exit ends in exit()
 * below.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "cpu/cpuid.h"
#include "cpu/svm.h"
#if BX_SUPPORT_APIC
#include "cpu/apic.h"
#endif
#include "pc_system.h"
#include "sev_es.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory_map.h"
#include "sev_vmsa.h"

#include <string.h>

#include <vector>

#include "opt.h"
#include "rng.h"
#include "hypervisor/hv.h"
#include "hypervisor/hv_es.h"
#include "hypervisor/hv_intercepts.h"
#include "observe/exit_log.h"
#include "observe/sev_observe.h"
#include "protocol/exit_code.h"

static const uint32_t vc_mmio = 0x400; /* a nested page fault on a page that the host reserved */
static const unsigned vc_vector = 29;

struct es_cpu {
    uint32_t last_vc; /* error code of the last #VC, 0: there was none */
    uint64_t last_rip;
    uint64_t gate_idt; /* where the gate of #VC was found */
    bool gate_long, gate_known;
};

struct sev_es {
    struct sev_machine *machine;
    struct hv_guest *guest;
    struct hv_intercepts_cpu features;
    std::vector<struct es_cpu> cpus;
    struct exit_log *log;
    bool started;
    /* Bochs reads and writes the VMCB through a pointer. There is none, so it gets a page of its own. */
    alignas(4096) uint8_t vmcb[4096];
};

bool bx_sev_es_wanted(const struct opt *opt)
{
    return opt->enabled && (opt->snp || (opt->policy & SEV_POLICY_ES)) &&
           opt->launch != OPT_LAUNCH_GUEST;
}

struct sev_es *bx_sev_es_new(struct sev_machine *m)
{
    const BX_CPU_C *cpu = BX_CPU(0);
    const struct opt *opt = bx_sev_machine_opt(m);
    struct hv_es_config config = {(unsigned)opt->ghcb_max, (unsigned)opt->cbitpos, opt->lies, 0,
                                  opt->lies_page,          opt->lies_page_set};
    struct sev_es *es;

    if (!bx_sev_es_wanted(opt))
        return NULL;
    if (!cpu->vmcb)
        BX_FATAL(("sev: policy: the CPU model '%s' has no SVM, which SEV-ES needs",
                  cpu->cpuid->get_name()));
    es = new struct sev_es();
    es->machine = m;
    es->guest = hv_guest(bx_sev_machine_hv(m), 0);
    es->features.has_rdtscp = cpu->cpuid->is_cpu_extension_supported(BX_ISA_RDTSCP);
    es->features.has_xsaves = cpu->cpuid->is_cpu_extension_supported(BX_ISA_XSAVES);
    es->features.has_spec_ctrl = cpu->cpuid->is_cpu_extension_supported(BX_ISA_SCA_MITIGATIONS);
    es->cpus.resize(BX_SMP_PROCESSORS);
    if (rng_fill(bx_sev_machine_rng(m), &config.seed, sizeof(config.seed)))
        BX_FATAL(("sev: no random bytes"));
    hv_es_configure(es->guest, &config);
    es->log = exit_log_new(bx_sev_output_open("exits", opt->exits));
    if (!es->log)
        BX_FATAL(("sev: out of memory"));
    return es;
}

static void report_exits(void *, const char *line)
{
    BX_INFO(("%s", line));
}

void bx_sev_es_free(struct sev_es *es)
{
    if (!es)
        return;
    BX_INFO(("%llu #VC, %llu VMGEXIT", (unsigned long long)exit_log_vcs(es->log),
             (unsigned long long)exit_log_vmgexits(es->log)));
    if (bx_sev_machine_opt(es->machine)->log >= OPT_LOG_INFO)
        exit_log_print(es->log, report_exits, NULL);
    exit_log_free(es->log);
    delete es;
}

void bx_sev_es_print_exits(const struct sev_es *es, void (*print)(void *ctx, const char *line),
                           void *ctx)
{
    exit_log_print(es->log, print, ctx);
}

/* --- the CPU as a guest --- */

void bx_sev_es_context(struct sev_cpu *cpu)
{
    cpu->es = 1;
    cpu->svme_sticky = 1;
    cpu->insns |= 1u << SEV_INSN_VMGEXIT;
}

static void enter(struct sev_es *es, unsigned index)
{
    struct hv_intercepts intercepts;
    BX_CPU_C *cpu = BX_CPU(index);
    SVM_CONTROLS *controls = &cpu->vmcb->ctrls;

    hv_intercepts_get(&es->features, &intercepts);
    memset(controls, 0, sizeof(*controls));
    controls->dr_rd_ctrl = intercepts.dr_read;
    controls->dr_wr_ctrl = intercepts.dr_write;
    controls->exceptions_intercept = intercepts.exceptions;
    controls->intercept_vector[0] = intercepts.instructions[0];
    controls->intercept_vector[1] = intercepts.instructions[1];
    cpu->vmcbhostptr = (bx_hostpageaddr_t)es->vmcb;
    cpu->in_svm_guest = true;
    cpu->svm_gif = true;
}

const char *bx_sev_es_run_vmsa(struct sev_es *es, unsigned index, const uint8_t *vmsa)
{
    const char *wrong;

    enter(es, index);
    wrong = bx_sev_vmsa_load(index, vmsa);
    if (wrong)
        return wrong;
    es->cpus[index].gate_known = false;
    BX_CPU(index)->activity_state = BX_CPU_C::BX_ACTIVITY_STATE_ACTIVE;
    BX_CPU(index)->async_event = 1;
    return NULL;
}

/* Begin with the launched VMSA. */
static void first_run(struct sev_es *es, unsigned index)
{
    uint8_t vmsa[VMSA_SIZE];
    const char *wrong;

    if (!hv_guest_vmsa(es->guest, index, vmsa))
        BX_FATAL(("CPU %u has no launched VMSA", index));
    wrong = bx_sev_es_run_vmsa(es, index, vmsa);
    if (wrong)
        BX_FATAL(("CPU %u cannot run its launched VMSA (exit code INVALID): %s", index, wrong));
}

void bx_sev_es_start(struct sev_es *es)
{
    hv_es_start(es->guest, BX_SMP_PROCESSORS);
    first_run(es, 0);
    es->started = true;
}

void bx_sev_es_restored(struct sev_es *es)
{
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++)
        if (BX_CPU(i)->in_svm_guest)
            enter(es, i);
    es->started = true;
}

/* --- #VC --- */

/* A guest can move its local APIC over RAM. */
static bool is_local_apic(unsigned cpu, uint64_t spa)
{
#if BX_SUPPORT_APIC
    return BX_CPU(cpu)->lapic->is_selected(spa);
#else
    return false;
#endif
}

struct sev_verdict bx_sev_es_access(struct sev_es *es, unsigned cpu, uint64_t spa, uint32_t flags)
{
    static const struct sev_verdict go = {SEV_GO, 0}, mmio = {SEV_VC, vc_mmio};
    struct memmap *map = bx_sev_machine_memmap(es->machine);
    const enum sev_why why = sev_flags_why(flags);
    bool is_memory;

    if (why == SEV_WHY_DEVICE || why == SEV_WHY_HOST || (flags & SEV_FLAG_OBSERVER))
        return go;
    is_memory = memmap_kind(map, spa) & MEMMAP_MEMORY;
    if (!is_memory) {
        bx_sev_memmap_update(map); /* the frame buffer moves */
        is_memory = memmap_kind(map, spa) & MEMMAP_HOST;
    }
    if (is_memory && !is_local_apic(cpu, spa))
        return go;
    (void)bx_sev_es_exit(es, cpu, vc_mmio, 0, spa);
    return mmio;
}

/* A byte of a gate, which may cross the end of a page; 0 if there is no memory. */
static uint8_t gate_byte(struct sev_es *es, unsigned index, uint64_t at)
{
    const struct walk_mode mode = bx_sev_walk_mode(index);
    const struct walk_memory tables = bx_sev_walk_memory(es->machine, index);
    const struct walk_result result =
        walk_linear(&mode, &tables, BX_CPU(index)->efer.get_LMA() ? at : (uint32_t)at);
    uint8_t byte = 0;

    return result.present && bx_sev_read_private(es->machine, result.paddr, &byte, 1) ? byte : 0;
}

/* Check that the IDT of a CPU has something to call for #VC. In real mode that is an entry that is not
 * 0:0. */
static bool has_gate(struct sev_es *es, unsigned index)
{
    static const unsigned present = 0x80;
    const BX_CPU_C *cpu = BX_CPU(index);
    const bool real = !cpu->cr0.get_PE();
    const unsigned size = real ? 4 : cpu->efer.get_LMA() ? 16 : 8;
    const uint64_t at = cpu->idtr.base + vc_vector * size;

    if (cpu->idtr.limit < vc_vector * size + size - 1)
        return false;
    if (!real)
        return (gate_byte(es, index, at + 5) & present) != 0;
    return gate_byte(es, index, at) || gate_byte(es, index, at + 1) ||
           gate_byte(es, index, at + 2) || gate_byte(es, index, at + 3);
}

static void check_gate(struct sev_es *es, unsigned index, uint32_t code)
{
    const BX_CPU_C *cpu = BX_CPU(index);
    struct es_cpu *c = &es->cpus[index];

    if (c->gate_known && c->gate_idt == cpu->idtr.base && c->gate_long == cpu->efer.get_LMA())
        return;
    if (bx_sev_machine_opt(es->machine)->vc_without_gate == OPT_VC_STOP && !has_gate(es, index))
        BX_FATAL(
            ("CPU %u: #VC for %s (%Xh) at RIP %llxh, but its IDT has no entry 29: this firmware "
             "or kernel does not know SEV-ES. OVMF.fd of Debian's ovmf package does, "
             "OVMF_CODE_4M.fd and BIOS-bochs do not",
             index, exit_code_words(code), code, (unsigned long long)c->last_rip));
    c->gate_idt = cpu->idtr.base;
    c->gate_long = cpu->efer.get_LMA();
    c->gate_known = true;
}

static void shutdown(struct sev_es *es, unsigned index)
{
    const struct es_cpu *c = &es->cpus[index];
    char last[160] = "";

    if (c->last_vc)
        snprintf(last, sizeof(last), " The last #VC was for %s (%Xh) at RIP %llxh.",
                 exit_code_words(c->last_vc), c->last_vc, (unsigned long long)c->last_rip);
    BX_FATAL(("CPU %u: triple fault at RIP %llxh, which ends a SEV-ES guest.%s", index,
              (unsigned long long)BX_CPU(index)->prev_rip, last));
}

static struct exit_log_place place_of(unsigned index)
{
    return {bx_pc_system.time_ticks(), index, BX_CPU(index)->prev_rip};
}

int bx_sev_es_exit(struct sev_es *es, unsigned index, int64_t code, uint64_t info1, uint64_t)
{
    const struct exit_log_place place = place_of(index);
    struct es_cpu *c = &es->cpus[index];

    if (code == SVM_VMEXIT_SHUTDOWN)
        shutdown(es, index);
    c->last_vc = (uint32_t)code;
    c->last_rip = BX_CPU(index)->prev_rip;
    check_gate(es, index, c->last_vc);
    exit_log_vc(es->log, &place, c->last_vc);
#if BX_DEBUGGER
    if (bx_sev_machine_breaks(es->machine))
        bx_sev_breaks_vc(bx_sev_machine_breaks(es->machine), index, c->last_vc, info1);
#endif
    return (int)code;
}

bool bx_sev_es_msr(const struct sev_es *es, uint32_t index)
{
    return hv_intercepts_msr(&es->features, index);
}

/* --- the hypervisor --- */

/* A CPU in reset hold that executes was woken by an interrupt. */
static void executes(struct sev_es *es, unsigned cpu)
{
    if (!hv_es_vcpu_runs(es->guest, cpu))
        hv_es_interrupt(es->guest, cpu);
}

void bx_sev_es_vmgexit(struct sev_es *es, unsigned cpu)
{
    executes(es, cpu);
    hv_es_vmgexit(es->guest, cpu);
}

void bx_sev_es_trace(struct sev_es *es, const struct hv_exit_record *record)
{
    const struct exit_log_place place = place_of(record->cpu);
    const struct exit_log_request request = {record->msr_protocol, record->code,    record->info1,
                                             record->info2,        record->result1, record->result2,
                                             record->words};

    exit_log_vmgexit(es->log, &place, &request);
#if BX_DEBUGGER
    if (bx_sev_machine_breaks(es->machine))
        bx_sev_breaks_vmgexit(bx_sev_machine_breaks(es->machine), record->cpu, &request);
#endif
}

bool bx_sev_es_launched(const struct sev_es *es, unsigned cpu, uint8_t *vmsa)
{
    return hv_guest_vmsa(es->guest, cpu, vmsa);
}

uint64_t bx_sev_es_ghcb(const struct sev_es *es, unsigned cpu)
{
    return hv_es_ghcb_msr(es->guest, cpu);
}

void bx_sev_es_set_ghcb(struct sev_es *es, unsigned cpu, uint64_t value)
{
    executes(es, cpu);
    hv_es_set_ghcb_msr(es->guest, cpu, value);
}

/* INIT resets the local APIC but for its address, as Linux arch/x86/kvm/x86.c kvm_vcpu_reset() does,
 * and no register. */
static void init(struct sev_es *es, unsigned cpu)
{
#if BX_SUPPORT_APIC
    BX_CPU(cpu)->lapic->reset(BX_RESET_SOFTWARE);
    BX_CPU(cpu)->lapic->set_base(BX_CPU(cpu)->msr.apicbase);
    BX_CPU(cpu)->clear_event(BX_EVENT_PENDING_LAPIC_INTR);
#endif
    hv_es_init(es->guest, cpu);
    if (!hv_es_vcpu_runs(es->guest, cpu)) /* nothing but a SIPI makes it go on */
        BX_CPU(cpu)->activity_state = BX_CPU_C::BX_ACTIVITY_STATE_WAIT_FOR_SIPI;
}

bool bx_sev_es_startup(struct sev_es *es, unsigned cpu, enum sev_signal signal, uint8_t vector)
{
    switch (signal) {
    case SEV_SIGNAL_INIT:
        init(es, cpu);
        return true;
    case SEV_SIGNAL_SIPI:
        hv_es_sipi(es->guest, cpu, vector);
        return true;
    case SEV_SIGNAL_NMI:
        return !hv_es_nmi(es->guest, cpu);
    case SEV_SIGNAL_SMI: /* Linux arch/x86/kvm/svm/svm.c svm_has_emulated_msr(): there is no SMM */
        return true;
    default:
        if (es->started)
            BX_FATAL(("the machine is reset: a hypervisor cannot reset CPUs with SEV-ES, so the "
                      "machine ends"));
        return false;
    }
}

/* A CPU in reset hold is halted: an interrupt or an NMI makes it go on too, as in Linux
 * arch/x86/kvm/x86.c vcpu_block() for KVM_MP_STATE_AP_RESET_HOLD. */
void bx_sev_es_vcpu_wait(struct sev_es *, unsigned cpu)
{
    if (!cpu && !BX_CPU(cpu)->get_IF())
        BX_INFO(("CPU 0 is in AP reset hold with interrupts off: only an NMI or INIT ends it"));
    BX_CPU(cpu)->activity_state = BX_CPU_C::BX_ACTIVITY_STATE_HLT;
    BX_CPU(cpu)->async_event = 1;
}

void bx_sev_es_vcpu_run(struct sev_es *es, unsigned cpu, bool first)
{
    if (first) {
        first_run(es, cpu);
        return;
    }
    BX_CPU(cpu)->activity_state = BX_CPU_C::BX_ACTIVITY_STATE_ACTIVE;
    BX_CPU(cpu)->async_event = 1;
}
