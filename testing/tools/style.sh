#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The style of all sources; and that the checker finds what it is there to find.

. "$(dirname "$0")/../lib.sh"

"$OFL_TOP/tools/check-style" >"$T/out" 2>&1
t_ok "style of all sources" $? || note "$(cat "$T/out")"

# bad RULE FILE TEXT: a file with this text must be reported under this rule.
bad() {
	printf '%b' "$3" >"$T/$2"
	"$OFL_TOP/tools/check-style" "$T/$2" >"$T/out"
	grep -q ": $1: " "$T/out"
	t_ok "finds $1: $2" $? || note "$(cat "$T/out")"
}

fill_x() { head -c 120 /dev/zero | tr "\\0" x; }
spdx='// SPDX-License-Identifier: GPL-2.0-or-later\n\n'
bad SPDX none.c 'int x;\n'
bad SPDX comment.h "$spdx"
bad SPDX script.sh '#!/bin/sh\necho\n'
bad CAMELCASE camel.c "${spdx}int someName;\n"
bad CAMELCASE camel_upper.c "${spdx}int SomeName;\n"
bad TYPEDEF typedef.c "${spdx}typedef struct x { int a; } y;\n"
bad UNSIGNED unsigned.c "${spdx}unsigned x;\n"
bad BOOL bool.c "${spdx}int f(int a) { return a == true; }\n"
bad BRACE brace.c "${spdx}void f(int a)\n{\n\tif(a)\n\t\ta = 1;\n}\n"
bad INDENT indent.c "${spdx}void f(int a)\n{\n    a = 1;\n}\n"
bad TRAILING trailing.c "${spdx}int x; \n"
bad CRLF crlf.c "${spdx}int x;\r\n"
bad EOF eof.c "${spdx}int x;"
bad COLUMNS columns.c "${spdx}int x; /* $(fill_x) */\n"
bad FORBIDDEN path.sh "#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-or-later\ncd /ho""me/someone\n"

printf '%b' "${spdx}/* someName, unsigned */\nstatic const char *x = \"someName == true\";\n" >"$T/good.c"
ok "comments and strings are text" "$OFL_TOP/tools/check-style" "$T/good.c"

printf '%b' "${spdx}int f(void)\n{\n    return 1; \n}\n\n" >"$T/fix.c"
ok "tools/format mends" "$OFL_TOP/tools/format" "$T/fix.c"
printf '%b' "${spdx}int f(void)\n{\n\treturn 1;\n}\n" >"$T/fixed.c"
ok "... as it should" cmp "$T/fix.c" "$T/fixed.c"

if command -v shellcheck >/dev/null; then
	cd "$OFL_TOP" || exit 1
	mapfile -t scripts < <(tools/check-style --list shell)
	shellcheck -x -P SCRIPTDIR -S warning "${scripts[@]}" >"$T/out" 2>&1
	t_ok "shellcheck: ${#scripts[@]} scripts" $? || note "$(cat "$T/out")"
else
	skip "shellcheck of all scripts" "shellcheck is not installed"
fi

# OpenOCD's own checker; newer trees have it, the 0.12.0 tarball does not. What it cannot know: format macros are in
# mixed case, the parts without OpenOCD's headers have no BIT() and no ARRAY_SIZE(), and lists as macros use X often.
checkpatch=$OFL_BUILD/openocd/src/tools/scripts/checkpatch.pl
if [ -f "$checkpatch" ]; then
	mapfile -t options < <(grep '^--' "$OFL_BUILD/openocd/src/.checkpatch.conf" | tr ' ' '\n')
	cd "$OFL_BUILD/openocd/src" || exit 1
	for file in src/flash/nor/ofl*.[ch] contrib/loaders/flash/ofl/*.[chS]; do
		perl "$checkpatch" --no-tree --terse --no-summary --quiet "${options[@]}" \
			--ignore CAMELCASE --ignore BIT_MACRO --ignore ARRAY_SIZE --ignore MACRO_ARG_REUSE -f "$file"
	done >"$T/out" 2>&1
	grep -q -E ': (ERROR|WARNING|CHECK):' "$T/out"
	t_ok "OpenOCD's checkpatch" $((! $?)) || note "$(cat "$T/out")"
else
	skip "OpenOCD's checkpatch" "this OpenOCD tree does not have it (master does)"
fi

done_testing
