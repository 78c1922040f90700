/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The teaching guest, part 1: a launch. This program plays two roles that are two parties in real
 * life. As the *hypervisor* it drives the secure processor through its mailbox (I/O ports 5E0h..)
 * and carries messages between it and the *owner*, who sits at the other end of the second serial
 * line and trusts neither. What is launched and measured is one page: workload.c.
 *
 * Implements AMD pub. 55766 "SEV API", chapter 6: LAUNCH_START, ACTIVATE, LAUNCH_UPDATE_DATA,
 * LAUNCH_MEASURE, LAUNCH_SECRET, LAUNCH_FINISH, and 4.1, the mailbox.
 */
#include <stddef.h>
#include <stdint.h>

/* Physical memory that ../kit/start.S mapped twice: shared here, private at 1 GiB. The secure
 * processor reads and writes the shared picture, the guest lives in the private one. */
#define WINDOW        ((uint8_t *)0x200000)
#define PRIVATE(at)   ((uint8_t *)((uintptr_t)(at)-0x200000 + 0x40000000))
#define COMMAND       (WINDOW + 0x0000) /* command buffer */
#define WORKLOAD      (WINDOW + 0x1000) /* the page to launch */
#define SECRET        (WINDOW + 0x2000) /* where the secret shall appear */
#define MEASUREMENT   (WINDOW + 0x3000)
#define PACKET_HEADER (WINDOW + 0x4000)
#define PACKET_DATA   (WINDOW + 0x5000)

#define PAGE             4096
#define HEADER_SIZE      52
#define MEASUREMENT_SIZE 48
#define SECRET_MAX       256
#define POLICY           1 /* NODBG: nobody may look inside with DBG_DECRYPT */
#define ASID             1

enum {
    INIT = 0x01,
    DF_FLUSH = 0x0a,
    ACTIVATE = 0x21,
    LAUNCH_START = 0x30,
    LAUNCH_UPDATE_DATA = 0x31,
    LAUNCH_MEASURE = 0x33,
    LAUNCH_SECRET = 0x34,
    LAUNCH_FINISH = 0x35
};

extern const uint8_t workload_image[]; /* in teach.ld */
void guest_main(uint64_t cbit);

/* --- the little that a program without an operating system needs -------------------------------
 */

static void outb(uint16_t port, uint8_t v)
{
    __asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(port));
}

static uint8_t inb(uint16_t port)
{
    uint8_t v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

static void outl(uint16_t port, uint32_t v)
{
    __asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(port));
}

static uint32_t inl(uint16_t port)
{
    uint32_t v;
    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
    return v;
}

/* Bochs prints what is written to port E9h. */
static void print(const char *text)
{
    while (*text)
        outb(0xe9, (uint8_t)*text++);
}

static void print_number(uint32_t v)
{
    if (v > 9)
        print_number(v / 10);
    outb(0xe9, (uint8_t)('0' + v % 10));
}

static void stop(void)
{
    for (const char *word = "Shutdown"; *word; word++)
        outb(0x8900, (uint8_t)*word);
    for (;;)
        __asm__ volatile("hlt");
}

static void put32(uint8_t *at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

static uint32_t get32(const uint8_t *at)
{
    return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Addresses in command buffers are 64 bits, physical; here physical = linear in the window. */
static void put_address(uint8_t *at, const uint8_t *address)
{
    put32(at, (uint32_t)(uintptr_t)address);
    put32(at + 4, 0);
}

/* --- the second serial line: the owner ---------------------------------------------------------
 */

#define COM2 0x2f8

static void serial_init(void)
{
    outb(COM2 + 1, 0);    /* no interrupts */
    outb(COM2 + 3, 0x80); /* divisor 1: 115200 baud */
    outb(COM2 + 0, 1);
    outb(COM2 + 1, 0);
    outb(COM2 + 3, 3); /* 8 bits, no parity */
    outb(COM2 + 2, 7); /* FIFOs */
    outb(COM2 + 4, 3); /* DTR, RTS */
}

static void serial_put(uint8_t c)
{
    while (!(inb(COM2 + 5) & 0x20))
        ;
    outb(COM2, c);
}

static uint8_t serial_get(void)
{
    while (!(inb(COM2 + 5) & 1))
        ;
    return inb(COM2);
}

static void serial_print(const char *text)
{
    while (*text)
        serial_put((uint8_t)*text++);
}

/* Until the last bit is on the line. */
static void serial_drain(void)
{
    while (!(inb(COM2 + 5) & 0x40))
        ;
}

static void serial_put_hex(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        serial_put((uint8_t) "0123456789abcdef"[data[i] >> 4]);
        serial_put((uint8_t) "0123456789abcdef"[data[i] & 15]);
    }
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One word of hex digits, up to the first other character. Its length in bytes, at most `cap`. */
static uint32_t serial_get_hex(uint8_t *data, uint32_t cap)
{
    uint32_t n = 0;
    int high, low;

    while (n < cap && (high = hex_digit(serial_get())) >= 0 && (low = hex_digit(serial_get())) >= 0)
        data[n++] = (uint8_t)(high << 4 | low);
    if (n == cap)
        serial_get(); /* the character behind the word */
    return n;
}

/* --- the secure processor's mailbox -------------------------------------------------------------
 */

/* Writes where the command buffer stands, then the command; bit 31 of the answer says that it is
 * done, bits 15:0 are the status. Ends the demonstration if that is not SUCCESS. */
static void psp(const char *name, uint32_t command)
{
    uint32_t answer;

    outl(0x5e4, (uint32_t)(uintptr_t)COMMAND);
    outl(0x5e8, 0);
    outl(0x5e0, command << 16);
    do {
        answer = inl(0x5e0);
    } while (!(answer & 0x80000000));
    if (!(answer & 0xffff))
        return;
    print("guest: ");
    print(name);
    print(" was refused with status ");
    print_number(answer & 0xffff);
    print("\n");
    stop();
}

/* A fresh command buffer; the handle of the guest stands first in nearly all of them. */
static uint8_t *command(uint32_t handle)
{
    for (int i = 0; i < 64; i++)
        COMMAND[i] = 0;
    put32(COMMAND, handle);
    return COMMAND;
}

/* --- the launch ---------------------------------------------------------------------------------
 */

static uint32_t launch_start(void)
{
    uint32_t handle;

    command(0);
    psp("INIT", INIT);

    command(0); /* handle 0: make a new guest context */
    put32(COMMAND + 4, POLICY);
    psp("LAUNCH_START", LAUNCH_START);
    handle = get32(COMMAND);

    /* An ASID may have been another guest's: nothing of it may be left in any cache. */
    __asm__ volatile("wbinvd" ::: "memory");
    psp("DF_FLUSH", DF_FLUSH);

    command(handle); /* the guest's key goes into the memory controllers, under its ASID */
    put32(COMMAND + 4, ASID);
    psp("ACTIVATE", ACTIVATE);
    return handle;
}

/* Hashes the page into the launch digest, and encrypts it in place. */
static void launch_update(uint32_t handle)
{
    for (int i = 0; i < PAGE; i++)
        WORKLOAD[i] = workload_image[i];
    command(handle);
    put_address(COMMAND + 8, WORKLOAD);
    put32(COMMAND + 16, PAGE);
    psp("LAUNCH_UPDATE_DATA", LAUNCH_UPDATE_DATA);
}

/* HMAC over the digest, under a key that only the owner and the secure processor have. */
static void launch_measure(uint32_t handle)
{
    command(handle);
    put_address(COMMAND + 8, MEASUREMENT);
    put32(COMMAND + 16, MEASUREMENT_SIZE);
    psp("LAUNCH_MEASURE", LAUNCH_MEASURE);
}

static void launch_secret(uint32_t handle, uint32_t len)
{
    command(handle);
    put_address(COMMAND + 0x08, PACKET_HEADER);
    put32(COMMAND + 0x10, HEADER_SIZE);
    put_address(COMMAND + 0x18, SECRET);
    put32(COMMAND + 0x20, len);
    put_address(COMMAND + 0x28, PACKET_DATA);
    put32(COMMAND + 0x30, len);
    psp("LAUNCH_SECRET", LAUNCH_SECRET);
}

/* Sends the measurement; the owner answers with a word, "S <header> <data>" or "R" for refused.
 * Returns the secret's length. */
static uint32_t ask_owner(void)
{
    uint32_t len;

    serial_print("M ");
    serial_put_hex(MEASUREMENT, MEASUREMENT_SIZE);
    serial_print("\n");
    if (serial_get() != 'S' || serial_get() != ' ' ||
        serial_get_hex(PACKET_HEADER, HEADER_SIZE) != HEADER_SIZE) {
        print("guest: the owner refused, no secret for me\n");
        stop();
    }
    len = serial_get_hex(PACKET_DATA, SECRET_MAX);
    print("guest: a packet of ");
    print_number(len);
    print(" bytes has come, unreadable to me\n");
    return len;
}

void guest_main(uint64_t cbit)
{
    uint32_t handle, len;
    void (*workload)(const uint8_t *secret, uint32_t len);

    if (!cbit) {
        print("guest: this is no SEV guest, nothing to teach\n");
        stop();
    }
    print("guest: CPUID and SEV_STATUS say that I am a SEV guest, the C-bit is bit ");
    print_number((uint32_t)__builtin_ctzll(cbit));
    print("\nguest: my page tables carry it, one 2 MiB page is shared\n");

    serial_init();
    handle = launch_start();
    print("guest: INIT, LAUNCH_START, DF_FLUSH, ACTIVATE: I am handle ");
    print_number(handle);
    print("\n");
    launch_update(handle);
    print("guest: LAUNCH_UPDATE_DATA over the 4096 bytes of my workload\n");
    launch_measure(handle);
    print("guest: LAUNCH_MEASURE, the result goes to my owner by the serial line\n");
    len = ask_owner();
    launch_secret(handle, len);
    print("guest: LAUNCH_SECRET: the secure processor has checked and decrypted it\n");
    command(handle);
    psp("LAUNCH_FINISH", LAUNCH_FINISH);
    print("guest: LAUNCH_FINISH: running the workload\n");

    workload = (void (*)(const uint8_t *, uint32_t))(uintptr_t)PRIVATE(WORKLOAD);
    workload(PRIVATE(SECRET), len);
    serial_print("D\n");
    serial_drain();
    stop();
}
