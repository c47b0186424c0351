#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200

# OpenOCD's own stmqspi driver and its own board file, on the simulated QUADSPI: the model is judged by a client that
# nobody here wrote. The mapped range must read, and execute, before and after every command.

. "$(dirname "$0")/lib.sh"

BASE=0x90000000
BANK=stm32f7x.qspi
# The driver gives an erase 2 s of wall time, in which it polls every 25 ms; simulated time passes only with its
# accesses, so that a probe with short round trips would not let the 0.75 s of an erase pass meanwhile.
SLOW=(--usb-us 4000)

stmqspi() { ocd -f board/vboard-stm32f746g-disco-stmqspi.cfg -c "init; reset init; $1; shutdown"; }

# A program for the mapped range: counts up the word at 20010000h, for ever.
#	ldr r1, =0x20010000; movs r0, #0; loop: adds r0, #1; str r0, [r1]; b loop; .align 2; .word 0x20010000
printf '\x02\x49\x00\x20\x01\x30\x08\x60\xfc\xe7\x00\x00\x00\x00\x01\x20' >"$T/counter"

# Tcl: runs it, from the address given, for a while.
RUN_COUNTER='proc run_counter { address } {
	mww 0x20010000 0
	reg pc $address
	resume
	sleep 20
	halt
	set count [lindex [read_memory 0x20010000 32 1] 0]
	echo "counted: [expr { $count > 1000 ? "yes" : $count }]"
}'

vboard_start stm32f746g-disco "${SLOW[@]}"
expected_init 16M

ok "probe" stmqspi "flash probe $BANK; echo [flash info 3]"
expect_log "flash1 'micron n25q128' id = 0x18ba20 size = 16384 KiB"
# SWD reaches the debug port only.
[ -n "${LINK-}" ] || expect_log "JTAG tap: stm32f7x\.bs tap/device found: 0x06449041"
expect_no_log "^Error"

pattern 33001 1 >"$T/data"
ok "erase, write, verify and read" stmqspi "
	echo [flash write_image erase $T/data $BASE bin]
	flash verify_bank 3 $T/data 0
	flash read_bank 3 $T/back 0 33001
	dump_image $T/mapped $BASE 33001"
expect_log "^wrote 33001 bytes"
# The internal banks are probed on the way to this one.
expect_log "device id = 0x10016449"
expect_log "flash size = 1024 KiB"
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

ok "breakpoint and steps in the mapped range" stmqspi "
	mww 0x20010000 0
	reg pc $((BASE + 0x200000))
	bp $((BASE + 0x200006)) 2 hw
	resume
	wait_halt 1000
	echo [reg pc]
	step
	step
	echo [reg pc]
	echo [mdw 0x20010000]"
expect_log "^pc \\(/32\\): 0x90200006"
expect_log "^pc \\(/32\\): 0x90200004"
expect_log "^0x20010000: 00000001"

ok "erase of sectors" stmqspi "flash erase_sector 3 0 0; echo [mdw $BASE 2]"
expect_log "^0x90000000: ffffffff ffffffff"
expected_erase 0 64K

ok "out of reset the range is not there, and the error is one of the bus" ocd \
	-f board/vboard-stm32f746g-disco-stmqspi.cfg -c "init; reset halt
	echo \"read: [catch { read_memory $BASE 32 1 }]\"; shutdown"
expect_log "^read: 1"

vboard_stop
expected_check
ok "erased by sectors of 64 KiB" test "$(report_get erases.64k)" = 6
ok "and by nothing else" test "$(report_get erases.4k)$(report_get erases.chip)" = 00

# On four lines: the chip in its quad I/O protocol, and the driver follows the mapped mode that it finds. It reads the
# status without the dummy cycle that the manual wants for the turn-around, which is the one rule that it breaks.
rm -f "$IMAGE"
expected_init 16M
vboard_start stm32f746g-disco "${SLOW[@]}"
ok "quad I/O protocol: erase, write, verify and read" stmqspi "flash probe $BANK
	stmqspi cmd 3 0 0x06
	stmqspi cmd 3 0 0x61 0x5f
	mmw 0xa0001000 2 0
	mww 0xa000100c 2
	mww 0xa0001014 0x0f282feb
	flash probe $BANK
	echo [flash write_image erase $T/odd $((BASE + 0x1fffd)) bin]
	flash verify_bank 3 $T/odd 0x1fffd
	dump_image $T/mapped $((BASE + 0x1fffd)) 4099"
expect_log "^wrote 4099 bytes"
ok "the mapped range gives the same" cmp "$T/odd" "$T/mapped"
expected_write 0x1fffd "$T/odd"
VB_ALLOW_VIOLATIONS=1 vboard_stop
expected_check
ok "one rule broken" test "$(report_violations | sed 's/^violation at [^ ]* s: //')" = \
	"QUADSPI: CCR 07002305 reads on 4 lines without a dummy cycle"

# Another chip on the same pins: what is not in the driver's table is found by its SFDP.
rm -f "$IMAGE"
vboard_start stm32f746g-disco "${SLOW[@]}" --flash n25q256a --jedec 20ba55
ok "unknown id: SFDP through the QUADSPI" stmqspi "flash probe $BANK"
expect_log "flash1 'sfdp' id = 0x55ba20 size = 32768 KiB"
vboard_stop

done_testing
