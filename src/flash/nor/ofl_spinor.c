// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The SPI-NOR chip as the host sees it: identification, erase, program and raw commands, all through the stub on an
 * open session.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl.h"
#include "ofl_sfdp.h"

#define WRITE_DISABLE		0x04
#define READ_STATUS		0x05
#define READ_JEDEC_ID		0x9f
#define READ_SFDP		0x5a
#define RELEASE_POWER_DOWN	0xab
#define MODE_RESET		0xff
#define ENTER_4BYTE		0xb7

#define STATUS_BUSY		0x01

/* A raw command is a matter of microseconds; this is for a slow link. */
#define COMMAND_MS		2000
/* An operation that an earlier user started: a sector takes 3 s at most (facts 3.1), a chip erase minutes. */
#define LEFTOVER_MS		25000
#define SFDP_MAX_BYTES		4096
/* Slowest read seen: bit-bang on an 8 MHz core, in bytes a second; for deadlines only. */
#define SLOWEST_READ_RATE	10000

int ofl_spinor_transfer(struct ofl_bank *ofl, uint32_t command, uint32_t address, uint8_t *bytes, uint32_t length)
{
	const struct ofl_controller *controller = ofl->options.controller;
	struct ofl_params *params = ofl_session_params(ofl, OFL_OP_XFER);
	uint32_t ring = ofl->session.layout.ring;
	unsigned int dummy_bytes = (command >> 12) & 0xf;
	int retval = ERROR_OK;

	if (dummy_bytes > controller->max_dummy_bytes) {
		LOG_ERROR("ofl: %s: opcode %2.2" PRIx32 " with %u dummy bytes: spi:%s sends at most %u", ofl->bank->name,
			command & 0xff, dummy_bytes, controller->name, controller->max_dummy_bytes);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}

	params->command = command;
	params->address = address;
	params->unit_bytes = length;
	if (length && (command & OFL_COMMAND_DATA_OUT))
		retval = ofl_session_write(ofl, ring, bytes, length);
	if (retval == ERROR_OK)
		retval = ofl_session_run(ofl, "sending a command", COMMAND_MS, NULL, NULL);
	if (retval == ERROR_OK && length && !(command & OFL_COMMAND_DATA_OUT))
		retval = ofl_session_read(ofl, ring, bytes, length);
	return retval;
}

static int transfer(struct ofl_bank *ofl, uint32_t command, uint32_t address, uint8_t *bytes, uint32_t length)
{
	return ofl_spinor_transfer(ofl, command, address, bytes, length);
}

int ofl_spinor_raw(struct ofl_bank *ofl, const uint8_t *bytes, unsigned int num_bytes, uint8_t *response,
		unsigned int num_response)
{
	uint32_t room = ofl->session.layout.ring_bytes;
	uint32_t address = 0;

	if (num_bytes - 1 > room || num_response > room) {
		LOG_ERROR("ofl: %s: at most %" PRIu32 " bytes fit into the work area", ofl->bank->name, room);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	if (!num_response) {
		uint8_t data[256];
		if (num_bytes - 1 > sizeof(data)) {
			LOG_ERROR("ofl: %s: at most %zu bytes can follow an opcode", ofl->bank->name, sizeof(data));
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
		memcpy(data, bytes + 1, num_bytes - 1);
		return transfer(ofl, OFL_COMMAND(bytes[0], 0, 0) | OFL_COMMAND_DATA_OUT, 0, data, num_bytes - 1);
	}
	/* The stub sends address bytes, then dummy bytes of 00: everything that has a response fits that pattern. */
	unsigned int address_bytes = MIN(num_bytes - 1, 4);
	unsigned int dummy_bytes = num_bytes - 1 - address_bytes;
	for (unsigned int n = 0; n < address_bytes; n++)
		address = address << 8 | bytes[1 + n];
	for (unsigned int n = 5; n < num_bytes; n++) {
		if (bytes[n] || dummy_bytes > 15) {
			LOG_ERROR("ofl: %s: before a response, bytes behind the first five must be at most 15 dummies of 0x00",
				ofl->bank->name);
			return ERROR_COMMAND_ARGUMENT_INVALID;
		}
	}
	return transfer(ofl, OFL_COMMAND(bytes[0], address_bytes, dummy_bytes), address, response, num_response);
}

static int read_status(struct ofl_bank *ofl, uint8_t *status)
{
	return transfer(ofl, OFL_COMMAND(READ_STATUS, 0, 0), 0, status, 1);
}

/*
 * The first one of a session; a controller that maps the flash may have left it in a continuous read, in which it takes
 * an opcode for an address.
 */
static int first_status(struct ofl_bank *ofl, uint8_t *status)
{
	int retval = ofl_mapped_look(ofl);
	if (retval == ERROR_OK && ofl->session.mapped.once)
		retval = ofl_lines_end_continuous(ofl);
	return retval == ERROR_OK ? read_status(ofl, status) : retval;
}

/*
 * A chip that an application left in QPI mode sees eight clocks of ones on its first line, with the others pulled up,
 * as FFh FFh, which ends that mode; in SPI mode FFh ends continuous read. Then out of deep power-down. A controller
 * with four lines, which drives the others, has ways of its own.
 */
static int wake(struct ofl_bank *ofl, uint8_t *status)
{
	if (ofl->options.controller->mapped.mask) {
		bool answers;
		int recovered = ofl_lines_recover(ofl, &answers);
		return recovered == ERROR_OK ? read_status(ofl, status) : recovered;
	}
	int retval = transfer(ofl, OFL_COMMAND(MODE_RESET, 0, 0), 0, NULL, 0);
	if (retval == ERROR_OK)
		retval = transfer(ofl, OFL_COMMAND(RELEASE_POWER_DOWN, 0, 0), 0, NULL, 0);
	/* tRES1 is 3 to 100 us; the next command comes at least one round trip of the link later, and these sleep 1 ms. */
	alive_sleep(1);
	if (retval == ERROR_OK)
		retval = read_status(ofl, status);
	return retval;
}

static bool is_all(const uint8_t *bytes, unsigned int length, uint8_t value)
{
	for (unsigned int n = 0; n < length; n++) {
		if (bytes[n] != value)
			return false;
	}
	return true;
}

/*
 * An operation in progress must not be disturbed: anything but a status read, a reset above all, would damage what it
 * works on.
 */
static int wait_leftover(struct ofl_bank *ofl, uint8_t *status)
{
	int64_t started_ms = timeval_ms();
	bool told = false;
	while (*status & STATUS_BUSY) {
		int64_t waited_ms = timeval_ms() - started_ms;
		if (waited_ms > LEFTOVER_MS) {
			snprintf(ofl->why_unknown, sizeof(ofl->why_unknown),
					"the chip has been busy for %" PRId64 " s (status 0x%2.2x); "
					"a chip erase takes minutes: try again, or cycle its power",
					waited_ms / 1000, *status);
			return ERROR_FLASH_BUSY;
		}
		if (waited_ms > 1000 && !told) {
			told = true;
			LOG_INFO("ofl: %s: the chip is busy with an operation started earlier: waiting for it", ofl->bank->name);
		}
		int retval = read_status(ofl, status);
		if (retval != ERROR_OK)
			return retval;
	}
	return ERROR_OK;
}

static int read_jedec_id(struct ofl_bank *ofl)
{
	struct ofl_chip *chip = &ofl->chip;
	int retval = first_status(ofl, &chip->status);
	if (retval != ERROR_OK)
		return retval;
	if (chip->status == 0xff)
		retval = wake(ofl, &chip->status);
	if (retval == ERROR_OK && chip->status != 0xff)
		retval = wait_leftover(ofl, &chip->status);
	if (retval == ERROR_OK)
		retval = transfer(ofl, OFL_COMMAND(READ_JEDEC_ID, 0, 0), 0, chip->jedec_id, 3);
	if (retval == ERROR_OK && is_all(chip->jedec_id, 3, 0) && chip->status == 0) {
		/* Some parts drive 0 while they sleep, or the line is pulled low. */
		retval = wake(ofl, &chip->status);
		if (retval == ERROR_OK)
			retval = transfer(ofl, OFL_COMMAND(READ_JEDEC_ID, 0, 0), 0, chip->jedec_id, 3);
	}
	if (retval != ERROR_OK)
		return retval;
	for (unsigned int n = 0; n < 2; n++) {
		uint8_t value = n ? 0x00 : 0xff;
		if (!is_all(chip->jedec_id, 3, value))
			continue;
		snprintf(ofl->why_unknown, sizeof(ofl->why_unknown),
				"the chip does not answer: JEDEC id reads %02x%02x%02x. Is it "
				"connected and powered, are the pins, the chip select and the controller set up ('reset init')?",
				value, value, value);
		return ERROR_FLASH_BANK_INVALID;
	}
	return ERROR_OK;
}

static int read_sfdp_bytes(struct ofl_bank *ofl, uint32_t address, uint8_t *bytes, uint32_t length)
{
	uint32_t room = ofl->session.layout.ring_bytes;
	while (length) {
		uint32_t n = MIN(length, room);
		int retval = transfer(ofl, OFL_COMMAND(READ_SFDP, 3, 1), address, bytes, n);
		if (retval != ERROR_OK)
			return retval;
		address += n;
		bytes += n;
		length -= n;
	}
	return ERROR_OK;
}

/* Runs the detection commands that the table's sector map asks for, and picks the map. */
static int detect_map(struct ofl_bank *ofl, const uint8_t *bytes, size_t length, struct ofl_sfdp *sfdp, char *why,
		size_t why_size)
{
	uint8_t id = 0;
	for (unsigned int n = 0; n < sfdp->num_map_detect; n++) {
		uint8_t value;
		/* "Current mode": nothing has put the chip into 4-byte mode since it was recovered, except an application. */
		uint8_t address_bytes = sfdp->map_detect[n].address_bytes;
		if (sfdp->map_detect[n].dummy_bytes > 15) {
			snprintf(why, why_size,
					"which sector map is in force must be read with opcode %02x, whose latency is not known",
					sfdp->map_detect[n].opcode);
			return ERROR_FLASH_BANK_INVALID;
		}
		if (address_bytes == 0xff)
			address_bytes = 3;
		int retval =
				transfer(ofl, OFL_COMMAND(sfdp->map_detect[n].opcode, address_bytes, sfdp->map_detect[n].dummy_bytes),
						sfdp->map_detect[n].address, &value, 1);
		if (retval != ERROR_OK)
			return retval;
		id = id << 1 | ((value & sfdp->map_detect[n].mask) != 0);
	}
	if (ofl_sfdp_select_map(bytes, length, id, sfdp, why, why_size) != OFL_SFDP_OK)
		return ERROR_FLASH_BANK_INVALID;
	return ERROR_OK;
}

/* ERROR_OK with *present false: the chip has no table. */
static int read_sfdp(struct ofl_bank *ofl, bool *present)
{
	uint8_t *bytes = malloc(SFDP_MAX_BYTES);
	struct ofl_sfdp *sfdp = malloc(sizeof(*sfdp));
	size_t length = OFL_SFDP_READ_BYTES;
	char why[160] = "";
	int retval = ERROR_FAIL;

	*present = false;
	if (!bytes || !sfdp) {
		LOG_ERROR("ofl: out of memory");
		goto done;
	}
	/* The signature first: a chip without a table costs eight bytes. */
	retval = read_sfdp_bytes(ofl, 0, bytes, 8);
	if (retval != ERROR_OK || memcmp(bytes, "SFDP", 4) != 0)
		goto done;
	retval = read_sfdp_bytes(ofl, 0, bytes, length);
	if (retval != ERROR_OK)
		goto done;
	size_t need = 0;
	enum ofl_sfdp_result result = ofl_sfdp_parse(bytes, length, ofl->chip.jedec_id, sfdp, &need, why, sizeof(why));
	if (result == OFL_SFDP_NEED_MORE && need <= SFDP_MAX_BYTES) {
		retval = read_sfdp_bytes(ofl, length, bytes + length, need - length);
		if (retval != ERROR_OK)
			goto done;
		length = need;
		result = ofl_sfdp_parse(bytes, length, ofl->chip.jedec_id, sfdp, &need, why, sizeof(why));
	}
	if (result == OFL_SFDP_OK && sfdp->num_map_detect) {
		retval = detect_map(ofl, bytes, length, sfdp, why, sizeof(why));
		if (retval != ERROR_OK && retval != ERROR_FLASH_BANK_INVALID)
			goto done;
		if (retval != ERROR_OK)
			result = OFL_SFDP_MALFORMED;
	}
	if (result == OFL_SFDP_ABSENT)
		goto done;
	if (result == OFL_SFDP_OK) {
		for (unsigned int n = 0; n < sfdp->num_notes; n++)
			ofl_chip_note(&ofl->chip, "SFDP: %s", sfdp->note[n]);
		*present = ofl_chip_from_sfdp(&ofl->chip, sfdp, why, sizeof(why)) == ERROR_OK;
		ofl_lines_from_sfdp(&ofl->chip, sfdp);
	}
	retval = ERROR_OK;
	if (!*present) {
		/* Not the end: the part may be in the table, or the bank line may tell. */
		LOG_WARNING("ofl: %s: SFDP table not used: %s", ofl->bank->name, why);
		ofl_chip_note(&ofl->chip, "SFDP not used: %s", why);
		memset(&ofl->chip.geometry, 0, sizeof(ofl->chip.geometry));
	}

done:
	free(bytes);
	free(sfdp);
	return retval;
}

static int identify(struct ofl_bank *ofl)
{
	struct ofl_chip *chip = &ofl->chip;
	bool has_sfdp = false;

	memset(chip, 0, sizeof(*chip));
	chip->quad_enable = 0xff;
	ofl->why_unknown[0] = 0;
	int retval = read_jedec_id(ofl);
	if (retval == ERROR_OK)
		retval = read_sfdp(ofl, &has_sfdp);
	if (retval != ERROR_OK) {
		if (!ofl->why_unknown[0])
			snprintf(ofl->why_unknown, sizeof(ofl->why_unknown), "reading its identification failed, see above");
		return retval;
	}
	const char *name = ofl_chip_table_name(chip->jedec_id);
	snprintf(chip->name, sizeof(chip->name), "%s", name ? name : "unlisted part");

	bool by_hand = ofl->options.chip_bytes && ofl->options.num_erase_types;
	if (!has_sfdp && !by_hand) {
		retval = ofl_chip_from_table(chip, ofl->why_unknown, sizeof(ofl->why_unknown));
		if (retval != ERROR_OK)
			return retval;
	}
	retval = ofl_chip_apply_options(chip, &ofl->options, ofl->why_unknown, sizeof(ofl->why_unknown));
	return retval == ERROR_OK ? ofl_lines_choose(ofl) : retval;
}

/*
 * Error flags that stay until they are cleared would make the next operation fail, and some chips stay busy with them.
 * So before an operation, if an earlier user left some, and after one that failed.
 */
static int clear_errors(struct ofl_bank *ofl)
{
	const struct ofl_chip_errors *errors = ofl->chip.errors;
	char text[160];
	uint8_t value;

	if (!errors || !errors->clear_opcode)
		return ERROR_OK;
	int retval = transfer(ofl, OFL_COMMAND(errors->read_opcode, 0, 0), 0, &value, 1);
	if (retval != ERROR_OK || value == 0xff || !(value & (errors->program_mask | errors->erase_mask)))
		return retval;
	ofl_chip_error_text(&ofl->chip, value, text, sizeof(text));
	LOG_INFO("ofl: %s: the chip's error flags (0x%2.2x) are cleared%s", ofl->bank->name, value, text);
	retval = transfer(ofl, OFL_COMMAND(errors->clear_opcode, 0, 0), 0, NULL, 0);
	/* The latch stays set with them (Micron). */
	if (retval == ERROR_OK)
		retval = transfer(ofl, OFL_COMMAND(WRITE_DISABLE, 0, 0), 0, NULL, 0);
	return retval != ERROR_OK ? retval : read_status(ofl, &ofl->chip.status);
}

static int switch_4byte(struct ofl_bank *ofl, uint8_t opcode)
{
	int retval = ERROR_OK;
	if (ofl->chip.mode_4byte_wren)
		retval = transfer(ofl, OFL_COMMAND(0x06, 0, 0), 0, NULL, 0);
	if (retval == ERROR_OK)
		retval = transfer(ofl, OFL_COMMAND(opcode, 0, 0), 0, NULL, 0);
	return retval;
}

static int enter(struct ofl_bank *ofl)
{
	struct ofl_chip *chip = &ofl->chip;

	/* A previous command may have been cut off in the middle of an operation. */
	int retval = first_status(ofl, &chip->status);
	if (retval == ERROR_OK && chip->status == 0xff)
		retval = wake(ofl, &chip->status);
	if (retval == ERROR_OK && chip->status == 0xff) {
		LOG_ERROR("ofl: %s: the chip no longer answers (status reads ff); is it powered, are the pins still set up "
			"('reset init')?", ofl->bank->name);
		return ERROR_FLASH_OPERATION_FAILED;
	}
	if (retval == ERROR_OK)
		retval = clear_errors(ofl);
	if (retval == ERROR_OK)
		retval = wait_leftover(ofl, &chip->status);
	if (retval == ERROR_FLASH_BUSY)
		LOG_ERROR("ofl: %s: %s", ofl->bank->name, ofl->why_unknown);
	if (retval == ERROR_OK && chip->enter_4byte)
		retval = switch_4byte(ofl, chip->enter_4byte);
	if (retval == ERROR_OK && chip->exit_4byte)
		retval = switch_4byte(ofl, chip->exit_4byte);
	if (retval == ERROR_OK)
		retval = ofl_lines_check(ofl);
	return retval == ERROR_OK ? ofl_mapped_check(ofl) : retval;
}

static int leave_4byte(struct ofl_bank *ofl)
{
	bool needed = ofl_mapped_needs_4byte(ofl);
	if (!ofl->session.open || !ofl->session.area)
		return ERROR_OK;
	/* The application's mapped mode goes on as it was. */
	if (ofl->chip.exit_4byte && needed)
		return switch_4byte(ofl, ENTER_4BYTE);
	if (!ofl->chip.leave_4byte || needed)
		return ERROR_OK;
	int retval = switch_4byte(ofl, ofl->chip.leave_4byte);
	if (retval == ERROR_OK && ofl->chip.clear_extended) {
		uint8_t zero = 0;
		retval = transfer(ofl, OFL_COMMAND(0x06, 0, 0), 0, NULL, 0);
		if (retval == ERROR_OK)
			retval = transfer(ofl, OFL_COMMAND(0xc5, 0, 0) | OFL_COMMAND_DATA_OUT, 0, &zero, 1);
	}
	return retval;
}

static uint32_t error_mask(const struct ofl_chip *chip, bool erasing)
{
	const struct ofl_chip_errors *errors = chip->errors;

	if (!errors)
		return 0;
	return (erasing ? errors->erase_mask : errors->program_mask) | (errors->stays_busy ? OFL_ERROR_WHILE_BUSY : 0);
}

struct erase_progress {
	const struct ofl_erase_step *steps;
	int num_steps;
	uint64_t total_bytes, before_bytes;
};

static void report_erase(struct ofl_bank *ofl, const struct ofl_live *live, void *context)
{
	const struct erase_progress *progress = context;
	uint64_t bytes = progress->before_bytes;
	uint32_t done = live->done;
	for (int n = 0; n < progress->num_steps && done; n++) {
		uint32_t units = MIN(done, progress->steps[n].count);
		bytes += units * progress->steps[n].unit_bytes;
		done -= units;
	}
	ofl_progress(ofl, "erasing", bytes, progress->total_bytes);
}

/*
 * Worst case of one unit: three times the table's, at least 5 s; without a table Linux's 40 s for each 2 MiB, 5 s a
 * sector.
 */
static uint64_t erase_deadline_ms(const struct ofl_erase_step *step)
{
	uint64_t deadline_ms = 3ull * step->max_ms;
	if (!step->max_ms && step->chip_erase)
		deadline_ms = 40000 * (step->unit_bytes / (2 * 1024 * 1024) + 1);
	return MAX(deadline_ms, 5000);
}

static int erase_batch(struct ofl_bank *ofl, const struct ofl_erase_step *steps, int num_steps,
		struct erase_progress *progress)
{
	const struct ofl_chip *chip = &ofl->chip;
	uint32_t ring = ofl->session.layout.ring;
	struct ofl_erase_entry entries[16];
	const unsigned int entry_words = sizeof(entries[0]) / 4;
	int64_t deadline_ms = 0;

	for (int n = 0; n < num_steps; n++) {
		uint64_t unit_ms = erase_deadline_ms(&steps[n]);
		entries[n] = (struct ofl_erase_entry) {
			.address = steps[n].offset_bytes,
			.unit_bytes = steps[n].unit_bytes,
			.count = steps[n].count,
			.command = OFL_COMMAND(steps[n].opcode, steps[n].chip_erase ? 0 : chip->address_bytes, 0),
			.max_polls = ofl_session_polls(ofl, unit_ms * 1000),
		};
		/* The unit is read before and after its erase. */
		int64_t whole_ms = unit_ms + 2 * steps[n].unit_bytes * 1000 / SLOWEST_READ_RATE + 2000;
		deadline_ms = MAX(deadline_ms, whole_ms);
	}
	progress->steps = steps;
	progress->num_steps = num_steps;
	struct ofl_params *params = ofl_session_params(ofl, OFL_OP_ERASE);
	params->count = num_steps;
	params->error_mask = error_mask(chip, true);
	int retval = ofl_session_write_words(ofl, ring, (const uint32_t *)entries, num_steps * entry_words);
	if (retval == ERROR_OK)
		retval = ofl_session_run(ofl, "erasing", deadline_ms, report_erase, progress);
	if (retval != ERROR_OK)
		return retval;

	retval = ofl_session_read_words(ofl, ring, (uint32_t *)entries, num_steps * entry_words);
	for (int n = 0; retval == ERROR_OK && n < num_steps; n++) {
		uint32_t erased = steps[n].count - entries[n].skipped;
		ofl->stats.skipped_erases += entries[n].skipped;
		progress->before_bytes += steps[n].count * steps[n].unit_bytes;
		if (steps[n].chip_erase) {
			ofl->stats.chip_erases += erased;
			continue;
		}
		for (unsigned int type = 0; type < chip->geometry.num_erase_types; type++) {
			if (chip->geometry.erase[type].size_bytes == steps[n].unit_bytes)
				ofl->stats.erases[type] += erased;
		}
	}
	return retval;
}

static int erase(struct ofl_bank *ofl, uint64_t offset_bytes, uint64_t length_bytes)
{
	struct ofl_erase_step steps[8 * OFL_MAX_REGIONS];
	struct erase_progress progress = {.total_bytes = length_bytes};
	int batch = MIN(ofl->session.layout.ring_bytes / sizeof(struct ofl_erase_entry), 16);

	int num_steps = ofl_plan_erase(&ofl->chip.geometry, offset_bytes, length_bytes, steps, ARRAY_SIZE(steps));
	if (num_steps < 0) {
		LOG_ERROR("ofl: %s: 0x%" PRIx64 " bytes at 0x%" PRIx64 " are not whole sectors", ofl->bank->name, length_bytes,
			offset_bytes);
		return ERROR_FLASH_DST_BREAKS_ALIGNMENT;
	}
	for (int n = 0; n < num_steps; n += batch) {
		int retval = erase_batch(ofl, steps + n, MIN(batch, num_steps - n), &progress);
		if (retval != ERROR_OK)
			return retval;
	}
	return ERROR_OK;
}

static int program(struct ofl_bank *ofl, uint64_t offset_bytes, const uint8_t *data, uint32_t length)
{
	const struct ofl_chip *chip = &ofl->chip;
	struct ofl_ring_job job = {.what = "programming"};
	uint32_t missing;

	if (!ofl_plan_slots(ofl->session.layout.ring_bytes, chip->geometry.page_bytes, &job.slots, &missing)) {
		LOG_ERROR("ofl: the work area is %" PRIu32 " bytes too small for programming", missing);
		return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	}
	if (job.slots.piece_bytes < chip->program_once_bytes) {
		LOG_ERROR("ofl: %s: the work area has room for pieces of %" PRIu32
				" bytes, but this flash programs each unit of %" PRIu32 " bytes once; a larger work area is needed",
				ofl->bank->name, job.slots.piece_bytes, chip->program_once_bytes);
		return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	}
	if (job.slots.piece_bytes < chip->geometry.page_bytes)
		LOG_WARNING("ofl: %s: the work area is small: pages of %" PRIu32 " bytes are programmed in pieces of %" PRIu32
			", slower than the flash could", ofl->bank->name, chip->geometry.page_bytes, job.slots.piece_bytes);
	/* Three times what the table calls the worst case, because the table is only a proposal. */
	uint64_t page_us = chip->page_program_max_us ? 3ull * chip->page_program_max_us : 0;
	if (page_us < 20000)
		page_us = 20000;
	struct ofl_params *params = ofl_session_params(ofl, OFL_OP_PROGRAM);
	params->command = chip->program_command;
	params->error_mask = error_mask(chip, false);
	params->max_polls = ofl_session_polls(ofl, page_us);
	/* It is fed while the link is slow, so it is the flash or the stub that is being waited for. */
	job.stall_ms = 5000 + page_us / 500;
	return ofl_ring_program(ofl, &job, offset_bytes, data, length);
}

static int leave(struct ofl_bank *ofl, int retval)
{
	/* Best effort: what failed is told already. */
	if (retval == ERROR_FLASH_OPERATION_FAILED && ofl->session.open && ofl->session.area && !ofl->session.lost)
		clear_errors(ofl);
	int left = leave_4byte(ofl);
	return retval != ERROR_OK ? retval : left;
}

static int read_chip(struct ofl_bank *ofl, uint64_t offset_bytes, uint8_t *data, uint32_t length)
{
	if (ofl_mapped_covers(ofl, offset_bytes, length))
		return ofl_mapped_read(ofl, offset_bytes, data, length);
	return ofl_ring_read(ofl, offset_bytes, data, length);
}

static int blank(struct ofl_bank *ofl, uint64_t offset_bytes, uint32_t unit_bytes, uint32_t count, uint32_t *result)
{
	if (ofl_mapped_covers(ofl, offset_bytes, (uint64_t)count * unit_bytes))
		return ofl_mapped_blank(ofl, offset_bytes, unit_bytes, count, result);
	return ofl_check_units(ofl, OFL_OP_BLANK, offset_bytes, unit_bytes, count, result);
}

static int crc(struct ofl_bank *ofl, uint64_t offset_bytes, uint32_t unit_bytes, uint32_t count, uint32_t *result)
{
	return ofl_check_units(ofl, OFL_OP_CRC, offset_bytes, unit_bytes, count, result);
}

static void fill_params(struct ofl_bank *ofl, struct ofl_params *params)
{
	const struct ofl_chip *chip = &ofl->chip;
	params->command = chip->read_command;
	params->write_enable = OFL_COMMAND(0x06, 0, 0);
	params->latch_mask = 0x02;
	params->status_command = chip->status_command;
	params->busy_mask = chip->busy_mask;
	params->busy_invert = chip->busy_invert;
	params->error_command = chip->errors ? OFL_COMMAND(chip->errors->read_opcode, 0, 0) : 0;
	params->error_mask = 0;	/* program() and erase_batch() know which */
	memcpy(params->ctl, ofl->options.ctl, sizeof(params->ctl));
}

const struct ofl_backend ofl_spinor_backend = {
	.identify = identify,
	.enter = enter,
	.leave = leave,
	.erase = erase,
	.program = program,
	.read = read_chip,
	.blank = blank,
	.crc = crc,
	.compare = ofl_check_compare,
	.fill_params = fill_params,
};
