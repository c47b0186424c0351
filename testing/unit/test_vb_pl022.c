// SPDX-License-Identifier: GPL-2.0-or-later

/* The model of the PrimeCell SSP (PL022), register by register: ARM DDI 0194. */

#include "vb_spi_rig.h"

#include <stdlib.h>
#include <string.h>

#include "../vboard/ctl/ctl_pl022.h"

#define BASE	0x4003c000u
#define CR0	(BASE + 0x00)
#define CR1	(BASE + 0x04)
#define DR	(BASE + 0x08)
#define SR	(BASE + 0x0c)
#define CPSR	(BASE + 0x10)
#define IMSC	(BASE + 0x14)
#define RIS	(BASE + 0x18)
#define MIS	(BASE + 0x1c)
#define ICR	(BASE + 0x20)
#define DMACR	(BASE + 0x24)

#define SSPCLK_HZ	50000000u	/* 20 ns: all times below are whole picoseconds */
#define SSPCLK_PS	20000u
/* At SSPCLK / 2: 8 bits, and one and a half between words with SPH = 0 */
#define BIT_PS		(2u * SSPCLK_PS)
#define FRAME_PS	(BIT_PS * 19u / 2u)

#define DSS(bits)	((uint32_t)(bits) - 1)
#define FRF_TI		0x10u
#define SPO		0x40u
#define SPH		0x80u
#define SCR(n)		((uint32_t)(n) << 8)

#define LBM	0x1u
#define SSE	0x2u
#define MS	0x4u
#define SOD	0x8u

#define TFE	0x01u
#define TNF	0x02u
#define RNE	0x04u
#define RFF	0x08u
#define BSY	0x10u

#define ROR	0x1u
#define RT	0x2u
#define RX	0x4u
#define TX	0x8u

struct fixture {
	struct spi_rig rig;
	struct ctl_pl022 *ssp;
	uint32_t sspclk_hz;
	bool in_reset;
	bool disconnected[LINE_MISO + 1];
};

static bool is_reachable(void *context, const char **why)
{
	const struct fixture *f = context;

	*why = "it is held in reset";
	return !f->in_reset;
}

static uint32_t sspclk_hz(void *context)
{
	const struct fixture *f = context;

	return f->sspclk_hz;
}

static bool pin_reaches(void *context, enum ctl_line line)
{
	const struct fixture *f = context;

	return !f->disconnected[line];
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	const struct ctl_pl022_config config = {
		.name = "SSP", .base = BASE, .context = f,
		.is_reachable = is_reachable, .sspclk_hz = sspclk_hz, .pin_reaches = pin_reaches,
	};

	*state = f;
	rig_open(&f->rig);
	f->sspclk_hz = SSPCLK_HZ;
	f->ssp = ctl_pl022_new(&f->rig.bus, &config, f->rig.wires);
	assert_non_null(f->ssp);
	select_chip(&f->rig, true);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	ctl_pl022_free(f->ssp);
	rig_close(&f->rig);
	free(f);
	return 0;
}

static uint32_t status(struct spi_rig *rig)
{
	return get(rig, SR, 4);
}

static void begin(struct spi_rig *rig, uint32_t cr0)
{
	put(rig, CR1, 4, 0);
	put(rig, CPSR, 4, 2);
	put(rig, CR0, 4, cr0);
	put(rig, CR1, 4, SSE);
}

static void test_registers(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;
	static const uint8_t id[] = { 0x22, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	assert_int_equal(get(rig, CR0, 4), 0);
	assert_int_equal(get(rig, CR1, 4), 0);
	assert_int_equal(status(rig), TFE | TNF);
	assert_int_equal(get(rig, CPSR, 4), 0);
	assert_int_equal(get(rig, IMSC, 4), 0);
	assert_int_equal(get(rig, RIS, 4), TX);
	assert_int_equal(get(rig, MIS, 4), 0);
	assert_int_equal(get(rig, DMACR, 4), 0);
	for (unsigned int i = 0; i < sizeof(id); i++)
		assert_int_equal(get(rig, BASE + 0xfe0 + 4 * i, 4), id[i]);
	put(rig, CR0, 4, 0xffff);
	assert_int_equal(get(rig, CR0, 4), 0xffff);
	assert_int_equal(get(rig, CR0 + 1, 1), 0xff);
	put(rig, CR1, 4, MS | SOD | LBM);
	assert_int_equal(get(rig, CR1, 2), MS | SOD | LBM);
	put(rig, IMSC, 4, 0xf);
	assert_int_equal(get(rig, MIS, 4), TX);
	put(rig, DMACR, 4, 3);
	assert_int_equal(get(rig, DMACR, 4), 3);
	put(rig, CPSR, 4, 254);
	expect_clean(rig);
	put(rig, CPSR, 4, 3);
	expect_violation(rig, "SSPCPSR written with the odd number 3");
	assert_int_equal(get(rig, CPSR, 4), 2);

	static const struct {
		uint32_t address, value;
		const char *what;
	} wrong[] = {
		{ CR1, 0x10, "SSPCR1 written with reserved bits 0010" },
		{ CPSR, 0x102, "SSPCPSR written with reserved bits 0100" },
		{ IMSC, 0x10, "SSPIMSC written with reserved bits 0010" },
		{ ICR, 0x4, "SSPICR written with reserved bits 0004" },
		{ DMACR, 0x4, "SSPDMACR written with reserved bits 0004" },
		{ SR, 0, "write to read-only or reserved offset 00ch" },
		{ RIS, 0, "write to read-only or reserved offset 018h" },
		{ BASE + 0x80, 0, "write to read-only or reserved offset 080h" },
		{ BASE + 0xfe0, 0, "write to read-only or reserved offset fe0h" },
	};
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		put(rig, wrong[i].address, 4, wrong[i].value);
		expect_violation(rig, wrong[i].what);
	}
	get(rig, BASE + 0x28, 4);
	expect_violation(rig, "read of reserved or write-only offset 028h");
	get(rig, ICR, 4);
	expect_violation(rig, "read of reserved or write-only offset 020h");
}

/* A byte on all four lanes: the reserved bits of SSPCR1 get it too, the unused ones of SSPDR do not matter. */
static void test_narrow_writes(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;

	put(rig, CR0, 1, DSS(8));
	assert_int_equal(get(rig, CR0, 4), SCR(7) | DSS(8));
	put(rig, CPSR, 4, 2);
	put(rig, CR0, 2, DSS(8));
	assert_int_equal(get(rig, CR0, 4), DSS(8));
	expect_clean(rig);
	put(rig, CR1, 1, SSE);
	expect_violation(rig, "SSPCR1 written with reserved bits 0200");
	put(rig, DR, 1, 0x9f);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig), TFE | TNF | RNE);
	assert_int_equal(rig->nor.byte[0], 0x9f);
	expect_clean(rig);
}

static void test_transfer(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;
	static const uint8_t sent[] = { 0x9f, 0x11 };

	rig->nor.next_miso = 0xa0;
	begin(rig, DSS(8));
	uint64_t start_ps = rig->vb.clock.now_ps;
	put(rig, DR, 4, 0x9f);
	/* It is in the shift register at once */
	assert_int_equal(status(rig), TFE | TNF | BSY);
	put(rig, DR, 4, 0x11);
	assert_int_equal(status(rig), TNF | BSY);
	pass(rig, FRAME_PS - 1);
	assert_int_equal(status(rig), TNF | BSY);
	pass(rig, 1);
	assert_int_equal(status(rig), TFE | TNF | RNE | BSY);
	assert_int_equal(get(rig, DR, 4), 0xa0);
	assert_int_equal(status(rig), TFE | TNF | BSY);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig), TFE | TNF | RNE);
	assert_int_equal(get(rig, DR, 2), 0xa1);
	expect_bytes(rig, sent, sizeof(sent));
	assert_int_equal(rig->nor.at_ps[0], start_ps);
	assert_int_equal(rig->nor.at_ps[1], start_ps + FRAME_PS);
	put(rig, CR1, 4, 0);
	expect_clean(rig);
}

/* SSPCLK / (CPSDVSR * (1 + SCR)); without a gap between words where SPH = 1. */
static void test_clock_rate(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;
	static const struct {
		uint32_t cpsr, scr;
	} rates[] = { { 2, 0 }, { 2, 1 }, { 4, 0 }, { 10, 4 }, { 254, 255 } };

	for (unsigned int i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		uint64_t bit_ps = (uint64_t)SSPCLK_PS * rates[i].cpsr * (1 + rates[i].scr);

		for (unsigned int sph = 0; sph < 2; sph++) {
			uint64_t frame_ps = sph ? 8 * bit_ps : bit_ps * 19 / 2;

			put(rig, CR1, 4, 0);
			put(rig, CPSR, 4, rates[i].cpsr);
			put(rig, CR0, 4, DSS(8) | SCR(rates[i].scr) | (sph ? SPO | SPH : 0));
			put(rig, CR1, 4, SSE);
			rig->nor.num_bytes = 0;
			put(rig, DR, 4, 1);
			put(rig, DR, 4, 2);
			pass(rig, 2 * frame_ps - 1);
			assert_true(status(rig) & BSY);
			pass(rig, 1);
			assert_false(status(rig) & BSY);
			assert_int_equal(rig->nor.at_ps[1] - rig->nor.at_ps[0], frame_ps);
			assert_int_equal(rig->nor.clock_hz, SSPCLK_HZ / rates[i].cpsr / (1 + rates[i].scr));
			get(rig, DR, 4);
			get(rig, DR, 4);
		}
	}
	expect_clean(rig);
}

/* A page that is sent with at most 8 frames under way, mode 3: the time of the bits and no more. */
static void test_page_rate(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;
	unsigned int sent = 0, received = 0;

	begin(rig, DSS(8) | SPO | SPH);
	uint64_t start_ps = rig->vb.clock.now_ps;
	while (received < 260) {
		uint32_t sr = status(rig);

		if (sent < 260 && sent - received < 8 && sr & TNF)
			put(rig, DR, 1, sent++ & 0xff);
		else if (sr & RNE)
			assert_int_equal(get(rig, DR, 1), received++ & 0xff);
		else
			pass(rig, SSPCLK_PS);
	}
	assert_int_equal(rig->vb.clock.now_ps - start_ps, 260ull * 8 * BIT_PS);
	assert_int_equal(rig->nor.num_bytes, 260);
	expect_clean(rig);
}

static void test_fifos(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;

	/* Section "Enable PrimeCell SSP operation": the FIFO can be primed with up to eight values while SSE = 0 */
	put(rig, CPSR, 4, 2);
	put(rig, CR0, 4, DSS(8));
	for (unsigned int i = 0; i < 8; i++) {
		assert_int_equal(status(rig) & TNF, TNF);
		assert_int_equal(get(rig, RIS, 4) & TX, i <= 4 ? TX : 0);
		put(rig, DR, 4, i);
	}
	assert_int_equal(status(rig), BSY);
	expect_clean(rig);
	put(rig, DR, 4, 8);
	expect_violation(rig, "SSPDR written while TNF is 0");

	put(rig, CR1, 4, SSE);
	for (unsigned int i = 0; i < 8; i++) {
		assert_int_equal(get(rig, RIS, 4) & RX, i >= 4 ? RX : 0);
		pass(rig, FRAME_PS);
	}
	assert_int_equal(status(rig), TFE | TNF | RNE | RFF);
	assert_int_equal(rig->nor.num_bytes, 8);
	for (unsigned int i = 0; i < 8; i++) {
		assert_int_equal(rig->nor.byte[i], i);
		assert_int_equal(get(rig, DR, 4), i);
	}
	assert_int_equal(status(rig), TFE | TNF);
	expect_clean(rig);
	get(rig, DR, 4);
	expect_violation(rig, "SSPDR read while RNE is 0");
}

static void test_overrun(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;

	begin(rig, DSS(8));
	put(rig, IMSC, 4, ROR);
	for (unsigned int i = 0; i < 9; i++) {
		assert_int_equal(get(rig, MIS, 4), 0);
		put(rig, DR, 4, i);
		pass(rig, FRAME_PS);
	}
	assert_int_equal(get(rig, MIS, 4), ROR);
	/* A burst that reads nothing may go on; what is in the FIFO stays */
	put(rig, DR, 4, 9);
	pass(rig, FRAME_PS);
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(get(rig, DR, 4), i);
	assert_int_equal(status(rig), TFE | TNF);
	expect_clean(rig);
	/* But not into the next transfer */
	put(rig, DR, 4, 10);
	expect_violation(rig, "the next transfer begins while RORRIS is set");
	pass(rig, FRAME_PS);
	assert_int_equal(get(rig, DR, 4), 10);
	put(rig, ICR, 4, ROR);
	assert_int_equal(get(rig, RIS, 4) & ROR, 0);
	put(rig, DR, 4, 11);
	expect_clean(rig);
}

static void test_timeout(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;

	begin(rig, DSS(8));
	put(rig, DR, 4, 0);
	put(rig, DR, 4, 0);
	pass(rig, 2 * FRAME_PS);
	assert_int_equal(get(rig, RIS, 4) & RT, 0);
	pass(rig, 32 * BIT_PS - 1);
	assert_int_equal(get(rig, RIS, 4) & RT, 0);
	pass(rig, 1);
	assert_int_equal(get(rig, RIS, 4) & RT, RT);
	put(rig, ICR, 4, RT);
	assert_int_equal(get(rig, RIS, 4) & RT, 0);
	pass(rig, 32 * BIT_PS);
	assert_int_equal(get(rig, RIS, 4) & RT, RT);
	get(rig, DR, 4);
	assert_int_equal(get(rig, RIS, 4) & RT, RT);
	get(rig, DR, 4);
	assert_int_equal(get(rig, RIS, 4) & RT, 0);

	/* A read begins the period again, and what comes in ends the state */
	for (unsigned int i = 0; i < 3; i++)
		put(rig, DR, 4, 0);
	pass(rig, 3 * FRAME_PS + 31 * BIT_PS);
	get(rig, DR, 4);
	pass(rig, 31 * BIT_PS);
	assert_int_equal(get(rig, RIS, 4) & RT, 0);
	pass(rig, BIT_PS);
	assert_int_equal(get(rig, RIS, 4) & RT, RT);
	put(rig, DR, 4, 0);
	pass(rig, FRAME_PS);
	assert_int_equal(get(rig, RIS, 4) & RT, 0);
	expect_clean(rig);
}

static void test_change_while_enabled(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;

	begin(rig, DSS(8));
	/* The same values are no change */
	put(rig, CR0, 4, DSS(8));
	put(rig, CPSR, 4, 2);
	put(rig, CR1, 4, SSE);
	expect_clean(rig);
	put(rig, CR0, 4, DSS(16));
	expect_violation(rig, "SSPCR0 changed while SSE is set");
	put(rig, CPSR, 4, 4);
	expect_violation(rig, "SSPCPSR changed while SSE is set");
	put(rig, CR1, 4, SSE | MS);
	expect_violation(rig, "SSPCR1 bits 4 changed while SSE is set");
}

static void test_disable_too_early(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;

	begin(rig, DSS(8));
	put(rig, DR, 4, 1);
	pass(rig, FRAME_PS - 1);
	put(rig, CR1, 4, 0);
	expect_violation(rig, "SSE cleared while BSY is set");
	put(rig, CR1, 4, SSE);
	put(rig, DR, 4, 2);
	pass(rig, FRAME_PS);
	assert_int_equal(status(rig), TFE | TNF | RNE);
	put(rig, CR1, 4, 0);
	expect_clean(rig);
}

static void test_wrong_configuration(void **state)
{
	struct fixture *f = *state;
	struct spi_rig *rig = &f->rig;

	put(rig, CR0, 4, DSS(8));
	put(rig, CR1, 4, SSE);
	expect_violation(rig, "SSE set with SSPCPSR = 0");
	/* Without a bit rate nothing moves */
	put(rig, DR, 4, 0);
	pass(rig, VB_PS_PER_MS);
	assert_int_equal(status(rig), TNF | BSY);
	ctl_pl022_reset(f->ssp);
	put(rig, CPSR, 4, 2);
	put(rig, CR0, 4, DSS(3));
	put(rig, CR1, 4, SSE);
	expect_violation(rig, "SSE set with DSS = 2, which is reserved");
	put(rig, CR1, 4, 0);
	put(rig, CR0, 4, DSS(4));
	put(rig, CR1, 4, SSE);
	expect_clean(rig);
	put(rig, CR1, 4, 0);
	put(rig, CR0, 4, DSS(8));
	put(rig, CR1, 4, SSE | MS);
	expect_violation(rig, "SSE set in slave mode");
	put(rig, DR, 4, 0);
	pass(rig, VB_PS_PER_MS);
	assert_int_equal(rig->nor.num_bytes, 0);
	ctl_pl022_reset(f->ssp);
	f->sspclk_hz = 0;
	put(rig, CPSR, 4, 2);
	put(rig, CR0, 4, DSS(8));
	put(rig, CR1, 4, SSE);
	expect_violation(rig, "SSE set while SSPCLK is off");
	put(rig, DR, 4, 0);
	pass(rig, VB_PS_PER_MS);
	assert_int_equal(rig->nor.num_bytes, 0);
	expect_clean(rig);
}

static void test_formats(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;
	static const struct {
		uint32_t cr0, cr1;
		const char *what;
		uint16_t received;
	} formats[] = {
		{ DSS(8) | SPO, 0, "SPI mode 1 or 2", 0xff },
		{ DSS(8) | SPH, 0, "SPI mode 1 or 2", 0xff },
		{ DSS(8) | FRF_TI, 0, "another frame format", 0xff },
		{ DSS(7), 0, "a frame that is not made of bytes", 0x7f },
		{ DSS(8), LBM, "loop back", 0x5a },
	};
	static const uint8_t words[] = { 0x12, 0x34 };

	for (unsigned int i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		/* SCK moves to its idle level: not while the flash listens */
		select_chip(rig, false);
		begin(rig, formats[i].cr0);
		select_chip(rig, true);
		put(rig, CR1, 4, 0);
		put(rig, CR1, 4, SSE | formats[i].cr1);
		put(rig, DR, 4, 0x5a);
		put(rig, DR, 4, 0x5a);
		pass(rig, 2 * FRAME_PS);
		expect_violation(rig, formats[i].what);
		assert_int_equal(get(rig, DR, 4), formats[i].received);
		get(rig, DR, 4);
		assert_int_equal(rig->nor.num_bytes, 0);
	}
	/* 16 bits: the most significant byte first */
	select_chip(rig, false);
	begin(rig, DSS(16));
	select_chip(rig, true);
	rig->nor.next_miso = 0xa0;
	put(rig, DR, 4, 0x1234);
	pass(rig, 35 * BIT_PS / 2);
	assert_int_equal(get(rig, DR, 4), 0xa0a1);
	expect_bytes(rig, words, sizeof(words));
	expect_clean(rig);
}

static void test_pins(void **state)
{
	struct fixture *f = *state;
	struct spi_rig *rig = &f->rig;

	begin(rig, DSS(8));
	rig->nor.next_miso = 0x10;
	f->disconnected[LINE_MISO] = true;
	put(rig, DR, 4, 0x5a);
	pass(rig, FRAME_PS);
	assert_int_equal(get(rig, DR, 4), 0xff);
	assert_int_equal(rig->nor.byte[0], 0x5a);
	f->disconnected[LINE_MISO] = false;
	f->disconnected[LINE_MOSI] = true;
	put(rig, DR, 4, 0x5a);
	pass(rig, FRAME_PS);
	assert_int_equal(get(rig, DR, 4), 0x11);
	assert_int_equal(rig->nor.byte[1], 0x00);
	f->disconnected[LINE_SCK] = true;
	put(rig, DR, 4, 0x5a);
	pass(rig, FRAME_PS);
	assert_int_equal(get(rig, DR, 4), 0xff);
	assert_int_equal(rig->nor.num_bytes, 2);
	expect_clean(rig);

	/* SCK goes to its idle level when the controller is a master and enabled */
	f->disconnected[LINE_SCK] = false;
	put(rig, CR1, 4, 0);
	put(rig, CR0, 4, DSS(8) | SPO | SPH);
	put(rig, CR1, 4, MS);
	ctl_pl022_pins_changed(f->ssp);
	assert_int_equal(rig->nor.sck_edges, 0);
	put(rig, CR1, 4, SSE);
	assert_int_equal(rig->nor.sck_edges, 1);
	put(rig, CR1, 4, 0);
	put(rig, CR0, 4, DSS(8));
	assert_int_equal(rig->nor.sck_edges, 1);
	put(rig, CR1, 4, SSE);
	assert_int_equal(rig->nor.sck_edges, 2);
	/* and the pin is its own */
	f->disconnected[LINE_SCK] = true;
	put(rig, CR1, 4, 0);
	put(rig, CR0, 4, DSS(8) | SPO | SPH);
	put(rig, CR1, 4, SSE);
	assert_false(ctl_wires_get(rig->wires)->sck);
	f->disconnected[LINE_SCK] = false;
	ctl_pl022_pins_changed(f->ssp);
	assert_true(ctl_wires_get(rig->wires)->sck);
}

static void test_chip_select_in_frame(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;

	begin(rig, DSS(8));
	put(rig, DR, 4, 0);
	pass(rig, FRAME_PS - 1);
	select_chip(rig, false);
	expect_violation(rig, "chip select changed while the SPI controller is shifting");
	pass(rig, 1);
	select_chip(rig, true);
	expect_clean(rig);
}

static void test_held_in_reset(void **state)
{
	struct fixture *f = *state;
	struct spi_rig *rig = &f->rig;

	f->in_reset = true;
	assert_int_equal(status(rig), 0);
	status(rig);
	expect_violation(rig, "SSP: read at offset 00ch while it is held in reset");
	f->in_reset = false;
	assert_int_equal(status(rig), TFE | TNF);
	f->in_reset = true;
	put(rig, CR0, 4, DSS(8));
	expect_violation(rig, "write at offset 000h while it is held in reset");
	f->in_reset = false;
	assert_int_equal(get(rig, CR0, 4), 0);
	expect_clean(rig);
}

static void test_reset(void **state)
{
	struct fixture *f = *state;
	struct spi_rig *rig = &f->rig;

	begin(rig, DSS(8));
	for (unsigned int i = 0; i < 4; i++)
		put(rig, DR, 4, i);
	pass(rig, FRAME_PS + 1);
	ctl_pl022_reset(f->ssp);
	assert_int_equal(rig->nor.num_bytes, 2);
	pass(rig, 10 * FRAME_PS);
	assert_int_equal(status(rig), TFE | TNF);
	assert_int_equal(rig->nor.num_bytes, 2);
	assert_int_equal(get(rig, CR0, 4), 0);
	assert_int_equal(get(rig, CPSR, 4), 0);

	begin(rig, DSS(8));
	put(rig, IMSC, 4, 0xf);
	put(rig, DMACR, 4, 3);
	for (unsigned int i = 0; i < 9; i++) {
		put(rig, DR, 4, i);
		pass(rig, FRAME_PS);
	}
	pass(rig, 32 * BIT_PS);
	assert_int_equal(get(rig, MIS, 4), TX | RX | RT | ROR);
	ctl_pl022_reset(f->ssp);
	assert_int_equal(get(rig, RIS, 4), TX);
	assert_int_equal(get(rig, MIS, 4), 0);
	assert_int_equal(get(rig, DMACR, 4), 0);
	expect_clean(rig);
}

/* A loop that polls the flash's status for long is cut short, see CTL_IDLE_STATUS_BYTES. */
static void test_idle_polling(void **state)
{
	struct spi_rig *rig = &((struct fixture *)*state)->rig;

	rig->nor.busy_until_ps = 1000 * VB_PS_PER_MS;
	begin(rig, DSS(8));
	for (unsigned int i = 0; i <= CTL_IDLE_STATUS_BYTES; i++) {
		put(rig, DR, 4, 0);
		pass(rig, FRAME_PS);
		status(rig);
		get(rig, DR, 4);
	}
	assert_in_range(rig->idle_calls, 1, 2);
	expect_clean(rig);
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_registers),
		TEST(test_narrow_writes),
		TEST(test_transfer),
		TEST(test_clock_rate),
		TEST(test_page_rate),
		TEST(test_fifos),
		TEST(test_overrun),
		TEST(test_timeout),
		TEST(test_change_while_enabled),
		TEST(test_disable_too_early),
		TEST(test_wrong_configuration),
		TEST(test_formats),
		TEST(test_pins),
		TEST(test_chip_select_in_frame),
		TEST(test_held_in_reset),
		TEST(test_reset),
		TEST(test_idle_polling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
