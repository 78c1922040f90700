/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the built-in hypervisor asks of the machine. Implemented by the plugin, by the unit tests
 * and by the fuzzer. Every function gets the context of hv_new() first.
 */
#ifndef SEV_HV_OPS_H
#define SEV_HV_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sev_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One VMGEXIT with its answer, for a log. */
struct hv_exit_record {
    unsigned cpu;
    bool msr_protocol;         /* the MSR had a request; else the GHCB page */
    uint64_t code;             /* SW_EXITCODE, or the value of the MSR */
    uint64_t info1, info2;     /* SW_EXITINFO1 and 2 of the request; 0 for the MSR protocol */
    uint64_t result1, result2; /* those of the answer; the MSR protocol's answer is in result1 */
    const char *words;         /* the request in words; never NULL */
};

struct hv_ops {
    /* Execute a command of the secure processor as PSP_ISSUER_HYPERVISOR. `buffer` is an address in
     * the hypervisor's memory, 0 for a command without a buffer. While the command executes, the
     * processor reads and writes that memory with hv_memory_read() and hv_memory_write(). */
    enum sev_status (*psp)(void *machine, uint16_t command, uint64_t buffer);
    /* Execute WBINVD on every CPU. */
    void (*wbinvd)(void *machine);
    /* Write raw memory of the guest, as a hypervisor does before the launch. Return 0 or a negative
     * errno. */
    int (*write)(void *machine, uint64_t gpa, const void *data, size_t len);
    /* Read allocated memory of the hypervisor through the key of an ASID, as VMRUN reads a VMSA.
     * Return 0 or a negative errno. NULL in a machine without SEV-ES. */
    int (*read_encrypted)(void *machine, uint32_t asid, uint64_t spa, void *buf, size_t len);

    /* --- while a guest with SEV-ES runs; a machine without SEV-ES has NULL everywhere --- */

    /* Read and write raw memory (C=0) within one page. False: there is neither RAM nor ROM. */
    bool (*read_shared)(void *machine, uint64_t gpa, void *buf, unsigned len);
    bool (*write_shared)(void *machine, uint64_t gpa, const void *buf, unsigned len);
    /* Port I/O of 1, 2 or 4 bytes. */
    uint32_t (*port_in)(void *machine, unsigned cpu, uint16_t port, unsigned len);
    void (*port_out)(void *machine, unsigned cpu, uint16_t port, unsigned len, uint32_t value);
    /* Access 1 to 8 bytes within one page: a device, flash, or RAM as raw memory. False: the access
     * is not possible, and the guest gets the error "invalid input". */
    bool (*mmio)(void *machine, unsigned cpu, uint64_t gpa, void *buf, unsigned len, bool write);
    /* CPUID of the guest's CPU model; regs are EAX, EBX, ECX, EDX. */
    void (*cpuid)(void *machine, unsigned cpu, uint32_t function, uint32_t subfunction,
                  uint64_t xcr0, uint32_t regs[4]);
    /* RDMSR or WRMSR. False: the MSR does not exist or refuses the value, and the guest gets #GP. */
    bool (*msr)(void *machine, unsigned cpu, uint32_t index, uint64_t *value, bool write);
    /* Stop executing the guest on `cpu`, until vcpu_run(). */
    void (*vcpu_wait)(void *machine, unsigned cpu);
    /* Execute the guest on `cpu`: `first`: from its launched VMSA, else where it stopped. */
    void (*vcpu_run)(void *machine, unsigned cpu, bool first);
    /* The guest has completed its NMI: the next one may be delivered. */
    void (*nmi_complete)(void *machine, unsigned cpu);
    /* Deliver an NMI now: one that hv_es_nmi() kept. */
    void (*nmi_deliver)(void *machine, unsigned cpu);
    /* End the machine; `sentence` says why. It may return, in tests: the guest is stopped then. */
    void (*stop)(void *machine, unsigned cpu, const char *sentence);
    /* The GHCB at `gpa` has an exit that needs a field (enum ghcb_offset) whose valid bit is clear. The
     * guest gets an error. Called for each such field; may be NULL. */
    void (*field_missing)(void *machine, unsigned cpu, uint64_t gpa, unsigned field, uint64_t code);
    /* Called after each VMGEXIT; may be NULL. */
    void (*trace)(void *machine, const struct hv_exit_record *record);
    /* Write a line to the log; may be NULL. */
    void (*log)(void *machine, unsigned cpu, const char *line);

    /* --- while a guest with SEV-SNP runs; a machine without SEV-SNP has NULL --- */

    /* Execute the guest on `cpu` from the VMSA in a page of its memory: VMRUN's checks of the page and
     * of the registers are the machine's. A CPU that runs another VMSA leaves it. False: VMRUN refused,
     * nothing has changed, and *why says so as a phrase. */
    bool (*vcpu_create)(void *machine, unsigned cpu, uint64_t vmsa_gpa, const char **why);
    /* Stop `cpu`. The VMSA that it ran is free for another use. */
    void (*vcpu_destroy)(void *machine, unsigned cpu);
    /* Return the table of certificates for the guest's extended requests (protocol/cert_table.h), and its
     * length. It stays valid until the next call. NULL: there is none; the function may be NULL too. */
    const uint8_t *(*certificates)(void *machine, size_t *len);
    /* The nested page tables change for `n` pages from `gpa` on: drop their translations. */
    void (*unmap)(void *machine, uint64_t gpa, uint64_t n);
    /* A device writes within one page. The IOMMU drops what the RMP does not allow. */
    void (*device_write)(void *machine, uint64_t gpa, const void *data, unsigned len);
};

#ifdef __cplusplus
}
#endif
#endif
