// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * SysTick ([v6M] B3.3, [v7M] B3.3): a 24-bit counter of the core's clock, or of a reference that is that clock divided.
 *
 * It is computed when somebody looks: its value is that of a cycle in the past, and systick_sync() moves that cycle to
 * now. It counts while the core sleeps and stands still in Debug state, as core_clock_cycle() does.
 */

#include "core_private.h"

#define CSR_ENABLE		(1u << 0)
#define CSR_TICKINT		(1u << 1)
#define CSR_CLKSOURCE		(1u << 2)
#define CSR_COUNTFLAG		(1u << 16)
#define CALIB_NOREF		(1u << 31)
#define COUNTER_MASK		0xffffffu

static unsigned int divider(const struct core *core)
{
	return core->systick_ctrl & CSR_CLKSOURCE ? 1 : core->config.systick_divider;
}

/* From 1 to 0: what the timer is there for. */
static void reach_zero(struct core *core)
{
	core->systick_counted = true;
	if (core->systick_ctrl & CSR_TICKINT)
		nvic_set_pending(core, EXC_SYSTICK, true);
}

static void count(struct core *core, uint64_t ticks)
{
	uint64_t period = (uint64_t)core->systick_load + 1;
	uint64_t past_zero;

	if (core->systick_value == 0) {
		/* A reload value of 0 keeps it there. */
		if (core->systick_load == 0)
			return;
		core->systick_value = core->systick_load;
		ticks--;
	}
	if (ticks < core->systick_value) {
		core->systick_value -= (uint32_t)ticks;
		return;
	}
	past_zero = (ticks - core->systick_value) % period;
	core->systick_value = past_zero ? (uint32_t)(period - past_zero) : 0;
	reach_zero(core);
}

void systick_sync(struct core *core)
{
	uint64_t now = core_clock_cycle(core);
	uint64_t ticks = now / divider(core) - core->systick_cycle / divider(core);

	core->systick_cycle = now;
	if ((core->systick_ctrl & CSR_ENABLE) && ticks)
		count(core, ticks);
}

uint64_t systick_next_cycle(struct core *core)
{
	uint64_t ticks, cycle;

	if ((core->systick_ctrl & (CSR_ENABLE | CSR_TICKINT)) != (CSR_ENABLE | CSR_TICKINT))
		return NEVER;
	systick_sync(core);
	/* Once pending, it is no news. */
	if (core->pending[0] & 1u << EXC_SYSTICK)
		return NEVER;
	ticks = core->systick_value;
	if (ticks == 0) {
		if (core->systick_load == 0)
			return NEVER;
		ticks = (uint64_t)core->systick_load + 1;
	}
	cycle = (core->systick_cycle / divider(core) + ticks) * divider(core);
	return cycle - core->cycles_before;
}

uint32_t systick_read(struct core *core, uint32_t offset, enum bus_master master)
{
	uint32_t value;

	systick_sync(core);
	switch (offset) {
	case 0x0:
		value = core->systick_ctrl | (core->systick_counted ? CSR_COUNTFLAG : 0);
		/* [v7M] B3.3.3: a debugger's read leaves it. */
		if (master == BUS_CPU)
			core->systick_counted = false;
		return value;
	case 0x4:
		return core->systick_load;
	case 0x8:
		return core->systick_value;
	default:
		return core->config.systick_divider ? core->config.systick_calib & ~CALIB_NOREF : CALIB_NOREF;
	}
}

void systick_write(struct core *core, uint32_t offset, uint32_t value)
{
	systick_sync(core);
	switch (offset) {
	case 0x0:
		core->systick_ctrl = value & (CSR_ENABLE | CSR_TICKINT | CSR_CLKSOURCE);
		/* Without a reference clock CLKSOURCE reads as one. */
		if (!core->config.systick_divider)
			core->systick_ctrl |= CSR_CLKSOURCE;
		break;
	case 0x4:
		core->systick_load = value & COUNTER_MASK;
		break;
	case 0x8:	/* any write clears it, and is no interrupt */
		core->systick_value = 0;
		core->systick_counted = false;
		break;
	default:
		break;
	}
	/* The next interrupt may be sooner than the run loop knows. */
	core_request(core);
}

/* UNKNOWN after power-on, untouched by a later reset. */
void systick_power_on(struct core *core, uint64_t *random_state)
{
	core->systick_load = (uint32_t)vb_random(random_state) & COUNTER_MASK;
	core->systick_value = (uint32_t)vb_random(random_state) & COUNTER_MASK;
}

void systick_reset(struct core *core)
{
	core->systick_ctrl = core->config.systick_divider ? 0 : CSR_CLKSOURCE;
	core->systick_counted = false;
	core->systick_cycle = core_clock_cycle(core);
}
