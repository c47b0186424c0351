// SPDX-License-Identifier: GPL-2.0-or-later

/* System V ABI, chapters 4 and 5: ELF header, section header, program header. */

#include <stdlib.h>
#include <string.h>

#include "ofl_elf_image.h"

#define HEADER_BYTES		52
#define SEGMENT_BYTES		32
#define SECTION_BYTES		40
#define PT_LOAD_SEGMENT		1
#define MAX_SEGMENTS		512	/* IMAGE_MAX_SECTIONS of OpenOCD's image.h */

struct segment {
	uint32_t offset, virtual_address, physical_address, file_bytes;
};

struct section {
	uint32_t offset, bytes;
};

struct file {
	const uint8_t *bytes;
	unsigned int num_segments, num_sections;
	struct segment *segment;
	struct section *section;	/* those with content that is loaded */
};

bool ofl_elf_image_is_known(const uint8_t *bytes, size_t length)
{
	/* EI_MAG0..3, EI_CLASS = ELFCLASS32, EI_DATA = ELFDATA2LSB */
	return length >= HEADER_BYTES && memcmp(bytes, "\177ELF\1\1", 6) == 0;
}

static bool table_fits(size_t length, uint32_t offset, unsigned int count, unsigned int entry_bytes)
{
	return offset <= length && (uint64_t)count * entry_bytes <= length - offset;
}

static bool read_segments(struct file *file, size_t length, struct ofl_file_error *error)
{
	uint32_t table = ofl_le32(file->bytes + 28);
	unsigned int entry_bytes = ofl_le16(file->bytes + 42);
	unsigned int count = ofl_le16(file->bytes + 44);

	if (!count)
		return ofl_file_fault(error, 44, "no program headers: this is not a linked program");
	if (entry_bytes != SEGMENT_BYTES || count > MAX_SEGMENTS || !table_fits(length, table, count, SEGMENT_BYTES))
		return ofl_file_fault(error, 28, "the program headers are not within the file");
	file->segment = calloc(count, sizeof(*file->segment));
	if (!file->segment)
		return ofl_file_fault(error, 0, "out of memory");
	bool any_physical = false;
	unsigned int in_memory = 0;
	for (unsigned int n = 0; n < count; n++) {
		const uint8_t *entry = file->bytes + table + n * SEGMENT_BYTES;
		struct segment *segment = &file->segment[file->num_segments];
		any_physical |= ofl_le32(entry + 12) != 0;
		if (ofl_le32(entry) != PT_LOAD_SEGMENT)
			continue;
		in_memory += ofl_le32(entry + 20) != 0;
		segment->offset = ofl_le32(entry + 4);
		segment->virtual_address = ofl_le32(entry + 8);
		segment->physical_address = ofl_le32(entry + 12);
		segment->file_bytes = ofl_le32(entry + 16);
		if (!segment->file_bytes)
			continue;
		if (segment->offset > length || segment->file_bytes > length - segment->offset)
			return ofl_file_fault(error, table + n * SEGMENT_BYTES, "segment %u is not within the file", n);
		file->num_segments++;
	}
	/* As OpenOCD: some linkers leave all physical addresses 0. */
	for (unsigned int n = 0; !any_physical && in_memory > 1 && n < file->num_segments; n++)
		file->segment[n].physical_address = file->segment[n].virtual_address;
	if (!file->num_segments)
		return ofl_file_fault(error, table, "no segment has anything to load");
	return true;
}

static bool read_sections(struct file *file, size_t length, struct ofl_file_error *error)
{
	uint32_t table = ofl_le32(file->bytes + 32);
	unsigned int entry_bytes = ofl_le16(file->bytes + 46);
	unsigned int count = ofl_le16(file->bytes + 48);

	if (!table || !count)
		return true;
	if (entry_bytes != SECTION_BYTES || !table_fits(length, table, count, SECTION_BYTES))
		return ofl_file_fault(error, 32, "the section headers are not within the file");
	file->section = calloc(count, sizeof(*file->section));
	if (!file->section)
		return ofl_file_fault(error, 0, "out of memory");
	for (unsigned int n = 1; n < count; n++) {
		const uint8_t *entry = file->bytes + table + n * SECTION_BYTES;
		uint32_t type = ofl_le32(entry + 4), flags = ofl_le32(entry + 8);
		uint32_t offset = ofl_le32(entry + 16), bytes = ofl_le32(entry + 20);
		if (!(flags & OFL_ELF_SHF_ALLOC) || !type || type == OFL_ELF_SHT_NOBITS || !bytes)
			continue;
		if (offset > length || bytes > length - offset)
			return ofl_file_fault(error, table + n * SECTION_BYTES, "section %u is not within the file", n);
		file->section[file->num_sections].offset = offset;
		file->section[file->num_sections++].bytes = bytes;
	}
	return true;
}

static int compare_loads(const void *left, const void *right)
{
	const struct ofl_elf_load *one = left, *two = right;
	if (one->address != two->address)
		return one->address < two->address ? -1 : 1;
	return one->offset < two->offset ? -1 : one->offset > two->offset;
}

/* Sorts, joins, and finds what overlaps: the same bytes of the file twice are fine, different ones are not. */
static bool tidy(struct ofl_elf_image *image, struct ofl_file_error *error)
{
	unsigned int kept = 0;

	if (!image->num_loads)
		return true;
	qsort(image->load, image->num_loads, sizeof(*image->load), compare_loads);
	for (unsigned int n = 0; n < image->num_loads; n++) {
		const struct ofl_elf_load *load = &image->load[n];
		struct ofl_elf_load *last = kept ? &image->load[kept - 1] : NULL;
		if (!last || load->address > last->address + last->length) {
			image->load[kept++] = *load;
			continue;
		}
		uint64_t distance = load->address - last->address;
		bool same_place = load->offset >= last->offset && load->offset - last->offset == distance;
		if (same_place) {
			if (distance + load->length > last->length)
				last->length = distance + load->length;
		} else if (distance == last->length) {
			image->load[kept++] = *load;
		} else {
			return ofl_file_fault(error, load->offset, "two parts of the file go to address 0x%08llx",
				(unsigned long long)load->address);
		}
	}
	image->num_loads = kept;
	return true;
}

static bool find_loads(struct ofl_elf_image *image, const struct file *file, struct ofl_file_error *error)
{
	unsigned int room = 0;
	uint64_t segments_bytes = 0;

	for (unsigned int n = 0; n < file->num_segments; n++) {
		const struct segment *segment = &file->segment[n];
		uint32_t first = segment->file_bytes;
		segments_bytes += segment->file_bytes;
		for (unsigned int k = 0; k < (image->has_sections ? file->num_sections : 1); k++) {
			struct section section = {.offset = segment->offset, .bytes = segment->file_bytes};
			if (image->has_sections)
				section = file->section[k];
			uint64_t start = section.offset, end = start + section.bytes;
			if (start < segment->offset)
				start = segment->offset;
			if (end > (uint64_t)segment->offset + segment->file_bytes)
				end = (uint64_t)segment->offset + segment->file_bytes;
			if (start >= end)
				continue;
			if (image->num_loads == room) {
				room = room ? 2 * room : 16;
				struct ofl_elf_load *larger = realloc(image->load, room * sizeof(*larger));
				if (!larger)
					return ofl_file_fault(error, 0, "out of memory");
				image->load = larger;
			}
			if (image->has_sections && start - segment->offset < first)
				first = start - segment->offset;
			image->load[image->num_loads++] = (struct ofl_elf_load) {
				.address = (uint64_t)segment->physical_address + (start - segment->offset),
				.offset = start,
				.length = end - start,
			};
		}
		if (segment->offset < HEADER_BYTES && first && !image->writes_header) {
			image->writes_header = true;
			image->header_address = segment->physical_address;
			image->header_bytes = first;
			image->segment_bytes = segment->file_bytes;
		}
	}
	if (!tidy(image, error))
		return false;
	uint64_t loads_bytes = 0;
	for (unsigned int n = 0; n < image->num_loads; n++)
		loads_bytes += image->load[n].length;
	image->left_out_bytes = segments_bytes > loads_bytes ? segments_bytes - loads_bytes : 0;
	return true;
}

bool ofl_elf_image_read(struct ofl_elf_image *image, const uint8_t *bytes, size_t length,
		struct ofl_file_error *error)
{
	struct file file = {.bytes = bytes};

	memset(image, 0, sizeof(*image));
	if (!ofl_elf_image_is_known(bytes, length))
		return ofl_file_fault(error, 0, "not an ELF32 little-endian file");
	bool good = read_segments(&file, length, error) && read_sections(&file, length, error);
	/* A file whose sections are all debug information is no better than one without. */
	image->has_sections = file.num_sections != 0;
	good = good && find_loads(image, &file, error);
	free(file.segment);
	free(file.section);
	if (!good)
		ofl_elf_image_free(image);
	return good;
}

void ofl_elf_image_free(struct ofl_elf_image *image)
{
	free(image->load);
	memset(image, 0, sizeof(*image));
}
