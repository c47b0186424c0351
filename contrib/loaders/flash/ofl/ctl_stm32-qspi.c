// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32 QUADSPI (F4 F7 H7 L4 G4), one flash, on one line or four.
 * [RM] RM0385 STM32F75xxx and STM32F74xxx, rev 8, section 14 (Quad-SPI interface).
 */

#include "ctl.h"
#include "data_cache.h"

#define CR		0x00
#define DCR		0x04
#define SR		0x08
#define FCR		0x0c
#define DLR		0x10
#define CCR		0x14
#define AR		0x18
#define DR		0x20

#define CR_EN		0x00000001
#define CR_ABORT	0x00000002
#define CR_DMAEN	0x00000004
#define CR_FTHRES	0x00001f00
#define CR_FTHRES_4	0x00000300	/* FTF: a word fits in, or is there */
#define CR_INTERRUPTS	0x001f0000

#define DCR_FSIZE	0x001f0000

#define SR_TCF		0x00000002
#define SR_FTF		0x00000004
#define SR_BUSY		0x00000020
#define SR_FLEVEL	0x00003f00

#define FCR_ALL		0x0000001b

#define CCR_IMODE	8
#define CCR_ADMODE	10
#define CCR_ADSIZE	12
#define CCR_DCYC	18
#define CCR_DMODE	24
#define LINES_1		1	/* IMODE, ADMODE, DMODE */
#define LINES_4		3
#define CCR_READ	0x04000000	/* FMODE = 01: indirect read; 00: indirect write */

#define MAX_DUMMY_BYTES	3	/* of 8 clocks; DCYC has five bits */

#define IS_SAVED	OFL_CTL_FOUND_TCR

/* Waits until a bit of (SR ^ invert) & mask is set, or the deadline; returns (SR ^ invert). */
static uint32_t wait_status(struct ofl_params *p, uint32_t mask, uint32_t invert)
{
	uint32_t left = p->ctl_max_wait;
	uint32_t status;
	do {
		status = load32(p->ctl[OFL_CTL_BASE] + SR) ^ invert;
	} while (!(status & mask) && --left);
	return status;
}

/* In a command: one that does not come to it (TEF = 1: the address is outside of the flash) ends the run. */
static void need_status(struct ofl_params *p, uint32_t mask)
{
	uint32_t status = wait_status(p, mask, 0);
	if (!(status & mask))
		ofl_fail_value(p, OFL_STATUS_CTL_TIMEOUT, status);
}

/*
 * Ends what is going on, be it a read that was not read to its end, or the prefetch of the memory-mapped mode, during
 * which nothing but an abort makes BUSY fall [RM 14.3.14]. Registers can be written after it. When the wait runs out
 * there is nothing better to do than to go on: the next command will tell.
 */
static void stop(struct ofl_params *p)
{
	uint32_t base = p->ctl[OFL_CTL_BASE];
	if (load32(base + SR) & SR_BUSY)
		store32(base + CR, load32(base + CR) | CR_ABORT);
	wait_status(p, SR_BUSY, SR_BUSY);
	store32(base + FCR, FCR_ALL);
}

void ctl_begin(struct ofl_params *p, uint32_t command, uint32_t length)
{
	uint32_t base = p->ctl[OFL_CTL_BASE];
	uint32_t address_bytes = (command >> 8) & 0xf;
	uint32_t dummy_bytes = (command >> 12) & 0xf;
	uint32_t lines = LINES_1;
	if (dummy_bytes > MAX_DUMMY_BYTES)
		ofl_fail_value(p, OFL_STATUS_BAD_OP, command);
	if (command & OFL_COMMAND_QPI)
		lines = LINES_4;
	uint32_t ccr = (command & 0xff) | lines << CCR_IMODE | dummy_bytes << (CCR_DCYC + 3);
	if (address_bytes)
		ccr |= lines << CCR_ADMODE | (address_bytes - 1) << CCR_ADSIZE;
	if (length) {
		store32(base + DLR, length - 1);
		if (command & OFL_COMMAND_QUAD_DATA)
			lines = LINES_4;
		ccr |= lines << CCR_DMODE;
		if (!(command & OFL_COMMAND_DATA_OUT))
			ccr |= CCR_READ;
	}
	/* Starts by the last register that it needs: CCR, AR, or DR when it writes [RM 14.3.5]. */
	store32(base + CCR, ccr);
	if (address_bytes)
		store32(base + AR, p->address);
}

/* By words as long as there are any: the FIFO then is filled faster than the flash takes it. */
void ctl_write(struct ofl_params *p, const uint8_t *data, uint32_t length)
{
	uint32_t dr = p->ctl[OFL_CTL_BASE] + DR;
	while (length) {
		need_status(p, SR_FTF);
		/* A byte takes one place, a word four [RM 14.5.9]. */
		if (length >= 4) {
			store32(dr, *(const uint32_t *)data);
			data += 4;
			length -= 4;
		} else {
			*(volatile uint8_t *)dr = *data++;
			length--;
		}
	}
}

uint32_t ctl_get(struct ofl_params *p)
{
	need_status(p, SR_FLEVEL);
	return *(volatile uint8_t *)(p->ctl[OFL_CTL_BASE] + DR);
}

void ctl_end(struct ofl_params *p)
{
	/* A write must go to its end. */
	if (!(load32(p->ctl[OFL_CTL_BASE] + CCR) & CCR_READ))
		need_status(p, SR_TCF);
	stop(p);
}

uint32_t ctl_mapped(const struct ofl_params *p)
{
	return p->command & OFL_COMMAND_MAPPED;
}

/*
 * Clock, sample shift and which flash are the application's, from CR; chip select's high time and the mode of the
 * clock, from DCR. FSIZE is the largest, because the application's may be less than the chip has, or wrong.
 */
void ctl_init(struct ofl_params *p)
{
	uint32_t base = p->ctl[OFL_CTL_BASE];
	uint32_t cr = load32(base + CR);
	p->ctl[OFL_CTL_FOUND_CR] = cr;
	p->ctl[OFL_CTL_FOUND_DCR] = load32(base + DCR);
	p->ctl[OFL_CTL_FOUND_DLR] = load32(base + DLR);
	p->ctl[OFL_CTL_FOUND_CCR] = load32(base + CCR);
	p->ctl[IS_SAVED] = 1;
	/* These may be written while BUSY is 1 [RM 14.5.1]; the abort's TCF must not leave an interrupt pending. */
	store32(base + CR, (cr & ~(CR_FTHRES | CR_INTERRUPTS | CR_DMAEN)) | CR_FTHRES_4 | CR_EN);
	stop(p);
	store32(base + DCR, p->ctl[OFL_CTL_FOUND_DCR] | DCR_FSIZE);
}

void ctl_fini(struct ofl_params *p)
{
	uint32_t base = p->ctl[OFL_CTL_BASE];
	uint32_t ccr = p->ctl[OFL_CTL_FOUND_CCR];
	/* Nothing was changed yet, or all is back already. */
	if (!p->ctl[IS_SAVED])
		return;
	stop(p);
	store32(base + DCR, p->ctl[OFL_CTL_FOUND_DCR]);
	/*
	 * The first mapped read is wrong when bits 1:0 of AR are not 0 on the way into that mode (errata sheets, as
	 * OpenOCD's stmqspi.c, set_mm_mode(), has it). A write with address and data sends nothing before DR is written;
	 * should the controller call itself busy already, CCR could not be written.
	 */
	store32(base + CCR, LINES_1 << CCR_IMODE | LINES_1 << CCR_ADMODE | LINES_1 << CCR_DMODE);
	store32(base + AR, 0);
	stop(p);
	store32(base + DLR, p->ctl[OFL_CTL_FOUND_DLR]);
	/* A command without an address would start now; it ran before, and its user writes CCR anew for the next one. */
	if (ccr & LINES_4 << CCR_ADMODE)
		store32(base + CCR, ccr);
	store32(base + CR, p->ctl[OFL_CTL_FOUND_CR]);
	data_cache_clean_invalidate();
	p->ctl[IS_SAVED] = 0;
}
