// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32 SPI as a bus master: v1 without FIFO (RM0090 section 28, read in rev 21) and v1.5 with 32-bit FIFOs (RM0360
 * section 24, RM0454 section 27; cited below from RM0364 rev 4 section 29, the same peripheral). I2S, CRC, DMA,
 * slave and one-wire modes only store their bits; a transfer with them is a violation, because the flash cannot be
 * reached that way.
 *
 * Frames are worked out lazily: every access (and every change of a pin) first brings the shift register up to the
 * time of the access. The flash gets a frame's bits at the time at which the frame began.
 */

#include "ctl.h"

#include <stdlib.h>
#include <string.h>

enum {
	SPI_CR1 = 0x00,
	SPI_CR2 = 0x04,
	SPI_SR = 0x08,
	SPI_DR = 0x0c,
	SPI_CRCPR = 0x10,
	SPI_RXCRCR = 0x14,
	SPI_TXCRCR = 0x18,
	SPI_I2SCFGR = 0x1c,
	SPI_I2SPR = 0x20,
};

#define CR1_CPHA	(1u << 0)
#define CR1_CPOL	(1u << 1)
#define CR1_MSTR	(1u << 2)
#define CR1_BR_SHIFT	3
#define CR1_BR		(7u << CR1_BR_SHIFT)
#define CR1_SPE		(1u << 6)
#define CR1_LSBFIRST	(1u << 7)
#define CR1_SSI		(1u << 8)
#define CR1_SSM		(1u << 9)
#define CR1_RXONLY	(1u << 10)
#define CR1_DFF		(1u << 11)	/* v1: 16-bit frames; v1.5: CRCL */
#define CR1_CRCEN	(1u << 13)
#define CR1_BIDIMODE	(1u << 15)

#define CR2_SSOE	(1u << 2)
#define CR2_NSSP	(1u << 3)
#define CR2_FRF		(1u << 4)
#define CR2_DS_SHIFT	8
#define CR2_DS		(15u << CR2_DS_SHIFT)
#define CR2_FRXTH	(1u << 12)
#define CR2_LDMA	(3u << 13)
/* v1: bits 15:8 and 3 are reserved and read 0; v1.5: all up to LDMA_TX (14) */
#define CR2_MASK_V1	0x00f7u
#define CR2_MASK_V1_5	0x7fffu
#define CR2_RESET_V1_5	0x0700u

#define SR_RXNE		(1u << 0)
#define SR_TXE		(1u << 1)
#define SR_MODF		(1u << 5)
#define SR_OVR		(1u << 6)
#define SR_BSY		(1u << 7)
#define SR_FRLVL_SHIFT	9
#define SR_FTLVL_SHIFT	11

#define I2SCFGR_I2SMOD	(1u << 11)

/*
 * RM0090 28.5.1, RM0364 29.6.1: these "should not be changed when communication is ongoing". Judged more strictly: not
 * in a store that leaves SPE set, because a program that keeps it set cannot be sure that nothing is going on. A store
 * that clears SPE may change them, as when a program restores a register.
 */
#define CR1_FIXED	(CR1_CPHA | CR1_CPOL | CR1_MSTR | CR1_BR | CR1_LSBFIRST)
/* Likewise: "should be written only when SPI is disabled (SPE = 0)" */
#define CR1_FIXED_SPE	(CR1_DFF | CR1_CRCEN)
#define CR2_FIXED_V1	CR2_FRF
#define CR2_FIXED_V1_5	(CR2_FRF | CR2_NSSP | CR2_DS | CR2_LDMA)

#define FIFO_BYTES	4

/*
 * RM0090 28.3.5: "During discontinuous communications, there is a 2 APB clock period delay between the write
 * operation to SPI_DR and the BSY bit setting", which is why waiting for BSY = 0 alone is not enough. The FIFO
 * variant's manuals ask for FTLVL = 0 and then BSY = 0 (RM0364 29.4.9), which comes to the same.
 */
#define START_DELAY_PCLK	2

struct spi_fifo {
	uint8_t byte[FIFO_BYTES];
	unsigned int level;
};

enum spi_shift_state {
	SHIFT_IDLE,
	SHIFT_STARTING,		/* a frame waits for start_ps */
	SHIFT_RUNNING,		/* until end_ps */
};

struct ctl_stm32_spi {
	struct vb *vb;
	struct ctl_stm32_spi_config config;
	struct ctl_wires *wires;

	uint32_t cr1, cr2, crcpr, i2scfgr, i2spr;
	bool ovr, modf;
	bool ovr_data_read;	/* the first half of OVR's clear sequence: DR was read */
	bool modf_status_seen;	/* likewise for MODF: SR was accessed */
	struct spi_fifo tx, rx;
	uint32_t last_data;	/* what an empty receive buffer still shows */

	enum spi_shift_state shift_state;
	uint64_t start_ps, end_ps;
	uint16_t shift_rx;

	bool unclocked_reported, format_reported;
};

static bool has_fifo(const struct ctl_stm32_spi *spi)
{
	return spi->config.variant == STM32_SPI_V1_5;
}

static unsigned int frame_bits(const struct ctl_stm32_spi *spi)
{
	if (has_fifo(spi))
		return (spi->cr2 >> CR2_DS_SHIFT & 0xf) + 1;
	return spi->cr1 & CR1_DFF ? 16 : 8;
}

static unsigned int frame_bytes(const struct ctl_stm32_spi *spi)
{
	return frame_bits(spi) > 8 ? 2 : 1;
}

static unsigned int fifo_capacity(const struct ctl_stm32_spi *spi)
{
	/* v1: one buffer each way, which holds one frame */
	return has_fifo(spi) ? FIFO_BYTES : frame_bytes(spi);
}

static void fifo_push(struct spi_fifo *fifo, uint32_t value, unsigned int num_bytes)
{
	for (unsigned int i = 0; i < num_bytes; i++)
		fifo->byte[fifo->level++] = (uint8_t)(value >> (8 * i));
}

static uint32_t fifo_pop(struct spi_fifo *fifo, unsigned int num_bytes)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < num_bytes; i++)
		value |= (uint32_t)fifo->byte[i] << (8 * i);
	fifo->level -= num_bytes;
	memmove(fifo->byte, fifo->byte + num_bytes, fifo->level);
	return value;
}

static bool transmit_empty(const struct ctl_stm32_spi *spi)
{
	/* RM0364 29.4.10: TXE while the TXFIFO level is at most half of its depth; above, it counts as full */
	return has_fifo(spi) ? spi->tx.level <= FIFO_BYTES / 2 : spi->tx.level == 0;
}

static bool receive_not_empty(const struct ctl_stm32_spi *spi)
{
	if (!has_fifo(spi))
		return spi->rx.level != 0;
	return spi->rx.level >= (spi->cr2 & CR2_FRXTH ? 1u : 2u);
}

static uint32_t fifo_level_code(const struct spi_fifo *fifo)
{
	/* RM0364 29.6.3: empty, 1/4, 1/2, and full for everything above 1/2 */
	return fifo->level > 3 ? 3 : fifo->level;
}

static bool pin_reaches(const struct ctl_stm32_spi *spi, const struct ctl_gpio *port, unsigned int pin)
{
	return !port || ctl_gpio_alternate_function(port, pin) == spi->config.alternate_function;
}

/* RM0090 28.5.1, CR1.BR: SCK is pclk divided by 2, 4, ... 256 */
static unsigned int log2_divider(const struct ctl_stm32_spi *spi)
{
	return (spi->cr1 >> CR1_BR_SHIFT & 7) + 1;
}

static uint32_t clock_hz(const struct ctl_stm32_spi *spi)
{
	return spi->config.pclk_hz >> log2_divider(spi);
}

static uint64_t pclk_to_ps(const struct ctl_stm32_spi *spi, uint64_t clocks)
{
	return clocks * VB_PS_PER_S / spi->config.pclk_hz;
}

/* Says once per enable what about the frame format no flash understands. True: the bits reach the flash anyway. */
static bool format_check(struct ctl_stm32_spi *spi)
{
	const char *what = NULL;
	bool readable = false;
	bool cpol = spi->cr1 & CR1_CPOL, cpha = spi->cr1 & CR1_CPHA;

	if (spi->i2scfgr & I2SCFGR_I2SMOD)
		what = "I2S mode";
	else if (spi->cr2 & CR2_FRF)
		what = "TI frame format";
	else if (spi->cr1 & (CR1_BIDIMODE | CR1_RXONLY))
		what = "one data line (BIDIMODE or RXONLY)";
	else if (spi->cr1 & CR1_CRCEN)
		what = "hardware CRC";
	else if (cpol != cpha)
		what = "SPI mode 1 or 2";
	else if (frame_bits(spi) != 8 && frame_bits(spi) != 16)
		what = "a frame that is not made of bytes";
	else
		readable = true;
	if (readable && frame_bits(spi) == 16)
		what = "16-bit frames";
	else if (readable && spi->cr1 & CR1_LSBFIRST)
		what = "LSB first";
	if (what && !spi->format_reported) {
		vb_violation(spi->vb, "%s: transfer to the flash with %s (CR1 %04x, CR2 %04x)", spi->config.name, what,
			(unsigned int)spi->cr1, (unsigned int)spi->cr2);
		spi->format_reported = true;
	}
	return readable;
}

static uint8_t reverse_bits(uint8_t byte)
{
	uint8_t reversed = 0;

	for (unsigned int i = 0; i < 8; i++)
		reversed |= (byte >> i & 1) << (7 - i);
	return reversed;
}

static uint8_t shift_byte(struct ctl_stm32_spi *spi, uint8_t byte, uint64_t at_ps)
{
	const struct ctl_stm32_spi_config *config = &spi->config;
	bool lsb_first = spi->cr1 & CR1_LSBFIRST;

	/* Without SCK the chip sees nothing; the MISO input of a pin that is not connected to the SPI reads high */
	if (!pin_reaches(spi, config->sck_port, config->sck_pin))
		return 0xff;
	if (!pin_reaches(spi, config->mosi_port, config->mosi_pin))
		byte = ctl_wires_get(spi->wires)->mosi ? 0xff : 0;
	uint8_t in = ctl_wires_transfer(spi->wires, lsb_first ? reverse_bits(byte) : byte, clock_hz(spi), at_ps);
	if (!pin_reaches(spi, config->miso_port, config->miso_pin))
		return 0xff;
	return lsb_first ? reverse_bits(in) : in;
}

static void frame_begin(struct ctl_stm32_spi *spi)
{
	unsigned int num_bytes = frame_bytes(spi);

	/* The frame may have been made longer since it was scheduled (a violation by itself) */
	if (spi->tx.level < num_bytes) {
		spi->shift_state = SHIFT_IDLE;
		return;
	}
	uint32_t out = fifo_pop(&spi->tx, num_bytes);
	spi->shift_state = SHIFT_RUNNING;
	spi->end_ps = spi->start_ps + pclk_to_ps(spi, (uint64_t)frame_bits(spi) << log2_divider(spi));
	spi->shift_rx = 0xffff;
	if (!format_check(spi))
		return;
	if (num_bytes == 1) {
		spi->shift_rx = shift_byte(spi, (uint8_t)out, spi->start_ps);
		return;
	}
	bool lsb_first = spi->cr1 & CR1_LSBFIRST;
	uint8_t first = shift_byte(spi, (uint8_t)(lsb_first ? out : out >> 8), spi->start_ps);
	uint8_t second = shift_byte(spi, (uint8_t)(lsb_first ? out >> 8 : out), spi->start_ps);
	spi->shift_rx = lsb_first ? first | second << 8 : first << 8 | second;
}

static void frame_end(struct ctl_stm32_spi *spi)
{
	unsigned int num_bytes = frame_bytes(spi);

	spi->shift_state = SHIFT_IDLE;
	/* RM0090 28.3.10, RM0364 29.4.11: until OVR is cleared, what is received is lost and the buffer keeps the old */
	if (!spi->ovr && spi->rx.level + num_bytes <= fifo_capacity(spi))
		fifo_push(&spi->rx, spi->shift_rx, num_bytes);
	else
		spi->ovr = true;
}

static void shift_schedule(struct ctl_stm32_spi *spi, uint64_t at_ps)
{
	if (spi->shift_state != SHIFT_IDLE || !(spi->cr1 & CR1_SPE) || !(spi->cr1 & CR1_MSTR))
		return;
	if (spi->tx.level < frame_bytes(spi))
		return;
	spi->shift_state = SHIFT_STARTING;
	spi->start_ps = at_ps;
}

/* Brings the shift register up to the present. */
static void spi_advance(struct ctl_stm32_spi *spi)
{
	uint64_t now_ps = spi->vb->clock.now_ps;

	for (;;) {
		if (spi->shift_state == SHIFT_STARTING && spi->start_ps <= now_ps) {
			frame_begin(spi);
		} else if (spi->shift_state == SHIFT_RUNNING && spi->end_ps <= now_ps) {
			frame_end(spi);
			shift_schedule(spi, spi->end_ps);
		} else {
			return;
		}
	}
}

static bool spi_sync(void *context)
{
	struct ctl_stm32_spi *spi = context;

	spi_advance(spi);
	return spi->shift_state != SHIFT_IDLE;
}

static void spi_begin_soon(struct ctl_stm32_spi *spi)
{
	shift_schedule(spi, spi->vb->clock.now_ps + pclk_to_ps(spi, START_DELAY_PCLK));
}

/* An enabled master holds SCK at CPOL between frames; the flash sees the edge when that is a change. */
static void drive_idle_clock(struct ctl_stm32_spi *spi)
{
	if (!(spi->cr1 & CR1_SPE) || !(spi->cr1 & CR1_MSTR))
		return;
	if (!pin_reaches(spi, spi->config.sck_port, spi->config.sck_pin))
		return;
	struct ctl_levels levels = *ctl_wires_get(spi->wires);
	levels.sck = spi->cr1 & CR1_CPOL;
	ctl_wires_drive(spi->wires, &levels, false);
}

static void write_cr1(struct ctl_stm32_spi *spi, uint32_t value)
{
	uint32_t old = spi->cr1;
	bool was_enabled = old & CR1_SPE;

	/* RM0364 29.4.11: MODF is cleared by an access to SR, then a write of CR1; before, SPE and MSTR cannot be set */
	if (spi->modf && spi->modf_status_seen) {
		spi->modf = false;
		spi->modf_status_seen = false;
	}
	if (spi->modf)
		value &= ~(CR1_SPE | CR1_MSTR);

	uint32_t fixed = value & CR1_SPE ? CR1_FIXED | CR1_FIXED_SPE : CR1_FIXED_SPE;
	if (was_enabled && (old ^ value) & fixed)
		vb_violation(spi->vb, "%s: CR1 bits %04x changed while SPE is set", spi->config.name,
			(unsigned int)((old ^ value) & fixed));
	if (was_enabled && !(value & CR1_SPE)) {
		if (spi->shift_state != SHIFT_IDLE || spi->tx.level)
			vb_violation(spi->vb, "%s: SPE cleared while %s", spi->config.name,
				spi->shift_state == SHIFT_IDLE ? "data waits to be sent" : "BSY is set");
		spi->shift_state = SHIFT_IDLE;
		spi->tx.level = 0;
	}
	spi->cr1 = value & 0xffff;

	if (spi->cr1 & CR1_SPE && spi->cr1 & CR1_MSTR) {
		bool selected = spi->cr1 & CR1_SSM ? !(spi->cr1 & CR1_SSI) : false;
		if (selected) {
			vb_violation(spi->vb, "%s: mode fault: master with SSM = 1 and SSI = 0", spi->config.name);
			spi->modf = true;
			spi->modf_status_seen = false;
			spi->cr1 &= ~(CR1_SPE | CR1_MSTR);
			return;
		}
		if (!(spi->cr1 & CR1_SSM) && !(spi->cr2 & CR2_SSOE) && !was_enabled)
			vb_violation(spi->vb, "%s: master with SSM = 0 and SSOE = 0 depends on an NSS input that is not wired",
				spi->config.name);
	}
	if (!was_enabled && spi->cr1 & CR1_SPE) {
		spi->format_reported = false;
		/* These receive without being asked to as soon as they are enabled */
		if (spi->cr1 & CR1_MSTR && spi->cr1 & (CR1_BIDIMODE | CR1_RXONLY))
			format_check(spi);
	}
	drive_idle_clock(spi);
	spi_begin_soon(spi);
}

static void write_cr2(struct ctl_stm32_spi *spi, uint32_t value)
{
	uint32_t fixed = has_fifo(spi) ? CR2_FIXED_V1_5 : CR2_FIXED_V1;

	value &= has_fifo(spi) ? CR2_MASK_V1_5 : CR2_MASK_V1;
	/* RM0364 29.6.2: 0000b to 0010b are "not used" and forced to 0111b, 8 bit */
	if (has_fifo(spi) && (value & CR2_DS) >> CR2_DS_SHIFT < 3)
		value = (value & ~CR2_DS) | 7u << CR2_DS_SHIFT;
	if (spi->cr1 & CR1_SPE && (spi->cr2 ^ value) & fixed)
		vb_violation(spi->vb, "%s: CR2 bits %04x changed while SPE is set", spi->config.name,
			(unsigned int)((spi->cr2 ^ value) & fixed));
	spi->cr2 = value;
}

static uint32_t read_sr(struct ctl_stm32_spi *spi)
{
	uint32_t sr = 0;

	if (receive_not_empty(spi))
		sr |= SR_RXNE;
	if (transmit_empty(spi))
		sr |= SR_TXE;
	if (spi->modf)
		sr |= SR_MODF;
	if (spi->ovr)
		sr |= SR_OVR;
	if (spi->shift_state == SHIFT_RUNNING)
		sr |= SR_BSY;
	if (has_fifo(spi))
		sr |= fifo_level_code(&spi->rx) << SR_FRLVL_SHIFT | fifo_level_code(&spi->tx) << SR_FTLVL_SHIFT;

	/* OVR is cleared by a read of DR and then one of SR; this read still shows it */
	if (spi->ovr && spi->ovr_data_read)
		spi->ovr = false;
	spi->ovr_data_read = false;
	spi->modf_status_seen = spi->modf;
	return sr;
}

static uint32_t read_dr(struct ctl_stm32_spi *spi, unsigned int size)
{
	/* 16-bit peripheral: a word access is a half-word access */
	unsigned int num_bytes = size == 1 ? 1 : 2;

	/* With OVR set, the read is the first half of the clear sequence */
	if (!receive_not_empty(spi) && !spi->ovr)
		vb_violation(spi->vb, "%s: DR read while RXNE is 0", spi->config.name);
	spi->ovr_data_read = spi->ovr;

	if (!has_fifo(spi)) {
		if (spi->rx.level)
			spi->last_data = fifo_pop(&spi->rx, spi->rx.level);
		return spi->last_data;
	}
	/* RM0364 29.4.9: "The read access must be always aligned with the RXFIFO threshold configured by the FRXTH bit" */
	if (num_bytes != (spi->cr2 & CR2_FRXTH ? 1u : 2u))
		vb_violation(spi->vb, "%s: %u-bit read of DR, but FRXTH sets the threshold for %u bits", spi->config.name,
			8 * num_bytes, spi->cr2 & CR2_FRXTH ? 8u : 16u);
	if (!spi->rx.level)
		return spi->last_data;
	spi->last_data = fifo_pop(&spi->rx, num_bytes < spi->rx.level ? num_bytes : spi->rx.level);
	return spi->last_data;
}

static void write_dr(struct ctl_stm32_spi *spi, uint32_t value, unsigned int size)
{
	unsigned int num_bytes = size == 1 ? 1 : 2;

	if (!transmit_empty(spi))
		vb_violation(spi->vb, "%s: DR written while TXE is 0", spi->config.name);
	if (!has_fifo(spi)) {
		spi->tx.level = 0;
		fifo_push(&spi->tx, value, frame_bytes(spi));
	} else {
		/* RM0364 29.4.9, data packing: a half-word is two frames of up to 8 bits, the low byte goes first */
		if (num_bytes < frame_bytes(spi))
			vb_violation(spi->vb, "%s: 8-bit write to DR with frames of %u bits", spi->config.name,
				frame_bits(spi));
		if (spi->tx.level + num_bytes <= FIFO_BYTES)
			fifo_push(&spi->tx, value, num_bytes);
	}
	spi_begin_soon(spi);
}

static bool spi_is_clocked(struct ctl_stm32_spi *spi, bool write, uint32_t offset)
{
	if (ctl_gate_is_open(&spi->config.gate)) {
		spi->unclocked_reported = false;
		return true;
	}
	/* A polling loop would fill the list */
	if (!spi->unclocked_reported)
		vb_violation(spi->vb, "%s: %s at offset %02xh while its clock is off in RCC", spi->config.name,
			write ? "write" : "read", (unsigned int)offset);
	spi->unclocked_reported = true;
	return false;
}

static void check_access_size(struct ctl_stm32_spi *spi, bool write, uint32_t offset, unsigned int size)
{
	/*
	 * RM0090 28.5: "The peripheral registers have to be accessed by half-words (16 bits) or words (32 bits)";
	 * RM0364 29.6: likewise, "SPI_DR in addition can be accessed by 8-bit access".
	 */
	if (size == 1 && !(has_fifo(spi) && offset == SPI_DR))
		vb_violation(spi->vb, "%s: 8-bit %s at offset %02xh, which must be accessed by 16 or 32 bits",
			spi->config.name, write ? "write" : "read", (unsigned int)offset);
}

static int spi_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct ctl_stm32_spi *spi = context;
	uint32_t word = 0;

	*value = 0;
	if (!spi_is_clocked(spi, false, offset))
		return 0;
	check_access_size(spi, false, offset, size);
	spi_advance(spi);

	switch (offset & ~3u) {
	case SPI_CR1:
		word = spi->cr1;
		break;
	case SPI_CR2:
		word = spi->cr2;
		break;
	case SPI_SR:
		if (master == BUS_CPU)
			ctl_wires_note_poll(spi->wires);
		word = read_sr(spi);
		break;
	case SPI_DR:
		/* The other bytes are reserved bits, or no access that a manual knows: they do not touch the buffer */
		if (offset == SPI_DR)
			word = read_dr(spi, size);
		break;
	case SPI_CRCPR:
		word = spi->crcpr;
		break;
	case SPI_RXCRCR:
	case SPI_TXCRCR:
		break;
	case SPI_I2SCFGR:
		word = spi->i2scfgr;
		break;
	case SPI_I2SPR:
		word = spi->i2spr;
		break;
	default:
		vb_violation(spi->vb, "%s: read of reserved offset %02xh", spi->config.name, (unsigned int)offset);
		break;
	}
	word >>= 8 * (offset & 3);
	*value = size == 1 ? word & 0xff : word & 0xffff;
	return 0;
}

static uint32_t merge(uint32_t old, uint32_t offset, unsigned int size, uint32_t value)
{
	unsigned int shift = 8 * (offset & 3);
	uint32_t mask = (size == 1 ? 0xffu : 0xffffu) << shift & 0xffff;

	return (old & ~mask) | (value << shift & mask);
}

static int spi_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_stm32_spi *spi = context;
	(void)master;

	if (!spi_is_clocked(spi, true, offset))
		return 0;
	check_access_size(spi, true, offset, size);
	spi_advance(spi);

	switch (offset & ~3u) {
	case SPI_CR1:
		write_cr1(spi, merge(spi->cr1, offset, size, value));
		break;
	case SPI_CR2:
		write_cr2(spi, merge(spi->cr2, offset, size, value));
		break;
	case SPI_DR:
		if (offset == SPI_DR)
			write_dr(spi, value, size);
		break;
	case SPI_CRCPR:
		spi->crcpr = merge(spi->crcpr, offset, size, value);
		break;
	case SPI_SR:	/* only CRCERR can be written (to 0), and it is never set here */
		spi->modf_status_seen = spi->modf;
		break;
	case SPI_RXCRCR:
	case SPI_TXCRCR:
		break;
	case SPI_I2SCFGR:
		spi->i2scfgr = merge(spi->i2scfgr, offset, size, value) & (has_fifo(spi) ? 0x1fbf : 0xfbf);
		break;
	case SPI_I2SPR:
		spi->i2spr = merge(spi->i2spr, offset, size, value) & 0x3ff;
		break;
	default:
		vb_violation(spi->vb, "%s: write to reserved offset %02xh", spi->config.name, (unsigned int)offset);
		break;
	}
	return 0;
}

void ctl_stm32_spi_reset(void *context)
{
	struct ctl_stm32_spi *spi = context;

	/* What was shifted before the reset did reach the flash */
	spi_advance(spi);
	spi->cr1 = 0;
	spi->cr2 = has_fifo(spi) ? CR2_RESET_V1_5 : 0;
	spi->crcpr = 7;
	spi->i2scfgr = 0;
	spi->i2spr = 2;
	spi->ovr = false;
	spi->modf = false;
	spi->ovr_data_read = false;
	spi->modf_status_seen = false;
	spi->tx.level = 0;
	spi->rx.level = 0;
	spi->last_data = 0;
	spi->shift_state = SHIFT_IDLE;
	spi->format_reported = false;
}

struct ctl_stm32_spi *ctl_stm32_spi_new(struct bus *bus, const struct ctl_stm32_spi_config *config,
		struct ctl_wires *wires)
{
	struct ctl_stm32_spi *spi = calloc(1, sizeof(*spi));
	if (!spi)
		return NULL;
	spi->vb = bus->vb;
	spi->config = *config;
	spi->wires = wires;
	const struct bus_device device = {
		.name = config->name,
		.base = config->base,
		.size = 0x400,
		.context = spi,
		.read = spi_read,
		.write = spi_write,
		.reset = ctl_stm32_spi_reset,
	};
	if (bus_add_device(bus, &device)) {
		free(spi);
		return NULL;
	}
	ctl_stm32_spi_reset(spi);
	ctl_wires_set_shifter(wires, spi_sync, spi);
	return spi;
}

void ctl_stm32_spi_free(struct ctl_stm32_spi *spi)
{
	free(spi);
}
