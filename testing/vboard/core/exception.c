// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Exceptions: which one is taken, entry with a stacked frame, return, lockup ([v6M] B1.5, [v7M] B1.5).
 *
 * Wired now: the faults and SVCall. Entry, return, priorities and active bits know every exception number, so that
 * PendSV, SysTick and interrupts need only somebody who makes them pending and asks at instruction boundaries.
 */

#include "core_private.h"

#define EXC_RETURN_NO_FP	(1u << 4)
#define EXC_RETURN_THREAD	(1u << 3)
#define EXC_RETURN_PSP		(1u << 2)

#define FRAME_BYTES		0x20u
#define FP_FRAME_BYTES		0x48u	/* S0 to S15, FPSCR, reserved */
#define XPSR_FRAME_ALIGNED	(1u << 9)	/* of the stacked xPSR: 4 bytes of padding */
#define CCR_NONBASETHRDENA	(1u << 0)

#define LOWEST_PRIORITY		256

bool exception_is_active(const struct core *core, unsigned int number)
{
	return core->active[number / 32] >> number % 32 & 1;
}

void exception_set_active(struct core *core, unsigned int number, bool active)
{
	if (active)
		core->active[number / 32] |= 1u << number % 32;
	else
		core->active[number / 32] &= ~(1u << number % 32);
}

/* The part of a priority that decides about preemption; [v7M] B1.5.4 */
static int group_priority(const struct core *core, uint32_t priority)
{
	return (int)(priority & ~((2u << core->prigroup) - 1) & 0xff);
}

static int exception_priority(const struct core *core, unsigned int number)
{
	switch (number) {
	case EXC_RESET:
		return -3;
	case EXC_NMI:
		return -2;
	case EXC_HARD_FAULT:
		return -1;
	default:
		return group_priority(core, core->priority_word[number / 4] >> 8 * (number % 4) & 0xff);
	}
}

static int execution_priority(struct core *core)
{
	const struct core_regs *regs = core_regs(core);
	int priority = LOWEST_PRIORITY;

	for (unsigned int i = 0; i < CORE_MAX_EXCEPTIONS; i++) {
		if (exception_is_active(core, i) && exception_priority(core, i) < priority)
			priority = exception_priority(core, i);
	}
	if (regs->basepri && group_priority(core, regs->basepri) < priority)
		priority = group_priority(core, regs->basepri);
	if (regs->primask && priority > 0)
		priority = 0;
	if (regs->faultmask && priority > -1)
		priority = -1;
	return priority;
}

static bool is_enabled(const struct core *core, unsigned int number)
{
	switch (number) {
	case EXC_MEM_MANAGE:
		return core->shcsr_enables & SHCSR_MEMFAULTENA;
	case EXC_BUS_FAULT:
		return core->shcsr_enables & SHCSR_BUSFAULTENA;
	case EXC_USAGE_FAULT:
		return core->shcsr_enables & SHCSR_USGFAULTENA;
	default:
		return true;
	}
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

static bool stack_access(struct core *core, uint32_t address, bool write, uint32_t *value)
{
	if (write)
		return bus_write(core->bus, address, 4, *value, BUS_CPU) == 0;
	return bus_read(core->bus, address, 4, value, BUS_CPU) == 0;
}

/* The words of a frame at `address`, lowest first. Returns the CFSR bits of a failure, 0 if none. */
static uint32_t transfer_frame(struct core *core, uint32_t address, uint32_t words[8], bool fp, bool write,
		bool privileged)
{
	enum access_kind kind = write ? ACCESS_WRITE : ACCESS_READ;
	unsigned int count = fp ? 8 + 17 : 8;

	for (unsigned int i = 0; i < count; i++) {
		uint32_t value = i < 8 ? words[i] : write ? engine_get_fp(core, i == 24 ? 32 : i - 8) : 0;

		if (!mpu_allows(core, address + 4 * i, kind, privileged))
			return write ? CFSR_MSTKERR : CFSR_MUNSTKERR;
		if (!stack_access(core, address + 4 * i, write, &value))
			return write ? CFSR_STKERR : CFSR_UNSTKERR;
		if (write)
			continue;
		if (i < 8)
			words[i] = value;
		else
			engine_set_fp(core, i == 24 ? 32 : i - 8, value);
	}
	return 0;
}

static bool has_fp_context(const struct core *core)
{
	return core->has_fpu && (core->regs.control & CONTROL_FPCA);
}

/* Returns the CFSR bits of a failure, 0 if none. SP moves in either case. */
static uint32_t push_frame(struct core *core)
{
	struct core_regs *regs = core_regs_change(core);
	bool fp = has_fp_context(core);
	uint32_t *sp = core_current_sp(regs);
	uint32_t frame = *sp - FRAME_BYTES - (fp ? FP_FRAME_BYTES : 0);
	uint32_t limit = sp == &regs->psp ? regs->psplim : regs->msplim;
	bool align = (core->ccr & CCR_STKALIGN) && (frame & 4);
	uint32_t words[8] = {
		regs->r[0], regs->r[1], regs->r[2], regs->r[3], regs->r[12], regs->lr, regs->pc,
		(regs->xpsr & ~XPSR_FRAME_ALIGNED) | (align ? XPSR_FRAME_ALIGNED : 0),
	};

	if (align)
		frame -= 4;
	if (core->is_v8m && frame < limit) {
		/* [v8M] B3.21: the stack pointer is set to the limit and nothing is written. */
		*sp = limit;
		return CFSR_STKOF;
	}
	*sp = frame;
	return transfer_frame(core, frame, words, fp, true, core->privileged);
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
	return has_fp_context(core) ? value & ~EXC_RETURN_NO_FP : value;
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
		if (is_enabled(core, number) && exception_priority(core, number) < priority)
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
	core->event_register = true;
	core->cycles += core->exception_cycles;

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
	uint32_t derived = push_frame(core);

	regs->lr = exc_return;
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

static bool is_any_active(const struct core *core)
{
	for (unsigned int i = 0; i < CORE_MAX_EXCEPTIONS / 32; i++) {
		if (core->active[i])
			return true;
	}
	return false;
}

static void pop_frame(struct core *core, uint32_t value)
{
	struct core_regs *regs = core_regs_change(core);
	bool thread = value & EXC_RETURN_THREAD;
	bool fp = !(value & EXC_RETURN_NO_FP);
	uint32_t *sp = value & EXC_RETURN_PSP ? &regs->psp : &regs->msp;
	bool privileged = !thread || !(regs->control & CONTROL_NPRIV);
	uint32_t words[8], failure;

	failure = transfer_frame(core, *sp, words, fp, false, privileged);
	if (failure) {
		regs->pc = value & ~1u;
		exception_fault(core, fault_of(failure), failure);
		return;
	}
	if (((words[7] & XPSR_IPSR) == 0) != thread) {
		regs->pc = value & ~1u;
		exception_fault(core, EXC_USAGE_FAULT, CFSR_INVPC);
		return;
	}
	*sp += FRAME_BYTES + (fp ? FP_FRAME_BYTES : 0) + (words[7] & XPSR_FRAME_ALIGNED ? 4 : 0);
	for (unsigned int i = 0; i < 4; i++)
		regs->r[i] = words[i];
	regs->r[12] = words[4];
	regs->lr = words[5];
	regs->pc = words[6] & ~1u;
	regs->xpsr = words[7] & ~XPSR_FRAME_ALIGNED;
	regs->control &= ~(CONTROL_SPSEL | CONTROL_FPCA);
	if (value & EXC_RETURN_PSP)
		regs->control |= CONTROL_SPSEL;
	if (fp)
		regs->control |= CONTROL_FPCA;
	core->cycles += core->exception_cycles;
	core->event_register = true;
}

void exception_return(struct core *core, uint32_t exc_return)
{
	struct core_regs *regs = core_regs_change(core);
	unsigned int number = regs->xpsr & XPSR_IPSR;
	bool valid = number < CORE_MAX_EXCEPTIONS && exception_is_active(core, number)
			&& is_valid_exc_return(core, exc_return);

	if (number < CORE_MAX_EXCEPTIONS)
		exception_set_active(core, number, false);
	if (number != EXC_NMI)
		regs->faultmask = 0;
	if ((exc_return & EXC_RETURN_THREAD) && is_any_active(core) && !(core->ccr & CCR_NONBASETHRDENA))
		valid = false;
	/* The engine has taken bit 0 of the branch target for T. */
	regs->xpsr |= XPSR_T;
	if (!valid) {
		regs->pc = exc_return & ~1u;
		exception_fault(core, EXC_USAGE_FAULT, CFSR_INVPC);
		return;
	}
	pop_frame(core, exc_return);
}
