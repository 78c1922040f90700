# SPDX-License-Identifier: LGPL-2.1-or-later
"""A running machine and a client of its control socket, written from QEMU's docs/interop/qmp-spec; and
a saved machine that is restored."""
import atexit
import json
import os
import shutil
import socket
import subprocess

from taplib import BIOS, BOCHS, VGABIOS, plain_text, read, time_limit, wait_for


def bochsrc_start(log, bios=BIOS):
    """The lines with which every machine of a test begins; tap.sh has the same."""
    return (f"display_library: nogui\nlog: {log}\ndebug: action=ignore\npanic: action=fatal\n"
            "clock: sync=none, time0=946684800, rtc_sync=0\n"
            f"romimage: file={bios}\nvgaromimage: file={VGABIOS}\n")


def end_process(process, seconds):
    """Wait for a process; false if it had to be killed."""
    try:
        process.wait(time_limit(seconds))
        return True
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return False


def start_bochs(arguments, output):
    """A Bochs whose terminal is the file `output`. It does not outlive the test."""
    with open(output, "wb") as out:
        process = subprocess.Popen([BOCHS, "-q", *arguments], stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT)
    atexit.register(process.kill)
    return process


def restore(saved, seconds=60):
    """Run a saved machine to its end: (it ended by itself, what it printed)."""
    process = start_bochs(["-r", saved], saved + ".out")
    ended = end_process(process, seconds) and process.returncode >= 0
    return ended, plain_text(read(saved + ".out"))


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
            boot = f"ata0-master: type=disk, path={disk}, mode=flat\nboot: disk\n"
        socket_of = ", control=unix:" + self.path if control else ""
        with open(os.path.join(self.dir, "bochsrc"), "w") as f:
            f.write(bochsrc_start(self.dir + "/bochs.log", bios) +
                    f"cpu: model=ryzen, ips=50000000\nmegs: 64\nata0: enabled=1\n{boot}"
                    f"port_e9_hack: enabled=1\nsev: {sev}{socket_of}\n{lines}")
        self.process = start_bochs(["-f", os.path.join(self.dir, "bochsrc")],
                                   os.path.join(self.dir, "output"))
        if control:
            self.connect()

    def connect(self):
        def connected():
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(self.path)
                return True
            except OSError:
                self.socket.close()
                return False
        if not wait_for(20, lambda: connected() or self.process.poll() is not None):
            raise TimeoutError(f"{self.dir}: no control socket")
        self.socket.settimeout(time_limit(30))
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
        return read(os.path.join(self.dir, name)).decode(errors="replace")

    def output(self):
        return self.read("output")

    def wait_output(self, text, seconds=60):
        """Wait until the guest has printed the text."""
        return wait_for(seconds, lambda: text in self.output() or self.process.poll() is not None) \
            and text in self.output()

    def end(self, seconds=20):
        """The machine ended by itself, not by a signal."""
        return end_process(self.process, seconds) and self.process.returncode >= 0
