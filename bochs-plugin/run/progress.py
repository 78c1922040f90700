# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Bochs's log says for the user: the steps of the launch while the machine starts, and at the end why it ended."""
import os
import re

POWER_OFF = "ACPI control: soft power off"
RESTART = "the guest restarts the machine"
TAIL = 1 << 18  # bytes of a log that are searched for its last message

STEPS = (
    (re.compile(r"\[SEV *\] LAUNCH_UPDATE_DATA .*\+(0x[0-9a-f]+) (.*)\] .*: SUCCESS"),
     lambda m: f"{int(m[1], 16) // 1024} KiB encrypted and measured: {m[2]}"),
    (re.compile(r"\[SEV *\] launch measurement (.*)"), lambda m: f"measurement {m[1]}"),
    (re.compile(r"\[SEV *\] LAUNCH_FINISH .*: SUCCESS"), lambda m: START),
)
START = "the guest starts"
OTHERS = re.compile(r"\[SEV *\] C-bit .* launch by the guest")
WAITS = re.compile(r"\[SEV *\] the machine waits for `cont`")


def step(line):
    """The sentence for one line of the log, or None."""
    for pattern, sentence in STEPS:
        match = pattern.search(line)
        if match:
            return sentence(match)
    return None


class Watch:
    """Reads a log while it is written. `active` is false when nothing of interest follows."""

    def __init__(self, path, steps, control):
        self.path, self.steps, self.control = path, steps, control
        self.active, self.position, self.rest = True, 0, ""

    def read(self):
        """New sentences."""
        if not os.path.isfile(self.path):
            return []
        try:
            with open(self.path, "rb") as file:
                file.seek(self.position)
                data = file.read(1 << 20)
        except OSError:
            return []
        self.position += len(data)
        lines = (self.rest + data.decode(errors="replace").replace("\0", "")).split("\n")
        self.rest = lines.pop()
        return [sentence for line in lines for sentence in self.sentences(line)]

    def sentences(self, line):
        if not self.active:
            return
        if OTHERS.search(line):
            self.active = False
        elif WAITS.search(line) and self.control:
            yield f"the machine waits before its first instruction; `cont` at the control socket '{self.control}' starts it"
        else:
            sentence = step(line)
            self.active = sentence != START
            if sentence and self.steps:
                yield sentence


def tail(path):
    if not os.path.isfile(path):
        return ""
    try:
        with open(path, "rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - TAIL, 0))
            return file.read().replace(b"\0", b"").decode(errors="replace")
    except OSError:
        return ""


def reason(*paths):
    """The last message that says why Bochs ended, or None. Bochs after 3.0 names the exception of a triple fault in a
    warning before the panic."""
    found = None
    for line in "\n".join(tail(path) for path in paths).splitlines():
        if ">>PANIC<< triple fault:" in line:
            continue
        match = re.search(r">>PANIC<< (.*)", line) or re.match(r"\d*w\[CPU.*?\] (exception\(\): 3rd .*)", line)
        found = match[1].rstrip() if match else found
    return found
