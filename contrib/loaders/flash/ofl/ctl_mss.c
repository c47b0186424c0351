// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * MSS SPI of Microsemi (Microchip) SmartFusion2, one of its slave select outputs.
 * [UG] UG0331 SmartFusion2 Microcontroller Subsystem User Guide, chapter 13 (Serial Peripheral Interface Controller) of
 * the vendor's online edition.
 */

#include "ctl.h"

#define CONTROL		0x00
#define TXRXDF_SIZE	0x04
#define STATUS		0x08
#define INT_CLEAR	0x0c
#define RX_DATA		0x10
#define TX_DATA		0x14
#define SLAVE_SELECT	0x1c
#define CONTROL2	0x28
#define COMMAND		0x2c

/* [UG 13.4.3.1] */
#define CONTROL_ENABLE	0x00000001
#define CONTROL_MASTER	0x00000002
#define CONTROL_COUNT	8		/* TXRXDFCOUNT, 16 bits */
#define CONTROL_SPS	0x04000000
#define CONTROL_CLKMODE	0x10000000
#define CONTROL_BIGFIFO	0x20000000
/* Motorola protocol in mode 0 with 8 frame bits and FIFOs of 32 frames; no interrupts, RESET = 0 */
#define CONTROL_OURS	(CONTROL_MASTER | CONTROL_SPS | CONTROL_BIGFIFO)

#define FRAME_BITS	8

/* [UG 13.4.3.3] */
#define STATUS_RXFIFOEMP	0x00000040
#define STATUS_ACTIVE		0x00004000

#define INT_ALL		0x3f		/* [UG 13.4.3.4] */
#define COMMAND_FLUSH	0x0c		/* TXFIFORST, RXFIFORST [UG 13.4.3.12] */

#define FIFO_FRAMES	32
#define MAX_FRAMES	0xffff
/*
 * A read is a chain of commands of up to so many data bytes, because the count that is written before a command holds
 * the select [UG 13.2.2.3.5]: who stops early has to send the rest of it.
 */
#define BURST_BYTES	1024

#define TO_SEND		OFL_CTL_SAVE	/* frames of the count that are not in the transmit FIFO yet */
#define IN_FLIGHT	(OFL_CTL_SAVE + 1)	/* those of which the answer has not been read */
#define IS_SAVED	(OFL_CTL_SAVE + 2)
#define SAVED_CONTROL	(OFL_CTL_SAVE + 3)
#define SAVED_SIZE	(OFL_CTL_SAVE + 4)
#define SAVED_SELECT	(OFL_CTL_SAVE + 5)
#define SAVED_CONTROL2	(OFL_CTL_SAVE + 6)
#define READ_COMMAND	(OFL_CTL_SAVE + 7)
#define READ_LEFT	(OFL_CTL_SAVE + 8)	/* bytes for the next commands of the chain */
#define READ_ADDRESS	(OFL_CTL_SAVE + 9)	/* of the next one */

/*
 * Inline, because a transfer that fails in begin() is the deepest that the stub comes to, and ctl_fini() comes on top.
 */
#define INLINE	static inline __attribute__((always_inline))

/* Waits until none of the bits is set, or the deadline; returns the last STATUS. */
INLINE uint32_t wait_clear(struct ofl_params *p, uint32_t mask)
{
	uint32_t left = p->ctl_max_wait;
	uint32_t status;
	do {
		status = load32(p->ctl[OFL_CTL_BASE] + STATUS);
	} while ((status & mask) && --left);
	return status;
}

/* In a command. What does not move any more must not be sent to its end by ctl_fini(). */
static void need_clear(struct ofl_params *p, uint32_t mask)
{
	uint32_t status = wait_clear(p, mask);
	if (status & mask) {
		p->ctl[TO_SEND] = 0;
		p->ctl[IN_FLIGHT] = 0;
		ofl_fail_value(p, OFL_STATUS_CTL_TIMEOUT, status);
	}
}

static void send(struct ofl_params *p, uint32_t frame)
{
	store32(p->ctl[OFL_CTL_BASE] + TX_DATA, frame);
}

INLINE uint32_t receive(struct ofl_params *p)
{
	need_clear(p, STATUS_RXFIFOEMP);
	return load32(p->ctl[OFL_CTL_BASE] + RX_DATA);
}

/* Disabled, which also sets the frame counter back [UG 13.4.3.12]. */
static uint32_t disable(struct ofl_params *p)
{
	uint32_t control = (p->ctl[SAVED_CONTROL] & CONTROL_CLKMODE) | CONTROL_OURS;
	wait_clear(p, STATUS_ACTIVE);
	store32(p->ctl[OFL_CTL_BASE] + CONTROL, control);
	return control;
}

/* The next command of a chain; a write, or what has no address, is one command. */
static void begin(struct ofl_params *p)
{
	uint32_t command = p->ctl[READ_COMMAND];
	uint32_t address_bytes = (command >> 8) & 0xf;
	uint32_t header = 1 + address_bytes + ((command >> 12) & 0xf);
	uint32_t length = p->ctl[READ_LEFT];
	if (length > BURST_BYTES && address_bytes && !(command & OFL_COMMAND_DATA_OUT))
		length = BURST_BYTES;
	if (header + length > MAX_FRAMES)
		ofl_fail_value(p, OFL_STATUS_BAD_OP, command);

	/* With SPS, the select is active from the first frame until as many as TXRXDFCOUNT have been sent. */
	uint32_t control = disable(p) | (header + length) << CONTROL_COUNT;
	uint32_t base = p->ctl[OFL_CTL_BASE];
	store32(base + CONTROL, control);
	store32(base + CONTROL, control | CONTROL_ENABLE);

	/* Address: moved up so that its first byte is on top; the zeros behind it are the dummies. */
	uint32_t address = p->ctl[READ_ADDRESS] << (32 - 8 * address_bytes);
	p->ctl[READ_LEFT] -= length;
	p->ctl[READ_ADDRESS] += length;
	send(p, command & 0xff);
	for (;;) {
		receive(p);
		if (!--header)
			break;
		send(p, address >> 24);
		address <<= 8;
	}
	p->ctl[TO_SEND] = length;
}

/* Its callers are as many as the stub has operations. */
__attribute__((noinline)) void ctl_begin(struct ofl_params *p, uint32_t command, uint32_t length)
{
	p->ctl[READ_COMMAND] = command;
	p->ctl[READ_LEFT] = length;
	p->ctl[READ_ADDRESS] = p->address;
	begin(p);
}

/* Keeps the transmit FIFO filled. No more frames are under way than the receive FIFO takes. */
static uint32_t get(struct ofl_params *p)
{
	while (p->ctl[TO_SEND] && p->ctl[IN_FLIGHT] != FIFO_FRAMES) {
		send(p, 0xff);
		p->ctl[TO_SEND]--;
		p->ctl[IN_FLIGHT]++;
	}
	uint32_t frame = receive(p);
	p->ctl[IN_FLIGHT]--;
	return frame;
}

void ctl_write(struct ofl_params *p, const uint8_t *data, uint32_t length)
{
	for (const uint8_t *end = data + length; data != end; data++) {
		if (p->ctl[IN_FLIGHT] == FIFO_FRAMES) {
			receive(p);
			p->ctl[IN_FLIGHT]--;
		}
		send(p, *data);
		p->ctl[TO_SEND]--;
		p->ctl[IN_FLIGHT]++;
	}
}

uint32_t ctl_get(struct ofl_params *p)
{
	if (!(p->ctl[TO_SEND] | p->ctl[IN_FLIGHT]))
		begin(p);
	return get(p);
}

/*
 * To the end of the count: nothing else is said to release the select. Of a read that was stopped in the middle, and of
 * a write too: FFh programs nothing.
 */
static void finish(struct ofl_params *p)
{
	while (p->ctl[TO_SEND] | p->ctl[IN_FLIGHT])
		get(p);
}

void ctl_end(struct ofl_params *p)
{
	finish(p);
	need_clear(p, STATUS_ACTIVE);
}

/* SPICLK (CLK_GEN and CLKMODE) is the application's. */
void ctl_init(struct ofl_params *p)
{
	uint32_t base = p->ctl[OFL_CTL_BASE];
	p->ctl[SAVED_CONTROL] = load32(base + CONTROL);
	p->ctl[SAVED_SIZE] = load32(base + TXRXDF_SIZE);
	p->ctl[SAVED_SELECT] = load32(base + SLAVE_SELECT);
	p->ctl[SAVED_CONTROL2] = load32(base + CONTROL2);
	p->ctl[IS_SAVED] = 1;
	disable(p);
	/* Ignored while enabled [UG 13.4.3.2]. */
	store32(base + TXRXDF_SIZE, FRAME_BITS);
	/* DISFRMCNT = 0: frames are counted [UG 13.4.3.11]. */
	store32(base + CONTROL2, 0);
	store32(base + COMMAND, COMMAND_FLUSH);
	store32(base + SLAVE_SELECT, p->ctl[OFL_CTL_SS]);
}

void ctl_fini(struct ofl_params *p)
{
	uint32_t base = p->ctl[OFL_CTL_BASE];
	/* Nothing was changed yet, or all is back already. */
	if (!p->ctl[IS_SAVED])
		return;
	/* A command whose address was not out yet is none of these: it must not become one with another address. */
	finish(p);
	disable(p);
	store32(base + COMMAND, COMMAND_FLUSH);
	store32(base + TXRXDF_SIZE, p->ctl[SAVED_SIZE]);
	store32(base + SLAVE_SELECT, p->ctl[SAVED_SELECT]);
	store32(base + CONTROL2, p->ctl[SAVED_CONTROL2]);
	/* What our frames have raised must not interrupt the application. */
	store32(base + INT_CLEAR, INT_ALL);
	store32(base + CONTROL, p->ctl[SAVED_CONTROL]);
	p->ctl[IS_SAVED] = 0;
}
