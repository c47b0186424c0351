// SPDX-License-Identifier: GPL-2.0-or-later

/* CMSIS-Pack flash algorithms: what their files say and what is wrong with real ones. */

#include "loader_fixture.h"

#include <stdio.h>
#include <string.h>

static void test_flm(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_flm(&f);
	assert_usable(&f);
	assert_int_equal(f.loader.format, OFL_FORMAT_FLM);
	assert_string_equal(f.loader.device_name, "STM32F4xx Flash");
	assert_int_equal(f.loader.device_type, 1);
	assert_string_equal(f.loader.device_type_text, "on-chip");
	assert_int_equal(f.loader.base, 0x08000000);
	assert_int_equal(f.loader.size_bytes, 0x100000);
	assert_int_equal(f.loader.declared_bytes, 0x100000);
	assert_int_equal(f.loader.page_bytes, 0x400);
	assert_int_equal(f.loader.program_unit_bytes, 0x400);
	assert_false(f.loader.takes_many_pages);
	assert_int_equal(f.loader.erased_byte, 0xff);
	assert_int_equal(f.loader.program_ms, 100);
	assert_int_equal(f.loader.erase_ms, 6000);
	assert_int_equal(f.loader.num_regions, 1);
	assert_loader_region(&f, 0, 0, 0x4000, 64);
	assert_false(f.loader.geometry_unknown);

	assert_function(&f, OFL_FN_INIT, "Init", OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_UNINIT, "UnInit", OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_ERASE_SECTOR, "EraseSector", OFL_ARGS_SECTOR, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_ERASE_CHIP, "EraseChip", OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_PROGRAM, "ProgramPage", OFL_ARGS_DATA, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_VERIFY, "Verify", OFL_ARGS_DATA, OFL_RESULT_END);
	assert_function(&f, OFL_FN_BLANK_CHECK, "BlankCheck", OFL_ARGS_BLANK, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_READ, NULL, 0, 0);
	assert_int_equal(f.loader.function[OFL_FN_PROGRAM].address, 0x0d);
	assert_int_equal(ofl_loader_function(&f.loader, OFL_FN_PROGRAM, 0x20000100), 0x2000010d);
	assert_int_equal(ofl_loader_function(&f.loader, OFL_FN_READ, 0x20000100), 0);

	assert_int_equal(f.loader.num_segments, 3);
	assert_int_equal(f.loader.segment[0].address, 0);
	assert_int_equal(f.loader.segment[0].length_bytes, 64);
	assert_true(f.loader.segment[0].executable && !f.loader.segment[0].writable);
	assert_int_equal(f.loader.segment[1].address, 0x40);
	assert_true(f.loader.segment[1].writable && !f.loader.segment[1].executable);
	assert_non_null(f.loader.segment[1].bytes);
	assert_int_equal(f.loader.segment[2].address, 0x50);
	assert_int_equal(f.loader.segment[2].length_bytes, 256);
	assert_null(f.loader.segment[2].bytes);
	assert_int_equal(f.loader.low, 0);
	assert_int_equal(f.loader.high, 0x150);
	assert_true(f.loader.position_independent);
	assert_false(f.loader.relocatable);
	assert_int_equal(f.loader.static_base, 0x40);
	assert_int_equal(f.loader.room_bytes, 0);
	end_loader(&f);
}

/* Of armlink's files nearly all: DSCR +0 counts without the zero-initialised part of PrgData. */
static void test_descriptor_overlaps_data(void **state)
{
	struct loader_fixture f;

	(void)state;
	for (unsigned int executable = 0; executable < 2; executable++) {
		start_flm(&f);
		/* armlink marks it as code in some. */
		f.builder.section[f.descriptor].flags |= executable ? EB_EXECINSTR : 0;
		assert_usable(&f);
		assert_int_equal(f.loader.format, OFL_FORMAT_FLM);
		assert_null(segment_of(&f, f.descriptor));
		assert_non_null(segment_of(&f, f.zeros));
		assert_true(notes_say(&f, "section DevDscr overlaps section PrgData"));
		end_loader(&f);

		/* Room for a full table is part of it. */
		start_flm(&f);
		resize(&f, f.descriptor, 4256);
		f.builder.section[f.descriptor].flags |= executable ? EB_EXECINSTR : 0;
		assert_usable(&f);
		assert_null(segment_of(&f, f.descriptor));
		end_loader(&f);
	}
	/* Elsewhere it is not loaded either, and that is nothing to mention. */
	start_flm(&f);
	f.builder.section[f.descriptor].address = 0x150;
	symbol_of(&f, "FlashDevice")->value = 0x150;
	assert_usable(&f);
	assert_null(segment_of(&f, f.descriptor));
	assert_int_equal(f.loader.num_notes, 0);
	end_loader(&f);
}

/* The section header is right, the program header is not: 24 of 90 files. */
static void test_segment_mapped_off(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_flm(&f);
	f.builder.section[f.data].gap_bytes = 4;
	assert_usable(&f);
	assert_memory_equal(segment_of(&f, f.data)->bytes, f.file.bytes + f.file.section_content[f.data], 16);
	assert_true(notes_say(&f, "maps section PrgData -4 bytes off"));
	end_loader(&f);
}

static void test_symbol_size_ignored(void **state)
{
	static const uint32_t sizes[] = { 0, 136, 176, 4256, 0xffffffff };
	struct loader_fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		start_flm(&f);
		symbol_of(&f, "FlashDevice")->size = sizes[i];
		assert_usable(&f);
		assert_loader_region(&f, 0, 0, 0x4000, 64);
		end_loader(&f);
	}
}

/* STM32F4xx_2048: the small sectors come twice. */
static void test_six_regions(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_flm(&f);
	resize(&f, f.descriptor, DEV_SECTORS + 7 * 8);
	eb_put32(descriptor_of(&f), DEV_SIZE, 0x200000);
	PUT_SECTORS(&f, 0x4000, 0, 0x10000, 0x10000, 0x20000, 0x20000, 0x4000, 0x100000, 0x10000, 0x110000, 0x20000,
			0x120000, END, END);
	assert_usable(&f);
	assert_int_equal(f.loader.num_regions, 6);
	assert_loader_region(&f, 0, 0, 0x4000, 4);
	assert_loader_region(&f, 1, 0x10000, 0x10000, 1);
	assert_loader_region(&f, 2, 0x20000, 0x20000, 7);
	assert_loader_region(&f, 3, 0x100000, 0x4000, 4);
	assert_loader_region(&f, 4, 0x110000, 0x10000, 1);
	assert_loader_region(&f, 5, 0x120000, 0x20000, 7);
	assert_int_equal(f.loader.size_bytes, 0x200000);
	end_loader(&f);
}

static void test_table_ends(void **state)
{
	static const struct {
		uint32_t last[2];
		const char *note;
	} ends[] = {
		{ { END, END }, NULL },
		{ { END, 0 }, "only one word" },
		{ { 0x1000, END }, "only one word" },
		{ { 0, 0 }, "an entry of zeros" },
	};
	struct loader_fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		start_flm(&f);
		PUT_SECTORS(&f, 0x4000, 0, ends[i].last[0], ends[i].last[1]);
		assert_usable(&f);
		assert_int_equal(f.loader.num_regions, 1);
		assert_loader_region(&f, 0, 0, 0x4000, 64);
		assert_true(!ends[i].note || notes_say(&f, ends[i].note));
		end_loader(&f);
	}
	/* The end of the section ends it, also within an entry. */
	for (uint32_t extra = 0; extra < 8; extra++) {
		start_flm(&f);
		resize(&f, f.descriptor, DEV_SECTORS + 8 + extra);
		assert_usable(&f);
		assert_int_equal(f.loader.num_regions, 1);
		assert_true(notes_say(&f, "no end mark; the end of its section"));
		assert_null(segment_of(&f, f.descriptor));
		end_loader(&f);
	}
}

/* 512 entries are the type's limit; the mark may follow or the section may end there. */
static void test_full_table(void **state)
{
	struct loader_fixture f;

	(void)state;
	for (unsigned int kind = 0; kind < 3; kind++) {
		start_flm(&f);
		resize(&f, f.descriptor, DEV_SECTORS + 512 * 8 + (kind == 0 ? 0 : 8));
		for (uint32_t i = 0; i < (kind == 2 ? 513 : 512); i++) {
			eb_put32(descriptor_of(&f), DEV_SECTORS + 8 * i, i % 2 ? 0x400 : 0x200);
			eb_put32(descriptor_of(&f), DEV_SECTORS + 8 * i + 4, 0x400 * i);
		}
		if (kind == 1)
			memset(descriptor_of(&f) + DEV_SECTORS + 512 * 8, 0xff, 8);
		if (kind == 2) {
			assert_refused(&f, "sector table without end");
		} else {
			assert_usable(&f);
			assert_int_equal(f.loader.num_regions, 512);
			assert_loader_region(&f, 510, 510 * 0x400, 0x200, 2);
			assert_loader_region(&f, 511, 511 * 0x400, 0x400, 0x201);
			assert_null(segment_of(&f, f.descriptor));
		}
		end_loader(&f);
	}
}

/* nrf53xx_network.flm */
static void test_absolute_addresses(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_flm(&f);
	eb_put32(descriptor_of(&f), DEV_ADDRESS, 0x01000000);
	eb_put32(descriptor_of(&f), DEV_SIZE, 0x40000);
	PUT_SECTORS(&f, 0x800, 0x01000000, END, END);
	assert_usable(&f);
	assert_loader_region(&f, 0, 0, 0x800, 128);
	assert_true(notes_say(&f, "addresses instead of offsets"));
	end_loader(&f);

	start_flm(&f);
	resize(&f, f.descriptor, DEV_SECTORS + 24);
	PUT_SECTORS(&f, 0x4000, 0x08000000, 0x10000, 0x08010000, END, END);
	assert_usable(&f);
	assert_loader_region(&f, 0, 0, 0x4000, 4);
	assert_loader_region(&f, 1, 0x10000, 0x10000, 15);
	end_loader(&f);

	/* An offset that happens to be as large as the base is one, when the first entry is. */
	start_flm(&f);
	resize(&f, f.descriptor, DEV_SECTORS + 24);
	eb_put32(descriptor_of(&f), DEV_ADDRESS, 0x10000);
	PUT_SECTORS(&f, 0x4000, 0, 0x10000, 0x10000, END, END);
	assert_usable(&f);
	assert_loader_region(&f, 1, 0x10000, 0x10000, 15);
	end_loader(&f);

	start_flm(&f);
	resize(&f, f.descriptor, DEV_SECTORS + 24);
	PUT_SECTORS(&f, 0x4000, 0x08000000, 0x10000, 0x10000, END, END);
	assert_refused(&f, "below the device");
	end_loader(&f);
}

static void test_sizes_that_lie(void **state)
{
	struct loader_fixture f;

	(void)state;
	/* Not a power of two is all right. */
	start_flm(&f);
	eb_put32(descriptor_of(&f), DEV_SIZE, 0x3d800);
	PUT_SECTORS(&f, 0x200, 0, END, END);
	assert_usable(&f);
	assert_loader_region(&f, 0, 0, 0x200, 0x1ec);
	assert_int_equal(f.loader.size_bytes, 0x3d800);
	assert_true(notes_say(&f, "no multiple of the page"));
	end_loader(&f);

	/* Decimal megabytes: whole sectors only. */
	start_flm(&f);
	eb_put32(descriptor_of(&f), DEV_SIZE, 4000000);
	assert_usable(&f);
	assert_loader_region(&f, 0, 0, 0x4000, 244);
	assert_int_equal(f.loader.size_bytes, 244 * 0x4000);
	assert_int_equal(f.loader.declared_bytes, 4000000);
	assert_true(notes_say(&f, "no number of whole sectors"));
	end_loader(&f);

	/* The last entry has not room for one of its sectors. */
	start_flm(&f);
	resize(&f, f.descriptor, DEV_SECTORS + 24);
	eb_put32(descriptor_of(&f), DEV_SIZE, 0x11000);
	PUT_SECTORS(&f, 0x4000, 0, 0x10000, 0x10000, END, END);
	assert_usable(&f);
	assert_int_equal(f.loader.num_regions, 1);
	assert_int_equal(f.loader.size_bytes, 0x10000);
	end_loader(&f);

	start_flm(&f);
	eb_put32(descriptor_of(&f), DEV_SIZE, 0x3fff);
	assert_refused(&f, "smaller than a sector");
	end_loader(&f);

	/* Entries behind the end. */
	start_flm(&f);
	resize(&f, f.descriptor, DEV_SECTORS + 32);
	PUT_SECTORS(&f, 0x4000, 0, 0x10000, 0x100000, 0x10000, 0x200000, END, END);
	assert_usable(&f);
	assert_int_equal(f.loader.num_regions, 1);
	assert_loader_region(&f, 0, 0, 0x4000, 64);
	assert_true(notes_say(&f, "2 entries of the sector table are behind the end"));
	end_loader(&f);

	/* Times nobody waits for. */
	start_flm(&f);
	eb_put32(descriptor_of(&f), DEV_ERASE_MS, 0xffffffff);
	assert_usable(&f);
	assert_int_equal(f.loader.erase_ms, 3600000);
	assert_true(notes_say(&f, "the time to erase a sector, 4294967295 ms"));
	end_loader(&f);

	start_flm(&f);
	eb_put16(descriptor_of(&f), 0, 0x0200);
	assert_usable(&f);
	assert_true(notes_say(&f, "version is 0x0200"));
	end_loader(&f);
}

static void test_bad_numbers(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *why;
	} cases[] = {
		{ DEV_SIZE, 0, "size is 0" },
		{ DEV_PAGE, 0, "page size is 0" },
		{ DEV_PAGE, 0x100001, "a page of 1048577 bytes" },
		{ DEV_ADDRESS, 0xfff00001, "ends beyond 4 GiB" },
		{ DEV_SIZE, 0xfffffffe, "ends beyond 4 GiB" },
		{ DEV_SECTORS, 0, "entry 0 of the sector table has size 0" },
		{ DEV_SECTORS, END, "the sector table is empty" },
		{ DEV_SECTORS + 4, END, "the sector table is empty" },
		{ DEV_SECTORS + 4, 0x4000, "begins at offset 0x4000" },
		{ DEV_SECTORS + 8, 0, "entry 1 of the sector table has size 0" },
	};
	struct loader_fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_flm(&f);
		PUT_SECTORS(&f, 0x4000, 0, END, i + 1 == sizeof(cases) / sizeof(cases[0]) ? 0x8000 : END);
		eb_put32(descriptor_of(&f), cases[i].at, cases[i].value);
		assert_refused(&f, cases[i].why);
		if (cases[i].at == DEV_PAGE)
			assert_int_equal(f.error.offset, f.file.section_content[f.descriptor] + DEV_PAGE);
		end_loader(&f);
	}
	/* Up to the last byte is all right. */
	start_flm(&f);
	eb_put32(descriptor_of(&f), DEV_ADDRESS, 0xfff00000);
	assert_usable(&f);
	end_loader(&f);
}

static void test_bad_tables(void **state)
{
	static const struct {
		uint32_t word[8];
		const char *why;
	} cases[] = {
		{ { 0x4000, 0, 0x10000, 0x20000, 0x10000, 0x10000, END, END }, "not behind the one before" },
		{ { 0x4000, 0, 0x10000, 0, END, END }, "not behind the one before" },
		{ { 0x4000, 0, 0x10000, 0x200000, 0x10000, 0x10000, END, END }, "not behind the one before" },
		{ { 0x4000, 0, 0x10000, 0x12000, END, END }, "do not end at 0x12000" },
		{ { 0x4000, 0, 0x10000, 0x1000, END, END }, "do not end at 0x1000" },
	};
	struct loader_fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_flm(&f);
		resize(&f, f.descriptor, DEV_SECTORS + 32);
		put_sectors(&f, cases[i].word, 8);
		assert_refused(&f, cases[i].why);
		end_loader(&f);
	}
	/* More sectors than any device has: as many bytes of memory for each is what it would cost. */
	start_flm(&f);
	PUT_SECTORS(&f, 1, 0, END, END);
	eb_put32(descriptor_of(&f), DEV_SIZE, 0x100001);
	eb_put32(descriptor_of(&f), DEV_PAGE, 1);
	assert_refused(&f, "1048577 sectors");
	end_loader(&f);
}

static void test_bad_descriptor(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_flm(&f);
	resize(&f, f.descriptor, DEV_SECTORS + 7);
	assert_refused(&f, "ends with its section after 167 bytes");
	end_loader(&f);

	start_flm(&f);
	symbol_of(&f, "FlashDevice")->section = f.zeros;
	assert_refused(&f, "no content in the file");
	end_loader(&f);

	start_flm(&f);
	symbol_of(&f, "FlashDevice")->section = 0xfff1;
	assert_refused(&f, "in no section");
	end_loader(&f);

	start_flm(&f);
	symbol_of(&f, "FlashDevice")->value += DEV_SECTORS + 16;
	assert_refused(&f, "outside its section");
	end_loader(&f);

	start_flm(&f);
	symbol_of(&f, "FlashDevice")->value -= 1;
	assert_refused(&f, "outside its section");
	end_loader(&f);
}

static void test_missing_functions(void **state)
{
	static const char * const mandatory[] = { "Init", "UnInit", "EraseSector", "ProgramPage" };
	struct loader_fixture f;
	char why[64];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		start_flm(&f);
		remove_symbol(&f, mandatory[i]);
		snprintf(why, sizeof(why), "without the mandatory %s", mandatory[i]);
		assert_refused(&f, why);
		end_loader(&f);
	}
	start_flm(&f);
	for (size_t i = 0; i < 4; i++)
		remove_symbol(&f, mandatory[i]);
	assert_refused(&f, "without the mandatory Init, UnInit, EraseSector, ProgramPage");
	end_loader(&f);

	/* One that is only declared is missing too. */
	start_flm(&f);
	symbol_of(&f, "UnInit")->section = 0;
	assert_refused(&f, "without the mandatory UnInit");
	end_loader(&f);

	start_flm(&f);
	remove_symbol(&f, "EraseChip");
	remove_symbol(&f, "Verify");
	remove_symbol(&f, "BlankCheck");
	assert_usable(&f);
	assert_function(&f, OFL_FN_ERASE_CHIP, NULL, 0, 0);
	make_report(&f, &(struct ofl_report_options){ 0 });
	assert_true(has_line(&f, "missing: EraseChip"));
	assert_true(has_line(&f, "missing: BlankCheck"));
	end_loader(&f);
}

static void test_bad_functions(void **state)
{
	static const struct {
		uint32_t value;
		const char *why;
	} cases[] = {
		{ 0x0c, "function ProgramPage, at 0x0000000c, is not Thumb code" },
		{ 0x51, "outside the loader's code" },		/* zeros */
		{ 0x151, "outside the loader's code" },
		{ 0x08000001, "outside the loader's code" },
		{ 0xffffffff, "outside the loader's code" },
	};
	struct loader_fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_flm(&f);
		symbol_of(&f, "ProgramPage")->value = cases[i].value;
		assert_refused(&f, cases[i].why);
		end_loader(&f);

		/* An optional one as well: it would be called. */
		start_flm(&f);
		symbol_of(&f, "Verify")->value = cases[i].value;
		assert_refused(&f, "function Verify");
		end_loader(&f);
	}
	/* The last halfword. */
	start_flm(&f);
	symbol_of(&f, "ProgramPage")->value = 0x3f;
	assert_usable(&f);
	end_loader(&f);

	/* Half of it is in the next section. */
	start_flm(&f);
	resize(&f, f.code, 63);
	symbol_of(&f, "ProgramPage")->value = 0x3f;
	assert_refused(&f, "outside the loader's code");
	end_loader(&f);
}

/* A static function of the same name in another source file, and two names of one function. */
static void test_names_twice(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_flm(&f);
	symbol_of(&f, "Init")->name = "first";
	eb_symbol(&f.builder, "Init", 0x21, 4, EB_FUNC, EB_LOCAL, EB_DEFAULT, f.code);
	eb_symbol(&f.builder, "Init", 0x01, 4, EB_FUNC, EB_GLOBAL, EB_HIDDEN, f.code);
	symbol_of(&f, "EraseChip")->value = symbol_of(&f, "EraseSector")->value;
	assert_usable(&f);
	assert_int_equal(f.loader.function[OFL_FN_INIT].address, 0x01);
	assert_int_equal(f.loader.function[OFL_FN_ERASE_CHIP].address, f.loader.function[OFL_FN_ERASE_SECTOR].address);
	end_loader(&f);
}

static void test_flm_read_back(void **state)
{
	struct loader_fixture f;

	(void)state;
	for (unsigned int type = 0; type < 7; type++)
		for (unsigned int verify = 0; verify < 2; verify++) {
			start_flm(&f);
			eb_put16(descriptor_of(&f), DEV_TYPE, type);
			if (!verify)
				remove_symbol(&f, "Verify");
			assert_usable(&f);
			assert_int_equal(f.loader.mapped_read, type == 1 || !verify);
			end_loader(&f);
		}
}

static void test_linked_elsewhere(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_flm(&f);
	for (unsigned int i = 1; i < f.builder.num_sections; i++)
		f.builder.section[i].address += 0x20000000;
	for (unsigned int i = 1; i < f.builder.num_symbols; i++)
		f.builder.symbol[i].value += 0x20000000;
	assert_usable(&f);
	assert_int_equal(f.loader.format, OFL_FORMAT_FLM);
	assert_false(f.loader.position_independent);
	assert_false(f.loader.relocatable);
	assert_int_equal(f.loader.low, 0x20000000);
	assert_int_equal(f.loader.static_base, 0x20000040);
	end_loader(&f);

	/* Without PrgData the first data that can be written is what r9 points to, then the image. */
	start_flm(&f);
	f.builder.section[f.data].name = f.builder.section[f.zeros].name = ".data";
	assert_usable(&f);
	assert_int_equal(f.loader.static_base, 0x40);
	end_loader(&f);
	start_flm(&f);
	f.builder.section[f.data].name = f.builder.section[f.zeros].name = ".data";
	f.builder.section[f.data].flags = f.builder.section[f.zeros].flags = EB_ALLOC;
	assert_usable(&f);
	assert_int_equal(f.loader.static_base, 0);
	end_loader(&f);
}

static void test_names(void **state)
{
	struct loader_fixture f;

	(void)state;
	/* Not terminated. */
	start_flm(&f);
	memset(descriptor_of(&f) + DEV_NAME, 'x', 128);
	assert_usable(&f);
	assert_int_equal(strlen(f.loader.device_name), 128);
	end_loader(&f);

	start_flm(&f);
	memcpy(descriptor_of(&f) + DEV_NAME, "a\033[2J\n\xff  \0", 10);
	assert_usable(&f);
	assert_string_equal(f.loader.device_name, "a?[2J??");
	end_loader(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flm),
		cmocka_unit_test(test_descriptor_overlaps_data),
		cmocka_unit_test(test_segment_mapped_off),
		cmocka_unit_test(test_symbol_size_ignored),
		cmocka_unit_test(test_six_regions),
		cmocka_unit_test(test_table_ends),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_absolute_addresses),
		cmocka_unit_test(test_sizes_that_lie),
		cmocka_unit_test(test_bad_numbers),
		cmocka_unit_test(test_bad_tables),
		cmocka_unit_test(test_bad_descriptor),
		cmocka_unit_test(test_missing_functions),
		cmocka_unit_test(test_bad_functions),
		cmocka_unit_test(test_names_twice),
		cmocka_unit_test(test_flm_read_back),
		cmocka_unit_test(test_linked_elsewhere),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
