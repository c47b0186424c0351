// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Block protection of the flash model: what is locked for each setting of the bits; status register locks; Macronix'
 * error bits. The driver's reading of the bits (src/flash/nor/ofl_protect.c) was written from the sheets by another
 * rule, and must come to the same.
 */

#include <string.h>

#include "vb_nor_rig.h"
#include "../../src/flash/nor/ofl_protect.h"

static const struct ofl_protect_hint new_table = { .sfdp_dwords = 16 };

static void write_status(struct rig *rig, uint8_t sr1, uint8_t second, bool two)
{
	SEND(rig, 0x06);
	if (two)
		SEND(rig, 0x01, sr1, second);
	else
		SEND(rig, 0x01, sr1);
	rig_wait_done(rig);
}

/* Programs the byte at any address, and puts it back. */
static bool is_locked(struct rig *rig, uint64_t address)
{
	uint8_t *cells = nor_content(rig->nor);
	uint8_t bytes[6] = { 0x02 };
	size_t used = 1;

	for (int shift = rig->part->size_bytes > 0x1000000 ? 24 : 16; shift >= 0; shift -= 8)
		bytes[used++] = (uint8_t)(address >> shift);
	bytes[used++] = 0x00;
	cells[address] = 0xff;
	SEND(rig, 0x06);
	rig_command(rig, bytes, used, NULL, 0);
	rig_wait_done(rig);
	if (rig->part->traits & NOR_TRAIT_FLAG_STATUS)
		SEND(rig, 0x50);
	if (rig->part->traits & NOR_TRAIT_SR2_ERRORS)
		SEND(rig, 0x30);
	SEND(rig, 0x04);
	cells = nor_content(rig->nor);
	bool locked = cells[address] == 0xff;

	cells[address] = 0xff;
	return locked;
}

static void check_setting(struct rig *rig, const struct ofl_protect_part *part, uint8_t sr1, uint8_t second, bool two)
{
	struct ofl_protect_range range;
	uint64_t size_bytes = rig->part->size_bytes;

	write_status(rig, sr1, second, two);
	const uint8_t regs[OFL_PROTECT_MAX_REGS] = { sr1, second, 0 };
	ofl_protect_decode(part, regs, &range);
	uint64_t end = range.offset_bytes + range.length_bytes;
	const struct {
		uint64_t address;
		bool locked;
	} places[] = {
		{ 0, range.length_bytes && range.offset_bytes == 0 },
		{ size_bytes - 1, range.length_bytes && end == size_bytes },
		{ range.offset_bytes, range.length_bytes },
		{ end ? end - 1 : 0, range.length_bytes },
		{ end % size_bytes, range.length_bytes && end == size_bytes && range.offset_bytes == 0 },
		{ range.offset_bytes ? range.offset_bytes - 1 : size_bytes - 1,
			range.length_bytes && !range.offset_bytes && end == size_bytes },
	};

	for (size_t n = 0; n < sizeof(places) / sizeof(places[0]); n++) {
		if (is_locked(rig, places[n].address) != places[n].locked)
			fail_msg("%s, registers %02x %02x: 0x%jx is %slocked", rig->part->name, sr1, second,
					(uintmax_t)places[n].address, places[n].locked ? "not " : "");
	}
}

static void test_all_settings(void **state)
{
	unsigned int num_parts = 0;

	(void)state;
	for (unsigned int n = 0; n < nor_num_parts; n++) {
		const struct ofl_protect_part *part = ofl_protect_find(nor_parts[n].jedec_id, &new_table);

		/* Older Macronix: not known to the driver, which is told by their SFDP tables. */
		if (!part || (part->newer_only && !(nor_parts[n].traits & NOR_TRAIT_CONFIG_15)))
			continue;
		struct rig *rig = rig_new(nor_parts[n].name);
		bool has_cmp = part->layout->cmp.mask, config = nor_parts[n].traits & NOR_TRAIT_CONFIG_15;

		assert_int_equal(ofl_protect_size(part), nor_parts[n].size_bytes);
		if (nor_parts[n].size_bytes > 0x1000000) {
			if (nor_parts[n].traits & NOR_TRAIT_4BYTE_MODE_WREN)
				SEND(rig, 0x06);
			SEND(rig, 0xb7);
		}
		for (unsigned int bits = 0; bits < 64; bits++) {
			/* Macronix' bit 6 is QE. */
			check_setting(rig, part, (uint8_t)(bits << 2), 0, has_cmp || config);
			if (has_cmp)
				check_setting(rig, part, (uint8_t)(bits << 2), 0x40, true);
		}
		for (unsigned int bits = 0; config && bits < 16; bits++)
			check_setting(rig, part, (uint8_t)(bits << 2), 0x08, true);
		assert_clean(rig);
		rig_free(rig);
		num_parts++;
	}
	assert_true(num_parts >= 15);
}

/* Written out once more, so that a mistake in both is seen: from the W25Q128JV's and the MX25L12835F's tables. */
static void test_sheet_lines(void **state)
{
	static const struct {
		const char *part;
		uint8_t sr1, second;
		uint32_t first, last;	/* locked */
	} lines[] = {
		{ "w25q128jv", 0x04, 0x00, 0xfc0000, 0xffffff },
		{ "w25q128jv", 0x30, 0x00, 0x000000, 0x1fffff },
		{ "w25q128jv", 0x4c, 0x00, 0xffc000, 0xffffff },
		{ "w25q128jv", 0x74, 0x00, 0x000000, 0x007fff },
		{ "w25q128jv", 0x04, 0x40, 0x000000, 0xfbffff },
		{ "w25q128jv", 0x64, 0x40, 0x001000, 0xffffff },
		{ "w25q64jv", 0x18, 0x00, 0x400000, 0x7fffff },
		{ "mx25l128", 0x20, 0x00, 0x800000, 0xffffff },
		{ "mx25l128", 0x04, 0x08, 0x000000, 0x00ffff },
		{ "n25q128a", 0x44, 0x00, 0x000000, 0xffffff },
		{ "n25q128a", 0x40, 0x00, 0x800000, 0xffffff },
		{ "n25q128a", 0x28, 0x00, 0x000000, 0x01ffff },
		{ "s25fl064l", 0x24, 0x00, 0x000000, 0x01ffff },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(lines) / sizeof(lines[0]); n++) {
		struct rig *rig = rig_new(lines[n].part);
		uint32_t size_bytes = (uint32_t)rig->part->size_bytes;

		write_status(rig, lines[n].sr1, lines[n].second, lines[n].second != 0);
		bool ok = is_locked(rig, lines[n].first) && is_locked(rig, lines[n].last);
		if (lines[n].first)
			ok = ok && !is_locked(rig, lines[n].first - 1);
		if (lines[n].last + 1 < size_bytes)
			ok = ok && !is_locked(rig, lines[n].last + 1);
		if (!ok)
			fail_msg("line %zu, %s", n, lines[n].part);
		rig_free(rig);
	}
}

/* A whole page and a whole erase are refused when any byte of them is locked. */
static void test_overlap(void **state)
{
	struct rig *rig = rig_new("w25q64jv");

	(void)state;
	write_status(rig, 0x44, 0, true);	/* the highest 4 KiB */
	nor_content(rig->nor)[0x7fe000] = 0x00;
	nor_content(rig->nor)[0x7f0000] = 0x00;
	rig_erase(rig, 0xd8, 0x7f0000);
	assert_cell(rig, 0x7f0000, 0x00);
	rig_erase(rig, 0x20, 0x7fe000);
	assert_cell(rig, 0x7fe000, 0xff);
	SEND(rig, 0x06);
	SEND(rig, 0xc7);
	rig_wait_done(rig);
	assert_cell(rig, 0x7f0000, 0x00);
	assert_clean(rig);
	rig_free(rig);
}

static void test_status_lock(void **state)
{
	struct rig *rig = rig_new("w25q128jv");

	(void)state;
	write_status(rig, 0x04, 0x01, true);	/* SRL */
	write_status(rig, 0x00, 0x00, true);
	assert_int_equal(rig_status(rig), 0x04);
	assert_int_equal(rig_read_register(rig, 0x35), 0x01);
	SEND(rig, 0x50);
	SEND(rig, 0x01, 0x00, 0x00);
	assert_int_equal(rig_status(rig), 0x04);
	nor_power_cycle(rig->nor);
	assert_int_equal(rig_read_register(rig, 0x35), 0x00);
	write_status(rig, 0x80, 0x00, true);
	assert_int_equal(rig_status(rig), 0x80);
	/* SRP with the WP# pin high */
	write_status(rig, 0x00, 0x00, true);
	assert_int_equal(rig_status(rig), 0x00);
	/* WPS: all closed */
	SEND(rig, 0x06);
	SEND(rig, 0x11, 0x04);
	rig_wait_done(rig);
	assert_true(is_locked(rig, 0x123456));
	assert_clean(rig);
	rig_free(rig);

	/* SRP1 in configuration register 1 */
	rig = rig_new("s25fl064l");
	write_status(rig, 0x04, 0x01, true);
	write_status(rig, 0x00, 0x00, true);
	assert_int_equal(rig_status(rig), 0x04);
	nor_power_cycle(rig->nor);
	write_status(rig, 0x00, 0x00, true);
	assert_int_equal(rig_status(rig), 0x00);
	assert_clean(rig);
	rig_free(rig);
}

static void test_tb_is_set_once(void **state)
{
	struct rig *rig = rig_new("mx25l128");

	(void)state;
	write_status(rig, 0x04, 0x08, true);
	write_status(rig, 0x04, 0x00, true);
	assert_int_equal(rig_read_register(rig, 0x15), 0x08);
	assert_true(is_locked(rig, 0));
	assert_false(is_locked(rig, 0xffff00));
	assert_clean(rig);
	rig_free(rig);
}

/* Each bit is of the last operation of its kind; protection sets them too. */
static void test_security_register(void **state)
{
	struct rig *rig = rig_new("mx25l128");

	(void)state;
	assert_int_equal(rig_read_register(rig, 0x2b), 0x00);
	write_status(rig, 0x04, 0x00, true);
	rig_program(rig, 0xff0000, one_zero, 1);
	assert_int_equal(rig_read_register(rig, 0x2b), 0x20);
	rig_erase(rig, 0x20, 0xff0000);
	assert_int_equal(rig_read_register(rig, 0x2b), 0x60);
	rig_erase(rig, 0x20, 0x100);
	assert_int_equal(rig_read_register(rig, 0x2b), 0x20);
	rig_program(rig, 0x100, one_zero, 1);
	assert_int_equal(rig_read_register(rig, 0x2b), 0x00);
	rig_arm(rig, FAULT_NOR_ERASE_FAILS, FAULT_EVENT_ERASE, 2, 0x40);
	rig_erase(rig, 0x20, 0x1000);
	assert_int_equal(rig_read_register(rig, 0x2b), 0x40);
	assert_cell(rig, 0x1000, 0xbf);
	assert_cell(rig, 0x1001, 0xff);
	assert_clean(rig);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_settings),
		cmocka_unit_test(test_sheet_lines),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_status_lock),
		cmocka_unit_test(test_tb_is_set_once),
		cmocka_unit_test(test_security_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
