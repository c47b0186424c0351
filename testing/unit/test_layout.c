// SPDX-License-Identifier: GPL-2.0-or-later

/* Where stub, stack, parameters and ring go: for every size of the work area, and at every kind of address. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "../../contrib/loaders/flash/ofl/ofl_abi.h"
#include "../../src/flash/nor/ofl_layout.h"

#define MAX_AREA_BYTES	4096u

static const uint32_t stub_sizes[] = { 4, 8, 52, 953, 956, 1032, 1200, 1202 };
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_end_of_address_space),
		cmocka_unit_test(test_huge_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
