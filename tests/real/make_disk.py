# SPDX-License-Identifier: LGPL-2.1-or-later
"""A hard disk that boots Debian by GRUB: partition table, GRUB in a BIOS boot partition, ext4 root file system.

Implements the parts of GRUB 2.06's grub-install (i386-pc) that a GPT disk needs, so that no loop device and no root
are needed: boot.img in sector 0 with the sector of core.img (grub-core/boot/i386/pc/boot.S, kernel_sector), the first
entry of the block list in core.img's first sector (diskboot.S); and UEFI Specification 2.9, 5.3 (GPT).
"""
import binascii
import os
import struct
import uuid

SECTOR = 512
TRACK = 16 * 63  # sectors of a cylinder, as Bochs finds them from an image's size
FIRST = 2048
BOOT_SECTORS = 2048
KERNEL_SECTOR, DISK_SIGNATURE = 0x5C, 0x1B8
BLOCK_LIST = SECTOR - 12
BIOS_BOOT = uuid.UUID("21686148-6449-6e6f-744e-656564454649")
LINUX_ROOT = uuid.UUID("4f68bce3-e8cd-4db1-96e7-fbcaf984b709")


def gpt(sectors, partitions):
    """(sectors 0..33, the last 33): a protective MBR and both tables."""
    entries = b"".join(
        struct.pack("<16s16sQQQ72s", kind.bytes_le, uuid.uuid5(kind, name).bytes_le, first, last, 0,
                    name.encode("utf-16-le"))
        for kind, name, first, last in partitions).ljust(128 * 128, b"\0")

    def header(here, other, table):
        fields = (b"EFI PART", 0x10000, 92, 0, 0, here, other, 34, sectors - 34,
                  uuid.uuid5(LINUX_ROOT, "disk").bytes_le, table, 128, 128, binascii.crc32(entries))
        form = "<8sIIIIQQQQ16sQIII"
        crc = binascii.crc32(struct.pack(form, *fields))
        return struct.pack(form, *fields[:3], crc, *fields[4:]).ljust(SECTOR, b"\0")

    protective = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, sectors - 1)
    mbr = b"\0" * 446 + protective.ljust(64, b"\0") + b"\x55\xaa"
    return mbr + header(1, sectors - 1, 2) + entries, entries + header(sectors - 1, 1, sectors - 33)


def bootable(path, root, boot_img, core_img):
    """The disk PATH around the file system image ROOT, which is consumed."""
    root_first = FIRST + BOOT_SECTORS
    root_sectors = os.path.getsize(root) // SECTOR
    sectors = -(-(root_first + root_sectors + 34) // TRACK) * TRACK
    head, tail = gpt(sectors, ((BIOS_BOOT, "GRUB", FIRST, FIRST + BOOT_SECTORS - 1),
                               (LINUX_ROOT, "root", root_first, root_first + root_sectors - 1)))
    with open(boot_img, "rb") as file:
        boot = bytearray(file.read(SECTOR))
    boot[DISK_SIGNATURE:] = head[DISK_SIGNATURE:SECTOR]
    struct.pack_into("<Q", boot, KERNEL_SECTOR, FIRST)
    with open(core_img, "rb") as file:
        core = bytearray(file.read())
    if len(core) > BOOT_SECTORS * SECTOR:
        raise ValueError("GRUB does not fit its partition")
    struct.pack_into("<Q", core, BLOCK_LIST, FIRST + 1)
    with open(path, "wb") as disk:
        disk.write(bytes(boot) + head[SECTOR:])
        disk.seek(FIRST * SECTOR)
        disk.write(core)
        copy_sparse(root, disk, root_first * SECTOR)
        disk.seek((sectors - 33) * SECTOR)
        disk.write(tail)
    os.unlink(root)


def copy_sparse(path, disk, offset):
    """A file into another, without its zeros."""
    block = 1 << 16
    with open(path, "rb") as file:
        for at in range(0, os.path.getsize(path), block):
            data = file.read(block)
            if data.count(0) != len(data):
                disk.seek(offset + at)
                disk.write(data)
