#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900
#
# The reader of NXFLAT modules under libFuzzer: the corpus, then inputs made from it; many more with --long.

. "$(dirname "$0")/../lib.sh"

command -v clang >/dev/null || skip_all "clang is not installed"
cd "$OFL_TOP" || exit 1
flags=(-std=gnu11 -g -O1 -fno-sanitize-recover=all -Isrc/flash/nor -Itesting/unit)
echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return d && n ? 0 : 0; }' >"$T/empty.c"
clang -fsanitize=fuzzer,address,undefined "$T/empty.c" -o "$T/empty" >"$T/out" 2>&1 ||
	skip_all "clang has no libFuzzer here (libclang-rt-dev)"

clang "${flags[@]}" -fsanitize=fuzzer,address,undefined testing/fuzz/fuzz_nxflat.c testing/unit/nxflat_sane.c \
	testing/unit/elf_sane.c src/flash/nor/ofl_elf.c src/flash/nor/ofl_nxflat.c -o "$T/fuzz_nxflat" >"$T/out" 2>&1
t_ok "harness compiles" $? || note "$(cat "$T/out")"

runs=200000
[ "${OFL_LONG-}" != yes ] || runs=20000000
mkdir "$T/new"
"$T/fuzz_nxflat" -seed=1 -runs=0 testing/fuzz/corpus/nxflat >"$T/out" 2>&1
t_ok "corpus of $(find testing/fuzz/corpus/nxflat -type f | wc -l) inputs" $? || note "$(tail -n 40 "$T/out")"
"$T/fuzz_nxflat" -seed=1 -runs="$runs" -max_len=1024 -max_total_time=600 -artifact_prefix="$T/" "$T/new" \
	testing/fuzz/corpus/nxflat >"$T/out" 2>&1
t_ok "$runs inputs" $? || note "$(tail -n 40 "$T/out")"

done_testing
