#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200

# Erase: the largest types that fit, blank sectors skipped, whole chip at once, and nothing else touched.

. "$(dirname "$0")/lib.sh"

fill 8M 125 >"$IMAGE"
expected_init 8M
expected_fill 0 8M 125
vboard_start stm32g070-w25q64 --usb-us 2000
# Sectors 15 to 49: 1 x 4K, 1 x 64K (16..31), 1 x 64K (32..47), 2 x 4K.
ok "a list of sectors" ocd -c "init; reset init; flash probe ext; flash erase_sector ext 15 49
	echo [ofl stats ext]; shutdown"
expect_log "^erases-4096: 3$"
expect_log "^erases-32768: 0$"
expect_log "^erases-65536: 2$"
expected_erase 0xf000 0x23000
# Sectors 8 to 15 are the second half of the first 64 KiB; 15 is blank already.
ok "32K where 64K does not fit" ocd -c "init; reset init; flash probe ext; flash erase_sector ext 8 15
	echo [ofl stats ext]; shutdown"
expect_log "^erases-32768: 1$"
expect_log "^erases-4096: 0$"
expected_erase 0x8000 0x8000
ok "blank sectors are skipped" ocd -c "init; reset init; flash probe ext; flash erase_sector ext 8 49
	echo [ofl stats ext]; shutdown"
expect_log "^erases-4096: 0$"
expect_log "^erases-65536: 0$"
expect_log "^erases-skipped-blank: 5$"
ok "by address, padded to sectors" ocd -c "init; reset init; flash erase_address pad 0x90400010 0x20
	echo [ofl stats ext]; shutdown"
expected_erase 0x400000 0x1000
ok "erase_check" ocd -c "init; reset init; echo [flash erase_check ext]; shutdown"
expect_log "#  7: 0x00007000 .*not erased"
expect_no_log "0x00008000 "
expect_no_log "0x00400000 "
expect_log "#1025: 0x00401000 .*not erased"
not_ok "a protected sector is not erased" ocd -c "init; reset init; flash probe ext; flash protect ext 0 3 on
	flash erase_sector ext 3 6"
expect_log "sector 3 at offset 0x00003000 is protected by the chip, .*nothing was changed; 'flash protect ext 0 3 off' "
pattern 10000 1 >"$T/data"
not_ok "nor written" ocd -c "init; reset init; flash probe ext
	flash write_image $T/data 0x90002000 bin"
not_ok "sectors that do not exist" ocd -c "init; reset init; flash probe ext; flash erase_sector ext 2047 2048"
vboard_stop
expected_check

vboard_start stm32g070-w25q64 --usb-us 20000
OCD_TIMEOUT=150 ok "the whole chip" ocd -c "init; reset init; flash probe ext; flash erase_sector ext 0 last
	echo [ofl stats ext]; shutdown"
expect_log "^erases-chip: 1$"
expect_log "^erases-65536: 0$"
expect_log "Info : ofl: ext: erasing"
expected_init 8M
vboard_stop
expected_check

done_testing
