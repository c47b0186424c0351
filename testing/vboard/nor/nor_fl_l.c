// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What Infineon's S25FL-L has of its own: registers, errors that hold the chip, quad enable.
 *
 * The data sheet (002-12878) was not at hand. Sources: opcodes and register names from Infineon's command list of the
 * S25FL-L in its SMIF examples (CY_SMIF_S25FL_CMD_*); bits from public drivers of the part, MEGA65's s25flxxxl.c among
 * them, which is also the source for what an error does, for 53h and for the latency; addresses of the registers and
 * the latency of 65h: Linux 6.1 spansion.c and the mail of Infineon's maintainer about it (linux-mtd, 29 November
 * 2022). CR3's reset value but for its latency (RL = 8), and that the QUAD bit gates the commands, are as remembered.
 *
 * - SR2 (07h) b6 E_ERR, b5 P_ERR. While one is set WIP stays 1, and the chip takes status reads, 30h and the reset
 *   only; 30h clears both, and leaves WEL as it is, which an error does not clear either.
 * - 01h writes SR1, CR1, CR2, CR3, as many as there are data. After 50h instead of 06h only the volatile values.
 * - 65h and 71h read and write one register by its address: 800000h volatile, 000000h non-volatile.
 * - Fast reads and 65h have the dummy clocks that CR3 says (RL); BBh and EBh have a mode byte before them.
 * - Commands on four lines need CR1 b1 QUAD: the other two lines are WP# and RESET# without it. A violation.
 * Not modelled, and a violation: continuous read (mode byte Axh), individual block locks (CR2 b2), QPI by writing CR2
 * b3 (38h and F5h do it), wrapped reads (CR3 b4 = 0).
 */

#include "nor_private.h"

enum {
	REGISTER_SR1,
	REGISTER_CR1,
	REGISTER_CR2,
	REGISTER_CR3,
};

#define CR1_QUAD		0x02
#define CR2_QPI			0x08
#define CR2_WPS			0x04
#define CR2_ADP			0x02	/* three or four address bytes out of reset */
#define CR2_ADS			0x01	/* and now */
#define CR3_RESET		0x78
#define CR3_NO_WRAP		0x10
#define CR3_LATENCY		0x0f
#define MODE_CONTINUOUS		0xa0

/* By address: SR1, SR2, CR1, CR2, CR3 */
#define ADDRESS_VOLATILE	0x800000u
#define NUM_ADDRESSES		5
#define ADDRESS_SR2		1

/* The row's dummy clocks are those of this latency. */
#define LATENCY_OF_TABLE	8

/* Not the one-time bits (CR1 LB), nor what only tells (WIP, WEL, SUS, ADS). */
static const uint8_t writable[NOR_NUM_STATUS] = { 0xfc, 0x43, 0xee, 0x7f };

static bool is_fl_l(const struct nor *nor)
{
	return nor->part.traits & NOR_TRAIT_SR2_ERRORS;
}

void nor_fl_l_deliver(struct nor *nor)
{
	if (is_fl_l(nor))
		nor->status_kept[REGISTER_CR3] = CR3_RESET;
}

bool nor_fl_l_starts_in_4byte(const struct nor *nor)
{
	return is_fl_l(nor) && nor->status_kept[REGISTER_CR2] & CR2_ADP;
}

bool nor_fl_l_is_held(const struct nor *nor)
{
	return is_fl_l(nor) && (nor->error_program || nor->error_erase);
}

bool nor_fl_l_accepts_while_held(const struct nor_command *command)
{
	return command->kind == NOR_COMMAND_CLEAR_FLAGS || command->kind == NOR_COMMAND_RESET_ENABLE ||
		command->kind == NOR_COMMAND_RESET;
}

bool nor_fl_l_lacks_quad(const struct nor *nor, const struct nor_command *command)
{
	return is_fl_l(nor) && !nor->qpi && (command->address_lines == 4 || command->data_lines == 4) &&
		!(nor->status[REGISTER_CR1] & CR1_QUAD);
}

unsigned int nor_fl_l_dummy_clocks(const struct nor *nor)
{
	return nor->running->dummy_clocks - LATENCY_OF_TABLE + (nor->status[REGISTER_CR3] & CR3_LATENCY);
}

bool nor_fl_l_has_latency(const struct nor *nor)
{
	const struct nor_command *command = nor->running;

	return is_fl_l(nor) && (command->kind == NOR_COMMAND_READ_ANY ||
		(command->kind == NOR_COMMAND_READ && command->dummy_clocks));
}

void nor_fl_l_judge_mode(struct nor *nor, int mode)
{
	const struct nor_command *command = nor->running;

	if (!is_fl_l(nor) || command->kind != NOR_COMMAND_READ || command->address_lines == 1 || nor->dummy_begun)
		return;
	if (mode < 0)
		vb_violation(nor->vb, "flash: %s (%02Xh), and nobody drives its mode bits", command->name, nor->opcode);
	else if ((mode & 0xf0) == MODE_CONTINUOUS)
		vb_violation(nor->vb, "flash: continuous read (mode %02Xh) is not modelled", (unsigned int)mode);
}

uint8_t nor_fl_l_register(const struct nor *nor, uint64_t address, uint8_t status_1, uint8_t errors)
{
	uint64_t index = address & ~(uint64_t)ADDRESS_VOLATILE;

	if (index >= NUM_ADDRESSES)
		return 0xff;
	if (!(address & ADDRESS_VOLATILE))
		return index == ADDRESS_SR2 ? 0xff : nor->status_kept[index ? index - 1 : 0];
	if (index == ADDRESS_SR2)
		return errors;
	if (index == 0)
		return status_1;
	if (index == 1 + REGISTER_CR2)
		return nor->status[REGISTER_CR2] | (nor->qpi ? CR2_QPI : 0) | (nor->address_4byte ? CR2_ADS : 0);
	return nor->status[index - 1];
}

/* What the model does not follow. */
static void judge_value(struct nor *nor, const uint8_t *value)
{
	if ((value[REGISTER_CR2] ^ nor->status[REGISTER_CR2]) & CR2_QPI)
		vb_violation(nor->vb, "flash: QPI by writing CR2 is not modelled");
	if (value[REGISTER_CR2] & CR2_WPS)
		vb_violation(nor->vb, "flash: individual block locks (CR2 %02Xh) are not modelled", value[REGISTER_CR2]);
	if (!(value[REGISTER_CR3] & CR3_NO_WRAP))
		vb_violation(nor->vb, "flash: wrapped reads (CR3 %02Xh) are not modelled", value[REGISTER_CR3]);
}

bool nor_fl_l_write(struct nor *nor, uint64_t duration_ps)
{
	bool any = nor->running->kind == NOR_COMMAND_WRITE_ANY;
	uint64_t index = any ? nor->address & ~(uint64_t)ADDRESS_VOLATILE : 0;
	unsigned int first = (unsigned int)(index ? index - 1 : 0);
	uint8_t value[NOR_NUM_STATUS];

	if (!nor->write_enabled && (any || !nor->volatile_enabled)) {
		vb_violation(nor->vb, "flash: %s (%02Xh) without write enable", nor->running->name, nor->opcode);
		return false;
	}
	if (index >= NUM_ADDRESSES || (any && index == ADDRESS_SR2)) {
		vb_violation(nor->vb, "flash: %s (%02Xh) of no register, at %06llXh", nor->running->name, nor->opcode,
			(unsigned long long)nor->address);
		nor->write_enabled = false;
		return false;
	}
	if (nor_status_is_locked(nor)) {
		nor->write_enabled = false;
		nor->volatile_enabled = false;
		return false;
	}
	for (unsigned int i = 0; i < NOR_NUM_STATUS; i++) {
		value[i] = nor->status[i];
		if (i >= first && i - first < nor->num_data)
			value[i] = (nor->page[i - first] & writable[i]) | (value[i] & ~writable[i]);
	}
	judge_value(nor, value);
	if (any ? nor->address & ADDRESS_VOLATILE : !nor->write_enabled) {
		for (unsigned int i = 0; i < NOR_NUM_STATUS; i++)
			nor->status[i] = value[i];
		nor->volatile_enabled = false;
		nor->write_enabled = false;
		return false;
	}
	nor->operation.kind = NOR_OPERATION_STATUS;
	for (unsigned int i = 0; i < NOR_NUM_STATUS; i++)
		nor->operation.status[i] = value[i];
	nor_operation_start(nor, duration_ps);
	return true;
}
