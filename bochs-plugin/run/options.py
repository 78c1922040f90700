# SPDX-License-Identifier: LGPL-2.1-or-later
"""The command line: the table of options, and their values with the names that the user typed.

Each option can begin with one dash or two. argparse takes a word such as -snapshot for -s with more letters, and a
value that begins with a dash for an option. So spell() first makes --name=value of each option, and argparse reads
that.

Source of QEMU's options: QEMU qemu-options.hx."""
import argparse
import difflib
import re
import types

import values
from errors import WRONG_USAGE, Refused

PROGRAM = "bochs-sev-run"
EPILOG = """Each option can begin with one dash or two. The guest's first serial line is the terminal:
Ctrl-A h shows the keys, Ctrl-A x ends the machine."""

# Names, the kind, the name of the value in the help text, what it does. Kinds: a function converts a value; "flag" has
# no value. The first name is the name in the result. MANY options can be repeated.
OPTIONS = (
    ("kernel", values.file, "FILE", "boot this Linux kernel (bzImage) ..."),
    ("initrd", values.file, "FILE", "... with this initial RAM disk ..."),
    ("append", values.one_line, "TEXT", "... and this command line"),
    ("disk hda", values.file, "FILE", "first hard disk, a raw image"),
    ("hdb", values.file, "FILE", "second hard disk"),
    ("hdc", values.file, "FILE", "third hard disk"),
    ("hdd", values.file, "FILE", "fourth hard disk"),
    ("cdrom", values.file, "FILE", "CD image"),
    ("drive", values.drive, "PROPS", "file=FILE[,if=ide|pflash][,media=disk|cdrom][,index=N][,format=raw]"),
    ("boot", values.boot, "LETTERS", "boot order: c (disk), d (CD)"),
    ("m", values.memory, "SIZE", f"memory in MiB, or GiB with suffix G, at most {values.MEMORY_MAX} MiB (default 512, a host 1024)"),
    ("smp", values.cpus, "N", f"CPUs, at most {values.CPUS_MAX} (default 1); also cpus=N,sockets=N,cores=N,threads=N"),
    ("cpu", values.one_line, "MODEL", "Bochs's name of a CPU model (default ryzen); help lists them"),
    ("sev", values.one_line, "TEXT", "parameters of the sev: line, e.g. 'policy=1, tik=tik, tek=tek'"),
    ("object", values.sev_guest, "PROPS", "sev-guest or sev-snp-guest,id=ID[,policy=N][,cbitpos=N]..., as in QEMU"),
    ("machine M", values.machine, "PROPS", "pc[,confidential-guest-support=ID]"),
    ("host", "flag", None, "a host of SEV guests: the secure processor is a PCI device, also mode=host of --sev"),
    ("no-sev", "flag", None, "a machine without SEV"),
    ("firmware bios", values.file, "FILE", "OVMF or another firmware in place of Bochs's BIOS"),
    ("vars", values.file, "FILE", "OVMF's variables; the machine writes to this file"),
    ("pflash", values.file, "FILE", "first: the firmware, second: OVMF's variables"),
    ("vgabios", values.file, "FILE", "VGA BIOS"),
    ("serial", values.serial, "DEV", "stdio, file:PATH, tcp:HOST:PORT, null or none; one for each serial line"),
    ("qmp", values.qmp, "unix:PATH", "the control socket, also control= of --sev"),
    ("S", "flag", None, "wait before the first instruction, for cont at the control socket or for gdb"),
    ("s", "flag", None, "wait for gdb's connections at TCP port 1234"),
    ("gdb", values.gdb, "tcp::PORT", "the same at another port"),
    ("no-reboot", "flag", None, "end the machine when the guest restarts it"),
    ("line", values.one_line, "TEXT", "one more line for the bochsrc"),
    ("log D", values.file, "FILE", "keep Bochs's log, with launch and measurement"),
    ("print-bochsrc", "flag", None, "print the bochsrc and do not start the machine"),
    ("print-roms", "flag", None, "print the ROMs that the launch measures, in order"),
    ("write-roms", values.file, "FILE", "write these ROMs to one file, for the guest owner"),
    ("nographic", "flag", None, "always so"),
    ("nodefaults", "flag", None, "has no effect"),
    ("display", values.nothing("none"), "none", "always so"),
    ("monitor", values.nothing("none", "stdio", "mon:stdio"), "none", "always at Ctrl-A c"),
    ("accel", values.accel, "tcg", "has no effect"),
    ("version", "flag", None, "print the version"),
    ("help h", "flag", None, "print this text"),
)
MANY = ("drive", "sev", "object", "machine", "pflash", "serial", "line")

# Other options of QEMU, and what to say.
NOT_HERE = {
    "enable-kvm": "Bochs interprets each instruction and uses no KVM; leave the option out",
    "device": "devices cannot be added; disks are --drive, the CPU is --cpu",
    "netdev": "the machine has no network card", "nic": "the machine has no network card",
    "net": "the machine has no network card",
    "snapshot": "the machine writes to its disk; give a copy of the image",
    "daemonize": "start the command in the background of the shell, with </dev/null and --log",
    "vga": "the machine has the VGA of Bochs, without a window",
    "chardev": "give the device in place, e.g. --serial file:PATH",
    "virtfs": "there is no virtio; give an image with --drive", "fsdev": "there is no virtio; give an image with --drive",
    "loadvm": "to restore a saved machine, run `bochs-sev -q -r DIRECTORY`",
    "incoming": "to restore a saved machine, run `bochs-sev -q -r DIRECTORY`",
}


class Parser(argparse.ArgumentParser):
    """argparse whose errors name the option as the user typed it."""

    def __init__(self, **how):
        super().__init__(**how)
        self.typed = {}

    def error(self, message):
        match = re.match(r"argument --([\w-]+): (.*)", message, re.S)
        if match:
            raise Refused(self.typed.get(match[1], "--" + match[1]), match[2], WRONG_USAGE)
        raise Refused(None, message, WRONG_USAGE)


def converter(function):
    def convert(text):
        try:
            return function(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    return convert


def make_parser():
    """The parser, and its options by each of their names. spell() writes all names with two dashes."""
    parser = Parser(prog=PROGRAM, add_help=False, allow_abbrev=False)
    by_name = {}
    for names, kind, _, _ in OPTIONS:
        names = names.split()
        how = {"action": "append" if names[0] in MANY else "store", "default": [] if names[0] in MANY else None,
               "type": converter(kind)} if callable(kind) else {"action": "store_true"}
        option = parser.add_argument("--" + names[0], dest=names[0], **how)
        by_name.update({name: option for name in names})
    return parser, by_name


def dashed(name):
    return "-" + name if len(name) < 4 and name not in ("sev", "cpu", "log") else "--" + name


def help_text():
    lines = [f"usage: {PROGRAM} [option]...", ""]
    for names, _, value, text in OPTIONS:
        first, *others = names.split()
        also = [f"also {', '.join('-' + other for other in others)}"] if others else []
        also += ["repeatable"] if first in MANY else []
        head = "  " + dashed(first) + (f" {value}" if value else "")
        text += f" ({'; '.join(also)})" if also else ""
        lines.append(f"{head:21} {text}" if len(head) <= 20 else f"{head}\n{'':21} {text}")
    return "\n".join([*lines, "", EPILOG, ""])


def unknown(typed, name, by_name):
    if name in NOT_HERE:
        return Refused(typed, NOT_HERE[name], WRONG_USAGE)
    like = difflib.get_close_matches(name, by_name, 1)
    hint = f"; did you mean --{like[0]}?" if like else " (see --help)"
    return Refused(None, f"unknown option '{typed}'{hint}", WRONG_USAGE)


def spell(arguments, by_name):
    """The options as (argparse's string, value or None, as typed)."""
    words = iter(arguments)
    for typed in words:
        name, equals, value = typed.lstrip("-").partition("=")
        dashes = len(typed) - len(typed.lstrip("-"))
        if dashes not in (1, 2) or not name:
            raise Refused(None, f"'{typed}' is not an option (see --help); a disk image is given with --disk", WRONG_USAGE)
        typed = typed[:dashes] + name
        if name not in by_name:
            raise unknown(typed, name, by_name)
        option = by_name[name]
        if option.nargs == 0:
            if equals:
                raise Refused(typed, "has no value", WRONG_USAGE)
            value = None
        elif not equals:
            value = next(words, None)
            if value is None:
                raise Refused(typed, "a value is missing (see --help)", WRONG_USAGE)
        yield option, value, typed


def parse(arguments):
    """The options as attributes of one object, by their first names with `_`. `typed` has the names that the user
    typed, with dashes."""
    parser, by_name = make_parser()
    given = argparse.Namespace()
    for option, value, typed in spell(arguments, by_name):
        parser.typed[option.dest] = typed
        name = option.option_strings[0]
        # Each option alone, so that an error belongs to this use of it.
        parser.parse_args([name if value is None else f"{name}={value}"], given)
    parser.parse_args([], given)
    found = types.SimpleNamespace(**{key.replace("-", "_"): value for key, value in vars(given).items()})
    found.typed = parser.typed
    return found
