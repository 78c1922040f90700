#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Exercise 8: you own a guest with SEV-SNP and receive an attestation report. Is it of your guest, and of now?
#
#   answer.sh REPORT NONCE VCEK CHAIN ROOT DIGEST POLICY
#
#   REPORT   a file: the report, 1184 bytes
#   NONCE    a file: the 64 bytes that you gave to the guest for this report
#   VCEK     a file: the certificate of the chip's key, DER, as the host gave it to you
#   CHAIN    a file: more certificates, PEM, as the host gave them to you
#   ROOT     a file: the only certificate that you trust, PEM
#   DIGEST   the launch digest that you expect, 96 hexadecimal digits
#   POLICY   the policy that you expect, 16 hexadecimal digits
#
# Exit status 0: it is; 1: it is not, or the report is no report at all. Linux include/uapi/linux/sev-guest.h names AMD's
# specification of the report; google/go-sev-guest abi/abi.go has the offsets:
#
#   8   policy, 8 bytes, little endian        672  R of the signature, 72 bytes, little endian
#   80  report data, 64 bytes                 744  S of the signature, 72 bytes, little endian
#   144 launch digest, 48 bytes
#
# The signature (ECDSA, curve P-384, SHA-384) is over all bytes before it. `openssl dgst -verify` takes it as a SEQUENCE of two
# INTEGERs, which `openssl asn1parse -genconf` can write. The chip's certificate is for no purpose that openssl has a name for
# (-purpose any). openssl, od, tac, head, tail and cmp are all that you need. Do not use sevowner.
report=$1 nonce=$2 vcek=$3 chain=$4 root=$5 digest=$6 policy=$7

# An owner who believes everything:
exit 0
