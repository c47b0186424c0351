/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A Cortex-M processor: instructions by libunicorn, exceptions, faults, MPU and debug registers by us.
 *
 * The core registers its System Control Space (E000E000), FPB (E0002000) and DWT (E0001000) as devices of the bus;
 * the debugger reaches them like any other address (accesses by BUS_DEBUG). Accesses of the CPU to debug registers
 * follow the architecture (DHCSR is read-only for it, and so on).
 */

#ifndef OFL_VBOARD_CORE_H
#define OFL_VBOARD_CORE_H

#include "../bus/bus.h"

enum core_type {
	CORE_M0,
	CORE_M0PLUS,
	CORE_M3,
	CORE_M4,
	CORE_M7,
	CORE_M33,
};

struct core_config {
	enum core_type type;
	uint32_t clock_hz;
	uint32_t vector_table;		/* VTOR's reset value: where MSP and PC are read at reset */
	unsigned int mpu_regions;	/* 0: no MPU */
	unsigned int fpb_comparators;
	unsigned int dwt_comparators;
	/* 0: what is usual: 32 interrupts with 2 bits of priority on v6-M, 96 with 4 on the others. */
	unsigned int num_irqs;		/* a multiple of 32 */
	unsigned int priority_bits;	/* 3 to 8; always 2 on v6-M */
	/* SysTick's reference clock (CSR.CLKSOURCE = 0) is the core's divided by this; 0: there is none. */
	unsigned int systick_divider;
	uint32_t systick_calib;		/* SYST_CALIB but for NOREF */
	/*
	 * v8-M: with the Security Extension, and never out of Secure state. Only DSCSR tells: there is one bank of
	 * everything, and no SAU.
	 */
	bool is_secure;
};

/* Register numbers of core_reg_get/set: DCRSR.REGSEL's (ARMv7-M ARM DDI 0403E, C1.6.3; ARMv8-M DDI 0553, D1.2.x). */
enum core_reg {
	CORE_R0 = 0,	/* ... 12: R12 */
	CORE_SP = 13,
	CORE_LR = 14,
	CORE_PC = 15,	/* DebugReturnAddress */
	CORE_XPSR = 16,
	CORE_MSP = 17,
	CORE_PSP = 18,
	CORE_SPECIAL = 20,	/* CONTROL << 24 | FAULTMASK << 16 | BASEPRI << 8 | PRIMASK */
	/*
	 * v8-M stack limits. DDI 0553 gives 1Ch/1Dh to the Secure and 1Eh/1Fh to the Non-secure registers. A core without
	 * Security Extension has one pair, seen by the debugger as the Non-secure one (OpenOCD after 0.12.0 uses
	 * 1Eh/1Fh there; 0.12.0 shows none). Both numbers reach the same register here.
	 */
	CORE_MSPLIM = 28,
	CORE_PSPLIM = 29,
	CORE_MSPLIM_NS = 30,
	CORE_PSPLIM_NS = 31,
	CORE_FPSCR = 33,
	CORE_S0 = 64,	/* ... 95: S31; cores with FPU */
};

struct core;

/* Returns NULL and says why on stderr when the CPU library cannot be used. The bus must have its RAM already. */
struct core *core_new(struct bus *bus, const struct core_config *config);
void core_free(struct core *core);

/*
 * Executes until the core's own time reaches `until_ps`, or it halts, sleeps or locks up (then its time is moved there
 * at once). Sets vb->clock.now_ps to the core's time while it executes, and to `until_ps` on return.
 */
void core_run_until(struct core *core, uint64_t until_ps);

/*
 * For a device model, from its callback while the CPU polls it, or while an access of the CPU stalls the bus: nothing
 * that the CPU is waiting for changes before `until_ps`. The core then does nothing until that time, as if it had
 * polled on; its cycles are counted, its instructions are not. A halt or reset by the debugger ends it. Do not call it
 * for an operation that never ends
 * (UINT64_MAX is ignored): the CPU's own deadline would never be counted down.
 */
void core_note_idle_poll(struct core *core, uint64_t until_ps);

/*
 * The level of interrupt input `number` (0: the first external interrupt). A rising edge makes it pending, and a level
 * that is still high when its handler returns makes it pending again ([v7M] B3.4.1). The core takes it at the next
 * boundary of instructions that priorities and masks allow.
 */
void core_set_irq(struct core *core, unsigned int number, bool level);

/*
 * For a device model that does something by itself at a later time, such as raising an interrupt: `expired` is called
 * when the core's time reaches the alarm's, also while the core sleeps or is halted, and not before the instruction
 * under way has ended. Returns the alarm's number, or -1 when there are too many.
 */
int core_add_alarm(struct core *core, void (*expired)(void *context), void *context);
/* UINT64_MAX: off. It is off when `expired` is called, which may set it again. */
void core_set_alarm(struct core *core, int alarm, uint64_t at_ps);

/* System reset as AIRCR.SYSRESETREQ, a watchdog or the SRST pin cause it; also resets the bus's devices. */
void core_system_reset(struct core *core);
/* SRST held low: the core stays in reset. */
void core_hold_reset(struct core *core, bool held);

/* For tests without a debug port. Setting needs a halted core. */
bool core_is_halted(const struct core *core);
bool core_is_locked_up(const struct core *core);
void core_debug_halt(struct core *core);
void core_debug_resume(struct core *core);
uint32_t core_reg_get(struct core *core, unsigned int reg);
void core_reg_set(struct core *core, unsigned int reg, uint32_t value);
/* Of the core's clock since power-on, without those spent halted or asleep. */
uint64_t core_cycles(const struct core *core);

#endif /* OFL_VBOARD_CORE_H */
