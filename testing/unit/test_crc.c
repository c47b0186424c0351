// SPDX-License-Identifier: GPL-2.0-or-later

/* The host's CRC-32 against published values, and against the stub's way of computing it by nibbles. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../../contrib/loaders/flash/ofl/ofl_abi.h"
#include "../../src/flash/nor/ofl_crc.h"

/* The definition, bit by bit: reflected, polynomial 04C11DB7 (RFC 1952, section 8). */
static uint32_t crc_by_bits(const uint8_t *bytes, size_t length)
{
	uint32_t crc = 0xffffffff;

	for (size_t n = 0; n < length; n++) {
		crc ^= bytes[n];
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
	}
	return crc;
}

/* What ofl_abi.h promises of the table, and spinor.c does with it. */
static uint32_t crc_by_nibbles(const uint8_t *bytes, size_t length)
{
	uint32_t table[OFL_CRC_TABLE_WORDS];
	uint32_t crc = 0xffffffff;

	ofl_crc_nibble_table(table);
	for (size_t n = 0; n < length; n++) {
		crc ^= bytes[n];
		crc = (crc >> 4) ^ table[crc & 0xf];
		crc = (crc >> 4) ^ table[crc & 0xf];
	}
	return crc;
}

/* zlib's crc32(), that is, with the final complement. */
static void test_known_values(void **state)
{
	uint8_t bytes[256];
	(void)state;

	assert_int_equal(~ofl_crc((const uint8_t *)"123456789", 9), 0xcbf43926);
	assert_int_equal(~ofl_crc((const uint8_t *)"", 0), 0);
	assert_int_equal(~ofl_crc((const uint8_t *)"a", 1), 0xe8b7be43);
	assert_int_equal(~ofl_crc((const uint8_t *)"abc", 3), 0x352441c2);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(~ofl_crc(bytes, 32), 0x190a55ad);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(~ofl_crc(bytes, 32), 0xff6cab0b);
	for (unsigned int n = 0; n < sizeof(bytes); n++)
		bytes[n] = (uint8_t)n;
	assert_int_equal(~ofl_crc(bytes, sizeof(bytes)), 0x29058c73);
}

static void test_three_ways_agree(void **state)
{
	uint8_t bytes[600];
	uint32_t random = 1;
	(void)state;

	for (size_t n = 0; n < sizeof(bytes); n++) {
		random = random * 1664525 + 1013904223;
		bytes[n] = (uint8_t)(random >> 24);
	}
	for (size_t start = 0; start < 5; start++) {
		for (size_t length = 0; start + length <= sizeof(bytes); length++) {
			uint32_t expected = crc_by_bits(bytes + start, length);
			assert_int_equal(ofl_crc(bytes + start, length), expected);
			assert_int_equal(crc_by_nibbles(bytes + start, length), expected);
		}
	}
}

/* Whatever single bit is wrong, the sum is. */
static void test_every_bit_counts(void **state)
{
	uint8_t bytes[64] = { 0 };
	uint32_t blank = ofl_crc(bytes, sizeof(bytes));
	(void)state;

	for (unsigned int bit = 0; bit < 8 * sizeof(bytes); bit++) {
		bytes[bit / 8] ^= 1u << bit % 8;
		assert_int_not_equal(ofl_crc(bytes, sizeof(bytes)), blank);
		bytes[bit / 8] ^= 1u << bit % 8;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known_values),
		cmocka_unit_test(test_three_ways_agree),
		cmocka_unit_test(test_every_bit_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
