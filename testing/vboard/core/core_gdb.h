/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The second implementation of core.h: a Cortex-M that another program executes, QEMU, reached by its gdbstub. Memory
 * is that program's too; what the debug port needs beside it (halting debug, breakpoint unit) is here, because no
 * gdbstub has it. Limits: testing/vboard/README, "QEMU behind the debug port".
 *
 * What of core.h works: what the debug port calls (core_run_until, core_system_reset, core_hold_reset), core_free,
 * core_is_halted and core_is_locked_up. The rest is for device models, of which there are none here, and for tests of
 * our own core; a debugger's accesses to the bus do the same.
 */

#ifndef OFL_VBOARD_CORE_GDB_H
#define OFL_VBOARD_CORE_GDB_H

#include "core.h"

enum core_gdb_kind {
	CORE_GDB_RAM,		/* also read ahead and written behind */
	CORE_GDB_ROM,		/* QEMU lets a debugger write to it, silicon does not: nobody writes */
	CORE_GDB_PERIPHERAL,
};

struct core_gdb_region {
	const char *name;
	uint32_t base, size;
	enum core_gdb_kind kind;
};

struct core_gdb_config {
	unsigned int port;
	const struct core_gdb_region *region;
	unsigned int num_regions;
	uint32_t scratch;	/* CORE_GDB_SCRATCH_BYTES of RAM; their content is put back after each use */
	unsigned int fpb_comparators;
};

#define CORE_GDB_SCRATCH_BYTES	64

/* Returns NULL with a message on stderr. `config` is copied, its regions must outlive the core. */
struct core *core_gdb_new(struct bus *bus, const struct core_gdb_config *config);
/* The other program has ended, or does not speak to us any more. It has been said on stderr. */
bool core_gdb_is_lost(const struct core *core);

#endif /* OFL_VBOARD_CORE_GDB_H */
