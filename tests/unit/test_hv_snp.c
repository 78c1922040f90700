/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The launch of a guest with SEV-SNP by the built-in hypervisor on the real secure processor and the
 * real RMP: what is measured, what the pages then hold, and what remains after the guest.
 */
#include "harness.h"

#include <errno.h>
#include <stdlib.h>

#include "hypervisor/hv_snp.h"
#include "protocol/cpuid_page.h"
#include "protocol/id_block.h"
#include "protocol/snp_digest.h"
#include "rmp.h"

#define BIOS     UINT64_C(0x100000)
#define BIOS_LEN 0x3000u
#define VCPUS    2u

static struct hv *hv;
static struct hv_guest *guest;
static struct rmp *rmp;
static struct psp_host plain; /* the harness's own callbacks */

/* --- the machine: the harness, with the hypervisor's memory beside its RAM --- */

static bool own(uint64_t spa, uint64_t len)
{
    return hv_memory_valid(hv_memory(hv), spa, len);
}

static bool ram_valid(void *ctx, enum psp_issuer issuer, uint64_t spa, uint64_t len)
{
    return own(spa, len) || plain.ram_valid(ctx, issuer, spa, len);
}

/* The cipher of the hypervisor's memory: the ASID is added to each byte. */
static int ram_read(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa, void *buf,
                    size_t len)
{
    if (!own(spa, len))
        return plain.ram_read(ctx, issuer, asid, spa, buf, len);
    hv_memory_read(hv_memory(hv), spa, buf, len);
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)buf)[i] = (uint8_t)(((uint8_t *)buf)[i] - asid);
    return 0;
}

static int ram_write(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                     const void *buf, size_t len)
{
    uint8_t copy[8192];

    if (!own(spa, len))
        return plain.ram_write(ctx, issuer, asid, spa, buf, len);
    assert_true(len <= sizeof(copy));
    for (size_t i = 0; i < len; i++)
        copy[i] = (uint8_t)(((const uint8_t *)buf)[i] + asid);
    hv_memory_write(hv_memory(hv), spa, copy, len);
    return 0;
}

static bool get_entry(void *ctx, uint64_t spa, struct psp_rmp_entry *entry)
{
    const struct rmp_entry got = rmp_get(rmp, spa);

    (void)ctx;
    *entry = (struct psp_rmp_entry){.gpa = got.gpa,
                                    .asid = got.asid,
                                    .assigned = got.assigned,
                                    .size_2m = got.size_2m,
                                    .immutable = got.immutable,
                                    .validated = got.validated,
                                    .vmsa = got.vmsa};
    memcpy(entry->perms, got.perms, sizeof(entry->perms));
    return rmp_covered(rmp, spa);
}

static int set_entry(void *ctx, uint64_t spa, const struct psp_rmp_entry *entry)
{
    struct rmp_entry new = {.gpa = entry->gpa,
                            .asid = entry->asid,
                            .assigned = entry->assigned,
                            .size_2m = entry->size_2m,
                            .immutable = entry->immutable,
                            .validated = entry->validated,
                            .vmsa = entry->vmsa};

    (void)ctx;
    memcpy(new.perms, entry->perms, sizeof(new.perms));
    return rmp_set(rmp, spa, &new) ? 0 : -EINVAL;
}

static void clear_entries(void *ctx)
{
    (void)ctx;
    rmp_clear(rmp);
}

static void cpuid(uint32_t function, uint32_t subfunction, uint32_t regs[4])
{
    memset(regs, 0, 4 * sizeof(regs[0]));
    if (function == 0 || function == 0x80000000)
        regs[0] = function + (function ? 1 : 0xd);
    else if (function == 1)
        regs[0] = 0x800f12, regs[3] = 0x1234;
    else if (function == 0xd && subfunction < 2)
        regs[0] = subfunction + 1, regs[1] = 0x240;
}

static void host_cpuid(void *ctx, uint32_t leaf, uint32_t subleaf, uint64_t xcr0, uint64_t xss,
                       uint32_t result[4])
{
    (void)ctx, (void)xcr0, (void)xss;
    cpuid(leaf, subleaf, result);
}

static enum sev_status op_psp(void *machine, uint16_t command, uint64_t buffer)
{
    struct harness *h = machine;

    return psp_exec(h->psp, PSP_ISSUER_HYPERVISOR, command, buffer);
}

static void op_wbinvd(void *machine)
{
    struct harness *h = machine;

    for (unsigned cpu = 0; cpu < CPUS; cpu++)
        psp_wbinvd(h->psp, cpu);
}

static int op_write(void *machine, uint64_t gpa, const void *data, size_t len)
{
    struct harness *h = machine;

    if (gpa + len > RAM_SIZE)
        return -EFAULT;
    memcpy(h->ram + gpa, data, len);
    return 0;
}

static bool op_read_shared(void *machine, uint64_t gpa, void *buf, unsigned len)
{
    struct harness *h = machine;

    memcpy(buf, h->ram + gpa, len);
    return true;
}

static int op_read_encrypted(void *machine, uint32_t asid, uint64_t spa, void *buf, size_t len)
{
    return ram_read(machine, PSP_ISSUER_HYPERVISOR, asid, spa, buf, len);
}

static void op_cpuid(void *machine, unsigned cpu, uint32_t function, uint32_t subfunction,
                     uint64_t xcr0, uint32_t regs[4])
{
    (void)machine, (void)cpu, (void)xcr0;
    cpuid(function, subfunction, regs);
}

static const struct hv_ops ops = {.psp = op_psp,
                                  .wbinvd = op_wbinvd,
                                  .write = op_write,
                                  .read_encrypted = op_read_encrypted,
                                  .read_shared = op_read_shared,
                                  .cpuid = op_cpuid};

static int setup(void **state)
{
    const struct rmp_range ranges[] = {{0, RAM_SIZE}, {HV_MEMORY_BASE, HV_MEMORY_SIZE}};
    const struct rmp_ops none = {NULL, NULL};
    struct harness *h = harness_new();

    harness_snp(h);
    plain = h->host;
    h->host.ram_valid = ram_valid;
    h->host.ram_read = ram_read;
    h->host.ram_write = ram_write;
    h->host.rmp_get = get_entry;
    h->host.rmp_set = set_entry;
    h->host.rmp_clear = clear_entries;
    h->host.cpuid = host_cpuid;
    harness_start(h);
    rmp = rmp_new(ranges, 2, &none);
    hv = hv_new(&ops, h);
    assert_true(hv && rmp && hv_set_rmp(hv, rmp) == 0);
    guest = hv_guest(hv, 0);
    for (unsigned i = 0; i < BIOS_LEN; i++)
        h->ram[BIOS + i] = (uint8_t)(i * 3 + i / 256);
    *state = h;
    return 0;
}

/* Nothing remains of a guest that was taken down. */
static int teardown(void **state)
{
    hv_guest_take_down(guest);
    for (uint64_t spa = 0; spa < RAM_SIZE; spa += 4096)
        assert_false(rmp_get(rmp, spa).assigned);
    for (uint64_t at = 0; at < HV_MEMORY_SIZE; at += 4096) {
        assert_false(rmp_get(rmp, HV_MEMORY_BASE + at).assigned);
        assert_null(hv_memory(hv)->page[at / 4096]);
    }
    hv_free(hv);
    rmp_free(rmp);
    harness_free(*state);
    return 0;
}

/* --- the digest, in the order of QEMU and KVM --- */

static uint8_t vmsas[VCPUS][VMSA_SIZE];
static const uint8_t hashes[KERNEL_HASHES_SIZE] = {0x33};
static const struct ovmf_section sections[] = {
    {OVMF_PAGE_SEC_MEM, 0x200000, 0x2000}, {OVMF_PAGE_CPUID, 0x204000, 0x1000},
    {OVMF_PAGE_SECRETS, 0x203000, 0x1000}, {OVMF_PAGE_SVSM_CAA, 0x205000, 0x1000},
    {OVMF_PAGE_HASHES, 0x206000, 0x1000},
};

static struct hv_firmware firmware_with(bool kernel_hashes)
{
    struct hv_firmware firmware = {.bios = {"BIOS", BIOS, BIOS_LEN}, .is_ovmf = true};
    const struct vmsa_start start = {VMSA_BSP_EIP, 0x800f12, 1, VMSA_HOST_INIT2};

    for (unsigned cpu = 0; cpu < VCPUS; cpu++)
        vmsa_build(vmsas[cpu], &start);
    firmware.vmsas = (const uint8_t(*)[VMSA_SIZE])vmsas;
    firmware.n_vmsas = VCPUS;
    firmware.sections = sections;
    firmware.n_sections = sizeof(sections) / sizeof(sections[0]);
    if (kernel_hashes) {
        firmware.hashes = hashes;
        firmware.hashes_gpa = 0x206400;
    }
    return firmware;
}

static void add(uint8_t digest[48], uint8_t type, uint64_t gpa, const void *contents)
{
    const struct snp_digest_page page = {.type = type, .gpa = gpa};

    snp_digest_add(digest, &page, contents);
}

static void expected_digest(const uint8_t *bios, bool kernel_hashes, uint8_t digest[48])
{
    uint8_t page[4096] = {0};

    memset(digest, 0, 48);
    for (unsigned at = 0; at < BIOS_LEN; at += 4096)
        add(digest, SNP_PAGE_NORMAL, BIOS + at, bios + at);
    add(digest, SNP_PAGE_ZERO, 0x200000, NULL);
    add(digest, SNP_PAGE_ZERO, 0x201000, NULL);
    add(digest, SNP_PAGE_CPUID, 0x204000, NULL);
    add(digest, SNP_PAGE_SECRETS, 0x203000, NULL);
    add(digest, SNP_PAGE_ZERO, 0x205000, NULL);
    memcpy(page + 0x400, hashes, sizeof(hashes));
    add(digest, kernel_hashes ? SNP_PAGE_NORMAL : SNP_PAGE_ZERO, 0x206000,
        kernel_hashes ? page : NULL);
    for (unsigned cpu = 0; cpu < VCPUS; cpu++)
        add(digest, SNP_PAGE_VMSA, UINT64_C(0xfffffffff000), vmsas[cpu]);
}

static bool launch(const struct hv_snp_launch *snp, bool kernel_hashes, struct hv_failure *failure)
{
    const struct hv_firmware firmware = firmware_with(kernel_hashes);

    return hv_guest_snp_launch(guest, snp, &firmware, failure);
}

static void launched(void **state)
{
    struct harness *h = *state;
    const struct hv_snp_launch snp = {.policy = 0x30000, .gosvw = {7}, .host_data = {9}};
    uint8_t bios[BIOS_LEN], page[4096], digest[48];
    struct psp_snp_guest_info info;
    struct cpuid_page rows;
    struct hv_failure failure = {0};

    memcpy(bios, h->ram + BIOS, BIOS_LEN);
    for (unsigned i = 0; i < 2; i++) {
        if (!launch(&snp, i, &failure) || !hv_guest_finish(guest, &failure))
            fail_msg("%s of %s: %s", failure.step, failure.what, failure.words);
        assert_int_equal(hv_guest_state(guest), HV_RUNNING);
        expected_digest(bios, i, digest);
        assert_true(psp_get_snp_guest(h->psp, 0, &info));
        assert_memory_equal(info.launch_digest, digest, 48);
        guest_read(h, 1, BIOS, page, sizeof(page));
        assert_memory_equal(page, bios, sizeof(page));
        guest_read(h, 1, 0x203000, page, sizeof(page));
        assert_int_equal(page[0x10], 7); /* the hypervisor's list of workarounds */
        assert_int_equal(page[8], 0x12); /* CPUID 1 EAX */
        guest_read(h, 1, 0x204000, page, sizeof(page));
        assert_null(cpuid_page_read(&rows, page));
        assert_int_equal(rows.count, 8);
        assert_true(hv_guest_vmsa(guest, 1, page));
        assert_memory_equal(page, vmsas[1], sizeof(page));
        for (unsigned s = 0; s < sizeof(sections) / sizeof(sections[0]); s++)
            assert_true(rmp_get(rmp, sections[s].base).validated);
        assert_false(launch(&snp, i, &failure)); /* it exists already */
        hv_guest_take_down(guest);
        memcpy(h->ram + BIOS, bios, BIOS_LEN);
    }
}

/* The secure processor checks an ID block: this one is all zero. */
static void id_block(void **state)
{
    static const uint8_t block[ID_BLOCK_SIZE], auth[ID_AUTH_SIZE];
    const struct hv_snp_launch snp = {.policy = 0x30000, .id_block = block, .id_auth = auth};
    struct hv_failure failure;

    (void)state;
    assert_true(launch(&snp, false, &failure));
    assert_false(hv_guest_finish(guest, &failure));
    assert_string_equal(failure.step, "SNP_LAUNCH_FINISH");
    assert_int_equal(failure.status, SEV_STATUS_INVALID_PARAM);
    assert_int_equal(hv_guest_stop_reason(guest), HV_STOP_FINISH);
}

static void refused(void **state)
{
    const struct hv_snp_launch wrong = {.policy = 0}, snp = {.policy = 0x30000};
    struct hv_failure failure;

    (void)state;
    assert_false(launch(&wrong, false, &failure));
    assert_string_equal(failure.step, "SNP_LAUNCH_START");
    assert_int_equal(failure.status, SEV_STATUS_POLICY_FAILURE);
    assert_true(launch(&snp, false, &failure));
}

/* What query-sev-capabilities asks for, while a guest with SEV-SNP exists. */
static void capabilities(void **state)
{
    const struct hv_snp_launch snp = {.policy = 0x30000};
    uint8_t pdh[CERT_SIZE] = {0}, chain[CERT_CHAIN_SIZE], id[HV_ID_SIZE], none[HV_ID_SIZE] = {0};
    struct hv_failure failure = {0};

    (void)state;
    assert_true(launch(&snp, false, &failure));
    for (unsigned i = 0; i < 2; i++)
        if (!hv_export(hv, pdh, chain, id, &failure))
            fail_msg("%s: %s", failure.step, failure.words);
    assert_int_equal(pdh[0], 1); /* version of the certificate */
    assert_memory_not_equal(id, none, sizeof(none));
    hv_guest_take_down(guest);
    assert_true(launch(&snp, false, &failure));
}

/* The list of SNP_INIT_EX: no RMPUPDATE gives one of these pages away. */
static void pages_of_the_list(void **state)
{
    const struct rmp_update update = {.gpa = 0x300000, .asid = 1, .assigned = true};
    const uint64_t list = 0x8000, fixed = 0x300000;
    struct harness *h = *state;

    cmd_clear(h);
    put32(h, CMD_ADDR, SNP_INIT_FLAG_RMP | SNP_INIT_FLAG_LIST);
    put64(h, CMD_ADDR + SNP_INIT_EX_LIST_ADDR, list);
    put64(h, list, 1);
    put64(h, list + SNP_RANGE_LIST_HEADER, fixed);
    put64(h, list + SNP_RANGE_LIST_HEADER + 8, 2);
    assert_int_equal(exec(h, SEV_CMD_SNP_INIT_EX), SEV_STATUS_SUCCESS);
    for (uint64_t page = 0; page < 2; page++) {
        assert_true(rmp_get(rmp, fixed + page * 4096).immutable);
        assert_int_equal(rmp_rmpupdate(rmp, fixed + page * 4096, &update), RMP_FAIL_PERMISSION);
    }
    assert_int_equal(rmp_rmpupdate(rmp, fixed + 2 * 4096, &update), RMP_OK);
    rmp_clear(rmp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(launched, setup, teardown),
        cmocka_unit_test_setup_teardown(id_block, setup, teardown),
        cmocka_unit_test_setup_teardown(refused, setup, teardown),
        cmocka_unit_test_setup_teardown(capabilities, setup, teardown),
        cmocka_unit_test_setup_teardown(pages_of_the_list, setup, teardown),
    };

    return cmocka_run_group_tests_name("hv_snp", tests, NULL, NULL);
}
