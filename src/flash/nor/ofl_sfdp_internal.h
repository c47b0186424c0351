/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the files of the SFDP parser share: ofl_sfdp.c (headers, basic table, 4-byte table), ofl_sfdp_map.c (sector
 * map), ofl_sfdp_quirks.c (parts known to be wrong). Nothing outside includes this.
 */

#ifndef OPENOCD_FLASH_NOR_OFL_SFDP_INTERNAL_H
#define OPENOCD_FLASH_NOR_OFL_SFDP_INTERNAL_H

#include "ofl_sfdp.h"

#define OFL_SFDP_3_BYTE_REACH	(16u * 1024 * 1024)

/* A table that lies inside the bytes at hand; num_dwords 0: absent. */
struct ofl_sfdp_table {
	const uint8_t *bytes;
	size_t offset_bytes;	/* in the SFDP address space, for messages */
	unsigned int num_dwords;
	uint8_t minor;
};

struct ofl_sfdp_tables {
	struct ofl_sfdp_table basic, map, four_byte;
};

struct ofl_sfdp_text {
	char *buffer;
	size_t size;
};

/* Dword `number` counts from 1, as JESD216 does; 0 when the table is shorter. */
uint32_t ofl_sfdp_dword(const struct ofl_sfdp_table *table, unsigned int number);

/* A dword that is there and not left in the erased or the zeroed state. */
bool ofl_sfdp_dword_said(const struct ofl_sfdp_table *table, unsigned int number);

__attribute__((format(printf, 2, 3)))
void ofl_sfdp_note(struct ofl_sfdp *sfdp, const char *format, ...);

/* Fills in the reason and returns OFL_SFDP_MALFORMED. */
__attribute__((format(printf, 2, 3)))
enum ofl_sfdp_result ofl_sfdp_malformed(const struct ofl_sfdp_text *why, const char *format, ...);

/*
 * True for opcodes that mean something else than a block erase on every chip, so that no table can make us send them.
 */
bool ofl_sfdp_not_an_erase(uint8_t opcode);

void ofl_sfdp_drop_type(struct ofl_sfdp *sfdp, unsigned int index);

void ofl_sfdp_decode_erase_times(struct ofl_sfdp *sfdp, uint32_t dword10);

/*
 * Reads the headers. OFL_SFDP_OK: `tables` is filled in and every table in it lies inside the bytes. `sfdp` may be NULL
 * (no notes), `jedec_id` too.
 */
enum ofl_sfdp_result ofl_sfdp_locate(const uint8_t *bytes, size_t length, const uint8_t jedec_id[3],
		struct ofl_sfdp *sfdp, struct ofl_sfdp_tables *tables, size_t *need_bytes, const struct ofl_sfdp_text *why);

/* ofl_sfdp_map.c: what the sector map says, or what is left when there is none or it cannot be used. */
enum ofl_sfdp_result ofl_sfdp_resolve_map(const struct ofl_sfdp_table *map, struct ofl_sfdp *sfdp,
		const struct ofl_sfdp_text *why);

/* ofl_sfdp_quirks.c. All take jedec_id NULL for "not known" and then do nothing. */

/* After the basic and the 4-byte table, before addressing and the sector map. */
void ofl_sfdp_quirks_geometry(const struct ofl_sfdp_tables *tables, const uint8_t jedec_id[3], struct ofl_sfdp *sfdp);

/* The part's 4-byte table forgets the page program bit. */
bool ofl_sfdp_quirk_no_program_bit(const uint8_t jedec_id[3]);

/* A route to the upper half of a chip over 16 MiB whose table names none. */
void ofl_sfdp_quirk_4byte_route(const uint8_t jedec_id[3], struct ofl_sfdp *sfdp);

/* After the sector map. */
void ofl_sfdp_quirks_map(const uint8_t jedec_id[3], struct ofl_sfdp *sfdp);

#endif /* OPENOCD_FLASH_NOR_OFL_SFDP_INTERNAL_H */
