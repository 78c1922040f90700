/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The interrupt descriptor table, and trap_call(): an exception as a value that a test compares.
 *
 * Sources: Bochs 3.0 cpu/descriptor.h (gate descriptors), Linux
 * arch/x86/include/asm/trap_pf.h (#PF error code).
 */
#include "guest.h"

#ifdef __x86_64__
#define CODE_SELECTOR 0x18
#define GATE_WORDS    4
#else
#define CODE_SELECTOR 0x08
#define GATE_WORDS    2
#endif
#define STUB_SIZE 16

struct frame {
    uintptr_t vector, error, ip;
};

bool trap_enter(void (*fn)(void *), void *arg);
void trap_leave(void) __attribute__((noreturn));
void trap_fault(const struct frame *frame) __attribute__((noreturn));
extern const uint8_t trap_stubs[];

static uint32_t idt[32][GATE_WORDS] __attribute__((aligned(16)));
static struct fault caught;
static bool armed;

void trap_init(void)
{
    struct __attribute__((packed)) {
        uint16_t limit;
        uintptr_t base;
    } pointer = {sizeof(idt) - 1, (uintptr_t)idt};

    for (unsigned i = 0; i < 32; i++) {
        uint32_t at = (uint32_t)(uintptr_t)(trap_stubs + i * STUB_SIZE);

        idt[i][0] = CODE_SELECTOR << 16 | (at & 0xffff);
        idt[i][1] = (at & 0xffff0000) | 0x8e00; /* present, interrupt gate */
    }
    __asm__ volatile("lidt %0" ::"m"(pointer));
}

void trap_fault(const struct frame *frame)
{
    caught = (struct fault){(int)frame->vector, (uint32_t)frame->error, read_cr2(), frame->ip};
    if (!armed)
        bail_out("unexpected exception %d, error %x, ip %llx, cr2 %llx", caught.vector,
                 caught.error, (llu)caught.ip, (llu)caught.address);
    trap_leave();
}

struct fault trap_call(void (*fn)(void *), void *arg)
{
    armed = true;
    bool faulted = trap_enter(fn, arg);
    armed = false;
    return faulted ? caught : (struct fault){.vector = FAULT_NONE};
}

struct msr_access {
    uint32_t msr;
    uint64_t value;
};

static void do_rdmsr(void *arg)
{
    struct msr_access *a = arg;

    a->value = rdmsr(a->msr);
}

static void do_wrmsr(void *arg)
{
    struct msr_access *a = arg;

    wrmsr(a->msr, a->value);
}

struct fault try_rdmsr(uint32_t msr, uint64_t *value)
{
    struct msr_access a = {msr, 0};
    struct fault f = trap_call(do_rdmsr, &a);

    *value = a.value;
    return f;
}

struct fault try_wrmsr(uint32_t msr, uint64_t value)
{
    struct msr_access a = {msr, value};

    return trap_call(do_wrmsr, &a);
}

struct mem_access {
    volatile uint32_t *at;
    uint32_t value;
};

static void do_read(void *arg)
{
    struct mem_access *a = arg;

    a->value = *a->at;
}

static void do_write(void *arg)
{
    struct mem_access *a = arg;

    *a->at = a->value;
}

struct fault try_read(const volatile void *at, uint32_t *value)
{
    struct mem_access a = {(volatile uint32_t *)(uintptr_t)at, 0};
    struct fault f = trap_call(do_read, &a);

    *value = a.value;
    return f;
}

struct fault try_write(volatile void *at, uint32_t value)
{
    struct mem_access a = {at, value};

    return trap_call(do_write, &a);
}

static void do_exec(void *arg)
{
    void (*fn)(void);

    memcpy(&fn, &arg, sizeof(fn));
    fn();
}

struct fault try_exec(const void *at)
{
    return trap_call(do_exec, (void *)(uintptr_t)at);
}

static void do_cr3(void *arg)
{
    write_cr3((uintptr_t)arg);
}

struct fault try_cr3(uintptr_t value)
{
    return trap_call(do_cr3, (void *)value);
}
