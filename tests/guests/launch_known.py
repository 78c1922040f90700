#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Where the known answers of launch.c come from: python3-cryptography and the standard library,
# nothing of this project. Prints launch_known.h; by hand, when an input changes:
#   ./launch_known.py | clang-format >launch_known.h
#
# Sources: QEMU docs/system/i386/amd-memory-encryption.rst (measurement); libvirt tools/virt-qemu-sev-validate
# build_secrets() (secret packet).
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

TIK = bytes(range(0x10, 0x20))  # launch.tap writes these two to files
TEK = bytes(range(0x20, 0x30))
MNONCE = bytes(range(0xA0, 0xB0))
IV = bytes(range(0x50, 0x60))
API, BUILD, POLICY = (1, 55), 21, 1

# Two regions, as launch.c fills them: byte i of a region is seed + 7 * i.
regions = [bytes((seed + 7 * i) & 0xFF for i in range(size)) for seed, size in ((1, 8192), (2, 4112))]
ld = hashlib.sha256(b"".join(regions)).digest()
measure = hmac.new(
    TIK, bytes([4, *API, BUILD]) + struct.pack("<I", POLICY) + ld + MNONCE, hashlib.sha256
).digest()

secret = b"a secret known to the owner only"
ctr = Cipher(algorithms.AES(TEK), modes.CTR(IV)).encryptor()
data = ctr.update(secret) + ctr.finalize()
size = struct.pack("<I", len(secret))
mac = hmac.new(TIK, b"\x01" + bytes(4) + IV + size + size + data + measure, hashlib.sha256).digest()


def array(name, value):
    lines = [", ".join(f"0x{b:02x}" for b in value[i : i + 14]) for i in range(0, len(value), 14)]
    return f"static const uint8_t {name}[{len(value)}] = {{\n    " + ",\n    ".join(lines) + "};\n"


print("/* SPDX-License-Identifier: LGPL-2.1-or-later")
print(" * Known answers for launch.c, printed by launch_known.py. */")
print(array("known_measurement", measure + MNONCE))
print(array("known_header", bytes(4) + IV + mac))
print(array("known_data", data))
print(f'static const char known_secret[] = "{secret.decode()}";')
