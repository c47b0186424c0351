// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * From what is known of a chip (its SFDP table, OpenOCD's table of parts, the bank line) to how it is operated:
 * geometry, opcodes, address width, status register. No target.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <stdarg.h>

#include "ofl.h"
#include "ofl_sfdp.h"
#include "spi.h"

#define READ			0x03
#define READ_4BYTE		0x13
#define PAGE_PROGRAM		0x02
#define PAGE_PROGRAM_4BYTE	0x12
#define CHIP_ERASE		0xc7

#define THREE_BYTE_LIMIT	(16ull * 1024 * 1024)

void ofl_chip_note(struct ofl_chip *chip, const char *format, ...)
{
	va_list args;
	if (chip->num_notes == ARRAY_SIZE(chip->note))
		return;
	va_start(args, format);
	vsnprintf(chip->note[chip->num_notes++], sizeof(chip->note[0]), format, args);
	va_end(args);
}

static const struct flash_device *find_device(const uint8_t jedec_id[3])
{
	uint32_t id = jedec_id[0] | jedec_id[1] << 8 | jedec_id[2] << 16;
	for (const struct flash_device *device = flash_devices; device->name; device++) {
		if (device->device_id == id)
			return device;
	}
	return NULL;
}

const char *ofl_chip_table_name(const uint8_t jedec_id[3])
{
	const struct flash_device *device = find_device(jedec_id);
	return device ? device->name : NULL;
}

static void sort_erase_types(struct ofl_geometry *geometry)
{
	/* Regions refer to the types by number: at most four, so each swap swaps the bits as well. */
	for (unsigned int i = 1; i < geometry->num_erase_types; i++) {
		for (unsigned int k = i; k > 0 && geometry->erase[k].size_bytes < geometry->erase[k - 1].size_bytes; k--) {
			struct ofl_erase_type type = geometry->erase[k];
			geometry->erase[k] = geometry->erase[k - 1];
			geometry->erase[k - 1] = type;
			for (unsigned int r = 0; r < geometry->num_regions; r++) {
				uint8_t mask = geometry->region[r].erase_mask;
				uint8_t both = 3u << (k - 1);
				uint8_t swapped = (mask >> 1 & 1u << (k - 1)) | (mask << 1 & 1u << k);
				geometry->region[r].erase_mask = (mask & ~both) | (swapped & both);
			}
		}
	}
}

static void one_region(struct ofl_geometry *geometry)
{
	geometry->num_regions = 1;
	geometry->region[0] = (struct ofl_region) {
		.size_bytes = geometry->size_bytes,
		.erase_mask = (1u << geometry->num_erase_types) - 1,
	};
}

/* Cuts everything behind `size_bytes` off. */
static void limit_size(struct ofl_geometry *geometry, uint64_t size_bytes)
{
	geometry->size_bytes = size_bytes;
	/* A chip erase would reach what is behind the limit. */
	geometry->chip_erase_opcode = 0;
	while (geometry->num_regions > 1 && geometry->region[geometry->num_regions - 1].offset_bytes >= size_bytes)
		geometry->num_regions--;
	struct ofl_region *last = &geometry->region[geometry->num_regions - 1];
	if (last->offset_bytes + last->size_bytes > size_bytes)
		last->size_bytes = size_bytes - last->offset_bytes;
}

static void use_addresses(struct ofl_chip *chip, uint8_t address_bytes, uint8_t read, uint8_t program)
{
	chip->address_bytes = address_bytes;
	chip->read_command = OFL_COMMAND(read, address_bytes, 0);
	chip->program_command = OFL_COMMAND(program, address_bytes, 0) | OFL_COMMAND_DATA_OUT;
}

static void default_status(struct ofl_chip *chip)
{
	chip->status_command = OFL_COMMAND(0x05, 0, 0);
	chip->busy_mask = 0x01;
	chip->busy_invert = 0;
	chip->errors = NULL;
}

/*
 * S25FL-L: SR2, and not SR1, whose same bits protect blocks. [mail of Infineon's maintainer to linux-mtd, 2022] While
 * one is set WIP stays 1, until CLSR, at least on the S25FL-S. [its data sheet, quoted in the log of Linux' "mtd:
 * spi-nor: Recover from Spansion/Cypress errors"]
 */
static const struct ofl_chip_errors s25fl_l_errors = {
	.name = "status register 2 (07h)", .read_opcode = 0x07, .program_mask = 0x20, .erase_mask = 0x40,
	.clear_opcode = 0x30, .stays_busy = true,
	.bit = { { 0x20, "P_ERR, a program failed" }, { 0x40, "E_ERR, an erase failed" } },
};

/* N25Q256A rev. W, "Flag Status Register": the flags stay until 50h. Bit 7 = ready. */
static const struct ofl_chip_errors micron_errors = {
	.name = "flag status register (70h)", .read_opcode = 0x70, .program_mask = 0x12, .erase_mask = 0x22,
	.clear_opcode = 0x50, .bit = { { 0x10, "a program failed" }, { 0x20, "an erase failed" },
		{ 0x02, "the block is protected" } },
};

/* MX25L12835F rev. 1.0, "Read Security Register": each flag is of the last operation of its kind. */
static const struct ofl_chip_errors macronix_errors = {
	.name = "security register (2Bh)", .read_opcode = 0x2b, .program_mask = 0x20, .erase_mask = 0x40,
	.bit = { { 0x20, "P_FAIL, a program failed" }, { 0x40, "E_FAIL, an erase failed" } },
};

void ofl_chip_error_text(const struct ofl_chip *chip, uint32_t value, char *text, size_t text_size)
{
	size_t used = 0;

	text[0] = 0;
	for (unsigned int n = 0; chip->errors && n < ARRAY_SIZE(chip->errors->bit) && used < text_size; n++) {
		if (!(value & chip->errors->bit[n].mask))
			continue;
		if (!used)
			used = snprintf(text, text_size, "; the %s says: ", chip->errors->name);
		else
			used += snprintf(text + used, text_size - used, ", ");
		if (used < text_size)
			used += snprintf(text + used, text_size - used, "%s", chip->errors->bit[n].name);
	}
}

/* Some parts say in a register of their own that a program or erase failed. */
static void part_errors(struct ofl_chip *chip)
{
	const uint8_t *id = chip->jedec_id;
	if (id[0] == 0x01 && id[1] == 0x60) {
		chip->errors = &s25fl_l_errors;
	} else if (id[0] == 0xc2 && (id[1] == 0x20 || id[1] == 0x25 || id[1] == 0x28) &&
			ofl_protect_is_newer(&chip->protect_hint)) {
		chip->errors = &macronix_errors;
	} else if (id[0] == 0x20 && (id[1] == 0xba || id[1] == 0xbb)) {
		chip->errors = &micron_errors;
		chip->status_command = OFL_COMMAND(0x70, 0, 0);
		chip->busy_mask = 0x80;
		chip->busy_invert = 0x80;
	}
}

static bool has_4byte_erase(const struct ofl_sfdp *sfdp)
{
	for (unsigned int n = 0; n < OFL_SFDP_MAX_ERASE_TYPES; n++) {
		if (sfdp->erase[n].size_bytes && sfdp->erase[n].opcode_4byte)
			return true;
	}
	return false;
}

/* Returns whether the erase types' 4-byte opcodes are the ones to use. */
static bool choose_addresses(struct ofl_chip *chip, const struct ofl_sfdp *sfdp)
{
	if (sfdp->address_bytes == 4 || (sfdp->routes_4byte & OFL_SFDP_4B_ALWAYS)) {
		use_addresses(chip, 4, READ, PAGE_PROGRAM);
		return false;
	}
	if (chip->geometry.size_bytes <= THREE_BYTE_LIMIT) {
		use_addresses(chip, 3, READ, PAGE_PROGRAM);
		return false;
	}
	/* Opcodes of their own first: they work whatever mode the application has left the chip in, and leave it there. */
	if ((sfdp->routes_4byte & OFL_SFDP_4B_OPCODES) && sfdp->read_4byte && sfdp->program_4byte &&
			has_4byte_erase(sfdp)) {
		use_addresses(chip, 4, sfdp->read_4byte, sfdp->program_4byte);
		return true;
	}
	if (sfdp->routes_4byte & (OFL_SFDP_4B_ENTER_B7 | OFL_SFDP_4B_ENTER_WREN_B7)) {
		use_addresses(chip, 4, READ, PAGE_PROGRAM);
		chip->enter_4byte = 0xb7;
		chip->leave_4byte = 0xe9;
		chip->mode_4byte_wren = !(sfdp->routes_4byte & OFL_SFDP_4B_ENTER_B7);
		ofl_chip_note(chip, "4-byte addresses by mode (B7h/E9h): the chip is left in 3-byte mode");
		return false;
	}
	use_addresses(chip, 3, READ, PAGE_PROGRAM);
	limit_size(&chip->geometry, THREE_BYTE_LIMIT);
	ofl_chip_note(chip, "no supported way to 4-byte addresses (routes %02x): only the first 16 MiB are reachable",
		sfdp->routes_4byte);
	return false;
}

static int check_geometry(const struct ofl_chip *chip, char *why, size_t why_size)
{
	const char *fault = ofl_geometry_fault(&chip->geometry);
	if (!fault)
		return ERROR_OK;
	snprintf(why, why_size, "the geometry from %s cannot be used: %s", chip->source, fault);
	return ERROR_FLASH_BANK_INVALID;
}

int ofl_chip_from_sfdp(struct ofl_chip *chip, const struct ofl_sfdp *sfdp, char *why, size_t why_size)
{
	struct ofl_geometry *geometry = &chip->geometry;

	chip->source = "SFDP";
	chip->protect_hint = (struct ofl_protect_hint) {.sfdp_dwords = sfdp->bfpt_dwords, .quad_444 = sfdp->quad_444};
	default_status(chip);
	memset(geometry, 0, sizeof(*geometry));
	geometry->size_bytes = sfdp->size_bytes;
	geometry->page_bytes = sfdp->page_bytes ? sfdp->page_bytes : 256;
	if (!sfdp->page_bytes)
		ofl_chip_note(chip, "the table does not say the page size (JESD216 1.0): 256 bytes assumed");
	chip->page_program_typical_us = sfdp->page_program_typical_us;
	chip->page_program_max_us = sfdp->page_program_max_us;
	geometry->chip_erase_opcode = CHIP_ERASE;
	geometry->chip_erase_typical_ms = sfdp->chip_erase_typical_ms;
	geometry->chip_erase_max_ms = sfdp->chip_erase_max_ms;
	geometry->num_regions = sfdp->num_regions;
	for (unsigned int n = 0; n < sfdp->num_regions; n++) {
		geometry->region[n].offset_bytes = sfdp->region[n].offset_bytes;
		geometry->region[n].size_bytes = sfdp->region[n].size_bytes;
	}

	if (!geometry->num_regions)
		one_region(geometry);
	bool opcodes_4byte = choose_addresses(chip, sfdp);
	for (unsigned int n = 0; n < OFL_SFDP_MAX_ERASE_TYPES; n++) {
		const struct ofl_sfdp_erase_type *type = &sfdp->erase[n];
		if (!type->size_bytes || (opcodes_4byte && !type->opcode_4byte))
			continue;
		if (type->step_bytes && type->step_bytes < type->size_bytes) {
			ofl_chip_note(chip, "erase opcode %02x not used: the table gives it two sizes, %" PRIu32 " and %" PRIu32
				"; -erase {SIZE OPCODE} says which", type->opcode, type->step_bytes, type->size_bytes);
			continue;
		}
		unsigned int index = geometry->num_erase_types++;
		geometry->erase[index] = (struct ofl_erase_type) {
			.size_bytes = type->size_bytes,
			.opcode = opcodes_4byte ? type->opcode_4byte : type->opcode,
			.typical_ms = type->typical_ms,
			.max_ms = type->max_ms,
		};
		for (unsigned int r = 0; r < geometry->num_regions; r++) {
			if (!sfdp->num_regions || (sfdp->region[r].erase_mask >> n & 1))
				geometry->region[r].erase_mask |= 1u << index;
		}
	}
	if (!sfdp->num_regions)
		geometry->region[0].erase_mask = (1u << geometry->num_erase_types) - 1;
	sort_erase_types(geometry);
	chip->clear_extended = sfdp->clear_extended_on_exit;
	chip->program_once_bytes = sfdp->program_once_bytes;
	if (sfdp->locked_at_power_up)
		ofl_chip_note(chip, "all blocks are locked at power-up; unlock: 'ofl spi BANK 0 0x06', 'ofl spi BANK 0 0x98'");
	if (sfdp->num_dies > 1)
		ofl_chip_note(chip, "%u dies with a status register each: operations on the others are not seen",
				sfdp->num_dies);
	part_errors(chip);
	if (sfdp->busy_by_flag_status && !chip->errors) {
		chip->status_command = OFL_COMMAND(0x70, 0, 0);
		chip->busy_mask = 0x80;
		chip->busy_invert = 0x80;
	}
	return check_geometry(chip, why, why_size);
}

/*
 * Parts of which OpenOCD's table knows one erase size only, for chips without a usable SFDP table. Times of the
 * S25FL064L: the maker's DW10 (see ofl_sfdp_quirks.c).
 */
static const struct own_part {
	uint8_t jedec_id[3];
	uint64_t size_bytes;
	unsigned int num_erase_types;
	struct ofl_erase_type erase[3];
} own_parts[] = {
	{
		/* S25FL064L */
		.jedec_id = { 0x01, 0x60, 0x17 }, .size_bytes = 8 * 1024 * 1024, .num_erase_types = 3,
		.erase = {
			{ .size_bytes = 4096, .opcode = 0x20, .typical_ms = 64, .max_ms = 256 },
			{ .size_bytes = 32768, .opcode = 0x52, .typical_ms = 304, .max_ms = 1216 },
			{ .size_bytes = 65536, .opcode = 0xd8, .typical_ms = 512, .max_ms = 2048 },
		},
	},
};

static bool from_own_table(struct ofl_chip *chip)
{
	struct ofl_geometry *geometry = &chip->geometry;

	for (unsigned int n = 0; n < ARRAY_SIZE(own_parts); n++) {
		const struct own_part *part = &own_parts[n];
		if (memcmp(part->jedec_id, chip->jedec_id, sizeof(part->jedec_id)) != 0)
			continue;
		chip->source = "the driver's table";
		default_status(chip);
		memset(geometry, 0, sizeof(*geometry));
		geometry->size_bytes = part->size_bytes;
		geometry->page_bytes = 256;
		geometry->num_erase_types = part->num_erase_types;
		memcpy(geometry->erase, part->erase, sizeof(part->erase));
		geometry->chip_erase_opcode = CHIP_ERASE;
		one_region(geometry);
		use_addresses(chip, 3, READ, PAGE_PROGRAM);
		part_errors(chip);
		return true;
	}
	return false;
}

int ofl_chip_from_table(struct ofl_chip *chip, char *why, size_t why_size)
{
	const struct flash_device *device = find_device(chip->jedec_id);
	struct ofl_geometry *geometry = &chip->geometry;

	if (from_own_table(chip))
		return check_geometry(chip, why, why_size);
	if (!device) {
		snprintf(why, why_size,
				"JEDEC id %02x%02x%02x has no usable SFDP table and is not in OpenOCD's list of parts; give -size, "
				"-page and -erase {SIZE OPCODE} in the bank line",
				chip->jedec_id[0], chip->jedec_id[1], chip->jedec_id[2]);
		return ERROR_FLASH_BANK_INVALID;
	}
	if (!device->erase_cmd) {
		snprintf(why, why_size, "%s is an FRAM, which this driver does not support (no erase, no busy)", device->name);
		return ERROR_FLASH_BANK_INVALID;
	}
	chip->source = "OpenOCD's table";
	default_status(chip);
	memset(geometry, 0, sizeof(*geometry));
	geometry->size_bytes = device->size_in_bytes;
	geometry->page_bytes = device->pagesize;
	geometry->num_erase_types = 1;
	geometry->erase[0].size_bytes = device->sectorsize;
	geometry->erase[0].opcode = device->erase_cmd;
	/* Its time is unknown, so that it is never chosen by itself; kept for the record. */
	geometry->chip_erase_opcode = device->chip_erase_cmd;
	one_region(geometry);
	/* Parts above 16 MiB are listed with their 4-byte opcodes. */
	bool four = device->read_cmd == READ_4BYTE;
	if (!four && geometry->size_bytes > THREE_BYTE_LIMIT) {
		limit_size(geometry, THREE_BYTE_LIMIT);
		ofl_chip_note(chip, "OpenOCD's table has no 4-byte opcodes for it: only the first 16 MiB are reachable");
	}
	use_addresses(chip, four ? 4 : 3, device->read_cmd, device->pprog_cmd);
	part_errors(chip);
	return check_geometry(chip, why, why_size);
}

int ofl_chip_apply_options(struct ofl_chip *chip, const struct ofl_options *options, char *why, size_t why_size)
{
	struct ofl_geometry *geometry = &chip->geometry;
	bool known = geometry->size_bytes;

	if (!options->chip_bytes && !options->page_bytes && !options->num_erase_types && known)
		return ERROR_OK;
	if (!known) {
		if (!options->chip_bytes || !options->num_erase_types) {
			snprintf(why, why_size,
					"-size and -erase {SIZE OPCODE} are both needed for a chip that says nothing itself");
			return ERROR_FLASH_BANK_INVALID;
		}
		chip->source = "bank line";
		default_status(chip);
		part_errors(chip);
		geometry->page_bytes = 256;
	}
	if (known && options->chip_bytes > THREE_BYTE_LIMIT && chip->address_bytes == 3) {
		snprintf(why, why_size,
				"-size 0x%" PRIx64 " is more than 3 address bytes reach, and %s names no way to 4-byte addresses",
				options->chip_bytes, chip->source);
		return ERROR_FLASH_BANK_INVALID;
	}
	if (options->page_bytes)
		geometry->page_bytes = options->page_bytes;
	if (options->num_erase_types) {
		geometry->num_erase_types = options->num_erase_types;
		memcpy(geometry->erase, options->erase, sizeof(geometry->erase));
		sort_erase_types(geometry);
	}
	if (options->chip_bytes) {
		geometry->size_bytes = options->chip_bytes;
		geometry->chip_erase_opcode = 0;
	}
	if (options->num_erase_types || options->chip_bytes)
		one_region(geometry);
	if (!known) {
		if (geometry->size_bytes > THREE_BYTE_LIMIT)
			use_addresses(chip, 4, READ_4BYTE, PAGE_PROGRAM_4BYTE);
		else
			use_addresses(chip, 3, READ, PAGE_PROGRAM);
	} else {
		ofl_chip_note(chip, "geometry changed by the bank line's -size, -page or -erase");
	}
	return check_geometry(chip, why, why_size);
}
