// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Registers over the gdbstub, and what it does not have: QEMU 7.2's has no MSP, PSP, PRIMASK, BASEPRI, FAULTMASK and
 * CONTROL, and ignores writes to peripherals. For these a few instructions are put into RAM and stepped; registers and
 * RAM are put back.
 */

#include "core_gdb_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* QEMU's number of xPSR (target/arm/gdbstub.c: the legacy number of CPSR). */
#define GDB_NUMBER_XPSR		25

#define STOP_TIMEOUT_US		10000000u
#define SIGNAL_TRAP		5

/* Thumb: [v7M] A7.7 */
#define MRS_FIRST		0xf3efu
#define MRS_SECOND(rd, sysm)	(0x8000u | (rd) << 8 | (sysm))
#define MSR_FIRST(rn)		(0xf380u | (rn))
#define MSR_SECOND(sysm)	(0x8800u | (sysm))
#define STR_R1_R0		0x6001u
#define STRH_R1_R0		0x8001u
#define STRB_R1_R0		0x7001u
#define BX_R0			0x4700u
#define BX_LR			0x4770u
/* [v7M] B5.1.1, SYSm */
#define SYSM_MSP		8
#define SYSM_PSP		9
#define SYSM_PRIMASK		16
#define SYSM_BASEPRI		17
#define SYSM_FAULTMASK		19
#define SYSM_CONTROL		20

#define CFSR			0xe000ed28u
#define HFSR			0xe000ed2cu

#define EXC_RETURN_THREAD_MSP	0xfffffff9u
#define FRAME_WORDS		8

static unsigned int stub_number(unsigned int number)
{
	return number == GDB_REG_XPSR ? GDB_NUMBER_XPSR : number;
}

/* A register is eight digits, the least significant byte first. */
static bool parse_register(const char *text, uint32_t *value)
{
	char digits[9] = "";
	char *end;

	memcpy(digits, text, strnlen(text, 8));
	unsigned long swapped = strtoul(digits, &end, 16);
	if (end != digits + 8)
		return false;
	*value = __builtin_bswap32((uint32_t)swapped);
	return true;
}

static bool read_register(struct core_gdb *gdb, unsigned int number, uint32_t *value)
{
	char packet[16];
	const char *reply;

	snprintf(packet, sizeof(packet), "p%x", stub_number(number));
	reply = gdb_client_ask(gdb->client, packet, "reading a register");
	if (!reply)
		return false;
	if (!parse_register(reply, value)) {
		gdb_client_lose(gdb->client, "'%.20s' instead of register %u", reply, stub_number(number));
		return false;
	}
	return true;
}

void gdb_forget_regs(struct core_gdb *gdb)
{
	gdb->regs_known = false;
	gdb->specials_known = false;
}

bool gdb_load_regs(struct core_gdb *gdb)
{
	const char *reply;

	if (gdb->regs_known)
		return true;
	reply = gdb_client_ask(gdb->client, "g", "reading the registers");
	if (!reply)
		return false;
	for (unsigned int n = 0; n < GDB_REG_XPSR; n++) {
		if (strlen(reply) < 8 * (n + 1) || !parse_register(reply + 8 * n, &gdb->regs[n])) {
			gdb_client_lose(gdb->client, "not the registers of a Cortex-M");
			return false;
		}
	}
	if (!read_register(gdb, GDB_REG_XPSR, &gdb->regs[GDB_REG_XPSR]))
		return false;
	gdb->regs_known = true;
	return true;
}

void gdb_set_reg(struct core_gdb *gdb, unsigned int number, uint32_t value)
{
	char packet[40];
	const char *reply;

	if (!gdb_load_regs(gdb))
		return;
	snprintf(packet, sizeof(packet), "P%x=%08" PRIx32, stub_number(number), __builtin_bswap32(value));
	reply = gdb_client_ask(gdb->client, packet, "writing a register");
	if (reply && strcmp(reply, "OK") != 0)
		gdb_client_lose(gdb->client, "'%.20s' when register %u was written", reply, stub_number(number));
	/* Which bits of xPSR can be written is up to QEMU: not the exception number. */
	if (number == GDB_REG_XPSR && reply)
		read_register(gdb, number, &gdb->regs[number]);
	else
		gdb->regs[number] = value;
	/* One of them may be what SP is. */
	if (number == GDB_REG_SP)
		gdb->specials_known = false;
}

bool gdb_step(struct core_gdb *gdb)
{
	const char *reply;

	gdb_client_send(gdb->client, "s", "stepping");
	reply = gdb_client_wait(gdb->client, STOP_TIMEOUT_US);
	if (!reply) {
		gdb_client_lose(gdb->client, "a step did not end within %u s", STOP_TIMEOUT_US / 1000000);
		return false;
	}
	if ((reply[0] != 'T' && reply[0] != 'S') || strtoul((char[]){ reply[1], reply[1] ? reply[2] : 0, 0 }, NULL, 16) !=
			SIGNAL_TRAP) {
		gdb_client_lose(gdb->client, "'%.20s' at the end of a step", reply);
		return false;
	}
	gdb->regs_known = false;
	return true;
}

/* What a snippet may use, and what of it was there before. */
struct snippet {
	uint16_t code[CORE_GDB_SCRATCH_BYTES / 2];
	unsigned int length;	/* halfwords */
	uint32_t saved_regs[GDB_NUM_REGS];
	uint8_t saved_bytes[CORE_GDB_SCRATCH_BYTES];
};

static void add_mrs(struct snippet *snippet, unsigned int rd, unsigned int sysm)
{
	snippet->code[snippet->length++] = MRS_FIRST;
	snippet->code[snippet->length++] = (uint16_t)MRS_SECOND(rd, sysm);
}

static bool begin_snippet(struct core_gdb *gdb, struct snippet *snippet)
{
	uint8_t bytes[CORE_GDB_SCRATCH_BYTES];

	gdb_flush(gdb);
	if (!gdb_load_regs(gdb))
		return false;
	memcpy(snippet->saved_regs, gdb->regs, sizeof(gdb->regs));
	if (gdb_read_memory(gdb, gdb->config.scratch, snippet->saved_bytes, sizeof(snippet->saved_bytes)) != 0)
		return false;
	for (unsigned int n = 0; n < snippet->length; n++) {
		bytes[2 * n] = (uint8_t)snippet->code[n];
		bytes[2 * n + 1] = (uint8_t)(snippet->code[n] >> 8);
	}
	return gdb_write_memory(gdb, gdb->config.scratch, bytes, 2 * snippet->length) == 0;
}

/* `steps` instructions. Returns false when they did not end behind the last. */
static bool run_snippet(struct core_gdb *gdb, const struct snippet *snippet, unsigned int steps)
{
	uint32_t xpsr = (gdb->regs[GDB_REG_XPSR] & ~XPSR_IT) | XPSR_T;

	/* The program may have been stopped inside an IT block, or have branched to an even address. */
	if (xpsr != gdb->regs[GDB_REG_XPSR])
		gdb_set_reg(gdb, GDB_REG_XPSR, xpsr);
	gdb_set_reg(gdb, GDB_REG_PC, gdb->config.scratch);
	for (unsigned int n = 0; n < steps; n++) {
		if (!gdb_step(gdb))
			return false;
	}
	return gdb_load_regs(gdb) && gdb->regs[GDB_REG_PC] == gdb->config.scratch + 2 * snippet->length;
}

static void end_snippet(struct core_gdb *gdb, const struct snippet *snippet)
{
	static const uint8_t order[] = { 0, 1, 2, 3, 4, 5, GDB_REG_XPSR, GDB_REG_PC };

	gdb_write_memory(gdb, gdb->config.scratch, snippet->saved_bytes, sizeof(snippet->saved_bytes));
	if (!gdb_load_regs(gdb))
		return;
	for (unsigned int n = 0; n < sizeof(order); n++) {
		if (gdb->regs[order[n]] != snippet->saved_regs[order[n]])
			gdb_set_reg(gdb, order[n], snippet->saved_regs[order[n]]);
	}
}

/* Not of a debugger's access, which may well fail: RAM and system registers are always there. */
static void fail_snippet(struct core_gdb *gdb, const char *what)
{
	gdb_client_lose(gdb->client, "%s: the instructions for it in RAM at 0x%08" PRIx32 " ended at 0x%08" PRIx32
		" (does the MPU forbid execution there?)", what, gdb->config.scratch, gdb->regs[GDB_REG_PC]);
}

/* In unprivileged Thread mode, PRIMASK to FAULTMASK read as 0 ([v7M] B5.2.2), and are given as that. */
bool gdb_load_specials(struct core_gdb *gdb)
{
	static const uint8_t sysm[] = { SYSM_MSP, SYSM_PSP, SYSM_PRIMASK, SYSM_BASEPRI, SYSM_FAULTMASK, SYSM_CONTROL };
	struct snippet snippet = { .length = 0 };

	if (gdb->specials_known)
		return true;
	for (unsigned int n = 0; n < sizeof(sysm); n++)
		add_mrs(&snippet, n, sysm[n]);
	if (!begin_snippet(gdb, &snippet))
		return false;
	if (!run_snippet(gdb, &snippet, sizeof(sysm))) {
		fail_snippet(gdb, "reading MSP to CONTROL");
		return false;
	}
	gdb->msp = gdb->regs[0];
	gdb->psp = gdb->regs[1];
	gdb->primask = gdb->regs[2] & 1;
	gdb->basepri = gdb->regs[3] & 0xff;
	gdb->faultmask = gdb->regs[4] & 1;
	gdb->control = gdb->regs[5] & 3;
	end_snippet(gdb, &snippet);
	gdb->specials_known = true;
	return true;
}

static void write_special(struct core_gdb *gdb, unsigned int sysm, uint32_t value)
{
	struct snippet snippet = { .length = 2, .code = { (uint16_t)MSR_FIRST(0), (uint16_t)MSR_SECOND(sysm) } };

	if (!begin_snippet(gdb, &snippet))
		return;
	gdb_set_reg(gdb, 0, value);
	if (!run_snippet(gdb, &snippet, 1)) {
		fail_snippet(gdb, "writing one of MSP to CONTROL");
		return;
	}
	end_snippet(gdb, &snippet);
	gdb_forget_regs(gdb);
}

void gdb_set_special(struct core_gdb *gdb, unsigned int number, uint32_t value)
{
	if (!gdb_load_specials(gdb))
		return;
	switch (number) {
	case CORE_MSP:
		write_special(gdb, SYSM_MSP, value & ~3u);
		return;
	case CORE_PSP:
		write_special(gdb, SYSM_PSP, value & ~3u);
		return;
	default:
		break;
	}
	/* CONTROL last: without privilege the others could not be written. */
	uint32_t primask = value & 1, basepri = value >> 8 & 0xff, faultmask = value >> 16 & 1, control = value >> 24 & 3;
	uint32_t old_basepri = gdb->basepri, old_faultmask = gdb->faultmask, old_control = gdb->control;

	if (primask != gdb->primask)
		write_special(gdb, SYSM_PRIMASK, primask);
	if (basepri != old_basepri)
		write_special(gdb, SYSM_BASEPRI, basepri);
	if (faultmask != old_faultmask)
		write_special(gdb, SYSM_FAULTMASK, faultmask);
	if (control != old_control)
		write_special(gdb, SYSM_CONTROL, control);
}

/* A debugger's access that fails leaves no trace in the core: these are cleared by a one, what was set stays. */
static void clear_faults(struct core_gdb *gdb, uint32_t cfsr_before, uint32_t hfsr_before)
{
	uint32_t cfsr, hfsr;

	if (gdb_read_word(gdb, CFSR, &cfsr) != 0 || gdb_read_word(gdb, HFSR, &hfsr) != 0)
		return;
	if (cfsr & ~cfsr_before)
		gdb_store(gdb, CFSR, 4, cfsr & ~cfsr_before);
	if (hfsr & ~hfsr_before)
		gdb_store(gdb, HFSR, 4, hfsr & ~hfsr_before);
}

int gdb_store(struct core_gdb *gdb, uint32_t address, unsigned int size, uint32_t value)
{
	struct snippet snippet = { .length = 1 };
	uint32_t cfsr, hfsr;
	bool done;

	if (gdb_read_word(gdb, CFSR, &cfsr) != 0 || gdb_read_word(gdb, HFSR, &hfsr) != 0)
		return -1;
	snippet.code[0] = size == 4 ? STR_R1_R0 : size == 2 ? STRH_R1_R0 : STRB_R1_R0;
	if (!begin_snippet(gdb, &snippet))
		return -1;
	gdb_set_reg(gdb, 0, address);
	gdb_set_reg(gdb, 1, value);
	done = run_snippet(gdb, &snippet, 1);
	/* A bus error has pushed a frame and entered the fault handler. */
	if (!done && !gdb_client_is_lost(gdb->client)) {
		gdb_leave_handler(gdb);
		gdb_set_reg(gdb, GDB_REG_SP, snippet.saved_regs[GDB_REG_SP]);
		gdb_set_reg(gdb, GDB_REG_LR, snippet.saved_regs[GDB_REG_LR]);
	}
	end_snippet(gdb, &snippet);
	if (done)
		return 0;
	clear_faults(gdb, cfsr, hfsr);
	return -1;
}

/* The handler's first instruction has not run: back to where the exception came from, with its registers. */
bool gdb_return_from_handler(struct core_gdb *gdb)
{
	struct snippet snippet = { .length = 1, .code = { BX_LR } };

	if (!begin_snippet(gdb, &snippet))
		return false;
	run_snippet(gdb, &snippet, 1);
	gdb_write_memory(gdb, gdb->config.scratch, snippet.saved_bytes, sizeof(snippet.saved_bytes));
	gdb->specials_known = false;
	return gdb_load_regs(gdb);
}

/*
 * Takes the core out of the exception that it is in, as a debugger's AIRCR.VECTCLRACTIVE does, which QEMU ignores: an
 * exception return with a frame of our own. Registers keep their values but LR, PC and xPSR's exception number.
 */
void gdb_leave_handler(struct core_gdb *gdb)
{
	struct snippet snippet = { .length = 1, .code = { BX_R0 } };
	uint8_t frame[4 * FRAME_WORDS] = { 0 };
	uint32_t frame_at = gdb->config.scratch + CORE_GDB_SCRATCH_BYTES - sizeof(frame);
	uint32_t words[FRAME_WORDS];

	if (!gdb_load_regs(gdb) || !(gdb->regs[GDB_REG_XPSR] & XPSR_IPSR) || !begin_snippet(gdb, &snippet))
		return;
	memcpy(words, gdb->regs, 4 * sizeof(words[0]));
	words[4] = gdb->regs[12];
	words[5] = gdb->regs[GDB_REG_LR];
	words[6] = gdb->config.scratch;
	words[7] = XPSR_T;
	for (unsigned int n = 0; n < sizeof(frame); n++)
		frame[n] = (uint8_t)(words[n / 4] >> 8 * (n % 4));
	gdb_write_memory(gdb, frame_at, frame, sizeof(frame));
	gdb_set_reg(gdb, GDB_REG_SP, frame_at);
	gdb_set_reg(gdb, 0, EXC_RETURN_THREAD_MSP);
	run_snippet(gdb, &snippet, 1);
	if (gdb_client_is_lost(gdb->client) || !gdb_load_regs(gdb))
		return;
	if (gdb->regs[GDB_REG_XPSR] & XPSR_IPSR)
		fprintf(stderr, "vboard: the core could not be taken out of exception %" PRIu32 ": others are active\n",
			gdb->regs[GDB_REG_XPSR] & XPSR_IPSR);
	gdb_set_reg(gdb, GDB_REG_SP, snippet.saved_regs[GDB_REG_SP]);
	/* xPSR comes back without the exception number: that cannot be written. */
	end_snippet(gdb, &snippet);
	gdb->specials_known = false;
}
