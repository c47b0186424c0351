// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32 OCTOSPI (L4+ L5 U5 H5 H7A3 H723) and XSPI (N6 H7R/S), one flash, on one line or four, single data rate.
 * [RM] RM0456 STM32U5, section 28 "Octo-SPI interface (OCTOSPI)"; the registers named below are the same in RM0486
 * STM32N6, "Extended-SPI interface (XSPI)", but for wider FTHRES and FLEVEL.
 */

#include "ctl.h"
#include "data_cache.h"

#define CR		0x000
#define DCR1		0x008
#define SR		0x020
#define FCR		0x024
#define DLR		0x040
#define AR		0x048
#define DR		0x050
#define CCR		0x100
#define TCR		0x008	/* from CCR on */
#define IR		0x010

#define CR_EN		0x00000001
#define CR_ABORT	0x00000002
#define CR_DMAEN	0x00000004
#define CR_FTHRES	0x00003f00	/* OCTOSPI: 12:8, bit 13 is kept at 0 */
#define CR_FTHRES_4	0x00000300	/* FTF: a word fits in, or is there */
#define CR_INTERRUPTS	0x001f0000
#define CR_FMODE	0x30000000
#define CR_READ		0x10000000	/* FMODE = 01: indirect read; 00: indirect write; 11: memory-mapped */

#define DCR1_DEVSIZE	0x001f0000

#define SR_TCF		0x00000002
#define SR_FTF		0x00000004
#define SR_BUSY		0x00000020
#define SR_FLEVEL	0x00007f00	/* OCTOSPI: 13:8, bit 14 reads as 0 */

#define FCR_ALL		0x0000001b

#define CCR_ADMODE	8
#define CCR_ADSIZE	12
#define CCR_DMODE	24
#define LINES_1		1	/* IMODE, ADMODE, DMODE; ISIZE = 0: opcodes of eight bits */
#define LINES_4		3

#define TCR_SSHIFT	0x40000000

#define MAX_DUMMY_BYTES	3	/* of 8 clocks; DCYC has five bits */

#define IS_SAVED	(OFL_CTL_FOUND_IR + 1)

/* Address of CCR, from which TCR and IR are reached by short loads and stores; the compiler must not see through it. */
static inline uint32_t communication(uint32_t base)
{
	uint32_t address = base + CCR;
	__asm__("" : "+r"(address));
	return address;
}

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
 * which nothing but an abort makes BUSY fall [RM "OCTOSPI memory-mapped mode"]. Most registers, and FMODE, can be
 * written only after it. When the wait runs out there is nothing better to do than to go on: the next command will
 * tell.
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
	uint32_t ccr = lines;
	uint32_t cr = load32(base + CR) & ~CR_FMODE;
	if (address_bytes)
		ccr |= lines << CCR_ADMODE | (address_bytes - 1) << CCR_ADSIZE;
	if (length) {
		store32(base + DLR, length - 1);
		if (command & OFL_COMMAND_QUAD_DATA)
			lines = LINES_4;
		ccr |= lines << CCR_DMODE;
		if (!(command & OFL_COMMAND_DATA_OUT))
			cr |= CR_READ;
	}
	store32(base + CR, cr);
	uint32_t configuration = communication(base);
	store32(configuration + TCR, (p->ctl[OFL_CTL_FOUND_TCR] & TCR_SSHIFT) | dummy_bytes << 3);
	store32(configuration, ccr);
	/* Starts by the last register that it needs: IR, AR, or DR when it writes [RM "Triggering the start"]. */
	store32(configuration + IR, command & 0xff);
	if (address_bytes)
		store32(base + AR, p->address);
}

/* By words as long as there are any: the FIFO then is filled faster than the flash takes it. */
void ctl_write(struct ofl_params *p, const uint8_t *data, uint32_t length)
{
	uint32_t dr = p->ctl[OFL_CTL_BASE] + DR;
	while (length) {
		need_status(p, SR_FTF);
		/* A byte takes one place, a word four [RM "OCTOSPI data register"]. */
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
	/* A write must go to its end, up to NCS. */
	if (!(load32(p->ctl[OFL_CTL_BASE] + CR) & CR_READ)) {
		need_status(p, SR_TCF);
		wait_status(p, SR_BUSY, SR_BUSY);
	}
	stop(p);
}

uint32_t ctl_mapped(const struct ofl_params *p)
{
	return p->command & OFL_COMMAND_MAPPED;
}

/*
 * Clock, sample shift, chip select and which lines are the application's; so is the memory type: MTYP tells only
 * double data rate and HyperBus apart. DEVSIZE is the largest, because the application's may be less than the chip has.
 */
void ctl_init(struct ofl_params *p)
{
	uint32_t base = p->ctl[OFL_CTL_BASE];
	uint32_t cr = load32(base + CR);
	p->ctl[OFL_CTL_FOUND_CR] = cr;
	p->ctl[OFL_CTL_FOUND_DCR] = load32(base + DCR1);
	p->ctl[OFL_CTL_FOUND_DLR] = load32(base + DLR);
	uint32_t configuration = communication(base);
	p->ctl[OFL_CTL_FOUND_CCR] = load32(configuration);
	p->ctl[OFL_CTL_FOUND_TCR] = load32(configuration + TCR);
	p->ctl[OFL_CTL_FOUND_IR] = load32(configuration + IR);
	p->ctl[IS_SAVED] = 1;
	/*
	 * These may be written while BUSY is 1, FMODE not [RM "OCTOSPI control register"]; the abort's TCF must not leave
	 * an interrupt pending.
	 */
	cr = (cr & ~(CR_FTHRES | CR_INTERRUPTS | CR_DMAEN)) | CR_FTHRES_4 | CR_EN;
	store32(base + CR, cr);
	stop(p);
	store32(base + DCR1, p->ctl[OFL_CTL_FOUND_DCR] | DCR1_DEVSIZE);
}

void ctl_fini(struct ofl_params *p)
{
	uint32_t base = p->ctl[OFL_CTL_BASE];
	/* Nothing was changed yet, or all is back already. */
	if (!p->ctl[IS_SAVED])
		return;
	stop(p);
	/* In the memory-mapped mode no write of IR starts a command: the application's last one must not run again. */
	store32(base + CR, load32(base + CR) | CR_FMODE);
	store32(base + DCR1, p->ctl[OFL_CTL_FOUND_DCR]);
	store32(base + DLR, p->ctl[OFL_CTL_FOUND_DLR]);
	uint32_t configuration = communication(base);
	store32(configuration, p->ctl[OFL_CTL_FOUND_CCR]);
	store32(configuration + TCR, p->ctl[OFL_CTL_FOUND_TCR]);
	store32(configuration + IR, p->ctl[OFL_CTL_FOUND_IR]);
	store32(base + CR, p->ctl[OFL_CTL_FOUND_CR]);
	data_cache_clean_invalidate();
	p->ctl[IS_SAVED] = 0;
}
