// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * libFuzzer harness of the loader file readers. Input: the file.
 *
 * clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Isrc/flash/nor -Itesting/unit
 * testing/fuzz/fuzz_loader.c testing/unit/elf_sane.c testing/unit/loader_sane.c src/flash/nor/ofl_elf.c
 * src/flash/nor/ofl_flm.c src/flash/nor/ofl_loader*.c src/flash/nor/ofl_nxflat*.c src/flash/nor/ofl_stldr.c
 * -o fuzz_loader
 * fuzz_loader -max_len=4096 NEW_CORPUS_DIRECTORY testing/fuzz/corpus/loader DIRECTORY_OF_LOADER_SEEDS
 */

#include <stdio.h>
#include <stdlib.h>

#include "elf_sane.h"
#include "loader_sane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(const char *bad)
{
	if (!bad)
		return;
	fprintf(stderr, "not kept: %s\n", bad);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ofl_file_error error;
	struct ofl_elf elf;

	if (!ofl_elf_open(&elf, data, size, &error))
		require(refusal_insane(&error, size));
	else
		require(elf_insane(&elf));
	require(loader_file_insane(data, size));
	return 0;
}
