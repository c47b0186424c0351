// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * `ofl program`: an image into one bank, nothing else changed. Each sector that the image touches is looked at first;
 * what shares a sector with the image is read back, saved to a host file, and programmed again after the erase.
 * `ofl recover` puts it back when that was cut off.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl_crc.h"
#include "ofl_image.h"
#include "ofl_save.h"

struct unit {
	unsigned int sector;
	uint32_t asked_bytes;
	enum ofl_sector_action action;
	uint8_t *old;		/* content; of sectors that are not asked for as a whole */
};

struct job {
	struct flash_bank *bank;
	struct ofl_bank *ofl;
	const char *file;
	struct ofl_image image;		/* addresses are offsets in the bank */
	struct unit *unit;
	unsigned int num_units;
	bool dry, lose_others;
	char save_path[512];
	uint64_t changed_bytes;
};

static const char *const action_text[] = {"skip", "program", "erase", "preserve"};

/* ---------------------------------------------------------------- the save file */

static void save_path(const struct flash_bank *bank, char *path, size_t size)
{
	const struct ofl_bank *ofl = ofl_from_bank(bank);
	if (ofl->options.save_path) {
		snprintf(path, size, "%s", ofl->options.save_path);
		return;
	}
	snprintf(path, size, "ofl-%s.save", bank->name);
	for (char *at = path; *at; at++) {
		if (*at == '/' || *at == '\\' || *at == ':')
			*at = '_';
	}
}

static void identify(const struct ofl_bank *ofl, char identity[64])
{
	const struct ofl_chip *chip = &ofl->chip;
	memset(identity, 0, 64);
	snprintf(identity, 64, "%.47s %02x%02x%02x", chip->name, chip->jedec_id[0], chip->jedec_id[1], chip->jedec_id[2]);
}

static int check_no_save(const struct flash_bank *bank, const char *path)
{
	struct ofl_save save;
	char why[100];
	bool exists;

	if (ofl_save_read(path, &save, &exists, why, sizeof(why)))
		free(save.content);
	if (!exists)
		return ERROR_OK;
	LOG_ERROR("ofl: %s: the file %s is there: an earlier command was cut off while it kept the rest of a sector; "
		"'ofl recover %s' puts that back, 'ofl recover %s discard' gives it up; nothing was changed", bank->name, path,
		bank->name, bank->name);
	return ERROR_FAIL;
}

/* ---------------------------------------------------------------- the plan */

static uint32_t asked_bytes(const struct job *job, const struct flash_sector *sector)
{
	uint64_t end = (uint64_t)sector->offset + sector->size, sum = 0;
	for (unsigned int n = 0; n < job->image.num_parts; n++) {
		const struct ofl_image_part *part = &job->image.part[n];
		if (part->address >= end)
			break;
		if (part->address + part->length > sector->offset)
			sum += MIN(part->address + part->length, end) - MAX(part->address, (uint64_t)sector->offset);
	}
	return sum;
}

/* What the image has for the sector, over `wanted`; marks it in `asked`, which may be NULL. */
static void overlay(const struct job *job, const struct flash_sector *sector, uint8_t *wanted, uint8_t *asked)
{
	uint64_t end = (uint64_t)sector->offset + sector->size;
	for (unsigned int n = 0; n < job->image.num_parts; n++) {
		const struct ofl_image_part *part = &job->image.part[n];
		if (part->address >= end)
			break;
		uint64_t from = MAX(part->address, (uint64_t)sector->offset);
		uint64_t to = MIN(part->address + part->length, end);
		if (from >= to)
			continue;
		memcpy(wanted + (from - sector->offset), part->data + (from - part->address), to - from);
		if (asked)
			memset(asked + (from - sector->offset), 1, to - from);
	}
}

static uint32_t program_unit_bytes(const struct ofl_bank *ofl)
{
	if (ofl->foreign)
		return MAX(ofl_foreign_loader(ofl)->program_unit_bytes, 1);
	return MAX(ofl->chip.program_once_bytes, 1);
}

static int plan_shared(struct job *job, struct unit *unit)
{
	const struct flash_sector *sector = &job->bank->sectors[unit->sector];
	uint8_t *asked = calloc(1, sector->size), *wanted = malloc(sector->size);
	int retval = ERROR_FAIL;

	unit->old = malloc(sector->size);
	if (asked && wanted && unit->old)
		retval = job->ofl->backend->read(job->ofl, sector->offset, unit->old, sector->size);
	else
		LOG_ERROR("ofl: out of memory");
	if (retval == ERROR_OK) {
		memcpy(wanted, unit->old, sector->size);
		overlay(job, sector, wanted, asked);
		unit->action = ofl_plan_sector(unit->old, wanted, asked, sector->size, program_unit_bytes(job->ofl),
				job->ofl->erased_byte);
		if (unit->action == OFL_SECTOR_PRESERVE && job->lose_others)
			unit->action = OFL_SECTOR_ERASE;
	}
	free(asked);
	free(wanted);
	return retval;
}

/* Sectors of one size that are asked for as a whole, by their CRC. */
static int plan_whole(struct job *job, struct unit *unit, unsigned int count)
{
	const struct flash_sector *first = &job->bank->sectors[unit->sector];
	uint32_t *crc = malloc(count * sizeof(*crc));
	uint8_t *content = malloc(first->size);
	int retval = ERROR_FAIL;

	if (crc && content)
		retval = job->ofl->backend->crc(job->ofl, first->offset, first->size, count, crc);
	else
		LOG_ERROR("ofl: out of memory");
	if (retval == ERROR_OK) {
		/* Each overlay replaces all of it. */
		memset(content, job->ofl->erased_byte, first->size);
		uint32_t erased = ofl_crc(content, first->size);
		for (unsigned int n = 0; n < count; n++) {
			overlay(job, &job->bank->sectors[unit[n].sector], content, NULL);
			unit[n].action = ofl_crc(content, first->size) == crc[n] ? OFL_SECTOR_SKIP
					: crc[n] == erased ? OFL_SECTOR_PROGRAM : OFL_SECTOR_ERASE;
		}
	}
	free(crc);
	free(content);
	return retval;
}

static int make_plan(struct job *job)
{
	struct flash_bank *bank = job->bank;
	bool readable = ofl_can_read(job->ofl);

	job->unit = calloc(bank->num_sectors, sizeof(*job->unit));
	if (!job->unit) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	for (unsigned int n = 0; n < bank->num_sectors; n++) {
		uint32_t bytes = asked_bytes(job, &bank->sectors[n]);
		if (bytes)
			job->unit[job->num_units++] = (struct unit) {.sector = n, .asked_bytes = bytes, .action = OFL_SECTOR_ERASE};
	}
	/* The whole request, before anything is changed. */
	for (unsigned int n = 0; n < job->num_units; n++) {
		const struct flash_sector *sector = &bank->sectors[job->unit[n].sector];
		int retval = ofl_check_range(bank, "program", sector->offset, sector->size, true);
		if (retval != ERROR_OK)
			return retval;
		if (readable || job->unit[n].asked_bytes == sector->size || job->lose_others)
			continue;
		LOG_ERROR("ofl: %s: sector %u at offset 0x%8.8" PRIx32 " is not asked for as a whole, and the rest of it "
			"cannot be kept, because this loader file has no way to read; '-preserve off' gives the rest up; nothing "
			"was changed", bank->name, job->unit[n].sector, sector->offset);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	for (unsigned int n = 0; readable && n < job->num_units; ) {
		const struct flash_sector *sector = &bank->sectors[job->unit[n].sector];
		unsigned int count = 0;
		while (n + count < job->num_units && job->unit[n + count].sector == job->unit[n].sector + count &&
				job->unit[n + count].asked_bytes == sector->size &&
				bank->sectors[job->unit[n + count].sector].size == sector->size)
			count++;
		int retval = count ? plan_whole(job, &job->unit[n], count) : plan_shared(job, &job->unit[n]);
		if (retval != ERROR_OK)
			return retval;
		n += MAX(count, 1);
	}
	return ERROR_OK;
}

/* Neighbours that are done in one go. */
static unsigned int group(const struct job *job, unsigned int first)
{
	unsigned int count = 1;
	if (job->unit[first].action == OFL_SECTOR_PRESERVE)
		return 1;
	while (first + count < job->num_units && job->unit[first + count].action == job->unit[first].action &&
			job->unit[first + count].sector == job->unit[first].sector + count)
		count++;
	return count;
}

/* The parts of the image in [start, end), each to `work`. */
static int each_part(struct job *job, uint64_t start, uint64_t end,
		int (*work)(struct job *job, uint32_t offset, const uint8_t *data, uint32_t length, void *context),
		void *context)
{
	for (unsigned int n = 0; n < job->image.num_parts; n++) {
		const struct ofl_image_part *part = &job->image.part[n];
		uint64_t from = MAX(part->address, start), to = MIN(part->address + part->length, end);
		if (from >= to)
			continue;
		int retval = work(job, from, part->data + (from - part->address), to - from, context);
		if (retval != ERROR_OK)
			return retval;
	}
	return ERROR_OK;
}

static int count_pages(struct job *job, uint32_t offset, const uint8_t *data, uint32_t length, void *context)
{
	uint32_t page_bytes = MAX(job->ofl->chip.geometry.page_bytes, 1);
	*(uint64_t *)context += ofl_plan_count_pieces(offset, data, length, page_bytes, job->ofl->erased_byte);
	return ERROR_OK;
}

/* Typical time in microseconds by the chip's own table; false: it does not say. */
static bool erase_us(const struct job *job, uint64_t offset, uint64_t length, unsigned int sectors, uint64_t *sum_us)
{
	struct ofl_erase_step steps[8 * OFL_MAX_REGIONS];

	if (job->ofl->foreign) {
		uint32_t sector_ms = ofl_foreign_loader(job->ofl)->erase_ms;
		*sum_us += 1000ull * sector_ms * sectors;
		return sector_ms;
	}
	int count = ofl_plan_erase(&job->ofl->chip.geometry, offset, length, steps, ARRAY_SIZE(steps));
	for (int n = 0; n < count; n++) {
		if (!steps[n].typical_ms)
			return false;
	}
	*sum_us += count < 0 ? 0 : 1000 * ofl_plan_erase_ms(steps, count);
	return count >= 0;
}

static void print_plan(struct job *job, struct command_invocation *cmd)
{
	uint64_t pages = 0, sum_us = 0, kept_bytes = 0;
	unsigned int sectors[ARRAY_SIZE(action_text)] = {0};
	bool known = true;

	for (unsigned int n = 0; n < job->num_units; ) {
		unsigned int count = group(job, n);
		const struct unit *unit = &job->unit[n];
		const struct flash_sector *first = &job->bank->sectors[unit->sector];
		const struct flash_sector *last = &job->bank->sectors[unit->sector + count - 1];
		uint64_t start = first->offset, end = (uint64_t)last->offset + last->size;
		command_print(cmd, "%s: 0x%8.8" PRIx64 "-0x%8.8" PRIx64 " (%u sectors)", action_text[unit->action], start,
			end - 1,
			count);
		sectors[unit->action] += count;
		if (unit->action >= OFL_SECTOR_ERASE)
			known &= erase_us(job, start, end - start, count, &sum_us);
		if (unit->action == OFL_SECTOR_PRESERVE) {
			kept_bytes += first->size - unit->asked_bytes;
			pages += first->size / MAX(job->ofl->chip.geometry.page_bytes, 1);
		} else if (unit->action != OFL_SECTOR_SKIP) {
			each_part(job, start, end, count_pages, &pages);
		}
		n += count;
	}
	uint32_t page_us = job->ofl->chip.page_program_typical_us;
	if (job->ofl->foreign)
		page_us = 1000 * ofl_foreign_loader(job->ofl)->program_ms;
	known &= page_us || !pages;
	command_print(cmd, "sectors-to-erase: %u", sectors[OFL_SECTOR_ERASE] + sectors[OFL_SECTOR_PRESERVE]);
	command_print(cmd, "sectors-to-program-only: %u", sectors[OFL_SECTOR_PROGRAM]);
	command_print(cmd, "sectors-to-skip: %u", sectors[OFL_SECTOR_SKIP]);
	command_print(cmd, "bytes-to-preserve: %" PRIu64, kept_bytes);
	command_print(cmd, "pages-to-program: %" PRIu64, pages);
	if (known)
		command_print(cmd, "chip-seconds: %.3f%s", (sum_us + pages * page_us) / 1e6,
			job->ofl->foreign ? " (at most, by the loader file)" : " (typical, by the chip's table; the link not "
			"counted)");
	else
		command_print(cmd, "chip-seconds: unknown");
	command_print(cmd, "nothing was changed");
}

/* ---------------------------------------------------------------- doing it */

static int write_part(struct job *job, uint32_t offset, const uint8_t *data, uint32_t length, void *context)
{
	(void)context;
	return ofl_program_and_compare(job->bank, offset, data, length);
}

/* Whole sectors */
static int erase(struct job *job, uint64_t offset, uint64_t length)
{
	const struct flash_bank *bank = job->bank;
	int64_t started_ms = timeval_ms();

	/* What is written next replaces them. */
	for (unsigned int n = 0; job->ofl->bracket.open && n < bank->num_sectors; n++) {
		if (bank->sectors[n].offset < offset || bank->sectors[n].offset >= offset + length)
			continue;
		int retval = ofl_bracket_defer(job->ofl, n, n);
		if (retval != ERROR_OK)
			return retval;
	}
	if (job->ofl->bracket.open)
		return ERROR_OK;
	ofl_progress_start(job->ofl);
	int retval = job->ofl->backend->erase(job->ofl, offset, length);
	job->ofl->stats.erase_ms += timeval_ms() - started_ms;
	return retval;
}

static int preserve(struct job *job, struct unit *unit)
{
	const struct flash_sector *sector = &job->bank->sectors[unit->sector];
	struct ofl_save save = {.base = job->bank->base, .offset_bytes = sector->offset, .length_bytes = sector->size};
	char why[100];

	identify(job->ofl, save.identity);
	save.content = unit->old;
	if (!ofl_save_write(job->save_path, &save, why, sizeof(why))) {
		LOG_ERROR("ofl: %s: the rest of sector %u at offset 0x%8.8" PRIx32 " cannot be saved to %s: %s; the sector was "
			"not erased; -save FILE on the bank line names another place", job->bank->name, unit->sector,
			sector->offset, job->save_path, why);
		return ERROR_FAIL;
	}
	/* Others' bytes are at stake, and the sector is done in a second or two. */
	job->ofl->session.hold_stop = true;
	uint8_t *wanted = malloc(sector->size);
	int retval = wanted ? erase(job, sector->offset, sector->size) : ERROR_FAIL;
	if (retval == ERROR_OK) {
		memcpy(wanted, unit->old, sector->size);
		overlay(job, sector, wanted, NULL);
		retval = write_part(job, sector->offset, wanted, sector->size, NULL);
		/* Others' bytes are in it: compared also with -verify off. */
		if (retval == ERROR_OK && job->ofl->options.no_verify)
			retval = ofl_compare(job->bank, wanted, sector->offset, sector->size, true);
	}
	free(wanted);
	job->ofl->session.hold_stop = false;
	if (retval == ERROR_OK)
		remove(job->save_path);
	else
		LOG_ERROR("ofl: %s: what sector %u at offset 0x%8.8" PRIx32 " held before is in the file %s; 'ofl recover %s' "
			"puts it back", job->bank->name, unit->sector, sector->offset, job->save_path, job->bank->name);
	return retval;
}

static int say_if_stopped(struct job *job)
{
	struct ofl_session *session = &job->ofl->session;

	if (!ofl_stop_is_asked(job->ofl))
		return ERROR_OK;
	session->stopped = true;
	LOG_ERROR("ofl: %s: stopped (%s) between two sectors", job->bank->name, session->stop_reason);
	return ERROR_FAIL;
}

static int execute(struct job *job)
{
	for (unsigned int n = 0; n < job->num_units; ) {
		unsigned int count = group(job, n);
		struct unit *unit = &job->unit[n];
		const struct flash_sector *last = &job->bank->sectors[unit->sector + count - 1];
		uint64_t start = job->bank->sectors[unit->sector].offset;
		uint64_t end = (uint64_t)last->offset + last->size;
		int retval = ERROR_OK;
		if (unit->action == OFL_SECTOR_PRESERVE) {
			retval = say_if_stopped(job);
			if (retval == ERROR_OK)
				retval = preserve(job, unit);
		} else if (unit->action != OFL_SECTOR_SKIP) {
			if (unit->action == OFL_SECTOR_ERASE)
				retval = erase(job, start, end - start);
			if (retval == ERROR_OK)
				retval = each_part(job, start, end, write_part, NULL);
		}
		if (retval != ERROR_OK) {
			LOG_ERROR("ofl: %s: stopped at offset 0x%8.8" PRIx64 "-0x%8.8" PRIx64 "; what is before it is done, what "
				"is behind it was not changed", job->bank->name, start, end - 1);
			return retval;
		}
		for (unsigned int k = 0; unit->action != OFL_SECTOR_SKIP && k < count; k++)
			job->changed_bytes += unit[k].asked_bytes;
		n += count;
	}
	return ERROR_OK;
}

/* ---------------------------------------------------------------- commands */

/* `cmd` NULL: nothing is printed. */
static int program_image(struct job *job, struct command_invocation *cmd)
{
	int64_t started_ms = timeval_ms();

	save_path(job->bank, job->save_path, sizeof(job->save_path));
	int retval = job->dry ? ERROR_OK : check_no_save(job->bank, job->save_path);
	if (retval != ERROR_OK)
		return retval;
	retval = ofl_begin(job->bank);
	if (retval != ERROR_OK)
		return retval;
	retval = ofl_image_check_fits(&job->image, job->bank, job->file);
	if (retval == ERROR_OK)
		retval = make_plan(job);
	if (retval == ERROR_OK && !job->dry) {
		bool opened = ofl_bracket_open(job->ofl);
		job->ofl->bracket.keep |= opened;
		retval = execute(job);
		retval = ofl_end(job->bank, retval);
		retval = opened ? ofl_bracket_close(job->ofl, retval) : retval;
	} else {
		retval = ofl_end(job->bank, retval);
	}
	if (retval != ERROR_OK || !cmd)
		return retval;
	if (job->dry) {
		print_plan(job, cmd);
		return ERROR_OK;
	}
	uint64_t bytes = 0;
	for (unsigned int n = 0; n < job->num_units; n++)
		bytes += job->unit[n].asked_bytes;
	double seconds = (timeval_ms() - started_ms) / 1000.0;
	command_print(cmd, "wrote %" PRIu64 " bytes from file %s in %.3fs, %" PRIu64 " of them in sectors that were "
		"changed",
		bytes, job->file, seconds, job->changed_bytes);
	return ERROR_OK;
}

static void free_job(struct job *job)
{
	for (unsigned int n = 0; n < job->num_units; n++)
		free(job->unit[n].old);
	free(job->unit);
	ofl_image_free(&job->image);
}

/*
 * Takes "-name" or "-name value" out of the arguments; returns the value, "" without one, NULL when not there. Moves it
 * behind the others: whoever called frees them all.
 */
static const char *take_option(struct command_invocation *cmd, const char *name, bool has_value)
{
	for (unsigned int n = 0; n + has_value < CMD_ARGC; n++) {
		if (strcmp(CMD_ARGV[n], name) != 0)
			continue;
		const char *value = has_value ? CMD_ARGV[n + 1] : "";
		for (unsigned int moved = 0; moved < 1u + has_value; moved++) {
			const char *first = CMD_ARGV[n];
			memmove(CMD_ARGV + n, CMD_ARGV + n + 1, (CMD_ARGC - n - 1) * sizeof(*CMD_ARGV));
			CMD_ARGV[--CMD_ARGC] = first;
		}
		return value;
	}
	return NULL;
}

COMMAND_HANDLER(ofl_handle_program)
{
	struct job job = {0};
	int64_t offset = 0;

	job.dry = take_option(CMD, "-n", false);
	const char *keep = take_option(CMD, "-preserve", true);
	if (CMD_ARGC < 2 || CMD_ARGC > 4 || (keep && strcmp(keep, "on") != 0 && strcmp(keep, "off") != 0))
		return ERROR_COMMAND_SYNTAX_ERROR;
	job.lose_others = keep && strcmp(keep, "off") == 0;
	if (CMD_ARGC > 2 && !ofl_image_offset(CMD_ARGV[2], &offset))
		return ERROR_COMMAND_ARGUMENT_INVALID;
	int retval = ofl_get_bank(CMD_ARGV[0], &job.bank);
	if (retval != ERROR_OK)
		return retval;
	job.ofl = ofl_from_bank(job.bank);
	job.file = CMD_ARGV[1];
	retval = ofl_image_load_for_bank(&job.image, job.bank, job.file, offset, CMD_ARGC > 3 ? CMD_ARGV[3] : NULL);
	if (retval == ERROR_OK)
		retval = program_image(&job, CMD);
	free_job(&job);
	return retval;
}

/* Whole sectors, as they are. */
static int erase_sectors(struct flash_bank *bank, uint64_t offset, uint64_t length)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	uint64_t start = offset, rounded = length;

	ofl_round_to_sectors(bank, &start, &rounded);
	if (start != offset || rounded != length) {
		LOG_ERROR("ofl: %s: 0x%" PRIx64 " bytes at offset 0x%8.8" PRIx64 " are not whole sectors, those are 0x%" PRIx64
			" bytes at 0x%8.8" PRIx64 "; nothing was changed; with -preserve the rest of them is kept", bank->name,
			length,
			offset, rounded, start);
		return ERROR_FLASH_DST_BREAKS_ALIGNMENT;
	}
	int retval = ofl_check_range(bank, "erase", offset, length, true);
	return retval != ERROR_OK ? retval : ofl->backend->erase(ofl, offset, length);
}

COMMAND_HANDLER(ofl_handle_erase)
{
	struct job job = {.file = "the range to erase"};
	uint32_t offset, length;

	bool keep = take_option(CMD, "-preserve", false);
	if (CMD_ARGC != 3)
		return ERROR_COMMAND_SYNTAX_ERROR;
	COMMAND_PARSE_NUMBER(u32, CMD_ARGV[1], offset);
	COMMAND_PARSE_NUMBER(u32, CMD_ARGV[2], length);
	int retval = ofl_get_bank(CMD_ARGV[0], &job.bank);
	if (retval != ERROR_OK || !length)
		return retval;
	job.ofl = ofl_from_bank(job.bank);
	if (!keep) {
		retval = ofl_begin(job.bank);
		return retval != ERROR_OK ? retval : ofl_end(job.bank, erase_sectors(job.bank, offset, length));
	}
	/* The same as programming erased bytes. */
	job.image.part = calloc(1, sizeof(*job.image.part));
	uint8_t *data = job.image.part ? malloc(length) : NULL;
	if (!data) {
		LOG_ERROR("ofl: out of memory");
		free_job(&job);
		return ERROR_FAIL;
	}
	memset(data, job.ofl->erased_byte, length);
	job.image.part[0] = (struct ofl_image_part) {.address = offset, .length = length, .data = data};
	job.image.num_parts = 1;
	retval = program_image(&job, NULL);
	free_job(&job);
	return retval;
}

/* The saved content is the bank's, the chip's, and one or more of its sectors. */
static int check_save(const struct flash_bank *bank, const struct ofl_save *save, const char *path)
{
	uint64_t start = save->offset_bytes, length = save->length_bytes;
	char identity[64];

	identify(ofl_from_bank(bank), identity);
	ofl_round_to_sectors(bank, &start, &length);
	if (save->base == (uint32_t)bank->base && strcmp(identity, save->identity) == 0 && start == save->offset_bytes &&
			length == save->length_bytes)
		return ERROR_OK;
	LOG_ERROR("ofl: %s: %s holds 0x%" PRIx32 " bytes at offset 0x%8.8" PRIx32 " of '%s' at 0x%8.8" PRIx32 ", which is "
		"not a sector of this bank with '%s'; nothing was changed", bank->name, path, save->length_bytes,
		save->offset_bytes, save->identity, save->base, identity);
	return ERROR_FAIL;
}

static int put_back(struct flash_bank *bank, const struct ofl_save *save, const char *path)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	uint32_t different;
	int found;

	int retval = check_save(bank, save, path);
	if (retval == ERROR_OK)
		retval = ofl_check_range(bank, "recover", save->offset_bytes, save->length_bytes, true);
	if (retval == ERROR_OK)
		retval = ofl->backend->compare(ofl, save->offset_bytes, save->content, save->length_bytes, &different, &found);
	if (retval != ERROR_OK || different == save->length_bytes)
		return retval;
	/* As in preserve(). */
	ofl->session.hold_stop = true;
	retval = ofl->backend->erase(ofl, save->offset_bytes, save->length_bytes);
	if (retval == ERROR_OK)
		retval = ofl->backend->program(ofl, save->offset_bytes, save->content, save->length_bytes);
	if (retval == ERROR_OK)
		retval = ofl_compare(bank, save->content, save->offset_bytes, save->length_bytes, true);
	return retval;
}

COMMAND_HANDLER(ofl_handle_recover)
{
	struct flash_bank *bank;
	struct ofl_save save;
	char path[512], why[100];
	bool exists;

	bool discard = CMD_ARGC == 2 && strcmp(CMD_ARGV[1], "discard") == 0;
	if (CMD_ARGC != 1 && !discard)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = discard ? ofl_find_bank(CMD_ARGV[0], &bank) : ofl_get_bank(CMD_ARGV[0], &bank);
	if (retval != ERROR_OK)
		return retval;
	save_path(bank, path, sizeof(path));
	bool good = ofl_save_read(path, &save, &exists, why, sizeof(why));
	if (good && !discard) {
		retval = ofl_begin(bank);
		if (retval == ERROR_OK)
			retval = ofl_end(bank, put_back(bank, &save, path));
	}
	free(save.content);
	if (!exists) {
		LOG_ERROR("ofl: %s: there is nothing to recover: no file %s", bank->name, path);
		return ERROR_FAIL;
	}
	if (!good && !discard) {
		LOG_ERROR("ofl: %s: %s cannot be used: %s; when it was cut off itself, the flash was not changed yet, and 'ofl "
			"recover %s discard' removes it", bank->name, path, why, bank->name);
		return ERROR_FAIL;
	}
	if (retval != ERROR_OK)
		return retval;
	remove(path);
	if (discard)
		command_print(CMD, "discarded %s", path);
	else
		command_print(CMD, "put back 0x%" PRIx32 " bytes at offset 0x%8.8" PRIx32 " from %s", save.length_bytes,
			save.offset_bytes, path);
	return ERROR_OK;
}

const struct command_registration ofl_program_handlers[] = {
	{
		.name = "erase",
		.handler = ofl_handle_erase,
		.mode = COMMAND_EXEC,
		.usage = "bank_id offset length ['-preserve']",
		.help = "Erase whole sectors, or with -preserve any range, the rest of its sectors being kept",
	},
	{
		.name = "program",
		.handler = ofl_handle_program,
		.mode = COMMAND_EXEC,
		.usage = "['-n'] ['-preserve' ('on'|'off')] bank_id filename [offset [type]]",
		.help = "Write an image and nothing else: what shares a sector with it is kept; -n only says what would be "
		"done",
	},
	{
		.name = "recover",
		.handler = ofl_handle_recover,
		.mode = COMMAND_EXEC,
		.usage = "bank_id ['discard']",
		.help = "Put back the rest of a sector that 'ofl program' saved when it was cut off",
	},
	COMMAND_REGISTRATION_DONE
};
