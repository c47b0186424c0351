// SPDX-License-Identifier: GPL-2.0-or-later

/* What a write does to one sector. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/flash/nor/ofl_plan.h"

static enum ofl_sector_action sector_action(const char *old, const char *wanted, const char *asked, uint32_t unit)
{
	uint8_t marks[64];
	for (size_t n = 0; asked[n]; n++)
		marks[n] = asked[n] != '.';
	/* '_' stands for an erased byte. */
	return ofl_plan_sector((const uint8_t *)old, (const uint8_t *)wanted, marks, strlen(old), unit, '_');
}

static void test_sector_action(void **state)
{
	(void)state;
	assert_int_equal(sector_action("aaaaaaaa", "aaaaaaaa", "..xx....", 1), OFL_SECTOR_SKIP);
	assert_int_equal(sector_action("________", "__bb____", "..xx....", 1), OFL_SECTOR_PROGRAM);
	assert_int_equal(sector_action("aa____aa", "aabb__aa", "..xx....", 1), OFL_SECTOR_PROGRAM);
	/* A unit with ECC is programmed once. */
	assert_int_equal(sector_action("aa____aa", "aabb__aa", "..xx....", 2), OFL_SECTOR_PROGRAM);
	assert_int_equal(sector_action("aa____aa", "aabb__aa", "..xx....", 4), OFL_SECTOR_PRESERVE);
	assert_int_equal(sector_action("aa______", "bb______", "xx......", 1), OFL_SECTOR_ERASE);
	assert_int_equal(sector_action("aa_____c", "bb_____c", "xx......", 1), OFL_SECTOR_PRESERVE);
	assert_int_equal(sector_action("aac_____", "bbc_____", "xx......", 8), OFL_SECTOR_PRESERVE);
	/* To be erased where it is not. */
	assert_int_equal(sector_action("aa______", "a_______", ".x......", 1), OFL_SECTOR_PRESERVE);
	assert_int_equal(sector_action("_a______", "________", ".x......", 1), OFL_SECTOR_ERASE);
	assert_int_equal(sector_action("aaaaaaa", "bbbbbbb", "xxxxxxx", 4), OFL_SECTOR_ERASE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sector_action),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
