#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200

# OpenOCD's own stmqspi driver on the simulated XSPI: the model is judged by a client that nobody here wrote. The mapped
# range must read, and execute, before and after every command.

. "$(dirname "$0")/lib.sh"

BASE=0x70000000
RAM=0x34100000
# As in stmqspi.sh
SLOW=(--usb-us 4000)

stmqspi() { ocd -f board/vboard-stm32n655-s25fl064l-stmqspi.cfg -c "init; reset init; $1; shutdown"; }

# A program for the mapped range: counts up the word at 34100000h, for ever.
#	ldr r1, =0x34100000; movs r0, #0; loop: adds r0, #1; str r0, [r1]; b loop; .align 2; .word 0x34100000
printf '\x02\x49\x00\x20\x01\x30\x08\x60\xfc\xe7\x00\x00\x00\x00\x10\x34' >"$T/counter"

# Tcl: runs it, from the address given, for a while.
RUN_COUNTER="proc run_counter { address } {
	mww $RAM 0
	reg pc \$address
	resume
	sleep 20
	halt
	set count [lindex [read_memory $RAM 32 1] 0]
	echo \"counted: [expr { \$count > 1000 ? {yes} : \$count }]\"
}"

vboard_start stm32n655-s25fl064l "${SLOW[@]}"
expected_init 8M

# The driver knows the chip by its id, and the controller by the size identification register. While it takes the
# controller for a QUADSPI (it begins with what malloc() left there) it clears a flag in that one's FCR, which sets
# PRESCALER in DCR2 to 2: the clock of what follows is 32 or 21 MHz.
ok "probe" stmqspi "flash probe 0; echo [flash info 0]"
expect_log "flash1 'cyp s25fl064l' id = 0x176001 size = 8192 KiB"
[ -n "${LINK-}" ] || expect_log "JTAG tap: stm32n6x\.cpu tap/device found: 0x6ba00477"
expect_no_log "^Error"

pattern 33001 1 >"$T/data"
ok "erase, write, verify and read" stmqspi "
	echo [flash write_image erase $T/data $BASE bin]
	flash verify_bank 0 $T/data 0
	flash read_bank 0 $T/back 0 33001
	dump_image $T/mapped $BASE 33001"
expect_log "^wrote 33001 bytes"
expect_no_log "^Error"
ok "read_bank gives the same" cmp "$T/data" "$T/back"
ok "the mapped range gives the same" cmp "$T/data" "$T/mapped"
expected_write 0 "$T/data"

# In the middle of pages, over the end of a sector, with what was there before in the same pages
pattern 4099 2 >"$T/odd"
ok "write at an odd offset" stmqspi "
	echo [flash write_image erase $T/odd $((BASE + 0x4fffd)) bin]
	verify_image $T/odd $((BASE + 0x4fffd)) bin"
expect_log "^wrote 4099 bytes"
expect_no_log "^Error"
expected_write 0x4fffd "$T/odd"

ok "a program in the mapped range runs, before and after a write elsewhere" stmqspi "
	$RUN_COUNTER
	flash write_image erase $T/counter $((BASE + 0x200000)) bin
	run_counter $((BASE + 0x200000))
	flash write_image erase $T/odd $((BASE + 0x300000)) bin
	run_counter $((BASE + 0x200000))"
ok "both times" test "$(grep -c '^counted: yes' "$LOG")" = 2
expected_write 0x200000 "$T/counter"
expected_write 0x300000 "$T/odd"

ok "erase of sectors" stmqspi "flash erase_sector 0 0 0; echo [mdw $BASE 2]"
expect_log "^0x70000000: ffffffff ffffffff"
expected_erase 0 64K

# The non-secure address of the controller answers like the secure one, as the peripherals are non-secure out of reset;
# a non-secure access (CSW.SPROT) gets at no memory.
ok "both addresses of XSPI2, and who may use them" stmqspi "
	echo [mdw 0x4802a100]
	mww 0x4802a120 0x12345678
	echo [mdw 0x5802a120]
	stm32n6x.dap apsel 1
	stm32n6x.dap apcsw 0x40000000 0x40000000
	echo [mdw 0x4802a120]
	foreach address { 0x5802a120 $RAM $BASE } {
		echo \"non-secure at \$address: [catch { read_memory \$address 32 1 }]\"
	}"
expect_log "^0x4802a100: 01002101"
expect_log "^0x5802a120: 12345678"
expect_log "^0x4802a120: 12345678"
ok "three refused" test "$(grep -c '^non-secure at .*: 1$' "$LOG")" = 3

ok "out of reset the range is not there, and the error is one of the bus" ocd \
	-f board/vboard-stm32n655-s25fl064l-stmqspi.cfg -c "init; reset halt
	echo \"read: [catch { read_memory $BASE 32 1 }]\"; shutdown"
expect_log "^read: 1"

VB_ALLOW_VIOLATIONS=1 vboard_stop
expected_check
ok "erased by sectors of 64 KiB" test "$(report_get erases.64k)" = 6
ok "and by nothing else" test "$(report_get erases.4k)$(report_get erases.chip)" = 00
# It looks for a QUADSPI's ABR in each run, and its stubs write AR after IR has started a command without an address
# ("silicon bug in L5? dummy write"); the manual says that neither has an effect.
ok "two rules broken" test "$(report_violations | sed 's/^violation at [^ ]* s: //' | sort -u)" = \
	"XSPI2: offset 048h written while BUSY is 1
XSPI2: write to reserved offset 01ch"

# What the chip is not reached without: each is one line of the reset-init event taken back, or the wrong way round. It
# then reads as busy for ever.
rm -f "$IMAGE"
vboard_start stm32n655-s25fl064l "${SLOW[@]}"
for missing in "mww 0x56029260 0x00002000; # XSPIM has no clock" "mww 0x5802b400 2; # XSPIM swaps the ports" \
	"mmw 0x5602483c 0 0x00000200; # no supply of the pins" \
	"mmw 0x56023420 0 0x0f000000; # PN6, CLK, in another function"; do
	not_ok "${missing#*# }" stmqspi "${missing%;*}; flash probe 0"
	expect_log "^Error: timeout"
done
ok "IO3 is not needed on one line" stmqspi "mmw 0x56023400 0 0x00000c00; flash probe 0"
expect_log "flash1 'cyp s25fl064l'"
VB_ALLOW_VIOLATIONS=1 vboard_stop
ok "and no rule broken but one" test "$(report_violations | sed 's/^violation at [^ ]* s: //' | sort -u)" = \
	"XSPI2: write to reserved offset 01ch"

done_testing
