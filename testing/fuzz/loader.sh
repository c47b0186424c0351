#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 900
#
# The readers of loader files under libFuzzer: one file of each format and the corpus, then inputs made from them; many
# more with --long.

. "$(dirname "$0")/../lib.sh"

command -v clang >/dev/null || skip_all "clang is not installed"
cd "$OFL_TOP" || exit 1
flags=(-std=gnu11 -g -O1 -fno-sanitize-recover=all -Isrc/flash/nor -Itesting/unit)
echo 'int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return d && n ? 0 : 0; }' >"$T/empty.c"
clang -fsanitize=fuzzer,address,undefined "$T/empty.c" -o "$T/empty" >"$T/out" 2>&1 ||
	skip_all "clang has no libFuzzer here (libclang-rt-dev)"

clang "${flags[@]}" -fsanitize=fuzzer,address,undefined testing/fuzz/fuzz_loader.c testing/unit/elf_sane.c \
	testing/unit/loader_sane.c src/flash/nor/ofl_elf.c src/flash/nor/ofl_flm.c src/flash/nor/ofl_loader*.c \
	src/flash/nor/ofl_nxflat*.c src/flash/nor/ofl_stldr.c -o "$T/fuzz_loader" >"$T/out" 2>&1
t_ok "harness compiles" $? || note "$(cat "$T/out")"

mkdir "$T/new" "$T/seeds"
clang "${flags[@]}" -fsanitize=address,undefined testing/fuzz/loader_seeds.c testing/unit/elf_builder.c \
	-o "$T/loader_seeds" >"$T/out" 2>&1 && "$T/loader_seeds" "$T/seeds" >>"$T/out" 2>&1
t_ok "one file of each format" $? || note "$(cat "$T/out")"

runs=20000
[ "${OFL_LONG-}" != yes ] || runs=5000000
"$T/fuzz_loader" -seed=1 -runs=0 "$T/seeds" testing/fuzz/corpus/loader >"$T/out" 2>&1
t_ok "corpus of $(find testing/fuzz/corpus/loader -type f | wc -l) inputs" $? || note "$(tail -n 40 "$T/out")"
"$T/fuzz_loader" -seed=1 -runs="$runs" -max_len=4096 -max_total_time=600 -artifact_prefix="$T/" "$T/new" "$T/seeds" \
	testing/fuzz/corpus/loader >"$T/out" 2>&1
t_ok "$runs inputs" $? || note "$(tail -n 40 "$T/out")"

done_testing
