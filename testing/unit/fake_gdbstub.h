/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A gdbstub as QEMU's is, for tests of core_gdb*.c and gdb_client.c: a thread that serves one client on a port of
 * 127.0.0.1. Behind it is a processor of a few instructions, as many as core_gdb_target.c has executed.
 */

#ifndef OFL_FAKE_GDBSTUB_H
#define OFL_FAKE_GDBSTUB_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_RAM	0x20000000u
#define FAKE_RAM_BYTES	0x10000u
#define FAKE_IO		0x40000000u	/* one word, which only an instruction can write */
#define FAKE_MAX_STOPS	64

enum fake_fault {
	FAKE_GOOD,
	FAKE_SILENT,		/* does not answer */
	FAKE_ENDS,		/* closes the connection instead of an answer */
	FAKE_BAD_CHECKSUM,
	FAKE_JUNK,		/* no packet */
	FAKE_ENDLESS,		/* a packet that goes on and on */
	FAKE_SHORT,		/* fewer bytes than asked for */
	FAKE_ERROR,		/* E14 */
};

struct fake_gdbstub {
	unsigned int port;
	/* Of the answer to the next `m`; read and written by the thread only while a request is under way. */
	volatile enum fake_fault fault;
	uint32_t regs[16], xpsr, special[32];
	uint8_t ram[FAKE_RAM_BYTES];
	uint32_t rom[16];	/* at 0 */
	uint32_t io;
	uint32_t stop[FAKE_MAX_STOPS];
	volatile unsigned int num_stops, num_reads, num_writes, num_runs, num_resets;
};

/* NULL when there is no socket or thread. The stub's state must not be touched while it answers. */
struct fake_gdbstub *fake_gdbstub_new(void);
/* After the client has closed its connection. */
void fake_gdbstub_free(struct fake_gdbstub *stub);

#endif /* OFL_FAKE_GDBSTUB_H */
