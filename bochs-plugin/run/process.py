# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run Bochs: pass the guest's serial line to the terminal or to standard output, keys to the guest, signals to Bochs; end
it in order when the reader of our output is gone. Nothing of it is left when this program ends: no process, no lock of a
disk, no temporary directory. If this program is killed (SIGKILL), the kernel ends Bochs.

One loop waits for everything: poll() for pipes and terminals, and a pipe that each signal writes to."""
import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
import tty

import console
import files
import locks
import monitor
import progress
from errors import NO_MACHINE, Refused, reason

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
CHUNK = 4096  # a pipe that poll() calls writable takes as much without blocking
PENDING_MAX = 1 << 16
LOG_SECONDS = 0.05
PR_SET_PDEATHSIG = 1
PREFIX, CONTROL = "bochs-sev-run.", "control"  # the directory of a machine, and its own control socket there
LOCKED = "image locked"  # Bochs's panic
HINT = "Ctrl-A x ends the machine, Ctrl-A h lists the keys"


def say(text, raw=False):
    """A message on standard error, whose reader may be gone. A terminal in raw mode needs carriage returns."""
    with contextlib.suppress(OSError, ValueError):
        for line in text.split("\n"):
            sys.stderr.write(f"bochs-sev-run: {line}" + ("\r\n" if raw else "\n"))
        sys.stderr.flush()


class Signals:
    """Signals as bytes in a pipe. Those that were ignored when we started, as with nohup, are ignored still."""

    def __init__(self):
        self.read, self.write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.caught = []
        signal.set_wakeup_fd(self.write, warn_on_full_buffer=False)
        for number in SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda number, _: self.caught.append(number))
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def clear(self):
        with contextlib.suppress(BlockingIOError):
            os.read(self.read, 512)


class Serial:
    """The machine's end of the first serial line: a FIFO without a terminal, else a pseudo terminal. We have both ends open,
    so that Bochs finds us whenever it opens its end, and reading ends when nothing more is there."""

    def __init__(self, folder, terminal):
        if terminal:
            self.fd, self.other = os.openpty()
            tty.setraw(self.other)
            self.mode, self.path = "term", os.ttyname(self.other)
        else:
            self.mode, self.path = "file", os.path.join(folder, "serial")
            os.mkfifo(self.path, 0o600)
            self.fd = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        os.set_blocking(self.fd, False)

    def take(self):
        try:
            return os.read(self.fd, CHUNK)
        except OSError:  # nothing there, or the pseudo terminal is closed
            return b""


class Run:
    """One machine from its start to its end."""

    def __init__(self, machine, folder):
        self.machine, self.folder = machine, folder
        self.signals = Signals()
        self.serial = Serial(folder, machine.terminal) if machine.serials[0][0] == "stdio" else None
        self.log = machine.options.log or os.path.join(folder, "log")
        self.control = machine.control
        own = None
        if machine.terminal and machine.sev and not machine.control:
            own = self.control = os.path.join(folder, CONTROL)
        first = (self.serial.mode, self.serial.path) if self.serial else None
        self.rc = machine.bochsrc(self.log, first, own, folder)
        self.output, self.to_guest, self.broken = b"", b"", False
        self.keys, self.line, self.in_monitor = console.Keys(), console.Line(), False
        self.saved = None  # the terminal's settings
        self.status = None  # our exit status, if we end the machine
        self.steps_of_end = []
        waits = any("wait" in text and "launch" in text for text, _ in self.rc.lines)
        steps = machine.sev and sys.stderr.isatty()
        self.watch = progress.Watch(self.log, steps, waits and self.control) if steps or waits else None

    # --- start and end ---

    def start(self):
        path = os.path.join(self.folder, "bochsrc")
        self.machine.write_blobs(self.folder)
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(self.rc.text())
        # Memory in large pages makes Bochs 10 % faster. A C library without this tunable ignores it.
        tunables = os.environ.get("GLIBC_TUNABLES")
        environment = {**os.environ, **self.rc.environment,
                       "GLIBC_TUNABLES": (tunables + ":" if tunables else "") + "glibc.malloc.hugetlb=1"}
        libc, parent = ctypes.CDLL(None), os.getpid()

        def end_with_parent():
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

        with open(os.path.join(self.folder, "output"), "wb") as output:
            try:
                # A session of its own: keys of the terminal send signals to us only. SIGPIPE stays ignored, so that a
                # server that closes the connection of a serial line does not end the machine.
                self.child = subprocess.Popen(
                    [self.machine.bochs, "-q", "-f", path], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                    env=environment, start_new_session=True, preexec_fn=end_with_parent,
                    restore_signals=False)
            except OSError as error:
                raise Refused(None, f"'{self.machine.bochs}' cannot be run: {reason(error)}") from None

    def end(self, status, grace=0):
        """End the machine. Bochs catches SIGINT only, and completes its log in the signal handler, with the state of its
        CPUs. The handler can fail: then SIGTERM and SIGKILL follow. `grace`: seconds in which the machine ends by itself."""
        if self.status is None:
            self.status = status
            now = time.monotonic() + grace
            self.steps_of_end = [(now, signal.SIGINT), (now + 2, signal.SIGTERM), (now + 4, signal.SIGKILL)]

    def carry_on_ending(self):
        while self.steps_of_end and time.monotonic() >= self.steps_of_end[0][0]:
            number = self.steps_of_end.pop(0)[1]
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, number)

    def clean(self):
        if self.child.poll() is None:  # an error of ours
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        refused = LOCKED in (progress.reason(os.path.join(self.folder, "output"), self.log) or "")
        for _, path in self.machine.disks:
            locks.release(path, self.child.pid, not refused)

    # --- the terminal ---

    @contextlib.contextmanager
    def raw_terminal(self):
        if not self.machine.terminal:
            yield
            return
        self.saved = termios.tcgetattr(0)
        try:
            say(HINT)
            tty.setraw(0)
            yield
        finally:
            with contextlib.suppress(termios.error):  # the terminal may be gone
                termios.tcsetattr(0, termios.TCSADRAIN, self.saved)
            self.saved = None

    def say(self, text):
        say(text, self.saved is not None)

    def show(self, text):
        """Text of ours between the guest's output."""
        self.output += text.replace("\n", "\r\n").encode()

    def read_keys(self):
        try:
            data = os.read(0, CHUNK)
        except OSError:
            data = b""
        if not data:  # the terminal is gone
            self.end(128 + signal.SIGHUP)
        for action, *value in self.keys.feed(data):
            if action == "quit":
                self.end(0)
            elif action == "help":
                self.show(f"\n{console.HELP}\n")
            elif action == "monitor":
                self.in_monitor = not self.in_monitor
                self.show(f"\nCtrl-A c returns to the guest\n{monitor.PROMPT}" if self.in_monitor else "\n")
            elif self.in_monitor:
                self.monitor_keys(value[0])
            else:
                self.to_guest = (self.to_guest + value[0])[-PENDING_MAX:]

    def monitor_keys(self, data):
        echo, lines = self.line.feed(data)
        self.output += echo.encode()
        for line in lines:
            answer = monitor.execute(line, self.control)
            self.show((answer + "\n" if answer else "") + monitor.PROMPT)
            if monitor.expand(line) == "quit":
                self.end(0, grace=2)

    # --- the loop ---

    def send_to_guest(self):
        try:
            self.to_guest = self.to_guest[os.write(self.serial.fd, self.to_guest):]
        except OSError:  # Bochs does not read
            pass

    def send_output(self):
        try:
            self.output = self.output[os.write(1, self.output[:CHUNK]):]
        except BlockingIOError:
            pass
        except OSError as error:
            self.lose_output(error)

    def lose_output(self, error=None):
        """The reader of standard output is gone, or it cannot be written."""
        if not self.broken:
            self.broken = True
            if error and not isinstance(error, BrokenPipeError):
                say(f"standard output: {reason(error)}")
                self.end(NO_MACHINE)
            else:
                self.end(128 + signal.SIGPIPE)
        self.output = b""

    def wait(self):
        """Wait for something to do; carry it out."""
        poll = select.poll()
        poll.register(self.signals.read, select.POLLIN)
        if not self.broken and self.serial:
            poll.register(1, select.POLLOUT if self.output else 0)  # errors are always reported
        if self.serial:
            events = (select.POLLIN if len(self.output) < CHUNK or self.broken else 0) | (select.POLLOUT if self.to_guest else 0)
            poll.register(self.serial.fd, events)
        if self.machine.terminal and self.status is None:
            poll.register(0, select.POLLIN)
        limit = LOG_SECONDS if self.watch and self.watch.active else None
        if self.steps_of_end:
            limit = min(limit or 10, max(self.steps_of_end[0][0] - time.monotonic(), 0))
        ready = dict(poll.poll(None if limit is None else limit * 1000 + 1))
        self.signals.clear()
        for number in self.signals.caught:
            self.end(128 + number)
        if ready.get(0):
            self.read_keys()
        if ready.get(1, 0) & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
            self.lose_output()
        elif ready.get(1):
            self.send_output()
        if self.serial and ready.get(self.serial.fd, 0) & select.POLLOUT:
            self.send_to_guest()
        if self.serial and ready.get(self.serial.fd, 0) & select.POLLIN:
            self.take_output()

    def take_output(self):
        data = self.serial.take()
        if not self.broken:
            self.output += data
        return data

    def follow_log(self):
        if self.watch and self.watch.active:
            for sentence in self.watch.read():
                self.say(sentence)

    def loop(self):
        while self.child.poll() is None:
            self.carry_on_ending()
            self.wait()
            self.follow_log()
        self.follow_log()
        while self.serial and self.take_output():
            while self.output and not self.signals.caught:
                self.wait_for_output()
        while self.output and not self.broken and not self.signals.caught:
            self.wait_for_output()

    def wait_for_output(self):
        """The machine has ended; the reader of its output may be slow."""
        poll = select.poll()
        poll.register(1, select.POLLOUT)
        poll.register(self.signals.read, select.POLLIN)
        for descriptor, events in poll.poll():
            if descriptor == self.signals.read:
                self.signals.clear()
            elif events & select.POLLOUT:
                self.send_output()
            else:
                self.lose_output()

    def exit_status(self):
        """The exit status, and a message that says why the machine ended."""
        if self.status is not None:
            return self.status
        if self.signals.caught:
            return 128 + self.signals.caught[0]
        status = self.child.returncode
        output = os.path.join(self.folder, "output")
        why = progress.reason(output, self.log)
        if status >= 0 and why in (progress.POWER_OFF, progress.RESTART):
            return 0
        if why:
            say(self.rc.origin(why, os.path.join(self.folder, "bochsrc"), self.machine.options.typed))
        elif status < 0:
            say(f"Bochs was ended by signal {-status} ({signal.Signals(-status).name})")
        else:
            last = progress.tail(output).strip().splitlines()
            say("Bochs ended without a reason" + (f": {last[-1]}" if last else ""))
        # Bochs always exits with 1.
        return 128 - status if status < 0 else status or NO_MACHINE


def own_folder():
    """A directory in TMPDIR for files of a machine; in /tmp, where that has a name too long for a control socket."""
    folder = tempfile.mkdtemp(prefix=PREFIX)
    if files.fits_socket(os.path.join(folder, CONTROL)):
        return folder
    os.rmdir(folder)
    return tempfile.mkdtemp(prefix=PREFIX, dir="/tmp")


def run(machine):
    try:
        folder = own_folder()
    except OSError as error:
        raise Refused(None, f"no temporary directory can be made (TMPDIR): {reason(error)}") from None
    try:
        this = Run(machine, folder)
        this.start()
        try:
            with this.raw_terminal():
                this.loop()
        finally:
            this.clean()
        return this.exit_status()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
