/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A serial NOR flash, stricter than silicon: it judges the protocol, not the final content (see vb_violation()).
 * Driven bit by bit over its four SPI lines; mode 0 (CPOL = CPHA = 0) and mode 3 are both sampled on SCK's rising edge.
 */

#ifndef OFL_VBOARD_NOR_H
#define OFL_VBOARD_NOR_H

#include "../vb.h"

#define NOR_MAX_ERASE_TYPES	4
#define NOR_MAX_SFDP_BYTES	2048
#define NOR_MAX_PAGE_BYTES	1024

struct nor_erase_type {
	uint8_t opcode;
	uint8_t opcode_4byte;	/* dedicated 4-byte-address opcode, 0: none */
	uint32_t size_bytes;
	uint32_t typical_us;	/* the model's busy time */
};

/* How the part enters and leaves 4-byte address mode, and other traits; see nor/parts.c for each part's source. */
#define NOR_TRAIT_4BYTE_MODE		(1u << 0)	/* B7h / E9h without write enable */
#define NOR_TRAIT_4BYTE_MODE_WREN	(1u << 1)	/* B7h / E9h need write enable (Micron, older) */
#define NOR_TRAIT_4BYTE_OPCODES		(1u << 2)	/* 13h 0Ch 12h; erases as the erase types say */
#define NOR_TRAIT_SOFT_RESET		(1u << 3)	/* 66h 99h */
#define NOR_TRAIT_DEEP_POWER_DOWN	(1u << 4)	/* B9h ABh */
#define NOR_TRAIT_QPI			(1u << 5)	/* 38h enter (SR2.QE set); deaf on one line until FFh */
#define NOR_TRAIT_FLAG_STATUS		(1u << 6)	/* 70h/50h; N25Q, MT25Q */
#define NOR_TRAIT_SR2_ERRORS		(1u << 7)	/* S25FL-L: 07h, errors b5/b6; 30h clears; and all of nor_fl_l.c */
#define NOR_TRAIT_SR2			(1u << 8)	/* 35h reads a second register, 01h takes 1 or 2 bytes */
#define NOR_TRAIT_SR2_WRITE		(1u << 9)	/* 31h writes it alone */
#define NOR_TRAIT_SR3			(1u << 10)	/* 15h / 11h */
#define NOR_TRAIT_CONFIG_15		(1u << 11)	/* Macronix: 15h configuration register, 01h writes 1 or 2 */
#define NOR_TRAIT_VOLATILE_SR		(1u << 12)	/* 50h: the next register write is volatile */
#define NOR_TRAIT_SR1_CLEARS_SR2	(1u << 13)	/* 01h with one byte clears the second register (QER 1) */
#define NOR_TRAIT_CHIP_ERASE_60		(1u << 14)	/* 60h beside C7h */
#define NOR_TRAIT_UNIQUE_ID		(1u << 15)	/* 4Bh */
#define NOR_TRAIT_POWER_UP_LOCK		(1u << 16)	/* SST26: all locked at power-on until 06h 98h */
/*
 * W25Q256FV: C5h writes the extended address register, which stands for the fourth address byte in 3-byte mode; E9h
 * leaves it at
 * 1 (Linux 6.1 winbond.c, winbond_nor_set_4byte_addr_mode: "the extended address register is set to 1").
 */
#define NOR_TRAIT_EXTENDED_ADDRESS	(1u << 18)
/* N25Q: 3Bh BBh 6Bh EBh, A2h D2h 32h 12h, 85h/81h and 65h/61h with the quad I/O protocol and XIP; see nor_lines.c */
#define NOR_TRAIT_MICRON_LINES		(1u << 19)
/* 6Bh and 32h (data on four lines), while SR2 b1, QE, is set; 6Ch and 34h likewise: W25Q128JV rev. F 8.2, 002-00124 */
#define NOR_TRAIT_QUAD			(1u << 24)
#define NOR_TRAIT_QUAD_4BYTE		(1u << 25)
/*
 * Macronix: 2Bh security register, readable while busy. b5 P_FAIL and b6 E_FAIL tell of the last program and the last
 * erase, until the next one of the kind; b7 WPSEL and the OTP bits read 0. [MX25L12835F, "Read Security Register"]
 */
#define NOR_TRAIT_SECURITY_2B		(1u << 28)
#define NOR_TRAIT_4BYTE_READ		(1u << 17)	/* of the opcodes with four address bytes only 13h 0Ch */

/* Meaning of the block protect bits of SR1; tables in nor_protect.c. */
enum nor_protect {
	NOR_PROTECT_NONE,
	NOR_PROTECT_SEC_TB,	/* b4:2 BP, b5 TB, b6 SEC; SR2 b6 CMP: Winbond up to 16 MiB and those that follow it */
	NOR_PROTECT_BP4_TB,	/* b5:2 BP, b6 TB; SR2 b6 CMP: Winbond from 32 MiB */
	NOR_PROTECT_BP4,	/* b5:2 BP, from the top: Macronix, ISSI */
	NOR_PROTECT_BP4_SPLIT,	/* b6 and b4:2 BP, b5 TB: Micron */
};

/* A part whose erase sizes differ from place to place: bit n of `erase_mask` = erase[n] works in this region. */
struct nor_region {
	uint32_t offset_bytes;
	uint32_t size_bytes;
	uint8_t erase_mask;
};

struct nor_part {
	const char *name;		/* "w25q128jv" */
	uint8_t jedec_id[3];
	uint64_t size_bytes;
	uint32_t page_bytes;
	uint32_t page_program_us;	/* typical; the model's busy time for a full page */
	uint32_t byte_program_us;	/* first byte; a partial page takes time in proportion between the two */
	uint32_t chip_erase_ms;
	uint32_t deep_power_down_release_us;	/* tRES1 */
	uint32_t max_read_hz;		/* 03h; faster is a violation. 0: not checked */
	uint32_t max_clock_hz;		/* all other commands */
	struct nor_erase_type erase[NOR_MAX_ERASE_TYPES];
	const struct nor_region *region;	/* NULL: every erase type works everywhere */
	unsigned int num_regions;
	unsigned int traits;
	enum nor_protect protect;
	const uint8_t *sfdp;		/* NULL: the part has none (5Ah is then an unknown opcode, answered with 00) */
	size_t sfdp_bytes;
	const char *source;		/* document of these numbers */
};

extern const struct nor_part nor_parts[];
extern const unsigned int nor_num_parts;
const struct nor_part *nor_part_by_name(const char *name);

struct nor;

/*
 * `image_path` may be NULL (content starts erased and is lost). Otherwise the file is mapped: read at start when it
 * exists (a shorter file is extended with FF, what a longer one has beyond the part is left alone), created at the
 * part's size when not, always written back. `part` and its SFDP are copied. Returns NULL with a message on stderr.
 */
struct nor *nor_new(struct vb *vb, const struct nor_part *part, const char *image_path);
/* Power off: writes back. A program or erase that simulated time has not finished leaves half-done cells. */
void nor_free(struct nor *nor);
void nor_sync(struct nor *nor);	/* writes back what is finished now (SIGTERM) */

/* Power-on reset: latch, modes and running operations are lost (a running program or erase leaves half-done cells). */
void nor_power_cycle(struct nor *nor);

/* SPI lines. `high` is the level. CS falling starts a command; CS rising ends (and executes) it. */
void nor_set_cs(struct nor *nor, bool high);
void nor_sck_rising(struct nor *nor, bool mosi);	/* the chip samples MOSI */
void nor_sck_falling(struct nor *nor);			/* the chip drives the next bit of MISO */
/* Level that the controller reads: the chip's bit, or the pull (high) while the chip does not drive it. */
bool nor_miso(const struct nor *nor);

/* Eight clocks, MSB first, for shifting controllers; clock_hz is checked against the part's limits. Same as 8 x
 * (rising, sample, falling). */
uint8_t nor_transfer_byte(struct nor *nor, uint8_t mosi, uint32_t clock_hz);

/*
 * For controllers with several data lines: a byte on 1, 2 or 4 of them takes 8 / `lines` clocks. A phase on other lines
 * than the chip expects is a violation, and is not understood. `out` is what the controller drives, if it does
 * (NOR_FROM_CHIP: it listens); returns what the chip drives.
 */
enum nor_direction {
	NOR_TO_CHIP,
	NOR_FROM_CHIP,
};

uint8_t nor_transfer_lines(struct nor *nor, uint8_t out, unsigned int lines, enum nor_direction direction,
		uint32_t clock_hz);
/*
 * Clocks between address and data; `lines` is the number on which the data come, and on which nobody drives anything
 * meanwhile. With one line the controller drives DQ0 low.
 */
void nor_dummy_clocks(struct nor *nor, unsigned int clocks, unsigned int lines, uint32_t clock_hz);

/* For tests and for the serprog link. */
uint8_t *nor_content(struct nor *nor);
uint64_t nor_size(const struct nor *nor);
const struct nor_part *nor_get_part(const struct nor *nor);
bool nor_is_busy(const struct nor *nor);
/* Simulated time at which the running operation ends; 0 when none. UINT64_MAX when it never will (a fault plan). */
uint64_t nor_busy_until_ps(const struct nor *nor);

#endif /* OFL_VBOARD_NOR_H */
