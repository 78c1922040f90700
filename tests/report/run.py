# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs of a machine for the tests of the report: made up, with every kind of line, as large as one
wants; and what the pages of such a run are at a time, computed in the simplest way."""
import json
import random
import subprocess
import sys

import taplib

PROGRAM = taplib.SRCDIR + "/bochs-plugin/observe/report"
TPS = 50_000_000
PAGE = 4096
USES = ("untouched", "private", "shared", "mapped_shared", "rom", "devices")

HOSTILE = ("</script><script>window.pwned=1</script><img src=x onerror=window.pwned=1>"
           "'\"&<!--\u202e\u0000\ud800\"onfocus=window.pwned=1 x='${window.pwned=1}`")


def tick(usec):
    return usec * TPS // 1_000_000


def command(name, before, after, usec, **more):
    return {"command": name, "handle": 1, "status": "SUCCESS", "status_code": 0,
            "platform_before": "INIT", "platform_after": "WORKING", "state_before": before,
            "state_after": after, "usec": 12, "tick": tick(usec), **more}


def trace():
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    return [
        command("INIT", "UNINIT", "UNINIT", 0, handle=0),
        command("LAUNCH_START", "UNINIT", "LUPDATE", 0, launch_digest=digest),
        command("LAUNCH_UPDATE_DATA", "LUPDATE", "LUPDATE", 1, region_addr=0xf0000,
                region_len=0x10000, region_name="BIOS", region_sha256=digest,
                launch_digest=digest),
        command("LAUNCH_MEASURE", "LUPDATE", "LSECRET", 2),
        command("DBG_DECRYPT", "LSECRET", "LSECRET", 3, status="POLICY_FAILURE", status_code=7),
        command("LAUNCH_FINISH", "LSECRET", "RUNNING", 4),
    ]


def changes(slices, pages=65536, seed=1):
    """The lines of a map's file with that many slices, 1 ms apart."""
    draw = random.Random(seed)
    lines = [{"kind": "map", "version": 1, "page_size": PAGE, "ram_pages": pages,
              "ticks_per_second": TPS, "usec": 0}]
    for i in range(slices):
        line = {"usec": 1000 + i * 1000, "changes": draw.randrange(4)}
        for use in draw.sample(USES, 1 + draw.randrange(2)):
            line[use] = [[draw.randrange(pages - 64), 1 + draw.randrange(64)]
                         for _ in range(1 + draw.randrange(3))]
        lines.append(line)
    if slices > 1:
        lines[1]["rom"] = [[1048575, 1]]
    lines.append({"kind": "end", "usec": 1000 + slices * 1000,
                  "changes": sum(line["changes"] for line in lines[1:])})
    return lines


def pages_at(lines, usec):
    """The use of each page, line by line and page by page."""
    pages = [0] * lines[0]["ram_pages"]
    for line in lines[1:]:
        if line["usec"] <= usec:
            for use, name in enumerate(USES):
                for first, n in line.get(name, []):
                    for page in range(first, min(first + n, len(pages))):
                        pages[page] = use
    return pages


def findings(usec, **more):
    first = {
        "kind": "firmware-read-shared", "view": "shared", "access": "read", "length": 1,
        "meaning": "reads ciphertext: data of firmware and of the launch is private",
        "who": {"by": "cpu", "tick": tick(usec), "cpu": 0, "rip": "0xffffffff85b753a3"},
        "physical": "0xf9ea0", "linear": "0xffffcdd940041ea0", "entry": "0x80000000000f9163",
        "entry_at": "0x11ac208", "entry_cbit": False,
        "walk": [{"level": 4, "cbit": True, "at": "0x9210cd8", "value": "0x800001000067"},
                 {"level": 3, "cbit": True, "at": "0x1000b28", "value": "0x8000011ab067"},
                 {"level": 2, "cbit": True, "at": "0x11ab000", "value": "0x8000011ac067"},
                 {"level": 1, "cbit": False, "at": "0x11ac208", "value": "0x80000000000f9163",
                  "flags": "PW-AD G NX"}],
        "code": "0fb65f01", "disassembly": "movzx ebx, byte ptr ds:[rdi+1]",
        "writer": {"by": "firmware", "tick": 953109, "cpu": 0, "rip": "0xe2b7b", "exact": False},
        **more}
    second = {
        "kind": "device-read-of-private", "view": "shared", "access": "read", "length": 512,
        "who": {"by": "device", "tick": tick(usec + 1000), "cpu0_rip": "0x1000"},
        "physical": "0x2000000",
        "writer": {"by": "cpu", "tick": 5, "cpu": 1, "rip": "0x2000", "exact": True}}
    third = {
        "kind": "ghcb-field-not-valid", "view": "shared", "access": "read", "length": 8,
        "meaning": "the hypervisor refuses the exit",
        "who": {"by": "cpu", "tick": tick(usec + 2000), "cpu": 0, "rip": "0x3000"},
        "physical": "0x2001f8", "field": "RAX", "exit": "0x72", "exit_words": "CPUID"}
    total = {"kind": "summary", "reports": 9, "reports_of_other_sites": 1, "sites": [
        {"kind": "firmware-read-shared", "access": "read", "by": "cpu", "count": 7,
         "site": "0xffffffff85b753a3"},
        {"kind": "device-read-of-private", "access": "read", "by": "device", "count": 1,
         "site": "0x2000"},
        {"kind": "ghcb-field-not-valid", "access": "read", "by": "cpu", "count": 4, "site": "0x3000",
         "field": "RCX", "exit": "0x72"},
        {"kind": "ghcb-field-not-valid", "access": "read", "by": "cpu", "count": 5, "site": "0x3000",
         "field": "RAX", "exit": "0x72"}]}
    return [first, second, third, total]


def exits(last_lines=True):
    """The lines of a log of exits: two instructions execute CPUID, one of them by the MSR protocol."""
    lines = (["100 CPU 0 fffffff0 #VC 72 (CPUID)",
              "101 CPU 0 8001 VMGEXIT MSR 4 -> d00000005 (CPUID request)",
              "102 CPU 0 8001 VMGEXIT MSR 40000004 -> 6874754140000005 (CPUID request)"] +
             [f"{200 + i} CPU {i % 2} ffffffff81000000 #VC 72 (CPUID)" for i in range(5)] +
             ["300 CPU 1 ffffffff81000100 VMGEXIT 7b 3f80210 1 -> 0 2 (port I/O)"])
    return lines + ["# #VC 72 (CPUID): 6", "# VMGEXIT MSR 4 (CPUID request): 2",
                    "# VMGEXIT 7b (port I/O): 1"] * last_lines


def poisoned(value):
    """The same with every text replaced by a hostile one; keys and addresses stay."""
    if isinstance(value, dict):
        return {key: poisoned(item) if key not in ("kind", "by") or item not in ("map", "end", "summary")
                else item for key, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item) for item in value]
    if isinstance(value, str) and value.strip("0123456789abcdefx"):
        return HOSTILE
    return value


def save(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        for line in lines:
            file.write((line if isinstance(line, str) else json.dumps(line)) + "\n")
    return path


def report(*args):
    """(exit status, what it says to the user)."""
    p = subprocess.run([sys.executable, "-IB", PROGRAM, *args], capture_output=True, timeout=taplib.time_limit(120))
    return p.returncode, p.stderr.decode("utf-8", "replace")
