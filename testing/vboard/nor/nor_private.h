/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Inside of the flash model; only nor*.c include this.
 *   nor.c          power, lines, bits, bytes
 *   nor_command.c  what the bytes of a command mean, and what the chip answers
 *   nor_lines.c    commands on two and four lines: which phase goes where, dummy clocks, XIP
 *   nor_execute.c  what a complete command does when CS rises; nor_protect.c may forbid it
 *   nor_cells.c    what that does to the cells, and for how long
 *   nor_fl_l.c     what the S25FL-L has of its own
 */

#ifndef OFL_VBOARD_NOR_PRIVATE_H
#define OFL_VBOARD_NOR_PRIVATE_H

#include "nor.h"

#define NOR_NUM_STATUS	4

/* Where the running command stands. */
enum nor_phase {
	NOR_PHASE_OPCODE,
	NOR_PHASE_ADDRESS,
	NOR_PHASE_DUMMY,
	NOR_PHASE_DATA_IN,
	NOR_PHASE_DATA_OUT,
	NOR_PHASE_NOISE,	/* a read that the chip is too busy to answer */
	NOR_PHASE_IGNORE,	/* until CS rises */
	NOR_PHASE_QPI,		/* bytes that arrive on one line at a chip that listens to four */
	NOR_PHASE_ABSENT,
};

/* What the byte being shifted out is, so that it is counted when it has been, not when it is loaded. */
enum nor_output {
	NOR_OUTPUT_NONE,	/* high impedance */
	NOR_OUTPUT_DATA,
	NOR_OUTPUT_STATUS,
	NOR_OUTPUT_OTHER,
};

enum nor_operation_kind {
	NOR_OPERATION_NONE,
	NOR_OPERATION_PROGRAM,
	NOR_OPERATION_ERASE,
	NOR_OPERATION_STATUS,
};

/*
 * A program, erase or register write that is going on. The cells change when it ends, or in part when it is cut; nobody
 * can tell the difference, because reading a busy chip gives noise.
 */
struct nor_operation {
	enum nor_operation_kind kind;
	uint64_t start_ps, end_ps;
	uint64_t address;
	uint64_t length_bytes;
	uint8_t data[NOR_MAX_PAGE_BYTES];	/* program: FF where no byte was sent */
	uint8_t stuck_bits;			/* program: these stay 1; erase: stay 0 in the first byte (fault plan) */
	uint8_t status[NOR_NUM_STATUS];
};

enum nor_command_kind {
	NOR_COMMAND_READ,
	NOR_COMMAND_READ_SFDP,
	NOR_COMMAND_READ_ID,
	NOR_COMMAND_READ_MANUFACTURER,
	NOR_COMMAND_READ_UNIQUE_ID,
	NOR_COMMAND_RELEASE,
	NOR_COMMAND_READ_STATUS,	/* `index` says which */
	NOR_COMMAND_READ_ERRORS,	/* S25FL-L's 07h; `index` 1: Macronix' 2Bh */
	NOR_COMMAND_READ_CONFIG,	/* Micron's volatile configuration; `index` 1: the enhanced one */
	NOR_COMMAND_READ_ANY,		/* S25FL-L: a register by its address */
	NOR_COMMAND_READ_FLAGS,
	NOR_COMMAND_PROGRAM,
	NOR_COMMAND_ERASE,
	NOR_COMMAND_ERASE_CHIP,
	NOR_COMMAND_WRITE_STATUS,
	NOR_COMMAND_WRITE_CONFIG,
	NOR_COMMAND_WRITE_EXTENDED,
	NOR_COMMAND_WRITE_REGISTERS,	/* S25FL-L, as the next one */
	NOR_COMMAND_WRITE_ANY,
	NOR_COMMAND_MODE_RESET,
	NOR_COMMAND_WRITE_ENABLE,	/* from here on: one byte, executed when CS rises */
	NOR_COMMAND_WRITE_DISABLE,
	NOR_COMMAND_VOLATILE_ENABLE,
	NOR_COMMAND_CLEAR_FLAGS,
	NOR_COMMAND_ENTER_4BYTE,
	NOR_COMMAND_EXIT_4BYTE,
	NOR_COMMAND_POWER_DOWN,
	NOR_COMMAND_ENTER_QPI,
	NOR_COMMAND_EXIT_QPI,
	NOR_COMMAND_RESET_ENABLE,
	NOR_COMMAND_RESET,
	NOR_COMMAND_UNLOCK,
};

#define NOR_ADDRESS_CURRENT	0xff	/* three or four bytes, as the address mode says */

struct nor_command {
	uint8_t opcode;
	enum nor_command_kind kind;
	unsigned int traits;	/* the part has it when it has one of these; 0: every part */
	uint8_t address_bytes;
	uint8_t dummy_clocks;
	uint8_t index;
	const char *name;
	uint8_t address_lines, data_lines;
};

struct nor {
	struct vb *vb;
	struct nor_part part;
	uint8_t *sfdp;
	const struct nor_command *command[256];
	unsigned int id_log2_size;

	uint8_t *cells;			/* the mapped image */

	/* Lines and shift register */
	bool selected;			/* CS low */
	bool sck_high;			/* the last edge seen */
	bool miso;
	bool pull;			/* what MISO reads while the chip does not drive it */
	uint8_t shift_in;
	unsigned int num_bits;		/* of the byte being shifted, 0..7 */
	enum nor_output output;
	uint8_t out;

	/* The running command */
	enum nor_phase phase;
	const struct nor_command *running;
	uint8_t opcode;
	uint64_t num_bytes;		/* complete ones since CS fell */
	unsigned int num_left;		/* bytes of the address phase, clocks of the dummy phase */
	bool dummy_begun;
	bool lines_reported;		/* once for each command */
	uint64_t address;
	uint64_t num_data;		/* data bytes received or sent */
	uint32_t limit_hz;		/* 0: none, or exceeding it has been reported */
	bool all_ones;
	bool wrapped;			/* reported once for each command */

	/* State of the chip */
	struct nor_operation operation;
	uint8_t page[NOR_MAX_PAGE_BYTES];
	uint8_t status[NOR_NUM_STATUS];		/* as read, without WIP and WEL */
	uint8_t status_kept[NOR_NUM_STATUS];	/* non-volatile */
	bool write_enabled;
	bool volatile_enabled;
	bool address_4byte;
	uint8_t extended_address;	/* fourth address byte of 3-byte mode */
	bool deep_power_down;
	bool qpi;			/* QPI, or Micron's quad I/O protocol: every phase on four lines */
	uint8_t config[2];		/* Micron: volatile and enhanced volatile configuration */
	const struct nor_command *xip;	/* commands start with the address, and are this one; NULL: they do not */
	bool reset_enabled;
	bool locked;			/* SST26 after power-on */
	bool error_program, error_erase, error_protect;
	uint64_t ready_ps;		/* after tRES1 or tRST */
	uint64_t random_state;
};

/* nor.c */
bool nor_is_stuck(const struct nor *nor);
/* A byte that takes `clocks`, while no other is half done. */
uint8_t nor_whole_byte(struct nor *nor, uint8_t in, unsigned int clocks, uint32_t clock_hz);
/* Volatile state as after power-on, whatever the reason; a running operation must have been dealt with. */
void nor_reset_volatile(struct nor *nor);

/* nor_command.c */
void nor_command_build(struct nor *nor);
void nor_command_select(struct nor *nor);
void nor_command_byte(struct nor *nor, uint8_t in);
/* `clocks` of the dummy phase, no more than are left. */
void nor_command_dummy(struct nor *nor, unsigned int clocks);
void nor_command_resume_xip(struct nor *nor);
void nor_command_too_fast(struct nor *nor, uint32_t clock_hz);

/* nor_execute.c */
void nor_command_deselect(struct nor *nor);

/* nor_lines.c */
unsigned int nor_lines_dummy_clocks(const struct nor *nor);
/* Whether the protocol that the chip is in has it. */
bool nor_lines_has_command(const struct nor *nor, const struct nor_command *command);
/* DQ2 and DQ3 are WP# and HOLD#, because the QE bit is 0. */
bool nor_lines_lack_quad(const struct nor *nor, const struct nor_command *command);
/* The first dummy clock of a fast read; `level` of DQ0, -1 when nobody drives it. */
void nor_lines_confirm_xip(struct nor *nor, int level);
void nor_lines_write_config(struct nor *nor);
/* Back to one line, however the chip was told. */
void nor_lines_leave_quad(struct nor *nor);

/* nor_cells.c */
int nor_cells_open(struct nor *nor, const char *path);
void nor_cells_close(struct nor *nor);
void nor_cells_sync(struct nor *nor);
/* nor->operation is filled in but for its times. */
void nor_operation_start(struct nor *nor, uint64_t duration_ps);
/* Ends the operation if its time has come. */
void nor_operation_settle(struct nor *nor);
/* Power fails now: cells are left as far as they had come. `progress` 0..256, or -1: by simulated time. */
void nor_operation_cut(struct nor *nor, int progress);

/* nor_fl_l.c: each is of no effect, or false, for other parts */
/* The non-volatile registers as the maker ships them. */
void nor_fl_l_deliver(struct nor *nor);
bool nor_fl_l_starts_in_4byte(const struct nor *nor);
/* An error holds WIP at 1. */
bool nor_fl_l_is_held(const struct nor *nor);
bool nor_fl_l_accepts_while_held(const struct nor_command *command);
bool nor_fl_l_lacks_quad(const struct nor *nor, const struct nor_command *command);
bool nor_fl_l_has_latency(const struct nor *nor);
unsigned int nor_fl_l_dummy_clocks(const struct nor *nor);
/* The first clocks behind the address; -1 when the controller does not drive them. */
void nor_fl_l_judge_mode(struct nor *nor, int mode);
uint8_t nor_fl_l_register(const struct nor *nor, uint64_t address, uint8_t status_1, uint8_t errors);
/* 01h or 71h, with the right number of bytes. Returns whether the chip is busy with it. */
bool nor_fl_l_write(struct nor *nor, uint64_t duration_ps);

/* nor_protect.c */
bool nor_is_protected(const struct nor *nor, uint64_t address, uint64_t length_bytes);
/* A write of the status registers is ignored. */
bool nor_status_is_locked(const struct nor *nor);
/* What of the non-volatile bits a power-up clears. */
void nor_status_power_up(struct nor *nor);

#endif /* OFL_VBOARD_NOR_PRIVATE_H */
