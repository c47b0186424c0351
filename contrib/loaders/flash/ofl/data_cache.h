/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The CPU's data cache may hold lines of a mapped flash from before an erase or a program; called at the end of a run
 * by the controllers that map the flash, and for loader files.
 * [v7M] ARM DDI 0403E.e, ARMv7-M Architecture Reference Manual, B2.2.7 and B4.8; the same in ARMv8-M.
 */

#ifndef OPENOCD_LOADERS_FLASH_OFL_DATA_CACHE_H
#define OPENOCD_LOADERS_FLASH_OFL_DATA_CACHE_H

#include "loader.h"

#define SCS_CCR			0xe000ed14	/* exists, with bit 16 = 0, on cores without a cache too [v6M B3.2.8] */
#define SCS_CCR_DC		(1u << 16)
#define SCS_CCSIDR		0xe000ed80
#define SCS_CSSELR		0xe000ed84
#define SCS_DCCISW		0xe000ef74

static inline void data_synchronization_barrier(void)
{
	__asm__ volatile("dsb" : : : "memory");
}

/*
 * By set and way, because the stub does not know where the range is mapped. Clean too: the application's lines of RAM
 * are among them. [v7M B4.8.3] CCSIDR: 27:13 sets - 1, 12:3 ways - 1, 2:0 log2 of a line's words - 2. DCCISW: the way
 * in the uppermost bits, the set from the line's offset on. As many ways as the bits can number: Cortex-M7, M55 and M85
 * have four.
 */
static inline void data_cache_clean_invalidate(void)
{
	if (!(load32(SCS_CCR) & SCS_CCR_DC))
		return;
	/* Level 1, data or unified. */
	store32(SCS_CSSELR, 0);
	data_synchronization_barrier();
	uint32_t ccsidr = load32(SCS_CCSIDR);
	uint32_t line_shift = (ccsidr & 7) + 4;
	/* The smallest step of the way's field; all of it when there is one way only. */
	uint32_t way_step = 0x80000000;
	for (uint32_t ways = (ccsidr >> 3) & 0x3ff; ways > 1; ways >>= 1)
		way_step >>= 1;
	for (uint32_t set = ((ccsidr >> 13) & 0x7fff) + 1; set--; ) {
		uint32_t way = 0;
		do {
			store32(SCS_DCCISW, way | set << line_shift);
			way += way_step;
		} while (way);
	}
	data_synchronization_barrier();
}

#endif /* OPENOCD_LOADERS_FLASH_OFL_DATA_CACHE_H */
