# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests that are shell scripts: TAP, and processes that end with the test. A test sources this, calls ok, not_ok,
# t_ok, skip, and ends with done_testing. $T is a directory of its own, removed at its end. Everything that was started
# with start_background is stopped, however the test ends.

set -u
export LC_ALL=C

OFL_TOP=${OFL_TOP:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
OFL_BUILD=${OFL_BUILD:-$OFL_TOP/build}
export OFL_TOP OFL_BUILD
# A leak or an overflow ends a program with a status that none uses otherwise.
export ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99:detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:exitcode=99}
export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$OFL_TOP/testing/lsan.supp:print_suppressions=0}

T=$(mktemp -d "${TMPDIR:-/tmp}/ofl-test.XXXXXX") || exit 1
tap_count=0
tap_failed=0
tap_done=
started_pids=()

# ---------------------------------------------------------------- TAP

note() { printf '%s\n' "$@" | sed 's/^/# /'; }

# Called with the name of the command that failed a case; a library over this one may have something to show.
tap_diagnose() { :; }

tap_result() {
	local status=$1 description=$2
	tap_count=$((tap_count + 1))
	if [ "$status" -eq 0 ]; then
		printf 'ok %d - %s\n' "$tap_count" "$description"
	else
		printf 'not ok %d - %s\n' "$tap_count" "$description"
		tap_failed=$((tap_failed + 1))
	fi
	return "$status"
}

# A case from the status of something done before: t_ok "description" $?
t_ok() { tap_result "$2" "$1"; }

# A case that a command decides: ok "description" COMMAND ...; not_ok: the command must fail (and not by a signal).
ok() {
	local description=$1 status=0
	shift
	"$@" || status=$?
	tap_result "$status" "$description" && return
	note "status $status: $*"
	tap_diagnose "$1"
	return 1
}

not_ok() {
	local description=$1 status=0
	shift
	"$@" || status=$?
	if [ "$status" -ne 0 ] && [ "$status" -lt 124 ]; then
		tap_result 0 "$description"
		return
	fi
	tap_result 1 "$description"
	note "status $status, a plain failure was expected: $*"
	tap_diagnose "$1"
	return 1
}

skip() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"
}

# Before the first case: the whole test cannot run here.
skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	tap_done=yes
	exit 0
}

done_testing() {
	printf '1..%d\n' "$tap_count"
	tap_done=yes
	[ "$tap_failed" -eq 0 ]
	exit
}

# ---------------------------------------------------------------- processes

# Runs COMMAND in the background and has it stopped at the end; its process id is in $!.
start_background() {
	"$@" &
	started_pids+=($!)
}

# Waits at most SECONDS for a command to succeed.
wait_until() {
	local deadline_s=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $deadline_s ] || return 1
		sleep 0.02
	done
}

process_is_gone() {
	# A zombie has been stopped, only not been waited for.
	[ ! -d "/proc/$1" ] || grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null
}

stop_process() {
	local pid=$1
	kill -TERM "$pid" 2>/dev/null || true
	wait_until "${2:-10}" process_is_gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null
}

test_cleanup() {
	local status=$? pid
	trap '' INT TERM HUP
	for pid in "${started_pids[@]}"; do
		kill -TERM "$pid" 2>/dev/null
	done
	for pid in "${started_pids[@]}"; do
		stop_process "$pid" 3
	done
	# KEEP=1 leaves the files for a look.
	if [ "${KEEP-}" = 1 ]; then
		note "files are in $T"
	else
		rm -rf "$T"
	fi
	if [ -z "$tap_done" ]; then
		tap_result 1 "the test ended early, with status $status"
		printf '1..%d\n' "$tap_count"
		exit 1
	fi
}
trap test_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
