# SPDX-License-Identifier: LGPL-2.1-or-later
"""Check the files of a machine before it starts: a file that cannot work is refused with a sentence.

Sources: Linux Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header" (setup_sects, boot_flag, header, version,
syssize); QEMU block/qcow2.h QCOW_MAGIC, block/vmdk.c VMDK4_MAGIC, block/vdi.c VDI_SIGNATURE, block/vhdx.h
VHDX_FILE_SIGNATURE, block/vpc.c conectix."""
import os
import stat

from errors import NO_MACHINE, WRONG_USAGE, Refused, reason

SECTOR = 512
PACKAGE_DIRECTORIES = ("/usr/", "/lib/", "/opt/", "/nix/store/", "/gnu/store/")


def readable(what, path, size=None):
    """The first `size` bytes of a regular file (None: all of it)."""
    try:
        # A FIFO without a writer must not block.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Refused(what, f"'{path}' is not a file", WRONG_USAGE)
            return file.read(-1 if size is None else size)
    except OSError as error:
        raise Refused(what, f"'{path}' cannot be read: {reason(error)}", WRONG_USAGE) from None


# --- the kernel ---

OTHER_KERNELS = (
    (b"\x7fELF", "is an ELF file, such as vmlinux; give the bzImage of the same build, arch/x86/boot/bzImage"),
    (b"\x1f\x8b", "is compressed with gzip; a bzImage is not"),
    (b"\xfd7zXZ\0", "is compressed with xz; a bzImage is not"),
)


def kernel(what, path):
    data = readable(what, path, 0x264)
    number = lambda at, size: int.from_bytes(data[at:at + size], "little")
    for magic, text in OTHER_KERNELS:
        if data.startswith(magic):
            raise Refused(what, f"'{path}' {text}")
    if len(data) < 0x264 or number(0x1fe, 2) != 0xaa55 or data[0x202:0x206] != b"HdrS":
        raise Refused(what, f"'{path}' is not a Linux kernel (bzImage)")
    setup = ((number(0x1f1, 1) or 4) + 1) * SECTOR
    needed, there = setup + 16 * number(0x1f4, 4), os.path.getsize(path)
    if there < needed:
        raise Refused(what, f"'{path}' is a truncated kernel: it has {there} bytes and should have {needed}")


# --- disks ---

FORMATS = (
    (b"QFI\xfb", 0, "qcow2"), (b"KDMV", 0, "vmdk"), (b"COWD", 0, "vmdk"), (b"# Disk Descriptor", 0, "vmdk"),
    (b"vhdxfile", 0, "vhdx"), (b"conectix", 0, "vpc"), (b"\x7f\x10\xda\xbe", 0x40, "vdi"), (b"QED\0", 0, "qed"),
)
PACKED = ((b"\x1f\x8b", "gzip"), (b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bzip2"))


def disk(what, path):
    """A raw image that can be written."""
    head = readable(what, path, SECTOR)
    for magic, at, name in FORMATS:
        if head[at:at + len(magic)] == magic:
            raise Refused(what, f"'{path}' is a {name} image, and Bochs needs a raw one: qemu-img convert -f {name} "
                                f"-O raw '{path}' FILE")
    for magic, name in PACKED:
        if head.startswith(magic):
            raise Refused(what, f"'{path}' is compressed with {name}; unpack it first")
    size = os.path.getsize(path)
    if size == 0 or size % SECTOR:
        raise Refused(what, f"'{path}' has {size} bytes; a disk has a multiple of {SECTOR}")
    if not os.access(path, os.W_OK):
        raise Refused(what, f"'{path}' cannot be written, and the machine writes to its disks; give a copy")


def different(files):
    """No file is in the machine twice. `files` is a list of (what, path)."""
    seen = {}
    for what, path in files:
        status = os.stat(path)
        file = status.st_dev, status.st_ino
        if file in seen:
            raise Refused(what, f"'{path}' is in the machine already, by {seen[file]}", WRONG_USAGE)
        seen[file] = what


# --- files that the machine writes ---


def variables(what, path):
    """A flash image with OVMF's variables, which is the user's own: not that of a package."""
    head = readable(what, path, 0x30)
    if head[0x28:0x2c] != b"_FVH":
        raise Refused(what, f"'{path}' has no variables of OVMF; a copy of OVMF_VARS_4M.fd has them")
    real = os.path.realpath(path)
    if real.startswith(PACKAGE_DIRECTORIES):
        raise Refused(what, f"'{path}' belongs to a package, and the machine writes to it; make a copy: "
                            f"cp '{path}' my_vars.fd", WRONG_USAGE)
    if not os.access(path, os.W_OK):
        raise Refused(what, f"'{path}' cannot be written, and the machine writes to it; give a copy", WRONG_USAGE)


def output(what, path, inputs=()):
    """A file that is made or replaced; none of the machine's own."""
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        raise Refused(what, f"'{path}' is a directory; give the name of a file", WRONG_USAGE)
    if not os.path.isdir(folder):
        raise Refused(what, f"'{path}' cannot be written: there is no directory '{folder}'", WRONG_USAGE)
    exists = os.path.lexists(path)
    if not os.access(path if exists and os.path.exists(path) else folder, os.W_OK):
        raise Refused(what, f"'{path}' cannot be written: Permission denied", WRONG_USAGE)
    if exists and os.path.exists(path) and stat.S_ISFIFO(os.stat(path).st_mode):
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            raise Refused(what, f"'{path}' is a FIFO that no process reads", WRONG_USAGE) from None
    for other in inputs:
        if exists and os.path.exists(path) and os.path.samefile(path, other):
            raise Refused(what, f"'{path}' is a file of the machine and would be overwritten", WRONG_USAGE)


def fits_socket(path):
    """Is the path short enough for a Unix socket?"""
    return len(os.fsencode(path)) <= 107


def socket(what, path):
    """A place for a Unix socket."""
    if not fits_socket(path):
        raise Refused(what, f"'{path}' has more than 107 bytes, the most for a Unix socket", WRONG_USAGE)
    if os.path.exists(path) and not stat.S_ISSOCK(os.stat(path).st_mode):
        raise Refused(what, f"'{path}' exists and is not a socket", WRONG_USAGE)
    folder = os.path.dirname(path) or "."
    if not os.access(folder, os.W_OK):
        raise Refused(what, f"'{path}' cannot be made: '{folder}' is not a directory that can be written", NO_MACHINE)
