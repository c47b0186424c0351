// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What is special to Cortex-M: making a halted core fit to run code in RAM, starting that code, telling what stopped
 * it, and putting everything back. Called by ofl_session.c only; another architecture would sit beside this file.
 *
 * [v7M] ARM DDI 0403E.e, ARMv7-M Architecture Reference Manual; [v8M] ARM DDI 0553B.y; [v6M] ARM DDI 0419E.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/binarybuffer.h>
#include <helper/time_support.h>
#include <target/register.h>

#include "ofl.h"

#define ICTR		0xe000e004
#define SYST_CSR	0xe000e010
#define SYST_RVR	0xe000e014
#define NVIC_ISER	0xe000e100
#define NVIC_ICER	0xe000e180
#define NVIC_ISPR	0xe000e200
#define NVIC_ICPR	0xe000e280
#define NVIC_IPR	0xe000e400
#define CPUID		0xe000ed00
#define OFL_ICSR	0xe000ed04
#define OFL_VTOR	0xe000ed08
#define OFL_AIRCR	0xe000ed0c
#define CCR		0xe000ed14
#define OFL_SHPR2	0xe000ed1c
#define CFSR		0xe000ed28
#define HFSR		0xe000ed2c
#define MMFAR		0xe000ed34
#define BFAR		0xe000ed38
#define CPACR		0xe000ed88
#define MPU_CTRL	0xe000ed94
#define OFL_DCRSR	0xe000edf4
#define OFL_DCRDR	0xe000edf8
#define OFL_DHCSR	0xe000edf0
#define OFL_DEMCR	0xe000edfc
#define ICIALLU		0xe000ef50

#define SYST_CSR_ENABLES	3u	/* ENABLE, TICKINT */
#define ICSR_CLEAR_PENDING	((1u << 27) | (1u << 25))	/* PENDSVCLR, PENDSTCLR */
#define ICSR_PENDING	((1u << 28) | (1u << 26))	/* PENDSVSET, PENDSTSET */
#define CPACR_FPU		(0xfu << 20)	/* CP10 and CP11: full access */
#define AIRCR_VECTCLRACTIVE	0x05fa0002	/* with its key; for debuggers, on a halted core */
#define CCR_DC			(1u << 16)
#define CCR_IC			(1u << 17)
#define DEMCR_VC_HARDERR	(1u << 10)
/* With interrupts on, a fault need not become HardFault: VC_MMERR, NOCPERR, CHKERR, STATERR, BUSERR, INTERR. */
#define DEMCR_VC_FAULTS		(0x3fu << 4)
#define DCRSR_WRITE		(1u << 16)
#define DHCSR_KEY		0xa05f0000
#define DHCSR_C_DEBUGEN		(1u << 0)
#define DHCSR_C_HALT		(1u << 1)
#define DHCSR_S_HALT		(1u << 17)
/* DCRSR.REGSEL of the stack limits [v8M D1.2.32]: the ones of the security state that a core without TrustZone has. */
#define REGSEL_MSPLIM		0x1c
#define REGSEL_PSPLIM		0x1d
#define REGSEL_FPSCR		0x21
#define REGSEL_S0		0x40

#define CFSR_MMARVALID		(1u << 7)
#define CFSR_BFARVALID		(1u << 15)

/* CPUID bits 15:4. Others are taken for what their bits 19:16 (architecture: F or C) do not contradict. */
static bool part_is_v6m_or_baseline(uint32_t cpuid)
{
	unsigned int part = (cpuid >> 4) & 0xfff;
	return part == 0xc20 || part == 0xc60 || part == 0xc21 || part == 0xd20;
}

static bool part_has_stack_limits(uint32_t cpuid)
{
	unsigned int part = (cpuid >> 4) & 0xfff;
	/* M33, M55, M85, M52, M35P, STAR-MC1: v8-M with the main extension. */
	return part == 0xd21 || part == 0xd22 || part == 0xd23 || part == 0xd24 || part == 0xd31 || part == 0x132;
}

bool ofl_cortexm_can_run(const struct ofl_cortexm *core, int cpu_arch)
{
	/* Tag_CPU_arch 16: ARMv8-M Baseline, which is ARMv6-M with additions; a Cortex-M23 has them. */
	if (core->has_v7m_faults || ofl_cpu_arch_is_v6m(cpu_arch))
		return true;
	return cpu_arch == 16 && ((core->cpuid >> 4) & 0xfff) == 0xd20;
}

int ofl_cortexm_forget_code(struct target *target, const struct ofl_cortexm *core)
{
	if (!core->has_icache)
		return ERROR_OK;
	return target_write_u32(target, ICIALLU, 0);
}

int ofl_cortexm_check(struct target *target)
{
	if (!target_to_armv7m_safe(target)) {
		LOG_ERROR("ofl: target %s is a %s; the stub runs on Cortex-M only", target_name(target),
			target_type_name(target));
		return ERROR_TARGET_INVALID;
	}
	if (!target_was_examined(target)) {
		LOG_ERROR("ofl: target %s has not been examined; is it powered and connected? Try 'init' or 'reset init'",
			target_name(target));
		return ERROR_TARGET_NOT_EXAMINED;
	}
	if (target->state != TARGET_HALTED) {
		LOG_ERROR("ofl: target %s is %s; halt it first ('reset init' also sets up clocks and pins)",
			target_name(target), target_state_name(target));
		return ERROR_TARGET_NOT_HALTED;
	}
	return ERROR_OK;
}

bool ofl_cortexm_is_v6m(struct target *target)
{
	const struct armv7m_common *armv7m = target_to_armv7m_safe(target);
	return armv7m && target_was_examined(target) && armv7m->arm.arch == ARM_ARCH_V6M;
}

static int read_special(struct target *target, uint32_t regsel, uint32_t *value)
{
	int retval = target_write_u32(target, OFL_DCRSR, regsel);
	if (retval != ERROR_OK)
		return retval;
	return target_read_u32(target, OFL_DCRDR, value);
}

static int write_special(struct target *target, uint32_t regsel, uint32_t value)
{
	int retval = target_write_u32(target, OFL_DCRDR, value);
	if (retval != ERROR_OK)
		return retval;
	return target_write_u32(target, OFL_DCRSR, regsel | DCRSR_WRITE);
}

/*
 * What a loader file may use and change: vector table, interrupts, SysTick, FPU. The application's interrupts are
 * switched off, because a loader that sets PRIMASK to 0 (some do) would let them run into code that is not there.
 */
static int save_for_foreign(struct target *target, struct ofl_cortexm *core)
{
	uint32_t ictr = 0;
	int retval = ERROR_OK;

	/* Cortex-M0 has no VTOR, and up to 32 interrupts like all of v6-M. */
	core->has_vtor = ((core->cpuid >> 4) & 0xfff) != 0xc20;
	if (core->has_vtor)
		retval = target_read_u32(target, OFL_VTOR, &core->vtor);
	if (retval == ERROR_OK && (core->has_v7m_faults || ((core->cpuid >> 4) & 0xfff) == 0xd20))
		retval = target_read_u32(target, ICTR, &ictr);
	unsigned int words = MIN((ictr & 0xf) + 1, ARRAY_SIZE(core->enabled));
	for (unsigned int n = 0; retval == ERROR_OK && n < words; n++) {
		retval = target_read_u32(target, NVIC_ISER + 4 * n, &core->enabled[n]);
		if (retval == ERROR_OK)
			retval = target_read_u32(target, NVIC_ISPR + 4 * n, &core->pending[n]);
		if (retval == ERROR_OK && core->enabled[n])
			retval = target_write_u32(target, NVIC_ICER + 4 * n, core->enabled[n]);
		/* A loader that enables the same interrupt would find the application's event. */
		if (retval == ERROR_OK && core->pending[n])
			retval = target_write_u32(target, NVIC_ICPR + 4 * n, core->pending[n]);
	}
	if (retval == ERROR_OK)
		retval = target_read_u32(target, SYST_CSR, &core->systick_ctrl);
	if (retval == ERROR_OK)
		retval = target_read_u32(target, SYST_RVR, &core->systick_reload);
	for (unsigned int n = 0; retval == ERROR_OK && n < ARRAY_SIZE(core->priorities); n++)
		retval = target_read_u32(target, OFL_SHPR2 + 4 * n, &core->priorities[n]);
	if (retval == ERROR_OK && (core->systick_ctrl & SYST_CSR_ENABLES))
		retval = target_write_u32(target, SYST_CSR, core->systick_ctrl & ~SYST_CSR_ENABLES);
	if (retval == ERROR_OK)
		retval = target_read_u32(target, OFL_ICSR, &core->pending_system);
	core->pending_system &= ICSR_PENDING;
	if (retval == ERROR_OK && core->pending_system)
		retval = target_write_u32(target, OFL_ICSR, ICSR_CLEAR_PENDING);
	core->num_irq_words = words;
	if (retval == ERROR_OK)
		retval = target_read_buffer(target, NVIC_IPR, 32 * words, core->irq_priorities);
	if (retval != ERROR_OK || !core->has_v7m_faults) {
		core->saved = retval == ERROR_OK;
		return retval;
	}

	/* Where there is no FPU the bits do not stick. OpenOCD saves the lower half of each D register only. */
	retval = target_read_u32(target, CPACR, &core->cpacr);
	if (retval == ERROR_OK && (core->cpacr & CPACR_FPU) == CPACR_FPU) {
		for (unsigned int n = 0; retval == ERROR_OK && n < 33; n++)
			retval = read_special(target, n < 32 ? REGSEL_S0 + n : REGSEL_FPSCR, &core->fpu[n]);
		core->num_fpu_words = 33;
	} else if (retval == ERROR_OK) {
		retval = target_write_u32(target, CPACR, core->cpacr | CPACR_FPU);
	}
	core->saved = retval == ERROR_OK;
	return retval;
}

/* Whatever the loader started ends here, also its SysTick; then the application's is put back. */
static int restore_after_foreign(struct target *target, const struct ofl_cortexm *core)
{
	if (!core->saved)
		return ERROR_OK;
	int retval = target_write_u32(target, SYST_CSR, core->systick_ctrl & ~SYST_CSR_ENABLES);
	if (retval == ERROR_OK)
		retval = target_write_u32(target, SYST_RVR, core->systick_reload);
	for (unsigned int n = 0; retval == ERROR_OK && n < ARRAY_SIZE(core->priorities); n++)
		retval = target_write_u32(target, OFL_SHPR2 + 4 * n, core->priorities[n]);
	for (unsigned int n = 0; retval == ERROR_OK && n < core->num_irq_words; n++) {
		retval = target_write_u32(target, NVIC_ICER + 4 * n, UINT32_MAX);
		if (retval == ERROR_OK)
			retval = target_write_u32(target, NVIC_ICPR + 4 * n, UINT32_MAX);
		if (retval == ERROR_OK && core->pending[n])
			retval = target_write_u32(target, NVIC_ISPR + 4 * n, core->pending[n]);
	}
	if (retval == ERROR_OK)
		retval = target_write_buffer(target, NVIC_IPR, 32 * core->num_irq_words, core->irq_priorities);
	if (retval == ERROR_OK)
		retval = target_write_u32(target, OFL_ICSR, ICSR_CLEAR_PENDING);
	if (retval == ERROR_OK && core->has_vtor)
		retval = target_write_u32(target, OFL_VTOR, core->vtor);
	for (unsigned int n = 0; retval == ERROR_OK && n < core->num_irq_words; n++) {
		if (core->enabled[n])
			retval = target_write_u32(target, NVIC_ISER + 4 * n, core->enabled[n]);
	}
	if (retval == ERROR_OK && core->pending_system)
		retval = target_write_u32(target, OFL_ICSR, core->pending_system);
	if (retval == ERROR_OK && (core->systick_ctrl & SYST_CSR_ENABLES))
		retval = target_write_u32(target, SYST_CSR, core->systick_ctrl);
	for (unsigned int n = 0; retval == ERROR_OK && n < core->num_fpu_words; n++)
		retval = write_special(target, n < 32 ? REGSEL_S0 + n : REGSEL_FPSCR, core->fpu[n]);
	if (retval == ERROR_OK && core->has_v7m_faults)
		retval = target_write_u32(target, CPACR, core->cpacr);
	return retval;
}

int ofl_cortexm_read_reg(struct target *target, unsigned int reg, uint32_t *value)
{
	return read_special(target, reg, value);
}

int ofl_cortexm_write_reg(struct target *target, unsigned int reg, uint32_t value)
{
	return write_special(target, reg, value);
}

int ofl_cortexm_pause(struct target *target)
{
	uint32_t dhcsr = 0;
	int64_t started_ms = timeval_ms();
	int retval = target_write_u32(target, OFL_DHCSR, DHCSR_KEY | DHCSR_C_DEBUGEN | DHCSR_C_HALT);
	while (retval == ERROR_OK && !(dhcsr & DHCSR_S_HALT)) {
		retval = target_read_u32(target, OFL_DHCSR, &dhcsr);
		if (retval == ERROR_OK && timeval_ms() - started_ms > 500)
			retval = ERROR_TARGET_TIMEOUT;
	}
	return retval;
}

int ofl_cortexm_unpause(struct target *target)
{
	return target_write_u32(target, OFL_DHCSR, DHCSR_KEY | DHCSR_C_DEBUGEN);
}

int ofl_cortexm_identify(struct target *target, struct ofl_cortexm *core)
{
	int retval = target_read_u32(target, CPUID, &core->cpuid);
	if (retval != ERROR_OK) {
		LOG_ERROR("ofl: cannot read the CPUID register of %s", target_name(target));
		return retval;
	}
	core->has_v7m_faults = !part_is_v6m_or_baseline(core->cpuid);
	core->has_stack_limits = part_has_stack_limits(core->cpuid);
	return ERROR_OK;
}

int ofl_cortexm_prepare(struct target *target, struct ofl_cortexm *core)
{
	struct armv7m_common *armv7m = target_to_armv7m(target);
	uint32_t ccr;
	int retval = target_read_u32(target, MPU_CTRL, &core->mpu_ctrl);
	if (retval == ERROR_OK)
		retval = target_read_u32(target, OFL_DEMCR, &core->demcr);
	if (retval == ERROR_OK)
		retval = target_read_u32(target, CCR, &ccr);
	if (retval != ERROR_OK) {
		LOG_ERROR("ofl: cannot read the system control space of %s", target_name(target));
		return retval;
	}
	if (core->has_stack_limits) {
		retval = read_special(target, REGSEL_MSPLIM, &core->msplim);
		if (retval == ERROR_OK)
			retval = read_special(target, REGSEL_PSPLIM, &core->psplim);
		if (retval != ERROR_OK)
			return retval;
	}

	/* From here on there is something to put back. */
	core->prepared = true;

	/* The application's MPU may forbid executing from RAM; its stack limits know nothing of our stack. */
	if (core->mpu_ctrl)
		retval = target_write_u32(target, MPU_CTRL, 0);
	if (retval == ERROR_OK && core->msplim)
		retval = write_special(target, REGSEL_MSPLIM, 0);
	if (retval == ERROR_OK && core->psplim)
		retval = write_special(target, REGSEL_PSPLIM, 0);
	/* A fault in the stub must halt instead of running the application's handler. */
	uint32_t catches = DEMCR_VC_HARDERR;
	if (core->foreign && core->has_v7m_faults)
		catches |= DEMCR_VC_FAULTS;
	if (retval == ERROR_OK)
		retval = target_write_u32(target, OFL_DEMCR, core->demcr | catches);
	/* With ST-LINK's high-level adapter each start writes this copy to DEMCR (hla_target.c). */
	core->demcr_copy = armv7m->demcr;
	armv7m->demcr |= catches;
	if (retval == ERROR_OK && core->foreign)
		retval = save_for_foreign(target, core);
	/* Lines of the instruction cache may hold what the work area held before. */
	core->has_icache = core->has_v7m_faults && (ccr & CCR_IC);
	if (core->foreign && core->has_v7m_faults && (ccr & CCR_DC))
		LOG_WARNING("ofl: the data cache of %s is on: what a loader file reads from a mapped flash may be older than "
			"the flash; 'reset init' switches it off", target_name(target));
	if (retval == ERROR_OK && core->has_icache)
		retval = target_write_u32(target, ICIALLU, 0);
	if (retval != ERROR_OK)
		LOG_ERROR("ofl: cannot prepare the core of %s (MPU, stack limits, vector catch)", target_name(target));
	return retval;
}

/* The first error is the one to report; what follows it is tried all the same. */
static void note_result(int *result, int retval)
{
	if (*result == ERROR_OK)
		*result = retval;
}

int ofl_cortexm_restore(struct target *target, struct ofl_cortexm *core)
{
	int result = ERROR_OK;

	if (!core->prepared)
		return ERROR_OK;
	core->prepared = false;
	target_to_armv7m(target)->demcr = core->demcr_copy;
	/* A loader may have set up an MPU of its own. */
	if (core->mpu_ctrl || core->foreign)
		note_result(&result, target_write_u32(target, MPU_CTRL, core->mpu_ctrl));
	if (core->msplim)
		note_result(&result, write_special(target, REGSEL_MSPLIM, core->msplim));
	if (core->psplim)
		note_result(&result, write_special(target, REGSEL_PSPLIM, core->psplim));
	note_result(&result, target_write_u32(target, OFL_DEMCR, core->demcr));
	/*
	 * OpenOCD would put the registers back at the next resume only; whoever attaches after this process has ended must
	 * not find the core in the stub.
	 */
	if (target->state == TARGET_HALTED)
		note_result(&result, armv7m_restore_context(target));
	/* After the registers, because of the FPU's. */
	if (core->foreign)
		note_result(&result, restore_after_foreign(target, core));
	if (result != ERROR_OK)
		LOG_ERROR("ofl: cannot restore the core of %s (MPU, stack limits, vector catch); reset it before going on",
			target_name(target));
	return result;
}

/* `name` must not be a const pointer: 0.12.0's init_reg_param() takes char *. */
static void add_reg_param(struct target *target, struct ofl_cortexm *core, char *name, uint32_t bits, uint32_t value)
{
	struct armv7m_common *armv7m = target_to_armv7m(target);
	struct reg *reg = register_get_by_name(armv7m->arm.core_cache, name, false);
	if (!reg || !reg->exist)
		return;
	struct reg_param *param = &core->reg_params[core->num_reg_params++];
	init_reg_param(param, name, bits, PARAM_OUT);
	buf_set_u32(param->value, 0, bits, value);
}

static void free_reg_params(struct ofl_cortexm *core)
{
	for (unsigned int n = 0; n < core->num_reg_params; n++)
		destroy_reg_param(&core->reg_params[n]);
	core->num_reg_params = 0;
}

int ofl_cortexm_start(struct target *target, struct ofl_cortexm *core, uint32_t entry, uint32_t stack, uint32_t params)
{
	/* Overwritten by each start (armv7m.c), so set for each. ANY: CONTROL is ours, below. */
	core->algorithm.common_magic = ARMV7M_COMMON_MAGIC;
	core->algorithm.core_mode = ARM_MODE_ANY;

	core->num_reg_params = 0;
	add_reg_param(target, core, "r0", 32, params);
	add_reg_param(target, core, "sp", 32, stack);
	/*
	 * Privileged thread mode on MSP, whatever the application was doing: OpenOCD writes registers in descending order,
	 * CONTROL before R13, so that "sp" means MSP by then. FAULTMASK would turn a fault into lockup.
	 */
	add_reg_param(target, core, "control", 3, 0);
	add_reg_param(target, core, "faultmask", 1, 0);
	/* cortex_m masks interrupts by itself when it runs an algorithm, hla_target does not. */
	add_reg_param(target, core, "primask", 1, 1);	/* the call gate of a loader file sets it for each call */
	add_reg_param(target, core, "basepri", 8, 0);

	int retval = target_start_algorithm(target, 0, NULL, core->num_reg_params, core->reg_params, entry, 0,
			&core->algorithm);
	if (retval != ERROR_OK) {
		target->running_alg = false;
		free_reg_params(core);
		LOG_ERROR("ofl: cannot start the stub at 0x%8.8" PRIx32, entry);
	}
	return retval;
}

/* Each poll that fails (lockup is reported so) is followed by another; a dead adapter keeps failing. */
static int wait_halted(struct target *target, int64_t timeout_ms)
{
	int64_t started_ms = timeval_ms();
	int retval;
	do {
		retval = target_poll(target);
		if (retval == ERROR_OK && target->state == TARGET_HALTED)
			return ERROR_OK;
		if (target->state != TARGET_DEBUG_RUNNING && target->state != TARGET_HALTED && retval == ERROR_OK)
			return ERROR_TARGET_NOT_HALTED;	/* reset */
	} while (timeval_ms() - started_ms < timeout_ms);
	return retval != ERROR_OK ? retval : ERROR_TARGET_TIMEOUT;
}

/* Words for the fault status registers; [v7M B3.2.15]. */
static const char *fault_text(uint32_t cfsr)
{
	static const struct {
		uint32_t bit;
		const char *text;
	} faults[] = {
		{1u << 0, "instruction fetch from a forbidden region"}, {1u << 1, "data access to a forbidden region"},
		{1u << 4, "stacking error"}, {1u << 8, "bus error on an instruction fetch"},
		{1u << 9, "bus error on a data access"}, {1u << 10, "bus error on a data write (imprecise)"},
		{1u << 12, "bus error while stacking"}, {1u << 16, "undefined instruction"},
		{1u << 17, "switch to ARM state"}, {1u << 18, "bad exception return"}, {1u << 19, "coprocessor or FPU off"},
		{1u << 20, "stack limit"}, {1u << 24, "unaligned access"}, {1u << 25, "division by zero"},
	};
	for (unsigned int n = 0; n < ARRAY_SIZE(faults); n++) {
		if (cfsr & faults[n].bit)
			return faults[n].text;
	}
	return "no detail";
}

static const char *exception_text(unsigned int exception)
{
	static const char *const name[] = {"stopped", "reset", "NMI", "HardFault", "MemManage fault", "BusFault",
		"UsageFault"};
	return exception < ARRAY_SIZE(name) ? name[exception] : "exception";
}

/* Not ours: the stub says so before it executes its own. */
static void describe_breakpoint(struct target *target, uint32_t pc, char *text, size_t text_size)
{
	uint16_t instruction;
	if (target_read_u16(target, pc & ~1u, &instruction) != ERROR_OK || (instruction & 0xff00) != 0xbe00)
		return;
	if (instruction == 0xbeab)
		snprintf(text, text_size, ": a semihosting call (BKPT 0xab: printf, assert?), which nobody serves here");
	else
		snprintf(text, text_size, ": a breakpoint instruction of its own (BKPT 0x%2.2x)", instruction & 0xff);
}

/* Where a bus error comes from, as a rule. */
static const char *bus_error_hint(const struct ofl_bank *ofl)
{
	const struct ofl_params *params = &ofl->session.params;
	bool reads = params->op == OFL_OP_READ || params->op == OFL_OP_CRC || params->op == OFL_OP_BLANK;

	if (!ofl->session.core.foreign)
		return " (is -base or a pin address wrong, is the peripheral's clock off?)";
	if (reads && !params->call.read && !params->call.function)
		return " (the flash is read by memory: has the loader mapped it there? -map ADDRESS says where it is)";
	return "";
}

static void describe_stop(struct ofl_bank *ofl, char *text, size_t text_size)
{
	struct target *target = ofl->bank->target;
	const struct ofl_cortexm *core = &ofl->session.core;
	struct armv7m_common *armv7m = target_to_armv7m(target);
	uint32_t pc = buf_get_u32(armv7m->arm.pc->value, 0, 32);
	uint32_t lr = buf_get_u32(armv7m->arm.core_cache->reg_list[ARMV7M_R14].value, 0, 32);
	const char *hint = bus_error_hint(ofl);
	unsigned int exception = armv7m->exception_number;
	uint32_t frame[8];
	uint32_t cfsr = 0, hfsr = 0, address = 0;
	char where[80] = "", caller[80] = "";
	int n;

	if (exception) {
		/* The handler's first instruction has not run: the frame is where SP points. [v7M B1.5.6] */
		/* LR is EXC_RETURN; its bit 2 tells the stack. */
		unsigned int stack = (lr & 4) ? ARMV7M_PSP : ARMV7M_MSP;
		uint32_t sp = buf_get_u32(armv7m->arm.core_cache->reg_list[stack].value, 0, 32);
		uint8_t bytes[sizeof(frame)];
		if (target_read_buffer(target, sp, sizeof(bytes), bytes) == ERROR_OK) {
			target_buffer_get_u32_array(target, bytes, 8, frame);
			pc = frame[6];
			lr = frame[5];
		}
	}
	ofl_session_where(ofl, pc, where, sizeof(where));
	ofl_session_where(ofl, lr & ~1u, caller, sizeof(caller));
	n = snprintf(text, text_size, "%s at PC 0x%8.8" PRIx32 "%s", exception_text(exception), pc, where);
	if (n >= 0 && (size_t)n < text_size && core->foreign)
		n += snprintf(text + n, text_size - n, ", LR 0x%8.8" PRIx32 "%s", lr, caller);
	if (n < 0 || (size_t)n >= text_size)
		return;
	if (!exception) {
		describe_breakpoint(target, pc, text + n, text_size - n);
		return;
	}
	if (!core->has_v7m_faults) {
		snprintf(text + n, text_size - n, "; this core has no fault registers: likely a bus error%s", hint);
		return;
	}
	if (target_read_u32(target, CFSR, &cfsr) != ERROR_OK || target_read_u32(target, HFSR, &hfsr) != ERROR_OK)
		return;
	n += snprintf(text + n, text_size - n, ": %s, CFSR 0x%8.8" PRIx32 " HFSR 0x%8.8" PRIx32, fault_text(cfsr), cfsr,
			hfsr);
	if ((size_t)n >= text_size)
		return;
	if ((cfsr & CFSR_BFARVALID) && target_read_u32(target, BFAR, &address) == ERROR_OK)
		snprintf(text + n, text_size - n, ", address 0x%8.8" PRIx32 "%s", address, hint);
	else if ((cfsr & CFSR_MMARVALID) && target_read_u32(target, MMFAR, &address) == ERROR_OK)
		snprintf(text + n, text_size - n, ", address 0x%8.8" PRIx32, address);
	/* Write one to clear: the application must not find our faults. */
	target_write_u32(target, CFSR, cfsr);
	target_write_u32(target, HFSR, hfsr);
}

/*
 * armv7m_wait_algorithm() puts back what differs from what was read at the halt. Where that read failed (the link had
 * an error), it compares with what is there from before, and leaves the stub's value in the core.
 */
static void restore_unread(struct target *target, const struct ofl_cortexm *core)
{
	struct reg_cache *cache = target_to_armv7m(target)->arm.core_cache;
	for (unsigned int n = 0; n < cache->num_regs && n < ARRAY_SIZE(core->algorithm.context); n++) {
		struct reg *reg = &cache->reg_list[n];
		if (!reg->exist || reg->valid)
			continue;
		buf_set_u32(reg->value, 0, MIN(reg->size, 32), core->algorithm.context[n]);
		reg->valid = true;
		reg->dirty = true;
	}
}

int ofl_cortexm_finish(struct ofl_bank *ofl, bool expected, char *text, size_t text_size)
{
	struct target *target = ofl->bank->target;
	struct ofl_cortexm *core = &ofl->session.core;
	bool stopped_by_us = false;
	int retval;

	text[0] = 0;
	retval = wait_halted(target, expected ? 1000 : 0);
	if (retval != ERROR_OK && target->state == TARGET_DEBUG_RUNNING) {
		stopped_by_us = true;
		retval = target_halt(target);
		if (retval == ERROR_OK)
			retval = wait_halted(target, 1000);
	}
	if (target->state != TARGET_HALTED || retval != ERROR_OK) {
		target->running_alg = false;
		free_reg_params(core);
		if (target->state == TARGET_RESET || target->state == TARGET_RUNNING) {
			snprintf(text, text_size, "the target was reset while the stub ran (a watchdog of the application?); "
				"it has been halted again, 'reset init' before the next try");
			/* What the reset undid needs no restoring; what the application does now we did not start. */
			core->prepared = false;
			target_to_armv7m(target)->demcr = core->demcr_copy;
			/*
			 * OpenOCD does not halt a target that it believes to be in reset; the poll after that one finds it running.
			 */
			target_poll(target);
			if (target_halt(target) == ERROR_OK)
				target_wait_state(target, TARGET_HALTED, 1000);
			/* A system reset keeps the vector catches [v7M C1.6.5]. */
			if (target->state == TARGET_HALTED)
				target_write_u32(target, OFL_DEMCR, core->demcr);
			return ERROR_TARGET_FAILURE;
		}
		snprintf(text, text_size, "the debug connection to %s failed", target_name(target));
		return retval != ERROR_OK ? retval : ERROR_FAIL;
	}

	if (!expected) {
		describe_stop(ofl, text, text_size);
		/*
		 * A fault of the stub's is active until a handler returns, which none will: the application would go on at its
		 * priority, where the next fault is lockup. An application that was in a handler itself keeps what is active.
		 */
		bool was_thread = !(core->algorithm.context[ARMV7M_XPSR] & 0x1ff);
		if (target_to_armv7m(target)->exception_number && was_thread)
			target_write_u32(target, OFL_AIRCR, AIRCR_VECTCLRACTIVE);
		if (stopped_by_us && text[0])
			LOG_DEBUG("ofl: stopped the stub: %s", text);
	}
	/* Any halt address will do (exit point 0), because only then does OpenOCD put the registers back. */
	retval = target_wait_algorithm(target, 0, NULL, core->num_reg_params, core->reg_params, 0, 1000, &core->algorithm);
	target->running_alg = false;
	free_reg_params(core);
	restore_unread(target, core);
	if (retval != ERROR_OK)
		snprintf(text, text_size, "the registers of %s could not be restored", target_name(target));
	return retval;
}
