#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Exercise 5: you own a guest and receive a launch measurement. Is it your guest's?
#
#   answer.sh MEASUREMENT TIK FIRMWARE MAJOR MINOR BUILD POLICY
#
#   MEASUREMENT  base64 of 48 bytes: MEASURE (32) and MNONCE (16), as LAUNCH_MEASURE gave them
#   TIK          a file with your transport integrity key, 16 bytes
#   FIRMWARE     a file with all that you expect to be launched, in order
#   MAJOR MINOR BUILD POLICY   numbers: version of the platform, and policy of your guest
#
# Exit status 0: it is; 1: it is not, or the measurement is no measurement at all. QEMU's
# docs/system/i386/amd-memory-encryption.rst, which names section 6.5.1 of AMD's SEV API:
#
#   MEASURE = HMAC-SHA256(TIK; 04h || MAJOR || MINOR || BUILD || POLICY || LD || MNONCE)
#
# MAJOR, MINOR, BUILD are a byte each, POLICY is 4 bytes, little endian; LD = SHA-256(FIRMWARE).
# openssl, base64, od, head, tail and cmp are all that you need. Any program does: give its name to `grade`.
measurement=$1 tik=$2 firmware=$3 major=$4 minor=$5 build=$6 policy=$7

dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
byte() { printf "\\$(printf %o "$1")"; }

# It is one measurement, whole.
printf %s "$measurement" | base64 -d >"$dir/blob" 2>/dev/null || exit 1
[ "$(wc -c <"$dir/blob")" -eq 48 ] || exit 1

{
    byte 4
    byte "$major"
    byte "$minor"
    byte "$build"
    for shift in 0 8 16 24; do byte $((policy >> shift & 255)); done
    openssl dgst -sha256 -binary "$firmware"
    tail -c 16 "$dir/blob"
} >"$dir/message"
[ -s "$dir/message" ]
