/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kit's functions: kit.h documents them.
 *
 * Sources: Linux include/uapi/linux/serial_reg.h (the serial line); Bochs 3.0 iodev/acpi.cc (PM1
 * control, at B004h with Bochs's BIOS); Linux arch/x86/include/asm/pgtable_types.h (page tables);
 * Linux drivers/crypto/ccp/sev-dev.c __sev_do_cmd_locked() (the mailbox; its ports are a choice of
 * this model).
 */
#include "kit.h"

#include <stdarg.h>

extern const char boot_arguments[]; /* boot.S */

#define COM1 0x3f8

static void put(char c)
{
    static int ready;

    if (!ready) {
        outb(COM1 + 3, 0x80); /* 115200 baud */
        outb(COM1 + 0, 1);
        outb(COM1 + 1, 0);
        outb(COM1 + 3, 3); /* 8 bits, no parity */
        ready = 1;
    }
    while (!(inb(COM1 + 5) & 0x20)) /* until the transmitter takes another byte */
        ;
    outb(COM1, (uint8_t)c);
    while (c == '\n' && !(inb(COM1 + 5) & 0x40)) /* until the whole line is sent */
        ;
}

/* Print the digits of `v`, at least `least` of them. */
static void put_number(uint64_t v, unsigned base, unsigned least)
{
    char text[20];
    unsigned n = 0;

    do {
        text[n++] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v || n < least);
    while (n > 0)
        put(text[--n]);
}

static void put_text(const char *text)
{
    while (*text)
        put(*text++);
}

void print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        switch (*++format) {
        case 's':
            put_text(va_arg(args, const char *));
            break;
        case 'c':
            put((char)va_arg(args, int));
            break;
        case 'u':
            put_number(va_arg(args, uint32_t), 10, 1);
            break;
        case 'x':
            put_number(va_arg(args, uint64_t), 16, 1);
            break;
        default:
            put(*format);
        }
    }
    va_end(args);
}

void print_bytes(const char *what, const volatile void *from, size_t len)
{
    const volatile uint8_t *at = from;

    put_text(what);
    put(':');
    for (size_t i = 0; i < len; i++) {
        put(' ');
        put_number(at[i], 16, 2);
    }
    put_text("  ");
    for (size_t i = 0; i < len; i++)
        put(at[i] >= ' ' && at[i] <= '~' ? (char)at[i] : '.');
    put('\n');
}

static uint64_t number(const char *text)
{
    uint64_t v = 0;

    for (; *text >= '0' && *text <= '9'; text++)
        v = v * 10 + (uint64_t)(*text - '0');
    return v;
}

uint64_t argument(const char *name, uint64_t fallback)
{
    size_t len = strlen(name);

    for (const char *at = boot_arguments; *at;) {
        if (!memcmp(at, name, len) && at[len] == '=')
            return number(at + len + 1);
        while (*at && *at != ' ')
            at++;
        while (*at == ' ')
            at++;
    }
    return fallback;
}

void stop(void)
{
    outw(0xb004, 0x2000); /* SLP_EN, and sleep type 0, which is soft off in Bochs */
    for (;;)
        __asm__ volatile("cli; hlt");
}

void *page_new(void)
{
    static uint8_t *next = (uint8_t *)0x400000;

    next += PAGE;
    return memset(next - PAGE, 0, PAGE);
}

/* Return the table that an entry points to. */
static uint64_t *table_of(uint64_t entry, uint64_t cbit)
{
    return (uint64_t *)(uintptr_t)(entry & ADDRESS & ~cbit);
}

uint64_t *page_entry(const volatile void *at)
{
    uintptr_t linear = (uintptr_t)at;
    uint64_t *pml4 = (uint64_t *)(uintptr_t)(read_cr3() & 0xfffff000);
    uint64_t cbit = pml4[0] & 0x000fffff00000000ull; /* this kit has no memory above 4 GiB */
    uint64_t *pdpt = table_of(pml4[linear >> 39 & 511], cbit);
    uint64_t *directory = table_of(pdpt[linear >> 30 & 511], cbit);
    uint64_t *entry = &directory[linear >> 21 & 511];

    if (*entry & PTE_LARGE) {
        uint64_t *table = page_new(), first = *entry & ~(uint64_t)PTE_LARGE;

        for (unsigned i = 0; i < 512; i++)
            table[i] = first + (uint64_t)i * PAGE;
        *entry = (uintptr_t)table | cbit | PTE_PRESENT | PTE_WRITE;
        flush_page(at);
    }
    return &table_of(*entry, cbit)[linear >> 12 & 511];
}

uint32_t psp_command(uint32_t id, const volatile void *buffer)
{
    uint32_t answer;

    outl(0x5e4, (uint32_t)(uintptr_t)buffer);
    outl(0x5e8, 0);
    outl(0x5e0, id << 16);
    do {
        answer = inl(0x5e0);
    } while (!(answer & 0x80000000)); /* bit 31: done */
    return answer & 0xffff;
}
