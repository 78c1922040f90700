# SPDX-License-Identifier: LGPL-2.1-or-later
"""Unmodified OVMF and Linux on a machine with two CPUs, saved while the firmware runs, while Linux starts, and while it
runs on both CPUs. Each saved machine goes on in another process to power-off."""
import os
import re

import machine
from machine import Machine
from taplib import linux_image, ok, read_text, scratch, wait_for, write

KERNEL, INITRD = "linux-guest/iso/vmlinuz", "linux-guest/iso/initrd.gz"


class SavedBoot:
    """One machine: its folder, firmware, the parameters of the sev: line, and more of the kernel's command line."""

    def __init__(self, folder, firmware, sev, append=""):
        linux_image()
        scratch(folder)
        self.folder = folder
        self.machine = Machine(
            self.path("machine"), f"{sev}, kernel={KERNEL}, initrd={INITRD}", bios=firmware,
            lines=f"megs: 512\ncpu: count=2\ncom1: enabled=1, mode=file, dev={self.path('machine/serial')}\n"
            f"sev: append=\"console=ttyS0,115200 cryptomgr.notests{append}\"\n")
        self.machine.value("qmp_capabilities")

    def path(self, name):
        return os.path.join(self.folder, name)

    def serial(self):
        return read_text(self.path("machine/serial"))

    def save_when(self, name, what, reached):
        wait_for(240, lambda: reached(self.serial()))
        answer = self.machine.ask("x-bochs-save", path=self.path(name))
        ok(answer.get("return") == {}, what, str(answer))

    def save(self):
        self.save_when("early", "saved while OVMF runs", lambda said: "\x1b[" in said)
        self.save_when("late", "saved while Linux starts", lambda said: re.search("Linux version.*\n", said))
        ok("Brought up 1 node" not in self.serial(), "before it has the second CPU", self.serial()[-300:])
        self.save_when("both", "saved while both CPUs run", lambda said: "Brought up 1 node" in said)
        self.machine.value("quit")
        ok(self.machine.end(), "the machine ends without a crash")

    def restore(self, more=lambda name, said: None):
        """Restores each; `more` has the other points of one."""
        for name in ("early", "late", "both"):
            write(self.path("machine/serial"), b"")
            _, out = machine.restore(self.path(name), 400)
            said = self.serial()
            ok("SEV-GUEST: userspace reached\n" in said, name + ": it goes on and reaches userspace", said[-1000:],
               out[-1000:])
            ok("SEV-GUEST: cpus 2\n" in said, name + ": with both CPUs", said[-1000:])
            more(name, said)
            ok("reboot: Power down" in said, name + ": power off", said[-1000:], out[-1000:])
