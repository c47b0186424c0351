#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200

# Writes of every awkward shape; after each board has stopped, the whole chip is compared with what it must hold.

. "$(dirname "$0")/lib.sh"

BASE=0x90000000
at() { printf '0x%08x' $((BASE + $(bytes "$1"))); }

# write OFFSET LENGTH SEED: with erase, then read back and verified in the same session.
write() {
	local offset=$1 length=$2
	pattern "$length" "$3" >"$T/data"
	ok "write $length bytes at $offset" ocd -c "init; reset init
		echo [flash write_image erase $T/data $(at "$offset") bin]
		flash verify_image $T/data $(at "$offset") bin
		flash read_bank ext $T/back $offset $length
		shutdown"
	expect_log "^wrote $length bytes"
	ok "the same comes back" cmp "$T/data" "$T/back"
	expected_write "$offset" "$T/data"
}

vboard_start stm32f030-w25q128 --usb-us 1000
expected_init 16M
write 0x0 1 1
write 0xffffff 1 2
write 0x1001 1 3
write 0x20fe 4 4
write 0x30ff 258 5
write 0x4f01 $((4096 + 511)) 6
write 0x00fff3 $((65536 + 27)) 7
write 0xffeffd 4099 8
# Over what is there already, twice: the sector goes, its other content with it.
expected_erase 0x4000 0x2000
write 0x4f01 4607 9
write 0x4f01 4607 9
: >"$T/empty"
ok "an empty image changes nothing" ocd -c "init; reset init
	echo [flash write_image erase $T/empty $(at 0x100) bin]; shutdown"
vboard_stop
expected_check

# All FF inside an image is not programmed; a chip that is not blank is erased before.
fill 16M 125 >"$IMAGE"
vboard_start stm32f030-w25q128 --usb-us 1000
expected_fill 0 16M 125
expected_erase 0x8000 0x3000
{ pattern 300 1; fill 4000 377; pattern 300 2; fill 4100 377; } >"$T/gaps"
ok "an image with blank pages" ocd -c "init; reset init
	echo [flash write_image erase $T/gaps $(at 0x8080) bin]
	echo [ofl stats ext]
	flash verify_image $T/gaps $(at 0x8080) bin
	shutdown"
expect_log "^blank-pages-skipped: [1-9]"
expect_log "^erases-4096: 3"
expected_write 0x8080 "$T/gaps"
vboard_stop
expected_check

# Without erase, bits go from 1 to 0 only. When that does not give what was asked for, it is an error that says so.
vboard_start stm32f030-w25q128 --usb-us 1000
fill 256 360 >"$T/f0"
fill 256 125 >"$T/u"
fill 256 120 >"$T/and"
ok "write without erase over blank flash" ocd -c "init; reset init; flash write_image $T/f0 $(at 0xa400) bin; shutdown"
not_ok "write without erase over something else" ocd -c "init; reset init
	flash write_image $T/u $(at 0xa400) bin; shutdown"
expect_log "content differs at 0x9000a400 .*0x50 instead of 0x55; bits that are 0 become 1 only by an erase"
expected_write 0xa400 "$T/and"
vboard_stop
expected_check

done_testing
