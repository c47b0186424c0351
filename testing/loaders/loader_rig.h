/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A virtual board with a loader file in its RAM, and a host that calls its functions: a debugger without a debug port.
 * The ELF reader is the simplest that these files need and trusts them; the driver's own is in src/flash/nor.
 */

#ifndef OFL_TESTING_LOADER_RIG_H
#define OFL_TESTING_LOADER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../vboard/board.h"

#define RIG_AS_LINKED	UINT32_MAX

/* Above the loaders, inside the work areas of all boards. */
#define RIG_STACK_LOW	0x20000b00u
#define RIG_STACK_HIGH	0x20000f00u
#define RIG_RETURN	0x20000f00u
#define RIG_BUFFER	0x20000f10u

enum rig_outcome {
	RIG_RETURNED,
	RIG_HALTED,	/* somewhere else: `pc`; by a BKPT of the loader's own */
	RIG_FAULT,	/* caught on its way to HardFault, or locked up */
	RIG_TIMEOUT,
};

struct rig {
	struct vb vb;
	struct board *board;
	uint8_t *file;
	bool interrupts_on;	/* in the calls that follow */
	size_t file_bytes;
	uint32_t delta;		/* where it is minus where it was linked */
	uint32_t static_base;	/* for r9 */
	uint32_t low, high;	/* RAM of the loader */
	/* After a call */
	uint32_t result, result_high;
	uint32_t pc;
	uint32_t special;	/* PRIMASK, BASEPRI, FAULTMASK, CONTROL: as CORE_SPECIAL */
	uint8_t *code_before;
};

/* Directory of the loaders: argument of the test, or LOADERS_DIR of the environment. */
void rig_set_directory(int argc, char **argv);

/*
 * `configured`: as after `reset init`, else after reset alone. `address` for the first section, or RIG_AS_LINKED.
 */
void rig_open(struct rig *rig, const char *board, const char *loader, uint32_t address, bool configured);
void rig_close(struct rig *rig);
/* Rubbish in a section: `zeros` for the zero-initialised of that name, else the one with content. */
void rig_spoil(struct rig *rig, const char *name, bool zeros);
/* Is there a function of this name? */
bool rig_has(struct rig *rig, const char *name);
/* Descriptor: `length` bytes of the symbol's section, from the symbol. */
const uint8_t *rig_object(struct rig *rig, const char *name, uint32_t length);

enum rig_outcome rig_try(struct rig *rig, const char *name, const uint32_t *arguments, uint32_t deadline_ms);
/* Must return; gives r0. Up to four arguments. */
uint32_t rig_call(struct rig *rig, const char *name, uint32_t r0, uint32_t r1, uint32_t r2, uint32_t r3);
uint8_t *rig_buffer(struct rig *rig);
/* After the host has changed the buffer. */
void rig_write(struct rig *rig, const uint8_t *bytes, uint32_t length);
uint32_t rig_peek(struct rig *rig, uint32_t address);
/* Code, read-only data and RAM outside of loader, stack and buffer are as before the first call. */
bool rig_code_is_intact(struct rig *rig);
void rig_assert_clean(struct rig *rig);

#endif /* OFL_TESTING_LOADER_RIG_H */
