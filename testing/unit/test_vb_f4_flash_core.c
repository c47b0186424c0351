// SPDX-License-Identifier: GPL-2.0-or-later

/* Internal flash of the STM32F4, as a core sees it: stores, stalls, code that changes; and as a board keeps it. */

#include "vb_f4_flash_rig.h"

#include <unistd.h>

#include "../vboard/board.h"
#include "../vboard/board_app.h"

#define CODE		0x20000100u
#define HANDLER		0x20000800u
#define STACK		0x20002000u
#define CLOCK_MHZ	168

/* Halted, with FLASH's registers in R5 and everything else as the test sets it. */
static struct rig *new_machine(void)
{
	static const struct core_config config = {
		.type = CORE_M4, .clock_hz = CLOCK_MHZ * 1000000, .vector_table = RAM, .fpb_comparators = 6,
		.dwt_comparators = 4,
	};
	static const uint16_t bkpt = 0xbe00;
	struct rig *rig = new_rig(0x200000);
	uint32_t vectors[16] = { STACK, CODE | 1 };

	for (unsigned int i = 2; i < 16; i++)
		vectors[i] = HANDLER | 1;
	memcpy(bus_ram_pointer(&rig->bus, RAM, sizeof(vectors)), vectors, sizeof(vectors));
	memcpy(bus_ram_pointer(&rig->bus, HANDLER, sizeof(bkpt)), &bkpt, sizeof(bkpt));
	rig->core = core_new(&rig->bus, &config);
	assert_non_null(rig->core);
	core_debug_halt(rig->core);
	assert_true(core_is_halted(rig->core));
	core_reg_set(rig->core, 5, ACR);
	return rig;
}

static void load(struct rig *rig, uint32_t address, const uint16_t *code, size_t bytes)
{
	memcpy(bus_ram_pointer(&rig->bus, address, (uint32_t)bytes), code, bytes);
	bus_note_ram_written(&rig->bus, address, (uint32_t)bytes);
}

/* Runs from `address` to a BKPT; returns the cycles that it took. */
static uint64_t run_from(struct rig *rig, uint32_t address)
{
	uint64_t begin = core_cycles(rig->core);

	core_reg_set(rig->core, CORE_PC, address);
	core_debug_resume(rig->core);
	core_run_until(rig->core, rig->vb.clock.now_ps + 20 * VB_PS_PER_S);
	assert_true(core_is_halted(rig->core));
	return core_cycles(rig->core) - begin;
}

static uint64_t run_code(struct rig *rig, const uint16_t *code, size_t bytes)
{
	load(rig, CODE, code, bytes);
	return run_from(rig, CODE);
}

#define RUN(rig, code)	run_code(rig, code, sizeof(code))

/* A few instructions beside a wait of `us`. */
static void expect_cycles(uint64_t cycles, uint64_t us)
{
	assert_in_range(cycles, us * CLOCK_MHZ, us * CLOCK_MHZ + 100);
}

static void test_cpu_stores(void **state)
{
	static const uint16_t stm[] = { 0xc00e, 0xbe00 };		/* stmia r0!, {r1-r3}; bkpt */
	static const uint16_t str_ldr[] = { 0x6001, 0x6802, 0xbe00 };	/* str r1, [r0]; ldr r2, [r0]; bkpt */
	static const uint16_t strh[] = { 0x8001, 0xbe00 };		/* strh r1, [r0]; bkpt */
	static const uint16_t strb[] = { 0x7001, 0xbe00 };		/* strb r1, [r0]; bkpt */
	static const uint16_t str[] = { 0x6001, 0xbe00 };		/* str r1, [r0]; bkpt */
	static const uint16_t vstm[] = { 0xec80, 0x0b02, 0xbe00 };	/* vstmia r0, {d0}; bkpt */
	struct rig *rig = new_machine();

	(void)state;
	unlock(rig);
	put(rig, CR, PG | X32);

	/* Not polled between: each store waits for the one before. */
	core_reg_set(rig->core, 0, FLASH + 0x4000);
	core_reg_set(rig->core, 1, 0x11111111);
	core_reg_set(rig->core, 2, 0x22222222);
	core_reg_set(rig->core, 3, 0x33333333);
	expect_cycles(RUN(rig, stm), 2 * 16);
	assert_int_equal(core_reg_get(rig->core, 0), FLASH + 0x400c);
	assert_int_equal(get(rig, FLASH + 0x4000), 0x11111111);
	assert_int_equal(get(rig, FLASH + 0x4004), 0x22222222);
	assert_int_equal(get(rig, 0x4008), 0x33333333);

	/* Read back at once: waits, and sees the new content; and again, when the engine knows the page. */
	for (unsigned int i = 0; i < 3; i++) {
		core_reg_set(rig->core, 0, i == 1 ? 0x5000 + 4 * i : FLASH + 0x5000 + 4 * i);
		expect_cycles(RUN(rig, str_ldr), 16);
		assert_int_equal(core_reg_get(rig->core, 2), 0x11111111);
		assert_int_equal(get(rig, FLASH + 0x5000 + 4 * i), 0x11111111);
	}

	/* A bus of 32 bits, also where the engine has a store of 64, aligned or not. */
	core_reg_set(rig->core, CORE_FPSCR, 0);
	put(rig, 0xe000ed88, 0x00f00000);	/* CPACR */
	core_reg_set(rig->core, CORE_S0, 0x44444444);
	core_reg_set(rig->core, CORE_S0 + 1, 0x55555555);
	for (unsigned int i = 0; i < 2; i++) {
		core_reg_set(rig->core, 0, FLASH + 0x6000 + 20 * i);
		expect_cycles(RUN(rig, vstm), 16);
		assert_int_equal(get(rig, FLASH + 0x6000 + 20 * i), 0x44444444);
		assert_int_equal(get(rig, FLASH + 0x6004 + 20 * i), 0x55555555);
	}
	assert_int_equal(rig->vb.count.internal_programs, 3 + 3 + 4);
	assert_int_equal(get(rig, SR), 0);
	expect_violation(rig, "");

	put(rig, CR, PG | PSIZE(1));
	core_reg_set(rig->core, 0, FLASH + 0x7002);
	RUN(rig, strh);
	put(rig, CR, PG | PSIZE(0));
	core_reg_set(rig->core, 0, FLASH + 0x7001);
	RUN(rig, strb);
	assert_int_equal(get(rig, FLASH + 0x7000), 0x111111ff);
	expect_violation(rig, "");
	RUN(rig, str);	/* unaligned: once, not once a byte */
	expect_violation(rig, "unaligned store of 32 bits to 0x08007001");
	assert_int_equal(get(rig, SR), PGPERR);
	core_reg_set(rig->core, 0, FLASH + 0x7ffe);
	RUN(rig, str);	/* likewise over the end of a page */
	expect_violation(rig, "PGAERR");
	/* Nothing is left of it: the next store counts again. */
	core_reg_set(rig->core, 0, FLASH + 0x7ffe);
	RUN(rig, strb);
	assert_int_equal(get(rig, FLASH + 0x7ffc), 0xff11ffff);
	assert_int_equal(get(rig, FLASH + 0x8000), 0xffffffff);
	free_rig(rig);
}

static void test_cpu_wrong_key(void **state)
{
	static const uint16_t code[] = { 0x6069, 0xbe00 };	/* str r1, [r5, #4]; bkpt */
	struct rig *rig = new_machine();

	(void)state;
	core_reg_set(rig->core, 1, 0x12345678);
	RUN(rig, code);
	assert_int_equal(core_reg_get(rig->core, CORE_PC), HANDLER);
	assert_int_equal(get(rig, 0xe000ed28), 0x8200);	/* CFSR: PRECISERR, BFARVALID */
	assert_int_equal(get(rig, 0xe000ed38), KEYR);
	expect_violation(rig, "wrong unlock sequence");
	free_rig(rig);
}

static void test_idle_skip(void **state)
{
	/* str r1, [r5, #16]; poll: ldr r2, [r5, #12]; tst r2, r3; bne poll; bkpt */
	static const uint16_t code[] = { 0x6129, 0x68ea, 0x421a, 0xd1fc, 0xbe00 };
	struct rig *rig = new_machine();

	(void)state;
	unlock(rig);
	core_reg_set(rig->core, 1, SER | SNB(5) | X32 | STRT);
	core_reg_set(rig->core, 3, BSY);
	expect_cycles(RUN(rig, code), 1000000);
	assert_in_range(rig->vb.count.instructions, 3 * CTL_IDLE_FLASH_POLLS, 4 * CTL_IDLE_FLASH_POLLS);
	assert_int_equal(core_reg_get(rig->core, 2), 0);

	/* In the other bank the same code runs on; in the erased one its first fetch waits. */
	rig->vb.count.instructions = 0;
	load(rig, BANK_2, code, sizeof(code));
	expect_cycles(run_from(rig, BANK_2), 1000000);
	assert_in_range(rig->vb.count.instructions, 3 * CTL_IDLE_FLASH_POLLS, 4 * CTL_IDLE_FLASH_POLLS);

	rig->vb.count.instructions = 0;
	load(rig, FLASH, code, sizeof(code));
	expect_cycles(run_from(rig, FLASH), 1000000);
	assert_int_equal(rig->vb.count.instructions, 4);
	/* Also by its alias, and when it was the debugger who began. */
	put(rig, CR, SER | SNB(5) | X32 | STRT);
	core_reg_set(rig->core, 1, SER | SNB(5) | X32);
	rig->vb.num_violations = 0;
	expect_cycles(run_from(rig, 0), 1000000);
	expect_violation(rig, "");
	free_rig(rig);
}

static void test_no_idle_skip_with_work(void **state)
{
	/*
	 * poll: movs r4, #100; wait: subs r4, #1; bne wait; adds r7, #1; ldr r2, [r5, #12]; tst r2, r3; bne poll; bkpt
	 */
	static const uint16_t code[] = { 0x2464, 0x3c01, 0xd1fd, 0x3701, 0x68ea, 0x421a, 0xd1f8, 0xbe00 };
	struct rig *rig = new_machine();

	(void)state;
	unlock(rig);
	put(rig, CR, SER | SNB(5) | X32 | STRT);
	load(rig, CODE, code, sizeof(code));
	core_reg_set(rig->core, CORE_PC, CODE);
	core_reg_set(rig->core, 3, BSY);
	core_reg_set(rig->core, 7, 0);
	core_debug_resume(rig->core);
	core_run_until(rig->core, rig->vb.clock.now_ps + VB_PS_PER_MS);
	core_debug_halt(rig->core);
	/* 100 times 4 cycles and a few: the core has a millisecond's work done. */
	assert_in_range(core_reg_get(rig->core, 7), 1000 * CLOCK_MHZ / 450, 1000 * CLOCK_MHZ / 300);
	assert_int_equal(get(rig, SR), BSY);
	free_rig(rig);
}

static void test_stall_in_it_block(void **state)
{
	/* cmp r2, r2; itte eq; streq r1, [r5, #16]; moveq r2, #1; movne r2, #2; movs r4, #3; bkpt */
	static const uint16_t code[] = { 0x4292, 0xbf06, 0x6129, 0x2201, 0x2202, 0x2403, 0xbe00 };
	struct rig *rig = new_machine();

	(void)state;
	unlock(rig);
	load(rig, FLASH, code, sizeof(code));
	core_reg_set(rig->core, 1, SER | SNB(1) | X32 | STRT);
	expect_cycles(run_from(rig, FLASH), 250000);
	assert_int_equal(core_reg_get(rig->core, 2), 1);
	assert_int_equal(core_reg_get(rig->core, 4), 3);

	/* The same, each instruction by itself. */
	core_reg_set(rig->core, CORE_PC, FLASH);
	core_reg_set(rig->core, 4, 0);
	for (unsigned int i = 0; i < 6; i++) {
		put(rig, 0xe000edf0, 0xa05f0005);	/* DHCSR: C_STEP, C_DEBUGEN */
		/* Only what follows the block waits. */
		core_run_until(rig->core, rig->vb.clock.now_ps + (i < 5 ? VB_PS_PER_US : VB_PS_PER_S));
		assert_true(core_is_halted(rig->core));
	}
	assert_int_equal(core_reg_get(rig->core, CORE_PC), FLASH + 12);
	assert_int_equal(core_reg_get(rig->core, 2), 1);
	assert_int_equal(core_reg_get(rig->core, 4), 3);
	expect_violation(rig, "");
	free_rig(rig);
}

/* Code in flash that was executed, from both addresses, changes: by the CPU, by the debugger, by an erase. */
static void test_code_changes(void **state)
{
	static const uint16_t function[] = { 0x2007, 0x4770 };	/* movs r0, #7; bx lr */
	/* blx r6; mov r7, r0; strh r1, [r3]; blx r6; bkpt */
	static const uint16_t code[] = { 0x47b0, 0x4607, 0x8019, 0x47b0, 0xbe00 };
	static const uint16_t branch[] = { 0xf004, 0xb802 };	/* b.w to 16 KiB and 8 bytes behind itself */
	/* movs r0, #3; bx lr; movs r0, #7; bx lr */
	static const uint16_t targets[] = { 0x2003, 0x4770, 0x2007, 0x4770 };
	static const uint16_t call[] = { 0x47b0, 0xbe00 };	/* blx r6; bkpt */
	struct rig *rig = new_machine();

	(void)state;
	unlock(rig);
	put(rig, CR, PG | PSIZE(1));
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t at = 0x3ffe + 0x8000 * i;	/* the function lies across a block */

		load(rig, FLASH + at, function, sizeof(function));
		core_reg_set(rig->core, 1, 0x2003);	/* movs r0, #3 */
		core_reg_set(rig->core, 3, i ? at : FLASH + at);
		core_reg_set(rig->core, 6, (i ? FLASH + at : at) | 1);
		RUN(rig, code);
		assert_int_equal(core_reg_get(rig->core, 7), 7);
		assert_int_equal(core_reg_get(rig->core, 0), 3);

		store(rig, FLASH + at, 2, 0x2001);
		RUN(rig, call);
		assert_int_equal(core_reg_get(rig->core, 0), 1);
		store(rig, at, 2, 0x2000);
		RUN(rig, call);
		assert_int_equal(core_reg_get(rig->core, 0), 0);
	}

	/* A branch whose second half lies in a block where nothing is executed. */
	load(rig, FLASH + 0xc000 - 2, branch, sizeof(branch));
	load(rig, FLASH + 0x10002, targets, sizeof(targets));
	core_reg_set(rig->core, 1, 0xb800);	/* 4 bytes less */
	core_reg_set(rig->core, 7, 0);
	core_reg_set(rig->core, 3, FLASH + 0xc000);
	core_reg_set(rig->core, 6, (FLASH + 0xc000 - 2) | 1);
	RUN(rig, code);
	assert_int_equal(core_reg_get(rig->core, 7), 7);
	assert_int_equal(core_reg_get(rig->core, 0), 3);

	/* Erased, it is no code any more: FFFFh is undefined. */
	expect_violation(rig, "");
	put(rig, CR, SER | SNB(2) | X32 | STRT);
	RUN(rig, call);
	assert_int_equal(core_reg_get(rig->core, CORE_PC), HANDLER);
	expect_violation(rig, "");
	free_rig(rig);
}

static void test_board_image(void **state)
{
	char directory[] = "ofl-flash-XXXXXX";	/* in the directory where the test runs */
	char path[64];
	struct board_options options = { .internal_image_path = path };
	static struct vb vb = { .seed = 1 };
	uint32_t value, counter;
	struct board *board;
	(void)state;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/internal", directory);
	for (unsigned int run = 0; run < 2; run++) {
		board = board_new(&vb, "stm32f4-mx25", &options);
		assert_non_null(board);
		assert_int_equal(bus_read(&board->bus, FLASH + 0x1ffffc, 4, &value, BUS_DEBUG), 0);
		assert_int_equal(value, run ? 0x600dcafe : 0xffffffff);

		/* The application of sector 0 goes on while another sector of its bank is erased, and after that. */
		counter = board->ram_base + board->ram_bytes - BOARD_APP_COUNTER_BELOW_TOP;
		core_run_until(board->core, vb.clock.now_ps + VB_PS_PER_MS);
		bus_write(&board->bus, KEYR, 4, 0x45670123, BUS_DEBUG);
		bus_write(&board->bus, KEYR, 4, 0xcdef89ab, BUS_DEBUG);
		bus_write(&board->bus, CR, 4, SER | SNB(1) | X32 | STRT, BUS_DEBUG);
		assert_int_equal(bus_read(&board->bus, counter, 4, &value, BUS_DEBUG), 0);
		uint32_t before = value;
		assert_true(before > 0);
		core_run_until(board->core, vb.clock.now_ps + 249 * VB_PS_PER_MS);
		assert_int_equal(bus_read(&board->bus, counter, 4, &value, BUS_DEBUG), 0);
		assert_in_range(value, before, before + 1);
		core_run_until(board->core, vb.clock.now_ps + 2 * VB_PS_PER_MS);
		assert_int_equal(bus_read(&board->bus, counter, 4, &value, BUS_DEBUG), 0);
		assert_true(value > before + 1000);

		bus_write(&board->bus, CR, 4, PG | X32, BUS_DEBUG);
		bus_write(&board->bus, FLASH + 0x1ffffc, 4, 0x600dcafe, BUS_DEBUG);
		if (vb.num_violations)
			fail_msg("violation: %s", vb.violation[0].what);
		board_free(board);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cpu_stores),
		cmocka_unit_test(test_cpu_wrong_key),
		cmocka_unit_test(test_idle_skip),
		cmocka_unit_test(test_no_idle_skip_with_work),
		cmocka_unit_test(test_stall_in_it_block),
		cmocka_unit_test(test_code_changes),
		cmocka_unit_test(test_board_image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
