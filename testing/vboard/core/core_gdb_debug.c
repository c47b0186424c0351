// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The private peripheral bus of a core that QEMU executes, as a debugger sees it: halting debug and the breakpoint unit
 * are here ([v7M] C1.6, C1.11), the rest of the System Control Space is QEMU's. There is neither DWT nor ITM: they read
 * as zero, which a debugger takes for none.
 */

#include "core_gdb_private.h"

#define PPB_BASE		0xe0000000u
#define PPB_BYTES		0x00100000u
#define FPB			0xe0002000u
#define FPB_BYTES		0x1000u
#define SCS			0xe000e000u
#define SCS_BYTES		0x1000u
#define AIRCR			0xe000ed0cu
#define DFSR			0xe000ed30u
#define DHCSR			0xe000edf0u
#define DCRSR			0xe000edf4u
#define DCRDR			0xe000edf8u
#define DEMCR			0xe000edfcu

#define AIRCR_KEY		0x05fa0000u
#define AIRCR_VECTRESET		(1u << 0)
#define AIRCR_VECTCLRACTIVE	(1u << 1)
#define AIRCR_SYSRESETREQ	(1u << 2)
#define DBGKEY			0xa05f0000u
#define DHCSR_S_REGRDY		(1u << 16)
#define DHCSR_S_HALT		(1u << 17)
#define DHCSR_S_LOCKUP		(1u << 19)
#define DHCSR_S_RETIRE_ST	(1u << 24)
#define DHCSR_S_RESET_ST	(1u << 25)
#define DCRSR_WRITE		(1u << 16)
#define DEMCR_STORED		0x010f07f1u
#define FP_CTRL_KEY		2u
#define FP_CTRL_ENABLE		1u

void gdb_debug_enter(struct core_gdb *gdb, uint32_t dfsr)
{
	gdb->dfsr |= dfsr;
	gdb->dhcsr_controls |= DHCSR_C_HALT;
	gdb->halted = true;
	gdb->locked_up = false;
	gdb->register_ready = true;
	gdb->owed_ps = 0;
}

/* Executed at once: a debugger reads DHCSR next and expects S_HALT. */
static void step(struct core_gdb *gdb)
{
	gdb_set_stops(gdb);
	if (gdb_client_is_lost(gdb->client))
		return;
	if (gdb_find_stop(gdb) == GDB_STOP_BKPT) {
		gdb_debug_enter(gdb, DFSR_BKPT);
		return;
	}
	if (!gdb_step(gdb))
		return;
	gdb_forget_regs(gdb);
	gdb_forget_memory(gdb);
	gdb_debug_enter(gdb, DFSR_HALTED);
}

void gdb_write_dhcsr(struct core_gdb *gdb, uint32_t value)
{
	uint32_t before = gdb->dhcsr_controls;

	if ((value & 0xffff0000) != DBGKEY)
		return;
	gdb->dhcsr_controls = value & DHCSR_C_DEBUGEN ? value & DHCSR_CONTROLS : 0;
	if ((before ^ gdb->dhcsr_controls) & DHCSR_C_DEBUGEN)
		gdb->catch_stale = true;
	if (gdb->held_in_reset)
		return;
	if (!gdb->halted && (gdb->dhcsr_controls & DHCSR_C_HALT)) {
		gdb_debug_enter(gdb, DFSR_HALTED);
	} else if (gdb->halted && !(gdb->dhcsr_controls & DHCSR_C_HALT)) {
		gdb->halted = false;
		gdb->slice_us = 0;
		gdb->catch_stale = true;
		if (gdb->dhcsr_controls & DHCSR_C_STEP)
			step(gdb);
	}
}

static uint32_t read_dhcsr(struct core_gdb *gdb)
{
	uint32_t value;

	gdb_run_slice(gdb);
	value = gdb->dhcsr_controls;
	if (gdb->register_ready)
		value |= DHCSR_S_REGRDY;
	if (gdb->halted)
		value |= DHCSR_S_HALT;
	else if (gdb->locked_up)
		value |= DHCSR_S_LOCKUP;
	else if (!gdb->held_in_reset)
		value |= DHCSR_S_RETIRE_ST;
	if (gdb->reset_sticky)
		value |= DHCSR_S_RESET_ST;
	gdb->reset_sticky = gdb->held_in_reset;
	return value;
}

uint32_t gdb_get_register(struct core_gdb *gdb, unsigned int number)
{
	if (number < GDB_NUM_REGS)
		return gdb_load_regs(gdb) ? gdb->regs[number] : 0;
	if (number != CORE_MSP && number != CORE_PSP && number != CORE_SPECIAL)
		return 0;
	if (!gdb_load_specials(gdb))
		return 0;
	if (number == CORE_MSP)
		return gdb->msp;
	if (number == CORE_PSP)
		return gdb->psp;
	return gdb->control << 24 | gdb->faultmask << 16 | gdb->basepri << 8 | gdb->primask;
}

void gdb_set_register(struct core_gdb *gdb, unsigned int number, uint32_t value)
{
	if (number == GDB_REG_PC)
		value &= ~1u;
	if (number == GDB_REG_SP)
		value &= ~3u;
	if (number < GDB_NUM_REGS)
		gdb_set_reg(gdb, number, value);
	else if (number == CORE_MSP || number == CORE_PSP || number == CORE_SPECIAL)
		gdb_set_special(gdb, number, value);
}

static void write_dcrsr(struct core_gdb *gdb, uint32_t value)
{
	/* Outside of Debug state the transfer never completes. */
	gdb->register_ready = gdb->halted;
	if (!gdb->halted)
		return;
	if (value & DCRSR_WRITE)
		gdb_set_register(gdb, value & 0x7f, gdb->dcrdr);
	else
		gdb->dcrdr = gdb_get_register(gdb, value & 0x7f);
}

/* VECTRESET too is a reset of the whole board: QEMU has no other. */
static void write_aircr(struct core_gdb *gdb, uint32_t value)
{
	if ((value & 0xffff0000) != AIRCR_KEY)
		return;
	if (value & (AIRCR_SYSRESETREQ | AIRCR_VECTRESET))
		gdb_reset(gdb);
	else if ((value & AIRCR_VECTCLRACTIVE) && gdb->halted)
		gdb_leave_handler(gdb);
	else
		gdb_store(gdb, AIRCR, 4, value);
}

static uint32_t read_fpb(const struct core_gdb *gdb, uint32_t offset)
{
	uint32_t index = (offset - 8) / 4;

	if (offset == 0)
		return gdb->config.fpb_comparators << 4 | (gdb->fp_enabled ? FP_CTRL_ENABLE : 0);
	return offset >= 8 && index < gdb->config.fpb_comparators ? gdb->fp_comp[index] : 0;
}

static void write_fpb(struct core_gdb *gdb, uint32_t offset, uint32_t value)
{
	uint32_t index = (offset - 8) / 4;

	if (offset == 0 && (value & FP_CTRL_KEY))
		gdb->fp_enabled = value & FP_CTRL_ENABLE;
	else if (offset >= 8 && index < gdb->config.fpb_comparators)
		gdb->fp_comp[index] = value & 0xdffffffd;
}

/* True when the word is ours. */
static bool read_own(struct core_gdb *gdb, uint32_t address, uint32_t *value)
{
	if (address - FPB < FPB_BYTES) {
		*value = read_fpb(gdb, address - FPB);
		return true;
	}
	if (address - SCS >= SCS_BYTES) {
		*value = 0;
		return true;
	}
	switch (address) {
	case DFSR:
		*value = gdb->dfsr;
		return true;
	case DHCSR:
		*value = read_dhcsr(gdb);
		return true;
	case DCRSR:
		*value = 0;
		return true;
	case DCRDR:
		*value = gdb->dcrdr;
		return true;
	case DEMCR:
		*value = gdb->demcr;
		return true;
	default:
		return false;
	}
}

static bool write_own(struct core_gdb *gdb, uint32_t address, uint32_t value)
{
	if (address - FPB < FPB_BYTES) {
		write_fpb(gdb, address - FPB, value);
		return true;
	}
	if (address - SCS >= SCS_BYTES)
		return true;
	switch (address) {
	case AIRCR:
		write_aircr(gdb, value);
		return true;
	case DFSR:
		gdb->dfsr &= ~value;
		return true;
	case DHCSR:
		gdb_write_dhcsr(gdb, value);
		return true;
	case DCRSR:
		write_dcrsr(gdb, value);
		return true;
	case DCRDR:
		gdb->dcrdr = value;
		return true;
	case DEMCR:
		gdb->demcr = value & DEMCR_STORED;
		gdb->catch_stale = true;
		return true;
	default:
		return false;
	}
}

static int ppb_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct core_gdb *gdb = context;
	uint32_t address = PPB_BASE + offset;
	uint8_t bytes[4] = { 0 };

	(void)master;
	if (gdb_client_is_lost(gdb->client))
		return -1;
	if (read_own(gdb, address & ~3u, value)) {
		*value >>= 8 * (address & 3);
		*value &= size < 4 ? (1u << 8 * size) - 1 : UINT32_MAX;
		return gdb_client_is_lost(gdb->client) ? -1 : 0;
	}
	if (gdb_read_memory(gdb, address, bytes, size) != 0)
		return -1;
	*value = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
	return 0;
}

static int ppb_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct core_gdb *gdb = context;
	uint32_t address = PPB_BASE + offset;
	uint32_t word = address & ~3u;
	uint32_t ignored;

	(void)master;
	if (gdb_client_is_lost(gdb->client))
		return -1;
	if (size == 4 ? write_own(gdb, address, value) : word != DHCSR && read_own(gdb, word, &ignored))
		return gdb_client_is_lost(gdb->client) ? -1 : 0;	/* parts of our words are not written */
	return gdb_store(gdb, address, size, value);
}

int gdb_debug_add(struct core_gdb *gdb)
{
	const struct bus_device device = {
		.name = "ppb",
		.base = PPB_BASE,
		.size = PPB_BYTES,
		.context = gdb,
		.read = ppb_read,
		.write = ppb_write,
	};

	return bus_add_device(gdb->core->bus, &device);
}
