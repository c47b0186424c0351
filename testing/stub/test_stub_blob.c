// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The committed blobs as bytes: size, version word, and that every instruction is one that each Cortex-M has. The walk
 * follows all branches and calls from the entry; what it does not reach must be a constant that the code loads, or
 * padding.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../contrib/loaders/flash/ofl/ofl_abi.h"
#include "thumb.h"

#define BUDGET_BYTES	1400u
#define NOP		0xbf00
#define MOV_R8_R8	0x46c0	/* what the assembler pads code with */

static const uint8_t blob_gpio[] = {
#include "../../contrib/loaders/flash/ofl/images/gpio.inc"
};

static const uint8_t blob_stm32_spi[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-spi.inc"
};

static const uint8_t blob_stm32_qspi[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-qspi.inc"
};

static const uint8_t blob_stm32_ospi[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-ospi.inc"
};

static const uint8_t blob_mss[] = {
#include "../../contrib/loaders/flash/ofl/images/mss.inc"
};

static const uint8_t blob_stm32_spi2[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-spi2.inc"
};

static const uint8_t blob_pl022[] = {
#include "../../contrib/loaders/flash/ofl/images/pl022.inc"
};

static const uint8_t blob_foreign[] = {
#include "../../contrib/loaders/flash/ofl/images/foreign.inc"
};

static const struct {
	const char *name;
	const uint8_t *bytes;
	uint32_t length;
	enum thumb_code code;
} blobs[] = {
	{ "gpio", blob_gpio, sizeof(blob_gpio), THUMB_PLAIN },
	{ "stm32-spi", blob_stm32_spi, sizeof(blob_stm32_spi), THUMB_PLAIN },
	{ "stm32-qspi", blob_stm32_qspi, sizeof(blob_stm32_qspi), THUMB_PLAIN },
	{ "stm32-ospi", blob_stm32_ospi, sizeof(blob_stm32_ospi), THUMB_PLAIN },
	/* Runs on QEMU (testing/e2e/qemu.sh): there is no model of its controller here. */
	{ "mss", blob_mss, sizeof(blob_mss), THUMB_PLAIN },
	{ "stm32-spi2", blob_stm32_spi2, sizeof(blob_stm32_spi2), THUMB_PLAIN },
	{ "pl022", blob_pl022, sizeof(blob_pl022), THUMB_PLAIN },
	{ "foreign", blob_foreign, sizeof(blob_foreign), THUMB_GATE },
};

#define NUM_BLOBS	(sizeof(blobs) / sizeof(blobs[0]))

static uint16_t half_word(const uint8_t *bytes, uint32_t at)
{
	return (uint16_t)(bytes[at] | bytes[at + 1] << 8);
}

static void test_size(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < NUM_BLOBS; n++) {
		printf("# size of %s: %u of %u bytes\n", blobs[n].name, (unsigned int)blobs[n].length, BUDGET_BYTES);
		assert_in_range(blobs[n].length, 8, BUDGET_BYTES);
		assert_int_equal(blobs[n].length % 4, 0);
	}
}

static void test_version_word(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < NUM_BLOBS; n++) {
		uint32_t word = half_word(blobs[n].bytes, 4) | (uint32_t)half_word(blobs[n].bytes, 6) << 16;
		assert_int_equal(word, OFL_ABI_WORD);
	}
}

/* What a half-word of the blob is. */
enum use {
	UNUSED,
	CODE,
	CODE_SECOND,	/* of a 32-bit instruction */
	CONSTANT,
};

struct walk {
	const uint8_t *bytes;
	uint32_t length;
	enum thumb_code code;
	enum use use[BUDGET_BYTES / 2];
	uint32_t pending[BUDGET_BYTES];
	unsigned int num_pending;
	unsigned int num_calls, num_unmasks, num_masks;	/* of a gate */
	uint32_t call, unmask, mask;	/* where the last of them is */
};

/* Returns NULL, or what is wrong; *where is then the offset. */
static const char *mark(struct walk *walk, uint32_t at, enum use use)
{
	if (at % 2 || at + 2 > walk->length)
		return "outside the blob";
	if (walk->use[at / 2] != UNUSED && walk->use[at / 2] != use)
		return "code and data, or two instructions, on one place";
	walk->use[at / 2] = use;
	return NULL;
}

static const char *step(struct walk *walk, uint32_t at, uint32_t *next)
{
	struct thumb_insn insn;
	const char *wrong;

	uint16_t first = half_word(walk->bytes, at);
	uint16_t second = at + 4 <= walk->length ? half_word(walk->bytes, at + 2) : 0;
	wrong = thumb_decode(at, first, second, walk->code, &insn);
	if (!wrong)
		wrong = mark(walk, at, CODE);
	if (!wrong && insn.bytes == 4)
		wrong = mark(walk, at + 2, CODE_SECOND);
	if (!wrong && insn.is_literal) {
		wrong = mark(walk, at + insn.literal, CONSTANT);
		if (!wrong)
			wrong = mark(walk, at + insn.literal + 2, CONSTANT);
	}
	if (wrong)
		return wrong;
	if (insn.calls_pointer) {
		walk->num_calls++;
		walk->call = at;
	}
	if (insn.unmasks) {
		walk->num_unmasks++;
		walk->unmask = at;
	}
	if (insn.masks) {
		walk->num_masks++;
		walk->mask = at;
	}
	if (insn.branches) {
		uint32_t target = at + (uint32_t)insn.target;
		if (target % 2 || target + 2 > walk->length)
			return "branch out of the blob";
		if (walk->use[target / 2] == UNUSED)
			walk->pending[walk->num_pending++] = target;
		else if (walk->use[target / 2] != CODE)
			return "branch into data, or into the middle of an instruction";
	}
	*next = insn.ends ? UINT32_MAX : at + insn.bytes;
	return NULL;
}

/* From the entry to all that it reaches. Returns NULL, or what is wrong at *at. */
static const char *walk_blob(struct walk *walk, uint32_t *at)
{
	walk->pending[walk->num_pending++] = 0;
	while (walk->num_pending) {
		*at = walk->pending[--walk->num_pending];
		while (*at != UINT32_MAX) {
			uint32_t next;
			if (*at + 2 > walk->length)
				return "the code runs out of the blob";
			if (walk->use[*at / 2] == CODE)
				break;
			const char *wrong = step(walk, *at, &next);
			if (wrong)
				return wrong;
			*at = next;
		}
	}
	return NULL;
}

static void test_instructions(void **state)
{
	static struct walk walk;
	(void)state;

	for (unsigned int n = 0; n < NUM_BLOBS; n++) {
		uint32_t at = 0, code_bytes = 0;
		memset(&walk, 0, sizeof(walk));
		walk.bytes = blobs[n].bytes;
		walk.length = blobs[n].length;
		walk.code = blobs[n].code;
		assert_true(walk.length <= BUDGET_BYTES);
		const char *wrong = walk_blob(&walk, &at);
		if (wrong)
			fail_msg("%s+0x%x: %04x: %s", blobs[n].name, (unsigned int)at, half_word(walk.bytes, at), wrong);

		/* The version word, and nothing else that no code reaches or loads. */
		assert_int_equal(walk.use[4 / 2], UNUSED);
		assert_int_equal(walk.use[6 / 2], UNUSED);
		for (at = 0; at < walk.length; at += 2) {
			uint16_t value = half_word(walk.bytes, at);
			bool padding = value == 0 || value == NOP || value == MOV_R8_R8;
			if (walk.use[at / 2] == UNUSED && at != 4 && at != 6 && !padding)
				fail_msg("%s+0x%x: %04x is neither code that is reached nor data", blobs[n].name,
					(unsigned int)at, value);
			code_bytes += walk.use[at / 2] == CODE || walk.use[at / 2] == CODE_SECOND ? 2 : 0;
		}
		assert_true(code_bytes > walk.length * 3 / 4);
	}
}

/* One way out to code that is not the stub's, and interrupts only around it. */
static void test_gate(void **state)
{
	static struct walk walk;
	(void)state;

	for (unsigned int n = 0; n < NUM_BLOBS; n++) {
		unsigned int expected = blobs[n].code == THUMB_GATE ? 1 : 0;
		uint32_t at = 0;
		memset(&walk, 0, sizeof(walk));
		walk.bytes = blobs[n].bytes;
		walk.length = blobs[n].length;
		walk.code = THUMB_GATE;
		assert_null(walk_blob(&walk, &at));
		assert_int_equal(walk.num_calls, expected);
		assert_int_equal(walk.num_unmasks, expected);
		assert_int_equal(walk.num_masks, expected);
		if (!expected)
			continue;
		assert_true(walk.unmask < walk.call);
		/* The very next instruction. */
		assert_int_equal(walk.mask, walk.call + 2);
	}
}

/* The walk finds what it is there for. */
static void test_walk_finds(void **state)
{
	static const struct {
		uint16_t code[4];
		const char *wrong;
		bool gate;
	} cases[] = {
		{ { 0x2000, 0x4770, 0, 0 }, NULL, false },					/* movs; bx lr */
		{ { 0xb108, 0x2000, 0x4770, 0 }, "CBZ", false },			/* cbz r0 */
		{ { 0xbf08, 0x2000, 0x4770, 0 }, "IT", false },				/* it eq */
		{ { 0xf8d0, 0x1000, 0x4770, 0 }, "32 bits", false },		/* ldr.w r1, [r0] */
		{ { 0xfb90, 0xf0f1, 0x4770, 0 }, "32 bits", false },		/* sdiv */
		{ { 0xf000, 0x8000, 0x4770, 0 }, "32 bits", false },		/* beq.w */
		{ { 0xf000, 0xb800, 0x4770, 0 }, "32 bits", false },		/* b.w */
		{ { 0xb672, 0x4770, 0, 0 }, "CPS", false },
		{ { 0xdf00, 0x4770, 0, 0 }, "SVC", false },
		{ { 0xde00, 0x4770, 0, 0 }, "UDF", false },
		{ { 0xbf30, 0x4770, 0, 0 }, "hint", false },				/* wfi */
		{ { 0x4687, 0x4770, 0, 0 }, "computed", false },			/* mov pc, r0 */
		{ { 0x4780, 0x4770, 0, 0 }, "BLX", false },
		{ { 0xba80, 0x4770, 0, 0 }, "ARMv6-M", false },
		{ { 0xe7f0, 0, 0, 0 }, "out of the blob", false },			/* b backwards */
		{ { 0xd000, 0x2000, 0x2000, 0x2000 }, "runs out", false },
		{ { 0x4801, 0x4770, 0, 0 }, "outside", false },				/* ldr r0, [pc, #4], past the end */
		{ { 0x4800, 0xf000, 0xf800, 0x4770 }, "one place", false },	/* loads the BL's second half as data */
		{ { 0xf380, 0x8808, 0xf3bf, 0x8f4f }, "runs out", false },	/* msr; dsb: good, but nothing follows */
		{ { 0x4780, 0xb672, 0x4770, 0 }, NULL, true },				/* blx r0; cpsid i; bx lr */
		{ { 0xb662, 0x4770, 0, 0 }, NULL, true },					/* cpsie i */
		{ { 0xb661, 0x4770, 0, 0 }, "CPS", true },					/* cpsie f */
		{ { 0xb663, 0x4770, 0, 0 }, "CPS", true },					/* cpsie if */
		{ { 0xb650, 0x4770, 0, 0 }, "CPS", true },					/* setend, and other profiles' */
		{ { 0x4784, 0x4770, 0, 0 }, "BLX", true },					/* blxns r0 */
		{ { 0x4687, 0x4770, 0, 0 }, "computed", true },
		{ { 0xbf30, 0x4770, 0, 0 }, "hint", true },
	};
	static struct walk walk;
	(void)state;

	for (unsigned int n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		uint8_t bytes[8];
		uint32_t at = 0;
		for (unsigned int i = 0; i < 4; i++) {
			bytes[2 * i] = (uint8_t)cases[n].code[i];
			bytes[2 * i + 1] = (uint8_t)(cases[n].code[i] >> 8);
		}
		memset(&walk, 0, sizeof(walk));
		walk.bytes = bytes;
		walk.length = sizeof(bytes);
		walk.code = cases[n].gate ? THUMB_GATE : THUMB_PLAIN;
		const char *wrong = walk_blob(&walk, &at);
		if (!cases[n].wrong) {
			assert_null(wrong);
			continue;
		}
		if (!wrong || !strstr(wrong, cases[n].wrong))
			fail_msg("case %u: '%s' instead of '%s'", n, wrong ? wrong : "nothing", cases[n].wrong);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_version_word),
		cmocka_unit_test(test_instructions),
		cmocka_unit_test(test_gate),
		cmocka_unit_test(test_walk_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
