// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * ofl: programs any flash that an on-target loader can program. A tiny stub in the work area runs the page program loop
 * from a ring buffer; the host streams, handles the sector layout and verifies.
 *
 *  image file          src/target/image.c, src/flash/nor/core.c
 *    | sections
 *  ofl.c               this file: bank operations
 *    | range
 *  ofl_plan.c          pure: geometry + request -> steps, pieces
 *    | steps
 *  ofl_spinor.c        the chip's commands, as runs of the stub
 *  ofl_session.c       the only room that touches the target; ofl_ring.c: host end of the ring; ofl_cortexm.c: the core
 *    v  SWD/JTAG       work area: [stub][loader][stack][params][ring], contrib/loaders/flash/ofl/ofl_abi.h
 *  page_loop.c         target end of the ring
 *    | page
 *  spinor.c + ctl_*.c  loader
 *    v
 *  flash
 *
 * Loaders that erase when they program: ofl_bracket.c, between erase and write.
 *
 * Safety of the range: ofl_range.c (keep-outs, images before a write), ofl_protect.c and ofl_protect_ops.c (block
 * protection), ofl_program.c (`ofl program`, `ofl recover`),
 * tcl/ofl/ofl.tcl (wrappers around OpenOCD's own commands, installed here). Reading and comparing: ofl_access.c.
 * Ending a long command before its time: ofl_stop.c.
 *
 * Identification: ofl_sfdp.c reads the chip's table, ofl_chip.c makes a geometry of it; the bank line: ofl_options.c.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl.h"
#include "ofl_part.h"

/*
 * What a bank covers while its chip is unknown: enough that a write to it finds the bank, and fails there with a
 * reason, instead of being dropped by the core with "no flash bank found" and success.
 */
#define UNKNOWN_BYTES	(16 * 1024 * 1024)

const char *ofl_status_text(uint32_t status)
{
#define OFL_STATUS_TEXT(name, value, text) \
	case name: \
		return text;
	switch (status) {
	OFL_STATUS_LIST(OFL_STATUS_TEXT)
	}
	return "a status that this driver does not know: the parameters were overwritten";
}

void ofl_progress_start(struct ofl_bank *ofl)
{
	ofl->progress_started_ms = timeval_ms();
	ofl->progress_said_ms = ofl->progress_started_ms;
}

void ofl_progress(struct ofl_bank *ofl, const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
	int64_t now_ms = timeval_ms();
	if (now_ms - ofl->progress_said_ms < 1000 || !total_bytes)
		return;
	ofl->progress_said_ms = now_ms;
	LOG_INFO("ofl: %s: %s %" PRIu64 "%%, %" PRIu64 " kB/s", ofl->bank->name, what, done_bytes * 100 / total_bytes,
		done_bytes / (now_ms - ofl->progress_started_ms));
}

/* Size 0 would match every address above the base (core.c); so would a guess that reaches into another bank. */
static uint32_t unknown_bytes(const struct flash_bank *bank)
{
	uint32_t size = UNKNOWN_BYTES;
	for (const struct flash_bank *other = flash_bank_list(); other; other = other->next) {
		if (other != bank && other->target == bank->target && other->base > bank->base &&
				other->base - bank->base < size)
			size = other->base - bank->base;
	}
	return size;
}

static void set_unknown(struct flash_bank *bank)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	ofl->identified = false;
	free(bank->sectors);
	bank->sectors = NULL;
	bank->num_sectors = 0;
	bank->size = ofl->options.size_bytes ? ofl->options.size_bytes : unknown_bytes(bank);
}

/* By the chip's own erase types. NULL: none fits. */
static struct flash_sector *chip_sectors(const struct ofl_geometry *geometry, uint64_t covered, uint32_t *count)
{
	struct flash_sector *sectors = NULL;

	*count = 0;
	for (uint64_t at = 0; at < covered; (*count)++) {
		uint32_t sector_bytes = ofl_plan_sector_bytes(geometry, at);
		if (at + sector_bytes > covered)
			break;
		at += sector_bytes;
	}
	if (*count)
		sectors = alloc_block_array(0, 0, *count);
	uint64_t at = 0;
	for (uint32_t n = 0; sectors && n < *count; n++) {
		sectors[n].offset = at;
		sectors[n].size = ofl_plan_sector_bytes(geometry, at);
		sectors[n].is_protected = 0;
		at += sectors[n].size;
	}
	return sectors;
}

static int make_sectors(struct flash_bank *bank)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	const struct ofl_geometry *geometry = &ofl->chip.geometry;
	/* OpenOCD's banks are 32 bits wide; the last page of a 4 GiB chip is given up. */
	uint64_t size = MIN(geometry->size_bytes, 0xfffff000ull);
	uint64_t covered = size;
	uint32_t count = 0;

	if (ofl->options.size_bytes) {
		if (ofl->options.size_bytes > size)
			LOG_WARNING("ofl: %s: the bank line's size 0x%" PRIx32 " is more than the %s's 0x%" PRIx64, bank->name,
				ofl->options.size_bytes, ofl->foreign ? "loader file" : "chip", size);
		covered = MIN(size, ofl->options.size_bytes);
		size = ofl->options.size_bytes;
	}
	struct flash_sector *sectors = ofl->foreign ? ofl_foreign_sectors(ofl, covered, &count)
			: chip_sectors(geometry, covered, &count);
	if (!sectors) {
		snprintf(ofl->why_unknown, sizeof(ofl->why_unknown), count ? "out of memory"
				: "the bank line's size is smaller than one sector");
		return count ? ERROR_FAIL : ERROR_FLASH_BANK_INVALID;
	}
	free(bank->sectors);
	bank->sectors = sectors;
	bank->num_sectors = count;
	bank->size = size;
	return ERROR_OK;
}

/*
 * A chip that a built-in loader has identified at the same place must be the one that a loader file is made for, if its
 * name tells.
 */
static void compare_names(const struct flash_bank *bank)
{
	for (const struct flash_bank *other = flash_bank_list(); other; other = other->next) {
		if (other == bank || other->driver != bank->driver || other->target != bank->target ||
				other->base != bank->base)
			continue;
		const struct ofl_bank *one = ofl_from_bank(bank), *two = ofl_from_bank(other);
		if (!one->foreign == !two->foreign || !one->identified || !two->identified)
			continue;
		const struct ofl_chip *chip = one->foreign ? &two->chip : &one->chip;
		const struct ofl_loader *loader = ofl_foreign_loader(one->foreign ? one : two);
		if (ofl_part_contradicts(loader->device_name, chip->name))
			LOG_WARNING("ofl: bank %s: the loader file is made for '%s', but the chip that answers at " TARGET_ADDR_FMT
				" is %s (JEDEC id %02x%02x%02x)", one->foreign ? bank->name : other->name, loader->device_name,
				bank->base, chip->name, chip->jedec_id[0], chip->jedec_id[1], chip->jedec_id[2]);
	}
}

/* A loader file says all that is needed, so that this works while the target runs. */
static int probe_foreign(struct flash_bank *bank)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	const struct ofl_loader *loader = ofl_foreign_loader(ofl);

	bool known = ofl->identified;
	set_unknown(bank);
	ofl->why_unknown[0] = 0;
	int retval = ofl_foreign_ask_info(ofl);
	if (retval == ERROR_OK)
		retval = ofl->backend->identify(ofl);
	if (retval == ERROR_OK)
		retval = make_sectors(bank);
	if (retval != ERROR_OK)
		return retval;
	ofl->identified = true;
	if (!known)
		LOG_INFO("ofl: %s: %s (%s), %" PRIu64 " KiB, %u sectors, first of %" PRIu32 " bytes", bank->name,
			loader->device_name, ofl_format_text(loader->format), loader->size_bytes / 1024, bank->num_sectors,
			bank->sectors[0].size);
	compare_names(bank);
	return ERROR_OK;
}

int ofl_probe(struct flash_bank *bank)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);

	if (ofl->foreign)
		return probe_foreign(bank);
	set_unknown(bank);
	ofl->why_unknown[0] = 0;
	int retval = ofl_session_open(ofl);
	if (retval == ERROR_OK) {
		retval = ofl->backend->identify(ofl);
		if (retval == ERROR_OK)
			retval = ofl_protect_identify(ofl);
		retval = ofl_session_close(ofl, retval);
	}
	if (retval == ERROR_OK)
		retval = make_sectors(bank);
	if (retval != ERROR_OK) {
		if (!ofl->why_unknown[0])
			snprintf(ofl->why_unknown, sizeof(ofl->why_unknown), "the stub could not be run, see above");
		return retval;
	}
	ofl->identified = true;
	ofl_protect_show(bank);
	LOG_INFO("ofl: %s: %s, JEDEC id %02x%02x%02x, %" PRIu64 " KiB, sectors of %" PRIu32 " bytes (%s)", bank->name,
		ofl->chip.name, ofl->chip.jedec_id[0], ofl->chip.jedec_id[1], ofl->chip.jedec_id[2],
		ofl->chip.geometry.size_bytes / 1024, bank->sectors[0].size, ofl->chip.source);
	compare_names(bank);
	return ERROR_OK;
}

static int probe_loudly(struct flash_bank *bank)
{
	int retval = ofl_probe(bank);
	if (retval != ERROR_OK)
		LOG_ERROR("ofl: %s: not identified: %s", bank->name, ofl_from_bank(bank)->why_unknown);
	return retval;
}

/*
 * The core says no more than "Bank is invalid" of a bank without sectors, so the reason is said here; once for the
 * several probes of one command, unless the reason has changed.
 */
static void warn_unknown(struct flash_bank *bank)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	int64_t now_ms = timeval_ms();

	if (now_ms - ofl->warned_ms < 300 && strcmp(ofl->warned_why, ofl->why_unknown) == 0)
		return;
	ofl->warned_ms = now_ms;
	snprintf(ofl->warned_why, sizeof(ofl->warned_why), "%s", ofl->why_unknown);
	LOG_WARNING("ofl: %s: not identified: %s", bank->name, ofl->why_unknown);
}

/*
 * Never fails: a failing auto_probe refuses GDB's connection and blocks every address-based command of the target,
 * those for its internal flash included (core.c, gdb_server.c).
 */
static int ofl_auto_probe(struct flash_bank *bank)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);

	if (ofl->session.open || (ofl->identified && !(ofl->foreign && ofl_foreign_has_question(ofl))))
		return ERROR_OK;
	if (!ofl->foreign && (!target_was_examined(bank->target) || bank->target->state != TARGET_HALTED)) {
		set_unknown(bank);
		snprintf(ofl->why_unknown, sizeof(ofl->why_unknown),
				"target %s is %s; halt it first, best by 'reset init', then "
				"'flash probe %s'",
				target_name(bank->target), target_state_name(bank->target), bank->name);
		warn_unknown(bank);
		return ERROR_OK;
	}
	if (ofl_probe(bank) != ERROR_OK)
		warn_unknown(bank);
	return ERROR_OK;
}

static int be_ready(struct flash_bank *bank)
{
	int retval = ofl_cortexm_check(bank->target);
	return retval != ERROR_OK || ofl_from_bank(bank)->identified ? retval : probe_loudly(bank);
}

/* Opens a session for an operation on the identified chip. Every begin() that returns ERROR_OK is followed by end(). */
static int begin(struct flash_bank *bank)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);

	int retval = be_ready(bank);
	if (retval != ERROR_OK)
		return retval;
	if (ofl->bracket.kept) {
		ofl->bracket.kept = false;
		ofl_progress_start(ofl);
		return ERROR_OK;
	}
	retval = ofl_session_open(ofl);
	if (retval != ERROR_OK)
		return retval;
	ofl->protect_fresh = false;
	retval = ofl->backend->enter(ofl);
	if (retval != ERROR_OK)
		return ofl_session_close(ofl, retval);
	ofl_progress_start(ofl);
	return ERROR_OK;
}

static int end(struct flash_bank *bank, int retval)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	if (ofl_bracket_keeps(ofl, retval))
		return retval;
	return ofl_session_close(ofl, ofl->backend->leave(ofl, retval));
}

/* The core has checked the range against the bank; the bank may be larger than the chip (SIZE in the bank line). */
static int check_range(struct flash_bank *bank, const char *what, uint64_t offset, uint64_t length, bool changes)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	uint64_t chip_bytes = ofl->chip.geometry.size_bytes;

	if (offset > chip_bytes || length > chip_bytes - offset) {
		LOG_ERROR("ofl: %s: cannot %s 0x%" PRIx64 " bytes at offset 0x%" PRIx64 ": the chip ends at 0x%" PRIx64
			"; nothing was changed", bank->name, what, length, offset, chip_bytes);
		return ERROR_FLASH_DST_OUT_OF_BANK;
	}
	if (!changes)
		return ERROR_OK;
	/* Between the erase and the write of one command, for instance. */
	if (!ofl->session.hold_stop && ofl_stop_is_asked(ofl)) {
		LOG_ERROR("ofl: %s: stopped (%s) before it began to %s 0x%" PRIx64 " bytes at offset 0x%8.8" PRIx64, bank->name,
			ofl->session.stop_reason, what, length, offset);
		return ERROR_FAIL;
	}
	int retval = ofl_keepout_check(bank, what, offset, length);
	if (retval == ERROR_OK)
		retval = ofl_protect_refresh(bank);
	return retval != ERROR_OK ? retval : ofl_protect_refuse(bank, what, offset, length);
}

int ofl_check_locks(struct flash_bank *bank, const char *what, uint64_t offset, uint64_t length, bool ask)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);

	/* What is not known yet is checked when it is written. */
	if (!ofl->identified || ofl->session.open || bank->target->state != TARGET_HALTED)
		return ERROR_OK;
	int retval = ask ? ofl_protect_check(bank) : ERROR_OK;
	return retval != ERROR_OK ? retval : ofl_protect_refuse(bank, what, offset, length);
}

static int ofl_erase(struct flash_bank *bank, unsigned int first, unsigned int last)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);

	int retval = be_ready(bank);
	if (retval != ERROR_OK)
		return retval;
	int64_t started_ms = timeval_ms();
	if (last >= bank->num_sectors || first > last) {
		LOG_ERROR("ofl: %s: there are no sectors %u to %u", bank->name, first, last);
		return ERROR_FLASH_SECTOR_INVALID;
	}
	uint64_t offset = bank->sectors[first].offset;
	uint64_t length = (uint64_t)bank->sectors[last].offset + bank->sectors[last].size - offset;
	/* The write that follows does it, or the end of the bracket. */
	if (ofl->bracket.open) {
		retval = check_range(bank, "erase", offset, length, true);
		return retval != ERROR_OK ? retval : ofl_bracket_defer(ofl, first, last);
	}
	retval = begin(bank);
	if (retval != ERROR_OK)
		return retval;
	/* Within the session, because the chip is asked what it protects. */
	retval = check_range(bank, "erase", offset, length, true);
	if (retval == ERROR_OK)
		retval = ofl->backend->erase(ofl, offset, length);
	for (unsigned int n = first; retval == ERROR_OK && n <= last; n++)
		bank->sectors[n].is_erased = 1;
	retval = end(bank, retval);
	ofl->stats.erase_ms += timeval_ms() - started_ms;
	return retval;
}

/* Said once for write and verify: what differs, and for a write why that usually happens. */
static int compare(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset, uint32_t count, bool after_write)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	uint32_t different;
	int found = -1;
	int64_t started_ms = timeval_ms();

	ofl_progress_start(ofl);
	int retval = ofl->backend->compare(ofl, offset, buffer, count, &different, &found);
	bool retried = false;
	if (retval == ERROR_OK && different != count && after_write && ofl->backend->retry)
		retval = ofl->backend->retry(ofl, offset, buffer, count, &retried);
	if (retval == ERROR_OK && retried)
		retval = ofl->backend->compare(ofl, offset, buffer, count, &different, &found);
	ofl->stats.check_ms += timeval_ms() - started_ms;
	if (retval != ERROR_OK || different == count)
		return retval;
	uint32_t at = offset + different;
	uint8_t wanted = buffer[different];
	const char *why = "";
	if (found < 0) {
		LOG_ERROR("ofl: %s: content differs at " TARGET_ADDR_FMT " (offset 0x%8.8" PRIx32 "), says the loader's own "
			"verify", bank->name, bank->base + at, at);
		return after_write ? ERROR_FLASH_OPERATION_FAILED : ERROR_FAIL;
	}
	if (after_write)
		why = (wanted & ~found)
				? "; bits that are 0 become 1 only by an erase: was the range erased, is it write protected?"
				: "; the flash did not take the program command";
	LOG_ERROR("ofl: %s: content differs at " TARGET_ADDR_FMT " (offset 0x%8.8" PRIx32 "): 0x%2.2x instead of 0x%2.2x%s",
		bank->name, bank->base + at, at, (unsigned int)found, wanted, why);
	return after_write ? ERROR_FLASH_OPERATION_FAILED : ERROR_FAIL;
}

int ofl_begin(struct flash_bank *bank)
{
	return begin(bank);
}

int ofl_end(struct flash_bank *bank, int retval)
{
	return end(bank, retval);
}

int ofl_check_range(struct flash_bank *bank, const char *what, uint64_t offset, uint64_t length, bool changes)
{
	return check_range(bank, what, offset, length, changes);
}

int ofl_compare(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset, uint32_t count, bool after_write)
{
	return compare(bank, buffer, offset, count, after_write);
}

/*
 * GDB gives what lies outside of the banks to the target as memory, and its load does not fail when that fails. All
 * that is to be seen here are the edges. Many images start at the first byte, so that is said once.
 */
static void warn_of_edges(const struct flash_bank *bank, uint32_t offset, uint32_t count)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);

	if (!ofl_is_for_gdb(ofl))
		return;
	if ((uint64_t)offset + count >= bank->size)
		LOG_WARNING("ofl: %s: GDB writes up to the last byte of the bank, " TARGET_ADDR_FMT ": if the program is "
			"longer, the rest of it is not in the flash, and GDB's load does not say so", bank->name,
			bank->base + bank->size - 1);
	if (!offset && !ofl->warned_gdb_start) {
		ofl->warned_gdb_start = true;
		LOG_WARNING("ofl: %s: GDB writes from the first byte of the bank, " TARGET_ADDR_FMT ": if the program "
			"starts before it, that part of it is not in the flash, and GDB's load does not say so", bank->name,
			bank->base);
	}
}

int ofl_program_and_compare(struct flash_bank *bank, uint64_t offset, const uint8_t *data, uint32_t length)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);
	int64_t started_ms = timeval_ms();
	struct ofl_wide wide;

	ofl_progress_start(ofl);
	int retval = ofl_bracket_widen(ofl, &wide, offset, data, length);
	if (retval == ERROR_OK)
		retval = ofl->backend->program(ofl, wide.offset, wide.data, wide.length);
	if (retval == ERROR_OK)
		ofl_bracket_written(ofl, wide.offset, wide.length);
	ofl->bracket.replaces = false;
	ofl->stats.program_ms += timeval_ms() - started_ms;
	if (retval == ERROR_OK && !ofl->options.no_verify)
		retval = compare(bank, wide.data, wide.offset, wide.length, true);
	free(wide.owned);
	return retval;
}

static int ofl_write(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset, uint32_t count)
{
	if (!count)
		return ERROR_OK;
	int retval = begin(bank);
	if (retval != ERROR_OK)
		return retval;
	retval = check_range(bank, "write", offset, count, true);
	if (retval == ERROR_OK)
		warn_of_edges(bank, offset, count);
	if (retval == ERROR_OK)
		retval = ofl_program_and_compare(bank, offset, buffer, count);
	/* Not before: a loader file's second try looks at it. */
	for (unsigned int n = 0; n < bank->num_sectors; n++) {
		if (bank->sectors[n].offset < (uint64_t)offset + count &&
				(uint64_t)bank->sectors[n].offset + bank->sectors[n].size > offset)
			bank->sectors[n].is_erased = 0;
	}
	return end(bank, retval);
}

static int ofl_read(struct flash_bank *bank, uint8_t *buffer, uint32_t offset, uint32_t count)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);

	if (!count)
		return ERROR_OK;
	int retval = begin(bank);
	if (retval != ERROR_OK)
		return retval;
	int64_t started_ms = timeval_ms();
	retval = check_range(bank, "read", offset, count, false);
	if (retval == ERROR_OK)
		retval = ofl->backend->read(ofl, offset, buffer, count);
	ofl->stats.read_ms += timeval_ms() - started_ms;
	return end(bank, retval);
}

static int ofl_verify(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset, uint32_t count)
{
	if (!count)
		return ERROR_OK;
	int retval = begin(bank);
	if (retval != ERROR_OK)
		return retval;
	retval = check_range(bank, "verify", offset, count, false);
	if (retval == ERROR_OK)
		retval = compare(bank, buffer, offset, count, false);
	return end(bank, retval);
}

static int ofl_erase_check(struct flash_bank *bank)
{
	struct ofl_bank *ofl = ofl_from_bank(bank);

	int retval = begin(bank);
	if (retval != ERROR_OK)
		return retval;
	uint32_t *blank = malloc(bank->num_sectors * sizeof(*blank));
	if (!blank) {
		LOG_ERROR("ofl: out of memory");
		return end(bank, ERROR_FAIL);
	}
	/* Runs of sectors of one size, each in as few runs of the stub as the results need room for. */
	for (unsigned int n = 0; retval == ERROR_OK && n < bank->num_sectors; ) {
		uint32_t size = bank->sectors[n].size;
		unsigned int count = 1;
		while (n + count < bank->num_sectors && bank->sectors[n + count].size == size)
			count++;
		retval = ofl->backend->blank(ofl, bank->sectors[n].offset, size, count, blank);
		for (unsigned int k = 0; retval == ERROR_OK && k < count; k++)
			bank->sectors[n + k].is_erased = blank[k] == size;
		n += count;
	}
	free(blank);
	return end(bank, retval);
}

static void free_bank(struct ofl_bank *ofl)
{
	free(ofl->bracket.pending);
	ofl_foreign_free(ofl);
	ofl_free_options(&ofl->options);
	free(ofl);
}

static void ofl_free_driver_priv(struct flash_bank *bank)
{
	if (bank->driver_priv)
		free_bank(bank->driver_priv);
	bank->driver_priv = NULL;
}

/* Two banks on one chip would erase under each other's feet. */
static int check_chip_select(const struct flash_bank *bank, const struct ofl_options *options)
{
	for (const struct flash_bank *other = flash_bank_list(); other; other = other->next) {
		if (other->driver != bank->driver || other->target != bank->target || ofl_from_bank(other)->foreign)
			continue;
		const uint32_t *cs = ofl_from_bank(other)->options.ctl + OFL_CTL_CS;
		/* A controller with a chip select of its own has one flash. */
		if (!options->has_cs) {
			if (ofl_from_bank(other)->options.has_cs ||
					ofl_from_bank(other)->options.ctl[OFL_CTL_BASE] != options->ctl[OFL_CTL_BASE])
				continue;
			LOG_ERROR("ofl: bank %s is at the same controller (-base) as bank %s; each chip has one bank", bank->name,
				other->name);
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
		if (memcmp(cs, options->ctl + OFL_CTL_CS, OFL_PIN_WORDS * sizeof(*cs)) == 0) {
			LOG_ERROR("ofl: bank %s has the same chip select (-cs) as bank %s; each chip has one bank", bank->name,
					other->name);
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
	}
	return ERROR_OK;
}

static int use_built_in(struct ofl_bank *ofl)
{
	ofl->backend = &ofl_spinor_backend;
	ofl->erased_byte = 0xff;
	return check_chip_select(ofl->bank, &ofl->options);
}

/* BASE of the bank line wins over the file's; 0 there is not said. */
static int use_loader_file(struct ofl_bank *ofl)
{
	struct flash_bank *bank = ofl->bank;

	ofl->backend = &ofl_foreign_backend;
	int retval = ofl_foreign_new(ofl);
	if (retval != ERROR_OK)
		return retval;
	const struct ofl_loader *loader = ofl_foreign_loader(ofl);
	if (!bank->base)
		bank->base = loader->base;
	else if (bank->base != loader->base)
		LOG_INFO("ofl: %s: base " TARGET_ADDR_FMT " of the bank line instead of the file's 0x%8.8" PRIx32
			"; the loader is called with addresses from there", bank->name, bank->base, loader->base);
	if (bank->base > UINT32_MAX) {
		LOG_ERROR("ofl: %s: base " TARGET_ADDR_FMT " does not fit into the 32 bits that a loader takes", bank->name,
			bank->base);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	if (ofl->options.chip_bytes && !ofl->options.size_bytes)
		ofl->options.size_bytes = MIN(ofl->options.chip_bytes, UINT32_MAX);
	if (loader->geometry_unknown && !ofl->options.size_bytes) {
		LOG_ERROR("ofl: %s: the loader file does not say how large the flash is; give BASE and SIZE on the bank line",
			bank->name);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	uint64_t size_bytes = ofl->options.size_bytes ? ofl->options.size_bytes : loader->size_bytes;
	if (bank->base + size_bytes > 1ull << 32) {
		LOG_ERROR("ofl: %s: 0x%" PRIx64 " bytes from " TARGET_ADDR_FMT " end beyond 4 GiB", bank->name, size_bytes,
			bank->base);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	/* NuttX's off_t has 32 bits and a sign (facts A.6). */
	if (ofl_system_is_one(ofl) && bank->base <= INT32_MAX && bank->base + size_bytes > 1ull << 31) {
		LOG_ERROR("ofl: %s: the bank lies across 0x80000000, where the file offsets of such a loader change their "
			"sign: it would write to wrong addresses; a SIZE of at most 0x%" PRIx64 " ends before", bank->name,
			(uint64_t)((1ull << 31) - bank->base));
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	if (loader->geometry_unknown) {
		retval = ofl_foreign_set_size(ofl, ofl->options.size_bytes);
		if (retval != ERROR_OK)
			return retval;
	}
	ofl->address_base = bank->base;
	ofl->erased_byte = loader->erased_byte;
	bank->erased_value = loader->erased_byte;
	bank->default_padded_value = loader->erased_byte;
	return ERROR_OK;
}

/*
 * The wrappers around OpenOCD's own commands, once; a board file of the user's has them so. Without them everything
 * works as far as the core lets it.
 */
static void install_helpers(struct command_context *context)
{
	char line[] = "if {![info exists ::ofl_helpers]} {uplevel #0 {source [find ofl/ofl.tcl]}}";

	if (command_run_line(context, line) != ERROR_OK)
		LOG_WARNING("ofl: ofl/ofl.tcl is not in OpenOCD's script search path: 'flash write_image' does not check "
			"images, and 'verify_image' and 'dump_image' do not reach flash that is not memory mapped");
}

FLASH_BANK_COMMAND_HANDLER(ofl_flash_bank_command)
{
	if (CMD_ARGC < 7) {
		LOG_ERROR("ofl: LOADER is missing: flash bank NAME ofl BASE SIZE 0 0 TARGET LOADER ?-option value ...?, "
			"LOADER for example spi:gpio, or the path of a loader file");
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	struct ofl_bank *ofl = calloc(1, sizeof(*ofl));
	if (!ofl) {
		LOG_ERROR("ofl: out of memory");
		return ERROR_FAIL;
	}
	ofl->bank = bank;
	ofl->interp = CMD_CTX->interp;
	ofl->options.size_bytes = bank->size;
	int retval = ofl_parse_options(&ofl->options, CMD_ARGC - 6, CMD_ARGV + 6);
	if (retval == ERROR_OK)
		retval = ofl->options.path ? use_loader_file(ofl) : use_built_in(ofl);
	if (retval != ERROR_OK) {
		/* The core frees the bank, not what hangs on it. */
		free_bank(ofl);
		return retval;
	}
	bank->driver_priv = ofl;
	/* 1: no padding to sectors by the core, which would be programmed and compared although nobody asked for it. */
	bank->write_start_alignment = 1;
	bank->write_end_alignment = 1;
	if (!bank->size)
		bank->size = 1;
	install_helpers(CMD_CTX);
	return ERROR_OK;
}

const struct flash_driver ofl_flash = {
	.name = "ofl",
	.usage = "flash bank NAME ofl BASE SIZE 0 0 TARGET LOADER ?-option value ...?",
	.commands = ofl_command_handlers,
	.flash_bank_command = ofl_flash_bank_command,
	.erase = ofl_erase,
	.protect = ofl_protect,
	.write = ofl_write,
	.read = ofl_read,
	.verify = ofl_verify,
	.probe = probe_loudly,
	.auto_probe = ofl_auto_probe,
	.erase_check = ofl_erase_check,
	.protect_check = ofl_protect_check,
	.info = ofl_info,
	.free_driver_priv = ofl_free_driver_priv,
};

bool ofl_can_read(const struct ofl_bank *ofl)
{
	return !ofl->backend->can_read || ofl->backend->can_read(ofl);
}

bool ofl_is_ours(const struct flash_bank *bank)
{
	return bank->driver == &ofl_flash;
}
