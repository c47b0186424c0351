// SPDX-License-Identifier: GPL-2.0-or-later

/* Part numbers in free text: which loader names contradict which chips. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../src/flash/nor/ofl_part.h"

static void test_same_part(void **state)
{
	(void)state;
	assert_false(ofl_part_contradicts("W25Q64_STM32G070", "win w25q64fv/jv"));
	assert_false(ofl_part_contradicts("W25Q64JV on SPI2", "win w25q64fv/jv"));
	/* OpenOCD's table has the longer number of a successor. */
	assert_false(ofl_part_contradicts("MX25L128", "mac mx25l12835f"));
	assert_false(ofl_part_contradicts("STM32F746G-DISCO N25Q128A", "micron n25q128a"));
	assert_false(ofl_part_contradicts("either W25Q128 or mx25l6406", "mac mx25l6406"));
}

static void test_other_part(void **state)
{
	(void)state;
	assert_true(ofl_part_contradicts("W25Q64_STM32G070", "win w25q128fv/jv"));
	assert_true(ofl_part_contradicts("MT25TL01G_STM32H750B-DISCO", "win w25q64fv/jv"));
	assert_true(ofl_part_contradicts("xW25Q16x", "win w25q32fv/jv"));
}

static void test_no_part(void **state)
{
	(void)state;
	/* A microcontroller is no flash; a name that says nothing contradicts nothing. */
	assert_false(ofl_part_contradicts("STM32F4xx 2MB Flash", "win w25q64fv/jv"));
	assert_false(ofl_part_contradicts("", "win w25q64fv/jv"));
	assert_false(ofl_part_contradicts("W25Q64", ""));
	assert_false(ofl_part_contradicts("W25Q", "win w25q64fv/jv"));
	assert_false(ofl_part_contradicts("W25QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ64", "win w25q64fv/jv"));
	assert_false(ofl_part_contradicts("W25Q999999999999999999999999999999", "unlisted part"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_part),
		cmocka_unit_test(test_other_part),
		cmocka_unit_test(test_no_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
