// SPDX-License-Identifier: GPL-2.0-or-later

/* Each misbehaving twin of the test loaders does what README says, and only that. */

#include "loader_rig.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#define BASE		0x90000000u
#define BASEPRI(special)	((special) >> 8 & 0xff)
#define PRIMASK(special)	((special) & 0xff)

#define VTOR		0xe000ed08u
#define SYSTICK_CSR	0xe000e010u

/* The good loader that the twins are of. */
struct family {
	const char *board;
	const char *stem, *extension;
	bool stldr;
	uint32_t address;
	uint32_t sector_bytes;	/* of the third sector */
	uint32_t rcc_cr, rcc_cfgr;
	bool v7m;
};

static const struct family families[] = {
	{ "stm32f030-w25q128", "spinor-f030", "flm", false, 0x20000204, 0x1000, 0x40021000, 0x40021004, false },
	{ "stm32g070-w25q64", "spinor-g070", "stldr", true, RIG_AS_LINKED, 0x10000, 0x40021000, 0x40021008, false },
	{ "stm32f4-mx25", "spinor-f4", "stldr", true, RIG_AS_LINKED, 0x1000, 0x40023800, 0x40023808, true },
};

static struct rig rig;
static const struct family *family;
static uint8_t *content;
static uint8_t data[256];

static int end_test(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static void use(const struct family *of, const char *twin)
{
	uint64_t seed = 1;
	char name[80];

	family = of;
	snprintf(name, sizeof(name), "%s-%s.%s", of->stem, twin, of->extension);
	rig_open(&rig, of->board, name, of->address, true);
	content = nor_content(rig.board->nor);
	for (unsigned int n = 0; n < sizeof(data); n++)
		data[n] = (uint8_t)vb_random(&seed);
	rig_write(&rig, data, sizeof(data));
}

static uint32_t good_result(void)
{
	return family->stldr;
}

static enum rig_outcome try(const char *flm_name, const char *stldr_name, uint32_t r0, uint32_t r1, uint32_t r2,
		uint32_t deadline_ms)
{
	const uint32_t arguments[4] = { r0, r1, r2 };

	return rig_try(&rig, family->stldr ? stldr_name : flm_name, arguments, deadline_ms);
}

static enum rig_outcome try_init(uint32_t function)
{
	return try("Init", "Init", BASE, 0, function, 100);
}

static enum rig_outcome try_program(uint32_t offset)
{
	return try("ProgramPage", "Write", BASE + offset, sizeof(data), RIG_BUFFER, 1000);
}

static enum rig_outcome try_erase(uint32_t offset)
{
	return try("EraseSector", "SectorErase", BASE + offset, BASE + offset, 0, 5000);
}

static void init(uint32_t function)
{
	assert_int_equal(try_init(function), RIG_RETURNED);
	assert_int_equal(rig.result, good_result());
}

static void program(uint32_t offset)
{
	assert_int_equal(try_program(offset), RIG_RETURNED);
	assert_int_equal(rig.result, good_result());
}

static void erase(uint32_t offset)
{
	assert_int_equal(try_erase(offset), RIG_RETURNED);
	assert_int_equal(rig.result, good_result());
}

static bool programmed(uint32_t offset)
{
	/* Asked for again, because the model brings it up to date then. */
	return !memcmp(nor_content(rig.board->nor) + offset, data, sizeof(data));
}

static void test_init(const struct family *of)
{
	use(of, "hang-init");
	assert_int_equal(try_init(2), RIG_TIMEOUT);
	assert_in_range(rig.pc, rig.low, rig.high);

	use(of, "fail-init");
	assert_int_equal(try_init(2), RIG_RETURNED);
	assert_int_equal(rig.result, !good_result());

	/* A host may answer the request: then all goes well. */
	use(of, "semihosting");
	assert_int_equal(try_init(2), RIG_HALTED);
	assert_int_equal(rig_peek(&rig, rig.pc & ~3u) >> (8 * (rig.pc & 2)) & 0xffff, 0xbeab);
	assert_int_equal(rig.result, 4);
	rig_assert_clean(&rig);
}

static void test_program(const struct family *of)
{
	use(of, "fault-program");
	init(2);
	assert_int_equal(try_program(0), RIG_FAULT);
	assert_false(programmed(0));

	use(of, "bkpt");
	init(2);
	assert_int_equal(try_program(0), RIG_HALTED);
	assert_int_equal(rig_peek(&rig, rig.pc & ~3u) >> (8 * (rig.pc & 2)) & 0xffff, 0xbe00);
	assert_in_range(rig.pc, rig.low, rig.high);

	use(of, "lie-program");
	init(2);
	program(0);
	assert_int_equal(content[0], 0xff);
	rig_assert_clean(&rig);
}

static void test_early(const struct family *of)
{
	use(of, "early");
	init(2);
	program(0);
	assert_true(nor_is_busy(rig.board->nor));
	/* The chip does not listen. */
	program(256);
	assert_int_equal(content[256], 0xff);
	assert_in_range(rig.vb.num_violations, 1, VB_VIOLATION_MAX);
	core_run_until(rig.board->core, rig.vb.clock.now_ps + VB_PS_PER_S / 10);
	assert_false(nor_is_busy(rig.board->nor));
	assert_true(programmed(0));
	program(512);
	core_run_until(rig.board->core, rig.vb.clock.now_ps + VB_PS_PER_S / 10);
	assert_false(nor_is_busy(rig.board->nor));
	assert_true(programmed(512));
}

static void test_erase(const struct family *of)
{
	use(of, "fail-sector");
	init(1);
	erase(0);
	erase(of->sector_bytes);
	content[2 * of->sector_bytes] = 0;
	assert_int_equal(try_erase(2 * of->sector_bytes), RIG_RETURNED);
	assert_int_equal(rig.result, !good_result());
	assert_int_equal(content[2 * of->sector_bytes], 0);
	erase(3 * of->sector_bytes);
	rig_assert_clean(&rig);

	use(of, "lie-chip-erase");
	content[0] = 0;
	init(1);
	assert_int_equal(try("EraseChip", "MassErase", 0, 0, 0, 1000), RIG_RETURNED);
	assert_int_equal(rig.result, good_result());
	assert_int_equal(content[0], 0);
	erase(0);
	assert_int_equal(content[0], 0xff);
}

static void test_memory(const struct family *of)
{
	use(of, "overwrite");
	init(2);
	assert_true(rig_code_is_intact(&rig));
	program(0);
	assert_true(programmed(0));
	assert_false(rig_code_is_intact(&rig));
	program(256);
	assert_int_equal(try_erase(0x100000), RIG_FAULT);

	/* Below the stack is the loader. */
	use(of, "smash-stack");
	init(2);
	uint32_t guard = rig_peek(&rig, RIG_STACK_LOW);
	try_program(0);
	assert_int_not_equal(rig_peek(&rig, RIG_STACK_LOW), guard);
}

static void test_processor(const struct family *of)
{
	use(of, "irq");
	init(2);
	assert_int_equal(PRIMASK(rig.special), 0);
	assert_int_equal(BASEPRI(rig.special), of->v7m ? 0x40 : 0);
	program(0);
	assert_true(programmed(0));

	use(of, "clock");
	assert_int_equal(bus_write(&rig.board->bus, of->rcc_cr, 4, rig_peek(&rig, of->rcc_cr) | 1u << 24, BUS_DEBUG), 0);
	assert_int_equal(bus_write(&rig.board->bus, of->rcc_cfgr, 4, 2, BUS_DEBUG), 0);
	init(2);
	assert_int_equal(rig_peek(&rig, of->rcc_cr) & 1u << 24, 0);
	assert_int_equal(rig_peek(&rig, of->rcc_cfgr) & 3, 0);
	program(0);
	assert_true(programmed(0));
	rig_assert_clean(&rig);
}

/* An FLM's Init says what for; an stldr's Init holds for the first operation after it. */
static void test_need_init(const struct family *of)
{
	use(of, "need-init");
	init(1);
	erase(0);
	assert_int_equal(try_program(0), RIG_RETURNED);
	assert_int_equal(rig.result, !good_result());
	assert_int_equal(content[0], 0xff);
	init(2);
	program(0);
	program(256);
	assert_true(programmed(256));
	assert_int_equal(try_erase(0), RIG_RETURNED);
	assert_int_equal(rig.result, !good_result());
	rig_assert_clean(&rig);
}

static void test_family(void **state)
{
	static void (*const parts[])(const struct family *of) = {
		test_init, test_program, test_early, test_erase, test_memory, test_processor, test_need_init,
	};

	for (unsigned int n = 0; n < COUNT(parts); n++)
		parts[n](*state);
}

static void test_strict_page(void **state)
{
	const uint32_t arguments[4] = { BASE, 257, RIG_BUFFER };
	(void)state;

	use(&families[0], "strict-page");
	init(2);
	program(0);
	assert_int_equal(rig_try(&rig, "ProgramPage", arguments, 100), RIG_RETURNED);
	assert_int_equal(rig.result, 1);
	assert_true(programmed(0));
	rig_assert_clean(&rig);
}

static void test_page_192(void **state)
{
	(void)state;
	use(&families[0], "page-192");
	assert_int_equal(rig_object(&rig, "FlashDevice", 160)[140], 192);
}

/*
 * Write waits for a tick, which never comes when the host masks interrupts. (The model of the core has no ticks at all:
 * core/scs.c.)
 */
static void test_systick(void **state)
{
	(void)state;
	use(&families[2], "systick");
	init(2);
	assert_int_equal(PRIMASK(rig.special), 0);
	assert_in_range(rig_peek(&rig, VTOR), rig.low, rig.high);
	assert_int_equal(rig_peek(&rig, SYSTICK_CSR) & 7, 7);
	assert_int_equal(try_program(0), RIG_TIMEOUT);
	assert_false(programmed(0));
}

/* Write calls the loader's own SVC handler, which is a fault when the host masks interrupts. */
static void test_svc(void **state)
{
	(void)state;
	use(&families[2], "svc");
	rig.interrupts_on = true;
	init(2);
	assert_in_range(rig_peek(&rig, VTOR), rig.low, rig.high);
	program(0);
	program(256);
	assert_true(programmed(0) && programmed(256));
	rig.interrupts_on = false;
	assert_int_equal(try_program(512), RIG_FAULT);
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {
		{ "spinor-f030.flm", test_family, NULL, end_test, (void *)(uintptr_t)&families[0] },
		{ "spinor-g070.stldr", test_family, NULL, end_test, (void *)(uintptr_t)&families[1] },
		{ "spinor-f4.stldr", test_family, NULL, end_test, (void *)(uintptr_t)&families[2] },
		cmocka_unit_test_teardown(test_strict_page, end_test),
		cmocka_unit_test_teardown(test_page_192, end_test),
		cmocka_unit_test_teardown(test_systick, end_test),
		cmocka_unit_test_teardown(test_svc, end_test),
	};

	rig_set_directory(argc, argv);
	return cmocka_run_group_tests_name("twins", tests, NULL, NULL);
}
