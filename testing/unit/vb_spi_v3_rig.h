/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the tests of the STM32 SPI's versions 2 and 3 share: the controller on GPIOA, driven register by register. */

#ifndef OFL_TEST_VB_SPI_V3_RIG_H
#define OFL_TEST_VB_SPI_V3_RIG_H

#include "../vboard/ctl/ctl_stm32_spi_v3.h"

#include "vb_spi_rig.h"

#define BASE	0x40013000u
#define CR1	(BASE + 0x00)
#define CR2	(BASE + 0x04)
#define CFG1	(BASE + 0x08)
#define CFG2	(BASE + 0x0c)
#define IER	(BASE + 0x10)
#define SR	(BASE + 0x14)
#define IFCR	(BASE + 0x18)
#define TXDR	(BASE + 0x20)
#define RXDR	(BASE + 0x30)
#define UDRDR	(BASE + 0x4c)
#define I2SCFGR	(BASE + 0x50)
#define PORT	0x48000000u
#define RCC	0x40021000u

#define KERNEL_HZ	50000000u	/* 20 ns: all times below are whole picoseconds */
#define KERNEL_PS	20000u
/* 8 bits at the kernel clock / 2 */
#define FRAME_PS	(8u * 2u * KERNEL_PS)

#define SPE	0x0001u
#define MASRX	0x0100u
#define CSTART	0x0200u
#define CSUSP	0x0400u
#define HDDIR	0x0800u
#define SSI	0x1000u
#define IOLOCK	0x10000u

#define DSIZE(bits)	((uint32_t)(bits) - 1)
#define FTHLV(frames)	(((uint32_t)(frames) - 1) << 5)
#define CRCEN		0x00400000u
#define MBR(n)		((uint32_t)(n) << 28)
#define BPASS		0x80000000u
#define CFG1_8BIT	(0x00070000u | DSIZE(8))

#define MIDI(n)		((uint32_t)(n) << 4)
#define RDIOM		0x00002000u
#define IOSWP		0x00008000u
#define COMM_TRANSMIT	0x00020000u
#define COMM_RECEIVE	0x00040000u
#define COMM_HALF	0x00060000u
#define SP_TI		0x00080000u
#define MASTER		0x00400000u
#define LSBFRST		0x00800000u
#define CPHA		0x01000000u
#define CPOL		0x02000000u
#define SSM		0x04000000u
#define SSIOP		0x10000000u
#define SSOE		0x20000000u
#define AFCNTR		0x80000000u
#define CFG2_MASTER	(AFCNTR | SSM | MASTER)

#define RXP		0x0001u
#define TXP		0x0002u
#define DXP		0x0004u
#define EOT		0x0008u
#define TXTF		0x0010u
#define OVR		0x0040u
#define MODF		0x0200u
#define SUSP		0x0800u
#define TXC		0x1000u
#define RXPLVL(sr)	((sr) >> 13 & 3)
#define RXWNE		0x8000u
#define CTSIZE(sr)	((sr) >> 16)

struct spi_v3_rig {
	struct spi_rig rig;
	struct ctl_storage *rcc;
	struct ctl_gpio *port;
	struct ctl_stm32_spi_v3 *spi;
	uint32_t kernel_hz;
};

/* The chip is selected, the controller as after reset. */
int spi_v3_setup(void **state);
int spi_v2_setup(void **state);
int spi_v3_teardown(void **state);
uint32_t status(struct spi_rig *rig);
/* Up to the transfer's start. */
void begin(struct spi_rig *rig, uint32_t cfg1, uint32_t cfg2, uint32_t cr1, uint32_t tsize);
/* SPE off. */
void end(struct spi_rig *rig);

#endif /* OFL_TEST_VB_SPI_V3_RIG_H */
