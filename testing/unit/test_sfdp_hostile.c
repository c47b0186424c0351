// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The SFDP parser against tables built to do harm, and against the wrong property of each part that is known to have
 * one.
 *
 * usage: test_sfdp_hostile [FIXTURE_DIRECTORY]; without it $srcdir/testing/fixtures/sfdp
 */

#include "sfdp_check.h"

#include <stdio.h>
#include <string.h>

#define B7	OFL_SFDP_4B_ENTER_B7
#define BR	OFL_SFDP_4B_BANK_REG
#define OP4	OFL_SFDP_4B_OPCODES

/*
 * Tables built to do harm. The base is a sound 16 MiB chip with 16 dwords at 0x80, room for more tables at 0x100 and
 * 0x180.
 */

#define BASIC_AT	0x80u
#define SECOND_AT	0x100u
#define THIRD_AT	0x180u
#define TABLE_BYTES	0x200u

static const uint8_t other_id[3] = { 0x77, 0x40, 0x18 };

struct built {
	uint8_t bytes[TABLE_BYTES];
	struct ofl_sfdp sfdp;
	size_t need_bytes;
	char why[160];
};

static void put_dword(struct built *built, size_t at, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		built->bytes[at + i] = value >> (8 * i) & 0xff;
}

static void put_basic(struct built *built, unsigned int number, uint32_t value)
{
	put_dword(built, BASIC_AT + 4 * (number - 1), value);
}

static void put_header(struct built *built, unsigned int index, uint16_t id, uint8_t minor, uint8_t dwords,
		uint32_t pointer)
{
	const size_t at = 8 + 8 * index;

	put_dword(built, at, (id & 0xffu) | minor << 8 | 1u << 16 | (uint32_t)dwords << 24);
	put_dword(built, at + 4, pointer | (uint32_t)(id >> 8) << 24);
	built->bytes[6] = index;
}

static void build(struct built *built)
{
	static const uint32_t basic[16] = {
		0xfff120e5, 0x07ffffff, 0x6b08eb44, 0xbb423b08, 0xfffffffe, 0x0000ffff, 0xeb40ffff, 0x520f200c,
		0x0000d810, 0x00a60236, 0xc914ea82, 0x337663e9, 0x757a757a, 0x5cd5a2f7, 0xff4df719, 0x80f830e9,
	};

	memset(built, 0, sizeof(*built));
	memset(built->bytes, 0xff, sizeof(built->bytes));
	put_dword(built, 0, 0x50444653);
	put_dword(built, 4, 0xff000106);
	put_header(built, 0, 0xff00, 6, 16, BASIC_AT);
	for (unsigned int i = 0; i < 16; i++)
		put_basic(built, i + 1, basic[i]);
}

static enum ofl_sfdp_result parse_built(struct built *built, const uint8_t *jedec_id)
{
	check_any(built->bytes, TABLE_BYTES, jedec_id, "built table");
	return parse_exact(built->bytes, TABLE_BYTES, jedec_id, &built->sfdp, &built->need_bytes, built->why,
			sizeof(built->why));
}

static void assert_usable(struct built *built, const uint8_t *jedec_id)
{
	if (parse_built(built, jedec_id) != OFL_SFDP_OK)
		fail_msg("refused: %s", built->why);
}

static void assert_refused(struct built *built, const uint8_t *jedec_id, const char *part)
{
	assert_int_equal(parse_built(built, jedec_id), OFL_SFDP_MALFORMED);
	if (!strstr(built->why, part))
		fail_msg("'%s' does not say '%s'", built->why, part);
}

static void test_absent(void **state)
{
	struct ofl_sfdp sfdp;
	uint8_t bytes[64];
	char why[100];

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(ofl_sfdp_parse(bytes, sizeof(bytes), other_id, &sfdp, NULL, why, sizeof(why)), OFL_SFDP_ABSENT);
	assert_non_null(strstr(why, "FF"));
	memset(bytes, 0x00, sizeof(bytes));
	assert_int_equal(ofl_sfdp_parse(bytes, sizeof(bytes), other_id, &sfdp, NULL, why, sizeof(why)), OFL_SFDP_ABSENT);
	assert_non_null(strstr(why, "00"));
	/* Read one byte too early: the dummy byte taken for data. */
	memcpy(bytes, "\xffSFDP", 5);
	assert_int_equal(ofl_sfdp_parse(bytes, sizeof(bytes), other_id, &sfdp, NULL, why, sizeof(why)), OFL_SFDP_ABSENT);
	assert_non_null(strstr(why, "signature"));
	/* A caller that wants no reason */
	assert_int_equal(ofl_sfdp_parse(bytes, sizeof(bytes), other_id, &sfdp, NULL, NULL, 0), OFL_SFDP_ABSENT);
	/* A short buffer for the reason is filled and terminated. */
	memset(why, 'x', sizeof(why));
	ofl_sfdp_parse(bytes, sizeof(bytes), other_id, &sfdp, NULL, why, 4);
	assert_int_equal(why[3], '\0');
	assert_int_equal(why[4], 'x');
}

static void test_hostile_headers(void **state)
{
	struct built built;

	(void)state;
	build(&built);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.num_notes, 0);
	assert_int_equal(built.sfdp.size_bytes, 16 * MIB);

	build(&built);
	built.bytes[5] = 2;
	assert_refused(&built, other_id, "byte 0x5");

	/* 256 headers: more bytes than are there */
	build(&built);
	built.bytes[6] = 255;
	assert_int_equal(parse_built(&built, other_id), OFL_SFDP_NEED_MORE);
	assert_int_equal(built.need_bytes, 8 + 256 * 8);

	build(&built);
	put_header(&built, 0, 0xff84, 0, 2, SECOND_AT);
	assert_refused(&built, other_id, "FF84");

	/* lengths of nothing and next to nothing */
	for (unsigned int dwords = 0; dwords < 9; dwords++) {
		build(&built);
		put_header(&built, 0, 0xff00, 6, dwords, BASIC_AT);
		assert_refused(&built, other_id, "no usable basic table");
	}

	/* pointers beyond: past the SFDP space for good, past what was read as a request for more */
	build(&built);
	put_header(&built, 0, 0xff00, 6, 16, 0xffffff);
	assert_refused(&built, other_id, "0xffffff");
	build(&built);
	put_header(&built, 0, 0xff00, 6, 16, 0x10000 - 63);
	assert_refused(&built, other_id, "0x00ffc1");
	build(&built);
	put_header(&built, 0, 0xff00, 6, 16, 0x10000 - 64);
	assert_int_equal(parse_built(&built, other_id), OFL_SFDP_NEED_MORE);
	assert_int_equal(built.need_bytes, 0x10000);
	build(&built);
	put_header(&built, 0, 0xff00, 6, 255, TABLE_BYTES - 255 * 4 + 1024);
	assert_int_equal(parse_built(&built, other_id), OFL_SFDP_NEED_MORE);

	/* a table at an odd address */
	build(&built);
	memmove(built.bytes + BASIC_AT + 3, built.bytes + BASIC_AT, 64);
	put_header(&built, 0, 0xff00, 6, 16, BASIC_AT + 3);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.size_bytes, 16 * MIB);
	assert_int_equal(built.sfdp.erase[1].max_ms, 1792);

	/* a useless optional table is no reason to refuse */
	build(&built);
	put_header(&built, 1, 0xff84, 0, 2, 0xfffffe);
	assert_usable(&built, other_id);
	assert_note(&built.sfdp, "4-byte address table ignored: pointer");
	build(&built);
	put_header(&built, 1, 0xff81, 0, 0, SECOND_AT);
	assert_usable(&built, other_id);
	assert_note(&built.sfdp, "sector map ignored: 0 dwords");

	build(&built);
	built.bytes[7] = 0xfe;
	assert_usable(&built, other_id);
	assert_note(&built.sfdp, "access protocol FE");

	/* notes without end */
	build(&built);
	for (unsigned int i = 1; i < 14; i++)
		put_header(&built, i, 0xff84, 0, 0, SECOND_AT);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.num_notes, OFL_SFDP_MAX_NOTES);
	assert_non_null(strstr(built.sfdp.note[OFL_SFDP_MAX_NOTES - 1], "more"));
}

static void test_newest_basic_table(void **state)
{
	struct built built;

	(void)state;
	/* The highest minor revision wins, */
	build(&built);
	memcpy(built.bytes + SECOND_AT, built.bytes + BASIC_AT, 64);
	put_dword(&built, SECOND_AT + 4, 0x03ffffff);
	put_header(&built, 1, 0xff00, 7, 16, SECOND_AT);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.size_bytes, 8 * MIB);
	assert_int_equal(built.sfdp.bfpt_minor, 7);
	put_header(&built, 1, 0xff00, 5, 16, SECOND_AT);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.size_bytes, 16 * MIB);

	/* then the longest; */
	put_header(&built, 1, 0xff00, 6, 20, SECOND_AT);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.size_bytes, 8 * MIB);
	put_header(&built, 1, 0xff00, 6, 15, SECOND_AT);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.size_bytes, 16 * MIB);
	assert_note(&built.sfdp, "more than one basic table");

	/* a broken first one is passed over. */
	put_header(&built, 0, 0xff00, 9, 3, BASIC_AT);
	put_header(&built, 1, 0xff00, 6, 16, SECOND_AT);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.size_bytes, 8 * MIB);
}

static void test_density(void **state)
{
	static const uint32_t refused[] = {
		0xffffffff,		/* 2^(2^31 - 1) bits */
		0x80000000 | 63,	/* a shift count of 64 bits and more */
		0x80000000 | 64,
		0x80000000 | 35,	/* 4 GiB */
		0x80000000 | 18,	/* 32 KiB */
		0x80000000,
		0x00000000,		/* 1 bit */
		0x0003ffff,		/* 32 KiB */
		0x07fffffe,		/* one bit short of 16 MiB */
		0x05ffffff,		/* 12 MiB */
	};
	struct built built;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		build(&built);
		put_basic(&built, 2, refused[i]);
		assert_refused(&built, other_id, "byte 0x84");
	}

	build(&built);
	put_basic(&built, 2, 0x80000000 | 34);
	put_basic(&built, 1, 0xfff520e5);	/* 4 address bytes only */
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.size_bytes, 2048ull * MIB);
	assert_int_equal(built.sfdp.routes_4byte, OFL_SFDP_4B_ALWAYS);
	build(&built);
	put_basic(&built, 2, 0x80000000 | 19);
	put_basic(&built, 8, 0x520f200c);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.size_bytes, 64 * KIB);
	build(&built);
	put_basic(&built, 2, 0x7fffffff);	/* 2^31 bits the old way */
	put_basic(&built, 1, 0xfff520e5);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.size_bytes, 256 * MIB);
}

static void test_erase_types(void **state)
{
	struct built built;

	(void)state;
	/* Shift counts of 32 and 255, a size beyond the chip, a size below anything: each costs its type only. */
	build(&built);
	put_basic(&built, 8, 0x5220200c);
	put_basic(&built, 9, 0xd819d8fe);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.erase[0].size_bytes, 4096);
	for (unsigned int i = 1; i < 4; i++)
		assert_int_equal(built.sfdp.erase[i].size_bytes, 0);
	assert_note(&built.sfdp, "erase type 2 ignored: 2^32");
	assert_note(&built.sfdp, "erase type 3 ignored: 2^254");
	assert_note(&built.sfdp, "erase type 4 ignored: 2^25");

	build(&built);
	put_basic(&built, 9, 0x0000d801);
	assert_usable(&built, other_id);
	assert_note(&built.sfdp, "erase type 3 ignored: 2^1 ");

	/* A table that calls chip erase, write enable or page program a block erase */
	build(&built);
	put_basic(&built, 8, 0x060fc70c);
	put_basic(&built, 9, 0x02106010);
	put_basic(&built, 1, 0xfff160e5);
	assert_refused(&built, other_id, "no usable erase type");
	put_basic(&built, 1, 0xfff120e7);
	assert_refused(&built, other_id, "no usable erase type");

	/* Nothing in DW8 and DW9: DW1 may have the 4 KiB erase, */
	build(&built);
	put_basic(&built, 8, 0);
	put_basic(&built, 9, 0);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.erase[0].size_bytes, 4096);
	assert_int_equal(built.sfdp.erase[0].opcode, 0x20);
	/* or not. */
	put_basic(&built, 1, 0xfff120e7);
	assert_refused(&built, other_id, "no usable erase type");

	/* DW1 says that 4 KiB does not work everywhere and no map says where. */
	build(&built);
	put_basic(&built, 1, 0xfff120e7);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.erase[0].size_bytes, 0);
	assert_int_equal(built.sfdp.erase[1].size_bytes, 32 * KIB);
	assert_note(&built.sfdp, "4 KiB) ignored");

	/* One opcode with two sizes, and another type: the other type is used. */
	build(&built);
	put_basic(&built, 8, 0xd80f200c);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.erase[0].size_bytes, 4096);
	assert_int_equal(built.sfdp.erase[1].size_bytes, 0);
	assert_int_equal(built.sfdp.erase[2].size_bytes, 0);
	assert_note(&built.sfdp, "erase type 2 (D8) ignored");

	/* Three sizes and nothing else: the largest in steps of the smallest, with the longest times. */
	build(&built);
	put_basic(&built, 1, 0xfff120e7);
	put_basic(&built, 8, 0xd810d80d);
	put_basic(&built, 9, 0x0000d80f);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.erase[0].size_bytes, 0);
	assert_int_equal(built.sfdp.erase[1].size_bytes, 64 * KIB);
	assert_int_equal(built.sfdp.erase[1].step_bytes, 8 * KIB);
	assert_int_equal(built.sfdp.erase[1].max_ms, 2240);
	assert_int_equal(built.sfdp.erase[2].size_bytes, 0);

	build(&built);
	put_basic(&built, 1, 0xfff720e5);
	assert_refused(&built, other_id, "address bytes");

	/* 256-byte erase (Puya P25D40SH) */
	build(&built);
	put_basic(&built, 9, 0x8108d810);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.erase[3].size_bytes, 256);
	assert_int_equal(built.sfdp.erase[3].opcode, 0x81);
}

static void test_blank_dwords(void **state)
{
	struct built built;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		build(&built);
		for (unsigned int number = 10; number <= 16; number++)
			put_basic(&built, number, i ? 0xffffffff : 0);
		assert_usable(&built, other_id);
		assert_int_equal(built.sfdp.page_bytes, 256);
		assert_int_equal(built.sfdp.erase[0].max_ms, 0);
		assert_int_equal(built.sfdp.page_program_max_us, 0);
		assert_int_equal(built.sfdp.chip_erase_max_ms, 0);
		assert_int_equal(built.sfdp.routes_4byte, 0);
		assert_false(built.sfdp.soft_reset_66_99);
		assert_false(built.sfdp.deep_power_down);
		assert_note(&built.sfdp, "DW11 is blank");
	}

	/* Tables of every length: what is not there is not said. */
	for (unsigned int dwords = 9; dwords <= 16; dwords++) {
		build(&built);
		put_header(&built, 0, 0xff00, 6, dwords, BASIC_AT);
		assert_usable(&built, other_id);
		assert_int_equal(built.sfdp.erase[0].max_ms, dwords >= 10 ? 896 : 0);
		assert_int_equal(built.sfdp.page_bytes, dwords >= 11 ? 256 : 0);
		assert_int_equal(built.sfdp.deep_power_down, dwords >= 14);
		assert_int_equal(built.sfdp.quad_enable, dwords >= 15 ? 4 : 0xff);
		assert_int_equal(built.sfdp.soft_reset_66_99, dwords >= 16);
	}

	build(&built);
	put_basic(&built, 11, 0xc914eaf2);	/* 2^15 */
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.page_bytes, 256);
	assert_note(&built.sfdp, "2^15");

	build(&built);
	put_basic(&built, 14, 0xdcd5a2f7);	/* bit 31: no deep power-down */
	assert_usable(&built, other_id);
	assert_false(built.sfdp.deep_power_down);
}

static void test_4byte_table(void **state)
{
	struct built built;

	(void)state;
	build(&built);
	put_basic(&built, 1, 0xfff320e5);	/* 3 or 4 */
	put_basic(&built, 2, 0x0fffffff);	/* 32 MiB */
	put_basic(&built, 16, 0x80f830e9);	/* no way in */
	put_header(&built, 1, 0xff84, 0, 2, SECOND_AT);
	put_dword(&built, SECOND_AT, 0xffff0e41);
	put_dword(&built, SECOND_AT + 4, 0xffdc5c21);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.routes_4byte, OP4);
	assert_int_equal(built.sfdp.erase[1].opcode_4byte, 0x5c);
	assert_int_equal(built.sfdp.size_bytes, 32 * MIB);

	/* No reads, no programs, or no erases: not used, and there is no other way: 16 MiB. */
	static const uint32_t lacking[] = { 0xffff0e40, 0xffff0e01, 0xffff0041, 0xffff0000 };
	for (unsigned int i = 0; i < 4; i++) {
		put_dword(&built, SECOND_AT, i < 3 ? lacking[i] & 0x00001fff : lacking[i]);
		assert_usable(&built, other_id);
		assert_int_equal(built.sfdp.routes_4byte, 0);
		assert_int_equal(built.sfdp.size_bytes, 16 * MIB);
		assert_int_equal(built.sfdp.density_bytes, 32 * MIB);
		assert_note(&built.sfdp, "4-byte address table ignored");
		assert_note(&built.sfdp, "only the first 16 of 32 MiB");
	}

	/* The 3-byte opcode as the 4-byte one would erase elsewhere; one opcode for two sizes likewise. */
	put_dword(&built, SECOND_AT, 0x00000e41);
	put_dword(&built, SECOND_AT + 4, 0xffd85221);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.erase[0].opcode_4byte, 0x21);
	assert_int_equal(built.sfdp.erase[1].opcode_4byte, 0);
	assert_int_equal(built.sfdp.erase[2].opcode_4byte, 0);
	assert_note(&built.sfdp, "is the 3-byte one (D8)");
	put_dword(&built, SECOND_AT + 4, 0xffdcdc21);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.erase[1].opcode_4byte, 0);
	assert_int_equal(built.sfdp.erase[2].opcode_4byte, 0);
	assert_note(&built.sfdp, "given to another size too");
	put_dword(&built, SECOND_AT + 4, 0xffdcc721);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.erase[1].opcode_4byte, 0);
	assert_note(&built.sfdp, "4-byte opcode C7");

	/* An erase type larger than what can be reached goes with the rest. */
	build(&built);
	put_basic(&built, 1, 0xfff320e5);
	put_basic(&built, 2, 0x0fffffff);
	put_basic(&built, 9, 0xc419d810);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.size_bytes, 16 * MIB);
	assert_int_equal(built.sfdp.erase[3].size_bytes, 0);
}

static void build_map(struct built *built, unsigned int num_dwords, const uint32_t *dwords)
{
	build(built);
	put_header(built, 1, 0xff81, 0, num_dwords, THIRD_AT);
	for (unsigned int i = 0; i < num_dwords; i++)
		put_dword(built, THIRD_AT + 4 * i, dwords[i]);
}

#define MAP(dwords)	(sizeof(dwords) / sizeof((dwords)[0])), (dwords)

static void test_broken_maps(void **state)
{
	static const uint32_t short_sum[] = { 0xff0000ff, 0x007ffff7 };
	static const uint32_t no_type[] = { 0xff0000ff, 0x00fffff0 };
	static const uint32_t runs_past[] = { 0xff0100ff, 0x00fffff7 };
	static const uint32_t no_end[] = { 0xff0000fe, 0x00fffff7 };
	static const uint32_t only_commands[] = { 0x08f065fc, 0x00800004, 0x08f065fd, 0x00800004 };
	static const uint32_t writes[] = { 0x08f071fc, 0x00800004, 0xff0000ff, 0x00fffff7 };
	static const uint32_t odd_latency[] = { 0x08f365fc, 0x00800004, 0xff0000ff, 0x00fffff7 };
	static const uint32_t command_after[] = { 0xff0000fe, 0x007ffff7, 0x08f065fc, 0x00800004 };
	static const struct {
		unsigned int num_dwords;
		const uint32_t *dwords;
		const char *reason;
	} broken[] = {
		{ MAP(short_sum), "add up to 0x800000" },
		{ MAP(no_type), "region 0 has no erase type" },
		{ MAP(runs_past), "runs past" },
		{ MAP(no_end), "runs past" },
		{ MAP(only_commands), "no map" },
		{ MAP(writes), "71 is no register read" },
		{ MAP(odd_latency), "latency of 3" },
		{ MAP(command_after), "a command follows" },
	};
	struct built built;

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		/* DW1 says 4 KiB everywhere: that remains. */
		build_map(&built, broken[i].num_dwords, broken[i].dwords);
		assert_usable(&built, other_id);
		assert_int_equal(built.sfdp.num_regions, 0);
		assert_int_equal(built.sfdp.num_map_detect, 0);
		assert_int_equal(built.sfdp.erase[0].size_bytes, 4096);
		for (unsigned int type = 1; type < 4; type++)
			assert_int_equal(built.sfdp.erase[type].size_bytes, 0);
		assert_note(&built.sfdp, broken[i].reason);

		/* It does not: nothing is left. */
		put_basic(&built, 1, 0xfff120e7);
		assert_refused(&built, other_id, broken[i].reason);
	}

	/* The 4 KiB erase has the opcode of the larger ones: it is not known to erase 4 KiB. */
	build_map(&built, MAP(short_sum));
	put_basic(&built, 8, 0xd80fd80c);
	assert_refused(&built, other_id, "add up");

	/* 9 detection commands, and as many as are supported */
	for (unsigned int num_commands = OFL_SFDP_MAX_DETECT; num_commands <= OFL_SFDP_MAX_DETECT + 1; num_commands++) {
		build(&built);
		put_header(&built, 1, 0xff81, 0, 2 * num_commands + 2, SECOND_AT);
		for (unsigned int i = 0; i < num_commands; i++) {
			put_dword(&built, SECOND_AT + 8 * i, 0x08f065fc);
			put_dword(&built, SECOND_AT + 8 * i + 4, i);
		}
		put_dword(&built, SECOND_AT + 8 * num_commands, 0xff0000ff);
		put_dword(&built, SECOND_AT + 8 * num_commands + 4, 0x00fffff7);
		assert_usable(&built, other_id);
		assert_int_equal(built.sfdp.num_map_detect, num_commands == OFL_SFDP_MAX_DETECT ? num_commands : 0);
	}

	/* 33 regions, and as many as a map can have */
	for (unsigned int num_regions = OFL_SFDP_MAX_REGIONS; num_regions <= OFL_SFDP_MAX_REGIONS + 1; num_regions++) {
		build(&built);
		put_header(&built, 1, 0xff81, 0, 1 + num_regions, SECOND_AT + 0x40);
		put_dword(&built, SECOND_AT + 0x40, 0xff0000ff | (num_regions - 1) << 16);
		for (unsigned int i = 0; i < num_regions; i++)
			put_dword(&built, SECOND_AT + 0x44 + 4 * i, i + 1 < num_regions ? 0x0000fff7 : 0x00fffff7 - 0x10000 * i);
		put_basic(&built, 2, 0x07ffffff);
		assert_usable(&built, other_id);
		assert_int_equal(built.sfdp.num_regions, num_regions == OFL_SFDP_MAX_REGIONS ? num_regions : 0);
	}
}

static void test_region_rules(void **state)
{
	/* types: 1 = 4 KiB 20h, 2 = 32 KiB 52h, 3 = 64 KiB D8h */
	static const uint32_t unaligned[] = { 0xff0100ff, 0x00001ff7, 0x00ffdff7 };
	static const uint32_t shifted[] = { 0xff0200ff, 0x00001ff7, 0x0000fff7, 0x00fedff7 };
	static const uint32_t twice[] = { 0xff0100ff, 0x0000fff5, 0x00fefff7 };
	static const uint32_t half[] = { 0xff0100ff, 0x00fefff1, 0x0100fff1 };
	static const uint32_t shared[] = { 0xff0200ff, 0x00007ff4, 0x00007ff4, 0x00fefff4 };
	static const uint32_t latency[] = { 0x04d8059d, 0x00000000, 0xff0000fe, 0x00fffff1, 0xff0001ff, 0x00fffff4 };
	struct built built;

	(void)state;
	/* 8 KiB first: neither 32 nor 64 KiB fit there, and nothing behind it is aligned for them. */
	build_map(&built, MAP(unaligned));
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.num_regions, 2);
	assert_region(&built.sfdp, 1, 0x2000, 0xffffff, 0x1);

	/* 64 KiB of the right size at the wrong place */
	build_map(&built, MAP(shifted));
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.num_regions, 3);
	assert_region(&built.sfdp, 1, 0x2000, 0x11fff, 0x1);

	/* Types 2 and 3 share D8h: a region that claims both does not say what it erases, one that claims type 3 does. */
	build_map(&built, MAP(twice));
	put_basic(&built, 8, 0xd80f200c);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.num_regions, 2);
	assert_region(&built.sfdp, 0, 0, 0xffff, 0x5);
	assert_region(&built.sfdp, 1, 0x10000, 0xffffff, 0x1);

	/* 32 MiB of which 16 can be reached: the map ends there too. */
	build_map(&built, MAP(half));
	put_basic(&built, 2, 0x0fffffff);
	put_basic(&built, 1, 0xfff320e5);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.size_bytes, 16 * MIB);
	assert_int_equal(built.sfdp.num_regions, 2);
	assert_region(&built.sfdp, 1, 0xff0000, 0xffffff, 0x1);

	/* Two regions in one 64 KiB block that both claim its erase: whose it is cannot be known. */
	build_map(&built, MAP(shared));
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.num_regions, 0);
	assert_int_equal(built.sfdp.erase[2].size_bytes, 0);

	/* 05h, 4 address bytes, 8 clocks, bit 2 */
	build_map(&built, MAP(latency));
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.num_map_detect, 1);
	assert_int_equal(built.sfdp.map_detect[0].opcode, 0x05);
	assert_int_equal(built.sfdp.map_detect[0].address_bytes, 0xff);
	assert_int_equal(built.sfdp.map_detect[0].dummy_bytes, 1);
	assert_int_equal(built.sfdp.map_detect[0].mask, 0x04);
	assert_int_equal(ofl_sfdp_select_map(built.bytes, TABLE_BYTES, 1, &built.sfdp, built.why, sizeof(built.why)),
			OFL_SFDP_OK);
	assert_int_equal(built.sfdp.num_regions, 1);
	assert_region(&built.sfdp, 0, 0, 0xffffff, 0x4);

	/* One map and no commands: it is the one in force, whatever number it has. */
	static const uint32_t only_one[] = { 0xff0007ff, 0x00fffff7 };
	build_map(&built, MAP(only_one));
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.num_regions, 1);

	/* no map at all to select from */
	build(&built);
	assert_usable(&built, other_id);
	assert_int_equal(ofl_sfdp_select_map(built.bytes, TABLE_BYTES, 1, &built.sfdp, built.why, sizeof(built.why)),
			OFL_SFDP_MALFORMED);
}

/* Parts known to be wrong whose tables are not among the fixtures: their wrong property on the built table. */

static void test_known_parts(void **state)
{
	static const uint8_t s25fs512s[3] = { 0x01, 0x02, 0x20 }, s25fl064l[3] = { 0x01, 0x60, 0x17 };
	static const uint8_t s25hl512t[3] = { 0x34, 0x2a, 0x1a }, s28hs512t[3] = { 0x34, 0x5b, 0x1a };
	static const uint8_t w25q256[3] = { 0xef, 0x40, 0x19 }, w25q128[3] = { 0xef, 0x40, 0x18 };
	struct fixture fixture;
	struct ofl_sfdp sfdp;
	struct built built;
	char why[160];

	(void)state;
	/* S25FS-S: page 512 wraps at 256, 4 KiB only in the parameter sectors */
	build(&built);
	put_basic(&built, 11, 0xc914ea92);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.page_bytes, 512);
	assert_usable(&built, s25fs512s);
	assert_int_equal(built.sfdp.page_bytes, 256);
	assert_note(&built.sfdp, "wraps at 256");
	assert_int_equal(built.sfdp.erase[0].size_bytes, 0);
	assert_int_equal(built.sfdp.erase[2].size_bytes, 64 * KIB);

	/* S25FS512S: a detection bit that reads 0 and must be 1; 65h has 8 clocks */
	static const uint32_t map[] = { 0x02ff65fd, 0x00000004, 0xff0001ff, 0x00fffff4 };
	build_map(&built, MAP(map));
	assert_usable(&built, s25fs512s);
	assert_int_equal(built.sfdp.map_detect[0].dummy_bytes, 1);
	assert_int_equal(ofl_sfdp_select_map(built.bytes, TABLE_BYTES, 0, &built.sfdp, why, sizeof(why)), OFL_SFDP_OK);
	assert_int_equal(built.sfdp.num_regions, 1);
	/* and a broken map leaves nothing, although DW1 says 4 KiB everywhere */
	put_dword(&built, THIRD_AT + 12, 0x00effff4);
	assert_usable(&built, s25fs512s);
	assert_int_equal(ofl_sfdp_select_map(built.bytes, TABLE_BYTES, 0, &built.sfdp, why, sizeof(why)),
			OFL_SFDP_MALFORMED);

	/* of an unknown part the latency stays unknown */
	build_map(&built, MAP(map));
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.map_detect[0].dummy_bytes, 0xff);

	/* S25FL064L: 64 KiB in 4 ms */
	build(&built);
	put_basic(&built, 10, 0xee009231);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.erase[2].max_ms, 4);
	assert_usable(&built, s25fl064l);
	assert_int_equal(built.sfdp.erase[0].typical_ms, 64);
	assert_int_equal(built.sfdp.erase[2].typical_ms, 512);
	assert_int_equal(built.sfdp.erase[2].max_ms, 2048);

	/* S25H-T: 3-byte opcodes in the 4-byte table */
	build(&built);
	put_basic(&built, 1, 0xfff320e5);
	put_basic(&built, 2, 0x1fffffff);
	put_header(&built, 1, 0xff84, 0, 2, SECOND_AT);
	put_dword(&built, SECOND_AT, 0x00000a41);
	put_dword(&built, SECOND_AT + 4, 0xffd8ff20);
	assert_usable(&built, s25hl512t);
	assert_int_equal(built.sfdp.erase[0].opcode_4byte, 0x21);
	assert_int_equal(built.sfdp.erase[2].opcode_4byte, 0xdc);
	assert_note(&built.sfdp, "3-byte opcode 20");

	/* S28H-T: no page program in the 4-byte table */
	put_dword(&built, SECOND_AT, 0x00000a01);
	put_dword(&built, SECOND_AT + 4, 0xffdcff21);
	assert_usable(&built, s28hs512t);
	assert_int_equal(built.sfdp.program_4byte, 0x12);
	assert_note(&built.sfdp, "forgets page program");
	put_basic(&built, 16, 0x80f830e9);
	assert_usable(&built, other_id);
	assert_int_equal(built.sfdp.program_4byte, 0);

	/* W25Q256JV: revision 1.5 means 4-byte opcodes; FV (fixture) has none */
	build(&built);
	put_header(&built, 0, 0xff00, 5, 16, BASIC_AT);
	put_basic(&built, 1, 0xfff320e5);
	put_basic(&built, 2, 0x0fffffff);
	assert_usable(&built, w25q256);
	assert_int_equal(built.sfdp.routes_4byte & OP4, OP4);
	assert_int_equal(built.sfdp.erase[0].opcode_4byte, 0x21);
	assert_int_equal(built.sfdp.erase[1].opcode_4byte, 0);
	assert_int_equal(built.sfdp.erase[2].opcode_4byte, 0xdc);
	parse_fixture("w25q256fv", &fixture, &sfdp);
	assert_true(sfdp.clear_extended_on_exit);

	/* Zetta's W25Q128: 16 Mbit for 16 Mbyte */
	build(&built);
	put_header(&built, 0, 0xff00, 0, 9, BASIC_AT);
	put_basic(&built, 2, 0x00ffffff);
	assert_usable(&built, w25q128);
	assert_int_equal(built.sfdp.size_bytes, 16 * MIB);
	assert_note(&built.sfdp, "clone");

	/* GD25LQ128E's id with an ISSI table */
	static const uint8_t gd25lq128e[3] = { 0x25, 0x70, 0x18 };
	load_fixture("is25wp256", &fixture);
	assert_int_equal(parse_exact(fixture.bytes, fixture.length, gd25lq128e, &sfdp, NULL, why, sizeof(why)),
			OFL_SFDP_OK);
	assert_note(&sfdp, "says manufacturer 25, but has a table of 9D");
	/* Without the id the routes in DW16 remain, and no opcodes are made up. */
	assert_int_equal(sfdp.routes_4byte, B7 | BR);
	assert_int_equal(sfdp.read_4byte, 0);

	/* The same 32 MiB chip of an unknown maker, in revision 1.0: half of it is out of reach */
	load_fixture("n25q256a", &fixture);
	assert_int_equal(parse_exact(fixture.bytes, fixture.length, other_id, &sfdp, NULL, why, sizeof(why)), OFL_SFDP_OK);
	assert_int_equal(sfdp.size_bytes, 16 * MIB);
	assert_int_equal(sfdp.density_bytes, 32 * MIB);
	assert_note(&sfdp, "only the first 16 of 32 MiB");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_hostile_headers),
		cmocka_unit_test(test_newest_basic_table),
		cmocka_unit_test(test_density),
		cmocka_unit_test(test_erase_types),
		cmocka_unit_test(test_blank_dwords),
		cmocka_unit_test(test_4byte_table),
		cmocka_unit_test(test_broken_maps),
		cmocka_unit_test(test_region_rules),
		cmocka_unit_test(test_known_parts),
	};

	set_fixture_directory(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
