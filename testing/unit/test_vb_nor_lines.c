// SPDX-License-Identifier: GPL-2.0-or-later

/* The flash model on two and four lines: which phase goes where, dummy clocks, quad I/O protocol, XIP. */

#include <stdlib.h>
#include <string.h>

#include "vb_nor_rig.h"

#define VCR		0
#define EVCR		1

static void begin(struct rig *rig)
{
	nor_set_cs(rig->nor, false);
}

static void end(struct rig *rig)
{
	nor_set_cs(rig->nor, true);
}

static void send(struct rig *rig, uint8_t byte, unsigned int lines)
{
	nor_transfer_lines(rig->nor, byte, lines, NOR_TO_CHIP, FAST_HZ);
}

static uint8_t receive(struct rig *rig, unsigned int lines)
{
	return nor_transfer_lines(rig->nor, 0, lines, NOR_FROM_CHIP, FAST_HZ);
}

static void send_address(struct rig *rig, uint32_t address, unsigned int lines)
{
	send(rig, (uint8_t)(address >> 16), lines);
	send(rig, (uint8_t)(address >> 8), lines);
	send(rig, (uint8_t)address, lines);
}

static void write_config(struct rig *rig, unsigned int which, uint8_t value, unsigned int lines)
{
	begin(rig);
	send(rig, 0x06, lines);
	end(rig);
	begin(rig);
	send(rig, which == VCR ? 0x81 : 0x61, lines);
	send(rig, value, lines);
	end(rig);
}

static uint8_t read_register(struct rig *rig, uint8_t opcode, unsigned int lines)
{
	begin(rig);
	send(rig, opcode, lines);
	uint8_t value = receive(rig, lines);
	end(rig);
	return value;
}

/* A read with the lines of each phase; the first two bytes. */
static uint16_t read_at(struct rig *rig, uint8_t opcode, uint32_t address, const unsigned int lines[3],
		unsigned int dummies)
{
	begin(rig);
	send(rig, opcode, lines[0]);
	send_address(rig, address, lines[1]);
	nor_dummy_clocks(rig->nor, dummies, lines[2], FAST_HZ);
	uint16_t value = receive(rig, lines[2]);
	value |= (uint16_t)(receive(rig, lines[2]) << 8);
	end(rig);
	return value;
}

static struct rig *new_rig(void)
{
	struct rig *rig = rig_new("n25q128a");

	for (unsigned int i = 0; i < 0x1000; i++)
		nor_content(rig->nor)[i] = (uint8_t)(i ^ i >> 8 ^ 0x5a);
	return rig;
}

static uint16_t content(struct rig *rig, uint32_t address)
{
	return (uint16_t)(nor_content(rig->nor)[address] | nor_content(rig->nor)[address + 1] << 8);
}

static const unsigned int lines_111[3] = { 1, 1, 1 }, lines_112[3] = { 1, 1, 2 }, lines_122[3] = { 1, 2, 2 };
static const unsigned int lines_114[3] = { 1, 1, 4 }, lines_144[3] = { 1, 4, 4 }, lines_444[3] = { 4, 4, 4 };

static void test_reads(void **state)
{
	const struct {
		uint8_t opcode;
		const unsigned int *lines;
		unsigned int dummies;
		unsigned int clocks;
	} read[] = {
		{ 0x03, lines_111, 0, 8 + 24 + 16 },
		{ 0x0b, lines_111, 8, 8 + 24 + 8 + 16 },
		{ 0x3b, lines_112, 8, 8 + 24 + 8 + 8 },
		{ 0xbb, lines_122, 8, 8 + 12 + 8 + 8 },
		{ 0x6b, lines_114, 8, 8 + 24 + 8 + 4 },
		{ 0xeb, lines_144, 10, 8 + 6 + 10 + 4 },
	};
	struct rig *rig = new_rig();
	(void)state;

	for (unsigned int i = 0; i < sizeof(read) / sizeof(read[0]); i++) {
		uint64_t clocks = rig->vb.count.spi_clocks;

		assert_int_equal(read_at(rig, read[i].opcode, 0x123, read[i].lines, read[i].dummies), content(rig, 0x123));
		assert_int_equal(rig->vb.count.spi_clocks - clocks, read[i].clocks);
		assert_clean(rig);
	}
	assert_int_equal(rig->vb.count.read_bytes, 2 * sizeof(read) / sizeof(read[0]));
	rig_free(rig);
}

/* SFDP of the N25Q256A, BFPT dwords 3 and 4: opcode, mode clocks and wait states of each read. */
static void test_dummies_as_in_sfdp(void **state)
{
	const struct nor_part *part = nor_part_by_name("n25q256a");
	const unsigned int *const lines[] = { lines_144, lines_114, lines_112, lines_122 };
	struct rig *rig = rig_new("n25q256a");
	(void)state;

	assert_non_null(part->sfdp);
	const uint8_t *bfpt = part->sfdp + (part->sfdp[12] | part->sfdp[13] << 8 | part->sfdp[14] << 16);
	nor_content(rig->nor)[0x77] = 0x12;
	nor_content(rig->nor)[0x78] = 0x34;
	for (unsigned int i = 0; i < 4; i++) {
		const uint8_t *half = bfpt + 8 + 2 * i;
		unsigned int dummies = (half[0] & 31) + (half[0] >> 5);

		assert_int_equal(read_at(rig, half[1], 0x77, lines[i], dummies), 0x3412);
		assert_clean(rig);
	}
	rig_free(rig);
}

static void test_programs(void **state)
{
	const struct {
		uint8_t opcode;
		const unsigned int *lines;
	} program[] = {
		{ 0x02, lines_111 }, { 0xa2, lines_112 }, { 0xd2, lines_122 }, { 0x32, lines_114 }, { 0x12, lines_144 },
	};
	struct rig *rig = rig_new("n25q128a");
	(void)state;

	for (unsigned int i = 0; i < sizeof(program) / sizeof(program[0]); i++) {
		uint32_t address = 0x2000 + 0x100 * i;

		SEND(rig, 0x06);
		begin(rig);
		send(rig, program[i].opcode, 1);
		send_address(rig, address + 3, program[i].lines[1]);
		send(rig, 0x9a, program[i].lines[2]);
		send(rig, 0xbc, program[i].lines[2]);
		end(rig);
		rig_wait_done(rig);
		assert_cell(rig, address + 2, 0xff);
		assert_cell(rig, address + 3, 0x9a);
		assert_cell(rig, address + 4, 0xbc);
		assert_cell(rig, address + 5, 0xff);
		assert_clean(rig);
	}
	assert_int_equal(rig->vb.count.page_programs, 5);
	rig_free(rig);
}

static void test_wrong_lines(void **state)
{
	struct rig *rig = new_rig();
	(void)state;

	/* Address: the chip hears nothing of it, so nothing comes */
	assert_int_equal(read_at(rig, 0xeb, 0, lines_114, 10), 0xffff);
	assert_violation(rig, "address on 1 line, the chip expects 4 (quad I/O fast read EBh)");
	/* Data */
	assert_int_equal(read_at(rig, 0x6b, 0, lines_111, 8), 0xffff);
	assert_violation(rig, "data on 1 line, the chip expects 4 (quad output fast read 6Bh)");
	assert_int_equal(read_at(rig, 0x03, 0, lines_114, 0), 0xffff);
	assert_violation(rig, "data on 4 lines, the chip expects 1");
	/* A program whose data it does not understand does nothing */
	SEND(rig, 0x06);
	begin(rig);
	send(rig, 0x02, 1);
	send_address(rig, 0x2000, 1);
	send(rig, 0x00, 4);
	end(rig);
	assert_violation(rig, "data on 4 lines, the chip expects 1 (page program 02h)");
	assert_int_equal(rig_status(rig), SR1_WEL);
	assert_cell(rig, 0x2000, 0xff);
	/* Opcode; what brings a chip back to one line may be tried on one that is there */
	begin(rig);
	send(rig, 0x06, 4);
	end(rig);
	assert_violation(rig, "opcode on 4 lines, the chip expects 1");
	begin(rig);
	send(rig, 0xf5, 4);
	end(rig);
	begin(rig);
	send(rig, 0xff, 4);
	end(rig);
	assert_clean(rig);
	rig_free(rig);
}

static void test_wrong_dummies(void **state)
{
	struct rig *rig = new_rig();
	(void)state;

	/* Whole bytes too many are data that nobody takes, too few are data that are none */
	assert_int_equal(read_at(rig, 0x6b, 0x100, lines_114, 10), content(rig, 0x101));
	assert_int_equal(read_at(rig, 0x0b, 0x100, lines_111, 0), 0xff | (content(rig, 0x100) & 0xff) << 8);
	assert_clean(rig);
	/* Parts of bytes are a mistake */
	read_at(rig, 0x6b, 0x100, lines_114, 9);
	assert_violation(rig, "data begin 1 dummy clocks too late");
	read_at(rig, 0x6b, 0x100, lines_114, 7);
	assert_violation(rig, "data begin 1 dummy clocks too early");
	rig_free(rig);
}

static void test_volatile_configuration(void **state)
{
	struct rig *rig = new_rig();
	(void)state;

	assert_int_equal(read_register(rig, 0x85, 1), 0xfb);
	assert_int_equal(read_register(rig, 0x65, 1), 0xdf);

	/* Three dummy clocks for all fast reads, on any lines, bit by bit as well */
	write_config(rig, VCR, 0x3b, 1);
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(read_at(rig, 0xeb, 0x200, lines_144, 3), content(rig, 0x200));
	assert_int_equal(read_at(rig, 0x0b, 0x200, lines_111, 3), content(rig, 0x200));
	assert_int_equal(read_at(rig, 0x03, 0x200, lines_111, 0), content(rig, 0x200));
	const uint8_t fast_read[] = { 0x0b, 0x00, 0x02, 0x00 };
	uint8_t in[2] = { 0 };
	rig_command(rig, fast_read, sizeof(fast_read), in, 2);
	/* Three clocks of the first byte read are dummies: 1s, then the data three bits late */
	assert_int_equal(in[0], 0xe0 | (content(rig, 0x200) & 0xff) >> 3);
	assert_clean(rig);

	/* Without write enable; with a byte too many */
	SEND(rig, 0x81, 0x4b);
	assert_violation(rig, "without write enable");
	SEND(rig, 0x06);
	SEND(rig, 0x81, 0x4b, 0x00);
	assert_violation(rig, "of 3 bytes is ignored");
	assert_int_equal(read_register(rig, 0x85, 1), 0x3b);
	SEND(rig, 0x04);
	write_config(rig, VCR, 0xf8, 1);
	assert_violation(rig, "wrapped reads");
	write_config(rig, EVCR, 0x9f, 1);
	assert_violation(rig, "dual I/O protocol");

	/* Both are volatile */
	SEND(rig, 0x66);
	SEND(rig, 0x99);
	rig_pass_us(rig, 100);
	assert_int_equal(read_register(rig, 0x85, 1), 0xfb);
	assert_int_equal(read_register(rig, 0x65, 1), 0xdf);
	assert_clean(rig);
	rig_free(rig);
}

static void test_quad_protocol(void **state)
{
	struct rig *rig = new_rig();
	(void)state;

	/* AFh is for the other protocols; asking costs nothing */
	assert_int_equal(read_register(rig, 0xaf, 1), 0xff);
	assert_clean(rig);

	write_config(rig, EVCR, 0x5f, 1);
	assert_int_equal(read_register(rig, 0xaf, 4), 0x20);
	assert_int_equal(read_register(rig, 0x65, 4), 0x5f);
	assert_int_equal(read_at(rig, 0xeb, 0x300, lines_444, 10), content(rig, 0x300));
	assert_int_equal(read_at(rig, 0x0b, 0x300, lines_444, 10), content(rig, 0x300));
	begin(rig);
	send(rig, 0x06, 4);
	end(rig);
	begin(rig);
	send(rig, 0x02, 4);
	send_address(rig, 0x2000, 4);
	send(rig, 0x42, 4);
	end(rig);
	rig_wait_done(rig);
	assert_cell(rig, 0x2000, 0x42);
	assert_clean(rig);

	/* These it has not */
	read_at(rig, 0x03, 0x300, lines_444, 0);
	assert_violation(rig, "unknown opcode 03h for n25q128a on four lines");
	read_at(rig, 0x3b, 0x300, lines_444, 8);
	assert_violation(rig, "unknown opcode 3Bh");
	/* Deaf on one line */
	SEND(rig, 0x06);
	assert_violation(rig, "in QPI mode");

	/* Back by the register, and by all ones */
	write_config(rig, EVCR, 0xdf, 4);
	assert_int_equal(read_at(rig, 0x03, 0x300, lines_111, 0), content(rig, 0x300));
	write_config(rig, EVCR, 0x5f, 1);
	SEND(rig, 0xff);
	assert_int_equal(read_at(rig, 0x03, 0x300, lines_111, 0), content(rig, 0x300));
	assert_int_equal(read_register(rig, 0x65, 1), 0xdf);
	assert_clean(rig);
	rig_free(rig);
}

/* With the confirmation bit in an alternate byte on four lines, as a controller sends it. */
static uint16_t read_xip(struct rig *rig, bool opcode, uint32_t address, uint8_t confirmation)
{
	begin(rig);
	if (opcode)
		send(rig, 0xeb, 1);
	send_address(rig, address, 4);
	send(rig, confirmation, 4);
	nor_dummy_clocks(rig->nor, 8, 4, FAST_HZ);
	uint16_t value = receive(rig, 4);
	value |= (uint16_t)(receive(rig, 4) << 8);
	end(rig);
	return value;
}

static void test_xip(void **state)
{
	struct rig *rig = new_rig();
	(void)state;

	/* Not enabled: the bit means nothing */
	assert_int_equal(read_xip(rig, true, 0x400, 0x00), content(rig, 0x400));
	assert_int_equal(read_xip(rig, true, 0x500, 0x00), content(rig, 0x500));

	write_config(rig, VCR, 0xf3, 1);
	assert_int_equal(read_xip(rig, true, 0x400, 0x00), content(rig, 0x400));
	assert_int_equal(read_xip(rig, false, 0x500, 0x00), content(rig, 0x500));
	assert_int_equal(read_xip(rig, false, 0x600, 0xff), content(rig, 0x600));
	/* Left: an opcode again */
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(read_xip(rig, true, 0x700, 0xff), content(rig, 0x700));
	assert_clean(rig);

	/* Nobody drives the bit */
	assert_int_equal(read_at(rig, 0xeb, 0x400, lines_144, 10), content(rig, 0x400));
	assert_violation(rig, "nobody drives the confirmation bit");
	rig_free(rig);
}

static void test_clock_limit(void **state)
{
	struct rig *rig = new_rig();
	(void)state;

	begin(rig);
	nor_transfer_lines(rig->nor, 0xeb, 1, NOR_TO_CHIP, 109000000);
	end(rig);
	assert_violation(rig, "the part's limit is 108000000 Hz");
	/* The fast reads' limit is the part's, read's is lower */
	begin(rig);
	nor_transfer_lines(rig->nor, 0x6b, 1, NOR_TO_CHIP, 108000000);
	end(rig);
	begin(rig);
	nor_transfer_lines(rig->nor, 0x03, 1, NOR_TO_CHIP, 55000000);
	end(rig);
	assert_violation(rig, "the part's limit is 54000000 Hz");
	rig_free(rig);
}

/* QPI of other makers' parts: commands without dummies, and the way out. */
static void test_winbond_qpi(void **state)
{
	struct rig *rig = rig_new("w25q128jv");
	(void)state;

	SEND(rig, 0x06);
	SEND(rig, 0x31, 0x02);
	rig_wait_done(rig);
	SEND(rig, 0x38);
	begin(rig);
	send(rig, 0x06, 4);
	end(rig);
	assert_int_equal(read_register(rig, 0x05, 4), SR1_WEL);
	assert_clean(rig);
	read_at(rig, 0x0b, 0, lines_444, 2);
	assert_violation(rig, "unknown opcode 0Bh for w25q128jv on four lines");
	begin(rig);
	send(rig, 0xff, 4);
	end(rig);
	assert_int_equal(rig_status(rig), SR1_WEL);
	assert_clean(rig);
	rig_free(rig);
}

/* Winbond's 1-1-4 commands: not while QE is 0, for then DQ2 and DQ3 are WP# and HOLD#. */
static void test_quad_enable(void **state)
{
	static const struct {
		const char *part;
		bool four_bytes;
	} parts[] = { { "w25q128jv", false }, { "w25q512jv", true } };
	(void)state;

	for (unsigned int n = 0; n < sizeof(parts) / sizeof(parts[0]); n++) {
		struct rig *rig = rig_new(parts[n].part);
		for (unsigned int i = 0; i < 0x400; i++)
			nor_content(rig->nor)[i] = (uint8_t)(i ^ 0x5a);

		read_at(rig, 0x6b, 0x123, lines_114, 8);
		assert_violation(rig, "without quad enable");
		begin(rig);
		send(rig, 0x06, 1);
		end(rig);
		begin(rig);
		send(rig, 0x01, 1);
		send(rig, 0x00, 1);
		send(rig, 0x02, 1);
		end(rig);
		rig->vb.clock.now_ps += 100 * VB_PS_PER_MS;
		assert_int_equal(read_register(rig, 0x35, 1), 0x02);
		assert_int_equal(read_at(rig, 0x6b, 0x123, lines_114, 8), content(rig, 0x123));
		begin(rig);
		send(rig, 0x06, 1);
		end(rig);
		begin(rig);
		send(rig, 0x32, 1);
		send_address(rig, 0x1000, 1);
		send(rig, 0x96, 4);
		end(rig);
		rig->vb.clock.now_ps += 100 * VB_PS_PER_MS;
		assert_int_equal(read_register(rig, 0x05, 1), 0x00);
		assert_int_equal(nor_content(rig->nor)[0x1000], 0x96);
		assert_clean(rig);
		if (!parts[n].four_bytes) {
			begin(rig);
			send(rig, 0x34, 1);
			end(rig);
			assert_violation(rig, "unknown opcode 34h");
		}
		rig_free(rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quad_enable),
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_dummies_as_in_sfdp),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_wrong_lines),
		cmocka_unit_test(test_wrong_dummies),
		cmocka_unit_test(test_volatile_configuration),
		cmocka_unit_test(test_quad_protocol),
		cmocka_unit_test(test_xip),
		cmocka_unit_test(test_clock_limit),
		cmocka_unit_test(test_winbond_qpi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
