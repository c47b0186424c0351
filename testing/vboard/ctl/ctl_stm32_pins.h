/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The pins of a QUADSPI, OCTOSPI or XSPI as far as one chip on four lines needs them. */

#ifndef OFL_VBOARD_CTL_STM32_PINS_H
#define OFL_VBOARD_CTL_STM32_PINS_H

#include "ctl.h"

enum ctl_quadspi_pin {
	QUADSPI_CLK,
	QUADSPI_NCS,
	QUADSPI_IO0,
	QUADSPI_IO1,
	QUADSPI_IO2,
	QUADSPI_IO3,
	QUADSPI_NUM_PINS
};

struct ctl_quadspi_wire {
	struct ctl_gpio *port;		/* NULL: connected for good */
	unsigned int pin;
	int alternate_function;
};

/* Whether the pins that a command uses are in their alternate function. */
bool ctl_quadspi_pins_connected(const struct ctl_quadspi_wire *wire, bool quad);

#endif /* OFL_VBOARD_CTL_STM32_PINS_H */
