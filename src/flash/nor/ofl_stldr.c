// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * StorageInfo: the descriptor of STM32CubeProgrammer's external loaders. STMicroelectronics/stm32-external-loader,
 * Dev_Inf.h: 200 bytes with ten entries in the sector table, which are {count, size} here.
 */

#include "ofl_loader.h"

#include <stdlib.h>

#define INFO_TYPE		100
#define INFO_ADDRESS		104
#define INFO_SIZE		108
#define INFO_PAGE		112
#define INFO_EMPTY		116
#define INFO_SECTORS		120u
#define NAME_BYTES		100
#define PAIR_BYTES		8u
#define NUM_PAIRS		10u
#define INFO_BYTES		(INFO_SECTORS + PAIR_BYTES * NUM_PAIRS)
#define MAX_PAIRS		512u

#define MAX_SECTORS		(1u << 20)
#define SPACE_BYTES		(UINT64_C(1) << 32)
/* What flash cells with error correction are written in at most (STM32H7: 32 bytes). */
#define MAX_UNIT_BYTES		32u
#define TYPE_NAND		2

static const char *type_text(unsigned int type)
{
	static const char * const texts[] = {
		"not a known number", "MCU flash", "NAND flash", "NOR flash", "SRAM", "PSRAM", "PC card", "SPI flash",
		"I2C flash", "SDRAM", "I2C EEPROM",
	};

	return texts[type < sizeof(texts) / sizeof(texts[0]) ? type : 0];
}

static uint32_t word(const struct ofl_descriptor *info, size_t at)
{
	return ofl_le32(info->bytes + at);
}

static bool read_device(struct ofl_loader *loader, const struct ofl_descriptor *info, struct ofl_file_error *error)
{
	ofl_loader_set_name(loader, info->bytes, NAME_BYTES);
	loader->device_type = ofl_le16(info->bytes + INFO_TYPE);
	loader->device_type_text = type_text(loader->device_type);
	loader->base = word(info, INFO_ADDRESS);
	loader->declared_bytes = word(info, INFO_SIZE);
	loader->page_bytes = word(info, INFO_PAGE);
	loader->erased_byte = info->bytes[INFO_EMPTY];
	if (loader->page_bytes == 0)
		return ofl_file_fault(error, info->offset + INFO_PAGE, "the page size is 0");
	/* Write() takes any number of bytes, but what it is made of may be written once only. */
	loader->program_unit_bytes = 1;
	while (loader->program_unit_bytes < MAX_UNIT_BYTES && loader->page_bytes % (loader->program_unit_bytes * 2) == 0)
		loader->program_unit_bytes *= 2;
	return true;
}

/*
 * How many entries there may be. Ten, but older files and those of other tools have less or more; the symbol's size
 * tells, when it is there.
 */
static unsigned int max_pairs(struct ofl_loader *loader, const struct ofl_descriptor *info)
{
	const size_t in_section = (info->length - INFO_SECTORS) / PAIR_BYTES;
	const size_t said = info->symbol_bytes > INFO_SECTORS ? (info->symbol_bytes - INFO_SECTORS) / PAIR_BYTES : 0;
	size_t count = NUM_PAIRS;

	if (said > NUM_PAIRS)
		count = said < MAX_PAIRS ? said : MAX_PAIRS;
	if (count > in_section)
		count = in_section;
	if ((said != 0 && said != NUM_PAIRS) || count != NUM_PAIRS)
		ofl_loader_note(loader, "the sector table has room for %zu entries instead of %u, which newer versions of "
				"STM32CubeProgrammer refuse", said != 0 && said < count ? said : count, NUM_PAIRS);
	return (unsigned int)count;
}

/* False with `error`: an entry is wrong, or there is none. */
static bool read_sectors(struct ofl_loader *loader, const struct ofl_descriptor *info, struct ofl_file_error *error)
{
	const unsigned int max = max_pairs(loader, info);
	uint64_t total = 0;

	for (unsigned int n = 0; n < max; n++) {
		const size_t at = INFO_SECTORS + PAIR_BYTES * n;
		const uint32_t count = word(info, at), size = word(info, at + 4);

		if (count == 0)
			break;
		if (size == 0)
			return ofl_file_fault(error, info->offset + at + 4, "entry %u of the sector table has size 0", n);
		total += count;
		if (total > MAX_SECTORS)
			return ofl_file_fault(error, info->offset + at, "%llu sectors, at most %u are expected",
					(unsigned long long)total, MAX_SECTORS);
		loader->region[loader->num_regions++] = (struct ofl_loader_region){
			.offset_bytes = loader->size_bytes, .sector_bytes = size, .count = count,
		};
		/* Less than 2^20 times 2^32 each. */
		loader->size_bytes += (uint64_t)count * size;
		if (loader->base + loader->size_bytes > SPACE_BYTES)
			return ofl_file_fault(error, info->offset + at, "the sectors, 0x%llx bytes from 0x%08x, end beyond 4 GiB",
					(unsigned long long)loader->size_bytes, (unsigned int)loader->base);
	}
	if (loader->num_regions == 0)
		return ofl_file_fault(error, info->offset + INFO_SECTORS, "the sector table is empty");
	return true;
}

static void note_device(struct ofl_loader *loader)
{
	if (loader->declared_bytes != loader->size_bytes)
		ofl_loader_note(loader, "the device's size of %llu bytes contradicts the sectors, which are %llu; the sectors "
				"are believed", (unsigned long long)loader->declared_bytes, (unsigned long long)loader->size_bytes);
	if (loader->device_type == TYPE_NAND)
		ofl_loader_note(loader, "the device is NAND flash: bad blocks are not handled");
	if (loader->page_bytes > loader->size_bytes)
		ofl_loader_note(loader, "the page, %u bytes, is larger than the device", (unsigned int)loader->page_bytes);
}

bool ofl_stldr_read(struct ofl_loader *loader, struct ofl_file_error *error)
{
	struct ofl_descriptor info;
	struct ofl_elf_symbol symbol;

	if (!ofl_loader_find_descriptor(loader, "StorageInfo", &info, error))
		return false;
	if (info.length < INFO_SECTORS + PAIR_BYTES)
		return ofl_file_fault(error, info.offset,
				"StorageInfo ends with its section after %zu bytes; it needs at least %u", info.length,
				INFO_SECTORS + PAIR_BYTES);
	if (!read_device(loader, &info, error))
		return false;
	loader->region = calloc(MAX_PAIRS, sizeof(*loader->region));
	if (!loader->region)
		return ofl_file_fault(error, 0, "out of memory");
	if (!read_sectors(loader, &info, error))
		return false;
	note_device(loader);
	if (ofl_elf_find_symbol(&loader->elf, "Verify", &symbol))
		ofl_loader_note(loader, "there are two kinds of Verify with opposite results, which cannot be told apart: it "
				"is not used, content is read and compared");
	ofl_loader_drop_descriptor(loader, &info, info.length < INFO_BYTES ? info.length : INFO_BYTES,
			INFO_BYTES + PAIR_BYTES * NUM_PAIRS);
	return true;
}
