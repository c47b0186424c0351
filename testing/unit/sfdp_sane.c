// SPDX-License-Identifier: GPL-2.0-or-later

#include "sfdp_sane.h"

#include <string.h>

#define KIB		1024u
#define MIB		(1024u * 1024u)

static bool is_power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

bool is_zeroed(const struct ofl_sfdp *sfdp)
{
	static const struct ofl_sfdp zero;

	return memcmp(sfdp, &zero, sizeof(zero)) == 0;
}

const char *insane(const struct ofl_sfdp *sfdp)
{
	unsigned int num_types = 0;
	uint8_t present = 0;

	if (!is_power_of_two(sfdp->size_bytes) || sfdp->size_bytes < 64 * KIB || sfdp->size_bytes > 2048ull * MIB)
		return "size";
	if (sfdp->size_bytes > sfdp->density_bytes || !is_power_of_two(sfdp->density_bytes))
		return "density";
	if (sfdp->page_bytes != 0 && (!is_power_of_two(sfdp->page_bytes) || sfdp->page_bytes < 64
			|| sfdp->page_bytes > 1024))
		return "page";
	if (sfdp->address_bytes != 3 && sfdp->address_bytes != 4 && sfdp->address_bytes != 34)
		return "address bytes";
	if (sfdp->size_bytes > 16 * MIB && sfdp->routes_4byte == 0)
		return "no route to the upper part";
	if ((sfdp->routes_4byte & OFL_SFDP_4B_OPCODES) && (sfdp->read_4byte != 0x13 || sfdp->program_4byte != 0x12))
		return "4-byte opcodes";
	if (sfdp->num_notes > OFL_SFDP_MAX_NOTES)
		return "notes";
	for (unsigned int i = 0; i < sfdp->num_notes; i++)
		if (!memchr(sfdp->note[i], '\0', sizeof(sfdp->note[i])) || sfdp->note[i][0] == '\0')
			return "note text";
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		const struct ofl_sfdp_erase_type *type = &sfdp->erase[i];

		if (type->size_bytes == 0)
			continue;
		num_types++;
		present |= 1u << i;
		if (!is_power_of_two(type->size_bytes) || type->size_bytes > sfdp->size_bytes || type->size_bytes < 256)
			return "erase size";
		if (type->opcode == 0x60 || type->opcode == 0xc7 || type->opcode == 0x06 || type->opcode == 0x00
				|| type->opcode == 0xff || type->opcode_4byte == 0xff || type->opcode_4byte == 0xc7)
			return "erase opcode";
		if (type->max_ms < type->typical_ms || type->max_ms > 32u * 32 * 1000)
			return "erase time";
		if (type->step_bytes != 0 && (!is_power_of_two(type->step_bytes) || type->step_bytes >= type->size_bytes))
			return "erase step";
		for (unsigned int j = 0; j < i && sfdp->num_regions == 0 && sfdp->num_map_detect == 0; j++)
			if (sfdp->erase[j].opcode == type->opcode && sfdp->erase[j].size_bytes != 0
					&& sfdp->erase[j].size_bytes != type->size_bytes)
				return "one opcode, two sizes, no map";
	}
	if (num_types == 0)
		return "no erase type";
	if (sfdp->num_regions > OFL_SFDP_MAX_REGIONS || sfdp->num_map_detect > OFL_SFDP_MAX_DETECT)
		return "counts";
	if (sfdp->num_regions != 0 && sfdp->num_map_detect != 0)
		return "regions before detection";

	uint64_t offset_bytes = 0;
	for (unsigned int i = 0; i < sfdp->num_regions; i++) {
		const struct ofl_sfdp_region *region = &sfdp->region[i];

		if (region->offset_bytes != offset_bytes || region->size_bytes == 0)
			return "region";
		if (region->erase_mask == 0 || (region->erase_mask & ~present))
			return "region's erase types";
		offset_bytes += region->size_bytes;
	}
	if (sfdp->num_regions != 0 && offset_bytes != sfdp->size_bytes)
		return "sum of regions";
	return NULL;
}
