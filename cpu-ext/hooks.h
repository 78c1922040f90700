/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The hook table: the one interface between the patched Bochs and the sev plugin. Bochs calls the
 * functions of the table, the plugin fills it. Bochs's build copies this file to cpu/sev_hooks.h.
 *
 * A table that is all zero (but for its version and size) is stock Bochs: the C-bit masks are 0, so
 * no bit is removed from a page table entry, and no function is called.
 *
 * The table answers two questions. access(): may this memory access happen, and with the page
 * encrypted or decrypted? exit(): this event would leave the guest; what happens instead? The other
 * functions are for new instructions, INIT and NMI, and observers.
 *
 * Rules for every function:
 * - Bochs runs all CPUs in one host thread, so the functions need no lock.
 * - A NULL function has the neutral answer that the sev_hooks_*() wrapper below it gives. Bochs
 *   calls only these wrappers.
 * - `cpu` is the index of the CPU (BX_CPU_ID), or SEV_HOOKS_NO_CPU.
 * - `spa` is a system physical address, after A20. `gpa` is the guest physical address, before
 *   nested paging. Bochs passes the same value for both: only a guest without nested paging needs `gpa`.
 *
 * Sources: Linux Documentation/arch/x86/amd-memory-encryption.rst (which accesses are private),
 * Linux arch/x86/include/uapi/asm/svm.h (exit codes, which are also the error codes of #VC). What
 * each verdict does to a CPU is a choice of this model.
 */
#ifndef SEV_HOOKS_H
#define SEV_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the table. It has one more with each change of the layout of the table or of a
 * structure in it, or of the meaning of a member, a parameter or a result. A comment, a wrapper or a
 * value that only one side uses does not change it. Table and plugin must have the same version:
 * there is no older one that the plugin accepts. It is independent of the version of the package.
 *
 * Bochs puts the version and the size of its table into sev_hooks when it is built. The plugin
 * compares both with its own at start, in cbit_attach(), and ends Bochs with a message if one of them
 * differs. So a plugin never runs in a Bochs that was patched for another version.
 *
 * The tables of the package's versions:
 *
 * - 6: 0.1.0
 * - 7: SMI and RESET are signals
 * - 8: 0.2.0; each CPU has a C-bit mask of its own, and vmrun() runs the guests of a host */
#define SEV_HOOKS_VERSION 8u

#define SEV_HOOKS_NO_CPU (~0u)

/* --- memory accesses --- */

/* How an access sees the page. */
enum sev_access {
    SEV_ACCESS_PRIVATE, /* C=1: decrypted with the key of the guest */
    SEV_ACCESS_SHARED,  /* C=0: raw memory contents */
};

/* Why memory is accessed. */
enum sev_why {
    SEV_WHY_DATA,   /* load or store by an instruction, or by the CPU on its behalf */
    SEV_WHY_FETCH,  /* instruction fetch */
    SEV_WHY_WALK,   /* read of a page table entry or of a PDPTE */
    SEV_WHY_AD,     /* write of the accessed or dirty bit to a page table entry */
    SEV_WHY_HOST,   /* memory of the hypervisor: VMCB, I/O and MSR permission maps (C=0); the SMM
                     * state save area (C=1, because the SMM handler of the guest reads it) */
    SEV_WHY_DEVICE, /* DMA and every other access that no CPU makes */
    SEV_WHY_COUNT
};

/* The CPU reads or writes for itself; the access leaves no translation behind. */
static inline bool sev_why_is_internal(enum sev_why why)
{
    return why == SEV_WHY_WALK || why == SEV_WHY_AD || why == SEV_WHY_HOST;
}

/* An access in one word, so that a call takes six registers. */
#define SEV_FLAGS(access, why) ((uint32_t)(access) | (uint32_t)(why) << 1)
#define SEV_FLAG_WRITE         0x010u /* store, or read-modify-write */
#define SEV_FLAG_USER          0x020u /* at CPL 3 */
#define SEV_FLAG_SHADOW_STACK  0x040u
#define SEV_FLAG_OBSERVER      0x080u /* a debugger stores, not the guest; it has no CPU */

static inline enum sev_access sev_flags_access(uint32_t flags)
{
    return (enum sev_access)(flags & 1);
}

static inline enum sev_why sev_flags_why(uint32_t flags)
{
    return (enum sev_why)(flags >> 1 & 7);
}

/* What Bochs does next. */
enum sev_verdict_kind {
    SEV_GO = 0, /* goes on: makes the access, or the instruction is complete */
    SEV_VC,     /* raises #VC (vector 29) with error code `info`. CR2 gets the linear address if
                 * `info` is SEV_VC_NOT_VALIDATED. */
    SEV_PF,     /* raises #PF with error code `info` (16 bits) and CR2 = the linear address */
    SEV_NPF,    /* a nested page fault, which only a hypervisor can handle: #VMEXIT with EXITINFO1 =
                 * `info` and EXITINFO2 = gpa. A CPU that does not run an SVM guest has no
                 * hypervisor: the machine stops with a message. */
    SEV_BLOCK,  /* for devices: a write is dropped, a read returns FFh */
    SEV_UD,     /* for insn(): raises #UD */
    SEV_GP,     /* for insn(): raises #GP(0) */
};

/* A page that the guest has not accepted. microsoft/openvmm vm/x86/x86defs/src/snp.rs has the name. */
#define SEV_VC_NOT_VALIDATED 0x404u

struct sev_verdict { /* returned in two registers */
    uint64_t kind;   /* enum sev_verdict_kind */
    uint64_t info;
};

/* --- other events --- */

enum sev_insn {
    SEV_INSN_WBINVD, /* executed already; only reported, any verdict but SEV_GO is ignored */
    SEV_INSN_VMGEXIT,
    SEV_INSN_PVALIDATE,
    SEV_INSN_RMPADJUST,
    SEV_INSN_RMPQUERY,
    SEV_INSN_RMPREAD,
    SEV_INSN_RMPUPDATE,
    SEV_INSN_PSMASH,
    SEV_INSN_INVLPGB,
    SEV_INSN_TLBSYNC,
    SEV_INSN_COUNT
};

/* Operands. Bochs writes rax, rcx, rdx and cf back to the CPU after SEV_GO. */
struct sev_insn_regs {
    uint64_t rax, rcx, rdx;
    uint64_t spa, gpa; /* PVALIDATE, RMPADJUST, RMPQUERY: the translation of RAX */
    uint32_t leaf;     /* its page size in bytes: 1000h, 200000h, 40000000h */
    uint8_t private_;  /* it has the C-bit */
    uint8_t cf;        /* the carry flag */
    uint8_t cpl;
    uint8_t long64; /* executed in 64-bit mode */
};

enum sev_signal {
    SEV_SIGNAL_INIT,
    SEV_SIGNAL_SIPI,
    SEV_SIGNAL_NMI,
    SEV_SIGNAL_SMI,
    SEV_SIGNAL_RESET /* of the machine */
};

/* --- the context of a CPU --- */

/* All zero = no guest, no SEV-ES. In a host this is so outside of VMRUN. */
struct sev_cpu {
    /* The C-bit, removed from CR3 and every paging entry but those of nested paging; 0 = none. */
    uint64_t cbit_mask;
    uint32_t asid;       /* the guest that runs on this CPU; 0 = none: C=1 sees raw memory too */
    uint32_t insns;      /* bit n: instruction n of enum sev_insn exists; else it is #UD */
    uint8_t key;         /* what page_key[] says of a page that is decrypted for this guest */
    uint8_t es;          /* SEV-ES: #VC pushes an error code and is contributory; every port is
                          * intercepted; msr() replaces the MSR permission map */
    uint8_t svme_sticky; /* writes do not change EFER.SVME */

    /* The page-walk fast path: access() is not called for the read of a page table entry if
     * page_key[spa / 4096 - first] == key. The array has n bytes and stays its owner's; the owner
     * changes a byte whenever it converts the page. n = 0 turns the fast path off: somebody has to
     * see every access. */
    const uint8_t *page_key;
    uint64_t first, n;
    uint64_t walks; /* page walk reads that took it; Bochs counts */
};

#define SEV_CPUS_MAX 256u

struct sev_hooks {
    uint32_t version; /* SEV_HOOKS_VERSION of the patched Bochs; checked by the plugin */
    uint32_t size;    /* sizeof(struct sev_hooks) there */
    void *ctx;        /* first argument of every function */

    /* Called before a translation of the page at `spa` (4 KiB aligned) becomes valid, before the
     * CPU itself reads or writes memory (sev_why_is_internal()), and before an access by a device.
     * `flags` is SEV_FLAGS() and SEV_FLAG_*. `tlb_entry` identifies the TLB entry that will hold
     * the translation, NULL if none will; it stays at its address as long as Bochs runs.
     * After SEV_GO memory is in the state that the access needs, and no CPU has a translation
     * that needs another one. After any other verdict the access does not happen, and the TLB
     * entry is invalid. Pages that are not RAM are reported too. */
    struct sev_verdict (*access)(void *ctx, unsigned cpu, uint64_t spa, uint64_t gpa,
                                 uint32_t flags, void *tlb_entry);

    /* #VMEXIT `code` (Linux SVM_EXIT_*) is about to happen on `cpu`. Returns -1 if it may happen,
     * else the error code of the #VC to raise in its place. May also not return: the machine
     * stops. */
    int (*exit)(void *ctx, unsigned cpu, int64_t code, uint64_t info1, uint64_t info2);

    /* A CPU with `es` reads or writes an MSR: is it intercepted? */
    bool (*msr)(void *ctx, unsigned cpu, uint32_t index, bool write);

    /* An instruction that exists on `cpu` is executed, after the checks of mode and privilege. */
    struct sev_verdict (*insn)(void *ctx, unsigned cpu, enum sev_insn insn,
                               struct sev_insn_regs *regs);

    /* `cpu` receives INIT, SIPI (with a vector), NMI or SMI, or is reset. True if the plugin handled
     * it; Bochs does nothing then. */
    bool (*startup)(void *ctx, unsigned cpu, enum sev_signal signal, uint8_t vector);

    /* Reads `len` bytes at `spa` (within one page) for an observer (debugger, gdbstub), as the
     * guest `asid` sees them; with ASID 0 raw memory. Changes nothing. False: the caller reads
     * memory itself. */
    bool (*peek)(void *ctx, uint32_t asid, uint64_t spa, void *buf, unsigned len);

    /* --- for a sanitizer; NULL in all other machines --- */

    /* Called when a translation for data becomes valid, after access(). True if the TLB entry must
     * not get a host pointer, so that touch() sees each access through it. */
    bool (*watched)(void *ctx, uint64_t spa);

    /* Called before `len` bytes at `spa`, all in one page, are read (`data` is NULL) or written, by
     * a CPU past the TLB's host pointers or by a device (SEV_HOOKS_NO_CPU). */
    void (*touch)(void *ctx, unsigned cpu, uint64_t spa, unsigned len, enum sev_why why,
                  const void *data);

    /* Called when an instruction was decoded from `len` bytes at `spa`; once for each page if it
     * crosses one. Bochs keeps decoded instructions until there is a write to their page. */
    void (*decode)(void *ctx, unsigned cpu, uint64_t spa, unsigned len);

    struct sev_cpu cpus[SEV_CPUS_MAX];

    /* Called when `cpu` accesses `len` bytes at `spa`, within a page, and a device answers: before a
     * write, with true if the write is done then; after a read, whose result it may change. */
    bool (*device_memory)(void *ctx, unsigned cpu, uint64_t spa, unsigned len, void *data,
                          bool write);

    /* NULL in a machine that is no host: VMRUN is that of stock Bochs then. VMRUN of a guest with SEV:
     * give the context of `cpu` the guest `asid`, its key and the C-bit. `control` is byte 90h of the
     * VMCB. False: VMRUN fails with #VMEXIT INVALID. With ASID 0 a #VMEXIT: `cpu` runs the host again.
     * Bochs flushes the TLBs of the CPU after both. */
    bool (*vmrun)(void *ctx, unsigned cpu, uint32_t asid, uint8_t control);
};

/* Defined by the patched Bochs; the plugin finds it when it is loaded. */
extern struct sev_hooks sev_hooks;

/* --- a debugger outside of Bochs --- */

/* What a CPU does next. */
enum sev_debugger_answer {
    SEV_DEBUGGER_RUN,
    SEV_DEBUGGER_STEP, /* execute one instruction, take no interrupt before it, and call again */
    SEV_DEBUGGER_HOLD, /* let the other CPUs run, and call again */
};

/* The table of the debugger. All zero: there is none. It is independent of the hook table, because a
 * machine without SEV can be debugged too. */
struct sev_debugger {
    void *ctx;

    /* Halted CPUs return to boundary(). Other CPUs call it if their async_event is not 0. */
    bool stop;

    /* One bit for each offset in a page: at the instructions there, hit() is called. NULL: at none.
     * After a change all decoded instructions must be dropped (Bochs flushICaches()). */
    const uint8_t *offsets;

    /* A CPU is between two instructions. May wait as long as the debugger wants. */
    enum sev_debugger_answer (*boundary)(void *ctx, unsigned cpu);

    /* A CPU is before the instruction at a linear address. True: do not execute it, call boundary(). */
    bool (*hit)(void *ctx, unsigned cpu, uint64_t linear);

    /* A third exception: the CPU is about to shut down. Its registers are those before the
     * instruction that caused the first one. */
    void (*shutdown)(void *ctx, unsigned cpu);

    /* A line that was typed in Bochs's own debugger. True: it was a command of ours. */
    bool (*command)(void *ctx, const char *line);
};

/* Defined by the patched Bochs. */
extern struct sev_debugger sev_debugger;

static inline enum sev_debugger_answer sev_debugger_boundary(unsigned cpu)
{
    return sev_debugger.boundary ? sev_debugger.boundary(sev_debugger.ctx, cpu) : SEV_DEBUGGER_RUN;
}

static inline bool sev_debugger_breaks_at(unsigned offset)
{
    return sev_debugger.offsets &&
           (sev_debugger.offsets[(offset & 0xfff) >> 3] >> (offset & 7) & 1);
}

static inline bool sev_debugger_hit(unsigned cpu, uint64_t linear)
{
    return sev_debugger.hit && sev_debugger.hit(sev_debugger.ctx, cpu, linear);
}

static inline void sev_debugger_shutdown(unsigned cpu)
{
    if (sev_debugger.shutdown)
        sev_debugger.shutdown(sev_debugger.ctx, cpu);
}

static inline bool sev_debugger_command(const char *line)
{
    return sev_debugger.command && sev_debugger.command(sev_debugger.ctx, line);
}

/* --- what the patched Bochs calls: one test and a jump over the call if the table is empty --- */

static inline bool sev_hooks_es(unsigned cpu)
{
    return sev_hooks.cpus[cpu].es != 0;
}

static inline uint64_t sev_hooks_cbit(unsigned cpu)
{
    return sev_hooks.cpus[cpu].cbit_mask;
}

static inline bool sev_hooks_page_has_key(unsigned cpu, uint64_t spa, uint8_t key)
{
    const struct sev_cpu *c = &sev_hooks.cpus[cpu];
    const uint64_t i = (spa >> 12) - c->first;

    return i < c->n && c->page_key[i] == key;
}

/* The page-walk fast path: most calls are the page table reads of TLB misses. */
static inline bool sev_hooks_walk_may_go(unsigned cpu, uint64_t spa)
{
    if (!sev_hooks_page_has_key(cpu, spa, sev_hooks.cpus[cpu].key))
        return false;
    sev_hooks.cpus[cpu].walks++;
    return true;
}

/* The same for nested page tables, which are raw memory and are not counted. */
static inline bool sev_hooks_nested_walk_may_go(unsigned cpu, uint64_t spa)
{
    return sev_hooks_page_has_key(cpu, spa, 0);
}

static inline struct sev_verdict sev_hooks_access(unsigned cpu, uint64_t spa, uint64_t gpa,
                                                  uint32_t flags, void *tlb_entry)
{
    const struct sev_verdict go = {SEV_GO, 0};

    return sev_hooks.access ? sev_hooks.access(sev_hooks.ctx, cpu, spa & ~(uint64_t)0xfff,
                                               gpa & ~(uint64_t)0xfff, flags, tlb_entry)
                            : go;
}

static inline void sev_hooks_touch(unsigned cpu, uint64_t spa, unsigned len, enum sev_why why,
                                   const void *data)
{
    if (sev_hooks.touch)
        sev_hooks.touch(sev_hooks.ctx, cpu, spa, len, why, data);
}

/* A device reads (`data` is NULL) or writes `len` bytes within a page. False: it must not. */
static inline bool sev_hooks_device(uint64_t spa, unsigned len, const void *data)
{
    const uint32_t flags =
        SEV_FLAGS(SEV_ACCESS_SHARED, SEV_WHY_DEVICE) | (data ? SEV_FLAG_WRITE : 0);

    if (sev_hooks_access(SEV_HOOKS_NO_CPU, spa, spa, flags, (void *)0).kind != SEV_GO)
        return false;
    sev_hooks_touch(SEV_HOOKS_NO_CPU, spa, len, SEV_WHY_DEVICE, data);
    return true;
}

/* A debugger stores to the page at `spa`, as the guest does with C=1. False: it must not. */
static inline bool sev_hooks_store(uint64_t spa)
{
    const uint32_t flags =
        SEV_FLAGS(SEV_ACCESS_PRIVATE, SEV_WHY_DATA) | SEV_FLAG_WRITE | SEV_FLAG_OBSERVER;

    return sev_hooks_access(SEV_HOOKS_NO_CPU, spa, spa, flags, (void *)0).kind == SEV_GO;
}

/* A device answered a read of `cpu` with `data`, which this may change. With SEV_HOOKS_NO_CPU, the
 * reader was another device. */
static inline void sev_hooks_device_read(unsigned cpu, uint64_t spa, unsigned len, void *data)
{
    if (sev_hooks.device_memory && cpu != SEV_HOOKS_NO_CPU)
        (void)sev_hooks.device_memory(sev_hooks.ctx, cpu, spa, len, data, false);
}

/* Before a device takes a write. True: it is done. */
static inline bool sev_hooks_device_write(unsigned cpu, uint64_t spa, unsigned len, void *data)
{
    return sev_hooks.device_memory && cpu != SEV_HOOKS_NO_CPU &&
           sev_hooks.device_memory(sev_hooks.ctx, cpu, spa, len, data, true);
}

static inline int sev_hooks_exit(unsigned cpu, int64_t code, uint64_t info1, uint64_t info2)
{
    return sev_hooks.exit ? sev_hooks.exit(sev_hooks.ctx, cpu, code, info1, info2) : -1;
}

static inline bool sev_hooks_msr(unsigned cpu, uint32_t index, bool write)
{
    return sev_hooks.msr && sev_hooks.msr(sev_hooks.ctx, cpu, index, write);
}

static inline bool sev_hooks_insn_exists(unsigned cpu, enum sev_insn insn)
{
    return sev_hooks.insn && (sev_hooks.cpus[cpu].insns >> insn & 1);
}

static inline struct sev_verdict sev_hooks_insn(unsigned cpu, enum sev_insn insn,
                                                struct sev_insn_regs *regs)
{
    const struct sev_verdict no = {SEV_UD, 0};

    return sev_hooks_insn_exists(cpu, insn) ? sev_hooks.insn(sev_hooks.ctx, cpu, insn, regs) : no;
}

static inline void sev_hooks_wbinvd(unsigned cpu)
{
    struct sev_insn_regs none = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

    (void)sev_hooks_insn(cpu, SEV_INSN_WBINVD, &none);
}

static inline bool sev_hooks_startup(unsigned cpu, enum sev_signal signal, uint8_t vector)
{
    return sev_hooks.startup && sev_hooks.startup(sev_hooks.ctx, cpu, signal, vector);
}

static inline bool sev_hooks_watched(uint64_t spa)
{
    return sev_hooks.watched && sev_hooks.watched(sev_hooks.ctx, spa);
}

static inline void sev_hooks_decode(unsigned cpu, uint64_t spa, unsigned len)
{
    if (sev_hooks.decode)
        sev_hooks.decode(sev_hooks.ctx, cpu, spa, len);
}

/* Memory as the guest of CPU `cpu` sees it, for a debugger; with SEV_HOOKS_NO_CPU raw memory. False: read
 * memory itself. */
static inline bool sev_hooks_peek(unsigned cpu, uint64_t spa, void *buf, unsigned len)
{
    const uint32_t asid = cpu == SEV_HOOKS_NO_CPU ? 0 : sev_hooks.cpus[cpu].asid;

    return sev_hooks.peek && sev_hooks.peek(sev_hooks.ctx, asid, spa, buf, len);
}

/* A #VMEXIT of `cpu`. */
static inline void sev_hooks_vmexit(unsigned cpu)
{
    if (sev_hooks.vmrun && sev_hooks.cpus[cpu].asid)
        (void)sev_hooks.vmrun(sev_hooks.ctx, cpu, 0, 0);
}

#ifdef __cplusplus
}
#endif
#endif
