#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make install` to another prefix: what is installed works from there, wherever it is moved, and goes again completely.

. "$(dirname "$0")/../lib.sh"

make_install() { make --no-print-directory -s -C "$OFL_BUILD" "$1" prefix="$T/usr" >"$T/out" 2>&1; }

ok "make install" make_install install || note "$(tail -n 20 "$T/out")"
for program in openocd vboard ofl-check; do
	ok "$program is there" test -x "$T/usr/bin/$program"
done
ok "our scripts are there" test -f "$T/usr/share/openocd/scripts/board/vboard-stm32f030-w25q128.cfg"
ok "the licence is there" test -f "$T/usr/share/doc/openocd-ofl/COPYING"

mv "$T/usr" "$T/moved"
"$T/moved/bin/openocd" -c "puts [find target/stm32f0x.cfg]; shutdown" >"$T/out" 2>&1
ok "moved elsewhere, openocd finds its scripts" grep -q "^$T/moved/.*/target/stm32f0x.cfg" "$T/out" ||
	note "$(cat "$T/out")"
ok "openocd has the driver" grep -q -a 'ofl_flash\|spi:gpio' "$T/moved/bin/openocd"
ok "vboard runs" "$T/moved/bin/vboard" --version
mv "$T/moved" "$T/usr"

ok "make uninstall" make_install uninstall || note "$(tail -n 20 "$T/out")"
left=$(find "$T/usr" -type f -o -type l)
ok "nothing is left" test -z "$left" || note "$left"

# Debug adapters that a board's own configuration asks for.
for adapter in jlink st-link hla cmsis-dap ftdi remote_bitbang dummy; do
	"$OFL_BUILD/bin/openocd" -c "adapter driver $adapter; shutdown" >"$T/out" 2>&1
	t_ok "adapter $adapter" $? || note "$(cat "$T/out")"
done

done_testing
