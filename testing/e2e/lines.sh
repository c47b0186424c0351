#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 280

# Four data lines, on both controllers that have them: the quad enable bit, which only -qe on writes and only as the
# chip's table says; reads, CRC and blank check of the mapped range with -map; and a chip that the application left in a
# mode of its own.

. "$(dirname "$0")/lib.sh"

run() { ocd -c "init; reset init; $1; shutdown"; }
not_ok() { ! "$@"; }
options() { OCD_BEFORE="set EXT_OPTIONS {$*}"; }
# How often the chip executed a command: by the trace of runs of the driver, one line each.
pattern 20001 1 >"$T/data"
pattern 20001 2 >"$T/other"
# The simulator is slow where the CPU reads the mapped range.
pattern 1501 3 >"$T/small"
pattern 1501 4 >"$T/small2"

# ---------------------------------------------------------------- the quad enable bit

# Board, address, part, how its table has it: W25Q128JV BFPT DW15 = 4 (01h with two bytes), S25FL064L by the part's data
# (likewise). Other bits of the registers stay: SR1 3Ch (TB, BP) and SR2 40h (CMP), which together protect nothing.
for board in "stm32f746g-disco 0x90000000 16M w25q128jv 0x3c 0x40" \
		"stm32n655-s25fl064l 0x70000000 8M s25fl064l 0x3c 0x40"; do
	read -r name base size part sr1 sr2 <<<"$board"
	rm -f "$IMAGE"
	vboard_start "$name" --flash "$part"
	expected_init "$size"
	options
	ok "$part: the bit is clear: one line" run "
		ofl spi ext 0 0x06; ofl spi ext 0 0x01 $sr1 $sr2; sleep 50
		flash write_image $T/data $((base + 0x101)) bin
		echo [ofl info ext]
		echo \"SR2: [ofl spi ext 1 0x35]\""
	expect_log "^lines: 1-1-1 \(the quad enable bit is clear; -qe on sets it\)"
	expect_log "^(read-opcode: 03|program-opcode: 02)"
	expect_log "^SR2: 40"
	expect_no_log "^Error"
	options -qe on
	ok "$part: -qe on" run "
		flash probe ext
		echo \"SR1: [ofl spi ext 1 0x05]\"
		echo \"SR2: [ofl spi ext 1 0x35]\"
		echo [ofl info ext]
		echo [ofl info ext -json]
		flash write_image erase $T/other $((base + 0x101)) bin
		flash read_bank 0 $T/back 0x101 20001
		echo [verify_image $T/other $((base + 0x101)) bin]"
	expect_log "the quad enable bit was set \(-qe on\)"
	expect_log "^SR1: 3c"
	expect_log "^SR2: 42"
	expect_log "^lines: 1-1-4$"
	expect_log '"lines": "1-1-4"'
	expect_log "^read-opcode: 6b"
	expect_log "^program-opcode: 32"
	expect_log "^verified 20001 bytes"
	ok "$part: read on four lines" cmp "$T/other" "$T/back"
	expected_write 0x101 "$T/other"
	options
	ok "$part: it is set: four lines; cleared behind the driver's back: refused" run "
		flash probe ext
		echo [ofl info ext]
		flash write_image $T/data $((base + 0x40001)) bin
		ofl spi ext 0 0x06; ofl spi ext 0 0x01 0x00 0x00; sleep 50
		echo \"refused: [catch { flash write_image $T/data $((base + 0x60001)) bin }]\"
		flash probe ext
		flash write_image $T/data $((base + 0x60001)) bin"
	expect_log "^lines: 1-1-4$"
	expect_no_log "was set \(-qe on\)"
	expect_log "quad enable bit has been cleared since it was identified; nothing was changed"
	expect_log "^refused: -"
	expected_write 0x40001 "$T/data"
	expected_write 0x60001 "$T/data"
	vboard_stop
	expected_check "$part: whole chip as expected"
done

# Parts without such a bit, and one whose table names no way to write 1-1-4.
rm -f "$IMAGE"
vboard_start stm32f746g-disco
options -qe on
ok "no such bit: four lines at once" run "flash probe ext; echo [ofl info ext]; echo [ofl spi ext 1 0x05]"
expect_log "^lines: 1-1-4$"
expect_no_log "was set \(-qe on\)"
expect_log "^00"
ok "-qe takes on and off" not_ok ocd -c "flash bank other ofl 0 0 0 0 stm32f7x.cpu spi:stm32-qspi \
	-base 0xa0002000 -qe yes; shutdown"
expect_log "-qe yes: off or on expected"

# ---------------------------------------------------------------- -map

BASE=0x90000000
expected_init 16M
options -map $BASE
ok "reads, CRC and blank check by the mapped range" run "
	flash write_image $T/small $((BASE + 0x20101)) bin
	ofl trace ext on
	flash read_bank 0 $T/back 0x20101 1501
	echo [verify_image $T/small $((BASE + 0x20101)) bin]
	echo [ofl stats ext]"
ok "the same content" cmp "$T/small" "$T/back"
expect_log "^verified 1501 bytes"
# A read by command would be a run of its own.
expect_no_log "reading: status"
expect_log "verifying: status"
expect_no_log "^Warn.*-map"
expected_write 0x20101 "$T/small"

# What the CPU and the controller have read before a write must not be what is compared after it, also with a cache in
# which the application's lines are.
ok "after each write, with the data cache on" run "
	foreach word { 0x4a034902 0x60106808 0xbf00e7fc 0x90500000 0x20010000 } address { 0x20011000 0x20011004 0x20011008
			0x2001100c 0x20011010 } { mww \$address \$word }
	mww 0xe000ed84 0
	for { set set 0 } { \$set < 32 } { incr set } {
		foreach way { 0 1 2 3 } { mww 0xe000ef60 [expr { \$way << 30 | \$set << 5 }] }
	}
	mmw 0xe000ed14 0x10000 0
	proc look {} { reg pc 0x20011000; resume; sleep 10; halt }
	look
	flash write_image $T/small 0x90500000 bin
	look
	flash write_image erase $T/small2 0x90500000 bin
	look
	flash verify_bank 0 $T/small2 0x500000
	echo [verify_image $T/small2 0x90500000 bin]"
expect_log "^verified 1501 bytes"
expect_no_log "^Error"
expected_write 0x500000 "$T/small2"

# A line of the cache that is older than the flash when the command starts: something else has changed the flash since.
# The application reads a word, then the flash is written with the cache off, so that the stub does nothing about it.
ok "stale lines are not what is compared" run "
	foreach word { 0x4a034902 0x60106808 0xbf00e7fc 0x90600000 0x20010000 } address { 0x20011000 0x20011004 0x20011008
			0x2001100c 0x20011010 } { mww \$address \$word }
	mww 0xe000ed84 0
	for { set set 0 } { \$set < 32 } { incr set } {
		foreach way { 0 1 2 3 } { mww 0xe000ef60 [expr { \$way << 30 | \$set << 5 }] }
	}
	set ccr [lindex [read_memory 0xe000ed14 32 1] 0]
	mww 0xe000ed14 [expr { \$ccr | 0x10000 }]
	reg pc 0x20011000; resume; sleep 10; halt
	mww 0xe000ed14 \$ccr
	flash write_image $T/small 0x90600000 bin
	mww 0xe000ed14 [expr { \$ccr | 0x10000 }]
	echo [verify_image $T/small 0x90600000 bin]"
expect_log "^verified 1501 bytes"
expected_write 0x600000 "$T/small"

ok "not mapped at the start: by command" run "
	mww 0xa0001014 0
	ofl trace ext on
	flash read_bank 0 $T/back 0x20101 1501"
expect_log "reading: status"
ok "the same" cmp "$T/small" "$T/back"
ok "less than the chip is mapped: by command beyond it" run "
	mww 0xa0001014 0
	mww 0xa0001004 0x00100100
	mww 0xa0001014 0x0d002503
	ofl trace ext on
	flash read_bank 0 $T/back 0x500000 1501"
expect_log "reading: status"
ok "the same again" cmp "$T/small2" "$T/back"
options -map $BASE -size 0x4000 -erase "{0x1000 0x20}"
ok "blank check" run "
	flash write_image $T/small $((BASE + 0x2801)) bin
	ofl trace ext on
	echo [flash erase_check 0]"
expect_no_log "checking for blank: status"
expect_log "# +2: .*0x1000 4kB\) not erased"
expect_no_log "# +[013]: .*not erased"
expected_write 0x2801 "$T/small"
options -map 0x20000000
ok "another address is noticed" run "
	flash write_image $T/small $((BASE + 0x30000)) bin
	flash read_bank 0 $T/back 0x30000 1501"
expect_log "0x20000000, where -map says that the flash is mapped, is not the flash's content; reading by command"
ok "and read by command" cmp "$T/small" "$T/back"
expected_write 0x30000 "$T/small"
vboard_stop
expected_check

rm -f "$IMAGE"
vboard_start stm32n655-s25fl064l
options -map 0x70000000
expected_init 8M
ok "XSPI: by the mapped range" run "
	flash write_image $T/small 0x70020101 bin
	ofl trace ext on
	flash read_bank 0 $T/back 0x20101 1501
	echo [verify_image $T/small 0x70020101 bin]"
ok "XSPI: the same content" cmp "$T/small" "$T/back"
expect_log "^verified 1501 bytes"
expect_no_log "reading: status"
expect_no_log "^Warn.*-map"
expected_write 0x20101 "$T/small"

# ---------------------------------------------------------------- a chip that was left in a mode of its own

# 4-byte addresses without the application's mapped mode needing them, then with it: left as it was.
ok "XSPI: left in 4-byte mode" run "
	flash probe ext
	ofl spi ext 0 0xb7
	flash write_image $T/other 0x70040101 bin
	ofl spi ext 0 0xb7
	mmw 0x5802a000 2 0
	mww 0x5802a000 0
	mww 0x5802a000 0x30000000
	mww 0x5802a100 0x01003101
	mww 0x5802a000 0x30000001
	flash write_image $T/other 0x70080101 bin
	dump_image $T/back 0x70080101 20001
	echo [mdw 0x70040100]"
expect_no_log "^Error"
expected_write 0x40101 "$T/other"
expected_write 0x80101 "$T/other"
ok "it can be read by either" cmp "$T/other" "$T/back"
vboard_stop
expected_check

OCD_BEFORE=
for board in "stm32f746g-disco 0x90000000" "stm32n655-s25fl064l 0x70000000"; do
	read -r name base <<<"$board"
	rm -f "$IMAGE"
	vboard_start "$name" --flash w25q128jv
	expected_init 16M
	ok "$name: left in QPI" run "
		flash probe ext
		ofl spi ext 0 0x06; ofl spi ext 0 0x01 0x00 0x02; sleep 50
		flash probe ext
		ofl spi ext 0 0x38
		flash probe ext
		echo [ofl info ext]
		flash write_image $T/data $((base + 0x101)) bin"
	expect_log "^Warn.*was in a mode of four lines"
	expect_log "^note: it was in a mode of four lines, and was reset"
	expect_log "^jedec-id: ef4018"
	expected_write 0x101 "$T/data"
	vboard_stop
	expected_check
done

# Micron's has no FFh: only the reset on four lines. And its continuous read, which the mapped mode has entered by
# sending its opcode once: the mapped mode goes on, and the chip is not reset.
rm -f "$IMAGE"
vboard_start stm32f746g-disco
expected_init 16M
ok "left in the quad I/O protocol" run "
	flash probe ext
	ofl spi ext 0 0x06; ofl spi ext 0 0x61 0x7f
	flash probe ext
	flash write_image $T/data 0x90000101 bin
	echo [ofl info ext]"
expect_log "^Warn.*was in a mode of four lines"
expect_log "^jedec-id: 20ba18"
expect_no_log "^Error"
expected_write 0x101 "$T/data"
ok "left in a continuous read" run "
	flash probe ext
	ofl spi ext 0 0x06; ofl spi ext 0 0x81 0xf3
	mww 0xa0001014 0
	mmw 0xa0001000 2 0
	mww 0xa000101c 0
	mww 0xa0001014 [expr { 0x10000000 | 0x0c000000 | 0x03000000 | 8 << 18 | 0xc000 | 0x2c00 | 0x1eb }]
	echo [mdw 0x90000200]
	flash probe ext
	flash write_image $T/other 0x90010101 bin
	dump_image $T/back 0x90010101 20001"
expect_log "^0x90000200: [0-9a-f]{8}"
expect_no_log "^Error"
ok "its mapped range goes on" cmp "$T/other" "$T/back"
expected_write 0x10101 "$T/other"
ok "other dummy clocks than the usual ones" run "
	flash probe ext
	ofl spi ext 0 0x06; ofl spi ext 0 0x81 0x4b
	flash write_image $T/other 0x90020101 bin
	ofl spi ext 0 0x06; ofl spi ext 0 0x81 0xfb"
expected_write 0x20101 "$T/other"
vboard_stop
expected_check

done_testing
