// SPDX-License-Identifier: GPL-2.0-or-later

#include "loader_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loader_sane.h"

#define CODE_BYTES	64u

static const char * const flm_functions[] = {
	"Init", "UnInit", "EraseSector", "ProgramPage", "EraseChip", "Verify", "BlankCheck", NULL
};
static const char * const open_functions[] = {
	"SEGGER_OPEN_Erase", "SEGGER_OPEN_Program", "SEGGER_OPEN_Read", "SEGGER_OPEN_CalcCRC", "SEGGER_OPEN_GetFlashInfo",
	NULL
};
static const char * const segger_functions[] = {
	"SEGGER_FL_Prepare", "SEGGER_FL_Restore", "SEGGER_FL_Erase", "SEGGER_FL_Program", "SEGGER_FL_EraseChip",
	"SEGGER_FL_Verify", "SEGGER_FL_CheckBlank", "SEGGER_FL_Read", "SEGGER_FL_CalcCRC", "SEGGER_FL_GetFlashInfo", NULL
};
static const char * const nuttx_functions[] = {
	"SEGGER_FL_Prepare", "SEGGER_FL_Restore", "SEGGER_FL_Program", "SEGGER_FL_Erase", "SEGGER_FL_Read",
	"SEGGER_FL_Verify", NULL
};
static const char * const stldr_functions[] = {
	"Init", "Write", "SectorErase", "MassErase", "Read", "CheckSum", "Verify", NULL
};

static unsigned int add_functions(struct loader_fixture *f, unsigned int section, const char * const *names,
		unsigned int first)
{
	for (unsigned int i = 0; names[i]; i++)
		eb_function(&f->builder, names[i], section, 4 * first++);
	return first;
}

/* Content that is different at each byte, so that what is read from the wrong place shows. */
static unsigned int add_content(struct loader_fixture *f, const char *name, uint32_t flags, uint32_t address,
		uint32_t size)
{
	const unsigned int index = eb_section(&f->builder, name, EB_PROGBITS, EB_ALLOC | flags, address, NULL, size, 4);

	for (uint32_t i = 0; i < size; i++)
		f->builder.section[index].bytes[i] = (uint8_t)(i * 7 + index * 31 + 1);
	return index;
}

static void start(struct loader_fixture *f)
{
	memset(f, 0, sizeof(*f));
	eb_start(&f->builder);
}

uint8_t *descriptor_of(struct loader_fixture *f)
{
	return f->builder.section[f->descriptor].bytes;
}

static void put_flash_device(uint8_t *device, const char *name, uint16_t type, uint32_t base, uint32_t size,
		uint32_t page)
{
	eb_put16(device, 0, 0x0101);
	memset(device + DEV_NAME, 0, 128);
	memcpy(device + DEV_NAME, name, strlen(name));
	eb_put16(device, DEV_TYPE, type);
	eb_put32(device, DEV_ADDRESS, base);
	eb_put32(device, DEV_SIZE, size);
	eb_put32(device, DEV_PAGE, page);
	eb_put32(device, 144, 0);
	eb_put32(device, DEV_EMPTY, 0xff);
	eb_put32(device, DEV_PROGRAM_MS, 100);
	eb_put32(device, DEV_ERASE_MS, 6000);
}

void put_sectors(struct loader_fixture *f, const uint32_t *words, unsigned int count)
{
	const struct eb_section *section = &f->builder.section[f->descriptor];
	const uint32_t at = f->builder.symbol[f->object].value - section->address +
			(strcmp(f->builder.symbol[f->object].name, "FlashDevice") == 0 ? DEV_SECTORS : INFO_SECTORS);

	assert_true(at + 4 * count <= section->size);
	for (unsigned int i = 0; i < count; i++)
		eb_put32(section->bytes, at + 4 * i, words[i]);
}

void resize(struct loader_fixture *f, unsigned int index, uint32_t size)
{
	struct eb_section *section = &f->builder.section[index];

	if (section->type != EB_NOBITS) {
		uint8_t *bytes = calloc(1, size);

		assert_non_null(bytes);
		if (section->bytes)
			memcpy(bytes, section->bytes, size < section->size ? size : section->size);
		free(section->bytes);
		section->bytes = bytes;
	}
	section->size = size;
}

void start_flm(struct loader_fixture *f)
{
	start(f);
	f->code = add_content(f, "PrgCode", EB_EXECINSTR, 0, CODE_BYTES);
	f->data = add_content(f, "PrgData", EB_WRITE, 0x40, 16);
	f->zeros = eb_section(&f->builder, "PrgData", EB_NOBITS, EB_ALLOC | EB_WRITE, 0x50, NULL, 256, 4);
	f->descriptor = add_content(f, "DevDscr", 0, 0x50, DEV_SECTORS + 16);
	add_functions(f, f->code, flm_functions, 0);
	f->object = eb_object(&f->builder, "FlashDevice", f->descriptor, 0, 4256);
	put_flash_device(descriptor_of(f), "STM32F4xx Flash", 1, 0x08000000, 0x100000, 0x400);
	PUT_SECTORS(f, 0x4000, 0, END, END);
	eb_segment(&f->builder, EB_PT_LOAD, 7, f->code, f->zeros);
	eb_segment(&f->builder, EB_PT_LOAD, 4, f->descriptor, f->descriptor);
}

void start_open(struct loader_fixture *f)
{
	start(f);
	add_content(f, "PrgCode", 0, 0x20000000, 16);
	f->code = add_content(f, ".text", EB_EXECINSTR, 0x20000010, CODE_BYTES);
	f->rodata = add_content(f, ".rodata", 0, 0x20000050, 16);
	f->data = add_content(f, "PrgData", EB_WRITE, 0x20000060, 16);
	f->zeros = eb_section(&f->builder, ".bss", EB_NOBITS, EB_ALLOC | EB_WRITE, 0x20000070, NULL, 32, 4);
	f->descriptor = add_content(f, "DevDscr", 0, 0x20000090, DEV_SECTORS + 16);
	add_functions(f, f->code, open_functions, add_functions(f, f->code, flm_functions, 0));
	f->object = eb_object(&f->builder, "FlashDevice", f->descriptor, 0, 176);
	put_flash_device(descriptor_of(f), "QSPI", 5, 0x60000000, 0x1000000, 0x200);
	PUT_SECTORS(f, 0x1000, 0, END, END);
}

void start_segger(struct loader_fixture *f)
{
	start(f);
	f->code = add_content(f, "PrgCode", EB_EXECINSTR, 0x20000000, CODE_BYTES);
	f->data = add_content(f, "PrgData", EB_WRITE, 0x20000040, 16);
	f->descriptor = add_content(f, "DevDscr", 0, 0x20000050, DEV_SECTORS + 16);
	add_functions(f, f->code, segger_functions, 0);
	f->object = eb_object(&f->builder, "FlashDevice", f->descriptor, 0, 176);
	put_flash_device(descriptor_of(f), "QSPI", 1, 0x60000000, 0x1000000, 0x200);
	PUT_SECTORS(f, 0x1000, 0, END, END);
}

void start_nuttx(struct loader_fixture *f, uint32_t room_bytes)
{
	start(f);
	eb_section(&f->builder, "PrgCode", EB_PROGBITS, EB_WRITE, 0x20000000, NULL, 0, 1);
	f->code = add_content(f, ".text", EB_EXECINSTR, 0x20000000, 0xdd3e);
	f->builder.section[f->code].alignment = 512;
	eb_section(&f->builder, ".ARM.exidx", 0x70000001, EB_ALLOC, 0x2000dd40, NULL, 8, 4);
	f->rodata = add_content(f, "PrgData", EB_EXECINSTR, 0x2000dd48, 0x98);
	f->data = add_content(f, ".data", EB_WRITE, 0x2000dde0, 0x398);
	f->descriptor = add_content(f, "DevDscr", EB_WRITE, 0x2000e178, 0xb0 + room_bytes);
	f->zeros = eb_section(&f->builder, ".bss", EB_NOBITS, EB_ALLOC | EB_WRITE, 0x2000fa30, NULL, 0x12f8, 8);
	memset(descriptor_of(f) + 0xb0, 0, room_bytes);
	add_functions(f, f->rodata, nuttx_functions, 0);
	f->object = eb_object(&f->builder, "FlashDevice", f->descriptor, 0, 0xb0);
	if (room_bytes)
		eb_symbol(&f->builder, "g_stack_buff", 0x2000e178 + 0xb0, room_bytes, EB_OBJECT, EB_LOCAL, EB_DEFAULT,
				f->descriptor);
	put_flash_device(descriptor_of(f), "NuttX", 1, 0, 0xffffffff, 4096);
	eb_put32(descriptor_of(f), 144, 1);
	eb_put32(descriptor_of(f), DEV_PROGRAM_MS, 5000);
	eb_put32(descriptor_of(f), DEV_ERASE_MS, 5000);
	PUT_SECTORS(f, 4096, 0, END, END);
	eb_attributes(&f->builder, 13, 0);
}

void start_stldr(struct loader_fixture *f)
{
	uint8_t *info;

	start(f);
	f->code = add_content(f, "P1-P2 ro", EB_EXECINSTR, 0x20000004, CODE_BYTES);
	f->rodata = add_content(f, ".rodata", 0, 0x20000044, 16);
	f->data = add_content(f, ".data", EB_WRITE, 0x20000054, 16);
	f->zeros = eb_section(&f->builder, ".bss", EB_NOBITS, EB_ALLOC | EB_WRITE, 0x20000064, NULL, 64, 4);
	f->descriptor = add_content(f, "P3", 0, 0, INFO_BYTES);
	add_functions(f, f->code, stldr_functions, 0);
	f->object = eb_object(&f->builder, "StorageInfo", f->descriptor, 0, INFO_BYTES);
	eb_segment(&f->builder, EB_PT_LOAD, 7, f->code, f->data);
	eb_segment(&f->builder, EB_PT_LOAD, 4, f->descriptor, f->descriptor);

	info = descriptor_of(f);
	memset(info, 0, INFO_BYTES);
	memcpy(info + INFO_NAME, "W25Q64_STM32G0", 14);
	eb_put16(info, INFO_TYPE, 7);
	eb_put32(info, INFO_ADDRESS, 0x90000000);
	eb_put32(info, INFO_SIZE, 0x800000);
	eb_put32(info, INFO_PAGE, 256);
	eb_put32(info, INFO_EMPTY, 0xff);
	eb_put32(info, INFO_SECTORS, 2048);
	eb_put32(info, INFO_SECTORS + 4, 4096);
}

struct eb_symbol *symbol_of(struct loader_fixture *f, const char *name)
{
	for (unsigned int i = 1; i < f->builder.num_symbols; i++)
		if (strcmp(f->builder.symbol[i].name, name) == 0)
			return &f->builder.symbol[i];
	fail_msg("the fixture has no %s", name);
	return NULL;
}

void remove_symbol(struct loader_fixture *f, const char *name)
{
	struct eb_symbol *symbol = symbol_of(f, name);

	symbol->name = "gone";
	symbol->section = 0;
	symbol->type = 0;
}

void make_file(struct loader_fixture *f)
{
	if (!f->is_made)
		eb_finish(&f->builder, &f->file);
	f->is_made = true;
}

static void read_file(struct loader_fixture *f)
{
	make_file(f);
	ofl_loader_free(&f->loader);
	memset(&f->loader, 0x5a, sizeof(f->loader));
	memset(&f->error, 0, sizeof(f->error));
	f->usable = ofl_loader_read(&f->loader, f->file.bytes, f->file.length, &f->error);
}

void assert_usable_at(struct loader_fixture *f, const char *file, int line)
{
	const char *bad;

	read_file(f);
	if (!f->usable) {
		print_error("refused: %s\n", f->error.text);
		_fail(file, line);
	}
	bad = loader_insane(&f->loader);
	if (!bad)
		bad = loader_file_insane(f->file.bytes, f->file.length);
	if (bad) {
		print_error("not kept: %s\n", bad);
		_fail(file, line);
	}
}

void assert_refused_at(struct loader_fixture *f, const char *text, const char *file, int line)
{
	read_file(f);
	if (f->usable)
		print_error("not refused; expected: %s\n", text);
	else if (!strstr(f->error.text, text))
		print_error("refused: %s\nexpected: %s\n", f->error.text, text);
	else if (f->loader.segment || f->loader.region)
		print_error("refused, and something is still owned\n");
	else if (f->error.offset > f->file.length)
		print_error("refused at offset %zu of %zu\n", f->error.offset, f->file.length);
	else
		return;
	_fail(file, line);
}

void end_loader(struct loader_fixture *f)
{
	if (!f->is_made)
		for (unsigned int i = 0; i < f->builder.num_sections; i++)
			free(f->builder.section[i].bytes);
	ofl_loader_free(&f->loader);
	eb_free(&f->file);
	f->is_made = false;
}

bool notes_say(const struct loader_fixture *f, const char *text)
{
	for (unsigned int i = 0; i < f->loader.num_notes; i++)
		if (strstr(f->loader.note[i], text))
			return true;
	for (unsigned int i = 0; i < f->loader.num_notes; i++)
		print_message("note: %s\n", f->loader.note[i]);
	return false;
}

static void take_line(void *context, const char *text)
{
	struct loader_fixture *f = context;
	const size_t length = strlen(f->report);

	assert_true(length + strlen(text) + 2 < sizeof(f->report));
	snprintf(f->report + length, sizeof(f->report) - length, "%s\n", text);
}

bool make_report(struct loader_fixture *f, const struct ofl_report_options *options)
{
	f->report[0] = '\0';
	return ofl_loader_report(&f->loader, options, take_line, f);
}

bool has_line(const struct loader_fixture *f, const char *line)
{
	const size_t length = strlen(line);

	for (const char *at = f->report; *at != '\0'; at = strchr(at, '\n') + 1)
		if (strncmp(at, line, length) == 0 && at[length] == '\n')
			return true;
	print_message("%s", f->report);
	return false;
}

const struct ofl_loader_segment *segment_of(const struct loader_fixture *f, unsigned int section)
{
	for (unsigned int i = 0; i < f->loader.num_segments; i++)
		if (f->loader.segment[i].section == section)
			return &f->loader.segment[i];
	return NULL;
}

void assert_loader_region(const struct loader_fixture *f, unsigned int index, uint64_t offset, uint32_t bytes,
		uint32_t count)
{
	assert_true(index < f->loader.num_regions);
	assert_int_equal(f->loader.region[index].offset_bytes, offset);
	assert_int_equal(f->loader.region[index].sector_bytes, bytes);
	assert_int_equal(f->loader.region[index].count, count);
}

void assert_function(const struct loader_fixture *f, enum ofl_function_id id, const char *name, uint32_t args,
		uint32_t result)
{
	const struct ofl_function *function = &f->loader.function[id];

	if (!name) {
		assert_null(function->name);
		return;
	}
	assert_non_null(function->name);
	assert_string_equal(function->name, name);
	assert_int_equal(function->args, args);
	assert_int_equal(function->result, result);
}
