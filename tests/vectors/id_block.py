#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Print id_block.txt: ID blocks of a SEV-SNP guest of one page, with keys and signatures that openssl makes. The layout
is that of virtee/sev-snp-measure sevsnpmeasure/id_block.py, the digest that of its gctx.py. Each run makes new keys."""
import hashlib
import os
import subprocess
import tempfile
from struct import pack


def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout


def new_key(path):
    openssl("ecparam", "-name", "secp384r1", "-genkey", "-noout", "-out", path)
    return path


def public(key):
    """Curve, x and y, 72 bytes little endian each."""
    raw = openssl("ec", "-in", key, "-pubout", "-outform", "DER")[-96:]
    return pack("<L", 2) + raw[47::-1] + bytes(24) + raw[:47:-1] + bytes(24)


def sign(key, data):
    """R and S as openssl's DER has them, 72 bytes little endian each."""
    der = openssl("dgst", "-sha384", "-sign", key, data=data)
    at, numbers = 2, []
    for _ in range(2):
        size = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + size], "big"))
        at += 2 + size
    return b"".join(n.to_bytes(72, "little") for n in numbers)


page = hashlib.sha384(b"\x01" * 4096).digest()
digest = hashlib.sha384(bytes(48) + page + pack("<HBBxxxxQ", 0x70, 1, 0, 0x800000)).digest()
with tempfile.TemporaryDirectory() as folder:
    id_key, author, stranger = (new_key(os.path.join(folder, name)) for name in ("id", "author", "stranger"))
    wire = public(id_key) + bytes(0x404 - 148)
    print("id_key =", public(id_key).hex())
    print("author_key =", public(author).hex())
    print("id_key_digest =", hashlib.sha384(wire).hexdigest())
    print("author_key_digest =", hashlib.sha384(public(author) + bytes(0x404 - 148)).hexdigest())
    print("id_key_sig =", sign(author, wire).hex())
    print("id_key_sig_of_a_stranger =", sign(stranger, wire).hex())
    for name, ld, policy, version in (("good", digest, 0x30000, 1), ("other_digest", bytes([digest[0] ^ 1]) + digest[1:], 0x30000, 1),
                                      ("other_policy", digest, 0xB0000, 1), ("other_version", digest, 0x30000, 2)):
        block = ld + b"\xfa" * 16 + b"\x1a" * 16 + pack("<LLQ", version, 7, policy)
        print(f"{name} =", block.hex())
        print(f"{name}_sig =", sign(id_key, block).hex())
        if name == "good":
            print("good_sig_of_a_stranger =", sign(stranger, block).hex())
