// SPDX-License-Identifier: GPL-2.0-or-later

/* What the board stm32f429i-disco has beyond the others: CCM, SDRAM behind its controller, a serial port. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vboard/board.h"

#define RAM		0x20000000u
#define CODE		0x20000100u
#define CCM		0x10000000u
#define SDRAM		0xd0000000u
#define SDRAM_BYTES	0x800000u
#define RCC_AHB3RSTR	0x40023818u
#define RCC_AHB3ENR	0x40023838u
#define RCC_APB2ENR	0x40023844u
#define FMC_SDCR1	0xa0000140u
#define FMC_SDCR2	0xa0000144u
#define FMC_SDTR1	0xa0000148u
#define FMC_SDTR2	0xa000014cu
#define FMC_SDCMR	0xa0000150u
#define FMC_SDRTR	0xa0000154u
#define FMC_SDSR	0xa0000158u
#define USART1_SR	0x40011000u
#define USART1_DR	0x40011004u
#define USART1_BRR	0x40011008u
#define USART1_CR1	0x4001100cu
#define SR_TC		(1u << 6)
#define SR_TXE		(1u << 7)

/* 84 MHz / 729 = 115226 baud; 10 bits in picoseconds */
#define BRR_115200	729
#define FRAME_PS	(10 * 729 * VB_PS_PER_S / 84000000)

struct rig {
	struct vb vb;
	struct board *board;
};

static struct rig *open_board(void)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->vb.seed = 1;
	rig->board = board_new(&rig->vb, "stm32f429i-disco", NULL);
	assert_non_null(rig->board);
	core_debug_halt(rig->board->core);
	return rig;
}

static void close_board(struct rig *rig)
{
	board_free(rig->board);
	free(rig->vb.serial);
	free(rig);
}

static uint32_t get(struct rig *rig, uint32_t address)
{
	uint32_t value = 0xdeadbeef;

	if (bus_read(&rig->board->bus, address, 4, &value, BUS_DEBUG))
		fail_msg("bus error at %08x", (unsigned int)address);
	return value;
}

static void put(struct rig *rig, uint32_t address, uint32_t value)
{
	if (bus_write(&rig->board->bus, address, 4, value, BUS_DEBUG))
		fail_msg("bus error at %08x", (unsigned int)address);
}

static void pass(struct rig *rig, uint64_t time_ps)
{
	core_run_until(rig->board->core, rig->vb.clock.now_ps + time_ps);
}

static bool answers(struct rig *rig, uint32_t address)
{
	uint32_t value;

	return bus_read(&rig->board->bus, address, 4, &value, BUS_DEBUG) == 0;
}

static void assert_violation(struct rig *rig, unsigned int number, const char *words)
{
	assert_int_equal(rig->vb.num_violations, number);
	if (!strstr(rig->vb.violation[number - 1].what, words))
		fail_msg("%s", rig->vb.violation[number - 1].what);
}

static void run_code(struct rig *rig, const uint16_t *code, size_t bytes)
{
	memcpy(bus_ram_pointer(&rig->board->bus, CODE, (uint32_t)bytes), code, bytes);
	bus_note_ram_written(&rig->board->bus, CODE, (uint32_t)bytes);
	core_reg_set(rig->board->core, CORE_PC, CODE);
	core_debug_resume(rig->board->core);
	pass(rig, VB_PS_PER_S);
	assert_true(core_is_halted(rig->board->core));
}

#define RUN(rig, code)	run_code(rig, code, sizeof(code))

static void test_memories(void **state)
{
	struct rig *rig = open_board();

	(void)state;
	put(rig, RAM + 0x2fffc, 0x11111111);
	put(rig, CCM, 0x22222222);
	put(rig, CCM + 0xfffc, 0x33333333);
	assert_int_equal(get(rig, RAM + 0x2fffc), 0x11111111);
	assert_int_equal(get(rig, CCM), 0x22222222);
	assert_int_equal(get(rig, CCM + 0xfffc), 0x33333333);
	assert_false(answers(rig, CCM + 0x10000));
	assert_false(answers(rig, RAM + 0x30000));
	/* 96 interrupts, RM0090 12.1.1's SysTick calibration */
	assert_int_equal(get(rig, 0xe000e004), 2);
	assert_int_equal(get(rig, 0xe000e01c), 0x4000493e);
	assert_int_equal(rig->vb.num_violations, 0);
	close_board(rig);
}

static void set_up_controller(struct rig *rig)
{
	put(rig, RCC_AHB3ENR, 1);
	put(rig, FMC_SDCR1, 0x000029d4);	/* SDCLK = HCLK / 2 */
	put(rig, FMC_SDCR2, 0x000001d4);	/* 8 and 12 bits, 16 bits wide, 4 banks, CAS 3 */
	put(rig, FMC_SDTR1, 0x01115351);
	put(rig, FMC_SDTR2, 0x01115351);
}

static void command(struct rig *rig, uint32_t value)
{
	put(rig, FMC_SDCMR, value | 1u << 3);
	assert_int_equal(get(rig, FMC_SDSR) & 0x20, 0x20);
	pass(rig, VB_PS_PER_US);
	assert_int_equal(get(rig, FMC_SDSR) & 0x20, 0);
}

static void initialise(struct rig *rig)
{
	set_up_controller(rig);
	command(rig, 1);
	pass(rig, 100 * VB_PS_PER_US);
	command(rig, 2);
	command(rig, 3 | 3 << 5);
	command(rig, 4 | 0x231 << 9);
	assert_false(answers(rig, SDRAM));
	put(rig, FMC_SDRTR, 1292 << 1);
}

static void test_sdram_answers_when_initialised(void **state)
{
	struct rig *rig = open_board();

	(void)state;
	assert_false(answers(rig, SDRAM));
	initialise(rig);
	put(rig, SDRAM, 0x12345678);
	put(rig, SDRAM + SDRAM_BYTES - 4, 0x9abcdef0);
	assert_int_equal(get(rig, SDRAM), 0x12345678);
	assert_int_equal(get(rig, SDRAM + SDRAM_BYTES - 4), 0x9abcdef0);
	assert_false(answers(rig, SDRAM + SDRAM_BYTES));
	assert_int_equal(rig->vb.num_violations, 0);

	core_system_reset(rig->board->core);
	assert_false(answers(rig, SDRAM));
	initialise(rig);
	assert_int_equal(get(rig, SDRAM), 0x12345678);
	put(rig, RCC_AHB3RSTR, 1);
	assert_false(answers(rig, SDRAM));
	assert_int_equal(rig->vb.num_violations, 0);
	close_board(rig);
}

static void test_sdram_commands_out_of_order(void **state)
{
	struct rig *rig = open_board();

	(void)state;
	put(rig, FMC_SDCR1, 0);
	assert_violation(rig, 1, "clock is off");
	put(rig, RCC_AHB3ENR, 1);
	put(rig, FMC_SDCMR, 1 | 1 << 3);
	assert_violation(rig, 2, "SDCR");
	set_up_controller(rig);
	put(rig, FMC_SDCMR, 2 | 1 << 3);
	assert_violation(rig, 3, "no clock");
	command(rig, 1);
	put(rig, FMC_SDCMR, 2 | 1 << 3);
	assert_violation(rig, 4, "100 us");
	pass(rig, 100 * VB_PS_PER_US);
	put(rig, FMC_SDCMR, 3 | 1 << 3);
	assert_violation(rig, 5, "before PALL");
	command(rig, 2);
	command(rig, 3);
	put(rig, FMC_SDCMR, 4 | 1 << 3);
	assert_violation(rig, 6, "two refreshes");
	put(rig, FMC_SDCMR, 3 | 1 << 3);
	put(rig, FMC_SDCMR, 4 | 1 << 3);
	assert_violation(rig, 7, "BUSY");
	pass(rig, VB_PS_PER_US);
	command(rig, 4);
	put(rig, FMC_SDRTR, 40 << 1);
	assert_violation(rig, 8, "refresh count");
	put(rig, FMC_SDCMR, 7 | 1 << 3);
	assert_violation(rig, 9, "no such");
	close_board(rig);
}

/* R0: SDCMR or SDRTR, R2 its value; R1: the memory. */
/* cortex-m4 */
static const uint16_t sdram_code[] = {
	0x6002,	/* 00: str r2, [r0, #0] */
	0x600b,	/* 02: str r3, [r1, #0] */
	0x680c,	/* 04: ldr r4, [r1, #0] */
	0xbe00,	/* 06: bkpt 0x0000 */
};

/* The processor, too: memory comes and goes under its running code. */
static void test_sdram_seen_by_the_processor(void **state)
{
	struct rig *rig = open_board();
	struct core *core = rig->board->core;

	(void)state;
	initialise(rig);
	put(rig, FMC_SDRTR, 41 << 1);
	put(rig, RCC_AHB3RSTR, 1);
	put(rig, RCC_AHB3RSTR, 0);
	set_up_controller(rig);
	command(rig, 1);
	pass(rig, 100 * VB_PS_PER_US);
	command(rig, 2);
	command(rig, 3 | 3 << 5);
	command(rig, 4 | 0x231 << 9);
	core_reg_set(core, CORE_XPSR, 0x01000000);
	core_reg_set(core, 0, FMC_SDRTR);
	core_reg_set(core, 1, SDRAM + 0x1234);
	core_reg_set(core, 2, 1292 << 1);
	core_reg_set(core, 3, 0xcafe1234);
	RUN(rig, sdram_code);
	assert_int_equal(core_reg_get(core, CORE_PC), CODE + sizeof(sdram_code) - 2);
	assert_int_equal(core_reg_get(core, 4), 0xcafe1234);
	assert_int_equal(get(rig, SDRAM + 0x1234), 0xcafe1234);

	/* Off again, by the reset bit: a bus error, which the debugger catches (VC_HARDERR). */
	put(rig, 0xe000edfc, 1u << 10);
	core_reg_set(core, 0, RCC_AHB3RSTR);
	core_reg_set(core, 2, 1);
	RUN(rig, sdram_code);
	assert_int_equal(core_reg_get(core, CORE_XPSR) & 0x1ff, 3);
	assert_int_equal(get(rig, 0xe000ed38), SDRAM + 0x1234);
	assert_int_equal(rig->vb.num_violations, 0);
	close_board(rig);
}

static void set_up_usart(struct rig *rig)
{
	put(rig, RCC_APB2ENR, 1u << 4);
	put(rig, USART1_BRR, BRR_115200);
	put(rig, USART1_CR1, 0x2008);	/* UE, TE */
}

static void test_usart_timing(void **state)
{
	struct rig *rig = open_board();

	(void)state;
	get(rig, USART1_SR);
	assert_violation(rig, 1, "clock is off");
	put(rig, RCC_APB2ENR, 1u << 4);
	assert_int_equal(get(rig, USART1_SR), SR_TXE | SR_TC);
	put(rig, USART1_DR, 'x');
	assert_violation(rig, 2, "UE, TE or BRR");
	set_up_usart(rig);

	/* The first goes on to the shift register at once, the second waits. */
	put(rig, USART1_DR, 'a');
	assert_int_equal(get(rig, USART1_SR), SR_TXE);
	put(rig, USART1_DR, 'b');
	assert_int_equal(get(rig, USART1_SR), 0);
	pass(rig, FRAME_PS - 1);
	assert_int_equal(get(rig, USART1_SR), 0);
	pass(rig, 1);
	assert_int_equal(get(rig, USART1_SR), SR_TXE);
	pass(rig, FRAME_PS - 1);
	assert_int_equal(get(rig, USART1_SR), SR_TXE);
	pass(rig, 1);
	assert_int_equal(get(rig, USART1_SR), SR_TXE | SR_TC);
	assert_int_equal(rig->vb.serial_length, 2);
	assert_memory_equal(rig->vb.serial, "ab", 2);

	put(rig, USART1_DR, 'c');
	put(rig, USART1_DR, 'd');
	assert_int_equal(rig->vb.num_violations, 2);
	put(rig, USART1_DR, 'e');
	assert_violation(rig, 3, "TXE = 0");
	pass(rig, VB_PS_PER_MS);
	get(rig, USART1_SR);
	assert_int_equal(rig->vb.serial_length, 4);
	assert_memory_equal(rig->vb.serial, "abce", 4);
	close_board(rig);
}

/* Sends R2 characters from R1; R0: USART1. */
/* cortex-m4 */
static const uint16_t send_code[] = {
	0x6803,	/* 00: ldr r3, [r0, #0] */
	0x061b,	/* 02: lsls r3, r3, #24 */
	0xd5fc,	/* 04: bpl.n 0 */
	0xf811, 0x3b01,	/* 06: ldrb.w r3, [r1], #1 */
	0x6043,	/* 0a: str r3, [r0, #4] */
	0x3a01,	/* 0c: subs r2, #1 */
	0xd1f7,	/* 0e: bne.n 0 */
	0x6803,	/* 10: ldr r3, [r0, #0] */
	0x065b,	/* 12: lsls r3, r3, #25 */
	0xd5fc,	/* 14: bpl.n 10 */
	0xbe00,	/* 16: bkpt 0x0000 */
};

static void test_usart_polled(void **state)
{
	static const char text[] = "a line of text, polled\n";
	struct rig *rig = open_board();
	struct core *core = rig->board->core;

	(void)state;
	set_up_usart(rig);
	memcpy(bus_ram_pointer(&rig->board->bus, RAM + 0x1000, sizeof(text)), text, sizeof(text));
	core_reg_set(core, CORE_XPSR, 0x01000000);
	core_reg_set(core, 0, USART1_SR);
	core_reg_set(core, 1, RAM + 0x1000);
	core_reg_set(core, 2, sizeof(text) - 1);
	RUN(rig, send_code);
	assert_int_equal(rig->vb.serial_length, sizeof(text) - 1);
	assert_memory_equal(rig->vb.serial, text, sizeof(text) - 1);
	assert_in_range(core_cycles(core), 168000000 * (FRAME_PS * (sizeof(text) - 1) / 1000) / 1000000000,
		168000000 * (FRAME_PS * (sizeof(text) - 1) / 1000) / 1000000000 + 200);
	/* The loops that wait are not executed to their end. */
	assert_in_range(rig->vb.count.instructions, 1000, 6000);
	assert_int_equal(rig->vb.num_violations, 0);
	close_board(rig);
}

/* TXEIE is on until the last character. R6, which no frame keeps, goes through the text; the count is at 20001800h. */
/* cortex-m4 */
static const uint16_t irq_code[] = {
	0x4805,	/* 00: ldr r0, [pc, #20] */
	0x4906,	/* 02: ldr r1, [pc, #24] */
	0x680a,	/* 04: ldr r2, [r1, #0] */
	0xf816, 0x3b01,	/* 06: ldrb.w r3, [r6], #1 */
	0x6043,	/* 0a: str r3, [r0, #4] */
	0x3a01,	/* 0c: subs r2, #1 */
	0x600a,	/* 0e: str r2, [r1, #0] */
	0xd100,	/* 10: bne.n 14 */
	0x60c5,	/* 12: str r5, [r0, #12] */
	0x4770,	/* 14: bx lr */
	0x0000,	/* 16: .short 0x0000 */
	0x1000, 0x4001,	/* 18: .word 0x40011000 */
	0x1800, 0x2000,	/* 1c: .word 0x20001800 */
};

/* cortex-m4 */
static const uint16_t sleep_code[] = {
	0xbf30,	/* 00: wfi */
	0x6822,	/* 02: ldr r2, [r4, #0] */
	0x2a00,	/* 04: cmp r2, #0 */
	0xd1fb,	/* 06: bne.n 0 */
	0xbe00,	/* 08: bkpt 0x0000 */
};

static void test_usart_by_interrupt(void **state)
{
	static const char text[] = "another one, by interrupt\n";
	struct rig *rig = open_board();
	struct core *core = rig->board->core;
	uint32_t handler = RAM + 0x400;

	(void)state;
	set_up_usart(rig);
	memcpy(bus_ram_pointer(&rig->board->bus, RAM + 0x1000, sizeof(text)), text, sizeof(text));
	memcpy(bus_ram_pointer(&rig->board->bus, handler, sizeof(irq_code)), irq_code, sizeof(irq_code));
	put(rig, RAM + 0x1800, sizeof(text) - 1);
	put(rig, RAM + 0x2000 + 4 * (16 + 37), handler | 1);
	put(rig, 0xe000ed08, RAM + 0x2000);
	put(rig, 0xe000e104, 1u << (37 - 32));
	core_reg_set(core, CORE_XPSR, 0x01000000);
	core_reg_set(core, CORE_SPECIAL, 0);
	core_reg_set(core, CORE_SP, RAM + 0x4000);
	core_reg_set(core, 4, RAM + 0x1800);
	core_reg_set(core, 5, 0x2008);
	core_reg_set(core, 6, RAM + 0x1000);
	put(rig, USART1_CR1, 0x2088);
	RUN(rig, sleep_code);
	pass(rig, VB_PS_PER_MS);
	assert_int_equal(get(rig, USART1_SR), SR_TXE | SR_TC);
	assert_int_equal(rig->vb.serial_length, sizeof(text) - 1);
	assert_memory_equal(rig->vb.serial, text, sizeof(text) - 1);
	/* Asleep between two characters. */
	assert_true(core_cycles(core) < 100 * sizeof(text));
	assert_int_equal(rig->vb.num_violations, 0);
	close_board(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memories),
		cmocka_unit_test(test_sdram_answers_when_initialised),
		cmocka_unit_test(test_sdram_commands_out_of_order),
		cmocka_unit_test(test_sdram_seen_by_the_processor),
		cmocka_unit_test(test_usart_timing),
		cmocka_unit_test(test_usart_polled),
		cmocka_unit_test(test_usart_by_interrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
