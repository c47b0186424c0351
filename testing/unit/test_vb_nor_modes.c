// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The flash model's states: address mode, deep power-down, QPI, software reset, status registers, block protection.
 *
 * Links vb_nor_rig.c, testing/vboard/nor/ and testing/vboard/vb.c; not fault/, which the rig stands in for.
 */

#include <string.h>

#include "vb_nor_rig.h"

static void test_address_mode(void **state)
{
	struct rig *rig = rig_new("w25q256");
	const uint8_t read3[] = { 0x03, 0x00, 0x00, 0x10 }, read4[] = { 0x03, 0x01, 0x00, 0x00, 0x10 };
	const uint8_t opcode4[] = { 0x13, 0x01, 0x00, 0x00, 0x10 }, sfdp[] = { 0x5a, 0, 0, 0, 0 };
	uint8_t in[4];

	(void)state;
	nor_content(rig->nor)[0x10] = 0x33;
	nor_content(rig->nor)[0x1000010] = 0x44;

	rig_command(rig, read3, 4, in, 1);
	assert_int_equal(in[0], 0x33);
	rig_command(rig, opcode4, 5, in, 1);
	assert_int_equal(in[0], 0x44);
	assert_int_equal(rig_read_register(rig, 0x15) & 1, 0);

	SEND(rig, 0xb7);
	assert_int_equal(rig_read_register(rig, 0x15) & 1, 1);
	rig_command(rig, read4, 5, in, 1);
	assert_int_equal(in[0], 0x44);
	rig_command(rig, opcode4, 5, in, 1);
	assert_int_equal(in[0], 0x44);
	rig_command(rig, sfdp, 5, in, 4);
	assert_memory_equal(in, "SFDP", 4);

	SEND(rig, 0x06);
	SEND(rig, 0x02, 0x01, 0x00, 0x00, 0x11, 0x66);
	rig_wait_done(rig);
	assert_cell(rig, 0x1000011, 0x66);
	SEND(rig, 0x06);
	SEND(rig, 0x20, 0x01, 0x00, 0x00, 0x00);
	rig_wait_done(rig);
	assert_cell(rig, 0x1000010, 0xff);
	assert_cell(rig, 0x10, 0x33);
	assert_clean(rig);
	/* What a driver does that does not know the mode. */
	SEND(rig, 0x06);
	SEND(rig, 0x20, 0x00, 0x10, 0x00);
	assert_violation(rig, "erase (20h) of 4 bytes is ignored");

	/* Leaving the mode sets the extended address register to 1; software clears it. */
	SEND(rig, 0x04);
	SEND(rig, 0xe9);
	nor_content(rig->nor)[0x1000010] = 0x55;
	rig_command(rig, read3, 4, in, 1);
	assert_int_equal(in[0], 0x55);
	SEND(rig, 0xc5, 0x00);
	assert_violation(rig, "write extended address (C5h) without write enable");
	SEND(rig, 0x06);
	SEND(rig, 0xc5, 0x00);
	rig_command(rig, read3, 4, in, 1);
	assert_int_equal(in[0], 0x33);

	/* The mode is lost with power. */
	SEND(rig, 0xb7);
	nor_power_cycle(rig->nor);
	rig_command(rig, read3, 4, in, 1);
	assert_int_equal(in[0], 0x33);
	assert_clean(rig);

	/* The FV has no 12h. */
	SEND(rig, 0x06);
	SEND(rig, 0x12, 0x01, 0x00, 0x00, 0x11, 0x66);
	assert_violation(rig, "unknown opcode 12h");
	rig_free(rig);
}

static void test_4byte_opcodes(void **state)
{
	struct rig *rig = rig_new("mx25l25635f");

	(void)state;
	for (unsigned int mode = 0; mode < 2; mode++) {
		SEND(rig, 0x06);
		SEND(rig, 0x12, 0x01, 0x80, 0x00, 0x00, 0x0f);
		rig_wait_done(rig);
		assert_cell(rig, 0x1800000, 0x0f);
		SEND(rig, 0x06);
		SEND(rig, 0x5c, 0x01, 0x80, 0x7f, 0xff);
		rig_wait_done(rig);
		assert_cell(rig, 0x1800000, 0xff);
		SEND(rig, 0x06);
		SEND(rig, 0x21, 0x01, 0x80, 0x00, 0x00);
		rig_wait_done(rig);
		SEND(rig, 0x06);
		SEND(rig, 0xdc, 0x01, 0x80, 0x00, 0x00);
		rig_wait_done(rig);
		SEND(rig, 0xb7);
	}
	assert_int_equal(rig_read_register(rig, 0x15) & 0x20, 0x20);
	assert_int_equal(rig->vb.count.erase_4k, 2);
	assert_int_equal(rig->vb.count.erase_32k, 2);
	assert_int_equal(rig->vb.count.erase_64k, 2);
	assert_clean(rig);
	rig_free(rig);
}

static void test_address_mode_with_write_enable(void **state)
{
	struct rig *rig = rig_new("n25q256a");

	(void)state;
	SEND(rig, 0xb7);
	assert_violation(rig, "enter 4-byte mode (B7h) without write enable");
	assert_int_equal(rig_read_register(rig, 0x70) & 1, 0);
	SEND(rig, 0x06);
	SEND(rig, 0xb7);
	assert_int_equal(rig_read_register(rig, 0x70) & 1, 1);
	SEND(rig, 0xe9);
	assert_violation(rig, "exit 4-byte mode (E9h) without write enable");
	SEND(rig, 0x06);
	SEND(rig, 0xe9);
	assert_int_equal(rig_read_register(rig, 0x70) & 1, 0);
	assert_clean(rig);
	rig_free(rig);
}

static void test_deep_power_down(void **state)
{
	static const uint8_t wrong[] = { 0x03, 0x0b, 0x02, 0x20, 0xc7, 0x06, 0x01 };
	static const uint8_t harmless[] = { 0x05, 0x9f, 0xff, 0x5a, 0x04, 0x66, 0x99 };
	struct rig *rig = rig_new("w25q128jv");
	uint8_t id = 0x9f, in[3];

	(void)state;
	SEND(rig, 0xb9);
	for (size_t i = 0; i < sizeof(harmless); i++)
		assert_int_equal(rig_read_register(rig, harmless[i]), 0xff);
	assert_clean(rig);
	for (size_t i = 0; i < sizeof(wrong); i++) {
		SEND(rig, wrong[i], 0, 0, 0, 0);
		assert_violation(rig, "in deep power-down");
	}

	SEND(rig, 0xab);
	rig_command(rig, &id, 1, in, 3);
	assert_violation(rig, "opcode 9Fh before the chip is back from power-down");
	assert_int_equal(in[0], 0xff);
	rig_pass_us(rig, rig->part->deep_power_down_release_us);
	rig_command(rig, &id, 1, in, 3);
	assert_memory_equal(in, rig->part->jedec_id, 3);

	/* ABh to a chip that is awake costs no time. */
	SEND(rig, 0xab);
	rig_command(rig, &id, 1, in, 3);
	assert_memory_equal(in, rig->part->jedec_id, 3);
	assert_clean(rig);
	rig_free(rig);
}

static void test_soft_reset(void **state)
{
	struct rig *rig = rig_new("w25q256");

	(void)state;
	SEND(rig, 0x99);
	assert_violation(rig, "reset (99h) that does not follow reset enable (66h)");
	SEND(rig, 0x66);
	rig_status(rig);
	SEND(rig, 0x99);
	assert_violation(rig, "does not follow");
	SEND(rig, 0x66);
	SEND(rig, 0x3b);
	assert_violation(rig, "unknown opcode 3Bh");
	SEND(rig, 0x99);
	assert_violation(rig, "does not follow");

	SEND(rig, 0x06);
	SEND(rig, 0xb7);
	SEND(rig, 0x66);
	SEND(rig, 0x99);
	rig_status(rig);
	assert_violation(rig, "opcode 05h before the chip is back");
	rig_pass_us(rig, 30);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(rig_read_register(rig, 0x15) & 1, 0);
	assert_clean(rig);

	/* While busy: the operation is cut short. */
	memset(nor_content(rig->nor), 0xa5, 4096);
	SEND(rig, 0x06);
	rig_send_address(rig, 0x20, 0, NULL, 0);
	rig_pass_us(rig, 30000);
	SEND(rig, 0x66);
	assert_violation(rig, "reset enable (66h) while busy");
	SEND(rig, 0x99);
	assert_int_equal(rig->vb.num_violations, 2);
	assert_non_null(strstr(rig->vb.violation[1].what, "cuts a running operation at 0x000000"));
	assert_false(nor_is_busy(rig->nor));

	unsigned int neither = 0;

	for (unsigned int i = 0; i < 4096; i++)
		neither += nor_content(rig->nor)[i] != 0xff && nor_content(rig->nor)[i] != 0xa5;
	assert_true(neither > 1000);
	rig_free(rig);
}

static void test_qpi(void **state)
{
	struct rig *rig = rig_new("w25q128jv");
	const uint8_t ones[] = { 0xff, 0xff };
	uint8_t id = 0x9f, in[3];

	(void)state;
	/* Not without QE. */
	SEND(rig, 0x38);
	rig_command(rig, &id, 1, in, 3);
	assert_memory_equal(in, rig->part->jedec_id, 3);

	for (unsigned int clocks = 8; clocks <= 16; clocks += 2) {
		SEND(rig, 0x50);
		SEND(rig, 0x31, 0x02);
		SEND(rig, 0x38);
		assert_int_equal(rig_status(rig), 0xff);
		rig_command(rig, &id, 1, in, 3);
		assert_memory_equal(in, "\xff\xff\xff", 3);
		assert_clean(rig);
		SEND(rig, 0x03, 0, 0, 0);
		assert_violation(rig, "read (03h) in QPI mode");
		SEND(rig, 0x06);
		assert_violation(rig, "write enable (06h) in QPI mode");

		rig_send_bits(rig, ones, clocks);
		assert_int_equal(rig_status(rig), 0);
		rig_command(rig, &id, 1, in, 3);
		assert_memory_equal(in, rig->part->jedec_id, 3);
	}

	/* In SPI mode FFh does nothing. */
	SEND(rig, 0xff);
	SEND(rig, 0xff, 0xff);
	assert_clean(rig);
	rig_free(rig);

	rig = rig_new("w25q32");
	SEND(rig, 0x38);
	assert_violation(rig, "unknown opcode 38h");
	rig_free(rig);
}

static void test_status_registers(void **state)
{
	struct rig *rig = rig_new("w25q128jv");

	(void)state;
	SEND(rig, 0x06);
	SEND(rig, 0x01, 0x1c, 0x02);
	rig_wait_done(rig);
	assert_int_equal(rig_status(rig), 0x1c);
	assert_int_equal(rig_read_register(rig, 0x35), 0x02);
	/* QER 4: one byte leaves SR2 alone. */
	SEND(rig, 0x06);
	SEND(rig, 0x01, 0x00);
	rig_wait_done(rig);
	assert_int_equal(rig_read_register(rig, 0x35), 0x02);
	SEND(rig, 0x06);
	SEND(rig, 0x11, 0x60);
	rig_wait_done(rig);
	assert_int_equal(rig_read_register(rig, 0x15), 0x60);

	/* Volatile: at once, and lost with power. */
	SEND(rig, 0x50);
	SEND(rig, 0x01, 0x04);
	assert_false(nor_is_busy(rig->nor));
	assert_int_equal(rig_status(rig), 0x04);
	assert_clean(rig);
	SEND(rig, 0x01, 0x08);
	assert_violation(rig, "write status (01h) without write enable");
	nor_power_cycle(rig->nor);
	assert_int_equal(rig_status(rig), 0x00);
	assert_int_equal(rig_read_register(rig, 0x35), 0x02);
	rig_free(rig);

	rig = rig_new("at25ql128a");
	SEND(rig, 0x06);
	SEND(rig, 0x31, 0x02);
	rig_wait_done(rig);
	assert_int_equal(rig_read_register(rig, 0x35), 0x02);
	SEND(rig, 0x06);
	SEND(rig, 0x01, 0x00);
	rig_wait_done(rig);
	assert_int_equal(rig_read_register(rig, 0x35), 0x00);
	assert_clean(rig);
	rig_free(rig);
}

static void set_protection(struct rig *rig, uint8_t sr1, uint8_t sr2)
{
	SEND(rig, 0x06);
	SEND(rig, 0x01, sr1, sr2);
	rig_wait_done(rig);
}

static bool can_program(struct rig *rig, uint32_t address)
{
	nor_content(rig->nor)[address] = 0xff;
	rig_program(rig, address, one_zero, 1);
	assert_int_equal(rig_status(rig) & SR1_WEL, 0);
	return nor_content(rig->nor)[address] == 0x00;
}

static void test_block_protection(void **state)
{
	struct rig *rig = rig_new("w25q128jv");

	(void)state;
	assert_true(can_program(rig, 0));
	assert_true(can_program(rig, 0xffff00));

	/* All. */
	set_protection(rig, 0x1c, 0);
	assert_false(can_program(rig, 0));
	assert_false(can_program(rig, 0xffff00));
	nor_content(rig->nor)[0] = 0x11;
	rig_erase(rig, 0x20, 0);
	assert_cell(rig, 0, 0x11);
	SEND(rig, 0x06);
	SEND(rig, 0xc7);
	assert_false(nor_is_busy(rig->nor));
	assert_cell(rig, 0, 0x11);

	/* The upper 64th; a 64 KiB erase below it works; the chip erase does not. */
	set_protection(rig, 0x04, 0);
	assert_false(can_program(rig, 0xfc0000));
	assert_true(can_program(rig, 0xfbff00));
	rig_erase(rig, 0xd8, 0xfb0000);
	assert_cell(rig, 0xfbff00, 0xff);
	SEND(rig, 0x06);
	SEND(rig, 0xc7);
	assert_false(nor_is_busy(rig->nor));

	/* The lower half (TB), and its complement. */
	set_protection(rig, 0x20 | 0x18, 0);
	assert_false(can_program(rig, 0x7fff00));
	assert_true(can_program(rig, 0x800000));
	set_protection(rig, 0x20 | 0x18, 0x40);
	assert_true(can_program(rig, 0x7fff00));
	assert_false(can_program(rig, 0x800000));

	/* SEC: the lowest 8 KiB. */
	set_protection(rig, 0x40 | 0x20 | 0x08, 0);
	assert_false(can_program(rig, 0x1f00));
	assert_true(can_program(rig, 0x2000));
	assert_clean(rig);
	rig_free(rig);

	rig = rig_new("mx25l128");
	set_protection(rig, 0x08, 0);	/* BP1: two blocks */
	assert_false(can_program(rig, 0xfe0000));
	assert_true(can_program(rig, 0xfdff00));
	set_protection(rig, 0x3c, 0);
	assert_false(can_program(rig, 0));
	rig_free(rig);
}

static void test_flag_status_errors(void **state)
{
	struct rig *rig = rig_new("n25q128a");

	(void)state;
	SEND(rig, 0x06);
	SEND(rig, 0x01, 0x5c);	/* BP3:0 = 15 */
	rig_wait_done(rig);
	rig_program(rig, 0, one_zero, 1);
	assert_cell(rig, 0, 0xff);
	assert_int_equal(rig_read_register(rig, 0x70), 0x80 | 0x10 | 0x02);
	assert_int_equal(rig_status(rig) & SR1_WEL, SR1_WEL);	/* until 04h */
	SEND(rig, 0x04);
	SEND(rig, 0x50);
	assert_int_equal(rig_read_register(rig, 0x70), 0x80);
	rig_erase(rig, 0x20, 0);
	assert_int_equal(rig_read_register(rig, 0x70), 0x80 | 0x20 | 0x02);
	assert_clean(rig);
	rig_free(rig);
}

static void test_sst26(void **state)
{
	struct rig *rig = rig_new("sst26vf064b");
	static const struct {
		uint32_t address, first, size_bytes;
	} blocks[] = {
		{ 0x003000, 0x002000, 0x2000 }, { 0x00c000, 0x008000, 0x8000 }, { 0x123456, 0x120000, 0x10000 },
		{ 0x7f0000, 0x7f0000, 0x8000 }, { 0x7fffff, 0x7fe000, 0x2000 },
	};
	uint8_t *cells = nor_content(rig->nor);

	(void)state;
	rig_program(rig, 0, one_zero, 1);
	assert_cell(rig, 0, 0xff);	/* locked at power-on */
	SEND(rig, 0x98);
	assert_violation(rig, "global unlock (98h) without write enable");
	SEND(rig, 0x06);
	SEND(rig, 0x98);
	assert_true(can_program(rig, 0));

	memset(cells, 0, rig->part->size_bytes);
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		rig_erase(rig, 0xd8, blocks[i].address);
		for (uint32_t j = 0; j < blocks[i].size_bytes; j++)
			assert_int_equal(cells[blocks[i].first + j], 0xff);
		if (blocks[i].first)
			assert_int_equal(cells[blocks[i].first - 1], 0);
		if (blocks[i].first + blocks[i].size_bytes < rig->part->size_bytes)
			assert_int_equal(cells[blocks[i].first + blocks[i].size_bytes], 0);
	}
	rig_erase(rig, 0x20, 0x4000);
	assert_int_equal(cells[0x4fff], 0xff);
	assert_int_equal(cells[0x5000], 0);

	nor_power_cycle(rig->nor);
	assert_false(can_program(rig, 0));
	assert_clean(rig);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_address_mode),
		cmocka_unit_test(test_4byte_opcodes),
		cmocka_unit_test(test_address_mode_with_write_enable),
		cmocka_unit_test(test_deep_power_down),
		cmocka_unit_test(test_soft_reset),
		cmocka_unit_test(test_qpi),
		cmocka_unit_test(test_status_registers),
		cmocka_unit_test(test_block_protection),
		cmocka_unit_test(test_flag_status_errors),
		cmocka_unit_test(test_sst26),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
