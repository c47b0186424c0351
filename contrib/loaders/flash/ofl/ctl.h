/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the flash code needs of an SPI controller. One ctl_<name>.c implements it, chosen at link time: no controller
 * register outside that file, no #ifdef for controllers anywhere.
 */

#ifndef OPENOCD_LOADERS_FLASH_OFL_CTL_H
#define OPENOCD_LOADERS_FLASH_OFL_CTL_H

#include "loader.h"

/* Saves what it changes behind p->ctl[] and makes the controller a mode 0, 8 bit, MSB first master. */
void ctl_init(struct ofl_params *p);
/* Releases the chip select and puts the registers back. Also called when a transfer was cut short. */
void ctl_fini(struct ofl_params *p);

/*
 * One command: ctl_begin sends opcode, address (p->address) and dummy bytes; then `length` bytes of data are
 * written, all at once, or got one by one (a reader may stop early); ctl_end finishes it. `data` is on a word boundary.
 */
void ctl_begin(struct ofl_params *p, uint32_t command, uint32_t length);
void ctl_write(struct ofl_params *p, const uint8_t *data, uint32_t length);
uint32_t ctl_get(struct ofl_params *p);
void ctl_end(struct ofl_params *p);

/* Controllers that map the flash: OFL_COMMAND_MAPPED of p->command. The others need not define it. */
uint32_t ctl_mapped(const struct ofl_params *p);

/* Pins: see OFL_PIN_...; `pin` points to its four words. */
static inline void pin_high(const uint32_t *pin)
{
	store32(pin[OFL_PIN_HIGH_ADDRESS], pin[OFL_PIN_HIGH_VALUE]);
}

static inline void pin_low(const uint32_t *pin)
{
	store32(pin[OFL_PIN_LOW_ADDRESS], pin[OFL_PIN_LOW_VALUE]);
}

#endif /* OPENOCD_LOADERS_FLASH_OFL_CTL_H */
