/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The built-in hypervisor in Bochs. See sev_hv.h.
 */
#define BX_PLUGGABLE

#include "iodev.h"
#include "cpu/cpu.h"
#include "cpu/cpuid.h"
#if BX_SUPPORT_APIC
#include "cpu/apic.h"
#endif
#include "sev_certs.h"
#include "sev_device_memory.h"
#include "sev_es.h"
#include "sev_hv.h"
#include "sev_log.h"
#include "sev_machine.h"
#include "sev_memory_map.h"
#include "sev_psp_host.h"
#include "sev_snp.h"

#include <string.h>

#include "opt.h"
#include "psp.h"
#include "protocol/vmsa.h"
#include "hypervisor/hv.h"
#include "observe/sev_observe.h"

static enum sev_status hv_psp(void *ctx, uint16_t command, uint64_t buffer)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    return psp_exec(bx_sev_machine_psp(m), PSP_ISSUER_HYPERVISOR, command, buffer);
}

static void hv_wbinvd(void *ctx)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    for (unsigned cpu = 0; cpu < BX_SMP_PROCESSORS; cpu++)
        psp_wbinvd(bx_sev_machine_psp(m), cpu);
}

static int hv_write(void *ctx, uint64_t gpa, const void *data, size_t len)
{
    return bx_sev_psp_host_write((struct sev_machine *)ctx, gpa, data, len);
}

static int hv_read_encrypted(void *ctx, uint32_t asid, uint64_t spa, void *buf, size_t len)
{
    return bx_sev_psp_host_read_own((struct sev_machine *)ctx, asid, spa, buf, len);
}

/* --- a guest with SEV-ES --- */

/* GHCB and scratch area must be RAM. That they are not in shadow RAM is a choice of this model. */
static bool is_ram(struct sev_machine *m, uint64_t gpa, unsigned len)
{
    return memmap_all(bx_sev_machine_memmap(m), gpa, len, MEMMAP_KIND_RAM);
}

static bool hv_read_shared(void *ctx, uint64_t gpa, void *buf, unsigned len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    return is_ram(m, gpa, len) && !bx_sev_psp_host_read(m, gpa, buf, len);
}

static bool hv_write_shared(void *ctx, uint64_t gpa, const void *buf, unsigned len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    return is_ram(m, gpa, len) && !bx_sev_psp_host_write(m, gpa, buf, len);
}

static uint32_t hv_port_in(void *, unsigned, uint16_t port, unsigned len)
{
    return BX_INP(port, len);
}

static void hv_port_out(void *, unsigned, uint16_t port, unsigned len, uint32_t value)
{
    BX_OUTP(port, value, len);
}

#if BX_SUPPORT_APIC
static bool local_apic(unsigned index, uint64_t gpa, void *buf, unsigned len, bool write)
{
    BX_CPU_C *cpu = BX_CPU(index);

    if (!cpu->lapic->is_selected(gpa))
        return false;
    if (write)
        cpu->lapic->write(gpa, buf, len);
    else
        cpu->lapic->read(gpa, buf, len);
    return true;
}
#else
static bool local_apic(unsigned, uint64_t, void *, unsigned, bool)
{
    return false;
}
#endif

/* Memory by an MMIO request: a write does not change ROM. */
static bool memory_mmio(struct sev_machine *m, uint64_t gpa, void *buf, unsigned len, bool write)
{
    if (!write)
        return !bx_sev_psp_host_read(m, gpa, buf, len);
    return !is_ram(m, gpa, len) || !bx_sev_psp_host_write(m, gpa, buf, len);
}

/* The request is the guest's access to a device, so the page is in the picture of memory. */
static void show_device(struct sev_machine *m, unsigned cpu, uint64_t gpa, bool write)
{
    struct sev_timeline *timeline = bx_sev_machine_timeline(m);

    if (timeline && !(memmap_kind(bx_sev_machine_memmap(m), gpa) & MEMMAP_MEMORY))
        bx_sev_timeline_access(timeline, cpu, gpa, SEV_ACCESS_SHARED, SEV_WHY_DATA, write);
}

/* Flash and the frame buffer are memory of the host: the hypervisor sees them through C=0. Where
 * nothing is, a read returns ones and a write is dropped. */
static bool hv_mmio(void *ctx, unsigned cpu, uint64_t gpa, void *buf, unsigned len, bool write)
{
    struct sev_machine *m = (struct sev_machine *)ctx;

    if (local_apic(cpu, gpa, buf, len, write)) {
        show_device(m, cpu, gpa, write);
        return true;
    }
    if (memmap_kind(bx_sev_machine_memmap(m), gpa) & MEMMAP_MEMORY)
        return memory_mmio(m, gpa, buf, len, write);
    if (gpa >> BX_PHY_ADDRESS_WIDTH) {
        if (!write)
            memset(buf, 0xff, len);
        return true;
    }
    show_device(m, cpu, gpa, write);
    bx_sev_device_memory_access(bx_sev_machine_device_memory(m), gpa,
                                SEV_FLAGS(SEV_ACCESS_SHARED, SEV_WHY_DATA) |
                                    (write ? SEV_FLAG_WRITE : 0));
    if (write)
        BX_MEM(0)->writePhysicalPage(BX_CPU(cpu), gpa, len, buf);
    else
        BX_MEM(0)->readPhysicalPage(BX_CPU(cpu), gpa, len, buf);
    return true;
}

/* The answer of leaf Dh depends on XCR0, which is in the request. */
void bx_sev_hv_cpuid(unsigned index, uint32_t function, uint32_t subfunction, uint64_t xcr0,
                     uint32_t regs[4])
{
    BX_CPU_C *cpu = BX_CPU(index);
    const Bit32u own = cpu->xcr0.get32();
    cpuid_function_t leaf = {0, 0, 0, 0};

    cpu->xcr0.set32((Bit32u)xcr0 & cpu->xcr0_suppmask);
    cpu->cpuid->get_cpuid_leaf(function, subfunction, &leaf);
    cpu->xcr0.set32(own);
    regs[0] = leaf.eax;
    regs[1] = leaf.ebx;
    regs[2] = leaf.ecx;
    regs[3] = leaf.edx;
}

static void hv_cpuid(void *, unsigned cpu, uint32_t function, uint32_t subfunction, uint64_t xcr0,
                     uint32_t regs[4])
{
    bx_sev_hv_cpuid(cpu, function, subfunction, xcr0, regs);
}

/* MSRs of nested guests, which this guest cannot have: they read as 0 and stay so. Bochs would let
 * them change the CPU. */
static bool is_svm_msr(uint32_t index)
{
    static const uint32_t vm_cr = 0xc0010114, vm_hsave_pa = 0xc0010117;

    return index == vm_cr || index == vm_hsave_pa;
}

/* The hypervisor has no access to MSRs that it does not intercept: they are in the encrypted VMSA. A
 * host of KVM_SEV_INIT2 answers with an error, an older one reads 0 and drops a write: Linux
 * arch/x86/kvm/svm/svm.c sev_es_prevent_msr_access(), svm_get_msr(), svm_set_msr(). That a write is
 * #GP in the guest is a choice of this model. */
static bool hv_msr(void *ctx, unsigned cpu, uint32_t index, uint64_t *value, bool write)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    Bit64u v = *value;
    bool ok;

    if (!bx_sev_es_msr(bx_sev_machine_es(m), index) || is_svm_msr(index)) {
        if (!write)
            *value = 0;
        return is_svm_msr(index) ? !write || !v : bx_sev_machine_opt(m)->vmsa == VMSA_HOST_ES_INIT;
    }
    ok = write ? BX_CPU(cpu)->wrmsr(index, v) : BX_CPU(cpu)->rdmsr(index, &v);
    *value = v;
    return ok;
}

static void hv_vcpu_wait(void *ctx, unsigned cpu)
{
    bx_sev_es_vcpu_wait(bx_sev_machine_es((struct sev_machine *)ctx), cpu);
}

static void hv_vcpu_run(void *ctx, unsigned cpu, bool first)
{
    bx_sev_es_vcpu_run(bx_sev_machine_es((struct sev_machine *)ctx), cpu, first);
}

/* The guest has left its NMI handler but for IRET, which the hypervisor cannot see. */
static void hv_nmi_complete(void *, unsigned cpu)
{
    BX_CPU(cpu)->unmask_event(BX_EVENT_NMI);
}

static void hv_nmi_deliver(void *, unsigned cpu)
{
    BX_CPU(cpu)->signal_event(BX_EVENT_NMI);
}

static void hv_trace(void *ctx, const struct hv_exit_record *record)
{
    bx_sev_es_trace(bx_sev_machine_es((struct sev_machine *)ctx), record);
}

static void hv_field_missing(void *ctx, unsigned cpu, uint64_t gpa, unsigned field, uint64_t code)
{
    struct sev_sanitizer *sanitizer = bx_sev_machine_sanitizer((struct sev_machine *)ctx);

    if (sanitizer)
        bx_sev_sanitizer_ghcb_field(sanitizer, cpu, gpa, field, code);
}

static void hv_log(void *, unsigned cpu, const char *line)
{
    BX_INFO(("CPU %u: %s", cpu, line));
}

static bool hv_vcpu_create(void *ctx, unsigned cpu, uint64_t vmsa_gpa, const char **why)
{
    return bx_sev_snp_vcpu_create(bx_sev_machine_snp((struct sev_machine *)ctx), cpu, vmsa_gpa,
                                  why);
}

static void hv_vcpu_destroy(void *ctx, unsigned cpu)
{
    bx_sev_snp_vcpu_destroy(bx_sev_machine_snp((struct sev_machine *)ctx), cpu);
}

/* The table that the user gives, or one of the model's key distribution service, of the VCEK. */
static const uint8_t *hv_certificates(void *ctx, size_t *len)
{
    struct sev_machine *m = (struct sev_machine *)ctx;
    const struct opt *opt = bx_sev_machine_opt(m);

    if (!opt->snp_certs.len)
        return bx_sev_certs_table(bx_sev_machine_certs(m), bx_sev_machine_psp(m), len);
    *len = opt->snp_certs.len;
    return opt->snp_certs.bytes;
}

static void hv_unmap(void *ctx, uint64_t gpa, uint64_t n)
{
    bx_sev_snp_unmap(bx_sev_machine_snp((struct sev_machine *)ctx), gpa, n);
}

static void hv_device_write(void *, uint64_t gpa, const void *data, unsigned len)
{
    BX_MEM(0)->dmaWritePhysicalPage(gpa, len, (Bit8u *)data);
}

static void hv_stop(void *, unsigned cpu, const char *sentence)
{
    BX_FATAL(("CPU %u: %s", cpu, sentence));
}

/* --- */

static const struct hv_ops ops = {
    .psp = hv_psp,
    .wbinvd = hv_wbinvd,
    .write = hv_write,
    .read_encrypted = hv_read_encrypted,
    .read_shared = hv_read_shared,
    .write_shared = hv_write_shared,
    .port_in = hv_port_in,
    .port_out = hv_port_out,
    .mmio = hv_mmio,
    .cpuid = hv_cpuid,
    .msr = hv_msr,
    .vcpu_wait = hv_vcpu_wait,
    .vcpu_run = hv_vcpu_run,
    .nmi_complete = hv_nmi_complete,
    .nmi_deliver = hv_nmi_deliver,
    .stop = hv_stop,
    .field_missing = hv_field_missing,
    .trace = hv_trace,
    .log = hv_log,
    .vcpu_create = hv_vcpu_create,
    .vcpu_destroy = hv_vcpu_destroy,
    .certificates = hv_certificates,
    .unmap = hv_unmap,
    .device_write = hv_device_write,
};

struct hv *bx_sev_hv_new(struct sev_machine *m)
{
    return hv_new(&ops, m);
}
