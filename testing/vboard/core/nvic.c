// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The Nested Vectored Interrupt Controller: which exceptions are pending, enabled, how urgent ([v6M] B3.4, [v7M] B3.4,
 * ICSR in B3.2.4). System exceptions are kept in the same bitmaps as interrupts, by exception number. Which of them
 * preempts what executes is exception.c's business.
 */

#include <string.h>

#include "core_private.h"

#define ALWAYS_ENABLED	(1u << EXC_NMI | 1u << EXC_HARD_FAULT | 1u << EXC_SVCALL | 1u << EXC_PENDSV | 1u << EXC_SYSTICK)
#define MASKED_BY_DEBUG	(1u << EXC_PENDSV | 1u << EXC_SYSTICK | 0xffff0000u)

#define ICSR_RETTOBASE		(1u << 11)
#define ICSR_ISRPENDING		(1u << 22)
#define ICSR_ISRPREEMPT		(1u << 23)
#define ICSR_PENDSTCLR		(1u << 25)
#define ICSR_PENDSTSET		(1u << 26)
#define ICSR_PENDSVCLR		(1u << 27)
#define ICSR_PENDSVSET		(1u << 28)
#define ICSR_NMIPENDSET		(1u << 31)

/* More urgent than every programmable priority ([v7M] B1.5.4) */
#define PRIORITY_RESET		-3
#define PRIORITY_NMI		-2
#define PRIORITY_HARD_FAULT	-1

static bool get_bit(const uint32_t *bits, unsigned int number)
{
	return bits[number / 32] >> number % 32 & 1;
}

static void set_bit(uint32_t *bits, unsigned int number, bool value)
{
	if (value)
		bits[number / 32] |= 1u << number % 32;
	else
		bits[number / 32] &= ~(1u << number % 32);
}

int nvic_priority(const struct core *core, unsigned int number)
{
	switch (number) {
	case EXC_RESET:
		return PRIORITY_RESET;
	case EXC_NMI:
		return PRIORITY_NMI;
	case EXC_HARD_FAULT:
		return PRIORITY_HARD_FAULT;
	default:
		return (int)(core->priority_word[number / 4] >> 8 * (number % 4) & 0xff);
	}
}

/* The part of a priority that decides about preemption; [v7M] B1.5.4 */
int nvic_group_priority(const struct core *core, int priority)
{
	return priority < 0 ? priority : priority & ~((2 << core->prigroup) - 1) & 0xff;
}

static uint32_t waiting(const struct core *core, unsigned int word)
{
	uint32_t bits = core->pending[word] & core->enabled[word];

	if (debug_masks_interrupts(core))
		bits &= word == 0 ? ~MASKED_BY_DEBUG : 0;
	return bits;
}

void nvic_update(struct core *core)
{
	bool any = false;

	for (unsigned int i = 0; i < EXCEPTION_WORDS; i++)
		any = any || waiting(core, i);
	core->exceptions_waiting = any;
	if (any)
		core_request(core);
}

unsigned int nvic_first_pending(const struct core *core, int *priority)
{
	unsigned int first = 0;
	int first_priority = 0;

	/* Of those equally urgent the lowest number is taken ([v7M] B1.5.4). */
	for (unsigned int i = 0; i < EXCEPTION_WORDS; i++) {
		for (uint32_t bits = waiting(core, i); bits; bits &= bits - 1) {
			unsigned int number = 32 * i + (unsigned int)__builtin_ctz(bits);

			if (first && nvic_priority(core, number) >= first_priority)
				continue;
			first = number;
			first_priority = nvic_priority(core, number);
		}
	}
	if (priority)
		*priority = first_priority;
	return first;
}

void nvic_set_pending(struct core *core, unsigned int number, bool pending)
{
	/* [v7M] B1.5.18: with SEVONPEND it is an event, whether the interrupt is enabled or not. */
	if (pending && !get_bit(core->pending, number) && (core->scr & SCR_SEVONPEND))
		core->event_register = true;
	set_bit(core->pending, number, pending);
	nvic_update(core);
}

/* The end of a handler samples its input again ([v7M] B3.4.1). */
void nvic_deactivated(struct core *core, unsigned int number)
{
	if (get_bit(core->line, number))
		nvic_set_pending(core, number, true);
}

void core_set_irq(struct core *core, unsigned int number, bool level)
{
	unsigned int exception = EXC_FIRST_IRQ + number;

	if (number >= CORE_MAX_IRQS || exception >= core->num_exceptions || get_bit(core->line, exception) == level)
		return;
	set_bit(core->line, exception, level);
	if (level)
		nvic_set_pending(core, exception, true);
}

/* Register bits are by interrupt, the core's by exception: 16 further on. */
static uint32_t interrupt_word(const uint32_t *bits, unsigned int index)
{
	return bits[index] >> EXC_FIRST_IRQ | (index + 1 < EXCEPTION_WORDS ? bits[index + 1] << EXC_FIRST_IRQ : 0);
}

static unsigned int num_irqs(const struct core *core)
{
	return core->num_exceptions - EXC_FIRST_IRQ;
}

uint32_t nvic_read(const struct core *core, uint32_t offset)
{
	unsigned int index = offset / 4 % 32;

	if (offset >= 0x400)
		return offset - 0x400 < num_irqs(core) ? core->priority_word[(EXC_FIRST_IRQ + offset - 0x400) / 4] : 0;
	if (index >= num_irqs(core) / 32)
		return 0;
	switch (offset & 0xf80) {
	case 0x100:
	case 0x180:
		return interrupt_word(core->enabled, index);
	case 0x200:
	case 0x280:
		return interrupt_word(core->pending, index);
	case 0x300:	/* IABR: not on v6-M */
		return core->is_v6m ? 0 : interrupt_word(core->active, index);
	default:
		return 0;
	}
}

static void write_pending(struct core *core, unsigned int first, uint32_t bits, bool pending)
{
	for (; bits; bits &= bits - 1) {
		unsigned int number = first + (unsigned int)__builtin_ctz(bits);

		/* A level that is still there is not cleared. */
		if (pending || !get_bit(core->line, number) || get_bit(core->active, number))
			nvic_set_pending(core, number, pending);
	}
}

void nvic_write(struct core *core, uint32_t offset, uint32_t value)
{
	unsigned int index = offset / 4 % 32;
	unsigned int first = EXC_FIRST_IRQ + 32 * index;

	if (offset >= 0x400) {
		if (offset - 0x400 < num_irqs(core))
			core->priority_word[(EXC_FIRST_IRQ + offset - 0x400) / 4] = value & core->priority_mask;
		nvic_update(core);
		return;
	}
	if (index >= num_irqs(core) / 32)
		return;
	switch (offset & 0xf80) {
	case 0x100:
	case 0x180:
		for (; value; value &= value - 1)
			set_bit(core->enabled, first + (unsigned int)__builtin_ctz(value), offset < 0x180);
		nvic_update(core);
		break;
	case 0x200:
	case 0x280:
		write_pending(core, first, value, offset < 0x280);
		break;
	default:
		break;
	}
}

/* STIR: [v7M] B3.4.9 */
void nvic_write_stir(struct core *core, uint32_t value)
{
	unsigned int number = EXC_FIRST_IRQ + (value & 0x1ff);

	if (!core->is_v6m && number < core->num_exceptions)
		nvic_set_pending(core, number, true);
}

static uint32_t current_exception(struct core *core)
{
	return core->regs_loaded ? core->regs.xpsr & XPSR_IPSR : engine_get_ipsr(core);
}

/* While an instruction executes, this is its own access, and a privileged one. */
static void current_masks(struct core *core, struct core_masks *masks)
{
	const struct core_regs *regs;

	if (core->executing && !core->regs_loaded) {
		engine_get_masks(core, masks);
		return;
	}
	regs = core_regs(core);
	*masks = (struct core_masks){ regs->primask, regs->basepri, regs->faultmask };
}

static bool is_interrupt_pending(const struct core *core)
{
	uint32_t bits = core->pending[0] >> EXC_FIRST_IRQ;

	for (unsigned int i = 1; i < EXCEPTION_WORDS; i++)
		bits |= core->pending[i];
	return bits != 0;
}

uint32_t nvic_read_icsr(struct core *core)
{
	uint32_t current = current_exception(core);
	uint32_t value = current;
	struct core_masks masks;
	int priority;
	unsigned int first = nvic_first_pending(core, &priority);

	current_masks(core, &masks);
	/* RETTOBASE is v7-M's; in Thread mode it is not defined. */
	if (current && !core->is_v6m
			&& exception_count_active(core) == (current < CORE_MAX_EXCEPTIONS && exception_is_active(core, current)))
		value |= ICSR_RETTOBASE;
	/* VECTPENDING knows BASEPRI and FAULTMASK, but not PRIMASK (ARM DUI 0553A, 4.3.3). */
	masks.basepri &= core->priority_mask & 0xff;
	if (first && !(masks.faultmask && priority >= PRIORITY_HARD_FAULT)
			&& !(masks.basepri && nvic_group_priority(core, priority)
			>= nvic_group_priority(core, (int)masks.basepri)))
		value |= first << 12;
	if (is_interrupt_pending(core))
		value |= ICSR_ISRPENDING;
	if (core->halted && core->exceptions_waiting && exception_preempts(core, &masks))
		value |= ICSR_ISRPREEMPT;
	if (get_bit(core->pending, EXC_SYSTICK))
		value |= ICSR_PENDSTSET;
	if (get_bit(core->pending, EXC_PENDSV))
		value |= ICSR_PENDSVSET;
	if (get_bit(core->pending, EXC_NMI))
		value |= ICSR_NMIPENDSET;
	return value;
}

/* Setting and clearing the same one at once is UNPREDICTABLE; here it is set. */
void nvic_write_icsr(struct core *core, uint32_t value)
{
	if (value & ICSR_PENDSVCLR)
		nvic_set_pending(core, EXC_PENDSV, false);
	if (value & ICSR_PENDSTCLR)
		nvic_set_pending(core, EXC_SYSTICK, false);
	if (value & ICSR_PENDSVSET)
		nvic_set_pending(core, EXC_PENDSV, true);
	if (value & ICSR_PENDSTSET)
		nvic_set_pending(core, EXC_SYSTICK, true);
	if (value & ICSR_NMIPENDSET)
		nvic_set_pending(core, EXC_NMI, true);
}

/* The inputs are the devices' and stay; one that is high is pending at once. */
void nvic_reset(struct core *core)
{
	memset(core->active, 0, sizeof(core->active));
	memset(core->enabled, 0, sizeof(core->enabled));
	memset(core->priority_word, 0, sizeof(core->priority_word));
	memcpy(core->pending, core->line, sizeof(core->pending));
	core->enabled[0] = ALWAYS_ENABLED;
	nvic_update(core);
}
