/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The virtual board: what every layer shares. Simulated time, the report, and violations.
 *
 * Layers, in the order in which a debugger's request passes them; each knows only the next:
 *   link/ (socket, characters) -> dap/ (JTAG TAP, DP, MEM-AP) -> bus/ (address decode) -> RAM, core/scs, ctl/ -> nor/
 * The CPU (core/) is a second master of the same bus. board.c is the only file that includes every layer.
 *
 * One process, one thread. No model looks at the wall clock: two runs with the same client requests and the same
 * seed give the same report.
 */

#ifndef OFL_VBOARD_VB_H
#define OFL_VBOARD_VB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VB_PS_PER_NS	1000ull
#define VB_PS_PER_US	1000000ull
#define VB_PS_PER_MS	1000000000ull
#define VB_PS_PER_S	1000000000000ull

/*
 * Simulated time in picoseconds since power-on.
 *
 * Two clocks: the link's (advanced by TCK and by the cost of a round trip) and the core's own, which lags behind and
 * catches up when core_run_until() is called. `now_ps` is the time of whoever is acting at the moment: while the core
 * executes, models that are touched by it see the core's time; while the debug port accesses the bus they see the
 * link's.
 */
struct vb_clock {
	uint64_t now_ps;
};

/* Counters of the report (design.md, contracts). A layer increments its own. */
struct vb_counters {
	uint64_t link_clocks;		/* TCK rising edges */
	uint64_t link_round_trips;	/* flushed queues; see dap/dp.c for what counts as one */
	uint64_t instructions;
	uint64_t spi_clocks;
	uint64_t page_programs;
	uint64_t program_bytes;
	uint64_t read_bytes;		/* data bytes that the flash shifted out for read commands */
	uint64_t status_reads;		/* status register bytes shifted out */
	uint64_t erase_4k, erase_32k, erase_64k, erase_chip, erase_other;
	uint64_t internal_programs;	/* of the MCU's own flash, as the next line */
	uint64_t internal_erase_16k, internal_erase_64k, internal_erase_128k, internal_erase_bank;
	uint64_t resets;
};

#define VB_VIOLATION_MAX	256

struct vb_violation {
	uint64_t at_ps;
	char what[192];
};

/* Shared by all layers of one board; owned by main.c (or by a test). */
struct vb {
	struct vb_clock clock;
	struct vb_counters count;
	struct fault *fault;		/* NULL: no fault plan */
	uint64_t seed;
	struct vb_violation violation[VB_VIOLATION_MAX];
	unsigned int num_violations;	/* may exceed VB_VIOLATION_MAX: the rest is counted only */
	char *serial;			/* output of the MCU's serial port, for the report; NULL when none */
	size_t serial_length;
};

/*
 * Records that a rule of a manual was broken, by whoever did it. `what` is a complete clause that a person
 * understands ("flash: page program (02h) without write enable at 0x001000"). Any entry makes vboard exit with 3.
 */
void vb_violation(struct vb *vb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A character that the MCU's serial port has sent; what is too much for a report is not kept. */
void vb_serial_put(struct vb *vb, char character);

/* Own PRNG (splitmix64), so that the same seed gives the same faults on every host. */
uint64_t vb_random(uint64_t *state);

/* Writes the report as JSON; returns 0, or -1 with errno set. */
int vb_report_write(const struct vb *vb, const char *path);

#endif /* OFL_VBOARD_VB_H */
