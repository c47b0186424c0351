// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The SFDP parser against real tables (testing/fixtures/sfdp) and against every truncation and every single-bit error
 * of them.
 *
 * The expected values were decoded by hand from the dwords, apart from the parser, and compared with what is published
 * about the parts: Linux Documentation/driver-api/mtd/spi-nor.rst prints the SST26VF064B's regions, makers' data sheets
 * the times.
 *
 * usage: test_sfdp [FIXTURE_DIRECTORY]; without it $srcdir/testing/fixtures/sfdp
 */

#include "sfdp_check.h"

#include <stdio.h>
#include <string.h>

/* Real tables */

#define B7	OFL_SFDP_4B_ENTER_B7
#define WREN_B7	OFL_SFDP_4B_ENTER_WREN_B7
#define C5	OFL_SFDP_4B_EXTENDED_REG
#define BR	OFL_SFDP_4B_BANK_REG
#define NV	OFL_SFDP_4B_NV_CONFIG
#define OP4	OFL_SFDP_4B_OPCODES

#define T4K		{ .size_bytes = 4 * KIB, .opcode = 0x20 }
#define T32K		{ .size_bytes = 32 * KIB, .opcode = 0x52 }
#define T64K		{ .size_bytes = 64 * KIB, .opcode = 0xd8 }
#define T(size, code, code4, typical, max) \
	{ .size_bytes = (size), .opcode = (code), .opcode_4byte = (code4), .typical_ms = (typical), .max_ms = (max) }

struct expectation {
	const char *fixture;
	uint32_t size_mib, page_bytes;
	uint32_t program_us[2];		/* typical, max */
	uint32_t chip_erase_ms[2];
	uint8_t address_bytes;
	unsigned int routes;
	uint8_t quad_enable;
	uint8_t bfpt_dwords;
	uint8_t num_dies;
	bool soft_reset, flag_status;
	uint32_t power_down_exit_ns;	/* 0: none */
	struct ofl_sfdp_erase_type erase[4];
};

/* The fixtures that are whole tables (SST26VF064B and S25H: below, with their maps). */
static const struct expectation expectations[] = {
	{ "w25q128jv", 16, 256, { 704, 4224 }, { 40000, 560000 }, 3, 0, 4, 16, 1, true, false, 3000,
		{ T(4096, 0x20, 0, 64, 896), T(32768, 0x52, 0, 128, 1792), T(65536, 0xd8, 0, 160, 2240) } },
	{ "w25q64jv", 8, 256, { 704, 4224 }, { 20000, 280000 }, 3, 0, 4, 16, 1, true, false, 3000,
		{ T(4096, 0x20, 0, 64, 896), T(32768, 0x52, 0, 128, 1792), T(65536, 0xd8, 0, 160, 2240) } },
	{ "w25q128fv", 16, 0, { 0 }, { 0 }, 3, 0, 0xff, 9, 1, false, false, 0, { T4K, T32K, T64K } },
	{ "w25q256fv", 32, 0, { 0 }, { 0 }, 34, B7, 0xff, 9, 1, false, false, 0, { T4K, T32K, T64K } },
	{ "w25q512jv", 64, 256, { 704, 4224 }, { 192000, 2688000 }, 34, B7 | C5 | OP4, 4, 16, 1, true, false, 3000,
		{ T(4096, 0x20, 0x21, 64, 896), T(32768, 0x52, 0, 128, 1792), T(65536, 0xd8, 0xdc, 160, 2240) } },
	{ "w25q01jvq", 128, 256, { 704, 4224 }, { 0, 0 }, 34, B7 | C5 | OP4, 4, 16, 2, true, false, 3000,
		{ T(4096, 0x20, 0x21, 64, 896), T(32768, 0x52, 0, 128, 1792), T(65536, 0xd8, 0xdc, 160, 2240) } },
	{ "w25q512nw", 64, 256, { 512, 2048 }, { 104000, 832000 }, 34, B7 | C5 | OP4, 5, 16, 1, true, false, 30000,
		{ T(4096, 0x20, 0x21, 64, 512), T(32768, 0x52, 0, 128, 1024), T(65536, 0xd8, 0xdc, 160, 1280) } },
	{ "w25q512nw-im", 64, 256, { 512, 2048 }, { 104000, 832000 }, 34, B7 | C5 | OP4, 5, 16, 1, true, false, 30000,
		{ T(4096, 0x20, 0x21, 64, 512), T(32768, 0x52, 0, 128, 1024), T(65536, 0xd8, 0xdc, 160, 1280) } },
	{ "mx25l1606e", 2, 0, { 0 }, { 0 }, 3, 0, 0xff, 9, 1, false, false, 0, { T4K, T64K } },
	{ "mx25l3233f", 4, 0, { 0 }, { 0 }, 3, 0, 0xff, 9, 1, false, false, 0, { T4K, T32K, T64K } },
	{ "mx25l6436e", 8, 0, { 0 }, { 0 }, 3, 0, 0xff, 9, 1, false, false, 0, { T4K, T32K, T64K } },
	{ "mx25l128-1v6", 16, 256, { 384, 1536 }, { 28000, 168000 }, 3, 0, 2, 16, 1, true, false, 30000,
		{ T(4096, 0x20, 0, 25, 150), T(32768, 0x52, 0, 144, 864), T(65536, 0xd8, 0, 256, 1536) } },
	{ "mx25l256-1v6", 32, 256, { 256, 1536 }, { 112000, 1568000 }, 34, B7 | C5 | OP4, 2, 16, 1, true, false, 30000,
		{ T(4096, 0x20, 0x21, 30, 420), T(32768, 0x52, 0x5c, 192, 2688), T(65536, 0xd8, 0xdc, 384, 5376) } },
	{ "mx66l1g45g", 128, 256, { 256, 3072 }, { 256000, 3584000 }, 34, B7 | C5 | OP4, 2, 16, 1, true, false, 30000,
		{ T(4096, 0x20, 0x21, 30, 420), T(32768, 0x52, 0x5c, 160, 2240), T(65536, 0xd8, 0xdc, 288, 4032) } },
	{ "mx25l25635e", 32, 0, { 0 }, { 0 }, 34, B7, 0xff, 9, 1, false, false, 0, { T4K, T32K, T64K } },
	{ "mx25l25635f", 32, 0, { 0 }, { 0 }, 34, OP4, 0xff, 9, 1, false, false, 0,
		{ T(4096, 0x20, 0x21, 0, 0), T(32768, 0x52, 0x5c, 0, 0), T(65536, 0xd8, 0xdc, 0, 0) } },
	{ "mx25r6435f", 8, 256, { 896, 5376 }, { 52000, 416000 }, 3, 0, 2, 16, 1, true, false, 40000,
		{ T(4096, 0x20, 0, 48, 384), T(32768, 0x52, 0, 240, 1920), T(65536, 0xd8, 0, 480, 3840) } },
	{ "n25q256a", 32, 0, { 0 }, { 0 }, 34, WREN_B7, 0xff, 9, 1, false, true, 0, { T4K, T64K } },
	{ "mt25qu256a", 32, 256, { 120, 2880 }, { 84000, 2016000 }, 34, WREN_B7 | C5 | NV | OP4, 0, 16, 1, true, true,
			30000,
		{ T(4096, 0x20, 0x21, 48, 480), T(65536, 0xd8, 0xdc, 160, 1600), T(32768, 0x52, 0, 112, 1120) } },
	{ "mt35xu01g", 128, 256, { 120, 2880 }, { 0, 0 }, 34, WREN_B7 | C5 | NV | OP4, 0xff, 16, 2, true, true, 30000,
		{ T(4096, 0x20, 0x21, 48, 480), T(131072, 0xd8, 0xdc, 192, 1920), T(32768, 0x52, 0x5c, 112, 1120) } },
	{ "at25ql128a", 16, 256, { 640, 6400 }, { 60000, 600000 }, 3, 0, 1, 16, 1, true, false, 3000,
		{ T(4096, 0x20, 0, 64, 512), T(32768, 0x52, 0, 208, 1664), T(65536, 0xd8, 0, 352, 2816) } },
	{ "gd25lb512me", 64, 256, { 184, 1472 }, { 100000, 1200000 }, 34, B7 | OP4, 0xff, 16, 1, true, false, 30000,
		{ T(4096, 0x20, 0x21, 30, 360), T(32768, 0x52, 0x5c, 112, 1344), T(65536, 0xd8, 0xdc, 208, 2496) } },
	{ "gd25q32x", 4, 0, { 0 }, { 0 }, 3, 0, 0xff, 9, 1, false, false, 0, { T4K, T32K, T64K } },
	{ "by25q32es", 4, 0, { 0 }, { 0 }, 3, 0, 0xff, 9, 1, false, false, 0, { T4K, T32K, T64K } },
	{ "is25wp256", 32, 256, { 200, 1200 }, { 60000, 480000 }, 34, B7 | BR | OP4, 2, 16, 1, true, false, 15000,
		{ T(4096, 0x20, 0x21, 48, 384), T(32768, 0x52, 0x5c, 160, 1280), T(65536, 0xd8, 0xdc, 304, 2432) } },
	{ "s25fs256t", 32, 256, { 640, 2560 }, { 128000, 768000 }, 34, B7 | OP4, 5, 20, 1, true, false, 0,
		{ { 128 * KIB, 0xd8, 0xdc, 512, 3072, 64 * KIB } } },
};

#define NUM_EXPECTATIONS	(sizeof(expectations) / sizeof(expectations[0]))

static const char * const special_fixtures[] = { "sst26vf064b", "s25hs512t-model", "is25wp064-cut" };

#define NUM_SPECIAL		(sizeof(special_fixtures) / sizeof(special_fixtures[0]))
#define NUM_FIXTURES		(NUM_EXPECTATIONS + NUM_SPECIAL)

static const char *fixture_name(size_t index)
{
	return index < NUM_EXPECTATIONS ? expectations[index].fixture : special_fixtures[index - NUM_EXPECTATIONS];
}

static void assert_erase_types(const char *name, const struct ofl_sfdp *sfdp,
		const struct ofl_sfdp_erase_type *expected)
{
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		const struct ofl_sfdp_erase_type *is = &sfdp->erase[i], *want = &expected[i];

		if (is->size_bytes != want->size_bytes || is->opcode != want->opcode || is->opcode_4byte != want->opcode_4byte
				|| is->typical_ms != want->typical_ms || is->max_ms != want->max_ms
				|| is->step_bytes != want->step_bytes)
			fail_msg("%s: erase type %u is %u %02X/%02X %u/%u ms step %u, not %u %02X/%02X %u/%u ms step %u", name,
					i + 1, is->size_bytes, is->opcode, is->opcode_4byte, is->typical_ms, is->max_ms, is->step_bytes,
					want->size_bytes, want->opcode, want->opcode_4byte, want->typical_ms, want->max_ms,
					want->step_bytes);
	}
}

#define ASSERT_FIELD(name, is, want) \
	do { \
		if ((is) != (want)) \
			fail_msg("%s: %s is %llu, not %llu", name, #is, (unsigned long long)(is), (unsigned long long)(want)); \
	} while (0)

static void test_real_tables(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_EXPECTATIONS; i++) {
		const struct expectation *want = &expectations[i];
		const char *name = want->fixture;
		struct fixture fixture;
		struct ofl_sfdp sfdp;

		parse_fixture(name, &fixture, &sfdp);
		ASSERT_FIELD(name, sfdp.size_bytes, (uint64_t)want->size_mib * MIB);
		ASSERT_FIELD(name, sfdp.density_bytes, (uint64_t)want->size_mib * MIB);
		ASSERT_FIELD(name, sfdp.page_bytes, want->page_bytes);
		ASSERT_FIELD(name, sfdp.page_program_typical_us, want->program_us[0]);
		ASSERT_FIELD(name, sfdp.page_program_max_us, want->program_us[1]);
		ASSERT_FIELD(name, sfdp.chip_erase_typical_ms, want->chip_erase_ms[0]);
		ASSERT_FIELD(name, sfdp.chip_erase_max_ms, want->chip_erase_ms[1]);
		ASSERT_FIELD(name, sfdp.address_bytes, want->address_bytes);
		ASSERT_FIELD(name, sfdp.routes_4byte, want->routes);
		ASSERT_FIELD(name, sfdp.read_4byte, want->routes & OP4 ? 0x13 : 0);
		ASSERT_FIELD(name, sfdp.program_4byte, want->routes & OP4 ? 0x12 : 0);
		ASSERT_FIELD(name, sfdp.quad_enable, want->quad_enable);
		ASSERT_FIELD(name, sfdp.bfpt_dwords, want->bfpt_dwords);
		ASSERT_FIELD(name, sfdp.num_dies, want->num_dies);
		ASSERT_FIELD(name, sfdp.soft_reset_66_99, want->soft_reset);
		ASSERT_FIELD(name, sfdp.busy_by_flag_status, want->flag_status);
		ASSERT_FIELD(name, sfdp.deep_power_down, want->power_down_exit_ns != 0);
		ASSERT_FIELD(name, sfdp.deep_power_down_exit_ns, want->power_down_exit_ns);
		if (sfdp.deep_power_down) {
			ASSERT_FIELD(name, sfdp.deep_power_down_enter, 0xb9);
			ASSERT_FIELD(name, sfdp.deep_power_down_exit, 0xab);
		}
		ASSERT_FIELD(name, sfdp.num_regions, 0);
		ASSERT_FIELD(name, sfdp.num_map_detect, 0);
		assert_erase_types(name, &sfdp, want->erase);
		if (insane(&sfdp))
			fail_msg("%s: not sane: %s", name, insane(&sfdp));
	}
}

/* DW1 bit 22 and DW3 31:16; 4-byte table bits 4 and 7. Macronix' four-byte programs on four lines are 1-4-4 only. */
static void test_four_lines(void **state)
{
	static const struct {
		const char *fixture;
		uint8_t read, clocks, read_4byte, program_4byte;
	} expected[] = {
		{ "w25q128jv", 0x6b, 8, 0, 0 },
		{ "w25q512jv", 0x6b, 8, 0x6c, 0x34 },
		{ "mx25l128-1v6", 0x6b, 8, 0, 0 },
		{ "mx25l256-1v6", 0x6b, 8, 0x6c, 0 },
		{ "mx25l1606e", 0, 0, 0, 0 },
		{ "gd25lb512me", 0x6b, 8, 0x6c, 0x34 },
		{ "w25q256fv", 0x6b, 8, 0, 0 },
	};
	(void)state;

	for (unsigned int i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct fixture fixture;
		struct ofl_sfdp sfdp;

		parse_fixture(expected[i].fixture, &fixture, &sfdp);
		ASSERT_FIELD(expected[i].fixture, sfdp.quad_read, expected[i].read);
		ASSERT_FIELD(expected[i].fixture, sfdp.quad_read_clocks, expected[i].clocks);
		ASSERT_FIELD(expected[i].fixture, sfdp.quad_read_4byte, expected[i].read_4byte);
		ASSERT_FIELD(expected[i].fixture, sfdp.quad_program_4byte, expected[i].program_4byte);
	}
}

static void test_notes_on_real_tables(void **state)
{
	static const struct {
		const char *fixture, *note;	/* NULL: no note at all */
	} expected[] = {
		{ "w25q128jv", NULL },
		{ "w25q512nw-im", NULL },	/* text in the gap between headers and table is nobody's business */
		{ "mx25l6436e", NULL },
		{ "w25q256fv", "maker's usual way (B7)" },
		{ "w25q512jv", "byte 0x18 (table FF03) is not counted" },
		{ "w25q01jvq", "not counted" },
		{ "w25q01jvq", "2 dies" },
		{ "mx25l128-1v6", "4-byte address table ignored" },
		{ "mx25l25635f", "4-4-4 bit" },
		{ "n25q256a", "flag status register" },
		{ "mt35xu01g", "method 7 is reserved" },
		{ "gd25lb512me", "method 7 is reserved" },
		{ "is25wp256", "3 address bytes only" },
		{ "s25fs256t", "page of 128 bytes" },
		{ "s25fs256t", "several sizes" },
		{ "s25fs256t", "ECC" },
		{ "sst26vf064b", "98 unlocks" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct fixture fixture;
		struct ofl_sfdp sfdp;

		parse_fixture(expected[i].fixture, &fixture, &sfdp);
		if (expected[i].note)
			assert_note(&sfdp, expected[i].note);
		else if (sfdp.num_notes != 0)
			fail_msg("%s: unexpected note '%s'", expected[i].fixture, sfdp.note[0]);
	}
}

static void test_qpi_exit_and_dpd(void **state)
{
	struct fixture fixture;
	struct ofl_sfdp sfdp;

	(void)state;
	/* DW15 3:0 is 1001b on Winbond (FFh, or 66h 99h), 1010b on Macronix (F5h, or 66h 99h). */
	parse_fixture("w25q128jv", &fixture, &sfdp);
	assert_true(sfdp.qpi_exit_ff);
	assert_false(sfdp.qpi_exit_f5);
	assert_int_equal(sfdp.byte_program_typical_us, 32);
	parse_fixture("mx25l128-1v6", &fixture, &sfdp);
	assert_false(sfdp.qpi_exit_ff);
	assert_true(sfdp.qpi_exit_f5);
	/* Infineon leaves deep power-down by a chip select pulse and gives 00 as the opcode. */
	parse_fixture("s25fs256t", &fixture, &sfdp);
	assert_false(sfdp.deep_power_down);
	assert_int_equal(sfdp.program_once_bytes, 16);
}

/* Sector maps */

static void test_sst26_map(void **state)
{
	static const struct ofl_sfdp_erase_type erase[4] = {
		T(4 * KIB, 0x20, 0, 19, 38), T(8 * KIB, 0xd8, 0, 19, 38), T(32 * KIB, 0xd8, 0, 19, 38), T(64 * KIB, 0xd8, 0, 19,
				38),
	};
	struct fixture fixture;
	struct ofl_sfdp sfdp;

	(void)state;
	parse_fixture("sst26vf064b", &fixture, &sfdp);
	assert_erase_types("sst26vf064b", &sfdp, erase);
	assert_int_equal(sfdp.size_bytes, 8 * MIB);
	assert_int_equal(sfdp.page_program_typical_us, 1024);
	assert_int_equal(sfdp.page_program_max_us, 2048);
	assert_int_equal(sfdp.chip_erase_typical_ms, 32);
	assert_int_equal(sfdp.chip_erase_max_ms, 64);
	assert_true(sfdp.locked_at_power_up);
	assert_int_equal(sfdp.num_map_detect, 0);
	assert_int_equal(sfdp.num_regions, 5);
	assert_region(&sfdp, 0, 0x000000, 0x007fff, 0x3);
	assert_region(&sfdp, 1, 0x008000, 0x00ffff, 0x5);
	assert_region(&sfdp, 2, 0x010000, 0x7effff, 0x9);
	assert_region(&sfdp, 3, 0x7f0000, 0x7f7fff, 0x5);
	assert_region(&sfdp, 4, 0x7f8000, 0x7fffff, 0x3);
}

static void test_s25h_detection(void **state)
{
	static const struct ofl_sfdp_erase_type erase[4] = {
		T(4 * KIB, 0x20, 0x21, 48, 384), { 0 }, { 0 }, T(256 * KIB, 0xd8, 0xdc, 768, 6144),
	};
	struct fixture fixture;
	struct ofl_sfdp sfdp, selected;
	char why[160];

	(void)state;
	parse_fixture("s25hs512t-model", &fixture, &sfdp);
	assert_erase_types("s25hs512t-model", &sfdp, erase);
	assert_int_equal(sfdp.size_bytes, 64 * MIB);
	assert_int_equal(sfdp.page_bytes, 256);
	assert_int_equal(sfdp.program_once_bytes, 16);
	assert_int_equal(sfdp.routes_4byte, B7 | OP4);
	assert_int_equal(sfdp.num_regions, 0);
	assert_note(&sfdp, "more than one 4-byte address table");

	/*
	 * 65h at 800004h bit 3, at 800002h bits 6 and 2; address length as the chip is configured, no latency on this part
	 */
	static const uint32_t addresses[3] = { 0x800004, 0x800002, 0x800002 };
	static const uint8_t masks[3] = { 0x08, 0x40, 0x04 };
	assert_int_equal(sfdp.num_map_detect, 3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(sfdp.map_detect[i].opcode, 0x65);
		assert_int_equal(sfdp.map_detect[i].address_bytes, 0xff);
		assert_int_equal(sfdp.map_detect[i].dummy_bytes, 0);
		assert_int_equal(sfdp.map_detect[i].address, addresses[i]);
		assert_int_equal(sfdp.map_detect[i].mask, masks[i]);
	}

	/* 0: 32 sectors of 4 KiB at the bottom; what they leave of the first 256 KiB is erased by D8h on its own */
	selected = sfdp;
	assert_int_equal(ofl_sfdp_select_map(fixture.bytes, fixture.length, 0, &selected, why, sizeof(why)), OFL_SFDP_OK);
	assert_int_equal(selected.num_map_detect, 0);
	assert_int_equal(selected.num_regions, 3);
	assert_region(&selected, 0, 0x0000000, 0x001ffff, 0x1);
	assert_region(&selected, 1, 0x0020000, 0x003ffff, 0x8);
	assert_region(&selected, 2, 0x0040000, 0x3ffffff, 0x8);

	/* 1: at the top */
	selected = sfdp;
	assert_int_equal(ofl_sfdp_select_map(fixture.bytes, fixture.length, 1, &selected, why, sizeof(why)), OFL_SFDP_OK);
	assert_int_equal(selected.num_regions, 3);
	assert_region(&selected, 0, 0x0000000, 0x3fbffff, 0x8);
	assert_region(&selected, 1, 0x3fc0000, 0x3fdffff, 0x8);
	assert_region(&selected, 2, 0x3fe0000, 0x3ffffff, 0x1);

	/* 2: half of them at each end */
	selected = sfdp;
	assert_int_equal(ofl_sfdp_select_map(fixture.bytes, fixture.length, 2, &selected, why, sizeof(why)), OFL_SFDP_OK);
	assert_int_equal(selected.num_regions, 5);
	assert_region(&selected, 0, 0x0000000, 0x000ffff, 0x1);
	assert_region(&selected, 1, 0x0010000, 0x003ffff, 0x8);
	assert_region(&selected, 2, 0x0040000, 0x3fbffff, 0x8);
	assert_region(&selected, 3, 0x3fc0000, 0x3feffff, 0x8);
	assert_region(&selected, 4, 0x3ff0000, 0x3ffffff, 0x1);

	/* 4: uniform */
	selected = sfdp;
	assert_int_equal(ofl_sfdp_select_map(fixture.bytes, fixture.length, 4, &selected, why, sizeof(why)), OFL_SFDP_OK);
	assert_int_equal(selected.num_regions, 1);
	assert_region(&selected, 0, 0x0000000, 0x3ffffff, 0x8);

	/* There is no 3, and DW1 says that 4 KiB is not everywhere: nothing is left to use. */
	selected = sfdp;
	assert_int_equal(ofl_sfdp_select_map(fixture.bytes, fixture.length, 3, &selected, why, sizeof(why)),
			OFL_SFDP_MALFORMED);
	assert_true(is_zeroed(&selected));
	assert_non_null(strstr(why, "no map for configuration 3"));
}

/* Damage */

static void test_every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_FIXTURES; i++) {
		const char *name = fixture_name(i);
		struct fixture fixture;
		struct ofl_sfdp whole, part;
		char why[160], what[80];
		size_t need_bytes;

		load_fixture(name, &fixture);
		const bool usable = parse_exact(fixture.bytes, fixture.length, fixture.jedec_id, &whole, NULL, why, sizeof(why))
				== OFL_SFDP_OK;
		for (size_t length = 0; length <= fixture.length; length++) {
			snprintf(what, sizeof(what), "%s cut at %zu", name, length);
			const enum ofl_sfdp_result result = check_any(fixture.bytes, length, fixture.jedec_id, what);

			if (result == OFL_SFDP_ABSENT || result == OFL_SFDP_MALFORMED)
				fail_msg("%s: refused for good, where more bytes would have helped", what);
			if (result != OFL_SFDP_OK)
				continue;
			if (!usable)
				fail_msg("%s: accepted, but the whole is not", what);
			parse_exact(fixture.bytes, length, fixture.jedec_id, &part, NULL, why, sizeof(why));
			if (part.size_bytes != whole.size_bytes || memcmp(part.erase, whole.erase, sizeof(whole.erase)) != 0
					|| part.num_regions != whole.num_regions || part.routes_4byte != whole.routes_4byte)
				fail_msg("%s: another answer than for the whole", what);
		}

		/* Reading what is asked for, starting from nothing, ends with the answer for the whole. */
		size_t length = 0;
		for (unsigned int round = 0; usable && round < 5; round++) {
			if (parse_exact(fixture.bytes, length, fixture.jedec_id, &part, &need_bytes, why, sizeof(why))
					!= OFL_SFDP_NEED_MORE)
				break;
			assert_true(need_bytes <= fixture.length);
			length = need_bytes;
		}
		if (usable)
			assert_int_equal(part.size_bytes, whole.size_bytes);
	}
}

static void test_every_bit_flip(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUM_FIXTURES; i++) {
		struct fixture fixture;
		char what[80];

		load_fixture(fixture_name(i), &fixture);
		for (size_t bit = 0; bit < fixture.length * 8; bit++) {
			fixture.bytes[bit / 8] ^= 1u << (bit % 8);
			snprintf(what, sizeof(what), "%s with bit %zu of byte 0x%zx flipped", fixture_name(i), bit % 8, bit / 8);
			check_any(fixture.bytes, fixture.length, fixture.jedec_id, what);
			check_any(fixture.bytes, fixture.length, NULL, what);
			fixture.bytes[bit / 8] ^= 1u << (bit % 8);
		}
	}
}

static void test_random_damage(void **state)
{
	uint32_t random = 1;
	char what[80];

	(void)state;
	for (unsigned int round = 0; round < 60000; round++) {
		struct fixture fixture;
		static struct fixture fixtures[NUM_FIXTURES];

		if (round < NUM_FIXTURES)
			load_fixture(fixture_name(round), &fixtures[round]);
		fixture = fixtures[round % NUM_FIXTURES];
		for (unsigned int hit = 0; hit < 1 + round % 7; hit++) {
			static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff };

			random = random * 1664525 + 1013904223;
			const size_t at = (random >> 8) % fixture.length;
			fixture.bytes[at] = random >> 7 & 1 ? values[(random >> 3) % sizeof(values)] : random >> 24;
		}
		snprintf(what, sizeof(what), "%s, damage %u", fixture_name(round % NUM_FIXTURES), round);
		check_any(fixture.bytes, fixture.length, fixture.jedec_id, what);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_tables),
		cmocka_unit_test(test_four_lines),
		cmocka_unit_test(test_notes_on_real_tables),
		cmocka_unit_test(test_qpi_exit_and_dpd),
		cmocka_unit_test(test_sst26_map),
		cmocka_unit_test(test_s25h_detection),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_every_bit_flip),
		cmocka_unit_test(test_random_damage),
	};

	set_fixture_directory(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
