# SPDX-License-Identifier: LGPL-2.1-or-later
"""bochs-sev-run(1): start a SEV machine with one command. Options have QEMU's names.

    options.py, values.py     the command line
    machine.py                what options mean together; the machine as a bochsrc (bochsrc.py)
    files.py, firmware.py     checks of the files; the ROMs that are measured
    locks.py                  locks of disk images
    debugger.py               which Bochs to run, also for gdb
    process.py                Bochs as a process, with console.py (keys), monitor.py (Ctrl-A c), progress.py (its log)
"""
import os
import sys

import debugger
import machine
import options
import process
from errors import NO_MACHINE, WRONG_USAGE, Refused, reason

VERSION = "unknown"  # bochs-sev-run sets it


def standard_files():
    """Files 0 to 2 exist, so that no other file gets their numbers. Return whether standard output was closed."""
    closed = []
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            closed.append(descriptor)
            os.open(os.devnull, os.O_RDWR)
    if 2 in closed:
        sys.stderr = open(2, "w", closefd=False, encoding="utf-8")
    return 1 in closed


def write(text):
    """Text for standard output. Whoever reads it may be gone."""
    try:
        sys.stdout.buffer.write(text.encode(errors="surrogateescape"))
        sys.stdout.flush()
    except OSError as error:
        raise Refused(None, f"standard output: {reason(error)}") from None


def write_roms(what, path, roms):
    try:
        data = b"".join(open(rom.path, "rb").read() for rom in roms)
        with open(path, "wb") as file:
            file.write(data)
    except OSError as error:
        raise Refused(what, f"'{path}' cannot be written: {reason(error)}") from None


def carry_out(arguments, here):
    given = options.parse(arguments)
    if given.version:
        write(f"{options.PROGRAM} {VERSION}\n")
        return 0
    if given.help:
        write(options.help_text())
        return 0
    if given.cpu == "help":
        write("\n".join(debugger.cpu_models(debugger.bochs(here))) + "\n")
        return 0
    made = machine.Machine(given, here, os.isatty(0) and os.isatty(1))
    if given.print_bochsrc:
        write(made.bochsrc(given.log or "bochs.log", ("file", "serial.txt")).printed())
    elif given.print_roms or given.write_roms:
        roms = made.roms()
        if given.print_roms:
            width = max(len(rom.name) for rom in roms)
            write("".join(f"{rom.name:{width}}  {rom.path}\n" for rom in roms))
        if given.write_roms:
            write_roms(made.typed("write-roms"), given.write_roms, roms)
    else:
        return process.run(made)
    return 0


def give_up_output():
    """Drop what could not be written, because Python would try again at its end and change the exit status."""
    for stream, descriptor in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            if stream:
                stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, descriptor)
            os.close(null)


def main(arguments, here):
    """Carry out the command line; the exit status."""
    closed = standard_files()
    status = guarded(arguments, here, closed)
    give_up_output()
    return status


def guarded(arguments, here, closed):
    try:
        if closed:
            raise Refused(None, "standard output is closed; write >/dev/null if you do not need it", WRONG_USAGE)
        return carry_out(arguments, here)
    except Refused as error:
        process.say(str(error))
        return error.status
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        process.say("out of memory")
        return NO_MACHINE
