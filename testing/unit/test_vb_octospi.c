// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The OCTOSPI/XSPI model in indirect mode: what starts a command, FIFO levels, busy, time, and each misuse once (RM0456
 * section 28). vb->clock is moved by hand, and times are checked to the picosecond. What the shifter does is tested
 * with the QUADSPI too (test_vb_quadspi*.c).
 */

#include "vb_octospi_rig.h"

/* ---------------------------------------------------------------- registers */

static void test_registers(void **state)
{
	static const struct {
		uint32_t address, writable;
	} registers[] = {
		{ CR, 0x30df1fcd }, { DCR1, 0x073f3f0b }, { DCR2, 0x000700ff }, { DCR3, 0x001f00ff }, { DLR, 0xffffffff },
		{ AR, 0xffffffff }, { PSMKR, 0xffffffff }, { PSMAR, 0xffffffff }, { PIR, 0xffff }, { CCR, 0xaf3f3f3f },
		{ TCR, 0x5000001f }, { IR, 0xffffffff }, { ABR, 0xffffffff }, { LPTR, 0xffff }, { WPCCR, 0x2f3f3f3f },
		{ WCCR, 0x2f3f3f3f }, { WIR, 0xffffffff },
	};
	struct octospi_rig *f = *state;

	bus_reset(&f->bus);
	put(f, ENR, 4, GATE);
	for (unsigned int i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		assert_int_equal(get(f, registers[i].address, 4), 0);
	assert_int_equal(get(f, SR, 4), 0);
	assert_int_equal(get(f, SIDR, 4), 0xa3c5dd01);
	for (unsigned int i = 1; i < sizeof(registers) / sizeof(registers[0]); i++) {
		/* No set-up that would start a command */
		if (registers[i].address == IR)
			put(f, CCR, 4, 0);
		put(f, registers[i].address, 4, 0xffffffff);
		assert_int_equal(get(f, registers[i].address, 4), registers[i].writable);
		put(f, registers[i].address, 4, 0);
	}
	put(f, CR, 4, 0xfffffffc & ~0x30000000u);
	assert_int_equal(get(f, CR, 4), 0x00df1fcc & ~(uint32_t)EN);
	put(f, CR, 4, 0);
	put(f, ABR, 4, 0xa5b6c7d8);
	assert_int_equal(get(f, ABR + 1, 1), 0xc7);
	put(f, PSMAR + 2, 2, 0x1234);
	assert_int_equal(get(f, PSMAR, 4), 0x12340000);
	assert_clean(f);

	/* Where a QUADSPI has ABR; and calibration is XSPI's */
	put(f, BASE + 0x1c, 4, 0);
	assert_violation(f, "reserved offset 01ch");
	put(f, CALFCR, 4, 0);
	assert_violation(f, "reserved offset 210h");

	put(f, ENR, 4, 0);
	assert_int_equal(get(f, ABR, 4), 0);
	assert_violation(f, "while its clock is off");
	put(f, ABR, 4, 0);
	put(f, ENR, 4, GATE);
	assert_int_equal(get(f, ABR, 4), 0xa5b6c7d8);
	assert_clean(f);
}

static void test_xspi_registers(void **state)
{
	struct octospi_rig *f = *state;

	put(f, CR, 4, 0xcfdf3fcc);
	assert_int_equal(get(f, CR, 4), 0xc7df3f4c);
	put(f, CR, 4, 0);
	put(f, CALFCR, 4, 0x12);
	assert_int_equal(get(f, CALFCR, 4), 0x12);
	assert_clean(f);
	/* A FIFO of 64 bytes */
	put(f, DLR, 4, 99);
	send_frame(f, READ | FTHRES(64), READ_FORMAT, 0, 0x03);
	put(f, AR, 4, 0);
	pass_clocks(f, HEADER_CLOCKS + 63 * 8);
	assert_int_equal(status(f), BUSY | 63 << 8);
	pass_clocks(f, 8);
	assert_int_equal(status(f), BUSY | 64 << 8 | FTF);
	pass_clocks(f, 1000);
	assert_int_equal(FLEVEL(status(f)), 64);
	put(f, CR, 4, READ | ABORT);
	pass_clocks(f, 2);
	assert_clean(f);

	/* NCS2 and the higher lines lead nowhere */
	put(f, DLR, 4, 0);
	send_frame(f, READ | CSSEL, DATA1 | INSTRUCTION, 0, 0x05);
	assert_int_equal(get(f, DR, 1), 0xff);
	wait_idle(f);
	send_frame(f, READ | 0x40000000u, DATA1 | INSTRUCTION, 0, 0x05);
	assert_int_equal(get(f, DR, 1), 0xff);
	wait_idle(f);
	assert_clean(f);
	send_frame(f, READ, 0x05000001, 0, 0x05);
	assert_violation(f, "sixteen lines, which is not modelled");
	send_frame(f, READ | NOPREF, DATA1 | INSTRUCTION, 0, 0x05);
	assert_violation(f, "prefetch switched off, which is not modelled");
}

/* ---------------------------------------------------------------- what starts a command */

static void test_starts(void **state)
{
	struct octospi_rig *f = *state;

	/* No address, no data: IR */
	put(f, CR, 4, WRITE);
	put(f, CCR, 4, INSTRUCTION);
	assert_int_equal(status(f), 0);
	put(f, ABR, 4, 0);
	assert_int_equal(status(f), 0);
	put(f, IR, 4, 0x06);
	assert_int_equal(status(f), BUSY);
	pass_clocks(f, 1 + 8 - 1);
	assert_int_equal(status(f), BUSY);
	pass_clocks(f, 1);
	assert_int_equal(status(f), TCF);
	put(f, FCR, 4, TCF);
	assert_int_equal(status(f), 0);

	/* No address, data to read: IR */
	pass_clocks(f, 10);
	put(f, DLR, 4, 0);
	send_frame(f, READ, DATA1 | INSTRUCTION, 0, 0x05);
	assert_int_equal(status(f), BUSY);
	assert_int_equal(get(f, DR, 1), 0x02);
	assert_int_equal(take_stall(f), 1 + 8 + 8);
	assert_int_equal(status(f), TCF);
	put(f, FCR, 4, TCF);

	/* Address, data to read: AR, also when it stays the same */
	pass_clocks(f, 10);
	put(f, DLR, 4, 3);
	send_frame(f, READ, READ_FORMAT, 0, 0x03);
	assert_int_equal(status(f), 0);
	for (unsigned int i = 0; i < 2; i++) {
		put(f, AR, 4, 0x123);
		assert_int_equal(status(f) & BUSY, BUSY);
		assert_int_equal(get(f, DR, 4), pattern_word(0x123));
		take_stall(f);
		wait_idle(f);
	}
	put(f, FCR, 4, TCF);

	/* Address, no data: AR */
	pass_clocks(f, 10);
	send_frame(f, WRITE, ADDRESS1 | INSTRUCTION, 0, 0x20);
	assert_int_equal(status(f), 0);
	put(f, AR, 4, 0x20000);
	assert_int_equal(status(f), BUSY);
	pass_clocks(f, HEADER_CLOCKS);
	assert_int_equal(status(f), TCF);
	put(f, FCR, 4, TCF);
	assert_true(nor_is_busy(f->nor));
	f->vb.clock.now_ps = nor_busy_until_ps(f->nor);
	assert_int_equal(read_flash_status(f), 0);
	put(f, FCR, 4, TCF);

	/* Data to write: DR */
	enable_write(f);
	put(f, DLR, 4, 1);
	send_frame(f, WRITE, READ_FORMAT, 0, 0x02);
	put(f, AR, 4, 0x20010);
	assert_int_equal(status(f), FTF);
	put(f, DR, 2, 0x5aa5);
	assert_int_equal(status(f), BUSY | 2 << 8 | FTF);
	pass_clocks(f, HEADER_CLOCKS + 16);
	assert_int_equal(status(f), TCF | FTF);
	f->vb.clock.now_ps = nor_busy_until_ps(f->nor);
	assert_int_equal(nor_content(f->nor)[0x20010], 0xa5);
	assert_int_equal(nor_content(f->nor)[0x20011], 0x5a);
	assert_int_equal(nor_content(f->nor)[0x20012], 0xff);
	assert_clean(f);

	/* Nothing to send is no command */
	put(f, FCR, 4, TCF);
	send_frame(f, WRITE, 0, 0, 0);
	put(f, AR, 4, 0);
	assert_int_equal(status(f), 0);
	assert_clean(f);
}

static void test_not_started(void **state)
{
	struct octospi_rig *f = *state;

	send_frame(f, WRITE & ~EN, INSTRUCTION, 0, 0x06);
	assert_violation(f, "command 06h while EN is 0");
	put(f, DCR1, 4, 0x00170002);
	send_frame(f, WRITE, INSTRUCTION, 0, 0x06);
	assert_violation(f, "command 06h while FRCK is 1");
	put(f, DCR1, 4, 0x00170000);
	/* IR holds the instruction of another command */
	send_frame(f, WRITE, INSTRUCTION, 0, 0x06);
	wait_idle(f);
	put(f, CR, 4, READ);
	put(f, CCR, 4, READ_FORMAT);
	put(f, DLR, 4, 0);
	put(f, AR, 4, 0);
	assert_violation(f, "IR = 06h, which was not written since CCR was");
	put(f, CR, 4, READ | ABORT);
	wait_idle(f);
	assert_violation(f, "flash: write enable (06h) of");
	/* One phase only */
	send_frame(f, READ, DATA1, 0, 0);
	assert_violation(f, "has one phase only");
	put(f, CCR, 4, ADDRESS1);
	put(f, CR, 4, WRITE);
	put(f, AR, 4, 0);
	assert_violation(f, "has one phase only");
	/* SIOO, a read without data */
	send_frame(f, WRITE, SIOO | INSTRUCTION, 0, 0x04);
	assert_violation(f, "SIOO, which is for memory-mapped mode only");
	wait_idle(f);
	send_frame(f, READ, INSTRUCTION, 0, 0x04);
	assert_violation(f, "has no data phase");
	assert_int_equal(status(f) & BUSY, 0);
}

static void test_not_modelled(void **state)
{
	const struct {
		uint32_t cr, ccr, dcr1, dcr2, dcr3;
		const char *what;
	} cases[] = {
		{ 0, DATA8 | INSTRUCTION, 0, 0, 0, "eight lines" },
		{ 0, DATA1 | 0x4, 0, 0, 0, "eight lines" },
		{ 0, 0x05000001, 0, 0, 0, "a reserved number of lines" },
		{ 0, DATA1 | INSTRUCTION | DDTR, 0, 0, 0, "double transfer rate" },
		{ 0, DATA1 | INSTRUCTION | 0x8, 0, 0, 0, "double transfer rate" },
		{ 0, DATA1 | INSTRUCTION | DQSE, 0, 0, 0, "DQS" },
		{ 0, DATA1 | INSTRUCTION, 0x04000000, 0, 0, "HyperBus" },
		{ 0, DATA1 | INSTRUCTION, 0x03000000, 0, 0, "Macronix' RAM memory type" },
		{ DMM, DATA1 | INSTRUCTION, 0, 0, 0, "dual-memory configuration" },
		{ DMAEN, DATA1 | INSTRUCTION, 0, 0, 0, "DMA" },
		{ 0, DATA1 | INSTRUCTION, 0, 0x00030000, 0, "wrapped reads" },
		{ 0, DATA1 | INSTRUCTION, 0, 0, 0x00100000, "communication regulation" },
	};
	struct octospi_rig *f = *state;

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put(f, DCR1, 4, 0x00170000 | cases[i].dcr1);
		put(f, DCR2, 4, 1 | cases[i].dcr2);
		put(f, DCR3, 4, cases[i].dcr3);
		send_frame(f, READ | cases[i].cr, cases[i].ccr, 0, 0x05);
		assert_violation(f, cases[i].what);
		assert_int_equal(status(f) & BUSY, 0);
	}
	put(f, DCR3, 4, 0);
	put(f, DCR4, 4, 1);
	send_frame(f, READ, DATA1 | INSTRUCTION, 0, 0x05);
	assert_violation(f, "communication regulation");
	put(f, DCR4, 4, 0);
	/* Memory types 0 to 2 do not differ on one line; all else of TCR is delays */
	for (uint32_t type = 0; type < 3; type++) {
		put(f, DCR1, 4, 0x00170000 | type << 24);
		put(f, DCR2, 4, 1);
		put(f, DLR, 4, 0);
		send_frame(f, READ, DATA1 | INSTRUCTION, 0x50000000, 0x05);
		assert_int_equal(get(f, DR, 1), 0);
		take_stall(f);
		wait_idle(f);
	}
	assert_clean(f);
}

/* ---------------------------------------------------------------- indirect mode */

static void test_read_levels(void **state)
{
	struct octospi_rig *f = *state;
	uint32_t address = 0x1234;

	put(f, DLR, 4, 40 - 1);
	send_frame(f, READ | FTHRES(4), READ_FORMAT, 0, 0x03);
	put(f, AR, 4, address);
	pass_clocks(f, HEADER_CLOCKS + 8 - 1);
	assert_int_equal(status(f), BUSY);
	for (unsigned int level = 1; level <= 32; level++) {
		pass_clocks(f, 1);
		assert_int_equal(status(f), BUSY | level << 8 | (level >= 4 ? FTF : 0));
		pass_clocks(f, 7);
	}
	/* Full: CLK stands still */
	uint64_t clocks = f->vb.count.spi_clocks;
	pass_clocks(f, 1000);
	assert_int_equal(f->vb.count.spi_clocks, clocks);
	assert_int_equal(get(f, DR, 4), pattern_word(address));
	assert_int_equal(take_stall(f), 0);
	for (unsigned int i = 4; i < 8; i++)
		assert_int_equal(get(f, DR, 1), pattern(address + i));
	pass_clocks(f, 8 * 8);
	/* All has been read from the chip; BUSY until the FIFO is empty */
	assert_int_equal(status(f), BUSY | 32 << 8 | FTF | TCF);
	for (unsigned int i = 8; i < 38; i += 2)
		assert_int_equal(get(f, DR, 2), (uint32_t)pattern(address + i) | (uint32_t)pattern(address + i + 1) << 8);
	/* Below the threshold, but the last ones */
	assert_int_equal(status(f), BUSY | 2 << 8 | FTF | TCF);
	get(f, DR, 2);
	assert_int_equal(status(f), TCF);
	assert_clean(f);
	assert_int_equal(get(f, DR, 1), 0);
	assert_violation(f, "DR read, but no data are to come");
}

static void test_lines(void **state)
{
	const struct {
		uint32_t ccr, dummies, instruction;
		unsigned int clocks;
	} read[] = {
		{ DATA1 | ADDRESS1 | INSTRUCTION, 8, 0x0b, 8 + 24 + 8 + 32 },
		{ DATA2 | ADDRESS1 | INSTRUCTION, 8, 0x3b, 8 + 24 + 8 + 16 },
		{ DATA2 | ADDRESS2 | INSTRUCTION, 8, 0xbb, 8 + 12 + 8 + 16 },
		{ DATA4 | ADDRESS1 | INSTRUCTION, 8, 0x6b, 8 + 24 + 8 + 8 },
		{ DATA4 | ADDRESS4 | INSTRUCTION, 10, 0xeb, 8 + 6 + 10 + 8 },
		/* The first two of ten as an alternate byte */
		{ DATA4 | ADDRESS4 | INSTRUCTION | 0x00030000, 8, 0xeb, 8 + 6 + 2 + 8 + 8 },
	};
	struct octospi_rig *f = *state;

	put(f, DLR, 4, 3);
	for (unsigned int i = 0; i < sizeof(read) / sizeof(read[0]); i++) {
		wait_idle(f);
		pass_clocks(f, 10);
		send_frame(f, READ, read[i].ccr, read[i].dummies, read[i].instruction);
		put(f, AR, 4, 0x600 + 0x10 * i);
		assert_int_equal(get(f, DR, 4), pattern_word(0x600 + 0x10 * i));
		assert_int_equal(take_stall(f), 1 + read[i].clocks);
		assert_clean(f);
	}
	wait_idle(f);
	send_frame(f, READ, DATA4 | ADDRESS1 | INSTRUCTION, 0, 0x6b);
	put(f, AR, 4, 0);
	assert_violation(f, "reads on 4 lines without a dummy cycle");
}

static void test_dr_misuse(void **state)
{
	struct octospi_rig *f = *state;

	send_frame(f, WRITE, READ_FORMAT, 0, 0x02);
	get(f, DR, 4);
	assert_violation(f, "DR read in indirect-write mode");
	get(f, DR + 1, 1);
	assert_violation(f, "DR accessed at offset 051h");
	put(f, DR + 2, 2, 0);
	assert_violation(f, "DR accessed at offset 052h");
	send_frame(f, READ, READ_FORMAT, 0, 0x03);
	put(f, DR, 4, 0);
	assert_violation(f, "send no data");
	put(f, CR, 4, MEMORY_MAPPED);
	assert_int_equal(get(f, DR, 4), 0);
	assert_clean(f);
	put(f, DR, 4, 0);
	assert_violation(f, "send no data");
	put(f, AR, 4, 0x123);
	assert_violation(f, "AR written in memory-mapped mode");
	assert_int_equal(get(f, AR, 4), 0);

	/* More than DLR says is dropped when the last one has been sent */
	enable_write(f);
	put(f, DLR, 4, 1);
	send_frame(f, WRITE, READ_FORMAT, 0, 0x02);
	put(f, AR, 4, 0x20000);
	put(f, DR, 4, 0x44332211);
	wait_idle(f);
	assert_violation(f, "2 bytes more written to DR than DLR says");
}

static void test_busy_rules(void **state)
{
	static const uint32_t registers[] = {
		DCR1, DCR2, DCR3, DCR4, DLR, AR, PSMKR, PSMAR, PIR, CCR, TCR, IR, ABR, LPTR, WPCCR, WCCR, WIR, HLCR,
	};
	struct octospi_rig *f = *state;

	put(f, DLR, 4, 99);
	send_frame(f, READ, READ_FORMAT, 0, 0x03);
	put(f, AR, 4, 0x400);
	for (unsigned int i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		uint32_t before = get(f, registers[i], 4);

		put(f, registers[i], 4, 0x00010001);
		assert_violation(f, "written while BUSY is 1");
		assert_int_equal(get(f, registers[i], 4), before);
		/* Said once for each */
		put(f, registers[i], 4, 0x00010001);
		assert_clean(f);
	}
	put(f, CR, 4, MEMORY_MAPPED);
	assert_violation(f, "CR bits 20000000 changed while BUSY is 1");
	put(f, CR, 4, READ | TCEN | APMS | PMM | DMM | MSEL);
	assert_violation(f, "CR bits 00c000c8 changed while BUSY is 1");
	assert_int_equal(get(f, CR, 4), READ);
	/* These may */
	put(f, CR, 4, READ | FTHRES(16) | 0x1f0000);
	assert_int_equal(get(f, CR, 4), READ | FTHRES(16) | 0x1f0000);
	/* And the transfer is not disturbed */
	assert_int_equal(get(f, DR, 1), pattern(0x400));
	assert_clean(f);
}

static void test_abort(void **state)
{
	struct octospi_rig *f = *state;

	/* Nothing to abort */
	put(f, CR, 4, READ | ABORT);
	assert_int_equal(get(f, CR, 4), READ);
	assert_int_equal(status(f), 0);

	put(f, DLR, 4, 99);
	send_frame(f, READ, READ_FORMAT, 0, 0x03);
	put(f, AR, 4, 0x400);
	pass_clocks(f, HEADER_CLOCKS + 100);
	put(f, CR, 4, READ | ABORT);
	/* "Always read as 0" (28.7.1) */
	assert_int_equal(get(f, CR, 4), READ);
	assert_int_equal(status(f), BUSY | TCF);
	put(f, DLR, 4, 0);
	assert_violation(f, "written while BUSY is 1");
	pass_clocks(f, 2);
	assert_int_equal(status(f), TCF);
	/* The set-up stays */
	put(f, AR, 4, 0x500);
	assert_int_equal(get(f, DR, 1), pattern(0x500));
	take_stall(f);
	put(f, CR, 4, READ & ~EN);
	assert_int_equal(status(f) & (BUSY | 0x3f00), 0);
	assert_clean(f);

	put(f, CR, 4, WRITE);
	enable_write(f);
	put(f, DLR, 4, 99);
	send_frame(f, WRITE, READ_FORMAT, 0, 0x02);
	put(f, AR, 4, 0x20000);
	put(f, DR, 1, 0x11);
	pass_clocks(f, 1000);
	put(f, CR, 4, WRITE | ABORT);
	assert_violation(f, "ABORT cuts command 02h short");
	pass_clocks(f, 2);
	f->vb.clock.now_ps += 10 * VB_PS_PER_MS;
	send_frame(f, WRITE, INSTRUCTION, 0, 0x06);
	put(f, CR, 4, 0);
	assert_violation(f, "EN = 0 cuts command 06h short");
}

static void test_size(void **state)
{
	struct octospi_rig *f = *state;

	put(f, DLR, 4, 1);
	send_frame(f, READ, READ_FORMAT, 0, 0x03);
	put(f, AR, 4, 0x1000000);
	assert_violation(f, "is outside of DEVSIZE's 16777216 bytes");
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
	/* For a write, when the address is known; and for polling */
	send_frame(f, WRITE, READ_FORMAT, 0, 0x02);
	put(f, AR, 4, 0x1000001);
	assert_violation(f, "0x01000001");
	assert_int_equal(status(f) & TEF, TEF);
	put(f, FCR, 4, TEF | TCF);
	send_frame(f, POLL, READ_FORMAT, 0, 0x03);
	put(f, AR, 4, 0x1000002);
	assert_violation(f, "0x01000002");
	assert_int_equal(status(f), TEF);
	put(f, FCR, 4, TEF);

	/* Undefined length: up to the end of the memory */
	put(f, DLR, 4, 0xffffffff);
	send_frame(f, READ, READ_FORMAT, 0, 0x03);
	put(f, AR, 4, 0xfffffd);
	pass_clocks(f, 1000);
	assert_int_equal(status(f), BUSY | TCF | FTF | 3 << 8);
	get(f, DR, 4);
	assert_int_equal(status(f), TCF);
	assert_clean(f);
}

static void test_chip_is_reached(void **state)
{
	struct octospi_rig *f = *state;

	f->has_port = false;
	assert_int_equal(read_flash_status(f), 0xff);
	f->has_port = true;
	assert_int_equal(read_flash_status(f), 0);
	wait_idle(f);
	send_frame(f, READ | MSEL, DATA1 | INSTRUCTION, 0, 0x05);
	assert_int_equal(get(f, DR, 1), 0xff);
	wait_idle(f);
	assert_clean(f);
	put(f, DCR2, 4, 0);
	send_frame(f, READ, READ_FORMAT, 0, 0x03);
	put(f, AR, 4, 0);
	get(f, DR, 1);
	assert_violation(f, "SCK of 100000000 Hz for read (03h)");
}

static void test_idle_and_reset(void **state)
{
	struct octospi_rig *f = *state;

	enable_write(f);
	send_frame(f, WRITE, ADDRESS1 | INSTRUCTION, 0, 0xd8);
	put(f, AR, 4, 0x20000);
	wait_idle(f);
	uint64_t until_ps = nor_busy_until_ps(f->nor);
	for (unsigned int i = 0; i < CTL_IDLE_STATUS_BYTES; i++) {
		assert_int_equal(f->idle_calls, 0);
		assert_int_equal(read_flash_status(f) & 1, 1);
		wait_idle(f);
	}
	assert_true(f->idle_calls > 0);
	assert_int_equal(f->idle_until_ps, until_ps);

	put(f, DLR, 4, 99);
	send_frame(f, READ, DATA1 | INSTRUCTION, 0, 0x05);
	pass_clocks(f, 200);
	bus_reset(&f->bus);
	put(f, ENR, 4, GATE);
	assert_int_equal(status(f), 0);
	assert_int_equal(get(f, CR, 4), 0);
	assert_int_equal(get(f, CCR, 4), 0);
	/* NCS is high: the chip takes a command */
	put(f, DCR1, 4, 0x00170000);
	put(f, DCR2, 4, 1);
	assert_int_equal(read_flash_status(f) & 1, 1);
	assert_clean(f);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, octospi_setup, octospi_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registers),
		cmocka_unit_test_setup_teardown(test_xspi_registers, xspi_setup, octospi_teardown),
		TEST(test_starts),
		TEST(test_not_started),
		TEST(test_not_modelled),
		TEST(test_read_levels),
		TEST(test_lines),
		TEST(test_dr_misuse),
		TEST(test_busy_rules),
		TEST(test_abort),
		TEST(test_size),
		TEST(test_chip_is_reached),
		TEST(test_idle_and_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
