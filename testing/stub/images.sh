#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The committed images of the target code come from the committed sources: by digest, and rebuilt byte for byte.

. "$(dirname "$0")/../lib.sh"

dir=contrib/loaders/flash/ofl
(cd "$OFL_TOP/$dir" && sha256sum --strict -c images/MANIFEST) >"$T/out" 2>&1
t_ok "sources and images as the manifest has them" $? || note "$(grep -v ': OK$' "$T/out")"

# A file that the manifest does not know could differ unseen.
listed=$(sed 's/^[0-9a-f]*  //' "$OFL_TOP/$dir/images/MANIFEST" | sort)
present=$(cd "$OFL_TOP/$dir" && find . -name '*.[chS]' -o -name '*.ld' -o -name '*.inc' | sed 's,^\./,,' | sort)
ok "the manifest lists every source and image" test "$listed" = "$present" ||
	note "$(diff <(echo "$listed") <(echo "$present"))"

make -C "$OFL_TOP/$dir" --no-print-directory -s check >"$T/out" 2>&1
status=$?
if [ "$status" -eq 0 ] && ! grep -q 'identical$' "$T/out"; then
	skip "rebuilt images are the same" "$(tail -n 1 "$T/out")"
else
	t_ok "rebuilt images are the same, and within their budget" "$status" || note "$(cat "$T/out")"
fi

done_testing
