// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Self-check of the virtual board's table of flash parts: every row makes sense by itself, and says the same as the
 * SFDP table beside it. The SFDP reader here is the test's own, small and trusting: no mistake is made twice.
 *
 * Links testing/vboard/nor/parts.c only.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../vboard/nor/nor.h"

/* Dword `n` (1 = first, as JESD216 counts) of a parameter table, or all ones beyond the dump. */
static uint32_t dword(const struct nor_part *part, uint32_t table, unsigned int n)
{
	const uint8_t *bytes = part->sfdp + table + 4 * (n - 1);

	if (table + 4 * n > part->sfdp_bytes)
		return 0xffffffff;

	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Address of the table with this id, its length in dwords through `length`; 0: none. */
static uint32_t find_table(const struct nor_part *part, unsigned int id, unsigned int *length)
{
	const uint8_t *sfdp = part->sfdp;

	for (unsigned int i = 0; i <= sfdp[6]; i++) {
		const uint8_t *header = sfdp + 8 + 8 * i;

		if ((unsigned int)(header[7] << 8 | header[0]) != id)
			continue;
		*length = header[3];
		return header[4] | header[5] << 8 | header[6] << 16;
	}

	return 0;
}

static const char *part_name;

/* Says which row is wrong. */
#define CHECK(condition) \
	do { \
		if (!(condition)) \
			print_error("part %s:\n", part_name); \
		assert_true(condition); \
	} while (0)

static bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

static void test_rows(void **state)
{
	(void)state;
	assert_true(nor_num_parts >= 17);

	for (unsigned int i = 0; i < nor_num_parts; i++) {
		const struct nor_part *part = &nor_parts[i];
		unsigned int num_erases = 0;

		part_name = part->name;
		CHECK(nor_part_by_name(part->name) == part);	/* unique, too */
		CHECK(part->source && strlen(part->source) > 4);
		CHECK(part->jedec_id[0] != 0x00 && part->jedec_id[0] != 0xff);
		CHECK(is_power_of_two(part->size_bytes));
		CHECK(is_power_of_two(part->page_bytes) && part->page_bytes <= NOR_MAX_PAGE_BYTES);
		CHECK(part->page_program_us >= 100 && part->page_program_us <= 5000);
		CHECK(part->byte_program_us >= 1 && part->byte_program_us < part->page_program_us);
		CHECK(part->chip_erase_ms >= 10 && part->chip_erase_ms <= 1000000);
		CHECK(part->max_clock_hz == 0 || part->max_clock_hz >= part->max_read_hz);
		CHECK(!(part->traits & NOR_TRAIT_DEEP_POWER_DOWN) || part->deep_power_down_release_us);
		CHECK((part->sfdp == NULL) == (part->sfdp_bytes == 0));
		CHECK(part->sfdp_bytes <= NOR_MAX_SFDP_BYTES);

		for (unsigned int j = 0; j < NOR_MAX_ERASE_TYPES; j++) {
			const struct nor_erase_type *erase = &part->erase[j];

			if (erase->size_bytes == 0)
				continue;
			num_erases++;
			CHECK(is_power_of_two(erase->size_bytes) && erase->size_bytes < part->size_bytes);
			CHECK(erase->typical_us >= 1000 && erase->typical_us <= 5000000);
			CHECK(!erase->opcode_4byte || part->traits & NOR_TRAIT_4BYTE_OPCODES);
			CHECK(erase->opcode != erase->opcode_4byte);
		}
		CHECK(num_erases > 0);

		/* More than three address bytes reach needs a way there. */
		if (part->size_bytes > 16 << 20)
			CHECK(part->traits & (NOR_TRAIT_4BYTE_MODE | NOR_TRAIT_4BYTE_MODE_WREN |
					NOR_TRAIT_4BYTE_OPCODES));
		CHECK(!(part->traits & NOR_TRAIT_4BYTE_MODE && part->traits & NOR_TRAIT_4BYTE_MODE_WREN));
	}

	assert_null(nor_part_by_name("w25q128"));
	assert_null(nor_part_by_name(""));
}

static void check_erase_types(const struct nor_part *part, uint32_t bfpt)
{
	for (unsigned int i = 0; i < NOR_MAX_ERASE_TYPES; i++) {
		uint32_t type = dword(part, bfpt, 8 + i / 2) >> (i % 2 * 16) & 0xffff;
		uint32_t size_bytes = type & 0xff ? 1u << (type & 0xff) : 0;

		CHECK(part->erase[i].size_bytes == size_bytes);
		if (size_bytes)
			CHECK(part->erase[i].opcode == type >> 8);
	}
}

/* JESD216B: dwords 10, 11 and 14 in the units of their fields. */
static void check_times(const struct nor_part *part, uint32_t bfpt)
{
	static const uint32_t erase_unit_us[] = { 1000, 16000, 128000, 1000000 };
	static const uint32_t chip_unit_ms[] = { 16, 256, 4000, 64000 };
	static const uint32_t exit_unit_ns[] = { 128, 1000, 8000, 64000 };
	uint32_t dword10 = dword(part, bfpt, 10), dword11 = dword(part, bfpt, 11), dword14 = dword(part, bfpt, 14);

	for (unsigned int i = 0; i < NOR_MAX_ERASE_TYPES; i++) {
		uint32_t field = dword10 >> (4 + 7 * i) & 0x7f;

		if (part->erase[i].size_bytes)
			CHECK(part->erase[i].typical_us == ((field & 31) + 1) * erase_unit_us[field >> 5]);
	}

	CHECK(part->page_bytes == 1u << (dword11 >> 4 & 15));
	CHECK(part->page_program_us == ((dword11 >> 8 & 31) + 1) * (dword11 >> 13 & 1 ? 64 : 8));
	CHECK(part->byte_program_us == ((dword11 >> 14 & 15) + 1) * (dword11 >> 18 & 1 ? 8 : 1));
	CHECK(part->chip_erase_ms == ((dword11 >> 24 & 31) + 1) * chip_unit_ms[dword11 >> 29 & 3]);

	CHECK(!(dword14 >> 31) == !!(part->traits & NOR_TRAIT_DEEP_POWER_DOWN));
	if (!(dword14 >> 31)) {
		CHECK((dword14 >> 23 & 0xff) == 0xb9 && (dword14 >> 15 & 0xff) == 0xab);
		CHECK(part->deep_power_down_release_us * 1000 ==
				((dword14 >> 8 & 31) + 1) * exit_unit_ns[dword14 >> 13 & 3]);
	}
	CHECK(!!(dword14 >> 3 & 1) == !!(part->traits & NOR_TRAIT_FLAG_STATUS));
}

/* Dword 16 of JESD216B: software reset, and the ways into 4-byte mode. All ones: the vendor did not fill it in. */
static void check_modes(const struct nor_part *part, uint32_t bfpt)
{
	uint32_t dword16 = dword(part, bfpt, 16);
	uint32_t enter = dword16 >> 24;

	if (dword16 >> 12 & 1)
		CHECK(part->traits & NOR_TRAIT_SOFT_RESET);
	if (part->size_bytes <= 16 << 20)
		return;

	CHECK(!!(enter & 0x01) == !!(part->traits & NOR_TRAIT_4BYTE_MODE));
	CHECK(!!(enter & 0x02) == !!(part->traits & NOR_TRAIT_4BYTE_MODE_WREN));
	/* GD25LB512ME has a 4BAIT but does not set the bit. */
	if (enter & 0x20)
		CHECK(part->traits & NOR_TRAIT_4BYTE_OPCODES);
}

static void check_4bait(const struct nor_part *part)
{
	unsigned int length = 0;
	uint32_t table = find_table(part, 0xff84, &length);

	if (table == 0 || length < 2)
		return;

	uint32_t supported = dword(part, table, 1), opcodes = dword(part, table, 2);
	/* 13h, 0Ch and 12h are one trait here. MX25L128's table is there, with no bit set. */
	bool all = (supported & 0x43) == 0x43;

	CHECK(all || !(supported & 0x43));
	CHECK(all == !!(part->traits & NOR_TRAIT_4BYTE_OPCODES));
	for (unsigned int i = 0; i < NOR_MAX_ERASE_TYPES; i++) {
		if (!part->erase[i].size_bytes)
			continue;
		if (supported >> (9 + i) & 1)
			CHECK(part->erase[i].opcode_4byte == (opcodes >> (8 * i) & 0xff));
		else
			CHECK(part->erase[i].opcode_4byte == 0);
	}
}

/* A map without configuration commands: one descriptor, regions from address 0 on. */
static void check_sector_map(const struct nor_part *part)
{
	unsigned int length = 0;
	uint32_t table = find_table(part, 0xff81, &length);
	uint64_t offset = 0;

	CHECK((table != 0) == (part->num_regions != 0));
	if (table == 0)
		return;

	uint32_t head = dword(part, table, 1);

	CHECK((head & 3) == 3);	/* a map, and the last descriptor */
	CHECK((head >> 16 & 0xff) + 1 == part->num_regions);
	for (unsigned int i = 0; i < part->num_regions; i++) {
		uint32_t region = dword(part, table, 2 + i);

		CHECK(part->region[i].offset_bytes == offset);
		CHECK(part->region[i].size_bytes == ((region >> 8) + 1) * 256);
		CHECK(part->region[i].erase_mask == (region & 15));
		offset += part->region[i].size_bytes;
	}
	CHECK(offset == part->size_bytes);
}

static void test_sfdp(void **state)
{
	unsigned int num_tables = 0, num_with_times = 0;

	(void)state;
	for (unsigned int i = 0; i < nor_num_parts; i++) {
		const struct nor_part *part = &nor_parts[i];
		unsigned int length = 0;

		part_name = part->name;
		if (!part->sfdp)
			continue;
		num_tables++;

		CHECK(part->sfdp_bytes >= 16 + 36 && memcmp(part->sfdp, "SFDP", 4) == 0);
		uint32_t bfpt = find_table(part, 0xff00, &length);

		CHECK(bfpt && length >= 9 && bfpt + 4 * length <= part->sfdp_bytes);

		/* Bits less one, or with bit 31 their power of two. */
		uint32_t density = dword(part, bfpt, 2);
		uint64_t bits = density >> 31 ? 1ull << (density & 0x7fffffff) : density + 1ull;

		CHECK(part->size_bytes == bits / 8);

		/* IS25WP256's says three although it has 32 MiB. */
		unsigned int address_bytes = dword(part, bfpt, 1) >> 17 & 3;

		if (address_bytes == 1)
			CHECK(part->size_bytes > 16 << 20);
		else
			CHECK(part->size_bytes <= 16 << 20 || strcmp(part->name, "is25wp256") == 0);

		/* Write granularity: 64 bytes or more. */
		CHECK(dword(part, bfpt, 1) >> 2 & 1 && part->page_bytes >= 64);
		/* The trait is about 38h; others enter QPI by other opcodes, but nobody has it without 4-4-4 reads. */
		if (part->traits & NOR_TRAIT_QPI)
			CHECK(dword(part, bfpt, 5) >> 4 & 1);

		check_erase_types(part, bfpt);
		check_4bait(part);
		check_sector_map(part);
		if (length >= 16) {
			num_with_times++;
			check_times(part, bfpt);
			check_modes(part, bfpt);
		}
	}
	assert_true(num_tables >= 13);
	assert_true(num_with_times >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_sfdp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
