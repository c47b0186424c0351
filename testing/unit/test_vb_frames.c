// SPDX-License-Identifier: GPL-2.0-or-later

/* The simulated core: floating-point context of exceptions, returns that are refused, and where sleep begins again. */

#include "vb_core_fixture.h"

#define FPCCR		0xe000ef34u
#define FPCAR		0xe000ef38u
#define FPCA		4u
#define FP_FRAME	0x68u

/* cortex-m4 */
static const uint16_t fp_code[] = {
	0xee00, 0x2a10,	/* 00: vmov s0, r2 */
	0xee07, 0x3a90,	/* 04: vmov s15, r3 */
	0xee08, 0x4a10,	/* 08: vmov s16, r4 */
	0xeee1, 0x5a10,	/* 0c: vmsr fpscr, r5 */
	0x6001,	/* 10: str r1, [r0, #0] */
	0xee10, 0x6a10,	/* 12: vmov r6, s0 */
	0xbe00,	/* 16: bkpt 0x0000 */
};

/* With a context of its own, then a second one above it. */
/* cortex-m4 */
static const uint16_t fp_handler[] = {
	0xb510,	/* 00: push {r4, lr} */
	0xee00, 0x6a10,	/* 02: vmov s0, r6 */
	0x4c02,	/* 06: ldr r4, [pc, #8] */
	0x6824,	/* 08: ldr r4, [r4, #0] */
	0x4902,	/* 0a: ldr r1, [pc, #8] */
	0x600c,	/* 0c: str r4, [r1, #0] */
	0xbd10,	/* 0e: pop {r4, pc} */
	0xef34, 0xe000,	/* 10: .word 0xe000ef34 */
	0x0004, 0x4000,	/* 14: .word 0x40000004 */
};

static struct machine *fp_machine(uint32_t handler)
{
	struct machine *m = MACHINE(CORE_M4, fp_code);

	set_vector(m, PENDSV, handler);
	poke(m, CPACR, 0x00f00000);
	core_reg_set(m->core, 0, ICSR);
	core_reg_set(m->core, 1, 1u << 28);
	core_reg_set(m->core, 2, 0x11111111);
	core_reg_set(m->core, 3, 0x22222222);
	core_reg_set(m->core, 4, 0x33333333);
	core_reg_set(m->core, 5, 0x90000000);
	core_reg_set(m->core, 6, 0x44444444);
	return m;
}

static void assert_fp_kept(struct machine *m)
{
	assert_halted_at(m, CODE + sizeof(fp_code) - 2);
	assert_int_equal(core_reg_get(m->core, 6), 0x11111111);
	assert_int_equal(core_reg_get(m->core, CORE_S0 + 15), 0x22222222);
	assert_int_equal(core_reg_get(m->core, CORE_S0 + 16), 0x33333333);
	assert_int_equal(core_reg_get(m->core, CORE_FPSCR), 0x90000000);
	assert_int_equal(core_reg_get(m->core, CORE_SP), STACK);
	assert_int_equal(core_reg_get(m->core, CORE_SPECIAL) >> 24, FPCA);
	assert_int_equal(word_at(m, FPCCR) & 1, 0);
}

/* The room is left at entry, and filled by the handler's first floating-point instruction. */
static void test_lazy_stacking(void **state)
{
	static const uint16_t stop[] = { 0xbe02 };
	struct machine *m = fp_machine(0x20000b00);
	uint32_t before;

	(void)state;
	before = word_at(m, STACK - FP_FRAME + 0x20);
	LOAD(m, 0x20000b00, stop);
	run(m);
	assert_halted_at(m, 0x20000b00);
	assert_int_equal(core_reg_get(m->core, CORE_SP), STACK - FP_FRAME);
	assert_int_equal(core_reg_get(m->core, CORE_LR), 0xffffffe9);
	assert_int_equal(core_reg_get(m->core, CORE_SPECIAL) >> 24, 0);
	assert_int_equal(word_at(m, FPCAR), STACK - FP_FRAME + 0x20);
	assert_int_equal(word_at(m, FPCCR) & 0xb, 1 | 1u << 3);	/* LSPACT, THREAD */
	assert_int_equal(word_at(m, STACK - FP_FRAME + 0x20), before);
	free_machine(m);

	/* A handler without floating point: nothing is stored, nothing is lost. */
	m = fp_machine(TRACE_HANDLER);
	trace_vector(m, PENDSV);
	run(m);
	assert_fp_kept(m);
	ASSERT_TRACE(m, PENDSV);
	assert_int_equal(word_at(m, STACK - FP_FRAME + 0x20), before);
	free_machine(m);

	m = fp_machine(0x20000b00);
	LOAD(m, 0x20000b00, fp_handler);
	run(m);
	assert_fp_kept(m);
	assert_int_equal(m->stored[0] & 1, 0);
	assert_int_equal(word_at(m, STACK - FP_FRAME + 0x20), 0x11111111);
	assert_int_equal(word_at(m, STACK - FP_FRAME + 0x20 + 15 * 4), 0x22222222);
	assert_int_equal(word_at(m, STACK - FP_FRAME + 0x20 + 16 * 4), 0x90000000);
	free_machine(m);
}

/* LSPEN = 0: stored at entry. ASPEN = 0: not at all. */
static void test_other_ways_of_stacking(void **state)
{
	struct machine *m = fp_machine(TRACE_HANDLER);

	(void)state;
	trace_vector(m, PENDSV);
	poke(m, FPCCR, 1u << 31);
	run(m);
	assert_fp_kept(m);
	assert_int_equal(word_at(m, STACK - FP_FRAME + 0x20), 0x11111111);
	free_machine(m);

	m = fp_machine(TRACE_HANDLER);
	trace_vector(m, PENDSV);
	poke(m, FPCCR, 0);
	run(m);
	assert_halted_at(m, CODE + sizeof(fp_code) - 2);
	assert_int_equal(frame_at(m, STACK - 32).r2, 0x11111111);
	free_machine(m);
}

/* cortex-m4 */
static const uint16_t fp_nesting_handler[] = {
	0xb510,	/* 00: push {r4, lr} */
	0xee00, 0x6a10,	/* 02: vmov s0, r6 */
	0x4804,	/* 06: ldr r0, [pc, #16] */
	0x2101,	/* 08: movs r1, #1 */
	0x6001,	/* 0a: str r1, [r0, #0] */
	0xee10, 0x4a10,	/* 0c: vmov r4, s0 */
	0x4902,	/* 10: ldr r1, [pc, #8] */
	0x600c,	/* 12: str r4, [r1, #0] */
	0xbd10,	/* 14: pop {r4, pc} */
	0x0000,	/* 16: .short 0x0000 */
	0xe200, 0xe000,	/* 18: .word 0xe000e200 */
	0x0004, 0x4000,	/* 1c: .word 0x40000004 */
};

/* cortex-m4 */
static const uint16_t fp_second_handler[] = {
	0xf04f, 0x3055,	/* 00: mov.w r0, #1431655765 */
	0xee00, 0x0a10,	/* 04: vmov s0, r0 */
	0x4770,	/* 08: bx lr */
};

/* A handler with floating point that is preempted by another one. */
static void test_nested_contexts(void **state)
{
	struct machine *m = fp_machine(0x20000b00);

	(void)state;
	LOAD(m, 0x20000b00, fp_nesting_handler);
	LOAD(m, 0x20000c00, fp_second_handler);
	set_vector(m, IRQ(0), 0x20000c00);
	set_priority(m, PENDSV, 0x80);
	poke(m, NVIC_ISER, 1);
	run(m);
	assert_fp_kept(m);
	ASSERT_TRACE(m, 0x44444444);
	free_machine(m);
}

/* The store that was put off fails: a fault of the instruction that needed it. */
static void test_lazy_store_that_fails(void **state)
{
	static const uint16_t stop_first[] = { 0xbe02 };
	struct machine *m = fp_machine(0x20000b00);

	(void)state;
	poke(m, SHCSR, 1u << 17);
	set_priority(m, PENDSV, 0x80);	/* or the fault would escalate */
	/* FPCAR moves before the handler runs. */
	LOAD(m, 0x20000b00, stop_first);
	run(m);
	assert_halted_at(m, 0x20000b00);
	poke(m, FPCAR, 0x30000000);
	LOAD(m, 0x20000b00, fp_handler);
	run(m);
	assert_halted_at(m, BUS_FAULT);
	assert_int_equal(word_at(m, CFSR), 1u << 13);	/* LSPERR */
	free_machine(m);
}

/* cortex-m3 */
static const uint16_t return_code[] = {
	0x46b6,	/* 00: mov lr, r6 */
	0x4770,	/* 02: bx lr */
};

static struct machine *machine_in_handler(enum core_type type, uint32_t exc_return)
{
	static const uint16_t code[] = { 0xdf00, 0xbe00 };
	struct machine *m = MACHINE(type, code);

	LOAD(m, SVCALL, return_code);
	core_reg_set(m->core, 6, exc_return);
	if (type > CORE_M0PLUS)
		poke(m, SHCSR, 1u << 18);
	return m;
}

/*
 * [v7M] B1.5.8: a return with a value that means nothing is a UsageFault, entered on the frame that is there: its LR is
 * that value, and nothing is stacked again.
 */
static void test_refused_returns(void **state)
{
	static const struct {
		enum core_type type;
		uint32_t exc_return, handler;
	} cases[] = {
		{ CORE_M3, 0xfffffff1, USAGE_FAULT },	/* to Handler mode: the frame is a thread's */
		{ CORE_M3, 0xfffffff5, USAGE_FAULT },	/* Handler mode has no PSP */
		{ CORE_M3, 0xffffffe9, USAGE_FAULT },	/* no floating point */
		{ CORE_M4, 0xfffffff1, USAGE_FAULT },
		{ CORE_M33, 0xfffffff9, USAGE_FAULT },	/* to the Secure state */
		{ CORE_M0, 0xfffffff1, HARD_FAULT },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine *m = machine_in_handler(cases[i].type, cases[i].exc_return);

		run(m);
		assert_halted_at(m, cases[i].handler);
		assert_int_equal(core_reg_get(m->core, CORE_LR), cases[i].exc_return);
		assert_int_equal(core_reg_get(m->core, CORE_SP), STACK - 32);
		assert_int_equal(core_reg_get(m->core, CORE_XPSR) & 0x1ff, cases[i].handler == HARD_FAULT ? 3 : 6);
		if (cases[i].type > CORE_M0PLUS) {
			assert_int_equal(word_at(m, CFSR), 1u << 18);
			assert_int_equal(word_at(m, SHCSR), 1u << 18 | 1u << 3);	/* SVCall is no longer active */
		}
		free_machine(m);
	}
}

/* The handler of an exception that is not active any more, because a debugger has said so. */
static void test_return_from_an_inactive_handler(void **state)
{
	struct machine *m = machine_in_handler(CORE_M4, 0xfffffff9);
	static const uint16_t stop[] = { 0xbe02 };

	(void)state;
	LOAD(m, SVCALL, stop);
	run(m);
	assert_halted_at(m, SVCALL);
	LOAD(m, SVCALL, return_code);
	poke(m, SHCSR, 1u << 18);
	run(m);
	assert_halted_at(m, USAGE_FAULT);
	assert_int_equal(word_at(m, CFSR), 1u << 18);
	free_machine(m);
}

/* cortex-m3 */
static const uint16_t nested_return_handler[] = {
	0xf3ef, 0x8005,	/* 00: mrs r0, IPSR */
	0x280b,	/* 04: cmp r0, #11 */
	0xd001,	/* 06: beq.n c */
	0x46b6,	/* 08: mov lr, r6 */
	0x4770,	/* 0a: bx lr */
	0x602f,	/* 0c: str r7, [r5, #0] */
	0xbe04,	/* 0e: bkpt 0x0004 */
};

/* From a nested handler straight to Thread mode: only with CCR.NONBASETHRDENA. */
static void test_nested_return_to_thread(void **state)
{
	(void)state;
	for (unsigned int allowed = 0; allowed < 2; allowed++) {
		struct machine *m = machine_in_handler(CORE_M3, 0xfffffff9);

		LOAD(m, SVCALL, nested_return_handler);
		set_vector(m, IRQ(0), SVCALL);
		set_priority(m, 11, 0x80);
		poke(m, NVIC_ISER, 1);
		poke(m, 0xe000ed14, 0x200 | allowed);
		core_reg_set(m->core, 5, NVIC_ISPR);
		core_reg_set(m->core, 7, 1);
		/* What the frame of IRQ 0 needs to be a thread's is put right by nobody: IPSR in it is 11. */
		run(m);
		assert_halted_at(m, USAGE_FAULT);
		assert_int_equal(word_at(m, CFSR), 1u << 18);
		assert_int_equal(core_reg_get(m->core, CORE_SP), STACK - 64);
		/* Without the bit it is refused before, with it because of the frame; either way IRQ 0 has ended. */
		assert_int_equal(word_at(m, NVIC_IABR), 0);
		assert_int_equal(word_at(m, SHCSR) >> 7 & 1, 1);
		free_machine(m);
	}
}

/* cortex-m3 */
static const uint16_t bad_stack_code[] = {
	0xdf00,	/* 00: svc 0 */
	0xbe00,	/* 02: bkpt 0x0000 */
};

/* Unstacking fails: a BusFault instead of the return. */
static void test_unstacking_error(void **state)
{
	struct machine *m = MACHINE(CORE_M3, bad_stack_code);
	static const uint16_t handler[] = { 0x46b5, 0x4770 };	/* mov sp, r6; bx lr */

	(void)state;
	LOAD(m, SVCALL, handler);
	poke(m, SHCSR, 1u << 17);
	core_reg_set(m->core, 6, 0x30000000);
	run(m);
	assert_halted_at(m, BUS_FAULT);
	assert_int_equal(word_at(m, CFSR), 1u << 11);	/* UNSTKERR */
	assert_int_equal(core_reg_get(m->core, CORE_SP), 0x30000000);
	free_machine(m);
}

/* An interrupt that cannot be stacked ends in a BusFault and stays pending. */
static void test_stacking_error(void **state)
{
	static const uint16_t code[] = { 0xbf00, 0xbe00 };
	struct machine *m = MACHINE(CORE_M3, code);

	(void)state;
	trace_vector(m, IRQ(0));
	poke(m, SHCSR, 1u << 17);
	poke(m, NVIC_ISER, 1);
	poke(m, NVIC_ISPR, 1);
	core_reg_set(m->core, CORE_MSP, 0x30000000);
	run(m);
	assert_halted_at(m, BUS_FAULT);
	assert_int_equal(word_at(m, CFSR), 1u << 12);	/* STKERR */
	assert_int_equal(word_at(m, NVIC_ISPR), 1);
	assert_int_equal(m->writes, 0);
	free_machine(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lazy_stacking),
		cmocka_unit_test(test_other_ways_of_stacking),
		cmocka_unit_test(test_nested_contexts),
		cmocka_unit_test(test_lazy_store_that_fails),
		cmocka_unit_test(test_refused_returns),
		cmocka_unit_test(test_return_from_an_inactive_handler),
		cmocka_unit_test(test_nested_return_to_thread),
		cmocka_unit_test(test_unstacking_error),
		cmocka_unit_test(test_stacking_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
