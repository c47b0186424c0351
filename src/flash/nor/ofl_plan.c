// SPDX-License-Identifier: GPL-2.0-or-later

#include <string.h>

#include "ofl_plan.h"

static bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

const char *ofl_geometry_fault(const struct ofl_geometry *geometry)
{
	uint64_t end = 0;

	if (!geometry->size_bytes)
		return "the size is 0";
	if (!is_power_of_two(geometry->page_bytes) || geometry->page_bytes > 4096)
		return "the page size is not a power of two up to 4096";
	if (!geometry->num_erase_types || geometry->num_erase_types > OFL_MAX_ERASE_TYPES)
		return "there is no erase type";
	for (unsigned int n = 0; n < geometry->num_erase_types; n++) {
		if (!is_power_of_two(geometry->erase[n].size_bytes))
			return "an erase size is not a power of two";
		if (n && geometry->erase[n].size_bytes <= geometry->erase[n - 1].size_bytes)
			return "the erase types are not sorted";
	}
	if (!geometry->num_regions || geometry->num_regions > OFL_MAX_REGIONS)
		return "there is no region";
	for (unsigned int n = 0; n < geometry->num_regions; n++) {
		const struct ofl_region *region = &geometry->region[n];
		if (region->offset_bytes != end || !region->size_bytes)
			return "the regions leave a gap";
		end += region->size_bytes;
		if (!(region->erase_mask & ((1u << geometry->num_erase_types) - 1)))
			return "a region has no erase type";
		uint32_t sector_bytes = ofl_plan_sector_bytes(geometry, region->offset_bytes);
		if (region->offset_bytes % sector_bytes || region->size_bytes % sector_bytes)
			return "a region does not hold whole sectors";
	}
	if (end != geometry->size_bytes)
		return "the regions do not add up to the size";
	return NULL;
}

static const struct ofl_region *find_region(const struct ofl_geometry *geometry, uint64_t offset_bytes)
{
	for (unsigned int n = 0; n < geometry->num_regions; n++) {
		const struct ofl_region *region = &geometry->region[n];
		if (offset_bytes >= region->offset_bytes && offset_bytes - region->offset_bytes < region->size_bytes)
			return region;
	}
	return NULL;
}

/*
 * Largest type that starts at `offset_bytes` on its own alignment, ends by `end`, and stays inside the region; NULL if
 * none.
 */
static const struct ofl_erase_type *largest_fit(const struct ofl_geometry *geometry, uint64_t offset_bytes,
		uint64_t end)
{
	const struct ofl_region *region = find_region(geometry, offset_bytes);
	if (!region)
		return NULL;
	uint64_t region_end = region->offset_bytes + region->size_bytes;
	if (end > region_end)
		end = region_end;
	for (unsigned int n = geometry->num_erase_types; n-- > 0; ) {
		const struct ofl_erase_type *type = &geometry->erase[n];
		if ((region->erase_mask >> n & 1) && offset_bytes % type->size_bytes == 0 &&
				end - offset_bytes >= type->size_bytes)
			return type;
	}
	return NULL;
}

uint32_t ofl_plan_sector_bytes(const struct ofl_geometry *geometry, uint64_t offset_bytes)
{
	const struct ofl_region *region = find_region(geometry, offset_bytes);
	if (!region)
		return 0;
	for (unsigned int n = 0; n < geometry->num_erase_types; n++) {
		if (region->erase_mask >> n & 1)
			return geometry->erase[n].size_bytes;
	}
	return 0;
}

uint64_t ofl_plan_erase_ms(const struct ofl_erase_step *steps, unsigned int num_steps)
{
	uint64_t sum_ms = 0;
	for (unsigned int n = 0; n < num_steps; n++)
		sum_ms += (uint64_t)steps[n].count * steps[n].typical_ms;
	return sum_ms;
}

static bool chip_erase_is_faster(const struct ofl_geometry *geometry, const struct ofl_erase_step *steps,
		unsigned int num_steps)
{
	if (!geometry->chip_erase_opcode || !geometry->chip_erase_typical_ms)
		return false;
	for (unsigned int n = 0; n < num_steps; n++) {
		if (!steps[n].typical_ms)
			return false;
	}
	return geometry->chip_erase_typical_ms < ofl_plan_erase_ms(steps, num_steps);
}

int ofl_plan_erase(const struct ofl_geometry *geometry, uint64_t offset_bytes, uint64_t length_bytes,
		struct ofl_erase_step *steps, unsigned int max_steps)
{
	if (offset_bytes > geometry->size_bytes || length_bytes > geometry->size_bytes - offset_bytes)
		return -1;

	uint64_t end = offset_bytes + length_bytes;
	unsigned int num_steps = 0;
	for (uint64_t at = offset_bytes; at < end; ) {
		const struct ofl_erase_type *type = largest_fit(geometry, at, end);
		if (!type)
			return -1;
		struct ofl_erase_step *last = num_steps ? &steps[num_steps - 1] : NULL;
		if (last && last->opcode == type->opcode && last->unit_bytes == type->size_bytes) {
			last->count++;
		} else {
			if (num_steps == max_steps)
				return -1;
			steps[num_steps++] = (struct ofl_erase_step) {
				.offset_bytes = at,
				.unit_bytes = type->size_bytes,
				.count = 1,
				.opcode = type->opcode,
				.typical_ms = type->typical_ms,
				.max_ms = type->max_ms,
			};
		}
		at += type->size_bytes;
	}

	if (length_bytes == geometry->size_bytes && chip_erase_is_faster(geometry, steps, num_steps)) {
		steps[0] = (struct ofl_erase_step) {
			.unit_bytes = geometry->size_bytes,
			.count = 1,
			.opcode = geometry->chip_erase_opcode,
			.chip_erase = true,
			.typical_ms = geometry->chip_erase_typical_ms,
			.max_ms = geometry->chip_erase_max_ms,
		};
		num_steps = 1;
	}
	return num_steps;
}

static bool is_blank(const uint8_t *data, size_t length, uint8_t erased_byte)
{
	return length == 0 || (data[0] == erased_byte && memcmp(data, data + 1, length - 1) == 0);
}

enum ofl_sector_action ofl_plan_sector(const uint8_t *old, const uint8_t *wanted, const uint8_t *asked,
		uint32_t length_bytes, uint32_t unit_bytes, uint8_t erased_byte)
{
	bool equal = true, ready = true, others = false;

	for (uint32_t start = 0; start < length_bytes; start += unit_bytes) {
		uint32_t end = length_bytes - start > unit_bytes ? start + unit_bytes : length_bytes;
		bool asks = false;
		for (uint32_t n = start; n < end; n++) {
			asks |= asked[n] != 0;
			equal &= !asked[n] || old[n] == wanted[n];
			others |= !asked[n] && old[n] != erased_byte;
		}
		ready &= !asks || is_blank(old + start, end - start, erased_byte);
	}
	if (equal)
		return OFL_SECTOR_SKIP;
	if (ready)
		return OFL_SECTOR_PROGRAM;
	return others ? OFL_SECTOR_PRESERVE : OFL_SECTOR_ERASE;
}

bool ofl_plan_next_piece(uint64_t offset_bytes, const uint8_t *data, size_t length_bytes, uint32_t piece_bytes,
		uint8_t erased_byte, size_t *position, struct ofl_piece *piece)
{
	while (*position < length_bytes) {
		uint64_t at = offset_bytes + *position;
		uint32_t n = piece_bytes - at % piece_bytes;
		if (n > length_bytes - *position)
			n = length_bytes - *position;
		const uint8_t *bytes = data + *position;
		piece->offset_bytes = at;
		piece->data_offset = *position;
		piece->length_bytes = n;
		*position += n;
		if (!is_blank(bytes, n, erased_byte))
			return true;
	}
	return false;
}

uint32_t ofl_plan_count_pieces(uint64_t offset_bytes, const uint8_t *data, size_t length_bytes, uint32_t piece_bytes,
		uint8_t erased_byte)
{
	struct ofl_piece piece;
	size_t position = 0;
	uint32_t count = 0;

	while (ofl_plan_next_piece(offset_bytes, data, length_bytes, piece_bytes, erased_byte, &position, &piece))
		count++;
	return count;
}

bool ofl_plan_slots(uint32_t ring_bytes, uint32_t page_bytes, struct ofl_slots *slots, uint32_t *missing_bytes)
{
	/* Parts that program a byte or a word at a time have pages of that size. */
	uint32_t least_bytes = page_bytes < OFL_MIN_PIECE_BYTES ? page_bytes : OFL_MIN_PIECE_BYTES;

	for (uint32_t piece = page_bytes; piece && piece >= least_bytes; piece /= 2) {
		slots->piece_bytes = piece;
		slots->slot_bytes = (OFL_SLOT_HEADER_BYTES + piece + 3) & ~3u;
		slots->count = ring_bytes / slots->slot_bytes;
		if (slots->count >= 2)
			return true;
	}
	*missing_bytes = 2 * ((OFL_SLOT_HEADER_BYTES + least_bytes + 3) & ~3u) - ring_bytes;
	return false;
}

bool ofl_plan_call_slots(uint32_t ring_bytes, uint32_t page_bytes, bool many_pages, uint32_t max_piece_bytes,
		struct ofl_slots *slots, uint32_t *missing_bytes)
{
	/* In 64 bits: a file may name any page size. */
	uint64_t slot_bytes = (OFL_SLOT_HEADER_BYTES + (uint64_t)page_bytes + 7) & ~7ull;
	uint32_t third_bytes = (ring_bytes / 3) & ~7u;
	uint32_t pages = 1;

	if (!page_bytes || slot_bytes > ring_bytes) {
		uint64_t missing = slot_bytes > ring_bytes ? slot_bytes - ring_bytes : 0;
		*missing_bytes = missing > UINT32_MAX ? UINT32_MAX : (uint32_t)missing;
		return false;
	}
	if (many_pages && slot_bytes <= third_bytes) {
		pages = (third_bytes - OFL_SLOT_HEADER_BYTES) / page_bytes;
		if (pages > max_piece_bytes / page_bytes)
			pages = max_piece_bytes / page_bytes ? max_piece_bytes / page_bytes : 1;
	}
	slots->piece_bytes = pages * page_bytes;
	slots->slot_bytes = (OFL_SLOT_HEADER_BYTES + slots->piece_bytes + 7) & ~7u;
	slots->count = ring_bytes / slots->slot_bytes;
	return true;
}
