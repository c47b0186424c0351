#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200

# OpenOCD's commands by address on flash that is not memory mapped, and the driver's own: program verify, verify_image,
# dump_image, ofl read, verify, info -json, bench; several banks.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_elf.sh"

pattern 9000 5 >"$T/data"
pattern 3000 6 >"$T/ram.bin"
fill 16M 125 >"$IMAGE"
fill 16M 125 >"$EXPECTED"
vboard_start stm32f4-gpio --usb-us 250
ok "program verify reset exit" ocd -c "program $T/data verify reset exit 0x90007000"
expect_log "Verified OK"
expected_erase 0x7000 0x3000
expected_write 0x7000 "$T/data"
cp "$T/data" "$T/other"
printf 'xy' | dd of="$T/other" bs=1 seek=5000 conv=notrunc status=none
printf 'z' | dd of="$T/other" bs=1 seek=8999 conv=notrunc status=none
ok "program preverify finds it there" ocd -c "program $T/data preverify exit 0x90007000"
expect_log "No flashing"
not_ok "verify_image sees a difference" ocd -c "init; reset init; verify_image $T/other 0x90007000 bin; shutdown"
expect_log "3 bytes differ, the first at 0x90008388"
not_ok "ofl verify" ocd -c "init; reset init; catch {ofl verify ext $T/other 0x7000} text; echo \$text; shutdown error"
expect_log "^differs: 0x00008388-0x00008389 \(2 bytes\)"
expect_log "^differs: 0x00009327-0x00009327 \(1 bytes\)"
expect_log "^bytes-that-differ: 3$"
ok "dump_image, ofl read" ocd -c "init; reset init
	dump_image $T/dump 0x90007000 9000
	ofl read ext $T/read 0x7001 70000
	shutdown"
ok "dumped" cmp "$T/dump" "$T/data"
dd if="$EXPECTED" bs=1 skip=$((0x7001)) count=70000 of="$T/wanted" status=none
ok "read" cmp "$T/read" "$T/wanted"
not_ok "read past the end" ocd -c "init; reset init; ofl read ext $T/read 0xfffff0 17; shutdown"
expect_log "the bank ends at 0x1000000"
ok "and the file from before is still there" cmp "$T/read" "$T/wanted"

# The target's memory is OpenOCD's own business, and one image may go to both.
(cd "$T" && cp ram.bin elf_a.bin && cp data elf_b.bin &&
	arm-none-eabi-objcopy -I binary -O elf32-littlearm -B arm --rename-section .data=.a elf_a.bin a.o &&
	arm-none-eabi-objcopy -I binary -O elf32-littlearm -B arm --rename-section .data=.b elf_b.bin b.o &&
	arm-none-eabi-ld -n -e 0 --section-start=.a=0x20018000 --section-start=.b=0x90007000 a.o b.o -o both.elf)
ok "in memory and in both" ocd -c "init; reset init
	load_image $T/ram.bin 0x20018000 bin
	echo [verify_image $T/ram.bin 0x20018000 bin]
	dump_image $T/ram 0x20018000 3000
	echo \"both [verify_image $T/both.elf]\"
	echo \"banks: [ofl banks_of $T/both.elf]\"
	mwb 0x20018001 0x55
	if {![catch {verify_image $T/ram.bin 0x20018000 bin}]} {shutdown error}
	if {![catch {verify_image $T/both.elf}]} {shutdown error}
	shutdown"
expect_log "^verified 3000 bytes in .*KiB/s" "memory is compared by OpenOCD itself"
expect_log "^both verified 12000 bytes"
expect_log "^banks: ext"
expect_log "1 bytes differ, the first at 0x20018001"
ok "dumped from memory" cmp "$T/ram" "$T/ram.bin"

# Two chips; the second is not touched by what goes to the first.
ok "second chip" ocd -c "init; reset init
	ofl program ext2 $T/other 0x123
	verify_image $T/other 0xa0000123 bin
	ofl keepout ext2 0 0x1000
	if {![catch {ofl program ext2 $T/data 0x123}]} {shutdown error}
	ofl program ext $T/data 0x123
	shutdown"
expected_write 0x123 "$T/data"
ok "info -json, and bench" ocd -c "init; reset init; ofl keepout ext 0x100 0x200 {a \"label\"}
	echo \"json [ofl info ext -json]\"; echo [ofl bench ext]; shutdown"
sed -n 's/^json //p' "$LOG" >"$T/json"
ok "is JSON" perl -MJSON::PP -e '
	local $/;
	my $info = decode_json(<STDIN>);
	exit !($info->{bank} eq "ext" && $info->{base} == 0x90000000 && $info->{jedec_id} eq "ef4018" &&
		$info->{size_bytes} == 1 << 24 && $info->{sectors}[0]{count} == 4096 && $info->{erase}[0]{opcode} == 0x20 &&
		$info->{keepouts}[0]{label} eq "a \"label\"" && $info->{identified})' <"$T/json"
for key in link-write link-read flash-read-on-target flash-read-over-link chip-program chip-erase-4096; do
	expect_log "^$key-kB/s: [0-9.]+ \("
done
ok "not identified" ocd -c "init; reset run; echo \"json [ofl info ext -json]\"; shutdown"
sed -n 's/^json //p' "$LOG" >"$T/json"
ok "is JSON, too" perl -MJSON::PP -e 'local $/; exit !(decode_json(<STDIN>)->{reason} =~ /halt it first/)' <"$T/json"
vboard_stop
expected_check
done_testing
