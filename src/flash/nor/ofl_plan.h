/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What to do to a flash, computed from its geometry and the request. Pure: no OpenOCD, no target, no I/O.
 */

#ifndef OPENOCD_FLASH_NOR_OFL_PLAN_H
#define OPENOCD_FLASH_NOR_OFL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OFL_MAX_ERASE_TYPES	4
#define OFL_MAX_REGIONS		32

struct ofl_erase_type {
	uint32_t size_bytes;	/* power of two */
	uint8_t opcode;		/* the one that goes with the address width in use */
	uint32_t typical_ms, max_ms;	/* 0: not known */
};

/* A stretch of the flash with its own choice of erase types; bit n of erase_mask = erase[n]. */
struct ofl_region {
	uint64_t offset_bytes;
	uint64_t size_bytes;
	uint8_t erase_mask;
};

/* Geometry as the planner wants it: erase types sorted by size, smallest first, regions sorted and without gaps. */
struct ofl_geometry {
	uint64_t size_bytes;
	uint32_t page_bytes;
	unsigned int num_erase_types;
	struct ofl_erase_type erase[OFL_MAX_ERASE_TYPES];
	unsigned int num_regions;	/* at least 1 */
	struct ofl_region region[OFL_MAX_REGIONS];
	uint8_t chip_erase_opcode;	/* 0: none */
	uint32_t chip_erase_typical_ms, chip_erase_max_ms;	/* 0: not known */
};

/* `count` units of `unit_bytes` from `offset_bytes`. */
struct ofl_erase_step {
	uint64_t offset_bytes;
	uint64_t unit_bytes;
	uint32_t count;
	uint8_t opcode;
	bool chip_erase;	/* opcode takes no address */
	uint32_t typical_ms, max_ms;	/* of one unit; 0: not known */
};

/* Returns NULL when `geometry` keeps the promises above, else what is wrong with it. */
const char *ofl_geometry_fault(const struct ofl_geometry *geometry);

/* Size of the sector that `offset_bytes` lies in: the region's smallest erase unit. 0: outside the flash. */
uint32_t ofl_plan_sector_bytes(const struct ofl_geometry *geometry, uint64_t offset_bytes);

/*
 * Steps that erase exactly [offset_bytes, offset_bytes + length_bytes), which must begin and end on sectors: the
 * largest units that fit, smaller ones at the edges, one chip erase when that is everything and the table says it is
 * faster. Returns the number of steps, or -1 when the range is not on sectors or `max_steps` is too few (8 a region are
 * enough).
 */
int ofl_plan_erase(const struct ofl_geometry *geometry, uint64_t offset_bytes, uint64_t length_bytes,
		struct ofl_erase_step *steps, unsigned int max_steps);

/* Typical time of the steps in milliseconds; units of unknown time count as 0. */
uint64_t ofl_plan_erase_ms(const struct ofl_erase_step *steps, unsigned int num_steps);

/* What a write does to one sector. */
enum ofl_sector_action {
	OFL_SECTOR_SKIP,	/* it holds what is wanted */
	OFL_SECTOR_PROGRAM,	/* where something is wanted it is erased already */
	OFL_SECTOR_ERASE,	/* nothing is lost by an erase */
	OFL_SECTOR_PRESERVE,	/* bytes beside those that are wanted are programmed again after the erase */
};

/*
 * From what a sector holds and what it shall hold; `asked` is not 0 for each byte that the request names. Units of
 * `unit_bytes` (flash with ECC; 1 else, not 0) can be programmed only when they are erased.
 */
enum ofl_sector_action ofl_plan_sector(const uint8_t *old, const uint8_t *wanted, const uint8_t *asked,
		uint32_t length_bytes, uint32_t unit_bytes, uint8_t erased_byte);

/* A piece for one slot of the ring: within one page (or one lot of pages, see ofl_plan_call_slots()), not blank. */
struct ofl_piece {
	uint64_t offset_bytes;	/* in the flash */
	size_t data_offset;	/* in the data of the request */
	uint32_t length_bytes;
};

/*
 * Walks the data of a write in pieces of at most `piece_bytes`, which end on multiples of it, counted from the start of
 * the flash. That need not be a power of two: it is a page, whole pages, or a number that divides the page; not 0.
 * Pieces that are all `erased_byte` are left out: programming those changes nothing. *position starts at 0; returns
 * false at the end.
 */
bool ofl_plan_next_piece(uint64_t offset_bytes, const uint8_t *data, size_t length_bytes, uint32_t piece_bytes,
		uint8_t erased_byte, size_t *position, struct ofl_piece *piece);

/* Number of pieces of the whole walk. */
uint32_t ofl_plan_count_pieces(uint64_t offset_bytes, const uint8_t *data, size_t length_bytes, uint32_t piece_bytes,
		uint8_t erased_byte);

/*
 * How the ring is cut into slots for programming. Full pages when at least two fit (one is filled while the other is
 * programmed), else the largest power-of-two part of a page of which two fit. Returns false when not even pieces of
 * OFL_MIN_PIECE_BYTES do; *missing_bytes is then how much more work area is needed. `page_bytes` is a power of two.
 */
#define OFL_MIN_PIECE_BYTES	16
#define OFL_SLOT_HEADER_BYTES	8

struct ofl_slots {
	uint32_t piece_bytes;
	uint32_t slot_bytes;
	uint32_t count;
};

bool ofl_plan_slots(uint32_t ring_bytes, uint32_t page_bytes, struct ofl_slots *slots, uint32_t *missing_bytes);

/*
 * The same for the program function of a loader file, which gets whole pages (`page_bytes`: any number; 0 is refused),
 * never a part of one. With `many_pages` it takes several at once: as many as leave 3 slots in the ring, so that the
 * link has time to fill the next ones, and `max_piece_bytes` at most; a page is given even when it is larger than that.
 * slot_bytes is a multiple of 8, so that the data is on 8 when the ring is. One slot is the least, though then nothing
 * overlaps: filling and programming take turns. Returns false when not even one page fits; *missing_bytes is then how
 * much more RAM is needed.
 */
bool ofl_plan_call_slots(uint32_t ring_bytes, uint32_t page_bytes, bool many_pages, uint32_t max_piece_bytes,
		struct ofl_slots *slots, uint32_t *missing_bytes);

#endif /* OPENOCD_FLASH_NOR_OFL_PLAN_H */
