/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Which instructions ARMv6-M has, and where execution goes from each: enough to walk the stub's code without running
 * it.
 */

#ifndef OFL_TESTING_STUB_THUMB_H
#define OFL_TESTING_STUB_THUMB_H

#include <stdbool.h>
#include <stdint.h>

struct thumb_insn {
	unsigned int bytes;	/* 2 or 4 */
	bool ends;		/* what follows is not reached by falling through */
	bool branches;
	int32_t target;		/* of a branch or call, from the instruction's own address */
	bool is_literal;
	uint32_t literal;	/* address of the word that it loads, likewise; counted from a word boundary */
	/* What only a call gate has; see THUMB_GATE. */
	bool calls_pointer;
	bool unmasks, masks;
};

enum thumb_code {
	THUMB_PLAIN,
	THUMB_GATE,	/* calls functions that it is given, and lets interrupts in for them: BLX, CPSIE i, CPSID i are good */
};

/*
 * Decodes the instruction at `address`, whose first two half-words are given. Returns NULL, or why the stub must not
 * have it: not in ARMv6-M, or in it but not for code that runs masked, in a debugger's hands (SVC, CPS, WFI, WFE).
 */
const char *thumb_decode(uint32_t address, uint16_t first, uint16_t second, enum thumb_code code,
		struct thumb_insn *insn);

#endif /* OFL_TESTING_STUB_THUMB_H */
