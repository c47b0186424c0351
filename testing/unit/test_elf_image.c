// SPDX-License-Identifier: GPL-2.0-or-later

/* What ELF files load by their sections, the ELF header in the first segment, and damaged files. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/flash/nor/ofl_elf_image.h"

#define FILE_BYTES	0x1000
#define SEGMENTS	52
#define SECTIONS	0xe00

static uint8_t file[FILE_BYTES];
static unsigned int num_segments, num_sections;

static void put_u16(size_t at, uint16_t value)
{
	file[at] = value;
	file[at + 1] = value >> 8;
}

static void put_u32(size_t at, uint32_t value)
{
	put_u16(at, value);
	put_u16(at + 2, value >> 16);
}

static void start(void)
{
	memset(file, 0, sizeof(file));
	memcpy(file, "\177ELF\1\1\1", 7);
	num_segments = 0;
	num_sections = 1;
	put_u32(28, SEGMENTS);
	put_u32(32, SECTIONS);
	put_u16(42, 32);
	put_u16(46, 40);
	put_u16(48, 1);
}

static void segment(uint32_t type, uint32_t offset, uint32_t address, uint32_t physical, uint32_t bytes)
{
	size_t at = SEGMENTS + 32 * num_segments++;
	put_u32(at, type);
	put_u32(at + 4, offset);
	put_u32(at + 8, address);
	put_u32(at + 12, physical);
	put_u32(at + 16, bytes);
	put_u32(at + 20, bytes);
	put_u16(44, num_segments);
}

static void section(uint32_t type, uint32_t flags, uint32_t offset, uint32_t bytes)
{
	size_t at = SECTIONS + 40 * num_sections++;
	put_u32(at + 4, type);
	put_u32(at + 8, flags);
	put_u32(at + 16, offset);
	put_u32(at + 20, bytes);
	put_u16(48, num_sections);
}

static struct ofl_elf_image read_image(void)
{
	struct ofl_elf_image image;
	struct ofl_file_error error = {0};
	if (!ofl_elf_image_read(&image, file, sizeof(file), &error))
		fail_msg("0x%zx: %s", error.offset, error.text);
	return image;
}

static void expect_fault(size_t length, const char *text)
{
	struct ofl_elf_image image;
	struct ofl_file_error error = {0};
	assert_false(ofl_elf_image_read(&image, file, length, &error));
	if (text)
		assert_string_equal(error.text, text);
	assert_null(image.load);
}

static void expect_load(const struct ofl_elf_image *image, unsigned int n, uint64_t address, size_t offset,
		uint32_t length)
{
	assert_true(n < image->num_loads);
	assert_int_equal(image->load[n].address, address);
	assert_int_equal(image->load[n].offset, offset);
	assert_int_equal(image->load[n].length, length);
}

static void test_header_in_segment(void **state)
{
	(void)state;
	start();
	segment(1, 0, 0x20000000, 0x8000000, 0x900);
	section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0x800, 0x80);
	section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0x880, 0x40);
	section(OFL_ELF_SHT_NOBITS, OFL_ELF_SHF_ALLOC, 0x400, 0x40);
	section(OFL_ELF_SHT_PROGBITS, 0, 0x600, 0x40);
	section(14, OFL_ELF_SHF_ALLOC, 0x8d0, 0x100);
	struct ofl_elf_image image = read_image();
	assert_true(image.writes_header);
	assert_int_equal(image.header_address, 0x8000000);
	assert_int_equal(image.header_bytes, 0x800);
	assert_int_equal(image.segment_bytes, 0x900);
	assert_int_equal(image.num_loads, 2);
	expect_load(&image, 0, 0x8000800, 0x800, 0xc0);
	/* Cut at the segment's end. */
	expect_load(&image, 1, 0x80008d0, 0x8d0, 0x30);
	assert_int_equal(image.left_out_bytes, 0x810);
	ofl_elf_image_free(&image);
	/* Nothing is written that no section holds: this passes. */
	section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0, 0x800);
	image = read_image();
	assert_false(image.writes_header);
	ofl_elf_image_free(&image);
}

static void test_header_apart(void **state)
{
	(void)state;
	start();
	segment(1, 0x800, 0x8000000, 0x8000000, 0x100);
	segment(6, 0, 0x1000, 0x1000, 0x100);
	segment(1, 0x400, 0x7000000, 0x7000000, 0x100);
	section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0x810, 0xf0);
	section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0x400, 0x100);
	struct ofl_elf_image image = read_image();
	assert_false(image.writes_header);
	assert_int_equal(image.num_loads, 2);
	expect_load(&image, 0, 0x7000000, 0x400, 0x100);
	expect_load(&image, 1, 0x8000010, 0x810, 0xf0);
	ofl_elf_image_free(&image);
}

static void test_no_sections(void **state)
{
	(void)state;
	start();
	put_u32(32, 0);
	put_u16(48, 0);
	segment(1, 0, 0x8000000, 0x8000000, 0x900);
	struct ofl_elf_image image = read_image();
	assert_false(image.has_sections);
	assert_true(image.writes_header);
	assert_int_equal(image.header_bytes, 0x900);
	ofl_elf_image_free(&image);
}

/* As OpenOCD's image.c: virtual addresses only when all physical ones are 0 and there is more than one segment. */
static void test_virtual(void **state)
{
	(void)state;
	start();
	segment(1, 0x400, 0x8000000, 0, 0x100);
	section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0x400, 0x200);
	struct ofl_elf_image image = read_image();
	expect_load(&image, 0, 0, 0x400, 0x100);
	ofl_elf_image_free(&image);
	segment(1, 0x500, 0x9000000, 0, 0x100);
	image = read_image();
	expect_load(&image, 0, 0x8000000, 0x400, 0x100);
	expect_load(&image, 1, 0x9000000, 0x500, 0x100);
	ofl_elf_image_free(&image);
}

static void test_overlap(void **state)
{
	(void)state;
	start();
	segment(1, 0x400, 0, 0x8000000, 0x100);
	segment(1, 0x600, 0, 0x80000ff, 0x100);
	section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0x400, 0x300);
	expect_fault(sizeof(file), "two parts of the file go to address 0x080000ff");
	/* Sections within sections are the same bytes. */
	start();
	segment(1, 0x400, 0, 0x8000000, 0x100);
	section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0x400, 0x100);
	section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0x440, 0x20);
	section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0x480, 0x100);
	struct ofl_elf_image image = read_image();
	assert_int_equal(image.num_loads, 1);
	expect_load(&image, 0, 0x8000000, 0x400, 0x100);
	ofl_elf_image_free(&image);
}

static void test_damaged(void **state)
{
	uint32_t random = 1;

	(void)state;
	start();
	expect_fault(sizeof(file), "no program headers: this is not a linked program");
	segment(1, 0x400, 0, 0x8000000, FILE_BYTES - 0x400 + 1);
	expect_fault(sizeof(file), "segment 0 is not within the file");
	start();
	segment(1, 0x400, 0, 0x8000000, 0x100);
	section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0xfffffff0, 0x100);
	expect_fault(sizeof(file), "section 1 is not within the file");
	expect_fault(10, "not an ELF32 little-endian file");
	/* Anything at all: no crash, and loads stay within the file. */
	for (unsigned int n = 0; n < 20000; n++) {
		start();
		segment(1, 0, 0, 0x8000000, 0x900);
		segment(1, 0x400, 0, 0x9000000, 0x100);
		section(OFL_ELF_SHT_PROGBITS, OFL_ELF_SHF_ALLOC, 0x800, 0x80);
		for (unsigned int k = 0; k < 3; k++) {
			random = random * 1664525 + 1013904223;
			size_t at = random >> 8 & 1 ? SECTIONS + (random >> 9) % 80 : (random >> 9) % 116;
			file[at < 7 ? 7 : at] = random >> 24;
		}
		size_t length = random % 5 ? FILE_BYTES : random >> 20;
		struct ofl_elf_image image;
		struct ofl_file_error error;
		uint8_t *copy = malloc(length ? length : 1);
		assert_non_null(copy);
		memcpy(copy, file, length);
		if (ofl_elf_image_read(&image, copy, length, &error)) {
			for (unsigned int k = 0; k < image.num_loads; k++)
				assert_true(image.load[k].offset + image.load[k].length <= length);
			ofl_elf_image_free(&image);
		}
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header_in_segment),
		cmocka_unit_test(test_header_apart),
		cmocka_unit_test(test_no_sections),
		cmocka_unit_test(test_virtual),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
