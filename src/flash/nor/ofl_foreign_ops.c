// SPDX-License-Identifier: GPL-2.0-or-later

/* Erase, program, read and checks by the functions of a loader file; its life cycle is in ofl_foreign.c. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl_foreign.h"

/*
 * Deadlines: three times what the file says, never less than this. Of stldr, whose files say nothing, the vendor's tool
 * gives up on a call after 30 s (facts 1.3); a chip erase takes minutes.
 */
#define PROGRAM_FLOOR_MS	5000
#define ERASE_FLOOR_MS		10000
#define UNKNOWN_MS		30000
/* However long a file says: a user does not wait longer for a page or a sector. */
#define CEILING_MS		900000
#define ERASE_CHIP_FLOOR_MS	240000
#define ERASE_CHIP_CEILING_MS	3600000

/* More in one call gains nothing, and the flash waits while the link brings it. */
#define MAX_CALL_BYTES		16384
#define ERASE_BATCH		16

struct sector {
	uint64_t offset_bytes;
	uint32_t length_bytes;
	uint32_t index;
	bool erase;
};

static bool can_read(const struct ofl_bank *ofl)
{
	const struct ofl_loader *loader = &ofl->foreign->loader;
	return loader->mapped_read || ofl->options.has_map || loader->function[OFL_FN_READ].name;
}

static int cannot_read(const struct ofl_bank *ofl, const char *what)
{
	LOG_ERROR("ofl: %s: cannot %s: the loader file has no read function, and its flash is not in the address space "
		"(if it is while the loader is initialised, -map ADDRESS says where)", ofl->bank->name, what);
	return ERROR_FLASH_OPER_UNSUPPORTED;
}

static bool one_at_a_time(const struct ofl_bank *ofl)
{
	return ofl->options.stream_off || ofl->foreign->single || ofl->trace;
}

static int blank(struct ofl_bank *ofl, uint64_t offset_bytes, uint32_t unit_bytes, uint32_t count, uint32_t *result)
{
	if (!can_read(ofl) && !ofl->foreign->loader.function[OFL_FN_BLANK_CHECK].name)
		return cannot_read(ofl, "check for blank");
	int retval = ofl_foreign_switch(ofl, OFL_PURPOSE_VERIFY);
	return retval != ERROR_OK ? retval : ofl_check_units(ofl, OFL_OP_BLANK, offset_bytes, unit_bytes, count, result);
}

/* Of this file's operations, those that OFL_OP_... leaves open: which function, or reading. */
static void fill_params(struct ofl_bank *ofl, struct ofl_params *params)
{
	ofl_foreign_fill_params(ofl, params);
	if (params->op == OFL_OP_BLANK && !can_read(ofl))
		ofl_foreign_set_function(ofl, OFL_FN_BLANK_CHECK);
	if (params->op != OFL_OP_CRC)
		return;
	ofl->crc_by_loader = !ofl->crc_untrusted && !ofl->foreign->loader.mapped_read && !ofl->options.has_map &&
		ofl->foreign->loader.function[OFL_FN_CRC].name;
	if (ofl->crc_by_loader)
		ofl_foreign_set_function(ofl, OFL_FN_CRC);
}

static int prepare_job(struct ofl_bank *ofl, struct ofl_ring_job *job, bool many)
{
	const struct ofl_loader *loader = &ofl->foreign->loader;
	uint32_t page_bytes = ofl_foreign_page_bytes(ofl);
	uint32_t missing;

	if (!ofl_plan_call_slots(ofl->session.layout.ring_bytes, page_bytes,
			many && !ofl->foreign->single && !ofl->options.stream_off, MAX_CALL_BYTES, &job->slots, &missing)) {
		LOG_ERROR("ofl: %s: the RAM is %" PRIu32 " bytes too small for a page of %" PRIu32 " bytes", ofl->bank->name,
			missing, page_bytes);
		return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	}
	if (one_at_a_time(ofl))
		job->slots.count = 1;
	else if (job->slots.count == 1 && !ofl->foreign->told_slow)
		LOG_WARNING("ofl: %s: there is RAM for one page of %" PRIu32 " bytes only: the link and the flash take turns; "
			"%s makes it faster", ofl->bank->name, page_bytes,
			ofl_system_is_one(ofl) ? "less stack (-stack BYTES)" : "more work area");
	ofl->foreign->told_slow |= job->slots.count == 1;
	if (ofl->trace)
		job->done = ofl_foreign_trace;
	int64_t pages = job->slots.piece_bytes / page_bytes;
	job->stall_ms = UNKNOWN_MS;
	if (loader->program_ms)
		job->stall_ms = MIN(MAX(3ll * loader->program_ms * pages, PROGRAM_FLOOR_MS), CEILING_MS);
	return ERROR_OK;
}

/* ---------------------------------------------------------------- erase */

static int64_t erase_deadline_ms(const struct ofl_bank *ofl)
{
	int64_t said_ms = ofl->foreign->loader.erase_ms;
	return said_ms ? MIN(MAX(3 * said_ms, ERASE_FLOOR_MS), CEILING_MS) : UNKNOWN_MS;
}

/* The sectors of the request; the caller frees them. NULL: out of memory. */
static struct sector *list_sectors(const struct flash_bank *bank, uint64_t offset, uint64_t length, unsigned int *count)
{
	struct sector *sectors = malloc(bank->num_sectors * sizeof(*sectors));
	*count = 0;
	for (unsigned int n = 0; sectors && n < bank->num_sectors; n++) {
		if (bank->sectors[n].offset < offset || bank->sectors[n].offset >= offset + length)
			continue;
		sectors[*count].offset_bytes = bank->sectors[n].offset;
		sectors[*count].length_bytes = bank->sectors[n].size;
		sectors[*count].index = n;
		sectors[(*count)++].erase = true;
	}
	if (!sectors)
		LOG_ERROR("ofl: out of memory");
	return sectors;
}

/*
 * Marks the sectors that are not blank; returns how many in *marked. Sectors of one size that follow each other are one
 * run.
 */
static int mark_not_blank(struct ofl_bank *ofl, struct sector *sectors, unsigned int count, unsigned int *marked)
{
	uint32_t *result = malloc(count * sizeof(*result));
	int retval = ERROR_OK;

	*marked = 0;
	if (!result) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	ofl_progress_start(ofl);
	for (unsigned int n = 0; retval == ERROR_OK && n < count; ) {
		unsigned int same = 1;
		while (n + same < count && sectors[n + same].length_bytes == sectors[n].length_bytes &&
				sectors[n + same].index == sectors[n].index + same)
			same++;
		retval = blank(ofl, sectors[n].offset_bytes, sectors[n].length_bytes, same, result);
		for (unsigned int k = 0; retval == ERROR_OK && k < same; k++) {
			sectors[n + k].erase = result[k] != sectors[n].length_bytes;
			*marked += sectors[n + k].erase;
		}
		n += same;
	}
	free(result);
	return retval;
}

struct erase_progress {
	uint64_t unit_bytes, before_bytes, total_bytes;
};

static void report_erase(struct ofl_bank *ofl, const struct ofl_live *live, void *context)
{
	const struct erase_progress *progress = context;
	ofl_progress(ofl, "erasing", progress->before_bytes + live->done * progress->unit_bytes, progress->total_bytes);
}

static int erase_marked(struct ofl_bank *ofl, const struct sector *sectors, unsigned int count)
{
	const unsigned int entry_words = sizeof(struct ofl_erase_entry) / 4;
	uint32_t ring = ofl->session.layout.ring;
	struct erase_progress progress = {0};
	/* A traced call is a run of its own. */
	unsigned int batch = ofl->trace ? 1 : MIN(ofl->session.layout.ring_bytes / sizeof(struct ofl_erase_entry),
		ERASE_BATCH);

	for (unsigned int n = 0; n < count; n++)
		progress.total_bytes += sectors[n].erase ? sectors[n].length_bytes : 0;
	ofl_progress_start(ofl);
	for (unsigned int n = 0; n < count; ) {
		struct ofl_erase_entry entries[ERASE_BATCH];
		unsigned int num_entries = 0, units = 0;
		uint64_t batch_bytes = 0;
		for (; n < count; n++) {
			struct ofl_erase_entry *last = num_entries ? &entries[num_entries - 1] : NULL;
			uint32_t address = ofl->address_base + sectors[n].offset_bytes;
			if (!sectors[n].erase)
				continue;
			if (last && !ofl->trace && last->unit_bytes == sectors[n].length_bytes &&
					address == last->address + last->count * last->unit_bytes) {
				last->count++;
			} else if (num_entries < batch) {
				entries[num_entries++] = (struct ofl_erase_entry) {
					.address = address,
					.unit_bytes = sectors[n].length_bytes,
					.count = 1,
					.command = sectors[n].index,
				};
			} else {
				break;
			}
			units++;
			batch_bytes += sectors[n].length_bytes;
		}
		if (!num_entries)
			break;
		struct ofl_params *params = ofl_session_params(ofl, OFL_OP_ERASE);
		ofl_foreign_set_function(ofl, OFL_FN_ERASE_SECTOR);
		params->count = num_entries;
		progress.unit_bytes = batch_bytes / units;
		int64_t started_ms = timeval_ms();
		int retval = ofl_session_write_words(ofl, ring, (const uint32_t *)entries, num_entries * entry_words);
		if (retval == ERROR_OK)
			retval = ofl_session_run(ofl, "erasing", erase_deadline_ms(ofl), report_erase, &progress);
		if (retval != ERROR_OK)
			return retval;
		if (ofl->trace)
			ofl_foreign_trace(ofl, timeval_ms() - started_ms);
		ofl->stats.calls += units;
		ofl->stats.sector_erases += units;
		progress.before_bytes += batch_bytes;
	}
	return ERROR_OK;
}

static int erase_chip(struct ofl_bank *ofl)
{
	const uint32_t arg[OFL_CALL_ARGS] = {0};
	int64_t deadline_ms = (int64_t)ofl->bank->num_sectors * ofl->foreign->loader.erase_ms;
	deadline_ms = MIN(MAX(deadline_ms, ERASE_CHIP_FLOOR_MS), ERASE_CHIP_CEILING_MS);

	LOG_INFO("ofl: %s: erasing the whole flash by %s; this can take minutes, without progress", ofl->bank->name,
		ofl->foreign->loader.function[OFL_FN_ERASE_CHIP].name);
	int retval = ofl_foreign_switch(ofl, OFL_PURPOSE_ERASE);
	if (retval == ERROR_OK)
		retval = ofl_foreign_call(ofl, OFL_FN_ERASE_CHIP, arg, deadline_ms);
	ofl->stats.chip_erases += retval == ERROR_OK;
	return retval;
}

/* Reads what was to be erased; what is not blank stays marked. */
static int check_erased(struct ofl_bank *ofl, struct sector *sectors, unsigned int count, const char *by, bool tolerate,
		unsigned int *left)
{
	unsigned int kept = 0;
	/* Only those that were marked; the others were blank before. */
	for (unsigned int n = 0; n < count; n++) {
		if (sectors[n].erase)
			sectors[kept++] = sectors[n];
	}
	int retval = mark_not_blank(ofl, sectors, kept, left);
	for (unsigned int n = kept; n < count; n++)
		sectors[n].erase = false;
	if (retval != ERROR_OK || !*left || tolerate)
		return retval;
	unsigned int first = 0;
	while (!sectors[first].erase)
		first++;
	LOG_ERROR("ofl: %s: sector %" PRIu32 " at offset 0x%8.8" PRIx64 " is not blank after its erase, although %s says "
		"that it succeeded (write protected, worn out, or the loader is not for this flash?); %u sectors are not",
		ofl->bank->name, sectors[first].index, sectors[first].offset_bytes, by, *left);
	return ERROR_FLASH_OPERATION_FAILED;
}

/* A system erases when it programs; to leave sectors erased, the erased value is programmed. */
static int erase_by_program(struct ofl_bank *ofl, const struct sector *sectors, unsigned int count)
{
	struct ofl_ring_job job = {.what = "erasing", .send_blank = true};
	uint8_t *erased = NULL;
	uint32_t room = 0;

	int retval = prepare_job(ofl, &job, true);
	if (retval == ERROR_OK)
		retval = ofl_foreign_switch(ofl, OFL_PURPOSE_PROGRAM);
	for (unsigned int n = 0; retval == ERROR_OK && n < count; ) {
		/* Sectors that follow each other are one run, up to a size that the host can have. */
		uint32_t length = 0;
		unsigned int first = n;
		while (n < count && sectors[n].erase && length < 0x100000 && (n == first ||
				sectors[n].offset_bytes == sectors[n - 1].offset_bytes + sectors[n - 1].length_bytes))
			length += sectors[n++].length_bytes;
		if (!length) {
			n++;
			continue;
		}
		if (length > room) {
			free(erased);
			room = length;
			erased = malloc(room);
			if (!erased) {
				LOG_ERROR("ofl: out of memory");
				return ERROR_FAIL;
			}
			memset(erased, ofl->erased_byte, room);
		}
		ofl_session_params(ofl, OFL_OP_PROGRAM);
		ofl_foreign_set_function(ofl, OFL_FN_PROGRAM);
		retval = ofl_ring_program(ofl, &job, sectors[first].offset_bytes, erased, length);
		ofl->stats.sector_erases += n - first;
	}
	free(erased);
	return retval;
}

static int erase(struct ofl_bank *ofl, uint64_t offset_bytes, uint64_t length_bytes)
{
	const struct ofl_loader *loader = &ofl->foreign->loader;
	/* -verify off is also the way to erase what cannot be read (ECC errors of a half-programmed word). */
	bool checked = !ofl->options.no_verify && (can_read(ofl) || loader->function[OFL_FN_BLANK_CHECK].name);
	unsigned int count, left;

	struct sector *sectors = list_sectors(ofl->bank, offset_bytes, length_bytes, &count);
	if (!sectors)
		return ERROR_FAIL;
	left = count;
	int retval = checked ? mark_not_blank(ofl, sectors, count, &left) : ERROR_OK;
	if (retval == ERROR_OK)
		ofl->stats.skipped_erases += count - left;

	/* EraseChip knows no range: only for all that the file describes, and when it spares work. */
	bool whole = length_bytes == loader->size_bytes && count > 1;
	if (retval == ERROR_OK && whole && left * 2 > count && loader->function[OFL_FN_ERASE_CHIP].name) {
		retval = erase_chip(ofl);
		left = 0;
		if (retval == ERROR_OK && checked)
			retval = check_erased(ofl, sectors, count, loader->function[OFL_FN_ERASE_CHIP].name, true, &left);
		if (retval == ERROR_OK && left)
			LOG_WARNING("ofl: %s: %s says that it succeeded, but %u sectors are not blank; erasing them one by one",
				ofl->bank->name, loader->function[OFL_FN_ERASE_CHIP].name, left);
	}
	if (retval == ERROR_OK && left) {
		if (ofl_system_is_one(ofl)) {
			retval = erase_by_program(ofl, sectors, count);
		} else {
			retval = ofl_foreign_switch(ofl, OFL_PURPOSE_ERASE);
			if (retval == ERROR_OK)
				retval = erase_marked(ofl, sectors, count);
		}
		if (retval == ERROR_OK && checked)
			retval = check_erased(ofl, sectors, count, loader->function[OFL_FN_ERASE_SECTOR].name, false, &left);
	}
	free(sectors);
	return retval;
}

/* ---------------------------------------------------------------- program */

/* Whole units of the loader, the request in the middle, the rest erased (which programs nothing). */
static int program(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length)
{
	const struct ofl_loader *loader = &ofl->foreign->loader;
	struct ofl_ring_job job = {.what = "programming", .send_blank = ofl->bracket.replaces};
	uint32_t unit = ofl_system_is_one(ofl) ? 1 : MAX(loader->program_unit_bytes, 1);

	uint64_t start = offset_bytes / unit * unit;
	uint64_t end = (offset_bytes + length + unit - 1) / unit * unit;
	end = MIN(end, loader->size_bytes);
	/* First whether a page fits at all: pages of a hostile file are large. */
	int retval = prepare_job(ofl, &job, loader->takes_many_pages);
	if (retval != ERROR_OK)
		return retval;
	uint8_t *padded = malloc(end - start);
	if (!padded) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	memset(padded, loader->erased_byte, end - start);
	memcpy(padded + (offset_bytes - start), data, length);

	retval = ofl_foreign_switch(ofl, OFL_PURPOSE_PROGRAM);
	if (retval == ERROR_OK) {
		uint64_t before = ofl->stats.pieces;
		ofl_session_params(ofl, OFL_OP_PROGRAM);
		ofl_foreign_set_function(ofl, OFL_FN_PROGRAM);
		ofl_progress_start(ofl);
		retval = ofl_ring_program(ofl, &job, start, padded, end - start);
		ofl->stats.calls += ofl->stats.pieces - before;
	}
	free(padded);
	return retval;
}

/* ---------------------------------------------------------------- read, compare */

static int read_back(struct ofl_bank *ofl, uint64_t offset_bytes, uint8_t *data, uint32_t length)
{
	if (!can_read(ofl))
		return cannot_read(ofl, "read");
	int retval = ofl_foreign_switch(ofl, OFL_PURPOSE_VERIFY);
	return retval != ERROR_OK ? retval : ofl_ring_read(ofl, offset_bytes, data, length);
}

/*
 * The loader's own Verify, which gets the data over the link. What it says of the place is not always to be trusted
 * (facts 1.3): when that is not within the piece, the piece's start is taken.
 */
static int compare_by_verify(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length,
		uint32_t *different)
{
	struct ofl_ring_job job = {.what = "verifying", .verify = true, .send_blank = true};

	*different = length;
	/* Of an NXFLAT module; other files without both are read from memory. */
	if (!ofl->foreign->loader.function[OFL_FN_VERIFY].name) {
		LOG_WARNING("ofl: %s: not verified: the loader file has neither Verify nor a read function", ofl->bank->name);
		return ERROR_OK;
	}
	int retval = prepare_job(ofl, &job, false);
	if (retval == ERROR_OK)
		retval = ofl_foreign_switch(ofl, OFL_PURPOSE_VERIFY);
	if (retval != ERROR_OK)
		return retval;
	struct ofl_params *params = ofl_session_params(ofl, OFL_OP_PROGRAM);
	ofl_foreign_set_function(ofl, OFL_FN_VERIFY);
	ofl->session.expect_failure = true;
	retval = ofl_ring_program(ofl, &job, offset_bytes, data, length);
	ofl->session.expect_failure = false;
	if (!ofl->session.call_failed)
		return retval;
	uint64_t piece = (uint64_t)params->address - ofl->address_base;
	uint64_t place = (uint64_t)params->fail_value - ofl->address_base;
	if (place < piece || place >= piece + job.slots.piece_bytes)
		place = piece;
	*different = MIN(place - MIN(place, offset_bytes), length - 1);
	return ERROR_OK;
}

static int crc(struct ofl_bank *ofl, uint64_t offset_bytes, uint32_t unit_bytes, uint32_t count, uint32_t *result)
{
	if (!can_read(ofl))
		return cannot_read(ofl, "compare");
	int retval = ofl_foreign_switch(ofl, OFL_PURPOSE_VERIFY);
	return retval != ERROR_OK ? retval : ofl_check_units(ofl, OFL_OP_CRC, offset_bytes, unit_bytes, count, result);
}

static int compare(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length,
		uint32_t *different, int *found)
{
	*different = length;
	*found = -1;
	if (!can_read(ofl))
		return compare_by_verify(ofl, offset_bytes, data, length, different);
	int retval = ofl_foreign_switch(ofl, OFL_PURPOSE_VERIFY);
	return retval != ERROR_OK ? retval : ofl_check_compare(ofl, offset_bytes, data, length, different, found);
}

/* ---------------------------------------------------------------- streaming went wrong? */

/* Erases a sector that lies within the request as a whole: its content was written by this request. */
static int erase_again(struct ofl_bank *ofl, unsigned int index)
{
	const struct flash_sector *sector = &ofl->bank->sectors[index];
	struct sector one = {.offset_bytes = sector->offset, .length_bytes = sector->size, .index = index, .erase = true};
	int retval = ofl_foreign_switch(ofl, OFL_PURPOSE_ERASE);
	return retval != ERROR_OK ? retval : erase_marked(ofl, &one, 1);
}

/* Puts one sector's part of the request right. *wrong_pages counts. */
static int mend_sector(struct ofl_bank *ofl, unsigned int index, uint64_t offset_bytes, const uint8_t *data,
		uint32_t length, uint32_t *wrong_pages, bool *mended)
{
	const struct flash_sector *sector = &ofl->bank->sectors[index];
	uint32_t page_bytes = ofl_foreign_page_bytes(ofl);
	uint64_t start = MAX(offset_bytes, (uint64_t)sector->offset);
	uint64_t end = MIN(offset_bytes + length, (uint64_t)sector->offset + sector->size);
	uint8_t *content = malloc(end - start);
	uint32_t wrong = 0;
	bool needs_erase = false;

	*mended = false;
	if (!content) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	int retval = read_back(ofl, start, content, end - start);
	for (uint64_t at = start; retval == ERROR_OK && at < end; ) {
		uint64_t next = MIN((at / page_bytes + 1) * page_bytes, end);
		const uint8_t *wanted = data + (at - offset_bytes);
		bool differs = memcmp(content + (at - start), wanted, next - at) != 0;
		wrong += differs;
		for (uint64_t n = 0; differs && n < next - at; n++)
			needs_erase |= ((wanted[n] ^ content[at - start + n]) & (content[at - start + n] ^ ofl->erased_byte)) != 0;
		at = next;
	}
	/* Only what this process has erased for this write, and all of which the write covers. */
	bool whole = sector->is_erased == 1 && start == sector->offset && end == (uint64_t)sector->offset + sector->size;
	*wrong_pages += wrong;
	if (retval == ERROR_OK && wrong && (!needs_erase || whole)) {
		if (needs_erase)
			retval = erase_again(ofl, index);
		for (uint64_t at = start; retval == ERROR_OK && at < end; ) {
			uint64_t next = MIN((at / page_bytes + 1) * page_bytes, end);
			const uint8_t *wanted = data + (at - offset_bytes);
			if (needs_erase || memcmp(content + (at - start), wanted, next - at) != 0)
				retval = program(ofl, at, wanted, next - at);
			at = next;
		}
		if (retval == ERROR_OK)
			retval = read_back(ofl, start, content, end - start);
		*mended = retval == ERROR_OK && memcmp(content, data + (start - offset_bytes), end - start) == 0;
	}
	/* Nothing to mend is well, too. */
	*mended |= retval == ERROR_OK && !wrong;
	free(content);
	return retval;
}

/* The same where nothing can be read: page by page, and only what a program without erase can put right. */
static int mend_by_verify(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length,
		uint32_t *wrong_pages, bool *mended)
{
	uint32_t page_bytes = ofl_foreign_page_bytes(ofl);
	uint32_t different;

	*mended = false;
	for (uint64_t at = offset_bytes, end = offset_bytes + length; at < end; ) {
		uint64_t next = MIN((at / page_bytes + 1) * page_bytes, end);
		const uint8_t *wanted = data + (at - offset_bytes);
		int retval = compare_by_verify(ofl, at, wanted, next - at, &different);
		if (retval == ERROR_OK && different != next - at) {
			(*wrong_pages)++;
			retval = program(ofl, at, wanted, next - at);
			if (retval == ERROR_OK)
				retval = compare_by_verify(ofl, at, wanted, next - at, &different);
			/* No use going on: it is not the streaming. */
			if (retval == ERROR_OK && different != next - at)
				return ERROR_OK;
		}
		if (retval != ERROR_OK)
			return retval;
		at = next;
	}
	*mended = true;
	return ERROR_OK;
}

/*
 * Others' double buffering has corrupted data on some parts (facts 4): before a mismatch is an error, the pages are
 * sent again one at a time. *retried: there is something to compare again.
 */
static int retry(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length, bool *retried)
{
	const struct flash_bank *bank = ofl->bank;
	uint32_t wrong_pages = 0;
	int retval = ERROR_OK;

	*retried = false;
	if (one_at_a_time(ofl) || ofl->foreign->dead || ofl_system_is_one(ofl))
		return ERROR_OK;
	ofl->foreign->single = true;
	bool mended = true;
	if (!can_read(ofl))
		retval = mend_by_verify(ofl, offset_bytes, data, length, &wrong_pages, &mended);
	for (unsigned int n = 0; can_read(ofl) && mended && retval == ERROR_OK && n < bank->num_sectors; n++) {
		if (bank->sectors[n].offset < offset_bytes + length &&
				(uint64_t)bank->sectors[n].offset + bank->sectors[n].size > offset_bytes)
			retval = mend_sector(ofl, n, offset_bytes, data, length, &wrong_pages, &mended);
	}
	/* Compared again in any case, for the place of what is wrong now. */
	*retried = retval == ERROR_OK && wrong_pages;
	if (*retried && mended)
		LOG_WARNING("ofl: %s: %" PRIu32 " pages were wrong after streaming them to this loader; they were sent again "
			"one at a time, as all pages are from now on. '-stream off' on the bank line does so from the start",
			bank->name, wrong_pages);
	else
		ofl->foreign->single = false;
	return retval;
}

/*
 * What SEGGER_OPEN_GetFlashInfo and SEGGER_FL_GetFlashInfo fill: three words that mean nothing, a count of at most 7,
 * then {offset, size, count} of sectors (itzandroidtab/open_flashloader_template 049945a, flash_os.hpp).
 */
#define INFO_MAX_REGIONS	7
#define MAX_SECTORS		1000000
#define INFO_WORDS		(4 + 3 * INFO_MAX_REGIONS)

/* Returns what is wrong with it, or NULL. */
static const char *take_info(struct ofl_loader *loader, const uint32_t *info)
{
	struct ofl_loader_region *region;
	uint64_t end = 0, sectors = 0;

	if (!info[3] || info[3] > INFO_MAX_REGIONS)
		return "no sectors, or too many kinds of them";
	for (uint32_t n = 0; n < info[3]; n++) {
		const uint32_t *entry = info + 4 + 3 * n;
		if (!entry[1] || !entry[2] || entry[0] != end)
			return "empty sectors, or a gap between them";
		end += (uint64_t)entry[1] * entry[2];
		sectors += entry[2];
		if (end > 1ull << 32 || sectors > MAX_SECTORS)
			return "more than 4 GiB, or more than a million sectors";
	}
	region = calloc(info[3], sizeof(*region));
	if (!region)
		return "out of memory";
	for (uint32_t n = 0; n < info[3]; n++) {
		region[n].offset_bytes = info[4 + 3 * n];
		region[n].sector_bytes = info[5 + 3 * n];
		region[n].count = info[6 + 3 * n];
	}
	free(loader->region);
	loader->region = region;
	loader->num_regions = info[3];
	loader->size_bytes = end;
	return NULL;
}

bool ofl_foreign_has_question(const struct ofl_bank *ofl)
{
	const struct ofl_foreign *foreign = ofl->foreign;
	struct target *target = ofl->bank->target;
	return !foreign->answered && foreign->asked < 2 && foreign->loader.function[OFL_FN_FLASH_INFO].name &&
		target_was_examined(target) && target->state == TARGET_HALTED;
}

int ofl_foreign_ask_info(struct ofl_bank *ofl)
{
	struct ofl_foreign *foreign = ofl->foreign;
	const struct ofl_function *function = &foreign->loader.function[OFL_FN_FLASH_INFO];
	uint32_t info[INFO_WORDS] = {0};

	if (!ofl_foreign_has_question(ofl))
		return ERROR_OK;
	foreign->asked++;
	int retval = ofl_session_open(ofl);
	if (retval != ERROR_OK) {
		LOG_WARNING("ofl: %s: %s could not be asked for the sectors; the file's own table is used", ofl->bank->name,
			function->name);
		return ERROR_OK;
	}
	uint32_t ring = ofl->session.layout.ring;
	const uint32_t arg[OFL_CALL_ARGS] = {ring, sizeof(info)};
	retval = ofl_session_write_words(ofl, ring, info, INFO_WORDS);
	if (retval == ERROR_OK)
		retval = ofl_foreign_switch(ofl, OFL_PURPOSE_VERIFY);
	if (retval == ERROR_OK)
		retval = ofl_foreign_call(ofl, OFL_FN_FLASH_INFO, arg, ERASE_FLOOR_MS);
	if (retval == ERROR_OK)
		retval = ofl_session_read_words(ofl, ring, info, INFO_WORDS);
	retval = ofl_session_close(ofl, ofl_foreign_leave(ofl, retval));
	if (retval != ERROR_OK) {
		LOG_WARNING("ofl: %s: %s did not answer; the file's own table is used", ofl->bank->name, function->name);
		return ERROR_OK;
	}
	foreign->answered = true;
	uint64_t before_bytes = foreign->loader.size_bytes;
	const char *wrong = take_info(&foreign->loader, info);
	if (wrong)
		LOG_WARNING("ofl: %s: %s says nonsense (%s); the file's own table is used", ofl->bank->name, function->name,
			wrong);
	else if (foreign->loader.size_bytes != before_bytes)
		LOG_INFO("ofl: %s: %s found %" PRIu64 " KiB, the file says %" PRIu64 " KiB", ofl->bank->name, function->name,
			foreign->loader.size_bytes / 1024, before_bytes / 1024);
	return ERROR_OK;
}

/* Geometry is the file's; the target is not needed. */
static int identify(struct ofl_bank *ofl)
{
	const struct ofl_loader *loader = &ofl->foreign->loader;
	struct ofl_chip *chip = &ofl->chip;

	memset(chip, 0, sizeof(*chip));
	snprintf(chip->name, sizeof(chip->name), "%.47s", loader->device_name);
	chip->source = ofl_format_text(loader->format);
	chip->geometry.size_bytes = loader->size_bytes;
	chip->geometry.page_bytes = loader->page_bytes;
	return ERROR_OK;
}

static int enter(struct ofl_bank *ofl)
{
	(void)ofl;
	return ERROR_OK;
}

const struct ofl_backend ofl_foreign_backend = {
	.identify = identify,
	.can_read = can_read,
	.enter = enter,
	.leave = ofl_foreign_leave,
	.erase = erase,
	.program = program,
	.read = read_back,
	.blank = blank,
	.crc = crc,
	.compare = compare,
	.retry = retry,
	.fill_params = fill_params,
	.describe_call = ofl_foreign_describe_call,
	.stalled = ofl_system_stalled,
	.autopsy = ofl_foreign_autopsy,
};
