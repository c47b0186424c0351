// SPDX-License-Identifier: GPL-2.0-or-later

/* Loaders away from where they were linked: by their relocations, or because they are position independent. */

#include "loader_fixture.h"

#include <string.h>

#define GLOB_DAT	21
#define GOT_BREL	26
#define TARGET1		38
#define V4BX		40
#define MOVW_ABS	43
#define THM_MOVW	47
#define THM_MOVT	48
#define REL32		3
#define SBREL32		9

static void put_wide(struct loader_fixture *f, uint32_t at, unsigned int opcode, unsigned int rd, unsigned int value)
{
	uint8_t *code = f->builder.section[f->code].bytes + at;

	eb_put16(code, 0, (uint16_t)(opcode | (value >> 11 & 1) << 10 | (value >> 12 & 15)));
	eb_put16(code, 2, (uint16_t)((value >> 8 & 7) << 12 | rd << 8 | (value & 0xff)));
}

static void put_movw(struct loader_fixture *f, uint32_t at, unsigned int rd, unsigned int value)
{
	put_wide(f, at, 0xf240, rd, value);
}

static void put_movt(struct loader_fixture *f, uint32_t at, unsigned int rd, unsigned int value)
{
	put_wide(f, at, 0xf2c0, rd, value);
}

static unsigned int get_wide(const uint8_t *code)
{
	const unsigned int first = code[0] | code[1] << 8, second = code[2] | code[3] << 8;

	return (first & 15) << 12 | (first >> 10 & 1) << 11 | (second >> 12 & 7) << 8 | (second & 0xff);
}

/* The code's section as it is after a move. */
static void move_code(struct loader_fixture *f, uint32_t delta, uint8_t *content)
{
	for (unsigned int i = 0; i < f->loader.num_segments; i++)
		if (f->loader.segment[i].section == f->code)
			assert_true(ofl_loader_content(&f->loader, i, delta, content, &f->error));
}

/* Adds a relocation of the code's section at a place in it. */
static void add_relocation(struct loader_fixture *f, uint32_t at, uint8_t type, unsigned int symbol)
{
	eb_relocation(&f->builder, f->code, f->builder.section[f->code].address + at, type, symbol, 0);
}

static unsigned int add_symbol(struct loader_fixture *f, const char *name, uint32_t value, uint16_t section)
{
	return eb_symbol(&f->builder, name, value, 0, 0, EB_GLOBAL, EB_DEFAULT, section);
}

/* SEGGER's Open Flash Loaders for i.MX RT: linked at 0x20000000, for a RAM at 0x20200000. */
static void test_move_words(void **state)
{
	static const uint32_t deltas[] = { 0, 4, 0x200000, 0xe0000000, 0xfffffffc };
	struct loader_fixture f;
	uint8_t content[64];

	(void)state;
	start_open(&f);
	const unsigned int data = add_symbol(&f, "data", 0x20000060, f.data);
	const unsigned int peripheral = add_symbol(&f, "peripheral", 0x40000000, 0xfff1);
	const unsigned int end = add_symbol(&f, "end_of_data", 0x20000090, 0xfff1);
	const unsigned int size = add_symbol(&f, "stack_size", 0x400, 0xfff1);
	const unsigned int weak = eb_symbol(&f.builder, "hook", 0, 0, 0, EB_WEAK, EB_DEFAULT, 0);
	uint8_t *code = f.builder.section[f.code].bytes;

	eb_put32(code, 0x20, 0x20000064);
	eb_put32(code, 0x24, 0x40000010);
	eb_put32(code, 0x28, 0x20000090);
	eb_put32(code, 0x2c, 0x400);
	eb_put32(code, 0x30, 0);
	eb_put32(code, 0x34, 0x20000001);
	eb_put32(code, 0x3c, 0x20000060);
	add_relocation(&f, 0x20, EB_ABS32, data);
	add_relocation(&f, 0x24, EB_ABS32, peripheral);
	add_relocation(&f, 0x28, EB_ABS32, end);
	add_relocation(&f, 0x2c, EB_ABS32, size);
	add_relocation(&f, 0x30, EB_ABS32, weak);
	add_relocation(&f, 0x34, TARGET1, data);
	add_relocation(&f, 0x3c, EB_ABS32, data);
	/* Named twice, as both a static and a dynamic linker may do. */
	add_relocation(&f, 0x3c, EB_ABS32, data);
	/* What is relative moves with its target. */
	add_relocation(&f, 0x00, EB_THM_CALL, data);
	add_relocation(&f, 0x04, REL32, data);
	add_relocation(&f, 0x08, SBREL32, data);
	add_relocation(&f, 0x0c, EB_THM_CALL, weak);
	add_relocation(&f, 0x10, V4BX, 0);
	assert_usable(&f);
	assert_true(f.loader.relocatable);
	assert_false(f.loader.position_independent);
	assert_int_equal(f.loader.num_notes, 0);
	for (size_t i = 0; i < sizeof(deltas) / sizeof(deltas[0]); i++) {
		const uint32_t delta = deltas[i];

		move_code(&f, delta, content);
		assert_memory_equal(content, segment_of(&f, f.code)->bytes, 0x20);
		assert_int_equal(eb_get32(content, 0x20), 0x20000064 + delta);
		assert_int_equal(eb_get32(content, 0x24), 0x40000010);
		assert_int_equal(eb_get32(content, 0x28), 0x20000090 + delta);
		assert_int_equal(eb_get32(content, 0x2c), 0x400);
		assert_int_equal(eb_get32(content, 0x30), 0);
		assert_int_equal(eb_get32(content, 0x34), 0x20000001 + delta);
		assert_memory_equal(content + 0x38, segment_of(&f, f.code)->bytes + 0x38, 4);
		assert_int_equal(eb_get32(content, 0x3c), 0x20000060 + delta);
	}
	/* Other sections have no relocations. */
	for (unsigned int i = 0; i < f.loader.num_segments; i++)
		if (f.loader.segment[i].section == f.rodata) {
			assert_true(ofl_loader_content(&f.loader, i, 0x1000, content, &f.error));
			assert_memory_equal(content, segment_of(&f, f.rodata)->bytes, 16);
		}
	end_loader(&f);
}

/* The carry from the low half goes into the high one. */
static void test_move_halves(void **state)
{
	static const uint32_t addresses[] = { 0x20000064, 0x2000fffc, 0x2000ffff, 0x20008001 };
	static const uint32_t deltas[] = { 0, 4, 0x8000, 0xffe0, 0x10000, 0x200000, 0xfffffffc, 0xe0000010 };
	uint8_t content[64];

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct loader_fixture f;
		const uint32_t other = addresses[i] ^ 0x7ff8;

		start_open(&f);
		const unsigned int data = add_symbol(&f, "data", 0x20000060, f.data);

		/* Two of one symbol, mixed by the compiler; and the first register once more. */
		put_movw(&f, 0x20, 3, addresses[i] & 0xffff);
		put_movw(&f, 0x24, 12, other & 0xffff);
		put_movt(&f, 0x28, 3, addresses[i] >> 16);
		put_movt(&f, 0x2c, 12, other >> 16);
		put_movw(&f, 0x30, 3, other & 0xffff);
		put_movt(&f, 0x34, 3, other >> 16);
		for (uint32_t at = 0x20; at < 0x38; at += 4)
			add_relocation(&f, at, at == 0x28 || at == 0x2c || at == 0x34 ? THM_MOVT : THM_MOVW, data);
		assert_usable(&f);
		assert_true(f.loader.relocatable);
		for (size_t k = 0; k < sizeof(deltas) / sizeof(deltas[0]); k++) {
			const uint32_t delta = deltas[k];

			move_code(&f, delta, content);
			assert_int_equal(get_wide(content + 0x20), (addresses[i] + delta) & 0xffff);
			assert_int_equal(get_wide(content + 0x28), (addresses[i] + delta) >> 16);
			assert_int_equal(get_wide(content + 0x24), (other + delta) & 0xffff);
			assert_int_equal(get_wide(content + 0x2c), (other + delta) >> 16);
			assert_int_equal(get_wide(content + 0x30), (other + delta) & 0xffff);
			assert_int_equal(get_wide(content + 0x34), (other + delta) >> 16);
			/* Opcode and register stay. */
			for (uint32_t at = 0x20; at < 0x38; at += 4) {
				const uint8_t *linked = segment_of(&f, f.code)->bytes + at;

				assert_int_equal((content[at] | content[at + 1] << 8) & 0xfbf0,
						(linked[0] | linked[1] << 8) & 0xfbf0);
				assert_int_equal(content[at + 3] & 0x8f, linked[3] & 0x8f);
			}
		}
		end_loader(&f);
	}
}

/* A relocation that cannot be applied: the loader stays where it was linked, and says why. */
static void test_not_movable(void **state)
{
	static const struct {
		uint8_t type;
		uint32_t at;
		bool absolute;		/* its symbol is one that does not move */
		const char *why;
	} cases[] = {
		{ GOT_BREL, 0x20, false, "relocation type 26 at 0x20000030 in section .text is not supported" },
		{ MOVW_ABS, 0x20, false, "relocation type 43" },
		{ GLOB_DAT, 0x20, false, "relocation type 21" },
		{ EB_RELATIVE, 0x20, false, "relocation type 23" },
		{ EB_THM_CALL, 0x20, true, "reaches code or data that does not move" },
		{ REL32, 0x20, true, "reaches code or data that does not move" },
		{ THM_MOVW, 0x20, false, "is not at a MOVW or MOVT" },
		{ THM_MOVT, 0x20, false, "is not at a MOVW or MOVT" },
		{ THM_MOVT, 0x30, false, "has no MOVW before it" },
		{ EB_ABS32, 61, false, "is not within its content" },
		{ EB_ABS32, 0xffffff00, false, "is not within its content" },
	};
	struct loader_fixture f;
	uint8_t content[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_open(&f);
		const unsigned int data = add_symbol(&f, "data", 0x20000060, f.data);
		const unsigned int rom = add_symbol(&f, "rom", 0x1fff0001, 0xfff1);

		eb_put32(f.builder.section[f.code].bytes, 0x20, 0x20000060);
		/* Another register's. */
		put_movw(&f, 0x2c, 4, 0x60);
		put_movt(&f, 0x30, 3, 0x2000);
		add_relocation(&f, 0x2c, THM_MOVW, data);
		add_relocation(&f, cases[i].at, cases[i].type, cases[i].absolute ? rom : data);
		assert_usable(&f);
		assert_false(f.loader.relocatable);
		assert_true(notes_say(&f, cases[i].why));
		memset(content, 0, sizeof(content));
		assert_true(ofl_loader_content(&f.loader, 1, 0, content, &f.error));
		assert_memory_equal(content, f.loader.segment[1].bytes, 64);
		assert_false(ofl_loader_content(&f.loader, 1, 4, content, &f.error));
		assert_non_null(strstr(f.error.text, "cannot be moved"));
		end_loader(&f);
	}
	/* A symbol of another table. */
	start_open(&f);
	const unsigned int other = eb_section(&f.builder, ".dynsym", 11, 0, 0, NULL, 16 * 32, 4);

	f.builder.section[other].entry_size = 16;
	add_relocation(&f, 0x20, EB_ABS32, add_symbol(&f, "data", 0x20000060, f.data));
	make_file(&f);
	eb_put32(f.file.bytes, f.file.section_header[f.file.relocations] + EB_SH_LINK, other);
	assert_usable(&f);
	assert_false(f.loader.relocatable);
	assert_true(notes_say(&f, "names a symbol that is not known"));
	end_loader(&f);

	/* In zero-initialised data there is nothing to relocate. */
	start_open(&f);
	const unsigned int data = add_symbol(&f, "data", 0x20000060, f.data);

	eb_relocation(&f.builder, f.zeros, 0x20000070, EB_ABS32, data, 0);
	assert_usable(&f);
	assert_false(f.loader.relocatable);
	end_loader(&f);

	/* Of sections that are not loaded they do not matter. */
	start_open(&f);
	const unsigned int debug = eb_section(&f.builder, ".debug_info", EB_PROGBITS, 0, 0, "debug000", 8, 1);

	eb_relocation(&f.builder, debug, 0, 99, 0, 0);
	assert_usable(&f);
	assert_false(f.loader.relocatable);
	assert_int_equal(f.loader.num_notes, 0);
	end_loader(&f);

	/* Spread over more than one RAM. */
	start_open(&f);
	eb_section(&f.builder, ".ccm", EB_PROGBITS, EB_ALLOC | EB_WRITE, 0x10000000, "ccm0", 4, 4);
	add_relocation(&f, 0x20, EB_ABS32, add_symbol(&f, "data", 0x20000060, f.data));
	assert_usable(&f);
	assert_false(f.loader.relocatable);
	assert_true(notes_say(&f, "cannot be moved: it is spread over 0x10000000 to 0x2000008f"));
	end_loader(&f);
}

/* A position independent executable (PIE) has a table of its own for who loads it. */
static void test_move_dynamic(void **state)
{
	struct loader_fixture f;
	uint8_t content[64];

	(void)state;
	for (unsigned int rela = 0; rela < 2; rela++) {
		uint8_t table[24] = { 0 };
		const uint32_t entry_bytes = rela ? 12 : 8;

		start_open(&f);
		f.builder.type = 3;
		eb_put32(f.builder.section[f.code].bytes, 0x20, rela ? 0 : 0x20000064);
		eb_put32(f.builder.section[f.rodata].bytes, 4, rela ? 0 : 0x20000011);
		eb_put32(table, 0, 0x20000030);
		eb_put32(table, 4, EB_RELATIVE);
		eb_put32(table, entry_bytes, 0x20000054);
		eb_put32(table, entry_bytes + 4, EB_RELATIVE);
		if (rela) {
			eb_put32(table, 8, 0x20000064);
			eb_put32(table, 20, 0x20000011);
		}
		const unsigned int index = eb_section(&f.builder, ".rel.dyn", rela ? 4 : 9, EB_ALLOC, 0x20000200, table,
				2 * entry_bytes, 4);

		f.builder.section[index].entry_size = entry_bytes;
		assert_usable(&f);
		assert_true(f.loader.relocatable);
		move_code(&f, 0x10000, content);
		assert_int_equal(eb_get32(content, 0x20), 0x20010064);
		assert_true(ofl_loader_content(&f.loader, 2, 0x10000, content, &f.error));
		assert_int_equal(eb_get32(content, 4), 0x20010011);
		end_loader(&f);
	}
	/* A symbol of another program. */
	start_open(&f);
	f.builder.type = 3;
	add_relocation(&f, 0x20, GLOB_DAT, 1);
	make_file(&f);
	eb_put32(f.file.bytes, f.file.section_header[f.file.relocations] + EB_SH_FLAGS, EB_ALLOC);
	eb_put32(f.file.bytes, f.file.section_header[f.file.relocations] + EB_SH_ADDR, 0x20000200);
	assert_usable(&f);
	assert_false(f.loader.relocatable);
	assert_true(notes_say(&f, "needs a dynamic linker"));
	end_loader(&f);
}

static void test_alignment(void **state)
{
	struct loader_fixture f;
	uint8_t content[64];

	(void)state;
	/* Linked at 4 modulo 8: `low` is where the alignment is. */
	start_stldr(&f);
	f.builder.section[f.zeros].alignment = 8;
	add_relocation(&f, 0x20, EB_ABS32, add_symbol(&f, "data", 0x20000054, f.data));
	assert_usable(&f);
	assert_true(f.loader.relocatable);
	assert_int_equal(f.loader.alignment, 8);
	assert_int_equal(f.loader.low, 0x20000000);
	assert_int_equal(f.loader.segment[0].address, 0x20000004);
	assert_true(ofl_loader_content(&f.loader, 0, 8, content, &f.error));
	assert_false(ofl_loader_content(&f.loader, 0, 4, content, &f.error));
	assert_false(ofl_loader_content(&f.loader, 99, 0, content, &f.error));
	end_loader(&f);

	/* Position independent, with relocations of what is relative: both, and nothing changes. */
	start_flm(&f);
	add_relocation(&f, 0x20, SBREL32, add_symbol(&f, "data", 0x40, f.data));
	assert_usable(&f);
	assert_true(f.loader.position_independent && f.loader.relocatable);
	move_code(&f, 0x20000000, content);
	assert_memory_equal(content, f.loader.segment[0].bytes, 64);
	end_loader(&f);

	/* Linked at 0, but with absolute addresses: it is moved by them. */
	start_flm(&f);
	eb_put32(f.builder.section[f.code].bytes, 0x20, 0x40);
	add_relocation(&f, 0x20, EB_ABS32, add_symbol(&f, "data", 0x40, f.data));
	assert_usable(&f);
	assert_false(f.loader.position_independent);
	assert_true(f.loader.relocatable);
	move_code(&f, 0x20000000, content);
	assert_int_equal(eb_get32(content, 0x20), 0x20000040);
	end_loader(&f);

	/* Linked at 0, where a constant is as small as an address. */
	start_flm(&f);
	eb_put32(f.builder.section[f.code].bytes, 0x20, 0x100);
	add_relocation(&f, 0x20, EB_ABS32, add_symbol(&f, "stack_size", 0x100, 0xfff1));
	assert_usable(&f);
	assert_true(f.loader.position_independent);
	move_code(&f, 0x20000000, content);
	assert_int_equal(eb_get32(content, 0x20), 0x100);
	end_loader(&f);

	/* Linked at 0 with what cannot be moved. */
	start_flm(&f);
	add_relocation(&f, 0x20, GOT_BREL, add_symbol(&f, "data", 0x40, f.data));
	assert_usable(&f);
	assert_false(f.loader.position_independent || f.loader.relocatable);
	assert_true(notes_say(&f, "linked at address 0, where RAM is seldom"));
	end_loader(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_move_words),
		cmocka_unit_test(test_move_halves),
		cmocka_unit_test(test_not_movable),
		cmocka_unit_test(test_move_dynamic),
		cmocka_unit_test(test_alignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
