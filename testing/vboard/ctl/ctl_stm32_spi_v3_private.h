/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Inside of the model of the STM32 SPI, versions 2 and 3.
 *   ctl_stm32_spi_v3.c        registers, as masters of the bus see them
 *   ctl_stm32_spi_v3_shift.c  frames on the wire: when which one goes to or comes from the chip
 */

#ifndef OFL_VBOARD_CTL_STM32_SPI_V3_PRIVATE_H
#define OFL_VBOARD_CTL_STM32_SPI_V3_PRIVATE_H

#include "ctl_stm32_spi_v3.h"

#define CR1_SPE		(1u << 0)
#define CR1_MASRX	(1u << 8)
#define CR1_CSTART	(1u << 9)
#define CR1_CSUSP	(1u << 10)
#define CR1_HDDIR	(1u << 11)
#define CR1_SSI		(1u << 12)
#define CR1_IOLOCK	(1u << 16)
#define CR1_MASK	0x0001ff01u

#define CR2_TSIZE	0x0000ffffu

#define CFG1_DSIZE	0x1fu
#define CFG1_FTHLV_SHIFT	5
#define CFG1_FTHLV	(15u << CFG1_FTHLV_SHIFT)
#define CFG1_CRCEN	(1u << 22)
#define CFG1_MBR_SHIFT	28
#define CFG1_BPASS	(1u << 31)
#define CFG1_MASK_V2	0x705fdfffu	/* UDRCFG and UDRDET are 12:9 there */
#define CFG1_MASK_V3	0xf05fc3ffu
#define CFG1_RESET	0x00070007u

#define CFG2_MIDI_SHIFT	4
#define CFG2_RDIOM	(1u << 13)
#define CFG2_IOSWP	(1u << 15)
#define CFG2_COMM_SHIFT	17
#define CFG2_SP		(7u << 19)
#define CFG2_MASTER	(1u << 22)
#define CFG2_LSBFRST	(1u << 23)
#define CFG2_CPHA	(1u << 24)
#define CFG2_CPOL	(1u << 25)
#define CFG2_SSM	(1u << 26)
#define CFG2_SSIOP	(1u << 28)
#define CFG2_SSOE	(1u << 29)
#define CFG2_AFCNTR	(1u << 31)
#define CFG2_MASK_V2	0xf7fe80ffu
#define CFG2_MASK_V3	0xf7fee0ffu

enum spi3_comm {
	COMM_FULL_DUPLEX,
	COMM_TRANSMIT,
	COMM_RECEIVE,
	COMM_HALF_DUPLEX,
};

#define SR_RXP		(1u << 0)
#define SR_TXP		(1u << 1)
#define SR_DXP		(1u << 2)
#define SR_EOT		(1u << 3)
#define SR_TXTF		(1u << 4)
#define SR_OVR		(1u << 6)
#define SR_MODF		(1u << 9)
#define SR_SUSP		(1u << 11)
#define SR_TXC		(1u << 12)
#define SR_RXPLVL_SHIFT	13
#define SR_RXWNE	(1u << 15)
#define SR_CTSIZE_SHIFT	16

#define IER_TXPIE	(1u << 1)
#define IER_DXPIE	(1u << 2)
#define IER_MASK_V2	0x7ffu
#define IER_MASK_V3	0x3ffu

/* Bit 10 is TSERFC, which only version 2 has */
#define IFCR_MASK_V2	0xff8u
#define IFCR_MASK_V3	0xbf8u

#define I2SCFGR_I2SMOD	(1u << 0)
#define I2SCFGR_MASK	0x03ff7fbfu

struct spi3_fifo {
	uint8_t byte[STM32_SPI_V3_MAX_FIFO_BYTES];
	unsigned int level;
};

enum spi3_shift_state {
	SHIFT_IDLE,
	SHIFT_STARTING,		/* a frame begins at start_ps */
	SHIFT_RUNNING,		/* until end_ps */
};

struct ctl_stm32_spi_v3 {
	struct vb *vb;
	struct ctl_stm32_spi_v3_config config;
	struct ctl_wires *wires;

	uint32_t cr1, cr2, cfg1, cfg2, ier, crcpoly, udrdr, i2scfgr;
	uint32_t flags;			/* EOT, TXTF, OVR, MODF, SUSP: those that stay until they are cleared */
	struct spi3_fifo tx, rx;

	bool auto_suspended;		/* by MASRX, until SUSPC */
	bool suspend_requested;		/* CSUSP, until the end of the frame */
	bool needs_restart;		/* a transfer ended: SPE has to be cleared before the next one */
	uint32_t frames_written, frames_done;	/* of the transfer */

	enum spi3_shift_state shift_state;
	uint64_t start_ps, end_ps;
	uint32_t shift_rx;

	bool unclocked_reported, format_reported;
};

static inline bool spi3_is_enabled(const struct ctl_stm32_spi_v3 *spi)
{
	return spi->cr1 & CR1_SPE;
}

static inline unsigned int spi3_frame_bits(const struct ctl_stm32_spi_v3 *spi)
{
	return (spi->cfg1 & CFG1_DSIZE) + 1;
}

/* Room that a frame takes in a FIFO: section "Data packing". */
static inline unsigned int spi3_frame_bytes(const struct ctl_stm32_spi_v3 *spi)
{
	unsigned int bits = spi3_frame_bits(spi);

	if (bits <= 8)
		return 1;
	return bits <= 16 ? 2 : 4;
}

static inline unsigned int spi3_packet_frames(const struct ctl_stm32_spi_v3 *spi)
{
	return ((spi->cfg1 & CFG1_FTHLV) >> CFG1_FTHLV_SHIFT) + 1;
}

static inline unsigned int spi3_packet_bytes(const struct ctl_stm32_spi_v3 *spi)
{
	return spi3_packet_frames(spi) * spi3_frame_bytes(spi);
}

static inline enum spi3_comm spi3_comm(const struct ctl_stm32_spi_v3 *spi)
{
	return spi->cfg2 >> CFG2_COMM_SHIFT & 3;
}

static inline bool spi3_transmits(const struct ctl_stm32_spi_v3 *spi)
{
	enum spi3_comm comm = spi3_comm(spi);

	return comm == COMM_HALF_DUPLEX ? spi->cr1 & CR1_HDDIR : comm != COMM_RECEIVE;
}

static inline bool spi3_receives(const struct ctl_stm32_spi_v3 *spi)
{
	enum spi3_comm comm = spi3_comm(spi);

	return comm == COMM_HALF_DUPLEX ? !(spi->cr1 & CR1_HDDIR) : comm != COMM_TRANSMIT;
}

static inline uint32_t spi3_tsize(const struct ctl_stm32_spi_v3 *spi)
{
	return spi->cr2 & CR2_TSIZE;
}

/* 0 while the clock that RCC selects is off. */
static inline uint32_t spi3_kernel_hz(const struct ctl_stm32_spi_v3 *spi)
{
	return spi->config.kernel_hz(spi->config.kernel_context);
}

void spi3_fifo_push(struct spi3_fifo *fifo, uint32_t value, unsigned int num_bytes);
uint32_t spi3_fifo_pop(struct spi3_fifo *fifo, unsigned int num_bytes);
/* Brings the shift register up to the present. */
void spi3_advance(struct ctl_stm32_spi_v3 *spi);
/* The same for struct ctl_wires: true in the middle of a frame. */
bool spi3_sync(void *context);
/* Lets the next frame begin at `at_ps` when there is one. */
void spi3_schedule(struct ctl_stm32_spi_v3 *spi, uint64_t at_ps);
void spi3_accept_suspend(struct ctl_stm32_spi_v3 *spi);
/* A master that has its pins holds SCK at CPOL between frames; the flash sees the edge when that is a change. */
void spi3_drive_idle_clock(struct ctl_stm32_spi_v3 *spi);

#endif /* OFL_VBOARD_CTL_STM32_SPI_V3_PRIVATE_H */
