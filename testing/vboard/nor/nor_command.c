// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The flash's command decoder, and the judge of who drives it.
 *
 * What is a violation, and what is not:
 * - An opcode that the part, or the protocol that it is in, does not have. Not: 9Fh, 90h, ABh, 5Ah, AFh and FFh, which
 *   are what one sends before one knows.
 * - Anything but a status read while a program, erase or register write is going on. Reads then give noise, the rest
 *   is ignored. Not: FFh, which every part ignores in single-line mode and which must be sent before anything else can
 *   be told of a chip in QPI mode.
 * - A program, erase or register write without write enable, with a byte too few or too many, or ended off a byte
 *   boundary (likewise the commands of one byte): ignored. A read may end at any bit.
 * - A program or erase beyond the end of the chip: the address wraps.
 * - More data than fit behind the address in the page: they wrap to the page's start, as in silicon.
 * - Commands before tRES1 after ABh and tRST after 99h are over; 99h that does not follow 66h at once; a reset that
 *   cuts a program or erase short.
 * - A read, program, erase or register write to a chip in deep power-down or QPI mode (it is deaf). Not: status, id,
 *   and the commands that bring a chip of unknown state to its senses.
 * - SCK faster than the part's limit for the command.
 * - A command with data on four lines while the part's QE bit is 0.
 * - A phase on other lines than the command's, and what else nor_lines.c says.
 * Not a violation, but without effect: programs and erases of blocks that are locked by status bits; bits that a
 * program would set from 0 to 1; the low bits of an erase address.
 */

#include <inttypes.h>
#include <string.h>

#include "../fault/fault.h"
#include "nor_private.h"

#define SR1_WIP		0x01
#define SR1_WEL		0x02

#define TRAITS_4BYTE_MODE	(NOR_TRAIT_4BYTE_MODE | NOR_TRAIT_4BYTE_MODE_WREN)
#define TRAITS_4BYTE_READ	(NOR_TRAIT_4BYTE_OPCODES | NOR_TRAIT_4BYTE_READ)

/*
 * The first row that fits an opcode and the part's traits counts. Dummies are in clocks; lines are those of address and
 * data in the protocol whose opcodes go over one line. Rows of NOR_TRAIT_MICRON_LINES: see nor_lines.c.
 */
static const struct nor_command commands[] = {
	{ 0x03, NOR_COMMAND_READ, 0, NOR_ADDRESS_CURRENT, 0, 0, "read", 1, 1 },
	{ 0x0b, NOR_COMMAND_READ, 0, NOR_ADDRESS_CURRENT, 8, 0, "fast read", 1, 1 },
	{ 0x13, NOR_COMMAND_READ, TRAITS_4BYTE_READ, 4, 0, 0, "read", 1, 1 },
	{ 0x0c, NOR_COMMAND_READ, TRAITS_4BYTE_READ, 4, 8, 0, "fast read", 1, 1 },
	{ 0x3b, NOR_COMMAND_READ, NOR_TRAIT_MICRON_LINES, NOR_ADDRESS_CURRENT, 8, 0, "dual output fast read", 1, 2 },
	{ 0xbb, NOR_COMMAND_READ, NOR_TRAIT_MICRON_LINES, NOR_ADDRESS_CURRENT, 8, 0, "dual I/O fast read", 2, 2 },
	{ 0x6b, NOR_COMMAND_READ, NOR_TRAIT_MICRON_LINES, NOR_ADDRESS_CURRENT, 8, 0, "quad output fast read", 1, 4 },
	{ 0xeb, NOR_COMMAND_READ, NOR_TRAIT_MICRON_LINES, NOR_ADDRESS_CURRENT, 10, 0, "quad I/O fast read", 4, 4 },
	{ 0x3b, NOR_COMMAND_READ, NOR_TRAIT_SR2_ERRORS, NOR_ADDRESS_CURRENT, 8, 0, "dual output read", 1, 2 },
	{ 0x3c, NOR_COMMAND_READ, NOR_TRAIT_SR2_ERRORS, 4, 8, 0, "dual output read", 1, 2 },
	{ 0x6b, NOR_COMMAND_READ, NOR_TRAIT_SR2_ERRORS, NOR_ADDRESS_CURRENT, 8, 0, "quad output read", 1, 4 },
	{ 0x6c, NOR_COMMAND_READ, NOR_TRAIT_SR2_ERRORS, 4, 8, 0, "quad output read", 1, 4 },
	/* With the clocks of the mode byte */
	{ 0xbb, NOR_COMMAND_READ, NOR_TRAIT_SR2_ERRORS, NOR_ADDRESS_CURRENT, 12, 0, "dual I/O read", 2, 2 },
	{ 0xbc, NOR_COMMAND_READ, NOR_TRAIT_SR2_ERRORS, 4, 12, 0, "dual I/O read", 2, 2 },
	{ 0xeb, NOR_COMMAND_READ, NOR_TRAIT_SR2_ERRORS, NOR_ADDRESS_CURRENT, 10, 0, "quad I/O read", 4, 4 },
	{ 0xec, NOR_COMMAND_READ, NOR_TRAIT_SR2_ERRORS, 4, 10, 0, "quad I/O read", 4, 4 },
	{ 0x6b, NOR_COMMAND_READ, NOR_TRAIT_QUAD, NOR_ADDRESS_CURRENT, 8, 0, "quad output fast read", 1, 4 },
	{ 0x6c, NOR_COMMAND_READ, NOR_TRAIT_QUAD_4BYTE, 4, 8, 0, "quad output fast read", 1, 4 },
	{ 0x5a, NOR_COMMAND_READ_SFDP, 0, 3, 8, 0, "read SFDP", 1, 1 },
	{ 0x9f, NOR_COMMAND_READ_ID, 0, 0, 0, 0, "read id", 1, 1 },
	{ 0xaf, NOR_COMMAND_READ_ID, NOR_TRAIT_MICRON_LINES | NOR_TRAIT_SR2_ERRORS, 0, 0, 0, "multiple I/O read id", 4, 4 },
	{ 0x90, NOR_COMMAND_READ_MANUFACTURER, 0, 3, 0, 0, "read manufacturer id", 1, 1 },
	{ 0x4b, NOR_COMMAND_READ_UNIQUE_ID, NOR_TRAIT_UNIQUE_ID, 0, 32, 0, "read unique id", 1, 1 },
	{ 0xab, NOR_COMMAND_RELEASE, 0, 0, 24, 0, "release from power-down", 1, 1 },
	{ 0x05, NOR_COMMAND_READ_STATUS, 0, 0, 0, 0, "read status", 1, 1 },
	{ 0x35, NOR_COMMAND_READ_STATUS, NOR_TRAIT_SR2, 0, 0, 1, "read status 2", 1, 1 },
	{ 0x15, NOR_COMMAND_READ_STATUS, NOR_TRAIT_CONFIG_15, 0, 0, 1, "read configuration", 1, 1 },
	{ 0x15, NOR_COMMAND_READ_STATUS, NOR_TRAIT_SR3, 0, 0, 2, "read status 3", 1, 1 },
	{ 0x07, NOR_COMMAND_READ_ERRORS, NOR_TRAIT_SR2_ERRORS, 0, 0, 0, "read status 2", 1, 1 },
	{ 0x15, NOR_COMMAND_READ_STATUS, NOR_TRAIT_SR2_ERRORS, 0, 0, 2, "read configuration 2", 1, 1 },
	{ 0x33, NOR_COMMAND_READ_STATUS, NOR_TRAIT_SR2_ERRORS, 0, 0, 3, "read configuration 3", 1, 1 },
	{ 0x65, NOR_COMMAND_READ_ANY, NOR_TRAIT_SR2_ERRORS, NOR_ADDRESS_CURRENT, 8, 0, "read any register", 1, 1 },
	{ 0x85, NOR_COMMAND_READ_CONFIG, NOR_TRAIT_MICRON_LINES, 0, 0, 0, "read volatile configuration", 1, 1 },
	{ 0x65, NOR_COMMAND_READ_CONFIG, NOR_TRAIT_MICRON_LINES, 0, 0, 1, "read enhanced volatile configuration", 1, 1 },
	{ 0x70, NOR_COMMAND_READ_FLAGS, NOR_TRAIT_FLAG_STATUS, 0, 0, 0, "read flag status", 1, 1 },
	{ 0x2b, NOR_COMMAND_READ_ERRORS, NOR_TRAIT_SECURITY_2B, 0, 0, 1, "read security register", 1, 1 },
	{ 0x02, NOR_COMMAND_PROGRAM, 0, NOR_ADDRESS_CURRENT, 0, 0, "page program", 1, 1 },
	{ 0x12, NOR_COMMAND_PROGRAM, NOR_TRAIT_4BYTE_OPCODES, 4, 0, 0, "page program", 1, 1 },
	{ 0xa2, NOR_COMMAND_PROGRAM, NOR_TRAIT_MICRON_LINES, NOR_ADDRESS_CURRENT, 0, 0, "dual program", 1, 2 },
	{ 0xd2, NOR_COMMAND_PROGRAM, NOR_TRAIT_MICRON_LINES, NOR_ADDRESS_CURRENT, 0, 0, "extended dual program", 2, 2 },
	{ 0x32, NOR_COMMAND_PROGRAM, NOR_TRAIT_MICRON_LINES, NOR_ADDRESS_CURRENT, 0, 0, "quad program", 1, 4 },
	{ 0x12, NOR_COMMAND_PROGRAM, NOR_TRAIT_MICRON_LINES, NOR_ADDRESS_CURRENT, 0, 0, "extended quad program", 4, 4 },
	{ 0x32, NOR_COMMAND_PROGRAM, NOR_TRAIT_SR2_ERRORS, NOR_ADDRESS_CURRENT, 0, 0, "quad program", 1, 4 },
	{ 0x34, NOR_COMMAND_PROGRAM, NOR_TRAIT_SR2_ERRORS, 4, 0, 0, "quad program", 1, 4 },
	{ 0x32, NOR_COMMAND_PROGRAM, NOR_TRAIT_QUAD, NOR_ADDRESS_CURRENT, 0, 0, "quad program", 1, 4 },
	{ 0x34, NOR_COMMAND_PROGRAM, NOR_TRAIT_QUAD_4BYTE, 4, 0, 0, "quad program", 1, 4 },
	{ 0xc7, NOR_COMMAND_ERASE_CHIP, 0, 0, 0, 0, "chip erase", 1, 1 },
	{ 0x60, NOR_COMMAND_ERASE_CHIP, NOR_TRAIT_CHIP_ERASE_60, 0, 0, 0, "chip erase", 1, 1 },
	{ 0x01, NOR_COMMAND_WRITE_REGISTERS, NOR_TRAIT_SR2_ERRORS, 0, 0, 0, "write registers", 1, 1 },
	{ 0x71, NOR_COMMAND_WRITE_ANY, NOR_TRAIT_SR2_ERRORS, NOR_ADDRESS_CURRENT, 0, 0, "write any register", 1, 1 },
	{ 0x01, NOR_COMMAND_WRITE_STATUS, 0, 0, 0, 0, "write status", 1, 1 },
	{ 0x31, NOR_COMMAND_WRITE_STATUS, NOR_TRAIT_SR2_WRITE, 0, 0, 1, "write status 2", 1, 1 },
	{ 0x11, NOR_COMMAND_WRITE_STATUS, NOR_TRAIT_SR3, 0, 0, 2, "write status 3", 1, 1 },
	{ 0x81, NOR_COMMAND_WRITE_CONFIG, NOR_TRAIT_MICRON_LINES, 0, 0, 0, "write volatile configuration", 1, 1 },
	{ 0x61, NOR_COMMAND_WRITE_CONFIG, NOR_TRAIT_MICRON_LINES, 0, 0, 1, "write enhanced volatile configuration", 1, 1 },
	{ 0xc5, NOR_COMMAND_WRITE_EXTENDED, NOR_TRAIT_EXTENDED_ADDRESS, 0, 0, 0, "write extended address", 1, 1 },
	{ 0xff, NOR_COMMAND_MODE_RESET, 0, 0, 0, 0, "mode reset", 1, 1 },
	{ 0x06, NOR_COMMAND_WRITE_ENABLE, 0, 0, 0, 0, "write enable", 1, 1 },
	{ 0x04, NOR_COMMAND_WRITE_DISABLE, 0, 0, 0, 0, "write disable", 1, 1 },
	{ 0x50, NOR_COMMAND_CLEAR_FLAGS, NOR_TRAIT_FLAG_STATUS, 0, 0, 0, "clear flag status", 1, 1 },
	{ 0x30, NOR_COMMAND_CLEAR_FLAGS, NOR_TRAIT_SR2_ERRORS, 0, 0, 0, "clear status", 1, 1 },
	{ 0x50, NOR_COMMAND_VOLATILE_ENABLE, NOR_TRAIT_VOLATILE_SR, 0, 0, 0, "volatile write enable", 1, 1 },
	{ 0xb7, NOR_COMMAND_ENTER_4BYTE, TRAITS_4BYTE_MODE, 0, 0, 0, "enter 4-byte mode", 1, 1 },
	{ 0xe9, NOR_COMMAND_EXIT_4BYTE, TRAITS_4BYTE_MODE, 0, 0, 0, "exit 4-byte mode", 1, 1 },
	{ 0xb9, NOR_COMMAND_POWER_DOWN, NOR_TRAIT_DEEP_POWER_DOWN, 0, 0, 0, "deep power-down", 1, 1 },
	{ 0x38, NOR_COMMAND_ENTER_QPI, NOR_TRAIT_QPI | NOR_TRAIT_SR2_ERRORS, 0, 0, 0, "enter QPI", 1, 1 },
	{ 0xf5, NOR_COMMAND_EXIT_QPI, NOR_TRAIT_SR2_ERRORS, 0, 0, 0, "exit QPI", 1, 1 },
	{ 0x66, NOR_COMMAND_RESET_ENABLE, NOR_TRAIT_SOFT_RESET, 0, 0, 0, "reset enable", 1, 1 },
	{ 0x99, NOR_COMMAND_RESET, NOR_TRAIT_SOFT_RESET, 0, 0, 0, "reset", 1, 1 },
	{ 0x98, NOR_COMMAND_UNLOCK, NOR_TRAIT_POWER_UP_LOCK, 0, 0, 0, "global unlock", 1, 1 },
};

/* Opcodes of erase commands are the part's. */
static const struct nor_command erase_current = { 0, NOR_COMMAND_ERASE, 0, NOR_ADDRESS_CURRENT, 0, 0, "erase", 1, 1 };
static const struct nor_command erase_4byte = { 0, NOR_COMMAND_ERASE, 0, 4, 0, 0, "erase", 1, 1 };

void nor_command_build(struct nor *nor)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct nor_command *command = &commands[i];

		if (command->traits && !(command->traits & nor->part.traits))
			continue;
		if (!nor->command[command->opcode])
			nor->command[command->opcode] = command;
	}

	for (unsigned int i = 0; i < NOR_MAX_ERASE_TYPES; i++) {
		const struct nor_erase_type *erase = &nor->part.erase[i];

		if (erase->size_bytes == 0)
			continue;
		nor->command[erase->opcode] = &erase_current;
		if (erase->opcode_4byte)
			nor->command[erase->opcode_4byte] = &erase_4byte;
	}
}

static bool is_busy(const struct nor *nor)
{
	return nor->operation.kind != NOR_OPERATION_NONE || nor_is_stuck(nor) || nor_fl_l_is_held(nor);
}

static bool is_status_read(const struct nor_command *command)
{
	return command->kind == NOR_COMMAND_READ_STATUS || command->kind == NOR_COMMAND_READ_ERRORS ||
		command->kind == NOR_COMMAND_READ_FLAGS || command->kind == NOR_COMMAND_READ_ANY;
}

static bool is_any_read(const struct nor_command *command)
{
	return command->kind <= NOR_COMMAND_READ_FLAGS;
}

/* Commands that only software sends that believes the chip listens; see the head of this file. */
static bool expects_answer(const struct nor_command *command)
{
	switch (command->kind) {
	case NOR_COMMAND_READ:
	case NOR_COMMAND_PROGRAM:
	case NOR_COMMAND_ERASE:
	case NOR_COMMAND_ERASE_CHIP:
	case NOR_COMMAND_WRITE_STATUS:
	case NOR_COMMAND_WRITE_CONFIG:
	case NOR_COMMAND_WRITE_EXTENDED:
	case NOR_COMMAND_WRITE_REGISTERS:
	case NOR_COMMAND_WRITE_ANY:
	case NOR_COMMAND_WRITE_ENABLE:
	case NOR_COMMAND_VOLATILE_ENABLE:
		return true;
	default:
		return false;
	}
}

static void start_output(struct nor *nor)
{
	nor->num_data = 0;
	nor->phase = NOR_PHASE_DATA_OUT;
}

/* Address and dummies are through. */
static void start_data(struct nor *nor)
{
	switch (nor->running->kind) {
	case NOR_COMMAND_PROGRAM:
		memset(nor->page, 0xff, sizeof(nor->page));
		nor->num_data = 0;
		nor->phase = NOR_PHASE_DATA_IN;
		break;
	case NOR_COMMAND_WRITE_STATUS:
	case NOR_COMMAND_WRITE_CONFIG:
	case NOR_COMMAND_WRITE_EXTENDED:
	case NOR_COMMAND_WRITE_REGISTERS:
	case NOR_COMMAND_WRITE_ANY:
		nor->num_data = 0;
		nor->phase = NOR_PHASE_DATA_IN;
		break;
	default:
		if (is_any_read(nor->running))
			start_output(nor);
		else
			nor->phase = NOR_PHASE_IGNORE;	/* extra bytes are counted and judged when CS rises */
		break;
	}
}

static void start_dummy(struct nor *nor)
{
	nor->num_left = nor_lines_dummy_clocks(nor);
	/* W25Q256JV: 4Bh takes a fifth dummy byte in 4-byte mode. */
	if (nor->running->kind == NOR_COMMAND_READ_UNIQUE_ID && nor->address_4byte)
		nor->num_left += 8;

	nor->phase = NOR_PHASE_DUMMY;
	nor->dummy_begun = false;
	if (nor->num_left == 0)
		start_data(nor);
}

static void start_address(struct nor *nor)
{
	const struct nor_command *command = nor->running;

	nor->address = 0;
	nor->num_left = command->address_bytes;
	if (command->address_bytes == NOR_ADDRESS_CURRENT) {
		nor->num_left = nor->address_4byte ? 4 : 3;
		/* Shifted up by the three bytes to come. */
		if (!nor->address_4byte)
			nor->address = nor->extended_address;
	}

	nor->phase = NOR_PHASE_ADDRESS;
	if (nor->num_left == 0)
		start_dummy(nor);
}

static void count_read(struct nor *nor)
{
	struct vb *vb = nor->vb;

	if (!vb->fault)
		return;

	fault_count(vb->fault, FAULT_EVENT_READ);
	if (fault_active(vb->fault, FAULT_NOR_POWER_CUT, vb->clock.now_ps, NULL))
		nor_power_cycle(nor);
}

/* A chip that is busy: returns whether the command runs nevertheless. */
static bool accept_while_busy(struct nor *nor, const struct nor_command *command)
{
	if (is_status_read(command) || command->kind == NOR_COMMAND_MODE_RESET)
		return true;
	if (nor->operation.kind == NOR_OPERATION_NONE && nor_fl_l_is_held(nor) && nor_fl_l_accepts_while_held(command))
		return true;

	vb_violation(nor->vb, "flash: %s (%02Xh) while busy", command->name, nor->opcode);
	if (command->kind == NOR_COMMAND_RESET_ENABLE || command->kind == NOR_COMMAND_RESET)
		return true;

	nor->phase = is_any_read(command) ? NOR_PHASE_NOISE : NOR_PHASE_IGNORE;
	return false;
}

static void start_command(struct nor *nor, uint8_t opcode)
{
	const struct nor_command *command = nor->command[opcode];
	bool reset_enabled = nor->reset_enabled;

	nor_operation_settle(nor);
	nor->opcode = opcode;
	nor->phase = NOR_PHASE_IGNORE;
	nor->reset_enabled = false;	/* 66h and 99h must be neighbours */

	if (nor->deep_power_down && opcode != 0xab) {
		if (command && expects_answer(command))
			vb_violation(nor->vb, "flash: %s (%02Xh) in deep power-down", command->name, opcode);
		return;
	}

	if (nor->vb->clock.now_ps < nor->ready_ps && opcode != 0xff) {
		vb_violation(nor->vb, "flash: opcode %02Xh before the chip is back from power-down or reset", opcode);
		return;
	}

	if (!command || !nor_lines_has_command(nor, command)) {
		/* AFh asks chips in a protocol with several lines who they are; the others do not mind. */
		if (opcode != 0xaf)
			vb_violation(nor->vb, "flash: unknown opcode %02Xh for %s%s", opcode, nor->part.name,
				command ? nor->qpi ? " on four lines" : " on one line" : "");
		return;
	}

	if (is_busy(nor) && !accept_while_busy(nor, command))
		return;
	if (nor_fl_l_lacks_quad(nor, command) || nor_lines_lack_quad(nor, command)) {
		vb_violation(nor->vb, "flash: %s (%02Xh) without quad enable", command->name, opcode);
		return;
	}

	nor->running = command;
	nor->reset_enabled = reset_enabled && command->kind == NOR_COMMAND_RESET;
	nor->limit_hz = nor->part.max_clock_hz;
	if (command->kind == NOR_COMMAND_READ && command->dummy_clocks == 0)
		nor->limit_hz = nor->part.max_read_hz;

	start_address(nor);

	if (command->kind == NOR_COMMAND_READ)
		count_read(nor);
}

/* The command goes on where it was entered: what comes first is an address. */
static void resume_xip(struct nor *nor)
{
	nor->running = nor->xip;
	nor->opcode = nor->xip->opcode;
	nor->limit_hz = nor->part.max_clock_hz;
	start_address(nor);
	count_read(nor);
}

void nor_command_resume_xip(struct nor *nor)
{
	resume_xip(nor);
}

void nor_command_select(struct nor *nor)
{
	struct vb *vb = nor->vb;
	uint32_t level = 0;

	nor->phase = NOR_PHASE_OPCODE;
	nor->running = NULL;
	nor->num_bytes = 0;
	nor->num_data = 0;
	nor->limit_hz = 0;
	nor->all_ones = true;
	nor->wrapped = false;
	nor->output = NOR_OUTPUT_NONE;

	if (vb->fault) {
		if (fault_active(vb->fault, FAULT_NOR_ABSENT, vb->clock.now_ps, &level)) {
			nor->pull = level != 0;
			nor->phase = NOR_PHASE_ABSENT;
			return;
		}

		if (fault_active(vb->fault, FAULT_NOR_POWER_CUT, vb->clock.now_ps, NULL)) {
			nor_power_cycle(nor);
			nor->phase = NOR_PHASE_OPCODE;	/* power is back before the first clock */
		}
	}

	if (nor->qpi)
		nor->phase = NOR_PHASE_QPI;
	else if (nor->xip)
		resume_xip(nor);
}

void nor_command_too_fast(struct nor *nor, uint32_t clock_hz)
{
	vb_violation(nor->vb, "flash: SCK of %" PRIu32 " Hz for %s (%02Xh), the part's limit is %" PRIu32 " Hz",
			clock_hz, nor->running ? nor->running->name : "a command", nor->opcode, nor->limit_hz);
	nor->limit_hz = 0;
}

static uint8_t status_byte(struct nor *nor, unsigned int index)
{
	uint8_t value = nor->status[index];

	if (index == 0) {
		value |= is_busy(nor) ? SR1_WIP : 0;
		value |= nor->write_enabled ? SR1_WEL : 0;
	} else if (nor->address_4byte && nor->part.traits & NOR_TRAIT_4BYTE_MODE) {
		/* W25Q256JV: SR3 bit 0 ADS; MX25L25635F: configuration register bit 5. */
		if (index == 2)
			value |= 0x01;
		else if (nor->part.traits & NOR_TRAIT_CONFIG_15)
			value |= 0x20;
	}

	return value;
}

/* N25Q256A data sheet, "Flag status register": b7 ready, b5 erase, b4 program, b1 protection, b0 4-byte address. */
static uint8_t flag_byte(struct nor *nor)
{
	uint8_t value = is_busy(nor) ? 0 : 0x80;

	value |= nor->error_erase ? 0x20 : 0;
	value |= nor->error_program ? 0x10 : 0;
	value |= nor->error_protect ? 0x02 : 0;
	value |= nor->address_4byte ? 0x01 : 0;
	return value;
}

/* S25FL-L: b6 E_ERR, b5 P_ERR (facts: mail to linux-mtd about S25FL-L). Macronix' E_FAIL and P_FAIL are there too. */
static uint8_t error_byte(const struct nor *nor)
{
	return (nor->error_erase ? 0x40 : 0) | (nor->error_program ? 0x20 : 0);
}

static uint8_t sfdp_byte(const struct nor *nor, uint64_t address)
{
	/* Chips without a table ignore the command; their MISO is modelled as low, so that FF is not taken for one. */
	if (!nor->part.sfdp)
		return 0x00;

	return address < nor->part.sfdp_bytes ? nor->part.sfdp[address] : 0xff;
}

/* The byte that the next eight clocks shift out. */
static void load_output(struct nor *nor)
{
	uint64_t count = nor->num_data++;
	/* RES and REMS give the density code less one: 17h for 128 Mbit (W25Q128JV, MX25L12835F, IS25WP256 alike). */
	uint8_t device_id = (uint8_t)(nor->id_log2_size - 1);

	nor->output = NOR_OUTPUT_OTHER;

	switch (nor->running->kind) {
	case NOR_COMMAND_READ:
		if (count == 0)
			nor->address %= nor->part.size_bytes;
		nor->output = NOR_OUTPUT_DATA;
		nor->out = nor->cells[nor->address];
		if (++nor->address == nor->part.size_bytes)
			nor->address = 0;
		break;
	case NOR_COMMAND_READ_STATUS:
		/* CS may stay low over a whole erase, with the register read again and again. */
		nor_operation_settle(nor);
		nor->output = NOR_OUTPUT_STATUS;
		nor->out = status_byte(nor, nor->running->index);
		break;
	case NOR_COMMAND_READ_ERRORS:
		nor_operation_settle(nor);
		nor->output = NOR_OUTPUT_STATUS;
		nor->out = error_byte(nor);
		break;
	case NOR_COMMAND_READ_ANY:
		nor_operation_settle(nor);
		nor->output = NOR_OUTPUT_STATUS;
		nor->out = nor_fl_l_register(nor, nor->address, status_byte(nor, 0), error_byte(nor));
		break;
	case NOR_COMMAND_READ_FLAGS:
		nor_operation_settle(nor);
		nor->output = NOR_OUTPUT_STATUS;
		nor->out = flag_byte(nor);
		break;
	case NOR_COMMAND_READ_CONFIG:
		nor->out = nor->config[nor->running->index];
		break;
	case NOR_COMMAND_READ_SFDP:
		nor->out = sfdp_byte(nor, nor->address);
		nor->address = (nor->address + 1) & 0xffffff;
		break;
	case NOR_COMMAND_READ_ID:
		nor->out = nor->part.jedec_id[count % 3];
		break;
	case NOR_COMMAND_READ_MANUFACTURER:
		nor->out = (count + nor->address) & 1 ? device_id : nor->part.jedec_id[0];
		break;
	case NOR_COMMAND_READ_UNIQUE_ID:
		nor->out = (uint8_t)(nor->part.jedec_id[count % 3] ^ (0x51 + 0x11 * (count % 8)));
		break;
	case NOR_COMMAND_RELEASE:
		nor->out = device_id;
		break;
	default:
		nor->output = NOR_OUTPUT_NONE;
		break;
	}
}

static void program_byte(struct nor *nor, uint8_t in)
{
	uint64_t offset = nor->address % nor->part.page_bytes + nor->num_data++;

	if (offset >= nor->part.page_bytes && !nor->wrapped) {
		vb_violation(nor->vb, "flash: %s (%02Xh) runs over the end of the page at 0x%06" PRIx64,
				nor->running->name, nor->opcode, nor->address);
		nor->wrapped = true;
	}

	nor->page[offset % nor->part.page_bytes] = in;
}

static void judge_deaf_chip(struct nor *nor, uint8_t opcode)
{
	const struct nor_command *command = nor->command[opcode];

	if (nor->num_bytes == 1 && command && expects_answer(command))
		vb_violation(nor->vb, "flash: %s (%02Xh) in QPI mode", command->name, opcode);
}

static void load_answer(struct nor *nor)
{
	if (nor->phase == NOR_PHASE_DATA_OUT) {
		load_output(nor);
	} else if (nor->phase == NOR_PHASE_NOISE) {
		nor->output = NOR_OUTPUT_OTHER;
		nor->out = (uint8_t)vb_random(&nor->random_state);
	}
}

void nor_command_dummy(struct nor *nor, unsigned int clocks)
{
	nor->num_left -= clocks;
	if (nor->num_left)
		return;
	start_data(nor);
	load_answer(nor);
}

void nor_command_byte(struct nor *nor, uint8_t in)
{
	if (nor->output == NOR_OUTPUT_DATA)
		nor->vb->count.read_bytes++;
	else if (nor->output == NOR_OUTPUT_STATUS)
		nor->vb->count.status_reads++;

	nor->output = NOR_OUTPUT_NONE;
	nor->num_bytes++;

	switch (nor->phase) {
	case NOR_PHASE_OPCODE:
		start_command(nor, in);
		break;
	case NOR_PHASE_ADDRESS:
		nor->address = nor->address << 8 | in;
		if (--nor->num_left == 0)
			start_dummy(nor);
		break;
	case NOR_PHASE_DUMMY:
		/* The first clock's bit on the one line; whole bytes only, see nor_sck_rising(). */
		nor_lines_confirm_xip(nor, in >> 7);
		nor->num_left -= 8;
		if (nor->num_left == 0)
			start_data(nor);
		break;
	case NOR_PHASE_DATA_IN:
		if (nor->running->kind == NOR_COMMAND_PROGRAM)
			program_byte(nor, in);
		else if (nor->num_data < NOR_NUM_STATUS)
			nor->page[nor->num_data++] = in;
		break;
	case NOR_PHASE_QPI:
		judge_deaf_chip(nor, in);
		break;
	case NOR_PHASE_DATA_OUT:
	case NOR_PHASE_NOISE:
	case NOR_PHASE_IGNORE:
	case NOR_PHASE_ABSENT:
		break;
	}

	load_answer(nor);
}
