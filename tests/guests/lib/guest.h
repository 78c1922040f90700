/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Support code for test guests: instructions as functions, TAP on port E9h, faults as values, page
 * tables with a C-bit, the PSP's mailbox. Freestanding, interrupts off.
 *
 * The constants are written here again on purpose, from public documents and not from psp-model: a
 * guest that shared the model's header would share its mistakes.
 *
 * Sources: Linux arch/x86/include/asm/pgtable_types.h, trap_pf.h, msr-index.h; Linux
 * include/linux/psp-sev.h (commands).
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- start.S, tap.c --------------------------------------------------------------------------- */

/* What every guest defines; returns when all its questions are answered. */
void guest_main(void);
/* Ends Bochs (its shutdown port 8900h). */
void shutdown(void) __attribute__((noreturn));
/* The C-bit as a mask if start.S found SEV active, else 0. */
extern uint64_t boot_cbit;

/* The value of "name=value" (decimal or 0x...) on run-guest's -a option, else `fallback`. */
uint64_t argument(const char *name, uint64_t fallback);

void *memset(void *to, int value, size_t len);
void *memcpy(void *to, const void *from, size_t len);
int memcmp(const void *a, const void *b, size_t len);

/* --- instructions ----------------------------------------------------------------------------- */

static inline void outb(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(port));
}
static inline void outw(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" ::"a"(v), "Nd"(port));
}
static inline void outl(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(port));
}
static inline uint8_t inb(uint16_t port)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}
static inline uint16_t inw(uint16_t port)
{
    uint16_t v;
    __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}
static inline uint32_t inl(uint16_t port)
{
    uint32_t v;
    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};
static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}
static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t lo, hi;
    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (uint64_t)hi << 32 | lo;
}
static inline void wrmsr(uint32_t msr, uint64_t v)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)v), "d"((uint32_t)(v >> 32)) : "memory");
}
static inline uint64_t rdtsc(void)
{
    uint32_t lo, hi;
    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (uint64_t)hi << 32 | lo;
}
static inline void wbinvd(void)
{
    __asm__ volatile("wbinvd" ::: "memory");
}
static inline void invlpg(const volatile void *at)
{
    __asm__ volatile("invlpg (%0)" ::"r"(at) : "memory");
}
#define GUEST_CR(n)                                                                                \
    static inline uintptr_t read_cr##n(void)                                                       \
    {                                                                                              \
        uintptr_t v;                                                                               \
        __asm__ volatile("mov %%cr" #n ", %0" : "=r"(v));                                          \
        return v;                                                                                  \
    }                                                                                              \
    static inline void write_cr##n(uintptr_t v)                                                    \
    {                                                                                              \
        __asm__ volatile("mov %0, %%cr" #n ::"r"(v) : "memory");                                   \
    }
GUEST_CR(0)
GUEST_CR(2)
GUEST_CR(3)
GUEST_CR(4)
#undef GUEST_CR

#define CR0_PG         0x80000000u
#define CR0_WP         0x00010000u
#define CR4_PSE        0x00000010u
#define CR4_PAE        0x00000020u
#define CR4_PGE        0x00000080u
#define CR4_LA57       0x00001000u
#define MSR_EFER       0xc0000080u
#define EFER_LME       0x00000100u
#define EFER_NXE       0x00000800u
#define MSR_SYSCFG     0xc0010010u
#define MSR_HWCR       0xc0010015u
#define MSR_SEV_STATUS 0xc0010131u

/* --- tap.c: the answers ----------------------------------------------------------------------- */

/* Understands %s %c %d %u %x %08x %lx (uint64_t, as are %lu below 2^32 and %016lx) and %%. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* One test point; returns `pass`. */
bool ok(bool pass, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One test point: got == want, both printed in hex where it fails. */
bool is(uint64_t got, uint64_t want, const char *name);
/* Counts on from `points`: for a guest that boots more than once. */
void continue_testing(unsigned points);
/* A test point that cannot be asked here, with the reason. */
void skip(const char *name, const char *why);
/* The guest as a whole cannot go on. */
void bail_out(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* Prints the plan: the last line of every guest. */
void done_testing(void);

/* %lx of print() takes exactly this. */
typedef unsigned long long llu;

/* --- fault.c, trap.S: faults as values -------------------------------------------------------- */

#define FAULT_NONE (-1)
#define FAULT_UD   6
#define FAULT_DF   8
#define FAULT_TS   10
#define FAULT_NP   11
#define FAULT_SS   12
#define FAULT_GP   13
#define FAULT_PF   14
#define FAULT_VC   29

#define PF_P    0x01u /* error code of #PF */
#define PF_RW   0x02u
#define PF_US   0x04u
#define PF_RSVD 0x08u
#define PF_ID   0x10u

struct fault {
    int vector; /* FAULT_NONE if fn returned */
    uint32_t error;
    uintptr_t address; /* CR2 where vector is FAULT_PF */
    uintptr_t ip;
};

/* Called once, before the first fault is expected. */
void trap_init(void);
/* Runs fn(arg); an exception in it ends it and is returned. Not to be nested. An exception outside
 * of it ends the guest with "Bail out!". */
struct fault trap_call(void (*fn)(void *), void *arg);

/* The usual questions. */
struct fault try_rdmsr(uint32_t msr, uint64_t *value);
struct fault try_wrmsr(uint32_t msr, uint64_t value);
struct fault try_read(const volatile void *at, uint32_t *value);
struct fault try_write(volatile void *at, uint32_t value);
struct fault try_exec(const void *at); /* calls the code there */
struct fault try_cr3(uintptr_t value); /* MOV CR3 */

/* --- page.c: page tables ---------------------------------------------------------------------- */

#define PTE_P  (1ull << 0)
#define PTE_W  (1ull << 1)
#define PTE_U  (1ull << 2)
#define PTE_A  (1ull << 5)
#define PTE_D  (1ull << 6)
#define PTE_PS (1ull << 7)
#define PTE_G  (1ull << 8)
#define PTE_NX (1ull << 63)

#define PAGE_4K (1ull << 12)
#define PAGE_2M (1ull << 21)
#define PAGE_1G (1ull << 30)

/* Tables of 64-bit entries: 3 levels (PAE), 4 or 5 (long mode). Written with paging as it is now,
 * so as private data in a SEV guest. */
struct table {
    uint64_t *root;
    unsigned levels;
    uint64_t cbit; /* put into every entry that map() writes, also those of upper levels */
};

/* Zeroed, 4 KiB aligned, never freed: from 4 MiB on. */
void *page_alloc(unsigned pages);
/* `levels` tables with [0, mapped) mapped one to one by 2 MiB pages, private (C=1). */
struct table table_new(unsigned levels, uint64_t cbit, uint64_t mapped);
/* One page of `size` at `va`; `flags` are the leaf's low bits, NX and (if wanted) table->cbit. */
void table_map(struct table *t, uint64_t va, uint64_t pa, uint64_t size, uint64_t flags);
/* The entry that maps `va` at `level` (1 = 4 KiB page, 2 = 2 MiB ...), NULL if there is none. */
uint64_t *table_entry(const struct table *t, uint64_t va, unsigned level);
/* CR3, with the C-bit where the mode has room for it (long mode). */
uintptr_t table_cr3(const struct table *t);

/* --- mailbox.c: the secure processor ---------------------------------------------------------- */

#define MBOX_PORT    0x5e0
#define MBOX_CMDRESP 0x0 /* offsets of 32-bit ports */
#define MBOX_ADDR_LO 0x4
#define MBOX_ADDR_HI 0x8
#define MBOX_ID      0xc
#define MBOX_DONE    0x80000000u

enum {
    CMD_INIT = 0x01,
    CMD_SHUTDOWN = 0x02,
    CMD_PLATFORM_STATUS = 0x04,
    CMD_PDH_CERT_EXPORT = 0x08,
    CMD_PDH_GEN = 0x09,
    CMD_DF_FLUSH = 0x0a,
    CMD_DECOMMISSION = 0x20,
    CMD_ACTIVATE = 0x21,
    CMD_DEACTIVATE = 0x22,
    CMD_GUEST_STATUS = 0x23,
    CMD_LAUNCH_START = 0x30,
    CMD_LAUNCH_UPDATE_DATA = 0x31,
    CMD_LAUNCH_UPDATE_VMSA = 0x32,
    CMD_LAUNCH_MEASURE = 0x33,
    CMD_LAUNCH_SECRET = 0x34,
    CMD_LAUNCH_FINISH = 0x35,
    CMD_SEND_START = 0x40,
    CMD_SEND_UPDATE_DATA = 0x41,
    CMD_SEND_FINISH = 0x43,
    CMD_SEND_CANCEL = 0x44,
    CMD_RECEIVE_START = 0x50,
    CMD_RECEIVE_UPDATE_DATA = 0x51,
    CMD_RECEIVE_FINISH = 0x53,
    CMD_DBG_DECRYPT = 0x60,
    CMD_DBG_ENCRYPT = 0x61,
};

enum {
    ST_SUCCESS = 0x00,
    ST_INVALID_PLATFORM_STATE = 0x01,
    ST_INVALID_GUEST_STATE = 0x02,
    ST_INVALID_CONFIG = 0x03,
    ST_INVALID_LEN = 0x04,
    ST_INVALID_CERTIFICATE = 0x06,
    ST_POLICY_FAILURE = 0x07,
    ST_INACTIVE = 0x08,
    ST_INVALID_ADDRESS = 0x09,
    ST_BAD_SIGNATURE = 0x0a,
    ST_BAD_MEASUREMENT = 0x0b,
    ST_ASID_OWNED = 0x0c,
    ST_INVALID_ASID = 0x0d,
    ST_WBINVD_REQUIRED = 0x0e,
    ST_DFFLUSH_REQUIRED = 0x0f,
    ST_INVALID_GUEST = 0x10,
    ST_INVALID_COMMAND = 0x11,
    ST_ACTIVE = 0x12,
    ST_UNSUPPORTED = 0x15,
    ST_INVALID_PARAM = 0x16,
    MBOX_NO_ANSWER = 0x10000, /* of this library: RESP never came */
};

enum {
    GUEST_UNINIT,
    GUEST_LUPDATE,
    GUEST_LSECRET,
    GUEST_RUNNING,
    GUEST_SUPDATE,
    GUEST_RUPDATE,
    GUEST_SENT,
};
enum { PLATFORM_UNINIT, PLATFORM_INIT, PLATFORM_WORKING };

/* In a host: the registers are in memory, at BAR 2 of the secure processor's PCI function, and not at
 * ports. */
void mbox_at(volatile uint8_t *bar);
/* Run a command whose buffer is at guest physical `buffer` (0 = none). Return its status. */
uint32_t mbox_command(uint16_t command, uint64_t buffer);

/* The PSP reads and writes raw memory contents (C=0). mbox_init() therefore makes
 * the 2 MiB at SHARED_WINDOW shared in a 64-bit guest, and maps them once more, private, at
 * PRIVATE_ALIAS: there the guest sees what LAUNCH_UPDATE_DATA and LAUNCH_SECRET made of them. A
 * guest that loads its own page tables repeats both. 32-bit guests have no paging here: no shared
 * access, PRIVATE_ALIAS is not mapped. The first page of the window is the command buffer. */
#define SHARED_WINDOW 0x200000u
#define PRIVATE_ALIAS 0x40000000u
void mbox_init(void);
/* Linear = physical address inside the shared window, at `offset` from its second page on. */
uint8_t *shared(uint32_t offset);
/* The same bytes through the C-bit. */
uint8_t *private_alias(const uint8_t *shared_at);

/* The commands, their arguments as plain values. */

uint32_t psp_init(uint32_t flags, uint64_t tmr, uint32_t tmr_len);
uint32_t psp_platform_status(uint8_t out[12]);
uint32_t psp_launch_start(uint32_t *handle, uint32_t policy);
uint32_t psp_activate(uint32_t handle, uint32_t asid);
uint32_t psp_update_data(uint32_t handle, uint64_t addr, uint32_t len);
uint32_t psp_measure(uint32_t handle, uint64_t addr, uint32_t *len);
uint32_t psp_decrypt(uint32_t handle, const void *from, const void *to,
                     uint32_t len);                     /* DBG_DECRYPT */
uint32_t psp_handle(uint16_t command, uint32_t handle); /* those with nothing but a handle */
struct guest_status {
    uint32_t policy, asid;
    uint8_t state;
};
uint32_t psp_guest_status(uint32_t handle, struct guest_status *out);
/* Two test points: there is an answer, and it is this state. */
void psp_expect_state(uint32_t handle, unsigned state, const char *name);
struct secret {
    uint64_t header, guest, data;
    uint32_t header_len, guest_len, data_len;
};
uint32_t psp_secret(uint32_t handle, const struct secret *s);
/* The same buffer for the other commands that move a packet: SEND_UPDATE_*, RECEIVE_UPDATE_*. */
uint32_t psp_packet(uint16_t command, uint32_t handle, const struct secret *s);

void put32(uint8_t *at, uint32_t v);
void put64(uint8_t *at, uint64_t v);
uint32_t get32(const uint8_t *at);

/* --- views.c: RAM through both values of the C-bit -------------------------------------------- */

/* VIEWS_PAGES pages of RAM, seen twice. Own page tables, 64 MiB one to one and private; argument
 * leaf=2 maps the two windows with 2 MiB pages instead of 4 KiB. Long mode, or PAE in a 32-bit
 * guest, where it switches paging on. */
#define VIEWS_RAM   0x1000000u
#define VIEWS_PAGES 512u
/* Bochs's TLB has 2048 entries, by bits 22:12 of the address: these windows share none, so that a
 * translation of one outlives the use of the other. */
#define VIEWS_PRIVATE 0x40600000u
#define VIEWS_SHARED  0x50200000u
void views_init(void);
uint8_t *priv(unsigned page); /* through C=1 */
uint8_t *shr(unsigned page);  /* through C=0 */
uint64_t phys(unsigned page);
/* One more 4 KiB page in those tables. */
void views_map(void *va, uint64_t pa, uint64_t flags);
/* The entry of `va` at `level`, as table_entry(). */
uint64_t *views_entry(const void *va, unsigned level);
void views_reload(void);

/* Bytes that depend on `seed`, and whether they are there. */
void fill(void *to, size_t len, uint32_t seed);
bool filled(const void *with, size_t len, uint32_t seed);
/* How many 16-byte blocks are the same at the same place. */
unsigned equal_blocks(const void *a, const void *b, size_t len);
/* Do 4096 bytes look like ciphertext: as many ones as zeros, no two 16-byte blocks equal? */
bool random_page(const void *page);

/* --- smp.c, smp.S: a second CPU (run-guest -c 2) ---------------------------------------------- */

/* In real mode the second CPU runs at AP_PAGE and copies 16 bytes from AP_REAL to AP_REAL + 16. */
#define AP_PAGE 0x8000u
#define AP_REAL 0x9000u
/* Starts it into the mode and the page tables of the first one; reads *touch, if not NULL, when the
 * code is at AP_PAGE. Return false if it never came. */
bool ap_start(const volatile uint8_t *touch);
/* Runs fn(arg) there; ap_wait() returns when it is done. TAP and trap_call() are for one CPU at a
 * time. */
void ap_begin(void (*fn)(void *), void *arg);
void ap_wait(void);
/* Runs fn(arg) on CPU 0 (the caller) or 1 and waits. */
void on_cpu(unsigned cpu, void (*fn)(void *), void *arg);
/* A whole guest_main(): views_init(), then body(NULL) on the CPU that argument cpu= names. */
void views_main(void (*body)(void *));

#endif
