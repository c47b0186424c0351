// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * QUADSPI's end of the wire. Worked out lazily: every access first brings the state up to its time. A byte is exchanged
 * with the chip at the time at which its first clock is, and enters or has left the FIFO when its last clock is over;
 * the chip sees those times.
 *
 * NCS falls one clock before the first rising edge and rises one clock after the last (RM0385, "nCS behavior").
 */

#include "ctl_stm32_quadspi_private.h"

#include <string.h>

uint64_t quadspi_clocks_to_ps(const struct ctl_stm32_quadspi *q, uint64_t clocks)
{
	return (uint64_t)((__uint128_t)clocks * ((q->cr >> 24) + 1) * VB_PS_PER_S / q->config.ahb_hz);
}

static uint32_t clock_hz(const struct ctl_stm32_quadspi *q)
{
	return q->config.ahb_hz / ((q->cr >> 24) + 1);
}

static bool pin_is_connected(const struct ctl_stm32_quadspi *q, enum ctl_quadspi_pin pin)
{
	const struct ctl_gpio *port = q->config.pin[pin].port;

	return !port || ctl_gpio_alternate_function(port, q->config.pin[pin].pin) == q->config.pin[pin].alternate_function;
}

/* Whether all the pins that the command uses carry it to the chip; FLASH 2 is not there. */
static bool is_reachable(const struct ctl_stm32_quadspi *q)
{
	bool quad = quadspi_lines(q, IMODE_SHIFT) == 4 || quadspi_lines(q, ADMODE_SHIFT) == 4
			|| quadspi_lines(q, ABMODE_SHIFT) == 4 || quadspi_lines(q, DMODE_SHIFT) == 4;

	for (unsigned int i = 0; i < (quad ? QUADSPI_NUM_PINS : QUADSPI_IO2); i++) {
		if (!pin_is_connected(q, i))
			return false;
	}
	return !(q->cr & CR_FSEL);
}

/* Counted, because a long operation of the chip need not be polled to its end (quadspi_note_poll()). */
static void count_busy_byte(struct ctl_stm32_quadspi *q)
{
	uint64_t until_ps = nor_busy_until_ps(q->chip);

	if (until_ps == UINT64_MAX)
		until_ps = 0;
	if (until_ps != q->busy_period_ps) {
		q->busy_period_ps = until_ps;
		q->busy_bytes = 0;
	}
	q->busy_bytes++;
}

static uint8_t exchange(struct ctl_stm32_quadspi *q, uint8_t out, unsigned int lines, enum nor_direction direction,
		uint64_t at_ps)
{
	uint64_t now_ps = q->vb->clock.now_ps;
	uint8_t in = 0xff;

	if (!q->reachable)
		return in;
	q->vb->clock.now_ps = at_ps;
	in = nor_transfer_lines(q->chip, out, lines, direction, clock_hz(q));
	if (direction == NOR_FROM_CHIP)
		count_busy_byte(q);
	q->vb->clock.now_ps = now_ps;
	return in;
}

static void set_cs(struct ctl_stm32_quadspi *q, bool high, uint64_t at_ps)
{
	uint64_t now_ps = q->vb->clock.now_ps;

	if (!q->reachable)
		return;
	q->vb->clock.now_ps = at_ps;
	nor_set_cs(q->chip, high);
	q->vb->clock.now_ps = now_ps;
}

/* A phase of up to four bytes, the highest first. Returns its clocks. */
static unsigned int send_phase(struct ctl_stm32_quadspi *q, uint32_t value, unsigned int num_bytes, unsigned int lines,
		uint64_t at_ps)
{
	if (lines == 0)
		return 0;
	for (unsigned int i = num_bytes; i-- > 0;)
		exchange(q, (uint8_t)(value >> (8 * i)), lines, NOR_TO_CHIP, at_ps);
	return num_bytes * 8 / lines;
}

static void send_header(struct ctl_stm32_quadspi *q, uint32_t address, uint64_t time_ps)
{
	uint64_t gap_ps = quadspi_clocks_to_ps(q, (q->dcr >> 8 & 7) + 1);
	uint64_t start_ps = time_ps;
	unsigned int dummies = q->ccr >> 18 & 31;
	unsigned int clocks = 1;

	if (start_ps < q->released_ps + gap_ps)
		start_ps = q->released_ps + gap_ps;
	set_cs(q, false, start_ps);
	if (!(q->ccr & CCR_SIOO && q->instruction_sent))
		clocks += send_phase(q, q->ccr & 0xff, 1, quadspi_lines(q, IMODE_SHIFT), start_ps);
	q->instruction_sent = true;
	clocks += send_phase(q, address, (q->ccr >> 12 & 3) + 1, quadspi_lines(q, ADMODE_SHIFT), start_ps);
	clocks += send_phase(q, q->abr, (q->ccr >> 16 & 3) + 1, quadspi_lines(q, ABMODE_SHIFT), start_ps);
	if (dummies && q->reachable) {
		unsigned int lines = quadspi_lines(q, DMODE_SHIFT);

		nor_dummy_clocks(q->chip, dummies, lines ? lines : 1, clock_hz(q));
	}
	q->phase = PHASE_HEADER;
	q->next_ps = start_ps + quadspi_clocks_to_ps(q, clocks + dummies);
}

void quadspi_start(struct ctl_stm32_quadspi *q, enum quadspi_operation operation, uint32_t address,
		uint64_t num_bytes, uint64_t time_ps)
{
	q->operation = operation;
	q->remaining = num_bytes;
	q->reachable = is_reachable(q);
	q->poll_shift = 0;
	q->poll_bytes = 0;
	q->poll_start_ps = time_ps;
	if (operation != OPERATION_WRITE)
		q->level = 0;
	send_header(q, address, time_ps);
}

void quadspi_release(struct ctl_stm32_quadspi *q, uint64_t time_ps)
{
	if (q->phase != PHASE_IDLE && q->phase != PHASE_GAP && q->phase != PHASE_ABORT) {
		set_cs(q, true, time_ps);
		q->released_ps = time_ps;
	}
	q->phase = PHASE_IDLE;
}

uint32_t quadspi_pop(struct ctl_stm32_quadspi *q, unsigned int num_bytes)
{
	uint32_t value = 0;

	if (num_bytes > q->level)
		num_bytes = q->level;
	for (unsigned int i = 0; i < num_bytes; i++)
		value |= (uint32_t)q->fifo[i] << (8 * i);
	q->level -= num_bytes;
	memmove(q->fifo, q->fifo + num_bytes, q->level);
	return value;
}

/* Nothing can be shifted for now. */
static void stop_clock(struct ctl_stm32_quadspi *q, uint64_t time_ps)
{
	q->phase = PHASE_WAIT;
	q->timeout_ps = UINT64_MAX;
	if (q->operation == OPERATION_MAPPED && q->cr & CR_TCEN)
		q->timeout_ps = time_ps + quadspi_clocks_to_ps(q, q->lptr);
}

static void begin_byte(struct ctl_stm32_quadspi *q, uint64_t time_ps)
{
	unsigned int lines = quadspi_lines(q, DMODE_SHIFT);
	bool write = q->operation == OPERATION_WRITE;
	bool has_fifo = q->operation != OPERATION_POLL;

	if (has_fifo && (write ? q->level == 0 : q->level == q->config.fifo_bytes)) {
		stop_clock(q, time_ps);
		return;
	}
	if (write)
		exchange(q, (uint8_t)quadspi_pop(q, 1), lines, NOR_TO_CHIP, time_ps);
	else
		q->shifted = exchange(q, 0, lines, NOR_FROM_CHIP, time_ps);
	q->phase = PHASE_BYTE;
	q->next_ps = time_ps + quadspi_clocks_to_ps(q, 8 / lines);
}

void quadspi_resume(struct ctl_stm32_quadspi *q, uint64_t time_ps)
{
	if (q->phase == PHASE_WAIT && q->remaining)
		begin_byte(q, time_ps);
}

static void finish_indirect(struct ctl_stm32_quadspi *q, uint64_t time_ps)
{
	quadspi_release(q, time_ps);
	q->tcf = true;
	if (q->operation == OPERATION_WRITE && q->level) {
		vb_violation(q->vb, "%s: %u bytes more written to DR than DLR says, they are dropped", q->config.name,
			q->level);
		q->level = 0;
	}
	if (q->operation != OPERATION_READ || !q->level)
		q->operation = OPERATION_NONE;
}

static bool is_status_match(const struct ctl_stm32_quadspi *q)
{
	uint32_t equal = ~(q->poll_data ^ q->psmar) & q->psmkr;

	return q->cr & CR_PMM ? equal != 0 : equal == q->psmkr;
}

/*
 * A status register that says "busy" says so until the chip is done: polls that nobody looks at are counted, not made.
 */
static uint64_t skip_polls(struct ctl_stm32_quadspi *q, uint64_t time_ps, uint64_t limit_ps, uint64_t end_ps)
{
	uint8_t opcode = q->ccr & 0xff;
	uint64_t period_ps = end_ps - q->poll_start_ps;
	uint64_t now_ps = q->vb->clock.now_ps;
	uint64_t until_ps, polls, clocks;

	if (!q->reachable || (opcode != 0x05 && opcode != 0x70) || period_ps == 0)
		return end_ps;
	q->vb->clock.now_ps = time_ps;
	until_ps = nor_busy_until_ps(q->chip);
	q->vb->clock.now_ps = now_ps;
	if (until_ps > limit_ps)
		until_ps = limit_ps;
	if (until_ps < end_ps + 2 * period_ps)
		return end_ps;
	polls = (until_ps - end_ps) / period_ps - 1;
	clocks = 8 / quadspi_lines(q, DMODE_SHIFT) * q->poll_bytes;
	if (quadspi_lines(q, IMODE_SHIFT))
		clocks += 8 / quadspi_lines(q, IMODE_SHIFT);
	q->vb->count.spi_clocks += polls * (clocks + (q->ccr >> 18 & 31));
	q->vb->count.status_reads += polls * q->poll_bytes;
	q->busy_bytes += polls * q->poll_bytes;
	return end_ps + polls * period_ps;
}

static void finish_poll(struct ctl_stm32_quadspi *q, uint64_t time_ps, uint64_t limit_ps)
{
	uint64_t gap = q->pir;
	bool same = q->polled && q->poll_data == q->poll_shift;

	quadspi_release(q, time_ps);
	q->poll_data = q->poll_shift;
	q->polled = true;
	q->poll_unread = true;
	if (is_status_match(q)) {
		q->smf = true;
		if (q->cr & CR_APMS) {
			q->operation = OPERATION_NONE;
			return;
		}
	}
	if (gap < (q->dcr >> 8 & 7) + 1)
		gap = (q->dcr >> 8 & 7) + 1;
	q->phase = PHASE_GAP;
	q->next_ps = time_ps + quadspi_clocks_to_ps(q, gap);
	if (same)
		q->next_ps = skip_polls(q, time_ps, limit_ps, q->next_ps);
}

static void end_byte(struct ctl_stm32_quadspi *q, uint64_t time_ps, uint64_t limit_ps)
{
	if (q->operation == OPERATION_READ || q->operation == OPERATION_MAPPED)
		q->fifo[q->level++] = q->shifted;
	else if (q->operation == OPERATION_POLL)
		q->poll_shift |= (uint32_t)q->shifted << (8 * q->poll_bytes++);
	if (q->remaining != UINT64_MAX)
		q->remaining--;
	if (q->remaining)
		begin_byte(q, time_ps);
	else if (q->operation == OPERATION_POLL)
		finish_poll(q, time_ps, limit_ps);
	else if (q->operation == OPERATION_MAPPED)
		stop_clock(q, time_ps);
	else
		finish_indirect(q, time_ps);
}

static void end_wait(struct ctl_stm32_quadspi *q)
{
	quadspi_release(q, q->timeout_ps);
	q->operation = OPERATION_NONE;
	q->level = 0;
	q->tof = true;
}

/* What happens at next_ps. */
static void end_phase(struct ctl_stm32_quadspi *q, uint64_t limit_ps)
{
	uint64_t time_ps = q->next_ps;

	switch (q->phase) {
	case PHASE_HEADER:
		if (q->operation == OPERATION_COMMAND)
			finish_indirect(q, time_ps);
		else
			begin_byte(q, time_ps);
		break;
	case PHASE_BYTE:
		end_byte(q, time_ps, limit_ps);
		break;
	case PHASE_GAP:
		quadspi_start(q, OPERATION_POLL, q->ar, (q->dlr & 3) + 1, time_ps);
		break;
	case PHASE_ABORT:
		q->phase = PHASE_IDLE;
		q->cr &= ~CR_ABORT;
		break;
	case PHASE_IDLE:
	case PHASE_WAIT:
		break;
	}
}

void quadspi_advance(struct ctl_stm32_quadspi *q, uint64_t time_ps)
{
	for (;;) {
		if (q->phase == PHASE_WAIT && q->timeout_ps <= time_ps)
			end_wait(q);
		else if (q->phase == PHASE_IDLE || q->phase == PHASE_WAIT || q->next_ps > time_ps)
			break;
		else
			end_phase(q, time_ps);
	}
	if (time_ps > q->at_ps)
		q->at_ps = time_ps;
}

void quadspi_note_poll(struct ctl_stm32_quadspi *q)
{
	uint64_t until_ps = nor_busy_until_ps(q->chip);

	if (!q->idle || q->busy_bytes < CTL_IDLE_STATUS_BYTES || !until_ps || until_ps == UINT64_MAX)
		return;
	if (until_ps == q->busy_period_ps && until_ps > q->vb->clock.now_ps)
		q->idle(q->idle_context, until_ps);
}
