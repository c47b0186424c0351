// SPDX-License-Identifier: GPL-2.0-or-later

/* The simulated core's timer, sleep, which it ends, and what devices do in the course of time. */

#include "vb_core_fixture.h"

#define CSR_ON		7u	/* ENABLE, TICKINT, CLKSOURCE */
#define COUNTFLAG	(1u << 16)

static const enum core_type all_types[] = { CORE_M0, CORE_M0PLUS, CORE_M3, CORE_M4, CORE_M7, CORE_M33 };

#define NUM_TYPES	(sizeof(all_types) / sizeof(all_types[0]))

/* cortex-m0 */
static const uint16_t count_code[] = {
	0x6001,	/* 00: str r1, [r0, #0] */
	0x3201,	/* 02: adds r2, #1 */
	0x429a,	/* 04: cmp r2, r3 */
	0xd1fc,	/* 06: bne.n 2 */
	0xbe00,	/* 08: bkpt 0x0000 */
};

static void set_up_timer(struct machine *m, uint32_t reload)
{
	poke(m, SYST_RVR, reload);
	poke(m, SYST_CVR, 0);
	core_reg_set(m->core, 0, SYST_CSR);
	core_reg_set(m->core, 1, CSR_ON);
	core_reg_set(m->core, 2, 0);
	core_reg_set(m->core, 3, 3000);
}

/* cortex-m0 */
static const uint16_t read_handler[] = {
	0x6821,	/* 00: ldr r1, [r4, #0] */
	0x4770,	/* 02: bx lr */
};

/*
 * Each interrupt RELOAD + 1 cycles after the one before, as the device sees it. The handler's first load starts after
 * entry, which starts at the end of the instruction under way: up to 3 cycles late on M0.
 */
static void test_period(void **state)
{
	static const unsigned int entry[] = { 16, 15, 12, 12, 12, 12 };

	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		for (uint32_t reload = 99; reload < 1000; reload = reload * 2 + 7) {
			struct machine *m = MACHINE(all_types[i], count_code);
			unsigned int expected;

			LOAD(m, 0x20000b00, read_handler);
			set_vector(m, SYSTICK, 0x20000b00);
			core_reg_set(m->core, 4, DEVICE);
			set_up_timer(m, reload);
			run(m);
			assert_halted_at(m, CODE + sizeof(count_code) - 2);
			expected = (unsigned int)(core_cycles(m->core) / (reload + 1));
			assert_in_range(m->reads, expected - 1, expected);
			assert_true(m->reads >= 9);
			for (unsigned int k = 0; k < m->reads && k < 64; k++) {
				/* STR ends at cycle 2. */
				uint64_t at = 2 + (uint64_t)(k + 1) * (reload + 1) + entry[i];
				uint64_t cycle = (m->read_at_ps[k] * 48 + 999999) / 1000000;

				assert_in_range(cycle, at, at + 3);
			}
			free_machine(m);
		}
	}
}

static void run_in_slices(struct machine *m, uint64_t slice_ps)
{
	uint64_t end_ps = m->vb.clock.now_ps + 2 * VB_PS_PER_MS;

	core_debug_resume(m->core);
	for (unsigned int i = 1; m->vb.clock.now_ps < end_ps; i++) {
		uint64_t until_ps = m->vb.clock.now_ps + 1 + (slice_ps * (i % 7 + 1)) / 3;

		core_run_until(m->core, until_ps < end_ps ? until_ps : end_ps);
	}
}

/* cortex-m4 */
static const uint16_t busy_code[] = {
	0x6001,	/* 00: str r1, [r0, #0] */
	0x2600,	/* 02: movs r6, #0 */
	0xf012, 0x0f01,	/* 04: tst.w r2, #1 */
	0xbf0b,	/* 08: itete eq */
	0x3603,	/* 0a: addeq r6, #3 */
	0x3e01,	/* 0c: subne r6, #1 */
	0x4056,	/* 0e: eoreq r6, r2 */
	0xeb06, 0x0646,	/* 10: addne.w r6, r6, r6, lsl #1 */
	0x3201,	/* 14: adds r2, #1 */
	0x429a,	/* 16: cmp r2, r3 */
	0xd1f5,	/* 18: bne.n 6 */
	0xbe00,	/* 1a: bkpt 0x0000 */
};

/* cortex-m0 */
static const uint16_t sleepy_code[] = {
	0x6001,	/* 00: str r1, [r0, #0] */
	0xbf30,	/* 02: wfi */
	0x6826,	/* 04: ldr r6, [r4, #0] */
	0x3201,	/* 06: adds r2, #1 */
	0x429a,	/* 08: cmp r2, r3 */
	0xd1fa,	/* 0a: bne.n 2 */
	0xbe00,	/* 0c: bkpt 0x0000 */
};

/* Interrupts come after the same instruction at the same time however time is sliced, awake or asleep. */
static void test_slices_change_nothing(void **state)
{
	static const uint64_t slices_ps[] = { 7000, 20833, 50001, 333333, 1999999, 40000000 };

	(void)state;
	for (unsigned int sleepy = 0; sleepy < 2; sleepy++) {
		const uint16_t *code = sleepy ? sleepy_code : busy_code;
		size_t bytes = sleepy ? sizeof(sleepy_code) : sizeof(busy_code);
		struct machine *whole = NULL;

		for (unsigned int i = 0; i < 1 + sizeof(slices_ps) / sizeof(slices_ps[0]); i++) {
			struct machine *m = machine_at(CORE_M4, code, bytes);

			LOAD(m, 0x20000b00, read_handler);
			set_vector(m, SYSTICK, 0x20000b00);
			core_reg_set(m->core, 4, DEVICE);
			set_up_timer(m, 777);
			core_reg_set(m->core, 3, sleepy ? 20 : 2000);
			run_in_slices(m, i ? slices_ps[i - 1] : VB_PS_PER_S);
			assert_halted_at(m, CODE + (uint32_t)bytes - 2);
			if (!whole) {
				whole = m;
				assert_true(m->reads > 20);
				continue;
			}
			assert_int_equal(m->reads, whole->reads);
			assert_memory_equal(m->read_at_ps, whole->read_at_ps, sizeof(m->read_at_ps));
			assert_int_equal(core_reg_get(m->core, 6), core_reg_get(whole->core, 6));
			assert_int_equal(core_cycles(m->core), core_cycles(whole->core));
			assert_int_equal(m->vb.count.instructions, whole->vb.count.instructions);
			free_machine(m);
		}
		free_machine(whole);
	}
}

/* cortex-m0 */
static const uint16_t poll_code[] = {
	0x6001,	/* 00: str r1, [r0, #0] */
	0x6885,	/* 02: ldr r5, [r0, #8] */
	0x6886,	/* 04: ldr r6, [r0, #8] */
	0x6807,	/* 06: ldr r7, [r0, #0] */
	0xbe00,	/* 08: bkpt 0x0000 */
};

/* It counts down from RELOAD, one a cycle: the store ends at cycle 2, the loads at 4, 6 and 8. */
static void test_current_value(void **state)
{
	struct machine *m = MACHINE(CORE_M0, poll_code);

	(void)state;
	poke(m, SYST_RVR, 1000);
	poke(m, SYST_CVR, 12345);	/* any value clears */
	assert_int_equal(word_at(m, SYST_CVR), 0);
	core_reg_set(m->core, 0, SYST_CSR);
	core_reg_set(m->core, 1, 5);
	run(m);
	assert_halted_at(m, CODE + sizeof(poll_code) - 2);
	assert_int_equal(core_reg_get(m->core, 5), 1000 - 1);
	assert_int_equal(core_reg_get(m->core, 6), 1000 - 3);
	assert_int_equal(core_reg_get(m->core, 7), 5);
	/* It stands still in Debug state. */
	assert_int_equal(word_at(m, SYST_CVR), 1000 - 5);
	core_run_until(m->core, m->vb.clock.now_ps + VB_PS_PER_MS);
	assert_int_equal(word_at(m, SYST_CVR), 1000 - 5);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t flag_code[] = {
	0x6001,	/* 00: str r1, [r0, #0] */
	0x2200,	/* 02: movs r2, #0 */
	0x3201,	/* 04: adds r2, #1 */
	0x6805,	/* 06: ldr r5, [r0, #0] */
	0x0c6d,	/* 08: lsrs r5, r5, #17 */
	0xd3fb,	/* 0a: bcc.n 4 */
	0x6806,	/* 0c: ldr r6, [r0, #0] */
	0xbe00,	/* 0e: bkpt 0x0000 */
};

/* COUNTFLAG without an interrupt: a read by the CPU clears it, one by the debugger does not. */
static void test_countflag(void **state)
{
	struct machine *m = MACHINE(CORE_M0, flag_code);

	(void)state;
	trace_vector(m, SYSTICK);
	set_up_timer(m, 79);
	core_reg_set(m->core, 1, 5);
	run(m);
	assert_halted_at(m, CODE + sizeof(flag_code) - 2);
	/* 80 cycles of 2 + 1 + 3 + 1 each turn */
	assert_in_range(core_reg_get(m->core, 2), 11, 13);
	assert_int_equal(core_reg_get(m->core, 6), 5);
	assert_int_equal(m->writes, 0);
	free_machine(m);

	m = MACHINE(CORE_M0, count_code);
	set_up_timer(m, 79);
	core_reg_set(m->core, 1, 5);
	run(m);
	assert_int_equal(word_at(m, SYST_CSR), COUNTFLAG | 5);
	assert_int_equal(word_at(m, SYST_CSR), COUNTFLAG | 5);
	/* A write to the counter clears it too. */
	poke(m, SYST_CVR, 0);
	assert_int_equal(word_at(m, SYST_CSR), 5);
	assert_int_equal(word_at(m, ICSR), 0);
	free_machine(m);
}

/* A reload value of 0 stops it at the next zero; disabled it keeps its value. */
static void test_reload_of_zero(void **state)
{
	struct machine *m = MACHINE(CORE_M3, count_code);

	(void)state;
	trace_vector(m, SYSTICK);
	set_up_timer(m, 0);
	run(m);
	assert_int_equal(m->writes, 0);
	assert_int_equal(word_at(m, SYST_CSR), CSR_ON);
	free_machine(m);

	m = MACHINE(CORE_M3, count_code);
	trace_vector(m, SYSTICK);
	set_up_timer(m, 500);
	core_reg_set(m->core, 3, 20);
	run(m);
	poke(m, SYST_RVR, 0);
	core_reg_set(m->core, CORE_PC, CODE);
	core_reg_set(m->core, 2, 0);
	core_reg_set(m->core, 3, 3000);
	run(m);
	assert_int_equal(m->writes, 1);
	assert_int_equal(word_at(m, SYST_CVR), 0);
	free_machine(m);
}

/* CLKSOURCE 0 counts a reference clock, where there is one. */
static void test_reference_clock(void **state)
{
	struct core_config config = {
		.type = CORE_M4, .clock_hz = 48000000, .vector_table = FLASH, .systick_divider = 8,
		.systick_calib = 0x40000000 | 18750,
	};
	struct machine *m = new_machine_with(&config);

	(void)state;
	LOAD(m, CODE, count_code);
	core_debug_halt(m->core);
	trace_vector(m, SYSTICK);
	assert_int_equal(word_at(m, 0xe000e01c), 0x40000000 | 18750);
	set_up_timer(m, 99);
	core_reg_set(m->core, 1, 3);
	core_reg_set(m->core, 3, 1000);
	run(m);
	assert_halted_at(m, CODE + sizeof(count_code) - 2);
	assert_in_range(core_cycles(m->core), 5 * 800, 7 * 800);
	assert_int_equal(m->writes, core_cycles(m->core) / 800);
	free_machine(m);

	m = MACHINE(CORE_M4, count_code);
	assert_int_equal(word_at(m, 0xe000e01c), 0x80000000);
	poke(m, SYST_CSR, 0);
	assert_int_equal(word_at(m, SYST_CSR), 4);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t pending_code[] = {
	0xb672,	/* 00: cpsid i */
	0x6001,	/* 02: str r1, [r0, #0] */
	0x3201,	/* 04: adds r2, #1 */
	0x429a,	/* 06: cmp r2, r3 */
	0xd1fc,	/* 08: bne.n 4 */
	0x6835,	/* 0a: ldr r5, [r6, #0] */
	0x2101,	/* 0c: movs r1, #1 */
	0x0649,	/* 0e: lsls r1, r1, #25 */
	0x6031,	/* 10: str r1, [r6, #0] */
	0x6837,	/* 12: ldr r7, [r6, #0] */
	0xb662,	/* 14: cpsie i */
	0x46c0,	/* 16: nop */
	0xbe00,	/* 18: bkpt 0x0000 */
};

/* While masked it stays pending, once; PENDSTCLR takes it back. */
static void test_pending_is_cleared(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = MACHINE(all_types[i], pending_code);

		trace_vector(m, SYSTICK);
		set_up_timer(m, 1999);
		core_reg_set(m->core, 6, ICSR);
		run(m);
		assert_halted_at(m, CODE + sizeof(pending_code) - 2);
		assert_int_equal(core_reg_get(m->core, 5), 1u << 26 | SYSTICK << 12);
		assert_int_equal(core_reg_get(m->core, 7), 0);
		assert_int_equal(m->writes, 0);
		free_machine(m);
	}
}

/* cortex-m0 */
static const uint16_t tick_handler[] = {
	0x683e,	/* 00: ldr r6, [r7, #0] */
	0x3601,	/* 02: adds r6, #1 */
	0x603e,	/* 04: str r6, [r7, #0] */
	0x4770,	/* 06: bx lr */
};

/* Sleeping until each tick: 100 ticks of 1 ms cost next to nothing but time. */
static void test_wfi_wakes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = MACHINE(all_types[i], sleepy_code);

		LOAD(m, 0x20000b00, tick_handler);
		set_vector(m, SYSTICK, 0x20000b00);
		set_up_timer(m, 48000 - 1);
		core_reg_set(m->core, 3, 50);
		core_reg_set(m->core, 4, DEVICE);
		core_reg_set(m->core, 7, 0x20001000);
		set_word(m, 0x20001000, 0);
		run(m);
		assert_halted_at(m, CODE + sizeof(sleepy_code) - 2);
		assert_int_equal(word_at(m, 0x20001000), 50);
		assert_int_equal(m->reads, 50);
		assert_true(core_cycles(m->core) < 50 * 60);
		/* The handler runs before the instruction behind WFI: entry, 8 cycles or so, return. */
		for (unsigned int k = 1; k < 50; k++)
			assert_in_range(m->read_at_ps[k] - m->read_at_ps[k - 1], VB_PS_PER_MS - 100000, VB_PS_PER_MS + 100000);
		assert_in_range(m->read_at_ps[49], 50 * VB_PS_PER_MS, 50 * VB_PS_PER_MS + VB_PS_PER_US);
		free_machine(m);
	}
}

/* cortex-m0 */
static const uint16_t masked_sleep_code[] = {
	0xb672,	/* 00: cpsid i */
	0x6001,	/* 02: str r1, [r0, #0] */
	0xbf30,	/* 04: wfi */
	0x6826,	/* 06: ldr r6, [r4, #0] */
	0xb662,	/* 08: cpsie i */
	0x46c0,	/* 0a: nop */
	0xbe00,	/* 0c: bkpt 0x0000 */
};

/* With PRIMASK set WFI ends, and the handler has to wait; with BASEPRI, or disabled, it sleeps on. */
static void test_wfi_with_primask(void **state)
{
	struct machine *m;

	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		m = MACHINE(all_types[i], masked_sleep_code);
		trace_vector(m, SYSTICK);
		set_up_timer(m, 48000 - 1);
		core_reg_set(m->core, 4, DEVICE);
		run(m);
		assert_halted_at(m, CODE + sizeof(masked_sleep_code) - 2);
		assert_int_equal(m->reads, 1);
		assert_in_range(m->read_at_ps[0], VB_PS_PER_MS, VB_PS_PER_MS + VB_PS_PER_US);
		ASSERT_TRACE(m, SYSTICK);
		assert_int_equal(frame_at(m, STACK - 32).pc, CODE + 10);
		free_machine(m);
	}

	m = MACHINE(CORE_M3, masked_sleep_code);
	trace_vector(m, SYSTICK);
	set_priority(m, SYSTICK, 0x40);
	set_up_timer(m, 48000 - 1);
	core_reg_set(m->core, CORE_SPECIAL, 0x4000);
	run(m);
	assert_false(core_is_halted(m->core));
	assert_int_equal(word_at(m, DHCSR) >> 18 & 1, 1);
	assert_int_equal(m->writes, 0);
	/* The debugger's halt ends it, too. */
	core_debug_halt(m->core);
	assert_halted_at(m, CODE + 6);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t wfe_code[] = {
	0x6001,	/* 00: str r1, [r0, #0] */
	0xbf20,	/* 02: wfe */
	0x3201,	/* 04: adds r2, #1 */
	0xbf20,	/* 06: wfe */
	0x3201,	/* 08: adds r2, #1 */
	0xbe00,	/* 0a: bkpt 0x0000 */
};

static void raise_line(void *context)
{
	struct machine *m = context;

	core_set_irq(m->core, 3, true);
}

/* WFE: an interrupt taken is an event; one that only becomes pending is when SEVONPEND says so. */
static void test_wfe(void **state)
{
	(void)state;
	for (unsigned int sevonpend = 0; sevonpend < 2; sevonpend++) {
		struct machine *m = MACHINE(CORE_M4, wfe_code);
		int up = core_add_alarm(m->core, raise_line, m);

		core_set_alarm(m->core, up, 10 * VB_PS_PER_US);
		core_reg_set(m->core, 0, SCR);
		core_reg_set(m->core, 1, sevonpend << 4);
		core_reg_set(m->core, 2, 0);
		run(m);
		assert_false(core_is_halted(m->core));
		assert_int_equal(core_reg_get(m->core, 2), sevonpend);
		free_machine(m);
	}

	struct machine *m = MACHINE(CORE_M4, wfe_code);

	trace_vector(m, SYSTICK);
	set_up_timer(m, 48000 - 1);
	run(m);
	assert_halted_at(m, CODE + sizeof(wfe_code) - 2);
	ASSERT_TRACE(m, SYSTICK);	/* and its entry and return were the event of the second WFE */
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t exit_code[] = {
	0x6001,	/* 00: str r1, [r0, #0] */
	0x3201,	/* 02: adds r2, #1 */
	0xbf30,	/* 04: wfi */
	0x3201,	/* 06: adds r2, #1 */
	0xbe00,	/* 08: bkpt 0x0000 */
};

/* SLEEPONEXIT: Thread mode goes on only when the handler has cleared it. */
static void test_sleep_on_exit(void **state)
{
	struct machine *m = MACHINE(CORE_M0, exit_code);

	(void)state;
	trace_vector(m, SYSTICK);
	set_up_timer(m, 480000 - 1);
	poke(m, SCR, 2);
	run(m);
	assert_false(core_is_halted(m->core));
	assert_int_equal(m->writes, 9);	/* the tenth is due 2 cycles after the 100 ms */
	assert_int_equal(core_reg_get(m->core, 2), 1);
	assert_int_equal(word_at(m, DHCSR) >> 18 & 1, 1);
	core_debug_halt(m->core);
	poke(m, SCR, 0);
	assert_halted_at(m, CODE + 6);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t idle_code[] = {
	0x6001,	/* 00: str r1, [r0, #0] */
	0x68a5,	/* 02: ldr r5, [r4, #8] */
	0x2d00,	/* 04: cmp r5, #0 */
	0xd1fc,	/* 06: bne.n 2 */
	0xbe00,	/* 08: bkpt 0x0000 */
};

/* A CPU that polls a device without executing (core_note_idle_poll()) still takes its interrupts, on time. */
static void test_ticks_during_idle_polls(void **state)
{
	struct machine *m = MACHINE(CORE_M4, idle_code);

	(void)state;
	LOAD(m, 0x20000b00, read_handler);
	set_vector(m, SYSTICK, 0x20000b00);
	set_up_timer(m, 48000 - 1);
	core_reg_set(m->core, 4, DEVICE);
	m->busy_until_ps = 20 * VB_PS_PER_MS + VB_PS_PER_US;
	run(m);
	assert_halted_at(m, CODE + sizeof(idle_code) - 2);
	assert_int_equal(m->reads, 20);
	assert_int_equal(m->polls, 22);
	for (unsigned int k = 0; k < 20; k++)
		assert_in_range(m->read_at_ps[k], (k + 1) * VB_PS_PER_MS, (k + 1) * VB_PS_PER_MS + 500000);
	free_machine(m);
}

/* A reset stops it and forgets the interrupt; reload and counter are not defined and stay. */
static void test_reset(void **state)
{
	struct machine *m = MACHINE(CORE_M0, pending_code);

	(void)state;
	set_up_timer(m, 99);
	poke(m, SYST_CSR, CSR_ON);
	poke(m, ICSR, 1u << 26);
	core_system_reset(m->core);
	assert_int_equal(word_at(m, SYST_CSR), 4);
	assert_int_equal(word_at(m, SYST_RVR), 99);
	assert_int_equal(word_at(m, ICSR), 0);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t loop_code[] = {
	0x3201,	/* 00: adds r2, #1 */
	0x429a,	/* 02: cmp r2, r3 */
	0xd1fc,	/* 04: bne.n 0 */
	0xbe00,	/* 06: bkpt 0x0000 */
};

static void lower_line(void *context)
{
	struct machine *m = context;

	core_set_irq(m->core, 3, false);
}

/* An interrupt input: each rise is one interrupt, a level that stays is one after the other. */
static void test_levels(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NUM_TYPES; i++) {
		struct machine *m = MACHINE(all_types[i], loop_code);
		int up, down;

		trace_vector(m, IRQ(3));
		poke(m, NVIC_ISER, 8);
		core_reg_set(m->core, 2, 0);
		core_reg_set(m->core, 3, 2000);
		up = core_add_alarm(m->core, raise_line, m);
		down = core_add_alarm(m->core, lower_line, m);
		core_set_alarm(m->core, up, 10 * VB_PS_PER_US);
		core_set_alarm(m->core, down, 10 * VB_PS_PER_US + 1);
		run(m);
		assert_halted_at(m, CODE + 6);
		ASSERT_TRACE(m, IRQ(3));
		free_machine(m);

		m = MACHINE(all_types[i], loop_code);
		trace_vector(m, IRQ(3));
		poke(m, NVIC_ISER, 8);
		core_reg_set(m->core, 2, 0);
		core_reg_set(m->core, 3, 2000);
		up = core_add_alarm(m->core, raise_line, m);
		down = core_add_alarm(m->core, lower_line, m);
		core_set_alarm(m->core, up, 10 * VB_PS_PER_US);
		core_set_alarm(m->core, down, 11 * VB_PS_PER_US);
		run(m);
		assert_halted_at(m, CODE + 6);
		/* 48 cycles: entry 12 to 16, a handler of 9 to 12, 6 between two; and one that is pending at the end */
		assert_in_range(m->writes, 3, 4);
		/* ICPR cannot clear what is still there. */
		core_set_irq(m->core, 3, true);
		poke(m, NVIC_ICPR, 8);
		assert_int_equal(word_at(m, NVIC_ISPR), 8);
		core_set_irq(m->core, 3, false);
		assert_int_equal(word_at(m, NVIC_ISPR), 8);
		poke(m, NVIC_ICPR, 8);
		assert_int_equal(word_at(m, NVIC_ISPR), 0);
		free_machine(m);
	}
}

/* Alarms come in order and on time, also to a core that is halted. */
static void test_alarms_of_a_halted_core(void **state)
{
	struct machine *m = MACHINE(CORE_M0, loop_code);
	int up;

	(void)state;
	up = core_add_alarm(m->core, raise_line, m);
	core_set_alarm(m->core, up, 5 * VB_PS_PER_US);
	core_run_until(m->core, 5 * VB_PS_PER_US - 1);
	assert_int_equal(word_at(m, NVIC_ISPR), 0);
	core_run_until(m->core, 5 * VB_PS_PER_US);
	assert_int_equal(word_at(m, NVIC_ISPR), 8);
	for (unsigned int i = 1; i < 8; i++)
		assert_int_not_equal(core_add_alarm(m->core, raise_line, m), -1);
	assert_int_equal(core_add_alarm(m->core, raise_line, m), -1);
	free_machine(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_period),
		cmocka_unit_test(test_slices_change_nothing),
		cmocka_unit_test(test_current_value),
		cmocka_unit_test(test_countflag),
		cmocka_unit_test(test_reload_of_zero),
		cmocka_unit_test(test_reference_clock),
		cmocka_unit_test(test_pending_is_cleared),
		cmocka_unit_test(test_wfi_wakes),
		cmocka_unit_test(test_wfi_with_primask),
		cmocka_unit_test(test_wfe),
		cmocka_unit_test(test_sleep_on_exit),
		cmocka_unit_test(test_ticks_during_idle_polls),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_alarms_of_a_halted_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
