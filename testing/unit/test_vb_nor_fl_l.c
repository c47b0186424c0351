// SPDX-License-Identifier: GPL-2.0-or-later

/* The flash model's S25FL064L: registers, errors that hold the chip, lines, latency, QPI. */

#include "vb_nor_rig.h"

#define QUAD		0x02

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

static void send_address(struct rig *rig, uint32_t address, unsigned int num_bytes, unsigned int lines)
{
	while (num_bytes-- > 0)
		send(rig, (uint8_t)(address >> (8 * num_bytes)), lines);
}

static void command_on(struct rig *rig, uint8_t opcode, unsigned int lines)
{
	begin(rig);
	send(rig, opcode, lines);
	end(rig);
}

/* 65h with three address bytes and the dummy clocks given. */
static uint8_t read_any(struct rig *rig, uint32_t address, unsigned int dummies)
{
	begin(rig);
	send(rig, 0x65, 1);
	send_address(rig, address, 3, 1);
	nor_dummy_clocks(rig->nor, dummies, 1, FAST_HZ);
	uint8_t value = receive(rig, 1);
	end(rig);
	return value;
}

static void write_any(struct rig *rig, uint32_t address, uint8_t value)
{
	SEND(rig, 0x06);
	SEND(rig, 0x71, (uint8_t)(address >> 16), (uint8_t)(address >> 8), (uint8_t)address, value);
	rig_wait_done(rig);
}

static void test_registers(void **state)
{
	struct rig *rig = rig_new("s25fl064l");
	uint8_t id[3];
	(void)state;

	rig_command(rig, (const uint8_t[]){ 0x9f }, 1, id, 3);
	assert_memory_equal(id, ((const uint8_t[]){ 0x01, 0x60, 0x17 }), 3);
	assert_int_equal(rig_status(rig), 0x00);
	assert_int_equal(rig_read_register(rig, 0x07), 0x00);
	assert_int_equal(rig_read_register(rig, 0x35), 0x00);
	assert_int_equal(rig_read_register(rig, 0x15), 0x00);
	assert_int_equal(rig_read_register(rig, 0x33), 0x78);

	/* One to four registers; what is not sent stays, and the one-time bits and those that only tell do not change */
	SEND(rig, 0x06);
	SEND(rig, 0x01, 0x1f, 0x3e);
	assert_int_equal(rig_status(rig) & (SR1_WIP | SR1_WEL), SR1_WIP | SR1_WEL);
	rig_wait_done(rig);
	assert_int_equal(rig_status(rig), 0x1c);
	assert_int_equal(rig_read_register(rig, 0x35), QUAD);
	SEND(rig, 0x06);
	SEND(rig, 0x01, 0x00);
	rig_wait_done(rig);
	assert_int_equal(rig_read_register(rig, 0x35), QUAD);
	SEND(rig, 0x06);
	SEND(rig, 0x01, 0x00, 0x00, 0x60, 0x76);
	rig_wait_done(rig);
	assert_int_equal(rig_read_register(rig, 0x35), 0x00);
	assert_int_equal(rig_read_register(rig, 0x15), 0x60);
	assert_int_equal(rig_read_register(rig, 0x33), 0x76);
	assert_clean(rig);
	SEND(rig, 0x06);
	SEND(rig, 0x01, 0, 0, 0, 0x78, 0);
	assert_violation(rig, "write registers (01h) of 6 bytes");
	SEND(rig, 0x04);
	SEND(rig, 0x01, 0);
	assert_violation(rig, "write registers (01h) without write enable");

	/* After 50h the volatile ones, until a reset */
	SEND(rig, 0x50);
	SEND(rig, 0x01, 0x00, QUAD);
	assert_int_equal(rig_status(rig), 0x00);
	assert_int_equal(rig_read_register(rig, 0x35), QUAD);
	SEND(rig, 0x66);
	SEND(rig, 0x99);
	rig_pass_us(rig, 1000);
	assert_int_equal(rig_read_register(rig, 0x35), 0x00);
	assert_int_equal(rig_read_register(rig, 0x33), 0x76);
	assert_clean(rig);
	rig_free(rig);
}

static void test_any_register(void **state)
{
	struct rig *rig = rig_new("s25fl064l");
	(void)state;

	write_any(rig, 0x800002, QUAD);
	assert_int_equal(rig_read_register(rig, 0x35), QUAD);
	assert_int_equal(read_any(rig, 0x800002, 8), QUAD);
	assert_int_equal(read_any(rig, 0x000002, 8), 0x00);
	assert_int_equal(read_any(rig, 0x800004, 8), 0x78);
	SEND(rig, 0x06);
	assert_int_equal(read_any(rig, 0x800000, 8), SR1_WEL);
	assert_int_equal(read_any(rig, 0x000000, 8), 0x00);
	assert_int_equal(read_any(rig, 0x800001, 8), 0x00);
	assert_int_equal(read_any(rig, 0x000001, 8), 0xff);
	SEND(rig, 0x04);
	/* 65h has the latency of the fast reads */
	write_any(rig, 0x800004, 0x74);
	assert_int_equal(read_any(rig, 0x800004, 4), 0x74);
	assert_clean(rig);
	read_any(rig, 0x800004, 9);
	assert_violation(rig, "data begin 5 dummy clocks too late");
	write_any(rig, 0x800004, 0x78);

	/* Four address bytes from the next reset on, by the non-volatile ADP; and now by B7h */
	SEND(rig, 0xb7);
	assert_int_equal(rig_read_register(rig, 0x15), 0x01);
	SEND(rig, 0xe9);
	write_any(rig, 0x000003, 0x02);
	assert_int_equal(rig_read_register(rig, 0x15), 0x02);
	nor_power_cycle(rig->nor);
	assert_int_equal(rig_read_register(rig, 0x15), 0x03);
	assert_clean(rig);

	SEND(rig, 0xe9);
	SEND(rig, 0x71, 0x80, 0x00, 0x02, 0x00);
	assert_violation(rig, "write any register (71h) without write enable");
	SEND(rig, 0x06);
	SEND(rig, 0x71, 0x80, 0x00, 0x02);
	assert_violation(rig, "write any register (71h) of 4 bytes");
	SEND(rig, 0x71, 0x80, 0x00, 0x01, 0x00);
	assert_violation(rig, "of no register, at 800001h");
	SEND(rig, 0x06);
	SEND(rig, 0x71, 0x80, 0x00, 0x03, 0x06);
	assert_violation(rig, "individual block locks");
	SEND(rig, 0x06);
	SEND(rig, 0x71, 0x80, 0x00, 0x03, 0x0a);
	assert_violation(rig, "QPI by writing CR2");
	SEND(rig, 0x06);
	SEND(rig, 0x71, 0x80, 0x00, 0x04, 0x68);
	assert_violation(rig, "wrapped reads");
	rig_free(rig);
}

/* The chip is held by an error until 30h, which leaves WEL, and 04h. */
static void assert_held(struct rig *rig, uint8_t error)
{
	rig_pass_us(rig, 1000000);
	assert_int_equal(rig_status(rig) & (SR1_WIP | SR1_WEL), SR1_WIP | SR1_WEL);
	assert_int_equal(rig_read_register(rig, 0x07), error);
	assert_int_equal(read_any(rig, 0x800001, 8), error);
	/* In SR1 its place is that of TBPROT and SEC */
	assert_int_equal(rig_status(rig) & 0x60, 0x00);
	assert_clean(rig);
	SEND(rig, 0x04);
	assert_violation(rig, "write disable (04h) while busy");
	rig_send_address(rig, 0x03, 0, NULL, 0);
	assert_violation(rig, "read (03h) while busy");
	SEND(rig, 0x30);
	assert_int_equal(rig_status(rig) & (SR1_WIP | SR1_WEL), SR1_WEL);
	assert_int_equal(rig_read_register(rig, 0x07), 0x00);
	SEND(rig, 0x04);
	assert_int_equal(rig_status(rig) & (SR1_WIP | SR1_WEL), 0x00);
	assert_clean(rig);
}

static void test_errors(void **state)
{
	struct rig *rig = rig_new("s25fl064l");
	(void)state;

	/* A program and an erase of what SR1 protects: BP2:0 = 7 is everything */
	SEND(rig, 0x06);
	SEND(rig, 0x01, 0x1c);
	rig_wait_done(rig);
	rig_program(rig, 0x1000, one_zero, 1);
	assert_held(rig, 0x20);
	SEND(rig, 0x06);
	rig_send_address(rig, 0x20, 0x1000, NULL, 0);
	assert_held(rig, 0x40);
	assert_cell(rig, 0x1000, 0xff);
	/* A reset ends it as well */
	rig_program(rig, 0x1000, one_zero, 1);
	SEND(rig, 0x66);
	SEND(rig, 0x99);
	rig_pass_us(rig, 1000);
	assert_int_equal(rig_status(rig), 0x1c);
	assert_int_equal(rig_read_register(rig, 0x07), 0x00);
	assert_clean(rig);

	/* Cells that do not take the program */
	SEND(rig, 0x06);
	SEND(rig, 0x01, 0x00);
	rig_wait_done(rig);
	rig_arm(rig, FAULT_NOR_PROGRAM_FAILS, FAULT_EVENT_PROGRAM, AT_ONCE, 0x01);
	rig_program(rig, 0x2000, one_zero, 1);
	assert_held(rig, 0x20);
	assert_cell(rig, 0x2000, 0x01);
	rig_program(rig, 0x2000, one_zero, 1);
	assert_cell(rig, 0x2000, 0x00);
	assert_clean(rig);
	rig_free(rig);
}

static void test_lines(void **state)
{
	static const struct {
		uint8_t opcode;
		unsigned int address_bytes, address_lines, data_lines;
		bool has_mode;
	} reads[] = {
		{ 0x0b, 3, 1, 1, false }, { 0x0c, 4, 1, 1, false }, { 0x3b, 3, 1, 2, false }, { 0x3c, 4, 1, 2, false },
		{ 0x6b, 3, 1, 4, false }, { 0x6c, 4, 1, 4, false }, { 0xbb, 3, 2, 2, true }, { 0xbc, 4, 2, 2, true },
		{ 0xeb, 3, 4, 4, true }, { 0xec, 4, 4, 4, true },
	};
	struct rig *rig = rig_new("s25fl064l");
	(void)state;

	for (unsigned int i = 0; i < 4; i++)
		nor_content(rig->nor)[0x123456 + i] = (uint8_t)(0x91 + 0x1b * i);
	for (unsigned int latency = 8; latency >= 6; latency -= 2) {
		write_any(rig, 0x800002, QUAD);
		write_any(rig, 0x800004, (uint8_t)(0x70 | latency));
		for (unsigned int i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
			begin(rig);
			send(rig, reads[i].opcode, 1);
			send_address(rig, 0x123456, reads[i].address_bytes, reads[i].address_lines);
			if (reads[i].has_mode)
				send(rig, 0xff, reads[i].address_lines);
			nor_dummy_clocks(rig->nor, latency, reads[i].data_lines, FAST_HZ);
			assert_int_equal(receive(rig, reads[i].data_lines), 0x91);
			assert_int_equal(receive(rig, reads[i].data_lines), 0xac);
			end(rig);
			assert_clean(rig);
		}
	}
	/* Quad program, with 3 and with 4 address bytes */
	for (unsigned int i = 0; i < 2; i++) {
		SEND(rig, 0x06);
		begin(rig);
		send(rig, i ? 0x34 : 0x32, 1);
		send_address(rig, 0x4000 + 0x100 * i, 3 + i, 1);
		send(rig, 0x5a, 4);
		end(rig);
		rig_wait_done(rig);
		assert_cell(rig, 0x4000 + 0x100 * i, 0x5a);
	}
	assert_clean(rig);

	/* Mode bits that nobody drives, and those that ask for continuous read */
	begin(rig);
	send(rig, 0xeb, 1);
	send_address(rig, 0, 3, 4);
	nor_dummy_clocks(rig->nor, 8, 4, FAST_HZ);
	end(rig);
	assert_violation(rig, "nobody drives its mode bits");
	begin(rig);
	send(rig, 0xbb, 1);
	send_address(rig, 0, 3, 2);
	send(rig, 0xa5, 2);
	end(rig);
	assert_violation(rig, "continuous read (mode A5h) is not modelled");

	/* Without QUAD two lines are WP# and RESET# */
	write_any(rig, 0x800002, 0x00);
	begin(rig);
	send(rig, 0x6b, 1);
	end(rig);
	assert_violation(rig, "quad output read (6Bh) without quad enable");
	begin(rig);
	send(rig, 0x32, 1);
	end(rig);
	assert_violation(rig, "quad program (32h) without quad enable");
	begin(rig);
	send(rig, 0x3b, 1);
	end(rig);
	assert_clean(rig);
	rig_free(rig);
}

static void test_qpi(void **state)
{
	struct rig *rig = rig_new("s25fl064l");
	(void)state;

	/* It has no need of QUAD, and FFh does not end it */
	SEND(rig, 0x38);
	begin(rig);
	send(rig, 0x05, 4);
	assert_int_equal(receive(rig, 4), 0x00);
	end(rig);
	begin(rig);
	send(rig, 0xaf, 4);
	assert_int_equal(receive(rig, 4), 0x01);
	end(rig);
	SEND(rig, 0xff);
	assert_clean(rig);
	SEND(rig, 0x06);
	assert_violation(rig, "write enable (06h) in QPI mode");
	command_on(rig, 0xf5, 4);
	assert_int_equal(rig_status(rig), 0x00);
	assert_clean(rig);
	/* It is not known on one line; a reset ends QPI as well */
	SEND(rig, 0xf5);
	assert_violation(rig, "unknown opcode F5h for s25fl064l on one line");
	SEND(rig, 0x38);
	command_on(rig, 0x66, 4);
	command_on(rig, 0x99, 4);
	rig_pass_us(rig, 1000);
	assert_int_equal(rig_status(rig), 0x00);
	assert_clean(rig);
	rig_free(rig);
}

static void test_erases(void **state)
{
	static const struct {
		uint8_t opcode, opcode_4byte;
		uint32_t size_bytes;
	} erases[] = { { 0x20, 0x21, 4096 }, { 0x52, 0x53, 32768 }, { 0xd8, 0xdc, 65536 } };
	struct rig *rig = rig_new("s25fl064l");
	(void)state;

	for (unsigned int i = 0; i < sizeof(erases) / sizeof(erases[0]); i++) {
		for (unsigned int four = 0; four < 2; four++) {
			nor_content(rig->nor)[0x20000] = 0x00;
			nor_content(rig->nor)[0x20000 + erases[i].size_bytes - 1] = 0x00;
			nor_content(rig->nor)[0x20000 + erases[i].size_bytes] = 0x00;
			SEND(rig, 0x06);
			if (four)
				SEND(rig, erases[i].opcode_4byte, 0x00, 0x02, 0x00, 0x00);
			else
				SEND(rig, erases[i].opcode, 0x02, 0x00, 0x00);
			rig_wait_done(rig);
			assert_cell(rig, 0x20000, 0xff);
			assert_cell(rig, 0x20000 + erases[i].size_bytes - 1, 0xff);
			assert_cell(rig, 0x20000 + erases[i].size_bytes, 0x00);
		}
	}
	assert_clean(rig);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_any_register),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_qpi),
		cmocka_unit_test(test_erases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
