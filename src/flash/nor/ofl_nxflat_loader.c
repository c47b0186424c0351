// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * An NXFLAT module that is a flash loader: descriptor -> struct ofl_loader. The convention is
 * contrib/loaders/flash/ofl/nxflat_loader.h, the format is ofl_nxflat.c's.
 *
 * In the terms of struct ofl_loader: code is linked at 0, data behind it, and both move together. A function is the
 * module's one entry point with the number of an operation.
 */

#include "ofl_loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../contrib/loaders/flash/ofl/nxflat_loader.h"

#define AT(member)		offsetof(struct ofl_nxflat_descriptor, member)
#define MAX_SECTORS		(1u << 20)
#define MAX_PAGE_BYTES		(1u << 20)
#define SPACE_BYTES		(UINT64_C(1) << 32)
#define THUMB			1u
#define NUM_SEGMENTS		3

/* Where the descriptor is. */
struct found {
	const uint8_t *bytes;
	uint32_t room_bytes;	/* to the end of the data */
	size_t offset;		/* in the file */
};

static const struct {
	enum ofl_function_id id;
	enum ofl_nxflat_op op;
	const char *name;
	uint32_t args, result;
} ops[] = {
	{ OFL_FN_INIT, OFL_NXFLAT_INIT, "INIT", OFL_ARGS_GIVEN, OFL_RESULT_ZERO },
	{ OFL_FN_UNINIT, OFL_NXFLAT_UNINIT, "UNINIT", OFL_ARGS_GIVEN, OFL_RESULT_ZERO },
	{ OFL_FN_ERASE_SECTOR, OFL_NXFLAT_ERASE_SECTOR, "ERASE_SECTOR", OFL_ARGS_SECTOR, OFL_RESULT_ZERO },
	{ OFL_FN_ERASE_CHIP, OFL_NXFLAT_ERASE_CHIP, "ERASE_CHIP", OFL_ARGS_GIVEN, OFL_RESULT_ZERO },
	{ OFL_FN_PROGRAM, OFL_NXFLAT_PROGRAM, "PROGRAM", OFL_ARGS_DATA, OFL_RESULT_ZERO },
	{ OFL_FN_READ, OFL_NXFLAT_READ, "READ", OFL_ARGS_DATA, OFL_RESULT_ZERO },
	{ OFL_FN_VERIFY, OFL_NXFLAT_VERIFY, "VERIFY", OFL_ARGS_DATA, OFL_RESULT_END },
	{ OFL_FN_BLANK_CHECK, OFL_NXFLAT_BLANK_CHECK, "BLANK_CHECK", OFL_ARGS_BLANK, OFL_RESULT_ZERO },
	{ OFL_FN_CRC, OFL_NXFLAT_CRC, "CRC", OFL_ARGS_CRC, OFL_RESULT_ANY },
	{ OFL_FN_FLASH_INFO, OFL_NXFLAT_DESCRIBE, "DESCRIBE", OFL_ARGS_GIVEN, OFL_RESULT_NOT_NEGATIVE },
};

/*
 * By its magic number, because the format has no names but those of imports. Read from the file and not by a call: the
 * bank's size must be known before there is a target, and RAM must be laid out before anything can be called.
 */
static bool find(const struct ofl_nxflat *nxflat, struct found *found, struct ofl_file_error *error)
{
	static const uint8_t magic[OFL_NXFLAT_MAGIC_BYTES] = OFL_NXFLAT_MAGIC;
	const uint8_t *data = nxflat->bytes + nxflat->data_offset;

	found->bytes = NULL;
	for (uint32_t at = 0; (uint64_t)at + sizeof(magic) <= nxflat->data_bytes; at += 4) {
		if (memcmp(data + at, magic, sizeof(magic)) != 0)
			continue;
		if (found->bytes)
			return ofl_file_fault(error, nxflat->data_offset + at, "a second descriptor; the first is at 0x%zx",
					found->offset);
		found->bytes = data + at;
		found->room_bytes = nxflat->data_bytes - at;
		found->offset = (size_t)nxflat->data_offset + at;
	}
	if (!found->bytes)
		return ofl_file_fault(error, nxflat->data_offset, "an NXFLAT module, but no flash loader: there is no "
				"descriptor in its data (nxflat_loader.h)");
	if (found->room_bytes < AT(region) + sizeof(struct ofl_nxflat_region))
		return ofl_file_fault(error, found->offset, "the descriptor ends with the data after %u bytes",
				(unsigned int)found->room_bytes);
	return true;
}

static uint32_t word(const struct found *found, size_t at)
{
	return ofl_le32(found->bytes + at);
}

static bool read_device(struct ofl_loader *loader, const struct found *found, struct ofl_file_error *error)
{
	const uint32_t flags = word(found, AT(flags)), erased_byte = word(found, AT(erased_byte));

	if (word(found, AT(version)) != OFL_NXFLAT_VERSION)
		return ofl_file_fault(error, found->offset + AT(version), "version %u of the descriptor is not known",
				(unsigned int)word(found, AT(version)));
	ofl_loader_set_name(loader, found->bytes + AT(name), OFL_NXFLAT_NAME_BYTES);
	loader->device_type_text = "not said";
	loader->base = word(found, AT(base));
	loader->page_bytes = word(found, AT(page_bytes));
	loader->program_unit_bytes = word(found, AT(program_unit_bytes));
	if (loader->program_unit_bytes == 0)
		loader->program_unit_bytes = loader->page_bytes;
	if (loader->page_bytes == 0 || loader->page_bytes > MAX_PAGE_BYTES)
		return ofl_file_fault(error, found->offset + AT(page_bytes), "a page of %u bytes",
				(unsigned int)loader->page_bytes);
	if (loader->page_bytes % loader->program_unit_bytes != 0)
		return ofl_file_fault(error, found->offset + AT(program_unit_bytes),
				"a page of %u bytes is no multiple of the unit of %u", (unsigned int)loader->page_bytes,
				(unsigned int)loader->program_unit_bytes);
	if (erased_byte > UINT8_MAX)
		return ofl_file_fault(error, found->offset + AT(erased_byte), "the erased byte is 0x%x",
				(unsigned int)erased_byte);
	loader->erased_byte = (uint8_t)erased_byte;
	loader->program_ms = word(found, AT(program_ms));
	loader->erase_ms = word(found, AT(erase_ms));
	loader->mapped_read = flags & OFL_NXFLAT_MAPPED;
	loader->takes_many_pages = flags & OFL_NXFLAT_MANY_PAGES;
	if (flags & ~(OFL_NXFLAT_MAPPED | OFL_NXFLAT_MANY_PAGES))
		ofl_loader_note(loader, "flags 0x%x of the descriptor are not known", (unsigned int)flags);
	loader->cpu_arch = word(found, AT(cpu_arch)) == 0 || word(found, AT(cpu_arch)) > INT16_MAX ? -1 :
		(int)word(found, AT(cpu_arch));
	return true;
}

static bool read_regions(struct ofl_loader *loader, const struct found *found, struct ofl_file_error *error)
{
	const uint32_t count = word(found, AT(num_regions));
	uint64_t num_sectors = 0;

	if (count == 0 || count > OFL_NXFLAT_MAX_REGIONS ||
			AT(region) + count * sizeof(struct ofl_nxflat_region) > found->room_bytes)
		return ofl_file_fault(error, found->offset + AT(num_regions),
				"%u kinds of sectors; at most %u, and they must be within the data", (unsigned int)count,
				OFL_NXFLAT_MAX_REGIONS);
	loader->region = calloc(count, sizeof(*loader->region));
	if (!loader->region)
		return ofl_file_fault(error, 0, "out of memory");
	for (uint32_t n = 0; n < count; n++) {
		const size_t at = AT(region) + n * sizeof(struct ofl_nxflat_region);
		const uint32_t size = word(found, at), sectors = word(found, at + 4);

		if (size == 0 || sectors == 0)
			return ofl_file_fault(error, found->offset + at, "entry %u of the sectors is %u times %u bytes",
					(unsigned int)n, (unsigned int)sectors, (unsigned int)size);
		num_sectors += sectors;
		loader->region[n] = (struct ofl_loader_region){
			.offset_bytes = loader->size_bytes, .sector_bytes = size, .count = sectors,
		};
		/* At most 64 times 2^64 would be too much: each is looked at. */
		if (num_sectors > MAX_SECTORS || (uint64_t)size * sectors > SPACE_BYTES)
			return ofl_file_fault(error, found->offset + at, "%llu sectors, or more than 4 GiB of them",
					(unsigned long long)num_sectors);
		loader->size_bytes += (uint64_t)size * sectors;
		loader->num_regions++;
		if (loader->base + loader->size_bytes > SPACE_BYTES)
			return ofl_file_fault(error, found->offset + at, "the sectors, 0x%llx bytes from 0x%08x, end beyond 4 GiB",
					(unsigned long long)loader->size_bytes, (unsigned int)loader->base);
	}
	loader->declared_bytes = loader->size_bytes;
	return true;
}

static bool enter_ops(struct ofl_loader *loader, const struct found *found, struct ofl_file_error *error)
{
	const uint32_t mask = word(found, AT(ops));
	char missing[96] = "";

	for (size_t n = 0; n < sizeof(ops) / sizeof(ops[0]); n++) {
		const uint32_t bit = UINT32_C(1) << ops[n].op;
		const size_t used = strlen(missing);

		if (mask & bit)
			loader->function[ops[n].id] = (struct ofl_function){
				.name = ops[n].name, .address = loader->nxflat.entry | THUMB,
				.args = OFL_ARGS_OP(ops[n].op) | ops[n].args, .result = ops[n].result,
			};
		else if (OFL_NXFLAT_BASIC_OPS & bit)
			snprintf(missing + used, sizeof(missing) - used, "%s%s", used ? ", " : "", ops[n].name);
	}
	if (missing[0] != '\0')
		return ofl_file_fault(error, found->offset + AT(ops), "a loader without the mandatory %s", missing);
	return true;
}

static void add_segment(struct ofl_loader *loader, const char *name, uint32_t address, const uint8_t *bytes,
		uint32_t length)
{
	if (length == 0)
		return;
	loader->segment[loader->num_segments++] = (struct ofl_loader_segment){
		.name = name, .address = address, .length_bytes = length, .bytes = bytes,
		.writable = address != 0, .executable = address == 0,
	};
	loader->high = address + length;
}

static bool place(struct ofl_loader *loader, struct ofl_file_error *error)
{
	const struct ofl_nxflat *nxflat = &loader->nxflat;
	const uint32_t data = (nxflat->text_bytes + OFL_NXFLAT_ALIGNMENT - 1) & ~(OFL_NXFLAT_ALIGNMENT - 1);

	loader->segment = calloc(NUM_SEGMENTS, sizeof(*loader->segment));
	loader->import_address = calloc(nxflat->num_imports + 1, sizeof(*loader->import_address));
	if (!loader->segment || !loader->import_address)
		return ofl_file_fault(error, 0, "out of memory");
	if (!ofl_nxflat_check_place(nxflat, 0, data, error))
		return false;
	add_segment(loader, "text", 0, ofl_nxflat_text(nxflat), nxflat->text_bytes);
	add_segment(loader, "data", data, nxflat->bytes + nxflat->data_offset, nxflat->data_bytes);
	add_segment(loader, "bss", data + nxflat->data_bytes, NULL, nxflat->bss_bytes);
	loader->alignment = OFL_NXFLAT_ALIGNMENT;
	loader->static_base = data;
	loader->static_base_in_r10 = nxflat->abi == OFL_NXFLAT_ABI_R10;
	loader->position_independent = true;
	loader->relocatable = true;
	loader->stack_bytes = nxflat->stack_bytes;
	return true;
}

bool ofl_nxflat_loader_read(struct ofl_loader *loader, const uint8_t *bytes, size_t length,
		struct ofl_file_error *error)
{
	struct found found = { 0 };

	loader->format = OFL_FORMAT_NXFLAT;
	/* Without sections and symbols; all who ask for them get none. */
	loader->elf.bytes = bytes;
	loader->elf.length = length;
	if (!ofl_nxflat_open(&loader->nxflat, bytes, length, error) || !find(&loader->nxflat, &found, error))
		return false;
	if (!read_device(loader, &found, error) || !read_regions(loader, &found, error) ||
			!enter_ops(loader, &found, error) || !place(loader, error))
		return false;
	if (!loader->mapped_read && !loader->function[OFL_FN_READ].name && !loader->function[OFL_FN_VERIFY].name)
		ofl_loader_note(loader, "there is neither READ nor VERIFY, nor is the flash mapped: nothing can be verified");
	if (ofl_nxflat_bind(&loader->nxflat, NULL, loader->import_address, NULL, NULL) != 0)
		ofl_loader_note(loader, "it imports functions of a firmware: the bank line needs -symbols FILE");
	return true;
}

unsigned int ofl_loader_bind(struct ofl_loader *loader, const struct ofl_elf *firmware,
		void (*unbound)(void *context, const char *name, const char *why), void *context)
{
	if (loader->format != OFL_FORMAT_NXFLAT)
		return 0;
	return ofl_nxflat_bind(&loader->nxflat, firmware, loader->import_address, unbound, context);
}

/* The data's words depend on where code and data are. */
void ofl_nxflat_loader_content(const struct ofl_loader *loader, unsigned int index, uint32_t delta, uint8_t *out)
{
	const struct ofl_loader_segment *segment = &loader->segment[index];

	if (!segment->bytes)
		memset(out, 0, segment->length_bytes);
	else if (segment->executable)
		memcpy(out, segment->bytes, segment->length_bytes);
	else
		ofl_nxflat_data(&loader->nxflat, delta, loader->static_base + delta, loader->import_address, out);
}
