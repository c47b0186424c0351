#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200

# A client of OpenOCD's Tcl server: each command answers with its result and nothing else, errors can be told from
# results, target notifications do not get mixed up with them.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_clients.sh"

pattern 5000 5 >"$T/data"
printf 'x' | cat - "$T/data" | head -c 5000 >"$T/other"
printf 'abc' >"$T/abc"
cd "$T" || exit 1
vboard_start stm32f4-mx25 --usb-us 250
server_start -c "init; reset init"
tcl_open

# answers SCRIPT PATTERN: the whole answer, not a part of it; newlines are blanks. OpenOCD 0.12.0 ends an answer in a
# newline, master does not.
answers() {
	local shown
	tcl_call "$1" || { tap_result 1 "$1: answers"; show_log; return; }
	shown=$(tr '\n' ' ' <"$T/tcl" | sed 's/ $//')
	tap_result "$(grep -q -x -E -- "$2" <<<"$shown"; echo $?)" "$1" || note "answer: <$shown>"
}

# Every command, each with the value that a program would take from it.
K='[a-z0-9/A-Z-]+: [^ ]+ ?'
answers "ofl program ext $T/data 0x1234" \
	"wrote 5000 bytes from file $T/data in [0-9.]+s, 5000 of them in sectors that were changed"
answers "ofl program -n ext $T/data 0x1234" \
	'skip: 0x00001000-0x00002fff \(2 sectors\) ('"$K"'){5}chip-seconds: 0.000 .*nothing was changed'
answers "ofl verify ext $T/data 0x1234" 'verified 5000 bytes in [0-9.]+s'
answers "catch {ofl verify ext $T/other 0x1234} ranges; lindex [split [string trim \$ranges] \\n] end" \
	'bytes-that-differ: [0-9]+'
answers "catch {ofl verify ext $T/abc 0x1233 bin} ranges; set ranges" \
	'differs: 0x00001233-0x00001235 \(3 bytes\) bytes-that-differ: 3'
answers "ofl read ext $T/read 0x1234 5000" 'read 5000 bytes in [0-9.]+s'
ok "what was read" cmp "$T/data" "$T/read"
answers "ofl erase ext 0x8000 0x1000" ''
answers "ofl erase ext 0x8000 0x100 -preserve" ''
answers "ofl keepout ext 0x20000 0x1000 {boot loader}" ''
answers "lindex [ofl keepout ext list] 0 2" 'boot loader'
answers "ofl keepout ext clear; llength [ofl keepout ext list]" 0
answers "ofl spi ext 3 0x9f" 'c2 20 18'
answers "ofl trace ext on; ofl spi ext 1 0x05" '00'
answers "ofl trace ext off" ''
answers "ofl stats ext" "($K)+"
answers "ofl stats ext reset; dict get [regsub -all : [ofl stats ext] {}] programmed-pages" 0
answers "ofl info ext" 'bank: ext base: 0x90000000 loader: spi:stm32-spi .*jedec-id: c22018 .*'
answers "ofl bench ext" '([a-z0-9/A-Z-]+: [0-9.]+ \([^)]+\) ?)+'
answers "ofl check $T/data" 'file: .*result: not usable'
answers "ofl image_type $T/data" bin
answers "ofl banks_of $T/data 0x90001234 bin" 'ext'
answers "ofl banks_at 0x90000000 0x10" 'ext'
answers "ofl banks_at 0x20000000 0x10" ''
answers "ofl check_write erase $T/data 0x90001234 bin" ''
answers "ofl verify_image $T/data 0x90001234 bin" 'verified 5000 bytes in [0-9.]+s'
answers "ofl dump_image $T/read 0x90001234 100" 'dumped 100 bytes in [0-9.]+s'
answers "flash write_image erase $T/data 0x90010000 bin" 'auto erase enabled wrote 5000 bytes from file .*'
answers "verify_image $T/data 0x90010000 bin" 'verified 5000 bytes in [0-9.]+s'
answers "dump_image $T/read 0x90010000 100" 'dumped 100 bytes in [0-9.]+s'
answers "catch {ofl recover ext}" '-?[1-9][0-9]*'

# One line of JSON.
tcl_call "ofl info ext -json"
ok "ofl info -json: one line" test "$(grep -c '' "$T/tcl")" -eq 1
ok "ofl info -json" perl -MJSON::PP -e 'local $/; my $info = decode_json(<STDIN>); exit !(ref $info eq "HASH" &&
	$info->{bank} eq "ext" && $info->{base} == 0x90000000 && $info->{sectors}[0]{size} == 4096)' <"$T/tcl"

# Errors.
answers "catch {ofl program ext $T/none 0}" '-?[1-9][0-9]*'
answers "ofl_try {ofl program ext $T/none 0}" "1 \{\} \{couldn't open $T/none.*\}"
answers "lindex [ofl_try {ofl erase ext 0x100 0x100}] 2" '.*0x100 bytes at offset 0x00000100 are not whole sectors.*'
answers "ofl_try {ofl spi ext 3 0x9f}" '0 \{c2 20 18 ?\} \{\}'
answers "lindex [ofl_try {ofl verify ext $T/abc 0x1233 bin}] 1" 'differs: .*bytes-that-differ: 3'
answers "lindex [ofl_try {ofl program ext}] 0" 1
answers "lindex [ofl_try {no such command}] 1" 'invalid command name.*'
answers "expr {40 + 2}" 42

# Notifications are messages of their own, before the answer.
tcl_call "tcl_notifications on"
printf '%s\x1a' "ofl spi ext 3 0x9f" >&"$tcl_fd"
notifications=0
others=()
while [ ${#others[@]} -eq 0 ] && IFS= read -r -d $'\x1a' -t 30 -u "$tcl_fd" message; do
	case $message in
	"type target_"*) notifications=$((notifications + 1)) ;;
	*) others+=("$message") ;;
	esac
done
ok "notifications: $notifications of them" test "$notifications" -gt 0
ok "and the answer is whole" test "${others[*]%$'\n'}" = "c2 20 18"
tcl_close

# A client that goes away while its command runs.
tcl_open
printf '%s\x1a' "ofl program ext $T/data 0x30000" >&"$tcl_fd"
tcl_close
tcl_open
answers "ofl verify ext $T/data 0x30000" 'verified 5000 bytes in [0-9.]+s'
tcl_close
server_stop
vboard_stop
done_testing
