# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which Bochs to run, and what it needs for gdb. The rest of the program uses these functions only."""
import os
import shutil
import subprocess

from errors import WRONG_USAGE, Refused


def find(here, name="bochs-sev"):
    """The program of that name in the directory of bochs-sev-run, else in PATH; None if there is none."""
    beside = os.path.join(here, name)
    return beside if os.access(beside, os.X_OK) and os.path.isfile(beside) else shutil.which(name)


def bochs(here):
    """The Bochs to run without gdb: $BOCHS_SEV, else the one that find() finds."""
    named = os.environ.get("BOCHS_SEV")
    path = shutil.which(named) if named else find(here)
    if not path:
        raise Refused("BOCHS_SEV" if named else None, f"there is no program '{named}'" if named else
                      "no bochs-sev beside bochs-sev-run or in PATH; name it with BOCHS_SEV", WRONG_USAGE)
    return path


def with_gdb(program, address, stop):
    """The Bochs that gdb can connect to, and its lines of the bochsrc. `program` is what bochs() returned, `address` a TCP
    port or unix:PATH, where it listens. `stop` is -S: the guest executes no instruction before gdb says so."""
    return program, [f'sev: gdb="{address}", gdb_wait={int(stop)}']


def cpu_models(program):
    """The names of CPU models that this Bochs has, from its --help cpu."""
    run = subprocess.run([program, "--help", "cpu"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20,
                         check=False)
    _, _, after = (run.stdout + run.stderr).partition("Supported CPU models:")
    return after.strip().split("\n\n")[0].split()
