// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The frame that exception entry stacks and exception return unstacks ([v6M] B1.5.6 to 8, [v7M] B1.5.6 to 8).
 *
 * The floating-point registers are stacked when FPCCR says so: at entry (LSPEN = 0), or by the handler's first
 * floating-point instruction (LSPEN = 1, LSPACT set meanwhile), in the room that entry has left for them.
 */

#include "core_private.h"

#define FRAME_BYTES		0x20u
#define FP_FRAME_BYTES		0x48u	/* S0 to S15, FPSCR, reserved */
#define FP_FRAME_WORDS		17
#define XPSR_FRAME_ALIGNED	(1u << 9)	/* of the stacked xPSR: 4 bytes of padding */

/* FPCCR, [v7M] B3.2.21: what the deferred store must know of the code whose context it is */
#define FPCCR_USER		(1u << 1)
#define FPCCR_THREAD		(1u << 3)

static bool stack_access(struct core *core, uint32_t address, bool write, uint32_t *value)
{
	if (write)
		return bus_write(core->bus, address, 4, *value, BUS_CPU) == 0;
	return bus_read(core->bus, address, 4, value, BUS_CPU) == 0;
}

/* Returns the CFSR bits of a failure, 0 if none. */
static uint32_t transfer(struct core *core, uint32_t address, uint32_t *words, unsigned int count, bool write,
		bool privileged)
{
	for (unsigned int i = 0; i < count; i++) {
		if (!mpu_allows(core, address + 4 * i, write ? ACCESS_WRITE : ACCESS_READ, privileged))
			return write ? CFSR_MSTKERR : CFSR_MUNSTKERR;
		if (!stack_access(core, address + 4 * i, write, &words[i]))
			return write ? CFSR_STKERR : CFSR_UNSTKERR;
	}
	return 0;
}

static void get_fp(struct core *core, uint32_t words[FP_FRAME_WORDS])
{
	for (unsigned int i = 0; i < FP_FRAME_WORDS; i++)
		words[i] = engine_get_fp(core, i == 16 ? 32 : i);
}

/* Without ASPEN nothing tells that there is a context (the engine sets FPCA all the same). */
bool frame_has_fp(const struct core *core)
{
	return core->has_fpu && (core->fpccr & FPCCR_ASPEN) && (core->regs.control & CONTROL_FPCA);
}

static uint32_t push_fp(struct core *core, uint32_t address, bool privileged)
{
	const struct core_regs *regs = &core->regs;
	uint32_t words[FP_FRAME_WORDS];

	if (!(core->fpccr & FPCCR_LSPEN)) {
		get_fp(core, words);
		return transfer(core, address, words, FP_FRAME_WORDS, true, privileged);
	}
	core->fpcar = address;
	core->fpccr &= ~(FPCCR_USER | FPCCR_THREAD);
	core->fpccr |= FPCCR_LSPACT | (privileged ? 0 : FPCCR_USER) | (core_in_handler(regs) ? 0 : FPCCR_THREAD);
	return 0;
}

enum stop_reason frame_store_lazy_fp(struct core *core)
{
	uint32_t words[FP_FRAME_WORDS];
	uint32_t failure;

	get_fp(core, words);
	failure = transfer(core, core->fpcar, words, FP_FRAME_WORDS, true, !(core->fpccr & FPCCR_USER));
	core->fpccr &= ~FPCCR_LSPACT;
	if (failure == 0)
		return STOP_TIME;
	return failure == CFSR_MSTKERR ? STOP_LAZY_FP_DENIED : STOP_LAZY_FP_BUS_ERROR;
}

uint32_t frame_push(struct core *core)
{
	struct core_regs *regs = core_regs_change(core);
	bool fp = frame_has_fp(core);
	uint32_t *sp = core_current_sp(regs);
	uint32_t frame = *sp - FRAME_BYTES - (fp ? FP_FRAME_BYTES : 0);
	uint32_t limit = sp == &regs->psp ? regs->psplim : regs->msplim;
	bool privileged = core_in_handler(regs) || !(regs->control & CONTROL_NPRIV);
	/* [v7M] B1.5.7: a frame with floating point is always aligned */
	bool align = (fp || (core->ccr & CCR_STKALIGN)) && (frame & 4);
	uint32_t words[8] = {
		regs->r[0], regs->r[1], regs->r[2], regs->r[3], regs->r[12], regs->lr, regs->pc,
		(regs->xpsr & ~XPSR_FRAME_ALIGNED) | (align ? XPSR_FRAME_ALIGNED : 0),
	};
	uint32_t failure;

	if (align)
		frame -= 4;
	if (core->is_v8m && frame < limit) {
		/* [v8M] B3.21: the stack pointer is set to the limit and nothing is written. */
		*sp = limit;
		return CFSR_STKOF;
	}
	*sp = frame;
	failure = transfer(core, frame, words, 8, true, privileged);
	if (failure == 0 && fp)
		failure = push_fp(core, frame + FRAME_BYTES, privileged);
	return failure;
}

static uint32_t pop_fp(struct core *core, uint32_t address, bool privileged)
{
	uint32_t words[FP_FRAME_WORDS];
	uint32_t failure;

	/* Nobody has touched the registers since. */
	if (core->fpccr & FPCCR_LSPACT) {
		core->fpccr &= ~FPCCR_LSPACT;
		return 0;
	}
	failure = transfer(core, address, words, FP_FRAME_WORDS, false, privileged);
	if (failure)
		return failure;
	for (unsigned int i = 0; i < FP_FRAME_WORDS; i++)
		engine_set_fp(core, i == 16 ? 32 : i, words[i]);
	return 0;
}

uint32_t frame_pop(struct core *core, uint32_t exc_return)
{
	struct core_regs *regs = core_regs_change(core);
	bool thread = exc_return & EXC_RETURN_THREAD;
	bool fp = !(exc_return & EXC_RETURN_NO_FP);
	uint32_t *sp = exc_return & EXC_RETURN_PSP ? &regs->psp : &regs->msp;
	bool privileged = !thread || !(regs->control & CONTROL_NPRIV);
	uint32_t words[8], failure;

	failure = transfer(core, *sp, words, 8, false, privileged);
	if (failure)
		return failure;
	if (((words[7] & XPSR_IPSR) == 0) != thread)
		return CFSR_INVPC;
	if (fp) {
		failure = pop_fp(core, *sp + FRAME_BYTES, privileged);
		if (failure)
			return failure;
	}
	*sp += FRAME_BYTES + (fp ? FP_FRAME_BYTES : 0) + (words[7] & XPSR_FRAME_ALIGNED ? 4 : 0);
	for (unsigned int i = 0; i < 4; i++)
		regs->r[i] = words[i];
	regs->r[12] = words[4];
	regs->lr = words[5];
	regs->pc = words[6] & ~1u;
	regs->xpsr = words[7] & ~XPSR_FRAME_ALIGNED;
	regs->control &= ~(CONTROL_SPSEL | CONTROL_FPCA);
	if (exc_return & EXC_RETURN_PSP)
		regs->control |= CONTROL_SPSEL;
	if (fp)
		regs->control |= CONTROL_FPCA;
	return 0;
}
