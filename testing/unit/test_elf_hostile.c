// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The ELF reader against damaged files: cut off anywhere, every bit turned, extreme numbers in every field. Whatever it
 * accepts is walked through; under the address sanitizer no byte beyond the file is touched.
 */

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

#define HEADER_BYTES	52u
#define SEGMENT_BYTES	32u
#define SECTION_BYTES	40u

static void finish_example(struct elf_file *file)
{
	struct elf_builder builder;

	eb_start(&builder);
	eb_example(&builder);
	eb_finish(&builder, file);
}

/* Returns whether it was accepted. `what` and `at` tell which damage it was. */
static bool check_any(const uint8_t *bytes, size_t length, const char *what, size_t at)
{
	uint8_t *copy = eb_copy(bytes, length);
	struct ofl_file_error error;
	struct ofl_elf elf;
	const bool accepted = ofl_elf_open(&elf, copy, length, &error);
	const char *bad = accepted ? elf_insane(&elf) : refusal_insane(&error, length);

	if (bad)
		fail_msg("%s 0x%zx, %s: not kept: %s", what, at, accepted ? "accepted" : error.text, bad);
	free(copy);
	return accepted;
}

static void check_truncations(const struct elf_file *file)
{
	for (size_t length = 0; length < file->length; length++)
		assert_false(check_any(file->bytes, length, "cut off at", length));
	assert_true(check_any(file->bytes, file->length, "whole", file->length));
}

/* The builder's section headers are last; here they come before all content, so that content is what is cut off. */
static void put_table_first(struct elf_file *file)
{
	const size_t content = HEADER_BYTES + 3 * SEGMENT_BYTES;
	const size_t table_bytes = file->num_sections * SECTION_BYTES;
	uint8_t *table = eb_copy(file->bytes + file->section_table, table_bytes);

	memmove(file->bytes + content + table_bytes, file->bytes + content, file->section_table - content);
	memcpy(file->bytes + content, table, table_bytes);
	free(table);
	eb_put32(file->bytes, EB_E_SHOFF, content);
	for (size_t at = content + EB_SH_OFFSET; at < content + table_bytes; at += SECTION_BYTES)
		eb_put32(file->bytes, at, eb_get32(file->bytes, at) + table_bytes);
	for (size_t at = HEADER_BYTES + EB_PH_OFFSET; at < content; at += SEGMENT_BYTES)
		eb_put32(file->bytes, at, eb_get32(file->bytes, at) + table_bytes);
	/* Up to three bytes were between the last content and the table. */
	file->length = eb_get32(file->bytes, content + (file->num_sections - 1) * SECTION_BYTES + EB_SH_OFFSET) +
			eb_get32(file->bytes, content + (file->num_sections - 1) * SECTION_BYTES + EB_SH_SIZE);
}

static void test_truncated(void **state)
{
	struct elf_file file;

	(void)state;
	finish_example(&file);
	check_truncations(&file);
	put_table_first(&file);
	check_truncations(&file);
	eb_free(&file);
}

static void test_bit_flips(void **state)
{
	struct elf_file file;
	unsigned int num_refused = 0;

	(void)state;
	finish_example(&file);
	for (size_t bit = 0; bit < file.length * 8; bit++) {
		file.bytes[bit / 8] ^= 1u << bit % 8;
		if (!check_any(file.bytes, file.length, "bit flipped in byte", bit / 8))
			num_refused++;
		file.bytes[bit / 8] ^= 1u << bit % 8;
	}
	/* Most bits are content, sizes and addresses that may be anything; but the checks are awake. */
	assert_true(num_refused > 1000);
	eb_free(&file);
}

static void test_bytes(void **state)
{
	struct elf_file file;

	(void)state;
	finish_example(&file);
	for (size_t at = 0; at < file.length; at++) {
		static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };
		const uint8_t was = file.bytes[at];

		for (size_t i = 0; i < COUNT(values); i++) {
			file.bytes[at] = values[i];
			check_any(file.bytes, file.length, "byte changed at", at);
		}
		file.bytes[at] = was;
	}
	eb_free(&file);
}

/* Numbers at which sums and products go wrong, for a file of `length` bytes. */
static uint32_t extreme(unsigned int index, size_t length)
{
	const uint32_t values[] = {
		0, 1, 7, 0x7fff, 0x8000, 0xfeff, 0xffff, 0x10000, 0x06666667, 0x0fffffff, 0x10000000, 0x10000001, 0x7fffffff,
		0x80000000, 0xfffffff0, 0xfffffffe, 0xffffffff, length - 1, length, length + 1, 0u - (uint32_t)length,
	};

	return values[index];
}

#define NUM_EXTREMES	21u

static void check_field(struct elf_file *file, size_t at, unsigned int field_bytes)
{
	uint8_t was[4];

	memcpy(was, file->bytes + at, field_bytes);
	for (unsigned int i = 0; i < NUM_EXTREMES; i++) {
		const uint32_t value = extreme(i, file->length);

		if (field_bytes == 2)
			eb_put16(file->bytes, at, value & 0xffff);
		else
			eb_put32(file->bytes, at, value);
		check_any(file->bytes, file->length, "extreme number at", at);
	}
	memcpy(file->bytes + at, was, field_bytes);
}

static void test_extreme_numbers(void **state)
{
	struct elf_file file;

	(void)state;
	finish_example(&file);
	for (size_t at = EB_E_TYPE; at < HEADER_BYTES; at += 2)
		check_field(&file, at, 2);
	for (size_t at = EB_E_VERSION; at < EB_E_EHSIZE; at += 4)
		check_field(&file, at, 4);
	for (size_t at = HEADER_BYTES; at < file.section_content[1]; at += 4)
		check_field(&file, at, 4);
	for (size_t at = file.section_table; at < file.length; at += 4)
		check_field(&file, at, 4);
	for (size_t at = file.section_content[file.attributes]; at + 4 <= file.section_content[file.names]; at++)
		check_field(&file, at, 4);
	eb_free(&file);
}

/* Two numbers of one table entry at a time: offset and size, address and size, size and entry size. */
static void check_pairs(struct elf_file *file, size_t first, size_t second)
{
	const uint32_t was_first = eb_get32(file->bytes, first), was_second = eb_get32(file->bytes, second);

	for (unsigned int i = 0; i < NUM_EXTREMES; i++) {
		eb_put32(file->bytes, first, extreme(i, file->length));
		for (unsigned int k = 0; k < NUM_EXTREMES; k++) {
			eb_put32(file->bytes, second, extreme(k, file->length));
			check_any(file->bytes, file->length, "extreme pair at", first);
		}
	}
	eb_put32(file->bytes, first, was_first);
	eb_put32(file->bytes, second, was_second);
}

static void test_extreme_pairs(void **state)
{
	struct elf_file file;

	(void)state;
	finish_example(&file);
	for (unsigned int i = 0; i < file.num_sections; i++) {
		const size_t at = file.section_header[i];

		check_pairs(&file, at + EB_SH_OFFSET, at + EB_SH_SIZE);
		check_pairs(&file, at + EB_SH_ADDR, at + EB_SH_SIZE);
		check_pairs(&file, at + EB_SH_SIZE, at + EB_SH_ENTSIZE);
		check_pairs(&file, at + EB_SH_LINK, at + EB_SH_INFO);
		check_pairs(&file, at + EB_SH_TYPE, at + EB_SH_SIZE);
	}
	for (size_t at = file.segment_table; at < file.segment_table + 3 * SEGMENT_BYTES; at += SEGMENT_BYTES) {
		check_pairs(&file, at + EB_PH_OFFSET, at + EB_PH_FILESZ);
		check_pairs(&file, at + EB_PH_VADDR, at + EB_PH_MEMSZ);
		check_pairs(&file, at + EB_PH_FILESZ, at + EB_PH_MEMSZ);
	}
	eb_free(&file);
}

/* Sums that fit 32 bits only because they wrap. */
static void test_sums_that_wrap(void **state)
{
	struct elf_file file;
	struct ofl_file_error error;
	struct ofl_elf elf;

	(void)state;
	finish_example(&file);
	eb_put32(file.bytes, file.section_header[1] + EB_SH_OFFSET, 0xffffff00);
	eb_put32(file.bytes, file.section_header[1] + EB_SH_SIZE, 0x120);
	assert_false(ofl_elf_open(&elf, file.bytes, file.length, &error));
	assert_non_null(strstr(error.text, "beyond the end of the file"));
	eb_free(&file);

	/* 65000 headers of 40 bytes: e_shoff + the table is 0x100000040 - 0x100000000. */
	finish_example(&file);
	eb_put16(file.bytes, EB_E_SHNUM, 65000);
	eb_put32(file.bytes, EB_E_SHOFF, 0x40 - 65000u * SECTION_BYTES);
	assert_false(ofl_elf_open(&elf, file.bytes, file.length, &error));
	assert_non_null(strstr(error.text, "65000 section headers"));
	eb_free(&file);

	finish_example(&file);
	eb_put16(file.bytes, EB_E_PHNUM, 65000);
	eb_put32(file.bytes, EB_E_PHOFF, 0x40 - 65000u * SEGMENT_BYTES);
	assert_false(ofl_elf_open(&elf, file.bytes, file.length, &error));
	assert_non_null(strstr(error.text, "65000 program headers"));
	eb_free(&file);

	/* .bss that ends at the end of the address space is fine, one byte more is not. */
	finish_example(&file);
	eb_put32(file.bytes, file.section_header[4] + EB_SH_ADDR, 0u - 96);
	assert_true(check_any(file.bytes, file.length, "bss up to 4 GiB", 0));
	eb_put32(file.bytes, file.section_header[4] + EB_SH_SIZE, 97);
	assert_false(check_any(file.bytes, file.length, "bss beyond 4 GiB", 0));
	eb_free(&file);
}

/* A header with nothing in it, cut off anywhere; files of one byte over and over. */
static void test_short_files(void **state)
{
	uint8_t bytes[2 * HEADER_BYTES] = { 0x7f, 'E', 'L', 'F', 1, 1, 1 };

	(void)state;
	for (size_t length = 0; length <= sizeof(bytes); length++)
		assert_false(check_any(bytes, length, "short file of", length));
	for (unsigned int first = 0; first < 256; first++) {
		memset(bytes, first, sizeof(bytes));
		assert_false(check_any(bytes, sizeof(bytes), "file filled with", first));
		assert_false(check_any(bytes, 1, "one byte", first));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_bit_flips),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_extreme_numbers),
		cmocka_unit_test(test_extreme_pairs),
		cmocka_unit_test(test_sums_that_wrap),
		cmocka_unit_test(test_short_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
