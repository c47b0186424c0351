// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The loaders that are a whole operating system, on their board, called as a debugger does: registers, a breakpoint,
 * and time. Argument, or LOADERS_DIR of the environment: where they are.
 */

#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../vboard/board.h"

#define SRAM		0x20000000u
#define FLASH		0x08000000u
#define BLOCK_BYTES	0x4000u
#define PAGE_BYTES	4096u
#define STACK_BYTES	2048u
#define BUFFER_BYTES	(STACK_BYTES + PAGE_BYTES)
#define MAX_FILE_BYTES	0x20000u
#define MS		VB_PS_PER_MS
#define CALL_PS		(5000 * MS)
#define HUNG		0xdeadbeefu	/* no function returns it */

#define SYST_CSR	0xe000e010u
#define ICSR		0xe000ed04u
#define PRIMASK_SET	1u

static const char *directory;

struct rig {
	struct vb vb;
	struct board *board;
	struct core *core;
	uint32_t file[MAX_FILE_BYTES / 4];	/* ELF's structures are made of words */
	size_t file_bytes;
	uint32_t buffer;	/* g_stack_buff */
	uint32_t special;	/* CONTROL, FAULTMASK, BASEPRI, PRIMASK at the next call */
	uint32_t sp;
};

static const void *at(const struct rig *rig, size_t offset, size_t length)
{
	assert_true(offset <= rig->file_bytes && length <= rig->file_bytes - offset);
	return (const uint8_t *)rig->file + offset;
}

static const Elf32_Ehdr *header_of(const struct rig *rig)
{
	return at(rig, 0, sizeof(Elf32_Ehdr));
}

static const Elf32_Shdr *section_at(const struct rig *rig, unsigned int index)
{
	return at(rig, header_of(rig)->e_shoff + index * sizeof(Elf32_Shdr), sizeof(Elf32_Shdr));
}

static const char *string_at(const struct rig *rig, const Elf32_Shdr *table, uint32_t offset)
{
	const char *text = at(rig, table->sh_offset + offset, 1);

	assert_non_null(memchr(text, 0, rig->file_bytes - table->sh_offset - offset));
	return text;
}

static const Elf32_Shdr *section(const struct rig *rig, const char *name)
{
	const Elf32_Shdr *names = section_at(rig, header_of(rig)->e_shstrndx);

	for (unsigned int i = 1; i < header_of(rig)->e_shnum; i++) {
		if (strcmp(string_at(rig, names, section_at(rig, i)->sh_name), name) == 0)
			return section_at(rig, i);
	}
	fail_msg("no section %s", name);
	return NULL;
}

static const Elf32_Sym *symbol(const struct rig *rig, const char *name)
{
	const Elf32_Shdr *table = section(rig, ".symtab");
	const Elf32_Sym *symbols = at(rig, table->sh_offset, table->sh_size);

	for (unsigned int i = 0; i < table->sh_size / sizeof(*symbols); i++) {
		if (strcmp(string_at(rig, section_at(rig, table->sh_link), symbols[i].st_name), name) == 0)
			return &symbols[i];
	}
	fail_msg("no symbol %s", name);
	return NULL;
}

static uint8_t *memory(struct rig *rig, uint32_t address, uint32_t length)
{
	uint8_t *bytes = bus_ram_pointer(&rig->board->bus, address, length);

	assert_non_null(bytes);
	return bytes;
}

static uint32_t get(struct rig *rig, uint32_t address)
{
	uint32_t value;

	assert_int_equal(bus_read(&rig->board->bus, address, 4, &value, BUS_DEBUG), 0);
	return value;
}

static uint32_t half_word(struct rig *rig, uint32_t address)
{
	const uint8_t *bytes = memory(rig, address, 2);

	return bytes[0] | (uint32_t)bytes[1] << 8;
}

static void put(struct rig *rig, uint32_t address, uint32_t value)
{
	assert_int_equal(bus_write(&rig->board->bus, address, 4, value, BUS_DEBUG), 0);
}

static void load(struct rig *rig)
{
	const Elf32_Phdr *program = at(rig, header_of(rig)->e_phoff, sizeof(*program));

	memcpy(memory(rig, program->p_vaddr, program->p_memsz), at(rig, program->p_offset, program->p_filesz),
		program->p_filesz);
	bus_note_ram_written(&rig->board->bus, program->p_vaddr, program->p_filesz);
}

/* Returns NULL when there is no such file: no cross compiler. */
static struct rig *open_rig(const char *name)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	char path[300];
	FILE *file;

	assert_non_null(rig);
	snprintf(path, sizeof(path), "%s/%s.elf", directory, name);
	file = fopen(path, "rb");
	if (!file) {
		free(rig);
		return NULL;
	}
	rig->file_bytes = fread(rig->file, 1, sizeof(rig->file), file);
	fclose(file);
	assert_memory_equal(header_of(rig)->e_ident, ELFMAG, SELFMAG);
	rig->vb.seed = 1;
	rig->board = board_new(&rig->vb, "stm32f429i-disco", NULL);
	assert_non_null(rig->board);
	rig->core = rig->board->core;
	core_debug_halt(rig->core);
	rig->buffer = symbol(rig, "g_stack_buff")->st_value;
	rig->sp = (rig->buffer + STACK_BYTES) & ~7u;
	load(rig);
	return rig;
}

#define OPEN(name) ({ \
		struct rig *rig_ = open_rig(name); \
		if (!rig_) \
			skip(); \
		rig_; \
	})

static void close_rig(struct rig *rig)
{
	board_free(rig->board);
	free(rig->vb.serial);
	free(rig);
}

/* The breakpoint is at the low end of the stack's room. */
static void start(struct rig *rig, const char *function, uint32_t r0, uint32_t r1, uint32_t r2)
{
	uint32_t bkpt = (rig->buffer + 3) & ~3u;

	put(rig, bkpt, 0xbe00be00);
	core_reg_set(rig->core, CORE_SPECIAL, rig->special);
	core_reg_set(rig->core, CORE_XPSR, 0x01000000);
	core_reg_set(rig->core, CORE_SP, rig->sp);
	core_reg_set(rig->core, CORE_LR, bkpt | 1);
	core_reg_set(rig->core, CORE_PC, symbol(rig, function)->st_value);
	core_reg_set(rig->core, 0, r0);
	core_reg_set(rig->core, 1, r1);
	core_reg_set(rig->core, 2, r2);
}

static uint32_t resume(struct rig *rig, uint64_t time_ps)
{
	core_debug_resume(rig->core);
	/* A host looks now and then. */
	for (uint64_t end_ps = rig->vb.clock.now_ps + time_ps; rig->vb.clock.now_ps < end_ps; ) {
		core_run_until(rig->core, rig->vb.clock.now_ps + MS);
		if (core_is_halted(rig->core))
			break;
	}
	if (!core_is_halted(rig->core)) {
		core_debug_halt(rig->core);
		return HUNG;
	}
	assert_int_equal(core_reg_get(rig->core, CORE_PC), (rig->buffer + 3) & ~3u);
	return core_reg_get(rig->core, 0);
}

static uint32_t call(struct rig *rig, const char *function, uint32_t r0, uint32_t r1, uint32_t r2)
{
	start(rig, function, r0, r1, r2);
	return resume(rig, CALL_PS);
}

static uint8_t pattern(uint32_t offset)
{
	return (uint8_t)(offset * 7 + (offset >> 8));
}

static uint32_t page_address(const struct rig *rig)
{
	return rig->buffer + STACK_BYTES;
}

static void fill_page(struct rig *rig, uint32_t offset)
{
	for (uint32_t i = 0; i < PAGE_BYTES; i++)
		memory(rig, page_address(rig), PAGE_BYTES)[i] = pattern(offset + i);
}

static uint32_t program(struct rig *rig, uint32_t offset)
{
	fill_page(rig, offset);
	return call(rig, "SEGGER_FL_Program", FLASH + offset, PAGE_BYTES, page_address(rig));
}

static void fill_stack(struct rig *rig, uint32_t value)
{
	for (uint32_t address = (rig->buffer + 11) & ~3u; address < rig->sp; address += 4)
		put(rig, address, value);
}

static bool flash_holds_pattern(struct rig *rig, uint32_t offset, uint32_t length)
{
	const uint8_t *bytes = memory(rig, FLASH + offset, length);

	for (uint32_t i = 0; i < length; i++) {
		if (bytes[i] != pattern(offset + i))
			return false;
	}
	return true;
}

static bool has_printed(const struct rig *rig, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i + length <= rig->vb.serial_length; i++) {
		if (memcmp(rig->vb.serial + i, text, length) == 0)
			return true;
	}
	return false;
}

static void assert_clean(struct rig *rig)
{
	if (rig->vb.num_violations)
		fail_msg("%s", rig->vb.violation[0].what);
}

static uint32_t ipsr(struct rig *rig)
{
	return core_reg_get(rig->core, CORE_XPSR) & 0x1ff;
}

static void test_layout(void **state)
{
	struct rig *rig = OPEN("rtos");
	const Elf32_Phdr *program_header = at(rig, header_of(rig)->e_phoff, sizeof(*program_header));
	const Elf32_Shdr *descriptor = section(rig, "DevDscr");
	uint32_t flash_device = symbol(rig, "FlashDevice")->st_value;

	(void)state;
	assert_int_equal(header_of(rig)->e_phnum, 1);
	assert_int_equal(program_header->p_type, PT_LOAD);
	assert_int_equal(program_header->p_vaddr, SRAM);
	assert_true(program_header->p_memsz > program_header->p_filesz);
	assert_int_equal(header_of(rig)->e_entry, symbol(rig, "__start")->st_value);
	assert_int_equal(symbol(rig, "_vectors")->st_value, SRAM);
	assert_int_equal(section(rig, "PrgCode")->sh_size, 0);
	assert_int_equal(section(rig, "PrgCode")->sh_flags & SHF_ALLOC, 0);
	assert_int_equal(section(rig, "PrgCode")->sh_addr, SRAM);
	assert_int_equal(symbol(rig, "SEGGER_FL_Prepare")->st_value & ~1u, section(rig, "PrgData")->sh_addr);
	assert_int_equal(symbol(rig, "_eronly")->st_value, symbol(rig, "_sdata")->st_value);

	assert_int_equal(descriptor->sh_addr, flash_device);
	assert_int_equal(descriptor->sh_size, 176 + BUFFER_BYTES);
	assert_int_equal(symbol(rig, "g_stack_buff")->st_size, BUFFER_BYTES);
	assert_int_equal(ELF32_ST_BIND(symbol(rig, "g_stack_buff")->st_info), STB_LOCAL);
	assert_int_equal(rig->buffer, flash_device + 176);
	assert_int_equal(rig->buffer % 8, 4);
	assert_true(section(rig, ".bss")->sh_addr > flash_device);

	assert_int_equal(get(rig, flash_device) & 0xffff, 0x0101);
	assert_int_equal(get(rig, flash_device + 132), 0);
	assert_int_equal(get(rig, flash_device + 136), 0xffffffff);
	assert_int_equal(get(rig, flash_device + 140), PAGE_BYTES);
	assert_int_equal(get(rig, flash_device + 160), PAGE_BYTES);
	assert_int_equal(get(rig, flash_device + 168), 0xffffffff);
	close_rig(rig);
}

/* Everything in the order in which it is meant to be used. */
static void test_life_cycle(void **state)
{
	struct rig *rig = OPEN("rtos");
	const uint8_t *flash = memory(rig, FLASH, BLOCK_BYTES);
	uint8_t before[16];

	(void)state;
	memcpy(before, flash, sizeof(before));
	assert_int_equal(call(rig, "SEGGER_FL_Prepare", 0, 0, 0), 0);
	print_message("# boot: %u instructions, %u us\n", (unsigned int)rig->vb.count.instructions,
		(unsigned int)(rig->vb.clock.now_ps / VB_PS_PER_US));
	assert_true(has_printed(rig, "device 08000000 00010000"));
	assert_int_equal(core_reg_get(rig->core, CORE_SPECIAL), 0);
	assert_int_equal(core_reg_get(rig->core, CORE_SP), rig->sp);
	assert_int_equal(get(rig, 0xe000ed08), SRAM);
	assert_int_equal(get(rig, SYST_CSR) & 7, 7);
	/* The heap begins behind the image and has marked both ends of each region. */
	assert_int_equal(get(rig, 0x2002fffc), symbol(rig, "_ebss")->st_value + 1024);
	assert_int_equal(get(rig, 0xd07ffffc), 0xd0000000);

	assert_int_equal(call(rig, "SEGGER_FL_Erase", FLASH, 0, 1), 0);
	assert_int_equal(program(rig, 0), 0);
	/* Nothing has reached the flash. */
	assert_memory_equal(flash, before, sizeof(before));
	for (uint32_t offset = PAGE_BYTES; offset < BLOCK_BYTES + 2 * PAGE_BYTES; offset += PAGE_BYTES)
		assert_int_equal(program(rig, offset), 0);
	/* The first block has, because another one was needed. */
	assert_true(flash_holds_pattern(rig, 0, BLOCK_BYTES));
	assert_false(flash_holds_pattern(rig, BLOCK_BYTES, PAGE_BYTES));

	memset(memory(rig, page_address(rig), PAGE_BYTES), 0, PAGE_BYTES);
	assert_int_equal(call(rig, "SEGGER_FL_Read", FLASH + BLOCK_BYTES, PAGE_BYTES, page_address(rig)), 0);
	assert_int_equal(memory(rig, page_address(rig), PAGE_BYTES)[5], pattern(BLOCK_BYTES + 5));
	assert_int_equal(call(rig, "SEGGER_FL_Verify", FLASH + BLOCK_BYTES, PAGE_BYTES, page_address(rig)),
		FLASH + BLOCK_BYTES + PAGE_BYTES);
	memory(rig, page_address(rig), PAGE_BYTES)[77] ^= 1;
	assert_int_equal(call(rig, "SEGGER_FL_Verify", FLASH + BLOCK_BYTES, PAGE_BYTES, page_address(rig)), 0);

	fill_stack(rig, FLASH);
	assert_int_equal(call(rig, "SEGGER_FL_Restore", 0, 0, 0), 0);
	assert_true(flash_holds_pattern(rig, 0, BLOCK_BYTES + 2 * PAGE_BYTES));
	print_message("# 24 KiB: %u instructions, %u ms\n", (unsigned int)rig->vb.count.instructions,
		(unsigned int)(rig->vb.clock.now_ps / MS));
	assert_clean(rig);
	close_rig(rig);
}

/* Restore takes what lies on the stack for an address of the device. */
static void test_restore_wants_a_prepared_stack(void **state)
{
	struct rig *rig = OPEN("rtos");

	(void)state;
	assert_int_equal(call(rig, "SEGGER_FL_Prepare", 0, 0, 0), 0);
	assert_int_equal(program(rig, 0), 0);
	fill_stack(rig, 0x55555555);
	assert_int_equal(call(rig, "SEGGER_FL_Restore", 0, 0, 0), (uint32_t)-5);
	assert_false(flash_holds_pattern(rig, 0, PAGE_BYTES));
	assert_true(has_printed(rig, "error 55555555"));
	/* Right behind a Program, on the same stack, it is that one's address. */
	assert_int_equal(program(rig, 0), 0);
	assert_int_equal(call(rig, "SEGGER_FL_Restore", 0, 0, 0), 0);
	assert_true(flash_holds_pattern(rig, 0, PAGE_BYTES));
	assert_clean(rig);
	close_rig(rig);
}

static void test_outside_of_the_device(void **state)
{
	struct rig *rig = OPEN("rtos");

	(void)state;
	assert_int_equal(call(rig, "SEGGER_FL_Prepare", 0, 0, 0), 0);
	assert_int_equal(program(rig, 0x10000), (uint32_t)-5);
	assert_int_equal(call(rig, "SEGGER_FL_Read", 0x90000000, 4, page_address(rig)), (uint32_t)-5);
	assert_int_equal(program(rig, 0xf000), 0);
	assert_clean(rig);
	close_rig(rig);
}

/* An SVC with PRIMASK set is a HardFault, which this system does not survive. The boot clears it. */
static void test_primask(void **state)
{
	struct rig *rig = OPEN("rtos");

	(void)state;
	rig->special = PRIMASK_SET;
	assert_int_equal(call(rig, "SEGGER_FL_Prepare", 0, 0, 0), 0);
	assert_int_equal(core_reg_get(rig->core, CORE_SPECIAL), 0);
	fill_page(rig, 0);
	start(rig, "SEGGER_FL_Program", FLASH, PAGE_BYTES, page_address(rig));
	assert_int_equal(resume(rig, 20 * MS), HUNG);
	assert_int_equal(ipsr(rig), 3);
	assert_int_equal(core_reg_get(rig->core, CORE_SPECIAL) >> 8 & 0xff, 0x80);
	assert_true(has_printed(rig, "panic: unexpected exception"));
	close_rig(rig);
}

/* A debugger that masks interrupts (DHCSR.C_MASKINTS) does not stop SVC: polled drivers work. */
static void test_masked_interrupts(void **state)
{
	struct rig *rig = OPEN("rtos");

	(void)state;
	for (unsigned int step = 0; step < 2; step++) {
		if (step == 0)
			start(rig, "SEGGER_FL_Prepare", 0, 0, 0);
		else
			start(rig, "SEGGER_FL_Program", FLASH, 3, page_address(rig));
		put(rig, 0xe000edf0, 0xa05f000b);
		put(rig, 0xe000edf0, 0xa05f0009);
		core_run_until(rig->core, rig->vb.clock.now_ps + 100 * MS);
		assert_true(core_is_halted(rig->core));
		assert_int_equal(core_reg_get(rig->core, 0), 0);
	}
	close_rig(rig);
}

/* Over a running instance: its timer interrupts the boot before there is a handler, unless it is stopped. */
static void test_second_boot(void **state)
{
	struct rig *rig = OPEN("rtos");

	(void)state;
	assert_int_equal(call(rig, "SEGGER_FL_Prepare", 0, 0, 0), 0);
	load(rig);
	rig->special = PRIMASK_SET;
	start(rig, "SEGGER_FL_Prepare", 0, 0, 0);
	put(rig, ICSR, 1u << 26);
	assert_int_equal(resume(rig, 50 * MS), HUNG);
	assert_int_equal(ipsr(rig), 15);
	close_rig(rig);

	rig = OPEN("rtos");
	assert_int_equal(call(rig, "SEGGER_FL_Prepare", 0, 0, 0), 0);
	load(rig);
	put(rig, SYST_CSR, 0);
	put(rig, 0xe000e184, 0xffffffff);
	put(rig, ICSR, 1u << 25 | 1u << 27);
	rig->special = PRIMASK_SET;
	assert_int_equal(call(rig, "SEGGER_FL_Prepare", 0, 0, 0), 0);
	rig->special = 0;
	assert_int_equal(program(rig, 0), 0);
	close_rig(rig);
}

/* A driver that sleeps for two ticks. */
static void test_driver_that_sleeps(void **state)
{
	struct rig *rig = OPEN("rtos-sleep");
	uint64_t started_ps;

	(void)state;
	assert_int_equal(call(rig, "SEGGER_FL_Prepare", 0, 0, 0), 0);
	started_ps = rig->vb.clock.now_ps;
	assert_int_equal(program(rig, 0), 0);
	assert_in_range((rig->vb.clock.now_ps - started_ps) / MS, 10, 40);
	fill_stack(rig, FLASH);
	assert_int_equal(call(rig, "SEGGER_FL_Restore", 0, 0, 0), 0);
	assert_true(flash_holds_pattern(rig, 0, PAGE_BYTES));
	assert_clean(rig);
	close_rig(rig);
}

/*
 * The same with a wait loop that does not look at memory: the driver has finished, and nobody sees it. A host can tell
 * the loop, by what is in its register.
 */
static void test_wait_that_does_not_look(void **state)
{
	struct rig *rig = OPEN("rtos-sleep-stuck");
	uint32_t loop, message, result;
	unsigned int reg;

	(void)state;
	assert_int_equal(call(rig, "SEGGER_FL_Prepare", 0, 0, 0), 0);
	fill_page(rig, 0);
	start(rig, "SEGGER_FL_Program", FLASH, PAGE_BYTES, page_address(rig));
	assert_int_equal(resume(rig, 100 * MS), HUNG);
	assert_int_equal(ipsr(rig), 0);
	assert_true(has_printed(rig, "end 08000000"));

	/* cmp Rn, Rm; beq .-2 */
	loop = core_reg_get(rig->core, CORE_PC);
	if (half_word(rig, loop) == 0xd0fd)
		loop -= 2;
	assert_int_equal(half_word(rig, loop + 2), 0xd0fd);
	assert_int_equal(half_word(rig, loop) & 0xffc0, 0x4280);
	reg = half_word(rig, loop) & 7;
	assert_int_equal(core_reg_get(rig->core, reg), 1);

	/* The message: action, address, length, data */
	message = core_reg_get(rig->core, CORE_SP) & ~3u;
	while (message < rig->sp - 16 && !(get(rig, message + 4) == FLASH && get(rig, message + 8) == PAGE_BYTES
			&& get(rig, message + 12) == page_address(rig)))
		message += 4;
	assert_int_equal(get(rig, message + 4), FLASH);
	assert_int_equal(get(rig, message), 6);
	core_reg_set(rig->core, reg, 6);
	result = resume(rig, 100 * MS);
	assert_int_equal(result, 0);
	assert_clean(rig);
	close_rig(rig);
}

/* Prepare does not tell; the first Program waits for ever. */
static void test_missing_device(void **state)
{
	struct rig *rig = OPEN("rtos-nodev");

	(void)state;
	assert_int_equal(call(rig, "SEGGER_FL_Prepare", 0, 0, 0), 0);
	fill_page(rig, 0);
	start(rig, "SEGGER_FL_Program", FLASH, PAGE_BYTES, page_address(rig));
	assert_int_equal(resume(rig, 100 * MS), HUNG);
	assert_int_equal(ipsr(rig), 0);
	assert_false(has_printed(rig, "begin"));
	assert_clean(rig);
	close_rig(rig);
}

static void test_panic(void **state)
{
	struct rig *rig = OPEN("rtos-panic");

	(void)state;
	assert_int_equal(call(rig, "SEGGER_FL_Prepare", 0, 0, 0), 0);
	fill_page(rig, 0);
	start(rig, "SEGGER_FL_Program", FLASH, PAGE_BYTES, page_address(rig));
	assert_int_equal(resume(rig, 100 * MS), HUNG);
	assert_true(has_printed(rig, "panic: driver"));
	assert_int_equal(core_reg_get(rig->core, CORE_SPECIAL) >> 8 & 0xff, 0x80);
	close_rig(rig);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_life_cycle),
		cmocka_unit_test(test_restore_wants_a_prepared_stack),
		cmocka_unit_test(test_outside_of_the_device),
		cmocka_unit_test(test_primask),
		cmocka_unit_test(test_masked_interrupts),
		cmocka_unit_test(test_second_boot),
		cmocka_unit_test(test_driver_that_sleeps),
		cmocka_unit_test(test_wait_that_does_not_look),
		cmocka_unit_test(test_missing_device),
		cmocka_unit_test(test_panic),
	};

	directory = argc > 1 ? argv[1] : getenv("LOADERS_DIR");
	if (!directory)
		directory = "testing/loaders";	/* of the build directory */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
