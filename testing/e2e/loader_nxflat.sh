#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600

# NXFLAT modules as loaders: on each core and for both base registers, with imports bound to a firmware; two modules for
# two banks in one process; what is refused, and why.

. "$(dirname "$0")/lib_loader.sh"

[ -f "$LOADERS/spinor-f4.nxf" ] || skip_all "the NXFLAT modules are not built: libelf-dev is missing"

# round BOARD SIZE MODULE [option ...]
round() {
	local board=$1 size=$2 loader=$3
	shift 3
	rm -f "$IMAGE"
	vboard_start "$board" --usb-us 1000
	expected_init "$size"
	use_loader "$loader" "$@"
	# Modules are linked whole: 4 KiB, this board's default, are not enough for one.
	[ "$board" != stm32f030-w25q128 ] || OCD_BEFORE+="; set WORKAREASIZE 0x1400"
	pattern 13001 "${#loader}" >"$T/data"
	expected_write 0x10123 "$T/data"
	ok "$loader: erase, write, verify" ocd -c "init; reset init
		${firmware:+load_image $firmware}
		flash probe ext
		echo [flash write_image erase $T/data 0x90010123 bin]
		flash verify_image $T/data 0x90010123 bin
		echo [ofl stats ext]
		echo [ofl info ext]
		shutdown"
	expect_log "^wrote 13001 bytes"
	expect_log "^format: NXFLAT module"
	expect_log "^loader-calls: [1-9]"
	expect_log "^functions: INIT UNINIT ERASE_SECTOR ERASE_CHIP PROGRAM READ CRC DESCRIBE"
	ok "$loader: read" ocd -c "init; reset init; ${firmware:+load_image $firmware}
		flash read_bank ext $T/back 0x10123 13001; shutdown"
	ok "$loader: the same comes back" cmp "$T/data" "$T/back"
	vboard_stop
	expected_check "$loader: whole chip as expected"
}

firmware=
round stm32f030-w25q128 16M spinor-f030.nxf
round stm32g070-w25q64 8M spinor-g070.nxf -init once
round stm32f4-mx25 16M spinor-f4.nxf
round stm32f4-mx25 16M spinor-f4-r10.nxf
# What it calls is in RAM before it is used, as the firmware of a chip is in its flash, and outside of -ram.
firmware=$LOADERS/nxflat-firmware.elf
round stm32f4-mx25 16M spinor-f4-imports.nxf -symbols "$firmware" -ram "{0x20000000 0x5000}"

# The firmware that is there is not the one of the file: one byte, in the last section that is compared.
rm -f "$IMAGE"
vboard_start stm32f4-mx25 --usb-us 1000
expected_init 16M
pattern 300 1 >"$T/one"
use_loader spinor-f4-imports.nxf -symbols "$firmware" -ram "{0x20000000 0x5000}"
text=$(arm-none-eabi-objdump -h "$firmware" | awk '$2 == ".text" { print "0x" $4 }')
damage="load_image $firmware; mwb $((text + 1)) [expr {[read_memory $((text + 1)) 8 1] ^ 0x10}]"
not_ok "another firmware" ocd -c "init; reset init; $damage
	flash write_image erase $T/one 0x90010000 bin; shutdown"
expect_log "the firmware on stm32f4.cpu is not that of -symbols .*: section .text, $text-0x[0-9a-f]{8}, differs;"
expect_log "Write that firmware to the target, or name the file of the one that is there; -symbols-check off"
not_ok "no firmware at all" ocd -c "init; reset init; flash write_image erase $T/one 0x90010000 bin; shutdown"
expect_log "is not that of -symbols"
use_loader spinor-f4-imports.nxf -symbols "$firmware"
not_ok "the firmware in the work area" ocd -c "init; reset init
	\$_TARGETNAME configure -work-area-phys [expr {$text & ~0xfff}] -work-area-size 0x5000
	load_image $firmware; flash write_image erase $T/one 0x90010000 bin; shutdown"
expect_log "section .text, .* differs \(the driver's own RAM is in it: -ram gives it other\)"
use_loader spinor-f4-imports.nxf -symbols "$firmware" -symbols-check off -ram "{0x20000000 0x5000}"
ok "-symbols-check off" ocd -c "init; reset init
	load_image $firmware; mwb $((text + 0x33)) 0x5a
	flash write_image erase $T/one 0x90010000 bin; shutdown"
vboard_stop
expected_write 0x10000 "$T/one"
expected_check "only what was written with -symbols-check off"

# Each in its own bank, one with the base in r9 and one with it in r10.
rm -f "$IMAGE"
vboard_start stm32f4-mx25 --usb-us 1000
expected_init 16M
pattern 5000 1 >"$T/one"
pattern 6000 2 >"$T/other"
expected_write 0x10000 "$T/one"
expected_write 0x20000 "$T/other"
use_loader spinor-f4.nxf
ok "two modules in turn" ocd -c "
	flash bank other ofl 0xa0000000 0 0 0 \$_TARGETNAME {$LOADERS/spinor-f4-r10.nxf}
	init; reset init
	flash write_image erase $T/one 0x90010000 bin
	flash write_image erase $T/other 0xa0020000 bin
	flash verify_image $T/one 0x90010000 bin
	flash verify_image $T/one 0xa0010000 bin
	shutdown"

# What a user sees of a call.
ok "trace names the operation" ocd -c "init; reset init
	ofl trace ext on
	flash erase_address 0x90010000 0x10000
	shutdown"
expect_log "^ofl trace: ext: ERASE_SECTOR\\(0x90010000, 0x10, 0x1\\) returned 0x0,"
expected_erase 0x10000 0x10000

use_loader spinor-f4-imports.nxf
not_ok "imports without a firmware" ocd -c "init; shutdown"
expect_log "import host_sum: no symbol file is given"
expect_log "import host_length: no symbol file is given"
expect_log "2 functions of the firmware are missing; -symbols FILE"
use_loader spinor-f4-imports.nxf -symbols "$LOADERS/ofl-f4-full.elf"
not_ok "imports that the firmware does not have" ocd -c "init; shutdown"
expect_log "import host_sum: not in the symbol file .*ofl-f4-full.elf"
expect_log "import host_length: not in the symbol file"
# An image with system/ofloader has symbols as any firmware has; one can hold a module's imports, see the unit test.
[ ! -f "$LOADERS/rtos.elf" ] || {
	use_loader spinor-f4-imports.nxf -symbols "$LOADERS/rtos.elf"
	not_ok "imports that the ofloader image does not have" ocd -c "init; shutdown"
	expect_log "import host_sum: not in the symbol file .*rtos.elf"
}
use_loader spinor-f4-imports.nxf -symbols "$T/one"
not_ok "symbols that are no ELF file" ocd -c "init; shutdown"
expect_log "-symbols .*/one: at file offset 0x"
use_loader ofl-f4-full.elf -symbols "$firmware"
not_ok "symbols for a loader that is no module" ocd -c "init; shutdown"
expect_log "-symbols is for an NXFLAT module"
head -c 1000 "$LOADERS/spinor-f4.nxf" >"$T/cut.nxf"
use_loader "$T/cut.nxf"
not_ok "a module cut off" ocd -c "init; shutdown"
expect_log "cut.nxf cannot be used: at file offset 0x"
use_loader module-m4-r9.nxf
not_ok "a module that is no loader" ocd -c "init; shutdown"
expect_log "no flash loader: there is no descriptor"
vboard_stop
expected_check "nothing but what was written"

done_testing
