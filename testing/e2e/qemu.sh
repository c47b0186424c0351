#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120

# The built-in loader for SmartFusion2's MSS SPI on QEMU's emcraft-sf2: processor, controller and flash are models from
# elsewhere, only the debug port in front of them is ours. What the flash holds is judged by QEMU's drive file.

. "$(dirname "$0")/lib.sh"

command -v qemu-system-arm >/dev/null || skip_all "qemu-system-arm is not installed"
qemu-system-arm -M help | grep -q '^emcraft-sf2 ' || skip_all "this qemu-system-arm has no machine emcraft-sf2"

BASE=0x90000000
QEMU_PID=

gdb_is_listening() {
	process_is_gone "$QEMU_PID" || grep -q ": 0100007F:$(printf '%04X' "$1") 00000000:0000 0A" /proc/net/tcp
}

# Sets GDB_PORT and QEMU_PID. QEMU cannot be asked for any free port, so one is tried after the other.
qemu_start() {
	local try
	for try in 1 2 3 4 5 6 7 8; do
		GDB_PORT=$((20000 + (RANDOM + try) % 12000))
		start_background qemu-system-arm -M emcraft-sf2 -display none -monitor none -serial none -S \
			-gdb "tcp:127.0.0.1:$GDB_PORT" -drive "if=mtd,format=raw,file=$IMAGE" "$@" >"$T/qemu.log" 2>&1 </dev/null
		QEMU_PID=$!
		wait_until 20 gdb_is_listening "$GDB_PORT"
		process_is_gone "$QEMU_PID" || return 0
	done
	note "QEMU does not start:" "$(cat "$T/qemu.log")"
	exit 1
}

qemu() { ocd -c "init; reset init; $1; shutdown"; }

# An application that only loops, with its vectors: stack at the end of the eSRAM, and one handler for all.
perl -e 'print pack("V2", 0x20010000, 0x41), pack("V", 0x43) x 14, pack("v2", 0xe7fe, 0xe7fe)' >"$T/app.bin"

# The first 256 KiB are not blank: what an erase does is seen.
expected_init 16M
fill 256K 125 >"$T/old"
expected_write 0 "$T/old"
cp "$EXPECTED" "$IMAGE"

not_ok "without --backend the board says what it needs" "$VBOARD" --board emcraft-sf2 2>"$T/err"
ok "how QEMU is to be started" grep -q 'needs --backend gdb:PORT.*qemu-system-arm -M emcraft-sf2' "$T/err"
not_ok "nobody at the port" "$VBOARD" --board emcraft-sf2 --backend gdb:1 2>"$T/err"
ok "says so" grep -q 'gdbstub at 127.0.0.1:1: Connection refused' "$T/err"
not_ok "--backend is for that board only" "$VBOARD" --board stm32f4-mx25 --backend gdb:1 2>"$T/err"

qemu_start -kernel "$T/app.bin"
vboard_start emcraft-sf2 --backend "gdb:$GDB_PORT"

# The words of SPI_0 that the stub changes, as the board's set-up leaves them.
SPI='proc spi {} {
	return [list [read_memory 0x40001000 32 2] [read_memory 0x4000101c 32 1] [read_memory 0x40001028 32 1]]
}'
ok "identify" qemu "$SPI
	set before [spi]
	flash probe ext; echo [ofl info ext]; echo [ofl spi ext 5 0x9f]
	echo \"controller: [expr { [spi] eq \$before ? \"as it was\" : [spi] }]\""
expect_log "^loader: spi:mss"
expect_log "^jedec-id: 012018"
expect_log "^geometry-from: OpenOCD's table"
expect_log "^size-bytes: 16777216"
expect_log "^page-bytes: 256"
expect_log "^erase: 65536 bytes, opcode d8"
expect_log "^01 20 18 03 01"
expect_log "^controller: as it was"
expect_no_log "^Error"

# Over the end of a sector, at odd addresses; a read of more than one command of the controller's.
pattern 9001 1 >"$T/data"
ok "erase, write, verify and read" qemu "
	echo [flash write_image erase $T/data $((BASE + 0xf123)) bin]
	flash verify_bank 0 $T/data 0xf123
	flash verify_image $T/data $((BASE + 0xf123)) bin
	flash read_bank 0 $T/back 0xf123 9001
	echo [ofl stats ext]"
expect_log "^wrote 9001 bytes"
expect_log "^erases-65536: 2"
expect_no_log "^Error"
ok "the same comes back" cmp "$T/data" "$T/back"
expected_erase 0 0x20000
expected_write 0xf123 "$T/data"

# Numbers from the bank line instead of a table; the last page of the chip.
pattern 256 2 >"$T/page"
OCD_BEFORE="set EXT_LOADER {spi:mss -base 0x40001000 -size 0x1000000 -page 256 -erase {0x10000 0xd8}}"
ok "numbers of the bank line" qemu "
	echo [ofl info ext]
	flash erase_sector 0 2 2
	flash write_image $T/page $((BASE + 0xffff00)) bin
	flash verify_image $T/page $((BASE + 0xffff00)) bin
	echo \"refused: [catch { flash verify_image $T/page $((BASE + 0xfffe00)) bin }]\""
expect_log "^geometry-from: bank line"
expect_log "^refused: -"
OCD_BEFORE=
expected_erase 0x20000 0x10000
expected_write 0xffff00 "$T/page"

not_ok "-ss is an output from 0 to 7" ocd -c "flash bank other ofl 0x80000000 0 0 0 m2s010.cpu spi:mss \
	-base 0x40001000 -ss 8; shutdown"
expect_log "'8' is not a number up to 0x7"
not_ok "-cs is refused" ocd -c "flash bank other ofl 0x80000000 0 0 0 m2s010.cpu spi:mss \
	-base 0x40001000 -cs {0 0 0 0}; shutdown"
expect_log "option '-cs' is unknown for spi:mss; known are -base -ss -size"

# A program of ours in RAM, around a write: counts up the word at 2000f000h, for ever.
#	ldr r1, =0x2000f000; movs r0, #0; loop: adds r0, #1; str r0, [r1]; b loop; .align 2; .word 0x2000f000
printf '\x02\x49\x00\x20\x01\x30\x08\x60\xfc\xe7\x00\x00\x00\xf0\x00\x20' >"$T/counter"
# The stub's stack: 192 bytes behind its 1376; filled before, it shows how deep the stub has been.
STACK=$((0x20000000 + $(grep -o 0x.. "$OFL_TOP/contrib/loaders/flash/ofl/images/mss.inc" | wc -l)))
ok "the application's registers and the debugger's ways" qemu "
	load_image $T/counter 0x2000e000 bin
	reg pc 0x2000e000
	reg psp 0x2000d000
	reg basepri 0x40
	reg r7 0x12345678
	bp 0x2000e006 2
	resume
	wait_halt 5000
	echo \"stopped at [reg pc]\"
	rbp 0x2000e006
	step
	step
	echo \"stepped to [reg pc]\"
	resume
	sleep 50
	halt
	set before [reg]
	mww $STACK 0xa5a5a5a5 48
	flash write_image erase $T/page $((BASE + 0x30000)) bin
	flash read_bank 0 $T/back 0x30000 256
	set untouched 0
	foreach word [read_memory $STACK 32 48] {
		if { \$word != 0xa5a5a5a5 } break
		incr untouched 4
	}
	echo \"stack: [expr { 192 - \$untouched }] bytes\"
	echo \"registers: [expr { [reg] eq \$before ? \"as they were\" : \"\$before became [reg]\" }]\"
	set before [lindex [read_memory 0x2000f000 32 1] 0]
	resume
	sleep 50
	halt
	set counted [expr { [lindex [read_memory 0x2000f000 32 1] 0] - \$before }]
	echo \"counted: [expr { \$counted > 100 ? \"yes\" : \$counted }]\"
	echo [reg psp]; echo [reg basepri]; echo [reg r7]"
expect_log "^stopped at pc \(/32\): 0x2000e006"
expect_log "^stepped to pc \(/32\): 0x2000e004"
expect_log "^registers: as they were"
expect_log "^counted: yes"
expect_log "^psp \(/32\): 0x2000d000"
expect_log "^basepri \(/8\): 0x40"
expect_log "^r7 \(/32\): 0x12345678"
stack_bytes=$(sed -n 's/^stack: \([0-9]*\) bytes$/\1/p' "$LOG")
note "stack of mss: ${stack_bytes:-?} of 160 bytes"
ok "the stub's stack" test "${stack_bytes:-999}" -gt 32 -a "${stack_bytes:-999}" -le 160
expected_erase 0x30000 0x10000
expected_write 0x30000 "$T/page"

# A breakpoint that is further from the PC than QEMU gets one for: HardFault there, and nothing is to be seen of it.
#	ldr r0, =0x2000f801; bx r0; .align 3; .word 0x2000f801	and	nop; nop; loop: adds r2, #1; b loop
printf '\x01\x48\x00\x47\x00\x00\x00\x00\x01\xf8\x00\x20' >"$T/jump"
printf '\x00\xbf\x00\xbf\x01\x32\xfd\xe7' >"$T/there"
ok "a breakpoint far away" qemu "
	load_image $T/jump 0x2000e000 bin
	load_image $T/there 0x2000f800 bin
	reg psp 0x2000d000
	reg control 2
	reg primask 1
	reg pc 0x2000e000
	bp 0x2000f802 2
	resume
	wait_halt 5000
	echo \"stopped at [reg pc] [reg psp] [reg xPSR] [reg control] [reg primask]\"
	echo \"hfsr: [read_memory 0xe000ed2c 32 1]\"
	rbp 0x2000f802
	step
	echo \"stepped to [reg pc]\""
expect_log "^stopped at pc \(/32\): 0x2000f802"
expect_log "^ psp \(/32\): 0x2000d000"
expect_log "^ xPSR \(/32\): 0x[04]1000000"
expect_log "^ control \(/3\): 0x02"
expect_log "^ primask \(/1\): 0x01"
expect_log "^hfsr: 0x0$"
expect_log "^stepped to pc \(/32\): 0x2000f804"

# Where no controller is, the stub's first access is a bus error: a fault in QEMU, caught before its handler runs.
OCD_BEFORE="set EXT_LOADER {spi:mss -base 0x48000000}"
ok "a bus error of the stub" qemu "
	set before [reg]
	echo \"refused: [catch { flash probe ext }]\"
	echo \"registers: [expr { [reg] eq \$before ? \"as they were\" : \"\$before became [reg]\" }]\""
expect_log "HardFault at PC 0x2000"
expect_log "bus error on a data access.*address 0x48000000 .is -base"
expect_log "^refused: -"
expect_log "^registers: as they were"
OCD_BEFORE=
ok "and the next command works" qemu "echo [ofl spi ext 3 0x9f]"
expect_log "^01 20 18"

ok "a write of the debugger's that fails leaves no trace" qemu "
	set before [reg]
	echo \"failed: [catch { mww 0x40008000 1 }]\"
	echo \"registers: [expr { [reg] eq \$before ? \"as they were\" : \"\$before became [reg]\" }]\"
	echo \"faults: [read_memory 0xe000ed28 32 2]\""
# By SWD the write is posted: OpenOCD sees its fault later, and reconnects.
[ -n "${LINK-}" ] || expect_log "^failed: -"
expect_log "^registers: as they were"
expect_log "^faults: 0x0 0x0"

# QEMU ends under a debugger.
stop_process "$QEMU_PID"
not_ok "QEMU has ended" qemu "flash probe ext"
VBOARD_STATUS=0
stop_process "$VBOARD_PID" 20 || VBOARD_STATUS=$?
ok "vboard's exit status says it" test "$VBOARD_STATUS" = 1
ok "so does its message" grep -q "gdbstub at 127.0.0.1:$GDB_PORT: .* has QEMU ended" "$T/vboard.err"
expected_check "QEMU's drive file as expected"

# Without an application QEMU's processor cannot even start, and must not be let run.
qemu_start
vboard_start emcraft-sf2 --backend "gdb:$GDB_PORT"
ok "a processor without a program" qemu "
	flash write_image erase $T/page $((BASE + 0x40000)) bin
	flash verify_bank 0 $T/page 0x40000"
vboard_stop
stop_process "$QEMU_PID"
expected_erase 0x40000 0x10000
expected_write 0x40000 "$T/page"
expected_check "QEMU's drive file as expected"

done_testing
