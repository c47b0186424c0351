/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Inside of the QUADSPI model.
 *   ctl_stm32_quadspi.c        registers and the mapped range, as masters of the bus see them
 *   ctl_stm32_quadspi_shift.c  commands on the wire: when which byte goes to or comes from the chip
 */

#ifndef OFL_VBOARD_CTL_STM32_QUADSPI_PRIVATE_H
#define OFL_VBOARD_CTL_STM32_QUADSPI_PRIVATE_H

#include "ctl_stm32_quadspi.h"

#define QUADSPI_MAX_FIFO	32

#define CR_EN		(1u << 0)
#define CR_ABORT	(1u << 1)
#define CR_DMAEN	(1u << 2)
#define CR_TCEN		(1u << 3)
#define CR_SSHIFT	(1u << 4)
#define CR_DFM		(1u << 6)
#define CR_FSEL		(1u << 7)
#define CR_APMS		(1u << 22)
#define CR_PMM		(1u << 23)
#define CR_PRESCALER	0xff000000u

#define CCR_SIOO	(1u << 28)
#define CCR_DHHC	(1u << 30)
#define CCR_DDRM	(1u << 31)

enum quadspi_fmode {
	FMODE_WRITE,
	FMODE_READ,
	FMODE_POLL,
	FMODE_MAPPED,
};

enum quadspi_operation {
	OPERATION_NONE,
	OPERATION_COMMAND,	/* no data */
	OPERATION_WRITE,
	OPERATION_READ,		/* also when all has been read, until the FIFO is empty */
	OPERATION_POLL,
	OPERATION_MAPPED,	/* a read of the mapped range, and the prefetch behind it */
};

/* What goes on on the wire until `next_ps`. */
enum quadspi_phase {
	PHASE_IDLE,		/* NCS high */
	PHASE_HEADER,		/* instruction, address, alternate bytes, dummies; the chip has got them already */
	PHASE_BYTE,		/* of the data; the chip has got or given it already */
	PHASE_WAIT,		/* NCS low, CLK stopped: for room in the FIFO, for data in it, or for the next mapped access */
	PHASE_GAP,		/* NCS high between two polls */
	PHASE_ABORT,
};

struct ctl_stm32_quadspi {
	struct vb *vb;
	struct bus *bus;
	struct ctl_stm32_quadspi_config config;
	struct nor *chip;

	uint32_t cr, dcr, dlr, ccr, ar, abr, psmkr, psmar, pir, lptr;
	bool tef, tcf, smf, tof;
	bool poll_unread;	/* FTF of the polling mode */
	uint32_t poll_data;

	enum quadspi_operation operation;
	enum quadspi_phase phase;
	uint64_t at_ps;		/* worked out up to here */
	uint64_t next_ps;
	uint64_t released_ps;	/* when NCS rose */
	uint64_t remaining;	/* data bytes not yet shifted, with the one being shifted */
	bool instruction_sent;	/* since CCR was written, for SIOO */
	bool reachable;		/* the running command reaches the chip */

	uint8_t fifo[QUADSPI_MAX_FIFO];
	unsigned int level;
	uint8_t shifted;	/* the byte of PHASE_BYTE, when it comes from the chip */

	uint32_t poll_shift;
	unsigned int poll_bytes;
	uint64_t poll_start_ps;
	bool polled;		/* poll_data is of this operation */

	uint32_t mapped_next;	/* offset of the byte at the FIFO's head */
	uint64_t timeout_ps;
	bool code_fetched;	/* since it was last said that code had changed */

	void (*idle)(void *context, uint64_t until_ps);
	void *idle_context;
	uint64_t busy_period_ps;
	uint64_t busy_bytes;

	bool unclocked_reported, turnaround_reported;
};

static inline enum quadspi_fmode quadspi_fmode(const struct ctl_stm32_quadspi *q)
{
	return q->ccr >> 26 & 3;
}

/* 0, 1, 2 or 4 lines of a phase by the position of its mode in CCR. */
enum {
	IMODE_SHIFT = 8,
	ADMODE_SHIFT = 10,
	ABMODE_SHIFT = 14,
	DMODE_SHIFT = 24,
};

static inline unsigned int quadspi_lines(const struct ctl_stm32_quadspi *q, unsigned int shift)
{
	static const uint8_t lines[4] = { 0, 1, 2, 4 };

	return lines[q->ccr >> shift & 3];
}

/* What DCR.FSIZE says. */
static inline uint64_t quadspi_memory_bytes(const struct ctl_stm32_quadspi *q)
{
	return 2ull << (q->dcr >> 16 & 31);
}

static inline bool quadspi_is_busy(const struct ctl_stm32_quadspi *q)
{
	return q->phase != PHASE_IDLE || (q->operation == OPERATION_READ && q->level);
}

/* The present, or the end of an access that has been made to wait. */
static inline uint64_t quadspi_now(const struct ctl_stm32_quadspi *q)
{
	return q->vb->clock.now_ps > q->at_ps ? q->vb->clock.now_ps : q->at_ps;
}

uint64_t quadspi_clocks_to_ps(const struct ctl_stm32_quadspi *q, uint64_t clocks);
/* Brings the wire up to `time_ps`. */
void quadspi_advance(struct ctl_stm32_quadspi *q, uint64_t time_ps);
/* A command by what CCR, AR, ABR and DLR say. `address` counts where CCR has an address phase. */
void quadspi_start(struct ctl_stm32_quadspi *q, enum quadspi_operation operation, uint32_t address,
		uint64_t num_bytes, uint64_t time_ps);
/* Room or data in the FIFO: CLK runs again if it had stopped for that. */
void quadspi_resume(struct ctl_stm32_quadspi *q, uint64_t time_ps);
/* NCS rises now, wherever the command is. */
void quadspi_release(struct ctl_stm32_quadspi *q, uint64_t time_ps);
uint32_t quadspi_pop(struct ctl_stm32_quadspi *q, unsigned int num_bytes);
/* The CPU reads a register that polling loops read. */
void quadspi_note_poll(struct ctl_stm32_quadspi *q);

#endif /* OFL_VBOARD_CTL_STM32_QUADSPI_PRIVATE_H */
