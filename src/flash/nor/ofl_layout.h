/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Where stub, loader, stack, params and ring lie in the work area. Pure. */

#ifndef OPENOCD_FLASH_NOR_OFL_LAYOUT_H
#define OPENOCD_FLASH_NOR_OFL_LAYOUT_H

#include <stdbool.h>
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
	uint32_t stack_low, stack_high;	/* SP starts at stack_high, which is a multiple of 8 */
	uint32_t params;
	uint32_t ring;
	uint32_t ring_bytes;	/* multiple of 4 */
};

/*
 * Lays `area_bytes` from `area` (a multiple of 4) out. Returns false when it is too small; *missing_bytes is then how
 * much more is needed at least.
 */
bool ofl_layout(uint32_t area, uint32_t area_bytes, uint32_t stub_bytes, uint32_t stack_bytes,
		struct ofl_layout *layout, uint32_t *missing_bytes);

#endif /* OPENOCD_FLASH_NOR_OFL_LAYOUT_H */
