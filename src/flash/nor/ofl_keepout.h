/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Keep-outs: address ranges of a bank that no command may change. Pure. */

#ifndef OPENOCD_FLASH_NOR_OFL_KEEPOUT_H
#define OPENOCD_FLASH_NOR_OFL_KEEPOUT_H

#include <stdint.h>

#define OFL_MAX_KEEPOUTS	32

struct ofl_keepout {
	uint64_t offset_bytes, length_bytes;	/* length is not 0, the end not beyond 4 GiB */
	char label[40];
};

/* All zero: none. Sorted by offset; entries may overlap. */
struct ofl_keepouts {
	unsigned int count;
	struct ofl_keepout entry[OFL_MAX_KEEPOUTS];
};

/* `label` may be NULL. Returns NULL, or why it was not added. The same range again only changes the label. */
const char *ofl_keepout_add(struct ofl_keepouts *keepouts, uint64_t offset_bytes, uint64_t length_bytes,
		const char *label);

/* The first keep-out that shares a byte with the range; NULL: none, also for an empty range. */
const struct ofl_keepout *ofl_keepout_find(const struct ofl_keepouts *keepouts, uint64_t offset_bytes,
		uint64_t length_bytes);

#endif /* OPENOCD_FLASH_NOR_OFL_KEEPOUT_H */
