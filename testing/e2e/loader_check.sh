#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120

# `ofl check FILE` in OpenOCD says the same as `ofl-check FILE` on the shell, of all test loaders and of files that are
# none, and both agree on whether the file can be used.

. "$(dirname "$0")/lib_loader.sh"

OFL_CHECK=${OFL_CHECK:-$OFL_BUILD/bin/ofl-check}
cat >"$T/base.cfg" <<'END'
adapter driver dummy
transport select jtag
jtag newtap chip cpu -irlen 4 -expected-id 0x4ba00477
dap create chip.dap -chain-position chip.cpu
END
# A bank, because the driver's commands exist from its first bank on.
BANK='flash bank ext ofl 0x90000000 0 0 0 chip.cpu spi:stm32-spi -base 0x40013000 -cs {0x40020018 1 0x40020018 0x10000}'
BOARD=none

for loader in spinor-f030.flm spinor-g070.stldr; do
	head -c 1000 "$LOADERS/$loader" >"$T/cut-$loader"
done
FILES=("$T"/cut-*)
for file in "$LOADERS"/*; do
	case $file in
	# What NXFLAT modules import from; no loader.
	*/nxflat-firmware.elf) ;;
	*.flm | *.stldr | *.elf) FILES+=("$file") ;;
	esac
done

# compare DESCRIPTION "OPTIONS OF THE TARGET" OPTION_OF_OFL_CHECK ...
compare() {
	local description=$1 target=$2 file usable=0 unusable=0 differ=0
	shift 2
	ok "$description: ofl check of ${#FILES[@]} files" ocd -f "$T/base.cfg" -c "
		target create chip.cpu cortex_m -dap chip.dap $target
		$BANK
		foreach file {${FILES[*]}} {
			set failed [catch {ofl check \$file} text]
			echo \"\$text\\n::[expr {\$failed != 0}] \$file\"
		}
		shutdown"
	# What OpenOCD has a failed command say besides its output is not compared.
	for file in "${FILES[@]}"; do
		"$OFL_CHECK" "$@" "$file" >"$T/shell"
		case $? in
		0) usable=$((usable + 1)) failed=0 ;;
		1) unusable=$((unusable + 1)) failed=1 ;;
		*) differ=$((differ + 1)) ;;
		esac
		awk -v file="file: $file" -v end="::$failed $file" '
			$0 == file { on = 1 }
			$0 == end { exit }
			on && NF' "$LOG" >"$T/inside"
		grep -q -x -F -e "::$failed $file" "$LOG" && cmp -s "$T/shell" "$T/inside" && continue
		differ=$((differ + 1))
		[ $differ -gt 3 ] || note "$(diff "$T/shell" "$T/inside")"
	done
	note "$usable usable, $unusable not"
	[ $differ -eq 0 ]
	t_ok "$description: both say the same" $?
	[ $usable -gt 50 ] && [ $unusable -ge 2 ]
	t_ok "$description: of loaders of both kinds" $?
}

compare "without work area" ""
compare "with a work area" "-work-area-phys 0x20000000 -work-area-size 0x1000" --work-area 0x20000000,0x1000
check_all() { "$OFL_CHECK" "$@" >"$T/all"; }
ok "several files" check_all "${FILES[@]:2}"
not_ok "several files, one of which cannot be used" check_all "${FILES[@]:1}"
[ "$(grep -c '^result: usable$' "$T/all")" -eq $((${#FILES[@]} - 2)) ]
t_ok "the others are still checked" $?
not_ok "ofl check without a file" ocd -f "$T/base.cfg" -c "
	target create chip.cpu cortex_m -dap chip.dap
	$BANK; ofl check; shutdown"
not_ok "ofl check of no file" ocd -f "$T/base.cfg" -c "
	target create chip.cpu cortex_m -dap chip.dap
	$BANK; ofl check $T/nowhere; shutdown"
expect_log "loader file $T/nowhere: No such file or directory"

done_testing
