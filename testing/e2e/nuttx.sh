#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900

# Loaders that are a whole operating system (testing/loaders/rtos/README), as NuttX's system/ofloader is one, on the
# first 64 KiB of the STM32F429's internal flash. A real image of the configuration stm32f429i-disco:ofloader goes
# through the same tests with `make check NUTTX_OFLOADER=path`, or with its path in NUTTX_OFLOADER_IMAGE.

. "$(dirname "$0")/lib.sh"

real_image=${NUTTX_OFLOADER_IMAGE:-${NUTTX_OFLOADER-}}
# Ours alone; the board's file would make a bank of it.
unset NUTTX_OFLOADER
[ -f "$LOADERS/rtos.elf" ] || skip_all "the test loaders are not built: arm-none-eabi-gcc is missing"

INTERNAL=$T/internal.img
OCD_TIMEOUT=150
loader=
# What the system says on its serial port when it boots, when it begins to write, to read, to flush.
boots='' writes='' reads='' flushes=''

# use IMAGE [-option value ...]: bank nuttx
use() {
	loader=$1
	case $loader in
	/*) ;;
	*) loader=$LOADERS/$loader ;;
	esac
	shift
	loader_options="$*"
}

# nuttx COMMANDS: one OpenOCD, from `reset init` to `shutdown`; the bank line is a user's.
nuttx() {
	ocd -c "flash bank nuttx ofl 0x08000000 ${SIZE-0x10000} 0 0 \$_TARGETNAME {$loader} $loader_options
		init; reset init
		$1
		shutdown"
}
at() { printf '0x%08x' $((0x08000000 + $(bytes "$1"))); }

start() { vboard_start stm32f429i-disco --internal-image "$INTERNAL" --usb-us 250; }
# Off and on again: what the loader kept in RAM is gone.
power_cycle() { vboard_stop && start; }
check_internal() {
	cmp -s "$EXPECTED" "$INTERNAL"
	tap_result $? "$1: internal flash as expected" ||
		note "$(cmp -l "$EXPECTED" "$INTERNAL" 2>&1 | head -n 8)" \
			"$(cmp -l "$EXPECTED" "$INTERNAL" 2>/dev/null | wc -l) bytes differ"
}
# serial_count PATTERN: lines of the last report's serial output that have it
serial_count() { report_get serial | grep -c -E "$1"; }
# expect_serial COUNT PATTERN DESCRIPTION
expect_serial() {
	local count
	count=$(serial_count "$2")
	[ "$count" -eq "$1" ]
	tap_result $? "$3" || note "$count lines with '$2' instead of $1:" "$(report_get serial | head -n 30)"
}

cost() { note "$name: $1: $(report_get instructions) instructions, $(report_get simulated_seconds) simulated s"; }

# An erased flash but for the board's own application, then what is neither blank nor data of the tests.
new_flash() {
	rm -f "$INTERNAL"
	start
	vboard_stop
	cp "$INTERNAL" "$EXPECTED"
	expected_fill 0x1000 0x1ff000 125
	cp "$EXPECTED" "$INTERNAL"
}

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

# ---------------------------------------------------------------- the real image

if [ -n "$real_image" ]; then
	# Relative to where make was called.
	case $real_image in
	/*) ;;
	*) [ -f "$real_image" ] || real_image=$OFL_TOP/$real_image ;;
	esac
	if [ -f "$real_image" ]; then
		boots='^seq 0, base' writes='^atcion 1 ' reads='^atcion 2 ' flushes='^atcion 4 '
		use "$(realpath "$real_image")"
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
hangs="a loader that boots an operating system waits for ever"
write="flash write_bank nuttx $T/after 0x123"

hurry rtos-sleep-stuck.elf
fails "a wait loop that does not look" "$write" "$hangs"
expect_log "gave up programming after [0-9]+ ms: the loader's SEGGER_FL_Program\(0x8000123, .* did not return"
expect_log "'-nuttx-wake on' helps then"
hurry rtos-nodev.elf
fails "no device" "$write" "gave up programming after [0-9]+ ms: the loader's SEGGER_FL_Program"
expect_log "$hangs when the device that its table names could not be opened"
hurry rtos-panic.elf
fails "a panic" "$write" "$hangs"
expect_log "stopped at PC 0x[0-9a-f]+ \(panic\+"
expect_serial 1 "^Assertion failed panic" "a panic: its text is in the serial output"
use rtos-sleep.elf -irq off
fails "-irq off" "$write" "the loader died in SEGGER_FL_Program\(0x8000123, .*HardFault"

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
use rtos.elf -stack 5000
not_ok "a stack that leaves no room" nuttx "$write"
expect_log "the RAM of target stm32f4.cpu is too small for the loader"
expect_log "^0x[0-9a-f]{8}-0x[0-9a-f]{8}  free  *[0-9]+ bytes" "the room is in the message"
vboard_stop
check_internal "refused"
expect_serial 0 "$boots" "refused: nothing was booted"

done_testing
