#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The model's ARK, ASK and ASVK, computed again from the phrase that they were made of.

  model_root.py --tables             print psp-model/protocol/root_keys.h
  model_root.py --check ASK_ARK      TAP: compare a file that holds ASK || ARK, and let
                                     python3-cryptography verify its signatures

The keys are public on purpose (see psp-model/protocol/root.h): this is how anybody gets the private halves.
"""
import hashlib
import sys

PHRASE = b"SEV on Bochs: a model's root of trust, public on purpose, never AMD's"
E = 65537
SMALL = [p for p in range(3, 1 << 14, 2) if all(p % q for q in range(3, int(p**0.5) + 1, 2))]


def stream(label, size):
    return hashlib.shake_256(PHRASE + b"\0" + label).digest(size)


def is_prime(n):
    d, r = n - 1, 0
    while d % 2 == 0:
        d, r = d // 2, r + 1
    for a in SMALL[:24]:
        x = pow(a, d, n)
        if x in (1, n - 1):
            continue
        for _ in range(r - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(label):
    """The first prime from the phrase's number on, its two top bits set."""
    n = int.from_bytes(stream(label, 256), "big") | 3 << 2046 | 1
    while any(n % p == 0 for p in SMALL) or n % E == 1 or not is_prime(n):
        n += 2
    return n


def key(name):
    p, q = prime(name + b" p"), prime(name + b" q")
    return {"n": p * q, "p": p, "q": q, "d": pow(E, -1, (p - 1) * (q - 1))}


def pss(k, message, salt):
    """RFC 8017, 8.1.1 and 9.1.1 with SHA-384; the salt has 48 bytes."""
    def sha(b):
        return hashlib.sha384(b).digest()

    h = sha(bytes(8) + sha(message) + salt)
    db = bytes(512 - 48 - 48 - 2) + b"\x01" + salt
    mask = b"".join(sha(h + i.to_bytes(4, "big")) for i in range(10))
    masked = bytearray(a ^ b for a, b in zip(db, mask))
    masked[0] &= 0x7F
    return pow(int.from_bytes(bytes(masked) + h + b"\xbc", "big"), k["d"], k["n"])


def cert(key_id, by_id, usage, n):
    le = "little"
    return ((1).to_bytes(4, le) + key_id + by_id + usage.to_bytes(4, le) + bytes(16)
            + (4096).to_bytes(4, le) * 2 + E.to_bytes(512, le) + n.to_bytes(512, le))


def make():
    ark_id, ask_id = b"SEV-ON-BOCHS ARK", b"SEV-ON-BOCHS ASK"
    ark, ask = key(b"ARK"), key(b"ASK")
    ark_body, ask_body = cert(ark_id, ark_id, 0, ark["n"]), cert(ask_id, ark_id, 0x13, ask["n"])
    ark["sig"] = pss(ark, ark_body, stream(b"ARK salt", 48))
    ask["sig"] = pss(ark, ask_body, stream(b"ASK salt", 48))
    return ark, ask, ark_body, ask_body


def tables():
    ark, ask, _, _ = make()
    print("""/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The numbers of the model's roots, big endian, as tests/interop/model_root.py --tables computes
 * them from its phrase. The private keys are public on purpose: see root.h.
 *
 * Source: AMDESE/sev-tool src/sevapi.h amd_cert (size of the keys).
 */
#ifndef PSP_ROOT_KEYS_H
#define PSP_ROOT_KEYS_H

#include <stdint.h>
""")
    asvk = key(b"ASVK")
    for name, k, field, size in (("ark_n", ark, "n", 512), ("ark_sig", ark, "sig", 512),
                                 ("ark_p", ark, "p", 256), ("ark_q", ark, "q", 256),
                                 ("ask_n", ask, "n", 512), ("ask_sig", ask, "sig", 512),
                                 ("ask_p", ask, "p", 256), ("ask_q", ask, "q", 256),
                                 ("asvk_n", asvk, "n", 512), ("asvk_p", asvk, "p", 256), ("asvk_q", asvk, "q", 256)):
        data = k[field].to_bytes(size, "big")
        print(f"static const uint8_t {name}[{size}] = {{")
        for i in range(0, size, 16):
            print("    " + " ".join(f"0x{b:02x}," for b in data[i:i + 16]))
        print("};\n")
    print("#endif")


def check(path):
    try:
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives import hashes
    except ImportError:
        print("1..0 # SKIP python3-cryptography is not installed")
        return 0
    ark, ask, ark_body, ask_body = make()
    with open(path, "rb") as f:
        got = f.read()
    want = (ask_body + ask["sig"].to_bytes(512, "little")
            + ark_body + ark["sig"].to_bytes(512, "little"))
    print("1..3")
    bad = 0

    def report(n, good, what):
        nonlocal bad
        bad += not good
        print(f"{'ok' if good else 'not ok'} {n} - {what}")

    report(1, got == want, "ASK and ARK are what the phrase gives")
    public = rsa.RSAPublicNumbers(E, int.from_bytes(got[1600 + 576:1600 + 1088], "little"))
    for n, start, name in ((2, 0, "ASK"), (3, 1600, "ARK")):
        body, sig = got[start:start + 1088], got[start + 1088:start + 1600][::-1]
        try:
            public.public_key().verify(sig, body, padding.PSS(padding.MGF1(hashes.SHA384()), 48),
                                       hashes.SHA384())
            report(n, True, f"{name} is signed by the ARK")
        except Exception as e:
            report(n, False, f"{name} is signed by the ARK ({e!r})")
    return bad != 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--tables"]:
        tables()
    elif len(sys.argv) == 3 and sys.argv[1] == "--check":
        sys.exit(check(sys.argv[2]))
    else:
        sys.exit(__doc__)
