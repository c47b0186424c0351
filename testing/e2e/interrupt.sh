#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600

# Long operations that are to end before their time: Ctrl-C in a telnet session, signals, `shutdown` of another client,
# a client that goes away. Chip and target are in a known state afterwards, and it is said how far it came.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_clients.sh"

B=stm32f4-mx25
# Some seconds by remote_bitbang.
pattern 96K 3 >"$T/data"
fill 16M 125 >"$T/start"
cp "$T/start" "$IMAGE"
vboard_start $B --usb-us 250
REGISTERS='foreach r {r0 r4 r9 sp lr pc primask control} {dict set regs $r [reg $r]}'

# What is written is there up to the offset that the message has, and the rest of the range is still erased.
check_how_far() {
	local what=$1 from=$2 stopped
	stopped=$(sed -n 's/.*programming was stopped (.*) at flash offset \(0x[0-9a-f]*\).*/\1/p' "$LOG" | tail -n 1)
	[ -n "$stopped" ] || { tap_result 1 "$what: says how far it came"; show_log; return; }
	local length=$((stopped - from))
	ok "$what: stopped on the way (at $length of 98304 bytes)" test "$length" -gt 0 -a "$length" -lt 98304
	expected_load "$T/start"
	expected_erase $((from)) 96K
	head -c "$length" "$T/data" >"$T/part"
	expected_write $((from)) "$T/part"
}

# ---------------------------------------------------------------- telnet

server_start -c "init; reset init; set regs {}; $REGISTERS; set before \$regs; mww 0x20000000 0x12345678"
telnet_open one
telnet_send one "flash write_image erase $T/data 0x90010000 bin"
ok "progress lines in telnet" telnet_expect one 'ext: programming [0-9]+%, [0-9]+ kB/s'
telnet_key one '\003'
ok "Ctrl-C ends the write" telnet_expect one 'programming was stopped \(Ctrl-C\) at flash offset 0x' || show_telnet one
ok "the state is told" telnet_expect one 'stopped; target .* is halted, its registers and the controller are as '
telnet_send one "$REGISTERS; if {\$regs eq \$before} {echo same-[expr {40 + 2}]}"
ok "the same session goes on" telnet_expect one 'same-42' || show_telnet one
telnet_send one "ofl read ext $T/read 0 0x100000"
ok "reading" telnet_expect one 'ext: reading [0-9]+%'
telnet_key one '\003'
ok "Ctrl-C ends a read" telnet_expect one 'reading was stopped \(Ctrl-C\) .*: nothing was changed' || show_telnet one
telnet_send one "echo [file exists $T/read]-file"
ok "a file that is not whole is removed" telnet_expect one '0-file'
telnet_open erasing
telnet_send erasing "echo [catch {ofl erase ext 0x400000 0x400000}]-erased"
telnet_expect erasing 'ext: erasing [0-9]+%'
telnet_key erasing '\003'
ok "an erase" telnet_expect erasing 'erasing was stopped \(Ctrl-C\) at flash offset 0x' || show_telnet erasing
ok "is an error that a script can catch" telnet_expect erasing '[1-9][0-9]*-erased'
server_stop
check_how_far "Ctrl-C" 0x10000
erased=$(sed -n 's/.*erasing was stopped (.*) at flash offset \(0x[0-9a-f]*\).*/\1/p' "$LOG")
ok "the erase stopped on the way (at $erased)" test $((erased)) -gt $((0x400000)) -a $((erased)) -lt $((0x800000))
expected_erase 0x400000 $((erased - 0x400000))
vboard_stop
expected_check "Ctrl-C: the whole chip is as it was said"

# ---------------------------------------------------------------- other clients, and clients that go away

cp "$T/start" "$IMAGE"
vboard_start $B --usb-us 250
server_start -c "init; reset init"
telnet_open one
telnet_open two
telnet_send one "flash write_image erase $T/data 0x90010000 bin"
telnet_expect one 'ext: programming [0-9]+%'
telnet_send two "shutdown"
ok "shutdown of another client: OpenOCD ends" server_wait || show_telnet one
ok "with status 0" test "$SERVER_STATUS" = 0
ok "after the write" telnet_expect one 'wrote 98304 bytes' || show_telnet one
expected_load "$T/start"
expected_erase 0x10000 96K
expected_write 0x10000 "$T/data"

server_start -c "init; reset init"
telnet_open three
telnet_send three "flash write_image erase $T/data 0x90110000 bin"
telnet_expect three 'ext: programming [0-9]+%'
telnet_close three
telnet_open four
telnet_send four "flash verify_image $T/data 0x90110000 bin"
ok "a client that goes away: the write goes on to its end" telnet_expect four 'verified 98304 bytes' || show_telnet four
expect_log "dropped 'telnet' connection"
# What another session types is nothing to this one.
telnet_open five
telnet_send four "flash write_image erase $T/data 0x90210000 bin"
telnet_expect four 'ext: programming [0-9]+%'
telnet_key five '\003'
ok "Ctrl-C of another session stops nothing" telnet_expect four 'wrote 98304 bytes' || show_telnet four
expected_erase 0x110000 96K
expected_write 0x110000 "$T/data"
expected_erase 0x210000 96K
expected_write 0x210000 "$T/data"

# ---------------------------------------------------------------- signals

if [ "${LINK-}" = jlink ]; then
	skip "signals" "over TCP libjaylink takes a system call that a signal has interrupted for a lost connection"
	server_stop
	vboard_stop
	expected_check "before signals: the whole chip"
else
	telnet_send four "flash write_image erase $T/data 0x90310000 bin"
	telnet_expect four 'ext: programming [0-9]+%'
	kill -TERM "$OPENOCD_PID"
	ok "SIGTERM: OpenOCD ends" server_wait 20
	expect_log "programming was stopped \(OpenOCD is to end\) at flash offset 0x" "and says how far the write came"
	expect_log "stopped; target .* is halted"
	ok "the telnet client was told, too" telnet_expect four 'programming was stopped' 5 || show_telnet four
	stopped=$(sed -n 's/.*programming was stopped (.*) at flash offset \(0x[0-9a-f]*\).*/\1/p' "$LOG" | tail -n 1)
	expected_erase 0x310000 96K
	head -c $((stopped - 0x310000)) "$T/data" >"$T/part"
	expected_write 0x310000 "$T/part"
	vboard_stop
	expected_check "the whole chip is as it was said"

	# From a shell: Ctrl-C reaches OpenOCD only from a terminal, which script(1) makes.
	cp "$T/start" "$IMAGE"
	vboard_start $B --usb-us 250
	if command -v script >/dev/null; then
		cat >"$T/run.sh" <<-END
			echo \$\$ >$T/pid
			exec "$OPENOCD" -c "gdb_port disabled; telnet_port disabled; tcl_port disabled" -f board/vboard-$B.cfg \\
				-c "init; reset init; flash write_image erase $T/data 0x90010000 bin; echo not-reached; shutdown"
		END
		: >"$LOG"
		script -q -e -c "bash $T/run.sh" /dev/null >"$LOG" 2>&1 </dev/null &
		script_pid=$!
		started_pids+=("$script_pid")
		wait_until 60 grep -q 'ext: programming [0-9]*%' "$LOG"
		kill -INT "$(cat "$T/pid")"
		status=0
		wait_until 20 process_is_gone "$script_pid"
		wait "$script_pid" || status=$?
		ok "SIGINT from a terminal: a failure (status $status)" test "$status" -ne 0
		expect_log "programming was stopped \(OpenOCD is to end\)"
		expect_no_log "not-reached"
		check_how_far SIGINT 0x10000
	else
		skip "SIGINT" "script is not installed"
		expected_load "$T/start"
	fi
	vboard_stop
	expected_check "SIGINT: the whole chip is as it was said"
fi

# ---------------------------------------------------------------- ofl program, and loader files

cp "$T/start" "$IMAGE"
vboard_start $B --usb-us 250
cd "$T" || exit 1
server_start -c "init; reset init"
telnet_open six
# Its first sector is shared with others, and is made whole before anything is stopped.
telnet_send six "ofl program ext $T/data 0x10010"
telnet_expect six 'ext: programming [0-9]+%'
telnet_key six '\003'
ok "ofl program" telnet_expect six 'stopped at offset 0x.*; what is before it is done' 20 || show_telnet six
t_ok "no sector of others was cut in half: nothing is saved" "$(ls "$T"/*.save 2>/dev/null | wc -l)"
telnet_send six "ofl program ext $T/data 0x10010"
ok "again: what is done is not done twice" telnet_expect six 'wrote 98304 bytes' || show_telnet six
server_stop
expected_load "$T/start"
expected_write 0x10010 "$T/data"
ok "content" ocd -c "init; reset init; echo [ofl verify ext $T/data 0x10010]; shutdown"
vboard_stop
expected_check "ofl program: what it shares a sector with is kept"

if [ -f "$LOADERS/spinor-f4.flm" ]; then
	file=spinor-f4.stldr
	cp "$T/start" "$IMAGE"
	vboard_start $B --usb-us 250
	use_loader $file
	server_start -c "init; reset init"
	telnet_open $file
	telnet_send $file "flash write_image erase $T/data 0x90010000 bin"
	telnet_expect $file 'ext: programming [0-9]+%'
	telnet_key $file '\003'
	ok "$file: Ctrl-C" telnet_expect $file 'stopped; target .* is halted' 20 || show_telnet $file
	server_stop
	use_loader
	check_how_far "$file" 0x10000
	# Its sectors are of 64 KiB.
	expected_erase 0x28000 0x8000
	vboard_stop
	expected_check "$file: the whole chip is as it was said"
else
	skip "loader files" "there is no arm-none-eabi-gcc to build them"
fi
done_testing
