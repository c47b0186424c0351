#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200

# Every command that must work on flash that is not memory mapped.

. "$(dirname "$0")/lib.sh"

expected_init 16M
for board in stm32f4-gpio stm32f4-mx25; do
	rm -f "$IMAGE" "$IMAGE.2"
	expected_init 16M
	vboard_start "$board" --usb-us 1000
	pattern 9000 5 >"$T/data"
	ok "$board: write_bank, verify_bank, read_bank" ocd -c "init; reset init
		flash write_bank ext $T/data 0x7001
		flash verify_bank ext $T/data 0x7001
		flash read_bank ext $T/back 0x7001 9000
		shutdown"
	ok "$board: read back" cmp "$T/data" "$T/back"
	expected_write 0x7001 "$T/data"
	printf 'x' >"$T/x"
	cp "$T/data" "$T/other"
	dd if="$T/x" of="$T/other" bs=1 seek=8888 conv=notrunc status=none
	not_ok "$board: verify_bank sees one byte" ocd -c "init; reset init; flash verify_bank ext $T/other 0x7001"
	not_ok "$board: verify_image sees one byte" ocd -c "init; reset init; flash verify_image $T/other 0x90007001 bin"
	expect_log "content differs at 0x900092b9 \(offset 0x000092b9\): 0x.. instead of 0x78"
	ok "$board: fillw, mdw, mdb" ocd -c "init; reset init
		flash fillw 0x90020000 0x12345678 64
		echo [flash mdw 0x90020000 4]
		echo [flash mdb 0x9002000c 2]
		shutdown"
	expect_log "0x90020000: 12345678 12345678 12345678 12345678"
	expect_log "0x9002000c: 78 56"
	perl -e 'print pack("V", 0x12345678) x 64' >"$T/fill4"
	expected_write 0x20000 "$T/fill4"
	ok "$board: write_image of Intel hex with a gap" ocd -c "init; reset init
		echo [flash write_image erase $OFL_TOP/testing/fixtures/gap.hex]
		flash verify_image $OFL_TOP/testing/fixtures/gap.hex
		shutdown"
	expected_erase 0x30000 0x1000
	printf 'first part of it' >"$T/a"; printf 'second, far away' >"$T/b"
	expected_write 0x30100 "$T/a"
	expected_write 0x3f000 "$T/b"
	ok "$board: raw commands" ocd -c "init; reset init; flash probe ext; echo [ofl spi ext 3 0x9f]
	echo [ofl spi ext 1 0x05]
		echo [ofl spi ext 0 0x06]; echo [ofl spi ext 1 0x05]; echo [ofl spi ext 0 0x04]
	echo [ofl spi ext 4 0x5a 0 0 0 0]; shutdown"
	expect_log "^02$" "write enable latch seen set"
	expect_log "^53 46 44 50$" "SFDP signature"
	ok "$board: trace" ocd -c "init; reset init; flash probe ext; ofl trace ext on; echo [flash mdb 0x90000000 1]
	shutdown"
	expect_log "^ofl trace: ext: reading: status 1"
	not_ok "$board: a bank of another driver" ocd -c "init; reset init; echo [ofl info nothing]"
	vboard_stop
	expected_check "$board: whole chip as expected"
done

# 16 MiB address boundary, last byte, and what is behind the end.
rm -f "$IMAGE"
expected_init 32M
pattern 8192 11 >"$T/data"
vboard_start stm32f4-mx25 --flash w25q256 --usb-us 1000
ok "across 16 MiB" ocd -c "init; reset init; echo [flash write_image erase $T/data 0x90fff800 bin]
	flash verify_image $T/data 0x90fff800 bin; shutdown"
expected_write 0xfff800 "$T/data"
head -c 1 "$T/data" >"$T/one"
ok "last byte" ocd -c "init; reset init; echo [flash write_image erase $T/one 0x91ffffff bin]; shutdown"
expected_write 0x1ffffff "$T/one"
# OpenOCD's core would truncate (0.12.0: core.c:839) and say success.
not_ok "past the end" ocd -c "init; reset init; echo [flash write_image erase $T/data 0x91fff000 bin]; shutdown"
expect_log "refused, nothing was changed"
vboard_stop
expected_check "w25q256: whole chip as expected"

done_testing
