#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 3600

# Loader files of others, which cannot be part of this project: `make check LOADER_SAMPLES=DIR` checks every ELF file
# below DIR, and runs those that a virtual board can serve.
#
# Which ones can: the device's name, or the file's, names the microcontroller of a board; the code is for its core; what
# has a fixed place is in its RAM; and Init succeeds there, for a loader for other pins or another flash fails in it.
# All others are counted as "no board". What runs erases, writes and verifies a sector; when that succeeds the flash
# must hold it. A loader that says that it failed, or is stopped, is counted with its reason; it may be right.

. "$(dirname "$0")/lib_loader.sh"

[ -n "${LOADER_SAMPLES-}" ] || skip_all "no samples: make check LOADER_SAMPLES=DIR"
[ -d "$LOADER_SAMPLES" ] || { t_ok "LOADER_SAMPLES=$LOADER_SAMPLES is a directory" 1; done_testing; }
if [ -z "${OFL_CHECK_SANITIZED-}" ]; then
	OFL_CHECK_SANITIZED=$OFL_BUILD/testing/ofl_check_sanitized
	[ -x "$OFL_CHECK_SANITIZED" ] || OFL_CHECK_SANITIZED=${OFL_CHECK:-$OFL_BUILD/bin/ofl-check}
fi

# What contradicts itself in a report of ofl-check, with its exit status; prints what.
contradictions() {
	perl -e '
		my $status = shift;
		local $/;
		my $text = <STDIN>;
		my ($result) = $text =~ /^result: (.*)\n\z/m;
		my (@ram, @sectors, $end);
		$result //= "none";
		print "status $status, result $result\n" if $result ne ($status ? "not usable" : "usable");
		print "refused without a reason\n" if $status && $text !~ /^error: ./m;
		exit if $status;
		print "usable with an error\n" if $text =~ /^error: /m;
		for my $key (qw(format page-bytes base size-bytes read placement ram-needed-bytes cpu)) {
			print "no $key\n" if $text !~ /^$key: ./m;
		}
		print "page of 0\n" if $text =~ /^page-bytes: 0$/m;
		push @ram, [hex($1), hex($2), $3, $4] while $text =~ /^ram: 0x(\w+)-0x(\w+) bytes=(\d+) .* from=(\w+)$/mg;
		for my $n (0 .. $#ram) {
			print "RAM range $n: its length\n" if $ram[$n][1] - $ram[$n][0] + 1 != $ram[$n][2];
			print "RAM range $n overlaps\n" if $n && $ram[$n][0] <= $ram[$n - 1][1];
		}
		while ($text =~ /^function: (\S+) address=0x(\w+)/mg) {
			my ($name, $at) = ($1, hex($2));
			print "$name is not Thumb\n" if !($at & 1);
			print "$name is outside the code\n" if !grep { $at >= $$_[0] && $at < $$_[1] && $$_[3] eq "file" } @ram;
		}
		my $size = $text =~ /^size-bytes: (\d+)$/m ? $1 : undef;
		while ($text =~ /^sectors: offset=0x(\w+) size=0x(\w+) count=(\d+)$/mg) {
			print "sectors do not follow each other\n" if hex($1) != ($end // 0);
			$end = hex($1) + hex($2) * $3;
		}
		print "size and sectors differ\n" if defined $size && $size != ($end // 0);' "$1"
}

# Numbers and names taken out, so that reasons can be counted.
reason() { sed 's/0x[0-9a-f]*/N/g; s/\b[0-9][0-9]*\b/N/g' | cut -c 1-140; }

# ---------------------------------------------------------------- ofl-check on all of them

is_elf() { [ "$(head -c 4 "$1" | od -An -tx1 | tr -d ' ')" = 7f454c46 ]; }

usable=()
refused=0
others=0
: >"$T/reasons"
: >"$T/bad"
while IFS= read -r -d '' file; do
	if ! is_elf "$file"; then
		others=$((others + 1))
		continue
	fi
	status=0
	timeout 20 "$OFL_CHECK_SANITIZED" "$file" >"$T/check" 2>"$T/check.err" || status=$?
	case $status in
	0) usable+=("$file") ;;
	1)
		refused=$((refused + 1))
		sed -n 's/^error: //p' "$T/check" | head -n 1 | reason >>"$T/reasons"
		;;
	*) printf '%s: status %d\n%s\n' "$file" "$status" "$(head -n 20 "$T/check.err")" >>"$T/bad" ;;
	esac
	[ "$status" -gt 1 ] || contradictions "$status" <"$T/check" | sed "s|^|$file: |" >>"$T/bad"
done < <(find "$LOADER_SAMPLES" -type f -print0 | sort -z)
note "$((${#usable[@]} + refused)) ELF files: ${#usable[@]} usable, $refused refused; $others other files" \
	"$(sort "$T/reasons" | uniq -c | sort -rn)"
[ ! -s "$T/bad" ]
t_ok "ofl-check: no crash, no contradiction" $? || note "$(head -n 100 "$T/bad")"
[ $((${#usable[@]} + refused)) -gt 0 ]
t_ok "there are ELF files below $LOADER_SAMPLES" $?

# ---------------------------------------------------------------- on the boards

# is_for BOARD RAM_BYTES NAME_PATTERN ARMv6-M_ONLY, of the file in $T/check
is_for() {
	grep -q -i -E -- "$3" "$T/names" || return 1
	perl -e '
		my ($ram_bytes, $v6m) = @ARGV;
		local $/;
		my $text = <STDIN>;
		exit 1 if $v6m && $text !~ /^cpu: .*(ARMv6-M|not said)/m;
		exit 1 if $text =~ /^cpu: .*(ARMv8|not a Cortex-M)/m;
		exit 0 if $text !~ /^placement: fixed$/m;
		while ($text =~ /^ram: 0x(\w+)-0x(\w+) /mg) {
			exit 1 if hex($1) < 0x20000000 || hex($2) >= 0x20000000 + hex($ram_bytes);
		}' "$2" "$4" <"$T/check"
}

choose_board() {
	{ sed -n 's/^device: //p' "$T/check"; basename "$1"; } >"$T/names"
	if is_for stm32f030-w25q128 0x2000 'STM32F0|-f030' 1; then
		echo stm32f030-w25q128
	elif is_for stm32g070-w25q64 0x9000 'STM32G0|-g070' 1; then
		echo stm32g070-w25q64
	elif is_for stm32f4-mx25 0x30000 'STM32F4|-f4' 0; then
		echo stm32f4-mx25
	fi
}

# run_sample FILE BOARD: prints one word, and a reason behind it.
run_sample() {
	local file=$1 init='(Init|SEGGER_FL_Prepare)' base sector_bytes image status=0 cases=$tap_count failed=$tap_failed

	base=$(sed -n 's/^base: //p' "$T/check")
	sector_bytes=$(($(sed -n 's/^sectors: offset=0x0 size=\(0x[0-9a-f]*\) .*/\1/p' "$T/check" | head -n 1)))
	# All programmed: the sector must be erased.
	rm -f "$IMAGE" "$T/internal.img"
	truncate -s 2M "$T/internal.img"
	truncate -s 16M "$IMAGE"
	image=$IMAGE
	case $base in
	0x90000000) ;;
	0x08000000)
		image=$T/internal.img
		[ "$2" = stm32f4-mx25 ] || { echo "no-board"; return; }
		;;
	*) echo "no-board"; return ;;
	esac
	[ "$sector_bytes" -gt 0 ] || { echo "no-board"; return; }
	[ "$2" != stm32g070-w25q64 ] || truncate -s 8M "$IMAGE"
	vboard_start "$2" --internal-image "$T/internal.img"
	OCD_TIMEOUT=120 ocd -c "flash bank sample ofl 0 0 0 0 \$_TARGETNAME {$file}
		init; reset init
		flash probe sample
		flash erase_sector sample 0 0
		flash write_bank sample $T/data 0
		flash verify_image $T/data $base bin
		shutdown" || status=$?
	# No case of its own, for not every loader suits the board.
	VB_ALLOW_VIOLATIONS=1 vboard_stop >"$T/stop"
	tap_count=$cases
	tap_failed=$failed
	if ! grep -q '^ok' "$T/stop"; then
		echo "broken vboard: $(grep -m 1 -E 'ERROR|status' "$T/stop")"
	elif [ "$status" -eq 0 ]; then
		{ cat "$T/data"; fill $((sector_bytes - $(wc -c <"$T/data"))) 377; head -c 4096 /dev/zero; } >"$T/content"
		if cmp -s -n $((sector_bytes + 4096)) "$T/content" "$image"; then
			echo "good"
		else
			echo "broken success without the content"
		fi
	elif [ "$status" -ne 1 ] || grep -q -E 'AddressSanitizer|Assertion|runtime error' "$LOG"; then
		echo "broken OpenOCD ended with status $status"
	elif grep -q -E "$init\([^)]*\) (returned|did not return)|died in $init\(" "$LOG"; then
		echo "no-board"
	elif grep -q 'Error: ofl: ' "$LOG"; then
		echo "stopped $(sed -n 's/^Error: ofl: [^:]*: //p' "$LOG" | head -n 1 | reason)"
	else
		echo "broken no reason: $(tail -n 1 "$LOG")"
	fi
}

pattern 1500 3 >"$T/data"
: >"$T/results"
for file in "${usable[@]}"; do
	"$OFL_CHECK_SANITIZED" "$file" >"$T/check" 2>&1
	board=$(choose_board "$file")
	result=no-board
	[ -z "$board" ] || {
		# Not in a subshell: what it starts is to be stopped at the end.
		run_sample "$file" "$board" >"$T/result"
		result=$(cat "$T/result")
		note "$board: $(basename "$file"): $result"
	}
	printf '%s\n' "$result" >>"$T/results"
done
how_many() { grep -c "^$1" "$T/results"; }
note "$(how_many good) ran well, $(how_many stopped) were stopped or said that they failed, $(
	how_many no-board) have no board" "$(sed -n 's/^stopped //p' "$T/results" | sort | uniq -c | sort -rn)"
! grep -q '^broken' "$T/results"
t_ok "on the boards: a success means content, a failure has a reason" $?

done_testing
