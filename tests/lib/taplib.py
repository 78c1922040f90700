# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library of the Python tests: points in TAP, time limits, the build's programs. tap.sh is the same
for the shell, with the same names.

`make check` starts tests in the build directory with srcdir and PYTHONPATH set, several at a time and in
any order. So a test writes only below a directory of its own."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SRCDIR = os.path.abspath(os.environ.get("srcdir", "."))
BOCHS = os.environ.get("BOCHS_SEV", "./bochs-sev")
BIOS = os.environ.get("BOCHS_BIOS", "/usr/share/bochs/BIOS-bochs-latest")
VGABIOS = os.environ.get("BOCHS_VGABIOS", "/usr/share/vgabios/vgabios.stdvga.bin")
SEV_RUN = os.path.abspath("bochs-sev-run")
SEVOWNER = os.path.abspath("sevowner")
RUN_GUEST = f"{SRCDIR}/tests/run-guest"
_count = 0
_failed = 0

# A suite in the background of a shell ignores SIGINT, and one under nohup SIGHUP. The programs that tests start must not.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


# --- points ---


def ok(good, name, *notes):
    """One point. The notes are printed if it failed."""
    global _count, _failed
    _count += 1
    _failed += not good
    print(f"{'ok' if good else 'not ok'} {_count} - {name}")
    if not good:
        comment(*notes)
    sys.stdout.flush()
    return good


def equal(got, want, name):
    return ok(got == want, name, f"got  {got!r}", f"want {want!r}")


def comment(*notes):
    for note in notes:
        for line in str(note).splitlines():
            print(f"# {line}")


def skip(name, why):
    """A point that cannot be checked on this machine."""
    global _count
    _count += 1
    print(f"ok {_count} - {name} # SKIP {why}")


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def bail_out(why, *notes):
    """End the test, because it cannot even begin."""
    comment(*notes)
    print(f"Bail out! {why}")
    sys.exit(99)


def done_testing():
    print(f"1..{_count}")
    sys.exit(1 if _failed else 0)


def need(program, package):
    """Skip the test if the program is not installed."""
    if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
        skip_all(f"{program} is not installed (Debian: {package})")


def need_file(path, package):
    """The same for a file."""
    if not os.access(path, os.R_OK):
        skip_all(f"there is no {path} (Debian: {package})")


# --- time limits, which only stop what hangs: TIMEOUT_FACTOR scales all of them ---


def time_limit(seconds):
    return seconds * int(os.environ.get("TIMEOUT_FACTOR", "5"))


def wait_for(seconds, condition):
    """Call `condition` until it returns true; false after that time."""
    until = time.monotonic() + time_limit(seconds)
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_limit(seconds):
    """The whole test must end in that time. Machines that it started end with it (machine.py)."""
    def late(*_):
        bail_out(f"the test did not end in {time_limit(seconds)} seconds")
    signal.signal(signal.SIGALRM, late)
    signal.alarm(time_limit(seconds))


# --- files ---


def scratch(path):
    """The directory, empty; its name."""
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def read(path):
    """A file's bytes, none if there is no file."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def read_text(path):
    """A guest's output without carriage returns and zero bytes."""
    return plain_text(read(path))


def plain_text(data):
    return data.replace(b"\r", b"").replace(b"\0", b"").decode(errors="replace")


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


# --- programs ---


def run(*args, cwd=None):
    """sevowner ARGS: (exit status, standard output, standard error)."""
    p = subprocess.run([SEVOWNER, *map(str, args)], capture_output=True, text=True, cwd=cwd,
                       timeout=time_limit(120))
    return p.returncode, p.stdout, p.stderr


def run_json(*args, cwd=None):
    """The same with --json: (exit status, object)."""
    code, out, err = run(*args, "--json", cwd=cwd)
    try:
        return code, json.loads(out)
    except ValueError:
        return code, {"not json": out, "stderr": err}


def linux_image(*args):
    """linux-guest/NAME.iso, see the script of that name; skip the test if it cannot be made."""
    made = subprocess.run([f"{SRCDIR}/tests/lib/linux-image", *args], capture_output=True, text=True,
                          env={**os.environ, "srcdir": SRCDIR})
    if made.returncode == 77:
        skip_all("the kernel comes from Debian's archive, by apt-get")
    if made.returncode:
        bail_out("the Linux image cannot be made", made.stdout, made.stderr)


def vector(file, name):
    """The bytes of NAME in a file of tests/vectors."""
    found = re.search("^%s = ([0-9a-f]*)$" % name, read_text(os.path.join(SRCDIR, "tests/vectors", file)), re.M)
    return bytes.fromhex(found.group(1))


class Folder:
    """A temporary directory with files in it."""

    def __init__(self):
        self._dir = tempfile.TemporaryDirectory(prefix="sevowner-")
        self.path = self._dir.name

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def write(self, name, data):
        return write(self / name, data)

    def read(self, name):
        with open(self / name, "rb") as f:
            return f.read()
