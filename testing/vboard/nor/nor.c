// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The flash model's outside: power, the four lines, bits and bytes. Controllers (ctl/) and serprog (link/) drive it;
 * nor_command.c gives the bytes their meaning.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../fault/fault.h"
#include "nor_private.h"

/* Power-on and power-loss end every command; nothing more is understood before CS has been high. */
static void nor_drop_command(struct nor *nor)
{
	nor->phase = NOR_PHASE_IGNORE;
	nor->running = NULL;
	nor->output = NOR_OUTPUT_NONE;
	nor->num_bits = 0;
	nor->miso = nor->pull;
}

void nor_reset_volatile(struct nor *nor)
{
	memcpy(nor->status, nor->status_kept, sizeof(nor->status));
	nor->write_enabled = false;
	nor->volatile_enabled = false;
	nor->address_4byte = nor_fl_l_starts_in_4byte(nor);
	nor->extended_address = 0;
	nor->deep_power_down = false;
	nor->qpi = false;
	/* Micron's volatile and enhanced volatile configuration (nor_lines.c) */
	nor->config[0] = 0xfb;
	nor->config[1] = 0xdf;
	nor->xip = NULL;
	nor->reset_enabled = false;
	nor->error_program = false;
	nor->error_erase = false;
	nor->error_protect = false;
	nor->ready_ps = 0;
}

static bool nor_part_is_sane(const struct nor_part *part)
{
	if (part->size_bytes < 4096 || part->size_bytes > SIZE_MAX / 2 || part->size_bytes % 4096) {
		fprintf(stderr, "vboard: flash %s: size %llu is not a multiple of 4096 bytes\n", part->name,
				(unsigned long long)part->size_bytes);
		return false;
	}

	if (part->page_bytes == 0 || part->page_bytes > NOR_MAX_PAGE_BYTES ||
			part->page_bytes & (part->page_bytes - 1)) {
		fprintf(stderr, "vboard: flash %s: no pages of %u bytes\n", part->name, part->page_bytes);
		return false;
	}

	if (part->sfdp_bytes > NOR_MAX_SFDP_BYTES) {
		fprintf(stderr, "vboard: flash %s: SFDP table of %zu bytes is too long\n", part->name,
				part->sfdp_bytes);
		return false;
	}

	for (unsigned int i = 0; i < NOR_MAX_ERASE_TYPES; i++) {
		uint32_t size_bytes = part->erase[i].size_bytes;

		if (size_bytes & (size_bytes - 1)) {
			fprintf(stderr, "vboard: flash %s: no erases of %u bytes\n", part->name, size_bytes);
			return false;
		}
	}

	return true;
}

struct nor *nor_new(struct vb *vb, const struct nor_part *part, const char *image_path)
{
	if (!nor_part_is_sane(part))
		return NULL;

	struct nor *nor = calloc(1, sizeof(*nor));

	if (!nor) {
		fprintf(stderr, "vboard: out of memory\n");
		return NULL;
	}

	nor->vb = vb;
	nor->part = *part;
	nor->pull = true;
	nor->miso = true;
	nor->random_state = vb->seed;

	/* The caller's table may be the content of --sfdp, which it is free to drop. */
	if (part->sfdp) {
		nor->sfdp = malloc(part->sfdp_bytes + 1);
		if (!nor->sfdp) {
			fprintf(stderr, "vboard: out of memory\n");
			free(nor);
			return NULL;
		}
		memcpy(nor->sfdp, part->sfdp, part->sfdp_bytes);
		nor->part.sfdp = nor->sfdp;
	}

	/* --flash-size may leave a chip smaller than its largest erase. */
	for (unsigned int i = 0; i < NOR_MAX_ERASE_TYPES; i++) {
		if (nor->part.erase[i].size_bytes > part->size_bytes)
			nor->part.erase[i].size_bytes = 0;
	}

	while ((2ull << nor->id_log2_size) <= part->size_bytes)
		nor->id_log2_size++;

	nor_fl_l_deliver(nor);
	nor_reset_volatile(nor);
	nor->locked = part->traits & NOR_TRAIT_POWER_UP_LOCK;
	nor_command_build(nor);

	if (nor_cells_open(nor, image_path) != 0) {
		free(nor->sfdp);
		free(nor);
		return NULL;
	}

	return nor;
}

void nor_free(struct nor *nor)
{
	if (!nor)
		return;

	nor_operation_settle(nor);
	nor_operation_cut(nor, -1);
	nor_cells_close(nor);
	free(nor->sfdp);
	free(nor);
}

void nor_sync(struct nor *nor)
{
	nor_operation_settle(nor);
	nor_cells_sync(nor);
}

void nor_power_cycle(struct nor *nor)
{
	nor_operation_settle(nor);
	nor_operation_cut(nor, -1);
	nor_status_power_up(nor);
	nor_reset_volatile(nor);
	nor->locked = nor->part.traits & NOR_TRAIT_POWER_UP_LOCK;
	nor_drop_command(nor);
}

void nor_set_cs(struct nor *nor, bool high)
{
	if (nor->selected == !high)
		return;

	if (high) {
		nor_command_deselect(nor);
		nor->selected = false;
	} else {
		nor->selected = true;
		nor->num_bits = 0;
		nor_command_select(nor);
	}

	nor->output = NOR_OUTPUT_NONE;
	nor->miso = nor->pull;
}

static bool nor_output_bit(const struct nor *nor)
{
	if (nor->output == NOR_OUTPUT_NONE)
		return nor->pull;

	return (nor->out >> (7 - nor->num_bits)) & 1;
}

void nor_sck_rising(struct nor *nor, bool mosi)
{
	nor->sck_high = true;
	if (!nor->selected)
		return;

	nor->vb->count.spi_clocks++;
	nor->all_ones = nor->all_ones && mosi;
	if (nor->phase == NOR_PHASE_DUMMY && nor->num_bits == 0 && nor->num_left % 8) {
		/* A dummy phase that is no whole number of bytes (Micron's is what the register says). */
		nor_lines_confirm_xip(nor, mosi);
		nor_command_dummy(nor, 1);
		return;
	}
	nor->shift_in = (uint8_t)(nor->shift_in << 1 | mosi);
	if (++nor->num_bits < 8)
		return;

	nor->num_bits = 0;
	nor_command_byte(nor, nor->shift_in);
}

void nor_sck_falling(struct nor *nor)
{
	nor->sck_high = false;
	if (nor->selected)
		nor->miso = nor_output_bit(nor);
}

bool nor_miso(const struct nor *nor)
{
	return nor->miso;
}

uint8_t nor_whole_byte(struct nor *nor, uint8_t in, unsigned int clocks, uint32_t clock_hz)
{
	uint8_t out = nor->pull ? 0xff : 0x00;

	if (nor->output != NOR_OUTPUT_NONE)
		out = nor->out;

	nor->vb->count.spi_clocks += clocks;
	nor->all_ones = nor->all_ones && in == 0xff;
	nor_command_byte(nor, in);
	nor->miso = nor_output_bit(nor);

	if (nor->limit_hz && clock_hz > nor->limit_hz)
		nor_command_too_fast(nor, clock_hz);

	return out;
}

uint8_t nor_transfer_byte(struct nor *nor, uint8_t mosi, uint32_t clock_hz)
{
	bool partial_dummy = nor->phase == NOR_PHASE_DUMMY && nor->num_left % 8;
	uint8_t in = 0;

	if (!nor->selected)
		return nor->pull ? 0xff : 0x00;

	if (nor->num_bits == 0 && !nor->sck_high && !partial_dummy)
		return nor_whole_byte(nor, mosi, 8, clock_hz);

	if (nor->sck_high)
		nor_sck_falling(nor);

	for (unsigned int i = 0; i < 8; i++) {
		nor_sck_rising(nor, mosi >> (7 - i) & 1);
		in = (uint8_t)(in << 1 | nor_miso(nor));
		nor_sck_falling(nor);
	}

	if (nor->limit_hz && clock_hz > nor->limit_hz)
		nor_command_too_fast(nor, clock_hz);

	return in;
}

uint8_t *nor_content(struct nor *nor)
{
	nor_operation_settle(nor);
	return nor->cells;
}

uint64_t nor_size(const struct nor *nor)
{
	return nor->part.size_bytes;
}

const struct nor_part *nor_get_part(const struct nor *nor)
{
	return &nor->part;
}

bool nor_is_stuck(const struct nor *nor)
{
	const struct vb *vb = nor->vb;

	return vb->fault && fault_active(vb->fault, FAULT_NOR_STUCK_BUSY, vb->clock.now_ps, NULL);
}

uint64_t nor_busy_until_ps(const struct nor *nor)
{
	if (nor_is_stuck(nor))
		return UINT64_MAX;

	if (nor->operation.kind == NOR_OPERATION_NONE || nor->vb->clock.now_ps >= nor->operation.end_ps)
		return 0;

	return nor->operation.end_ps;
}

bool nor_is_busy(const struct nor *nor)
{
	return nor_busy_until_ps(nor) != 0;
}
