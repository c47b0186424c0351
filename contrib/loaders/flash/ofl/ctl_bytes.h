/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The command phases for controllers that exchange single bytes and have a chip select on a pin. Included by their
 * ctl_<name>.c, which defines ctl_exchange() and ctl_write().
 */

#ifndef OPENOCD_LOADERS_FLASH_OFL_CTL_BYTES_H
#define OPENOCD_LOADERS_FLASH_OFL_CTL_BYTES_H

#include "ctl.h"

/* Sends a byte and returns the one that came in meanwhile. */
static uint32_t ctl_exchange(struct ofl_params *p, uint8_t byte);

void ctl_begin(struct ofl_params *p, uint32_t command, uint32_t length)
{
	(void)length;
	pin_low(&p->ctl[OFL_CTL_CS]);
	ctl_exchange(p, command & 0xff);
	/*
	 * Most significant byte first: the address is moved up so that it is on top. What is left, zeros, makes the
	 * dummies.
	 */
	uint32_t address_bytes = (command >> 8) & 0xf;
	uint32_t address = p->address << (32 - 8 * address_bytes);
	for (uint32_t n = address_bytes + ((command >> 12) & 0xf); n; n--) {
		ctl_exchange(p, address >> 24);
		address <<= 8;
	}
}

inline __attribute__((always_inline)) uint32_t ctl_get(struct ofl_params *p)
{
	return ctl_exchange(p, 0xff);
}

void ctl_end(struct ofl_params *p)
{
	pin_high(&p->ctl[OFL_CTL_CS]);
}

#endif /* OPENOCD_LOADERS_FLASH_OFL_CTL_BYTES_H */
