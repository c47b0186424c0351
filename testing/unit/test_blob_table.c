// SPDX-License-Identifier: GPL-2.0-or-later

/* What the manual says that the built-in loaders take of the work area, against the blobs as they are committed. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../contrib/loaders/flash/ofl/ofl_abi.h"
#include "../../src/flash/nor/ofl_layout.h"
#include "../../src/flash/nor/ofl_plan.h"

static const uint8_t blob_gpio[] = {
#include "../../contrib/loaders/flash/ofl/images/gpio.inc"
};
static const uint8_t blob_stm32_spi[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-spi.inc"
};
static const uint8_t blob_stm32_spi2[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-spi2.inc"
};
static const uint8_t blob_pl022[] = {
#include "../../contrib/loaders/flash/ofl/images/pl022.inc"
};
static const uint8_t blob_stm32_qspi[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-qspi.inc"
};
static const uint8_t blob_stm32_ospi[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-ospi.inc"
};
static const uint8_t blob_mss[] = {
#include "../../contrib/loaders/flash/ofl/images/mss.inc"
};

/* The least work area with which pages are programmed in pieces of at least `piece_bytes`. */
static uint32_t least_area(uint32_t blob_bytes, uint32_t piece_bytes)
{
	struct ofl_layout layout;
	struct ofl_slots slots;
	const uint32_t stack_bytes = OFL_STACK_BUDGET_BYTES + OFL_FAULT_FRAME_BYTES;
	uint32_t missing;

	for (uint32_t bytes = blob_bytes; bytes < 0x10000; bytes += 4) {
		if (ofl_layout(0x20000000, bytes, blob_bytes, stack_bytes, &layout, &missing) &&
				ofl_plan_slots(layout.ring_bytes, 256, &slots, &missing) && slots.piece_bytes >= piece_bytes)
			return bytes;
	}
	return 0;
}

/* The table of the manual, and the budget: blobs as they are committed. */
static void test_table_of_blobs(void **state)
{
	static const struct {
		const char *name;
		uint32_t bytes;
	} blobs[] = {
		{ "gpio", sizeof(blob_gpio) }, { "stm32-spi", sizeof(blob_stm32_spi) },
		{ "stm32-spi2", sizeof(blob_stm32_spi2) }, { "pl022", sizeof(blob_pl022) },
		{ "stm32-qspi", sizeof(blob_stm32_qspi) }, { "stm32-ospi", sizeof(blob_stm32_ospi) },
		{ "mss", sizeof(blob_mss) },
	};
	static char manual[200000];
	const char *top = getenv("OFL_TOP");
	char text[300];
	(void)state;

	snprintf(text, sizeof(text), "%s/doc/ofl.texi", top ? top : ".");
	FILE *file = fopen(text, "rb");
	assert_non_null(file);
	size_t length = fread(manual, 1, sizeof(manual) - 1, file);
	fclose(file);
	assert_true(length < sizeof(manual) - 1);
	for (unsigned int n = 0; n < sizeof(blobs) / sizeof(blobs[0]); n++) {
		assert_true(blobs[n].bytes <= 1400);
		snprintf(text, sizeof(text), "@item @option{spi:%s} @tab %u @tab %u @tab %u\n", blobs[n].name,
			(unsigned int)blobs[n].bytes, (unsigned int)least_area(blobs[n].bytes, OFL_MIN_PIECE_BYTES),
			(unsigned int)least_area(blobs[n].bytes, 256));
		if (!strstr(manual, text))
			fail_msg("doc/ofl.texi has no line %s", text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_of_blobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
