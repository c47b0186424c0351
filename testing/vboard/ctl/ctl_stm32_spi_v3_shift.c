// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The wire's side of the STM32 SPI, versions 2 and 3; see ctl_stm32_spi_v3.c for the documents. Frames are worked out
 * lazily, as in ctl_stm32_spi.c: every access first brings the shift register up to the time of the access, and the
 * flash gets a frame's bits at the time at which the frame began.
 */

#include "ctl_stm32_spi_v3_private.h"

#include <string.h>

void spi3_fifo_push(struct spi3_fifo *fifo, uint32_t value, unsigned int num_bytes)
{
	for (unsigned int i = 0; i < num_bytes; i++)
		fifo->byte[fifo->level++] = (uint8_t)(value >> (8 * i));
}

uint32_t spi3_fifo_pop(struct spi3_fifo *fifo, unsigned int num_bytes)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < num_bytes; i++)
		value |= (uint32_t)fifo->byte[i] << (8 * i);
	fifo->level -= num_bytes;
	memmove(fifo->byte, fifo->byte + num_bytes, fifo->level);
	return value;
}

static bool pin_reaches(const struct ctl_stm32_spi_v3 *spi, const struct ctl_gpio *port, unsigned int pin)
{
	return !port || ctl_gpio_alternate_function(port, pin) == spi->config.alternate_function;
}

/* CFG1: SCK is the kernel clock divided by 2 << MBR, or undivided with BPASS. */
static unsigned int log2_divider(const struct ctl_stm32_spi_v3 *spi)
{
	return spi->cfg1 & CFG1_BPASS ? 0 : (spi->cfg1 >> CFG1_MBR_SHIFT & 7) + 1;
}

static uint64_t sck_to_ps(const struct ctl_stm32_spi_v3 *spi, uint64_t clocks)
{
	uint32_t hz = spi3_kernel_hz(spi);

	return hz ? (clocks << log2_divider(spi)) * VB_PS_PER_S / hz : 0;
}

/* Says once per enable what about the frame format no flash understands. True: the bits reach the flash anyway. */
static bool format_check(struct ctl_stm32_spi_v3 *spi)
{
	const char *what = NULL;
	bool readable = false;
	bool cpol = spi->cfg2 & CFG2_CPOL, cpha = spi->cfg2 & CFG2_CPHA;

	if (spi->i2scfgr & I2SCFGR_I2SMOD)
		what = "I2S mode";
	else if (spi->cfg2 & CFG2_SP)
		what = "another serial protocol than Motorola's";
	else if (spi->cfg2 & CFG2_RDIOM)
		what = "the RDY signal";
	else if (spi->cfg2 & CFG2_IOSWP)
		what = "MISO and MOSI swapped";
	else if (spi3_comm(spi) == COMM_HALF_DUPLEX && spi3_receives(spi))
		what = "half-duplex reception, which listens to MOSI";
	else if (spi->cfg1 & CFG1_CRCEN)
		what = "hardware CRC";
	else if (cpol != cpha)
		what = "SPI mode 1 or 2";
	else if (spi3_frame_bits(spi) % 8)
		what = "a frame that is not made of bytes";
	else
		readable = true;
	if (readable && spi->cfg2 & CFG2_LSBFRST)
		what = "LSB first";
	if (what && !spi->format_reported) {
		vb_violation(spi->vb, "%s: transfer to the flash with %s (CFG1 %08x, CFG2 %08x)", spi->config.name, what,
			(unsigned int)spi->cfg1, (unsigned int)spi->cfg2);
		spi->format_reported = true;
	}
	return readable;
}

static uint8_t reverse_bits(uint8_t byte)
{
	uint8_t reversed = 0;

	for (unsigned int i = 0; i < 8; i++)
		reversed |= (byte >> i & 1) << (7 - i);
	return reversed;
}

static uint8_t shift_byte(struct ctl_stm32_spi_v3 *spi, uint8_t byte)
{
	const struct ctl_stm32_spi_v3_config *config = &spi->config;
	bool lsb_first = spi->cfg2 & CFG2_LSBFRST;

	/* Without SCK the chip sees nothing; the MISO input of a pin that is not connected to the SPI reads high */
	if (!pin_reaches(spi, config->sck_port, config->sck_pin))
		return 0xff;
	if (lsb_first)
		byte = reverse_bits(byte);
	if (!spi3_transmits(spi) || !pin_reaches(spi, config->mosi_port, config->mosi_pin))
		byte = ctl_wires_get(spi->wires)->mosi ? 0xff : 0;
	uint8_t in = ctl_wires_transfer(spi->wires, byte, spi3_kernel_hz(spi) >> log2_divider(spi), spi->start_ps);
	if (!pin_reaches(spi, config->miso_port, config->miso_pin))
		return 0xff;
	return lsb_first ? reverse_bits(in) : in;
}

static void frame_begin(struct ctl_stm32_spi_v3 *spi)
{
	unsigned int num_bytes = spi3_frame_bits(spi) / 8;
	uint32_t out = 0;

	if (spi3_transmits(spi))
		out = spi3_fifo_pop(&spi->tx, spi3_frame_bytes(spi));
	spi->shift_state = SHIFT_RUNNING;
	spi->end_ps = spi->start_ps + sck_to_ps(spi, spi3_frame_bits(spi));
	spi->shift_rx = spi3_frame_bits(spi) == 32 ? 0xffffffff : (1u << spi3_frame_bits(spi)) - 1;
	if (!format_check(spi))
		return;
	spi->shift_rx = 0;
	for (unsigned int i = 0; i < num_bytes; i++) {
		unsigned int shift = spi->cfg2 & CFG2_LSBFRST ? 8 * i : 8 * (num_bytes - 1 - i);
		spi->shift_rx |= (uint32_t)shift_byte(spi, (uint8_t)(out >> shift)) << shift;
	}
}

static bool is_receive_full(const struct ctl_stm32_spi_v3 *spi)
{
	return spi->rx.level + spi3_frame_bytes(spi) > spi->config.fifo_bytes;
}

static bool is_complete(const struct ctl_stm32_spi_v3 *spi)
{
	return spi3_tsize(spi) && spi->frames_done >= spi3_tsize(spi);
}

void spi3_schedule(struct ctl_stm32_spi_v3 *spi, uint64_t at_ps)
{
	if (spi->shift_state != SHIFT_IDLE || !(spi->cr1 & CR1_CSTART) || is_complete(spi) || spi->auto_suspended)
		return;
	/* CR1.MASRX: "automatic management in order to avoid overrun condition" */
	if (spi3_receives(spi) && spi->cr1 & CR1_MASRX && is_receive_full(spi)) {
		spi->auto_suspended = true;
		spi->flags |= SR_SUSP;
		return;
	}
	/* CR1.CSTART: "communication starts or continues only if any data is available in the transmission FIFO" */
	if (spi3_transmits(spi) && spi->tx.level < spi3_frame_bytes(spi))
		return;
	if (!spi3_kernel_hz(spi))
		return;
	spi->shift_state = SHIFT_STARTING;
	spi->start_ps = at_ps;
}

void spi3_accept_suspend(struct ctl_stm32_spi_v3 *spi)
{
	spi->suspend_requested = false;
	spi->cr1 &= ~CR1_CSTART;
	spi->flags |= SR_SUSP;
	spi->needs_restart = true;
}

static void frame_end(struct ctl_stm32_spi_v3 *spi)
{
	spi->shift_state = SHIFT_IDLE;
	spi->frames_done++;
	/*
	 * Section "SPI error flags": "The newly received value is discarded and all data transmitted subsequently is
	 * lost", until OVR is cleared.
	 */
	if (spi3_receives(spi)) {
		if (spi->flags & SR_OVR || is_receive_full(spi))
			spi->flags |= SR_OVR;
		else
			spi3_fifo_push(&spi->rx, spi->shift_rx, spi3_frame_bytes(spi));
	}
	if (is_complete(spi)) {
		spi->flags |= SR_EOT;
		spi->cr1 &= ~CR1_CSTART;
		spi->suspend_requested = false;
		spi->needs_restart = true;
	} else if (spi->suspend_requested) {
		spi3_accept_suspend(spi);
	}
	spi3_schedule(spi, spi->end_ps + sck_to_ps(spi, spi->cfg2 >> CFG2_MIDI_SHIFT & 15));
}

void spi3_advance(struct ctl_stm32_spi_v3 *spi)
{
	uint64_t now_ps = spi->vb->clock.now_ps;

	for (;;) {
		if (spi->shift_state == SHIFT_STARTING && spi->start_ps <= now_ps)
			frame_begin(spi);
		else if (spi->shift_state == SHIFT_RUNNING && spi->end_ps <= now_ps)
			frame_end(spi);
		else
			return;
	}
}

bool spi3_sync(void *context)
{
	struct ctl_stm32_spi_v3 *spi = context;

	spi3_advance(spi);
	return spi->shift_state != SHIFT_IDLE;
}

void spi3_drive_idle_clock(struct ctl_stm32_spi_v3 *spi)
{
	if (!(spi->cfg2 & CFG2_MASTER) || !(spi3_is_enabled(spi) || spi->cfg2 & CFG2_AFCNTR))
		return;
	if (!pin_reaches(spi, spi->config.sck_port, spi->config.sck_pin))
		return;
	struct ctl_levels levels = *ctl_wires_get(spi->wires);
	levels.sck = spi->cfg2 & CFG2_CPOL;
	ctl_wires_drive(spi->wires, &levels, false);
}
