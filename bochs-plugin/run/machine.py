# SPDX-License-Identifier: LGPL-2.1-or-later
"""From the options to a machine: check what belongs together and all files, and write the bochsrc."""
import os
import re

import debugger
import files
import firmware
import locks
from bochsrc import Bochsrc
from errors import WRONG_USAGE, Refused
from values import Blob

DRIVES = ("ata0-master", "ata0-slave", "ata1-master", "ata1-slave")
CONTROL = re.compile(r'\bcontrol\s*=\s*"?unix:([^",]+)')
SERIALS_MAX = 4
GDB_PORT = "1234"


class Machine:
    """A machine that can start. `disks` has (option, path) of the images that it writes, `control` its control socket."""

    def __init__(self, options, here, terminal):
        self.options, self.here = options, here
        self.sev = not options.no_sev
        self.extra = []  # lines for gdb
        self.add_flash()
        self.add_sev_lines()
        self.add_drives()
        self.check_together()
        self.bochs = None if self.only_prints() else debugger.bochs(here)
        self.check_files()
        self.check_cpu()
        self.serials = options.serial or [("stdio", "")]
        self.terminal = terminal and self.serials[0][0] == "stdio"
        self.check_stop()

    def typed(self, name):
        return self.options.typed.get(name, "--" + name)

    def only_prints(self):
        o = self.options
        return o.print_bochsrc or o.print_roms or o.write_roms

    # --- what several options say together ---

    def add_flash(self):
        """-pflash and -drive if=pflash: the firmware and its variables."""
        o = self.options
        chips = {}
        for what, path, index in [(self.typed("pflash"), path, None) for path in o.pflash] + [
                (self.typed("drive"), d.file, d.index) for d in o.drive if d.interface == "pflash"]:
            index = next((i for i in (0, 1) if i not in chips), 2) if index is None else index
            if index > 1 or index in chips:
                raise Refused(what, "this machine has two flash chips: the firmware and its variables", WRONG_USAGE)
            chips[index] = what, path
        for index, name in ((0, "firmware"), (1, "vars")):
            if index in chips:
                what, path = chips[index]
                if getattr(o, name):
                    raise Refused(what, f"{self.typed(name)} gives the same", WRONG_USAGE)
                setattr(o, name, path)
                o.typed[name] = what

    def add_drives(self):
        o = self.options
        self.drives = {}
        wanted = [(name, getattr(o, name), at, "disk") for at, name in enumerate(("disk", "hdb", "hdc", "hdd"))]
        wanted += [("cdrom", o.cdrom, 2, "cdrom")]
        wanted += [("drive", d.file, d.index, d.media) for d in o.drive if d.interface == "ide"]
        for name, path, index, media in sorted(wanted, key=lambda drive: drive[2] is None):
            if path is None:
                continue
            if index is None:
                index = next((at for at in range(4) if at not in self.drives), 4)
            if index > 3 or index in self.drives:
                raise Refused(self.typed(name), f"'{path}': the place is taken" if index < 4 else
                              "this machine has four IDE drives", WRONG_USAGE)
            self.drives[index] = self.typed(name), path, media
        self.disks = [(what, path) for what, path, media in self.drives.values() if media == "disk"]

    def add_sev_lines(self):
        """The sev: lines of --object, --sev, -qmp and -S as (head, value or None, option as typed)."""
        o = self.options
        if not self.sev:
            for name in ("sev", "object", "host"):
                if getattr(o, name):
                    raise Refused(self.typed("no-sev"), f"the machine has no SEV, so {self.typed(name)} cannot be given", WRONG_USAGE)
        ids = {id_ for id_ in o.machine if id_}
        if len(o.object) > 1 or len(ids) > 1 or ids - {id_ for id_, _ in o.object}:
            what = self.typed("object" if len(o.object) > 1 else "machine")
            raise Refused(what, "a machine has one object, and names its id", WRONG_USAGE)
        self.sev_lines = [(f"sev: {key}=", value, self.typed("object")) for _, given in o.object for key, value in given.items()]
        self.sev_lines += [(f"sev: {text}", None, self.typed("sev")) for text in o.sev]
        if o.host and o.object:
            raise Refused(self.typed("object"), f"a host has no guest of its own, so {self.typed('host')} cannot be given with it", WRONG_USAGE)
        if o.host:
            self.sev_lines.append(("sev: mode=", "host", self.typed("host")))
        if o.qmp:
            self.sev_lines.append(("sev: control=", "unix:" + o.qmp, self.typed("qmp")))
        texts = [f"{head}{value if isinstance(value, str) else ''}" for head, value, _ in self.sev_lines] + o.line
        found = [match[1] for text in texts for match in CONTROL.finditer(text)]
        self.control = o.qmp or (found[-1].strip() if found else None)
        if o.qmp and not self.sev:
            raise Refused(self.typed("qmp"), "a machine without SEV has no control socket", WRONG_USAGE)

    def check_together(self):
        o = self.options
        for name in ("initrd", "append"):
            if getattr(o, name) is not None and not o.kernel:
                raise Refused(self.typed(name), "a kernel is missing that it is for; give --kernel", WRONG_USAGE)
        if not (o.kernel or self.drives or o.firmware):
            raise Refused(None, "nothing to boot; give --kernel, --disk, --cdrom or --firmware (see --help)", WRONG_USAGE)
        if o.s and o.gdb:
            raise Refused(self.typed("gdb"), "-s gives a port, too", WRONG_USAGE)
        if len(o.serial) > SERIALS_MAX:
            raise Refused(self.typed("serial"), f"this machine has {SERIALS_MAX} serial lines", WRONG_USAGE)
        if any(kind == "stdio" for kind, _ in o.serial[1:]):
            raise Refused(self.typed("serial"), "only the first serial line can be the terminal", WRONG_USAGE)

    def check_stop(self):
        o = self.options
        if o.s or o.gdb:
            self.bochs, self.extra = debugger.with_gdb(self.bochs, o.gdb or GDB_PORT, o.S)
        elif o.S and not self.sev:
            raise Refused(self.typed("S"), "a machine without SEV has no control socket that could start it; add -s for gdb", WRONG_USAGE)
        elif o.S and not (self.control or self.terminal):
            raise Refused(self.typed("S"), "nothing could start the machine; add -qmp unix:PATH,server=on,wait=off, or -s for gdb",
                          WRONG_USAGE)
        elif o.S:
            self.sev_lines.append(("sev: launch=wait", None, self.typed("S")))

    # --- files ---

    def check_files(self):
        o = self.options
        inputs = []
        for name, check in (("kernel", files.kernel), ("initrd", lambda what, path: files.readable(what, path, 0))):
            if getattr(o, name):
                check(self.typed(name), getattr(o, name))
                inputs.append((self.typed(name), getattr(o, name)))
        bios = o.firmware or firmware.default("firmware", firmware.BIOS)
        self.ovmf = firmware.check(self.typed("firmware"), bios, o.kernel and self.typed("kernel"))
        vga = o.vgabios or firmware.default("vgabios", firmware.VGABIOS)
        firmware.check_rom(self.typed("vgabios"), vga)
        self.bios, self.vgabios = bios, vga
        if o.vars:
            if not self.ovmf:
                raise Refused(self.typed("vars"), "only OVMF keeps variables; give it with --firmware", WRONG_USAGE)
            files.variables(self.typed("vars"), o.vars)
            inputs.append((self.typed("vars"), o.vars))
        for what, path, media in self.drives.values():
            if media == "disk":
                files.disk(what, path)
                locks.check(what, path)
            else:
                files.readable(what, path, 0)
            inputs.append((what, path))
        files.different(inputs)
        self.check_outputs([path for _, path in inputs] + [bios, vga])

    def check_outputs(self, inputs):
        o = self.options
        for name in ("log", "write_roms"):
            if getattr(o, name):
                files.output(self.typed(name.replace("_", "-")), getattr(o, name), inputs)
        for kind, path in o.serial:
            if kind == "file":
                files.output(self.typed("serial"), path, inputs)
        if o.qmp:
            files.socket(self.typed("qmp"), o.qmp)

    def check_cpu(self):
        name = self.options.cpu
        if name in (None, "ryzen") or not self.bochs:
            return
        models = debugger.cpu_models(self.bochs)
        if name not in models:
            raise Refused(self.typed("cpu"), f"'{name}' is not a CPU model of Bochs; there are: {', '.join(models)}", WRONG_USAGE)

    # --- the bochsrc ---

    def bochsrc(self, log, serial, control=None, folder=None):
        """The bochsrc. `serial` is (mode, path) of the first serial line. `control` is a control socket of our own. `folder`
        is where write_blobs() writes.

        With memory blocks of 1 MiB Bochs starts faster than with its default of 128 KiB. With fastboot the BIOS does not
        wait three seconds for a key. The cpuid= bits are true of any CPU of Bochs; with them a Linux boot takes about 5 %
        less time. sme_coherent is set for direct kernel boot only, so that small guests see in 8000001Fh what QEMU shows."""
        o, rc = self.options, Bochsrc()
        sockets, cores, threads = o.smp or (1, 1, 1)
        count = sockets if (cores, threads) == (1, 1) else f"{sockets}:{cores}:{threads}"
        megs, boot = o.m or (1024 if o.host else 512), o.boot or ["disk" if self.disks else "cdrom"]
        rc.add("display_library: nogui\npanic: action=fatal")
        rc.add(f"cpu: model={o.cpu or 'ryzen'}, count={count}, ips=50000000, reset_on_triple_fault=0", o.typed.get("cpu"))
        rc.add(f'sev: cpuid="erms, fsrm, btc_no, srso_no{", sme_coherent" if o.kernel else ""}"')
        rc.add("clock: sync=none\nromimage: options=fastboot")
        rc.add(f"memory: guest={megs}, host={megs}, block_size=1024", o.typed.get("m"))
        rc.add("ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14\nata1: enabled=1, ioaddr1=0x170, ioaddr2=0x370, irq=15")
        rc.add(f"boot: {', '.join(boot)}")
        self.add_serials(rc, serial)
        rc.value("log: ", log, o.typed.get("log"))
        rc.value("romimage: file=", self.bios, o.typed.get("firmware"))
        rc.value("vgaromimage: file=", self.vgabios, o.typed.get("vgabios"))
        for index, (what, path, media) in sorted(self.drives.items()):
            kind = "type=disk, mode=flat" if media == "disk" else "type=cdrom, status=inserted"
            rc.value(f"{DRIVES[index]}: {kind}, path=", path, what)
        rc.add(f"sev: enabled={int(self.sev)}")
        # OVMF parks CPUs with MWAIT, in which Bochs's CPUs use time of the host. A SEV guest does not see the feature.
        if not self.sev and o.smp and o.smp != (1, 1, 1):
            rc.add('cpu: exclude_features="mwait"')
        for name in ("kernel", "initrd", "append", "vars"):
            if getattr(o, name):
                rc.value(f"sev: {name}=", getattr(o, name), self.typed(name))
        if o.no_reboot:
            rc.add("sev: reboot=end", self.typed("no-reboot"))
        if control:
            rc.value("sev: control=", "unix:" + control)
        for head, value, what in self.sev_lines:
            if value is None:
                rc.add(head, what)
            elif isinstance(value, Blob):
                if not folder:
                    raise Refused(what, f"{value.name}: a bochsrc cannot have these bytes; write them to a file, and give --sev "
                                  f"'{value.name.replace('-', '_')}=FILE'", WRONG_USAGE)
                rc.value(head, os.path.join(folder, value.name), what)
            else:
                rc.value(head, value, what)
        for text in o.line:
            rc.add(text, self.typed("line"))
        for text in self.extra:
            rc.add(text, self.typed("gdb" if o.gdb else "s"))
        return rc

    def write_blobs(self, folder):
        for _, value, _ in self.sev_lines:
            if isinstance(value, Blob):
                with open(os.path.join(folder, value.name), "wb") as file:
                    file.write(value.data)

    def add_serials(self, rc, first):
        for number, (kind, path) in enumerate(self.serials, 1):
            if number == 1 and kind == "stdio":
                kind, path = first
            if kind == "tcp":
                kind = "socket-client"
            if kind in ("file", "term", "socket-client"):
                rc.value(f"com{number}: enabled=1, mode={kind}, dev=", path, self.options.typed.get("serial"))
            else:
                rc.add(f"com{number}: enabled={int(kind == 'null')}" + (", mode=null" if kind == "null" else ""))

    # --- the ROMs ---

    def roms(self):
        """The ROMs that the launch measures, in order."""
        option_roms = []
        for text in self.options.line:
            match = re.match(r'\s*optromimage([1-4])\s*:.*file\s*=\s*"?([^",]+)', text)
            if match:
                option_roms.append((int(match[1]), match[2].strip()))
            elif re.match(r"\s*(vga)?romimage\s*:.*file", text):
                raise Refused(self.typed("line"), "give the ROM with --firmware or --vgabios, so that it is listed", WRONG_USAGE)
        boot_rom = self.boot_rom() if self.options.kernel and not self.ovmf else None
        roms = firmware.measured(self.bios, self.ovmf, self.vgabios, sorted(option_roms), boot_rom)
        for rom in roms:
            files.readable(None, rom.path, 0)
        return roms

    def boot_rom(self):
        """bootrom.rom of the Bochs that would run: in the directory above its plugins."""
        for path in (os.path.join(self.here, "bootrom.rom"), BOOT_ROM):
            if os.access(path, os.R_OK):
                return path
        raise Refused(None, f"there is no '{BOOT_ROM}', the boot ROM; install bochs-sev completely")


BOOT_ROM = ""  # of the installation; set by the program
