// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What the stub finds and leaves of the controllers with FIFOs, STM32 SPI with CSTART and PL022: the application's
 * settings, whatever they are, what it left in the receiver, and a stop at any time. stub_end() compares the registers.
 * Bits: RM0433 rev 8, section 50.11; ARM DDI 0194H, section 3.3.
 */

#include <string.h>

#include "stub_rig.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#define H5		"stm32h5-w25q64"
#define RP2040		"rp2040-spi"

#define SPI_CR1		0x00
#define SPI_CR2		0x04
#define SPI_CFG1	0x08
#define SPI_CFG2	0x0c
#define SPI_IER		0x10
#define SPI_SR		0x14
#define SPI_TXDR	0x20

#define SPE		0x0001u
#define CSTART		0x0200u
#define SSI		0x1000u
#define DSIZE_8		0x00070007u	/* with CRCSIZE, as after reset */
#define DSIZE_16	0x0007000fu
#define FTHLV_2		0x00000020u
#define DMA		0x0000c000u
#define MASTER		0x00400000u
#define LSBFRST		0x00800000u
#define MODE_3		0x03000000u
#define SSM		0x04000000u
#define SSOE		0x20000000u
#define AFCNTR		0x80000000u
#define INTERRUPTS	0x0000027fu
#define RXP		0x0001u

#define SSPCR0		0x00
#define SSPCR1		0x04
#define SSPDR		0x08
#define SSPSR		0x0c
#define SSPIMSC		0x14
#define SSPDMACR	0x24

#define SCR		0xff00u
#define SSE		0x0002u
#define MS		0x0004u
#define RNE		0x0004u

static uint32_t base(const struct stub_rig *rig)
{
	return rig->board->wiring.spi_v3_base + rig->board->wiring.pl022_base;
}

static void put(struct stub_rig *rig, uint32_t offset, uint32_t value)
{
	stub_put(rig, base(rig) + offset, value);
}

static void use(struct stub_rig *rig)
{
	static uint8_t data[303], back[303];
	uint8_t id[3];

	stub_transfer(rig, OFL_COMMAND(0x9f, 0, 0), 0, id, 3);
	assert_int_equal(id[0] << 16 | id[1] << 8 | id[2], rig->kind->jedec_id);
	memset(nor_content(rig->board->nor) + 0x4000, 0xff, 2 * sizeof(data));
	stub_fill_random(data, sizeof(data), 7);
	assert_int_equal(stub_program(rig, 0x4001, data, sizeof(data), &stub_host_fast), OFL_STATUS_OK);
	assert_int_equal(stub_read(rig, 0x4001, back, sizeof(back), 100, &stub_host_fast), OFL_STATUS_OK);
	assert_memory_equal(back, data, sizeof(data));
}

/* As a driver of the application would: SSI before MASTER, all before SPE, and CSTART last. */
static void leave_spi(struct stub_rig *rig, uint32_t cr1, uint32_t cr2, uint32_t cfg1, uint32_t cfg2, uint32_t ier)
{
	put(rig, SPI_CR1, SSI);
	put(rig, SPI_CR2, cr2);
	put(rig, SPI_CFG1, cfg1);
	put(rig, SPI_CFG2, cfg2);
	put(rig, SPI_IER, ier);
	put(rig, SPI_CR1, cr1 & ~(SPE | CSTART));
	put(rig, SPI_CR1, cr1 & ~CSTART);
	put(rig, SPI_CR1, cr1);
}

static void test_spi_settings(struct stub_rig *rig)
{
	static const struct {
		uint32_t cr1, cr2, cfg1, cfg2, ier;
	} settings[] = {
		/* Off, with and without anything set */
		{ 0, 0, DSIZE_8, 0, 0 },
		{ SSI, 3, DSIZE_16 | FTHLV_2, MASTER | SSM | MODE_3 | LSBFRST | AFCNTR, INTERRUPTS },
		/* On: what we want already; mode 3, LSB first, 16 bit, DMA */
		{ SSI | SPE, 0, DSIZE_8, MASTER | SSM, 0 },
		{ SSI | SPE, 0, DSIZE_16 | DMA, MASTER | SSM | MODE_3 | LSBFRST, INTERRUPTS },
		/* In a transaction: without end, and of a number of frames that have not come */
		{ SSI | SPE | CSTART, 0, DSIZE_8, MASTER | SSM | AFCNTR, 0 },
		{ SSI | SPE | CSTART, 5, DSIZE_16, MASTER | SSM | MODE_3, INTERRUPTS },
		/* NSS by the controller */
		{ SPE, 0, DSIZE_8, MASTER | SSOE, 0 },
	};

	for (unsigned int n = 0; n < COUNT(settings); n++) {
		stub_open_usual(rig, NULL, NULL);
		leave_spi(rig, settings[n].cr1, settings[n].cr2, settings[n].cfg1, settings[n].cfg2, settings[n].ier);
		stub_assert_clean(rig);
		use(rig);
		if (rig->vb.num_violations)
			print_message("# after settings %u:\n", n);
		stub_assert_clean(rig);
		assert_int_equal(stub_get(rig, base(rig) + SPI_CR1), settings[n].cr1);
		assert_int_equal(stub_get(rig, base(rig) + SPI_CR2), settings[n].cr2);
		assert_int_equal(stub_get(rig, base(rig) + SPI_CFG1), settings[n].cfg1);
		assert_int_equal(stub_get(rig, base(rig) + SPI_CFG2), settings[n].cfg2);
		assert_int_equal(stub_get(rig, base(rig) + SPI_IER), settings[n].ier);
	}
}

static void test_pl022_settings(struct stub_rig *rig)
{
	static const struct {
		uint32_t cr0, cr1, imsc, dmacr;
	} settings[] = {
		{ 0x0007, 0, 0, 0 },
		/* Modes 3 and 1, 16 bit, TI's format; on */
		{ 0x00cf, 0, 0xf, 3 },
		{ 0x00cf, SSE, 0xf, 3 },
		{ 0x0087, SSE, 0, 0 },
		{ 0x001f, SSE, 1, 0 },
		/* A slave; not on, because nobody else clocks */
		{ 0x0007, MS, 0, 0 },
	};

	for (unsigned int n = 0; n < COUNT(settings); n++) {
		stub_open_usual(rig, NULL, NULL);
		uint32_t cr0 = (stub_get(rig, base(rig) + SSPCR0) & SCR) | settings[n].cr0;
		put(rig, SSPCR1, 0);
		put(rig, SSPCR0, cr0);
		put(rig, SSPIMSC, settings[n].imsc);
		put(rig, SSPDMACR, settings[n].dmacr);
		put(rig, SSPCR1, settings[n].cr1 & ~SSE);
		put(rig, SSPCR1, settings[n].cr1);
		stub_assert_clean(rig);
		use(rig);
		if (rig->vb.num_violations)
			print_message("# after settings %u:\n", n);
		stub_assert_clean(rig);
		assert_int_equal(stub_get(rig, base(rig) + SSPCR0), cr0);
		assert_int_equal(stub_get(rig, base(rig) + SSPCR1), settings[n].cr1);
		assert_int_equal(stub_get(rig, base(rig) + SSPIMSC), settings[n].imsc);
		assert_int_equal(stub_get(rig, base(rig) + SSPDMACR), settings[n].dmacr);
	}
}

/* Received data that nobody has fetched must not be taken for the flash's. */
static void test_receiver_full(struct stub_rig *rig)
{
	for (unsigned int frames = 1; frames <= 8; frames++) {
		stub_open_usual(rig, NULL, NULL);
		bool is_spi = rig->board->wiring.spi_v3_base;
		if (is_spi)
			leave_spi(rig, SSI | SPE | CSTART, 0, DSIZE_8, MASTER | SSM, 0);
		else
			put(rig, SSPCR1, SSE);
		for (unsigned int n = 0; n < frames; n++) {
			uint32_t data = base(rig) + (is_spi ? SPI_TXDR : SSPDR);
			assert_int_equal(bus_write(&rig->board->bus, data, is_spi ? 1 : 4, 0xa5, BUS_DEBUG), 0);
			rig->vb.clock.now_ps += 10 * VB_PS_PER_US;
		}
		assert_true(stub_get(rig, base(rig) + (is_spi ? SPI_SR : SSPSR)) & (is_spi ? RXP : RNE));
		stub_assert_clean(rig);
		use(rig);
		stub_assert_clean(rig);
	}
}

/* Stopped by the debugger at any time, then told to restore; also before the stub has touched anything, and twice. */
static void test_restore(struct stub_rig *rig)
{
	static const uint32_t stopped_us[] = { 0, 1, 2, 5, 100, 5000 };

	for (unsigned int n = 0; n < COUNT(stopped_us); n++) {
		stub_open_usual(rig, NULL, NULL);
		stub_params(rig, OFL_OP_CRC);
		rig->params.unit_bytes = 64 * KIB;
		rig->params.count = 1;
		stub_start(rig);
		if (stopped_us[n])
			assert_false(stub_pass(rig, stopped_us[n]));
		core_debug_halt(rig->board->core);
		for (unsigned int round = 0; round < 2; round++) {
			memcpy(&rig->params, stub_ram(rig, rig->layout.params, sizeof(rig->params)), sizeof(rig->params));
			rig->params.op = OFL_OP_RESTORE;
			rig->params.status = OFL_STATUS_RUNNING;
			assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
		}
		use(rig);
		stub_assert_clean(rig);
	}
}

/* A controller that does nothing ends the run, and chip select is high. */
static void test_unclocked(struct stub_rig *rig)
{
	uint8_t data[16] = { 0 };

	stub_open_usual(rig, NULL, NULL);
	uint32_t clock = stub_get(rig, rig->kind->clock_address);
	stub_put(rig, rig->kind->clock_address, clock & ~rig->kind->clock_mask);
	rig->registers_may_change = true;
	assert_int_equal(stub_program(rig, 0x4000, data, sizeof(data), &stub_host_fast), OFL_STATUS_CTL_TIMEOUT);
	assert_int_equal(rig->params.done, 0);
	/* The model says so, too */
	assert_true(rig->vb.num_violations > 0);
}

int main(void)
{
	static const struct stub_test tests[] = {
		{ .name = "settings of an SPI with CSTART", .function = test_spi_settings, .only_board = H5 },
		{ .name = "settings of a PL022", .function = test_pl022_settings, .only_board = RP2040 },
		{ .name = "receiver full", .function = test_receiver_full, .only_board = H5 },
		{ .name = "receiver full", .function = test_receiver_full, .only_board = RP2040 },
		{ .name = "after a stop", .function = test_restore, .only_board = H5 },
		{ .name = "after a stop", .function = test_restore, .only_board = RP2040 },
		{ .name = "without clock", .function = test_unclocked, .only_board = H5 },
		{ .name = "without clock", .function = test_unclocked, .only_board = RP2040 },
	};

	return stub_run_tests(tests, COUNT(tests));
}
