// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * libFuzzer harness of the SFDP parser. Input: 3 bytes JEDEC id, then the table from SFDP address 0.
 *
 * clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -Isrc/flash/nor -Itesting/unit
 * testing/fuzz/fuzz_sfdp.c testing/unit/sfdp_sane.c src/flash/nor/ofl_sfdp*.c -o fuzz_sfdp fuzz_sfdp -max_len=1024
 * NEW_CORPUS_DIRECTORY testing/fuzz/corpus/sfdp
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ofl_sfdp.h"
#include "sfdp_sane.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "not kept: %s\n", what);
	abort();
}

static void check_refusal(const struct ofl_sfdp *sfdp, const char *why)
{
	require(is_zeroed(sfdp), "a refusal leaves the answer zeroed");
	require(why[0] != '\0', "a refusal has a reason");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ofl_sfdp sfdp;
	size_t need_bytes = 0;
	char why[96];

	if (size < 3)
		return 0;

	const uint8_t *bytes = data + 3;
	const size_t length = size - 3;
	const enum ofl_sfdp_result result = ofl_sfdp_parse(bytes, length, data, &sfdp, &need_bytes, why, sizeof(why));

	if (result == OFL_SFDP_NEED_MORE)
		require(need_bytes > length && need_bytes <= 65536, "more bytes are wanted, and not without end");
	if (result != OFL_SFDP_OK) {
		check_refusal(&sfdp, why);
		return 0;
	}
	const char *bad = insane(&sfdp);
	require(!bad, bad ? bad : "");
	for (unsigned int id = 0; id < 8 && sfdp.num_map_detect != 0; id++) {
		struct ofl_sfdp selected = sfdp;

		if (ofl_sfdp_select_map(bytes, length, id, &selected, why, sizeof(why)) != OFL_SFDP_OK) {
			check_refusal(&selected, why);
			continue;
		}
		bad = insane(&selected);
		require(!bad && selected.num_map_detect == 0, bad ? bad : "detection done");
	}
	return 0;
}
