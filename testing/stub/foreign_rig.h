/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The rig with the stub for loader files, and a loader for it. Three of the loader's functions are breakpoints that the
 * test serves: it sees the core as the called function would, does in C what the function is there for, and returns to
 * the stub with every register changed that a function may change. The others are code (foreign_rig.c) that runs
 * without a debugger.
 *
 * Each call is checked for what holds for all of them: the rules of the AAPCS, r9 and r10, and that the host can tell
 * which call is under way. Each run is checked for words of params and of the ring that the stub has no business with.
 */

#ifndef OFL_TESTING_FOREIGN_RIG_H
#define OFL_TESTING_FOREIGN_RIG_H

#include "stub_rig.h"

enum foreign_function {
	/* Served */
	FOREIGN_MAIN,
	FOREIGN_READ,
	FOREIGN_NUM_SERVED,
	/* Code; all return 0 when nothing else is said */
	FOREIGN_PROGRAM = FOREIGN_NUM_SERVED,	/* (address, length, buffer); 1: it was call number fail_at */
	FOREIGN_RECURSE,	/* (levels): a word of stack each */
	FOREIGN_UNMASK,		/* (): leaves interrupts on */
	FOREIGN_NUM_FUNCTIONS,
};

/* What FOREIGN_PROGRAM finds at its static base. */
struct foreign_data {
	uint32_t calls;		/* it counts them from 1 */
	uint32_t fail_at;
	uint32_t delay_loops;	/* 1 or more; 0: as good as forever */
};

struct foreign_call {
	enum foreign_function function;
	uint32_t arg[OFL_CALL_ARGS];
	uint32_t sp;
	uint32_t primask;
	/* The test changes these: what the function returns, in r0 and r1, and the PRIMASK that it leaves. */
	uint32_t result, result_high;
	uint32_t primask_after;
};

#define FOREIGN_MAX_CALLS	256

struct foreign {
	struct stub_rig *rig;
	uint32_t function[FOREIGN_NUM_FUNCTIONS];	/* addresses with the Thumb bit */
	uint32_t data;		/* address of struct foreign_data */
	uint32_t ram;		/* RAM for what the test likes, as flash for example */
	uint32_t ram_bytes;
	/* What a served function does; NULL: nothing. The call is already in the list. */
	void (*body)(struct foreign *f, struct foreign_call *call);
	/* Calls of served functions in the last run. */
	unsigned int num_calls;
	struct foreign_call call[FOREIGN_MAX_CALLS];
	/* For body() */
	unsigned int number;	/* of a call that is special, from 0 */
	uint32_t value;
	uint8_t *flash;		/* content of a flash that FOREIGN_READ reads, from flash_address */
	uint32_t flash_address, flash_bytes;
};

/* Opens the rig, with the stub at `offset` into RAM, a multiple of 4. Forgets all of `f`. */
void foreign_open(struct foreign *f, struct stub_rig *rig, uint32_t offset);
void foreign_open_usual(struct foreign *f, struct stub_rig *rig);

/* rig->params for `op`: FOREIGN_MAIN with what it is given, any result is good, content is read from memory. */
void foreign_params(struct foreign *f, enum ofl_op op);
/* The same with another function and other rules. */
void foreign_params_function(struct foreign *f, enum ofl_op op, enum foreign_function function, enum ofl_args args,
		enum ofl_result result);
void foreign_data(struct foreign *f, uint32_t fail_at, uint32_t delay_loops);

/* A body: FOREIGN_READ as a loader's Read, from f->flash, 1 when all is well; call number `number` returns `value`. */
void foreign_read_body(struct foreign *f, struct foreign_call *call);
/* The last call's arguments as the stub keeps them. */
void foreign_assert_called(struct foreign *f, enum foreign_function function, uint32_t r0, uint32_t r1, uint32_t r2,
		uint32_t r3);

#endif /* OFL_TESTING_FOREIGN_RIG_H */
