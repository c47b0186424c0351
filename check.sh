#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sets the machine up, builds everything and runs every test. The last line is "N passed, N failed[, N skipped]".
# Arguments go to tools/run-tests (see its --help): a pattern of test names, --long, ...

set -euo pipefail

top=$(cd "$(dirname "$0")" && pwd)
case " $* " in
*" -h "* | *" --help "*) exec "$top/tools/run-tests" --help ;;
esac
"$top/tools/build" all check-programs
exec "$top/tools/run-tests" --build "${OFL_BUILD:-$top/build}" "$@"
