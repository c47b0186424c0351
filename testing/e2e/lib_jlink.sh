# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests that run other end-to-end tests behind a J-Link, over testing/e2e/lib.sh.

export LINK=jlink
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# through_jlink NAME [VARIABLE=VALUE ...]: the test NAME.sh as one case.
through_jlink() {
	local name=$1 log="$T/through.log" status=0
	shift
	env "$@" "$OFL_TOP/testing/e2e/$name.sh" >"$log" 2>"$T/through.err" </dev/null || status=$?
	if [ "$status" -eq 0 ] && grep -q '^1\.\.0 # SKIP' "$log"; then
		skip "$name${*:+, $*}" "$(sed -n 's/^1\.\.0 # SKIP //p' "$log")"
		return
	fi
	tap_result "$status" "$name${*:+, $*}: $(grep -c '^ok ' "$log") cases" && return
	note "$(grep -A 45 '^not ok ' "$log" | head -n 100)" "$(tail -n 20 "$T/through.err")"
	return 1
}
