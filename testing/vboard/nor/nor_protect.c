// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Block protection: which addresses the BP bits of the status register lock. A program or erase that touches one is
 * ignored by the chip; only the content (and, on parts that have them, error bits) tells.
 *
 * Sources: the tables "Status Register Memory Protection" of the W25Q128JV (SEC, TB, BP2:0, CMP; smaller parts scale
 * with their size) and W25Q256JV data sheets (BP3:0, TB at bit 6), "Protected Area Sizes" of MX25L12835F (BP3:0 at
 * b5:2, one 64 KiB block upwards) and N25Q256A (BP3 at b6, TB at b5); bit positions also in Linux 6.1 spi-nor.h, swp.c.
 * Not modelled: individual block locks (WPS = 1), status register locks (SRP, SRL), Macronix' one-time TB bit.
 */

#include "nor_private.h"

#define SR2_CMP		0x40
#define BLOCK_BYTES	65536u

/* 64 KiB << (bp - 1), the whole chip when that is not less. */
static uint64_t protected_blocks(unsigned int bp, uint64_t size_bytes)
{
	if (bp == 0)
		return 0;

	uint64_t length_bytes = (uint64_t)BLOCK_BYTES << (bp - 1);

	return length_bytes < size_bytes ? length_bytes : size_bytes;
}

/* BP2:0 count in 64ths of the chip; with SEC in 4 KiB sectors, 32 KiB at most; 7 is everything. */
static uint64_t protected_fraction(unsigned int bp, bool sec, uint64_t size_bytes)
{
	if (bp == 0)
		return 0;
	if (bp == 7)
		return size_bytes;
	if (sec)
		return bp < 4 ? 4096ull << (bp - 1) : 32768;

	return size_bytes >> (7 - bp);
}

bool nor_is_protected(const struct nor *nor, uint64_t address, uint64_t length_bytes)
{
	uint64_t size_bytes = nor->part.size_bytes;
	uint8_t sr1 = nor->status[0];
	bool from_bottom = false, complement = false;
	uint64_t locked_bytes = 0;

	if (nor->locked)
		return true;

	switch (nor->part.protect) {
	case NOR_PROTECT_NONE:
		return false;
	case NOR_PROTECT_SEC_TB:
		locked_bytes = protected_fraction(sr1 >> 2 & 7, sr1 & 0x40, size_bytes);
		from_bottom = sr1 & 0x20;
		complement = nor->status[1] & SR2_CMP;
		break;
	case NOR_PROTECT_BP4_TB:
		locked_bytes = protected_blocks(sr1 >> 2 & 15, size_bytes);
		from_bottom = sr1 & 0x40;
		complement = nor->status[1] & SR2_CMP;
		break;
	case NOR_PROTECT_BP4:
		locked_bytes = protected_blocks(sr1 >> 2 & 15, size_bytes);
		break;
	case NOR_PROTECT_BP4_SPLIT:
		locked_bytes = protected_blocks((sr1 >> 2 & 7) | (sr1 >> 3 & 8), size_bytes);
		from_bottom = sr1 & 0x20;
		break;
	}

	if (locked_bytes > size_bytes)
		locked_bytes = size_bytes;

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
