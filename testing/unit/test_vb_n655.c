// SPDX-License-Identifier: GPL-2.0-or-later

/* Board stm32n655-s25fl064l: what the chip is not reached without, both addresses of the peripherals, security. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vboard/board.h"

#define SECURE		0x10000000u
#define RCC		0x46028000u
#define AHB4ENR		(RCC + 0x25c)
#define AHB5ENR		(RCC + 0x260)
#define AHB5RSTR	(RCC + 0x220)
#define AHB4ENSR	(RCC + 0xa5c)
#define AHB5ENSR	(RCC + 0xa60)
#define AHB5RSTSR	(RCC + 0xa20)
#define AHB5ENCR	(RCC + 0x1260)
#define AHB5RSTCR	(RCC + 0x1220)
#define SVMCR3		0x4602483cu
#define GPION		0x46023400u
#define XSPIM		0x4802b400u
#define XSPI2		0x4802a000u
#define MAPPED		0x70000000u
#define RAM		0x34000000u

#define GPION_BIT	0x2000u
#define XSPI2_BIT	0x1000u
#define XSPIM_BIT	0x2000u

static struct vb vb;

static uint32_t get(struct board *board, uint32_t address)
{
	uint32_t value = 0xdeadbeef;

	if (bus_read(&board->bus, address, 4, &value, BUS_CPU))
		fail_msg("bus error at %08x", (unsigned int)address);
	bus_take_stall(&board->bus);
	return value;
}

static void put(struct board *board, uint32_t address, uint32_t value)
{
	if (bus_write(&board->bus, address, 4, value, BUS_CPU))
		fail_msg("bus error at %08x", (unsigned int)address);
}

static int setup(void **state)
{
	memset(&vb, 0, sizeof(vb));
	vb.seed = 1;
	*state = board_new(&vb, "stm32n655-s25fl064l", NULL);
	if (!*state)
		return -1;
	board_reset_init(*state);
	return 0;
}

static int teardown(void **state)
{
	board_free(*state);
	return 0;
}

static void assert_clean(void)
{
	if (vb.num_violations)
		fail_msg("%s", vb.violation[0].what);
}

/* The first word of the chip, through the mapped range; a new command each time. */
static uint32_t read_mapped(struct board *board)
{
	get(board, MAPPED + 0x1000);
	vb.clock.now_ps += VB_PS_PER_MS;
	return get(board, MAPPED);
}

static void test_reached(void **state)
{
	/* One setting taken back, and what it was */
	static const struct {
		uint32_t address, value;
	} settings[] = {
		{ AHB5ENR, XSPI2_BIT },		/* XSPIM has no clock */
		{ SVMCR3, 0 },
		{ XSPIM, 2 },			/* ports swapped */
		{ XSPIM, 1 },			/* both controllers at port 1 */
		{ GPION, 0xffffffff },		/* analog */
		{ GPION + 0x20, 0x08999990 },	/* CLK in another function */
		{ GPION + 0x20, 0x09999900 },	/* NCS */
		{ GPION + 0x20, 0x09999090 },	/* IO0 */
		{ GPION + 0x20, 0x09990990 },	/* IO1 */
	};
	struct board *board = *state;

	for (unsigned int i = 0; i < 4; i++)
		nor_content(board->nor)[i] = (uint8_t)(0x11 * (i + 1));
	assert_int_equal(read_mapped(board), 0x44332211);
	for (unsigned int i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		uint32_t before = get(board, settings[i].address);

		put(board, settings[i].address, settings[i].value);
		assert_int_equal(read_mapped(board), 0xffffffff);
		put(board, settings[i].address, before);
		assert_int_equal(read_mapped(board), 0x44332211);
	}
	/* IO2 and IO3 are not needed on one line, and both controllers at port 2 is the chip's port */
	put(board, GPION + 0x20, 0x09009990);
	assert_int_equal(read_mapped(board), 0x44332211);
	put(board, XSPIM, 3);
	assert_int_equal(read_mapped(board), 0x44332211);
	assert_clean();
	/* XSPI2's own clock: nothing answers in the mapped range, and the registers read 0 */
	put(board, AHB5ENR, XSPIM_BIT);
	uint32_t value;
	assert_int_equal(bus_read(&board->bus, MAPPED, 4, &value, BUS_CPU), -1);
	assert_clean();
	assert_int_equal(get(board, XSPI2), 0);
	assert_int_equal(vb.num_violations, 1);
	assert_non_null(strstr(vb.violation[0].what, "XSPI2: access to offset 000h while its clock is off"));
}

static void test_rcc(void **state)
{
	struct board *board = *state;

	/* As reset-init left them, by way of the set registers, which read 0 */
	assert_int_equal(get(board, AHB4ENR) & GPION_BIT, GPION_BIT);
	assert_int_equal(get(board, AHB5ENR), XSPI2_BIT | XSPIM_BIT);
	assert_int_equal(get(board, AHB5ENSR), 0);
	put(board, AHB5ENCR, XSPIM_BIT);
	assert_int_equal(get(board, AHB5ENR), XSPI2_BIT);
	put(board, AHB5ENSR, 0x1);
	assert_int_equal(get(board, AHB5ENR), XSPI2_BIT | 0x1);
	put(board, AHB5ENCR, 0x1);
	assert_int_equal(get(board, AHB5ENR), XSPI2_BIT);

	/* The reset bit resets XSPI2, also through the set register */
	assert_int_not_equal(get(board, XSPI2 + 0x100), 0);
	put(board, AHB5RSTSR, XSPI2_BIT);
	assert_int_equal(get(board, AHB5RSTR), XSPI2_BIT);
	put(board, AHB5RSTCR, XSPI2_BIT);
	assert_int_equal(get(board, AHB5RSTR), 0);
	assert_int_equal(get(board, XSPI2 + 0x100), 0);
	put(board, XSPI2 + 0x100, 0x01000001);
	put(board, AHB5RSTR, XSPI2_BIT);
	assert_int_equal(get(board, XSPI2 + 0x100), 0);
	assert_clean();
}

static void test_both_addresses(void **state)
{
	static const uint32_t registers[] = { AHB5ENR, SVMCR3, GPION + 0x20, XSPIM, XSPI2 + 0x100, XSPI2 + 0x120 };
	struct board *board = *state;

	for (unsigned int i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		assert_int_equal(get(board, registers[i]), get(board, registers[i] + SECURE));
	put(board, XSPI2 + 0x120, 0x12345678);
	assert_int_equal(get(board, XSPI2 + 0x120 + SECURE), 0x12345678);
	put(board, XSPI2 + 0x120 + SECURE, 0x9abcdef0);
	assert_int_equal(get(board, XSPI2 + 0x120), 0x9abcdef0);
	/* Memory has its secure address only */
	uint32_t value;
	assert_int_equal(bus_read(&board->bus, RAM, 4, &value, BUS_CPU), 0);
	assert_int_equal(bus_read(&board->bus, RAM - SECURE, 4, &value, BUS_CPU), -1);
	/* DSCSR.CDS */
	assert_int_equal(get(board, 0xe000ee08), 0x00010000);
	assert_clean();

	/* DBGMCU, as debuggers look for it */
	assert_int_equal(get(board, 0x44001000) & 0xfff, 0x486);
	/* A system reset, seen at both */
	bus_reset(&board->bus);
	assert_int_equal(get(board, AHB5ENR), 0);
	assert_int_equal(get(board, SVMCR3 + SECURE), 0);
}

static void test_other_cores_are_not_secure(void **state)
{
	struct board *board;
	(void)state;

	memset(&vb, 0, sizeof(vb));
	board = board_new(&vb, "test-m33-w25q128", NULL);
	assert_non_null(board);
	assert_int_equal(get(board, 0xe000ee08), 0);
	board_free(board);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_reached),
		TEST(test_rcc),
		TEST(test_both_addresses),
		cmocka_unit_test(test_other_cores_are_not_secure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
