#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400

# What goes wrong: each is reported with its reason, and the next try succeeds, in the same OpenOCD process where that
# survives.

. "$(dirname "$0")/lib.sh"

AT=0x90007080
pattern 5000 3 >"$T/data"
WRITE="flash write_image erase $T/data $AT bin"
VERIFY="flash verify_image $T/data $AT bin"

# The state of the core that a failure must leave alone: compared before and after.
SHOW='proc show {when} { foreach r {r0 r4 r12 sp lr pc xPSR msp psp primask control} { echo "$when [reg $r]" } }'

# fresh BOARD [option ...]: a new chip that is not blank where the data goes.
fresh() {
	rm -f "$IMAGE"
	expected_init "$CHIP"
	vboard_start "$@"
}
CHIP=16M

# edited_config SED: the board's config with its bank line changed; where the vboard-*.cfg is the adapter and the file
# for the hardware, it is that file's.
edited_config() {
	local file=$OFL_TOP/tcl/board/$BOARD.cfg
	if [ -e "$file" ]; then
		echo "source [find board/vboard-adapter.cfg]"
	else
		file=$OFL_TOP/tcl/board/vboard-$BOARD.cfg
	fi
	sed "$1" "$file"
}

# fails_then_works DESCRIPTION MESSAGE [RECOVERY]: the first try fails with MESSAGE, the second, after RECOVERY, works.
fails_then_works() {
	ok "$1: the next try works" ocd -c "$SHOW" -c "init; reset init; show before" \
		-c "echo first:[catch {$WRITE}]; show after" -c "${3:-}" -c "echo again; $WRITE; $VERIFY; shutdown"
	expect_log "^first:-?[1-9]" "$1: the first try fails"
	expect_log "$2"
	expected_erase 0x7000 0x2000
	expected_write 0x7080 "$T/data"
}

same_registers() {
	ok "registers are as before" cmp <(sed -n 's/^before //p' "$LOG") <(sed -n 's/^after //p' "$LOG")
}

# ---------------------------------------------------------------- the chip

fresh stm32f030-w25q128 --usb-us 1000 --fault nor.absent=ff+1000
fails_then_works "chip absent, line high" "the chip does not answer: JEDEC id reads ffffff" "sleep 1500"
same_registers
vboard_stop
expected_check

fresh stm32f030-w25q128 --usb-us 1000 --fault nor.absent=00+2000
fails_then_works "chip absent, line low" "the chip does not answer: JEDEC id reads 000000" "sleep 2500"
vboard_stop
expected_check

fresh stm32f030-w25q128 --usb-us 1000 --fault nor.stuck-busy@program=4+600
fails_then_works "stuck busy in a program" \
	"programming failed at flash offset 0x00007[0-9a-f]*: the flash stayed busy|gave up programming .*stuck busy" \
	"sleep 800"
same_registers
vboard_stop

fresh stm32f030-w25q128 --usb-us 1000 --fault nor.locked+500
fails_then_works "latch does not set" \
	"erasing failed|programming failed at flash offset 0x00007080: the write enable latch did not set" "sleep 700"
vboard_stop
expected_check

fill 16M 125 >"$T/full"
cp "$T/full" "$IMAGE"
vboard_start stm32f030-w25q128 --usb-us 1000
# SR3 = 0x04: each block has a lock of its own, and all are closed; what those are is not known to the driver.
not_ok "locks of single blocks" ocd -c "init; reset init; flash probe ext; echo [ofl spi ext 0 0x06]
	echo [ofl spi ext 0 0x11 0x04]; sleep 100
	echo [ofl info ext]; flash erase_sector ext 7 7"
expect_log "erasing failed at flash offset 0x00007000: the sector is not blank after its erase .write protected"
expect_log "look at the protection bits"
ok "protection removed" ocd -c "init; reset init; flash probe ext; echo [ofl spi ext 0 0x06]
	echo [ofl spi ext 0 0x11 0x00]; sleep 100
	flash erase_sector ext 7 7; shutdown"
vboard_stop
expected_load "$T/full"
expected_erase 0x7000 0x1000
expected_check

fresh stm32f030-w25q128 --usb-us 1000 --fault nor.program-fails=10@program=6
fails_then_works "a bit that does not program" \
	"content differs at 0x9000[0-9a-f]* .*the flash did not take the program command"
vboard_stop
expected_check

# Left by an application: deep power-down, an erase under way, 4-byte mode.
fresh stm32f030-w25q128 --usb-us 1000
ok "out of deep power-down" ocd -c "init; reset init; flash probe ext; echo [ofl spi ext 0 0xb9]
	flash probe ext; $WRITE; $VERIFY; shutdown"
# QE in SR2 (volatile, 50h), then QPI: the chip is deaf to commands on one line until it sees FFh.
ok "out of QPI mode" ocd -c "init; reset init; flash probe ext; ofl spi ext 0 0x50; ofl spi ext 0 0x31 0x02
	ofl spi ext 0 0x38; echo deaf:[ofl spi ext 3 0x9f]; flash probe ext; $WRITE; $VERIFY; shutdown"
expect_log "^deaf:ff ff ff"
ok "an erase under way is waited for" ocd -c "init; reset init; flash probe ext; echo [ofl spi ext 0 0x06]
	echo [ofl spi ext 0 0xd8 0x00 0x00 0x00]; flash probe ext; $WRITE; $VERIFY; shutdown"
expected_erase 0x7000 0x2000
expected_write 0x7080 "$T/data"
vboard_stop
expected_check

CHIP=32M
fresh stm32f4-mx25 --flash w25q256 --usb-us 1000
ok "left in 4-byte mode" ocd -c "init; reset init; flash probe ext; echo [ofl spi ext 0 0xb7]; flash probe ext
	$WRITE; $VERIFY; shutdown"
expected_write 0x7080 "$T/data"
vboard_stop
expected_check
CHIP=16M

# ---------------------------------------------------------------- identification

fill 16 000 >"$T/none.sfdp"
fresh stm32f030-w25q128 --usb-us 1000 --jedec 123456 --sfdp "$T/none.sfdp"
not_ok "unknown chip" ocd -c "init; reset init; flash probe ext"
expect_log "JEDEC id 123456 has no usable SFDP table and is not in OpenOCD's list of parts
	give -size, -page and -erase"
not_ok "unknown chip, written" ocd -c "init; reset init; $WRITE"
edited_config "s/spi:stm32-spi/& -size 0x1000000 -page 256 -erase {0x1000 0x20 0x10000 0xd8}/" >"$T/byhand.cfg"
ok "unknown chip, geometry by hand" ocd -f "$T/byhand.cfg" -c "init; reset init; $WRITE; $VERIFY
	echo [ofl info ext]; shutdown"
expect_log "^geometry-from: bank line"
expected_write 0x7080 "$T/data"
vboard_stop
expected_check

printf 'SFDP\006\001\000\377\000\006\001\377\000\000\000\377' >"$T/bad.sfdp"
fresh stm32f030-w25q128 --usb-us 1000 --sfdp "$T/bad.sfdp"
ok "malformed SFDP of a listed part" ocd -c "init; reset init; $WRITE; $VERIFY; echo [ofl info ext]; shutdown"
expect_log "SFDP table not used: "
expect_log "^geometry-from: OpenOCD's table"
vboard_stop

# ---------------------------------------------------------------- target and work area

fresh stm32f030-w25q128 --usb-us 1000 --fault core.reset@program=5
fails_then_works "reset by a watchdog" "the target was reset while the stub ran" "reset init"
vboard_stop
expected_check

edited_config 's/-base 0x40013000/-base 0x60000000/' >"$T/nobase.cfg"
fresh stm32f030-w25q128 --usb-us 1000
not_ok "controller base that faults, M0" ocd -f "$T/nobase.cfg" -c "$SHOW" -c "init; reset init; show before
	catch {flash probe ext}; show after; flash probe ext"
expect_log "the stub died while sending a command: HardFault at PC 0x2000.* \(stub\+0x.*bus error"
same_registers
vboard_stop

fresh stm32f4-mx25 --usb-us 1000
edited_config 's/-base 0x40013000/-base 0x60000000/' >"$T/nobase.cfg"
not_ok "controller base that faults, M4" ocd -f "$T/nobase.cfg" -c "init; reset init; flash probe ext"
expect_log "bus error on a data access, CFSR 0x00008200 .*address 0x6000000[0-9a-f]"
not_ok "controller not clocked" ocd -c "init; reset halt; mww 0x40023830 1; mww 0x40023844 0x1000; flash probe ext"
ok "the core is as before for whoever attaches next" ocd \
	-c "init; halt; if {[regexp {0x20} [reg pc]]} {error stub}; shutdown"
not_ok "target running" ocd -c "init; catch {resume}; flash write_image $T/data $AT bin"
expect_log "target .* is running; halt it first"
not_ok "target running, probe" ocd -c "init; catch {resume}; flash probe ext"
ok "target running, then halted" ocd \
	-c "init; catch {resume}; catch {flash probe ext}; reset init; $WRITE; $VERIFY; shutdown"
VB_ALLOW_VIOLATIONS=1 vboard_stop

fresh stm32f030-w25q128 --usb-us 1000
not_ok "no work area" ocd -c "set WORKAREASIZE 0" -f "board/vboard-$BOARD.cfg" -c "init; reset init; flash probe ext"
expect_log "has no work area .*add to the target's configuration: .* configure -work-area-phys ADDRESS -work-area-size"
not_ok "work area too small" ocd -c "set WORKAREASIZE 1024" -f "board/vboard-$BOARD.cfg" -c "init; reset init
	flash probe ext"
expect_log "is too small: 1024 bytes free, at least [0-9]+ more needed"
not_ok "work area without RAM" ocd -c "init; stm32f030.cpu configure -work-area-phys 0x20002000; reset init
	flash probe ext"
for size in 0x800 0x600; do
	ok "work area of $size bytes" ocd -c "set WORKAREASIZE $size" -f "board/vboard-$BOARD.cfg" -c "init
	reset init; $WRITE; $VERIFY
		flash read_bank ext $T/back 0x7080 5000; echo [ofl stats ext]; shutdown"
	ok "the same comes back" cmp "$T/data" "$T/back"
	expected_erase 0x7000 0x2000
	expected_write 0x7080 "$T/data"
done
expect_log "pages of 256 bytes are programmed in pieces of (16|32|64|128)"
# Another driver's algorithm (the CRC of verify_image) uses the work area between two of our commands.
head -c 1024 "$T/data" >"$T/small"
ok "work area used in between" ocd -c "init; reset init; flash probe ext
	load_image $T/small 0x20001800 bin; verify_image $T/small 0x20001800 bin; mww 0x20000000 0x12345678 64
	$WRITE; verify_image $T/small 0x20001800 bin; $VERIFY; echo [ofl stats ext]; shutdown"
expect_log "^stub-uploads: [2-9]"
# With backup, the RAM is as before after success and after failure.
BACKUP='foreach t [target names] { $t configure -work-area-backup 1 }'
ok "work area restored" ocd -c "init; $BACKUP; reset init; load_image $T/data 0x20000000 bin; $WRITE; $VERIFY
	dump_image $T/ram 0x20000000 4096; shutdown"
ok "RAM as before" cmp -n 4096 "$T/data" "$T/ram"
edited_config 's/-base 0x40013000/-base 0x60000000/' >"$T/nobase.cfg"
ok "work area restored after a failure" ocd -f "$T/nobase.cfg" -c "init; $BACKUP; reset init
	load_image $T/data 0x20000000 bin
	catch {flash probe ext}; dump_image $T/ram 0x20000000 4096; shutdown"
ok "RAM as before" cmp -n 4096 "$T/data" "$T/ram"
vboard_stop
expected_check

# ---------------------------------------------------------------- the adapter

# remote_bitbang of 0.12.0 aborts on an assertion of its own when the socket closes; a new process must recover.
fresh stm32f030-w25q128 --usb-us 1000 --fault link.drop@program=6
ocd -c "init; reset init; $WRITE; shutdown"
t_ok "adapter gone in the middle of a write: an error" $((! $?))
ok "a new process recovers" ocd -c "init; reset init; $WRITE; $VERIFY; shutdown"
expected_erase 0x7000 0x2000
expected_write 0x7080 "$T/data"
vboard_stop
expected_check

done_testing
