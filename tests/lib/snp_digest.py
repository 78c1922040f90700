# SPDX-License-Identifier: LGPL-2.1-or-later
"""The launch digest of a SEV-SNP guest, computed by the rules of virtee/sev-snp-measure
(sevsnpmeasure/gctx.py, guest.py, vmsa.py) with hashlib alone; firmware with SEV metadata to measure; and
digests that sev-snp-measure itself computed for Debian's firmware."""
import hashlib
from struct import pack, pack_into
from uuid import UUID

PAGE = 4096
NORMAL, VMSA, ZERO, SECRETS, CPUID = 1, 2, 3, 5, 6
VMSA_GPA = 0xFFFFFFFFF000
# Kinds of sections in OVMF's metadata, and the page type that QEMU launches.
SECTIONS = {1: ZERO, 2: SECRETS, 3: CPUID, 4: ZERO, 0x10: ZERO}
HASHES = 0x10

# SHA-256 of the firmware; then (CPU model, CPUs, SEV_FEATURES) and the digest of sev-snp-measure --mode snp; the
# last is --mode snp:ovmf-hash.
GOLDEN = {
    # Debian 12, ovmf 2022.11-6+deb12u2, OVMF.fd
    "7b456907": {
        ("EPYC-v4", 1, 1): "11570979c77a0adb515761a702527c8b9e11554e730552621d950988613a3a75c6ff1703f540bd22a9beede8fe7a97e3",
        ("EPYC-v4", 2, 1): "a5b54e62ae971b58274dd24cc6c47b842662617036e7bd67d7326c07ac6363f35399ef933330a5ea160cead90a00603f",
        ("EPYC-v4", 4, 1): "32ac9d7a17d28f7cd4404a4516d2f00519668c40ada2062351c36767e908eb3f090d66c33ab10f80150e00a4385b6d0f",
        ("EPYC-Milan", 1, 1): "80479ca85a2b182c026f6a3a2f2b180ab968d84b17540dd30de39039e70b8c0c33ead2cae6d34e37750035fcff60bfc8",
        ("EPYC-v4", 1, 0x21): "c32245cb607f82791b60757bf0b344d9030e5b5a107342e69c09e668ff28aca5af9ca1dc41ce74f5a4e81aeaeb5e7b54",
        None: "ba2c811512ef868474f239a21f7d7057d65a20de87a003c4f116e4fb1573183bfbcd75c3e99b2f558575a5d0094f73c6"},
    # Debian 13, ovmf 2025.02, OVMF.fd
    "14954040": {
        ("EPYC-v4", 1, 1): "6eef547a9fcf5720c5c04883fe85788d29de46b55a51e554467029b554a3352e66d2f3c71b84cea937d19a1a6c41596f",
        ("EPYC-v4", 2, 1): "dde22ec32131c388cdd74935c4fe73726cdbf327422c9fcdb96c2984283fb826993ec008addab81fd33109bad66d9fd9",
        ("EPYC-v4", 4, 1): "676826e902524799a067f7c43b3ab0101dce73a2506d41436dd2f8472fa208081f11f9e65ca5d2439785732a0bfd8339",
        ("EPYC-Milan", 2, 1): "b55b618cb48696814dc1d65d8be960d7c8916bf06dd0139fbc0e5a3d1ebd678c647af7abfb7da5ab1815054bf00ab69e",
        ("EPYC-v4", 1, 0x21): "b248ef14a8c3f47ffd3e4d5d0ead2921a72556f625ed24bb9b8d0d3be2bd8dd1230bf774018ea810ad7032da4889ce7f",
        None: "52de7f3ba560307ec6c22a5cb001524d5e560467b5d618c715cfe3c6f1addcadb91563693fbfa433ae18c2412d739a95"},
}


def sha384(data):
    return hashlib.sha384(data).digest()


class Digest:
    def __init__(self):
        self.value = bytes(48)

    def page(self, kind, gpa, contents=None):
        hashed = sha384(contents) if kind in (NORMAL, VMSA) else bytes(48)
        self.value = sha384(self.value + hashed + pack("<HBBxxxxQ", 0x70, kind, 0, gpa))

    def region(self, kind, gpa, contents):
        for at in range(0, len(contents), PAGE):
            self.page(kind, gpa + at, contents[at:at + PAGE])


def vmsa(eip, signature, features):
    """What QEMU and KVM launch: the reset state of a CPU that starts at `eip`."""
    page = bytearray(PAGE)

    def segment(at, selector, attributes, limit, base):
        pack_into("<HHLQ", page, at, selector, attributes, limit, base)

    for at in (0x00, 0x20, 0x30, 0x40, 0x50):  # ES, SS, DS, FS, GS
        segment(at, 0, 0x93, 0xFFFF, 0)
    segment(0x10, 0xF000, 0x9B, 0xFFFF, eip & 0xFFFF0000)
    for at, attributes in ((0x60, 0), (0x70, 0x82), (0x80, 0), (0x90, 0x8B)):  # GDTR, LDTR, IDTR, TR
        segment(at, 0, attributes, 0xFFFF, 0)
    for at, size, value in ((0xD0, 8, 0x1000), (0x148, 8, 0x40), (0x158, 8, 0x10), (0x160, 8, 0x400), (0x168, 8, 0xFFFF0FF0),
                            (0x170, 8, 2), (0x178, 8, eip & 0xFFFF), (0x268, 8, 0x0007040600070406), (0x310, 8, signature),
                            (0x3B0, 8, features), (0x3E8, 8, 1), (0x408, 4, 0x1F80), (0x410, 2, 0x37F)):
        page[at:at + size] = value.to_bytes(size, "little")
    return bytes(page)


def hash_table(kernel, initrd, cmdline):
    """QEMU's table of kernel hashes."""
    entries = b"".join(
        UUID(guid).bytes_le + pack("<H", 50) + hashlib.sha256(data).digest()
        for guid, data in (("97d02dd8-bd20-4c94-aa78-e7714d36ab2a", cmdline + b"\0"),
                           ("44baf731-3a2f-4bd7-9af1-41e29169781d", initrd),
                           ("4de79437-abd2-427f-b835-d5b172d2045b", kernel)))
    table = UUID("9438d606-4f22-4cc9-b479-a793d411fd21").bytes_le + pack("<H", 18 + len(entries)) + entries
    return table + bytes(-len(table) % 16)


def firmware(size, sections, reset_eip, hashes=None):
    """An image whose table names these sections (base, size, kind), a reset address, and an area for hashes."""
    image = bytearray((n * 37 + (n >> 8)) & 0xFF for n in range(size))
    metadata = b"ASEV" + pack("<LLL", 16 + 12 * len(sections), 1, len(sections)) + b"".join(pack("<LLL", *s) for s in sections)
    at = size - 0x800
    image[at:at + len(metadata)] = metadata
    table = b""
    for guid, data in (("dc886566-984a-4798-a75e-5585a7bf67cc", pack("<L", size - at)),
                       ("00f771de-1a7e-4fcb-890e-68c77e2fb44e", pack("<L", reset_eip)),
                       *((("7255371f-3a3b-4b04-927b-1da6efa8d454", pack("<LL", *hashes)),) if hashes else ())):
        table += data + pack("<H", len(data) + 18) + UUID(guid).bytes_le
    table += pack("<H", len(table) + 18) + UUID("96b582de-1fb2-45f7-baea-a366c55a082d").bytes_le
    image[size - 0x20 - len(table):size - 0x20] = table
    return bytes(image)


def launch(image, sections, reset_eip, cpus, signature, features, hashes=None):
    """The digest; `hashes` is the table and its place in its page."""
    digest = Digest()
    digest.region(NORMAL, (1 << 32) - len(image), image)
    for base, size, kind in sections:
        for at in range(0, size, PAGE):
            if kind == HASHES and hashes:
                table, offset = hashes
                digest.page(NORMAL, base + at, bytes(offset) + table + bytes(PAGE - offset - len(table)))
            else:
                digest.page(SECTIONS[kind], base + at)
    for cpu in range(cpus):
        digest.page(VMSA, VMSA_GPA, vmsa(reset_eip if cpu else 0xFFFFFFF0, signature, features))
    return digest.value.hex()
