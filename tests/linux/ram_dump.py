#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two pictures of one SEV guest's RAM: what the guest sees through its key, what a host sees.

    ram_dump.py START PRIVATE SHARED RANGES CD DISK

PRIVATE and SHARED are written by `sev dump ...`, RANGES is Bochs's output with the list of
`sev shared`: the pages that the guest itself shares. CD and DISK are what the host gave to
the guest; it may know their contents. Answers in TAP from point START + 1 on, without a plan.
"""
import math
import re
import sys
from collections import Counter

PAGE = 4096
HOLE = range(0xA0, 0x100)  # pages that the dump leaves out
STRING = re.compile(rb"[\x20-\x7e]{16,}")
# Messages, arguments, and a word that only this guest made; nothing that is on the CD in the clear.
KNOWN = [b"Memory Encryption Features active", b"SEV-GUEST", b"/bin/busybox",
         b"this is a secret word"]

points = int(sys.argv[1])


def ok(passed, text):
    global points
    points += 1
    print(f"{'' if passed else 'not '}ok {points} - {text}")


def shared_ranges(path):
    """Page numbers that the guest uses or maps through C=0."""
    pages = set()
    text = open(path, encoding="latin-1").read()
    for first, last in re.findall(r"^\s*(0x[0-9a-f]+)-(0x[0-9a-f]+)", text, re.M):
        pages.update(range(int(first, 16) // PAGE, int(last, 16) // PAGE + 1))
    return pages


def entropy(page):
    """Bits a byte; of 4096 random bytes about 7.955."""
    return -sum(n / PAGE * math.log2(n / PAGE) for n in Counter(page).values())


def main():
    try:
        private, shared = (open(path, "rb").read() for path in sys.argv[2:4])
        ranges = shared_ranges(sys.argv[4])
        host_knows = b"".join(open(path, "rb").read() for path in sys.argv[5:7])
    except OSError as error:
        print(f"Bail out! no dump: {error}")
        return 1
    ok(len(private) == len(shared) == 256 << 20, "256 MiB were dumped private and shared")
    ok(0 < len(ranges) < 32768, f"the guest shares some of its pages ({len(ranges)} of 65536)")
    for word in KNOWN:
        ok(word in private and word not in shared, f"'{word.decode()}' is in private memory as the guest reads it, not in raw memory")

    strings = set(STRING.findall(private))
    seen = {text for text in set(STRING.findall(shared)) & strings if text not in host_knows}
    ok(len(strings) > 10000 and not seen,
       f"of {len(strings)} strings of the guest raw memory has none that the host did not give")
    for text in sorted(seen)[:20]:
        print(f"#   {text.decode()} at {shared.index(text):#x}")

    kept = [number for number in range(len(shared) // PAGE) if number not in ranges and number not in HOLE]
    bits = {number: entropy(shared[number * PAGE:(number + 1) * PAGE]) for number in kept}
    low = [number for number in kept if bits[number] < 7.9]
    ok(not low, f"all {len(kept)} private pages look random to the host (least {min(bits.values()):.3f} bits a byte, "
                f"mean {sum(bits.values()) / len(bits):.4f})")
    for number in low[:20]:
        print(f"#   page {number * PAGE:#x}: {bits[number]:.3f} bits a byte")
    plain = [entropy(private[number * PAGE:(number + 1) * PAGE]) for number in kept[::16]]
    ok(sum(plain) / len(plain) < 6, f"and not so to the guest (mean {sum(plain) / len(plain):.4f} bits a byte)")
    blocks = Counter(shared[number * PAGE:number * PAGE + 16] for number in kept)
    ok(max(blocks.values()) == 1, "no two private pages begin with the same ciphertext")
    zeros = sum(private[number * PAGE:(number + 1) * PAGE] == bytes(PAGE) for number in kept)
    print(f"# {zeros} of the private pages are all zeros to the guest")
    return 0


sys.exit(main())
