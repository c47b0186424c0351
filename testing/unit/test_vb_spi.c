// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The STM32 SPI model, driven register by register against a flash that only records what reaches it. Timing is
 * checked to the picosecond: vb->clock is moved by hand.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vboard/ctl/ctl.h"

#define BASE		0x40013000u
#define CR1		(BASE + 0x00)
#define CR2		(BASE + 0x04)
#define SR		(BASE + 0x08)
#define DR		(BASE + 0x0c)
#define PORT		0x48000000u
#define RCC		0x40021000u

#define PCLK_HZ		50000000u	/* 20 ns: all times below are whole picoseconds */
#define PCLK_PS		20000u

#define SPE		0x40u
#define BR_SHIFT	3
/* SSM, SSI, MSTR; mode 0, pclk / 2 */
#define MASTER		0x304u

#define RXNE		0x01u
#define TXE		0x02u
#define MODF		0x20u
#define OVR		0x40u
#define BSY		0x80u
#define FRLVL(sr)	((sr) >> 9 & 3)
#define FTLVL(sr)	((sr) >> 11 & 3)

#define DS8		0x0700u
#define DS16		0x0f00u
#define FRXTH		0x1000u

/* The recording flash. */
struct nor {
	struct vb *vb;
	uint8_t byte[8192];
	uint64_t at_ps[8192];
	uint32_t clock_hz;
	unsigned int num_bytes;
	unsigned int cs_edges, sck_edges;
	bool selected;
	uint8_t next_miso;
	uint64_t busy_until_ps;
};

uint8_t nor_transfer_byte(struct nor *nor, uint8_t mosi, uint32_t clock_hz)
{
	if (!nor->selected)
		return 0xff;
	assert_true(nor->num_bytes < sizeof(nor->byte));
	nor->byte[nor->num_bytes] = mosi;
	nor->at_ps[nor->num_bytes++] = nor->vb->clock.now_ps;
	nor->clock_hz = clock_hz;
	return nor->next_miso++;
}

void nor_set_cs(struct nor *nor, bool high)
{
	nor->cs_edges++;
	nor->selected = !high;
}

void nor_sck_rising(struct nor *nor, bool mosi)
{
	(void)mosi;
	nor->sck_edges++;
}

void nor_sck_falling(struct nor *nor)
{
	nor->sck_edges++;
}

bool nor_miso(const struct nor *nor)
{
	(void)nor;
	return true;
}

bool nor_is_busy(const struct nor *nor)
{
	return nor_busy_until_ps(nor) != 0;
}

uint64_t nor_busy_until_ps(const struct nor *nor)
{
	return nor->vb->clock.now_ps < nor->busy_until_ps ? nor->busy_until_ps : 0;
}

struct fixture {
	struct vb vb;
	struct bus bus;
	struct nor nor;
	struct ctl_wires *wires;
	struct ctl_storage *rcc;
	struct ctl_gpio *port;
	struct ctl_stm32_spi *spi;
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

static void pass(struct fixture *f, uint64_t ps)
{
	f->vb.clock.now_ps += ps;
}

static uint32_t status(struct fixture *f)
{
	return get(f, SR, 2);
}

/* Exactly one violation since the last call, and it says `what`. */
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

static int setup(void **state, enum ctl_stm32_spi_variant variant)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	bus_init(&f->bus, &f->vb);
	f->nor.vb = &f->vb;
	f->wires = ctl_wires_new(&f->vb);
	f->rcc = ctl_rcc_new(&f->bus, RCC_STM32F0);
	const struct ctl_gpio_config port = { .name = "GPIOA", .base = PORT, .has_brr = true,
		.moder_reset = 0x28000000 };
	f->port = ctl_gpio_new(&f->bus, &port);
	const struct ctl_stm32_spi_config config = {
		.name = "SPI1", .base = BASE, .variant = variant, .pclk_hz = PCLK_HZ,
		.gate = { f->rcc, 0x18, 1u << 12 },
		.sck_port = f->port, .mosi_port = f->port, .miso_port = f->port,
		.sck_pin = 5, .miso_pin = 6, .mosi_pin = 7, .alternate_function = 0,
	};
	f->spi = ctl_stm32_spi_new(&f->bus, &config, f->wires);
	assert_int_equal(ctl_wires_add_chip(f->wires, &f->nor), 0);
	assert_int_equal(ctl_gpio_connect(f->port, 4, LINE_CS, f->wires, 0), 0);
	assert_int_equal(ctl_gpio_connect(f->port, 5, LINE_SCK, f->wires, 0), 0);
	assert_int_equal(ctl_gpio_connect(f->port, 6, LINE_MISO, f->wires, 0), 0);
	assert_int_equal(ctl_gpio_connect(f->port, 7, LINE_MOSI, f->wires, 0), 0);
	ctl_wires_set_idle(f->wires, on_idle, f);

	put(f, RCC + 0x18, 4, 1u << 12);
	put(f, PORT + 0x18, 4, 0x10);		/* CS high */
	put(f, PORT, 4, 0x2800a900);		/* CS output, the rest alternate function 0 */
	put(f, PORT + 0x18, 4, 0x100000);	/* CS low */
	assert_int_equal(f->nor.cs_edges, 1);
	return 0;
}

static int setup_v1(void **state)
{
	return setup(state, STM32_SPI_V1);
}

static int setup_v1_5(void **state)
{
	return setup(state, STM32_SPI_V1_5);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	ctl_stm32_spi_free(f->spi);
	ctl_gpio_free(f->port);
	ctl_storage_free(f->rcc);
	ctl_wires_free(f->wires);
	bus_free(&f->bus);
	free(f);
	return 0;
}

/* One frame at pclk / 2. */
#define FRAME_PS	(8u * 2u * PCLK_PS)
#define START_PS	(2u * PCLK_PS)

static void test_v1_registers(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(get(f, CR1, 2), 0);
	assert_int_equal(get(f, CR2, 2), 0);
	assert_int_equal(status(f), TXE);
	assert_int_equal(get(f, BASE + 0x10, 2), 7);
	assert_int_equal(get(f, BASE + 0x20, 2), 2);
	/* How a driver tells the variants apart: DS and FRXTH do not exist here */
	put(f, CR2, 2, 0xffef);
	assert_int_equal(get(f, CR2, 4), 0x00e7);
	expect_clean(f);
}

static void test_v1_5_registers(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(get(f, CR2, 2), DS8);
	assert_int_equal(status(f), TXE);
	put(f, CR2, 2, 0xffff);
	assert_int_equal(get(f, CR2, 4), 0x7fff);
	for (uint32_t ds = 0; ds < 16; ds++) {
		put(f, CR2, 2, ds << 8);
		assert_int_equal(get(f, CR2, 2) >> 8, ds < 3 ? 7 : ds);
	}
	expect_clean(f);
}

static void test_frame_time(void **state)
{
	struct fixture *f = *state;

	for (unsigned int br = 0; br < 8; br++) {
		uint64_t frame_ps = (8ull << (br + 1)) * PCLK_PS;
		put(f, CR2, 2, FRXTH | DS8);	/* v1 ignores it */
		put(f, CR1, 2, MASTER | br << BR_SHIFT);
		put(f, CR1, 2, MASTER | br << BR_SHIFT | SPE);
		f->nor.next_miso = (uint8_t)(0xa0 + br);
		f->nor.num_bytes = 0;
		uint64_t start_ps = f->vb.clock.now_ps + START_PS;
		bool fifo = get(f, CR2, 2) & FRXTH;
		put(f, DR, fifo ? 1 : 2, 0x9f);

		/* BSY comes two clocks late, and until then nothing has gone out */
		assert_int_equal(status(f) & (BSY | RXNE), 0);
		assert_int_equal(f->nor.num_bytes, 0);
		if (!fifo)
			assert_int_equal(status(f) & TXE, 0);
		pass(f, START_PS - 1);
		assert_int_equal(status(f) & BSY, 0);
		pass(f, 1);
		assert_int_equal(status(f) & (BSY | TXE | RXNE), BSY | TXE);
		assert_int_equal(FTLVL(status(f)), 0);
		pass(f, frame_ps - 1);
		assert_int_equal(status(f) & (BSY | RXNE), BSY);
		pass(f, 1);
		assert_int_equal(status(f) & (BSY | RXNE), RXNE);
		assert_int_equal(f->nor.num_bytes, 1);
		assert_int_equal(f->nor.byte[0], 0x9f);
		assert_int_equal(f->nor.at_ps[0], start_ps);
		assert_int_equal(f->nor.clock_hz, PCLK_HZ >> (br + 1));
		assert_int_equal(get(f, DR, fifo ? 1 : 2), 0xa0 + br);
		assert_int_equal(status(f), TXE);
		put(f, CR1, 2, MASTER | br << BR_SHIFT);
	}
	expect_clean(f);
}

static void test_v1_continuous(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | SPE);
	put(f, DR, 2, 0x11);
	pass(f, START_PS);
	put(f, DR, 4, 0x22);
	assert_int_equal(status(f) & TXE, 0);
	pass(f, FRAME_PS);
	/* The second frame follows without a gap, so BSY does not fall */
	assert_int_equal(status(f), BSY | TXE | RXNE);
	assert_int_equal(get(f, DR, 2), 0);
	/* Worked out much later, but at the time at which it began */
	pass(f, 1000 * FRAME_PS);
	assert_int_equal(status(f), TXE | RXNE);
	assert_int_equal(get(f, DR, 2), 1);
	assert_int_equal(f->nor.at_ps[0], START_PS);
	assert_int_equal(f->nor.at_ps[1], START_PS + FRAME_PS);
	expect_clean(f);
}

static void test_v1_overrun(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | SPE);
	for (unsigned int i = 0; i < 3; i++) {
		put(f, DR, 2, i);
		pass(f, START_PS + FRAME_PS);
		assert_int_equal(status(f) & OVR, i ? OVR : 0);
	}
	/* The first byte is kept; SR alone or DR alone do not clear */
	assert_int_equal(status(f), OVR | RXNE | TXE);
	assert_int_equal(get(f, DR, 2), 0);
	assert_int_equal(status(f), OVR | TXE);
	assert_int_equal(status(f), TXE);
	put(f, DR, 2, 3);
	pass(f, START_PS + FRAME_PS);
	assert_int_equal(get(f, DR, 2), 3);
	assert_int_equal(f->nor.num_bytes, 4);
	expect_clean(f);
}

static void test_v1_overrun_loses_until_cleared(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | SPE);
	put(f, DR, 2, 0);
	pass(f, START_PS + FRAME_PS);
	put(f, DR, 2, 1);
	pass(f, START_PS + FRAME_PS);
	assert_int_equal(get(f, DR, 2), 0);
	/* The buffer is free now, but without the read of SR what comes in is still lost */
	put(f, DR, 2, 2);
	pass(f, START_PS + FRAME_PS);
	assert_int_equal(status(f), OVR | TXE);
	assert_int_equal(status(f), TXE);
	expect_clean(f);
}

static void test_fifo_levels(void **state)
{
	struct fixture *f = *state;
	static const uint32_t code[] = { 0, 1, 2, 3, 3 };

	put(f, CR2, 2, DS8 | FRXTH);
	/* While SPE is 0 the FIFO only fills */
	for (unsigned int level = 0; level < 4; level++) {
		assert_int_equal(FTLVL(status(f)), code[level]);
		assert_int_equal(status(f) & TXE, level <= 2 ? TXE : 0);
		if (level < 3)
			put(f, DR, 1, 0x10 + level);
		else
			f->vb.num_violations = 0;
	}
	expect_clean(f);
	put(f, DR, 1, 0x13);
	expect_violation(f, "TXE is 0");
	assert_int_equal(FTLVL(status(f)), 3);

	put(f, CR1, 2, MASTER | SPE);
	pass(f, START_PS);
	for (unsigned int sent = 0; sent < 4; sent++) {
		assert_int_equal(FTLVL(status(f)), code[3 - sent]);
		assert_int_equal(FRLVL(status(f)), code[sent]);
		assert_true(status(f) & BSY);
		pass(f, FRAME_PS);
	}
	assert_int_equal(status(f) & (BSY | OVR | RXNE | TXE), RXNE | TXE);
	assert_int_equal(FRLVL(status(f)), 3);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(f->nor.byte[i], 0x10 + i);

	/* The fifth does not fit */
	put(f, DR, 1, 0x14);
	pass(f, START_PS + FRAME_PS);
	assert_true(status(f) & OVR);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(get(f, DR, 1), i);
	assert_int_equal(status(f) & (RXNE | OVR), OVR);
	assert_int_equal(status(f) & (RXNE | OVR), 0);
	expect_clean(f);
}

static void test_packing(void **state)
{
	struct fixture *f = *state;

	/* FRXTH = 0: 16 bits at a time; the low byte goes first */
	put(f, CR2, 2, DS8);
	put(f, CR1, 2, MASTER | SPE);
	f->nor.next_miso = 0x51;
	put(f, DR, 2, 0x2211);
	assert_int_equal(FTLVL(status(f)), 2);
	pass(f, START_PS + FRAME_PS);
	assert_int_equal(status(f) & RXNE, 0);
	assert_int_equal(FRLVL(status(f)), 1);
	pass(f, FRAME_PS);
	assert_int_equal(status(f) & RXNE, RXNE);
	assert_int_equal(get(f, DR, 2), 0x5251);

	/* A word store is a half-word store */
	put(f, DR, 4, 0x00004433);
	pass(f, START_PS + 2 * FRAME_PS);
	assert_int_equal(get(f, DR, 4), 0x5453);
	static const uint8_t sent[] = { 0x11, 0x22, 0x33, 0x44 };
	assert_int_equal(f->nor.num_bytes, 4);
	assert_memory_equal(f->nor.byte, sent, 4);
	assert_int_equal(status(f), TXE);
	expect_clean(f);

	/* The classic mistake: a 16-bit store of one byte sends a second one */
	put(f, DR, 2, 0x9f);
	pass(f, START_PS + 2 * FRAME_PS);
	status(f);
	assert_int_equal(f->nor.num_bytes, 6);
	assert_int_equal(f->nor.byte[5], 0);
}

static void test_threshold_mismatch(void **state)
{
	struct fixture *f = *state;

	put(f, CR2, 2, DS8);
	put(f, CR1, 2, MASTER | SPE);
	put(f, DR, 2, 0x2211);
	pass(f, START_PS + 2 * FRAME_PS);
	assert_int_equal(get(f, DR, 1), 0);
	expect_violation(f, "FRXTH");
	/* One byte is left, and RXNE does not show it */
	assert_int_equal(status(f) & RXNE, 0);
	assert_int_equal(FRLVL(status(f)), 1);
}

static void test_v1_access_size(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | SPE);
	put(f, DR, 1, 0x9f);
	expect_violation(f, "8-bit write at offset 0ch");
	pass(f, START_PS + FRAME_PS);
	get(f, SR, 1);
	expect_violation(f, "8-bit read at offset 08h");
	get(f, DR, 1);
	expect_violation(f, "8-bit read at offset 0ch");
}

static void test_v1_5_access_size(void **state)
{
	struct fixture *f = *state;

	put(f, CR1 + 1, 1, 3);
	expect_violation(f, "8-bit write at offset 01h");
	assert_int_equal(get(f, CR1, 2), 0x300);
	put(f, CR2, 2, DS8 | FRXTH);
	put(f, CR1, 2, MASTER | SPE);
	put(f, DR, 1, 0x9f);
	pass(f, START_PS + FRAME_PS);
	get(f, DR, 1);
	expect_clean(f);
	get(f, DR + 1, 1);
	expect_violation(f, "8-bit read at offset 0dh");
}

static void test_data_register_order(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | SPE);
	get(f, DR, 2);
	expect_violation(f, "RXNE is 0");
	put(f, DR, 2, 1);
	put(f, DR, 2, 2);
	expect_violation(f, "TXE is 0");
	pass(f, START_PS + 3 * FRAME_PS);
	status(f);
	/* v1 has one buffer: the first value was overwritten */
	assert_int_equal(f->nor.num_bytes, 1);
	assert_int_equal(f->nor.byte[0], 2);
}

static void test_change_while_enabled(void **state)
{
	struct fixture *f = *state;
	static const uint32_t bits[] = { 0x1, 0x2, 0x8, 0x80, 0x800 };

	for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		put(f, CR1, 2, MASTER | SPE);
		put(f, CR1, 2, (MASTER | SPE) ^ bits[i]);
		expect_violation(f, "changed while SPE is set");
		put(f, CR1, 2, ((MASTER | SPE) ^ bits[i]) & ~SPE);
		put(f, CR1, 2, MASTER);
		expect_clean(f);
	}
}

static void test_restore_in_one_store(void **state)
{
	struct fixture *f = *state;

	/* Nothing goes on: the store that disables the SPI may take its settings away too, but for DFF and CRCEN */
	put(f, CR1, 2, MASTER | 0x18 | SPE);
	put(f, CR1, 2, 0);
	expect_clean(f);
	put(f, CR1, 2, MASTER | SPE);
	put(f, CR1, 2, 0x0800);
	expect_violation(f, "CR1 bits 0800");
}

static void test_data_size_change_while_enabled(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | SPE);
	put(f, CR2, 2, DS8 | FRXTH);
	expect_clean(f);
	put(f, DR, 1, 0);
	put(f, CR2, 2, DS16);
	expect_violation(f, "CR2 bits 0800");
	/* The byte that waits is not a frame any more; nothing may break */
	pass(f, 10 * FRAME_PS);
	assert_int_equal(status(f) & BSY, 0);
	assert_int_equal(f->nor.num_bytes, 0);
}

static void test_disable_too_early(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | SPE);
	put(f, DR, 2, 0x06);
	put(f, CR1, 2, MASTER);
	expect_violation(f, "SPE cleared");

	put(f, CR1, 2, MASTER | SPE);
	put(f, DR, 2, 0x06);
	pass(f, START_PS + FRAME_PS - 1);
	put(f, CR1, 2, MASTER);
	expect_violation(f, "BSY is set");

	put(f, CR1, 2, MASTER | SPE);
	put(f, DR, 2, 0x06);
	pass(f, START_PS + FRAME_PS);
	put(f, CR1, 2, MASTER);
	expect_clean(f);
}

static void test_frame_formats(void **state)
{
	struct fixture *f = *state;
	static const struct {
		uint32_t cr1, cr2;
		const char *what;
	} wrong[] = {
		{ MASTER | 0x01, DS8 | FRXTH, "SPI mode 1 or 2" },
		{ MASTER | 0x02, DS8 | FRXTH, "SPI mode 1 or 2" },
		{ MASTER | 0x80, DS8 | FRXTH, "LSB first" },
		{ MASTER | 0x2000, DS8 | FRXTH, "CRC" },
		{ MASTER, 0x0600 | FRXTH, "not made of bytes" },
		{ MASTER, DS8 | FRXTH | 0x10, "TI frame" },
	};

	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put(f, CR1, 2, 0);
		put(f, CR2, 2, wrong[i].cr2);
		put(f, CR1, 2, wrong[i].cr1 | SPE);
		expect_clean(f);
		/* Reported once, not once a byte */
		for (unsigned int k = 0; k < 2; k++) {
			put(f, DR, 1, 0x01);
			pass(f, START_PS + FRAME_PS);
			get(f, DR, 1);
		}
		expect_violation(f, wrong[i].what);
		put(f, CR1, 2, wrong[i].cr1);
	}
	assert_int_equal(f->nor.num_bytes, 2);
	assert_int_equal(f->nor.byte[0], 0x80);

	/* Both bytes of a 16-bit frame, high byte first */
	put(f, CR2, 2, DS16);
	put(f, CR1, 2, MASTER | SPE);
	f->nor.num_bytes = 0;
	f->nor.next_miso = 0x33;
	put(f, DR, 2, 0x9f00);
	pass(f, START_PS + 2 * FRAME_PS);
	assert_int_equal(get(f, DR, 2), 0x3334);
	expect_violation(f, "16-bit frames");
	assert_int_equal(f->nor.byte[0], 0x9f);
	assert_int_equal(f->nor.byte[1], 0x00);
}

static void test_mode_3(void **state)
{
	struct fixture *f = *state;

	put(f, PORT + 0x18, 4, 0x10);
	put(f, CR1, 2, MASTER | 0x03);
	assert_int_equal(f->nor.sck_edges, 0);
	put(f, CR1, 2, MASTER | 0x03 | SPE);
	/* The idle level went high while no chip was selected */
	assert_int_equal(f->nor.sck_edges, 1);
	put(f, PORT + 0x18, 4, 0x100000);
	put(f, DR, 2, 0x05);
	pass(f, START_PS + FRAME_PS);
	get(f, DR, 2);
	assert_int_equal(f->nor.byte[0], 0x05);
	expect_clean(f);
}

static void test_one_line_modes(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | 0x400 | SPE);
	expect_violation(f, "one data line");
	put(f, CR1, 2, MASTER);
	put(f, CR1, 2, MASTER | 0x8000 | SPE);
	expect_violation(f, "one data line");
}

static void test_mode_fault(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, 0x204 | SPE);
	expect_violation(f, "mode fault");
	assert_int_equal(get(f, CR1, 2), 0x200);
	/* Without a read of SR first, SPE and MSTR stay off */
	put(f, CR1, 2, MASTER | SPE);
	assert_int_equal(get(f, CR1, 2), 0x300);
	assert_int_equal(status(f) & MODF, MODF);
	put(f, CR1, 2, MASTER | SPE);
	assert_int_equal(get(f, CR1, 2), MASTER | SPE);
	assert_int_equal(status(f) & MODF, 0);
	expect_clean(f);

	put(f, CR1, 2, MASTER);
	put(f, CR1, 2, 0x004 | SPE);
	expect_violation(f, "NSS");
}

static void test_pins(void **state)
{
	struct fixture *f = *state;
	/* SCK, MISO, MOSI as input; then SCK in another alternate function */
	static const uint32_t moder[] = { 0x2800a100, 0x28008900, 0x28002900 };

	put(f, CR1, 2, MASTER | SPE);
	f->nor.next_miso = 0x40;
	for (unsigned int i = 0; i < 4; i++) {
		if (i < 3)
			put(f, PORT, 4, moder[i]);
		else
			put(f, PORT, 4, 0x2800a900);
		put(f, PORT + 0x20, 4, i < 3 ? 0 : 0x00500000);
		put(f, DR, 2, 0xa5);
		pass(f, START_PS + FRAME_PS);
		assert_int_equal(get(f, DR, 2), i == 2 ? 0x41 : 0xff);
	}
	/* No clock: the chip saw two of the four bytes, one of them with MOSI floating low */
	assert_int_equal(f->nor.num_bytes, 2);
	assert_int_equal(f->nor.byte[0], 0xa5);
	assert_int_equal(f->nor.byte[1], 0x00);
	expect_clean(f);
}

static void test_chip_select_in_frame(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | SPE);
	put(f, DR, 2, 0x06);
	pass(f, START_PS + FRAME_PS - 1);
	put(f, PORT + 0x18, 4, 0x10);
	expect_violation(f, "chip select changed");
	pass(f, 1);
	put(f, PORT + 0x18, 4, 0x100000);
	get(f, DR, 2);
	put(f, DR, 2, 0x06);
	pass(f, START_PS + FRAME_PS);
	put(f, PORT + 0x18, 4, 0x10);
	expect_clean(f);
	assert_int_equal(f->nor.num_bytes, 2);
}

static void test_clock_gate(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER);
	put(f, RCC + 0x18, 4, 0);
	assert_int_equal(get(f, CR1, 2), 0);
	assert_int_equal(get(f, SR, 2), 0);
	expect_violation(f, "clock is off");
	put(f, CR1, 2, 0);
	put(f, RCC + 0x18, 4, 1u << 12);
	assert_int_equal(get(f, CR1, 2), MASTER);
	expect_clean(f);
}

static void test_reset_in_frame(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | SPE);
	put(f, DR, 2, 0x02);
	pass(f, START_PS + 1);
	bus_reset(&f->bus);
	/* The pins let go, so the chip is deselected by its pull-up; a reset is nobody's mistake */
	assert_false(f->nor.selected);
	expect_clean(f);
	put(f, RCC + 0x18, 4, 1u << 12);
	assert_int_equal(get(f, CR1, 2), 0);
	assert_int_equal(status(f), TXE);
	pass(f, 10 * FRAME_PS);
	assert_int_equal(status(f), TXE);
}

static void poll_status_bytes(struct fixture *f, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		put(f, DR, 2, 0);
		pass(f, START_PS + FRAME_PS);
		status(f);
		get(f, DR, 2);
	}
}

static void test_idle_polling(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | SPE);
	f->nor.busy_until_ps = 100 * VB_PS_PER_MS;
	poll_status_bytes(f, CTL_IDLE_STATUS_BYTES - 1);
	assert_int_equal(f->idle_calls, 0);
	poll_status_bytes(f, 1);
	assert_int_equal(f->idle_calls, 1);
	assert_int_equal(f->idle_until_ps, f->nor.busy_until_ps);

	/* A new busy period starts the count again */
	f->vb.clock.now_ps = f->nor.busy_until_ps;
	f->nor.num_bytes = 0;
	f->nor.busy_until_ps += 100 * VB_PS_PER_MS;
	poll_status_bytes(f, CTL_IDLE_STATUS_BYTES - 1);
	assert_int_equal(f->idle_calls, 1);
	/* The debugger's look at SR is no polling loop of the CPU */
	put(f, DR, 2, 0);
	pass(f, START_PS + FRAME_PS);
	uint32_t value;
	assert_int_equal(bus_read(&f->bus, SR, 2, &value, BUS_DEBUG), 0);
	assert_int_equal(f->idle_calls, 1);
	status(f);
	assert_int_equal(f->idle_calls, 2);
	expect_clean(f);
}

static void test_idle_never_when_stuck(void **state)
{
	struct fixture *f = *state;

	put(f, CR1, 2, MASTER | SPE);
	f->nor.busy_until_ps = UINT64_MAX;
	poll_status_bytes(f, 2 * CTL_IDLE_STATUS_BYTES);
	assert_int_equal(f->idle_calls, 0);
}

#define V1(name)	cmocka_unit_test_setup_teardown(name, setup_v1, teardown)
#define V1_5(name)	cmocka_unit_test_setup_teardown(name, setup_v1_5, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		V1(test_v1_registers),
		V1_5(test_v1_5_registers),
		V1(test_frame_time),
		V1_5(test_frame_time),
		V1(test_v1_continuous),
		V1(test_v1_overrun),
		V1(test_v1_overrun_loses_until_cleared),
		V1_5(test_fifo_levels),
		V1_5(test_packing),
		V1_5(test_threshold_mismatch),
		V1(test_v1_access_size),
		V1_5(test_v1_5_access_size),
		V1(test_data_register_order),
		V1(test_change_while_enabled),
		V1(test_restore_in_one_store),
		V1_5(test_data_size_change_while_enabled),
		V1(test_disable_too_early),
		V1_5(test_frame_formats),
		V1(test_mode_3),
		V1(test_one_line_modes),
		V1(test_mode_fault),
		V1(test_pins),
		V1(test_chip_select_in_frame),
		V1(test_clock_gate),
		V1(test_reset_in_frame),
		V1(test_idle_polling),
		V1(test_idle_never_when_stuck),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
