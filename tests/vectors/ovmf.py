#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write ovmf.txt: ends of firmware images with OVMF's table of GUIDed structures (EDK2
OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm), good and damaged, and QEMU's table of kernel hashes for
the kernel that tests/unit/test_kernel_boot.c makes, by means that know nothing of this project."""
import hashlib
from struct import pack
from uuid import UUID

FOOTER = "96b582de-1fb2-45f7-baea-a366c55a082d"
ES_RESET = "00f771de-1a7e-4fcb-890e-68c77e2fb44e"
HASHES = "7255371f-3a3b-4b04-927b-1da6efa8d454"
SECRETS = "4c2eb361-7d9b-4cc3-8081-127c90d3d294"
SEV_INFO = "dc886566-984a-4798-a75e-5585a7bf67cc"


def entry(guid, data, length=None):
    return data + pack("<H", len(data) + 18 if length is None else length) + UUID(guid).bytes_le


def image(name, entries, total=None, footer=FOOTER, front=b"\x90" * 48):
    """Entries in the order of addresses: readers start with the last."""
    body = b"".join(entries)
    end = pack("<H", len(body) + 18 if total is None else total) + UUID(footer).bytes_le
    print(f"{name} = {(front + body + end + bytes(range(32))).hex()}")


def area(guid, base, size):
    return entry(guid, pack("<LL", base, size))


amdsev = [entry(SEV_INFO, pack("<L", 0x530)), area(SECRETS, 0x810000, 0xC00), area(HASHES, 0x810C00, 0x400),
          entry(ES_RESET, pack("<L", 0x80B004))]
image("amdsev", amdsev)
image("amdsev_bare", amdsev, front=b"")
image("debian", [area(SECRETS, 0, 0), area(HASHES, 0, 0), entry(ES_RESET, pack("<L", 0x80B004))])
image("no_areas", [entry(ES_RESET, pack("<L", 0x80B004))])
image("empty", [])
image("twice", [area(HASHES, 0x1000, 0x1000), area(HASHES, 0x810C00, 0x400)])
image("not_ovmf", amdsev, footer=SEV_INFO)
image("total_small", amdsev, total=17)
image("total_large", amdsev, total=48 + sum(map(len, amdsev)) + 19)
image("total_splits", amdsev, total=sum(map(len, amdsev)) + 18 - 1)
image("entry_small", [entry(ES_RESET, b"", 17)])
image("entry_zero", [entry(ES_RESET, b"", 0)])
image("entry_large", [entry(ES_RESET, bytes(4), 23)])
image("entry_huge", [entry(ES_RESET, bytes(4), 0xFFFF)])
image("area_short", [entry(HASHES, bytes(7))])
image("area_long", [entry(SECRETS, bytes(9))])
image("reset_short", [entry(ES_RESET, bytes(3))])
image("reset_long", [entry(ES_RESET, bytes(5))])
image("reset_zero", [entry(ES_RESET, bytes(4))])
image("reset_twice", [entry(ES_RESET, pack("<L", 0x111)), entry(ES_RESET, pack("<L", 0x808004))])
# The reset block without the table, in its place: QEMU target/i386/sev.c sev_es_find_reset_vector()
image("alone", [pack("<L", 0x80B004)], footer=ES_RESET)
image("alone_small", [pack("<L", 0x80B004)], total=17, footer=ES_RESET)
image("alone_short", [pack("<L", 0x80B004)], total=21, footer=ES_RESET)
image("alone_large", [pack("<L", 0x80B004)], total=0xFFFF, footer=ES_RESET)

# --- SEV metadata: EDK2 OvmfPkg/ResetVector/X64/OvmfSevMetadata.asm ---

# What Debian 13's OVMF.fd has, and the page of kernel hashes of an AmdSev build.
SECTIONS = [(0x800000, 0x9000, 1), (0x80A000, 0x3000, 1), (0x80D000, 0x1000, 2), (0x80E000, 0x1000, 3), (0x80F000, 0x1000, 4),
            (0x810000, 0x1000, 0x10), (0x811000, 0xF000, 1)]


def sev(name, sections=SECTIONS, signature=b"ASEV", version=1, length=None, count=None, offset=None, again=()):
    """The metadata is in front of the table."""
    body = b"".join(pack("<LLL", *section) for section in sections)
    body = pack("<4sLLL", signature, len(body) + 16 if length is None else length, version,
                len(sections) if count is None else count) + body
    table = [entry(SEV_INFO, pack("<L", value)) for value in again]
    table += [entry(SEV_INFO, b"\0\0\0\0"), entry(ES_RESET, pack("<L", 0x80B004))]
    end = len(b"".join(table)) + 18 + 32  # of the image, after the metadata
    table[len(again)] = entry(SEV_INFO, pack("<L", len(body) + end if offset is None else offset))
    image(name, table, front=b"\x90" * 16 + body)


sev("sev")
sev("sev_none", [])
sev("sev_twice", again=[0x10])
sev("sev_signature", signature=b"AESV")
sev("sev_version", version=2)
sev("sev_length", length=16 + 12 * len(SECTIONS) - 1)
sev("sev_too_long", length=0x1000)
sev("sev_count", count=33)
sev("sev_outside", offset=0x10000)
sev("sev_short", offset=15)
sev("sev_unaligned", [(0x800010, 0x1000, 1)])
sev("sev_part", [(0x800000, 0x800, 1)])
sev("sev_empty", [(0x800000, 0, 1)])
sev("sev_wraps", [(0xFFFFF000, 0x2000, 1)])
sev("sev_overlap", [(0x800000, 0x3000, 1), (0x802000, 0x1000, 3)])
sev("sev_top", [(0xFFFFF000, 0x1000, 1)])
image("sev_entry_short", [entry(SEV_INFO, bytes(3))])

# --- kernel hashes ---


def kernel():
    data = bytearray((i * 7 + i // 256) & 0xFF for i in range(0x3000))
    for offset, value in ((0x1F1, b"\x03"), (0x1F4, pack("<L", (0x3000 - 5 * 512) // 16)), (0x1FE, b"\x55\xaa"), (0x202, b"HdrS"), (0x206, b"\x0f\x02"),
                          (0x211, b"\x01"), (0x22C, pack("<L", 0x7FFFFFFF)), (0x238, pack("<L", 2047)),
                          (0x258, pack("<Q", 16 << 20)), (0x260, pack("<L", 48 << 20))):
        data[offset:offset + len(value)] = value
    return bytes(data)


def hashes(name, cmdline, initrd):
    parts = (("97d02dd8-bd20-4c94-aa78-e7714d36ab2a", cmdline + b"\0"), ("44baf731-3a2f-4bd7-9af1-41e29169781d", initrd),
             ("4de79437-abd2-427f-b835-d5b172d2045b", kernel()))
    body = b"".join(UUID(guid).bytes_le + pack("<H", 50) + hashlib.sha256(data).digest() for guid, data in parts)
    table = UUID("9438d606-4f22-4cc9-b479-a793d411fd21").bytes_le + pack("<H", len(body) + 18) + body
    print(f"{name} = {table.ljust(176, bytes(1)).hex()}")


hashes("hashes", b"quiet", b"initial RAM disk")
hashes("hashes_kernel_only", b"", b"")
