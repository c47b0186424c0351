// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Serial Flash Discoverable Parameters: headers, basic flash parameter table (BFPT), 4-byte address instruction table
 * (4BAIT).
 *
 * Fields are JESD216 (revisions 1.0 to F); DWn are dwords counted from 1 as the standard does. Every offset, length and
 * shift count that comes from the chip is checked before it is used. Where a table contradicts itself only what is safe
 * either way is taken, with a note, or the table is refused, with a reason.
 */

#include "ofl_sfdp_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEADER_BYTES		8u
#define SFDP_SPACE_BYTES	0x10000u	/* no chip seen has more; a 24-bit pointer beyond is damage */

#define ID_BASIC		0xff00u
#define ID_SECTOR_MAP		0xff81u
#define ID_4BYTE		0xff84u

#define MIN_DENSITY_LOG2	16	/* 64 KiB */
#define MAX_DENSITY_LOG2	31	/* 2 GiB */
#define MIN_ERASE_LOG2		8
#define MAX_ERASE_LOG2		31
#define MIN_PAGE_LOG2		6
#define MAX_PAGE_LOG2		10
#define SAFE_PAGE_BYTES		256u

static uint32_t le32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

uint32_t ofl_sfdp_dword(const struct ofl_sfdp_table *table, unsigned int number)
{
	if (number < 1 || number > table->num_dwords)
		return 0;
	return le32(table->bytes + 4 * (number - 1));
}

bool ofl_sfdp_dword_said(const struct ofl_sfdp_table *table, unsigned int number)
{
	const uint32_t value = ofl_sfdp_dword(table, number);

	return value != 0 && value != UINT32_MAX;
}

void ofl_sfdp_note(struct ofl_sfdp *sfdp, const char *format, ...)
{
	if (!sfdp)
		return;
	if (sfdp->num_notes == OFL_SFDP_MAX_NOTES) {
		snprintf(sfdp->note[OFL_SFDP_MAX_NOTES - 1], sizeof(sfdp->note[0]),
				"and more that there is no room for");
		return;
	}

	va_list args;
	va_start(args, format);
	vsnprintf(sfdp->note[sfdp->num_notes++], sizeof(sfdp->note[0]), format, args);
	va_end(args);
}

enum ofl_sfdp_result ofl_sfdp_malformed(const struct ofl_sfdp_text *why, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (why->size > 0)
		vsnprintf(why->buffer, why->size, format, args);
	va_end(args);
	return OFL_SFDP_MALFORMED;
}

static void explain(const struct ofl_sfdp_text *why, const char *text)
{
	if (why->size > 0)
		snprintf(why->buffer, why->size, "%s", text);
}

bool ofl_sfdp_not_an_erase(uint8_t opcode)
{
	/*
	 * Filler; status and register writes, page programs, reads, write enable, mode and power commands, chip erase (60h,
	 * C7h: a table that calls one of them a 4 KiB erase would cost the whole content).
	 */
	static const uint8_t others[] = {
		0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0b, 0x0c, 0x11, 0x12, 0x13, 0x31, 0x32, 0x34, 0x35,
		0x38, 0x3b, 0x3e, 0x42, 0x44, 0x4b, 0x50, 0x5a, 0x60, 0x66, 0x6b, 0x70, 0x90, 0x99, 0x9f, 0xab,
		0xad, 0xb1, 0xb7, 0xb9, 0xbb, 0xc5, 0xc7, 0xe9, 0xeb, 0xf0, 0xff,
	};

	return memchr(others, opcode, sizeof(others)) != NULL;
}

void ofl_sfdp_drop_type(struct ofl_sfdp *sfdp, unsigned int index)
{
	memset(&sfdp->erase[index], 0, sizeof(sfdp->erase[index]));
}

/* Headers */

struct header {
	uint16_t id;
	uint8_t minor, major;
	uint8_t num_dwords;
	uint32_t pointer;
	size_t offset_bytes;
};

static struct header read_header(const uint8_t *bytes, size_t offset_bytes)
{
	const uint8_t *p = bytes + offset_bytes;

	return (struct header){
		.id = (uint16_t)(p[7] << 8 | p[0]),
		.minor = p[1],
		.major = p[2],
		.num_dwords = p[3],
		.pointer = (uint32_t)p[4] | (uint32_t)p[5] << 8 | (uint32_t)p[6] << 16,
		.offset_bytes = offset_bytes,
	};
}

/*
 * JEDEC manufacturer ids have odd parity, function specific table ids even (JESD216B, parameter id): that tells them
 * apart.
 */
static bool is_vendor_table(uint16_t id)
{
	unsigned int ones = 0;

	for (unsigned int bit = 0; bit < 8; bit++)
		ones += id >> bit & 1;
	return ones % 2 == 1;
}

static unsigned int min_dwords(uint16_t id)
{
	return id == ID_BASIC ? 9 : 2;
}

static bool inside_sfdp_space(const struct header *header)
{
	return header->pointer + 4u * header->num_dwords <= SFDP_SPACE_BYTES;
}

static const char *table_name(uint16_t id)
{
	switch (id) {
	case ID_BASIC:
		return "basic table";
	case ID_SECTOR_MAP:
		return "sector map";
	default:
		return "4-byte address table";
	}
}

static bool is_better(const struct header *candidate, const struct header *chosen)
{
	if (chosen->num_dwords == 0)
		return true;
	/*
	 * The 4-byte table has 2 dwords; one with the id and another length is a slip for the register map FF87 (S25HS512T
	 * model).
	 */
	if (candidate->id == ID_4BYTE && (candidate->num_dwords == 2) != (chosen->num_dwords == 2))
		return candidate->num_dwords == 2;
	if (candidate->minor != chosen->minor)
		return candidate->minor > chosen->minor;
	return candidate->num_dwords > chosen->num_dwords;
}

static void consider(const struct header *header, struct header *chosen, struct ofl_sfdp *sfdp)
{
	const char *name = table_name(header->id);

	if (header->major != 1) {
		ofl_sfdp_note(sfdp, "%s ignored: major revision %u in the header at byte 0x%zx", name, header->major,
				header->offset_bytes);
		return;
	}
	if (header->num_dwords < min_dwords(header->id)) {
		ofl_sfdp_note(sfdp, "%s ignored: %u dwords in the header at byte 0x%zx", name, header->num_dwords,
				header->offset_bytes);
		return;
	}
	if (!inside_sfdp_space(header)) {
		ofl_sfdp_note(sfdp, "%s ignored: pointer 0x%06x in the header at byte 0x%zx", name,
				(unsigned int)header->pointer, header->offset_bytes);
		return;
	}
	if (chosen->num_dwords != 0)
		ofl_sfdp_note(sfdp, "more than one %s: the newest that fits is used", name);
	if (is_better(header, chosen))
		*chosen = *header;
}

static void check_uncounted_header(const uint8_t *bytes, size_t length, size_t headers_end, const struct header *basic,
		struct ofl_sfdp *sfdp)
{
	if (headers_end + HEADER_BYTES > length || headers_end + HEADER_BYTES > basic->pointer)
		return;

	const struct header next = read_header(bytes, headers_end);

	/* W25Q512JV and W25Q01JV have one header more than they count. */
	if (next.id >> 8 == 0xff && next.id != 0xffff && next.major == 1 && next.num_dwords != 0 && next.num_dwords != 0xff
			&& inside_sfdp_space(&next))
		ofl_sfdp_note(sfdp, "a header at byte 0x%zx (table %04X) is not counted by the SFDP header: ignored",
				headers_end, next.id);
}

static size_t later_end(size_t end_bytes, const struct header *header)
{
	const size_t table_end = header->pointer + 4u * (size_t)header->num_dwords;

	return header->num_dwords != 0 && table_end > end_bytes ? table_end : end_bytes;
}

static struct ofl_sfdp_table table_of(const uint8_t *bytes, const struct header *header)
{
	if (header->num_dwords == 0)
		return (struct ofl_sfdp_table){ 0 };
	return (struct ofl_sfdp_table){
		.bytes = bytes + header->pointer,
		.offset_bytes = header->pointer,
		.num_dwords = header->num_dwords,
		.minor = header->minor,
	};
}

static enum ofl_sfdp_result need_more(size_t have_bytes, size_t need_bytes, size_t *need_out,
		const struct ofl_sfdp_text *why)
{
	if (need_out)
		*need_out = need_bytes;
	if (why->size > 0)
		snprintf(why->buffer, why->size, "%zu bytes are needed, only %zu are there", need_bytes, have_bytes);
	return OFL_SFDP_NEED_MORE;
}

static enum ofl_sfdp_result check_signature(const uint8_t *bytes, size_t length, const struct ofl_sfdp_text *why)
{
	static const uint8_t signature[4] = { 'S', 'F', 'D', 'P' };
	const size_t known = length < sizeof(signature) ? length : sizeof(signature);

	if (memcmp(bytes, signature, known) == 0)
		return OFL_SFDP_OK;

	size_t same = 1;
	while (same < length && bytes[same] == bytes[0])
		same++;
	if (same == length && bytes[0] == 0xff)
		explain(why, "all bytes are FF: no answer, or a chip without SFDP");
	else if (same == length && bytes[0] == 0x00)
		explain(why, "all bytes are 00: no answer, or a chip without SFDP");
	else
		explain(why, "no 'SFDP' signature at byte 0");
	return OFL_SFDP_ABSENT;
}

enum ofl_sfdp_result ofl_sfdp_locate(const uint8_t *bytes, size_t length, const uint8_t jedec_id[3],
		struct ofl_sfdp *sfdp, struct ofl_sfdp_tables *tables, size_t *need_bytes, const struct ofl_sfdp_text *why)
{
	const enum ofl_sfdp_result signed_by = length > 0 ? check_signature(bytes, length, why) : OFL_SFDP_OK;
	if (signed_by != OFL_SFDP_OK)
		return signed_by;
	if (length < 2 * HEADER_BYTES)
		return need_more(length, 2 * HEADER_BYTES, need_bytes, why);
	if (bytes[5] != 1)
		return ofl_sfdp_malformed(why, "major revision %u at byte 0x5, only 1 is known", bytes[5]);

	const size_t num_headers = (size_t)bytes[6] + 1;
	size_t end_bytes = HEADER_BYTES + num_headers * HEADER_BYTES;
	if (length < end_bytes)
		return need_more(length, end_bytes, need_bytes, why);

	const size_t headers_end = end_bytes;
	struct header basic = { 0 }, map = { 0 }, four_byte = { 0 };
	for (size_t i = 0; i < num_headers; i++) {
		const struct header header = read_header(bytes, HEADER_BYTES + i * HEADER_BYTES);

		if (i == 0 && header.id != ID_BASIC)
			return ofl_sfdp_malformed(why, "the first header, at byte 0x8, is table %04X and not the basic one FF00",
					header.id);
		if (header.id == ID_BASIC)
			consider(&header, &basic, sfdp);
		else if (header.id == ID_SECTOR_MAP)
			consider(&header, &map, sfdp);
		else if (header.id == ID_4BYTE)
			consider(&header, &four_byte, sfdp);
		else if (header.id != 0xffff && is_vendor_table(header.id) && jedec_id && (header.id & 0xff) != jedec_id[0])
			ofl_sfdp_note(sfdp,
					"the chip says manufacturer %02X, but has a table of %02X: a clone or a relabelled part",
					jedec_id[0], header.id & 0xff);
	}
	if (basic.num_dwords == 0) {
		const struct header first = read_header(bytes, HEADER_BYTES);

		return ofl_sfdp_malformed(why,
				"no usable basic table: header at byte 0x8 says major revision %u, %u dwords at 0x%06x",
				first.major, first.num_dwords, (unsigned int)first.pointer);
	}

	end_bytes = later_end(later_end(later_end(end_bytes, &basic), &map), &four_byte);
	if (end_bytes > length)
		return need_more(length, end_bytes, need_bytes, why);
	*tables = (struct ofl_sfdp_tables){
		.basic = table_of(bytes, &basic),
		.map = table_of(bytes, &map),
		.four_byte = table_of(bytes, &four_byte),
	};

	check_uncounted_header(bytes, length, headers_end, &basic, sfdp);
	if (bytes[7] != 0xff)
		ofl_sfdp_note(sfdp, "access protocol %02X at byte 0x7 is not the legacy one (FF)", bytes[7]);
	return OFL_SFDP_OK;
}

/* Basic table */

static enum ofl_sfdp_result parse_density(const struct ofl_sfdp_table *basic, struct ofl_sfdp *sfdp,
		const struct ofl_sfdp_text *why)
{
	const uint32_t dword = ofl_sfdp_dword(basic, 2);
	const uint32_t value = dword & 0x7fffffff;
	const size_t at = basic->offset_bytes + 4;

	if (dword >> 31) {
		/* 2^value bits: the exponent is bounded before it becomes a shift count. */
		if (value < MIN_DENSITY_LOG2 + 3 || value > MAX_DENSITY_LOG2 + 3)
			return ofl_sfdp_malformed(why, "density of 2^%u bits at byte 0x%zx is not between 64 KiB and 2 GiB",
					(unsigned int)value, at);
		sfdp->density_bytes = UINT64_C(1) << (value - 3);
		return OFL_SFDP_OK;
	}

	const uint64_t bits = (uint64_t)value + 1;
	if ((bits & (bits - 1)) != 0)
		return ofl_sfdp_malformed(why, "density of 0x%x + 1 bits at byte 0x%zx is not a power of two",
				(unsigned int)value, at);
	if (bits < UINT64_C(8) << MIN_DENSITY_LOG2)
		return ofl_sfdp_malformed(why, "density of 0x%x + 1 bits at byte 0x%zx is below 64 KiB", (unsigned int)value,
				at);
	sfdp->density_bytes = bits / 8;
	return OFL_SFDP_OK;
}

static void parse_erase_types(const struct ofl_sfdp_table *basic, struct ofl_sfdp *sfdp)
{
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		const uint32_t half = ofl_sfdp_dword(basic, 8 + i / 2) >> (16 * (i % 2)) & 0xffff;
		const unsigned int size_log2 = half & 0xff;
		const uint8_t opcode = half >> 8;

		if (size_log2 == 0 || half == 0xffff)
			continue;
		if (size_log2 < MIN_ERASE_LOG2 || size_log2 > MAX_ERASE_LOG2
				|| UINT64_C(1) << size_log2 > sfdp->density_bytes) {
			ofl_sfdp_note(sfdp, "erase type %u ignored: 2^%u bytes do not fit a chip of %llu", i + 1, size_log2,
					(unsigned long long)sfdp->density_bytes);
			continue;
		}
		if (ofl_sfdp_not_an_erase(opcode)) {
			ofl_sfdp_note(sfdp, "erase type %u ignored: opcode %02X is no block erase", i + 1, opcode);
			continue;
		}
		sfdp->erase[i].size_bytes = UINT32_C(1) << size_log2;
		sfdp->erase[i].opcode = opcode;
	}
}

/*
 * DW1 1:0 and 15:8 say once more whether 4 KiB can be erased everywhere; the only place where a table can say that it
 * cannot.
 */
static void parse_uniform_4k(const struct ofl_sfdp_table *basic, struct ofl_sfdp *sfdp)
{
	const uint32_t dword = ofl_sfdp_dword(basic, 1);
	const uint8_t opcode = dword >> 8 & 0xff;
	unsigned int index = OFL_SFDP_MAX_ERASE_TYPES, num_types = 0;

	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		if (sfdp->erase[i].size_bytes == 4096)
			index = i;
		if (sfdp->erase[i].size_bytes != 0)
			num_types++;
	}

	sfdp->erase_4k_everywhere = (dword & 3) == 1;
	if (!sfdp->erase_4k_everywhere)
		return;
	if (num_types == 0 && !ofl_sfdp_not_an_erase(opcode)) {
		sfdp->erase[0].size_bytes = 4096;
		sfdp->erase[0].opcode = opcode;
		ofl_sfdp_note(sfdp, "no usable erase type in DW8 and DW9: the 4 KiB erase %02X of DW1 is used", opcode);
		return;
	}
	if (index == OFL_SFDP_MAX_ERASE_TYPES) {
		sfdp->erase_4k_everywhere = false;
		ofl_sfdp_note(sfdp, "DW1 claims a 4 KiB erase %02X that DW8 and DW9 do not list: not used", opcode);
		return;
	}
	if (sfdp->erase[index].opcode != opcode)
		ofl_sfdp_note(sfdp, "4 KiB erase is %02X in DW1 and %02X among the erase types: the latter is used", opcode,
				sfdp->erase[index].opcode);
}

void ofl_sfdp_decode_erase_times(struct ofl_sfdp *sfdp, uint32_t dword10)
{
	static const uint32_t unit_ms[4] = { 1, 16, 128, 1000 };
	const uint32_t multiplier = 2 * ((dword10 & 0xf) + 1);

	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		const uint32_t field = dword10 >> (4 + 7 * i) & 0x7f;

		if (sfdp->erase[i].size_bytes == 0)
			continue;
		sfdp->erase[i].typical_ms = ((field & 0x1f) + 1) * unit_ms[field >> 5];
		sfdp->erase[i].max_ms = sfdp->erase[i].typical_ms * multiplier;
	}
}

static void parse_program(const struct ofl_sfdp_table *basic, struct ofl_sfdp *sfdp)
{
	static const uint32_t chip_unit_ms[4] = { 16, 256, 4000, 64000 };
	const uint32_t dword = ofl_sfdp_dword(basic, 11);

	if (basic->num_dwords < 11)
		return;
	if (!ofl_sfdp_dword_said(basic, 11)) {
		sfdp->page_bytes = SAFE_PAGE_BYTES;
		ofl_sfdp_note(sfdp, "DW11 is blank: page of %u bytes assumed, times unknown", SAFE_PAGE_BYTES);
		return;
	}

	const unsigned int page_log2 = dword >> 4 & 0xf;
	if (page_log2 < MIN_PAGE_LOG2 || page_log2 > MAX_PAGE_LOG2) {
		sfdp->page_bytes = SAFE_PAGE_BYTES;
		ofl_sfdp_note(sfdp, "page of 2^%u bytes is not believed: %u used", page_log2, SAFE_PAGE_BYTES);
	} else {
		sfdp->page_bytes = UINT32_C(1) << page_log2;
	}

	const uint32_t multiplier = 2 * ((dword & 0xf) + 1);
	sfdp->page_program_typical_us = ((dword >> 8 & 0x1f) + 1) * (dword >> 13 & 1 ? 64 : 8);
	sfdp->page_program_max_us = sfdp->page_program_typical_us * multiplier;
	sfdp->byte_program_typical_us = ((dword >> 14 & 0xf) + 1) * (dword >> 18 & 1 ? 8 : 1);

	/*
	 * Readers of the standard differ on which multiplier goes with the chip erase, the erase one of DW10 or the program
	 * one of this dword. It becomes a deadline, so the larger.
	 */
	const uint32_t erase_multiplier = ofl_sfdp_dword_said(basic, 10) ? 2 * ((ofl_sfdp_dword(basic, 10) & 0xf) + 1) : 0;
	sfdp->chip_erase_typical_ms = ((dword >> 24 & 0x1f) + 1) * chip_unit_ms[dword >> 29 & 3];
	sfdp->chip_erase_max_ms = sfdp->chip_erase_typical_ms * (erase_multiplier > multiplier
			? erase_multiplier : multiplier);
}

static void parse_modes(const struct ofl_sfdp_table *basic, struct ofl_sfdp *sfdp)
{
	static const uint32_t delay_unit_ns[4] = { 128, 1000, 8000, 64000 };
	const uint32_t dword14 = ofl_sfdp_dword(basic, 14);
	const uint32_t dword15 = ofl_sfdp_dword(basic, 15);
	const uint32_t dword16 = ofl_sfdp_dword(basic, 16);

	const uint32_t quad_read = ofl_sfdp_dword(basic, 3) >> 16;

	sfdp->quad_444 = ofl_sfdp_dword_said(basic, 5) && (ofl_sfdp_dword(basic, 5) >> 4 & 1);
	sfdp->quad_enable = 0xff;
	/* DW1 bit 22: 1-1-4 read; DW3 31:16: wait states 4:0, mode clocks 7:5, opcode 15:8. */
	if ((ofl_sfdp_dword(basic, 1) >> 22 & 1) && quad_read >> 8 != 0x00 && quad_read >> 8 != 0xff) {
		sfdp->quad_read = quad_read >> 8;
		sfdp->quad_read_clocks = (quad_read & 0x1f) + (quad_read >> 5 & 7);
	}
	if (ofl_sfdp_dword_said(basic, 14)) {
		const uint8_t enter = dword14 >> 23 & 0xff, leave = dword14 >> 15 & 0xff;

		sfdp->busy_by_flag_status = (dword14 >> 2 & 3) == 2;
		if (!(dword14 >> 31) && enter != 0x00 && enter != 0xff && leave != 0x00 && leave != 0xff) {
			sfdp->deep_power_down = true;
			sfdp->deep_power_down_enter = enter;
			sfdp->deep_power_down_exit = leave;
			sfdp->deep_power_down_exit_ns = ((dword14 >> 8 & 0x1f) + 1) * delay_unit_ns[dword14 >> 13 & 3];
		}
	}
	/* All zero means something here: no quad enable bit, no 4-4-4 mode. */
	if (basic->num_dwords >= 15 && dword15 != UINT32_MAX) {
		sfdp->quad_enable = dword15 >> 20 & 7;
		if (sfdp->quad_enable == 7) {
			sfdp->quad_enable = 0xff;
			ofl_sfdp_note(sfdp, "quad enable method 7 is reserved: no quad");
		}
		sfdp->qpi_exit_ff = dword15 & 1;
		sfdp->qpi_exit_f5 = dword15 >> 1 & 1;
	}
	if (ofl_sfdp_dword_said(basic, 16))
		sfdp->soft_reset_66_99 = dword16 >> 12 & 1;
}

static enum ofl_sfdp_result parse_basic(const struct ofl_sfdp_table *basic, struct ofl_sfdp *sfdp,
		const struct ofl_sfdp_text *why)
{
	static const uint8_t address_bytes[4] = { 3, 34, 4, 0 };
	const uint32_t dword1 = ofl_sfdp_dword(basic, 1);

	sfdp->bfpt_minor = basic->minor;
	sfdp->bfpt_dwords = basic->num_dwords;
	sfdp->num_dies = 1;
	sfdp->address_bytes = address_bytes[dword1 >> 17 & 3];
	if (sfdp->address_bytes == 0)
		return ofl_sfdp_malformed(why,
				"number of address bytes (bits 18:17 of the dword at byte 0x%zx) is the reserved 3",
				basic->offset_bytes);

	const enum ofl_sfdp_result result = parse_density(basic, sfdp, why);
	if (result != OFL_SFDP_OK)
		return result;
	sfdp->size_bytes = sfdp->density_bytes;

	parse_erase_types(basic, sfdp);
	parse_uniform_4k(basic, sfdp);
	if (ofl_sfdp_dword_said(basic, 10))
		ofl_sfdp_decode_erase_times(sfdp, ofl_sfdp_dword(basic, 10));
	else if (basic->num_dwords >= 10)
		ofl_sfdp_note(sfdp, "DW10 is blank: erase times unknown");
	parse_program(basic, sfdp);
	if (!(dword1 & 4) && sfdp->page_bytes == 0)
		ofl_sfdp_note(sfdp, "DW1 says that single bytes are written: the chip may have no page program");
	parse_modes(basic, sfdp);
	return OFL_SFDP_OK;
}

/* 4-byte table */

static void parse_4byte_table(const struct ofl_sfdp_table *table, bool no_program_bit, struct ofl_sfdp *sfdp)
{
	const uint32_t bits = ofl_sfdp_dword(table, 1), opcodes = ofl_sfdp_dword(table, 2);
	const uint32_t reads = bits & 0xe03f, erases = bits >> 9 & 0xf;
	uint32_t programs = bits >> 6 & 7;

	if (table->num_dwords == 0)
		return;
	if (reads && erases && !programs && no_program_bit) {
		programs = 1;
		ofl_sfdp_note(sfdp, "this part's 4-byte table forgets page program 12: assumed");
	}
	/* Tables with nothing in them are on chips that have no such opcodes (c22018, XM25QH32D). */
	if (!reads || !programs || !erases) {
		ofl_sfdp_note(sfdp, "4-byte address table ignored: it lacks reads, programs or erases (0x%08x)",
				(unsigned int)bits);
		return;
	}

	sfdp->read_4byte = reads & 1 ? 0x13 : 0;
	sfdp->program_4byte = programs & 1 ? 0x12 : 0;
	sfdp->quad_read_4byte = reads >> 4 & 1 ? 0x6c : 0;
	sfdp->quad_program_4byte = programs >> 1 & 1 ? 0x34 : 0;
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		const uint8_t opcode = opcodes >> (8 * i) & 0xff;

		/* Bits for types that the basic table does not have mean nothing. */
		if (!(erases >> i & 1) || sfdp->erase[i].size_bytes == 0)
			continue;
		if (ofl_sfdp_not_an_erase(opcode))
			ofl_sfdp_note(sfdp, "4-byte opcode %02X of erase type %u ignored: no block erase", opcode, i + 1);
		else
			sfdp->erase[i].opcode_4byte = opcode;
	}
}

/*
 * One 4-byte opcode for two types that are different commands otherwise: one of them is wrong, and which is not known.
 */
static void drop_shared_4byte_opcodes(struct ofl_sfdp *sfdp)
{
	bool shared[OFL_SFDP_MAX_ERASE_TYPES] = { false };

	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++)
		for (unsigned int j = 0; j < OFL_SFDP_MAX_ERASE_TYPES; j++)
			if (sfdp->erase[i].opcode_4byte != 0 && sfdp->erase[i].opcode_4byte == sfdp->erase[j].opcode_4byte
					&& sfdp->erase[i].opcode != sfdp->erase[j].opcode
					&& sfdp->erase[i].size_bytes != sfdp->erase[j].size_bytes)
				shared[i] = true;
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		if (!shared[i])
			continue;
		ofl_sfdp_note(sfdp, "4-byte opcode %02X of erase type %u is given to another size too: not used",
				sfdp->erase[i].opcode_4byte, i + 1);
		sfdp->erase[i].opcode_4byte = 0;
	}
}

static void check_4byte_opcodes(struct ofl_sfdp *sfdp)
{
	bool erases = false;

	drop_shared_4byte_opcodes(sfdp);

	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++) {
		struct ofl_sfdp_erase_type *type = &sfdp->erase[i];

		if (type->opcode_4byte == 0)
			continue;
		/* The same opcode takes 3 address bytes in 3-byte mode: sent with 4 it would erase somewhere else. */
		if (type->opcode_4byte == type->opcode && sfdp->address_bytes != 4) {
			ofl_sfdp_note(sfdp, "4-byte opcode of erase type %u is the 3-byte one (%02X): not used", i + 1,
					type->opcode);
			type->opcode_4byte = 0;
			continue;
		}
		erases = true;
	}
	if (erases && sfdp->read_4byte && sfdp->program_4byte)
		sfdp->routes_4byte |= OFL_SFDP_4B_OPCODES;
}

static void resolve_addressing(const struct ofl_sfdp_table *basic, const uint8_t jedec_id[3], struct ofl_sfdp *sfdp)
{
	const bool large = sfdp->density_bytes > OFL_SFDP_3_BYTE_REACH;
	const uint8_t enter = ofl_sfdp_dword_said(basic, 16) ? ofl_sfdp_dword(basic, 16) >> 24 : 0;
	/* Bits 4:0 are in the order of our mask; bit 5 only says that opcodes exist, the 4-byte table says which. */
	const unsigned int by_mode = enter == 0xff ? 0 : enter & 0x1f;

	check_4byte_opcodes(sfdp);
	if (sfdp->address_bytes == 4) {
		sfdp->routes_4byte |= OFL_SFDP_4B_ALWAYS;
		return;
	}
	if (sfdp->address_bytes == 3 && large && by_mode) {
		sfdp->address_bytes = 34;
		ofl_sfdp_note(sfdp, "DW1 says 3 address bytes only, DW16 how 4-byte mode is entered: the latter is believed");
	}
	if (sfdp->address_bytes == 34)
		sfdp->routes_4byte |= by_mode;
	if (!large)
		return;
	if (sfdp->routes_4byte == 0)
		ofl_sfdp_quirk_4byte_route(jedec_id, sfdp);
	if (sfdp->routes_4byte != 0)
		return;

	sfdp->size_bytes = OFL_SFDP_3_BYTE_REACH;
	ofl_sfdp_note(sfdp, "no way to 4 address bytes is known: only the first 16 of %llu MiB can be reached",
			(unsigned long long)(sfdp->density_bytes >> 20));
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++)
		if (sfdp->erase[i].size_bytes > sfdp->size_bytes)
			ofl_sfdp_drop_type(sfdp, i);
}

static bool has_erase_type(const struct ofl_sfdp *sfdp)
{
	for (unsigned int i = 0; i < OFL_SFDP_MAX_ERASE_TYPES; i++)
		if (sfdp->erase[i].size_bytes != 0)
			return true;
	return false;
}

static enum ofl_sfdp_result parse_all(const uint8_t *bytes, size_t length, const uint8_t jedec_id[3],
		struct ofl_sfdp *sfdp, size_t *need_bytes, const struct ofl_sfdp_text *why)
{
	struct ofl_sfdp_tables tables;
	enum ofl_sfdp_result result = ofl_sfdp_locate(bytes, length, jedec_id, sfdp, &tables, need_bytes, why);
	if (result != OFL_SFDP_OK)
		return result;

	sfdp->minor = bytes[4];
	sfdp->major = bytes[5];
	result = parse_basic(&tables.basic, sfdp, why);
	if (result != OFL_SFDP_OK)
		return result;
	parse_4byte_table(&tables.four_byte, ofl_sfdp_quirk_no_program_bit(jedec_id), sfdp);
	ofl_sfdp_quirks_geometry(&tables, jedec_id, sfdp);
	resolve_addressing(&tables.basic, jedec_id, sfdp);
	if (!has_erase_type(sfdp))
		return ofl_sfdp_malformed(why, "no usable erase type in the two dwords at byte 0x%zx",
				tables.basic.offset_bytes + 28);
	result = ofl_sfdp_resolve_map(&tables.map, sfdp, why);
	if (result != OFL_SFDP_OK)
		return result;
	ofl_sfdp_quirks_map(jedec_id, sfdp);
	return OFL_SFDP_OK;
}

enum ofl_sfdp_result ofl_sfdp_parse(const uint8_t *bytes, size_t length, const uint8_t jedec_id[3],
		struct ofl_sfdp *sfdp, size_t *need_bytes, char *why, size_t why_size)
{
	const struct ofl_sfdp_text text = { .buffer = why, .size = why_size };

	memset(sfdp, 0, sizeof(*sfdp));
	if (need_bytes)
		*need_bytes = 0;
	if (why_size > 0)
		why[0] = '\0';

	const enum ofl_sfdp_result result = parse_all(bytes, length, jedec_id, sfdp, need_bytes, &text);
	if (result != OFL_SFDP_OK)
		memset(sfdp, 0, sizeof(*sfdp));
	return result;
}
