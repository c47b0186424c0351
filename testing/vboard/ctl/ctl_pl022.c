// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * ARM PrimeCell Synchronous Serial Port (PL022) as a master in Motorola SPI format: ARM DDI 0194 (r1p4), chapters 2
 * ("Functional overview") and 3 ("Programmer's model"), cited below by the titles of their sections. The register
 * descriptions were compared with those of the RP2040, which repeat the manual's (pico-sdk a1438df, RP2040.svd).
 *
 * The other frame formats, slave mode and loop back only store their bits; a transfer with them is a violation. DMA
 * requests and interrupts lead nowhere, but RIS and MIS show them. SSPFSSOUT is not wired: chip select is a GPIO's.
 *
 * Frames are worked out lazily: every access first brings the shift register up to the time of the access, and the
 * flash gets a frame's bits at the time at which the frame began.
 */

#include "ctl_pl022.h"

#include <stdlib.h>
#include <string.h>

enum {
	SSP_CR0 = 0x00,
	SSP_CR1 = 0x04,
	SSP_DR = 0x08,
	SSP_SR = 0x0c,
	SSP_CPSR = 0x10,
	SSP_IMSC = 0x14,
	SSP_RIS = 0x18,
	SSP_MIS = 0x1c,
	SSP_ICR = 0x20,
	SSP_DMACR = 0x24,
	SSP_FIRST_ID = 0xfe0,
};

#define CR0_DSS		0x0fu
#define CR0_FRF		0x30u
#define CR0_SPO		(1u << 6)
#define CR0_SPH		(1u << 7)
#define CR0_SCR_SHIFT	8

#define CR1_LBM		(1u << 0)
#define CR1_SSE		(1u << 1)
#define CR1_MS		(1u << 2)
#define CR1_MASK	0x0fu

#define SR_TFE		(1u << 0)
#define SR_TNF		(1u << 1)
#define SR_RNE		(1u << 2)
#define SR_RFF		(1u << 3)
#define SR_BSY		(1u << 4)

/* Of IMSC, RIS, MIS and ICR */
#define INT_ROR		(1u << 0)
#define INT_RT		(1u << 1)
#define INT_RX		(1u << 2)
#define INT_TX		(1u << 3)
#define INT_MASK	0x0fu
#define ICR_MASK	(INT_ROR | INT_RT)

#define DMACR_MASK	0x03u

#define FIFO_FRAMES	8u

/* Section "SSPRTINTR": something to be read, but nothing received and nothing read for a period of 32 bits */
#define TIMEOUT_BITS	32u

struct fifo {
	uint16_t frame[FIFO_FRAMES];
	unsigned int level;
};

struct ctl_pl022 {
	struct vb *vb;
	struct ctl_pl022_config config;
	struct ctl_wires *wires;

	uint32_t cr0, cr1, cpsr, imsc, dmacr;
	bool overrun, timeout;		/* RORRIS, RTRIS */
	struct fifo tx, rx;
	uint16_t last_data;		/* what an empty receive FIFO still shows */
	uint64_t last_receive_ps;	/* when RTRIS began to count */

	bool shifting;
	uint64_t start_ps, end_ps;	/* of the frame in the shift register */
	uint16_t shift_rx;

	bool unreachable_reported, format_reported;
};

static unsigned int frame_bits(const struct ctl_pl022 *ssp)
{
	return (ssp->cr0 & CR0_DSS) + 1;
}

static void fifo_push(struct fifo *fifo, uint16_t frame)
{
	fifo->frame[fifo->level++] = frame;
}

static uint16_t fifo_pop(struct fifo *fifo)
{
	uint16_t frame = fifo->frame[0];

	fifo->level--;
	memmove(fifo->frame, fifo->frame + 1, fifo->level * sizeof(fifo->frame[0]));
	return frame;
}

/* Section "Bit rate generation": SSPCLK / (CPSDVSR * (1 + SCR)). */
static uint64_t divider(const struct ctl_pl022 *ssp)
{
	return (uint64_t)ssp->cpsr * ((ssp->cr0 >> CR0_SCR_SHIFT & 0xff) + 1);
}

static uint32_t sspclk_hz(const struct ctl_pl022 *ssp)
{
	return ssp->config.sspclk_hz(ssp->config.context);
}

static uint64_t half_bits_to_ps(const struct ctl_pl022 *ssp, uint64_t half_bits)
{
	uint32_t hz = sspclk_hz(ssp);

	return hz ? half_bits * divider(ssp) * (VB_PS_PER_S / 2) / hz : 0;
}

static bool pin_reaches(const struct ctl_pl022 *ssp, enum ctl_line line)
{
	return !ssp->config.pin_reaches || ssp->config.pin_reaches(ssp->config.context, line);
}

/* Says once per enable what about the frame format no flash understands. True: the bits reach the flash. */
static bool format_check(struct ctl_pl022 *ssp)
{
	const char *what = NULL;
	bool spo = ssp->cr0 & CR0_SPO, sph = ssp->cr0 & CR0_SPH;

	if (ssp->cr0 & CR0_FRF)
		what = "another frame format than Motorola SPI";
	else if (ssp->cr1 & CR1_LBM)
		what = "loop back";
	else if (spo != sph)
		what = "SPI mode 1 or 2";
	else if (frame_bits(ssp) % 8)
		what = "a frame that is not made of bytes";
	if (!what)
		return true;
	if (!ssp->format_reported)
		vb_violation(ssp->vb, "%s: transfer to the flash with %s (SSPCR0 %04x, SSPCR1 %x)", ssp->config.name, what,
			(unsigned int)ssp->cr0, (unsigned int)ssp->cr1);
	ssp->format_reported = true;
	return false;
}

static uint8_t shift_byte(struct ctl_pl022 *ssp, uint8_t byte)
{
	/* Without SCK the chip sees nothing; what is not connected to the controller reads high */
	if (!pin_reaches(ssp, LINE_SCK))
		return 0xff;
	if (!pin_reaches(ssp, LINE_MOSI))
		byte = ctl_wires_get(ssp->wires)->mosi ? 0xff : 0;
	uint32_t sck_hz = (uint32_t)(sspclk_hz(ssp) / divider(ssp));
	uint8_t in = ctl_wires_transfer(ssp->wires, byte, sck_hz, ssp->start_ps);
	return pin_reaches(ssp, LINE_MISO) ? in : 0xff;
}

/*
 * Sections "Motorola SPI Format with SPO=0, SPH=0" and the three after it. With SPH = 0 SSPFSSOUT is "pulsed HIGH
 * between each data word transfer": one bit from the capture of the last bit to the pulse, at least half of one for the
 * pulse itself, and one before the first edge of SCK, half of which is the first bit's own. With SPH = 1 words follow
 * each other without a gap.
 */
static unsigned int frame_half_bits(const struct ctl_pl022 *ssp)
{
	return 2 * frame_bits(ssp) + (ssp->cr0 & CR0_SPH ? 0 : 3);
}

static void frame_begin(struct ctl_pl022 *ssp, uint64_t at_ps)
{
	uint16_t out = fifo_pop(&ssp->tx);

	ssp->shifting = true;
	ssp->start_ps = at_ps;
	ssp->end_ps = at_ps + half_bits_to_ps(ssp, frame_half_bits(ssp));
	ssp->shift_rx = (uint16_t)((1u << frame_bits(ssp)) - 1);
	if (!format_check(ssp)) {
		/* Loop back: "Output of transmit serial shifter is connected to input of receive serial shifter" */
		if (ssp->cr1 & CR1_LBM)
			ssp->shift_rx &= out;
		return;
	}
	ssp->shift_rx = 0;
	for (unsigned int shift = frame_bits(ssp); shift > 0; shift -= 8)
		ssp->shift_rx = (uint16_t)(ssp->shift_rx << 8 | shift_byte(ssp, (uint8_t)(out >> (shift - 8))));
}

static void frame_end(struct ctl_pl022 *ssp, uint64_t at_ps)
{
	ssp->shifting = false;
	/* Section "SSPRORINTR": "Data is over-written in the receive shift register, but not the FIFO" */
	if (ssp->rx.level == FIFO_FRAMES)
		ssp->overrun = true;
	else
		fifo_push(&ssp->rx, ssp->shift_rx);
	/* Section "SSPRTINTR": deasserted "if new data is received" */
	ssp->timeout = false;
	ssp->last_receive_ps = at_ps;
}

static bool may_shift(const struct ctl_pl022 *ssp)
{
	return (ssp->cr1 & (CR1_SSE | CR1_MS)) == CR1_SSE && ssp->tx.level && ssp->cpsr && sspclk_hz(ssp);
}

/* Brings the shift register up to the present. */
static void ssp_advance(struct ctl_pl022 *ssp)
{
	uint64_t now_ps = ssp->vb->clock.now_ps;

	while (ssp->shifting && ssp->end_ps <= now_ps) {
		frame_end(ssp, ssp->end_ps);
		if (may_shift(ssp))
			frame_begin(ssp, ssp->end_ps);
	}
	if (ssp->rx.level && now_ps - ssp->last_receive_ps >= half_bits_to_ps(ssp, 2 * TIMEOUT_BITS))
		ssp->timeout = true;
}

static bool ssp_sync(void *context)
{
	struct ctl_pl022 *ssp = context;

	ssp_advance(ssp);
	return ssp->shifting;
}

static bool is_busy(const struct ctl_pl022 *ssp)
{
	return ssp->shifting || ssp->tx.level;
}

/* Section "Motorola SPI frame format": while idle "the SSPCLKOUT signal is forced" to SPO's level. */
static void drive_idle_clock(struct ctl_pl022 *ssp)
{
	if ((ssp->cr1 & (CR1_SSE | CR1_MS)) != CR1_SSE || ssp->shifting || !pin_reaches(ssp, LINE_SCK))
		return;
	struct ctl_levels levels = *ctl_wires_get(ssp->wires);
	levels.sck = ssp->cr0 & CR0_SPO;
	ctl_wires_drive(ssp->wires, &levels, false);
}

void ctl_pl022_pins_changed(struct ctl_pl022 *ssp)
{
	drive_idle_clock(ssp);
}

static void begin_if_idle(struct ctl_pl022 *ssp)
{
	if (!ssp->shifting && may_shift(ssp))
		frame_begin(ssp, ssp->vb->clock.now_ps);
}

/* "reserved, read as zero, do not modify" */
static void check_reserved(struct ctl_pl022 *ssp, const char *what, uint32_t value, uint32_t mask)
{
	if (value & 0xffff & ~mask)
		vb_violation(ssp->vb, "%s: %s written with reserved bits %04x", ssp->config.name, what,
			(unsigned int)(value & 0xffff & ~mask));
}

/* Section "Configuring the SSP": disabled after reset, it "must be configured when in this state". */
static void check_disabled(struct ctl_pl022 *ssp, const char *what)
{
	if (ssp->cr1 & CR1_SSE)
		vb_violation(ssp->vb, "%s: %s changed while SSE is set", ssp->config.name, what);
}

static void enable(struct ctl_pl022 *ssp)
{
	const char *name = ssp->config.name;

	ssp->format_reported = false;
	if ((ssp->cr0 & CR0_DSS) < 3)
		vb_violation(ssp->vb, "%s: SSE set with DSS = %u, which is reserved", name,
			(unsigned int)(ssp->cr0 & CR0_DSS));
	if (ssp->cpsr < 2)
		vb_violation(ssp->vb, "%s: SSE set with SSPCPSR = %u: the prescaler is an even number from 2 to 254", name,
			(unsigned int)ssp->cpsr);
	if (ssp->cr1 & CR1_MS)
		vb_violation(ssp->vb, "%s: SSE set in slave mode", name);
	if (!sspclk_hz(ssp))
		vb_violation(ssp->vb, "%s: SSE set while SSPCLK is off", name);
}

static void write_cr1(struct ctl_pl022 *ssp, uint32_t value)
{
	uint32_t old = ssp->cr1;

	check_reserved(ssp, "SSPCR1", value, CR1_MASK);
	value &= CR1_MASK;
	/* "MS ... can be modified only when the PrimeCell SSP is disabled"; the others are its configuration */
	if (old & value & CR1_SSE && old != value)
		vb_violation(ssp->vb, "%s: SSPCR1 bits %x changed while SSE is set", ssp->config.name,
			(unsigned int)(old ^ value));
	if (old & ~value & CR1_SSE && is_busy(ssp)) {
		vb_violation(ssp->vb, "%s: SSE cleared while BSY is set", ssp->config.name);
		ssp->shifting = false;
	}
	ssp->cr1 = value;
	if (value & ~old & CR1_SSE)
		enable(ssp);
	drive_idle_clock(ssp);
	begin_if_idle(ssp);
}

static void write_cpsr(struct ctl_pl022 *ssp, uint32_t value)
{
	check_reserved(ssp, "SSPCPSR", value, 0xff);
	if (ssp->cpsr != (value & 0xfe))
		check_disabled(ssp, "SSPCPSR");
	if (value & 1)
		vb_violation(ssp->vb, "%s: SSPCPSR written with the odd number %u", ssp->config.name,
			(unsigned int)(value & 0xff));
	/* "The least significant bit always returns zero on reads" */
	ssp->cpsr = value & 0xfe;
}

static void write_dr(struct ctl_pl022 *ssp, uint32_t value)
{
	const char *name = ssp->config.name;

	if (ssp->tx.level == FIFO_FRAMES) {
		vb_violation(ssp->vb, "%s: SSPDR written while TNF is 0", name);
		return;
	}
	if (ssp->overrun && !ssp->rx.level && !is_busy(ssp))
		vb_violation(ssp->vb, "%s: the next transfer begins while RORRIS is set: an overrun ignored", name);
	/* Section "SSPDR": "Unused bits at the top are ignored by transmit logic" */
	fifo_push(&ssp->tx, (uint16_t)(value & ((1u << frame_bits(ssp)) - 1)));
	begin_if_idle(ssp);
}

static uint32_t read_dr(struct ctl_pl022 *ssp)
{
	if (!ssp->rx.level) {
		vb_violation(ssp->vb, "%s: SSPDR read while RNE is 0", ssp->config.name);
		return ssp->last_data;
	}
	ssp->last_data = fifo_pop(&ssp->rx);
	ssp->last_receive_ps = ssp->vb->clock.now_ps;
	/* Section "SSPRTINTR": cleared also when "the receive FIFO becomes empty through subsequent reads" */
	if (!ssp->rx.level)
		ssp->timeout = false;
	return ssp->last_data;
}

static uint32_t read_sr(const struct ctl_pl022 *ssp)
{
	uint32_t sr = 0;

	if (!ssp->tx.level)
		sr |= SR_TFE;
	if (ssp->tx.level < FIFO_FRAMES)
		sr |= SR_TNF;
	if (ssp->rx.level)
		sr |= SR_RNE;
	if (ssp->rx.level == FIFO_FRAMES)
		sr |= SR_RFF;
	if (is_busy(ssp))
		sr |= SR_BSY;
	return sr;
}

static uint32_t raw_interrupts(const struct ctl_pl022 *ssp)
{
	uint32_t ris = 0;

	if (ssp->overrun)
		ris |= INT_ROR;
	if (ssp->timeout)
		ris |= INT_RT;
	/* Section "Interrupts": four or more to be read; four or fewer to be sent */
	if (ssp->rx.level >= FIFO_FRAMES / 2)
		ris |= INT_RX;
	if (ssp->tx.level <= FIFO_FRAMES / 2)
		ris |= INT_TX;
	return ris;
}

static bool is_reachable(struct ctl_pl022 *ssp, bool write, uint32_t offset)
{
	const char *why = "";

	if (!ssp->config.is_reachable || ssp->config.is_reachable(ssp->config.context, &why)) {
		ssp->unreachable_reported = false;
		return true;
	}
	/* A polling loop would fill the list */
	if (!ssp->unreachable_reported)
		vb_violation(ssp->vb, "%s: %s at offset %03xh while %s", ssp->config.name, write ? "write" : "read",
			(unsigned int)offset, why);
	ssp->unreachable_reported = true;
	return false;
}

static int ssp_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	/* Section "Peripheral identification registers": part 022h, designer 41h, revision 3; and the PrimeCell id */
	static const uint8_t id[] = { 0x22, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };
	struct ctl_pl022 *ssp = context;
	uint32_t word = 0;

	*value = 0;
	if (!is_reachable(ssp, false, offset))
		return 0;
	ssp_advance(ssp);

	switch (offset & ~3u) {
	case SSP_CR0:
		word = ssp->cr0;
		break;
	case SSP_CR1:
		word = ssp->cr1;
		break;
	case SSP_DR:
		word = read_dr(ssp);
		break;
	case SSP_SR:
		if (master == BUS_CPU)
			ctl_wires_note_poll(ssp->wires);
		word = read_sr(ssp);
		break;
	case SSP_CPSR:
		word = ssp->cpsr;
		break;
	case SSP_IMSC:
		word = ssp->imsc;
		break;
	case SSP_RIS:
		word = raw_interrupts(ssp);
		break;
	case SSP_MIS:
		word = raw_interrupts(ssp) & ssp->imsc;
		break;
	case SSP_DMACR:
		word = ssp->dmacr;
		break;
	default:
		if (offset >= SSP_FIRST_ID)
			word = id[(offset - SSP_FIRST_ID) / 4];
		else
			vb_violation(ssp->vb, "%s: read of reserved or write-only offset %03xh", ssp->config.name,
				(unsigned int)offset);
		break;
	}
	word >>= 8 * (offset & 3);
	*value = size == 4 ? word : word & ((1u << (8 * size)) - 1);
	return 0;
}

/*
 * APB has no byte strobes: a narrow write is one of all 32 bits, with the data on every byte lane, as the processors
 * put it there (RP2040 data sheet, section "Narrow IO Register Writes").
 */
static int ssp_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_pl022 *ssp = context;
	(void)master;

	if (size < 4)
		value = (value & ((1u << (8 * size)) - 1)) * (size == 1 ? 0x01010101u : 0x00010001u);

	if (!is_reachable(ssp, true, offset))
		return 0;
	ssp_advance(ssp);

	switch (offset & ~3u) {
	case SSP_CR0:
		if (ssp->cr0 != (value & 0xffff))
			check_disabled(ssp, "SSPCR0");
		ssp->cr0 = value & 0xffff;
		break;
	case SSP_CR1:
		write_cr1(ssp, value);
		break;
	case SSP_DR:
		write_dr(ssp, value);
		break;
	case SSP_CPSR:
		write_cpsr(ssp, value);
		break;
	case SSP_IMSC:
		check_reserved(ssp, "SSPIMSC", value, INT_MASK);
		ssp->imsc = value & INT_MASK;
		break;
	case SSP_ICR:
		check_reserved(ssp, "SSPICR", value, ICR_MASK);
		if (value & INT_ROR)
			ssp->overrun = false;
		if (value & INT_RT) {
			ssp->timeout = false;
			ssp->last_receive_ps = ssp->vb->clock.now_ps;
		}
		break;
	case SSP_DMACR:
		check_reserved(ssp, "SSPDMACR", value, DMACR_MASK);
		ssp->dmacr = value & DMACR_MASK;
		break;
	default:
		vb_violation(ssp->vb, "%s: write to read-only or reserved offset %03xh", ssp->config.name,
			(unsigned int)offset);
		break;
	}
	return 0;
}

void ctl_pl022_reset(void *context)
{
	struct ctl_pl022 *ssp = context;

	/* What was shifted before the reset did reach the flash */
	ssp_advance(ssp);
	ssp->cr0 = 0;
	ssp->cr1 = 0;
	ssp->cpsr = 0;
	ssp->imsc = 0;
	ssp->dmacr = 0;
	ssp->overrun = false;
	ssp->timeout = false;
	ssp->tx.level = 0;
	ssp->rx.level = 0;
	ssp->last_data = 0;
	ssp->shifting = false;
	ssp->format_reported = false;
}

struct ctl_pl022 *ctl_pl022_new(struct bus *bus, const struct ctl_pl022_config *config, struct ctl_wires *wires)
{
	if (!config->sspclk_hz)
		return NULL;
	struct ctl_pl022 *ssp = calloc(1, sizeof(*ssp));
	if (!ssp)
		return NULL;
	ssp->vb = bus->vb;
	ssp->config = *config;
	ssp->wires = wires;
	const struct bus_device device = {
		.name = config->name,
		.base = config->base,
		.size = 0x1000,
		.context = ssp,
		.read = ssp_read,
		.write = ssp_write,
		.reset = ctl_pl022_reset,
	};
	if (bus_add_device(bus, &device)) {
		free(ssp);
		return NULL;
	}
	ctl_pl022_reset(ssp);
	ctl_wires_set_shifter(wires, ssp_sync, ssp);
	return ssp;
}

void ctl_pl022_free(struct ctl_pl022 *ssp)
{
	free(ssp);
}
