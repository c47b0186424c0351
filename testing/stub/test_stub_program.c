// SPDX-License-Identifier: GPL-2.0-or-later

/* The page loop: rings and hosts of all kinds, partial pages, four address bytes, flag status; and how fast it is. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "stub_rig.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define PAGE_BYTES	256u
#define MAX_BYTES	(24 * PAGE_BYTES)

/* Of an STM32 SPI's CR1: SCK is the APB clock divided by 2, 4, 8, ... (RM0360 24.6.1) */
#define CR1_BR		0x38u
#define CR1_BR_STEP	0x08u

/* Programs, and compares a stretch of the chip that is larger on both sides. */
static void program(struct stub_rig *rig, uint32_t address, const uint8_t *data, uint32_t length,
		const struct stub_host *host)
{
	static uint8_t expected[MAX_BYTES + 2 * PAGE_BYTES];
	uint8_t *content = nor_content(rig->board->nor);
	uint32_t before = address < PAGE_BYTES ? address : PAGE_BYTES;
	uint32_t around = (uint32_t)(nor_size(rig->board->nor) - address - length);

	if (around > PAGE_BYTES)
		around = PAGE_BYTES;
	assert_true(before + length + around <= sizeof(expected));
	memcpy(expected, content + address - before, before + length + around);
	for (uint32_t n = 0; n < length; n++)
		expected[before + n] &= data[n];

	assert_int_equal(stub_program(rig, address, data, length, host), OFL_STATUS_OK);
	assert_int_equal(rig->params.rp, rig->params.count);
	assert_int_equal(rig->params.done, rig->params.count);
	assert_memory_equal(content + address - before, expected, before + length + around);
}

static void test_rings(struct stub_rig *rig)
{
	static const uint32_t nums_slots[] = { 1, 2, 3, 0 };
	static uint8_t data[12 * PAGE_BYTES];

	stub_open_usual(rig, NULL, NULL);
	for (unsigned int n = 0; n < COUNT(nums_slots); n++) {
		rig->num_slots = nums_slots[n];
		stub_fill_random(data, sizeof(data), n);
		/* More pages than slots: the ring wraps, with one slot at each page. */
		program(rig, 0x10000 * (n + 1), data, sizeof(data), &stub_host_fast);
		assert_int_equal(rig->params.count, 12);
		assert_true(rig->params.slots < 12);
	}
	assert_int_equal(rig->vb.count.page_programs, 12 * COUNT(nums_slots));
	stub_assert_clean(rig);
}

/* The stub waits for each page. */
static void test_slow_host(struct stub_rig *rig)
{
	static uint8_t data[5 * PAGE_BYTES];

	stub_open_usual(rig, NULL, NULL);
	stub_fill_random(data, sizeof(data), 3);
	rig->num_slots = 2;
	program(rig, 0x4000, data, sizeof(data), &stub_host_slow);
	/* One look for each page but the first, and nothing but waiting between. */
	uint64_t waited_ps = 4 * stub_host_slow.look_us * VB_PS_PER_US;
	assert_true(rig->ended_ps - rig->started_ps >= waited_ps);
	assert_true(rig->ended_ps - rig->started_ps <= waited_ps + 2 * stub_host_slow.look_us * VB_PS_PER_US);
	stub_assert_clean(rig);
}

/* Any offset and length, in pages and in parts of a page; what is FF is not sent at all. */
static void test_partial_pages(struct stub_rig *rig)
{
	static const struct {
		uint32_t address, length;
	} cases[] = {
		{ 0, 1 }, { 0x101, 1 }, { 0x2ff, 1 }, { 0x3ff, 2 }, { 0x501, 254 }, { 0x601, 255 }, { 0x7ff, 258 },
		{ 0xa01, 3 }, { 0xc80, 600 }, { 0xffff00, 256 }, { 0x7fffff, 1 },
	};
	/* Whole pages, and what little memory makes of them: pieces. */
	static const uint32_t area_sizes[] = { 4 * KIB, 1536 + 8 };
	uint8_t data[600];

	for (unsigned int size = 0; size < COUNT(area_sizes); size++) {
		/* The largest blobs take most of the smaller one. */
		bool is_large = !strcmp(rig->kind->name, "stm32f746g-disco") ||
			!strcmp(rig->kind->name, "stm32n655-s25fl064l") || !strcmp(rig->kind->name, "stm32h5-w25q64") ||
			!strcmp(rig->kind->name, "rp2040-spi");
		stub_open(rig, NULL, NULL, 0x14, area_sizes[size] + (is_large ? 320 : 0));
		stub_fill_random(data, sizeof(data), size);
		for (unsigned int n = 0; n < COUNT(cases); n++) {
			if (cases[n].address + cases[n].length <= nor_size(rig->board->nor))
				program(rig, cases[n].address, data, cases[n].length, &stub_host_fast);
			assert_true(rig->params.slot_bytes == sizeof(struct ofl_slot) + PAGE_BYTES || size == 1);
		}
		stub_assert_clean(rig);
	}
}

static void test_blank_pieces(struct stub_rig *rig)
{
	static uint8_t data[6 * PAGE_BYTES];

	stub_open_usual(rig, NULL, NULL);
	memset(data, 0xff, sizeof(data));
	data[PAGE_BYTES] = 0;
	data[5 * PAGE_BYTES - 1] = 0;
	program(rig, 0x8000, data, sizeof(data), &stub_host_fast);
	assert_int_equal(rig->vb.count.page_programs, 2);
	stub_assert_clean(rig);
}

/* What the chip does with data over data is its own business: it clears bits. */
static void test_program_twice(struct stub_rig *rig)
{
	static uint8_t data[2 * PAGE_BYTES];

	stub_open_usual(rig, NULL, NULL);
	stub_fill_random(data, sizeof(data), 1);
	program(rig, 0x100, data, sizeof(data), &stub_host_fast);
	stub_fill_random(data, sizeof(data), 2);
	program(rig, 0x180, data, sizeof(data), &stub_host_fast);
	stub_assert_clean(rig);
}

/* After each unit, and while it waits; the flash is not left in the middle of anything. */
static void test_abort(struct stub_rig *rig)
{
	static uint8_t data[4 * PAGE_BYTES];

	for (unsigned int aborted_ms = 0; aborted_ms < 4; aborted_ms++) {
		stub_open_usual(rig, NULL, NULL);
		stub_fill_random(data, sizeof(data), aborted_ms);
		stub_params(rig, OFL_OP_PROGRAM);
		rig->params.command = OFL_COMMAND(0x02, 3, 0) | OFL_COMMAND_DATA_OUT;
		rig->params.slots = 2;
		rig->params.slot_bytes = sizeof(struct ofl_slot) + PAGE_BYTES;
		rig->params.count = 4;
		for (unsigned int n = 0; n < 2; n++) {
			const struct ofl_slot header = { n * PAGE_BYTES, PAGE_BYTES };
			uint32_t slot = rig->layout.ring + n * rig->params.slot_bytes;
			stub_write(rig, slot, &header, sizeof(header));
			stub_write(rig, slot + sizeof(header), data + n * PAGE_BYTES, PAGE_BYTES);
		}
		/* Case 3: two pages are there, and the stub has come to wait for the third. */
		rig->params.wp = 2;
		stub_start(rig);
		unsigned int waits = aborted_ms == 3 ? 60 : aborted_ms;
		for (unsigned int n = 0; n < waits; n++)
			assert_false(stub_pass(rig, 1000));
		stub_set_live(rig, offsetof(struct ofl_params, abort), 1);
		while (!stub_pass(rig, 100))
			assert_true(rig->vb.clock.now_ps - rig->started_ps < 200 * VB_PS_PER_MS);
		assert_int_equal(stub_end(rig), OFL_STATUS_ABORTED);
		assert_int_equal(rig->params.done, rig->params.rp);
		assert_int_equal(rig->vb.count.page_programs, rig->params.done);
		assert_memory_equal(nor_content(rig->board->nor), data, rig->params.done * PAGE_BYTES);
		assert_false(nor_is_busy(rig->board->nor));
		if (aborted_ms == 0)
			assert_int_equal(rig->params.done, 1);
		if (aborted_ms == 3)
			assert_int_equal(rig->params.done, 2);
		stub_assert_clean(rig);
	}
}

/*
 * Above 16 MiB: in 4-byte mode with the usual opcodes (W25Q256), and with opcodes of their own (MX25L256). Erase and
 * reading go the same ways.
 */
static void test_four_address_bytes(struct stub_rig *rig)
{
	static const struct {
		const char *part;
		uint8_t enter, read, program, erase;
	} cases[] = {
		{ "w25q256", 0xb7, 0x03, 0x02, 0x20 },
		{ "mx25l256", 0, 0x13, 0x12, 0x21 },
	};
	const uint32_t address = 0x1fff000;
	uint8_t data[600], back[600];

	for (unsigned int n = 0; n < COUNT(cases); n++) {
		struct ofl_erase_entry entry = {
			.address = address, .unit_bytes = 4 * KIB, .count = 1, .command = OFL_COMMAND(cases[n].erase, 4, 0),
			.max_polls = 1000000,
		};
		uint32_t result;

		stub_open_usual(rig, cases[n].part, NULL);
		/* What the same address with its upper byte lost would hit. */
		uint8_t *low = nor_content(rig->board->nor) + (address & 0xffffff);
		memset(nor_content(rig->board->nor) + address, 0x12, 4 * KIB);
		memset(low, 0x34, 4 * KIB);
		if (cases[n].enter)
			stub_transfer(rig, OFL_COMMAND(cases[n].enter, 0, 0), 0, NULL, 0);

		stub_params(rig, OFL_OP_ERASE);
		rig->params.command = OFL_COMMAND(cases[n].read, 4, 0);
		assert_int_equal(stub_erase(rig, &entry, 1), OFL_STATUS_OK);
		stub_fill_random(data, sizeof(data), n);
		stub_params(rig, OFL_OP_PROGRAM);
		rig->params.command = OFL_COMMAND(cases[n].program, 4, 0) | OFL_COMMAND_DATA_OUT;
		program(rig, address + 123, data, sizeof(data), &stub_host_fast);
		stub_params(rig, OFL_OP_READ);
		rig->params.command = OFL_COMMAND(cases[n].read, 4, 0);
		assert_int_equal(stub_read(rig, address + 123, back, sizeof(back), 128, &stub_host_fast), OFL_STATUS_OK);
		assert_memory_equal(back, data, sizeof(data));
		stub_params(rig, OFL_OP_BLANK);
		rig->params.command = OFL_COMMAND(cases[n].read, 4, 0);
		assert_int_equal(stub_check(rig, OFL_OP_BLANK, address, 200, 1, &result), OFL_STATUS_OK);
		assert_int_equal(result, 123);
		for (unsigned int at = 0; at < 4 * KIB; at++)
			assert_int_equal(low[at], 0x34);
		stub_assert_clean(rig);
	}
}

/* N25Q: busy is a 0 in bit 7 of the flag status, errors are in the same register. */
static void test_flag_status(struct stub_rig *rig)
{
	struct ofl_erase_entry entry = {
		.address = 0x30000, .unit_bytes = 4 * KIB, .count = 1, .command = OFL_COMMAND(0x20, 3, 0), .max_polls = 1000000,
	};
	static uint8_t data[4 * PAGE_BYTES];
	uint8_t protect = 0x1c;

	stub_open_usual(rig, "n25q128a", NULL);
	stub_fill_random(data, sizeof(data), 8);
	for (unsigned int n = 0; n < 3; n++) {
		stub_params(rig, n == 0 ? OFL_OP_ERASE : OFL_OP_PROGRAM);
		rig->params.status_command = OFL_COMMAND(0x70, 0, 0);
		rig->params.busy_mask = 0x80;
		rig->params.busy_invert = 0x80;
		rig->params.error_command = OFL_COMMAND(0x70, 0, 0);
		rig->params.error_mask = 0x32;
		if (n == 0) {
			nor_content(rig->board->nor)[0x30fff] = 0;
			assert_int_equal(stub_erase(rig, &entry, 1), OFL_STATUS_OK);
			continue;
		}
		if (n == 1) {
			program(rig, 0x30000, data, sizeof(data), &stub_host_fast);
			stub_transfer(rig, OFL_COMMAND(0x06, 0, 0), 0, NULL, 0);
			stub_transfer(rig, OFL_COMMAND(0x01, 0, 0) | OFL_COMMAND_DATA_OUT, 0, &protect, 1);
			stub_pass(rig, 100000);
			continue;
		}
		/* The last block is locked now. */
		uint32_t last = (uint32_t)nor_size(rig->board->nor) - PAGE_BYTES;
		assert_int_equal(stub_program(rig, last, data, PAGE_BYTES, &stub_host_fast), OFL_STATUS_FLASH_ERROR);
		assert_int_equal(rig->params.fail_value & 0x12, 0x12);
		assert_int_equal(rig->params.address, last);
		assert_int_equal(rig->params.done, 0);
	}
	stub_assert_clean(rig);
}

/* A part that stays busy with its failure: that is told by its error bits, not by the deadline, if the host says so. */
static void test_error_while_busy(struct stub_rig *rig)
{
	static uint8_t data[PAGE_BYTES];

	stub_fill_random(data, sizeof(data), 9);
	for (unsigned int n = 0; n < 2; n++) {
		stub_open_usual(rig, "n25q128a", "nor.program-fails=ff@program=1,nor.stuck-busy@program=1");
		stub_params(rig, OFL_OP_PROGRAM);
		rig->params.max_polls = 5000;
		rig->params.error_command = OFL_COMMAND(0x70, 0, 0);
		rig->params.error_mask = 0x12 | (n ? OFL_ERROR_WHILE_BUSY : 0);
		assert_int_equal(stub_program(rig, 0x1000, data, sizeof(data), &stub_host_fast),
				n ? OFL_STATUS_FLASH_ERROR : OFL_STATUS_BUSY);
		assert_int_equal(rig->params.fail_value, n ? 0x10 : 0x03);
		assert_int_equal(rig->params.address, 0x1000);
		stub_assert_clean(rig);
		if (n == 0)
			stub_close(rig);
	}
}

/*
 * Cycles of a page against what no program could do better: the part's own time, and the bits of command, address and
 * data at the controller's clock. The figure is for people; the bounds below notice when something is wrong.
 */
static void measure_speed(struct stub_rig *rig, uint32_t sck_hz, uint32_t percent)
{
	static uint8_t data[16 * PAGE_BYTES];

	stub_fill_random(data, sizeof(data), 4);
	const struct nor_part *part = nor_get_part(rig->board->nor);
	uint64_t cycles = core_cycles(rig->board->core);
	program(rig, 0, data, sizeof(data), &stub_host_fast);
	cycles = core_cycles(rig->board->core) - cycles;

	uint32_t pages = sizeof(data) / PAGE_BYTES;
	uint64_t page_ns = cycles * 1000000000 / rig->board->core_config.clock_hz / pages;
	uint64_t flash_ns = part->page_program_us * 1000ull;
	uint64_t wire_ns = sck_hz ? (4 + PAGE_BYTES) * 8 * 1000000000ull / sck_hz : 0;
	printf("# speed: %-18s %-3s %3u MHz, SCK %4.1f MHz: page %7.1f us, flash %6.1f + wire %6.1f us: %4.1f %%\n",
		rig->kind->name, rig->kind->core, (unsigned int)(rig->board->core_config.clock_hz / 1000000),
		sck_hz / 1e6, (double)page_ns / 1000, (double)flash_ns / 1000, (double)wire_ns / 1000,
		(double)(flash_ns + wire_ns) * 100 / (double)page_ns);
	assert_true(page_ns >= flash_ns + wire_ns);
	assert_true(page_ns < 3 * (flash_ns + wire_ns));
	assert_true(page_ns * percent <= (flash_ns + wire_ns) * 100);
	stub_assert_clean(rig);
}

/* A controller that shifts by itself: the stub must not be what is waited for. */
static void test_speed(struct stub_rig *rig)
{
	stub_open(rig, NULL, NULL, 0x14, 7 * KIB);
	measure_speed(rig, rig->kind->sck_hz, rig->kind->sck_hz ? 95 : 0);
}

/*
 * At the fastest SCK that the controller has. Where that is half of the core's clock, a byte is 16 cycles on the wire,
 * and the stub's loop takes 23 of a Cortex-M0 and 20 of a Cortex-M0+: it is the loop that is waited for.
 */
static void test_fastest_sck(struct stub_rig *rig)
{
	stub_open(rig, NULL, NULL, 0x14, 7 * KIB);
	uint32_t cr1 = rig->board->wiring.spi_base;
	uint32_t divider = (stub_get(rig, cr1) & CR1_BR) / CR1_BR_STEP;
	stub_put(rig, cr1, stub_get(rig, cr1) & ~CR1_BR);
	uint32_t sck_hz = rig->kind->sck_hz << divider;
	measure_speed(rig, sck_hz, rig->board->core_config.clock_hz / sck_hz >= 4 ? 95 : 93);
}

int main(void)
{
	static const struct stub_test tests[] = {
		{ .name = "program, 1, 2, 3 and more slots", .function = test_rings },
		{ .name = "program, slow host", .function = test_slow_host },
		{ .name = "program, partial pages", .function = test_partial_pages },
		{ .name = "program, blank pieces", .function = test_blank_pieces },
		{ .name = "program over data", .function = test_program_twice },
		{ .name = "program, abort", .function = test_abort },
		{ .name = "four address bytes", .function = test_four_address_bytes },
		{ .name = "flag status register", .function = test_flag_status },
		{ .name = "error bits while busy", .function = test_error_while_busy },
		{ .name = "program, speed", .function = test_speed },
		{ .name = "program, speed at the fastest SCK", .function = test_fastest_sck, .only_controller = true },
	};

	return stub_run_tests(tests, COUNT(tests));
}
