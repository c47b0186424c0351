#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900

# A loader that replaces what is there when it programs (a whole operating system): `flash write_image erase`, `program`
# and `ofl program` program each sector once, in one boot; what is to be erased and is not written is erased in the end,
# however the command ends. With our own loader, and a real image where there is one (see nuttx.sh).

. "$(dirname "$0")/lib_nuttx.sh"

blocks_erased() { report_get internal_erases.16k; }
# expect_blocks COUNT DESCRIPTION: erases of the flash itself, each of which the loader follows by programming 16 KiB
expect_blocks() { ok "$2: $1 blocks of 16 KiB erased, $(blocks_erased) are" [ "$(blocks_erased)" -eq "$1" ]; }

# hex_file OFFSET FILE ...: an Intel HEX file with a part for each, and with holes
hex_file() {
	perl -e '
		while (@ARGV) {
			my ($at, $path) = splice(@ARGV, 0, 2);
			open(my $in, "<:raw", $path) or die;
			local $/;
			my ($data, $high) = (<$in>, -1);
			$at = oct($at) + 0x08000000;
			for (my $n = 0; $n < length($data); ) {
				if ($at + $n >> 16 != $high) {
					$high = $at + $n >> 16;
					record(0, 4, pack("n", $high));
				}
				my $length = 16 - ($at + $n) % 16;
				$length = length($data) - $n if $length > length($data) - $n;
				record($at + $n & 0xffff, 0, substr($data, $n, $length));
				$n += $length;
			}
		}
		record(0, 1, "");
		sub record {
			my ($at, $type, $data) = @_;
			my $bytes = pack("CnC", length($data), $at, $type) . $data;
			print ":", uc(unpack("H*", $bytes . pack("C", -unpack("%8C*", $bytes) & 0xff))), "\n";
		}' "$@"
}

# ---------------------------------------------------------------- with every good image

good_image() {
	local name=$1
	new_flash

	# As it is where each is done by itself: the erase boots, programs FFh and flushes; so does the write.
	start
	ok "$name: erase, then write" nuttx "flash erase_address 0x08005000 0x2000
		flash write_image $T/image $(at 0x5123) bin
		echo [ofl stats nuttx]"
	expect_log '^programmed-bytes: 14192$'
	expect_log '^loader-boots: 2$'
	vboard_stop
	cost "erase, then write of 6000 bytes"
	expect_blocks 2 "$name: erase, then write"
	cp "$EXPECTED" "$INTERNAL"

	start
	ok "$name: write_image erase" nuttx "flash write_image erase $T/image $(at 0x5123) bin; echo [ofl stats nuttx]"
	expect_log '^programmed-bytes: 8192$' "$name: each byte of two sectors is programmed once"
	expect_log '^loader-boots: 1$'
	expected_erase 0x5000 0x2000
	expected_write 0x5123 "$T/image"
	vboard_stop
	cost "write_image erase of 6000 bytes"
	check_internal "$name: write_image erase"
	expect_blocks 1 "$name: write_image erase"
	[ -z "$boots" ] || expect_serial 1 "$boots" "$name: write_image erase: booted once"
	[ -z "$flushes" ] || expect_serial 1 "$flushes" "$name: write_image erase: flushed once"

	# Three runs of the core (the first two parts share a sector), pieces that are all FFh over what is not.
	hex_file 0x1010 "$T/part1" 0x1700 "$T/part2" 0x8ff0 "$T/part3" 0xf000 "$T/part4" >"$T/parts.hex"
	start
	ok "$name: a file with holes" nuttx "flash write_image erase $T/parts.hex; echo [ofl stats nuttx]"
	expect_log '^programmed-bytes: 24576$' "$name: holes: six sectors, each once"
	expect_log '^loader-boots: 1$'
	expected_erase 0x1000 0x1000
	expected_write 0x1010 "$T/part1"
	expected_write 0x1700 "$T/part2"
	expected_erase 0x8000 0x4000
	expected_write 0x8ff0 "$T/part3"
	expected_erase 0xf000 0x1000
	expected_write 0xf000 "$T/part4"
	vboard_stop
	check_internal "$name: a file with holes"
	expect_blocks 3 "$name: a file with holes"

	# The same without erase: what is beside the parts is kept.
	start
	hex_file 0x2003 "$T/part1" 0x6101 "$T/part2" >"$T/kept.hex"
	ok "$name: holes, without erase" nuttx "flash write_image $T/kept.hex; echo [ofl stats nuttx]"
	expect_log '^loader-boots: 1$'
	expected_write 0x2003 "$T/part1"
	expected_write 0x6101 "$T/part2"
	vboard_stop
	check_internal "$name: holes, without erase"

	# Sectors 9 and 11 in part, 10 as a whole.
	start
	expected_write 0x9800 "$T/large"
	ok "$name: ofl program" nuttx "echo [ofl program -n nuttx $T/large 0x9800]
		echo [ofl program nuttx $T/large 0x9800]
		echo [ofl stats nuttx]"
	expect_log '^preserve: 0x00009000-0x00009fff'
	expect_log '^programmed-bytes: 12288$' "$name: ofl program: each sector once"
	expect_log '^loader-boots: 2$' "$name: ofl program: one boot for the plan, one for the work"
	vboard_stop
	check_internal "$name: ofl program keeps what shares a sector"
	expect_blocks 1 "$name: ofl program"
	start
	expected_erase 0x4000 0x800
	expected_erase 0xc000 0x1000
	ok "$name: ofl erase" nuttx "ofl erase nuttx 0x4000 0x800 -preserve
		echo [ofl stats nuttx]; ofl stats nuttx reset
		ofl erase nuttx 0xc000 0x1000
		echo [ofl stats nuttx]"
	expect_log '^programmed-bytes: 4096$' "$name: ofl erase programs a sector once"
	expect_no_log '^programmed-bytes: 8192$'
	vboard_stop
	check_internal "$name: ofl erase"

	# OpenOCD's own; it says more in one line than anybody types in three.
	start
	expected_erase 0xd000 0x2000
	expected_write 0xd00d "$T/image"
	ok "$name: program" nuttx "program $T/image verify $(at 0xd00d); echo [ofl stats nuttx]"
	expect_log '^\*\* Verified OK \*\*'
	expect_log '^programmed-bytes: 8192$' "$name: program: each sector once"
	expect_log '^loader-boots: 2$' "$name: program: one boot for the write, one for the verify"
	vboard_stop
	check_internal "$name: program"
	expect_blocks 1 "$name: program"
}

pattern 6000 4 >"$T/image"
pattern 700 5 >"$T/part1"
pattern 99 6 >"$T/part2"
{ pattern 4000 7; fill 4096 377; pattern 1000 8; } >"$T/part3"
pattern 4096 9 >"$T/part4"
pattern 9000 10 >"$T/large"
boots='^device 08000000' flushes='^begin 08000000 08000000'
use rtos.elf
good_image rtos
if [ -n "$real_image" ]; then
	boots='' flushes=''
	use "$(realpath "$real_image")"
	good_image NuttX
else
	skip "a real image" "make check NUTTX_OFLOADER=path runs it"
fi

# ---------------------------------------------------------------- however it ends

boots='^device 08000000'
use rtos.elf
new_flash
start
ok "erased in the end" nuttx "
	proc expect {boots bytes what} {
		set stats [ofl stats nuttx]
		if {![string match \"*programmed-bytes: \$bytes\n*loader-boots: \$boots\n*\" \$stats]} {
			echo \"\$what: \$stats\"; shutdown error
		}
		ofl stats nuttx reset
	}
	ofl bracket flash erase_sector nuttx 3 4
	expect 1 8192 {nothing is written}
	ofl bracket eval {
		flash erase_sector nuttx 5 8
		if {[string match *boots* [ofl stats nuttx]]} {echo {not deferred}; shutdown error}
		flash write_bank nuttx $T/part1 0x6100
	}
	expect 2 16384 {one is written}
	foreach {sector end} {9 {error died} 10 break 11 {return -code 7 x} 12 {flash write_bank nuttx $T/none 0}} {
		if {![catch {ofl bracket eval \"flash erase_sector nuttx \$sector \$sector; \$end\"}]} {
			echo \"it did not fail: \$end\"; shutdown error
		}
		expect 1 4096 \$end
	}
	flash erase_sector nuttx 13 13
	expect 1 4096 {outside of a bracket}"
expect_log "erasing sectors 3 to 4, to which nothing was written"
expect_log "erasing sectors 7 to 8, to which nothing was written"
expected_erase 0x3000 0xb000
expected_write 0x6100 "$T/part1"
vboard_stop
check_internal "erased in the end"

# Another bank of the same RAM in the middle: the session that was kept ends before, with what is in the cache.
start
OTHER_BANK="other ofl 0x08000000 0x10000 0 0 \$_TARGETNAME {$loader}" ok "two banks in one bracket" nuttx "
	ofl bracket -keep nuttx eval {
		flash write_bank nuttx $T/part1 0x1001
		flash write_bank nuttx $T/part1 0x2001
		flash write_bank other $T/part2 0x1401
		flash write_bank nuttx $T/part1 0x3001
	}"
expected_write 0x1001 "$T/part1"
expected_write 0x1401 "$T/part2"
expected_write 0x2001 "$T/part1"
expected_write 0x3001 "$T/part1"
vboard_stop
expect_serial 3 "$boots" "two banks in one bracket: booted once for two writes, then for each"
check_internal "two banks in one bracket"

# The image goes to another driver's bank, too: nothing may stay on the target in between.
start
OTHER_BANK="fake faux 0x08010000 0x10000 0 0 \$_TARGETNAME" ok "an image for two drivers" nuttx "
	foreach {file only} {$T/parts.hex nuttx $T/part1 {}} {
		if {[ofl only_bank \$file] ne \$only} {echo \"\$file: [ofl only_bank \$file]\"; shutdown error}
	}
	if {[ofl only_bank $T/large 0x0800fff0 bin] ne {}} {echo {half of it}; shutdown error}"
vboard_stop
check_internal "an image for two drivers"

# A write that fails: what was erased for it in vain is said.
start
hex_file 0x2000 "$T/part4" 0x10000 "$T/part4" >"$T/beyond.hex"
SIZE=0x20000 ok "a write that fails" nuttx "
	if {![catch {flash write_image erase $T/beyond.hex}]} {echo {it did not fail}; shutdown error}
	flash write_image erase $T/part4 $(at 0xe000) bin"
expect_log "SEGGER_FL_Program\(0x8010000, .* returned 0xfffffffb"
expect_log "sectors 16 to 16 could not be erased; what they hold is not known"
expected_write 0x2000 "$T/part4"
expected_write 0xe000 "$T/part4"
vboard_stop
check_internal "a write that fails: only what was written before and after"
use rtos-sleep.elf -irq off
start
not_ok "a loader that dies" nuttx "flash write_image erase $T/part4 $(at 0x2000) bin"
expect_log "sectors 2 to 2 were to be erased and were not: the loader failed"
vboard_stop
expect_serial 1 "$boots" "a loader that dies: not tried again"
check_internal "a loader that dies"
use rtos.elf
start
not_ok "a keep-out" nuttx "ofl keepout nuttx 0x5000 0x10
	flash write_image erase $T/image $(at 0x5123) bin"
expect_log "keep-out 0x00005000-0x0000500f of bank nuttx is in the way; nothing was changed"
not_ok "a protected sector" nuttx "flash protect nuttx 6 6 on
	flash write_image erase $T/image $(at 0x5123) bin"
expect_log "cannot erase and write: sector 6 at offset 0x00006000 is protected; nothing was changed"
not_ok "a file that is not there" nuttx "flash write_image erase $T/none $(at 0x5123) bin"
vboard_stop
expect_serial 0 "$boots" "refused: nothing was booted"
check_internal "refused"

done_testing
