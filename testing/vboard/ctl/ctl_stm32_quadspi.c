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

#include "ctl_stm32_quadspi.h"

#include "ctl_stm32_shift.h"

#include <stdlib.h>

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

#define CR_EN		(1u << 0)
#define CR_ABORT	(1u << 1)
#define CR_DMAEN	(1u << 2)
#define CR_TCEN		(1u << 3)
#define CR_SSHIFT	(1u << 4)
#define CR_DFM		(1u << 6)
#define CR_FSEL		(1u << 7)
#define CR_APMS		(1u << 22)
#define CR_PMM		(1u << 23)
#define CR_PRESCALER	0xff000000u

#define CCR_SIOO	(1u << 28)
#define CCR_DHHC	(1u << 30)
#define CCR_DDRM	(1u << 31)

enum quadspi_fmode {
	FMODE_WRITE,
	FMODE_READ,
	FMODE_POLL,
	FMODE_MAPPED,
};

struct ctl_stm32_quadspi {
	struct vb *vb;
	struct bus *bus;
	struct ctl_stm32_quadspi_config config;
	struct shift shift;
	uint32_t cr, dcr, dlr, ccr, ar, abr, psmkr, psmar, pir, lptr;
	bool code_fetched;	/* since it was last said that code had changed */
	bool unclocked_reported, turnaround_reported;
};

static enum quadspi_fmode quadspi_fmode(const struct ctl_stm32_quadspi *q)
{
	return q->ccr >> 26 & 3;
}

/* 0, 1, 2 or 4 lines of a phase by the position of its mode in CCR. */
enum {
	IMODE_SHIFT = 8,
	ADMODE_SHIFT = 10,
	ABMODE_SHIFT = 14,
	DMODE_SHIFT = 24,
};

static unsigned int quadspi_lines(const struct ctl_stm32_quadspi *q, unsigned int shift)
{
	static const uint8_t lines[4] = { 0, 1, 2, 4 };

	return lines[q->ccr >> shift & 3];
}

static struct shift_part part(const struct ctl_stm32_quadspi *q, unsigned int mode_shift, unsigned int size_shift,
		uint32_t value)
{
	return (struct shift_part){ quadspi_lines(q, mode_shift), (q->ccr >> size_shift & 3) + 1, value };
}

/* After every change of a register, so that the shifter knows it. */
static void decode(struct ctl_stm32_quadspi *q)
{
	q->shift.frame = (struct shift_frame){
		.divider = (q->cr >> 24) + 1,
		.high_clocks = (q->dcr >> 8 & 7) + 1,
		.instruction = { quadspi_lines(q, IMODE_SHIFT), 1, q->ccr & 0xff },
		.address = part(q, ADMODE_SHIFT, 12, q->ar),
		.alternate = part(q, ABMODE_SHIFT, 16, q->abr),
		.dummy_clocks = q->ccr >> 18 & 31,
		.data_lines = quadspi_lines(q, DMODE_SHIFT),
		.instruction_once = q->ccr & CCR_SIOO,
		.memory_bytes = 2ull << (q->dcr >> 16 & 31),
		.timeout = q->cr & CR_TCEN,
		.timeout_clocks = q->lptr,
		.match_any = q->cr & CR_PMM,
		.stop_at_match = q->cr & CR_APMS,
		.match_mask = q->psmkr,
		.match = q->psmar,
		.poll_clocks = q->pir,
		.num_bytes = (uint64_t)q->dlr + 1,
	};
}

static bool reaches_chip(void *context, bool quad)
{
	const struct ctl_stm32_quadspi *q = context;

	/* FLASH 2 is not there */
	return ctl_quadspi_pins_connected(q->config.pin, quad) && !(q->cr & CR_FSEL);
}

/* What the mapped range answers to fetches has changed. */
static void note_mapped_changed(struct ctl_stm32_quadspi *q)
{
	uint64_t memory_bytes = q->shift.frame.memory_bytes;

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

/* Whatever was missing has been written: CCR, AR or the first data. */
static void start_indirect(struct ctl_stm32_quadspi *q)
{
	bool data = quadspi_lines(q, DMODE_SHIFT);
	uint64_t num_bytes = data ? shift_data_bytes(&q->shift) : 0;

	if (!may_start(q))
		return;
	if (quadspi_fmode(q) == FMODE_POLL) {
		shift_start_poll(&q->shift);
		return;
	}
	if (!shift_is_inside(&q->shift, num_bytes))
		return;
	shift_start(&q->shift,
		!data ? OPERATION_COMMAND : quadspi_fmode(q) == FMODE_READ ? OPERATION_READ : OPERATION_WRITE, q->ar,
		num_bytes, shift_now(&q->shift));
}

/* "Triggering the start of a command": firmware need not supply data. */
static bool starts_without_data(const struct ctl_stm32_quadspi *q)
{
	return quadspi_fmode(q) == FMODE_READ || quadspi_fmode(q) == FMODE_POLL
			|| (quadspi_fmode(q) == FMODE_WRITE && !quadspi_lines(q, DMODE_SHIFT));
}

static void write_cr(struct ctl_stm32_quadspi *q, uint32_t value)
{
	uint32_t changed = (q->cr ^ value) & CR_WHILE_IDLE;
	bool busy = shift_is_busy(&q->shift);

	if (busy && changed) {
		vb_violation(q->vb, "%s: CR bits %08x changed while BUSY is 1", q->config.name, changed);
		value ^= changed;
	}
	if (value & ~q->cr & CR_DMAEN)
		vb_violation(q->vb, "%s: DMA is not modelled", q->config.name);
	if ((q->cr ^ value) & (CR_EN | CR_DFM))
		note_mapped_changed(q);

	q->cr = value & CR_WRITABLE & ~CR_ABORT;
	decode(q);
	if (busy && q->shift.phase != PHASE_ABORT) {
		if (!(q->cr & CR_EN)) {
			shift_stop(&q->shift, "EN = 0");
		} else if (value & CR_ABORT) {
			shift_stop(&q->shift, "ABORT");
			shift_begin_abort(&q->shift);
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
	decode(q);
	q->shift.instruction_sent = false;
	q->shift.poll_unread = false;
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
	decode(q);
	if (!quadspi_lines(q, ADMODE_SHIFT))
		return;
	if (starts_without_data(q))
		start_indirect(q);
	else
		shift_is_inside(&q->shift, 1);
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
	if (shift_is_busy(&q->shift)) {
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
	decode(q);
}

static uint32_t read_dr(struct ctl_stm32_quadspi *q, unsigned int size)
{
	uint32_t value;

	switch (quadspi_fmode(q)) {
	case FMODE_MAPPED:
		return 0;
	case FMODE_POLL:
		q->shift.poll_unread = false;
		return q->shift.poll_data;
	case FMODE_WRITE:
		vb_violation(q->vb, "%s: DR read in indirect write mode", q->config.name);
		return 0;
	case FMODE_READ:
		break;
	}
	if (q->shift.operation != OPERATION_READ) {
		vb_violation(q->vb, "%s: DR read, but no data are to come", q->config.name);
		return 0;
	}
	bus_stall(q->bus, shift_read_data(&q->shift, size, &value));
	return value;
}

static void write_dr(struct ctl_stm32_quadspi *q, uint32_t value, unsigned int size)
{
	if (quadspi_fmode(q) != FMODE_WRITE || !quadspi_lines(q, DMODE_SHIFT)) {
		vb_violation(q->vb, "%s: DR written, but CCR %08x sends no data", q->config.name, q->ccr);
		return;
	}
	if (q->shift.phase == PHASE_ABORT)
		shift_advance(&q->shift, q->shift.next_ps);
	if (q->shift.operation == OPERATION_NONE) {
		start_indirect(q);
		if (q->shift.operation == OPERATION_NONE)
			return;
	}
	bus_stall(q->bus, shift_write_data(&q->shift, size, value));
}

static bool is_threshold_reached(const struct ctl_stm32_quadspi *q)
{
	unsigned int threshold = (q->cr >> 8 & (q->config.fifo_bytes - 1)) + 1;

	switch (quadspi_fmode(q)) {
	case FMODE_WRITE:
		return q->cr & CR_EN && quadspi_lines(q, DMODE_SHIFT) && q->config.fifo_bytes - q->shift.level >= threshold;
	case FMODE_READ:
		return q->shift.level >= threshold || (q->shift.phase == PHASE_IDLE && q->shift.level);
	case FMODE_POLL:
		return q->shift.poll_unread;
	default:
		return false;
	}
}

static uint32_t read_sr(struct ctl_stm32_quadspi *q)
{
	bool indirect = quadspi_fmode(q) == FMODE_WRITE || quadspi_fmode(q) == FMODE_READ;
	uint32_t sr = 0;

	sr |= q->shift.tef ? SR_TEF : 0;
	sr |= q->shift.tcf ? SR_TCF : 0;
	sr |= is_threshold_reached(q) ? SR_FTF : 0;
	sr |= q->shift.smf ? SR_SMF : 0;
	sr |= q->shift.tof ? SR_TOF : 0;
	sr |= shift_is_busy(&q->shift) ? SR_BUSY : 0;
	sr |= indirect ? q->shift.level << SR_FLEVEL_SHIFT : 0;
	return sr;
}

static void write_fcr(struct ctl_stm32_quadspi *q, uint32_t value)
{
	q->shift.tef = q->shift.tef && !(value & SR_TEF);
	q->shift.tcf = q->shift.tcf && !(value & SR_TCF);
	q->shift.smf = q->shift.smf && !(value & SR_SMF);
	q->shift.tof = q->shift.tof && !(value & SR_TOF);
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
	if (offset == QUADSPI_CR)
		return q->cr | (q->shift.phase == PHASE_ABORT ? CR_ABORT : 0);
	return offset == QUADSPI_SR ? read_sr(q) : 0;
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
	shift_advance(&q->shift, shift_now(&q->shift));
	if (offset == QUADSPI_DR)
		*value = read_dr(q, size);
	else
		*value = read_word(q, offset & ~3u) >> (8 * (offset & 3));
	if (size < 4)
		*value &= (1u << 8 * size) - 1;
	if (master == BUS_CPU && (offset == QUADSPI_DR || (offset & ~3u) == QUADSPI_SR))
		shift_note_poll(&q->shift);
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
	shift_advance(&q->shift, shift_now(&q->shift));
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
	return ctl_gate_is_open(&q->config.gate) && is_mapped(q) && (uint64_t)offset + size <= q->shift.frame.memory_bytes;
}

static int on_mapped_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct ctl_stm32_quadspi *q = context;

	if (!is_mapped_access(q, offset, size))
		return -1;
	if (master == BUS_CPU)
		q->code_fetched = true;
	bus_stall(q->bus, shift_read_mapped(&q->shift, offset, size, value));
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
	uint64_t chip_bytes = nor_size(q->shift.chip);
	uint64_t memory_bytes = q->shift.frame.memory_bytes;

	if (!is_mapped_access(q, offset, 2) || offset >= chip_bytes)
		return NULL;
	q->code_fetched = true;
	*num_bytes = (uint32_t)((memory_bytes < chip_bytes ? memory_bytes : chip_bytes) - offset);
	return nor_content(q->shift.chip) + offset;
}

void ctl_stm32_quadspi_reset(void *context)
{
	struct ctl_stm32_quadspi *q = context;

	note_mapped_changed(q);
	shift_reset(&q->shift);
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
	decode(q);
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
	q->shift = (struct shift){
		.vb = bus->vb,
		.chip = chip,
		.name = config->name,
		.size_field = "FSIZE",
		.kernel_hz = config->ahb_hz,
		.fifo_bytes = config->fifo_bytes,
		.reaches_chip = reaches_chip,
		.context = q,
	};
	decode(q);
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
	q->shift.idle = idle;
	q->shift.idle_context = context;
}
