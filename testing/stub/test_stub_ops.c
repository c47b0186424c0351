// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The stub's operations except programming, when all goes well: identification, read, erase, CRC, blank check, restore.
 */

#include <stdlib.h>
#include <string.h>

#include "../../src/flash/nor/ofl_crc.h"
#include "stub_rig.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static void test_jedec_id(struct stub_rig *rig)
{
	uint8_t id[3];

	stub_open_usual(rig, NULL, NULL);
	stub_transfer(rig, OFL_COMMAND(0x9f, 0, 0), 0, id, 3);
	assert_int_equal(id[0] << 16 | id[1] << 8 | id[2], rig->kind->jedec_id);
	stub_assert_clean(rig);
}

/* For what the board's own part lacks: N25Q128A and S25FL064L have no SFDP, the former no 32 KiB erase. */
static const char *complete_part(const struct stub_rig *rig)
{
	const char *part = rig->kind->part;
	bool is_complete = strcmp(part, "n25q128a") && strcmp(part, "s25fl064l") && strcmp(part, "w25q32");
	return is_complete ? NULL : "w25q128jv";
}

/* With address and a dummy byte; bytes behind the part's table read as FF. */
static void test_sfdp(struct stub_rig *rig)
{
	uint8_t sfdp[512], expected[512];

	stub_open_usual(rig, complete_part(rig), NULL);
	const struct nor_part *part = nor_get_part(rig->board->nor);
	assert_non_null(part->sfdp);
	memset(expected, 0xff, sizeof(expected));
	memcpy(expected, part->sfdp, part->sfdp_bytes < sizeof(expected) ? part->sfdp_bytes : sizeof(expected));
	stub_transfer(rig, OFL_COMMAND(0x5a, 3, 1), 0, sfdp, sizeof(sfdp));
	assert_memory_equal(sfdp, expected, sizeof(sfdp));
	stub_transfer(rig, OFL_COMMAND(0x5a, 3, 1), 0x84, sfdp, 5);
	assert_memory_equal(sfdp, expected + 0x84, 5);
	stub_assert_clean(rig);
}

/* Commands of one byte, with data to the flash, and without any data. */
static void test_raw_commands(struct stub_rig *rig)
{
	uint8_t value = 0x5a;

	stub_open_usual(rig, NULL, NULL);
	stub_transfer(rig, OFL_COMMAND(0x06, 0, 0), 0, NULL, 0);
	stub_transfer(rig, OFL_COMMAND(0x05, 0, 0), 0, &value, 1);
	assert_int_equal(value, 0x02);
	/* Block protect bits, which all these parts have at 4:2. */
	value = 0x1c;
	stub_transfer(rig, OFL_COMMAND(0x01, 0, 0) | OFL_COMMAND_DATA_OUT, 0, &value, 1);
	stub_pass(rig, 100000);
	stub_transfer(rig, OFL_COMMAND(0x05, 0, 0), 0, &value, 1);
	assert_int_equal(value, 0x1c);
	stub_assert_clean(rig);
}

/*
 * Ring of one, two and many slots, at most and least as quick as the flash; lengths that fill the last slot or do not.
 */
static void test_read(struct stub_rig *rig)
{
	static const struct {
		uint32_t num_slots, slot_bytes, length;
		bool slow;
	} cases[] = {
		{ 1, 64, 64, false }, { 1, 64, 65, true }, { 2, 64, 1000, false }, { 2, 128, 1024, true },
		{ 3, 100, 1001, true }, { 0, 256, 3000, false }, { 0, 4, 41, false }, { 0, 512, 1, true },
	};
	uint8_t *content, data[3000];

	stub_open_usual(rig, NULL, NULL);
	content = nor_content(rig->board->nor);
	for (unsigned int n = 0; n < COUNT(cases); n++) {
		uint32_t address = 0x12345 + 0x1001 * n;
		stub_fill_random(content + address - 1, cases[n].length + 2, n);
		memset(data, 0, sizeof(data));
		rig->num_slots = cases[n].num_slots;
		assert_int_equal(stub_read(rig, address, data, cases[n].length, cases[n].slot_bytes,
			cases[n].slow ? &stub_host_slow : &stub_host_fast), OFL_STATUS_OK);
		assert_memory_equal(data, content + address, cases[n].length);
		assert_int_equal(rig->params.wp, rig->params.count);
		assert_int_equal(rig->params.done, rig->params.count);
		assert_int_equal(rig->params.address, address + cases[n].length);
	}
	stub_assert_clean(rig);
}

/* The last bytes of the chip, and a fast read, whose dummy byte comes behind the address. */
static void test_read_variants(struct stub_rig *rig)
{
	uint8_t data[300];

	stub_open_usual(rig, NULL, NULL);
	uint32_t size = (uint32_t)nor_size(rig->board->nor);
	uint8_t *end = nor_content(rig->board->nor) + size;
	stub_fill_random(end - sizeof(data), sizeof(data), 5);
	assert_int_equal(stub_read(rig, size - sizeof(data), data, sizeof(data), 128, &stub_host_fast), OFL_STATUS_OK);
	assert_memory_equal(data, end - sizeof(data), sizeof(data));

	memset(data, 0, sizeof(data));
	stub_params(rig, OFL_OP_READ);
	rig->params.command = OFL_COMMAND(0x0b, 3, 1);
	assert_int_equal(stub_read(rig, size - sizeof(data), data, sizeof(data), 128, &stub_host_fast), OFL_STATUS_OK);
	assert_memory_equal(data, end - sizeof(data), sizeof(data));
	stub_assert_clean(rig);
}

static bool is_blank(const uint8_t *bytes, uint32_t length)
{
	for (uint32_t n = 0; n < length; n++) {
		if (bytes[n] != 0xff)
			return false;
	}
	return true;
}

static void test_erase(struct stub_rig *rig)
{
	struct ofl_erase_entry entries[] = {
		/* All three dirty; the first blank; all blank; none at all. */
		{ 0x10000, 4 * KIB, 3, OFL_COMMAND(0x20, 3, 0), .max_polls = 1000000 },
		{ 0x20000, 4 * KIB, 2, OFL_COMMAND(0x20, 3, 0), .max_polls = 1000000 },
		{ 0x30000, 4 * KIB, 1, OFL_COMMAND(0x20, 3, 0), .max_polls = 1000000 },
		{ 0x40000, 4 * KIB, 0, OFL_COMMAND(0x20, 3, 0), .max_polls = 1000000 },
		{ 0x50000, 32 * KIB, 1, OFL_COMMAND(0x52, 3, 0), .max_polls = 2000000 },
	};
	static const uint32_t skipped[] = { 0, 1, 1, 0, 0 };
	uint8_t *content;

	stub_open_usual(rig, complete_part(rig), NULL);
	content = nor_content(rig->board->nor);
	/* Reading 32 KiB by hand takes the simulation too long. */
	unsigned int count = rig->kind->sck_hz ? COUNT(entries) : COUNT(entries) - 1;
	/* One wrong bit a unit, at its first, its last and a middle byte; and neighbours that must stay. */
	content[0x10000] = 0x7f;
	content[0x11fff] = 0xfe;
	content[0x12800] = 0xef;
	content[0x21000] = 0;
	content[0x50000] = 0;
	content[0x0ffff] = 0x11;
	content[0x13000] = 0x22;
	content[0x1ffff] = 0x33;
	content[0x22000] = 0x44;
	content[0x4ffff] = 0x55;
	content[0x58000] = 0x66;
	assert_int_equal(stub_erase(rig, entries, count), OFL_STATUS_OK);
	for (unsigned int n = 0; n < count; n++) {
		assert_true(is_blank(content + entries[n].address, entries[n].unit_bytes * entries[n].count));
		assert_int_equal(entries[n].skipped, skipped[n]);
	}
	assert_int_equal(rig->params.done, 3 + 2 + 1 + (count == COUNT(entries)));
	assert_int_equal(rig->vb.count.erase_4k, 4);
	assert_int_equal(rig->vb.count.erase_32k, count == COUNT(entries));
	assert_int_equal(content[0x0ffff], 0x11);
	assert_int_equal(content[0x13000], 0x22);
	assert_int_equal(content[0x1ffff], 0x33);
	assert_int_equal(content[0x22000], 0x44);
	assert_int_equal(content[0x4ffff], 0x55);
	assert_int_equal(content[0x58000], 0x66);
	stub_assert_clean(rig);
}

/* No address bytes. The unit is a small one, because a whole chip would be read for minutes. */
static void test_chip_erase(struct stub_rig *rig)
{
	struct ofl_erase_entry entry = {
		.address = 0, .unit_bytes = 1024, .count = 1, .command = OFL_COMMAND(0xc7, 0, 0), .max_polls = 100000000,
	};
	uint8_t *content;

	stub_open_usual(rig, complete_part(rig), NULL);
	content = nor_content(rig->board->nor);
	uint32_t last = (uint32_t)nor_size(rig->board->nor) - 1;
	content[1023] = 0;
	content[last] = 0;
	assert_int_equal(stub_erase(rig, &entry, 1), OFL_STATUS_OK);
	assert_int_equal(content[1023], 0xff);
	assert_int_equal(content[last], 0xff);
	assert_int_equal(rig->vb.count.erase_chip, 1);
	assert_int_equal(entry.skipped, 0);
	stub_assert_clean(rig);
}

static void test_crc(struct stub_rig *rig)
{
	static const uint32_t unit_sizes[] = { 1, 3, 256, 1000 };
	uint32_t result[4];
	uint8_t *content;

	stub_open_usual(rig, NULL, NULL);
	content = nor_content(rig->board->nor);
	stub_fill_random(content + 0x10001, 3000, 9);
	for (unsigned int n = 0; n < COUNT(unit_sizes); n++) {
		uint32_t unit_bytes = unit_sizes[n];
		stub_params(rig, OFL_OP_CRC);
		assert_int_equal(stub_check(rig, OFL_OP_CRC, 0x10001, unit_bytes, 4, result), OFL_STATUS_OK);
		for (unsigned int unit = 0; unit < 4; unit++)
			assert_int_equal(result[unit], ofl_crc(content + 0x10001 + unit * unit_bytes, unit_bytes));
		assert_int_equal(rig->params.done, 4);
	}
	stub_assert_clean(rig);
}

static void test_blank(struct stub_rig *rig)
{
	uint32_t result[6];
	uint8_t *content;

	stub_open_usual(rig, NULL, NULL);
	content = nor_content(rig->board->nor) + 0x20000;
	content[0] = 0xfe;			/* unit 0: its first byte, and more */
	content[1] = 0;
	content[256 + 255] = 0x7f;		/* unit 1: its last */
	content[3 * 256 + 100] = 0;		/* unit 3; 2 is blank */
	content[4 * 256 + 1] = 0x80;
	content[6 * 256] = 0;			/* behind the last */
	assert_int_equal(stub_check(rig, OFL_OP_BLANK, 0x20000, 256, COUNT(result), result), OFL_STATUS_OK);
	assert_int_equal(result[0], 0);
	assert_int_equal(result[1], 255);
	assert_int_equal(result[2], 256);
	assert_int_equal(result[3], 100);
	assert_int_equal(result[4], 1);
	assert_int_equal(result[5], 256);
	stub_assert_clean(rig);
}

/* Not known to the stub: nothing reaches the flash. */
static void test_bad_operation(struct stub_rig *rig)
{
	static const uint32_t ops[] = { 7, 8, 0x80000001, 0xffffffff };

	stub_open_usual(rig, NULL, NULL);
	for (unsigned int n = 0; n < COUNT(ops); n++) {
		uint64_t clocks = rig->vb.count.spi_clocks;
		stub_params(rig, OFL_OP_XFER);
		rig->params.op = ops[n];
		assert_int_equal(stub_run(rig, 100), OFL_STATUS_BAD_OP);
		assert_int_equal(rig->vb.count.spi_clocks, clocks);
	}
	stub_assert_clean(rig);
}

/* Nothing to do is done at once. */
static void test_count_zero(struct stub_rig *rig)
{
	static const enum ofl_op ops[] = { OFL_OP_PROGRAM, OFL_OP_ERASE, OFL_OP_READ, OFL_OP_CRC, OFL_OP_BLANK };

	stub_open_usual(rig, NULL, NULL);
	for (unsigned int n = 0; n < COUNT(ops); n++) {
		stub_params(rig, ops[n]);
		rig->params.slots = 1;
		rig->params.slot_bytes = 256;
		assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
		assert_int_equal(rig->params.done, 0);
	}
	assert_int_equal(rig->vb.count.spi_clocks, 0);
	stub_assert_clean(rig);
}

/* The host stops a run that does not end, wherever that is, and has the controller put back. */
static void test_restore(struct stub_rig *rig)
{
	/* In microseconds, behind the first few instructions: in a wait for the host, or somewhere in a command. */
	static const uint32_t delays[] = { 5, 6, 7, 12, 29, 61, 400 };
	uint8_t id[3];

	for (unsigned int n = 0; n < COUNT(delays); n++) {
		stub_open_usual(rig, NULL, NULL);
		stub_params(rig, n & 1 ? OFL_OP_READ : OFL_OP_PROGRAM);
		rig->params.count = 100;
		rig->params.slot_bytes = 264;
		rig->params.slots = 2;
		stub_start(rig);
		assert_false(stub_pass(rig, delays[n]));
		core_debug_halt(rig->board->core);
		/* The rest of a frame takes its time, as the debugger does. */
		stub_pass(rig, 10);
		memcpy(&rig->params, stub_ram(rig, rig->layout.params, sizeof(rig->params)), sizeof(rig->params));
		rig->params.op = OFL_OP_RESTORE;
		rig->params.status = OFL_STATUS_RUNNING;
		assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
		/* Bit-bang may stop inside a byte of a read, which the flash forgets without harm. */
		stub_assert_clean(rig);
		stub_transfer(rig, OFL_COMMAND(0x9f, 0, 0), 0, id, 3);
		assert_int_equal(id[0] << 16 | id[1] << 8 | id[2], rig->kind->jedec_id);
	}
}

int main(void)
{
	static const struct stub_test tests[] = {
		{ .name = "JEDEC id", .function = test_jedec_id },
		{ .name = "SFDP", .function = test_sfdp },
		{ .name = "raw commands", .function = test_raw_commands },
		{ .name = "read, rings and hosts", .function = test_read },
		{ .name = "read, end of chip and fast read", .function = test_read_variants },
		{ .name = "erase list, blank units skipped", .function = test_erase },
		{ .name = "chip erase", .function = test_chip_erase },
		{ .name = "CRC", .function = test_crc },
		{ .name = "blank check", .function = test_blank },
		{ .name = "unknown operation", .function = test_bad_operation },
		{ .name = "nothing to do", .function = test_count_zero },
		{ .name = "restore after a run cut short", .function = test_restore },
	};

	return stub_run_tests(tests, COUNT(tests));
}
