// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The deepest that each built-in loader's stub can come to, from its code: no run need have been there. `foreign` is
 * not among them: its call gate moves the stack pointer, and test_stub_foreign measures it.
 *
 * Links testing/stub/thumb.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../../contrib/loaders/flash/ofl/ofl_abi.h"
#include "../../src/flash/nor/ofl_layout.h"
#include "thumb.h"

#define MAX_BYTES	2048
#define NEVER		UINT32_MAX
#define MOV_SP_R0	0x4685

static const uint8_t blob_gpio[] = {
#include "../../contrib/loaders/flash/ofl/images/gpio.inc"
};

static const uint8_t blob_stm32_spi[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-spi.inc"
};

static const uint8_t blob_stm32_spi2[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-spi2.inc"
};

static const uint8_t blob_pl022[] = {
#include "../../contrib/loaders/flash/ofl/images/pl022.inc"
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

struct code {
	const uint8_t *bytes;
	uint32_t length;
	/* Functions that are being looked at: a failure on the way out of a failure comes by a second time, once. */
	bool active[MAX_BYTES / 2];
	/* What follows a "mov sp, r0" (ofl_fail): it begins at the end of the stack again. */
	uint32_t anew_bytes;
};

struct function {
	uint32_t stack_bytes;
	bool returns;
};

static uint16_t half_word(const struct code *code, uint32_t at)
{
	return at + 2 <= code->length ? (uint16_t)(code->bytes[at] | code->bytes[at + 1] << 8) : 0;
}

/* What an instruction does to the stack pointer ([v6M] A6.7: PUSH, POP, ADD and SUB SP). */
static int32_t pushed_bytes(uint16_t first)
{
	int32_t registers = 4 * __builtin_popcount(first & 0x1ff);

	if ((first & 0xfe00) == 0xb400)
		return registers;
	if ((first & 0xfe00) == 0xbc00)
		return -registers;
	if ((first & 0xff80) == 0xb080)
		return 4 * (first & 0x7f);
	if ((first & 0xff80) == 0xb000)
		return -4 * (first & 0x7f);
	return 0;
}

static bool is_return(uint16_t first)
{
	return (first & 0xff87) == 0x4700 || (first & 0xff00) == 0xbd00;	/* bx; pop {..., pc} */
}

static struct function look_at(struct code *code, uint32_t entry)
{
	struct function function = { 0, false };
	uint32_t pending[MAX_BYTES / 2], depth[MAX_BYTES / 2];
	unsigned int num_pending = 0;

	if (code->active[entry / 2])
		return (struct function){ 0, true };
	code->active[entry / 2] = true;
	memset(depth, 0xff, sizeof(depth));
	depth[entry / 2] = 0;
	pending[num_pending++] = entry;
	while (num_pending) {
		uint32_t at = pending[--num_pending];
		uint32_t next[2] = { NEVER, NEVER };
		uint16_t first = half_word(code, at);
		struct thumb_insn insn;
		const char *wrong = thumb_decode(at, first, half_word(code, at + 2), THUMB_PLAIN, &insn);

		if (wrong)
			fail_msg("+0x%x: %s", (unsigned int)at, wrong);
		uint32_t now = depth[at / 2] + (uint32_t)pushed_bytes(first);
		if (now > function.stack_bytes && now < MAX_BYTES)
			function.stack_bytes = now;
		if (is_return(first))
			function.returns = true;
		if (first == MOV_SP_R0) {
			uint32_t anew_bytes = look_at(code, at + 2).stack_bytes;

			if (anew_bytes > code->anew_bytes)
				code->anew_bytes = anew_bytes;
			continue;
		}
		if (!insn.ends)
			next[0] = at + insn.bytes;
		if (insn.branches && insn.bytes == 4) {
			struct function called = look_at(code, at + (uint32_t)insn.target);

			if (now + called.stack_bytes > function.stack_bytes)
				function.stack_bytes = now + called.stack_bytes;
			if (!called.returns)
				next[0] = NEVER;
		} else if (insn.branches) {
			next[1] = at + (uint32_t)insn.target;
		}
		for (unsigned int n = 0; n < 2; n++) {
			if (next[n] == NEVER)
				continue;
			assert_true(next[n] + 2 <= code->length);
			/* The same place at two depths: not compiled code. */
			if (depth[next[n] / 2] != NEVER) {
				assert_int_equal(depth[next[n] / 2], now);
				continue;
			}
			depth[next[n] / 2] = now;
			assert_true(num_pending < MAX_BYTES / 2);
			pending[num_pending++] = next[n];
		}
	}
	code->active[entry / 2] = false;
	return function;
}

static uint32_t stack_of(const uint8_t *bytes, uint32_t length)
{
	static struct code code;

	memset(&code, 0, sizeof(code));
	code.bytes = bytes;
	code.length = length;
	assert_true(length <= MAX_BYTES);
	uint32_t deepest_bytes = look_at(&code, 0).stack_bytes;
	return deepest_bytes > code.anew_bytes ? deepest_bytes : code.anew_bytes;
}

static void test_budget(void **state)
{
	static const struct {
		const char *name;
		const uint8_t *bytes;
		uint32_t length;
	} blobs[] = {
		{ "gpio", blob_gpio, sizeof(blob_gpio) },
		{ "stm32-spi", blob_stm32_spi, sizeof(blob_stm32_spi) },
		{ "stm32-spi2", blob_stm32_spi2, sizeof(blob_stm32_spi2) },
		{ "pl022", blob_pl022, sizeof(blob_pl022) },
		{ "stm32-qspi", blob_stm32_qspi, sizeof(blob_stm32_qspi) },
		{ "stm32-ospi", blob_stm32_ospi, sizeof(blob_stm32_ospi) },
		{ "mss", blob_mss, sizeof(blob_mss) },
	};
	(void)state;

	for (unsigned int n = 0; n < sizeof(blobs) / sizeof(blobs[0]); n++) {
		uint32_t stack_bytes = stack_of(blobs[n].bytes, blobs[n].length);

		printf("# stack of %s, by its code: %u of %u bytes\n", blobs[n].name, (unsigned int)stack_bytes,
			OFL_STACK_BUDGET_BYTES);
		assert_in_range(stack_bytes, 64, OFL_STACK_BUDGET_BYTES);
	}
}

/* It finds what it is there for. */
static void test_finds(void **state)
{
	/* push {r4, lr}; sub sp, #8; bl +6; add sp, #8; pop {r4, pc}; push {r0-r3, lr}; pop {r0-r3, pc} */
	static const uint8_t calls[] = { 0x10, 0xb5, 0x82, 0xb0, 0x00, 0xf0, 0x02, 0xf8, 0x02, 0xb0, 0x10, 0xbd,
		0x0f, 0xb5, 0x0f, 0xbd };
	(void)state;

	assert_int_equal(stack_of(calls, sizeof(calls)), 8 + 8 + 20);
	assert_int_equal(stack_of(calls + 12, 4), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
