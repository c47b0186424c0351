# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For the tests of loaders that misbehave (testing/loaders/README), over lib.sh.

. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[ -n "$(ls "$LOADERS" 2>/dev/null)" ] || skip_all "the test loaders are not built: arm-none-eabi-gcc is missing"

# The next command, by a good loader in the same process: a bank of its own at the same flash.
good=
# start BOARD GOOD_LOADER
start() {
	good=$LOADERS/$2
	rm -f "$IMAGE"
	fill 16M 125 >"$IMAGE"
	[ "$1" != stm32g070-w25q64 ] || truncate -s 8M "$IMAGE"
	vboard_start "$1" --usb-us 250 "${@:3}"
	pattern 5000 3 >"$T/data"
	pattern 5000 4 >"$T/after"
}

# twin NAME COMMAND PATTERN: COMMAND fails with a message; then everything works again.
twin() {
	use_loader "$1"
	ok "$1: fails, and the next command succeeds" ocd -c "
		flash bank good ofl 0xa0000000 0 0 0 \$_TARGETNAME {$good}
		init; reset init
		reg r4 0x12345678; reg r9 0x9abcdef0; reg psp 0x20000400; reg sp 0x20000800
		set before [list [reg r0] [reg r4] [reg r9] [reg sp] [reg pc] [reg lr] [reg xPSR] [reg psp] [reg primask]]
		if {![catch {$2}]} {echo \"it did not fail\"; shutdown error}
		set after [list [reg r0] [reg r4] [reg r9] [reg sp] [reg pc] [reg lr] [reg xPSR] [reg psp] [reg primask]]
		if {\$before ne \$after} {echo \"registers: \$before became \$after\"; shutdown error}
		flash write_image erase $T/after 0xa0040000 bin
		flash verify_image $T/after 0xa0040000 bin
		shutdown"
	expect_log "$3"
	expect_no_log "^registers: "
}

# fine NAME: as good as a good one for this driver.
fine() {
	use_loader "$@"
	ok "$*: works" ocd -c "init; reset init
		flash write_image erase $T/data 0x90010000 bin
		flash verify_image $T/data 0x90010000 bin
		shutdown"
	expect_image 0x10000 "$T/data" "$1: content"
}

# shellcheck disable=SC2034 # for the tests
write="flash write_image erase $T/data 0x90010000 bin"
