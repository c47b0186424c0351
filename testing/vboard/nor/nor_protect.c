// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Block protection: which addresses the BP bits of the status register lock. A program or erase that touches one is
 * ignored by the chip; only the content (and, on parts that have them, error bits) tells.
 *
 * The data sheets' tables, written out: for each density the KiB that a BP value locks, counted from the top of the
 * array (from the bottom with TB).
 *   W25Q16JV, W25Q32JV, W25Q64JV, W25Q128JV: "Status Register Memory Protection", WPS = 0, CMP = 0; with CMP = 1 what
 *   the same bits leave unlocked is locked, and the rest is not.
 *   W25Q256JV, W25Q512JV: the same section, BP3:0, TB at bit 6.
 *   MX25L12835F rev. 1.0, MX25L25645G, MX66L1G45G: table 2, "Protected Area Sizes"; TB is bit 3 of the configuration
 *   register, which can be set once.
 *   N25Q128 (Numonyx), tables 10 and 11; N25Q256A rev. W, "Device Protection": BP3 is bit 6, TB bit 5.
 *   GD25LB512ME: BP3:0, TB at bit 6, no CMP.
 *   GD25Q32, S25FL064L (002-00124 and 002-12878, "Legacy block protection"): as the W25Q of the same density.
 *
 * A status register lock: W25Q128JV 7.1.2: while SRL (SR2 bit 0; S25FL-L: configuration register 1) is 1 the status
 * registers cannot be written, until the next power-up. The WP# pin is taken to be high: SRP alone locks nothing.
 * With WPS = 1 (SR3 bit 2) every block has a lock of its own, closed at power-up; opening them is not modelled.
 */

#include "nor_private.h"

#define SR2_CMP		0x40
#define SR2_SRL		0x01
#define SR3_WPS		0x04
#define CONFIG_TB	0x08	/* Macronix */

#define KIB		1024ull
#define ALL		UINT32_MAX

struct table {
	uint64_t size_kib;
	uint32_t locked_kib[16];
};

/* BP2:0 */
static const struct table three_bits[] = {
	{ 2048, { 0, 64, 128, 256, 512, 1024, ALL, ALL } },
	{ 4096, { 0, 64, 128, 256, 512, 1024, 2048, ALL } },
	{ 8192, { 0, 128, 256, 512, 1024, 2048, 4096, ALL } },
	{ 16384, { 0, 256, 512, 1024, 2048, 4096, 8192, ALL } },
	{ 0, { 0 } },
};

/* BP3:0 */
static const struct table four_bits[] = {
	{ 2048, { 0, 64, 128, 256, 512, 1024, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ 4096, { 0, 64, 128, 256, 512, 1024, 2048, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ 8192, { 0, 64, 128, 256, 512, 1024, 2048, 4096, ALL, ALL, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ 16384, { 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, ALL, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ 32768, { 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, ALL, ALL, ALL, ALL, ALL, ALL } },
	{ 65536, { 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, ALL, ALL, ALL, ALL, ALL } },
	{ 131072, { 0, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, ALL, ALL, ALL, ALL } },
	{ 0, { 0 } },
};

/* SEC = 1. The W25Q's table ends with BP = 10x; 110 is as GD25Q's and S25FL-L's have it. */
static const uint32_t sector_kib[8] = { 0, 4, 8, 16, 32, 32, 32, ALL };

/* A density that no sheet has (--flash-size): any BP value locks everything. */
static uint64_t look_up(const struct table *table, unsigned int bp, uint64_t size_bytes)
{
	while (table->size_kib && table->size_kib * KIB != size_bytes)
		table++;

	if (!table->size_kib)
		return bp ? size_bytes : 0;

	return table->locked_kib[bp] == ALL ? size_bytes : table->locked_kib[bp] * KIB;
}

bool nor_is_protected(const struct nor *nor, uint64_t address, uint64_t length_bytes)
{
	uint64_t size_bytes = nor->part.size_bytes;
	uint8_t sr1 = nor->status[0];
	bool from_bottom = false, complement = false;
	unsigned int bp = sr1 >> 2 & 15;
	uint64_t locked_bytes = 0;

	if (nor->locked || (nor->part.traits & NOR_TRAIT_SR3 && nor->status[2] & SR3_WPS))
		return true;

	switch (nor->part.protect) {
	case NOR_PROTECT_NONE:
		return false;
	case NOR_PROTECT_SEC_TB:
		bp &= 7;
		if (!(sr1 & 0x40))
			locked_bytes = look_up(three_bits, bp, size_bytes);
		else
			locked_bytes = sector_kib[bp] == ALL ? size_bytes : sector_kib[bp] * KIB;
		from_bottom = sr1 & 0x20;
		complement = nor->status[1] & SR2_CMP;
		break;
	case NOR_PROTECT_BP4_TB:
		locked_bytes = look_up(four_bits, bp, size_bytes);
		from_bottom = sr1 & 0x40;
		complement = nor->status[1] & SR2_CMP;
		break;
	case NOR_PROTECT_BP4:
		locked_bytes = look_up(four_bits, bp, size_bytes);
		from_bottom = nor->part.traits & NOR_TRAIT_CONFIG_15 && nor->status[1] & CONFIG_TB;
		break;
	case NOR_PROTECT_BP4_SPLIT:
		bp = (sr1 >> 2 & 7) | (sr1 >> 3 & 8);
		locked_bytes = look_up(four_bits, bp, size_bytes);
		from_bottom = sr1 & 0x20;
		break;
	}

	if (complement) {
		locked_bytes = size_bytes - locked_bytes;
		from_bottom = !from_bottom;
	}

	if (locked_bytes == 0)
		return false;
	if (from_bottom)
		return address < locked_bytes;

	return address + length_bytes > size_bytes - locked_bytes;
}

static bool has_srl(const struct nor *nor)
{
	return nor->part.traits & NOR_TRAIT_SR2 &&
		(nor->part.protect == NOR_PROTECT_SEC_TB || nor->part.protect == NOR_PROTECT_BP4_TB);
}

bool nor_status_is_locked(const struct nor *nor)
{
	return has_srl(nor) && nor->status[1] & SR2_SRL;
}

void nor_status_power_up(struct nor *nor)
{
	if (has_srl(nor))
		nor->status_kept[1] &= (uint8_t)~SR2_SRL;
}
