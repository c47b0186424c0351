// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Exceptions: which one is taken and when, entry, return, lockup ([v6M] B1.5, [v7M] B1.5).
 *
 * Simpler than silicon, and visible only in cycles: a more urgent exception that arrives during entry is taken before
 * the first instruction of the handler being entered and not in its place (no late arrival), and an exception that is
 * pending at a return is entered without unstacking and stacking, in a fixed time (tail-chaining). An LDM or STM is
 * never given up or continued: it ends first. No asynchronous exception is taken inside an IT block.
 */

#include "core_private.h"

#define TAIL_CHAIN_CYCLES	6	/* Cortex-M3 r2p0 (DDI 0337H) 5.6: no memory access but the vector's */
#define LOWEST_PRIORITY		256

void exception_set_active(struct core *core, unsigned int number, bool active)
{
	if (active)
		core->active[number / 32] |= 1u << number % 32;
	else
		core->active[number / 32] &= ~(1u << number % 32);
}

unsigned int exception_count_active(const struct core *core)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < EXCEPTION_WORDS; i++)
		count += (unsigned int)__builtin_popcount(core->active[i]);
	return count;
}

static int exception_priority(const struct core *core, unsigned int number)
{
	return nvic_group_priority(core, nvic_priority(core, number));
}

static int masked_priority(const struct core *core, const struct core_masks *masks)
{
	uint32_t basepri = masks->basepri & core->priority_mask & 0xff;
	int priority = LOWEST_PRIORITY;

	for (unsigned int i = 0; i < EXCEPTION_WORDS; i++) {
		for (uint32_t bits = core->active[i]; bits; bits &= bits - 1) {
			int active = exception_priority(core, 32 * i + (unsigned int)__builtin_ctz(bits));

			if (active < priority)
				priority = active;
		}
	}
	if (basepri && nvic_group_priority(core, (int)basepri) < priority)
		priority = nvic_group_priority(core, (int)basepri);
	if (masks->primask && priority > 0)
		priority = 0;
	if (masks->faultmask && priority > -1)
		priority = -1;
	return priority;
}

static struct core_masks masks_of(const struct core_regs *regs)
{
	return (struct core_masks){ .primask = regs->primask, .basepri = regs->basepri, .faultmask = regs->faultmask };
}

static int execution_priority(struct core *core)
{
	struct core_masks masks = masks_of(core_regs(core));

	return masked_priority(core, &masks);
}

bool exception_preempts(const struct core *core, const struct core_masks *masks)
{
	int priority;

	if (!nvic_first_pending(core, &priority))
		return false;
	return nvic_group_priority(core, priority) < masked_priority(core, masks);
}

void exception_lockup(struct core *core)
{
	struct core_regs *regs = core_regs_change(core);

	core->locked_up = true;
	regs->pc = LOCKUP_ADDRESS;
	regs->xpsr &= ~XPSR_IT;
}

/* Whether the exception stops the core at its handler instead; DEMCR's VC bits ([v7M] C1.6.5) */
static bool is_caught(const struct core *core, unsigned int number, uint32_t cfsr)
{
	uint32_t bits = 0;

	if (cfsr & (CFSR_STKERR | CFSR_MSTKERR | CFSR_UNSTKERR | CFSR_MUNSTKERR))
		bits |= DEMCR_VC_INTERR;
	else if (number == EXC_MEM_MANAGE)
		bits |= DEMCR_VC_MMERR;
	else if (number == EXC_BUS_FAULT)
		bits |= DEMCR_VC_BUSERR;
	if (number == EXC_HARD_FAULT)
		bits |= DEMCR_VC_HARDERR;
	if (number == EXC_USAGE_FAULT) {
		if (cfsr & CFSR_NOCP)
			bits |= DEMCR_VC_NOCPERR;
		else
			bits |= cfsr & CFSR_UNALIGNED ? DEMCR_VC_CHKERR : DEMCR_VC_STATERR;
	}
	return debug_may_halt(core) && (core->demcr & bits);
}

static uint32_t exc_return_value(const struct core *core)
{
	const struct core_regs *regs = &core->regs;
	/* v8-M without Security Extension: DCRS set, S and ES clear ([v8M] D1.2.95) */
	uint32_t value = core->is_v8m ? 0xffffffb0 : 0xfffffff1;

	if (!core_in_handler(regs)) {
		value |= EXC_RETURN_THREAD;
		if (regs->control & CONTROL_SPSEL)
			value |= EXC_RETURN_PSP;
	}
	return frame_has_fp(core) ? value & ~EXC_RETURN_NO_FP : value;
}

static enum exception_number fault_of(uint32_t cfsr)
{
	if (cfsr & 0xff)
		return EXC_MEM_MANAGE;
	return cfsr & 0xff00 ? EXC_BUS_FAULT : EXC_USAGE_FAULT;
}

/* What is taken for a fault at the given execution priority, or EXC_RESET for lockup. */
static unsigned int resolve_fault(struct core *core, unsigned int number, int priority)
{
	if (core->is_v6m)
		number = EXC_HARD_FAULT;
	if (number != EXC_HARD_FAULT) {
		if (exception_is_enabled(core, number) && exception_priority(core, number) < priority)
			return number;
		core->hfsr |= HFSR_FORCED;
	}
	return priority <= -1 ? EXC_RESET : EXC_HARD_FAULT;
}

/* Everything of entry but the frame. */
static void enter_handler(struct core *core, unsigned int number, uint32_t cfsr)
{
	struct core_regs *regs = core_regs_change(core);
	uint32_t vector;

	regs->xpsr = (regs->xpsr & ~(XPSR_IT | XPSR_IPSR)) | number;
	/* Handler mode uses MSP and a new floating-point context. */
	regs->control &= ~(CONTROL_SPSEL | CONTROL_FPCA);
	exception_set_active(core, number, true);
	nvic_set_pending(core, number, false);
	core->event_register = true;

	if (bus_read(core->bus, core->vtor + 4 * number, 4, &vector, BUS_CPU) != 0) {
		core->hfsr |= HFSR_VECTTBL;
		if (number == EXC_HARD_FAULT) {
			exception_lockup(core);
			return;
		}
		enter_handler(core, EXC_HARD_FAULT, CFSR_STKERR);
		return;
	}
	regs->pc = vector & ~1u;
	regs->xpsr = (regs->xpsr & ~XPSR_T) | (vector & 1 ? XPSR_T : 0);
	if (is_caught(core, number, cfsr))
		debug_enter(core, DFSR_VCATCH);
}

static void enter(struct core *core, unsigned int number, uint32_t cfsr)
{
	struct core_regs *regs = core_regs_change(core);
	uint32_t exc_return = exc_return_value(core);
	int priority = execution_priority(core);
	uint32_t derived = frame_push(core);

	regs->lr = exc_return;
	core->cycles += core->exception_cycles;
	if (derived) {
		/*
		 * A derived exception takes the place of the one that was being entered, unless that is already as
		 * urgent; the frame is not pushed again ([v7M] B1.5.12).
		 */
		if (!core->is_v6m)
			core->cfsr |= derived;
		if (number != EXC_HARD_FAULT)
			number = resolve_fault(core, fault_of(derived), priority);
		cfsr = derived;
		if (number == EXC_RESET) {
			exception_lockup(core);
			return;
		}
	}
	enter_handler(core, number, cfsr);
}

static void enter_or_lock_up(struct core *core, unsigned int number, uint32_t cfsr)
{
	if (number == EXC_RESET)
		exception_lockup(core);
	else
		enter(core, number, cfsr);
}

void exception_fault(struct core *core, enum exception_number number, uint32_t cfsr)
{
	if (!core->is_v6m)
		core->cfsr |= cfsr;
	enter_or_lock_up(core, resolve_fault(core, number, execution_priority(core)), cfsr);
}

void exception_debug_event(struct core *core)
{
	/* [v7M] C1.5: without halting debug, and without the monitor (not modelled), a HardFault. */
	if (!core->is_v6m)
		core->hfsr |= HFSR_DEBUGEVT;
	enter_or_lock_up(core, resolve_fault(core, EXC_HARD_FAULT, execution_priority(core)), 0);
}

void exception_svc(struct core *core)
{
	int priority = execution_priority(core);

	if (exception_priority(core, EXC_SVCALL) < priority) {
		enter(core, EXC_SVCALL, 0);
		return;
	}
	/* An SVC that cannot be taken escalates, with the return address behind it. */
	core->hfsr |= HFSR_FORCED;
	enter_or_lock_up(core, resolve_fault(core, EXC_HARD_FAULT, priority), 0);
}

static bool is_valid_exc_return(const struct core *core, uint32_t value)
{
	uint32_t base = core->is_v8m ? 0xffffffb0 : 0xfffffff1;
	uint32_t mode = EXC_RETURN_THREAD | EXC_RETURN_PSP;

	if (!core->has_fpu && !(value & EXC_RETURN_NO_FP))
		return false;
	if (((value | EXC_RETURN_NO_FP) & ~mode) != base)
		return false;
	return (value & mode) != EXC_RETURN_PSP;
}

static void deactivate(struct core *core, unsigned int number)
{
	struct core_regs *regs = core_regs_change(core);

	if (number < CORE_MAX_EXCEPTIONS) {
		exception_set_active(core, number, false);
		nvic_deactivated(core, number);
	}
	if (number != EXC_NMI)
		regs->faultmask = 0;
}

/* The frame stays on the stack, for the handler that is entered instead of returning. */
static void tail_chain(struct core *core, unsigned int number, uint32_t cfsr, uint32_t exc_return)
{
	core_regs_change(core)->lr = exc_return;
	core->cycles += TAIL_CHAIN_CYCLES;
	enter_handler(core, number, cfsr);
}

/* [v7M] B1.5.8, ExceptionReturn(): a return that fails is itself a fault, in the context that it was to return to. */
static void fail_return(struct core *core, uint32_t cfsr, uint32_t exc_return)
{
	unsigned int number = resolve_fault(core, fault_of(cfsr), execution_priority(core));

	if (!core->is_v6m)
		core->cfsr |= cfsr;
	if (number == EXC_RESET)
		exception_lockup(core);
	else
		tail_chain(core, number, cfsr, exc_return);
}

void exception_return(struct core *core, uint32_t exc_return)
{
	struct core_regs *regs = core_regs_change(core);
	unsigned int number = regs->xpsr & XPSR_IPSR;
	bool valid = number < CORE_MAX_EXCEPTIONS && exception_is_active(core, number)
			&& is_valid_exc_return(core, exc_return);
	bool thread = exc_return & EXC_RETURN_THREAD;
	bool is_last = exception_count_active(core) == 1;
	struct core_masks masks;
	uint32_t failure;

	if (thread && !is_last && !(core->ccr & CCR_NONBASETHRDENA))
		valid = false;
	deactivate(core, number);
	/* The engine has taken bit 0 of the branch target for T. */
	regs->xpsr |= XPSR_T;
	if (!valid) {
		fail_return(core, CFSR_INVPC, exc_return);
		return;
	}
	masks = masks_of(regs);
	if (core->exceptions_waiting && exception_preempts(core, &masks)) {
		tail_chain(core, nvic_first_pending(core, NULL), 0, exc_return);
		return;
	}
	failure = frame_pop(core, exc_return);
	if (failure) {
		fail_return(core, failure, exc_return);
		return;
	}
	core->cycles += core->exception_cycles;
	core->event_register = true;
	if (thread && is_last && (core->scr & SCR_SLEEPONEXIT)) {
		core->sleeping = true;
		core->sleep_ends_by_event = false;
	}
}

bool exception_take_pending(struct core *core)
{
	struct core_masks masks;

	if (!core->exceptions_waiting || core_in_it_block(core))
		return false;
	masks = masks_of(core_regs(core));
	if (!exception_preempts(core, &masks))
		return false;
	/* Whatever the CPU was polling, it does not now. */
	core->idle_until_ps = 0;
	enter(core, nvic_first_pending(core, NULL), 0);
	return true;
}
