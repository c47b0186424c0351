// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What stops a Cortex-M in halting debug, as breakpoints of QEMU's (Z packets): of the breakpoint unit and of vector
 * catch it knows nothing, and a BKPT ends in HardFault there, with a gdbstub attached or not.
 *
 * Each breakpoint makes QEMU slower, and each halfword BExx that the debugger writes as data looks like a BKPT. So only
 * those near the PC get one, where the program goes next: a stub that ends in its BKPT. All others are taken for what
 * they are when the core is at its HardFault handler: it is brought back to the BKPT. That needs a handler, and 32
 * bytes below the stack pointer; the former needs neither.
 */

#include "core_gdb_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define VTOR			0xe000ed08u
#define HFSR			0xe000ed2cu
#define BKPT			0xbe00u		/* with an 8-bit number ([v7M] A7.7.17) */
#define BKPT_MASK		0xff00u
#define NEAR_BYTES		2048u
#define FRAME_PC		24u		/* offset in what an exception stacks ([v7M] B1.5.6) */

static bool set_stop(struct core_gdb *gdb, bool set, uint32_t address)
{
	char packet[32];
	const char *reply;

	snprintf(packet, sizeof(packet), "%c0,%" PRIx32 ",2", set ? 'Z' : 'z', address);
	reply = gdb_client_ask(gdb->client, packet, "setting breakpoints");
	if (reply && strcmp(reply, "OK") != 0)
		gdb_client_lose(gdb->client, "'%.20s' when a breakpoint at 0x%08" PRIx32 " was %s", reply, address,
			set ? "set" : "removed");
	return reply;
}

static void add_bkpt(struct core_gdb *gdb, uint32_t address)
{
	for (unsigned int n = 0; n < gdb->num_bkpts; n++) {
		if (gdb->bkpt[n].address == address) {
			gdb->bkpt[n].wanted = true;
			return;
		}
	}
	if (gdb->num_bkpts == GDB_MAX_BKPTS) {
		if (!gdb->bkpts_overflowed)
			fprintf(stderr, "vboard: more than %d halfwords BExx in RAM: that at 0x%08" PRIx32 " and later ones only "
				"stop the core by way of its HardFault handler\n", GDB_MAX_BKPTS, address);
		gdb->bkpts_overflowed = true;
		return;
	}
	gdb->bkpt[gdb->num_bkpts++] = (struct gdb_bkpt){ .address = address, .wanted = true };
}

/* Data may look like one: the core does not come by there. */
void gdb_note_written(struct core_gdb *gdb, uint32_t address, const uint8_t *bytes, unsigned int length)
{
	uint32_t first = address & ~1u, end = (address + length + 1) & ~1u;
	uint8_t edged[GDB_WRITE_BYTES + 2];

	for (unsigned int n = 0; n < gdb->num_bkpts; n++) {
		if (gdb->bkpt[n].address - first < end - first)
			gdb->bkpt[n].wanted = false;
	}
	/* The other half of a halfword of which only one byte was written. */
	if (end - first != length) {
		if (gdb_read_memory(gdb, first, edged, end - first) != 0)
			return;
		bytes = edged;
	}
	for (uint32_t at = first; at != end; at += 2, bytes += 2) {
		if (((bytes[0] | bytes[1] << 8) & BKPT_MASK) == BKPT)
			add_bkpt(gdb, at);
	}
}

static bool is_near(uint32_t address, uint32_t pc)
{
	return address - pc + NEAR_BYTES < 2 * NEAR_BYTES;
}

static void set_bkpts(struct core_gdb *gdb, bool enabled)
{
	unsigned int left = 0;

	if (!gdb->num_bkpts || !gdb_load_regs(gdb))
		return;
	for (unsigned int n = 0; n < gdb->num_bkpts; n++) {
		struct gdb_bkpt *bkpt = &gdb->bkpt[n];
		bool set = bkpt->wanted && enabled && is_near(bkpt->address, gdb->regs[GDB_REG_PC]);

		if (bkpt->set != set && set_stop(gdb, set, bkpt->address))
			bkpt->set = set;
		if (bkpt->wanted)
			gdb->bkpt[left++] = *bkpt;
	}
	gdb->num_bkpts = left;
}

/* Revision 0 of the unit ([v7M] C1.11.5): REPLACE in bits 31:30 says which half of the word. */
static bool comparator_matches_at(uint32_t comparator, uint32_t *address)
{
	if (!(comparator & 1) || comparator >> 30 == 0)
		return false;
	*address = (comparator & 0x1ffffffcu) | (comparator >> 30 == 2 ? 2 : 0);
	/* REPLACE = 11 is both halves: QEMU gets one, which the core reaches first. */
	return true;
}

static void set_comparators(struct core_gdb *gdb, bool enabled)
{
	for (unsigned int n = 0; n < gdb->config.fpb_comparators; n++) {
		uint32_t address = 0;
		bool set = enabled && gdb->fp_enabled && comparator_matches_at(gdb->fp_comp[n], &address);

		if (gdb->comparator_set[n] && (!set || address != gdb->comparator_address[n])) {
			if (!set_stop(gdb, false, gdb->comparator_address[n]))
				return;
			gdb->comparator_set[n] = false;
		}
		if (set && !gdb->comparator_set[n]) {
			if (!set_stop(gdb, true, address))
				return;
			gdb->comparator_set[n] = true;
			gdb->comparator_address[n] = address;
		}
	}
}

static void set_catch(struct core_gdb *gdb, bool enabled)
{
	uint32_t vtor = 0, handler = 0;
	bool set;

	if (!gdb->catch_stale)
		return;
	gdb->catch_stale = false;
	set = enabled && gdb_read_word(gdb, HFSR, &gdb->hfsr) == 0 && gdb_read_word(gdb, VTOR, &vtor) == 0 &&
		gdb_read_word(gdb, vtor + 4 * EXC_HARD_FAULT, &handler) == 0 && (handler & 1);
	handler &= ~1u;
	if (gdb->catch_set && (!set || handler != gdb->catch_address)) {
		if (!set_stop(gdb, false, gdb->catch_address))
			return;
		gdb->catch_set = false;
	}
	if (set && !gdb->catch_set && set_stop(gdb, true, handler)) {
		gdb->catch_set = true;
		gdb->catch_address = handler;
	}
}

void gdb_set_stops(struct core_gdb *gdb)
{
	bool enabled = gdb->dhcsr_controls & DHCSR_C_DEBUGEN;

	gdb_flush(gdb);
	set_bkpts(gdb, enabled);
	set_comparators(gdb, enabled);
	set_catch(gdb, enabled);
}

static bool is_bkpt(struct core_gdb *gdb, uint32_t address)
{
	uint8_t bytes[2];

	for (unsigned int n = 0; n < gdb->num_bkpts; n++) {
		if (gdb->bkpt[n].address != address || !gdb->bkpt[n].set)
			continue;
		if (gdb_read_memory(gdb, address, bytes, sizeof(bytes)) != 0)
			return false;
		if (((bytes[0] | bytes[1] << 8) & BKPT_MASK) == BKPT)
			return true;
		/* The program has written something else there. */
		gdb->bkpt[n].wanted = false;
	}
	return false;
}

/* At the HardFault handler: because of a BKPT? Then the core is back there, as if it had not happened. */
static bool is_escalated_bkpt(struct core_gdb *gdb)
{
	uint32_t sp = gdb->regs[GDB_REG_SP], pc, hfsr;
	uint8_t bytes[2];

	if ((gdb->regs[GDB_REG_LR] & EXC_RETURN_PSP) && gdb_load_specials(gdb))
		sp = gdb->psp;
	if (gdb_read_word(gdb, sp + FRAME_PC, &pc) != 0 || gdb_read_memory(gdb, pc & ~1u, bytes, sizeof(bytes)) != 0 ||
			((bytes[0] | bytes[1] << 8) & BKPT_MASK) != BKPT)
		return false;
	if (!gdb_return_from_handler(gdb))
		return false;
	/* Write one to clear. */
	if (gdb_read_word(gdb, HFSR, &hfsr) == 0 && (hfsr & ~gdb->hfsr))
		gdb_store(gdb, HFSR, 4, hfsr & ~gdb->hfsr);
	return true;
}

enum gdb_stop gdb_find_stop(struct core_gdb *gdb)
{
	uint32_t pc;

	if (!gdb_load_regs(gdb))
		return GDB_STOP_NONE;
	pc = gdb->regs[GDB_REG_PC];
	for (unsigned int n = 0; n < gdb->config.fpb_comparators; n++) {
		if (gdb->comparator_set[n] && gdb->comparator_address[n] == pc)
			return GDB_STOP_BKPT;
	}
	/* Other exceptions may have the same handler. */
	if (gdb->catch_set && gdb->catch_address == pc && (gdb->regs[GDB_REG_XPSR] & XPSR_IPSR) == EXC_HARD_FAULT) {
		if (is_escalated_bkpt(gdb))
			return GDB_STOP_BKPT;
		return gdb->demcr & DEMCR_VC_HARDERR ? GDB_STOP_CATCH : GDB_STOP_NONE;
	}
	return is_bkpt(gdb, pc) ? GDB_STOP_BKPT : GDB_STOP_NONE;
}
