# SPDX-License-Identifier: LGPL-2.1-or-later
"""Boot sectors of a few instructions for tests of bochs-sev-run, in machine code, and what is left of its machines."""
import os

import taplib

# Wait until the serial line takes a byte (LSR bit 5); the code ends with DX = 3F8h.
READY = b"\xba\xfd\x03\xec\xa8\x20\x74\xfb\xba\xf8\x03"  # mov dx,3fdh; 1: in al,dx; test al,20h; jz 1b; mov dx,3f8h
# Wait until the serial line has a byte (LSR bit 0), read it to BL.
RECEIVE = b"\xba\xfd\x03\xec\xa8\x01\x74\xfb\xba\xf8\x03\xec\x88\xc3"  # ...; in al,dx; mov bl,al


def send(byte):
    return READY + b"\xb0" + byte + b"\xee"  # mov al,byte; out dx,al


def jump_back(length):
    return b"\xe9" + (65536 - length - 3).to_bytes(2, "little")


def image(path, code, size=1 << 20):
    """A disk image with the boot sector."""
    return taplib.write(path, (code.ljust(510, b"\0") + b"\x55\xaa").ljust(size, b"\0"))


# Eight data bits; the BIOS leaves five.
LINE = b"\xba\xfb\x03\xb0\x03\xee" + b"".join(send(bytes([byte])) for byte in b"x\r\n")
ENDLESS = LINE + jump_back(len(LINE))  # prints lines for ever
SILENT = LINE + b"\xfa\xf4\xeb\xfd"  # prints one line; cli; 1: hlt; jmp 1b
_ECHO = RECEIVE + READY + b"\x88\xd8\xee"  # mov al,bl; out dx,al
ECHO = LINE + _ECHO + jump_back(len(_ECHO))  # one line, then what it receives


def processes(folder):
    """Other processes whose environment has the directory, which is their TMPDIR."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) != os.getpid() and folder.encode() in taplib.read(f"/proc/{pid}/environ"):
            found.append(f"process {pid}: {taplib.read(f'/proc/{pid}/cmdline')!r}")
    return found


def left(folder, *images):
    """What a machine that has ended must not leave: processes, files in its TMPDIR, locks."""
    locks = [f"lock {image}.lock" for image in images if os.path.exists(image + ".lock")]
    return processes(folder) + [f"file {folder}/{name}" for name in os.listdir(folder)] + locks
