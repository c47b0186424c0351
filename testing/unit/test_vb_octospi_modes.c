// SPDX-License-Identifier: GPL-2.0-or-later

/* The OCTOSPI/XSPI model's automatic polling and memory-mapped mode. */

#include "vb_octospi_rig.h"

/* ---------------------------------------------------------------- automatic polling */

static void test_polling(void **state)
{
	struct octospi_rig *f = *state;

	enable_write(f);
	send_frame(f, WRITE, ADDRESS1 | INSTRUCTION, 0, 0x20);
	put(f, AR, 4, 0x20000);
	wait_idle(f);
	put(f, FCR, 4, TCF);
	uint64_t until_ps = nor_busy_until_ps(f->nor);

	put(f, PSMKR, 4, 0x01);
	put(f, PSMAR, 4, 0x00);
	put(f, PIR, 4, 100);
	put(f, DLR, 4, 0);
	put(f, CR, 4, POLL | APMS);
	put(f, CCR, 4, DATA1 | INSTRUCTION);
	assert_int_equal(status(f), 0);
	put(f, IR, 4, 0x05);
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
	put(f, PSMKR, 4, 0);
	assert_violation(f, "offset 080h written while BUSY is 1");
	/* The one that finds it done ends within one period */
	f->vb.clock.now_ps = until_ps;
	assert_int_equal(status(f) & SMF, 0);
	pass_clocks(f, 100 + 2 * POLL_CLOCKS);
	assert_int_equal(status(f), SMF | FTF);
	assert_int_equal(get(f, DR, 4), 0);
	put(f, FCR, 4, SMF);
	assert_int_equal(status(f), 0);

	/* OR, with an address, four bytes; without APMS it goes on until it is told not to */
	put(f, PSMKR, 4, 0xffffffff);
	put(f, PSMAR, 4, ~pattern_word(0x80) ^ 0x10);
	put(f, DLR, 4, 3);
	send_frame(f, POLL | PMM, READ_FORMAT, 0, 0x03);
	assert_int_equal(status(f), 0);
	put(f, AR, 4, 0x80);
	pass_clocks(f, HEADER_CLOCKS + 32);
	assert_int_equal(status(f), BUSY | SMF | FTF);
	assert_int_equal(get(f, DR, 4), pattern_word(0x80));
	pass_clocks(f, 1000);
	put(f, CR, 4, POLL | PMM | ABORT);
	pass_clocks(f, 2);
	assert_int_equal(status(f) & BUSY, 0);
	put(f, DLR, 4, 4);
	assert_clean(f);
	put(f, AR, 4, 0x80);
	assert_violation(f, "automatic polling of more than 4 bytes");
}

/* ---------------------------------------------------------------- memory-mapped */

static bool is_bus_error(struct octospi_rig *f, uint32_t address)
{
	uint32_t value;
	bool error = bus_read(&f->bus, address, 4, &value, BUS_DEBUG) != 0;

	take_stall(f);
	return error;
}

static void map(struct octospi_rig *f)
{
	send_frame(f, MEMORY_MAPPED, READ_FORMAT, 0, 0x03);
}

static void test_mapped(void **state)
{
	struct octospi_rig *f = *state;

	assert_true(is_bus_error(f, MAPPED));
	map(f);
	/* Nothing happens before the first access */
	pass_clocks(f, 1000);
	assert_int_equal(status(f), 0);
	assert_int_equal(get(f, MAPPED + 0x40, 4), pattern_word(0x40));
	assert_int_equal(take_stall(f), HEADER_CLOCKS + 32);
	assert_int_equal(status(f), BUSY);
	/* What follows is prefetched, until the FIFO is full */
	pass_clocks(f, 10000);
	assert_int_equal(status(f), BUSY | 32 << 8);
	for (unsigned int i = 0; i < 32; i += 4) {
		assert_int_equal(get(f, MAPPED + 0x44 + i, 4), pattern_word(0x44 + i));
		assert_int_equal(take_stall(f), 0);
	}
	/* Anywhere else: NCS rises, one clock, and a new command */
	pass_clocks(f, 10000);
	assert_int_equal(get(f, MAPPED + 0x1000, 2), pattern_word(0x1000) & 0xffff);
	assert_int_equal(take_stall(f), 1 + HEADER_CLOCKS + 16);
	/* Everything else must wait for an abort */
	put(f, CCR, 4, INSTRUCTION);
	assert_violation(f, "offset 100h written while BUSY is 1");
	put(f, CR, 4, MEMORY_MAPPED | ABORT);
	assert_int_equal(status(f), BUSY | TCF);
	/* An access waits for the end of an abort */
	assert_int_equal(get(f, MAPPED + 16, 4), pattern_word(16));
	assert_int_equal(take_stall(f), 2 + HEADER_CLOCKS + 32);
	put(f, CR, 4, MEMORY_MAPPED | ABORT);
	pass_clocks(f, 2);
	assert_int_equal(status(f), TCF);
	/* Out of it, and back */
	assert_int_equal(read_flash_status(f), 0);
	wait_idle(f);
	map(f);
	assert_int_equal(get(f, MAPPED + 0x20, 4), pattern_word(0x20));
	take_stall(f);
	put(f, CR, 4, MEMORY_MAPPED & ~EN);
	assert_int_equal(status(f) & BUSY, 0);
	assert_true(is_bus_error(f, MAPPED));
	assert_clean(f);
}

static void test_mapped_errors(void **state)
{
	struct octospi_rig *f = *state;

	map(f);
	assert_int_equal(bus_write(&f->bus, MAPPED, 4, 0, BUS_CPU), -1);
	assert_false(is_bus_error(f, MAPPED + 0xfffffc));
	assert_true(is_bus_error(f, MAPPED + 0x1000000));
	put(f, ENR, 4, 0);
	assert_true(is_bus_error(f, MAPPED));
	put(f, ENR, 4, GATE);
	put(f, CR, 4, MEMORY_MAPPED | ABORT);
	pass_clocks(f, 2);
	/* No data phase */
	send_frame(f, MEMORY_MAPPED, ADDRESS1 | INSTRUCTION, 0, 0x03);
	assert_true(is_bus_error(f, MAPPED));
	assert_clean(f);
	send_frame(f, MEMORY_MAPPED, DATA1 | INSTRUCTION, 0, 0x05);
	assert_false(is_bus_error(f, MAPPED));
	assert_violation(f, "without an address phase");
	put(f, CR, 4, MEMORY_MAPPED | ABORT);
	pass_clocks(f, 2);
	put(f, CCR, 4, READ_FORMAT);
	assert_false(is_bus_error(f, MAPPED));
	assert_violation(f, "not written since CCR was");
	put(f, CR, 4, MEMORY_MAPPED | ABORT);
	pass_clocks(f, 2);
	/* Two accesses that this model does not know */
	send_frame(f, MEMORY_MAPPED, READ_FORMAT | DDTR, 0, 0x03);
	assert_true(is_bus_error(f, MAPPED));
	assert_violation(f, "double transfer rate");
	map(f);
	put(f, WCCR, 4, READ_FORMAT);
	assert_int_equal(bus_write(&f->bus, MAPPED, 4, 0, BUS_CPU), -1);
	assert_violation(f, "write to the mapped range");
}

static void test_mapped_timeout(void **state)
{
	struct octospi_rig *f = *state;

	put(f, LPTR, 4, 500);
	send_frame(f, MEMORY_MAPPED | TCEN, READ_FORMAT, 0, 0x03);
	get(f, MAPPED, 4);
	take_stall(f);
	/* Counted from when the FIFO is full. NCS rises, but BUSY stays (28.4.11) */
	pass_clocks(f, 32 * 8 + 499);
	assert_int_equal(status(f), BUSY | 32 << 8);
	pass_clocks(f, 1);
	assert_int_equal(status(f), BUSY | TOF);
	put(f, FCR, 4, TOF);
	assert_int_equal(get(f, MAPPED + 4, 4), pattern_word(4));
	assert_int_equal(take_stall(f), 1 + HEADER_CLOCKS + 32);
	pass_clocks(f, 32 * 8 + 500);
	put(f, IR, 4, 0x0b);
	assert_violation(f, "offset 110h written while BUSY is 1");
	put(f, CR, 4, MEMORY_MAPPED | TCEN | ABORT);
	pass_clocks(f, 2);
	assert_int_equal(status(f) & BUSY, 0);
	assert_clean(f);
}

static void test_code(void **state)
{
	struct octospi_rig *f = *state;
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
	assert_int_equal(f->code_changes, 0);
	put(f, CR, 4, READ);
	assert_int_equal(f->code_changes, 1);
	assert_null(device->code(device->context, 0, &num_bytes));
	assert_clean(f);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, octospi_setup, octospi_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_polling),
		TEST(test_mapped),
		TEST(test_mapped_errors),
		TEST(test_mapped_timeout),
		TEST(test_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
