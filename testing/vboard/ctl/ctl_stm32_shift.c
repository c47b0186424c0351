// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The end of the wire that QUADSPI and OCTOSPI/XSPI have in common. Worked out lazily: every access first brings the
 * state up to its time. A byte is exchanged with the chip at the time at which its first clock is, and enters or has
 * left the FIFO when its last clock is over; the chip sees those times.
 *
 * NCS falls one clock before the first rising edge and rises one clock after the last (RM0385 section 14, "nCS
 * behavior"; RM0456 rev 6 section 28.4.20). The sections cited by name are in both manuals.
 */

#include "ctl_stm32_shift.h"

#include <inttypes.h>
#include <string.h>

/* ABORT goes on for so long; the manuals give no number. */
#define ABORT_CLOCKS	2

uint64_t shift_clocks_to_ps(const struct shift *s, uint64_t clocks)
{
	return (uint64_t)((__uint128_t)clocks * s->frame.divider * VB_PS_PER_S / s->kernel_hz);
}

static uint32_t clock_hz(const struct shift *s)
{
	return s->kernel_hz / s->frame.divider;
}

bool ctl_quadspi_pins_connected(const struct ctl_quadspi_wire *wire, bool quad)
{
	for (unsigned int i = 0; i < (quad ? QUADSPI_NUM_PINS : QUADSPI_IO2); i++) {
		if (wire[i].port && ctl_gpio_alternate_function(wire[i].port, wire[i].pin) != wire[i].alternate_function)
			return false;
	}
	return true;
}

/* Counted, because a long operation of the chip need not be polled to its end (shift_note_poll()). */
static void count_busy_byte(struct shift *s)
{
	uint64_t until_ps = nor_busy_until_ps(s->chip);

	if (until_ps == UINT64_MAX)
		until_ps = 0;
	if (until_ps != s->busy_period_ps) {
		s->busy_period_ps = until_ps;
		s->busy_bytes = 0;
	}
	s->busy_bytes++;
}

static uint8_t exchange(struct shift *s, uint8_t out, unsigned int lines, enum nor_direction direction,
		uint64_t at_ps)
{
	uint64_t now_ps = s->vb->clock.now_ps;
	uint8_t in = 0xff;

	if (!s->reachable)
		return in;
	s->vb->clock.now_ps = at_ps;
	in = nor_transfer_lines(s->chip, out, lines, direction, clock_hz(s));
	if (direction == NOR_FROM_CHIP)
		count_busy_byte(s);
	s->vb->clock.now_ps = now_ps;
	return in;
}

static void set_cs(struct shift *s, bool high, uint64_t at_ps)
{
	uint64_t now_ps = s->vb->clock.now_ps;

	if (!s->reachable)
		return;
	s->vb->clock.now_ps = at_ps;
	nor_set_cs(s->chip, high);
	s->vb->clock.now_ps = now_ps;
}

/* Returns its clocks. */
static unsigned int send_part(struct shift *s, const struct shift_part *part, uint32_t value, uint64_t at_ps)
{
	if (part->lines == 0)
		return 0;
	for (unsigned int i = part->num_bytes; i-- > 0;)
		exchange(s, (uint8_t)(value >> (8 * i)), part->lines, NOR_TO_CHIP, at_ps);
	return part->num_bytes * 8 / part->lines;
}

static void send_header(struct shift *s, uint32_t address, uint64_t time_ps)
{
	const struct shift_frame *frame = &s->frame;
	uint64_t gap_ps = shift_clocks_to_ps(s, frame->high_clocks);
	uint64_t start_ps = time_ps;
	unsigned int clocks = 1;

	if (start_ps < s->released_ps + gap_ps)
		start_ps = s->released_ps + gap_ps;
	set_cs(s, false, start_ps);
	if (!(frame->instruction_once && s->instruction_sent))
		clocks += send_part(s, &frame->instruction, frame->instruction.value, start_ps);
	s->instruction_sent = true;
	clocks += send_part(s, &frame->address, address, start_ps);
	clocks += send_part(s, &frame->alternate, frame->alternate.value, start_ps);
	if (frame->dummy_clocks && s->reachable)
		nor_dummy_clocks(s->chip, frame->dummy_clocks, frame->data_lines ? frame->data_lines : 1, clock_hz(s));
	s->phase = PHASE_HEADER;
	s->next_ps = start_ps + shift_clocks_to_ps(s, clocks + frame->dummy_clocks);
}

static bool is_quad(const struct shift_frame *frame)
{
	return frame->instruction.lines == 4 || frame->address.lines == 4 || frame->alternate.lines == 4 ||
		frame->data_lines == 4;
}

void shift_start(struct shift *s, enum shift_operation operation, uint32_t address,
		uint64_t num_bytes, uint64_t time_ps)
{
	s->operation = operation;
	s->remaining = num_bytes;
	s->reachable = s->reaches_chip(s->context, is_quad(&s->frame));
	s->poll_shift = 0;
	s->poll_bytes = 0;
	s->poll_start_ps = time_ps;
	if (operation != OPERATION_WRITE)
		s->level = 0;
	send_header(s, address, time_ps);
}

void shift_release(struct shift *s, uint64_t time_ps)
{
	if (s->phase != PHASE_IDLE && s->phase != PHASE_GAP && s->phase != PHASE_ABORT) {
		set_cs(s, true, time_ps);
		s->released_ps = time_ps;
	}
	s->phase = PHASE_IDLE;
}

static uint32_t pop(struct shift *s, unsigned int num_bytes)
{
	uint32_t value = 0;

	if (num_bytes > s->level)
		num_bytes = s->level;
	for (unsigned int i = 0; i < num_bytes; i++)
		value |= (uint32_t)s->fifo[i] << (8 * i);
	s->level -= num_bytes;
	memmove(s->fifo, s->fifo + num_bytes, s->level);
	return value;
}

/* Nothing can be shifted for now. */
static void stop_clock(struct shift *s, uint64_t time_ps)
{
	s->phase = PHASE_WAIT;
	s->timeout_ps = UINT64_MAX;
	if (s->operation == OPERATION_MAPPED && s->frame.timeout)
		s->timeout_ps = time_ps + shift_clocks_to_ps(s, s->frame.timeout_clocks);
}

static void begin_byte(struct shift *s, uint64_t time_ps)
{
	unsigned int lines = s->frame.data_lines;
	bool write = s->operation == OPERATION_WRITE;
	bool has_fifo = s->operation != OPERATION_POLL;

	if (has_fifo && (write ? s->level == 0 : s->level == s->fifo_bytes)) {
		stop_clock(s, time_ps);
		return;
	}
	if (write)
		exchange(s, (uint8_t)pop(s, 1), lines, NOR_TO_CHIP, time_ps);
	else
		s->shifted = exchange(s, 0, lines, NOR_FROM_CHIP, time_ps);
	s->phase = PHASE_BYTE;
	s->next_ps = time_ps + shift_clocks_to_ps(s, 8 / lines);
}

void shift_resume(struct shift *s, uint64_t time_ps)
{
	if (s->phase == PHASE_WAIT && s->remaining)
		begin_byte(s, time_ps);
}

static void finish_indirect(struct shift *s, uint64_t time_ps)
{
	shift_release(s, time_ps);
	s->tcf = true;
	if (s->operation == OPERATION_WRITE && s->level) {
		vb_violation(s->vb, "%s: %u bytes more written to DR than DLR says, they are dropped", s->name,
			s->level);
		s->level = 0;
	}
	if (s->operation != OPERATION_READ || !s->level)
		s->operation = OPERATION_NONE;
}

static bool is_status_match(const struct shift *s)
{
	uint32_t equal = ~(s->poll_data ^ s->frame.match) & s->frame.match_mask;

	return s->frame.match_any ? equal != 0 : equal == s->frame.match_mask;
}

/*
 * A status register that says "busy" says so until the chip is done: polls that nobody looks at are counted, not made.
 */
static uint64_t skip_polls(struct shift *s, uint64_t time_ps, uint64_t limit_ps, uint64_t end_ps)
{
	uint32_t opcode = s->frame.instruction.value;
	uint64_t period_ps = end_ps - s->poll_start_ps;
	uint64_t now_ps = s->vb->clock.now_ps;
	uint64_t until_ps, polls, clocks;

	if (!s->reachable || (opcode != 0x05 && opcode != 0x70) || period_ps == 0)
		return end_ps;
	s->vb->clock.now_ps = time_ps;
	until_ps = nor_busy_until_ps(s->chip);
	s->vb->clock.now_ps = now_ps;
	if (until_ps > limit_ps)
		until_ps = limit_ps;
	if (until_ps < end_ps + 2 * period_ps)
		return end_ps;
	polls = (until_ps - end_ps) / period_ps - 1;
	clocks = 8 / s->frame.data_lines * s->poll_bytes;
	if (s->frame.instruction.lines)
		clocks += 8 / s->frame.instruction.lines;
	s->vb->count.spi_clocks += polls * (clocks + s->frame.dummy_clocks);
	s->vb->count.status_reads += polls * s->poll_bytes;
	s->busy_bytes += polls * s->poll_bytes;
	return end_ps + polls * period_ps;
}

static void finish_poll(struct shift *s, uint64_t time_ps, uint64_t limit_ps)
{
	uint64_t gap = s->frame.poll_clocks;
	bool same = s->polled && s->poll_data == s->poll_shift;

	shift_release(s, time_ps);
	s->poll_data = s->poll_shift;
	s->polled = true;
	s->poll_unread = true;
	if (is_status_match(s)) {
		s->smf = true;
		if (s->frame.stop_at_match) {
			s->operation = OPERATION_NONE;
			return;
		}
	}
	if (gap < s->frame.high_clocks)
		gap = s->frame.high_clocks;
	s->phase = PHASE_GAP;
	s->next_ps = time_ps + shift_clocks_to_ps(s, gap);
	if (same)
		s->next_ps = skip_polls(s, time_ps, limit_ps, s->next_ps);
}

static void end_byte(struct shift *s, uint64_t time_ps, uint64_t limit_ps)
{
	if (s->operation == OPERATION_READ || s->operation == OPERATION_MAPPED)
		s->fifo[s->level++] = s->shifted;
	else if (s->operation == OPERATION_POLL)
		s->poll_shift |= (uint32_t)s->shifted << (8 * s->poll_bytes++);
	if (s->remaining != UINT64_MAX)
		s->remaining--;
	if (s->remaining)
		begin_byte(s, time_ps);
	else if (s->operation == OPERATION_POLL)
		finish_poll(s, time_ps, limit_ps);
	else if (s->operation == OPERATION_MAPPED)
		stop_clock(s, time_ps);
	else
		finish_indirect(s, time_ps);
}

/* More than four are a violation (shift_start_poll()). */
static uint64_t poll_bytes(const struct shift *s)
{
	return s->frame.num_bytes < 4 ? s->frame.num_bytes : 4;
}

static void end_wait(struct shift *s)
{
	shift_release(s, s->timeout_ps);
	s->operation = OPERATION_NONE;
	s->level = 0;
	s->tof = true;
}

/* What happens at next_ps. */
static void end_phase(struct shift *s, uint64_t limit_ps)
{
	uint64_t time_ps = s->next_ps;

	switch (s->phase) {
	case PHASE_HEADER:
		if (s->operation == OPERATION_COMMAND)
			finish_indirect(s, time_ps);
		else
			begin_byte(s, time_ps);
		break;
	case PHASE_BYTE:
		end_byte(s, time_ps, limit_ps);
		break;
	case PHASE_GAP:
		shift_start(s, OPERATION_POLL, s->frame.address.value, poll_bytes(s), time_ps);
		break;
	case PHASE_ABORT:
		s->phase = PHASE_IDLE;
		break;
	case PHASE_IDLE:
	case PHASE_WAIT:
		break;
	}
}

void shift_advance(struct shift *s, uint64_t time_ps)
{
	for (;;) {
		if (s->phase == PHASE_WAIT && s->timeout_ps <= time_ps)
			end_wait(s);
		else if (s->phase == PHASE_IDLE || s->phase == PHASE_WAIT || s->next_ps > time_ps)
			break;
		else
			end_phase(s, time_ps);
	}
	if (time_ps > s->at_ps)
		s->at_ps = time_ps;
}

void shift_note_poll(struct shift *s)
{
	uint64_t until_ps = nor_busy_until_ps(s->chip);

	if (!s->idle || s->busy_bytes < CTL_IDLE_STATUS_BYTES || !until_ps || until_ps == UINT64_MAX)
		return;
	if (until_ps == s->busy_period_ps && until_ps > s->vb->clock.now_ps)
		s->idle(s->idle_context, until_ps);
}

void shift_stop(struct shift *s, const char *by)
{
	uint64_t now_ps = shift_now(s);

	if (s->operation == OPERATION_WRITE || s->operation == OPERATION_COMMAND)
		vb_violation(s->vb, "%s: %s cuts command %02" PRIX32 "h short", s->name, by, s->frame.instruction.value);
	shift_release(s, now_ps);
	s->operation = OPERATION_NONE;
	s->level = 0;
	s->tcf = true;
}

void shift_begin_abort(struct shift *s)
{
	s->phase = PHASE_ABORT;
	s->next_ps = shift_now(s) + shift_clocks_to_ps(s, ABORT_CLOCKS);
}

void shift_reset(struct shift *s)
{
	shift_advance(s, shift_now(s));
	shift_release(s, shift_now(s));
	s->frame = (struct shift_frame){ .divider = 1 };
	s->tef = false;
	s->tcf = false;
	s->smf = false;
	s->tof = false;
	s->poll_unread = false;
	s->poll_data = 0;
	s->operation = OPERATION_NONE;
	s->level = 0;
}

uint64_t shift_data_bytes(const struct shift *s)
{
	const struct shift_frame *frame = &s->frame;

	if (frame->num_bytes != SHIFT_UNDEFINED_LENGTH)
		return frame->num_bytes;
	/* Without end when all 32 bits are address; otherwise to the end of the memory */
	if (frame->memory_bytes == SHIFT_UNDEFINED_LENGTH)
		return UINT64_MAX;
	if (!frame->address.lines)
		return frame->memory_bytes;
	return frame->address.value < frame->memory_bytes ? frame->memory_bytes - frame->address.value : 1;
}

bool shift_is_inside(struct shift *s, uint64_t num_bytes)
{
	const struct shift_frame *frame = &s->frame;
	uint32_t address = frame->address.value;

	/* An endless read may go round */
	if (num_bytes == UINT64_MAX)
		num_bytes = 1;
	if (!frame->address.lines || (address < frame->memory_bytes && num_bytes <= frame->memory_bytes - address))
		return true;
	vb_violation(s->vb, "%s: command %02" PRIX32 "h of %" PRIu64 " bytes at 0x%08" PRIx32
		" is outside of %s's %" PRIu64 " bytes", s->name, frame->instruction.value, num_bytes, address,
		s->size_field, frame->memory_bytes);
	s->tef = true;
	return false;
}

void shift_start_poll(struct shift *s)
{
	if (s->frame.num_bytes > 4)
		vb_violation(s->vb, "%s: automatic polling of more than 4 bytes (DLR %08" PRIx32 ")", s->name,
			(uint32_t)(s->frame.num_bytes - 1));
	if (!shift_is_inside(s, poll_bytes(s)))
		return;
	s->polled = false;
	shift_start(s, OPERATION_POLL, s->frame.address.value, poll_bytes(s), shift_now(s));
}

static bool has_bytes(const struct shift *s, unsigned int num_bytes)
{
	return s->level >= num_bytes;
}

static bool has_room(const struct shift *s, unsigned int num_bytes)
{
	return s->level + num_bytes <= s->fifo_bytes;
}

/* Lets the wire go on until `done` says so or nothing moves any more; returns the time. */
static uint64_t wait_for(struct shift *s, bool (*done)(const struct shift *s, unsigned int num_bytes),
		unsigned int num_bytes)
{
	uint64_t time_ps = shift_now(s);

	while (!done(s, num_bytes) && s->phase != PHASE_IDLE && s->phase != PHASE_WAIT) {
		time_ps = s->next_ps;
		shift_advance(s, time_ps);
	}
	return time_ps;
}

uint64_t shift_read_data(struct shift *s, unsigned int size, uint32_t *value)
{
	uint64_t time_ps = wait_for(s, has_bytes, size);

	*value = pop(s, size);
	shift_resume(s, time_ps);
	if (s->phase == PHASE_IDLE && !s->level)
		s->operation = OPERATION_NONE;
	return time_ps;
}

uint64_t shift_write_data(struct shift *s, unsigned int size, uint32_t value)
{
	uint64_t time_ps = wait_for(s, has_room, size);

	/* Ended while the FIFO was too full: that is what has been reported */
	if (s->operation == OPERATION_NONE)
		return time_ps;
	for (unsigned int i = 0; i < size; i++)
		s->fifo[s->level++] = (uint8_t)(value >> (8 * i));
	shift_resume(s, time_ps);
	return time_ps;
}

uint64_t shift_read_mapped(struct shift *s, uint32_t offset, unsigned int size, uint32_t *value)
{
	uint64_t time_ps;

	shift_advance(s, shift_now(s));
	if (s->phase == PHASE_ABORT)
		shift_advance(s, s->next_ps);
	if (s->operation != OPERATION_MAPPED || s->mapped_next != offset) {
		shift_release(s, shift_now(s));
		shift_start(s, OPERATION_MAPPED, offset, s->frame.memory_bytes - offset, shift_now(s));
		s->mapped_next = offset;
	}
	time_ps = wait_for(s, has_bytes, size);
	*value = pop(s, size);
	s->mapped_next += size;
	/* Room for the prefetch; at the end of the memory the timeout counts from this access on */
	if (s->phase == PHASE_WAIT && !s->remaining && s->frame.timeout)
		s->timeout_ps = time_ps + shift_clocks_to_ps(s, s->frame.timeout_clocks);
	shift_resume(s, time_ps);
	return time_ps;
}
