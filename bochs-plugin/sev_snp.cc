/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SEV-SNP in Bochs's CPUs. See sev_snp.h.
 *
 * The order of the checks of PVALIDATE and RMPADJUST that need a CPU - mode, privilege, C-bit of the
 * mapping - is a choice of this model. #PF with P and RSV for PVALIDATE through C=0 is what a public
 * emulator of SEV-SNP guests reports from hardware.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "sev_es.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory.h"
#include "sev_snp.h"
#include "sev_vmsa.h"

#include <errno.h>

#include <vector>

#include "memory_map.h"
#include "opt.h"
#include "psp_host.h"
#include "rmp.h"
#include "rng.h"
#include "hypervisor/hv.h"
#include "hypervisor/hv_snp.h"
#include "observe/sev_observe.h"
#include "protocol/vmsa.h"

static const struct sev_verdict go = {SEV_GO, 0};
/* More than enough: one change of the page's owner, and one of its size. */
static const unsigned tries_max = 4;

struct snp_cpu {
    uint8_t vmpl;
    uint64_t vmsa; /* the page of the VMSA that it runs, 0: a launched one */
};

struct sev_snp {
    struct sev_machine *machine;
    struct rmp *rmp;
    struct hv_guest *guest;
    std::vector<struct snp_cpu> cpus;
    bool for_code;    /* the RMP changes in the course of a fetch or a page walk */
    bool dma_refused; /* reported once */
    unsigned reports; /* of pages that are not validated */
};

bool bx_sev_snp_wanted(const struct opt *opt)
{
    return opt->snp && bx_sev_es_wanted(opt);
}

/* The only place that drops translations for the RMP. */
static void rmp_changed(void *ctx, uint64_t spa, uint64_t n)
{
    struct sev_snp *snp = (struct sev_snp *)ctx;

    if (bx_sev_machine_memory(snp->machine)) /* the machine is not being freed */
        bx_sev_memory_drop(bx_sev_machine_memory(snp->machine), spa, n, snp->for_code);
    if (bx_sev_machine_timeline(snp->machine))
        bx_sev_timeline_rmp(bx_sev_machine_timeline(snp->machine), snp->rmp, spa, n);
    if (bx_sev_machine_rmp_watch(snp->machine))
        bx_sev_rmp_watch_changed(bx_sev_machine_rmp_watch(snp->machine), spa, n);
}

void bx_sev_snp_unmap(struct sev_snp *snp, uint64_t gpa, uint64_t n)
{
    rmp_changed(snp, gpa, n);
}

static struct rmp *new_rmp(struct sev_snp *snp)
{
    const struct memmap *map = bx_sev_machine_memmap(snp->machine);
    const struct rmp_ops ops = {snp, rmp_changed};
    const struct rmp_range ranges[] = {
        {0, map->low_ram_end},
        {MEMMAP_4G - BIOSROMSZ, BIOSROMSZ},
        {HV_MEMORY_BASE, HV_MEMORY_SIZE},
        {MEMMAP_4G, memmap_high_ram(map)}, /* may be empty */
    };
    const unsigned n = sizeof(ranges) / sizeof(ranges[0]);

    return rmp_new(ranges, memmap_high_ram(map) ? n : n - 1, &ops);
}

struct sev_snp *bx_sev_snp_new(struct sev_machine *m)
{
    struct sev_snp *snp;
    uint64_t seed;

    if (!bx_sev_snp_wanted(bx_sev_machine_opt(m)))
        return NULL;
    snp = new struct sev_snp();
    snp->machine = m;
    snp->guest = hv_guest(bx_sev_machine_hv(m), 0);
    snp->rmp = new_rmp(snp);
    if (!snp->rmp || hv_set_rmp(bx_sev_machine_hv(m), snp->rmp))
        BX_FATAL(("sev: out of memory"));
    snp->cpus.resize(BX_SMP_PROCESSORS);
    if (rng_fill(bx_sev_machine_rng(m), &seed, sizeof(seed)))
        BX_FATAL(("sev: no random bytes"));
    hv_snp_configure(bx_sev_machine_hv(m), &bx_sev_machine_opt(m)->host_policy, seed);
    return snp;
}

void bx_sev_snp_free(struct sev_snp *snp)
{
    if (!snp)
        return;
    rmp_free(snp->rmp);
    delete snp;
}

struct rmp *bx_sev_snp_rmp(const struct sev_snp *snp)
{
    return snp->rmp;
}

/* --- accesses --- */

void bx_sev_snp_context(struct sev_cpu *cpu)
{
    static const enum sev_insn insns[] = {SEV_INSN_PVALIDATE, SEV_INSN_RMPADJUST, SEV_INSN_RMPQUERY,
                                          SEV_INSN_INVLPGB, SEV_INSN_TLBSYNC};

    for (enum sev_insn insn : insns)
        cpu->insns |= 1u << insn;
}

static uint8_t needs(uint32_t flags)
{
    unsigned need = RMP_READ;

    if (sev_flags_why(flags) == SEV_WHY_FETCH)
        need = flags & SEV_FLAG_USER ? RMP_EXEC_USER : RMP_EXEC_SUPER;
    if (flags & SEV_FLAG_WRITE)
        need |= RMP_WRITE;
    if (flags & SEV_FLAG_SHADOW_STACK)
        need |= RMP_SHADOW_STACK;
    return (uint8_t)need;
}

static struct rmp_access guest_access(const struct sev_snp *snp, unsigned cpu, uint64_t gpa,
                                      bool is_private, uint8_t needs)
{
    struct rmp_access access = {};

    access.asid = hv_guest_asid(snp->guest);
    access.snp = true;
    access.vmpl = snp->cpus[cpu].vmpl;
    access.private_ = is_private;
    access.needs = needs;
    access.gpa = gpa;
    return access;
}

/* Count an access that does not pass, and notify the observers. */
static void note_fault(const struct sev_snp *snp, unsigned cpu, uint64_t spa,
                       const struct rmp_access *access, enum rmp_check check)
{
    struct sev_rmp_watch *watch = bx_sev_machine_rmp_watch(snp->machine);

    rmp_count_fault(snp->rmp, check);
    if (!watch)
        return;
    bx_sev_rmp_watch_begin(watch, cpu, false);
    bx_sev_rmp_watch_fault(watch, spa, access, check);
    bx_sev_rmp_watch_end(watch);
}

/* The IOMMU lets a device write only to pages of the hypervisor. What it reads is ciphertext. */
static struct sev_verdict device_access(struct sev_snp *snp, uint64_t spa, uint32_t flags)
{
    if (!(flags & SEV_FLAG_WRITE) || bx_sev_snp_may_write(snp, spa, 1))
        return go;
    rmp_count_fault(snp->rmp, RMP_GUEST_OWNED);
    if (!snp->dma_refused)
        BX_ERROR(("a device writes to %#llx: refused, %s. A guest must make the pages of its DMA "
                  "buffers shared (page state change)",
                  (unsigned long long)spa, rmp_check_words(RMP_GUEST_OWNED)));
    snp->dma_refused = true;
    return {SEV_BLOCK, 0};
}

/* Raise #VC. OVMF and Linux end at it, so the log says where it was. */
static struct sev_verdict not_validated(struct sev_snp *snp, unsigned cpu, uint64_t gpa)
{
    static const unsigned reports_max = 4;

    if (snp->reports++ < reports_max)
        BX_ERROR(("CPU %u at RIP %#llx uses guest physical address %#llx, which the guest has not "
                  "validated (#VC 404h): it must execute PVALIDATE first",
                  cpu, (unsigned long long)BX_CPU(cpu)->prev_rip, (unsigned long long)gpa));
    (void)bx_sev_es_exit(bx_sev_machine_es(snp->machine), cpu, SEV_VC_NOT_VALIDATED, 0, gpa);
    return {SEV_VC, SEV_VC_NOT_VALIDATED};
}

/* Let the hypervisor handle a nested page fault. */
static void resolve(struct sev_snp *snp, unsigned cpu, const struct hv_snp_fault *fault,
                    bool for_code)
{
    struct sev_rmp_watch *watch = bx_sev_machine_rmp_watch(snp->machine);

    snp->for_code = for_code;
    if (watch)
        bx_sev_rmp_watch_begin(watch, cpu, false);
    if (!hv_snp_resolve(snp->guest, cpu, fault))
        BX_FATAL(("CPU %u: the access to guest physical address %#llx cannot be made: %s", cpu,
                  (unsigned long long)fault->gpa, rmp_check_words(fault->check)));
    snp->for_code = false;
    if (watch)
        bx_sev_rmp_watch_end(watch);
}

/* A shared read of a page that nobody has assigned yet needs a mapping by the hypervisor. */
static bool is_mapped(const struct sev_snp *snp, const struct rmp_access *access, uint64_t spa)
{
    return access->private_ || rmp_get(snp->rmp, spa).assigned ||
           !hv_snp_private(bx_sev_machine_hv(snp->machine), access->gpa);
}

struct sev_verdict bx_sev_snp_access(struct sev_snp *snp, unsigned cpu, uint64_t spa, uint64_t gpa,
                                     uint32_t flags)
{
    const enum sev_why why = sev_flags_why(flags);
    struct hv_snp_mapping mapping;
    struct rmp_access access;

    if (why == SEV_WHY_DEVICE)
        return device_access(snp, spa, flags);
    if (why == SEV_WHY_HOST || (flags & SEV_FLAG_OBSERVER))
        return go;
    access =
        guest_access(snp, cpu, gpa, sev_flags_access(flags) == SEV_ACCESS_PRIVATE, needs(flags));
    access.walk = why == SEV_WHY_WALK || why == SEV_WHY_AD;
    access.user = (flags & SEV_FLAG_USER) != 0;
    mapping = hv_snp_mapping(bx_sev_machine_hv(snp->machine), gpa, spa);
    access.leaf_2m = mapping.is_2m;
    for (unsigned tries = 0; tries < tries_max; tries++) {
        const enum rmp_check check = rmp_check(snp->rmp, mapping.spa, &access);

        if (check == RMP_PASSED && is_mapped(snp, &access, mapping.spa))
            return go;
        const struct hv_snp_fault fault = {gpa,   access.private_, (flags & SEV_FLAG_WRITE) != 0,
                                           check, mapping.is_2m,   rmp_npf(check, &access)};
        if (check != RMP_PASSED)
            note_fault(snp, cpu, mapping.spa, &access, check);
        if (check == RMP_NOT_VALIDATED)
            return not_validated(snp, cpu, gpa);
        resolve(snp, cpu, &fault, why == SEV_WHY_FETCH || sev_why_is_internal(why));
    }
    BX_FATAL(("CPU %u: guest physical address %#llx: the hypervisor changes the page again and "
              "again, and the access is never allowed",
              cpu, (unsigned long long)gpa));
    return go;
}

enum rmp_check bx_sev_snp_check(const struct sev_snp *snp, unsigned cpu, uint64_t spa,
                                bool is_private, uint8_t needs)
{
    const struct rmp_access access = guest_access(snp, cpu, spa, is_private, needs);

    return rmp_check(snp->rmp, spa, &access);
}

bool bx_sev_snp_may_write(const struct sev_snp *snp, uint64_t spa, uint64_t len)
{
    struct rmp_access access = {}; /* of no guest */

    access.needs = RMP_WRITE;
    for (uint64_t at = spa & ~(uint64_t)(RMP_PAGE_SIZE - 1); at < spa + len; at += RMP_PAGE_SIZE)
        if (rmp_check(snp->rmp, at, &access) != RMP_PASSED)
            return false;
    return true;
}

/* --- instructions --- */

/* #PF for PVALIDATE of a page that is mapped without the C-bit: present, reserved bit. */
static const uint64_t pf_reserved = 0x9;

static struct rmp_result execute(struct sev_snp *snp, unsigned cpu, enum sev_insn insn,
                                 struct sev_insn_regs *regs)
{
    const struct rmp_guest guest = {hv_guest_asid(snp->guest), snp->cpus[cpu].vmpl};
    struct rmp_result result;
    bool is_2m = (uint32_t)regs->rcx == 1;

    switch (insn) {
    case SEV_INSN_PVALIDATE:
        result = rmp_pvalidate(snp->rmp, &guest, regs->spa, regs->gpa, is_2m, regs->rdx & 1);
        regs->cf = result.cf;
        return result;
    case SEV_INSN_RMPADJUST:
        return rmp_rmpadjust(snp->rmp, &guest, regs->spa, regs->gpa, is_2m, regs->rdx);
    default:
        result = rmp_rmpquery(snp->rmp, &guest, regs->spa, regs->gpa, &regs->rdx, &is_2m);
        if (result.fault == RMP_PASSED && result.eax == RMP_OK)
            regs->rcx = is_2m;
        return result;
    }
}

/* The same, with observers. */
static struct rmp_result execute_observed(struct sev_snp *snp, unsigned cpu, enum sev_insn insn,
                                          struct sev_insn_regs *regs)
{
    struct sev_rmp_watch *watch = bx_sev_machine_rmp_watch(snp->machine);
    struct rmp_access access = {};
    struct rmp_result result;

    if (!watch)
        return execute(snp, cpu, insn, regs);
    access.private_ = true;
    bx_sev_rmp_watch_begin(watch, cpu, true);
    result = execute(snp, cpu, insn, regs);
    if (result.fault != RMP_PASSED)
        bx_sev_rmp_watch_fault(watch, regs->spa, &access, result.fault);
    else if (insn == SEV_INSN_PVALIDATE)
        bx_sev_rmp_watch_pvalidate(watch, regs->spa, (uint32_t)regs->rcx == 1, regs->rdx & 1,
                                   &result);
    bx_sev_rmp_watch_end(watch);
    return result;
}

/* Execute, and let the hypervisor handle nested page faults. */
static struct sev_verdict with_faults(struct sev_snp *snp, unsigned cpu, enum sev_insn insn,
                                      struct sev_insn_regs *regs)
{
    const struct rmp_access access = guest_access(snp, cpu, regs->gpa, true, 0);

    regs->spa = hv_snp_mapping(bx_sev_machine_hv(snp->machine), regs->gpa, regs->spa).spa;
    for (unsigned tries = 0; tries < tries_max; tries++) {
        const struct rmp_result result = execute_observed(snp, cpu, insn, regs);
        const struct hv_snp_fault fault = {regs->gpa,
                                           true,
                                           false,
                                           result.fault,
                                           (uint32_t)regs->rcx == 1,
                                           rmp_npf(result.fault, &access)};

        if (result.fault == RMP_PASSED) {
            regs->rax = result.eax;
            return go;
        }
        if (result.fault == RMP_NOT_VALIDATED)
            return not_validated(snp, cpu, regs->gpa);
        resolve(snp, cpu, &fault, false);
    }
    BX_FATAL(("CPU %u: the hypervisor changes the page at guest physical address %#llx again and "
              "again, and the instruction never completes",
              cpu, (unsigned long long)regs->gpa));
    return go;
}

/* Page sizes other than 4 KiB (0) and 2 MiB (1) do not exist. */
static bool has_page_size(enum sev_insn insn, const struct sev_insn_regs *regs)
{
    return insn == SEV_INSN_RMPQUERY || (uint32_t)regs->rcx <= 1;
}

struct sev_verdict bx_sev_snp_insn(struct sev_snp *snp, unsigned cpu, enum sev_insn insn,
                                   struct sev_insn_regs *regs)
{
    if (!regs->long64)
        return {SEV_UD, 0};
    if (insn == SEV_INSN_INVLPGB) {
        bx_sev_memory_flush_tlbs(); /* more than was asked for, which a processor may do */
        return go;
    }
    if (insn == SEV_INSN_TLBSYNC)
        return go;
    if (insn == SEV_INSN_PVALIDATE && snp->cpus[cpu].vmpl)
        return {SEV_GP, 0};
    if (!has_page_size(insn, regs)) {
        regs->rax = RMP_FAIL_INPUT;
        return go;
    }
    if (insn == SEV_INSN_PVALIDATE && !regs->private_)
        return {SEV_PF, pf_reserved};
    return with_faults(snp, cpu, insn, regs);
}

/* --- CPUs --- */

static void set_vmsa(struct sev_snp *snp, unsigned cpu, uint64_t gpa)
{
    struct snp_cpu *c = &snp->cpus[cpu];

    if (c->vmsa)
        rmp_set_in_use(snp->rmp, c->vmsa, false);
    c->vmsa = gpa;
    if (gpa)
        rmp_set_in_use(snp->rmp, gpa, true);
}

/* Write the registers of a CPU to its VMSA, as a #VMEXIT does. A launched VMSA is not in the guest's
 * memory, so the guest cannot read it. */
static void write_back(const struct sev_snp *snp, unsigned cpu)
{
    struct sev_memory *memory = bx_sev_machine_memory(snp->machine);
    const uint32_t asid = hv_guest_asid(snp->guest);
    const uint64_t gpa = snp->cpus[cpu].vmsa;
    uint8_t vmsa[VMSA_SIZE];

    if (!gpa || bx_sev_memory_read(memory, asid, gpa, vmsa, sizeof(vmsa)))
        return;
    bx_sev_vmsa_store(cpu, vmsa);
    if (bx_sev_memory_write(memory, asid, gpa, vmsa, sizeof(vmsa)))
        BX_ERROR(("CPU %u: its VMSA at %#llx cannot be written", cpu, (unsigned long long)gpa));
}

/* What VMRUN checks of the page. A CPU may run its own VMSA again. */
static const char *wrong_page(const struct sev_snp *snp, unsigned cpu, uint64_t gpa)
{
    const struct rmp_entry entry = rmp_get(snp->rmp, gpa);

    if (!rmp_covered(snp->rmp, gpa) || !entry.assigned)
        return "its page is not a page of the guest";
    if (entry.asid != hv_guest_asid(snp->guest) || entry.gpa != gpa)
        return "its page belongs to another guest, or to another address";
    if (entry.immutable || !entry.validated)
        return "its page is not validated";
    if (!entry.vmsa)
        return "its page is no VMSA page (RMPADJUST with the VMSA bit)";
    if (entry.size_2m)
        return "its page is a part of an RMP entry of 2 MiB";
    return entry.in_use && snp->cpus[cpu].vmsa != gpa ? "another CPU runs it" : NULL;
}

bool bx_sev_snp_vcpu_create(struct sev_snp *snp, unsigned cpu, uint64_t gpa, const char **why)
{
    const uint64_t features = bx_sev_machine_opt(snp->machine)->sev_features;
    uint8_t vmsa[VMSA_SIZE];

    *why = wrong_page(snp, cpu, gpa);
    if (!*why && bx_sev_memory_read(bx_sev_machine_memory(snp->machine), hv_guest_asid(snp->guest),
                                    gpa, vmsa, sizeof(vmsa)))
        *why = "its page cannot be read";
    if (!*why && vmsa_get(vmsa, VMSA_SEV_FEATURES) != features)
        *why = "its SEV features are not those of the machine";
    if (!*why && vmsa_get(vmsa, VMSA_VMPL) != snp->cpus[cpu].vmpl)
        *why = "its VMPL is not that of the CPU";
    if (!*why && gpa != snp->cpus[cpu].vmsa) /* else the guest has made it anew */
        write_back(snp, cpu);
    if (!*why)
        *why = bx_sev_es_run_vmsa(bx_sev_machine_es(snp->machine), cpu, vmsa);
    if (!*why)
        set_vmsa(snp, cpu, gpa);
    return !*why;
}

void bx_sev_snp_vcpu_destroy(struct sev_snp *snp, unsigned cpu)
{
    write_back(snp, cpu);
    set_vmsa(snp, cpu, 0);
    BX_CPU(cpu)->activity_state = BX_CPU_C::BX_ACTIVITY_STATE_WAIT_FOR_SIPI;
    BX_CPU(cpu)->async_event = 1;
}

void bx_sev_snp_restored(struct sev_snp *snp)
{
    for (unsigned cpu = 0; cpu < BX_SMP_PROCESSORS; cpu++)
        set_vmsa(snp, cpu, hv_snp_vmsa(snp->guest, cpu));
    if (bx_sev_machine_rmp_watch(snp->machine))
        bx_sev_rmp_watch_restored(bx_sev_machine_rmp_watch(snp->machine));
}

/* --- the secure processor --- */

bool bx_sev_snp_rmp_get(const struct sev_snp *snp, uint64_t spa, struct psp_rmp_entry *out)
{
    const struct rmp_entry entry = rmp_get(snp->rmp, spa);

    if (!rmp_covered(snp->rmp, spa))
        return false;
    out->gpa = entry.gpa;
    out->asid = entry.asid;
    out->assigned = entry.assigned;
    out->size_2m = entry.size_2m;
    out->immutable = entry.immutable;
    out->validated = entry.validated;
    out->vmsa = entry.vmsa;
    for (unsigned vmpl = 0; vmpl < RMP_VMPLS; vmpl++)
        out->perms[vmpl] = entry.perms[vmpl];
    return true;
}

int bx_sev_snp_rmp_set(struct sev_snp *snp, uint64_t spa, const struct psp_rmp_entry *in)
{
    struct rmp_entry entry = {};

    entry.gpa = in->gpa;
    entry.asid = in->asid;
    entry.assigned = in->assigned;
    entry.size_2m = in->size_2m;
    entry.immutable = in->immutable;
    entry.validated = in->validated;
    entry.vmsa = in->vmsa;
    for (unsigned vmpl = 0; vmpl < RMP_VMPLS; vmpl++)
        entry.perms[vmpl] = in->perms[vmpl];
    return rmp_set(snp->rmp, spa, &entry) ? 0 : -EFAULT;
}
