// SPDX-License-Identifier: GPL-2.0-or-later

#include "loader_rig.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEMCR		0xe000edfcu
#define VC_HARDERR	(1u << 10)
#define BKPT		0xbe00be00u
#define STACK_PATTERN	0x5ac0ffeeu

#define PS_PER_MS	(1000 * VB_PS_PER_US)

#define NAME_BYTES	300

static const char *rig_directory;

void rig_set_directory(int argc, char **argv)
{
	rig_directory = argc > 1 ? argv[1] : getenv("LOADERS_DIR");
	if (!rig_directory)
		rig_directory = "testing/loaders/out";
}

/*
 * libunicorn 2.0.1 does not free its map of a page that holds both code and data. Nobody else allocates there.
 */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libunicorn";
}

static const Elf32_Ehdr *header_of(const struct rig *rig)
{
	return (const Elf32_Ehdr *)(const void *)rig->file;
}

static const uint8_t *bytes_at(const struct rig *rig, uint32_t offset, uint32_t length)
{
	assert_true(offset <= rig->file_bytes && length <= rig->file_bytes - offset);
	return rig->file + offset;
}

/* ELF's structures are made of words. */
static const void *at(const struct rig *rig, uint32_t offset, uint32_t length)
{
	assert_int_equal(offset % 4, 0);
	return bytes_at(rig, offset, length);
}

static const Elf32_Shdr *section(const struct rig *rig, unsigned int index)
{
	assert_in_range(index, 0, header_of(rig)->e_shnum - 1);
	return at(rig, header_of(rig)->e_shoff + index * (uint32_t)sizeof(Elf32_Shdr), sizeof(Elf32_Shdr));
}

static const char *section_name(const struct rig *rig, const Elf32_Shdr *of)
{
	const Elf32_Shdr *strings = section(rig, header_of(rig)->e_shstrndx);

	return (const char *)rig->file + strings->sh_offset + of->sh_name;
}

static const Elf32_Sym *symbol(const struct rig *rig, const char *name)
{
	for (unsigned int n = 0; n < header_of(rig)->e_shnum; n++) {
		const Elf32_Shdr *table = section(rig, n);
		if (table->sh_type != SHT_SYMTAB)
			continue;
		const char *strings = (const char *)rig->file + section(rig, table->sh_link)->sh_offset;
		for (uint32_t entry = 0; entry < table->sh_size; entry += sizeof(Elf32_Sym)) {
			const Elf32_Sym *candidate = at(rig, table->sh_offset + entry, sizeof(Elf32_Sym));
			if (ELF32_ST_BIND(candidate->st_info) == STB_GLOBAL && !strcmp(strings + candidate->st_name, name))
				return candidate;
		}
	}
	return NULL;
}

bool rig_has(struct rig *rig, const char *name)
{
	return symbol(rig, name);
}

const uint8_t *rig_object(struct rig *rig, const char *name, uint32_t length)
{
	const Elf32_Sym *object = symbol(rig, name);

	assert_non_null(object);
	const Elf32_Shdr *in = section(rig, object->st_shndx);
	uint32_t skip = object->st_value - in->sh_addr;
	assert_true(skip <= in->sh_size && length <= in->sh_size - skip);
	return bytes_at(rig, in->sh_offset + skip, length);
}

static void poke(struct rig *rig, uint32_t address, const void *bytes, uint32_t length)
{
	uint8_t *ram = bus_ram_pointer(&rig->board->bus, address, length);

	if (!ram)
		fail_msg("no RAM at 0x%08x", (unsigned int)address);
	if (bytes)
		memcpy(ram, bytes, length);
	else
		memset(ram, 0, length);
	bus_note_ram_written(&rig->board->bus, address, length);
}

uint32_t rig_peek(struct rig *rig, uint32_t address)
{
	uint32_t value = 0;

	assert_int_equal(bus_read(&rig->board->bus, address, 4, &value, BUS_DEBUG), 0);
	return value;
}

static bool is_loaded(const struct rig *rig, const Elf32_Shdr *candidate)
{
	const char *name = section_name(rig, candidate);

	return candidate->sh_flags & SHF_ALLOC && candidate->sh_size && strcmp(name, "DevDscr") &&
		strcmp(name, ".Dev_Info");
}

/* Addresses kept in words (R_ARM_ABS32); branches are relative and stay. */
static void relocate(struct rig *rig, const Elf32_Shdr *table)
{
	if (!is_loaded(rig, section(rig, table->sh_info)))
		return;
	for (uint32_t entry = 0; entry < table->sh_size; entry += sizeof(Elf32_Rel)) {
		const Elf32_Rel *relocation = at(rig, table->sh_offset + entry, sizeof(Elf32_Rel));
		if (ELF32_R_TYPE(relocation->r_info) != R_ARM_ABS32)
			continue;
		uint32_t value = rig_peek(rig, relocation->r_offset + rig->delta) + rig->delta;
		poke(rig, relocation->r_offset + rig->delta, &value, 4);
	}
}

static void load(struct rig *rig, uint32_t address)
{
	unsigned int num = header_of(rig)->e_shnum;

	rig->low = UINT32_MAX;
	rig->high = 0;
	rig->static_base = 0;
	for (unsigned int n = 0; n < num; n++) {
		const Elf32_Shdr *candidate = section(rig, n);
		if (!is_loaded(rig, candidate))
			continue;
		if (candidate->sh_addr < rig->low)
			rig->low = candidate->sh_addr;
		if (candidate->sh_addr + candidate->sh_size > rig->high)
			rig->high = candidate->sh_addr + candidate->sh_size;
		if (!rig->static_base && !strcmp(section_name(rig, candidate), "PrgData"))
			rig->static_base = candidate->sh_addr;
	}
	rig->delta = address == RIG_AS_LINKED ? 0 : address - rig->low;
	rig->low += rig->delta;
	rig->high += rig->delta;
	rig->static_base += rig->delta;
	for (unsigned int n = 0; n < num; n++) {
		const Elf32_Shdr *candidate = section(rig, n);
		if (is_loaded(rig, candidate))
			poke(rig, candidate->sh_addr + rig->delta, candidate->sh_type == SHT_NOBITS ? NULL :
				bytes_at(rig, candidate->sh_offset, candidate->sh_size), candidate->sh_size);
	}
	for (unsigned int n = 0; rig->delta && n < num; n++) {
		if (section(rig, n)->sh_type == SHT_REL)
			relocate(rig, section(rig, n));
	}
}

static void read_file(struct rig *rig, const char *name)
{
	char path[NAME_BYTES];

	assert_in_range(snprintf(path, sizeof(path), "%s/%s", rig_directory, name), 1, sizeof(path) - 1);
	FILE *file = fopen(path, "rb");
	if (!file)
		fail_msg("cannot open %s", path);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	long length = ftell(file);
	rewind(file);
	assert_in_range(length, sizeof(Elf32_Ehdr), 1 << 20);
	rig->file = malloc((size_t)length);
	assert_non_null(rig->file);
	rig->file_bytes = (size_t)length;
	assert_int_equal(fread(rig->file, 1, rig->file_bytes, file), rig->file_bytes);
	fclose(file);
	assert_memory_equal(rig->file, ELFMAG, SELFMAG);
}

void rig_open(struct rig *rig, const char *board, const char *loader, uint32_t address, bool configured)
{
	static const struct board_options options = { 0 };
	const uint32_t bkpt = BKPT;

	rig_close(rig);
	rig->vb.seed = 1;
	rig->board = board_new(&rig->vb, board, &options);
	assert_non_null(rig->board);
	core_debug_halt(rig->board->core);
	assert_true(core_is_halted(rig->board->core));
	if (configured)
		board_reset_init(rig->board);
	assert_int_equal(bus_write(&rig->board->bus, DEMCR, 4, VC_HARDERR, BUS_DEBUG), 0);
	read_file(rig, loader);
	load(rig, address);
	/* Loader, stack and buffer do not meet. */
	assert_true(rig->high <= RIG_STACK_LOW || rig->low >= RIG_BUFFER + 0x1000);
	poke(rig, RIG_RETURN, &bkpt, 4);
	rig->code_before = malloc(rig->high - rig->low);
	assert_non_null(rig->code_before);
	memcpy(rig->code_before, bus_ram_pointer(&rig->board->bus, rig->low, rig->high - rig->low), rig->high - rig->low);
}

void rig_spoil(struct rig *rig, const char *name, bool zeros)
{
	for (unsigned int n = 0; n < header_of(rig)->e_shnum; n++) {
		const Elf32_Shdr *candidate = section(rig, n);
		if (strcmp(section_name(rig, candidate), name) || (candidate->sh_type == SHT_NOBITS) != zeros)
			continue;
		for (uint32_t word = 0; word + 4 <= candidate->sh_size; word += 4) {
			const uint32_t rubbish = 0x00a5a5a4;
			poke(rig, candidate->sh_addr + rig->delta + word, &rubbish, 4);
		}
		return;
	}
	fail_msg("there is no section %s", name);
}

void rig_close(struct rig *rig)
{
	board_free(rig->board);
	free(rig->file);
	free(rig->code_before);
	memset(rig, 0, sizeof(*rig));
}

enum rig_outcome rig_try(struct rig *rig, const char *name, const uint32_t *arguments, uint32_t deadline_ms)
{
	struct core *core = rig->board->core;
	const Elf32_Sym *function = symbol(rig, name);
	const uint32_t pattern = STACK_PATTERN;

	if (!function)
		fail_msg("there is no %s", name);
	for (uint32_t word = RIG_STACK_LOW; word < RIG_STACK_HIGH; word += 4)
		poke(rig, word, &pattern, 4);
	for (unsigned int reg = CORE_R0; reg < CORE_SP; reg++)
		core_reg_set(core, reg, reg < 4 ? arguments[reg] : 0xdead0000 + reg);
	core_reg_set(core, CORE_SPECIAL, !rig->interrupts_on);
	core_reg_set(core, 9, rig->static_base);
	core_reg_set(core, CORE_SP, RIG_STACK_HIGH);
	core_reg_set(core, CORE_LR, RIG_RETURN | 1);
	core_reg_set(core, CORE_XPSR, 0x01000000);
	core_reg_set(core, CORE_PC, (function->st_value + rig->delta) & ~1u);
	core_debug_resume(core);
	/* Looks often at first, so that little more time passes than a short call takes. */
	uint64_t begin_ps = rig->vb.clock.now_ps;
	uint64_t spent_ps = 0;
	while (spent_ps < deadline_ms * PS_PER_MS && !core_is_halted(core) && !core_is_locked_up(core)) {
		core_run_until(core, rig->vb.clock.now_ps + (spent_ps < 5 * PS_PER_MS ? PS_PER_MS / 50 : PS_PER_MS));
		spent_ps = rig->vb.clock.now_ps - begin_ps;
	}

	bool locked_up = core_is_locked_up(core);
	if (!core_is_halted(core)) {
		core_debug_halt(core);
		rig->pc = core_reg_get(core, CORE_PC);
		return locked_up ? RIG_FAULT : RIG_TIMEOUT;
	}
	rig->pc = core_reg_get(core, CORE_PC);
	rig->result = core_reg_get(core, CORE_R0);
	rig->result_high = core_reg_get(core, 1);
	rig->special = core_reg_get(core, CORE_SPECIAL);
	if (core_reg_get(core, CORE_XPSR) & 0x1ff)
		return RIG_FAULT;
	return rig->pc == RIG_RETURN ? RIG_RETURNED : RIG_HALTED;
}

uint32_t rig_call(struct rig *rig, const char *name, uint32_t r0, uint32_t r1, uint32_t r2, uint32_t r3)
{
	const uint32_t arguments[4] = { r0, r1, r2, r3 };
	enum rig_outcome outcome = rig_try(rig, name, arguments, 120000);

	if (outcome != RIG_RETURNED)
		fail_msg("%s(0x%x, 0x%x, 0x%x, 0x%x): outcome %d, PC 0x%08x", name, (unsigned int)r0, (unsigned int)r1,
			(unsigned int)r2, (unsigned int)r3, (int)outcome, (unsigned int)rig->pc);
	return rig->result;
}

uint8_t *rig_buffer(struct rig *rig)
{
	return bus_ram_pointer(&rig->board->bus, RIG_BUFFER, rig->board->ram_base + 0x2000 - RIG_BUFFER);
}

void rig_write(struct rig *rig, const uint8_t *bytes, uint32_t length)
{
	poke(rig, RIG_BUFFER, bytes, length);
}

bool rig_code_is_intact(struct rig *rig)
{
	for (unsigned int n = 0; n < header_of(rig)->e_shnum; n++) {
		const Elf32_Shdr *candidate = section(rig, n);
		if (!is_loaded(rig, candidate) || candidate->sh_flags & SHF_WRITE)
			continue;
		uint32_t address = candidate->sh_addr + rig->delta;
		if (memcmp(bus_ram_pointer(&rig->board->bus, address, candidate->sh_size),
				rig->code_before + (address - rig->low), candidate->sh_size))
			return false;
	}
	return true;
}

void rig_assert_clean(struct rig *rig)
{
	for (unsigned int n = 0; n < rig->vb.num_violations && n < VB_VIOLATION_MAX; n++)
		print_message("# violation: %s\n", rig->vb.violation[n].what);
	assert_int_equal(rig->vb.num_violations, 0);
	assert_true(rig_code_is_intact(rig));
	/* Nobody needs more than 512 bytes, or has left interrupts on. */
	assert_int_equal(rig_peek(rig, RIG_STACK_HIGH - 512), STACK_PATTERN);
	assert_int_equal(rig->special, 1);
}
