// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The CPU and the debugger at the mapped range of the board with a QUADSPI: instructions fetched from there, loads that
 * wait, faults, and code that changes. Links all of vboard but main.c, link/, dap/.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vboard/board.h"

#define MAPPED		0x90000000u
#define QUADSPI_CR	0xa0001000u
#define QUADSPI_SR	0xa0001008u
#define QUADSPI_CCR	0xa0001014u
#define CFSR		0xe000ed28u
#define BFAR		0xe000ed38u
#define RAM		0x20000000u
#define FAULT_HANDLER	0x20000400u	/* a loop */
#define S_PER_CYCLE	192000000u

#define IBUSERR		0x100u
#define PRECISERR	0x200u
#define BFARVALID	0x8000u

struct fixture {
	struct vb vb;
	struct board *board;
};

static uint32_t get(struct fixture *f, uint32_t address)
{
	uint32_t value = 0;

	assert_int_equal(bus_read(&f->board->bus, address, 4, &value, BUS_DEBUG), 0);
	bus_take_stall(&f->board->bus);
	return value;
}

static void put(struct fixture *f, uint32_t address, uint32_t value)
{
	assert_int_equal(bus_write(&f->board->bus, address, 4, value, BUS_DEBUG), 0);
}

static void put_code(struct fixture *f, uint32_t offset, const uint16_t *code, size_t num)
{
	for (size_t i = 0; i < num; i++) {
		nor_content(f->board->nor)[offset + 2 * i] = (uint8_t)code[i];
		nor_content(f->board->nor)[offset + 2 * i + 1] = (uint8_t)(code[i] >> 8);
	}
}

static void halt(struct fixture *f)
{
	core_debug_halt(f->board->core);
	assert_true(core_is_halted(f->board->core));
}

/* Runs for `cycles` of the core and halts. */
static void run_at(struct fixture *f, uint32_t pc, uint64_t cycles)
{
	struct core *core = f->board->core;

	put(f, 0xe000ed0c, 0x05fa0002);	/* AIRCR.VECTCLRACTIVE: an earlier fault's handler */
	core_reg_set(core, CORE_XPSR, 0x01000000);
	core_reg_set(core, CORE_PC, pc);
	core_debug_resume(core);
	core_run_until(core, f->vb.clock.now_ps + cycles * VB_PS_PER_S / S_PER_CYCLE);
	halt(f);
}

static void assert_clean(struct fixture *f)
{
	if (f->vb.num_violations)
		fail_msg("%s", f->vb.violation[0].what);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	*state = f;
	f->vb.seed = 1;
	f->board = board_new(&f->vb, "stm32f746g-disco", NULL);
	if (!f->board)
		return -1;
	board_reset_init(f->board);
	core_run_until(f->board->core, f->vb.clock.now_ps + VB_PS_PER_US);
	halt(f);
	/* Vectors in RAM: every fault loops at a place that tells */
	for (unsigned int i = 0; i < 16; i++)
		put(f, RAM + 4 * i, FAULT_HANDLER | 1);
	put(f, FAULT_HANDLER, 0xe7fee7fe);
	put(f, 0xe000ed08, RAM);
	core_reg_set(f->board->core, CORE_MSP, RAM + 0x10000);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	board_free(f->board);
	free(f);
	return 0;
}

static void test_execution(void **state)
{
	/* ldr r1, [pc, #8]; movs r0, #0; loop: adds r0, #1; str r0, [r1]; b loop; nop; .word RAM + 8000h */
	static const uint16_t counter[] = { 0x4902, 0x2000, 0x3001, 0x6008, 0xe7fc, 0xbf00, 0x8000, 0x2000 };
	/* Over a page boundary: bl function; b .; function: add.w r2, r2, #5; bx lr */
	static const uint16_t call[] = { 0xf000, 0xf801, 0xe7fe, 0xf102, 0x0205, 0x4770 };
	struct fixture *f = *state;

	put_code(f, 0x1230, counter, sizeof(counter) / 2);
	run_at(f, MAPPED + 0x1230, 20000);
	assert_true(get(f, RAM + 0x8000) > 1000);
	assert_in_range(core_reg_get(f->board->core, CORE_PC), MAPPED + 0x1234, MAPPED + 0x1238);

	put_code(f, 0x2ff8, call, sizeof(call) / 2);
	core_reg_set(f->board->core, 2, 100);
	run_at(f, MAPPED + 0x2ff8, 20000);
	assert_int_equal(core_reg_get(f->board->core, 2), 105);
	assert_int_equal(core_reg_get(f->board->core, CORE_PC), MAPPED + 0x2ffc);
	assert_clean(f);
}

static void test_step_and_breakpoint(void **state)
{
	/* adds r0, #1; adds r0, #2; bkpt; adds r0, #4 */
	static const uint16_t code[] = { 0x3001, 0x3002, 0xbe00, 0x3004, 0xe7fe };
	struct fixture *f = *state;
	struct core *core = f->board->core;

	put_code(f, 0x400, code, sizeof(code) / 2);
	core_reg_set(core, CORE_XPSR, 0x01000000);
	core_reg_set(core, CORE_PC, MAPPED + 0x400);
	core_reg_set(core, 0, 0);
	put(f, 0xe000edf0, 0xa05f0005);	/* C_STEP */
	core_run_until(core, f->vb.clock.now_ps + VB_PS_PER_MS);
	assert_true(core_is_halted(core));
	assert_int_equal(core_reg_get(core, 0), 1);
	assert_int_equal(core_reg_get(core, CORE_PC), MAPPED + 0x402);
	core_debug_resume(core);
	core_run_until(core, f->vb.clock.now_ps + VB_PS_PER_MS);
	assert_true(core_is_halted(core));
	assert_int_equal(core_reg_get(core, 0), 3);
	assert_int_equal(core_reg_get(core, CORE_PC), MAPPED + 0x404);
	assert_clean(f);
}

static void test_changed_code(void **state)
{
	static const uint16_t first[] = { 0x2011, 0xe7fe }, second[] = { 0x2022, 0xe7fe };
	struct fixture *f = *state;

	put_code(f, 0, first, 2);
	run_at(f, MAPPED, 2000);
	assert_int_equal(core_reg_get(f->board->core, 0), 0x11);
	/* As a driver does it: out of mapped mode, another content, back */
	uint32_t ccr = get(f, QUADSPI_CCR);
	put(f, QUADSPI_CR, get(f, QUADSPI_CR) | 2);
	f->vb.clock.now_ps += VB_PS_PER_US;
	put(f, QUADSPI_CCR, 0x04000503);
	put_code(f, 0, second, 2);
	put(f, QUADSPI_CR, get(f, QUADSPI_CR) | 2);
	f->vb.clock.now_ps += VB_PS_PER_US;
	put(f, QUADSPI_CCR, ccr);
	run_at(f, MAPPED, 2000);
	assert_int_equal(core_reg_get(f->board->core, 0), 0x22);
	f->vb.num_violations = 0;
}

static void test_loads_wait(void **state)
{
	/* 16 loads of words, 4000h apart, from code in RAM: ldr r2, [r1]; add.w r1, r1, #0x4000 ...; b . */
	struct fixture *f = *state;
	struct core *core = f->board->core;
	uint32_t at = RAM + 0x1000;

	for (unsigned int i = 0; i < 16; i++, at += 8) {
		put(f, at, 0xf501680a);		/* ldr r2, [r1]; add.w r1, r1, #0x4000 */
		put(f, at + 4, 0xbf004180);	/* nop */
	}
	put(f, at, 0xe7fee7fe);
	for (unsigned int i = 0; i < 16; i++)
		nor_content(f->board->nor)[0x4000 * i] = (uint8_t)(i + 1);
	core_reg_set(core, 1, MAPPED);
	uint64_t clocks = f->vb.count.spi_clocks;
	/* 1 + 32 + 32 clocks of the wire each, and two of NCS high; four of the core's to one of the wire's */
	run_at(f, RAM + 0x1000, 15 * 67 * 4);
	assert_in_range(core_reg_get(core, 1), MAPPED + 0x4000 * 14, MAPPED + 0x4000 * 16);
	run_at(f, core_reg_get(core, CORE_PC), 3 * 67 * 4);
	assert_int_equal(core_reg_get(core, 1), MAPPED + 0x4000 * 16);
	assert_int_equal(core_reg_get(core, 2), 0xffffff10);
	assert_true(f->vb.count.spi_clocks - clocks >= 16 * 64);
	assert_clean(f);
}

static void test_faults(void **state)
{
	static const uint16_t loop[] = { 0xe7fe };
	struct fixture *f = *state;
	struct core *core = f->board->core;

	put_code(f, 0, loop, 1);
	put(f, 0xe000ed24, 0x00070000);	/* SHCSR: faults enabled */
	/* A store, from code in RAM */
	put(f, RAM + 0x1000, 0xe7fe600a);	/* str r2, [r1]; b . */
	core_reg_set(core, 1, MAPPED + 0x10);
	run_at(f, RAM + 0x1000, 2000);
	assert_int_equal(core_reg_get(core, CORE_PC), FAULT_HANDLER);
	assert_int_equal(get(f, CFSR), PRECISERR | BFARVALID);
	assert_int_equal(get(f, BFAR), MAPPED + 0x10);
	put(f, CFSR, 0xffffffff);
	/* A load behind FSIZE */
	put(f, RAM + 0x1000, 0xe7fe680a);	/* ldr r2, [r1] */
	core_reg_set(core, 1, MAPPED + 0x1000000);
	core_reg_set(core, 2, 0x1234);
	run_at(f, RAM + 0x1000, 2000);
	assert_int_equal(get(f, CFSR), PRECISERR | BFARVALID);
	assert_int_equal(core_reg_get(core, 2), 0x1234);
	put(f, CFSR, 0xffffffff);
	/* Fetches: mapped, behind FSIZE, and no longer mapped */
	run_at(f, MAPPED, 2000);
	assert_int_equal(get(f, CFSR), 0);
	assert_int_equal(core_reg_get(core, CORE_PC), MAPPED);
	run_at(f, MAPPED + 0x1000000, 2000);
	assert_int_equal(get(f, CFSR), IBUSERR);
	put(f, CFSR, 0xffffffff);
	put(f, QUADSPI_CR, get(f, QUADSPI_CR) | 2);
	f->vb.clock.now_ps += VB_PS_PER_US;
	put(f, QUADSPI_CCR, 0);
	run_at(f, MAPPED, 2000);
	assert_int_equal(core_reg_get(core, CORE_PC), FAULT_HANDLER);
	assert_int_equal(get(f, CFSR), IBUSERR);
	assert_clean(f);
}

/* An application that takes its own code away is told so at the next instruction. */
static void test_own_code(void **state)
{
	/* ldr r1, =QUADSPI_CR; ldr r0, [r1]; movs r2, #1; bics r0, r2; str r0, [r1] (EN = 0); movs r3, #77; b . */
	static const uint16_t code[] = { 0x4903, 0x6808, 0x2201, 0x4390, 0x6008, 0x234d, 0xe7fe, 0xbf00, 0x1000, 0xa000 };
	struct fixture *f = *state;
	struct core *core = f->board->core;

	put_code(f, 0x100, code, sizeof(code) / 2);
	put(f, 0xe000ed24, 0x00070000);
	core_reg_set(core, 3, 0);
	run_at(f, MAPPED + 0x100, 20000);
	assert_int_equal(get(f, QUADSPI_CR) & 1, 0);
	assert_int_equal(core_reg_get(core, 3), 0);
	assert_int_equal(core_reg_get(core, CORE_PC), FAULT_HANDLER);
	assert_int_equal(get(f, CFSR), IBUSERR);
}

/* An application with its vectors in the mapped range, and the MPU over it. */
static void test_mpu_and_vectors(void **state)
{
	/* svc 0; b .; handler: movs r4, #44h; ldr r5, [pc, #4]; b .; nop; .word 11223344h */
	static const uint16_t code[] = { 0xdf00, 0xe7fe, 0x2444, 0x4d01, 0xe7fe, 0xbf00, 0x3344, 0x1122 };
	struct fixture *f = *state;
	struct core *core = f->board->core;

	put_code(f, 0x200, code, sizeof(code) / 2);
	for (uint32_t i = 0; i < 16; i++)
		put_code(f, 4 * i, (const uint16_t[]){ (uint16_t)((MAPPED + 0x204) | 1), (uint16_t)(MAPPED >> 16) }, 2);
	put(f, 0xe000ed08, MAPPED);	/* VTOR */
	put(f, 0xe000ed24, 0x00070000);
	/* Region 0: 16 MiB, read-only, executable; the default map for the rest */
	put(f, 0xe000ed9c, MAPPED | 0x10);
	put(f, 0xe000eda0, 0x06020000 | 23 << 1 | 1);
	put(f, 0xe000ed94, 5);
	core_reg_set(core, 4, 0);
	run_at(f, MAPPED + 0x200, 20000);
	assert_int_equal(core_reg_get(core, 4), 0x44);
	assert_int_equal(core_reg_get(core, 5), 0x11223344);
	assert_int_equal(core_reg_get(core, CORE_XPSR) & 0x1ff, 11);
	assert_int_equal(get(f, CFSR), 0);
	/* Execute never: IACCVIOL */
	put(f, 0xe000eda0, 0x16020000 | 23 << 1 | 1);
	put(f, 0xe000ed08, RAM);
	run_at(f, MAPPED + 0x200, 20000);
	assert_int_equal(get(f, CFSR), 1);
	assert_int_equal(core_reg_get(core, CORE_PC), FAULT_HANDLER);
	assert_clean(f);
}

static void invalidate_all(struct fixture *f)
{
	for (uint32_t way = 0; way < 4; way++) {
		for (uint32_t set = 0; set < 32; set++)
			put(f, 0xe000ef60, way << 30 | set << 5);	/* DCISW */
	}
}

/* One word by the CPU, with a load in RAM. */
static uint32_t load(struct fixture *f, uint32_t address)
{
	put(f, RAM + 0x1000, 0xe7fe680a);	/* ldr r2, [r1]; b . */
	core_reg_set(f->board->core, 1, address);
	core_reg_set(f->board->core, 2, 0xdeadbeef);
	run_at(f, RAM + 0x1000, 5000);
	return core_reg_get(f->board->core, 2);
}

/* The memory is normal memory: the bus gets the words around an unaligned load. */
static void test_unaligned_loads(void **state)
{
	struct fixture *f = *state;
	uint8_t *content = nor_content(f->board->nor) + 0x3000;

	for (unsigned int i = 0; i < 64; i++)
		content[i] = (uint8_t)i;
	assert_int_equal(load(f, MAPPED + 0x3001), 0x04030201);
	assert_int_equal(load(f, MAPPED + 0x301e), 0x21201f1e);
	invalidate_all(f);
	put(f, 0xe000ed14, get(f, 0xe000ed14) | 0x10000);
	assert_int_equal(load(f, MAPPED + 0x301d), 0x201f1e1d);
	assert_clean(f);
}

static void set_content(struct fixture *f, uint32_t offset, uint8_t value)
{
	memset(nor_content(f->board->nor) + offset, value, 32);
}

static void test_data_cache(void **state)
{
	struct fixture *f = *state;
	uint32_t ccr = get(f, 0xe000ed14);

	invalidate_all(f);
	put(f, 0xe000ed14, ccr | 0x10000);
	assert_int_equal(get(f, 0xe000ed14), ccr | 0x10000);
	set_content(f, 0x1000, 0x11);
	set_content(f, 0x2000, 0x21);
	assert_int_equal(load(f, MAPPED + 0x1010), 0x11111111);
	assert_int_equal(load(f, MAPPED + 0x2010), 0x21212121);
	/* Changed behind the cache's back: stale, for the whole line, and only for the CPU */
	set_content(f, 0x1000, 0x12);
	set_content(f, 0x2000, 0x22);
	assert_int_equal(load(f, MAPPED + 0x101c), 0x11111111);
	assert_int_equal(get(f, MAPPED + 0x101c), 0x12121212);
	/* To clean does not help, nor to invalidate another line */
	put(f, 0xe000ef68, MAPPED + 0x1000);
	put(f, 0xe000ef5c, MAPPED + 0x1020);
	assert_int_equal(load(f, MAPPED + 0x1000), 0x11111111);
	put(f, 0xe000ef5c, MAPPED + 0x1004);	/* DCIMVAC */
	assert_int_equal(load(f, MAPPED + 0x1000), 0x12121212);
	assert_int_equal(load(f, MAPPED + 0x2000), 0x21212121);
	put(f, 0xe000ef70, MAPPED + 0x2000);	/* DCCIMVAC */
	assert_int_equal(load(f, MAPPED + 0x2000), 0x22222222);

	/* Off and on again: what was there is still there */
	set_content(f, 0x1000, 0x13);
	put(f, 0xe000ed14, ccr);
	assert_int_equal(load(f, MAPPED + 0x1000), 0x13131313);
	put(f, 0xe000ed14, ccr | 0x10000);
	assert_int_equal(load(f, MAPPED + 0x1000), 0x12121212);
	for (uint32_t way = 0; way < 4; way++)
		put(f, 0xe000ef74, way << 30 | (0x1000 & 0x3e0));	/* DCCISW */
	assert_int_equal(load(f, MAPPED + 0x1000), 0x13131313);
	/* Five lines in one set: the first has gone */
	for (uint32_t i = 1; i <= 4; i++)
		load(f, MAPPED + 0x1000 + 0x400 * i);
	set_content(f, 0x1000, 0x14);
	set_content(f, 0x2000, 0x24);
	assert_int_equal(load(f, MAPPED + 0x1000), 0x14141414);
	assert_clean(f);

	/* Not where the MPU says otherwise: region 0, 16 MiB, full access, TEX = 1, C = B = 0 */
	put(f, 0xe000ed9c, MAPPED | 0x10);
	put(f, 0xe000eda0, 0x03080000 | 23 << 1 | 1);
	put(f, 0xe000ed94, 5);
	set_content(f, 0x1000, 0x15);
	assert_int_equal(load(f, MAPPED + 0x1000), 0x15151515);
	put(f, 0xe000ed94, 0);
	assert_int_equal(load(f, MAPPED + 0x1000), 0x14141414);

	/* After a reset nobody knows what is in it */
	core_system_reset(f->board->core);
	put(f, 0xe000ed14, ccr | 0x10000);
	assert_int_equal(f->vb.num_violations, 1);
	assert_non_null(strstr(f->vb.violation[0].what, "has not been invalidated since the reset"));
}

#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_execution),
		TEST(test_step_and_breakpoint),
		TEST(test_changed_code),
		TEST(test_loads_wait),
		TEST(test_faults),
		TEST(test_own_code),
		TEST(test_mpu_and_vectors),
		TEST(test_unaligned_loads),
		TEST(test_data_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
