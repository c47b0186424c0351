/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A virtual board with the committed stub in its RAM, and the host's end of its protocol (doc/abi.txt) without OpenOCD:
 * what the driver does over the debug port is done here directly on the bus, in slices of simulated time.
 *
 * Every run checks what must hold for each: how far the stack went, that the core halted at the stub's BKPT, that no
 * byte of RAM outside the work area has changed, that chip select is high and that the controller's registers are as
 * before.
 */

#ifndef OFL_TESTING_STUB_RIG_H
#define OFL_TESTING_STUB_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../contrib/loaders/flash/ofl/ofl_abi.h"
#include "../../src/flash/nor/ofl_layout.h"
#include "../../src/flash/nor/ofl_plan.h"
#include "../vboard/board.h"
#include "../vboard/fault/fault.h"

#define KIB	1024u

/* Of a controller, compared before and after each run */
#define STUB_NUM_REGISTERS	16

/* The boards that the stub is tested on: every core and every variant of controller. */
struct stub_board {
	const char *name;
	const char *core;
	const char *part;
	uint32_t jedec_id;
	uint32_t sck_hz;		/* 0: bit-banged */
	uint32_t clock_address, clock_mask;	/* the controller's enable bit in RCC */
};

extern const struct stub_board stub_boards[];
extern const unsigned int stub_num_boards;

struct foreign;

struct stub_rig {
	const struct stub_board *kind;
	struct vb vb;
	struct board *board;
	const uint8_t *blob;
	uint32_t blob_bytes;
	uint32_t area_bytes;
	struct ofl_layout layout;
	struct ofl_params params;	/* stub_params() fills it, stub_start() writes it, stub_end() reads it back */
	uint32_t num_slots;		/* of the program runs that follow; 0: as many as fit */
	uint32_t page_bytes;		/* likewise; 0: the part's */

	/* The stub for loader files (foreign_rig.h); NULL: the built-in loader of the board's controller. */
	struct foreign *foreign;
	/* Asked when the core halts: true when it goes on. */
	bool (*serve)(struct stub_rig *rig);
	/* More checks at the end of a run; `sent` is what the host wrote before. */
	void (*ended)(struct stub_rig *rig);
	struct ofl_params sent;
	uint32_t loader_stack_bytes;	/* what its functions may take besides the stub's budget */
	uint32_t loader_ram, loader_ram_bytes;	/* RAM outside the work area that they may change */

	/* Of the last run */
	uint64_t started_ps, ended_ps;
	uint32_t stack_bytes;

	uint8_t *ram_before;
	bool registers_may_change;	/* the test knows better which */
	uint32_t controller_before[STUB_NUM_REGISTERS];
};

/* How quick the host is: it looks every `look_us` and then moves at most `slots` slots. */
struct stub_host {
	uint32_t look_us;
	uint32_t slots;
};

extern const struct stub_host stub_host_fast;
extern const struct stub_host stub_host_slow;

/*
 * `part` and `plan` may be NULL: the board's own part, no faults. The core is halted, the board set up as after
 * `reset init`, and the stub loaded at `offset` (a multiple of 4) into RAM, with `area_bytes` for all it needs.
 */
void stub_open(struct stub_rig *rig, const char *part, const char *plan, uint32_t offset, uint32_t area_bytes);
/* The same with the usual place: an odd multiple of 4, so that nothing lies on an 8-byte boundary by chance. */
void stub_open_usual(struct stub_rig *rig, const char *part, const char *plan);
void stub_close(struct stub_rig *rig);

/* Debugger's accesses. */
uint32_t stub_get(struct stub_rig *rig, uint32_t address);
void stub_put(struct stub_rig *rig, uint32_t address, uint32_t value);
uint8_t *stub_ram(struct stub_rig *rig, uint32_t address, uint32_t length);
void stub_write(struct stub_rig *rig, uint32_t address, const void *bytes, uint32_t length);

/* One run, step by step. */
void stub_params(struct stub_rig *rig, enum ofl_op op);
void stub_start(struct stub_rig *rig);
/* Lets `us` of simulated time pass; true when the stub has ended. */
bool stub_pass(struct stub_rig *rig, uint32_t us);
uint32_t stub_live(struct stub_rig *rig, size_t offset);
void stub_set_live(struct stub_rig *rig, size_t offset, uint32_t value);
/* Of a stub that has ended: makes the checks above, reads the parameters back, returns the status. */
enum ofl_status stub_end(struct stub_rig *rig);
/* Start, pass, end; fails the test when that takes longer than `deadline_ms` of simulated time. */
enum ofl_status stub_run(struct stub_rig *rig, uint32_t deadline_ms);

/* Whole operations. Those that return nothing must end with OFL_STATUS_OK. */
void stub_transfer(struct stub_rig *rig, uint32_t command, uint32_t address, void *data, uint32_t length);
enum ofl_status stub_program(struct stub_rig *rig, uint32_t address, const uint8_t *data, uint32_t length,
		const struct stub_host *host);
enum ofl_status stub_read(struct stub_rig *rig, uint32_t address, uint8_t *data, uint32_t length, uint32_t slot_bytes,
		const struct stub_host *host);
enum ofl_status stub_erase(struct stub_rig *rig, struct ofl_erase_entry *entries, uint32_t count);
/* OFL_OP_CRC and OFL_OP_BLANK. */
enum ofl_status stub_check(struct stub_rig *rig, enum ofl_op op, uint32_t address, uint32_t unit_bytes, uint32_t count,
		uint32_t *result);

/* No rule was broken by anybody. */
void stub_assert_clean(struct stub_rig *rig);
/* Exactly these were, in this order, each containing the words; ended by NULL. */
void stub_assert_violations(struct stub_rig *rig, const char *const *words);
void stub_fill_random(uint8_t *bytes, uint32_t length, uint32_t seed);

/* Runs every test on every board, says the deepest stack of all runs, and fails when that is over the budget. */
struct stub_test {
	const char *name;
	void (*function)(struct stub_rig *rig);
	bool only_controller;	/* an STM32 SPI's without CSTART: not for pins and other controllers */
	const char *only_board;	/* NULL: all */
};

int stub_run_tests(const struct stub_test *tests, unsigned int num_tests);

#endif /* OFL_TESTING_STUB_RIG_H */
