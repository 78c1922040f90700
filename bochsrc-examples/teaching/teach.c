/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The teaching guest, part 1: a launch. This program is two parties in one. As the *hypervisor* it
 * sends commands to the secure processor through its mailbox (I/O ports 5E0h..), and passes
 * messages between it and the *owner*, a program at the other end of the second serial line that
 * trusts neither. What is launched and measured is one page: workload.c.
 *
 * Sources: Linux include/linux/psp-sev.h, struct sev_data_launch_start and those of ACTIVATE,
 * LAUNCH_UPDATE_DATA, LAUNCH_MEASURE, LAUNCH_SECRET, LAUNCH_FINISH; drivers/crypto/ccp/sev-dev.c
 * __sev_do_cmd_locked() (the mailbox; its ports are a choice of this model).
 */
#include <stddef.h>
#include <stdint.h>

/* Physical memory that ../kit/start.S mapped twice: shared here, private at 1 GiB. The secure
 * processor uses shared access, the guest runs in private memory. */
#define WINDOW        ((uint8_t *)0x200000)
#define PRIVATE(at)   ((uint8_t *)(0x40000000 - 0x200000 + (uintptr_t)(at)))
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

/* --- support code for a program without an operating system ---------------------------------- */

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

/* --- the second serial line, to the owner ----------------------------------------------------- */

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

/* Wait until the last bit is sent. */
static void serial_drain(void)
{
    while (!(inb(COM2 + 5) & 0x40))
        ;
}

static void serial_put_hex(const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        serial_put((uint8_t)digits[data[i] >> 4]);
        serial_put((uint8_t)digits[data[i] & 15]);
    }
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Read one word of hex digits, up to the first other character. Return its length in bytes, at most
 * `cap`. */
static uint32_t serial_get_hex(uint8_t *data, uint32_t cap)
{
    uint32_t n = 0;
    int high, low;

    while (n < cap && (high = hex_digit(serial_get())) >= 0 && (low = hex_digit(serial_get())) >= 0)
        data[n++] = (uint8_t)(high << 4 | low);
    if (n == cap)
        serial_get(); /* the character after the word */
    return n;
}

/* --- the secure processor's mailbox ----------------------------------------------------------- */

/* Write the address of the command buffer, then the command. Bit 31 of the answer is set when the
 * command is done, bits 15:0 are the status. Power off if the status is not SUCCESS. */
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

/* Clear the command buffer. In nearly all of them the handle of the guest comes first. */
static uint8_t *command(uint32_t handle)
{
    for (int i = 0; i < 64; i++)
        COMMAND[i] = 0;
    put32(COMMAND, handle);
    return COMMAND;
}

/* --- the launch ------------------------------------------------------------------------------- */

static uint32_t launch_start(void)
{
    uint32_t handle;

    command(0);
    psp("INIT", INIT);

    command(0); /* handle 0: make a new guest context */
    put32(COMMAND + 4, POLICY);
    psp("LAUNCH_START", LAUNCH_START);
    handle = get32(COMMAND);

    /* Another guest may have used the ASID, so no cache may have any of its data. */
    __asm__ volatile("wbinvd" ::: "memory");
    psp("DF_FLUSH", DF_FLUSH);

    command(handle); /* load the guest's key into the memory controllers, under its ASID */
    put32(COMMAND + 4, ASID);
    psp("ACTIVATE", ACTIVATE);
    return handle;
}

/* Hash the page into the launch digest and encrypt it in place. */
static void launch_update(uint32_t handle)
{
    for (int i = 0; i < PAGE; i++)
        WORKLOAD[i] = workload_image[i];
    command(handle);
    put_address(COMMAND + 8, WORKLOAD);
    put32(COMMAND + 16, PAGE);
    psp("LAUNCH_UPDATE_DATA", LAUNCH_UPDATE_DATA);
}

/* Get the HMAC over the digest, under a key that only the owner and the secure processor have. */
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

/* Send the measurement. The owner answers with a line, "S <header> <data>" or "R" for refused.
 * Return the secret's length. */
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
