// SPDX-License-Identifier: GPL-2.0-or-later

/* TAP, JTAG-DP, time and faults of the debug port, at the level of its pins. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vb_dap_world.h"

/* TAP */

static void test_idcode_after_reset_then_tdi(void **state)
{
	(void)state;
	to_reset_and_idle();

	uint64_t in = scan_dr(0xa5a5a5a5, 64);

	assert_int_equal((uint32_t)in, IDCODE);
	assert_int_equal(in >> 32, 0xa5a5a5a5);
}

static void test_five_tms_reset_from_any_state(void **state)
{
	/* TMS sequences, first bit first, from Run-Test/Idle to each state. */
	static const char * const paths[] = {
		"", "1", "10", "100", "101", "1010", "10101", "1011",
		"11", "110", "1100", "1101", "11010", "110101", "11011",
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		to_reset_and_idle();
		scan_ir(IR_BYPASS, 4);
		assert_int_equal(scan_dr(0xff, 8), 0xfe);
		for (const char *tms = paths[i]; *tms; tms++)
			clock_bit(*tms == '1', true);
		to_reset_and_idle();
		assert_int_equal(world->dap->jtag.state, JTAG_RUN_TEST_IDLE);
		assert_int_equal((uint32_t)scan_dr(0, 32), IDCODE);
	}
}

static void test_ir_capture(void **state)
{
	(void)state;
	to_reset_and_idle();

	uint32_t in = scan_ir(0xabc, 12);

	assert_int_equal(in & 3, 1);
	assert_int_equal(in >> 4, 0xbc);	/* four bits long: TDI comes out behind them */
}

static void test_bypass_is_one_bit(void **state)
{
	static const uint8_t instructions[] = { IR_BYPASS, 0x0, 0x1, 0x7, 0x9, 0xc, 0xd };

	(void)state;
	to_reset_and_idle();
	for (unsigned int i = 0; i < sizeof(instructions); i++) {
		scan_ir(instructions[i], 4);
		assert_int_equal(scan_dr(0x5a, 9), 0x5a << 1);
	}
}

static void test_pause_keeps_the_shift_register(void **state)
{
	uint32_t in = 0;

	(void)state;
	to_reset_and_idle();
	clock_bit(true, false);
	clock_bit(false, false);
	clock_bit(false, false);
	for (unsigned int i = 0; i < 32; i++) {
		bool pause = i == 10;

		in |= (uint32_t)clock_bit(pause || i == 31, false) << i;
		if (pause) {
			clock_bit(false, true);	/* Pause-DR */
			clock_bit(false, true);
			clock_bit(true, true);	/* Exit2-DR */
			clock_bit(false, true);	/* Shift-DR */
		}
	}
	assert_int_equal(in, IDCODE);
}

static void test_trst(void **state)
{
	(void)state;
	to_reset_and_idle();
	scan_ir(IR_BYPASS, 4);
	dap_set_reset_pins(world->dap, true, false);
	assert_int_equal(world->dap->jtag.state, JTAG_TEST_LOGIC_RESET);
	clock_bit(false, false);
	assert_int_equal(world->dap->jtag.state, JTAG_TEST_LOGIC_RESET);
	dap_set_reset_pins(world->dap, false, false);
	clock_bit(false, false);
	assert_int_equal((uint32_t)scan_dr(0, 32), IDCODE);
}

static void bypass_capture(struct jtag_tap *tap)
{
	tap->dr = 0;
	tap->dr_bits = 1;
}

static void bypass_update(struct jtag_tap *tap)
{
	(void)tap;
}

/* Another TAP between TDI and the JTAG-DP, as the boundary-scan TAP of STM32 parts. */
static void test_second_tap_in_the_chain(void **state)
{
	static const struct jtag_tap_ops ops = { bypass_capture, bypass_update };

	(void)state;
	assert_int_equal(jtag_add_tap(&world->dap->jtag, &ops, NULL, 5, 0x1f), 0);
	assert_int_equal(jtag_add_tap(&world->dap->jtag, &ops, NULL, 5, 0x1f), -1);
	to_reset_and_idle();
	assert_int_equal(scan_dr(0x3ull << 33, 35), (uint64_t)IDCODE);
	/* The captured ...01 of each TAP, the one nearest to TDO first; then what went in. */
	assert_int_equal(scan_ir(0x15 << 4 | IR_BYPASS, 9), 0x1 << 4 | 0x1);
	assert_int_equal(world->dap->jtag.tap[0].ir, IR_BYPASS);
	assert_int_equal(world->dap->jtag.tap[1].ir, 0x15);
	assert_int_equal(scan_dr(0x1f, 7), 0x1f << 2 & 0x7f);
}

/* The boundary-scan TAP that a board's configuration asks for. */
static void test_boundary_tap(void **state)
{
	struct dap_config config = v7m_config;

	teardown(state);
	config.boundary_idcode = 0x06449041;
	config.boundary_ir_bits = 5;
	make_world(&config, NULL);
	to_reset_and_idle();
	assert_int_equal(scan_dr(0, 64), (uint64_t)0x06449041 << 32 | IDCODE);
	/* Five bits behind the four: IDCODE is 00001b, all else bypasses */
	assert_int_equal(scan_ir(0x01 << 4 | IR_BYPASS, 9), 0x1 << 4 | 0x1);
	assert_int_equal(scan_dr(0, 33) >> 1, 0x06449041);
	scan_ir(0x1f << 4 | IR_IDCODE, 9);
	assert_int_equal(scan_dr(0x1ull << 33, 34), (uint64_t)IDCODE);
	scan_ir(0x02 << 4 | IR_IDCODE, 9);
	assert_int_equal(scan_dr(0x1, 34), 1ull << 33 | IDCODE);
}

/* DP */

static void test_power_up(void **state)
{
	(void)state;
	to_reset_and_idle();
	assert_int_equal(ctrl_stat() & POWER_ALL, 0);
	dp_w(DP_CTRL_STAT, 0x50000020);
	assert_int_equal(ctrl_stat(), POWER_ALL);
	dp_w(DP_CTRL_STAT, 0x50000001);
	assert_int_equal(ctrl_stat(), POWER_ALL | ORUNDETECT);
	dp_w(DP_CTRL_STAT, 0x10000000);
	assert_int_equal(ctrl_stat() & POWER_ALL, 0x30000000);
}

static void test_registers_survive_tap_reset(void **state)
{
	(void)state;
	select_ap(0, 0xf0);
	to_reset_and_idle();
	assert_int_equal(ctrl_stat(), POWER_ALL | ORUNDETECT);
	assert_int_equal(dp_r(DP_SELECT), 0xf0);
}

static void test_rdbuff_reads_zero(void **state)
{
	(void)state;
	rdbuff();
	assert_int_equal(rdbuff(), 0);
}

static void test_ap_identification(void **state)
{
	(void)state;
	assert_int_equal(ap_r(AP_IDR_REG), AP_IDR);
	assert_int_equal(ap_r(AP_BASE_REG), AP_BASE);
	assert_int_equal(ap_r(AP_CFG), 0);
	assert_int_equal(ap_r(0x20), 0);
	assert_no_sticky();
}

static void test_other_aps_read_zero(void **state)
{
	static const unsigned int aps[] = { 1, 2, 128, 255 };

	(void)state;
	setup_transfer(CSW_32, RAM_BASE);
	for (unsigned int i = 0; i < sizeof(aps) / sizeof(aps[0]); i++) {
		select_ap(aps[i], 0xf0);
		acc(IR_APACC, 0xc, true, 0);
		assert_int_equal(rdbuff(), 0);
		select_ap(aps[i], 0x00);
		acc(IR_APACC, AP_DRW, false, 0x55555555);
	}
	assert_no_sticky();
	assert_int_equal(world->num_accesses, 0);
}

static void test_posted_reads_pipeline(void **state)
{
	(void)state;
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE);
	scan_ir(IR_APACC, 4);

	/* Only DR scans from here: each brings the word before out. */
	uint64_t request = AP_DRW >> 2 << 1 | 1;

	scan_dr(request, 35);
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t expected;

		memcpy(&expected, world->ram + 4 * i, 4);

		uint64_t in = scan_dr(request, 35);

		assert_int_equal(in & 7, ACK_OK);
		assert_int_equal(in >> 3, expected);
	}
}

static void test_ap_without_power_fails(void **state)
{
	(void)state;
	to_reset_and_idle();
	ap_w(AP_TAR, RAM_BASE);
	assert_int_equal(ctrl_stat() & STICKYERR, STICKYERR);
}

static void test_sticky_error(void **state)
{
	uint32_t before;

	(void)state;
	memcpy(&before, world->ram, 4);
	setup_transfer(CSW_32 | CSW_SINGLE, 0x40000010);
	ap_w(AP_DRW, 0x11111111);	/* nothing there */
	assert_int_equal(world->num_accesses, 1);

	/* Everything that goes to the AP is dropped now, with an ack of OK. */
	ap_w(AP_TAR, RAM_BASE);
	ap_w(AP_DRW, 0x22222222);
	ap_r(AP_DRW);
	assert_int_equal(world->num_accesses, 1);
	assert_memory_equal(world->ram, &before, 4);

	assert_int_equal(ctrl_stat(), POWER_ALL | ORUNDETECT | STICKYERR);
	dp_w(DP_CTRL_STAT, POWER_REQ | ORUNDETECT);	/* no one in bit 5: not cleared */
	assert_int_equal(ctrl_stat() & STICKYERR, STICKYERR);
	dp_w(DP_CTRL_STAT, POWER_REQ | ORUNDETECT | STICKYERR);
	assert_int_equal(ctrl_stat(), POWER_ALL | ORUNDETECT);

	/* TAR tells where it was, and the AP works again. */
	assert_int_equal(ap_r(AP_TAR), 0x40000010);
	ap_w(AP_TAR, RAM_BASE);
	ap_w(AP_DRW, 0x33333333);
	assert_memory_equal(world->ram, "\x33\x33\x33\x33", 4);
	assert_no_sticky();
}

static void test_failed_read_is_not_data(void **state)
{
	(void)state;
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE);
	uint32_t good = ap_r(AP_DRW);

	ap_w(AP_TAR, 0);
	assert_int_not_equal(ap_r(AP_DRW), good);
	assert_int_equal(ctrl_stat() & STICKYERR, STICKYERR);
}

static void slow_ap(bool orundetect)
{
	/* One scan takes about 12 us at 4 MHz: the next comes too early. */
	world->dap->config.ap_access_ns = 100000;
	dp_w(DP_CTRL_STAT, POWER_REQ | (orundetect ? ORUNDETECT : 0));
}

static void wait_for_ap(void)
{
	for (unsigned int i = 0; i < 1000; i++)
		clock_bit(false, false);
}

static void test_wait_and_stickyorun(void **state)
{
	uint32_t first, second;

	(void)state;
	memcpy(&first, world->ram, 4);
	memcpy(&second, world->ram + 4, 4);
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE);
	slow_ap(true);

	acc(IR_APACC, AP_DRW, true, 0);
	assert_int_equal(world->last_ack, ACK_OK);
	acc(IR_APACC, AP_DRW, true, 0);
	assert_int_equal(world->last_ack, ACK_WAIT);
	assert_int_equal(world->num_accesses, 1);

	/* Though it is ready now, later AP requests are dropped. The first result is still to be had. */
	wait_for_ap();
	assert_int_equal(acc(IR_APACC, AP_DRW, true, 0), first);
	assert_int_equal(world->last_ack, ACK_OK);
	assert_int_equal(world->num_accesses, 1);
	assert_int_equal(ctrl_stat() & (STICKYORUN | STICKYERR), STICKYORUN);

	dp_w(DP_CTRL_STAT, POWER_REQ | ORUNDETECT | STICKYORUN);
	assert_no_sticky();
	acc(IR_APACC, AP_DRW, true, 0);
	wait_for_ap();
	assert_int_equal(rdbuff(), second);
	assert_int_equal(world->num_accesses, 2);
}

/* Without a time of its own the AP is busy while the bus makes it wait. */
static void test_wait_states_of_the_bus(void **state)
{
	(void)state;
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE);
	dp_w(DP_CTRL_STAT, POWER_REQ);
	world->stall_ps = 100 * VB_PS_PER_US;
	acc(IR_APACC, AP_DRW, true, 0);
	world->stall_ps = 0;
	acc(IR_DPACC, DP_RDBUFF, true, 0);
	assert_int_equal(world->last_ack, ACK_WAIT);
	wait_for_ap();
	acc(IR_APACC, AP_DRW, true, 0);
	assert_int_equal(world->last_ack, ACK_OK);
	acc(IR_DPACC, DP_RDBUFF, true, 0);
	assert_int_equal(world->last_ack, ACK_OK);
	assert_no_sticky();
}

static void test_wait_without_orundetect(void **state)
{
	(void)state;
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE);
	slow_ap(false);
	acc(IR_APACC, AP_DRW, true, 0);
	acc(IR_DPACC, DP_RDBUFF, true, 0);
	assert_int_equal(world->last_ack, ACK_WAIT);
	wait_for_ap();
	assert_no_sticky();
}

static void test_abort_ends_the_wait(void **state)
{
	(void)state;
	setup_transfer(CSW_32, RAM_BASE);
	slow_ap(false);
	ap_r(AP_TAR);	/* not a memory access: no wait */
	acc(IR_APACC, AP_DRW, true, 0);
	acc(IR_ABORT, 0, false, 1);
	acc(IR_DPACC, DP_CTRL_STAT, true, 0);
	assert_int_equal(world->last_ack, ACK_OK);
}

/* Time */

static void test_tck_takes_time(void **state)
{
	(void)state;
	dap_set_timing(world->dap, 4000, 0);
	for (unsigned int i = 0; i < 7; i++)
		clock_bit(false, false);
	assert_int_equal(world->vb.count.link_clocks, 7);
	assert_int_equal(world->vb.clock.now_ps, 7 * 250 * VB_PS_PER_NS);
	dap_set_timing(world->dap, 1000, 0);
	clock_bit(false, false);
	assert_int_equal(world->vb.clock.now_ps, 2750 * VB_PS_PER_NS);
}

static void test_round_trips(void **state)
{
	uint64_t clocks;

	(void)state;
	dap_set_timing(world->dap, 4000, 250);

	/* Powered up: one entry into Test-Logic-Reset is not one, since the TAP was there at power-on. */
	assert_int_equal(world->vb.count.link_round_trips, 0);
	to_reset_and_idle();
	assert_int_equal(world->vb.count.link_round_trips, 1);
	ap_w(AP_TAR, RAM_BASE);
	ap_w(AP_DRW, 0);
	assert_int_equal(world->vb.count.link_round_trips, 1);
	acc(IR_DPACC, DP_CTRL_STAT, true, 0);
	assert_int_equal(world->vb.count.link_round_trips, 2);
	dap_set_reset_pins(world->dap, false, true);
	assert_int_equal(world->vb.count.link_round_trips, 3);
	dap_set_reset_pins(world->dap, false, true);
	assert_int_equal(world->vb.count.link_round_trips, 3);
	dap_set_reset_pins(world->dap, false, false);
	assert_int_equal(world->vb.count.link_round_trips, 4);

	clocks = world->vb.count.link_clocks;
	dp_w(DP_CTRL_STAT, POWER_REQ);	/* a write ends no queue */
	assert_int_equal(world->vb.count.link_round_trips, 4);
	assert_true(world->vb.count.link_clocks > clocks);
}

static void test_round_trip_takes_time(void **state)
{
	uint64_t before_ps, clocks;

	(void)state;
	dap_set_timing(world->dap, 4000, 250);
	before_ps = world->vb.clock.now_ps;
	clocks = world->vb.count.link_clocks;
	acc(IR_DPACC, DP_CTRL_STAT, true, 0);
	clocks = world->vb.count.link_clocks - clocks;
	assert_int_equal(world->vb.clock.now_ps - before_ps, 250 * VB_PS_PER_US + clocks * 250 * VB_PS_PER_NS);
}

static void test_core_catches_up(void **state)
{
	(void)state;
	setup_transfer(CSW_32, RAM_BASE);

	unsigned int runs = world->core_runs;

	ap_r(AP_TAR);
	assert_int_equal(world->core_runs, runs);
	ap_r(AP_DRW);	/* the fake bus asserts that the core is at the access's time */
	assert_int_equal(world->core_runs, runs + 1);
	assert_int_equal(world->num_accesses, 1);
	assert_true(world->access[0].at_ps > 0);

	/* Idle clocks alone: never more than 100 us behind. */
	for (unsigned int i = 0; i < 4000; i++) {
		clock_bit(false, false);
		assert_true(world->vb.clock.now_ps - world->core_ran_until_ps < 100 * VB_PS_PER_US);
	}
	assert_true(world->core_runs <= runs + 1 + 11);
}

static void test_srst(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 100; i++)
		clock_bit(false, false);
	dap_set_reset_pins(world->dap, false, true);
	assert_true(world->core_held);
	assert_int_equal(world->core_ran_until_ps, world->vb.clock.now_ps);
	dap_set_reset_pins(world->dap, false, false);
	assert_false(world->core_held);
}

/* Faults */

static void test_fault_core_reset(void **state)
{
	(void)state;
	make_world(&v7m_config, "core.reset@ap=2");
	power_up();
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE);
	ap_r(AP_DRW);
	ap_r(AP_IDR_REG);	/* no memory access */
	assert_int_equal(world->core_resets, 0);
	ap_r(AP_DRW);
	assert_int_equal(world->core_resets, 1);
	ap_r(AP_DRW);
	assert_int_equal(world->core_resets, 1);
	assert_no_sticky();
}

static void test_fault_link_drop(void **state)
{
	(void)state;
	make_world(&v7m_config, "link.drop@ap=1,link.drop@ms=3");
	power_up();
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE);
	assert_false(dap_link_dropped(world->dap));
	ap_w(AP_DRW, 0);
	assert_true(dap_link_dropped(world->dap));
	assert_false(dap_link_dropped(world->dap));

	/* By time it comes without any access, at most a sync period late. */
	while (world->vb.clock.now_ps < 3 * VB_PS_PER_MS) {
		assert_false(dap_link_dropped(world->dap));
		clock_bit(false, false);
	}
	for (unsigned int i = 0; i < 400; i++)
		clock_bit(false, false);
	assert_true(dap_link_dropped(world->dap));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_idcode_after_reset_then_tdi),
		TEST(test_five_tms_reset_from_any_state),
		TEST(test_ir_capture),
		TEST(test_bypass_is_one_bit),
		TEST(test_pause_keeps_the_shift_register),
		TEST(test_trst),
		TEST(test_second_tap_in_the_chain),
		TEST(test_boundary_tap),
		TEST(test_power_up),
		TEST_POWERED(test_registers_survive_tap_reset),
		TEST_POWERED(test_rdbuff_reads_zero),
		TEST_POWERED(test_ap_identification),
		TEST_POWERED(test_other_aps_read_zero),
		TEST_POWERED(test_posted_reads_pipeline),
		TEST(test_ap_without_power_fails),
		TEST_POWERED(test_sticky_error),
		TEST_POWERED(test_failed_read_is_not_data),
		TEST_POWERED(test_wait_and_stickyorun),
		TEST_POWERED(test_wait_states_of_the_bus),
		TEST_POWERED(test_wait_without_orundetect),
		TEST_POWERED(test_abort_ends_the_wait),
		TEST(test_tck_takes_time),
		TEST_POWERED(test_round_trips),
		TEST_POWERED(test_round_trip_takes_time),
		TEST_POWERED(test_core_catches_up),
		TEST_POWERED(test_srst),
		cmocka_unit_test_teardown(test_fault_core_reset, teardown),
		cmocka_unit_test_teardown(test_fault_link_drop, teardown),
	};

	return cmocka_run_group_tests_name("vb_dap", tests, NULL, NULL);
}
