#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write psp.txt: inputs of fuzz_psp.c that lead deep into the secure processor. Each is a sequence
of steps as fuzz_psp.c reads them; command buffers are those of Linux include/linux/psp-sev.h."""
from struct import pack

CMD, PDH, CHAIN, ROOTS, SESSION, HEADER, TRANS = 0x800, 0x2000, 0x3000, 0x5000, 0x6000, 0x6100, 0x7000
NV, GUEST, TMR = 0x10000, 0x20000, 0x100000
ROOTS_LEN, CERT, CHAIN_LEN = 3200, 2084, 6252


def poke(at, data):
    return b"".join(b"\5" + pack("<LB", at + i, len(data[i:i + 255])) + data[i:i + 255]
                    for i in range(0, len(data), 255))


def command(number, buffer=b""):
    return (poke(CMD, buffer.ljust(0x44, b"\0")) if buffer else b"") + bytes([0x47, number])


def start(policy=0, session=False, number=0x30):
    cert = pack("<QLL", PDH, CERT, 0) if session else bytes(16)
    blob = pack("<QL", SESSION, 128) if session else bytes(12)
    return command(number, pack("<LL", 0, policy) + cert + blob)


def handle(number, h=1):
    return command(number, pack("<L", h))


def region(number, h, addr, length):
    return command(number, pack("<LLQL", h, 0, addr, length))


def packet(number, h, guest, length):
    return command(number, pack("<LLQLLQLLQL", h, 0, HEADER, 52, 0, guest, length, 0, TRANS, length))


def activate(h, asid):
    return command(0x21, pack("<LL", h, asid))


def debug(number, h, src, dst, length):
    return command(number, pack("<LLQQL", h, 0, src, dst, length))


FLUSH = b"\0\0" + b"\0\1" + command(0x0a)
CERTIFICATES = b"\3"


def launch(policy=0, h=1, asid=1):
    return (start(policy) + activate(h, asid) + region(0x31, h, GUEST, 4096)
            + region(0x33, h, 0, 0) + region(0x33, h, TRANS, 48) + handle(0x35, h))


def send_start(h):
    return command(0x40, pack("<LLQLLQLLQLLQL", h, 0, PDH, CERT, 0, CHAIN, CHAIN_LEN, 0, ROOTS,
                              ROOTS_LEN, 0, SESSION, 128))


def save(at=0, flip=0):
    return b"\4" + pack("<LB", at, flip)


FIRMWARE, PRE_GUEST = 3, 7
CONTEXT, STATUS = 0x30000, 0x31000


def rmp(addr, state):
    return bytes([6, addr >> 12, state])


def snp(number, *fields, context=CONTEXT):
    """A command of SEV-SNP: the context page, then the rest of its buffer."""
    return command(number, pack("<Q", context) + b"".join(fields))


def snp_update(kind, addr, large=0):
    return (rmp(addr, PRE_GUEST | large << 4)
            + snp(0xa1, pack("<LLQQ", kind << 1 | large, 0, addr, 0)))


SNP_START = (command(0x85, pack("<L", 1)) + FLUSH + command(0x84) + rmp(CONTEXT, FIRMWARE) + snp(0x93)
             + snp(0xa0, pack("<Q", 0xb0000)) + snp(0x91, pack("<L", 1)))

seeds = {
    "launch": command(0x0a) + launch() + command(0x23, pack("<L", 1))
    + command(0x36, pack("<LLQ", 1, 0, TRANS) + bytes(16) + pack("<L", 208))
    + debug(0x60, 1, GUEST, TRANS, 64) + debug(0x61, 1, TRANS, GUEST, 64)
    + command(0x24, pack("<LLQQ", 1, 64, GUEST, GUEST + 4096))
    + handle(0x22) + FLUSH + handle(0x20),
    "secret": command(0x0a) + start() + activate(1, 1) + region(0x33, 1, TRANS, 48)
    + packet(0x34, 1, GUEST, 64) + handle(0x35),
    "migrate": command(0x0a) + launch(0x20) + CERTIFICATES + send_start(1)
    + packet(0x41, 1, GUEST, 256) + start(0x20, True, 0x50) + activate(2, 2)
    + packet(0x51, 2, GUEST + 4096, 256) + handle(0x53, 2) + handle(0x43) + handle(0x22)
    + handle(0x20),
    "cancel": command(0x0a) + launch() + CERTIFICATES + send_start(1) + handle(0x44),
    "es": command(0x02) + command(0x01, pack("<LLQL", 1, 0, TMR, 0x100000)) + command(0x0a)
    + start(4) + activate(1, 1) + region(0x32, 1, GUEST, 4096) + region(0x33, 1, TRANS, 48)
    + handle(0x35) + CERTIFICATES + send_start(1) + packet(0x42, 1, GUEST, 4096)
    + start(4, True, 0x50) + activate(2, 2) + packet(0x52, 2, GUEST + 4096, 4096),
    "session": CERTIFICATES + start(0, True) + start(0, True),
    "sharing": command(0x0a) + start() + command(0x30, pack("<LL", 1, 0)) + activate(2, 1)
    + command(0x25, pack("<LLLLQ", 0x18, 1, 2, 1, TRANS)),
    "pki": command(0x06, pack("<QL", TRANS, CERT)) + CERTIFICATES
    + command(0x07, pack("<QLLQL", TRANS, CERT, 0, CHAIN + CERT, CERT)) + command(0x09)
    + command(0x05) + command(0x0c, pack("<QL", TRANS, 64)) + command(0x02) + command(0x03)
    + command(0x0b, pack("<QL", TRANS, 64)),
    "init_ex": command(0x02) + command(0x0d, pack("<LLQLLQL", 0x24, 0, 0, 0, 0, NV, 0x8000))
    + command(0x09) + save() + command(0x02)
    + command(0x0d, pack("<LLQLLQL", 0x24, 0, 0, 0, 0, NV, 0x8000)),
    "saved": command(0x0a) + launch() + save() + save(0x80000000 | 40, 1) + save(300, 4)
    + save(0x80000000 | 9100, 1),
    "mailbox": b"\1\4" + pack("<L", CMD) + b"\4\0\4" + b"\1\0" + pack("<L", 0x40001) + b"\4\0\4"
    + b"\1\2" + pack("<L", 0x0a) + b"\2\0\2",
    "failing": b"".join(b"\2" + bytes([n]) + start() for n in range(1, 7)) + b"\xf6" + start(),
}
seeds |= {
    "snp_launch": SNP_START + b"".join(snp_update(kind, GUEST + kind * 4096) for kind in range(1, 7))
    + snp(0xa2, bytes(56)) + rmp(STATUS, FIRMWARE) + snp(0x92, pack("<Q", STATUS)) + rmp(STATUS, 0x83)
    + snp(0xb0, pack("<QQ", GUEST + 4096, STATUS)) + snp(0xb1, pack("<QQ", STATUS, GUEST + 4096))
    + snp(0x90) + rmp(STATUS, FIRMWARE) + snp(0xc7, context=STATUS) + FLUSH + command(0x86, pack("<LL", 8, 1)),
    "snp_saved": SNP_START + snp_update(1, GUEST) + save() + snp_update(2, GUEST + 4096) + snp(0xa2, bytes(56))
    + save(0x80000000 | 9000, 1) + save(),
    "snp_platform": rmp(STATUS, FIRMWARE) + snp(0x83, context=STATUS) + command(0xce, pack("<LLQ", 16, 0, STATUS))
    + SNP_START + command(0xc9, pack("<QL", 3, 3)) + command(0xcb, pack("<L", 4)) + snp(0xc8, context=0),
    "snp_large": command(0x85, pack("<L", 1)) + FLUSH + rmp(CONTEXT, FIRMWARE) + snp(0x93) + snp(0xa0, pack("<Q", 0x30000))
    + snp(0x91, pack("<L", 1)) + rmp(0, 0x17) + snp(0xa1, pack("<LLQQ", 3, 0, 0, 0)),
    "snp_failing": b"".join(b"\2" + bytes([n]) + SNP_START + b"\2" + bytes([n]) + snp_update(1, GUEST) + b"\xf6"
                            for n in range(1, 6)),
}
for name, data in seeds.items():
    print(f"psp_{name} = {data.hex()}")
