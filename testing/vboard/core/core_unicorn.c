// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Instruction execution by libunicorn 2. Its ways that shape this file, all measured with 2.0.1:
 *
 * - UC_MODE_MCLASS ignores the CPU model; UC_MODE_THUMB with uc_ctl_set_cpu_model() does not.
 * - uc_emu_stop() from an MMIO callback repeats the access when execution resumes. So a callback only leaves a mark,
 *   and the CODE hook of the next instruction stops, before that instruction.
 * - YIELD, WFE and WFI end the run, and cannot be told from other ends.
 * - The CODE hook is not called for an instruction of an IT block whose condition fails, and a stop inside an IT block
 *   takes effect only behind it. So nothing stops there for time; where a step or a breakpoint must, each instruction
 *   of the block is run as a block of its own (run_it_instruction()).
 * - Host access to registers obeys the guest's privilege.
 * - Translated code is not dropped when the host writes to RAM.
 * - There is no NVIC, no SCS, no exception entry: what would cause one ends the run and is done in exception.c.
 * - Nothing interrupts a run but a time limit and the mark above, which are looked at before every instruction.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

/* QEMU's exception numbers as the INTR hook gets them. */
#define QEMU_EXCP_UDEF			1
#define QEMU_EXCP_PREFETCH_ABORT	3
#define QEMU_EXCP_DATA_ABORT		4
#define QEMU_EXCP_EXCEPTION_EXIT	8
#define QEMU_EXCP_NOCP			17
#define QEMU_EXCP_INVSTATE		18
#define QEMU_EXCP_STKOF			19
#define QEMU_EXCP_UNALIGNED		22

/* An odd address is never the PC. */
#define NO_END_ADDRESS			0xffffffffu

/* A branch to here in Handler mode is an exception return ([v7M] B1.5.8). */
#define EXC_RETURN_FIRST		0xf0000000u

/* Ends the run before the instruction at `pc`. */
static void leave(struct core *core, uint32_t pc, enum stop_reason reason)
{
	core->stop = reason;
	core->regs.pc = pc;
	core->attention |= ATTENTION_LEAVING;
	uc_emu_stop(core->engine->uc);
}

static uint16_t half_word(const struct core *core, uint32_t address)
{
	uint32_t offset = address - core->window_start;
	uint32_t value = 0;
	uint16_t result;

	/* The second half of an instruction may lie behind the window. */
	if (offset >= core->window_size || core->window_size - offset < 2) {
		bus_read(core->bus, address, 2, &value, BUS_CPU);
		return (uint16_t)value;
	}
	memcpy(&result, core->window_bytes + offset, sizeof(result));
	return result;
}

static unsigned int insn_bytes(const struct core *core, uint32_t pc)
{
	return decode_is_32bit(half_word(core, pc)) ? 4 : 2;
}

static struct insn_class classify(const struct core *core, uint32_t pc, uint16_t op)
{
	struct insn_class class = core->insn_class[op];

	return class.action == INSN_LOOK_AT_SECOND ? decode_second(core, op, half_word(core, pc + 2)) : class;
}

static bool is_fp_denied(const struct core *core)
{
	/* CPACR.CP10: 01 privileged only, 11 full ([v7M] B3.2.20) */
	unsigned int access = core->has_fpu ? core->cpacr >> 20 & 3 : 0;

	return !(access == 3 || (access == 1 && core->privileged));
}

/* Whether the engine executes it without further ado. */
static bool is_plain(const struct core *core, uint32_t pc)
{
	struct insn_class class = classify(core, pc, half_word(core, pc));

	return class.action == INSN_PLAIN
			|| (class.action == INSN_FP && !is_fp_denied(core) && !(core->fpccr & FPCCR_LSPACT));
}

static int it_index(const struct core *core, uint32_t pc)
{
	for (unsigned int i = 0; i <= core->it_count + 1; i++) {
		if (core->it_pc[i] == pc)
			return (int)i;
	}
	return -1;
}

/*
 * The block that starts behind an IT instruction. ATTENTION_IT stays off when it cannot be left to the engine as a
 * whole.
 */
static void it_begin(struct core *core, uint32_t it_pc, uint8_t state)
{
	unsigned int count = 4 - (unsigned int)__builtin_ctz(state & 0xf);
	uint32_t pc = it_pc + 2;
	bool whole = !(core->attention & (ATTENTION_STEP | ATTENTION_BREAKPOINTS));

	core->it_state = state;
	core->it_count = count;
	core->it_pc[0] = it_pc;
	for (unsigned int i = 1; i <= count; i++) {
		core->it_pc[i] = pc;
		whole = whole && is_plain(core, pc);
		pc += insn_bytes(core, pc);
	}
	core->it_pc[count + 1] = pc;
	if (whole)
		core->attention |= ATTENTION_IT;
}

static uint8_t it_advance(uint8_t state)
{
	return (state & 7) ? (uint8_t)((state & 0xe0) | (state << 1 & 0x1f)) : 0;
}

/* ITSTATE at `pc`; [v7M] A7.3.2 */
static uint8_t it_state_at(const struct core *core, uint32_t pc)
{
	int index = it_index(core, pc);
	uint8_t state = core->it_state;

	if (index < 1 || index > (int)core->it_count)
		return 0;
	while (--index > 0)
		state = it_advance(state);
	return state;
}

/* Privilege decides what may be fetched and whether the private peripherals answer. */
static void refresh(struct core *core)
{
	struct engine *engine = core->engine;

	core->attention &= ~ATTENTION_REFRESH;
	core->privileged = (get_reg(engine, UC_ARM_REG_XPSR) & XPSR_IPSR) != 0
			|| !(get_reg(engine, UC_ARM_REG_CONTROL) & CONTROL_NPRIV);
	/* The bits of BASEPRI that this core does not have read as zero. */
	if (core->privileged && !core->is_v6m && (get_reg(engine, UC_ARM_REG_BASEPRI) & ~core->priority_mask & 0xff))
		set_reg(engine, UC_ARM_REG_BASEPRI, get_reg(engine, UC_ARM_REG_BASEPRI) & core->priority_mask & 0xff);
	/* At a priority below 0 the MPU is bypassed unless MPU_CTRL.HFNMIENA says otherwise ([v7M] B3.5.6). */
	core->mpu_on = core->mpu_ctrl & MPU_CTRL_ENABLE;
	if (core->mpu_on && !(core->mpu_ctrl & MPU_CTRL_HFNMIENA)) {
		if (exception_is_active(core, EXC_NMI) || exception_is_active(core, EXC_HARD_FAULT)
				|| (!core->is_v6m && get_reg(engine, UC_ARM_REG_FAULTMASK)))
			core->mpu_on = false;
	}
	core->window_size = 0;
}

/* Code in a device, from `address` on. */
static bool open_device_window(struct core *core, uint32_t address)
{
	for (unsigned int i = 0; i < core->bus->num_devices; i++) {
		const struct bus_device *device = &core->bus->device[i];
		uint32_t start = address, end, num_bytes = 0;
		const uint8_t *bytes;

		if (!device->code || address - device->base >= device->size)
			continue;
		bytes = device->code(device->context, address - device->base, &num_bytes);
		if (!bytes || num_bytes < 2)
			return false;
		end = address + (num_bytes - 1);
		mpu_narrow(core, address, &start, &end);
		core->window_start = start;
		core->window_size = end - start + 1;
		core->window_bytes = bytes;
		return true;
	}
	return false;
}

/* CPS or MSR may have let in an exception that is pending: it is taken before the next instruction. */
static void note_unmasked(struct core *core)
{
	struct core_masks masks;

	if (!core->exceptions_waiting)
		return;
	/* Unprivileged code changes no mask, and they could not be read. */
	if (!core->privileged)
		return;
	engine_get_masks(core, &masks);
	if (exception_preempts(core, &masks))
		core_request(core);
}

/* Finds the code at `address` and how far around it the answer holds. Returns 0 or the reason to stop. */
static enum stop_reason open_window(struct core *core, uint32_t address)
{
	uint32_t start = 0, end = 0xffffffff;

	core->window_size = 0;
	if (!mpu_allows(core, address, ACCESS_FETCH, core->privileged))
		return STOP_FETCH_DENIED;
	for (unsigned int i = 0; i < core->bus->num_rams; i++) {
		const struct bus_ram *ram = &core->bus->ram[i];

		if (address - ram->base >= ram->size || ram->is_off)
			continue;
		start = ram->base;
		end = ram->base + (ram->size - 1);
		mpu_narrow(core, address, &start, &end);
		if (ram->flash) {
			/* A stall makes the run end before this instruction; a single one of an IT block has to be executed. */
			if (!(core->attention & ATTENTION_SINGLE)) {
				core->vb->clock.now_ps = core_time_ps(core, core->cycles);
				bus_read_flash(core->bus, address, BUS_CPU);
			}
			bus_note_flash_fetched(core->bus, address, &start, &end);
		}
		core->window_start = start;
		core->window_size = end - start + 1;
		core->window_bytes = ram->bytes + (start - ram->base);
		return STOP_TIME;
	}
	return open_device_window(core, address) ? STOP_TIME : STOP_FETCH_BUS_ERROR;
}

/* Returns false when the instruction must not be executed (a stop is under way). */
static bool attend_first(struct core *core, uint32_t address)
{
	if (core->attention & (ATTENTION_LEAVING | ATTENTION_IGNORE))
		return false;
	if (core->attention & ATTENTION_DATA_FAULT) {
		leave(core, core->insn_pc, core->stop);
		return false;
	}
	if (core->attention & ATTENTION_REFRESH) {
		refresh(core);
		note_unmasked(core);
	}
	if (core->attention & ATTENTION_FLASH)
		engine_notice_flash_reads(core);
	if (core->attention & ATTENTION_IT) {
		int from = it_index(core, core->next_pc), to = it_index(core, address);

		/* A failed condition costs one cycle ([v7M] leaves it open; DDI 0439B table 3-1). */
		if (from > 0 && to > from) {
			core->cycles += (unsigned int)(to - from);
			core->next_pc = address;
		}
		if (to < 1 || to > (int)core->it_count)
			core->attention &= ~ATTENTION_IT;
	}
	return true;
}

static bool attend_last(struct core *core, uint32_t address)
{
	if (core->attention & ATTENTION_SINGLE) {
		if (core->single_started) {
			leave(core, address, STOP_ATTENTION);
			return false;
		}
		core->single_started = true;
		return true;
	}
	if (core->attention & ATTENTION_STEP) {
		if (core->step_started) {
			leave(core, address, STOP_STEPPED);
			return false;
		}
		core->step_started = true;
	}
	if ((core->attention & ATTENTION_BREAKPOINTS) && fpb_matches(core, address)) {
		leave(core, address, STOP_BREAKPOINT);
		return false;
	}
	return true;
}

/* The rare instructions. Returns false when a stop is under way. */
static bool attend_insn(struct core *core, uint32_t address, uint16_t op, unsigned int action)
{
	static const enum stop_reason reason[] = {
		[INSN_UNDEFINED] = STOP_UNDEFINED,
		[INSN_BKPT] = STOP_BKPT,
		[INSN_SVC] = STOP_SVC,
		[INSN_YIELD] = STOP_YIELD,
		[INSN_WFI] = STOP_WFI,
		[INSN_WFE] = STOP_WFE,
		[INSN_SEV] = STOP_SEV,
	};

	switch (action) {
	case INSN_IT:
		it_begin(core, address, (uint8_t)op);
		if (!(core->attention & ATTENTION_IT)) {
			leave(core, address, STOP_IT);
			return false;
		}
		return true;
	case INSN_SYSTEM:
		core->attention |= ATTENTION_REFRESH;
		core->engine->limits_known = false;
		return true;
	case INSN_FP:
		if (is_fp_denied(core)) {
			leave(core, address, STOP_NO_COPROCESSOR);
			return false;
		}
		if (core->fpccr & FPCCR_LSPACT) {
			enum stop_reason failure = frame_store_lazy_fp(core);

			if (failure != STOP_TIME) {
				leave(core, address, failure);
				return false;
			}
		}
		return true;
	default:
		leave(core, address, reason[action]);
		return false;
	}
}

/* Before every instruction. */
static void on_code(uc_engine *uc, uint64_t address64, uint32_t size, void *user_data)
{
	struct core *core = user_data;
	uint32_t address = (uint32_t)address64;
	struct insn_class class;
	uint64_t cycles;
	uint32_t offset;
	uint16_t op;

	(void)uc;
	(void)size;	/* wrong for opcodes that libunicorn does not know */
	if (core->attention && !attend_first(core, address))
		return;

	cycles = core->cycles;
	if (address != core->next_pc) {
		cycles += core->refill_cycles;
		core->cycles = cycles;
		core->next_pc = address;
	}
	if (cycles >= core->limit && !(core->attention & ATTENTION_IT)) {
		leave(core, address, STOP_TIME);
		return;
	}

	offset = address - core->window_start;
	if (offset >= core->window_size) {
		enum stop_reason reason = open_window(core, address);

		if (reason != STOP_TIME) {
			leave(core, address, reason);
			return;
		}
		offset = address - core->window_start;
	}
	if (core->attention) {
		if ((core->attention & (ATTENTION_REQUEST | ATTENTION_IT)) == ATTENTION_REQUEST) {
			leave(core, address, STOP_ATTENTION);
			return;
		}
		if (!attend_last(core, address))
			return;
	}

	memcpy(&op, core->window_bytes + offset, sizeof(op));
	class = core->insn_class[op];
	if (class.action != INSN_PLAIN) {
		class = classify(core, address, op);
		if (class.action != INSN_PLAIN && !attend_insn(core, address, op, class.action))
			return;
	}

	core->insn_pc = address;
	core->insn_cycles = cycles;
	core->cycles = cycles + class.cycles;
	core->next_pc = address + (decode_is_32bit(op) ? 4 : 2);
	core->instructions++;
}

static void on_interrupt(uc_engine *uc, uint32_t number, void *user_data)
{
	struct core *core = user_data;

	/* A prefetch abort would repeat for ever. */
	if (!core->engine->interrupted)
		core->engine->interrupt_number = number;
	core->engine->interrupted = true;
	uc_emu_stop(uc);
}

static bool on_invalid(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user_data)
{
	struct core *core = user_data;

	(void)uc;
	if (engine_on_protected(core, type, (uint32_t)address, (unsigned int)size, (uint64_t)value))
		return true;
	core->engine->invalid_address = (uint32_t)address;
	return false;
}

static int cpu_model(enum core_type type)
{
	switch (type) {
	case CORE_M0:
	case CORE_M0PLUS:
		return UC_CPU_ARM_CORTEX_M0;
	case CORE_M3:
		return UC_CPU_ARM_CORTEX_M3;
	case CORE_M4:
		return UC_CPU_ARM_CORTEX_M4;
	case CORE_M7:
		return UC_CPU_ARM_CORTEX_M7;
	default:
		return UC_CPU_ARM_CORTEX_M33;
	}
}

/* uc_hook_add() takes the callback, whatever its type, as an object pointer. */
union callback {
	void (*code)(uc_engine *uc, uint64_t address, uint32_t size, void *user_data);
	void (*interrupt)(uc_engine *uc, uint32_t number, void *user_data);
	bool (*invalid)(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user_data);
	void (*data)(uc_engine *uc, uc_mem_type type, uint64_t address, int size, int64_t value, void *user_data);
	void *pointer;
};

/* A range whose end is below its start means "all addresses". */
static int add_hook(struct core *core, uc_hook *hook, int type, union callback callback)
{
	return uc_hook_add(core->engine->uc, hook, type, callback.pointer, core, 1, 0) == UC_ERR_OK ? 0 : -1;
}

int engine_new(struct core *core)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	union callback code = { .code = on_code };
	union callback interrupt = { .interrupt = on_interrupt };
	union callback invalid = { .invalid = on_invalid };

	if (!engine)
		return -1;
	core->engine = engine;
	if (uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &engine->uc) != UC_ERR_OK) {
		engine->uc = NULL;
		fprintf(stderr, "vboard: libunicorn cannot emulate ARM\n");
		return -1;
	}
	if (uc_ctl_set_cpu_model(engine->uc, cpu_model(core->config.type)) != UC_ERR_OK
			|| add_hook(core, &engine->code_hook, UC_HOOK_CODE, code) != 0
			|| add_hook(core, &engine->intr_hook, UC_HOOK_INTR, interrupt) != 0
			|| add_hook(core, &engine->invalid_hook, UC_HOOK_MEM_INVALID, invalid) != 0) {
		fprintf(stderr, "vboard: libunicorn has no model of this Cortex-M\n");
		return -1;
	}
	engine->limits_known = true;	/* 0 after reset */
	return engine_map_bus(core);
}

void engine_free(struct core *core)
{
	struct engine *engine = core->engine;

	if (!engine)
		return;
	if (engine->uc)
		uc_close(engine->uc);
	while (engine->mmio) {
		struct mmio_window *window = engine->mmio;

		engine->mmio = window->next;
		free(window);
	}
	free(engine);
	core->engine = NULL;
}

/*
 * libunicorn finds what was translated from RAM by its address, at 0.2 ns a byte, and what was translated from a device
 * only by way of the TLB. Its own uc_ctl_flush_tlb() clears the whole buffer of translated code; that costs 0.4 s and a
 * gigabyte the first time, and 30 ms later. (Measured with 2.0.1.)
 */
static void drop_code(struct core *core, uint32_t address, uint64_t size)
{
	if (bus_ram_pointer(core->bus, address, (uint32_t)size))
		uc_ctl_remove_cache(core->engine->uc, address, address + size);
	else
		engine_flush_tlb(core);
}

static void drop_all_code(struct core *core)
{
	for (unsigned int i = 0; i < core->bus->num_rams; i++) {
		const struct bus_ram *ram = &core->bus->ram[i];

		if (!ram->is_off)
			drop_code(core, ram->base, ram->size);
	}
	engine_flush_tlb(core);
}

void engine_drop_code(struct core *core, uint32_t address, uint32_t size)
{
	/*
	 * Where the default memory map forbids execution there is no translated code, and asking for it would make
	 * libunicorn raise a fault outside of any run.
	 */
	if ((address >= 0x40000000 && address < 0x60000000) || address >= 0xa0000000)
		return;
	if (core->engine->running) {
		/* By a device, from a callback: not under the feet of the code that is running. */
		struct engine *engine = core->engine;
		uint64_t end = (uint64_t)address + size;
		bool first = engine->changed_start == engine->changed_end;

		if (first || address < engine->changed_start)
			engine->changed_start = address;
		if (first || end > engine->changed_end)
			engine->changed_end = end;
		core_request(core);
		return;
	}
	drop_code(core, address, size);
}

static void drop_changed_code(struct core *core)
{
	struct engine *engine = core->engine;
	uint64_t start = engine->changed_start, size = engine->changed_end - start;

	if (size == 0)
		return;
	/* What lies apart was merged. */
	if (bus_ram_pointer(core->bus, (uint32_t)start, (uint32_t)size))
		drop_code(core, (uint32_t)start, size);
	else
		drop_all_code(core);
	engine->changed_start = 0;
	engine->changed_end = 0;
}

/*
 * Accesses are checked from the first time that the MPU is on. It stays like this, though a debugger's sessions switch
 * the MPU off and on: whether an access calls the hook was decided at translation.
 */
static void prepare_data_hook(struct core *core)
{
	struct engine *engine = core->engine;
	union callback data = { .data = engine_on_data };

	if (engine->data_hook_installed || !(core->mpu_ctrl & MPU_CTRL_ENABLE))
		return;
	add_hook(core, &engine->data_hook, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, data);
	engine->data_hook_installed = true;
	drop_all_code(core);
}

static enum stop_reason fetch_failure(struct core *core)
{
	return mpu_allows(core, core->regs.pc, ACCESS_FETCH, core->privileged) ? STOP_FETCH_BUS_ERROR : STOP_FETCH_DENIED;
}

static enum stop_reason explain_interrupt(struct core *core)
{
	switch (core->engine->interrupt_number) {
	case QEMU_EXCP_UDEF:
		return STOP_UNDEFINED;
	case QEMU_EXCP_PREFETCH_ABORT:
	case QEMU_EXCP_EXCEPTION_EXIT:
		return fetch_failure(core);
	case QEMU_EXCP_DATA_ABORT:
	case QEMU_EXCP_UNALIGNED:
		return STOP_UNALIGNED;
	case QEMU_EXCP_NOCP:
		return STOP_NO_COPROCESSOR;
	case QEMU_EXCP_INVSTATE:
		return STOP_INVALID_STATE;
	case QEMU_EXCP_STKOF:
		return STOP_STACK_OVERFLOW;
	default:
		return STOP_ENGINE_ERROR;
	}
}

/* The run ended without our asking. */
static enum stop_reason explain_error(struct core *core, uc_err error, uint32_t xpsr)
{
	switch (error) {
	case UC_ERR_OK:
		return core->engine->interrupted ? explain_interrupt(core) : STOP_ENGINE_ERROR;
	case UC_ERR_READ_UNMAPPED:
	case UC_ERR_WRITE_UNMAPPED:
	case UC_ERR_READ_PROT:
	case UC_ERR_WRITE_PROT:
		core->fault_address = core->engine->invalid_address;
		return STOP_DATA_BUS_ERROR;
	case UC_ERR_FETCH_UNMAPPED:
	case UC_ERR_FETCH_PROT:
		return xpsr & XPSR_T ? fetch_failure(core) : STOP_INVALID_STATE;
	case UC_ERR_INSN_INVALID:
		return xpsr & XPSR_T ? STOP_UNDEFINED : STOP_INVALID_STATE;
	default:
		return STOP_ENGINE_ERROR;
	}
}

static void explain(struct core *core, uc_err error)
{
	struct engine *engine = core->engine;
	uint32_t xpsr = get_reg(engine, UC_ARM_REG_XPSR);

	core->regs.pc = get_reg(engine, UC_ARM_REG_PC);
	if (core->regs.pc >= EXC_RETURN_FIRST && (xpsr & XPSR_IPSR)) {
		core->regs.pc |= xpsr & XPSR_T ? 1 : 0;
		core->stop = STOP_EXCEPTION_RETURN;
		return;
	}
	core->stop = explain_error(core, error, xpsr);
	if (core->stop == STOP_ENGINE_ERROR)
		fprintf(stderr, "vboard: libunicorn stopped at 0x%08x: %s, exception %u\n", core->regs.pc,
				uc_strerror(error), engine->interrupted ? engine->interrupt_number : 0);
}

static void set_it_now(struct core *core, uint8_t state)
{
	core->it_now = state;
	if (core->regs_loaded)
		core->regs.xpsr = (core->regs.xpsr & ~XPSR_IT) | it_to_xpsr(state);
	else
		engine_set_it(core, state);
}

/* From regs.pc until something stops it. */
static void run_freely(struct core *core)
{
	struct engine *engine = core->engine;
	uc_err error;

	/* What is read before the first instruction is code. */
	core->insn_pc = NO_END_ADDRESS;
	core->insn_cycles = core->cycles;
	engine->interrupted = false;
	engine->running = true;
	error = uc_emu_start(engine->uc, core->regs.pc | 1, NO_END_ADDRESS, 0, 0);
	engine->running = false;
	drop_changed_code(core);

	if (core->attention & ATTENTION_DATA_FAULT)
		engine_undo_data_fault(core);
	else if (!(core->attention & ATTENTION_LEAVING))
		explain(core, error);
	/* What a fault stacks. */
	if (core->attention & ATTENTION_IT)
		set_it_now(core, it_state_at(core, core->regs.pc));
	core->attention &= ~(ATTENTION_LEAVING | ATTENTION_DATA_FAULT | ATTENTION_IT);
}

/* [v7M] A7.3.1 */
static bool condition_passes(uint32_t xpsr, unsigned int condition)
{
	bool n = xpsr >> 31 & 1, z = xpsr >> 30 & 1, c = xpsr >> 29 & 1, v = xpsr >> 28 & 1;
	bool result;

	switch (condition >> 1) {
	case 0:
		result = z;
		break;
	case 1:
		result = c;
		break;
	case 2:
		result = n;
		break;
	case 3:
		result = v;
		break;
	case 4:
		result = c && !z;
		break;
	case 5:
		result = n == v;
		break;
	case 6:
		result = n == v && !z;
		break;
	default:
		return true;
	}
	return condition & 1 ? !result : result;
}

/* One instruction of an IT block, so that a step or a breakpoint can stop before any of them. */
static void run_it_instruction(struct core *core, uint8_t state)
{
	uint32_t pc = core->regs.pc;
	uint32_t next = pc + insn_bytes(core, pc);

	if ((core->attention & ATTENTION_STEP) && core->step_started) {
		core->stop = STOP_STEPPED;
		return;
	}
	if ((core->attention & ATTENTION_BREAKPOINTS) && fpb_matches(core, pc)) {
		core->stop = STOP_BREAKPOINT;
		return;
	}
	core->step_started = true;
	core->stop = STOP_ATTENTION;
	if (!condition_passes(get_reg(core->engine, UC_ARM_REG_XPSR), state >> 4)) {
		core->regs.pc = next;
		core->next_pc = next;
		core->cycles++;
		set_it_now(core, it_advance(state));
		return;
	}

	/* As the last one of its block. What ends the run before the instruction does not work inside a block. */
	engine_set_it(core, is_plain(core, pc) ? (state & 0xf0) | 8 : 0);
	core->single_started = false;
	core->attention |= ATTENTION_SINGLE;
	run_freely(core);
	core->attention &= ~ATTENTION_SINGLE;
	if (core->stop == STOP_TIME)
		core->stop = STOP_ATTENTION;
	if (core->stop != STOP_ATTENTION)
		set_it_now(core, state);	/* it did not complete */
	else
		set_it_now(core, core->regs.pc == next ? it_advance(state) : 0);
}

void engine_step_over(struct core *core)
{
	uint32_t pc = core->regs.pc;

	core->regs.pc += insn_bytes(core, pc);
	core->next_pc = core->regs.pc;
	core->instructions++;
	core->cycles += classify(core, pc, half_word(core, pc)).cycles;
	set_it_now(core, it_advance(core->it_now));
}

void engine_run(struct core *core)
{
	if (core->regs_loaded) {
		core->it_now = it_from_xpsr(core->regs.xpsr);
		if (core->regs_changed) {
			engine_store_regs(core);
			core->next_pc = core->regs.pc;
		}
		core->regs_loaded = false;
		core->regs_changed = false;
	}
	if (core->engine->map_changes != core->bus->map_changes)
		engine_map_bus(core);
	prepare_data_hook(core);
	refresh(core);
	engine_notice_flash_reads(core);

	if (core->regs.pc >= PRIVATE_PERIPHERAL_BUS) {
		/* Not by a branch, so it is no exception return either: a vector, a debugger, or the way out of lockup. */
		core->stop = fetch_failure(core);
	} else if (core->it_now & 0xf) {
		run_it_instruction(core, core->it_now);
	} else {
		core->it_now = 0;
		run_freely(core);
	}
	if (core->stop == STOP_IT) {
		uint8_t state = (uint8_t)half_word(core, core->regs.pc);

		engine_step_over(core);
		set_it_now(core, state);
		core->stop = STOP_ATTENTION;
	}
}
