// SPDX-License-Identifier: GPL-2.0-or-later

/* The simulated core as a debugger sees it: halt, step, breakpoints, registers, vector catch, reset. */

#include "vb_core_fixture.h"

#define FP_CTRL		0xe0002000u
#define FP_COMP0	0xe0002008u
#define DWT_CTRL	0xe0001000u

/* cortex-m0 */
static const uint16_t loop_code[] = {
	0x3001,	/* 00: adds r0, #1 */
	0x3102,	/* 02: adds r1, #2 */
	0xe7fc,	/* 04: b.n 0 */
};

/* As OpenOCD does it: facts of access order in its cortex_m.c, "cortex_m_store_core_reg_u32" and its counterpart. */
static void write_register(struct machine *m, unsigned int number, uint32_t value)
{
	poke(m, DCRDR, value);
	poke(m, DCRSR, 0x10000 | number);
	assert_true(word_at(m, DHCSR) & 1u << 16);
}

static uint32_t read_register(struct machine *m, unsigned int number)
{
	poke(m, DCRSR, number);
	assert_true(word_at(m, DHCSR) & 1u << 16);
	return word_at(m, DCRDR);
}

static void test_halt_and_resume(void **state)
{
	struct machine *m = new_machine(CORE_M0);
	uint32_t r0;

	(void)state;
	LOAD(m, CODE, loop_code);
	core_run_until(m->core, VB_PS_PER_MS);
	assert_int_equal(word_at(m, DHCSR) & (S_RETIRE_ST | S_HALT | S_RESET_ST), S_RETIRE_ST | S_RESET_ST);
	assert_int_equal(word_at(m, DHCSR) & (S_RETIRE_ST | S_RESET_ST), 0);
	core_run_until(m->core, 2 * VB_PS_PER_MS);
	assert_int_equal(word_at(m, DHCSR) & (S_RETIRE_ST | S_HALT | S_RESET_ST), S_RETIRE_ST);

	/* Without the key nothing happens; C_HALT needs C_DEBUGEN. */
	poke(m, DHCSR, 3);
	poke(m, DHCSR, 0xa05f0002);
	assert_int_equal(word_at(m, DHCSR) & (S_HALT | 3), 0);
	poke(m, DHCSR, 0xa05f0001);
	assert_int_equal(word_at(m, DHCSR) & (S_HALT | 3), 1);
	poke(m, DHCSR, 0xa05f0003);
	assert_int_equal(word_at(m, DHCSR) & (S_HALT | 3), S_HALT | 3);
	assert_int_equal(word_at(m, DFSR), 1);
	poke(m, DFSR, 1);
	assert_int_equal(word_at(m, DFSR), 0);

	/* 2 ms at 48 MHz, 5 cycles a turn; time stands still while halted. */
	r0 = read_register(m, 0);
	core_run_until(m->core, 3 * VB_PS_PER_MS);
	assert_int_equal(read_register(m, 0), r0);
	poke(m, DHCSR, 0xa05f0001);
	core_run_until(m->core, 4 * VB_PS_PER_MS);
	poke(m, DHCSR, 0xa05f0003);
	assert_in_range(read_register(m, 0) - r0, 48000 / 5 - 1, 48000 / 5 + 1);
	assert_in_range(m->vb.count.instructions, 3 * 3 * 48000 / 5 - 5, 3 * 3 * 48000 / 5 + 5);
	free_machine(m);
}

static void test_registers(void **state)
{
	static const enum core_type types[] = { CORE_M0, CORE_M0PLUS, CORE_M3, CORE_M4, CORE_M33 };

	(void)state;
	for (unsigned int t = 0; t < 5; t++) {
		struct machine *m = MACHINE(types[t], loop_code);
		bool v6m = types[t] == CORE_M0 || types[t] == CORE_M0PLUS;
		uint32_t special = v6m ? 0x02000001 : 0x03014001;

		for (unsigned int i = 0; i < 15; i++)
			write_register(m, i, 0x20001000 + 0x110 * i);
		write_register(m, 16, 0x61000000);
		write_register(m, 18, 0x20002000);
		write_register(m, 20, special);
		/* Through the engine and back. */
		write_register(m, 15, CODE + 4);
		poke(m, DHCSR, 0xa05f0005);
		core_run_until(m->core, VB_PS_PER_MS);
		for (unsigned int i = 0; i < 13; i++)
			assert_int_equal(read_register(m, i), 0x20001000 + 0x110 * i);
		assert_int_equal(read_register(m, 13), 0x20002000);	/* PSP */
		assert_int_equal(read_register(m, 14), 0x20001000 + 0x110 * 14);
		assert_int_equal(read_register(m, 15), CODE);
		assert_int_equal(read_register(m, 16), 0x61000000);
		assert_int_equal(read_register(m, 17), 0x20001000 + 0x110 * 13);
		assert_int_equal(read_register(m, 18), 0x20002000);
		assert_int_equal(read_register(m, 20), special);
		write_register(m, 13, 0x20003000);
		assert_int_equal(read_register(m, 18), 0x20003000);
		write_register(m, 20, 0);
		assert_int_equal(read_register(m, 13), 0x20001000 + 0x110 * 13);
		free_machine(m);
	}
}

static void test_fp_registers(void **state)
{
	struct machine *m = MACHINE(CORE_M4, loop_code);

	(void)state;
	assert_int_equal(word_at(m, 0xe000ef40), 0x10110021);
	assert_int_equal(word_at(m, 0xe000ef44), 0x11000011);
	for (unsigned int i = 0; i < 32; i++)
		write_register(m, 0x40 + i, 0xf0000000 + i);
	write_register(m, 0x21, 0x01000000);
	poke(m, DHCSR, 0xa05f0005);
	core_run_until(m->core, VB_PS_PER_MS);
	for (unsigned int i = 0; i < 32; i++)
		assert_int_equal(read_register(m, 0x40 + i), 0xf0000000 + i);
	assert_int_equal(read_register(m, 0x21), 0x01000000);
	free_machine(m);
}

static void test_stack_limit_registers(void **state)
{
	struct machine *m = MACHINE(CORE_M33, loop_code);

	(void)state;
	assert_int_equal(word_at(m, 0xe000efb8) & 0x30, 0);	/* no Security Extension */
	write_register(m, 0x1c, 0x20000400);
	write_register(m, 0x1f, 0x20000807);
	poke(m, DHCSR, 0xa05f0005);
	core_run_until(m->core, VB_PS_PER_MS);
	assert_int_equal(read_register(m, 0x1e), 0x20000400);
	assert_int_equal(read_register(m, 0x1d), 0x20000800);
	free_machine(m);
	/* No such thing before v8-M. */
	m = MACHINE(CORE_M4, loop_code);
	write_register(m, 0x1c, 0x20000400);
	assert_int_equal(read_register(m, 0x1c), 0);
	free_machine(m);
}

static void test_step(void **state)
{
	struct machine *m = MACHINE(CORE_M0, loop_code);

	(void)state;
	write_register(m, 0, 0);
	write_register(m, 1, 0);
	for (unsigned int i = 0; i < 7; i++) {
		static const uint32_t offset[] = { 2, 4, 0 };

		poke(m, DFSR, 0x1f);
		poke(m, DHCSR, 0xa05f000d);	/* with C_MASKINTS */
		core_run_until(m->core, m->vb.clock.now_ps + 10 * VB_PS_PER_US);
		assert_int_equal(word_at(m, DHCSR) & (S_HALT | 3), S_HALT | 3);
		assert_int_equal(word_at(m, DFSR), 1);
		assert_int_equal(read_register(m, 15), CODE + offset[i % 3]);
	}
	assert_int_equal(read_register(m, 0), 3);
	assert_int_equal(read_register(m, 1), 4);
	assert_int_equal(m->vb.count.instructions, 7);
	free_machine(m);
}

static void test_step_into_a_fault(void **state)
{
	static const uint16_t undefined[] = { 0xde00 };
	struct machine *m = MACHINE(CORE_M0, undefined);

	(void)state;
	poke(m, DHCSR, 0xa05f0005);
	core_run_until(m->core, VB_PS_PER_MS);
	assert_halted_at(m, HARD_FAULT);
	assert_int_equal(word_at(m, DFSR), 1);
	free_machine(m);
}

/* In flash, through the alias where the core runs from: revision 0 reaches the code region only. */
static void test_breakpoints_revision_0(void **state)
{
	struct machine *m = new_machine(CORE_M4);

	(void)state;
	LOAD(m, FLASH + 0x200, loop_code);
	core_debug_halt(m->core);
	write_register(m, 15, FLASH + 0x200);
	write_register(m, 0, 0);
	assert_int_equal(word_at(m, FP_CTRL), 0x260);
	poke(m, FP_COMP0, 0x80000000 | FLASH | 0x200 | 1);	/* upper half-word: the second instruction */

	/* Not enabled as a whole. */
	poke(m, DHCSR, 0xa05f0001);
	core_run_until(m->core, VB_PS_PER_MS);
	assert_false(core_is_halted(m->core));
	poke(m, FP_CTRL, 1);	/* no key */
	assert_int_equal(word_at(m, FP_CTRL) & 1, 0);
	poke(m, FP_CTRL, 3);
	assert_int_equal(word_at(m, FP_CTRL) & 1, 1);
	core_run_until(m->core, 2 * VB_PS_PER_MS);
	assert_halted_at(m, FLASH + 0x202);
	assert_int_equal(word_at(m, DFSR) & 2, 2);

	/* It hits again at once, with nothing executed, for a step as well. */
	write_register(m, 0, 0);
	poke(m, DHCSR, 0xa05f0001);
	core_run_until(m->core, 3 * VB_PS_PER_MS);
	assert_halted_at(m, FLASH + 0x202);
	assert_int_equal(read_register(m, 0), 0);
	poke(m, FP_COMP0, 0);
	poke(m, DHCSR, 0xa05f0005);
	core_run_until(m->core, 4 * VB_PS_PER_MS);
	assert_halted_at(m, FLASH + 0x204);
	/* Literal comparators are there too. */
	poke(m, FP_COMP0 + 4 * 7, 0x101);
	assert_int_equal(word_at(m, FP_COMP0 + 4 * 7), 0x101);
	poke(m, FP_COMP0 + 4 * 8, 0x101);
	assert_int_equal(word_at(m, FP_COMP0 + 4 * 8), 0);
	free_machine(m);
}

static void test_breakpoints_revision_1(void **state)
{
	struct machine *m = MACHINE(CORE_M33, loop_code);

	(void)state;
	assert_int_equal(word_at(m, FP_CTRL), 0x10000060);
	poke(m, FP_CTRL, 3);
	poke(m, FP_COMP0 + 4 * 5, (CODE + 2) | 1);
	run(m);
	assert_halted_at(m, CODE + 2);
	free_machine(m);
}

/* cortex-m4 */
static const uint16_t it_code[] = {
	0x2800,	/* 00: cmp r0, #0 */
	0xbf09,	/* 02: itett eq */
	0x3001,	/* 04: addeq r0, #1 */
	0x300a,	/* 06: addne r0, #10 */
	0x6811,	/* 08: ldreq r1, [r2, #0] */
	0x3003,	/* 0a: addeq r0, #3 */
	0xbe00,	/* 0c: bkpt 0x0000 */
};

/* Before each instruction of an IT block, and back into its middle. */
static void test_breakpoints_in_an_it_block(void **state)
{
	static const uint32_t stops[] = { 2, 4, 6, 8, 10 };

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		struct machine *m = MACHINE(CORE_M33, it_code);

		write_register(m, 0, 0);
		write_register(m, 2, DEVICE);
		poke(m, FP_CTRL, 3);
		poke(m, FP_COMP0, (CODE + stops[i]) | 1);
		run(m);
		assert_halted_at(m, CODE + stops[i]);
		assert_int_equal(m->reads, stops[i] > 8 ? 1 : 0);
		poke(m, FP_COMP0, 0);
		/* Registers go out and in, ITSTATE with them. */
		write_register(m, 5, 55);
		run(m);
		assert_halted_at(m, CODE + 12);
		assert_int_equal(read_register(m, 0), 4);
		assert_int_equal(read_register(m, 1), 0);
		assert_int_equal(m->reads, 1);
		free_machine(m);
	}
}

/* A fault in an IT block stacks ITSTATE; the return goes on in the middle of the block. */
static void test_fault_in_an_it_block(void **state)
{
	static const uint16_t handler[] = {
		0x9a02,		/* ldr r2, [sp, #8]	stacked R2 */
		0x3a0c,		/* subs r2, #12 */
		0x9202,		/* str r2, [sp, #8] */
		0x4770,		/* bx lr */
	};
	struct machine *m = MACHINE(CORE_M4, it_code);

	(void)state;
	LOAD(m, BUS_FAULT, handler);
	poke(m, SHCSR, 1u << 17);
	write_register(m, 0, 0);
	write_register(m, 2, DEVICE + 0xc);
	run(m);
	assert_halted_at(m, CODE + 12);
	assert_int_equal(read_register(m, 0), 4);
	assert_int_equal(m->reads, 1);
	assert_int_equal(word_at(m, STACK - 32 + 28) & 0x0600fc00, 0x400);	/* 00000100 */
	free_machine(m);
}

static void test_bkpt_without_debugger(void **state)
{
	static const uint16_t bkpt[] = { 0xbe00 };
	static const uint16_t loop[] = { 0xe7fe };
	static const enum core_type types[] = { CORE_M0, CORE_M3 };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct machine *m = new_machine(types[i]);

		LOAD(m, CODE, bkpt);
		LOAD(m, HARD_FAULT, loop);
		core_run_until(m->core, VB_PS_PER_MS);
		assert_int_equal(word_at(m, HFSR), types[i] == CORE_M0 ? 0 : 1u << 31);
		core_debug_halt(m->core);
		assert_halted_at(m, HARD_FAULT);
		free_machine(m);
	}
}

static void test_vector_catch(void **state)
{
	static const uint16_t undefined[] = { 0xde00 };
	static const uint16_t loop[] = { 0xe7fe };
	static const struct {
		enum core_type type;
		uint32_t demcr, shcsr, pc;
	} cases[] = {
		{ CORE_M0, 1u << 10, 0, HARD_FAULT },
		{ CORE_M3, 1u << 10, 0, HARD_FAULT },
		{ CORE_M3, 1u << 7, 1u << 18, USAGE_FAULT },
		{ CORE_M3, 1u << 10, 1u << 18, 0 },
		{ CORE_M33, 1u << 8, 0, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine *m = MACHINE(cases[i].type, undefined);

		LOAD(m, HARD_FAULT, loop);
		LOAD(m, USAGE_FAULT, loop);
		poke(m, DFSR, 0x1f);
		poke(m, SHCSR, cases[i].shcsr);
		poke(m, DEMCR, cases[i].demcr);
		run(m);
		assert_int_equal(core_is_halted(m->core), cases[i].pc != 0);
		if (cases[i].pc) {
			assert_halted_at(m, cases[i].pc);
			assert_int_equal(word_at(m, DFSR), 8);
			assert_int_equal(core_reg_get(m->core, CORE_SP), STACK - 32);
		}
		free_machine(m);
	}
}

/* The sequence of OpenOCD's "reset halt", with SYSRESETREQ, then with VECTRESET on v7-M. */
static void test_reset_halt(void **state)
{
	static const struct {
		enum core_type type;
		uint32_t aircr;
		unsigned int device_resets;
	} cases[] = {
		{ CORE_M0, 0x05fa0004, 1 },
		{ CORE_M4, 0x05fa0004, 1 },
		{ CORE_M4, 0x05fa0001, 0 },
		{ CORE_M33, 0x05fa0004, 1 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine *m = new_machine(cases[i].type);

		LOAD(m, CODE, loop_code);
		core_run_until(m->core, VB_PS_PER_MS);
		poke(m, DHCSR, 0xa05f0001);
		word_at(m, DHCSR);
		poke(m, DCRDR, 0);
		poke(m, DEMCR, cases[i].type == CORE_M0 ? 0x01000401 : 0x01000501);
		poke(m, 0xe000ed20, 0xc0c00000);
		poke(m, AIRCR, 4);	/* no key */
		assert_int_equal(m->vb.count.resets, 0);
		poke(m, AIRCR, cases[i].aircr);
		assert_int_equal(word_at(m, AIRCR), 0xfa050000);
		core_run_until(m->core, 50 * VB_PS_PER_MS);
		assert_int_equal(word_at(m, DHCSR) & (S_RESET_ST | S_HALT | 3), S_RESET_ST | S_HALT | 3);
		assert_int_equal(word_at(m, DHCSR) & (S_RESET_ST | S_HALT | 3), S_HALT | 3);
		assert_int_equal(word_at(m, DEMCR), cases[i].type == CORE_M0 ? 0x01000401 : 0x01000501);
		assert_int_equal(word_at(m, DFSR), 8);
		assert_int_equal(word_at(m, 0xe000ed20), 0);
		assert_int_equal(m->resets, cases[i].device_resets);
		assert_int_equal(m->vb.count.resets, cases[i].device_resets);
		assert_int_equal(read_register(m, 15), CODE);
		assert_int_equal(read_register(m, 16), 0x01000000);
		assert_int_equal(read_register(m, 13), STACK);
		assert_int_equal(read_register(m, 14), 0xffffffff);
		poke(m, DEMCR, 0x01000000);
		poke(m, DHCSR, 0xa05f0001);
		core_run_until(m->core, 51 * VB_PS_PER_MS);
		assert_true(word_at(m, DHCSR) & S_RETIRE_ST);
		free_machine(m);
	}
	/* v6-M and v8-M have no VECTRESET. */
	for (unsigned int i = 0; i < 2; i++) {
		struct machine *m = MACHINE(i ? CORE_M33 : CORE_M0, loop_code);

		word_at(m, DHCSR);
		poke(m, AIRCR, 0x05fa0001);
		assert_int_equal(word_at(m, DHCSR) & (S_RESET_ST | S_HALT), S_HALT);
		free_machine(m);
	}
}

/* cortex-m0 */
static const uint16_t reset_code[] = {
	0x6001,	/* 00: str r1, [r0, #0] */
	0x3201,	/* 02: adds r2, #1 */
	0xe7fe,	/* 04: b.n 4 */
};

/* By the guest, and by a device while the guest touches it: nothing after the store is executed. */
static void test_reset_by_the_guest(void **state)
{
	static const uint32_t stores[2][2] = { { AIRCR, 0x05fa0004 }, { DEVICE + 0x10, 0 } };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct machine *m = MACHINE(CORE_M0, reset_code);

		poke(m, DEMCR, 1);
		write_register(m, 0, stores[i][0]);
		write_register(m, 1, stores[i][1]);
		write_register(m, 2, 7);
		word_at(m, DHCSR);
		run(m);
		assert_halted_at(m, CODE);
		assert_true(word_at(m, DHCSR) & S_RESET_ST);
		assert_int_equal(read_register(m, 2), 7);
		assert_int_equal(m->resets, 1);
		assert_int_equal(m->vb.count.resets, 1);
		assert_int_equal(m->writes, i);
		free_machine(m);
	}
}

static void test_reset_pin(void **state)
{
	struct machine *m = MACHINE(CORE_M0, loop_code);

	(void)state;
	core_debug_resume(m->core);
	core_run_until(m->core, VB_PS_PER_MS);
	core_hold_reset(m->core, true);
	core_hold_reset(m->core, true);
	assert_int_equal(m->resets, 1);
	word_at(m, DHCSR);
	core_run_until(m->core, 2 * VB_PS_PER_MS);
	assert_int_equal(word_at(m, DHCSR) & (S_RESET_ST | S_RETIRE_ST), S_RESET_ST);
	assert_int_equal(m->vb.clock.now_ps, 2 * VB_PS_PER_MS);
	/* Asked for in reset, done behind it. */
	poke(m, DHCSR, 0xa05f0003);
	assert_int_equal(word_at(m, DHCSR) & S_HALT, 0);
	core_hold_reset(m->core, false);
	assert_int_equal(word_at(m, DHCSR) & (S_RESET_ST | S_HALT), S_RESET_ST | S_HALT);
	assert_int_equal(word_at(m, DHCSR) & S_RESET_ST, 0);
	assert_halted_at(m, CODE);
	free_machine(m);
}

/* A debugger changes code that has run, by single words and through an alias. */
static void test_changed_code_is_seen(void **state)
{
	static const uint16_t first[] = { 0x2001, 0xbe00 };	/* movs r0, #1; bkpt */
	struct machine *m = MACHINE(CORE_M0, first);

	(void)state;
	for (unsigned int i = 1; i < 20; i++) {
		poke(m, CODE, 0xbe002000 | i);
		write_register(m, 15, CODE);
		run(m);
		assert_halted_at(m, CODE + 2);
		assert_int_equal(read_register(m, 0), i);
	}
	/* A software breakpoint, as OpenOCD sets it. */
	LOAD(m, CODE, loop_code);
	write_register(m, 15, CODE);
	core_debug_resume(m->core);
	core_run_until(m->core, m->vb.clock.now_ps + VB_PS_PER_MS);
	assert_int_equal(bus_write(&m->bus, CODE + 2, 2, 0xbe11, BUS_DEBUG), 0);
	core_run_until(m->core, m->vb.clock.now_ps + VB_PS_PER_MS);
	assert_halted_at(m, CODE + 2);

	for (unsigned int i = 1; i < 5; i++) {
		LOAD(m, FLASH + 0x200, first);
		bus_ram_pointer(&m->bus, FLASH + 0x200, 1)[0] = (uint8_t)i;
		bus_note_ram_written(&m->bus, FLASH + 0x200, 2);
		write_register(m, 15, 0x200);
		run(m);
		assert_halted_at(m, 0x202);
		assert_int_equal(read_register(m, 0), i);
	}
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t self_modifying_code[] = {
	0x8011,	/* 00: strh r1, [r2, #0] */
	0xe7ff,	/* 02: b.n 4 */
	0x2001,	/* 04: movs r0, #1 */
	0xbe00,	/* 06: bkpt 0x0000 */
};

/* The guest itself, in code that it branches to. */
static void test_guest_changes_code(void **state)
{
	struct machine *m = MACHINE(CORE_M0, self_modifying_code);

	(void)state;
	for (unsigned int i = 3; i < 9; i++) {
		write_register(m, 1, 0x2000 + i);
		write_register(m, 2, CODE + 4);
		write_register(m, 15, CODE);
		run(m);
		assert_halted_at(m, CODE + 6);
		assert_int_equal(read_register(m, 0), i);
	}
	free_machine(m);
}

/* cortex-m0 */
static const uint16_t dma_code[] = {
	0x6151,	/* 00: str r1, [r2, #20] */
	0x2001,	/* 02: movs r0, #1 */
	0xbe00,	/* 04: bkpt 0x0000 */
};

static void test_device_changes_code(void **state)
{
	struct machine *m = MACHINE(CORE_M0, dma_code);

	(void)state;
	for (unsigned int i = 3; i < 9; i++) {
		write_register(m, 1, 0x2000 + i);
		write_register(m, 2, DEVICE);
		write_register(m, 15, CODE);
		run(m);
		assert_halted_at(m, CODE + 4);
		assert_int_equal(read_register(m, 0), i);
	}
	free_machine(m);
}

static void test_cycle_counter_and_dwt(void **state)
{
	struct machine *m = MACHINE(CORE_M3, loop_code);

	(void)state;
	assert_int_equal(word_at(m, DWT_CTRL), 2u << 28);
	poke(m, DWT_CTRL, 1);
	poke(m, DWT_CTRL + 4, 100);
	core_debug_resume(m->core);
	core_run_until(m->core, m->vb.clock.now_ps + VB_PS_PER_MS);
	core_debug_halt(m->core);
	assert_in_range(word_at(m, DWT_CTRL + 4), 48100, 48104);
	for (unsigned int i = 0; i < 2; i++) {
		poke(m, DWT_CTRL + 0x20 + 16 * i, 0x20000000 + i);
		poke(m, DWT_CTRL + 0x28 + 16 * i, 5 + i);
		assert_int_equal(word_at(m, DWT_CTRL + 0x20 + 16 * i), 0x20000000 + i);
		assert_int_equal(word_at(m, DWT_CTRL + 0x28 + 16 * i), 5 + i);
	}
	/* Newer OpenOCD unlocks and sets up the ITM at each reset. */
	poke(m, 0xe0000fb0, 0xc5acce55);
	poke(m, 0xe0000e00, 0x12345678);
	assert_int_equal(word_at(m, 0xe0000e00), 0x12345678);
	poke(m, DWT_CTRL + 0x28 + 32, 5);
	assert_int_equal(word_at(m, DWT_CTRL + 0x28 + 32), 0);
	free_machine(m);
}

static void test_identification(void **state)
{
	static const uint32_t cpuid[] = {
		[CORE_M0] = 0xc20, [CORE_M0PLUS] = 0xc60, [CORE_M3] = 0xc23, [CORE_M4] = 0xc24, [CORE_M7] = 0xc27,
		[CORE_M33] = 0xd21,
	};

	(void)state;
	for (unsigned int type = CORE_M0; type <= CORE_M33; type++) {
		struct machine *m = MACHINE(type, loop_code);
		uint32_t value;

		assert_int_equal(word_at(m, 0xe000ed00) >> 4 & 0xfff, cpuid[type]);
		assert_int_equal(word_at(m, 0xe00ff000), 0xfff0f003);
		assert_int_equal(word_at(m, 0xe00ff008), 0xfff03003);
		/* VTOR: not on the M0; the configuration says where the vectors are. */
		poke(m, 0xe000ed08, 0x20000000);
		assert_int_equal(word_at(m, 0xe000ed08), type == CORE_M0 ? 0 : 0x20000000);
		/* v6-M: words only. */
		assert_int_equal(bus_read(&m->bus, 0xe000ed00, 1, &value, BUS_DEBUG), type <= CORE_M0PLUS ? -1 : 0);
		free_machine(m);
	}
}

/* Priorities and enables are stored, with the bits that there are. */
static void test_interrupt_registers_store(void **state)
{
	struct machine *m = MACHINE(CORE_M0, loop_code);

	(void)state;
	poke(m, 0xe000e100, 0x81);
	poke(m, 0xe000e180, 0x01);
	assert_int_equal(word_at(m, 0xe000e100), 0x80);
	poke(m, 0xe000e404, 0xffffffff);
	assert_int_equal(word_at(m, 0xe000e404), 0xc0c0c0c0);
	poke(m, 0xe000e014, 0xff000123);
	assert_int_equal(word_at(m, 0xe000e014), 0x123);
	free_machine(m);
}

static void test_impossible_configurations(void **state)
{
	struct core_config config = { .type = CORE_M0, .clock_hz = 0 };
	struct vb vb = { .seed = 1 };
	struct bus bus;

	(void)state;
	bus_init(&bus, &vb);
	assert_null(core_new(&bus, &config));
	config.clock_hz = 1000000;
	config.fpb_comparators = 99;
	assert_null(core_new(&bus, &config));
	bus_free(&bus);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_halt_and_resume),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_fp_registers),
		cmocka_unit_test(test_stack_limit_registers),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_step_into_a_fault),
		cmocka_unit_test(test_breakpoints_revision_0),
		cmocka_unit_test(test_breakpoints_revision_1),
		cmocka_unit_test(test_breakpoints_in_an_it_block),
		cmocka_unit_test(test_fault_in_an_it_block),
		cmocka_unit_test(test_bkpt_without_debugger),
		cmocka_unit_test(test_vector_catch),
		cmocka_unit_test(test_reset_halt),
		cmocka_unit_test(test_reset_by_the_guest),
		cmocka_unit_test(test_reset_pin),
		cmocka_unit_test(test_changed_code_is_seen),
		cmocka_unit_test(test_guest_changes_code),
		cmocka_unit_test(test_device_changes_code),
		cmocka_unit_test(test_cycle_counter_and_dwt),
		cmocka_unit_test(test_identification),
		cmocka_unit_test(test_interrupt_registers_store),
		cmocka_unit_test(test_impossible_configurations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
