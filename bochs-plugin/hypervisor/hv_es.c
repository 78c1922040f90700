/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A guest with SEV-ES that runs: its state, memory that it shares, how it ends. See hv_es.h.
 */
#include "hv_es.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hv_es_priv.h"

void hv_es_configure(struct hv_guest *guest, const struct hv_es_config *config)
{
    hv_es_of(guest)->config = *config;
}

void hv_es_start(struct hv_guest *guest, unsigned cpus)
{
    struct hv_es *es = hv_es_of(guest);

    es->cpus = cpus <= HV_VCPUS_MAX ? cpus : HV_VCPUS_MAX;
    es->jump_table = 0;
    memset(es->vcpus, 0, sizeof(es->vcpus));
    for (unsigned cpu = 0; cpu < es->cpus; cpu++) {
        struct hv_vcpu *vcpu = &es->vcpus[cpu];

        vcpu->state = cpu ? HV_VCPU_OFF : HV_VCPU_RUNS;
        vcpu->ghcb_msr = hv_ghcb_msr_info(es);
        vcpu->xcr0 = 1;
    }
}

void hv_es_vmgexit(struct hv_guest *guest, unsigned cpu)
{
    if (guest->stop_reason == HV_STOP_ENDED)
        return;
    if (hv_es_ghcb_msr(guest, cpu) & GHCB_MSR_INFO_MASK)
        hv_ghcb_msr_request(guest, cpu);
    else
        hv_exit_page(guest, cpu);
}

uint64_t hv_es_ghcb_msr(const struct hv_guest *guest, unsigned cpu)
{
    return hv_es_of(guest)->vcpus[cpu].ghcb_msr;
}

void hv_es_set_ghcb_msr(struct hv_guest *guest, unsigned cpu, uint64_t value)
{
    hv_es_of(guest)->vcpus[cpu].ghcb_msr = value;
}

/* --- messages --- */

void hv_es_stop(struct hv_guest *guest, unsigned cpu, const char *format, ...)
{
    struct hv *hv = guest->hv;
    char sentence[300];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof(sentence), format, args);
    va_end(args);
    guest->state = HV_STOPPED;
    guest->stop_reason = HV_STOP_ENDED;
    hv->ops.stop(hv->machine, cpu, sentence);
}

void hv_es_log(struct hv_guest *guest, unsigned cpu, const char *format, ...)
{
    struct hv *hv = guest->hv;
    char line[300];
    va_list args;

    if (!hv->ops.log)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    hv->ops.log(hv->machine, cpu, line);
}

void hv_es_trace(struct hv_guest *guest, const struct hv_exit_record *record)
{
    struct hv *hv = guest->hv;

    if (hv->ops.trace)
        hv->ops.trace(hv->machine, record);
}

void hv_es_terminate(struct hv_guest *guest, unsigned cpu, uint64_t set, uint64_t code)
{
    hv_es_stop(guest, cpu, "the guest requested its termination, reason %llu:%llu: %s",
               (unsigned long long)set, (unsigned long long)code,
               ghcb_termination_words(set, code));
}

/* --- memory --- */

/* Return how many of `len` bytes at `gpa` are in its page. */
static unsigned in_page(uint64_t gpa, size_t len)
{
    size_t rest = HV_PAGE_SIZE - gpa % HV_PAGE_SIZE;

    return (unsigned)(len < rest ? len : rest);
}

bool hv_es_read(struct hv_guest *guest, uint64_t gpa, void *buf, size_t len)
{
    struct hv *hv = guest->hv;

    for (unsigned n; len; len -= n, gpa += n, buf = (uint8_t *)buf + n) {
        n = in_page(gpa, len);
        if (!hv->ops.read_shared(hv->machine, gpa, buf, n))
            return false;
    }
    return true;
}

bool hv_es_write(struct hv_guest *guest, uint64_t gpa, const void *buf, size_t len)
{
    struct hv *hv = guest->hv;

    for (unsigned n; len; len -= n, gpa += n, buf = (const uint8_t *)buf + n) {
        n = in_page(gpa, len);
        if (!hv->ops.write_shared(hv->machine, gpa, buf, n))
            return false;
    }
    return true;
}
