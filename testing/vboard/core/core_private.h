/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Inside the core: what its files share.
 *
 *   core.c           time, the run loop, reset, the public functions
 *   core_unicorn*.c  instruction execution by libunicorn, its loads and stores, its registers
 *   decode.c         what an opcode costs and whether it needs attention
 *   exception.c      which exception is taken and when, faults, entry and return, lockup
 *   frame.c          what entry stacks and return unstacks, floating point included
 *   nvic.c           pending, enabled, priorities: the NVIC's registers, ICSR, interrupt lines
 *   systick.c        the timer of the core
 *   mpu.c            memory protection and the default memory map
 *   dcache.c         data cache of a Cortex-M7, for mapped flash
 *   scs.c            System Control Space as seen on the bus
 *   debug.c          halt, step, register transfer
 *   trace.c          FPB, DWT, ITM and the ROM table
 *
 * or, of a core that QEMU executes, core_gdb*.c (core_gdb.h).
 *
 * References: [v6M] ARM DDI 0419E, [v7M] ARM DDI 0403E.e, [v8M] ARM DDI 0553B.y.
 */

#ifndef OFL_VBOARD_CORE_PRIVATE_H
#define OFL_VBOARD_CORE_PRIVATE_H

#include "core.h"

/* E0000000h and up: registers of the processor, for privileged software only ([v7M] B3.1) */
#define PRIVATE_PERIPHERAL_BUS	0xe0000000u

/* Unprivileged software may write it when CCR.USERSETMPEND says so ([v7M] B3.4.9). */
#define NVIC_STIR		0xe000ef00u

#define XPSR_T			(1u << 24)
#define XPSR_IPSR		0x1ffu
#define XPSR_IT			0x0600fc00u
#define XPSR_IT_LEFT		0x06000c00u	/* not 0: instructions of the block are left (and not ICI) */
#define CONTROL_NPRIV		(1u << 0)
#define CONTROL_SPSEL		(1u << 1)
#define CONTROL_FPCA		(1u << 2)

enum exception_number {
	EXC_RESET = 1,
	EXC_NMI = 2,
	EXC_HARD_FAULT = 3,
	EXC_MEM_MANAGE = 4,
	EXC_BUS_FAULT = 5,
	EXC_USAGE_FAULT = 6,
	EXC_SVCALL = 11,
	EXC_DEBUG_MONITOR = 12,
	EXC_PENDSV = 14,
	EXC_SYSTICK = 15,
	EXC_FIRST_IRQ = 16,
};

#define CORE_MAX_EXCEPTIONS	256
#define EXCEPTION_WORDS		(CORE_MAX_EXCEPTIONS / 32)
#define CORE_MAX_IRQS		(CORE_MAX_EXCEPTIONS - EXC_FIRST_IRQ)

#define CORE_MAX_ALARMS		8
#define NEVER			UINT64_MAX

/* CFSR, [v7M] B3.2.15 */
#define CFSR_IACCVIOL		(1u << 0)
#define CFSR_DACCVIOL		(1u << 1)
#define CFSR_MUNSTKERR		(1u << 3)
#define CFSR_MSTKERR		(1u << 4)
#define CFSR_MLSPERR		(1u << 5)
#define CFSR_MMARVALID		(1u << 7)
#define CFSR_IBUSERR		(1u << 8)
#define CFSR_PRECISERR		(1u << 9)
#define CFSR_UNSTKERR		(1u << 11)
#define CFSR_STKERR		(1u << 12)
#define CFSR_LSPERR		(1u << 13)
#define CFSR_BFARVALID		(1u << 15)
#define CFSR_UNDEFINSTR		(1u << 16)
#define CFSR_INVSTATE		(1u << 17)
#define CFSR_INVPC		(1u << 18)
#define CFSR_NOCP		(1u << 19)
#define CFSR_STKOF		(1u << 20)	/* [v8M] D1.2.256 */
#define CFSR_UNALIGNED		(1u << 24)

/* HFSR, [v7M] B3.2.16 */
#define HFSR_VECTTBL		(1u << 1)
#define HFSR_FORCED		(1u << 30)
#define HFSR_DEBUGEVT		(1u << 31)

/* SHCSR enables, [v7M] B3.2.13 */
#define SHCSR_MEMFAULTENA	(1u << 16)
#define SHCSR_BUSFAULTENA	(1u << 17)
#define SHCSR_USGFAULTENA	(1u << 18)

#define CCR_NONBASETHRDENA	(1u << 0)
#define CCR_USERSETMPEND	(1u << 1)
#define CCR_BFHFNMIGN		(1u << 8)
#define CCR_STKALIGN		(1u << 9)
#define CCR_DC			(1u << 16)

/* SCR, [v7M] B3.2.7 */
#define SCR_SLEEPONEXIT		(1u << 1)
#define SCR_SEVONPEND		(1u << 4)

/* FPCCR, [v7M] B3.2.21 */
#define FPCCR_LSPACT		(1u << 0)
#define FPCCR_ASPEN		(1u << 31)
#define FPCCR_LSPEN		(1u << 30)

/* EXC_RETURN, [v7M] B1.5.8 */
#define EXC_RETURN_NO_FP	(1u << 4)
#define EXC_RETURN_THREAD	(1u << 3)
#define EXC_RETURN_PSP		(1u << 2)

/* DHCSR, [v7M] C1.6.2 */
#define DHCSR_C_DEBUGEN		(1u << 0)
#define DHCSR_C_HALT		(1u << 1)
#define DHCSR_C_STEP		(1u << 2)
#define DHCSR_C_MASKINTS	(1u << 3)
#define DHCSR_CONTROLS		0xfu

/* DFSR, [v7M] C1.6.1 */
#define DFSR_HALTED		(1u << 0)
#define DFSR_BKPT		(1u << 1)
#define DFSR_VCATCH		(1u << 3)

/* DEMCR, [v7M] C1.6.5 */
#define DEMCR_VC_CORERESET	(1u << 0)
#define DEMCR_VC_MMERR		(1u << 4)
#define DEMCR_VC_NOCPERR	(1u << 5)
#define DEMCR_VC_CHKERR		(1u << 6)
#define DEMCR_VC_STATERR	(1u << 7)
#define DEMCR_VC_BUSERR		(1u << 8)
#define DEMCR_VC_INTERR		(1u << 9)
#define DEMCR_VC_HARDERR	(1u << 10)
#define DEMCR_TRCENA		(1u << 24)

#define MPU_MAX_REGIONS		16
#define MPU_CTRL_ENABLE		(1u << 0)
#define MPU_CTRL_HFNMIENA	(1u << 1)
#define MPU_CTRL_PRIVDEFENA	(1u << 2)

#define DCACHE_SETS		32
#define DCACHE_WAYS		4
#define DCACHE_LINE_BYTES	32u

#define FPB_MAX_COMPARATORS	15
#define FPB_LITERALS		2
#define DWT_MAX_COMPARATORS	15

#define LOCKUP_ADDRESS		0xfffffffeu

/* What an instruction needs besides its cycles. */
enum insn_action {
	INSN_PLAIN,
	INSN_UNDEFINED,	/* for this core, whatever libunicorn thinks */
	INSN_BKPT,
	INSN_SVC,
	INSN_YIELD,
	INSN_WFI,
	INSN_WFE,
	INSN_SEV,
	INSN_IT,
	INSN_SYSTEM,	/* may change privilege, masks or the stack limits */
	INSN_FP,	/* needs CP10 enabled */
	INSN_LOOK_AT_SECOND,	/* depends on the second half-word */
};

struct insn_class {
	uint8_t cycles;
	uint8_t action;	/* enum insn_action */
};

/* Why the engine came back. */
enum stop_reason {
	STOP_TIME,		/* the next instruction would start at or after the limit */
	STOP_ATTENTION,		/* a request from outside the instruction stream: reset, idle poll, halt */
	STOP_STEPPED,
	STOP_IT,		/* before an IT instruction whose block must be run one by one; stays within the engine */
	STOP_BREAKPOINT,	/* FPB */
	STOP_BKPT,
	STOP_SVC,
	STOP_YIELD,
	STOP_WFI,
	STOP_WFE,
	STOP_SEV,
	STOP_UNDEFINED,
	STOP_INVALID_STATE,
	STOP_NO_COPROCESSOR,
	STOP_STACK_OVERFLOW,
	STOP_LAZY_FP_DENIED,	/* the deferred stacking of the floating-point context failed: MPU, bus */
	STOP_LAZY_FP_BUS_ERROR,
	STOP_UNALIGNED,
	STOP_FETCH_BUS_ERROR,
	STOP_FETCH_DENIED,
	STOP_DATA_BUS_ERROR,	/* core->fault_address */
	STOP_DATA_DENIED,
	STOP_EXCEPTION_RETURN,	/* regs.pc is EXC_RETURN */
	STOP_ENGINE_ERROR,	/* something that cannot be explained; the guest is locked up */
};

/* Reasons to leave the fast path of each instruction; core->attention. */
#define ATTENTION_REQUEST	(1u << 0)	/* come back with STOP_ATTENTION before the next instruction */
#define ATTENTION_STEP		(1u << 1)
#define ATTENTION_BREAKPOINTS	(1u << 2)
#define ATTENTION_IT		(1u << 3)
#define ATTENTION_DATA_FAULT	(1u << 4)
#define ATTENTION_REFRESH	(1u << 5)	/* privilege or MPU may have changed */
#define ATTENTION_LEAVING	(1u << 6)	/* a stop has been asked for: execute and count nothing more */
#define ATTENTION_SINGLE	(1u << 8)	/* one instruction only */
#define ATTENTION_FLASH		(1u << 9)	/* a flash has become busy: fetches and reads of it must be noticed */
#define ATTENTION_IGNORE	(1u << 7)	/* the engine executes for itself, not for the guest */

struct core_regs {
	uint32_t r[13];
	uint32_t lr;
	uint32_t pc;
	uint32_t msp, psp;
	uint32_t xpsr;	/* with IT and IPSR */
	uint32_t primask, basepri, faultmask, control;
	uint32_t msplim, psplim;
};

struct dcache_line {
	bool valid;
	bool known;	/* invalidated since the reset */
	uint32_t address;
	uint8_t bytes[DCACHE_LINE_BYTES];
};

struct dcache {
	struct dcache_line line[DCACHE_SETS][DCACHE_WAYS];
	unsigned int next_way[DCACHE_SETS];
};

enum reset_kind {
	RESET_NONE,
	RESET_LOCAL,	/* VECTRESET: not the devices */
	RESET_SYSTEM,
};

struct core_masks {
	uint32_t primask, basepri, faultmask;
};

struct core_alarm {
	uint64_t at_ps;	/* NEVER: off */
	void (*expired)(void *context);
	void *context;
};

struct engine;

struct core {
	struct core_gdb *gdb;	/* another program executes: nothing else is used but bus and vb */
	struct bus *bus;
	struct vb *vb;
	struct core_config config;
	struct engine *engine;

	/* What this type of core has. */
	bool is_v6m, is_v7m, is_v8m;
	bool has_vtor, has_fpu, has_cache;
	uint32_t cpuid;
	unsigned int refill_cycles;	/* a branch that is taken costs this in addition */
	unsigned int exception_cycles;	/* entry, and return */
	unsigned int num_exceptions;	/* 16 and the interrupts */
	uint32_t priority_mask;		/* implemented bits of a priority byte, in each byte of a word */
	struct insn_class *insn_class;	/* by first half-word */

	/* Time: that of cycle c is epoch_ps + c * ps_numerator / ps_denominator, exactly. */
	uint64_t epoch_ps;
	uint64_t ps_numerator, ps_denominator;
	uint64_t max_short_cycles;	/* up to here 64 bits are enough for that */
	uint64_t cycles;	/* since epoch_ps */
	uint64_t cycles_before;	/* up to epoch_ps */
	uint64_t slept_cycles;	/* of both, asleep: the clock runs, nothing else does */
	uint64_t limit;		/* no instruction starts at this cycle or later */
	uint64_t idle_until_ps;	/* 0: not idle */

	/* The engine's fast path. */
	unsigned int attention;
	uint32_t window_start, window_size;	/* code that may be fetched, known to be in one RAM */
	const uint8_t *window_bytes;
	uint32_t next_pc;	/* after the current instruction, if it does not branch */
	uint32_t insn_pc;
	uint64_t insn_cycles;	/* when it started */
	uint64_t instructions;
	uint32_t it_pc[6];	/* IT, the 1 to 4 instructions of its block, and what follows it */
	unsigned int it_count;
	uint8_t it_state;	/* ITSTATE at it_pc[1] */
	uint8_t it_now;		/* at regs.pc, between runs of the engine */
	bool step_started, single_started;

	/* Registers: here while `regs_loaded`, else in the engine, except for pc, which is always right here. */
	struct core_regs regs;
	bool regs_loaded, regs_changed;

	enum stop_reason stop;
	uint32_t fault_address;
	bool executing;		/* inside core_run_until() */
	enum reset_kind reset_requested;	/* by somebody whom the core itself was executing for */
	bool vectors_pending;	/* reset done, MSP and PC not yet fetched */
	bool power_on;
	bool held_in_reset;
	bool halted, locked_up, sleeping;
	bool sleep_ends_by_event;	/* WFE */
	bool event_register;
	bool privileged;	/* as of the last refresh */
	bool mpu_on;		/* likewise: enabled, and not bypassed by a HardFault */

	/* Exceptions */
	uint32_t active[EXCEPTION_WORDS], pending[EXCEPTION_WORDS], enabled[EXCEPTION_WORDS];
	uint32_t line[EXCEPTION_WORDS];	/* interrupt inputs that are high */
	bool exceptions_waiting;	/* some exception is pending and enabled, whatever the masks say */
	uint32_t priority_word[CORE_MAX_EXCEPTIONS / 4];	/* SHPRn, NVIC_IPRn: a byte per exception */

	/* System control */
	uint32_t vtor, prigroup, scr, ccr, shcsr_enables, cfsr, hfsr, mmfar, bfar, cpacr, csselr;
	uint32_t actlr, fpccr, fpcar, fpdscr;
	uint32_t systick_ctrl, systick_load, systick_value;
	bool systick_counted;		/* COUNTFLAG */
	uint64_t systick_cycle;		/* that systick_value is of */

	struct core_alarm alarm[CORE_MAX_ALARMS];
	unsigned int num_alarms;
	uint64_t next_alarm_ps;

	/* MPU */
	uint32_t mpu_ctrl, mpu_rnr;
	uint32_t mpu_rbar[MPU_MAX_REGIONS], mpu_rasr[MPU_MAX_REGIONS];	/* rasr: RLAR on v8-M */
	uint32_t mpu_mair[2];

	struct dcache dcache;

	/* Debug */
	uint32_t dhcsr_controls, dcrdr, demcr, dfsr;
	bool register_ready, reset_sticky;
	uint64_t retired_seen;	/* `instructions` when S_RETIRE_ST was last read */
	bool fp_enabled;
	uint32_t fp_remap;
	unsigned int num_fp_literals;	/* behind the code comparators */
	uint32_t fp_comp[FPB_MAX_COMPARATORS + FPB_LITERALS];
	uint32_t itm_ter, itm_tcr;
	bool dwt_cyccnt_enabled;
	uint32_t dwt_cyccnt;	/* enabled: what to add to the core's cycles; else the value */
	uint32_t dwt_comp[DWT_MAX_COMPARATORS], dwt_mask[DWT_MAX_COMPARATORS], dwt_function[DWT_MAX_COMPARATORS];
};

/* core_gdb.c: what core.c hands on when core->gdb is not NULL */
void core_gdb_free(struct core *core);
void core_gdb_run_until(struct core_gdb *gdb, uint64_t until_ps);
void core_gdb_reset(struct core_gdb *gdb);
void core_gdb_hold_reset(struct core_gdb *gdb, bool held);
bool core_gdb_is_halted(const struct core_gdb *gdb);
bool core_gdb_is_locked_up(const struct core_gdb *gdb);

/* core.c */
uint64_t core_time_ps(const struct core *core, uint64_t cycles);
/* The access of the instruction that executes takes until `until_ps`. */
void core_stall(struct core *core, uint64_t until_ps);
struct core_regs *core_regs(struct core *core);		/* for reading */
struct core_regs *core_regs_change(struct core *core);	/* for writing */
/* Inside an IT block, before the instruction at regs.pc; only while the engine does not run. */
bool core_in_it_block(const struct core *core);
void core_request(struct core *core);	/* makes a running engine come back before the next instruction */
void core_local_reset(struct core *core);	/* VECTRESET */
/* Performs what a reset has left to do (fetch of the vectors), if the core does not execute just now. */
void core_settle(struct core *core);
static inline bool core_in_handler(const struct core_regs *regs)
{
	return (regs->xpsr & XPSR_IPSR) != 0;
}
/* The cycle of the clock that SysTick counts: as core->cycles, but never moved back. */
static inline uint64_t core_clock_cycle(const struct core *core)
{
	return core->cycles_before + core->cycles;
}
static inline uint32_t *core_current_sp(struct core_regs *regs)
{
	return !core_in_handler(regs) && (regs->control & CONTROL_SPSEL) ? &regs->psp : &regs->msp;
}

/* core_unicorn*.c */
int engine_new(struct core *core);	/* 0, or -1 with a message on stderr */
void engine_free(struct core *core);
int engine_map_bus(struct core *core);	/* what was added to the bus since the last call */
void engine_run(struct core *core);	/* from regs.pc until core->stop */
void engine_step_over(struct core *core);	/* the instruction at regs.pc, which the engine has left to its caller */
void engine_load_regs(struct core *core);
void engine_store_regs(struct core *core);
uint32_t engine_get_ipsr(struct core *core);	/* also while the engine runs */
void engine_get_masks(struct core *core, struct core_masks *masks);	/* likewise; privileged modes only */
uint32_t engine_get_fp(struct core *core, unsigned int number);	/* 0..31, 32: FPSCR */
void engine_set_fp(struct core *core, unsigned int number, uint32_t value);
void engine_drop_code(struct core *core, uint32_t address, uint32_t size);

/* decode.c */
struct insn_class *decode_new_table(const struct core *core);
struct insn_class decode_second(const struct core *core, uint16_t first, uint16_t second);
static inline bool decode_is_32bit(uint16_t first)
{
	return first >= 0xe800;
}

/* exception.c */
static inline bool exception_is_active(const struct core *core, unsigned int number)
{
	return core->active[number / 32] >> number % 32 & 1;
}
static inline bool exception_is_enabled(const struct core *core, unsigned int number)
{
	return core->enabled[number / 32] >> number % 32 & 1;
}
void exception_set_active(struct core *core, unsigned int number, bool active);
unsigned int exception_count_active(const struct core *core);
/* Whether a pending exception preempts what executes with these masks. */
bool exception_preempts(const struct core *core, const struct core_masks *masks);
/* Enters the handler of a pending exception that may be taken now. The next instruction is its first. */
bool exception_take_pending(struct core *core);
/* A fault that an instruction caused; `cfsr` says which (v7-M and later). regs.pc is the instruction's. */
void exception_fault(struct core *core, enum exception_number number, uint32_t cfsr);
void exception_debug_event(struct core *core);	/* BKPT or FPB match that may not halt */
void exception_svc(struct core *core);	/* regs.pc is behind the SVC */
void exception_return(struct core *core, uint32_t exc_return);
void exception_lockup(struct core *core);

/* frame.c: both return the CFSR bits of a failure, 0 if none */
uint32_t frame_push(struct core *core);	/* SP moves in either case */
uint32_t frame_pop(struct core *core, uint32_t exc_return);	/* nothing but SP's bank is chosen when it fails */
bool frame_has_fp(const struct core *core);
/* The deferred stacking of the floating-point registers: STOP_TIME, or why it cannot be done. */
enum stop_reason frame_store_lazy_fp(struct core *core);

/* nvic.c */
uint32_t nvic_read(const struct core *core, uint32_t offset);	/* offsets from E000E000h, 100h to 4EFh */
void nvic_write(struct core *core, uint32_t offset, uint32_t value);
uint32_t nvic_read_icsr(struct core *core);
void nvic_write_icsr(struct core *core, uint32_t value);
void nvic_write_stir(struct core *core, uint32_t value);
void nvic_set_pending(struct core *core, unsigned int number, bool pending);
void nvic_deactivated(struct core *core, unsigned int number);
/* The exception that would be taken first if nothing were active or masked, or 0; its priority if asked for. */
unsigned int nvic_first_pending(const struct core *core, int *priority);
int nvic_priority(const struct core *core, unsigned int number);
int nvic_group_priority(const struct core *core, int priority);
/* To be called after a change of what is pending, enabled, or how urgent. */
void nvic_update(struct core *core);
void nvic_reset(struct core *core);

/* systick.c */
uint32_t systick_read(struct core *core, uint32_t offset, enum bus_master master);	/* offset from E000E010h */
void systick_write(struct core *core, uint32_t offset, uint32_t value);
void systick_sync(struct core *core);
uint64_t systick_next_cycle(struct core *core);	/* at which it interrupts, as core->cycles counts, or NEVER */
void systick_power_on(struct core *core, uint64_t *random_state);
void systick_reset(struct core *core);

/* mpu.c */
enum access_kind {
	ACCESS_FETCH,
	ACCESS_READ,
	ACCESS_WRITE,
};
bool mpu_allows(const struct core *core, uint32_t address, enum access_kind kind, bool privileged);
/* Narrows [*start, *end] (inclusive) around `address` to where the answer is the same. */
void mpu_narrow(const struct core *core, uint32_t address, uint32_t *start, uint32_t *end);
uint32_t mpu_read(const struct core *core, uint32_t offset);	/* offset from E000ED90h */
void mpu_write(struct core *core, uint32_t offset, uint32_t value);
void mpu_reset(struct core *core);
bool mpu_is_cacheable(const struct core *core, uint32_t address);

/* dcache.c */
bool dcache_is_on(const struct core *core, uint32_t address);
int dcache_read(struct core *core, uint32_t address, unsigned int size, uint32_t *value);
void dcache_maintain(struct core *core, uint32_t offset, uint32_t value);	/* offset from E000E000h */
void dcache_control(struct core *core, uint32_t ccr);	/* before CCR gets this value */
void dcache_reset(struct core *core);

/* scs.c, trace.c: add themselves to the bus. 0, or -1 */
int scs_add(struct core *core);
int trace_add(struct core *core);
void scs_reset(struct core *core);
bool fpb_matches(const struct core *core, uint32_t address);

/* debug.c */
void debug_enter(struct core *core, uint32_t dfsr);	/* Debug state */
uint32_t debug_read(struct core *core, uint32_t offset, enum bus_master master);	/* offset from E000EDF0h */
void debug_write(struct core *core, uint32_t offset, uint32_t value, enum bus_master master);
/* Debug state is entered instead of the exception handler's first instruction. */
bool debug_may_halt(const struct core *core);
static inline bool debug_masks_interrupts(const struct core *core)
{
	return (core->dhcsr_controls & (DHCSR_C_DEBUGEN | DHCSR_C_MASKINTS)) == (DHCSR_C_DEBUGEN | DHCSR_C_MASKINTS);
}

#endif /* OFL_VBOARD_CORE_PRIVATE_H */
