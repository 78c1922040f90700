# SPDX-License-Identifier: LGPL-2.1-or-later
"""The values of options in QEMU's notation, as Python values. Each function raises ValueError with the end of a
sentence that says what is wrong and what is allowed.

Source: QEMU qemu-options.hx (-m, -smp, -drive, -serial, -qmp, -gdb), util/qemu-option.c get_opt_value() (a comma is
doubled), qapi/qom.json SevCommonProperties, SevGuestProperties and SevSnpGuestProperties."""
import base64
import binascii
import dataclasses
import re

# Bochs allocates RAM with its parameter `host`, whose bound is 2048 MiB (Bochs config.cc, bx_init_options()).
MEMORY_MAX = 2048
# Each CPU of Bochs has three timers, and there are 64 for the whole machine (Bochs pc_system.h BX_MAX_TIMERS).
CPUS_MAX = 14


@dataclasses.dataclass
class Drive:
    """One -drive: a disk or a CD at one of four places of the IDE controllers, or a flash chip."""
    file: str
    interface: str = "ide"
    index: int = None
    media: str = "disk"


@dataclasses.dataclass
class Blob:
    """Bytes that a parameter of the sev: line wants in a file."""
    name: str
    data: bytes


def memory(text):
    """A size: MiB, or with a suffix. Return MiB."""
    match = re.fullmatch(r"(?:size=)?(\d{1,12})([bkmgtBKMGT]?)", text)
    if not match:
        raise ValueError(f"'{text}' is not a memory size; give MiB, or GiB with the suffix G")
    number, unit = int(match[1]), match[2].upper() or "M"
    size = number << {"B": 0, "K": 10, "M": 20, "G": 30, "T": 40}[unit]
    if size % (1 << 20) or not 1 << 20 <= size <= MEMORY_MAX << 20:
        raise ValueError(f"'{text}' is out of range; Bochs's machines have 1 to {MEMORY_MAX} MiB of memory, in whole MiB")
    return size >> 20


def properties(text, first=None):
    """KEY=VALUE[,KEY=VALUE]...; a doubled comma is a comma of the value. The first part can be a value without a
    key; its key is then `first`."""
    found = {}
    for number, part in enumerate(p.replace("\0", ",") for p in text.replace(",,", "\0").split(",")):
        key, equals, value = part.partition("=")
        if not equals and number == 0 and first:
            key, value = first, part
        elif not equals:
            raise ValueError(f"'{part}' is not of the form property=value")
        found[key] = value
    return found


def known(found, allowed):
    """Check that all properties are in `allowed`."""
    for key in found:
        if key not in allowed:
            raise ValueError(f"there is no property '{key}'; there are: {', '.join(allowed)}")
    return found


def number(text, what, least, most):
    if not re.fullmatch(r"\d{1,9}", text) or not least <= int(text) <= most:
        raise ValueError(f"{what}'{text}' is not a number from {least} to {most}")
    return int(text)


def switch(text, what):
    if text not in ("on", "off", "yes", "no", "true", "false", "y", "n"):
        raise ValueError(f"{what}: '{text}' is not known; allowed: on or off")
    return text in ("on", "yes", "true", "y")


def cpus(text):
    """[cpus=]N, sockets=, cores=, threads=: Bochs's (processors, cores, threads)."""
    found = known(properties(text, "cpus"), ("cpus", "sockets", "cores", "threads", "maxcpus"))
    part = {key: number(value, f"{key}=" if "=" in text else "", 1, CPUS_MAX) for key, value in found.items()}
    sockets, cores, threads = (part.get(key, 1) for key in ("sockets", "cores", "threads"))
    total = part.get("cpus", part.get("maxcpus", sockets * cores * threads))
    if "sockets" not in part and total % (cores * threads) == 0:
        sockets = total // (cores * threads)
    if sockets * cores * threads != total or part.get("maxcpus", total) != total:
        raise ValueError(f"'{text}': sockets, cores and threads do not multiply to {total} CPUs; CPUs cannot be added later")
    if total > CPUS_MAX:
        raise ValueError(f"'{text}': Bochs's machines have 1 to {CPUS_MAX} CPUs")
    if cores > 8 or threads > 4:
        raise ValueError(f"'{text}': Bochs has at most 8 cores a socket and 4 threads a core")
    return sockets, cores, threads


# Properties of -drive that concern the speed or the name of QEMU's own block layer.
DRIVE_IGNORED = ("id", "cache", "aio", "discard")


def drive(text):
    found = known(properties(text), ("file", "format", "if", "index", "unit", "media", "readonly") + DRIVE_IGNORED)
    if not found.get("file"):
        raise ValueError("file= is missing, the image")
    if found.get("format", "raw") != "raw":
        raise ValueError(f"format={found['format']}: Bochs needs a raw image; `qemu-img convert -O raw {found['file']} FILE` makes one")
    made = Drive(found["file"], found.get("if", "ide"), media=found.get("media", "disk"))
    if made.interface not in ("ide", "pflash"):
        raise ValueError(f"if={made.interface}: this machine has IDE disks only; write if=ide (Linux calls them sda to sdd)")
    if made.media not in ("disk", "cdrom"):
        raise ValueError(f"media={made.media}: allowed are disk and cdrom")
    place = found.get("index", found.get("unit"))
    if place is not None:
        made.index = number(place, "index=", 0, 3 if made.interface == "ide" else 1)
    readonly = switch(found.get("readonly", "off"), "readonly")
    if readonly and (made.interface, made.media) == ("ide", "disk"):
        raise ValueError("readonly=on: Bochs opens its disks for writing; give a copy of the image, or media=cdrom")
    return made


def serial(text):
    """(kind, path): where a serial line of the machine goes."""
    kind, _, path = text.partition(":")
    if text in ("stdio", "mon:stdio"):
        return "stdio", ""
    if text in ("none", "null"):
        return text, ""
    if kind == "file" and path:
        return kind, path
    if kind == "tcp" and re.fullmatch(r"[^:,]+:[0-9]{1,5}", path) and 0 < int(path.partition(":")[2]) < 65536:
        return kind, path
    raise ValueError(f"'{text}' is not known; allowed: stdio, mon:stdio, file:PATH, tcp:HOST:PORT, null or none")


def qmp(text):
    """unix:PATH[,server=on][,wait=off], also in the old form `server,nowait`. Return the path."""
    if text == "none":
        return None
    kind, _, rest = text.partition(":")
    path, *parts = rest.replace(",,", "\0").split(",")
    words = {"server": "server=on", "nowait": "wait=off", "wait": "wait=on"}
    parts = [words.get(part, part) for part in parts]
    if kind != "unix" or not path:
        raise ValueError(f"'{text}': the control socket is a Unix socket; write unix:PATH,server=on,wait=off")
    for part in parts:
        if part not in ("server=on", "wait=off"):
            raise ValueError(f"'{part}' is not possible: the machine listens and does not wait for a client; write unix:PATH,server=on,wait=off")
    return path.replace("\0", ",")


def gdb(text):
    """tcp:[HOST]:PORT or unix:PATH. Return the address in the notation of gdb= of the sev: line, or None for `none`."""
    if text == "none":
        return None
    match = re.fullmatch(r"unix:([^,]+)(?:,server(?:=on)?)?(?:,nowait|,wait=off)?", text)
    if match:
        return "unix:" + match[1]
    match = re.fullmatch(r"tcp:([^:,]*):(\d{1,5})(?:,server(?:=on)?)?(?:,nowait|,wait=off)?", text)
    if not match or not 1 <= int(match[2]) <= 65535:
        raise ValueError(f"'{text}' is not known; write tcp::PORT, e.g. tcp::1234 (which is -s)")
    if match[1] not in ("", "localhost", "127.0.0.1"):
        raise ValueError(f"'{text}': gdb's port is on this machine only; write tcp::{match[2]}")
    return match[2]


# Property of QEMU's sev-guest object: parameter of the sev: line.
SEV_GUEST = {"cbitpos": "cbitpos", "reduced-phys-bits": "reduced_phys_bits", "policy": "policy",
             "dh-cert-file": "dh_cert", "session-file": "session", "kernel-hashes": "kernel_hashes", "legacy-vm-type": "vmsa"}

# QEMU's legacy-vm-type chooses between KVM_SEV_ES_INIT and KVM_SEV_INIT2.
HOSTS = {"on": "es_init", "off": "init2", "auto": "init2"}


# The same of sev-snp-guest; the second group are switches, the third base64 of so many bytes.
SEV_SNP_GUEST = {"cbitpos": "cbitpos", "reduced-phys-bits": "reduced_phys_bits", "policy": "snp_policy"}
SEV_SNP_SWITCHES = {"kernel-hashes": "kernel_hashes", "author-key-enabled": "author_key_enabled", "vcek-disabled": "vcek_disabled"}
SEV_SNP_BLOBS = {"guest-visible-workarounds": 16, "id-block": 96, "id-auth": 4096, "host-data": 32}


def blob(name, text):
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError(f"{name}: '{text[:40]}' is not base64") from None
    if len(data) != SEV_SNP_BLOBS[name]:
        raise ValueError(f"{name}: base64 of {len(data)} bytes, {SEV_SNP_BLOBS[name]} are needed")
    return Blob(name, data)


def sev_snp_guest(found):
    known(found, ("id", *SEV_SNP_GUEST, *SEV_SNP_SWITCHES, *SEV_SNP_BLOBS, "sev-device"))
    parameters = {"snp": "1"}
    for key, value in found.items():
        if key in SEV_SNP_GUEST:
            parameters[SEV_SNP_GUEST[key]] = value
        elif key in SEV_SNP_SWITCHES:
            parameters[SEV_SNP_SWITCHES[key]] = str(int(switch(value, key)))
        elif key in SEV_SNP_BLOBS:
            parameters[key.replace("-", "_")] = blob(key, value)
    return found.get("id", ""), parameters


def sev_guest(text):
    """sev-guest,id=ID,... or sev-snp-guest,id=ID,...: (id, parameters of the sev: line)."""
    found = properties(text, "qom-type")
    kind = found.pop("qom-type", "")
    if kind == "sev-snp-guest":
        return sev_snp_guest(found)
    if kind == "tdx-guest":
        raise ValueError(f"'{kind}' is not possible: this machine has AMD SEV; write sev-guest or sev-snp-guest")
    if kind != "sev-guest":
        raise ValueError(f"'{kind}' is not known; the objects are sev-guest and sev-snp-guest")
    known(found, ("id", *SEV_GUEST, "handle", "sev-device"))
    if found.get("handle", "0") not in ("0", "0x0"):
        raise ValueError(f"handle={found['handle']}: the built-in hypervisor launches one guest, without a handle of another")
    parameters = {SEV_GUEST[key]: value for key, value in found.items() if key in SEV_GUEST}
    if "kernel_hashes" in parameters:
        parameters["kernel_hashes"] = str(int(switch(parameters["kernel_hashes"], "kernel-hashes")))
    if "vmsa" in parameters:
        if parameters["vmsa"] not in HOSTS:
            raise ValueError(f"legacy-vm-type: '{parameters['vmsa']}' is not known; allowed: on, off or auto")
        parameters["vmsa"] = HOSTS[parameters["vmsa"]]
    return found.get("id", ""), parameters


def machine(text):
    """[type=]pc[,confidential-guest-support=ID]: the id, or an empty string."""
    found = properties(text, "type")
    kind = found.pop("type", "pc")
    if not re.fullmatch(r"pc(-i440fx-[\w.]+)?", kind):
        raise ValueError(f"'{kind}' is not emulated: Bochs has the chip set i440FX; write pc, or leave the option out")
    known(found, ("confidential-guest-support", "memory-encryption", "accel", "vmport", "hpet"))
    if "accel" in found:
        accel(found["accel"])
    return found.get("confidential-guest-support", found.get("memory-encryption", ""))


def accel(text):
    kind = properties(text, "accel").get("accel")
    if kind != "tcg":
        raise ValueError(f"'{kind}' is not possible: Bochs interprets each instruction; leave the option out")
    return kind


def boot(text):
    """The first boot device, of QEMU's letters."""
    found = known(properties(text, "order"), ("order", "once", "menu", "strict"))
    letters = found.get("order", found.get("once", "c"))
    names = {"c": "disk", "d": "cdrom"}
    if not letters or any(letter not in names for letter in letters):
        raise ValueError(f"'{letters}' is not known; allowed: c (disk) and d (CD)")
    return [names[letter] for letter in dict.fromkeys(letters)]


def nothing(*allowed):
    """The check of an option that has only values without an effect here."""
    def check(text):
        if text not in allowed:
            raise ValueError(f"'{text}' is not possible in this machine; allowed: {' or '.join(allowed)}")
        return text
    return check


def one_line(text):
    if "\n" in text or "\0" in text:
        raise ValueError("the text has more than one line")
    return text


def file(text):
    if not text:
        raise ValueError("the name of the file is empty")
    return one_line(text)
