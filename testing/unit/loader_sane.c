// SPDX-License-Identifier: GPL-2.0-or-later

#include "loader_sane.h"

#include <stdlib.h>
#include <string.h>

#include "elf_sane.h"

#define SPACE_BYTES	(UINT64_C(1) << 32)
#define MAX_COPY_BYTES	(1u << 20)

static bool is_printable(const char *text, size_t size)
{
	const size_t length = strnlen(text, size);

	for (size_t i = 0; i < length; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return false;
	return length < size;
}

static bool is_power_of_two(uint32_t number)
{
	return number != 0 && (number & (number - 1)) == 0;
}

static bool in_file(const struct ofl_loader *loader, const void *from, size_t length)
{
	const uintptr_t file = (uintptr_t)loader->elf.bytes, at = (uintptr_t)from;

	return at >= file && at - file <= loader->elf.length && length <= loader->elf.length - (at - file);
}

/* Is it within one segment, all of it? */
static bool in_image(const struct ofl_loader *loader, uint32_t address, uint32_t length)
{
	for (unsigned int i = 0; i < loader->num_segments; i++) {
		const struct ofl_loader_segment *segment = &loader->segment[i];

		if (address >= segment->address && address - segment->address < segment->length_bytes &&
				length <= segment->length_bytes - (address - segment->address))
			return true;
	}
	return false;
}

static const char *segments_insane(const struct ofl_loader *loader)
{
	uint64_t end = 0;

	if (loader->num_segments == 0 || !loader->segment)
		return "something goes to RAM";
	for (unsigned int i = 0; i < loader->num_segments; i++) {
		const struct ofl_loader_segment *segment = &loader->segment[i];

		if (segment->length_bytes == 0 || !segment->name)
			return "no empty segment, none without name";
		if (segment->address < end)
			return "segments are sorted and do not overlap";
		end = (uint64_t)segment->address + segment->length_bytes;
		if (end > SPACE_BYTES)
			return "no segment goes beyond the address space";
		if (segment->bytes && !in_file(loader, segment->bytes, segment->length_bytes))
			return "content is within the file";
	}
	if (loader->low > loader->segment[0].address || loader->segment[0].address - loader->low >= loader->alignment ||
			loader->high != (uint32_t)end)
		return "low and high are the image's";
	if ((loader->position_independent || loader->relocatable) && loader->low % loader->alignment != 0)
		return "a loader that can be moved begins at a multiple of its alignment";
	return NULL;
}

static const char *regions_insane(const struct ofl_loader *loader)
{
	uint64_t end = 0;

	if (loader->num_regions == 0 || !loader->region)
		return "there are sectors";
	for (unsigned int i = 0; i < loader->num_regions; i++) {
		const struct ofl_loader_region *region = &loader->region[i];

		if (region->sector_bytes == 0)
			return "no sector without bytes";
		if ((region->count == 0) != (loader->geometry_unknown && i + 1 == loader->num_regions))
			return "no region without sectors, but the last one of a flash of unknown size";
		if (region->offset_bytes != end)
			return "regions are sorted, without gaps, from 0";
		end += (uint64_t)region->sector_bytes * region->count;
	}
	if (loader->geometry_unknown)
		return loader->size_bytes == 0 ? NULL : "an unknown size is 0";
	if (end == 0 || end != loader->size_bytes)
		return "the sectors add up to the size";
	return loader->base + end <= SPACE_BYTES ? NULL : "the flash does not go beyond the address space";
}

static const char *functions_insane(const struct ofl_loader *loader)
{
	if (!loader->function[OFL_FN_INIT].name || !loader->function[OFL_FN_PROGRAM].name)
		return "Init and a function that programs are there";
	for (unsigned int i = 0; i < OFL_NUM_FUNCTIONS; i++) {
		const struct ofl_function *function = &loader->function[i];

		if (!function->name) {
			if (function->address || function->args || function->result)
				return "a function that is not there is all zero";
			continue;
		}
		if (!in_image(loader, function->address & ~1u, 2))
			return "functions are within the image";
		if (ofl_loader_function(loader, i, 0) != function->address ||
				ofl_loader_function(loader, i, 0x1000) != function->address + 0x1000)
			return "functions move with the loader";
	}
	return NULL;
}

static const char *rest_insane(const struct ofl_loader *loader)
{
	if (loader->format > OFL_FORMAT_NXFLAT || !ofl_format_text(loader->format) || !loader->device_type_text)
		return "format and type of device have names";
	if (!is_printable(loader->device_name, sizeof(loader->device_name)))
		return "the device's name is printable";
	if (loader->page_bytes == 0 && loader->format != OFL_FORMAT_STLDR)
		return "a page has bytes";
	if (loader->room_bytes != 0 && !in_image(loader, loader->room_address, loader->room_bytes))
		return "the room is within the image";
	if (loader->num_notes > OFL_LOADER_MAX_NOTES)
		return "notes do not overflow";
	for (unsigned int i = 0; i < loader->num_notes; i++)
		if (!is_printable(loader->note[i], sizeof(loader->note[i])) || loader->note[i][0] == '\0')
			return "notes are printable";
	if (!ofl_cpu_arch_text(loader->cpu_arch))
		return "the architecture has a name";
	return NULL;
}

const char *loader_insane(const struct ofl_loader *loader)
{
	const char *bad = is_power_of_two(loader->alignment) ? segments_insane(loader) : "alignment is a power of two";

	if (!bad)
		bad = regions_insane(loader);
	if (!bad)
		bad = functions_insane(loader);
	return bad ? bad : rest_insane(loader);
}

static bool as_linked(const struct ofl_loader_segment *segment, const uint8_t *content)
{
	if (segment->bytes)
		return memcmp(content, segment->bytes, segment->length_bytes) == 0;
	for (uint32_t i = 0; i < segment->length_bytes; i++)
		if (content[i] != 0)
			return false;
	return true;
}

/* A segment's content at several places; where it was linked it is what the file says. */
static const char *content_insane(const struct ofl_loader *loader, unsigned int index)
{
	static const uint32_t deltas[] = { 0, 0x1000, 0u - 0x20000000u };
	const struct ofl_loader_segment *segment = &loader->segment[index];
	const char *bad = NULL;

	/* Of hostile files: .bss of gigabytes. */
	if (segment->length_bytes > MAX_COPY_BYTES)
		return NULL;

	uint8_t *content = malloc(segment->length_bytes);

	for (size_t i = 0; content && !bad && i < sizeof(deltas) / sizeof(deltas[0]); i++) {
		struct ofl_file_error error;

		memset(content, 0x5a, segment->length_bytes);
		if (!ofl_loader_content(loader, index, deltas[i], content, &error))
			bad = refusal_insane(&error, loader->elf.length);
		/* Addresses in a module's data are relative to nothing as it is in the file. */
		else if (deltas[i] == 0 && (loader->format != OFL_FORMAT_NXFLAT || !segment->writable) &&
				!as_linked(segment, content))
			bad = "where it was linked, content is what the file says";
	}
	free(content);
	return bad;
}

static const char *symbol_insane(const struct ofl_loader *loader, uint32_t address)
{
	uint32_t offset = 0;
	const char *name = ofl_loader_symbol(loader, address, &offset);

	if (!name)
		return NULL;
	if (strlen(name) > loader->elf.length)
		return "a symbol's name ends";
	return offset <= address ? NULL : "a symbol is not behind the address";
}

static const char *symbols_insane(const struct ofl_loader *loader)
{
	const uint32_t addresses[] = { 0, loader->low, loader->low + 9, loader->high - 1, loader->high, UINT32_MAX };
	const char *bad = NULL;

	for (size_t i = 0; !bad && i < sizeof(addresses) / sizeof(addresses[0]); i++)
		bad = symbol_insane(loader, addresses[i]);
	for (unsigned int i = 0; !bad && i < OFL_NUM_FUNCTIONS; i++)
		if (loader->function[i].name)
			bad = symbol_insane(loader, loader->function[i].address);
	return bad;
}

struct report {
	unsigned int num_lines;
	bool unprintable;
};

static void take_line(void *context, const char *text)
{
	struct report *report = context;

	report->num_lines++;
	if (!text || !is_printable(text, 4096))
		report->unprintable = true;
}

static const char *report_insane(const struct ofl_loader *loader)
{
	static const struct ofl_report_options options[] = {
		{ 0, 0, false }, { 0x20000000, 0x1000, true }, { 0xfffff000, 0x1000, false }, { 0, 0xffffffff, true },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct report report = { 0 };

		ofl_loader_report(loader, &options[i], take_line, &report);
		if (report.num_lines == 0 || report.unprintable)
			return "the report has lines, which can be printed";
	}
	return NULL;
}

const char *loader_file_insane(const uint8_t *bytes, size_t length)
{
	struct ofl_loader *loader = malloc(sizeof(*loader));
	struct ofl_file_error error;
	const char *bad = NULL;

	if (!loader)
		return "no memory";
	memset(loader, 0xa5, sizeof(*loader));
	ofl_loader_recognises(bytes, length);
	if (!ofl_loader_read(loader, bytes, length, &error)) {
		free(loader);
		return refusal_insane(&error, length);
	}
	bad = loader_insane(loader);
	for (unsigned int i = 0; !bad && i < loader->num_segments; i++)
		bad = content_insane(loader, i);
	if (!bad)
		bad = symbols_insane(loader);
	if (!bad)
		bad = report_insane(loader);
	ofl_loader_free(loader);
	free(loader);
	return bad;
}
