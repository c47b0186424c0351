// SPDX-License-Identifier: GPL-2.0-or-later

/* The commands `ofl ...` and what `flash info` says. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ofl.h"

static const char *region_text(const struct ofl_geometry *geometry, char *text, size_t text_size)
{
	size_t used = 0;
	text[0] = 0;
	for (unsigned int n = 0; n < geometry->num_regions && used < text_size; n++) {
		const struct ofl_region *region = &geometry->region[n];
		used += snprintf(text + used, text_size - used, "%s0x%" PRIx64 "-0x%" PRIx64 ":", n ? " " : "",
				region->offset_bytes, region->offset_bytes + region->size_bytes - 1);
		for (unsigned int type = 0; type < geometry->num_erase_types && used < text_size; type++) {
			if (region->erase_mask >> type & 1)
				used += snprintf(text + used, text_size - used, "%" PRIu32 ",", geometry->erase[type].size_bytes);
		}
		if (used > 0 && used < text_size && text[used - 1] == ',')
			text[--used] = 0;
	}
	return text;
}

static void info_foreign(const struct flash_bank *bank, struct command_invocation *cmd)
{
	const struct ofl_bank *ofl = ofl_from_bank(bank);
	const struct ofl_loader *loader = ofl_foreign_loader(ofl);
	char functions[400] = "";
	size_t used = 0;

	command_print(cmd, "loader: %s", ofl->options.path);
	command_print(cmd, "format: %s", ofl_format_text(loader->format));
	command_print(cmd, "chip: %s", loader->device_name);
	command_print(cmd, "device-type: %s", loader->device_type_text);
	command_print(cmd, "geometry-from: loader file");
	command_print(cmd, "size-bytes: %" PRIu32, bank->size);
	command_print(cmd, "page-bytes: %" PRIu32, loader->page_bytes);
	command_print(cmd, "erased-byte: 0x%2.2x", loader->erased_byte);
	/* Runs of equal sectors, as the bank has them. */
	for (unsigned int n = 0; n < bank->num_sectors; ) {
		unsigned int count = 1;
		while (n + count < bank->num_sectors && bank->sectors[n + count].size == bank->sectors[n].size)
			count++;
		command_print(cmd, "sectors: %u of %" PRIu32 " bytes from offset 0x%" PRIx32, count, bank->sectors[n].size,
			bank->sectors[n].offset);
		n += count;
	}
	for (unsigned int id = 0; id < OFL_NUM_FUNCTIONS && used < sizeof(functions); id++) {
		if (loader->function[id].name)
			used += snprintf(functions + used, sizeof(functions) - used, " %s", loader->function[id].name);
	}
	command_print(cmd, "functions:%s", functions);
	command_print(cmd, "read-by: %s", ofl->options.has_map || loader->mapped_read ? "memory"
			: loader->function[OFL_FN_READ].name ? loader->function[OFL_FN_READ].name : "nothing");
	command_print(cmd, "ram: 0x%8.8" PRIx32 "-0x%8.8" PRIx32 "%s", loader->low, loader->high - 1,
		loader->position_independent ? " as linked, runs anywhere"
		: loader->relocatable ? " as linked, can be moved" : "");
	for (unsigned int n = 0; n < loader->num_notes; n++)
		command_print(cmd, "note: %s", loader->note[n]);
}

static void info_keepouts(const struct ofl_bank *ofl, struct command_invocation *cmd)
{
	for (unsigned int n = 0; n < ofl->keepouts.count; n++) {
		const struct ofl_keepout *keepout = &ofl->keepouts.entry[n];
		command_print(cmd, "keep-out: 0x%8.8" PRIx64 "-0x%8.8" PRIx64 "%s%s", keepout->offset_bytes,
			keepout->offset_bytes + keepout->length_bytes - 1, keepout->label[0] ? " " : "", keepout->label);
	}
}

static void info_built_in(const struct flash_bank *bank, struct command_invocation *cmd)
{
	const struct ofl_bank *ofl = ofl_from_bank(bank);
	const struct ofl_chip *chip = &ofl->chip;
	const struct ofl_geometry *geometry = &chip->geometry;
	char text[512];

	command_print(cmd, "loader: spi:%s", ofl->options.controller->name);
	if (!ofl->identified) {
		command_print(cmd, "chip: unknown");
		command_print(cmd, "reason: %s", ofl->why_unknown[0] ? ofl->why_unknown : "not probed");
		return;
	}
	command_print(cmd, "chip: %s", chip->name);
	command_print(cmd, "jedec-id: %02x%02x%02x", chip->jedec_id[0], chip->jedec_id[1], chip->jedec_id[2]);
	command_print(cmd, "geometry-from: %s", chip->source);
	command_print(cmd, "size-bytes: %" PRIu64, geometry->size_bytes);
	command_print(cmd, "page-bytes: %" PRIu32, geometry->page_bytes);
	if (chip->page_program_max_us)
		command_print(cmd, "page-program-us: %" PRIu32 " typical, %" PRIu32 " maximum", chip->page_program_typical_us,
			chip->page_program_max_us);
	for (unsigned int n = 0; n < geometry->num_erase_types; n++) {
		const struct ofl_erase_type *type = &geometry->erase[n];
		if (type->max_ms)
			command_print(cmd, "erase: %" PRIu32 " bytes, opcode %02x, %" PRIu32 " ms typical, %" PRIu32 " ms maximum",
				type->size_bytes, type->opcode, type->typical_ms, type->max_ms);
		else
			command_print(cmd, "erase: %" PRIu32 " bytes, opcode %02x, time unknown", type->size_bytes, type->opcode);
	}
	if (geometry->chip_erase_opcode && geometry->chip_erase_max_ms)
		command_print(cmd, "chip-erase: opcode %02x, %" PRIu32 " ms typical, %" PRIu32 " ms maximum",
			geometry->chip_erase_opcode, geometry->chip_erase_typical_ms, geometry->chip_erase_max_ms);
	if (geometry->num_regions > 1)
		command_print(cmd, "regions: %s", region_text(geometry, text, sizeof(text)));
	command_print(cmd, "address-bytes: %u%s", chip->address_bytes, chip->enter_4byte ? " (by mode)" : "");
	command_print(cmd, "read-opcode: %02" PRIx32, chip->read_command & 0xff);
	command_print(cmd, "program-opcode: %02" PRIx32, chip->program_command & 0xff);
	if (chip->lines[0])
		command_print(cmd, "lines: %s", chip->lines);
	command_print(cmd, "status: %02x", chip->status);
	if (chip->status & 0x1c && !chip->protect)
		command_print(cmd, "warning: block protection bits are set in the status register (BP = %u)",
				chip->status >> 2 & 7);
	for (unsigned int n = 0; n < chip->num_notes; n++)
		command_print(cmd, "note: %s", chip->note[n]);
}

int ofl_info(struct flash_bank *bank, struct command_invocation *cmd)
{
	if (ofl_from_bank(bank)->foreign)
		info_foreign(bank, cmd);
	else
		info_built_in(bank, cmd);
	ofl_protect_info(bank, cmd);
	info_keepouts(ofl_from_bank(bank), cmd);
	return ERROR_OK;
}

int ofl_find_bank(const char *name, struct flash_bank **result)
{
	struct flash_bank *bank = get_flash_bank_by_name_noprobe(name);
	unsigned int number;

	if (!bank && isdigit((unsigned char)name[0]) && parse_uint(name, &number) == ERROR_OK &&
			number < flash_get_bank_count())
		bank = get_flash_bank_by_num_noprobe(number);
	if (!bank) {
		LOG_ERROR("ofl: there is no flash bank '%s'", name);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	if (!ofl_is_ours(bank)) {
		LOG_ERROR("ofl: bank %s has the driver %s, not ofl", bank->name, bank->driver->name);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	*result = bank;
	return ERROR_OK;
}

int ofl_get_bank(const char *name, struct flash_bank **result)
{
	int retval = ofl_find_bank(name, result);
	return retval != ERROR_OK ? retval : (*result)->driver->auto_probe(*result);
}

static int get_bank(struct command_invocation *cmd, struct flash_bank **result)
{
	return ofl_get_bank(CMD_ARGV[0], result);
}

COMMAND_HANDLER(ofl_handle_info)
{
	struct flash_bank *bank;
	bool json = CMD_ARGC == 2 && strcmp(CMD_ARGV[1], "-json") == 0;
	if (CMD_ARGC != 1 && !json)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = get_bank(CMD, &bank);
	if (retval != ERROR_OK)
		return retval;
	/* As it is now, where that can be read. */
	if (bank->target->state == TARGET_HALTED)
		ofl_protect_check(bank);
	if (json) {
		ofl_info_json(bank, CMD);
		return ERROR_OK;
	}
	command_print(CMD, "bank: %s", bank->name);
	command_print(CMD, "base: " TARGET_ADDR_FMT, bank->base);
	return ofl_info(bank, CMD);
}

/*
 * Commands that cannot change the array on any chip that is known: reads of data, ids, SFDP and status registers, write
 * enable and disable, wake-up.
 */
static bool reads_only(uint8_t opcode)
{
	static const uint8_t opcodes[] = {0x03, 0x04, 0x05, 0x06, 0x07, 0x0b, 0x0c, 0x13, 0x15, 0x2b, 0x35, 0x4b,
		0x5a, 0x70, 0x90, 0x9e, 0x9f, 0xab, 0xb5, 0xc8};
	return memchr(opcodes, opcode, sizeof(opcodes));
}

COMMAND_HANDLER(ofl_handle_spi)
{
	struct flash_bank *bank;
	uint8_t bytes[260];
	uint8_t response[256];
	unsigned int num_response;

	if (CMD_ARGC < 3)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = get_bank(CMD, &bank);
	if (retval != ERROR_OK)
		return retval;
	COMMAND_PARSE_NUMBER(uint, CMD_ARGV[1], num_response);
	if (num_response > sizeof(response) || CMD_ARGC - 2 > sizeof(bytes)) {
		LOG_ERROR("ofl: at most %zu bytes each way", sizeof(response));
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	for (unsigned int n = 2; n < CMD_ARGC; n++)
		COMMAND_PARSE_NUMBER(u8, CMD_ARGV[n], bytes[n - 2]);

	struct ofl_bank *ofl = ofl_from_bank(bank);
	if (ofl->foreign) {
		LOG_ERROR("ofl: %s: a loader file has no function for SPI commands; 'ofl spi' works with built-in loaders only",
			bank->name);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	if (ofl->keepouts.count && !reads_only(bytes[0])) {
		LOG_ERROR("ofl: %s: the bank has keep-outs, and command 0x%2.2x is none that only reads; "
			"'ofl keepout %s clear' takes them away", bank->name, bytes[0], bank->name);
		return ERROR_FLASH_PROTECTED;
	}
	retval = ofl_session_open(ofl);
	if (retval != ERROR_OK)
		return retval;
	retval = ofl_session_close(ofl, ofl_spinor_raw(ofl, bytes, CMD_ARGC - 2, response, num_response));
	if (retval != ERROR_OK || !num_response)
		return retval;
	for (unsigned int n = 0; n < num_response; n++)
		command_print_sameline(CMD, "%s%02x", n ? " " : "", response[n]);
	command_print(CMD, "%s", "");
	return ERROR_OK;
}

static void print_rate(struct command_invocation *cmd, const char *what, uint64_t bytes, int64_t time_ms)
{
	command_print(cmd, "%s-bytes: %" PRIu64, what, bytes);
	command_print(cmd, "%s-seconds: %.3f", what, time_ms / 1000.0);
	if (time_ms)
		command_print(cmd, "%s-kB/s: %" PRIu64, what, bytes / time_ms);
}

COMMAND_HANDLER(ofl_handle_stats)
{
	struct flash_bank *bank;
	if (CMD_ARGC < 1 || CMD_ARGC > 2)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = get_bank(CMD, &bank);
	if (retval != ERROR_OK)
		return retval;
	struct ofl_bank *ofl = ofl_from_bank(bank);
	struct ofl_stats *stats = &ofl->stats;
	if (CMD_ARGC == 2) {
		if (strcmp(CMD_ARGV[1], "reset") != 0)
			return ERROR_COMMAND_SYNTAX_ERROR;
		memset(stats, 0, sizeof(*stats));
		return ERROR_OK;
	}
	print_rate(CMD, "programmed", stats->programmed_bytes, stats->program_ms);
	command_print(CMD, "programmed-pages: %" PRIu64, stats->pieces);
	command_print(CMD, "blank-pages-skipped: %" PRIu64, stats->blank_pieces);
	for (unsigned int n = 0; n < ofl->chip.geometry.num_erase_types; n++)
		command_print(CMD, "erases-%" PRIu32 ": %" PRIu64, ofl->chip.geometry.erase[n].size_bytes, stats->erases[n]);
	if (ofl->foreign)
		command_print(CMD, "erases-sectors: %" PRIu64, stats->sector_erases);
	command_print(CMD, "erases-chip: %" PRIu64, stats->chip_erases);
	command_print(CMD, "erases-skipped-blank: %" PRIu64, stats->skipped_erases);
	command_print(CMD, "erase-seconds: %.3f", stats->erase_ms / 1000.0);
	print_rate(CMD, "read", stats->read_bytes, stats->read_ms);
	print_rate(CMD, "checked", stats->checked_bytes, stats->check_ms);
	if (ofl->foreign) {
		command_print(CMD, "loader-calls: %" PRIu64, stats->calls);
		if (stats->boots)
			command_print(CMD, "loader-boots: %" PRIu64, stats->boots);
		if (stats->wakes)
			command_print(CMD, "loader-wakes: %" PRIu64, stats->wakes);
		command_print(CMD, "loader-longest-call-ms: %" PRId64, stats->longest_call_ms);
		if (stats->stack_used_bytes)
			command_print(CMD, "loader-stack-used-bytes: %" PRIu32, stats->stack_used_bytes);
	}
	command_print(CMD, "stub-runs: %" PRIu64, stats->runs);
	command_print(CMD, "stub-uploads: %" PRIu64, stats->uploads);
	command_print(CMD, "link-transfers: %" PRIu64, stats->transfers);
	return ERROR_OK;
}

static void print_line(void *context, const char *text)
{
	struct command_invocation *cmd = context;
	command_print(cmd, "%s", text);
}

COMMAND_HANDLER(ofl_handle_check)
{
	struct ofl_report_options options = {0};
	struct ofl_file_error error = {0};
	struct ofl_loader loader;
	uint8_t *bytes;
	size_t length;

	if (CMD_ARGC != 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = ofl_foreign_read_file(CMD_ARGV[0], &bytes, &length);
	if (retval != ERROR_OK)
		return retval;
	struct target *target = get_current_target_or_null(CMD_CTX);
	if (target && target->working_area_phys_spec) {
		options.work_area_address = target->working_area_phys;
		options.work_area_bytes = target->working_area_size;
	}
	options.target_is_v6m = target && ofl_cortexm_is_v6m(target);
	/* In the words of ofl-check. */
	command_print(CMD, "file: %s", CMD_ARGV[0]);
	command_print(CMD, "bytes: %zu", length);
	if (ofl_loader_read(&loader, bytes, length, &error)) {
		if (!ofl_loader_report(&loader, &options, print_line, CMD))
			retval = ERROR_FAIL;
		ofl_loader_free(&loader);
	} else {
		command_print(CMD, "format: %s", ofl_nxflat_recognises(bytes, length) ? "NXFLAT module"
				: ofl_loader_recognises(bytes, length) ? "ELF" : "unknown");
		command_print(CMD, "error: %s (offset 0x%zx)", error.text, error.offset);
		retval = ERROR_FAIL;
	}
	command_print(CMD, "result: %s", retval == ERROR_OK ? "usable" : "not usable");
	free(bytes);
	return retval;
}

COMMAND_HANDLER(ofl_handle_trace)
{
	struct flash_bank *bank;
	if (CMD_ARGC != 2)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = get_bank(CMD, &bank);
	if (retval != ERROR_OK)
		return retval;
	COMMAND_PARSE_ON_OFF(CMD_ARGV[1], ofl_from_bank(bank)->trace);
	return ERROR_OK;
}

static const struct command_registration ofl_subcommand_handlers[] = {
	{
		.name = "check",
		.handler = ofl_handle_check,
		.mode = COMMAND_ANY,
		.usage = "file",
		.help = "Say what a loader file is, what it needs, and what is wrong with it",
	},
	{
		.name = "info",
		.handler = ofl_handle_info,
		.mode = COMMAND_EXEC,
		.usage = "bank_id ['-json']",
		.help = "Say what is known of the chip and how it is operated",
	},
	{
		.name = "spi",
		.handler = ofl_handle_spi,
		.mode = COMMAND_EXEC,
		.usage = "bank_id num_resp byte ...",
		.help = "Send bytes to the chip (opcode first) and print num_resp bytes of its answer",
	},
	{
		.name = "stats",
		.handler = ofl_handle_stats,
		.mode = COMMAND_EXEC,
		.usage = "bank_id ['reset']",
		.help = "Say what was done since the start or the last reset of the counters",
	},
	{
		.name = "trace",
		.handler = ofl_handle_trace,
		.mode = COMMAND_EXEC,
		.usage = "bank_id ('on'|'off')",
		.help = "Print a line for each run of the stub, or each call of a loader file's functions",
	},
	{
		.chain = ofl_range_handlers,
	},
	{
		.chain = ofl_bracket_handlers,
	},
	{
		.chain = ofl_program_handlers,
	},
	{
		.chain = ofl_access_handlers,
	},
	{
		.chain = ofl_bench_handlers,
	},
	COMMAND_REGISTRATION_DONE
};

const struct command_registration ofl_command_handlers[] = {
	{
		.name = "ofl",
		.mode = COMMAND_ANY,
		.help = "flash programmed by an on-target loader",
		.usage = "",
		.chain = ofl_subcommand_handlers,
	},
	COMMAND_REGISTRATION_DONE
};
