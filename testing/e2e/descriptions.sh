#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 60

# Bank lines from a CMSIS-Pack's and a J-Link's description of a device. No board is needed.

. "$(dirname "$0")/lib.sh"

# from COMMAND: its result to $LOG
from() {
	timeout 20 "$OPENOCD" -c "gdb_port disabled; telnet_port disabled; tcl_port disabled" \
		-c "source [find ofl/ofl.tcl]; echo [$1]; shutdown" >"$LOG" 2>&1 </dev/null
}
F=$OFL_TOP/testing/fixtures
P='flash bank \$_CHIPNAME\.ofl'
ok "algorithms of family and device" from "ofl_from_pdsc $F/example.pdsc EX100"
expect_log \
	"^${P}0_Internal_512 ofl 0x08000000 0x00080000 0 0 .* \{.*/Flash/Internal 512.FLM\} -ram \{0x20000000 0x1000\}$"
expect_log "^# ${P}1_Ext ofl 0x90000000 0x01000000 0 0 .*/Flash/Ext.FLM\}$" \
	"one that is not the default is commented out"
expect_no_log "Other|never"
ok "a device without its own" from "ofl_from_pdsc $F/example.pdsc EX101"
expect_no_log "Ext|Other"
ok "a variant" from "ofl_from_pdsc $F/example.pdsc EX200A"
expect_log "^${P}1_Other"
expect_log "^${P}2_A ofl 0x20 "
not_ok "no such device" from "ofl_from_pdsc $F/example.pdsc COMMENT"
expect_log "has no device 'COMMENT'; it has EX100 EX101 EX200 EX200A"
ok "J-Link" from "ofl_from_jlink $F/example_jlink.xml EX100"
expect_log "^${P}0_Ext ofl 0x90000000 0x01000000 0 0 .*/Loaders/Ext.elf\} -ram \{0x20000000 0x8000\}$"
expect_no_log "none|Int"
ok "all of a file" from "ofl_from_jlink $F/example_jlink.xml"
expect_log "^${P}1_Int ofl 0x08000000 0x1000 0 0 .*/Int.elf\}$"
not_ok "no such device" from "ofl_from_jlink $F/example_jlink.xml EX300"
expect_log "no flash loader for device 'EX300'; it has EX100 EX200"
done_testing
