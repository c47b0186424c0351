/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Reader of ELF32 little-endian ARM files, for loader files of other tools. Pure, allocates nothing, trusts nothing:
 * every offset and count is checked against the file, whatever the byte order of the host.
 *
 * System V ABI, Chapters 4 and 5 (ELF header, sections, symbol table, relocation, program header); "ELF for the Arm
 * Architecture", IHI 0044.
 */

#ifndef OPENOCD_FLASH_NOR_OFL_ELF_H
#define OPENOCD_FLASH_NOR_OFL_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a file is refused: where in the file, and what is wrong there. */
struct ofl_file_error {
	size_t offset;
	char text[192];
};

/* Fills `error` and returns false, so that a check is one line. */
bool ofl_file_fault(struct ofl_file_error *error, size_t offset, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define OFL_ELF_ET_REL		1
#define OFL_ELF_ET_EXEC		2
#define OFL_ELF_ET_DYN		3
#define OFL_ELF_SHT_PROGBITS	1
#define OFL_ELF_SHT_SYMTAB	2
#define OFL_ELF_SHT_RELA	4
#define OFL_ELF_SHT_NOBITS	8
#define OFL_ELF_SHT_REL		9
#define OFL_ELF_SHT_ARM_EXIDX	0x70000001
#define OFL_ELF_SHT_ARM_ATTRIBUTES	0x70000003
#define OFL_ELF_SHF_WRITE	1
#define OFL_ELF_SHF_ALLOC	2
#define OFL_ELF_SHF_EXECINSTR	4
#define OFL_ELF_SHN_UNDEF	0
#define OFL_ELF_SHN_ABS		0xfff1
#define OFL_ELF_STT_OBJECT	1
#define OFL_ELF_STT_FUNC	2
#define OFL_ELF_STT_SECTION	3
#define OFL_ELF_R_ARM_ABS32	2

struct ofl_elf {
	const uint8_t *bytes;
	size_t length;
	uint16_t type;		/* ET_... */
	uint32_t flags;
	uint32_t entry;
	unsigned int num_sections, num_segments;
	size_t section_table, segment_table;	/* offsets in the file */
	unsigned int section_names;		/* index of the section with the names; 0: none */
	unsigned int symbols;			/* index of the first SYMTAB section; 0: none */
	unsigned int num_symbols;
};

struct ofl_elf_section {
	unsigned int index;
	const char *name;	/* ends within the file; "" when it has none */
	uint32_t type, flags, address, size, link, info, entry_size, alignment;
	size_t offset;		/* in the file, of its content, or of its header when it has none */
	const uint8_t *bytes;	/* `size` bytes within the file; NULL for SHT_NOBITS and size 0 */
};

struct ofl_elf_segment {
	uint32_t type, flags, address, file_size, memory_size;
	size_t offset;
};

struct ofl_elf_symbol {
	const char *name;
	uint32_t value;		/* as it is, with the Thumb bit of functions */
	uint32_t size;		/* not to be trusted, see facts 1.1 and 1.3 */
	uint8_t type, binding, visibility;
	uint16_t section;	/* index or SHN_... */
	size_t offset;		/* of the entry, in the file */
};

/* `symbol`: index in the symbol table of section `symbols` of the relocation section. */
struct ofl_elf_relocation {
	uint32_t where;		/* address (ET_EXEC, ET_DYN) or offset in its section (ET_REL) */
	uint8_t type;
	uint32_t symbol;
	bool has_addend;
	int32_t addend;
};

/*
 * Checks header, section table, program header table, and the bounds of every section and segment. Returns false with
 * `error` filled for anything that is not an ELF32 little-endian file for ARM with sections.
 */
bool ofl_elf_open(struct ofl_elf *elf, const uint8_t *bytes, size_t length, struct ofl_file_error *error);

/* Index from 0 to num_sections - 1 (0 is the empty one) / num_segments - 1 / num_symbols - 1; false beyond that. */
bool ofl_elf_section(const struct ofl_elf *elf, unsigned int index, struct ofl_elf_section *section);
bool ofl_elf_segment(const struct ofl_elf *elf, unsigned int index, struct ofl_elf_segment *segment);
bool ofl_elf_symbol(const struct ofl_elf *elf, unsigned int index, struct ofl_elf_symbol *symbol);

/* By exact name, defined symbols only, any binding and visibility; a global one is preferred to a local one. */
bool ofl_elf_find_symbol(const struct ofl_elf *elf, const char *name, struct ofl_elf_symbol *symbol);

/* Entry `n` of a REL or RELA section; false at the end. */
bool ofl_elf_relocation(const struct ofl_elf *elf, const struct ofl_elf_section *section, unsigned int n,
		struct ofl_elf_relocation *relocation);

/*
 * What the code needs, by the .ARM.attributes section ("Addenda to, and Errata in, the ABI for the Arm Architecture",
 * IHI 0045, Tag_CPU_arch and Tag_FP_arch): Tag_CPU_arch's value, -1 when the file does not say; *fpu: Tag_FP_arch,
 * 0 none.
 */
int ofl_elf_cpu_arch(const struct ofl_elf *elf, unsigned int *fpu);

static inline uint16_t ofl_le16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t ofl_le32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

#endif /* OPENOCD_FLASH_NOR_OFL_ELF_H */
