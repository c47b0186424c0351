#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
#
# The demo as a newcomer runs it, on a tree that is built already.

. "$(dirname "$0")/../lib.sh"

[ -f /usr/share/seabios/bios-256k.bin ] || skip_all "seabios, whose image the demo writes, is not installed"

"$OFL_TOP/demo.sh" >"$T/out" 2>&1 </dev/null
t_ok "demo.sh" $? || note "$(tail -n 60 "$T/out")"
ok "it says that the chip holds the image" grep -q 'The chip holds the image at offset' "$T/out"
ok "it says what was done" grep -q 'page programs' "$T/out"

if reason=$("$OFL_TOP/tools/private-network" true 2>&1); then
	"$OFL_TOP/demo.sh" --jlink >"$T/out" 2>&1 </dev/null
	t_ok "demo.sh --jlink" $? || note "$(tail -n 60 "$T/out")"
	ok "it went through a J-Link" grep -q 'Info : J-Link of vboard' "$T/out"
	ok "by SWD" grep -q 'Info : SWD DPIDR' "$T/out"
	ok "it says that the chip holds the image" grep -q 'The chip holds the image at offset' "$T/out"
else
	skip "demo.sh --jlink" "$reason"
fi

# A failure must not look like success: an image that does not fit, and one that is not there.
head -c 16777216 /dev/zero >"$T/image"
quiet_demo() { IMAGE=$1 "$OFL_TOP/demo.sh" >"$T/out" 2>&1; }
not_ok "an image that does not fit" quiet_demo "$T/image"
not_ok "an image that is not there" quiet_demo "$T/none"

done_testing
