# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of `make check-guests` share: packages of Debian's archive, one guest run in each mode by
bochs-sev-run, and the rows of the table of results (table).

The current folder is the build folder; all that is fetched and made is in real-guests/ there.
"""
import fcntl
import json
import lzma
import os
import re
import shutil
import signal
import subprocess
import time

import taplib
from taplib import SRCDIR, bail_out, done_testing, need, ok, read_text
from taplib import SEV_RUN as RUN

WORK = "real-guests"
RUNS = f"{WORK}/run"
RESULTS = f"{WORK}/results"

# The modes: name in the table, and what of bochs-sev-run's options makes it.
MODES = {
    "stock": ["--no-sev"],
    "none": ["--sev", "encryption=none"],
    "aes": ["--sev", "encryption=aes"],
    "sanitize": ["--sev", "encryption=aes", "--sev", "sanitize=report"],
    "es": ["--sev", "policy=5"],
    "snp": ["--sev", "snp=1"],
    "host": ["--sev", "mode=host"],
}
PLAIN = ("stock", "none", "aes", "sanitize")  # without a firmware that supports SEV-ES


# --- what guests are made of ---


class lock:
    """Only one test at a time makes a thing; the others wait for it."""

    def __init__(self, name):
        os.makedirs(WORK, exist_ok=True)
        self.path = f"{WORK}/{name}.lock"

    def __enter__(self):
        self.file = open(self.path, "w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def make(name, command, **options):
    """Runs what makes a thing; if it fails, so does the test, with the end of what was said."""
    os.makedirs(WORK, exist_ok=True)
    log = f"{WORK}/{name}.log"
    with open(log, "w") as file:
        status = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, **options).returncode
    if status:
        bail_out(f"{name} could not be made (whole log: {log})", *read_text(log).splitlines()[-15:])


def own_release():
    """The name of the Debian release that this machine has."""
    return dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', read_text("/etc/os-release"), re.M)).get("VERSION_CODENAME", "")


def packages(*names, suite=""):
    """The folder into which these packages of Debian's archive are unpacked; suite is another release."""
    suite = "" if suite == own_release() else suite
    root = f"{WORK}/packages{'-' + suite if suite else ''}"
    with lock(os.path.basename(root)):
        make(f"packages-{names[0]}", [f"{SRCDIR}/tests/real/packages", root, suite or "-", *names])
    return root


def depends(package, pattern, suite=""):
    """The first package that PACKAGE depends on and whose name is PATTERN: a kernel, from its metapackage."""
    suite = "" if suite == own_release() else suite
    root = f"{WORK}/packages{'-' + suite if suite else ''}"
    with lock(os.path.basename(root)):
        make(f"depends-{package}", [f"{SRCDIR}/tests/real/packages", "-d", root, suite or "-", package])
    names = re.findall(r"^ *Depends: (\S+)", read_text(f"{WORK}/depends-{package}.log"), re.M)
    names = [name for name in names if re.fullmatch(pattern, name)]
    if not names:
        bail_out(f"APT has no package {package} (run apt-get update)")
    return names[0]


def debian_kernel(suite, kind=""):
    """The path of a release's kernel; the kind is "cloud-", or "" for the generic one."""
    package = depends(f"linux-image-{kind}amd64", rf"linux-image-\d.*{kind}amd64", suite=suite)
    return f"{packages(package, suite=suite)}/boot/vmlinuz-{package.removeprefix('linux-image-')}"


def ovmf(suite):
    """The path of a release's firmware for SEV-ES."""
    return f"{packages('ovmf', suite=suite)}/usr/share/ovmf/OVMF.fd"


def ovmf_code(suite):
    """The path of a release's firmware whose variables are in another file."""
    return f"{packages('ovmf', suite=suite)}/usr/share/OVMF/OVMF_CODE_4M.fd"


def amdsev():
    """The path of the AmdSev build of Debian 13's OVMF, or None and why there is none."""
    folder, script = "ovmf-amdsev-13", f"{SRCDIR}/tests/ovmf/amdsev-build"
    p = subprocess.run(["flock", script, script, folder, "trixie"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if p.returncode == 77:
        return None, p.stdout.strip()
    if p.returncode:
        bail_out("OVMF's AmdSev build cannot be made", *p.stdout.splitlines()[-10:])
    return f"{folder}/OVMF.amdsev.fd", ""


def mirror(suite):
    """The line of sources.list for a release, from the machine's own APT configuration."""
    text = subprocess.run(["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)"],
                          capture_output=True, text=True).stdout
    for line in text.splitlines():
        release, uri = line.split()
        if release == suite:
            return [f"deb {uri} {suite} main"]
    return []  # mmdebstrap's default


def linux_guest():
    """The folder with the busybox initramfs that bochsrc-examples/linux/make-iso makes."""
    taplib.linux_image()
    return "linux-guest"


def copy_modules(kernel_root, release, modules, folder):
    """Copies those of the kernel's modules that are files of their own to FOLDER, and their order to the file `order`."""
    there = []
    os.makedirs(folder)
    for parent, _, files in os.walk(f"{kernel_root}/lib/modules/{release}/kernel"):
        for module in modules:
            if f"{module}.ko" in files:
                shutil.copy(f"{parent}/{module}.ko", folder)
                there.append(module)
            elif f"{module}.ko.xz" in files:
                with lzma.open(f"{parent}/{module}.ko.xz") as packed, open(f"{folder}/{module}.ko", "wb") as file:
                    shutil.copyfileobj(packed, file)
                there.append(module)
    with open(f"{folder}/order", "w") as file:
        print(*[module for module in modules if module in there], file=file)


def archive(name, folder, path, compress="cat"):
    """An initramfs of all that is in FOLDER."""
    make(name, ["sh", "-c", f"cd {folder} && find . | LC_ALL=C sort | {os.path.abspath(linux_guest())}/root/bin/busybox "
                f"cpio -o -H newc 2>/dev/null | {compress} >{os.path.abspath(path)}"])


def program_initrd(name, kernel, test, program, modules, init=""):
    """An initramfs for KERNEL: busybox, tests/real/INIT.init (TEST.init) as the first process, TEST.c as /PROGRAM, MODULES."""
    folder = f"{WORK}/{name}"
    root, release = kernel.split("/boot/vmlinuz-")
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("bin", "dev", "proc", "sys"):
        os.makedirs(f"{folder}/{part}")
    shutil.copy(f"{linux_guest()}/root/bin/busybox", f"{folder}/bin/busybox")
    shutil.copy(f"{SRCDIR}/tests/real/{init or test}.init", f"{folder}/init")
    os.chmod(f"{folder}/init", 0o755)
    copy_modules(root, release, modules, f"{folder}/modules")
    make(f"{name}-program", ["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-static", "-o", f"{folder}/{program}",
                             f"{SRCDIR}/tests/real/{test}.c"])
    archive(f"{name}-archive", folder, f"{folder}.initrd")
    return f"{folder}.initrd"


def complaints(said, *more):
    """Lines in which Linux, or what runs in it, complains; MORE are patterns of this guest."""
    words = "|".join(("general protection", "BUG", "Oops", "Call Trace", "segfault", "timed out", *more))
    return re.findall(f".*(?:{words}).*", said)


# --- a host of SEV guests, that of the examples ---


def cloud_host(name, suite):
    """The folder with a host of that Debian release: vmlinuz, initrd."""
    folder, root = f"{WORK}/{name}", packages("busybox-static", suite=suite)
    command = [f"{SRCDIR}/bochsrc-examples/cloud/make-host", folder]
    if suite != own_release():
        command = [f"{SRCDIR}/cpu-ext/patches/debian-release", f"{root}/.apt", suite, "deb", *command]
    os.makedirs(folder, exist_ok=True)
    if not os.path.lexists(f"{folder}/root"):
        os.symlink(os.path.abspath(root), f"{folder}/root")
    with lock(os.path.basename(root)):
        make(f"{name}-make-host", command)
    return folder


def cloud_initrd(folder, files, steps):
    """The path of its initramfs with more FILES (name there: path), and the program `steps`, which runs shell commands."""
    more = f"{folder}/more"
    shutil.rmtree(more, ignore_errors=True)
    for to, path in files.items():
        os.makedirs(os.path.dirname(f"{more}/{to}"), exist_ok=True)
        shutil.copy(path, f"{more}/{to}")
    os.makedirs(f"{more}/bin", exist_ok=True)
    with open(f"{more}/bin/steps", "w") as file:
        file.write("#!/bin/busybox sh\n" + "".join(f'{step}\necho "SEV-HOST: step ended with $?"\n' for step in steps))
    os.chmod(f"{more}/bin/steps", 0o755)
    archive(f"{os.path.basename(folder)}-archive", more, f"{folder}/more.cpio")
    with open(f"{folder}/initrd.all", "wb") as file:
        file.write(taplib.read(f"{folder}/initrd") + taplib.read(f"{folder}/more.cpio"))
    return f"{folder}/initrd.all"


# --- one run ---


class Result:
    """A run: what the guest said, Bochs's log, and the figures for the table."""

    def __init__(self, guest, mode, folder):
        self.guest, self.mode, self.folder = guest, mode, folder
        self.reached = self.hung = False
        self.wall = self.cpu = 0.0
        self.status = None
        self.why = ""

    def finish(self):
        self.said = read_text(f"{self.folder}/said")
        self.log = read_text(f"{self.folder}/log")
        ticks = re.findall(r"^(\d+)[a-z]\[", self.log, re.M)
        self.ticks = int(ticks[-1]) if ticks else 0
        conversions = re.findall(r"\bpages?\b.*; (\d+) (?:changes|conversions)\b", self.log)
        self.conversions = int(conversions[-1]) if conversions else None
        reports = re.findall(r"sanitizer: (\d+) (?:report|finding)s?", self.log)
        self.reports = int(reports[-1]) if reports else None

    def where(self):
        """RIP of each CPU at the end, from the registers that Bochs writes to its log."""
        return re.findall(r"\[CPU(\d+) *\] \| *[ER]IP=([0-9a-f]+)", self.log)

    def tail(self, lines=12):
        """The end of all that was said, for a failed test point."""
        errors = read_text(f"{self.folder}/errors")
        cpus = ["CPU %s at RIP %s" % where for where in self.where()]
        return "\n".join((self.said + errors).splitlines()[-lines:] + cpus)

    def row(self):
        return {
            "guest": self.guest, "mode": self.mode, "reached": self.reached, "ticks": self.ticks,
            "wall": round(self.wall, 2), "cpu": round(self.cpu, 2), "conversions": self.conversions,
            "reports": self.reports, "why": self.why,
        }


def run_command(result, command, until, seconds, stop):
    """Runs a command that boots the guest of RESULT, see run(). Fills in RESULT."""
    folder = result.folder
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    with open(f"{folder}/command", "w") as file:
        print(*command, file=file)
    before, start = os.times(), time.monotonic()
    with open(f"{folder}/said", "wb") as said, open(f"{folder}/errors", "wb") as errors:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=errors, start_new_session=True,
            env={**os.environ, "BOCHS_SEV": os.path.abspath("bochs-sev")})
    try:
        watch(result, child, until, seconds, stop, start)
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
        result.status = child.wait()
    after = os.times()
    result.cpu = (after.children_user + after.children_system
                  - before.children_user - before.children_system)
    result.finish()


def run(guest, mode, arguments, until, seconds=150, stop=True, name=None):
    """Boots a guest until it says what the pattern UNTIL says and, without STOP, has ended by itself. A guest
    that does not is stopped after that many seconds of CPU time, whatever else the machine has to do;
    Result.where() then says where its CPUs were."""
    result = Result(guest, mode, f"{RUNS}/{name or f'{guest}-{mode}'}")
    run_command(result, [RUN, *arguments, *MODES[mode], "--log", f"{result.folder}/log"], until, seconds, stop)
    return result


def unlock(disk):
    """Removes what a Bochs that was killed left beside its disk."""
    if os.path.exists(f"{disk}.lock"):
        os.unlink(f"{disk}.lock")


def cpu_seconds(session):
    """CPU time of all processes of a session that still live."""
    ticks = 0
    for process in os.listdir("/proc"):
        if process.isdigit():
            fields = read_text(f"/proc/{process}/stat").rpartition(")")[2].split()
            if len(fields) > 12 and fields[3] == str(session):
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def watch(result, child, until, seconds, stop, start):
    """Waits for the end of a run, and notes when the guest had said what is waited for."""
    pattern, said = re.compile(until, re.M), f"{result.folder}/said"
    looked = start
    while True:
        ended = child.poll() is not None
        now = time.monotonic()
        if not result.reached and pattern.search(read_text(said)):
            result.reached, result.wall = True, now - start
        if ended or (result.reached and stop):
            break
        if now - looked > 2:
            looked = now
            result.hung = cpu_seconds(child.pid) > seconds or now - start > 30 * seconds
            if result.hung:
                break
        time.sleep(0.05)
    if not result.reached:
        result.wall = time.monotonic() - start


def record(name, results):
    """Rows of the table of results, for the script `table`."""
    os.makedirs(RESULTS, exist_ok=True)
    with open(f"{RESULTS}/{name}.json", "w") as file:
        json.dump([result.row() for result in results], file, indent=1)


def cloud_run(name, folder, files, steps, until=r"reboot: Power down", seconds=150, stop=False, append="", more=()):
    """Boots the host of cloud_host() in FOLDER with FILES and STEPS of cloud_initrd(); see run()."""
    return run(name, "host", ["--kernel", f"{folder}/vmlinuz", "--initrd", cloud_initrd(folder, files, steps), "-m", "1024", "--append",
                              f"console=ttyS0 {append}cryptomgr.notests run=steps", *more], until, seconds=seconds, stop=stop)


# --- direct kernel boot ---

USERSPACE = r"^SEV-GUEST: userspace reached"


def make_cd(name, files, label):
    """A CD whose isolinux boots what LABEL says of FILES: {name on the CD: path}."""
    need("xorriso", "xorriso")
    folder = f"{WORK}/{name}-cd"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    bios = f"{linux_guest()}/root/usr/lib/syslinux/modules/bios"
    files = {"isolinux.bin": "linux-guest/root/usr/lib/ISOLINUX/isolinux.bin", "ldlinux.c32": f"{bios}/ldlinux.c32",
             "mboot.c32": f"{bios}/mboot.c32", "libcom32.c32": f"{bios}/libcom32.c32", **files}
    for to, path in files.items():
        shutil.copy(path, f"{folder}/{to}")
    with open(f"{folder}/isolinux.cfg", "w") as file:
        file.write(f"DEFAULT it\nPROMPT 0\nTIMEOUT 0\nLABEL it\n{label}")
    make(f"{name}-cd", ["xorriso", "-as", "mkisofs", "-quiet", "-o", f"{folder}.iso", "-b", "isolinux.bin",
                        "-c", "boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", folder])
    return f"{folder}.iso"


def linux(name, kernel, megs=512):
    """The test of one Debian kernel, in all modes: to userspace and to power-off."""
    initrd = f"{linux_guest()}/iso/initrd.gz"
    append = "console=ttyS0,115200 quiet cryptomgr.notests"
    # Without SEV there is no kernel=.
    cd = make_cd(name, {"vmlinuz": kernel, "initrd.gz": initrd},
                 f"  KERNEL vmlinuz\n  INITRD initrd.gz\n  APPEND {append}\n")
    direct = ["--kernel", kernel, "--initrd", initrd, "--append", append]
    results = []
    for mode in PLAIN:
        boot = ["--cdrom", cd] if mode == "stock" else direct
        result = run(name, mode, [*boot, "-m", str(megs)], USERSPACE, stop=False)
        results.append(result)
        ok(result.reached, f"{mode}: userspace", result.tail())
        ok(not result.hung and "reboot: Power down" in result.said, f"{mode}: power off", result.tail())
        active = "Memory Encryption Features active: AMD SEV" in result.said
        ok(active == (mode != "stock"), f"{mode}: memory encryption is {'on' if active else 'off'}", result.tail())
    record(name, results)
    done_testing()
