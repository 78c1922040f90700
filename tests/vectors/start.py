#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write start.txt: an owner's sessions for the platform of pki.txt, the measurement that follows,
and the attestation report of that platform, as AMDESE/sev-tool src/sevapi.h defines them. Knows nothing of this
project (python3-cryptography, hmac); needs a python3-cryptography that can sign as RFC 6979 says."""
import hashlib
import hmac
from struct import pack
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

P384 = ec.SECP384R1()


def show(name, data):
    print(f"{name} = {data.hex()}")


def kdf(key, label, context):
    msg = pack("<L", 1) + label + b"\0" + context + pack("<L", 128)
    return hmac.new(key, msg, "sha256").digest()[:16]


def ctr(key, iv, data):
    e = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()
    return e.update(data) + e.finalize()


# The private keys of pki.py.
pdh, godh = (ec.derive_private_key(d, P384) for d in (0x1234567 << 300 | 99, 0x7654321 << 310 | 77))
pek_d = 13 << 258 | 17
pek = ec.derive_private_key(pek_d, P384)
show("cek_d", (3 << 256 | 5).to_bytes(48, "big"))
show("oca_d", (7 << 257 | 11).to_bytes(48, "big"))
show("pek_d", pek_d.to_bytes(48, "big"))

z = godh.exchange(ec.ECDH(), pdh.public_key())
nonce, iv, tek, tik = (bytes([b]) * 16 for b in (0x55, 0x66, 0x77, 0x88))
master = kdf(z, b"sev-master-secret", nonce)
kek, kik = kdf(master, b"sev-kek", b""), kdf(master, b"sev-kik", b"")
wrap = ctr(kek, iv, tek + tik)
show("tek", tek)
show("tik", tik)
for name, policy in (("session", 1), ("session_policy_0", 0)):
    show(name, nonce + wrap + iv + hmac.new(kik, wrap, "sha256").digest()
         + hmac.new(tik, pack("<L", policy), "sha256").digest())

# LAUNCH_MEASURE of API 0.24 build 15, policy 1, nothing measured.
mnonce = bytes(range(0xa0, 0xb0))
digest = hashlib.sha256(b"").digest()
show("mnonce", mnonce)
show("measure", hmac.new(tik, b"\x04" + bytes([0, 24, 15]) + pack("<L", 1) + digest + mnonce,
                         "sha256").digest())

# ATTESTATION of the same guest.
body = mnonce + digest + pack("<L", 1)
r, s = decode_dss_signature(pek.sign(body, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
show("report", body + pack("<LLL", 0x1002, 2, 0) + r.to_bytes(72, "little") + s.to_bytes(72, "little"))
