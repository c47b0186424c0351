// SPDX-License-Identifier: GPL-2.0-or-later

/* Image files: OpenOCD's readers (src/target/image.c), and ofl_elf_image.c beside them. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/fileio.h>
#include <target/image.h>

#include "ofl_image.h"

/* More than a bank can hold, with its debug information. */
#define MAX_ELF_BYTES	(1024u * 1024 * 1024)

bool ofl_image_offset(const char *text, int64_t *offset)
{
	long long value;

	/* As OpenOCD's commands take it: also negative. */
	if (parse_llong(text, &value) != ERROR_OK) {
		LOG_ERROR("ofl: '%s' is not an offset", text);
		return false;
	}
	*offset = value;
	return true;
}

static int read_file(const char *name, uint8_t **bytes, size_t *length)
{
	struct fileio *file;
	size_t got = 0;

	*bytes = NULL;
	int retval = fileio_open(&file, name, FILEIO_READ, FILEIO_BINARY);
	if (retval != ERROR_OK)
		return retval;
	retval = fileio_size(file, length);
	if (retval == ERROR_OK && *length > MAX_ELF_BYTES) {
		LOG_ERROR("ofl: %s is larger than %u MiB", name, MAX_ELF_BYTES / (1024 * 1024));
		retval = ERROR_FAIL;
	}
	if (retval == ERROR_OK) {
		*bytes = malloc(*length + 1);
		retval = *bytes ? fileio_read(file, *length, *bytes, &got) : ERROR_FAIL;
	}
	if (retval == ERROR_OK && got != *length)
		retval = ERROR_FILEIO_OPERATION_FAILED;
	if (retval != ERROR_OK)
		LOG_ERROR("ofl: %s: cannot be read", name);
	fileio_close(file);
	return retval;
}

static int compare_parts(const void *left, const void *right)
{
	const struct ofl_image_part *one = left, *two = right;
	return one->address < two->address ? -1 : one->address > two->address;
}

static int add_part(struct ofl_image *image, const char *file, int64_t address, uint32_t length, uint8_t **data)
{
	struct ofl_image_part *part = &image->part[image->num_parts];

	*data = NULL;
	if (address < 0 || (uint64_t)address + length > 1ull << 32) {
		LOG_ERROR("ofl: %s: with its offset the file begins below address 0 or ends beyond 4 GiB; nothing was changed",
			file);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	part->data = malloc(length);
	if (!part->data) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	part->address = address;
	part->length = length;
	*data = part->data;
	image->num_parts++;
	return ERROR_OK;
}

static int take_segments(struct ofl_image *image, const char *file, int64_t offset, struct image *core)
{
	int retval = ERROR_OK;

	for (unsigned int n = 0; retval == ERROR_OK && n < core->num_sections; n++) {
		const struct imagesection *section = &core->sections[n];
		uint8_t *data;
		size_t got;
		if (!section->size)
			continue;
		retval = add_part(image, file, (int64_t)section->base_address + offset, section->size, &data);
		if (retval == ERROR_OK)
			retval = image_read_section(core, n, 0, section->size, data, &got);
		if (retval == ERROR_OK && got != section->size) {
			LOG_ERROR("ofl: %s: the file ends within its section %u", file, n);
			retval = ERROR_FAIL;
		}
	}
	return retval;
}

static int take_sections(struct ofl_image *image, const char *file, int64_t offset, const uint8_t *bytes)
{
	for (unsigned int n = 0; n < image->elf.num_loads; n++) {
		const struct ofl_elf_load *load = &image->elf.load[n];
		uint8_t *data;
		int retval = add_part(image, file, (int64_t)load->address + offset, load->length, &data);
		if (retval != ERROR_OK)
			return retval;
		memcpy(data, bytes + load->offset, load->length);
	}
	return ERROR_OK;
}

/* What OpenOCD knows as ELF; 64 bits and big-endian are left to it. */
static int read_elf(struct ofl_image *image, const char *file, int64_t offset, uint8_t **bytes)
{
	struct ofl_file_error error = {0};
	size_t length;

	int retval = read_file(file, bytes, &length);
	if (retval != ERROR_OK || !ofl_elf_image_is_known(*bytes, length))
		return retval;
	if (!ofl_elf_image_read(&image->elf, *bytes, length, &error)) {
		LOG_ERROR("ofl: %s: at file offset 0x%zx: %s; nothing was changed", file, error.offset, error.text);
		return ERROR_FAIL;
	}
	image->is_elf = true;
	image->elf.header_address += offset;
	return ERROR_OK;
}

int ofl_image_load(struct ofl_image *image, const char *file, int64_t offset, const char *type, enum ofl_image_how how)
{
	struct image core = {0};
	uint8_t *bytes = NULL;

	memset(image, 0, sizeof(*image));
	int retval = image_open(&core, file, type);
	if (retval != ERROR_OK)
		return retval;
	image->is_binary = core.type == IMAGE_BINARY;
	image->type = core.type == IMAGE_BINARY ? "bin" : core.type == IMAGE_ELF ? "elf" : core.type == IMAGE_IHEX ? "ihex"
			: core.type == IMAGE_SRECORD ? "s19" : "mem";
	if (core.type == IMAGE_ELF)
		retval = read_elf(image, file, offset, &bytes);
	image->by_sections = image->is_elf && how == OFL_IMAGE_BY_SECTIONS && image->elf.has_sections;
	unsigned int room = image->by_sections ? image->elf.num_loads : core.num_sections;
	image->part = calloc(room + 1, sizeof(*image->part));
	if (!image->part)
		retval = ERROR_FAIL;
	if (retval == ERROR_OK)
		retval = image->by_sections ? take_sections(image, file, offset, bytes)
				: take_segments(image, file, offset, &core);
	free(bytes);
	image_close(&core);
	if (retval != ERROR_OK)
		return retval;
	if (!image->num_parts)
		return ERROR_OK;
	qsort(image->part, image->num_parts, sizeof(*image->part), compare_parts);
	for (unsigned int n = 1; n < image->num_parts; n++) {
		const struct ofl_image_part *last = &image->part[n - 1];
		if (image->part[n].address < last->address + last->length) {
			LOG_ERROR("ofl: %s: two parts of the file go to address 0x%8.8" PRIx64 "; nothing was changed", file,
				image->part[n].address);
			return ERROR_FAIL;
		}
	}
	return ERROR_OK;
}

static int to_offsets(struct ofl_image *image, const struct flash_bank *bank, const char *file, int64_t offset)
{
	int64_t base = image->is_binary ? 0 : (int64_t)bank->base;

	if (offset > INT64_C(1) << 40 || offset < -(INT64_C(1) << 40)) {
		LOG_ERROR("ofl: %s: refused: the offset is beyond any flash", file);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	for (unsigned int n = 0; n < image->num_parts; n++) {
		struct ofl_image_part *part = &image->part[n];
		int64_t at = (int64_t)part->address + offset - base;
		if (at < 0) {
			LOG_ERROR("ofl: %s: refused, nothing was changed: the part of the image at 0x%8.8" PRIx64 " starts before "
				"bank %s at " TARGET_ADDR_FMT, file, (uint64_t)(at + (int64_t)bank->base), bank->name, bank->base);
			return ERROR_FLASH_DST_OUT_OF_BANK;
		}
		part->address = at;
	}
	return ERROR_OK;
}

int ofl_image_load_for_bank(struct ofl_image *image, const struct flash_bank *bank, const char *file, int64_t offset,
		const char *type)
{
	int retval = ofl_image_load(image, file, 0, type, OFL_IMAGE_BY_SECTIONS);
	if (retval == ERROR_OK && !image->num_parts) {
		LOG_ERROR("ofl: %s has nothing to load", file);
		return ERROR_FAIL;
	}
	if (retval == ERROR_OK)
		retval = to_offsets(image, bank, file, offset);
	if (retval != ERROR_OK || !image->is_elf)
		return retval;
	const struct ofl_elf_image *elf = &image->elf;
	if (!elf->has_sections && elf->writes_header) {
		LOG_ERROR("ofl: %s: refused, nothing was changed: its segment covers the ELF header, and without section "
			"headers the application cannot be told from it; use a .bin", file);
		return ERROR_FAIL;
	}
	if (elf->left_out_bytes)
		LOG_INFO("ofl: %s: %" PRIu64 " bytes of its segments are left out, because no section occupies them%s", file,
			elf->left_out_bytes, elf->writes_header ? " (ELF header and filler)" : "");
	return ERROR_OK;
}

int ofl_image_check_fits(const struct ofl_image *image, const struct flash_bank *bank, const char *file)
{
	const struct ofl_image_part *last = &image->part[image->num_parts - 1];
	uint64_t covered = 0;

	if (bank->num_sectors)
		covered = (uint64_t)bank->sectors[bank->num_sectors - 1].offset + bank->sectors[bank->num_sectors - 1].size;
	if (last->address + last->length <= covered)
		return ERROR_OK;
	LOG_ERROR("ofl: %s: refused, nothing was changed: it ends 0x%" PRIx64 " bytes past the end of bank %s, offset "
		"0x%8.8"
		PRIx64, file, last->address + last->length - covered, bank->name, covered);
	return ERROR_FLASH_DST_OUT_OF_BANK;
}

void ofl_image_free(struct ofl_image *image)
{
	for (unsigned int n = 0; n < image->num_parts; n++)
		free(image->part[n].data);
	free(image->part);
	ofl_elf_image_free(&image->elf);
	memset(image, 0, sizeof(*image));
}
