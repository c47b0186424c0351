// SPDX-License-Identifier: GPL-2.0-or-later

/* The simulated core: which exception is taken, when, and in what order. See also test_vb_{core,frames,systick}.c. */

#include "vb_core_fixture.h"

#define PRIMASK_SET	0x00000001u
#define ENTRY_CYCLES	12	/* M3, M4 */
#define CHAIN_CYCLES	6

static const enum core_type all_types[] = { CORE_M0, CORE_M0PLUS, CORE_M3, CORE_M4, CORE_M7, CORE_M33 };

#define NUM_TYPES	(sizeof(all_types) / sizeof(all_types[0]))

/* cortex-m0 */
static const uint16_t pend_code[] = {
	0x6001,	/* 00: str r1, [r0, #0] */
	0x3201,	/* 02: adds r2, #1 */
	0x3201,	/* 04: adds r2, #1 */
	0xbe00,	/* 06: bkpt 0x0000 */
};

/* What a store to ICSR makes pending is taken before the next instruction, with nothing else changed. */
static void test_pendsv_is_taken_at_once(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = MACHINE(all_types[i], pend_code);

		trace_vector(m, PENDSV);
		core_reg_set(m->core, 0, ICSR);
		core_reg_set(m->core, 1, 1u << 28);
		core_reg_set(m->core, 2, 5);
		run(m);
		assert_halted_at(m, CODE + 6);
		ASSERT_TRACE(m, PENDSV);
		assert_int_equal(frame_at(m, STACK - 32).pc, CODE + 2);
		assert_int_equal(frame_at(m, STACK - 32).r2, 5);
		assert_int_equal(frame_at(m, STACK - 32).xpsr & 0x1ff, 0);
		assert_int_equal(core_reg_get(m->core, 0), ICSR);
		assert_int_equal(core_reg_get(m->core, 1), 1u << 28);
		assert_int_equal(core_reg_get(m->core, 2), 7);
		assert_int_equal(core_reg_get(m->core, CORE_SP), STACK);
		assert_int_equal(core_reg_get(m->core, CORE_XPSR) & 0x1ff, 0);
		assert_int_equal(word_at(m, ICSR), 0);
		free_machine(m);
	}
}

/* cortex-m0 */
static const uint16_t unmask_code[] = {
	0xb662,	/* 00: cpsie i */
	0x3201,	/* 02: adds r2, #1 */
	0xbe00,	/* 04: bkpt 0x0000 */
};

static struct machine *machine_with_irqs(enum core_type type, const uint16_t *code, size_t bytes, unsigned int count)
{
	struct machine *m = machine_at(type, code, bytes);

	for (unsigned int i = 0; i < count; i++)
		trace_vector(m, IRQ(i));
	poke(m, NVIC_ISER, (1u << count) - 1);
	core_reg_set(m->core, CORE_SPECIAL, PRIMASK_SET);
	return m;
}

#define IRQ_MACHINE(type, code, count)	machine_with_irqs(type, code, sizeof(code), count)

/* By priority, then by number; one after the other without unstacking between them. */
static void test_order_of_pending_exceptions(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = IRQ_MACHINE(all_types[i], unmask_code, 4);
		uint32_t frame;

		trace_vector(m, PENDSV);
		trace_vector(m, SYSTICK);
		set_priority(m, IRQ(0), 0xc0);
		set_priority(m, IRQ(1), 0x40);
		set_priority(m, IRQ(2), 0x40);
		set_priority(m, IRQ(3), 0x80);
		set_priority(m, PENDSV, 0xc0);
		set_priority(m, SYSTICK, 0x00);
		poke(m, NVIC_ISPR, 0xf);
		poke(m, ICSR, 1u << 28 | 1u << 26);
		core_reg_set(m->core, 2, 0);
		run(m);
		assert_halted_at(m, CODE + 4);
		ASSERT_TRACE(m, SYSTICK, IRQ(1), IRQ(2), IRQ(3), PENDSV, IRQ(0));
		assert_int_equal(core_reg_get(m->core, 2), 1);
		frame = frame_at(m, STACK - 32).pc;
		assert_int_equal(frame, CODE + 2);
		free_machine(m);
	}
}

/* The handler: MRS 2, LDR 2, STR 2, BX 1 (the return has its own time). CPSIE 1, ADDS 1. */
static void test_tail_chaining_takes_its_time(void **state)
{
	struct machine *m = IRQ_MACHINE(CORE_M3, unmask_code, 3);

	(void)state;
	poke(m, NVIC_ISPR, 7);
	run(m);
	assert_halted_at(m, CODE + 4);
	ASSERT_TRACE(m, IRQ(0), IRQ(1), IRQ(2));
	assert_int_equal(core_cycles(m->core), 1 + ENTRY_CYCLES + 3 * 7 + 2 * CHAIN_CYCLES + ENTRY_CYCLES + 1);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t nesting_handler[] = {
	0xb510,	/* 00: push {r4, lr} */
	0xf3ef, 0x8005,	/* 02: mrs r0, IPSR */
	0x4904,	/* 06: ldr r1, [pc, #16] */
	0x6008,	/* 08: str r0, [r1, #0] */
	0x4a04,	/* 0a: ldr r2, [pc, #16] */
	0x6017,	/* 0c: str r7, [r2, #0] */
	0x2301,	/* 0e: movs r3, #1 */
	0x021b,	/* 10: lsls r3, r3, #8 */
	0x18c0,	/* 12: adds r0, r0, r3 */
	0x6008,	/* 14: str r0, [r1, #0] */
	0xbd10,	/* 16: pop {r4, pc} */
	0x0004, 0x4000,	/* 18: .word 0x40000004 */
	0xe200, 0xe000,	/* 1c: .word 0xe000e200 */
};

/* Its start, what preempts it, its end. */
static void check_nesting(enum core_type type, uint32_t prigroup, uint32_t low, uint32_t high, bool preempts)
{
	struct machine *m = IRQ_MACHINE(type, unmask_code, 2);

	LOAD(m, 0x20000b00, nesting_handler);
	set_vector(m, IRQ(0), 0x20000b00);
	poke(m, AIRCR, 0x05fa0000 | prigroup << 8);
	set_priority(m, IRQ(0), low);
	set_priority(m, IRQ(1), high);
	poke(m, NVIC_ISPR, 1);
	core_reg_set(m->core, 7, 2);
	run(m);
	assert_halted_at(m, CODE + 4);
	if (preempts)
		ASSERT_TRACE(m, IRQ(0), IRQ(1), IRQ(0) + 256);
	else
		ASSERT_TRACE(m, IRQ(0), IRQ(0) + 256, IRQ(1));
	assert_int_equal(core_reg_get(m->core, CORE_SP), STACK);
	free_machine(m);
}

static void test_preemption(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		check_nesting(all_types[i], 0, 0x80, 0x40, true);
		check_nesting(all_types[i], 0, 0x80, 0x80, false);
		check_nesting(all_types[i], 0, 0x40, 0x80, false);
	}
	/* PRIGROUP 6: bit 7 alone decides about preemption. */
	check_nesting(CORE_M4, 6, 0xc0, 0x80, false);
	check_nesting(CORE_M4, 6, 0x80, 0x40, true);
	check_nesting(CORE_M4, 7, 0x80, 0x40, false);
	check_nesting(CORE_M4, 5, 0xc0, 0x80, true);
	/* v6-M has no PRIGROUP. */
	check_nesting(CORE_M0, 7, 0x80, 0x40, true);
	/* Priority bits that the core does not have make no difference. */
	check_nesting(CORE_M0, 0, 0x70, 0x40, false);
	check_nesting(CORE_M3, 0, 0x4f, 0x40, false);
}

static void test_number_of_priority_bits(void **state)
{
	struct core_config config = {
		.type = CORE_M7, .clock_hz = 48000000, .vector_table = FLASH, .priority_bits = 3, .num_irqs = 160,
	};
	struct machine *m = new_machine_with(&config);

	(void)state;
	poke(m, NVIC_IPR, 0xffffffff);
	poke(m, SHPR3, 0xffffffff);
	assert_int_equal(word_at(m, NVIC_IPR), 0xe0e0e0e0);
	assert_int_equal(word_at(m, SHPR3) & 0xff000000, 0xe0000000);
	assert_int_equal(word_at(m, 0xe000e004), 4);
	/* The last interrupt, and none behind it. */
	poke(m, NVIC_ISER + 16, 0x80000000);
	poke(m, NVIC_ISER + 20, 0xffffffff);
	assert_int_equal(word_at(m, NVIC_ISER + 16), 0x80000000);
	assert_int_equal(word_at(m, NVIC_ISER + 20), 0);
	poke(m, NVIC_IPR + 156, 0xe0000000);
	poke(m, NVIC_IPR + 160, 0xffffffff);
	assert_int_equal(word_at(m, NVIC_IPR + 156), 0xe0000000);
	assert_int_equal(word_at(m, NVIC_IPR + 160), 0);
	free_machine(m);
}

/* cortex-m3 */
static const uint16_t basepri_code[] = {
	0xf384, 0x8811,	/* 00: msr BASEPRI, r4 */
	0xf3ef, 0x8511,	/* 04: mrs r5, BASEPRI */
	0x6001,	/* 08: str r1, [r0, #0] */
	0x3201,	/* 0a: adds r2, #1 */
	0xf386, 0x8812,	/* 0c: msr BASEPRI_MAX, r6 */
	0xf3ef, 0x8811,	/* 10: mrs r8, BASEPRI */
	0x3201,	/* 14: adds r2, #1 */
	0xf387, 0x8811,	/* 16: msr BASEPRI, r7 */
	0x3201,	/* 1a: adds r2, #1 */
	0xbe00,	/* 1c: bkpt 0x0000 */
};

static void test_basepri_masks(void **state)
{
	struct machine *m = MACHINE(CORE_M4, basepri_code);

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		trace_vector(m, IRQ(i));
		set_priority(m, IRQ(i), 0x40 + 0x40 * i);
	}
	poke(m, NVIC_ISER, 7);
	core_reg_set(m->core, 0, NVIC_ISPR);
	core_reg_set(m->core, 1, 7);
	core_reg_set(m->core, 2, 0);
	core_reg_set(m->core, 4, 0x87);
	core_reg_set(m->core, 6, 0xf0);
	core_reg_set(m->core, 7, 0);
	run(m);
	assert_halted_at(m, CODE + sizeof(basepri_code) - 2);
	/* IRQ 0 at the store (r2 = 0), the others when BASEPRI goes to 0 (r2 = 2); BASEPRI_MAX does not lower it. */
	ASSERT_TRACE(m, IRQ(0), IRQ(1), IRQ(2));
	assert_int_equal(core_reg_get(m->core, 5), 0x80);
	assert_int_equal(core_reg_get(m->core, 8), 0x80);
	assert_int_equal(frame_at(m, STACK - 32).r2, 2);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t primask_code[] = {
	0xb672,	/* 00: cpsid i */
	0x6001,	/* 02: str r1, [r0, #0] */
	0x6823,	/* 04: ldr r3, [r4, #0] */
	0x3201,	/* 06: adds r2, #1 */
	0xb662,	/* 08: cpsie i */
	0x3201,	/* 0a: adds r2, #1 */
	0xbe00,	/* 0c: bkpt 0x0000 */
};

static void test_primask_keeps_it_pending(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = MACHINE(all_types[i], primask_code);

		trace_vector(m, IRQ(5));
		poke(m, NVIC_ISER, 1u << 5);
		core_reg_set(m->core, 0, NVIC_ISPR);
		core_reg_set(m->core, 1, 1u << 5 | 1u << 9);
		core_reg_set(m->core, 2, 0);
		core_reg_set(m->core, 4, ICSR);
		run(m);
		assert_halted_at(m, CODE + sizeof(primask_code) - 2);
		ASSERT_TRACE(m, IRQ(5));
		/* ISRPENDING; VECTPENDING does not know PRIMASK */
		assert_int_equal(core_reg_get(m->core, 3), 1u << 22 | IRQ(5) << 12);
		assert_int_equal(frame_at(m, STACK - 32).r2, 1);
		assert_int_equal(frame_at(m, STACK - 32).pc, CODE + 10);
		/* The other one is not enabled and stays pending. */
		assert_int_equal(word_at(m, NVIC_ISPR), 1u << 9);
		assert_int_equal(word_at(m, ICSR), 1u << 22);
		poke(m, NVIC_ICPR, 1u << 9);
		assert_int_equal(word_at(m, ICSR), 0);
		free_machine(m);
	}
}

/* cortex-m3 */
static const uint16_t faultmask_handler[] = {
	0xb671,	/* 00: cpsid f */
	0xf3ef, 0x8005,	/* 02: mrs r0, IPSR */
	0x4903,	/* 06: ldr r1, [pc, #12] */
	0x6008,	/* 08: str r0, [r1, #0] */
	0x6037,	/* 0a: str r7, [r6, #0] */
	0xf3ef, 0x8013,	/* 0c: mrs r0, FAULTMASK */
	0x6008,	/* 10: str r0, [r1, #0] */
	0x4770,	/* 12: bx lr */
	0x0004, 0x4000,	/* 14: .word 0x40000004 */
};

/* FAULTMASK stops all but NMI, and the return clears it. */
static void test_faultmask_ends_with_the_handler(void **state)
{
	struct machine *m = IRQ_MACHINE(CORE_M3, unmask_code, 2);

	(void)state;
	LOAD(m, 0x20000b00, faultmask_handler);
	set_vector(m, IRQ(0), 0x20000b00);
	set_priority(m, IRQ(0), 0x80);
	poke(m, NVIC_ISPR, 1);
	core_reg_set(m->core, 6, NVIC_ISPR);
	core_reg_set(m->core, 7, 2);
	run(m);
	assert_halted_at(m, CODE + 4);
	ASSERT_TRACE(m, IRQ(0), 1, IRQ(1));
	assert_int_equal(core_reg_get(m->core, CORE_SPECIAL), 0);
	free_machine(m);
}

static void test_nmi_preempts_everything_masked(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = MACHINE(all_types[i], pend_code);

		trace_vector(m, 2);
		core_reg_set(m->core, 0, ICSR);
		core_reg_set(m->core, 1, 1u << 31);
		core_reg_set(m->core, CORE_SPECIAL, all_types[i] <= CORE_M0PLUS ? PRIMASK_SET : PRIMASK_SET | 1u << 16);
		run(m);
		assert_halted_at(m, CODE + 6);
		ASSERT_TRACE(m, 2);
		/* FAULTMASK survives an NMI only. */
		assert_int_equal(core_reg_get(m->core, CORE_SPECIAL) >> 16, all_types[i] <= CORE_M0PLUS ? 0 : 1);
		free_machine(m);
	}
}

/* cortex-m0 */
static const uint16_t svc_in_handler[] = {
	0xf3ef, 0x8005,	/* 00: mrs r0, IPSR */
	0xdf00,	/* 04: svc 0 */
	0xbe01,	/* 06: bkpt 0x0001 */
};

/* SVC at a priority that its handler cannot preempt is a HardFault; in the HardFault handler it is lockup. */
static void test_svc_escalation(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = IRQ_MACHINE(all_types[i], unmask_code, 1);

		LOAD(m, 0x20000b00, svc_in_handler);
		set_vector(m, IRQ(0), 0x20000b00);
		set_priority(m, 11, 0x40);
		set_priority(m, IRQ(0), 0x40);
		poke(m, NVIC_ISPR, 1);
		run(m);
		assert_halted_at(m, HARD_FAULT);
		assert_int_equal(frame_at(m, STACK - 64).pc, 0x20000b06);
		assert_int_equal(frame_at(m, STACK - 64).xpsr & 0x1ff, IRQ(0));
		if (all_types[i] > CORE_M0PLUS)
			assert_int_equal(word_at(m, HFSR), 1u << 30);
		free_machine(m);

		m = IRQ_MACHINE(all_types[i], unmask_code, 1);
		LOAD(m, 0x20000b00, svc_in_handler);
		set_vector(m, IRQ(0), 0x20000b00);
		LOAD(m, HARD_FAULT, svc_in_handler);
		set_priority(m, 11, 0x40);
		poke(m, NVIC_ISPR, 1);
		run(m);
		assert_true(core_is_locked_up(m->core));
		free_machine(m);
	}
}

/* cortex-m0 */
static const uint16_t svc_code[] = {
	0xdf03,	/* 00: svc 3 */
	0x3201,	/* 02: adds r2, #1 */
	0xbe00,	/* 04: bkpt 0x0000 */
};

/* cortex-m0 */
static const uint16_t svc_pends_handler[] = {
	0x2001,	/* 00: movs r0, #1 */
	0x0700,	/* 02: lsls r0, r0, #28 */
	0x4903,	/* 04: ldr r1, [pc, #12] */
	0x6008,	/* 06: str r0, [r1, #0] */
	0x4903,	/* 08: ldr r1, [pc, #12] */
	0x4802,	/* 0a: ldr r0, [pc, #8] */
	0x6800,	/* 0c: ldr r0, [r0, #0] */
	0x6008,	/* 0e: str r0, [r1, #0] */
	0x4770,	/* 10: bx lr */
	0x0000,	/* 12: .short 0x0000 */
	0xed04, 0xe000,	/* 14: .word 0xe000ed04 */
	0x0004, 0x4000,	/* 18: .word 0x40000004 */
};

/* The pattern of an RTOS: SVC asks for PendSV, which runs when SVC's handler ends, before the caller goes on. */
static void test_pendsv_follows_svc(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = MACHINE(all_types[i], svc_code);
		uint32_t rettobase = all_types[i] <= CORE_M0PLUS ? 0 : 1u << 11;

		LOAD(m, SVCALL, svc_pends_handler);
		trace_vector(m, PENDSV);
		set_priority(m, PENDSV, 0xc0);
		run(m);
		assert_halted_at(m, CODE + 4);
		ASSERT_TRACE(m, 1u << 28 | PENDSV << 12 | rettobase | 11, PENDSV);
		free_machine(m);
	}
}

/* cortex-m0 */
static const uint16_t thread_a[] = {
	0x240a,	/* 00: movs r4, #10 */
	0xdf00,	/* 02: svc 0 */
	0x603c,	/* 04: str r4, [r7, #0] */
	0xdf00,	/* 06: svc 0 */
	0x603c,	/* 08: str r4, [r7, #0] */
	0xbe00,	/* 0a: bkpt 0x0000 */
};

/* cortex-m0 */
static const uint16_t thread_b[] = {
	0x603c,	/* 00: str r4, [r7, #0] */
	0x24b2,	/* 02: movs r4, #178 */
	0xdf00,	/* 04: svc 0 */
	0x603c,	/* 06: str r4, [r7, #0] */
	0xdf00,	/* 08: svc 0 */
	0xbe01,	/* 0a: bkpt 0x0001 */
};

/* cortex-m0 */
static const uint16_t svc_yield[] = {
	0x4902,	/* 00: ldr r1, [pc, #8] */
	0x2001,	/* 02: movs r0, #1 */
	0x0700,	/* 04: lsls r0, r0, #28 */
	0x6008,	/* 06: str r0, [r1, #0] */
	0x4770,	/* 08: bx lr */
	0x0000,	/* 0a: .short 0x0000 */
	0xed04, 0xe000,	/* 0c: .word 0xe000ed04 */
};

/* Saves R4 to R7 below the frame on PSP and swaps PSP with the word at [20003f00h]. */
/* cortex-m0 */
static const uint16_t pendsv_switch[] = {
	0xf3ef, 0x8009,	/* 00: mrs r0, PSP */
	0x3810,	/* 04: subs r0, #16 */
	0xc0f0,	/* 06: stmia r0!, {r4, r5, r6, r7} */
	0x3810,	/* 08: subs r0, #16 */
	0x4903,	/* 0a: ldr r1, [pc, #12] */
	0x680a,	/* 0c: ldr r2, [r1, #0] */
	0x6008,	/* 0e: str r0, [r1, #0] */
	0xcaf0,	/* 10: ldmia r2!, {r4, r5, r6, r7} */
	0xf382, 0x8809,	/* 12: msr PSP, r2 */
	0x4770,	/* 16: bx lr */
	0x3f00, 0x2000,	/* 18: .word 0x20003f00 */
};

/* Two threads on stacks of their own. */
static void test_pendsv_switches_context(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = MACHINE(all_types[i], thread_a);
		uint32_t stack_b = 0x20002000 - 32;
		/* The first context of b: R4 to R7, then a frame. */
		uint32_t frame_b[] = { 0xb1, 5, 6, DEVICE + 4, 0, 1, 2, 3, 12, 0xffffffff, 0x20000c00, 0x01000000 };

		LOAD(m, 0x20000c00, thread_b);
		LOAD(m, SVCALL, svc_yield);
		LOAD(m, 0x20000b00, pendsv_switch);
		set_vector(m, PENDSV, 0x20000b00);
		set_priority(m, PENDSV, 0xc0);
		memcpy(bus_ram_pointer(&m->bus, stack_b - 16, sizeof(frame_b)), frame_b, sizeof(frame_b));
		set_word(m, 0x20003f00, stack_b - 16);
		core_reg_set(m->core, 7, DEVICE + 4);
		core_reg_set(m->core, CORE_PSP, 0x20001000);
		core_reg_set(m->core, CORE_SPECIAL, 2u << 24);
		run(m);
		assert_halted_at(m, CODE + 10);
		ASSERT_TRACE(m, 0xb1, 0xa, 0xb2, 0xa);
		assert_int_equal(core_reg_get(m->core, CORE_PSP), 0x20001000);
		assert_int_equal(core_reg_get(m->core, CORE_MSP), STACK);
		free_machine(m);
	}
}

/* The table that VTOR points to; the M0 has none but at 0. */
static void test_vector_table(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = MACHINE(all_types[i], pend_code);
		static const uint16_t other[] = { 0x4770 };

		trace_vector(m, PENDSV);
		LOAD(m, 0x20000b00, other);
		set_word(m, 0x20001000 + 4 * PENDSV, 0x20000b01);
		poke(m, VTOR, 0x20001000);
		core_reg_set(m->core, 0, ICSR);
		core_reg_set(m->core, 1, 1u << 28);
		run(m);
		assert_halted_at(m, CODE + 6);
		assert_int_equal(m->writes, all_types[i] == CORE_M0 ? 1 : 0);
		free_machine(m);
	}
}

/* DHCSR.C_MASKINTS keeps PendSV, SysTick and interrupts back, and hides them from VECTPENDING; NMI and SVC pass. */
static void test_debugger_masks_interrupts(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = MACHINE(all_types[i], svc_code);
		static const uint16_t back[] = { 0x4770 };

		LOAD(m, SVCALL, back);
		trace_vector(m, PENDSV);
		trace_vector(m, SYSTICK);
		trace_vector(m, IRQ(0));
		poke(m, NVIC_ISER, 1);
		poke(m, NVIC_ISPR, 1);
		poke(m, ICSR, 1u << 28 | 1u << 26);
		core_reg_set(m->core, 2, 0);
		/* IRQ 0: of those equally urgent the one with the lowest number is PendSV */
		assert_int_equal(word_at(m, ICSR) >> 12 & 0x1ff, PENDSV);
		assert_int_equal(word_at(m, ICSR) >> 23 & 1, 1);
		poke(m, DHCSR, 0xa05f000b);
		assert_int_equal(word_at(m, ICSR) >> 12 & 0x1ff, 0);
		assert_int_equal(word_at(m, ICSR) >> 23 & 1, 0);
		poke(m, DHCSR, 0xa05f0009);
		core_run_until(m->core, m->vb.clock.now_ps + LONG_PS);
		assert_halted_at(m, CODE + 4);
		assert_int_equal(m->writes, 0);
		assert_int_equal(core_reg_get(m->core, 2), 1);

		core_reg_set(m->core, CORE_PC, CODE + 2);
		run(m);
		assert_halted_at(m, CODE + 4);
		ASSERT_TRACE(m, PENDSV, SYSTICK, IRQ(0));
		free_machine(m);
	}
}

/* A step takes a pending exception and stops at its handler; with C_MASKINTS it executes the instruction. */
static void test_step_and_interrupts(void **state)
{
	struct machine *m = IRQ_MACHINE(CORE_M4, unmask_code, 1);

	(void)state;
	core_reg_set(m->core, CORE_SPECIAL, 0);
	poke(m, NVIC_ISPR, 1);
	poke(m, DHCSR, 0xa05f000b);
	poke(m, DHCSR, 0xa05f000d);
	core_run_until(m->core, m->vb.clock.now_ps + VB_PS_PER_US);
	assert_halted_at(m, CODE + 2);
	poke(m, DHCSR, 0xa05f0003);
	poke(m, DHCSR, 0xa05f0005);
	core_run_until(m->core, m->vb.clock.now_ps + VB_PS_PER_US);
	assert_halted_at(m, TRACE_HANDLER);
	assert_int_equal(frame_at(m, STACK - 32).pc, CODE + 2);
	assert_int_equal(word_at(m, DFSR) & 1, 1);
	run(m);
	assert_halted_at(m, CODE + 4);
	ASSERT_TRACE(m, IRQ(0));
	free_machine(m);
}

/* Registers that only report, and the software trigger. */
static void test_active_and_software_trigger(void **state)
{
	struct machine *m = MACHINE(CORE_M3, pend_code);
	static const uint16_t stop[] = { 0xbe02 };

	(void)state;
	LOAD(m, 0x20000b00, stop);
	set_vector(m, IRQ(40), 0x20000b00);
	poke(m, NVIC_ISER + 4, 1u << 8);
	core_reg_set(m->core, 0, 0xe000ef00);
	core_reg_set(m->core, 1, 40);
	run(m);
	assert_halted_at(m, 0x20000b00);
	assert_int_equal(word_at(m, NVIC_IABR + 4), 1u << 8);
	assert_int_equal(word_at(m, NVIC_ISPR + 4), 0);
	assert_int_equal(word_at(m, ICSR), 1u << 11 | IRQ(40));
	poke(m, NVIC_IABR + 4, 0);
	assert_int_equal(word_at(m, NVIC_IABR + 4), 1u << 8);
	/* Pending again while active: taken once more after the return. */
	poke(m, 0xe000ef00, 40);
	assert_int_equal(word_at(m, ICSR), 1u << 22 | IRQ(40) << 12 | 1u << 11 | IRQ(40));
	free_machine(m);

	/* v6-M has neither. */
	m = MACHINE(CORE_M0, pend_code);
	core_reg_set(m->core, 0, 0xe000ef00);
	core_reg_set(m->core, 1, 4);
	run(m);
	assert_halted_at(m, CODE + 6);
	assert_int_equal(word_at(m, NVIC_ISPR), 0);
	free_machine(m);
}

/* A disabled interrupt stays pending; ICER does not clear it; an interrupt whose number is not there is none. */
static void test_enable_and_clear(void **state)
{
	struct machine *m = IRQ_MACHINE(CORE_M0, unmask_code, 2);

	(void)state;
	poke(m, NVIC_ISPR, 3);
	poke(m, NVIC_ICER, 1);
	poke(m, NVIC_ICPR, 2);
	run(m);
	assert_halted_at(m, CODE + 4);
	assert_int_equal(m->writes, 0);
	assert_int_equal(word_at(m, NVIC_ISPR), 1);
	assert_int_equal(word_at(m, NVIC_ISER), 2);
	core_set_irq(m->core, 32, true);
	core_set_irq(m->core, 1000, true);
	assert_int_equal(word_at(m, ICSR), 1u << 22);
	/* A system reset forgets both. */
	core_system_reset(m->core);
	assert_int_equal(word_at(m, NVIC_ISPR), 0);
	assert_int_equal(word_at(m, NVIC_ISER), 0);
	free_machine(m);
}

/* cortex-m3 */
static const uint16_t fault_handler_code[] = {
	0x6830,	/* 00: ldr r0, [r6, #0] */
	0xbe01,	/* 02: bkpt 0x0001 */
};

/* A fault that its own handler's priority does not allow escalates. */
static void test_fault_in_an_urgent_handler(void **state)
{
	static const struct {
		uint32_t fault, irq, handler;
	} cases[] = {
		{ 0x40, 0x80, BUS_FAULT },
		{ 0x80, 0x80, HARD_FAULT },
		{ 0x80, 0x40, HARD_FAULT },
	};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct machine *m = IRQ_MACHINE(CORE_M4, unmask_code, 1);

		LOAD(m, 0x20000b00, fault_handler_code);
		set_vector(m, IRQ(0), 0x20000b00);
		set_priority(m, IRQ(0), cases[i].irq);
		set_priority(m, 5, cases[i].fault);
		poke(m, SHCSR, 1u << 17);
		poke(m, NVIC_ISPR, 1);
		core_reg_set(m->core, 6, 0x30000000);
		run(m);
		assert_halted_at(m, cases[i].handler);
		assert_int_equal(word_at(m, CFSR), 0x8200);
		free_machine(m);
	}
}

/* A system exception that a debugger makes pending in SHCSR waits until it is enabled. */
static void test_pending_bits_of_faults(void **state)
{
	struct machine *m = MACHINE(CORE_M4, unmask_code);

	(void)state;
	trace_vector(m, 6);
	poke(m, SHCSR, 1u << 12);
	assert_int_equal(word_at(m, SHCSR), 1u << 12);
	run(m);
	assert_halted_at(m, CODE + 4);
	assert_int_equal(m->writes, 0);
	core_reg_set(m->core, CORE_PC, CODE);
	poke(m, SHCSR, 1u << 12 | 1u << 18);
	run(m);
	ASSERT_TRACE(m, 6);
	assert_int_equal(word_at(m, SHCSR), 1u << 18);
	free_machine(m);
}

/* cortex-m4 */
static const uint16_t it_store_code[] = {
	0x4292,	/* 00: cmp r2, r2 */
	0xbf01,	/* 02: itttt eq */
	0x6001,	/* 04: streq r1, [r0, #0] */
	0x3201,	/* 06: addeq r2, #1 */
	0x3201,	/* 08: addeq r2, #1 */
	0x3201,	/* 0a: addeq r2, #1 */
	0x3210,	/* 0c: adds r2, #16 */
	0xbe00,	/* 0e: bkpt 0x0000 */
};

/* Not inside an IT block, whether it runs as a whole or bit by bit because of breakpoints. */
static void test_it_blocks_are_not_interrupted(void **state)
{
	(void)state;
	for (unsigned int breakpoints = 0; breakpoints < 2; breakpoints++) {
		struct machine *m = MACHINE(CORE_M4, it_store_code);

		trace_vector(m, PENDSV);
		if (breakpoints) {
			poke(m, 0xe0002008, 0x40000101);	/* somewhere else */
			poke(m, 0xe0002000, 3);
		}
		core_reg_set(m->core, 0, ICSR);
		core_reg_set(m->core, 1, 1u << 28);
		core_reg_set(m->core, 2, 0);
		run(m);
		assert_halted_at(m, CODE + sizeof(it_store_code) - 2);
		ASSERT_TRACE(m, PENDSV);
		assert_int_equal(frame_at(m, STACK - 32).r2, 3);
		assert_int_equal(frame_at(m, STACK - 32).pc, CODE + 12);
		assert_int_equal(core_reg_get(m->core, 2), 19);
		free_machine(m);
	}
}

/* Only USERSETMPEND lets unprivileged code trigger; the rest of the private peripherals is closed to it. */
static void test_software_trigger_of_unprivileged_code(void **state)
{
	(void)state;
	for (unsigned int allowed = 0; allowed < 2; allowed++) {
		struct machine *m = MACHINE(CORE_M4, pend_code);

		trace_vector(m, IRQ(2));
		poke(m, NVIC_ISER, 4);
		poke(m, 0xe000ed14, 0x200 | allowed << 1);
		core_reg_set(m->core, 0, 0xe000ef00);
		core_reg_set(m->core, 1, 2);
		core_reg_set(m->core, CORE_SPECIAL, 1u << 24);
		run(m);
		if (allowed) {
			assert_halted_at(m, CODE + 6);
			ASSERT_TRACE(m, IRQ(2));
		} else {
			assert_halted_at(m, HARD_FAULT);
			assert_int_equal(word_at(m, CFSR), 0x8200);
		}
		free_machine(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pendsv_is_taken_at_once),
		cmocka_unit_test(test_order_of_pending_exceptions),
		cmocka_unit_test(test_tail_chaining_takes_its_time),
		cmocka_unit_test(test_preemption),
		cmocka_unit_test(test_number_of_priority_bits),
		cmocka_unit_test(test_basepri_masks),
		cmocka_unit_test(test_primask_keeps_it_pending),
		cmocka_unit_test(test_faultmask_ends_with_the_handler),
		cmocka_unit_test(test_nmi_preempts_everything_masked),
		cmocka_unit_test(test_svc_escalation),
		cmocka_unit_test(test_pendsv_follows_svc),
		cmocka_unit_test(test_pendsv_switches_context),
		cmocka_unit_test(test_vector_table),
		cmocka_unit_test(test_debugger_masks_interrupts),
		cmocka_unit_test(test_step_and_interrupts),
		cmocka_unit_test(test_active_and_software_trigger),
		cmocka_unit_test(test_enable_and_clear),
		cmocka_unit_test(test_fault_in_an_urgent_handler),
		cmocka_unit_test(test_pending_bits_of_faults),
		cmocka_unit_test(test_it_blocks_are_not_interrupted),
		cmocka_unit_test(test_software_trigger_of_unprivileged_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
