#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300

# The built-in loaders for controllers with FIFOs, STM32 SPI with CSTART and PL022: identify, erase, write, verify,
# read, and the whole chip compared after each board has stopped, which also says that no rule was broken. The chip
# select of the RP2040 is a pin with one register that sets it and one that clears it.

. "$(dirname "$0")/lib.sh"

BASE=0x90000000

# run BOARD SIZE ID LOADER REGISTERS: REGISTERS is a Tcl command that gives the controller's settings.
run() {
	local board=$1 size=$2 id=$3 loader=$4 registers=$5
	rm -f "$IMAGE"
	expected_init "$size"
	vboard_start "$board" --usb-us 1000

	ok "$board: identify" ocd -c "init; reset init; flash probe ext; echo [ofl info ext]; echo [ofl spi ext 3 0x9f]
		shutdown"
	expect_log "^loader: $loader\$"
	expect_log "^jedec-id: $id\$"
	expect_log "^size-bytes: $(bytes "$size")\$"
	expect_log "^page-bytes: 256\$"
	expect_log "^${id:0:2} ${id:2:2} ${id:4:2}"
	expect_no_log "^Error"

	pattern 20011 1 >"$T/data"
	ok "$board: erase, write, verify and read, and the controller's settings are as before" ocd -c "init; reset init
		proc settings {} { return [$registers] }
		set before [settings]
		echo [flash write_image erase $T/data $((BASE + 0x123)) bin]
		flash verify_bank ext $T/data 0x123
		flash read_bank ext $T/back 0x123 20011
		echo [expr { [settings] eq \$before ? \"settings kept\" : \"settings \$before became [settings]\" }]
		shutdown"
	expect_log "^wrote 20011 bytes"
	expect_log "^settings kept"
	expect_no_log "^Error"
	ok "$board: the same comes back" cmp "$T/data" "$T/back"
	expected_write 0x123 "$T/data"

	# 64 KiB: the W25Q32 of the RP2040 has no SFDP table, and OpenOCD's says no more
	ok "$board: erase what was written" ocd -c "init; reset init
		flash write_bank ext $T/data 0x1a001
		flash erase_address $((BASE + 0x10000)) 0x10000
		echo [flash mdw $((BASE + 0x1a000)) 1]
		shutdown"
	expect_log "^0x9001a000: ffffffff"

	# A wrong byte is seen, so the comparison compares
	cp "$T/data" "$T/other"
	printf 'x' | dd of="$T/other" bs=1 seek=77 conv=notrunc status=none
	not_ok "$board: verify sees one byte" ocd -c "init; reset init; flash verify_bank ext $T/other 0x123"

	pattern 3 2 >"$T/small"
	ok "$board: the last bytes of the chip" ocd -c "init; reset init
		echo [flash write_image erase $T/small $((BASE + $(bytes "$size") - 3)) bin]; shutdown"
	expect_log "^wrote 3 bytes"
	expected_write $(($(bytes "$size") - 3)) "$T/small"
	vboard_stop
	expected_check
}

run stm32h5-w25q64 8M ef4017 spi:stm32-spi2 "read_memory 0x40013000 32 5"
run rp2040-spi 4M ef4016 spi:pl022 "read_memory 0x4003c000 32 2"

done_testing
