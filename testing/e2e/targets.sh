#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600

# More than one of everything: two targets, a bank on each of two chip selects, the internal flash with OpenOCD's own
# driver beside a bank of ours. What is not ours is left to OpenOCD's own commands.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_elf.sh"

# A busy host must not be what fails.
OCD_TIMEOUT=200
tap_diagnose() { show_log; }
pattern 6000 5 >"$T/data"
pattern 2000 6 >"$T/ram"
fill 16M 125 >"$IMAGE"

# ---------------------------------------------------------------- two targets, two chip selects

# The second target sees the same bus, but has no core and no bank.
AUX='target create aux mem_ap -dap stm32f4.dap -ap-num 0'
cp "$IMAGE" "$EXPECTED"
fill 8M 252 >"$IMAGE.2"
cp "$IMAGE.2" "$T/expected.2"
vboard_start stm32f4-gpio --usb-us 250
two() { ocd -f board/vboard-stm32f4-gpio.cfg -c "$AUX" -c "init; reset init; targets stm32f4.cpu" "$@" -c shutdown; }
ok "both banks of the first target" two -c "flash write_image erase $T/data 0x90001000 bin
	flash write_image erase $T/data 0xa0002000 bin
	verify_image $T/data 0x90001000 bin
	verify_image $T/data 0xa0002000 bin
	dump_image $T/one 0x90001000 6000
	dump_image $T/two 0xa0002000 6000"
expected_erase 0x1000 0x2000
expected_write 0x1000 "$T/data"
ok "read back from one chip" cmp "$T/one" "$T/data"
ok "and from the other" cmp "$T/two" "$T/data"
# One image into both.
(cd "$T" && cp ram elf_a.bin && cp data elf_b.bin &&
	arm-none-eabi-objcopy -I binary -O elf32-littlearm -B arm --rename-section .data=.a elf_a.bin a.o &&
	arm-none-eabi-objcopy -I binary -O elf32-littlearm -B arm --rename-section .data=.b elf_b.bin b.o &&
	arm-none-eabi-ld -n -e 0 --section-start=.a=0x90010000 --section-start=.b=0xa0010000 a.o b.o -o both.elf)
ok "one image into both chips" two -c "flash write_image erase $T/both.elf; verify_image $T/both.elf"
expected_erase 0x10000 0x1000
expected_write 0x10000 "$T/ram"
not_ok "ofl program takes one bank" two -c "ofl program ext $T/both.elf"
expect_log "both.elf: refused, nothing was changed: it ends 0x[0-9a-f]* bytes past the end of bank ext"
ok "keep-outs are of one bank" two -c "ofl keepout ext 0 0x100000
	if {![catch {flash erase_address 0x90002000 0x1000}]} {error \"not kept\"}
	flash erase_address 0xa0100000 0x10000"

# With the other target as the current one nothing of ours is in the way.
ok "RAM by the second target" two -c "targets aux
	load_image $T/ram 0x20010000 bin
	dump_image $T/back 0x20010000 2000"
ok "is OpenOCD's own business" cmp "$T/back" "$T/ram"
# Of that kind of target OpenOCD cannot verify: it is OpenOCD's own command that says so.
not_ok "verify_image there is OpenOCD's own" two -c "targets aux; verify_image $T/ram 0x20010000 bin"
expect_log "Target aux doesn't support checksum_memory"
not_ok "the second target does not see the first one's bank" two -c "targets aux; verify_image $T/data 0x90001000 bin"
expect_no_log "ofl: .*differ"
ok "flash write_image there: what OpenOCD says without us" two -c "targets aux
	flash write_image $T/data 0x90001000 bin"
expect_log "no flash bank found for address 0x90001000"
ok "commands that name a bank find it all the same" two -c "targets aux; ofl verify ext $T/data 0x1000
	ofl read ext2 $T/back 0x2000 6000"
ok "and it is the right one" cmp "$T/back" "$T/data"
not_ok "a bank of the second target" ocd -f board/vboard-stm32f4-gpio.cfg -c "$AUX" \
	-c "flash bank other ofl 0xc0000000 0 0 0 aux spi:gpio -sck {0x40020418 0x2000 0x40020418 0x20000000} \
		-mosi {0x40020418 0x8000 0x40020418 0x80000000} -cs {0x40020418 0x400 0x40020418 0x4000000} \
		-miso {0x40020410 0x4000}" -c "init; reset init; flash probe other; shutdown"
expect_log "aux is a mem_ap; the stub runs on Cortex-M only"
vboard_stop
expected_check "two targets: the first chip"
EXPECTED=$T/expected.2 IMAGE=$IMAGE.2
expected_erase 0x2000 0x2000
expected_write 0x2000 "$T/data"
expected_erase 0x10000 0x2000
expected_write 0x10000 "$T/data"
expected_erase 0x100000 0x10000
expected_check "two targets: the second chip"
EXPECTED=$T/expected.img IMAGE=$T/chip.img

# ---------------------------------------------------------------- the internal flash has its own driver

# With boot from flash it is at 0 as well, a mirror that has no bank.
OWN='flash bank own stm32f2x 0x08000000 0 0 0 stm32f4.cpu'
fill 16M 125 >"$IMAGE"
cp "$IMAGE" "$EXPECTED"
vboard_start stm32f4-mx25 --usb-us 250 --internal-image "$T/internal"
own() { ocd -f board/vboard-stm32f4-mx25.cfg -c "$OWN" -c "init; reset init" "$@" -c shutdown; }
(cd "$T" && arm-none-eabi-ld -n -e 0 --section-start=.a=0x08040000 --section-start=.b=0x90010000 a.o b.o -o mixed.elf)
if own -c "flash probe own"; then
	ok "one image into internal and external flash" own -c "flash write_image erase $T/mixed.elf
		verify_image $T/mixed.elf
		dump_image $T/back 0x08040000 2000
		flash verify_bank own $T/ram 0x40000"
	expected_erase 0x10000 0x2000
	expected_write 0x10000 "$T/data"
	ok "internal: read back" cmp "$T/back" "$T/ram"
	ok "its mirror is OpenOCD's own business" own -c "dump_image $T/back 0x00040000 2000"
	ok "mirror: read back" cmp "$T/back" "$T/ram"
	not_ok "an image into both that does not fit into ours" own -c "flash write_image erase $T/mixed.elf 0xfef000"
	expect_log "refused, nothing was changed"
else
	show_log
	skip "internal flash" "OpenOCD's stm32f2x does not run on this board"
fi
not_ok "a bank of another driver" own -c "ofl info own"
expect_log "bank own has the driver stm32f2x, not ofl"
vboard_stop
expected_check "internal flash: the external chip"
done_testing
