/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the hypervisor does for each exit of the GHCB page protocol.
 *
 * Sources: Linux arch/x86/kvm/svm/sev.c setup_vmgexit_scratch(), sev_handle_vmgexit(),
 * sev_es_string_io(); arch/x86/kvm/svm/svm.c dr_interception(), io_interception(),
 * svm_complete_emulated_msr(). Choices of this model, where KVM ends the machine or has no answer:
 * RDTSC and RDTSCP are answered as EDK2 OvmfPkg/Library/CcExitLib expects it; RDPMC gives #GP, for
 * there are no counters; a scratch area that is no memory, or longer than INT_MAX, is an invalid
 * scratch area; an I/O size of 3, 5, 6 or 7 bytes is an invalid input.
 */
#include <string.h>

#include "hv_es_priv.h"

#define MSR_TSC     0x10u
#define MSR_TSC_AUX 0xc0000103u

/* Linux include/uapi/linux/kvm_para.h KVM_EPERM, KVM_ENOSYS. */
#define KVM_EPERM  1
#define KVM_ENOSYS 1000

/* --- answers --- */

static void respond(struct hv_exit *exit, enum ghcb_response response, uint64_t data)
{
    exit->result1 = response;
    exit->result2 = data;
}

void hv_answer_error(struct hv_exit *exit, enum ghcb_error error)
{
    respond(exit, GHCB_MALFORMED_INPUT, error);
}

/* KVM gives no error code: Linux svm_vmgexit_inject_exception(). */
static void raise_gp(struct hv_exit *exit)
{
    static const uint64_t gp_vector = 13;

    respond(exit, GHCB_ISSUE_EXCEPTION, GHCB_EVENT_VALID | GHCB_EVENT_EXCEPTION | gp_vector);
}

/* --- lies --- */

bool hv_exit_lie(struct hv_exit *exit, enum hv_lie kind)
{
    return hv_es_lie(exit->guest, exit->cpu, kind, exit_code_words(exit->code));
}

static uint64_t lie_bit(struct hv_exit *exit, enum hv_lie kind, uint64_t value, unsigned bits)
{
    return hv_es_lie_bit(exit->guest, exit->cpu, kind, exit_code_words(exit->code), value, bits);
}

/* --- the scratch area --- */

uint8_t *hv_exit_scratch(struct hv_exit *exit, uint64_t len)
{
    const uint64_t begin = exit->scratch, end = begin + len;
    uint8_t *copy = exit->guest->hv->scratch;

    if (!begin || end < begin)
        goto invalid;
    if ((begin & ~GHCB_MSR_INFO_MASK) == exit->gpa) {
        if (begin < exit->gpa + GHCB_SHARED_BUFFER || end > exit->gpa + GHCB_SHARED_BUFFER_END)
            goto invalid;
        return exit->page + (begin - exit->gpa);
    }
    if (exit->es->config.max_version < 2 && len <= HV_SCRATCH_MAX &&
        hv_es_read(exit->guest, begin, copy, len))
        return copy;
invalid:
    hv_answer_error(exit, GHCB_ERR_INVALID_SCRATCH_AREA);
    return NULL;
}

static void write_scratch(struct hv_exit *exit, const uint8_t *data, uint64_t len)
{
    if (hv_exit_lie(exit, HV_LIE_SHORT_SCRATCH))
        len /= 2;
    if (!hv_es_write(exit->guest, exit->scratch, data, len))
        hv_answer_error(exit, GHCB_ERR_INVALID_SCRATCH_AREA);
}

/* --- instructions --- */

void hv_answer_nothing(struct hv_exit *exit)
{
    (void)exit;
}

void hv_answer_cpuid(struct hv_exit *exit)
{
    const struct hv *hv = exit->guest->hv;
    uint32_t regs[4];

    hv->ops.cpuid(hv->machine, exit->cpu, (uint32_t)exit->rax, (uint32_t)exit->rcx,
                  exit->vcpu->xcr0, regs);
    hv_es_lie_cpuid(exit->guest, exit->cpu, (uint32_t)exit->rax, regs);
    exit->rax = regs[0];
    exit->rbx = regs[1];
    exit->rcx = regs[2];
    exit->rdx = regs[3];
}

static bool msr_access(struct hv_exit *exit, uint32_t index, uint64_t *value, bool write)
{
    const struct hv *hv = exit->guest->hv;

    return hv->ops.msr(hv->machine, exit->cpu, index, value, write);
}

void hv_answer_msr(struct hv_exit *exit)
{
    bool write = exit->info1 != 0;
    uint64_t value = write ? exit->rdx << 32 | (uint32_t)exit->rax : 0;

    if (!msr_access(exit, (uint32_t)exit->rcx, &value, write)) {
        raise_gp(exit);
    } else if (!write) {
        value = lie_bit(exit, HV_LIE_WRONG_MSR, value, 64);
        exit->rax = (uint32_t)value;
        exit->rdx = value >> 32;
    }
}

void hv_answer_rdpmc(struct hv_exit *exit)
{
    raise_gp(exit);
}

void hv_answer_rdtsc(struct hv_exit *exit)
{
    uint64_t tsc = 0, aux = 0;

    if (!msr_access(exit, MSR_TSC, &tsc, false) ||
        (exit->code == EXIT_RDTSCP && !msr_access(exit, MSR_TSC_AUX, &aux, false))) {
        raise_gp(exit);
        return;
    }
    exit->rax = (uint32_t)tsc;
    exit->rdx = tsc >> 32;
    if (exit->code == EXIT_RDTSCP)
        exit->rcx = (uint32_t)aux;
}

/* The machine offers no hypercalls but the one that KVM answers without a feature bit: Linux
 * arch/x86/kvm/x86.c __kvm_emulate_hypercall(), include/uapi/linux/kvm_para.h KVM_HC_VAPIC_POLL_IRQ. */
void hv_answer_vmmcall(struct hv_exit *exit)
{
    static const uint64_t vapic_poll_irq = 1;

    if (exit->cpl)
        exit->rax = 0 - (uint64_t)KVM_EPERM;
    else if (exit->rax == vapic_poll_irq)
        exit->rax = 0;
    else
        exit->rax = 0 - (uint64_t)KVM_ENOSYS;
}

void hv_answer_wbinvd(struct hv_exit *exit)
{
    const struct hv *hv = exit->guest->hv;

    hv->ops.wbinvd(hv->machine);
}

/* --- port I/O --- */

static uint32_t port_access(struct hv_exit *exit, unsigned size, uint32_t value)
{
    const struct hv *hv = exit->guest->hv;
    uint16_t port = (uint16_t)(exit->info1 >> GHCB_IO_PORT_SHIFT);

    if (exit->info1 & GHCB_IO_IN)
        return (uint32_t)lie_bit(exit, HV_LIE_WRONG_PORT,
                                 hv->ops.port_in(hv->machine, exit->cpu, port, size), 8 * size);
    hv->ops.port_out(hv->machine, exit->cpu, port, size, value);
    return value;
}

/* A value of `size` bytes. */
static uint32_t low(uint64_t value, unsigned size)
{
    return (uint32_t)(value & (UINT64_MAX >> (64 - 8 * size)));
}

static uint32_t get_element(const uint8_t *at, unsigned size)
{
    uint32_t value = 0;

    for (unsigned i = size; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

static void put_element(uint8_t *at, unsigned size, uint32_t value)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

/* INS and OUTS: SW_EXITINFO2 elements, in order, are in the scratch area. */
static void string_io(struct hv_exit *exit, unsigned size)
{
    uint64_t len;
    uint8_t *data;

    if (!exit->info2)
        return;
    if (exit->info2 > INT32_MAX) {
        hv_answer_error(exit, GHCB_ERR_INVALID_SCRATCH_AREA);
        return;
    }
    len = exit->info2 * size;
    data = hv_exit_scratch(exit, len);
    if (!data)
        return;
    for (uint64_t i = 0; i < len; i += size)
        put_element(data + i, size, port_access(exit, size, get_element(data + i, size)));
    if (exit->info1 & GHCB_IO_IN)
        write_scratch(exit, data, len);
}

void hv_answer_io(struct hv_exit *exit)
{
    unsigned size = exit->info1 >> GHCB_IO_SIZE_SHIFT & GHCB_IO_SIZE_MASK;
    uint32_t value;

    if (!size)
        return;
    if (size != 1 && size != 2 && size != 4) {
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
        return;
    }
    if (exit->info1 & GHCB_IO_STRING) {
        string_io(exit, size);
        return;
    }
    value = low(port_access(exit, size, low(exit->rax, size)), size);
    if (exit->info1 &
        GHCB_IO_IN) /* IN of 1 or 2 bytes keeps the others, of 4 clears the upper half */
        exit->rax = size == 4 ? value : (exit->rax & ~(uint64_t)low(UINT64_MAX, size)) | value;
}

/* --- MMIO --- */

/* One access has at most 8 bytes and does not cross a page. */
static bool mmio_pieces(struct hv_exit *exit, uint8_t *data, uint64_t len)
{
    const struct hv *hv = exit->guest->hv;
    bool write = exit->code == EXIT_MMIO_WRITE;

    for (uint64_t at = 0, n; at < len; at += n) {
        uint64_t gpa = exit->info1 + at, rest = HV_PAGE_SIZE - gpa % HV_PAGE_SIZE;

        n = len - at < 8 ? len - at : 8;
        n = n < rest ? n : rest;
        if (gpa < exit->info1 ||
            !hv->ops.mmio(hv->machine, exit->cpu, gpa, data + at, (unsigned)n, write))
            return false;
    }
    return true;
}

void hv_answer_mmio(struct hv_exit *exit)
{
    const uint64_t len = exit->info2;
    uint8_t *data;

    if (!len)
        return;
    if (exit->es->config.max_version >= 2 && len > 8) {
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
        return;
    }
    data = hv_exit_scratch(exit, len);
    if (!data)
        return;
    if (!mmio_pieces(exit, data, len))
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
    else if (exit->code == EXIT_MMIO_READ) {
        data[0] = (uint8_t)lie_bit(exit, HV_LIE_WRONG_MMIO, data[0], 8);
        write_scratch(exit, data, len);
    }
}

/* --- software exits --- */

void hv_answer_jump_table(struct hv_exit *exit)
{
    if (exit->info1 == 0)
        exit->es->jump_table = exit->info2;
    else if (exit->info1 == 1)
        respond(exit, GHCB_NO_ACTION,
                exit->es->jump_table +
                    (hv_exit_lie(exit, HV_LIE_EVIL_JUMP_TABLE) ? HV_PAGE_SIZE : 0));
    else
        hv_answer_error(exit, GHCB_ERR_INVALID_INPUT);
}

void hv_answer_features(struct hv_exit *exit)
{
    respond(exit, GHCB_NO_ACTION, hv_es_features(exit->guest));
}

void hv_answer_terminate(struct hv_exit *exit)
{
    exit->stopped = true;
    hv_es_terminate(exit->guest, exit->cpu, exit->info1 & 0xf, exit->info1 >> 4 & 0xff);
}

void hv_answer_unsupported(struct hv_exit *exit)
{
    exit->stopped = true;
    hv_es_stop(
        exit->guest, exit->cpu,
        "the #VC handler of the guest does not support the exit %#llx (%s), information %#llx",
        (unsigned long long)exit->info1, exit_code_words(exit->info1),
        (unsigned long long)exit->info2);
}
