#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 600

# The examples of the manual are run and show what the manual says. A comment before each says how, see testing/README;
# every command must be in one that is run.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib_elf.sh"
. "$(dirname "$0")/lib_manual.sh"

[ -f "$LOADERS/spinor-f4.stldr" ] || skip_all "the test loaders are not built"
PATH=$OFL_BUILD/bin:$PATH
EX=$T/examples
mkdir "$EX" "$T/cwd"
manual_extract "$EX" "$OFL_TOP"/doc/ofl*.texi
cd "$T/cwd" || exit 1
OCD_TIMEOUT=200

# ---------------------------------------------------------------- the files that the manual speaks of

pattern 9000 4 >app.bin
pattern 8000 5 >bootloader.bin
pattern 20000 6 >filesystem.bin
pattern 3000 7 >"$T/app"
elf_trap 0x90010000 "$T/app" "$T/cwd/app.elf"
cp "$OFL_TOP/testing/fixtures/example_jlink.xml" JLinkDevices.xml
sed "s/default=\"0\"/default=\"1\"/; /Internal 512/d
	s/start='0x90000000' size='0x01000000'/& RAMstart=\"0x20000000\" RAMsize=\"0x1000\"/" \
	"$OFL_TOP/testing/fixtures/example.pdsc" >Vendor.EX1_DFP.pdsc
cp "$LOADERS/spinor-g070.stldr" "$LOADERS/spinor-f4.stldr" .
cp spinor-f4.stldr MX25L512G_STM32469I-DISCO.stldr
cp spinor-f4.stldr MyBoard.stldr
cp "$LOADERS/spinor-f4.flm" W25Q64.FLM
cp "$LOADERS/ofl-f4-full.elf" "my loader.elf"
# The chip holds something everywhere, and at 0x7000 app.bin with two bytes changed.
pattern 16M 9 >"$T/start"
cp app.bin "$T/changed"
perl -e 'open(my $f, "+<", $ARGV[0]) or die; binmode $f; seek($f, 0x1388, 0); read($f, my $b, 2); seek($f, 0x1388, 0);
	print $f ~$b' "$T/changed"
dd if="$T/changed" of="$T/start" bs=4K seek=7 conv=notrunc status=none

fresh_board() {
	cp "$T/start" "$IMAGE"
	vboard_start "$1" --usb-us 250 "${@:2}"
}

# As one case with all else.
quiet_stop() {
	local count=$tap_count failed=$tap_failed status=0
	vboard_stop >"$T/stop" || { cat "$T/stop"; status=1; }
	tap_count=$count
	tap_failed=$failed
	return "$status"
}

# ---------------------------------------------------------------- the kinds of examples

# A session: each command and what it answers.
run_openocd() {
	local file=$1 board=$2 how=${3-} script=$T/session.tcl before="" status=0
	case $how in
	protected) before="ofl spi ext 0 0x06; ofl spi ext 0 0x01 0x1c; sleep 100" ;;
	recover)
		# Cut off by a power failure.
		VB_ALLOW_VIOLATIONS=1
		fresh_board "$board" --fault "nor.power-cut@program=3"
		ocd -c "init; reset init; ofl program ext app.bin 0x1234; shutdown"
		quiet_stop
		VB_ALLOW_VIOLATIONS=
		vboard_start "$board" --usb-us 250
		;;
	esac
	[ "$how" = recover ] || fresh_board "$board"
	{
		echo "init; reset init; $before; flash probe ext"
		manual_commands "$file" | while IFS= read -r line; do
			printf 'puts stderr {> %s}; set result [%s]; if {$result ne {}} {echo $result}\n' "$line" "$line"
		done
		echo shutdown
	} >"$script"
	# What a failing command says is its answer, too.
	sed -i 's/set result \[ofl verify ext app.bin 0x7000\]/catch {ofl verify ext app.bin 0x7000} result/
		s/set result \[\(ofl_try [^]]*\)\]/set result [\1]/
		s/set result \[\(\(ofl \)\?verify_image [^]]*\)\]/catch {\1} result/' "$script"
	ocd -c "script $script" || status=$?
	quiet_stop || status=1
	rm -f ./*.save
	[ "$status" = 0 ] || { show_log; return 1; }
	manual_compare "$file" "$LOG" "$how" || { show_log; return 1; }
}

# Commands without answers.
run_commands() {
	local status=0
	fresh_board "$2"
	ocd -c "script $1; shutdown" || { show_log; status=1; }
	quiet_stop || status=1
	return "$status"
}

# Lines of a board file; the target need not be there.
run_config() {
	cat - "$1" >"$T/config.cfg" <<-END
		gdb_port disabled; telnet_port disabled; tcl_port disabled
		adapter driver dummy
		jtag newtap chip cpu -irlen 4 -expected-id 0x4ba00477
		dap create chip.dap -chain-position chip.cpu
		set _TARGETNAME chip.cpu
		target create chip.cpu cortex_m -dap chip.dap
		set _FLASH_TARGET chip.cpu
		# Alternatives have one name and one pin: each line gets its own.
		set banks 0
		rename flash core_flash
		proc flash { sub args } {
			global banks
			if { \$sub eq "bank" } {
				set args [lreplace \$args 0 0 bank[incr banks]]
				set at [lsearch -exact \$args -cs]
				if { \$at >= 0 } {
					set args [lreplace \$args \$at+1 \$at+1 [list 0x40000000 1 0x40000000 \$banks]]
				}
			}
			tailcall "flash \$sub" {*}\$args
		}
	END
	timeout 60 "$OPENOCD" -f "$T/config.cfg" -c "echo banks-\$banks; shutdown" >"$LOG" 2>&1 </dev/null &&
		grep -q "^banks-[1-9]" "$LOG" || { show_log; return 1; }
}

# What a shell answers.
run_shell() {
	sed -n 's/^\$ //p' "$1" >"$T/commands.sh"
	bash "$T/commands.sh" >"$LOG" 2>&1
	manual_compare "$1" "$LOG" "${2-}" || { show_log; return 1; }
}

# ---------------------------------------------------------------- all of them

used=$T/used
while read -r number where kind argument how; do
	file=$EX/$number
	case $kind in
	openocd | commands | config | shell)
		cat "$file" >>"$used"
		"run_$kind" "$file" "$argument" "$how" >"$T/out"
		t_ok "$where: $kind $argument" $? || cat "$T/out"
		;;
	script)
		cat "$file" >>"$used"
		cp "$file" "$argument"
		chmod +x "$argument"
		ok "$where: shell syntax" sh -n "$argument"
		;;
	labgrid)
		{
			echo init; echo reset init
			sed -n "s/^ *- '\(.*\)'$/\1/p" "$file" | sed 's/{filename}/app.bin/' | sed '/^init$/d; /^reset init$/d'
		} >"$T/labgrid.tcl"
		run_commands "$T/labgrid.tcl" stm32f4-mx25 >"$T/out"
		t_ok "$where: the commands of the labgrid file" $? || cat "$T/out"
		;;
	none) [ -n "$argument" ] || t_ok "$where: says why it is not run" 1 ;;
	*) t_ok "$where: has a mark" 1 ;;
	esac
done <"$EX/list"

# ---------------------------------------------------------------- every command has one

sed -n 's/^@deffnx\? {Command} {\([^}]*\)}.*/\1/p' "$OFL_TOP"/doc/ofl*.texi | sort -u >"$T/documented"
while read -r command; do
	t_ok "example of $command" "$(grep -q -E "^> (catch .)?$command( |\$)" "$used"; echo $?)"
done <"$T/documented"
# And every command is documented.
fresh_board stm32f4-mx25
ocd -c "init; foreach name [lsort [info commands ofl*]] {echo \"command: \$name\"}; shutdown"
quiet_stop
sed -n 's/^command: //p' "$LOG" | grep -E '^ofl (.*)|^ofl_(try|from_.*)$' >"$T/commands"
ok "OpenOCD lists our commands" test "$(wc -l <"$T/commands")" -gt 20
undocumented=$(grep -v -x -F -f "$T/documented" "$T/commands" | tr '\n' ' ')
ok "each is documented" test -z "$undocumented" || note "not: $undocumented"

# ---------------------------------------------------------------- the script for a production line

line() {
	local status=0
	timeout 100 env PATH="$T/path:$PATH" ./flash-one.sh "$@" >"$T/line.log" 2>&1 || status=$?
	echo "$status"
}
mkdir "$T/path"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$OPENOCD" >"$T/path/openocd"
chmod +x "$T/path/openocd"
cp "$OFL_TOP/tcl/board/vboard-stm32f4-mx25.cfg" board.cfg
# expect_line STATUS DESCRIPTION [vboard option ...]
expect_line() {
	local wanted=$1 description=$2 found
	shift 2
	VB_ALLOW_VIOLATIONS=1
	fresh_board stm32f4-mx25 "$@"
	found=$(line board.cfg app.bin 0x10000)
	ok "production line: $description: status $found" test "$found" = "$wanted" || cat "$T/line.log"
	quiet_stop
	rm -f ./*.save
}
expect_line 0 "good"
expect_image 0x10000 app.bin
expect_line 3 "no flash" --fault nor.absent=ff
expect_line 4 "the power fails" --fault nor.power-cut@program=3
ok "production line: no board: status 2" test "$(line board.cfg app.bin 0x10000)" = 2
ok "production line: no image: status 1" test "$(line board.cfg nothing 0x10000)" = 1
done_testing
