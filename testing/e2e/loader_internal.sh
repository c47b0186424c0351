#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200

# The STM32F4's internal flash by an FLM: memory mapped, sectors of three sizes, two banks; beside the external flash's
# bank with its built-in loader.

. "$(dirname "$0")/lib_loader.sh"

INTERNAL=$T/internal.img
# internal LOADER [option ...]
internal() { OCD_BEFORE="set INT_LOADER {{$LOADERS/$1} ${*:2}}"; }
at() { printf '0x%08x' $((0x08000000 + $(bytes "$1"))); }
check_internal() {
	cmp -s "$EXPECTED" "$INTERNAL"
	tap_result $? "$1: internal flash as expected" || note "$(cmp "$EXPECTED" "$INTERNAL" 2>&1)"
}

fill 2M 125 >"$INTERNAL"
vboard_start stm32f4-mx25 --internal-image "$INTERNAL"
expected_init 2M
expected_fill 0 2M 125
internal internal-f4.flm
pattern 70001 1 >"$T/data"
# Ends in the fifth sector of 16 KiB and begins in the first: sectors 0 to 4 go.
expected_erase 0 128K
expected_write 0x123 "$T/data"
ok "across sectors of 16 and 64 KiB" ocd -c "init; reset init
	echo [flash write_image erase $T/data $(at 0x123) bin]
	flash verify_image $T/data $(at 0x123) bin
	echo [ofl info int]
	echo [ofl stats int]
	shutdown"
expect_log "^erases-sectors: 5"
expect_log "^read-by: memory"
expect_log "^sectors: 4 of 16384 bytes from offset 0x0"
expected_erase 0x1e0000 128K
pattern 3000 2 >"$T/data2"
expected_write 0x1fff00 <(head -c 256 "$T/data2")
head -c 256 "$T/data2" >"$T/data3"
ok "last bytes of the second bank" ocd -c "init; reset init
	flash write_image erase $T/data3 $(at 0x1fff00) bin
	flash read_bank int $T/back 0x1ffe00 512
	echo [flash info int]
	shutdown"
tail -c 256 "$T/back" >"$T/back2"
ok "read back" cmp "$T/back2" "$T/data3"
ok "both flashes in one process" ocd -c "init; reset init
	flash write_image erase $T/data2 0x90000000 bin
	flash write_image erase $T/data2 $(at 0x1c0000) bin
	flash verify_image $T/data2 0x90000000 bin
	flash verify_image $T/data2 $(at 0x1c0000) bin
	shutdown"
expected_erase 0x1c0000 128K
expected_write 0x1c0000 "$T/data2"
vboard_stop
check_internal "writes"

# EraseChip for everything, and what it cannot be trusted with.
vboard_start stm32f4-mx25 --internal-image "$INTERNAL"
ok "erase everything" ocd -c "init; reset init; flash erase_sector int 0 last; echo [ofl stats int]; shutdown"
expect_log "^erases-chip: 1"
expect_log "^erases-sectors: 0"
vboard_stop
expected_init 2M
check_internal "EraseChip"
fill 2M 0 >"$INTERNAL"
vboard_start stm32f4-mx25 --internal-image "$INTERNAL"
internal internal-f4-lie-chip-erase.flm
OCD_TIMEOUT=120 ok "an EraseChip that lies" ocd -c "init; reset init; flash erase_sector int 0 last
	echo [ofl stats int]; shutdown"
expect_log "EraseChip says that it succeeded, but 24 sectors are not blank; erasing them one by one"
expect_log "^erases-sectors: 24"
vboard_stop
check_internal "EraseChip that lies"

done_testing
