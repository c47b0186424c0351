/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the files core_gdb*.c share. */

#ifndef OFL_VBOARD_CORE_GDB_PRIVATE_H
#define OFL_VBOARD_CORE_GDB_PRIVATE_H

#include "core_gdb.h"
#include "core_private.h"
#include "gdb_client.h"

#define GDB_MAX_REGIONS		8
#define GDB_MAX_BKPTS		4096
#define GDB_MAX_COMPARATORS	8
#define GDB_WRITE_BYTES		1024
#define GDB_READ_BYTES		256
#define GDB_MAX_LOOKS		8

/* Registers as `regs` has them; 13 is the current stack pointer. */
#define GDB_REG_SP		13
#define GDB_REG_LR		14
#define GDB_REG_PC		15
#define GDB_REG_XPSR		16
#define GDB_NUM_REGS		17

/* A halfword BExx that the debugger wrote to RAM, and whether QEMU stops there. */
struct gdb_bkpt {
	uint32_t address;
	bool wanted, set;
};

struct core_gdb {
	struct core *core;
	struct gdb_client *client;
	struct core_gdb_config config;
	struct core_gdb_device {
		struct core_gdb *gdb;
		const struct core_gdb_region *region;
	} device[GDB_MAX_REGIONS];

	/* Registers, of the moment at which QEMU stopped last. */
	bool regs_known;
	uint32_t regs[GDB_NUM_REGS];
	bool specials_known;
	uint32_t msp, psp, primask, basepri, faultmask, control;

	/* RAM: words written one after the other are one packet; a block is read at once. */
	uint32_t write_base;
	unsigned int write_length;
	uint8_t write_bytes[GDB_WRITE_BYTES];
	bool block_known;
	uint32_t block_base;
	uint8_t block[GDB_READ_BYTES];

	/* Where it stops. */
	struct gdb_bkpt bkpt[GDB_MAX_BKPTS];
	unsigned int num_bkpts;
	bool bkpts_overflowed;
	bool comparator_set[GDB_MAX_COMPARATORS];
	uint32_t comparator_address[GDB_MAX_COMPARATORS];
	bool catch_stale;	/* to be looked up anew */
	bool catch_set;		/* at the first instruction of the HardFault handler */
	uint32_t catch_address;
	uint32_t hfsr;		/* before the program went on */

	/* Run control */
	bool halted, locked_up, held_in_reset;
	uint64_t synced_ps;
	uint64_t owed_ps;	/* simulated time that it has not run for yet */
	uint64_t slice_us;
	/* What the debugger has read since it ran last, in pieces without a gap. */
	struct gdb_look {
		uint32_t base, length;
	} look[GDB_MAX_LOOKS];
	unsigned int num_looks;

	/* Debug registers */
	uint32_t dhcsr_controls, dcrdr, demcr, dfsr;
	bool register_ready, reset_sticky;
	bool fp_enabled;
	uint32_t fp_comp[GDB_MAX_COMPARATORS];
};

/* core_gdb.c: before the debugger looks how far the program is; before it reads something that may show that */
void gdb_run_slice(struct core_gdb *gdb);
void gdb_look(struct core_gdb *gdb, uint32_t address, unsigned int size);
void gdb_reset(struct core_gdb *gdb);

/* core_gdb_debug.c: the debug registers, as a device of the bus */
int gdb_debug_add(struct core_gdb *gdb);
void gdb_debug_enter(struct core_gdb *gdb, uint32_t dfsr);
void gdb_write_dhcsr(struct core_gdb *gdb, uint32_t value);
uint32_t gdb_get_register(struct core_gdb *gdb, unsigned int number);
void gdb_set_register(struct core_gdb *gdb, unsigned int number, uint32_t value);

/* core_gdb_memory.c; 0, or -1 for a bus error */
int gdb_memory_add(struct core_gdb *gdb);
int gdb_read_memory(struct core_gdb *gdb, uint32_t address, uint8_t *bytes, unsigned int length);
int gdb_write_memory(struct core_gdb *gdb, uint32_t address, const uint8_t *bytes, unsigned int length);
int gdb_read_word(struct core_gdb *gdb, uint32_t address, uint32_t *value);
/* What was written and is not in QEMU's memory yet. */
void gdb_flush(struct core_gdb *gdb);
/* What QEMU's memory holds is not known any more. */
void gdb_forget_memory(struct core_gdb *gdb);

/* core_gdb_stops.c: breakpoints of QEMU's */
void gdb_note_written(struct core_gdb *gdb, uint32_t address, const uint8_t *bytes, unsigned int length);
void gdb_set_stops(struct core_gdb *gdb);
enum gdb_stop {
	GDB_STOP_NONE,		/* nothing of ours any more: it may go on */
	GDB_STOP_BKPT,		/* BKPT or breakpoint unit */
	GDB_STOP_CATCH,		/* vector catch */
};
enum gdb_stop gdb_find_stop(struct core_gdb *gdb);

/* core_gdb_target.c: registers, and instructions that QEMU executes for us */
bool gdb_load_regs(struct core_gdb *gdb);
void gdb_forget_regs(struct core_gdb *gdb);
void gdb_set_reg(struct core_gdb *gdb, unsigned int number, uint32_t value);
bool gdb_load_specials(struct core_gdb *gdb);
void gdb_set_special(struct core_gdb *gdb, unsigned int number, uint32_t value);
int gdb_store(struct core_gdb *gdb, uint32_t address, unsigned int size, uint32_t value);
bool gdb_return_from_handler(struct core_gdb *gdb);
void gdb_leave_handler(struct core_gdb *gdb);
/* One instruction, with interrupts held off by QEMU; false when lost. */
bool gdb_step(struct core_gdb *gdb);

#endif /* OFL_VBOARD_CORE_GDB_PRIVATE_H */
