// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The flash model's rules of the protocol: for each one a case that breaks it and one that keeps it; and what programs
 * and erases do to the cells and to the clock.
 *
 * Links vb_nor_rig.c, testing/vboard/nor/ and testing/vboard/vb.c; not fault/, which the rig stands in for.
 */

#include <string.h>

#include "vb_nor_rig.h"

static void test_program_needs_write_enable(void **state)
{
	struct rig *rig = rig_new("w25q128jv");

	(void)state;
	rig_send_address(rig, 0x02, 0x1000, one_zero, 1);
	assert_violation(rig, "page program (02h) without write enable at 0x001000");
	assert_false(nor_is_busy(rig->nor));
	assert_cell(rig, 0x1000, 0xff);

	rig_send_address(rig, 0x20, 0x2000, NULL, 0);
	assert_violation(rig, "erase (20h) without write enable at 0x002000");
	SEND(rig, 0xc7);
	assert_violation(rig, "chip erase (C7h) without write enable");
	SEND(rig, 0x01, 0x00);
	assert_violation(rig, "write status (01h) without write enable");

	rig_program(rig, 0x1000, one_zero, 1);
	assert_cell(rig, 0x1000, 0x00);
	/* The latch is used up: this is what a model that leaves it set does not see. */
	rig_send_address(rig, 0x02, 0x1001, one_zero, 1);
	assert_violation(rig, "without write enable at 0x001001");

	SEND(rig, 0x06);
	SEND(rig, 0x04);
	rig_send_address(rig, 0x02, 0x1001, one_zero, 1);
	assert_violation(rig, "without write enable");
	rig_free(rig);
}

static void test_latch_clears_when_done(void **state)
{
	struct rig *rig = rig_new("w25q128jv");

	(void)state;
	assert_int_equal(rig_status(rig), 0);
	SEND(rig, 0x06);
	assert_int_equal(rig_status(rig), SR1_WEL);
	rig_send_address(rig, 0x02, 0, one_zero, 1);
	assert_int_equal(rig_status(rig), SR1_WIP | SR1_WEL);
	rig_wait_done(rig);
	assert_int_equal(rig_status(rig), 0);

	SEND(rig, 0x06);
	rig_send_address(rig, 0xd8, 0, NULL, 0);
	assert_int_equal(rig_status(rig), SR1_WIP | SR1_WEL);
	rig_wait_done(rig);
	assert_int_equal(rig_status(rig), 0);

	SEND(rig, 0x06);
	SEND(rig, 0x01, 0x00);
	assert_int_equal(rig_status(rig), SR1_WIP | SR1_WEL);
	rig_wait_done(rig);
	assert_int_equal(rig_status(rig), 0);
	assert_clean(rig);
	rig_free(rig);
}

static void test_busy_times(void **state)
{
	struct rig *rig = rig_new("w25q128jv");
	const struct nor_part *part = rig->part;
	uint8_t page[256] = { 0 };
	const struct {
		uint8_t opcode;
		uint32_t us;
	} erases[] = { { 0x20, 64000 }, { 0x52, 128000 }, { 0xd8, 160000 } };

	(void)state;
	SEND(rig, 0x06);
	rig_send_address(rig, 0x02, 0, page, 256);
	assert_int_equal(nor_busy_until_ps(rig->nor), part->page_program_us * VB_PS_PER_US);
	rig_pass_us(rig, part->page_program_us - 1);
	assert_int_equal(rig_status(rig) & SR1_WIP, SR1_WIP);
	rig_pass_us(rig, 1);
	assert_int_equal(rig_status(rig) & SR1_WIP, 0);

	SEND(rig, 0x06);
	rig_send_address(rig, 0x02, 0x100, page, 1);
	assert_int_equal(nor_busy_until_ps(rig->nor) - rig->vb.clock.now_ps, part->byte_program_us * VB_PS_PER_US);
	rig_wait_done(rig);

	SEND(rig, 0x06);
	rig_send_address(rig, 0x02, 0x200, page, 128);
	assert_true(nor_busy_until_ps(rig->nor) - rig->vb.clock.now_ps > 350 * VB_PS_PER_US);
	assert_true(nor_busy_until_ps(rig->nor) - rig->vb.clock.now_ps < 380 * VB_PS_PER_US);
	rig_wait_done(rig);

	for (size_t i = 0; i < sizeof(erases) / sizeof(erases[0]); i++) {
		SEND(rig, 0x06);
		rig_send_address(rig, erases[i].opcode, 0, NULL, 0);
		assert_int_equal(nor_busy_until_ps(rig->nor) - rig->vb.clock.now_ps, erases[i].us * VB_PS_PER_US);
		rig_wait_done(rig);
	}

	SEND(rig, 0x06);
	SEND(rig, 0xc7);
	assert_int_equal(nor_busy_until_ps(rig->nor) - rig->vb.clock.now_ps, 40 * VB_PS_PER_S);
	rig_wait_done(rig);
	assert_clean(rig);
	rig_free(rig);
}

static void test_only_status_reads_while_busy(void **state)
{
	static const uint8_t forbidden[] = {
		0x03, 0x0b, 0x02, 0x20, 0xd8, 0xc7, 0x06, 0x04, 0x01, 0x9f, 0x5a, 0x90, 0xab, 0xb9, 0x66,
	};
	static const uint8_t allowed[] = { 0x05, 0x35, 0x15, 0xff };
	struct rig *rig = rig_new("w25q128jv");
	uint8_t first[64], second[64];
	const uint8_t read[] = { 0x03, 0, 0, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(forbidden); i++) {
		SEND(rig, 0x06);
		rig_send_address(rig, 0x20, 0x4000, NULL, 0);
		rig_command(rig, &forbidden[i], 1, NULL, 0);
		assert_violation(rig, "while busy");
		rig_wait_done(rig);
	}

	SEND(rig, 0x06);
	rig_send_address(rig, 0x20, 0x4000, NULL, 0);
	for (size_t i = 0; i < sizeof(allowed); i++)
		rig_read_register(rig, allowed[i]);
	assert_clean(rig);

	/* Noise, not the (erased) content. */
	rig_command(rig, read, 4, first, sizeof(first));
	assert_violation(rig, "read (03h) while busy");
	memset(second, 0xff, sizeof(second));
	assert_memory_not_equal(first, second, sizeof(first));
	rig_wait_done(rig);
	rig_command(rig, read, 4, first, sizeof(first));
	assert_memory_equal(first, second, sizeof(first));
	assert_clean(rig);
	rig_free(rig);
}

static void test_flag_status_while_busy(void **state)
{
	struct rig *rig = rig_new("n25q128a");

	(void)state;
	assert_int_equal(rig_read_register(rig, 0x70), 0x80);
	SEND(rig, 0x06);
	rig_send_address(rig, 0x02, 0, one_zero, 1);
	assert_int_equal(rig_read_register(rig, 0x70), 0x00);
	rig_wait_done(rig);
	assert_int_equal(rig_read_register(rig, 0x70), 0x80);
	assert_clean(rig);
	rig_free(rig);

	rig = rig_new("w25q128jv");
	rig_read_register(rig, 0x70);
	assert_violation(rig, "unknown opcode 70h for w25q128jv");
	rig_free(rig);
}

static void test_status_read_over_whole_erase(void **state)
{
	struct rig *rig = rig_new("w25q128jv");

	(void)state;
	SEND(rig, 0x06);
	rig_send_address(rig, 0x20, 0, NULL, 0);
	nor_set_cs(rig->nor, false);
	nor_transfer_byte(rig->nor, 0x05, FAST_HZ);
	assert_int_equal(nor_transfer_byte(rig->nor, 0, FAST_HZ) & SR1_WIP, SR1_WIP);
	rig_pass_us(rig, 64000);
	nor_transfer_byte(rig->nor, 0, FAST_HZ);	/* loaded before time passed */
	assert_int_equal(nor_transfer_byte(rig->nor, 0, FAST_HZ), 0);
	nor_set_cs(rig->nor, true);
	assert_int_equal(rig->vb.count.status_reads, 3);
	assert_clean(rig);
	rig_free(rig);
}

static void test_unknown_opcodes(void **state)
{
	static const uint8_t unknown[] = {
		0x3b, 0x6c, 0xeb, 0x13, 0x12, 0x21, 0xdc, 0xb7, 0xe9, 0x70, 0x07, 0x98, 0xc5,
	};
	static const uint8_t before_identification[] = { 0x9f, 0x90, 0xab, 0x5a, 0xff };
	struct rig *rig = rig_new("w25q128jv");

	(void)state;
	for (size_t i = 0; i < sizeof(unknown); i++) {
		assert_int_equal(rig_read_register(rig, unknown[i]), 0xff);
		assert_violation(rig, "unknown opcode");
	}
	assert_int_equal(rig_read_register(rig, 0x6b), 0xff);
	assert_violation(rig, "quad output fast read (6Bh) without quad enable");
	rig_free(rig);

	rig = rig_new("w25q32");	/* no SFDP */
	for (size_t i = 0; i < sizeof(before_identification); i++)
		rig_read_register(rig, before_identification[i]);
	assert_clean(rig);
	rig_free(rig);

	rig = rig_new("mx25l1606e");
	rig_read_register(rig, 0x35);
	assert_violation(rig, "unknown opcode 35h for mx25l1606e");
	rig_send_address(rig, 0x52, 0, NULL, 0);
	assert_violation(rig, "unknown opcode 52h");
	SEND(rig, 0x66);
	assert_violation(rig, "unknown opcode 66h");
	rig_free(rig);
}

static void test_framing(void **state)
{
	struct rig *rig = rig_new("w25q128jv");
	const uint8_t page[] = { 0x02, 0x00, 0x30, 0x00, 0x12, 0x34 };
	const uint8_t write_enable[] = { 0x06, 0x06 };
	const uint8_t read[] = { 0x03, 0, 0, 0, 0 };

	(void)state;
	/* Off a byte boundary: ignored, the latch stays. */
	SEND(rig, 0x06);
	rig_send_bits(rig, page, 43);
	assert_violation(rig, "CS rose 3 bits into a byte, page program (02h) is ignored");
	assert_int_equal(rig_status(rig), SR1_WEL);
	assert_cell(rig, 0x3000, 0xff);
	rig_send_bits(rig, page, 48);
	rig_wait_done(rig);
	assert_cell(rig, 0x3000, 0x12);
	assert_cell(rig, 0x3001, 0x34);
	assert_clean(rig);

	rig_send_bits(rig, write_enable, 11);
	assert_violation(rig, "write enable (06h) is ignored");
	assert_int_equal(rig_status(rig), 0);
	rig_send_bits(rig, write_enable, 16);
	assert_violation(rig, "write enable (06h) of 2 bytes is ignored");
	rig_send_bits(rig, write_enable, 5);
	assert_violation(rig, "CS rose 5 bits into an opcode");
	rig_send_bits(rig, write_enable, 8);
	assert_int_equal(rig_status(rig), SR1_WEL);

	/* Reads may end anywhere; so may nothing at all. */
	rig_send_bits(rig, read, 37);
	rig_send_bits(rig, read, 13);
	rig_send_bits(rig, read, 0);
	assert_clean(rig);

	SEND(rig, 0x02, 0, 0, 0);
	assert_violation(rig, "page program (02h) of 4 bytes is ignored");
	SEND(rig, 0x02, 0, 0);
	assert_violation(rig, "page program (02h) of 3 bytes is ignored");
	SEND(rig, 0x20, 0, 0);
	assert_violation(rig, "erase (20h) of 3 bytes is ignored");
	SEND(rig, 0x20, 0, 0x30, 0, 0);
	assert_violation(rig, "erase (20h) of 5 bytes is ignored");
	SEND(rig, 0xc7, 0);
	assert_violation(rig, "chip erase (C7h) of 2 bytes is ignored");
	SEND(rig, 0x01);
	assert_violation(rig, "write status (01h) of 1 bytes is ignored");
	SEND(rig, 0x01, 0, 0, 0);
	assert_violation(rig, "write status (01h) of 4 bytes is ignored");
	assert_cell(rig, 0x3000, 0x12);
	assert_false(nor_is_busy(rig->nor));
	rig_free(rig);
}

static void test_program_only_clears_bits(void **state)
{
	struct rig *rig = rig_new("w25q128jv");
	const uint8_t first[] = { 0xf0, 0x55 }, second[] = { 0x3c, 0xff };

	(void)state;
	rig_program(rig, 0x123456, first, 2);
	rig_program(rig, 0x123456, second, 2);
	assert_cell(rig, 0x123455, 0xff);
	assert_cell(rig, 0x123456, 0x30);
	assert_cell(rig, 0x123457, 0x55);
	assert_cell(rig, 0x123458, 0xff);
	assert_clean(rig);
	assert_int_equal(rig->vb.count.page_programs, 2);
	assert_int_equal(rig->vb.count.program_bytes, 4);
	rig_free(rig);
}

static void test_page_wrap(void **state)
{
	struct rig *rig = rig_new("w25q128jv");
	uint8_t data[300];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i + 1);

	rig_program(rig, 0x1000, data, 256);
	rig_program(rig, 0x11f0, data, 16);
	assert_clean(rig);

	rig_program(rig, 0x12f0, data, 20);
	assert_violation(rig, "page program (02h) runs over the end of the page at 0x0012f0");
	assert_cell(rig, 0x12ff, 16);
	assert_cell(rig, 0x1200, 17);
	assert_cell(rig, 0x1203, 20);
	assert_cell(rig, 0x1204, 0xff);
	assert_cell(rig, 0x1300, 0xff);

	/* Of more than a page, the last 256 bytes count. */
	rig_program(rig, 0x1400, data, 300);
	assert_violation(rig, "runs over the end of the page at 0x001400");
	assert_cell(rig, 0x1400, data[256]);
	assert_cell(rig, 0x1400 + 43, data[299]);
	assert_cell(rig, 0x1400 + 44, data[44]);
	rig_free(rig);
}

static void test_erases(void **state)
{
	static const struct {
		uint8_t opcode;
		uint32_t size_bytes;
	} types[] = { { 0x20, 4096 }, { 0x52, 32768 }, { 0xd8, 65536 } };
	struct rig *rig = rig_new("w25q128jv");
	uint8_t *cells = nor_content(rig->nor);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint32_t size_bytes = types[i].size_bytes;

		memset(cells, 0x5a, 4 * 65536);
		/* An address inside of the block: the low bits do not count. */
		rig_erase(rig, types[i].opcode, 0x10000 + size_bytes - 1);
		assert_cell(rig, 0xffff, 0x5a);
		assert_cell(rig, 0x10000, 0xff);
		assert_cell(rig, 0x10000 + size_bytes - 1, 0xff);
		assert_cell(rig, 0x10000 + size_bytes, 0x5a);
	}
	assert_int_equal(rig->vb.count.erase_4k, 1);
	assert_int_equal(rig->vb.count.erase_32k, 1);
	assert_int_equal(rig->vb.count.erase_64k, 1);

	cells[nor_size(rig->nor) - 1] = 0;
	SEND(rig, 0x06);
	SEND(rig, 0x60);
	rig_wait_done(rig);
	assert_cell(rig, 0, 0xff);
	assert_cell(rig, nor_size(rig->nor) - 1, 0xff);
	assert_int_equal(rig->vb.count.erase_chip, 1);
	assert_clean(rig);
	rig_free(rig);
}

static void test_beyond_the_end(void **state)
{
	struct rig *rig = rig_new("w25q64jv");
	const uint8_t read_last[] = { 0x03, 0x7f, 0xff, 0xff };
	uint8_t in[3];

	(void)state;
	rig_program(rig, 0x7fffff, one_zero, 1);
	assert_clean(rig);
	assert_cell(rig, 0x7fffff, 0);

	rig_program(rig, 0x800010, one_zero, 1);
	assert_violation(rig, "page program (02h) beyond the end of the chip at 0x800010");
	assert_cell(rig, 0x10, 0);
	rig_erase(rig, 0x20, 0xfff000);
	assert_violation(rig, "erase (20h) beyond the end of the chip at 0xfff000");
	assert_cell(rig, 0x7fffff, 0xff);

	/* Reads go on at 0. */
	nor_content(rig->nor)[0x7fffff] = 0x77;
	nor_content(rig->nor)[0] = 0x88;
	rig_command(rig, read_last, 4, in, 3);
	assert_int_equal(in[0], 0x77);
	assert_int_equal(in[1], 0x88);
	assert_int_equal(in[2], 0xff);
	assert_clean(rig);
	assert_int_equal(rig->vb.count.read_bytes, 3);
	rig_free(rig);
}

static void test_reads(void **state)
{
	struct rig *rig = rig_new("w25q128jv");
	const uint8_t fast[] = { 0x0b, 0x00, 0x01, 0x00, 0xee }, slow[] = { 0x03, 0x00, 0x01, 0x00 };
	uint8_t in[4];

	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		nor_content(rig->nor)[0x100 + i] = (uint8_t)(0xa0 + i);
	rig_command(rig, slow, sizeof(slow), in, 4);
	assert_memory_equal(in, "\xa0\xa1\xa2\xa3", 4);
	memset(in, 0, 4);
	rig_command(rig, fast, sizeof(fast), in, 4);
	assert_memory_equal(in, "\xa0\xa1\xa2\xa3", 4);
	assert_clean(rig);
	rig_free(rig);
}

static void test_identification(void **state)
{
	struct rig *rig = rig_new("w25q128jv");
	const uint8_t sfdp[] = { 0x5a, 0, 0, 0, 0 }, sfdp_late[] = { 0x5a, 0, 0, 190, 0 };
	const uint8_t res[] = { 0xab, 0, 0, 0 }, rems[] = { 0x90, 0, 0, 0 }, rems1[] = { 0x90, 0, 0, 1 };
	uint8_t id = 0x9f, in[8];

	(void)state;
	rig_command(rig, &id, 1, in, 6);
	assert_memory_equal(in, "\xef\x40\x18\xef\x40\x18", 6);
	rig_command(rig, res, 4, in, 2);
	assert_memory_equal(in, "\x17\x17", 2);
	rig_command(rig, rems, 4, in, 4);
	assert_memory_equal(in, "\xef\x17\xef\x17", 4);
	rig_command(rig, rems1, 4, in, 2);
	assert_memory_equal(in, "\x17\xef", 2);
	rig_command(rig, sfdp, 5, in, 5);
	assert_memory_equal(in, "SFDP\x05", 5);
	/* The table has 192 bytes; behind it FF. */
	rig_command(rig, sfdp_late, 5, in, 4);
	assert_int_equal(in[0], rig->part->sfdp[190]);
	assert_int_equal(in[1], rig->part->sfdp[191]);
	assert_int_equal(in[2], 0xff);
	assert_int_equal(rig->vb.count.read_bytes, 0);
	rig_free(rig);

	rig = rig_new("w25q32");
	rig_command(rig, sfdp, 5, in, 4);
	assert_memory_equal(in, "\0\0\0\0", 4);
	assert_clean(rig);
	rig_free(rig);
}

static uint8_t transfer_at(struct rig *rig, const uint8_t *bytes, size_t length, uint32_t clock_hz)
{
	uint8_t last = 0;

	nor_set_cs(rig->nor, false);
	for (size_t i = 0; i < length; i++)
		last = nor_transfer_byte(rig->nor, bytes[i], clock_hz);
	nor_set_cs(rig->nor, true);
	return last;
}

static void test_clock_limits(void **state)
{
	struct rig *rig = rig_new("w25q128jv");
	const uint8_t read[] = { 0x03, 0, 0, 0, 0 }, fast[] = { 0x0b, 0, 0, 0, 0, 0 }, id[] = { 0x9f, 0, 0, 0 };

	(void)state;
	transfer_at(rig, read, sizeof(read), 50000000);
	transfer_at(rig, fast, sizeof(fast), 133000000);
	transfer_at(rig, id, sizeof(id), 133000000);
	assert_clean(rig);

	transfer_at(rig, read, sizeof(read), 50000001);
	assert_violation(rig, "SCK of 50000001 Hz for read (03h), the part's limit is 50000000 Hz");
	transfer_at(rig, fast, sizeof(fast), 133000001);
	assert_violation(rig, "fast read (0Bh)");
	transfer_at(rig, id, sizeof(id), 140000000);
	assert_violation(rig, "read id (9Fh)");
	rig_free(rig);
}

static uint8_t shift_mode3(struct nor *nor, uint8_t mosi)
{
	uint8_t in = 0;

	for (unsigned int i = 0; i < 8; i++) {
		nor_sck_falling(nor);
		nor_sck_rising(nor, mosi >> (7 - i) & 1);
		in = (uint8_t)(in << 1 | nor_miso(nor));
	}
	return in;
}

static uint8_t shift_mode0(struct nor *nor, uint8_t mosi)
{
	uint8_t in = 0;

	for (unsigned int i = 0; i < 8; i++) {
		/* A bit-banging controller samples before or after the rising edge; both must work. */
		bool before = nor_miso(nor);

		nor_sck_rising(nor, mosi >> (7 - i) & 1);
		assert_int_equal(before, nor_miso(nor));
		in = (uint8_t)(in << 1 | before);
		nor_sck_falling(nor);
	}
	return in;
}

static uint8_t shift_byte(struct nor *nor, uint8_t mosi)
{
	return nor_transfer_byte(nor, mosi, FAST_HZ);
}

static uint8_t shift_alternating(struct nor *nor, uint8_t mosi)
{
	static unsigned int turn;

	return ++turn & 1 ? shift_mode0(nor, mosi) : shift_byte(nor, mosi);
}

static void test_bits_and_bytes_agree(void **state)
{
	uint8_t (*const shifts[])(struct nor *nor, uint8_t mosi) = {
		shift_byte, shift_mode0, shift_mode3, shift_alternating,
	};
	static const uint8_t sequences[][10] = {
		{ 1, 0x06 }, { 6, 0x02, 0x00, 0x10, 0x00, 0x5a, 0xc3 }, { 4, 0x05, 0, 0, 0 },
		{ 7, 0x9f, 0, 0, 0, 0, 0, 0 },
		{ 9, 0x5a, 0, 0, 4, 0, 0, 0, 0, 0 }, { 8, 0x03, 0x00, 0x0f, 0xff, 0, 0, 0, 0 }, { 3, 0x35, 0, 0 },
	};
	uint8_t in[4][sizeof(sequences)];
	struct vb_counters counters[4];

	(void)state;
	for (unsigned int way = 0; way < 4; way++) {
		struct rig *rig = rig_new("w25q128jv");
		size_t num = 0;

		for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
			assert_true(nor_miso(rig->nor));
			nor_set_cs(rig->nor, false);
			for (unsigned int j = 0; j < sequences[i][0]; j++)
				in[way][num++] = shifts[way](rig->nor, sequences[i][1 + j]);
			nor_set_cs(rig->nor, true);
			if (sequences[i][1] == 0x05)
				rig_wait_done(rig);
		}
		counters[way] = rig->vb.count;
		assert_clean(rig);
		if (way > 0) {
			assert_memory_equal(in[way], in[0], num);
			assert_memory_equal(&counters[way], &counters[0], sizeof(counters[0]));
		}
		rig_free(rig);
	}
	/* The read of 0FFFh..1002h, last but one of the sequences. */
	assert_memory_equal(in[0] + 1 + 6 + 4 + 7 + 9 + 4, "\xff\x5a\xc3\xff", 4);
}

static void test_lines_without_select(void **state)
{
	struct rig *rig = rig_new("w25q128jv");

	(void)state;
	assert_int_equal(nor_transfer_byte(rig->nor, 0x06, FAST_HZ), 0xff);
	nor_sck_rising(rig->nor, true);
	nor_sck_falling(rig->nor);
	assert_true(nor_miso(rig->nor));
	assert_int_equal(rig->vb.count.spi_clocks, 0);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(rig->vb.count.spi_clocks, 16);
	assert_clean(rig);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program_needs_write_enable),
		cmocka_unit_test(test_latch_clears_when_done),
		cmocka_unit_test(test_busy_times),
		cmocka_unit_test(test_only_status_reads_while_busy),
		cmocka_unit_test(test_flag_status_while_busy),
		cmocka_unit_test(test_status_read_over_whole_erase),
		cmocka_unit_test(test_unknown_opcodes),
		cmocka_unit_test(test_framing),
		cmocka_unit_test(test_program_only_clears_bits),
		cmocka_unit_test(test_page_wrap),
		cmocka_unit_test(test_erases),
		cmocka_unit_test(test_beyond_the_end),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_identification),
		cmocka_unit_test(test_clock_limits),
		cmocka_unit_test(test_bits_and_bytes_agree),
		cmocka_unit_test(test_lines_without_select),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
