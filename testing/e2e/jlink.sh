#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 400

# OpenOCD's jlink driver with libjaylink, over SWD and JTAG: the probe, its reset line, its faults, and a quarter of the
# end-to-end tests through it (all: jlink_all.sh).

. "$(dirname "$0")/lib_jlink.sh"

# ---------------------------------------------------------------- the probe

vboard_start stm32f4-mx25 --tck-khz 8000
ok "SWD" ocd -c "init; echo transport:[transport select]; echo [jlink hwstatus]; echo [jlink freemem]
	adapter speed 1000; adapter speed 12000; reset init; flash probe ext; shutdown"
expect_log "J-Link of vboard"
expect_log "^transport:swd"
expect_log "SWD DPIDR 0x2ba01477"
expect_log "VTarget = 3\.300 V"
expect_log "SRST = 1 TRST = 1"
expect_log "Reduced speed from 12000 kHz to 8000 kHz"
expect_log "JEDEC id c22018"
# OpenOCD has left the pins in JTAG, as it found them.
export VBOARD_TRANSPORT=jtag
ok "then JTAG" ocd -c "init; echo transport:[transport select]; reset init; flash probe ext; shutdown"
expect_log "^transport:jtag"
expect_log "tap/device found: 0x4ba00477"
expect_log "JEDEC id c22018"
unset VBOARD_TRANSPORT
ok "then SWD again" ocd -c "init; reset init; flash probe ext; shutdown"
expect_log "JEDEC id c22018"
ok "it is among the adapters" ocd -c "echo [adapter list]; shutdown"
expect_log "^ *([0-9]+: )?jlink"

# SRST is wired to the microcontroller here, if the configuration says so.
srst="reset_config srst_only srst_nogate"
ok "reset by SRST" ocd -c "$srst; init; reset halt; reg r0 0x12345678; adapter assert srst
	echo [jlink hwstatus]; adapter deassert srst; reset halt; echo now:[reg pc]; shutdown"
expect_log "SRST = 0 TRST = 1"
expect_log "^now:pc \(/32\): 0x080000c0"
ok "connecting under reset" ocd -c "$srst connect_assert_srst; init; reset halt; echo now:[reg pc]
	shutdown"
expect_log "^now:pc \(/32\): 0x080000c0"
vboard_stop
ok "each of those was a reset" test "$(report_get resets)" -ge 4

# OpenOCD queues for this probe: about 140 words a round trip.
vboard_start stm32f030-w25q128 --usb-us 1000
pattern 100000 >"$T/data"
ok "load 4 KiB twenty-five times" ocd -c "init; reset init
	for {set i 0} {\$i < 25} {incr i} { load_image $T/data [expr {0x20000000 - \$i * 4096}] bin 0x20000000 4096 }
	shutdown"
vboard_stop
trips=$(report_get link_round_trips)
ok "loads are queued: $trips round trips" test "$trips" -lt 1000

# ---------------------------------------------------------------- its faults

pattern 5000 3 >"$T/data"
WRITE="flash write_image erase $T/data 0x90007080 bin"
VERIFY="flash verify_image $T/data 0x90007080 bin"

# fault DESCRIPTION PLAN RESULT [WORDS]: the first try ends with RESULT and must not claim what is not so; the next,
# after `reset init`, works.
fault() {
	rm -f "$IMAGE"
	expected_init 16M
	vboard_start stm32f030-w25q128 --usb-us 1000 --fault "$2"
	ok "$1: in the end it works" ocd -c "init; reset init; flash probe ext
		set failed [catch {$WRITE}]; echo first:\$failed
		if {!\$failed} { $VERIFY }
		sleep 10; reset init; $WRITE; $VERIFY; shutdown"
	expect_log "^first:$3" "$1: the first try ${4:-fails}"
	vboard_stop
	expected_write 0x7080 "$T/data"
	expected_check "$1: whole chip as expected"
}

# Whether it survives depends on which access is hit; what it claims must be so.
fault "WAIT for 3 ms" link.wait=7f@ap=4000+3 "-?[0-9]" "has an end"
# OpenOCD connects again by itself: that can be enough.
fault "parity errors for 3 ms" link.parity=3f@ap=4000+3 "-?[0-9]" "has an end"
fault "one failing access" link.fault@ap=4000 "-?[0-9]" "has an end"
fault "slow probe, 10 ms a transaction" link.slow=0a 0 works
fault "a clock 64 times slower" link.speed=40@ap=1500 0 works
fault "somebody else holds SRST low for 5 ms" link.srst@ap=4000+5 "-?[1-9]"

rm -f "$IMAGE"
expected_init 16M
vboard_start stm32f030-w25q128 --usb-us 1000 --fault link.drop@program=6
# How OpenOCD ends is its own affair: 0.12.0 ignores SIGPIPE, newer versions die of it in libjaylink.
ocd -c "init; reset init; $WRITE; shutdown"
t_ok "connection lost in the middle of a write: an error" $((! $?))
expect_log "Error: Failed to (receive|send) data (from|to) device"
ok "a new process recovers" ocd -c "init; reset init; $WRITE; $VERIFY; shutdown"
vboard_stop
expected_write 0x7080 "$T/data"
expected_check

# ---------------------------------------------------------------- a quarter of the tests

through_jlink identify
through_jlink write
through_jlink gdb
through_jlink identify VBOARD_TRANSPORT=jtag

done_testing
