#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240

# The built-in loader for STM32 OCTOSPI and XSPI, by the board file of a real board, with the flash memory mapped: every
# command leaves the mapped mode as it found it, also one that fails, so that an application in the flash goes on.

. "$(dirname "$0")/lib.sh"

BASE=0x70000000
XSPI2=0x5802a000

ospi() { ocd -c "init; reset init; $1; shutdown"; }
not_ok() { ! "$@"; }

# A program for the mapped range: counts up the word at 34010000h, for ever.
#	ldr r1, =0x34010000; movs r0, #0; loop: adds r0, #1; str r0, [r1]; b loop; .align 2; .word 0x34010000
printf '\x02\x49\x00\x20\x01\x30\x08\x60\xfc\xe7\x00\x00\x00\x00\x01\x34' >"$T/counter"

# Tcl: starts it, or lets it go on where it was, for a while; says whether it counted.
COUNTER='proc counter {} { return [lindex [read_memory 0x34010000 32 1] 0] }
proc go_on { what } {
	set before [counter]
	resume
	sleep 20
	halt
	set counted [expr { [counter] - $before }]
	echo "counted $what: [expr { $counted > 1000 ? "yes" : $counted }]"
}
proc run_counter { what } {
	mww 0x34010000 0
	reg pc 0x70200000
	go_on $what
}
# CR, DCR1, DLR, CCR, TCR, IR and what the driver does not touch
proc registers {} {
	set values {}
	foreach offset { 0x00 0x08 0x0c 0x10 0x14 0x40 0x80 0x88 0x90 0x100 0x108 0x110 0x120 0x130 0x180 0x188 0x190 } {
		lappend values [format %08x [read_memory [expr { 0x5802a000 + $offset }] 32 1]]
	}
	return $values
}
# A command that must leave the registers as they are, whatever its outcome.
proc unchanged { what command } {
	set before [registers]
	set failed [catch { uplevel 1 $command }]
	set same [expr { $before eq [registers] ? "same" : "$before became [registers]" }]
	echo "registers after $what: $same, failed: $failed"
}'

vboard_start stm32n655-s25fl064l
expected_init 8M

ok "identify" ospi "flash probe ext; echo [ofl info ext]; echo [ofl spi ext 3 0x9f]"
expect_log "^loader: spi:stm32-ospi"
expect_log "^jedec-id: 016017"
expect_log "^size-bytes: 8388608"
expect_log "^lines: 1-1-1 \(the quad enable bit is clear; -qe on sets it\)"
expect_log "^01 60 17"
expect_no_log "^Error"

pattern 70001 1 >"$T/data"
ok "erase, write, verify and read" ospi "
	echo [flash write_image erase $T/data $((BASE + 0x123)) bin]
	flash verify_bank 0 $T/data 0x123
	flash read_bank 0 $T/back 0x123 70001
	dump_image $T/mapped $((BASE + 0x123)) 70001
	echo [verify_image $T/data $((BASE + 0x123)) bin]"
expect_log "^wrote 70001 bytes"
expect_log "^verified 70001 bytes"
expect_no_log "^Error"
ok "read_bank gives the same" cmp "$T/data" "$T/back"
ok "the mapped range gives the same" cmp "$T/data" "$T/mapped"
expected_write 0x123 "$T/data"

# Over the end of a sector, beside what is there already
pattern 4099 2 >"$T/odd"
ok "every command leaves the mapped mode as it was" ospi "
	$COUNTER
	flash write_image erase $T/counter 0x70200000 bin
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
	unchanged dummies { ofl spi ext 1 0x0b 0 0 0 0 0 0 0 0 }"
ok "all of seven registers" test "$(grep -c '^registers after .*: same, failed: 0' "$LOG")" = 7
expect_log "^registers after dummies: same, failed: -"
expect_log "opcode 0b with 4 dummy bytes: spi:stm32-ospi sends at most 3"
ok "all of three runs" test "$(grep -c '^counted .*: yes' "$LOG")" = 3
expected_write 0x200000 "$T/counter"
expected_write 0x31fff1 "$T/odd"

# As an application may have it: another prescaler, interrupts on, a size that is less than the chip's, a read with
# dummy clocks; off; and in indirect mode behind a command that must not be sent once more.
ok "other states of the controller" ospi "
	$COUNTER
	proc set_up { cr dcr1 ccr tcr ir } {
		mmw $XSPI2 2 0
		mww $XSPI2 0
		foreach { offset value } [list 0x00 \$cr 0x08 \$dcr1 0x100 \$ccr 0x108 \$tcr 0x110 \$ir] {
			mww [expr { $XSPI2 + \$offset }] \$value
		}
	}
	set_up 0x301f0f01 0x000f0000 0x01002101 0x00000008 0x0000000b
	unchanged {a small size} { flash write_image $T/odd $((BASE + 0x400001)) bin }
	dump_image $T/mapped $((BASE + 0x8000)) 8
	set_up 0x30000000 0x00160100 0x01002101 0x00000000 0x00000003
	unchanged {off} { flash write_image $T/odd $((BASE + 0x410001)) bin }
	set_up 0x00000001 0x00160100 0x00000001 0x00000000 0x00000006
	unchanged {a write enable} { ofl spi ext 0 0x04 }
	echo \"latch: [ofl spi ext 1 0x05]\"
	set_up 0x00000001 0x00160100 0x00002101 0x00000000 0x000000d8
	unchanged {an erase} { ofl spi ext 3 0x9f }"
expect_log "^latch: 00"
ok "all of four" test "$(grep -c '^registers after .*: same, failed: 0' "$LOG")" = 4
expected_write 0x400001 "$T/odd"
expected_write 0x410001 "$T/odd"

ok "breakpoint and steps in the mapped range, around a write" ospi "
	$COUNTER
	mww 0x34010000 0
	reg pc 0x70200000
	bp 0x70200006 2 hw
	resume
	wait_halt 1000
	flash write_image $T/odd $((BASE + 0x420001)) bin
	echo [reg pc]
	step
	step
	echo [reg pc]
	echo [mdw 0x34010000]"
expect_log "^pc \\(/32\\): 0x70200006"
expect_log "^pc \\(/32\\): 0x70200004"
expect_log "^0x34010000: 00000001"
expected_write 0x420001 "$T/odd"

ok "a -cs, and a second bank at the same controller, are refused" ospi "
	catch { flash bank a ofl 0x70000000 0 0 0 stm32n6x.cpu spi:stm32-ospi -base $XSPI2 -cs {0 0 0 0} }
	catch { flash bank b ofl 0x80000000 0 0 0 stm32n6x.cpu spi:stm32-ospi -base $XSPI2 }"
vboard_stop
expected_check

# Commands that fail leave it mapped, too.
cp "$EXPECTED" "$IMAGE"
vboard_start stm32n655-s25fl064l --fault nor.locked
ok "a part that does not take the write" ospi "
	$COUNTER
	run_counter before
	unchanged write { flash write_image $T/odd $((BASE + 0x600000)) bin }
	unchanged erase { flash erase_sector 0 0x200 0x200 }
	go_on after"
expect_log "write enable latch did not set"
ok "both" test "$(grep -c '^registers after .*: same, failed: -' "$LOG")" = 2
expect_log "^counted before: yes"
expect_log "^counted after: yes"
vboard_stop
expected_check

# Out of reset the controller has neither clock nor pins.
vboard_start stm32n655-s25fl064l
ok "without the board's set-up" not_ok ocd -c "init; reset halt; flash probe ext; shutdown"
expect_log "controller did not finish a transfer|the chip does not answer"
VB_ALLOW_VIOLATIONS=1 vboard_stop
ok "the clock is off, nothing else" test "$(report_violations | grep -c -v 'clock is off')" = 0

done_testing
