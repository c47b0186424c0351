// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What the flash does when CS rises: complete commands that change something, and the rules they must keep.
 * The list of rules is at the head of nor_command.c.
 */

#include <inttypes.h>
#include <string.h>

#include "../fault/fault.h"
#include "nor_private.h"

/* W25Q128JV data sheet rev. F, AC characteristics: tW 10 ms typical, tRST 30 us. Other parts are of that order. */
#define WRITE_STATUS_PS		(10 * VB_PS_PER_MS)
#define SOFT_RESET_PS		(30 * VB_PS_PER_US)

#define SR2_QE		0x02

/* Whether the command ended on a byte boundary and with an acceptable number of bytes. */
static bool is_framed(struct nor *nor, uint64_t min_bytes, uint64_t max_bytes)
{
	const char *name = nor->running->name;

	if (nor->num_bits) {
		vb_violation(nor->vb, "flash: CS rose %u bits into a byte, %s (%02Xh) is ignored", nor->num_bits, name,
				nor->opcode);
		return false;
	}

	if (nor->num_bytes < min_bytes || nor->num_bytes > max_bytes) {
		vb_violation(nor->vb, "flash: %s (%02Xh) of %" PRIu64 " bytes is ignored, it takes %s%" PRIu64, name,
				nor->opcode, nor->num_bytes, min_bytes == max_bytes ? "" : "at least ", min_bytes);
		return false;
	}

	return true;
}

static uint64_t address_bytes(const struct nor *nor)
{
	if (nor->running->address_bytes == NOR_ADDRESS_CURRENT)
		return nor->address_4byte ? 4 : 3;

	return nor->running->address_bytes;
}

/* Write enable and address of a program or erase. The address is brought into the chip, as its decoder does. */
static bool may_change(struct nor *nor)
{
	if (!nor->write_enabled) {
		vb_violation(nor->vb, "flash: %s (%02Xh) without write enable at 0x%06" PRIx64,
				nor->running->name, nor->opcode, nor->address);
		return false;
	}

	if (nor->address >= nor->part.size_bytes) {
		vb_violation(nor->vb, "flash: %s (%02Xh) beyond the end of the chip at 0x%06" PRIx64,
				nor->running->name, nor->opcode, nor->address);
		nor->address %= nor->part.size_bytes;
	}

	return true;
}

static bool is_blocked(struct nor *nor, uint64_t address, uint64_t length_bytes, bool *error)
{
	if (!nor_is_protected(nor, address, length_bytes))
		return false;

	*error = true;
	nor->error_protect = true;
	/* Micron keeps the latch after an error (facts: Linux micron-st.c), and so does the S25FL-L. */
	if (!(nor->part.traits & (NOR_TRAIT_FLAG_STATUS | NOR_TRAIT_SR2_ERRORS)))
		nor->write_enabled = false;

	return true;
}

/* The plan's triggers count operations that start; the one that a power cut hits is left in the middle. */
static void run_operation(struct nor *nor, uint64_t duration_ps, enum fault_event event)
{
	struct vb *vb = nor->vb;
	uint32_t mask = 0;

	nor_operation_start(nor, duration_ps);
	if (!vb->fault)
		return;

	fault_count(vb->fault, event);
	if (event == FAULT_EVENT_PROGRAM && fault_active(vb->fault, FAULT_NOR_PROGRAM_FAILS, vb->clock.now_ps, &mask))
		nor->operation.stuck_bits = mask ? (uint8_t)mask : 0xff;
	if (event == FAULT_EVENT_ERASE && fault_active(vb->fault, FAULT_NOR_ERASE_FAILS, vb->clock.now_ps, &mask))
		nor->operation.stuck_bits = mask ? (uint8_t)mask : 0xff;

	if (fault_active(vb->fault, FAULT_NOR_POWER_CUT, vb->clock.now_ps, NULL)) {
		nor_operation_cut(nor, 64 + (int)(vb_random(&nor->random_state) % 128));
		nor_power_cycle(nor);
	}
}

static void execute_program(struct nor *nor)
{
	const struct nor_part *part = &nor->part;
	struct nor_operation *operation = &nor->operation;
	uint64_t length_bytes = nor->num_data < part->page_bytes ? nor->num_data : part->page_bytes;

	if (!is_framed(nor, 2 + address_bytes(nor), UINT64_MAX) || !may_change(nor))
		return;

	if (part->traits & NOR_TRAIT_SECURITY_2B)
		nor->error_program = false;

	uint64_t page_address = nor->address - nor->address % part->page_bytes;

	if (is_blocked(nor, page_address, part->page_bytes, &nor->error_program))
		return;

	operation->kind = NOR_OPERATION_PROGRAM;
	operation->address = page_address;
	operation->length_bytes = part->page_bytes;
	operation->stuck_bits = 0;
	memcpy(operation->data, nor->page, part->page_bytes);
	nor->vb->count.page_programs++;
	nor->vb->count.program_bytes += length_bytes;

	uint64_t duration_ps = part->byte_program_us * VB_PS_PER_US;

	if (part->page_bytes > 1 && part->page_program_us > part->byte_program_us)
		duration_ps += (part->page_program_us - part->byte_program_us) * VB_PS_PER_US * (length_bytes - 1) /
			(part->page_bytes - 1);

	run_operation(nor, duration_ps, FAULT_EVENT_PROGRAM);
}

/* Which erase type the opcode means at this address; several where the part has a sector map (SST26: D8h). */
static const struct nor_erase_type *erase_type(const struct nor *nor)
{
	const struct nor_part *part = &nor->part;
	uint8_t mask = 0xff;

	for (unsigned int i = 0; i < part->num_regions; i++) {
		if (nor->address - part->region[i].offset_bytes < part->region[i].size_bytes)
			mask = part->region[i].erase_mask;
	}

	for (unsigned int i = 0; i < NOR_MAX_ERASE_TYPES; i++) {
		const struct nor_erase_type *erase = &part->erase[i];

		if (erase->size_bytes == 0 || !(mask >> i & 1))
			continue;
		if (erase->opcode == nor->opcode || (erase->opcode_4byte && erase->opcode_4byte == nor->opcode))
			return erase;
	}

	return NULL;
}

static void count_erase(struct vb_counters *count, uint32_t size_bytes)
{
	switch (size_bytes) {
	case 4096:
		count->erase_4k++;
		break;
	case 32768:
		count->erase_32k++;
		break;
	case 65536:
		count->erase_64k++;
		break;
	default:
		count->erase_other++;
		break;
	}
}

static void execute_erase(struct nor *nor)
{
	uint64_t num_bytes = 1 + address_bytes(nor);

	if (!is_framed(nor, num_bytes, num_bytes) || !may_change(nor))
		return;

	const struct nor_erase_type *erase = erase_type(nor);

	if (!erase) {
		vb_violation(nor->vb, "flash: %s (%02Xh) does not exist at 0x%06" PRIx64,
				nor->running->name, nor->opcode, nor->address);
		return;
	}

	uint64_t address = nor->address & ~((uint64_t)erase->size_bytes - 1);
	uint64_t length_bytes = erase->size_bytes;

	/* Only with --flash-size: a chip that is no multiple of its erase sizes. */
	if (length_bytes > nor->part.size_bytes - address)
		length_bytes = nor->part.size_bytes - address;

	if (nor->part.traits & NOR_TRAIT_SECURITY_2B)
		nor->error_erase = false;
	if (is_blocked(nor, address, length_bytes, &nor->error_erase))
		return;

	nor->operation.kind = NOR_OPERATION_ERASE;
	nor->operation.stuck_bits = 0;
	nor->operation.address = address;
	nor->operation.length_bytes = length_bytes;
	count_erase(&nor->vb->count, erase->size_bytes);
	run_operation(nor, erase->typical_us * VB_PS_PER_US, FAULT_EVENT_ERASE);
}

static void execute_erase_chip(struct nor *nor)
{
	nor->address = 0;
	if (!is_framed(nor, 1, 1) || !may_change(nor))
		return;
	if (nor->part.traits & NOR_TRAIT_SECURITY_2B)
		nor->error_erase = false;
	if (is_blocked(nor, 0, nor->part.size_bytes, &nor->error_erase))
		return;

	nor->operation.kind = NOR_OPERATION_ERASE;
	nor->operation.stuck_bits = 0;
	nor->operation.address = 0;
	nor->operation.length_bytes = nor->part.size_bytes;
	nor->vb->count.erase_chip++;
	run_operation(nor, nor->part.chip_erase_ms * VB_PS_PER_MS, FAULT_EVENT_ERASE);
}

static void execute_write_status(struct nor *nor)
{
	/*
	 * Bits that software can write: all of SR1 but WIP and WEL; SR2 CMP, QE, SRP1 (not the one-time LB bits); SR3
	 * DRV, WPS. Macronix' configuration register: dummy cycles, drive strength and TB, which is never cleared.
	 */
	uint8_t second = nor->part.traits & NOR_TRAIT_CONFIG_15 ? 0xcf : 0x43;
	const uint8_t writable[NOR_NUM_STATUS] = { 0xfc, second, 0x64 };
	unsigned int first = nor->running->index;
	unsigned int num = (unsigned int)(nor->num_bytes - 1);
	bool two = first == 0 && nor->part.traits & (NOR_TRAIT_SR2 | NOR_TRAIT_CONFIG_15);
	uint8_t value[NOR_NUM_STATUS];

	if (!is_framed(nor, 2, two ? 3 : 2))
		return;

	if (!nor->write_enabled && !nor->volatile_enabled) {
		vb_violation(nor->vb, "flash: %s (%02Xh) without write enable", nor->running->name, nor->opcode);
		return;
	}

	if (nor_status_is_locked(nor)) {
		nor->write_enabled = false;
		nor->volatile_enabled = false;
		return;
	}

	memcpy(value, nor->status, sizeof(value));
	for (unsigned int i = 0; i < num; i++)
		value[first + i] = nor->page[i] & writable[first + i];
	if (nor->part.traits & NOR_TRAIT_CONFIG_15)
		value[1] |= nor->status[1] & 0x08;
	if (first == 0 && num == 1 && nor->part.traits & NOR_TRAIT_SR1_CLEARS_SR2)
		value[1] = 0;

	if (nor->volatile_enabled && !nor->write_enabled) {
		nor->volatile_enabled = false;
		memcpy(nor->status, value, sizeof(value));
		return;
	}

	nor->operation.kind = NOR_OPERATION_STATUS;
	memcpy(nor->operation.status, value, sizeof(value));
	nor_operation_start(nor, WRITE_STATUS_PS);
}

static bool is_locked_by_plan(const struct nor *nor)
{
	struct vb *vb = nor->vb;

	return vb->fault && fault_active(vb->fault, FAULT_NOR_LOCKED, vb->clock.now_ps, NULL);
}

/* Whether the part wants 06h before B7h/E9h and has it; uses the latch up, which is the stricter reading. */
static bool may_change_address_mode(struct nor *nor)
{
	if (!(nor->part.traits & NOR_TRAIT_4BYTE_MODE_WREN))
		return true;

	if (!nor->write_enabled) {
		vb_violation(nor->vb, "flash: %s (%02Xh) without write enable", nor->running->name, nor->opcode);
		return false;
	}

	nor->write_enabled = false;
	return true;
}

static void execute_reset(struct nor *nor)
{
	if (!nor->reset_enabled) {
		vb_violation(nor->vb, "flash: reset (99h) that does not follow reset enable (66h)");
		return;
	}

	if (nor->operation.kind != NOR_OPERATION_NONE) {
		vb_violation(nor->vb, "flash: reset (99h) cuts a running operation at 0x%06" PRIx64,
				nor->operation.address);
		nor_operation_cut(nor, -1);
	}

	nor_reset_volatile(nor);
	nor->ready_ps = nor->vb->clock.now_ps + SOFT_RESET_PS;
}

/* Volatile, without a busy time. */
static void execute_write_extended(struct nor *nor)
{
	if (!is_framed(nor, 2, 2))
		return;

	if (!nor->write_enabled) {
		vb_violation(nor->vb, "flash: write extended address (C5h) without write enable");
		return;
	}
	nor->write_enabled = false;
	nor->extended_address = nor->page[0];
}

static void execute_write_config(struct nor *nor)
{
	if (!is_framed(nor, 2, 2))
		return;

	if (!nor->write_enabled) {
		vb_violation(nor->vb, "flash: %s (%02Xh) without write enable", nor->running->name, nor->opcode);
		return;
	}
	nor->write_enabled = false;
	nor_lines_write_config(nor);
}

static void execute_one_byte(struct nor *nor)
{
	if (!is_framed(nor, 1, 1))
		return;

	switch (nor->running->kind) {
	case NOR_COMMAND_WRITE_ENABLE:
		nor->write_enabled = !is_locked_by_plan(nor);
		break;
	case NOR_COMMAND_WRITE_DISABLE:
		nor->write_enabled = false;
		nor->volatile_enabled = false;
		break;
	case NOR_COMMAND_VOLATILE_ENABLE:
		nor->volatile_enabled = true;
		break;
	case NOR_COMMAND_CLEAR_FLAGS:
		nor->error_program = false;
		nor->error_erase = false;
		nor->error_protect = false;
		break;
	case NOR_COMMAND_ENTER_4BYTE:
	case NOR_COMMAND_EXIT_4BYTE:
		if (may_change_address_mode(nor)) {
			if (nor->address_4byte && nor->running->kind == NOR_COMMAND_EXIT_4BYTE &&
					nor->part.traits & NOR_TRAIT_EXTENDED_ADDRESS)
				nor->extended_address = 1;
			nor->address_4byte = nor->running->kind == NOR_COMMAND_ENTER_4BYTE;
		}
		break;
	case NOR_COMMAND_POWER_DOWN:
		nor->deep_power_down = true;
		break;
	case NOR_COMMAND_ENTER_QPI:
		/* W25Q128JV-DTR: ignored unless SR2.QE is set. */
		nor->qpi = nor->status[1] & SR2_QE || nor->part.traits & NOR_TRAIT_SR2_ERRORS;
		break;
	case NOR_COMMAND_EXIT_QPI:
		nor_lines_leave_quad(nor);
		break;
	case NOR_COMMAND_RESET_ENABLE:
		nor->reset_enabled = true;
		break;
	case NOR_COMMAND_RESET:
		execute_reset(nor);
		break;
	case NOR_COMMAND_UNLOCK:
		if (nor->write_enabled)
			nor->locked = false;
		else
			vb_violation(nor->vb, "flash: global unlock (98h) without write enable");
		nor->write_enabled = false;
		break;
	default:
		break;
	}
}

/* CS rises on a chip in QPI mode: eight or more clocks with IO0 high (the other lines are pulled up) are FFh. */
static void leave_qpi(struct nor *nor)
{
	/* The S25FL-L stays in it: FFh resets its mode bits only */
	if (nor->all_ones && nor->num_bytes > 0 && !(nor->part.traits & NOR_TRAIT_SR2_ERRORS))
		nor_lines_leave_quad(nor);
}

void nor_command_deselect(struct nor *nor)
{
	if (nor->phase == NOR_PHASE_QPI) {
		leave_qpi(nor);
		return;
	}

	if (nor->phase == NOR_PHASE_OPCODE && nor->num_bits) {
		vb_violation(nor->vb, "flash: CS rose %u bits into an opcode", nor->num_bits);
		return;
	}

	const struct nor_command *command = nor->running;

	if (!command)
		return;

	if (command->kind >= NOR_COMMAND_WRITE_ENABLE) {
		execute_one_byte(nor);
	} else if (command->kind == NOR_COMMAND_PROGRAM) {
		execute_program(nor);
	} else if (command->kind == NOR_COMMAND_ERASE) {
		execute_erase(nor);
	} else if (command->kind == NOR_COMMAND_ERASE_CHIP) {
		execute_erase_chip(nor);
	} else if (command->kind == NOR_COMMAND_WRITE_STATUS) {
		execute_write_status(nor);
	} else if (command->kind == NOR_COMMAND_WRITE_REGISTERS) {
		if (is_framed(nor, 2, 1 + NOR_NUM_STATUS))
			nor_fl_l_write(nor, WRITE_STATUS_PS);
	} else if (command->kind == NOR_COMMAND_WRITE_ANY) {
		if (is_framed(nor, 2 + address_bytes(nor), 2 + address_bytes(nor)))
			nor_fl_l_write(nor, WRITE_STATUS_PS);
	} else if (command->kind == NOR_COMMAND_WRITE_EXTENDED) {
		execute_write_extended(nor);
	} else if (command->kind == NOR_COMMAND_WRITE_CONFIG) {
		execute_write_config(nor);
	} else if (command->kind == NOR_COMMAND_MODE_RESET && nor->part.traits & NOR_TRAIT_QPI) {
		nor_lines_leave_quad(nor);
	} else if (command->kind == NOR_COMMAND_RELEASE && nor->deep_power_down) {
		nor->deep_power_down = false;
		nor->ready_ps = nor->vb->clock.now_ps + nor->part.deep_power_down_release_us * VB_PS_PER_US;
	}
	nor->running = NULL;
}
