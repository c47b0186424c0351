// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The planner: erase steps, pieces and slots. Examples with known answers, and properties that must hold for
 * everything, checked against brute force on small geometries.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "../../contrib/loaders/flash/ofl/ofl_abi.h"
#include "../../src/flash/nor/ofl_layout.h"
#include "../../src/flash/nor/ofl_plan.h"

#define KIB		1024u
#define MIB		(1024u * KIB)
#define MAX_STEPS	(8 * OFL_MAX_REGIONS)
#define NEVER		UINT64_MAX

static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)random_state * limit) >> 32);
}

/* 4, 32 and 64 KiB everywhere; times as data sheets of the W25Q128JV quote them. */
static struct ofl_geometry uniform(uint64_t size_bytes)
{
	return (struct ofl_geometry) {
		.size_bytes = size_bytes,
		.page_bytes = 256,
		.num_erase_types = 3,
		.erase = {
			{ .size_bytes = 4 * KIB, .opcode = 0x20, .typical_ms = 45, .max_ms = 400 },
			{ .size_bytes = 32 * KIB, .opcode = 0x52, .typical_ms = 120, .max_ms = 1600 },
			{ .size_bytes = 64 * KIB, .opcode = 0xd8, .typical_ms = 150, .max_ms = 2000 },
		},
		.num_regions = 1,
		.region = { { .offset_bytes = 0, .size_bytes = size_bytes, .erase_mask = 7 } },
		.chip_erase_opcode = 0xc7,
		.chip_erase_typical_ms = 40000,
		.chip_erase_max_ms = 200000,
	};
}

/* SST26VF064B: 4 KiB everywhere, and D8h erases 8, 32 or 64 KiB according to the place (its SFDP sector map). */
static struct ofl_geometry sst26(void)
{
	return (struct ofl_geometry) {
		.size_bytes = 8 * MIB,
		.page_bytes = 256,
		.num_erase_types = 4,
		.erase = {
			{ .size_bytes = 4 * KIB, .opcode = 0x20, .typical_ms = 25, .max_ms = 25 },
			{ .size_bytes = 8 * KIB, .opcode = 0xd8, .typical_ms = 25, .max_ms = 25 },
			{ .size_bytes = 32 * KIB, .opcode = 0xd8, .typical_ms = 25, .max_ms = 25 },
			{ .size_bytes = 64 * KIB, .opcode = 0xd8, .typical_ms = 25, .max_ms = 25 },
		},
		.num_regions = 5,
		.region = {
			{ .offset_bytes = 0x000000, .size_bytes = 0x008000, .erase_mask = 0x3 },
			{ .offset_bytes = 0x008000, .size_bytes = 0x008000, .erase_mask = 0x5 },
			{ .offset_bytes = 0x010000, .size_bytes = 0x7e0000, .erase_mask = 0x9 },
			{ .offset_bytes = 0x7f0000, .size_bytes = 0x008000, .erase_mask = 0x5 },
			{ .offset_bytes = 0x7f8000, .size_bytes = 0x008000, .erase_mask = 0x3 },
		},
		.chip_erase_opcode = 0xc7,
		.chip_erase_typical_ms = 50,
		.chip_erase_max_ms = 50,
	};
}

/* What the steps must be, in order; ended by a count of 0. */
struct expected_step {
	uint64_t offset_bytes;
	uint64_t unit_bytes;
	uint32_t count;
	uint8_t opcode;
	uint32_t typical_ms;
};

static void check_steps(const struct ofl_geometry *geometry, uint64_t offset_bytes, uint64_t length_bytes,
		const struct expected_step *expected)
{
	struct ofl_erase_step steps[MAX_STEPS];
	int num_steps = ofl_plan_erase(geometry, offset_bytes, length_bytes, steps, MAX_STEPS);
	int n = 0;

	for (; expected[n].count; n++) {
		assert_true(n < num_steps);
		assert_int_equal(steps[n].offset_bytes, expected[n].offset_bytes);
		assert_int_equal(steps[n].unit_bytes, expected[n].unit_bytes);
		assert_int_equal(steps[n].count, expected[n].count);
		assert_int_equal(steps[n].opcode, expected[n].opcode);
		assert_int_equal(steps[n].typical_ms, expected[n].typical_ms);
		assert_false(steps[n].chip_erase);
	}
	assert_int_equal(num_steps, n);
}

static void test_largest_types_inside(void **state)
{
	struct ofl_geometry g = uniform(16 * MIB);
	(void)state;

	assert_null(ofl_geometry_fault(&g));
	check_steps(&g, 0, 4 * KIB, (struct expected_step[]) { { 0, 4 * KIB, 1, 0x20, 45 }, { 0 } });
	check_steps(&g, 64 * KIB, 192 * KIB, (struct expected_step[]) { { 64 * KIB, 64 * KIB, 3, 0xd8, 150 }, { 0 } });
	/* Up to the alignment in small units, large ones, and down again. */
	check_steps(&g, 4 * KIB, 256 * KIB, (struct expected_step[]) {
		{ 4 * KIB, 4 * KIB, 7, 0x20, 45 },
		{ 32 * KIB, 32 * KIB, 1, 0x52, 120 },
		{ 64 * KIB, 64 * KIB, 3, 0xd8, 150 },
		{ 256 * KIB, 4 * KIB, 1, 0x20, 45 },
		{ 0 } });
	/* 64 KiB of length, but nowhere on a 64 KiB boundary. */
	check_steps(&g, 32 * KIB, 64 * KIB, (struct expected_step[]) { { 32 * KIB, 32 * KIB, 2, 0x52, 120 }, { 0 } });
	check_steps(&g, 36 * KIB, 28 * KIB, (struct expected_step[]) { { 36 * KIB, 4 * KIB, 7, 0x20, 45 }, { 0 } });
	/* The last sector, and all but the first. */
	check_steps(&g, 16 * MIB - 4 * KIB, 4 * KIB,
		(struct expected_step[]) { { 16 * MIB - 4 * KIB, 4 * KIB, 1, 0x20, 45 }, { 0 } });
	check_steps(&g, 4 * KIB, 16 * MIB - 4 * KIB, (struct expected_step[]) {
		{ 4 * KIB, 4 * KIB, 7, 0x20, 45 },
		{ 32 * KIB, 32 * KIB, 1, 0x52, 120 },
		{ 64 * KIB, 64 * KIB, 255, 0xd8, 150 },
		{ 0 } });
	check_steps(&g, 8 * MIB, 0, (struct expected_step[]) { { 0 } });
}

static void test_sector_map(void **state)
{
	struct ofl_geometry g = sst26();
	(void)state;

	assert_null(ofl_geometry_fault(&g));
	check_steps(&g, 0, 0x20000, (struct expected_step[]) {
		{ 0x0000, 8 * KIB, 4, 0xd8, 25 },
		{ 0x8000, 32 * KIB, 1, 0xd8, 25 },
		{ 0x10000, 64 * KIB, 1, 0xd8, 25 },
		{ 0 } });
	/* The same opcode erases another size here, so that the size must come from the region. */
	check_steps(&g, 0x7e0000, 0x20000, (struct expected_step[]) {
		{ 0x7e0000, 64 * KIB, 1, 0xd8, 25 },
		{ 0x7f0000, 32 * KIB, 1, 0xd8, 25 },
		{ 0x7f8000, 8 * KIB, 4, 0xd8, 25 },
		{ 0 } });
	check_steps(&g, 0x1000, 0x3000, (struct expected_step[]) {
		{ 0x1000, 4 * KIB, 1, 0x20, 25 },
		{ 0x2000, 8 * KIB, 1, 0xd8, 25 },
		{ 0 } });
	/* No 8 KiB here. */
	check_steps(&g, 0xa000, 0x2000, (struct expected_step[]) { { 0xa000, 4 * KIB, 2, 0x20, 25 }, { 0 } });
	/* Steps of one type join across a region's edge. */
	check_steps(&g, 0x7000, 0x2000, (struct expected_step[]) { { 0x7000, 4 * KIB, 2, 0x20, 25 }, { 0 } });

	assert_int_equal(ofl_plan_sector_bytes(&g, 0), 4 * KIB);
	assert_int_equal(ofl_plan_sector_bytes(&g, 8 * MIB - 1), 4 * KIB);
	assert_int_equal(ofl_plan_sector_bytes(&g, 8 * MIB), 0);
	assert_int_equal(ofl_plan_sector_bytes(&g, UINT64_MAX), 0);
}

/* Like S25FS-S with 4 KiB parameter sectors at the bottom: 8 x 4, 1 x 32, the rest 64 KiB. */
static void test_sectors_of_different_sizes(void **state)
{
	struct ofl_geometry g = uniform(256 * KIB);
	struct ofl_erase_step steps[MAX_STEPS];
	(void)state;

	g.chip_erase_opcode = 0;
	g.num_regions = 3;
	g.region[0] = (struct ofl_region){ .offset_bytes = 0, .size_bytes = 32 * KIB, .erase_mask = 1 };
	g.region[1] = (struct ofl_region){ .offset_bytes = 32 * KIB, .size_bytes = 32 * KIB, .erase_mask = 2 };
	g.region[2] = (struct ofl_region){ .offset_bytes = 64 * KIB, .size_bytes = 192 * KIB, .erase_mask = 4 };
	assert_null(ofl_geometry_fault(&g));
	assert_int_equal(ofl_plan_sector_bytes(&g, 32 * KIB - 1), 4 * KIB);
	assert_int_equal(ofl_plan_sector_bytes(&g, 32 * KIB), 32 * KIB);
	assert_int_equal(ofl_plan_sector_bytes(&g, 64 * KIB), 64 * KIB);

	check_steps(&g, 28 * KIB, 100 * KIB, (struct expected_step[]) {
		{ 28 * KIB, 4 * KIB, 1, 0x20, 45 },
		{ 32 * KIB, 32 * KIB, 1, 0x52, 120 },
		{ 64 * KIB, 64 * KIB, 1, 0xd8, 150 },
		{ 0 } });
	/* On a sector at one end only. */
	assert_int_equal(ofl_plan_erase(&g, 32 * KIB, 4 * KIB, steps, MAX_STEPS), -1);
	assert_int_equal(ofl_plan_erase(&g, 36 * KIB, 28 * KIB, steps, MAX_STEPS), -1);
	assert_int_equal(ofl_plan_erase(&g, 64 * KIB, 96 * KIB, steps, MAX_STEPS), -1);
}

static void test_refused_ranges(void **state)
{
	struct ofl_geometry g = uniform(1 * MIB);
	struct ofl_erase_step steps[MAX_STEPS];
	(void)state;

	assert_int_equal(ofl_plan_erase(&g, 1, 4 * KIB, steps, MAX_STEPS), -1);
	assert_int_equal(ofl_plan_erase(&g, 0, 1, steps, MAX_STEPS), -1);
	assert_int_equal(ofl_plan_erase(&g, 0, 4 * KIB + 1, steps, MAX_STEPS), -1);
	assert_int_equal(ofl_plan_erase(&g, 2 * KIB, 2 * KIB, steps, MAX_STEPS), -1);
	assert_int_equal(ofl_plan_erase(&g, 4 * KIB - 1, 1, steps, MAX_STEPS), -1);
	/* Past the end, and sums that wrap. */
	assert_int_equal(ofl_plan_erase(&g, 0, 1 * MIB + 4 * KIB, steps, MAX_STEPS), -1);
	assert_int_equal(ofl_plan_erase(&g, 1 * MIB, 4 * KIB, steps, MAX_STEPS), -1);
	assert_int_equal(ofl_plan_erase(&g, 2 * MIB, 0, steps, MAX_STEPS), -1);
	assert_int_equal(ofl_plan_erase(&g, UINT64_MAX - 4 * KIB + 1, 8 * KIB, steps, MAX_STEPS), -1);
	assert_int_equal(ofl_plan_erase(&g, 4 * KIB, UINT64_MAX - 4 * KIB + 1, steps, MAX_STEPS), -1);
}

/* `steps` is as long as max_steps says: the sanitizer sees a step too many. */
static void test_max_steps(void **state)
{
	struct ofl_geometry g = uniform(1 * MIB);
	(void)state;

	for (unsigned int max_steps = 0; max_steps <= 5; max_steps++) {
		struct ofl_erase_step *steps = malloc((max_steps ? max_steps : 1) * sizeof(*steps));
		assert_non_null(steps);
		int expected = max_steps >= 4 ? 4 : -1;
		assert_int_equal(ofl_plan_erase(&g, 4 * KIB, 256 * KIB, steps, max_steps), expected);
		free(steps);
	}
}

static void test_chip_erase(void **state)
{
	struct ofl_geometry g = uniform(16 * MIB);
	struct ofl_erase_step steps[MAX_STEPS];
	(void)state;

	/* 256 x 150 ms = 38.4 s, which is less than 40 s, and as much as 38.4 s. */
	assert_int_equal(ofl_plan_erase(&g, 0, 16 * MIB, steps, MAX_STEPS), 1);
	assert_false(steps[0].chip_erase);
	assert_int_equal(ofl_plan_erase_ms(steps, 1), 38400);
	g.chip_erase_typical_ms = 38400;
	assert_int_equal(ofl_plan_erase(&g, 0, 16 * MIB, steps, MAX_STEPS), 1);
	assert_false(steps[0].chip_erase);

	g.chip_erase_typical_ms = 38399;
	assert_int_equal(ofl_plan_erase(&g, 0, 16 * MIB, steps, MAX_STEPS), 1);
	assert_true(steps[0].chip_erase);
	assert_int_equal(steps[0].offset_bytes, 0);
	assert_int_equal(steps[0].unit_bytes, 16 * MIB);
	assert_int_equal(steps[0].count, 1);
	assert_int_equal(steps[0].opcode, 0xc7);
	assert_int_equal(steps[0].typical_ms, 38399);
	assert_int_equal(steps[0].max_ms, 200000);
	assert_int_equal(ofl_plan_erase_ms(steps, 1), 38399);

	/* Not for less than everything, however fast. */
	g.chip_erase_typical_ms = 1;
	assert_int_not_equal(ofl_plan_erase(&g, 4 * KIB, 16 * MIB - 4 * KIB, steps, MAX_STEPS), 1);
	assert_int_equal(ofl_plan_erase(&g, 0, 16 * MIB - 64 * KIB, steps, MAX_STEPS), 1);
	assert_false(steps[0].chip_erase);

	/* Nor when there is no such command, or a time to compare is not known. */
	g.chip_erase_opcode = 0;
	assert_int_equal(ofl_plan_erase(&g, 0, 16 * MIB, steps, MAX_STEPS), 1);
	assert_false(steps[0].chip_erase);
	g.chip_erase_opcode = 0xc7;
	g.chip_erase_typical_ms = 0;
	assert_int_equal(ofl_plan_erase(&g, 0, 16 * MIB, steps, MAX_STEPS), 1);
	assert_false(steps[0].chip_erase);
	g.chip_erase_typical_ms = 1;
	g.erase[2].typical_ms = 0;
	assert_int_equal(ofl_plan_erase(&g, 0, 16 * MIB, steps, MAX_STEPS), 1);
	assert_false(steps[0].chip_erase);

	/* A part with a map: 50 ms are less than 138 x 25 ms. */
	g = sst26();
	assert_int_equal(ofl_plan_erase(&g, 0, g.size_bytes, steps, MAX_STEPS), 1);
	assert_true(steps[0].chip_erase);
}

static void test_geometry_faults(void **state)
{
	struct ofl_geometry g;
	(void)state;

#define CHECK_FAULT(...) \
	do { \
		g = uniform(1 * MIB); \
		__VA_ARGS__; \
		assert_non_null(ofl_geometry_fault(&g)); \
	} while (0)

	CHECK_FAULT(g.size_bytes = 0);
	CHECK_FAULT(g.page_bytes = 0);
	CHECK_FAULT(g.page_bytes = 264);
	CHECK_FAULT(g.page_bytes = 8192);
	CHECK_FAULT(g.num_erase_types = 0);
	CHECK_FAULT(g.num_erase_types = OFL_MAX_ERASE_TYPES + 1);
	CHECK_FAULT(g.erase[1].size_bytes = 0);
	CHECK_FAULT(g.erase[1].size_bytes = 33 * KIB);
	CHECK_FAULT(g.erase[1].size_bytes = 4 * KIB);
	CHECK_FAULT(g.erase[2].size_bytes = 8 * KIB);
	CHECK_FAULT(g.num_regions = 0);
	CHECK_FAULT(g.num_regions = OFL_MAX_REGIONS + 1);
	CHECK_FAULT(g.region[0].offset_bytes = 4 * KIB);
	CHECK_FAULT(g.region[0].size_bytes = 1 * MIB - 4 * KIB);
	CHECK_FAULT(g.region[0].size_bytes = 0);
	CHECK_FAULT(g.region[0].erase_mask = 0);
	CHECK_FAULT(g.region[0].erase_mask = 8);	/* a type that there is not */
	CHECK_FAULT(g.size_bytes = 1 * MIB + 4 * KIB);
	CHECK_FAULT(g.size_bytes = 1 * MIB + 1; g.region[0].size_bytes = 1 * MIB + 1);
	/* Regions that overlap, leave a hole, or cut a sector. */
	CHECK_FAULT(g.num_regions = 2; g.region[0].size_bytes = 512 * KIB;
		g.region[1] = (struct ofl_region){ 508 * KIB, 516 * KIB, 7 });
	CHECK_FAULT(g.num_regions = 2; g.region[0].size_bytes = 512 * KIB;
		g.region[1] = (struct ofl_region){ 516 * KIB, 508 * KIB, 7 });
	CHECK_FAULT(g.num_regions = 2; g.region[0].size_bytes = 4 * KIB;
		g.region[1] = (struct ofl_region){ 4 * KIB, 1020 * KIB, 4 });
#undef CHECK_FAULT

	g = uniform(1 * MIB);
	assert_null(ofl_geometry_fault(&g));
}

/*
 * Least typical time of erasing [offset, offset + length), of all ways to do that, by dynamic programming from the end.
 * cost[n]: from `offset` + n x 4 KiB on. NEVER: impossible.
 */
#define MAX_CELLS	128
#define CELL_BYTES	(4 * KIB)

static const struct ofl_region *region_at(const struct ofl_geometry *g, uint64_t at)
{
	for (unsigned int n = 0; n < g->num_regions; n++) {
		if (at >= g->region[n].offset_bytes && at < g->region[n].offset_bytes + g->region[n].size_bytes)
			return &g->region[n];
	}
	return NULL;
}

static bool is_legal_unit(const struct ofl_geometry *g, uint64_t at, uint64_t unit_bytes, unsigned int type)
{
	const struct ofl_region *region = region_at(g, at);

	return g->erase[type].size_bytes == unit_bytes && at % unit_bytes == 0 && region &&
		(region->erase_mask >> type & 1) && at + unit_bytes <= region->offset_bytes + region->size_bytes;
}

static uint64_t least_ms(const struct ofl_geometry *g, uint64_t offset_bytes, uint64_t length_bytes)
{
	uint64_t cost[MAX_CELLS + 1];
	unsigned int cells = (unsigned int)(length_bytes / CELL_BYTES);

	assert_true(cells <= MAX_CELLS);
	cost[cells] = 0;
	for (unsigned int n = cells; n-- > 0; ) {
		cost[n] = NEVER;
		for (unsigned int type = 0; type < g->num_erase_types; type++) {
			uint32_t unit_bytes = g->erase[type].size_bytes;
			unsigned int next = n + unit_bytes / CELL_BYTES;
			if (next > cells || cost[next] == NEVER)
				continue;
			if (!is_legal_unit(g, offset_bytes + n * CELL_BYTES, unit_bytes, type))
				continue;
			uint64_t sum = cost[next] + g->erase[type].typical_ms;
			if (sum < cost[n])
				cost[n] = sum;
		}
	}
	return cost[0];
}

/* All units are legal where they are, and lie side by side from the range's start to its end. Returns the time. */
static uint64_t check_cover(const struct ofl_geometry *g, uint64_t offset_bytes, uint64_t length_bytes,
		const struct ofl_erase_step *steps, int num_steps)
{
	uint64_t at = offset_bytes;
	uint64_t sum_ms = 0;

	for (int n = 0; n < num_steps; n++) {
		assert_int_equal(steps[n].offset_bytes, at);
		assert_true(steps[n].count > 0);
		for (uint32_t unit = 0; unit < steps[n].count; unit++) {
			bool legal = false;
			for (unsigned int type = 0; type < g->num_erase_types; type++) {
				if (!is_legal_unit(g, at, steps[n].unit_bytes, type) || g->erase[type].opcode != steps[n].opcode)
					continue;
				legal = true;
				assert_int_equal(steps[n].typical_ms, g->erase[type].typical_ms);
				assert_int_equal(steps[n].max_ms, g->erase[type].max_ms);
				sum_ms += g->erase[type].typical_ms;
			}
			assert_true(legal);
			at += steps[n].unit_bytes;
		}
	}
	assert_int_equal(at, offset_bytes + length_bytes);
	return sum_ms;
}

/*
 * The planner takes the largest type that fits and does not look at times. That is optimal as long as no type takes
 * longer than the smaller ones that it stands for. Where a chip's table says otherwise (MX25L25635E: 32 KiB in 500 ms,
 * 8 x 4 KiB in 480 ms), it costs at most the factor by which one type is worse, returned here as a fraction.
 */
static void allowed_factor(const struct ofl_geometry *g, uint64_t *numerator, uint64_t *denominator)
{
	*numerator = 1;
	*denominator = 1;
	for (unsigned int large = 0; large < g->num_erase_types; large++) {
		for (unsigned int small = 0; small < large; small++) {
			uint64_t n = g->erase[large].typical_ms;
			uint64_t d = (uint64_t)g->erase[small].typical_ms *
				(g->erase[large].size_bytes / g->erase[small].size_bytes);
			if (n * *denominator > *numerator * d) {
				*numerator = n;
				*denominator = d;
			}
		}
	}
}

/* Every range of whole 4 KiB cells, on sectors or not. */
static void check_all_ranges(const struct ofl_geometry *g)
{
	struct ofl_erase_step steps[MAX_STEPS];
	uint64_t numerator, denominator;

	assert_null(ofl_geometry_fault(g));
	allowed_factor(g, &numerator, &denominator);
	for (uint64_t offset = 0; offset < g->size_bytes; offset += CELL_BYTES) {
		for (uint64_t length = CELL_BYTES; offset + length <= g->size_bytes; length += CELL_BYTES) {
			uint64_t best_ms = least_ms(g, offset, length);
			int num_steps = ofl_plan_erase(g, offset, length, steps, 8 * g->num_regions);
			/* What can be erased exactly is erased exactly, and nothing else. */
			if (best_ms == NEVER) {
				assert_int_equal(num_steps, -1);
				continue;
			}
			assert_true(num_steps > 0);
			uint64_t sum_ms = check_cover(g, offset, length, steps, num_steps);
			assert_int_equal(sum_ms, ofl_plan_erase_ms(steps, (unsigned int)num_steps));
			assert_true(sum_ms * denominator <= best_ms * numerator);
		}
	}
}

static void test_all_ranges_uniform(void **state)
{
	struct ofl_geometry g = uniform(256 * KIB);
	(void)state;

	g.chip_erase_opcode = 0;
	check_all_ranges(&g);
	/* The factor is 1 for this table: the plan is the best one. */
	uint64_t numerator, denominator;
	allowed_factor(&g, &numerator, &denominator);
	assert_int_equal(numerator, denominator);

	/* MX25L25635E's, where a larger type is not worth it. */
	g.erase[0].typical_ms = 60;
	g.erase[1].typical_ms = 500;
	g.erase[2].typical_ms = 700;
	allowed_factor(&g, &numerator, &denominator);
	assert_int_equal(numerator, 500);
	assert_int_equal(denominator, 480);
	check_all_ranges(&g);
}

/* SST26's head and tail joined into 384 KiB. */
static void test_all_ranges_map(void **state)
{
	struct ofl_geometry g = sst26();
	(void)state;

	g.chip_erase_opcode = 0;
	g.size_bytes = 384 * KIB;
	g.region[2].size_bytes = 256 * KIB;
	g.region[3].offset_bytes = 320 * KIB;
	g.region[4].offset_bytes = 352 * KIB;
	check_all_ranges(&g);
}

/* Maps that no vendor would make. */
static void test_all_ranges_random(void **state)
{
	(void)state;

	for (unsigned int round = 0; round < 150; round++) {
		struct ofl_geometry g = { .page_bytes = 256 };
		uint32_t size_bytes = CELL_BYTES;
		random_state = round;
		g.num_erase_types = 1 + random_below(OFL_MAX_ERASE_TYPES);
		for (unsigned int n = 0; n < g.num_erase_types; n++) {
			/* One opcode for all, as SST26's, would leave check_cover() less to see. */
			g.erase[n] = (struct ofl_erase_type) { .size_bytes = size_bytes, .opcode = (uint8_t)(0x20 + n),
				.typical_ms = 1 + random_below(100) * (n + 1), .max_ms = random_below(3000) };
			size_bytes *= 2u << random_below(2);
		}
		unsigned int num_regions = 1 + random_below(5);
		while (g.num_regions < num_regions && g.size_bytes < 160 * KIB) {
			struct ofl_region *region = &g.region[g.num_regions];
			unsigned int smallest = random_below(g.num_erase_types);
			uint32_t sector_bytes = g.erase[smallest].size_bytes;
			if (g.size_bytes % sector_bytes || sector_bytes > 64 * KIB) {
				smallest = 0;
				sector_bytes = CELL_BYTES;
			}
			region->offset_bytes = g.size_bytes;
			region->size_bytes = sector_bytes * (1 + random_below(8 * CELL_BYTES * 2 / sector_bytes + 1));
			region->erase_mask = (uint8_t)((1u << smallest | random_below(16) << smallest) & 0xf);
			g.size_bytes += region->size_bytes;
			g.num_regions++;
		}
		check_all_ranges(&g);
	}
}

/* Every offset and length over a few pages, with data of which whole stretches are `erased_byte`. */
static void check_pieces(uint64_t offset_bytes, const uint8_t *data, size_t length_bytes, uint32_t piece_bytes,
		uint8_t erased_byte)
{
	uint8_t programmed[600];
	struct ofl_piece piece;
	size_t position = 0, last_end = 0;
	uint32_t count = 0;

	assert_true(length_bytes <= sizeof(programmed));
	memset(programmed, erased_byte, sizeof(programmed));
	while (ofl_plan_next_piece(offset_bytes, data, length_bytes, piece_bytes, erased_byte, &position, &piece)) {
		count++;
		assert_true(piece.length_bytes > 0);
		assert_true(piece.data_offset >= last_end);
		last_end = piece.data_offset + piece.length_bytes;
		assert_true(last_end <= length_bytes);
		assert_int_equal(piece.offset_bytes, offset_bytes + piece.data_offset);
		/* Inside one page, as a piece divides the page. */
		assert_int_equal(piece.offset_bytes / piece_bytes, (piece.offset_bytes + piece.length_bytes - 1) / piece_bytes);
		/* Nor less than there is of it: only the data's ends cut a piece. */
		assert_true(piece.data_offset == 0 || piece.offset_bytes % piece_bytes == 0);
		assert_true(last_end == length_bytes || (piece.offset_bytes + piece.length_bytes) % piece_bytes == 0);
		/* Never a blank one. */
		bool blank = true;
		for (uint32_t n = 0; n < piece.length_bytes; n++)
			blank &= data[piece.data_offset + n] == erased_byte;
		assert_false(blank);
		memcpy(programmed + piece.data_offset, data + piece.data_offset, piece.length_bytes);
	}
	/* What was left out is what an erased flash holds anyway. */
	assert_memory_equal(programmed, data, length_bytes);
	assert_int_equal(ofl_plan_count_pieces(offset_bytes, data, length_bytes, piece_bytes, erased_byte), count);
}

static void test_pieces(void **state)
{
	/* Pages of DataFlash (264) and of others that are no power of two, too. */
	static const uint32_t piece_sizes[] = { 1, 3, 8, 16, 64, 100, 256, 264, 528 };
	static const uint8_t erased_bytes[] = { 0xff, 0x00, 0x5a };
	(void)state;

	random_state = 1;
	for (unsigned int round = 0; round < 40; round++) {
		uint8_t data[600];
		uint8_t erased_byte = erased_bytes[round % 3];
		/* Stretches of noise, of blank, and of blank with one byte that is not. */
		for (size_t n = 0; n < sizeof(data); ) {
			size_t end = n + 1 + random_below(150);
			unsigned int kind = random_below(3);
			for (; n < end && n < sizeof(data); n++)
				data[n] = kind == 0 ? (uint8_t)random_below(256) : erased_byte;
			if (kind == 2)
				data[n - 1] = erased_byte ^ 0x80;
		}
		if (round < 3)
			memset(data, erased_byte, sizeof(data));
		for (unsigned int size = 0; size < sizeof(piece_sizes) / sizeof(piece_sizes[0]); size++) {
			for (unsigned int n = 0; n < 40; n++) {
				size_t start = random_below(300);
				size_t length = random_below(300) + (n == 0 ? 0 : 1);
				/* Up to the top of a 4 GiB flash; `data + start` is off word boundaries, too. */
				uint64_t offset = n & 1 ? random_below(2000) : 0x100000000ull - length - random_below(20);
				check_pieces(offset, data + start, length, piece_sizes[size], erased_byte);
			}
			check_pieces(0, data, 0, piece_sizes[size], erased_byte);
		}
	}
}

static void test_pieces_examples(void **state)
{
	uint8_t data[512];
	struct ofl_piece piece;
	size_t position = 0;
	(void)state;

	memset(data, 0xff, sizeof(data));
	assert_int_equal(ofl_plan_count_pieces(0x1234, data, sizeof(data), 256, 0xff), 0);
	/* One byte that is not FF, at the very ends of pages. */
	data[255] = 0;
	data[256] = 0;
	assert_int_equal(ofl_plan_count_pieces(0, data, sizeof(data), 256, 0xff), 2);
	assert_int_equal(ofl_plan_count_pieces(1, data, sizeof(data), 256, 0xff), 1);
	/* 3 bytes up to the page's end, then one byte of the next. */
	assert_true(ofl_plan_next_piece(0xfd, data + 254, 4, 256, 0xff, &position, &piece));
	assert_int_equal(piece.offset_bytes, 0xfd);
	assert_int_equal(piece.data_offset, 0);
	assert_int_equal(piece.length_bytes, 3);
	assert_false(ofl_plan_next_piece(0xfd, data + 254, 4, 256, 0xff, &position, &piece));
	assert_int_equal(position, 4);
	/* To a part that erases to 00, FF is data, and 00 is not. */
	assert_int_equal(ofl_plan_count_pieces(0, data, sizeof(data), 256, 0), 2);
	memset(data, 0, sizeof(data));
	assert_int_equal(ofl_plan_count_pieces(0, data, sizeof(data), 256, 0), 0);
	assert_int_equal(ofl_plan_count_pieces(0, data, sizeof(data), 256, 0xff), 2);
	/* Pages of 264 bytes: 3960 is the start of one, 4096 is not. */
	position = 0;
	assert_true(ofl_plan_next_piece(4096, data, 512, 264, 0xff, &position, &piece));
	assert_int_equal(piece.length_bytes, 3960 + 264 - 4096);
	assert_true(ofl_plan_next_piece(4096, data, 512, 264, 0xff, &position, &piece));
	assert_int_equal(piece.offset_bytes, 3960 + 264);
	assert_int_equal(piece.length_bytes, 264);
}

static void test_slots(void **state)
{
	(void)state;

	for (uint32_t page_bytes = 1; page_bytes <= 4096; page_bytes *= 2) {
		uint32_t least_piece = page_bytes < OFL_MIN_PIECE_BYTES ? page_bytes : OFL_MIN_PIECE_BYTES;
		uint32_t least_slot = (OFL_SLOT_HEADER_BYTES + least_piece + 3) & ~3u;
		bool last = false;
		for (uint32_t ring_bytes = 0; ring_bytes <= 9000; ring_bytes += 4) {
			struct ofl_slots slots = { 0 };
			uint32_t missing = 0;
			bool fits = ofl_plan_slots(ring_bytes, page_bytes, &slots, &missing);
			assert_int_equal(fits, ring_bytes >= 2 * least_slot);
			assert_true(fits || !last);
			last = fits;
			if (!fits) {
				assert_int_equal(ring_bytes + missing, 2 * least_slot);
				continue;
			}
			assert_true(slots.count >= 2);
			assert_true((uint64_t)slots.count * slots.slot_bytes <= ring_bytes);
			/* Words, as the stub reads the header of each slot as words. */
			assert_int_equal(slots.slot_bytes % 4, 0);
			assert_true(slots.slot_bytes >= OFL_SLOT_HEADER_BYTES + slots.piece_bytes);
			assert_int_equal(page_bytes % slots.piece_bytes, 0);
			/* No larger piece would have done, and no slot is given away. */
			assert_true(slots.piece_bytes == page_bytes ||
				ring_bytes < 2 * (OFL_SLOT_HEADER_BYTES + 2 * slots.piece_bytes));
			assert_int_equal(slots.count, ring_bytes / slots.slot_bytes);
		}
		assert_true(last);
	}
}

/* All rings for one page size; the answer is searched for with nothing but the rules. */
static void check_call_slots(uint32_t page_bytes, bool many_pages, uint32_t max_piece_bytes)
{
	uint32_t least_slot = (OFL_SLOT_HEADER_BYTES + page_bytes + 7) / 8 * 8;

	for (uint32_t ring_bytes = 0; ring_bytes <= 9000; ring_bytes += 4) {
		struct ofl_slots slots = { 0 };
		uint32_t missing = 0;
		bool fits = ofl_plan_call_slots(ring_bytes, page_bytes, many_pages, max_piece_bytes, &slots, &missing);
		assert_int_equal(fits, ring_bytes >= least_slot);
		if (!fits) {
			assert_int_equal(ring_bytes + missing, least_slot);
			continue;
		}
		uint32_t pages = 1;
		while (many_pages && (pages + 1) * page_bytes <= max_piece_bytes &&
				3 * ((OFL_SLOT_HEADER_BYTES + (pages + 1) * page_bytes + 7) / 8 * 8) <= ring_bytes)
			pages++;
		assert_int_equal(slots.piece_bytes, pages * page_bytes);
		assert_int_equal(slots.slot_bytes % 8, 0);
		assert_true(slots.slot_bytes >= OFL_SLOT_HEADER_BYTES + slots.piece_bytes);
		assert_true(slots.slot_bytes < OFL_SLOT_HEADER_BYTES + slots.piece_bytes + 8);
		assert_int_equal(slots.count, ring_bytes / slots.slot_bytes);
		assert_true(slots.count >= (pages > 1 ? 3 : 1));
	}
}

static void test_call_slots(void **state)
{
	static const uint32_t page_sizes[] = { 1, 2, 7, 8, 16, 100, 128, 256, 264, 528, 1000, 1024, 4096 };
	(void)state;

	for (unsigned int n = 0; n < sizeof(page_sizes) / sizeof(page_sizes[0]); n++) {
		check_call_slots(page_sizes[n], false, UINT32_MAX / 2);
		check_call_slots(page_sizes[n], true, UINT32_MAX / 2);
		/* A page is not cut for the limit's sake. */
		check_call_slots(page_sizes[n], true, 0);
		check_call_slots(page_sizes[n], true, 1000);
		check_call_slots(page_sizes[n], false, 1);
	}
}

static void test_call_slots_examples(void **state)
{
	struct ofl_slots slots;
	uint32_t missing = 0;
	(void)state;

	/* 1056 bytes: four pages of 256 with their headers. */
	assert_true(ofl_plan_call_slots(4 * 264, 256, false, UINT32_MAX, &slots, &missing));
	assert_int_equal(slots.count, 4);
	assert_true(ofl_plan_call_slots(2 * 264, 256, true, UINT32_MAX, &slots, &missing));
	assert_int_equal(slots.count, 2);
	assert_true(ofl_plan_call_slots(2 * 264 - 4, 256, true, UINT32_MAX, &slots, &missing));
	assert_int_equal(slots.count, 1);
	assert_int_equal(slots.piece_bytes, 256);
	assert_false(ofl_plan_call_slots(200, 256, true, UINT32_MAX, &slots, &missing));
	assert_int_equal(missing, 64);
	/* 12 KiB: three times 15 pages. */
	assert_true(ofl_plan_call_slots(12 * KIB, 256, true, UINT32_MAX, &slots, &missing));
	assert_int_equal(slots.piece_bytes, 15 * 256);
	assert_int_equal(slots.count, 3);
	assert_true(ofl_plan_call_slots(12 * KIB, 256, true, 1023, &slots, &missing));
	assert_int_equal(slots.piece_bytes, 3 * 256);

	/* What a file may claim: nothing wraps. */
	assert_false(ofl_plan_call_slots(4096, UINT32_MAX, true, UINT32_MAX, &slots, &missing));
	assert_int_equal(missing, UINT32_MAX - 4096 + 9);
	assert_false(ofl_plan_call_slots(0, UINT32_MAX, true, UINT32_MAX, &slots, &missing));
	assert_int_equal(missing, UINT32_MAX);
	assert_false(ofl_plan_call_slots(0x1000, 0xfffffff8, false, UINT32_MAX, &slots, &missing));
	assert_false(ofl_plan_call_slots(4096, 0, true, UINT32_MAX, &slots, &missing));
	assert_int_equal(missing, 0);
	assert_false(ofl_plan_call_slots(0, 0, false, 0, &slots, &missing));
	assert_true(ofl_plan_call_slots(UINT32_MAX, 1, true, UINT32_MAX, &slots, &missing));
	assert_int_equal(slots.count, 3);
	assert_true(ofl_plan_call_slots(UINT32_MAX & ~7u, 0xfffffff0, true, UINT32_MAX, &slots, &missing));
	assert_int_equal(slots.count, 1);
}

/*
 * The promise of the manual: 2 KiB of RAM program whole pages, 1.5 KiB do it in pieces; with the stub that there is, on
 * a multiple of 8.
 */
static void test_small_work_areas(void **state)
{
	static const uint8_t stub[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-spi.inc"
	};
	struct ofl_layout layout;
	struct ofl_slots slots;
	uint32_t missing = 0;
	(void)state;

	for (uint32_t area = 0x20000000; area < 0x20000010; area += 8) {
		uint32_t stack_bytes = OFL_STACK_BUDGET_BYTES + OFL_FAULT_FRAME_BYTES;
		assert_true(ofl_layout(area, 2048, sizeof(stub), stack_bytes, &layout, &missing));
		assert_true(ofl_plan_slots(layout.ring_bytes, 256, &slots, &missing));
		assert_int_equal(slots.piece_bytes, 256);

		assert_true(ofl_layout(area, 1536, sizeof(stub), stack_bytes, &layout, &missing));
		assert_true(ofl_plan_slots(layout.ring_bytes, 256, &slots, &missing));
		assert_true(slots.piece_bytes >= OFL_MIN_PIECE_BYTES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_largest_types_inside),
		cmocka_unit_test(test_sector_map),
		cmocka_unit_test(test_sectors_of_different_sizes),
		cmocka_unit_test(test_refused_ranges),
		cmocka_unit_test(test_max_steps),
		cmocka_unit_test(test_chip_erase),
		cmocka_unit_test(test_geometry_faults),
		cmocka_unit_test(test_all_ranges_uniform),
		cmocka_unit_test(test_all_ranges_map),
		cmocka_unit_test(test_all_ranges_random),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_pieces_examples),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_call_slots),
		cmocka_unit_test(test_call_slots_examples),
		cmocka_unit_test(test_small_work_areas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
