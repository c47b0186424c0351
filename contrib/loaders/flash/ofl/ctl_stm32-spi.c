// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32 SPI, the version without FIFO (F1 F2 F4 L1) and the one with (F0 F3 G0 G4 L4 F7 WB).
 * [RM0090] STM32F405/415..., rev 19, section 28.5; [RM0360] STM32F030..., rev 5, section 24.6 (F030's SPI has the
 * FIFO).
 */

#include "ctl_bytes.h"

/* A struct, because the compiler then keeps the offsets in the instructions. */
struct registers {
	volatile uint32_t cr1, cr2, sr;
	/*
	 * The width of the access counts where there is a FIFO: a half-word is two frames [RM0360 24.5.9]; where there is
	 * none, the register takes half-words or words only [RM0090 28.5].
	 */
	union {
		volatile uint8_t dr_fifo;
		volatile uint16_t dr;
	};
};

#define CR1_MSTR	0x0004
#define CR1_BR		0x0038
#define CR1_SPE		0x0040
#define CR1_SSI		0x0100
#define CR1_SSM		0x0200

/* DS = 8 bit, RXNE at one byte [RM0360 24.6.2]; both fields are reserved and read 0 without FIFO [RM0090 28.5.2]. */
#define CR2_8BIT_FIFO	0x1700

#define SAVED_CR1	OFL_CTL_SAVE
#define SAVED_CR2	(OFL_CTL_SAVE + 1)
#define HAS_FIFO	(OFL_CTL_SAVE + 2)

#define SR_RXNE		0x0001
#define SR_TXE		0x0002
#define SR_BSY		0x0080
#define SR_FTLVL	0x1800	/* frames that wait in the FIFO; reserved and 0 without [RM0090 28.5.3] */

static inline struct registers *registers(struct ofl_params *p)
{
	return (struct registers *)p->ctl[OFL_CTL_BASE];
}

/* Waits until SR & mask == value, or ends the run at the deadline. */
static void need_status(struct ofl_params *p, uint32_t mask, uint32_t value)
{
	uint32_t left = p->ctl_max_wait;
	uint32_t status;
	do {
		status = registers(p)->sr;
		if ((status & mask) == value)
			return;
	} while (--left);
	ofl_fail_value(p, OFL_STATUS_CTL_TIMEOUT, status);
}

static uint32_t read_data(struct ofl_params *p)
{
	if (p->ctl[HAS_FIFO])
		return registers(p)->dr_fifo;
	return registers(p)->dr;
}

/*
 * What was received and not asked for must not be taken for an answer; a FIFO holds four bytes at most. The last look
 * at SR, behind the last read of DR, clears an overrun [RM0090 28.3.10, RM0360 24.5.11].
 */
static void drain(struct ofl_params *p)
{
	for (uint32_t n = 5; n; n--) {
		if (registers(p)->sr & SR_RXNE)
			read_data(p);
	}
}

static uint32_t ctl_exchange(struct ofl_params *p, uint8_t byte)
{
	if (p->ctl[HAS_FIFO])
		registers(p)->dr_fifo = byte;
	else
		registers(p)->dr = byte;
	need_status(p, SR_RXNE, SR_RXNE);
	return read_data(p);
}

/*
 * Keeps the transmitter fed, or SCK would stop between bytes. TXE: the buffer is empty, or the FIFO at most half full
 * [RM0090 28.3.7, RM0360 24.5.9]. What comes in is not fetched: the overrun is the manual's way to only transmit
 * [RM0090 28.3.5], and a loop that fetched it would not keep up with SCK at half of the core's clock.
 */
void ctl_write(struct ofl_params *p, const uint8_t *data, uint32_t length)
{
	struct registers *spi = registers(p);
	const uint32_t has_fifo = p->ctl[HAS_FIFO];
	for (const uint8_t *end = data + length; data != end; data++) {
		if (has_fifo)
			spi->dr_fifo = *data;
		else
			spi->dr = *data;
		uint32_t left = p->ctl_max_wait;
		while (!(spi->sr & SR_TXE) && --left)
			;
	}
	/* BSY rises up to two APB clocks behind the write to DR [RM0090 28.3.5]: TXE was seen, and FTLVL is looked at. */
	need_status(p, SR_FTLVL | SR_BSY, 0);
	drain(p);
}

/*
 * Mode, width and order may only change while SPE is 0, that is, not even in the store that clears it (DFF, CRCEN
 * [RM0090 28.5.1]), and SPE may only be cleared when no frame is on its way [RM0090 28.3.8]. When that wait runs out
 * there is nothing better to do than to go on: the first transfer will tell.
 */
static void write_control(struct ofl_params *p, uint32_t cr1, uint32_t cr2)
{
	struct registers *spi = registers(p);
	pin_high(&p->ctl[OFL_CTL_CS]);
	uint32_t left = p->ctl_max_wait;
	do {
		if (!(spi->sr & (SR_FTLVL | SR_BSY)))
			break;
	} while (--left);
	spi->cr1 &= ~CR1_SPE;
	spi->cr1 = cr1 & ~CR1_SPE;
	spi->cr2 = cr2;
	spi->cr1 = cr1;
}

void ctl_init(struct ofl_params *p)
{
	struct registers *spi = registers(p);
	p->ctl[SAVED_CR1] = spi->cr1;
	p->ctl[SAVED_CR2] = spi->cr2;
	write_control(p, (p->ctl[SAVED_CR1] & CR1_BR) | CR1_MSTR | CR1_SSI | CR1_SSM | CR1_SPE, CR2_8BIT_FIFO);
	/* Without FIFO what was written there reads 0. */
	p->ctl[HAS_FIFO] = spi->cr2 >> 8;
	drain(p);
}

void ctl_fini(struct ofl_params *p)
{
	write_control(p, p->ctl[SAVED_CR1], p->ctl[SAVED_CR2]);
}
