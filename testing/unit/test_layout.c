// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Where stub, stack, parameters and ring go: for every size of the work area, and at every kind of address. With a
 * loader file: examples, and properties that must hold for every piece of RAM, compared with trying all there is.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../contrib/loaders/flash/ofl/ofl_abi.h"
#include "../../src/flash/nor/ofl_layout.h"

#define MAX_AREA_BYTES	4096u

static const uint32_t stub_sizes[] = { 4, 8, 52, 953, 956, 1032, 1200, 1202, 1400 };
static const uint32_t stack_sizes[] = { 8, 160, OFL_STACK_BUDGET_BYTES + OFL_FAULT_FRAME_BYTES, 300 };
/* Word boundaries that are none of 8, 16 and 32; the last ends with the address space. */
static const uint32_t bases[] = { 0, 4, 0x20000000, 0x20000004, 0x2000000c, 0x20000014, 0x1ffffffc, 0xfffff000 };

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

static void check_layout(const struct ofl_layout *layout, uint32_t area, uint32_t area_bytes, uint32_t stub_bytes,
		uint32_t stack_bytes)
{
	uint64_t end = (uint64_t)area + area_bytes;

	/* In the order that ofl_abi.h draws, none on top of another, nothing outside. In 64 bits, as sums may wrap. */
	assert_int_equal(layout->stub, area);
	assert_int_equal(layout->stub_bytes, stub_bytes);
	assert_int_equal(layout->loader, 0);
	assert_true((uint64_t)layout->stub + stub_bytes <= layout->stack_low);
	assert_true((uint64_t)layout->stack_low + stack_bytes <= layout->stack_high);
	assert_true(layout->stack_high <= layout->params);
	assert_true((uint64_t)layout->params + sizeof(struct ofl_params) <= layout->ring);
	assert_true((uint64_t)layout->ring + layout->ring_bytes <= end);

	/* Cores without unaligned access (ARMv6-M) are served too. */
	assert_int_equal(layout->stub % 4, 0);
	assert_int_equal(layout->stack_high % 8, 0);
	assert_int_equal(layout->params % 4, 0);
	assert_int_equal(layout->ring % 4, 0);
	assert_int_equal(layout->ring_bytes % 4, 0);
	assert_true(layout->ring_bytes >= OFL_MIN_RING_BYTES);

	/* Nothing is given away but what alignment takes. */
	assert_true(layout->ring_bytes + sizeof(struct ofl_params) + stack_bytes + stub_bytes + 3 + 7 + 3 >= area_bytes);
}

/* Every size; a layout exists from one size on, and `missing` says exactly how far away that is. */
static void check_sizes(uint32_t area, uint32_t stub_bytes, uint32_t stack_bytes)
{
	uint32_t enough = UINT32_MAX;
	uint32_t last_missing = 0;

	for (uint32_t area_bytes = 0; area_bytes <= MAX_AREA_BYTES; area_bytes++) {
		struct ofl_layout layout;
		uint32_t missing = 0x5a5a5a5a;
		memset(&layout, 0xa5, sizeof(layout));
		if (ofl_layout(area, area_bytes, stub_bytes, stack_bytes, &layout, &missing)) {
			if (enough == UINT32_MAX)
				enough = area_bytes;
			check_layout(&layout, area, area_bytes, stub_bytes, stack_bytes);
			continue;
		}
		assert_int_equal(enough, UINT32_MAX);
		assert_true(missing > 0 && missing <= MAX_AREA_BYTES);
		assert_true(ofl_layout(area, area_bytes + missing, stub_bytes, stack_bytes, &layout, &last_missing));
		/* The area's odd bytes do not count, so that up to 3 of them may be asked for too much. */
		if (missing > 4)
			assert_false(ofl_layout(area, area_bytes + missing - 4, stub_bytes, stack_bytes, &layout, &last_missing));
	}
	/* All the combinations here fit into 4 KiB. */
	assert_int_not_equal(enough, UINT32_MAX);
}

static void test_every_size(void **state)
{
	(void)state;
	for (unsigned int base = 0; base < COUNT(bases); base++) {
		for (unsigned int stub = 0; stub < COUNT(stub_sizes); stub++) {
			for (unsigned int stack = 0; stack < COUNT(stack_sizes); stack++)
				check_sizes(bases[base], stub_sizes[stub], stack_sizes[stack]);
		}
	}
}

/* An area of which nothing can be given away: what is missing must not wrap around 2^32. */
static void test_end_of_address_space(void **state)
{
	struct ofl_layout layout;
	uint32_t missing = 0;
	(void)state;

	assert_true(ofl_layout(0xfffff800, 0x800, 1032, 192, &layout, &missing));
	check_layout(&layout, 0xfffff800, 0x800, 1032, 192);
	assert_int_equal((uint64_t)layout.ring + layout.ring_bytes, 0x100000000);

	assert_false(ofl_layout(0xfffffc00, 0x400, 1032, 192, &layout, &missing));
	assert_true(missing > 0 && missing < 0x400);
	assert_false(ofl_layout(0xfffffffc, 4, 1032, 192, &layout, &missing));
	assert_true(missing > 1032 && missing < 0x800);
}

/* Sums of hostile sizes do not wrap into a layout. */
static void test_huge_sizes(void **state)
{
	struct ofl_layout layout;
	uint32_t missing = 0;
	(void)state;

	assert_false(ofl_layout(0x20000000, 0x1000, 0xfffffff0, 192, &layout, &missing));
	assert_false(ofl_layout(0x20000000, 0x1000, 1032, 0xfffffff0, &layout, &missing));
	assert_false(ofl_layout(0xfffff000, 0x1000, 0xffffffff, 0xffffffff, &layout, &missing));
}

/* From here on: ofl_layout_loader(). */

#define PARAMS_BYTES	((uint32_t)sizeof(struct ofl_params))
/* The documented order is kept when another would give the ring less than this more. */
#define ORDER_COST_BYTES	32

static uint32_t random_state;

static uint32_t random_below(uint32_t limit)
{
	random_state = random_state * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)random_state * limit) >> 32);
}

struct span {
	uint64_t low, high;
};

static bool is_inside(const struct ofl_layout_request *request, uint64_t low, uint64_t high)
{
	/* Through areas that touch. */
	for (unsigned int step = 0; step <= request->num_areas && low < high; step++) {
		for (unsigned int n = 0; n < request->num_areas; n++) {
			uint64_t end = (uint64_t)request->area[n].address + request->area[n].bytes;
			if (low >= request->area[n].address && low < end)
				low = end;
		}
	}
	return low >= high;
}

static void check_loader_layout(const struct ofl_layout_request *request, const struct ofl_layout *layout)
{
	const struct span part[] = {
		{ layout->stub, (uint64_t)layout->stub + request->stub_bytes },
		{ layout->stack_low, layout->stack_high },
		{ layout->params, (uint64_t)layout->params + PARAMS_BYTES },
		{ layout->ring, (uint64_t)layout->ring + layout->ring_bytes },
		{ layout->loader, (uint64_t)layout->loader + request->loader_bytes },
	};

	assert_int_equal(layout->stub_bytes, request->stub_bytes);
	assert_true(layout->stack_high >= layout->stack_low);
	assert_true(layout->stack_high - layout->stack_low >= request->stack_bytes);
	assert_true(layout->stack_high - layout->stack_low < (uint64_t)request->stack_bytes + 4 + 7);
	assert_true(layout->ring_bytes >= request->ring_min_bytes && layout->ring_bytes > 0);
	for (unsigned int n = 0; n < COUNT(part); n++) {
		/* Ends are addresses, too: 32 bits hold them. */
		assert_true(part[n].high <= UINT32_MAX);
		if (part[n].low == part[n].high)
			continue;
		assert_true(is_inside(request, part[n].low, part[n].high));
		for (unsigned int other = 0; other < n; other++)
			assert_true(part[n].high <= part[other].low || part[other].high <= part[n].low);
		for (unsigned int taken = 0; taken < request->num_taken; taken++) {
			uint64_t low = request->taken[taken].address;
			uint64_t high = low + request->taken[taken].bytes;
			assert_true(low == high || part[n].high <= low || high <= part[n].low);
		}
	}
	assert_int_equal(layout->stub % 4, 0);
	assert_int_equal(layout->stack_low % 4, 0);
	assert_int_equal(layout->stack_high % 8, 0);
	assert_int_equal(layout->params % 4, 0);
	assert_int_equal(layout->ring % 8, 0);
	assert_int_equal(layout->ring_bytes % 4, 0);
	if (request->loader_bytes && request->loader_alignment)
		assert_int_equal(layout->loader % request->loader_alignment, 0);
	if (!request->loader_bytes)
		assert_int_equal(layout->loader, 0);
}

static bool lay_out(const struct ofl_layout_request *request, struct ofl_layout *layout)
{
	char map[4096];

	memset(layout, 0xa5, sizeof(*layout));
	memset(map, 'x', sizeof(map));
	bool fits = ofl_layout_loader(request, layout, map, sizeof(map));
	assert_non_null(memchr(map, '\0', sizeof(map)));
	if (fits) {
		check_loader_layout(request, layout);
		assert_string_equal(map, "");
	} else {
		/* Whole lines, the last of which says what is in the way. */
		assert_true(strlen(map) > 0 && map[strlen(map) - 1] == '\n');
		assert_non_null(strstr(map, "needed: stub "));
		assert_non_null(strstr(map, "; no room for: "));
	}
	return fits;
}

/* One area and nothing taken: as ofl_abi.h draws it, at every kind of address, whatever the alignments cost. */
static void test_documented_order(void **state)
{
	static const uint32_t loader_sizes[] = { 0, 1, 515, 8060 };
	(void)state;

	for (unsigned int n = 0; n < COUNT(loader_sizes); n++) {
		for (uint32_t shift = 0; shift < 16; shift++) {
			struct ofl_layout_request request = {
				.num_areas = 1, .area = { { 0x20000000 + shift, 16384 } }, .loader_bytes = loader_sizes[n],
				.loader_alignment = 1u << (shift & 3), .stub_bytes = 901, .stack_bytes = 1212, .ring_min_bytes = 528,
			};
			struct ofl_layout layout;
			assert_true(lay_out(&request, &layout));
			assert_true(layout.stub - request.area[0].address < 4);
			if (loader_sizes[n])
				assert_true(layout.stub < layout.loader && layout.loader < layout.stack_low);
			assert_true(layout.stub < layout.stack_low && layout.stack_low < layout.params);
			assert_true(layout.params < layout.ring);
			uint32_t used = 901 + loader_sizes[n] + 1212 + PARAMS_BYTES;
			assert_true(layout.ring_bytes + used + ORDER_COST_BYTES > 16384);
		}
	}
}

/*
 * A loader that wants 4 KiB alignment must not cost the ring the hole in front of it: it goes to the last multiple,
 * stack and parameters behind it, which leaves the hole for the ring.
 */
static void test_large_alignment(void **state)
{
	struct ofl_layout_request request = {
		.num_areas = 1, .area = { { 0x20000004, 0x3ffc } }, .loader_bytes = 2000, .loader_alignment = 0x1000,
		.stub_bytes = 900, .stack_bytes = 1216, .ring_min_bytes = 528,
	};
	struct ofl_layout layout;
	(void)state;

	assert_true(lay_out(&request, &layout));
	assert_int_equal(layout.loader, 0x20003000);
	assert_int_equal(layout.stub, 0x20000004);
	assert_int_equal(layout.ring, 0x20000388);
	assert_int_equal(layout.ring_bytes, 0x3000 - 0x388);

	/* None in the area. */
	request.loader_alignment = 0x80000000;
	assert_false(lay_out(&request, &layout));
	/* Anything is on a multiple of nothing. */
	request.loader_alignment = 0;
	assert_true(lay_out(&request, &layout));
}

/*
 * The .stldr layout of the STM32G070 (36 KiB at 0x20000000): the loader is linked at 0x20000004, so that the 4 bytes in
 * front of it are a room of no use.
 */
static void test_fixed_loader(void **state)
{
	struct ofl_layout_request request = {
		.num_areas = 1, .area = { { 0x20000000, 0x9000 } }, .num_taken = 2,
		.taken = { { 0x20001000, 0x2f80 - 0x1000 }, { 0x20000004, 0xffc } },
		.stub_bytes = 900, .stack_bytes = 1216, .ring_min_bytes = 528,
	};
	struct ofl_layout layout;
	(void)state;

	assert_true(lay_out(&request, &layout));
	assert_int_equal(layout.stub, 0x20002f80);
	assert_int_equal(layout.ring + layout.ring_bytes, 0x20009000);
	assert_true(layout.ring_bytes + 900 + 1216 + PARAMS_BYTES + ORDER_COST_BYTES > 0x9000 - 0x2f80);

	/* Far from the area: nothing is lost. */
	request.taken[0].address = 0x10000000;
	request.taken[1].address = 0x20009000;
	assert_true(lay_out(&request, &layout));
	assert_int_equal(layout.stub, 0x20000000);
	assert_true(layout.ring_bytes + 900 + 1216 + PARAMS_BYTES + ORDER_COST_BYTES > 0x9000);
}

/* Small parts fill the small rooms, and the ring has the large one for itself. */
static void test_small_rooms(void **state)
{
	struct ofl_layout_request request = {
		.num_areas = 3,
		.area = { { 0x20000000, 0x4000 }, { 0x10000000, 0x800 }, { 0x10001000, 0x400 } },
		.num_taken = 1, .taken = { { 0x20001000, 0x1000 } },
		.stub_bytes = 900, .stack_bytes = 1216, .ring_min_bytes = 528,
	};
	struct ofl_layout layout;
	(void)state;

	assert_true(lay_out(&request, &layout));
	assert_int_equal(layout.ring, 0x20002000);
	assert_int_equal(layout.ring_bytes, 0x2000);
	/* The biggest that the smallest room takes. */
	assert_int_equal(layout.stub, 0x10001000);
	assert_int_equal(layout.stack_low, 0x10000000);

	/* Not the first room, but the smallest. */
	request.area[1] = (struct ofl_range) { 0x10000000, 0xc00 };
	request.area[2] = (struct ofl_range) { 0x10001000, 0x900 };
	assert_true(lay_out(&request, &layout));
	assert_int_equal(layout.ring_bytes, 0x2000);
	assert_int_equal(layout.stub, 0x10001000);
	assert_int_equal(layout.stack_low, 0x10001384);

	/* A small room that takes nothing is no harm. */
	request.area[2].bytes = 60;
	request.area[1].bytes = 60;
	assert_true(lay_out(&request, &layout));
	assert_int_equal(layout.ring, 0x20002000);
	assert_int_equal(layout.stub, 0x20000000);

	/* The largest room is the loader's when only that one holds it: the ring has the next. */
	request.loader_bytes = 0x1c00;
	request.loader_alignment = 8;
	assert_true(lay_out(&request, &layout));
	assert_true(layout.loader >= 0x20002000);
	assert_true(layout.ring < 0x20001000);
}

/* Two areas side by side are one. */
static void test_touching_areas(void **state)
{
	struct ofl_layout_request request = {
		.num_areas = 2, .area = { { 0x20001000, 0x1000 }, { 0x20000000, 0x1000 } },
		.stub_bytes = 900, .stack_bytes = 1216, .ring_min_bytes = 5700,
	};
	struct ofl_layout layout;
	(void)state;

	assert_true(lay_out(&request, &layout));
	assert_int_equal(layout.stub, 0x20000000);
	assert_int_equal(layout.ring + layout.ring_bytes, 0x20002000);
}

static void expect_map(const struct ofl_layout_request *request, const char *expected)
{
	struct ofl_layout layout;
	char map[1024];

	assert_false(ofl_layout_loader(request, &layout, map, sizeof(map)));
	assert_string_equal(map, expected);
	assert_false(lay_out(request, &layout));
}

static void test_map(void **state)
{
	(void)state;

	/* The loader leaves two rooms. */
	struct ofl_layout_request request = {
		.num_areas = 1, .area = { { 0x20000000, 0x2800 } }, .num_taken = 1, .taken = { { 0x20000004, 8060 } },
		.stub_bytes = 900, .stack_bytes = 864, .ring_min_bytes = 528,
	};
	expect_map(&request,
		"work area 0x20000000-0x200027ff\n"
		"0x20000000-0x20000003  free            4 bytes\n"
		"0x20000004-0x20001f7f  loader       8060 bytes\n"
		"0x20001f80-0x200027ff  free         2176 bytes\n"
		"needed: stub 900, stack 864, parameters 164, ring at least 528; "
		"no room for: ring (best room left 248 bytes)\n");

	/* Not even the stack. Taken ranges that overlap, outside the area too. */
	request.num_taken = 4;
	request.taken[1] = (struct ofl_range) { 0x20001f00, 0x80 + 600 };
	request.taken[2] = (struct ofl_range) { 0x10000000, 16 };
	request.taken[3] = (struct ofl_range) { 0x200027f0, 0x800 };
	expect_map(&request,
		"work area 0x20000000-0x200027ff\n"
		"0x10000000-0x1000000f  loader         16 bytes\n"
		"0x20000000-0x20000003  free            4 bytes\n"
		"0x20000004-0x200021d7  loader       8660 bytes\n"
		"0x200021d8-0x200027ef  free         1560 bytes\n"
		"0x200027f0-0x20002fef  loader       2048 bytes\n"
		"needed: stub 900, stack 864, parameters 164, ring at least 528; "
		"no room for: stack, ring (best room left 496 bytes)\n");

	/* A movable loader that is too large; all the rest has room. */
	request.num_taken = 0;
	request.loader_bytes = 10000;
	request.loader_alignment = 16;
	request.area[0].bytes = 9000;
	expect_map(&request,
		"work area 0x20000000-0x20002327\n"
		"0x20000000-0x20002327  free         9000 bytes\n"
		"needed: stub 900, loader 10000 aligned to 16, stack 864, parameters 164, ring at least 528; "
		"no room for: loader (best room left 7072 bytes)\n");

	/* The last byte of the address space is drawn, but not used. */
	request.area[0] = (struct ofl_range) { 0xfffffc00, 0x400 };
	request.num_taken = 1;
	request.taken[0] = (struct ofl_range) { 0xfffffd00, 0xffffffff };
	expect_map(&request,
		"work area 0xfffffc00-0xfffffff7\n"
		"0xfffffc00-0xfffffcff  free          256 bytes\n"
		"0xfffffd00-0xffffffff  loader        768 bytes\n"
		"needed: stub 900, loader 10000 aligned to 16, stack 864, parameters 164, ring at least 528; no room for: "
		"stub, loader, stack, ring (best room left 92 bytes)\n");

	/* No RAM at all. */
	request.num_areas = 0;
	request.num_taken = 0;
	request.loader_bytes = 0;
	expect_map(&request,
		"needed: stub 900, stack 864, parameters 164, ring at least 528; no room for: stub, stack, parameters, ring "
		"(best room left 0 bytes)\n");
}

/* Each size of the buffer: never written behind, only whole lines, and what is needed before what there is. */
static void test_map_sizes(void **state)
{
	struct ofl_layout_request request = {
		.num_areas = 1, .area = { { 0x20000000, 0x2800 } }, .num_taken = 1, .taken = { { 0x20000004, 8060 } },
		.stub_bytes = 900, .stack_bytes = 864, .ring_min_bytes = 528,
	};
	struct ofl_layout layout;
	char whole[1024], map[1024];
	(void)state;

	assert_false(ofl_layout_loader(&request, &layout, whole, sizeof(whole)));
	const char *needs = strstr(whole, "needed: ");
	assert_non_null(needs);
	assert_false(ofl_layout_loader(&request, &layout, NULL, 0));
	for (size_t size = 1; size <= strlen(whole) + 1; size++) {
		memset(map, 'x', sizeof(map));
		assert_false(ofl_layout_loader(&request, &layout, map, size));
		for (size_t n = size; n < sizeof(map); n++)
			assert_int_equal(map[n], 'x');
		size_t length = strlen(map);
		assert_true(length < size);
		assert_true(length == 0 || map[length - 1] == '\n');
		if (size > strlen(needs))
			assert_string_equal(map + length - strlen(needs), needs);
		if (size == strlen(whole) + 1)
			assert_string_equal(map, whole);
	}
}

static void test_hostile_requests(void **state)
{
	const struct ofl_layout_request good = {
		.num_areas = 1, .area = { { 0x20000000, 0x4000 } }, .loader_bytes = 100, .loader_alignment = 4,
		.stub_bytes = 900, .stack_bytes = 864, .ring_min_bytes = 528,
	};
	struct ofl_layout_request request = good;
	struct ofl_layout layout;
	char map[256];
	(void)state;

	assert_true(lay_out(&request, &layout));
	/* Sums that do not fit into 32 bits. */
	request.loader_bytes = UINT32_MAX;
	assert_false(lay_out(&request, &layout));
	request = good;
	request.stub_bytes = 0xfffffff0;
	assert_false(lay_out(&request, &layout));
	request = good;
	request.stack_bytes = UINT32_MAX;
	assert_false(lay_out(&request, &layout));
	request = good;
	request.ring_min_bytes = UINT32_MAX;
	assert_false(lay_out(&request, &layout));
	request.loader_bytes = request.stub_bytes = request.stack_bytes = UINT32_MAX;
	request.loader_alignment = 0x80000000;
	assert_false(lay_out(&request, &layout));

	/* All of the address space, twice. */
	request = good;
	request.num_areas = 2;
	request.area[0] = request.area[1] = (struct ofl_range) { 0, UINT32_MAX };
	assert_true(lay_out(&request, &layout));
	request.num_taken = 1;
	request.taken[0] = (struct ofl_range) { 0, UINT32_MAX };
	assert_false(lay_out(&request, &layout));
	request.taken[0] = (struct ofl_range) { 0x10000, UINT32_MAX };
	assert_true(lay_out(&request, &layout));

	/* Ranges of no bytes take nothing and are no room. */
	request = good;
	request.num_taken = 2;
	request.taken[0] = (struct ofl_range) { 0x20000800, 0 };
	request.taken[1] = (struct ofl_range) { 0, 0 };
	assert_true(lay_out(&request, &layout));
	assert_int_equal(layout.stub, 0x20000000);
	request.num_areas = 3;
	request.area[1] = (struct ofl_range) { 0x30000000, 0 };
	request.area[2] = (struct ofl_range) { UINT32_MAX, UINT32_MAX };
	assert_true(lay_out(&request, &layout));

	/* Parts of no bytes. */
	request = good;
	request.stub_bytes = request.stack_bytes = request.loader_bytes = request.ring_min_bytes = 0;
	assert_true(lay_out(&request, &layout));
	request.area[0].bytes = PARAMS_BYTES + 8;
	assert_true(lay_out(&request, &layout));
	request.area[0].bytes = PARAMS_BYTES;
	expect_map(&request,
		"work area 0x20000000-0x200000a3\n"
		"0x20000000-0x200000a3  free          164 bytes\n"
		"needed: stub 0, stack 0, parameters 164, ring at least 4; no room for: ring (best room left 0 bytes)\n");

	/* More ranges than there is room for must not be read. */
	request = good;
	request.num_areas = OFL_LAYOUT_MAX_RANGES + 1;
	assert_false(ofl_layout_loader(&request, &layout, map, sizeof(map)));
	assert_string_equal(map, "more than 16 ranges of RAM\n");
	request = good;
	request.num_taken = UINT32_MAX;
	assert_false(ofl_layout_loader(&request, &layout, map, sizeof(map)));
	assert_string_equal(map, "more than 16 ranges of RAM\n");
}

/* As many rooms as there can be: the search has a bound. */
static void test_most_rooms(void **state)
{
	struct ofl_layout_request request = {
		.num_areas = OFL_LAYOUT_MAX_RANGES, .num_taken = OFL_LAYOUT_MAX_RANGES,
		.loader_bytes = 500, .loader_alignment = 64, .stub_bytes = 460, .stack_bytes = 440, .ring_min_bytes = 68,
	};
	struct ofl_layout layout;
	(void)state;

	for (unsigned int n = 0; n < OFL_LAYOUT_MAX_RANGES; n++) {
		request.area[n] = (struct ofl_range) { 0x20000000 + n * 0x1000, 1100 };
		request.taken[n] = (struct ofl_range) { 0x20000000 + n * 0x1000 + 512, 70 };
	}
	assert_true(lay_out(&request, &layout));
	/* A room of its own for each. */
	assert_int_equal(layout.ring_bytes, 516);
	request.ring_min_bytes = 520;
	assert_false(lay_out(&request, &layout));
}

/*
 * RAM as bits, one a cell of 4 or 8 bytes, at most 64 cells. All places of all parts are tried; the ring's is the
 * longest run left. Returns its cells, 0: impossible.
 */
struct brute {
	unsigned int cell_bytes;
	unsigned int cells;
	unsigned int num_parts;
	unsigned int part_cells[4];
	unsigned int alignment_cells[4];	/* of the first cell */
	unsigned int end_alignment_cells[4];
};

static unsigned int longest_run(const struct brute *brute, uint64_t free_cells)
{
	unsigned int alignment = 8 / brute->cell_bytes;
	unsigned int best = 0;

	for (unsigned int at = 0; at < brute->cells; at += alignment) {
		unsigned int run = 0;
		while (at + run < brute->cells && (free_cells >> (at + run) & 1))
			run++;
		if (run > best)
			best = run;
	}
	return best;
}

static unsigned int try_all(const struct brute *brute, unsigned int part, uint64_t free_cells)
{
	unsigned int best = 0;

	if (part == brute->num_parts)
		return longest_run(brute, free_cells);
	unsigned int count = brute->part_cells[part];
	uint64_t mask = (1ull << count) - 1;
	for (unsigned int at = 0; at + count <= brute->cells; at++) {
		if (at % brute->alignment_cells[part] || (at + count) % brute->end_alignment_cells[part] ||
				(free_cells >> at & mask) != mask)
			continue;
		unsigned int run = try_all(brute, part + 1, free_cells & ~(mask << at));
		if (run > best)
			best = run;
	}
	return best;
}

#define BASE	0x20000000u

static void check_against_brute_force(unsigned int cell_bytes, unsigned int *num_fits, unsigned int *num_fails)
{
	struct brute brute = { .cell_bytes = cell_bytes, .cells = 64 };
	struct ofl_layout_request request = { .ring_min_bytes = cell_bytes * (1 + random_below(6)) };
	struct ofl_layout layout;
	uint64_t free_cells = 0;

	/* Areas side by side, with holes or without. */
	unsigned int at = random_below(3);
	for (unsigned int n = 1 + random_below(3); n > 0 && at < 64; n--) {
		unsigned int count = n == 1 ? 64 - at : 1 + random_below(64 - at);
		request.area[request.num_areas++] = (struct ofl_range) { BASE + at * cell_bytes, count * cell_bytes };
		for (unsigned int cell = at; cell < at + count; cell++)
			free_cells |= 1ull << cell;
		at += count + random_below(2);
	}
	/* Odd edges inside a cell take all of it. */
	for (unsigned int n = random_below(5); n > 0; n--) {
		unsigned int first = random_below(64), count = random_below(4);
		struct ofl_range *taken = &request.taken[request.num_taken++];
		*taken = (struct ofl_range) { BASE + first * cell_bytes, count * cell_bytes };
		if (count && random_below(2)) {
			taken->address += random_below(4);
			taken->bytes = BASE + (first + count) * cell_bytes - taken->address - random_below(4 - taken->address % 4);
		}
		for (unsigned int cell = first; cell < first + count && cell < 64; cell++)
			free_cells &= ~(1ull << cell);
	}

	brute.num_parts = 4;
	for (unsigned int n = 0; n < 4; n++) {
		brute.part_cells[n] = 1 + random_below(cell_bytes == 4 ? 5 : 8);
		brute.alignment_cells[n] = brute.end_alignment_cells[n] = 1;
	}
	/* Parameters: the size is fixed. */
	brute.part_cells[0] = (PARAMS_BYTES + cell_bytes - 1) / cell_bytes;
	request.stub_bytes = brute.part_cells[1] * cell_bytes;
	/* The stack ends on 8 and is as large as that takes. */
	brute.part_cells[2] *= 8 / cell_bytes;
	brute.alignment_cells[2] = brute.end_alignment_cells[2] = 8 / cell_bytes;
	request.stack_bytes = brute.part_cells[2] * cell_bytes;
	if (random_below(3)) {
		brute.alignment_cells[3] = 1u << random_below(4);
		request.loader_bytes = brute.part_cells[3] * cell_bytes;
		request.loader_alignment = brute.alignment_cells[3] * cell_bytes;
	} else {
		brute.num_parts = 3;
	}

	uint32_t best_bytes = try_all(&brute, 0, free_cells) * cell_bytes;
	bool fits = lay_out(&request, &layout);
	assert_int_equal(fits, best_bytes >= request.ring_min_bytes);
	if (!fits) {
		++*num_fails;
		return;
	}
	++*num_fits;
	assert_true(layout.ring_bytes + ORDER_COST_BYTES > best_bytes);
	/* In cells of 8 bytes, half a cell behind the ring is not seen. */
	assert_true(layout.ring_bytes <= best_bytes + cell_bytes - 4);
	/* What the map says of the ring is the most there can be. */
	request.ring_min_bytes = best_bytes + cell_bytes;
	char map[2048], expected[64];
	assert_false(ofl_layout_loader(&request, &layout, map, sizeof(map)));
	snprintf(expected, sizeof(expected), "no room for: ring (best room left %u bytes)\n", (unsigned int)best_bytes);
	if (cell_bytes == 4)
		assert_non_null(strstr(map, expected));
}

static void test_brute_force(void **state)
{
	unsigned int num_fits = 0, num_fails = 0;
	(void)state;

	for (unsigned int round = 0; round < 400; round++) {
		random_state = round;
		check_against_brute_force(round % 8 ? 4 : 8, &num_fits, &num_fails);
	}
	/* Both kinds were seen. */
	assert_true(num_fits > 40 && num_fails > 40);
}

/* Ranges anywhere, at any byte, overlapping: whatever comes out is sound. */
static void test_random_requests(void **state)
{
	static const uint32_t places[] = { 0, 0x20000000, 0xffffe000, 0xfffff800 };
	unsigned int num_fits = 0;
	(void)state;

	for (unsigned int round = 0; round < 4000; round++) {
		random_state = round * 7919;
		uint32_t base = places[random_below(COUNT(places))];
		uint32_t spread = 1u << (11 + random_below(3));
		struct ofl_layout_request request = {
			.num_areas = 1 + random_below(4), .num_taken = random_below(OFL_LAYOUT_MAX_RANGES + 1) / 3,
			.loader_bytes = random_below(2) ? random_below(2000) : 0, .loader_alignment = 1u << random_below(9),
			.stub_bytes = random_below(1200), .stack_bytes = random_below(1500), .ring_min_bytes = random_below(1000),
		};
		struct ofl_layout layout;
		for (unsigned int n = 0; n < request.num_areas; n++)
			request.area[n] = (struct ofl_range) { base + random_below(spread), random_below(2 * spread) };
		for (unsigned int n = 0; n < request.num_taken; n++)
			request.taken[n] = (struct ofl_range) { base + random_below(spread),
				random_below(20) ? random_below(300) : UINT32_MAX };
		num_fits += lay_out(&request, &layout);
	}
	assert_true(num_fits > 400 && num_fits < 3600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_end_of_address_space),
		cmocka_unit_test(test_huge_sizes),
		cmocka_unit_test(test_documented_order),
		cmocka_unit_test(test_large_alignment),
		cmocka_unit_test(test_fixed_loader),
		cmocka_unit_test(test_small_rooms),
		cmocka_unit_test(test_touching_areas),
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_map_sizes),
		cmocka_unit_test(test_hostile_requests),
		cmocka_unit_test(test_most_rooms),
		cmocka_unit_test(test_brute_force),
		cmocka_unit_test(test_random_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
