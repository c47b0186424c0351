// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32 OCTOSPI and XSPI as a bus master of a flash: registers and the mapped range. RM0456 rev 6 section 28 (STM32U5,
 * OCTOSPI); where XSPI differs, the descriptions of its fields in ST's SVD file of the STM32H7S (RM0477 section 24),
 * and ST's CMSIS header of the STM32N655 (cmsis-device-n6 f818b00: offsets and bit positions).
 *
 * A violation is:
 * - A register but FCR, FTHRES, the interrupt enables, ABORT and EN written while BUSY is 1: such a write "has no
 *   effect and is not signaled" (28.4.15). Also where the value stays the same, as who writes it counts on its effect.
 * - AR written in memory-mapped mode (28.7.9), DR accessed in it to write, FMODE or others of CR changed while busy.
 * - Too few or too many accesses to DR for what DLR says; DR read or written in a mode that has no use for it; DR
 *   accessed elsewhere than at its bottom (28.7.10).
 * - An address, or address and length, outside of what DEVSIZE says (it sets TEF, and no command is sent).
 * - A read on two or four lines without a dummy cycle (28.4.4, "Dummy-cycle phase"); a read or polling without a data
 *   phase; a command of one phase that is not the instruction (28.4.4); more than 4 bytes to poll (28.7.8).
 * - A command whose IR was not written after its CCR: the steps of 28.4.15 end with IR, ABR, AR, and what is in IR is
 *   the instruction of another command.
 * - SIOO in another mode than memory-mapped ("Sending the instruction only once"); SSHIFT aside, nothing of TCR.
 * - An indirect write, or a command without data, that ABORT or EN = 0 cuts short.
 * - A command while EN is 0, with a reserved mode, with FRCK, or while the clock is off.
 * - What is not modelled: double transfer rate, DQS, eight and sixteen lines, HyperBus and RAM memory types,
 *   dual-memory configuration, communication regulation (DCR3, DCR4), wrapped reads, memory-mapped writes, prefetch
 *   switched off, DMA.
 * A bus error is what 28.4.17 says: the mapped range accessed in another mode, outside of DEVSIZE, without a data
 * phase, or written without a write format in WCCR.
 *
 * The start of automatic polling without an address: 28.4.15 names CCR, though IR comes after it in the same list;
 * 28.4.9 and 28.4.10 ("begins in the same manner as in indirect-read mode") name IR, and so does this model.
 * BUSY stays 1 after the first mapped access until ABORT or EN = 0, also while the timeout has raised NCS (28.4.11 and
 * 28.4.18), unlike that of QUADSPI.
 */

#include "ctl_stm32_octospi.h"

#include "ctl_stm32_shift.h"

#include <stdlib.h>

enum {
	OCTOSPI_CR = 0x000,
	OCTOSPI_DCR1 = 0x008,
	OCTOSPI_DCR2 = 0x00c,
	OCTOSPI_DCR3 = 0x010,
	OCTOSPI_DCR4 = 0x014,
	OCTOSPI_SR = 0x020,
	OCTOSPI_FCR = 0x024,
	OCTOSPI_DLR = 0x040,
	OCTOSPI_AR = 0x048,
	OCTOSPI_DR = 0x050,
	OCTOSPI_PSMKR = 0x080,
	OCTOSPI_PSMAR = 0x088,
	OCTOSPI_PIR = 0x090,
	OCTOSPI_CCR = 0x100,
	OCTOSPI_TCR = 0x108,
	OCTOSPI_IR = 0x110,
	OCTOSPI_ABR = 0x120,
	OCTOSPI_LPTR = 0x130,
	OCTOSPI_WPCCR = 0x140,
	OCTOSPI_WPTCR = 0x148,
	OCTOSPI_WPIR = 0x150,
	OCTOSPI_WPABR = 0x160,
	OCTOSPI_WCCR = 0x180,
	OCTOSPI_WTCR = 0x188,
	OCTOSPI_WIR = 0x190,
	OCTOSPI_WABR = 0x1a0,
	OCTOSPI_HLCR = 0x200,
	XSPI_CALFCR = 0x210,
	XSPI_CALMR = 0x218,
	XSPI_CALSOR = 0x220,
	XSPI_CALSIR = 0x228,
	OCTOSPI_SIDR = 0x3fc,
};

#define CR_EN		(1u << 0)
#define CR_ABORT	(1u << 1)
#define CR_DMAEN	(1u << 2)
#define CR_TCEN		(1u << 3)
#define CR_DMM		(1u << 6)
#define CR_MSEL		(1u << 7)	/* OCTOSPI; XSPI: bits 31:30 */
#define CR_APMS		(1u << 22)
#define CR_PMM		(1u << 23)
#define CR_CSSEL	(1u << 24)	/* XSPI, as the next two */
#define CR_NOPREF	(1u << 25)
#define CR_NOPREF_AXI	(1u << 26)
#define CR_FMODE_SHIFT	28
#define CR_FMODE	(3u << CR_FMODE_SHIFT)
#define CR_MSEL_XSPI	(3u << 30)
#define CR_INTERRUPTS	0x001f0000u
#define CR_ANY_TIME	(CR_EN | CR_ABORT | CR_DMAEN | CR_INTERRUPTS)	/* and FTHRES */

#define DCR1_FRCK	(1u << 1)
#define DCR1_MTYP_SHIFT	24
#define DCR2_WRAPSIZE	0x00070000u

#define CCR_IDTR	(1u << 3)
#define CCR_ADDTR	(1u << 11)
#define CCR_ABDTR	(1u << 19)
#define CCR_DDTR	(1u << 27)
#define CCR_DQSE	(1u << 29)
#define CCR_SIOO	(1u << 31)
#define CCR_DTR		(CCR_IDTR | CCR_ADDTR | CCR_ABDTR | CCR_DDTR)

/*
 * Size identification register: 1 KiB. Only the manuals of the STM32MP1 and MP2 have it; OpenOCD's stmqspi driver knows
 * an OCTOSPI by it.
 */
#define SIDR_VALUE	0xa3c5dd01u

#define SR_TEF		(1u << 0)
#define SR_TCF		(1u << 1)
#define SR_FTF		(1u << 2)
#define SR_SMF		(1u << 3)
#define SR_TOF		(1u << 4)
#define SR_BUSY		(1u << 5)
#define SR_FLEVEL_SHIFT	8

enum octospi_fmode {
	FMODE_WRITE,
	FMODE_READ,
	FMODE_POLL,
	FMODE_MAPPED,
};

/* Position of the mode of a phase in CCR; its size is four bits above, but for data. */
enum {
	IMODE_SHIFT = 0,
	ADMODE_SHIFT = 8,
	ABMODE_SHIFT = 16,
	DMODE_SHIFT = 24,
};

/* Registers that can be written while BUSY is 0, and their bits. Index of `value`. */
enum idle_register {
	REG_DCR1, REG_DCR2, REG_DCR3, REG_DCR4, REG_DLR, REG_AR, REG_PSMKR, REG_PSMAR, REG_PIR, REG_CCR, REG_TCR, REG_IR,
	REG_ABR, REG_LPTR, REG_WPCCR, REG_WPTCR, REG_WPIR, REG_WPABR, REG_WCCR, REG_WTCR, REG_WIR, REG_WABR, REG_HLCR,
	REG_CALFCR, REG_CALMR, REG_CALSOR, REG_CALSIR,
	NUM_IDLE_REGISTERS
};

static const struct {
	uint16_t offset;
	bool xspi_only;
	uint32_t writable;
} idle_registers[NUM_IDLE_REGISTERS] = {
	[REG_DCR1] = { OCTOSPI_DCR1, false, 0x073f3f0b },	/* with XSPI's EXTENDMEM and OCTOSPI's DLYBYP */
	[REG_DCR2] = { OCTOSPI_DCR2, false, 0x000700ff },
	[REG_DCR3] = { OCTOSPI_DCR3, false, 0x001f00ff },
	[REG_DCR4] = { OCTOSPI_DCR4, false, 0xffffffff },
	[REG_DLR] = { OCTOSPI_DLR, false, 0xffffffff },
	[REG_AR] = { OCTOSPI_AR, false, 0xffffffff },
	[REG_PSMKR] = { OCTOSPI_PSMKR, false, 0xffffffff },
	[REG_PSMAR] = { OCTOSPI_PSMAR, false, 0xffffffff },
	[REG_PIR] = { OCTOSPI_PIR, false, 0x0000ffff },
	[REG_CCR] = { OCTOSPI_CCR, false, 0xaf3f3f3f },
	[REG_TCR] = { OCTOSPI_TCR, false, 0x5000001f },
	[REG_IR] = { OCTOSPI_IR, false, 0xffffffff },
	[REG_ABR] = { OCTOSPI_ABR, false, 0xffffffff },
	[REG_LPTR] = { OCTOSPI_LPTR, false, 0x0000ffff },
	[REG_WPCCR] = { OCTOSPI_WPCCR, false, 0x2f3f3f3f },
	[REG_WPTCR] = { OCTOSPI_WPTCR, false, 0x5000001f },
	[REG_WPIR] = { OCTOSPI_WPIR, false, 0xffffffff },
	[REG_WPABR] = { OCTOSPI_WPABR, false, 0xffffffff },
	[REG_WCCR] = { OCTOSPI_WCCR, false, 0x2f3f3f3f },
	[REG_WTCR] = { OCTOSPI_WTCR, false, 0x0000001f },
	[REG_WIR] = { OCTOSPI_WIR, false, 0xffffffff },
	[REG_WABR] = { OCTOSPI_WABR, false, 0xffffffff },
	[REG_HLCR] = { OCTOSPI_HLCR, false, 0x00ffff03 },
	[REG_CALFCR] = { XSPI_CALFCR, true, 0x001f007f },
	[REG_CALMR] = { XSPI_CALMR, true, 0x001f007f },
	[REG_CALSOR] = { XSPI_CALSOR, true, 0x001f007f },
	[REG_CALSIR] = { XSPI_CALSIR, true, 0x001f007f },
};

struct ctl_stm32_octospi {
	struct vb *vb;
	struct bus *bus;
	struct ctl_stm32_octospi_config config;
	struct shift shift;
	uint32_t cr;
	uint32_t value[NUM_IDLE_REGISTERS];
	bool instruction_is_set;	/* IR has been written since CCR was */
	bool mapped_busy;		/* after the first mapped access, until ABORT or EN = 0 */
	bool code_fetched;		/* since it was last said that code had changed */
	bool unclocked_reported, turnaround_reported;
	uint32_t busy_reported;		/* a bit for each idle_register */
};

_Static_assert(NUM_IDLE_REGISTERS <= 32, "a bit for each register");

static enum octospi_fmode fmode(const struct ctl_stm32_octospi *o)
{
	return o->cr >> CR_FMODE_SHIFT & 3;
}

static bool is_xspi(const struct ctl_stm32_octospi *o)
{
	return o->config.variant == STM32_XSPI;
}

/* 8 and what is reserved count as no phase; what_is_not_modelled() says so before a command. */
static unsigned int lines_of(const struct ctl_stm32_octospi *o, unsigned int shift)
{
	static const uint8_t lines[8] = { 0, 1, 2, 4 };

	return lines[o->value[REG_CCR] >> shift & 7];
}

static struct shift_part part_of(const struct ctl_stm32_octospi *o, unsigned int shift, enum idle_register reg)
{
	return (struct shift_part){ lines_of(o, shift), (o->value[REG_CCR] >> (shift + 4) & 3) + 1, o->value[reg] };
}

/* After every change of a register, so that the shifter knows it. */
static void decode(struct ctl_stm32_octospi *o)
{
	o->shift.frame = (struct shift_frame){
		.divider = (o->value[REG_DCR2] & 0xff) + 1,
		.high_clocks = (o->value[REG_DCR1] >> 8 & 63) + 1,
		.instruction = part_of(o, IMODE_SHIFT, REG_IR),
		.address = part_of(o, ADMODE_SHIFT, REG_AR),
		.alternate = part_of(o, ABMODE_SHIFT, REG_ABR),
		.dummy_clocks = o->value[REG_TCR] & 31,
		.data_lines = lines_of(o, DMODE_SHIFT),
		.instruction_once = o->value[REG_CCR] & CCR_SIOO,
		.memory_bytes = 2ull << (o->value[REG_DCR1] >> 16 & 31),
		.timeout = o->cr & CR_TCEN,
		.timeout_clocks = o->value[REG_LPTR],
		.match_any = o->cr & CR_PMM,
		.stop_at_match = o->cr & CR_APMS,
		.match_mask = o->value[REG_PSMKR],
		.match = o->value[REG_PSMAR],
		.poll_clocks = o->value[REG_PIR],
		.num_bytes = (uint64_t)o->value[REG_DLR] + 1,
	};
}

static bool reaches_chip(void *context, bool quad)
{
	const struct ctl_stm32_octospi *o = context;

	/* The chip is at NCS1 and IO3:0 */
	if (o->cr & (is_xspi(o) ? CR_CSSEL | CR_MSEL_XSPI : CR_MSEL))
		return false;
	if (o->config.has_port && !o->config.has_port(o->config.port_context))
		return false;
	return ctl_quadspi_pins_connected(o->config.pin, quad);
}

/* What the mapped range answers to fetches has changed. */
static void note_mapped_changed(struct ctl_stm32_octospi *o)
{
	uint64_t memory_bytes = o->shift.frame.memory_bytes;

	if (!o->code_fetched)
		return;
	o->code_fetched = false;
	bus_note_code_changed(o->bus, o->config.mapped_base, memory_bytes < CTL_OCTOSPI_MAPPED_BYTES ?
		(uint32_t)memory_bytes : CTL_OCTOSPI_MAPPED_BYTES);
}

static bool is_busy(const struct ctl_stm32_octospi *o)
{
	return o->mapped_busy || shift_is_busy(&o->shift);
}

/* What of the set-up this model does not know, or NULL. */
static const char *what_is_not_modelled(const struct ctl_stm32_octospi *o)
{
	uint32_t ccr = o->value[REG_CCR];
	unsigned int memory_type = o->value[REG_DCR1] >> DCR1_MTYP_SHIFT & 7;

	for (unsigned int shift = IMODE_SHIFT; shift <= DMODE_SHIFT; shift += 8) {
		unsigned int mode = ccr >> shift & 7;

		if (mode == 4 || (mode == 5 && shift == DMODE_SHIFT && is_xspi(o)))
			return mode == 4 ? "eight lines" : "sixteen lines";
		if (mode > 4)
			return "a reserved number of lines";
	}
	if (ccr & CCR_DTR)
		return "double transfer rate";
	if (ccr & CCR_DQSE)
		return "DQS";
	if (memory_type > 2)
		return memory_type == 3 ? "Macronix' RAM memory type" : "HyperBus";
	if (o->cr & CR_DMM)
		return "dual-memory configuration";
	if (o->cr & CR_DMAEN)
		return "DMA";
	if (is_xspi(o) && o->cr & (CR_NOPREF | CR_NOPREF_AXI))
		return "prefetch switched off";
	if (o->value[REG_DCR2] & DCR2_WRAPSIZE)
		return "wrapped reads";
	if (o->value[REG_DCR3] || o->value[REG_DCR4])
		return "communication regulation";
	return NULL;
}

static bool may_start(struct ctl_stm32_octospi *o)
{
	uint32_t instruction = o->value[REG_IR];
	const char *unknown = what_is_not_modelled(o);
	const struct shift_frame *frame = &o->shift.frame;

	if (!(o->cr & CR_EN)) {
		vb_violation(o->vb, "%s: command %02Xh while EN is 0", o->config.name, instruction);
		return false;
	}
	if (unknown) {
		vb_violation(o->vb, "%s: command %02Xh with %s, which is not modelled", o->config.name, instruction, unknown);
		return false;
	}
	/* "No memory or other device access is possible when FRCK is set" */
	if (o->value[REG_DCR1] & DCR1_FRCK) {
		vb_violation(o->vb, "%s: command %02Xh while FRCK is 1", o->config.name, instruction);
		return false;
	}
	if (!frame->instruction.lines && !frame->address.lines + !frame->alternate.lines + !frame->data_lines == 2) {
		vb_violation(o->vb, "%s: CCR %08x has one phase only, which may only be the instruction", o->config.name,
			o->value[REG_CCR]);
		return false;
	}
	if (frame->instruction.lines && !o->instruction_is_set) {
		vb_violation(o->vb, "%s: command with IR = %02Xh, which was not written since CCR was", o->config.name,
			instruction);
		o->instruction_is_set = true;
	}
	if (frame->instruction_once && fmode(o) != FMODE_MAPPED)
		vb_violation(o->vb, "%s: command %02Xh with SIOO, which is for memory-mapped mode only", o->config.name,
			instruction);
	return true;
}

/* Phases that do not go together; a new command may start all the same. */
static void judge_frame(struct ctl_stm32_octospi *o)
{
	const struct shift_frame *frame = &o->shift.frame;
	bool reads = fmode(o) != FMODE_WRITE;

	if (reads && !frame->data_lines)
		vb_violation(o->vb, "%s: CCR %08x has no data phase, which only indirect write may have", o->config.name,
			o->value[REG_CCR]);
	/* Said once: who does it does it at every poll */
	if (reads && frame->data_lines > 1 && !frame->dummy_clocks && !o->turnaround_reported) {
		vb_violation(o->vb, "%s: CCR %08x reads on %u lines without a dummy cycle", o->config.name,
			o->value[REG_CCR], frame->data_lines);
		o->turnaround_reported = true;
	}
}

/* Whatever was missing has been written: IR, AR or the first data. */
static void start_indirect(struct ctl_stm32_octospi *o)
{
	bool data = o->shift.frame.data_lines;
	uint64_t num_bytes = data ? shift_data_bytes(&o->shift) : 0;

	if (!may_start(o))
		return;
	judge_frame(o);
	o->shift.poll_unread = false;
	if (fmode(o) != FMODE_WRITE && !data)
		return;
	if (fmode(o) == FMODE_POLL) {
		shift_start_poll(&o->shift);
		return;
	}
	if (!shift_is_inside(&o->shift, num_bytes))
		return;
	shift_start(&o->shift, !data ? OPERATION_COMMAND : fmode(o) == FMODE_READ ? OPERATION_READ : OPERATION_WRITE,
		o->value[REG_AR], num_bytes, shift_now(&o->shift));
}

/* 28.4.9, "Triggering the start of a transfer": software need not supply data. */
static bool starts_without_data(const struct ctl_stm32_octospi *o)
{
	return fmode(o) == FMODE_READ || fmode(o) == FMODE_POLL ||
		(fmode(o) == FMODE_WRITE && !(o->value[REG_CCR] >> DMODE_SHIFT & 7));
}

/* Whether CCR has the phase, on however many lines. */
static bool has_phase(const struct ctl_stm32_octospi *o, unsigned int shift)
{
	return o->value[REG_CCR] >> shift & 7;
}

static void write_cr(struct ctl_stm32_octospi *o, uint32_t value)
{
	uint32_t fthres = is_xspi(o) ? 0x3f00 : 0x1f00;
	uint32_t writable = CR_ANY_TIME | fthres | CR_TCEN | CR_DMM | CR_APMS | CR_PMM | CR_FMODE |
		(is_xspi(o) ? CR_CSSEL | CR_NOPREF | CR_NOPREF_AXI | CR_MSEL_XSPI : CR_MSEL);
	uint32_t changed = (o->cr ^ value) & writable & ~(CR_ANY_TIME | fthres);
	bool busy = is_busy(o);

	if (busy && changed) {
		vb_violation(o->vb, "%s: CR bits %08x changed while BUSY is 1", o->config.name, changed);
		value ^= changed;
	}
	if ((o->cr ^ value) & (CR_EN | CR_DMM | CR_FMODE))
		note_mapped_changed(o);
	o->cr = value & writable & ~CR_ABORT;
	decode(o);
	if (!busy || o->shift.phase == PHASE_ABORT)
		return;
	if (!(o->cr & CR_EN)) {
		shift_stop(&o->shift, "EN = 0");
		o->mapped_busy = false;
	} else if (value & CR_ABORT) {
		shift_stop(&o->shift, "ABORT");
		o->mapped_busy = false;
		shift_begin_abort(&o->shift);
	}
}

/* After a write of one of the registers that can start a command. */
static void try_start(struct ctl_stm32_octospi *o, enum idle_register reg)
{
	bool address = has_phase(o, ADMODE_SHIFT);

	if (fmode(o) == FMODE_MAPPED)
		return;
	if (reg == REG_AR && address) {
		if (starts_without_data(o))
			start_indirect(o);
		else
			shift_is_inside(&o->shift, 1);
		return;
	}
	if (reg != REG_IR || address || !starts_without_data(o))
		return;
	/* Nothing at all to send: the reset value, as somebody writes it back */
	if (!has_phase(o, IMODE_SHIFT) && !has_phase(o, ABMODE_SHIFT) && !has_phase(o, DMODE_SHIFT))
		return;
	start_indirect(o);
}

static void write_idle_register(struct ctl_stm32_octospi *o, enum idle_register reg, uint32_t value)
{
	uint32_t writable = idle_registers[reg].writable;

	if (is_busy(o)) {
		/* Said once for each: who does it does it at every poll */
		if (!(o->busy_reported >> reg & 1))
			vb_violation(o->vb, "%s: offset %03xh written while BUSY is 1", o->config.name,
				idle_registers[reg].offset);
		o->busy_reported |= 1u << reg;
		return;
	}
	if (reg == REG_AR && fmode(o) == FMODE_MAPPED) {
		vb_violation(o->vb, "%s: AR written in memory-mapped mode", o->config.name);
		return;
	}
	if (reg == REG_DCR1 || reg == REG_CCR || reg == REG_IR || reg == REG_TCR)
		note_mapped_changed(o);
	o->value[reg] = value & writable;
	decode(o);
	if (reg == REG_CCR) {
		o->instruction_is_set = false;
		o->shift.instruction_sent = false;
	} else if (reg == REG_IR) {
		o->instruction_is_set = true;
	}
	try_start(o, reg);
}

static uint32_t read_dr(struct ctl_stm32_octospi *o, unsigned int size)
{
	uint32_t value;

	switch (fmode(o)) {
	case FMODE_MAPPED:
		return 0;	/* 28.4.15 */
	case FMODE_POLL:
		o->shift.poll_unread = false;
		return o->shift.poll_data;
	case FMODE_WRITE:
		vb_violation(o->vb, "%s: DR read in indirect-write mode", o->config.name);
		return 0;
	case FMODE_READ:
		break;
	}
	if (o->shift.operation != OPERATION_READ) {
		vb_violation(o->vb, "%s: DR read, but no data are to come", o->config.name);
		return 0;
	}
	bus_stall(o->bus, shift_read_data(&o->shift, size, &value));
	return value;
}

static void write_dr(struct ctl_stm32_octospi *o, uint32_t value, unsigned int size)
{
	if (fmode(o) != FMODE_WRITE || !has_phase(o, DMODE_SHIFT)) {
		vb_violation(o->vb, "%s: DR written, but CR %08x and CCR %08x send no data", o->config.name, o->cr,
			o->value[REG_CCR]);
		return;
	}
	if (o->shift.phase == PHASE_ABORT)
		shift_advance(&o->shift, o->shift.next_ps);
	if (o->shift.operation == OPERATION_NONE) {
		start_indirect(o);
		if (o->shift.operation == OPERATION_NONE)
			return;
	}
	bus_stall(o->bus, shift_write_data(&o->shift, size, value));
}

static bool is_threshold_reached(const struct ctl_stm32_octospi *o)
{
	unsigned int threshold = (o->cr >> 8 & (o->shift.fifo_bytes - 1)) + 1;

	switch (fmode(o)) {
	case FMODE_WRITE:
		return o->cr & CR_EN && has_phase(o, DMODE_SHIFT) && o->shift.fifo_bytes - o->shift.level >= threshold;
	case FMODE_READ:
		return o->shift.level >= threshold || (o->shift.phase == PHASE_IDLE && o->shift.level);
	case FMODE_POLL:
		return o->shift.poll_unread;
	default:
		return false;
	}
}

static uint32_t read_sr(const struct ctl_stm32_octospi *o)
{
	uint32_t sr = 0;

	sr |= o->shift.tef ? SR_TEF : 0;
	sr |= o->shift.tcf ? SR_TCF : 0;
	sr |= is_threshold_reached(o) ? SR_FTF : 0;
	sr |= o->shift.smf ? SR_SMF : 0;
	sr |= o->shift.tof ? SR_TOF : 0;
	sr |= is_busy(o) ? SR_BUSY : 0;
	sr |= fmode(o) != FMODE_POLL ? o->shift.level << SR_FLEVEL_SHIFT : 0;
	return sr;
}

static void write_fcr(struct ctl_stm32_octospi *o, uint32_t value)
{
	o->shift.tef = o->shift.tef && !(value & SR_TEF);
	o->shift.tcf = o->shift.tcf && !(value & SR_TCF);
	o->shift.smf = o->shift.smf && !(value & SR_SMF);
	o->shift.tof = o->shift.tof && !(value & SR_TOF);
}

static bool is_clocked(struct ctl_stm32_octospi *o, uint32_t offset)
{
	if (ctl_gate_is_open(&o->config.gate))
		return true;
	if (!o->unclocked_reported)
		vb_violation(o->vb, "%s: access to offset %03xh while its clock is off", o->config.name, offset);
	o->unclocked_reported = true;
	return false;
}

/* NUM_IDLE_REGISTERS: none of them. */
static enum idle_register find_register(const struct ctl_stm32_octospi *o, uint32_t offset)
{
	for (unsigned int i = 0; i < NUM_IDLE_REGISTERS; i++) {
		if (idle_registers[i].offset == offset && (is_xspi(o) || !idle_registers[i].xspi_only))
			return i;
	}
	return NUM_IDLE_REGISTERS;
}

static uint32_t read_word(const struct ctl_stm32_octospi *o, uint32_t offset)
{
	enum idle_register reg = find_register(o, offset);

	if (reg != NUM_IDLE_REGISTERS)
		return o->value[reg];
	switch (offset) {
	case OCTOSPI_CR:
		return o->cr;
	case OCTOSPI_SR:
		return read_sr(o);
	case OCTOSPI_SIDR:
		return SIDR_VALUE;
	default:
		return 0;
	}
}

static bool is_beside_dr(struct ctl_stm32_octospi *o, uint32_t offset)
{
	if ((offset & ~3u) != OCTOSPI_DR || offset == OCTOSPI_DR)
		return false;
	vb_violation(o->vb, "%s: DR accessed at offset %03xh, not at its bottom", o->config.name, offset);
	return true;
}

static int on_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct ctl_stm32_octospi *o = context;

	*value = 0;
	if (!is_clocked(o, offset) || is_beside_dr(o, offset))
		return 0;
	shift_advance(&o->shift, shift_now(&o->shift));
	if (offset == OCTOSPI_DR)
		*value = read_dr(o, size);
	else
		*value = read_word(o, offset & ~3u) >> (8 * (offset & 3));
	if (size < 4)
		*value &= (1u << 8 * size) - 1;
	if (master == BUS_CPU && (offset == OCTOSPI_DR || (offset & ~3u) == OCTOSPI_SR))
		shift_note_poll(&o->shift);
	return 0;
}

/* Parts of a register keep the rest of it. */
static uint32_t merge(const struct ctl_stm32_octospi *o, uint32_t offset, unsigned int size, uint32_t value)
{
	unsigned int shift = 8 * (offset & 3);
	uint32_t mask = size == 4 ? 0xffffffff : ((1u << 8 * size) - 1) << shift;

	return (read_word(o, offset & ~3u) & ~mask) | (value << shift & mask);
}

static int on_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_stm32_octospi *o = context;
	enum idle_register reg = find_register(o, offset & ~3u);
	(void)master;

	if (!is_clocked(o, offset) || is_beside_dr(o, offset))
		return 0;
	shift_advance(&o->shift, shift_now(&o->shift));
	if (reg != NUM_IDLE_REGISTERS)
		write_idle_register(o, reg, merge(o, offset, size, value));
	else if ((offset & ~3u) == OCTOSPI_CR)
		write_cr(o, merge(o, offset, size, value));
	else if (offset == OCTOSPI_FCR)
		write_fcr(o, value);
	else if (offset == OCTOSPI_DR)
		write_dr(o, value, size);
	else if ((offset & ~3u) != OCTOSPI_SR && (offset & ~3u) != OCTOSPI_FCR)
		vb_violation(o->vb, "%s: write to reserved offset %03xh", o->config.name, offset);
	return 0;
}

/* Where DEVSIZE and the mode let the mapped range be read. */
static bool is_mapped_access(const struct ctl_stm32_octospi *o, uint32_t offset, unsigned int size)
{
	return ctl_gate_is_open(&o->config.gate) && o->cr & CR_EN && fmode(o) == FMODE_MAPPED &&
		has_phase(o, DMODE_SHIFT) && (uint64_t)offset + size <= o->shift.frame.memory_bytes;
}

static int on_mapped_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct ctl_stm32_octospi *o = context;

	if (!is_mapped_access(o, offset, size))
		return -1;
	if (master == BUS_CPU)
		o->code_fetched = true;
	if (!o->mapped_busy) {
		if (!may_start(o))
			return -1;
		judge_frame(o);
		if (!o->shift.frame.address.lines)
			vb_violation(o->vb, "%s: CCR %08x is memory-mapped mode without an address phase", o->config.name,
				o->value[REG_CCR]);
	}
	o->mapped_busy = true;
	bus_stall(o->bus, shift_read_mapped(&o->shift, offset, size, value));
	return 0;
}

static int on_mapped_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_stm32_octospi *o = context;
	(void)value;
	(void)master;

	if (is_mapped_access(o, offset, size) && o->value[REG_WCCR] >> DMODE_SHIFT & 7)
		vb_violation(o->vb, "%s: write to the mapped range at offset %08xh, which is not modelled", o->config.name,
			offset);
	return -1;
}

/*
 * The chip's content as it is: what a read command that is set up wrongly would fetch instead is reported when the CPU
 * reads the code (the flash model), and not executed.
 */
static const uint8_t *on_mapped_code(void *context, uint32_t offset, uint32_t *num_bytes)
{
	struct ctl_stm32_octospi *o = context;
	uint64_t chip_bytes = nor_size(o->shift.chip);
	uint64_t memory_bytes = o->shift.frame.memory_bytes;

	if (!is_mapped_access(o, offset, 2) || what_is_not_modelled(o) || offset >= chip_bytes)
		return NULL;
	o->code_fetched = true;
	*num_bytes = (uint32_t)((memory_bytes < chip_bytes ? memory_bytes : chip_bytes) - offset);
	return nor_content(o->shift.chip) + offset;
}

void ctl_stm32_octospi_reset(void *context)
{
	struct ctl_stm32_octospi *o = context;

	note_mapped_changed(o);
	shift_reset(&o->shift);
	o->cr = 0;
	for (unsigned int i = 0; i < NUM_IDLE_REGISTERS; i++)
		o->value[i] = 0;
	decode(o);
	o->instruction_is_set = false;
	o->mapped_busy = false;
	o->unclocked_reported = false;
	o->turnaround_reported = false;
	o->busy_reported = 0;
}

struct ctl_stm32_octospi *ctl_stm32_octospi_new(struct bus *bus, const struct ctl_stm32_octospi_config *config,
		struct nor *chip)
{
	struct ctl_stm32_octospi *o;

	if (config->kernel_hz == 0)
		return NULL;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->vb = bus->vb;
	o->bus = bus;
	o->config = *config;
	o->shift = (struct shift){
		.vb = bus->vb,
		.chip = chip,
		.name = config->name,
		.size_field = "DEVSIZE",
		.kernel_hz = config->kernel_hz,
		.fifo_bytes = config->variant == STM32_XSPI ? 64 : 32,
		.reaches_chip = reaches_chip,
		.context = o,
	};
	decode(o);
	const struct bus_device registers = {
		.name = config->name,
		.base = config->base,
		.size = 0x400,
		.context = o,
		.read = on_read,
		.write = on_write,
		.reset = ctl_stm32_octospi_reset,
	};
	const struct bus_device mapped = {
		.name = "mapped flash",
		.base = config->mapped_base,
		.size = CTL_OCTOSPI_MAPPED_BYTES,
		.context = o,
		.read = on_mapped_read,
		.write = on_mapped_write,
		.code = on_mapped_code,
	};
	if (bus_add_device(bus, &registers) || bus_add_device(bus, &mapped)) {
		free(o);
		return NULL;
	}
	return o;
}

void ctl_stm32_octospi_free(struct ctl_stm32_octospi *o)
{
	free(o);
}

void ctl_stm32_octospi_set_idle(struct ctl_stm32_octospi *o, void (*idle)(void *context, uint64_t until_ps),
		void *context)
{
	o->shift.idle = idle;
	o->shift.idle_context = context;
}
