// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The flash parts that the virtual board knows.
 *
 * Where a part's SFDP table has times (BFPT of 16 dwords and more), the row has the table's typical ones, which vendors
 * round up: real chips are somewhat faster. `source` says where the others come from; "assumed" means that no document
 * was at hand and the number is of the order of the part's generation. The limits of the clock, and tRES1 where SFDP
 * does not say, are the data sheets' as commonly quoted, not checked against them. testing/unit/test_vb_parts.c
 * compares every row with its SFDP table.
 */

#include <string.h>

#include "nor_private.h"
#include "sfdp_macronix.h"
#include "sfdp_others.h"
#include "sfdp_winbond.h"

#define KIB	1024u
#define MIB	(1024u * KIB)
#define MS	1000u		/* of typical_us */
#define MHZ	1000000u

#define SFDP(array)	.sfdp = (array), .sfdp_bytes = sizeof(array)

/* opcode, opcode with four address bytes, bytes, microseconds */
#define ERASE_4K(us)		{ 0x20, 0, 4 * KIB, (us) }
#define ERASE_32K(us)		{ 0x52, 0, 32 * KIB, (us) }
#define ERASE_64K(us)		{ 0xd8, 0, 64 * KIB, (us) }
#define ERASE_4K_4B(us)		{ 0x20, 0x21, 4 * KIB, (us) }
#define ERASE_32K_4B(us)	{ 0x52, 0x5c, 32 * KIB, (us) }
#define ERASE_64K_4B(us)	{ 0xd8, 0xdc, 64 * KIB, (us) }

#define TRAITS_WINBOND	(NOR_TRAIT_SOFT_RESET | NOR_TRAIT_DEEP_POWER_DOWN | NOR_TRAIT_SR2 | NOR_TRAIT_SR2_WRITE | \
		NOR_TRAIT_SR3 | NOR_TRAIT_VOLATILE_SR | NOR_TRAIT_CHIP_ERASE_60 | NOR_TRAIT_UNIQUE_ID)
/* No 35h: on these parts it enters QPI. */
#define TRAITS_MACRONIX	(NOR_TRAIT_SOFT_RESET | NOR_TRAIT_DEEP_POWER_DOWN | NOR_TRAIT_CONFIG_15 | \
		NOR_TRAIT_SECURITY_2B | NOR_TRAIT_CHIP_ERASE_60)
#define TRAITS_4BYTE	(NOR_TRAIT_4BYTE_MODE | NOR_TRAIT_4BYTE_OPCODES)
#define TRAITS_MICRON	(NOR_TRAIT_SOFT_RESET | NOR_TRAIT_FLAG_STATUS)

/* Linux Documentation/driver-api/mtd/spi-nor.rst prints the same decoded from the table's sector map. */
static const struct nor_region regions_sst26vf064b[] = {
	{ 0x000000, 0x008000, 0x03 },
	{ 0x008000, 0x008000, 0x05 },
	{ 0x010000, 0x7e0000, 0x09 },
	{ 0x7f0000, 0x008000, 0x05 },
	{ 0x7f8000, 0x008000, 0x03 },
};

const struct nor_part nor_parts[] = {
	{
		.name = "w25q128jv", .jedec_id = { 0xef, 0x40, 0x18 }, .size_bytes = 16 * MIB, .page_bytes = 256,
		.page_program_us = 704, .byte_program_us = 32, .chip_erase_ms = 40000,
		.deep_power_down_release_us = 3, .max_read_hz = 50 * MHZ, .max_clock_hz = 133 * MHZ,
		.erase = { ERASE_4K(64 * MS), ERASE_32K(128 * MS), ERASE_64K(160 * MS) },
		/* The dump is of the DTR variety: 4-4-4 supported, "set QE, then 38h". */
		.traits = TRAITS_WINBOND | NOR_TRAIT_QPI | NOR_TRAIT_QUAD, .protect = NOR_PROTECT_SEC_TB, SFDP(sfdp_w25q128jv),
		.source = "its SFDP; data sheet rev. F quotes 45/120/150 ms and less",
	}, {
		.name = "w25q128fv", .jedec_id = { 0xef, 0x40, 0x18 }, .size_bytes = 16 * MIB, .page_bytes = 256,
		.page_program_us = 700, .byte_program_us = 30, .chip_erase_ms = 40000,
		.deep_power_down_release_us = 3, .max_read_hz = 50 * MHZ, .max_clock_hz = 104 * MHZ,
		.erase = { ERASE_4K(64 * MS), ERASE_32K(128 * MS), ERASE_64K(150 * MS) },
		.traits = TRAITS_WINBOND | NOR_TRAIT_QPI | NOR_TRAIT_QUAD, .protect = NOR_PROTECT_SEC_TB, SFDP(sfdp_w25q128fv),
		.source = "0.7 ms and 150 ms: linux-sunxi wiki citing the data sheet; the other times as the JV's",
	}, {
		.name = "w25q64jv", .jedec_id = { 0xef, 0x40, 0x17 }, .size_bytes = 8 * MIB, .page_bytes = 256,
		.page_program_us = 704, .byte_program_us = 32, .chip_erase_ms = 20000,
		.deep_power_down_release_us = 3, .max_read_hz = 50 * MHZ, .max_clock_hz = 133 * MHZ,
		.erase = { ERASE_4K(64 * MS), ERASE_32K(128 * MS), ERASE_64K(160 * MS) },
		.traits = TRAITS_WINBOND | NOR_TRAIT_QPI | NOR_TRAIT_QUAD, .protect = NOR_PROTECT_SEC_TB, SFDP(sfdp_w25q64jv),
		.source = "its SFDP",
	}, {
		.name = "w25q32", .jedec_id = { 0xef, 0x40, 0x16 }, .size_bytes = 4 * MIB, .page_bytes = 256,
		.page_program_us = 704, .byte_program_us = 32, .chip_erase_ms = 10000,
		.deep_power_down_release_us = 3, .max_read_hz = 50 * MHZ, .max_clock_hz = 104 * MHZ,
		.erase = { ERASE_4K(64 * MS), ERASE_32K(128 * MS), ERASE_64K(160 * MS) },
		.traits = TRAITS_WINBOND, .protect = NOR_PROTECT_SEC_TB,
		.source = "no SFDP dump; times as the W25Q64JV's, assumed",
	}, {
		/* FV: of the opcodes with four address bytes only the reads; B7h needs no write enable. */
		.name = "w25q256", .jedec_id = { 0xef, 0x40, 0x19 }, .size_bytes = 32 * MIB, .page_bytes = 256,
		.page_program_us = 700, .byte_program_us = 30, .chip_erase_ms = 80000,
		.deep_power_down_release_us = 3, .max_read_hz = 50 * MHZ, .max_clock_hz = 104 * MHZ,
		.erase = { ERASE_4K(64 * MS), ERASE_32K(128 * MS), ERASE_64K(150 * MS) },
		.traits = TRAITS_WINBOND | NOR_TRAIT_4BYTE_MODE | NOR_TRAIT_4BYTE_READ | NOR_TRAIT_QPI |
			NOR_TRAIT_EXTENDED_ADDRESS,
		.protect = NOR_PROTECT_BP4_TB, SFDP(sfdp_w25q256),
		.source = "times as the W25Q128FV's, assumed; opcodes: flashrom's W25Q256FV, Linux 6.1 winbond.c",
	}, {
		/* 4BAIT has no 4-byte opcode for 52h. */
		.name = "w25q512jv", .jedec_id = { 0xef, 0x40, 0x20 }, .size_bytes = 64 * MIB, .page_bytes = 256,
		.page_program_us = 704, .byte_program_us = 32, .chip_erase_ms = 192000,
		.deep_power_down_release_us = 3, .max_read_hz = 50 * MHZ, .max_clock_hz = 133 * MHZ,
		.erase = { ERASE_4K_4B(64 * MS), ERASE_32K(128 * MS), ERASE_64K_4B(160 * MS) },
		.traits = TRAITS_WINBOND | TRAITS_4BYTE | NOR_TRAIT_QPI | NOR_TRAIT_QUAD | NOR_TRAIT_QUAD_4BYTE,
		.protect = NOR_PROTECT_BP4_TB, SFDP(sfdp_w25q512jv),
		.source = "its SFDP",
	}, {
		.name = "mx25l1606e", .jedec_id = { 0xc2, 0x20, 0x15 }, .size_bytes = 2 * MIB, .page_bytes = 256,
		.page_program_us = 600, .byte_program_us = 9, .chip_erase_ms = 14000,
		.deep_power_down_release_us = 9, .max_read_hz = 33 * MHZ, .max_clock_hz = 86 * MHZ,
		.erase = { ERASE_4K(40 * MS), ERASE_64K(400 * MS) },
		.traits = NOR_TRAIT_DEEP_POWER_DOWN | NOR_TRAIT_CHIP_ERASE_60, .protect = NOR_PROTECT_BP4,
		SFDP(sfdp_mx25l1606e),
		.source = "0.6 ms and 400 ms: linux-sunxi wiki; the other times assumed",
	}, {
		.name = "mx25l3233f", .jedec_id = { 0xc2, 0x20, 0x16 }, .size_bytes = 4 * MIB, .page_bytes = 256,
		.page_program_us = 330, .byte_program_us = 12, .chip_erase_ms = 14000,
		.deep_power_down_release_us = 30, .max_read_hz = 50 * MHZ, .max_clock_hz = 104 * MHZ,
		.erase = { ERASE_4K(25 * MS), ERASE_32K(140 * MS), ERASE_64K(250 * MS) },
		.traits = TRAITS_MACRONIX & ~NOR_TRAIT_SOFT_RESET, .protect = NOR_PROTECT_BP4, SFDP(sfdp_mx25l3233f),
		.source = "times assumed, of the order of the MX25L128's SFDP",
	}, {
		.name = "mx25l128", .jedec_id = { 0xc2, 0x20, 0x18 }, .size_bytes = 16 * MIB, .page_bytes = 256,
		.page_program_us = 384, .byte_program_us = 16, .chip_erase_ms = 28000,
		.deep_power_down_release_us = 30, .max_read_hz = 50 * MHZ, .max_clock_hz = 104 * MHZ,
		.erase = { ERASE_4K(25 * MS), ERASE_32K(144 * MS), ERASE_64K(256 * MS) },
		.traits = TRAITS_MACRONIX, .protect = NOR_PROTECT_BP4, SFDP(sfdp_mx25l128),
		.source = "its SFDP (MX25L12835F/12845G share the id)",
	}, {
		.name = "mx25l256", .jedec_id = { 0xc2, 0x20, 0x19 }, .size_bytes = 32 * MIB, .page_bytes = 256,
		.page_program_us = 256, .byte_program_us = 15, .chip_erase_ms = 112000,
		.deep_power_down_release_us = 30, .max_read_hz = 50 * MHZ, .max_clock_hz = 104 * MHZ,
		.erase = { ERASE_4K_4B(30 * MS), ERASE_32K_4B(192 * MS), ERASE_64K_4B(384 * MS) },
		.traits = TRAITS_MACRONIX | TRAITS_4BYTE, .protect = NOR_PROTECT_BP4,
		SFDP(sfdp_mx25l256),
		.source = "its SFDP",
	}, {
		.name = "mx25l25635e", .jedec_id = { 0xc2, 0x20, 0x19 }, .size_bytes = 32 * MIB, .page_bytes = 256,
		.page_program_us = 700, .byte_program_us = 9, .chip_erase_ms = 160000,
		.deep_power_down_release_us = 30, .max_read_hz = 50 * MHZ, .max_clock_hz = 80 * MHZ,
		.erase = { ERASE_4K(60 * MS), ERASE_32K(500 * MS), ERASE_64K(700 * MS) },
		/* 2Bh/2Fh security register instead of 15h; no software reset. */
		.traits = NOR_TRAIT_DEEP_POWER_DOWN | NOR_TRAIT_CHIP_ERASE_60 | NOR_TRAIT_4BYTE_MODE,
		.protect = NOR_PROTECT_BP4, SFDP(sfdp_mx25l25635e),
		.source = "times assumed; no 4-byte opcodes: Linux 6.1 macronix.c, mx25l25635_post_bfpt_fixups",
	}, {
		.name = "mx25l25635f", .jedec_id = { 0xc2, 0x20, 0x19 }, .size_bytes = 32 * MIB, .page_bytes = 256,
		.page_program_us = 500, .byte_program_us = 12, .chip_erase_ms = 110000,
		.deep_power_down_release_us = 30, .max_read_hz = 50 * MHZ, .max_clock_hz = 104 * MHZ,
		.erase = { ERASE_4K_4B(43 * MS), ERASE_32K_4B(190 * MS), ERASE_64K_4B(340 * MS) },
		.traits = TRAITS_MACRONIX | TRAITS_4BYTE, .protect = NOR_PROTECT_BP4,
		SFDP(sfdp_mx25l25635f),
		.source = "times assumed; 4-byte opcodes: Linux 6.1 macronix.c, mx25l25635_post_bfpt_fixups",
	}, {
		.name = "mx66l1g45g", .jedec_id = { 0xc2, 0x20, 0x1b }, .size_bytes = 128 * MIB, .page_bytes = 256,
		.page_program_us = 256, .byte_program_us = 32, .chip_erase_ms = 256000,
		.deep_power_down_release_us = 30, .max_read_hz = 50 * MHZ, .max_clock_hz = 133 * MHZ,
		.erase = { ERASE_4K_4B(30 * MS), ERASE_32K_4B(160 * MS), ERASE_64K_4B(288 * MS) },
		.traits = TRAITS_MACRONIX | TRAITS_4BYTE, .protect = NOR_PROTECT_BP4,
		SFDP(sfdp_mx66l1g45g),
		.source = "its SFDP",
	}, {
		/* Smaller erases than 64 KiB exist, 32 KiB ones do not. */
		.name = "n25q128a", .jedec_id = { 0x20, 0xba, 0x18 }, .size_bytes = 16 * MIB, .page_bytes = 256,
		.page_program_us = 500, .byte_program_us = 15, .chip_erase_ms = 62500,
		.max_read_hz = 54 * MHZ, .max_clock_hz = 108 * MHZ,
		.erase = { ERASE_4K(200 * MS), ERASE_64K(750 * MS) },
		.traits = TRAITS_MICRON | NOR_TRAIT_MICRON_LINES, .protect = NOR_PROTECT_BP4_SPLIT,
		.source = "no SFDP dump; erase: a quarter of the maxima of ST's n25q128a.h, 800/3000 ms/250 s; rest assumed",
	}, {
		/* The variety without opcodes with four address bytes: Linux 6.1 micron-st.c assumes none either. */
		.name = "n25q256a", .jedec_id = { 0x20, 0xba, 0x19 }, .size_bytes = 32 * MIB, .page_bytes = 256,
		.page_program_us = 500, .byte_program_us = 15, .chip_erase_ms = 125000,
		.max_read_hz = 54 * MHZ, .max_clock_hz = 108 * MHZ,
		.erase = { ERASE_4K(200 * MS), ERASE_64K(750 * MS) },
		.traits = TRAITS_MICRON | NOR_TRAIT_MICRON_LINES | NOR_TRAIT_4BYTE_MODE_WREN, .protect = NOR_PROTECT_BP4_SPLIT,
		SFDP(sfdp_n25q256a),
		.source = "times as the N25Q128A's, assumed; the chip's twice",
	}, {
		/* 4BAIT gives no 4-byte opcode for 52h. DW16: B7h after 06h. */
		.name = "mt25qu256a", .jedec_id = { 0x20, 0xbb, 0x19 }, .size_bytes = 32 * MIB, .page_bytes = 256,
		.page_program_us = 120, .byte_program_us = 15, .chip_erase_ms = 84000,
		.deep_power_down_release_us = 30, .max_read_hz = 54 * MHZ, .max_clock_hz = 133 * MHZ,
		.erase = { ERASE_4K_4B(48 * MS), ERASE_64K_4B(160 * MS), ERASE_32K(112 * MS) },
		.traits = TRAITS_MICRON | NOR_TRAIT_DEEP_POWER_DOWN | NOR_TRAIT_4BYTE_MODE_WREN |
			NOR_TRAIT_4BYTE_OPCODES | NOR_TRAIT_CHIP_ERASE_60,
		.protect = NOR_PROTECT_BP4_SPLIT, SFDP(sfdp_mt25qu256a),
		.source = "its SFDP",
	}, {
		/* 32 MiB although its SFDP says three address bytes; both 4-byte routes exist all the same. */
		.name = "is25wp256", .jedec_id = { 0x9d, 0x70, 0x19 }, .size_bytes = 32 * MIB, .page_bytes = 256,
		.page_program_us = 200, .byte_program_us = 8, .chip_erase_ms = 60000,
		.deep_power_down_release_us = 15, .max_read_hz = 50 * MHZ, .max_clock_hz = 133 * MHZ,
		.erase = { ERASE_4K_4B(48 * MS), ERASE_32K_4B(160 * MS), ERASE_64K_4B(304 * MS) },
		.traits = NOR_TRAIT_SOFT_RESET | NOR_TRAIT_DEEP_POWER_DOWN | TRAITS_4BYTE |
			NOR_TRAIT_CHIP_ERASE_60,
		.protect = NOR_PROTECT_BP4, SFDP(sfdp_is25wp256),
		.source = "its SFDP; 4-byte opcodes: Linux 6.1 issi.c",
	}, {
		.name = "gd25q32", .jedec_id = { 0xc8, 0x40, 0x16 }, .size_bytes = 4 * MIB, .page_bytes = 256,
		.page_program_us = 600, .byte_program_us = 30, .chip_erase_ms = 10000,
		.deep_power_down_release_us = 20, .max_clock_hz = 104 * MHZ,
		.erase = { ERASE_4K(50 * MS), ERASE_32K(150 * MS), ERASE_64K(200 * MS) },
		.traits = NOR_TRAIT_SOFT_RESET | NOR_TRAIT_DEEP_POWER_DOWN | NOR_TRAIT_SR2 | NOR_TRAIT_SR2_WRITE |
			NOR_TRAIT_SR3 | NOR_TRAIT_VOLATILE_SR | NOR_TRAIT_CHIP_ERASE_60,
		.protect = NOR_PROTECT_SEC_TB, SFDP(sfdp_gd25q32),
		.source = "times assumed",
	}, {
		/* 4BAIT has 21h, 5Ch and DCh; DW16 says B7h without write enable. */
		.name = "gd25lb512me", .jedec_id = { 0xc8, 0x67, 0x1a }, .size_bytes = 64 * MIB, .page_bytes = 256,
		.page_program_us = 184, .byte_program_us = 32, .chip_erase_ms = 100000,
		.deep_power_down_release_us = 30, .max_clock_hz = 133 * MHZ,
		.erase = { ERASE_4K_4B(30 * MS), ERASE_32K_4B(112 * MS), ERASE_64K_4B(208 * MS) },
		.traits = NOR_TRAIT_SOFT_RESET | NOR_TRAIT_DEEP_POWER_DOWN | TRAITS_4BYTE |
			NOR_TRAIT_CHIP_ERASE_60,
		.protect = NOR_PROTECT_BP4_TB, SFDP(sfdp_gd25lb512me),
		.source = "its SFDP; TB at bit 6: flashrom's GD25LB512ME",
	}, {
		.name = "by25q32es", .jedec_id = { 0x68, 0x40, 0x16 }, .size_bytes = 4 * MIB, .page_bytes = 256,
		.page_program_us = 600, .byte_program_us = 30, .chip_erase_ms = 10000,
		.deep_power_down_release_us = 20, .max_clock_hz = 104 * MHZ,
		.erase = { ERASE_4K(50 * MS), ERASE_32K(150 * MS), ERASE_64K(200 * MS) },
		.traits = NOR_TRAIT_DEEP_POWER_DOWN | NOR_TRAIT_SR2 | NOR_TRAIT_SR2_WRITE | NOR_TRAIT_VOLATILE_SR |
			NOR_TRAIT_CHIP_ERASE_60,
		.protect = NOR_PROTECT_SEC_TB, SFDP(sfdp_by25q32es),
		.source = "times assumed",
	}, {
		/* D8h erases 8, 32 or 64 KiB, according to the place. All blocks are locked at power-on. */
		.name = "sst26vf064b", .jedec_id = { 0xbf, 0x26, 0x43 }, .size_bytes = 8 * MIB, .page_bytes = 256,
		.page_program_us = 1024, .byte_program_us = 48, .chip_erase_ms = 32,
		.max_read_hz = 40 * MHZ, .max_clock_hz = 104 * MHZ,
		.erase = { ERASE_4K(19 * MS), { 0xd8, 0, 8 * KIB, 19 * MS }, { 0xd8, 0, 32 * KIB, 19 * MS },
			{ 0xd8, 0, 64 * KIB, 19 * MS } },
		.region = regions_sst26vf064b,
		.num_regions = sizeof(regions_sst26vf064b) / sizeof(regions_sst26vf064b[0]),
		.traits = NOR_TRAIT_SOFT_RESET | NOR_TRAIT_SR2 | NOR_TRAIT_POWER_UP_LOCK,
		SFDP(sfdp_sst26vf064b),
		.source = "its SFDP; lock and 98h: Linux 6.1 sst.c",
	}, {
		/* QER 1: 01h with one byte clears the second register. */
		.name = "at25ql128a", .jedec_id = { 0x1f, 0x42, 0x18 }, .size_bytes = 16 * MIB, .page_bytes = 256,
		.page_program_us = 640, .byte_program_us = 5, .chip_erase_ms = 60000,
		.deep_power_down_release_us = 3, .max_clock_hz = 133 * MHZ,
		.erase = { ERASE_4K(64 * MS), ERASE_32K(208 * MS), ERASE_64K(352 * MS) },
		.traits = NOR_TRAIT_SOFT_RESET | NOR_TRAIT_DEEP_POWER_DOWN | NOR_TRAIT_SR2 | NOR_TRAIT_SR2_WRITE |
			NOR_TRAIT_VOLATILE_SR | NOR_TRAIT_SR1_CLEARS_SR2 | NOR_TRAIT_CHIP_ERASE_60,
		.protect = NOR_PROTECT_SEC_TB, SFDP(sfdp_at25ql128a),
		.source = "its SFDP",
	}, {
		.name = "s25fl064l", .jedec_id = { 0x01, 0x60, 0x17 }, .size_bytes = 8 * MIB, .page_bytes = 256,
		.page_program_us = 300, .byte_program_us = 50, .chip_erase_ms = 36000,
		.deep_power_down_release_us = 5, .max_read_hz = 50 * MHZ, .max_clock_hz = 108 * MHZ,
		/* 53h, not 5Ch */
		.erase = { ERASE_4K_4B(50 * MS), { 0x52, 0x53, 32 * KIB, 190 * MS }, ERASE_64K_4B(270 * MS) },
		.traits = NOR_TRAIT_SOFT_RESET | NOR_TRAIT_DEEP_POWER_DOWN | NOR_TRAIT_SR2_ERRORS | NOR_TRAIT_SR2 |
			NOR_TRAIT_VOLATILE_SR | NOR_TRAIT_CHIP_ERASE_60 | TRAITS_4BYTE,
		.protect = NOR_PROTECT_SEC_TB,
		.source = "no SFDP dump; 0.3/50/190/270 ms from memory; opcodes and registers: nor_fl_l.c",
	},
};

const unsigned int nor_num_parts = sizeof(nor_parts) / sizeof(nor_parts[0]);

const struct nor_part *nor_part_by_name(const char *name)
{
	for (unsigned int i = 0; i < nor_num_parts; i++) {
		if (strcmp(nor_parts[i].name, name) == 0)
			return &nor_parts[i];
	}

	return NULL;
}
