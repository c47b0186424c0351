// SPDX-License-Identifier: GPL-2.0-or-later

/* SEGGER's Open Flash Loaders and Flash Loaders, and the one that NuttX builds: how they differ from FLM. */

#include "loader_fixture.h"

#include <string.h>

static void test_open_flash_loader(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_open(&f);
	assert_usable(&f);
	assert_int_equal(f.loader.format, OFL_FORMAT_OPEN_FLASH_LOADER);
	assert_function(&f, OFL_FN_INIT, "Init", OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_UNINIT, "UnInit", OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_ERASE_SECTOR, "SEGGER_OPEN_Erase", OFL_ARGS_SECTOR, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_ERASE_CHIP, "EraseChip", OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_PROGRAM, "SEGGER_OPEN_Program", OFL_ARGS_DATA, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_VERIFY, "Verify", OFL_ARGS_DATA, OFL_RESULT_END);
	assert_function(&f, OFL_FN_BLANK_CHECK, "BlankCheck", OFL_ARGS_BLANK, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_READ, "SEGGER_OPEN_Read", OFL_ARGS_DATA, OFL_RESULT_NOT_NEGATIVE);
	assert_function(&f, OFL_FN_CRC, "SEGGER_OPEN_CalcCRC", OFL_ARGS_CRC, OFL_RESULT_ANY);
	assert_function(&f, OFL_FN_FLASH_INFO, "SEGGER_OPEN_GetFlashInfo", OFL_ARGS_GIVEN, OFL_RESULT_NOT_NEGATIVE);
	assert_true(f.loader.takes_many_pages);
	assert_false(f.loader.mapped_read);
	assert_int_equal(f.loader.num_segments, 5);
	assert_non_null(segment_of(&f, f.rodata));
	assert_null(segment_of(&f, f.descriptor));
	assert_false(f.loader.position_independent);
	end_loader(&f);

	/* The functions of a flash algorithm are what it falls back to, one by one. */
	start_open(&f);
	remove_symbol(&f, "SEGGER_OPEN_Program");
	remove_symbol(&f, "SEGGER_OPEN_Erase");
	remove_symbol(&f, "SEGGER_OPEN_Read");
	assert_usable(&f);
	assert_function(&f, OFL_FN_PROGRAM, "ProgramPage", OFL_ARGS_DATA, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_ERASE_SECTOR, "EraseSector", OFL_ARGS_SECTOR, OFL_RESULT_ZERO);
	assert_false(f.loader.takes_many_pages);
	assert_false(f.loader.mapped_read);
	end_loader(&f);

	start_open(&f);
	remove_symbol(&f, "SEGGER_OPEN_Read");
	remove_symbol(&f, "Verify");
	assert_usable(&f);
	assert_true(f.loader.mapped_read);
	end_loader(&f);

	start_open(&f);
	remove_symbol(&f, "ProgramPage");
	remove_symbol(&f, "EraseSector");
	assert_usable(&f);
	end_loader(&f);

	start_open(&f);
	remove_symbol(&f, "SEGGER_OPEN_Program");
	remove_symbol(&f, "ProgramPage");
	assert_refused(&f, "SEGGER Open Flash Loader without the mandatory ProgramPage");
	end_loader(&f);
}

static void test_formats(void **state)
{
	struct loader_fixture f;

	(void)state;
	/* Without any SEGGER_OPEN function: by its code outside of PrgCode. */
	start_flm(&f);
	f.builder.section[f.code].name = ".text";
	assert_usable(&f);
	assert_int_equal(f.loader.format, OFL_FORMAT_OPEN_FLASH_LOADER);
	assert_true(f.loader.position_independent);
	end_loader(&f);

	/* By one function, though all code is in PrgCode. */
	start_flm(&f);
	eb_function(&f.builder, "SEGGER_OPEN_Start", f.code, 0x20);
	assert_usable(&f);
	assert_int_equal(f.loader.format, OFL_FORMAT_OPEN_FLASH_LOADER);
	end_loader(&f);

	start_flm(&f);
	eb_function(&f.builder, "StorageInfo", f.code, 0x20);
	assert_refused(&f, "StorageInfo");
	end_loader(&f);

	start_segger(&f);
	remove_symbol(&f, "FlashDevice");
	assert_refused(&f, "an ELF file, but no loader: neither FlashDevice nor StorageInfo");
	end_loader(&f);
}

static void test_segger_flash_loader(void **state)
{
	static const char * const mandatory[] = {
		"SEGGER_FL_Prepare", "SEGGER_FL_Restore", "SEGGER_FL_Erase", "SEGGER_FL_Program"
	};
	struct loader_fixture f;

	(void)state;
	start_segger(&f);
	assert_usable(&f);
	assert_int_equal(f.loader.format, OFL_FORMAT_SEGGER_FLASH_LOADER);
	assert_function(&f, OFL_FN_INIT, "SEGGER_FL_Prepare", OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_UNINIT, "SEGGER_FL_Restore", OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_ERASE_SECTOR, "SEGGER_FL_Erase", OFL_ARGS_SECTOR, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_ERASE_CHIP, "SEGGER_FL_EraseChip", OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_PROGRAM, "SEGGER_FL_Program", OFL_ARGS_DATA, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_VERIFY, "SEGGER_FL_Verify", OFL_ARGS_DATA, OFL_RESULT_END);
	assert_function(&f, OFL_FN_BLANK_CHECK, "SEGGER_FL_CheckBlank", OFL_ARGS_BLANK, OFL_RESULT_ZERO);
	assert_function(&f, OFL_FN_READ, "SEGGER_FL_Read", OFL_ARGS_DATA, OFL_RESULT_NOT_NEGATIVE);
	assert_function(&f, OFL_FN_CRC, "SEGGER_FL_CalcCRC", OFL_ARGS_CRC, OFL_RESULT_ANY);
	assert_function(&f, OFL_FN_FLASH_INFO, "SEGGER_FL_GetFlashInfo", OFL_ARGS_GIVEN, OFL_RESULT_NOT_NEGATIVE);
	assert_true(f.loader.takes_many_pages);
	/* The type is ignored by SEGGER: type 1 with a Read is not mapped. */
	assert_false(f.loader.mapped_read);
	assert_int_equal(f.loader.room_bytes, 0);
	end_loader(&f);

	for (size_t i = 1; i < 4; i++) {
		start_segger(&f);
		remove_symbol(&f, mandatory[i]);
		assert_refused(&f, mandatory[i]);
		end_loader(&f);
	}
	start_segger(&f);
	remove_symbol(&f, "SEGGER_FL_Read");
	remove_symbol(&f, "SEGGER_FL_Verify");
	assert_usable(&f);
	assert_true(f.loader.mapped_read);
	end_loader(&f);
}

/* The whole-system loader that NuttX builds: its DevDscr holds the only RAM that the host may use. */
static void test_nuttx(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_nuttx(&f, 0x1800);
	assert_usable(&f);
	assert_int_equal(f.loader.format, OFL_FORMAT_SEGGER_FLASH_LOADER);
	assert_string_equal(f.loader.device_name, "NuttX");
	assert_true(f.loader.geometry_unknown);
	assert_int_equal(f.loader.size_bytes, 0);
	assert_int_equal(f.loader.declared_bytes, 0xffffffff);
	assert_int_equal(f.loader.num_regions, 1);
	assert_loader_region(&f, 0, 0, 4096, 0);
	assert_int_equal(f.loader.page_bytes, 4096);
	assert_false(f.loader.position_independent);
	assert_false(f.loader.relocatable);
	assert_int_equal(f.loader.low, 0x20000000);
	assert_int_equal(f.loader.high, 0x20010d28);
	assert_int_equal(f.loader.num_segments, 6);
	assert_non_null(segment_of(&f, f.descriptor));
	assert_int_equal(f.loader.room_address, 0x2000e228);
	assert_int_equal(f.loader.room_bytes, 0x1800);
	assert_int_equal(f.loader.num_notes, 1);
	assert_true(notes_say(&f, "shares section DevDscr"));
	assert_int_equal(f.loader.cpu_arch, 13);
	make_report(&f, &(struct ofl_report_options){ 0 });
	assert_true(has_line(&f, "room: 0x2000e228-0x2000fa27 bytes=6144 stack=2048 buffer=4096"));
	assert_true(has_line(&f, "size-bytes: not said, give it in the bank line"));
	assert_true(has_line(&f, "sectors: offset=0x0 size=0x1000 count=not-said"));
	assert_true(has_line(&f, "missing: SEGGER_FL_EraseChip"));
	end_loader(&f);

	/* Less room than a full sector table would take, and without the symbol that names it. */
	for (unsigned int named = 0; named < 2; named++) {
		start_nuttx(&f, 0xc04);
		if (!named)
			remove_symbol(&f, "g_stack_buff");
		assert_usable(&f);
		assert_non_null(segment_of(&f, f.descriptor));
		assert_int_equal(f.loader.room_address, 0x2000e228);
		assert_int_equal(f.loader.room_bytes, 0xc00);
		end_loader(&f);
	}
	/* Only words for alignment: the descriptor is alone. */
	for (uint32_t filler = 0; filler <= 8; filler += 4) {
		start_nuttx(&f, 0);
		resize(&f, f.descriptor, 0xb0 + filler);
		assert_usable(&f);
		assert_null(segment_of(&f, f.descriptor));
		assert_int_equal(f.loader.room_bytes, 0);
		end_loader(&f);
	}
	/* The stack begins and ends at multiples of 8. */
	start_nuttx(&f, 0x1800);
	f.builder.section[f.descriptor].address += 4;
	symbol_of(&f, "FlashDevice")->value += 4;
	symbol_of(&f, "g_stack_buff")->value += 4;
	assert_usable(&f);
	assert_int_equal(f.loader.room_address, 0x2000e230);
	assert_int_equal(f.loader.room_bytes, 0x17f8);
	end_loader(&f);

	/* Sectors of several sizes. */
	start_nuttx(&f, 0x1800);
	PUT_SECTORS(&f, 4096, 0, 0x10000, 0x10000, END, END);
	assert_usable(&f);
	assert_int_equal(f.loader.size_bytes, 0);
	assert_int_equal(f.loader.num_regions, 2);
	assert_loader_region(&f, 0, 0, 4096, 16);
	assert_loader_region(&f, 1, 0x10000, 0x10000, 0);
	/* The table was longer, the room is shorter. */
	assert_int_equal(f.loader.room_address, 0x2000e230);
	end_loader(&f);

	/* Another kind of loader with such a size has sectors, and no room. */
	start_flm(&f);
	eb_put32(descriptor_of(&f), DEV_SIZE, 0xffffffff);
	assert_usable(&f);
	assert_true(f.loader.geometry_unknown);
	assert_int_equal(f.loader.room_bytes, 0);
	end_loader(&f);
}

/* Puts a text at the end of .text, or elsewhere in it, and makes the report. */
static void report_with_text(struct loader_fixture *f, uint32_t at, const char *text, size_t bytes)
{
	start_nuttx(f, 0x1800);
	memset(f->builder.section[f->code].bytes + at - 1, 0, 1);
	memcpy(f->builder.section[f->code].bytes + at, text, bytes);
	assert_usable(f);
	make_report(f, &(struct ofl_report_options){ 0 });
}

#define TEXT_BYTES	0xdd3eu
#define REPORT_WITH(f, text)	report_with_text(f, 0x1001, text, sizeof(text))

static void test_nuttx_table(void **state)
{
	static const char maps_wrongly[] = "/dev/flash reaches beyond 0x0800ffff";
	static const char table[] = "/dev/flash,0x08000000,0x10000";
	struct loader_fixture f;

	(void)state;
	REPORT_WITH(&f, "/dev/flash,0x08000000,0x20000");
	assert_true(has_line(&f, "device-table: /dev/flash,0x08000000,0x20000"));
	assert_true(has_line(&f, "device-entry: /dev/flash address=0x08000000 bytes=131072"));
	assert_non_null(strstr(f.report, "it owns all RAM"));
	assert_non_null(strstr(f.report, maps_wrongly));
	assert_null(strstr(f.report, "waits for an answer"));
	end_loader(&f);

	REPORT_WITH(&f, "/dev/flash,0x08000000,0x10000");
	assert_true(has_line(&f, "device-entry: /dev/flash address=0x08000000 bytes=65536"));
	assert_null(strstr(f.report, maps_wrongly));
	end_loader(&f);
	REPORT_WITH(&f, "/dev/flash,0x0800C000,0x4001");
	assert_non_null(strstr(f.report, maps_wrongly));
	end_loader(&f);
	/* Another device at that address is not known to do so, and another address is none of that flash. */
	REPORT_WITH(&f, "/dev/other,0x08000000,0x20000");
	assert_null(strstr(f.report, maps_wrongly));
	end_loader(&f);
	REPORT_WITH(&f, "/dev/flash,0x90000000,0x20000");
	assert_null(strstr(f.report, maps_wrongly));
	end_loader(&f);

	/* Several devices, decimal numbers, a size that is left to the device, numbers that are left out. */
	REPORT_WITH(&f, "/dev/flash,0x8000000,65536;/dev/mtd0,0x90000000;/dev/mtd1");
	assert_true(has_line(&f, "device-entry: /dev/flash address=0x08000000 bytes=65536"));
	assert_true(has_line(&f, "device-entry: /dev/mtd0 address=0x90000000 bytes=not-said"));
	assert_true(has_line(&f, "device-entry: /dev/mtd1 address=not-said bytes=not-said"));
	assert_null(strstr(f.report, "device-path:"));
	end_loader(&f);

	/* Without any number it is a path among others. */
	REPORT_WITH(&f, "/dev/mtd0;/dev/mtd1\0/dev/null\0%s/dev/no\0/dev/tmp%d");
	assert_true(has_line(&f, "device-table: not found, or without addresses"));
	assert_true(has_line(&f, "device-path: /dev/mtd0;/dev/mtd1"));
	assert_true(has_line(&f, "device-path: /dev/null"));
	assert_null(strstr(f.report, "/dev/no\n"));
	assert_null(strstr(f.report, "/dev/tmp"));
	end_loader(&f);

	/* No table: numbers that are none, or too large, or with something behind them. */
	static const char * const wrong[] = {
		"/dev/flash,0x,0x10000", "/dev/flash,0x100000000,0x1000", "/dev/flash,0x8000000,", "/dev/flash,1,2,3",
		"/dev/flash,1 ", "/dev/,1,2", "/dev/flash,1,2;x", "/dev/flash,g,2",
	};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		report_with_text(&f, 0x1001, wrong[i], strlen(wrong[i]) + 1);
		assert_true(has_line(&f, "device-table: not found, or without addresses"));
		assert_null(strstr(f.report, "device-path:"));
		end_loader(&f);
	}

	/* The last text of a section is one when its end is in there. */
	report_with_text(&f, TEXT_BYTES - sizeof(table), table, sizeof(table));
	assert_true(has_line(&f, "device-table: /dev/flash,0x08000000,0x10000"));
	end_loader(&f);
	report_with_text(&f, TEXT_BYTES - sizeof(table) + 1, table, sizeof(table) - 1);
	assert_true(has_line(&f, "device-table: not found, or without addresses"));
	end_loader(&f);

	/* No other loader has one. */
	start_segger(&f);
	memcpy(f.builder.section[f.code].bytes, "/dev/a,1,2", 11);
	assert_usable(&f);
	make_report(&f, &(struct ofl_report_options){ 0 });
	assert_null(strstr(f.report, "device-table:"));
	end_loader(&f);
}

/* cmp r3, r6; beq to it. */
static void test_nuttx_wait_loop(void **state)
{
	static const char said[] = "the loop at 0x20002004 waits for an answer without loading it again";
	static const struct {
		const char *function;
		uint8_t code[4];
		bool stuck;
	} cases[] = {
		{ "SEGGER_FL_SendAndWait", { 0xb3, 0x42, 0xfd, 0xd0 }, true },
		{ "SEGGER_FL_SendAndWait.constprop.0", { 0x8a, 0x42, 0xfd, 0xd0 }, true },
		{ "SEGGER_FL_SendAndWait", { 0xb3, 0x42, 0xfc, 0xd0 }, false },	/* to what is before the cmp */
		{ "SEGGER_FL_SendAndWait", { 0xb3, 0x42, 0xfd, 0xd1 }, false },	/* bne */
		{ "SEGGER_FL_SendAndWait", { 0xb3, 0x40, 0xfd, 0xd0 }, false },	/* lsls */
		{ "up_udelay", { 0xb3, 0x42, 0xfd, 0xd0 }, false },
	};
	struct loader_fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_nuttx(&f, 0x1800);
		eb_function(&f.builder, cases[i].function, f.code, 0x2000);
		memcpy(f.builder.section[f.code].bytes + 0x2004, cases[i].code, 4);
		assert_usable(&f);
		make_report(&f, &(struct ofl_report_options){ 0 });
		assert_int_equal(strstr(f.report, said) != NULL, cases[i].stuck);
		end_loader(&f);
	}
}

/* The descriptor in a section with other content. */
static void test_shared_section(void **state)
{
	struct loader_fixture f;

	(void)state;
	/* Behind other data: all of the section is loaded. */
	start_open(&f);
	resize(&f, f.descriptor, 0x20 + DEV_SECTORS + 16);
	memmove(descriptor_of(&f) + 0x20, descriptor_of(&f), DEV_SECTORS + 16);
	symbol_of(&f, "FlashDevice")->value += 0x20;
	assert_usable(&f);
	assert_non_null(segment_of(&f, f.descriptor));
	assert_true(notes_say(&f, "shares section DevDscr"));
	end_loader(&f);

	/* In front of another object. */
	start_open(&f);
	resize(&f, f.descriptor, DEV_SECTORS + 64);
	eb_object(&f.builder, "table", f.descriptor, DEV_SECTORS + 48, 16);
	assert_usable(&f);
	assert_non_null(segment_of(&f, f.descriptor));
	end_loader(&f);

	/* In front of nothing that has a name: filler. */
	start_open(&f);
	resize(&f, f.descriptor, DEV_SECTORS + 64);
	assert_usable(&f);
	assert_null(segment_of(&f, f.descriptor));
	end_loader(&f);

	/* Its own, but code is in there, on top of other data. */
	start_flm(&f);
	eb_function(&f.builder, "stray", f.descriptor, 0x20);
	eb_object(&f.builder, "table", f.descriptor, DEV_SECTORS + 16 - 4, 4);
	resize(&f, f.descriptor, 8192);
	assert_refused(&f, "overlap");
	end_loader(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open_flash_loader),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_segger_flash_loader),
		cmocka_unit_test(test_nuttx),
		cmocka_unit_test(test_nuttx_table),
		cmocka_unit_test(test_nuttx_wait_loop),
		cmocka_unit_test(test_shared_section),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
