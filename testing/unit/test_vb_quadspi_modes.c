// SPDX-License-Identifier: GPL-2.0-or-later

/* The QUADSPI model's automatic polling and memory-mapped mode. */

#include "vb_quadspi_rig.h"

#define HEADER_CLOCKS	(1 + 32)	/* instruction and address on one line */
#define POLL_CLOCKS	(1 + 8 + 8)	/* instruction and one byte */

/* ---------------------------------------------------------------- automatic polling */

static void erase(struct quadspi_rig *f)
{
	command(f, WRITE_ENABLE, 0);
	command(f, INDIRECT_WRITE | ADDRESS1 | INSTRUCTION(0x20), 0x20000);
	put(f, FCR, 4, TCF);
}

static void start_polling(struct quadspi_rig *f, uint32_t mask, uint32_t match)
{
	put(f, PSMKR, 4, mask);
	put(f, PSMAR, 4, match);
	put(f, DLR, 4, 0);
	put(f, CCR, 4, POLLING | READ_STATUS);
}

static void test_polling_stops(void **state)
{
	struct quadspi_rig *f = *state;

	put(f, CR, 4, ENABLED | APMS);
	put(f, PIR, 4, 100);
	erase(f);
	uint64_t until_ps = nor_busy_until_ps(f->nor);
	start_polling(f, 0x01, 0x00);
	uint64_t start_ps = f->vb.clock.now_ps;
	assert_int_equal(status(f), BUSY);
	pass_clocks(f, 1 + POLL_CLOCKS);
	/* The first, while busy */
	assert_int_equal(status(f), BUSY | FTF);
	assert_int_equal(get(f, DR, 1), 0x03);
	assert_int_equal(status(f), BUSY);
	/* And the next one, PIR clocks later */
	pass_clocks(f, 100 + POLL_CLOCKS - 1);
	assert_int_equal(status(f), BUSY);
	pass_clocks(f, 1);
	assert_int_equal(status(f), BUSY | FTF);

	/* The one that finds it done ends within one period */
	f->vb.clock.now_ps = until_ps;
	assert_int_equal(status(f) & SMF, 0);
	pass_clocks(f, 100 + 2 * POLL_CLOCKS);
	assert_int_equal(status(f), SMF | FTF);
	assert_int_equal(get(f, DR, 4), 0);
	assert_int_equal(status(f), SMF);
	put(f, FCR, 4, SMF);
	assert_int_equal(status(f), 0);
	/* Counted as if each had been looked at */
	uint64_t polls = (f->vb.clock.now_ps - start_ps) / ((100 + POLL_CLOCKS) * CLK_PS);
	assert_true(f->vb.count.status_reads >= polls - 1 && f->vb.count.status_reads <= polls + 1);
	assert_clean(f);
}

static void test_polling_matches(void **state)
{
	struct quadspi_rig *f = *state;

	command(f, WRITE_ENABLE, 0);
	/* AND: all unmasked bits; WEL is set, WIP is not */
	start_polling(f, 0x03, 0x03);
	pass_clocks(f, 1000);
	assert_int_equal(status(f) & (SMF | BUSY), BUSY);
	put(f, CR, 4, ENABLED | ABORT);
	pass_clocks(f, 2);
	assert_int_equal(status(f) & BUSY, 0);
	/* OR: any of them */
	put(f, CR, 4, ENABLED | PMM);
	start_polling(f, 0x03, 0x03);
	pass_clocks(f, 1000);
	assert_int_equal(status(f) & (SMF | BUSY), SMF | BUSY);
	/* Without APMS it goes on until it is told not to */
	put(f, FCR, 4, SMF);
	pass_clocks(f, 1000);
	assert_int_equal(status(f) & (SMF | BUSY), SMF | BUSY);
	put(f, PIR, 4, 5);
	assert_violation(f, "written while BUSY is 1");
	put(f, CR, 4, PRESCALER(1) | PMM);
	assert_int_equal(status(f) & BUSY, 0);
	assert_clean(f);
}

static void test_polling_bytes(void **state)
{
	struct quadspi_rig *f = *state;

	/* Four bytes of a read; the first one received is the lowest */
	put(f, CR, 4, ENABLED | APMS);
	put(f, PSMKR, 4, 0xffffffff);
	put(f, PSMAR, 4, pattern_word(0x80));
	put(f, DLR, 4, 3);
	put(f, CCR, 4, POLLING | READ);
	assert_int_equal(status(f) & BUSY, 0);
	put(f, AR, 4, 0x80);
	pass_clocks(f, HEADER_CLOCKS + 32);
	assert_int_equal(status(f), SMF | FTF);
	assert_int_equal(get(f, DR, 4), pattern_word(0x80));
	put(f, DLR, 4, 4);
	put(f, AR, 4, 0x80);
	assert_violation(f, "automatic polling of more than 4 bytes");
	pass_clocks(f, 1000);
	assert_int_equal(status(f) & BUSY, 0);
}

/* ---------------------------------------------------------------- memory-mapped */

static bool is_bus_error(struct quadspi_rig *f, uint32_t address)
{
	uint32_t value;
	bool error = bus_read(&f->bus, address, 4, &value, BUS_DEBUG) != 0;

	take_stall(f);
	return error;
}

static void map(struct quadspi_rig *f)
{
	put(f, CCR, 4, MEMORY_MAPPED | READ);
}

static void test_mapped_reads(void **state)
{
	struct quadspi_rig *f = *state;

	assert_true(is_bus_error(f, MAPPED));
	map(f);
	/* Nothing happens before the first access */
	pass_clocks(f, 1000);
	assert_int_equal(status(f), 0);
	assert_int_equal(get(f, MAPPED + 0x40, 4), pattern_word(0x40));
	assert_int_equal(take_stall(f), HEADER_CLOCKS + 32);
	assert_int_equal(status(f), BUSY);
	/* What follows has been prefetched or is on its way: no new command */
	assert_int_equal(get(f, MAPPED + 0x44, 4), pattern_word(0x44));
	assert_int_equal(take_stall(f), 32);
	pass_clocks(f, 10 * 8);
	assert_int_equal(get(f, MAPPED + 0x48, 1), pattern(0x48));
	assert_int_equal(take_stall(f), 0);
	assert_int_equal(get(f, MAPPED + 0x49, 1), pattern(0x49));
	assert_int_equal(get(f, MAPPED + 0x4a, 2), pattern_word(0x4a) & 0xffff);
	assert_int_equal(take_stall(f), 0);
	/* 32 bytes ahead, then the clock stands still */
	pass_clocks(f, 10000);
	assert_int_equal(status(f), BUSY);
	uint64_t bytes = f->vb.count.read_bytes;
	pass_clocks(f, 10000);
	assert_int_equal(status(f), BUSY);
	assert_int_equal(f->vb.count.read_bytes, bytes);
	for (unsigned int i = 0; i < 32; i += 4) {
		assert_int_equal(get(f, MAPPED + 0x4c + i, 4), pattern_word(0x4c + i));
		assert_int_equal(take_stall(f), 0);
	}
	assert_int_equal(get(f, MAPPED + 0x6c, 4), pattern_word(0x6c));
	assert_int_equal(take_stall(f), 32);
	/* Anywhere else: NCS rises, one clock, and a new command */
	assert_int_equal(get(f, MAPPED + 0x6c, 4), pattern_word(0x6c));
	assert_int_equal(take_stall(f), 1 + HEADER_CLOCKS + 32);
	assert_int_equal(get(f, MAPPED + 0x1000, 2), pattern_word(0x1000) & 0xffff);
	assert_int_equal(take_stall(f), 1 + HEADER_CLOCKS + 16);
	assert_int_equal(get(f, DR, 4), 0);
	assert_clean(f);
}

static void test_mapped_errors(void **state)
{
	struct quadspi_rig *f = *state;

	map(f);
	assert_int_equal(bus_write(&f->bus, MAPPED, 4, 0, BUS_CPU), -1);
	assert_false(is_bus_error(f, MAPPED + 0xfffffc));
	assert_true(is_bus_error(f, MAPPED + 0x1000000));
	assert_true(is_bus_error(f, MAPPED + 0xffffffc));
	/* At the end of the memory there is nothing to prefetch */
	pass_clocks(f, 10000);
	assert_int_equal(status(f), BUSY);
	put(f, CR, 4, PRESCALER(1));
	assert_int_equal(status(f) & BUSY, 0);
	assert_true(is_bus_error(f, MAPPED));
	put(f, CR, 4, ENABLED);
	assert_false(is_bus_error(f, MAPPED));
	put(f, AHB3ENR, 4, 0);
	assert_true(is_bus_error(f, MAPPED));
	put(f, AHB3ENR, 4, 2);
	assert_clean(f);
	put(f, CR, 4, ENABLED | ABORT);
	pass_clocks(f, 2);
	put(f, CCR, 4, MEMORY_MAPPED | DATA1 | INSTRUCTION(0x05));
	assert_violation(f, "without an address phase");
	assert_true(is_bus_error(f, MAPPED));
	put(f, CCR, 4, INDIRECT_READ | READ);
	assert_true(is_bus_error(f, MAPPED));
	assert_clean(f);
}

static void test_mapped_abort(void **state)
{
	struct quadspi_rig *f = *state;

	map(f);
	get(f, MAPPED, 4);
	take_stall(f);
	/* Prefetch keeps BUSY set: everything else must wait for an abort */
	put(f, CCR, 4, WRITE_ENABLE);
	assert_violation(f, "offset 14h written while BUSY is 1");
	put(f, CR, 4, ENABLED | ABORT);
	assert_int_equal(status(f), BUSY | TCF);
	pass_clocks(f, 2);
	assert_int_equal(status(f), TCF);
	put(f, FCR, 4, TCF);
	/* Still mapped: the next access starts it again */
	assert_int_equal(get(f, MAPPED + 8, 4), pattern_word(8));
	take_stall(f);
	put(f, CR, 4, ENABLED | ABORT);
	/* An access waits for the end of an abort */
	assert_int_equal(get(f, MAPPED + 16, 4), pattern_word(16));
	assert_int_equal(take_stall(f), 2 + HEADER_CLOCKS + 32);
	put(f, CR, 4, ENABLED | ABORT);
	pass_clocks(f, 2);
	/* In mapped mode AR is ignored */
	put(f, AR, 4, 0x123);
	assert_int_equal(get(f, AR, 4), 0);
	assert_int_equal(read_flash_status(f), 0);
	/* And back */
	wait_idle(f);
	map(f);
	assert_int_equal(get(f, MAPPED + 0x20, 4), pattern_word(0x20));
	assert_clean(f);
}

static void test_mapped_timeout(void **state)
{
	struct quadspi_rig *f = *state;

	put(f, LPTR, 4, 500);
	put(f, CR, 4, ENABLED | TCEN);
	map(f);
	get(f, MAPPED, 4);
	take_stall(f);
	/* Counted from when the FIFO is full */
	pass_clocks(f, 32 * 8 + 499);
	assert_int_equal(status(f), BUSY);
	pass_clocks(f, 1);
	assert_int_equal(status(f), TOF);
	put(f, FCR, 4, TOF);
	assert_int_equal(status(f), 0);
	pass_clocks(f, 10);
	assert_int_equal(get(f, MAPPED + 4, 4), pattern_word(4));
	assert_int_equal(take_stall(f), HEADER_CLOCKS + 32);
	/* An access in between starts it again */
	pass_clocks(f, 32 * 8 + 400);
	get(f, MAPPED + 8, 4);
	pass_clocks(f, 4 * 8 + 499);
	assert_int_equal(status(f), BUSY);
	pass_clocks(f, 1);
	assert_int_equal(status(f), TOF);
	/* Also at the end of the memory */
	get(f, MAPPED + 0xfffff8, 4);
	take_stall(f);
	get(f, MAPPED + 0xfffffc, 4);
	take_stall(f);
	put(f, FCR, 4, TOF);
	pass_clocks(f, 500);
	assert_int_equal(status(f), TOF);
	assert_clean(f);
}

static void test_mapped_while_busy(void **state)
{
	struct quadspi_rig *f = *state;

	erase(f);
	map(f);
	get(f, MAPPED, 4);
	assert_violation(f, "read (03h) while busy");
}

/* Instruction once, and the chip's XIP: the confirmation bit is in the alternate byte. */
static void test_mapped_once(void **state)
{
	struct quadspi_rig *f = *state;
	uint32_t quad = DATA4 | DUMMIES(8) | ALTERNATE4 | ADDRESS4 | INSTRUCTION(0xeb);

	command(f, WRITE_ENABLE, 0);
	put(f, DLR, 4, 0);
	put(f, CCR, 4, INDIRECT_WRITE | DATA1 | INSTRUCTION(0x81));
	put(f, DR, 1, 0xf3);
	wait_idle(f);
	put(f, ABR, 4, 0);
	put(f, CCR, 4, MEMORY_MAPPED | SIOO | quad);
	assert_int_equal(get(f, MAPPED + 0x100, 4), pattern_word(0x100));
	pass_clocks(f, take_stall(f) ? 0 : 1);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(get(f, MAPPED + 0x200 * i, 4), pattern_word(0x200 * i));
		assert_int_equal(take_stall(f), 1 + 1 + 6 + 2 + 8 + 8);
	}
	/* Out of XIP by one more read without instruction */
	put(f, CR, 4, ENABLED | ABORT);
	pass_clocks(f, 2);
	put(f, ABR, 4, 0xff);
	put(f, DLR, 4, 0);
	put(f, CCR, 4, (INDIRECT_READ | quad) & ~0x300u);
	put(f, AR, 4, 0);
	assert_int_equal(get(f, DR, 1), pattern(0));
	take_stall(f);
	wait_idle(f);
	assert_int_equal(read_flash_status(f), 0);
	assert_clean(f);

	/* A chip that is not in XIP takes the address for an opcode */
	put(f, CCR, 4, MEMORY_MAPPED | SIOO | READ);
	get(f, MAPPED + 0x100, 4);
	take_stall(f);
	assert_clean(f);
	get(f, MAPPED + 0xee0000, 4);
	assert_violation(f, "unknown opcode EEh");
}

static void test_code(void **state)
{
	struct quadspi_rig *f = *state;
	const struct bus_device *device = NULL;
	uint32_t num_bytes = 0;

	for (unsigned int i = 0; i < f->bus.num_devices; i++) {
		if (f->bus.device[i].base == MAPPED)
			device = &f->bus.device[i];
	}
	assert_non_null(device);
	assert_null(device->code(device->context, 0, &num_bytes));
	map(f);
	const uint8_t *code = device->code(device->context, 0x100, &num_bytes);
	assert_non_null(code);
	assert_int_equal(code[0], pattern(0x100));
	assert_int_equal(num_bytes, 0xffff00);
	assert_null(device->code(device->context, 0x1000000, &num_bytes));
	/* Told once for each time that somebody has asked */
	assert_int_equal(f->code_changes, 0);
	put(f, CCR, 4, INDIRECT_READ | READ);
	assert_int_equal(f->code_changes, 1);
	assert_null(device->code(device->context, 0, &num_bytes));
	map(f);
	assert_int_equal(f->code_changes, 1);
	get(f, MAPPED, 4);
	put(f, CR, 4, PRESCALER(1));
	assert_int_equal(f->code_changes, 2);
	assert_clean(f);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, quadspi_setup, quadspi_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_polling_stops),
		TEST(test_polling_matches),
		TEST(test_polling_bytes),
		TEST(test_mapped_reads),
		TEST(test_mapped_errors),
		TEST(test_mapped_abort),
		TEST(test_mapped_timeout),
		TEST(test_mapped_while_busy),
		TEST(test_mapped_once),
		TEST(test_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
