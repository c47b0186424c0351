/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * STM32 QUADSPI (F4/F7/H7/L4/G4), with one flash chip as FLASH 1. See ctl_stm32_quadspi.c for what is modelled and
 * judged.
 */

#ifndef OFL_VBOARD_CTL_STM32_QUADSPI_H
#define OFL_VBOARD_CTL_STM32_QUADSPI_H

#include "ctl.h"
#include "ctl_stm32_pins.h"

#define CTL_QUADSPI_MAPPED_BYTES	0x10000000u	/* 256 MiB, whatever FSIZE says */

struct ctl_stm32_quadspi_config {
	const char *name;
	uint32_t base;
	uint32_t mapped_base;
	uint32_t ahb_hz;
	unsigned int fifo_bytes;	/* 32 on F4/F7/H7, 16 on L4/G4 */
	struct ctl_gate gate;
	struct ctl_quadspi_wire pin[QUADSPI_NUM_PINS];
};

struct ctl_stm32_quadspi;

/* Adds itself to the bus twice: the registers, and the mapped flash. `chip` stays the caller's. */
struct ctl_stm32_quadspi *ctl_stm32_quadspi_new(struct bus *bus, const struct ctl_stm32_quadspi_config *config,
		struct nor *chip);
void ctl_stm32_quadspi_free(struct ctl_stm32_quadspi *quadspi);
/* System reset, or a reset bit of RCC (`context` is the controller). */
void ctl_stm32_quadspi_reset(void *context);
/* As ctl_wires_set_idle(). */
void ctl_stm32_quadspi_set_idle(struct ctl_stm32_quadspi *quadspi, void (*idle)(void *context, uint64_t until_ps),
		void *context);

#endif /* OFL_VBOARD_CTL_STM32_QUADSPI_H */
