/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files that answer a guest with SEV-ES: hv_answer.c, hv_ap.c, hv_es.c,
 * hv_es_save.c, hv_exit.c, hv_ghcb_msr.c, hv_lies_snp.c, hv_psc.c, hv_request.c, hv_snp.c, hv_vcpu.c.
 */
#ifndef SEV_HV_ES_PRIV_H
#define SEV_HV_ES_PRIV_H

#include "hv_es.h"
#include "hv_priv.h"
#include "protocol/exit_code.h"
#include "protocol/ghcb.h"

/* Linux arch/x86/kvm/svm/sev.c GHCB_HV_FT_SUPPORTED: SNP and AP creation. A guest without SNP gets
 * them too. With SNP the host policy "features" replaces them. */
#define HV_FEATURES UINT64_C(3)
uint64_t hv_es_features(const struct hv_guest *guest);

enum hv_vcpu_state {
    HV_VCPU_RUNS,
    HV_VCPU_OFF,       /* since power-on: waits for INIT */
    HV_VCPU_HELD,      /* asked for an AP reset hold: waits for INIT, an NMI or an interrupt */
    HV_VCPU_INIT,      /* got INIT: waits for SIPI */
    HV_VCPU_DESTROYED, /* SEV-SNP: has no VMSA: waits for AP creation */
};

/* How the CPU asked for its AP reset hold, and so where the answer goes. */
enum hv_hold { HV_HOLD_NONE, HV_HOLD_PAGE, HV_HOLD_MSR };

#define HV_EXIT_ROWS_MAX 32u
#define HV_MSR_ROWS_MAX  16u

struct hv_vcpu {
    enum hv_vcpu_state state;
    enum hv_hold hold;
    bool first_sipi;  /* received: the CPU has started from its VMSA */
    bool nmi_masked;  /* from its delivery to NMI complete */
    bool nmi_pending; /* kept */
    bool reported;    /* that the GHCB MSR has no address of RAM; not saved */
    uint64_t ghcb_msr;
    uint64_t registered; /* SEV-SNP: address of the GHCB that the guest has registered, 0: none */
    /* SEV-SNP: the VMSA of the guest's own that the CPU runs, and the one for the next INIT; 0: none. */
    uint64_t vmsa_gpa, init_vmsa;
    uint64_t xcr0; /* of the last GHCB that had it, for CPUID */
    uint64_t counts[HV_EXIT_ROWS_MAX + HV_MSR_ROWS_MAX]; /* see hv_es_request() */
};

struct hv_es {
    struct hv_es_config config;
    unsigned cpus;
    uint64_t jump_table; /* address that the guest has set, 0: none */
    struct hv_liar liar;
    struct hv_vcpu vcpus[HV_VCPUS_MAX];
};

static inline struct hv_es *hv_es_of(const struct hv_guest *guest)
{
    return &guest->hv->es[0];
}

/* One page exit that is being answered. */
struct hv_exit {
    struct hv_guest *guest;
    struct hv_es *es;
    struct hv_vcpu *vcpu;
    unsigned cpu;
    uint64_t gpa; /* of the GHCB */
    uint64_t code, info1, info2, scratch;
    uint64_t rax, rbx, rcx, rdx;
    uint8_t cpl;
    uint64_t result1, result2;
    bool stopped; /* the machine has ended: nothing is answered */
    /* The copy of the page. Its valid bitmap is that of the request. */
    uint8_t page[GHCB_SIZE];
};

/* hv_answer.c: execute a request. Registers and results of *exit become the answer. */
void hv_answer_nothing(struct hv_exit *exit);
void hv_answer_cpuid(struct hv_exit *exit);
void hv_answer_msr(struct hv_exit *exit);
void hv_answer_rdpmc(struct hv_exit *exit);
void hv_answer_rdtsc(struct hv_exit *exit);
void hv_answer_vmmcall(struct hv_exit *exit);
void hv_answer_wbinvd(struct hv_exit *exit);
void hv_answer_io(struct hv_exit *exit);
void hv_answer_mmio(struct hv_exit *exit);
void hv_answer_jump_table(struct hv_exit *exit);
void hv_answer_features(struct hv_exit *exit);
void hv_answer_terminate(struct hv_exit *exit);
void hv_answer_unsupported(struct hv_exit *exit);
void hv_answer_psc(struct hv_exit *exit);               /* hv_psc.c */
void hv_answer_ap_creation(struct hv_exit *exit);       /* hv_ap.c */
void hv_answer_guest_request(struct hv_exit *exit);     /* hv_request.c */
void hv_answer_ext_guest_request(struct hv_exit *exit); /* hv_request.c */
void hv_answer_error(struct hv_exit *exit, enum ghcb_error error);
/* Check the scratch area of `len` bytes and return a copy of it. NULL: the error is the answer. */
uint8_t *hv_exit_scratch(struct hv_exit *exit, uint64_t len);
/* An opportunity for a lie about a request. */
bool hv_exit_lie(struct hv_exit *exit, enum hv_lie kind);

/* The requests of each protocol: their number, without "other", and each. */
unsigned hv_exit_rows(void);
uint64_t hv_exit_row(unsigned index);
unsigned hv_ghcb_msr_rows(void);
uint64_t hv_ghcb_msr_row(unsigned index);

/* Answer the request in the GHCB of a CPU. */
void hv_exit_page(struct hv_guest *guest, unsigned cpu);
/* Answer the request in the GHCB MSR of a CPU. */
void hv_ghcb_msr_request(struct hv_guest *guest, unsigned cpu);
/* The value of the MSR after a reset, which is also the answer to a SEV information request. */
uint64_t hv_ghcb_msr_info(const struct hv_es *es);

/* Answer a page state change by the GHCB MSR: return its new value. */
uint64_t hv_psc_msr(struct hv_guest *guest, unsigned cpu, uint64_t value);

/* Begin an AP reset hold. */
void hv_vcpu_hold(struct hv_guest *guest, unsigned cpu, enum hv_hold hold);
/* Run a CPU from a VMSA that the guest has made. Return false if the machine has ended. */
bool hv_vcpu_create(struct hv_guest *guest, unsigned cpu, uint64_t gpa);
void hv_vcpu_nmi_complete(struct hv_guest *guest, unsigned cpu);

/* End the machine with a sentence. */
void hv_es_stop(struct hv_guest *guest, unsigned cpu, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void hv_es_log(struct hv_guest *guest, unsigned cpu, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void hv_es_trace(struct hv_guest *guest, const struct hv_exit_record *record);
/* End the machine at a termination request. */
void hv_es_terminate(struct hv_guest *guest, unsigned cpu, uint64_t set, uint64_t code);

/* An opportunity for a lie about `what`. True: lie; the log says so. */
bool hv_es_lie(struct hv_guest *guest, unsigned cpu, enum hv_lie lie, const char *what);
/* Log a lie that has struck. */
void hv_es_log_lie(struct hv_guest *guest, unsigned cpu, enum hv_lie lie, const char *what);
/* Invert one of the `bits` low bits of a value, where a lie strikes. */
uint64_t hv_es_lie_bit(struct hv_guest *guest, unsigned cpu, enum hv_lie lie, const char *what,
                       uint64_t value, unsigned bits);
/* The lies about the registers that CPUID returns. */
void hv_es_lie_cpuid(struct hv_guest *guest, unsigned cpu, uint32_t function, uint32_t regs[4]);

/* Access raw memory across pages. False: a part is neither RAM nor ROM, or it is a private page of a
 * guest with SEV-SNP. */
bool hv_es_read(struct hv_guest *guest, uint64_t gpa, void *buf, size_t len);
bool hv_es_write(struct hv_guest *guest, uint64_t gpa, const void *buf, size_t len);

#endif
