// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Arm PrimeCell PL022 (RP2040, LPC and many others), FIFOs of 8 frames or more.
 * [TRM] ARM DDI 0194H, PrimeCell Synchronous Serial Port (PL022), r1p4; registers: section 3.3.
 */

#include "ctl_bytes.h"

/* A struct, because the compiler then keeps the offsets in the instructions. [TRM 3.2] */
struct registers {
	volatile uint32_t cr0, cr1, dr, sr, cpsr, imsc, ris, mis, icr, dmacr;
};

_Static_assert(offsetof(struct registers, dmacr) == 0x24, "SSPDMACR");

/* SCR, a part of the baud rate, is the board's, like CPSR. Below it: mode 0, Motorola's format, frames of 8 bits. */
#define CR0_SCR		0xff00
#define CR0_DSS_8	0x0007

/* Not LBM, MS, SOD: a master. */
#define CR1_SSE		0x0002

#define SR_TNF		0x0002
#define SR_RNE		0x0004
#define SR_BSY		0x0010	/* a frame is on its way, or the FIFO is not empty */

#define ICR_ALL		0x0003

/* What the application can have left in the receiver: ST's variant holds 32 frames. */
#define MAX_FIFO	32

#define SAVED_CR0	OFL_CTL_SAVE
#define SAVED_CR1	(OFL_CTL_SAVE + 1)
#define SAVED_IMSC	(OFL_CTL_SAVE + 2)
#define SAVED_DMACR	(OFL_CTL_SAVE + 3)
#define IS_SAVED	(OFL_CTL_SAVE + 4)

static inline struct registers *registers(struct ofl_params *p)
{
	return (struct registers *)p->ctl[OFL_CTL_BASE];
}

/* With BSY back at 0 SCK has gone back, too, when chip select rises. */
static uint32_t ctl_exchange(struct ofl_params *p, uint8_t byte)
{
	struct registers *ssp = registers(p);
	uint32_t left = p->ctl_max_wait;
	ssp->dr = byte;
	for (;;) {
		uint32_t status = ssp->sr;
		if ((status & (SR_RNE | SR_BSY)) == SR_RNE)
			return ssp->dr;
		if (!--left)
			ofl_fail_value(p, OFL_STATUS_CTL_TIMEOUT, status);
	}
}

/*
 * The next bytes wait in the FIFO, or SCK would stop between bytes. What comes in is fetched as fast: the receiver does
 * not run over, and nothing is left there to be taken for an answer.
 */
void ctl_write(struct ofl_params *p, const uint8_t *data, uint32_t length)
{
	struct registers *ssp = registers(p);
	const uint8_t *end = data + length;
	uint32_t left = p->ctl_max_wait;
	uint32_t status;
	do {
		status = ssp->sr;
		if (status & SR_RNE) {
			(void)ssp->dr;
			length--;
			left = p->ctl_max_wait;
		}
		if (data != end && status & SR_TNF)
			ssp->dr = *data++;
		if (!--left)
			ofl_fail_value(p, OFL_STATUS_CTL_TIMEOUT, status);
	} while (length || status & SR_BSY);
}

/* When the wait runs out there is nothing better to do than to go on: the first transfer will tell. */
static void wait_idle(struct ofl_params *p)
{
	for (uint32_t left = p->ctl_max_wait; left && registers(p)->sr & SR_BSY; left--)
		;
}

/* Mode and frame may only change while SSE is 0, and SSE must not fall in the middle of a frame [TRM 3.3.1, 3.3.2]. */
static void write_control(struct ofl_params *p, uint32_t cr0, uint32_t cr1)
{
	struct registers *ssp = registers(p);
	pin_high(&p->ctl[OFL_CTL_CS]);
	wait_idle(p);
	ssp->cr1 &= ~CR1_SSE;
	ssp->cr0 = cr0;
	ssp->cr1 = cr1;
}

void ctl_init(struct ofl_params *p)
{
	struct registers *ssp = registers(p);
	p->ctl[SAVED_CR0] = ssp->cr0;
	p->ctl[SAVED_CR1] = ssp->cr1;
	p->ctl[SAVED_IMSC] = ssp->imsc;
	p->ctl[SAVED_DMACR] = ssp->dmacr;
	p->ctl[IS_SAVED] = 1;
	/* What happens here must not leave an interrupt pending, nor move the application's data. */
	ssp->imsc = 0;
	ssp->dmacr = 0;
	write_control(p, (p->ctl[SAVED_CR0] & CR0_SCR) | CR0_DSS_8, CR1_SSE);
	/* SSE does not empty the FIFOs: what the application left is sent to nobody, and nobody's answer dropped. */
	wait_idle(p);
	for (uint32_t n = MAX_FIFO; n; n--) {
		if (ssp->sr & SR_RNE)
			(void)ssp->dr;
	}
}

void ctl_fini(struct ofl_params *p)
{
	struct registers *ssp = registers(p);
	/* Nothing was changed yet, or all is back already. */
	if (!p->ctl[IS_SAVED])
		return;
	write_control(p, p->ctl[SAVED_CR0], p->ctl[SAVED_CR1]);
	/* The receive timeout, and an overrun. */
	ssp->icr = ICR_ALL;
	ssp->dmacr = p->ctl[SAVED_DMACR];
	ssp->imsc = p->ctl[SAVED_IMSC];
	p->ctl[IS_SAVED] = 0;
}
