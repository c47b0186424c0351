/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Block protection of SPI NOR chips: which addresses the bits of the status registers lock, and which bits lock given
 * addresses. Pure.
 */

#ifndef OPENOCD_FLASH_NOR_OFL_PROTECT_H
#define OPENOCD_FLASH_NOR_OFL_PROTECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OFL_PROTECT_MAX_REGS	3
#define OFL_PROTECT_TEXT	64	/* bytes that ofl_protect_text() needs at most */

/* A bit of one of the layout's registers; mask 0: these parts do not have it. */
struct ofl_protect_bit {
	uint8_t reg, mask;
};

/* How a changed register is written (after 06h). The first register is always the one that 05h reads. */
enum ofl_protect_write {
	OFL_PROTECT_WRITE_FIRST,	/* 01h with one byte; bits of the others cannot be changed, or are not used */
	OFL_PROTECT_WRITE_BOTH,		/* 01h with the first two registers */
	/*
	 * 01h and 31h with one byte each; chips of the same id, but older, clear the second at 01h and take 01h with two
	 * bytes.
	 */
	OFL_PROTECT_WRITE_EACH,
};

/* Where a family of parts has its bits. */
struct ofl_protect_layout {
	const char *family;		/* for people */
	unsigned int num_regs;
	uint8_t read_opcode[OFL_PROTECT_MAX_REGS];
	const char *reg_name[OFL_PROTECT_MAX_REGS];
	enum ofl_protect_write write;
	unsigned int num_bp;
	uint8_t bp[4];			/* masks in the first register, BP0 first */
	struct ofl_protect_bit tb, sec, cmp;
	bool tb_once;			/* TB can be set once and never cleared: left as it is */
	struct ofl_protect_bit srp;	/* 1: status registers cannot be written while the WP# pin is low */
	struct ofl_protect_bit srl;	/* 1: nor until the next power-up (or never again) */
	struct ofl_protect_bit wps;	/* 1: locks of single blocks count instead of all these bits */
};

struct ofl_protect_part {
	uint8_t jedec_id[3];
	uint8_t log2_bytes;		/* of the whole chip */
	/* Others share the id: these are the ones whose SFDP table has 4-4-4 mode, or 16 dwords and more. */
	bool newer_only;
	const struct ofl_protect_layout *layout;
};

/* What the chip's SFDP table says; all 0 when it has none. Tells parts with the same id apart. */
struct ofl_protect_hint {
	unsigned int sfdp_dwords;
	bool quad_444;
};

/* length 0: nothing, offset then is 0. All ranges of these chips begin at the bottom or end at the top. */
struct ofl_protect_range {
	uint64_t offset_bytes, length_bytes;
};

/* Of a generation that has what older parts with the same id do not: TB, P_FAIL, E_FAIL (Macronix), 15h (Winbond). */
bool ofl_protect_is_newer(const struct ofl_protect_hint *hint);
/* NULL: the meaning of this chip's bits is not known. */
const struct ofl_protect_part *ofl_protect_find(const uint8_t jedec_id[3], const struct ofl_protect_hint *hint);
/* For tests and the manual's table: NULL behind the last. */
const struct ofl_protect_part *ofl_protect_by_index(unsigned int index);
uint64_t ofl_protect_size(const struct ofl_protect_part *part);
/* Is this register worth a read on this chip? WPS is in one that older chips of the same id do not have. */
bool ofl_protect_has_reg(const struct ofl_protect_part *part, const struct ofl_protect_hint *hint, unsigned int reg);

/* `regs`: OFL_PROTECT_MAX_REGS values in the layout's order; those that the chip does not have are 0. */
void ofl_protect_decode(const struct ofl_protect_part *part, const uint8_t *regs, struct ofl_protect_range *range);
/* "BP2-0=3 TB=1 SEC=0 CMP=0" */
void ofl_protect_text(const struct ofl_protect_part *part, const uint8_t *regs, char *text, size_t text_size);
bool ofl_protect_bit_set(const struct ofl_protect_bit *bit, const uint8_t *regs);

/*
 * Finds the bits for exactly `wanted`, other bits as in `regs`; of several ways the plainest that data sheets list.
 * False: there are none.
 */
bool ofl_protect_encode(const struct ofl_protect_part *part, const uint8_t *regs,
		const struct ofl_protect_range *wanted, uint8_t *result);
/*
 * The largest range that can be had inside `wanted` (length 0: only none), and the smallest that contains it. False:
 * `wanted` is not within the chip.
 */
bool ofl_protect_nearest(const struct ofl_protect_part *part, const uint8_t *regs,
		const struct ofl_protect_range *wanted, struct ofl_protect_range *inside, struct ofl_protect_range *around);
/*
 * What is to be protected after `change` was locked (set) or unlocked, with `now` protected before. False: that is not
 * one range; *wanted then is the smallest one that contains all of it.
 */
bool ofl_protect_change(const struct ofl_protect_range *now, const struct ofl_protect_range *change, bool set,
		struct ofl_protect_range *wanted);

#endif /* OPENOCD_FLASH_NOR_OFL_PROTECT_H */
