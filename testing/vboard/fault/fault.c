// SPDX-License-Identifier: GPL-2.0-or-later

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fault.h"

enum trigger {
	TRIGGER_NONE,
	TRIGGER_EVENT,
	TRIGGER_MS,
};

struct rule {
	enum fault_kind kind;
	uint32_t value;
	enum trigger trigger;
	enum fault_event event;
	uint64_t n;
	uint64_t duration_ps;	/* lasting kinds: 0 for ever */
	bool fired;	/* one-shot kinds: over; lasting kinds: in force, or over when `until_ps` has passed */
	uint64_t until_ps;
};

#define MAX_RULES	32
#define MAX_MS		(UINT64_MAX / VB_PS_PER_MS)

struct fault {
	struct rule rule[MAX_RULES];
	unsigned int num_rules;
	uint64_t count[FAULT_NUM_EVENTS];
};

struct kind_info {
	const char *name;
	bool lasting;
	bool takes_value;
	uint32_t default_value;
};

static const struct kind_info kind_infos[FAULT_NUM_KINDS] = {
	[FAULT_NOR_ABSENT] = { "nor.absent", true, true, 0xff },
	[FAULT_NOR_STUCK_BUSY] = { "nor.stuck-busy", true, false, 0 },
	[FAULT_NOR_LOCKED] = { "nor.locked", true, false, 0 },
	[FAULT_NOR_PROGRAM_FAILS] = { "nor.program-fails", false, true, 0x01 },
	[FAULT_NOR_ERASE_FAILS] = { "nor.erase-fails", false, true, 0x01 },
	[FAULT_NOR_POWER_CUT] = { "nor.power-cut", false, false, 0 },
	[FAULT_CORE_RESET] = { "core.reset", false, false, 0 },
	[FAULT_LINK_DROP] = { "link.drop", false, false, 0 },
	[FAULT_LINK_WAIT] = { "link.wait", true, true, 0x7f },
	[FAULT_LINK_PARITY] = { "link.parity", true, true, 0x7f },
	[FAULT_LINK_FAULT] = { "link.fault", false, false, 0 },
	[FAULT_LINK_SLOW] = { "link.slow", true, true, 10 },
	[FAULT_LINK_SPEED] = { "link.speed", true, true, 16 },
	[FAULT_LINK_SRST] = { "link.srst", true, false, 0 },
	[FAULT_BUS_ERROR] = { "bus.error", false, false, 0 },
};

static const char * const event_names[FAULT_NUM_EVENTS] = {
	[FAULT_EVENT_PROGRAM] = "program",
	[FAULT_EVENT_ERASE] = "erase",
	[FAULT_EVENT_READ] = "read",
	[FAULT_EVENT_AP] = "ap",
};

/* All of `text` must be digits of `base`; strtoull() alone would take blanks, signs and prefixes too. */
static bool parse_number(const char *text, unsigned int base, uint64_t max, uint64_t *value)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	size_t num_digits = strlen(text);

	if (num_digits == 0 || strspn(text, base == 16 ? digits : "0123456789") != num_digits)
		return false;
	errno = 0;

	unsigned long long parsed = strtoull(text, NULL, (int)base);

	if (errno != 0 || parsed > max)
		return false;
	*value = parsed;
	return true;
}

static bool parse_trigger(struct rule *rule, char *text, char *error, size_t error_size)
{
	char *n = strchr(text, '=');

	if (!n) {
		snprintf(error, error_size, "fault plan: trigger '@%s' needs a number: @%s=N", text, text);
		return false;
	}
	*n++ = '\0';

	if (strcmp(text, "ms") == 0) {
		rule->trigger = TRIGGER_MS;
		if (parse_number(n, 10, MAX_MS, &rule->n))
			return true;
		snprintf(error, error_size, "fault plan: '@ms=%s' is not a number of milliseconds", n);
		return false;
	}

	for (unsigned int i = 0; i < FAULT_NUM_EVENTS; i++) {
		if (strcmp(text, event_names[i]) != 0)
			continue;
		rule->trigger = TRIGGER_EVENT;
		rule->event = (enum fault_event)i;
		if (parse_number(n, 10, UINT64_MAX, &rule->n) && rule->n > 0)
			return true;
		snprintf(error, error_size, "fault plan: '@%s=%s': events are counted from 1", text, n);
		return false;
	}

	snprintf(error, error_size, "fault plan: unknown trigger '@%s'; one of program, erase, read, ap, ms", text);
	return false;
}

static bool parse_value(struct rule *rule, const char *text, char *error, size_t error_size)
{
	const struct kind_info *info = &kind_infos[rule->kind];
	uint64_t value;

	if (!info->takes_value) {
		snprintf(error, error_size, "fault plan: %s takes no value (a trigger starts with '@')", info->name);
		return false;
	}
	if (strncasecmp(text, "0x", 2) == 0)
		text += 2;
	if (!parse_number(text, 16, 0xff, &value)) {
		snprintf(error, error_size, "fault plan: '%s=%s': the value is a byte in hex", info->name, text);
		return false;
	}
	if (rule->kind == FAULT_NOR_ABSENT && value != 0x00 && value != 0xff) {
		snprintf(error, error_size, "fault plan: %s reads as 00 or ff, not as %02x", info->name, (unsigned int)value);
		return false;
	}
	if (rule->kind == FAULT_LINK_SPEED && value == 0) {
		snprintf(error, error_size, "fault plan: %s divides the clock, by 01 to ff", info->name);
		return false;
	}
	rule->value = (uint32_t)value;
	return true;
}

static bool parse_duration(struct rule *rule, const char *text, char *error, size_t error_size)
{
	const struct kind_info *info = &kind_infos[rule->kind];
	uint64_t duration_ms;

	if (!info->lasting) {
		snprintf(error, error_size, "fault plan: %s happens once, it has no duration (+%s)", info->name, text);
		return false;
	}
	if (!parse_number(text, 10, MAX_MS, &duration_ms) || duration_ms == 0) {
		snprintf(error, error_size, "fault plan: '+%s' is not a number of milliseconds", text);
		return false;
	}
	rule->duration_ps = duration_ms * VB_PS_PER_MS;
	return true;
}

static bool parse_rule(struct rule *rule, char *text, char *error, size_t error_size)
{
	char *duration = strchr(text, '+');

	if (duration)
		*duration++ = '\0';

	char *trigger = strchr(text, '@');

	if (trigger)
		*trigger++ = '\0';

	char *value = strchr(text, '=');

	if (value)
		*value++ = '\0';

	unsigned int kind;

	for (kind = 0; kind < FAULT_NUM_KINDS; kind++) {
		if (strcmp(text, kind_infos[kind].name) == 0)
			break;
	}
	if (kind == FAULT_NUM_KINDS) {
		int length = snprintf(error, error_size, "fault plan: unknown fault '%s'; one of", text);

		for (kind = 0; kind < FAULT_NUM_KINDS && length > 0 && (size_t)length < error_size; kind++)
			length += snprintf(error + length, error_size - length, " %s", kind_infos[kind].name);
		return false;
	}

	rule->kind = (enum fault_kind)kind;
	rule->value = kind_infos[kind].default_value;
	if (value && !parse_value(rule, value, error, error_size))
		return false;
	if (duration && !parse_duration(rule, duration, error, error_size))
		return false;
	return !trigger || parse_trigger(rule, trigger, error, error_size);
}

struct fault *fault_parse(const char *plan, char *error, size_t error_size)
{
	struct fault *fault = calloc(1, sizeof(*fault));
	char *text = strdup(plan);

	if (!fault || !text) {
		snprintf(error, error_size, "fault plan: out of memory");
		goto failed;
	}

	/* Not strtok(): an empty rule is a mistake to report. */
	for (char *rule = text, *next; rule; rule = next) {
		next = strchr(rule, ',');
		if (next)
			*next++ = '\0';
		if (*rule == '\0') {
			snprintf(error, error_size, "fault plan: empty rule in '%s'", plan);
			goto failed;
		}
		if (fault->num_rules == MAX_RULES) {
			snprintf(error, error_size, "fault plan: more than %d rules", MAX_RULES);
			goto failed;
		}
		if (!parse_rule(&fault->rule[fault->num_rules], rule, error, error_size))
			goto failed;
		fault->num_rules++;
	}
	free(text);
	return fault;

failed:
	free(text);
	free(fault);
	return NULL;
}

void fault_free(struct fault *fault)
{
	free(fault);
}

void fault_count(struct fault *fault, enum fault_event event)
{
	if (fault)
		fault->count[event]++;
}

static bool is_due(const struct fault *fault, const struct rule *rule, uint64_t now_ps)
{
	switch (rule->trigger) {
	case TRIGGER_EVENT:
		return fault->count[rule->event] >= rule->n;
	case TRIGGER_MS:
		return now_ps >= rule->n * VB_PS_PER_MS;
	default:
		return true;
	}
}

bool fault_active(struct fault *fault, enum fault_kind kind, uint64_t now_ps, uint32_t *value)
{
	if (!fault)
		return false;

	for (unsigned int i = 0; i < fault->num_rules; i++) {
		struct rule *rule = &fault->rule[i];

		if (rule->kind != kind)
			continue;
		if (rule->fired) {
			if (!kind_infos[kind].lasting || (rule->duration_ps && now_ps >= rule->until_ps))
				continue;
		} else if (!is_due(fault, rule, now_ps)) {
			continue;
		}
		/* Remembered for lasting kinds too: the core's clock, which may ask next, is behind the link's. */
		if (!rule->fired)
			rule->until_ps = now_ps + rule->duration_ps;
		rule->fired = true;
		if (value)
			*value = rule->value;
		return true;
	}
	return false;
}
