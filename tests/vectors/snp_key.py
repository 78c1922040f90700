#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Print snp_key.txt with python3-cryptography: keys of SEV-SNP as psp-model/protocol/snp_key.h describes them, a message
in AES-256-GCM, and attestation reports with the layout of virtee/sev src/attestation/evidence/snp/body.rs, signed. Each run
makes other signatures."""
from struct import pack

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.kbkdf import KBKDFHMAC, CounterLocation, Mode

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973


def kdf(key, label, context, size):
    return KBKDFHMAC(hashes.SHA384(), Mode.CounterMode, size, 4, 4, CounterLocation.BeforeFixed, label, context, None).derive(key)


def pair(seed):
    return ec.derive_private_key(int.from_bytes(seed, "big") % (ORDER - 1) + 1, ec.SECP384R1())


def number(key):
    return key.private_numbers().private_value.to_bytes(48, "big")


def public(key):
    numbers = key.public_key().public_numbers()
    return numbers.x.to_bytes(48, "big") + numbers.y.to_bytes(48, "big")


def report(version, key):
    """Every field has bytes of its own."""
    tcb = [0xDB18000000000004 + n for n in range(4)]
    body = pack("<LLQ", version, 7, 0xB0000) + b"\xf0" * 16 + b"\x1a" * 16 + pack("<LLQQLL", 3, 1, tcb[0], 0x25, 0x1, 0)
    body += bytes(range(64)) + b"\x48" * 48 + b"\x40" * 32 + b"\xe0" * 48 + b"\x11" * 48 + b"\x14" * 32 + b"\xff" * 32
    body += pack("<Q", tcb[1]) + (bytes([0x19, 1, 1]) if version >= 3 else bytes(3)) + bytes(21)
    body += bytes(range(64, 128)) + pack("<Q", tcb[2]) + bytes([21, 55, 1, 0, 20, 54, 1, 0]) + pack("<Q", tcb[3])
    body += (pack("<QQ", 0x1111, 0x2222) if version >= 5 else bytes(16)) + bytes(152)
    assert len(body) == 0x2A0
    r, s = decode_dss_signature(key.sign(body, ec.ECDSA(hashes.SHA384())))
    return body + r.to_bytes(72, "little") + s.to_bytes(72, "little") + bytes(368)


cek = pair(bytes(range(56)))
chip_id = bytes(range(64))
tcb = 0xDB18000000000004
secret = kdf(number(cek), b"snp-chip", chip_id, 48)
vcek = pair(kdf(b"snp-model", b"snp-vcek", pack("<BQ", 0, tcb) + chip_id, 56))
vlek = pair(kdf(b"snp-csp", b"snp-vlek", pack("<BQ", 0, tcb) + b"csp", 56))
mix = pack("<BLQQ", 0, 2, 0x31, 0x30000) + pack("<LQ", 7, tcb)
print("cek =", number(cek).hex())
print("vcek =", public(vcek).hex())
print("vlek =", public(vlek).hex())
print("guest_key =", kdf(secret, b"snp-guest-key", mix, 32).hex())
iv, head = bytes(range(12)), pack("<QQ", tcb, 0)
sealed = AESGCM(kdf(secret, b"snp-vlek-wrap", b"", 32)).encrypt(iv, number(vlek) + bytes(384 - 48), head)
print("vlek_wrapped =", (iv + bytes(4) + sealed[:384] + head + sealed[384:]).hex())
for version in range(2, 6):
    print(f"report_{version} =", report(version, vcek).hex())
message_key, head = bytes(range(32)), pack("<BBHBBHLB", 1, 1, 0x60, 5, 1, 0x60, 0, 0).ljust(0x30, b"\0")
sealed = AESGCM(message_key).encrypt(pack("<QL", 0x1234, 0), b"\1\2\3".ljust(0x60, b"\0"), head)
print("message_key =", message_key.hex())
print("message =", (sealed[-16:] + bytes(16) + pack("<QQ", 0x1234, 0) + head + sealed[:-16]).hex())
