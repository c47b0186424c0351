// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Reading and comparing by address or by bank: `ofl read`, `ofl verify`, and what stands behind the wrappers of
 * `verify_image` and `dump_image` in tcl/ofl/ofl.tcl. Addresses in banks of ours go through the loader, others are the
 * target's memory.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl_crc.h"
#include "ofl_image.h"

#define CHUNK_BYTES		0x10000u
#define VERIFY_UNIT_BYTES	4096u
#define MAX_RANGES		256
/* How large a chip may be that has not been identified yet. */
#define NEAR_BYTES		(128u * 1024 * 1024)

/* ---------------------------------------------------------------- pieces of an address range */

/* The bank of ours at `address`, NULL: none; *length becomes what follows in the same bank, or in none. */
static struct flash_bank *piece(const struct target *target, uint64_t address, uint64_t *length)
{
	struct flash_bank *found = NULL;
	uint64_t end = address + *length;

	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->target != target || !ofl_is_ours(bank) || !bank->size)
			continue;
		if (!found && address >= bank->base && address - bank->base < bank->size) {
			found = bank;
			end = MIN(end, bank->base + bank->size);
		} else if (!found && bank->base > address) {
			end = MIN(end, bank->base);
		}
	}
	*length = end - address;
	return found;
}

/*
 * Only banks that may be at these addresses: probing runs the stub in the work area, where an image in RAM may be what
 * the user compares.
 */
static void probe_near(const struct target *target, uint64_t address, uint64_t length)
{
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->target == target && ofl_is_ours(bank) && address < bank->base + NEAR_BYTES &&
				address + length > bank->base)
			bank->driver->auto_probe(bank);
	}
}

/* At most CHUNK_BYTES. */
static int read_piece(struct target *target, struct flash_bank *bank, uint64_t address, uint8_t *data, uint32_t length)
{
	if (bank)
		return bank->driver->read(bank, data, address - bank->base, length);
	return target_read_buffer(target, address, length, data);
}

/* ---------------------------------------------------------------- ranges that differ */

struct ranges {
	unsigned int count;
	uint64_t bytes;		/* all that differ, also behind the last range that is kept */
	struct {
		uint64_t start, end;
	} range[MAX_RANGES];
};

static void add_difference(struct ranges *ranges, uint64_t at)
{
	ranges->bytes++;
	if (ranges->count && ranges->range[ranges->count - 1].end == at) {
		ranges->range[ranges->count - 1].end++;
	} else if (ranges->count < MAX_RANGES) {
		ranges->range[ranges->count].start = at;
		ranges->range[ranges->count++].end = at + 1;
	}
}

static void print_ranges(struct command_invocation *cmd, const struct ranges *ranges)
{
	for (unsigned int n = 0; n < ranges->count; n++)
		command_print(cmd, "differs: 0x%8.8" PRIx64 "-0x%8.8" PRIx64 " (%" PRIu64 " bytes)", ranges->range[n].start,
			ranges->range[n].end - 1, ranges->range[n].end - ranges->range[n].start);
	command_print(cmd, "bytes-that-differ: %" PRIu64 "%s", ranges->bytes,
		ranges->count == MAX_RANGES ? " (only the first ranges are listed)" : "");
}

static void compare_bytes(struct ranges *ranges, uint64_t at, const uint8_t *wanted, const uint8_t *found,
		uint32_t length)
{
	for (uint32_t n = 0; n < length; n++) {
		if (wanted[n] != found[n])
			add_difference(ranges, at + n);
	}
}

/* Within a session: units by their CRC, those that differ are read. `shown`: what offset 0 is called. */
static int compare_units(struct ofl_bank *ofl, uint64_t offset, const uint8_t *wanted, uint32_t unit_bytes,
		uint32_t count, uint64_t shown, struct ranges *ranges)
{
	uint32_t *crc = malloc((count + 1) * sizeof(*crc));
	uint8_t *content = malloc(unit_bytes);
	int retval = ERROR_FAIL;

	if (crc && content)
		retval = ofl->backend->crc(ofl, offset, unit_bytes, count, crc);
	else
		LOG_ERROR("ofl: out of memory");
	for (uint32_t n = 0; retval == ERROR_OK && n < count; n++) {
		const uint8_t *unit = wanted + (size_t)n * unit_bytes;
		uint64_t at = offset + (uint64_t)n * unit_bytes;
		uint64_t before = ranges->bytes;
		if (ofl_crc(unit, unit_bytes) == crc[n])
			continue;
		retval = ofl->backend->read(ofl, at, content, unit_bytes);
		if (retval == ERROR_OK)
			compare_bytes(ranges, shown + at, unit, content, unit_bytes);
		if (retval == ERROR_OK && ranges->bytes == before) {
			LOG_ERROR("ofl: %s: reads at 0x%8.8" PRIx64 " are not stable: the CRC on the target differs, the content "
				"read next does not", ofl->bank->name, at);
			retval = ERROR_FLASH_OPERATION_FAILED;
		}
	}
	free(crc);
	free(content);
	return retval;
}

static int compare_in_bank(struct flash_bank *bank, uint64_t offset, const uint8_t *wanted, uint32_t length,
		uint64_t shown, struct ranges *ranges)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);

	int retval = ofl_begin(bank);
	if (retval != ERROR_OK)
		return retval;
	retval = ofl_check_range(bank, "verify", offset, length, false);
	if (retval == ERROR_OK && !ofl_can_read(ofl)) {
		/* The loader's own Verify, which tells one place at most. */
		uint32_t different;
		int found;
		retval = ofl->backend->compare(ofl, offset, wanted, length, &different, &found);
		if (retval == ERROR_OK && different != length)
			add_difference(ranges, shown + offset + different);
		return ofl_end(bank, retval);
	}
	uint32_t units = length / VERIFY_UNIT_BYTES, tail = length % VERIFY_UNIT_BYTES;
	if (retval == ERROR_OK && units)
		retval = compare_units(ofl, offset, wanted, VERIFY_UNIT_BYTES, units, shown, ranges);
	if (retval == ERROR_OK && tail)
		retval = compare_units(ofl, offset + length - tail, wanted + length - tail, tail, 1, shown, ranges);
	return ofl_end(bank, retval);
}

static int compare_memory(struct target *target, uint64_t address, const uint8_t *wanted, uint32_t length,
		struct ranges *ranges)
{
	uint8_t *content = malloc(CHUNK_BYTES);
	int retval = content ? ERROR_OK : ERROR_FAIL;

	for (uint32_t at = 0; retval == ERROR_OK && at < length; ) {
		uint32_t n = MIN(length - at, CHUNK_BYTES);
		retval = target_read_buffer(target, address + at, n, content);
		if (retval == ERROR_OK)
			compare_bytes(ranges, address + at, wanted + at, content, n);
		at += n;
		keep_alive();
	}
	free(content);
	return retval;
}

/* ---------------------------------------------------------------- commands */

/* FILE ?OFFSET? ?TYPE? */
static int load_image(struct command_invocation *cmd, struct ofl_image *image, enum ofl_image_how how)
{
	int64_t offset = 0;

	memset(image, 0, sizeof(*image));
	if (CMD_ARGC < 1 || CMD_ARGC > 3)
		return ERROR_COMMAND_SYNTAX_ERROR;
	if (CMD_ARGC > 1 && !ofl_image_offset(CMD_ARGV[1], &offset))
		return ERROR_COMMAND_ARGUMENT_INVALID;
	return ofl_image_load(image, CMD_ARGV[0], offset, CMD_ARGC > 2 ? CMD_ARGV[2] : NULL, how);
}

/* A file with its ELF header in a segment was written by its sections, unless the bank allows the header. */
static enum ofl_image_how verify_how(const struct target *target)
{
	for (const struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->target == target && ofl_is_ours(bank) && ofl_from_bank(bank)->options.elf_header_allow)
			return OFL_IMAGE_BY_SEGMENTS;
	}
	return OFL_IMAGE_BY_SECTIONS;
}

COMMAND_HANDLER(ofl_handle_verify_image)
{
	struct target *target = get_current_target_or_null(CMD_CTX);
	struct ofl_image image;
	uint64_t total = 0;

	if (!target)
		return ERROR_FAIL;
	int64_t started_ms = timeval_ms();
	int retval = load_image(CMD, &image, verify_how(target));
	struct ranges *ranges = calloc(1, sizeof(*ranges));
	if (!ranges)
		retval = ERROR_FAIL;
	for (unsigned int n = 0; retval == ERROR_OK && n < image.num_parts; n++) {
		const struct ofl_image_part *part = &image.part[n];
		probe_near(target, part->address, part->length);
		for (uint64_t at = 0; retval == ERROR_OK && at < part->length; ) {
			uint64_t length = part->length - at;
			struct flash_bank *bank = piece(target, part->address + at, &length);
			if (bank)
				retval = compare_in_bank(bank, part->address + at - bank->base, part->data + at, length, bank->base,
						ranges);
			else
				retval = compare_memory(target, part->address + at, part->data + at, length, ranges);
			at += length;
		}
		total += part->length;
	}
	if (retval == ERROR_OK && ranges->bytes) {
		print_ranges(CMD, ranges);
		LOG_ERROR("ofl: %s: %" PRIu64 " bytes differ, the first at 0x%8.8" PRIx64, CMD_ARGV[0], ranges->bytes,
			ranges->range[0].start);
		retval = ERROR_FAIL;
	} else if (retval == ERROR_OK) {
		command_print(CMD, "verified %" PRIu64 " bytes in %.3fs", total, (timeval_ms() - started_ms) / 1000.0);
	}
	free(ranges);
	ofl_image_free(&image);
	return retval;
}

COMMAND_HANDLER(ofl_handle_verify)
{
	struct flash_bank *bank;
	struct ofl_image image;
	int64_t offset;
	uint64_t total = 0;

	if (CMD_ARGC < 3 || CMD_ARGC > 4)
		return ERROR_COMMAND_SYNTAX_ERROR;
	if (!ofl_image_offset(CMD_ARGV[2], &offset))
		return ERROR_COMMAND_ARGUMENT_INVALID;
	int retval = ofl_get_bank(CMD_ARGV[0], &bank);
	if (retval != ERROR_OK)
		return retval;
	int64_t started_ms = timeval_ms();
	retval = ofl_image_load_for_bank(&image, bank, CMD_ARGV[1], offset, CMD_ARGC > 3 ? CMD_ARGV[3] : NULL);
	struct ranges *ranges = calloc(1, sizeof(*ranges));
	if (!ranges)
		retval = ERROR_FAIL;
	for (unsigned int n = 0; retval == ERROR_OK && n < image.num_parts; n++) {
		retval = compare_in_bank(bank, image.part[n].address, image.part[n].data, image.part[n].length, 0, ranges);
		total += image.part[n].length;
	}
	if (retval == ERROR_OK && ranges->bytes) {
		print_ranges(CMD, ranges);
		LOG_ERROR("ofl: %s: %s: %" PRIu64 " bytes differ, the first at offset 0x%8.8" PRIx64, bank->name, CMD_ARGV[1],
			ranges->bytes, ranges->range[0].start);
		retval = ERROR_FAIL;
	} else if (retval == ERROR_OK) {
		command_print(CMD, "verified %" PRIu64 " bytes in %.3fs", total, (timeval_ms() - started_ms) / 1000.0);
	}
	free(ranges);
	ofl_image_free(&image);
	return retval;
}

/* Address range to a file; a file that is not complete is removed. */
static int dump(struct target *target, struct flash_bank *only, uint64_t address, uint64_t length, const char *path)
{
	FILE *file = fopen(path, "wb");
	uint8_t *data = malloc(CHUNK_BYTES);
	int retval = data ? ERROR_OK : ERROR_FAIL;

	if (!file) {
		LOG_ERROR("ofl: %s: %s", path, strerror(errno));
		free(data);
		return ERROR_FAIL;
	}
	for (uint64_t at = 0; retval == ERROR_OK && at < length; ) {
		uint64_t n = MIN(length - at, CHUNK_BYTES);
		struct flash_bank *bank = only ? only : piece(target, address + at, &n);
		retval = read_piece(target, bank, address + at, data, n);
		if (retval == ERROR_OK && fwrite(data, 1, n, file) != n) {
			LOG_ERROR("ofl: %s: %s", path, strerror(errno));
			retval = ERROR_FAIL;
		}
		at += n;
		keep_alive();
	}
	if (fclose(file) != 0 && retval == ERROR_OK) {
		LOG_ERROR("ofl: %s: %s", path, strerror(errno));
		retval = ERROR_FAIL;
	}
	if (retval != ERROR_OK)
		remove(path);
	free(data);
	return retval;
}

COMMAND_HANDLER(ofl_handle_dump_image)
{
	struct target *target = get_current_target_or_null(CMD_CTX);
	uint64_t address, length;

	if (CMD_ARGC != 3 || !target)
		return ERROR_COMMAND_SYNTAX_ERROR;
	COMMAND_PARSE_NUMBER(u64, CMD_ARGV[1], address);
	COMMAND_PARSE_NUMBER(u64, CMD_ARGV[2], length);
	int64_t started_ms = timeval_ms();
	probe_near(target, address, length);
	int retval = dump(target, NULL, address, length, CMD_ARGV[0]);
	if (retval == ERROR_OK)
		command_print(CMD, "dumped %" PRIu64 " bytes in %.3fs", length, (timeval_ms() - started_ms) / 1000.0);
	return retval;
}

COMMAND_HANDLER(ofl_handle_read)
{
	struct flash_bank *bank;
	uint64_t offset, length;

	if (CMD_ARGC != 4)
		return ERROR_COMMAND_SYNTAX_ERROR;
	COMMAND_PARSE_NUMBER(u64, CMD_ARGV[2], offset);
	COMMAND_PARSE_NUMBER(u64, CMD_ARGV[3], length);
	int retval = ofl_get_bank(CMD_ARGV[0], &bank);
	if (retval != ERROR_OK)
		return retval;
	/* The file is not touched for a range that cannot be read. */
	if (offset > bank->size || length > bank->size - offset) {
		LOG_ERROR("ofl: %s: cannot read 0x%" PRIx64 " bytes at offset 0x%" PRIx64 ": the bank ends at 0x%" PRIx32,
			bank->name, length, offset, bank->size);
		return ERROR_FLASH_DST_OUT_OF_BANK;
	}
	int64_t started_ms = timeval_ms();
	retval = dump(bank->target, bank, bank->base + offset, length, CMD_ARGV[1]);
	if (retval == ERROR_OK)
		command_print(CMD, "read %" PRIu64 " bytes in %.3fs", length, (timeval_ms() - started_ms) / 1000.0);
	return retval;
}

static void print_banks(struct command_invocation *cmd, const struct target *target, uint64_t address, uint64_t length)
{
	probe_near(target, address, length);
	for (uint64_t at = 0; at < length; ) {
		uint64_t n = length - at;
		const struct flash_bank *bank = piece(target, address + at, &n);
		if (bank)
			command_print_sameline(cmd, "%s ", bank->name);
		at += n;
	}
}

/* For the wrappers: are these addresses ours? Banks of the current target; a name may be there more than once. */
COMMAND_HANDLER(ofl_handle_banks_at)
{
	struct target *target = get_current_target_or_null(CMD_CTX);
	uint64_t address, length;

	if (CMD_ARGC != 2)
		return ERROR_COMMAND_SYNTAX_ERROR;
	COMMAND_PARSE_NUMBER(u64, CMD_ARGV[0], address);
	COMMAND_PARSE_NUMBER(u64, CMD_ARGV[1], length);
	if (!target || length > UINT64_MAX - address)
		return ERROR_OK;
	print_banks(CMD, target, address, length);
	return ERROR_OK;
}

COMMAND_HANDLER(ofl_handle_banks_of)
{
	struct target *target = get_current_target_or_null(CMD_CTX);
	struct ofl_image image;

	if (!target)
		return ERROR_OK;
	int retval = load_image(CMD, &image, OFL_IMAGE_BY_SEGMENTS);
	for (unsigned int n = 0; retval == ERROR_OK && n < image.num_parts; n++)
		print_banks(CMD, target, image.part[n].address, image.part[n].length);
	ofl_image_free(&image);
	return retval;
}

/* Its name when nothing of the image is anywhere else, where there is a bank that wants to know (ofl_bracket.c). */
COMMAND_HANDLER(ofl_handle_only_bank)
{
	struct target *target = get_current_target_or_null(CMD_CTX);
	struct flash_bank *only = NULL;
	struct ofl_image image;
	bool matters = false;

	/* Only they stay on the target; for others the file is not read once more. */
	for (const struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next)
		matters |= bank->target == target && ofl_is_ours(bank) && ofl_system_is_one(ofl_from_bank(bank));
	if (!matters)
		return ERROR_OK;
	int retval = load_image(CMD, &image, OFL_IMAGE_BY_SEGMENTS);
	for (unsigned int n = 0; retval == ERROR_OK && n < image.num_parts; n++) {
		uint64_t length = image.part[n].length;
		struct flash_bank *bank = piece(target, image.part[n].address, &length);
		if (!bank || length != image.part[n].length || (only && bank != only)) {
			only = NULL;
			break;
		}
		only = bank;
	}
	ofl_image_free(&image);
	if (retval == ERROR_OK && only)
		command_print_sameline(CMD, "%s", only->name);
	return retval;
}

COMMAND_HANDLER(ofl_handle_image_type)
{
	struct ofl_image image;

	if (CMD_ARGC != 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = load_image(CMD, &image, OFL_IMAGE_BY_SEGMENTS);
	if (retval == ERROR_OK)
		command_print_sameline(CMD, "%s", image.type);
	ofl_image_free(&image);
	return retval;
}

const struct command_registration ofl_access_handlers[] = {
	{
		.name = "banks_at",
		.handler = ofl_handle_banks_at,
		.mode = COMMAND_EXEC,
		.usage = "address length",
		.help = "Names of the ofl banks of the current target that these addresses touch",
	},
	{
		.name = "banks_of",
		.handler = ofl_handle_banks_of,
		.mode = COMMAND_EXEC,
		.usage = "filename [offset [type]]",
		.help = "Names of the ofl banks of the current target that an image touches",
	},
	{
		.name = "dump_image",
		.handler = ofl_handle_dump_image,
		.mode = COMMAND_EXEC,
		.usage = "filename address size",
		.help = "As dump_image; addresses in ofl banks are read by their loaders",
	},
	{
		.name = "image_type",
		.handler = ofl_handle_image_type,
		.mode = COMMAND_EXEC,
		.usage = "filename",
		.help = "The type that OpenOCD finds an image file to be",
	},
	{
		.name = "only_bank",
		.handler = ofl_handle_only_bank,
		.mode = COMMAND_EXEC,
		.usage = "filename [offset [type]]",
		.help = "Name of the ofl bank of the current target whose loader may stay while an image is written, "
			"because that touches nothing else",
	},
	{
		.name = "read",
		.handler = ofl_handle_read,
		.mode = COMMAND_EXEC,
		.usage = "bank_id filename offset length",
		.help = "Read a range of the bank into a file",
	},
	{
		.name = "verify",
		.handler = ofl_handle_verify,
		.mode = COMMAND_EXEC,
		.usage = "bank_id filename offset [type]",
		.help = "Compare an image with the bank and list the ranges that differ",
	},
	{
		.name = "verify_image",
		.handler = ofl_handle_verify_image,
		.mode = COMMAND_EXEC,
		.usage = "filename [offset [type]]",
		.help = "As verify_image; addresses in ofl banks are compared by their loaders",
	},
	COMMAND_REGISTRATION_DONE
};
