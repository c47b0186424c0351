// SPDX-License-Identifier: GPL-2.0-or-later

/* NXFLAT modules that are flash loaders: what their descriptor says, where they go, what is wrong with damaged ones. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "loader_sane.h"
#include "nxflat_builder.h"
#include "../../contrib/loaders/flash/ofl/nxflat_loader.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define AT(member)	offsetof(struct ofl_nxflat_descriptor, member)

static const char *const two_names[] = { "__nxflat_abi_v2", "host_add", NULL };
static const char *const marker[] = { "__nxflat_abi_v2", NULL };
static const char *const no_names[] = { NULL };

static size_t descriptor_at(const struct nb_module *module)
{
	return module->data_end - NB_DESCRIPTOR_BYTES;
}

static void check_sane(const struct nb_module *module, size_t length)
{
	uint8_t *copy = malloc(length + (length == 0));

	assert_non_null(copy);
	memcpy(copy, module->bytes, length);

	const char *bad = loader_file_insane(copy, length);

	if (bad)
		fail_msg("%zu bytes: not kept: %s", length, bad);
	free(copy);
}

static void assert_refused(const struct nb_module *module, size_t offset, const char *text)
{
	struct ofl_loader loader;
	struct ofl_file_error error = { 0 };

	check_sane(module, module->length);
	assert_false(ofl_loader_read(&loader, module->bytes, module->length, &error));
	if (!strstr(error.text, text))
		fail_msg("'%s' where '%s' is expected", error.text, text);
	if (error.offset != offset)
		fail_msg("'%s': offset 0x%zx, expected 0x%zx", error.text, error.offset, offset);
}

static void read_good(struct ofl_loader *loader, const struct nb_module *module)
{
	struct ofl_file_error error = { 0 };

	check_sane(module, module->length);
	if (!ofl_loader_read(loader, module->bytes, module->length, &error))
		fail_msg("refused: %s", error.text);
}

static void test_descriptor(void **state)
{
	struct nb_module module;
	struct ofl_loader loader;

	(void)state;
	nb_make_loader(&module, marker);
	assert_true(ofl_loader_recognises(module.bytes, module.length));
	read_good(&loader, &module);
	assert_int_equal(loader.format, OFL_FORMAT_NXFLAT);
	assert_string_equal(loader.device_name, "W25Q64JV on SPI2");
	assert_int_equal(loader.base, 0x90000000);
	assert_int_equal(loader.size_bytes, 16 * 4096 + 127 * 65536);
	assert_int_equal(loader.page_bytes, 256);
	assert_int_equal(loader.program_unit_bytes, 256);
	assert_int_equal(loader.erased_byte, 0xff);
	assert_int_equal(loader.program_ms, 5);
	assert_int_equal(loader.erase_ms, 400);
	assert_int_equal(loader.num_regions, 2);
	assert_int_equal(loader.region[1].offset_bytes, 65536);
	assert_int_equal(loader.cpu_arch, 12);
	assert_int_equal(loader.stack_bytes, 512);
	assert_false(loader.static_base_in_r10);
	assert_false(loader.mapped_read);
	assert_false(loader.takes_many_pages);
	assert_int_equal(loader.num_notes, 0);
	ofl_loader_free(&loader);
}

/* One entry point, told what to do by the first argument. */
static void test_functions(void **state)
{
	static const struct {
		enum ofl_function_id id;
		uint32_t args, result;
	} expected[] = {
		{ OFL_FN_INIT, OFL_ARGS_OP(1) | OFL_ARGS_GIVEN, OFL_RESULT_ZERO },
		{ OFL_FN_UNINIT, OFL_ARGS_OP(2) | OFL_ARGS_GIVEN, OFL_RESULT_ZERO },
		{ OFL_FN_ERASE_SECTOR, OFL_ARGS_OP(3) | OFL_ARGS_SECTOR, OFL_RESULT_ZERO },
		{ OFL_FN_ERASE_CHIP, OFL_ARGS_OP(4) | OFL_ARGS_GIVEN, OFL_RESULT_ZERO },
		{ OFL_FN_PROGRAM, OFL_ARGS_OP(5) | OFL_ARGS_DATA, OFL_RESULT_ZERO },
		{ OFL_FN_READ, OFL_ARGS_OP(6) | OFL_ARGS_DATA, OFL_RESULT_ZERO },
		{ OFL_FN_VERIFY, OFL_ARGS_OP(7) | OFL_ARGS_DATA, OFL_RESULT_END },
		{ OFL_FN_BLANK_CHECK, OFL_ARGS_OP(8) | OFL_ARGS_BLANK, OFL_RESULT_ZERO },
		{ OFL_FN_CRC, OFL_ARGS_OP(9) | OFL_ARGS_CRC, OFL_RESULT_ANY },
		{ OFL_FN_FLASH_INFO, OFL_ARGS_OP(10) | OFL_ARGS_GIVEN, OFL_RESULT_NOT_NEGATIVE },
	};
	struct nb_module module;
	struct ofl_loader loader;

	(void)state;
	nb_make_loader(&module, no_names);
	read_good(&loader, &module);
	for (size_t n = 0; n < COUNT(expected); n++) {
		const struct ofl_function *function = &loader.function[expected[n].id];

		assert_non_null(function->name);
		assert_int_equal(function->address, 4 | 1);
		assert_int_equal(function->args, expected[n].args);
		assert_int_equal(function->result, expected[n].result);
	}
	assert_null(loader.function[OFL_FN_CHECKSUM].name);
	ofl_loader_free(&loader);

	nb_put_le32(module.bytes + descriptor_at(&module) + AT(ops), OFL_NXFLAT_BASIC_OPS);
	nb_put_le32(module.bytes + descriptor_at(&module) + AT(flags), OFL_NXFLAT_MAPPED | OFL_NXFLAT_MANY_PAGES);
	read_good(&loader, &module);
	assert_null(loader.function[OFL_FN_READ].name);
	assert_true(loader.mapped_read);
	assert_true(loader.takes_many_pages);
	ofl_loader_free(&loader);
}

/* Code, data and zeros as one piece at any multiple of 8, with the static base in the register of the ABI. */
static void test_placement(void **state)
{
	static const uint32_t deltas[] = { 0x20000000, 0x10000008 };
	struct nb_module module;
	struct ofl_loader loader;
	struct ofl_file_error error;
	uint8_t data[256];

	(void)state;
	nb_make_loader(&module, no_names);
	read_good(&loader, &module);
	assert_true(loader.position_independent);
	assert_true(loader.static_base_in_r10);
	assert_int_equal(loader.low, 0);
	assert_int_equal(loader.static_base, NB_TEXT_BYTES);
	assert_int_equal(loader.num_segments, 3);
	assert_int_equal(loader.high, NB_TEXT_BYTES + 16 + NB_DESCRIPTOR_BYTES + 12);
	assert_true(loader.segment[0].executable && !loader.segment[0].writable);
	assert_true(loader.segment[1].writable && loader.segment[2].writable);
	for (size_t n = 0; n < COUNT(deltas); n++) {
		assert_true(ofl_loader_content(&loader, 1, deltas[n], data, &error));
		assert_int_equal(ofl_le32(data), deltas[n] + 3);
		assert_int_equal(ofl_le32(data + 4), deltas[n] + NB_TEXT_BYTES + 8);
		assert_int_equal(ofl_le32(data + 8), 0x12345678);
	}
	assert_false(ofl_loader_content(&loader, 1, 0x20000004, data, &error));
	ofl_loader_free(&loader);
}

static void count_unbound(void *context, const char *name, const char *why)
{
	assert_string_equal(name, "host_add");
	assert_non_null(why);
	++*(unsigned int *)context;
}

static void test_imports_need_symbols(void **state)
{
	struct nb_module module;
	struct ofl_loader loader;
	unsigned int count = 0;

	(void)state;
	nb_make_loader(&module, two_names);
	read_good(&loader, &module);
	assert_int_equal(loader.num_notes, 1);
	assert_non_null(strstr(loader.note[0], "-symbols"));
	assert_int_equal(ofl_loader_bind(&loader, NULL, count_unbound, &count), 1);
	assert_int_equal(count, 1);
	ofl_loader_free(&loader);
	nb_make_loader(&module, marker);
	read_good(&loader, &module);
	assert_int_equal(ofl_loader_bind(&loader, NULL, count_unbound, &count), 0);
	ofl_loader_free(&loader);
}

static void test_no_descriptor(void **state)
{
	struct nb_module module;

	(void)state;
	nb_make(&module, marker);
	assert_refused(&module, module.data_start, "no flash loader: there is no descriptor");
	/* Twice: which one is meant cannot be told. */
	nb_make_loader(&module, marker);
	memcpy(module.bytes + module.data_start, module.bytes + descriptor_at(&module), 16);
	memset(module.bytes + NB_NUM_RELOCATIONS, 0, 4);
	assert_refused(&module, descriptor_at(&module), "a second descriptor");
}

static void test_descriptor_is_checked(void **state)
{
	static const struct {
		size_t at;
		uint32_t value;
		const char *text;
	} damages[] = {
		{ AT(version), 2, "version 2 of the descriptor is not known" },
		{ AT(ops), 0, "mandatory INIT, UNINIT, ERASE_SECTOR, PROGRAM" },
		{ AT(ops), 0x7de, "mandatory PROGRAM" },
		{ AT(page_bytes), 0, "a page of 0 bytes" },
		{ AT(page_bytes), 0xffffffff, "a page of 4294967295 bytes" },
		{ AT(program_unit_bytes), 100, "no multiple of the unit of 100" },
		{ AT(erased_byte), 0x100, "the erased byte is 0x100" },
		{ AT(num_regions), 0, "0 kinds of sectors" },
		{ AT(num_regions), 3, "3 kinds of sectors" },
		{ AT(num_regions), 0xffffffff, "4294967295 kinds of sectors" },
		{ AT(region) + 8, 0, "entry 1 of the sectors is 127 times 0 bytes" },
		{ AT(region) + 8, 0xffffffff, "more than 4 GiB" },
	};
	struct nb_module module;

	(void)state;
	for (size_t n = 0; n < COUNT(damages); n++) {
		nb_make_loader(&module, marker);

		const size_t descriptor = descriptor_at(&module);

		nb_put_le32(module.bytes + descriptor + damages[n].at, damages[n].value);
		assert_refused(&module, descriptor + damages[n].at, damages[n].text);
	}
	nb_make_loader(&module, marker);
	nb_put_le32(module.bytes + descriptor_at(&module) + AT(region) + 4, 0);
	assert_refused(&module, descriptor_at(&module) + AT(region), "0 times 4096 bytes");
	nb_make_loader(&module, marker);
	nb_put_le32(module.bytes + descriptor_at(&module) + AT(region) + 4, 0x00200000);
	assert_refused(&module, descriptor_at(&module) + AT(region), "2097152 sectors");
	nb_make_loader(&module, marker);
	nb_put_le32(module.bytes + descriptor_at(&module) + AT(base), 0xffff0000);
	assert_refused(&module, descriptor_at(&module) + AT(region) + 8, "end beyond 4 GiB");
}

static void test_cut_off_and_damaged(void **state)
{
	struct nb_module module;

	(void)state;
	nb_make_loader(&module, two_names);
	for (size_t length = 0; length <= module.length; length++)
		check_sane(&module, length);
	for (size_t bit = 0; bit < 8 * module.length; bit++) {
		module.bytes[bit / 8] ^= 1 << bit % 8;
		check_sane(&module, module.length);
		module.bytes[bit / 8] ^= 1 << bit % 8;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_placement),
		cmocka_unit_test(test_imports_need_symbols),
		cmocka_unit_test(test_no_descriptor),
		cmocka_unit_test(test_descriptor_is_checked),
		cmocka_unit_test(test_cut_off_and_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
