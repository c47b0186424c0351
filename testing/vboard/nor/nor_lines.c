// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Commands on two and four lines.
 *
 * Source: data sheet of the N25Q family (n25q_256mb_65nm rev. W of the N25Q256A: table 18 "Command Set" and its notes,
 * "Volatile Configuration Register", "Enhanced Volatile Configuration Register", "XIP Mode"); the numbers of dummy
 * clocks are also in the N25Q256A's SFDP. What is a violation here:
 * - Opcode, address or data on other lines than the chip expects. The rest of the command is not understood. Not: F5h
 *   and FFh alone on four lines to a chip that listens to one, which see two clocks; it is how one brings a chip of
 *   unknown state back to one line.
 * - Data that begin in the middle of a byte, because the number of dummy clocks is wrong by less than a byte. Whole
 *   bytes too few or too many are only read (clients find out the number of dummies that way).
 * - XIP enabled (volatile configuration b3 = 0) and a fast read whose first dummy clock nobody drives: that bit decides
 *   whether the next command has an opcode.
 * Not modelled: the dual I/O protocol (a violation to enter it), wrapped reads (likewise), non-volatile configuration.
 * Of other makers' chips in QPI mode, commands with dummy clocks are a violation: their number is not known here.
 */

#include "nor_private.h"

#define SR2_QE		0x02

#define VCR_DUMMY_SHIFT		4
#define VCR_NO_XIP		0x08
#define VCR_NO_WRAP		0x03
#define EVCR_NO_QUAD		0x80
#define EVCR_NO_DUAL		0x40

/* Both protocols with four-line addresses; the table has those of one-line opcodes. */
#define QUAD_DUMMY_CLOCKS	10

static bool is_micron(const struct nor *nor)
{
	return nor->part.traits & NOR_TRAIT_MICRON_LINES;
}

static bool is_fast_read(const struct nor_command *command)
{
	return command->kind == NOR_COMMAND_READ && command->dummy_clocks;
}

unsigned int nor_lines_dummy_clocks(const struct nor *nor)
{
	const struct nor_command *command = nor->running;
	unsigned int configured = nor->config[0] >> VCR_DUMMY_SHIFT;

	if (nor_fl_l_has_latency(nor))
		return nor_fl_l_dummy_clocks(nor);
	if (!is_micron(nor) || !is_fast_read(command))
		return command->dummy_clocks;
	if (configured > 0 && configured < 15)
		return configured;
	return nor->qpi ? QUAD_DUMMY_CLOCKS : command->dummy_clocks;
}

bool nor_lines_has_command(const struct nor *nor, const struct nor_command *command)
{
	if (!nor->qpi)
		return command->opcode != 0xaf && command->kind != NOR_COMMAND_EXIT_QPI;
	if (!is_micron(nor))
		return !command->dummy_clocks;
	/* Table 18, column "Quad I/O": not read (03h), the dual commands, and read id (9Fh) only as AFh */
	return !(command->kind == NOR_COMMAND_READ && !command->dummy_clocks) && command->data_lines != 2
			&& command->opcode != 0x9f;
}

bool nor_lines_lack_quad(const struct nor *nor, const struct nor_command *command)
{
	return nor->part.traits & NOR_TRAIT_QUAD && !nor->qpi && command->data_lines == 4 && !(nor->status[1] & SR2_QE);
}

void nor_lines_confirm_xip(struct nor *nor, int level)
{
	bool first = !nor->dummy_begun;

	nor->dummy_begun = true;
	if (!first || !is_micron(nor) || !is_fast_read(nor->running))
		return;
	if (nor->config[0] & VCR_NO_XIP) {
		nor->xip = NULL;
		return;
	}
	if (level < 0)
		vb_violation(nor->vb, "flash: %s (%02Xh) with XIP enabled, and nobody drives the confirmation bit",
			nor->running->name, nor->opcode);
	nor->xip = level == 0 ? nor->running : NULL;
}

void nor_lines_write_config(struct nor *nor)
{
	uint8_t value = nor->page[0];

	nor->config[nor->running->index] = value;
	if (nor->running->index == 0) {
		if ((value & VCR_NO_WRAP) != VCR_NO_WRAP)
			vb_violation(nor->vb, "flash: wrapped reads (volatile configuration %02Xh) are not modelled", value);
		return;
	}
	if (!(value & EVCR_NO_DUAL))
		vb_violation(nor->vb, "flash: the dual I/O protocol (enhanced configuration %02Xh) is not modelled", value);
	nor->qpi = !(value & EVCR_NO_QUAD);
}

void nor_lines_leave_quad(struct nor *nor)
{
	nor->qpi = false;
	nor->xip = NULL;
	nor->config[1] |= EVCR_NO_QUAD;
}

/* 0: any, because nobody listens or it does not matter. */
static unsigned int expected_lines(const struct nor *nor)
{
	switch (nor->phase) {
	case NOR_PHASE_OPCODE:
	case NOR_PHASE_QPI:
		return nor->qpi ? 4 : 1;
	case NOR_PHASE_ADDRESS:
		return nor->qpi ? 4 : nor->running->address_lines;
	case NOR_PHASE_DATA_IN:
	case NOR_PHASE_DATA_OUT:
		return nor->qpi ? 4 : nor->running->data_lines;
	default:
		return 0;
	}
}

static const char *phase_name(const struct nor *nor)
{
	switch (nor->phase) {
	case NOR_PHASE_OPCODE:
	case NOR_PHASE_QPI:
		return "opcode";
	case NOR_PHASE_ADDRESS:
		return "address";
	default:
		return "data";
	}
}

/* Deaf until CS rises. */
static void give_up(struct nor *nor)
{
	nor->phase = NOR_PHASE_IGNORE;
	nor->running = NULL;
	nor->output = NOR_OUTPUT_NONE;
}

static void judge_lines(struct nor *nor, uint8_t out, unsigned int lines, unsigned int expected)
{
	bool is_opcode = nor->phase == NOR_PHASE_OPCODE || nor->phase == NOR_PHASE_QPI;

	if (!is_opcode || lines != 4 || (out != 0xf5 && out != 0xff))
		vb_violation(nor->vb, "flash: %s on %u line%s, the chip expects %u (%s %02Xh)", phase_name(nor), lines,
			lines == 1 ? "" : "s", expected, is_opcode ? "opcode" : nor->running->name,
			is_opcode ? out : nor->opcode);
	give_up(nor);
}

static void too_fast(struct nor *nor, uint32_t clock_hz)
{
	if (nor->limit_hz && clock_hz > nor->limit_hz)
		nor_command_too_fast(nor, clock_hz);
}

/* Clocks of the dummy phase; what is beyond its end is of the data, `lines` bits a clock. */
static void pass_clocks(struct nor *nor, unsigned int clocks, unsigned int lines, uint32_t clock_hz)
{
	unsigned int dummies = clocks;

	if (nor->phase == NOR_PHASE_DUMMY) {
		if (dummies > nor->num_left)
			dummies = nor->num_left;
		nor->vb->count.spi_clocks += dummies;
		nor_command_dummy(nor, dummies);
		clocks -= dummies;
	}
	too_fast(nor, clock_hz);
	if (nor->phase != NOR_PHASE_DATA_OUT && nor->phase != NOR_PHASE_NOISE) {
		nor->vb->count.spi_clocks += clocks;
		return;
	}
	for (; clocks >= 8 / lines; clocks -= 8 / lines)
		nor_whole_byte(nor, 0, 8 / lines, clock_hz);
	if (clocks) {
		vb_violation(nor->vb, "flash: %s (%02Xh): data begin %u dummy clocks too late, within a byte",
			nor->running ? nor->running->name : "a command", nor->opcode, clocks);
		nor->vb->count.spi_clocks += clocks;
		give_up(nor);
	}
}

/* A byte of the controller's data phase, or its alternate byte, while the chip still waits. */
static uint8_t byte_of_dummies(struct nor *nor, uint8_t out, unsigned int lines, enum nor_direction direction,
		uint32_t clock_hz)
{
	unsigned int clocks = 8 / lines;

	nor_fl_l_judge_mode(nor, direction == NOR_TO_CHIP ? out : -1);
	/* DQ0 in the first clock: the lowest bit of the first group of `lines` bits */
	nor_lines_confirm_xip(nor, direction == NOR_TO_CHIP ? out >> (8 - lines) & 1 : -1);
	if (clocks > nor->num_left && direction == NOR_FROM_CHIP) {
		vb_violation(nor->vb, "flash: %s (%02Xh): data begin %u dummy clocks too early, within a byte",
			nor->running->name, nor->opcode, nor->num_left);
		nor->vb->count.spi_clocks += clocks;
		give_up(nor);
	} else {
		pass_clocks(nor, clocks, lines, clock_hz);
	}
	nor->num_bytes++;
	return nor->pull ? 0xff : 0x00;
}

uint8_t nor_transfer_lines(struct nor *nor, uint8_t out, unsigned int lines, enum nor_direction direction,
		uint32_t clock_hz)
{
	unsigned int expected;

	if (!nor->selected)
		return nor->pull ? 0xff : 0x00;
	/* A chip that listens to four lines and hears one byte on them, not eight bits on one */
	if (nor->phase == NOR_PHASE_QPI && lines == 4 && nor->num_bytes == 0) {
		nor->phase = NOR_PHASE_OPCODE;
		if (nor->xip)
			nor_command_resume_xip(nor);
	}
	if (nor->phase == NOR_PHASE_DUMMY)
		return byte_of_dummies(nor, out, lines, direction, clock_hz);

	expected = expected_lines(nor);
	/* On one line, a chip in QPI mode is deaf in a way of its own (nor_command.c) */
	if (expected && lines != expected && !(nor->phase == NOR_PHASE_QPI && lines == 1)) {
		judge_lines(nor, out, lines, expected);
		nor->vb->count.spi_clocks += 8 / lines;
		return nor->pull ? 0xff : 0x00;
	}
	return nor_whole_byte(nor, direction == NOR_TO_CHIP ? out : 0xff, 8 / lines, clock_hz);
}

void nor_dummy_clocks(struct nor *nor, unsigned int clocks, unsigned int lines, uint32_t clock_hz)
{
	if (!nor->selected || clocks == 0)
		return;
	if (nor->phase == NOR_PHASE_DUMMY) {
		nor_fl_l_judge_mode(nor, -1);
		nor_lines_confirm_xip(nor, lines == 1 ? 0 : -1);
	}
	pass_clocks(nor, clocks, lines, clock_hz);
}
