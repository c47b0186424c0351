/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Where stub, loader, stack, params and ring lie in RAM. Pure. */

#ifndef OPENOCD_FLASH_NOR_OFL_LAYOUT_H
#define OPENOCD_FLASH_NOR_OFL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Stack of the built-in loaders: their budget (testing/stub measures it), and a fault's exception frame on top, so that
 * the fault can still be read out instead of being overwritten by its own report (ARMv7-M ARM DDI 0403E, B1.5.6: 8
 * words).
 */
#define OFL_STACK_BUDGET_BYTES	160
#define OFL_FAULT_FRAME_BYTES	32

/* The CRC operation needs its table and one result. */
#define OFL_MIN_RING_BYTES	68

struct ofl_layout {
	uint32_t stub;		/* first byte: entry */
	uint32_t stub_bytes;
	uint32_t stack_low, stack_high;	/* SP starts at stack_high, which is a multiple of 8 */
	uint32_t params;
	uint32_t ring;
	uint32_t ring_bytes;	/* multiple of 4 */
	uint32_t loader;	/* of a movable loader: its first byte */
};

/*
 * Lays `area_bytes` from `area` (a multiple of 4) out. Returns false when it is too small; *missing_bytes is then how
 * much more is needed at least.
 */
bool ofl_layout(uint32_t area, uint32_t area_bytes, uint32_t stub_bytes, uint32_t stack_bytes,
		struct ofl_layout *layout, uint32_t *missing_bytes);

struct ofl_range {
	uint32_t address;
	uint32_t bytes;
};

#define OFL_LAYOUT_MAX_RANGES	16

/*
 * What a loader file needs. The parts may go anywhere in `area`, but not into `taken`, which is where a loader of fixed
 * address lies (inside the area or not). A movable loader is one more part. The ring gets the largest room
 * that is left.
 */
struct ofl_layout_request {
	unsigned int num_areas;
	struct ofl_range area[OFL_LAYOUT_MAX_RANGES];	/* may touch, may not overlap */
	unsigned int num_taken;
	struct ofl_range taken[OFL_LAYOUT_MAX_RANGES];	/* any order, may overlap */
	uint32_t loader_bytes;		/* of a movable loader; 0: none */
	uint32_t loader_alignment;	/* power of two */
	uint32_t stub_bytes;
	uint32_t stack_bytes;
	uint32_t ring_min_bytes;
};

/*
 * Fills `layout`. Returns false when it does not fit; `map` then is a drawing of the RAM, several lines, each ended by
 * a newline: what is taken, what is free, what is needed and could not be placed. The stack ends on a multiple of 8,
 * stub and params begin on 4, the ring on 8.
 */
bool ofl_layout_loader(const struct ofl_layout_request *request, struct ofl_layout *layout, char *map, size_t map_size);

#endif /* OPENOCD_FLASH_NOR_OFL_LAYOUT_H */
