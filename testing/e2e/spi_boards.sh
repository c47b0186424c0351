#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240

# The boards stm32h5-w25q64 and rp2040-spi around their SPI controllers: OpenOCD finds the target, the board file's
# clocks and pins are enough for the controller, whose registers the debugger drives by itself here, and the same pins
# as GPIOs reach the flash, through the addresses that a user would give.

. "$(dirname "$0")/lib.sh"

# Four bytes in one transfer by the debugger's stores: 9Fh, and the id. Register bits: testing/vboard/ctl/.
H5_ID='proc exchange {out} {
	mwb 0x40013020 $out
	for {set i 0} {!([read_memory 0x40013014 32 1] & 1)} {incr i} {
		if { $i > 100 } { error "RXP does not come" }
	}
	return [read_memory 0x40013030 8 1]
}
mww 0x40013000 0x1000; mww 0x4001300c 0x84400000; mww 0x40013004 4
mww 0x42020018 0x100000; mww 0x40013000 0x1001; mww 0x40013000 0x1201
set id {}
foreach byte {0x9f 0 0 0} { append id [format %02x [exchange $byte]] }
mww 0x42020018 0x10; mww 0x40013000 0x1000; mww 0x4001300c 0; mww 0x40013018 0x10
echo "id: $id"'

RP2040_ID='proc exchange {out} {
	mww 0x4003c008 $out
	for {set i 0} {[read_memory 0x4003c00c 32 1] & 0x10} {incr i} {
		if { $i > 100 } { error "BSY stays" }
	}
	return [read_memory 0x4003c008 32 1]
}
mww 0x4003e004 2; mww 0xd0000018 0x20000
set id {}
foreach byte {0x9f 0 0 0} { append id [format %02x [exchange $byte]] }
mww 0xd0000014 0x20000; mww 0x4003f004 2
echo "id: $id"'

# round BOARD SIZE ID LOADER TO_GPIO ID_COMMANDS
round() {
	local board=$1 size=$2 id=$3 to_gpio=$5
	pattern 20000 7 >"$T/image"
	fill "$size" 377 >"$EXPECTED"
	rm -f "$IMAGE"
	vboard_start "$board"
	OCD_BEFORE="set EXT_LOADER {$4}"
	ok "$board: id by the controller's registers" ocd -c "init; reset init; $6; shutdown"
	expect_log "^id: ff$id\$"
	ok "$board: the pins as GPIOs" ocd -c "init; reset init; $to_gpio
		flash write_image erase $T/image 0x90001234 bin; flash verify_image $T/image 0x90001234 bin; shutdown"
	expect_log "JEDEC id $id"
	expect_no_log "^Error"
	OCD_BEFORE=
	vboard_stop
	expected_write 0x1234 "$T/image"
	expected_check "$board: whole chip"
}

round stm32h5-w25q64 8M ef4017 "spi:gpio -sck {0x42020018 0x20 0x42020018 0x200000}
	-mosi {0x42020018 0x80 0x42020018 0x800000} -cs {0x42020018 0x10 0x42020018 0x100000} -miso {0x42020010 0x40}" \
	"mww 0x42020018 0x200000; mmw 0x42020000 0x4500 0xff00" "$H5_ID"
round rp2040-spi 4M ef4016 "spi:gpio -sck {0xd0000014 0x40000 0xd0000018 0x40000}
	-mosi {0xd0000014 0x80000 0xd0000018 0x80000} -cs {0xd0000014 0x20000 0xd0000018 0x20000}
	-miso {0xd0000004 0x10000}" \
	"mww 0xd0000024 0xc0000; mww 0x40014094 5; mww 0x4001409c 5; mww 0x40014084 5" "$RP2040_ID"

done_testing
