// SPDX-License-Identifier: GPL-2.0-or-later

/* The simulated core: instructions, time, faults. See also test_vb_core_{debug,protect}.c. */

#include "vb_core_fixture.h"

/* cortex-m0 */
static const uint16_t sum_code[] = {
	0x2000,	/* 00: movs r0, #0 */
	0x210a,	/* 02: movs r1, #10 */
	0x1840,	/* 04: adds r0, r0, r1 */
	0x3901,	/* 06: subs r1, #1 */
	0xd1fc,	/* 08: bne.n 4 */
	0x4340,	/* 0a: muls r0, r0 */
	0xbe00,	/* 0c: bkpt 0x0000 */
};

static void test_arithmetic(void **state)
{
	static const enum core_type types[] = { CORE_M0, CORE_M0PLUS, CORE_M3, CORE_M4, CORE_M7, CORE_M33 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct machine *m = MACHINE(types[i], sum_code);

		run(m);
		assert_halted_at(m, CODE + sizeof(sum_code) - 2);
		assert_int_equal(core_reg_get(m->core, 0), 55 * 55);
		assert_int_equal(word_at(m, DFSR), 3);	/* halted by us first, then BKPT */
		assert_int_equal(core_reg_get(m->core, CORE_MSP), STACK);
		free_machine(m);
	}
}

/* Cortex-M0: 2 + 10 x (1 + 1) + 9 x 3 + 1 (branches) + 1 (MULS) = 51 cycles; M0+ one less for each branch taken. */
static void test_cycles_are_those_of_the_manual(void **state)
{
	struct machine *m = MACHINE(CORE_M0, sum_code);

	(void)state;
	run(m);
	assert_int_equal(core_cycles(m->core), 51);
	assert_int_equal(m->vb.count.instructions, 2 + 30 + 1);
	free_machine(m);
	m = MACHINE(CORE_M0PLUS, sum_code);
	run(m);
	assert_int_equal(core_cycles(m->core), 42);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t call_code[] = {
	0xf000, 0xf801,	/* 00: bl 6 */
	0xbe00,	/* 04: bkpt 0x0000 */
	0xb530,	/* 06: push {r4, r5, lr} */
	0x9800,	/* 08: ldr r0, [sp, #0] */
	0x9001,	/* 0a: str r0, [sp, #4] */
	0xbd30,	/* 0c: pop {r4, r5, pc} */
};

/* BL 4, PUSH 1 + 3, LDR 2, STR 2, POP with PC 4 + 3: [DDI 0432C] table 3-1 */
static void test_cycles_of_a_call(void **state)
{
	struct machine *m = MACHINE(CORE_M0, call_code);

	(void)state;
	run(m);
	assert_halted_at(m, CODE + 4);
	assert_int_equal(core_cycles(m->core), 4 + 4 + 2 + 2 + 7);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t device_code[] = {
	0x2201,	/* 00: movs r2, #1 */
	0x0792,	/* 02: lsls r2, r2, #30 */
	0x2314,	/* 04: movs r3, #20 */
	0x6810,	/* 06: ldr r0, [r2, #0] */
	0x6050,	/* 08: str r0, [r2, #4] */
	0x1809,	/* 0a: adds r1, r1, r0 */
	0x3b01,	/* 0c: subs r3, #1 */
	0xd1fa,	/* 0e: bne.n 6 */
	0xbe00,	/* 10: bkpt 0x0000 */
};

static void run_in_slices(struct machine *m, uint64_t slice_ps)
{
	uint64_t end_ps = m->vb.clock.now_ps + 100 * VB_PS_PER_US;

	core_debug_resume(m->core);
	for (unsigned int i = 1; m->vb.clock.now_ps < end_ps; i++) {
		uint64_t until_ps = m->vb.clock.now_ps + 1 + (slice_ps * (i % 7 + 1)) / 3;

		core_run_until(m->core, until_ps < end_ps ? until_ps : end_ps);
	}
	assert_int_equal(m->vb.clock.now_ps, end_ps);
}

/* Every access reaches the device once and at the same time, however time is sliced. */
static void test_slices_change_nothing(void **state)
{
	static const uint64_t slices_ps[] = { 7000, 20833, 50001, 333333, 1999999, 40000000 };
	static const enum core_type types[] = { CORE_M0, CORE_M4 };

	(void)state;
	for (unsigned int t = 0; t < 2; t++) {
		struct machine *whole = MACHINE(types[t], device_code);

		run_in_slices(whole, 1000 * VB_PS_PER_MS);
		assert_halted_at(whole, CODE + sizeof(device_code) - 2);
		assert_int_equal(whole->reads, 20);
		assert_int_equal(whole->writes, 20);
		for (unsigned int i = 0; i < 16; i++)
			assert_int_equal(whole->stored[i], i);

		for (unsigned int i = 0; i < sizeof(slices_ps) / sizeof(slices_ps[0]); i++) {
			struct machine *m = MACHINE(types[t], device_code);

			run_in_slices(m, slices_ps[i]);
			assert_halted_at(m, CODE + sizeof(device_code) - 2);
			assert_int_equal(m->reads, 20);
			assert_int_equal(m->writes, 20);
			assert_int_equal(core_reg_get(m->core, 1) - core_reg_get(whole->core, 1), 0);
			assert_int_equal(core_cycles(m->core), core_cycles(whole->core));
			assert_int_equal(m->vb.count.instructions, whole->vb.count.instructions);
			assert_memory_equal(m->read_at_ps, whole->read_at_ps, sizeof(m->read_at_ps));
			free_machine(m);
		}
		/* The device sees the core's own time: 3 cycles of set-up, then 9 per turn (M0: 2 + 2 + 1 + 1 + 3). */
		if (types[t] == CORE_M0) {
			assert_int_equal(whole->read_at_ps[0], 3 * VB_PS_PER_S / 48000000);
			assert_int_equal(whole->read_at_ps[10], (3 + 90) * VB_PS_PER_S / 48000000);
		}
		free_machine(whole);
	}
}

/* cortex-m4 */
static const uint16_t it_code[] = {
	0x2000,	/* 00: movs r0, #0 */
	0x21c8,	/* 02: movs r1, #200 */
	0xf011, 0x0f01,	/* 04: tst.w r1, #1 */
	0xbf0b,	/* 08: itete eq */
	0x3003,	/* 0a: addeq r0, #3 */
	0x3801,	/* 0c: subne r0, #1 */
	0x4048,	/* 0e: eoreq r0, r1 */
	0xeb00, 0x0040,	/* 10: addne.w r0, r0, r0, lsl #1 */
	0x0002,	/* 14: movs r2, r0 */
	0x2a4d,	/* 16: cmp r2, #77 */
	0xbfc8,	/* 18: it gt */
	0x3846,	/* 1a: subgt r0, #70 */
	0xfbb0, 0xf3f1,	/* 1c: udiv r3, r0, r1 */
	0xfba0, 0x4503,	/* 20: umull r4, r5, r0, r3 */
	0x4426,	/* 24: add r6, r4 */
	0x3901,	/* 26: subs r1, #1 */
	0xd1ec,	/* 28: bne.n 4 */
	0xbe00,	/* 2a: bkpt 0x0000 */
};

/* IT blocks: a stop inside one must not change what is executed. Compared with single steps too. */
static void test_it_blocks_in_slices(void **state)
{
	struct machine *whole = MACHINE(CORE_M4, it_code);
	struct machine *m;

	(void)state;
	core_reg_set(whole->core, 6, 0);
	run_in_slices(whole, 1000 * VB_PS_PER_MS);
	assert_halted_at(whole, CODE + sizeof(it_code) - 2);
	for (uint64_t slice_ps = 5000; slice_ps < 90000; slice_ps += 7001) {
		m = MACHINE(CORE_M4, it_code);
		core_reg_set(m->core, 6, 0);
		run_in_slices(m, slice_ps);
		assert_halted_at(m, CODE + sizeof(it_code) - 2);
		assert_int_equal(core_reg_get(m->core, 0), core_reg_get(whole->core, 0));
		assert_int_equal(core_reg_get(m->core, 6), core_reg_get(whole->core, 6));
		assert_int_equal(core_cycles(m->core), core_cycles(whole->core));
		free_machine(m);
	}

	m = MACHINE(CORE_M4, it_code);
	core_reg_set(m->core, 6, 0);
	/* 14 to 17 instructions a turn, each its own step, also those whose condition fails. */
	for (unsigned int i = 0; i < 2 + 200 * 15; i++) {
		poke(m, DHCSR, 0xa05f0005);
		core_run_until(m->core, m->vb.clock.now_ps + VB_PS_PER_US);
		assert_true(core_is_halted(m->core));
	}
	assert_halted_at(m, CODE + sizeof(it_code) - 2);
	assert_int_equal(core_reg_get(m->core, 0), core_reg_get(whole->core, 0));
	assert_int_equal(core_reg_get(m->core, 6), core_reg_get(whole->core, 6));
	free_machine(m);
	free_machine(whole);
}

/* cortex-m0 */
static const uint16_t poll_code[] = {
	0x2201,	/* 00: movs r2, #1 */
	0x0792,	/* 02: lsls r2, r2, #30 */
	0x2300,	/* 04: movs r3, #0 */
	0x3301,	/* 06: adds r3, #1 */
	0x6890,	/* 08: ldr r0, [r2, #8] */
	0x2800,	/* 0a: cmp r0, #0 */
	0xd1fb,	/* 0c: bne.n 6 */
	0xbe00,	/* 0e: bkpt 0x0000 */
};

static void test_idle_polls_are_skipped(void **state)
{
	struct machine *m = MACHINE(CORE_M0, poll_code);
	struct machine *sliced = MACHINE(CORE_M0, poll_code);
	uint64_t cycles;

	(void)state;
	m->busy_until_ps = 40 * VB_PS_PER_S;
	core_debug_resume(m->core);
	core_run_until(m->core, 20 * VB_PS_PER_S);
	assert_false(core_is_halted(m->core));
	assert_true(word_at(m, DHCSR) & S_RETIRE_ST);
	assert_true(word_at(m, DHCSR) & S_RETIRE_ST);
	core_run_until(m->core, 41 * VB_PS_PER_S);
	assert_halted_at(m, CODE + sizeof(poll_code) - 2);
	assert_int_equal(m->polls, 2);
	cycles = core_cycles(m->core);
	assert_true(cycles > 40ull * 48000000 && cycles < 40ull * 48000000 + 50);

	sliced->busy_until_ps = 40 * VB_PS_PER_S;
	core_debug_resume(sliced->core);
	for (uint64_t now_ps = 0; now_ps < 41 * VB_PS_PER_S; now_ps += 999999999)
		core_run_until(sliced->core, now_ps);
	assert_int_equal(sliced->polls, 2);
	assert_int_equal(core_cycles(sliced->core), cycles);
	free_machine(sliced);
	free_machine(m);

	/* A halt gets through. */
	m = MACHINE(CORE_M0, poll_code);
	m->busy_until_ps = 40 * VB_PS_PER_S;
	core_debug_resume(m->core);
	core_run_until(m->core, VB_PS_PER_S);
	core_debug_halt(m->core);
	assert_halted_at(m, CODE + 10);
	assert_int_equal(core_reg_get(m->core, 3), 1);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t load_code[] = {
	0x6808,	/* 00: ldr r0, [r1, #0] */
	0xbe00,	/* 02: bkpt 0x0000 */
};

static void set_up_frame_registers(struct machine *m)
{
	for (unsigned int i = 0; i <= 12; i++)
		core_reg_set(m->core, i, 0x1000 + i);
	core_reg_set(m->core, CORE_LR, 0x0badcafe);
	core_reg_set(m->core, CORE_XPSR, 0xa1000000);
}

static void assert_frame(struct machine *m, uint32_t address, uint32_t r1)
{
	struct frame frame = frame_at(m, address);

	assert_int_equal(frame.r0, 0x1000);
	assert_int_equal(frame.r1, r1);
	assert_int_equal(frame.r2, 0x1002);
	assert_int_equal(frame.r3, 0x1003);
	assert_int_equal(frame.r12, 0x100c);
	assert_int_equal(frame.lr, 0x0badcafe);
	assert_int_equal(frame.pc, CODE);
}

static void test_hard_fault_frame(void **state)
{
	/* Nothing there, a device's bus error, and (M0) unaligned. */
	static const uint32_t addresses[] = { 0x30000000, DEVICE + 0xc, 0x20000002 };
	static const enum core_type types[] = { CORE_M0, CORE_M3, CORE_M4, CORE_M33 };

	(void)state;
	for (unsigned int t = 0; t < 4; t++) {
		for (unsigned int i = 0; i < (types[t] == CORE_M0 ? 3 : 2); i++) {
			struct machine *m = MACHINE(types[t], load_code);

			set_up_frame_registers(m);
			core_reg_set(m->core, 1, addresses[i]);
			run(m);
			assert_halted_at(m, HARD_FAULT);
			assert_int_equal(core_reg_get(m->core, CORE_XPSR) & 0x1ff, 3);
			assert_int_equal(core_reg_get(m->core, CORE_SP), STACK - 32);
			assert_int_equal(core_reg_get(m->core, CORE_LR), types[t] == CORE_M33 ? 0xffffffb8 : 0xfffffff9);
			assert_frame(m, STACK - 32, addresses[i]);
			assert_int_equal(frame_at(m, STACK - 32).xpsr, 0xa1000000);
			assert_int_equal(core_reg_get(m->core, 0), 0x1000);
			if (types[t] != CORE_M0) {
				assert_int_equal(word_at(m, HFSR), 1u << 30);
				assert_int_equal(word_at(m, CFSR), 0x8200);
				assert_int_equal(word_at(m, BFAR), addresses[i]);
			} else {
				assert_int_equal(word_at(m, HFSR), 0);
			}
			free_machine(m);
		}
	}
}

/* cortex-m3 */
static const uint16_t post_index_code[] = {
	0xf851, 0x0b04,	/* 00: ldr.w r0, [r1], #4 */
	0xf841, 0x0b04,	/* 04: str.w r0, [r1], #4 */
	0xbe00,	/* 08: bkpt 0x0000 */
};

/* A faulting access leaves no trace in the registers, and can be repeated after the return. */
static void test_bus_fault_is_precise_and_returns(void **state)
{
	/* ldr r1, =DEVICE; str r1, [sp, #4]; bx lr */
	static const uint16_t fix_r1[] = { 0x4901, 0x9101, 0x4770, 0xbf00, 0x0000, 0x4000 };
	struct machine *m = MACHINE(CORE_M3, post_index_code);

	(void)state;
	LOAD(m, BUS_FAULT, fix_r1);
	poke(m, SHCSR, 1u << 17);
	core_reg_set(m->core, 1, DEVICE + 0xc);
	run(m);
	assert_halted_at(m, CODE + 8);
	assert_int_equal(m->reads, 1);
	assert_int_equal(m->writes, 1);
	assert_int_equal(core_reg_get(m->core, 1), DEVICE + 8);
	assert_int_equal(core_reg_get(m->core, CORE_SP), STACK);
	assert_int_equal(core_reg_get(m->core, CORE_XPSR) & 0x1ff, 0);
	assert_int_equal(word_at(m, SHCSR), 1u << 17);
	assert_int_equal(word_at(m, HFSR), 0);
	poke(m, CFSR, 0xffffffff);
	assert_int_equal(word_at(m, CFSR), 0);
	free_machine(m);
}

static void test_fault_plan_reaches_the_core(void **state)
{
	struct machine *m = MACHINE(CORE_M0, device_code);

	(void)state;
	m->vb.fault = (struct fault *)m;	/* only passed on */
	bus_errors_left = 1;
	run(m);
	bus_errors_left = 0;
	assert_halted_at(m, HARD_FAULT);
	assert_int_equal(frame_at(m, STACK - 32).pc, CODE + 6);
	assert_int_equal(m->reads, 0);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t flash_store_code[] = {
	0x6008,	/* 00: str r0, [r1, #0] */
	0xbe00,	/* 02: bkpt 0x0000 */
};

static void test_store_to_flash_faults(void **state)
{
	struct machine *m = MACHINE(CORE_M0, flash_store_code);
	uint32_t before = word_at(m, 0x40);

	(void)state;
	core_reg_set(m->core, 0, ~before);
	core_reg_set(m->core, 1, 0x40);
	run(m);
	assert_halted_at(m, HARD_FAULT);
	assert_int_equal(word_at(m, 0x40), before);
	free_machine(m);
}

/* B.W backwards (T4): its first half-word is in the range of UDF.W's, [v7M] A7.7.12 and A7.7.194. */
static void test_wide_branch_backwards(void **state)
{
	static const uint16_t code[] = {
		0xe001,		/* 00: b 06 */
		0x2005,		/* 02: movs r0, #5 */
		0xbe00,		/* 04: bkpt */
		0xf7ff, 0xbffc,	/* 06: b.w 02 */
	};
	struct machine *m = MACHINE(CORE_M4, code);

	(void)state;
	run(m);
	assert_int_equal(core_reg_get(m->core, 0), 5);
	assert_true(core_is_halted(m->core));
	free_machine(m);
}

static void test_m0_rejects_what_v6m_lacks(void **state)
{
	static const uint16_t codes[][2] = {
		{ 0xb100, 0xbf00 },	/* cbz r0 */
		{ 0xb900, 0xbf00 },	/* cbnz r0 */
		{ 0xb300, 0xbf00 },	/* cbz r0, far */
		{ 0xbf08, 0xbf00 },	/* it eq */
		{ 0xb661, 0xbf00 },	/* cpsie f */
		{ 0xb650, 0xbf00 },	/* setend le */
		{ 0xf240, 0x0001 },	/* movw r0, #1 */
		{ 0xfbb0, 0xf0f1 },	/* udiv r0, r0, r1 */
		{ 0xf000, 0xb800 },	/* b.w */
		{ 0xf8d1, 0x0000 },	/* ldr.w r0, [r1] */
		{ 0xe8bd, 0x0003 },	/* ldm.w sp!, {r0, r1} */
		{ 0xde00, 0xbf00 },	/* udf */
		{ 0xf7f0, 0xa000 },	/* udf.w */
		{ 0xba80, 0xbf00 },
		{ 0xb800, 0xbf00 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		struct machine *m = MACHINE(CORE_M0, codes[i]);

		core_reg_set(m->core, 0, 0);
		run(m);
		assert_halted_at(m, HARD_FAULT);
		assert_int_equal(frame_at(m, STACK - 32).pc, CODE);
		free_machine(m);
	}
}

/* cortex-m0 */
static const uint16_t v6m_code[] = {
	0xb672,	/* 00: cpsid i */
	0xf3ef, 0x8010,	/* 02: mrs r0, PRIMASK */
	0xb662,	/* 06: cpsie i */
	0xf3ef, 0x8110,	/* 08: mrs r1, PRIMASK */
	0xf3bf, 0x8f4f,	/* 0c: dsb sy */
	0xf3bf, 0x8f5f,	/* 10: dmb sy */
	0xf3bf, 0x8f6f,	/* 14: isb sy */
	0xbf40,	/* 18: sev */
	0x46c0,	/* 1a: nop */
	0xbf10,	/* 1c: yield */
	0xb24a,	/* 1e: sxtb r2, r1 */
	0xba03,	/* 20: rev r3, r0 */
	0xf3ef, 0x8405,	/* 22: mrs r4, IPSR */
	0xf000, 0xf800,	/* 26: bl 2a */
	0xf380, 0x8810,	/* 2a: msr PRIMASK, r0 */
	0xbe00,	/* 2e: bkpt 0x0000 */
};

static void test_m0_executes_all_that_v6m_has(void **state)
{
	struct machine *m = MACHINE(CORE_M0, v6m_code);

	(void)state;
	run(m);
	assert_halted_at(m, CODE + sizeof(v6m_code) - 2);
	assert_int_equal(core_reg_get(m->core, 0), 1);
	assert_int_equal(core_reg_get(m->core, 1), 0);
	assert_int_equal(core_reg_get(m->core, 3), 0x01000000);
	assert_int_equal(core_reg_get(m->core, CORE_SPECIAL), 1);
	free_machine(m);
}

static void test_undefined_is_a_usage_fault(void **state)
{
	static const uint16_t code[] = { 0xde00 };
	static const uint16_t vmov[] = { 0xee00, 0x0a10, 0xbe00 };	/* vmov s0, r0 */
	struct machine *m = MACHINE(CORE_M3, code);

	(void)state;
	poke(m, SHCSR, 1u << 18);
	run(m);
	assert_halted_at(m, USAGE_FAULT);
	assert_int_equal(word_at(m, CFSR), 1u << 16);
	assert_int_equal(word_at(m, SHCSR), 1u << 18 | 1u << 3);
	free_machine(m);

	/* No FPU; an FPU that is off; one that is on. */
	m = MACHINE(CORE_M3, vmov);
	run(m);
	assert_halted_at(m, HARD_FAULT);
	assert_int_equal(word_at(m, CFSR), 1u << 19);
	free_machine(m);
	m = MACHINE(CORE_M4, vmov);
	run(m);
	assert_halted_at(m, HARD_FAULT);
	assert_int_equal(word_at(m, CFSR), 1u << 19);
	free_machine(m);
	m = MACHINE(CORE_M4, vmov);
	poke(m, CPACR, 0x00f00000);
	core_reg_set(m->core, 0, 0x3f800000);
	run(m);
	assert_halted_at(m, CODE + 4);
	assert_int_equal(core_reg_get(m->core, CORE_S0), 0x3f800000);
	assert_int_equal(core_reg_get(m->core, CORE_SPECIAL) >> 24, 4);
	free_machine(m);
}

/* cortex-m4 */
static const uint16_t fp_fault_code[] = {
	0xee00, 0x0a10,	/* 00: vmov s0, r0 */
	0xee07, 0x1a90,	/* 04: vmov s15, r1 */
	0xde00,	/* 08: udf #0 */
	0xbe00,	/* 0a: bkpt 0x0000 */
};

/* cortex-m4 */
static const uint16_t fp_handler[] = {
	0xee00, 0x2a10,	/* 00: vmov s0, r2 */
	0x9806,	/* 04: ldr r0, [sp, #24] */
	0x3002,	/* 06: adds r0, #2 */
	0x9006,	/* 08: str r0, [sp, #24] */
	0x4770,	/* 0a: bx lr */
};

static void test_fp_context_is_stacked(void **state)
{
	struct machine *m = MACHINE(CORE_M4, fp_fault_code);

	(void)state;
	LOAD(m, HARD_FAULT, fp_handler);
	poke(m, CPACR, 0x00f00000);
	core_reg_set(m->core, 0, 0x11111111);
	core_reg_set(m->core, 1, 0x22222222);
	core_reg_set(m->core, 2, 0x33333333);
	run(m);
	assert_halted_at(m, CODE + 10);
	assert_int_equal(core_reg_get(m->core, CORE_S0), 0x11111111);
	assert_int_equal(core_reg_get(m->core, CORE_SP), STACK);
	assert_int_equal(core_reg_get(m->core, CORE_SPECIAL) >> 24, 4);
	assert_int_equal(word_at(m, STACK - 0x68 + 0x20), 0x11111111);
	assert_int_equal(word_at(m, STACK - 0x68 + 0x20 + 15 * 4), 0x22222222);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t branch_code[] = {
	0x4700,	/* 00: bx r0 */
};

static void test_bad_branches(void **state)
{
	static const struct {
		enum core_type type;
		uint32_t target, cfsr;
	} cases[] = {
		{ CORE_M0, RAM + 0x200, 0 },			/* to ARM state */
		{ CORE_M3, RAM + 0x200, 1u << 17 },		/* INVSTATE */
		{ CORE_M0, DEVICE + 1, 0 },
		{ CORE_M3, DEVICE + 1, 1u << 0 },		/* execute-never: IACCVIOL */
		{ CORE_M3, 0x30000001, 1u << 8 },		/* nothing there: IBUSERR */
		{ CORE_M4, 0xe000e001, 1u << 0 },
		{ CORE_M33, 0x30000001, 1u << 8 },
		{ CORE_M3, 0xfffffff9, 1u << 0 },		/* EXC_RETURN from Thread mode is an address */
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine *m = MACHINE(cases[i].type, branch_code);

		core_reg_set(m->core, 0, cases[i].target);
		run(m);
		assert_halted_at(m, HARD_FAULT);
		assert_int_equal(frame_at(m, STACK - 32).pc, cases[i].target & ~1u);
		assert_int_equal(word_at(m, CFSR), cases[i].cfsr);
		assert_int_equal(m->reads, 0);
		free_machine(m);
	}
}

/* cortex-m0 */
static const uint16_t svc_code[] = {
	0x2005,	/* 00: movs r0, #5 */
	0xdf01,	/* 02: svc 1 */
	0x3001,	/* 04: adds r0, #1 */
	0xbe00,	/* 06: bkpt 0x0000 */
};

/* cortex-m0 */
static const uint16_t svc_handler[] = {
	0xf3ef, 0x8405,	/* 00: mrs r4, IPSR */
	0xf3ef, 0x8509,	/* 04: mrs r5, PSP */
	0x6828,	/* 08: ldr r0, [r5, #0] */
	0x300a,	/* 0a: adds r0, #10 */
	0x6028,	/* 0c: str r0, [r5, #0] */
	0x4770,	/* 0e: bx lr */
};

/* From Thread mode on PSP, unprivileged on M4, and back. */
static void test_svc_and_return_on_psp(void **state)
{
	static const enum core_type types[] = { CORE_M0, CORE_M4, CORE_M33 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct machine *m = MACHINE(types[i], svc_code);
		uint32_t control = types[i] == CORE_M0 ? 2 : 3;

		LOAD(m, SVCALL, svc_handler);
		core_reg_set(m->core, CORE_PSP, 0x20003004);	/* not a multiple of 8: the frame is aligned */
		core_reg_set(m->core, CORE_SPECIAL, control << 24);
		assert_int_equal(core_reg_get(m->core, CORE_SP), 0x20003004);
		run(m);
		assert_halted_at(m, CODE + 6);
		assert_int_equal(core_reg_get(m->core, 0), 16);
		assert_int_equal(core_reg_get(m->core, 4), 11);
		assert_int_equal(core_reg_get(m->core, 5), 0x20003004 - 36);
		assert_int_equal(core_reg_get(m->core, CORE_SP), 0x20003004);
		assert_int_equal(core_reg_get(m->core, CORE_MSP), STACK);
		assert_int_equal(core_reg_get(m->core, CORE_SPECIAL), control << 24);
		assert_int_equal(core_reg_get(m->core, CORE_XPSR) & 0x1ff, 0);
		free_machine(m);
	}
}

/* With PRIMASK set an SVC cannot be taken. */
static void test_svc_escalates(void **state)
{
	struct machine *m = MACHINE(CORE_M3, svc_code);

	(void)state;
	core_reg_set(m->core, CORE_SPECIAL, 1);
	run(m);
	assert_halted_at(m, HARD_FAULT);
	assert_int_equal(frame_at(m, STACK - 32).pc, CODE + 4);
	assert_int_equal(word_at(m, HFSR), 1u << 30);
	free_machine(m);
}

static void test_lockup(void **state)
{
	static const uint16_t undefined[] = { 0xde00 };
	struct machine *m = MACHINE(CORE_M0, load_code);

	(void)state;
	LOAD(m, HARD_FAULT, undefined);
	core_reg_set(m->core, 1, 0x30000000);
	run(m);
	assert_false(core_is_halted(m->core));
	assert_true(core_is_locked_up(m->core));
	assert_true(word_at(m, DHCSR) & S_LOCKUP);
	poke(m, DHCSR, 0xa05f0003);
	assert_int_equal(word_at(m, DHCSR) & (S_LOCKUP | S_HALT), S_HALT);
	assert_halted_at(m, 0xfffffffe);
	assert_int_equal(core_reg_get(m->core, CORE_XPSR) & 0x1ff, 3);
	/* And again, until somebody puts PC right. */
	run(m);
	assert_true(core_is_locked_up(m->core));
	core_debug_halt(m->core);
	set_code(m, CODE, sum_code, sizeof(sum_code));
	core_reg_set(m->core, CORE_PC, CODE);
	core_reg_set(m->core, CORE_XPSR, 0x01000000);
	run(m);
	assert_halted_at(m, CODE + sizeof(sum_code) - 2);
	free_machine(m);
}

static void test_erased_flash_locks_up(void **state)
{
	static const enum core_type types[] = { CORE_M0, CORE_M4, CORE_M33 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct machine *m = new_machine(types[i]);

		memset(bus_ram_pointer(&m->bus, FLASH, 0x4000), 0xff, 0x4000);
		core_run_until(m->core, VB_PS_PER_MS);
		assert_true(core_is_locked_up(m->core));
		assert_int_equal(m->vb.clock.now_ps, VB_PS_PER_MS);
		assert_int_equal(m->vb.count.resets, 0);
		free_machine(m);
	}
}

/* cortex-m0 */
static const uint16_t sleep_code[] = {
	0x2001,	/* 00: movs r0, #1 */
	0xbf30,	/* 02: wfi */
	0x2002,	/* 04: movs r0, #2 */
	0xbe00,	/* 06: bkpt 0x0000 */
};

static void test_sleep_costs_nothing(void **state)
{
	struct machine *m = MACHINE(CORE_M0, sleep_code);

	(void)state;
	core_debug_resume(m->core);
	core_run_until(m->core, 3600 * VB_PS_PER_S);
	assert_int_equal(word_at(m, DHCSR) & (1u << 18), 1u << 18);
	assert_int_equal(core_cycles(m->core), 3);
	core_debug_halt(m->core);
	assert_halted_at(m, CODE + 4);
	run(m);
	assert_halted_at(m, CODE + 6);
	assert_int_equal(core_reg_get(m->core, 0), 2);
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t wfe_code[] = {
	0xbf40,	/* 00: sev */
	0xbf20,	/* 02: wfe */
	0xbf20,	/* 04: wfe */
	0xbe00,	/* 06: bkpt 0x0000 */
};

static void test_event_register(void **state)
{
	struct machine *m = MACHINE(CORE_M0, wfe_code);

	(void)state;
	run(m);
	assert_false(core_is_halted(m->core));
	core_debug_halt(m->core);
	assert_halted_at(m, CODE + 6);
	free_machine(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wide_branch_backwards),
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_cycles_are_those_of_the_manual),
		cmocka_unit_test(test_cycles_of_a_call),
		cmocka_unit_test(test_slices_change_nothing),
		cmocka_unit_test(test_it_blocks_in_slices),
		cmocka_unit_test(test_idle_polls_are_skipped),
		cmocka_unit_test(test_hard_fault_frame),
		cmocka_unit_test(test_bus_fault_is_precise_and_returns),
		cmocka_unit_test(test_fault_plan_reaches_the_core),
		cmocka_unit_test(test_store_to_flash_faults),
		cmocka_unit_test(test_m0_rejects_what_v6m_lacks),
		cmocka_unit_test(test_m0_executes_all_that_v6m_has),
		cmocka_unit_test(test_undefined_is_a_usage_fault),
		cmocka_unit_test(test_fp_context_is_stacked),
		cmocka_unit_test(test_bad_branches),
		cmocka_unit_test(test_svc_and_return_on_psp),
		cmocka_unit_test(test_svc_escalates),
		cmocka_unit_test(test_lockup),
		cmocka_unit_test(test_erased_flash_locks_up),
		cmocka_unit_test(test_sleep_costs_nothing),
		cmocka_unit_test(test_event_register),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
