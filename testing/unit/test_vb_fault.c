// SPDX-License-Identifier: GPL-2.0-or-later

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../vboard/fault/fault.h"

static struct fault *parse(const char *plan)
{
	char error[256] = "";
	struct fault *fault = fault_parse(plan, error, sizeof(error));

	if (!fault)
		fail_msg("'%s': %s", plan, error);
	return fault;
}

static bool active(struct fault *fault, enum fault_kind kind)
{
	return fault_active(fault, kind, 0, NULL);
}

static void test_no_plan(void **state)
{
	(void)state;
	fault_count(NULL, FAULT_EVENT_AP);
	assert_false(fault_active(NULL, FAULT_CORE_RESET, UINT64_MAX, NULL));
	fault_free(NULL);
}

static void test_every_kind_by_its_name(void **state)
{
	static const struct {
		const char *plan;
		enum fault_kind kind;
	} cases[] = {
		{ "nor.absent", FAULT_NOR_ABSENT },
		{ "nor.stuck-busy", FAULT_NOR_STUCK_BUSY },
		{ "nor.locked", FAULT_NOR_LOCKED },
		{ "nor.program-fails", FAULT_NOR_PROGRAM_FAILS },
		{ "nor.erase-fails", FAULT_NOR_ERASE_FAILS },
		{ "nor.power-cut", FAULT_NOR_POWER_CUT },
		{ "core.reset", FAULT_CORE_RESET },
		{ "link.drop", FAULT_LINK_DROP },
		{ "link.wait", FAULT_LINK_WAIT },
		{ "link.parity", FAULT_LINK_PARITY },
		{ "link.fault", FAULT_LINK_FAULT },
		{ "link.slow", FAULT_LINK_SLOW },
		{ "link.speed", FAULT_LINK_SPEED },
		{ "link.srst", FAULT_LINK_SRST },
		{ "bus.error", FAULT_BUS_ERROR },
	};

	(void)state;
	assert_int_equal(sizeof(cases) / sizeof(cases[0]), FAULT_NUM_KINDS);
	for (unsigned int i = 0; i < FAULT_NUM_KINDS; i++) {
		struct fault *fault = parse(cases[i].plan);

		for (unsigned int kind = 0; kind < FAULT_NUM_KINDS; kind++)
			assert_int_equal(active(fault, (enum fault_kind)kind), kind == cases[i].kind);
		fault_free(fault);
	}
}

static void test_one_shot_fires_once(void **state)
{
	struct fault *fault = parse("core.reset");

	(void)state;
	assert_true(active(fault, FAULT_CORE_RESET));
	assert_false(active(fault, FAULT_CORE_RESET));
	fault_free(fault);
}

static void test_lasting_stays(void **state)
{
	struct fault *fault = parse("nor.locked@ms=5");

	(void)state;
	assert_false(fault_active(fault, FAULT_NOR_LOCKED, 5 * VB_PS_PER_MS - 1, NULL));
	assert_true(fault_active(fault, FAULT_NOR_LOCKED, 5 * VB_PS_PER_MS, NULL));
	/* The core asks with an earlier time than the link did. */
	assert_true(fault_active(fault, FAULT_NOR_LOCKED, 0, NULL));
	fault_free(fault);
}

static void test_lasting_ends(void **state)
{
	struct fault *fault = parse("nor.absent=00@ms=5+3");
	char error[160];

	(void)state;
	assert_false(fault_active(fault, FAULT_NOR_ABSENT, 5 * VB_PS_PER_MS - 1, NULL));
	/* Three milliseconds from when it was first seen, not from when it was due. */
	assert_true(fault_active(fault, FAULT_NOR_ABSENT, 6 * VB_PS_PER_MS, NULL));
	assert_true(fault_active(fault, FAULT_NOR_ABSENT, 9 * VB_PS_PER_MS - 1, NULL));
	assert_false(fault_active(fault, FAULT_NOR_ABSENT, 9 * VB_PS_PER_MS, NULL));
	fault_free(fault);
	assert_null(fault_parse("link.drop+3", error, sizeof(error)));
	assert_null(fault_parse("nor.locked+0", error, sizeof(error)));
	assert_null(fault_parse("nor.locked+x", error, sizeof(error)));
}

static void test_event_trigger(void **state)
{
	static const struct {
		const char *plan;
		enum fault_event event;
	} cases[] = {
		{ "link.drop@program=3", FAULT_EVENT_PROGRAM },
		{ "link.drop@erase=3", FAULT_EVENT_ERASE },
		{ "link.drop@read=3", FAULT_EVENT_READ },
		{ "link.drop@ap=3", FAULT_EVENT_AP },
	};

	(void)state;
	for (unsigned int i = 0; i < FAULT_NUM_EVENTS; i++) {
		struct fault *fault = parse(cases[i].plan);

		for (unsigned int event = 0; event < FAULT_NUM_EVENTS; event++) {
			if (event == cases[i].event)
				continue;
			for (unsigned int n = 0; n < 5; n++)
				fault_count(fault, (enum fault_event)event);
		}
		fault_count(fault, cases[i].event);
		fault_count(fault, cases[i].event);
		assert_false(active(fault, FAULT_LINK_DROP));
		fault_count(fault, cases[i].event);
		assert_true(active(fault, FAULT_LINK_DROP));
		assert_false(active(fault, FAULT_LINK_DROP));
		fault_free(fault);
	}
}

static void test_rules_of_one_kind(void **state)
{
	struct fault *fault = parse("core.reset@ap=1,core.reset@ap=2");

	(void)state;
	assert_false(active(fault, FAULT_CORE_RESET));
	fault_count(fault, FAULT_EVENT_AP);
	assert_true(active(fault, FAULT_CORE_RESET));
	assert_false(active(fault, FAULT_CORE_RESET));
	fault_count(fault, FAULT_EVENT_AP);
	assert_true(active(fault, FAULT_CORE_RESET));
	assert_false(active(fault, FAULT_CORE_RESET));
	fault_free(fault);
}

static void test_values(void **state)
{
	static const struct {
		const char *plan;
		enum fault_kind kind;
		uint32_t value;
	} cases[] = {
		{ "nor.absent", FAULT_NOR_ABSENT, 0xff },
		{ "nor.absent=00", FAULT_NOR_ABSENT, 0x00 },
		{ "nor.absent=FF", FAULT_NOR_ABSENT, 0xff },
		{ "nor.program-fails", FAULT_NOR_PROGRAM_FAILS, 0x01 },
		{ "nor.program-fails=0x80", FAULT_NOR_PROGRAM_FAILS, 0x80 },
		{ "nor.program-fails=3c", FAULT_NOR_PROGRAM_FAILS, 0x3c },
		{ "nor.erase-fails", FAULT_NOR_ERASE_FAILS, 0x01 },
		{ "nor.erase-fails=80", FAULT_NOR_ERASE_FAILS, 0x80 },
		{ "link.wait", FAULT_LINK_WAIT, 0x7f },
		{ "link.parity=ff", FAULT_LINK_PARITY, 0xff },
		{ "link.slow", FAULT_LINK_SLOW, 10 },
		{ "link.slow=64", FAULT_LINK_SLOW, 100 },
		{ "link.speed", FAULT_LINK_SPEED, 16 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fault *fault = parse(cases[i].plan);
		uint32_t value = 0x12345678;

		assert_true(fault_active(fault, cases[i].kind, 0, &value));
		assert_int_equal(value, cases[i].value);
		fault_free(fault);
	}
}

static void test_value_and_trigger(void **state)
{
	struct fault *fault = parse("nor.stuck-busy@erase=1,nor.program-fails=80@program=2");
	uint32_t value = 0;

	(void)state;
	fault_count(fault, FAULT_EVENT_PROGRAM);
	assert_false(active(fault, FAULT_NOR_PROGRAM_FAILS));
	fault_count(fault, FAULT_EVENT_PROGRAM);
	assert_true(fault_active(fault, FAULT_NOR_PROGRAM_FAILS, 0, &value));
	assert_int_equal(value, 0x80);
	assert_false(active(fault, FAULT_NOR_STUCK_BUSY));
	fault_count(fault, FAULT_EVENT_ERASE);
	assert_true(active(fault, FAULT_NOR_STUCK_BUSY));
	fault_free(fault);
}

static void test_bad_plans(void **state)
{
	static const struct {
		const char *plan;
		const char *said;
	} cases[] = {
		{ "", "empty rule" },
		{ ",", "empty rule" },
		{ "core.reset,", "empty rule" },
		{ "nor.melted", "nor.melted" },
		{ "nor.melted", "nor.stuck-busy" },	/* the message names what there is */
		{ "core.reset=1", "takes no value" },
		{ "nor.absent=55", "00 or ff" },
		{ "nor.absent=", "hex" },
		{ "nor.program-fails=100", "hex" },
		{ "nor.program-fails=-1", "hex" },
		{ "nor.program-fails=0x", "hex" },
		{ "link.speed=0", "01 to ff" },
		{ "link.srst=1", "takes no value" },
		{ "link.fault+1", "happens once" },
		{ "core.reset@", "@" },
		{ "core.reset@ap", "ap=N" },
		{ "core.reset@ap=", "counted from 1" },
		{ "core.reset@ap=0", "counted from 1" },
		{ "core.reset@ap= 1", "counted from 1" },
		{ "core.reset@ap=99999999999999999999", "counted from 1" },
		{ "core.reset@tea=1", "tea" },
		{ "core.reset@ms=1.5", "milliseconds" },
		{ "core.reset@ms=18446744073709551615", "milliseconds" },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char error[256] = "";

		if (fault_parse(cases[i].plan, error, sizeof(error)))
			fail_msg("'%s' was accepted", cases[i].plan);
		if (!strstr(error, cases[i].said))
			fail_msg("'%s': '%s' does not say '%s'", cases[i].plan, error, cases[i].said);
	}
}

static void test_message_fits_its_buffer(void **state)
{
	char error[16];

	(void)state;
	memset(error, 'x', sizeof(error));
	assert_null(fault_parse("a-rather-long-name-of-a-fault-that-is-none", error, sizeof(error)));
	assert_non_null(memchr(error, '\0', sizeof(error)));
}

static void test_too_many_rules(void **state)
{
	char plan[1024] = "bus.error";
	char error[256];

	(void)state;
	for (unsigned int i = 1; i < 32; i++)
		strcat(plan, ",bus.error");
	fault_free(parse(plan));
	strcat(plan, ",bus.error");
	assert_null(fault_parse(plan, error, sizeof(error)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_plan),
		cmocka_unit_test(test_every_kind_by_its_name),
		cmocka_unit_test(test_one_shot_fires_once),
		cmocka_unit_test(test_lasting_stays),
		cmocka_unit_test(test_lasting_ends),
		cmocka_unit_test(test_event_trigger),
		cmocka_unit_test(test_rules_of_one_kind),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_value_and_trigger),
		cmocka_unit_test(test_bad_plans),
		cmocka_unit_test(test_message_fits_its_buffer),
		cmocka_unit_test(test_too_many_rules),
	};

	return cmocka_run_group_tests_name("vb_fault", tests, NULL, NULL);
}
