#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120

# The halted application has left the core as applications do: privileged on PSP, the MPU on with RAM execute-never and
# the peripherals unmapped, stack limits (M33), interrupts masked or not. Our code runs all the same, and afterwards the
# core is as the application left it, and the application goes on. The application is in the boards' ROM
# (testing/vboard/README): entry 08000400h, with PRIMASK 08000410h; it counts at the top of its RAM less 108h.

. "$(dirname "$0")/lib.sh"

pattern 3000 6 >"$T/data"

# What the application cares for, from the core itself and not from OpenOCD's cache.
cat >"$T/show.tcl" <<'END'
proc show {when} {
	foreach r {r0 r1 r2 r3 r4 r5 r6 r7 r8 r9 r10 r11 r12 sp lr pc xPSR msp psp primask basepri faultmask
			control} {
		if {![catch {reg $r force} value]} { echo "$when [string trim $value]" }
	}
	foreach a {0xe000ed94 0xe000edfc 0xe000ed08} { echo "$when [mdw $a]" }
	# MSPLIM and PSPLIM by DCRSR; other cores read an unknown value, always the same one.
	foreach n {0x1c 0x1d} { mww 0xe000edf4 $n; echo "$when lim $n [mdw 0xe000edf8]" }
}
END

# hostile CONFIG ENTRY COUNTER: the chip is blank at first.
hostile() {
	ok "$BOARD, entry $2: write, verify and a failure" ocd -f "$1" -f "$T/show.tcl" \
		-c "init; reset init; reg pc $2; resume; sleep 30
		halt; show before
		flash write_image erase $T/data 0x90002345 bin; show written
		flash verify_image $T/data 0x90002345 bin; show verified
		flash protect ext 0 7 on; catch {flash erase_sector ext 6 10}; show failed; flash protect ext 0 7 off
		set a [mdw $3]; resume; sleep 30; halt; set b [mdw $3]
		if {\$a eq \$b} {error {the application does not go on}}; shutdown"
	for when in written verified failed; do
		ok "$BOARD, entry $2: the core is as before when $when" \
			cmp <(sed -n 's/^before //p' "$LOG") <(sed -n "s/^$when //p" "$LOG")
	done
	expect_log "^before control.*0x02" "the application was on PSP"
	expect_no_log "the stub died" "the stub ran at once"
	expect_image 0x2345 "$T/data"
	sed -n 's/^before //p' "$LOG" >"$T/before"
}

vboard_start stm32f4-gpio --usb-us 1000
for entry in 0x08000400 0x08000410; do
	hostile "board/vboard-$BOARD.cfg" "$entry" 0x2002fef8
	expect_log "^before 0xe000ed94: 0000000[1-7]" "its MPU was on"
done
expect_log "^before primask.*0x01" "interrupts were masked"
vboard_stop

# A v8-M core; it has the pins and clocks of the F4 board, and a JTAG id of its own.
sed 's/-expected-id 0x4ba00477/-expected-id 0x0ba04477/; s/WORKAREASIZE 0x8000/WORKAREASIZE 0x4000/' \
	"$OFL_TOP/tcl/board/vboard-stm32f4-mx25.cfg" >"$T/m33.cfg"
rm -f "$IMAGE"
vboard_start test-m33-w25q128 --usb-us 1000
hostile "$T/m33.cfg" 0x08000400 0x2000fef8
ok "its stack limits were set" grep -q '^lim 0x1c .*: 2000' "$T/before"
vboard_stop

done_testing
