#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tools/overlay on OpenOCD's source tree as this build has it, and on a tree in the shape of newer master, where the
# drivers are declared in driver.h and the list of them has no end mark.

. "$(dirname "$0")/../lib.sh"

read -r kind origin <"$OFL_BUILD/openocd/source" || skip_all "OpenOCD's source is not there"
parts=(src/flash/nor doc/openocd.texi doc/Makefile.am configure.ac tcl/board contrib/loaders/flash)
pristine=$T/pristine
mkdir "$pristine"
if [ "$kind" = dir ]; then
	(cd "$origin" && tar -c "${parts[@]}") | tar -x -C "$pristine" || exit 1
else
	tar -x -f "$origin" -C "$pristine" --strip-components=1 --wildcards "${parts[@]/#/*/}" || exit 1
fi

# A tree of ours that the test may change.
ours=$T/ours
mkdir "$ours"
(cd "$OFL_TOP" && tar -c tools src contrib tcl doc 2>/dev/null) | tar -x -C "$ours"
touch "$ours/src/flash/nor/ofl.c"

overlay() { "$ours/tools/overlay" --stamp "$T/stamp" "$1" >"$T/out" 2>&1; }

# All files with content, so that two states of a tree can be compared; and their times.
state() { (cd "$1" && find . -type f ! -name .ofl-overlay -exec sha256sum {} + | sort -k 2); }
times() { (cd "$1" && find . -type f -printf '%p %T@\n' | sort); }

lines_with() { grep -c -- "$1" "$2"; }

check_tree() {
	local name=$1 tree=$2
	cp -a "$tree" "$T/tree"
	ok "$name: accepted" overlay "$T/tree" || note "$(cat "$T/out")"
	ok "$name: driver in the list once" test "$(lines_with '^.&ofl_flash,$' "$T/tree/src/flash/nor/drivers.c")" = 1
	cat "$T/tree/src/flash/nor/driver.h" "$T/tree/src/flash/nor/drivers.c" >"$T/both"
	ok "$name: declared once" test "$(lines_with 'flash_driver ofl_flash;' "$T/both")" = 1
	local file missing=
	for file in "$ours"/src/flash/nor/ofl*.[ch]; do
		file=${file##*/}
		[ "$(lines_with "^.%D%/$file\( .\)*$" "$T/tree/src/flash/nor/Makefile.am")" = 1 ] || missing+=" $file"
		cmp -s "$ours/src/flash/nor/$file" "$T/tree/src/flash/nor/$file" || missing+=" $file"
	done
	ok "$name: each source there, and in Makefile.am once" test -z "$missing" || note "not:$missing"
	grep -n -B 1 '^$' "$T/tree/src/flash/nor/Makefile.am" >"$T/ends"
	ok "$name: no list ends in a backslash" test "$(lines_with '\\$' "$T/ends")" = 0

	times "$T/tree" >"$T/before"
	sleep 0.05
	overlay "$T/tree"
	times "$T/tree" >"$T/after"
	ok "$name: a second time changes nothing, not even times" cmp "$T/before" "$T/after"

	# One more file, then none of it again: the tree must be as without it.
	state "$T/tree" >"$T/before"
	touch "$ours/src/flash/nor/ofl_zzz.c" "$ours/tcl/board/ofl-test-board.cfg"
	overlay "$T/tree"
	ok "$name: a new file arrives" test -f "$T/tree/tcl/board/ofl-test-board.cfg"
	ok "$name: a new source is registered" grep -q '%D%/ofl_zzz.c' "$T/tree/src/flash/nor/Makefile.am"
	rm "$ours/src/flash/nor/ofl_zzz.c" "$ours/tcl/board/ofl-test-board.cfg"
	rm -f "$T/stamp"
	overlay "$T/tree"
	state "$T/tree" >"$T/after"
	ok "$name: a removed file goes" cmp "$T/before" "$T/after"
	ok "$name: the stamp is set" test -f "$T/stamp"
	rm -rf "$T/tree"
}

refused() {
	local name=$1 reason=$2
	state "$T/tree" >"$T/before"
	not_ok "$name: refused" overlay "$T/tree"
	state "$T/tree" >"$T/after"
	ok "$name: unchanged" cmp "$T/before" "$T/after"
	ok "$name: says why" grep -q -- "$reason" "$T/out" || note "$(cat "$T/out")"
	rm -rf "$T/tree"
}

check_tree "OpenOCD's tree" "$pristine"

master=$T/master
if grep -q '^extern const struct flash_driver' "$pristine/src/flash/nor/driver.h"; then
	skip "shape of master" "OpenOCD's tree is master itself"
else
	cp -a "$pristine" "$master"
	grep '^extern const struct flash_driver' "$pristine/src/flash/nor/drivers.c" | sort >"$T/externs"
	sed -i '/^extern const struct flash_driver/d; /^\tNULL,$/d' "$master/src/flash/nor/drivers.c"
	sed -i "/^#endif .* OPENOCD_FLASH_NOR_DRIVER_H/{
		e cat '$T/externs'
	}" "$master/src/flash/nor/driver.h"
	check_tree "shape of master" "$master"
	cp -a "$master" "$T/tree"
	overlay "$T/tree"
	ok "shape of master: declared in driver.h" grep -q 'flash_driver ofl_flash;' "$T/tree/src/flash/nor/driver.h"
	rm -rf "$T/tree"
fi

mkdir "$T/tree"
refused "empty directory" "is not an OpenOCD source tree"

cp -a "$pristine" "$T/tree"
sed -i 's/^extern const struct flash_driver/extern struct flash_driver/' "$T/tree/src/flash/nor/driver"*.[ch]
refused "drivers declared in an unknown form" "form that is known"

cp -a "$pristine" "$T/tree"
sed -i 's/^NOR_DRIVERS = /FLASH_DRIVERS = /' "$T/tree/src/flash/nor/Makefile.am"
refused "Makefile.am in an unknown form" "NOR_DRIVERS"

cp -a "$pristine" "$T/tree"
echo "/* someone else's */" >"$T/tree/src/flash/nor/ofl.c"
refused "file of the same name that is not ours" "has a src/flash/nor/ofl.c of its own"

done_testing
