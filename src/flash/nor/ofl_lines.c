// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Four data lines. Which commands use them (1-1-4: opcode and address on one line, data on four), the quad enable bit
 * without which two of the lines are WP# and HOLD#, and a chip that an application left on four lines.
 * [SFDP] JESD216, basic flash parameter table: DW1 bit 22 and DW3, DW15 bits 22:20; the 4-byte instruction table.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <helper/time_support.h>

#include "ofl.h"
#include "ofl_sfdp.h"

#define QUAD_READ		0x6b
#define QUAD_READ_4BYTE		0x6c
#define QUAD_PROGRAM		0x32
#define QUAD_PROGRAM_4BYTE	0x34
#define READ_4BYTE		0x13
#define PROGRAM			0x02
#define PROGRAM_4BYTE		0x12

#define WRITE_STATUS		0x01
#define READ_STATUS		0x05
#define WRITE_ENABLE		0x06
#define WRITE_STATUS_2		0x31
#define READ_STATUS_2		0x35
#define READ_QUAD		0x3f
#define WRITE_QUAD		0x3e

#define EXIT_4BYTE		0xe9
#define READ_JEDEC_ID		0x9f
#define READ_VOLATILE_CONFIG	0x85
#define READ_CONFIG_3		0x33
#define RELEASE_POWER_DOWN	0xab
#define MODE_RESET		0xff
#define EXIT_QPI		0xf5
#define RESET_ENABLE		0x66
#define RESET			0x99

#define STATUS_BUSY		0x01
/* A write of a non-volatile status register: tW is 15 ms typically, 150 ms at most on the slowest parts. */
#define WRITE_STATUS_MS		1000

/* BFPT DW15 22:20, the quad enable requirements. */
#define QE_NONE			0
#define QE_SR2_BIT1_CLEARED	1	/* as 4, but one byte with 01h clears it */
#define QE_SR1_BIT6		2
#define QE_SR2_BIT7		3
#define QE_SR2_BIT1_NO_READ	4
#define QE_SR2_BIT1		5
#define QE_SR2_BIT1_ALONE	6

/*
 * What SFDP does not say: that page program has a 1-1-4 variant with 3 address bytes (32h), and that register 35h is
 * there with methods 1 and 4. Methods and reads of parts whose own tables are not known, or older than DW15.
 */
struct lines_of_part {
	uint8_t id[2], id_mask[2];
	uint8_t quad_enable;	/* 0xff: as the table says */
	bool quad_read;		/* 6Bh with 8 clocks between address and data, whatever the table says */
	bool reads_sr2;
	bool exits_4byte;	/* E9h; a part of at most 16 MiB that has a 4-byte mode */
	uint8_t latency;	/* opcode of the register that sets the clocks between address and data; 0: they are fixed */
};

static const struct lines_of_part parts[] = {
	/* W25Q: data sheets W25Q128JV rev. F, 8.1.2: 32h, 35h; QE is SR2 bit 1. */
	{{0xef, 0x40}, {0xff, 0xcf}, 0xff, false, true, false, 0},
	/* GD25Q: 32h, 35h (data sheet GD25Q128C, 7.4, 7.12). */
	{{0xc8, 0x40}, {0xff, 0xdf}, 0xff, false, true, false, 0},
	/* S25FL-L: CR1 bit 1 by WRR (01h) with two bytes, RDCR1 (35h), QPP 32h, QOR 6Bh, 4BEX E9h, RDCR3 (33h). */
	{{0x01, 0x60}, {0xff, 0xff}, QE_SR2_BIT1, true, true, true, READ_CONFIG_3},
	/* N25Q, MT25Q: no such bit (data sheet N25Q128A, table "Command Set"): 32h, 6Bh with 8 clocks by default. */
	{{0x20, 0xba}, {0xff, 0xfe}, QE_NONE, true, false, false, READ_VOLATILE_CONFIG},
};

static const struct lines_of_part *find_part(const uint8_t jedec_id[3])
{
	for (unsigned int n = 0; n < ARRAY_SIZE(parts); n++) {
		if ((jedec_id[0] & parts[n].id_mask[0]) == parts[n].id[0] &&
				(jedec_id[1] & parts[n].id_mask[1]) == parts[n].id[1])
			return &parts[n];
	}
	return NULL;
}

void ofl_lines_from_sfdp(struct ofl_chip *chip, const struct ofl_sfdp *sfdp)
{
	const unsigned int mode_routes = OFL_SFDP_4B_ENTER_B7 | OFL_SFDP_4B_ENTER_WREN_B7;
	bool four = (chip->read_command & 0xff) == READ_4BYTE;

	chip->quad_enable = sfdp->quad_enable;
	chip->quad_read = four ? sfdp->quad_read_4byte : sfdp->quad_read;
	/* The basic table has the clocks; the 4-byte one only says that the same read exists. */
	chip->quad_read_clocks = sfdp->quad_read_clocks;
	if (!sfdp->quad_read)
		chip->quad_read = 0;
	if ((chip->program_command & 0xff) == PROGRAM_4BYTE)
		chip->quad_program = sfdp->quad_program_4byte;
	if (chip->address_bytes == 3 && sfdp->address_bytes == 34 && (sfdp->routes_4byte & mode_routes)) {
		chip->exit_4byte = EXIT_4BYTE;
		chip->mode_4byte_wren = !(sfdp->routes_4byte & OFL_SFDP_4B_ENTER_B7);
	}
}

/* What the table left open. */
static void apply_part(struct ofl_chip *chip)
{
	const struct lines_of_part *part = find_part(chip->jedec_id);

	if (!part)
		return;
	if (part->quad_enable != 0xff)
		chip->quad_enable = part->quad_enable;
	if (!chip->quad_read && part->quad_read) {
		chip->quad_read = (chip->read_command & 0xff) == READ_4BYTE ? QUAD_READ_4BYTE : QUAD_READ;
		chip->quad_read_clocks = 8;
	}
	if (!chip->quad_program)
		chip->quad_program = (chip->program_command & 0xff) == PROGRAM ? QUAD_PROGRAM :
				(chip->program_command & 0xff) == PROGRAM_4BYTE && part->quad_read ? QUAD_PROGRAM_4BYTE : 0;
	if (part->exits_4byte && chip->address_bytes == 3)
		chip->exit_4byte = EXIT_4BYTE;
}

/* ---------------------------------------------------------------- the quad enable bit */

/* Where it is: opcode that reads the register, and the bit; 0: the table names no way to read it. */
static uint8_t quad_enable_register(const struct ofl_chip *chip, uint8_t *bit)
{
	const struct lines_of_part *part = find_part(chip->jedec_id);

	*bit = 0x02;
	switch (chip->quad_enable) {
	case QE_SR2_BIT1:
	case QE_SR2_BIT1_ALONE:
		return READ_STATUS_2;
	case QE_SR2_BIT1_CLEARED:
	case QE_SR2_BIT1_NO_READ:
		return part && part->reads_sr2 ? READ_STATUS_2 : 0;
	case QE_SR1_BIT6:
		*bit = 0x40;
		return READ_STATUS;
	case QE_SR2_BIT7:
		*bit = 0x80;
		return READ_QUAD;
	default:
		return 0;
	}
}

static int read_register(struct ofl_bank *ofl, uint8_t opcode, uint8_t *value)
{
	return ofl_spinor_transfer(ofl, OFL_COMMAND(opcode, 0, 0), 0, value, 1);
}

static int send_command(struct ofl_bank *ofl, uint8_t opcode, uint8_t *data, uint32_t length)
{
	return ofl_spinor_transfer(ofl, OFL_COMMAND(opcode, 0, 0) | OFL_COMMAND_DATA_OUT, 0, data, length);
}

static int wait_written(struct ofl_bank *ofl)
{
	int64_t started_ms = timeval_ms();
	uint8_t status;

	do {
		int retval = read_register(ofl, READ_STATUS, &status);
		if (retval != ERROR_OK)
			return retval;
		if (!(status & STATUS_BUSY))
			return ERROR_OK;
	} while (timeval_ms() - started_ms < WRITE_STATUS_MS);
	LOG_ERROR("ofl: %s: still busy %d ms after the quad enable bit was written (status 0x%2.2x)", ofl->bank->name,
		WRITE_STATUS_MS, status);
	return ERROR_FLASH_BUSY;
}

/* In the way that the table names, all other bits of the registers as they are. */
static int set_quad_enable(struct ofl_bank *ofl, uint8_t opcode, uint8_t bit, uint8_t value)
{
	uint8_t data[2], found;
	uint8_t write = WRITE_STATUS;
	uint32_t length = 1;

	/* Bits 1:0 of the first one, write enable latch and busy, cannot be written. */
	int retval = read_register(ofl, READ_STATUS, &data[0]);
	if (retval != ERROR_OK)
		return retval;
	data[0] &= 0xfc;
	switch (ofl->chip.quad_enable) {
	case QE_SR1_BIT6:
		data[0] |= bit;
		break;
	case QE_SR2_BIT7:
		write = WRITE_QUAD;
		data[0] = value | bit;
		break;
	case QE_SR2_BIT1_ALONE:
		write = WRITE_STATUS_2;
		data[0] = value | bit;
		break;
	default:
		data[1] = value | bit;
		length = 2;
		break;
	}
	retval = send_command(ofl, WRITE_ENABLE, NULL, 0);
	if (retval == ERROR_OK)
		retval = send_command(ofl, write, data, length);
	if (retval == ERROR_OK)
		retval = wait_written(ofl);
	if (retval == ERROR_OK)
		retval = read_register(ofl, opcode, &found);
	if (retval == ERROR_OK && !(found & bit)) {
		LOG_ERROR("ofl: %s: -qe on: the chip did not take its quad enable bit (opcode %2.2x reads 0x%2.2x); are its "
			"status registers protected (SRP, WP#)?", ofl->bank->name, opcode, found);
		return ERROR_FLASH_OPERATION_FAILED;
	}
	if (retval == ERROR_OK)
		LOG_INFO("ofl: %s: the quad enable bit was set (-qe on)", ofl->bank->name);
	return retval;
}

/* *on: the four lines can be used; else `lines` says why not. */
static int look_at_quad_enable(struct ofl_bank *ofl, bool *on)
{
	struct ofl_chip *chip = &ofl->chip;
	uint8_t bit, value;
	uint8_t opcode = quad_enable_register(chip, &bit);

	*on = chip->quad_enable == QE_NONE;
	if (*on)
		return ERROR_OK;
	if (!opcode) {
		snprintf(chip->lines, sizeof(chip->lines), "1-1-1 (%s)", chip->quad_enable == 0xff ?
			"the quad enable bit is not known" : "no way is known to read the quad enable bit");
		return ERROR_OK;
	}
	int retval = read_register(ofl, opcode, &value);
	if (retval == ERROR_OK && !(value & bit) && ofl->options.qe_on) {
		retval = set_quad_enable(ofl, opcode, bit, value);
		value |= bit;
	}
	if (retval != ERROR_OK)
		return retval;
	*on = value & bit;
	if (!*on)
		snprintf(chip->lines, sizeof(chip->lines), "1-1-1 (the quad enable bit is clear; -qe on sets it)");
	return ERROR_OK;
}

static uint32_t quad_read_command(const struct ofl_chip *chip)
{
	return OFL_COMMAND(chip->quad_read, chip->address_bytes, chip->quad_read_clocks / 8) | OFL_COMMAND_QUAD_DATA;
}

int ofl_lines_choose(struct ofl_bank *ofl)
{
	const struct ofl_controller *controller = ofl->options.controller;
	struct ofl_chip *chip = &ofl->chip;
	bool on = false;

	apply_part(chip);
	if (!controller->mapped.mask)
		return ERROR_OK;
	/* Dummies are sent by bytes. */
	if (chip->quad_read_clocks % 8 || chip->quad_read_clocks / 8 > controller->max_dummy_bytes)
		chip->quad_read = 0;
	if (!chip->quad_read && !chip->quad_program) {
		snprintf(chip->lines, sizeof(chip->lines), "1-1-1 (no command on four lines is known)");
		return ERROR_OK;
	}
	int retval = look_at_quad_enable(ofl, &on);
	if (retval != ERROR_OK) {
		snprintf(ofl->why_unknown, sizeof(ofl->why_unknown), "its quad enable bit could not be read or set, see above");
		return retval;
	}
	if (!on)
		return ERROR_OK;
	chip->plain_read = chip->read_command;
	if (chip->quad_read)
		chip->read_command = quad_read_command(chip);
	if (chip->quad_program)
		chip->program_command = OFL_COMMAND(chip->quad_program, chip->address_bytes, 0) | OFL_COMMAND_DATA_OUT |
			OFL_COMMAND_QUAD_DATA;
	snprintf(chip->lines, sizeof(chip->lines), "1-1-4%s", !chip->quad_read ? " for program, 1-1-1 for read" :
		!chip->quad_program ? " for read, 1-1-1 for program" : "");
	return ERROR_OK;
}

/*
 * Is a 1-1-4 read with 8 clocks the right one? N25Q, volatile configuration: bits 7:4 clocks, 0 and 15: the default,
 * and bit 3 = 1: no XIP, for nobody drives DQ0 in the clock that would decide on it. S25FL-L, CR3: bits 3:0.
 */
static bool has_usual_latency(uint8_t opcode, uint8_t value)
{
	unsigned int clocks = opcode == READ_CONFIG_3 ? value & 0xf : value >> 4;

	if (opcode == READ_CONFIG_3)
		return clocks == 8;
	return (value & 0x08) && (clocks == 0 || clocks == 8 || clocks == 15);
}

int ofl_lines_check(struct ofl_bank *ofl)
{
	struct ofl_chip *chip = &ofl->chip;
	const struct lines_of_part *part = find_part(chip->jedec_id);
	uint8_t bit, value;
	uint8_t opcode = quad_enable_register(chip, &bit);

	/* The application may have changed it; then one line, without such clocks. */
	if (chip->plain_read && chip->quad_read && part && part->latency) {
		int read = read_register(ofl, part->latency, &value);
		if (read != ERROR_OK)
			return read;
		chip->read_command = has_usual_latency(part->latency, value) ? quad_read_command(chip) : chip->plain_read;
	}
	if (!((chip->read_command | chip->program_command) & OFL_COMMAND_QUAD_DATA) || !opcode)
		return ERROR_OK;
	int retval = read_register(ofl, opcode, &value);
	if (retval != ERROR_OK || (value & bit))
		return retval;
	LOG_ERROR("ofl: %s: the chip's quad enable bit has been cleared since it was identified; nothing was changed; "
		"'flash probe %s' finds out anew how many lines can be used", ofl->bank->name, ofl->bank->name);
	return ERROR_FLASH_OPERATION_FAILED;
}

/* ---------------------------------------------------------------- a chip that was left on four lines */

static int send_on_four(struct ofl_bank *ofl, uint8_t opcode)
{
	return ofl_spinor_transfer(ofl, OFL_COMMAND(opcode, 0, 0) | OFL_COMMAND_QPI, 0, NULL, 0);
}

/*
 * Ten clocks with all lines high: address and mode bits of a 0-4-4 read with 3 or 4 address bytes (JESD216, DW16, "exit
 * 0-4-4"). A chip that listens to one line takes it for FFh, which is no command.
 */
int ofl_lines_end_continuous(struct ofl_bank *ofl)
{
	return ofl_spinor_transfer(ofl, OFL_COMMAND(MODE_RESET, 4, 0) | OFL_COMMAND_QPI, 0xffffffff, NULL, 0);
}

static int read_id(struct ofl_bank *ofl, bool *answers)
{
	uint8_t id[3];
	int retval = ofl_spinor_transfer(ofl, OFL_COMMAND(READ_JEDEC_ID, 0, 0), 0, id, sizeof(id));

	*answers = !(id[0] == id[1] && id[1] == id[2] && (id[0] == 0x00 || id[0] == 0xff));
	return retval;
}

/* On four lines, or on one; tRST and tRES1 are 3 to 100 us. */
static int try(struct ofl_bank *ofl, bool four, uint8_t first, uint8_t second, bool *answers)
{
	int retval = four ? send_on_four(ofl, first) : send_command(ofl, first, NULL, 0);
	if (retval == ERROR_OK && second)
		retval = four ? send_on_four(ofl, second) : send_command(ofl, second, NULL, 0);
	alive_sleep(1);
	return retval == ERROR_OK ? read_id(ofl, answers) : retval;
}

/*
 * FFh ends QPI on most parts. What answers after it is reset on one line, for other modes that it may be in. What does
 * not may be in deep power-down, or know QPI only by its reset (66h, 99h), or by F5h.
 */
int ofl_lines_recover(struct ofl_bank *ofl, bool *answers)
{
	bool on_four = true;

	int retval = ofl_lines_end_continuous(ofl);
	if (retval == ERROR_OK)
		retval = try(ofl, true, MODE_RESET, 0, answers);
	if (retval == ERROR_OK && *answers) {
		retval = try(ofl, false, RESET_ENABLE, RESET, answers);
	} else if (retval == ERROR_OK) {
		retval = try(ofl, false, RELEASE_POWER_DOWN, 0, answers);
		on_four = !*answers;
		if (retval == ERROR_OK && !*answers)
			retval = try(ofl, true, RESET_ENABLE, RESET, answers);
		if (retval == ERROR_OK && !*answers)
			retval = try(ofl, true, EXIT_QPI, 0, answers);
	}
	if (retval != ERROR_OK || !*answers || !on_four)
		return retval;
	ofl_chip_note(&ofl->chip, "it was in a mode of four lines, and was reset");
	LOG_WARNING("ofl: %s: the chip was in a mode of four lines (QPI, continuous read), and was reset%s",
		ofl->bank->name, ofl->session.mapped.on ?
		": the mapped range shows it again when the application, or 'reset init', has set it up" : "");
	return ERROR_OK;
}
