// SPDX-License-Identifier: GPL-2.0-or-later

/* STM32CubeProgrammer's external loaders: what their files say and what is wrong with real ones. */

#include "loader_fixture.h"

#include <stdio.h>
#include <string.h>

static void test_stldr(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_stldr(&f);
	assert_usable(&f);
	assert_int_equal(f.loader.format, OFL_FORMAT_STLDR);
	assert_string_equal(f.loader.device_name, "W25Q64_STM32G0");
	assert_int_equal(f.loader.device_type, 7);
	assert_string_equal(f.loader.device_type_text, "SPI flash");
	assert_int_equal(f.loader.base, 0x90000000);
	assert_int_equal(f.loader.size_bytes, 0x800000);
	assert_int_equal(f.loader.declared_bytes, 0x800000);
	assert_int_equal(f.loader.page_bytes, 256);
	assert_int_equal(f.loader.program_unit_bytes, 32);
	assert_true(f.loader.takes_many_pages);
	assert_int_equal(f.loader.erased_byte, 0xff);
	assert_int_equal(f.loader.program_ms, 0);
	assert_int_equal(f.loader.erase_ms, 0);
	assert_int_equal(f.loader.num_regions, 1);
	assert_loader_region(&f, 0, 0, 4096, 2048);
	assert_false(f.loader.mapped_read);

	assert_function(&f, OFL_FN_INIT, "Init", OFL_ARGS_GIVEN, OFL_RESULT_ONE);
	assert_function(&f, OFL_FN_UNINIT, NULL, 0, 0);
	assert_function(&f, OFL_FN_ERASE_SECTOR, "SectorErase", OFL_ARGS_FIRST_LAST, OFL_RESULT_ONE);
	assert_function(&f, OFL_FN_ERASE_CHIP, "MassErase", OFL_ARGS_GIVEN, OFL_RESULT_ONE);
	assert_function(&f, OFL_FN_PROGRAM, "Write", OFL_ARGS_DATA, OFL_RESULT_ONE);
	assert_function(&f, OFL_FN_VERIFY, "Verify", OFL_ARGS_WORDS, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_BLANK_CHECK, NULL, 0, 0);
	assert_function(&f, OFL_FN_READ, "Read", OFL_ARGS_DATA, OFL_RESULT_ONE);
	assert_function(&f, OFL_FN_CHECKSUM, "CheckSum", OFL_ARGS_GIVEN, OFL_RESULT_ANY);
	assert_int_equal(f.loader.function[OFL_FN_PROGRAM].address, 0x20000009);
	assert_true(notes_say(&f, "two kinds of Verify"));

	assert_false(f.loader.position_independent);
	assert_false(f.loader.relocatable);
	assert_int_equal(f.loader.low, 0x20000004);
	assert_int_equal(f.loader.high, 0x200000a4);
	end_loader(&f);
}

/* Most files: one of two PT_LOADs would write StorageInfo to address 0. */
static void test_descriptor_at_zero(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_stldr(&f);
	assert_usable(&f);
	assert_null(segment_of(&f, f.descriptor));
	assert_int_equal(f.loader.num_segments, 4);
	assert_int_equal(f.loader.segment[0].address, 0x20000004);
	assert_true(notes_say(&f, "section P3 is linked at address 0"));
	end_loader(&f);

	/* With something behind it that is no code. */
	start_stldr(&f);
	resize(&f, f.descriptor, 2048);
	eb_object(&f.builder, "version", f.descriptor, 1024, 4);
	assert_usable(&f);
	assert_null(segment_of(&f, f.descriptor));
	end_loader(&f);

	/* In RAM, behind everything: not loaded, and nothing to mention. */
	start_stldr(&f);
	remove_symbol(&f, "Verify");
	f.builder.section[f.zeros].type = EB_PROGBITS;
	resize(&f, f.zeros, 64);
	f.builder.segment[0].last = f.zeros;
	f.builder.section[f.descriptor].address = 0x2407ff00;
	symbol_of(&f, "StorageInfo")->value = 0x2407ff00;
	assert_usable(&f);
	assert_null(segment_of(&f, f.descriptor));
	assert_int_equal(f.loader.high, 0x200000a4);
	assert_int_equal(f.loader.num_notes, 0);
	end_loader(&f);
}

/* armlink's DevInfo, 6 files. */
static void test_descriptor_overlaps_bss(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_stldr(&f);
	f.builder.section[f.descriptor].address = 0x20000064;
	f.builder.section[f.descriptor].name = "DevInfo";
	symbol_of(&f, "StorageInfo")->value = 0x20000064;
	assert_usable(&f);
	assert_null(segment_of(&f, f.descriptor));
	assert_non_null(segment_of(&f, f.zeros));
	assert_true(notes_say(&f, "section DevInfo overlaps section .bss"));
	end_loader(&f);
}

/* GNU: it may be within .rodata or .data, with what the code needs. */
static void test_descriptor_among_data(void **state)
{
	struct loader_fixture f;

	(void)state;
	for (uint32_t before = 0; before <= 16; before += 16) {
		start_stldr(&f);
		resize(&f, f.descriptor, before + INFO_BYTES + 32);
		memmove(descriptor_of(&f) + before, descriptor_of(&f), INFO_BYTES);
		memset(descriptor_of(&f) + before + INFO_BYTES, 0x77, 32);
		f.builder.section[f.descriptor].name = ".rodata";
		f.builder.section[f.descriptor].address = 0x20000100;
		symbol_of(&f, "StorageInfo")->value = 0x20000100 + before;
		eb_object(&f.builder, "table", f.descriptor, before + INFO_BYTES, 32);
		assert_usable(&f);
		assert_non_null(segment_of(&f, f.descriptor));
		assert_int_equal(segment_of(&f, f.descriptor)->length_bytes, before + INFO_BYTES + 32);
		assert_true(notes_say(&f, "shares section .rodata"));
		assert_string_equal(f.loader.device_name, "W25Q64_STM32G0");
		end_loader(&f);
	}
}

/* Read-only data is loaded, zero-initialised data is zeroed, in or outside of a segment. */
static void test_data_sections(void **state)
{
	struct loader_fixture f;
	uint8_t content[64];

	(void)state;
	start_stldr(&f);
	assert_usable(&f);
	assert_non_null(segment_of(&f, f.rodata));
	assert_false(segment_of(&f, f.rodata)->writable);
	assert_memory_equal(segment_of(&f, f.rodata)->bytes, f.file.bytes + f.file.section_content[f.rodata], 16);
	assert_non_null(segment_of(&f, f.zeros));
	assert_true(notes_say(&f, "no program header covers section .bss"));
	for (unsigned int i = 0; i < f.loader.num_segments; i++)
		if (f.loader.segment[i].section == f.zeros) {
			memset(content, 0x55, sizeof(content));
			assert_true(ofl_loader_content(&f.loader, i, 0, content, &f.error));
			for (size_t k = 0; k < sizeof(content); k++)
				assert_int_equal(content[k], 0);
		}
	end_loader(&f);

	start_stldr(&f);
	f.builder.segment[0].last = f.zeros;
	assert_usable(&f);
	assert_non_null(segment_of(&f, f.zeros));
	for (unsigned int i = 0; i < f.loader.num_notes; i++)
		assert_null(strstr(f.loader.note[i], ".bss"));
	end_loader(&f);
}

static void test_symbol_size(void **state)
{
	static const struct {
		uint32_t size;
		const char *note;
	} cases[] = {
		{ 0, NULL }, { 200, NULL }, { 136, "room for 2 entries instead of 10" }, { 4256, "room for 10 entries" },
	};
	struct loader_fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_stldr(&f);
		symbol_of(&f, "StorageInfo")->size = cases[i].size;
		/* More entries than a size of 136 says. */
		PUT_SECTORS(&f, 8, 0x2000, 1, 0x10000, 126, 0x10000);
		assert_usable(&f);
		assert_int_equal(f.loader.num_regions, 3);
		assert_loader_region(&f, 0, 0, 0x2000, 8);
		assert_loader_region(&f, 1, 0x10000, 0x10000, 1);
		assert_loader_region(&f, 2, 0x20000, 0x10000, 126);
		assert_int_equal(f.loader.size_bytes, 0x800000);
		assert_true(!cases[i].note || notes_say(&f, cases[i].note));
		for (unsigned int k = 0; !cases[i].note && k < f.loader.num_notes; k++)
			assert_null(strstr(f.loader.note[k], "entries instead of"));
		end_loader(&f);
	}
}

/* Tables of fewer and more than ten entries. */
static void test_table_of_other_size(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_stldr(&f);
	resize(&f, f.descriptor, INFO_SECTORS + 16 + 3);
	PUT_SECTORS(&f, 1024, 4096, 1024, 4096);
	assert_usable(&f);
	assert_int_equal(f.loader.num_regions, 2);
	assert_loader_region(&f, 1, 0x400000, 4096, 1024);
	assert_true(notes_say(&f, "room for 2 entries"));
	assert_null(segment_of(&f, f.descriptor));
	end_loader(&f);

	start_stldr(&f);
	resize(&f, f.descriptor, INFO_SECTORS + 12 * 8);
	symbol_of(&f, "StorageInfo")->size = INFO_SECTORS + 12 * 8;
	for (unsigned int i = 0; i < 12; i++) {
		eb_put32(descriptor_of(&f), INFO_SECTORS + 8 * i, 1);
		eb_put32(descriptor_of(&f), INFO_SECTORS + 8 * i + 4, 0x10000);
	}
	assert_usable(&f);
	assert_int_equal(f.loader.num_regions, 12);
	assert_true(notes_say(&f, "room for 12 entries"));
	end_loader(&f);

	/* Ten full ones, then something else. */
	start_stldr(&f);
	resize(&f, f.descriptor, INFO_SECTORS + 12 * 8);
	for (unsigned int i = 0; i < 12; i++) {
		eb_put32(descriptor_of(&f), INFO_SECTORS + 8 * i, 1);
		eb_put32(descriptor_of(&f), INFO_SECTORS + 8 * i + 4, 0x10000);
	}
	assert_usable(&f);
	assert_int_equal(f.loader.num_regions, 10);
	end_loader(&f);
}

/* f7_mx25l512g: 0x3D0900 bytes that are 64 MiB; a G474 loader of ST says twice the size. */
static void test_sizes_that_lie(void **state)
{
	static const uint32_t sizes[] = { 0x3d0900, 0x8000000, 0, 0xffffffff };
	struct loader_fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		start_stldr(&f);
		eb_put32(descriptor_of(&f), INFO_SIZE, sizes[i]);
		PUT_SECTORS(&f, 1024, 0x10000);
		assert_usable(&f);
		assert_int_equal(f.loader.size_bytes, 0x4000000);
		assert_int_equal(f.loader.declared_bytes, sizes[i]);
		assert_true(notes_say(&f, "contradicts the sectors"));
		assert_false(f.loader.geometry_unknown);
		make_report(&f, &(struct ofl_report_options){ 0 });
		assert_true(has_line(&f, "size-bytes: 67108864"));
		end_loader(&f);
	}
}

static void test_bad_numbers(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *why;
	} cases[] = {
		{ INFO_PAGE, 0, "page size is 0" },
		{ INFO_SECTORS, 0, "sector table is empty" },
		{ INFO_SECTORS + 4, 0, "entry 0 of the sector table has size 0" },
		{ INFO_SECTORS + 8, 5, "entry 1 of the sector table has size 0" },
		{ INFO_ADDRESS, 0xff800001, "end beyond 4 GiB" },
		{ INFO_SECTORS + 4, 0x200000, "end beyond 4 GiB" },
		{ INFO_SECTORS + 4, 0xffffffff, "end beyond 4 GiB" },
		{ INFO_SECTORS, 0x100001, "1048577 sectors" },
		{ INFO_SECTORS, 0xffffffff, "4294967295 sectors" },
	};
	struct loader_fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_stldr(&f);
		eb_put32(descriptor_of(&f), cases[i].at, cases[i].value);
		assert_refused(&f, cases[i].why);
		end_loader(&f);
	}
	start_stldr(&f);
	eb_put32(descriptor_of(&f), INFO_ADDRESS, 0xff800000);
	assert_usable(&f);
	end_loader(&f);
}

static void test_bad_descriptor(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_stldr(&f);
	resize(&f, f.descriptor, INFO_SECTORS + 7);
	assert_refused(&f, "ends with its section after 127 bytes");
	end_loader(&f);

	start_stldr(&f);
	symbol_of(&f, "StorageInfo")->section = f.zeros;
	assert_refused(&f, "no content in the file");
	end_loader(&f);

	start_stldr(&f);
	symbol_of(&f, "StorageInfo")->value = INFO_BYTES;
	assert_refused(&f, "outside its section");
	end_loader(&f);
}

/* What Write() gets is filled up to what cells with error correction are written in, not to pages. */
static void test_program_unit(void **state)
{
	static const struct {
		uint32_t page, unit;
	} cases[] = {
		{ 256, 32 }, { 512, 32 }, { 32, 32 }, { 16, 16 }, { 8, 8 }, { 1, 1 }, { 48, 16 }, { 100, 4 }, { 0x20000, 32 },
		{ 528, 16 }, { 0x80000000, 32 }, { 0xffffffff, 1 },
	};
	struct loader_fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_stldr(&f);
		eb_put32(descriptor_of(&f), INFO_PAGE, cases[i].page);
		assert_usable(&f);
		assert_int_equal(f.loader.page_bytes, cases[i].page);
		assert_int_equal(f.loader.program_unit_bytes, cases[i].unit);
		assert_true(cases[i].page <= 0x800000 || notes_say(&f, "larger than the device"));
		end_loader(&f);
	}
}

static void test_functions(void **state)
{
	static const char * const mandatory[] = { "Init", "Write", "SectorErase" };
	struct loader_fixture f;
	char why[64];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		start_stldr(&f);
		remove_symbol(&f, mandatory[i]);
		snprintf(why, sizeof(why), "without the mandatory %s", mandatory[i]);
		assert_refused(&f, why);
		end_loader(&f);
	}
	/* NOR flash on a parallel bus: read through the bus after Init. */
	start_stldr(&f);
	eb_put16(descriptor_of(&f), INFO_TYPE, 3);
	remove_symbol(&f, "Read");
	remove_symbol(&f, "MassErase");
	remove_symbol(&f, "CheckSum");
	remove_symbol(&f, "Verify");
	assert_usable(&f);
	assert_true(f.loader.mapped_read);
	assert_string_equal(f.loader.device_type_text, "NOR flash");
	assert_function(&f, OFL_FN_VERIFY, NULL, 0, 0);
	for (unsigned int i = 0; i < f.loader.num_notes; i++)
		assert_null(strstr(f.loader.note[i], "Verify"));
	make_report(&f, &(struct ofl_report_options){ 0 });
	assert_true(has_line(&f, "missing: MassErase"));
	assert_true(has_line(&f, "missing: Verify"));
	assert_true(has_line(&f, "read: mapped, at the device's addresses"));
	end_loader(&f);

	start_stldr(&f);
	symbol_of(&f, "Write")->value &= ~1u;
	assert_refused(&f, "function Write, at 0x20000008, is not Thumb code");
	end_loader(&f);

	start_stldr(&f);
	symbol_of(&f, "Write")->value = 1;
	assert_refused(&f, "function Write, at 0x00000001, is outside the loader's code");
	end_loader(&f);
}

/* Code in the tightly coupled memory at 0: there it stays. */
static void test_linked_at_zero(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_stldr(&f);
	for (unsigned int i = 1; i < f.builder.num_sections; i++)
		f.builder.section[i].address &= 0xfff;
	for (unsigned int i = 1; i < f.builder.num_symbols; i++)
		f.builder.symbol[i].value &= 0xfff;
	assert_usable(&f);
	assert_null(segment_of(&f, f.descriptor));
	assert_true(notes_say(&f, "section P3 overlaps section P1-P2 ro"));
	assert_int_equal(f.loader.low, 4);
	assert_false(f.loader.position_independent);
	end_loader(&f);
}

static void test_types_and_names(void **state)
{
	static const char * const texts[] = {
		"not a known number", "MCU flash", "NAND flash", "NOR flash", "SRAM", "PSRAM", "PC card", "SPI flash",
		"I2C flash", "SDRAM", "I2C EEPROM", "not a known number",
	};
	struct loader_fixture f;

	(void)state;
	for (unsigned int type = 0; type < 12; type++) {
		start_stldr(&f);
		eb_put16(descriptor_of(&f), INFO_TYPE, type);
		assert_usable(&f);
		assert_string_equal(f.loader.device_type_text, texts[type]);
		assert_true(type != 2 || notes_say(&f, "NAND"));
		end_loader(&f);
	}
	/* Not terminated: what follows is no part of it. */
	start_stldr(&f);
	memset(descriptor_of(&f), 'n', 100);
	assert_usable(&f);
	assert_int_equal(strlen(f.loader.device_name), 100);
	end_loader(&f);

	start_stldr(&f);
	memset(descriptor_of(&f), 0, 100);
	assert_usable(&f);
	make_report(&f, &(struct ofl_report_options){ 0 });
	assert_true(has_line(&f, "device: not said"));
	end_loader(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stldr),
		cmocka_unit_test(test_descriptor_at_zero),
		cmocka_unit_test(test_descriptor_overlaps_bss),
		cmocka_unit_test(test_descriptor_among_data),
		cmocka_unit_test(test_data_sections),
		cmocka_unit_test(test_symbol_size),
		cmocka_unit_test(test_table_of_other_size),
		cmocka_unit_test(test_sizes_that_lie),
		cmocka_unit_test(test_bad_numbers),
		cmocka_unit_test(test_bad_descriptor),
		cmocka_unit_test(test_program_unit),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_linked_at_zero),
		cmocka_unit_test(test_types_and_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
