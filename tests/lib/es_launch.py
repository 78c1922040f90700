# SPDX-License-Identifier: LGPL-2.1-or-later
"""Live launches of SEV-ES guests with Debian's OVMF, and what others say of them: digests of
virtee/sev-snp-measure, libvirt's virt-qemu-sev-validate, and a script that has the offsets of FCW and
MXCSR in a VMSA and nothing else of this project."""
import base64
import hashlib
import hmac
import os
import shutil
import subprocess

from machine import Machine
from taplib import comment, equal, ok, read, run, skip

TIK, TEK = b"the owners TIK!!", b"the owners TEK!!"
API = (1, 55, 21)
POLICY = 5

# SHA-256 of the firmware, then the launch digest for each number of CPUs: sev-snp-measure --mode seves
# --vcpu-type EPYC-v4, without kernel hashes.
DIGESTS = {
    # Debian 12, ovmf 2022.11-6+deb12u2, OVMF.fd
    "7b456907": {1: "5bcbb5a45e7a9fa4699b6cc8f775382a810ff5a0186d3b90069ba28b1840b38f",
                 2: "5b1d28d8e8b3c2c9939d39bf18a7f05b16935279425c1c1e1ab19109acca9ffd",
                 4: "5f69b0f48cbd00c7bed859a9d597034d426b3a64a443674755132d833bf0e480"},
    # Debian 13, ovmf 2025.02, OVMF.fd
    "14954040": {1: "de406aa554e7b2d6a313c50e4e037236255a87480e9060aa974addc48d31735e",
                 2: "702d5c8309ec7a3b8754bbd019f4a75de88b1b2954adcfd028a3013f1449b0b6",
                 4: "d6af4e36a2325d906c66b490991d2bcd2daf38b08cd53b387ad5534d54b40891"},
}
EPYC_V4 = ("--vcpu-type", "EPYC-v4")
VALIDATE = shutil.which("virt-qemu-sev-validate")


class Launches:
    """The launches of one firmware; files are below `folder`."""

    def __init__(self, firmware, folder):
        self.firmware, self.folder = firmware, folder
        self.digests = DIGESTS.get(hashlib.sha256(read(firmware)).hexdigest()[:8])
        os.makedirs(folder)
        self.tik, self.tek = self.file("tik", TIK), self.file("tek", TEK)
        self.vmsas = [f"{folder}/vmsa0", f"{folder}/vmsa1"]
        self.expect = ["--api-major", str(API[0]), "--api-minor", str(API[1]), "--build-id", str(API[2]),
                       "--policy", str(POLICY), "--tik", self.tik, "--firmware", firmware]

    def file(self, name, data):
        with open(f"{self.folder}/{name}", "wb") as file:
            file.write(data)
        return f"{self.folder}/{name}"

    def measurement(self, cpus, host):
        """The measurement of a machine that waits before its first instruction, as text."""
        m = Machine(f"{self.folder}/{host}-{cpus}",
                    f"launch=wait, policy={POLICY}, vmsa={host}, cpu_signature=0x800f12, api={API[0]}.{API[1]}, "
                    f"build={API[2]}, tik={self.tik}, tek={self.tek}", bios=self.firmware,
                    lines=f"cpu: model=ryzen, count={cpus}, ips=50000000\n")
        m.value("qmp_capabilities")
        sev = m.value("query-sev")
        ok(sev and sev["policy"] == POLICY and sev["state"] == "launch-secret", f"{host}, {cpus} CPUs: query-sev", sev)
        text = (m.value("query-sev-launch-measure") or {}).get("data", "")
        m.ask("quit")
        ok(m.end(), "the machine ends", m.output())
        return text

    def is_measured(self, measurement, digest, name):
        """Compute the MAC of a launch digest here."""
        raw = base64.b64decode(measurement)
        message = bytes([4, *API]) + POLICY.to_bytes(4, "little") + bytes.fromhex(digest) + raw[32:]
        equal(raw[:32].hex(), hmac.new(TIK, message, "sha256").hexdigest(), name)

    def validate(self, measurement, *more):
        """libvirt's tool: its exit status and what it says."""
        p = subprocess.run(["/usr/bin/python3", VALIDATE, "--measurement", measurement, "--firmware", self.firmware,
                            "--api-major", str(API[0]), "--api-minor", str(API[1]), "--build-id", str(API[2]),
                            "--policy", str(POLICY), "--tik", self.tik, "--tek", self.tek, *more],
                           capture_output=True, text=True)
        return p.returncode, p.stdout + p.stderr

    def build_vmsas(self):
        """Files with the two VMSAs, by sevowner."""
        for path, more in zip(self.vmsas, ((), ("--ap", "--firmware", self.firmware))):
            code, _, err = run("vmsa", "build", *EPYC_V4, *more, path)
            ok(code == 0 and os.path.getsize(path) == 4096, f"sevowner vmsa build: {os.path.basename(path)}", err)

    def older_digest(self, cpus):
        """The digest of a host without FCW and MXCSR: two fields of the files are cleared, and all is hashed."""
        hashed = hashlib.sha256(read(self.firmware))
        for cpu in range(cpus):
            vmsa = bytearray(read(self.vmsas[cpu > 0]))
            vmsa[0x408:0x40C] = bytes(4)
            vmsa[0x410:0x412] = bytes(2)
            hashed.update(vmsa)
        return hashed.hexdigest()

    def owner(self, measurement, cpus, host, want):
        """sevowner predicts the digest and verifies the measurement."""
        args = [*self.expect, *EPYC_V4, "--num-cpus", str(cpus), "--vmsa-host", host, "--launch-measure-blob", measurement]
        code, out, err = run("measurement", "build", "--json", *args)
        ok(code == 0 and f'"launch_digest": "{want}"' in out, f"{host}, {cpus} CPUs: sevowner has this digest", out, err)
        code, _, err = run("measurement", "verify", *args)
        ok(code == 0, f"{host}, {cpus} CPUs: sevowner verifies it", err)
        code, _, err = run("measurement", "verify", *args, "--num-cpus", str(cpus + 1))
        ok(code == 1, f"{host}, {cpus} CPUs: sevowner refuses it for another CPU", err)

    def libvirt(self, measurement, cpus, host):
        """virt-qemu-sev-validate builds VMSAs of the older host; it takes others as files."""
        model = ("--cpu-family", "23", "--cpu-model", "1", "--cpu-stepping", "2", "--num-cpus")
        files = ("--vmsa-cpu0", self.vmsas[0], "--vmsa-cpu1", self.vmsas[1], "--num-cpus")
        right, wrong = (model, files) if host == "es_init" else (files, model)
        if not VALIDATE:
            skip(f"{host}, {cpus} CPUs: virt-qemu-sev-validate", "it is not installed")
            return
        code, text = self.validate(measurement, *right, str(cpus))
        ok(code == 0, f"{host}, {cpus} CPUs: virt-qemu-sev-validate accepts it", text)
        code, text = self.validate(measurement, *right, str(cpus + 1))
        ok(code == 1 and "does not match" in text, f"{host}, {cpus} CPUs: and not for another CPU", text)
        code, text = self.validate(measurement, *wrong, str(cpus))
        ok(code == 1 and "does not match" in text, f"{host}, {cpus} CPUs: and not of the other host", text)

    def check(self, cpus):
        if not self.digests:
            comment(f"{self.firmware} is not one of the builds whose digests are known")
        measurement = self.measurement(cpus, "init2")
        if self.digests:
            self.is_measured(measurement, self.digests[cpus], f"init2, {cpus} CPUs: the digest of sev-snp-measure")
            self.owner(measurement, cpus, "init2", self.digests[cpus])
        self.libvirt(measurement, cpus, "init2")
        measurement = self.measurement(cpus, "es_init")
        digest = self.older_digest(cpus)
        self.is_measured(measurement, digest, f"es_init, {cpus} CPUs: the digest of the changed VMSAs")
        self.owner(measurement, cpus, "es_init", digest)
        self.libvirt(measurement, cpus, "es_init")
