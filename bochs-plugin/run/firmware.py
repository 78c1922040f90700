# SPDX-License-Identifier: LGPL-2.1-or-later
"""The firmware: find the default one, refuse what cannot run, list the ROMs that the launch measures.

Sources: edk2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm (the GUIDed table ends 32 bytes before the end of the image),
OvmfPkg/OvmfPkgX64.fdf (FVMAIN_COMPACT: PEIFV comes first in one LZMA section), MdeModulePkg/Include/Guid/LzmaDecompress.h
LZMA_CUSTOM_DECOMPRESS_GUID, OvmfPkg/SmmAccess/SmramInternal.c and OvmfPkg/Library/PlatformInitLib/Platform.c
Q35BoardVerification() (firmware with SMM halts unless the host bridge is that of Q35)."""
import dataclasses
import lzma
import os
import struct
import uuid

import files
from errors import WRONG_USAGE, Refused

BIOS = ("/usr/share/bochs/BIOS-bochs-latest", "/usr/share/bochs/BIOS-bochs-legacy")
VGABIOS = ("/usr/share/vgabios/vgabios.stdvga.bin", "/usr/share/vgabios/vgabios-stdvga.bin")
FIRMWARE_MAX, ROM_MAX = 4 << 20, 128 << 10  # Bochs memory/misc_mem.cc load_ROM()
TABLE_FOOTER = uuid.UUID("96b582de-1fb2-45f7-baea-a366c55a082d").bytes_le
LZMA_SECTION = uuid.UUID("ee4e5898-3914-4259-9d6e-dc7bd79403cf").bytes_le
# Enough of the decompressed volume for all PEI modules. The rest would take half a second.
PEI_BYTES = 1 << 20
# edk2 OvmfPkg/SmmAccess/SmmAccessPei.inf FILE_GUID: part of the image if it was built with SMM_REQUIRE.
SMM_MODULE = uuid.UUID("6c0e75b4-b0b9-44d1-8210-3377d7b4e066").bytes_le


@dataclasses.dataclass
class Rom:
    name: str
    path: str


def default(what, candidates):
    for path in candidates:
        if os.access(path, os.R_OK):
            return path
    raise Refused(None, f"no {what} is installed (Debian packages: bochsbios, vgabios); name a file with --{what}", WRONG_USAGE)


def is_ovmf(data):
    return data[-32 - 16:-32] == TABLE_FOOTER


def needs_smm(data):
    """Whether an image of OVMF was built with SMM_REQUIRE."""
    at = data.find(LZMA_SECTION)
    if at < 4 or at + 18 > len(data):
        return False
    start = at - 4 + struct.unpack_from("<H", data, at + 16)[0]
    try:
        volume = lzma.LZMADecompressor(lzma.FORMAT_ALONE).decompress(data[start:], PEI_BYTES)
    except lzma.LZMAError:
        return False
    return SMM_MODULE in volume


def check(what, path, kernel=None):
    """Refuse a firmware that cannot run. `kernel` is the name of the option that gives a kernel. Return whether it is
    OVMF, which alone has a place for variables."""
    data = files.readable(what, path)
    if len(data) < 4096 or len(data) % 512 or len(data) > FIRMWARE_MAX:
        raise Refused(what, f"'{path}' has {len(data)} bytes; firmware has 4 KiB to 4 MiB, a multiple of 512")
    if data[0x28:0x2c] == b"_FVH" and not data[-16:].strip(b"\xff"):
        raise Refused(what, f"'{path}' has variables and no code; give OVMF_CODE_4M.fd here, and a copy of this file with --vars")
    if not data[-16:].strip(b"\0") or not data[-16:].strip(b"\xff"):
        raise Refused(what, f"'{path}' is not firmware: there is no code at its end, where the CPU starts")
    if is_ovmf(data):
        if needs_smm(data):
            raise Refused(what, f"'{path}' is OVMF for secure boot, which needs system management mode and the chip set "
                                "Q35; Bochs has i440FX: give OVMF_CODE_4M.fd")
        return True
    if kernel and b"SeaBIOS" in data:
        raise Refused(what, f"'{path}' is SeaBIOS, which {kernel} cannot use; leave {what} out, or give OVMF")
    return False


def check_rom(what, path):
    data = files.readable(what, path)
    if data[:2] != b"\x55\xaa" or len(data) > ROM_MAX:
        raise Refused(what, f"'{path}' is not a VGA BIOS: it does not begin with 55h AAh, or has more than 128 KiB")


def measured(bios, ovmf, vgabios, option_roms, boot_rom):
    """The ROMs that the launch measures, in its order (bochs-sev(5), launch=auto). `boot_rom` is None without a kernel."""
    if ovmf:
        return [Rom("OVMF", bios)]
    roms = [Rom("BIOS", bios), Rom("VGA BIOS", vgabios)]
    roms += [Rom(f"option ROM {number}", path) for number, path in option_roms]
    return roms + ([Rom("boot ROM", boot_rom)] if boot_rom else [])
