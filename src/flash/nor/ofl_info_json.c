// SPDX-License-Identifier: GPL-2.0-or-later

/* `ofl info BANK -json`: what `ofl info` says, for programs. One line. */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "ofl.h"

/* RFC 8259, section 7. Names come from files and chips; what is not ASCII becomes a question mark. */
static void print_string(struct command_invocation *cmd, const char *text)
{
	command_print_sameline(cmd, "\"");
	for (; *text; text++) {
		unsigned char c = *text;
		if (c == '"' || c == '\\')
			command_print_sameline(cmd, "\\%c", c);
		else if (c < ' ')
			command_print_sameline(cmd, "\\u%04x", c);
		else
			command_print_sameline(cmd, "%c", c < 0x7f ? c : '?');
	}
	command_print_sameline(cmd, "\"");
}

static void print_named(struct command_invocation *cmd, const char *name, const char *text)
{
	command_print_sameline(cmd, ", \"%s\": ", name);
	print_string(cmd, text);
}

static void print_sectors(struct command_invocation *cmd, const struct flash_bank *bank)
{
	command_print_sameline(cmd, ", \"sectors\": [");
	for (unsigned int n = 0; n < bank->num_sectors; ) {
		unsigned int count = 1;
		while (n + count < bank->num_sectors && bank->sectors[n + count].size == bank->sectors[n].size)
			count++;
		command_print_sameline(cmd, "%s{\"offset\": %" PRIu32 ", \"size\": %" PRIu32 ", \"count\": %u}", n ? ", " : "",
			bank->sectors[n].offset, bank->sectors[n].size, count);
		n += count;
	}
	command_print_sameline(cmd, "]");
}

static void print_chip(struct command_invocation *cmd, const struct ofl_bank *ofl)
{
	const struct ofl_chip *chip = &ofl->chip;

	print_named(cmd, "chip", chip->name);
	print_named(cmd, "geometry_from", ofl->foreign ? "loader file" : chip->source);
	if (!ofl->foreign) {
		command_print_sameline(cmd, ", \"jedec_id\": \"%02x%02x%02x\", \"address_bytes\": %u, \"status\": %u",
			chip->jedec_id[0], chip->jedec_id[1], chip->jedec_id[2], chip->address_bytes, chip->status);
		command_print_sameline(cmd, ", \"page_program_us\": {\"typical\": %" PRIu32 ", \"maximum\": %" PRIu32 "}",
			chip->page_program_typical_us, chip->page_program_max_us);
		if (chip->lines[0])
			print_named(cmd, "lines", chip->lines);
	}
	command_print_sameline(cmd, ", \"page_bytes\": %" PRIu32 ", \"erased_byte\": %u", chip->geometry.page_bytes,
		ofl->erased_byte);
	command_print_sameline(cmd, ", \"erase\": [");
	for (unsigned int n = 0; !ofl->foreign && n < chip->geometry.num_erase_types; n++) {
		const struct ofl_erase_type *type = &chip->geometry.erase[n];
		command_print_sameline(cmd, "%s{\"size\": %" PRIu32 ", \"opcode\": %u, \"typical_ms\": %" PRIu32
			", \"maximum_ms\": %" PRIu32 "}", n ? ", " : "", type->size_bytes, type->opcode, type->typical_ms,
			type->max_ms);
	}
	command_print_sameline(cmd, "], \"notes\": [");
	unsigned int count = ofl->foreign ? ofl_foreign_loader(ofl)->num_notes : chip->num_notes;
	for (unsigned int n = 0; n < count; n++) {
		command_print_sameline(cmd, "%s", n ? ", " : "");
		print_string(cmd, ofl->foreign ? ofl_foreign_loader(ofl)->note[n] : chip->note[n]);
	}
	command_print_sameline(cmd, "]");
}

void ofl_info_json(struct flash_bank *bank, struct command_invocation *cmd)
{
	const struct ofl_bank *ofl = ofl_from_bank(bank);
	char loader[64];

	command_print_sameline(cmd, "{\"bank\": ");
	print_string(cmd, bank->name);
	command_print_sameline(cmd, ", \"base\": %" PRIu64 ", \"size_bytes\": %" PRIu32 ", \"identified\": %s",
		(uint64_t)bank->base, bank->size, ofl->identified ? "true" : "false");
	if (!ofl->foreign)
		snprintf(loader, sizeof(loader), "spi:%s", ofl->options.controller->name);
	print_named(cmd, "loader", ofl->foreign ? ofl->options.path : loader);
	if (ofl->foreign)
		print_named(cmd, "format", ofl_format_text(ofl_foreign_loader(ofl)->format));
	if (ofl->identified) {
		print_chip(cmd, ofl);
		ofl_protect_json(bank, cmd);
	} else {
		print_named(cmd, "reason", ofl->why_unknown[0] ? ofl->why_unknown : "not probed");
	}
	print_sectors(cmd, bank);
	command_print_sameline(cmd, ", \"keepouts\": [");
	for (unsigned int n = 0; n < ofl->keepouts.count; n++) {
		const struct ofl_keepout *keepout = &ofl->keepouts.entry[n];
		command_print_sameline(cmd, "%s{\"offset\": %" PRIu64 ", \"length\": %" PRIu64, n ? ", " : "",
			keepout->offset_bytes, keepout->length_bytes);
		print_named(cmd, "label", keepout->label);
		command_print_sameline(cmd, "}");
	}
	command_print(cmd, "]}");
}
