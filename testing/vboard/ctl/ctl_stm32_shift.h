/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What QUADSPI and OCTOSPI/XSPI have in common, inside of their models: the wire's end. A controller's registers are
 * decoded into a frame (struct shift_frame), and the shifter sends it: NCS, the phases of a command, the FIFO with the
 * clock that stops for it, automatic polling, the prefetch of memory-mapped mode and its timeout. Only the files
 * ctl_stm32_{quadspi,octospi,shift}*.c include this.
 */

#ifndef OFL_VBOARD_CTL_STM32_SHIFT_H
#define OFL_VBOARD_CTL_STM32_SHIFT_H

#include "ctl.h"
#include "ctl_stm32_pins.h"

#define SHIFT_MAX_FIFO	64

enum shift_operation {
	OPERATION_NONE,
	OPERATION_COMMAND,	/* no data */
	OPERATION_WRITE,
	OPERATION_READ,		/* also when all has been read, until the FIFO is empty */
	OPERATION_POLL,
	OPERATION_MAPPED,	/* a read of the mapped range, and the prefetch behind it */
};

/* What goes on on the wire until `next_ps`. */
enum shift_phase {
	PHASE_IDLE,		/* NCS high */
	PHASE_HEADER,		/* instruction, address, alternate bytes, dummies; the chip has got them already */
	PHASE_BYTE,		/* of the data; the chip has got or given it already */
	PHASE_WAIT,		/* NCS low, CLK stopped: for room in the FIFO, for data in it, or for the next mapped access */
	PHASE_GAP,		/* NCS high between two polls */
	PHASE_ABORT,
};

/* A phase of up to four bytes on 1, 2 or 4 lines; lines 0: there is no such phase. */
struct shift_part {
	unsigned int lines;
	unsigned int num_bytes;
	uint32_t value;		/* the highest byte goes first */
};

/* What the registers say of commands, of both controllers. */
struct shift_frame {
	uint32_t divider;		/* of the kernel clock */
	unsigned int high_clocks;	/* that NCS stays high between commands, at least */
	struct shift_part instruction, address, alternate;
	unsigned int dummy_clocks;
	unsigned int data_lines;
	bool instruction_once;		/* SIOO */
	uint64_t memory_bytes;		/* of which the address is one */
	bool timeout;			/* TCEN */
	uint32_t timeout_clocks;
	bool match_any, stop_at_match;	/* PMM, APMS */
	uint32_t match_mask, match;
	uint32_t poll_clocks;		/* between polls */
	uint64_t num_bytes;		/* what DLR says; SHIFT_UNDEFINED_LENGTH: undefined */
};

#define SHIFT_UNDEFINED_LENGTH	0x100000000ull

struct shift {
	struct vb *vb;
	struct nor *chip;
	const char *name, *size_field;	/* of the controller and its register field, for violations */
	uint32_t kernel_hz;
	unsigned int fifo_bytes;
	bool (*reaches_chip)(void *context, bool quad);	/* asked when a command starts */
	void *context;

	struct shift_frame frame;
	bool tef, tcf, smf, tof;
	bool poll_unread;		/* FTF of the polling mode */
	uint32_t poll_data;

	enum shift_operation operation;
	enum shift_phase phase;
	uint64_t at_ps;			/* worked out up to here */
	uint64_t next_ps;
	uint64_t released_ps;		/* when NCS rose */
	uint64_t remaining;		/* data bytes not yet shifted, with the one being shifted */
	bool instruction_sent;		/* since it was set up, for SIOO */
	bool reachable;			/* the running command reaches the chip */

	uint8_t fifo[SHIFT_MAX_FIFO];
	unsigned int level;
	uint8_t shifted;		/* the byte of PHASE_BYTE, when it comes from the chip */

	uint32_t poll_shift;
	unsigned int poll_bytes;
	uint64_t poll_start_ps;
	bool polled;			/* poll_data is of this operation */

	uint32_t mapped_next;		/* offset of the byte at the FIFO's head */
	uint64_t timeout_ps;

	void (*idle)(void *context, uint64_t until_ps);
	void *idle_context;
	uint64_t busy_period_ps;
	uint64_t busy_bytes;
};

/* The present, or the end of an access that has been made to wait. */
static inline uint64_t shift_now(const struct shift *s)
{
	return s->vb->clock.now_ps > s->at_ps ? s->vb->clock.now_ps : s->at_ps;
}

/* A command, or bytes that have been read and not been fetched. */
static inline bool shift_is_busy(const struct shift *s)
{
	return s->phase != PHASE_IDLE || (s->operation == OPERATION_READ && s->level);
}

uint64_t shift_clocks_to_ps(const struct shift *s, uint64_t clocks);
/* Brings the wire up to `time_ps`. */
void shift_advance(struct shift *s, uint64_t time_ps);
/* A command by what the frame says, but for the address. */
void shift_start(struct shift *s, enum shift_operation operation, uint32_t address, uint64_t num_bytes,
		uint64_t time_ps);
/* Room or data in the FIFO: CLK runs again if it had stopped for that. */
void shift_resume(struct shift *s, uint64_t time_ps);
/* NCS rises now, wherever the command is. */
void shift_release(struct shift *s, uint64_t time_ps);
/* ABORT, or EN = 0: ends the operation, which is a violation when it was not one that reads. */
void shift_stop(struct shift *s, const char *by);
/* ABORT stays on for a while; SR.BUSY with it. */
void shift_begin_abort(struct shift *s);
/* As a system reset: flags and FIFO too. What was shifted before did reach the flash. */
void shift_reset(struct shift *s);

/* Data bytes of an indirect command, after DLR, the address and the memory's size. */
uint64_t shift_data_bytes(const struct shift *s);
/* Address, and address and length, against the memory's size; otherwise a violation, and TEF. */
bool shift_is_inside(struct shift *s, uint64_t num_bytes);
/* Starts automatic polling of what DLR says; at most four bytes. */
void shift_start_poll(struct shift *s);

/*
 * An access to the data register in indirect mode, when a command is there for it; it waits for data or room in the
 * FIFO, for which it returns the time.
 */
uint64_t shift_read_data(struct shift *s, unsigned int size, uint32_t *value);
uint64_t shift_write_data(struct shift *s, unsigned int size, uint32_t value);
/* A read of the mapped range; the address has been judged. */
uint64_t shift_read_mapped(struct shift *s, uint32_t offset, unsigned int size, uint32_t *value);

/* The CPU reads a register that polling loops read. */
void shift_note_poll(struct shift *s);

#endif /* OFL_VBOARD_CTL_STM32_SHIFT_H */
