#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 3600
# long

# Every end-to-end test behind a J-Link by SWD, but for those that use no probe.

. "$(dirname "$0")/lib_jlink.sh"

for file in "$OFL_TOP"/testing/e2e/*.sh; do
	name=$(basename "$file" .sh)
	case $name in
	lib* | jlink* | flashrom) continue ;;
	esac
	through_jlink "$name"
done

done_testing
