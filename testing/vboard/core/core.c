// SPDX-License-Identifier: GPL-2.0-or-later

/* The core's time, its run loop, resets, and the functions for the other layers. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core_private.h"

uint64_t core_time_ps(const struct core *core, uint64_t cycles)
{
	if (cycles <= core->max_short_cycles)
		return core->epoch_ps + cycles * core->ps_numerator / core->ps_denominator;
	return core->epoch_ps + (uint64_t)((__uint128_t)cycles * core->ps_numerator / core->ps_denominator);
}

/* First cycle that is not before `time_ps`. */
static uint64_t cycle_at(const struct core *core, uint64_t time_ps)
{
	__uint128_t product;

	if (time_ps <= core->epoch_ps)
		return 0;
	product = (__uint128_t)(time_ps - core->epoch_ps) * core->ps_denominator;
	return (uint64_t)((product + core->ps_numerator - 1) / core->ps_numerator);
}

/* Moves the epoch by a whole number of picoseconds, so that `cycles` stays small; exact. */
static void renormalise(struct core *core)
{
	uint64_t periods = core->cycles / core->ps_denominator;

	core->epoch_ps += periods * core->ps_numerator;
	core->cycles -= periods * core->ps_denominator;
	core->cycles_before += periods * core->ps_denominator;
}

/* Time passes without cycles (halted, asleep, in reset). */
static void skip_time_to(struct core *core, uint64_t time_ps)
{
	if (core_time_ps(core, core->cycles) >= time_ps)
		return;
	core->cycles_before += core->cycles;
	core->cycles = 0;
	core->epoch_ps = time_ps;
}

void core_stall(struct core *core, uint64_t until_ps)
{
	uint64_t cycle = cycle_at(core, until_ps);

	if (cycle <= core->insn_cycles)
		return;
	/* Also its start, which is the time of the next access of an LDM. */
	core->cycles += cycle - core->insn_cycles;
	core->insn_cycles = cycle;
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

struct core_regs *core_regs(struct core *core)
{
	if (!core->regs_loaded) {
		engine_load_regs(core);
		core->regs_loaded = true;
		core->regs_changed = false;
	}
	return &core->regs;
}

struct core_regs *core_regs_change(struct core *core)
{
	core_regs(core);
	core->regs_changed = true;
	return &core->regs;
}

void core_request(struct core *core)
{
	core->attention |= ATTENTION_REQUEST;
}

static void reset_registers(struct core *core)
{
	struct core_regs *regs = core_regs_change(core);

	if (core->power_on) {
		uint64_t state = core->vb->seed ^ 0xc04e;

		/* UNKNOWN after power-on, untouched by a later reset. */
		for (unsigned int i = 0; i < 13; i++)
			regs->r[i] = (uint32_t)vb_random(&state);
		regs->psp = (uint32_t)vb_random(&state) & ~3u;
		systick_power_on(core, &state);
		core->power_on = false;
	}
	regs->lr = 0xffffffff;
	regs->xpsr = XPSR_T;
	regs->primask = 0;
	regs->basepri = 0;
	regs->faultmask = 0;
	regs->control = 0;
	regs->msplim = 0;
	regs->psplim = 0;
}

/* All of a reset but the fetch of the vectors. */
static void enter_reset(struct core *core, enum reset_kind kind)
{
	if (kind == RESET_SYSTEM) {
		core->vb->count.resets++;
		bus_reset(core->bus);
	}
	reset_registers(core);
	scs_reset(core);
	mpu_reset(core);
	core->halted = false;
	core->locked_up = false;
	core->sleeping = false;
	core->event_register = false;
	core->idle_until_ps = 0;
	core->attention &= ~(ATTENTION_STEP | ATTENTION_IT);
	core->window_size = 0;
	/* Halting debug stays enabled; a halt or step in progress does not survive ([v8M] D1.2.51). */
	core->dhcsr_controls &= DHCSR_C_DEBUGEN;
	nvic_update(core);
	core->reset_sticky = true;
	core->register_ready = true;
	core->vectors_pending = true;
}

/* [v7M] B1.5.5: MSP and PC from the vector table, or lockup when the bus has none there. */
void core_settle(struct core *core)
{
	struct core_regs *regs;
	uint32_t sp, pc;

	if (!core->vectors_pending || core->held_in_reset)
		return;
	core->vectors_pending = false;
	regs = core_regs_change(core);

	if (bus_read(core->bus, core->vtor, 4, &sp, BUS_CPU) != 0
			|| bus_read(core->bus, core->vtor + 4, 4, &pc, BUS_CPU) != 0) {
		exception_lockup(core);
	} else {
		regs->msp = sp & ~3u;
		regs->pc = pc & ~1u;
		regs->xpsr = pc & 1 ? XPSR_T : 0;
	}
	if ((core->demcr & DEMCR_VC_CORERESET) && debug_may_halt(core))
		debug_enter(core, DFSR_VCATCH);
	else if (core->dhcsr_controls & DHCSR_C_HALT)
		debug_enter(core, DFSR_HALTED);	/* asked for while the reset was held */
}

static void handle_stop(struct core *core)
{
	switch (core->stop) {
	case STOP_TIME:
	case STOP_ATTENTION:
	case STOP_IT:
		break;
	case STOP_STEPPED:
		debug_enter(core, DFSR_HALTED);
		break;
	case STOP_BREAKPOINT:
	case STOP_BKPT:
		if (debug_may_halt(core))
			debug_enter(core, DFSR_BKPT);
		else
			exception_debug_event(core);
		break;
	case STOP_SVC:
		engine_step_over(core);
		exception_svc(core);
		break;
	case STOP_YIELD:
		engine_step_over(core);
		break;
	case STOP_WFI:
		engine_step_over(core);
		core->sleeping = true;
		core->sleep_ends_by_event = false;
		break;
	case STOP_WFE:
		engine_step_over(core);
		core->sleeping = !core->event_register;
		core->sleep_ends_by_event = true;
		core->event_register = false;
		break;
	case STOP_SEV:
		engine_step_over(core);
		core->event_register = true;
		break;
	case STOP_UNDEFINED:
		exception_fault(core, EXC_USAGE_FAULT, CFSR_UNDEFINSTR);
		break;
	case STOP_INVALID_STATE:
		exception_fault(core, EXC_USAGE_FAULT, CFSR_INVSTATE);
		break;
	case STOP_NO_COPROCESSOR:
		exception_fault(core, EXC_USAGE_FAULT, CFSR_NOCP);
		break;
	case STOP_STACK_OVERFLOW:
		exception_fault(core, EXC_USAGE_FAULT, CFSR_STKOF);
		break;
	case STOP_UNALIGNED:
		exception_fault(core, EXC_USAGE_FAULT, CFSR_UNALIGNED);
		break;
	case STOP_FETCH_BUS_ERROR:
		exception_fault(core, EXC_BUS_FAULT, CFSR_IBUSERR);
		break;
	case STOP_FETCH_DENIED:
		exception_fault(core, EXC_MEM_MANAGE, CFSR_IACCVIOL);
		break;
	case STOP_DATA_BUS_ERROR:
		/* Stores too are reported precisely, as if the write buffer were off. */
		core->bfar = core->fault_address;
		exception_fault(core, EXC_BUS_FAULT, CFSR_PRECISERR | CFSR_BFARVALID);
		break;
	case STOP_DATA_DENIED:
		core->mmfar = core->fault_address;
		exception_fault(core, EXC_MEM_MANAGE, CFSR_DACCVIOL | CFSR_MMARVALID);
		break;
	case STOP_LAZY_FP_DENIED:
		exception_fault(core, EXC_MEM_MANAGE, CFSR_MLSPERR);
		break;
	case STOP_LAZY_FP_BUS_ERROR:
		exception_fault(core, EXC_BUS_FAULT, CFSR_LSPERR);
		break;
	case STOP_EXCEPTION_RETURN:
		exception_return(core, core->regs.pc);
		break;
	case STOP_ENGINE_ERROR:
		exception_lockup(core);
		break;
	}
}

static bool is_step_done(const struct core *core)
{
	/*
	 * A step ends with whatever the instruction led to: the handler of a fault that it caused, or the instruction
	 * after it that the engine does not execute itself (WFI, SVC).
	 */
	return (core->attention & ATTENTION_STEP) && !core->halted && core->stop != STOP_TIME
			&& core->stop != STOP_ATTENTION;
}

/* Asleep, its clock runs on; in the other states it has none. */
static bool is_clocked(const struct core *core)
{
	return !core->halted && !core->locked_up && !core->held_in_reset;
}

bool core_in_it_block(const struct core *core)
{
	return core->regs_loaded ? core->regs.xpsr & XPSR_IT_LEFT : core->it_now & 0xf;
}

int core_add_alarm(struct core *core, void (*expired)(void *context), void *context)
{
	struct core_alarm *alarm = &core->alarm[core->num_alarms];

	if (core->num_alarms == CORE_MAX_ALARMS)
		return -1;
	*alarm = (struct core_alarm){ .at_ps = NEVER, .expired = expired, .context = context };
	return (int)core->num_alarms++;
}

static void find_next_alarm(struct core *core)
{
	core->next_alarm_ps = NEVER;
	for (unsigned int i = 0; i < core->num_alarms; i++) {
		if (core->alarm[i].at_ps < core->next_alarm_ps)
			core->next_alarm_ps = core->alarm[i].at_ps;
	}
}

void core_set_alarm(struct core *core, int alarm, uint64_t at_ps)
{
	if (alarm < 0 || (unsigned int)alarm >= core->num_alarms)
		return;
	/* Nothing happens at once: time goes on from here. */
	core->alarm[alarm].at_ps = at_ps > core->vb->clock.now_ps ? at_ps : core->vb->clock.now_ps + 1;
	find_next_alarm(core);
	core_request(core);
}

static void run_alarms(struct core *core, uint64_t now_ps)
{
	if (core->next_alarm_ps > now_ps)
		return;
	core->vb->clock.now_ps = now_ps;
	for (unsigned int i = 0; i < core->num_alarms; i++) {
		struct core_alarm *alarm = &core->alarm[i];

		if (alarm->at_ps > now_ps)
			continue;
		alarm->at_ps = NEVER;
		alarm->expired(alarm->context);
	}
	find_next_alarm(core);
}

/* When to look again although nothing has happened: at the caller's time or when something makes an interrupt. */
static uint64_t next_stop(struct core *core, uint64_t until_ps)
{
	uint64_t cycle = cycle_at(core, core->next_alarm_ps < until_ps ? core->next_alarm_ps : until_ps);
	uint64_t tick = systick_next_cycle(core);

	return tick < cycle ? tick : cycle;
}

/*
 * "Idle" is a state of the core and not a jump at the end of this call, so that the cycle at which the CPU polls again
 * does not depend on how the caller slices time.
 */
static void pass_idle_time(struct core *core, uint64_t until_ps)
{
	uint64_t cycle = next_stop(core, core->idle_until_ps < until_ps ? core->idle_until_ps : until_ps);

	if (cycle > core->cycles)
		core->cycles = cycle;
	if (core_time_ps(core, core->cycles) >= core->idle_until_ps)
		core->idle_until_ps = 0;
}

static bool is_woken(struct core *core)
{
	struct core_masks masks;

	if (core->sleep_ends_by_event && core->event_register) {
		core->event_register = false;
		return true;
	}
	if (!core->exceptions_waiting)
		return false;
	masks = (struct core_masks){ core_regs(core)->primask, core->regs.basepri, core->regs.faultmask };
	/* [v7M] B1.5.19: WFI wakes as if PRIMASK were clear. */
	if (!core->sleep_ends_by_event)
		masks.primask = 0;
	return exception_preempts(core, &masks);
}

static void pass_sleep(struct core *core, uint64_t until_ps)
{
	uint64_t cycle;

	if (is_woken(core)) {
		core->sleeping = false;
		return;
	}
	cycle = next_stop(core, until_ps);
	if (cycle > core->cycles) {
		core->slept_cycles += cycle - core->cycles;
		core->cycles = cycle;
	}
}

static void run_instructions(struct core *core, uint64_t until_ps)
{
	/* The end of a step comes before the interrupt that arrived with it. */
	bool stepped = (core->attention & ATTENTION_STEP) && core->step_started;

	if (!stepped && exception_take_pending(core)) {
		if (core->attention & ATTENTION_STEP)
			debug_enter(core, DFSR_HALTED);
		return;
	}
	if (core->idle_until_ps) {
		pass_idle_time(core, until_ps);
		return;
	}
	if (!core->regs_loaded || (core->regs.xpsr & XPSR_T)) {
		core->limit = next_stop(core, until_ps);
		engine_run(core);
	} else {
		core->stop = STOP_INVALID_STATE;
	}
	handle_stop(core);
	if (is_step_done(core))
		debug_enter(core, DFSR_HALTED);
}

static void run_once(struct core *core, uint64_t until_ps)
{
	if (core->sleeping)
		pass_sleep(core, until_ps);
	else
		run_instructions(core, until_ps);
	systick_sync(core);
	run_alarms(core, core_time_ps(core, core->cycles));
}

void core_run_until(struct core *core, uint64_t until_ps)
{
	uint64_t instructions = core->instructions;

	if (core->gdb) {
		core_gdb_run_until(core->gdb, until_ps);
		return;
	}
	/* A device model that reset the core from its callback must not start it a second time. */
	if (core->executing)
		return;

	core_settle(core);
	if (engine_map_bus(core) != 0)
		core->locked_up = true;

	core->executing = true;
	while (is_clocked(core) && core_time_ps(core, core->cycles) < until_ps) {
		core->vb->clock.now_ps = core_time_ps(core, core->cycles);
		core->attention &= ~ATTENTION_REQUEST;
		run_once(core, until_ps);
		if (core->reset_requested != RESET_NONE) {
			enter_reset(core, core->reset_requested);
			core->reset_requested = RESET_NONE;
			core_settle(core);
		}
	}

	/* The engine keeps the state of a core that is only out of time: a debug halt finds it in core_regs(). */
	core->executing = false;
	if (!is_clocked(core)) {
		skip_time_to(core, until_ps);
		while (core->next_alarm_ps <= until_ps && core->next_alarm_ps != NEVER)
			run_alarms(core, core->next_alarm_ps);
	}
	renormalise(core);
	core->vb->count.instructions += core->instructions - instructions;
	core->vb->clock.now_ps = until_ps;
}

void core_note_idle_poll(struct core *core, uint64_t until_ps)
{
	if (!core->executing || until_ps == UINT64_MAX)
		return;
	core->idle_until_ps = until_ps;
	core_request(core);
}

static void request_reset(struct core *core, enum reset_kind kind)
{
	/* While the engine executes, its registers are out of reach: the run loop does it before the next instruction. */
	if (core->executing) {
		if (core->reset_requested != RESET_SYSTEM)
			core->reset_requested = kind;
		core_request(core);
		return;
	}
	enter_reset(core, kind);
	core_settle(core);
}

void core_local_reset(struct core *core)
{
	request_reset(core, RESET_LOCAL);
}

void core_system_reset(struct core *core)
{
	if (core->gdb) {
		core_gdb_reset(core->gdb);
		return;
	}
	request_reset(core, RESET_SYSTEM);
}

void core_hold_reset(struct core *core, bool held)
{
	if (core->gdb) {
		core_gdb_hold_reset(core->gdb, held);
		return;
	}
	if (held == core->held_in_reset)
		return;
	core->held_in_reset = held;
	if (held)
		core_system_reset(core);
	else if (!core->executing)
		core_settle(core);
}

static unsigned int num_priority_bits(const struct core *core)
{
	if (core->is_v6m)
		return 2;
	return core->config.priority_bits ? core->config.priority_bits : 4;
}

static bool is_v6m_type(enum core_type type)
{
	return type == CORE_M0 || type == CORE_M0PLUS;
}

/* What each type is, from the Technical Reference Manuals' CPUID values (a common revision of each). */
static void describe_type(struct core *core)
{
	switch (core->config.type) {
	case CORE_M0:
		core->cpuid = 0x410cc200;
		core->is_v6m = true;
		break;
	case CORE_M0PLUS:
		core->cpuid = 0x410cc601;
		core->is_v6m = true;
		core->has_vtor = true;
		break;
	case CORE_M3:
		core->cpuid = 0x412fc231;
		core->is_v7m = true;
		core->has_vtor = true;
		break;
	case CORE_M4:
		core->cpuid = 0x410fc241;
		core->is_v7m = true;
		core->has_vtor = true;
		core->has_fpu = true;
		break;
	case CORE_M7:
		core->cpuid = 0x411fc270;
		core->is_v7m = true;
		core->has_vtor = true;
		core->has_fpu = true;
		core->has_cache = true;
		break;
	case CORE_M33:
		core->cpuid = 0x410fd213;
		core->is_v8m = true;
		core->has_vtor = true;
		core->has_fpu = true;
		break;
	}
	/* Taken branches: 3 cycles on M0, 2 on M0+, 1 + P (P = 1 to 3) on M3 and M4. */
	core->refill_cycles = core->config.type == CORE_M0PLUS ? 1 : 2;
	core->num_exceptions = EXC_FIRST_IRQ + (core->config.num_irqs ? core->config.num_irqs : core->is_v6m ? 32 : 96);
	core->priority_mask = 0xff << (8 - num_priority_bits(core)) & 0xff;
	core->priority_mask *= 0x01010101;
	core->exception_cycles = core->config.type == CORE_M0 ? 16 : core->config.type == CORE_M0PLUS ? 15 : 12;
}

static void describe_clock(struct core *core)
{
	uint64_t divisor = greatest_common_divisor(VB_PS_PER_S, core->config.clock_hz);

	core->ps_numerator = VB_PS_PER_S / divisor;
	core->ps_denominator = core->config.clock_hz / divisor;
	core->max_short_cycles = UINT64_MAX / core->ps_numerator;
	core->epoch_ps = core->vb->clock.now_ps;
}

static void on_ram_written(void *context, uint32_t address, uint32_t size)
{
	struct core *core = context;

	/* It may have ceased to exist, in a device that is mapped now and then. */
	core->window_size = 0;
	engine_drop_code(context, address, size);
}

struct core *core_new(struct bus *bus, const struct core_config *config)
{
	struct core *core;

	if (config->clock_hz == 0 || config->mpu_regions > MPU_MAX_REGIONS || config->fpb_comparators > FPB_MAX_COMPARATORS
			|| config->dwt_comparators > DWT_MAX_COMPARATORS || config->num_irqs % 32 != 0
			|| config->num_irqs > (is_v6m_type(config->type) ? 32 : CORE_MAX_IRQS)
			|| config->priority_bits > 8) {
		fprintf(stderr, "vboard: impossible core configuration\n");
		return NULL;
	}
	core = calloc(1, sizeof(*core));
	if (!core)
		return NULL;
	core->bus = bus;
	core->vb = bus->vb;
	core->config = *config;
	core->power_on = true;
	core->next_alarm_ps = NEVER;
	core->regs_loaded = true;	/* the engine has none yet */
	describe_type(core);
	describe_clock(core);
	core->insn_class = decode_new_table(core);
	if (!core->insn_class || scs_add(core) != 0 || trace_add(core) != 0) {
		fprintf(stderr, "vboard: no room for the core on the bus\n");
		core_free(core);
		return NULL;
	}
	if (engine_new(core) != 0) {
		core_free(core);
		return NULL;
	}
	bus->ram_written = on_ram_written;
	bus->ram_written_context = core;

	/* The board may load an application before time starts: the vectors are fetched by whoever comes first. */
	enter_reset(core, RESET_LOCAL);
	return core;
}

void core_free(struct core *core)
{
	if (!core)
		return;
	if (core->gdb) {
		core_gdb_free(core);
		return;
	}
	if (core->bus->ram_written_context == core) {
		core->bus->ram_written = NULL;
		core->bus->ram_written_context = NULL;
	}
	engine_free(core);
	free(core->insn_class);
	free(core);
}

bool core_is_halted(const struct core *core)
{
	return core->gdb ? core_gdb_is_halted(core->gdb) : core->halted;
}

bool core_is_locked_up(const struct core *core)
{
	return core->gdb ? core_gdb_is_locked_up(core->gdb) : core->locked_up;
}

uint64_t core_cycles(const struct core *core)
{
	return core_clock_cycle(core) - core->slept_cycles;
}
