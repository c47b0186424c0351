// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * libFuzzer harness of the reader of NXFLAT modules. Input: the file.
 *
 * clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Isrc/flash/nor -Itesting/unit
 * testing/fuzz/fuzz_nxflat.c testing/unit/nxflat_sane.c testing/unit/elf_sane.c src/flash/nor/ofl_elf.c
 * src/flash/nor/ofl_nxflat.c -o fuzz_nxflat
 * fuzz_nxflat -max_len=1024 NEW_CORPUS_DIRECTORY testing/fuzz/corpus/nxflat
 */

#include <stdio.h>
#include <stdlib.h>

#include "nxflat_sane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bad = nxflat_file_insane(data, size, NULL);

	if (bad) {
		fprintf(stderr, "not kept: %s\n", bad);
		abort();
	}
	return 0;
}
