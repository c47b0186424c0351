# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For end-to-end tests, over testing/lib.sh: a virtual board, the built OpenOCD, the expected content of the chip. A
# test:
#
#   #!/usr/bin/env bash
#   # SPDX-License-Identifier: GPL-2.0-or-later
#   # timeout: 60
#   . "$(dirname "$0")/lib.sh"
#   vboard_start stm32f030-w25q128
#   expected_init 16M
#   pattern 4097 >"$T/data"
#   expected_write 0x123 "$T/data"
#   ok "odd offset" ocd -c "init; reset init; flash write_image erase $T/data 0x90000123; shutdown"
#   expect_log "wrote 4097 bytes"
#   vboard_stop
#   expected_check
#   done_testing
#
# $LOG is the last OpenOCD's output, $IMAGE the chip's content, $VBOARD_REPORT the last board's report.
#
# With LINK=jlink the board is behind a J-Link, by SWD unless VBOARD_TRANSPORT=jtag. libjaylink finds it by a broadcast,
# and at a fixed port: the whole test then runs in a private network, or is skipped where that is not permitted.

if [ "${LINK-}" = jlink ] && [ -z "${OFL_PRIVATE_NETWORK-}" ]; then
	private_network=$(dirname "${BASH_SOURCE[0]}")/../../tools/private-network
	if no_network_reason=$("$private_network" true 2>&1); then
		OFL_PRIVATE_NETWORK=yes exec "$private_network" "$0" "$@"
	fi
fi

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
[ -z "${no_network_reason-}" ] || skip_all "$no_network_reason"

OPENOCD=${OPENOCD:-$OFL_BUILD/bin/openocd}
# With sanitizers, where `make check-programs` has been run.
if [ -z "${VBOARD-}" ]; then
	VBOARD=$OFL_BUILD/testing/vboard_sanitized
	[ -x "$VBOARD" ] || VBOARD=$OFL_BUILD/bin/vboard
fi
LOG=$T/openocd.log
IMAGE=$T/chip.img
EXPECTED=$T/expected.img
VBOARD_REPORT=$T/report.json
BOARD=
VBOARD_PID=

# ---------------------------------------------------------------- the virtual board

vboard_is_listening() { grep -q '^vboard: listening on ' "$T/vboard.out" || process_is_gone "$VBOARD_PID"; }

# vboard_start BOARD [option ...]: sets VBOARD_PORT and VBOARD_PID; the chip's content is $IMAGE unless --image says
# otherwise. Exits from the test when the board does not come up, for nothing can be tested then.
vboard_start() {
	BOARD=$1
	shift
	local options=(--board "$BOARD" --report "$VBOARD_REPORT")
	case " $* " in
	*" --image "*) ;;
	*) options+=(--image "$IMAGE") ;;
	esac
	if [ "${LINK-}" = jlink ]; then
		options+=(--link jlink)
		export VBOARD_LINK=jlink
	fi
	rm -f "$VBOARD_REPORT"
	: >"$T/vboard.out"
	"$VBOARD" "${options[@]}" "$@" >"$T/vboard.out" 2>"$T/vboard.err" </dev/null &
	VBOARD_PID=$!
	started_pids+=("$VBOARD_PID")
	wait_until "${VBOARD_START_S:-20}" vboard_is_listening
	VBOARD_PORT=$(sed -n 's/^vboard: listening on 127\.0\.0\.1:\([0-9]*\)$/\1/p' "$T/vboard.out")
	export VBOARD_PORT
	if [ -z "$VBOARD_PORT" ]; then
		note "vboard ${options[*]} $* did not start:" "$(cat "$T/vboard.out" "$T/vboard.err")"
		exit 1
	fi
}

# Stops the board and judges it, as a case: exit status 0, that is, no rule of a manual was broken. With
# VB_ALLOW_VIOLATIONS=1 the status may also be 3. The status is left in VBOARD_STATUS.
vboard_stop() {
	local pid=$VBOARD_PID other left=()
	VBOARD_STATUS=0
	stop_process "$pid" 20 || VBOARD_STATUS=$?
	VBOARD_PID=
	for other in "${started_pids[@]}"; do
		[ "$other" = "$pid" ] || left+=("$other")
	done
	started_pids=("${left[@]}")
	if [ "$VBOARD_STATUS" -eq 0 ] || { [ "$VBOARD_STATUS" -eq 3 ] && [ "${VB_ALLOW_VIOLATIONS-}" = 1 ]; }; then
		tap_result 0 "$BOARD: no violations"
		return
	fi
	tap_result 1 "$BOARD: no violations"
	note "vboard's status $VBOARD_STATUS" "$(report_violations | head -n 20)" "$(tail -n 40 "$T/vboard.err")"
	return 1
}

# A value of the report by its name; names of nested values are joined by dots: report_get simulated_seconds
report_get() {
	perl -MJSON::PP -e '
		local $/;
		my $value = decode_json(<STDIN>);
		for my $key (split /\./, $ARGV[0]) {
			$value = ref $value eq "ARRAY" ? $value->[$key] : $value->{$key};
		}
		print ref $value ? JSON::PP->new->canonical->encode($value) : $value // "", "\n"' "$1" <"$VBOARD_REPORT"
}

report_violations() {
	[ -f "$VBOARD_REPORT" ] || { echo "there is no report"; return; }
	perl -MJSON::PP -e '
		local $/;
		printf "violation at %s s: %s\n", $_->{at_seconds}, $_->{what} for @{decode_json(<STDIN>)->{violations}}' \
		<"$VBOARD_REPORT"
}

# ---------------------------------------------------------------- OpenOCD

# ocd [-f FILE] -c COMMANDS ...: runs OpenOCD on the board started last; output to $LOG; returns its status. The
# commands must end in `shutdown`. OCD_TIMEOUT: seconds (60). OCD_BEFORE: commands before the board's file.
ocd() {
	local config=(-f "board/vboard-$BOARD.cfg") argument try status
	for argument in "$@"; do
		[ "$argument" != -f ] || config=()
	done
	for try in 1 2 3 4 5; do
		status=0
		timeout --kill-after=5 "${OCD_TIMEOUT:-60}" "$OPENOCD" \
			-c "gdb_port disabled; telnet_port disabled; tcl_port disabled; ${OCD_BEFORE-}" "${config[@]}" "$@" \
			>"$LOG" 2>&1 </dev/null || status=$?
		# libjaylink looks for probes for 20 ms only: on a busy host vboard may not run that soon.
		if [ "${LINK-}" != jlink ] || ! grep -q 'No J-Link device found' "$LOG"; then
			break
		fi
		note "no J-Link found at try $try"
	done
	return "$status"
}

# use_loader FILE [-option value ...]: bank ext is programmed by this test loader (testing/loaders) from now on;
# use_loader alone: by the built-in loader again.
LOADERS=${LOADERS:-$OFL_BUILD/testing/loaders}
use_loader() {
	if [ $# -eq 0 ]; then
		OCD_BEFORE=
		return
	fi
	local file=$1
	shift
	case $file in
	/*) ;;
	*) file=$LOADERS/$file ;;
	esac
	OCD_BEFORE="set EXT_LOADER {{$file} $*}"
}

show_log() { tail -n 40 "$LOG" | sed 's/^/#   /'; }

tap_diagnose() { [ "$1" != ocd ] || show_log; }

# The log has, or has not, a line that an extended regular expression matches.
expect_log() {
	tap_result "$(grep -q -E -- "$1" "$LOG"; echo $?)" "${2:-log has: $1}" || { show_log; return 1; }
}

expect_no_log() {
	tap_result "$(grep -q -E -- "$1" "$LOG"; echo $((! $?)))" "${2:-log has not: $1}" || { show_log; return 1; }
}

# ---------------------------------------------------------------- the chip's content

# Numbers of bytes: decimal, 0x..., and with K or M behind.
bytes() {
	case $1 in
	*K) echo $((${1%K} * 1024)) ;;
	*M) echo $((${1%M} * 1024 * 1024)) ;;
	*) echo $(($1)) ;;
	esac
}

# fill LENGTH OCTAL: bytes of one value. pattern LENGTH [SEED]: bytes that differ from page to page, no page all FF.
fill() { head -c "$(bytes "$1")" /dev/zero | tr '\0' "\\$2"; }
pattern() {
	perl -e '
		my ($length, $state) = @ARGV;
		my $out = "";
		# A linear congruential generator: the same bytes on every host.
		while (length($out) < $length) {
			$state = ($state * 1103515245 + 12345) & 0x7fffffff;
			$out .= pack("v", $state >> 8 & 0xffff);
		}
		print substr($out, 0, $length)' "$(bytes "$1")" "${2:-1}"
}

# What the whole chip must hold. An erased chip; then a change for each thing that the test does.
expected_init() { fill "$1" 377 >"$EXPECTED"; }
expected_load() { cp "$1" "$EXPECTED"; }
expected_write() {
	dd if="$2" of="$EXPECTED" bs=64K seek="$(bytes "$1")" oflag=seek_bytes conv=notrunc status=none
}
expected_fill() { fill "$2" "$3" >"$T/fill" && expected_write "$1" "$T/fill"; }
expected_erase() { expected_fill "$1" "$2" 377; }

# The whole chip, byte for byte; a mismatch says where the first and how many differ.
expected_check() {
	local description=${1:-whole chip as expected}
	if cmp -s "$EXPECTED" "$IMAGE"; then
		tap_result 0 "$description"
		return
	fi
	tap_result 1 "$description"
	note "$(wc -c <"$EXPECTED") bytes expected, $(wc -c <"$IMAGE") found; differing bytes: $(
		cmp -l "$EXPECTED" "$IMAGE" 2>/dev/null | wc -l); the first (offset, expected, found):" \
		"$(cmp -l "$EXPECTED" "$IMAGE" 2>/dev/null | head -n 8 | while read -r offset expected found; do
			printf '0x%08x: %02x %02x\n' $((offset - 1)) $((8#$expected)) $((8#$found))
		done)"
	return 1
}

# expect_image OFFSET FILE [DESCRIPTION]: only this range.
expect_image() {
	local status=0
	cmp -n "$(wc -c <"$2")" -i "$(bytes "$1"):0" "$IMAGE" "$2" >"$T/cmp" 2>&1 || status=1
	tap_result "$status" "${3:-chip holds $(basename "$2") at $1}" || { note "$(cat "$T/cmp")"; return 1; }
}
