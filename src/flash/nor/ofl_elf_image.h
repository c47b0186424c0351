/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What an ELF file loads, by its sections. OpenOCD loads by segments (src/target/image.c, image_elf32_read_headers()):
 * when the linker has put the ELF header into the first one, header and filler go below the application. Pure; trusts
 * nothing in the file.
 */

#ifndef OPENOCD_FLASH_NOR_OFL_ELF_IMAGE_H
#define OPENOCD_FLASH_NOR_OFL_ELF_IMAGE_H

#include "ofl_elf.h"

/* `length` bytes at `offset` of the file, which is within it, go to `address`. */
struct ofl_elf_load {
	uint64_t address;
	size_t offset;
	uint32_t length;
};

struct ofl_elf_image {
	/* What the sections occupy, sorted by address, without overlaps; neighbours joined. */
	struct ofl_elf_load *load;
	unsigned int num_loads;
	uint64_t left_out_bytes;	/* what OpenOCD would load besides: header, filler between sections */
	/* A segment covers the ELF header, and OpenOCD would write these bytes below the first section in it. */
	bool writes_header;
	uint64_t header_address, header_bytes;	/* of header and filler */
	uint64_t segment_bytes;	/* of the whole segment from header_address */
	bool has_sections;	/* false: what is loaded is known by segments only */
};

/* Is it an ELF32 little-endian file, which is all that ofl_elf_image_read() knows? */
bool ofl_elf_image_is_known(const uint8_t *bytes, size_t length);

/* Released by ofl_elf_image_free(). Returns false with `error` filled for a file that is damaged. */
bool ofl_elf_image_read(struct ofl_elf_image *image, const uint8_t *bytes, size_t length,
		struct ofl_file_error *error);
void ofl_elf_image_free(struct ofl_elf_image *image);

#endif /* OPENOCD_FLASH_NOR_OFL_ELF_IMAGE_H */
