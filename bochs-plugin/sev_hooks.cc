/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fill the hook table that patched Bochs calls (cpu-ext/hooks.h). An access goes through the parts
 * of the machine in a fixed order: first encrypted memory, which can refuse it, then the observers.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "sev_device_memory.h"
#include "sev_es.h"
#include "sev_hook_table.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory.h"
#include "sev_snp.h"

#include "cbit.h"
#include "psp.h"
#include "observe/sev_observe.h"

static const struct sev_verdict go = {SEV_GO, 0};

struct access_info;

/* The context of the hooks: the parts of the machine that take part, NULL if there is none. */
struct parts {
    const struct opt *opt;
    struct cbit *cbit;
    struct psp *psp;
    struct sev_memory *memory;
    struct sev_device_memory *device_memory;
    struct sev_es *es;
    struct sev_snp *snp;
    struct sev_timeline *timeline;
    struct sev_breaks *breaks;
    struct sev_sanitizer *sanitizer;
    struct sev_rmp_watch *rmp_watch;
    struct sev_verdict (*access[7])(struct parts *parts, struct access_info *info);
    unsigned n;
    bool observed; /* by a part that has to see every access */
};

/* An access on its way through the parts. */
struct access_info {
    unsigned cpu;
    uint64_t spa, gpa;
    uint32_t flags;
    void *tlb_entry;
    bool page_changed; /* between private and shared; the timeline sets it */
};

static bool is_write(const struct access_info *info)
{
    return (info->flags & SEV_FLAG_WRITE) != 0;
}

/* --- what each part does --- */

static struct sev_verdict es_access(struct parts *p, struct access_info *info)
{
    return bx_sev_es_access(p->es, info->cpu, info->spa, info->flags);
}

static struct sev_verdict snp_access(struct parts *p, struct access_info *info)
{
    return bx_sev_snp_access(p->snp, info->cpu, info->spa, info->gpa, info->flags);
}

/* After an access that passed the RMP and encrypted memory. */
static struct sev_verdict snp_walked(struct parts *p, struct access_info *info)
{
    if (sev_flags_why(info->flags) == SEV_WHY_WALK)
        bx_sev_memory_allow_walks(p->memory, info->spa);
    return go;
}

static struct sev_verdict memory_access(struct parts *p, struct access_info *info)
{
    bx_sev_device_memory_access(p->device_memory, info->spa, info->flags);
    return bx_sev_memory_access(p->memory, info->cpu, info->spa, info->flags, info->tlb_entry);
}

static struct sev_verdict timeline_access(struct parts *p, struct access_info *info)
{
    info->page_changed =
        bx_sev_timeline_access(p->timeline, info->cpu, info->spa, sev_flags_access(info->flags),
                               sev_flags_why(info->flags), is_write(info));
    return go;
}

#if BX_DEBUGGER
static struct sev_verdict breaks_access(struct parts *p, struct access_info *info)
{
    bx_sev_breaks_access(p->breaks, info->cpu, info->spa, sev_flags_access(info->flags),
                         sev_flags_why(info->flags), is_write(info), info->page_changed);
    return go;
}
#endif

static struct sev_verdict sanitizer_access(struct parts *p, struct access_info *info)
{
    bx_sev_sanitizer_access(p->sanitizer, info->cpu, info->spa, sev_flags_access(info->flags),
                            sev_flags_why(info->flags), is_write(info));
    return go;
}

/* List the parts in the order in which an access goes through them. */
static void list_parts(struct parts *p)
{
    if (p->snp)
        p->access[p->n++] = snp_access;
    if (p->es)
        p->access[p->n++] = es_access;
    if (p->memory)
        p->access[p->n++] = memory_access;
    if (p->snp)
        p->access[p->n++] = snp_walked;
    p->observed = p->timeline || p->sanitizer;
    if (p->timeline)
        p->access[p->n++] = timeline_access;
#if BX_DEBUGGER
    if (p->timeline && p->breaks) /* breaks need the timeline, which the debugger always has */
        p->access[p->n++] = breaks_access;
#endif
    if (p->sanitizer)
        p->access[p->n++] = sanitizer_access;
}

/* --- the hooks --- */

static struct sev_verdict hook_access(void *ctx, unsigned cpu, uint64_t spa, uint64_t gpa,
                                      uint32_t flags, void *tlb_entry)
{
    struct parts *p = (struct parts *)ctx;
    struct access_info info = {cpu, spa, gpa, flags, tlb_entry, false};

    cbit_count(p->cbit, flags);
    for (unsigned i = 0; i < p->n; i++) {
        const struct sev_verdict verdict = p->access[i](p, &info);

        if (verdict.kind != SEV_GO)
            return verdict;
    }
    return go;
}

/* The same for a machine that has encrypted memory and no observer. */
static struct sev_verdict hook_access_memory(void *ctx, unsigned cpu, uint64_t spa, uint64_t,
                                             uint32_t flags, void *tlb_entry)
{
    struct parts *p = (struct parts *)ctx;

    cbit_count(p->cbit, flags);
    bx_sev_device_memory_access(p->device_memory, spa, flags);
    return bx_sev_memory_access(p->memory, cpu, spa, flags, tlb_entry);
}

/* What the hypervisor does to the RMP, it does for this instruction. */
static void vmgexit(struct parts *p, unsigned cpu)
{
    if (p->rmp_watch) {
        bx_sev_rmp_watch_begin(p->rmp_watch, cpu, false);
        bx_sev_rmp_watch_vmgexit(p->rmp_watch, bx_sev_es_ghcb(p->es, cpu));
    }
    bx_sev_es_vmgexit(p->es, cpu);
    if (p->rmp_watch)
        bx_sev_rmp_watch_end(p->rmp_watch);
}

static struct sev_verdict hook_insn(void *ctx, unsigned cpu, enum sev_insn insn,
                                    struct sev_insn_regs *regs)
{
    const struct sev_verdict undefined = {SEV_UD, 0};
    struct parts *p = (struct parts *)ctx;

    switch (insn) {
    case SEV_INSN_WBINVD:
        psp_wbinvd(p->psp, cpu); /* DF_FLUSH depends on it */
        return go;
    case SEV_INSN_VMGEXIT:
        vmgexit(p, cpu);
        return go;
    default:
        return p->snp ? bx_sev_snp_insn(p->snp, cpu, insn, regs) : undefined;
    }
}

static int hook_exit(void *ctx, unsigned cpu, int64_t code, uint64_t info1, uint64_t info2)
{
    return bx_sev_es_exit(((struct parts *)ctx)->es, cpu, code, info1, info2);
}

static bool hook_msr(void *ctx, unsigned, uint32_t index, bool)
{
    return bx_sev_es_msr(((struct parts *)ctx)->es, index);
}

static bool hook_startup(void *ctx, unsigned cpu, enum sev_signal signal, uint8_t vector)
{
    return bx_sev_es_startup(((struct parts *)ctx)->es, cpu, signal, vector);
}

static bool hook_peek(void *ctx, uint32_t asid, uint64_t spa, void *buf, unsigned len)
{
    return bx_sev_memory_peek(((struct parts *)ctx)->memory, asid, spa, buf, len);
}

/* Linux arch/x86/include/asm/svm.h SVM_NESTED_CTL_*. SEV needs nested paging (arch/x86/kvm/svm/sev.c
 * sev_hardware_setup()), and an ASID up to the number that CPUID 8000001Fh reports. What VMRUN does without
 * them, or with the bit of SEV-ES, which CPUID does not report, is a choice of this model. */
static bool may_run(const struct parts *p, uint32_t asid, uint8_t control)
{
    static const uint8_t nested_paging = 1, encrypted_state = 4;

    if (asid > p->opt->asids)
        BX_ERROR(("VMRUN: ASID %u is not one of a SEV guest, which are 1 to %u", asid,
                  (unsigned)p->opt->asids));
    else if (!(control & nested_paging))
        BX_ERROR(("VMRUN: a SEV guest needs nested paging"));
    else if (control & encrypted_state)
        BX_ERROR(("VMRUN: mode=host has no SEV-ES guests"));
    else
        return true;
    return false;
}

static void run_guest(const struct parts *p, unsigned cpu, uint32_t asid)
{
    sev_hooks.cpus[cpu].cbit_mask = asid ? UINT64_C(1) << p->opt->cbitpos : 0;
    sev_hooks.cpus[cpu].asid = asid;
    if (p->memory)
        bx_sev_memory_vmrun(p->memory, cpu, asid);
}

void bx_sev_hooks_run_guest(unsigned cpu, uint32_t asid)
{
    run_guest((const struct parts *)sev_hooks.ctx, cpu, asid);
}

static bool hook_vmrun(void *ctx, unsigned cpu, uint32_t asid, uint8_t control)
{
    const struct parts *p = (const struct parts *)ctx;

    if (asid && !may_run(p, asid, control))
        return false;
    run_guest(p, cpu, asid);
    return true;
}

static bool hook_device_memory(void *ctx, unsigned, uint64_t spa, unsigned len, void *data,
                               bool write)
{
    struct sev_device_memory *dm = ((struct parts *)ctx)->device_memory;

    if (write)
        return bx_sev_frame_buffer_write(dm, spa, len, data);
    bx_sev_frame_buffer_read(dm, spa, len, data);
    return true;
}

static bool hook_watched(void *ctx, uint64_t spa)
{
    return bx_sev_sanitizer_watched(((struct parts *)ctx)->sanitizer, spa);
}

static void hook_touch(void *ctx, unsigned cpu, uint64_t spa, unsigned len, enum sev_why why,
                       const void *data)
{
    bx_sev_sanitizer_touch(((struct parts *)ctx)->sanitizer, cpu, spa, len, why, data);
}

static void hook_decode(void *ctx, unsigned cpu, uint64_t spa, unsigned len)
{
    bx_sev_sanitizer_decode(((struct parts *)ctx)->sanitizer, cpu, spa, len);
}

/* --- the table --- */

/* In a guest of plain SEV only WBINVD exists of the instructions that the table has. An observer sees
 * every access, so there is no fast path then. */
static void fill_contexts(const struct parts *p, struct sev_cpu *cpus)
{
    if (p->memory)
        bx_sev_memory_contexts(p->memory, cpus);
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        cpus[i].insns = 1u << SEV_INSN_WBINVD;
        if (p->es)
            bx_sev_es_context(&cpus[i]);
        if (p->snp)
            bx_sev_snp_context(&cpus[i]);
        if (p->observed || !p->memory)
            cpus[i].n = 0;
    }
}

void bx_sev_hooks_attach(struct sev_machine *m)
{
    struct parts *p = new struct parts();
    struct sev_hooks table = {};

    p->opt = bx_sev_machine_opt(m);
    p->cbit = bx_sev_machine_cbit(m);
    p->psp = bx_sev_machine_psp(m);
    p->memory = bx_sev_machine_memory(m);
    p->device_memory = bx_sev_machine_device_memory(m);
    p->es = bx_sev_machine_es(m);
    p->snp = bx_sev_machine_snp(m);
    p->timeline = bx_sev_machine_timeline(m);
    p->breaks = bx_sev_machine_breaks(m);
    p->sanitizer = bx_sev_machine_sanitizer(m);
    p->rmp_watch = bx_sev_machine_rmp_watch(m);
    list_parts(p);

    table.ctx = p;
    table.access = p->memory && p->n == 1 ? hook_access_memory : hook_access;
    table.insn = hook_insn;
    if (p->es) {
        table.exit = hook_exit;
        table.msr = hook_msr;
        table.startup = hook_startup;
    }
    if (p->memory) {
        table.peek = hook_peek;
        table.device_memory = hook_device_memory;
    }
    if (opt_is_host(p->opt))
        table.vmrun = hook_vmrun;
    if (p->sanitizer) {
        table.watched = hook_watched;
        table.touch = hook_touch;
        table.decode = hook_decode;
    }
    fill_contexts(p, table.cpus);
    bx_sev_hooks_detach();
    /* A host without SME has no C-bit outside of VMRUN. */
    cbit_init(p->cbit, opt_is_host(p->opt) ? 0 : (unsigned)p->opt->cbitpos);
    if (cbit_attach(p->cbit, &sev_hooks, &table))
        BX_FATAL(("this Bochs was patched for hook version %u, the plugin needs %u: rebuild both",
                  sev_hooks.version, SEV_HOOKS_VERSION));
}

void bx_sev_hooks_detach(void)
{
    if (sev_hooks.version != SEV_HOOKS_VERSION)
        return;
    delete (struct parts *)sev_hooks.ctx;
    cbit_detach(&sev_hooks);
}
