#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300

# Options of a loader file's bank, its calls as `ofl trace` shows them, and that the target is left as it was.

. "$(dirname "$0")/lib_loader.sh"

# session COMMANDS: between reset and the end.
session() {
	ocd -c "init; reset init
		$1
		shutdown"
}

tap_diagnose() { show_log; }

# The calls of the last run: name and arguments, one a line, without what depends on the layout.
calls() { sed -n 's/^ofl trace: ext: \(.*\) returned 0x[0-9a-f]*, [0-9]* ms$/\1/p' "$LOG"; }

# expect_calls DESCRIPTION CALL ...
expect_calls() {
	local description=$1
	shift
	calls | sed 's/, 0x2[0-9a-f]\{7\})$/, RAM)/' >"$T/calls"
	printf '%s\n' "$@" | cmp -s - "$T/calls"
	tap_result $? "$description" || note "$(cat "$T/calls")"
}

pattern 700 5 >"$T/data"
cp "$T/data" "$T/half"
truncate -s 256 "$T/half"

# ---------------------------------------------------------------- the sequence of calls

expected_init 16M
expected_write 0 <(pattern 4096 9)
cp "$EXPECTED" "$IMAGE"
vboard_start stm32f4-mx25
use_loader ofl-f4-min.elf
ok "Init and UnInit for each purpose" session "ofl trace ext on; flash write_image erase $T/half 0x90000000 bin"
expect_calls "in pairs" \
	"Init(0x90000000, 0x0, 0x3)" "UnInit(0x3)" \
	"Init(0x90000000, 0x0, 0x1)" "EraseSector(0x90000000)" "UnInit(0x1)" \
	"Init(0x90000000, 0x0, 0x3)" "UnInit(0x3)" \
	"Init(0x90000000, 0x0, 0x2)" "ProgramPage(0x90000000, 0x100, RAM)" "UnInit(0x2)" \
	"Init(0x90000000, 0x0, 0x3)" "UnInit(0x3)"
expect_log "^ofl trace: ext: ProgramPage\(0x90000000, 0x100, 0x2000[0-9a-f]{4}\) returned 0x0, [0-9]+ ms$"
pattern 4096 9 >"$T/used"
restore_sector() { ok "a used sector again" session "flash write_image erase $T/used 0x90000000 bin"; }
restore_sector
use_loader ofl-f4-min.elf -init once -clock 168000000
ok "once, clock" session "ofl trace ext on; flash write_image erase $T/half 0x90000000 bin"
expect_calls "Init once for erase, once for program" \
	"Init(0x90000000, 0xa037a00, 0x3)" "EraseSector(0x90000000)" "UnInit(0x3)" \
	"Init(0x90000000, 0xa037a00, 0x2)" "ProgramPage(0x90000000, 0x100, RAM)" "UnInit(0x2)"
restore_sector
use_loader ofl-f4-min.elf -verify off
ok "no verify" session "ofl trace ext on
	flash write_image erase $T/half 0x90000000 bin; echo [ofl stats ext]"
expect_calls "no blank check, no comparison" \
	"Init(0x90000000, 0x0, 0x1)" "EraseSector(0x90000000)" "UnInit(0x1)" \
	"Init(0x90000000, 0x0, 0x2)" "ProgramPage(0x90000000, 0x100, RAM)" "UnInit(0x2)"
expect_log "^checked-bytes: 0"
restore_sector
use_loader spinor-f4.stldr
ok "stldr" session "ofl trace ext on; flash write_image erase $T/half 0x90000000 bin"
expect_calls "Init before each operation" \
	"Init()" "Init()" "SectorErase(0x90000000, 0x90000000)" "Init()" \
	"Init()" "Write(0x90000000, 0x100, RAM)" "Init()"
restore_sector
use_loader spinor-f4.stldr -init once
ok "stldr, once" session "ofl trace ext on; flash write_image erase $T/half 0x90000000 bin"
expect_calls "Init once for erase, once for program, and behind the last change" \
	"Init()" "SectorErase(0x90000000, 0x90000000)" "Init()" "Init()" "Write(0x90000000, 0x100, RAM)" "Init()"
restore_sector
use_loader sfl-f4.elf
ok "Segger Flash Loader" session "ofl trace ext on; flash write_image erase $T/half 0x90000000 bin"
expect_calls "Prepare and Restore once around erase, once around program" \
	"SEGGER_FL_Prepare(0x90000000, 0x0, 0x0)" "SEGGER_FL_Erase(0x90000000, 0x0, 0x1)" \
	"SEGGER_FL_Restore(0x90000000, 0x0, 0x0)" \
	"SEGGER_FL_Prepare(0x90000000, 0x0, 0x0)" "SEGGER_FL_Program(0x90000000, 0x100, RAM)" \
	"SEGGER_FL_Restore(0x90000000, 0x0, 0x0)"

# ---------------------------------------------------------------- RAM and stack

FILL="load_image $T/work 0x20000000 bin"
pattern 32768 11 >"$T/work"
use_loader ofl-f4-min.elf -ram "{0x20010000 0x1000}"
ok "-ram outside the work area" session "$FILL; ofl trace ext on
	flash write_image erase $T/half 0x90001000 bin
	dump_image $T/work2 0x20000000 32768"
expect_log "ProgramPage\(0x90001000, 0x100, 0x20010[0-9a-f]{3}\)" "the page is in that RAM"
ok "the work area is untouched" cmp "$T/work" "$T/work2"
expect_image 0x1000 "$T/half"
OCD_BEFORE+="; set WORKAREASIZE 0"
ok "-ram without a work area" session "flash write_image erase $T/data 0x90002000 bin
	flash verify_image $T/data 0x90002000 bin"
expect_image 0x2000 "$T/data"
use_loader ofl-f4-min.elf
OCD_BEFORE+="; set WORKAREASIZE 0"
not_ok "neither" session "flash write_image erase $T/data 0x90002000 bin"
expect_log "has no work area"
use_loader spinor-f4-smash-stack.stldr -stack 4096
ok "-stack for a loader that needs 3 KiB" session "flash write_image erase $T/data 0x90003000 bin"
expect_image 0x3000 "$T/data"
use_loader spinor-f4.stldr -stack 64
not_ok "-stack 64" session ""
expect_log "-stack 64: at least 128 bytes"
use_loader ofl-f4-min.elf -ram "{0x20010000 0xa00}"
not_ok "RAM too small" session "flash write_image erase $T/used 0x90002000 bin"
expect_log "the RAM of target .* is too small for the loader; .*-ram"
expect_log "^work area 0x20010000-0x200109ff" "a map: what there is"
expect_log "^0x20010000-0x200109ff  free +2560 bytes"
expect_log "^needed: stub [0-9]+, loader [0-9]+.*no room for: "
expect_image 0x2000 "$T/data" "nothing was changed"
use_loader ofl-f4-full.elf -ram "{0x20000000 0x900}"
not_ok "RAM too small, the loader in the middle of it" session "flash write_image erase $T/used 0x90002000 bin"
expect_log "^0x20000000-0x2000[0-9a-f]*  loader "
use_loader spinor-f4.flm -ram "{0x20010000 0xc00}"
not_ok "a page larger than the RAM" session "flash write_image erase $T/used 0x90002000 bin"
expect_log "pages of 4096 bytes"
expect_image 0x2000 "$T/data" "nothing was changed"
use_loader spinor-f4-svc.stldr
not_ok "a loader with SVC, interrupts masked" session "flash write_image erase $T/data 0x90004000 bin"
expect_log "died in Write\(.*HardFault"
use_loader spinor-f4-svc.stldr -irq on
ok "-irq on" session "flash write_image erase $T/data 0x90004000 bin"
expect_image 0x4000 "$T/data"
vboard_stop
for at in 0x1000:half 0x2000:data 0x3000:data 0x4000:data 0:used; do
	expected_erase "${at%:*}" 4096
	expected_write "${at%:*}" "$T/${at#*:}"
done
expected_erase 0 4096
expected_write 0 "$T/half"
expected_check

# ---------------------------------------------------------------- base, size, other banks

# two OPTIONS COMMANDS: bank ext is the built-in loader's, bank two the loader file's.
two() {
	ocd -c "flash bank two ofl $1" -c "init; reset init; $2; shutdown"
}
F4=$LOADERS/spinor-f4.flm
expected_init 16M
cp "$EXPECTED" "$IMAGE"
vboard_start stm32f4-mx25
use_loader
ok "another base" two "0xa0000000 0 0 0 \$_TARGETNAME {$F4}" "ofl trace two on
	flash write_image erase $T/data 0xa0012300 bin; echo [flash info two]"
expect_log "two: base 0xa0000000 of the bank line instead of the file's 0x90000000"
expect_log "Init\(0xa0000000, 0x0, 0x2\) returned 0x0"
expect_log "ProgramPage\(0xa0012000, 0x1000, "
expect_log "#270: 0x00ff0000 "
ok "base 0 is the file's" two "0 0 0 0 \$_TARGETNAME {$F4}" "echo [ofl info two]
	flash probe ext; flash probe two
	catch {ofl spi two 3 0x9f}
	echo [ofl spi ext 3 0x9f]"
expect_log "^base: 0x90000000"
expect_no_log "is made for" "two banks of one chip: names agree"
expect_log "two: a loader file has no function for SPI commands"
ok "a smaller size" two "0xa0000000 0x14800 0 0 \$_TARGETNAME {$F4}" "echo [flash info two]
	catch {flash erase_sector two 16 16}
	if {![catch {flash write_image $T/data 0xa0014800 bin}]} {shutdown error}"
expect_log "#\s*15: 0x0000f000 "
expect_no_log "#\s*16: "
expect_log "refused: there is no flash bank of target .* where the image goes, 0xa0014800"
ok "a larger size" two "0xa0000000 0x2000000 0 0 \$_TARGETNAME {$F4}" "flash probe two
	if {![catch {flash write_bank two $T/data 0x1000000}]} {shutdown error}"
expect_log "two: the bank line's size 0x2000000 is more than the loader file's 0x1000000"
expect_log "two: cannot write 0x2bc bytes at offset 0x1000000: the chip ends at 0x1000000; nothing was changed"
ok "-size" two "0xa0000000 0 0 0 \$_TARGETNAME {$F4} -size 0x8000" "echo [ofl info two]"
expect_log "^size-bytes: 32768"
expect_log "^sectors: 8 of 4096 bytes"
ok "by loader file and built-in loader" two "0xa0000000 0 0 0 \$_TARGETNAME {$F4}" "
	flash write_image erase $T/data 0xa0020000 bin
	flash verify_image $T/data 0x90020000 bin
	flash write_image erase $T/data 0x90030000 bin
	flash verify_image $T/data 0xa0030000 bin"
expected_write 0x12300 "$T/data"
expected_write 0x20000 "$T/data"
expected_write 0x30000 "$T/data"

# ---------------------------------------------------------------- flash commands

# A small bank, because the whole of it is checked.
ok "locks, blank sectors, erase check" two "0xa0000000 0x20000 0 0 \$_TARGETNAME {$F4}" "
	flash protect two 2 3 on
	if {![catch {flash erase_sector two 0 4}]} {shutdown error}
	echo [flash info two]
	flash protect two 2 3 off
	flash erase_sector two 15 16
	echo \"first: [ofl stats two]\"
	ofl stats two reset
	flash erase_sector two 15 16
	echo \"second: [ofl stats two]\"
	flash write_bank two $T/data 0x3000
	echo [flash erase_check two]"
expect_log "two: cannot erase: sector 2 at offset 0x00002000 is protected; nothing was changed"
awk '/^first:/ { n = 1 } /^second:/ { n = 2 } /^erases-sectors|^erases-skipped/ { print n, $0 }' "$LOG" >"$T/erases"
printf '%s\n' "1 erases-sectors: 1" "1 erases-skipped-blank: 1" "2 erases-sectors: 0" "2 erases-skipped-blank: 2" |
	cmp -s - "$T/erases"
t_ok "blank sectors are skipped" $? || note "$(cat "$T/erases")"
expect_log "#\s*3: 0x00003000 .* not erased"
expect_no_log "#\s*[0124-9]+: .* not erased"
expected_erase 0x10000 0x10000
expected_write 0x3000 "$T/data"
vboard_stop
expected_check

vboard_start stm32f4-mx25 --flash w25q128jv
ok "another chip than the loader's" two "0 0 0 0 \$_TARGETNAME {$F4}" "flash probe two; flash probe ext"
expect_log "bank two: the loader file is made for 'MX25L12835F SPI1 STM32F4', but the chip .* is win w25q128.*ef4018"
vboard_stop

# ---------------------------------------------------------------- the target is left as it was

use_loader spinor-f030.flm
vboard_start stm32f030-w25q128
ok "while the target runs" ocd -c "init; flash probe ext; echo [flash info ext]
	echo \"state: [[target current] curstate]\"; shutdown"
expect_log "^state: running"
expect_log "#4095: 0x00fff000 "
use_loader ofl-f4-min.elf
not_ok "ARMv7E-M on a Cortex-M0" session "flash write_image erase $T/data 0x90000000 bin"
expect_log "the loader is compiled for Cortex-M4/M7 \(ARMv7E-M\), which the core of target .* cannot execute"
not_ok "likewise where it would not fit anyway" session "[target current] configure -work-area-size 0x200
	flash write_image erase $T/data 0x90000000 bin"
expect_log "which the core of target .* cannot execute; nothing was changed"
expect_no_log "too small"
pattern 8192 12 >"$T/ram"
BACKUP='[target current] configure -work-area-backup 1'
use_loader spinor-f030.flm
ok "-work-area-backup 1" session "$BACKUP; load_image $T/ram 0x20000000 bin
	flash write_image erase $T/data 0x90000000 bin
	dump_image $T/ram2 0x20000000 8192"
ok "RAM is as before" cmp "$T/ram" "$T/ram2"
vboard_stop

vboard_start stm32f4-mx25
pattern 8192 13 >"$T/outside"
STATE='
	reg r0; reg r4 0x12345678; reg r9 0x9abcdef0; reg psp 0x20000400; reg sp 0x20000800; reg lr 0x08000101
	reg primask 1; reg basepri 0x40
	mww 0xe000ed08 0x20000400; mww 0xe000e014 12345; mww 0xe000e018 0; mww 0xe000e010 6
	mww 0xe000ed20 0x40800000; mww 0xe000e400 0x10f020c0
	mww 0xe000e100 0x00000041; mww 0xe000e104 0x80000000
	proc state {} {
		return [list [get_reg {r0 r1 r4 r9 r12 sp lr pc xPSR msp psp primask basepri faultmask control}] \
			[read_memory 0xe000ed08 32 1] [read_memory 0xe000e014 32 1] [expr {[read_memory 0xe000e010 32 1] & 7}] \
			[read_memory 0xe000ed1c 32 2] [read_memory 0xe000e100 32 2] [read_memory 0xe000e400 32 2] \
			[read_memory 0xe000ed88 32 1] [read_memory 0xe000edfc 32 1]]
	}
	set before [state]'
# unchanged DESCRIPTION WORK_AREA_BYTES
unchanged() {
	OCD_BEFORE+="; set WORKAREASIZE $2"
	ok "$1" session "$BACKUP; load_image $T/work 0x20000000 bin; load_image $T/outside 0x20010000 bin
		$STATE
		flash write_image erase $T/data 0x90000000 bin
		if {[state] ne \$before} {echo \"state: \$before became [state]\"; shutdown error}
		dump_image $T/work2 0x20000000 32768
		dump_image $T/outside2 0x20010000 8192"
	ok "$1: RAM from the start" cmp "$T/work" "$T/work2"
	ok "$1: RAM behind the work area" cmp "$T/outside" "$T/outside2"
}
use_loader ofl-f4-moved.elf
unchanged "a loader behind the work area" 0x1000
use_loader ofl-f4-min.elf -ram "{0x20010000 0x1800}"
unchanged "-ram" 0x1000
use_loader spinor-f4-svc.stldr -irq on
unchanged "a loader that changes VTOR and PRIMASK" 0x4000
use_loader spinor-f4-systick.stldr -irq on
unchanged "a loader that uses SysTick" 0x4000
vboard_stop

done_testing
