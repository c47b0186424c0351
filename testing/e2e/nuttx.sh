#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900

# Loaders that are a whole operating system (testing/loaders/rtos/README), as NuttX's system/ofloader is one, on the
# first 64 KiB of the STM32F429's internal flash. A real image of the configuration stm32f429i-disco:ofloader goes
# through the same tests with `make check NUTTX_OFLOADER=path`, or with its path in NUTTX_OFLOADER_IMAGE.
#
# What such a loader assumes of the core, and what is wrong with it, and the case that fails where the driver does
# nothing about it:
#   thread mode, MSP, CONTROL 0              "CONTROL 3": an application on PSP without privileges
#   PRIMASK 0 in all calls but Prepare       "-irq off" takes that away
#   its own VTOR, priorities, interrupts     "the application's core is as before"
#   a timer that runs during the boot panics "the application's core is as before": its SysTick and interrupts are on
#   .data is as the last boot left it        "booted once for each command": all is loaded anew
#   Restore flushes an address from the stack  "the only block was flushed"
#   Erase does nothing                       "erase", and nuttx_write.sh
#   data stay in a cache                     "nothing is read past its cache", "verified by its own reads"
#   /dev/flash is mapped wrongly past 64 KiB "ofl-check"
#   Prepare succeeds without a device        "no device"
#   an address outside of its table          "beyond the table"
#   a failed write leaves its file position  "beyond the table": booted again
#   file offsets have a sign                 "a bank across 0x80000000"
#   a wait loop that is not volatile         "a wait loop that does not look", "-nuttx-wake on"
#   it stays alive after Restore             "the application's core is as before", and in each case of `fails`
#   a panic is a loop                        "a panic"

. "$(dirname "$0")/lib_nuttx.sh"

# ---------------------------------------------------------------- with every good image

# write_at OFFSET LENGTH: Tcl that writes, verifies and reads back, and the expected content
scripts=
write_at() {
	local data=$T/data-$1-$2
	pattern "$2" $(($1 + $2)) >"$data"
	expected_write "$1" "$data"
	scripts+="
		flash write_image $data $(at "$1") bin
		flash verify_image $data $(at "$1") bin
		flash read_bank nuttx $data.back $1 $2"
	written+=("$data")
}

good_image() {
	local name=$1 data
	new_flash

	start
	pattern 3000 1 >"$T/boot"
	expected_write 0x1003 "$T/boot"
	ok "$name: one write in one block" nuttx "flash write_image $T/boot $(at 0x1003) bin; echo [ofl info nuttx]"
	expect_log "^read-by: SEGGER_FL_Read" "$name: nothing is read past its cache"
	vboard_stop
	check_internal "$name: the only block was flushed, what else is in it is kept, after power-off"
	cost "one write of 3000 bytes"
	if [ -n "$boots" ]; then
		expect_serial 1 "$boots" "$name: booted once for write and verify"
		[ "$(serial_count "$writes")" -ge 1 ] && [ "$(serial_count "$reads")" -ge 1 ]
		tap_result $? "$name: verified by its own reads"
		expect_serial 1 "$flushes" "$name: flushed once, at the end"
	fi

	# Offsets and lengths around the blocks of 16 KiB; each command boots over the one before.
	scripts=
	written=()
	write_at 0x3fff 2
	write_at 0x7ffd 5
	write_at 0x3ff1 0x4021
	write_at 0xffff 1
	start
	ok "$name: odd offsets and lengths across blocks" nuttx "$scripts"
	for data in "${written[@]}"; do
		ok "$name: read back: ${data##*/}" cmp "$data" "$data.back"
	done
	vboard_stop
	check_internal "$name: across blocks, after power-off"
	[ -z "$boots" ] || expect_serial $((3 * ${#written[@]})) "$boots" "$name: booted once for each command"

	start
	pattern 5 9 >"$T/other"
	not_ok "$name: other content is found" nuttx "flash verify_bank nuttx $T/other 0x7ffd"
	expect_log "7ffd"
	ok "$name: erase" nuttx "flash erase_sector nuttx 3 4
		echo [flash erase_check nuttx]
		flash erase_sector nuttx 3 4
		echo [ofl stats nuttx]"
	expect_log "^erases-sectors: 2" "$name: what is blank is not erased again"
	expect_log "^erases-skipped-blank: 2"
	expect_no_log "#  [34]: 0x.* not erased"
	expect_log "#  2: 0x.* not erased"
	expect_log "#  5: 0x.* not erased"
	expected_erase 0x3000 0x2000
	vboard_stop
	check_internal "$name: two sectors of one block and the next are erased, others not"

	start
	pattern 6000 4 >"$T/image"
	expected_erase 0x5000 0x2000
	expected_write 0x5123 "$T/image"
	ok "$name: write_image erase" nuttx "flash write_image erase $T/image $(at 0x5123) bin"
	power_cycle
	ok "$name: verify after power-off" nuttx "flash verify_image $T/image $(at 0x5123) bin"
	vboard_stop
	check_internal "$name: write_image erase"
	ok "$name: a verify programs nothing" [ "$(report_get internal_programs)" -eq 0 ]

	# A halted application: as before after every command, whatever the system did to the core.
	start
	ok "$name: the application's core is as before" nuttx '
		foreach {r v} {r0 1 r4 0x12345678 r9 0x9abcdef0 r12 0x55 psp 0x20000400 sp 0x20020800 lr 0x08000101} {reg $r $v}
		reg primask 1; reg basepri 0x40
		mww 0xe000ed08 0x20000400; mww 0xe000e014 12345; mww 0xe000e018 0; mww 0xe000e010 7
		mww 0xe000ed20 0x40800000
		mww 0xe000e100 0x00000041; mww 0xe000e104 0x00000020
		mww 0xe000e200 0x00000002; mww 0xe000ed04 0x04000000
		proc state {} {
			return [list [get_reg {r0 r1 r4 r9 r12 sp lr pc xPSR msp psp primask basepri faultmask control}] \
				[read_memory 0xe000ed08 32 1] [read_memory 0xe000e014 32 1] [expr {[read_memory 0xe000e010 32 1] & 7}] \
				[expr {[read_memory 0xe000ed04 32 1] & 0x14000000}] \
				[read_memory 0xe000ed1c 32 2] [read_memory 0xe000e100 32 3] [read_memory 0xe000e200 32 3] \
				[read_memory 0xe000ed88 32 1] [read_memory 0xe000edfc 32 1]]
		}
		proc unchanged {what before} {
			if {[state] ne $before} {echo "state after $what: $before became [state]"; shutdown error}
		}
		set before [state]
		if {[lindex $before 4] == 0 || [lindex $before 7] eq "0 0 0"} {echo "none pending: $before"; shutdown error}
		'"
		flash write_image $T/boot $(at 0x8000) bin; unchanged write \$before
		flash verify_image $T/boot $(at 0x8000) bin; unchanged verify \$before
		flash read_bank nuttx $T/back 0x8000 10; unchanged read \$before
		flash erase_sector nuttx 8 8; unchanged erase \$before"
	expected_erase 0x8000 0x1000
	vboard_stop
	check_internal "$name: beside the application"
}

boots='^device 08000000' writes='^begin 0800[0-9a-f]{4} ' reads=$writes flushes='^begin 08000000 08000000'
use rtos.elf
good_image rtos
# Its driver waits for SysTick: interrupts are on unless the bank line says otherwise.
use rtos-sleep.elf
new_flash
pattern 1000 5 >"$T/sleep"
expected_write 0x3f01 "$T/sleep"
start
ok "a driver that sleeps" nuttx "flash write_image $T/sleep $(at 0x3f01) bin
	flash verify_image $T/sleep $(at 0x3f01) bin
	flash read_bank nuttx $T/sleep.back 0x3f01 1000
	flash erase_sector nuttx 6 6"
ok "a driver that sleeps: read back" cmp "$T/sleep" "$T/sleep.back"
expected_erase 0x6000 0x1000
vboard_stop
check_internal "a driver that sleeps"
expect_serial 4 "$boots" "a driver that sleeps: booted once for each command"

# The application is unprivileged and on its own stack when the user stops it.
new_flash
use rtos.elf
start
pattern 600 11 >"$T/small"
expected_write 0x2100 "$T/small"
ok "CONTROL 3" nuttx "reg psp 0x20001000; reg control 3
	flash write_image $T/small $(at 0x2100) bin
	if {[dict get [get_reg control] control] != 3} {echo [get_reg control]; shutdown error}"
vboard_stop
check_internal "CONTROL 3"

# ---------------------------------------------------------------- what can be told from the file

# check_file FILE: what ofl-check says goes to $LOG
check_file() { "$OFL_BUILD/bin/ofl-check" "$1" >"$LOG" 2>&1; }
# expect_check NAME: of any image of this kind
expect_check() {
	local name
	for name in Prepare Restore Erase Program Read Verify; do
		expect_log "^function: SEGGER_FL_$name address=0x2000[0-9a-f]{4} "
	done
	expect_log "^ram: 0x20000000-.* section=.text access=rx from=file"
	expect_log "^ram: .* section=.bss access=rw from=zeros"
	expect_log "^room: 0x2000[0-9a-f]{4}-0x2000[0-9a-f]{4} bytes=61[0-9]{2} stack=20[0-9]{2} buffer=4096"
	expect_log "^device-table: /dev/flash,0x08000000,0x[12]0000"
	expect_log "^device-entry: /dev/flash address=0x08000000 bytes="
	expect_log "^warning: it owns all RAM of the chip"
	expect_log "^warning: the loop at 0x2000[0-9a-f]{4} waits for an answer without loading it again"
	expect_log "^result: usable"
}
check_file "$LOADERS/rtos.elf"
expect_check
expect_no_log "reaches beyond 0x0800ffff" "ofl-check: a table that ends at 64 KiB"
perl -0777 -pe 's/,0x08000000,0x10000\0/,0x08000000,0x20000\0/ or die' "$LOADERS/rtos.elf" >"$T/larger.elf"
check_file "$T/larger.elf"
expect_log "^warning: /dev/flash reaches beyond 0x0800ffff: .*SIZE 0x10000 is safe" \
	"ofl-check: a larger table"
check_file "$LOADERS/rtos-sleep.elf"
expect_no_log "without loading it again" "ofl-check: a loop that looks"
use rtos.elf
start
ok "ofl check says the same" nuttx "echo [ofl check $loader]"
expect_log "^device-table: /dev/flash,0x08000000,0x10000"
vboard_stop

# ---------------------------------------------------------------- as the manual says

# The board's own file, with this adapter in place of the probe that is on the board.
mkdir -p "$T/scripts/interface"
cat >"$T/scripts/interface/stlink.cfg" <<'END'
source [find board/vboard-adapter.cfg]
# The next line of the board's file asks for a transport that this adapter does not have.
proc transport { name args } {
	if { $args ne "hla_swd" } {
		tailcall "transport $name" {*}$args
	}
}
END
# user COMMANDS: OpenOCD with that file
user() {
	NUTTX_OFLOADER=$LOADERS/rtos.elf ocd -s "$T/scripts" -f board/stm32f429i-disco-nuttx.cfg -c "
		reset_config none; cortex_m reset_config sysresetreq
		$1"
}
tap_diagnose() { case $1 in ocd | nuttx | user) show_log ;; esac; }
new_flash
start
pattern 5000 12 >"$T/user.bin"
ok "the board's file: program, verify" user "program $T/user.bin verify exit $(at 0x4000)"
expect_log '^\*\* Verified OK \*\*'
expect_no_log "is in bank"
expected_erase 0x4000 0x2000
expected_write 0x4000 "$T/user.bin"
vboard_stop
check_internal "the board's file"
start
# With OpenOCD's own driver for the same flash it says who writes.
OTHER_BANK="internal stm32f2x 0 0 0 0 \$_TARGETNAME" ok "another driver's bank comes first" nuttx "
	ofl check_write $T/user.bin $(at 0x4000) bin"
expect_log "is in bank internal of driver stm32f2x, too, which comes first: .* 'ofl program nuttx FILE'"
vboard_stop

# ---------------------------------------------------------------- the real image

if [ -n "$real_image" ]; then
	if [ -f "$real_image" ]; then
		boots='^seq 0, base' writes='^atcion 1 ' reads='^atcion 2 ' flushes='^atcion 4 '
		use "$(realpath "$real_image")"
		check_file "$loader"
		expect_check
		expect_log "^warning: /dev/flash reaches beyond 0x0800ffff"
		start
		ok "NuttX: boot alone" nuttx "flash read_bank nuttx $T/one 0 1"
		vboard_stop
		name=NuttX cost "boot, one byte read, Restore"
		# A configuration without OFLOADER_DEBUG says nothing.
		[ "$(serial_count "$boots")" -eq 1 ] || boots='' writes='' reads='' flushes=''
		good_image NuttX
		boots='^device 08000000' writes='^begin 0800[0-9a-f]{4} '
	else
		tap_result 1 "NUTTX_OFLOADER: there is no file $real_image"
	fi
else
	skip "a real image" "make check NUTTX_OFLOADER=path runs it"
fi

# ---------------------------------------------------------------- what can go wrong

# Its deadlines are as short as the driver's lower limit allows.
hurry() {
	perl -0777 -pe 's/(\x01\x01NuttX\0{123}\x01\0.{20})\x88\x13\0\0\x88\x13\0\0/$1\xf4\x01\0\0\xf4\x01\0\0/s or die' \
		"$LOADERS/$1" >"$T/hurry-$1" || exit 1
	use "$T/hurry-$1" "${@:2}"
}
good=$LOADERS/rtos.elf
pattern 2000 7 >"$T/after"
# fails DESCRIPTION COMMAND PATTERN: COMMAND fails with a message; after a reset a good image works in the same process.
fails() {
	new_flash
	start
	ok "$1: fails, and after a reset a good image works" ocd -c "
		flash bank nuttx ofl 0x08000000 0x10000 0 0 \$_TARGETNAME {$loader} $loader_options
		flash bank good ofl 0x08000000 0x10000 0 0 \$_TARGETNAME {$good}
		init; reset init
		set before [list [get_reg {r0 r4 r9 sp lr pc xPSR psp primask control}] [read_memory 0xe000ed08 32 1]]
		if {![catch {$2}]} {echo {it did not fail}; shutdown error}
		set after [list [get_reg {r0 r4 r9 sp lr pc xPSR psp primask control}] [read_memory 0xe000ed08 32 1]]
		if {\$before ne \$after} {echo \"core: \$before became \$after\"; shutdown error}
		if {[read_memory 0xe000e010 32 1] & 3} {echo {its SysTick is on}; shutdown error}
		reset init
		flash write_bank good $T/after 0x3f00
		flash verify_bank good $T/after 0x3f00
		shutdown"
	expect_log "$3" "$1: $3"
	expected_write 0x3f00 "$T/after"
	vboard_stop
	check_internal "$1: only what the good image wrote"
}
# Only what fits is said of the cause.
nothing="nothing has answered since the operating system in the loader was booted"
write="flash write_bank nuttx $T/after 0x123"

hurry rtos-sleep-stuck.elf
fails "a wait loop that does not look" "$write" "$nothing: the device that its table names could not be opened"
expect_log "gave up programming after [0-9]+ ms: the loader's SEGGER_FL_Program\(0x8000123, .* did not return"
expect_log "'-nuttx-wake on' helps then"
hurry rtos-nodev.elf
fails "no device" "$write" "gave up programming after [0-9]+ ms: the loader's SEGGER_FL_Program"
expect_log "$nothing: the device that its table names could not be opened \(is it the right image for this board"
hurry rtos-panic.elf
fails "a panic" "$write" "$nothing: .*or the system has panicked \(see its serial output\)"
expect_log "stopped at PC 0x[0-9a-f]+ \(panic\+"
expect_serial 1 "^Assertion failed panic" "a panic: its text is in the serial output"
hurry rtos-late.elf
fails "no answer to a later call" "$write" "gave up programming after [0-9]+ ms: the loader's SEGGER_FL_Program"
expect_log "earlier calls were answered, so the device is there: it is slower than three times"
expect_no_log "$nothing"
hurry rtos-noboot.elf
fails "a boot that hangs" "$write" "the loader's SEGGER_FL_Prepare\(.* did not return"
expect_log "the operating system in the loader did not boot: it waits for hardware"
expect_no_log "$nothing"
use rtos-sleep.elf -irq off
fails "-irq off" "$write" "the loader died in SEGGER_FL_Program\(0x8000123, .*HardFault"
expect_log "the bank line says '-irq off', but .* switches tasks by SVC, .*: leave -irq out"

# Rescued from outside.
new_flash
use rtos-sleep-stuck.elf -nuttx-wake on
start
ok "-nuttx-wake on" nuttx "flash write_image $T/after $(at 0x3f00) bin
	flash verify_image $T/after $(at 0x3f00) bin
	flash read_bank nuttx $T/back 0x3f00 2000
	echo [ofl stats nuttx]"
expect_log "^loader-wakes: [1-9]"
ok "-nuttx-wake on: read back" cmp "$T/after" "$T/back"
vboard_stop
expected_write 0x3f00 "$T/after"
check_internal "-nuttx-wake on"

# Beyond what the loader's table has: it says no, and is booted again for the next command.
use rtos.elf
new_flash
start
SIZE=0x20000 ok "beyond the table" nuttx "
	if {![catch {flash write_image $T/after $(at 0x10000) bin}]} {echo {it did not fail}; shutdown error}
	flash write_image $T/after $(at 0x3f00) bin"
expect_log "SEGGER_FL_Program\(0x8010000, .* returned 0xfffffffb \(0 means success\)"
vboard_stop
expected_write 0x3f00 "$T/after"
check_internal "beyond the table"
expect_serial 2 "$boots" "beyond the table: booted again"

# Refused before anything is done.
start
SIZE=0 not_ok "no SIZE" nuttx "flash probe nuttx"
expect_log "does not say how large the flash is; give BASE and SIZE on the bank line"
for size in 0x1800 0x10001 2048; do
	SIZE=$size not_ok "SIZE $size" nuttx "flash probe nuttx"
	expect_log "SIZE 0x[0-9a-f]+ is no multiple of the loader's unit, 0x1000 bytes"
done
use rtos.elf
not_ok "a bank across 0x80000000" ocd -c "
	flash bank across ofl 0x7fff8000 0x10000 0 0 \$_TARGETNAME {$loader}
	init; shutdown"
expect_log "lies across 0x80000000, .* a SIZE of at most 0x8000 ends before"
use rtos.elf -stack 5000
not_ok "a stack that leaves no room" nuttx "$write"
expect_log "owns all RAM but 61[0-9]{2} bytes at 0x[0-9a-f]{8}, which are too few for the stub, [0-9]+ bytes of stack"
expect_log "a larger work area does not help. Give it less stack \(-stack BYTES\), or build NuttX with a larger \
CONFIG_SYSTEM_OFLOADER_STACKSIZE or CONFIG_SYSTEM_OFLOADER_BUFFERSIZE"
expect_log "^0x[0-9a-f]{8}-0x[0-9a-f]{8}  free  *[0-9]+ bytes" "the room is in the message"
vboard_stop
check_internal "refused"
expect_serial 0 "$boots" "refused: nothing was booted"

# The room is enough for more than the default.
start
use rtos.elf -stack 3000
ok "-stack 3000 fits" nuttx "flash write_image $T/after $(at 0x3f00) bin"
expect_no_log "there is RAM for one page"
use rtos.elf -stack 3600
ok "-stack 3600 is slow" nuttx "flash write_image $T/after $(at 0x3f00) bin"
expect_log "there is RAM for one page of 512 bytes only: .*; less stack \(-stack BYTES\) makes it faster"
vboard_stop
expected_write 0x3f00 "$T/after"
check_internal "larger stacks"

done_testing
