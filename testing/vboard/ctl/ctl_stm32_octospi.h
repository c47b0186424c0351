/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * STM32 OCTOSPI (L4+, L5, U5, H7x3, H5) and XSPI (H7R/S, N6), with one flash chip on up to four lines. See
 * ctl_stm32_octospi.c for what is modelled and judged.
 */

#ifndef OFL_VBOARD_CTL_STM32_OCTOSPI_H
#define OFL_VBOARD_CTL_STM32_OCTOSPI_H

#include "ctl.h"
#include "ctl_stm32_pins.h"

#define CTL_OCTOSPI_MAPPED_BYTES	0x10000000u	/* 256 MiB, whatever DEVSIZE says */

enum ctl_octospi_variant {
	STM32_OCTOSPI,		/* FIFO of 32 bytes; RM0456 section 28 */
	STM32_XSPI,		/* FIFO of 64 bytes, two chip selects, no prefetch on request; RM0477 section 24 */
};

struct ctl_stm32_octospi_config {
	const char *name;
	enum ctl_octospi_variant variant;
	uint32_t base;
	uint32_t mapped_base;
	uint32_t kernel_hz;
	struct ctl_gate gate;
	struct ctl_quadspi_wire pin[QUADSPI_NUM_PINS];
	/* What else must be so that the pins are the controller's (I/O manager, supply of the pins); NULL: nothing */
	bool (*has_port)(void *context);
	void *port_context;
};

struct ctl_stm32_octospi;

/* Adds itself to the bus twice: the registers, and the mapped flash. `chip` stays the caller's. */
struct ctl_stm32_octospi *ctl_stm32_octospi_new(struct bus *bus, const struct ctl_stm32_octospi_config *config,
		struct nor *chip);
void ctl_stm32_octospi_free(struct ctl_stm32_octospi *octospi);
/* System reset, or a reset bit of RCC (`context` is the controller). */
void ctl_stm32_octospi_reset(void *context);
/* As ctl_wires_set_idle(). */
void ctl_stm32_octospi_set_idle(struct ctl_stm32_octospi *octospi, void (*idle)(void *context, uint64_t until_ps),
		void *context);

#endif /* OFL_VBOARD_CTL_STM32_OCTOSPI_H */
