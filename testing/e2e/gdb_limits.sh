#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300

# What GDB's commands do on an ofl bank, and what they cannot do: GDB reads the target's memory, in which a flash that
# is not mapped is not; and it splits an image at the bank's edges, where the driver sees only its part.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_elf.sh"
. "$(dirname "$0")/lib_clients.sh"

command -v gdb-multiarch >/dev/null || skip_all "gdb-multiarch is not installed"

# gdb COMMAND ...: output to $T/gdb.log
gdb() {
	local arguments=(-nx -batch -ex "set remotetimeout 20" -ex "target extended-remote 127.0.0.1:$GDB_PORT") command
	for command in "$@"; do
		arguments+=(-ex "$command")
	done
	timeout 100 gdb-multiarch "${arguments[@]}" >"$T/gdb.log" 2>&1 </dev/null
}

expect_gdb() { tap_result "$(grep -q -E -- "$1" "$T/gdb.log"; echo $?)" "$2" || { note "$(cat "$T/gdb.log")"
	show_log; }; }
expect_no_gdb() { tap_result "$(grep -q -E -- "$1" "$T/gdb.log"; echo $((! $?)))" "$2" || { note "$(cat "$T/gdb.log")"
	show_log; }; }

pattern 5000 4 >"$T/data"
elf_plain 0x90010000 "$T/data" "$T/ext.elf"
elf_trap 0x90028000 "$T/data" "$T/trap.elf"
elf_plain 0x9007f000 "$T/data" "$T/past.elf"
elf_plain 0x8ffff000 "$T/data" "$T/before.elf"
elf_plain 0x90020000 "$T/data" "$T/kept.elf"

# ---------------------------------------------------------------- flash that is not mapped

# A bank of 512 KiB, so that all of it can be erased by GDB.
B=stm32f4-mx25
sed 's/ofl 0x90000000 0 0 0/ofl 0x90000000 0x80000 0 0/' "$OFL_TOP/tcl/board/vboard-$B.cfg" >"$T/small.cfg"
fill 16M 125 >"$IMAGE"
cp "$IMAGE" "$EXPECTED"
vboard_start $B --usb-us 250
server_start -f "$T/small.cfg" -c "init; reset init; flash probe ext"
gdb "file $T/ext.elf" "load" "compare-sections" "x/4xb 0x90010000"
expect_gdb "Transfer rate" "load"
expected_erase 0x10000 0x2000
expected_write 0x10000 "$T/data"
expect_gdb "target memory fault, section" "compare-sections: an error, no wrong answer"
expect_gdb "^0x90010000.*0x00.0x00.0x00.0x00" "x: zeros, which is OpenOCD's default for memory that cannot be read"
# OpenOCD resets the target when a load is done (its event gdb-flash-write-end), and with it the controller.
gdb "monitor reset init" "monitor verify_image $T/ext.elf" "monitor flash mdb 0x90010000 4"
expect_gdb "^verified 5000 bytes" "verify_image by monitor"
expect_gdb "^0x90010000: $(head -c 4 "$T/data" | od -A n -t x1 | cut -c 2-)" "flash mdb by monitor"

# GDB goes by sections, so the ELF header stays where it is.
gdb "file $T/trap.elf" "load"
expect_gdb "Transfer rate" "load of an ELF file whose segment covers its header"
expected_erase 0x28000 0x2000
expected_write 0x28000 "$T/data"
expect_no_log "GDB writes"

# What lies outside of the bank goes to the target's memory, and GDB does not see that fail.
gdb "file $T/past.elf" "load"
expect_log "ext: GDB writes up to the last byte of the bank, 0x9007ffff: if the program is longer" \
	"a load past the end is warned of"
gdb "file $T/before.elf" "load"
expect_log "ext: GDB writes from the first byte of the bank, 0x90000000: if the program starts before it" \
	"a load from before the start is warned of"
head -c 4096 "$T/data" >"$T/part"
expected_write 0x7f000 "$T/part"
tail -c +4097 "$T/data" >"$T/part"
expected_erase 0 0x1000
expected_write 0 "$T/part"
for file in past before; do
	gdb "monitor reset init" "monitor flash write_image erase $T/$file.elf"
	expect_log "$file.elf: refused, nothing was changed" "which OpenOCD's own command refuses: $file"
done

gdb "monitor ofl keepout ext 0x20000 0x1000 {serial number}" "file $T/kept.elf" "load"
expect_gdb "Error erasing flash" "a keep-out holds"
expect_log "keep-out 0x00020000-0x00020fff serial number of bank ext is in the way"
server_stop
OCD_BEFORE="gdb_report_data_abort enable"
server_start -f "$T/small.cfg" -c "init; reset init"
gdb "x/4xb 0x90010004"
expect_gdb "Cannot access memory at address 0x90010004" "x with gdb_report_data_abort: an error"
OCD_BEFORE=
server_stop
# What OpenOCD does at GDB's attach is done before reset init has switched the peripherals' clocks on.
VB_ALLOW_VIOLATIONS=1 vboard_stop
expected_check "not mapped: the whole chip"

# ---------------------------------------------------------------- flash-erase

# OpenOCD 0.12.0 dies of it, after the erase, whatever the driver; master does not.
erase_by_gdb() {
	gdb "flash-erase"
	wait_until 5 process_is_gone "$OPENOCD_PID"
	stop_process "$OPENOCD_PID"
	SERVER_STATUS=$?
}
vboard_start $B --usb-us 250
sed '/^# EXT_LOADER/,$d' "$T/small.cfg" >"$T/faux.cfg"
echo "flash bank int faux 0x08000000 0x10000 0 0 \$_TARGETNAME stm32" >>"$T/faux.cfg"
server_start -f "$T/faux.cfg" -c "init; reset init"
erase_by_gdb
without=$SERVER_STATUS
server_start -f "$T/small.cfg" -c "init; reset init; flash probe ext"
erase_by_gdb
ok "flash-erase: OpenOCD ends as without this driver (status $without)" test "$SERVER_STATUS" = "$without"
expect_no_log "ofl: .*(failed|could not)"
expected_erase 0 0x80000
ok "the target can be used afterwards" ocd -f "$T/small.cfg" -c "init; reset init
	echo [flash mdb 0x90000000 1]; shutdown"
VB_ALLOW_VIOLATIONS=1 vboard_stop
expected_check "flash-erase: the bank, and nothing else"

# ---------------------------------------------------------------- mapped flash

fill 16M 125 >"$IMAGE"
vboard_start stm32f746g-disco --usb-us 250
server_start -c "init; reset init; flash probe ext"
gdb "file $T/ext.elf" "load" "monitor reset init" "compare-sections" "x/4xb 0x90010000" \
	"dump binary memory $T/dump 0x90010000 0x90011388"
expect_gdb "Transfer rate" "mapped: load"
expect_gdb "^Section .*: matched" "mapped: compare-sections"
expect_gdb "^0x90010000.*$(head -c 4 "$T/data" | od -A n -t x1 | sed 's/ \(..\)/.0x\1/g' | cut -c 2-)" "mapped: x"
ok "mapped: dump" cmp "$T/data" "$T/dump"
server_stop
VB_ALLOW_VIOLATIONS=1 vboard_stop
done_testing
