// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Memory protection: PMSAv6 and PMSAv7 ([v6M] B3.5, [v7M] B3.5), PMSAv8 ([v8M] B10), and the execute-never parts of
 * the default memory map, which hold with the MPU off ([v7M] B3.1).
 */

#include <string.h>

#include "core_private.h"

#define RBAR_VALID		(1u << 4)
#define RASR_ENABLE		(1u << 0)
#define RASR_XN			(1u << 28)
#define RLAR_ENABLE		(1u << 0)
#define RBAR_V8_XN		(1u << 0)

struct region {
	uint32_t first, last;
	uint32_t granule_bytes;	/* the subregions that can be off are as big as this; 0: none is */
	bool xn, read_privileged, write_privileged, read_user, write_user;
};

static void decode_v7_rights(uint32_t rasr, struct region *region)
{
	unsigned int ap = rasr >> 24 & 7;

	region->xn = rasr & RASR_XN;
	region->read_privileged = ap != 0 && ap != 4;
	region->write_privileged = ap >= 1 && ap <= 3;
	region->read_user = ap == 2 || ap == 3 || ap >= 6;
	region->write_user = ap == 3;
}

/* Returns false for a region that is off. */
static bool get_region(const struct core *core, unsigned int number, struct region *region)
{
	uint32_t rbar = core->mpu_rbar[number], rasr = core->mpu_rasr[number];
	unsigned int size;

	if (core->is_v8m) {
		if (!(rasr & RLAR_ENABLE))
			return false;
		region->first = rbar & ~0x1fu;
		region->last = rasr | 0x1f;
		region->granule_bytes = 0;
		region->xn = rbar & RBAR_V8_XN;
		/* AP[2:1]: bit 2 read-only, bit 1 for everybody */
		region->read_privileged = true;
		region->write_privileged = !(rbar & 4);
		region->read_user = rbar & 2;
		region->write_user = (rbar & 6) == 2;
		return region->first <= region->last;
	}

	if (!(rasr & RASR_ENABLE))
		return false;
	/* SIZE: 2^(n+1) bytes, at least 32 (256 in v6-M) */
	size = (rasr >> 1 & 0x1f) + 1;
	if (size < (core->is_v6m ? 8 : 5))
		return false;
	region->first = size == 32 ? 0 : rbar & ~((1u << size) - 1);
	region->last = region->first + (size == 32 ? 0xffffffff : (1u << size) - 1);
	region->granule_bytes = size >= 8 && (rasr >> 8 & 0xff) ? 1u << (size - 3) : 0;
	decode_v7_rights(rasr, region);
	return true;
}

static bool is_in_region(const struct core *core, unsigned int number, const struct region *region, uint32_t address)
{
	if (address < region->first || address > region->last)
		return false;
	if (!region->granule_bytes)
		return true;
	return !(core->mpu_rasr[number] >> (8 + (address - region->first) / region->granule_bytes) & 1);
}

static bool default_map_allows(uint32_t address, enum access_kind kind)
{
	if (kind != ACCESS_FETCH)
		return true;
	return address < 0x40000000 || (address >= 0x60000000 && address < 0xa0000000);
}

static bool region_allows(const struct region *region, enum access_kind kind, bool privileged)
{
	bool readable = privileged ? region->read_privileged : region->read_user;

	switch (kind) {
	case ACCESS_FETCH:
		return readable && !region->xn;
	case ACCESS_READ:
		return readable;
	default:
		return privileged ? region->write_privileged : region->write_user;
	}
}

bool mpu_allows(const struct core *core, uint32_t address, enum access_kind kind, bool privileged)
{
	struct region region, found;
	unsigned int matches = 0;

	/* The private peripherals are never executable and never protected by the MPU. */
	if (address >= PRIVATE_PERIPHERAL_BUS)
		return kind != ACCESS_FETCH;
	if (!core->mpu_on)
		return default_map_allows(address, kind);

	for (unsigned int i = 0; i < core->config.mpu_regions; i++) {
		if (!get_region(core, i, &region) || !is_in_region(core, i, &region, address))
			continue;
		/* The highest number wins; v8-M allows no overlap. */
		found = region;
		matches++;
	}
	if (matches == 0)
		return (core->mpu_ctrl & MPU_CTRL_PRIVDEFENA) && privileged && default_map_allows(address, kind);
	if (matches > 1 && core->is_v8m)
		return false;
	return region_allows(&found, kind, privileged);
}

/* The highest region's attributes ([v7M] B3.5.9: TEX, C, B), or those of the default memory map ([v7M] B3.1). */
bool mpu_is_cacheable(const struct core *core, uint32_t address)
{
	bool cacheable = address < 0x40000000 || (address >= 0x60000000 && address < 0xa0000000);
	struct region region;

	if (!core->mpu_on || core->is_v8m)
		return cacheable;
	for (unsigned int i = 0; i < core->config.mpu_regions; i++) {
		uint32_t rasr = core->mpu_rasr[i];

		if (get_region(core, i, &region) && is_in_region(core, i, &region, address))
			cacheable = rasr & 1u << 17 || (rasr & 1u << 21 && rasr & 1u << 16);
	}
	return cacheable;
}

static void clip(uint32_t first, uint32_t last, uint32_t *start, uint32_t *end)
{
	if (first > *start)
		*start = first;
	if (last < *end)
		*end = last;
}

void mpu_narrow(const struct core *core, uint32_t address, uint32_t *start, uint32_t *end)
{
	struct region region;

	/* The default map changes at multiples of 512 MiB only. */
	clip(address & 0xe0000000, address | 0x1fffffff, start, end);
	if (!core->mpu_on)
		return;
	for (unsigned int i = 0; i < core->config.mpu_regions; i++) {
		if (!get_region(core, i, &region))
			continue;
		if (address < region.first) {
			clip(0, region.first - 1, start, end);
		} else if (address > region.last) {
			clip(region.last + 1, 0xffffffff, start, end);
		} else if (region.granule_bytes) {
			uint32_t granule = address & ~(region.granule_bytes - 1);

			clip(granule, granule + (region.granule_bytes - 1), start, end);
		} else {
			clip(region.first, region.last, start, end);
		}
	}
}

/* RBAR/RASR (RLAR) and their three aliases: which region, or -1. Aliases are v7-M and later. */
static int region_of(const struct core *core, uint32_t offset)
{
	unsigned int pair = (offset - 0x0c) / 8;

	if (offset < 0x0c || offset > 0x28 || (pair > 0 && core->is_v6m))
		return -1;
	if (core->is_v8m && pair > 0)
		return (int)((core->mpu_rnr & ~3u) + pair);
	return (int)core->mpu_rnr;
}

static bool is_rbar(uint32_t offset)
{
	return ((offset - 0x0c) & 4) == 0;
}

uint32_t mpu_read(const struct core *core, uint32_t offset)
{
	int region;

	if (core->config.mpu_regions == 0)
		return 0;
	switch (offset) {
	case 0x00:
		return core->config.mpu_regions << 8;
	case 0x04:
		return core->mpu_ctrl;
	case 0x08:
		return core->mpu_rnr;
	case 0x30:
	case 0x34:
		return core->is_v8m ? core->mpu_mair[(offset - 0x30) / 4] : 0;
	default:
		break;
	}
	region = region_of(core, offset);
	if (region < 0 || region >= (int)core->config.mpu_regions)
		return 0;
	if (!is_rbar(offset))
		return core->mpu_rasr[region];
	return core->is_v8m ? core->mpu_rbar[region] : core->mpu_rbar[region] | (uint32_t)region;
}

static void write_region(struct core *core, uint32_t offset, uint32_t value)
{
	int region;

	/* v7-M: the write may name its region. */
	if (is_rbar(offset) && !core->is_v8m && (value & RBAR_VALID) && (value & 0xf) < core->config.mpu_regions)
		core->mpu_rnr = value & 0xf;
	region = region_of(core, offset);
	if (region < 0 || region >= (int)core->config.mpu_regions)
		return;
	if (is_rbar(offset))
		core->mpu_rbar[region] = core->is_v8m ? value : value & ~(core->is_v6m ? 0xffu : 0x1fu);
	else
		core->mpu_rasr[region] = core->is_v8m ? value & ~0x10u : value & 0x173fff3f;
}

void mpu_write(struct core *core, uint32_t offset, uint32_t value)
{
	if (core->config.mpu_regions == 0)
		return;
	switch (offset) {
	case 0x00:
		return;
	case 0x04:
		core->mpu_ctrl = value & (MPU_CTRL_ENABLE | MPU_CTRL_HFNMIENA | MPU_CTRL_PRIVDEFENA);
		break;
	case 0x08:
		if ((value & 0xff) < core->config.mpu_regions)
			core->mpu_rnr = value & 0xff;
		return;
	case 0x30:
	case 0x34:
		core->mpu_mair[(offset - 0x30) / 4] = value;
		return;
	default:
		write_region(core, offset, value);
		break;
	}
	/* What the engine was told about fetches and data is out of date. */
	core_request(core);
}

void mpu_reset(struct core *core)
{
	core->mpu_ctrl = 0;
	core->mpu_rnr = 0;
	core->mpu_on = false;
	memset(core->mpu_rbar, 0, sizeof(core->mpu_rbar));
	memset(core->mpu_rasr, 0, sizeof(core->mpu_rasr));
	memset(core->mpu_mair, 0, sizeof(core->mpu_mair));
}
