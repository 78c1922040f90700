#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
report=$1 nonce=$2 vcek=$3 chain=$4 root=$5 digest=$6 policy=$7
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# hex FILE OFFSET LENGTH; number: the same with the last byte first
hex() { od -An -v -tx1 -w1 -j "$2" -N "$3" "$1" | tr -d ' \n'; }
number() { od -An -v -tx1 -w1 -j "$2" -N "$3" "$1" | tac | tr -d ' \n'; }

[ "$(wc -c <"$report")" = 1184 ] && [ "$(wc -c <"$nonce")" = 64 ] || exit 1
[ "$(hex "$report" 80 64)" = "$(hex "$nonce" 0 64)" ] || exit 1
[ "$(hex "$report" 144 48)" = "$digest" ] || exit 1
openssl x509 -inform der -in "$vcek" -out "$work/vcek" || exit 1
openssl verify -purpose any -CAfile "$root" -untrusted "$chain" "$work/vcek" || exit 1
openssl x509 -in "$work/vcek" -noout -pubkey >"$work/key" || exit 1
printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$(number "$report" 672 72)" "$(number "$report" 744 72)" >"$work/conf"
openssl asn1parse -genconf "$work/conf" -noout -out "$work/signature" || exit 1
head -c 672 "$report" | openssl dgst -sha384 -verify "$work/key" -signature "$work/signature" || exit 1
