// SPDX-License-Identifier: GPL-2.0-or-later

/* The STM32 GPIO and RCC models, and bit-banging the real flash model through them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vboard/ctl/ctl.h"

/* STM32F4's port B and RCC */
#define PORT	0x40020400u
#define MODER	(PORT + 0x00)
#define OTYPER	(PORT + 0x04)
#define PUPDR	(PORT + 0x0c)
#define IDR	(PORT + 0x10)
#define ODR	(PORT + 0x14)
#define BSRR	(PORT + 0x18)
#define LCKR	(PORT + 0x1c)
#define AFRL	(PORT + 0x20)
#define AFRH	(PORT + 0x24)
#define BRR	(PORT + 0x28)
#define RCC	0x40023800u
#define AHB1RSTR	(RCC + 0x10)
#define AHB1ENR		(RCC + 0x30)

#define CS2	(1u << 11)
#define CS	(1u << 12)
#define SCK	(1u << 13)
#define MISO	(1u << 14)
#define MOSI	(1u << 15)
#define LOW(pin)	((pin) << 16)
#define MODER_PINS	0x45400000u

struct fixture {
	struct vb vb;
	struct bus bus;
	struct nor *nor, *nor2;
	struct ctl_wires *wires;
	struct ctl_storage *rcc;
	struct ctl_gpio *port;
	unsigned int idle_calls;
	uint64_t idle_until_ps;
};

static uint32_t get(struct fixture *f, uint32_t address, unsigned int size)
{
	uint32_t value = 0xdeadbeef;

	assert_int_equal(bus_read(&f->bus, address, size, &value, BUS_CPU), 0);
	return value;
}

static void put(struct fixture *f, uint32_t address, unsigned int size, uint32_t value)
{
	assert_int_equal(bus_write(&f->bus, address, size, value, BUS_CPU), 0);
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

static void on_idle(void *context, uint64_t until_ps)
{
	struct fixture *f = context;

	f->idle_calls++;
	f->idle_until_ps = until_ps;
}

static int setup_port(void **state, bool has_brr)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	f->vb.seed = 1;
	bus_init(&f->bus, &f->vb);
	f->nor = nor_new(&f->vb, nor_part_by_name("w25q128jv"), NULL);
	f->nor2 = nor_new(&f->vb, nor_part_by_name("w25q64jv"), NULL);
	if (!f->nor || !f->nor2)
		return -1;
	f->wires = ctl_wires_new(&f->vb);
	f->rcc = ctl_rcc_new(&f->bus, RCC_STM32F4);
	const struct ctl_gpio_config port = { .name = "GPIOB", .base = PORT, .has_brr = has_brr,
		.moder_reset = 0x280, .ospeedr_reset = 0xc0, .pupdr_reset = 0x100, .gate = { f->rcc, 0x30, 2 } };
	f->port = ctl_gpio_new(&f->bus, &port);
	assert_int_equal(ctl_storage_on_set(f->rcc, 0x10, 2, ctl_gpio_reset, f->port), 0);
	assert_int_equal(ctl_wires_add_chip(f->wires, f->nor), 0);
	assert_int_equal(ctl_wires_add_chip(f->wires, f->nor2), 1);
	assert_int_equal(ctl_gpio_connect(f->port, 11, LINE_CS, f->wires, 1), 0);
	assert_int_equal(ctl_gpio_connect(f->port, 12, LINE_CS, f->wires, 0), 0);
	assert_int_equal(ctl_gpio_connect(f->port, 13, LINE_SCK, f->wires, 0), 0);
	assert_int_equal(ctl_gpio_connect(f->port, 14, LINE_MISO, f->wires, 0), 0);
	assert_int_equal(ctl_gpio_connect(f->port, 15, LINE_MOSI, f->wires, 0), 0);
	ctl_wires_set_idle(f->wires, on_idle, f);
	put(f, AHB1ENR, 4, 0x00100002);
	return 0;
}

static int setup(void **state)
{
	return setup_port(state, false);
}

static int setup_brr(void **state)
{
	return setup_port(state, true);
}

static int setup_pins(void **state)
{
	if (setup(state))
		return -1;
	struct fixture *f = *state;
	put(f, BSRR, 4, CS | CS2);
	put(f, MODER, 4, MODER_PINS);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	ctl_gpio_free(f->port);
	ctl_storage_free(f->rcc);
	ctl_wires_free(f->wires);
	nor_free(f->nor);
	nor_free(f->nor2);
	bus_free(&f->bus);
	free(f);
	return 0;
}

/* Mode 0 by the book; 100 ns a bit. */
static uint8_t exchange(struct fixture *f, uint8_t out)
{
	uint8_t in = 0;

	for (unsigned int i = 0; i < 8; i++) {
		put(f, BSRR, 4, out & 0x80 ? MOSI : LOW(MOSI));
		out = (uint8_t)(out << 1);
		put(f, BSRR, 4, SCK);
		in = (uint8_t)(in << 1 | !!(get(f, IDR, 4) & MISO));
		put(f, BSRR, 4, LOW(SCK));
		f->vb.clock.now_ps += 100000;
	}
	return in;
}

static uint32_t read_id(struct fixture *f, uint32_t cs)
{
	put(f, BSRR, 4, LOW(cs));
	exchange(f, 0x9f);
	uint32_t id = (uint32_t)exchange(f, 0) << 16;
	id |= (uint32_t)exchange(f, 0) << 8;
	id |= exchange(f, 0);
	put(f, BSRR, 4, cs);
	return id;
}

static void test_reset_values(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(get(f, MODER, 4), 0x280);
	assert_int_equal(get(f, PORT + 8, 4), 0xc0);
	assert_int_equal(get(f, PUPDR, 4), 0x100);
	assert_int_equal(get(f, ODR, 4), 0);
	/* PB4 has a pull-up out of reset; CS has the board's, and MISO is high when no chip drives it */
	assert_int_equal(get(f, IDR, 4), 1u << 4 | CS | CS2 | MISO);
	expect_clean(f);
}

static void test_output_data(void **state)
{
	struct fixture *f = *state;

	put(f, MODER, 4, 0x00055555);
	put(f, BSRR, 4, 0x00ff | LOW(0x00ffu));
	/* Set wins over reset */
	assert_int_equal(get(f, ODR, 4), 0x00ff);
	put(f, BSRR, 4, LOW(0x000fu));
	assert_int_equal(get(f, ODR, 4), 0x00f0);
	assert_int_equal(get(f, IDR, 4) & 0xff, 0xf0);
	/* Half-words and bytes: the upper half of BSRR resets; ODR's bytes are separate */
	put(f, BSRR + 2, 2, 0x0030);
	assert_int_equal(get(f, ODR, 2), 0x00c0);
	put(f, ODR + 1, 1, 0x02);
	assert_int_equal(get(f, ODR, 4), 0x02c0);
	assert_int_equal(get(f, ODR + 1, 1), 0x02);
	/* Write-only */
	assert_int_equal(get(f, BSRR, 4), 0);
	put(f, AFRH, 4, 0x12345678);
	assert_int_equal(get(f, AFRH + 2, 2), 0x1234);
	assert_int_equal(get(f, AFRL, 4), 0);
	expect_clean(f);
}

static void test_input_levels(void **state)
{
	struct fixture *f = *state;

	/* Pins 0..3: input with pull-up, pull-down, floating; output open drain at 1 with pull-up */
	put(f, MODER, 4, 0x40);
	put(f, PUPDR, 4, 0x49);
	put(f, OTYPER, 4, 0x8);
	put(f, BSRR, 4, 0x8);
	assert_int_equal(get(f, IDR, 4) & 0xf, 0x9);
	put(f, BSRR, 4, LOW(0x8u));
	assert_int_equal(get(f, IDR, 4) & 0xf, 0x1);
	/* Analog reads 0 */
	put(f, MODER, 4, 0x43);
	assert_int_equal(get(f, IDR, 4) & 0xf, 0);
	expect_clean(f);
}

static void test_alternate(void **state)
{
	struct fixture *f = *state;

	put(f, MODER, 4, 0x80000800);
	put(f, AFRL, 4, 0x00500000);
	put(f, AFRH, 4, 0x70000000);
	assert_true(ctl_gpio_is_alternate(f->port, 5));
	assert_int_equal(ctl_gpio_alternate_function(f->port, 5), 5);
	assert_int_equal(ctl_gpio_alternate_function(f->port, 15), 7);
	assert_false(ctl_gpio_is_alternate(f->port, 6));
	assert_int_equal(ctl_gpio_alternate_function(f->port, 6), -1);
}

static void test_brr(void **state)
{
	struct fixture *f = *state;

	put(f, BSRR, 4, 0x0300);
	put(f, BRR, 4, 0x0100);
	assert_int_equal(get(f, ODR, 4), 0x0200);
	put(f, BRR, 2, 0x0200);
	assert_int_equal(get(f, ODR, 4), 0);
	expect_clean(f);
}

static void test_mistakes(void **state)
{
	struct fixture *f = *state;

	put(f, BSRR, 4, 0x0100);
	put(f, BRR, 4, 0x0100);
	expect_violation(f, "BRR");
	assert_int_equal(get(f, ODR, 4), 0x0100);
	put(f, IDR, 4, 0);
	expect_violation(f, "IDR");
	put(f, LCKR, 4, 0x10001);
	expect_violation(f, "LCKR");
}

static void test_clock_gate(void **state)
{
	struct fixture *f = *state;

	put(f, AHB1ENR, 4, 0);
	assert_int_equal(get(f, MODER, 4), 0);
	expect_violation(f, "clock is off");
	put(f, MODER, 4, 0xffffffff);
	put(f, AHB1ENR, 4, 2);
	assert_int_equal(get(f, MODER, 4), 0x280);
	expect_clean(f);
}

static void test_rcc(void **state)
{
	struct fixture *f = *state;

	/* Ready flags follow, and SWS follows SW; a ready flag cannot be written */
	assert_int_equal(get(f, RCC, 4), 0x83);
	put(f, RCC, 4, 0x01010083);
	assert_int_equal(get(f, RCC, 4), 0x03030083);
	put(f, RCC, 4, 0x03020083);
	assert_int_equal(get(f, RCC, 4), 0x03000083);
	put(f, RCC + 8, 4, 0x9402);
	assert_int_equal(get(f, RCC + 8, 4), 0x940a);

	put(f, MODER, 4, 0x5555);
	put(f, AHB1RSTR, 4, 1);
	assert_int_equal(get(f, MODER, 4), 0x5555);
	put(f, AHB1RSTR, 4, 2);
	put(f, AHB1RSTR, 4, 0);
	assert_int_equal(get(f, MODER, 4), 0x280);

	bus_reset(&f->bus);
	assert_int_equal(get(f, AHB1ENR, 4), 0x00100000);
	expect_clean(f);
}

static void test_other_families(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum ctl_rcc_family family;
		uint32_t write_cr, read_cr, read_cfgr;
	} family[] = {
		{ RCC_STM32F0, 0x01010083, 0x03030083, 0x0000000a },
		{ RCC_STM32G0, 0x01010100, 0x03030500, 0x00000012 },
	};

	for (unsigned int i = 0; i < 2; i++) {
		struct bus bus;
		bus_init(&bus, &f->vb);
		struct ctl_storage *rcc = ctl_rcc_new(&bus, family[i].family);
		assert_non_null(rcc);
		uint32_t value;
		uint32_t cfgr = i == 0 ? 0x40021004 : 0x40021008;
		assert_int_equal(bus_write(&bus, 0x40021000, 4, family[i].write_cr, BUS_CPU), 0);
		assert_int_equal(bus_read(&bus, 0x40021000, 4, &value, BUS_CPU), 0);
		assert_int_equal(value, family[i].read_cr);
		assert_int_equal(bus_write(&bus, cfgr, 4, 2, BUS_CPU), 0);
		assert_int_equal(bus_read(&bus, cfgr, 4, &value, BUS_CPU), 0);
		assert_int_equal(value, family[i].read_cfgr);
		ctl_storage_free(rcc);
		bus_free(&bus);
	}
}

static void test_jedec_id(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(read_id(f, CS), 0xef4018);
	assert_int_equal(read_id(f, CS2), 0xef4017);
	assert_int_equal(read_id(f, CS), 0xef4018);
	/* Nobody selected: the pull-up */
	assert_int_equal(read_id(f, 0), 0xffffff);
	expect_clean(f);
	assert_int_equal(f->vb.count.spi_clocks, 3 * 32);
}

static void test_two_stores_in_one(void **state)
{
	struct fixture *f = *state;

	put(f, BSRR, 4, LOW(CS));
	/* Falling edge and data in one store is the usual trick, and correct */
	put(f, BSRR, 4, MOSI);
	put(f, BSRR, 4, SCK);
	put(f, BSRR, 4, LOW(SCK) | LOW(MOSI));
	expect_clean(f);
	put(f, BSRR, 4, SCK | MOSI);
	expect_violation(f, "MOSI changes together with the rising edge");
}

static void test_both_selected(void **state)
{
	struct fixture *f = *state;

	put(f, BSRR, 4, LOW(CS));
	put(f, BSRR, 4, LOW(CS2));
	expect_violation(f, "2 chips on the same MISO line");
}

static void test_pins_let_go(void **state)
{
	struct fixture *f = *state;

	/* The port stops driving: the board's pull-up ends the command, and the next one starts anew */
	put(f, BSRR, 4, LOW(CS));
	exchange(f, 0x9f);
	put(f, MODER, 4, MODER_PINS & ~(3u << 24));
	assert_int_equal(get(f, IDR, 4) & CS, CS);
	put(f, BSRR, 4, CS);
	put(f, MODER, 4, MODER_PINS);
	assert_int_equal(read_id(f, CS), 0xef4018);
	expect_clean(f);
}

static void test_sck_not_an_output(void **state)
{
	struct fixture *f = *state;

	put(f, MODER, 4, MODER_PINS & ~(3u << 26));
	assert_int_equal(read_id(f, CS), 0xffffff);
	assert_int_equal(f->vb.count.spi_clocks, 0);
}

static void test_idle_polling(void **state)
{
	struct fixture *f = *state;

	put(f, BSRR, 4, LOW(CS));
	exchange(f, 0x06);
	put(f, BSRR, 4, CS);
	put(f, BSRR, 4, LOW(CS));
	exchange(f, 0xd8);
	exchange(f, 0);
	exchange(f, 0);
	exchange(f, 0);
	put(f, BSRR, 4, CS);
	uint64_t until_ps = nor_busy_until_ps(f->nor);
	assert_true(until_ps > f->vb.clock.now_ps);

	put(f, BSRR, 4, LOW(CS));
	exchange(f, 0x05);
	for (unsigned int i = 0; i < CTL_IDLE_STATUS_BYTES - 1; i++)
		assert_int_equal(exchange(f, 0), 0x03);
	assert_int_equal(f->idle_calls, 1);	/* within the last byte */
	assert_int_equal(f->idle_until_ps, until_ps);
	exchange(f, 0);
	assert_int_equal(f->idle_calls, 9);

	f->vb.clock.now_ps = until_ps;
	exchange(f, 0);
	assert_int_equal(exchange(f, 0), 0x00);
	assert_int_equal(f->idle_calls, 9);
	put(f, BSRR, 4, CS);
	expect_clean(f);
}

#define PORT_TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
#define PINS_TEST(name)	cmocka_unit_test_setup_teardown(name, setup_pins, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PORT_TEST(test_reset_values),
		PORT_TEST(test_output_data),
		PORT_TEST(test_input_levels),
		PORT_TEST(test_alternate),
		cmocka_unit_test_setup_teardown(test_brr, setup_brr, teardown),
		PORT_TEST(test_mistakes),
		PORT_TEST(test_clock_gate),
		PORT_TEST(test_rcc),
		PORT_TEST(test_other_families),
		PINS_TEST(test_jedec_id),
		PINS_TEST(test_two_stores_in_one),
		PINS_TEST(test_both_selected),
		PINS_TEST(test_pins_let_go),
		PINS_TEST(test_sck_not_an_output),
		PINS_TEST(test_idle_polling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
