# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files of a run, line by line: bochs-sev-trace(5), bochs-sev-map(5), bochs-sev-sanitizer(7).

Their contents are hostile: a guest chooses much of them, and a machine that was killed leaves half a
line. The type and range of every value are checked here. Texts are not safe yet; page.py escapes
them. A wrong line is left out, with a message that names the file, the line and the reason.
"""
import json
import os

import looks

LINE_MAX = 16 << 20
EVENTS_MAX = 100_000        # of each file
TEXT_MAX = 400
PAGES_MAX = 1 << 24         # of RAM: 64 GiB
PAGE_MAX = 1 << 40          # 52 address bits
U64 = (1 << 64) - 1
U53 = (1 << 53) - 1         # a browser has larger integers only inexactly

COUNTERS_MAX = 64           # of the RMP

USES = tuple(look["key"] for look in looks.USES)


class Run:
    """The contents of all files."""

    def __init__(self):
        self.commands = []
        self.findings = []
        self.summary = None
        self.map = None      # the first line of the file of map_changes=
        self.steps = []      # the slices of that file
        self.end_usec = None
        self.exits = None    # of exits.py
        self.truncated = False
        self.ended = False   # the map's file has its last line
        self.counters = {}   # of the RMP, from that line: name, number
        self.bad = []        # messages


class Wrong(Exception):
    """One line is wrong; the text completes "FILE, line N: "."""


# --- values ---

def number(line, key, most=U64, default=None):
    value = line.get(key, default)
    if type(value) is not int or not 0 <= value <= most:
        raise Wrong(f"'{key}' is not a number from 0 to {most}")
    return value


def text(line, key, default=None):
    value = line.get(key, default)
    if not isinstance(value, str):
        raise Wrong(f"'{key}' is not a text")
    return value if len(value) <= TEXT_MAX else value[:TEXT_MAX] + "\u2026"


def address(line, key):
    """Hexadecimal text; None if the key is not there."""
    value = line.get(key)
    if value is None:
        return None
    # int() takes underscores, blanks and other scripts' digits too.
    if not isinstance(value, str) or not 1 <= len(value) <= 18 or value.strip("0123456789abcdefx"):
        raise Wrong(f"'{key}' is not an address")
    try:
        result = int(value, 16)
    except ValueError:
        raise Wrong(f"'{key}' is not an address") from None
    if result > U64:
        raise Wrong(f"'{key}' is not an address")
    return result


def hex_text(line, key, digits):
    """Hexadecimal digits, at most so many; "" if the key is not there."""
    value = line.get(key, "")
    if not isinstance(value, str) or len(value) > digits or value.strip("0123456789abcdef"):
        raise Wrong(f"'{key}' is not hexadecimal")
    return value


def truth(line, key):
    """True, False, or None if the key is not there."""
    value = line.get(key)
    if value is not None and not isinstance(value, bool):
        raise Wrong(f"'{key}' is neither true nor false")
    return value


def table(line, key):
    value = line.get(key)
    if not isinstance(value, dict):
        raise Wrong(f"'{key}' is not an object")
    return value


def array(line, key):
    value = line.get(key, [])
    if not isinstance(value, list):
        raise Wrong(f"'{key}' is not a list")
    return value


# --- lines ---

def no_constant(name):
    raise ValueError(name)


def parse(data):
    if len(data) > LINE_MAX:
        raise Wrong("longer than 16 MiB")
    try:
        line = json.loads(data.decode("utf-8"), parse_constant=no_constant)
    except UnicodeDecodeError:
        raise Wrong("not UTF-8") from None
    except (ValueError, RecursionError):
        raise Wrong("not a JSON object") from None
    if not isinstance(line, dict):
        raise Wrong("not a JSON object")
    return line


def whole_lines(file):
    """The bytes of each line; only the beginning of a line that is too long."""
    while True:
        data = file.readline(LINE_MAX + 1)
        if not data:
            return
        rest = data
        while rest and not rest.endswith(b"\n") and len(rest) > LINE_MAX:
            rest = file.readline(LINE_MAX + 1)
        if data.strip():
            yield data.rstrip(b"\r\n")
        else:
            yield b""


def read_lines(path, run, take):
    """Calls take(object, first) for each line."""
    name = os.path.basename(path)
    first = True
    with open(path, "rb") as file:
        for n, data in enumerate(whole_lines(file), 1):
            if not data:
                continue
            try:
                take(parse(data), first)
            except Wrong as wrong:
                run.bad.append(f"{name}, line {n}: {wrong}; left out")
            first = False
    if first:
        run.bad.append(f"{name}: empty")


def bounded(events, event):
    if len(events) >= EVENTS_MAX:
        raise Wrong(f"there are more than {EVENTS_MAX}")
    events.append(event)


# --- PSP command log ---

def region(line):
    if "region_addr" not in line:
        return None
    return {
        "name": text(line, "region_name", ""),
        "addr": number(line, "region_addr"),
        "len": number(line, "region_len"),
        "sha256": hex_text(line, "region_sha256", 64),
        "sha384": hex_text(line, "region_sha384", 96),
    }


def command(line):
    return {
        "command": text(line, "command"),
        "handle": number(line, "handle"),
        "context": number(line, "context") if "context" in line else 0,
        "status": text(line, "status"),
        "code": number(line, "status_code", 0xffff),
        "platform": (text(line, "platform_before"), text(line, "platform_after")),
        "state": (text(line, "state_before"), text(line, "state_after")),
        "usec": number(line, "usec"),
        "tick": number(line, "tick", U53) if "tick" in line else None,
        "region": region(line),
        "digest": hex_text(line, "launch_digest", 96),
    }


def read_trace(path, run):
    read_lines(path, run, lambda line, _: bounded(run.commands, command(line)))


# --- changes of memory ---

def map_start(line):
    if line.get("kind") != "map" or line.get("version") != 1:
        raise Wrong("not the first line of a map of version 1")
    start = {
        "page_size": number(line, "page_size", 1 << 30),
        "ram_pages": number(line, "ram_pages", PAGES_MAX),
        "ticks_per_second": number(line, "ticks_per_second", U53),
        "usec": number(line, "usec", U53),
    }
    for key in ("page_size", "ram_pages", "ticks_per_second"):
        if not start[key]:
            raise Wrong(f"'{key}' is 0")
    return start


def runs(line, key):
    """[first, pages, first, pages ...]"""
    flat = []
    for run in array(line, key):
        if not isinstance(run, list) or len(run) != 2 or any(type(n) is not int for n in run):
            raise Wrong(f"'{key}' is not a list of [first page, number of pages]")
        if not (0 <= run[0] < PAGE_MAX and 0 < run[1] <= PAGE_MAX):
            raise Wrong(f"'{key}' holds pages that there cannot be")
        flat += run
    return flat


def counters(line):
    """The counters of the RMP; a machine without SEV-SNP has none."""
    if "rmp" not in line:
        return {}
    numbers = table(line, "rmp")
    if len(numbers) > COUNTERS_MAX:
        raise Wrong(f"'rmp' has more than {COUNTERS_MAX} counters")
    return {name[:TEXT_MAX]: number(numbers, name) for name in numbers}


def read_map(path, run):
    def take(line, first):
        if first:
            run.map = map_start(line)
            run.end_usec = run.map["usec"]
            return
        if run.map is None:
            raise Wrong("the file does not begin with a map")
        usec = number(line, "usec", U53)
        if usec < run.end_usec:
            raise Wrong("time runs backwards")
        if "kind" not in line:
            step = (usec, number(line, "changes", U53), [runs(line, use) for use in USES])
            bounded(run.steps, step)
        elif line["kind"] == "truncated":
            run.truncated = True
        elif line["kind"] == "end":
            run.counters = counters(line)
            run.ended = True
        else:
            raise Wrong("'kind' is neither end nor truncated")
        run.end_usec = usec

    read_lines(path, run, take)


# --- sanitizer findings ---

def who(line, key):
    person = table(line, key)
    cpu = number(person, "cpu", 0xffff) if "cpu" in person else None
    return {
        "by": text(person, "by"),
        "tick": number(person, "tick", U53),
        "cpu": cpu,
        "rip": address(person, "rip"),
        "cpu0_rip": address(person, "cpu0_rip"),
        "symbol": text(person, "symbol", ""),
        "exact": truth(person, "exact"),
    }


def path_entry(entry):
    if not isinstance(entry, dict):
        raise Wrong("'walk' is not a list of objects")
    return {
        "level": number(entry, "level", 5),
        "at": address(entry, "at"),
        "value": address(entry, "value"),
        "cbit": truth(entry, "cbit"),
        "flags": text(entry, "flags", ""),
    }


def finding(line):
    walk = array(line, "walk")
    if len(walk) > 5:
        raise Wrong("'walk' has more than five entries")
    physical = address(line, "physical")
    if physical is None:
        raise Wrong("'physical' is missing")
    return {
        "kind": text(line, "kind"),
        "meaning": text(line, "meaning", ""),
        "view": text(line, "view"),
        "access": text(line, "access"),
        "length": number(line, "length", 1 << 32),
        "who": who(line, "who"),
        "writer": who(line, "writer") if "writer" in line else None,
        "physical": physical,
        "linear": address(line, "linear"),
        "entry": address(line, "entry"),
        "entry_at": address(line, "entry_at"),
        "entry_cbit": truth(line, "entry_cbit"),
        "changed_entry_at": address(line, "changed_entry_at"),
        "field": text(line, "field", ""),
        "exit": address(line, "exit"),
        "exit_words": text(line, "exit_words", ""),
        "walk": [path_entry(entry) for entry in walk],
        "code": hex_text(line, "code", 30),
        "disassembly": text(line, "disassembly", ""),
        "count": None,
    }


def summary(line):
    sites = []
    for site in array(line, "sites")[:EVENTS_MAX]:
        if not isinstance(site, dict):
            raise Wrong("'sites' is not a list of objects")
        sites.append((text(site, "kind"), text(site, "access"), text(site, "by"),
                      address(site, "site"), text(site, "field", ""), address(site, "exit"),
                      number(site, "count")))
    return {"reports": number(line, "reports"), "sites": sites,
            "others": number(line, "reports_of_other_sites", default=0)}


def site_of(found):
    """The key by which bochs-sev-sanitizer(7) counts."""
    maker = found["who"]
    if found["kind"] == "fetch-of-shared" and maker["rip"] is not None:
        at = maker["rip"] & ~15
    elif maker["by"] in ("cpu", "firmware"):
        at = maker["rip"]
    else:
        at = found["writer"]["rip"] if found["writer"] else 0
    return (found["kind"], found["access"], maker["by"], at, found["field"], found["exit"])


def read_findings(path, run):
    def take(line, _):
        if line.get("kind") == "summary":
            run.summary = summary(line)
        else:
            bounded(run.findings, finding(line))

    read_lines(path, run, take)
    counts = {site[:-1]: site[-1] for site in run.summary["sites"]} if run.summary else {}
    for found in run.findings:
        found["count"] = counts.get(site_of(found))
