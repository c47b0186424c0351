// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * From the encoding tables of the ARMv6-M Architecture Reference Manual, ARM DDI 0419E, A5.2 (16 bit) and A5.3 (32
 * bit).
 */

#include <stddef.h>

#include "thumb.h"

static int32_t sign_extend(uint32_t value, unsigned int bits)
{
	uint32_t sign = 1u << (bits - 1);

	return (int32_t)((value ^ sign) - sign);
}

/* A5.2.3, special data instructions and branch and exchange */
static const char *decode_special(uint16_t first, enum thumb_code code, struct thumb_insn *insn)
{
	unsigned int target = (first & 7) | (first >> 4 & 8);

	if ((first & 0xff00) == 0x4700) {
		/* BX; BLX (bit 7) calls what cannot be known here, and only jump tables and pointers need it. */
		if (first & 0x80) {
			insn->calls_pointer = true;
			if (code != THUMB_GATE)
				return "BLX to a register";
			return first & 7 ? "BLX with bits that must be 0" : NULL;
		}
		insn->ends = true;
		return first & 7 ? "BX with bits that must be 0" : NULL;
	}
	/* ADD and MOV to PC are branches. */
	if ((first & 0xff00) != 0x4500 && target == 15)
		return "computed branch";
	return NULL;
}

/* A5.2.5, miscellaneous 16-bit instructions */
static const char *decode_misc(uint16_t first, enum thumb_code code, struct thumb_insn *insn)
{
	switch (first >> 8 & 0xf) {
	case 0x0:	/* ADD, SUB SP */
	case 0x2:	/* SXTH, SXTB, UXTH, UXTB */
	case 0x4:	/* PUSH */
	case 0x5:
	case 0xc:	/* POP */
		return NULL;
	case 0xd:	/* with PC */
		insn->ends = true;
		return NULL;
	case 0xa:	/* REV, REV16, REVSH */
		return (first >> 6 & 3) == 2 ? "not in ARMv6-M" : NULL;
	case 0xe:
		return NULL;	/* BKPT: the host may resume behind it */
	case 0xf:
		return first == 0xbf00 ? NULL : "a hint other than NOP, or IT";
	case 0x6:
		/* Bit 4 masks; of the bits for A, I and F ARMv6-M has only I. */
		insn->unmasks = first == 0xb662;
		insn->masks = first == 0xb672;
		return code == THUMB_GATE && (insn->unmasks || insn->masks) ? NULL : "CPS";
	default:
		return "CBZ, CBNZ or unknown";
	}
}

/* A5.3: BL, and what moves special registers or waits for memory */
static const char *decode_32bit(uint16_t first, uint16_t second, struct thumb_insn *insn)
{
	insn->bytes = 4;
	if ((first & 0xf800) == 0xf000 && (second & 0xd000) == 0xd000) {
		uint32_t sign = first >> 10 & 1;
		uint32_t i1 = !((second >> 13 & 1) ^ sign);
		uint32_t i2 = !((second >> 11 & 1) ^ sign);
		uint32_t offset = sign << 24 | i1 << 23 | i2 << 22 | (first & 0x3ffu) << 12 | (second & 0x7ffu) << 1;
		insn->branches = true;
		insn->target = sign_extend(offset, 25) + 4;
		return NULL;
	}
	if ((first & 0xfff0) == 0xf380 && (second & 0xff00) == 0x8800)	/* MSR */
		return NULL;
	if (first == 0xf3ef && (second & 0xf000) == 0x8000)	/* MRS */
		return NULL;
	if (first == 0xf3bf && (second & 0xffcf) == 0x8f4f)	/* DSB, DMB, ISB */
		return NULL;
	return "32 bits, and not in ARMv6-M";
}

const char *thumb_decode(uint32_t address, uint16_t first, uint16_t second, enum thumb_code code,
		struct thumb_insn *insn)
{
	*insn = (struct thumb_insn) { .bytes = 2 };
	if (first >= 0xe800)
		return decode_32bit(first, second, insn);
	switch (first >> 12) {
	case 0x4:
		if (first >= 0x4800) {
			insn->is_literal = true;
			insn->literal = (address & 2 ? 2 : 4) + 4 * (first & 0xffu);
			return NULL;
		}
		return first >= 0x4400 ? decode_special(first, code, insn) : NULL;
	case 0xb:
		return decode_misc(first, code, insn);
	case 0xd:
		if ((first & 0xf00) == 0xe00)
			return "UDF";
		if ((first & 0xf00) == 0xf00)
			return "SVC";
		insn->branches = true;
		insn->target = sign_extend(first & 0xffu, 8) * 2 + 4;
		return NULL;
	case 0xe:
		insn->ends = true;
		insn->branches = true;
		insn->target = sign_extend(first & 0x7ffu, 11) * 2 + 4;
		return NULL;
	default:
		/* Shifts, immediates, loads, stores, ADR, ADD SP, LDM, STM: all of these encodings exist. */
		return NULL;
	}
}
