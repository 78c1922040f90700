/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CPUID of a SEV guest and of a host. See cpuid.h.
 */
#include "cpuid.h"

#include <stdio.h>
#include <string.h>

#define LEAF_VENDOR     0x00000000u
#define LEAF_FEATURES   0x00000001u
#define LEAF_MONITOR    0x00000005u
#define LEAF_STRUCTURED 0x00000007u
#define LEAF_HV_FIRST   0x40000000u
#define LEAF_HV_LAST    0x4fffffffu
#define LEAF_EXT_MAX    0x80000000u
#define LEAF_EXT_FEAT   0x80000001u
#define LEAF_POWER      0x80000007u
#define LEAF_EXT_ADDR   0x80000008u
#define LEAF_SVM        0x8000000au
#define LEAF_EXT_FEAT2  0x80000021u

#define FEAT_ECX_MONITOR    (1u << 3)
#define FEAT_ECX_RDRAND     (1u << 30)
#define FEAT_ECX_HYPERVISOR (1u << 31)
#define EXT_ECX_SVM         (1u << 2)
#define POWER_EDX_TSC       (1u << 8)
#define EXT_ECX_MONITORX    (1u << 29)

enum reg { EAX, EBX, ECX, EDX };

/* What a guest needs, in the order of checking. */
static const struct need {
    uint32_t function;
    enum reg reg;
    uint32_t bit;
    enum cpuid_verdict without;
    const char *reason;
} needs[] = {
    {LEAF_FEATURES, EDX, 1u << 5, CPUID_UNFIT, "it has no RDMSR to read SEV_STATUS with"},
    {LEAF_FEATURES, EDX, 1u << 6, CPUID_UNFIT,
     "it has no PAE, whose page table entries hold the C-bit"},
    {LEAF_EXT_FEAT, EDX, 1u << 20, CPUID_UNFIT, "it has no NX, which every SEV processor has"},
    {LEAF_EXT_FEAT, EDX, 1u << 29, CPUID_UNFIT, "it has no long mode, in which SEV guests run"},
    {LEAF_FEATURES, ECX, FEAT_ECX_RDRAND, CPUID_DOUBTFUL,
     "it has no RDRAND, with which Linux checks the C-bit: Linux will not start as a SEV guest"},
};

/* In the order of the bits of `features`. */
static const struct feature {
    const char *name;
    uint32_t function;
    enum reg reg;
    uint32_t bit;
} features[] = {
    {"erms", LEAF_STRUCTURED, EBX, 1u << 9},         {"fsrm", LEAF_STRUCTURED, EDX, 1u << 4},
    {"btc_no", LEAF_EXT_ADDR, EBX, 1u << 29},        {"srso_no", LEAF_EXT_FEAT2, EAX, 1u << 29},
    {"sme_coherent", CPUID_SEV_LEAF, EAX, 1u << 10},
};
#define N_FEATURES (sizeof(features) / sizeof(features[0]))

static uint32_t reg_of(const struct cpuid_regs *regs, enum reg reg)
{
    const uint32_t values[] = {regs->eax, regs->ebx, regs->ecx, regs->edx};

    return values[reg];
}

static struct cpuid_regs ask(const struct cpuid_model *model, uint32_t function)
{
    struct cpuid_regs regs = {0, 0, 0, 0};

    model->leaf(model->ctx, function, 0, &regs);
    return regs;
}

enum cpuid_verdict cpuid_check_model(const struct cpuid_model *model, char *reason, size_t cap)
{
    struct cpuid_regs regs = ask(model, LEAF_VENDOR);
    char vendor[13];
    size_t i;

    memcpy(vendor, &regs.ebx, 4);
    memcpy(vendor + 4, &regs.edx, 4);
    memcpy(vendor + 8, &regs.ecx, 4);
    vendor[12] = '\0';
    if (strcmp(vendor, "AuthenticAMD") != 0) {
        snprintf(reason, cap, "it is no AMD processor (vendor \"%s\")", vendor);
        return CPUID_UNFIT;
    }
    regs = ask(model, LEAF_EXT_MAX);
    if (regs.eax < LEAF_EXT_ADDR) {
        snprintf(reason, cap, "its extended CPUID leaves end at %08xh", regs.eax);
        return CPUID_UNFIT;
    }
    for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        regs = ask(model, needs[i].function);
        if (!(reg_of(&regs, needs[i].reg) & needs[i].bit)) {
            snprintf(reason, cap, "%s", needs[i].reason);
            return needs[i].without;
        }
    }
    if (cap > 0)
        reason[0] = '\0';
    return CPUID_FIT;
}

static void leaf_1f(const struct cpuid_sev *sev, struct cpuid_regs *regs)
{
    regs->eax = CPUID_SEV_FEATURE_SEV | (sev->es ? CPUID_SEV_FEATURE_ES : 0) |
                (sev->snp ? CPUID_SEV_FEATURE_SNP : 0);
    regs->ebx = (sev->cbit_pos & 0x3f) | (sev->phys_reduction & 0x3f) << 6;
    regs->ecx = sev->keys;
    regs->edx = sev->min_asid;
}

bool cpuid_features(const char *list, uint32_t *mask)
{
    static const char between[] = ", ";
    uint32_t got = 0;

    for (list += strspn(list, between); *list; list += strspn(list, between)) {
        size_t len = strcspn(list, between), i = 0;

        while (i < N_FEATURES &&
               (strlen(features[i].name) != len || strncmp(features[i].name, list, len) != 0))
            i++;
        if (i == N_FEATURES)
            return false;
        got |= 1u << i;
        list += len;
    }
    *mask = got;
    return true;
}

/* Leaves that the model does not have are zero. */
static void model_leaf(const struct cpuid_model *model, uint32_t function, uint32_t subfunction,
                       struct cpuid_regs *regs)
{
    *regs = (struct cpuid_regs){0, 0, 0, 0};
    if (function <= LEAF_EXT_MAX || function <= ask(model, LEAF_EXT_MAX).eax)
        model->leaf(model->ctx, function, subfunction, regs);
}

static void add_feature(const struct cpuid_sev *sev, uint32_t function, uint32_t subfunction,
                        struct cpuid_regs *regs)
{
    uint32_t *const fields[] = {&regs->eax, &regs->ebx, &regs->ecx, &regs->edx};

    for (size_t i = 0; i < N_FEATURES; i++) {
        const struct feature *row = &features[i];

        if (!(sev->features & 1u << i))
            continue;
        if (function == row->function && subfunction == 0)
            *fields[row->reg] |= row->bit;
        if (function == LEAF_EXT_MAX && regs->eax < row->function)
            regs->eax = row->function;
    }
}

/* Change the model's leaf to what a SEV guest sees. */
static void guest_leaf(const struct cpuid_sev *sev, uint32_t function, struct cpuid_regs *regs)
{
    static const struct cpuid_regs zero = {0, 0, 0, 0};

    if (function >= LEAF_HV_FIRST && function <= LEAF_HV_LAST) {
        /* There is no hypervisor interface, so no paravirtual clock. */
        *regs = zero;
        return;
    }
    switch (function) {
    case LEAF_FEATURES:
        regs->ecx |= FEAT_ECX_HYPERVISOR; /* older Linux looks for SEV only if it is set */
        regs->ecx &= ~FEAT_ECX_MONITOR;   /* as KVM does */
        break;
    case LEAF_MONITOR:
        *regs = zero;
        break;
    case LEAF_EXT_MAX:
        if (regs->eax < CPUID_SEV_LEAF)
            regs->eax = CPUID_SEV_LEAF;
        break;
    case LEAF_EXT_FEAT:
        regs->ecx &= ~EXT_ECX_SVM; /* a SEV guest has no nested guests */
        regs->ecx &= ~EXT_ECX_MONITORX;
        break;
    case LEAF_POWER:
        /* As KVM does: power management belongs to the host. Xen, for example, would set a bit of
         * HWCR for EffFreqRO, which a guest's HWCR refuses. */
        *regs = (struct cpuid_regs){.edx = regs->edx & POWER_EDX_TSC};
        break;
    case LEAF_SVM:
        *regs = zero;
        break;
    case CPUID_SEV_LEAF:
        leaf_1f(sev, regs);
        break;
    default:
        break;
    }
}

/* A host has the CPU model's SVM. Of memory encryption it has SEV only, no SME. */
static void host_leaf(const struct cpuid_sev *sev, uint32_t function, struct cpuid_regs *regs)
{
    if (function == LEAF_EXT_MAX && regs->eax < CPUID_SEV_LEAF)
        regs->eax = CPUID_SEV_LEAF;
    if (function == CPUID_SEV_LEAF)
        leaf_1f(sev, regs);
}

void cpuid_sev_leaf(const struct cpuid_sev *sev, const struct cpuid_model *model, uint32_t function,
                    uint32_t subfunction, struct cpuid_regs *regs)
{
    model_leaf(model, function, subfunction, regs);
    if (sev->guest)
        guest_leaf(sev, function, regs);
    else if (sev->host)
        host_leaf(sev, function, regs);
    add_feature(sev, function, subfunction, regs);
    if (sev->signature && (function == LEAF_FEATURES || function == LEAF_EXT_FEAT))
        regs->eax = sev->signature;
}
