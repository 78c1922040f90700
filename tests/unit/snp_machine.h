/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A machine for a guest with SEV-SNP, over that of es_machine.h: a reverse map table, a secure
 * processor that does what a launch needs and no more, and CPUs that run a VMSA of the guest.
 */
#ifndef TESTS_SNP_MACHINE_H
#define TESTS_SNP_MACHINE_H

#include <errno.h>

#include "es_machine.h"
#include "hypervisor/hv_snp.h"
#include "protocol/buf.h"
#include "rmp.h"

#define SNP_ROM_PAGE 30u /* the firmware, then its secrets page and its CPUID page */
/* The RMP covers more than there is memory, so that 2 MiB can be assigned. */
#define SNP_COVERED UINT64_C(0xa00000)

static struct rmp *snp_rmp;
static struct hv *snp_hv;
static struct {
    uint16_t commands[512];
    unsigned n_commands;
    uint16_t fails; /* this command fails with SEV_STATUS_INVALID_PARAM */
    uint64_t vmsa[ES_CPUS];
    const char *refuse; /* why VMRUN refuses */
    unsigned n_destroyed;
    int write_error; /* what ops.write() returns */
    const uint8_t *certificates;
    size_t certificates_len;
    uint8_t response; /* what a response of the processor begins with */
    bool lies;        /* the hypervisor does what the processor refuses */
    unsigned n_device_writes;
    uint64_t device_write;         /* the address of the last one */
    uint64_t unmapped, n_unmapped; /* pages of the last call */
} snp_calls;

static inline uint64_t snp_field(uint64_t buffer, unsigned offset)
{
    uint8_t bytes[8] = {0};
    struct buf b = buf_reader(bytes, sizeof(bytes));

    hv_memory_read(hv_memory(snp_hv), buffer + offset, bytes, sizeof(bytes));
    return buf_get64(&b);
}

/* What becomes of the page of a command. */
static inline void snp_page(uint64_t spa, bool assigned, bool immutable, bool validated)
{
    struct rmp_entry entry = rmp_get(snp_rmp, spa);

    entry.assigned = assigned;
    entry.immutable = immutable;
    entry.validated = validated;
    entry.perms[0] = RMP_ALL;
    ES_CHECK(rmp_set(snp_rmp, spa, &entry));
}

static inline enum sev_status snp_psp(void *machine, uint16_t command, uint64_t buffer)
{
    (void)machine;
    ES_CHECK(snp_calls.n_commands < sizeof(snp_calls.commands) / sizeof(snp_calls.commands[0]));
    snp_calls.commands[snp_calls.n_commands++] = command;
    if (command == snp_calls.fails)
        return SEV_STATUS_INVALID_PARAM;
    if (command == SEV_CMD_SNP_LAUNCH_UPDATE) {
        const struct rmp_entry entry = rmp_get(snp_rmp, snp_field(buffer, SNP_UPDATE_ADDR));

        ES_CHECK(entry.assigned && entry.immutable && entry.asid == 1);
        snp_page(snp_field(buffer, SNP_UPDATE_ADDR), true, false, true);
    }
    if (command == SEV_CMD_SNP_GUEST_REQUEST)
        hv_memory_write(hv_memory(snp_hv), snp_field(buffer, SNP_RESPONSE_ADDR),
                        &snp_calls.response, 1);
    if (command == SEV_CMD_SNP_PAGE_RECLAIM)
        snp_page(snp_field(buffer, SNP_ADDR), true, false, false);
    return SEV_STATUS_SUCCESS;
}

/* The processor does not let the hypervisor write to a page of the guest, and it would read
 * ciphertext. */
static inline bool snp_read_shared(void *machine, uint64_t gpa, void *buf, unsigned len)
{
    ES_CHECK(!rmp_get(snp_rmp, gpa).assigned);
    return es_read_shared(machine, gpa, buf, len);
}

static inline bool snp_write_shared(void *machine, uint64_t gpa, const void *buf, unsigned len)
{
    ES_CHECK(!rmp_get(snp_rmp, gpa).assigned);
    return es_write_shared(machine, gpa, buf, len);
}

static inline int snp_write(void *machine, uint64_t gpa, const void *data, size_t len)
{
    struct es_machine *m = machine;

    if (rmp_get(snp_rmp, gpa).assigned) { /* the processor refuses it */
        ES_CHECK(snp_calls.lies);
        return -EPERM;
    }
    if (snp_calls.write_error)
        return snp_calls.write_error;
    if (gpa >= ES_RAM_SIZE || len > ES_RAM_SIZE - gpa)
        return -EFAULT;
    memcpy(m->ram + gpa, data, len);
    return 0;
}

static inline bool snp_vcpu_create(void *machine, unsigned cpu, uint64_t vmsa_gpa, const char **why)
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS && vmsa_gpa % 4096 == 0);
    if (snp_calls.refuse) {
        *why = snp_calls.refuse;
        return false;
    }
    for (unsigned other = 0; other < ES_CPUS; other++)
        if (other != cpu && snp_calls.vmsa[other] == vmsa_gpa) {
            *why = "another CPU runs it";
            return false;
        }
    snp_calls.vmsa[cpu] = vmsa_gpa;
    m->waits[cpu] = false;
    return true;
}

static inline void snp_vcpu_destroy(void *machine, unsigned cpu)
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS);
    m->waits[cpu] = true;
    snp_calls.vmsa[cpu] = 0;
    snp_calls.n_destroyed++;
}

static inline const uint8_t *snp_certificates(void *machine, size_t *len)
{
    (void)machine;
    *len = snp_calls.certificates_len;
    return snp_calls.certificates;
}

static inline void snp_unmap(void *machine, uint64_t gpa, uint64_t n)
{
    (void)machine;
    snp_calls.unmapped = gpa;
    snp_calls.n_unmapped = n;
}

static inline void snp_device_write(void *machine, uint64_t gpa, const void *data, unsigned len)
{
    (void)machine;
    ES_CHECK(data && len && gpa % 4096 + len <= 4096);
    snp_calls.n_device_writes++;
    snp_calls.device_write = gpa;
}

/* A CPU model with few functions. */
static inline void snp_cpuid(void *machine, unsigned cpu, uint32_t function, uint32_t subfunction,
                             uint64_t xcr0, uint32_t regs[4])
{
    ((struct es_machine *)machine)->cpuid_xcr0 = xcr0;
    ES_CHECK(cpu < ES_CPUS);
    memset(regs, 0, 4 * sizeof(regs[0]));
    if (function == 0 || function == 0x80000000)
        regs[0] = function + (function ? 2 : 0xd);
    else if (function == 1 || function == 0x80000001)
        regs[3] = 0x1234;
    else if (function == 0xd && subfunction < 3)
        regs[0] = subfunction + 1, regs[1] = 0x999;
}

static inline const struct hv_ops *snp_ops(void)
{
    static struct hv_ops ops;

    ops = *es_ops();
    ops.psp = snp_psp;
    ops.write = snp_write;
    ops.read_shared = snp_read_shared;
    ops.write_shared = snp_write_shared;
    ops.cpuid = snp_cpuid;
    ops.vcpu_create = snp_vcpu_create;
    ops.vcpu_destroy = snp_vcpu_destroy;
    ops.certificates = snp_certificates;
    ops.unmap = snp_unmap;
    ops.device_write = snp_device_write;
    return &ops;
}

static inline void snp_free(void)
{
    hv_free(snp_hv);
    rmp_free(snp_rmp);
    snp_hv = NULL;
    snp_rmp = NULL;
}

static inline struct hv_firmware snp_firmware(void)
{
    static uint8_t vmsas[ES_CPUS][VMSA_SIZE];
    static const struct ovmf_section sections[] = {
        {OVMF_PAGE_SECRETS, (SNP_ROM_PAGE + 1) * 4096, 4096},
        {OVMF_PAGE_CPUID, (SNP_ROM_PAGE + 2) * 4096, 4096},
    };
    struct hv_firmware firmware = {.bios = {"firmware", SNP_ROM_PAGE * 4096, 4096},
                                   .is_ovmf = true};

    vmsa_put(vmsas[0], VMSA_SEV_FEATURES, 1);
    firmware.vmsas = (const uint8_t(*)[VMSA_SIZE])vmsas;
    firmware.n_vmsas = ES_CPUS;
    firmware.sections = sections;
    firmware.n_sections = 2;
    return firmware;
}

/* Power-on and a launch, with host policies such as "assign:eager" and lies. Return the guest, which
 * runs. */
static inline struct hv_guest *snp_power_on(struct es_machine *m, const char *policies,
                                            const char *lies)
{
    const struct rmp_range ranges[] = {{0, SNP_COVERED}, {HV_MEMORY_BASE, HV_MEMORY_SIZE}};
    const struct rmp_ops none = {NULL, NULL};
    struct hv_es_config config = {.max_version = 2, .cbit_pos = 47, .seed = 1};
    const struct hv_snp_launch launch = {.policy = 0x30000};
    const struct hv_firmware firmware = snp_firmware();
    struct hv_policies wanted;
    struct hv_failure failure;
    struct hv_guest *guest;

    snp_free();
    memset(&snp_calls, 0, sizeof(snp_calls));
    snp_rmp = rmp_new(ranges, 2, &none);
    snp_hv = hv_new(snp_ops(), m);
    ES_CHECK(snp_rmp && snp_hv && !hv_set_rmp(snp_hv, snp_rmp));
    ES_CHECK(!hv_policies_parse(policies, &wanted) && hv_lies_parse(lies, &config.lies));
    hv_snp_configure(snp_hv, &wanted, 1);
    guest = hv_guest(snp_hv, 0);
    es_power_on(m, guest, 2);
    snp_calls.lies = *lies;
    hv_es_configure(guest, &config);
    hv_es_start(guest, ES_CPUS);
    ES_CHECK(hv_guest_snp_launch(guest, &launch, &firmware, &failure));
    ES_CHECK(hv_guest_finish(guest, &failure) && hv_guest_is_snp(guest));
    return guest;
}

#endif
