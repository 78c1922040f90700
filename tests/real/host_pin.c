/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program of host_pin.tap: registers memory that nobody has written as the memory of a SEV guest, as QEMU does, and says on
 * /dev/kmsg which page frames it has before and after it is written. Memory that is pinned keeps its frames.
 *
 * Sources: Linux include/uapi/linux/kvm.h KVM_MEMORY_ENCRYPT_REG_REGION, Documentation/admin-guide/mm/pagemap.rst
 * (bits 0 to 54 of an entry are the page frame, bit 63: present).
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "host_say.h"

#define PAGE    4096u
#define PAGES   1024u
#define PRESENT (UINT64_C(1) << 63)
#define FRAME   ((UINT64_C(1) << 55) - 1)

static uint64_t before[PAGES], after[PAGES];

static void frames(const uint8_t *memory, uint64_t *entries)
{
    const int pagemap = open("/proc/self/pagemap", O_RDONLY);
    const off_t at = (off_t)((uintptr_t)memory / PAGE * sizeof(*entries));

    if (pagemap < 0 ||
        pread(pagemap, entries, PAGES * sizeof(*entries), at) != PAGES * sizeof(*entries))
        fail("/proc/self/pagemap");
    close(pagemap);
}

static uint8_t *register_memory(void)
{
    const int kvm = open("/dev/kvm", O_RDWR), sev = open("/dev/sev", O_RDWR),
              vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
    struct kvm_sev_cmd init = {.id = KVM_SEV_INIT, .sev_fd = (uint32_t)sev};
    uint8_t *memory = mmap(NULL, (size_t)PAGES * PAGE, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct kvm_enc_region region = {(uint64_t)(uintptr_t)memory, (uint64_t)PAGES * PAGE};

    if (vm < 0 || sev < 0 || memory == MAP_FAILED ||
        madvise(memory, (size_t)PAGES * PAGE, MADV_NOHUGEPAGE) ||
        ioctl(vm, KVM_MEMORY_ENCRYPT_OP, &init))
        fail("a machine with SEV");
    if (ioctl(vm, KVM_MEMORY_ENCRYPT_REG_REGION, &region))
        fail("KVM_MEMORY_ENCRYPT_REG_REGION");
    return memory;
}

int main(void)
{
    unsigned present = 0, own = 0, kept = 0;
    uint8_t *memory;

    log_file = open("/dev/kmsg", O_WRONLY);
    memory = register_memory();
    frames(memory, before);
    for (unsigned i = 0; i < PAGES; i++)
        memory[(size_t)i * PAGE] = 1;
    frames(memory, after);
    for (unsigned i = 0; i < PAGES; i++) {
        present += (before[i] & PRESENT) != 0;
        own += (before[i] & FRAME) != (before[(i + 1) % PAGES] & FRAME);
        kept += (before[i] & FRAME) == (after[i] & FRAME);
    }
    say("%u pages registered: %u present, %u with a frame of their own, %u keep it when they are "
        "written",
        PAGES, present, own, kept);
    return 0;
}
