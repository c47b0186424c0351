// SPDX-License-Identifier: GPL-2.0-or-later

#include "elf_sane.h"

#include <limits.h>
#include <string.h>

/* What reads bytes only to have the sanitizer look stores them here. */
static volatile uint8_t sink;

static bool within(const struct ofl_elf *elf, const void *from, size_t length)
{
	const uintptr_t file = (uintptr_t)elf->bytes, at = (uintptr_t)from;

	return at >= file && at - file <= elf->length && length <= elf->length - (at - file);
}

static const char *name_insane(const struct ofl_elf *elf, const char *name)
{
	if (!name)
		return "a name is there";
	return name[0] == '\0' || within(elf, name, strlen(name) + 1) ? NULL : "a name is within the file";
}

static const char *relocations_insane(const struct ofl_elf *elf, const struct ofl_elf_section *section)
{
	struct ofl_elf_relocation relocation;
	unsigned int count = 0;

	while (ofl_elf_relocation(elf, section, count, &relocation)) {
		if (section->link != elf->symbols || relocation.symbol == 0)
			count++;
		else if (relocation.symbol < elf->num_symbols)
			count++;
		else
			return "a relocation's symbol is one of its table";
	}
	if (section->type != OFL_ELF_SHT_REL && section->type != OFL_ELF_SHT_RELA)
		return count == 0 ? NULL : "only relocation sections have relocations";
	return count == section->size / (section->type == OFL_ELF_SHT_REL ? 8 : 12) ? NULL : "all relocations are read";
}

static const char *section_insane(const struct ofl_elf *elf, const struct ofl_elf_section *section)
{
	if (section->offset >= elf->length)
		return "a section's offset is within the file";
	if (section->bytes) {
		if (section->type == OFL_ELF_SHT_NOBITS || section->size == 0)
			return "only what has content has bytes";
		if (!within(elf, section->bytes, section->size) || section->bytes != elf->bytes + section->offset)
			return "content is within the file, at its offset";
		for (size_t i = 0; i < section->size; i++)
			sink = section->bytes[i];
	} else if (section->type != OFL_ELF_SHT_NOBITS && section->size != 0) {
		return "what has content has bytes";
	}
	if ((section->flags & OFL_ELF_SHF_ALLOC) && (uint64_t)section->address + section->size > UINT64_C(1) << 32)
		return "no section goes beyond the address space";
	return relocations_insane(elf, section);
}

static const char *symbols_insane(const struct ofl_elf *elf)
{
	struct ofl_elf_symbol symbol, found;
	unsigned int count = 0;

	for (; ofl_elf_symbol(elf, count, &symbol); count++) {
		const char *bad = name_insane(elf, symbol.name);

		if (bad)
			return bad;
		if (symbol.offset > elf->length - 16 || symbol.section == 0xffff)
			return "a symbol is within the file, its section is one of the file";
		if (symbol.section >= elf->num_sections && symbol.section < 0xff00)
			return "a symbol's section is one of the file";
		/* Quadratic, so not for all of a large table. */
		if (count < 64 && ofl_elf_find_symbol(elf, symbol.name, &found) &&
				(strcmp(found.name, symbol.name) != 0 || found.section == OFL_ELF_SHN_UNDEF))
			return "the symbol that is found is a defined one of that name";
	}
	return count == elf->num_symbols ? NULL : "as many symbols as there are";
}

const char *elf_insane(const struct ofl_elf *elf)
{
	struct ofl_elf_section section;
	struct ofl_elf_segment segment;
	const char *bad = NULL;
	unsigned int count = 0;
	unsigned int fpu;

	for (; !bad && ofl_elf_section(elf, count, &section); count++) {
		bad = name_insane(elf, section.name);
		if (!bad && section.index != count)
			bad = "a section knows its index";
		if (!bad)
			bad = section_insane(elf, &section);
	}
	if (!bad && count != elf->num_sections)
		bad = "as many sections as there are";
	for (count = 0; !bad && ofl_elf_segment(elf, count, &segment); count++)
		if (segment.file_size != 0 && (segment.offset > elf->length ||
				segment.file_size > elf->length - segment.offset))
			bad = "a segment is within the file";
	if (!bad && count != elf->num_segments)
		bad = "as many segments as there are";
	if (!bad)
		bad = symbols_insane(elf);
	if (!bad && ofl_elf_section(elf, UINT_MAX, &section))
		bad = "no section beyond the last";

	const int cpu_arch = ofl_elf_cpu_arch(elf, &fpu);

	return bad || (cpu_arch >= -1 && cpu_arch <= INT16_MAX) ? bad : "Tag_CPU_arch is small";
}

const char *refusal_insane(const struct ofl_file_error *error, size_t length)
{
	const size_t text_bytes = strnlen(error->text, sizeof(error->text));

	if (text_bytes == 0 || text_bytes == sizeof(error->text))
		return "a refusal has a reason";
	for (size_t i = 0; i < text_bytes; i++)
		if (error->text[i] < 0x20 || error->text[i] > 0x7e)
			return "a reason is printable";
	return error->offset <= length ? NULL : "a refusal says where in the file";
}
