/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program of host_kvm.tap: starts SEV guests with KVM, runs them, and says on /dev/kmsg what they and their
 * host saw. More guests than ASIDs, one after another; at first two at once.
 *
 * Sources: Linux include/uapi/linux/kvm.h, Documentation/virt/kvm/x86/amd-memory-encryption.rst (the order of
 * the commands), arch/x86/kvm/svm/sev.c.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host_say.h"

#define GUESTS   17
#define PAGE     4096u
#define MEMORY   0x200000u
#define LAUNCHED (16 * PAGE) /* page tables, code, stack */
#define CODE     8
#define STACK    9
#define PRIVATE  16
#define SHARED   32
#define ALIAS    128 /* the same pages with the other C-bit */
#define PLAIN    UINT64_C(0x506c61696e746578)
#define OPEN     UINT64_C(0x1122334455667788)
#define NODBG    1 /* bit of the policy */
#define APIC     UINT64_C(0xfee00000)
#define PORT     0x10

#define PTE_P  UINT64_C(1)
#define PTE_W  UINT64_C(2)
#define PTE_PS UINT64_C(0x80)

#define CR0 0x80000011u
#define CR4 0x20u
#define LME 0x500u

static int sev, kvm;
static unsigned cbit_pos;
/* What the guest writes is nowhere else in the host's memory: not in this program, and not in a register that KVM saves. */
static const volatile uint64_t not_plain = ~PLAIN, not_open = ~OPEN;

/* --- what the guest does: each OUT has its result in EAX --- */

extern const uint8_t guest_start[], guest_end[];

__asm__(".balign 16\n"
        "guest_start:\n"
        "   mov $0xc0010131, %ecx; rdmsr; out %eax, $0x10\n" /* SEV_STATUS */
        "   mov %cr4, %rax; out %eax, $0x10\n"
        "   movabs $0xaf939e96918b9a87, %rax; not %rax; mov %rax, 0x10000\n"
        "   xor %eax, %eax; out %eax, $0x10\n"
        "   movabs $0xeeddccbbaa998877, %rax; not %rax; mov %rax, 0x20000\n"
        "   xor %eax, %eax; out %eax, $0x10\n"
        "   mov 0x21000, %eax; out %eax, $0x10\n" /* the host's word, C=0 */
        "   mov 0xa1000, %eax; out %eax, $0x10\n" /* C=1 */
        "   mov 0x10000, %rax; out %eax, $0x10\n"
        "   mov $0xfee00030, %edx; mov (%rdx), %eax; out %eax, $0x10\n" /* APIC version */
        "   mov $0x8000001f, %eax; xor %ecx, %ecx; cpuid; out %eax, $0x10\n"
        "   mov %cr3, %rax; shr $32, %rax; out %eax, $0x10\n"
        "1: jmp 1b\n"
        "guest_end:\n");

enum {
    STATUS,
    READ_CR4,
    STORE,
    STORE_SHARED,
    LOAD_SHARED,
    LOAD_GARBAGE,
    LOAD,
    MMIO,
    LEAF,
    READ_CR3,
    STEPS
};

struct vm {
    int fd, vcpu;
    uint8_t *ram;
    struct kvm_run *run;
    uint32_t result[STEPS];
    bool cipher, word; /* what the host saw */
};

static uint64_t *at(const struct vm *vm, unsigned page)
{
    return (uint64_t *)(vm->ram + (size_t)page * PAGE);
}

/* --- a machine --- */

static int command(const struct vm *vm, const char *name, unsigned id, void *data)
{
    struct kvm_sev_cmd cmd = {.id = id, .data = (uint64_t)(uintptr_t)data, .sev_fd = (uint32_t)sev};
    const int rc = ioctl(vm->fd, KVM_MEMORY_ENCRYPT_OP, &cmd);

    if (rc)
        say("%s: %s, status %u", name, strerror(errno), cmd.error);
    return rc;
}

static void fill(struct vm *vm)
{
    const uint64_t cbit = UINT64_C(1) << cbit_pos;

    for (unsigned level = 0; level < 3; level++)
        at(vm, level)[0] = (level + 1) * PAGE | cbit | PTE_P | PTE_W;
    for (unsigned page = 0; page < SHARED + 16; page++) {
        at(vm, 3)[page] = page * PAGE | PTE_P | PTE_W | (page < SHARED ? cbit : 0);
        at(vm, 3)[ALIAS + page] = page * PAGE | PTE_P | PTE_W | (page < SHARED ? 0 : cbit);
    }
    at(vm, 1)[APIC >> 30] = 4 * PAGE | cbit | PTE_P | PTE_W;
    at(vm, 4)[APIC >> 21 & 511] = APIC | PTE_P | PTE_W | PTE_PS;
    memcpy(at(vm, CODE), guest_start, (size_t)(guest_end - guest_start));
}

static void launch(struct vm *vm, uint32_t policy)
{
    static uint8_t blob[48];
    struct kvm_sev_launch_start start = {.policy = policy};
    struct kvm_sev_launch_update_data update = {(uint64_t)(uintptr_t)vm->ram, LAUNCHED};
    struct kvm_sev_launch_measure measure = {0};
    struct kvm_enc_region region = {(uint64_t)(uintptr_t)vm->ram, MEMORY};

    if (ioctl(vm->fd, KVM_MEMORY_ENCRYPT_REG_REGION, &region))
        fail("KVM_MEMORY_ENCRYPT_REG_REGION");
    if (command(vm, "LAUNCH_START", KVM_SEV_LAUNCH_START, &start) ||
        command(vm, "LAUNCH_UPDATE_DATA", KVM_SEV_LAUNCH_UPDATE_DATA, &update))
        exit(1);
    measure.uaddr = (uint64_t)(uintptr_t)blob;
    measure.len = sizeof(blob);
    if (command(vm, "LAUNCH_MEASURE", KVM_SEV_LAUNCH_MEASURE, &measure) ||
        command(vm, "LAUNCH_FINISH", KVM_SEV_LAUNCH_FINISH, NULL))
        exit(1);
}

static struct kvm_segment segment(bool code)
{
    return (struct kvm_segment){.limit = 0xffffffff,
                                .selector = code ? 8 : 16,
                                .type = code ? 11 : 3,
                                .present = 1,
                                .s = 1,
                                .g = 1,
                                .l = code,
                                .db = !code};
}

static void set_registers(struct vm *vm, uint64_t cbit)
{
    struct kvm_sregs sregs;
    struct kvm_regs regs = {.rip = CODE * PAGE, .rsp = (STACK + 1) * PAGE, .rflags = 2};

    if (ioctl(vm->vcpu, KVM_GET_SREGS, &sregs))
        fail("KVM_GET_SREGS");
    sregs.cs = segment(true);
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = segment(false);
    sregs.cr0 = CR0;
    sregs.cr3 = cbit;
    sregs.cr4 = CR4;
    sregs.efer = LME;
    if (ioctl(vm->vcpu, KVM_SET_SREGS, &sregs) || ioctl(vm->vcpu, KVM_SET_REGS, &regs))
        fail("KVM_SET_SREGS");
}

static void set_cpuid(const struct vm *vm)
{
    const size_t entries = 100;
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + entries * sizeof(cpuid->entries[0]));

    if (!cpuid)
        fail("memory");
    cpuid->nent = entries;
    if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid) || ioctl(vm->vcpu, KVM_SET_CPUID2, cpuid))
        fail("KVM_SET_CPUID2");
    free(cpuid);
}

static void create(struct vm *vm, bool with_sev, uint32_t policy)
{
    struct kvm_userspace_memory_region region = {0};

    memset(vm, 0, sizeof(*vm));
    vm->fd = ioctl(kvm, KVM_CREATE_VM, 0);
    vm->ram = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (vm->fd < 0 || vm->ram == MAP_FAILED)
        fail("KVM_CREATE_VM");
    if (with_sev && command(vm, "KVM_SEV_INIT", KVM_SEV_INIT, NULL))
        exit(1);
    if (ioctl(vm->fd, KVM_CREATE_IRQCHIP, 0))
        fail("KVM_CREATE_IRQCHIP");
    region.memory_size = MEMORY;
    region.userspace_addr = (uint64_t)(uintptr_t)vm->ram;
    if (ioctl(vm->fd, KVM_SET_USER_MEMORY_REGION, &region))
        fail("KVM_SET_USER_MEMORY_REGION");
    fill(vm);
    if (with_sev)
        launch(vm, policy);
    vm->vcpu = ioctl(vm->fd, KVM_CREATE_VCPU, 0);
    vm->run = mmap(NULL, (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
                   MAP_SHARED, vm->vcpu, 0);
    if (vm->vcpu < 0 || vm->run == MAP_FAILED)
        fail("KVM_CREATE_VCPU");
    set_cpuid(vm);
    set_registers(vm, with_sev ? UINT64_C(1) << cbit_pos : 0);
}

static void destroy(struct vm *vm)
{
    munmap(vm->run, (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0));
    close(vm->vcpu);
    close(vm->fd);
    munmap(vm->ram, MEMORY);
}

/* --- a run --- */

/* Run to the end of a step. Return false, with a line, if the guest did something else. */
static bool step(struct vm *vm, unsigned n)
{
    if (ioctl(vm->vcpu, KVM_RUN, 0)) {
        say("KVM_RUN: %s", strerror(errno));
        return false;
    }
    if (vm->run->exit_reason != KVM_EXIT_IO || vm->run->io.port != PORT) {
        say("exit reason %u in step %u", vm->run->exit_reason, n);
        return false;
    }
    memcpy(&vm->result[n], (uint8_t *)vm->run + vm->run->io.data_offset, sizeof(vm->result[n]));
    if (n == STORE)
        vm->cipher = ~*at(vm, PRIVATE) != not_plain;
    if (n == STORE_SHARED) {
        vm->word = ~*at(vm, SHARED) == not_open;
        *at(vm, SHARED + 1) = 0x12345678;
    }
    return true;
}

static bool run(struct vm *vm, unsigned from, unsigned to)
{
    for (unsigned n = from; n < to; n++)
        if (!step(vm, n))
            return false;
    return true;
}

static const char *yes(bool value)
{
    return value ? "yes" : "no";
}

/* Decrypt the guest's private page to `page`, as a debugger does. */
static int decrypt(const struct vm *vm, uint64_t *page)
{
    struct kvm_sev_dbg dbg = {(uint64_t)(uintptr_t)at(vm, PRIVATE), (uint64_t)(uintptr_t)page,
                              PAGE};

    return command(vm, "DBG_DECRYPT", KVM_SEV_DBG_DECRYPT, &dbg);
}

static void report(const struct vm *vm, const char *name)
{
    static uint64_t page[PAGE / sizeof(uint64_t)];

    say("%s: SEV_STATUS %#x CR4 %#x CR3 high %#x", name, vm->result[STATUS], vm->result[READ_CR4],
        vm->result[READ_CR3]);
    say("%s: private store is ciphertext: %s, shared store is seen: %s", name, yes(vm->cipher),
        yes(vm->word));
    say("%s: the host's word C=0 %#x, C=1 garbage: %s", name, vm->result[LOAD_SHARED],
        yes(vm->result[LOAD_GARBAGE] != 0x12345678));
    say("%s: its own word %#x, APIC version %#x, leaf 8000001Fh EAX %#x", name, vm->result[LOAD],
        vm->result[MMIO], vm->result[LEAF]);
    if (!decrypt(vm, page))
        say("%s: DBG_DECRYPT gives its word: %s", name, yes(page[0] == PLAIN));
}

static bool right(const struct vm *vm)
{
    return vm->result[STATUS] == 1 && vm->cipher && vm->word &&
           vm->result[LOAD_SHARED] == 0x12345678 && vm->result[LOAD_GARBAGE] != 0x12345678 &&
           vm->result[LOAD] == (uint32_t)PLAIN;
}

/* --- all memory of the host --- */

struct count {
    unsigned long long pages, plain, open;
};

static void count_words(int core, uint64_t from, uint64_t size, struct count *count)
{
    static uint64_t words[32 * PAGE];
    ssize_t n;

    for (uint64_t pos = 0; pos < size; pos += (uint64_t)n) {
        n = pread(core, words, size - pos < sizeof(words) ? size - pos : sizeof(words),
                  (off_t)(from + pos));
        if (n <= 0)
            fail("/proc/kcore");
        for (size_t i = 0; i < (size_t)n / sizeof(words[0]); i++) {
            count->plain += ~words[i] == not_plain;
            count->open += ~words[i] == not_open;
        }
        count->pages += (uint64_t)n / PAGE;
    }
}

/* Look for the guest's words in all RAM. Linux has it in /proc/kcore as segments with a physical address; the others are kernel
 * addresses of the same memory. */
static void search_memory(void)
{
    static Elf64_Phdr segments[64];
    const int core = open("/proc/kcore", O_RDONLY);
    struct count count = {0};
    Elf64_Ehdr head;

    if (core < 0 || pread(core, &head, sizeof(head), 0) != sizeof(head) || head.e_phnum > 64 ||
        pread(core, segments, head.e_phnum * sizeof(segments[0]), (off_t)head.e_phoff) < 0)
        fail("/proc/kcore");
    for (unsigned i = 0; i < head.e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && segments[i].p_paddr && ~segments[i].p_paddr)
            count_words(core, segments[i].p_offset, segments[i].p_memsz, &count);
    close(core);
    say("of the host's memory %llu MiB were searched", count.pages / 256);
    say("the private word is there: %s, the shared word: %s", yes(count.plain != 0),
        yes(count.open != 0));
}

/* --- the guests --- */

static void two_at_once(void)
{
    struct vm a, b;

    create(&a, true, 0);
    say("code as the host sees it is ciphertext: %s",
        yes(memcmp(at(&a, CODE), guest_start, (size_t)(guest_end - guest_start)) != 0));
    if (run(&a, 0, LOAD_SHARED)) {
        search_memory();
        create(&b, true, 0);
        if (run(&b, 0, STEPS))
            report(&b, "guest 2");
        if (run(&a, LOAD_SHARED, STEPS))
            report(&a, "guest 1");
        destroy(&b);
    }
    destroy(&a);
}

static void one_after_another(void)
{
    unsigned good = 0;

    for (unsigned i = 0; i < GUESTS; i++) {
        struct vm vm;

        create(&vm, true, 0);
        good += run(&vm, 0, STEPS) && right(&vm);
        destroy(&vm);
    }
    say("%u of %u guests one after another were right", good, GUESTS);
}

/* Its owner has forbidden debugging. */
static void no_debugging(void)
{
    static uint64_t page[PAGE / sizeof(uint64_t)];
    struct vm vm;

    create(&vm, true, NODBG);
    if (run(&vm, 0, LOAD_SHARED)) {
        page[0] = 0;
        say("policy NODBG: DBG_DECRYPT was done: %s, gives something: %s", yes(!decrypt(&vm, page)),
            yes(page[0] != 0));
    }
    destroy(&vm);
}

/* Its page tables have the C-bit, which is reserved there. */
static void without_sev(void)
{
    struct vm vm;

    create(&vm, false, 0);
    if (ioctl(vm.vcpu, KVM_RUN, 0))
        say("without SEV: KVM_RUN: %s", strerror(errno));
    else
        say("without SEV: exit reason %u", vm.run->exit_reason);
    destroy(&vm);
}

static unsigned position(void)
{
    uint32_t a = 0x8000001f, b = 0, c = 0, d = 0;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return b & 0x3f;
}

int main(void)
{
    log_file = open("/dev/kmsg", O_WRONLY);
    sev = open("/dev/sev", O_RDWR);
    kvm = open("/dev/kvm", O_RDWR);
    if (log_file < 0 || sev < 0 || kvm < 0)
        fail("/dev/sev and /dev/kvm");
    cbit_pos = position();
    two_at_once();
    no_debugging();
    one_after_another();
    without_sev();
    say("end of the guests");
    return 0;
}
