#!/bin/bash
# Verifies the evidence of one case with bash, coreutils, sed, grep and OpenSSL 3: verify.sh [DIR [KEY.pem [AUTHORITIES.pem]]]
# Give the key of the log and the authorities that you have from elsewhere: those here are only what came along.
set -euo pipefail && shopt -s nullglob
dir=${1:-.} key=$(realpath "${2:-$dir/key.pem}") anchors=$(realpath "${3:-$dir/authorities.pem}")
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$dir" && events=0 erased=0
fail() { echo "NOT VERIFIED: $*" >&2; exit 1; }
raw() { printf "$(sed 's/../\\x&/g' <<<"$1")"; }
sha() { openssl dgst -sha256 -r | cut -c1-64; }
signed() { openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$1" -sigfile "$2" >"$tmp/out" 2>&1 || fail "the signature of $1"; }
trust() { local name=${1##*/}; echo -CAfile "$anchors" -partial_chain -attime "${name%%-*}"; }
signed manifest manifest.sig
while read -r sum name; do [ "$(sha <"$name")" = "$sum" ] || fail "$name was changed"; done <manifest
[ "$(find . -type f | wc -l)" -eq $(($(wc -l <manifest) + 2)) ] || fail "files were added"
sed '/^$/Q' checkpoint >"$tmp/head"
tail -n 1 checkpoint | cut -d ' ' -f 3 | openssl base64 -d -A | tail -c 64 >"$tmp/sig"
signed "$tmp/head" "$tmp/sig"
{ read -r origin; read -r size; read -r root; } <checkpoint && root=$(openssl base64 -d -A <<<"$root" | od -An -v -tx1 | tr -d ' \n')
for event in events/*.event events/*.erased; do
    name=${event##*/} && [[ $name =~ ^[0-9]{12}[.] ]] || fail "$event has no number"
    entry=$(sha <"$event") number=$((10#${name%.*})) fn=$((10#${name%.*} - 1)) sn=$((size - 1))
    if [ "${event##*.}" = erased ]; then # Its commitment, and the event that tells of its erasure.
        read -r entry by <"$event" && [[ $entry$by =~ ^[0-9a-f]{64}[0-9]{12}$ ]] &&
            told=$(grep -aoE '\{"procedure":"retention","event":"erased",.*' "events/$by.event") && grep -qE "\"events\":\"([0-9]+ )*$number( [0-9]+)*\"" <<<"$told" || fail "$event was taken away"
        erased=$((erased + 1)) until=$(date -u -d "@$(sed 's/.*"expired_at":"\([0-9]*\)".*/\1/' <<<"$told")" +%F)
    fi
    hash=$(raw "00$entry" | sha) events=$((events + 1))
    while read -r sibling; do # RFC 9162, 2.1.3.2
        if ((fn % 2 || fn == sn)); then
            hash=$(raw "01$sibling$hash" | sha)
            while ((fn % 2 == 0 && fn)); do fn=$((fn / 2)) sn=$((sn / 2)); done
        else hash=$(raw "01$hash$sibling" | sha); fi
        fn=$((fn / 2)) sn=$((sn / 2))
    done <"${event%.*}.proof"
    [ "$sn" -eq 0 ] && [ "$hash" = "$root" ] || fail "$event is not in the log"
done
for cert in certificates/*.pem; do openssl verify $(trust "$cert") "$cert" >"$tmp/out" 2>&1 || fail "$cert"; done
for text in signed/*.txt; do
    openssl cms -verify -binary -inform DER -in "${text%.txt}.p7s" -content "$text" -purpose any $(trust "$text") >"$tmp/out" 2>&1 || fail "$text"
done
for answer in status/*.ocsp; do
    name=${answer%.ocsp} && serial=${name##*-} && cert=$(echo certificates/*-"$serial".pem)
    openssl ocsp -respin "$answer" -issuer "$name.issuer" -cert "$cert" -no_nonce $(trust "$answer") >"$tmp/out" 2>&1 || fail "$answer"
    grep -q '^Response verify OK' "$tmp/out" && grep -q ': revoked$' "$tmp/out" || fail "$answer"
    sed -n 's/^.*Revocation Time:/revoked since/p' "$tmp/out"
    [ -e "$name.crl" ] || continue
    openssl crl -inform DER -in "$name.crl" -CAfile "$anchors" -text >"$tmp/out" 2>&1 || fail "$name.crl"
    grep -q '^verify OK' "$tmp/out" && grep -q "Serial Number: ${serial^^}$" "$tmp/out" || fail "$name.crl"
done
echo "VERIFIED: $events events of the log $origin with $size, $erased of them erased${until:+ (what they were about had ended by $until)}, and every signature"
