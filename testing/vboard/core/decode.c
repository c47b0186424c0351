// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What an opcode costs, and whether it needs attention before it executes.
 *
 * Cycles with zero wait states, from the Technical Reference Manuals: Cortex-M0 r0p0 (ARM DDI 0432C) table 3-1,
 * Cortex-M0+ r0p1 (DDI 0484C) table 3-1, Cortex-M3 r2p0 (DDI 0337H) table 3-1, Cortex-M4 r0p0 (DDI 0439B) table 3-1.
 * Where these give a range (division, pipelined loads) one value is taken. ARM publishes no such table for the M7 and
 * M33; they are charged as the M4, which is slow for an M7. The core adds refill_cycles for a branch taken.
 *
 * libunicorn's Cortex-M0 executes CBZ, IT and CPS of FAULTMASK, which ARMv6-M does not have ([v6M] A5.2): every
 * opcode is therefore judged here first.
 */

#include <stdlib.h>

#include "core_private.h"

static unsigned int count_bits(unsigned int value)
{
	return (unsigned int)__builtin_popcount(value);
}

static struct insn_class make(unsigned int cycles, enum insn_action action)
{
	struct insn_class class = { .cycles = (uint8_t)cycles, .action = (uint8_t)action };

	return class;
}

/* MRS, MSR and barriers: 4 cycles on M0, 3 on M0+, about 2 (MSR 1 or 2) on the others. */
static unsigned int system_cycles(const struct core *core)
{
	switch (core->config.type) {
	case CORE_M0:
		return 4;
	case CORE_M0PLUS:
		return 3;
	default:
		return 2;
	}
}

static struct insn_class hint(const struct core *core, unsigned int number)
{
	switch (number) {
	case 1:
		return make(1, INSN_YIELD);
	case 2:
		return make(core->is_v6m ? 2 : 1, INSN_WFE);
	case 3:
		return make(core->is_v6m ? 2 : 1, INSN_WFI);
	case 4:
		return make(1, INSN_SEV);
	default:
		/* NOP, and those not allocated, which execute as NOP ([v6M] A5.2.5). */
		return make(1, INSN_PLAIN);
	}
}

/* 1011xxxx: [v6M] A5.2.5, [v7M] A5.2.5 */
static struct insn_class miscellaneous(const struct core *core, uint16_t op)
{
	unsigned int registers = count_bits(op & 0xff);

	switch (op >> 8) {
	case 0xb0:	/* ADD/SUB SP, imm */
	case 0xb2:	/* extend */
		return make(1, INSN_PLAIN);
	case 0xb4:
	case 0xb5:	/* PUSH */
		return make(1 + registers + (op >> 8 & 1), INSN_PLAIN);
	case 0xbc:	/* POP */
		return make(1 + registers, INSN_PLAIN);
	case 0xbd:	/* POP {..., PC}: the M0 takes 4 + N, the others 3 + N with the refill, where N includes the PC */
		return make((core->is_v6m ? 2 : 1) + registers + 1, INSN_PLAIN);
	case 0xb6:
		/* CPS. v6-M has only the I bit; SETEND is not in any M profile. */
		if (core->is_v6m)
			return make(1, op == 0xb662 || op == 0xb672 ? INSN_SYSTEM : INSN_UNDEFINED);
		return make(1, (op & 0xffe0) == 0xb660 ? INSN_SYSTEM : INSN_UNDEFINED);
	case 0xba:	/* REV, REV16, REVSH */
		return make(1, (op & 0xc0) == 0x80 ? INSN_UNDEFINED : INSN_PLAIN);
	case 0xbe:
		return make(1, INSN_BKPT);
	case 0xbf:
		if ((op & 0xf) == 0)
			return hint(core, op >> 4 & 0xf);
		return make(1, core->is_v6m ? INSN_UNDEFINED : INSN_IT);
	case 0xb1:
	case 0xb3:
	case 0xb9:
	case 0xbb:	/* CBZ, CBNZ */
		return make(1, core->is_v6m ? INSN_UNDEFINED : INSN_PLAIN);
	default:
		return make(1, INSN_UNDEFINED);
	}
}

static struct insn_class classify_16bit(const struct core *core, uint16_t op)
{
	switch (op >> 12) {
	case 0x4:
		if (op >= 0x4800)	/* LDR literal */
			return make(2, INSN_PLAIN);
		/* BX, BLX: bits 2:0 are (0)(0)(0); with bit 2 set it is BXNS/BLXNS, which needs the Security Extension. */
		if ((op & 0xff07) == 0x4704)
			return make(1, INSN_UNDEFINED);
		return make(1, INSN_PLAIN);
	case 0x5:
	case 0x6:
	case 0x7:
	case 0x8:
	case 0x9:
		return make(2, INSN_PLAIN);
	case 0xb:
		return miscellaneous(core, op);
	case 0xc:	/* LDM, STM */
		return make(1 + count_bits(op & 0xff), INSN_PLAIN);
	case 0xd:
		if (op >> 8 == 0xde)
			return make(1, INSN_UNDEFINED);
		return make(1, op >> 8 == 0xdf ? INSN_SVC : INSN_PLAIN);
	default:
		return make(1, INSN_PLAIN);
	}
}

/* First half-words of 32-bit instructions; [v7M] A5.3. */
static struct insn_class classify_32bit(const struct core *core, uint16_t op)
{
	/* ARMv6-M has BL, MSR, MRS, DSB, DMB and ISB ([v6M] A5.3). */
	if (core->is_v6m)
		return make(1, (op & 0xf800) == 0xf000 ? INSN_LOOK_AT_SECOND : INSN_UNDEFINED);

	switch (op >> 8) {
	case 0xe8:
	case 0xe9:
		if (!(op & 0x40))	/* LDM, STM */
			return make(1, INSN_LOOK_AT_SECOND);
		if (op == 0xe97f)
			return make(1, INSN_LOOK_AT_SECOND);	/* SG */
		/* LDRD, STRD; exclusives, TBB and TBH access once */
		return make((op & 0xffe0) == 0xe840 || (op & 0xffe0) == 0xe8c0 ? 2 : 3, INSN_PLAIN);
	case 0xec:
	case 0xed:
	case 0xee:
	case 0xef:
	case 0xfc:
	case 0xfd:
	case 0xfe:
	case 0xff:
		return make(1, INSN_LOOK_AT_SECOND);
	case 0xf3:
		/* Data processing shares this space with MSR, hints, barriers and MRS; the second half-word decides. */
		return make(1, (op & 0xff80) == 0xf380 ? INSN_LOOK_AT_SECOND : INSN_PLAIN);
	case 0xf7:
		return make(1, (op & 0xfff0) == 0xf7f0 ? INSN_LOOK_AT_SECOND : INSN_PLAIN);
	case 0xf8:
	case 0xf9:	/* load, store */
		return make(2, INSN_PLAIN);
	case 0xfb:
		if ((op & 0xffd0) == 0xfb90)	/* SDIV, UDIV: 2 to 12 */
			return make(6, INSN_PLAIN);
		if (core->config.type == CORE_M3)	/* UMULL and the like 3 to 5; MLA, MLS 2 */
			return make((op & 0x80) ? 4 : 2, INSN_PLAIN);
		return make(1, INSN_PLAIN);
	default:
		return make(1, INSN_PLAIN);
	}
}

struct insn_class *decode_new_table(const struct core *core)
{
	struct insn_class *table = malloc(0x10000 * sizeof(*table));

	if (!table)
		return NULL;
	for (unsigned int op = 0; op < 0x10000; op++) {
		table[op] = decode_is_32bit((uint16_t)op) ? classify_32bit(core, (uint16_t)op) :
				classify_16bit(core, (uint16_t)op);
	}
	return table;
}

/* Branches and miscellaneous control: [v6M] A5.3.1, [v7M] A5.3.4 */
static struct insn_class control(const struct core *core, uint16_t first, uint16_t second)
{
	if ((second & 0xd000) == 0xd000)	/* BL: 4 cycles on M0, 3 on M0+, with the refill */
		return make(core->is_v6m ? 2 : 1, INSN_PLAIN);
	if ((second & 0xd000) == 0x8000) {
		if ((first & 0xffe0) == 0xf380)	/* MSR */
			return make(system_cycles(core), INSN_SYSTEM);
		if (first == 0xf3ef)	/* MRS */
			return make(system_cycles(core), INSN_PLAIN);
		if (first == 0xf3bf && (second & 0xf0) >= 0x40 && (second & 0xf0) <= 0x60)
			return make(system_cycles(core), INSN_SYSTEM);
		if (!core->is_v6m && first == 0xf3bf)	/* CLREX */
			return make(1, INSN_PLAIN);
		if (!core->is_v6m && first == 0xf3af && (second & 0xff00) == 0x8000)
			return (second & 0xf0) ? make(1, INSN_PLAIN) : hint(core, second & 0xf);
	}
	if (core->is_v6m)
		return make(1, INSN_UNDEFINED);
	/* B.W (T4), whose first half-word backwards looks like that of UDF.W */
	if ((second & 0xd000) == 0x9000)
		return make(1, INSN_PLAIN);
	if ((first & 0xfff0) == 0xf7f0)	/* UDF.W */
		return make(1, INSN_UNDEFINED);
	/* B.W, conditional. What is left over is undefined, and libunicorn knows that. */
	return make(1, INSN_PLAIN);
}

static struct insn_class coprocessor(const struct core *core, uint16_t first, uint16_t second)
{
	unsigned int number = second >> 8 & 0xf;

	/* 1110 1111 and 1111 1111 are Advanced SIMD elsewhere, nothing here. */
	if ((first & 0xef00) == 0xef00)
		return make(1, INSN_UNDEFINED);
	if (!core->has_fpu || (number != 10 && number != 11))
		return make(1, INSN_FP);
	if ((first & 0xfe00) == 0xec00)	/* VLDR, VSTR 2; VLDM, VSTM 1 + N */
		return make((first & 0x0120) == 0x0100 ? 2 : 1 + (second & 0x1f), INSN_FP);
	if ((first & 0xffb0) == 0xee80)	/* VDIV; VSQRT takes as long but is not told from the cheap unary ones */
		return make(14, INSN_FP);
	return make(1, INSN_FP);
}

struct insn_class decode_second(const struct core *core, uint16_t first, uint16_t second)
{
	switch (first >> 8) {
	case 0xe8:
	case 0xe9:
		if (first == 0xe97f && second == 0xe97f)	/* SG: no Security Extension here */
			return make(1, INSN_UNDEFINED);
		if (first & 0x40)
			return make(3, INSN_PLAIN);
		return make(1 + count_bits(second), INSN_PLAIN);
	case 0xf0:
	case 0xf1:
	case 0xf2:
	case 0xf3:
	case 0xf4:
	case 0xf5:
	case 0xf6:
	case 0xf7:
		if (second & 0x8000)
			return control(core, first, second);
		return make(1, core->is_v6m ? INSN_UNDEFINED : INSN_PLAIN);
	default:
		return coprocessor(core, first, second);
	}
}
