/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Serial Flash Discoverable Parameters (JEDEC JESD216, revisions 1.0 to F), as much of them as a programmer needs.
 * Pure: bytes in, structure out; no OpenOCD, no target. The table comes from a chip and is treated as hostile.
 */

#ifndef OPENOCD_FLASH_NOR_OFL_SFDP_H
#define OPENOCD_FLASH_NOR_OFL_SFDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OFL_SFDP_MAX_ERASE_TYPES	4
#define OFL_SFDP_MAX_REGIONS		32
#define OFL_SFDP_MAX_DETECT		8
#define OFL_SFDP_MAX_NOTES		12
/* Reading this much from address 0 reaches every table of all chips seen (facts: largest 0x200). */
#define OFL_SFDP_READ_BYTES		512

struct ofl_sfdp_erase_type {
	uint32_t size_bytes;	/* 0: type absent */
	uint8_t opcode;
	uint8_t opcode_4byte;	/* dedicated opcode with 4 address bytes (4BAIT), 0: none known */
	uint32_t typical_ms;	/* of one command; 0: the table does not say */
	uint32_t max_ms;
	/*
	 * 0, or smaller than size_bytes: one command may erase only this much (the table gives two sizes for one opcode and
	 * no map that tells them apart). Issuing the command every step_bytes over an area of size_bytes erases all of it
	 * and nothing else.
	 */
	uint32_t step_bytes;
};

/*
 * One region of the sector map: `erase_mask` bit n = erase type n works there. A type that is larger than the region
 * erases just the region when the command's address lies in it (the rest of its natural block is laid over by another
 * region).
 */
struct ofl_sfdp_region {
	uint64_t offset_bytes;
	uint64_t size_bytes;
	uint8_t erase_mask;
};

/* 4-byte address routes that the chip offers (BFPT DW16 bits 31:24, and 4BAIT); a bit mask. */
#define OFL_SFDP_4B_ENTER_B7		(1u << 0)	/* B7h enters, E9h leaves */
#define OFL_SFDP_4B_ENTER_WREN_B7	(1u << 1)	/* 06h B7h, 06h E9h */
#define OFL_SFDP_4B_EXTENDED_REG	(1u << 2)	/* C5h extended address register */
#define OFL_SFDP_4B_BANK_REG		(1u << 3)	/* 17h bank register */
#define OFL_SFDP_4B_NV_CONFIG		(1u << 4)	/* B1h non-volatile configuration */
#define OFL_SFDP_4B_OPCODES		(1u << 5)	/* 13h, 12h, and opcode_4byte of the erase types */
#define OFL_SFDP_4B_ALWAYS		(1u << 6)

struct ofl_sfdp {
	uint8_t major, minor;		/* of the header */
	uint8_t bfpt_minor;		/* of the basic table's own header */
	uint8_t bfpt_dwords;		/* 9, 16, 20, 23: what the chip has; the rest of this struct follows from it */
	uint64_t density_bytes;		/* what the table says */
	uint64_t size_bytes;		/* what can be reached: 16 MiB when no 4-byte route is known, else density_bytes */
	uint32_t page_bytes;		/* 0: not said (revision 1.0) */
	uint32_t page_program_typical_us, page_program_max_us;	/* 0: not said */
	uint32_t byte_program_typical_us;	/* first byte; 0: not said */
	uint32_t chip_erase_typical_ms, chip_erase_max_ms;	/* 0: not said, or C7h does not reach the whole chip */
	uint32_t program_once_bytes;	/* ECC unit that may be programmed once after an erase, 0: none known */
	uint8_t num_dies;		/* dies with a status register each; 1 unless the part is known for more */
	bool erase_4k_everywhere;	/* DW1 1:0 = 01, and the part is not known to lie about it */
	/* In the table's order (regions' erase_mask and 4BAIT count in it). */
	struct ofl_sfdp_erase_type erase[OFL_SFDP_MAX_ERASE_TYPES];
	unsigned int num_regions;	/* 0: no sector map, every erase type works everywhere */
	struct ofl_sfdp_region region[OFL_SFDP_MAX_REGIONS];
	/*
	 * The sector map starts with commands that find out which of several maps is in force. `map_detect[i]` says what to
	 * read; the i-th result bit is shifted in from the right. When num_map_detect != 0 the caller reads them and calls
	 * ofl_sfdp_select_map(); until then num_regions is 0 and the erase types must not be trusted.
	 */
	unsigned int num_map_detect;	/* set to 0 by ofl_sfdp_select_map() */
	uint8_t map_id_set_bits;	/* ofl_sfdp_select_map() sets these in the id: the part reports them wrongly */
	struct {
		/* address_bytes 0xff: the chip's current mode; dummy_bytes 0xff: as the chip is configured */
		uint8_t opcode, address_bytes, dummy_bytes, mask;
		uint32_t address;
	} map_detect[OFL_SFDP_MAX_DETECT];
	uint8_t address_bytes;		/* 3: three only, 4: four only, 34: both (BFPT DW1 18:17) */
	unsigned int routes_4byte;	/* OFL_SFDP_4B_... */
	uint8_t read_4byte, program_4byte;	/* 13h / 12h when 4BAIT says the chip has them, else 0 */
	/* 1-1-4 read: opcode (0: none), clocks between address and data; with 4 address bytes; and page program likewise */
	uint8_t quad_read, quad_read_clocks, quad_read_4byte, quad_program_4byte;
	bool clear_extended_on_exit;	/* E9h leaves the extended address register at 1: write 0 (06h C5h 00h) */
	uint8_t quad_enable;		/* BFPT DW15 22:20; 0xff: not said, or reserved */
	bool quad_444;			/* has 4-4-4 mode (DW5 bit 4) */
	bool soft_reset_66_99;
	bool deep_power_down;		/* the opcodes below are valid */
	uint8_t deep_power_down_enter, deep_power_down_exit;
	uint32_t deep_power_down_exit_ns;
	bool busy_by_flag_status;	/* DW14 bit 3 without bit 2: 70h bit 7 must be polled */
	bool locked_at_power_up;	/* every block: 06h 98h unlocks (SST26) */
	bool qpi_exit_ff, qpi_exit_f5;	/* DW15 3:0: how 4-4-4 mode is left */
	/* What is odd about this table, one clause each, for `ofl info`; the last one says so when there were more. */
	unsigned int num_notes;
	char note[OFL_SFDP_MAX_NOTES][112];
};

enum ofl_sfdp_result {
	OFL_SFDP_OK,
	OFL_SFDP_ABSENT,	/* no signature: all 00 or FF, or something else than a table */
	OFL_SFDP_MALFORMED,	/* signature, but the content cannot be used; `why` says which field, at which byte offset */
	OFL_SFDP_NEED_MORE,	/* a table lies beyond `length`; *need_bytes is how much must be read from address 0 */
};

/*
 * Parses `length` bytes read from SFDP address 0. `jedec_id` (3 bytes) selects corrections for parts whose table is
 * known to be wrong (each is a note). On anything but OFL_SFDP_OK *sfdp is zeroed and `why` (why_size > 0) says the
 * reason.
 */
enum ofl_sfdp_result ofl_sfdp_parse(const uint8_t *bytes, size_t length, const uint8_t jedec_id[3],
		struct ofl_sfdp *sfdp, size_t *need_bytes, char *why, size_t why_size);

/*
 * Picks the sector map for the detected configuration `id` out of the bytes that *sfdp came from. OFL_SFDP_OK:
 * num_map_detect is 0 and either num_regions is set, or the erase types left are good everywhere. Else as the parser:
 * *sfdp is zeroed, `why` says it.
 */
enum ofl_sfdp_result ofl_sfdp_select_map(const uint8_t *bytes, size_t length, uint8_t id,
		struct ofl_sfdp *sfdp, char *why, size_t why_size);

#endif /* OPENOCD_FLASH_NOR_OFL_SFDP_H */
