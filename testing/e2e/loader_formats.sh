#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300

# Loader files of each format on the boards that they are made for: identified without the target, erase, write, read,
# verify, blank check, whole chip compared; nothing broken on the way.

. "$(dirname "$0")/lib_loader.sh"

# round BOARD FLASH_SIZE LOADER [option ...]
round() {
	local board=$1 size=$2 loader=$3
	shift 3
	rm -f "$IMAGE"
	vboard_start "$board" --usb-us 1000
	expected_init "$size"
	use_loader "$loader" "$@"
	pattern 13001 "${#loader}" >"$T/data"
	expected_write 0x10123 "$T/data"
	ok "$loader $*: erase, write, verify" ocd -c "init; reset init
		flash probe ext
		echo [flash write_image erase $T/data 0x90010123 bin]
		flash verify_image $T/data 0x90010123 bin
		echo [ofl stats ext]
		echo [ofl info ext]
		shutdown"
	expect_log "^wrote 13001 bytes"
	expect_log "^loader-calls: [1-9]"
	if grep -q "^read-by: nothing" "$LOG"; then
		not_ok "$loader: cannot read" ocd -c "init; reset init; flash read_bank ext $T/back 0x10123 13001; shutdown"
		expect_log "cannot read: the loader file has no read function"
	else
		ok "$loader $*: read" ocd -c "init; reset init; flash read_bank ext $T/back 0x10123 13001; shutdown"
		ok "$loader: the same comes back" cmp "$T/data" "$T/back"
	fi
	# The second time the sectors are not blank: erased, and programmed again.
	pattern 300 7 >"$T/data2"
	# 64 KiB from there on, or less: nothing else was written into them.
	expected_erase 0x10000 0x10000
	[ "$board" != stm32f030-w25q128 ] || expected_write 0x10123 "$T/data"
	[ "$board" != stm32f030-w25q128 ] || expected_erase 0x10000 0x1000
	expected_write 0x10000 "$T/data2"
	ok "$loader $*: again" ocd -c "init; reset init
		echo [flash write_image erase $T/data2 0x90010000 bin]
		echo [ofl stats ext]
		shutdown"
	expect_log "^erases-sectors: 1"
	vboard_stop
	expected_check "$loader $*: whole chip as expected"
}

round stm32f030-w25q128 16M spinor-f030.flm
round stm32g070-w25q64 8M spinor-g070.stldr
round stm32g070-w25q64 8M spinor-g070.stldr -init once
round stm32f4-mx25 16M spinor-f4.flm
round stm32f4-mx25 16M spinor-f4.stldr -stream off
round stm32f4-mx25 16M ofl-f4-full.elf
round stm32f4-mx25 16M ofl-f4-min.elf -init once
round stm32f4-mx25 16M ofl-f4-moved.elf
round stm32f4-mx25 16M sfl-f4.elf
round stm32f4-mx25 16M sfl-f4-min.elf -stack 2048

done_testing
