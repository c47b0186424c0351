#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200

# The built-in loader for STM32 QUADSPI, with the flash memory mapped: every command leaves the mapped mode as it found
# it, also one that fails, so that an application in the flash goes on; and the CPU's data cache holds nothing that the
# flash no longer does.

. "$(dirname "$0")/lib.sh"

BASE=0x90000000
CCR=0xa0001014

qspi() { ocd -c "init; reset init; $1; shutdown"; }

# A program for the mapped range: counts up the word at 20010000h, for ever.
#	ldr r1, =0x20010000; movs r0, #0; loop: adds r0, #1; str r0, [r1]; b loop; .align 2; .word 0x20010000
printf '\x02\x49\x00\x20\x01\x30\x08\x60\xfc\xe7\x00\x00\x00\x00\x01\x20' >"$T/counter"

# Tcl: starts it, or lets it go on where it was, for a while; says whether it counted.
COUNTER='proc counter {} { return [lindex [read_memory 0x20010000 32 1] 0] }
proc go_on { what } {
	set before [counter]
	resume
	sleep 20
	halt
	set counted [expr { [counter] - $before }]
	echo "counted $what: [expr { $counted > 1000 ? "yes" : $counted }]"
}
proc run_counter { what } {
	mww 0x20010000 0
	reg pc 0x90200000
	go_on $what
}
proc registers {} { return [read_memory 0xa0001000 32 2],[read_memory 0xa0001014 32 1] }
# A command that must leave the registers as they are, whatever its outcome.
proc unchanged { what command } {
	set before [registers]
	set failed [catch { uplevel 1 $command }]
	set same [expr { $before eq [registers] ? "same" : "$before became [registers]" }]
	echo "registers after $what: $same, failed: $failed"
}'

vboard_start stm32f746g-disco
expected_init 16M

ok "identify" qspi "flash probe ext; echo [ofl info ext]; echo [ofl spi ext 3 0x9f]"
expect_log "^loader: spi:stm32-qspi"
expect_log "^jedec-id: 20ba18"
expect_log "^size-bytes: 16777216"
expect_log "^20 ba 18"
expect_no_log "^Error"

pattern 70001 1 >"$T/data"
ok "erase, write, verify and read" qspi "
	echo [flash write_image erase $T/data $((BASE + 0x123)) bin]
	flash verify_bank 0 $T/data 0x123
	flash read_bank 0 $T/back 0x123 70001
	dump_image $T/mapped $((BASE + 0x123)) 70001"
expect_log "^wrote 70001 bytes"
expect_no_log "^Error"
ok "read_bank gives the same" cmp "$T/data" "$T/back"
ok "the mapped range gives the same" cmp "$T/data" "$T/mapped"
expected_write 0x123 "$T/data"

# Over the end of a sector, beside what is there already
pattern 4099 2 >"$T/odd"
ok "every command leaves the mapped mode as it was" qspi "
	$COUNTER
	flash write_image erase $T/counter 0x90200000 bin
	run_counter before
	unchanged probe { flash probe ext }
	unchanged info { ofl info ext }
	unchanged spi { ofl spi ext 1 0x05 }
	unchanged write { flash write_image erase $T/odd $((BASE + 0x31fff1)) bin }
	go_on {after a write}
	unchanged erase { flash erase_sector 0 0x50 0x50 }
	unchanged verify { flash verify_bank 0 $T/odd 0x31fff1 }
	unchanged read { flash read_bank 0 $T/back 0x31fff1 4099 }
	go_on {after them all}
	mww $CCR 0x00000000
	mww 0xa0001000 0x03000003
	mww $CCR 0x0f20256b
	unchanged {write, mapped on four lines} { flash write_image $T/odd $((BASE + 0x400001)) bin }
	dump_image $T/mapped $((BASE + 0x400001)) 4099
	go_on {on four lines}"
ok "all of eight registers" test "$(grep -c '^registers after .*: same, failed: 0' "$LOG")" = 8
ok "all of four runs" test "$(grep -c '^counted .*: yes' "$LOG")" = 4
ok "the mapped range gives what was written" cmp "$T/odd" "$T/mapped"
expect_no_log "^Error"
expected_write 0x200000 "$T/counter"
expected_write 0x31fff1 "$T/odd"
expected_write 0x400001 "$T/odd"

ok "breakpoint and steps in the mapped range, around a write" qspi "
	$COUNTER
	mww 0x20010000 0
	reg pc 0x90200000
	bp 0x90200006 2 hw
	resume
	wait_halt 1000
	flash write_image $T/odd $((BASE + 0x410001)) bin
	echo [reg pc]
	step
	step
	echo [reg pc]
	echo [mdw 0x20010000]"
expect_log "^pc \\(/32\\): 0x90200006"
expect_log "^pc \\(/32\\): 0x90200004"
expect_log "^0x20010000: 00000001"
expected_write 0x410001 "$T/odd"

# A program in RAM that copies the mapped word at 90500000h to 20010000h, for ever.
#	ldr r1, [pc, #8]; ldr r2, [pc, #12]; loop: ldr r0, [r1]; str r0, [r2]; b loop; nop; .word 0x90500000, 0x20010000
# With the data cache on: what it read before a write must not be what it reads after it. As a control, once with the
# cache off during the write only, so that the stub does nothing about it: then the old line is still there.
DCACHE="
	foreach word { 0x4a034902 0x60106808 0xbf00e7fc 0x90500000 0x20010000 } address { 0x20011000 0x20011004 0x20011008
			0x2001100c 0x20011010 } { mww \$address \$word }
	proc look { what } {
		reg pc 0x20011000
		resume
		sleep 10
		halt
		echo \"\$what: [format %08x [lindex [read_memory 0x20010000 32 1] 0]]\"
	}
	mww 0xe000ed84 0
	for { set set 0 } { \$set < 32 } { incr set } {
		foreach way { 0 1 2 3 } { mww 0xe000ef60 [expr { \$way << 30 | \$set << 5 }] }
	}
	set ccr [lindex [read_memory 0xe000ed14 32 1] 0]
	mww 0xe000ed14 [expr { \$ccr | 0x10000 }]
	look {at first}"
printf '\x78\x56\x34\x12' >"$T/word"
printf '\x70\x54\x30\x10' >"$T/word2"
ok "what the application reads through its data cache" qspi "$DCACHE
	flash write_image $T/word 0x90500000 bin
	look {after a write}
	mww 0xe000ed14 \$ccr
	flash write_image $T/word2 0x90500000 bin
	mww 0xe000ed14 [expr { \$ccr | 0x10000 }]
	look {control}
	flash erase_sector 0 0x51 0x51
	look {after another command}"
expect_log "^at first: ffffffff"
expect_log "^after a write: 12345678"
expect_log "^control: 12345678"
expect_log "^after another command: 10305470"
expected_write 0x500000 "$T/word2"

not_ok() { ! "$@"; }
ok "a -cs is refused" not_ok ocd -c "flash bank other ofl 0x90000000 0 0 0 stm32f7x.cpu spi:stm32-qspi \
	-base 0xa0001000 -cs {0 0 0 0}; shutdown"
expect_log "option '-cs' is unknown for spi:stm32-qspi; known are -base -map -qe -size"

ok "more dummy bytes than the controller can send" qspi "
	echo [ofl spi ext 2 0x0b 0 0 0 0 0 0 0]
	echo \"refused: [catch { ofl spi ext 1 0x0b 0 0 0 0 0 0 0 0 }]\"
	echo [ofl spi ext 3 0x9f]"
expect_log "opcode 0b with 4 dummy bytes: spi:stm32-qspi sends at most 3"
expect_log "^refused: -"
expect_log "^20 ba 18"

vboard_stop
expected_check

# Commands that fail leave it mapped, too.
cp "$EXPECTED" "$IMAGE"
vboard_start stm32f746g-disco --fault nor.locked
ok "a part that does not take the write" qspi "
	$COUNTER
	run_counter before
	unchanged write { flash write_image $T/odd $((BASE + 0x600000)) bin }
	unchanged erase { flash erase_sector 0 0x20 0x20 }
	go_on after"
expect_log "write enable latch did not set"
ok "both" test "$(grep -c '^registers after .*: same, failed: -' "$LOG")" = 2
expect_log "^counted before: yes"
expect_log "^counted after: yes"
vboard_stop
expected_check

# Out of reset the controller has neither clock nor pins.
vboard_start stm32f746g-disco
ok "without the board's set-up" not_ok ocd -c "init; reset halt; flash probe ext; shutdown"
expect_log "controller did not finish a transfer"
expect_log "are the controller's clock and pins set up"
VB_ALLOW_VIOLATIONS=1 vboard_stop
ok "the clock is off, nothing else" test "$(report_violations | grep -c -v 'clock is off')" = 0

done_testing
