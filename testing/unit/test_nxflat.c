// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The reader of NXFLAT modules: what it says of good ones, placement and binding; damaged ones are refused with the
 * place in the file and the reason. Modules of the real tool chain run in testing/loaders/test_nxflat_modules.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf_builder.h"
#include "nxflat_builder.h"
#include "nxflat_sane.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#define TEXT		0x20000100u
#define DATA		0x10000040u

static const char *const three_names[] = { "__nxflat_abi_v2", "host_add", "puts", NULL };
static const char *const old_names[] = { "host_add", "puts", NULL };
static const char *const no_names[] = { NULL };

static uint8_t *copy_of(const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length + (length == 0));

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	return copy;
}

/* Returns whether it was accepted. */
static bool check_any(const uint8_t *bytes, size_t length, const char *what, size_t at)
{
	uint8_t *copy = copy_of(bytes, length);
	bool accepted;
	const char *bad = nxflat_file_insane(copy, length, &accepted);

	if (bad)
		fail_msg("%s 0x%zx: not kept: %s", what, at, bad);
	free(copy);
	return accepted;
}

static void open_good(struct ofl_nxflat *nxflat, const struct nb_module *module)
{
	struct ofl_file_error error = { 0 };

	assert_true(check_any(module->bytes, module->length, "whole", 0));
	if (!ofl_nxflat_open(nxflat, module->bytes, module->length, &error))
		fail_msg("refused: %s", error.text);
}

static void assert_refused(const struct nb_module *module, size_t offset, const char *text)
{
	struct ofl_nxflat nxflat;
	struct ofl_file_error error = { 0 };

	assert_false(check_any(module->bytes, module->length, text, 0));
	assert_false(ofl_nxflat_open(&nxflat, module->bytes, module->length, &error));
	if (!strstr(error.text, text))
		fail_msg("'%s' where '%s' is expected", error.text, text);
	if (error.offset != offset)
		fail_msg("'%s': offset 0x%zx, expected 0x%zx", error.text, error.offset, offset);
}

/* ---------------------------------------------------------------- good ones */

static void test_header(void **state)
{
	struct nb_module module;
	struct ofl_nxflat nxflat;

	(void)state;
	nb_make(&module, three_names);
	open_good(&nxflat, &module);
	assert_int_equal(nxflat.abi, OFL_NXFLAT_ABI_R9);
	assert_int_equal(nxflat.entry, 4);
	assert_int_equal(nxflat.text_bytes, NB_TEXT_BYTES);
	assert_int_equal(nxflat.data_offset, module.data_start);
	assert_int_equal(nxflat.data_bytes, 8 + 3 * 8 + 8);
	assert_int_equal(nxflat.bss_bytes, 12);
	assert_int_equal(nxflat.stack_bytes, 512);
	assert_int_equal(nxflat.num_relocations, 6);
	assert_int_equal(nxflat.num_imports, 3);
	assert_ptr_equal(ofl_nxflat_text(&nxflat), module.bytes + NB_HEADER_BYTES);
}

static void test_base_register_is_told_by_the_marker(void **state)
{
	struct nb_module module;
	struct ofl_nxflat nxflat;

	(void)state;
	nb_make(&module, old_names);
	open_good(&nxflat, &module);
	assert_int_equal(nxflat.abi, OFL_NXFLAT_ABI_R10);
	nb_make(&module, no_names);
	open_good(&nxflat, &module);
	assert_int_equal(nxflat.abi, OFL_NXFLAT_ABI_R10);
	/* Wherever it is in the table. */
	nb_make(&module, (const char *const[]){ "puts", "__nxflat_abi_v2", NULL });
	open_good(&nxflat, &module);
	assert_int_equal(nxflat.abi, OFL_NXFLAT_ABI_R9);
}

/* r9 and r10 modules differ in nothing else, so a version that is not known cannot be guessed. */
static void test_unknown_abi_is_refused(void **state)
{
	static const char *const versions[] = { "__nxflat_abi_v1", "__nxflat_abi_v3", "__nxflat_abi_v22", "__nxflat_abi_" };
	struct nb_module module;

	(void)state;
	for (size_t n = 0; n < COUNT(versions); n++) {
		nb_make(&module, (const char *const[]){ "puts", versions[n], NULL });
		assert_refused(&module, module.data_start + 8 + 8, versions[n]);
	}
}

static void test_imports(void **state)
{
	struct nb_module module;
	struct ofl_nxflat nxflat;
	struct ofl_nxflat_import import;

	(void)state;
	nb_make(&module, three_names);
	open_good(&nxflat, &module);
	for (unsigned int n = 0; n < 3; n++) {
		assert_true(ofl_nxflat_import(&nxflat, n, &import));
		assert_string_equal(import.name, three_names[n]);
		assert_int_equal(import.where, 8 + 8 * n + 4);
		assert_int_equal(import.offset, module.data_start + 8 + 8 * n);
		assert_int_equal(import.is_marker, n == 0);
	}
	assert_false(ofl_nxflat_import(&nxflat, 3, &import));
}

static uint32_t word_at(const uint8_t *data, uint32_t offset)
{
	return ofl_le32(data + offset);
}

/* Code and data anywhere, each by itself. */
static void test_place(void **state)
{
	static const uint32_t places[][2] = {
		{ TEXT, DATA }, { DATA, TEXT }, { 0, 0x1000 }, { 0xffff0000, 0x20000000 }, { 0x20000000, 0x20000040 },
	};
	static const uint32_t address[3] = { 0, 0x08001235, 0x08004321 };
	struct nb_module module;
	struct ofl_nxflat nxflat;
	struct ofl_file_error error;
	uint8_t data[128];

	(void)state;
	nb_make(&module, three_names);
	open_good(&nxflat, &module);
	for (size_t n = 0; n < COUNT(places); n++) {
		const uint32_t text = places[n][0], base = places[n][1];

		memset(data, 0xa5, sizeof(data));
		assert_true(ofl_nxflat_check_place(&nxflat, text, base, &error));
		ofl_nxflat_data(&nxflat, text, base, address, data);
		assert_int_equal(word_at(data, 0), text + 3);
		assert_int_equal(word_at(data, 4), base + 32);
		for (uint32_t k = 0; k < 3; k++)
			assert_int_equal(word_at(data, 8 + 8 * k + 4), address[k]);
		assert_int_equal(word_at(data, 32), 0x12345678);
		assert_int_equal(word_at(data, 36), base + 40);
		/* Zeros are the caller's. */
		assert_int_equal(word_at(data, 40), 0xa5a5a5a5);
	}
	assert_false(ofl_nxflat_check_place(&nxflat, TEXT + 4, DATA, &error));
	assert_false(ofl_nxflat_check_place(&nxflat, TEXT, DATA + 2, &error));
	assert_false(ofl_nxflat_check_place(&nxflat, TEXT, TEXT + NB_TEXT_BYTES - 8, &error));
	assert_false(ofl_nxflat_check_place(&nxflat, TEXT, TEXT - 48, &error));
	assert_true(ofl_nxflat_check_place(&nxflat, TEXT, TEXT - 56, &error));
	assert_false(ofl_nxflat_check_place(&nxflat, 0xffffffc8, DATA, &error));
	assert_false(ofl_nxflat_check_place(&nxflat, TEXT, 0xffffffe8, &error));
}

/* ---------------------------------------------------------------- binding */

struct unbound {
	char text[400];
};

static void note_unbound(void *context, const char *name, const char *why)
{
	struct unbound *unbound = context;
	const size_t used = strlen(unbound->text);

	snprintf(unbound->text + used, sizeof(unbound->text) - used, "%s: %s\n", name, why);
}

static void make_firmware(struct elf_file *file)
{
	static const uint8_t code[64];
	struct elf_builder builder;

	eb_start(&builder);

	const unsigned int text = eb_section(&builder, ".text", EB_PROGBITS, EB_ALLOC | EB_EXECINSTR, 0x08000000, code,
			sizeof(code), 4);

	eb_function(&builder, "host_add", text, 0x10);
	eb_function(&builder, "puts", text, 0x20);
	eb_symbol(&builder, "arm_code", 0x08000030, 4, EB_FUNC, EB_GLOBAL, EB_DEFAULT, (uint16_t)text);
	eb_symbol(&builder, "table", 0x08000038, 4, EB_OBJECT, EB_GLOBAL, EB_DEFAULT, (uint16_t)text);
	eb_finish(&builder, file);
}

static void test_binding(void **state)
{
	struct elf_file file;
	struct ofl_elf firmware;
	struct ofl_file_error error;
	struct nb_module module;
	struct ofl_nxflat nxflat;
	struct unbound unbound = { "" };
	uint32_t address[8];

	(void)state;
	make_firmware(&file);
	assert_true(ofl_elf_open(&firmware, file.bytes, file.length, &error));
	nb_make(&module, three_names);
	open_good(&nxflat, &module);
	memset(address, 0xff, sizeof(address));
	assert_int_equal(ofl_nxflat_bind(&nxflat, &firmware, address, note_unbound, &unbound), 0);
	assert_string_equal(unbound.text, "");
	/* Nothing is called through the marker; the others keep the Thumb bit. */
	assert_int_equal(address[0], 0);
	assert_int_equal(address[1], 0x08000011);
	assert_int_equal(address[2], 0x08000021);
	eb_free(&file);
}

/* Every name at once: one at a time would cost a user as many tries. */
static void test_all_missing_imports_are_listed(void **state)
{
	struct elf_file file;
	struct ofl_elf firmware;
	struct ofl_file_error error;
	struct nb_module module;
	struct ofl_nxflat nxflat;
	struct unbound unbound = { "" };
	uint32_t address[8];

	(void)state;
	make_firmware(&file);
	assert_true(ofl_elf_open(&firmware, file.bytes, file.length, &error));
	nb_make(&module, (const char *const[]){ "nothing", "puts", "arm_code", "table", "none", NULL });
	open_good(&nxflat, &module);
	assert_int_equal(ofl_nxflat_bind(&nxflat, &firmware, address, note_unbound, &unbound), 4);
	assert_string_equal(unbound.text,
			"nothing: not in the symbol file\n"
			"arm_code: not Thumb code, which is all that a Cortex-M runs\n"
			"table: data, and NXFLAT imports functions only\n"
			"none: not in the symbol file\n");
	assert_int_equal(address[1], 0x08000021);
	unbound.text[0] = '\0';
	assert_int_equal(ofl_nxflat_bind(&nxflat, NULL, address, note_unbound, &unbound), 5);
	assert_non_null(strstr(unbound.text, "puts: no symbol file is given\n"));
	eb_free(&file);
	/* A module with the marker only needs none. */
	nb_make(&module, (const char *const[]){ "__nxflat_abi_v2", NULL });
	open_good(&nxflat, &module);
	assert_int_equal(ofl_nxflat_bind(&nxflat, NULL, address, NULL, NULL), 0);
}

/* ---------------------------------------------------------------- hostile ones */

static void test_cut_off_anywhere(void **state)
{
	static const char *const *const names[] = { three_names, old_names, no_names };
	struct nb_module module;

	(void)state;
	for (size_t n = 0; n < COUNT(names); n++) {
		nb_make(&module, names[n]);
		for (size_t length = 0; length < module.length; length++)
			assert_false(check_any(module.bytes, length, "cut off at", length));
		assert_true(check_any(module.bytes, module.length, "whole", module.length));
	}
}

static void test_every_bit_turned(void **state)
{
	struct nb_module module;

	(void)state;
	nb_make(&module, three_names);
	for (size_t bit = 0; bit < 8 * module.length; bit++) {
		module.bytes[bit / 8] ^= 1 << bit % 8;
		check_any(module.bytes, module.length, "bit turned", bit);
		module.bytes[bit / 8] ^= 1 << bit % 8;
	}
}

static void test_extreme_numbers(void **state)
{
	static const uint32_t extremes[] = {
		0, 1, 35, 36, 37, 0x7fffffff, 0x80000000, 0xfffffffc, 0xfffffffd, 0xffffffff, 0xffffffdc, 0x3fffffff,
	};
	struct nb_module module;

	(void)state;
	for (size_t at = 4; at < NB_HEADER_BYTES; at += 4) {
		for (size_t n = 0; n < COUNT(extremes); n++) {
			nb_make(&module, three_names);
			nb_put_be32(module.bytes + at, extremes[n]);
			check_any(module.bytes, module.length, "header's field", at);
		}
	}
	for (size_t at = module.data_start; at + 4 <= module.length; at++) {
		for (size_t n = 0; n < COUNT(extremes); n++) {
			nb_make(&module, three_names);
			nb_put_le32(module.bytes + at, extremes[n]);
			check_any(module.bytes, module.length, "word of data", at);
		}
	}
}

struct damage {
	size_t at;		/* of the header */
	uint32_t value;
	const char *text;
};

static void test_header_is_checked(void **state)
{
	static const struct damage damages[] = {
		{ NB_ENTRY, 0, "outside the code" },
		{ NB_ENTRY, 34, "outside the code" },
		{ NB_ENTRY, NB_HEADER_BYTES + NB_TEXT_BYTES, "outside the code" },
		{ NB_ENTRY, 0xfffffffe, "outside the code" },
		{ NB_ENTRY, NB_HEADER_BYTES + 5, "not on a halfword" },
		{ NB_DATA_START, 35, "outside the file" },
		{ NB_DATA_START, 0xffffffff, "outside the file" },
		{ NB_DATA_END, 99, "before its begin or behind the file" },
		{ NB_DATA_END, 0xffffffff, "before its begin or behind the file" },
		{ NB_BSS_END, 100, "before initialised data does" },
		{ NB_BSS_END, 0xffffffff, "more than any microcontroller has" },
		{ NB_STACK, 0x80000000, "more than any microcontroller has" },
		{ NB_RELOCATIONS, 0, "not between data and the end" },
		{ NB_RELOCATIONS, 0xfffffffc, "not between data and the end" },
		{ NB_IMPORTS, 36, "not within the data" },
		{ NB_IMPORTS, 0xfffffff8, "not within the data" },
		{ NB_IMPORTS, NB_HEADER_BYTES + NB_TEXT_BYTES + 9, "not on a word" },
	};
	struct nb_module module;

	(void)state;
	for (size_t n = 0; n < COUNT(damages); n++) {
		nb_make(&module, three_names);
		nb_put_be32(module.bytes + damages[n].at, damages[n].value);
		assert_refused(&module, damages[n].at, damages[n].text);
	}
	nb_make(&module, three_names);
	module.bytes[0] = 'n';
	assert_refused(&module, 0, "does not begin with NxFT");
}

/* Counts of 16 bits times the size of an entry go beyond the file, and beyond 16 bits. */
static void test_counts_are_checked(void **state)
{
	struct nb_module module;

	(void)state;
	nb_make(&module, three_names);
	module.bytes[NB_NUM_RELOCATIONS] = 0xff;
	assert_refused(&module, NB_RELOCATIONS, "not between data and the end");
	nb_make(&module, three_names);
	module.bytes[NB_NUM_RELOCATIONS + 1]++;
	assert_refused(&module, NB_RELOCATIONS, "not between data and the end");
	nb_make(&module, three_names);
	module.bytes[NB_NUM_IMPORTS] = 0x20;
	assert_refused(&module, NB_IMPORTS, "not within the data");
	/* Without entries, where they would be does not matter: old tools leave rubbish there. */
	nb_make(&module, no_names);
	nb_put_be32(module.bytes + NB_IMPORTS, 0xffffffff);
	assert_true(check_any(module.bytes, module.length, "no imports", 0));
}

static void test_relocations_are_checked(void **state)
{
	const uint32_t data_bytes = 8 + 3 * 8 + 8;
	struct nb_module module;

	(void)state;
	for (uint32_t type = 2; type < 4; type++) {
		nb_make(&module, three_names);
		nb_put_le32(module.bytes + module.data_end + 4, type << 30);
		assert_refused(&module, module.data_end + 4, "of type");
	}
	nb_make(&module, three_names);
	nb_put_le32(module.bytes + module.data_end, data_bytes - 3);
	assert_refused(&module, module.data_end, "outside the data");
	nb_put_le32(module.bytes + module.data_end, 0x3fffffff);
	assert_refused(&module, module.data_end, "outside the data");
	nb_put_le32(module.bytes + module.data_end, data_bytes - 4);
	assert_true(check_any(module.bytes, module.length, "the last word", 0));
	/* An address that the firmware has, moved by the module's: a call of anything. */
	for (uint32_t where = 5; where < 8 + 3 * 8; where++) {
		nb_put_le32(module.bytes + module.data_end, where);
		if (where >= 8 && (where - 8) % 8 == 0)
			assert_true(check_any(module.bytes, module.length, "a name's offset", where));
		else
			assert_refused(&module, module.data_end, "would change the address of an import");
	}
}

static void test_names_are_checked(void **state)
{
	struct nb_module module;
	const size_t text = NB_HEADER_BYTES;
	size_t entry;

	(void)state;
	nb_make(&module, old_names);
	entry = module.data_start + 8 + 8;
	nb_put_le32(module.bytes + entry, NB_TEXT_BYTES);
	assert_refused(&module, entry, "outside the code");
	nb_put_le32(module.bytes + entry, 0xffffffff);
	assert_refused(&module, entry, "outside the code");
	/* At the very end of the code, with data behind it that is not zero. */
	nb_put_le32(module.bytes + entry, NB_TEXT_BYTES - 2);
	memset(module.bytes + text + NB_TEXT_BYTES - 2, 'x', 2);
	assert_refused(&module, text + NB_TEXT_BYTES - 2, "does not end within the code");
	module.bytes[text + NB_TEXT_BYTES - 1] = 0;
	assert_true(check_any(module.bytes, module.length, "a name that ends with the code", 0));
	module.bytes[text + NB_TEXT_BYTES - 2] = 0;
	assert_refused(&module, text + NB_TEXT_BYTES - 2, "has no name");
	module.bytes[text + NB_TEXT_BYTES - 2] = 0x1b;
	assert_refused(&module, text + NB_TEXT_BYTES - 2, "holds the byte 0x1b");
}

static void test_long_names_are_refused(void **state)
{
	struct nb_module module;
	const size_t entry = NB_HEADER_BYTES + 512, tail = 8;

	(void)state;
	/* 512 bytes of text that is a name of 300, one import, no relocations. */
	memset(&module, 0, sizeof(module));
	memcpy(module.bytes, "NxFT", 4);
	memset(module.bytes + NB_HEADER_BYTES, 'x', 300);
	nb_put_be32(module.bytes + NB_ENTRY, NB_HEADER_BYTES);
	nb_put_be32(module.bytes + NB_DATA_START, entry);
	nb_put_be32(module.bytes + NB_DATA_END, entry + tail);
	nb_put_be32(module.bytes + NB_BSS_END, entry + tail);
	nb_put_be32(module.bytes + NB_IMPORTS, entry);
	module.bytes[NB_NUM_IMPORTS + 1] = 1;
	module.length = entry + tail;
	assert_refused(&module, NB_HEADER_BYTES, "longer than 255 bytes");
	module.bytes[NB_HEADER_BYTES + 255] = 0;
	assert_true(check_any(module.bytes, module.length, "255 bytes", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_base_register_is_told_by_the_marker),
		cmocka_unit_test(test_unknown_abi_is_refused),
		cmocka_unit_test(test_imports),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_binding),
		cmocka_unit_test(test_all_missing_imports_are_listed),
		cmocka_unit_test(test_cut_off_anywhere),
		cmocka_unit_test(test_every_bit_turned),
		cmocka_unit_test(test_extreme_numbers),
		cmocka_unit_test(test_header_is_checked),
		cmocka_unit_test(test_counts_are_checked),
		cmocka_unit_test(test_relocations_are_checked),
		cmocka_unit_test(test_names_are_checked),
		cmocka_unit_test(test_long_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
