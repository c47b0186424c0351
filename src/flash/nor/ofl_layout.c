// SPDX-License-Identifier: GPL-2.0-or-later

#include "ofl_layout.h"
#include "../../../contrib/loaders/flash/ofl/ofl_abi.h"

static uint64_t align_up(uint64_t value, uint32_t alignment)
{
	return (value + alignment - 1) / alignment * alignment;
}

bool ofl_layout(uint32_t area, uint32_t area_bytes, uint32_t stub_bytes, uint32_t stack_bytes,
		struct ofl_layout *layout, uint32_t *missing_bytes)
{
	/* In 64 bits: an area at the end of the address space must not wrap. */
	uint64_t stack_low = align_up((uint64_t)area + stub_bytes, 4);
	/* AAPCS: SP is a multiple of 8 at a public entry. */
	uint64_t stack_high = align_up(stack_low + stack_bytes, 8);
	uint64_t ring = stack_high + sizeof(struct ofl_params);
	uint64_t end = ((uint64_t)area + area_bytes) & ~3ull;

	if (end < ring + OFL_MIN_RING_BYTES) {
		*missing_bytes = ring + OFL_MIN_RING_BYTES - end;
		return false;
	}
	layout->stub = area;
	layout->stack_low = stack_low;
	layout->stack_high = stack_high;
	layout->params = stack_high;
	layout->ring = ring;
	layout->ring_bytes = end - ring;
	return true;
}
