/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A machine for a guest with SEV-ES, for unit tests and fuzz targets: memory, ports, one device,
 * MSRs, CPUs that run or wait. Each access is checked against what hv_ops.h says; ES_CHECK ends
 * the program where that does not hold.
 */
#ifndef TESTS_ES_MACHINE_H
#define TESTS_ES_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hypervisor/hv_es.h"
#include "protocol/ghcb.h"

#define ES_CHECK(condition)                                                                        \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#define ES_PAGES    40u
#define ES_RAM_SIZE (ES_PAGES * 4096u)
#define ES_ROM_PAGE (ES_PAGES - 1u) /* the last page cannot be written */
#define ES_DEVICE   UINT64_C(0xfed00000)
#define ES_CPUS     4u

struct es_machine {
    uint8_t ram[ES_RAM_SIZE];
    uint8_t device[4096]; /* at ES_DEVICE */
    /* what was called, and with what */
    unsigned n_port_in, n_port_out, n_mmio, n_wbinvd, n_trace, n_log, n_msr;
    uint16_t port;
    unsigned port_len;
    uint32_t port_value; /* written, or to be read; a string reads ascending values */
    uint32_t outs[64];   /* the first values that were written */
    uint64_t msr_value;
    uint64_t cpuid_xcr0;
    bool waits[ES_CPUS];
    int runs; /* CPU of the last vcpu_run(), -1: none */
    bool first;
    unsigned n_nmi_complete, n_nmi_deliver;
    char stopped[300]; /* the sentence, "" while it runs */
    char line[300];
    struct hv_exit_record record;
    unsigned n_missing, missing_field; /* a field of the GHCB without its valid bit */
    uint64_t missing_code, missing_gpa;
    /* called after the page at `race_gpa` was read: as another CPU of the guest */
    uint64_t race_gpa;
    void (*race)(struct es_machine *m);
    void (*written)(uint64_t gpa, unsigned len); /* called before each write to memory */
};

static inline bool es_read_shared(void *machine, uint64_t gpa, void *buf, unsigned len)
{
    struct es_machine *m = machine;

    ES_CHECK(len >= 1 && gpa % 4096 + len <= 4096);
    if (gpa >= ES_RAM_SIZE)
        return false;
    memcpy(buf, m->ram + gpa, len);
    if (m->race && gpa == m->race_gpa)
        m->race(m);
    return true;
}

static inline bool es_write_shared(void *machine, uint64_t gpa, const void *buf, unsigned len)
{
    struct es_machine *m = machine;

    ES_CHECK(len >= 1 && gpa % 4096 + len <= 4096);
    if (gpa >= ES_ROM_PAGE * 4096u)
        return false;
    if (m->written)
        m->written(gpa, len);
    memcpy(m->ram + gpa, buf, len);
    return true;
}

static inline uint32_t es_port_in(void *machine, unsigned cpu, uint16_t port, unsigned len)
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS && (len == 1 || len == 2 || len == 4));
    m->port = port;
    m->port_len = len;
    m->n_port_in++;
    return m->port_value++;
}

static inline void es_port_out(void *machine, unsigned cpu, uint16_t port, unsigned len,
                               uint32_t value)
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS && (len == 1 || len == 2 || len == 4));
    ES_CHECK(len == 4 || value >> 8 * len == 0);
    m->port = port;
    m->port_len = len;
    m->port_value = value;
    if (m->n_port_out < sizeof(m->outs) / sizeof(m->outs[0]))
        m->outs[m->n_port_out] = value;
    m->n_port_out++;
}

static inline bool es_mmio(void *machine, unsigned cpu, uint64_t gpa, void *buf, unsigned len,
                           bool write)
{
    struct es_machine *m = machine;
    uint64_t at = gpa - ES_DEVICE;

    ES_CHECK(cpu < ES_CPUS && len >= 1 && len <= 8 && gpa % 4096 + len <= 4096);
    m->n_mmio++;
    if (gpa < ES_DEVICE || at >= sizeof(m->device))
        return false;
    if (write)
        memcpy(m->device + at, buf, len);
    else
        memcpy(buf, m->device + at, len);
    return true;
}

static inline void es_cpuid(void *machine, unsigned cpu, uint32_t function, uint32_t subfunction,
                            uint64_t xcr0, uint32_t regs[4])
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS);
    m->cpuid_xcr0 = xcr0;
    regs[0] = function + 0x100;
    regs[1] = subfunction + 0x200;
    regs[2] = (uint32_t)xcr0 + 0x300;
    regs[3] = 0xffffffff;
}

/* MSRs below 1000h exist, and refuse the value 0. */
static inline bool es_msr(void *machine, unsigned cpu, uint32_t index, uint64_t *value, bool write)
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS);
    m->n_msr++;
    if (index >= 0x1000 && index != 0xc0000103)
        return false;
    if (write) {
        m->msr_value = *value;
        return *value != 0;
    }
    *value = m->msr_value + index;
    return true;
}

static inline void es_wait(void *machine, unsigned cpu)
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS && !m->waits[cpu]);
    m->waits[cpu] = true;
}

static inline void es_run(void *machine, unsigned cpu, bool first)
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS && m->waits[cpu]);
    m->waits[cpu] = false;
    m->runs = (int)cpu;
    m->first = first;
}

static inline void es_nmi_complete(void *machine, unsigned cpu)
{
    ES_CHECK(cpu < ES_CPUS);
    ((struct es_machine *)machine)->n_nmi_complete++;
}

static inline void es_nmi_deliver(void *machine, unsigned cpu)
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS && !m->waits[cpu]);
    m->n_nmi_deliver++;
}

static inline void es_stop(void *machine, unsigned cpu, const char *sentence)
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS && !m->stopped[0] && sentence[0]);
    snprintf(m->stopped, sizeof(m->stopped), "%s", sentence);
}

static inline void es_trace(void *machine, const struct hv_exit_record *record)
{
    struct es_machine *m = machine;

    ES_CHECK(record->cpu < ES_CPUS && record->words && record->words[0]);
    m->record = *record;
    m->n_trace++;
}

static inline void es_field_missing(void *machine, unsigned cpu, uint64_t gpa, unsigned field,
                                    uint64_t code)
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS && field < GHCB_SIZE);
    m->missing_field = field;
    m->missing_code = code;
    m->missing_gpa = gpa;
    m->n_missing++;
}

static inline void es_log(void *machine, unsigned cpu, const char *line)
{
    struct es_machine *m = machine;

    ES_CHECK(cpu < ES_CPUS && line[0]);
    snprintf(m->line, sizeof(m->line), "%s", line);
    m->n_log++;
}

static inline void es_wbinvd(void *machine)
{
    ((struct es_machine *)machine)->n_wbinvd++;
}

static inline const struct hv_ops *es_ops(void)
{
    static const struct hv_ops ops = {
        .wbinvd = es_wbinvd,
        .read_shared = es_read_shared,
        .write_shared = es_write_shared,
        .port_in = es_port_in,
        .port_out = es_port_out,
        .mmio = es_mmio,
        .cpuid = es_cpuid,
        .msr = es_msr,
        .vcpu_wait = es_wait,
        .vcpu_run = es_run,
        .nmi_complete = es_nmi_complete,
        .nmi_deliver = es_nmi_deliver,
        .stop = es_stop,
        .field_missing = es_field_missing,
        .trace = es_trace,
        .log = es_log,
    };

    return &ops;
}

/* Power-on: CPU 0 runs, the others wait. */
static inline void es_power_on(struct es_machine *m, struct hv_guest *guest, unsigned max_version)
{
    const struct hv_es_config config = {.max_version = max_version, .cbit_pos = 47};

    memset(m, 0, sizeof(*m));
    m->runs = -1;
    for (unsigned cpu = 1; cpu < ES_CPUS; cpu++)
        m->waits[cpu] = true;
    hv_es_configure(guest, &config);
    hv_es_start(guest, ES_CPUS);
}

#endif
