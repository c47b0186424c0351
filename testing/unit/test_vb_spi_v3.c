// SPDX-License-Identifier: GPL-2.0-or-later

/* The model of the STM32 SPI of versions 2 and 3: registers, transfers and their times. RM0433 section 50, RM0492. */

#include "vb_spi_v3_rig.h"

static void test_registers(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	assert_int_equal(get(rig, CR1, 4), 0);
	assert_int_equal(get(rig, CFG1, 4), 0x00070007);
	assert_int_equal(get(rig, CFG2, 4), 0);
	assert_int_equal(status(rig), TXC | TXP);
	assert_int_equal(get(rig, BASE + 0x40, 4), 0x107);
	expect_clean(rig);

	put(rig, IFCR, 4, 0xbf8);
	put(rig, IER, 4, 0x3ff);
	assert_int_equal(get(rig, IER, 4), 0x3ff);
	put(rig, CFG1, 4, BPASS | MBR(7) | CFG1_8BIT);
	assert_int_equal(get(rig, CFG1, 4), BPASS | MBR(7) | CFG1_8BIT);
	/* Narrow accesses leave the rest alone */
	put(rig, CFG1 + 3, 1, 0x30);
	put(rig, CFG1, 2, DSIZE(16));
	assert_int_equal(get(rig, CFG1, 4), MBR(3) | 0x00070000 | DSIZE(16));
	assert_int_equal(get(rig, CFG1 + 3, 1), 0x30);
	assert_int_equal(get(rig, CFG1 + 2, 2), 0x3007);
	expect_clean(rig);

	static const struct {
		uint32_t address, value;
		const char *what;
	} wrong[] = {
		{ CR1, 0x00020000, "CR1 written with reserved bits" },
		{ CR2, 0x00010000, "CR2 written with bits 00010000" },
		{ CFG1, 0x00071007, "CFG1 written with reserved bits 00001000" },
		{ CFG2, 0x08000000, "CFG2 written with reserved bits" },
		{ IER, 0x400, "IER written with reserved bits 00000400" },
		{ IFCR, 0xff8, "IFCR written with reserved bits 00000400" },
		{ I2SCFGR, 0x8000, "I2SCFGR written with reserved bits" },
		{ SR, 0, "write to read-only offset 14h" },
		{ RXDR, 0, "write to read-only offset 30h" },
		{ BASE + 0x1c, 0, "write to reserved offset 1ch" },
	};
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put(rig, wrong[i].address, 4, wrong[i].value);
		expect_violation(rig, wrong[i].what);
	}
	get(rig, BASE + 0x24, 4);
	expect_violation(rig, "read of reserved offset 24h");
}

static void test_v2_registers(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	/* TSERF exists in version 2 only, the bypass in version 3 */
	put(rig, IFCR, 4, 0xff8);
	put(rig, IER, 4, 0x7ff);
	expect_clean(rig);
	put(rig, CFG1, 4, BPASS | CFG1_8BIT);
	expect_violation(rig, "CFG1 written with reserved bits 80000000");
	put(rig, CFG2, 4, RDIOM);
	expect_violation(rig, "CFG2 written with reserved bits 00002000");
}

static void test_transfer(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;
	static const uint8_t sent[] = { 0x9f, 0x11, 0x22 };

	rig->nor.next_miso = 0xa0;
	begin(rig, CFG1_8BIT, CFG2_MASTER, 0, 3);
	assert_int_equal(status(rig), 3u << 16 | TXP);
	uint64_t start_ps = rig->vb.clock.now_ps;
	put(rig, TXDR, 1, 0x9f);
	put(rig, TXDR, 1, 0x11);
	assert_int_equal(status(rig) & TXTF, 0);
	put(rig, TXDR, 1, 0x22);
	assert_int_equal(status(rig), 3u << 16 | TXTF | TXP);
	assert_int_equal(get(rig, CR1, 4), SSI | SPE | CSTART);

	pass(rig, FRAME_PS - 1);
	assert_int_equal(status(rig) & RXP, 0);
	pass(rig, 1);
	assert_int_equal(status(rig), 2u << 16 | 1u << 13 | TXTF | DXP | TXP | RXP);
	assert_int_equal(get(rig, RXDR, 1), 0xa0);
	pass(rig, 2 * FRAME_PS - 1);
	assert_int_equal(status(rig) & (EOT | TXC), 0);
	pass(rig, 1);
	/* EOT ends the transfer; TXC follows it */
	assert_int_equal(status(rig) & (EOT | TXC), EOT | TXC);
	assert_int_equal(get(rig, CR1, 4), SSI | SPE);
	assert_int_equal(CTSIZE(status(rig)), 0);
	assert_int_equal(get(rig, RXDR, 2), 0xa2a1);
	put(rig, IFCR, 4, EOT | TXTF);
	assert_int_equal(status(rig), TXP);
	end(rig);
	expect_bytes(rig, sent, sizeof(sent));
	for (unsigned int i = 0; i < sizeof(sent); i++)
		assert_int_equal(rig->nor.at_ps[i], start_ps + i * FRAME_PS);
	expect_clean(rig);
}

/* SCK by MBR and BPASS, and the gap by MIDI. */
static void test_clock_rate(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	for (unsigned int i = 0; i <= 8; i++) {
		uint64_t bit_ps = i == 8 ? KERNEL_PS : (uint64_t)KERNEL_PS << (i + 1);
		uint32_t cfg1 = CFG1_8BIT | (i == 8 ? BPASS : MBR(i));

		begin(rig, cfg1, CFG2_MASTER | MIDI(3) | COMM_TRANSMIT, 0, 2);
		rig->nor.num_bytes = 0;
		uint64_t start_ps = rig->vb.clock.now_ps;
		put(rig, TXDR, 2, 0x2211);
		pass(rig, (8 + 3 + 8) * bit_ps - 1);
		assert_int_equal(status(rig) & EOT, 0);
		pass(rig, 1);
		assert_int_equal(status(rig) & EOT, EOT);
		assert_int_equal(rig->nor.clock_hz, i == 8 ? KERNEL_HZ : KERNEL_HZ >> (i + 1));
		assert_int_equal(rig->nor.at_ps[1] - start_ps, (8 + 3) * bit_ps);
		end(rig);
	}
	expect_clean(rig);
}

/* A page goes out back to back when the FIFO is kept filled: the time is the bits' and no more. */
static void test_page_rate(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;
	uint64_t start_ps;

	begin(rig, CFG1_8BIT | FTHLV(4), CFG2_MASTER | COMM_TRANSMIT, 0, 260);
	start_ps = rig->vb.clock.now_ps;
	for (unsigned int i = 0; i < 260; i += 4) {
		while (!(status(rig) & TXP))
			pass(rig, KERNEL_PS);
		put(rig, TXDR, 4, (i & 0xff) * 0x01010101u + 0x03020100u);
	}
	while (!(status(rig) & EOT))
		pass(rig, KERNEL_PS);
	assert_int_equal(rig->vb.clock.now_ps - start_ps, 260 * FRAME_PS);
	assert_int_equal(rig->nor.num_bytes, 260);
	for (unsigned int i = 0; i < 260; i++)
		assert_int_equal(rig->nor.byte[i], i & 0xff);
	end(rig);
	expect_clean(rig);
}

static void test_packing(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7 };
	static const uint8_t words[] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88 };

	/* Frames of a byte: the low one first, by 4, 2 and 1 */
	rig->nor.next_miso = 0xa0;
	begin(rig, CFG1_8BIT | FTHLV(4), CFG2_MASTER, 0, 7);
	put(rig, TXDR, 4, 0x04030201);
	put(rig, TXDR, 2, 0x0605);
	put(rig, TXDR, 1, 0x07);
	pass(rig, 3 * FRAME_PS);
	assert_int_equal(status(rig) & (RXP | RXWNE), 0);
	assert_int_equal(RXPLVL(status(rig)), 3);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig) & (RXP | RXWNE), RXP | RXWNE);
	assert_int_equal(RXPLVL(status(rig)), 0);
	pass(rig, 3 * FRAME_PS);
	assert_int_equal(get(rig, RXDR, 4), 0xa3a2a1a0);
	/* The rest is less than a packet: EOT, RXPLVL */
	assert_int_equal(status(rig) & (RXP | RXWNE | EOT), EOT);
	assert_int_equal(RXPLVL(status(rig)), 3);
	assert_int_equal(get(rig, RXDR, 2), 0xa5a4);
	assert_int_equal(get(rig, RXDR, 1), 0xa6);
	end(rig);
	expect_bytes(rig, bytes, sizeof(bytes));

	/* Frames of 16 and 32 bits: each with its most significant bit first */
	rig->nor.next_miso = 0xa0;
	begin(rig, CFG1_8BIT | DSIZE(16), CFG2_MASTER, 0, 2);
	put(rig, TXDR, 4, 0x33441122);
	pass(rig, 4 * FRAME_PS);
	assert_int_equal(RXPLVL(status(rig)), 0);
	assert_int_equal(get(rig, RXDR, 2), 0xa0a1);
	assert_int_equal(RXPLVL(status(rig)), 1);
	assert_int_equal(get(rig, RXDR, 2), 0xa2a3);
	end(rig);
	put(rig, IFCR, 4, TXTF);
	begin(rig, CFG1_8BIT | DSIZE(32), CFG2_MASTER, 0, 1);
	put(rig, TXDR, 4, 0x55667788);
	pass(rig, 4 * FRAME_PS);
	assert_int_equal(get(rig, RXDR, 4), 0xa4a5a6a7);
	end(rig);
	expect_bytes(rig, words, sizeof(words));
	expect_clean(rig);
}

static void test_simplex(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;
	static const uint8_t command[] = { 0x03, 1, 2, 3 };
	struct ctl_levels levels = *ctl_wires_get(rig->wires);

	/* A command that only sends, then data that only come: CS and SCK are kept by AFCNTR */
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_TRANSMIT, 0, 4);
	put(rig, TXDR, 4, 0x03020103);
	pass(rig, 4 * FRAME_PS);
	assert_int_equal(status(rig) & (EOT | RXP), EOT);
	end(rig);
	expect_bytes(rig, command, sizeof(command));

	rig->nor.next_miso = 0xa0;
	levels.mosi = false;
	ctl_wires_drive(rig->wires, &levels, false);
	select_chip(rig, true);
	put(rig, IFCR, 4, TXTF);
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_RECEIVE, 0, 6);
	pass(rig, 6 * FRAME_PS);
	assert_int_equal(status(rig) & (EOT | RXP | RXWNE), EOT | RXP | RXWNE);
	put(rig, TXDR, 1, 0);
	expect_violation(rig, "TXDR written in a mode that only receives");
	assert_int_equal(get(rig, RXDR, 4), 0xa3a2a1a0);
	assert_int_equal(get(rig, RXDR, 2), 0xa5a4);
	end(rig);
	assert_int_equal(rig->nor.num_bytes, 6);
	assert_int_equal(rig->nor.byte[0], 0);
	expect_clean(rig);
}

static void test_automatic_suspend(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_RECEIVE, MASRX, 20);
	pass(rig, 100 * FRAME_PS);
	/* Stopped with a full FIFO, nothing lost */
	assert_int_equal(status(rig) & (SUSP | OVR | EOT | RXP), SUSP | RXP);
	assert_int_equal(rig->nor.num_bytes, 16);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(get(rig, RXDR, 4), 0x03020100 + i * 0x04040404);
	pass(rig, 100 * FRAME_PS);
	put(rig, IFCR, 4, TXTF | EOT);
	pass(rig, FRAME_PS);
	status(rig);
	assert_int_equal(rig->nor.num_bytes, 16);
	put(rig, IFCR, 4, SUSP);
	pass(rig, 4 * FRAME_PS);
	assert_int_equal(status(rig) & (SUSP | EOT), EOT);
	assert_int_equal(get(rig, RXDR, 4), 0x13121110);
	end(rig);
	expect_clean(rig);

	/* SPE = 0 ends that state too */
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_RECEIVE, MASRX, 20);
	pass(rig, 20 * FRAME_PS);
	for (unsigned int i = 0; i < 4; i++)
		get(rig, RXDR, 4);
	end(rig);
	assert_int_equal(rig->vb.num_violations, 2);	/* 16 of 20, SUSP set */
	rig->vb.num_violations = 0;
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_RECEIVE, MASRX, 1);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig) & EOT, EOT);
	get(rig, RXDR, 1);
	put(rig, IFCR, 4, SUSP);
	end(rig);
	expect_clean(rig);
}

static void test_suspend(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_RECEIVE, 0, 0);
	pass(rig, FRAME_PS / 2);
	put(rig, CR1, 4, SSI | SPE | CSUSP);
	/* At the end of the frame; CSUSP reads 0 */
	assert_int_equal(get(rig, CR1, 4), SSI | SPE | CSTART);
	assert_int_equal(status(rig) & SUSP, 0);
	pass(rig, FRAME_PS / 2);
	assert_int_equal(status(rig) & (SUSP | RXP), SUSP | RXP);
	assert_int_equal(get(rig, CR1, 4), SSI | SPE);
	pass(rig, 10 * FRAME_PS);
	assert_int_equal(rig->nor.num_bytes, 1);
	get(rig, RXDR, 1);
	end(rig);
	expect_violation(rig, "SPE cleared while SUSP is set");
	put(rig, IFCR, 4, SUSP);

	/* Also in the gap between two frames */
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_RECEIVE | MIDI(8), 0, 0);
	pass(rig, FRAME_PS + FRAME_PS / 2);
	put(rig, CR1, 4, SSI | SPE | CSUSP);
	pass(rig, 10 * FRAME_PS);
	assert_int_equal(status(rig) & SUSP, SUSP);
	assert_int_equal(rig->nor.num_bytes, 2);
	get(rig, RXDR, 1);
	put(rig, IFCR, 4, SUSP);
	end(rig);
	expect_clean(rig);

	/* A request that SPE = 0 came before is gone */
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_TRANSMIT, 0, 0);
	put(rig, TXDR, 1, 0);
	pass(rig, FRAME_PS / 2);
	put(rig, CR1, 4, SSI | SPE | CSUSP);
	end(rig);
	expect_violation(rig, "SPE cleared in the middle of a frame");
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_TRANSMIT, 0, 0);
	put(rig, TXDR, 1, 0);
	pass(rig, 2 * FRAME_PS);
	assert_int_equal(status(rig) & (SUSP | TXC), TXC);
	end(rig);

	/* While it waits for data it stops at once; the next start needs SPE to have been 0 */
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_TRANSMIT, 0, 0);
	put(rig, CR1, 4, SSI | SPE | CSUSP);
	assert_int_equal(status(rig) & SUSP, SUSP);
	put(rig, IFCR, 4, SUSP);
	expect_clean(rig);
	put(rig, CR1, 4, SSI | SPE | CSTART);
	expect_violation(rig, "CSTART set without SPE having been cleared");
}

/* TSIZE = 0: no EOT, TXC says when all has gone out. */
static void test_endless(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_TRANSMIT, 0, 0);
	put(rig, TXDR, 2, 0);
	assert_int_equal(status(rig) & TXC, 0);
	pass(rig, 2 * FRAME_PS - 1);
	assert_int_equal(status(rig) & TXC, 0);
	pass(rig, 1);
	assert_int_equal(status(rig) & (TXC | EOT | TXTF), TXC);
	/* It goes on when there is more */
	put(rig, TXDR, 1, 0);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig) & TXC, TXC);
	assert_int_equal(rig->nor.num_bytes, 3);
	end(rig);
	expect_clean(rig);
}

static void test_formats(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;
	static const struct {
		uint32_t cfg1, cfg2, i2s;
		const char *what;
		unsigned int bytes;
		uint8_t received;
	} formats[] = {
		{ CFG1_8BIT, CPOL, 0, "SPI mode 1 or 2", 0, 0xff },
		{ CFG1_8BIT, CPHA, 0, "SPI mode 1 or 2", 0, 0xff },
		{ CFG1_8BIT, LSBFRST, 0, "LSB first", 2, 0x00 },
		{ CFG1_8BIT, SP_TI, 0, "another serial protocol", 0, 0xff },
		{ CFG1_8BIT, IOSWP, 0, "MISO and MOSI swapped", 0, 0xff },
		{ CFG1_8BIT, RDIOM, 0, "the RDY signal", 0, 0xff },
		{ CFG1_8BIT | CRCEN, 0, 0, "hardware CRC", 0, 0xff },
		{ 0x00070000 | DSIZE(7), 0, 0, "a frame that is not made of bytes", 0, 0x7f },
		{ CFG1_8BIT, 0, 1, "I2S mode", 0, 0xff },
		{ CFG1_8BIT, COMM_HALF, 0, "half-duplex reception", 0, 0xff },
	};

	for (unsigned int i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		select_chip(rig, false);
		put(rig, I2SCFGR, 4, formats[i].i2s);
		put(rig, CR1, 4, SSI);
		put(rig, CFG2, 4, CFG2_MASTER | formats[i].cfg2);
		select_chip(rig, true);
		begin(rig, formats[i].cfg1, CFG2_MASTER | formats[i].cfg2, 0, 2);
		if (formats[i].cfg2 != COMM_HALF)
			put(rig, TXDR, 2, 0xc1c1);
		pass(rig, 2 * FRAME_PS);
		assert_int_equal(status(rig) & EOT, EOT);
		/* Once, not for each frame */
		expect_violation(rig, formats[i].what);
		assert_int_equal(rig->nor.num_bytes, formats[i].bytes);
		if (formats[i].bytes)
			assert_int_equal(rig->nor.byte[0], 0x83);
		rig->nor.num_bytes = 0;
		assert_int_equal(get(rig, RXDR, 1), formats[i].received);
		get(rig, RXDR, 1);
		end(rig);
		put(rig, IFCR, 4, TXTF);
		expect_clean(rig);
	}
	/* Mode 3 and half-duplex transmission are fine */
	select_chip(rig, false);
	put(rig, I2SCFGR, 4, 0);
	put(rig, CFG2, 4, CFG2_MASTER | CPOL | CPHA | COMM_HALF);
	select_chip(rig, true);
	begin(rig, CFG1_8BIT, CFG2_MASTER | CPOL | CPHA | COMM_HALF, HDDIR, 1);
	put(rig, TXDR, 1, 0xc1);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig) & EOT, EOT);
	assert_int_equal(rig->nor.byte[0], 0xc1);
	end(rig);
	expect_clean(rig);
}

/* Who has SCK, and at which level it rests. */
static void test_idle_level(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	put(rig, CR1, 4, SSI);
	put(rig, CFG2, 4, SSM | CPOL | CPHA);
	put(rig, CR1, 4, SSI | SPE);
	put(rig, CR1, 4, SSI);
	put(rig, CFG2, 4, SSM | MASTER | CPOL | CPHA);
	assert_int_equal(rig->nor.sck_edges, 0);
	select_chip(rig, false);
	put(rig, CR1, 4, SSI | SPE);
	assert_true(ctl_wires_get(rig->wires)->sck);
	put(rig, CR1, 4, SSI);
	put(rig, CFG2, 4, SSM | MASTER);
	assert_true(ctl_wires_get(rig->wires)->sck);
	put(rig, CFG2, 4, AFCNTR | SSM | MASTER);
	assert_false(ctl_wires_get(rig->wires)->sck);
	assert_int_equal(rig->nor.sck_edges, 2);
	/* Not through a pin that is another peripheral's */
	put(rig, PORT + 0x20, 4, 0x55400000);
	put(rig, CFG2, 4, AFCNTR | SSM | MASTER | CPOL | CPHA);
	assert_false(ctl_wires_get(rig->wires)->sck);
	expect_clean(rig);
}

static void test_clock_gate(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	put(rig, RCC + 0x18, 4, 0);
	assert_int_equal(status(rig), 0);
	status(rig);
	expect_violation(rig, "SPI1: read at offset 14h while its clock is off in RCC");
	put(rig, RCC + 0x18, 4, 1u << 12);
	assert_int_equal(status(rig), TXC | TXP);
	put(rig, RCC + 0x18, 4, 0);
	put(rig, CR1, 4, SSI);
	expect_violation(rig, "write at offset 00h while its clock is off");
	put(rig, RCC + 0x18, 4, 1u << 12);
	assert_int_equal(get(rig, CR1, 4), 0);
}

static void test_reset(void **state)
{
	struct spi_v3_rig *f = *state;
	struct spi_rig *rig = &f->rig;

	begin(rig, CFG1_8BIT, CFG2_MASTER, 0, 4);
	put(rig, TXDR, 4, 0);
	pass(rig, FRAME_PS + 1);
	ctl_stm32_spi_v3_reset(f->spi);
	assert_int_equal(rig->nor.num_bytes, 2);
	pass(rig, 10 * FRAME_PS);
	assert_int_equal(rig->nor.num_bytes, 2);
	assert_int_equal(status(rig), TXC | TXP);
	assert_int_equal(get(rig, CFG1, 4), 0x00070007);
	assert_int_equal(get(rig, CFG2, 4), 0);
	expect_clean(rig);

	/* All that is stored, and a transfer that had been suspended */
	static const uint32_t address[] = { IER, CR2, CFG2, BASE + 0x40, UDRDR, I2SCFGR };
	static const uint32_t value[] = { 0x3ff, 0xffff, CPOL | CPHA, 0x12345678, 0x9abcdef0, 0x00ff0002 };
	static const uint32_t after[] = { 0, 0, 0, 0x107, 0, 0 };
	for (unsigned int i = 0; i < sizeof(address) / sizeof(address[0]); i++) {
		put(rig, address[i], 4, value[i]);
		assert_int_equal(get(rig, address[i], 4), value[i]);
	}
	put(rig, I2SCFGR, 4, 0);
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_RECEIVE, MASRX, 20);
	pass(rig, 20 * FRAME_PS);
	assert_int_equal(status(rig) & SUSP, SUSP);
	put(rig, I2SCFGR, 4, 0x00ff0002);
	expect_violation(rig, "I2SCFGR written while SPE is set");
	ctl_stm32_spi_v3_reset(f->spi);
	for (unsigned int i = 0; i < sizeof(address) / sizeof(address[0]); i++)
		assert_int_equal(get(rig, address[i], 4), after[i]);
	assert_int_equal(get(rig, CR1, 4), 0);
	assert_int_equal(status(rig), TXC | TXP);
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_RECEIVE, MASRX, 1);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig) & EOT, EOT);
	expect_clean(rig);
}

/* A loop that polls the flash's status for long is cut short, see CTL_IDLE_STATUS_BYTES. */
static void test_idle_polling(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	rig->nor.busy_until_ps = 1000 * VB_PS_PER_MS;
	begin(rig, CFG1_8BIT, CFG2_MASTER, 0, 0);
	for (unsigned int i = 0; i <= CTL_IDLE_STATUS_BYTES; i++) {
		put(rig, TXDR, 1, 0);
		pass(rig, FRAME_PS);
		status(rig);
		get(rig, RXDR, 1);
	}
	assert_in_range(rig->idle_calls, 1, 2);
	expect_clean(rig);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, spi_v3_setup, spi_v3_teardown)
#define TEST_V2(name)	cmocka_unit_test_setup_teardown(name, spi_v2_setup, spi_v3_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registers),
		TEST_V2(test_v2_registers),
		TEST(test_transfer),
		TEST_V2(test_transfer),
		TEST(test_clock_rate),
		TEST(test_page_rate),
		TEST(test_packing),
		TEST(test_simplex),
		TEST(test_automatic_suspend),
		TEST(test_suspend),
		TEST(test_endless),
		TEST(test_formats),
		TEST(test_idle_level),
		TEST(test_clock_gate),
		TEST(test_reset),
		TEST(test_idle_polling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
