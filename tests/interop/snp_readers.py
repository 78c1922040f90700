# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules of three other readers of attestation reports and certificates, written again from their sources. A
function returns nothing, or raises Refused with the reason.

  gosev     google/go-sev-guest af1c107: abi/abi.go ReportToProto(), ValidateReportFormat(), ParseSnpPolicy(),
            ParseSnpPlatformInfo(), ParseSignerInfo(), ParseSnpCertTableHeader(); kds/kds.go kdsOidMap(),
            kdsOidMapToExtensions(), ComposeTCBParts(), ParseProductName(); verify/verify.go
            validateKDSCertificateProductNonspecific(), validateRootX509(), validateKDSCertIssuer()
  virtee    virtee/sev 9cf2adb: src/firmware/guest/types/snp.rs AttestationReport::decode()
  snpguest  virtee/snpguest d3a2aed: src/fetch.rs get_processor_model(), src/verify.rs verify_attestation_tcb(),
            check_cert_bytes()
"""
import warnings
from struct import unpack_from

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

warnings.filterwarnings("ignore")  # of serial numbers that are 0, as in each VCEK of AMD's

AMD = "1.3.6.1.4.1.3704.1."
LOCATION = {"2.5.4.6": "US", "2.5.4.7": "Santa Clara", "2.5.4.8": "CA", "2.5.4.10": "Advanced Micro Devices",
            "2.5.4.11": "Engineering"}
LEGACY_TCB, TURIN_TCB = {"bl": 0, "tee": 1, "snp": 6, "ucode": 7}, {"fmc": 0, "bl": 1, "tee": 2, "snp": 3, "ucode": 7}


class Refused(Exception):
    pass


def need(good, why):
    if not good:
        raise Refused(why)


def zero(data, low, high):
    need(not any(data[low:high]), f"bytes {low:#x} to {high:#x} are not zero")


def number(data, at, size):
    return int.from_bytes(data[at:at + size], "little")


# --- google/go-sev-guest ---


def gosev_report(r):
    version, policy, platform, signer = number(r, 0, 4), number(r, 8, 8), number(r, 0x40, 8), number(r, 0x48, 4)
    need(len(r) >= 0x4A0, "size")
    need(2 <= version <= 5, "version")
    need(policy >> 17 & 1, "policy bit 17")
    need(policy >> 26 == 0, "policy above bit 25")
    need(not platform >> 6 & 1 and platform >> 8 == 0, "platform info")
    need(signer >> 5 == 0 and signer >> 2 & 7 in (0, 1, 7), "signer info")
    zero(r, 0x4C, 0x50)
    zero(r, 0x18B if version >= 3 else 0x188, 0x1A0)
    zero(r, 0x1EB, 0x1EC)
    zero(r, 0x1EF, 0x1F0)
    zero(r, 0x208, 0x2A0)
    need(number(r, 0x34, 4) == 1, "signature algorithm")
    zero(r, 0x2A0 + 2 * 72, 0x4A0)


def amd_name(name, common):
    for oid, value in LOCATION.items():
        got = [a.value for a in name if a.oid.dotted_string == oid]
        need(got == [value], f"{oid} is {got}")
    got = [a.value for a in name if a.oid.dotted_string == "2.5.4.3"]
    need(got == [common], f"common name is {got}")


def extensions(cert):
    return {e.oid.dotted_string: e.value.value for e in cert.extensions if e.oid.dotted_string.startswith(AMD)}


def gosev_u8(value):
    """encoding/asn1: an INTEGER of the least size."""
    need(value is not None and value[0] == 2 and value[1] == len(value) - 2 and len(value) >= 3, "no INTEGER")
    need(len(value) == 3 or value[2] != 0 or value[3] & 0x80, "INTEGER is not minimal")
    result = int.from_bytes(value[2:], "big", signed=True)
    need(0 <= result <= 255, "level")
    return result


def gosev_ia5(value):
    need(value is not None and value[0] == 0x16 and value[1] == len(value) - 2, "no IA5String")
    return value[2:].decode("ascii")


def gosev_leaf(der, line, loaded, version):
    """`version` is that of the report. Return (TCB, chip id or provider)."""
    cert = x509.load_der_x509_certificate(der)
    need(cert.version == x509.Version.v3, "version")
    need(cert.signature_algorithm_oid.dotted_string == "1.2.840.113549.1.1.10", "not RSASSA-PSS")
    key = cert.public_key()
    need(isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp384r1", "key")
    amd_name(cert.subject, "SEV-VLEK" if loaded else "SEV-VCEK")
    amd_name(cert.issuer, f"SEV-VLEK-{line}" if loaded else f"SEV-{line}")
    found = {}
    for e in cert.extensions:
        oid = e.oid.dotted_string
        if oid == "2.5.29.35":
            continue
        need(oid in {AMD + n for n in ("1", "2", "4", "5", *(f"3.{i}" for i in range(1, 9)))}, f"not an AMD KDS OID: {oid}")
        found[oid[len(AMD):]] = e.value.value
    gosev_u8(found.get("1"))
    product = gosev_ia5(found.get("2"))
    # validateExtensions(): from version 3 on the report says what the line is.
    need(version >= 3 or product in ([line] if loaded else {"Milan": ["Milan-B0", "Milan-B1"], "Genoa": ["Genoa-B0", "Genoa-B1", "Genoa-B2"],
                                            "Turin": ["Turin-B0", "Turin-B1"]}[line]), f"product {product}")
    levels = [gosev_u8(found.get(f"3.{i}")) for i in (1, 2, 4, 5, 6, 7, 3, 8)]
    need(max(levels[:7]) <= 127, "only the microcode's level may be above 127")
    if loaded:
        need("4" not in found, "HWID in a VLEK")
        return int.from_bytes(bytes(levels), "little"), gosev_ia5(found.get("5"))
    need("5" not in found and len(found.get("4", b"")) == 64, "HWID")
    return int.from_bytes(bytes(levels), "little"), found["4"]


def gosev_root(der, line, role):
    cert = x509.load_der_x509_certificate(der)
    common = {"ARK": f"ARK-{line}", "ASK": f"SEV-{line}", "ASVK": f"SEV-VLEK-{line}"}[role]
    need(cert.version == x509.Version.v3, "version")
    amd_name(cert.issuer, f"ARK-{line}")
    amd_name(cert.subject, common)
    points = [n.value for e in cert.extensions if e.oid.dotted_string == "2.5.29.31"
              for p in e.value for n in p.full_name]
    need(points == [f"https://kdsintf.amd.com/{'vlek' if role == 'ASVK' else 'vcek'}/v1/{line}/crl"], f"CRL at {points}")


def gosev_table(table):
    """Return {GUID as text: certificate}."""
    found, at = {}, 0
    while True:
        need(at + 24 <= len(table), "no end")
        guid = table[at:at + 16].hex()
        offset, length = unpack_from("<II", table, at + 16)
        at += 24
        if not (int(guid, 16) or offset or length):
            return found
        need(offset + length <= len(table), "outside")
        found["-".join((guid[:8], guid[8:12], guid[12:16], guid[16:20], guid[20:]))] = table[offset:offset + length]


# --- virtee/sev ---


def virtee_report(r):
    """Return the generation: "Turin", or "older"."""
    version = number(r, 0, 4)
    need(len(r) == 0x4A0 and version >= 2, "size or version")
    if version == 2:
        generation = "Turin" if any(r[0x1A0:0x1A8]) and not any(r[0x1A8:0x1E0]) else "older"
    else:
        need(r[0x188] in (0x19, 0x1A), "family")
        generation = "Turin" if r[0x188] == 0x1A else "older"
    zero(r, 0x4C, 0x50)
    zero(r, 0x188 if version == 2 else 0x18B, 0x1A0)
    zero(r, 0x1EB, 0x1EC)
    zero(r, 0x1EF, 0x1F0)
    zero(r, 0x1F8 if version < 5 else 0x208, 0x2A0)
    return generation


# --- virtee/snpguest ---


def snpguest_line(r):
    if number(r, 0, 4) < 3:
        need(any(r[0x1A0:0x1E0]), "chip id of zeros")
        need(not any(r[0x1A8:0x1E0]), "Milan or Genoa")
        return "Turin"
    family, model = r[0x188], r[0x189]
    if family == 0x19 and model <= 0xF:
        return "Milan"
    if family == 0x19 and (0x10 <= model <= 0x1F or 0xA0 <= model <= 0xAF):
        return "Genoa"
    need(family == 0x1A and model <= 0x11, "unknown processor")
    return "Turin"


def snpguest_same(value, expected):
    if value[0] == 2:
        need(value[1] in (1, 2), "panic: length")
        return value[-1] == expected[0]
    if value[0] == 4:
        need(value[1] == 64 and len(value) == 66 and len(expected) == 64, "panic: id")
        return value[2:] == expected
    need(len(value) == 64 and len(expected) == 64, "panic: type")
    return value == expected


def snpguest_attestation(r, der, line):
    """`line` is --processor-model, which a report of version 2 needs."""
    line = line if number(r, 0, 4) < 3 else snpguest_line(r)
    found = extensions(x509.load_der_x509_certificate(der))
    places = TURIN_TCB if line == "Turin" else LEGACY_TCB
    names = {"bl": "3.1", "tee": "3.2", "snp": "3.3", "ucode": "3.8"}
    for name, oid in names.items():
        need(snpguest_same(found[AMD + oid], r[0x180 + places[name]:][:1]), f"{name} mismatch")
    # parse_common_name() takes SEV-VCEK for an ASK, because it looks for "sev" first: the id is not compared.
    common = [a.value.lower() for a in x509.load_der_x509_certificate(der).subject if a.oid.dotted_string == "2.5.4.3"][0]
    kind = next(kind for part, kind in (("ark", "ARK"), ("ask", "ASK"), ("sev", "ASK"), ("vcek", "VCEK")) if part in common)
    if kind == "VCEK" and AMD + "4" in found:
        need(snpguest_same(found[AMD + "4"], r[0x1A0:0x1E0]), "chip id mismatch")
    if line == "Turin":
        need(number(r, 0, 4) >= 3, "Turin needs version 3")
        need(snpguest_same(found[AMD + "3.9"], r[0x180:0x181]), "FMC mismatch")
