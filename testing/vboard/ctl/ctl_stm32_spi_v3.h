/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * STM32 SPI versions 2 and 3 (H7; H5, U5, N6) as a bus master. See ctl_stm32_spi_v3.c for the documents and for what is
 * not modelled.
 */

#ifndef OFL_VBOARD_CTL_STM32_SPI_V3_H
#define OFL_VBOARD_CTL_STM32_SPI_V3_H

#include "ctl.h"

enum ctl_stm32_spi_generation {
	STM32_SPI_V2,	/* H7: CR2.TSER, no CFG1.BPASS, no RDY signal */
	STM32_SPI_V3,	/* H5, U5, N6 */
};

#define STM32_SPI_V3_MAX_FIFO_BYTES	16u

struct ctl_stm32_spi_v3_config {
	const char *name;
	uint32_t base;
	enum ctl_stm32_spi_generation generation;
	unsigned int fifo_bytes;	/* 16, or 8 in instances with the limited set of features */
	struct ctl_gate gate;		/* bus clock */
	/* Frequency of the kernel clock that RCC selects, 0 while it is off. The SCK generator runs from it. */
	uint32_t (*kernel_hz)(void *context);
	void *kernel_context;
	/* The pins must be in this alternate function, else the line does not move. NULL: not checked. */
	struct ctl_gpio *sck_port, *mosi_port, *miso_port;
	unsigned int sck_pin, mosi_pin, miso_pin;
	int alternate_function;
};

struct ctl_stm32_spi_v3;

struct ctl_stm32_spi_v3 *ctl_stm32_spi_v3_new(struct bus *bus, const struct ctl_stm32_spi_v3_config *config,
		struct ctl_wires *wires);
void ctl_stm32_spi_v3_free(struct ctl_stm32_spi_v3 *spi);
/* System reset, or a reset bit of RCC (`context` is the controller). */
void ctl_stm32_spi_v3_reset(void *context);

#endif /* OFL_VBOARD_CTL_STM32_SPI_V3_H */
