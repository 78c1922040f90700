/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the built-in hypervisor does for a guest with SEV-ES while it runs: it answers VMGEXIT, by
 * the GHCB page and by the GHCB MSR, and starts and stops CPUs whose registers it cannot access.
 *
 * It behaves as KVM does: Linux arch/x86/kvm/svm/sev.c sev_handle_vmgexit(),
 * sev_es_validate_vmgexit(), setup_vmgexit_scratch(), sev_handle_vmgexit_msr_protocol(),
 * sev_vcpu_deliver_sipi_vector(); arch/x86/kvm/lapic.c kvm_apic_accept_events().
 *
 * Only guest 0, the machine itself, runs: `guest` is always that one.
 *
 * Every field of a GHCB is hostile. A page is copied once, and only the copy is checked and used.
 */
#ifndef SEV_HV_ES_H
#define SEV_HV_ES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv.h"
#include "hv_lies.h"

#ifdef __cplusplus
extern "C" {
#endif

#define HV_VCPUS_MAX        256u /* PSP_CPUS_MAX */
#define HV_GHCB_VERSION_MIN 1u
#define HV_GHCB_VERSION_MAX 2u

struct hv_es_config {
    unsigned max_version; /* of the GHCB protocol: 1 or 2 */
    unsigned cbit_pos;
    struct hv_lies lies; /* all zero: none */
    uint64_t seed;       /* of the lies */
    /* The guest address of the lies about a page. Without it the seed selects a page. */
    uint64_t lies_page;
    bool lies_page_set;
};

/* Set what the hypervisor offers. Call it before hv_es_start(). */
void hv_es_configure(struct hv_guest *guest, const struct hv_es_config *config);

/* Power-on: CPU 0 runs, and the others wait for INIT and SIPI. `cpus` is at most HV_VCPUS_MAX. The
 * GHCB MSRs have their reset value. */
void hv_es_start(struct hv_guest *guest, unsigned cpus);

/* --- called by the machine, for a `cpu` below the number of hv_es_start() --- */

/* VMGEXIT was executed. RIP is after the instruction already. */
void hv_es_vmgexit(struct hv_guest *guest, unsigned cpu);
/* The GHCB MSR, C0010130h. */
uint64_t hv_es_ghcb_msr(const struct hv_guest *guest, unsigned cpu);
void hv_es_set_ghcb_msr(struct hv_guest *guest, unsigned cpu, uint64_t value);
/* INIT or SIPI arrived. Neither changes a register of the guest, so the vector is not used. */
void hv_es_init(struct hv_guest *guest, unsigned cpu);
void hv_es_sipi(struct hv_guest *guest, unsigned cpu, uint8_t vector);
/* An NMI arrived. True: deliver it now; it is masked until NMI complete. False: it is kept (one),
 * and nmi_deliver() will ask for it. */
bool hv_es_nmi(struct hv_guest *guest, unsigned cpu);
/* An interrupt arrived that the CPU would take. It ends an AP reset hold without a SIPI. */
void hv_es_interrupt(struct hv_guest *guest, unsigned cpu);
/* True while the CPU executes the guest. False: it waits for INIT, for SIPI, or in a hold. */
bool hv_es_vcpu_runs(const struct hv_guest *guest, unsigned cpu);

/* --- what happened --- */

/* The kinds of requests, in a fixed order: those of the GHCB page, then those of the GHCB MSR. The
 * last of each counts what the hypervisor does not have. */
struct hv_request {
    bool msr_protocol;
    bool other;    /* all requests without a row */
    uint64_t code; /* SW_EXITCODE, or bits 11:0 of the MSR */
    const char *words;
};
unsigned hv_es_requests(void);
struct hv_request hv_es_request(unsigned index);
/* How often `cpu` has sent a request since power-on. */
uint64_t hv_es_count(const struct hv_guest *guest, unsigned cpu, unsigned index);
/* How often the hypervisor has lied in one way. */
uint64_t hv_es_lies(const struct hv_guest *guest, enum hv_lie lie);

/* --- saved machines: guest 0 --- */

/* Return how many bytes hv_es_save() writes; 0: no guest with SEV-ES runs. */
size_t hv_es_save_size(const struct hv *hv);
size_t hv_es_save(const struct hv *hv, uint8_t *out);
/* Check the bytes of hv_es_save() for a machine with `cpus` CPUs that is configured. Return NULL, or
 * what is wrong as an error phrase. Nothing is taken over. */
const char *hv_es_check_saved(struct hv *hv, const uint8_t *in, size_t len, unsigned cpus);
/* Take over checked bytes. `in` NULL: no guest with SEV-ES runs. */
void hv_es_restore(struct hv *hv, const uint8_t *in, size_t len, unsigned cpus);

#ifdef __cplusplus
}
#endif
#endif
