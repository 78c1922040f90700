/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program of kdump.tap. In the first kernel: load /kernel with the initramfs /initrd and the command
 * line of /next for the case of a crash (kexec_file_load(2)), read a disk with marks past the page cache, so
 * that they stay in the buffers of DMA only, write other marks to memory of this process, and crash.
 * Without /next it is the process of the kernel that was started by the crash: it counts the marks in
 * /proc/vmcore, the memory of the first kernel. Says on /dev/kmsg what it does.
 *
 * The marks ("DISKMARK", "OWN-MARK") are coded here, so that copies of the program in memory are not counted.
 */
#include "../../bochsrc-examples/linux/bare.h"

enum {
    CALL_LSEEK = 8,
    CALL_MOUNT = 165,
    CALL_REBOOT = 169,
    CALL_KEXEC_FILE_LOAD = 320,
    AT_FDCWD = -100,
    O_WRONLY = 1,
    O_DIRECT = 040000,
    KEXEC_FILE_ON_CRASH = 2,
    REBOOT_MAGIC1 = (int)0xfee1dead,
    REBOOT_MAGIC2 = 672274793,
    REBOOT_CMD_POWER_OFF = 0x4321fedc,
    DISK_AT = 0x80000, /* where its marks begin, bytes */
    SIZE = 0x10000,
};

typedef unsigned long long mark;

static const volatile mark key = 0x5a5a5a5a5a5a5a5a;
static const mark disk_coded = 0x11081b171109131e, own_coded = 0x11081b1777140d15;

static mark buffer[SIZE / 8] __attribute__((aligned(4096)));

static void say(const char *text)
{
    long fd = call(CALL_OPENAT, AT_FDCWD, "/dev/kmsg", O_WRONLY, 0, 0, 0), len = 0;

    while (text[len])
        len++;
    call(CALL_WRITE, fd, text, len, 0, 0, 0);
    call(CALL_CLOSE, fd, 0, 0, 0, 0, 0);
}

static long open_file(const char *path, long flags)
{
    return call(CALL_OPENAT, AT_FDCWD, path, flags, 0, 0, 0);
}

/* Append `n` in decimal and a blank. */
static char *number(char *to, unsigned long long n)
{
    char digits[20];
    int len = 0;

    do {
        digits[len++] = (char)('0' + n % 10);
        n /= 10;
    } while (n);
    while (len)
        *to++ = digits[--len];
    *to++ = ' ';
    return to;
}

static void fill(mark value)
{
    for (int i = 0; i < SIZE / 8; i++)
        ((volatile mark *)buffer)[i] = value;
}

/* The digits after "NUMBER(sme_mask)=" in the notes, which are in the first bytes of the file. */
static unsigned long long sme_mask(const char *text, long len)
{
    static const char name[] = "NUMBER(sme_mask)=";
    const long name_len = sizeof(name) - 1;

    for (long i = 0; i + name_len + 20 < len; i++) {
        unsigned long long n = 0;
        long k = 0;

        while (k < name_len && text[i + k] == name[k])
            k++;
        if (k < name_len)
            continue;
        for (const char *c = text + i + name_len; *c >= '0' && *c <= '9'; c++)
            n = n * 10 + (unsigned)(*c - '0');
        return n;
    }
    return 1; /* no mask has this value */
}

static void count(void)
{
    static const char head[] = "SEV-GUEST: kdump: own, disk, bytes, mask: ";
    const mark own = own_coded ^ key, disk = disk_coded ^ key;
    unsigned long long n_own = 0, n_disk = 0, bytes = 0, mask = 1;
    long vmcore = open_file("/proc/vmcore", 0), len;
    char line[160], *at = line;

    while ((len = call(CALL_READ, vmcore, buffer, SIZE, 0, 0, 0)) > 0) {
        if (mask == 1 && bytes < 16 * SIZE)
            mask = sme_mask((const char *)buffer, len);
        for (long i = 0; i < len / 8; i++) {
            n_own += buffer[i] == own;
            n_disk += buffer[i] == disk;
        }
        bytes += (unsigned long long)len;
    }
    if (vmcore < 0 || len < 0)
        say("SEV-GUEST: kdump: /proc/vmcore cannot be read\n");
    for (const char *c = head; *c; c++)
        *at++ = *c;
    at = number(number(number(number(at, n_own), n_disk), bytes), mask);
    *at++ = '\n';
    *at = 0;
    say(line);
}

static void load_and_crash(long next)
{
    static char line[1024];
    long kernel = open_file("/kernel", 0), initrd = open_file("/initrd", 0);
    long disk = open_file("/dev/sda", O_DIRECT), len = call(CALL_READ, next, line, 1023, 0, 0, 0);

    if (kernel < 0 || initrd < 0 || len < 1) {
        say("SEV-GUEST: kdump: files are missing\n");
        return;
    }
    line[len - 1] = 0; /* in place of the end of the line */
    if (call(CALL_KEXEC_FILE_LOAD, kernel, (void *)initrd, len, (long)line, KEXEC_FILE_ON_CRASH,
             0)) {
        say("SEV-GUEST: kdump: the kernel was refused\n");
        return;
    }
    if (call(CALL_LSEEK, disk, (void *)DISK_AT, 0, 0, 0, 0) != DISK_AT ||
        call(CALL_READ, disk, buffer, SIZE, 0, 0, 0) != SIZE || buffer[0] != (disk_coded ^ key)) {
        say("SEV-GUEST: kdump: the disk has no marks\n");
        return;
    }
    fill(own_coded ^ key);
    say("SEV-GUEST: kdump: crashes\n");
    call(CALL_WRITE, open_file("/proc/sysrq-trigger", O_WRONLY), "c", 1, 0, 0, 0);
    say("SEV-GUEST: kdump: the kernel did not crash\n");
}

static long run(void)
{
    long next = open_file("/next", 0);

    call(CALL_MOUNT, (long)"devtmpfs", "/dev", (long)"devtmpfs", 0, 0, 0);
    call(CALL_MOUNT, (long)"proc", "/proc", (long)"proc", 0, 0, 0);
    if (next < 0)
        count();
    else
        load_and_crash(next);
    return call(CALL_REBOOT, REBOOT_MAGIC1, (void *)(long)REBOOT_MAGIC2, REBOOT_CMD_POWER_OFF, 0, 0,
                0);
}
