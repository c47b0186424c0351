#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200

# An external loader for a memory-mapped QUADSPI: read by memory after Init, and left mapped at the end of each command,
# so that the application in the flash goes on; and its twin that does not map the flash.

. "$(dirname "$0")/lib_loader.sh"

BASE=0x90000000
CCR=0xa0001014
MAPPED=0d002503

# A program for the mapped range: counts up the word at 20010000h, for ever.
#	ldr r1, =0x20010000; movs r0, #0; loop: adds r0, #1; str r0, [r1]; b loop; .align 2; .word 0x20010000
printf '\x02\x49\x00\x20\x01\x30\x08\x60\xfc\xe7\x00\x00\x00\x00\x01\x20' >"$T/counter"

# Tcl: lets it go on where it is, for a while; says whether it counted.
COUNTER='proc counter {} { return [lindex [read_memory 0x20010000 32 1] 0] }
proc go_on { what } {
	set before [counter]
	resume
	sleep 20
	halt
	set counted [expr { [counter] - $before }]
	echo "counted $what: [expr { $counted > 1000 ? "yes" : $counted }]"
}'

use_loader quadspi-f746.stldr
vboard_start stm32f746g-disco --usb-us 250
expected_init 16M
pattern 20001 1 >"$T/data"
# The clocks are the board's, all else is the loader's: it must not rely on reset-init.
ok "after reset alone: erase, write, verify, read" ocd -c "init; reset halt
	echo [ofl info ext]
	echo [flash write_image erase $T/data $((BASE + 0x123)) bin]
	flash verify_bank 0 $T/data 0x123
	flash read_bank 0 $T/back 0x123 20001
	dump_image $T/mapped $((BASE + 0x123)) 20001
	echo \"CCR [format %08x [lindex [read_memory $CCR 32 1] 0]]\"
	shutdown"
expect_log "^wrote 20001 bytes"
expect_log "^read-by: memory$"
expect_log "^CCR $MAPPED"
expect_no_log "^Error"
ok "read_bank gives the same" cmp "$T/data" "$T/back"
ok "the mapped range gives the same" cmp "$T/data" "$T/mapped"
expected_write 0x123 "$T/data"

pattern 4099 2 >"$T/odd"
ok "a program in the mapped range, before and after commands" ocd -c "init; reset init
	$COUNTER
	flash write_image erase $T/counter 0x90200000 bin
	mww 0x20010000 0
	reg pc 0x90200000
	go_on before
	flash write_image erase $T/odd $((BASE + 0x31fff1)) bin
	go_on {after a write}
	flash erase_sector 0 0x50 0x50
	go_on {after an erase}
	flash verify_bank 0 $T/odd 0x31fff1
	go_on {after verify}
	echo \"CCR [format %08x [lindex [read_memory $CCR 32 1] 0]]\"
	shutdown"
ok "all of four runs" test "$(grep -c '^counted .*: yes' "$LOG")" = 4
expect_log "^CCR $MAPPED"
expect_no_log "^Error"
expected_write 0x200000 "$T/counter"
expected_write 0x31fff1 "$T/odd"

# With the data cache on, both the driver's own comparison and the application must read what the flash holds. The
# program copies the mapped word at 90500000h to 20010000h, for ever:
#	ldr r1, [pc, #8]; ldr r2, [pc, #12]; loop: ldr r0, [r1]; str r0, [r2]; b loop; nop; .word 0x90500000, 0x20010000
printf '\x78\x56\x34\x12' >"$T/word"
ok "with the data cache on" ocd -c "init; reset init; flash probe ext
	flash verify_bank 0 $T/odd 0x31fff1
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
	mmw 0xe000ed14 0x10000 0
	look {at first}
	flash write_image erase $T/word 0x90500000 bin
	look {after a write}
	flash erase_sector 0 0x50 0x50
	look {after an erase}
	shutdown"
expect_log "^at first: ffffffff"
expect_log "^after a write: 12345678"
expect_log "^after an erase: ffffffff"
vboard_stop
expected_check

# Its twin; and the good one in the same process, as a bank of its own at the same flash, puts it right.
rm -f "$IMAGE"
vboard_start stm32f746g-disco --usb-us 250
expected_init 16M
use_loader quadspi-f746-unmapped.stldr
for command in "flash read_bank 0 $T/back 0x10000 4096" "flash write_image erase $T/odd 0x90010000 bin"; do
	ok "unmapped: ${command%% /*} fails, and the next command succeeds" ocd -c "
		flash bank good ofl 0xa0000000 0 0 0 \$_TARGETNAME $LOADERS/quadspi-f746.stldr -map 0x90000000
		init; reset init
		if { ![catch { $command }] } { echo {it did not fail}; shutdown error }
		flash write_image erase $T/odd 0xa0040000 bin
		flash verify_image $T/odd 0xa0040000 bin
		echo \"CCR [format %08x [lindex [read_memory $CCR 32 1] 0]]\"
		shutdown"
	expect_log "bus error on a data access, .* address 0x90010000 \\(the flash is read by memory: has the loader"
	expect_log "^CCR $MAPPED"
done
expected_write 0x40000 "$T/odd"
vboard_stop
expected_check

done_testing
