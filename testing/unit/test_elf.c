// SPDX-License-Identifier: GPL-2.0-or-later

/* The ELF reader: what every getter answers for well-formed files, and every reason to refuse one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "elf_builder.h"
#include "elf_sane.h"
#include "ofl_elf.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static void finish_example(struct elf_file *file)
{
	struct elf_builder builder;

	eb_start(&builder);
	eb_example(&builder);
	eb_finish(&builder, file);
}

static void assert_open(struct ofl_elf *elf, const struct elf_file *file)
{
	struct ofl_file_error error;

	if (!ofl_elf_open(elf, file->bytes, file->length, &error))
		fail_msg("refused at 0x%zx: %s", error.offset, error.text);

	const char *bad = elf_insane(elf);

	if (bad)
		fail_msg("not kept: %s", bad);
}

static void assert_refused(const uint8_t *bytes, size_t length, size_t offset, const char *part)
{
	static const struct ofl_elf zeroed;
	uint8_t *copy = eb_copy(bytes, length);
	struct ofl_file_error error;
	struct ofl_elf elf;

	if (ofl_elf_open(&elf, copy, length, &error))
		fail_msg("accepted, should be refused for: %s", part);
	if (!strstr(error.text, part))
		fail_msg("refused for \"%s\", not for \"%s\"", error.text, part);
	assert_int_equal(error.offset, offset);
	assert_null(refusal_insane(&error, length));
	assert_memory_equal(&elf, &zeroed, sizeof(elf));
	free(copy);
}

static void test_header(void **state)
{
	struct elf_builder builder;
	struct elf_file file;
	struct ofl_elf elf;

	(void)state;
	for (unsigned int type = OFL_ELF_ET_REL; type <= OFL_ELF_ET_DYN; type++) {
		eb_start(&builder);
		eb_example(&builder);
		builder.type = type;
		builder.flags = 0x05000200;
		eb_finish(&builder, &file);
		assert_open(&elf, &file);
		assert_int_equal(elf.type, type);
		assert_int_equal(elf.flags, 0x05000200);
		assert_int_equal(elf.entry, 0x20000001);
		assert_int_equal(elf.num_sections, file.num_sections);
		assert_int_equal(elf.num_segments, 3);
		assert_int_equal(elf.section_table, file.section_table);
		assert_int_equal(elf.segment_table, file.segment_table);
		assert_int_equal(elf.section_names, file.names);
		assert_int_equal(elf.symbols, file.symbols);
		assert_int_equal(elf.num_symbols, 5);
		eb_free(&file);
	}
}

static void test_sections(void **state)
{
	struct elf_file file;
	struct ofl_elf elf;
	struct ofl_elf_section section;

	(void)state;
	finish_example(&file);
	assert_open(&elf, &file);

	assert_true(ofl_elf_section(&elf, 0, &section));
	assert_int_equal(section.index, 0);
	assert_string_equal(section.name, "");
	assert_null(section.bytes);

	assert_true(ofl_elf_section(&elf, 1, &section));
	assert_int_equal(section.index, 1);
	assert_string_equal(section.name, "PrgCode");
	assert_int_equal(section.type, OFL_ELF_SHT_PROGBITS);
	assert_int_equal(section.flags, OFL_ELF_SHF_ALLOC | OFL_ELF_SHF_EXECINSTR);
	assert_int_equal(section.address, 0x20000000);
	assert_int_equal(section.size, 32);
	assert_int_equal(section.alignment, 4);
	assert_int_equal(section.offset, file.section_content[1]);
	assert_ptr_equal(section.bytes, file.bytes + file.section_content[1]);
	assert_memory_equal(section.bytes, "0123456789", 10);

	assert_true(ofl_elf_section(&elf, 4, &section));
	assert_string_equal(section.name, ".bss");
	assert_int_equal(section.type, OFL_ELF_SHT_NOBITS);
	assert_int_equal(section.size, 96);
	assert_null(section.bytes);

	assert_true(ofl_elf_section(&elf, file.relocations, &section));
	assert_int_equal(section.type, OFL_ELF_SHT_REL);
	assert_int_equal(section.link, file.symbols);
	assert_int_equal(section.info, 1);
	assert_int_equal(section.entry_size, 8);

	assert_true(ofl_elf_section(&elf, file.num_sections - 1, &section));
	assert_string_equal(section.name, ".shstrtab");
	assert_false(ofl_elf_section(&elf, file.num_sections, &section));
	assert_false(ofl_elf_section(&elf, UINT32_MAX, &section));
	eb_free(&file);
}

static void test_no_section_names(void **state)
{
	struct elf_file file;
	struct ofl_elf elf;
	struct ofl_elf_section section;

	(void)state;
	finish_example(&file);
	eb_put16(file.bytes, EB_E_SHSTRNDX, 0);
	assert_open(&elf, &file);
	assert_int_equal(elf.section_names, 0);
	assert_true(ofl_elf_section(&elf, 1, &section));
	assert_string_equal(section.name, "");
	eb_free(&file);
}

/* The fields of section 0 and of inactive sections are undefined: they are not looked at and not handed out. */
static void test_inactive_section(void **state)
{
	static const struct ofl_elf_section nothing;
	struct elf_file file;
	struct ofl_elf elf;
	struct ofl_elf_section section;

	(void)state;
	finish_example(&file);
	memset(file.bytes + file.section_header[0], 0xff, 40);
	memset(file.bytes + file.section_header[2], 0xff, 40);
	eb_put32(file.bytes, file.section_header[2] + EB_SH_TYPE, 0);
	assert_open(&elf, &file);
	for (unsigned int i = 0; i <= 2; i += 2) {
		assert_true(ofl_elf_section(&elf, i, &section));
		assert_int_equal(section.index, i);
		assert_string_equal(section.name, "");
		assert_null(section.bytes);
		assert_int_equal(section.offset, file.section_header[i]);
		section.index = 0;
		section.name = NULL;
		section.offset = 0;
		assert_memory_equal(&section, &nothing, sizeof(section));
	}
	eb_free(&file);
}

/* Offset and size of NOBITS, and the offset of what is empty, say nothing about the file; messages need one. */
static void test_sections_without_content(void **state)
{
	struct elf_file file;
	struct ofl_elf elf;
	struct ofl_elf_section section;

	(void)state;
	finish_example(&file);
	eb_put32(file.bytes, file.section_header[4] + EB_SH_OFFSET, 0xfffffff0);
	eb_put32(file.bytes, file.section_header[4] + EB_SH_SIZE, 0x10000000);
	eb_put32(file.bytes, file.section_header[2] + EB_SH_OFFSET, 0xfffffff0);
	eb_put32(file.bytes, file.section_header[2] + EB_SH_SIZE, 0);
	assert_open(&elf, &file);
	assert_true(ofl_elf_section(&elf, 4, &section));
	assert_int_equal(section.size, 0x10000000);
	assert_null(section.bytes);
	assert_int_equal(section.offset, file.section_header[4]);
	assert_true(ofl_elf_section(&elf, 2, &section));
	assert_null(section.bytes);
	assert_int_equal(section.offset, file.section_header[2]);
	eb_free(&file);
}

static void test_segments(void **state)
{
	struct elf_builder builder;
	struct elf_file file;
	struct ofl_elf elf;
	struct ofl_elf_segment segment;
	struct ofl_elf_section section;

	(void)state;
	eb_start(&builder);
	eb_example(&builder);
	/* 24 of 90 measured FLM files: the section lies 4 bytes behind where its segment says. */
	builder.section[3].gap_bytes = 4;
	builder.segment[1].skew_bytes = -4;
	builder.segment[1].memory_extra = 96;
	eb_finish(&builder, &file);
	assert_open(&elf, &file);
	assert_true(ofl_elf_segment(&elf, 0, &segment));
	assert_int_equal(segment.type, EB_PT_LOAD);
	assert_int_equal(segment.flags, 5);
	assert_int_equal(segment.address, 0x20000000);
	assert_int_equal(segment.offset, file.section_content[1]);
	assert_int_equal(segment.file_size, 0x20 + sizeof("constant"));
	assert_int_equal(segment.memory_size, segment.file_size);
	assert_true(ofl_elf_segment(&elf, 1, &segment));
	assert_int_equal(segment.memory_size, segment.file_size + 96);
	assert_true(ofl_elf_section(&elf, 3, &section));
	assert_int_equal(section.offset, segment.offset + 4);
	assert_memory_equal(section.bytes, "static", 7);
	assert_true(ofl_elf_segment(&elf, 2, &segment));
	assert_false(ofl_elf_segment(&elf, 3, &segment));
	eb_free(&file);
}

static void test_no_segments(void **state)
{
	struct elf_file file;
	struct ofl_elf elf;
	struct ofl_elf_segment segment;

	(void)state;
	finish_example(&file);
	eb_put16(file.bytes, EB_E_PHNUM, 0);
	eb_put16(file.bytes, EB_E_PHENTSIZE, 0);
	eb_put32(file.bytes, EB_E_PHOFF, 0xffffffff);
	assert_open(&elf, &file);
	assert_int_equal(elf.num_segments, 0);
	assert_int_equal(elf.segment_table, 0);
	assert_false(ofl_elf_segment(&elf, 0, &segment));
	eb_free(&file);

	finish_example(&file);
	memset(file.bytes + file.segment_table, 0xff, 32);
	eb_put32(file.bytes, file.segment_table + EB_PH_TYPE, 0);
	assert_open(&elf, &file);
	assert_true(ofl_elf_segment(&elf, 0, &segment));
	assert_int_equal(segment.file_size, 0);

	/* Only of PT_LOAD is it known what address and size in memory mean. */
	eb_put32(file.bytes, file.segment_table + 32 + EB_PH_TYPE, OFL_ELF_SHT_ARM_EXIDX);
	eb_put32(file.bytes, file.segment_table + 32 + EB_PH_VADDR, 0xffffffff);
	eb_put32(file.bytes, file.segment_table + 32 + EB_PH_MEMSZ, 2);
	assert_open(&elf, &file);
	assert_true(ofl_elf_segment(&elf, 1, &segment));
	assert_int_equal(segment.type, 0x70000001);
	assert_int_equal(segment.address, 0xffffffff);
	eb_free(&file);
}

static void test_symbols(void **state)
{
	struct elf_file file;
	struct ofl_elf elf;
	struct ofl_elf_symbol symbol;

	(void)state;
	finish_example(&file);
	assert_open(&elf, &file);
	assert_true(ofl_elf_symbol(&elf, 0, &symbol));
	assert_string_equal(symbol.name, "");
	assert_int_equal(symbol.section, OFL_ELF_SHN_UNDEF);
	assert_true(ofl_elf_symbol(&elf, 2, &symbol));
	assert_string_equal(symbol.name, "Init");
	assert_int_equal(symbol.value, 0x20000001);
	assert_int_equal(symbol.size, 4);
	assert_int_equal(symbol.type, OFL_ELF_STT_FUNC);
	assert_int_equal(symbol.binding, EB_GLOBAL);
	assert_int_equal(symbol.visibility, EB_HIDDEN);
	assert_int_equal(symbol.section, 1);
	assert_int_equal(symbol.offset, file.section_content[file.symbols] + 2 * 16);
	assert_true(ofl_elf_symbol(&elf, 4, &symbol));
	assert_string_equal(symbol.name, "FlashDevice");
	assert_int_equal(symbol.type, OFL_ELF_STT_OBJECT);
	assert_int_equal(symbol.size, 4256);
	assert_int_equal(symbol.section, 5);
	assert_false(ofl_elf_symbol(&elf, 5, &symbol));
	assert_false(ofl_elf_symbol(&elf, UINT32_MAX, &symbol));
	eb_free(&file);
}

static void test_no_symbols(void **state)
{
	struct elf_builder builder;
	struct elf_file file;
	struct ofl_elf elf;
	struct ofl_elf_symbol symbol;

	(void)state;
	eb_start(&builder);
	eb_section(&builder, "PrgCode", EB_PROGBITS, EB_ALLOC, 0, "code", 4, 4);
	builder.no_symbols = true;
	eb_finish(&builder, &file);
	assert_open(&elf, &file);
	assert_int_equal(elf.symbols, 0);
	assert_int_equal(elf.num_symbols, 0);
	assert_false(ofl_elf_symbol(&elf, 0, &symbol));
	assert_false(ofl_elf_find_symbol(&elf, "Init", &symbol));
	assert_false(ofl_elf_find_symbol(&elf, "", &symbol));
	eb_free(&file);
}

static void test_find_symbol(void **state)
{
	struct elf_builder builder;
	struct elf_file file;
	struct ofl_elf elf;
	struct ofl_elf_symbol symbol;

	(void)state;
	eb_start(&builder);

	const unsigned int code = eb_section(&builder, "PrgCode", EB_PROGBITS, EB_ALLOC, 0, NULL, 64, 4);

	eb_symbol(&builder, "Init", 0, 0, EB_FUNC, EB_GLOBAL, EB_DEFAULT, OFL_ELF_SHN_UNDEF);
	eb_symbol(&builder, "Init", 5, 0, OFL_ELF_STT_SECTION, EB_GLOBAL, EB_DEFAULT, code);
	eb_symbol(&builder, "Init", 7, 0, 4, EB_GLOBAL, EB_DEFAULT, OFL_ELF_SHN_ABS);
	eb_symbol(&builder, "Init", 9, 0, EB_FUNC, EB_LOCAL, EB_DEFAULT, code);
	eb_symbol(&builder, "Init", 11, 0, EB_FUNC, EB_WEAK, EB_DEFAULT, code);
	eb_symbol(&builder, "Init", 13, 0, EB_FUNC, EB_GLOBAL, EB_HIDDEN, code);
	eb_symbol(&builder, "Init", 15, 0, EB_FUNC, EB_GLOBAL, EB_DEFAULT, code);
	eb_symbol(&builder, "Weak", 17, 0, EB_FUNC, EB_LOCAL, EB_DEFAULT, code);
	eb_symbol(&builder, "Weak", 19, 0, EB_FUNC, EB_WEAK, EB_DEFAULT, code);
	eb_symbol(&builder, "Local", 21, 0, EB_FUNC, EB_LOCAL, EB_DEFAULT, code);
	eb_symbol(&builder, "Local", 23, 0, EB_FUNC, EB_LOCAL, EB_DEFAULT, code);
	eb_symbol(&builder, "Undefined", 25, 0, EB_FUNC, EB_GLOBAL, EB_DEFAULT, OFL_ELF_SHN_UNDEF);
	eb_symbol(&builder, "Common", 4, 64, EB_OBJECT, EB_GLOBAL, EB_DEFAULT, 0xfff2);
	eb_symbol(&builder, "Absolute", 29, 0, 0, EB_GLOBAL, EB_DEFAULT, OFL_ELF_SHN_ABS);
	eb_finish(&builder, &file);
	assert_open(&elf, &file);

	assert_true(ofl_elf_find_symbol(&elf, "Init", &symbol));
	assert_int_equal(symbol.value, 13);
	assert_true(ofl_elf_find_symbol(&elf, "Weak", &symbol));
	assert_int_equal(symbol.value, 19);
	assert_true(ofl_elf_find_symbol(&elf, "Local", &symbol));
	assert_int_equal(symbol.value, 21);
	assert_true(ofl_elf_find_symbol(&elf, "Absolute", &symbol));
	assert_int_equal(symbol.section, OFL_ELF_SHN_ABS);
	assert_false(ofl_elf_find_symbol(&elf, "Undefined", &symbol));
	assert_false(ofl_elf_find_symbol(&elf, "Common", &symbol));
	assert_false(ofl_elf_find_symbol(&elf, "Ini", &symbol));
	assert_false(ofl_elf_find_symbol(&elf, "Init2", &symbol));
	assert_null(symbol.name);
	eb_free(&file);
}

static void test_relocations(void **state)
{
	struct elf_builder builder;
	struct elf_file file;
	struct ofl_elf elf;
	struct ofl_elf_section section;
	struct ofl_elf_relocation relocation;

	(void)state;
	for (unsigned int rela = 0; rela <= 1; rela++) {
		eb_start(&builder);
		eb_example(&builder);
		eb_relocation(&builder, 3, 0x2000002c, EB_RELATIVE, 0, -4);
		builder.rela = rela;
		eb_finish(&builder, &file);
		assert_open(&elf, &file);
		assert_true(ofl_elf_section(&elf, file.relocations, &section));
		assert_int_equal(section.type, rela ? OFL_ELF_SHT_RELA : OFL_ELF_SHT_REL);
		assert_true(ofl_elf_relocation(&elf, &section, 1, &relocation));
		assert_int_equal(relocation.where, 0x20000014);
		assert_int_equal(relocation.type, OFL_ELF_R_ARM_ABS32);
		assert_int_equal(relocation.symbol, 2);
		assert_int_equal(relocation.has_addend, rela);
		assert_false(ofl_elf_relocation(&elf, &section, 2, &relocation));
		assert_false(ofl_elf_relocation(&elf, &section, UINT32_MAX, &relocation));
		assert_true(ofl_elf_section(&elf, file.relocations + 1, &section));
		assert_int_equal(section.info, 3);
		assert_true(ofl_elf_relocation(&elf, &section, 0, &relocation));
		assert_int_equal(relocation.type, EB_RELATIVE);
		assert_int_equal(relocation.symbol, 0);
		assert_int_equal(relocation.addend, rela ? -4 : 0);
		assert_true(ofl_elf_section(&elf, 1, &section));
		assert_false(ofl_elf_relocation(&elf, &section, 0, &relocation));
		eb_free(&file);
	}
}

/* For the whole content of the section. */
static void assert_arch(const void *bytes, size_t length, int cpu_arch, unsigned int fp_arch)
{
	struct elf_builder builder;
	struct elf_file file;
	struct ofl_elf elf;
	unsigned int fpu = 77;

	eb_start(&builder);
	eb_section(&builder, ".ARM.attributes", OFL_ELF_SHT_ARM_ATTRIBUTES, 0, 0, bytes, length, 1);
	eb_finish(&builder, &file);
	assert_open(&elf, &file);
	assert_int_equal(ofl_elf_cpu_arch(&elf, &fpu), cpu_arch);
	assert_int_equal(fpu, fp_arch);
	eb_free(&file);
}

static void test_cpu_arch(void **state)
{
	static const struct {
		int cpu_arch, fp_arch;
	} cases[] = { { 12, -1 }, { 13, 6 }, { 17, 8 }, { 16, 0 }, { -1, 8 }, { -1, -1 }, { 21, 9 } };
	struct elf_builder builder;
	struct elf_file file;
	struct ofl_elf elf;
	unsigned int fpu = 77;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		eb_start(&builder);
		eb_attributes(&builder, cases[i].cpu_arch, cases[i].fp_arch);
		eb_finish(&builder, &file);
		assert_open(&elf, &file);
		assert_int_equal(ofl_elf_cpu_arch(&elf, &fpu), cases[i].cpu_arch);
		assert_int_equal(fpu, cases[i].fp_arch > 0 ? cases[i].fp_arch : 0);
		eb_free(&file);
	}
	eb_start(&builder);
	eb_finish(&builder, &file);
	assert_open(&elf, &file);
	assert_int_equal(ofl_elf_cpu_arch(&elf, &fpu), -1);
	assert_int_equal(fpu, 0);
	eb_free(&file);
}

/* A literal with its length; the NUL that C adds is not part of it. */
#define BYTES(text)	text, sizeof(text) - 1

/* Attributes of the file, in a section with all the right lengths around them. */
static void assert_file_arch(const char *attributes, size_t length, int cpu_arch, unsigned int fp_arch)
{
	uint8_t bytes[64] = "A....aeabi\0\1....";

	assert_in_range(length, 0, sizeof(bytes) - 16);
	eb_put32(bytes, 1, length + 15);
	eb_put32(bytes, 12, length + 5);
	memcpy(bytes + 16, attributes, length);
	assert_arch(bytes, length + 16, cpu_arch, fp_arch);
}

/* IHI 0045: which tags have strings, numbers of several bytes; and what does not follow it. */
static void test_attribute_encoding(void **state)
{
	(void)state;
	assert_file_arch(BYTES("\6\x0d\x0a\6"), 13, 6);
	assert_file_arch(BYTES(""), -1, 0);
	/* Names with the bytes of tags in them; Tag_compatibility (number and string); Tag_conformance (odd: string). */
	assert_file_arch(BYTES("\4\6\1\0" "\5\6\1\0" "\x20\1\6\1\0" "\x43\6\1\0" "\6\x0d"), 13, 0);
	/* Tag_nodefaults and one that nobody knows (even: numbers). */
	assert_file_arch(BYTES("\x40\6" "\x80\1\6" "\6\x0d"), 13, 0);
	/* Tag 10 in two bytes, its value in three. */
	assert_file_arch(BYTES("\x8a\0" "\x86\x80\0"), -1, 6);
	/* Largest number of 32 bits; one more ends the reading; so does one that has no end in five bytes. */
	assert_file_arch(BYTES("\x0a\xff\xff\xff\xff\x0f" "\6\x0d"), 13, UINT32_MAX);
	assert_file_arch(BYTES("\6\x0d" "\x0a\xff\xff\xff\xff\x1f" "\6\1"), 13, 0);
	assert_file_arch(BYTES("\6\x0d" "\x0a\x80\x80\x80\x80\x80\0" "\6\1"), 13, 0);
	/* An architecture without reason. */
	assert_file_arch(BYTES("\6\xff\xff\xff\x7f" "\x0a\6"), -1, 6);
	/* Ends after a tag, within a number, within a string. */
	assert_file_arch(BYTES("\6\x0d" "\x0a"), 13, 0);
	assert_file_arch(BYTES("\6\x0d" "\x0a\x80"), 13, 0);
	assert_file_arch(BYTES("\6\x0d" "\5\x41"), 13, 0);
	assert_file_arch(BYTES("\6\x0d" "\x20\1"), 13, 0);
}

static void test_attribute_sections(void **state)
{
	(void)state;
	/* Another vendor's are skipped. */
	assert_arch(BYTES("A" "\x0f\0\0\0" "gnu\0" "\1\7\0\0\0" "\6\1"
			"\x13\0\0\0" "aeabi\0" "\1\x09\0\0\0" "\6\x0d\x0a\6"), 13, 6);
	/* Attributes of sections (2, with a list of numbers that ends with 0) and symbols (3) are not the file's. */
	assert_arch(BYTES("A" "\x23\0\0\0" "aeabi\0" "\2\x09\0\0\0" "\1\0\6\1"
			"\3\x09\0\0\0" "\1\0\6\1" "\1\7\0\0\0" "\6\x0c"), 12, 0);
	/* Bytes behind the last that are no section. */
	assert_arch(BYTES("A" "\x12\0\0\0" "aeabi\0" "\1\7\0\0\0" "\6\x0c" "\1"), 12, 0);
	assert_arch(BYTES("A" "\x11\0\0\0" "aeabi\0" "\1\7\0\0\0" "\6\x0c" "\1\0"), 12, 0);
	/* Another format; nothing but the format; nothing. */
	assert_arch(BYTES("B" "\x11\0\0\0" "aeabi\0" "\1\7\0\0\0" "\6\x0d"), -1, 0);
	assert_arch(BYTES("A"), -1, 0);
	assert_arch(BYTES(""), -1, 0);
	/* Lengths smaller than themselves, and beyond the end. */
	assert_arch(BYTES("A" "\3\0\0\0" "aeabi\0" "\1\7\0\0\0" "\6\x0d"), -1, 0);
	assert_arch(BYTES("A" "\x12\0\0\0" "aeabi\0" "\1\7\0\0\0" "\6\x0d"), -1, 0);
	assert_arch(BYTES("A" "\xff\xff\xff\xff" "aeabi\0" "\1\7\0\0\0" "\6\x0d"), -1, 0);
	assert_arch(BYTES("A" "\x11\0\0\0" "aeabi\0" "\1\4\0\0\0" "\6\x0d"), -1, 0);
	assert_arch(BYTES("A" "\x11\0\0\0" "aeabi\0" "\1\x08\0\0\0" "\6\x0d"), -1, 0);
	assert_arch(BYTES("A" "\x11\0\0\0" "aeabi\0" "\1\xff\xff\xff\xff" "\6\x0d"), -1, 0);
	/* A vendor's name without end. */
	assert_arch(BYTES("A" "\x0a\0\0\0" "aeabia"), -1, 0);
}

static void test_other_files(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *part;
	} cases[] = {
		{ "", 0, "an empty file" },
		{ "\177ELF", 4, "ends within the ELF header" },
		{ "\177EL", 3, "not an ELF file" },
		{ "!<arch>\nsymbols/", 16, "an archive (ar)" },
		{ "!<thin>\nsymbols/", 16, "a thin archive" },
		{ "PK\003\004\024\000", 6, "a ZIP archive" },
		{ "version https://git-lfs.github.com/spec/v1\n", 43, "a Git LFS pointer" },
		{ ":020000042000DA\r\n", 17, "Intel HEX" },
		{ ":\001\002\003", 4, "not an ELF file" },
		{ "S0030000FC\n", 11, "Motorola S-records" },
		{ "set pins {1 2}\n", 15, "a text file" },
		{ "\0\0\0\040\001\001\000\000", 8, "not an ELF file" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_refused((const uint8_t *)cases[i].bytes, cases[i].length, cases[i].length == 4 && i == 1 ? 4 : 0,
				cases[i].part);
}

/* Where the value to be changed is: in the header, or in the header of a section, or in a section's content. */
enum place { HEADER, SECTION, SEGMENT, CONTENT };
/* Sections by their role in the example, since their numbers are the builder's. */
enum role { ATTRIBUTES_ROLE = 100, RELOCATIONS, SYMBOLS, STRINGS, NAMES };

struct refusal {
	enum place place;
	unsigned int index;
	size_t field;
	unsigned int field_bytes;
	uint32_t value;
	const char *part;
};

static unsigned int index_of(const struct elf_file *file, unsigned int index)
{
	switch (index) {
	case ATTRIBUTES_ROLE:
		return file->attributes;
	case RELOCATIONS:
		return file->relocations;
	case SYMBOLS:
		return file->symbols;
	case STRINGS:
		return file->strings;
	case NAMES:
		return file->names;
	default:
		return index;
	}
}

static size_t place_of(const struct elf_file *file, const struct refusal *refusal)
{
	switch (refusal->place) {
	case SECTION:
		return file->section_header[index_of(file, refusal->index)] + refusal->field;
	case SEGMENT:
		return file->segment_table + refusal->index * 32 + refusal->field;
	case CONTENT:
		return file->section_content[index_of(file, refusal->index)] + refusal->field;
	default:
		return refusal->field;
	}
}

/* One wrong value each in a well-formed file, and the offset of that value in the message. */
static void test_refusals(void **state)
{
	static const struct refusal refusals[] = {
		{ HEADER, 0, 0, 1, 0x7e, "not an ELF file" },
		{ HEADER, 0, EB_EI_CLASS, 1, 0, "unknown class 0" },
		{ HEADER, 0, EB_EI_CLASS, 1, 2, "64 bit" },
		{ HEADER, 0, EB_EI_DATA, 1, 2, "big-endian" },
		{ HEADER, 0, EB_EI_DATA, 1, 3, "byte order 3" },
		{ HEADER, 0, EB_EI_VERSION, 1, 2, "ELF version 2" },
		{ HEADER, 0, EB_E_VERSION, 4, 0, "ELF version 0" },
		{ HEADER, 0, EB_E_MACHINE, 2, 243, "a RISC-V loader; only Cortex-M is supported" },
		{ HEADER, 0, EB_E_MACHINE, 2, 183, "AArch64" },
		{ HEADER, 0, EB_E_MACHINE, 2, 62, "x86-64" },
		{ HEADER, 0, EB_E_MACHINE, 2, 3, "x86" },
		{ HEADER, 0, EB_E_MACHINE, 2, 8, "MIPS" },
		{ HEADER, 0, EB_E_MACHINE, 2, 20, "PowerPC" },
		{ HEADER, 0, EB_E_MACHINE, 2, 83, "AVR" },
		{ HEADER, 0, EB_E_MACHINE, 2, 94, "Xtensa" },
		{ HEADER, 0, EB_E_MACHINE, 2, 105, "MSP430" },
		{ HEADER, 0, EB_E_MACHINE, 2, 0, "no machine" },
		{ HEADER, 0, EB_E_MACHINE, 2, 0xffff, "e_machine 65535" },
		{ HEADER, 0, EB_E_TYPE, 2, 0, "ELF type 0" },
		{ HEADER, 0, EB_E_TYPE, 2, 4, "ELF type 4" },
		{ HEADER, 0, EB_E_EHSIZE, 2, 51, "header of 51 bytes" },
		{ HEADER, 0, EB_E_SHOFF, 4, 0, "no section headers" },
		{ HEADER, 0, EB_E_SHOFF, 4, 0xffffffff, "beyond the end of the file" },
		{ HEADER, 0, EB_E_SHNUM, 2, 0, "extended section numbering (e_shnum 0)" },
		{ HEADER, 0, EB_E_SHNUM, 2, 0xff00, "extended section numbering" },
		{ HEADER, 0, EB_E_SHSTRNDX, 2, 0xffff, "extended section numbering (e_shstrndx 0xffff)" },
		{ HEADER, 0, EB_E_SHSTRNDX, 2, 60, "section 60 is to hold the names" },
		{ HEADER, 0, EB_E_SHENTSIZE, 2, 39, "section headers of 39 bytes" },
		{ HEADER, 0, EB_E_SHENTSIZE, 2, 64, "section headers of 64 bytes" },
		{ HEADER, 0, EB_E_PHNUM, 2, 0xffff, "extended program header numbering" },
		{ HEADER, 0, EB_E_PHENTSIZE, 2, 56, "program headers of 56 bytes" },
		{ HEADER, 0, EB_E_PHOFF, 4, 0xffffffff, "program headers from offset 0xffffffff are beyond" },
		{ SECTION, 1, EB_SH_OFFSET, 4, 0xfffffff0, "section 1, 32 bytes from offset 0xfffffff0, is beyond the end" },
		{ SECTION, 1, EB_SH_ADDR, 4, 0xffffffe1, "beyond 4 GiB" },
		{ SECTION, 4, EB_SH_ADDR, 4, 0xfffffff0, "section 4, 96 bytes from address 0xfffffff0, is beyond 4 GiB" },
		{ SECTION, 1, EB_SH_ALIGN, 4, 12, "alignment 12" },
		{ SECTION, 1, EB_SH_NAME, 4, 0x1000, "name of section 1 is outside" },
		{ SECTION, NAMES, EB_SH_TYPE, 4, 1, "not a string table" },
		{ SECTION, NAMES, EB_SH_SIZE, 4, 0, "is empty" },
		{ SECTION, SYMBOLS, EB_SH_ENTSIZE, 4, 24, "entries of 24 bytes instead of 16" },
		{ SECTION, SYMBOLS, EB_SH_ENTSIZE, 4, 0, "entries of 0 bytes instead of 16" },
		{ SECTION, SYMBOLS, EB_SH_SIZE, 4, 79, "79 bytes, not a multiple" },
		{ SECTION, SYMBOLS, EB_SH_LINK, 4, 0, "names in section 0" },
		{ SECTION, SYMBOLS, EB_SH_LINK, 4, 0xffffffff, "names in section 4294967295" },
		{ SECTION, STRINGS, EB_SH_TYPE, 4, 8, "not a string table" },
		{ SECTION, STRINGS, EB_SH_SIZE, 4, 0, "is empty" },
		{ SECTION, RELOCATIONS, EB_SH_ENTSIZE, 4, 12, "entries of 12 bytes instead of 8" },
		{ SECTION, RELOCATIONS, EB_SH_SIZE, 4, 15, "15 bytes, not a multiple" },
		{ SECTION, RELOCATIONS, EB_SH_LINK, 4, 60, "symbols in section 60" },
		{ SECTION, RELOCATIONS, EB_SH_LINK, 4, 1, "which is not a symbol table" },
		{ SECTION, RELOCATIONS, EB_SH_INFO, 4, 60, "for section 60" },
		{ SEGMENT, 1, EB_PH_OFFSET, 4, 0xfffffffc, "segment 1, 7 bytes from offset 0xfffffffc, is beyond the end" },
		{ SEGMENT, 1, EB_PH_VADDR, 4, 0xfffffffa, "segment 1, 7 bytes from address 0xfffffffa, is beyond 4 GiB" },
		{ SEGMENT, 0, EB_PH_FILESZ, 4, 42, "segment 0 has 42 bytes in the file and 41 in memory" },
		{ CONTENT, SYMBOLS, 16 + EB_ST_NAME, 4, 0x1000, "name of symbol 1 is outside" },
		{ CONTENT, SYMBOLS, 16 + EB_ST_SHNDX, 2, 0xffff, "st_shndx 0xffff" },
		{ CONTENT, SYMBOLS, 32 + EB_ST_SHNDX, 2, 60, "symbol 2 is in section 60" },
		{ CONTENT, RELOCATIONS, 12, 4, 5 << 8 | 2, "relocation 1 of section 7 names symbol 5 of 5" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct elf_file file;

		finish_example(&file);

		const size_t at = place_of(&file, &refusals[i]);

		for (unsigned int k = 0; k < refusals[i].field_bytes; k++)
			file.bytes[at + k] = refusals[i].value >> (8 * k) & 0xff;
		assert_refused(file.bytes, file.length, at, refusals[i].part);
		eb_free(&file);
	}
}

static void test_names_end(void **state)
{
	struct elf_file file;

	(void)state;
	finish_example(&file);

	const size_t last = file.section_content[file.names] - 1;

	file.bytes[last] = 'x';
	assert_refused(file.bytes, file.length, last, "does not end");
	eb_free(&file);

	finish_example(&file);

	const size_t end = file.section_content[file.names] + eb_get32(file.bytes, file.section_header[file.names] +
			EB_SH_SIZE);

	file.bytes[end - 1] = 'x';
	assert_refused(file.bytes, file.length, end - 1, "does not end");
	eb_free(&file);
}

static void test_overlap_in_the_file(void **state)
{
	struct elf_file file;

	(void)state;
	finish_example(&file);
	for (unsigned int i = 1; i <= 3; i++) {
		eb_put32(file.bytes, file.section_header[i] + EB_SH_OFFSET, 0);
		eb_put32(file.bytes, file.section_header[i] + EB_SH_SIZE, file.length / 3 + 1);
	}
	assert_refused(file.bytes, file.length, file.section_header[3] + EB_SH_SIZE, "more bytes than the file");
	eb_free(&file);
}

static void test_rel_is_not_rela(void **state)
{
	struct elf_file file;

	(void)state;
	finish_example(&file);
	eb_put32(file.bytes, file.section_header[file.relocations] + EB_SH_TYPE, OFL_ELF_SHT_RELA);
	assert_refused(file.bytes, file.length, file.section_header[file.relocations] + EB_SH_ENTSIZE,
			"entries of 8 bytes instead of 12");
	eb_free(&file);
}

/* Without a symbol table only relocation type and place can be told. */
static void test_relocations_without_symbols(void **state)
{
	struct elf_file file;
	struct ofl_elf elf;

	(void)state;
	finish_example(&file);
	eb_put32(file.bytes, file.section_header[file.relocations] + EB_SH_LINK, 0);
	assert_refused(file.bytes, file.length, file.section_content[file.relocations] + 4, "names symbol 1 of 1");
	eb_put32(file.bytes, file.section_content[file.relocations] + 4, EB_RELATIVE);
	eb_put32(file.bytes, file.section_content[file.relocations] + 12, EB_RELATIVE);
	assert_open(&elf, &file);
	eb_free(&file);
}

/* A name of the file must not reach the terminal as it is. */
static void test_fault_text(void **state)
{
	struct ofl_file_error error;
	char wide[300];

	(void)state;
	assert_false(ofl_file_fault(&error, 42, "section %s is %u", "a\033[2J\n\x80", 7));
	assert_int_equal(error.offset, 42);
	assert_string_equal(error.text, "section a?[2J?? is 7");
	memset(wide, 'w', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	assert_false(ofl_file_fault(&error, 0, "%s", wide));
	assert_int_equal(strlen(error.text), sizeof(error.text) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_no_section_names),
		cmocka_unit_test(test_inactive_section),
		cmocka_unit_test(test_sections_without_content),
		cmocka_unit_test(test_segments),
		cmocka_unit_test(test_no_segments),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_no_symbols),
		cmocka_unit_test(test_find_symbol),
		cmocka_unit_test(test_relocations),
		cmocka_unit_test(test_cpu_arch),
		cmocka_unit_test(test_attribute_encoding),
		cmocka_unit_test(test_attribute_sections),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_names_end),
		cmocka_unit_test(test_overlap_in_the_file),
		cmocka_unit_test(test_rel_is_not_rela),
		cmocka_unit_test(test_relocations_without_symbols),
		cmocka_unit_test(test_fault_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
