// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Block protection: the meaning of BP, TB, SEC and CMP.
 *
 * Positions of the bits and the rule, by family, with their sources:
 * - Winbond, BP2-0 TB SEC CMP: W25Q128JV rev. C, 7.1 "Status Registers" and "Status Register Memory Protection";
 *   BP3-0 TB CMP: W25Q256JV and W25Q256FV, 7.1.3 to 7.1.5.
 * - Micron, N25Q and MT25Q, BP3 apart from BP2-0: N25Q128 (Numonyx), 6.1 and tables 10, 11; N25Q256A rev. W "Device
 *   Protection"; MT25QL256 rev. K, table 3.
 * - Macronix, BP3-0, TB in the configuration register (15h) and only to be set: MX25L12835F rev. 1.0, table 2; WPSEL is
 *   bit 7 of the security register (2Bh), 9-31.
 * - GigaDevice: as Winbond, with BP3 and BP4 for TB and SEC (or BP4 for TB): GD25Q128C, chapters 5 and 6.
 * - Infineon S25FL-L: 002-00124 rev. *G, status register 1, configuration registers 1 and 2, "Legacy block protection".
 * All of these, part by part, also in flashrom's tables (flashchips/, reg_bits and decode_range at b946ca1), from which
 * it also is known which ids are shared by parts with different bits. Those are left out here.
 */

#include "ofl_protect.h"

#include <stdio.h>
#include <string.h>

#define BLOCK_BYTES	65536ull
#define SECTOR_BYTES	4096ull
#define SEC_MAX_BYTES	32768ull	/* with SEC the table ends here, so as not to overlap with the one without */

#define KIB_64		16		/* powers of two */
#define MIB(n_log2)	(20 + (n_log2))

static const struct ofl_protect_layout winbond_bp3 = {
	.family = "Winbond", .num_regs = 3, .read_opcode = { 0x05, 0x35, 0x15 },
	.reg_name = { "status register 1", "status register 2", "status register 3" },
	.write = OFL_PROTECT_WRITE_BOTH, .num_bp = 3, .bp = { 0x04, 0x08, 0x10 },
	.tb = { 0, 0x20 }, .sec = { 0, 0x40 }, .cmp = { 1, 0x40 }, .srp = { 0, 0x80 }, .srl = { 1, 0x01 },
	.wps = { 2, 0x04 },
};

static const struct ofl_protect_layout winbond_bp4 = {
	.family = "Winbond", .num_regs = 3, .read_opcode = { 0x05, 0x35, 0x15 },
	.reg_name = { "status register 1", "status register 2", "status register 3" },
	.write = OFL_PROTECT_WRITE_BOTH, .num_bp = 4, .bp = { 0x04, 0x08, 0x10, 0x20 },
	.tb = { 0, 0x40 }, .cmp = { 1, 0x40 }, .srp = { 0, 0x80 }, .srl = { 1, 0x01 }, .wps = { 2, 0x04 },
};

static const struct ofl_protect_layout macronix = {
	.family = "Macronix", .num_regs = 3, .read_opcode = { 0x05, 0x15, 0x2b },
	.reg_name = { "status register", "configuration register", "security register" },
	.write = OFL_PROTECT_WRITE_FIRST, .num_bp = 4, .bp = { 0x04, 0x08, 0x10, 0x20 },
	.tb = { 1, 0x08 }, .tb_once = true, .srp = { 0, 0x80 }, .wps = { 2, 0x80 },
};

static const struct ofl_protect_layout micron_bp3 = {
	.family = "Micron", .num_regs = 1, .read_opcode = { 0x05 }, .reg_name = { "status register" },
	.write = OFL_PROTECT_WRITE_FIRST, .num_bp = 3, .bp = { 0x04, 0x08, 0x10 },
	.tb = { 0, 0x20 }, .srp = { 0, 0x80 },
};

static const struct ofl_protect_layout micron_bp4 = {
	.family = "Micron", .num_regs = 1, .read_opcode = { 0x05 }, .reg_name = { "status register" },
	.write = OFL_PROTECT_WRITE_FIRST, .num_bp = 4, .bp = { 0x04, 0x08, 0x10, 0x40 },
	.tb = { 0, 0x20 }, .srp = { 0, 0x80 },
};

static const struct ofl_protect_layout gigadevice_bp3 = {
	.family = "GigaDevice", .num_regs = 2, .read_opcode = { 0x05, 0x35 },
	.reg_name = { "status register 1", "status register 2" },
	.write = OFL_PROTECT_WRITE_EACH, .num_bp = 3, .bp = { 0x04, 0x08, 0x10 },
	.tb = { 0, 0x20 }, .sec = { 0, 0x40 }, .cmp = { 1, 0x40 }, .srp = { 0, 0x80 }, .srl = { 1, 0x01 },
};

/* No CMP, and S8 is not for locking in all of these: the first register is all there is to read. */
static const struct ofl_protect_layout gigadevice_bp4 = {
	.family = "GigaDevice", .num_regs = 1, .read_opcode = { 0x05 }, .reg_name = { "status register 1" },
	.write = OFL_PROTECT_WRITE_FIRST, .num_bp = 4, .bp = { 0x04, 0x08, 0x10, 0x20 },
	.tb = { 0, 0x40 }, .srp = { 0, 0x80 },
};

static const struct ofl_protect_layout s25fl_l_bp3 = {
	.family = "Infineon S25FL-L", .num_regs = 2, .read_opcode = { 0x05, 0x35 },
	.reg_name = { "status register 1", "configuration register 1" },
	.write = OFL_PROTECT_WRITE_BOTH, .num_bp = 3, .bp = { 0x04, 0x08, 0x10 },
	.tb = { 0, 0x20 }, .sec = { 0, 0x40 }, .cmp = { 1, 0x40 }, .srp = { 0, 0x80 }, .srl = { 1, 0x01 },
};

static const struct ofl_protect_layout s25fl_l_bp4 = {
	.family = "Infineon S25FL-L", .num_regs = 2, .read_opcode = { 0x05, 0x35 },
	.reg_name = { "status register 1", "configuration register 1" },
	.write = OFL_PROTECT_WRITE_BOTH, .num_bp = 4, .bp = { 0x04, 0x08, 0x10, 0x20 },
	.tb = { 0, 0x40 }, .cmp = { 1, 0x40 }, .srp = { 0, 0x80 }, .srl = { 1, 0x01 },
};

static const struct ofl_protect_part parts[] = {
	/* W25Q16V, 32V, 64V, 128V; W25Q256V, 512JV */
	{ { 0xef, 0x40, 0x15 }, MIB(1), false, &winbond_bp3 },
	{ { 0xef, 0x40, 0x16 }, MIB(2), false, &winbond_bp3 },
	{ { 0xef, 0x40, 0x17 }, MIB(3), false, &winbond_bp3 },
	{ { 0xef, 0x40, 0x18 }, MIB(4), false, &winbond_bp3 },
	{ { 0xef, 0x40, 0x19 }, MIB(5), false, &winbond_bp4 },
	{ { 0xef, 0x40, 0x20 }, MIB(6), false, &winbond_bp4 },
	/* The same with 1.8 V */
	{ { 0xef, 0x60, 0x16 }, MIB(2), false, &winbond_bp3 },
	{ { 0xef, 0x60, 0x17 }, MIB(3), false, &winbond_bp3 },
	{ { 0xef, 0x60, 0x18 }, MIB(4), false, &winbond_bp3 },
	{ { 0xef, 0x60, 0x19 }, MIB(5), false, &winbond_bp4 },
	/* ...JV-M: QE is not set in the factory */
	{ { 0xef, 0x70, 0x15 }, MIB(1), false, &winbond_bp3 },
	{ { 0xef, 0x70, 0x16 }, MIB(2), false, &winbond_bp3 },
	{ { 0xef, 0x70, 0x17 }, MIB(3), false, &winbond_bp3 },
	{ { 0xef, 0x70, 0x18 }, MIB(4), false, &winbond_bp3 },
	{ { 0xef, 0x70, 0x19 }, MIB(5), false, &winbond_bp4 },
	{ { 0xef, 0x70, 0x20 }, MIB(6), false, &winbond_bp4 },
	/* ...JW-M, NW-M */
	{ { 0xef, 0x80, 0x16 }, MIB(2), false, &winbond_bp3 },
	{ { 0xef, 0x80, 0x17 }, MIB(3), false, &winbond_bp3 },
	{ { 0xef, 0x80, 0x18 }, MIB(4), false, &winbond_bp3 },
	{ { 0xef, 0x80, 0x20 }, MIB(6), false, &winbond_bp4 },
	/* MX25L128 (12833F, 12835F, 45G), 256, MX66L512, 1G; older parts of these ids have no TB, or other steps */
	{ { 0xc2, 0x20, 0x18 }, MIB(4), true, &macronix },
	{ { 0xc2, 0x20, 0x19 }, MIB(5), true, &macronix },
	{ { 0xc2, 0x20, 0x1a }, MIB(6), true, &macronix },
	{ { 0xc2, 0x20, 0x1b }, MIB(7), true, &macronix },
	/* MX25U256 */
	{ { 0xc2, 0x25, 0x39 }, MIB(5), true, &macronix },
	/* MX25R512F to MX25R6435F */
	{ { 0xc2, 0x28, 0x10 }, KIB_64, false, &macronix },
	{ { 0xc2, 0x28, 0x11 }, KIB_64 + 1, false, &macronix },
	{ { 0xc2, 0x28, 0x12 }, KIB_64 + 2, false, &macronix },
	{ { 0xc2, 0x28, 0x13 }, KIB_64 + 3, false, &macronix },
	{ { 0xc2, 0x28, 0x14 }, MIB(0), false, &macronix },
	{ { 0xc2, 0x28, 0x15 }, MIB(1), false, &macronix },
	{ { 0xc2, 0x28, 0x16 }, MIB(2), false, &macronix },
	{ { 0xc2, 0x28, 0x17 }, MIB(3), false, &macronix },
	/* N25Q032, 064, 128, 256, 512; MT25Q of the same density share the ids. From 1 Gbit on each die has its own. */
	{ { 0x20, 0xba, 0x16 }, MIB(2), false, &micron_bp3 },
	{ { 0x20, 0xba, 0x17 }, MIB(3), false, &micron_bp4 },
	{ { 0x20, 0xba, 0x18 }, MIB(4), false, &micron_bp4 },
	{ { 0x20, 0xba, 0x19 }, MIB(5), false, &micron_bp4 },
	{ { 0x20, 0xba, 0x20 }, MIB(6), false, &micron_bp4 },
	{ { 0x20, 0xbb, 0x16 }, MIB(2), false, &micron_bp3 },
	{ { 0x20, 0xbb, 0x17 }, MIB(3), false, &micron_bp4 },
	{ { 0x20, 0xbb, 0x18 }, MIB(4), false, &micron_bp4 },
	{ { 0x20, 0xbb, 0x19 }, MIB(5), false, &micron_bp4 },
	{ { 0x20, 0xbb, 0x20 }, MIB(6), false, &micron_bp4 },
	/* GD25Q32, 64, 128; 256; GD25LQ64, 128; GD25LB256E, 512ME. Not c8 60 19, whose two parts differ. */
	{ { 0xc8, 0x40, 0x16 }, MIB(2), false, &gigadevice_bp3 },
	{ { 0xc8, 0x40, 0x17 }, MIB(3), false, &gigadevice_bp3 },
	{ { 0xc8, 0x40, 0x18 }, MIB(4), false, &gigadevice_bp3 },
	{ { 0xc8, 0x40, 0x19 }, MIB(5), false, &gigadevice_bp4 },
	{ { 0xc8, 0x60, 0x17 }, MIB(3), false, &gigadevice_bp3 },
	{ { 0xc8, 0x60, 0x18 }, MIB(4), false, &gigadevice_bp3 },
	{ { 0xc8, 0x67, 0x19 }, MIB(5), false, &gigadevice_bp4 },
	{ { 0xc8, 0x67, 0x1a }, MIB(6), false, &gigadevice_bp4 },
	/* S25FL064L, 128L, 256L */
	{ { 0x01, 0x60, 0x17 }, MIB(3), false, &s25fl_l_bp3 },
	{ { 0x01, 0x60, 0x18 }, MIB(4), false, &s25fl_l_bp3 },
	{ { 0x01, 0x60, 0x19 }, MIB(5), false, &s25fl_l_bp4 },
};

#define NUM_PARTS	(sizeof(parts) / sizeof(parts[0]))

const struct ofl_protect_part *ofl_protect_by_index(unsigned int index)
{
	return index < NUM_PARTS ? &parts[index] : NULL;
}

bool ofl_protect_is_newer(const struct ofl_protect_hint *hint)
{
	return hint->quad_444 || hint->sfdp_dwords >= 16;
}

const struct ofl_protect_part *ofl_protect_find(const uint8_t jedec_id[3], const struct ofl_protect_hint *hint)
{
	for (size_t n = 0; n < NUM_PARTS; n++) {
		if (memcmp(parts[n].jedec_id, jedec_id, sizeof(parts[n].jedec_id)) != 0)
			continue;
		return parts[n].newer_only && !ofl_protect_is_newer(hint) ? NULL : &parts[n];
	}
	return NULL;
}

uint64_t ofl_protect_size(const struct ofl_protect_part *part)
{
	return 1ull << part->log2_bytes;
}

bool ofl_protect_has_reg(const struct ofl_protect_part *part, const struct ofl_protect_hint *hint, unsigned int reg)
{
	const struct ofl_protect_layout *layout = part->layout;

	if (reg >= layout->num_regs)
		return false;
	/* W25Q..BV, CV and DV have no 15h; their tables are shorter than those of the FV and JV. */
	if (layout == &winbond_bp3 || layout == &winbond_bp4)
		return reg < 2 || hint->sfdp_dwords >= 16;
	return true;
}

bool ofl_protect_bit_set(const struct ofl_protect_bit *bit, const uint8_t *regs)
{
	return regs[bit->reg] & bit->mask;
}

static void put_bit(const struct ofl_protect_bit *bit, uint8_t *regs, bool value)
{
	regs[bit->reg] = value ? regs[bit->reg] | bit->mask : regs[bit->reg] & ~bit->mask;
}

static unsigned int get_bp(const struct ofl_protect_layout *layout, const uint8_t *regs)
{
	unsigned int bp = 0;

	for (unsigned int n = 0; n < layout->num_bp; n++)
		bp |= (regs[0] & layout->bp[n]) ? 1u << n : 0;
	return bp;
}

/* Without CMP. BP counts steps that double: of 64 KiB, or of a 64th of a chip with three bits that is larger. */
static uint64_t locked_bytes(const struct ofl_protect_part *part, unsigned int bp, bool sec)
{
	unsigned int all = (1u << part->layout->num_bp) - 1;
	uint64_t size_bytes = ofl_protect_size(part);
	uint64_t step_bytes = BLOCK_BYTES;

	if (bp == 0)
		return 0;
	if (bp == all)
		return size_bytes;
	if (sec)
		return bp < 4 ? SECTOR_BYTES << (bp - 1) : SEC_MAX_BYTES;
	if (part->layout->num_bp == 3 && size_bytes / 64 > step_bytes)
		step_bytes = size_bytes / 64;
	uint64_t length_bytes = step_bytes << (bp - 1);
	return length_bytes < size_bytes ? length_bytes : size_bytes;
}

void ofl_protect_decode(const struct ofl_protect_part *part, const uint8_t *regs, struct ofl_protect_range *range)
{
	const struct ofl_protect_layout *layout = part->layout;
	uint64_t size_bytes = ofl_protect_size(part);
	bool bottom = ofl_protect_bit_set(&layout->tb, regs);
	uint64_t length_bytes = locked_bytes(part, get_bp(layout, regs), ofl_protect_bit_set(&layout->sec, regs));

	if (ofl_protect_bit_set(&layout->cmp, regs)) {
		length_bytes = size_bytes - length_bytes;
		bottom = !bottom;
	}
	range->length_bytes = length_bytes;
	range->offset_bytes = bottom || !length_bytes ? 0 : size_bytes - length_bytes;
}

void ofl_protect_text(const struct ofl_protect_part *part, const uint8_t *regs, char *text, size_t text_size)
{
	const struct ofl_protect_layout *layout = part->layout;
	const struct {
		const char *name;
		const struct ofl_protect_bit *bit;
	} bits[] = { { "TB", &layout->tb }, { "SEC", &layout->sec }, { "CMP", &layout->cmp }, { "SRP", &layout->srp },
		{ "SRL", &layout->srl } };
	size_t used = snprintf(text, text_size, "BP%u-0=%u", layout->num_bp - 1, get_bp(layout, regs));

	for (size_t n = 0; n < sizeof(bits) / sizeof(bits[0]) && used < text_size; n++) {
		if (bits[n].bit->mask)
			used += snprintf(text + used, text_size - used, " %s=%u", bits[n].name,
					ofl_protect_bit_set(bits[n].bit, regs));
	}
}

/* ---------------------------------------------------------------- from ranges to bits */

/*
 * All settings of the bits that may be written, plainest first: CMP and SEC are the outer digits of the count. TB comes
 * as it is before its opposite, so that "nothing" and "everything" leave it alone. False: there is no such number.
 */
static bool nth_setting(const struct ofl_protect_part *part, const uint8_t *regs, unsigned int number, uint8_t *result)
{
	const struct ofl_protect_layout *layout = part->layout;
	const unsigned int all = (1u << layout->num_bp) - 1;
	unsigned int bp = number & all;
	bool flip_tb = number >> layout->num_bp & 1;
	bool sec = number >> layout->num_bp & 2;
	bool cmp = number >> layout->num_bp & 4;

	if (number >> layout->num_bp >= 8)
		return false;
	/* All ones protect everything on every chip, smaller numbers only on small ones: they are seen first. */
	bp = bp == 0 ? 0 : all + 1 - bp;
	memcpy(result, regs, OFL_PROTECT_MAX_REGS);
	for (unsigned int n = 0; n < layout->num_bp; n++)
		put_bit(&(struct ofl_protect_bit) { 0, layout->bp[n] }, result, bp >> n & 1);
	if (layout->tb.mask && !layout->tb_once)
		put_bit(&layout->tb, result, ofl_protect_bit_set(&layout->tb, regs) != flip_tb);
	if (layout->sec.mask)
		put_bit(&layout->sec, result, sec);
	if (layout->cmp.mask)
		put_bit(&layout->cmp, result, cmp);
	return true;
}

/* BP 5 and 6 with SEC: the first is the same as 4, the second is not in all data sheets' tables. */
static bool is_listed(const struct ofl_protect_part *part, const uint8_t *regs)
{
	const struct ofl_protect_layout *layout = part->layout;
	unsigned int bp = get_bp(layout, regs);

	if (layout->sec.mask && ofl_protect_bit_set(&layout->sec, regs))
		return bp != 5 && bp != 6;
	return true;
}

static bool same_range(const struct ofl_protect_range *a, const struct ofl_protect_range *b)
{
	return a->length_bytes == b->length_bytes && (!a->length_bytes || a->offset_bytes == b->offset_bytes);
}

static bool contains(const struct ofl_protect_range *outer, const struct ofl_protect_range *inner)
{
	if (!inner->length_bytes)
		return true;
	return outer->offset_bytes <= inner->offset_bytes &&
		inner->offset_bytes + inner->length_bytes <= outer->offset_bytes + outer->length_bytes;
}

static bool is_within_chip(const struct ofl_protect_part *part, const struct ofl_protect_range *range)
{
	uint64_t size_bytes = ofl_protect_size(part);

	return range->offset_bytes <= size_bytes && range->length_bytes <= size_bytes - range->offset_bytes;
}

bool ofl_protect_encode(const struct ofl_protect_part *part, const uint8_t *regs,
		const struct ofl_protect_range *wanted, uint8_t *result)
{
	struct ofl_protect_range range;

	/* What it is already needs no other bits. */
	ofl_protect_decode(part, regs, &range);
	if (same_range(&range, wanted)) {
		memcpy(result, regs, OFL_PROTECT_MAX_REGS);
		return true;
	}
	for (unsigned int number = 0; nth_setting(part, regs, number, result); number++) {
		ofl_protect_decode(part, result, &range);
		if (is_listed(part, result) && same_range(&range, wanted))
			return true;
	}
	memcpy(result, regs, OFL_PROTECT_MAX_REGS);
	return false;
}

bool ofl_protect_nearest(const struct ofl_protect_part *part, const uint8_t *regs,
		const struct ofl_protect_range *wanted, struct ofl_protect_range *inside, struct ofl_protect_range *around)
{
	uint8_t setting[OFL_PROTECT_MAX_REGS];
	struct ofl_protect_range range;

	if (!is_within_chip(part, wanted))
		return false;
	*inside = (struct ofl_protect_range) { 0, 0 };
	*around = (struct ofl_protect_range) { 0, ofl_protect_size(part) };
	for (unsigned int number = 0; nth_setting(part, regs, number, setting); number++) {
		ofl_protect_decode(part, setting, &range);
		if (contains(wanted, &range) && range.length_bytes > inside->length_bytes)
			*inside = range;
		if (contains(&range, wanted) && range.length_bytes < around->length_bytes)
			*around = range;
	}
	return true;
}

bool ofl_protect_change(const struct ofl_protect_range *now, const struct ofl_protect_range *change, bool set,
		struct ofl_protect_range *wanted)
{
	uint64_t now_end = now->offset_bytes + now->length_bytes;
	uint64_t change_end = change->offset_bytes + change->length_bytes;

	*wanted = *now;
	if (!change->length_bytes)
		return true;
	if (set) {
		if (!now->length_bytes) {
			*wanted = *change;
			return true;
		}
		uint64_t start = now->offset_bytes < change->offset_bytes ? now->offset_bytes : change->offset_bytes;
		uint64_t end = now_end > change_end ? now_end : change_end;
		*wanted = (struct ofl_protect_range) { start, end - start };
		return now->offset_bytes <= change_end && change->offset_bytes <= now_end;
	}
	if (!now->length_bytes || change->offset_bytes >= now_end || change_end <= now->offset_bytes)
		return true;
	bool lower_left = change->offset_bytes > now->offset_bytes, upper_left = change_end < now_end;
	if (lower_left && upper_left)
		return false;
	if (lower_left)
		wanted->length_bytes = change->offset_bytes - now->offset_bytes;
	else if (upper_left)
		*wanted = (struct ofl_protect_range) { change_end, now_end - change_end };
	else
		*wanted = (struct ofl_protect_range) { 0, 0 };
	return true;
}
