// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The boards stm32h5-w25q64 and rp2040-spi around their SPI controllers: clocks, resets and pins, each of which can be
 * forgotten, and the rate of SCK that comes out of the registers.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vboard/board.h"

#define NS	1000u

/* STM32H503 */
#define RCC		0x44020c00u
#define GPIOA		0x42020000u
#define SPI1		0x40013000u

/* RP2040 */
#define CLOCKS		0x40008000u
#define RESETS		0x4000c000u
#define IO_BANK0	0x40014000u
#define PADS_BANK0	0x4001c000u
#define XOSC		0x40024000u
#define PLL_SYS		0x40028000u
#define SPI0		0x4003c000u
#define SIO		0xd0000000u
#define ALIAS_XOR	0x1000u
#define ALIAS_SET	0x2000u
#define ALIAS_CLEAR	0x3000u

struct fixture {
	struct vb vb;
	struct board *board;
};

static uint32_t get(struct fixture *f, uint32_t address)
{
	uint32_t value = 0;

	assert_int_equal(bus_read(&f->board->bus, address, 4, &value, BUS_CPU), 0);
	return value;
}

static void put(struct fixture *f, uint32_t address, uint32_t value)
{
	assert_int_equal(bus_write(&f->board->bus, address, 4, value, BUS_CPU), 0);
}

static void put_byte(struct fixture *f, uint32_t address, uint32_t value)
{
	assert_int_equal(bus_write(&f->board->bus, address, 1, value, BUS_CPU), 0);
}

static void expect_violation(struct fixture *f, const char *what)
{
	if (f->vb.num_violations != 1 || !strstr(f->vb.violation[0].what, what))
		fail_msg("%u violations, first '%s', expected '%s'", f->vb.num_violations, f->vb.violation[0].what, what);
	f->vb.num_violations = 0;
}

static void expect_clean(struct fixture *f)
{
	if (f->vb.num_violations)
		fail_msg("unexpected violation: %s", f->vb.violation[0].what);
}

static int setup(void **state, const char *name)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	f->vb.seed = 1;
	f->board = board_new(&f->vb, name, NULL);
	return f->board ? 0 : -1;
}

static int setup_h503(void **state)
{
	return setup(state, "stm32h5-w25q64");
}

static int setup_rp2040(void **state)
{
	return setup(state, "rp2040-spi");
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	board_free(f->board);
	free(f);
	return 0;
}

/* Passes time until `mask` of a register is `value`; returns how long that took, or 0 when it took too long. */
static uint64_t wait_for(struct fixture *f, uint32_t address, uint32_t mask, uint32_t value)
{
	uint64_t start_ps = f->vb.clock.now_ps;

	while ((get(f, address) & mask) != value) {
		if (f->vb.clock.now_ps - start_ps > VB_PS_PER_MS)
			return 0;
		f->vb.clock.now_ps += 100;
	}
	return f->vb.clock.now_ps - start_ps;
}

static uint8_t exchange_h503(struct fixture *f, uint8_t out)
{
	uint32_t in = 0;

	put_byte(f, SPI1 + 0x20, out);
	assert_int_not_equal(wait_for(f, SPI1 + 0x14, 1, 1), 0);
	assert_int_equal(bus_read(&f->board->bus, SPI1 + 0x30, 1, &in, BUS_CPU), 0);
	return (uint8_t)in;
}

/* 9Fh with one transfer of four bytes. */
static uint32_t read_id_h503(struct fixture *f)
{
	uint32_t id = 0;

	put(f, SPI1 + 0x00, 0x1000);
	put(f, SPI1 + 0x0c, 0x84400000);
	put(f, SPI1 + 0x04, 4);
	put(f, GPIOA + 0x18, 0x100000);
	put(f, SPI1 + 0x00, 0x1001);
	put(f, SPI1 + 0x00, 0x1201);
	exchange_h503(f, 0x9f);
	for (unsigned int i = 0; i < 3; i++)
		id = id << 8 | exchange_h503(f, 0);
	put(f, GPIOA + 0x18, 0x10);
	put(f, SPI1 + 0x00, 0x1000);
	put(f, SPI1 + 0x18, 0x10);
	return id;
}

/* How long 100 bytes of a transmission take, kept filled. */
static uint64_t send_time_h503(struct fixture *f)
{
	uint64_t start_ps;

	put(f, SPI1 + 0x00, 0x1000);
	put(f, SPI1 + 0x0c, 0x84420000);
	put(f, SPI1 + 0x04, 100);
	put(f, SPI1 + 0x00, 0x1001);
	put(f, SPI1 + 0x00, 0x1201);
	start_ps = f->vb.clock.now_ps;
	for (unsigned int i = 0; i < 100; i++) {
		wait_for(f, SPI1 + 0x14, 2, 2);
		put_byte(f, SPI1 + 0x20, 0);
	}
	assert_int_not_equal(wait_for(f, SPI1 + 0x14, 8, 8), 0);
	put(f, SPI1 + 0x00, 0x1000);
	put(f, SPI1 + 0x18, 0x18);
	return f->vb.clock.now_ps - start_ps;
}

/* RCC_CCIPR3.SPI1SEL and the oscillators behind it. */
static void test_h503_kernel_clock(void **state)
{
	struct fixture *f = *state;

	board_reset_init(f->board);
	/* 64 MHz / 2 */
	assert_in_range(send_time_h503(f), 100 * 250 * NS, 100 * 250 * NS + 100);
	put(f, SPI1 + 0x08, 0x30070007);
	assert_in_range(send_time_h503(f), 100 * 2000 * NS, 100 * 2000 * NS + 100);
	/* HSI / 8, which is 8 MHz */
	put(f, RCC, get(f, RCC) | 0x18);
	put(f, SPI1 + 0x08, 0x00070007);
	assert_in_range(send_time_h503(f), 100 * 2000 * NS, 100 * 2000 * NS + 100);
	/* per_ck = CSI, off and on */
	put(f, RCC + 0xe8, 0x40000000);
	expect_clean(f);
	put(f, SPI1 + 0x00, 0x1001);
	put(f, SPI1 + 0x00, 0x1201);
	expect_violation(f, "the kernel clock that RCC selects is off");
	put(f, RCC, (get(f, RCC) & ~0x18u) | 0x100);
	assert_int_equal(get(f, RCC) & 0x200, 0x200);
	put(f, RCC + 0x64, 0);
	put(f, RCC + 0x7c, 0x1000);
	put(f, RCC + 0x7c, 0);
	assert_in_range(send_time_h503(f), 100 * 4000 * NS, 100 * 4000 * NS + 100);

	/* PLL1's Q: 64 MHz / 8 * 25 / 4 = 50 MHz, as after reset of SPI1SEL */
	put(f, RCC + 0xe0, 0);
	put(f, RCC + 0x28, 0x00000801);
	put(f, RCC + 0x34, 0x00030018);
	put(f, RCC, get(f, RCC) | 0x01000000);
	put(f, SPI1 + 0x00, 0x1001);
	put(f, SPI1 + 0x00, 0x1201);
	expect_violation(f, "the kernel clock that RCC selects is off");
	put(f, RCC + 0x7c, 0x1000);
	put(f, RCC + 0x7c, 0);
	put(f, RCC + 0x28, 0x00020801);
	assert_in_range(send_time_h503(f), 100 * 320 * NS, 100 * 320 * NS + 100);
	/* PLL2's P: 4 MHz / 1 * 50 / 10 = 20 MHz */
	put(f, RCC + 0xe0, 1);
	put(f, RCC + 0x2c, 0x00010102);
	put(f, RCC + 0x3c, 0x00001231);
	put(f, SPI1 + 0x00, 0x1001);
	put(f, SPI1 + 0x00, 0x1201);
	expect_violation(f, "the kernel clock that RCC selects is off");
	put(f, RCC + 0x7c, 0x1000);
	put(f, RCC + 0x7c, 0);
	put(f, RCC, get(f, RCC) | 0x04000000);
	assert_in_range(send_time_h503(f), 100 * 800 * NS, 100 * 800 * NS + 100);
	expect_clean(f);
}

static void test_h503_forgotten(void **state)
{
	struct fixture *f = *state;

	/* Bus clock */
	get(f, SPI1);
	expect_violation(f, "SPI1: read at offset 00h while its clock is off");
	put(f, GPIOA + 0x18, 0x10);
	expect_violation(f, "GPIOA: write at offset 18h while its clock is off");
	board_reset_init(f->board);
	assert_int_equal(read_id_h503(f), 0xef4017);
	/* Alternate function of MISO, of SCK, and the mode of CS */
	put(f, GPIOA + 0x20, 0x50500000);
	assert_int_equal(read_id_h503(f), 0xffffff);
	put(f, GPIOA + 0x20, 0x55000000);
	assert_int_equal(read_id_h503(f), 0xffffff);
	put(f, GPIOA + 0x20, 0x55500000);
	put(f, GPIOA, get(f, GPIOA) & ~0x300u);
	assert_int_equal(read_id_h503(f), 0xffffff);
	put(f, GPIOA, get(f, GPIOA) | 0x100);
	assert_int_equal(read_id_h503(f), 0xef4017);
	expect_clean(f);
	/* A reset of the peripheral, and of the system */
	put(f, RCC + 0x7c, 0x1000);
	put(f, RCC + 0x7c, 0);
	assert_int_equal(get(f, SPI1 + 0x0c), 0);
	bus_reset(&f->board->bus);
	get(f, SPI1);
	expect_violation(f, "clock is off");
}

static uint8_t exchange_rp2040(struct fixture *f, uint8_t out)
{
	put(f, SPI0 + 0x08, out);
	assert_int_not_equal(wait_for(f, SPI0 + 0x0c, 0x10, 0), 0);
	return (uint8_t)get(f, SPI0 + 0x08);
}

static uint32_t read_id_rp2040(struct fixture *f)
{
	uint32_t id = 0;

	put(f, SPI0 + 0x04, 2);
	put(f, SIO + 0x18, 1u << 17);
	exchange_rp2040(f, 0x9f);
	for (unsigned int i = 0; i < 3; i++)
		id = id << 8 | exchange_rp2040(f, 0);
	put(f, SIO + 0x14, 1u << 17);
	put(f, SPI0 + 0x04, 0);
	return id;
}

/* How long a byte takes: 9.5 bits. */
static uint64_t byte_time_rp2040(struct fixture *f)
{
	put(f, SPI0 + 0x04, 2);
	put(f, SPI0 + 0x08, 0);
	uint64_t time_ps = wait_for(f, SPI0 + 0x0c, 0x10, 0);
	get(f, SPI0 + 0x08);
	put(f, SPI0 + 0x04, 0);
	return time_ps;
}

static void test_rp2040_clocks(void **state)
{
	struct fixture *f = *state;

	board_reset_init(f->board);
	assert_int_equal(get(f, XOSC + 4), 0x80001000);
	assert_int_equal(get(f, PLL_SYS) >> 31, 1);
	assert_int_equal(get(f, CLOCKS + 0x38), 4);
	assert_int_equal(get(f, CLOCKS + 0x44), 2);
	assert_int_equal(get(f, CLOCKS + 0x50), 1);
	/* 125 MHz / 2 / 2 */
	assert_in_range(byte_time_rp2040(f), 304 * NS, 304 * NS + 100);
	/* From the PLL itself, which stays when clk_sys goes back to the crystal, 12 MHz */
	put(f, CLOCKS + 0x3c, 0);
	assert_int_equal(get(f, CLOCKS + 0x44), 1);
	assert_in_range(byte_time_rp2040(f), 3166 * NS, 3167 * NS);
	put(f, CLOCKS + 0x48, 0x820);
	assert_in_range(byte_time_rp2040(f), 304 * NS, 304 * NS + 100);
	/* The ring oscillator, 6.5 MHz */
	put(f, CLOCKS + 0x48, 0x860);
	assert_in_range(byte_time_rp2040(f), 5846 * NS, 5847 * NS);
	put(f, CLOCKS + 0x48, 0x880);
	assert_in_range(byte_time_rp2040(f), 3166 * NS, 3167 * NS);
	expect_clean(f);

	static const struct {
		uint32_t address, value;
	} off[] = {
		{ CLOCKS + 0x48, 0x080 },		/* ENABLE */
		{ CLOCKS + 0x48, 0xc80 },		/* KILL */
		{ CLOCKS + 0x48, 0x840 },		/* PLL_USB */
		{ XOSC, 0x00d1eaa0 },
	};
	/* The PLL with other dividers, and with such that it has no output or no lock */
	static const struct {
		uint32_t refdiv, fbdiv, pwr, prim;
		bool has_output;
	} pll[] = {
		{ 1, 125, 0x04, 0x62000, true },
		{ 0, 125, 0x04, 0x62000, false },
		{ 1, 125, 0x04, 0x02000, false },
		{ 1, 125, 0x04, 0x60000, false },
		{ 1, 125, 0x0c, 0x62000, false },
		{ 1, 125, 0x05, 0x62000, false },
		{ 1, 125, 0x24, 0x62000, false },
		{ 1, 320, 0x04, 0x62000, true },
		{ 1, 321, 0x04, 0x62000, false },
		{ 1, 16, 0x04, 0x11000, true },
		{ 1, 15, 0x04, 0x11000, false },
	};
	put(f, CLOCKS + 0x48, 0x820);
	for (unsigned int i = 0; i < sizeof(pll) / sizeof(pll[0]); i++) {
		put(f, PLL_SYS + 0x00, pll[i].refdiv);
		put(f, PLL_SYS + 0x08, pll[i].fbdiv);
		put(f, PLL_SYS + 0x04, pll[i].pwr);
		put(f, PLL_SYS + 0x0c, pll[i].prim);
		put(f, SPI0 + 0x04, 2);
		assert_int_equal(f->vb.num_violations, pll[i].has_output ? 0 : 1);
		f->vb.num_violations = 0;
		put(f, SPI0 + 0x04, 0);
	}
	for (unsigned int i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		put(f, CLOCKS + 0x48, 0x880);
		put(f, off[i].address, off[i].value);
		put(f, SPI0 + 0x04, 2);
		expect_violation(f, "SPI0: SSE set while SSPCLK is off");
		put(f, SPI0 + 0x04, 0);
	}
	/* Without its reference the PLL has no lock either */
	assert_int_equal(get(f, PLL_SYS) >> 31, 0);
	assert_int_equal(get(f, XOSC + 4), 0);
}

static void test_rp2040_resets(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(get(f, RESETS), 0x01ffffff);
	assert_int_equal(get(f, RESETS + 8), 0);
	assert_int_equal(get(f, IO_BANK0 + 0x8c), 0);
	/* Said once, until it has been out of reset */
	get(f, IO_BANK0 + 0x8c);
	expect_violation(f, "IO_BANK0: read at offset 08ch while it is held in reset by RESETS");
	put(f, PADS_BANK0 + 4, 0);
	expect_violation(f, "PADS_BANK0: write at offset 004h while it is held in reset by RESETS");
	put(f, SPI0, 7);
	expect_violation(f, "SPI0: write at offset 000h while it is held in reset by RESETS");
	put(f, RESETS + ALIAS_CLEAR, 0x00010120);
	assert_int_equal(get(f, RESETS), 0x01fefedf);
	assert_int_equal(get(f, RESETS + 8), 0x00010120);
	assert_int_equal(get(f, IO_BANK0 + 0x8c), 31);
	assert_int_equal(get(f, PADS_BANK0 + 4), 0x56);
	put(f, SPI0, 7);
	put(f, IO_BANK0 + 0x8c, 5);
	expect_clean(f);
	/* Back into reset and out of it: they have forgotten */
	put(f, RESETS + ALIAS_SET, 0x00010120);
	put(f, RESETS + ALIAS_CLEAR, 0x00010120);
	assert_int_equal(get(f, SPI0), 0);
	assert_int_equal(get(f, IO_BANK0 + 0x8c), 31);
	put(f, RESETS + ALIAS_SET, 0x00000020);
	get(f, IO_BANK0 + 0x8c);
	expect_violation(f, "IO_BANK0: read at offset 08ch while it is held in reset by RESETS");
	put(f, RESETS + 8, 0);
	expect_violation(f, "RESETS: write to read-only or reserved offset 008h");
	put(f, SIO + 0x10, 0x21);
	put(f, SIO + 0x20, 0x42);
	bus_reset(&f->board->bus);
	assert_int_equal(get(f, RESETS), 0x01ffffff);
	assert_int_equal(get(f, SIO + 0x10), 0);
	assert_int_equal(get(f, SIO + 0x20), 0);
	put(f, RESETS + ALIAS_CLEAR, 0x00001000);
	assert_int_equal(get(f, PLL_SYS + 0x00), 0x00000001);
	assert_int_equal(get(f, PLL_SYS + 0x04), 0x0000002d);
	assert_int_equal(get(f, PLL_SYS + 0x0c), 0x00077000);
	assert_int_equal(get(f, CLOCKS + 0x4c), 0);
	assert_int_equal(get(f, CLOCKS + 0x40), 0x100);
	expect_clean(f);
}

static void test_rp2040_atomic(void **state)
{
	struct fixture *f = *state;

	board_reset_init(f->board);
	put(f, SPI0, 0x0107);
	put(f, SPI0 + ALIAS_SET, 0x00c0);
	assert_int_equal(get(f, SPI0), 0x01c7);
	put(f, SPI0 + ALIAS_XOR, 0x0181);
	assert_int_equal(get(f, SPI0), 0x0046);
	put(f, SPI0 + ALIAS_CLEAR, 0x0040);
	assert_int_equal(get(f, SPI0 + ALIAS_SET), 0x0006);
	put(f, PADS_BANK0 + ALIAS_XOR + 0x44, 0xc0);
	assert_int_equal(get(f, PADS_BANK0 + 0x44), 0x96);
	put(f, SIO + 0x1c, 0x00000021);
	assert_int_equal(get(f, SIO + 0x10), 0x00020021);
	put(f, SIO + 0x18, 0x00000020);
	put(f, SIO + 0x2c, 0x00020001);
	assert_int_equal(get(f, SIO + 0x10), 0x00020001);
	assert_int_equal(get(f, SIO + 0x20), 0x00000001);
	/* A byte reaches all lanes */
	put_byte(f, PADS_BANK0 + 0x48, 0x12);
	assert_int_equal(get(f, PADS_BANK0 + 0x48), 0x12121212);
	put_byte(f, SIO + 0x10, 0x12);
	assert_int_equal(get(f, SIO + 0x10), 0x12121212);
	expect_clean(f);
	put(f, SPI0 + ALIAS_SET + 0x08, 0);
	assert_true(f->vb.num_violations >= 1);
	assert_non_null(strstr(f->vb.violation[0].what, "SPI0: atomic access to SSPDR"));
	f->vb.num_violations = 0;
	/* Nothing is behind the registers of a block */
	assert_int_equal(get(f, PADS_BANK0 + 0x400), 0);
	expect_clean(f);
	put(f, PADS_BANK0 + 0x400, 0);
	expect_violation(f, "PADS_BANK0: write to read-only or reserved offset 400h");
	get(f, SIO + 0x60);
	expect_violation(f, "SIO: read of offset 060h");
	put(f, SIO + 0x04, 0);
	expect_violation(f, "SIO: write to offset 004h");
}

static void test_rp2040_pins(void **state)
{
	struct fixture *f = *state;
	static const uint32_t forgotten[] = { 0x84, 0x8c, 0x94 };

	board_reset_init(f->board);
	assert_int_equal(read_id_rp2040(f), 0xef4016);
	/* The functions of RX, CS and SCK */
	for (unsigned int i = 0; i < sizeof(forgotten) / sizeof(forgotten[0]); i++) {
		uint32_t function = get(f, IO_BANK0 + forgotten[i]);
		put(f, IO_BANK0 + forgotten[i], 31);
		assert_int_equal(read_id_rp2040(f), 0xffffff);
		put(f, IO_BANK0 + forgotten[i], function);
		assert_int_equal(read_id_rp2040(f), 0xef4016);
	}
	/* The input of RX, the output of SCK, the output enable of CS */
	put(f, PADS_BANK0 + ALIAS_CLEAR + 0x44, 0x40);
	assert_int_equal(read_id_rp2040(f), 0xffffff);
	put(f, PADS_BANK0 + ALIAS_SET + 0x44, 0x40);
	put(f, PADS_BANK0 + ALIAS_SET + 0x4c, 0x80);
	assert_int_equal(read_id_rp2040(f), 0xffffff);
	put(f, PADS_BANK0 + ALIAS_CLEAR + 0x4c, 0x80);
	put(f, SIO + 0x28, 1u << 17);
	assert_int_equal(read_id_rp2040(f), 0xffffff);
	assert_int_equal(get(f, SIO + 0x04) >> 17 & 1, 1);
	put(f, SIO + 0x24, 1u << 17);
	assert_int_equal(read_id_rp2040(f), 0xef4016);
	/* SCK and TX by SIO, and what GPIO_IN shows of them and of a pin without input */
	put(f, IO_BANK0 + 0x94, 5);
	put(f, IO_BANK0 + 0x9c, 5);
	put(f, SIO + 0x24, 0xc0000);
	for (unsigned int i = 0; i < 4; i++) {
		put(f, SIO + 0x1c, i & 1 ? 0x80000 : 0x40000);
		assert_int_equal(get(f, SIO + 0x04) & 0xc0000, get(f, SIO + 0x10) & 0xc0000);
	}
	assert_int_equal(get(f, SIO + 0x04) & 0x20000, 0x20000);
	put(f, PADS_BANK0 + ALIAS_CLEAR + 0x48, 0x40);
	assert_int_equal(get(f, SIO + 0x04) & 0x20000, 0);
	/* A pin that SIO drives, and pulls */
	put(f, IO_BANK0 + 4, 5);
	put(f, SIO + 0x14, 1);
	assert_int_equal(get(f, SIO + 0x04) & 1, 0);
	put(f, SIO + 0x24, 1);
	assert_int_equal(get(f, SIO + 0x04) & 1, 1);
	put(f, PADS_BANK0 + 8, 0x5a);
	assert_int_equal(get(f, SIO + 0x04) & 2, 2);
	expect_clean(f);
	put(f, IO_BANK0 + 0x8c, 0x305);
	expect_violation(f, "IO_BANK0: GPIO17_CTRL written with overrides (00000305)");
}

#define H503(name)	cmocka_unit_test_setup_teardown(name, setup_h503, teardown)
#define RP2040(name)	cmocka_unit_test_setup_teardown(name, setup_rp2040, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		H503(test_h503_kernel_clock),
		H503(test_h503_forgotten),
		RP2040(test_rp2040_clocks),
		RP2040(test_rp2040_resets),
		RP2040(test_rp2040_atomic),
		RP2040(test_rp2040_pins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
