// SPDX-License-Identifier: GPL-2.0-or-later

/* Halting debug: DHCSR, DCRSR, DCRDR, DEMCR ([v6M] C1.6, [v7M] C1.6, [v8M] D1.2), and the registers behind them. */

#include "core_private.h"

#define DBGKEY			0xa05f0000u
#define DHCSR_S_REGRDY		(1u << 16)
#define DHCSR_S_HALT		(1u << 17)
#define DHCSR_S_SLEEP		(1u << 18)
#define DHCSR_S_LOCKUP		(1u << 19)
#define DHCSR_S_RETIRE_ST	(1u << 24)
#define DHCSR_S_RESET_ST	(1u << 25)
#define DCRSR_WRITE		(1u << 16)

bool debug_may_halt(const struct core *core)
{
	return core->dhcsr_controls & DHCSR_C_DEBUGEN;
}

void debug_enter(struct core *core, uint32_t dfsr)
{
	core_regs(core);
	core->dfsr |= dfsr;
	core->dhcsr_controls |= DHCSR_C_HALT;
	core->halted = true;
	core->register_ready = true;
	/* A debugger's halt is one of the ways out of lockup and of sleep ([v7M] B1.5.15, B1.5.17). */
	core->locked_up = false;
	core->sleeping = false;
	core->idle_until_ps = 0;
	core->attention &= ~ATTENTION_STEP;
	core->step_started = false;
}

static void leave_debug_state(struct core *core)
{
	core->halted = false;
	core->step_started = false;
	if (core->dhcsr_controls & DHCSR_C_STEP)
		core->attention |= ATTENTION_STEP;
	else
		core->attention &= ~ATTENTION_STEP;
}

static uint32_t read_dhcsr(struct core *core, enum bus_master master)
{
	uint32_t value = core->dhcsr_controls;

	if (core->register_ready)
		value |= DHCSR_S_REGRDY;
	if (core->halted)
		value |= DHCSR_S_HALT;
	if (core->sleeping)
		value |= DHCSR_S_SLEEP;
	if (core->locked_up)
		value |= DHCSR_S_LOCKUP;
	/* A core that polls (core_note_idle_poll()) retires instructions that are not executed here. */
	if (core->instructions != core->retired_seen || core->idle_until_ps)
		value |= DHCSR_S_RETIRE_ST;
	if (core->reset_sticky)
		value |= DHCSR_S_RESET_ST;
	if (master == BUS_DEBUG) {
		core->retired_seen = core->instructions;
		/* While the reset lasts it is set again at once. */
		core->reset_sticky = core->held_in_reset;
	}
	return value;
}

static void write_dhcsr(struct core *core, uint32_t value)
{
	if ((value & 0xffff0000) != DBGKEY)
		return;

	core->dhcsr_controls = value & DHCSR_C_DEBUGEN ? value & DHCSR_CONTROLS : 0;
	nvic_update(core);	/* C_MASKINTS */
	/* In reset it only says what happens afterwards; see core_settle(). */
	if (core->vectors_pending)
		return;
	if (core->halted && !(core->dhcsr_controls & DHCSR_C_HALT))
		leave_debug_state(core);
	else if (!core->halted && (core->dhcsr_controls & DHCSR_C_HALT))
		debug_enter(core, DFSR_HALTED);
}

static uint32_t pack_special(const struct core_regs *regs)
{
	return regs->control << 24 | regs->faultmask << 16 | regs->basepri << 8 | regs->primask;
}

static void unpack_special(struct core *core, uint32_t value)
{
	struct core_regs *regs = core_regs_change(core);
	uint32_t control = value >> 24;

	regs->primask = value & 1;
	if (!core->is_v6m) {
		regs->basepri = value >> 8 & core->priority_mask & 0xff;
		regs->faultmask = value >> 16 & 1;
	}
	/*
	 * The M0 has no unprivileged mode; that of the M0+ is optional, and left out because libunicorn's v6-M model has
	 * none. In Handler mode the stack is MSP and stays so.
	 */
	control &= CONTROL_SPSEL | (core->is_v6m ? 0 : CONTROL_NPRIV) | (core->has_fpu ? CONTROL_FPCA : 0);
	if (core_in_handler(regs))
		control &= ~CONTROL_SPSEL;
	regs->control = control;
}

static uint32_t get_register(struct core *core, unsigned int reg)
{
	struct core_regs *regs = core_regs(core);

	if (reg <= 12)
		return regs->r[reg];
	if (reg >= CORE_S0 && reg < CORE_S0 + 32)
		return engine_get_fp(core, reg - CORE_S0);
	switch (reg) {
	case CORE_SP:
		return *core_current_sp(regs);
	case CORE_LR:
		return regs->lr;
	case CORE_PC:
		return regs->pc;
	case CORE_XPSR:
		return regs->xpsr;
	case CORE_MSP:
		return regs->msp;
	case CORE_PSP:
		return regs->psp;
	case CORE_SPECIAL:
		return pack_special(regs);
	case CORE_MSPLIM:
	case CORE_MSPLIM_NS:
		return regs->msplim;
	case CORE_PSPLIM:
	case CORE_PSPLIM_NS:
		return regs->psplim;
	case CORE_FPSCR:
		return engine_get_fp(core, 32);
	default:
		return 0;
	}
}

static void set_register(struct core *core, unsigned int reg, uint32_t value)
{
	struct core_regs *regs = core_regs_change(core);

	if (reg <= 12) {
		regs->r[reg] = value;
		return;
	}
	if (reg >= CORE_S0 && reg < CORE_S0 + 32) {
		engine_set_fp(core, reg - CORE_S0, value);
		return;
	}
	switch (reg) {
	case CORE_SP:
		*core_current_sp(regs) = value & ~3u;
		break;
	case CORE_LR:
		regs->lr = value;
		break;
	case CORE_PC:
		regs->pc = value & ~1u;
		break;
	case CORE_XPSR:
		regs->xpsr = value & (core->is_v6m ? 0xf100003fu : 0xff0ffdffu);
		break;
	case CORE_MSP:
		regs->msp = value & ~3u;
		break;
	case CORE_PSP:
		regs->psp = value & ~3u;
		break;
	case CORE_SPECIAL:
		unpack_special(core, value);
		break;
	case CORE_MSPLIM:
	case CORE_MSPLIM_NS:
		regs->msplim = core->is_v8m ? value & ~7u : 0;
		break;
	case CORE_PSPLIM:
	case CORE_PSPLIM_NS:
		regs->psplim = core->is_v8m ? value & ~7u : 0;
		break;
	case CORE_FPSCR:
		engine_set_fp(core, 32, value);
		break;
	default:
		break;
	}
}

static void write_dcrsr(struct core *core, uint32_t value)
{
	/* Outside of Debug state the transfer never completes. */
	core->register_ready = core->halted;
	if (!core->halted)
		return;
	if (value & DCRSR_WRITE)
		set_register(core, value & 0x7f, core->dcrdr);
	else
		core->dcrdr = get_register(core, value & 0x7f);
}

/* [v6M] C1.6: software of a v6-M core cannot reach these registers; on v7-M it may read, and write DEMCR. */
uint32_t debug_read(struct core *core, uint32_t offset, enum bus_master master)
{
	if (master == BUS_CPU && core->is_v6m)
		return 0;
	switch (offset) {
	case 0x0:
		return read_dhcsr(core, master);
	case 0x8:
		return core->dcrdr;
	case 0xc:
		return core->demcr;
	default:
		return 0;
	}
}

void debug_write(struct core *core, uint32_t offset, uint32_t value, enum bus_master master)
{
	if (master == BUS_CPU && (core->is_v6m || offset != 0xc))
		return;
	switch (offset) {
	case 0x0:
		write_dhcsr(core, value);
		break;
	case 0x4:
		write_dcrsr(core, value);
		break;
	case 0x8:
		core->dcrdr = value;
		break;
	case 0xc:
		core->demcr = value & (core->is_v6m ? DEMCR_TRCENA | DEMCR_VC_HARDERR | DEMCR_VC_CORERESET : 0x010f07f1);
		break;
	default:
		break;
	}
}

void core_debug_halt(struct core *core)
{
	core_settle(core);
	write_dhcsr(core, DBGKEY | DHCSR_C_HALT | DHCSR_C_DEBUGEN);
}

void core_debug_resume(struct core *core)
{
	write_dhcsr(core, DBGKEY | DHCSR_C_DEBUGEN);
}

uint32_t core_reg_get(struct core *core, unsigned int reg)
{
	core_settle(core);
	return get_register(core, reg);
}

void core_reg_set(struct core *core, unsigned int reg, uint32_t value)
{
	core_settle(core);
	set_register(core, reg, value);
}
