# SPDX-License-Identifier: LGPL-2.1-or-later
"""Exits of a guest with SEV-ES: the file of exits=, bochs-sev-exits(5), as a table of counters.

The file has a line for each #VC and each VMGEXIT, and at its end a line for each kind of exit with its
number. A machine that was killed leaves only the former. The contents are hostile, as in reading.py.
"""
import os
import re

from reading import LINE_MAX, TEXT_MAX, U64, Wrong, whole_lines

KINDS_MAX = 1000            # a guest can use any number as an exit code
PLACES_MAX = 4096           # instructions that are counted, of each kind
KINDS = ("#VC", "VMGEXIT", "VMGEXIT MSR")
MSR_INFO = 0xfff            # bits of the GHCB MSR that say what a value is

HEX = "([0-9a-f]{1,16})"
EXIT = re.compile(
    rf"[0-9]{{1,20}} CPU [0-9]{{1,5}} {HEX} (?:"
    rf"(?P<vc>#VC) {HEX}|"
    rf"(?P<msr>VMGEXIT MSR) {HEX} -> {HEX}|"
    rf"(?P<page>VMGEXIT) {HEX} {HEX} {HEX} -> {HEX} {HEX}) \((.*)\)")
COUNTER = re.compile(rf"# (#VC|VMGEXIT|VMGEXIT MSR) {HEX} \((.*)\): ([0-9]{{1,20}})")
OTHERS = re.compile("# more kinds of exits: [0-9]{1,20}")


class Kind:
    """The exits of one kind with one code."""

    def __init__(self, name, code, words):
        self.name = name        # of KINDS
        self.code = code
        self.words = words      # "" if unknown
        self.lines = 0
        self.total = None       # what the end of the file says
        self.places = {}        # RIP: number of lines

    def number(self):
        return self.lines if self.total is None else self.total

    def busiest(self, most):
        """(RIP, lines) of the instructions with the most exits."""
        return sorted(self.places.items(), key=lambda place: (-place[1], place[0]))[:most]


class Exits:
    def __init__(self):
        self.kinds = {}
        self.together = False   # the emulator counted several kinds as one
        self.ended = False      # the file has its last lines

    def kind(self, name, code, words):
        key = (name, code)
        if key not in self.kinds:
            if len(self.kinds) >= KINDS_MAX:
                raise Wrong(f"there are more than {KINDS_MAX} kinds of exits")
            self.kinds[key] = Kind(name, code, words)
        return self.kinds[key]

    def in_order(self):
        """The most frequent first."""
        return sorted(self.kinds.values(),
                      key=lambda kind: (-kind.number(), KINDS.index(kind.name), kind.code))

    def number(self, *names):
        return sum(kind.number() for kind in self.kinds.values() if kind.name in names)


def short(words):
    return words if len(words) <= TEXT_MAX else words[:TEXT_MAX] + "\u2026"


def take_exit(exits, match):
    name = match["vc"] or match["msr"] or match["page"]
    rip = int(match[1], 16)
    if name == "#VC":
        code, words = int(match[3], 16), match[13]
    elif name == "VMGEXIT MSR":
        code, words = int(match[5], 16) & MSR_INFO, match[13]
    else:
        code, words = int(match[8], 16), match[13]
    kind = exits.kind(name, code, short(words))
    kind.lines += 1
    if rip in kind.places or len(kind.places) < PLACES_MAX:
        kind.places[rip] = kind.places.get(rip, 0) + 1


def take_counter(exits, match):
    total = int(match[4])
    if total > U64:
        raise Wrong("a number of exits is more than 64 bits")
    kind = exits.kind(match[1], int(match[2], 16), "")
    kind.words = short(match[3])
    kind.total = total
    exits.ended = True


def take(exits, data):
    if len(data) > LINE_MAX:
        raise Wrong("longer than 16 MiB")
    try:
        line = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Wrong("not UTF-8") from None
    if match := EXIT.fullmatch(line):
        take_exit(exits, match)
    elif match := COUNTER.fullmatch(line):
        take_counter(exits, match)
    elif OTHERS.fullmatch(line):
        exits.together = exits.ended = True
    else:
        raise Wrong("neither an exit nor a number of exits")


def disagreements(exits):
    """A message for each kind of which lines are missing, because of a full disk or an editor."""
    for kind in exits.in_order() if exits.ended else ():
        if kind.total is None and exits.together:
            continue
        if kind.lines != (kind.total or 0):
            yield (f"{kind.name} {kind.code:x}: there are {kind.lines} lines, but the end of the "
                   f"file says {kind.total or 0}")


def read_exits(path, run):
    name = os.path.basename(path)
    exits = run.exits = Exits()
    empty = True
    with open(path, "rb") as file:
        for n, data in enumerate(whole_lines(file), 1):
            if not data:
                continue
            empty = False
            try:
                take(exits, data)
            except Wrong as wrong:
                run.bad.append(f"{name}, line {n}: {wrong}; left out")
    if empty:
        run.bad.append(f"{name}: empty")
    run.bad += [f"{name}: {sentence}" for sentence in disagreements(exits)]
