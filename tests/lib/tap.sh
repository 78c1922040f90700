# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The library of the shell tests. A test sources this file, prints its points and ends with
# done_testing:
#
#   . "$srcdir/tests/lib/tap.sh"
#   scratch tests/plugin/run-example
#   limited 60 "$BOCHS_SEV" -q -f "$dir/bochsrc" >"$dir/out" 2>&1
#   ok $? "Bochs ends by itself"
#   point "the log names the chip" grep -q SEV "$dir/log"
#   done_testing
#
# `make check` starts tests in the build directory with srcdir set, several at a time and in any
# order. So a test writes only below a directory of its own.
# taplib.py is the same for Python.
set -u

# Debian's users have no sbin in their path; dmidecode and others are there.
PATH=$PATH:/usr/sbin:/sbin
BOCHS_SEV=${BOCHS_SEV:-./bochs-sev}
BOCHS_BIOS=${BOCHS_BIOS:-/usr/share/bochs/BIOS-bochs-latest}
BOCHS_VGABIOS=${BOCHS_VGABIOS:-/usr/share/vgabios/vgabios.stdvga.bin}
export BOCHS_SEV
sev_run=$PWD/bochs-sev-run
points=0

# --- points ---

# ok STATUS NAME: print one point. It passes if STATUS is 0; if not, `explain` adds comments.
ok() {
    points=$((points + 1))
    if [ "$1" = 0 ]; then
        echo "ok $points - $2"
    else
        echo "not ok $points - $2"
        explain | sed 's/^/# /'
    fi
}

# point NAME COMMAND...: print one point, which passes if the command succeeds.
point() {
    point_name=$1
    shift
    "$@"
    ok $? "$point_name"
}

# A test replaces this function by one that prints what helps to understand a failure.
explain() { :; }

not() { ! "$@"; }

# skip NAME WHY: a point that cannot be checked on this machine.
skip() {
    points=$((points + 1))
    echo "ok $points - $1 # SKIP $2"
}

skip_all() {
    echo "1..0 # SKIP $*"
    exit 0
}

# bail_out WHY [FILE]: end the test, because it cannot even begin; FILE is shown.
bail_out() {
    [ $# -lt 2 ] || sed 's/^/# /' "$2"
    echo "Bail out! $1"
    exit 99
}

done_testing() { echo "1..$points"; }

# need PROGRAM PACKAGE: skip the test if the program is not installed.
need() { command -v "$1" >/dev/null || skip_all "$1 is not installed (Debian: $2)"; }

# need_file FILE PACKAGE: the same for a file.
need_file() { [ -r "$1" ] || skip_all "there is no $1 (Debian: $2)"; }

# scratch DIR: $dir becomes DIR, empty.
scratch() {
    dir=$1
    rm -rf "$dir"
    mkdir -p "$dir" || bail_out "cannot create $dir"
}

# --- time limits, which only stop what hangs: TIMEOUT_FACTOR scales all of them ---

time_limit() { echo $(($1 * ${TIMEOUT_FACTOR:-5})); }

# limited SECONDS COMMAND...: run the command; kill it after that time (exit status 124 or 137).
limited() {
    limited_seconds=$(time_limit "$1")
    shift
    timeout -k 5 "$limited_seconds" "$@"
}

# wait_for SECONDS COMMAND...: call the command until it succeeds; fail after that time.
wait_for() {
    wait_until=$(($(date +%s) + $(time_limit "$1")))
    shift
    until "$@"; do
        [ "$(date +%s)" -le "$wait_until" ] || return 1
        sleep 0.1
    done
}

# run_until SECONDS FILE PATTERN COMMAND...: run the command until it writes a line with PATTERN
# (extended) to FILE, then end it; or until it ends by itself. Fail if neither happens in time.
run_until() {
    until_seconds=$1 until_file=$2 until_pattern=$3
    shift 3
    "$@" &
    until_child=$!
    wait_for "$until_seconds" until_seen
    until_status=$?
    kill -TERM $until_child 2>/dev/null
    # A process that does not obey must not hang the test.
    { wait_for 10 until_gone || kill -KILL $until_child; } 2>/dev/null
    wait $until_child 2>/dev/null
    return $until_status
}
until_seen() { grep -aqE "$until_pattern" "$until_file" 2>/dev/null || until_gone; }
until_gone() { ! kill -0 $until_child 2>/dev/null; }

# --- machines ---

# bochsrc_start LOG [BIOS]: the lines with which every machine of a test begins (seven of them).
bochsrc_start() {
    cat <<END
display_library: nogui
log: $1
debug: action=ignore
panic: action=fatal
clock: sync=none, time0=946684800, rtc_sync=0
romimage: file=${2:-$BOCHS_BIOS}
vgaromimage: file=$BOCHS_VGABIOS
END
}

# guest_disk IMAGE FILE [ARGUMENTS]: a copy of a guest's image, with its arguments. Bochs locks its
# disk images, so each machine has a copy of its own.
guest_disk() {
    cp --sparse=always "tests/guests/$1.img" "$2" || bail_out "there is no guest $1"
    printf '%s' "${3-}" | dd of="$2" bs=1 seek=384 conv=notrunc 2>/dev/null
}

# guest_rom IMAGE FILE [ARGUMENTS]: the same of a guest that is firmware (bochsrc-examples/kit/rom.ld).
guest_rom() {
    cp "tests/guests/$1.img" "$2" || bail_out "there is no guest $1"
    printf '%s' "${3-}" | dd of="$2" bs=1 conv=notrunc 2>/dev/null
}

# guest_points NAME OPTION...: boot a guest with run-guest -n NAME; its points become ours.
guest_points() {
    guest_name=$1
    shift
    mkdir -p tests/guests/run
    "$srcdir/tests/run-guest" -n "$guest_name" "$@" >"tests/guests/run/$guest_name.tap"
    sed 's/^1\.\./# 1../' "tests/guests/run/$guest_name.tap"
    ! grep -q '^Bail out!' "tests/guests/run/$guest_name.tap" || exit 99
    points=$((points + $(grep -cE '^(not )?ok' "tests/guests/run/$guest_name.tap")))
}

# linux_image [NAME [PARAMETERS]]: see the script of that name; skip the test if it cannot be made.
linux_image() {
    mkdir -p linux-guest
    "$srcdir/tests/lib/linux-image" "$@" >linux-guest/make-$$.log 2>&1
    case $? in
    0) rm -f linux-guest/make-$$.log ;;
    77) rm -f linux-guest/make-$$.log; skip_all "the kernel comes from Debian's archive, by apt-get" ;;
    *) bail_out "the Linux image cannot be made" linux-guest/make-$$.log ;;
    esac
}

# What Linux's init of bochsrc-examples/linux prints for the 4 MiB that it writes and reads back.
linux_pattern() { yes SEV | head -c 4194304 | md5sum | cut -c 1-32; }

# plain_text FILE: a guest's output without carriage returns and zero bytes.
plain_text() { tr -d '\r\000' <"$1"; }
