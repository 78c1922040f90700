/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers as TAP (Test Anything Protocol 12) on port E9h, Bochs's debug console.
 */
#include <stdarg.h>
#include "guest.h"

uint64_t boot_cbit;
extern const char boot_arguments[];

static unsigned points;

static uint64_t number(const char *text)
{
    uint64_t base = 10, v = 0;

    if (text[0] == '0' && text[1] == 'x') {
        base = 16;
        text += 2;
    }
    for (;; text++) {
        unsigned digit = (unsigned char)(*text | 0x20);

        digit -= digit >= 'a' ? 'a' - 10 : '0';
        if (digit >= base)
            return v;
        v = v * base + digit;
    }
}

uint64_t argument(const char *name, uint64_t fallback)
{
    const char *at = boot_arguments;

    while (*at) {
        const char *n = name;

        for (; *n && *n == *at; n++)
            at++;
        if (!*n && *at == '=')
            return number(at + 1);
        while (*at && *at != ' ')
            at++;
        while (*at == ' ')
            at++;
    }
    return fallback;
}

void shutdown(void)
{
    for (const char *word = "Shutdown"; *word; word++)
        outb(0x8900, (uint8_t)*word);
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void put(char c)
{
    outb(0xe9, (uint8_t)c);
}

static void put_hex(uint64_t v, unsigned width)
{
    unsigned digits = 16;

    while (digits > 1 && digits > width && !(v >> (4 * (digits - 1))))
        digits--;
    while (digits-- > 0)
        put("0123456789abcdef"[v >> (4 * digits) & 15]);
}

static void put_unsigned(uint32_t v)
{
    char text[10];
    unsigned n = 0;

    do {
        text[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    while (n > 0)
        put(text[--n]);
}

static void put_signed(int32_t v)
{
    if (v < 0)
        put('-');
    put_unsigned(v < 0 ? 0u - (uint32_t)v : (uint32_t)v);
}

/* Print one conversion; `format` is after the '%'. Return what follows it. */
static const char *convert(const char *format, va_list *args)
{
    unsigned width = 0, longs = 0;

    for (; *format >= '0' && *format <= '9'; format++)
        width = 10 * width + (unsigned)(*format - '0');
    for (; *format == 'l'; format++)
        longs++;
    switch (*format) {
    case 's':
        for (const char *s = va_arg(*args, const char *); *s; s++)
            put(*s);
        break;
    case 'c':
        put((char)va_arg(*args, int));
        break;
    case 'd':
        put_signed(va_arg(*args, int));
        break;
    case 'u':
        put_unsigned(longs ? (uint32_t)va_arg(*args, llu) : va_arg(*args, unsigned));
        break;
    case 'x':
        put_hex(longs ? va_arg(*args, llu) : va_arg(*args, unsigned), width);
        break;
    case '\0':
        return format;
    default:
        put(*format);
    }
    return format + 1;
}

static void vprint(const char *format, va_list *args)
{
    while (*format) {
        if (*format == '%')
            format = convert(format + 1, args);
        else
            put(*format++);
    }
}

void print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vprint(format, &args);
    va_end(args);
}

bool ok(bool pass, const char *format, ...)
{
    va_list args;

    print("%sok %u - ", pass ? "" : "not ", ++points);
    va_start(args, format);
    vprint(format, &args);
    va_end(args);
    put('\n');
    return pass;
}

bool is(uint64_t got, uint64_t want, const char *name)
{
    if (!ok(got == want, "%s", name))
        print("# got %llx, want %llx\n", (llu)got, (llu)want);
    return got == want;
}

void continue_testing(unsigned answered)
{
    points = answered;
}

void skip(const char *name, const char *why)
{
    print("ok %u - %s # SKIP %s\n", ++points, name, why);
}

void bail_out(const char *format, ...)
{
    va_list args;

    print("\nBail out! ");
    va_start(args, format);
    vprint(format, &args);
    va_end(args);
    put('\n');
    shutdown();
}

void done_testing(void)
{
    print("1..%u\n", points);
}
