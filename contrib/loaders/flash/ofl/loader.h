/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the page loop needs of a loader. spinor.c implements it for the built-in ones, foreign.c for loader files; one
 * of them is linked with the loop. All work at p->address, and end the run by ofl_fail() when they cannot do it.
 */

#ifndef OPENOCD_LOADERS_FLASH_OFL_LOADER_H
#define OPENOCD_LOADERS_FLASH_OFL_LOADER_H

#include "ofl_abi.h"

/* Ends the run with `status`; does not return. */
void ofl_fail(struct ofl_params *p, uint32_t status) __attribute__((noreturn));
/* Likewise, and keeps the value that showed it. */
void ofl_fail_value(struct ofl_params *p, uint32_t status, uint32_t value) __attribute__((noreturn));

/* Around a run; loader_end() also when a run was cut short, and then perhaps twice. */
void loader_begin(struct ofl_params *p);
void loader_end(struct ofl_params *p);

void loader_program(struct ofl_params *p, uint8_t *data, uint32_t length);
void loader_read(struct ofl_params *p, uint8_t *buffer, uint32_t length);
/* One unit of p->unit_bytes; counts entry->skipped when there was nothing to erase. */
void loader_erase(struct ofl_params *p, struct ofl_erase_entry *entry);
/* Offset of the first byte of the unit that is not erased, or p->unit_bytes. */
uint32_t loader_blank(struct ofl_params *p);
/* CRC of the unit; see OFL_CRC_TABLE_WORDS. */
uint32_t loader_crc(struct ofl_params *p, const uint32_t *table);
/* The operations that not every loader has. */
uint32_t loader_other(struct ofl_params *p, uint32_t op);

static inline void store32(uint32_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

static inline uint32_t load32(uint32_t address)
{
	return *(volatile uint32_t *)address;
}

static inline uint32_t crc_byte(uint32_t crc, uint32_t byte, const uint32_t *table)
{
	crc ^= byte;
	crc = (crc >> 4) ^ table[crc & 0xf];
	return (crc >> 4) ^ table[crc & 0xf];
}

#endif /* OPENOCD_LOADERS_FLASH_OFL_LOADER_H */
