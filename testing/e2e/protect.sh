#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400

# The chip's own block protection: `flash protect`, what is shown of it, what is refused because of it.

. "$(dirname "$0")/lib.sh"

START="init; reset init; flash probe ext"
pattern 12345 7 >"$T/data"

# ---------------------------------------------------------------- a W25Q128JV

fill 16M 125 >"$IMAGE"
expected_load "$IMAGE"
vboard_start stm32f030-w25q128 --usb-us 500
ok "32 KiB at the bottom" ocd -c "$START; echo [ofl info ext]; flash protect ext 0 7 on; echo sr1:[ofl spi ext 1 0x05]
	echo [flash info ext]; echo [ofl info ext -json]; shutdown"
expect_log "^protection: by the chip, nothing, BP2-0=0 TB=0 SEC=0 CMP=0 SRP=0 SRL=0$"
expect_log "the chip now protects 0x00000000-0x00007fff \(sectors 0 to 7\) \(BP2-0=4 TB=1 SEC=1 CMP=0 SRP=0 SRL=0\)"
expect_log "^sr1:70"
expect_log "#  7: 0x00007000 \(0x1000 4kB\) protected"
expect_log "#  8: 0x00008000 \(0x1000 4kB\) not protected"
expect_log '"protection": \{"by": "chip", "offset": 0, "length": 32768, "bits": "BP2-0=4 '
# Another OpenOCD, which knows of it only what the chip says.
not_ok "an erase is refused" ocd -c "$START; flash erase_sector ext 6 9"
expect_log "cannot erase: sector 6 at offset 0x00006000 is protected by the chip, as is all of 0x00000000-0x00007fff"
expect_log "nothing was changed; 'flash protect ext 0 7 off' unlocks it$"
not_ok "a write that reaches into it" ocd -c "$START; flash write_image erase $T/data 0x90007f00 bin"
expect_log "cannot erase and write: sector 7 at offset 0x00007000 is protected by the chip"
not_ok "program" ocd -c "$START; ofl program ext $T/data 0x7f00 bin"
# The first of two ranges is free: it must not be written either.
perl -e '
	for my $offset (0xa000, 0x7000) {
		my @bytes = (0x15, unpack("C4", pack("N", 0x90000000 + $offset)), 1 .. 16);
		my $sum = 0;
		$sum += $_ for @bytes;
		printf "S3%s%02X\n", join("", map { sprintf "%02X", $_ } @bytes), ~$sum & 0xff;
	}
	print "S70500000000FA\n"' >"$T/two.s19"
not_ok "an image in two parts, one of them there" ocd -c "$START; flash write_image erase $T/two.s19 0 s19"
expect_log "cannot erase and write: sector 7 "
not_ok "unlock of a part that leaves no range of the chip's" ocd -c "$START
	flash write_image erase unlock $T/data 0x90000000 bin"
expect_log "nothing was changed: this chip cannot protect exactly 0x00004000-0x00007fff \(sectors 4 to 7\)"
expect_log "the nearest that it can: nothing, or 0x00000000-0x00007fff \(sectors 0 to 7\)"
not_ok "a sector in the middle" ocd -c "$START; flash protect ext 0 last off; flash protect ext 5 5 on"
expect_log "cannot protect exactly 0x00005000-0x00005fff"
ok "the command that was named" ocd -c "$START; flash protect ext 0 7 on; flash protect ext 0 7 off
	echo sr1:[ofl spi ext 1 0x05]; flash write_image erase $T/data 0x90000000 bin; shutdown"
expect_log "the chip now protects nothing"
expected_erase 0 0x4000
expected_write 0 "$T/data"
ok "one sector more, one less, and the complement" ocd -c "$START
	flash protect ext 0 0 on; flash protect ext 1 1 on; echo [ofl info ext]; flash protect ext 1 1 off
	echo two:[ofl spi ext 1 0x05]
	echo not:[catch {flash protect ext 4000 4000 on}]
	flash protect ext 0 0 off
	ofl spi ext 0 0x06; ofl spi ext 0 0x31 0x02; sleep 30
	flash protect ext 1 last on; echo cmp:[string trim [ofl spi ext 1 0x05]]:[ofl spi ext 1 0x35]; echo [ofl info ext]
	flash erase_sector ext 0 0
	flash protect ext 0 last off; echo off:[string trim [ofl spi ext 1 0x05]]:[ofl spi ext 1 0x35]; shutdown"
expect_log "^protection: by the chip, 0x00000000-0x00001fff \(sectors 0 to 1\), BP2-0=2 TB=1 SEC=1 CMP=0"
expect_log "^two:64"
expect_log "what would be protected is not one; it is within 0x00000000-0x00fa0fff"
expect_log "^not:-"
expect_log "^cmp:64:42" "quad enable stays"
expect_log "^protection: by the chip, 0x00001000-0x00ffffff \(sectors 1 to 4095\), BP2-0=1 TB=1 SEC=1 CMP=1"
expect_log "^off:20:02" "CMP is cleared"
expected_erase 0 0x1000
# Behind the driver's back: what counts is what the chip says when something is to be changed.
not_ok "bits that something else has set meanwhile" ocd -c "$START; flash erase_sector ext 0 0
	ofl spi ext 0 0x06; ofl spi ext 0 0x01 0x1c; sleep 30
	flash erase_sector ext 100 100"
expect_log "sector 100 at offset 0x00064000 is protected by the chip, as is all of 0x00000000-0x00ffffff"
expect_log "'flash protect ext 0 4095 off' unlocks it$"
ok "all of it off" ocd -c "$START; flash protect ext 0 last off; flash erase_sector ext 100 100; shutdown"
expected_erase 0x64000 0x1000
ok "a target that runs" ocd -c "$START; resume; echo [flash info ext]; shutdown"
expect_log "0x00000000 \(0x1000 4kB\) protection state unknown"
# The status registers locked until power-up.
not_ok "SRL" ocd -c "$START; flash protect ext 0 7 on; ofl spi ext 0 0x06; ofl spi ext 0 0x31 0x01; sleep 30
	echo [ofl info ext]; flash protect ext 0 7 off"
expect_log "^protection-lock: its status registers are locked until the next power-up"
expect_log "protection cannot be changed: its status registers are locked .*nothing was changed"
not_ok "an erase then says that too" ocd -c "$START; flash erase_sector ext 0 0"
expect_log "'flash protect ext 0 7 off' unlocks it, but its status registers are locked"
vboard_stop
expected_check

# Locks of single blocks.
vboard_start stm32f030-w25q128 --usb-us 500
not_ok "WPS" ocd -c "$START; ofl spi ext 0 0x06; ofl spi ext 0 0x11 0x04; sleep 30; echo [ofl info ext]
	echo [flash info ext]; flash protect ext 0 7 on"
expect_log "^protection: locks of single blocks, not read \(WPS=1\)"
expect_log "0x00000000 \(0x1000 4kB\) protection state unknown"
expect_log "each block of the chip has a lock of its own .*nothing was changed"
vboard_stop

# ---------------------------------------------------------------- the other families

# family PART CHIP_SIZE SECTORS_PER_64K BITS: the highest 64 KiB
family() {
	local last_sector=$(($(bytes "$2") / 65536 * $3 - 1)) start
	local first_sector=$((last_sector - $3 + 1))
	start=$(printf '%08x' $(($(bytes "$2") - 65536)))
	rm -f "$IMAGE"
	expected_init "$2"
	vboard_start stm32f4-mx25 --flash "$1" --usb-us 500
	ok "$1: the highest 64 KiB" ocd -c "$START; flash protect ext $first_sector $last_sector on
		echo [ofl info ext]; shutdown"
	expect_log "^protection: by the chip, 0x$start-0x[0-9a-f]* \(sectors $first_sector to $last_sector\), $4"
	not_ok "$1: a write that ends there is refused" ocd -c "$START
		flash write_image $T/data [expr {0x90000000 + $(bytes "$2") - 65536 - 5000}] bin"
	expect_log "sector $first_sector at offset 0x$start is protected by the chip"
	ok "$1: below it is not" ocd -c "$START
		flash write_image $T/data [expr {0x90000000 + $(bytes "$2") - 65536 - 20000}] bin; shutdown"
	expected_write $(($(bytes "$2") - 65536 - 20000)) "$T/data"
	ok "$1: unlocked" ocd -c "$START; flash protect ext 0 last off
		flash write_image $T/data [expr {0x90000000 + $(bytes "$2") - 20000}] bin; shutdown"
	expected_write $(($(bytes "$2") - 20000)) "$T/data"
	vboard_stop
	expected_check "$1: whole chip as expected"
}
family w25q256 32M 16 "BP3-0=1 TB=0 CMP=0"
family mx25l128 16M 16 "BP3-0=1 TB=0 SRP=0"
family mx25l25635f 32M 16 "BP3-0=1 TB=0 SRP=0"
family n25q128a 16M 1 "BP3-0=1 TB=0 SRP=0"
family mt25qu256a 32M 16 "BP3-0=1 TB=0 SRP=0"
family gd25q32 4M 16 "BP2-0=1 TB=0 SEC=0 CMP=0"

rm -f "$IMAGE"
vboard_start stm32f4-mx25 --flash s25fl064l --usb-us 500
ok "s25fl064l: everything but the lowest 8 KiB; its geometry" ocd -c "$START; flash protect ext 2 last on
	echo [ofl info ext]; flash protect ext 0 last off; shutdown"
expect_log "^protection: by the chip, 0x00002000-0x007fffff \(sectors 2 to 2047\), BP2-0=2 TB=1 SEC=1 CMP=1"
expect_log "^erase: 4096 bytes, opcode 20"
expect_log "^erase: 32768 bytes, opcode 52"
vboard_stop

# Bits that are not known: a lock of the host, which is gone with OpenOCD.
rm -f "$IMAGE"
vboard_start stm32f4-mx25 --flash mx25l1606e --usb-us 500
ok "mx25l1606e: its id is shared by parts with other bits" ocd -c "$START; flash protect ext 5 5 on
	echo sr1:[ofl spi ext 1 0x05]; echo [ofl info ext]; echo [flash info ext]
	echo refused:[catch {flash erase_sector ext 4 6}]; shutdown"
expect_log "^sr1:00"
expect_log "^protection: lock of the host \(what this chip's protection bits lock is not known\)"
expect_log "#  5: 0x00005000 \(0x1000 4kB\) protected"
expect_log "sector 5 at offset 0x00005000 is protected; nothing was changed; 'flash protect ext 5 5 off' unlocks it"
expect_log "^refused:-"
vboard_stop

# The same id as the MX25L25635F's, which is known: told apart by 4-4-4 mode in the SFDP table.
rm -f "$IMAGE"
vboard_start stm32f4-mx25 --flash mx25l25635e --usb-us 500
ok "mx25l25635e: an older part" ocd -c "$START; echo [ofl info ext]; shutdown"
expect_log "^protection: lock of the host \(what"
vboard_stop

# ---------------------------------------------------------------- failures that the chip itself reports

# Flags that an application has left: an erase of a protected sector, which the chip refuses.
rm -f "$IMAGE"
vboard_start stm32f4-mx25 --flash n25q128a --usb-us 500
ok "flags of somebody else's failure" ocd -c "$START; ofl spi ext 0 0x06; ofl spi ext 0 0x01 0x5c; sleep 30
	ofl spi ext 0 0x06; ofl spi ext 0 0xd8 0 0 0; echo fsr:[ofl spi ext 1 0x70]
	flash protect ext 0 last off; flash write_image $T/data 0x90000000 bin; shutdown"
expect_log "^fsr:a2"
expect_log "the chip's error flags \(0xa2\) are cleared; the flag status register \(70h\) says: an erase failed"
vboard_stop

# failing PART FAULT MESSAGE REGISTER [BOARD]: the next try works, that is, the flags were cleared.
failing() {
	rm -f "$IMAGE"
	vboard_start "${5:-stm32f4-mx25}" --flash "$1" --usb-us 500 --fault "$2"
	ok "$1, $2: the next try works" ocd -c "$START; flash write_image $T/data 0x90000100 bin
		echo first:[catch {flash write_image erase $T/data 0x90000100 bin}]
		flash write_image erase $T/data 0x90000100 bin; flash verify_image $T/data 0x90000100 bin
		echo wel:[ofl spi ext 1 0x05]; shutdown"
	expect_log "^first:-"
	expect_log "$3 at flash offset 0x0000[0-9a-f]*: the flash reports a failed program or erase $4"
	expect_log "^wel:00"
	vboard_stop
}
failing n25q128a nor.program-fails=10@program=52 "programming failed" \
	"\(register 0x90\); the flag status register \(70h\) says: a program failed"
failing n25q128a nor.erase-fails=01@erase=1 "erasing failed" \
	"\(register 0xa0\); the flag status register \(70h\) says: an erase failed"
failing n25q128a nor.program-fails=01@program=52 "programming failed" \
	"\(register 0x90\); the flag status register \(70h\) says: a program failed" stm32f746g-disco
failing s25fl064l nor.program-fails=10@program=52 "programming failed" \
	"\(register 0x20\); the status register 2 \(07h\) says: P_ERR, a program failed"
failing s25fl064l nor.erase-fails=01@erase=1 "erasing failed" \
	"\(register 0x40\); the status register 2 \(07h\) says: E_ERR, an erase failed"
failing mx25l128 nor.program-fails=10@program=52 "programming failed" \
	"\(register 0x20\); the security register \(2Bh\) says: P_FAIL, a program failed"
failing mx25l128 nor.erase-fails=01@erase=1 "erasing failed" \
	"\(register 0x40\); the security register \(2Bh\) says: E_FAIL, an erase failed"

done_testing
