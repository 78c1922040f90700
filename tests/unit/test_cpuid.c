/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of cpu-ext/cpuid against small CPU models. The register values of the models are excerpts
 * of real dumps (a Ryzen 1700 and an Athlon 64, as Bochs's cpudb has them); the leaf 8000001Fh of a
 * guest is what QEMU 7.2 shows: EAX = 2, EBX = C-bit | reduction << 6, ECX = EDX = 0.
 */
#include "unit.h"

#include <string.h>

#include "cpuid.h"

struct entry {
    uint32_t function;
    struct cpuid_regs regs;
};

struct table {
    const struct entry *entries;
    size_t n;
};

/* Vendor words are in the order EBX, ECX, EDX: "Auth", "cAMD", "enti". */
static const struct entry ryzen[] = {
    {0x00000000, {0x0000000d, 0x68747541, 0x444d4163, 0x69746e65}},
    {0x00000001, {0x00800f11, 0x00100800, 0x7ed8320b, 0x178bfbff}},
    {0x40000000, {0x11111111, 0x11111111, 0x11111111, 0x11111111}},
    {0x80000000, {0x8000001f, 0x68747541, 0x444d4163, 0x69746e65}},
    {0x80000001, {0x00800f11, 0x20000000, 0x35c233ff, 0x2fd3fbff}},
    {0x80000007, {0x00000000, 0x0000001b, 0x00000000, 0x00006599}},
    {0x80000008, {0x00003030, 0x00000007, 0x0000400f, 0x00000000}},
    {0x8000000a, {0x00000001, 0x00008000, 0x00000000, 0x0001bcff}},
    {0x8000001f, {0x00000007, 0x0000016f, 0x0000000f, 0x00000000}},
};

/* Answers a leaf past its last one with rubbish, as some models do. */
static const struct entry athlon64[] = {
    {0x00000000, {0x00000001, 0x68747541, 0x444d4163, 0x69746e65}},
    {0x00000001, {0x00020ff2, 0x00000800, 0x00000001, 0x078bfbff}},
    {0x80000000, {0x80000018, 0x68747541, 0x444d4163, 0x69746e65}},
    {0x80000001, {0x00020ff2, 0x00000108, 0x00000001, 0xe3d3fbff}},
    {0x80000008, {0x00003028, 0x00000000, 0x00000000, 0x00000000}},
    {0x8000001d, {0xdeadbeef, 0xdeadbeef, 0xdeadbeef, 0xdeadbeef}},
};

static void table_leaf(void *ctx, uint32_t function, uint32_t subfunction, struct cpuid_regs *regs)
{
    const struct table *table = ctx;

    memset(regs, 0, sizeof(*regs));
    regs->ebx = subfunction; /* so that a lost subfunction shows */
    for (size_t i = 0; i < table->n; i++)
        if (table->entries[i].function == function)
            *regs = table->entries[i].regs;
}

#define TABLE(t) (&(struct table){(t), sizeof(t) / sizeof((t)[0])})
#define MODEL(t) (&(struct cpuid_model){TABLE(t), table_leaf})

static void assert_regs(const struct cpuid_regs *regs, uint32_t eax, uint32_t ebx, uint32_t ecx,
                        uint32_t edx)
{
    assert_int_equal(regs->eax, eax);
    assert_int_equal(regs->ebx, ebx);
    assert_int_equal(regs->ecx, ecx);
    assert_int_equal(regs->edx, edx);
}

static void leaf_1f(void **state)
{
    struct cpuid_sev sev = {.guest = true, .cbit_pos = 47, .phys_reduction = 5};
    struct cpuid_regs regs;

    (void)state;
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x8000001f, 0, &regs);
    assert_regs(&regs, 2, 0x16f, 0, 0);
    cpuid_sev_leaf(&sev, MODEL(athlon64), 0x8000001f, 0, &regs);
    assert_regs(&regs, 2, 0x16f, 0, 0);

    sev = (struct cpuid_sev){
        .guest = true, .cbit_pos = 51, .phys_reduction = 1, .keys = 509, .min_asid = 100};
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x8000001f, 0, &regs);
    assert_regs(&regs, 2, 0x73, 509, 100);

    sev = (struct cpuid_sev){.guest = true, .es = true, .cbit_pos = 51, .phys_reduction = 1};
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x8000001f, 0, &regs);
    assert_regs(&regs, 0xa, 0x73, 0, 0);

    sev = (struct cpuid_sev){.guest = true, .cbit_pos = 32, .phys_reduction = 63};
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x8000001f, 0, &regs);
    assert_regs(&regs, 2, 0xfe0, 0, 0);
}

/* A host keeps what its model has, SVM too. */
static void host(void **state)
{
    struct cpuid_sev sev = {
        .host = true, .cbit_pos = 47, .phys_reduction = 5, .keys = 15, .min_asid = 1};
    static const uint32_t kept[] = {1, 0x80000001, 0x80000007, 0x8000000a};
    struct cpuid_regs regs, model;

    (void)state;
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x8000001f, 0, &regs);
    assert_regs(&regs, 2, 0x16f, 15, 1);
    cpuid_sev_leaf(&sev, MODEL(athlon64), 0x80000000, 0, &regs);
    assert_int_equal(regs.eax, 0x8000001f);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        cpuid_sev_leaf(&sev, MODEL(ryzen), kept[i], 0, &regs);
        MODEL(ryzen)->leaf(MODEL(ryzen)->ctx, kept[i], 0, &model);
        assert_memory_equal(&regs, &model, sizeof(regs));
    }
}

static void maximum_extended_leaf(void **state)
{
    static const struct entry later[] = {{0x80000000, {0x80000026, 1, 2, 3}}};
    struct cpuid_sev sev = {.guest = true, .cbit_pos = 47};
    struct cpuid_regs regs;

    (void)state;
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x80000000, 0, &regs);
    assert_regs(&regs, 0x8000001f, 0x68747541, 0x444d4163, 0x69746e65);
    cpuid_sev_leaf(&sev, MODEL(athlon64), 0x80000000, 0, &regs);
    assert_regs(&regs, 0x8000001f, 0x68747541, 0x444d4163, 0x69746e65);
    cpuid_sev_leaf(&sev, MODEL(later), 0x80000000, 0, &regs);
    assert_regs(&regs, 0x80000026, 1, 2, 3);
    /* What lies between the model's own last leaf and ours is empty. */
    cpuid_sev_leaf(&sev, MODEL(athlon64), 0x8000001d, 0, &regs);
    assert_regs(&regs, 0, 0, 0, 0);
}

static void hypervisor_bit_without_an_interface(void **state)
{
    struct cpuid_sev sev = {.guest = true, .cbit_pos = 47};
    struct cpuid_regs regs;

    (void)state;
    cpuid_sev_leaf(&sev, MODEL(ryzen), 1, 0, &regs);
    assert_regs(&regs, 0x00800f11, 0x00100800, 0xfed83203, 0x178bfbff); /* and no MONITOR */
    cpuid_sev_leaf(&sev, MODEL(ryzen), 5, 0, &regs);
    assert_regs(&regs, 0, 0, 0, 0);
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x40000000, 0, &regs);
    assert_regs(&regs, 0, 0, 0, 0);
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x40000100, 7, &regs);
    assert_regs(&regs, 0, 0, 0, 0);
}

static void svm_is_hidden(void **state)
{
    struct cpuid_sev sev = {.guest = true, .cbit_pos = 47};
    struct cpuid_regs regs;

    (void)state;
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x80000001, 0, &regs);
    assert_regs(&regs, 0x00800f11, 0x20000000, 0x15c233fb, 0x2fd3fbff); /* nor MONITORX */
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x8000000a, 0, &regs);
    assert_regs(&regs, 0, 0, 0, 0);
}

/* arch/x86/kvm/cpuid.c of Linux, 80000007h: the invariant TSC and nothing else. */
static void power_management_is_the_hosts(void **state)
{
    struct cpuid_sev sev = {.guest = true, .cbit_pos = 47};
    struct cpuid_regs regs;

    (void)state;
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x80000007, 0, &regs);
    assert_regs(&regs, 0, 0, 0, 0x100);
}

static void other_leaves_are_the_models(void **state)
{
    struct cpuid_sev sev = {.guest = true, .cbit_pos = 47, .phys_reduction = 5};
    struct cpuid_regs regs;

    (void)state;
    /* The reduction concerns system physical addresses: the guest's width stays. */
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x80000008, 0, &regs);
    assert_regs(&regs, 0x3030, 7, 0x400f, 0);
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0xd, 9, &regs);
    assert_regs(&regs, 0, 9, 0, 0);
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0, 0, &regs);
    assert_regs(&regs, 0xd, 0x68747541, 0x444d4163, 0x69746e65);
}

static uint32_t mask_of(const char *list)
{
    uint32_t mask = 0;

    assert_true(cpuid_features(list, &mask));
    return mask;
}

static void lists_of_features(void **state)
{
    uint32_t mask = 77;

    (void)state;
    assert_int_equal(mask_of(""), 0);
    assert_int_equal(mask_of(" , "), 0);
    assert_int_equal(mask_of("erms,fsrm"), mask_of("erms") | mask_of("fsrm"));
    assert_int_equal(mask_of(" srso_no , btc_no,"), mask_of("btc_no srso_no"));
    assert_int_equal(mask_of("erms erms"), mask_of("erms"));
    assert_int_not_equal(mask_of("erms"), mask_of("fsrm"));
    assert_false(cpuid_features("erm", &mask));
    assert_false(cpuid_features("ermss", &mask));
    assert_false(cpuid_features("fsrm, ERMS", &mask));
    assert_false(cpuid_features("erms;fsrm", &mask));
    assert_int_equal(mask, 77);
}

/* Places of the bits: arch/x86/include/asm/cpufeatures.h of Linux, words 9, 13, 18, 19 and 20. */
static void feature_bits(void **state)
{
    struct cpuid_sev sev = {.guest = true, .cbit_pos = 47, .features = mask_of("erms")};
    struct cpuid_regs regs, plain;

    (void)state;
    table_leaf(TABLE(ryzen), 7, 0, &plain);
    cpuid_sev_leaf(&sev, MODEL(ryzen), 7, 0, &regs);
    assert_regs(&regs, plain.eax, plain.ebx | 1 << 9, plain.ecx, plain.edx);
    cpuid_sev_leaf(&sev, MODEL(ryzen), 7, 1, &regs);
    assert_int_equal(regs.ebx & 1 << 9, 0);
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x80000000, 0, &regs);
    assert_int_equal(regs.eax, 0x8000001f);

    sev.features = mask_of("fsrm");
    cpuid_sev_leaf(&sev, MODEL(ryzen), 7, 0, &regs);
    assert_regs(&regs, plain.eax, plain.ebx, plain.ecx, plain.edx | 1 << 4);

    sev.features = mask_of("btc_no, srso_no");
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x80000008, 0, &regs);
    assert_regs(&regs, 0x3030, 7 | 1 << 29, 0x400f, 0);
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x80000021, 0, &regs);
    assert_regs(&regs, 1 << 29, 0, 0, 0);
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x80000020, 0, &regs);
    assert_regs(&regs, 0, 0, 0, 0);
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x8000001f, 0, &regs);
    assert_int_equal(regs.eax, 2);
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x80000000, 0, &regs);
    assert_regs(&regs, 0x80000021, 0x68747541, 0x444d4163, 0x69746e65);

    sev.features = mask_of("sme_coherent");
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x8000001f, 0, &regs);
    assert_regs(&regs, 2 | 1 << 10, 47, 0, 0);
}

/* Without SEV nothing changes but the bits that were asked for. */
static void features_without_sev(void **state)
{
    static const uint32_t same[] = {1, 5, 0x80000001, 0x80000007, 0x8000000a, 0x8000001f};
    struct cpuid_sev sev = {.guest = false, .cbit_pos = 47, .features = mask_of("btc_no")};
    struct cpuid_regs regs, plain;

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        table_leaf(TABLE(ryzen), same[i], 0, &plain);
        cpuid_sev_leaf(&sev, MODEL(ryzen), same[i], 0, &regs);
        assert_regs(&regs, plain.eax, plain.ebx, plain.ecx, plain.edx);
    }
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x80000008, 0, &regs);
    assert_int_equal(regs.ebx, 7 | 1 << 29);
}

/* A Ryzen with one leaf changed. */
static enum cpuid_verdict check_with(uint32_t function, struct cpuid_regs regs, char *reason,
                                     size_t cap)
{
    struct entry changed[sizeof(ryzen) / sizeof(ryzen[0])];
    struct table table = {changed, sizeof(ryzen) / sizeof(ryzen[0])};
    struct cpuid_model model = {&table, table_leaf};

    memcpy(changed, ryzen, sizeof(ryzen));
    for (size_t i = 0; i < table.n; i++)
        if (changed[i].function == function)
            changed[i].regs = regs;
    return cpuid_check_model(&model, reason, cap);
}

static void fit_models(void **state)
{
    char reason[128] = "old";

    (void)state;
    assert_int_equal(cpuid_check_model(MODEL(ryzen), reason, sizeof(reason)), CPUID_FIT);
    assert_string_equal(reason, "");
    /* No RDRAND: our own guests run, Linux does not. */
    assert_int_equal(cpuid_check_model(MODEL(athlon64), reason, sizeof(reason)), CPUID_DOUBTFUL);
    assert_non_null(strstr(reason, "RDRAND"));
}

static void unfit_models(void **state)
{
    static const struct {
        uint32_t function;
        struct cpuid_regs regs;
        const char *word;
    } cases[] = {
        {0, {0xd, 0x756e6547, 0x6c65746e, 0x49656e69}, "GenuineIntel"},
        {1, {0, 0, 0x7ed8320b, 0x178bfbff & ~(1u << 5)}, "RDMSR"},
        {1, {0, 0, 0x7ed8320b, 0x178bfbff & ~(1u << 6)}, "PAE"},
        {0x80000000, {0x80000004, 0, 0, 0}, "80000004"},
        {0x80000001, {0, 0, 0, 0x2fd3fbff & ~(1u << 20)}, "NX"},
        {0x80000001, {0, 0, 0, 0x2fd3fbff & ~(1u << 29)}, "long mode"},
    };
    char reason[128];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(check_with(cases[i].function, cases[i].regs, reason, sizeof(reason)),
                         CPUID_UNFIT);
        assert_non_null(strstr(reason, cases[i].word));
    }
    /* A short buffer is not overrun. */
    reason[8] = 'x';
    assert_int_equal(check_with(0, cases[0].regs, reason, 8), CPUID_UNFIT);
    assert_int_equal(reason[7], '\0');
    assert_int_equal(reason[8], 'x');
}

static void signature(void **state)
{
    static const uint32_t leaves[] = {1, 0x80000001};
    struct cpuid_sev sev = {.guest = true, .cbit_pos = 47};
    struct cpuid_regs model, regs;

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        sev.signature = 0;
        cpuid_sev_leaf(&sev, MODEL(ryzen), leaves[i], 0, &model);
        assert_int_equal(model.eax, 0x00800f11);
        sev.signature = 0x00a00f11;
        cpuid_sev_leaf(&sev, MODEL(ryzen), leaves[i], 0, &regs);
        assert_regs(&regs, 0x00a00f11, model.ebx, model.ecx, model.edx);
    }
    cpuid_sev_leaf(&sev, MODEL(ryzen), 0x80000000, 0, &regs);
    assert_int_equal(regs.eax, 0x8000001f);
    sev.guest = false; /* without SEV too */
    cpuid_sev_leaf(&sev, MODEL(ryzen), 1, 0, &regs);
    assert_int_equal(regs.eax, 0x00a00f11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaf_1f),
        cmocka_unit_test(host),
        cmocka_unit_test(maximum_extended_leaf),
        cmocka_unit_test(hypervisor_bit_without_an_interface),
        cmocka_unit_test(svm_is_hidden),
        cmocka_unit_test(power_management_is_the_hosts),
        cmocka_unit_test(other_leaves_are_the_models),
        cmocka_unit_test(lists_of_features),
        cmocka_unit_test(feature_bits),
        cmocka_unit_test(features_without_sev),
        cmocka_unit_test(fit_models),
        cmocka_unit_test(unfit_models),
        cmocka_unit_test(signature),
    };
    return cmocka_run_group_tests_name("cpuid", tests, NULL, NULL);
}
