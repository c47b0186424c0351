/* SPDX-License-Identifier: GPL-2.0-or-later */

/* An image file in memory: what goes where. Any type of OpenOCD's; ELF by its sections where that is asked for. */

#ifndef OPENOCD_FLASH_NOR_OFL_IMAGE_H
#define OPENOCD_FLASH_NOR_OFL_IMAGE_H

#include "ofl.h"
#include "ofl_elf_image.h"

struct ofl_image_part {
	uint64_t address;
	uint32_t length;
	uint8_t *data;
};

struct ofl_image {
	struct ofl_image_part *part;	/* sorted by address, without overlaps, none empty; may be none */
	unsigned int num_parts;
	bool is_binary;
	const char *type;	/* as OpenOCD's commands name it */
	bool is_elf;		/* `elf` is filled, its addresses with the offset added */
	bool by_sections;
	struct ofl_elf_image elf;
};

enum ofl_image_how {
	OFL_IMAGE_BY_SEGMENTS,	/* as OpenOCD loads it */
	OFL_IMAGE_BY_SECTIONS,	/* ELF: what the sections occupy */
};

/*
 * `offset` is added to the addresses of the file, which for a binary are those from 0; `type` may be NULL: found out.
 * Says what is wrong. Released by ofl_image_free(), also after a failure.
 */
int ofl_image_load(struct ofl_image *image, const char *file, int64_t offset, const char *type, enum ofl_image_how how);
/*
 * The same for one bank: `address` counts from its base, and so does `offset` for a binary; ELF by its sections.
 * Refuses what starts before the bank.
 */
int ofl_image_load_for_bank(struct ofl_image *image, const struct flash_bank *bank, const char *file, int64_t offset,
		const char *type);
/* Refuses what ends past the bank, which must have been probed. */
int ofl_image_check_fits(const struct ofl_image *image, const struct flash_bank *bank, const char *file);
void ofl_image_free(struct ofl_image *image);
/* "FILE ?OFFSET? ?TYPE?" of a command; false: OFFSET is not a number. */
bool ofl_image_offset(const char *text, int64_t *offset);

#endif /* OPENOCD_FLASH_NOR_OFL_IMAGE_H */
