#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120

# Each board's chip is identified through the stub, and what `ofl info` says is what the part's data sheet says.

. "$(dirname "$0")/lib.sh"

identify() {
	local board=$1 id=$2 size=$3
	vboard_start "$board" "${@:4}"
	ok "$board: probe" ocd -c "init; reset init; flash probe ext; echo [ofl info ext]; echo [flash info ext]; shutdown"
	expect_log "^jedec-id: $id\$"
	expect_log "^size-bytes: $size\$"
	expect_log "^geometry-from: SFDP\$"
	expect_log "^page-bytes: 256\$"
	expect_log "^erase: 4096 bytes, opcode (20|21), "
	expect_no_log "^Error"
	vboard_stop
}

identify stm32f030-w25q128 ef4018 16777216
expect_log "^erase: 65536 bytes, opcode d8, 160 ms typical, 2240 ms maximum"
identify stm32g070-w25q64 ef4017 8388608
identify stm32f4-gpio ef4018 16777216
identify stm32f4-mx25 c22018 16777216
expect_log "^erase: 32768 bytes, opcode 52, 144 ms typical, 864 ms maximum"
identify stm32f4-mx25 ef4019 33554432 --flash w25q256
expect_log "^address-bytes: 4"
identify stm32h5-w25q64 ef4017 8388608
# Its own part has no SFDP table: spi_fifos.sh.
identify rp2040-spi ef4018 16777216 --flash w25q128jv
# Its own part has no SFDP table: qspi.sh.
identify stm32f746g-disco ef4018 16777216 --flash w25q128jv
identify stm32f746g-disco c22019 33554432 --flash mx25l256
expect_log "^address-bytes: 4"

# The second chip of the board, on a chip select of its own.
vboard_start stm32f4-gpio
ok "two banks on one target" ocd -c "init; reset init; echo [ofl info ext]; echo [ofl info ext2]
	echo [ofl spi ext 3 0x9f]; echo [ofl spi ext2 3 0x9f]; shutdown"
expect_log "^jedec-id: ef4018"
expect_log "^jedec-id: ef4017"
expect_log "^ef 40 18"
expect_log "^ef 40 17"
vboard_stop

done_testing
