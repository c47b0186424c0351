/* SPDX-License-Identifier: GPL-2.0-or-later */

/* CRC-32 as the stub computes it (OFL_OP_CRC). Pure. */

#ifndef OPENOCD_FLASH_NOR_OFL_CRC_H
#define OPENOCD_FLASH_NOR_OFL_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The 16 words that the host uploads for the stub: entry n is the register after four bits n. */
void ofl_crc_nibble_table(uint32_t table[16]);

/*
 * Reflected CRC-32, polynomial EDB88320, started from FFFFFFFF, without the final complement: zlib's is the complement
 * of it.
 */
uint32_t ofl_crc(const uint8_t *bytes, size_t length);

#endif /* OPENOCD_FLASH_NOR_OFL_CRC_H */
