#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write packet.txt: secret packets as virtee/sev src/session/mod.rs Session::secret() makes them, by means that know
nothing of this project. The IV ends in ff so that the counter's carry is seen."""
import hmac
from struct import pack
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TEK = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
TIK = bytes.fromhex("66320db73158a35a255d051758e95ed4")
MEASURE = bytes.fromhex("6faab2daae389bcd3405a05d6cafe33c0414f7bedd0bae19ba5f38b7fd1664ea")


def packet(name, plain, iv, measure, flags=0, context=1):
    e = Cipher(algorithms.AES(TEK), modes.CTR(iv)).encryptor()
    data = e.update(plain) + e.finalize()
    msg = bytes([context]) + pack("<L", flags) + iv + pack("<LL", len(plain), len(data))
    mac = hmac.new(TIK, msg + data + measure, "sha256").digest()
    print(f"{name}_plain = {plain.hex()}")
    print(f"{name}_header = {(pack('<L', flags) + iv + mac).hex()}")
    print(f"{name}_data = {data.hex()}")


print(f"tek = {TEK.hex()}\ntik = {TIK.hex()}\nmeasure = {MEASURE.hex()}")
IV = bytes(range(0xA0, 0xAF)) + b"\xff"
packet("secret", b"the quick brown fox jumps over the lazy dog.....", IV, MEASURE)
packet("old", b"the quick brown fox jumps over the lazy dog.....", IV, b"")
packet("carry", bytes(range(80)), b"\xff" * 16, MEASURE)
packet("flags", bytes(16), IV, MEASURE, flags=0x01020304, context=2)
