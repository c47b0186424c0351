// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Block protection: register values to ranges and back, over all combinations of the bits, against the data sheets'
 * tables written out below: KiB that each BP value protects, from the top with TB = 0, and 4 KiB sectors with SEC = 1.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/flash/nor/ofl_protect.h"

#define KIB	1024ull
#define ALL	UINT32_MAX

static const struct ofl_protect_hint new_table = { .sfdp_dwords = 16 };

/* "SEC = 1" half of the table of the W25Q128JV, which all parts with SEC have. */
static const uint32_t sec_kib[8] = { 0, 4, 8, 16, 32, 32, 32, ALL };

struct sheet {
	const char *part;
	uint8_t id[3];
	uint32_t size_kib;
	unsigned int num_bp;
	uint8_t bp[4], tb, sec, cmp;	/* masks; TB of Macronix is in the second register, CMP always is */
	uint8_t tb_config;
	uint32_t kib[16];
};

static const struct sheet sheets[] = {
	{ "W25Q16JV", { 0xef, 0x40, 0x15 }, 2048, 3, { 4, 8, 16 }, 0x20, 0x40, 0x40, 0,
		{ 0, 64, 128, 256, 512, 1024, ALL, ALL } },
	{ "W25Q32JV", { 0xef, 0x40, 0x16 }, 4096, 3, { 4, 8, 16 }, 0x20, 0x40, 0x40, 0,
		{ 0, 64, 128, 256, 512, 1024, 2048, ALL } },
	{ "W25Q64JV", { 0xef, 0x40, 0x17 }, 8192, 3, { 4, 8, 16 }, 0x20, 0x40, 0x40, 0,
		{ 0, 128, 256, 512, 1024, 2048, 4096, ALL } },
	{ "W25Q128JV", { 0xef, 0x40, 0x18 }, 16384, 3, { 4, 8, 16 }, 0x20, 0x40, 0x40, 0,
		{ 0, 256, 512, 1024, 2048, 4096, 8192, ALL } },
	{ "W25Q256JV", { 0xef, 0x40, 0x19 }, 32768, 4, { 4, 8, 16, 32 }, 0x40, 0, 0x40, 0,
		{ 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ "W25Q512JV", { 0xef, 0x40, 0x20 }, 65536, 4, { 4, 8, 16, 32 }, 0x40, 0, 0x40, 0,
		{ 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, ALL, ALL, ALL, ALL, ALL } },
	{ "MX25L12835F", { 0xc2, 0x20, 0x18 }, 16384, 4, { 4, 8, 16, 32 }, 0, 0, 0, 0x08,
		{ 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, ALL, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ "MX25L25645G", { 0xc2, 0x20, 0x19 }, 32768, 4, { 4, 8, 16, 32 }, 0, 0, 0, 0x08,
		{ 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ "MX66L1G45G", { 0xc2, 0x20, 0x1b }, 131072, 4, { 4, 8, 16, 32 }, 0, 0, 0, 0x08,
		{ 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, ALL, ALL, ALL, ALL } },
	{ "MX25R6435F", { 0xc2, 0x28, 0x17 }, 8192, 4, { 4, 8, 16, 32 }, 0, 0, 0, 0x08,
		{ 0, 64, 128, 256, 512, 1024, 2048, 4096, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ "N25Q032A", { 0x20, 0xba, 0x16 }, 4096, 3, { 4, 8, 16 }, 0x20, 0, 0, 0,
		{ 0, 64, 128, 256, 512, 1024, 2048, ALL } },
	{ "N25Q128A", { 0x20, 0xba, 0x18 }, 16384, 4, { 4, 8, 16, 64 }, 0x20, 0, 0, 0,
		{ 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, ALL, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ "N25Q256A", { 0x20, 0xba, 0x19 }, 32768, 4, { 4, 8, 16, 64 }, 0x20, 0, 0, 0,
		{ 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ "N25Q512A", { 0x20, 0xba, 0x20 }, 65536, 4, { 4, 8, 16, 64 }, 0x20, 0, 0, 0,
		{ 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, ALL, ALL, ALL, ALL, ALL } },
	{ "GD25Q32C", { 0xc8, 0x40, 0x16 }, 4096, 3, { 4, 8, 16 }, 0x20, 0x40, 0x40, 0,
		{ 0, 64, 128, 256, 512, 1024, 2048, ALL } },
	{ "GD25Q128C", { 0xc8, 0x40, 0x18 }, 16384, 3, { 4, 8, 16 }, 0x20, 0x40, 0x40, 0,
		{ 0, 256, 512, 1024, 2048, 4096, 8192, ALL } },
	{ "GD25Q256D", { 0xc8, 0x40, 0x19 }, 32768, 4, { 4, 8, 16, 32 }, 0x40, 0, 0, 0,
		{ 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ "S25FL064L", { 0x01, 0x60, 0x17 }, 8192, 3, { 4, 8, 16 }, 0x20, 0x40, 0x40, 0,
		{ 0, 128, 256, 512, 1024, 2048, 4096, ALL } },
	{ "S25FL256L", { 0x01, 0x60, 0x19 }, 32768, 4, { 4, 8, 16, 32 }, 0x40, 0, 0x40, 0,
		{ 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, ALL, ALL, ALL, ALL, ALL, ALL } },
};

#define NUM_SHEETS	(sizeof(sheets) / sizeof(sheets[0]))

static const struct ofl_protect_part *part_of(const struct sheet *sheet)
{
	const struct ofl_protect_part *part = ofl_protect_find(sheet->id, &new_table);

	if (!part)
		fail_msg("%s is not known", sheet->part);
	assert_int_equal(ofl_protect_size(part), sheet->size_kib * KIB);
	return part;
}

/* By the sheet alone. */
static struct ofl_protect_range look_up(const struct sheet *sheet, const uint8_t *regs)
{
	uint64_t size = sheet->size_kib * KIB;
	unsigned int bp = 0;

	for (unsigned int n = 0; n < sheet->num_bp; n++)
		bp += regs[0] & sheet->bp[n] ? 1u << n : 0;
	uint32_t kib = regs[0] & sheet->sec ? sec_kib[bp] : sheet->kib[bp];
	bool bottom = regs[0] & sheet->tb || regs[1] & sheet->tb_config;
	uint64_t start = bottom ? 0 : size - (kib == ALL ? size : kib * KIB);
	uint64_t end = bottom ? (kib == ALL ? size : kib * KIB) : size;

	if (regs[1] & sheet->cmp) {
		/* What was free is locked. */
		uint64_t free_start = start == 0 ? end : 0, free_end = start == 0 ? size : start;
		start = free_start;
		end = free_end;
	}
	return (struct ofl_protect_range) { start == end ? 0 : start, end - start };
}

static void test_decode(void **state)
{
	(void)state;
	for (size_t n = 0; n < NUM_SHEETS; n++) {
		const struct ofl_protect_part *part = part_of(&sheets[n]);

		for (unsigned int value = 0; value < 0x10000; value++) {
			const uint8_t regs[OFL_PROTECT_MAX_REGS] = { value & 0xff, value >> 8, 0 };
			struct ofl_protect_range expected = look_up(&sheets[n], regs), found;

			ofl_protect_decode(part, regs, &found);
			if (found.offset_bytes != expected.offset_bytes || found.length_bytes != expected.length_bytes)
				fail_msg("%s, registers %02x %02x: %jx+%jx instead of %jx+%jx", sheets[n].part, regs[0], regs[1],
						(uintmax_t)found.offset_bytes, (uintmax_t)found.length_bytes,
						(uintmax_t)expected.offset_bytes, (uintmax_t)expected.length_bytes);
		}
	}
}

/* Bits that are not for protection, or not to be changed. */
static uint8_t other_bits(const struct sheet *sheet, unsigned int reg)
{
	uint8_t ours = sheet->tb | sheet->sec;

	if (reg == 1)
		return ~sheet->cmp;
	if (reg == 2)
		return 0xff;
	for (unsigned int n = 0; n < sheet->num_bp; n++)
		ours |= sheet->bp[n];
	return ~ours;
}

/* From every setting to the range of every other one: found, exact, and nothing else touched. */
static void test_encode_every_range(void **state)
{
	(void)state;
	for (size_t n = 0; n < NUM_SHEETS; n++) {
		const struct sheet *sheet = &sheets[n];
		const struct ofl_protect_part *part = part_of(sheet);

		/* Steps that come by all values of each bit. */
		for (unsigned int from = 0; from < 0x1000; from += 37) {
			/* 85h and 93h: bits that have nothing to do with it are set in some of them. */
			const uint8_t now[OFL_PROTECT_MAX_REGS] = { from & 0xff, (from & 0x100 ? 0x40 : 0) |
				(from & 0x200 ? 0x93 : 0) | (from & 0x400 ? 0x08 : 0), from & 0x800 ? 0x85 : 0 };
			for (unsigned int to = 0; to < 0x200; to++) {
				const uint8_t other[OFL_PROTECT_MAX_REGS] = { to & 0xff,
					(to & 0x100 ? 0x40 : 0) | (now[1] & 0x08), 0 };
				struct ofl_protect_range wanted = look_up(sheet, other);
				uint8_t result[OFL_PROTECT_MAX_REGS] = { 0xaa, 0xaa, 0xaa };

				if (!ofl_protect_encode(part, now, &wanted, result))
					fail_msg("%s: no way from %02x %02x to %02x %02x", sheet->part, now[0], now[1], other[0],
							other[1]);
				struct ofl_protect_range found = look_up(sheet, result);
				assert_int_equal(found.offset_bytes, wanted.offset_bytes);
				assert_int_equal(found.length_bytes, wanted.length_bytes);
				for (unsigned int reg = 0; reg < OFL_PROTECT_MAX_REGS; reg++)
					assert_int_equal((result[reg] ^ now[reg]) & other_bits(sheet, reg), 0);
			}
		}
	}
}

/* Which of several ways: the plainest, as data sheets have it. */
static void test_encode_plainest(void **state)
{
	const struct ofl_protect_part *part = ofl_protect_find(sheets[3].id, &new_table);
	const struct {
		uint8_t now[2];
		uint64_t offset, length;
		uint8_t result[2];
	} cases[] = {
		/* Nothing: BP only; TB stays. */
		{ { 0x20 | 0x0c, 0x02 }, 0, 0, { 0x20, 0x02 } },
		{ { 0x04, 0x42 }, 0, 0, { 0x00, 0x02 } },
		/* Everything: BP all ones, not CMP. */
		{ { 0x00, 0x00 }, 0, 0x1000000, { 0x1c, 0x00 } },
		{ { 0x20, 0x00 }, 0, 0x1000000, { 0x3c, 0x00 } },
		/* It is that already, in another way. */
		{ { 0x00, 0x40 }, 0, 0x1000000, { 0x00, 0x40 } },
		{ { 0x40 | 0x14, 0x00 }, 0xff8000, 0x8000, { 0x40 | 0x14, 0x00 } },
		/* The half from the bottom: TB, not the complement of the upper half. */
		{ { 0x00, 0x00 }, 0, 0x800000, { 0x20 | 0x18, 0x00 } },
		/* 32 KiB: BP = 4, not 5 or 6. */
		{ { 0x00, 0x00 }, 0xff8000, 0x8000, { 0x40 | 0x10, 0x00 } },
		/* All but the lowest 4 KiB: only CMP can. SRP and QE stay. */
		{ { 0x80, 0x02 }, 0x1000, 0xfff000, { 0x80 | 0x40 | 0x20 | 0x04, 0x42 } },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		const uint8_t now[OFL_PROTECT_MAX_REGS] = { cases[n].now[0], cases[n].now[1] };
		struct ofl_protect_range wanted = { cases[n].offset, cases[n].length };
		uint8_t result[OFL_PROTECT_MAX_REGS];

		assert_true(ofl_protect_encode(part, now, &wanted, result));
		if (result[0] != cases[n].result[0] || result[1] != cases[n].result[1])
			fail_msg("case %zu: %02x %02x", n, result[0], result[1]);
	}
}

/* A TB bit that is for once is not touched. */
static void test_tb_once(void **state)
{
	const struct ofl_protect_part *part = ofl_protect_find((const uint8_t[]) { 0xc2, 0x20, 0x18 }, &new_table);
	uint8_t top[OFL_PROTECT_MAX_REGS] = { 0x40, 0x07 }, bottom[OFL_PROTECT_MAX_REGS] = { 0x40, 0x0f };
	struct ofl_protect_range low = { 0, 0x20000 }, high = { 0xfe0000, 0x20000 }, inside, around;
	uint8_t result[OFL_PROTECT_MAX_REGS];

	(void)state;
	assert_true(ofl_protect_encode(part, top, &high, result));
	assert_int_equal(result[0], 0x48);
	assert_int_equal(result[1], 0x07);
	assert_false(ofl_protect_encode(part, top, &low, result));
	assert_memory_equal(result, top, sizeof(top));
	assert_true(ofl_protect_encode(part, bottom, &low, result));
	assert_int_equal(result[0], 0x48);
	assert_false(ofl_protect_encode(part, bottom, &high, result));
	/* Everything: all ones, although 9 would do on this chip. */
	assert_true(ofl_protect_encode(part, top, &(struct ofl_protect_range) { 0, 0x1000000 }, result));
	assert_int_equal(result[0], 0x7c);
	/* Of the lower end nothing can be had alone. */
	assert_true(ofl_protect_nearest(part, top, &low, &inside, &around));
	assert_int_equal(inside.length_bytes, 0);
	assert_int_equal(around.length_bytes, 0x1000000);
}

/*
 * Ranges at every 2 KiB near the ends and many between: what cannot be is refused, and the neighbours are the nearest.
 */
static void test_nearest(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (size_t n = 0; n < NUM_SHEETS; n++) {
		const struct sheet *sheet = &sheets[n];
		const struct ofl_protect_part *part = part_of(sheet);
		const uint64_t size = sheet->size_kib * KIB;
		const uint8_t regs[OFL_PROTECT_MAX_REGS] = { 0 };

		for (unsigned int i = 0; i < 400; i++) {
			random = random * 1664525 + 1013904223;
			uint64_t a = i < 100 ? (uint64_t)i * 2048 : random % (size + 1);
			struct ofl_protect_range wanted = i & 1 ? (struct ofl_protect_range) { 0, a }
				: (struct ofl_protect_range) { size - a, a };
			if (i > 300)
				wanted = (struct ofl_protect_range) { a / 2, a / 3 };
			if (!wanted.length_bytes)
				wanted.offset_bytes = 0;
			struct ofl_protect_range inside, around;
			uint8_t result[OFL_PROTECT_MAX_REGS];
			uint64_t best_inside = 0, best_around = size;
			bool exact = false;

			for (unsigned int to = 0; to < 0x200; to++) {
				const uint8_t other[OFL_PROTECT_MAX_REGS] = { to & 0xff, to & 0x100 ? 0x40 : 0, 0 };
				struct ofl_protect_range range = look_up(sheet, other);
				uint64_t end = range.offset_bytes + range.length_bytes;
				uint64_t wanted_end = wanted.offset_bytes + wanted.length_bytes;

				exact |= range.length_bytes == wanted.length_bytes && range.offset_bytes == wanted.offset_bytes;
				if (range.offset_bytes >= wanted.offset_bytes && end <= wanted_end && range.length_bytes > best_inside)
					best_inside = range.length_bytes;
				if (wanted.length_bytes && range.offset_bytes <= wanted.offset_bytes && end >= wanted_end &&
						range.length_bytes < best_around)
					best_around = range.length_bytes;
			}
			assert_int_equal(ofl_protect_encode(part, regs, &wanted, result), exact);
			assert_true(ofl_protect_nearest(part, regs, &wanted, &inside, &around));
			assert_int_equal(inside.length_bytes, best_inside);
			assert_int_equal(around.length_bytes, wanted.length_bytes ? best_around : 0);
		}
		assert_false(ofl_protect_nearest(part, regs, &(struct ofl_protect_range) { size, 1 },
				&(struct ofl_protect_range) { 0 }, &(struct ofl_protect_range) { 0 }));
		assert_false(ofl_protect_nearest(part, regs, &(struct ofl_protect_range) { 4096, UINT64_MAX },
				&(struct ofl_protect_range) { 0 }, &(struct ofl_protect_range) { 0 }));
	}
}

static void test_change(void **state)
{
	const struct {
		uint64_t now[2], change[2];
		bool set, possible;
		uint64_t wanted[2];
	} cases[] = {
		{ { 0, 0 }, { 0x1000, 0x1000 }, true, true, { 0x1000, 0x1000 } },
		{ { 0, 0x1000 }, { 0x1000, 0x1000 }, true, true, { 0, 0x2000 } },
		{ { 0x3000, 0x1000 }, { 0x2000, 0x1000 }, true, true, { 0x2000, 0x2000 } },
		{ { 0, 0x4000 }, { 0x1000, 0x1000 }, true, true, { 0, 0x4000 } },
		{ { 0, 0x1000 }, { 0x2000, 0x1000 }, true, false, { 0, 0x3000 } },
		{ { 0, 0x4000 }, { 0, 0x4000 }, false, true, { 0, 0 } },
		{ { 0x1000, 0x1000 }, { 0, 0x4000 }, false, true, { 0, 0 } },
		{ { 0, 0x4000 }, { 0x3000, 0x4000 }, false, true, { 0, 0x3000 } },
		{ { 0, 0x4000 }, { 0, 0x1000 }, false, true, { 0x1000, 0x3000 } },
		{ { 0, 0x4000 }, { 0x1000, 0x1000 }, false, false, { 0, 0x4000 } },
		{ { 0, 0x4000 }, { 0x4000, 0x1000 }, false, true, { 0, 0x4000 } },
		{ { 0, 0 }, { 0x4000, 0x1000 }, false, true, { 0, 0 } },
		{ { 0x1000, 0x1000 }, { 0, 0 }, true, true, { 0x1000, 0x1000 } },
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct ofl_protect_range now = { cases[n].now[0], cases[n].now[1] };
		struct ofl_protect_range change = { cases[n].change[0], cases[n].change[1] }, wanted;

		if (ofl_protect_change(&now, &change, cases[n].set, &wanted) != cases[n].possible ||
				wanted.offset_bytes != cases[n].wanted[0] || wanted.length_bytes != cases[n].wanted[1])
			fail_msg("case %zu: %jx+%jx", n, (uintmax_t)wanted.offset_bytes, (uintmax_t)wanted.length_bytes);
	}
}

/* Ids that parts with different bits share. */
static void test_shared_ids(void **state)
{
	const struct ofl_protect_hint none = { 0 }, qpi = { .sfdp_dwords = 9, .quad_444 = true };
	const uint8_t mx25l128[] = { 0xc2, 0x20, 0x18 }, mx25l64[] = { 0xc2, 0x20, 0x17 }, w25q64[] = { 0xef, 0x40, 0x17 };

	(void)state;
	assert_null(ofl_protect_find(mx25l128, &none));
	assert_non_null(ofl_protect_find(mx25l128, &qpi));
	assert_non_null(ofl_protect_find(mx25l128, &new_table));
	assert_null(ofl_protect_find(mx25l64, &new_table));
	assert_null(ofl_protect_find((const uint8_t[]) { 0xc8, 0x60, 0x19 }, &new_table));
	assert_null(ofl_protect_find((const uint8_t[]) { 0xff, 0xff, 0xff }, &new_table));
	/* Older W25Q have no 15h. */
	assert_false(ofl_protect_has_reg(ofl_protect_find(w25q64, &none), &none, 2));
	assert_true(ofl_protect_has_reg(ofl_protect_find(w25q64, &none), &new_table, 2));
	assert_true(ofl_protect_has_reg(ofl_protect_find(w25q64, &none), &none, 1));
	assert_false(ofl_protect_has_reg(ofl_protect_find(w25q64, &none), &new_table, 3));
}

/* What all rows of the table must be: ids once, bits that do not overlap, text that fits. */
static void test_rows(void **state)
{
	const struct ofl_protect_part *part;
	unsigned int count = 0;

	(void)state;
	for (; (part = ofl_protect_by_index(count)); count++) {
		const struct ofl_protect_layout *layout = part->layout;
		const struct ofl_protect_bit bits[] = { layout->tb, layout->sec, layout->cmp, layout->srp, layout->srl,
			layout->wps };
		uint8_t used[OFL_PROTECT_MAX_REGS] = { 0x03 };	/* WIP, WEL */
		char text[OFL_PROTECT_TEXT];

		for (unsigned int other = 0; other < count; other++)
			assert_memory_not_equal(part->jedec_id, ofl_protect_by_index(other)->jedec_id, 3);
		assert_int_equal(layout->read_opcode[0], 0x05);
		for (unsigned int n = 0; n < layout->num_regs; n++)
			assert_non_null(layout->reg_name[n]);
		for (unsigned int n = 0; n < layout->num_bp; n++) {
			assert_int_equal(used[0] & layout->bp[n], 0);
			used[0] |= layout->bp[n];
		}
		for (size_t n = 0; n < sizeof(bits) / sizeof(bits[0]); n++) {
			assert_true(!bits[n].mask || bits[n].reg < layout->num_regs);
			assert_int_equal(used[bits[n].reg] & bits[n].mask, 0);
			used[bits[n].reg] |= bits[n].mask;
		}
		/* Bits in the second register are only changed where there is a way to write it. */
		if (layout->write == OFL_PROTECT_WRITE_FIRST)
			assert_true(!layout->cmp.mask && (layout->tb.reg == 0 || layout->tb_once));
		ofl_protect_text(part, (const uint8_t[]) { 0xff, 0xff, 0xff }, text, sizeof(text));
		assert_true(strlen(text) < sizeof(text) - 1);
	}
	assert_true(count >= NUM_SHEETS);
}

static void test_text(void **state)
{
	char text[OFL_PROTECT_TEXT];

	(void)state;
	ofl_protect_text(ofl_protect_find(sheets[3].id, &new_table), (const uint8_t[]) { 0x2c, 0x40, 0 }, text,
			sizeof(text));
	assert_string_equal(text, "BP2-0=3 TB=1 SEC=0 CMP=1 SRP=0 SRL=0");
	ofl_protect_text(ofl_protect_find((const uint8_t[]) { 0x20, 0xba, 0x18 }, &new_table),
			(const uint8_t[]) { 0xc4, 0, 0 }, text, sizeof(text));
	assert_string_equal(text, "BP3-0=9 TB=0 SRP=1");
	/* Cut off, not run over. */
	ofl_protect_text(ofl_protect_find(sheets[3].id, &new_table), (const uint8_t[]) { 0x2c, 0x40, 0 }, text, 10);
	assert_string_equal(text, "BP2-0=3 T");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_encode_every_range),
		cmocka_unit_test(test_encode_plainest),
		cmocka_unit_test(test_tb_once),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_shared_ids),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
