// SPDX-License-Identifier: GPL-2.0-or-later

/* MEM-AP, through the pins of the debug port. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vb_dap_world.h"

static void test_csw_reads_back_what_is_there(void **state)
{
	(void)state;
	ap_w(AP_CSW, 0xa2000020);	/* OpenOCD's question whether there are packed transfers */
	assert_int_equal(ap_r(AP_CSW) & 0x37, 0x20);
	assert_int_equal(ap_r(AP_CSW) & 0x40, 0x40);
	assert_int_equal(ap_r(AP_CSW) & 0xa2000000, 0xa2000000);
	ap_w(AP_CSW, 0xa2000013);	/* 64 bit */
	assert_int_equal(ap_r(AP_CSW) & 0x37, 0x12);
}

static void test_no_packed_on_v6m(void **state)
{
	(void)state;
	ap_w(AP_CSW, 0xa2000020);
	assert_int_not_equal(ap_r(AP_CSW) & 0x30, 0x20);
}

static void test_byte_lanes(void **state)
{
	(void)state;
	memset(world->ram, 0, 8);
	setup_transfer(CSW_8 | CSW_SINGLE, RAM_BASE + 1);
	ap_w(AP_DRW, 0x44332211);
	ap_w(AP_DRW, 0x44332211);
	ap_w(AP_DRW, 0x44332211);
	ap_w(AP_DRW, 0x44332211);
	assert_memory_equal(world->ram, "\x00\x22\x33\x44\x11\x00\x00\x00", 8);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 5);

	setup_transfer(CSW_16 | CSW_SINGLE, RAM_BASE + 2);
	assert_int_equal(ap_r(AP_DRW) >> 16, 0x4433);
	assert_int_equal(ap_r(AP_DRW) & 0xffff, 0x0011);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 6);
	assert_no_sticky();
}

static void test_increment_modes(void **state)
{
	(void)state;
	setup_transfer(CSW_32, RAM_BASE + 8);
	ap_r(AP_DRW);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 8);
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE + 8);
	ap_r(AP_DRW);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 12);
	setup_transfer(CSW_32 | CSW_PACKED, RAM_BASE + 8);	/* a word is full already */
	ap_r(AP_DRW);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 12);
}

static void test_packed_bytes(void **state)
{
	(void)state;
	memset(world->ram, 0, 16);
	setup_transfer(CSW_8 | CSW_PACKED, RAM_BASE + 4);
	ap_w(AP_DRW, 0x44332211);
	assert_memory_equal(world->ram, "\x00\x00\x00\x00\x11\x22\x33\x44\x00", 9);
	assert_int_equal(world->num_accesses, 4);
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(world->access[i].size, 1);
		assert_int_equal(world->access[i].address, RAM_BASE + 4 + i);
	}
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 8);

	ap_w(AP_TAR, RAM_BASE + 4);
	assert_int_equal(ap_r(AP_DRW), 0x44332211);
}

static void test_packed_bytes_unaligned(void **state)
{
	(void)state;
	memset(world->ram, 0, 16);
	/* Lanes follow the address, so the word comes rotated; OpenOCD builds and takes it apart that way. */
	setup_transfer(CSW_8 | CSW_PACKED, RAM_BASE + 1);
	ap_w(AP_DRW, 0x33221144);
	assert_memory_equal(world->ram, "\x00\x11\x22\x33\x44\x00\x00\x00", 8);
	ap_w(AP_TAR, RAM_BASE + 1);
	assert_int_equal(ap_r(AP_DRW), 0x33221144);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 5);
}

static void test_packed_halfwords(void **state)
{
	(void)state;
	memset(world->ram, 0, 16);
	setup_transfer(CSW_16 | CSW_PACKED, RAM_BASE + 2);
	ap_w(AP_DRW, 0x22114433);
	assert_memory_equal(world->ram, "\x00\x00\x11\x22\x33\x44\x00\x00", 8);
	assert_int_equal(world->num_accesses, 2);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 6);
}

static void check_wrap(uint32_t wrap)
{
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE + 0x1000 + wrap - 4);
	ap_r(AP_DRW);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 0x1000);
	setup_transfer(CSW_8 | CSW_SINGLE, RAM_BASE + 0x1000 + wrap - 1);
	ap_r(AP_DRW);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 0x1000);
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE + 0x1000 + wrap / 2 - 4);
	ap_r(AP_DRW);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 0x1000 + wrap / 2);
}

static void test_tar_wraps_at_4096(void **state)
{
	(void)state;
	check_wrap(4096);
}

static void test_tar_wraps_at_1024(void **state)
{
	(void)state;
	check_wrap(1024);
}

static void test_no_increment_on_failure(void **state)
{
	(void)state;
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE + RAM_BYTES);
	ap_r(AP_DRW);
	dp_w(DP_CTRL_STAT, POWER_REQ | STICKYERR);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + RAM_BYTES);

	/* Packed: the part that fails is the one TAR shows. */
	setup_transfer(CSW_8 | CSW_PACKED, RAM_BASE + RAM_BYTES - 2);
	ap_w(AP_DRW, 0xbbaaddcc);
	assert_int_equal(ctrl_stat() & STICKYERR, STICKYERR);
	dp_w(DP_CTRL_STAT, POWER_REQ | STICKYERR);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + RAM_BYTES);
	assert_memory_equal(world->ram + RAM_BYTES - 2, "\xaa\xbb", 2);
}

static void test_banked_registers(void **state)
{
	(void)state;
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE + 0x24);
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t expected;

		memcpy(&expected, world->ram + 0x20 + 4 * i, 4);
		assert_int_equal(ap_r(AP_BD(i)), expected);
	}
	ap_w(AP_BD(2), 0x0badcafe);
	assert_memory_equal(world->ram + 0x28, "\xfe\xca\xad\x0b", 4);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 0x24);
	assert_int_equal(world->vb.num_violations, 0);
	assert_no_sticky();
}

static void test_banked_registers_need_words(void **state)
{
	(void)state;
	setup_transfer(CSW_8, RAM_BASE);
	ap_r(AP_BD(0));
	assert_int_equal(world->num_accesses, 0);
	assert_int_equal(world->vb.num_violations, 1);
	assert_int_equal(ctrl_stat() & STICKYERR, STICKYERR);
}

static void test_unaligned_word_is_split_on_v7m(void **state)
{
	(void)state;
	memset(world->ram, 0, 8);
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE + 2);
	ap_w(AP_DRW, 0x22114433);
	assert_memory_equal(world->ram, "\x00\x00\x11\x22\x33\x44\x00\x00", 8);
	assert_int_equal(ap_r(AP_TAR), RAM_BASE + 6);
	ap_w(AP_TAR, RAM_BASE + 2);
	assert_int_equal(ap_r(AP_DRW), 0x22114433);
	assert_no_sticky();
}

static void test_unaligned_word_fails_on_v6m(void **state)
{
	(void)state;
	setup_transfer(CSW_32 | CSW_SINGLE, RAM_BASE + 2);
	ap_r(AP_DRW);
	assert_int_equal(ctrl_stat() & STICKYERR, STICKYERR);
}

/* As ap_r() and ap_w(), of an AP by its number. */
static uint32_t read_of(unsigned int ap, unsigned int reg)
{
	select_ap(ap, reg);
	acc(IR_APACC, reg, true, 0);
	return rdbuff();
}

static void write_of(unsigned int ap, unsigned int reg, uint32_t value)
{
	select_ap(ap, reg);
	acc(IR_APACC, reg, false, value);
}

/* One word; true when it reached the bus. */
static bool reaches_bus(unsigned int ap, uint32_t csw, uint32_t address)
{
	unsigned int before = world->num_accesses;

	write_of(ap, AP_CSW, csw);
	write_of(ap, AP_TAR, address);
	read_of(ap, AP_DRW);
	/* Nothing answers there: an error, whether it reached it or not */
	if (address < RAM_BASE || address >= RAM_BASE + RAM_BYTES)
		assert_int_equal(ctrl_stat() & STICKYERR, STICKYERR);
	dp_w(DP_CTRL_STAT, POWER_REQ | STICKYERR);
	return world->num_accesses != before;
}

static int setup_n6(void **state)
{
	struct dap_config config = v7m_config;

	(void)state;
	config.core_ap = 1;
	config.has_security = true;
	make_world(&config, NULL);
	power_up();
	return 0;
}

static void test_two_access_ports(void **state)
{
	(void)state;
	for (unsigned int ap = 0; ap < 2; ap++) {
		assert_int_equal(read_of(ap, AP_IDR_REG), AP_IDR);
		write_of(ap, AP_CSW, CSW_32 | (ap ? CSW_SINGLE : 0));
		write_of(ap, AP_TAR, RAM_BASE + 0x40 * ap);
	}
	assert_int_equal(read_of(2, AP_IDR_REG), 0);
	/* Each has its own CSW and TAR */
	read_of(0, AP_DRW);
	assert_int_equal(read_of(0, AP_TAR), RAM_BASE);
	read_of(1, AP_DRW);
	assert_int_equal(read_of(1, AP_TAR), RAM_BASE + 0x44);
	assert_no_sticky();
	/* Only the core's has a way to the PPB */
	assert_true(reaches_bus(1, CSW_32, 0xe000ed00));
	assert_false(reaches_bus(0, CSW_32, 0xe000ed00));
	assert_true(reaches_bus(0, CSW_32, RAM_BASE));
}

static void test_security(void **state)
{
	static const struct {
		uint32_t address;
		bool nonsecure;		/* a Non-secure access is let through */
	} places[] = {
		{ RAM_BASE, true }, { 0x34000000, false }, { 0x4802a000, true }, { 0x5802a000, false }, { 0x18000000, false },
		{ 0x70000000, false }, { 0x90000000, false }, { 0xe000ed00, true },
	};
	(void)state;

	for (unsigned int i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		assert_true(reaches_bus(1, CSW_32, places[i].address));
		assert_int_equal(reaches_bus(1, CSW_32 | 0x40000000, places[i].address), places[i].nonsecure);
	}
}

static void test_no_security(void **state)
{
	(void)state;
	assert_true(reaches_bus(0, CSW_32 | 0x40000000, 0x34000000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_POWERED(test_csw_reads_back_what_is_there),
		TEST_V6M(test_no_packed_on_v6m),
		TEST_POWERED(test_byte_lanes),
		TEST_POWERED(test_increment_modes),
		TEST_POWERED(test_packed_bytes),
		TEST_POWERED(test_packed_bytes_unaligned),
		TEST_POWERED(test_packed_halfwords),
		TEST_POWERED(test_tar_wraps_at_4096),
		TEST_V6M(test_tar_wraps_at_1024),
		TEST_POWERED(test_no_increment_on_failure),
		TEST_POWERED(test_banked_registers),
		TEST_POWERED(test_banked_registers_need_words),
		TEST_POWERED(test_unaligned_word_is_split_on_v7m),
		TEST_V6M(test_unaligned_word_fails_on_v6m),
		cmocka_unit_test_setup_teardown(test_two_access_ports, setup_n6, teardown),
		cmocka_unit_test_setup_teardown(test_security, setup_n6, teardown),
		TEST_POWERED(test_no_security),
	};

	return cmocka_run_group_tests_name("vb_memap", tests, NULL, NULL);
}
