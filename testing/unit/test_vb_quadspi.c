// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The QUADSPI model in indirect mode: FIFO, thresholds, busy, time, misuse. vb->clock is moved by hand, and times are
 * checked to the picosecond.
 */

#include "vb_quadspi_rig.h"

/* NCS falls a clock before the first edge. */
#define HEADER_CLOCKS(bits)	(1 + (bits))

static void test_registers(void **state)
{
	struct quadspi_rig *f = *state;

	ctl_stm32_quadspi_reset(f->quadspi);
	for (uint32_t offset = 0; offset <= 0x30; offset += 4) {
		if (offset != 0x20)
			assert_int_equal(get(f, BASE + offset, 4), 0);
	}
	assert_clean(f);
	put(f, CR, 4, 0xfffffffc & ~0x44u);
	assert_int_equal(get(f, CR, 4), 0xffdf1f98);
	put(f, CR, 4, 0);
	put(f, DCR, 4, 0xffffffff);
	assert_int_equal(get(f, DCR, 4), 0x001f0701);
	put(f, ABR, 4, 0x12345678);
	assert_int_equal(get(f, ABR, 4), 0x12345678);
	put(f, PIR, 4, 0xffffffff);
	assert_int_equal(get(f, PIR, 4), 0xffff);
	put(f, LPTR, 4, 0xffffffff);
	assert_int_equal(get(f, LPTR, 4), 0xffff);
	put(f, PSMKR, 4, 0xa5a5a5a5);
	assert_int_equal(get(f, PSMKR + 1, 1), 0xa5);
	put(f, PSMAR + 2, 2, 0x1234);
	assert_int_equal(get(f, PSMAR, 4), 0x12340000);
	assert_clean(f);
	put(f, BASE + 0x34, 4, 0);
	assert_violation(f, "reserved offset 34h");

	put(f, AHB3ENR, 4, 0);
	assert_int_equal(get(f, ABR, 4), 0);
	assert_violation(f, "while its clock is off");
	put(f, ABR, 4, 0);
	put(f, AHB3ENR, 4, 2);
	assert_int_equal(get(f, ABR, 4), 0x12345678);
	assert_clean(f);
}

static void test_command(void **state)
{
	struct quadspi_rig *f = *state;

	put(f, CCR, 4, WRITE_ENABLE);
	assert_int_equal(status(f), BUSY);
	pass_clocks(f, HEADER_CLOCKS(8) - 1);
	assert_int_equal(status(f), BUSY);
	pass_clocks(f, 1);
	assert_int_equal(status(f), TCF);
	put(f, FCR, 4, TCF);
	assert_int_equal(status(f), 0);
	assert_int_equal(read_flash_status(f), 0x02);
	assert_clean(f);

	/* The next one waits until NCS has been high for CSHT + 1 clocks */
	wait_idle(f);
	put(f, DCR, 4, 0x00170700);
	put(f, CCR, 4, WRITE_ENABLE);
	pass_clocks(f, 8 + HEADER_CLOCKS(8) - 1);
	assert_int_equal(status(f) & BUSY, BUSY);
	pass_clocks(f, 1);
	assert_int_equal(status(f) & BUSY, 0);

	/* Nothing at all is no command */
	put(f, CCR, 4, 0);
	assert_int_equal(status(f) & BUSY, 0);
	assert_clean(f);

	put(f, CR, 4, PRESCALER(1));
	put(f, CCR, 4, WRITE_ENABLE);
	assert_violation(f, "while EN is 0");
	assert_int_equal(status(f) & BUSY, 0);
}

static void test_read_levels(void **state)
{
	struct quadspi_rig *f = *state;
	uint32_t address = 0x1234;

	put(f, CR, 4, ENABLED | FTHRES(4));
	put(f, DLR, 4, 40 - 1);
	put(f, CCR, 4, INDIRECT_READ | READ);
	assert_int_equal(status(f), 0);
	put(f, AR, 4, address);
	pass_clocks(f, HEADER_CLOCKS(32) + 8 - 1);
	assert_int_equal(status(f), BUSY);
	for (unsigned int level = 1; level <= 32; level++) {
		pass_clocks(f, 1);
		assert_int_equal(status(f), BUSY | level << 8 | (level >= 4 ? FTF : 0));
		pass_clocks(f, 7);
	}
	/* Full: CLK stands still */
	pass_clocks(f, 1000);
	assert_int_equal(status(f), BUSY | 32 << 8 | FTF);
	uint64_t clocks = f->vb.count.spi_clocks;
	assert_int_equal(get(f, DR, 4), pattern_word(address));
	assert_int_equal(take_stall(f), 0);
	assert_int_equal(FLEVEL(status(f)), 28);
	pass_clocks(f, 8);
	assert_int_equal(FLEVEL(status(f)), 29);
	pass_clocks(f, 3 * 8);
	assert_int_equal(FLEVEL(status(f)), 32);
	pass_clocks(f, 1000);
	assert_int_equal(f->vb.count.spi_clocks - clocks, 4 * 8);
	for (unsigned int i = 4; i < 8; i++)
		assert_int_equal(get(f, DR, 1), pattern(address + i));
	/* All has been read from the chip, and NCS is high; BUSY until the FIFO is empty */
	pass_clocks(f, 4 * 8 - 1);
	assert_int_equal(status(f), BUSY | 31 << 8 | FTF);
	pass_clocks(f, 1);
	assert_int_equal(status(f), BUSY | 32 << 8 | FTF | TCF);
	for (unsigned int i = 8; i < 38; i += 2)
		assert_int_equal(get(f, DR, 2), (uint32_t)pattern(address + i) | (uint32_t)pattern(address + i + 1) << 8);
	/* Below the threshold, but the last ones */
	assert_int_equal(status(f), BUSY | 2 << 8 | FTF | TCF);
	/* More than there is: what there is */
	assert_int_equal(get(f, DR, 4), (uint32_t)pattern(address + 38) | (uint32_t)pattern(address + 39) << 8);
	assert_int_equal(status(f), TCF);
	assert_clean(f);

	assert_int_equal(get(f, DR, 1), 0);
	assert_violation(f, "DR read, but no data are to come");
}

static void test_read_waits(void **state)
{
	struct quadspi_rig *f = *state;

	put(f, DLR, 4, 5);
	command(f, INDIRECT_READ | READ, 0x300);
	assert_int_equal(get(f, DR, 1), pattern(0x300));
	assert_int_equal(take_stall(f), HEADER_CLOCKS(32) + 8);
	assert_int_equal(get(f, DR, 4), pattern_word(0x301));
	assert_int_equal(take_stall(f), 32);
	/* The transfer ends before there is as much as is asked for */
	assert_int_equal(get(f, DR, 4), pattern(0x305));
	assert_int_equal(take_stall(f), 8);
	assert_int_equal(status(f), TCF);
	assert_clean(f);
}

static void enable_write(struct quadspi_rig *f)
{
	wait_idle(f);
	command(f, WRITE_ENABLE, 0);
	put(f, FCR, 4, TCF);
	/* NCS has been high for long enough */
	pass_clocks(f, 10);
}

static void finish_program(struct quadspi_rig *f)
{
	wait_idle(f);
	f->vb.clock.now_ps += VB_PS_PER_MS;
}

static void test_write_levels(void **state)
{
	struct quadspi_rig *f = *state;

	enable_write(f);
	put(f, CR, 4, ENABLED | FTHRES(8));
	put(f, DLR, 4, 40 - 1);
	put(f, CCR, 4, PROGRAM);
	put(f, AR, 4, 0x20000);
	/* Not before there are data */
	assert_int_equal(status(f), FTF);
	pass_clocks(f, 100);
	put(f, DR, 4, 0x03020100);
	assert_int_equal(status(f), BUSY | 4 << 8 | FTF);
	for (uint32_t i = 4; i < 32; i += 4)
		put(f, DR, 4, 0x03020100 + i * 0x01010101);
	assert_int_equal(take_stall(f), 0);
	assert_int_equal(status(f), BUSY | 32 << 8);
	/* Full: the write waits until the first has begun, with which the header's clocks are over */
	put(f, DR, 1, 32);
	assert_int_equal(take_stall(f), HEADER_CLOCKS(32));
	assert_int_equal(FLEVEL(status(f)), 32);
	pass_clocks(f, 8 * 8);
	assert_int_equal(status(f), BUSY | 24 << 8 | FTF);
	pass_clocks(f, 1);
	put(f, DR, 2, 34 << 8 | 33);
	/* The FIFO runs empty, and CLK stands still */
	pass_clocks(f, 1000 * 8);
	assert_int_equal(status(f), BUSY | FTF);
	put(f, DR, 4, 0x26252423);
	put(f, DR, 1, 39);
	pass_clocks(f, 5 * 8 - 1);
	assert_int_equal(status(f), BUSY | FTF);
	assert_int_equal(f->vb.count.page_programs, 0);
	pass_clocks(f, 1);
	assert_int_equal(status(f), TCF | FTF);
	assert_int_equal(f->vb.count.page_programs, 1);
	/* The chip's time counts from the rise of NCS, which is now: 15 us, and 485 us in proportion */
	assert_int_equal(nor_busy_until_ps(f->nor) - f->vb.clock.now_ps, 15 * VB_PS_PER_US + 485 * VB_PS_PER_US * 39 / 255);
	finish_program(f);
	for (unsigned int i = 0; i < 40; i++)
		assert_int_equal(nor_content(f->nor)[0x20000 + i], i);
	assert_int_equal(nor_content(f->nor)[0x20000 + 40], 0xff);
	assert_clean(f);
}

static void test_write_too_much(void **state)
{
	struct quadspi_rig *f = *state;

	enable_write(f);
	put(f, DLR, 4, 1);
	command(f, PROGRAM, 0x20000);
	put(f, DR, 4, 0x44332211);
	finish_program(f);
	assert_violation(f, "2 bytes more written to DR than DLR says");
	assert_int_equal(nor_content(f->nor)[0x20001], 0x22);
	assert_int_equal(nor_content(f->nor)[0x20002], 0xff);

	/* A write that would have to wait for room behind the end */
	enable_write(f);
	put(f, DLR, 4, 1);
	command(f, PROGRAM, 0x20100);
	for (unsigned int i = 0; i < 32; i += 4)
		put(f, DR, 4, 0x99887766);
	put(f, DR, 4, 0);
	assert_int_equal(take_stall(f), HEADER_CLOCKS(32) + 16);
	finish_program(f);
	assert_violation(f, "30 bytes more written to DR than DLR says");
	assert_int_equal(nor_content(f->nor)[0x20101], 0x77);
	assert_int_equal(nor_content(f->nor)[0x20102], 0xff);
}

static void test_dr_misuse(void **state)
{
	struct quadspi_rig *f = *state;

	put(f, CCR, 4, PROGRAM);
	get(f, DR, 4);
	assert_violation(f, "DR read in indirect write mode");
	get(f, DR + 1, 1);
	assert_violation(f, "DR accessed at offset 21h");
	put(f, DR + 2, 2, 0);
	assert_violation(f, "DR accessed at offset 22h");
	put(f, CCR, 4, INDIRECT_READ | READ);
	put(f, DR, 4, 0);
	assert_violation(f, "sends no data");
	put(f, CCR, 4, WRITE_ENABLE);
	wait_idle(f);
	put(f, DR, 1, 0);
	assert_violation(f, "sends no data");
}

static void test_busy_rules(void **state)
{
	static const uint32_t registers[] = { DCR, DLR, CCR, AR, ABR, PSMKR, PSMAR, PIR, LPTR };
	struct quadspi_rig *f = *state;

	put(f, DLR, 4, 99);
	command(f, INDIRECT_READ | READ, 0x400);
	for (unsigned int i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		uint32_t before = get(f, registers[i], 4);

		put(f, registers[i], 4, 0x00010001);
		assert_violation(f, "written while BUSY is 1");
		assert_int_equal(get(f, registers[i], 4), before);
	}
	put(f, CR, 4, ENABLED | PRESCALER(3));
	assert_violation(f, "CR bits 02000000 changed while BUSY is 1");
	put(f, CR, 4, ENABLED | TCEN | APMS | PMM | FSEL);
	assert_violation(f, "CR bits 00c00088 changed while BUSY is 1");
	assert_int_equal(get(f, CR, 4), ENABLED);
	/* These may */
	put(f, CR, 4, ENABLED | FTHRES(16) | 0x1f0000);
	assert_int_equal(get(f, CR, 4), ENABLED | FTHRES(16) | 0x1f0000);
	/* And the transfer is not disturbed */
	assert_int_equal(get(f, DR, 1), pattern(0x400));
	assert_clean(f);
}

static void test_abort(void **state)
{
	struct quadspi_rig *f = *state;

	/* Nothing to abort */
	put(f, CR, 4, ENABLED | ABORT);
	assert_int_equal(get(f, CR, 4), ENABLED);
	assert_int_equal(status(f), 0);

	put(f, DLR, 4, 99);
	command(f, INDIRECT_READ | READ, 0x400);
	pass_clocks(f, HEADER_CLOCKS(32) + 100);
	put(f, CR, 4, ENABLED | ABORT);
	assert_int_equal(get(f, CR, 4), ENABLED | ABORT);
	assert_int_equal(status(f), BUSY | TCF);
	put(f, DLR, 4, 0);
	assert_violation(f, "written while BUSY is 1");
	pass_clocks(f, 2);
	assert_int_equal(get(f, CR, 4), ENABLED);
	assert_int_equal(status(f), TCF);
	/* The mode stays */
	assert_int_equal(get(f, CCR, 4), INDIRECT_READ | READ);
	put(f, AR, 4, 0x500);
	assert_int_equal(get(f, DR, 1), pattern(0x500));
	take_stall(f);
	/* EN = 0 stops it as well */
	put(f, CR, 4, PRESCALER(1));
	assert_int_equal(status(f) & (BUSY | 0x3f00), 0);
	put(f, CR, 4, ENABLED);
	assert_clean(f);

	enable_write(f);
	put(f, DLR, 4, 99);
	command(f, PROGRAM, 0x20000);
	put(f, DR, 1, 0x11);
	pass_clocks(f, 1000);
	put(f, CR, 4, ENABLED | ABORT);
	assert_violation(f, "ABORT cuts command 02h short");
	pass_clocks(f, 2);
	f->vb.clock.now_ps += 10 * VB_PS_PER_MS;
	put(f, CCR, 4, WRITE_ENABLE);
	put(f, CR, 4, PRESCALER(1));
	assert_violation(f, "EN = 0 cuts command 06h short");
}

static void test_size(void **state)
{
	struct quadspi_rig *f = *state;

	put(f, DLR, 4, 1);
	put(f, CCR, 4, INDIRECT_READ | READ);
	put(f, AR, 4, 0x1000000);
	assert_violation(f, "is outside of FSIZE's 16777216 bytes");
	assert_int_equal(status(f), TEF);
	put(f, FCR, 4, TEF);
	put(f, AR, 4, 0xffffff);
	assert_violation(f, "2 bytes at 0x00ffffff");
	assert_int_equal(status(f), TEF);
	put(f, FCR, 4, TEF);
	put(f, AR, 4, 0xfffffe);
	assert_int_equal(status(f), BUSY);
	get(f, DR, 2);
	take_stall(f);
	/* For a write, when the address is known */
	put(f, CCR, 4, PROGRAM);
	put(f, AR, 4, 0x1000001);
	assert_violation(f, "0x01000001");
	assert_int_equal(status(f) & TEF, TEF);
	put(f, FCR, 4, TEF | TCF);
	/* Without an address phase it means nothing */
	assert_int_equal(read_flash_status(f), 0);
	assert_clean(f);

	/* Undefined length: up to the end of the memory */
	wait_idle(f);
	put(f, DLR, 4, 0xffffffff);
	command(f, INDIRECT_READ | READ, 0xfffffd);
	pass_clocks(f, 1000);
	assert_int_equal(status(f), BUSY | TCF | FTF | 3 << 8);
	get(f, DR, 4);
	assert_int_equal(status(f), TCF);
	assert_clean(f);
}

static void test_lines(void **state)
{
	const struct {
		uint32_t ccr;
		unsigned int clocks;
	} read[] = {
		{ DATA1 | DUMMIES(8) | ADDRESS1 | INSTRUCTION(0x0b), 8 + 24 + 8 + 32 },
		{ DATA2 | DUMMIES(8) | ADDRESS1 | INSTRUCTION(0x3b), 8 + 24 + 8 + 16 },
		{ DATA2 | DUMMIES(8) | ADDRESS2 | INSTRUCTION(0xbb), 8 + 12 + 8 + 16 },
		{ DATA4 | DUMMIES(8) | ADDRESS1 | INSTRUCTION(0x6b), 8 + 24 + 8 + 8 },
		{ DATA4 | DUMMIES(10) | ADDRESS4 | INSTRUCTION(0xeb), 8 + 6 + 10 + 8 },
		/* The first two of ten as an alternate byte */
		{ DATA4 | DUMMIES(8) | ALTERNATE4 | ADDRESS4 | INSTRUCTION(0xeb), 8 + 6 + 2 + 8 + 8 },
	};
	struct quadspi_rig *f = *state;

	put(f, DLR, 4, 3);
	for (unsigned int i = 0; i < sizeof(read) / sizeof(read[0]); i++) {
		wait_idle(f);
		pass_clocks(f, 10);
		command(f, INDIRECT_READ | read[i].ccr, 0x600 + 0x10 * i);
		assert_int_equal(get(f, DR, 4), pattern_word(0x600 + 0x10 * i));
		assert_int_equal(take_stall(f), 1 + read[i].clocks);
		assert_clean(f);
	}

	/* 32 bits of alternate bytes, 16 of address */
	enable_write(f);
	put(f, DLR, 4, 0);
	command(f, DATA4 | ADDRESS4 | INSTRUCTION(0x12), 0x20000);
	put(f, DR, 1, 0xa7);
	finish_program(f);
	assert_int_equal(nor_content(f->nor)[0x20000], 0xa7);
	assert_clean(f);

	wait_idle(f);
	put(f, CCR, 4, INDIRECT_READ | DATA4 | ADDRESS1 | INSTRUCTION(0x6b));
	assert_violation(f, "reads on 4 lines without a dummy cycle");
	put(f, CCR, 4, INDIRECT_READ | ADDRESS1 | INSTRUCTION(0x03));
	assert_violation(f, "has no data phase");
	put(f, CCR, 4, DDRM | INDIRECT_READ | READ);
	put(f, AR, 4, 0);
	assert_violation(f, "double data rate mode, which is not modelled");
	assert_int_equal(status(f) & BUSY, 0);
	put(f, CR, 4, ENABLED | DFM);
	put(f, CCR, 4, INDIRECT_READ | READ_STATUS);
	assert_violation(f, "dual-flash mode, which is not modelled");
	put(f, CR, 4, ENABLED | 4);
	assert_violation(f, "DMA is not modelled");
	/* FLASH 2 is not there */
	put(f, CR, 4, ENABLED | FSEL);
	put(f, DLR, 4, 0);
	command(f, INDIRECT_READ | READ_STATUS, 0);
	assert_int_equal(get(f, DR, 1), 0xff);
	assert_clean(f);
}

/* The flash judges what reaches it. */
static void test_chip_is_heard(void **state)
{
	struct quadspi_rig *f = *state;

	put(f, DLR, 4, 0);
	command(f, PROGRAM, 0x20000);
	put(f, DR, 1, 0);
	wait_idle(f);
	assert_violation(f, "without write enable");
	put(f, CR, 4, PRESCALER(0) | EN);
	command(f, INDIRECT_READ | READ, 0);
	get(f, DR, 1);
	assert_violation(f, "SCK of 100000000 Hz for read (03h)");
}

static void test_pins(void **state)
{
	struct quadspi_rig *f = *state;
	const struct ctl_gpio_config port_config = { .name = "GPIOB", .base = 0x40020400 };
	struct ctl_gpio *port = ctl_gpio_new(&f->bus, &port_config);
	struct ctl_stm32_quadspi_config config = {
		.name = "QUADSPI2", .base = 0xa0002000, .mapped_base = 0xb0000000, .ahb_hz = AHB_HZ, .fifo_bytes = 16,
	};

	assert_non_null(port);
	config.pin[QUADSPI_CLK].port = port;
	config.pin[QUADSPI_CLK].pin = 2;
	config.pin[QUADSPI_CLK].alternate_function = 9;
	config.pin[QUADSPI_IO2].port = port;
	config.pin[QUADSPI_IO2].pin = 8;
	config.pin[QUADSPI_IO2].alternate_function = 9;
	struct ctl_stm32_quadspi *second = ctl_stm32_quadspi_new(&f->bus, &config, f->nor);
	assert_non_null(second);
	put(f, 0xa0002004, 4, 0x00170000);
	put(f, 0xa0002000, 4, ENABLED);
	put(f, 0xa0002010, 4, 3);
	put(f, 0xa0002014, 4, INDIRECT_READ | READ);
	put(f, 0xa0002018, 4, 0x40);
	assert_int_equal(get(f, 0xa0002020, 4), 0xffffffff);
	/* CLK connected: one line works, four do not */
	put(f, 0x40020400, 4, 0x00000020);
	put(f, 0x40020420, 4, 0x00000900);
	put(f, 0xa0002018, 4, 0x40);
	assert_int_equal(get(f, 0xa0002020, 4), pattern_word(0x40));
	put(f, 0xa0002014, 4, INDIRECT_READ | DATA4 | DUMMIES(8) | ADDRESS1 | INSTRUCTION(0x6b));
	put(f, 0xa0002018, 4, 0x40);
	assert_int_equal(get(f, 0xa0002020, 4), 0xffffffff);
	/* A FIFO of 16 bytes */
	put(f, 0xa0002014, 4, INDIRECT_READ | READ);
	put(f, 0xa0002010, 4, 99);
	put(f, 0xa0002018, 4, 0);
	pass_clocks(f, 1000);
	assert_int_equal(FLEVEL(get(f, 0xa0002008, 4)), 16);
	assert_clean(f);
	ctl_stm32_quadspi_free(second);
	ctl_gpio_free(port);
}

static void test_idle(void **state)
{
	struct quadspi_rig *f = *state;

	enable_write(f);
	command(f, INDIRECT_WRITE | ADDRESS1 | INSTRUCTION(0xd8), 0x20000);
	uint64_t until_ps = nor_busy_until_ps(f->nor);
	assert_true(until_ps > f->vb.clock.now_ps);
	for (unsigned int i = 0; i < CTL_IDLE_STATUS_BYTES; i++) {
		assert_int_equal(f->idle_calls, 0);
		assert_int_equal(read_flash_status(f) & 1, 1);
		wait_idle(f);
	}
	assert_true(f->idle_calls > 0);
	assert_int_equal(f->idle_until_ps, until_ps);
	assert_clean(f);
}

static void test_reset(void **state)
{
	struct quadspi_rig *f = *state;

	put(f, DLR, 4, 99);
	command(f, INDIRECT_READ | READ, 0);
	pass_clocks(f, 200);
	bus_reset(&f->bus);
	put(f, AHB3ENR, 4, 2);
	assert_int_equal(status(f), 0);
	assert_int_equal(get(f, CR, 4), 0);
	assert_int_equal(get(f, CCR, 4), 0);
	/* NCS is high: the chip takes a command */
	put(f, DCR, 4, 0x00170000);
	put(f, CR, 4, ENABLED);
	assert_int_equal(read_flash_status(f), 0);
	assert_clean(f);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, quadspi_setup, quadspi_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registers),
		TEST(test_command),
		TEST(test_read_levels),
		TEST(test_read_waits),
		TEST(test_write_levels),
		TEST(test_write_too_much),
		TEST(test_dr_misuse),
		TEST(test_busy_rules),
		TEST(test_abort),
		TEST(test_size),
		TEST(test_lines),
		TEST(test_chip_is_heard),
		TEST(test_pins),
		TEST(test_idle),
		TEST(test_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
