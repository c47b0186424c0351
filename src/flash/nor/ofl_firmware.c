// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Is the firmware on the target the one that a module's imports were bound to (-symbols)? Code and constants are
 * compared by their CRC before each session's first call, for a wrong file means calls of wrong addresses. Data
 * change while a firmware runs, and are not compared.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ofl_crc.h"
#include "ofl_foreign.h"

/* In one run of the stub: below a second even on a core of 8 MHz. */
#define CHECK_BYTES	0x20000u

static bool is_constant(const struct ofl_elf_section *section)
{
	return (section->flags & OFL_ELF_SHF_ALLOC) && !(section->flags & OFL_ELF_SHF_WRITE) && section->bytes &&
		section->size && section->type != OFL_ELF_SHT_NOBITS;
}

int ofl_firmware_take(struct ofl_bank *ofl, const struct ofl_elf *elf, struct ofl_firmware *firmware)
{
	struct ofl_elf_section section;

	firmware->num_parts = 0;
	if (ofl->options.symbols_unchecked)
		return ERROR_OK;
	for (unsigned int n = 0; ofl_elf_section(elf, n, &section); n++) {
		for (uint32_t at = 0; is_constant(&section) && at < section.size; ) {
			uint32_t length = MIN(section.size - at, CHECK_BYTES);
			if (firmware->num_parts == ARRAY_SIZE(firmware->part)) {
				LOG_ERROR("ofl: -symbols %s: more than %zu sections, or too large to be compared; -symbols-check off "
					"uses it as it is", ofl->options.symbols, ARRAY_SIZE(firmware->part));
				return ERROR_COMMAND_ARGUMENT_INVALID;
			}
			struct ofl_firmware_part *part = &firmware->part[firmware->num_parts++];
			snprintf(part->name, sizeof(part->name), "%s", section.name);
			part->range.address = section.address + at;
			part->range.bytes = length;
			part->crc = ofl_crc(section.bytes + at, length);
			at += length;
		}
	}
	return ERROR_OK;
}

static bool holds_ours(const struct ofl_layout *layout, const struct ofl_range *range)
{
	return layout->stub - range->address < range->bytes || layout->ring - range->address < range->bytes ||
		layout->stack_low - range->address < range->bytes;
}

int ofl_firmware_check(struct ofl_bank *ofl, const struct ofl_firmware *firmware)
{
	for (unsigned int n = 0; n < firmware->num_parts; n++) {
		const struct ofl_firmware_part *part = &firmware->part[n];
		uint32_t crc;

		int retval = ofl_foreign_ram_crc(ofl, part->range.address, part->range.bytes,
				"comparing the firmware with the file of -symbols", &crc);
		if (retval != ERROR_OK)
			return retval;
		if (crc == part->crc)
			continue;
		LOG_ERROR("ofl: %s: the firmware on %s is not that of -symbols %s: section %s, 0x%8.8" PRIx32 "-0x%8.8" PRIx32
			", differs%s; the loader would call wrong addresses, and was not called. Write that firmware to the "
			"target, or name the file of the one that is there; -symbols-check off does not look", ofl->bank->name,
			target_name(ofl->bank->target), ofl->options.symbols, part->name, part->range.address,
			part->range.address + part->range.bytes - 1, holds_ours(&ofl->session.layout, &part->range)
			? " (the driver's own RAM is in it: -ram gives it other)" : "");
		return ERROR_TARGET_INVALID;
	}
	return ERROR_OK;
}
