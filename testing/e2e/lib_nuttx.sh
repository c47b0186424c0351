# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For the tests of loaders that are a whole operating system, over lib.sh: on the first 64 KiB of the STM32F429's
# internal flash, by our own loaders (testing/loaders/rtos/README) or a real image.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2034 # for the tests
real_image=${NUTTX_OFLOADER_IMAGE:-${NUTTX_OFLOADER-}}
# Ours alone; the board's file would make a bank of it.
unset NUTTX_OFLOADER
[ -f "$LOADERS/rtos.elf" ] || skip_all "the test loaders are not built: arm-none-eabi-gcc is missing"
# Relative to where make was called.
case $real_image in
'' | /*) ;;
*) [ -f "$real_image" ] && real_image=$PWD/$real_image || real_image=$OFL_TOP/$real_image ;;
esac
# `ofl program` saves what shares a sector in the working directory.
cd "$T" || exit 1

INTERNAL=$T/internal.img
OCD_TIMEOUT=150
loader=
# What the system says on its serial port when it boots, when it begins to write, to read, to flush.
# shellcheck disable=SC2034 # for the tests
boots='' writes='' reads='' flushes=''

tap_diagnose() { case $1 in ocd | nuttx) show_log ;; esac; }

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

# nuttx COMMANDS: one OpenOCD, from `reset init` to `shutdown`; the bank line is a user's. OTHER_BANK: one more.
nuttx() {
	ocd -c "${OTHER_BANK:+flash bank $OTHER_BANK}
		flash bank nuttx ofl 0x08000000 ${SIZE-0x10000} 0 0 \$_TARGETNAME {$loader} $loader_options
		init; reset init
		$1
		shutdown"
}
at() { printf '0x%08x' $((0x08000000 + $(bytes "$1"))); }

start() { vboard_start stm32f429i-disco --internal-image "$INTERNAL" --usb-us 1000; }
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

# Of the last report; $name is the image.
# shellcheck disable=SC2154
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
