/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Commands of serial NOR flash, on top of ctl.h; no controller register, no part number. All work at p->address.
 */

#ifndef OPENOCD_LOADERS_FLASH_OFL_SPINOR_H
#define OPENOCD_LOADERS_FLASH_OFL_SPINOR_H

#include "ctl.h"

/* Bytes between flash and `buffer`, in the direction that the command word says. */
void spinor_transfer(struct ofl_params *p, uint32_t command, uint8_t *buffer, uint32_t length);
/* Write enable, `command` with `length` bytes of data, wait. Ends the run on any failure. */
void spinor_modify(struct ofl_params *p, uint32_t command, uint8_t *data, uint32_t length);
/* Offset of the first byte of the unit that is not FF, or p->unit_bytes. */
uint32_t spinor_blank(struct ofl_params *p);
/* CRC of the unit; see OFL_CRC_TABLE_WORDS. */
uint32_t spinor_crc(struct ofl_params *p, const uint32_t *table);

#endif /* OPENOCD_LOADERS_FLASH_OFL_SPINOR_H */
