// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32 SPI versions 2 and 3 as a bus master. Rules: RM0433 (STM32H742..H753) sections 50.4 and 50.5 for the
 * procedures, by the titles of their subsections; for the registers the descriptions of RM0492 (STM32H503), section
 * "SPI registers", as ST's SVD file of the part repeats them. Offsets and bit positions were compared with ST's CMSIS
 * headers (cmsis_device_h5 9a778e0, stm32h503xx.h).
 *
 * Slave mode, I2S, CRC, TI mode, the RDY signal and version 2's TSER only store their bits; a transfer with them is a
 * violation. DMA requests and interrupts lead nowhere.
 */

#include "ctl_stm32_spi_v3_private.h"

#include <stdlib.h>

enum {
	SPI_CR1 = 0x00,
	SPI_CR2 = 0x04,
	SPI_CFG1 = 0x08,
	SPI_CFG2 = 0x0c,
	SPI_IER = 0x10,
	SPI_SR = 0x14,
	SPI_IFCR = 0x18,
	SPI_TXDR = 0x20,
	SPI_RXDR = 0x30,
	SPI_CRCPOLY = 0x40,
	SPI_TXCRC = 0x44,
	SPI_RXCRC = 0x48,
	SPI_UDRDR = 0x4c,
	SPI_I2SCFGR = 0x50,
};

static bool is_selected(const struct ctl_stm32_spi_v3 *spi)
{
	const struct ctl_levels *levels = ctl_wires_get(spi->wires);

	for (unsigned int i = 0; i < CTL_MAX_CHIPS; i++) {
		if (!levels->cs[i])
			return true;
	}
	return false;
}

/*
 * Section "Mode fault (MODF)": with SSM the level of SSI is what the master takes for its SS input. Judged in every
 * state, also with SPE = 0, so that a program that sets SSI before MASTER is always safe.
 */
static void check_mode_fault(struct ctl_stm32_spi_v3 *spi)
{
	bool active_high = spi->cfg2 & CFG2_SSIOP;
	bool level = spi->cr1 & CR1_SSI;

	if (!(spi->cfg2 & CFG2_MASTER) || !(spi->cfg2 & CFG2_SSM) || level != active_high)
		return;
	vb_violation(spi->vb, "%s: mode fault: master with SSM = 1 and SSI = %d", spi->config.name, level);
	/* "SPE bit is cleared", "MASTER bit is cleared" */
	spi->flags |= SR_MODF;
	spi->cr1 &= ~(CR1_SPE | CR1_CSTART | CR1_IOLOCK);
	spi->cfg2 &= ~CFG2_MASTER;
	spi->shift_state = SHIFT_IDLE;
}

/* CFG2.AFCNTR: without it the peripheral lets go of its pins while SPE = 0. */
static void check_pins_kept(struct ctl_stm32_spi_v3 *spi, const char *when)
{
	if (spi->cfg2 & CFG2_MASTER && !(spi->cfg2 & CFG2_AFCNTR) && is_selected(spi))
		vb_violation(spi->vb, "%s: SPE %s with AFCNTR = 0 while the flash is selected: SCK and MOSI are not driven",
			spi->config.name, when);
}

static void enable(struct ctl_stm32_spi_v3 *spi)
{
	const char *name = spi->config.name;

	/* SR.EOT, OVR: "cleared when SPI is re-enabled" */
	spi->flags &= ~(SR_EOT | SR_OVR);
	spi->needs_restart = false;
	spi->format_reported = false;
	spi->frames_written = 0;
	spi->frames_done = 0;
	check_pins_kept(spi, "set");
	if ((spi->cfg1 & CFG1_DSIZE) < 3)
		vb_violation(spi->vb, "%s: SPE set with DSIZE = %u, which is not used", name,
			(unsigned int)(spi->cfg1 & CFG1_DSIZE));
	/* CFG1.FTHLV: "Size of the packet should not exceed 1/2 of FIFO space" */
	if (spi3_packet_bytes(spi) > spi->config.fifo_bytes / 2)
		vb_violation(spi->vb, "%s: SPE set with a packet of %u bytes, more than half of the FIFO", name,
			spi3_packet_bytes(spi));
	if (spi->cfg2 & CFG2_MASTER && !(spi->cfg2 & (CFG2_SSM | CFG2_SSOE)))
		vb_violation(spi->vb, "%s: master with SSM = 0 and SSOE = 0 depends on an SS input that is not wired", name);
}

/* Section "Procedure for disabling the SPI". */
static void check_may_disable(struct ctl_stm32_spi_v3 *spi)
{
	const char *name = spi->config.name;

	if (spi->shift_state == SHIFT_RUNNING)
		vb_violation(spi->vb, "%s: SPE cleared in the middle of a frame", name);
	else if (spi->cr1 & CR1_CSTART && !spi3_tsize(spi) && !spi3_transmits(spi))
		vb_violation(spi->vb, "%s: SPE cleared during reception, which has to be suspended first", name);
	else if (spi->tx.level)
		vb_violation(spi->vb, "%s: SPE cleared while %u bytes wait to be sent", name, spi->tx.level);
	else if (spi->cr1 & CR1_CSTART && spi3_tsize(spi))
		vb_violation(spi->vb, "%s: SPE cleared after %u of %u frames (TSIZE)", name,
			(unsigned int)spi->frames_done, (unsigned int)spi3_tsize(spi));
	/* SR.SUSP: "This bit has to be cleared prior SPI is disabled" */
	if (spi->flags & SR_SUSP)
		vb_violation(spi->vb, "%s: SPE cleared while SUSP is set", name);
	if (spi->flags & SR_OVR)
		vb_violation(spi->vb, "%s: SPE cleared while OVR is set: data was lost, and nobody noticed", name);
	if (spi->rx.level)
		vb_violation(spi->vb, "%s: SPE cleared while %u received bytes have not been read", name, spi->rx.level);
}

/* CR1.SPE: "any SPI operation is stopped and disabled, ... all the FIFOs content is flushed". */
static void disable(struct ctl_stm32_spi_v3 *spi)
{
	check_may_disable(spi);
	check_pins_kept(spi, "cleared");
	spi->cr1 &= ~(CR1_SPE | CR1_CSTART | CR1_IOLOCK);
	spi->shift_state = SHIFT_IDLE;
	spi->tx.level = 0;
	spi->rx.level = 0;
	spi->auto_suspended = false;
	spi->suspend_requested = false;
}

static void start(struct ctl_stm32_spi_v3 *spi, bool was_enabled)
{
	const char *name = spi->config.name;

	/* CR1.CSTART: "can be set by software if SPI is enabled only" */
	if (!was_enabled || !spi3_is_enabled(spi)) {
		vb_violation(spi->vb, "%s: CSTART set while SPE is 0", name);
		return;
	}
	if (!(spi->cfg2 & CFG2_MASTER)) {
		vb_violation(spi->vb, "%s: CSTART set in slave mode", name);
		return;
	}
	/* SR.EOT, CR1.CSUSP: the SPI is to be disabled and re-enabled before the next transaction starts */
	if (spi->needs_restart)
		vb_violation(spi->vb, "%s: CSTART set without SPE having been cleared since the last transfer", name);
	if (!spi3_kernel_hz(spi))
		vb_violation(spi->vb, "%s: CSTART set while the kernel clock that RCC selects is off", name);
	if (!(spi->cr1 & CR1_CSTART) && spi->needs_restart) {
		spi->frames_written = 0;
		spi->frames_done = 0;
		spi->needs_restart = false;
	}
	spi->cr1 |= CR1_CSTART;
}

static void write_cr1(struct ctl_stm32_spi_v3 *spi, uint32_t value)
{
	bool was_enabled = spi3_is_enabled(spi);

	if (value & ~CR1_MASK)
		vb_violation(spi->vb, "%s: CR1 written with reserved bits %08x", spi->config.name,
			(unsigned int)(value & ~CR1_MASK));
	value &= CR1_MASK;
	if (was_enabled && !(value & CR1_SPE))
		disable(spi);
	/* CR1.IOLOCK: "can be set when SPI is disabled only", cleared with SPE; HDDIR is a matter of the frames to come */
	uint32_t kept = CR1_SPE | CR1_CSTART | (was_enabled ? CR1_IOLOCK : 0);
	if (was_enabled && (spi->cr1 ^ value) & value & CR1_IOLOCK)
		vb_violation(spi->vb, "%s: IOLOCK set while SPE is set", spi->config.name);
	spi->cr1 = (spi->cr1 & kept) | (value & ~(kept | CR1_CSUSP | CR1_SPE | CR1_CSTART));
	check_mode_fault(spi);

	if (!was_enabled && value & CR1_SPE) {
		if (spi->flags & SR_MODF) {
			vb_violation(spi->vb, "%s: SPE set while MODF is set", spi->config.name);
			return;
		}
		spi->cr1 |= CR1_SPE;
		enable(spi);
	}
	spi3_drive_idle_clock(spi);
	if (value & CR1_CSTART && !(spi->cr1 & CR1_CSTART))
		start(spi, was_enabled);
	if (value & CR1_CSUSP && spi->cr1 & CR1_CSTART) {
		if (spi->shift_state == SHIFT_RUNNING)
			spi->suspend_requested = true;
		else
			spi3_accept_suspend(spi);
		if (spi->shift_state == SHIFT_STARTING)
			spi->shift_state = SHIFT_IDLE;
	}
	spi3_schedule(spi, spi->vb->clock.now_ps);
}

static void write_cr2(struct ctl_stm32_spi_v3 *spi, uint32_t value)
{
	if (value & ~CR2_TSIZE)
		vb_violation(spi->vb, "%s: CR2 written with bits %08x, which are reserved or (TSER) not modelled",
			spi->config.name, (unsigned int)(value & ~CR2_TSIZE));
	/* CR2.TSIZE: "When these bits are changed by software, the SPI has to be disabled" */
	if (spi3_is_enabled(spi)) {
		vb_violation(spi->vb, "%s: CR2 written while SPE is set", spi->config.name);
		return;
	}
	spi->cr2 = value & CR2_TSIZE;
}

/* CR1.SPE: these registers "are write protected. They can be changed only when SPE = 0". */
static bool is_write_protected(struct ctl_stm32_spi_v3 *spi, const char *what)
{
	if (!spi3_is_enabled(spi))
		return false;
	vb_violation(spi->vb, "%s: %s written while SPE is set", spi->config.name, what);
	return true;
}

static void check_reserved(struct ctl_stm32_spi_v3 *spi, const char *what, uint32_t value, uint32_t mask)
{
	if (value & ~mask)
		vb_violation(spi->vb, "%s: %s written with reserved bits %08x", spi->config.name, what,
			(unsigned int)(value & ~mask));
}

static void write_cfg2(struct ctl_stm32_spi_v3 *spi, uint32_t value)
{
	uint32_t mask = spi->config.generation == STM32_SPI_V2 ? CFG2_MASK_V2 : CFG2_MASK_V3;

	check_reserved(spi, "CFG2", value, mask);
	if (is_write_protected(spi, "CFG2"))
		return;
	if (spi->cr1 & CR1_IOLOCK) {
		vb_violation(spi->vb, "%s: CFG2 written while IOLOCK is set", spi->config.name);
		return;
	}
	value &= mask;
	if (value & CFG2_AFCNTR && !(value & CFG2_MASTER))
		vb_violation(spi->vb, "%s: AFCNTR set in slave mode", spi->config.name);
	spi->cfg2 = value;
	check_mode_fault(spi);
	spi3_drive_idle_clock(spi);
}

static bool has_packet_room(const struct ctl_stm32_spi_v3 *spi)
{
	return spi->config.fifo_bytes - spi->tx.level >= spi3_packet_bytes(spi);
}

static uint32_t read_sr(const struct ctl_stm32_spi_v3 *spi)
{
	uint32_t sr = spi->flags;

	if (spi3_is_enabled(spi) && spi->rx.level >= spi3_packet_bytes(spi))
		sr |= SR_RXP;
	if (has_packet_room(spi))
		sr |= SR_TXP;
	if ((sr & (SR_RXP | SR_TXP)) == (SR_RXP | SR_TXP))
		sr |= SR_DXP;
	/* SR.TXC: "If TSIZE > 0 ... it just copies the EOT flag value" */
	if (spi3_tsize(spi) ? spi->flags & SR_EOT : spi->tx.level == 0 && spi->shift_state == SHIFT_IDLE)
		sr |= SR_TXC;
	if (spi->rx.level >= 4)
		sr |= SR_RXWNE;
	if (spi3_frame_bytes(spi) < 4)
		sr |= spi->rx.level % 4 / spi3_frame_bytes(spi) << SR_RXPLVL_SHIFT;
	if (spi3_tsize(spi) > spi->frames_done)
		sr |= (spi3_tsize(spi) - spi->frames_done) << SR_CTSIZE_SHIFT;
	return sr;
}

static void write_ifcr(struct ctl_stm32_spi_v3 *spi, uint32_t value)
{
	uint32_t mask = spi->config.generation == STM32_SPI_V2 ? IFCR_MASK_V2 : IFCR_MASK_V3;

	check_reserved(spi, "IFCR", value, mask);
	spi->flags &= ~(value & mask);
	if (value & SR_SUSP && spi->auto_suspended) {
		/* CR1.MASRX: "After software clearing of the SUSP bit, the communication resumes" */
		spi->auto_suspended = false;
		spi3_schedule(spi, spi->vb->clock.now_ps);
	}
}

static void write_txdr(struct ctl_stm32_spi_v3 *spi, uint32_t offset, uint32_t value, unsigned int size)
{
	const char *name = spi->config.name;
	unsigned int unit = spi3_frame_bytes(spi);

	if (offset != SPI_TXDR) {
		vb_violation(spi->vb, "%s: write to TXDR at offset %02xh", name, (unsigned int)offset);
		return;
	}
	/* TXDR: "Write access of this register less than the configured data size is forbidden" */
	if (size < unit) {
		vb_violation(spi->vb, "%s: %u-bit write to TXDR with frames of %u bits", name, 8 * size, spi3_frame_bits(spi));
		return;
	}
	/* SPE = 0 keeps the FIFOs flushed */
	if (!spi3_is_enabled(spi)) {
		vb_violation(spi->vb, "%s: TXDR written while SPE is 0", name);
		return;
	}
	if (!spi3_transmits(spi)) {
		vb_violation(spi->vb, "%s: TXDR written in a mode that only receives", name);
		return;
	}
	/* SR.TXP: "It has to be checked once a complete data packet is stored" */
	if (spi->frames_written % spi3_packet_frames(spi) == 0 && !has_packet_room(spi)) {
		vb_violation(spi->vb, "%s: TXDR written while TXP is 0", name);
		return;
	}
	for (unsigned int i = 0; i < size; i += unit) {
		if (spi3_tsize(spi) && spi->frames_written >= spi3_tsize(spi)) {
			vb_violation(spi->vb, "%s: TXDR written beyond the %u frames of TSIZE", name,
				(unsigned int)spi3_tsize(spi));
			break;
		}
		if (spi->tx.level + unit > spi->config.fifo_bytes) {
			vb_violation(spi->vb, "%s: TXDR written while the FIFO has no room", name);
			break;
		}
		spi3_fifo_push(&spi->tx, value >> (8 * i), unit);
		spi->frames_written++;
	}
	if (spi3_tsize(spi) && spi->frames_written == spi3_tsize(spi)) {
		/* SR.TXTF: "TXTF setting clears the TXPIE and DXPIE masks" */
		spi->flags |= SR_TXTF;
		spi->ier &= ~(IER_TXPIE | IER_DXPIE);
	}
	spi3_schedule(spi, spi->vb->clock.now_ps);
}

static uint32_t read_rxdr(struct ctl_stm32_spi_v3 *spi, uint32_t offset, unsigned int size)
{
	const char *name = spi->config.name;

	if (offset != SPI_RXDR) {
		vb_violation(spi->vb, "%s: read of RXDR at offset %02xh", name, (unsigned int)offset);
		return 0;
	}
	/* RXDR: "Read access of this register less than the configured data size is forbidden" */
	if (size < spi3_frame_bytes(spi)) {
		vb_violation(spi->vb, "%s: %u-bit read of RXDR with frames of %u bits", name, 8 * size, spi3_frame_bits(spi));
		return 0;
	}
	if (size > spi->rx.level) {
		vb_violation(spi->vb, "%s: %u-bit read of RXDR while the FIFO has %u bytes", name, 8 * size,
			spi->rx.level);
		size = spi->rx.level;
	}
	return spi3_fifo_pop(&spi->rx, size);
}

static bool is_clocked(struct ctl_stm32_spi_v3 *spi, bool write, uint32_t offset)
{
	if (ctl_gate_is_open(&spi->config.gate)) {
		spi->unclocked_reported = false;
		return true;
	}
	/* A polling loop would fill the list */
	if (!spi->unclocked_reported)
		vb_violation(spi->vb, "%s: %s at offset %02xh while its clock is off in RCC", spi->config.name,
			write ? "write" : "read", (unsigned int)offset);
	spi->unclocked_reported = true;
	return false;
}

static uint32_t lane_mask(unsigned int size)
{
	return size == 4 ? 0xffffffff : (1u << (8 * size)) - 1;
}

static uint32_t *stored_register(struct ctl_stm32_spi_v3 *spi, uint32_t offset)
{
	switch (offset & ~3u) {
	case SPI_CR1:
		return &spi->cr1;
	case SPI_CR2:
		return &spi->cr2;
	case SPI_CFG1:
		return &spi->cfg1;
	case SPI_CFG2:
		return &spi->cfg2;
	case SPI_IER:
		return &spi->ier;
	case SPI_CRCPOLY:
		return &spi->crcpoly;
	case SPI_UDRDR:
		return &spi->udrdr;
	case SPI_I2SCFGR:
		return &spi->i2scfgr;
	default:
		return NULL;
	}
}

static int spi_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct ctl_stm32_spi_v3 *spi = context;
	const uint32_t *stored = stored_register(spi, offset);
	uint32_t word = 0;

	*value = 0;
	if (!is_clocked(spi, false, offset))
		return 0;
	spi3_advance(spi);

	if (stored) {
		word = *stored;
	} else {
		switch (offset & ~3u) {
		case SPI_SR:
			if (master == BUS_CPU)
				ctl_wires_note_poll(spi->wires);
			word = read_sr(spi);
			break;
		case SPI_RXDR:
			*value = read_rxdr(spi, offset, size);
			return 0;
		case SPI_IFCR:		/* write-only, reads 0 */
		case SPI_TXDR:
		case SPI_TXCRC:
		case SPI_RXCRC:
			break;
		default:
			vb_violation(spi->vb, "%s: read of reserved offset %02xh", spi->config.name,
				(unsigned int)offset);
			break;
		}
	}
	*value = word >> (8 * (offset & 3)) & lane_mask(size);
	return 0;
}

static void write_word(struct ctl_stm32_spi_v3 *spi, uint32_t offset, uint32_t value)
{
	bool v2 = spi->config.generation == STM32_SPI_V2;

	switch (offset) {
	case SPI_CR1:
		write_cr1(spi, value);
		break;
	case SPI_CR2:
		write_cr2(spi, value);
		break;
	case SPI_CFG1:
		check_reserved(spi, "CFG1", value, v2 ? CFG1_MASK_V2 : CFG1_MASK_V3);
		if (!is_write_protected(spi, "CFG1"))
			spi->cfg1 = value & (v2 ? CFG1_MASK_V2 : CFG1_MASK_V3);
		break;
	case SPI_CFG2:
		write_cfg2(spi, value);
		break;
	case SPI_IER:
		check_reserved(spi, "IER", value, v2 ? IER_MASK_V2 : IER_MASK_V3);
		spi->ier = value & (v2 ? IER_MASK_V2 : IER_MASK_V3);
		break;
	case SPI_IFCR:
		write_ifcr(spi, value);
		break;
	case SPI_CRCPOLY:
		if (!is_write_protected(spi, "CRCPOLY"))
			spi->crcpoly = value;
		break;
	case SPI_UDRDR:
		if (!is_write_protected(spi, "UDRDR"))
			spi->udrdr = value;
		break;
	case SPI_I2SCFGR:
		check_reserved(spi, "I2SCFGR", value, I2SCFGR_MASK);
		if (!is_write_protected(spi, "I2SCFGR"))
			spi->i2scfgr = value & I2SCFGR_MASK;
		break;
	case SPI_SR:
	case SPI_RXDR:
	case SPI_TXCRC:
	case SPI_RXCRC:
		vb_violation(spi->vb, "%s: write to read-only offset %02xh", spi->config.name, (unsigned int)offset);
		break;
	default:
		vb_violation(spi->vb, "%s: write to reserved offset %02xh", spi->config.name, (unsigned int)offset);
		break;
	}
}

static int spi_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_stm32_spi_v3 *spi = context;
	const uint32_t *stored = stored_register(spi, offset);
	uint32_t mask = lane_mask(size) << (8 * (offset & 3));
	(void)master;

	if (!is_clocked(spi, true, offset))
		return 0;
	spi3_advance(spi);
	if ((offset & ~3u) == SPI_TXDR) {
		write_txdr(spi, offset, value, size);
		return 0;
	}
	value = value << (8 * (offset & 3)) & mask;
	/* The bytes that a narrow access leaves alone. CR1.CSTART is "read, set": its own 1 starts nothing */
	if (stored)
		value |= *stored & ~mask;
	write_word(spi, offset & ~3u, value);
	return 0;
}

void ctl_stm32_spi_v3_reset(void *context)
{
	struct ctl_stm32_spi_v3 *spi = context;

	/* What was shifted before the reset did reach the flash */
	spi3_advance(spi);
	spi->cr1 = 0;
	spi->cr2 = 0;
	spi->cfg1 = CFG1_RESET;
	spi->cfg2 = 0;
	spi->ier = 0;
	spi->crcpoly = 0x107;
	spi->udrdr = 0;
	spi->i2scfgr = 0;
	spi->flags = 0;
	spi->tx.level = 0;
	spi->rx.level = 0;
	spi->auto_suspended = false;
	spi->suspend_requested = false;
	spi->needs_restart = false;
	spi->frames_written = 0;
	spi->frames_done = 0;
	spi->shift_state = SHIFT_IDLE;
	spi->format_reported = false;
}

struct ctl_stm32_spi_v3 *ctl_stm32_spi_v3_new(struct bus *bus, const struct ctl_stm32_spi_v3_config *config,
		struct ctl_wires *wires)
{
	if (config->fifo_bytes > STM32_SPI_V3_MAX_FIFO_BYTES || !config->kernel_hz)
		return NULL;
	struct ctl_stm32_spi_v3 *spi = calloc(1, sizeof(*spi));
	if (!spi)
		return NULL;
	spi->vb = bus->vb;
	spi->config = *config;
	spi->wires = wires;
	const struct bus_device device = {
		.name = config->name,
		.base = config->base,
		.size = 0x400,
		.context = spi,
		.read = spi_read,
		.write = spi_write,
		.reset = ctl_stm32_spi_v3_reset,
	};
	if (bus_add_device(bus, &device)) {
		free(spi);
		return NULL;
	}
	ctl_stm32_spi_v3_reset(spi);
	ctl_wires_set_shifter(wires, spi3_sync, spi);
	return spi;
}

void ctl_stm32_spi_v3_free(struct ctl_stm32_spi_v3 *spi)
{
	free(spi);
}
