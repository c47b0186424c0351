// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The guest's registers, from and to libunicorn 2.0.1. Access by the host obeys the guest's privilege, so that both
 * directions go through Handler mode; CONTROL.SPSEL can be written in Thread mode only; XPSR is without ITSTATE.
 */

#include "engine.h"

void engine_set_it(struct core *core, uint8_t state)
{
	struct engine *engine = core->engine;

	if (!core->is_v6m)
		set_reg(engine, UC_ARM_REG_CPSR, (get_reg(engine, UC_ARM_REG_CPSR) & ~XPSR_IT) | it_to_xpsr(state));
}

static bool is_free_page(const struct bus *bus, uint32_t page)
{
	for (unsigned int i = 0; i < bus->num_rams; i++) {
		if (page - bus->ram[i].base < bus->ram[i].size)
			return false;
	}
	return !engine_is_device_page(bus, bus->num_devices, page);
}

/*
 * libunicorn gives no host access to MSPLIM and PSPLIM: lets the guest execute `code` (with R0 and R1), in a page that
 * exists only meanwhile. Privileged Handler or Thread mode is the caller's business, and so are R0 and R1.
 */
static void execute_aside(struct core *core, const uint16_t *code, unsigned int bytes)
{
	struct engine *engine = core->engine;
	uint32_t page = 0x1f000000;

	/* In the code region, where the default memory map lets instructions be fetched. */
	while (!is_free_page(core->bus, page))
		page += BUS_PAGE_BYTES;
	if (uc_mem_map(engine->uc, page, BUS_PAGE_BYTES, UC_PROT_ALL) != UC_ERR_OK)
		return;
	uc_mem_write(engine->uc, page, code, bytes);
	core->attention |= ATTENTION_IGNORE;
	uc_emu_start(engine->uc, page | 1, page + bytes, 0, 0);
	core->attention &= ~ATTENTION_IGNORE;
	uc_ctl_remove_cache(engine->uc, page, page + bytes);
	uc_mem_unmap(engine->uc, page, BUS_PAGE_BYTES);
}

/* Both need a privileged mode and clobber R0, R1 of the engine. */
static void read_limits(struct core *core)
{
	static const uint16_t code[] = { 0xf3ef, 0x800a, 0xf3ef, 0x810b };	/* mrs r0, msplim; mrs r1, psplim */
	struct engine *engine = core->engine;

	if (engine->limits_known)
		return;
	execute_aside(core, code, sizeof(code));
	engine->msplim = get_reg(engine, UC_ARM_REG_R0);
	engine->psplim = get_reg(engine, UC_ARM_REG_R1);
	engine->limits_known = true;
}

static void write_limits(struct core *core)
{
	static const uint16_t code[] = { 0xf380, 0x880a, 0xf381, 0x880b };	/* msr msplim, r0; msr psplim, r1 */
	struct engine *engine = core->engine;

	if (engine->limits_known && engine->msplim == core->regs.msplim && engine->psplim == core->regs.psplim)
		return;
	set_reg(engine, UC_ARM_REG_R0, core->regs.msplim);
	set_reg(engine, UC_ARM_REG_R1, core->regs.psplim);
	execute_aside(core, code, sizeof(code));
	engine->msplim = core->regs.msplim;
	engine->psplim = core->regs.psplim;
	engine->limits_known = true;
}

void engine_load_regs(struct core *core)
{
	struct engine *engine = core->engine;
	struct core_regs *regs = &core->regs;
	uint32_t xpsr = get_reg(engine, UC_ARM_REG_XPSR);
	uint32_t it = core->is_v6m ? 0 : get_reg(engine, UC_ARM_REG_CPSR) & XPSR_IT;

	regs->control = get_reg(engine, UC_ARM_REG_CONTROL);
	for (unsigned int i = 0; i < 13; i++)
		regs->r[i] = get_reg(engine, general_reg(i));
	regs->lr = get_reg(engine, UC_ARM_REG_LR);
	regs->xpsr = (xpsr & ~XPSR_IT) | it;

	/* A handler is privileged; the special registers read as 0 otherwise. */
	set_reg(engine, UC_ARM_REG_XPSR, (xpsr & ~XPSR_IPSR) | EXC_HARD_FAULT);
	regs->msp = get_reg(engine, UC_ARM_REG_MSP);
	regs->psp = get_reg(engine, UC_ARM_REG_PSP);
	regs->primask = get_reg(engine, UC_ARM_REG_PRIMASK);
	if (!core->is_v6m) {
		regs->basepri = get_reg(engine, UC_ARM_REG_BASEPRI);
		regs->faultmask = get_reg(engine, UC_ARM_REG_FAULTMASK);
	}
	if (core->is_v8m && !engine->limits_known) {
		read_limits(core);
		set_reg(engine, UC_ARM_REG_R0, regs->r[0]);
		set_reg(engine, UC_ARM_REG_R1, regs->r[1]);
	}
	if (core->is_v8m) {
		regs->msplim = engine->msplim;
		regs->psplim = engine->psplim;
	}
	set_reg(engine, UC_ARM_REG_XPSR, xpsr);
	engine_set_it(core, it_from_xpsr(it));
}

void engine_store_regs(struct core *core)
{
	struct engine *engine = core->engine;
	const struct core_regs *regs = &core->regs;
	uint32_t xpsr = regs->xpsr & ~XPSR_IT;

	/* To privileged Thread mode on MSP: through a handler, which may write CONTROL.nPRIV but not SPSEL. */
	set_reg(engine, UC_ARM_REG_XPSR, XPSR_T | EXC_HARD_FAULT);
	set_reg(engine, UC_ARM_REG_CONTROL, 0);
	set_reg(engine, UC_ARM_REG_XPSR, XPSR_T);
	set_reg(engine, UC_ARM_REG_CONTROL, 0);
	if (core->is_v8m)
		write_limits(core);
	set_reg(engine, UC_ARM_REG_MSP, regs->msp);
	set_reg(engine, UC_ARM_REG_PSP, regs->psp);
	set_reg(engine, UC_ARM_REG_PRIMASK, regs->primask);
	if (!core->is_v6m) {
		set_reg(engine, UC_ARM_REG_BASEPRI, regs->basepri);
		set_reg(engine, UC_ARM_REG_FAULTMASK, regs->faultmask);
	}
	for (unsigned int i = 0; i < 13; i++)
		set_reg(engine, general_reg(i), regs->r[i]);
	set_reg(engine, UC_ARM_REG_LR, regs->lr);
	set_reg(engine, UC_ARM_REG_CONTROL, regs->control & ~CONTROL_NPRIV);
	set_reg(engine, UC_ARM_REG_XPSR, xpsr);
	if (regs->control & CONTROL_NPRIV)
		set_reg(engine, UC_ARM_REG_CONTROL, regs->control);
	engine_set_it(core, it_from_xpsr(regs->xpsr));
}

uint32_t engine_get_ipsr(struct core *core)
{
	return get_reg(core->engine, UC_ARM_REG_XPSR) & XPSR_IPSR;
}

void engine_get_masks(struct core *core, struct core_masks *masks)
{
	struct engine *engine = core->engine;

	*masks = (struct core_masks){ .primask = get_reg(engine, UC_ARM_REG_PRIMASK) };
	if (core->is_v6m)
		return;
	masks->basepri = get_reg(engine, UC_ARM_REG_BASEPRI);
	masks->faultmask = get_reg(engine, UC_ARM_REG_FAULTMASK);
}

uint32_t engine_get_fp(struct core *core, unsigned int number)
{
	if (!core->has_fpu)
		return 0;
	return get_reg(core->engine, number == 32 ? UC_ARM_REG_FPSCR : UC_ARM_REG_S0 + (int)number);
}

void engine_set_fp(struct core *core, unsigned int number, uint32_t value)
{
	if (core->has_fpu)
		set_reg(core->engine, number == 32 ? UC_ARM_REG_FPSCR : UC_ARM_REG_S0 + (int)number, value);
}
