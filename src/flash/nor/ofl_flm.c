// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * FlashDevice: the descriptor of CMSIS-Pack flash algorithms, which SEGGER's Open Flash Loaders and Flash Loaders use
 * too. CMSIS_5, Device/_Template_Flash/FlashOS.h; meaning of the sector table: Open-CMSIS-Pack specification, "Flash
 * programming algorithms".
 */

#include "ofl_loader.h"

#include <stdlib.h>

#define DEV_NAME		2
#define DEV_TYPE		130
#define DEV_ADDRESS		132
#define DEV_SIZE		136
#define DEV_PAGE		140
#define DEV_EMPTY		148
#define DEV_PROGRAM_MS		152
#define DEV_ERASE_MS		156
#define DEV_SECTORS		160u
#define NAME_BYTES		128
#define PAIR_BYTES		8u
#define MAX_PAIRS		512u
#define DESCRIPTOR_BYTES	(DEV_SECTORS + PAIR_BYTES * MAX_PAIRS)
#define VERSION			0x0101
#define END_MARK		UINT32_MAX
/* "All of the address space", of loaders that know the device only at run time (NuttX's). */
#define SIZE_UNKNOWN		UINT32_MAX

#define MAX_SECTORS		(1u << 20)	/* 256 MiB of the smallest common ones, 256 bytes */
#define MAX_MS			3600000u
#define SPACE_BYTES		(UINT64_C(1) << 32)

static const char *type_text(unsigned int type)
{
	static const char * const texts[] = {
		"unknown", "on-chip", "external, 8 bit", "external, 16 bit", "external, 32 bit", "external, SPI",
	};

	return type < sizeof(texts) / sizeof(texts[0]) ? texts[type] : "not a known number";
}

static uint32_t word(const struct ofl_descriptor *descriptor, size_t at)
{
	return ofl_le32(descriptor->bytes + at);
}

static uint32_t read_ms(struct ofl_loader *loader, const struct ofl_descriptor *descriptor, size_t at,
		const char *what)
{
	const uint32_t ms = word(descriptor, at);

	if (ms <= MAX_MS)
		return ms;
	ofl_loader_note(loader, "the time to %s, %u ms, is taken as %u ms", what, (unsigned int)ms, MAX_MS);
	return MAX_MS;
}

static bool read_device(struct ofl_loader *loader, const struct ofl_descriptor *descriptor,
		struct ofl_file_error *error)
{
	const unsigned int version = ofl_le16(descriptor->bytes);

	if (version != VERSION)
		ofl_loader_note(loader, "the descriptor's version is 0x%04x, known is 0x%04x", version, VERSION);
	ofl_loader_set_name(loader, descriptor->bytes + DEV_NAME, NAME_BYTES);
	loader->device_type = ofl_le16(descriptor->bytes + DEV_TYPE);
	loader->device_type_text = type_text(loader->device_type);
	loader->base = word(descriptor, DEV_ADDRESS);
	loader->declared_bytes = word(descriptor, DEV_SIZE);
	loader->geometry_unknown = loader->declared_bytes == SIZE_UNKNOWN;
	loader->page_bytes = word(descriptor, DEV_PAGE);
	loader->program_unit_bytes = loader->page_bytes;
	loader->erased_byte = descriptor->bytes[DEV_EMPTY];
	loader->program_ms = read_ms(loader, descriptor, DEV_PROGRAM_MS, "program a page");
	loader->erase_ms = read_ms(loader, descriptor, DEV_ERASE_MS, "erase a sector");

	if (loader->declared_bytes == 0)
		return ofl_file_fault(error, descriptor->offset + DEV_SIZE, "the device's size is 0");
	if (loader->page_bytes == 0)
		return ofl_file_fault(error, descriptor->offset + DEV_PAGE, "the page size is 0");
	if (loader->page_bytes > loader->declared_bytes)
		return ofl_file_fault(error, descriptor->offset + DEV_PAGE, "a page of %u bytes in a device of %llu",
				(unsigned int)loader->page_bytes, (unsigned long long)loader->declared_bytes);
	if (loader->base + loader->declared_bytes > SPACE_BYTES && !loader->geometry_unknown)
		return ofl_file_fault(error, descriptor->offset + DEV_SIZE,
				"the device, %llu bytes from 0x%08x, ends beyond 4 GiB",
				(unsigned long long)loader->declared_bytes, (unsigned int)loader->base);
	return true;
}

/* The pairs as they are, ended by either word: {size, offset}. Offsets of some files count from address 0. */
static bool read_pairs(struct ofl_loader *loader, const struct ofl_descriptor *descriptor, size_t *used_bytes,
		struct ofl_file_error *error)
{
	bool absolute = false;
	unsigned int num_outside = 0;

	for (unsigned int n = 0;; n++) {
		const size_t at = DEV_SECTORS + PAIR_BYTES * n;

		*used_bytes = descriptor->length < at + PAIR_BYTES ? descriptor->length : at + PAIR_BYTES;
		if (descriptor->length < at + PAIR_BYTES) {
			ofl_loader_note(loader, "the sector table has no end mark; the end of its section is taken as the end");
			break;
		}

		const uint32_t size = word(descriptor, at);
		uint32_t offset = word(descriptor, at + 4);

		if (size == END_MARK || offset == END_MARK) {
			if (size != offset)
				ofl_loader_note(loader, "only one word of the sector table's end mark is FFFFFFFF");
			break;
		}
		if (n == MAX_PAIRS)
			return ofl_file_fault(error, descriptor->offset + at, "a sector table without end: more than %u entries",
					MAX_PAIRS);
		if (size == 0 && offset == 0 && n > 0) {
			ofl_loader_note(loader, "the sector table has no end mark; an entry of zeros is taken as the end");
			break;
		}
		if (size == 0)
			return ofl_file_fault(error, descriptor->offset + at, "entry %u of the sector table has size 0", n);
		if (n == 0)
			absolute = loader->base != 0 && offset >= loader->base;
		if (absolute) {
			if (offset < loader->base)
				return ofl_file_fault(error, descriptor->offset + at + 4,
						"entry %u of the sector table, at 0x%08x, is below the device, as others are not", n,
						(unsigned int)offset);
			offset -= loader->base;
		}
		if (n == 0 && offset != 0)
			return ofl_file_fault(error, descriptor->offset + at + 4,
					"the sector table begins at offset 0x%x, not at the start of the device", (unsigned int)offset);
		if (num_outside == 0 && n > 0 && offset <= loader->region[n - 1].offset_bytes)
			return ofl_file_fault(error, descriptor->offset + at + 4,
					"entry %u of the sector table, offset 0x%x, is not behind the one before", n,
					(unsigned int)offset);
		if (offset >= loader->declared_bytes) {
			num_outside++;
			continue;
		}
		if (num_outside != 0)
			return ofl_file_fault(error, descriptor->offset + at + 4,
					"entry %u of the sector table, offset 0x%x, is not behind the one before", n,
					(unsigned int)offset);
		loader->region[loader->num_regions++] = (struct ofl_loader_region){
			.offset_bytes = offset, .sector_bytes = size,
		};
	}
	if (loader->num_regions == 0)
		return ofl_file_fault(error, descriptor->offset + DEV_SECTORS, "the sector table is empty");
	if (absolute)
		ofl_loader_note(loader, "the sector table has addresses instead of offsets; they are taken as such");
	if (num_outside != 0)
		ofl_loader_note(loader, "%u entries of the sector table are behind the end of the device; they are left out",
				num_outside);
	return true;
}

/* Each entry is good until the next one, the last one until the end of the device. */
static bool count_sectors(struct ofl_loader *loader, const struct ofl_descriptor *descriptor,
		struct ofl_file_error *error)
{
	const uint64_t declared = loader->declared_bytes;
	uint64_t total = 0;

	for (unsigned int n = 0; n < loader->num_regions; n++) {
		struct ofl_loader_region *region = &loader->region[n];
		const bool last = n + 1 == loader->num_regions;
		const uint64_t end = last ? declared : region[1].offset_bytes;
		const uint64_t bytes = end - region->offset_bytes;
		const size_t at = descriptor->offset + DEV_SECTORS + PAIR_BYTES * n;

		if (last && loader->geometry_unknown)
			break;
		if (!last && bytes % region->sector_bytes != 0)
			return ofl_file_fault(error, at, "sectors of %u bytes from 0x%llx do not end at 0x%llx, where others begin",
					(unsigned int)region->sector_bytes, (unsigned long long)region->offset_bytes,
					(unsigned long long)end);
		/* At most 2^32 - 1, as both are 32 bit numbers. */
		region->count = (uint32_t)(bytes / region->sector_bytes);
		total += region->count;
		loader->size_bytes = region->offset_bytes + (uint64_t)region->count * region->sector_bytes;
		if (total > MAX_SECTORS)
			return ofl_file_fault(error, at, "%llu sectors, at most %u are expected", (unsigned long long)total,
					MAX_SECTORS);
	}
	if (loader->geometry_unknown) {
		loader->size_bytes = 0;
		return true;
	}
	if (loader->size_bytes == 0)
		return ofl_file_fault(error, descriptor->offset + DEV_SIZE, "the device, %llu bytes, is smaller than a sector",
				(unsigned long long)declared);
	if (loader->size_bytes != declared) {
		ofl_loader_note(loader, "the device's size of %llu bytes is no number of whole sectors; the last %llu bytes "
				"are left out", (unsigned long long)declared, (unsigned long long)(declared - loader->size_bytes));
		if (loader->region[loader->num_regions - 1].count == 0)
			loader->num_regions--;
	}
	return true;
}

/*
 * NuttX's loader boots an operating system that takes all RAM of the chip; what it leaves to the host is behind the
 * descriptor, in the same section.
 */
static void find_room(struct ofl_loader *loader, const struct ofl_descriptor *descriptor, size_t used_bytes)
{
	const uint64_t end = ((uint64_t)descriptor->address + descriptor->length) & ~UINT64_C(7);
	const uint64_t start = ((uint64_t)descriptor->address + used_bytes + 7) & ~UINT64_C(7);

	if (loader->format != OFL_FORMAT_SEGGER_FLASH_LOADER || !loader->geometry_unknown || start >= end)
		return;
	loader->room_address = (uint32_t)start;
	loader->room_bytes = (uint32_t)(end - start);
}

static void note_pages(struct ofl_loader *loader)
{
	for (unsigned int i = 0; i < loader->num_regions; i++)
		if (loader->region[i].sector_bytes % loader->page_bytes != 0) {
			ofl_loader_note(loader, "sectors of %u bytes are no multiple of the page, %u bytes",
					(unsigned int)loader->region[i].sector_bytes, (unsigned int)loader->page_bytes);
			return;
		}
}

bool ofl_flm_read(struct ofl_loader *loader, struct ofl_file_error *error)
{
	struct ofl_descriptor descriptor;
	size_t used_bytes;

	if (!ofl_loader_find_descriptor(loader, "FlashDevice", &descriptor, error))
		return false;
	if (descriptor.length < DEV_SECTORS + PAIR_BYTES)
		return ofl_file_fault(error, descriptor.offset,
				"FlashDevice ends with its section after %zu bytes; it needs at least %u", descriptor.length,
				DEV_SECTORS + PAIR_BYTES);
	if (!read_device(loader, &descriptor, error))
		return false;
	loader->region = calloc(MAX_PAIRS, sizeof(*loader->region));
	if (!loader->region)
		return ofl_file_fault(error, 0, "out of memory");
	if (!read_pairs(loader, &descriptor, &used_bytes, error) || !count_sectors(loader, &descriptor, error))
		return false;
	note_pages(loader);
	if (ofl_loader_drop_descriptor(loader, &descriptor, used_bytes, DESCRIPTOR_BYTES))
		find_room(loader, &descriptor, used_bytes);
	return true;
}
