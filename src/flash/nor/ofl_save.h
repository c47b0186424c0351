/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The host file that holds a sector's content while the sector is erased and programmed again. No OpenOCD; the file is
 * not trusted when it is read.
 *
 * "OFLSAVE1", then little-endian words of 32 bits: base, offset, length, CRC of the identity and the content; then 64
 * bytes of identity (the chip's name and id, text), then the content.
 */

#ifndef OPENOCD_FLASH_NOR_OFL_SAVE_H
#define OPENOCD_FLASH_NOR_OFL_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OFL_SAVE_MAX_BYTES	(64u * 1024 * 1024)

struct ofl_save {
	uint32_t base, offset_bytes, length_bytes;
	char identity[64];
	uint8_t *content;	/* of length_bytes; after ofl_save_read() owned by the caller */
};

/*
 * Writes a file that must not exist yet, and waits until it is on the disk. Returns false with the reason; then there
 * is no such file.
 */
bool ofl_save_write(const char *path, const struct ofl_save *save, char *why, size_t why_size);
/* *exists: false with a return of false means that there is no such file. */
bool ofl_save_read(const char *path, struct ofl_save *save, bool *exists, char *why, size_t why_size);

#endif /* OPENOCD_FLASH_NOR_OFL_SAVE_H */
