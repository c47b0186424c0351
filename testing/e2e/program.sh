#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300

# `ofl program`: what shares a sector with the image is kept, also when the power fails in between; the plan of a dry
# run; -preserve on for OpenOCD's own command; `ofl erase`.

. "$(dirname "$0")/lib.sh"

B=stm32f4-mx25
pattern 16M 9 >"$T/start"
pattern 9000 4 >"$T/data"
cd "$T" || exit 1
fresh() {
	cp "$T/start" "$IMAGE"
	expected_load "$T/start"
}
fresh
vboard_start $B --usb-us 250

# 0x1234 to 0x355b: shares its first and last sector with others, one sector between.
ok "dry run" ocd -c "init; reset init; echo [ofl program -n ext $T/data 0x1234]; shutdown"
expect_log "^preserve: 0x00001000-0x00001fff"
expect_log "^erase: 0x00002000-0x00002fff"
expect_log "^preserve: 0x00003000-0x00003fff"
expect_log "^sectors-to-erase: 3"
expect_log "^bytes-to-preserve: 3288"
expect_log "^pages-to-program: 48"
# By the part's SFDP: 3 erases of 4 KiB at 30 ms or so, 48 pages.
expect_log "^chip-seconds: 0\.[0-9]+ \(typical"
expect_log "^nothing was changed"
ok "program" ocd -c "init; reset init; echo [ofl program ext $T/data 0x1234]
	echo [ofl verify ext $T/data 0x1234]; shutdown"
expect_log "^wrote 9000 bytes .*, 9000 of them in sectors that were changed"
expect_log "^verified 9000 bytes"
expected_write 0x1234 "$T/data"
ok "again: nothing to do" ocd -c "init; reset init; ofl stats ext reset; echo [ofl program ext $T/data 0x1234]
	echo [ofl stats ext]; echo [ofl program -n ext $T/data 0x1234]; shutdown"
expect_log "^wrote 9000 bytes .*, 0 of them in sectors that were changed"
expect_log "^programmed-pages: 0"
expect_log "^skip: 0x00001000-0x00003fff \(3 sectors\)"
ok "erase whole sectors" ocd -c "init; reset init; ofl erase ext 0x8000 0x3000; shutdown"
expected_erase 0x8000 0x3000
ok "into a blank part of a sector: no erase" ocd -c "init; reset init; ofl stats ext reset
	ofl program ext $T/data 0x8100
	echo [ofl stats ext]; shutdown"
expect_log "^erases-4096: 0"
expected_write 0x8100 "$T/data"
not_ok "erase what is no whole sector" ocd -c "init; reset init; ofl erase ext 0xc100 0x100; shutdown"
expect_log "are not whole sectors, those are 0x1000 bytes at 0x0000c000; nothing was changed; with -preserve"
ok "erase -preserve" ocd -c "init; reset init; ofl erase ext 0xc100 0x2100 -preserve; shutdown"
expected_erase 0xc100 0x2100
ok "-preserve off" ocd -c "init; reset init; ofl program -preserve off ext $T/data 0x20010; shutdown"
expected_erase 0x20000 0x3000
expected_write 0x20010 "$T/data"
ok "hex with gaps" ocd -c "init; reset init; ofl program ext $OFL_TOP/testing/fixtures/gap.hex
	verify_image $OFL_TOP/testing/fixtures/gap.hex; shutdown"
printf 'first part of it' >"$T/a"; printf 'second, far away' >"$T/b"
expected_write 0x30100 "$T/a"
expected_write 0x3f000 "$T/b"
# That one can read.
use_loader spinor-f4.stldr -preserve on
ok "-preserve on and OpenOCD's own command" ocd -c "init; reset init
	echo [flash write_image erase $T/data 0x90041234 bin]
	echo [flash write_image erase $T/data 0x90051234]
	flash write_image erase $OFL_TOP/testing/fixtures/gap.hex 0x60000
	program $T/data 0x90071234 verify
	shutdown"
expect_log "^wrote 9000 bytes"
expect_log "Verified OK"
for at in 0x41234 0x51234 0x71234; do expected_write $at "$T/data"; done
expected_write 0x90100 "$T/a"
expected_write 0x9f000 "$T/b"
use_loader spinor-f4.flm
not_ok "a loader file that cannot read" ocd -c "init; reset init; ofl program ext $T/data 0x81234; shutdown"
expect_log "the rest of it cannot be kept, because this loader file has no way to read"
ok "given up by -preserve off" ocd -c "init; reset init; ofl program ext $T/data 0x82000 -preserve off; shutdown"
expected_erase 0x80000 0x10000
expected_write 0x82000 "$T/data"
use_loader spinor-f4.stldr
ok "by a loader file" ocd -c "init; reset init; ofl program ext $T/data 0x81234; shutdown"
expected_write 0x81234 "$T/data"
use_loader
t_ok "no saved content is left" "$(ls "$T"/*.save 2>/dev/null | wc -l)"
not_ok "nothing to recover" ocd -c "init; reset init; ofl recover ext; shutdown"
expect_log "there is nothing to recover: no file ofl-ext.save"
mkdir "$T/ofl-ext.save"
not_ok "no place to save to: the sector is not erased" ocd -c "init; reset init
	ofl program ext $T/data 0xa1234; shutdown"
rmdir "$T/ofl-ext.save"
vboard_stop
expected_check

# The power fails between erase and restore. Counted from 1, this is the first page after the first erase.
for where in program=1 program=9 erase=1; do
	fresh
	VB_ALLOW_VIOLATIONS=1
	vboard_start $B --usb-us 250 --fault "nor.power-cut@$where"
	not_ok "power cut at $where" ocd -c "init; reset init; ofl program ext $T/data 0x1234; shutdown"
	expect_log "is in the file ofl-ext.save; 'ofl recover ext' puts it back"
	vboard_stop
	VB_ALLOW_VIOLATIONS=
	tap_result "$(cmp -s "$EXPECTED" "$IMAGE"; echo $((! $?)))" "which did harm"
	cp ofl-ext.save saved
	vboard_start $B --usb-us 250
	not_ok "nothing is programmed over it" ocd -c "init; reset init; ofl program ext $T/data 0x1234; shutdown"
	expect_log "an earlier command was cut off .* nothing was changed"
	printf 'x' | dd of=ofl-ext.save bs=1 seek=1000 conv=notrunc status=none
	not_ok "a damaged file is not used" ocd -c "init; reset init; ofl recover ext; shutdown"
	expect_log "ofl-ext.save cannot be used: its checksum is wrong"
	cp saved ofl-ext.save
	ok "recover" ocd -c "init; reset init; echo [ofl recover ext]; shutdown"
	expect_log "^put back 0x1000 bytes at offset 0x00001000"
	vboard_stop
	expected_check "everything is as it was before"
	t_ok "the file is gone" "$(ls ofl-ext.save 2>/dev/null | wc -l)"
done
cp saved ofl-ext.save
rm -f "$IMAGE"
vboard_start $B --usb-us 250 --flash w25q256
not_ok "another chip is not recovered" ocd -c "init; reset init; ofl recover ext; shutdown"
expect_log "which is not a sector of this bank"
ok "discard" ocd -c "init; reset init; ofl recover ext discard; shutdown"
vboard_stop
done_testing
