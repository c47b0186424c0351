// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What a request may touch: keep-outs, and images before `flash write_image` begins. OpenOCD's core erases, truncates
 * and drops before the driver sees a byte (0.12.0: flash_write_unlock_verify() in core.c), so the whole image is
 * checked first, by a wrapper in tcl/ofl/ofl.tcl that calls `ofl check_write`.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ofl_image.h"

/* ---------------------------------------------------------------- keep-outs */

/* Of all banks of ours at these addresses: two loaders may serve one flash. */
int ofl_keepout_check(const struct flash_bank *bank, const char *what, uint64_t offset, uint64_t length)
{
	for (const struct flash_bank *other = flash_bank_list(); other; other = other->next) {
		if (!ofl_is_ours(other) || other->target != bank->target)
			continue;
		uint64_t start = bank->base + offset, end = start + length;
		if (end <= other->base)
			continue;
		start = MAX(start, other->base);
		const struct ofl_keepout *keepout = ofl_keepout_find(&ofl_from_bank(other)->keepouts, start - other->base,
				end - start);
		if (!keepout)
			continue;
		LOG_ERROR("ofl: %s: cannot %s 0x%" PRIx64 " bytes at offset 0x%8.8" PRIx64 ": keep-out 0x%8.8" PRIx64
			"-0x%8.8" PRIx64 "%s%s of bank %s is in the way; nothing was changed", bank->name, what, length, offset,
			keepout->offset_bytes, keepout->offset_bytes + keepout->length_bytes - 1, keepout->label[0] ? " " : "",
			keepout->label, other->name);
		return ERROR_FLASH_PROTECTED;
	}
	return ERROR_OK;
}

void ofl_round_to_sectors(const struct flash_bank *bank, uint64_t *offset, uint64_t *length)
{
	uint64_t start = *offset, end = start + *length;

	for (unsigned int n = 0; n < bank->num_sectors; n++) {
		uint64_t sector = bank->sectors[n].offset, sector_end = sector + bank->sectors[n].size;
		if (sector < *offset + *length && sector_end > *offset) {
			start = MIN(start, sector);
			end = MAX(end, sector_end);
		}
	}
	*offset = start;
	*length = end - start;
}

COMMAND_HANDLER(ofl_handle_keepout)
{
	struct flash_bank *bank;
	uint64_t offset, length;

	if (CMD_ARGC < 2 || CMD_ARGC > 4)
		return ERROR_COMMAND_SYNTAX_ERROR;
	/* Not probed: this stands in board files. */
	int retval = ofl_find_bank(CMD_ARGV[0], &bank);
	if (retval != ERROR_OK)
		return retval;
	struct ofl_keepouts *keepouts = &ofl_from_bank(bank)->keepouts;
	if (CMD_ARGC == 2 && strcmp(CMD_ARGV[1], "clear") == 0) {
		memset(keepouts, 0, sizeof(*keepouts));
		return ERROR_OK;
	}
	if (CMD_ARGC == 2 && strcmp(CMD_ARGV[1], "list") == 0) {
		for (unsigned int n = 0; n < keepouts->count; n++)
			command_print(CMD, "{0x%8.8" PRIx64 " 0x%" PRIx64 " {%s}}", keepouts->entry[n].offset_bytes,
				keepouts->entry[n].length_bytes, keepouts->entry[n].label);
		return ERROR_OK;
	}
	if (CMD_ARGC == 2)
		return ERROR_COMMAND_SYNTAX_ERROR;
	COMMAND_PARSE_NUMBER(u64, CMD_ARGV[1], offset);
	COMMAND_PARSE_NUMBER(u64, CMD_ARGV[2], length);
	const char *label = CMD_ARGC == 4 ? CMD_ARGV[3] : "";
	const char *why = strpbrk(label, "{}\\") ? "the label has a brace or a backslash"
			: ofl_keepout_add(keepouts, offset, length, label);
	if (!why)
		return ERROR_OK;
	LOG_ERROR("ofl: %s: no keep-out at 0x%" PRIx64 ", 0x%" PRIx64 " bytes: %s", bank->name, offset, length, why);
	return ERROR_COMMAND_ARGUMENT_INVALID;
}

/* ---------------------------------------------------------------- images */

struct request {
	struct target *target;
	const char *file;
	struct ofl_image image;
	bool erase, unlock, header_allowed;
	struct flash_bank *preserving;	/* a bank with -preserve on that is written */
	const struct flash_bank *locks_of;	/* the bank whose locks were read last */
};

static bool overlaps(const struct flash_bank *bank, uint64_t address, uint64_t length)
{
	return bank->size && address < bank->base + bank->size && address + length > bank->base;
}

/* The first bank of ours that shares a byte with the range. */
static struct flash_bank *our_bank(const struct target *target, uint64_t address, uint64_t length)
{
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->target == target && ofl_is_ours(bank) && overlaps(bank, address, length))
			return bank;
	}
	return NULL;
}

/* How much from `address` on is in flash banks, of any driver: the core goes on from one to the next. */
static uint64_t covered_bytes(const struct target *target, uint64_t address, uint64_t length)
{
	uint64_t at = address;

	for (bool found = true; found && at < address + length; ) {
		found = false;
		for (const struct flash_bank *bank = flash_bank_list(); bank && !found; bank = bank->next) {
			found = bank->target == target && overlaps(bank, at, 1);
			if (found)
				at = bank->base + bank->size;
		}
	}
	return MIN(at - address, length);
}

static int check_header(const struct request *request)
{
	const struct ofl_elf_image *elf = &request->image.elf;

	if (!request->image.is_elf || !elf->writes_header)
		return ERROR_OK;
	struct flash_bank *bank = our_bank(request->target, elf->header_address, elf->segment_bytes);
	if (!bank)
		return ERROR_OK;
	if (request->header_allowed || ofl_from_bank(bank)->options.elf_header_allow) {
		LOG_WARNING("ofl: %s: its ELF header and filler go to 0x%8.8" PRIx64 "-0x%8.8" PRIx64
			", below what its sections hold, as -elf-header allow says", request->file, elf->header_address,
			elf->header_address + elf->header_bytes - 1);
		return ERROR_OK;
	}
	LOG_ERROR("ofl: %s: refused, nothing was changed: its first segment covers the ELF header, so that OpenOCD would "
		"write header and filler to 0x%8.8" PRIx64 "-0x%8.8" PRIx64 ", below the application at 0x%8.8" PRIx64,
		request->file, elf->header_address, elf->header_address + elf->header_bytes - 1,
		elf->header_address + elf->header_bytes);
	LOG_ERROR("ofl: cures: a .bin (objcopy -O binary) written to 0x%8.8" PRIx64 "; or link with "
		"-Wl,-z,max-page-size=4096 (or -n); or 'ofl program %s %s', which loads what the sections hold; "
		"'-elf-header allow' writes it as it is", elf->header_address + elf->header_bytes, bank->name, request->file);
	return ERROR_FAIL;
}

/* The core takes the first bank of its list that has the address. */
static void warn_of_first_bank(const struct request *request, uint64_t address)
{
	const struct flash_bank *first = flash_bank_list();

	while (first && !(first->target == request->target && overlaps(first, address, 1)))
		first = first->next;
	const struct flash_bank *ours = our_bank(request->target, address, 1);
	if (first && ours && !ofl_is_ours(first))
		LOG_WARNING("ofl: %s: 0x%8.8" PRIx64 " is in bank %s of driver %s, too, which comes first: OpenOCD writes by "
			"that one; 'ofl program %s FILE', or a configuration without it, uses bank %s", request->file, address,
			first->name, first->driver->name, ours->name, ours->name);
}

static int check_part(struct request *request, const struct ofl_image_part *part, bool *lands)
{
	const struct flash_bank *first = our_bank(request->target, part->address, part->length);
	uint64_t covered = covered_bytes(request->target, part->address, part->length);

	*lands |= covered != 0 || first;
	if (!first)
		return ERROR_OK;
	warn_of_first_bank(request, part->address);
	if (!covered) {
		LOG_ERROR("ofl: %s: refused, nothing was changed: the part of the image at 0x%8.8" PRIx64 " starts before bank "
			"%s at " TARGET_ADDR_FMT, request->file, part->address, first->name, first->base);
		return ERROR_FLASH_DST_OUT_OF_BANK;
	}
	if (covered < part->length) {
		LOG_ERROR("ofl: %s: refused, nothing was changed: the part of the image at 0x%8.8" PRIx64 ", 0x%" PRIx32
			" bytes, does not fit into bank %s: 0x%" PRIx64 " bytes are past the end of the flash", request->file,
			part->address, part->length, first->name, part->length - covered);
		return ERROR_FLASH_DST_OUT_OF_BANK;
	}
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->target != request->target || !ofl_is_ours(bank) || !overlaps(bank, part->address, part->length))
			continue;
		uint64_t start = MAX(part->address, bank->base);
		uint64_t end = MIN(part->address + part->length, bank->base + bank->size);
		uint64_t offset = start - bank->base, length = end - start;
		if (request->erase)
			ofl_round_to_sectors(bank, &offset, &length);
		const char *what = request->erase ? "erase and write" : "write";
		int retval = ofl_keepout_check(bank, what, offset, length);
		if (retval == ERROR_OK && !request->unlock)
			retval = ofl_check_locks(bank, what, offset, length, request->locks_of != bank);
		request->locks_of = bank;
		if (retval != ERROR_OK)
			return retval;
		if (ofl_from_bank(bank)->options.preserve_on && !request->preserving)
			request->preserving = bank;
	}
	return ERROR_OK;
}

/* The core erases whole sectors, and cannot keep the rest of them: `ofl program` can, but only within one bank. */
static int check_preserve(const struct request *request, struct command_invocation *cmd)
{
	const struct flash_bank *bank = request->preserving;

	if (!request->erase || !bank)
		return ERROR_OK;
	for (unsigned int n = 0; n < request->image.num_parts; n++) {
		const struct ofl_image_part *part = &request->image.part[n];
		if (part->address >= bank->base && part->address + part->length <= bank->base + bank->size)
			continue;
		LOG_ERROR("ofl: %s: refused, nothing was changed: bank %s has -preserve on, but the image also goes to 0x%8.8"
			PRIx64 "; write it one bank at a time", request->file, bank->name, part->address);
		return ERROR_FAIL;
	}
	command_print_sameline(cmd, "%s", bank->name);
	return ERROR_OK;
}

static int check_image(struct request *request, struct command_invocation *cmd)
{
	bool lands = false;

	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->target == request->target)
			bank->driver->auto_probe(bank);
	}
	/* An empty file changes nothing, which the core says. */
	if (!request->image.num_parts)
		return ERROR_OK;
	int retval = check_header(request);
	for (unsigned int n = 0; retval == ERROR_OK && n < request->image.num_parts; n++)
		retval = check_part(request, &request->image.part[n], &lands);
	if (retval != ERROR_OK)
		return retval;
	if (!lands) {
		LOG_ERROR("ofl: %s: refused: there is no flash bank of target %s where the image goes, 0x%8.8" PRIx64,
			request->file, target_name(request->target), request->image.part[0].address);
		return ERROR_FLASH_DST_OUT_OF_BANK;
	}
	return check_preserve(request, cmd);
}

/* Arguments as `flash write_image` has them. Prints the bank that `ofl program` must write, or nothing. */
COMMAND_HANDLER(ofl_handle_check_write)
{
	struct request request = {.target = get_current_target_or_null(CMD_CTX)};
	int64_t offset = 0;
	bool ours = false;

	for (; CMD_ARGC; CMD_ARGC--, CMD_ARGV++) {
		if (strcmp(CMD_ARGV[0], "erase") == 0) {
			request.erase = true;
		} else if (CMD_ARGC > 1 && strcmp(CMD_ARGV[0], "-elf-header") == 0) {
			request.header_allowed = strcmp(CMD_ARGV[1], "allow") == 0;
			if (!request.header_allowed && strcmp(CMD_ARGV[1], "refuse") != 0)
				return ERROR_COMMAND_SYNTAX_ERROR;
			CMD_ARGC--;
			CMD_ARGV++;
		} else if (strcmp(CMD_ARGV[0], "unlock") == 0) {
			request.unlock = true;
		} else {
			break;
		}
	}
	if (CMD_ARGC < 1 || CMD_ARGC > 3)
		return ERROR_COMMAND_SYNTAX_ERROR;
	for (const struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next)
		ours |= bank->target == request.target && ofl_is_ours(bank);
	if (!ours)
		return ERROR_OK;
	if (CMD_ARGC > 1 && !ofl_image_offset(CMD_ARGV[1], &offset))
		return ERROR_COMMAND_ARGUMENT_INVALID;
	request.file = CMD_ARGV[0];
	int retval = ofl_image_load(&request.image, request.file, offset, CMD_ARGC > 2 ? CMD_ARGV[2] : NULL,
			OFL_IMAGE_BY_SEGMENTS);
	if (retval == ERROR_OK)
		retval = check_image(&request, CMD);
	ofl_image_free(&request.image);
	return retval;
}

const struct command_registration ofl_range_handlers[] = {
	{
		.name = "check_write",
		.handler = ofl_handle_check_write,
		.mode = COMMAND_EXEC,
		.usage = "['-elf-header' ('refuse'|'allow')] ['erase'] ['unlock'] filename [offset [type]]",
		.help = "Refuse what 'flash write_image' with these arguments must not do; changes nothing",
	},
	{
		.name = "keepout",
		.handler = ofl_handle_keepout,
		.mode = COMMAND_ANY,
		.usage = "bank_id (offset length [label] | 'list' | 'clear')",
		.help = "Set a range of the bank that no command may change, or list or clear these ranges",
	},
	COMMAND_REGISTRATION_DONE
};
