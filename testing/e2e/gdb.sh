#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120

# GDB connects whatever the state of the external chip is, the internal flash stays usable, and `load` reaches a chip
# that is not memory mapped. The internal flash is OpenOCD's "faux" driver, which keeps its content in the host's
# memory.

. "$(dirname "$0")/lib.sh"

for tool in gdb-multiarch arm-none-eabi-objcopy arm-none-eabi-ld; do
	command -v "$tool" >/dev/null || skip_all "$tool is not installed"
done

# openocd_start [-c COMMAND ...]: in the background; sets GDB_PORT.
openocd_start() {
	: >"$LOG"
	"$OPENOCD" -c "gdb_port 0; telnet_port disabled
	tcl_port disabled" -f "board/vboard-$BOARD.cfg" "$@" >"$LOG" 2>&1 </dev/null &
	OPENOCD_PID=$!
	started_pids+=("$OPENOCD_PID")
	wait_until 20 grep -q 'Listening on port [0-9]* for gdb' "$LOG"
	GDB_PORT=$(sed -n 's/.*Listening on port \([0-9]*\) for gdb.*/\1/p' "$LOG" | head -n 1)
	[ -n "$GDB_PORT" ] || { show_log; exit 1; }
}

openocd_stop() { stop_process "$OPENOCD_PID"; }

# gdb COMMAND ...: output to $T/gdb.log
gdb() {
	local arguments=(-nx -batch -ex "set remotetimeout 20" -ex "target extended-remote 127.0.0.1:$GDB_PORT") command
	for command in "$@"; do
		arguments+=(-ex "$command")
	done
	timeout 60 gdb-multiarch "${arguments[@]}" >"$T/gdb.log" 2>&1 </dev/null
}

expect_gdb() { tap_result "$(grep -q -E -- "$1" "$T/gdb.log"; echo $?)" "$2" || { note "$(cat "$T/gdb.log")"
	show_log; }; }

# An ELF file of 3000 bytes at an address.
pattern 3000 4 >"$T/data"
elf() {
	(cd "$T" && arm-none-eabi-objcopy -I binary -O elf32-littlearm -B arm data data.o &&
		arm-none-eabi-ld -e "$1" -Tdata="$1" data.o -o "$2")
}
elf 0x90010000 ext.elf
elf 0x08000000 int.elf

INTERNAL='flash bank int faux 0x08000000 0x10000 0 0 [target current] stm32'

# The external chip is absent for good.
vboard_start stm32f030-w25q128 --usb-us 1000 --fault nor.absent=ff
openocd_start -c "$INTERNAL"
gdb "monitor reset init" "info mem" "file $T/int.elf" "load" "info registers pc"
expect_gdb '^pc +0x' "GDB connects with the external chip absent"
expect_gdb 'Transfer rate' "and loads into the internal flash"
expect_gdb '0x08000000 0x08010000 flash' "whose memory map is right"
expect_log "ext: not identified: the chip does not answer"
expect_no_log "auto_probe failed"
openocd_stop
ok "internal flash by address" ocd -f "board/vboard-$BOARD.cfg" -c "$INTERNAL" -c "init; reset init
	echo [flash write_image erase $T/data 0x08000000 bin]; shutdown"
expect_log "^wrote .* bytes"
# GDB's attach halts the target and probes every bank, before reset init has switched the peripherals' clocks on.
VB_ALLOW_VIOLATIONS=1 vboard_stop

# The target runs when GDB connects, and nothing has been probed.
expected_init 16M
vboard_start stm32f030-w25q128 --usb-us 1000
openocd_start -c "$INTERNAL" -c "stm32f030.cpu configure -event gdb-attach {echo attached}" -c "init"
gdb "monitor targets" "monitor reset init" "monitor flash probe ext" "monitor flash info ext"
expect_gdb 'running' "GDB connects while the target runs"
expect_gdb 'jedec-id: ef4018' "and the chip is identified later"
openocd_stop

openocd_start -c "$INTERNAL" -c "init; reset init; flash probe ext"
gdb "info mem" "file $T/ext.elf" "load"
expect_gdb '0x90000000 0x91000000 flash blocksize 0x1000' "memory map with the chip's sectors"
expect_gdb 'Transfer rate' "GDB loads into the external flash"
openocd_stop
expected_erase 0x10000 0x1000
expected_write 0x10000 "$T/data"
VB_ALLOW_VIOLATIONS=1 vboard_stop
expected_check

done_testing
