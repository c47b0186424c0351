// SPDX-License-Identifier: GPL-2.0-or-later

/* The SW-DP bit by bit, the switch between the wires, and what the fault plan does to the link. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vb_dap_world.h"

#define OK	1
#define WAIT	2
#define FAULT	4
#define NONE	7	/* the line is pulled up */

#define DPIDR_ABORT	0x0
#define CTRL_STAT	0x4
#define SELECT_RESEND	0x8
#define RDBUFF		0xc

#define READOK		0x00000040u
#define WDATAERR	0x00000080u
#define STICKY		(STICKYERR | STICKYORUN | WDATAERR)
#define CLEAR_ALL	0x1eu	/* ABORT */

/* How a packet is sent wrong. */
#define BAD_PARITY	(1u << 0)	/* of the header */
#define BAD_STOP	(1u << 1)
#define BAD_PARK	(1u << 2)
#define BAD_DATA	(1u << 3)	/* parity of the data */
#define NO_DATA_PHASE	(1u << 4)	/* as after WAIT and FAULT without ORUNDETECT */

struct packet {
	unsigned int ack;
	uint32_t data;
	bool parity_ok;
};

static bool swd_bit(bool host_drives, bool out)
{
	bool level = dap_swdio(world->dap);

	dap_swclk_rising(world->dap, host_drives, out);
	return level;
}

static void swd_out(uint64_t bits, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		swd_bit(true, bits >> i & 1);
}

static uint64_t swd_in(unsigned int count)
{
	uint64_t bits = 0;

	for (unsigned int i = 0; i < count; i++)
		bits |= (uint64_t)swd_bit(false, false) << i;
	return bits;
}

static void swd_ones(unsigned int count)
{
	while (count--)
		swd_bit(true, true);
}

static void line_reset(void)
{
	swd_ones(50);
	swd_out(0, 2);
}

static void to_swd(void)
{
	swd_ones(50);
	swd_out(0xe79e, 16);
	line_reset();
}

static struct packet exchange(bool ap, bool read, unsigned int address, uint32_t value, unsigned int how)
{
	unsigned int request = ap | read << 1 | (address >> 2 & 3) << 2;
	bool parity = __builtin_parity(request) ^ !!(how & BAD_PARITY);
	struct packet packet = { .ack = NONE };

	swd_out(1 | request << 1 | (unsigned int)parity << 5 | (how & BAD_STOP ? 0x40 : 0) | (how & BAD_PARK ? 0 : 0x80),
		8);
	swd_in(1);
	packet.ack = (unsigned int)swd_in(3);
	if (packet.ack != OK && how & NO_DATA_PHASE) {
		swd_in(1);
		return packet;
	}
	if (read) {
		packet.data = (uint32_t)swd_in(32);
		packet.parity_ok = swd_in(1) == (unsigned int)__builtin_parity(packet.data);
		swd_in(1);
	} else {
		swd_in(1);
		swd_out(value, 32);
		swd_out((unsigned int)__builtin_parity(value) ^ !!(how & BAD_DATA), 1);
	}
	swd_out(0, 8);
	return packet;
}

static uint32_t swd_read(bool ap, unsigned int address)
{
	struct packet packet = exchange(ap, true, address, 0, 0);

	assert_int_equal(packet.ack, OK);
	assert_true(packet.parity_ok);
	return packet.data;
}

static void swd_write(bool ap, unsigned int address, uint32_t value)
{
	assert_int_equal(exchange(ap, false, address, value, 0).ack, OK);
}

static uint32_t read_ap_register(unsigned int reg)
{
	swd_write(false, SELECT_RESEND, reg & 0xf0);
	swd_read(true, reg);
	return swd_read(false, RDBUFF);
}

static void transfer_setup(uint32_t tar)
{
	swd_write(false, SELECT_RESEND, 0);
	swd_write(true, AP_CSW, CSW_32 | CSW_SINGLE);
	swd_write(true, AP_TAR, tar);
}

static uint32_t ram_word(unsigned int offset)
{
	uint32_t value;

	memcpy(&value, world->ram + offset, 4);
	return value;
}

static void connect_swd(void)
{
	to_swd();
	assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
	swd_write(false, CTRL_STAT, POWER_REQ | ORUNDETECT);
}

static int setup_swd(void **state)
{
	setup(state);
	connect_swd();
	return 0;
}

static int teardown_clean(void **state)
{
	assert_int_equal(world->vb.num_violations, 0);
	return teardown(state);
}

static int with_faults(const char *plan)
{
	make_world(&v7m_config, plan);
	connect_swd();
	return 0;
}

/* The switch */

static void test_power_on_is_jtag(void **state)
{
	(void)state;
	to_reset_and_idle();
	assert_int_equal((uint32_t)scan_dr(0, 32), IDCODE);
	/* A line reset is five and more TMS ones. */
	line_reset();
	assert_int_equal(exchange(false, true, DPIDR_ABORT, 0, 0).ack, NONE);
	to_reset_and_idle();
	assert_int_equal((uint32_t)scan_dr(0, 32), IDCODE);
}

static void test_there_and_back(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		to_swd();
		assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
		assert_true(dap_tdo(world->dap));
		swd_ones(50);
		swd_out(0xe73c, 16);
		to_reset_and_idle();
		assert_int_equal((uint32_t)scan_dr(0, 32), IDCODE);
	}
}

static void test_switch_needs_50_ones(void **state)
{
	(void)state;
	to_reset_and_idle();
	clock_bit(false, false);
	swd_ones(49);
	swd_out(0xe79e, 16);
	line_reset();
	assert_int_equal(exchange(false, true, DPIDR_ABORT, 0, 0).ack, NONE);
	/* The other way's sequence is none. */
	swd_ones(50);
	swd_out(0xe73c, 16);
	line_reset();
	assert_int_equal(exchange(false, true, DPIDR_ABORT, 0, 0).ack, NONE);
	to_swd();
	assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
	swd_ones(70);
	swd_out(0xe79e, 16);
	line_reset();
	assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
}

/* An SW-DP without a dormant state takes the sequences through it for noise, and the line reset behind them for one. */
static void test_dormant_sequences_are_noise(void **state)
{
	static const uint8_t alert[] = { 0x92, 0xf3, 0x09, 0x62, 0x95, 0x2d, 0x85, 0x86, 0xe9, 0xaf, 0xdd, 0xe3, 0xa2, 0x0e,
		0xbc, 0x19, 0xa0, 0xf1, 0xff };

	(void)state;
	swd_ones(8);
	swd_out(0x33bbbbba, 31);
	swd_ones(8);
	for (unsigned int i = 0; i < sizeof(alert); i++)
		swd_out(alert[i], 8);
	line_reset();
	assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
	assert_int_equal(world->vb.num_violations, 0);
}

/* One register file: what one wire has set up the other finds. */
static void test_shared_registers(void **state)
{
	(void)state;
	connect_swd();
	transfer_setup(RAM_BASE + 8);
	swd_ones(50);
	swd_out(0xe73c, 16);
	to_reset_and_idle();
	assert_int_equal(ctrl_stat(), POWER_ALL | ORUNDETECT);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 8);
	assert_int_equal(ap_r(AP_DRW), ram_word(8));
}

/* Packets */

static void test_wire_timing(void **state)
{
	(void)state;
	/* A read of DPIDR (header a5), each clock with its level: who drives when is as [ADI] chapter 4 draws it. */
	swd_out(0xa5, 8);
	assert_true(dap_swdio(world->dap));
	swd_in(1);				/* turnaround */
	assert_int_equal(swd_in(3), OK);
	assert_int_equal((uint32_t)swd_in(32), DPIDR);
	assert_int_equal(swd_in(1), __builtin_parity(DPIDR));
	assert_false(world->dap->swdp.drives);
	swd_in(1);				/* turnaround */
	/* The next packet may follow at once. */
	swd_out(0xa5, 8);
	swd_in(1);
	assert_int_equal(swd_in(3), OK);
	assert_int_equal((uint32_t)swd_in(32), DPIDR);
	swd_in(2);
	assert_int_equal(world->vb.num_violations, 0);
}

static void test_malformed_headers_lock(void **state)
{
	static const unsigned int errors[] = { BAD_PARITY, BAD_STOP, BAD_PARK };

	(void)state;
	for (unsigned int i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		assert_int_equal(exchange(false, true, DPIDR_ABORT, 0, errors[i]).ack, NONE);
		assert_int_equal(exchange(false, true, DPIDR_ABORT, 0, 0).ack, NONE);
		line_reset();
		assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
	}
	assert_int_equal(world->vb.num_violations, 0);
}

static void test_line_reset_needs_50_ones_and_2_zeros(void **state)
{
	(void)state;
	exchange(false, true, DPIDR_ABORT, 0, BAD_PARITY);
	swd_out(0, 1);
	swd_ones(49);
	swd_out(0, 2);
	assert_int_equal(exchange(false, true, DPIDR_ABORT, 0, 0).ack, NONE);
	swd_out(0, 1);
	swd_ones(50);
	swd_out(0, 1);
	assert_int_equal(exchange(false, true, DPIDR_ABORT, 0, 0).ack, NONE);
	line_reset();
	assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
}

static void test_dpidr_comes_first(void **state)
{
	(void)state;
	line_reset();
	assert_int_equal(exchange(false, true, CTRL_STAT, 0, 0).ack, NONE);
	assert_int_equal(world->vb.num_violations, 1);
	line_reset();
	assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
	assert_int_equal(swd_read(false, CTRL_STAT), POWER_ALL | ORUNDETECT);
	assert_int_equal(world->vb.num_violations, 1);
}

static void test_targetsel_is_not_answered(void **state)
{
	(void)state;
	assert_int_equal(exchange(false, false, 0xc, 0x01002927, 0).ack, NONE);
	assert_int_equal(swd_read(false, CTRL_STAT), POWER_ALL | ORUNDETECT);
	line_reset();
	assert_int_equal(exchange(false, false, 0xc, 0xffffffff, 0).ack, NONE);
	assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
	assert_int_equal(world->vb.num_violations, 0);
}

static void test_contention(void **state)
{
	(void)state;
	swd_out(0xa5, 8);
	swd_out(0, 1);
	assert_int_equal(world->vb.num_violations, 0);
	swd_out(0, 1);		/* the target drives ACK */
	assert_int_equal(world->vb.num_violations, 1);
}

/* Registers */

static void test_registers(void **state)
{
	(void)state;
	assert_int_equal(swd_read(false, CTRL_STAT), POWER_ALL | ORUNDETECT);
	swd_write(false, CTRL_STAT, POWER_REQ);
	assert_int_equal(swd_read(false, CTRL_STAT), POWER_ALL);
	/* DPBANKSEL 1 is DLCR; a line reset selects bank 0. */
	swd_write(false, SELECT_RESEND, 1);
	assert_int_equal(swd_read(false, CTRL_STAT), 0);
	swd_write(false, CTRL_STAT, 0x40);
	assert_int_equal(swd_read(false, CTRL_STAT), 0x40);
	line_reset();
	swd_read(false, DPIDR_ABORT);
	assert_int_equal(swd_read(false, CTRL_STAT), POWER_ALL);
	assert_int_equal(world->vb.num_violations, 0);
	swd_write(false, SELECT_RESEND, 1);
	swd_write(false, CTRL_STAT, 0x100);
	assert_int_equal(world->vb.num_violations, 1);
}

static void test_posted_reads(void **state)
{
	(void)state;
	transfer_setup(RAM_BASE);
	assert_int_equal(swd_read(true, AP_DRW), DP_UNKNOWN);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(swd_read(true, AP_DRW), ram_word(4 * i));
	assert_int_equal(swd_read(false, SELECT_RESEND), ram_word(8));
	assert_int_equal(world->num_accesses, 4);
	assert_int_equal(swd_read(false, RDBUFF), ram_word(12));
	assert_int_equal(swd_read(false, CTRL_STAT) & READOK, READOK);
	/* RDBUFF starts nothing, and has given its result away; RESEND still has it. */
	assert_int_equal(world->num_accesses, 4);
	assert_int_equal(swd_read(false, SELECT_RESEND), ram_word(12));
	assert_int_equal(swd_read(false, SELECT_RESEND), ram_word(12));
	assert_int_equal(swd_read(false, RDBUFF), DP_UNKNOWN);
	/* A write spoils the result of a read. */
	swd_read(true, AP_DRW);
	swd_write(true, AP_TAR, RAM_BASE);
	assert_int_equal(swd_read(false, RDBUFF), DP_UNKNOWN);
}

static void test_ap_registers(void **state)
{
	(void)state;
	assert_int_equal(read_ap_register(AP_IDR_REG), AP_IDR);
	assert_int_equal(read_ap_register(AP_BASE_REG), AP_BASE);
	transfer_setup(RAM_BASE + 0x20);
	swd_write(true, AP_DRW, 0x12345678);
	swd_write(true, AP_DRW, 0x9abcdef0);
	assert_int_equal(ram_word(0x20), 0x12345678);
	assert_int_equal(ram_word(0x24), 0x9abcdef0);
	assert_int_equal(read_ap_register(AP_TAR), RAM_BASE + 0x28);
}

/* FAULT and WAIT */

static void test_sticky_error_gives_fault(void **state)
{
	(void)state;
	transfer_setup(0x40000000);
	swd_write(true, AP_DRW, 1);		/* nothing there, but the answer was given before */
	assert_int_equal(exchange(true, false, AP_TAR, RAM_BASE, 0).ack, FAULT);
	assert_int_equal(exchange(true, true, AP_TAR, 0, 0).ack, FAULT);
	assert_int_equal(exchange(false, true, RDBUFF, 0, 0).ack, FAULT);
	assert_int_equal(exchange(false, false, SELECT_RESEND, 0, 0).ack, FAULT);
	assert_int_equal(exchange(false, false, CTRL_STAT, 0, 0).ack, FAULT);
	/* These are always answered. With ORUNDETECT each of the FAULTs was an overrun as well. */
	assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
	assert_int_equal(swd_read(false, CTRL_STAT) & (STICKY | READOK), STICKYERR | STICKYORUN);
	/* Ones written to CTRL/STAT clear nothing on SWD; ABORT does, flag by flag. */
	swd_write(false, DPIDR_ABORT, 1u << 4);
	assert_int_equal(swd_read(false, CTRL_STAT) & STICKY, STICKYERR);
	swd_write(false, DPIDR_ABORT, 1u << 3);
	assert_int_equal(swd_read(false, CTRL_STAT) & STICKY, STICKYERR);
	swd_write(false, DPIDR_ABORT, 1u << 2);
	assert_int_equal(swd_read(false, CTRL_STAT), POWER_ALL | ORUNDETECT);
	assert_int_equal(read_ap_register(AP_TAR), 0x40000000);
}

static void test_fault_without_orundetect_has_no_data_phase(void **state)
{
	(void)state;
	swd_write(false, CTRL_STAT, POWER_REQ);
	transfer_setup(0x40000000);
	swd_write(true, AP_DRW, 1);
	assert_int_equal(exchange(true, false, AP_TAR, 0, NO_DATA_PHASE).ack, FAULT);
	assert_int_equal(exchange(true, true, AP_TAR, 0, NO_DATA_PHASE).ack, FAULT);
	assert_int_equal(swd_read(false, CTRL_STAT), POWER_ALL | STICKYERR);
}

static void test_wait(void **state)
{
	(void)state;
	dap_set_timing(world->dap, 4000, 0);
	transfer_setup(RAM_BASE);
	world->dap->config.ap_access_ns = 100000;
	swd_read(true, AP_DRW);
	assert_int_equal(exchange(false, true, RDBUFF, 0, 0).ack, WAIT);
	/* Not answered with WAIT, whatever happens. */
	assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
	assert_int_equal(swd_read(false, CTRL_STAT) & (STICKY | READOK), STICKYORUN);
	swd_write(false, DPIDR_ABORT, CLEAR_ALL);
	assert_int_equal(exchange(true, true, AP_DRW, 0, 0).ack, WAIT);
	assert_int_equal(exchange(true, true, AP_DRW, 0, 0).ack, FAULT);
	swd_write(false, DPIDR_ABORT, CLEAR_ALL);
	swd_out(0, 64);
	for (unsigned int i = 0; i < 1000; i++)
		swd_out(0, 1);
	assert_int_equal(swd_read(false, RDBUFF), ram_word(0));
	assert_int_equal(world->num_accesses, 1);
	/* DAPABORT ends the access. */
	swd_read(true, AP_DRW);
	swd_write(false, DPIDR_ABORT, 1);
	assert_int_equal(exchange(false, true, RDBUFF, 0, 0).ack, OK);
}

static void test_wait_without_orundetect(void **state)
{
	(void)state;
	swd_write(false, CTRL_STAT, POWER_REQ);
	transfer_setup(RAM_BASE);
	world->dap->config.ap_access_ns = 100000;
	swd_write(true, AP_DRW, 5);
	assert_int_equal(exchange(true, false, AP_DRW, 6, NO_DATA_PHASE).ack, WAIT);
	assert_int_equal(exchange(false, true, RDBUFF, 0, NO_DATA_PHASE).ack, WAIT);
	assert_int_equal(swd_read(false, CTRL_STAT) & STICKY, 0);
	assert_int_equal(world->num_accesses, 1);
}

static void test_bad_data_parity(void **state)
{
	uint32_t before = ram_word(0);

	(void)state;
	transfer_setup(RAM_BASE);
	assert_int_equal(exchange(true, false, AP_DRW, 0x11111111, BAD_DATA).ack, OK);
	assert_int_equal(world->num_accesses, 0);
	assert_int_equal(exchange(true, false, AP_DRW, 0x22222222, 0).ack, FAULT);
	assert_int_equal(swd_read(false, CTRL_STAT) & STICKY, WDATAERR | STICKYORUN);
	assert_int_equal(ram_word(0), before);
	swd_write(false, DPIDR_ABORT, 0x18);
	swd_write(true, AP_DRW, 0x33333333);
	assert_int_equal(ram_word(0), 0x33333333);
}

/* Time */

static void test_time(void **state)
{
	uint64_t before_ps, trips;

	(void)state;
	dap_set_timing(world->dap, 4000, 250);
	before_ps = world->vb.clock.now_ps;
	swd_write(false, SELECT_RESEND, 0);
	assert_int_equal(world->vb.clock.now_ps - before_ps, (46 + 8) * 250 * VB_PS_PER_NS);
	/* What ends a queue, where the link does not say. */
	trips = world->vb.count.link_round_trips;
	swd_read(false, RDBUFF);
	assert_int_equal(world->vb.count.link_round_trips, trips + 1);
	swd_read(false, CTRL_STAT);
	assert_int_equal(world->vb.count.link_round_trips, trips + 2);
	swd_read(true, AP_TAR);
	assert_int_equal(world->vb.count.link_round_trips, trips + 2);

	dap_link_counts_round_trips(world->dap);
	swd_read(false, RDBUFF);
	dap_set_reset_pins(world->dap, true, true);
	assert_int_equal(world->vb.count.link_round_trips, trips + 2);
	before_ps = world->vb.clock.now_ps;
	dap_round_trip(world->dap);
	assert_int_equal(world->vb.count.link_round_trips, trips + 3);
	assert_int_equal(world->vb.clock.now_ps - before_ps, 250 * VB_PS_PER_US);
	assert_int_equal(world->core_ran_until_ps, world->vb.clock.now_ps);
}

static void test_pause_runs_the_core(void **state)
{
	(void)state;
	dap_pass_time(world->dap, 7 * VB_PS_PER_MS);
	assert_int_equal(world->core_ran_until_ps, world->vb.clock.now_ps);
	assert_true(world->vb.clock.now_ps >= 7 * VB_PS_PER_MS);
}

/* Faults of the plan */

static void test_fault_wait(void **state)
{
	unsigned int waits = 0;

	(void)state;
	with_faults("link.wait@ms=5+20");
	dap_set_timing(world->dap, 4000, 0);
	transfer_setup(RAM_BASE);
	for (unsigned int i = 0; i < 20; i++)
		swd_read(true, AP_DRW);
	assert_true(world->vb.clock.now_ps < 5 * VB_PS_PER_MS);
	dap_pass_time(world->dap, 5 * VB_PS_PER_MS);
	for (unsigned int i = 0; i < 400; i++) {
		struct packet packet = exchange(true, true, AP_TAR, 0, 0);

		swd_read(false, DPIDR_ABORT);
		if (packet.ack == OK)
			continue;
		assert_int_equal(packet.ack, WAIT);
		assert_int_equal(swd_read(false, CTRL_STAT) & STICKY, STICKYORUN);
		swd_write(false, DPIDR_ABORT, CLEAR_ALL);
		waits++;
	}
	/* 7f: one in two. */
	assert_in_range(waits, 150, 250);
	dap_pass_time(world->dap, 20 * VB_PS_PER_MS);
	for (unsigned int i = 0; i < 20; i++)
		swd_read(true, AP_DRW);
	assert_int_equal(world->vb.num_violations, 0);
}

static uint64_t waits_of_seed(uint64_t seed)
{
	uint64_t waits = 0;

	make_world(&v7m_config, "link.wait@ms=1");
	dap_free(world->dap);
	world->vb.seed = seed;
	world->dap = dap_new(&world->vb, &world->bus, NULL, &v7m_config);
	assert_non_null(world->dap);
	connect_swd();
	dap_pass_time(world->dap, VB_PS_PER_MS);
	for (unsigned int i = 0; i < 64; i++) {
		if (exchange(true, true, AP_TAR, 0, 0).ack == OK)
			continue;
		waits |= 1ull << i;
		swd_write(false, DPIDR_ABORT, CLEAR_ALL);
	}
	teardown(NULL);
	return waits;
}

static void test_fault_seed(void **state)
{
	uint64_t waits = waits_of_seed(7);

	(void)state;
	assert_int_equal(waits_of_seed(7), waits);
	assert_int_not_equal(waits_of_seed(8), waits);
	with_faults("link.wait");
}

static void test_fault_wait_on_jtag(void **state)
{
	unsigned int waits = 0;

	(void)state;
	make_world(&v7m_config, "link.wait@ap=1");
	power_up();
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE);
	ap_w(AP_DRW, 1);
	for (unsigned int i = 0; i < 100; i++) {
		acc(IR_APACC, AP_TAR, true, 0);
		if (world->last_ack == ACK_OK)
			continue;
		assert_int_equal(world->last_ack, ACK_WAIT);
		assert_int_equal(ctrl_stat() & (STICKYERR | STICKYORUN), STICKYORUN);
		dp_w(DP_CTRL_STAT, POWER_REQ | ORUNDETECT | STICKYORUN);
		waits++;
	}
	assert_in_range(waits, 25, 75);
}

static void test_fault_parity(void **state)
{
	unsigned int bad_reads = 0, bad_writes = 0;

	(void)state;
	with_faults("link.parity=3f@ap=1");
	transfer_setup(RAM_BASE);
	swd_write(true, AP_DRW, 0x5555aaaa);
	for (unsigned int i = 0; i < 200; i++) {
		struct packet packet = exchange(false, true, DPIDR_ABORT, 0, 0);

		assert_int_equal(packet.ack, OK);
		assert_int_equal(packet.parity_ok, packet.data == DPIDR && packet.parity_ok);
		bad_reads += !packet.parity_ok;
	}
	for (unsigned int i = 0; i < 200; i++) {
		assert_int_equal(exchange(false, false, SELECT_RESEND, 0, 0).ack, OK);
		if (!(world->dap->dp.ctrl_stat & WDATAERR))
			continue;
		bad_writes++;
		do {
			exchange(false, false, DPIDR_ABORT, CLEAR_ALL, 0);
		} while (world->dap->dp.ctrl_stat & STICKY);
	}
	/* 3f: one in four */
	assert_in_range(bad_reads, 25, 75);
	assert_in_range(bad_writes, 25, 75);
	assert_int_equal(ram_word(0), 0x5555aaaa);
}

static void test_fault_access(void **state)
{
	uint32_t before;

	(void)state;
	with_faults("link.fault@ap=2");
	before = ram_word(4);
	transfer_setup(RAM_BASE);
	swd_write(true, AP_DRW, 1);
	swd_write(true, AP_DRW, 2);
	assert_int_equal(exchange(true, false, AP_DRW, 3, 0).ack, FAULT);
	assert_int_equal(swd_read(false, CTRL_STAT) & STICKY, STICKYERR | STICKYORUN);
	assert_int_equal(ram_word(4), before);
	assert_int_equal(world->num_accesses, 1);
	swd_write(false, DPIDR_ABORT, CLEAR_ALL);
	assert_int_equal(read_ap_register(AP_TAR), RAM_BASE + 4);
	swd_write(false, SELECT_RESEND, 0);
	swd_write(true, AP_DRW, 4);
	assert_int_equal(ram_word(4), 4);
}

static void test_fault_slow(void **state)
{
	uint64_t before_ps;

	(void)state;
	with_faults("link.slow@ms=10+100");
	dap_set_timing(world->dap, 4000, 250);
	before_ps = world->vb.clock.now_ps;
	dap_round_trip(world->dap);
	assert_int_equal(world->vb.clock.now_ps - before_ps, 250 * VB_PS_PER_US);
	dap_pass_time(world->dap, 10 * VB_PS_PER_MS);
	before_ps = world->vb.clock.now_ps;
	dap_round_trip(world->dap);
	assert_int_equal(world->vb.clock.now_ps - before_ps, 10250 * VB_PS_PER_US);
	dap_pass_time(world->dap, 100 * VB_PS_PER_MS);
	before_ps = world->vb.clock.now_ps;
	dap_round_trip(world->dap);
	assert_int_equal(world->vb.clock.now_ps - before_ps, 250 * VB_PS_PER_US);
}

static uint64_t duration_of_100_clocks(void)
{
	uint64_t before_ps = world->vb.clock.now_ps;

	for (unsigned int i = 0; i < 100; i++)
		swd_out(0, 1);
	return world->vb.clock.now_ps - before_ps;
}

static void test_fault_speed(void **state)
{
	(void)state;
	with_faults("link.speed=08@ms=10+10");
	dap_set_timing(world->dap, 4000, 250);
	assert_int_equal(duration_of_100_clocks(), 25 * VB_PS_PER_US);
	dap_pass_time(world->dap, 10 * VB_PS_PER_MS);
	assert_int_equal(duration_of_100_clocks(), 200 * VB_PS_PER_US);
	dap_pass_time(world->dap, 10 * VB_PS_PER_MS);
	assert_int_equal(duration_of_100_clocks(), 25 * VB_PS_PER_US);
	dap_set_tck_khz(world->dap, 1000);
	assert_int_equal(duration_of_100_clocks(), 100 * VB_PS_PER_US);
}

static void test_fault_srst(void **state)
{
	(void)state;
	with_faults("link.srst@ms=2+3");
	assert_false(world->core_held);
	dap_pass_time(world->dap, 2 * VB_PS_PER_MS);
	assert_true(world->core_held);
	assert_true(dap_srst_is_low(world->dap));
	/* The client asserts it as well, and lets go first. */
	dap_set_reset_pins(world->dap, false, true);
	assert_true(world->core_held);
	dap_set_reset_pins(world->dap, false, false);
	assert_true(world->core_held);
	/* The debug port works meanwhile. */
	assert_int_equal(swd_read(false, DPIDR_ABORT), DPIDR);
	dap_pass_time(world->dap, 3 * VB_PS_PER_MS);
	assert_false(world->core_held);
	assert_false(dap_srst_is_low(world->dap));
	dap_set_reset_pins(world->dap, false, true);
	assert_true(world->core_held);
	dap_set_reset_pins(world->dap, false, false);
	assert_false(world->core_held);
}

static void test_fault_drop(void **state)
{
	(void)state;
	with_faults("link.drop@ap=1");
	transfer_setup(RAM_BASE);
	assert_false(dap_link_dropped(world->dap));
	swd_write(true, AP_DRW, 0);
	assert_true(dap_link_dropped(world->dap));
	assert_false(dap_link_dropped(world->dap));
}

#define TEST_CLEAN(name)	cmocka_unit_test_setup_teardown(name, setup_swd, teardown_clean)
#define TEST_SWD(name)		cmocka_unit_test_setup_teardown(name, setup_swd, teardown)
#define TEST_FAULTS(name)	cmocka_unit_test_teardown(name, teardown_clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_power_on_is_jtag),
		TEST(test_there_and_back),
		TEST(test_switch_needs_50_ones),
		TEST_SWD(test_dormant_sequences_are_noise),
		TEST(test_shared_registers),
		TEST_CLEAN(test_wire_timing),
		TEST_CLEAN(test_malformed_headers_lock),
		TEST_CLEAN(test_line_reset_needs_50_ones_and_2_zeros),
		TEST_SWD(test_dpidr_comes_first),
		TEST_CLEAN(test_targetsel_is_not_answered),
		TEST_SWD(test_contention),
		TEST_SWD(test_registers),
		TEST_CLEAN(test_posted_reads),
		TEST_CLEAN(test_ap_registers),
		TEST_CLEAN(test_sticky_error_gives_fault),
		TEST_CLEAN(test_fault_without_orundetect_has_no_data_phase),
		TEST_CLEAN(test_wait),
		TEST_CLEAN(test_wait_without_orundetect),
		TEST_CLEAN(test_bad_data_parity),
		TEST_CLEAN(test_time),
		TEST_CLEAN(test_pause_runs_the_core),
		TEST_FAULTS(test_fault_wait),
		TEST_FAULTS(test_fault_seed),
		TEST_FAULTS(test_fault_wait_on_jtag),
		TEST_FAULTS(test_fault_parity),
		TEST_FAULTS(test_fault_access),
		TEST_FAULTS(test_fault_slow),
		TEST_FAULTS(test_fault_speed),
		TEST_FAULTS(test_fault_srst),
		TEST_FAULTS(test_fault_drop),
	};

	return cmocka_run_group_tests_name("vb_swd", tests, NULL, NULL);
}
