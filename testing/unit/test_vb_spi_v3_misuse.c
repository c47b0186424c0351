// SPDX-License-Identifier: GPL-2.0-or-later

/* The model of the STM32 SPI of versions 2 and 3: what the manual forbids. RM0433 section 50, RM0492. */

#include "vb_spi_v3_rig.h"

static void test_access_width(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	begin(rig, CFG1_8BIT | DSIZE(16), CFG2_MASTER, 0, 1);
	put(rig, TXDR, 1, 0x11);
	expect_violation(rig, "8-bit write to TXDR with frames of 16 bits");
	put(rig, TXDR, 2, 0x1122);
	pass(rig, 2 * FRAME_PS);
	get(rig, RXDR, 1);
	expect_violation(rig, "8-bit read of RXDR with frames of 16 bits");
	assert_int_equal(get(rig, RXDR, 2), 0x0001);
	end(rig);
	expect_clean(rig);
	begin(rig, CFG1_8BIT | DSIZE(24), CFG2_MASTER, 0, 1);
	put(rig, TXDR, 2, 0x1122);
	expect_violation(rig, "16-bit write to TXDR with frames of 24 bits");
	put(rig, TXDR + 1, 1, 0x11);
	expect_violation(rig, "write to TXDR at offset 21h");
	get(rig, RXDR + 2, 2);
	expect_violation(rig, "read of RXDR at offset 32h");
}

static void test_fifo_misuse(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	put(rig, TXDR, 1, 0);
	expect_violation(rig, "TXDR written while SPE is 0");
	assert_int_equal(get(rig, RXDR, 1), 0);
	expect_violation(rig, "8-bit read of RXDR while the FIFO has 0 bytes");

	/* 16 in the FIFO; one more does not fit */
	put(rig, CR1, 4, SSI);
	put(rig, CFG2, 4, CFG2_MASTER);
	put(rig, CR1, 4, SSI | SPE);
	for (unsigned int i = 0; i < 16; i++) {
		assert_int_equal(status(rig) & TXP, TXP);
		put(rig, TXDR, 1, i);
	}
	assert_int_equal(status(rig) & (TXP | TXC), 0);
	expect_clean(rig);
	put(rig, TXDR, 1, 16);
	expect_violation(rig, "TXDR written while TXP is 0");
	put(rig, CR1, 4, SSI | SPE | CSTART);
	pass(rig, FRAME_PS);
	/* Room for two frames is enough for TXP, but not for a word */
	put(rig, TXDR, 4, 0);
	expect_violation(rig, "TXDR written while the FIFO has no room");
	/* A word of which one byte has come */
	assert_int_equal(get(rig, RXDR, 4), 0);
	expect_violation(rig, "32-bit read of RXDR while the FIFO has 1 bytes");
}

static void test_threshold(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	put(rig, CR1, 4, SSI);
	put(rig, CFG1, 4, CFG1_8BIT | FTHLV(8));
	put(rig, CFG2, 4, CFG2_MASTER);
	put(rig, CR1, 4, SSI | SPE);
	for (unsigned int i = 0; i < 9; i++)
		put(rig, TXDR, 1, i);
	/* 7 free: no packet */
	assert_int_equal(status(rig) & TXP, 0);
	for (unsigned int i = 9; i < 16; i++)
		put(rig, TXDR, 1, i);
	expect_clean(rig);
	put(rig, CR1, 4, SSI | SPE | CSTART);
	/* 6 frames have gone out and the 7th is in the shift register */
	pass(rig, 6 * FRAME_PS);
	assert_int_equal(status(rig) & (TXP | RXP), 0);
	put(rig, TXDR, 1, 0);
	expect_violation(rig, "TXDR written while TXP is 0");
	pass(rig, 2 * FRAME_PS);
	assert_int_equal(status(rig) & (TXP | RXP | DXP), TXP | RXP | DXP);
	put(rig, CR1, 4, SSI);
	rig->vb.num_violations = 0;

	put(rig, CFG1, 4, CFG1_8BIT | FTHLV(9));
	put(rig, CR1, 4, SSI | SPE);
	expect_violation(rig, "SPE set with a packet of 9 bytes, more than half of the FIFO");
	put(rig, CR1, 4, SSI);
	put(rig, CFG1, 4, 0x00070000 | DSIZE(4));
	put(rig, CR1, 4, SSI | SPE);
	expect_clean(rig);
	put(rig, CR1, 4, SSI);
	put(rig, CFG1, 4, 0x00070000 | DSIZE(3));
	put(rig, CR1, 4, SSI | SPE);
	expect_violation(rig, "SPE set with DSIZE = 2");
}

static void test_beyond_tsize(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;
	static const uint8_t sent[] = { 1, 2 };

	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_TRANSMIT, 0, 2);
	put(rig, TXDR, 4, 0x04030201);
	expect_violation(rig, "TXDR written beyond the 2 frames of TSIZE");
	pass(rig, 4 * FRAME_PS);
	assert_int_equal(status(rig) & EOT, EOT);
	expect_bytes(rig, sent, sizeof(sent));
	/* Also when they were written before the start */
	end(rig);
	put(rig, IFCR, 4, TXTF);
	put(rig, CR1, 4, SSI | SPE);
	put(rig, TXDR, 1, 3);
	pass(rig, 4 * FRAME_PS);
	status(rig);
	assert_int_equal(rig->nor.num_bytes, 0);
	put(rig, CR1, 4, SSI | SPE | CSTART);
	put(rig, TXDR, 2, 0x0504);
	expect_violation(rig, "TXDR written beyond the 2 frames of TSIZE");
	pass(rig, 2 * FRAME_PS);
	assert_int_equal(status(rig) & EOT, EOT);
	/* TXTF masks TXPIE and DXPIE */
	end(rig);
	put(rig, IFCR, 4, TXTF);
	put(rig, IER, 4, 0x0f);
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_TRANSMIT, 0, 1);
	put(rig, TXDR, 1, 1);
	assert_int_equal(get(rig, IER, 4), 0x09);
	expect_clean(rig);
}

static void test_write_protection(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;
	static const struct {
		uint32_t address, value;
		const char *what;
	} protected[] = {
		{ CR2, 5, "CR2 written while SPE is set" },
		{ CFG1, CFG1_8BIT | MBR(1), "CFG1 written while SPE is set" },
		{ CFG2, CFG2_MASTER | CPOL | CPHA, "CFG2 written while SPE is set" },
		{ UDRDR, 1, "UDRDR written while SPE is set" },
		{ BASE + 0x40, 0x31, "CRCPOLY written while SPE is set" },
		{ I2SCFGR, 1, "I2SCFGR written while SPE is set" },
		{ CR1, SSI | SPE | IOLOCK, "IOLOCK set while SPE is set" },
	};

	put(rig, CR1, 4, SSI);
	put(rig, CFG2, 4, CFG2_MASTER);
	put(rig, CR1, 4, SSI | SPE);
	for (unsigned int i = 0; i < sizeof(protected) / sizeof(protected[0]); i++) {
		uint32_t old = get(rig, protected[i].address, 4);
		put(rig, protected[i].address, 4, protected[i].value);
		expect_violation(rig, protected[i].what);
		assert_int_equal(get(rig, protected[i].address, 4), old);
	}
	/* IOLOCK protects CFG2 while SPE = 0, and goes with SPE */
	put(rig, CR1, 4, SSI);
	put(rig, CR1, 4, SSI | IOLOCK);
	put(rig, CFG2, 4, 0);
	expect_violation(rig, "CFG2 written while IOLOCK is set");
	assert_int_equal(get(rig, CFG2, 4), CFG2_MASTER);
	put(rig, CR1, 4, SSI | IOLOCK | SPE);
	assert_int_equal(get(rig, CR1, 4), SSI | IOLOCK | SPE);
	put(rig, CR1, 4, SSI);
	assert_int_equal(get(rig, CR1, 4), SSI);
	expect_clean(rig);
}

static void test_start_misuse(void **state)
{
	struct spi_v3_rig *f = *state;
	struct spi_rig *rig = &f->rig;

	put(rig, CR1, 4, SSI);
	put(rig, CFG2, 4, CFG2_MASTER);
	put(rig, CR1, 4, SSI | CSTART);
	expect_violation(rig, "CSTART set while SPE is 0");
	/* Not in the store that sets SPE either: it is not enabled yet */
	put(rig, CR1, 4, SSI | SPE | CSTART);
	expect_violation(rig, "CSTART set while SPE is 0");
	assert_int_equal(get(rig, CR1, 4), SSI | SPE);
	put(rig, CR1, 4, SSI);

	put(rig, CFG2, 4, SSM);
	select_chip(rig, false);
	put(rig, CR1, 4, SSI | SPE);
	put(rig, CR1, 4, SSI | SPE | CSTART);
	expect_violation(rig, "CSTART set in slave mode");
	put(rig, CR1, 4, SSI);
	put(rig, CFG2, 4, AFCNTR | SSM);
	expect_violation(rig, "AFCNTR set in slave mode");
	put(rig, CFG2, 4, MASTER);
	put(rig, CR1, 4, SSI | SPE);
	expect_violation(rig, "depends on an SS input that is not wired");
	put(rig, CR1, 4, SSI);
	put(rig, CFG2, 4, MASTER | SSOE);
	put(rig, CR1, 4, SSI | SPE);
	put(rig, CR1, 4, SSI);
	expect_clean(rig);

	/* Without a kernel clock nothing moves */
	f->kernel_hz = 0;
	begin(rig, CFG1_8BIT, CFG2_MASTER, 0, 1);
	expect_violation(rig, "the kernel clock that RCC selects is off");
	put(rig, TXDR, 1, 0);
	pass(rig, VB_PS_PER_MS);
	assert_int_equal(status(rig) & EOT, 0);
	expect_clean(rig);
}

static void test_restart(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_TRANSMIT, 0, 1);
	put(rig, TXDR, 1, 0);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig) & EOT, EOT);
	put(rig, CR1, 4, SSI | SPE | CSTART);
	expect_violation(rig, "CSTART set without SPE having been cleared since the last transfer");
	/* It is said once, and the transfer goes on */
	put(rig, TXDR, 1, 0);
	pass(rig, FRAME_PS);
	status(rig);
	assert_int_equal(rig->nor.num_bytes, 2);
	expect_clean(rig);
	put(rig, CR1, 4, SSI | SPE | CSTART);
	expect_violation(rig, "CSTART set without SPE having been cleared since the last transfer");
	end(rig);
	rig->vb.num_violations = 0;
	/* Re-enabled: EOT falls, TXTF only by IFCR */
	put(rig, CR1, 4, SSI | SPE);
	assert_int_equal(status(rig) & (EOT | TXTF), TXTF);
	put(rig, CR1, 4, SSI | SPE | CSTART);
	/* A store of CR1 without CSTART stops nothing */
	put(rig, CR1, 4, SSI | SPE);
	assert_int_equal(get(rig, CR1, 4), SSI | SPE | CSTART);
	put(rig, TXDR, 1, 0);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig) & EOT, EOT);
	end(rig);
	expect_clean(rig);
}

static void test_disable_too_early(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_TRANSMIT, 0, 2);
	put(rig, TXDR, 2, 0);
	pass(rig, FRAME_PS / 2);
	end(rig);
	expect_violation(rig, "SPE cleared in the middle of a frame");

	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_TRANSMIT, 0, 3);
	put(rig, TXDR, 1, 0);
	pass(rig, FRAME_PS);
	end(rig);
	expect_violation(rig, "SPE cleared after 1 of 3 frames");

	put(rig, CR1, 4, SSI | SPE);
	put(rig, TXDR, 1, 0);
	end(rig);
	expect_violation(rig, "SPE cleared while 1 bytes wait to be sent");

	begin(rig, CFG1_8BIT, CFG2_MASTER, 0, 1);
	put(rig, TXDR, 1, 0);
	pass(rig, FRAME_PS);
	end(rig);
	expect_violation(rig, "SPE cleared while 1 received bytes have not been read");
	/* They are gone */
	put(rig, CR1, 4, SSI | SPE);
	assert_int_equal(status(rig) & RXP, 0);
	end(rig);

	/* An endless reception has to be suspended */
	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_RECEIVE | MIDI(15), 0, 0);
	pass(rig, FRAME_PS + KERNEL_PS);
	get(rig, RXDR, 1);
	end(rig);
	expect_violation(rig, "SPE cleared during reception, which has to be suspended first");
}

static void test_overrun(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	begin(rig, CFG1_8BIT, CFG2_MASTER, 0, 0);
	for (unsigned int i = 0; i < 16; i++)
		put(rig, TXDR, 1, i);
	pass(rig, 16 * FRAME_PS);
	assert_int_equal(status(rig) & OVR, 0);
	put(rig, TXDR, 1, 16);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig) & OVR, OVR);
	/* What is in the FIFO is good, what comes is lost until OVR is cleared */
	for (unsigned int i = 0; i < 16; i++)
		assert_int_equal(get(rig, RXDR, 1), i);
	put(rig, TXDR, 1, 17);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig) & (OVR | RXP), OVR);
	put(rig, IFCR, 4, OVR);
	put(rig, TXDR, 1, 18);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig) & (OVR | RXP), RXP);
	assert_int_equal(get(rig, RXDR, 1), 18);
	expect_clean(rig);

	for (unsigned int i = 0; i < 17; i++) {
		put(rig, TXDR, 1, i);
		pass(rig, FRAME_PS);
	}
	for (unsigned int i = 0; i < 16; i++)
		get(rig, RXDR, 1);
	end(rig);
	expect_violation(rig, "SPE cleared while OVR is set");
}

static void test_mode_fault(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	/* A slave may be selected, and a master whose SS input is not SSI */
	put(rig, CFG2, 4, SSM);
	put(rig, CFG2, 4, MASTER | SSOE);
	expect_clean(rig);
	/* SSI after MASTER is too late */
	put(rig, CFG2, 4, CFG2_MASTER);
	expect_violation(rig, "mode fault: master with SSM = 1 and SSI = 0");
	assert_int_equal(status(rig) & MODF, MODF);
	assert_int_equal(get(rig, CFG2, 4), AFCNTR | SSM);
	put(rig, CR1, 4, SSI | SPE);
	expect_violation(rig, "SPE set while MODF is set");
	assert_int_equal(get(rig, CR1, 4), SSI);
	put(rig, IFCR, 4, MODF);
	put(rig, CFG2, 4, CFG2_MASTER);
	put(rig, CR1, 4, SSI | SPE);
	assert_int_equal(get(rig, CR1, 4), SSI | SPE);
	expect_clean(rig);
	/* And not before the end either: the frame stops */
	put(rig, CR1, 4, SSI | SPE | CSTART);
	put(rig, TXDR, 1, 0);
	pass(rig, FRAME_PS / 2);
	put(rig, CR1, 4, SPE);
	expect_violation(rig, "mode fault");
	assert_int_equal(get(rig, CR1, 4), 0);
	pass(rig, FRAME_PS);
	assert_int_equal(RXPLVL(status(rig)), 0);
	put(rig, IFCR, 4, MODF);
	put(rig, CFG2, 4, CFG2_MASTER | SSIOP);
	expect_clean(rig);
	put(rig, CR1, 4, SSI);
	expect_violation(rig, "mode fault: master with SSM = 1 and SSI = 1");
}

static void test_pins(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	/* Without AFCNTR the pins float while SPE = 0 */
	select_chip(rig, false);
	put(rig, CR1, 4, SSI);
	put(rig, CFG2, 4, SSM | MASTER);
	put(rig, CR1, 4, SSI | SPE);
	put(rig, CR1, 4, SSI);
	expect_clean(rig);
	select_chip(rig, true);
	put(rig, CR1, 4, SSI | SPE);
	expect_violation(rig, "SPE set with AFCNTR = 0 while the flash is selected");
	put(rig, CR1, 4, SSI);
	expect_violation(rig, "SPE cleared with AFCNTR = 0 while the flash is selected");

	/* Wrong alternate function: MISO, MOSI, SCK */
	put(rig, PORT + 0x20, 4, 0x55000000 | 0x00500000);
	put(rig, PORT + 0x20, 4, 0x54500000);
	begin(rig, CFG1_8BIT, CFG2_MASTER, 0, 1);
	put(rig, TXDR, 1, 0x5a);
	pass(rig, FRAME_PS);
	assert_int_equal(get(rig, RXDR, 1), 0xff);
	assert_int_equal(rig->nor.byte[0], 0x5a);
	end(rig);
	put(rig, PORT + 0x20, 4, 0x45500000);
	put(rig, IFCR, 4, TXTF);
	begin(rig, CFG1_8BIT, CFG2_MASTER, 0, 1);
	put(rig, TXDR, 1, 0x5a);
	pass(rig, FRAME_PS);
	assert_int_equal(get(rig, RXDR, 1), 1);
	assert_int_equal(rig->nor.byte[1], 0x00);
	end(rig);
	put(rig, PORT + 0x20, 4, 0x55400000);
	put(rig, IFCR, 4, TXTF);
	begin(rig, CFG1_8BIT, CFG2_MASTER, 0, 1);
	put(rig, TXDR, 1, 0x5a);
	pass(rig, FRAME_PS);
	assert_int_equal(get(rig, RXDR, 1), 0xff);
	assert_int_equal(rig->nor.num_bytes, 2);
	end(rig);
	expect_clean(rig);
}

static void test_chip_select_in_frame(void **state)
{
	struct spi_rig *rig = &((struct spi_v3_rig *)*state)->rig;

	begin(rig, CFG1_8BIT, CFG2_MASTER | COMM_TRANSMIT, 0, 1);
	put(rig, TXDR, 1, 0);
	pass(rig, FRAME_PS - 1);
	select_chip(rig, false);
	expect_violation(rig, "chip select changed while the SPI controller is shifting");
	pass(rig, 1);
	select_chip(rig, true);
	expect_clean(rig);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, spi_v3_setup, spi_v3_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_access_width),
		TEST(test_fifo_misuse),
		TEST(test_threshold),
		TEST(test_beyond_tsize),
		TEST(test_write_protection),
		TEST(test_start_misuse),
		TEST(test_restart),
		TEST(test_disable_too_early),
		TEST(test_overrun),
		TEST(test_mode_fault),
		TEST(test_pins),
		TEST(test_chip_select_in_frame),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
