#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The judge judged: a runner that lets a failure pass makes every other test worthless.

. "$(dirname "$0")/../lib.sh"

mkdir -p "$T/build/testing" "$T/tests"

# A test with this body is run alone; the runner's output is in $T/out, its status in $status.
run_body() {
	rm -f "$T"/tests/*
	printf '#!/bin/sh\n# timeout: 2\n%s\n' "$1" >"$T/tests/case.sh"
	chmod +x "$T/tests/case.sh"
	status=0
	VERBOSE='' "$OFL_TOP/tools/run-tests" --build "$T/build" --tests "$T/tests" >"$T/out" 2>&1 || status=$?
	last=$(tail -n 1 "$T/out")
}

# expect DESCRIPTION BODY STATUS LAST_LINE
expect() {
	run_body "$2"
	[ "$status" = "$3" ] && [ "$last" = "$4" ]
	t_ok "$1" $? || note "status $status" "$(cat "$T/out")"
}

expect "two good cases" 'echo ok 1; echo ok 2 - b; echo 1..2' 0 "2 passed, 0 failed"
expect "one bad case" 'echo ok 1; echo not ok 2; echo 1..2; exit 1' 1 "1 passed, 1 failed"
expect "a bad case whose script ends with 0" 'echo not ok 1; echo 1..1' 1 "0 passed, 1 failed"
expect "status 1 without a bad case" 'echo ok 1; echo 1..1; exit 1' 1 "1 passed, 1 failed"
expect "fewer cases than planned" 'echo 1..2; echo ok 1' 1 "1 passed, 1 failed"
expect "no plan" 'echo ok 1' 1 "1 passed, 1 failed"
expect "no output" ':' 1 "0 passed, 1 failed"
expect "a crash" 'echo ok 1; kill -SEGV $$' 1 "1 passed, 1 failed"
expect "a timeout" 'echo 1..1; echo ok 1; sleep 30' 1 "1 passed, 1 failed"
expect "a skipped case is not a passed one" 'echo "ok 1 # SKIP why"; echo ok 2; echo 1..2' 0 \
	"1 passed, 0 failed, 1 skipped"
expect "cmocka's way to skip" 'echo "not ok 1 # SKIP name"; echo ok 2; echo 1..2' 0 "1 passed, 0 failed, 1 skipped"
expect "only skipped: nothing was tested" 'echo "1..0 # SKIP no tool"' 1 "0 passed, 0 failed, 1 skipped"
ok "... and the reason is shown" grep -q 'skip.*case.sh.*no tool' "$T/out"
run_body 'echo "not ok 1 - something odd"; echo 1..1'
ok "the log of a failing test is shown" grep -q 'not ok 1 - something odd' "$T/out"
rm -f "$T"/tests/*
"$OFL_TOP/tools/run-tests" --build "$T/build" --tests "$T/tests" >"$T/out" 2>&1
t_ok "no test at all is a failure" $((! $?))
ok "... and it says so" grep -q "no test matches" "$T/out"

done_testing
