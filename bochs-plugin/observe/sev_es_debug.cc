/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The debugger's commands for a guest with SEV-ES: the GHCB and the VMSA of a CPU, field by field; exits;
 * breaks at #VC and VMGEXIT. See bochs-sev-debug(7).
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "sev_es.h"
#include "sev_machine.h"
#include "sev_memory.h"
#include "sev_vmsa.h"

#if BX_DEBUGGER

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

#include "sev_observe.h"
#include "protocol/exit_code.h"
#include "protocol/ghcb.h"

static const uint64_t msr_page_mask = ~(uint64_t)(GHCB_SIZE - 1);

/* The CPU of an optional argument; 0 without it. */
static bool get_cpu(int argc, char **argv, int at, unsigned *cpu)
{
    char *end = NULL;

    *cpu = 0;
    if (at >= argc)
        return true;
    *cpu = (unsigned)strtoul(argv[at], &end, 10);
    if (*argv[at] >= '0' && *argv[at] <= '9' && !*end && *cpu < BX_SMP_PROCESSORS)
        return true;
    bx_sev_printf("sev: there is no CPU %s; there are 0 to %u\n", argv[at], BX_SMP_PROCESSORS - 1);
    return false;
}

static struct sev_es *find_es(struct sev_machine *m)
{
    if (!bx_sev_machine_es(m))
        bx_sev_printf("sev: the guest has no SEV-ES (policy bit 2)\n");
    return bx_sev_machine_es(m);
}

/* --- ghcb --- */

static void print_ghcb_field(const uint8_t *page, const struct ghcb_field *field)
{
    const uint64_t value = ghcb_get(page, (enum ghcb_offset)field->offset);
    const bool valid = field->has_valid && ghcb_valid(page, (enum ghcb_offset)field->offset);

    if (!value && !valid)
        return;
    bx_sev_printf("  %03x %-16s %16" PRIx64 "%s", field->offset, field->name, value,
                  valid ? "  valid" : "");
    if (field->offset == GHCB_SW_EXITCODE)
        bx_sev_printf("  %s", exit_code_words(value));
    bx_sev_printf("\n");
}

/* Raw memory, as the hypervisor reads it. */
static bool read_page(struct sev_machine *m, uint64_t gpa, uint8_t *page)
{
    struct sev_memory *memory = bx_sev_machine_memory(m);

    return bx_sev_timeline_kind(m, gpa) != TIMELINE_MMIO &&
           ((memory && bx_sev_memory_peek(memory, 0, gpa, page, GHCB_SIZE)) ||
            BX_MEM(0)->dbg_fetch_mem(BX_CPU(0), (bx_phy_address)gpa, GHCB_SIZE, page));
}

void bx_sev_debug_ghcb(struct sev_machine *m, int argc, char **argv)
{
    struct sev_es *es = find_es(m);
    uint8_t page[GHCB_SIZE];
    uint64_t msr;
    unsigned cpu;

    if (!es || !get_cpu(argc, argv, 1, &cpu))
        return;
    msr = bx_sev_es_ghcb(es, cpu);
    if (msr & GHCB_MSR_INFO_MASK) {
        bx_sev_printf("CPU %u: the GHCB MSR is %" PRIx64 " (%s), no address\n", cpu, msr,
                      ghcb_msr_words(msr));
        return;
    }
    bx_sev_printf("CPU %u: GHCB at %" PRIx64 ", as the hypervisor reads it\n", cpu, msr);
    if (!read_page(m, msr & msr_page_mask, page)) {
        bx_sev_printf("sev: there is no RAM\n");
        return;
    }
    for (size_t i = 0; i < ghcb_fields_count; i++)
        print_ghcb_field(page, &ghcb_fields[i]);
}

/* --- vmsa --- */

static void print_vmsa_field(const uint8_t *vmsa, const struct vmsa_field *field)
{
    const enum vmsa_offset offset = (enum vmsa_offset)field->offset;

    if (field->kind == VMSA_SEGMENT) {
        const struct vmsa_segment s = vmsa_get_segment(vmsa, offset);

        bx_sev_printf("  %03x %-16s %04x attributes %03x limit %08x base %" PRIx64 "\n",
                      field->offset, field->name, s.selector, s.attributes, s.limit, s.base);
    } else if (field->kind == VMSA_NUMBER) {
        bx_sev_printf("  %03x %-16s %" PRIx64 "\n", field->offset, field->name,
                      vmsa_get(vmsa, offset));
    } else {
        bx_sev_printf("  %03x %-16s", field->offset, field->name);
        for (unsigned i = 0; i < 16; i++)
            bx_sev_printf(" %02x", vmsa[field->offset + i]);
        bx_sev_printf(" ...\n");
    }
}

static bool is_zero(const uint8_t *bytes, unsigned n)
{
    while (n--)
        if (*bytes++)
            return false;
    return true;
}

/* vmsa [diff] [CPU]: the registers as a VMSA; with diff only what differs from the launched one. */
void bx_sev_debug_vmsa(struct sev_machine *m, int argc, char **argv)
{
    const bool diff = argc > 1 && !strcasecmp(argv[1], "diff");
    struct sev_es *es = find_es(m);
    uint8_t vmsa[VMSA_SIZE], launched[VMSA_SIZE] = {};
    unsigned cpu;

    if (!es || !get_cpu(argc, argv, diff ? 2 : 1, &cpu))
        return;
    if (diff && !bx_sev_es_launched(es, cpu, launched)) {
        bx_sev_printf("sev: CPU %u has no launched VMSA\n", cpu);
        return;
    }
    memset(vmsa, 0, sizeof(vmsa));
    bx_sev_vmsa_store(cpu, vmsa);
    bx_sev_printf("CPU %u: %s\n", cpu,
                  diff ? "what differs from its launched VMSA" : "its registers as a VMSA");
    for (size_t i = 0; i < vmsa_n_fields; i++) {
        const struct vmsa_field *field = &vmsa_fields[i];
        const uint8_t *bytes = vmsa + field->offset;

        if (diff ? memcmp(bytes, launched + field->offset, field->size) != 0
                 : !is_zero(bytes, field->size))
            print_vmsa_field(vmsa, field);
    }
}

/* --- exits --- */

void bx_sev_debug_exits(struct sev_machine *m, int, char **)
{
    struct sev_es *es = find_es(m);

    if (es)
        bx_sev_es_print_exits(
            es, [](void *, const char *line) { bx_sev_printf("%s\n", line); }, NULL);
}

/* break vc|vmgexit|msr CODE|NAME|any */
bool bx_sev_debug_break(struct sev_machine *m, const char *event, const char *what)
{
    static const char *const events[] = {"vc", "vmgexit", "msr"};
    const struct exit_code *row = exit_code_find_name(what);
    uint64_t code = BX_SEV_ANY_CODE;
    unsigned i = 0;
    char *end;

    while (i < 3 && strcasecmp(event, events[i]) != 0)
        i++;
    if (i == 3)
        return false;
    if (!find_es(m))
        return true;
    if (row && i != BX_SEV_EVENT_MSR) {
        code = row->code;
    } else if (strcasecmp(what, "any") != 0) {
        code = strtoull(what, &end, 16);
        if (end == what || (*end && strcasecmp(end, "h") != 0)) {
            bx_sev_printf(
                "sev: '%s' is neither a number, nor any, nor the name of an exit as CPUID\n", what);
            return true;
        }
    }
    bx_sev_break_on_event(bx_sev_machine_breaks(m), (enum bx_sev_event)i, code);
    return true;
}

#endif
