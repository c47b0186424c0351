/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Builds ELF32 little-endian files in memory for tests of the loader readers, well-formed ones and deliberately wrong
 * ones. No file of others is needed, and none of the readers' code is used.
 *
 *	struct elf_builder b;
 *	struct elf_file file;
 *
 *	eb_start(&b);
 *	const unsigned int code = eb_section(&b, "PrgCode", EB_PROGBITS, EB_ALLOC | EB_EXECINSTR, 0, bytes, 64, 4);
 *	eb_function(&b, "Init", code, 0);
 *	eb_segment(&b, EB_PT_LOAD, 5, code, code);
 *	b.section[code].gap_bytes = 4;
 *	eb_finish(&b, &file);
 *	eb_put32(file.bytes, file.section_header[code] + EB_SH_SIZE, 0xffffffff);
 *	...
 *	eb_free(&file);
 *
 * Order in the file: header, program headers, sections as they were added, .ARM.attributes, relocation sections,
 * .symtab, .strtab, .shstrtab, section headers. Content is copied when it is added. What goes beyond the limits below
 * is an error of the test and stops it.
 */

#ifndef TESTING_UNIT_ELF_BUILDER_H
#define TESTING_UNIT_ELF_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EB_MAX_SECTIONS		40
#define EB_MAX_SYMBOLS		64
#define EB_MAX_SEGMENTS		8
#define EB_MAX_RELOCATIONS	64

#define EB_PROGBITS		1
#define EB_NOBITS		8
#define EB_WRITE		1
#define EB_ALLOC		2
#define EB_EXECINSTR		4
#define EB_PT_LOAD		1
#define EB_OBJECT		1
#define EB_FUNC			2
#define EB_LOCAL		0
#define EB_GLOBAL		1
#define EB_WEAK			2
#define EB_DEFAULT		0
#define EB_HIDDEN		2
#define EB_ABS32		2
#define EB_THM_CALL		10
#define EB_RELATIVE		23

/* Offsets of the fields that tests overwrite: in the ELF header, a section header, a program header, a symbol. */
#define EB_EI_CLASS		4
#define EB_EI_DATA		5
#define EB_EI_VERSION		6
#define EB_E_TYPE		16
#define EB_E_MACHINE		18
#define EB_E_VERSION		20
#define EB_E_ENTRY		24
#define EB_E_PHOFF		28
#define EB_E_SHOFF		32
#define EB_E_FLAGS		36
#define EB_E_EHSIZE		40
#define EB_E_PHENTSIZE		42
#define EB_E_PHNUM		44
#define EB_E_SHENTSIZE		46
#define EB_E_SHNUM		48
#define EB_E_SHSTRNDX		50
#define EB_SH_NAME		0
#define EB_SH_TYPE		4
#define EB_SH_FLAGS		8
#define EB_SH_ADDR		12
#define EB_SH_OFFSET		16
#define EB_SH_SIZE		20
#define EB_SH_LINK		24
#define EB_SH_INFO		28
#define EB_SH_ALIGN		32
#define EB_SH_ENTSIZE		36
#define EB_PH_TYPE		0
#define EB_PH_OFFSET		4
#define EB_PH_VADDR		8
#define EB_PH_PADDR		12
#define EB_PH_FILESZ		16
#define EB_PH_MEMSZ		20
#define EB_PH_FLAGS		24
#define EB_PH_ALIGN		28
#define EB_ST_NAME		0
#define EB_ST_VALUE		4
#define EB_ST_SIZE		8
#define EB_ST_INFO		12
#define EB_ST_OTHER		13
#define EB_ST_SHNDX		14

/* All may be changed until eb_finish(); after it, `offset` is where the content is in the file. */
struct eb_section {
	const char *name;
	uint32_t type, flags, address, size, link, info, entry_size, alignment;
	uint32_t gap_bytes;	/* unused bytes before its content, after alignment */
	uint8_t *bytes;		/* owned; NULL for NOBITS and for size 0 */
	uint32_t offset;
};

struct eb_symbol {
	const char *name;
	uint32_t value, size;
	uint8_t type, binding, visibility;
	uint16_t section;
};

/* From the start of section `first` to the end of section `last`. */
struct eb_segment {
	uint32_t type, flags;
	unsigned int first, last;
	int32_t skew_bytes;	/* added to p_offset: the PT_LOAD that maps the file a few bytes off */
	int32_t file_extra, memory_extra;	/* added to p_filesz and p_memsz */
};

struct eb_relocation {
	unsigned int section;	/* that it changes */
	uint32_t where;
	uint8_t type;
	uint32_t symbol;
	int32_t addend;		/* only in RELA */
};

struct elf_builder {
	/* Of the header; eb_start() sets an ARM executable of EABI version 5. */
	uint16_t type, machine;
	uint32_t flags, entry;
	bool rela;		/* relocation sections have addends */
	bool no_symbols;	/* no .symtab and .strtab */
	int cpu_arch, fp_arch;	/* set by eb_attributes() */
	bool has_attributes;

	unsigned int num_sections, num_symbols, num_segments, num_relocations;	/* entry 0 of the first two is empty */
	struct eb_section section[EB_MAX_SECTIONS];
	struct eb_symbol symbol[EB_MAX_SYMBOLS];
	struct eb_segment segment[EB_MAX_SEGMENTS];
	struct eb_relocation relocation[EB_MAX_RELOCATIONS];
};

struct elf_file {
	uint8_t *bytes;		/* owned, an allocation of exactly `length` bytes */
	size_t length;
	unsigned int num_sections;
	size_t section_table, segment_table;		/* 0: none */
	size_t section_header[EB_MAX_SECTIONS];		/* where the header of a section is */
	size_t section_content[EB_MAX_SECTIONS];
	unsigned int attributes, relocations, symbols, strings, names;	/* indices of sections; 0: none */
};

void eb_start(struct elf_builder *builder);

/* Returns its index. `bytes` NULL: zeros, or nothing when it is NOBITS. Overlaps are the caller's business. */
unsigned int eb_section(struct elf_builder *builder, const char *name, uint32_t type, uint32_t flags, uint32_t address,
		const void *bytes, uint32_t size, uint32_t alignment);

/* Returns its index. `value` as it goes into the file; `section` may be 0xfff1 (absolute) or wrong. */
unsigned int eb_symbol(struct elf_builder *builder, const char *name, uint32_t value, uint32_t size, uint8_t type,
		uint8_t binding, uint8_t visibility, uint16_t section);

/* A global hidden Thumb function / a global object, at an offset in its section: what armlink makes. */
unsigned int eb_function(struct elf_builder *builder, const char *name, unsigned int section, uint32_t offset);
unsigned int eb_object(struct elf_builder *builder, const char *name, unsigned int section, uint32_t offset,
		uint32_t size);

/* Returns its index. */
unsigned int eb_segment(struct elf_builder *builder, uint32_t type, uint32_t flags, unsigned int first,
		unsigned int last);

/* `where` as it goes into the file: an address, or an offset in its section when the file is ET_REL. */
void eb_relocation(struct elf_builder *builder, unsigned int section, uint32_t where, uint8_t type, uint32_t symbol,
		int32_t addend);

/* Tag_CPU_arch and Tag_FP_arch; -1 leaves one out. */
void eb_attributes(struct elf_builder *builder, int cpu_arch, int fp_arch);

/*
 * Adds one of everything: sections 1 PrgCode, 2 .rodata, 3 PrgData, 4 .bss (in no segment), 5 DevDscr at .bss's
 * address (as armlink places it); functions Init and UnInit, object FlashDevice, a static of PrgData; two relocations;
 * attributes of ARMv6S-M without FPU. Linked at 0x20000000.
 */
void eb_example(struct elf_builder *builder);

/* Makes the file. The builder is empty afterwards: nothing more to free. */
void eb_finish(struct elf_builder *builder, struct elf_file *file);
void eb_free(struct elf_file *file);

/* An allocation of exactly `length` bytes (at least 1), so that the address sanitizer sees an access beyond. */
uint8_t *eb_copy(const uint8_t *bytes, size_t length);

void eb_put16(uint8_t *bytes, size_t at, uint16_t value);
void eb_put32(uint8_t *bytes, size_t at, uint32_t value);
uint32_t eb_get32(const uint8_t *bytes, size_t at);

#endif /* TESTING_UNIT_ELF_BUILDER_H */
