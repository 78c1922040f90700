# SPDX-License-Identifier: LGPL-2.1-or-later
"""A firmware of 64 KiB that says where it wants kernel hashes and secrets, as OVMF's AmdSev build does
(EDK2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm), and whose code shows what it finds there: it sends both
areas to port E9h and switches the machine off. And a kernel that no one ever starts, QEMU's table of kernel
hashes, a secret table. Written from the public formats alone."""
import hashlib
from struct import pack, unpack
from uuid import UUID

SIZE, CODE, GDTR, GDT = 0x10000, 0xF000, 0xE000, 0xE010
FOOTER = "96b582de-1fb2-45f7-baea-a366c55a082d"
ES_RESET = "00f771de-1a7e-4fcb-890e-68c77e2fb44e"
HASHES = "7255371f-3a3b-4b04-927b-1da6efa8d454"
SECRETS = "4c2eb361-7d9b-4cc3-8081-127c90d3d294"


def entry(guid, data):
    return data + pack("<H", len(data) + 18) + UUID(guid).bytes_le


def send(text):
    """mov dx, E9h; then mov al, out for each byte"""
    return b"\xba\xe9\x00" + b"".join(b"\xb0" + bytes([c]) + b"\xee" for c in text)


def dump(mark, area):
    if area is None or not area[1]:
        return b""
    return (send(mark) + b"\x66\xbe" + pack("<L", area[0])  # mov esi, base
            + b"\x66\xb9" + pack("<L", area[1])             # mov ecx, size
            + b"\x67\xac\xee\x67\xe2\xfa")                  # lodsb (esi); out dx, al; loop (ecx)


def power_off():
    """Bochs's port for it"""
    return b"\xba\x00\x89" + b"".join(b"\xb0" + bytes([c]) + b"\xee" for c in b"Shutdown") + b"\xf4\xeb\xfd"


def code(text):
    """Real mode with a 4 GiB %ds, from protected mode and back; then `text`."""
    return (b"\xfa\xfc\x2e\x66\x0f\x01\x16" + pack("<H", GDTR)                     # cli; cld; lgdt
            + b"\x0f\x20\xc0\x0c\x01\x0f\x22\xc0\xb8\x08\x00\x8e\xd8"              # PE = 1; ds = 8
            + b"\x0f\x20\xc0\x24\xfe\x0f\x22\xc0" + text)                           # PE = 0


def firmware(hashes=None, secrets=None, entries=None, footer=FOOTER, total=None, text=None):
    """Areas are (base, size); `entries` replaces the whole table, `text` the code that shows the areas."""
    if text is None:
        text = dump(b"HASHES:", hashes) + dump(b"SECRETS:", secrets) + send(b":END") + power_off()
    if entries is None:
        entries = [entry(guid, pack("<LL", *area)) for guid, area in ((SECRETS, secrets), (HASHES, hashes)) if area]
        entries.append(entry(ES_RESET, pack("<L", 0x80B004)))
    table = b"".join(entries)
    table += pack("<H", len(table) + 18 if total is None else total) + UUID(footer).bytes_le
    image = bytearray(b"\x90" * SIZE)
    for at, data in ((CODE, code(text)), (GDTR, pack("<HL", 15, (1 << 32) - SIZE + GDT)),
                     (GDT, bytes(8) + b"\xff\xff\0\0\0\x92\xcf\0"), (SIZE - 32 - len(table), table),
                     (SIZE - 16, b"\xe9" + pack("<h", CODE - (SIZE - 16 + 3)))):
        image[at:at + len(data)] = data
    return bytes(image)


def kernel():
    """The header of a bzImage, protocol 2.15, and something after it."""
    data = bytearray((i * 7 + i // 256) & 0xFF for i in range(0x3000))
    for offset, value in ((0x1F1, b"\x03"), (0x1F4, pack("<L", (0x3000 - 4 * 512) // 16)), (0x1FE, b"\x55\xaa"),
                          (0x202, b"HdrS"), (0x206, b"\x0f\x02"),
                          (0x211, b"\x01"), (0x22C, pack("<L", 0x7FFFFFFF)), (0x238, pack("<L", 2047)),
                          (0x258, pack("<Q", 1 << 20)), (0x260, pack("<L", 1 << 20))):
        data[offset:offset + len(value)] = value
    return bytes(data)


def hash_table(kernel_file, initrd, cmdline):
    parts = (("97d02dd8-bd20-4c94-aa78-e7714d36ab2a", cmdline + b"\0"),
             ("44baf731-3a2f-4bd7-9af1-41e29169781d", initrd),
             ("4de79437-abd2-427f-b835-d5b172d2045b", kernel_file))
    body = b"".join(UUID(guid).bytes_le + pack("<H", 50) + hashlib.sha256(data).digest() for guid, data in parts)
    return (UUID("9438d606-4f22-4cc9-b479-a793d411fd21").bytes_le + pack("<H", len(body) + 18) + body).ljust(176, b"\0")


def secret_table(entries):
    """(GUID, data) pairs, as Linux Documentation/security/secrets/coco.rst has them."""
    body = b"".join(UUID(guid).bytes_le + pack("<L", len(data) + 20) + data for guid, data in entries)
    return UUID("1e74f542-71dd-4d66-963e-ef4287ff173b").bytes_le + pack("<L", len(body) + 20) + body


def area_of(image, guid):
    """(base, size) as a firmware's table has it; the GUID is nowhere else after it."""
    at = image.rfind(UUID(guid).bytes_le)
    return unpack("<LL", image[at - 10:at - 2])


def number_of(image, guid):
    """The number that such an entry has."""
    at = image.rfind(UUID(guid).bytes_le)
    return unpack("<L", image[at - 6:at - 2])[0]
