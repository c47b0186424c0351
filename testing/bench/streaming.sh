#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300

# A loader file that is streamed to is at least 1.6 times as fast as the same file called page by page from Tcl.

. "$(dirname "$0")/../e2e/lib_loader.sh"

size=32K
loaders=(spinor-f030.flm spinor-g070.stldr)
[ "${OFL_LONG-no}" = no ] || {
	size=256K
	loaders+=(spinor-f4.flm spinor-f4.stldr)
}

for loader in "${loaders[@]}"; do
	"$(dirname "$0")/streaming" --size "$size" --min-ratio 1.6 "$loader" >"$T/figures" 2>&1
	t_ok "$loader: $size streamed at least 1.6 times as fast as by Tcl" $?
	note "$(cat "$T/figures")"
done
done_testing
