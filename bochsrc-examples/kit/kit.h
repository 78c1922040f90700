/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Support code for the small guests of the tutorial and the exercises: instructions as functions,
 * text on the first serial line, page-table entries, the secure processor's mailbox. There is no
 * operating system, no interrupt and no heap. An exception ends the machine.
 *
 * Sources: Linux arch/x86/include/asm/pgtable_types.h (page tables) and msr-index.h MSR_AMD64_SEV;
 * Linux Documentation/arch/x86/amd-memory-encryption.rst (the C-bit).
 */
#ifndef KIT_H
#define KIT_H

#include <stddef.h>
#include <stdint.h>

/* You write this one. It is called in long mode with the mask of the C-bit, or with 0 if this is no
 * SEV guest. start.S has mapped linear 0..1 GiB to the same physical addresses, private. The 2 MiB
 * of memory at physical 200000h are mapped twice: */
void guest_main(uint64_t cbit);
#define SHARED_WINDOW ((uint8_t *)0x200000)   /* without the C-bit */
#define PRIVATE_ALIAS ((uint8_t *)0x40000000) /* with it */

#define PAGE        4096u
#define PAGE_2M     0x200000u
#define PTE_PRESENT 0x1u
#define PTE_WRITE   0x2u
#define PTE_LARGE   0x80u
#define ADDRESS     0x000ffffffffff000ull /* of a page-table entry, with the C-bit */

#define MSR_SEV_STATUS 0xc0010131u

static inline void outb(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t v;

    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static inline void outw(uint16_t port, uint16_t v)
{
    __asm__ volatile("outw %0, %1" ::"a"(v), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(port));
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

static inline struct cpuid cpuid(uint32_t leaf)
{
    struct cpuid r;

    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(0));
    return r;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline uint64_t read_cr3(void)
{
    uint64_t v;

    __asm__ volatile("movq %%cr3, %0" : "=r"(v));
    return v;
}

static inline void write_cr3(uint64_t v)
{
    __asm__ volatile("movq %0, %%cr3" ::"r"(v) : "memory");
}

/* Invalidate the TLB entry of this linear address. */
static inline void flush_page(const volatile void *at)
{
    __asm__ volatile("invlpg (%0)" ::"r"(at) : "memory");
}

/* --- kit.c ----------------------------------------------------------------------------------- */

/* Like printf, but only with %s, %c, %u (uint32_t) and %x (uint64_t, hexadecimal). */
void print(const char *format, ...);
/* Print bytes in hexadecimal and as text: "WHAT: 6f 6e 65 20  one ". */
void print_bytes(const char *what, const volatile void *from, size_t len);
/* Return the number after NAME= in the image's arguments (exercises/grade), or `fallback`. */
uint64_t argument(const char *name, uint64_t fallback);
/* Power the machine off. */
void stop(void) __attribute__((noreturn));

/* Allocate a page of private memory, all zeros. */
void *page_new(void);
/* Return the page-table entry for the 4 KiB at `at`, below 1 GiB, in the tables of CR3. A large
 * page is split first. If you change the entry, call flush_page(). */
uint64_t *page_entry(const volatile void *at);

/* Execute command `id` of the secure processor with the command buffer at `buffer`, where linear
 * and physical address are the same. Return its status, 0 = SUCCESS. Like any device, the secure
 * processor uses shared access. */
uint32_t psp_command(uint32_t id, const volatile void *buffer);

void *memset(void *to, int value, size_t len);
void *memcpy(void *to, const void *from, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *text);

#endif
