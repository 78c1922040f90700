# SPDX-License-Identifier: LGPL-2.1-or-later
"""A machine that waits for gdb, and a session of Debian's gdb with it."""
import os
import subprocess

from machine import bochsrc_start, start_bochs
from taplib import BIOS, read, time_limit, wait_for


class GdbMachine:
    """A Bochs with gdb= and gdb_wait=1. `lines`: more of bochsrc."""

    def __init__(self, folder, lines="", sev="", address=None, bios=BIOS):
        self.dir = folder
        os.makedirs(folder, exist_ok=True)
        self.address = address or f"unix:{folder}/gdb"
        with open(f"{folder}/bochsrc", "w", encoding="ascii") as file:
            file.write(bochsrc_start(f"{folder}/bochs.log", bios) + lines +
                       f'sev: {sev}gdb="{self.address}", gdb_wait=1\n')
        self.process = start_bochs(["-f", f"{folder}/bochsrc"], f"{folder}/output")
        self.waits = wait_for(60, lambda: "waits for gdb" in self.log() or self.process.poll() is not None) \
            and self.process.poll() is None

    def log(self):
        return read(f"{self.dir}/bochs.log").decode(errors="replace")

    def target(self):
        """What a user writes after `target remote`: the log says so."""
        return self.log().split("target remote ")[-1].split()[0]

    def gdb(self, *commands, symbols=None, seconds=60):
        """Run gdb with these commands after the connection, and return what it printed, each command after a +. A command that
        fails does not end the session."""
        setup = ["set pagination off", "set confirm off", "set width 0", "set tcp connect-timeout 60",
                 f"symbol-file {symbols}" if symbols else "set architecture i386:x86-64"]
        arguments = [x for command in setup for x in ("-ex", command)]
        for command in (f"target remote {self.target()}", *commands):
            arguments += ["-ex", f"echo +{command}\\n", "-ex", command]
        done = subprocess.run(["gdb", "-nx", "-batch", *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=time_limit(seconds))
        with open(f"{self.dir}/session", "a", encoding="utf-8") as file:
            file.write(done.stdout)
        return done.stdout

    def end(self, seconds=60):
        """Wait for the machine's own end."""
        return wait_for(seconds, lambda: self.process.poll() is not None)


def after(text, command):
    """What gdb printed after a command, up to the next one."""
    parts = text.split(f"+{command}\n", 1)
    return parts[1].split("\n+", 1)[0].strip() if len(parts) == 2 else ""
