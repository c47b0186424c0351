// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32 QUADSPI as a bus master of a flash: registers and the mapped range. RM0385 section 14 (STM32F74x/75x);
 * its wording was read in RM0440 section 20, the same peripheral with a FIFO of 16 bytes. Sections are cited by their
 * names, which both have.
 *
 * A violation is:
 * - What "can be modified (written) only when BUSY = 0", changed while BUSY is 1; the write is ignored. AR likewise.
 * - Too few or too many accesses to DR for what DLR says; DR read or written in a mode that has no use for it; DR
 *   accessed elsewhere than at its bottom.
 * - An address, or address and length, outside of what FSIZE says (it sets TEF, and no command is sent).
 * - A read on two or four lines without a dummy cycle ("Dummy-cycle phase"); DMODE = 00 in another mode than indirect
 *   write ("Data phase"); memory-mapped mode without an address phase; more than 4 bytes to poll.
 * - An indirect write, or a command without data, that ABORT or EN = 0 cuts short.
 * - A command while EN is 0, or while the clock is off.
 * - What is not modelled: double data rate, dual-flash mode, DMA.
 * A bus error is what the manual says ("error management"): the mapped range accessed in another mode, outside of
 * FSIZE, or written.
 * Not a violation: a mapped access while the chip's program or erase goes on, which the flash model reports.
 */

#include "ctl_stm32_quadspi_private.h"

#include <stdlib.h>
#include <string.h>

enum {
	QUADSPI_CR = 0x00,
	QUADSPI_DCR = 0x04,
	QUADSPI_SR = 0x08,
	QUADSPI_FCR = 0x0c,
	QUADSPI_DLR = 0x10,
	QUADSPI_CCR = 0x14,
	QUADSPI_AR = 0x18,
	QUADSPI_ABR = 0x1c,
	QUADSPI_DR = 0x20,
	QUADSPI_PSMKR = 0x24,
	QUADSPI_PSMAR = 0x28,
	QUADSPI_PIR = 0x2c,
	QUADSPI_LPTR = 0x30,
};

#define CR_WRITABLE		0xffdf1fdfu
#define CR_WHILE_IDLE		(CR_PRESCALER | CR_PMM | CR_APMS | CR_FSEL | CR_DFM | CR_SSHIFT | CR_TCEN)
#define DCR_WRITABLE		0x001f0701u
#define CCR_WRITABLE		0xdf7fffffu

#define SR_TEF			(1u << 0)
#define SR_TCF			(1u << 1)
#define SR_FTF			(1u << 2)
#define SR_SMF			(1u << 3)
#define SR_TOF			(1u << 4)
#define SR_BUSY			(1u << 5)
#define SR_FLEVEL_SHIFT		8

#define DLR_UNDEFINED		0xffffffffu

/* ABORT reads 1 for so long; the manual gives no number. */
#define ABORT_CLOCKS		2

/* What the mapped range answers to fetches has changed. */
static void note_mapped_changed(struct ctl_stm32_quadspi *q)
{
	uint64_t memory_bytes = quadspi_memory_bytes(q);

	if (!q->code_fetched)
		return;
	q->code_fetched = false;
	bus_note_code_changed(q->bus, q->config.mapped_base, memory_bytes < CTL_QUADSPI_MAPPED_BYTES ?
		(uint32_t)memory_bytes : CTL_QUADSPI_MAPPED_BYTES);
}

static bool is_mapped(const struct ctl_stm32_quadspi *q)
{
	return q->cr & CR_EN && quadspi_fmode(q) == FMODE_MAPPED && quadspi_lines(q, ADMODE_SHIFT)
			&& quadspi_lines(q, DMODE_SHIFT) && !(q->ccr & CCR_DDRM) && !(q->cr & CR_DFM);
}

static bool may_start(struct ctl_stm32_quadspi *q)
{
	if (!(q->cr & CR_EN)) {
		vb_violation(q->vb, "%s: command %02Xh while EN is 0", q->config.name, q->ccr & 0xff);
		return false;
	}
	if (q->cr & CR_DFM || q->ccr & (CCR_DDRM | CCR_DHHC)) {
		vb_violation(q->vb, "%s: command %02Xh in %s mode, which is not modelled", q->config.name, q->ccr & 0xff,
			q->cr & CR_DFM ? "dual-flash" : "double data rate");
		return false;
	}
	return true;
}

/* Address, and address and length, against FSIZE. */
static bool is_inside(struct ctl_stm32_quadspi *q, uint64_t num_bytes)
{
	uint64_t memory_bytes = quadspi_memory_bytes(q);

	if (!quadspi_lines(q, ADMODE_SHIFT) || (q->ar < memory_bytes && num_bytes <= memory_bytes - q->ar))
		return true;
	vb_violation(q->vb, "%s: command %02Xh of %llu bytes at 0x%08x is outside of FSIZE's %llu bytes", q->config.name,
		q->ccr & 0xff, (unsigned long long)num_bytes, q->ar, (unsigned long long)memory_bytes);
	q->tef = true;
	return false;
}

static uint64_t data_bytes(const struct ctl_stm32_quadspi *q)
{
	uint64_t memory_bytes = quadspi_memory_bytes(q);

	if (q->dlr != DLR_UNDEFINED)
		return (uint64_t)q->dlr + 1;
	/* Without end when all 32 bits are address; otherwise to the end of the memory */
	if ((q->dcr >> 16 & 31) == 31)
		return UINT64_MAX;
	if (!quadspi_lines(q, ADMODE_SHIFT))
		return memory_bytes;
	return q->ar < memory_bytes ? memory_bytes - q->ar : 1;
}

static void start_poll(struct ctl_stm32_quadspi *q)
{
	uint64_t num_bytes = (uint64_t)q->dlr + 1;

	if (num_bytes > 4) {
		vb_violation(q->vb, "%s: automatic polling of more than 4 bytes (DLR %08x)", q->config.name, q->dlr);
		num_bytes = 4;
	}
	if (!is_inside(q, num_bytes))
		return;
	q->polled = false;
	quadspi_start(q, OPERATION_POLL, q->ar, num_bytes, quadspi_now(q));
}

/* Whatever was missing has been written: CCR, AR or the first data. */
static void start_indirect(struct ctl_stm32_quadspi *q)
{
	bool data = quadspi_lines(q, DMODE_SHIFT);
	uint64_t num_bytes = data ? data_bytes(q) : 0;

	if (!may_start(q))
		return;
	if (quadspi_fmode(q) == FMODE_POLL) {
		start_poll(q);
		return;
	}
	/* An endless read may go round */
	if (!is_inside(q, num_bytes == UINT64_MAX ? 1 : num_bytes))
		return;
	quadspi_start(q, !data ? OPERATION_COMMAND : quadspi_fmode(q) == FMODE_READ ? OPERATION_READ : OPERATION_WRITE,
		q->ar, num_bytes, quadspi_now(q));
}

/* "Triggering the start of a command": firmware need not supply data. */
static bool starts_without_data(const struct ctl_stm32_quadspi *q)
{
	return quadspi_fmode(q) == FMODE_READ || quadspi_fmode(q) == FMODE_POLL
			|| (quadspi_fmode(q) == FMODE_WRITE && !quadspi_lines(q, DMODE_SHIFT));
}

static void stop(struct ctl_stm32_quadspi *q, const char *by)
{
	uint64_t now_ps = quadspi_now(q);

	if (q->operation == OPERATION_WRITE || q->operation == OPERATION_COMMAND)
		vb_violation(q->vb, "%s: %s cuts command %02Xh short", q->config.name, by, q->ccr & 0xff);
	quadspi_release(q, now_ps);
	q->operation = OPERATION_NONE;
	q->level = 0;
	q->tcf = true;
}

static void write_cr(struct ctl_stm32_quadspi *q, uint32_t value)
{
	uint32_t changed = (q->cr ^ value) & CR_WHILE_IDLE;
	bool busy = quadspi_is_busy(q);

	if (busy && changed) {
		vb_violation(q->vb, "%s: CR bits %08x changed while BUSY is 1", q->config.name, changed);
		value ^= changed;
	}
	if (value & ~q->cr & CR_DMAEN)
		vb_violation(q->vb, "%s: DMA is not modelled", q->config.name);
	if ((q->cr ^ value) & (CR_EN | CR_DFM))
		note_mapped_changed(q);

	q->cr = (value & CR_WRITABLE & ~CR_ABORT) | (q->cr & CR_ABORT);
	if (busy && q->phase != PHASE_ABORT) {
		if (!(q->cr & CR_EN)) {
			stop(q, "EN = 0");
		} else if (value & CR_ABORT) {
			stop(q, "ABORT");
			q->cr |= CR_ABORT;
			q->phase = PHASE_ABORT;
			q->next_ps = quadspi_now(q) + quadspi_clocks_to_ps(q, ABORT_CLOCKS);
		}
	}
}

static void judge_ccr(struct ctl_stm32_quadspi *q)
{
	bool reads = quadspi_fmode(q) != FMODE_WRITE;
	unsigned int data_lines = quadspi_lines(q, DMODE_SHIFT);

	if (reads && !data_lines)
		vb_violation(q->vb, "%s: CCR %08x has no data phase, which only indirect write may have", q->config.name,
			q->ccr);
	/* Said once: who does it does it at every poll */
	if (reads && data_lines > 1 && !(q->ccr >> 18 & 31) && !q->turnaround_reported) {
		vb_violation(q->vb, "%s: CCR %08x reads on %u lines without a dummy cycle", q->config.name, q->ccr,
			data_lines);
		q->turnaround_reported = true;
	}
	if (quadspi_fmode(q) == FMODE_MAPPED && !quadspi_lines(q, ADMODE_SHIFT))
		vb_violation(q->vb, "%s: CCR %08x is memory-mapped mode without an address phase", q->config.name, q->ccr);
}

static void write_ccr(struct ctl_stm32_quadspi *q, uint32_t value)
{
	q->ccr = value & CCR_WRITABLE;
	q->instruction_sent = false;
	q->poll_unread = false;
	note_mapped_changed(q);
	judge_ccr(q);
	if (quadspi_fmode(q) == FMODE_MAPPED || quadspi_lines(q, ADMODE_SHIFT) || !starts_without_data(q))
		return;
	/* Nothing at all to send: the reset value, as somebody writes it back */
	if (!quadspi_lines(q, IMODE_SHIFT) && !quadspi_lines(q, ABMODE_SHIFT) && !quadspi_lines(q, DMODE_SHIFT))
		return;
	start_indirect(q);
}

static void write_ar(struct ctl_stm32_quadspi *q, uint32_t value)
{
	if (quadspi_fmode(q) == FMODE_MAPPED)
		return;
	q->ar = value;
	if (!quadspi_lines(q, ADMODE_SHIFT))
		return;
	if (starts_without_data(q))
		start_indirect(q);
	else
		is_inside(q, 1);
}

static uint32_t *idle_register(struct ctl_stm32_quadspi *q, uint32_t offset)
{
	switch (offset) {
	case QUADSPI_DCR:
		return &q->dcr;
	case QUADSPI_DLR:
		return &q->dlr;
	case QUADSPI_CCR:
		return &q->ccr;
	case QUADSPI_AR:
		return &q->ar;
	case QUADSPI_ABR:
		return &q->abr;
	case QUADSPI_PSMKR:
		return &q->psmkr;
	case QUADSPI_PSMAR:
		return &q->psmar;
	case QUADSPI_PIR:
		return &q->pir;
	case QUADSPI_LPTR:
		return &q->lptr;
	default:
		return NULL;
	}
}

/* Those that "can be written only when BUSY = 0". */
static void write_idle_register(struct ctl_stm32_quadspi *q, uint32_t offset, uint32_t *reg, uint32_t value)
{
	if (quadspi_is_busy(q)) {
		vb_violation(q->vb, "%s: offset %02xh written while BUSY is 1", q->config.name, offset);
		return;
	}
	switch (offset) {
	case QUADSPI_DCR:
		note_mapped_changed(q);
		q->dcr = value & DCR_WRITABLE;
		break;
	case QUADSPI_CCR:
		write_ccr(q, value);
		break;
	case QUADSPI_AR:
		write_ar(q, value);
		break;
	case QUADSPI_PIR:
	case QUADSPI_LPTR:
		*reg = value & 0xffff;
		break;
	default:
		*reg = value;
		break;
	}
}

/* Lets the wire go on until `done` says so or nothing moves any more; returns the time. */
static uint64_t wait_for(struct ctl_stm32_quadspi *q, bool (*done)(const struct ctl_stm32_quadspi *q,
		unsigned int num_bytes), unsigned int num_bytes)
{
	uint64_t time_ps = quadspi_now(q);

	while (!done(q, num_bytes) && q->phase != PHASE_IDLE && q->phase != PHASE_WAIT) {
		time_ps = q->next_ps;
		quadspi_advance(q, time_ps);
	}
	return time_ps;
}

static bool has_bytes(const struct ctl_stm32_quadspi *q, unsigned int num_bytes)
{
	return q->level >= num_bytes;
}

static bool has_room(const struct ctl_stm32_quadspi *q, unsigned int num_bytes)
{
	return q->level + num_bytes <= q->config.fifo_bytes;
}

static uint32_t read_dr(struct ctl_stm32_quadspi *q, unsigned int size)
{
	uint64_t time_ps;
	uint32_t value;

	switch (quadspi_fmode(q)) {
	case FMODE_MAPPED:
		return 0;
	case FMODE_POLL:
		q->poll_unread = false;
		return q->poll_data;
	case FMODE_WRITE:
		vb_violation(q->vb, "%s: DR read in indirect write mode", q->config.name);
		return 0;
	case FMODE_READ:
		break;
	}
	if (q->operation != OPERATION_READ) {
		vb_violation(q->vb, "%s: DR read, but no data are to come", q->config.name);
		return 0;
	}
	time_ps = wait_for(q, has_bytes, size);
	bus_stall(q->bus, time_ps);
	value = quadspi_pop(q, size);
	quadspi_resume(q, time_ps);
	if (q->phase == PHASE_IDLE && !q->level)
		q->operation = OPERATION_NONE;
	return value;
}

static void write_dr(struct ctl_stm32_quadspi *q, uint32_t value, unsigned int size)
{
	uint64_t time_ps;

	if (quadspi_fmode(q) != FMODE_WRITE || !quadspi_lines(q, DMODE_SHIFT)) {
		vb_violation(q->vb, "%s: DR written, but CCR %08x sends no data", q->config.name, q->ccr);
		return;
	}
	if (q->phase == PHASE_ABORT)
		quadspi_advance(q, q->next_ps);
	if (q->operation == OPERATION_NONE) {
		start_indirect(q);
		if (q->operation == OPERATION_NONE)
			return;
	}
	time_ps = wait_for(q, has_room, size);
	bus_stall(q->bus, time_ps);
	/* Ended while the FIFO was too full: that is what has been reported */
	if (q->operation == OPERATION_NONE)
		return;
	for (unsigned int i = 0; i < size; i++)
		q->fifo[q->level++] = (uint8_t)(value >> (8 * i));
	quadspi_resume(q, time_ps);
}

static bool is_threshold_reached(const struct ctl_stm32_quadspi *q)
{
	unsigned int threshold = (q->cr >> 8 & (q->config.fifo_bytes - 1)) + 1;

	switch (quadspi_fmode(q)) {
	case FMODE_WRITE:
		return q->cr & CR_EN && quadspi_lines(q, DMODE_SHIFT) && q->config.fifo_bytes - q->level >= threshold;
	case FMODE_READ:
		return q->level >= threshold || (q->phase == PHASE_IDLE && q->level);
	case FMODE_POLL:
		return q->poll_unread;
	default:
		return false;
	}
}

static uint32_t read_sr(struct ctl_stm32_quadspi *q)
{
	bool indirect = quadspi_fmode(q) == FMODE_WRITE || quadspi_fmode(q) == FMODE_READ;
	uint32_t sr = 0;

	sr |= q->tef ? SR_TEF : 0;
	sr |= q->tcf ? SR_TCF : 0;
	sr |= is_threshold_reached(q) ? SR_FTF : 0;
	sr |= q->smf ? SR_SMF : 0;
	sr |= q->tof ? SR_TOF : 0;
	sr |= quadspi_is_busy(q) ? SR_BUSY : 0;
	sr |= indirect ? q->level << SR_FLEVEL_SHIFT : 0;
	return sr;
}

static void write_fcr(struct ctl_stm32_quadspi *q, uint32_t value)
{
	q->tef = q->tef && !(value & SR_TEF);
	q->tcf = q->tcf && !(value & SR_TCF);
	q->smf = q->smf && !(value & SR_SMF);
	q->tof = q->tof && !(value & SR_TOF);
}

static bool is_clocked(struct ctl_stm32_quadspi *q, uint32_t offset)
{
	if (ctl_gate_is_open(&q->config.gate))
		return true;
	if (!q->unclocked_reported)
		vb_violation(q->vb, "%s: access to offset %02xh while its clock is off", q->config.name, offset);
	q->unclocked_reported = true;
	return false;
}

static uint32_t read_word(struct ctl_stm32_quadspi *q, uint32_t offset)
{
	const uint32_t *reg = idle_register(q, offset);

	if (reg)
		return *reg;
	return offset == QUADSPI_CR ? q->cr : offset == QUADSPI_SR ? read_sr(q) : 0;
}

static bool is_beside_dr(struct ctl_stm32_quadspi *q, uint32_t offset)
{
	if ((offset & ~3u) != QUADSPI_DR || offset == QUADSPI_DR)
		return false;
	vb_violation(q->vb, "%s: DR accessed at offset %02xh, not at its bottom", q->config.name, offset);
	return true;
}

static int on_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct ctl_stm32_quadspi *q = context;

	*value = 0;
	if (!is_clocked(q, offset) || is_beside_dr(q, offset))
		return 0;
	quadspi_advance(q, quadspi_now(q));
	if (offset == QUADSPI_DR)
		*value = read_dr(q, size);
	else
		*value = read_word(q, offset & ~3u) >> (8 * (offset & 3));
	if (size < 4)
		*value &= (1u << 8 * size) - 1;
	if (master == BUS_CPU && (offset == QUADSPI_DR || (offset & ~3u) == QUADSPI_SR))
		quadspi_note_poll(q);
	return 0;
}

/* Parts of a register keep the rest of it. */
static uint32_t merge(struct ctl_stm32_quadspi *q, uint32_t offset, unsigned int size, uint32_t value)
{
	unsigned int shift = 8 * (offset & 3);
	uint32_t mask = size == 4 ? 0xffffffff : ((1u << 8 * size) - 1) << shift;

	return (read_word(q, offset & ~3u) & ~mask) | (value << shift & mask);
}

static int on_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_stm32_quadspi *q = context;
	uint32_t *reg = idle_register(q, offset & ~3u);
	(void)master;

	if (!is_clocked(q, offset) || is_beside_dr(q, offset))
		return 0;
	quadspi_advance(q, quadspi_now(q));
	if (reg)
		write_idle_register(q, offset & ~3u, reg, merge(q, offset, size, value));
	else if ((offset & ~3u) == QUADSPI_CR)
		write_cr(q, merge(q, offset, size, value));
	else if (offset == QUADSPI_FCR)
		write_fcr(q, value);
	else if (offset == QUADSPI_DR)
		write_dr(q, value, size);
	else if ((offset & ~3u) != QUADSPI_SR && (offset & ~3u) != QUADSPI_FCR)
		vb_violation(q->vb, "%s: write to reserved offset %02xh", q->config.name, offset);
	return 0;
}

/* Where FSIZE and the mode let the mapped range be read. */
static bool is_mapped_access(const struct ctl_stm32_quadspi *q, uint32_t offset, unsigned int size)
{
	return ctl_gate_is_open(&q->config.gate) && is_mapped(q) && (uint64_t)offset + size <= quadspi_memory_bytes(q);
}

static int on_mapped_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct ctl_stm32_quadspi *q = context;
	uint64_t time_ps;

	if (!is_mapped_access(q, offset, size))
		return -1;
	if (master == BUS_CPU)
		q->code_fetched = true;
	quadspi_advance(q, quadspi_now(q));
	if (q->phase == PHASE_ABORT)
		quadspi_advance(q, q->next_ps);
	if (q->operation != OPERATION_MAPPED || q->mapped_next != offset) {
		quadspi_release(q, quadspi_now(q));
		quadspi_start(q, OPERATION_MAPPED, offset, quadspi_memory_bytes(q) - offset, quadspi_now(q));
		q->mapped_next = offset;
	}
	time_ps = wait_for(q, has_bytes, size);
	bus_stall(q->bus, time_ps);
	*value = quadspi_pop(q, size);
	q->mapped_next += size;
	/* Room for the prefetch; at the end of the memory the timeout counts from this access on */
	if (q->phase == PHASE_WAIT && !q->remaining && q->cr & CR_TCEN)
		q->timeout_ps = time_ps + quadspi_clocks_to_ps(q, q->lptr);
	quadspi_resume(q, time_ps);
	return 0;
}

static int on_mapped_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	(void)context;
	(void)offset;
	(void)size;
	(void)value;
	(void)master;
	return -1;
}

/*
 * The chip's content as it is: what a read command that is set up wrongly would fetch instead is reported when the CPU
 * reads the code (the flash model), and not executed.
 */
static const uint8_t *on_mapped_code(void *context, uint32_t offset, uint32_t *num_bytes)
{
	struct ctl_stm32_quadspi *q = context;
	uint64_t chip_bytes = nor_size(q->chip);
	uint64_t memory_bytes = quadspi_memory_bytes(q);

	if (!is_mapped_access(q, offset, 2) || offset >= chip_bytes)
		return NULL;
	q->code_fetched = true;
	*num_bytes = (uint32_t)((memory_bytes < chip_bytes ? memory_bytes : chip_bytes) - offset);
	return nor_content(q->chip) + offset;
}

void ctl_stm32_quadspi_reset(void *context)
{
	struct ctl_stm32_quadspi *q = context;

	/* What was shifted before the reset did reach the flash */
	quadspi_advance(q, quadspi_now(q));
	quadspi_release(q, quadspi_now(q));
	note_mapped_changed(q);
	q->cr = 0;
	q->dcr = 0;
	q->dlr = 0;
	q->ccr = 0;
	q->ar = 0;
	q->abr = 0;
	q->psmkr = 0;
	q->psmar = 0;
	q->pir = 0;
	q->lptr = 0;
	q->tef = false;
	q->tcf = false;
	q->smf = false;
	q->tof = false;
	q->poll_unread = false;
	q->poll_data = 0;
	q->operation = OPERATION_NONE;
	q->level = 0;
	q->unclocked_reported = false;
	q->turnaround_reported = false;
}

struct ctl_stm32_quadspi *ctl_stm32_quadspi_new(struct bus *bus, const struct ctl_stm32_quadspi_config *config,
		struct nor *chip)
{
	struct ctl_stm32_quadspi *q;

	if ((config->fifo_bytes != 16 && config->fifo_bytes != 32) || config->ahb_hz == 0)
		return NULL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	q->vb = bus->vb;
	q->bus = bus;
	q->config = *config;
	q->chip = chip;
	const struct bus_device registers = {
		.name = config->name,
		.base = config->base,
		.size = 0x400,
		.context = q,
		.read = on_read,
		.write = on_write,
		.reset = ctl_stm32_quadspi_reset,
	};
	const struct bus_device mapped = {
		.name = "mapped flash",
		.base = config->mapped_base,
		.size = CTL_QUADSPI_MAPPED_BYTES,
		.context = q,
		.read = on_mapped_read,
		.write = on_mapped_write,
		.code = on_mapped_code,
	};
	if (bus_add_device(bus, &registers) || bus_add_device(bus, &mapped)) {
		free(q);
		return NULL;
	}
	return q;
}

void ctl_stm32_quadspi_free(struct ctl_stm32_quadspi *q)
{
	free(q);
}

void ctl_stm32_quadspi_set_idle(struct ctl_stm32_quadspi *q, void (*idle)(void *context, uint64_t until_ps),
		void *context)
{
	q->idle = idle;
	q->idle_context = context;
}
