/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Seeded fault plans, asked by every layer. Grammar of --fault (also in ../README):
 *   PLAN   = RULE *( "," RULE )
 *   RULE   = KIND [ "=" VALUE ] [ "@" TRIGGER ] [ "+" MS ]
 *   TRIGGER = ( "program" | "erase" | "read" | "ap" ) "=" N   the N-th such event (1 = first) since start, or
 *             "ms" "=" N                                      simulated milliseconds since start; none: at once
 *   KIND   = nor.absent (VALUE 00 or ff: what MISO reads), nor.stuck-busy, nor.locked (WEL never sets),
 *            nor.program-fails (VALUE: bit mask that stays 1), nor.erase-fails (VALUE: bits of the first byte that
 *            stay 0), nor.power-cut (half-done cells, then power cycle),
 *            core.reset (system reset, as a watchdog's), link.drop (socket closed), bus.error (next CPU access faults),
 *            link.fault (the debugger's next memory access fails), and of a probe and its wires: link.wait and
 *            link.parity (VALUE: chance of a packet, less one, in 256), link.slow (VALUE: ms), link.speed (VALUE:
 *            divides the clock), link.srst
 * A rule fires once when its trigger is met; nor.absent, nor.stuck-busy, nor.locked, link.wait, link.parity, link.slow,
 * link.speed and link.srst then stay for MS simulated milliseconds, or until vboard exits.
 */

#ifndef OFL_VBOARD_FAULT_H
#define OFL_VBOARD_FAULT_H

#include "../vb.h"

enum fault_kind {
	FAULT_NOR_ABSENT,
	FAULT_NOR_STUCK_BUSY,
	FAULT_NOR_LOCKED,
	FAULT_NOR_PROGRAM_FAILS,
	FAULT_NOR_ERASE_FAILS,
	FAULT_NOR_POWER_CUT,
	FAULT_CORE_RESET,
	FAULT_LINK_DROP,
	FAULT_LINK_WAIT,	/* accesses of an AP are answered with WAIT */
	FAULT_LINK_PARITY,	/* SWD: one bit of a data phase arrives wrong */
	FAULT_LINK_FAULT,	/* a MEM-AP access fails: sticky error, and FAULT to what follows */
	FAULT_LINK_SLOW,	/* each round trip takes longer */
	FAULT_LINK_SPEED,	/* the probe's clock becomes slower */
	FAULT_LINK_SRST,	/* somebody else holds SRST low */
	FAULT_BUS_ERROR,
	FAULT_NUM_KINDS
};

enum fault_event {
	FAULT_EVENT_PROGRAM,	/* a page program starts (CS rose on a valid one) */
	FAULT_EVENT_ERASE,	/* an erase starts */
	FAULT_EVENT_READ,	/* a data read command (03h, 0Bh, 13h, 0Ch) starts */
	FAULT_EVENT_AP,		/* a MEM-AP access of the debugger */
	FAULT_NUM_EVENTS
};

struct fault;

/* Returns NULL and writes a message to `error` when the plan does not parse. */
struct fault *fault_parse(const char *plan, char *error, size_t error_size);
void fault_free(struct fault *fault);

/* All accept fault == NULL. */
void fault_count(struct fault *fault, enum fault_event event);
/*
 * True while a rule of a lasting kind is in force, or once when a one-shot rule fires. `value`: the rule's, may be
 * NULL.
 */
bool fault_active(struct fault *fault, enum fault_kind kind, uint64_t now_ps, uint32_t *value);

#endif /* OFL_VBOARD_FAULT_H */
