# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the Python tests share: TAP on standard output, and running sevowner from the build folder."""
import json
import os
import subprocess
import sys
import tempfile

SEVOWNER = os.path.abspath("sevowner")
_count = 0
_failed = 0


def skip_all(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def ok(good, name, *notes):
    global _count, _failed
    _count += 1
    _failed += not good
    print(f"{'ok' if good else 'not ok'} {_count} - {name}")
    if not good:
        for note in notes:
            for line in str(note).splitlines():
                print(f"# {line}")
    return good


def equal(got, want, name):
    return ok(got == want, name, f"got  {got!r}", f"want {want!r}")


def done():
    print(f"1..{_count}")
    sys.exit(1 if _failed else 0)


def run(*args, cwd=None):
    """sevowner ARGS: (exit status, standard output, standard error)."""
    p = subprocess.run([SEVOWNER, *map(str, args)], capture_output=True, text=True, cwd=cwd,
                       timeout=120)
    return p.returncode, p.stdout, p.stderr


def run_json(*args, cwd=None):
    """The same with --json: (exit status, object)."""
    code, out, err = run(*args, "--json", cwd=cwd)
    try:
        return code, json.loads(out)
    except ValueError:
        return code, {"not json": out, "stderr": err}


class Folder:
    """A temporary folder with files in it."""

    def __init__(self):
        self._dir = tempfile.TemporaryDirectory(prefix="sevowner-")
        self.path = self._dir.name

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def write(self, name, data):
        with open(self / name, "wb") as f:
            f.write(data)
        return self / name

    def read(self, name):
        with open(self / name, "rb") as f:
            return f.read()
