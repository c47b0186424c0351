// SPDX-License-Identifier: GPL-2.0-or-later

#include "elf_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EM_ARM			40
#define ET_EXEC			2
#define EABI_VERSION_5		0x05000000
#define SHT_SYMTAB		2
#define SHT_STRTAB		3
#define SHT_RELA		4
#define SHT_REL			9
#define SHT_ARM_ATTRIBUTES	0x70000003
#define HEADER_BYTES		52u
#define SEGMENT_BYTES		32u
#define SECTION_BYTES		40u
#define SYMBOL_BYTES		16u
#define MAX_STRINGS		4096u

/* A string table in the making; entry 0 is the empty name. */
struct strings {
	char bytes[MAX_STRINGS];
	uint32_t length;
};

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "elf_builder: %s\n", what);
	abort();
}

void eb_put16(uint8_t *bytes, size_t at, uint16_t value)
{
	bytes[at] = value & 0xff;
	bytes[at + 1] = value >> 8;
}

void eb_put32(uint8_t *bytes, size_t at, uint32_t value)
{
	eb_put16(bytes, at, value & 0xffff);
	eb_put16(bytes, at + 2, value >> 16);
}

uint32_t eb_get32(const uint8_t *bytes, size_t at)
{
	return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | (uint32_t)bytes[at + 3] << 24;
}

uint8_t *eb_copy(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);

	require(copy, "no memory");
	if (length)
		memcpy(copy, bytes, length);
	return copy;
}

void eb_start(struct elf_builder *builder)
{
	memset(builder, 0, sizeof(*builder));
	builder->type = ET_EXEC;
	builder->machine = EM_ARM;
	builder->flags = EABI_VERSION_5;
	builder->num_sections = 1;
	builder->num_symbols = 1;
	builder->section[0].name = "";
	builder->symbol[0].name = "";
}

unsigned int eb_section(struct elf_builder *builder, const char *name, uint32_t type, uint32_t flags, uint32_t address,
		const void *bytes, uint32_t size, uint32_t alignment)
{
	require(builder->num_sections < EB_MAX_SECTIONS, "too many sections");

	struct eb_section *section = &builder->section[builder->num_sections];

	section->name = name;
	section->type = type;
	section->flags = flags;
	section->address = address;
	section->size = size;
	section->alignment = alignment;
	if (type != EB_NOBITS && size) {
		section->bytes = calloc(1, size);
		require(section->bytes, "no memory");
		if (bytes)
			memcpy(section->bytes, bytes, size);
	}
	return builder->num_sections++;
}

unsigned int eb_symbol(struct elf_builder *builder, const char *name, uint32_t value, uint32_t size, uint8_t type,
		uint8_t binding, uint8_t visibility, uint16_t section)
{
	require(builder->num_symbols < EB_MAX_SYMBOLS, "too many symbols");
	builder->symbol[builder->num_symbols] = (struct eb_symbol){
		.name = name, .value = value, .size = size, .type = type, .binding = binding,
		.visibility = visibility, .section = section,
	};
	return builder->num_symbols++;
}

unsigned int eb_function(struct elf_builder *builder, const char *name, unsigned int section, uint32_t offset)
{
	return eb_symbol(builder, name, (builder->section[section].address + offset) | 1, 4, EB_FUNC, EB_GLOBAL, EB_HIDDEN,
			section);
}

unsigned int eb_object(struct elf_builder *builder, const char *name, unsigned int section, uint32_t offset,
		uint32_t size)
{
	return eb_symbol(builder, name, builder->section[section].address + offset, size, EB_OBJECT, EB_GLOBAL, EB_DEFAULT,
			section);
}

unsigned int eb_segment(struct elf_builder *builder, uint32_t type, uint32_t flags, unsigned int first,
		unsigned int last)
{
	require(builder->num_segments < EB_MAX_SEGMENTS, "too many segments");
	require(first < builder->num_sections && last < builder->num_sections, "segment of sections that are not there");
	builder->segment[builder->num_segments] = (struct eb_segment){
		.type = type, .flags = flags, .first = first, .last = last,
	};
	return builder->num_segments++;
}

void eb_relocation(struct elf_builder *builder, unsigned int section, uint32_t where, uint8_t type, uint32_t symbol,
		int32_t addend)
{
	require(builder->num_relocations < EB_MAX_RELOCATIONS, "too many relocations");
	builder->relocation[builder->num_relocations++] = (struct eb_relocation){
		.section = section, .where = where, .type = type, .symbol = symbol, .addend = addend,
	};
}

void eb_attributes(struct elf_builder *builder, int cpu_arch, int fp_arch)
{
	builder->has_attributes = true;
	builder->cpu_arch = cpu_arch;
	builder->fp_arch = fp_arch;
}

void eb_example(struct elf_builder *builder)
{
	static const char code[] = "0123456789abcdefghijklmnopqrstu";
	static const char constants[] = "constant";
	static const char statics[] = "static";
	static const char descriptor[] = "descriptor, which no reader of ELF files looks into";
	const unsigned int prg_code = eb_section(builder, "PrgCode", EB_PROGBITS, EB_ALLOC | EB_EXECINSTR, 0x20000000,
			code, sizeof(code), 4);
	const unsigned int rodata = eb_section(builder, ".rodata", EB_PROGBITS, EB_ALLOC, 0x20000020, constants,
			sizeof(constants), 1);
	const unsigned int prg_data = eb_section(builder, "PrgData", EB_PROGBITS, EB_ALLOC | EB_WRITE, 0x2000002c, statics,
			sizeof(statics), 4);

	eb_section(builder, ".bss", EB_NOBITS, EB_ALLOC | EB_WRITE, 0x20000034, NULL, 96, 4);

	const unsigned int dev_dscr = eb_section(builder, "DevDscr", EB_PROGBITS, EB_ALLOC, 0x20000034, descriptor,
			sizeof(descriptor), 4);

	eb_symbol(builder, "counter", 0x2000002c, 4, EB_OBJECT, EB_LOCAL, EB_DEFAULT, prg_data);

	const unsigned int init = eb_function(builder, "Init", prg_code, 0);

	eb_function(builder, "UnInit", prg_code, 12);
	eb_object(builder, "FlashDevice", dev_dscr, 0, 4256);
	eb_segment(builder, EB_PT_LOAD, 5, prg_code, rodata);
	eb_segment(builder, EB_PT_LOAD, 6, prg_data, prg_data);
	eb_segment(builder, EB_PT_LOAD, 4, dev_dscr, dev_dscr);
	eb_relocation(builder, prg_code, 0x20000010, EB_ABS32, 1, 0);
	eb_relocation(builder, prg_code, 0x20000014, EB_ABS32, init, 0);
	eb_attributes(builder, 12, 0);
	builder->entry = 0x20000001;
}

static uint32_t add_string(struct strings *strings, const char *text)
{
	const uint32_t length = strlen(text) + 1;
	const uint32_t at = strings->length;

	if (length == 1)
		return 0;
	require(at + length <= MAX_STRINGS, "names too long");
	memcpy(strings->bytes + at, text, length);
	strings->length += length;
	return at;
}

/* "ELF for the Arm Architecture" and its addenda (IHI 0045): 'A', vendor subsection, Tag_File, tag and value pairs. */
static void add_attributes(struct elf_builder *builder)
{
	static const char cpu_name[] = "Cortex-M";
	uint8_t bytes[64] = { 'A' };
	size_t length = 16;

	memcpy(bytes + 5, "aeabi", 6);
	bytes[11] = 1;
	bytes[length++] = 5;
	memcpy(bytes + length, cpu_name, sizeof(cpu_name));
	length += sizeof(cpu_name);
	if (builder->cpu_arch >= 0) {
		bytes[length++] = 6;
		bytes[length++] = builder->cpu_arch & 0x7f;
	}
	bytes[length++] = 7;
	bytes[length++] = 'M';
	if (builder->fp_arch >= 0) {
		bytes[length++] = 10;
		bytes[length++] = builder->fp_arch & 0x7f;
	}
	eb_put32(bytes, 1, length - 1);
	eb_put32(bytes, 12, length - 11);
	eb_section(builder, ".ARM.attributes", SHT_ARM_ATTRIBUTES, 0, 0, bytes, length, 1);
}

static bool was_seen(const struct elf_builder *builder, unsigned int relocation)
{
	for (unsigned int i = 0; i < relocation; i++)
		if (builder->relocation[i].section == builder->relocation[relocation].section)
			return true;
	return false;
}

/* One section for each section with relocations; `symbols` is the index that the symbol table will have. */
static unsigned int add_relocations(struct elf_builder *builder, unsigned int symbols)
{
	const uint32_t entry_bytes = builder->rela ? 12 : 8;
	unsigned int first = 0;

	for (unsigned int i = 0; i < builder->num_relocations; i++) {
		uint8_t bytes[EB_MAX_RELOCATIONS * 12];
		uint32_t length = 0;

		if (was_seen(builder, i))
			continue;
		for (unsigned int k = i; k < builder->num_relocations; k++) {
			const struct eb_relocation *relocation = &builder->relocation[k];

			if (relocation->section != builder->relocation[i].section)
				continue;
			eb_put32(bytes, length, relocation->where);
			eb_put32(bytes, length + 4, relocation->symbol << 8 | relocation->type);
			if (builder->rela)
				eb_put32(bytes, length + 8, (uint32_t)relocation->addend);
			length += entry_bytes;
		}

		const unsigned int index = eb_section(builder, builder->rela ? ".rela" : ".rel",
				builder->rela ? SHT_RELA : SHT_REL, 0, 0, bytes, length, 4);

		builder->section[index].entry_size = entry_bytes;
		builder->section[index].link = symbols;
		builder->section[index].info = builder->relocation[i].section;
		if (!first)
			first = index;
	}
	return first;
}

static unsigned int count_relocated(const struct elf_builder *builder)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < builder->num_relocations; i++)
		if (!was_seen(builder, i))
			count++;
	return count;
}

static void add_symbols(struct elf_builder *builder, struct elf_file *file)
{
	struct strings strings = { .length = 1 };
	uint8_t bytes[EB_MAX_SYMBOLS * SYMBOL_BYTES] = { 0 };
	unsigned int num_locals = 1;

	for (unsigned int i = 1; i < builder->num_symbols; i++) {
		const struct eb_symbol *symbol = &builder->symbol[i];
		uint8_t *entry = bytes + i * SYMBOL_BYTES;

		eb_put32(entry, EB_ST_NAME, add_string(&strings, symbol->name));
		eb_put32(entry, EB_ST_VALUE, symbol->value);
		eb_put32(entry, EB_ST_SIZE, symbol->size);
		entry[EB_ST_INFO] = symbol->binding << 4 | (symbol->type & 15);
		entry[EB_ST_OTHER] = symbol->visibility;
		eb_put16(entry, EB_ST_SHNDX, symbol->section);
		if (symbol->binding == EB_LOCAL && num_locals == i)
			num_locals++;
	}
	file->symbols = eb_section(builder, ".symtab", SHT_SYMTAB, 0, 0, bytes, builder->num_symbols * SYMBOL_BYTES, 4);
	file->strings = eb_section(builder, ".strtab", SHT_STRTAB, 0, 0, strings.bytes, strings.length, 1);
	builder->section[file->symbols].link = file->strings;
	builder->section[file->symbols].info = num_locals;
	builder->section[file->symbols].entry_size = SYMBOL_BYTES;
}

/* Places the sections' content; returns where the section headers go. */
static uint32_t place(struct elf_builder *builder)
{
	uint32_t at = HEADER_BYTES + builder->num_segments * SEGMENT_BYTES;

	for (unsigned int i = 1; i < builder->num_sections; i++) {
		struct eb_section *section = &builder->section[i];

		while (section->alignment > 1 && at % section->alignment != 0)
			at++;
		at += section->gap_bytes;
		section->offset = at;
		if (section->type != EB_NOBITS)
			at += section->size;
	}
	return (at + 3) & ~3u;
}

static void put_segment(const struct elf_builder *builder, const struct eb_segment *segment, uint8_t *header)
{
	const struct eb_section *first = &builder->section[segment->first];
	uint32_t file_bytes = 0, memory_bytes = 0;

	for (unsigned int i = segment->first; i <= segment->last; i++) {
		const struct eb_section *section = &builder->section[i];

		if (section->type != EB_NOBITS)
			file_bytes = section->offset + section->size - first->offset;
		memory_bytes = section->address + section->size - first->address;
	}
	eb_put32(header, EB_PH_TYPE, segment->type);
	eb_put32(header, EB_PH_OFFSET, first->offset + (uint32_t)segment->skew_bytes);
	eb_put32(header, EB_PH_VADDR, first->address);
	eb_put32(header, EB_PH_PADDR, first->address);
	eb_put32(header, EB_PH_FILESZ, file_bytes + (uint32_t)segment->file_extra);
	eb_put32(header, EB_PH_MEMSZ, memory_bytes + (uint32_t)segment->memory_extra);
	eb_put32(header, EB_PH_FLAGS, segment->flags);
	eb_put32(header, EB_PH_ALIGN, 4);
}

static void put_header(const struct elf_builder *builder, const struct elf_file *file)
{
	static const uint8_t ident[] = { 0x7f, 'E', 'L', 'F', 1, 1, 1 };

	memcpy(file->bytes, ident, sizeof(ident));
	eb_put16(file->bytes, EB_E_TYPE, builder->type);
	eb_put16(file->bytes, EB_E_MACHINE, builder->machine);
	eb_put32(file->bytes, EB_E_VERSION, 1);
	eb_put32(file->bytes, EB_E_ENTRY, builder->entry);
	eb_put32(file->bytes, EB_E_PHOFF, file->segment_table);
	eb_put32(file->bytes, EB_E_SHOFF, file->section_table);
	eb_put32(file->bytes, EB_E_FLAGS, builder->flags);
	eb_put16(file->bytes, EB_E_EHSIZE, HEADER_BYTES);
	eb_put16(file->bytes, EB_E_PHENTSIZE, builder->num_segments ? SEGMENT_BYTES : 0);
	eb_put16(file->bytes, EB_E_PHNUM, builder->num_segments);
	eb_put16(file->bytes, EB_E_SHENTSIZE, SECTION_BYTES);
	eb_put16(file->bytes, EB_E_SHNUM, builder->num_sections);
	eb_put16(file->bytes, EB_E_SHSTRNDX, file->names);
}

static void put_section(const struct eb_section *section, uint32_t name, uint8_t *header)
{
	eb_put32(header, EB_SH_NAME, name);
	eb_put32(header, EB_SH_TYPE, section->type);
	eb_put32(header, EB_SH_FLAGS, section->flags);
	eb_put32(header, EB_SH_ADDR, section->address);
	eb_put32(header, EB_SH_OFFSET, section->offset);
	eb_put32(header, EB_SH_SIZE, section->size);
	eb_put32(header, EB_SH_LINK, section->link);
	eb_put32(header, EB_SH_INFO, section->info);
	eb_put32(header, EB_SH_ALIGN, section->alignment);
	eb_put32(header, EB_SH_ENTSIZE, section->entry_size);
}

void eb_finish(struct elf_builder *builder, struct elf_file *file)
{
	struct strings names = { .length = 1 };
	uint32_t name[EB_MAX_SECTIONS] = { 0 };

	memset(file, 0, sizeof(*file));
	if (builder->has_attributes) {
		file->attributes = builder->num_sections;
		add_attributes(builder);
	}
	file->relocations = add_relocations(builder, builder->num_sections + count_relocated(builder));
	if (!builder->no_symbols)
		add_symbols(builder, file);
	for (unsigned int i = 1; i < builder->num_sections; i++)
		name[i] = add_string(&names, builder->section[i].name);
	name[builder->num_sections] = add_string(&names, ".shstrtab");
	file->names = eb_section(builder, ".shstrtab", SHT_STRTAB, 0, 0, names.bytes, names.length, 1);

	file->num_sections = builder->num_sections;
	file->segment_table = builder->num_segments ? HEADER_BYTES : 0;
	file->section_table = place(builder);
	file->length = file->section_table + builder->num_sections * SECTION_BYTES;
	file->bytes = calloc(1, file->length);
	require(file->bytes, "no memory");
	put_header(builder, file);
	for (unsigned int i = 0; i < builder->num_segments; i++)
		put_segment(builder, &builder->segment[i], file->bytes + file->segment_table + i * SEGMENT_BYTES);
	for (unsigned int i = 0; i < builder->num_sections; i++) {
		struct eb_section *section = &builder->section[i];

		file->section_header[i] = file->section_table + i * SECTION_BYTES;
		file->section_content[i] = section->offset;
		if (i)
			put_section(section, name[i], file->bytes + file->section_header[i]);
		if (section->bytes)
			memcpy(file->bytes + section->offset, section->bytes, section->size);
		free(section->bytes);
	}
	eb_start(builder);
}

void eb_free(struct elf_file *file)
{
	free(file->bytes);
	memset(file, 0, sizeof(*file));
}
