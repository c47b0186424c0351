// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32 SPI, the version without FIFO (F1 F2 F4 L1) and the one with (F0 F3 G0 G4 L4 F7 WB).
 * [RM0090] STM32F405/415..., rev 19, section 28.5; [RM0360] STM32F030..., rev 5, section 24.6 (F030's SPI has the
 * FIFO).
 */

#include "ctl_bytes.h"

#define CR1		0x00
#define CR2		0x04
#define SR		0x08
#define DR		0x0c
#define I2SCFGR		0x1c

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
#define SR_BSY		0x0080

/* Waits until SR & mask == value, or the deadline; returns the last SR, so that the caller sees which. */
static uint32_t wait_status(struct ofl_params *p, uint32_t mask, uint32_t value)
{
	uint32_t left = p->ctl_max_wait;
	uint32_t status;
	do {
		status = load32(p->ctl[OFL_CTL_BASE] + SR);
	} while ((status & mask) != value && --left);
	return status;
}

/*
 * The width of the access counts where there is a FIFO: a half-word is two frames [RM0360 24.5.9]; where there is none,
 * the register takes half-words or words only [RM0090 28.5].
 */
static uint32_t read_data(struct ofl_params *p)
{
	uint32_t data = p->ctl[OFL_CTL_BASE] + DR;
	if (p->ctl[HAS_FIFO])
		return *(volatile uint8_t *)data;
	return *(volatile uint16_t *)data;
}

static uint32_t ctl_exchange(struct ofl_params *p, uint32_t byte)
{
	uint32_t data = p->ctl[OFL_CTL_BASE] + DR;
	if (p->ctl[HAS_FIFO])
		*(volatile uint8_t *)data = byte;
	else
		*(volatile uint16_t *)data = byte;
	uint32_t status = wait_status(p, SR_RXNE, SR_RXNE);
	if (!(status & SR_RXNE))
		ofl_fail_value(p, OFL_STATUS_CTL_TIMEOUT, status);
	return read_data(p);
}

/*
 * Mode, width and order may only change while SPE is 0, that is, not even in the store that clears it (DFF, CRCEN
 * [RM0090 28.5.1]), and SPE may only be cleared when no frame is on its way [RM0090 28.3.8]. When that wait runs out
 * there is nothing better to do than to go on: the first transfer will tell.
 */
static void write_control(struct ofl_params *p, uint32_t cr1, uint32_t cr2)
{
	uint32_t base = p->ctl[OFL_CTL_BASE];
	pin_high(&p->ctl[OFL_CTL_CS]);
	wait_status(p, SR_BSY, 0);
	store32(base + CR1, load32(base + CR1) & ~CR1_SPE);
	store32(base + CR1, cr1 & ~CR1_SPE);
	store32(base + CR2, cr2);
	store32(base + CR1, cr1);
}

void ctl_init(struct ofl_params *p)
{
	uint32_t base = p->ctl[OFL_CTL_BASE];
	p->ctl[SAVED_CR1] = load32(base + CR1);
	p->ctl[SAVED_CR2] = load32(base + CR2);
	write_control(p, (p->ctl[SAVED_CR1] & CR1_BR) | CR1_MSTR | CR1_SSI | CR1_SSM | CR1_SPE, CR2_8BIT_FIFO);
	p->ctl[HAS_FIFO] = load32(base + CR2) & CR2_8BIT_FIFO;
	/*
	 * What the application left in the receiver must not be taken for an answer; a FIFO holds four bytes at most. The
	 * last look at SR, behind the last read of DR, clears an overrun [RM0360 24.5.11].
	 */
	for (uint32_t n = 5; n; n--) {
		if (load32(base + SR) & SR_RXNE)
			read_data(p);
	}
}

void ctl_fini(struct ofl_params *p)
{
	write_control(p, p->ctl[SAVED_CR1], p->ctl[SAVED_CR2]);
}
