#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 200
#
# The manual as HTML and Info, with our chapter in OpenOCD's: no warnings, all commands, references that lead somewhere.
# That its examples work is e2e/manual.sh's business.

. "$(dirname "$0")/../lib.sh"

command -v makeinfo >/dev/null || skip_all "makeinfo (texinfo) is not installed"
tree=$OFL_BUILD/openocd/src/doc
[ -f "$tree/openocd.texi" ] || skip_all "OpenOCD's source is not there"
cp -r "$tree" "$T/doc"
cp "$OFL_TOP"/doc/ofl*.texi "$T/doc"
# Made by OpenOCD's build.
[ -f "$T/doc/version.texi" ] || cp "$OFL_BUILD/openocd/obj/doc/version.texi" "$T/doc" ||
	printf '@set UPDATED today\n@set EDITION 0\n@set VERSION 0\n' >"$T/doc/version.texi"

for format in html info; do
	options=(--no-split)
	[ "$format" = info ] || options+=(--html)
	ok "$format" makeinfo "${options[@]}" -I "$T/doc" -o "$T/manual.$format" "$T/doc/openocd.texi" 2>"$T/warnings"
	ok "$format: no warnings" test ! -s "$T/warnings" || note "$(head -n 20 "$T/warnings")"
done
missing=
while read -r command; do
	grep -q -F "$command" "$T/manual.info" || missing+=" $command"
done < <(sed -n 's/^@deffnx\? {Command} {\([^}]*\)}.*/\1/p' "$OFL_TOP"/doc/ofl*.texi)
ok "every command is in it" test -z "$missing" || note "not:$missing"
anchors=$(cat "$OFL_TOP"/doc/ofl*.texi | sed -n 's/^@anchor{\(.*\)}$/\1/p')
for anchor in $anchors; do
	ok "anchor $anchor" grep -q "id=\"$anchor\"" "$T/manual.html"
done
# What the build makes by `make html info`.
make -s -C "$OFL_BUILD/openocd/obj" html info >"$T/make.log" 2>&1
t_ok "make html info" $? || note "$(tail -n 20 "$T/make.log")"
ok "says nothing about our files" test -z "$(grep 'ofl.*texi' "$T/make.log")"
done_testing
