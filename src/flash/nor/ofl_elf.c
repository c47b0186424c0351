// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Everything that a getter relies on is checked once, in ofl_elf_open(): the getters only look at the tables again.
 * Layouts: System V ABI, Chapter 4, "ELF Header", "Sections", "String Table", "Symbol Table", "Relocation"; Chapter 5,
 * "Program Header". Numbers in the file have 32 bits, so a sum of two or a product with a 16 bit count fits 64.
 */

#include "ofl_elf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEADER_BYTES		52u
#define SECTION_BYTES		40u
#define SEGMENT_BYTES		32u
#define SYMBOL_BYTES		16u
#define REL_BYTES		8u
#define RELA_BYTES		12u

#define EI_CLASS		4
#define EI_DATA			5
#define EI_VERSION		6
#define E_TYPE			16
#define E_MACHINE		18
#define E_VERSION		20
#define E_ENTRY			24
#define E_PHOFF			28
#define E_SHOFF			32
#define E_FLAGS			36
#define E_EHSIZE		40
#define E_PHENTSIZE		42
#define E_PHNUM			44
#define E_SHENTSIZE		46
#define E_SHNUM			48
#define E_SHSTRNDX		50

#define SH_NAME			0
#define SH_TYPE			4
#define SH_FLAGS		8
#define SH_ADDR			12
#define SH_OFFSET		16
#define SH_SIZE			20
#define SH_LINK			24
#define SH_INFO			28
#define SH_ADDRALIGN		32
#define SH_ENTSIZE		36

#define P_TYPE			0
#define P_OFFSET		4
#define P_VADDR			8
#define P_FILESZ		16
#define P_MEMSZ			20
#define P_FLAGS			24

#define ST_NAME			0
#define ST_VALUE		4
#define ST_SIZE			8
#define ST_INFO			12
#define ST_OTHER		13
#define ST_SHNDX		14

#define ELFCLASS32		1
#define ELFCLASS64		2
#define ELFDATA2LSB		1
#define ELFDATA2MSB		2
#define EM_ARM			40
#define EM_RISCV		243
#define PN_XNUM			0xffff
#define PT_NULL			0
#define PT_LOAD			1
#define SHN_LORESERVE		0xff00
#define SHN_COMMON		0xfff2
#define SHN_XINDEX		0xffff
#define SHT_NULL		0
#define SHT_STRTAB		3
#define SHT_DYNSYM		11
#define STB_LOCAL		0
#define STB_GLOBAL		1
#define STT_FILE		4

#define SPACE_BYTES		(UINT64_C(1) << 32)	/* of the target's address space */

bool ofl_file_fault(struct ofl_file_error *error, size_t offset, const char *format, ...)
{
	va_list arguments;

	error->offset = offset;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	/* Names from the file may be in it: none of them is to steer a terminal. */
	for (char *c = error->text; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	return false;
}

static bool starts_with(const uint8_t *bytes, size_t length, const char *magic, size_t magic_bytes)
{
	return length >= magic_bytes && memcmp(bytes, magic, magic_bytes) == 0;
}

static bool is_text(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length && i < 64; i++)
		if ((bytes[i] < 0x20 || bytes[i] > 0x7e) && bytes[i] != '\t' && bytes[i] != '\r' && bytes[i] != '\n')
			return false;
	return true;
}

/* What people pass by mistake, told by its first bytes. */
static const char *what_else(const uint8_t *bytes, size_t length)
{
	static const struct {
		const char *magic;
		size_t magic_bytes;
		const char *text;
	} known[] = {
		{ "!<arch>\n", 8, "an archive (ar) of object files; link them into a loader first" },
		{ "!<thin>\n", 8, "a thin archive (ar), which only names object files; link them into a loader first" },
		{ "PK\003\004", 4, "a ZIP archive (a CMSIS-Pack is one); take the loader file out of it first" },
		{ "version https://git-lfs", 23, "a Git LFS pointer, not the file that it stands for" },
		{ ":", 1, "Intel HEX, not a loader's ELF file" },
		{ "S0", 2, "Motorola S-records, not a loader's ELF file" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (starts_with(bytes, length, known[i].magic, known[i].magic_bytes) &&
				(bytes[0] != ':' || is_text(bytes, length)))
			return known[i].text;
	return is_text(bytes, length) ? "a text file, not a loader's ELF file" : "not an ELF file";
}

static const char *machine_text(unsigned int machine)
{
	switch (machine) {
	case 0:
		return "no machine";
	case 3:
		return "x86";
	case 8:
		return "MIPS";
	case 20:
		return "PowerPC";
	case 62:
		return "x86-64";
	case 83:
		return "AVR";
	case 94:
		return "Xtensa";
	case 105:
		return "MSP430";
	case 183:
		return "AArch64";
	case EM_RISCV:
		return "RISC-V";
	default:
		return NULL;
	}
}

static bool wrong_machine(struct ofl_file_error *error, unsigned int machine)
{
	const char *text = machine_text(machine);

	if (machine == EM_RISCV)
		return ofl_file_fault(error, E_MACHINE, "a RISC-V loader; only Cortex-M is supported");
	if (!text)
		return ofl_file_fault(error, E_MACHINE, "code for another machine (e_machine %u); only Cortex-M is supported",
				machine);
	return ofl_file_fault(error, E_MACHINE, "code for %s (e_machine %u); only Cortex-M is supported", text, machine);
}

static bool check_ident(const uint8_t *bytes, size_t length, struct ofl_file_error *error)
{
	if (length == 0)
		return ofl_file_fault(error, 0, "an empty file");
	if (!starts_with(bytes, length, "\177ELF", 4))
		return ofl_file_fault(error, 0, "%s", what_else(bytes, length));
	if (length < HEADER_BYTES)
		return ofl_file_fault(error, length, "the file ends within the ELF header");
	if (bytes[EI_DATA] == ELFDATA2MSB)
		return ofl_file_fault(error, EI_DATA, "a big-endian ELF file; only little-endian ones are supported");
	if (bytes[EI_DATA] != ELFDATA2LSB)
		return ofl_file_fault(error, EI_DATA, "unknown byte order %u in the ELF header", bytes[EI_DATA]);
	if (bytes[EI_CLASS] == ELFCLASS64) {
		const char *machine = machine_text(ofl_le16(bytes + E_MACHINE));

		return ofl_file_fault(error, EI_CLASS, "a 64 bit ELF file (%s); only Cortex-M is supported",
				machine ? machine : "unknown machine");
	}
	if (bytes[EI_CLASS] != ELFCLASS32)
		return ofl_file_fault(error, EI_CLASS, "unknown class %u in the ELF header", bytes[EI_CLASS]);
	if (bytes[EI_VERSION] != 1)
		return ofl_file_fault(error, EI_VERSION, "unknown ELF version %u", bytes[EI_VERSION]);
	return true;
}

static bool check_header(const uint8_t *bytes, struct ofl_file_error *error)
{
	const unsigned int type = ofl_le16(bytes + E_TYPE);
	const unsigned int machine = ofl_le16(bytes + E_MACHINE);

	if (machine != EM_ARM)
		return wrong_machine(error, machine);
	if (ofl_le32(bytes + E_VERSION) != 1)
		return ofl_file_fault(error, E_VERSION, "unknown ELF version %u", (unsigned int)ofl_le32(bytes + E_VERSION));
	if (type != OFL_ELF_ET_REL && type != OFL_ELF_ET_EXEC && type != OFL_ELF_ET_DYN)
		return ofl_file_fault(error, E_TYPE, "ELF type %u, neither an object nor an executable", type);
	if (ofl_le16(bytes + E_EHSIZE) < HEADER_BYTES)
		return ofl_file_fault(error, E_EHSIZE, "an ELF header of %u bytes", ofl_le16(bytes + E_EHSIZE));
	return true;
}

/* Where the two tables are. More than 65279 sections need an extension that no loader has a use for. */
static bool open_tables(struct ofl_elf *elf, struct ofl_file_error *error)
{
	const uint8_t *bytes = elf->bytes;
	const uint32_t sections = ofl_le32(bytes + E_SHOFF), segments = ofl_le32(bytes + E_PHOFF);
	const unsigned int num_sections = ofl_le16(bytes + E_SHNUM), num_segments = ofl_le16(bytes + E_PHNUM);
	const unsigned int names = ofl_le16(bytes + E_SHSTRNDX);

	if (sections == 0)
		return ofl_file_fault(error, E_SHOFF, "no section headers: the file has been stripped of them");
	if (num_sections == 0 || num_sections >= SHN_LORESERVE)
		return ofl_file_fault(error, E_SHNUM, "extended section numbering (e_shnum %u) is not supported", num_sections);
	if (names == SHN_XINDEX)
		return ofl_file_fault(error, E_SHSTRNDX, "extended section numbering (e_shstrndx 0xffff) is not supported");
	if (ofl_le16(bytes + E_SHENTSIZE) != SECTION_BYTES)
		return ofl_file_fault(error, E_SHENTSIZE, "section headers of %u bytes instead of %u",
				ofl_le16(bytes + E_SHENTSIZE), SECTION_BYTES);
	if ((uint64_t)sections + (uint64_t)num_sections * SECTION_BYTES > elf->length)
		return ofl_file_fault(error, E_SHOFF, "%u section headers from offset 0x%x are beyond the end of the file",
				num_sections, (unsigned int)sections);
	if (names >= num_sections)
		return ofl_file_fault(error, E_SHSTRNDX, "section %u is to hold the names; there are %u sections", names,
				num_sections);
	if (num_segments == PN_XNUM)
		return ofl_file_fault(error, E_PHNUM, "extended program header numbering (e_phnum 0xffff) is not supported");
	if (num_segments != 0 && ofl_le16(bytes + E_PHENTSIZE) != SEGMENT_BYTES)
		return ofl_file_fault(error, E_PHENTSIZE, "program headers of %u bytes instead of %u",
				ofl_le16(bytes + E_PHENTSIZE), SEGMENT_BYTES);
	if (num_segments != 0 && (uint64_t)segments + (uint64_t)num_segments * SEGMENT_BYTES > elf->length)
		return ofl_file_fault(error, E_PHOFF, "%u program headers from offset 0x%x are beyond the end of the file",
				num_segments, (unsigned int)segments);

	elf->section_table = sections;
	elf->num_sections = num_sections;
	elf->segment_table = num_segments != 0 ? segments : 0;
	elf->num_segments = num_segments;
	elf->section_names = names;
	return true;
}

static size_t section_at(const struct ofl_elf *elf, unsigned int index)
{
	return elf->section_table + (size_t)index * SECTION_BYTES;
}

static uint32_t section_word(const struct ofl_elf *elf, unsigned int index, size_t field)
{
	return ofl_le32(elf->bytes + section_at(elf, index) + field);
}

/* Section 0 and inactive ones, the fields of which are undefined (Chapter 4, "Sections"). */
static bool is_inactive(const struct ofl_elf *elf, unsigned int index)
{
	return index == 0 || section_word(elf, index, SH_TYPE) == SHT_NULL;
}

/* Does it have bytes in the file? */
static bool has_content(const struct ofl_elf *elf, unsigned int index)
{
	return !is_inactive(elf, index) && section_word(elf, index, SH_TYPE) != OFL_ELF_SHT_NOBITS &&
			section_word(elf, index, SH_SIZE) != 0;
}

static bool check_section(const struct ofl_elf *elf, unsigned int index, uint64_t *content_bytes,
		struct ofl_file_error *error)
{
	const size_t at = section_at(elf, index);
	const uint32_t offset = section_word(elf, index, SH_OFFSET), size = section_word(elf, index, SH_SIZE);
	const uint32_t address = section_word(elf, index, SH_ADDR);
	const uint32_t alignment = section_word(elf, index, SH_ADDRALIGN);

	if (is_inactive(elf, index))
		return true;
	if (has_content(elf, index)) {
		if ((uint64_t)offset + size > elf->length)
			return ofl_file_fault(error, at + SH_OFFSET,
					"section %u, %u bytes from offset 0x%x, is beyond the end of the file", index,
					(unsigned int)size, (unsigned int)offset);
		/* Chapter 4: sections do not overlap in the file. This keeps the time for all of them bounded as well. */
		*content_bytes += size;
		if (*content_bytes > elf->length)
			return ofl_file_fault(error, at + SH_SIZE, "sections up to %u hold more bytes than the file", index);
	}
	if (!(section_word(elf, index, SH_FLAGS) & OFL_ELF_SHF_ALLOC))
		return true;
	if ((uint64_t)address + size > SPACE_BYTES)
		return ofl_file_fault(error, at + SH_ADDR, "section %u, %u bytes from address 0x%08x, is beyond 4 GiB", index,
				(unsigned int)size, (unsigned int)address);
	if (alignment & (alignment - 1))
		return ofl_file_fault(error, at + SH_ADDRALIGN, "section %u has alignment %u, which is not a power of two",
				index, (unsigned int)alignment);
	return true;
}

/* Its last byte ends the last name, so that no name of the table can run out of it. */
static bool check_strings(const struct ofl_elf *elf, unsigned int index, struct ofl_file_error *error)
{
	const size_t at = section_at(elf, index);

	if (section_word(elf, index, SH_TYPE) != SHT_STRTAB)
		return ofl_file_fault(error, at + SH_TYPE, "section %u is to hold names and is not a string table", index);
	if (!has_content(elf, index))
		return ofl_file_fault(error, at + SH_SIZE, "string table %u is empty", index);

	const size_t last = (size_t)section_word(elf, index, SH_OFFSET) + section_word(elf, index, SH_SIZE) - 1;

	if (elf->bytes[last] != '\0')
		return ofl_file_fault(error, last, "the last name of string table %u does not end", index);
	return true;
}

static bool check_section_names(const struct ofl_elf *elf, struct ofl_file_error *error)
{
	if (elf->section_names == 0)
		return true;
	if (!check_strings(elf, elf->section_names, error))
		return false;
	for (unsigned int i = 1; i < elf->num_sections; i++)
		if (!is_inactive(elf, i) &&
				section_word(elf, i, SH_NAME) >= section_word(elf, elf->section_names, SH_SIZE))
			return ofl_file_fault(error, section_at(elf, i) + SH_NAME,
					"the name of section %u is outside the string table", i);
	return true;
}

/* Entries of `entry_bytes` that fill section `index`. */
static bool check_entries(const struct ofl_elf *elf, unsigned int index, uint32_t entry_bytes,
		struct ofl_file_error *error)
{
	const uint32_t size = section_word(elf, index, SH_SIZE), entry_size = section_word(elf, index, SH_ENTSIZE);

	if (entry_size != entry_bytes)
		return ofl_file_fault(error, section_at(elf, index) + SH_ENTSIZE,
				"section %u has entries of %u bytes instead of %u", index, (unsigned int)entry_size,
				(unsigned int)entry_bytes);
	if (size % entry_bytes != 0)
		return ofl_file_fault(error, section_at(elf, index) + SH_SIZE,
				"section %u has %u bytes, not a multiple of its entries' %u", index, (unsigned int)size,
				(unsigned int)entry_bytes);
	return true;
}

static bool check_symbol(const struct ofl_elf *elf, unsigned int index, uint32_t names_bytes,
		struct ofl_file_error *error)
{
	const size_t at = (size_t)section_word(elf, elf->symbols, SH_OFFSET) + (size_t)index * SYMBOL_BYTES;
	const unsigned int section = ofl_le16(elf->bytes + at + ST_SHNDX);

	if (ofl_le32(elf->bytes + at + ST_NAME) >= names_bytes)
		return ofl_file_fault(error, at + ST_NAME, "the name of symbol %u is outside the string table", index);
	if (section == SHN_XINDEX)
		return ofl_file_fault(error, at + ST_SHNDX,
				"extended section numbering (symbol %u, st_shndx 0xffff) is not supported", index);
	if (section >= elf->num_sections && section < SHN_LORESERVE)
		return ofl_file_fault(error, at + ST_SHNDX, "symbol %u is in section %u; there are %u sections", index,
				section, elf->num_sections);
	return true;
}

static bool open_symbols(struct ofl_elf *elf, struct ofl_file_error *error)
{
	unsigned int index = 1;

	while (index < elf->num_sections && section_word(elf, index, SH_TYPE) != OFL_ELF_SHT_SYMTAB)
		index++;
	if (index >= elf->num_sections)
		return true;
	if (!check_entries(elf, index, SYMBOL_BYTES, error))
		return false;

	const uint32_t strings = section_word(elf, index, SH_LINK);

	if (strings == 0 || strings >= elf->num_sections)
		return ofl_file_fault(error, section_at(elf, index) + SH_LINK,
				"symbol table %u has its names in section %u; there are %u sections", index, (unsigned int)strings,
				elf->num_sections);
	if (!check_strings(elf, strings, error))
		return false;
	elf->symbols = index;
	elf->num_symbols = section_word(elf, index, SH_SIZE) / SYMBOL_BYTES;
	for (unsigned int i = 0; i < elf->num_symbols; i++)
		if (!check_symbol(elf, i, section_word(elf, strings, SH_SIZE), error))
			return false;
	return true;
}

static uint32_t relocation_bytes(uint32_t type)
{
	switch (type) {
	case OFL_ELF_SHT_REL:
		return REL_BYTES;
	case OFL_ELF_SHT_RELA:
		return RELA_BYTES;
	default:
		return 0;
	}
}

/* How many symbols the entries of relocation section `index` can name. Entry 0 needs no table: it is no symbol. */
static bool count_named(const struct ofl_elf *elf, unsigned int index, uint32_t *count, struct ofl_file_error *error)
{
	const uint32_t link = section_word(elf, index, SH_LINK);

	*count = 1;
	if (link == 0)
		return true;
	if (link >= elf->num_sections)
		return ofl_file_fault(error, section_at(elf, index) + SH_LINK,
				"relocations %u have their symbols in section %u; there are %u sections", index,
				(unsigned int)link, elf->num_sections);

	const uint32_t type = section_word(elf, link, SH_TYPE);

	if (type != OFL_ELF_SHT_SYMTAB && type != SHT_DYNSYM)
		return ofl_file_fault(error, section_at(elf, index) + SH_LINK,
				"relocations %u have their symbols in section %u, which is not a symbol table", index,
				(unsigned int)link);
	*count = section_word(elf, link, SH_SIZE) / SYMBOL_BYTES;
	return true;
}

static bool check_relocations(const struct ofl_elf *elf, unsigned int index, struct ofl_file_error *error)
{
	const uint32_t entry_bytes = relocation_bytes(section_word(elf, index, SH_TYPE));
	uint32_t num_named;

	if (entry_bytes == 0)
		return true;
	if (!check_entries(elf, index, entry_bytes, error) || !count_named(elf, index, &num_named, error))
		return false;
	if (section_word(elf, index, SH_INFO) >= elf->num_sections)
		return ofl_file_fault(error, section_at(elf, index) + SH_INFO,
				"relocations %u are for section %u; there are %u sections", index,
				(unsigned int)section_word(elf, index, SH_INFO), elf->num_sections);

	const size_t from = section_word(elf, index, SH_OFFSET);
	const uint32_t count = section_word(elf, index, SH_SIZE) / entry_bytes;

	for (uint32_t i = 0; i < count; i++) {
		const size_t at = from + (size_t)i * entry_bytes + 4;
		const uint32_t symbol = ofl_le32(elf->bytes + at) >> 8;

		if (symbol != 0 && symbol >= num_named)
			return ofl_file_fault(error, at, "relocation %u of section %u names symbol %u of %u", (unsigned int)i,
					index, (unsigned int)symbol, (unsigned int)num_named);
	}
	return true;
}

static size_t segment_at(const struct ofl_elf *elf, unsigned int index)
{
	return elf->segment_table + (size_t)index * SEGMENT_BYTES;
}

static uint32_t segment_word(const struct ofl_elf *elf, unsigned int index, size_t field)
{
	return ofl_le32(elf->bytes + segment_at(elf, index) + field);
}

static bool check_segment(const struct ofl_elf *elf, unsigned int index, struct ofl_file_error *error)
{
	const size_t at = segment_at(elf, index);
	const uint32_t offset = segment_word(elf, index, P_OFFSET), file_size = segment_word(elf, index, P_FILESZ);
	const uint32_t address = segment_word(elf, index, P_VADDR), memory_size = segment_word(elf, index, P_MEMSZ);

	if (segment_word(elf, index, P_TYPE) == PT_NULL)
		return true;
	if (file_size != 0 && (uint64_t)offset + file_size > elf->length)
		return ofl_file_fault(error, at + P_OFFSET,
				"segment %u, %u bytes from offset 0x%x, is beyond the end of the file", index,
				(unsigned int)file_size, (unsigned int)offset);
	if (segment_word(elf, index, P_TYPE) != PT_LOAD)
		return true;
	if ((uint64_t)address + memory_size > SPACE_BYTES)
		return ofl_file_fault(error, at + P_VADDR, "segment %u, %u bytes from address 0x%08x, is beyond 4 GiB", index,
				(unsigned int)memory_size, (unsigned int)address);
	if (file_size > memory_size)
		return ofl_file_fault(error, at + P_FILESZ, "segment %u has %u bytes in the file and %u in memory", index,
				(unsigned int)file_size, (unsigned int)memory_size);
	return true;
}

static bool check_all(struct ofl_elf *elf, struct ofl_file_error *error)
{
	uint64_t content_bytes = 0;

	for (unsigned int i = 0; i < elf->num_sections; i++)
		if (!check_section(elf, i, &content_bytes, error))
			return false;
	if (!check_section_names(elf, error) || !open_symbols(elf, error))
		return false;
	for (unsigned int i = 1; i < elf->num_sections; i++)
		if (!check_relocations(elf, i, error))
			return false;
	for (unsigned int i = 0; i < elf->num_segments; i++)
		if (!check_segment(elf, i, error))
			return false;
	return true;
}

bool ofl_elf_open(struct ofl_elf *elf, const uint8_t *bytes, size_t length, struct ofl_file_error *error)
{
	memset(elf, 0, sizeof(*elf));
	if (!check_ident(bytes, length, error) || !check_header(bytes, error))
		return false;
	elf->bytes = bytes;
	elf->length = length;
	elf->type = ofl_le16(bytes + E_TYPE);
	elf->flags = ofl_le32(bytes + E_FLAGS);
	elf->entry = ofl_le32(bytes + E_ENTRY);
	if (open_tables(elf, error) && check_all(elf, error))
		return true;
	memset(elf, 0, sizeof(*elf));
	return false;
}

static const char *name_in(const struct ofl_elf *elf, unsigned int strings, uint32_t name)
{
	return (const char *)(elf->bytes + section_word(elf, strings, SH_OFFSET) + name);
}

bool ofl_elf_section(const struct ofl_elf *elf, unsigned int index, struct ofl_elf_section *section)
{
	memset(section, 0, sizeof(*section));
	if (index >= elf->num_sections)
		return false;
	section->index = index;
	section->name = "";
	section->offset = section_at(elf, index);
	if (is_inactive(elf, index))
		return true;
	if (elf->section_names != 0)
		section->name = name_in(elf, elf->section_names, section_word(elf, index, SH_NAME));
	section->type = section_word(elf, index, SH_TYPE);
	section->flags = section_word(elf, index, SH_FLAGS);
	section->address = section_word(elf, index, SH_ADDR);
	section->size = section_word(elf, index, SH_SIZE);
	section->link = section_word(elf, index, SH_LINK);
	section->info = section_word(elf, index, SH_INFO);
	section->entry_size = section_word(elf, index, SH_ENTSIZE);
	section->alignment = section_word(elf, index, SH_ADDRALIGN);
	if (has_content(elf, index)) {
		section->offset = section_word(elf, index, SH_OFFSET);
		section->bytes = elf->bytes + section->offset;
	}
	return true;
}

bool ofl_elf_segment(const struct ofl_elf *elf, unsigned int index, struct ofl_elf_segment *segment)
{
	memset(segment, 0, sizeof(*segment));
	if (index >= elf->num_segments)
		return false;
	segment->type = segment_word(elf, index, P_TYPE);
	if (segment->type == PT_NULL)
		return true;
	segment->flags = segment_word(elf, index, P_FLAGS);
	segment->address = segment_word(elf, index, P_VADDR);
	segment->file_size = segment_word(elf, index, P_FILESZ);
	segment->memory_size = segment_word(elf, index, P_MEMSZ);
	segment->offset = segment_word(elf, index, P_OFFSET);
	return true;
}

bool ofl_elf_symbol(const struct ofl_elf *elf, unsigned int index, struct ofl_elf_symbol *symbol)
{
	memset(symbol, 0, sizeof(*symbol));
	if (index >= elf->num_symbols)
		return false;

	const size_t at = (size_t)section_word(elf, elf->symbols, SH_OFFSET) + (size_t)index * SYMBOL_BYTES;
	const uint8_t *entry = elf->bytes + at;

	symbol->name = name_in(elf, section_word(elf, elf->symbols, SH_LINK), ofl_le32(entry + ST_NAME));
	symbol->value = ofl_le32(entry + ST_VALUE);
	symbol->size = ofl_le32(entry + ST_SIZE);
	symbol->type = entry[ST_INFO] & 15;
	symbol->binding = entry[ST_INFO] >> 4;
	symbol->visibility = entry[ST_OTHER] & 3;
	symbol->section = ofl_le16(entry + ST_SHNDX);
	symbol->offset = at;
	return true;
}

/* A common symbol has no address yet; names of sections and source files are not what the caller means. */
static bool can_be_found(const struct ofl_elf_symbol *symbol)
{
	return symbol->section != OFL_ELF_SHN_UNDEF && symbol->section != SHN_COMMON &&
			symbol->type != OFL_ELF_STT_SECTION && symbol->type != STT_FILE;
}

static unsigned int preference(const struct ofl_elf_symbol *symbol)
{
	switch (symbol->binding) {
	case STB_LOCAL:
		return 1;
	case STB_GLOBAL:
		return 3;
	default:
		return 2;
	}
}

bool ofl_elf_find_symbol(const struct ofl_elf *elf, const char *name, struct ofl_elf_symbol *symbol)
{
	struct ofl_elf_symbol candidate;
	unsigned int best = 0;

	memset(symbol, 0, sizeof(*symbol));
	for (unsigned int i = 1; ofl_elf_symbol(elf, i, &candidate); i++) {
		if (!can_be_found(&candidate) || preference(&candidate) <= best || strcmp(candidate.name, name) != 0)
			continue;
		*symbol = candidate;
		best = preference(&candidate);
	}
	return best != 0;
}

bool ofl_elf_relocation(const struct ofl_elf *elf, const struct ofl_elf_section *section, unsigned int n,
		struct ofl_elf_relocation *relocation)
{
	const uint32_t entry_bytes = relocation_bytes(section->type);

	(void)elf;
	memset(relocation, 0, sizeof(*relocation));
	if (entry_bytes == 0 || !section->bytes || n >= section->size / entry_bytes)
		return false;

	const uint8_t *entry = section->bytes + (size_t)n * entry_bytes;
	const uint32_t info = ofl_le32(entry + 4);

	relocation->where = ofl_le32(entry);
	relocation->type = info & 0xff;
	relocation->symbol = info >> 8;
	relocation->has_addend = entry_bytes == RELA_BYTES;
	if (relocation->has_addend)
		relocation->addend = (int32_t)ofl_le32(entry + 8);
	return true;
}

/*
 * Build attributes: "Addenda to, and Errata in, the ABI for the Arm Architecture", IHI 0045, "Build Attributes", "The
 * encoding of build attributes". What does not follow it ends the reading; what was read until then stays.
 */

#define TAG_FILE		1
#define TAG_CPU_RAW_NAME	4
#define TAG_CPU_NAME		5
#define TAG_CPU_ARCH		6
#define TAG_FP_ARCH		10
#define TAG_COMPATIBILITY	32

struct span {
	const uint8_t *bytes;
	size_t length;
};

static bool take(struct span *from, size_t length, struct span *part)
{
	if (length > from->length)
		return false;
	*part = (struct span){ .bytes = from->bytes, .length = length };
	from->bytes += length;
	from->length -= length;
	return true;
}

static bool take_number(struct span *from, uint32_t *value)
{
	uint64_t number = 0;

	for (unsigned int i = 0; i < 5 && i < from->length; i++) {
		number |= (uint64_t)(from->bytes[i] & 0x7f) << (7 * i);
		if (from->bytes[i] & 0x80)
			continue;

		struct span read;

		*value = (uint32_t)number;
		return number <= UINT32_MAX && take(from, i + 1, &read);
	}
	return false;
}

static bool take_string(struct span *from, struct span *text)
{
	const uint8_t *end = from->length ? memchr(from->bytes, '\0', from->length) : NULL;

	return end && take(from, (size_t)(end - from->bytes) + 1, text);
}

/* A length that counts itself and the `before` bytes in front of it, then the rest of what it counts. */
static bool take_counted(struct span *from, size_t before, struct span *content)
{
	struct span length;

	if (!take(from, 4, &length))
		return false;

	const uint32_t count = ofl_le32(length.bytes);

	return count >= before + 4 && take(from, count - before - 4, content);
}

static bool is_string_tag(uint32_t tag)
{
	if (tag < TAG_COMPATIBILITY)
		return tag == TAG_CPU_RAW_NAME || tag == TAG_CPU_NAME;
	return tag % 2 != 0;
}

static bool read_file_attributes(struct span from, int *cpu_arch, unsigned int *fpu)
{
	while (from.length != 0) {
		struct span text;
		uint32_t tag, value = 0;

		if (!take_number(&from, &tag))
			return false;
		if (is_string_tag(tag)) {
			if (!take_string(&from, &text))
				return false;
			continue;
		}
		if (!take_number(&from, &value) || (tag == TAG_COMPATIBILITY && !take_string(&from, &text)))
			return false;
		if (tag == TAG_CPU_ARCH && value <= INT16_MAX)
			*cpu_arch = (int)value;
		if (tag == TAG_FP_ARCH)
			*fpu = value;
	}
	return true;
}

static bool read_vendor(struct span from, int *cpu_arch, unsigned int *fpu)
{
	struct span vendor;

	if (!take_string(&from, &vendor))
		return false;
	if (vendor.length != 6 || memcmp(vendor.bytes, "aeabi", 6) != 0)
		return true;
	while (from.length != 0) {
		struct span content;
		const size_t before = from.length;
		uint32_t tag;

		if (!take_number(&from, &tag) || !take_counted(&from, before - from.length, &content))
			return false;
		if (tag == TAG_FILE && !read_file_attributes(content, cpu_arch, fpu))
			return false;
	}
	return true;
}

int ofl_elf_cpu_arch(const struct ofl_elf *elf, unsigned int *fpu)
{
	struct ofl_elf_section section = { 0 };
	struct span from, format, content;
	int cpu_arch = -1;

	*fpu = 0;
	for (unsigned int i = 1; section.type != OFL_ELF_SHT_ARM_ATTRIBUTES; i++)
		if (!ofl_elf_section(elf, i, &section))
			return -1;
	if (!section.bytes)
		return -1;
	from = (struct span){ .bytes = section.bytes, .length = section.size };
	if (!take(&from, 1, &format) || format.bytes[0] != 'A')
		return -1;
	while (take_counted(&from, 0, &content))
		if (!read_vendor(content, &cpu_arch, fpu))
			break;
	return cpu_arch;
}
