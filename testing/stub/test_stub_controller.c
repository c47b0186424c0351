// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What the stub finds and leaves: the application's SPI settings, whatever they are, and any address in RAM. stub_end()
 * compares the controller's registers with those before each run.
 */

#include <string.h>

#include "../../src/flash/nor/ofl_crc.h"
#include "stub_rig.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#define CR1		0x00
#define CR2		0x04
#define SR		0x08
#define DR		0x0c

#define CR1_CPHA	0x0001
#define CR1_CPOL	0x0002
#define CR1_MSTR	0x0004
#define CR1_BR		0x0038
#define CR1_SPE		0x0040
#define CR1_LSBFIRST	0x0080
#define CR1_SSI		0x0100
#define CR1_SSM		0x0200
#define CR1_RXONLY	0x0400
#define CR1_DFF		0x0800	/* with FIFO: CRCL */
#define CR1_CRCEN	0x2000

#define CR2_DMA		0x0003
#define CR2_SSOE	0x0004
#define CR2_INTERRUPTS	0x00e0
#define CR2_16BIT	0x0f00	/* with FIFO only; reserved, and reads 0, without */
#define CR2_8BIT	0x1700

/* As a driver of the application would: the settings first, then SPE. */
static void leave(struct stub_rig *rig, uint32_t cr1, uint32_t cr2)
{
	uint32_t base = rig->board->wiring.spi_base;
	uint32_t divider = stub_get(rig, base + CR1) & CR1_BR;

	stub_put(rig, base + CR1, stub_get(rig, base + CR1) & ~(uint32_t)CR1_SPE);
	stub_put(rig, base + CR1, divider | (cr1 & ~(uint32_t)CR1_SPE));
	stub_put(rig, base + CR2, cr2);
	stub_put(rig, base + CR1, divider | cr1);
}

static void use(struct stub_rig *rig)
{
	static uint8_t data[300], back[300];
	uint8_t id[3];

	stub_transfer(rig, OFL_COMMAND(0x9f, 0, 0), 0, id, 3);
	assert_int_equal(id[0] << 16 | id[1] << 8 | id[2], rig->kind->jedec_id);
	memset(nor_content(rig->board->nor) + 0x4000, 0xff, sizeof(data));
	stub_fill_random(data, sizeof(data), 7);
	assert_int_equal(stub_program(rig, 0x4000, data, sizeof(data), &stub_host_fast), OFL_STATUS_OK);
	assert_int_equal(stub_read(rig, 0x4000, back, sizeof(back), 100, &stub_host_fast), OFL_STATUS_OK);
	assert_memory_equal(back, data, sizeof(data));
}

/* After every kind of setting the flash is reached, and the setting is there again. */
static void test_settings(struct stub_rig *rig)
{
	static const struct {
		uint32_t cr1, cr2;
	} settings[] = {
		/* Off, with and without anything set. */
		{ 0, 0 },
		{ CR1_CPOL | CR1_CPHA | CR1_LSBFIRST | CR1_MSTR | CR1_SSM | CR1_SSI, CR2_16BIT },
		/* On as a master: what we want already, modes 3 and 1, LSB first, 16 bit, both at once. */
		{ CR1_SPE | CR1_MSTR | CR1_SSM | CR1_SSI, CR2_8BIT },
		{ CR1_SPE | CR1_MSTR | CR1_SSM | CR1_SSI | CR1_CPOL | CR1_CPHA, CR2_8BIT },
		{ CR1_SPE | CR1_MSTR | CR1_SSM | CR1_SSI | CR1_CPHA, CR2_8BIT },
		{ CR1_SPE | CR1_MSTR | CR1_SSM | CR1_SSI | CR1_LSBFIRST, CR2_8BIT },
		{ CR1_SPE | CR1_MSTR | CR1_SSM | CR1_SSI | CR1_DFF, CR2_16BIT },
		{ CR1_SPE | CR1_MSTR | CR1_SSM | CR1_SSI | CR1_DFF | CR1_LSBFIRST | CR1_CPOL | CR1_CPHA, CR2_16BIT },
		/* DMA requests and interrupts; CRC; NSS by the controller; a slave. */
		{ CR1_SPE | CR1_MSTR | CR1_SSM | CR1_SSI, CR2_8BIT | CR2_DMA | CR2_INTERRUPTS },
		{ CR1_SPE | CR1_MSTR | CR1_SSM | CR1_SSI | CR1_CRCEN, CR2_8BIT },
		{ CR1_SPE | CR1_MSTR, CR2_8BIT | CR2_SSOE },
		{ CR1_SPE | CR1_SSM, CR2_8BIT },
	};

	for (unsigned int n = 0; n < COUNT(settings); n++) {
		stub_open_usual(rig, NULL, NULL);
		leave(rig, settings[n].cr1, settings[n].cr2);
		stub_assert_clean(rig);
		uint32_t before[2] = { stub_get(rig, rig->board->wiring.spi_base + CR1),
			stub_get(rig, rig->board->wiring.spi_base + CR2) };
		assert_int_equal(before[0] & ~(uint32_t)CR1_BR, settings[n].cr1);
		use(rig);
		if (rig->vb.num_violations)
			print_message("# after CR1 %04x, CR2 %04x:\n", (unsigned int)settings[n].cr1,
				(unsigned int)settings[n].cr2);
		stub_assert_clean(rig);
		assert_int_equal(stub_get(rig, rig->board->wiring.spi_base + CR1), before[0]);
		assert_int_equal(stub_get(rig, rig->board->wiring.spi_base + CR2), before[1]);
	}
}

/* Received data that nobody has fetched, up to an overrun: it must not be taken for the flash's. */
static void test_receiver_full(struct stub_rig *rig)
{
	for (unsigned int frames = 1; frames <= 6; frames++) {
		stub_open_usual(rig, NULL, NULL);
		uint32_t base = rig->board->wiring.spi_base;
		bool fifo = stub_get(rig, base + CR2) != 0;
		leave(rig, CR1_SPE | CR1_MSTR | CR1_SSM | CR1_SSI, CR2_8BIT);
		for (unsigned int n = 0; n < frames; n++) {
			assert_int_equal(bus_write(&rig->board->bus, base + DR, fifo ? 1 : 2, 0xa5, BUS_DEBUG), 0);
			rig->vb.clock.now_ps += 10 * VB_PS_PER_US;
		}
		assert_true(stub_get(rig, base + SR) & 1);
		stub_assert_clean(rig);
		use(rig);
		stub_assert_clean(rig);
	}
}

/* Settings come back after a failure in the middle of a command, too. */
static void test_settings_after_failure(struct stub_rig *rig)
{
	uint8_t data[256] = { 0 };

	stub_open_usual(rig, NULL, "nor.stuck-busy@program=1");
	leave(rig, CR1_SPE | CR1_MSTR | CR1_SSM | CR1_SSI | CR1_CPOL | CR1_CPHA | CR1_LSBFIRST, CR2_16BIT);
	stub_params(rig, OFL_OP_PROGRAM);
	rig->params.max_polls = 100;
	assert_int_equal(stub_program(rig, 0, data, sizeof(data), &stub_host_fast), OFL_STATUS_BUSY);
	assert_int_equal(stub_get(rig, rig->board->wiring.spi_base + CR1) & ~(uint32_t)CR1_BR,
		CR1_SPE | CR1_MSTR | CR1_SSM | CR1_SSI | CR1_CPOL | CR1_CPHA | CR1_LSBFIRST);
	stub_assert_clean(rig);
}

/* The same blob at any word of the RAM, up to its last byte. */
static void test_position(struct stub_rig *rig)
{
	static const uint32_t offsets[] = { 0, 4, 0x1c, 0x7fc, 0x1000, UINT32_MAX };
	const uint32_t area_bytes = 2 * KIB;

	for (unsigned int n = 0; n < COUNT(offsets); n++) {
		uint32_t result[2], offset = offsets[n];
		if (offset == UINT32_MAX)
			offset = rig->board->ram_bytes - area_bytes;
		stub_open(rig, NULL, NULL, offset, area_bytes);
		uint8_t *content = nor_content(rig->board->nor);
		struct ofl_erase_entry entry = {
			.address = 0x4000, .unit_bytes = 4 * KIB, .count = 1, .command = OFL_COMMAND(0x20, 3, 0),
			.max_polls = 1000000,
		};
		content[0x4000] = 0;
		assert_int_equal(stub_erase(rig, &entry, 1), OFL_STATUS_OK);
		use(rig);
		stub_params(rig, OFL_OP_CRC);
		assert_int_equal(stub_check(rig, OFL_OP_CRC, 0x4000, 300, 2, result), OFL_STATUS_OK);
		assert_int_equal(result[0], ofl_crc(content + 0x4000, 300));
		assert_int_equal(result[1], ofl_crc(content + 0x4000 + 300, 300));
		stub_assert_clean(rig);
	}
}

/* Two chips on one bus: only the one whose chip select the parameters name hears anything. */
static void test_two_chips(struct stub_rig *rig)
{
	uint8_t id[3];

	stub_open_usual(rig, NULL, NULL);
	assert_non_null(rig->board->nor2);
	stub_params(rig, OFL_OP_XFER);
	rig->params.command = OFL_COMMAND(0x9f, 0, 0);
	rig->params.unit_bytes = 3;
	rig->params.ctl[OFL_CTL_CS + OFL_PIN_HIGH_VALUE] = rig->board->wiring.cs2.high_value;
	rig->params.ctl[OFL_CTL_CS + OFL_PIN_LOW_VALUE] = rig->board->wiring.cs2.low_value;
	assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
	memcpy(id, stub_ram(rig, rig->layout.ring, 3), 3);
	assert_memory_equal(id, nor_get_part(rig->board->nor2)->jedec_id, 3);
	assert_memory_not_equal(id, nor_get_part(rig->board->nor)->jedec_id, 3);
	stub_assert_clean(rig);
}

int main(void)
{
	static const struct stub_test tests[] = {
		{ .name = "application's settings", .function = test_settings, .only_controller = true },
		{ .name = "receiver full", .function = test_receiver_full, .only_controller = true },
		{ .name = "settings after a failure", .function = test_settings_after_failure, .only_controller = true },
		{ .name = "any position", .function = test_position },
		{ .name = "two chips", .function = test_two_chips, .only_board = "stm32f4-gpio" },
	};

	return stub_run_tests(tests, COUNT(tests));
}
