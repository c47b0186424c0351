// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * `ofl bench`: what limits this setup. Measured: the link (adapter and debug port, into and out of the work area), the
 * flash read by the target alone (CRC; nothing but results over the link), and the flash read over the link.
 * Programming and erasing are not done; what the chip's own table says of them is printed as such. All by the host's
 * clock.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl.h"

/* Long enough that the host's clock of milliseconds does not matter. */
#define LEAST_MS		500
#define MOST_ROUNDS		4096
#define READ_BYTES		0x4000u

struct rate {
	uint64_t bytes;
	int64_t ms;
};

static void print_rate(struct command_invocation *cmd, const char *name, const struct rate *rate)
{
	command_print(cmd, "%s-kB/s: %.1f (%" PRIu64 " bytes in %" PRId64 " ms)", name,
		(double)rate->bytes / MAX(rate->ms, 1), rate->bytes, rate->ms);
}

static int measure_link(struct ofl_bank *ofl, bool write, uint8_t *bytes, struct rate *rate)
{
	uint32_t ring = ofl->session.layout.ring, length = ofl->session.layout.ring_bytes & ~3u;
	int64_t started_ms = timeval_ms();
	int retval = ERROR_OK;

	for (unsigned int n = 0; retval == ERROR_OK && rate->ms < LEAST_MS && n < MOST_ROUNDS; n++) {
		retval = write ? ofl_session_write(ofl, ring, bytes, length) : ofl_session_read(ofl, ring, bytes, length);
		rate->bytes += length;
		rate->ms = timeval_ms() - started_ms;
	}
	return retval;
}

static int measure_flash(struct ofl_bank *ofl, bool over_link, uint8_t *bytes, uint32_t size, struct rate *rate)
{
	uint32_t length = MIN(size, READ_BYTES), crc;
	int64_t started_ms = timeval_ms();
	int retval = ERROR_OK;

	for (uint32_t n = 0; retval == ERROR_OK && rate->ms < LEAST_MS && n < MOST_ROUNDS; n++) {
		uint64_t offset = (uint64_t)n * length % (size / length * length);
		retval = over_link ? ofl->backend->read(ofl, offset, bytes, length)
				: ofl->backend->crc(ofl, offset, length, 1, &crc);
		rate->bytes += length;
		rate->ms = timeval_ms() - started_ms;
	}
	return retval;
}

static void print_table(struct command_invocation *cmd, const struct ofl_bank *ofl)
{
	const struct ofl_chip *chip = &ofl->chip;

	if (!ofl->foreign && chip->page_program_typical_us)
		command_print(cmd, "chip-program-kB/s: %.1f (typical, by the chip's table: not measured)",
			chip->geometry.page_bytes * 1000.0 / chip->page_program_typical_us);
	for (unsigned int n = 0; !ofl->foreign && n < chip->geometry.num_erase_types; n++) {
		const struct ofl_erase_type *type = &chip->geometry.erase[n];
		if (type->typical_ms)
			command_print(cmd, "chip-erase-%" PRIu32 "-kB/s: %.1f (typical, by the chip's table: not measured)",
				type->size_bytes, (double)type->size_bytes / type->typical_ms);
	}
}

static int bench(struct ofl_bank *ofl, struct command_invocation *cmd)
{
	uint32_t size = MIN(ofl->bank->size, ofl->chip.geometry.size_bytes);
	uint8_t *bytes = calloc(1, MAX(ofl->session.layout.ring_bytes, READ_BYTES));
	struct rate write = {0}, read = {0}, flash = {0}, both = {0};
	bool readable = ofl_can_read(ofl);
	int retval = bytes && size ? ERROR_OK : ERROR_FAIL;

	if (retval == ERROR_OK)
		retval = measure_link(ofl, true, bytes, &write);
	if (retval == ERROR_OK)
		retval = measure_link(ofl, false, bytes, &read);
	if (retval == ERROR_OK && readable)
		retval = measure_flash(ofl, false, bytes, size, &flash);
	if (retval == ERROR_OK && readable)
		retval = measure_flash(ofl, true, bytes, size, &both);
	free(bytes);
	if (retval != ERROR_OK)
		return retval;
	print_rate(cmd, "link-write", &write);
	print_rate(cmd, "link-read", &read);
	if (readable) {
		print_rate(cmd, "flash-read-on-target", &flash);
		print_rate(cmd, "flash-read-over-link", &both);
	}
	print_table(cmd, ofl);
	return ERROR_OK;
}

COMMAND_HANDLER(ofl_handle_bench)
{
	struct flash_bank *bank;

	if (CMD_ARGC != 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = ofl_get_bank(CMD_ARGV[0], &bank);
	if (retval == ERROR_OK)
		retval = ofl_begin(bank);
	if (retval != ERROR_OK)
		return retval;
	return ofl_end(bank, bench(ofl_from_bank(bank), CMD));
}

const struct command_registration ofl_bench_handlers[] = {
	{
		.name = "bench",
		.handler = ofl_handle_bench,
		.mode = COMMAND_EXEC,
		.usage = "bank_id",
		.help = "Measure the link and the reading of the flash; changes nothing",
	},
	COMMAND_REGISTRATION_DONE
};
