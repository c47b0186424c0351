// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Tells the formats apart, and does what they share: which sections go to RAM, where the descriptor is, which functions
 * there are.
 *
 * Sections are loaded, not the segments of the program headers: in many files of armlink a PT_LOAD maps the file some
 * bytes off, in many stldr one of them would write the descriptor to address 0, and some zero-initialised data is in no
 * segment at all.
 */

#include "ofl_loader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SECTIONS		256u
/* More than any microcontroller has: a section header gone wrong. */
#define MAX_RAM_BYTES		(16u * 1024 * 1024)
#define SHF_TLS			0x400u
#define SECTION_HEADER_BYTES	40u
#define PT_LOAD			1u
/* A section at address 0 is out of place when everything else is at least this far away. */
#define FAR_BYTES		0x100000u
#define THUMB			1u

/*
 * In the order of preference. FLM: Open-CMSIS-Pack specification, "Flash programming algorithms"; SEGGER's: the
 * templates of its Open Flash Loader and SEGGER Flash Loader; stldr: ST's stm32-external-loader.
 */
static const struct ofl_function_rule rules[] = {
	{ OFL_FORMAT_FLM, OFL_FN_INIT, "Init", OFL_ARGS_GIVEN, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_FLM, OFL_FN_UNINIT, "UnInit", OFL_ARGS_GIVEN, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_FLM, OFL_FN_ERASE_SECTOR, "EraseSector", OFL_ARGS_SECTOR, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_FLM, OFL_FN_PROGRAM, "ProgramPage", OFL_ARGS_DATA, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_FLM, OFL_FN_ERASE_CHIP, "EraseChip", OFL_ARGS_GIVEN, OFL_RESULT_ZERO, false },
	{ OFL_FORMAT_FLM, OFL_FN_VERIFY, "Verify", OFL_ARGS_DATA, OFL_RESULT_END, false },
	{ OFL_FORMAT_FLM, OFL_FN_BLANK_CHECK, "BlankCheck", OFL_ARGS_BLANK, OFL_RESULT_ZERO, false },

	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_INIT, "Init", OFL_ARGS_GIVEN, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_UNINIT, "UnInit", OFL_ARGS_GIVEN, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_ERASE_SECTOR, "SEGGER_OPEN_Erase", OFL_ARGS_SECTOR, OFL_RESULT_ZERO, false },
	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_ERASE_SECTOR, "EraseSector", OFL_ARGS_SECTOR, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_PROGRAM, "SEGGER_OPEN_Program", OFL_ARGS_DATA, OFL_RESULT_ZERO, false },
	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_PROGRAM, "ProgramPage", OFL_ARGS_DATA, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_ERASE_CHIP, "EraseChip", OFL_ARGS_GIVEN, OFL_RESULT_ZERO, false },
	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_VERIFY, "Verify", OFL_ARGS_DATA, OFL_RESULT_END, false },
	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_BLANK_CHECK, "BlankCheck", OFL_ARGS_BLANK, OFL_RESULT_ZERO, false },
	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_READ, "SEGGER_OPEN_Read", OFL_ARGS_DATA, OFL_RESULT_NOT_NEGATIVE, false },
	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_CRC, "SEGGER_OPEN_CalcCRC", OFL_ARGS_CRC, OFL_RESULT_ANY, false },
	{ OFL_FORMAT_OPEN_FLASH_LOADER, OFL_FN_FLASH_INFO, "SEGGER_OPEN_GetFlashInfo", OFL_ARGS_GIVEN,
		OFL_RESULT_NOT_NEGATIVE, false },

	{ OFL_FORMAT_SEGGER_FLASH_LOADER, OFL_FN_INIT, "SEGGER_FL_Prepare", OFL_ARGS_GIVEN, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_SEGGER_FLASH_LOADER, OFL_FN_UNINIT, "SEGGER_FL_Restore", OFL_ARGS_GIVEN, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_SEGGER_FLASH_LOADER, OFL_FN_ERASE_SECTOR, "SEGGER_FL_Erase", OFL_ARGS_SECTOR, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_SEGGER_FLASH_LOADER, OFL_FN_PROGRAM, "SEGGER_FL_Program", OFL_ARGS_DATA, OFL_RESULT_ZERO, true },
	{ OFL_FORMAT_SEGGER_FLASH_LOADER, OFL_FN_ERASE_CHIP, "SEGGER_FL_EraseChip", OFL_ARGS_GIVEN, OFL_RESULT_ZERO,
		false },
	{ OFL_FORMAT_SEGGER_FLASH_LOADER, OFL_FN_VERIFY, "SEGGER_FL_Verify", OFL_ARGS_DATA, OFL_RESULT_END, false },
	{ OFL_FORMAT_SEGGER_FLASH_LOADER, OFL_FN_BLANK_CHECK, "SEGGER_FL_CheckBlank", OFL_ARGS_BLANK, OFL_RESULT_ZERO,
		false },
	{ OFL_FORMAT_SEGGER_FLASH_LOADER, OFL_FN_READ, "SEGGER_FL_Read", OFL_ARGS_DATA, OFL_RESULT_NOT_NEGATIVE, false },
	{ OFL_FORMAT_SEGGER_FLASH_LOADER, OFL_FN_CRC, "SEGGER_FL_CalcCRC", OFL_ARGS_CRC, OFL_RESULT_ANY, false },
	{ OFL_FORMAT_SEGGER_FLASH_LOADER, OFL_FN_FLASH_INFO, "SEGGER_FL_GetFlashInfo", OFL_ARGS_GIVEN,
		OFL_RESULT_NOT_NEGATIVE, false },

	{ OFL_FORMAT_STLDR, OFL_FN_INIT, "Init", OFL_ARGS_GIVEN, OFL_RESULT_ONE, true },
	{ OFL_FORMAT_STLDR, OFL_FN_PROGRAM, "Write", OFL_ARGS_DATA, OFL_RESULT_ONE, true },
	{ OFL_FORMAT_STLDR, OFL_FN_ERASE_SECTOR, "SectorErase", OFL_ARGS_FIRST_LAST, OFL_RESULT_ONE, true },
	{ OFL_FORMAT_STLDR, OFL_FN_ERASE_CHIP, "MassErase", OFL_ARGS_GIVEN, OFL_RESULT_ONE, false },
	{ OFL_FORMAT_STLDR, OFL_FN_READ, "Read", OFL_ARGS_DATA, OFL_RESULT_ONE, false },
	{ OFL_FORMAT_STLDR, OFL_FN_CHECKSUM, "CheckSum", OFL_ARGS_GIVEN, OFL_RESULT_ANY, false },
	{ OFL_FORMAT_STLDR, OFL_FN_VERIFY, "Verify", OFL_ARGS_WORDS, OFL_RESULT_ZERO, false },
};

#define NUM_RULES	(sizeof(rules) / sizeof(rules[0]))

const struct ofl_function_rule *ofl_loader_rule(unsigned int n)
{
	return n < NUM_RULES ? &rules[n] : NULL;
}

const char *ofl_format_text(enum ofl_format format)
{
	switch (format) {
	case OFL_FORMAT_FLM:
		return "CMSIS-Pack flash algorithm (FLM)";
	case OFL_FORMAT_OPEN_FLASH_LOADER:
		return "SEGGER Open Flash Loader";
	case OFL_FORMAT_SEGGER_FLASH_LOADER:
		return "SEGGER Flash Loader";
	case OFL_FORMAT_STLDR:
		return "STM32CubeProgrammer external loader (stldr)";
	case OFL_FORMAT_NXFLAT:
		return "NXFLAT module";
	}
	return "unknown";
}

/* The file's names are in it: one line stays one line. */
static void make_printable(char *text)
{
	for (char *c = text; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

void ofl_loader_note(struct ofl_loader *loader, const char *format, ...)
{
	char *note = loader->note[loader->num_notes];
	va_list arguments;

	if (loader->num_notes == OFL_LOADER_MAX_NOTES)
		return;
	va_start(arguments, format);
	vsnprintf(note, sizeof(loader->note[0]), format, arguments);
	va_end(arguments);
	make_printable(note);
	for (unsigned int i = 0; i < loader->num_notes; i++)
		if (strcmp(loader->note[i], note) == 0)
			return;
	loader->num_notes++;
}

void ofl_loader_set_name(struct ofl_loader *loader, const uint8_t *name, size_t max_bytes)
{
	size_t length = 0;

	while (length < max_bytes && length + 1 < sizeof(loader->device_name) && name[length] != '\0') {
		loader->device_name[length] = (char)name[length];
		length++;
	}
	while (length > 0 && loader->device_name[length - 1] == ' ')
		length--;
	loader->device_name[length] = '\0';
	make_printable(loader->device_name);
}

/* Sections and segments */

/*
 * Everything that the link gave a place in memory: code, data, read-only data, exception tables, constructors. What is
 * thread-local has no place of its own: its addresses are those of the next section.
 */
static bool is_loaded(const struct ofl_elf_section *section)
{
	return (section->flags & OFL_ELF_SHF_ALLOC) && section->size != 0 && section->type != 0 &&
			!(section->type == OFL_ELF_SHT_NOBITS && (section->flags & SHF_TLS));
}

/* Where a section is described; its content may be nowhere in the file. */
static size_t header_offset(const struct ofl_loader *loader, unsigned int section)
{
	return loader->elf.section_table + (size_t)section * SECTION_HEADER_BYTES;
}

static bool collect_segments(struct ofl_loader *loader, struct ofl_file_error *error)
{
	struct ofl_elf_section section;
	uint64_t ram_bytes = 0;

	if (loader->elf.num_sections > MAX_SECTIONS)
		return ofl_file_fault(error, loader->elf.section_table, "%u sections, at most %u are expected of a loader",
				loader->elf.num_sections, MAX_SECTIONS);
	loader->segment = calloc(loader->elf.num_sections, sizeof(*loader->segment));
	if (!loader->segment)
		return ofl_file_fault(error, 0, "out of memory");
	for (unsigned int i = 1; ofl_elf_section(&loader->elf, i, &section); i++) {
		if (!is_loaded(&section))
			continue;
		ram_bytes += section.size;
		if (ram_bytes > MAX_RAM_BYTES)
			return ofl_file_fault(error, header_offset(loader, i), "with section %s it needs more than %u MiB of RAM",
					section.name, MAX_RAM_BYTES >> 20);
		loader->segment[loader->num_segments++] = (struct ofl_loader_segment){
			.name = section.name,
			.address = section.address,
			.length_bytes = section.size,
			.section = i,
			.bytes = section.bytes,
			.writable = section.flags & OFL_ELF_SHF_WRITE,
			.executable = section.flags & OFL_ELF_SHF_EXECINSTR,
		};
	}
	return true;
}

/* First byte behind, in 64 bits as it may be the end of the address space. */
static uint64_t segment_end(const struct ofl_loader_segment *segment)
{
	return (uint64_t)segment->address + segment->length_bytes;
}

static bool overlap(const struct ofl_loader_segment *one, const struct ofl_loader_segment *other)
{
	return one->address < segment_end(other) && other->address < segment_end(one);
}

const struct ofl_loader_segment *ofl_loader_segment_at(const struct ofl_loader *loader, uint32_t address,
		uint32_t length_bytes)
{
	for (unsigned int i = 0; i < loader->num_segments; i++) {
		const struct ofl_loader_segment *segment = &loader->segment[i];

		if (address >= segment->address && (uint64_t)address + length_bytes <= segment_end(segment))
			return segment;
	}
	return NULL;
}

static int by_address(const void *left, const void *right)
{
	const struct ofl_loader_segment *one = left, *other = right;

	return (one->address > other->address) - (one->address < other->address);
}

static bool arrange_segments(struct ofl_loader *loader, struct ofl_file_error *error)
{
	struct ofl_elf_section section;

	if (loader->num_segments == 0)
		return ofl_file_fault(error, loader->elf.section_table, "no section is to be loaded");
	qsort(loader->segment, loader->num_segments, sizeof(*loader->segment), by_address);
	loader->alignment = 4;
	for (unsigned int i = 0; i < loader->num_segments; i++) {
		const struct ofl_loader_segment *segment = &loader->segment[i];

		ofl_elf_section(&loader->elf, segment->section, &section);
		if (section.alignment > loader->alignment)
			loader->alignment = section.alignment;
		if (segment_end(segment) > UINT32_MAX)
			return ofl_file_fault(error, header_offset(loader, segment->section),
					"section %s ends with the address space, where no RAM is", segment->name);
		/* None before this one overlapped its successor, so each ends where the next begins or before. */
		if (i > 0 && overlap(segment - 1, segment))
			return ofl_file_fault(error, header_offset(loader, segment->section),
					"sections %.40s (0x%08x, %u bytes) and %.40s (0x%08x) overlap", segment[-1].name,
					(unsigned int)segment[-1].address, (unsigned int)segment[-1].length_bytes, segment->name,
					(unsigned int)segment->address);
	}
	loader->low = loader->segment[0].address;
	loader->high = segment_end(&loader->segment[loader->num_segments - 1]);
	return true;
}

/* What a tool that goes by the program headers gets wrong with this file. */
static void note_program_headers(struct ofl_loader *loader, const struct ofl_loader_segment *segment)
{
	struct ofl_elf_section section;
	struct ofl_elf_segment header;

	ofl_elf_section(&loader->elf, segment->section, &section);
	for (unsigned int i = 0; ofl_elf_segment(&loader->elf, i, &header); i++) {
		if (header.type != PT_LOAD || segment->address < header.address ||
				segment_end(segment) > (uint64_t)header.address + header.memory_size)
			continue;

		const uint64_t mapped = (uint64_t)header.offset + (segment->address - header.address);

		if (segment->bytes && mapped != section.offset)
			ofl_loader_note(loader, "the program header maps section %s %lld bytes off; it is loaded as the section "
					"header says", segment->name, (long long)mapped - (long long)section.offset);
		return;
	}
	if (loader->elf.num_segments != 0)
		ofl_loader_note(loader, "no program header covers section %s (%s); it is loaded all the same", segment->name,
				segment->bytes ? "content" : "zero-initialised data");
}

/* Descriptor */

bool ofl_loader_find_descriptor(const struct ofl_loader *loader, const char *name, struct ofl_descriptor *descriptor,
		struct ofl_file_error *error)
{
	struct ofl_elf_symbol symbol;
	struct ofl_elf_section section;

	memset(descriptor, 0, sizeof(*descriptor));
	if (!ofl_elf_find_symbol(&loader->elf, name, &symbol))
		return ofl_file_fault(error, 0, "there is no %s", name);
	/* By the section of the symbol: its address may be that of other data as well. */
	if (!ofl_elf_section(&loader->elf, symbol.section, &section))
		return ofl_file_fault(error, symbol.offset, "%s is in no section", name);
	if (!section.bytes)
		return ofl_file_fault(error, symbol.offset, "%s is in section %s, which has no content in the file", name,
				section.name);
	if (symbol.value < section.address || symbol.value - section.address >= section.size)
		return ofl_file_fault(error, symbol.offset, "%s, at 0x%08x, is outside its section %s", name,
				(unsigned int)symbol.value, section.name);

	const size_t at = symbol.value - section.address;

	descriptor->bytes = section.bytes + at;
	descriptor->length = section.size - at;
	descriptor->offset = section.offset + at;
	descriptor->address = symbol.value;
	descriptor->symbol_bytes = symbol.size;
	descriptor->section = symbol.section;
	return true;
}

/* Is there an object (or a function) behind the first `used_bytes` of the section? */
static bool has_symbols(const struct ofl_loader *loader, const struct ofl_loader_segment *segment, uint8_t type,
		size_t used_bytes)
{
	struct ofl_elf_symbol symbol;

	for (unsigned int i = 1; ofl_elf_symbol(&loader->elf, i, &symbol); i++)
		if (symbol.section == segment->section && symbol.type == type &&
				symbol.value - segment->address >= used_bytes && symbol.value < segment_end(segment))
			return true;
	return false;
}

static bool is_only_descriptor(const struct ofl_loader *loader, const struct ofl_loader_segment *segment,
		const struct ofl_descriptor *descriptor, size_t used_bytes, size_t max_bytes)
{
	if (descriptor->address != segment->address)
		return false;
	if (segment->length_bytes <= used_bytes + 8)
		return true;
	/* The loader's stack and buffer may be behind it, within the room of a full sector table. */
	if (loader->geometry_unknown)
		return false;
	return segment->length_bytes <= max_bytes + 8 &&
			!has_symbols(loader, segment, OFL_ELF_STT_OBJECT, used_bytes) &&
			!has_symbols(loader, segment, OFL_ELF_STT_FUNC, used_bytes);
}

static const struct ofl_loader_segment *overlapped_by(const struct ofl_loader *loader,
		const struct ofl_loader_segment *segment)
{
	for (unsigned int i = 0; i < loader->num_segments; i++)
		if (&loader->segment[i] != segment && overlap(&loader->segment[i], segment))
			return &loader->segment[i];
	return NULL;
}

static bool is_far_from_others(const struct ofl_loader *loader, const struct ofl_loader_segment *segment)
{
	for (unsigned int i = 0; i < loader->num_segments; i++)
		if (&loader->segment[i] != segment && loader->segment[i].address < segment_end(segment) + FAR_BYTES)
			return false;
	return true;
}

bool ofl_loader_drop_descriptor(struct ofl_loader *loader, const struct ofl_descriptor *descriptor, size_t used_bytes,
		size_t max_bytes)
{
	unsigned int index = 0;

	while (index < loader->num_segments && loader->segment[index].section != descriptor->section)
		index++;
	if (index == loader->num_segments)
		return false;

	const struct ofl_loader_segment *segment = &loader->segment[index];
	const struct ofl_loader_segment *other = overlapped_by(loader, segment);
	const bool only = is_only_descriptor(loader, segment, descriptor, used_bytes, max_bytes);
	const bool at_zero = segment->address == 0 && is_far_from_others(loader, segment);
	/* By symbols: armlink marks read-only data as executable too. */
	const bool has_code = has_symbols(loader, segment, OFL_ELF_STT_FUNC, 0);

	if (other && !has_code)
		ofl_loader_note(loader, "the descriptor's section %s overlaps section %s in RAM; it is not loaded",
				segment->name, other->name);
	else if (at_zero && !has_code)
		ofl_loader_note(loader, "the descriptor's section %s is linked at address 0; it is not loaded",
				segment->name);
	else if (!only) {
		ofl_loader_note(loader, "the descriptor shares section %s with other content and is loaded with it",
				segment->name);
		return true;
	}
	loader->num_segments--;
	memmove(&loader->segment[index], &loader->segment[index + 1],
			(loader->num_segments - index) * sizeof(*loader->segment));
	return false;
}

/* Functions */

bool ofl_loader_enter(struct ofl_loader *loader, enum ofl_function_id id, const char *name, uint32_t args,
		uint32_t result, struct ofl_file_error *error)
{
	struct ofl_elf_symbol symbol;

	if (!ofl_elf_find_symbol(&loader->elf, name, &symbol))
		return false;

	/* A halfword is the shortest instruction. */
	const struct ofl_loader_segment *segment = ofl_loader_segment_at(loader, symbol.value & ~THUMB, 2);

	if (!segment || !segment->bytes)
		return ofl_file_fault(error, symbol.offset, "function %s, at 0x%08x, is outside the loader's code", name,
				(unsigned int)symbol.value);
	if (!(symbol.value & THUMB))
		return ofl_file_fault(error, symbol.offset,
				"function %s, at 0x%08x, is not Thumb code, which is all that a Cortex-M runs", name,
				(unsigned int)symbol.value);
	loader->function[id] = (struct ofl_function){
		.name = name, .address = symbol.value, .args = args, .result = result,
	};
	return true;
}

static bool enter_functions(struct ofl_loader *loader, struct ofl_file_error *error)
{
	char missing[96] = "";

	error->text[0] = '\0';
	for (unsigned int i = 0; i < NUM_RULES; i++) {
		const struct ofl_function_rule *rule = &rules[i];

		if (rule->format != loader->format || loader->function[rule->id].name)
			continue;
		if (ofl_loader_enter(loader, rule->id, rule->name, rule->args, rule->result, error))
			continue;
		if (error->text[0] != '\0')
			return false;
		if (rule->mandatory)
			snprintf(missing + strlen(missing), sizeof(missing) - strlen(missing), "%s%s",
					missing[0] != '\0' ? ", " : "", rule->name);
	}
	if (missing[0] != '\0')
		return ofl_file_fault(error, 0, "a %s without the mandatory %s", ofl_format_text(loader->format), missing);
	return true;
}

static bool is_called(const struct ofl_loader *loader, enum ofl_function_id id, const char *name)
{
	return loader->function[id].name && strcmp(loader->function[id].name, name) == 0;
}

/* How content is read, and how much a call to program takes: by which functions there are. */
static void settle_functions(struct ofl_loader *loader)
{
	const bool has_read = loader->function[OFL_FN_READ].name, has_verify = loader->function[OFL_FN_VERIFY].name;

	switch (loader->format) {
	case OFL_FORMAT_FLM:
		/* Internal flash (type 1) is always mapped. */
		loader->mapped_read = !has_verify || loader->device_type == 1;
		break;
	case OFL_FORMAT_OPEN_FLASH_LOADER:
	case OFL_FORMAT_SEGGER_FLASH_LOADER:
		/* SEGGER: without Read and Verify the flash must be readable at its addresses. */
		loader->mapped_read = !has_read && !has_verify;
		loader->takes_many_pages = !is_called(loader, OFL_FN_PROGRAM, "ProgramPage");
		break;
	case OFL_FORMAT_STLDR:
		loader->mapped_read = !has_read;
		loader->takes_many_pages = true;
		break;
	case OFL_FORMAT_NXFLAT:
		/* Its descriptor says it. */
		break;
	}
}

/* Formats */

static bool has_symbol_with_prefix(const struct ofl_elf *elf, const char *prefix)
{
	struct ofl_elf_symbol symbol;

	for (unsigned int i = 1; ofl_elf_symbol(elf, i, &symbol); i++)
		if (symbol.section != OFL_ELF_SHN_UNDEF && strncmp(symbol.name, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

/* SEGGER's layout has code in .text and other sections; a flash algorithm's is all in PrgCode. */
static bool has_code_outside_prgcode(const struct ofl_loader *loader, unsigned int descriptor)
{
	for (unsigned int i = 0; i < loader->num_segments; i++)
		if (loader->segment[i].executable && loader->segment[i].section != descriptor &&
				strcmp(loader->segment[i].name, "PrgCode") != 0)
			return true;
	return false;
}

static bool tell_format(struct ofl_loader *loader, struct ofl_file_error *error)
{
	const struct ofl_elf *elf = &loader->elf;
	struct ofl_elf_symbol symbol, prepare;

	if (elf->type == OFL_ELF_ET_REL)
		return ofl_file_fault(error, 16, "an object file; it must be linked into a loader first");
	if (elf->num_symbols == 0)
		return ofl_file_fault(error, elf->section_table,
				"no symbol table: the file has been stripped, its functions cannot be found");
	if (ofl_elf_find_symbol(elf, "StorageInfo", &symbol)) {
		loader->format = OFL_FORMAT_STLDR;
		return true;
	}
	if (!ofl_elf_find_symbol(elf, "FlashDevice", &symbol))
		return ofl_file_fault(error, 0, "an ELF file, but no loader: neither FlashDevice nor StorageInfo");
	if (ofl_elf_find_symbol(elf, "SEGGER_FL_Prepare", &prepare))
		loader->format = OFL_FORMAT_SEGGER_FLASH_LOADER;
	else if (has_symbol_with_prefix(elf, "SEGGER_OPEN_") || has_code_outside_prgcode(loader, symbol.section))
		loader->format = OFL_FORMAT_OPEN_FLASH_LOADER;
	else
		loader->format = OFL_FORMAT_FLM;
	return true;
}

bool ofl_loader_recognises(const uint8_t *bytes, size_t length)
{
	return (length >= 4 && memcmp(bytes, "\177ELF", 4) == 0) || ofl_nxflat_recognises(bytes, length);
}

static bool read_all(struct ofl_loader *loader, struct ofl_file_error *error)
{
	if (!collect_segments(loader, error) || !tell_format(loader, error))
		return false;
	if (loader->format == OFL_FORMAT_STLDR ? !ofl_stldr_read(loader, error) : !ofl_flm_read(loader, error))
		return false;
	if (!arrange_segments(loader, error) || !enter_functions(loader, error))
		return false;
	settle_functions(loader);
	ofl_loader_check_movable(loader);
	for (unsigned int i = 0; i < loader->num_segments; i++)
		note_program_headers(loader, &loader->segment[i]);
	loader->cpu_arch = ofl_elf_cpu_arch(&loader->elf, &loader->fpu);
	return true;
}

bool ofl_loader_read(struct ofl_loader *loader, const uint8_t *bytes, size_t length, struct ofl_file_error *error)
{
	memset(loader, 0, sizeof(*loader));
	if (ofl_nxflat_recognises(bytes, length)) {
		if (ofl_nxflat_loader_read(loader, bytes, length, error))
			return true;
		ofl_loader_free(loader);
		return false;
	}
	if (ofl_elf_open(&loader->elf, bytes, length, error) && read_all(loader, error))
		return true;
	ofl_loader_free(loader);
	return false;
}

void ofl_loader_free(struct ofl_loader *loader)
{
	free(loader->segment);
	free(loader->region);
	free(loader->import_address);
	memset(loader, 0, sizeof(*loader));
}

/* Symbols */

/* Mapping symbols mark what is code and what is data ("ELF for the Arm Architecture", IHI 0044, "Mapping symbols"). */
static bool is_label(const struct ofl_elf_symbol *symbol)
{
	if (symbol->section == OFL_ELF_SHN_UNDEF || symbol->type > OFL_ELF_STT_FUNC || symbol->type == OFL_ELF_STT_OBJECT)
		return false;
	if (symbol->name[0] == '\0' || symbol->name[0] == '$')
		return false;
	for (const char *c = symbol->name; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			return false;
	return true;
}

const char *ofl_loader_symbol(const struct ofl_loader *loader, uint32_t address, uint32_t *offset)
{
	const struct ofl_loader_segment *segment = ofl_loader_segment_at(loader, address & ~THUMB, 1);
	struct ofl_elf_symbol symbol;
	const char *best = NULL;
	uint32_t best_address = 0;
	unsigned int best_rank = 0;

	if (!segment)
		return NULL;
	for (unsigned int i = 1; ofl_elf_symbol(&loader->elf, i, &symbol); i++) {
		const uint32_t start = symbol.value & ~THUMB;
		/* Of several at one address: a function before a label, a global one before a local one. */
		const unsigned int rank = 1 + 2 * (symbol.type == OFL_ELF_STT_FUNC) + (symbol.binding != 0);

		if (!is_label(&symbol) || start > address || start < segment->address)
			continue;
		if (best && (start < best_address || (start == best_address && rank <= best_rank)))
			continue;
		best = symbol.name;
		best_address = start;
		best_rank = rank;
	}
	if (best)
		*offset = (address & ~THUMB) - best_address;
	return best;
}
