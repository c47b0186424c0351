// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The core that another program executes, by a debugger's accesses to the bus, in front of a gdbstub of our own; and
 * its packets, with a gdbstub that does what none should. QEMU's is testing/e2e/qemu.sh.
 *
 * Links testing/vboard/core/core_gdb*.c, testing/vboard/core/gdb_client.c, testing/vboard/bus/ and testing/vboard/vb.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../vboard/core/core_gdb.h"
#include "../vboard/core/gdb_client.h"
#include "fake_gdbstub.h"

#define DFSR		0xe000ed30u
#define AIRCR		0xe000ed0cu
#define DHCSR		0xe000edf0u
#define DCRSR		0xe000edf4u
#define DCRDR		0xe000edf8u
#define DEMCR		0xe000edfcu
#define FP_CTRL		0xe0002000u
#define S_HALT		(1u << 17)
#define S_LOCKUP	(1u << 19)
#define S_RETIRE_ST	(1u << 24)
#define S_RESET_ST	(1u << 25)
#define SCRATCH		(FAKE_RAM + FAKE_RAM_BYTES - CORE_GDB_SCRATCH_BYTES)

static const struct core_gdb_region regions[] = {
	{ "RAM", FAKE_RAM, FAKE_RAM_BYTES, CORE_GDB_RAM },
	{ "ROM", 0, 0x100, CORE_GDB_ROM },
	{ "I/O", FAKE_IO, 0x100, CORE_GDB_PERIPHERAL },
};

static struct world {
	struct vb vb;
	struct bus bus;
	struct fake_gdbstub *stub;
	struct core *core;
} world;

static int set_up_with(uint32_t reset_vector)
{
	struct core_gdb_config config = {
		.region = regions,
		.num_regions = sizeof(regions) / sizeof(regions[0]),
		.scratch = SCRATCH,
		.fpb_comparators = 6,
	};

	memset(&world, 0, sizeof(world));
	bus_init(&world.bus, &world.vb);
	world.stub = fake_gdbstub_new();
	assert_non_null(world.stub);
	world.stub->rom[0] = FAKE_RAM + 0x1000;
	world.stub->rom[1] = reset_vector;
	world.stub->regs[15] = reset_vector & ~1u;
	world.stub->xpsr = 0x01000000;
	config.port = world.stub->port;
	world.core = core_gdb_new(&world.bus, &config);
	assert_non_null(world.core);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	return set_up_with((FAKE_RAM + 0x100) | 1);
}

static int set_up_without_program(void **state)
{
	(void)state;
	return set_up_with(0);
}

static int tear_down(void **state)
{
	(void)state;
	core_free(world.core);
	fake_gdbstub_free(world.stub);
	bus_free(&world.bus);
	return 0;
}

static void put(uint32_t address, unsigned int size, uint32_t value)
{
	assert_int_equal(bus_write(&world.bus, address, size, value, BUS_DEBUG), 0);
}

static uint32_t get(uint32_t address, unsigned int size)
{
	uint32_t value = 0;

	assert_int_equal(bus_read(&world.bus, address, size, &value, BUS_DEBUG), 0);
	return value;
}

static void pass_ms(unsigned int duration_ms)
{
	core_run_until(world.core, world.vb.clock.now_ps + duration_ms * VB_PS_PER_MS);
}

static void halt(void)
{
	put(DHCSR, 4, 0xa05f0003);
}

static uint32_t get_reg(unsigned int number)
{
	put(DCRSR, 4, number);
	return get(DCRDR, 4);
}

static void set_reg(unsigned int number, uint32_t value)
{
	put(DCRDR, 4, value);
	put(DCRSR, 4, 1u << 16 | number);
}

static void test_memory(void **state)
{
	uint32_t value;
	(void)state;

	/* Blocks, not words, go over the wire. */
	unsigned int reads = world.stub->num_reads;
	for (uint32_t n = 0; n < 1024; n += 4)
		put(FAKE_RAM + 0x2000 + n, 4, n * 0x01010101u);
	put(FAKE_RAM + 0x2001, 1, 0x5a);
	put(FAKE_RAM + 0x2006, 2, 0xbeef);
	assert_int_equal(get(FAKE_RAM + 0x2000, 4), 0x00005a00);
	assert_int_equal(get(FAKE_RAM + 0x2004, 4), 0xbeef0404);
	assert_int_equal(get(FAKE_RAM + 0x2006, 1), 0xef);
	assert_int_equal(get(FAKE_RAM + 0x23fc, 4), 0x3fcu * 0x01010101u);
	assert_in_range(world.stub->num_writes, 3, 4);
	/* The halves of halfwords that were written by bytes, for BKPT, and two blocks. */
	assert_in_range(world.stub->num_reads - reads, 2, 6);
	/* A write into the block that was read last. */
	put(FAKE_RAM + 0x23fc, 4, 7);
	assert_int_equal(get(FAKE_RAM + 0x23fc, 4), 7);

	assert_int_equal(bus_write(&world.bus, 8, 4, 1, BUS_DEBUG), -1);
	assert_int_equal(get(4, 4), (FAKE_RAM + 0x100) | 1);
	assert_int_equal(bus_read(&world.bus, 0x30000000, 4, &value, BUS_DEBUG), -1);
}

static void test_peripheral(void **state)
{
	uint8_t before[CORE_GDB_SCRATCH_BYTES];
	(void)state;

	halt();
	for (unsigned int n = 0; n < 16; n++)
		set_reg(n, 0x1000 + 4 * n);
	memset(world.stub->ram + FAKE_RAM_BYTES - sizeof(before), 0x77, sizeof(before));
	/* By an instruction; nothing is seen of it afterwards. */
	put(FAKE_IO, 4, 0xcafe0123);
	assert_int_equal(world.stub->io, 0xcafe0123);
	assert_int_equal(get(FAKE_IO, 4), 0xcafe0123);
	memset(before, 0x77, sizeof(before));
	assert_memory_equal(world.stub->ram + FAKE_RAM_BYTES - sizeof(before), before, sizeof(before));
	for (unsigned int n = 0; n < 16; n++)
		assert_int_equal(world.stub->regs[n], 0x1000 + 4 * n);
	assert_int_equal(world.stub->xpsr, 0x01000000);
}

static void test_registers(void **state)
{
	(void)state;

	halt();
	assert_true(get(DHCSR, 4) & S_HALT);
	world.stub->special[8] = 0x20001110;	/* MSP, PSP, PRIMASK, BASEPRI, FAULTMASK, CONTROL */
	world.stub->special[9] = 0x20002220;
	world.stub->special[16] = 1;
	world.stub->special[17] = 0x40;
	world.stub->special[19] = 0;
	world.stub->special[20] = 2;
	/* Inside an IT block: instructions of ours must not be conditional. */
	set_reg(16, 0x0100e400);
	set_reg(3, 0x33333333);
	set_reg(15, FAKE_RAM + 0x201);
	assert_int_equal(world.stub->regs[3], 0x33333333);
	assert_int_equal(get_reg(15), FAKE_RAM + 0x200);
	assert_int_equal(get_reg(17), 0x20001110);
	assert_int_equal(get_reg(18), 0x20002220);
	assert_int_equal(get_reg(20), 0x02004001);
	set_reg(20, 0x00000000);
	assert_int_equal(world.stub->special[16], 0);
	assert_int_equal(world.stub->special[17], 0);
	assert_int_equal(world.stub->special[20], 0);
	set_reg(18, 0x20003333);
	assert_int_equal(world.stub->special[9], 0x20003330);
	assert_int_equal(get_reg(3), 0x33333333);
	assert_int_equal(get_reg(15), FAKE_RAM + 0x200);
	assert_int_equal(get_reg(16), 0x0100e400);
}

static void test_bkpt(void **state)
{
	(void)state;

	halt();
	put(DFSR, 4, 0x1f);
	put(FAKE_RAM + 0x100, 4, 0xbf00bf00);
	put(FAKE_RAM + 0x104, 4, 0xbe00bf00);
	put(FAKE_RAM + 0x8000, 4, 0xbe55be55);	/* data, far away */
	set_reg(15, FAKE_RAM + 0x100);
	put(DHCSR, 4, 0xa05f0001);
	pass_ms(1);
	assert_true(get(DHCSR, 4) & S_HALT);
	assert_int_equal(get(DFSR, 4), 2);
	assert_int_equal(get_reg(15), FAKE_RAM + 0x106);
	assert_int_equal(world.stub->num_stops, 1);

	/* A step at a BKPT executes nothing. */
	put(DHCSR, 4, 0xa05f0005);
	assert_true(get(DHCSR, 4) & S_HALT);
	assert_int_equal(get_reg(15), FAKE_RAM + 0x106);

	/* Taken away, it does not stop any more. */
	put(FAKE_RAM + 0x106, 2, 0xbf00);
	put(DHCSR, 4, 0xa05f0001);
	pass_ms(1);
	uint32_t dhcsr = get(DHCSR, 4);
	assert_false(dhcsr & S_HALT);
	assert_true(dhcsr & S_RETIRE_ST);
	assert_int_equal(world.stub->num_stops, 0);
	assert_int_equal(world.stub->num_runs, 2);
	halt();
	assert_true(get(DHCSR, 4) & S_HALT);
}

static void test_overwritten_bkpt(void **state)
{
	(void)state;

	halt();
	put(FAKE_RAM + 0x100, 4, 0xbf00be01);
	set_reg(15, FAKE_RAM + 0x100);
	put(DHCSR, 4, 0xa05f0005);
	assert_int_equal(get_reg(15), FAKE_RAM + 0x100);
	/* As the program itself would do it: nobody tells. */
	world.stub->ram[0x101] = 0xbf;
	put(DHCSR, 4, 0xa05f0001);
	pass_ms(1);
	assert_false(get(DHCSR, 4) & S_HALT);
	pass_ms(1);
	get(DHCSR, 4);
	assert_int_equal(world.stub->num_stops, 0);
}

static void test_comparator(void **state)
{
	(void)state;

	halt();
	assert_int_equal(get(FP_CTRL, 4), 0x60);
	put(FP_CTRL, 4, 3);
	assert_int_equal(get(FP_CTRL, 4), 0x61);
	/* The bit for the upper half of a word. */
	put(FP_CTRL + 8, 4, 0x80000000u | ((FAKE_RAM + 0x108) & 0x1ffffffc) | 1);
	put(DHCSR, 4, 0xa05f0001);
	pass_ms(1);
	get(DHCSR, 4);
	assert_int_equal(world.stub->num_stops, 1);
	assert_int_equal(world.stub->stop[0], 0x0000010a);
	halt();
	put(FP_CTRL + 8, 4, 0);
	put(DHCSR, 4, 0xa05f0001);
	pass_ms(1);
	get(DHCSR, 4);
	assert_int_equal(world.stub->num_stops, 0);
}

/* It runs when the debugger looks a second time, and not while it reads one word after the other. */
static void test_slices(void **state)
{
	(void)state;

	halt();
	put(DHCSR, 4, 0xa05f0001);
	for (uint32_t n = 0; n < 256; n += 4) {
		get(FAKE_RAM + 0x3000 + n, 4);
		core_run_until(world.core, world.vb.clock.now_ps + 12 * VB_PS_PER_US);
	}
	assert_int_equal(world.stub->num_runs, 0);
	get(FAKE_RAM + 0x3004, 4);
	assert_int_equal(world.stub->num_runs, 1);
	/* At once again: no time has passed. */
	get(FAKE_RAM + 0x3004, 4);
	assert_int_equal(world.stub->num_runs, 1);
	pass_ms(1);
	get(FAKE_RAM + 0x3004, 4);
	assert_int_equal(world.stub->num_runs, 2);
}

static void test_reset(void **state)
{
	(void)state;

	halt();
	get(DHCSR, 4);
	set_reg(0, 0x11111111);
	put(DEMCR, 4, 0x01000001);
	put(AIRCR, 4, 0x05fa0004);
	assert_int_equal(world.stub->num_resets, 1);
	assert_int_equal(world.vb.count.resets, 1);
	uint32_t dhcsr = get(DHCSR, 4);
	assert_true(dhcsr & S_RESET_ST);
	assert_true(dhcsr & S_HALT);
	assert_false(get(DHCSR, 4) & S_RESET_ST);
	assert_true(get(DFSR, 4) & 8);
	assert_int_equal(get_reg(0), 0);
	assert_int_equal(get_reg(15), FAKE_RAM + 0x100);

	/* Held by the pin, it does not run. */
	put(DEMCR, 4, 0);
	core_hold_reset(world.core, true);
	assert_int_equal(world.stub->num_resets, 2);
	pass_ms(5);
	assert_true(get(DHCSR, 4) & S_RESET_ST);
	assert_true(get(DHCSR, 4) & S_RESET_ST);
	assert_int_equal(world.stub->num_runs, 0);
	core_hold_reset(world.core, false);
	pass_ms(5);
	get(DHCSR, 4);
	assert_int_equal(world.stub->num_runs, 1);
}

static void test_no_program(void **state)
{
	(void)state;

	pass_ms(5);
	assert_true(get(DHCSR, 4) & S_LOCKUP);
	assert_true(core_is_locked_up(world.core));
	assert_int_equal(world.stub->num_runs, 0);
	halt();
	assert_int_equal(get(DHCSR, 4) & (S_LOCKUP | S_HALT), S_HALT);
}

static void test_lost(void **state)
{
	uint32_t value;
	(void)state;

	assert_false(core_gdb_is_lost(world.core));
	world.stub->fault = FAKE_ERROR;
	assert_int_equal(bus_read(&world.bus, FAKE_IO, 4, &value, BUS_DEBUG), -1);
	assert_false(core_gdb_is_lost(world.core));
	world.stub->fault = FAKE_GOOD;
	get(FAKE_IO, 4);
	world.stub->fault = FAKE_ENDS;
	assert_int_equal(bus_read(&world.bus, FAKE_IO, 4, &value, BUS_DEBUG), -1);
	assert_true(core_gdb_is_lost(world.core));
	assert_int_equal(bus_read(&world.bus, DHCSR, 4, &value, BUS_DEBUG), -1);
	assert_int_equal(bus_write(&world.bus, FAKE_RAM, 4, 1, BUS_DEBUG), -1);
	/* Nothing waits for it any more. */
	pass_ms(100);
	core_system_reset(world.core);
}

static void test_short(void **state)
{
	uint32_t value;
	(void)state;

	world.stub->fault = FAKE_SHORT;
	assert_int_equal(bus_read(&world.bus, FAKE_IO, 4, &value, BUS_DEBUG), -1);
	assert_true(core_gdb_is_lost(world.core));
}

static void test_bad_packets(void **state)
{
	static const enum fake_fault faults[] = { FAKE_SILENT, FAKE_ENDS, FAKE_BAD_CHECKSUM, FAKE_JUNK, FAKE_ENDLESS };
	(void)state;

	for (unsigned int n = 0; n < sizeof(faults) / sizeof(faults[0]); n++) {
		struct fake_gdbstub *stub = fake_gdbstub_new();
		assert_non_null(stub);
		struct gdb_client *client = gdb_client_new(stub->port);
		assert_non_null(client);
		gdb_client_set_timeout(client, 200000);
		assert_string_equal(gdb_client_ask(client, "m4,2", "reading"), "0000");
		assert_null(gdb_client_wait(client, 1000));
		assert_false(gdb_client_is_lost(client));
		stub->fault = faults[n];
		assert_null(gdb_client_ask(client, "m4,2", "reading"));
		assert_true(gdb_client_is_lost(client));
		assert_null(gdb_client_ask(client, "?", "looking"));
		gdb_client_free(client);
		fake_gdbstub_free(stub);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_peripheral, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_registers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bkpt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_overwritten_bkpt, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_comparator, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_slices, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reset, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_program, set_up_without_program, tear_down),
		cmocka_unit_test_setup_teardown(test_lost, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_short, set_up, tear_down),
		cmocka_unit_test(test_bad_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
