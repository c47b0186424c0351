// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * A loader of another tool behind the page loop: its functions are called through the gate, each with the arguments
 * and the value of success that its format has (enum ofl_args, enum ofl_result). p->address is what the loader takes:
 * absolute for most of them.
 */

#include <stdbool.h>

#include "data_cache.h"
#include "loader.h"

void ofl_gate(struct ofl_call *call);

void ofl_fail_value(struct ofl_params *p, uint32_t status, uint32_t value)
{
	p->fail_value = value;
	ofl_fail(p, status);
}

/* Calls and checks the stack; returns r0. */
static uint32_t call(struct ofl_params *p, uint32_t function, uint32_t args, uint32_t length, uint32_t buffer)
{
	struct ofl_call *c = &p->call;
	uint32_t first = p->address, second = length, third = buffer, fourth = 0;
	uint32_t op = OFL_ARGS_GET_OP(args);

	args = OFL_ARGS_STYLE(args);
	if (args == OFL_ARGS_GIVEN) {
		first = c->arg[0];
		second = c->arg[1];
		third = c->arg[2];
		fourth = c->arg[3];
	} else if (args == OFL_ARGS_WORDS) {
		second = buffer;
		third = length / 4;
	} else if (args == OFL_ARGS_SECTOR) {
		third = 1;
	} else if (args == OFL_ARGS_FIRST_LAST) {
		second = first;
	} else if (args == OFL_ARGS_CRC) {
		second = first;
		first = 0xffffffff;
		third = length;
		fourth = 0xedb88320;
	}
	if (op) {
		fourth = third;
		third = second;
		second = first;
		first = op;
	}
	c->called_arg[0] = first;
	c->called_arg[1] = second;
	c->called_arg[2] = third;
	c->called_arg[3] = fourth;
	/* The host looks while a call is under way. */
	*(volatile uint32_t *)&c->called = function;
	ofl_gate(c);
	if (*(volatile uint32_t *)c->stack_low != OFL_STACK_CANARY)
		ofl_fail_value(p, OFL_STATUS_STACK, c->called_result);
	return c->called_result;
}

static void check(struct ofl_params *p, uint32_t rule, uint32_t value, uint32_t end)
{
	bool good = true;
	if (rule == OFL_RESULT_ZERO)
		good = value == 0;
	else if (rule == OFL_RESULT_ONE)
		good = value == 1;
	else if (rule == OFL_RESULT_END)
		good = value == end;
	else if (rule == OFL_RESULT_NOT_NEGATIVE)
		good = (int32_t)value >= 0;
	if (!good)
		ofl_fail_value(p, OFL_STATUS_CALL_FAILED, value);
}

static void call_function(struct ofl_params *p, uint32_t length, uint32_t buffer)
{
	uint32_t value = call(p, p->call.function, p->call.args, length, buffer);
	check(p, p->call.result, value, p->address + length);
}

void loader_begin(struct ofl_params *p)
{
	(void)p;
}

/*
 * What a loader changes is put back by its UnInit, or by a reset. The flash may be mapped, and another run or the
 * application may read it.
 */
void loader_end(struct ofl_params *p)
{
	(void)p;
	data_cache_clean_invalidate();
}

void loader_program(struct ofl_params *p, uint8_t *data, uint32_t length)
{
	call_function(p, length, (uint32_t)data);
}

void loader_read(struct ofl_params *p, uint8_t *buffer, uint32_t length)
{
	if (p->call.read) {
		uint32_t rule = p->call.read_result;
		uint32_t value = call(p, p->call.read, (rule & ~0xffu) | OFL_ARGS_DATA, length, (uint32_t)buffer);
		check(p, OFL_ARGS_STYLE(rule), value, p->address + length);
		return;
	}
	const volatile uint8_t *from = (const volatile uint8_t *)(p->address + p->call.map_offset);
	if (!(((uint32_t)from | (uint32_t)buffer | length) & 3)) {
		/* Four times as fast, and what some controllers' mapped mode asks for. */
		for (uint32_t n = 0; n != length; n += 4)
			*(uint32_t *)(buffer + n) = *(const volatile uint32_t *)(from + n);
		return;
	}
	for (uint32_t n = 0; n != length; n++)
		buffer[n] = from[n];
}

/*
 * The unit's content in pieces of the scratch buffer. With `table` its CRC, else the offset of the first byte that is
 * not erased.
 */
static uint32_t scan(struct ofl_params *p, const uint32_t *table)
{
	uint32_t start = p->address;
	uint32_t crc = 0xffffffff;
	uint32_t at = 0;

	while (at != p->unit_bytes) {
		uint8_t *buffer = (uint8_t *)p->call.scratch;
		uint32_t length = p->unit_bytes - at;
		if (length > p->call.scratch_bytes)
			length = p->call.scratch_bytes;
		p->address = start + at;
		loader_read(p, buffer, length);
		for (uint8_t *end = buffer + length; buffer != end; buffer++, at++) {
			if (table) {
				crc = crc_byte(crc, *buffer, table);
			} else if (*buffer != p->call.erased_byte) {
				p->address = start;
				return at;
			}
		}
	}
	p->address = start;
	return table ? crc : at;
}

uint32_t loader_blank(struct ofl_params *p)
{
	if (p->op != OFL_OP_BLANK || !p->call.function)
		return scan(p, NULL);
	/* BlankCheck: 0 blank, 1 not blank, negative: it could not tell. */
	uint32_t value = call(p, p->call.function, (p->call.args & ~0xffu) | OFL_ARGS_DATA, p->unit_bytes,
		p->call.erased_byte);
	if ((int32_t)value < 0)
		ofl_fail_value(p, OFL_STATUS_CALL_FAILED, value);
	return value ? 0 : p->unit_bytes;
}

void loader_erase(struct ofl_params *p, struct ofl_erase_entry *entry)
{
	/* Loaders that want the sector's number count from 0. */
	call_function(p, entry->command++, 0);
}

uint32_t loader_crc(struct ofl_params *p, const uint32_t *table)
{
	if (p->call.function)
		return call(p, p->call.function, (p->call.args & ~0xffu) | OFL_ARGS_CRC, p->unit_bytes, 0);
	return scan(p, table);
}

uint32_t loader_other(struct ofl_params *p, uint32_t op)
{
	if (op != OFL_OP_CALL)
		return OFL_STATUS_BAD_OP;
	call_function(p, 0, 0);
	return OFL_STATUS_OK;
}
