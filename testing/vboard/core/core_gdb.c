// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Run control of a core that QEMU executes. QEMU's gdbstub answers nothing while the target runs, so it stands still
 * whenever the debugger accesses something. When the debugger looks how far the program is, it runs for a slice of the
 * host's time: before DHCSR is read, and before something is read for the second time since the last slice.
 */

#include "core_gdb_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Simulated time that must have passed since the last slice: several words of one look share one. */
#define MIN_OWED_PS		(100 * VB_PS_PER_US)
/* After so long it runs also for a debugger that reads on and on. */
#define LONG_OWED_PS		(20 * VB_PS_PER_MS)
/* A slice is at least so long, doubled up to the limit each time that the debugger only looks, without writing. */
#define MIN_SLICE_US		2000u
#define MAX_WAIT_SLICE_US	16000u
#define MAX_SLICE_US		20000u
#define STOP_TIMEOUT_US		10000000u
#define RESET_TIMEOUT_ASKS	2000u
/* Stops that are nobody's: breakpoints that the program has overwritten. */
#define MAX_GO_ON		1000u

#define SIGNAL_INTERRUPT	2
#define SIGNAL_TRAP		5
#define MARK			0x0f1f2f3fu

/* Returns the signal of a stop reply; -1 when it is none. */
static int stop_signal(struct core_gdb *gdb, const char *reply)
{
	char digits[3] = "";

	if (!reply) {
		gdb_client_lose(gdb->client, "the target does not stop");
		return -1;
	}
	if (reply[0] == 'T' || reply[0] == 'S') {
		memcpy(digits, reply + 1, strnlen(reply + 1, 2));
		return (int)strtol(digits, NULL, 16);
	}
	gdb_client_lose(gdb->client, "'%.20s' instead of a stop; has the target ended?", reply);
	return -1;
}

/* From here to the next stop, or for so long. Returns the signal, or -1. */
static int run_for(struct core_gdb *gdb, uint64_t slice_us)
{
	const char *reply;

	gdb_set_stops(gdb);
	gdb_forget_regs(gdb);
	gdb_forget_memory(gdb);
	if (gdb_client_is_lost(gdb->client))
		return -1;
	gdb_client_send(gdb->client, "c", "running");
	reply = gdb_client_wait(gdb->client, slice_us);
	if (!reply) {
		gdb_client_interrupt(gdb->client);
		reply = gdb_client_wait(gdb->client, STOP_TIMEOUT_US);
	}
	return stop_signal(gdb, reply);
}

void gdb_run_slice(struct core_gdb *gdb)
{
	uint64_t slice_us;

	if (gdb->halted || gdb->locked_up || gdb->held_in_reset || gdb->owed_ps < MIN_OWED_PS ||
			gdb_client_is_lost(gdb->client))
		return;
	slice_us = gdb->owed_ps / VB_PS_PER_US;
	if (gdb->slice_us < MIN_SLICE_US)
		gdb->slice_us = MIN_SLICE_US;
	if (slice_us < gdb->slice_us)
		slice_us = gdb->slice_us;
	if (slice_us > MAX_SLICE_US)
		slice_us = MAX_SLICE_US;
	if (gdb->slice_us < MAX_WAIT_SLICE_US)
		gdb->slice_us *= 2;
	gdb->owed_ps = 0;
	gdb->num_looks = 0;

	for (unsigned int n = 0; n < MAX_GO_ON; n++) {
		if (run_for(gdb, slice_us) != SIGNAL_TRAP)
			return;
		switch (gdb_find_stop(gdb)) {
		case GDB_STOP_BKPT:
			gdb_debug_enter(gdb, DFSR_BKPT);
			return;
		case GDB_STOP_CATCH:
			gdb_debug_enter(gdb, DFSR_VCATCH);
			return;
		case GDB_STOP_NONE:
			break;
		}
		/* QEMU steps over its own breakpoints. */
		if (gdb_client_is_lost(gdb->client) || !gdb_step(gdb))
			return;
	}
}

void gdb_look(struct core_gdb *gdb, uint32_t address, unsigned int size)
{
	struct gdb_look *last;
	bool again = gdb->owed_ps >= LONG_OWED_PS;

	for (unsigned int n = 0; n < gdb->num_looks; n++)
		again |= address - gdb->look[n].base < gdb->look[n].length;
	if (again)
		gdb_run_slice(gdb);
	last = &gdb->look[gdb->num_looks];
	if (gdb->num_looks && last[-1].base + last[-1].length == address) {
		last[-1].length += size;
		return;
	}
	if (gdb->num_looks == GDB_MAX_LOOKS) {
		gdb_run_slice(gdb);
		gdb->num_looks = 0;
	}
	gdb->look[gdb->num_looks++] = (struct gdb_look){ .base = address, .length = size };
}

void core_gdb_run_until(struct core_gdb *gdb, uint64_t until_ps)
{
	if (until_ps > gdb->synced_ps) {
		if (!gdb->halted)
			gdb->owed_ps += until_ps - gdb->synced_ps;
		gdb->synced_ps = until_ps;
	}
	gdb->core->vb->clock.now_ps = until_ps;
}

/* With no program in it, a Cortex-M locks up at once; QEMU would end itself. */
static void look_at_vectors(struct core_gdb *gdb)
{
	uint32_t pc;

	gdb->locked_up = gdb_read_word(gdb, 4, &pc) == 0 && !(pc & 1);
}

static void leave_reset(struct core_gdb *gdb)
{
	look_at_vectors(gdb);
	if ((gdb->demcr & DEMCR_VC_CORERESET) && (gdb->dhcsr_controls & DHCSR_C_DEBUGEN))
		gdb_debug_enter(gdb, DFSR_VCATCH);
	else if (gdb->dhcsr_controls & DHCSR_C_HALT)
		gdb_debug_enter(gdb, DFSR_HALTED);
}

/*
 * By QEMU's monitor, which says OK before it has been done: a register that the reset clears tells when. What is
 * written behind is written to RAM, which a reset leaves alone.
 */
static void reset_qemu(struct core_gdb *gdb)
{
	static const char command[] = "system_reset";
	char packet[8 + 2 * sizeof(command)] = "qRcmd,";
	const char *reply;

	gdb_flush(gdb);
	gdb_set_reg(gdb, 12, MARK);
	for (const char *at = command; *at; at++)
		snprintf(packet + strlen(packet), 3, "%02x", (unsigned int)(uint8_t)*at);
	reply = gdb_client_ask(gdb->client, packet, "resetting");
	if (reply && strcmp(reply, "OK") != 0)
		gdb_client_lose(gdb->client, "'%.20s' instead of a reset", reply);
	for (unsigned int n = 0; n < RESET_TIMEOUT_ASKS && !gdb_client_is_lost(gdb->client); n++) {
		gdb_forget_regs(gdb);
		if (gdb_load_regs(gdb) && gdb->regs[12] != MARK)
			break;
		if (n == RESET_TIMEOUT_ASKS - 1)
			gdb_client_lose(gdb->client, "no reset after %u looks", RESET_TIMEOUT_ASKS);
	}
	gdb_forget_regs(gdb);
	gdb_forget_memory(gdb);
}

void gdb_reset(struct core_gdb *gdb)
{
	gdb->core->vb->count.resets++;
	reset_qemu(gdb);
	gdb->halted = false;
	gdb->locked_up = false;
	gdb->owed_ps = 0;
	gdb->slice_us = 0;
	gdb->catch_stale = true;
	gdb->dhcsr_controls &= DHCSR_C_DEBUGEN;
	gdb->register_ready = true;
	gdb->reset_sticky = true;
	if (!gdb->held_in_reset)
		leave_reset(gdb);
}

void core_gdb_reset(struct core_gdb *gdb)
{
	if (!gdb_client_is_lost(gdb->client))
		gdb_reset(gdb);
}

void core_gdb_hold_reset(struct core_gdb *gdb, bool held)
{
	if (held == gdb->held_in_reset)
		return;
	gdb->held_in_reset = held;
	if (gdb_client_is_lost(gdb->client))
		return;
	if (held)
		gdb_reset(gdb);
	else
		leave_reset(gdb);
}

bool core_gdb_is_halted(const struct core_gdb *gdb)
{
	return gdb->halted;
}

bool core_gdb_is_locked_up(const struct core_gdb *gdb)
{
	return gdb->locked_up;
}

bool core_gdb_is_lost(const struct core *core)
{
	return core->gdb && gdb_client_is_lost(core->gdb->client);
}

void core_gdb_free(struct core *core)
{
	gdb_client_free(core->gdb->client);
	free(core->gdb);
	free(core);
}

/* On connection QEMU stops, whatever it did. */
static int begin(struct core_gdb *gdb)
{
	const char *reply = gdb_client_ask(gdb->client, "?", "connecting");

	if (!reply || stop_signal(gdb, reply) < 0)
		return -1;
	/* QEMU gives single registers only to who has read what registers there are. */
	reply = gdb_client_ask(gdb->client, "qXfer:features:read:target.xml:0,7ff", "asking for the registers");
	if (reply && !strstr(reply, "m-profile"))
		gdb_client_lose(gdb->client, "its processor is not a Cortex-M: '%.80s'", reply);
	if (!gdb_load_regs(gdb))
		return -1;
	look_at_vectors(gdb);
	return gdb_client_is_lost(gdb->client) ? -1 : 0;
}

struct core *core_gdb_new(struct bus *bus, const struct core_gdb_config *config)
{
	struct core *core = calloc(1, sizeof(*core));
	struct core_gdb *gdb = calloc(1, sizeof(*gdb));

	if (!core || !gdb || config->num_regions > GDB_MAX_REGIONS || config->fpb_comparators > GDB_MAX_COMPARATORS) {
		fprintf(stderr, "vboard: no such core can be made\n");
		free(core);
		free(gdb);
		return NULL;
	}
	core->gdb = gdb;
	core->bus = bus;
	core->vb = bus->vb;
	gdb->core = core;
	gdb->config = *config;
	gdb->synced_ps = core->vb->clock.now_ps;
	gdb->register_ready = true;
	gdb->reset_sticky = true;
	if (gdb_memory_add(gdb) != 0 || gdb_debug_add(gdb) != 0) {
		fprintf(stderr, "vboard: no room for the core on the bus\n");
		free(gdb);
		free(core);
		return NULL;
	}
	gdb->client = gdb_client_new(config->port);
	if (!gdb->client || begin(gdb) != 0) {
		gdb_client_free(gdb->client);
		free(gdb);
		free(core);
		return NULL;
	}
	return core;
}
