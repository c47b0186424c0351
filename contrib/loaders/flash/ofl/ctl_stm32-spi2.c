// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32 SPI, versions 2 (H7) and 3 (H5 N6 U5): kernel clock of its own, FIFOs of 8 or 16 bytes, CSTART.
 * [RM0433] STM32H742..., rev 8, section 50; [RM0486] STM32N6x5..., section 67: the same registers but for bits that are
 * named below.
 */

#include "ctl_bytes.h"

/* A struct, because the compiler then keeps the offsets in the instructions. [RM0433 50.11], register map */
struct registers {
	volatile uint32_t cr1, cr2, cfg1, cfg2, ier, sr, ifcr, reserved_1c;
	/* The width of the access counts: a word is four frames of eight bits [RM0433 50.4, Data packing]. */
	union {
		volatile uint8_t txdr;
		volatile uint32_t txdr_word;
	};
	uint32_t reserved_24[3];
	union {
		volatile uint8_t rxdr;
		volatile uint16_t rxdr_half;
		volatile uint32_t rxdr_word;
	};
};

_Static_assert(offsetof(struct registers, sr) == 0x14, "SPI_SR");
_Static_assert(offsetof(struct registers, txdr) == 0x20, "SPI_TXDR");
_Static_assert(offsetof(struct registers, rxdr) == 0x30, "SPI_RXDR");

#define CR1_SPE		0x00000001
#define CR1_CSTART	0x00000200
#define CR1_CSUSP	0x00000400
#define CR1_SSI		0x00001000

/*
 * The baud rate (MBR, version 3: BPASS) is the board's; CRCSIZE counts for nothing, and not every value of it is
 * allowed everywhere. FTHLV = 3: TXP and RXP tell of four frames, half of the smallest FIFO.
 */
#define CFG1_KEPT	0xf01f0000
#define CFG1_8BIT_BY_4	0x00000067
#define CFG1_OVER_8BIT	0x00000018	/* of DSIZE: frames of 9 bits or more */

/* AFCNTR, what the pins do while SPE is 0, and IOSWP, which of them is MOSI: wiring, hence the board's. */
#define CFG2_KEPT	0x80008000
#define CFG2_SSM	0x04000000
#define CFG2_MASTER	0x00400000

#define SR_RXP		0x0001
#define SR_TXP		0x0002
#define SR_TXC		0x1000
#define SR_RXPLVL	0x6000	/* frames beside whole words */
#define SR_RXPLVL_1	0x2000
#define SR_RXWNE	0x8000	/* a whole word is there */

/* Reads that empty any receive FIFO: 16 bytes are four words, or less and some frames. */
#define MAX_READS	8

/* All flags but bit 10, TSERFC, which version 3 has not [RM0486 67, SPI_IFCR]; TSER is 0 here. */
#define IFCR_ALL	0x00000bf8

#define SAVED_CR1	OFL_CTL_SAVE
#define SAVED_CR2	(OFL_CTL_SAVE + 1)
#define SAVED_CFG1	(OFL_CTL_SAVE + 2)
#define SAVED_CFG2	(OFL_CTL_SAVE + 3)
#define SAVED_IER	(OFL_CTL_SAVE + 4)
#define IS_SAVED	(OFL_CTL_SAVE + 5)

static inline struct registers *registers(struct ofl_params *p)
{
	return (struct registers *)p->ctl[OFL_CTL_BASE];
}

/*
 * The answer is in, and nothing is left to be sent. In a transaction without end (TSIZE = 0) TXC rises each time that
 * the FIFO is empty and the wire idle [RM0433 50.11, SPI_SR]; so SCK has gone back when chip select rises.
 */
static uint32_t ctl_exchange(struct ofl_params *p, uint8_t byte)
{
	struct registers *spi = registers(p);
	uint32_t left = p->ctl_max_wait;
	spi->txdr = byte;
	for (;;) {
		uint32_t status = spi->sr;
		if ((status & (SR_RXPLVL | SR_TXC)) == (SR_RXPLVL_1 | SR_TXC))
			return spi->rxdr;
		if (!--left)
			ofl_fail_value(p, OFL_STATUS_CTL_TIMEOUT, status);
	}
}

/*
 * The next words wait in the FIFO, or SCK would stop between bytes. What comes in is fetched as fast: the receiver does
 * not run over, and nothing is left there to be taken for an answer. By words, or the loop would not keep up with SCK
 * at half of the core's clock.
 */
void ctl_write(struct ofl_params *p, const uint8_t *data, uint32_t length)
{
	struct registers *spi = registers(p);
	uint32_t unread_bytes = length & ~3;
	const uint8_t *end = data + unread_bytes;
	uint32_t left = p->ctl_max_wait;
	uint32_t status;
	do {
		status = spi->sr;
		if (status & SR_RXP) {
			(void)spi->rxdr_word;
			unread_bytes -= 4;
			left = p->ctl_max_wait;
		}
		if (data != end && status & SR_TXP) {
			spi->txdr_word = *(const uint32_t *)data;
			data += 4;
		}
		if (!--left)
			ofl_fail_value(p, OFL_STATUS_CTL_TIMEOUT, status);
	} while (unread_bytes || !(status & SR_TXC));
	for (length &= 3; length; length--)
		ctl_exchange(p, *data++);
}

/*
 * A transaction must be suspended, what was received be read, and SUSP cleared, before SPE is [RM0433 50.4, Procedure
 * for disabling the SPI; 50.11, CSUSP and SUSP]. When the wait runs out there is nothing better to do than to go on:
 * the first transfer will tell.
 */
static void stop(struct ofl_params *p)
{
	struct registers *spi = registers(p);
	pin_high(&p->ctl[OFL_CTL_CS]);
	if (spi->cr1 & CR1_CSTART)
		spi->cr1 |= CR1_CSUSP;
	for (uint32_t left = p->ctl_max_wait; left && spi->cr1 & CR1_CSTART; left--)
		;
	for (uint32_t n = MAX_READS; n; n--) {
		uint32_t status = spi->sr;
		if (status & SR_RXWNE)
			(void)spi->rxdr_word;
		else if (status & SR_RXPLVL && spi->cfg1 & CFG1_OVER_8BIT)
			(void)spi->rxdr_half;
		else if (status & SR_RXPLVL)
			(void)spi->rxdr;
	}
	spi->ifcr = IFCR_ALL;
	spi->cr1 &= ~CR1_SPE;
}

/* These may only be written while SPE is 0, and CSTART only set while it is 1 [RM0433 50.11]. */
static void start(struct ofl_params *p, uint32_t cr1, uint32_t cr2, uint32_t cfg1, uint32_t cfg2)
{
	struct registers *spi = registers(p);
	spi->cr2 = cr2;
	spi->cfg1 = cfg1;
	/* On the way there, SSI: a master with SSM and without it sees another one select it (MODF) */
	spi->cr1 = CR1_SSI;
	spi->cfg2 = cfg2;
	spi->cr1 = cr1 & ~CR1_CSTART;
	spi->cr1 = cr1;
}

void ctl_init(struct ofl_params *p)
{
	struct registers *spi = registers(p);
	p->ctl[SAVED_CR1] = spi->cr1;
	p->ctl[SAVED_CR2] = spi->cr2;
	p->ctl[SAVED_CFG1] = spi->cfg1;
	p->ctl[SAVED_CFG2] = spi->cfg2;
	p->ctl[SAVED_IER] = spi->ier;
	p->ctl[IS_SAVED] = 1;
	/* What happens here must not leave an interrupt pending. */
	spi->ier = 0;
	stop(p);
	/* One transaction without end, in which SCK runs while there is something to send. */
	start(p, CR1_SSI | CR1_SPE | CR1_CSTART, 0, (p->ctl[SAVED_CFG1] & CFG1_KEPT) | CFG1_8BIT_BY_4,
			(p->ctl[SAVED_CFG2] & CFG2_KEPT) | CFG2_SSM | CFG2_MASTER);
}

void ctl_fini(struct ofl_params *p)
{
	/* Nothing was changed yet, or all is back already. */
	if (!p->ctl[IS_SAVED])
		return;
	stop(p);
	start(p, p->ctl[SAVED_CR1], p->ctl[SAVED_CR2], p->ctl[SAVED_CFG1], p->ctl[SAVED_CFG2]);
	registers(p)->ier = p->ctl[SAVED_IER];
	p->ctl[IS_SAVED] = 0;
}
