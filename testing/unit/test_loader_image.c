// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What all loader files share: which sections go to RAM, names for addresses, the report, and files made to do harm.
 */

#include "loader_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "loader_sane.h"

static void (*const starts[])(struct loader_fixture *f) = { start_flm, start_open, start_segger, start_stldr };

#define NUM_STARTS	(sizeof(starts) / sizeof(starts[0]))

static void test_no_loader(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_flm(&f);
	remove_symbol(&f, "FlashDevice");
	assert_refused(&f, "an ELF file, but no loader: neither FlashDevice nor StorageInfo");
	end_loader(&f);

	start_flm(&f);
	f.builder.no_symbols = true;
	assert_refused(&f, "no symbol table");
	end_loader(&f);

	start_flm(&f);
	f.builder.type = 1;
	assert_refused(&f, "an object file");
	end_loader(&f);

	start_flm(&f);
	f.builder.machine = 243;
	assert_refused(&f, "RISC-V");
	end_loader(&f);

	/* Nothing but a descriptor. */
	start_flm(&f);
	for (unsigned int i = 1; i < f.builder.num_sections; i++)
		if (i != f.descriptor)
			f.builder.section[i].flags = 0;
	assert_refused(&f, "no section is to be loaded");
	end_loader(&f);

	assert_true(ofl_loader_recognises((const uint8_t *)"\177ELF", 4));
	assert_false(ofl_loader_recognises((const uint8_t *)"\177ELF", 3));
	assert_false(ofl_loader_recognises((const uint8_t *)"SFDP", 4));
}

static void test_overlap(void **state)
{
	struct loader_fixture f;

	(void)state;
	start_open(&f);
	f.builder.section[f.rodata].address -= 1;
	assert_refused(&f, "sections .text (0x20000010, 64 bytes) and .rodata (0x2000004f) overlap");
	assert_int_equal(f.error.offset, f.file.section_header[f.rodata]);
	end_loader(&f);

	/* With zero-initialised data, whichever comes first in the file. */
	start_open(&f);
	f.builder.section[f.zeros].address = 0x20000000;
	assert_refused(&f, "overlap");
	end_loader(&f);

	/* One around another. */
	start_open(&f);
	resize(&f, f.zeros, 4);
	f.builder.section[f.zeros].address = 0x20000020;
	assert_refused(&f, "overlap");
	end_loader(&f);

	/* Of size 0 none does. */
	start_open(&f);
	f.builder.section[f.zeros].size = 0;
	f.builder.section[f.zeros].address = 0x20000020;
	assert_usable(&f);
	end_loader(&f);
}

static void test_sections(void **state)
{
	struct loader_fixture f;
	unsigned int exidx, constructors, thread, debug;

	(void)state;
	start_open(&f);
	exidx = eb_section(&f.builder, ".ARM.exidx", 0x70000001, EB_ALLOC, 0x20000100, "12345678", 8, 4);
	constructors = eb_section(&f.builder, ".init_array", 14, EB_ALLOC | EB_WRITE, 0x20000108, "abcd", 4, 4);
	/* .tbss: its address is the next section's. */
	thread = eb_section(&f.builder, ".tbss", EB_NOBITS, EB_ALLOC | EB_WRITE | 0x400, 0x20000108, NULL, 64, 4);
	debug = eb_section(&f.builder, ".debug_info", EB_PROGBITS, 0, 0, "debug", 5, 1);
	assert_usable(&f);
	assert_int_equal(f.loader.num_segments, 7);
	assert_memory_equal(segment_of(&f, exidx)->bytes, "12345678", 8);
	assert_memory_equal(segment_of(&f, constructors)->bytes, "abcd", 4);
	assert_null(segment_of(&f, thread));
	assert_null(segment_of(&f, debug));
	end_loader(&f);

	/* Sorted, in whatever order the file has them. */
	start_open(&f);
	f.builder.section[f.rodata].address = 0x1fff0000;
	f.builder.section[f.rodata].alignment = 256;
	assert_usable(&f);
	assert_int_equal(f.loader.segment[0].section, f.rodata);
	assert_int_equal(f.loader.low, 0x1fff0000);
	assert_int_equal(f.loader.high, 0x20000090);
	assert_int_equal(f.loader.alignment, 256);
	end_loader(&f);

	start_open(&f);
	f.builder.section[f.zeros].size = 16 * 1024 * 1024;
	assert_refused(&f, "more than 16 MiB of RAM");
	end_loader(&f);

	start_open(&f);
	f.builder.section[f.zeros].address = 0xffffffe0;
	assert_refused(&f, "section .bss ends with the address space");
	end_loader(&f);
}

/* Section headers beyond what a loader has, all of them empty. */
static void test_many_sections(void **state)
{
	struct loader_fixture f;

	(void)state;
	for (unsigned int count = 256; count <= 257; count++) {
		const size_t header_bytes = 40;
		uint8_t *larger;

		start_flm(&f);
		make_file(&f);
		larger = calloc(1, f.file.section_table + count * header_bytes);
		assert_non_null(larger);
		memcpy(larger, f.file.bytes, f.file.length);
		free(f.file.bytes);
		f.file.bytes = larger;
		f.file.length = f.file.section_table + count * header_bytes;
		eb_put16(f.file.bytes, EB_E_SHNUM, (uint16_t)count);
		if (count <= 256)
			assert_usable(&f);
		else
			assert_refused(&f, "257 sections");
		end_loader(&f);
	}
}

/* Names for messages */

static void test_symbols(void **state)
{
	struct loader_fixture f;
	uint32_t offset = 99;

	(void)state;
	start_flm(&f);
	eb_symbol(&f.builder, "$t", 0x08, 0, 0, EB_LOCAL, EB_DEFAULT, f.code);
	eb_symbol(&f.builder, "wait_busy", 0x21, 0, EB_FUNC, EB_LOCAL, EB_DEFAULT, f.code);
	eb_symbol(&f.builder, "label", 0x20, 0, 0, EB_GLOBAL, EB_DEFAULT, f.code);
	eb_symbol(&f.builder, "evil\033[2J", 0x31, 0, EB_FUNC, EB_GLOBAL, EB_DEFAULT, f.code);
	eb_symbol(&f.builder, "constant", 0x38, 0, EB_OBJECT, EB_GLOBAL, EB_DEFAULT, f.code);
	assert_usable(&f);
	assert_string_equal(ofl_loader_symbol(&f.loader, 0x0c, &offset), "ProgramPage");
	assert_int_equal(offset, 0);
	assert_string_equal(ofl_loader_symbol(&f.loader, 0x0f, &offset), "ProgramPage");
	assert_int_equal(offset, 2);
	assert_string_equal(ofl_loader_symbol(&f.loader, 0x08, &offset), "EraseSector");
	assert_string_equal(ofl_loader_symbol(&f.loader, 0x22, &offset), "wait_busy");
	assert_int_equal(offset, 2);
	assert_string_equal(ofl_loader_symbol(&f.loader, 0x3e, &offset), "wait_busy");
	/* Not in the data behind the code, nor outside. */
	assert_null(ofl_loader_symbol(&f.loader, 0x40, &offset));
	assert_null(ofl_loader_symbol(&f.loader, 0x150, &offset));
	assert_null(ofl_loader_symbol(&f.loader, 0xfffffffe, &offset));
	end_loader(&f);
}

static void test_cpu_texts(void **state)
{
	static const struct {
		int arch;
		bool v6m;
		const char *text;
	} cases[] = {
		{ -1, true, "not said" }, { 11, true, "Cortex-M0/M0+/M1 (ARMv6-M)" },
		{ 12, true, "Cortex-M0/M0+/M1 (ARMv6-M)" },
		{ 10, false, "Cortex-M3 (ARMv7-M)" }, { 13, false, "Cortex-M4/M7 (ARMv7E-M)" },
		{ 16, false, "Cortex-M23 (ARMv8-M Baseline)" }, { 17, false, "Cortex-M33/M35P (ARMv8-M Mainline)" },
		{ 21, false, "Cortex-M52/M55/M85 (ARMv8.1-M Mainline)" }, { 4, false, "not a Cortex-M" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(ofl_cpu_arch_text(cases[i].arch), cases[i].text);
		assert_int_equal(ofl_cpu_arch_is_v6m(cases[i].arch), cases[i].v6m);
	}
}

/* Report */

static void test_report(void **state)
{
	static const char expected[] =
		"format: CMSIS-Pack flash algorithm (FLM)\n"
		"device: STM32F4xx Flash\n"
		"device-type: 1 (on-chip)\n"
		"base: 0x08000000\n"
		"size-bytes: 1048576\n"
		"page-bytes: 1024\n"
		"program-unit-bytes: 1024\n"
		"pages-per-call: 1\n"
		"erased-byte: 0xff\n"
		"program-ms: 100\n"
		"erase-ms: 6000\n"
		"sectors: offset=0x0 size=0x4000 count=64\n"
		"function: Init address=0x00000001 args=its-own success=0\n"
		"function: UnInit address=0x00000005 args=its-own success=0\n"
		"function: EraseSector address=0x00000009 args=address,sector,1 success=0\n"
		"function: EraseChip address=0x00000011 args=its-own success=0\n"
		"function: ProgramPage address=0x0000000d args=address,bytes,buffer success=0\n"
		"function: BlankCheck address=0x00000019 args=address,bytes,erased-byte success=0\n"
		"missing: Verify\n"
		"read: mapped, at the device's addresses\n"
		"ram: 0x00000000-0x0000003f bytes=64 section=PrgCode access=rx from=file\n"
		"ram: 0x00000040-0x0000004f bytes=16 section=PrgData access=rw from=file\n"
		"ram: 0x00000050-0x0000014f bytes=256 section=PrgData access=rw from=zeros\n"
		"placement: position independent\n"
		"alignment: 4\n"
		"ram-needed-bytes: 336\n"
		"static-base: 0x00000040\n"
		"cpu: Cortex-M4/M7 (ARMv7E-M)\n"
		"fpu: may be used (VFPv4)\n"
		"note: the descriptor's section DevDscr overlaps section PrgData in RAM; it is not loaded\n";
	struct loader_fixture f;

	(void)state;
	start_flm(&f);
	remove_symbol(&f, "Verify");
	eb_attributes(&f.builder, 13, 6);
	assert_usable(&f);
	assert_true(make_report(&f, &(struct ofl_report_options){ 0 }));
	assert_string_equal(f.report, expected);
	end_loader(&f);
}

static void test_report_options(void **state)
{
	struct loader_fixture f;

	(void)state;
	/* Code for another core. */
	start_open(&f);
	eb_attributes(&f.builder, 13, 0);
	assert_usable(&f);
	assert_true(make_report(&f, &(struct ofl_report_options){ 0 }));
	assert_false(make_report(&f, &(struct ofl_report_options){ .target_is_v6m = true }));
	assert_true(has_line(&f, "error: its code is for Cortex-M4/M7 (ARMv7E-M) and does not run on an ARMv6-M core"));
	end_loader(&f);

	start_open(&f);
	eb_attributes(&f.builder, 11, 0);
	assert_usable(&f);
	assert_true(make_report(&f, &(struct ofl_report_options){ .target_is_v6m = true }));
	end_loader(&f);

	start_open(&f);
	eb_attributes(&f.builder, -1, 6);
	assert_usable(&f);
	assert_false(make_report(&f, &(struct ofl_report_options){ .target_is_v6m = true }));
	assert_true(has_line(&f, "error: its code may use a floating-point unit, which an ARMv6-M core has not"));
	end_loader(&f);

	/* A fixed loader lies in the work area, or not. */
	start_open(&f);
	assert_usable(&f);
	assert_true(make_report(&f, &(struct ofl_report_options){ .work_area_address = 0x20000080,
			.work_area_bytes = 0x1000 }));
	assert_true(has_line(&f, "note: section .bss, 0x20000070-0x2000008f, lies in the work area "
			"0x20000080-0x2000107f; stub, stack and buffer go around it"));
	assert_null(strstr(f.report, "section PrgData, 0x20000060"));
	assert_true(make_report(&f, &(struct ofl_report_options){ .work_area_address = 0x20000090,
			.work_area_bytes = 0x1000 }));
	assert_null(strstr(f.report, "lies in the work area"));
	assert_true(make_report(&f, &(struct ofl_report_options){ .work_area_address = 0x1ffff000,
			.work_area_bytes = 0x1000 }));
	assert_null(strstr(f.report, "warning:"));
	assert_true(make_report(&f, &(struct ofl_report_options){ .work_area_address = 0xfffff000,
			.work_area_bytes = 0x1000 }));
	assert_null(strstr(f.report, "warning:"));
	end_loader(&f);

	/* One that moves has to fit. */
	start_flm(&f);
	assert_usable(&f);
	assert_true(make_report(&f, &(struct ofl_report_options){ .work_area_bytes = 337 }));
	assert_false(make_report(&f, &(struct ofl_report_options){ .work_area_bytes = 336 }));
	assert_true(has_line(&f, "error: it needs 336 bytes of RAM, the work area has 336 for it, stack and data"));
	end_loader(&f);

	/* Names from the file are on one line, whatever is in them. */
	start_open(&f);
	f.builder.section[f.rodata].name = "a\nresult: usable\033";
	assert_usable(&f);
	make_report(&f, &(struct ofl_report_options){ 0 });
	assert_true(has_line(&f, "ram: 0x20000050-0x2000005f bytes=16 section=a?result: usable? access=r from=file"));
	end_loader(&f);
}

/* Files made to do harm */

static void assert_sane(const uint8_t *bytes, size_t length, size_t at)
{
	uint8_t *copy = eb_copy(bytes, length);
	const char *bad = loader_file_insane(copy, length);

	free(copy);
	if (bad)
		fail_msg("not kept: %s (%zu)", bad, at);
}

static void test_truncated(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < NUM_STARTS; kind++) {
		struct loader_fixture f;

		starts[kind](&f);
		assert_usable(&f);
		for (size_t length = 0; length < f.file.length; length++) {
			struct ofl_loader loader;
			uint8_t *copy = eb_copy(f.file.bytes, length);

			assert_false(ofl_loader_read(&loader, copy, length, &f.error));
			assert_true(f.error.text[0] != '\0' && f.error.offset <= length);
			free(copy);
		}
		end_loader(&f);
	}
}

static void flip_bits(struct loader_fixture *f, size_t from, size_t length)
{
	for (size_t at = from; at < from + length; at++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			f->file.bytes[at] ^= 1u << bit;
			assert_sane(f->file.bytes, f->file.length, at);
			f->file.bytes[at] ^= 1u << bit;
		}
}

/* Each bit of the descriptor, of the headers, of the symbols and of the relocations. */
static void test_flipped_bits(void **state)
{
	(void)state;
	for (size_t kind = 0; kind < NUM_STARTS; kind++) {
		struct loader_fixture f;

		starts[kind](&f);
		eb_relocation(&f.builder, f.code, f.builder.section[f.code].address + 0x20, EB_ABS32, f.object, 0);
		eb_relocation(&f.builder, f.code, f.builder.section[f.code].address + 0x24, EB_THM_CALL, 1, 0);
		const uint32_t descriptor_bytes = f.builder.section[f.descriptor].size;

		assert_usable(&f);
		flip_bits(&f, 0, 52 + 32 * 2);
		flip_bits(&f, f.file.section_content[f.descriptor], descriptor_bytes);
		flip_bits(&f, f.file.section_content[f.file.relocations], 16);
		flip_bits(&f, f.file.section_content[f.file.symbols], 16 * 12);
		flip_bits(&f, f.file.section_table, f.file.length - f.file.section_table);
		end_loader(&f);
	}
}

/* Values at the limits in each word of the descriptor. */
static void test_extreme_words(void **state)
{
	static const uint32_t values[] = {
		0, 1, 2, 3, 0xff, 0x100, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffe, 0xffffffff
	};

	(void)state;
	for (size_t kind = 0; kind < NUM_STARTS; kind++) {
		struct loader_fixture f;

		starts[kind](&f);
		make_file(&f);
		uint8_t *descriptor = f.file.bytes + f.file.section_content[f.descriptor];

		for (size_t at = 100; at < 176; at += 4)
			for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
				for (size_t other = at; other < 176; other += 4) {
					const uint32_t first = eb_get32(descriptor, at), second = eb_get32(descriptor, other);

					eb_put32(descriptor, at, values[i]);
					eb_put32(descriptor, other, values[(i + other / 4) % (sizeof(values) / sizeof(values[0]))]);
					assert_sane(f.file.bytes, f.file.length, at);
					eb_put32(descriptor, other, second);
					eb_put32(descriptor, at, first);
				}
		end_loader(&f);
	}
}

/* More defects than there is room to tell. */
static void test_many_notes(void **state)
{
	struct loader_fixture f;
	static char names[EB_MAX_SECTIONS][8];

	(void)state;
	start_flm(&f);
	for (unsigned int i = 0; f.builder.num_sections < 32; i++) {
		names[i][0] = 'd';
		names[i][1] = (char)('a' + i);
		eb_section(&f.builder, names[i], EB_NOBITS, EB_ALLOC | EB_WRITE, 0x200 + 16 * i, NULL, 16, 4);
	}
	assert_usable(&f);
	assert_int_equal(f.loader.num_notes, OFL_LOADER_MAX_NOTES);
	end_loader(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_loader),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_many_sections),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_cpu_texts),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_report_options),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_flipped_bits),
		cmocka_unit_test(test_extreme_words),
		cmocka_unit_test(test_many_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
