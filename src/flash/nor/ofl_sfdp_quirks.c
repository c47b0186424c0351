// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Parts whose SFDP is known to be wrong or to leave out what a programmer must know. A correction is keyed on the JEDEC
 * id and on the wrong property itself, so that a corrected mask of the same part is left alone; each leaves a note.
 *
 * The facts and who found them: Linux drivers/mtd/spi-nor/{spansion,winbond,macronix,issi,micron-st,sst}.c and their
 * commit logs, U-Boot drivers/mtd/spi/spi-nor-core.c; others are named at the correction.
 */

#include "ofl_sfdp_internal.h"

#define MFR_SPANSION	0x01
#define MFR_MICRON_ST	0x20
#define MFR_MICRON	0x2c
#define MFR_INFINEON	0x34
#define MFR_ISSI	0x9d
#define MFR_SST		0xbf
#define MFR_MACRONIX	0xc2
#define MFR_GIGADEVICE	0xc8
#define MFR_WINBOND	0xef

#define MIB		(UINT64_C(1024) * 1024)

static bool is_id(const uint8_t jedec_id[3], uint8_t manufacturer, uint8_t type, uint8_t density)
{
	return jedec_id[0] == manufacturer && jedec_id[1] == type && jedec_id[2] == density;
}

/* S25FS-S; the S25FL-S of the same density share these three bytes and are as well served by what is corrected here. */
static bool is_s25fs_s(const uint8_t jedec_id[3])
{
	return is_id(jedec_id, MFR_SPANSION, 0x20, 0x18) || is_id(jedec_id, MFR_SPANSION, 0x02, 0x17)
			|| is_id(jedec_id, MFR_SPANSION, 0x02, 0x19) || is_id(jedec_id, MFR_SPANSION, 0x02, 0x20);
}

/* S25HL-T (2A), S25HS-T (2B; S25FS256T too), S28HL-T (5A), S28HS-T (5B) */
static bool is_s25hx_t(const uint8_t jedec_id[3])
{
	return jedec_id[0] == MFR_INFINEON && (jedec_id[1] == 0x2a || jedec_id[1] == 0x2b);
}

static bool is_s28hx_t(const uint8_t jedec_id[3])
{
	return jedec_id[0] == MFR_INFINEON && (jedec_id[1] == 0x5a || jedec_id[1] == 0x5b);
}

/*
 * Gives the chip the 4-byte opcodes that its maker lists for it and its 4-byte table (if any) does not. Only the erase
 * opcodes named by `with_52` for 32 KiB: Winbond's parts have no 5Ch.
 */
static void give_4byte_opcodes(struct ofl_sfdp *sfdp, bool with_52)
{
	sfdp->read_4byte = 0x13;
	sfdp->program_4byte = 0x12;
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		struct ofl_sfdp_erase_type *type = &sfdp->erase[i];

		if (type->size_bytes == 4096 && (type->opcode == 0x20 || type->opcode == 0xd7))
			type->opcode_4byte = 0x21;
		else if (type->size_bytes == 32768 && type->opcode == 0x52 && with_52)
			type->opcode_4byte = 0x5c;
		else if (type->size_bytes == 65536 && type->opcode == 0xd8)
			type->opcode_4byte = 0xdc;
	}
}

static void quirks_spansion(const struct ofl_sfdp_tables *tables, const uint8_t jedec_id[3], struct ofl_sfdp *sfdp)
{
	/*
	 * S25FL064L: DW10 is EE009231, which makes the 64 KiB erase 4 ms at most; the maker says that FF0D9231 was meant
	 * (community.cypress.com message 167849).
	 */
	if (is_id(jedec_id, MFR_SPANSION, 0x60, 0x17) && ofl_sfdp_dword(&tables->basic, 10) == 0xee009231) {
		ofl_sfdp_decode_erase_times(sfdp, 0xff0d9231);
		ofl_sfdp_note(sfdp, "S25FL064L: erase times are misprinted in the chip (DW10): the maker's correction is used");
	}

	if (!is_s25fs_s(jedec_id))
		return;
	/* Half a page at a time is right on the S25FL512S too, whose page is 512 bytes. */
	if (sfdp->page_bytes == 512) {
		sfdp->page_bytes = 256;
		ofl_sfdp_note(sfdp, "S25FS-S: the page is said to be 512 bytes, but writing wraps at 256: 256 used");
	}
	/* 20h reaches eight parameter sectors at one end and nothing else, whatever DW1 says; only the map tells where. */
	if (sfdp->erase_4k_everywhere) {
		sfdp->erase_4k_everywhere = false;
		ofl_sfdp_note(sfdp, "S25FS-S: 4 KiB erase works in the parameter sectors only, although DW1 says everywhere");
	}
	/*
	 * CR3NV bit 1 is reserved and reads 0, but the last detection command takes it for 'uniform 256 KiB' and wants 1.
	 */
	if (is_id(jedec_id, MFR_SPANSION, 0x02, 0x20) && tables->map.num_dwords != 0)
		sfdp->map_id_set_bits = 0x01;
}

static void quirks_infineon(const uint8_t jedec_id[3], struct ofl_sfdp *sfdp)
{
	if (!is_s25hx_t(jedec_id) && !is_s28hx_t(jedec_id))
		return;

	sfdp->program_once_bytes = 16;
	ofl_sfdp_note(sfdp, "ECC in units of 16 bytes: a unit is programmed once between erases");
	/* CFR3V bit 4 chooses 256 or 512; 256 is right in both cases, and 128 (S25FS256T) is a slip. */
	if (sfdp->page_bytes != 256) {
		ofl_sfdp_note(sfdp, "page of %u bytes is not what this part has: 256 used", (unsigned int)sfdp->page_bytes);
		sfdp->page_bytes = 256;
	}
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		struct ofl_sfdp_erase_type *type = &sfdp->erase[i];
		const uint8_t right = type->opcode == 0x20 ? 0x21 : type->opcode == 0xd8 ? 0xdc : 0;

		if (type->opcode_4byte != 0 && type->opcode_4byte == type->opcode && right != 0) {
			type->opcode_4byte = right;
			ofl_sfdp_note(sfdp, "4-byte table gives the 3-byte opcode %02X for erase type %u: %02X used", type->opcode,
					i + 1, right);
		}
	}
}

static void quirks_winbond(const uint8_t jedec_id[3], struct ofl_sfdp *sfdp)
{
	/* A clone (Zetta ZD25Q128C) writes 16 Mbit where 16 Mbyte is meant; Winbond's own tables of this id are right. */
	if (is_id(jedec_id, MFR_WINBOND, 0x40, 0x18) && sfdp->bfpt_minor == 0 && sfdp->density_bytes == 2 * MIB) {
		sfdp->density_bytes = 16 * MIB;
		sfdp->size_bytes = sfdp->density_bytes;
		ofl_sfdp_note(sfdp, "clone with the id of a W25Q128: its table says 2 MiB, the id 16 MiB, which is used");
	}
	/* The W25Q256FV has the same id and no such opcodes; its table is revision 1.0. */
	if (is_id(jedec_id, MFR_WINBOND, 0x40, 0x19) && sfdp->bfpt_minor == 5 && sfdp->read_4byte == 0) {
		give_4byte_opcodes(sfdp, false);
		ofl_sfdp_note(sfdp, "W25Q256JV (by its table's revision 1.5): has 4-byte opcodes that the table does not list");
	}
}

static void quirks_macronix(const struct ofl_sfdp_tables *tables, const uint8_t jedec_id[3], struct ofl_sfdp *sfdp)
{
	/* MX25L25635E and F share the id; only F has 4-4-4 mode (DW5 bit 4) and the 4-byte opcodes. */
	if (is_id(jedec_id, MFR_MACRONIX, 0x20, 0x19) && sfdp->read_4byte == 0 && ofl_sfdp_dword(&tables->basic,
			5) >> 4 & 1) {
		give_4byte_opcodes(sfdp, true);
		ofl_sfdp_note(sfdp, "MX25L25635F (by its 4-4-4 bit): has 4-byte opcodes that the table does not list");
	}
}

static void quirks_issi(const uint8_t jedec_id[3], struct ofl_sfdp *sfdp)
{
	if ((is_id(jedec_id, MFR_ISSI, 0x60, 0x19) || is_id(jedec_id, MFR_ISSI, 0x70, 0x19)) && sfdp->read_4byte == 0) {
		give_4byte_opcodes(sfdp, true);
		ofl_sfdp_note(sfdp, "IS25LP256/IS25WP256: has 4-byte opcodes that the table does not list");
	}
}

static void quirks_micron(const struct ofl_sfdp_tables *tables, const uint8_t jedec_id[3], struct ofl_sfdp *sfdp)
{
	/* Revision 1.0 has no DW14 to say it: N25Q of 256 Mbit and more do not program rightly when 70h is not polled. */
	if (jedec_id[0] == MFR_MICRON_ST && (jedec_id[1] == 0xba || jedec_id[1] == 0xbb) && tables->basic.num_dwords < 14
			&& sfdp->density_bytes >= 32 * MIB) {
		sfdp->busy_by_flag_status = true;
		ofl_sfdp_note(sfdp, "N25Q: flag status register (70h) is polled, which this table's revision cannot say");
	}
}

/* Parts of several dies: one address range, but a status register per die, and C7h reaches one die or none. */
static void quirk_dies(const uint8_t jedec_id[3], struct ofl_sfdp *sfdp)
{
	uint64_t die_bytes = 64 * MIB;
	bool stacked = false;

	switch (jedec_id[0]) {
	case MFR_WINBOND:	/* W25Q01, W25Q02; C2h selects a die */
		stacked = sfdp->density_bytes >= 128 * MIB;
		break;
	case MFR_MICRON_ST:	/* MT25Q 1 and 2 Gbit; C4h erases a die */
		stacked = (jedec_id[1] == 0xba || jedec_id[1] == 0xbb) && sfdp->density_bytes >= 128 * MIB;
		break;
	case MFR_MICRON:	/* MT35X 1 and 2 Gbit */
		stacked = jedec_id[1] == 0x5b && sfdp->density_bytes >= 128 * MIB;
		break;
	case MFR_INFINEON:	/* S25Hx02GT, S28Hx02GT */
		die_bytes = 128 * MIB;
		stacked = (is_s25hx_t(jedec_id) || is_s28hx_t(jedec_id)) && sfdp->density_bytes >= 256 * MIB;
		break;
	default:
		break;
	}
	if (!stacked)
		return;
	sfdp->num_dies = sfdp->density_bytes / die_bytes;
	sfdp->chip_erase_typical_ms = 0;
	sfdp->chip_erase_max_ms = 0;
	ofl_sfdp_note(sfdp, "%u dies, each with its own status: no chip erase", sfdp->num_dies);
}

void ofl_sfdp_quirks_geometry(const struct ofl_sfdp_tables *tables, const uint8_t jedec_id[3], struct ofl_sfdp *sfdp)
{
	if (!jedec_id)
		return;

	switch (jedec_id[0]) {
	case MFR_SPANSION:
		quirks_spansion(tables, jedec_id, sfdp);
		break;
	case MFR_INFINEON:
		quirks_infineon(jedec_id, sfdp);
		break;
	case MFR_WINBOND:
		quirks_winbond(jedec_id, sfdp);
		break;
	case MFR_MACRONIX:
		quirks_macronix(tables, jedec_id, sfdp);
		break;
	case MFR_ISSI:
		quirks_issi(jedec_id, sfdp);
		break;
	case MFR_MICRON_ST:
		quirks_micron(tables, jedec_id, sfdp);
		break;
	case MFR_SST:
		/* SST26: 98h (global block unlock) before anything can be written. */
		if (jedec_id[1] == 0x26) {
			sfdp->locked_at_power_up = true;
			ofl_sfdp_note(sfdp, "SST26: all blocks are locked at power-up, 98 unlocks them");
		}
		break;
	default:
		break;
	}
	quirk_dies(jedec_id, sfdp);
}

bool ofl_sfdp_quirk_no_program_bit(const uint8_t jedec_id[3])
{
	return jedec_id && is_s28hx_t(jedec_id);
}

void ofl_sfdp_quirk_4byte_route(const uint8_t jedec_id[3], struct ofl_sfdp *sfdp)
{
	/* What Linux does by default for chips of these makers whose table is too old to say it. */
	static const struct {
		uint8_t manufacturer;
		unsigned int route;
		const char *how;
	} routes[] = {
		{ MFR_MACRONIX, OFL_SFDP_4B_ENTER_B7, "B7" },
		{ MFR_WINBOND, OFL_SFDP_4B_ENTER_B7, "B7" },
		{ MFR_ISSI, OFL_SFDP_4B_ENTER_B7, "B7" },
		{ MFR_GIGADEVICE, OFL_SFDP_4B_ENTER_B7, "B7" },
		{ MFR_MICRON_ST, OFL_SFDP_4B_ENTER_WREN_B7, "06 B7" },
		{ MFR_MICRON, OFL_SFDP_4B_ENTER_WREN_B7, "06 B7" },
		{ MFR_SPANSION, OFL_SFDP_4B_BANK_REG, "bank register 17" },
	};

	if (!jedec_id)
		return;
	for (unsigned int i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (routes[i].manufacturer != jedec_id[0])
			continue;
		sfdp->routes_4byte |= routes[i].route;
		if (sfdp->address_bytes == 3)
			sfdp->address_bytes = 34;
		ofl_sfdp_note(sfdp, "4-byte addressing by the maker's usual way (%s): the table does not say how",
				routes[i].how);
		break;
	}
	/* W25Q256FV: after E9h all 3-byte addresses would mean the second 16 MiB. */
	if (jedec_id[0] == MFR_WINBOND)
		sfdp->clear_extended_on_exit = true;
}

void ofl_sfdp_quirks_map(const uint8_t jedec_id[3], struct ofl_sfdp *sfdp)
{
	/*
	 * The latency of 65h (read any register) is itself configured. As delivered it is 8 clocks on the S25FS-S, and none
	 * on the S25H-T, where the volatile registers (from 800000h) are read.
	 */
	uint8_t dummy_bytes;

	if (jedec_id && is_s25fs_s(jedec_id))
		dummy_bytes = 1;
	else if (jedec_id && is_s25hx_t(jedec_id))
		dummy_bytes = 0;
	else
		return;

	for (unsigned int i = 0; i < sfdp->num_map_detect; i++)
		if (sfdp->map_detect[i].opcode == 0x65 && sfdp->map_detect[i].dummy_bytes == 0xff)
			sfdp->map_detect[i].dummy_bytes = dummy_bytes;
}
