#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200

# Nothing outside the range of a request changes: the ELF header that OpenOCD would write below the application, images
# that do not fit, keep-outs.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_elf.sh"

B=stm32f4-mx25
fill 16M 125 >"$IMAGE"
cp "$IMAGE" "$EXPECTED"
pattern 3000 4 >"$T/app.bin"
printf '\177ELF' >"$T/magic"
# The linker's default page of 64 KiB puts the ELF header into the first segment.
elf_trap 0x90008000 "$T/app.bin" "$T/trap.elf"
elf_plain 0x90008000 "$T/app.bin" "$T/plain.elf"
vboard_start $B --usb-us 250

# ---------------------------------------------------------------- the trap

# OpenOCD alone, which is what it is about: bytes below the application change.
cp "$EXPECTED" "$T/kept"
ok "the trap without the wrapper" ocd -c "init; reset init
	echo [ofl_core_flash_write_image erase $T/trap.elf]; shutdown"
vboard_stop
expect_image 0x0 "$T/magic" "the ELF header is in the flash, below the application"
cp "$T/kept" "$IMAGE"
vboard_start $B --usb-us 250
not_ok "the trap is refused" ocd -c "init; reset init; flash write_image erase $T/trap.elf; shutdown"
expect_log "covers the ELF header, .* header and filler to 0x90000000-0x90007fff, below the application at 0x90008000"
expect_log "cures: a .bin .* written to 0x90008000; or link with -Wl,-z,max-page-size=4096"
not_ok "program refuses it, too" ocd -c "program $T/trap.elf verify exit"
expect_log "Programming Failed"
vboard_stop
expected_check "nothing changed"
vboard_start $B --usb-us 250
ok "the same application in a segment of its own passes" ocd -c "init; reset init
	echo [flash write_image erase $T/plain.elf]; shutdown"
expect_log "^wrote 3000 bytes"
expected_erase 0x8000 0x1000
expected_write 0x8000 "$T/app.bin"
ok "ofl program loads what the sections hold" ocd -c "init; reset init; flash erase_address 0x90008000 0x1000
	echo [ofl program ext $T/trap.elf]; verify_image $T/trap.elf; shutdown"
expect_log "32768 bytes of its segments are left out, .*\(ELF header and filler\)"
vboard_stop
expected_check "and nothing else"
cp "$IMAGE" "$T/kept"
for how in "-elf-header allow" ""; do
	cp "$T/kept" "$IMAGE"
	vboard_start $B --usb-us 250
	[ -n "$how" ] || use_loader spinor-f4.flm -elf-header allow
	ok "allowed by ${how:-the bank line}" ocd -c "init; reset init
		flash write_image $how erase $T/trap.elf
		shutdown"
	use_loader
	vboard_stop
	expect_image 0x0 "$T/magic" "then the header is written"
done
cp "$T/kept" "$IMAGE"

# ---------------------------------------------------------------- images that do not fit

vboard_start $B --usb-us 250
for at in 0x90fff800 0x8ffff800 0x80000000 0x91000000; do
	not_ok "refused whole at $at" ocd -c "init; reset init; flash write_image erase $T/app.bin $at bin; shutdown"
	expect_log "refused"
done
not_ok "ofl program past the end" ocd -c "init; reset init; ofl program ext $T/app.bin 0xfff800; shutdown"
expect_log "ends 0x3b8 bytes past the end of bank ext"
not_ok "ofl program before the start" ocd -c "init; reset init; ofl program ext $T/plain.elf -0x9000; shutdown"
expect_log "starts before bank ext"
ok "OFFSET is added to the addresses of an ELF file" ocd -c "init; reset init
	ofl program ext $T/plain.elf 0x10000; shutdown"
expected_erase 0x18000 0xbb8
expected_write 0x18000 "$T/app.bin"

# ---------------------------------------------------------------- keep-outs

KEEP="ofl keepout ext 0x20800 0x100 {serial number}; ofl keepout ext 0x40000 0x10000"
for command in "flash write_image erase $T/app.bin 0x9001f900 bin" "flash erase_address 0x90020000 0x1000" \
		"flash erase_sector ext 0 last" "flash fillb 0x900208ff 0 1" "flash write_bank ext $T/app.bin 0x20000" \
		"flash write_image $T/app.bin 0x90020000 bin" "ofl program ext $T/app.bin 0x20900" \
		"ofl program -preserve off ext $T/app.bin 0x1f800" "ofl erase ext 0x20000 0x1000" \
		"ofl erase ext 0x20fff 1 -preserve" "ofl spi ext 0 0xc7" "ofl spi ext 1 0x02 0 0 0" \
		"flash write_image erase $T/plain.elf 0x17800"; do
	# From a board file, that is, before init.
	not_ok "keep-out: $command" ocd -f "board/vboard-$B.cfg" -c "$KEEP" -c "init; reset init; $command; shutdown"
	expect_log "keep-out"
done
# The first part of it could be written; the request is refused as a whole.
printf ':0200000490%s\n:0400000001020304F2\n' 0169 0466 >"$T/two.hex"
echo :00000001FF >>"$T/two.hex"
not_ok "the second part of an image" ocd -c "$KEEP" -c "init; reset init; flash write_image erase $T/two.hex; shutdown"
expect_log "keep-out 0x00040000-0x0004ffff of bank ext is in the way; nothing was changed"
# Nor does the second part touch one here, but a sector of it does; that must be seen before the first part is written.
printf ':0200000490%s\n:0400000001020304F2\n' 0169 0268 >"$T/shared.hex"
echo :00000001FF >>"$T/shared.hex"
not_ok "a sector of the second part" ocd -c "$KEEP" -c "init; reset init
	flash write_image erase $T/shared.hex; shutdown"
expect_log "cannot erase and write 0x1000 bytes at offset 0x00020000: keep-out"
ok "around them" ocd -c "$KEEP" -c "init; reset init
	flash write_image erase $T/app.bin 0x90021000 bin
	flash erase_address 0x90050000 0x1000
	echo [flash info ext]
	echo \"list [ofl keepout ext list]\"
	ofl spi ext 1 0x05
	ofl keepout ext clear
	if {[ofl keepout ext list] ne {}} {shutdown error}
	flash erase_address 0x90040000 0x1000
	shutdown"
expect_log "^keep-out: 0x00020800-0x000208ff serial number" "flash info shows them"
expect_log "^list \{0x00020800 0x100 \{serial number\}\}"
expected_erase 0x21000 0x1000
expected_write 0x21000 "$T/app.bin"
expected_erase 0x50000 0x1000
expected_erase 0x40000 0x1000
not_ok "an empty one" ocd -c "ofl keepout ext 0 0; shutdown"
expect_log "the length is 0"
vboard_stop
expected_check "whole chip as expected"
done_testing
