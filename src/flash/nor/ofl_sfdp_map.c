// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * SFDP sector map (table FF81): which erase types work where, on chips that are not the same all over, and the commands
 * that find out which of several maps the chip is configured for.
 *
 * A map that cannot be used is not simply ignored: the table has said that the erase types are not good everywhere, so
 * using them anyway could erase more than was asked for. What remains safe then is the 4 KiB erase, if DW1 of the basic
 * table says that it works everywhere; otherwise the whole table is refused.
 */

#include "ofl_sfdp_internal.h"

#include <stdio.h>
#include <string.h>

#define DESCRIPTOR_LAST		(1u << 0)
#define DESCRIPTOR_IS_MAP	(1u << 1)
#define LATENCY_VARIABLE	0xfu

#define REASON_SIZE		56

static bool same_opcode_other_size(const struct ofl_sfdp *sfdp, unsigned int a, unsigned int b)
{
	return sfdp->erase[a].size_bytes != 0 && sfdp->erase[b].size_bytes != 0
			&& sfdp->erase[a].opcode == sfdp->erase[b].opcode && sfdp->erase[a].size_bytes != sfdp->erase[b].size_bytes;
}

static bool is_ambiguous(const struct ofl_sfdp *sfdp, unsigned int index)
{
	for (unsigned int other = 0; other < OFL_SFDP_MAX_ERASE_TYPES; other++)
		if (same_opcode_other_size(sfdp, index, other))
			return true;
	return false;
}

/*
 * What an opcode with two sizes erases is not known (S25FS256T: D8h is 64 or 128 KiB, as configured). Another type is
 * better; if there is none, stepping by the smaller size over an area of the larger one is right in both cases: each
 * real sector lies inside the area and has at least one step in it.
 */
static void resolve_ambiguous_types(struct ofl_sfdp *sfdp)
{
	bool ambiguous[OFL_SFDP_MAX_ERASE_TYPES], others = false;

	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		ambiguous[i] = is_ambiguous(sfdp, i);
		others |= !ambiguous[i] && sfdp->erase[i].size_bytes != 0;
	}

	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		if (!ambiguous[i])
			continue;
		if (others) {
			ofl_sfdp_note(sfdp, "erase type %u (%02X) ignored: the opcode has several sizes and no map says which",
					i + 1, sfdp->erase[i].opcode);
			ofl_sfdp_drop_type(sfdp, i);
			continue;
		}
		for (unsigned int j = 0; j < OFL_SFDP_MAX_ERASE_TYPES; j++) {
			struct ofl_sfdp_erase_type *large = &sfdp->erase[i], *small = &sfdp->erase[j];
			const uint32_t step_bytes = small->step_bytes != 0 ? small->step_bytes : small->size_bytes;

			if (!same_opcode_other_size(sfdp, i, j) || small->size_bytes > large->size_bytes)
				continue;
			if (large->step_bytes == 0 || step_bytes < large->step_bytes)
				large->step_bytes = step_bytes;
			if (small->typical_ms > large->typical_ms)
				large->typical_ms = small->typical_ms;
			if (small->max_ms > large->max_ms)
				large->max_ms = small->max_ms;
			ofl_sfdp_drop_type(sfdp, j);
			ofl_sfdp_note(sfdp, "erase %02X has several sizes and no map says which: %u bytes at a time in steps of %u",
					large->opcode, (unsigned int)large->size_bytes, (unsigned int)large->step_bytes);
		}
	}
}

static void resolve_without_map(struct ofl_sfdp *sfdp)
{
	bool others = false;

	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++)
		others |= sfdp->erase[i].size_bytes > 4096;
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES && others && !sfdp->erase_4k_everywhere; i++) {
		if (sfdp->erase[i].size_bytes != 4096)
			continue;
		ofl_sfdp_note(sfdp,
				"erase type %u (4 KiB) ignored: DW1 does not say that it works everywhere, and there is no map", i + 1);
		ofl_sfdp_drop_type(sfdp, i);
	}
	resolve_ambiguous_types(sfdp);
}

static void forget_map(struct ofl_sfdp *sfdp)
{
	sfdp->num_regions = 0;
	memset(sfdp->region, 0, sizeof(sfdp->region));
	sfdp->num_map_detect = 0;
	memset(sfdp->map_detect, 0, sizeof(sfdp->map_detect));
}

static enum ofl_sfdp_result resolve_unusable_map(const struct ofl_sfdp_table *map, const char *reason,
		struct ofl_sfdp *sfdp, const struct ofl_sfdp_text *why)
{
	unsigned int keep = 0;

	forget_map(sfdp);
	while (keep < OFL_SFDP_MAX_ERASE_TYPES && (sfdp->erase[keep].size_bytes != 4096 || is_ambiguous(sfdp, keep)))
		keep++;
	if (keep == OFL_SFDP_MAX_ERASE_TYPES || !sfdp->erase_4k_everywhere)
		return ofl_sfdp_malformed(why, "sector map at byte 0x%zx: %s; no erase type is known to work everywhere",
				map->offset_bytes, reason);

	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++)
		if (i != keep)
			ofl_sfdp_drop_type(sfdp, i);
	ofl_sfdp_note(sfdp, "sector map not usable (%s): only the 4 KiB erase is used", reason);
	return OFL_SFDP_OK;
}

/* A detection command is sent as it stands in the table: only opcodes that read a register are. */
static bool reads_a_register(uint8_t opcode)
{
	static const uint8_t reads[] = { 0x05, 0x07, 0x15, 0x35, 0x3f, 0x65, 0x70, 0x85, 0xb5 };

	return memchr(reads, opcode, sizeof(reads)) != NULL;
}

/* Takes the leading detection commands; returns the index (from 1) of the first map descriptor, or 0 with `reason`. */
static unsigned int parse_detection(const struct ofl_sfdp_table *map, struct ofl_sfdp *sfdp, char *reason)
{
	static const uint8_t address_bytes[4] = { 0, 3, 4, 0xff };
	unsigned int index = 1;

	for (; index <= map->num_dwords; index += 2) {
		const uint32_t dword = ofl_sfdp_dword(map, index);
		const uint8_t opcode = dword >> 8 & 0xff;
		const unsigned int latency_clocks = dword >> 16 & 0xf;

		if (dword & DESCRIPTOR_IS_MAP)
			return index;
		if (sfdp->num_map_detect == OFL_SFDP_MAX_DETECT) {
			snprintf(reason, REASON_SIZE, "more than %u detection commands", OFL_SFDP_MAX_DETECT);
			return 0;
		}
		if (!reads_a_register(opcode)) {
			snprintf(reason, REASON_SIZE, "detection command %02X is no register read", opcode);
			return 0;
		}
		if (latency_clocks != LATENCY_VARIABLE && latency_clocks % 8 != 0) {
			snprintf(reason, REASON_SIZE, "detection latency of %u clocks", latency_clocks);
			return 0;
		}
		sfdp->map_detect[sfdp->num_map_detect].opcode = opcode;
		sfdp->map_detect[sfdp->num_map_detect].mask = dword >> 24;
		sfdp->map_detect[sfdp->num_map_detect].address_bytes = address_bytes[dword >> 22 & 3];
		sfdp->map_detect[sfdp->num_map_detect].dummy_bytes = latency_clocks == LATENCY_VARIABLE
				? 0xff : latency_clocks / 8;
		sfdp->map_detect[sfdp->num_map_detect].address = ofl_sfdp_dword(map, index + 1);
		sfdp->num_map_detect++;
	}
	snprintf(reason, REASON_SIZE, "commands, but no map");
	return 0;
}

/*
 * Finds the map with `id`, or with `only` set the only one there is whatever its id; returns its index, or 0 with
 * `reason`. The whole chain is walked, so that damage behind the wanted map is seen too.
 */
static unsigned int find_map(const struct ofl_sfdp_table *map, unsigned int index, uint8_t id, bool only, char *reason)
{
	unsigned int found = 0, num_maps = 0;

	for (;;) {
		const uint32_t dword = ofl_sfdp_dword(map, index);
		const unsigned int num_regions = (dword >> 16 & 0xff) + 1;

		if (index <= map->num_dwords && !(dword & DESCRIPTOR_IS_MAP)) {
			snprintf(reason, REASON_SIZE, "a command follows %u maps", num_maps);
			return 0;
		}
		if (index > map->num_dwords || num_regions > map->num_dwords - index) {
			snprintf(reason, REASON_SIZE, "map %u runs past the table", num_maps + 1);
			return 0;
		}
		num_maps++;
		if ((dword >> 8 & 0xff) == id && found == 0)
			found = index;
		if (dword & DESCRIPTOR_LAST)
			break;
		index += 1 + num_regions;
	}
	if (found == 0 && only && num_maps == 1)
		return index;
	if (found == 0)
		snprintf(reason, REASON_SIZE, "no map for configuration %u", id);
	return found;
}

/* The block of the type's natural alignment that the region lies in, when the type is larger than the region. */
static bool overlaid_in_one_block(const struct ofl_sfdp_region *region, uint32_t size_bytes)
{
	return region->offset_bytes / size_bytes == (region->offset_bytes + region->size_bytes - 1) / size_bytes;
}

static bool shares_block(const struct ofl_sfdp *sfdp, unsigned int index, unsigned int type)
{
	const uint32_t size_bytes = sfdp->erase[type].size_bytes;
	const uint64_t block = sfdp->region[index].offset_bytes / size_bytes;

	for (unsigned int i = 0; i < sfdp->num_regions; i++) {
		const struct ofl_sfdp_region *other = &sfdp->region[i];

		if (i != index && other->erase_mask >> type & 1 && other->offset_bytes / size_bytes <= block
				&& (other->offset_bytes + other->size_bytes - 1) / size_bytes >= block)
			return true;
	}
	return false;
}

/* Whether one command of `type` erases exactly one piece of the region, of the type's size or of the region's. */
static bool type_fits_region(const struct ofl_sfdp *sfdp, unsigned int index, unsigned int type)
{
	const struct ofl_sfdp_region *region = &sfdp->region[index];
	const uint32_t size_bytes = sfdp->erase[type].size_bytes;

	for (unsigned int other = 0; other < OFL_SFDP_MAX_ERASE_TYPES; other++)
		if (region->erase_mask >> other & 1 && same_opcode_other_size(sfdp, type, other))
			return false;
	if (size_bytes > region->size_bytes)
		return overlaid_in_one_block(region, size_bytes) && !shares_block(sfdp, index, type);
	return region->offset_bytes % size_bytes == 0 && region->size_bytes % size_bytes == 0;
}

static bool check_regions(struct ofl_sfdp *sfdp, char *reason)
{
	uint8_t fitting[OFL_SFDP_MAX_REGIONS];

	for (unsigned int i = 0; i < sfdp->num_regions; i++) {
		fitting[i] = 0;
		for (unsigned int type = 0; type < OFL_SFDP_MAX_ERASE_TYPES; type++)
			if (sfdp->region[i].erase_mask >> type & 1 && type_fits_region(sfdp, i, type))
				fitting[i] |= 1u << type;
		if (fitting[i] == 0) {
			snprintf(reason, REASON_SIZE, "region %u has no erase type that fits", i);
			return false;
		}
	}
	for (unsigned int i = 0; i < sfdp->num_regions; i++) {
		if (fitting[i] != sfdp->region[i].erase_mask)
			ofl_sfdp_note(sfdp, "sector map: erase types %X of region %u do not fit it: not used there",
					sfdp->region[i].erase_mask & ~fitting[i], i);
		sfdp->region[i].erase_mask = fitting[i];
	}
	return true;
}

static bool take_map(const struct ofl_sfdp_table *map, unsigned int index, struct ofl_sfdp *sfdp, char *reason)
{
	const unsigned int num_regions = (ofl_sfdp_dword(map, index) >> 16 & 0xff) + 1;
	uint8_t present = 0;
	uint64_t offset_bytes = 0;

	if (num_regions > OFL_SFDP_MAX_REGIONS) {
		snprintf(reason, REASON_SIZE, "%u regions, at most %u are supported", num_regions, OFL_SFDP_MAX_REGIONS);
		return false;
	}
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++)
		if (sfdp->erase[i].size_bytes != 0)
			present |= 1u << i;
	for (unsigned int i = 0; i < num_regions; i++) {
		const uint32_t dword = ofl_sfdp_dword(map, index + 1 + i);

		sfdp->region[i].offset_bytes = offset_bytes;
		sfdp->region[i].size_bytes = ((uint64_t)(dword >> 8) + 1) * 256;
		sfdp->region[i].erase_mask = dword & present;
		offset_bytes += sfdp->region[i].size_bytes;
	}
	if (offset_bytes != sfdp->density_bytes) {
		snprintf(reason, REASON_SIZE, "regions add up to 0x%llx bytes", (unsigned long long)offset_bytes);
		return false;
	}
	sfdp->num_regions = num_regions;
	return check_regions(sfdp, reason);
}

/* The part of the chip that cannot be addressed has no regions. */
static void clip_regions(struct ofl_sfdp *sfdp)
{
	for (unsigned int i = 0; i < sfdp->num_regions; i++) {
		struct ofl_sfdp_region *region = &sfdp->region[i];

		if (region->offset_bytes >= sfdp->size_bytes) {
			memset(region, 0, (sfdp->num_regions - i) * sizeof(*region));
			sfdp->num_regions = i;
			return;
		}
		if (region->size_bytes > sfdp->size_bytes - region->offset_bytes)
			region->size_bytes = sfdp->size_bytes - region->offset_bytes;
	}
}

static enum ofl_sfdp_result use_map(const struct ofl_sfdp_table *map, unsigned int first, uint8_t id, bool only,
		struct ofl_sfdp *sfdp, const struct ofl_sfdp_text *why)
{
	char reason[REASON_SIZE] = "";
	const unsigned int index = find_map(map, first, id, only, reason);

	if (index == 0 || !take_map(map, index, sfdp, reason))
		return resolve_unusable_map(map, reason, sfdp, why);
	clip_regions(sfdp);
	return OFL_SFDP_OK;
}

enum ofl_sfdp_result ofl_sfdp_resolve_map(const struct ofl_sfdp_table *map, struct ofl_sfdp *sfdp,
		const struct ofl_sfdp_text *why)
{
	char reason[REASON_SIZE] = "";

	if (map->num_dwords == 0) {
		resolve_without_map(sfdp);
		return OFL_SFDP_OK;
	}

	const unsigned int first = parse_detection(map, sfdp, reason);
	if (first == 0)
		return resolve_unusable_map(map, reason, sfdp, why);
	if (sfdp->num_map_detect != 0)
		return OFL_SFDP_OK;
	return use_map(map, first, 0, true, sfdp, why);
}

static enum ofl_sfdp_result select_map(const uint8_t *bytes, size_t length, uint8_t id, struct ofl_sfdp *sfdp,
		const struct ofl_sfdp_text *why)
{
	char reason[REASON_SIZE] = "";
	struct ofl_sfdp_tables tables;
	const enum ofl_sfdp_result result = ofl_sfdp_locate(bytes, length, NULL, NULL, &tables, NULL, why);

	if (result != OFL_SFDP_OK)
		return result;
	if (tables.map.num_dwords == 0)
		return ofl_sfdp_malformed(why, "there is no sector map to select from");

	forget_map(sfdp);
	const unsigned int first = parse_detection(&tables.map, sfdp, reason);
	if (first == 0)
		return resolve_unusable_map(&tables.map, reason, sfdp, why);
	const bool only = sfdp->num_map_detect == 0;
	forget_map(sfdp);
	return use_map(&tables.map, first, id | sfdp->map_id_set_bits, only, sfdp, why);
}

enum ofl_sfdp_result ofl_sfdp_select_map(const uint8_t *bytes, size_t length, uint8_t id,
		struct ofl_sfdp *sfdp, char *why, size_t why_size)
{
	const struct ofl_sfdp_text text = { .buffer = why, .size = why_size };

	if (why_size > 0)
		why[0] = '\0';
	const enum ofl_sfdp_result result = select_map(bytes, length, id, sfdp, &text);
	if (result != OFL_SFDP_OK)
		memset(sfdp, 0, sizeof(*sfdp));
	return result;
}
