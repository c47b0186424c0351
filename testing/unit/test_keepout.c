// SPDX-License-Identifier: GPL-2.0-or-later

/* Keep-outs: what they refuse, and that every byte counts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../../src/flash/nor/ofl_keepout.h"

static void test_edges(void **state)
{
	struct ofl_keepouts keepouts = {0};

	(void)state;
	assert_null(ofl_keepout_find(&keepouts, 0, 1ull << 32));
	assert_null(ofl_keepout_add(&keepouts, 0x1000, 0x100, "one"));
	for (uint64_t start = 0xfc0; start < 0x1140; start += 8) {
		for (uint64_t length = 0; length < 0x200; length += 8) {
			int shared = 0;
			for (uint64_t at = start; at < start + length; at++)
				shared |= at >= 0x1000 && at < 0x1100;
			assert_int_equal(ofl_keepout_find(&keepouts, start, length) != NULL, shared);
		}
	}
	assert_non_null(ofl_keepout_find(&keepouts, 0x10ff, 1));
	assert_null(ofl_keepout_find(&keepouts, 0x1100, UINT64_MAX));
	assert_non_null(ofl_keepout_find(&keepouts, 0, UINT64_MAX));
	assert_null(ofl_keepout_find(&keepouts, 0, 0x1000));
	assert_non_null(ofl_keepout_find(&keepouts, 0, 0x1001));
}

static void test_add(void **state)
{
	struct ofl_keepouts keepouts = {0};

	(void)state;
	assert_string_equal(ofl_keepout_add(&keepouts, 0, 0, NULL), "the length is 0");
	assert_string_equal(ofl_keepout_add(&keepouts, 1, 1ull << 32, NULL), "it ends beyond 4 GiB");
	assert_string_equal(ofl_keepout_add(&keepouts, UINT64_MAX, 2, NULL), "it ends beyond 4 GiB");
	assert_int_equal(keepouts.count, 0);
	assert_null(ofl_keepout_add(&keepouts, 0xffffffff, 1, "last\nbyte"));
	assert_null(ofl_keepout_add(&keepouts, 0, 1ull << 32, NULL));
	assert_null(ofl_keepout_add(&keepouts, 0x10, 4, "a label that is longer than there is room for, by far"));
	assert_int_equal(keepouts.count, 3);
	/* Sorted, whatever the order; control characters are gone. */
	assert_int_equal(keepouts.entry[0].offset_bytes, 0);
	assert_int_equal(keepouts.entry[1].offset_bytes, 0x10);
	assert_string_equal(keepouts.entry[1].label, "a label that is longer than there is ro");
	assert_string_equal(keepouts.entry[2].label, "last byte");
	/* The same range again. */
	assert_null(ofl_keepout_add(&keepouts, 0x10, 4, "new"));
	assert_int_equal(keepouts.count, 3);
	assert_string_equal(keepouts.entry[1].label, "new");
	while (keepouts.count < OFL_MAX_KEEPOUTS)
		assert_null(ofl_keepout_add(&keepouts, 0x1000 + keepouts.count, 1, NULL));
	assert_string_equal(ofl_keepout_add(&keepouts, 5, 1, NULL), "there are too many keep-outs");
	assert_int_equal(keepouts.count, OFL_MAX_KEEPOUTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
