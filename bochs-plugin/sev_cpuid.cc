/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CPUID and MSRs of a SEV guest and of a host, over cpu-ext/cpuid.c and msr.c: a bx_cpuid_t (Bochs
 * cpu/cpuid.h) that wraps the one of the CPU model. So every 64-bit AMD model of Bochs can be a SEV guest, and no
 * model is patched.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "cpu/cpuid.h"
#include "sev_cpuid.h"
#include "sev_es.h"
#include "sev_log.h"
#include "sev_snp.h"

#include "opt.h"
#include "cpuid.h"
#include "msr.h"

#include <vector>

class bx_sev_cpuid_t : public bx_cpuid_t
{
  public:
    bx_sev_cpuid_t(BX_CPU_C *cpu, bx_cpuid_t *model, const struct cpuid_sev &sev);
    virtual ~bx_sev_cpuid_t()
    {
        delete model;
    }
    virtual const char *get_name(void) const
    {
        return model->get_name();
    }
    virtual void get_cpuid_leaf(Bit32u function, Bit32u subfunction, cpuid_function_t *leaf) const;
    virtual void dump_cpuid(void) const
    {
        model->dump_cpuid();
    }
    virtual int rdmsr(Bit32u index, Bit64u *msr);
    virtual int wrmsr(Bit32u index, Bit64u msr);

    struct msr_state msrs;
    struct sev_es *es; /* NULL: no SEV-ES, or the machine does not run yet */

  private:
    bool is_ours(Bit32u index) const;
    uint64_t sev_status() const;
    uint64_t guest_status() const;
    int hypervisor_msr(Bit64u *value, bool write);

    bx_cpuid_t *model; /* owned, because Bochs deletes only the object that the CPU has */
    struct cpuid_sev sev;
};

/* Read a leaf of the CPU model, for cpu-ext. */
static void model_leaf(void *ctx, uint32_t function, uint32_t subfunction, struct cpuid_regs *regs)
{
    cpuid_function_t leaf = {0, 0, 0, 0};

    ((bx_cpuid_t *)ctx)->get_cpuid_leaf(function, subfunction, &leaf);
    *regs = {leaf.eax, leaf.ebx, leaf.ecx, leaf.edx};
}

bx_sev_cpuid_t::bx_sev_cpuid_t(BX_CPU_C *cpu, bx_cpuid_t *model_, const struct cpuid_sev &sev_)
    : bx_cpuid_t(cpu), msrs(), es(NULL), model(model_), sev(sev_)
{
    msr_reset(&msrs);
    model->get_cpu_extensions(ia_extensions_bitmask);
    if (sev.guest && !sev.es)
        disable_cpu_extension(BX_ISA_SVM);
}

void bx_sev_cpuid_t::get_cpuid_leaf(Bit32u function, Bit32u subfunction,
                                    cpuid_function_t *leaf) const
{
    const struct cpuid_model source = {model, model_leaf};
    struct cpuid_regs regs;

    cpuid_sev_leaf(&sev, &source, function, subfunction, &regs);
    leaf->eax = regs.eax;
    leaf->ebx = regs.ebx;
    leaf->ecx = regs.ecx;
    leaf->edx = regs.edx;
}

/* The GHCB MSR. */
int bx_sev_cpuid_t::hypervisor_msr(Bit64u *value, bool write)
{
    if (!es)
        return 0;
    if (write)
        bx_sev_es_set_ghcb(es, cpu->bx_cpuid, *value);
    else
        *value = bx_sev_es_ghcb(es, cpu->bx_cpuid);
    return 1;
}

/* Bochs expects 1: done, 0: #GP, -1: the MSR is unknown here. */
static int bx_answer(enum msr_answer answer)
{
    return answer == MSR_DONE ? 1 : answer == MSR_GP ? 0 : -1;
}

/* A machine without SEV that has a sev: line gets HWCR too: Linux looks for the frequency of the TSC
 * there, and Bochs has no such MSR. */
bool bx_sev_cpuid_t::is_ours(Bit32u index) const
{
    return sev.guest || sev.host || index == MSR_HWCR;
}

uint64_t bx_sev_cpuid_t::sev_status() const
{
    return MSR_SEV_STATUS_SEV | (sev.es ? MSR_SEV_STATUS_ES : 0) |
           (sev.snp ? MSR_SEV_STATUS_SNP : 0);
}

/* In a host: of the guest that VMRUN entered. */
uint64_t bx_sev_cpuid_t::guest_status() const
{
    return sev_hooks.cpus[cpu->bx_cpuid].asid ? MSR_SEV_STATUS_SEV : 0;
}

int bx_sev_cpuid_t::rdmsr(Bit32u index, Bit64u *msr)
{
    uint64_t value = 0;
    const enum msr_answer answer = !is_ours(index) ? MSR_PASS
                                   : sev.host ? msr_host_read(&msrs, guest_status(), index, &value)
                                              : msr_read(&msrs, sev_status(), index, &value);

    if (answer == MSR_PASS)
        return model->rdmsr(index, msr);
    if (answer == MSR_HV)
        return hypervisor_msr(msr, false);
    *msr = value;
    return bx_answer(answer);
}

int bx_sev_cpuid_t::wrmsr(Bit32u index, Bit64u msr)
{
    const enum msr_answer answer = !is_ours(index) ? MSR_PASS
                                   : sev.host      ? msr_host_write(&msrs, index, msr)
                                                   : msr_write(&msrs, sev_status(), index, msr);

    if (answer == MSR_HV)
        return hypervisor_msr(&msr, true);
    return answer == MSR_PASS ? model->wrmsr(index, msr) : bx_answer(answer);
}

struct sev_cpuid {
    std::vector<bx_sev_cpuid_t *> cpus; /* the objects are the CPUs', which delete them */
};

/* End Bochs if the CPU model cannot be a SEV guest. Warn if few guests will run on it. */
static void check_model(BX_CPU_C *cpu)
{
    char reason[200];
    const struct cpuid_model source = {cpu->cpuid, model_leaf};
    enum cpuid_verdict verdict = cpuid_check_model(&source, reason, sizeof(reason));

    if (verdict == CPUID_UNFIT)
        BX_FATAL(
            ("sev: the CPU model '%s' cannot be a SEV guest: %s", cpu->cpuid->get_name(), reason));
    if (verdict == CPUID_DOUBTFUL && cpu->bx_cpuid == 0)
        BX_ERROR(
            ("the CPU model '%s' is a doubtful SEV guest: %s", cpu->cpuid->get_name(), reason));
}

/* Remove SVM from what the CPU copied from its model before. A SEV guest has no SVM. One with SEV-ES
 * runs as a guest of Bochs's SVM, so the CPU keeps it, but CPUID does not tell. */
static void take_svm(BX_CPU_C *cpu)
{
    cpu->cpuid->get_cpu_extensions(cpu->ia_extensions_bitmask);
    cpu->svm_extensions_bitmask = 0;
    cpu->efer_suppmask &= ~BX_EFER_SVME_MASK;
}

struct sev_cpuid *bx_sev_cpuid_new(const struct opt *opt)
{
    struct sev_cpuid *cpuid = new struct sev_cpuid();
    const bool host = opt_is_host(opt), visible = host || opt->launch == OPT_LAUNCH_GUEST;
    /* The number of ASIDs is for a hypervisor. KVM hides it from guests; with launch=guest the guest
     * is the hypervisor. */
    const struct cpuid_sev sev = {(unsigned)opt->cbitpos,
                                  (unsigned)opt->reduced_phys_bits,
                                  visible ? (uint32_t)opt->asids : 0,
                                  visible ? 1u : 0,
                                  opt->enabled && !host,
                                  host,
                                  bx_sev_es_wanted(opt),
                                  bx_sev_snp_wanted(opt),
                                  (uint32_t)opt->cpuid,
                                  (uint32_t)opt->cpu_signature};

    if (!opt->enabled && !opt->cpuid && !opt->cpu_signature)
        return cpuid;
    for (unsigned i = 0; i < BX_SMP_PROCESSORS; i++) {
        BX_CPU_C *cpu = BX_CPU(i);

        if (opt->enabled)
            check_model(cpu);
        cpuid->cpus.push_back(new bx_sev_cpuid_t(cpu, cpu->cpuid, sev));
        cpu->cpuid = cpuid->cpus.back();
        if (opt->enabled && !host && !bx_sev_es_wanted(opt))
            take_svm(cpu);
    }
    return cpuid;
}

uint32_t bx_sev_cpuid_signature(void)
{
    cpuid_function_t leaf = {0, 0, 0, 0};

    BX_CPU(0)->cpuid->get_cpuid_leaf(1, 0, &leaf);
    return leaf.eax;
}

void bx_sev_cpuid_free(struct sev_cpuid *cpuid)
{
    delete cpuid;
}

void bx_sev_cpuid_reset(struct sev_cpuid *cpuid)
{
    for (bx_sev_cpuid_t *cpu : cpuid->cpus)
        msr_reset(&cpu->msrs);
}

void bx_sev_cpuid_set_es(struct sev_cpuid *cpuid, struct sev_es *es)
{
    for (bx_sev_cpuid_t *cpu : cpuid->cpus)
        cpu->es = es;
}

struct msr_state *bx_sev_cpuid_msrs(struct sev_cpuid *cpuid, unsigned cpu)
{
    return &cpuid->cpus[cpu]->msrs;
}
