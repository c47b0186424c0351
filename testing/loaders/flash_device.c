// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The descriptor of FLM, Open Flash Loader and Segger Flash Loader: ARM's FlashOS.h of the CMSIS template, whose layout
 * loaders of all three use.
 */

#include "board.h"
#include "loader.h"

#define NUM_REGIONS_PLUS(start, count, bytes)	+ 1
#define NUM_REGIONS	(0 DEVICE_REGIONS(NUM_REGIONS_PLUS))

/* FLM: the template's 512 pairs. Segger's templates keep only as many as they need. */
#ifndef SECTOR_PAIRS
#define SECTOR_PAIRS	(NUM_REGIONS + 1)
#endif

struct flash_device {
	uint16_t version;
	char name[128];
	uint16_t type;
	uint32_t base;
	uint32_t bytes;
	uint32_t page_bytes;
	uint32_t reserved;
	uint8_t erased_byte;
	uint32_t program_ms;
	uint32_t erase_ms;
	struct {
		uint32_t bytes;
		uint32_t offset;
	} sector[SECTOR_PAIRS];
};

_Static_assert(offsetof(struct flash_device, type) == 130, "DevType");
_Static_assert(offsetof(struct flash_device, page_bytes) == 140, "szPage");
_Static_assert(offsetof(struct flash_device, program_ms) == 152, "toProg");
_Static_assert(offsetof(struct flash_device, sector) == 160, "sectors");
_Static_assert(SECTOR_PAIRS > NUM_REGIONS, "room for the end mark");

#define PAIR(start, count, bytes)	{ (bytes), (start) },

extern const struct flash_device flash_device LOADER_SYMBOL("FlashDevice") __attribute__((section("DevDscr")));

const struct flash_device flash_device = {
	.version = 0x0101,
	.name = DEVICE_NAME,
	.type = DEVICE_TYPE,
	.base = DEVICE_BASE,
	.bytes = DEVICE_BYTES,
	.page_bytes = DEVICE_PAGE_BYTES,
	.erased_byte = 0xff,
	.program_ms = DEVICE_PROGRAM_MS,
	.erase_ms = DEVICE_ERASE_MS,
	.sector = { DEVICE_REGIONS(PAIR) { 0xffffffff, 0xffffffff } },
};
