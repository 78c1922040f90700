#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write pki.txt: keys, a session and certificates as AMDESE/sev-tool src/sevapi.h defines them, by means that know
nothing of this project (python3-cryptography, hmac). ECDSA and PSS are randomised, so that a new run
gives other signatures; the private keys are fixed."""
import hmac
from struct import pack
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

ORDER = int("ffffffffffffffffffffffffffffffffffffffffffffffff"
            "c7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)
OCA, PEK, PDH, CEK, NONE = 0x1001, 0x1002, 0x1003, 0x1004, 0x1000
P384, SHA256, SHA384 = ec.SECP384R1(), hashes.SHA256(), hashes.SHA384()


def show(name, data):
    print(f"{name} = {data.hex()}")


def number(n, size=48):
    return n.to_bytes(size, "big")


def ec_key(d):
    return ec.derive_private_key(d, P384)


def ec_public(k):
    q = k.public_key().public_numbers()
    return pack("<L", 2) + q.x.to_bytes(72, "little") + q.y.to_bytes(72, "little")


def rsa_public(k):
    n, bits = k.public_key().public_numbers(), k.key_size
    return pack("<L", bits) + n.e.to_bytes(512, "little") + n.n.to_bytes(512, "little")


def body(usage, algo, key, api=(0, 0)):
    return pack("<LBBHLL", 1, *api, 0, usage, algo) + key.ljust(1028, b"\0")


def ec_sign(k, data, usage):
    r, s = decode_dss_signature(k.sign(data, ec.ECDSA(SHA256)))
    sig = r.to_bytes(72, "little") + s.to_bytes(72, "little")
    return pack("<LL", usage, 2) + sig.ljust(512, b"\0")


def rsa_sign(k, data, usage, algo, salt):
    h = SHA384 if algo & 0x100 else SHA256
    sig = k.sign(data, padding.PSS(padding.MGF1(h), salt), h)[::-1]
    return pack("<LL", usage, algo) + sig.ljust(512, b"\0")


EMPTY = pack("<LL", NONE, 0) + bytes(512)


def kdf(key, label, context):
    msg = pack("<L", 1) + label + b"\0" + context + pack("<L", 128)
    return hmac.new(key, msg, "sha256").digest()[:16]


def ctr(key, iv, data):
    e = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()
    return e.update(data) + e.finalize()


# A key from a seed: FIPS 186-5, A.2.1, with Python's own integers.
for name, seed in (("seed_a", bytes(range(56))), ("seed_b", b"\xff" * 56), ("seed_c", bytes(56))):
    d = int.from_bytes(seed, "big") % (ORDER - 1) + 1
    show(name, seed)
    show(name + "_d", number(d))
    q = ec_key(d).public_key().public_numbers()
    show(name + "_x", number(q.x))
    show(name + "_y", number(q.y))

# Both ends of an agreement, and a session from one to the other.
pdh, godh = ec_key(0x1234567 << 300 | 99), ec_key(0x7654321 << 310 | 77)
z = godh.exchange(ec.ECDH(), pdh.public_key())
show("pdh_d", number(pdh.private_numbers().private_value))
show("godh_d", number(godh.private_numbers().private_value))
show("z", z)
nonce, iv, tek, tik = (bytes([b]) * 16 for b in (0x11, 0x22, 0x33, 0x44))
policy = 0x00010203
master = kdf(z, b"sev-master-secret", nonce)
kek, kik = kdf(master, b"sev-kek", b""), kdf(master, b"sev-kik", b"")
wrap = ctr(kek, iv, tek + tik)
show("session", nonce + wrap + iv + hmac.new(kik, wrap, "sha256").digest()
     + hmac.new(tik, pack("<L", policy), "sha256").digest())

# A chain, and owners' certificates as sev-tool (self-signed "PEK") and sevctl (unsigned) make them.
cek, oca, pek = ec_key(3 << 256 | 5), ec_key(7 << 257 | 11), ec_key(13 << 258 | 17)
b = body(OCA, 2, ec_public(oca))
show("cert_oca", b + ec_sign(oca, b, OCA) + EMPTY)
b = body(CEK, 2, ec_public(cek))
show("cert_cek", b + EMPTY + EMPTY)
b = body(PEK, 2, ec_public(pek), (0, 24))
show("cert_pek", b + ec_sign(oca, b, OCA) + ec_sign(cek, b, CEK))
show("cert_pek_swapped", b + ec_sign(cek, b, CEK) + ec_sign(oca, b, OCA))
b = body(PDH, 3, ec_public(pdh))
show("cert_pdh", b + ec_sign(pek, b, PEK) + EMPTY)
b = body(PDH, 3, ec_public(godh))
show("cert_godh_plain", b + EMPTY + EMPTY)
show("cert_godh_signed", b + ec_sign(godh, b, PEK) + EMPTY)

# A report signed by that PEK.
b = bytes(range(16)) + bytes(range(32, 64)) + pack("<L", policy)
sig = ec_sign(pek, b, PEK)
show("report", b + sig[:8] + bytes(4) + sig[8:8 + 144])

# Owners with RSA keys; the salt as long as the hash, and as long as fits.
for name, bits, algo, salt in (("rsa2", 2048, 0x1, 32), ("rsa4", 4096, 0x101, 48),
                               ("rsa4_max", 4096, 0x1, padding.PSS.MAX_LENGTH)):
    k = rsa.generate_private_key(65537, bits)
    b = body(OCA, algo, rsa_public(k))
    show("cert_" + name, b + rsa_sign(k, b, OCA, algo, salt) + EMPTY)
