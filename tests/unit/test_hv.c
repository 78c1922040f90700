/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tests of the built-in hypervisor on the real secure processor, and on one that gives impossible
 * answers. What is measured is computed here from the bytes of the regions.
 */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "hypervisor/hv.h"
#include "protocol/crypto.h"

static struct hv *hv;
static struct psp_host plain; /* the harness's own callbacks */

/* --- the machine: the harness, with the hypervisor's memory beside its RAM --- */

static bool own(enum psp_issuer issuer, uint64_t spa, uint64_t len)
{
    return issuer == PSP_ISSUER_HYPERVISOR && hv_memory_valid(hv_memory(hv), spa, len);
}

static bool ram_valid(void *ctx, enum psp_issuer issuer, uint64_t spa, uint64_t len)
{
    return own(issuer, spa, len) || plain.ram_valid(ctx, issuer, spa, len);
}

/* The cipher of the hypervisor's memory: the ASID and the page's number are added to each byte. */
static void cipher(uint32_t asid, uint64_t spa, uint8_t *bytes, size_t len, int sign)
{
    for (size_t i = 0; asid && i < len; i++)
        bytes[i] = (uint8_t)(bytes[i] + sign * (int)(asid + (spa + i) / HV_PAGE_SIZE));
}

static int ram_read(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa, void *buf,
                    size_t len)
{
    if (!own(issuer, spa, len))
        return plain.ram_read(ctx, issuer, asid, spa, buf, len);
    hv_memory_read(hv_memory(hv), spa, buf, len);
    cipher(asid, spa, buf, len, -1);
    return 0;
}

static int ram_write(void *ctx, enum psp_issuer issuer, uint32_t asid, uint64_t spa,
                     const void *buf, size_t len)
{
    if (!own(issuer, spa, len))
        return plain.ram_write(ctx, issuer, asid, spa, buf, len);
    uint8_t *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, buf, len);
    cipher(asid, spa, copy, len, 1);
    hv_memory_write(hv_memory(hv), spa, copy, len);
    free(copy);
    return 0;
}

static int op_read_encrypted(void *machine, uint32_t asid, uint64_t spa, void *buf, size_t len)
{
    return ram_read(machine, PSP_ISSUER_HYPERVISOR, asid, spa, buf, len);
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

static const struct hv_ops ops = {
    .psp = op_psp, .wbinvd = op_wbinvd, .write = op_write, .read_encrypted = op_read_encrypted};
static const struct hv_owner no_session = {SEV_POLICY_NODBG, NULL, NULL};
static const struct hv_owner es_owner = {SEV_POLICY_NODBG | SEV_POLICY_ES, NULL, NULL};

static int setup(void **state)
{
    struct harness *h = harness_new();

    plain = h->host;
    h->host.ram_valid = ram_valid;
    h->host.ram_read = ram_read;
    h->host.ram_write = ram_write;
    harness_start(h);
    hv = hv_new(&ops, h);
    *state = h;
    return !hv;
}

static int teardown(void **state)
{
    const struct hv_memory *memory = hv_memory(hv);

    for (size_t i = 0; i < sizeof(memory->page) / sizeof(memory->page[0]); i++)
        assert_null(memory->page[i]); /* every command released its memory */
    hv_free(hv);
    harness_free(*state);
    return 0;
}

static struct psp_guest_info guest_info(const struct harness *h, uint32_t handle)
{
    struct psp_guest_info info = {0};

    for (unsigned i = 0; i < psp_guest_slots(); i++)
        if (psp_get_guest(h->psp, i, &info) && info.handle == handle)
            return info;
    fail_msg("no guest has handle %u", handle);
    return info;
}

static unsigned guest_count(const struct harness *h)
{
    struct psp_platform_info info;

    psp_get_platform(h->psp, &info);
    return info.guests;
}

static void fill(struct harness *h, uint64_t addr, size_t len, uint8_t value)
{
    memset(h->ram + addr, value, len);
}

/* A legacy machine: BIOS, two option ROMs, kernel hashes. */
static struct hv_firmware legacy(void)
{
    static const uint8_t hashes[KERNEL_HASHES_SIZE] = {0x33};
    struct hv_firmware firmware = {.bios = {"BIOS", 0x100000, 0x1000},
                                   .option_roms = {{"VGA BIOS", 0xc0000, 0x800},
                                                   {"none", 0, 0},
                                                   {"option ROM", 0xd0000, 0x200}},
                                   .n_option_roms = 3,
                                   .hashes = hashes,
                                   .hashes_gpa = 0x200000};

    return firmware;
}

/* --- the order of the regions --- */

static void digest_of(bool option_roms, uint8_t digest[32])
{
    static uint8_t all[0x1000 + 0x800 + 0x200 + KERNEL_HASHES_SIZE];
    const struct hv_firmware firmware = legacy();
    size_t n = 0;

    memset(all + n, 0x11, 0x1000), n += 0x1000;
    if (option_roms) {
        memset(all + n, 0x22, 0x800), n += 0x800;
        memset(all + n, 0x44, 0x200), n += 0x200;
    }
    memcpy(all + n, firmware.hashes, KERNEL_HASHES_SIZE), n += KERNEL_HASHES_SIZE;
    crypto_sha256(all, n, digest);
}

static void launched(struct harness *h, bool is_ovmf)
{
    struct hv_guest *guest = hv_guest(hv, 0);
    struct hv_firmware firmware = legacy();
    struct hv_failure failure;
    struct psp_guest_info info;
    uint8_t digest[32];

    firmware.is_ovmf = is_ovmf;
    fill(h, 0x100000, 0x1000, 0x11);
    fill(h, 0xc0000, 0x800, 0x22);
    fill(h, 0xd0000, 0x200, 0x44);
    assert_true(hv_guest_launch(guest, &no_session, &firmware, &failure));
    assert_int_equal(hv_guest_state(guest), HV_LAUNCHING);
    info = guest_info(h, hv_guest_handle(guest));
    assert_int_equal(info.state, SEV_GUEST_LSECRET);
    assert_int_equal(info.asid, 1);
    digest_of(!is_ovmf, digest);
    assert_memory_equal(info.launch_digest, digest, 32);
    assert_memory_equal(hv_guest_measurement(guest), info.measure, 32);
    assert_memory_equal(hv_guest_measurement(guest) + 32, info.mnonce, 16);
    assert_true(hv_guest_finish(guest, &failure));
    assert_int_equal(hv_guest_state(guest), HV_RUNNING);
    assert_int_equal(guest_info(h, hv_guest_handle(guest)).state, SEV_GUEST_RUNNING);
    assert_false(hv_guest_finish(guest, &failure));
    assert_string_equal(failure.words, "the guest is not launching");
}

static void launch_legacy(void **state)
{
    launched(*state, false);
}

static void launch_ovmf(void **state)
{
    launched(*state, true);
}

/* --- SEV-ES --- */

enum { ES_CPUS = 3 };
static uint8_t vmsas[ES_CPUS][VMSA_SIZE];

static struct hv_firmware es_firmware(struct harness *h)
{
    struct hv_firmware firmware = {.bios = {"BIOS", 0x100000, 0x1000}, .is_ovmf = true};
    struct vmsa_start start = {VMSA_BSP_EIP, 0x800f12, 0, VMSA_HOST_INIT2};

    fill(h, 0x100000, 0x1000, 0x11);
    for (unsigned cpu = 0; cpu < ES_CPUS; cpu++) {
        vmsa_build(vmsas[cpu], &start);
        start.reset_eip = 0x80b004;
    }
    firmware.vmsas = (const uint8_t(*)[VMSA_SIZE])vmsas;
    firmware.n_vmsas = ES_CPUS;
    return firmware;
}

/* The hypervisor never ends the platform, so it never releases the trusted memory region. */
static void release_tmr(void)
{
    assert_true(hv_memory_valid(hv_memory(hv), HV_TMR_BASE, SEV_TMR_SIZE));
    hv_memory_free(hv_memory(hv), HV_TMR_BASE, SEV_TMR_SIZE);
}

static void vmsas_are_launched(void)
{
    const struct hv_guest *guest = hv_guest(hv, 0);
    uint8_t page[VMSA_SIZE];

    assert_int_equal(hv_guest_vmsas(guest), ES_CPUS);
    for (unsigned cpu = 0; cpu < ES_CPUS; cpu++) {
        assert_true(hv_guest_vmsa(guest, cpu, page));
        assert_memory_equal(page, vmsas[cpu], VMSA_SIZE);
        hv_memory_read(hv_memory(hv), HV_MEMORY_BASE + cpu * VMSA_SIZE, page, VMSA_SIZE);
        assert_memory_not_equal(page, vmsas[cpu], VMSA_SIZE); /* encrypted */
    }
    assert_false(hv_guest_vmsa(guest, ES_CPUS, page));
    assert_false(hv_guest_vmsa(hv_guest(hv, 1), 0, page));
}

static void launch_es(void **state)
{
    struct harness *h = *state;
    struct hv_guest *guest = hv_guest(hv, 0);
    const struct hv_firmware firmware = es_firmware(h);
    static uint8_t all[0x1000 + sizeof(vmsas)];
    struct hv_failure failure;
    uint8_t digest[32];

    assert_true(hv_guest_launch(guest, &es_owner, &firmware, &failure));
    memset(all, 0x11, 0x1000);
    memcpy(all + 0x1000, vmsas, sizeof(vmsas));
    crypto_sha256(all, sizeof(all), digest);
    assert_memory_equal(guest_info(h, hv_guest_handle(guest)).launch_digest, digest, 32);
    assert_true(hv_guest_finish(guest, &failure));
    vmsas_are_launched();
    hv_guest_take_down(guest);
    assert_int_equal(hv_guest_vmsas(guest), 0);
    release_tmr();
}

static void es_failures(void **state)
{
    struct harness *h = *state;
    struct hv_guest *guest = hv_guest(hv, 0);
    const struct hv_firmware firmware = es_firmware(h);
    const size_t most = HV_MEMORY_SIZE - SEV_TMR_SIZE - (ES_CPUS - 1) * VMSA_SIZE;
    struct hv_failure failure;
    uint64_t spa;

    spa = hv_memory_alloc(hv_memory(hv), HV_MEMORY_SIZE - SEV_TMR_SIZE + 1);
    assert_false(hv_guest_launch(guest, &es_owner, &firmware, &failure));
    assert_string_equal(failure.step, "INIT");
    hv_memory_free(hv_memory(hv), spa, HV_MEMORY_SIZE - SEV_TMR_SIZE + 1);
    spa = hv_memory_alloc(hv_memory(hv), most); /* a page too few is left for the VMSAs */
    assert_false(hv_guest_launch(guest, &es_owner, &firmware, &failure));
    assert_string_equal(failure.step, "LAUNCH_UPDATE_VMSA");
    assert_string_equal(failure.words, "the hypervisor's memory is full");
    hv_memory_free(hv_memory(hv), spa, most);
    assert_false(hv_guest_launch(guest, &no_session, &firmware, &failure));
    assert_string_equal(failure.step, "LAUNCH_UPDATE_VMSA");
    assert_string_equal(failure.what, "VMSA of CPU 0");
    assert_int_equal(failure.status, SEV_STATUS_POLICY_FAILURE);
    assert_int_equal(hv_guest_stop_reason(guest), HV_STOP_LAUNCH);
    assert_int_equal(hv_guest_vmsas(guest), 0);
    assert_int_equal(guest_count(h), 0);
    release_tmr();
}

static void es_saved(void **state)
{
    struct harness *h = *state;
    const struct hv_firmware firmware = es_firmware(h);
    static uint8_t saved[HV_VMSAS_SAVE_MAX], again[HV_VMSAS_SAVE_MAX];
    uint8_t saved_hv[HV_SAVE_MAX];
    struct hv_failure failure;
    uint64_t spa;
    size_t len, hv_len;

    assert_true(hv_guest_launch(hv_guest(hv, 0), &es_owner, &firmware, &failure));
    assert_true(hv_guest_finish(hv_guest(hv, 0), &failure));
    hv_len = hv_save(hv, saved_hv);
    len = hv_save_vmsas(hv, saved, sizeof(saved));
    assert_int_equal(len, 12 + sizeof(vmsas));
    assert_int_equal(hv_save_vmsas(hv, again, len - 1), 0);
    assert_null(hv_check_saved_vmsas(saved, len, ES_CPUS));
    hv_free(hv);
    hv = hv_new(&ops, h);
    hv_restore(hv, saved_hv, hv_len);
    assert_int_equal(hv_guest_vmsas(hv_guest(hv, 0)), 0);
    spa = hv_memory_alloc(hv_memory(hv), 1); /* somebody is there */
    assert_int_equal(hv_restore_vmsas(hv, saved, len), -ENOMEM);
    hv_memory_free(hv_memory(hv), spa, 1);
    assert_int_equal(hv_restore_vmsas(hv, saved, len), 0);
    vmsas_are_launched();
    assert_int_equal(hv_save_vmsas(hv, again, sizeof(again)), len);
    assert_memory_equal(saved, again, len);
    hv_restore(hv, saved_hv, hv_len); /* releases them */
    assert_int_equal(hv_restore_vmsas(hv, saved, len), 0);
    hv_guest_take_down(hv_guest(hv, 0));
    assert_int_equal(hv_guest_vmsas(hv_guest(hv, 0)), 0);
}

static void es_saved_hostile(void **state)
{
    static uint8_t bytes[8 + 4 + ES_CPUS * VMSA_SIZE];
    const uint64_t last = HV_MEMORY_BASE + HV_MEMORY_SIZE - ES_CPUS * HV_PAGE_SIZE;
    const uint64_t wrong[] = {0, HV_MEMORY_BASE + 8, HV_MEMORY_BASE - 1, last + HV_PAGE_SIZE};

    (void)state;
    bytes[8] = ES_CPUS;
    memcpy(bytes, &last, 8);
    assert_null(hv_check_saved_vmsas(bytes, sizeof(bytes), ES_CPUS));
    for (size_t len = 0; len < sizeof(bytes); len++)
        assert_non_null(hv_check_saved_vmsas(bytes, len, ES_CPUS));
    assert_non_null(hv_check_saved_vmsas(bytes, sizeof(bytes), ES_CPUS - 1));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        memcpy(bytes, &wrong[i], 8);
        assert_string_equal(hv_check_saved_vmsas(bytes, sizeof(bytes), ES_CPUS),
                            "the VMSAs are not in the hypervisor's memory");
    }
    memset(bytes, 0, sizeof(bytes)); /* a guest that was not launched */
    assert_null(hv_check_saved_vmsas(bytes, 12, ES_CPUS));
    assert_non_null(hv_check_saved_vmsas(bytes, 13, ES_CPUS));
    assert_int_equal(hv_restore_vmsas(hv, bytes, 12), 0);
}

/* --- several guests --- */

static void two_guests(void **state)
{
    struct harness *h = *state;
    struct hv_guest *first = hv_guest(hv, 0), *second = hv_guest(hv, 1);
    const struct hv_firmware firmware = legacy();
    struct hv_failure failure;

    assert_true(hv_guest_launch(first, &no_session, &firmware, &failure));
    assert_true(hv_guest_launch(second, &no_session, &firmware, &failure));
    assert_int_equal(guest_info(h, hv_guest_handle(second)).asid, 2);
    assert_false(hv_guest_launch(first, &no_session, &firmware, &failure));
    assert_string_equal(failure.words, "the guest exists already");
    assert_true(hv_guest_finish(first, &failure) && hv_guest_finish(second, &failure));
    hv_guest_take_down(first);
    assert_int_equal(hv_guest_state(first), HV_OFF);
    assert_int_equal(guest_count(h), 1);
    /* its ASID is used again: DF_FLUSH comes first */
    assert_true(hv_guest_launch(first, &no_session, &firmware, &failure));
    assert_int_equal(guest_count(h), 2);
}

/* --- failures --- */

/* As Linux's driver: INIT is retried once after SECURE_DATA_INVALID. */
static void damaged_chip(void **state)
{
    struct harness *h = *state;
    const struct hv_firmware firmware = {.bios = {"BIOS", 0x100000, 0x1000}};
    struct hv_failure failure;

    memset(h->nv, 1, 100);
    h->nv_len = 100;
    assert_true(hv_guest_launch(hv_guest(hv, 0), &no_session, &firmware, &failure));
    assert_true(h->nv_len > 100);

    hv_free(hv);
    hv = hv_new(&ops, h);
    memcpy(h->nv + 8, "\xff\xff", 2); /* of a newer version: this is not replaced */
    harness_start(h);
    assert_false(hv_guest_launch(hv_guest(hv, 0), &no_session, &firmware, &failure));
    assert_string_equal(failure.step, "INIT");
    assert_int_equal(failure.status, SEV_STATUS_SECURE_DATA_INVALID);
}

/* Whichever access to memory fails, no guest is left behind. */
static void failing_memory(void **state)
{
    struct harness *h = *state;
    struct hv_guest *guest = hv_guest(hv, 0);
    const struct hv_firmware firmware = legacy();
    struct hv_failure failure;
    int after = 0;

    for (;; after++) {
        bool ok;

        harness_fail(h, FAULT_RAM_READ, after);
        ok = hv_guest_launch(guest, &no_session, &firmware, &failure);
        harness_no_faults(h);
        if (ok)
            break;
        assert_int_equal(hv_guest_state(guest), HV_STOPPED);
        assert_int_equal(hv_guest_stop_reason(guest), HV_STOP_LAUNCH);
        assert_int_equal(failure.status, SEV_STATUS_HWERROR_PLATFORM);
        assert_string_equal(failure.step, "LAUNCH_UPDATE_DATA");
        assert_int_equal(guest_count(h), 0);
    }
    assert_true(after >= 3);
}

static void hashes_outside_ram(void **state)
{
    struct hv_firmware firmware = legacy();
    struct hv_failure failure;

    (void)state;
    firmware.hashes_gpa = RAM_SIZE;
    assert_false(hv_guest_launch(hv_guest(hv, 0), &no_session, &firmware, &failure));
    assert_string_equal(failure.what, "kernel hashes");
    assert_string_equal(failure.words, strerror(EFAULT));
}

static void secret_larger_than_memory(void **state)
{
    static const uint8_t header[PACKET_HEADER_SIZE];
    static uint8_t data[HV_MEMORY_SIZE];
    const struct hv_firmware firmware = legacy();
    const struct hv_secret secret = {header, data, sizeof(data), 0x1000};
    struct hv_failure failure;

    (void)state;
    assert_false(hv_guest_inject(hv_guest(hv, 0), &secret, &failure));
    assert_string_equal(failure.words, "the guest is not launching");
    assert_true(hv_guest_launch(hv_guest(hv, 0), &no_session, &firmware, &failure));
    assert_false(hv_guest_inject(hv_guest(hv, 0), &secret, &failure));
    assert_string_equal(failure.step, "LAUNCH_SECRET");
    assert_string_equal(failure.words, "the hypervisor's memory is full");
}

/* Commands of the guest do not reach the hypervisor's memory, even while it is allocated. */
static void memory_is_the_hypervisors(void **state)
{
    struct harness *h = *state;
    uint64_t spa = hv_memory_alloc(hv_memory(hv), 8);

    assert_int_equal(psp_exec(h->psp, PSP_ISSUER_GUEST, SEV_CMD_INIT, spa),
                     SEV_STATUS_INVALID_ADDRESS);
    assert_int_equal(psp_exec(h->psp, PSP_ISSUER_HYPERVISOR, SEV_CMD_INIT, spa),
                     SEV_STATUS_SUCCESS);
    hv_memory_free(hv_memory(hv), spa, 8);
}

static void allocator(void **state)
{
    struct hv_memory *memory = hv_memory(hv);
    uint64_t a = hv_memory_alloc(memory, 1), b = hv_memory_alloc(memory, 2 * HV_PAGE_SIZE), rest;
    uint8_t bytes[3] = {1, 2, 3}, found[3];

    (void)state;
    assert_int_equal(a, HV_MEMORY_BASE);
    assert_int_equal(b, a + HV_PAGE_SIZE);
    hv_memory_write(memory, b + HV_PAGE_SIZE - 1, bytes, 3); /* over the end of a page */
    hv_memory_read(memory, b + HV_PAGE_SIZE - 1, found, 3);
    assert_memory_equal(found, bytes, 3);
    assert_true(hv_memory_valid(memory, a, 3 * HV_PAGE_SIZE));
    assert_false(hv_memory_valid(memory, a, 3 * HV_PAGE_SIZE + 1));
    assert_false(hv_memory_valid(memory, a - 1, 1));
    assert_false(hv_memory_valid(memory, a, UINT64_MAX));
    assert_false(hv_memory_valid(memory, HV_MEMORY_BASE + HV_MEMORY_SIZE, 0));
    rest = hv_memory_alloc(memory, HV_MEMORY_SIZE - 3 * HV_PAGE_SIZE);
    assert_true(rest);
    assert_int_equal(hv_memory_alloc(memory, 1), 0);
    hv_memory_free(memory, b, 2 * HV_PAGE_SIZE);
    assert_int_equal(hv_memory_alloc(memory, 3 * HV_PAGE_SIZE), 0); /* not consecutive */
    assert_int_equal(hv_memory_alloc(memory, HV_PAGE_SIZE), b);
    hv_memory_read(memory, b, found, 3);
    assert_int_equal(found[0], 0);
    hv_memory_free_all(memory);
}

/* --- a secure processor that lies --- */

static struct answer {
    uint16_t command;
    unsigned offset;
    uint32_t value;
} lie;

static enum sev_status op_lying_psp(void *machine, uint16_t command, uint64_t buffer)
{
    (void)machine;
    if (command == lie.command)
        hv_memory_write(hv_memory(hv), buffer + lie.offset, &lie.value, 4);
    return SEV_STATUS_SUCCESS;
}

static void impossible_answers(void **state)
{
    static const struct hv_ops lying = {
        .psp = op_lying_psp, .wbinvd = op_wbinvd, .write = op_write};
    const struct hv_firmware firmware = {.bios = {"BIOS", 0x100000, 0x1000}};
    struct hv *real = hv;
    struct hv_failure failure;
    uint8_t report[64], mnonce[16] = {0};
    size_t len;

    hv = hv_new(&lying, *state);
    lie = (struct answer){SEV_CMD_LAUNCH_START, 0, 0};
    assert_false(hv_guest_launch(hv_guest(hv, 0), &no_session, &firmware, &failure));
    assert_string_equal(failure.words, "the answer has an impossible handle");
    lie.value = 7;
    assert_true(hv_guest_launch(hv_guest(hv, 0), &no_session, &firmware, &failure));
    assert_false(hv_guest_launch(hv_guest(hv, 1), &no_session, &firmware, &failure));
    assert_int_equal(hv_guest_handle(hv_guest(hv, 1)), 0);
    assert_int_equal(hv_guest_handle(hv_guest(hv, 0)), 7);
    lie = (struct answer){SEV_CMD_ATTESTATION, 0x20, sizeof(report) + 1};
    assert_false(hv_guest_attest(hv_guest(hv, 0), mnonce, report, sizeof(report), &len, &failure));
    assert_string_equal(failure.words, "the answer has an impossible length");
    lie.value = sizeof(report);
    assert_true(hv_guest_attest(hv_guest(hv, 0), mnonce, report, sizeof(report), &len, &failure));
    assert_int_equal(len, sizeof(report));
    hv_free(hv);
    hv = real;
}

/* --- saved machines --- */

static void save_restore(void **state)
{
    const struct hv_firmware firmware = legacy();
    uint8_t saved[HV_SAVE_MAX], again[HV_SAVE_MAX];
    struct hv_failure failure;
    size_t len;

    assert_true(hv_guest_launch(hv_guest(hv, 2), &no_session, &firmware, &failure));
    assert_true(hv_guest_finish(hv_guest(hv, 2), &failure));
    len = hv_save(hv, saved);
    for (size_t n = 0; n < len; n++)
        assert_non_null(hv_check_saved(saved, n));
    hv_free(hv);
    hv = hv_new(&ops, *state);
    assert_null(hv_check_saved(saved, len));
    hv_restore(hv, saved, len);
    assert_int_equal(hv_guest_state(hv_guest(hv, 2)), HV_RUNNING);
    assert_int_equal(hv_guest_state(hv_guest(hv, 0)), HV_OFF);
    assert_int_equal(hv_save(hv, again), len);
    assert_memory_equal(saved, again, len);
    saved[4] = HV_GUESTS_MAX; /* its index */
    assert_non_null(hv_check_saved(saved, len));
    /* INIT is not repeated */
    assert_true(hv_guest_launch(hv_guest(hv, 0), &no_session, &firmware, &failure));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(launch_legacy, setup, teardown),
        cmocka_unit_test_setup_teardown(launch_ovmf, setup, teardown),
        cmocka_unit_test_setup_teardown(launch_es, setup, teardown),
        cmocka_unit_test_setup_teardown(es_failures, setup, teardown),
        cmocka_unit_test_setup_teardown(es_saved, setup, teardown),
        cmocka_unit_test_setup_teardown(es_saved_hostile, setup, teardown),
        cmocka_unit_test_setup_teardown(two_guests, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_chip, setup, teardown),
        cmocka_unit_test_setup_teardown(failing_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(hashes_outside_ram, setup, teardown),
        cmocka_unit_test_setup_teardown(secret_larger_than_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_is_the_hypervisors, setup, teardown),
        cmocka_unit_test_setup_teardown(allocator, setup, teardown),
        cmocka_unit_test_setup_teardown(impossible_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(save_restore, setup, teardown),
    };
    return cmocka_run_group_tests_name("hv", tests, NULL, NULL);
}
