// SPDX-License-Identifier: GPL-2.0-or-later

/* The simulated core: stack limits, memory protection, privilege. */

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

/* cortex-m0 */
static const uint16_t load_code[] = {
	0x6808,	/* 00: ldr r0, [r1, #0] */
	0xbe00,	/* 02: bkpt 0x0000 */
};

/* cortex-m33 */
static const uint16_t stack_code[] = {
	0xb430,	/* 00: push {r4, r5} */
	0xb082,	/* 02: sub sp, #8 */
	0xbe00,	/* 04: bkpt 0x0000 */
};

/* cortex-m33 */
static const uint16_t msr_limit_code[] = {
	0xf380, 0x880a,	/* 00: msr MSPLIM, r0 */
	0xf3ef, 0x810a,	/* 04: mrs r1, MSPLIM */
	0xb410,	/* 08: push {r4} */
	0xbe00,	/* 0a: bkpt 0x0000 */
};

static void test_stack_limits(void **state)
{
	struct machine *m = MACHINE(CORE_M33, stack_code);

	(void)state;
	/* Far enough: nothing happens. */
	core_reg_set(m->core, CORE_MSPLIM, STACK - 16);
	run(m);
	assert_halted_at(m, CODE + 4);
	free_machine(m);

	/* The PUSH just fits, the SUB does not, nor does the frame: the handler is entered with SP at the limit. */
	m = MACHINE(CORE_M33, stack_code);
	poke(m, SHCSR, 1u << 18);
	core_reg_set(m->core, CORE_MSPLIM, STACK - 8);
	run(m);
	assert_halted_at(m, USAGE_FAULT);
	assert_int_equal(word_at(m, CFSR), 1u << 20);
	assert_int_equal(core_reg_get(m->core, CORE_SP), STACK - 8);
	free_machine(m);

	/* A PUSH that does not fit writes nothing; the handler runs on MSP. */
	m = MACHINE(CORE_M33, stack_code);
	poke(m, SHCSR, 1u << 18);
	core_reg_set(m->core, CORE_PSP, 0x20003000);
	core_reg_set(m->core, CORE_PSPLIM, 0x20003000);
	core_reg_set(m->core, CORE_SPECIAL, 2u << 24);
	set_word(m, 0x20002ffc, 0x600d);
	run(m);
	assert_halted_at(m, USAGE_FAULT);
	assert_int_equal(word_at(m, 0x20002ffc), 0x600d);
	assert_true(word_at(m, CFSR) & 1u << 20);
	assert_int_equal(core_reg_get(m->core, CORE_MSP), STACK);
	free_machine(m);

	/* Set by the guest, read by the debugger; cleared by the debugger, as a session does. */
	m = MACHINE(CORE_M33, msr_limit_code);
	core_reg_set(m->core, 0, STACK);
	run(m);
	assert_true(core_is_halted(m->core));
	assert_int_equal(core_reg_get(m->core, CORE_MSPLIM), STACK);
	assert_int_equal(core_reg_get(m->core, CORE_MSPLIM_NS), STACK);
	assert_int_equal(core_reg_get(m->core, 1), STACK);
	core_reg_set(m->core, CORE_MSPLIM_NS, 0);
	core_reg_set(m->core, CORE_PC, CODE + 8);
	core_reg_set(m->core, CORE_XPSR, 0x01000000);
	run(m);
	assert_halted_at(m, CODE + 10);
	assert_int_equal(core_reg_get(m->core, CORE_MSPLIM), 0);
	free_machine(m);
}

/* cortex-m3 */
static const uint16_t push_code[] = {
	0xb403,	/* 00: push {r0, r1} */
	0x681a,	/* 02: ldr r2, [r3, #0] */
	0xbe00,	/* 04: bkpt 0x0000 */
};

/* PMSAv7: regions as number, base, attributes | size | enable */
static void set_region(struct machine *m, unsigned int number, uint32_t base, uint32_t rasr)
{
	poke(m, 0xe000ed9c, base | 1u << 4 | number);
	poke(m, 0xe000eda0, rasr);
}

#define RASR(ap, size_log2)	((uint32_t)(ap) << 24 | ((size_log2) - 1) << 1 | 1)
#define RASR_XN			(1u << 28)

static void test_mpu_execute_never(void **state)
{
	static const enum core_type types[] = { CORE_M0PLUS, CORE_M3, CORE_M7 };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct machine *m = MACHINE(types[i], sum_code);

		assert_int_equal(word_at(m, 0xe000ed90), 0x800);
		set_region(m, 2, RAM, RASR(3, 15) | RASR_XN);
		poke(m, 0xe000ed94, 5);
		assert_int_equal(word_at(m, 0xe000ed98), 2);
		assert_int_equal(word_at(m, 0xe000ed9c), RAM | 2);
		assert_int_equal(word_at(m, 0xe000eda0), (RASR(3, 15) | RASR_XN));
		/* The handlers lie in the same region; HardFault bypasses the MPU. */
		core_reg_set(m->core, CORE_SPECIAL, 1);
		run(m);
		assert_halted_at(m, HARD_FAULT);
		assert_int_equal(word_at(m, CFSR), types[i] == CORE_M0PLUS ? 0 : 1);
		assert_int_equal(frame_at(m, STACK - 32).pc, CODE);
		/* Off: the same code runs. */
		poke(m, 0xe000ed94, 0);
		core_reg_set(m->core, CORE_XPSR, 0x01000000);
		core_reg_set(m->core, CORE_PC, CODE);
		run(m);
		assert_halted_at(m, CODE + sizeof(sum_code) - 2);
		free_machine(m);
	}
}

static void test_mpu_data(void **state)
{
	struct machine *m = MACHINE(CORE_M3, push_code);

	(void)state;
	/* All RAM for all, but 256 bytes under the stack are read-only. */
	set_region(m, 0, RAM, RASR(3, 15));
	set_region(m, 1, STACK - 256, RASR(6, 8));
	set_region(m, 2, DEVICE, RASR(0, 10));
	poke(m, 0xe000ed94, 1);
	poke(m, SHCSR, 1u << 16);
	core_reg_set(m->core, 0, 0x11111111);
	set_word(m, STACK - 8, 0x600d);
	core_reg_set(m->core, CORE_PC, CODE);
	run(m);
	/* Its frame cannot be stacked either; the handler has none. */
	assert_halted_at(m, MEM_MANAGE);
	assert_int_equal(word_at(m, CFSR), 0x80 | 0x10 | 2);
	assert_int_equal(word_at(m, MMFAR), STACK - 8);
	assert_int_equal(word_at(m, STACK - 8), 0x600d);
	free_machine(m);

	m = MACHINE(CORE_M3, push_code);
	set_region(m, 0, RAM, RASR(3, 15));
	set_region(m, 2, DEVICE, RASR(0, 10));
	poke(m, 0xe000ed94, 1);
	poke(m, SHCSR, 1u << 16);
	core_reg_set(m->core, 2, 0x1234);
	core_reg_set(m->core, 3, DEVICE);
	run(m);
	assert_halted_at(m, MEM_MANAGE);
	assert_int_equal(word_at(m, CFSR), 0x82);
	assert_int_equal(word_at(m, MMFAR), DEVICE);
	assert_int_equal(m->reads, 0);
	assert_int_equal(core_reg_get(m->core, 2), 0x1234);
	assert_int_equal(frame_at(m, STACK - 8 - 32).pc, CODE + 2);
	free_machine(m);
}

/* The guest switches the MPU on itself; it holds from the next instruction. */
/* cortex-m3 */
static const uint16_t mpu_on_code[] = {
	0x6001,	/* 00: str r1, [r0, #0] */
	0x681a,	/* 02: ldr r2, [r3, #0] */
	0xbe00,	/* 04: bkpt 0x0000 */
};

static void test_mpu_enabled_by_the_guest(void **state)
{
	struct machine *m = MACHINE(CORE_M3, mpu_on_code);

	(void)state;
	set_region(m, 0, RAM, RASR(3, 15));
	poke(m, SHCSR, 1u << 16);
	core_reg_set(m->core, 0, 0xe000ed94);
	core_reg_set(m->core, 1, 1);
	core_reg_set(m->core, 3, DEVICE);
	run(m);
	assert_halted_at(m, MEM_MANAGE);
	assert_int_equal(m->reads, 0);
	free_machine(m);
}

static void test_mpu_v8(void **state)
{
	struct machine *m = MACHINE(CORE_M33, sum_code);

	(void)state;
	poke(m, 0xe000ed98, 1);
	poke(m, 0xe000ed9c, RAM | 1u << 1 | 1);		/* read-write for all, XN */
	poke(m, 0xe000eda0, (RAM + 0x7fe0) | 1);
	poke(m, 0xe000ed94, 5);
	run(m);
	assert_halted_at(m, HARD_FAULT);
	assert_int_equal(word_at(m, CFSR), 1);
	free_machine(m);
}

/* Unprivileged code does not reach the System Control Space. */
static void test_unprivileged_scs_access(void **state)
{
	struct machine *m = MACHINE(CORE_M4, load_code);

	(void)state;
	core_reg_set(m->core, CORE_SPECIAL, 1u << 24);
	core_reg_set(m->core, 1, 0xe000ed00);
	run(m);
	assert_halted_at(m, HARD_FAULT);
	assert_int_equal(word_at(m, BFAR), 0xe000ed00);
	free_machine(m);

	m = MACHINE(CORE_M4, load_code);
	core_reg_set(m->core, 1, 0xe000ed00);
	run(m);
	assert_halted_at(m, CODE + 2);
	assert_int_equal(core_reg_get(m->core, 0), 0x410fc241);
	free_machine(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stack_limits),
		cmocka_unit_test(test_mpu_execute_never),
		cmocka_unit_test(test_mpu_data),
		cmocka_unit_test(test_mpu_enabled_by_the_guest),
		cmocka_unit_test(test_mpu_v8),
		cmocka_unit_test(test_unprivileged_scs_access),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
