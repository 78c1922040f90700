# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A live machine and a client of its control socket, for the tests beside this file.
# The client is written from QEMU's docs/interop/qmp-spec.

import json, os, shutil, socket, subprocess, sys, time

BIOS = "/usr/share/bochs/BIOS-bochs-latest"
VGABIOS = "/usr/share/vgabios/vgabios.stdvga.bin"
BOCHS = os.environ.get("BOCHS_SEV", "./bochs-sev")
sys.dont_write_bytecode = True  # the source folder may be read-only


class Machine:
    """A running Bochs and one client of its control socket."""

    def __init__(self, name, sev, image=None, arguments="", control=True, data=(), bios=BIOS,
                 lines=""):
        """`data`: (offset, bytes) to put into the image's copy; `lines`: more of bochsrc."""
        self.dir = name
        os.makedirs(self.dir)
        self.path = os.path.join(self.dir, "socket")
        boot = ""
        if image:
            disk = os.path.join(self.dir, "disk.img")
            shutil.copyfile("tests/guests/" + image, disk)
            with open(disk, "r+b") as f:
                f.seek(384)
                f.write(arguments.encode())
                for offset, piece in data:
                    f.seek(offset)
                    f.write(piece)
            boot = "ata0-master: type=disk, path=%s, mode=flat\nboot: disk\n" % disk
        with open(os.path.join(self.dir, "bochsrc"), "w") as f:
            f.write("display_library: nogui\nlog: %s/bochs.log\npanic: action=fatal\n"
                    "cpu: model=ryzen, ips=50000000\nclock: sync=none\nmegs: 64\n"
                    "romimage: file=%s\nvgaromimage: file=%s\nata0: enabled=1\n%s"
                    "port_e9_hack: enabled=1\nsev: %s%s\n%s"
                    % (self.dir, bios, VGABIOS, boot, sev,
                       ", control=unix:" + self.path if control else "", lines))
        self.out = open(os.path.join(self.dir, "output"), "wb")
        self.process = subprocess.Popen([BOCHS, "-q", "-f", os.path.join(self.dir, "bochsrc")],
                                        stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=subprocess.STDOUT)
        if control:
            self.connect()

    def connect(self):
        for _ in range(200):
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.settimeout(20)
                self.socket.connect(self.path)
                break
            except OSError:
                time.sleep(0.05)
        self.file = self.socket.makefile("rw")
        self.events = []
        self.greeting = json.loads(self.file.readline())

    def close(self):
        self.file.close()
        self.socket.close()

    def ask(self, name, **arguments):
        request = {"execute": name, "id": 7}
        if arguments:
            request["arguments"] = {k.replace("_", "-"): v for k, v in arguments.items()}
        self.file.write(json.dumps(request))
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                return {"closed": True}
            answer = json.loads(line)
            if "event" not in answer:
                return answer
            self.events.append(answer["event"])

    def value(self, name, **arguments):
        return self.ask(name, **arguments).get("return")

    def error(self, name, **arguments):
        return self.ask(name, **arguments).get("error", {}).get("desc", "")

    def wait_event(self, name):
        while name not in self.events:
            line = self.file.readline()
            if not line:
                return False
            self.events.append(json.loads(line).get("event"))
        return True

    def read(self, name):
        with open(os.path.join(self.dir, name), "rb") as f:
            return f.read().decode(errors="replace")

    def output(self):
        return self.read("output")

    def end(self, seconds=20):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        return self.process.returncode >= 0  # not by a signal
