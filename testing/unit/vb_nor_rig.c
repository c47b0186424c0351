// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdlib.h>
#include <string.h>

#include "vb_nor_rig.h"

const uint8_t one_zero[1] = { 0x00 };

void fault_count(struct fault *fault, enum fault_event event)
{
	fault->count[event]++;
}

bool fault_active(struct fault *fault, enum fault_kind kind, uint64_t now_ps, uint32_t *value)
{
	(void)now_ps;
	if (!fault->rule[kind].armed)
		return false;
	if (!fault->rule[kind].at_once && fault->count[fault->rule[kind].event] < fault->rule[kind].n)
		return false;
	if (kind == FAULT_NOR_PROGRAM_FAILS || kind == FAULT_NOR_ERASE_FAILS || kind == FAULT_NOR_POWER_CUT)
		fault->rule[kind].armed = false;
	if (value)
		*value = fault->rule[kind].value;
	return true;
}

struct rig *rig_new(const char *name)
{
	struct rig *rig = calloc(1, sizeof(*rig));

	assert_non_null(rig);
	rig->part = nor_part_by_name(name);
	assert_non_null(rig->part);
	rig->vb.seed = 7;
	rig->vb.fault = &rig->fault;
	rig->nor = nor_new(&rig->vb, rig->part, NULL);
	assert_non_null(rig->nor);
	return rig;
}

void rig_free(struct rig *rig)
{
	nor_free(rig->nor);
	free(rig);
}

void rig_arm(struct rig *rig, enum fault_kind kind, enum fault_event event, unsigned int n, uint32_t value)
{
	rig->fault.rule[kind].armed = true;
	rig->fault.rule[kind].at_once = n == AT_ONCE;
	rig->fault.rule[kind].event = event;
	rig->fault.rule[kind].n = n;
	rig->fault.rule[kind].value = value;
}

void rig_pass_us(struct rig *rig, uint64_t us)
{
	rig->vb.clock.now_ps += us * VB_PS_PER_US;
}

void rig_command(struct rig *rig, const uint8_t *out, size_t num_out, uint8_t *in, size_t num_in)
{
	nor_set_cs(rig->nor, false);
	for (size_t i = 0; i < num_out; i++)
		nor_transfer_byte(rig->nor, out[i], FAST_HZ);
	for (size_t i = 0; i < num_in; i++)
		in[i] = nor_transfer_byte(rig->nor, 0, FAST_HZ);
	nor_set_cs(rig->nor, true);
}

uint8_t rig_read_register(struct rig *rig, uint8_t opcode)
{
	uint8_t value;

	rig_command(rig, &opcode, 1, &value, 1);
	return value;
}

uint8_t rig_status(struct rig *rig)
{
	return rig_read_register(rig, 0x05);
}

void rig_wait_done(struct rig *rig)
{
	uint64_t until_ps = nor_busy_until_ps(rig->nor);

	assert_true(until_ps != UINT64_MAX);
	if (until_ps > rig->vb.clock.now_ps)
		rig->vb.clock.now_ps = until_ps;
	assert_false(nor_is_busy(rig->nor));
	nor_content(rig->nor);	/* the cells change when somebody looks */
}

void rig_send_address(struct rig *rig, uint8_t opcode, uint32_t address, const uint8_t *data, size_t length)
{
	uint8_t bytes[4 + 600] = { opcode, (uint8_t)(address >> 16), (uint8_t)(address >> 8), (uint8_t)address };

	assert_true(length <= 600);
	if (length)
		memcpy(bytes + 4, data, length);
	rig_command(rig, bytes, 4 + length, NULL, 0);
}

void rig_program(struct rig *rig, uint32_t address, const uint8_t *data, size_t length)
{
	SEND(rig, 0x06);
	rig_send_address(rig, 0x02, address, data, length);
	rig_wait_done(rig);
}

void rig_erase(struct rig *rig, uint8_t opcode, uint32_t address)
{
	SEND(rig, 0x06);
	rig_send_address(rig, opcode, address, NULL, 0);
	rig_wait_done(rig);
}

void assert_clean(struct rig *rig)
{
	if (rig->vb.num_violations)
		print_error("violation: %s\n", rig->vb.violation[0].what);
	assert_int_equal(rig->vb.num_violations, 0);
}

void assert_violation(struct rig *rig, const char *text)
{
	if (rig->vb.num_violations != 1 || !strstr(rig->vb.violation[0].what, text)) {
		print_error("expected '%s', have %u:\n", text, rig->vb.num_violations);
		for (unsigned int i = 0; i < rig->vb.num_violations && i < VB_VIOLATION_MAX; i++)
			print_error("  %s\n", rig->vb.violation[i].what);
	}
	assert_int_equal(rig->vb.num_violations, 1);
	assert_non_null(strstr(rig->vb.violation[0].what, text));
	rig->vb.num_violations = 0;
}

void assert_cell(struct rig *rig, uint64_t address, uint8_t value)
{
	assert_int_equal(nor_content(rig->nor)[address], value);
}

void rig_send_bits(struct rig *rig, const uint8_t *bytes, unsigned int num_bits)
{
	nor_set_cs(rig->nor, false);
	for (unsigned int i = 0; i < num_bits; i++) {
		nor_sck_rising(rig->nor, bytes[i / 8] >> (7 - i % 8) & 1);
		nor_sck_falling(rig->nor);
	}
	nor_set_cs(rig->nor, true);
}
