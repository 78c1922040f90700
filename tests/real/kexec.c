/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first process of a guest: load the kernel of the file /kernel with the initramfs /initrd and
 * the command line that is in /next, by kexec_file_load(2), and start it. Without /next it is the process of that
 * kernel. Says on /dev/kmsg how far it came.
 */
#include "../../bochsrc-examples/linux/bare.h"

enum {
    CALL_MOUNT = 165,
    CALL_REBOOT = 169,
    CALL_KEXEC_FILE_LOAD = 320,
    AT_FDCWD = -100,
    O_WRONLY = 1,
    REBOOT_MAGIC1 = (int)0xfee1dead,
    REBOOT_MAGIC2 = 672274793,
    REBOOT_CMD_KEXEC = 0x45584543,
    REBOOT_CMD_POWER_OFF = 0x4321fedc,
};

static void say(const char *text)
{
    long fd = call(CALL_OPENAT, AT_FDCWD, "/dev/kmsg", O_WRONLY, 0, 0, 0), len = 0;

    while (text[len])
        len++;
    call(CALL_WRITE, fd, text, len, 0, 0, 0);
    call(CALL_CLOSE, fd, 0, 0, 0, 0, 0);
}

static long open_file(const char *path)
{
    return call(CALL_OPENAT, AT_FDCWD, path, 0, 0, 0, 0);
}

static long run(void)
{
    static char line[1024];
    long mounted = call(CALL_MOUNT, (long)"devtmpfs", "/dev", (long)"devtmpfs", 0, 0, 0);
    long next = open_file("/next"), len = call(CALL_READ, next, line, sizeof(line) - 1, 0, 0, 0);
    long kernel = open_file("/kernel"), initrd = open_file("/initrd"), error;

    if (mounted < 0)
        return 1; /* the kernel panics: nothing can be said without /dev/kmsg */
    if (next < 0) {
        say("SEV-GUEST: kexec: the next kernel is in userspace\n");
    } else if (kernel < 0 || initrd < 0 || len < 1) {
        say("SEV-GUEST: kexec: files are missing\n");
    } else {
        line[len - 1] = 0; /* in place of the end of the line */
        error = call(CALL_KEXEC_FILE_LOAD, kernel, (void *)initrd, len, (long)line, 0, 0);
        say(error ? "SEV-GUEST: kexec: the kernel was refused\n"
                  : "SEV-GUEST: kexec: starts the next kernel\n");
        if (!error)
            call(CALL_REBOOT, REBOOT_MAGIC1, (void *)(long)REBOOT_MAGIC2, REBOOT_CMD_KEXEC, 0, 0,
                 0);
    }
    return call(CALL_REBOOT, REBOOT_MAGIC1, (void *)(long)REBOOT_MAGIC2, REBOOT_CMD_POWER_OFF, 0, 0,
                0);
}
