// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The stub for loader files as a function of the loader sees it: arguments, registers, what its result means, and the
 * operations that read content through it or through the memory map. The ring is in test_stub_foreign_ring.c.
 */

#include <stdlib.h>
#include <string.h>

#include "foreign_rig.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define FLASH_ADDRESS	0x90000000u
#define FLASH_BYTES	(8 * KIB)

static struct foreign foreign;
static uint8_t flash[FLASH_BYTES];

/* With random content that FOREIGN_READ gives out. */
static struct foreign *open_with_flash(struct stub_rig *rig)
{
	struct foreign *f = &foreign;

	foreign_open_usual(f, rig);
	f->body = foreign_read_body;
	f->flash = flash;
	f->flash_address = FLASH_ADDRESS;
	f->flash_bytes = FLASH_BYTES;
	stub_fill_random(flash, FLASH_BYTES, 3);
	return f;
}

static void params_with_flash(struct foreign *f, enum ofl_op op)
{
	foreign_params(f, op);
	f->rig->params.call.function = 0;
	f->rig->params.call.read = f->function[FOREIGN_READ];
	f->rig->params.call.read_result = OFL_RESULT_ONE;
}

static void assert_arguments(const struct foreign_call *call, uint32_t r0, uint32_t r1, uint32_t r2, uint32_t r3)
{
	assert_int_equal(call->arg[0], r0);
	assert_int_equal(call->arg[1], r1);
	assert_int_equal(call->arg[2], r2);
	assert_int_equal(call->arg[3], r3);
}

static void return_value(struct foreign *f, struct foreign_call *call)
{
	call->result = f->value;
	call->result_high = ~f->value;
}

/* `value` from call number `number`, else 0. */
static void return_value_once(struct foreign *f, struct foreign_call *call)
{
	if (f->num_calls == f->number + 1)
		call->result = f->value;
}

/* One function, as the host gives its arguments, from any place in RAM. */
static void test_call(struct stub_rig *rig)
{
	static const uint32_t arguments[][OFL_CALL_ARGS] = {
		{ 0, 0, 0, 0 }, { 0x90000000, 8000000, 1, 4 }, { 0xffffffff, 0x80000000, 0x7fffffff, 1 },
	};
	static const uint32_t offsets[] = { 0x10, 0x14, 0x18, 0x1dc };
	struct foreign *f = &foreign;

	for (unsigned int n = 0; n < COUNT(arguments) * COUNT(offsets); n++) {
		const uint32_t *arg = arguments[n % COUNT(arguments)];
		foreign_open(f, rig, offsets[n / COUNT(arguments)]);
		f->body = return_value;
		f->value = 0x12345678 + n;
		foreign_params(f, OFL_OP_CALL);
		memcpy(rig->params.call.arg, arg, sizeof(rig->params.call.arg));
		rig->params.address = 0x1000;
		assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
		assert_int_equal(f->num_calls, 1);
		assert_int_equal(f->call[0].function, FOREIGN_MAIN);
		assert_int_equal(f->call[0].primask, 1);
		assert_arguments(&f->call[0], arg[0], arg[1], arg[2], arg[3]);
		foreign_assert_called(f, FOREIGN_MAIN, arg[0], arg[1], arg[2], arg[3]);
		assert_int_equal(rig->params.call.called_result, 0x12345678 + n);
		assert_int_equal(rig->params.call.called_result_high, ~(0x12345678 + n));
		assert_int_equal(rig->params.address, 0x1000);
		assert_int_equal(rig->params.done, 0);
		stub_assert_clean(rig);
	}
}

/* What is good and what is not, for each rule, with the whole range of r0. */
static void test_results(struct stub_rig *rig)
{
	static const struct {
		enum ofl_result rule;
		uint32_t value;
		bool good;
	} cases[] = {
		{ OFL_RESULT_ANY, 0, true }, { OFL_RESULT_ANY, 1, true }, { OFL_RESULT_ANY, 0xffffffff, true },
		{ OFL_RESULT_ZERO, 0, true }, { OFL_RESULT_ZERO, 1, false }, { OFL_RESULT_ZERO, 0x80000000, false },
		{ OFL_RESULT_ZERO, 0x100, false }, { OFL_RESULT_ZERO, 0xffffffff, false },
		{ OFL_RESULT_ONE, 1, true }, { OFL_RESULT_ONE, 0, false }, { OFL_RESULT_ONE, 2, false },
		{ OFL_RESULT_ONE, 0x101, false }, { OFL_RESULT_ONE, 0xffffffff, false },
		{ OFL_RESULT_END, 0x08004000, true }, { OFL_RESULT_END, 0x08004001, false },
		{ OFL_RESULT_END, 0x08003fff, false }, { OFL_RESULT_END, 0, false }, { OFL_RESULT_END, 1, false },
		{ OFL_RESULT_NOT_NEGATIVE, 0, true }, { OFL_RESULT_NOT_NEGATIVE, 1, true },
		{ OFL_RESULT_NOT_NEGATIVE, 0x7fffffff, true }, { OFL_RESULT_NOT_NEGATIVE, 0x80000000, false },
		{ OFL_RESULT_NOT_NEGATIVE, 0xffffffff, false },
	};
	struct foreign *f = &foreign;

	foreign_open_usual(f, rig);
	f->body = return_value;
	for (unsigned int n = 0; n < COUNT(cases); n++) {
		foreign_params_function(f, OFL_OP_CALL, FOREIGN_MAIN, OFL_ARGS_GIVEN, cases[n].rule);
		rig->params.address = 0x08004000;
		rig->params.call.arg[0] = n;
		f->value = cases[n].value;
		enum ofl_status status = stub_run(rig, 100);
		if (status != (cases[n].good ? OFL_STATUS_OK : OFL_STATUS_CALL_FAILED))
			fail_msg("rule %u, value 0x%x: status %u", cases[n].rule, (unsigned int)cases[n].value, status);
		assert_int_equal(f->num_calls, 1);
		assert_int_equal(rig->params.fail_value, cases[n].good ? 0 : cases[n].value);
		assert_int_equal(rig->params.call.called_result, cases[n].value);
		assert_int_equal(rig->params.call.called_result_high, ~cases[n].value);
		foreign_assert_called(f, FOREIGN_MAIN, n, 0, 0, 0);
	}
	stub_assert_clean(rig);
}

/* A list of `count` sectors of 4 KiB, so that there is a call after a call. */
static enum ofl_status erase_sectors(struct foreign *f, uint32_t count)
{
	struct ofl_erase_entry entry = { .address = FLASH_ADDRESS, .unit_bytes = 4 * KIB, .count = count };

	return stub_erase(f->rig, &entry, 1);
}

static void mask_in_third_call(struct foreign *f, struct foreign_call *call)
{
	call->primask_after = f->num_calls == 3 ? 1 : call->primask;
}

static void unmask_in_each_call(struct foreign *f, struct foreign_call *call)
{
	(void)f;
	call->primask_after = 0;
}

/* In the functions as the flag says, whatever the one before did; outside of them never. */
static void test_interrupts(struct stub_rig *rig)
{
	static const uint32_t flags[] = { 0, OFL_CALL_IRQ_ON, 0xfffffffe, 0xffffffff };
	struct foreign *f = &foreign;

	foreign_open_usual(f, rig);
	for (unsigned int n = 0; n < COUNT(flags); n++) {
		bool on = flags[n] & OFL_CALL_IRQ_ON;
		f->body = on ? mask_in_third_call : unmask_in_each_call;
		foreign_params(f, OFL_OP_ERASE);
		rig->params.call.flags = flags[n];
		assert_int_equal(erase_sectors(f, 5), OFL_STATUS_OK);
		assert_int_equal(f->num_calls, 5);
		for (unsigned int i = 0; i < 5; i++)
			assert_int_equal(f->call[i].primask, !on);
	}
	/* By an instruction of the function itself; stub_end() sees the core masked. */
	foreign_params_function(f, OFL_OP_CALL, FOREIGN_UNMASK, OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
	assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
	stub_assert_clean(rig);
}

/* The same r9, r10 and SP at each call, though each one leaves rubbish in the registers; serve() compares them. */
static void test_registers(struct stub_rig *rig)
{
	static const uint32_t bases[] = { 0, 0x20000100, 0xffffffff };
	struct foreign *f = &foreign;

	foreign_open_usual(f, rig);
	for (unsigned int n = 0; n < COUNT(bases); n++) {
		foreign_params(f, OFL_OP_ERASE);
		rig->params.call.r9 = bases[n];
		rig->params.call.r10 = ~bases[n];
		assert_int_equal(erase_sectors(f, 7), OFL_STATUS_OK);
		assert_int_equal(f->num_calls, 7);
		for (unsigned int i = 1; i < 7; i++)
			assert_int_equal(f->call[i].sp, f->call[0].sp);
		/* What is above is the stub's own; the loader's begins here. */
		assert_in_range(rig->layout.stack_high - f->call[0].sp, 8, OFL_STACK_BUDGET_BYTES);
	}
	stub_assert_clean(rig);
}

/* The arguments of each style, through the operations that use it. */
static void test_program_styles(struct stub_rig *rig)
{
	static const enum ofl_args styles[] = { OFL_ARGS_DATA, OFL_ARGS_WORDS };
	struct foreign *f = &foreign;
	uint8_t data[200];

	foreign_open_usual(f, rig);
	stub_fill_random(data, sizeof(data), 1);
	for (unsigned int n = 0; n < COUNT(styles); n++) {
		foreign_params_function(f, OFL_OP_PROGRAM, FOREIGN_MAIN, styles[n], OFL_RESULT_ANY);
		rig->num_slots = 2;
		rig->page_bytes = 128;
		assert_int_equal(stub_program(rig, FLASH_ADDRESS + 0x100, data, sizeof(data), &stub_host_fast), OFL_STATUS_OK);
		assert_int_equal(f->num_calls, 2);
		uint32_t first = rig->layout.ring + sizeof(struct ofl_slot);
		uint32_t second = first + 128 + sizeof(struct ofl_slot);
		if (styles[n] == OFL_ARGS_DATA) {
			assert_arguments(&f->call[0], FLASH_ADDRESS + 0x100, 128, first, 0);
			assert_arguments(&f->call[1], FLASH_ADDRESS + 0x180, 72, second, 0);
		} else {
			assert_arguments(&f->call[0], FLASH_ADDRESS + 0x100, first, 32, 0);
			assert_arguments(&f->call[1], FLASH_ADDRESS + 0x180, second, 18, 0);
		}
		assert_int_equal(rig->params.call.called_arg[0], FLASH_ADDRESS + 0x180);
		assert_memory_equal(stub_ram(rig, first, 128), data, 128);
		assert_memory_equal(stub_ram(rig, second, 72), data + 128, 72);
	}
	stub_assert_clean(rig);
}

/* Sectors of several sizes, counted on within an entry; an entry of none is none. */
static void test_erase(struct stub_rig *rig)
{
	static const enum ofl_args styles[] = { OFL_ARGS_SECTOR, OFL_ARGS_FIRST_LAST, OFL_ARGS_DATA };
	static const struct {
		uint32_t address, number;
	} expected[] = {
		{ 0x90000000, 0 }, { 0x90004000, 1 }, { 0x90008000, 2 }, { 0x90010000, 9 }, { 0x9f000000, UINT32_MAX },
		{ 0x9f000fff, 0 },
	};
	struct foreign *f = &foreign;

	foreign_open_usual(f, rig);
	for (unsigned int n = 0; n < COUNT(styles); n++) {
		struct ofl_erase_entry entries[] = {
			{ 0x90000000, 16 * KIB, 3, .command = 0 },
			{ 0x91000000, 16 * KIB, 0, .command = 77 },
			{ 0x90010000, 64 * KIB, 1, .command = 9 },
			{ 0x9f000000, 4095, 2, .command = UINT32_MAX },
		};
		foreign_params_function(f, OFL_OP_ERASE, FOREIGN_MAIN, styles[n], OFL_RESULT_ZERO);
		assert_int_equal(stub_erase(rig, entries, COUNT(entries)), OFL_STATUS_OK);
		assert_int_equal(f->num_calls, COUNT(expected));
		for (unsigned int i = 0; i < COUNT(expected); i++) {
			uint32_t address = expected[i].address;
			if (styles[n] == OFL_ARGS_SECTOR)
				assert_arguments(&f->call[i], address, expected[i].number, 1, 0);
			else if (styles[n] == OFL_ARGS_FIRST_LAST)
				assert_arguments(&f->call[i], address, address, 0, 0);
			else
				assert_int_equal(f->call[i].arg[0], address);
		}
		assert_int_equal(rig->params.done, COUNT(expected));
		for (unsigned int i = 0; i < COUNT(entries); i++)
			assert_int_equal(entries[i].skipped, 0);
	}
	stub_assert_clean(rig);
}

/* A loader with one entry point: r0 says what is wanted, all else comes one register later. */
static void test_operation_numbers(struct stub_rig *rig)
{
	struct ofl_erase_entry entry = { 0x90000000, 4 * KIB, 2, .command = 7 };
	struct foreign *f = &foreign;
	uint8_t data[64];
	uint32_t result[2];

	foreign_open_usual(f, rig);
	stub_fill_random(data, sizeof(data), 1);
	foreign_params_function(f, OFL_OP_PROGRAM, FOREIGN_MAIN, OFL_ARGS_OP(5) | OFL_ARGS_DATA, OFL_RESULT_ZERO);
	rig->num_slots = 2;
	rig->page_bytes = 64;
	assert_int_equal(stub_program(rig, FLASH_ADDRESS, data, 64, &stub_host_fast), OFL_STATUS_OK);
	assert_arguments(&f->call[0], 5, FLASH_ADDRESS, 64, rig->layout.ring + sizeof(struct ofl_slot));

	foreign_params_function(f, OFL_OP_ERASE, FOREIGN_MAIN, OFL_ARGS_OP(4) | OFL_ARGS_SECTOR, OFL_RESULT_ZERO);
	assert_int_equal(stub_erase(rig, &entry, 1), OFL_STATUS_OK);
	assert_arguments(&f->call[0], 4, 0x90000000, 7, 1);
	assert_arguments(&f->call[1], 4, 0x90001000, 8, 1);

	foreign_params_function(f, OFL_OP_CALL, FOREIGN_MAIN, OFL_ARGS_OP(0xffffff) | OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
	for (unsigned int n = 0; n < OFL_CALL_ARGS; n++)
		rig->params.call.arg[n] = 0x100 + n;
	assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
	assert_arguments(&f->call[0], 0xffffff, 0x100, 0x101, 0x102);

	foreign_params_function(f, OFL_OP_BLANK, FOREIGN_MAIN, OFL_ARGS_OP(8) | OFL_ARGS_BLANK, OFL_RESULT_ANY);
	rig->params.call.erased_byte = 0x5a;
	assert_int_equal(stub_check(rig, OFL_OP_BLANK, FLASH_ADDRESS, 512, 1, result), OFL_STATUS_OK);
	assert_arguments(&f->call[0], 8, FLASH_ADDRESS, 512, 0x5a);

	foreign_params_function(f, OFL_OP_CRC, FOREIGN_MAIN, OFL_ARGS_OP(9) | OFL_ARGS_CRC, OFL_RESULT_ANY);
	assert_int_equal(stub_check(rig, OFL_OP_CRC, FLASH_ADDRESS, 512, 1, result), OFL_STATUS_OK);
	assert_arguments(&f->call[0], 9, 0xffffffff, FLASH_ADDRESS, 512);
	stub_assert_clean(rig);
}

/* The number is in read_result, the rule beside it is kept. */
static void test_read_with_number(struct stub_rig *rig)
{
	struct foreign *f = open_with_flash(rig);
	uint8_t data[64];

	for (unsigned int good = 0; good < 2; good++) {
		params_with_flash(f, OFL_OP_READ);
		rig->params.call.read_result = OFL_ARGS_OP(6) | (good ? OFL_RESULT_ANY : OFL_RESULT_ONE);
		f->body = NULL;
		assert_int_equal(stub_read(rig, FLASH_ADDRESS, data, sizeof(data), 64, &stub_host_fast),
			good ? OFL_STATUS_OK : OFL_STATUS_CALL_FAILED);
		assert_arguments(&f->call[0], 6, FLASH_ADDRESS, 64, rig->layout.ring);
	}
	stub_assert_clean(rig);
}

/* The host sees `done` while the list is worked on. */
static void expect_done(struct foreign *f, struct foreign_call *call)
{
	assert_int_equal(stub_live(f->rig, offsetof(struct ofl_params, done)), f->num_calls - 1);
	return_value_once(f, call);
}

static void test_erase_failure(struct stub_rig *rig)
{
	static const uint32_t addresses[] = { 0x90000000, 0x90001000, 0x90002000, 0xa0000000, 0xa0010000 };
	struct foreign *f = &foreign;

	foreign_open_usual(f, rig);
	f->body = expect_done;
	f->value = 0xfff00001;
	for (unsigned int n = 0; n <= COUNT(addresses); n++) {
		struct ofl_erase_entry entries[] = {
			{ 0x90000000, 4 * KIB, 3, .command = 4 }, { 0xa0000000, 64 * KIB, 2, .command = 20 },
		};
		foreign_params_function(f, OFL_OP_ERASE, FOREIGN_MAIN, OFL_ARGS_SECTOR, OFL_RESULT_ZERO);
		f->number = n;
		enum ofl_status status = stub_erase(rig, entries, COUNT(entries));
		assert_int_equal(rig->params.done, n);
		if (n == COUNT(addresses)) {
			assert_int_equal(status, OFL_STATUS_OK);
			continue;
		}
		assert_int_equal(status, OFL_STATUS_CALL_FAILED);
		assert_int_equal(f->num_calls, n + 1);
		assert_int_equal(rig->params.address, addresses[n]);
		assert_int_equal(rig->params.fail_value, 0xfff00001);
		assert_int_equal(rig->params.call.called_result, 0xfff00001);
		foreign_assert_called(f, FOREIGN_MAIN, addresses[n], n < 3 ? 4 + n : 20 + n - 3, 1, 0);
	}
	stub_assert_clean(rig);
}

/* Memory-mapped content, through a ring of two slots. */
static void read_mapped(struct foreign *f, uint32_t misalignment, uint32_t map_offset)
{
	static const uint32_t lengths[] = { 1, 3, 4, 5, 64, 127, 1000, 1024 };
	struct stub_rig *rig = f->rig;
	uint32_t address = f->ram + misalignment - map_offset;
	uint8_t content[1024], data[1024];

	stub_fill_random(content, sizeof(content), misalignment + 1);
	stub_write(rig, f->ram + misalignment, content, sizeof(content));
	for (unsigned int n = 0; n < COUNT(lengths); n++) {
		memset(data, 0, sizeof(data));
		foreign_params(f, OFL_OP_READ);
		rig->params.call.map_offset = map_offset;
		rig->num_slots = 2;
		assert_int_equal(stub_read(rig, address, data, lengths[n], 64, &stub_host_fast), OFL_STATUS_OK);
		assert_memory_equal(data, content, lengths[n]);
		assert_int_equal(rig->params.address, address + lengths[n]);
		assert_int_equal(rig->params.done, (lengths[n] + 63) / 64);
	}
	assert_int_equal(f->num_calls, 0);
}

/* Of a read into one slot, so that there is no waiting in it. */
static uint64_t read_cycles(struct foreign *f, uint32_t misalignment, uint32_t map_offset)
{
	struct stub_rig *rig = f->rig;
	uint64_t cycles = core_cycles(rig->board->core);

	foreign_params(f, OFL_OP_READ);
	rig->params.address = f->ram + misalignment - map_offset;
	rig->params.call.map_offset = map_offset;
	rig->params.count = 1;
	rig->params.slots = 1;
	rig->params.slot_bytes = 1024;
	rig->params.unit_bytes = 1024;
	assert_int_equal(stub_run(rig, 1000), OFL_STATUS_OK);
	assert_memory_equal(stub_ram(rig, rig->layout.ring, 1024), stub_ram(rig, f->ram + misalignment, 1024), 1024);
	return core_cycles(rig->board->core) - cycles;
}

static void test_read_mapped(struct stub_rig *rig)
{
	struct foreign *f = &foreign;

	foreign_open_usual(f, rig);
	for (uint32_t misalignment = 0; misalignment < 4; misalignment++) {
		read_mapped(f, misalignment, 0);
		read_mapped(f, misalignment, 3);
	}
	/* Both ways round the address space. */
	read_mapped(f, 0, 0x20000000 - FLASH_ADDRESS);
	read_mapped(f, 4, 0x10000000);

	/* In words where memory and buffer allow it; whether the flash address does is of no matter. */
	uint64_t cycles = read_cycles(f, 0, 0);
	assert_int_equal(read_cycles(f, 0, 1), cycles);
	assert_true(read_cycles(f, 1, 0) > 2 * cycles);
	assert_true(read_cycles(f, 1, 1) > 2 * cycles);
	stub_assert_clean(rig);
}

static void test_read_function(struct stub_rig *rig)
{
	struct foreign *f = open_with_flash(rig);
	uint8_t data[1000];

	for (unsigned int slots = 1; slots < 4; slots++) {
		memset(data, 0, sizeof(data));
		params_with_flash(f, OFL_OP_READ);
		rig->num_slots = slots;
		assert_int_equal(stub_read(rig, FLASH_ADDRESS + 17, data, sizeof(data), 96, &stub_host_fast), OFL_STATUS_OK);
		assert_memory_equal(data, flash + 17, sizeof(data));
		assert_int_equal(f->num_calls, 11);
		for (unsigned int n = 0; n < 11; n++)
			assert_arguments(&f->call[n], FLASH_ADDRESS + 17 + 96 * n, n < 10 ? 96 : 40,
				rig->layout.ring + n % slots * 96, 0);
		assert_int_equal(rig->params.done, 11);
	}
	/* What is read before the failure is the host's. */
	for (unsigned int n = 0; n < 4; n++) {
		memset(data, 0, sizeof(data));
		params_with_flash(f, OFL_OP_READ);
		f->number = n;
		f->value = 0;
		rig->num_slots = 2;
		assert_int_equal(stub_read(rig, FLASH_ADDRESS, data, 400, 100, &stub_host_fast), OFL_STATUS_CALL_FAILED);
		assert_int_equal(rig->params.done, n);
		assert_int_equal(rig->params.wp, n);
		assert_int_equal(rig->params.address, FLASH_ADDRESS + 100 * n);
		assert_int_equal(rig->params.fail_value, 0);
		assert_memory_equal(data, flash, 100 * n);
	}
	stub_assert_clean(rig);
}

/* Of FOREIGN_READ; OFL_RESULT_END makes no sense there. */
static void test_read_results(struct stub_rig *rig)
{
	static const struct {
		enum ofl_result rule;
		uint32_t value;
		bool good;
	} cases[] = {
		{ OFL_RESULT_ANY, 0xffffffff, true }, { OFL_RESULT_ZERO, 0, true }, { OFL_RESULT_ZERO, 1, false },
		{ OFL_RESULT_ONE, 1, true }, { OFL_RESULT_ONE, 0, false }, { OFL_RESULT_NOT_NEGATIVE, 64, true },
		{ OFL_RESULT_NOT_NEGATIVE, 0xfffffffe, false },
	};
	struct foreign *f = open_with_flash(rig);
	uint8_t data[64];

	for (unsigned int n = 0; n < COUNT(cases); n++) {
		params_with_flash(f, OFL_OP_READ);
		rig->params.call.read_result = cases[n].rule;
		/* The rule of the other function is not for this one. */
		rig->params.call.result = OFL_RESULT_ZERO;
		rig->num_slots = 1;
		f->number = 0;
		f->value = cases[n].value;
		assert_int_equal(stub_read(rig, FLASH_ADDRESS, data, sizeof(data), 64, &stub_host_fast),
			cases[n].good ? OFL_STATUS_OK : OFL_STATUS_CALL_FAILED);
		assert_int_equal(rig->params.fail_value, cases[n].good ? 0 : cases[n].value);
	}
	stub_assert_clean(rig);
}

/* zlib's crc32(), a bit at a time. */
static uint32_t crc32_of(const uint8_t *bytes, uint32_t length)
{
	uint32_t crc = 0xffffffff;

	for (uint32_t n = 0; n < length; n++) {
		crc ^= bytes[n];
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

/* The pieces lie one behind the other, and are no larger than the scratch buffer, which they start at. */
static void assert_pieces(const struct foreign *f, uint32_t address, uint32_t unit_bytes, uint32_t scratch,
		uint32_t scratch_bytes)
{
	unsigned int call = 0;

	while (call < f->num_calls) {
		for (uint32_t left = unit_bytes; left; call++) {
			uint32_t length = left < scratch_bytes ? left : scratch_bytes;
			assert_in_range(call, 0, f->num_calls - 1);
			assert_arguments(&f->call[call], address, length, scratch, 0);
			address += length;
			left -= length;
		}
	}
}

static void test_crc(struct stub_rig *rig)
{
	static const struct {
		uint32_t unit_bytes, scratch_bytes;
	} cases[] = {
		{ 1, 4 }, { 3, 4 }, { 4, 4 }, { 9, 4 }, { 96, 96 }, { 97, 96 }, { 95, 96 }, { 1000, 96 }, { 256, 128 },
		{ 777, 1000 }, { 100, 1 },
	};
	struct foreign *f = open_with_flash(rig);
	uint32_t result[2];

	memcpy(flash, "123456789", 9);
	assert_int_equal(crc32_of(flash, 9), 0xcbf43926);
	for (unsigned int n = 0; n < 2 * COUNT(cases); n++) {
		bool mapped = n % 2;
		uint32_t unit_bytes = cases[n / 2].unit_bytes;
		uint32_t address = FLASH_ADDRESS + (n / 2 % 4);
		const uint8_t *content = flash + (address - FLASH_ADDRESS);
		params_with_flash(f, OFL_OP_CRC);
		rig->params.call.scratch_bytes = cases[n / 2].scratch_bytes;
		assert_true(rig->params.call.scratch + rig->params.call.scratch_bytes <=
			rig->layout.ring + rig->layout.ring_bytes);
		if (mapped) {
			rig->params.call.read = 0;
			rig->params.call.map_offset = f->ram - FLASH_ADDRESS;
			stub_write(rig, f->ram, flash, 2048);
		}
		assert_int_equal(stub_check(rig, OFL_OP_CRC, address, unit_bytes, COUNT(result), result), OFL_STATUS_OK);
		for (unsigned int unit = 0; unit < COUNT(result); unit++)
			assert_int_equal(result[unit], ~crc32_of(content + unit * unit_bytes, unit_bytes));
		assert_int_equal(rig->params.done, COUNT(result));
		assert_int_equal(rig->params.address, address + COUNT(result) * unit_bytes);
		assert_int_equal(f->num_calls != 0, !mapped);
		assert_pieces(f, address, unit_bytes, rig->params.call.scratch, rig->params.call.scratch_bytes);
	}
	stub_assert_clean(rig);
}

/* First byte, last of a piece, first of the next, last of all; with what each flash calls erased. */
static void test_blank(struct stub_rig *rig)
{
	static const uint8_t erased[] = { 0xff, 0x00, 0xa5 };
	static const uint32_t places[] = { 0, 1, 95, 96, 97, 200, 299, 300 };
	struct foreign *f = open_with_flash(rig);
	uint32_t result[3];

	for (unsigned int n = 0; n < COUNT(erased) * COUNT(places); n++) {
		uint32_t place = places[n % COUNT(places)];
		for (unsigned int mapped = 0; mapped < 2; mapped++) {
			memset(flash, erased[n / COUNT(places)], 900);
			/* In the unit between two that are blank; more behind it is of no interest. */
			for (uint32_t at = place; at < 300; at += 7)
				flash[300 + at] ^= n & 1 ? 0x80 : 0xff;
			params_with_flash(f, OFL_OP_BLANK);
			rig->params.call.erased_byte = erased[n / COUNT(places)];
			if (mapped) {
				rig->params.call.read = 0;
				rig->params.call.map_offset = f->ram - FLASH_ADDRESS;
				stub_write(rig, f->ram, flash, 900);
			}
			assert_int_equal(stub_check(rig, OFL_OP_BLANK, FLASH_ADDRESS, 300, 3, result), OFL_STATUS_OK);
			assert_int_equal(result[0], 300);
			assert_int_equal(result[1], place);
			assert_int_equal(result[2], 300);
			assert_int_equal(rig->params.done, 3);
			/* A unit is 96 + 96 + 96 + 12 bytes; what follows the first difference is not read. */
			if (!mapped)
				assert_int_equal(f->num_calls, 8 + (place < 300 ? place / 96 + 1 : 4));
			assert_int_equal(rig->params.address, FLASH_ADDRESS + 900);
		}
	}
	stub_assert_clean(rig);
}

/* The loader's own functions for it; their results are the unit's, not to be judged by call.result. */
static void test_crc_function(struct stub_rig *rig)
{
	static const uint32_t values[] = { 0, 1, 0xffffffff, 0x340bc6d9 };
	struct foreign *f = &foreign;
	uint32_t result[2];

	foreign_open_usual(f, rig);
	f->body = return_value;
	for (unsigned int n = 0; n < COUNT(values); n++) {
		foreign_params_function(f, OFL_OP_CRC, FOREIGN_MAIN, OFL_ARGS_CRC, OFL_RESULT_ANY);
		f->value = values[n];
		assert_int_equal(stub_check(rig, OFL_OP_CRC, FLASH_ADDRESS, 64 * KIB, 2, result), OFL_STATUS_OK);
		assert_int_equal(f->num_calls, 2);
		assert_arguments(&f->call[0], 0xffffffff, FLASH_ADDRESS, 64 * KIB, 0xedb88320);
		assert_arguments(&f->call[1], 0xffffffff, FLASH_ADDRESS + 64 * KIB, 64 * KIB, 0xedb88320);
		assert_int_equal(result[0], values[n]);
		assert_int_equal(result[1], values[n]);
	}
	stub_assert_clean(rig);
}

static void test_blank_function(struct stub_rig *rig)
{
	static const struct {
		uint32_t value, result;	/* result 2: fails */
	} cases[] = {
		{ 0, 4 * KIB }, { 1, 0 }, { 0x7fffffff, 0 }, { 0xffffffff, 2 }, { 0x80000000, 2 },
	};
	struct foreign *f = &foreign;
	uint32_t result[3];

	foreign_open_usual(f, rig);
	f->body = return_value_once;
	for (unsigned int n = 0; n < COUNT(cases); n++) {
		foreign_params_function(f, OFL_OP_BLANK, FOREIGN_MAIN, OFL_ARGS_BLANK, OFL_RESULT_ANY);
		rig->params.call.erased_byte = 0x5a;
		f->number = 1;
		f->value = cases[n].value;
		enum ofl_status status = stub_check(rig, OFL_OP_BLANK, FLASH_ADDRESS, 4 * KIB, 3, result);
		assert_arguments(&f->call[0], FLASH_ADDRESS, 4 * KIB, 0x5a, 0);
		assert_arguments(&f->call[1], FLASH_ADDRESS + 4 * KIB, 4 * KIB, 0x5a, 0);
		assert_int_equal(result[0], 4 * KIB);
		if (cases[n].result == 2) {
			assert_int_equal(status, OFL_STATUS_CALL_FAILED);
			assert_int_equal(rig->params.fail_value, cases[n].value);
			assert_int_equal(rig->params.address, FLASH_ADDRESS + 4 * KIB);
			assert_int_equal(rig->params.done, 1);
			continue;
		}
		assert_int_equal(status, OFL_STATUS_OK);
		assert_int_equal(result[1], cases[n].result);
		assert_int_equal(result[2], 4 * KIB);
	}
	stub_assert_clean(rig);
}

/* The read function fails in the middle of the second unit. */
static void test_scan_failure(struct stub_rig *rig)
{
	static const enum ofl_op ops[] = { OFL_OP_CRC, OFL_OP_BLANK };
	struct foreign *f = open_with_flash(rig);
	uint32_t result[3];

	memset(flash, 0xff, 900);
	for (unsigned int n = 0; n < COUNT(ops); n++) {
		params_with_flash(f, ops[n]);
		f->number = 4 + 2;
		f->value = 0x80000007;
		assert_int_equal(stub_check(rig, ops[n], FLASH_ADDRESS, 300, 3, result), OFL_STATUS_CALL_FAILED);
		assert_int_equal(rig->params.fail_value, 0x80000007);
		assert_int_equal(rig->params.done, 1);
		assert_int_equal(result[0], ops[n] == OFL_OP_CRC ? ~crc32_of(flash, 300) : 300);
		foreign_assert_called(f, FOREIGN_READ, FLASH_ADDRESS + 300 + 192, 96, rig->params.call.scratch, 0);
		/* The host knows the unit from `done`. */
		assert_in_range(rig->params.address, FLASH_ADDRESS + 300, FLASH_ADDRESS + 599);
	}
	stub_assert_clean(rig);
}

static void abort_in_call(struct foreign *f, struct foreign_call *call)
{
	if (call->function == FOREIGN_READ)
		call->result = 1;
	if (f->num_calls == f->number + 1)
		stub_set_live(f->rig, offsetof(struct ofl_params, abort), 1);
}

/* In the middle of a unit: it is finished, and no other begun. */
static void test_abort(struct stub_rig *rig)
{
	static const enum ofl_op ops[] = { OFL_OP_ERASE, OFL_OP_CRC, OFL_OP_BLANK, OFL_OP_READ };
	struct foreign *f = &foreign;
	uint32_t result[4];
	uint8_t data[400];

	foreign_open_usual(f, rig);
	f->body = abort_in_call;
	f->number = 1;
	for (unsigned int n = 0; n < COUNT(ops); n++) {
		foreign_params(f, ops[n]);
		rig->params.call.read = f->function[FOREIGN_READ];
		rig->params.call.read_result = OFL_RESULT_ONE;
		rig->num_slots = 3;
		enum ofl_status status;
		if (ops[n] == OFL_OP_ERASE)
			status = erase_sectors(f, 4);
		else if (ops[n] == OFL_OP_READ)
			status = stub_read(rig, FLASH_ADDRESS, data, sizeof(data), 100, &stub_host_fast);
		else
			status = stub_check(rig, ops[n], FLASH_ADDRESS, 100, COUNT(result), result);
		assert_int_equal(status, OFL_STATUS_ABORTED);
		assert_int_equal(f->num_calls, 2);
		assert_int_equal(rig->params.done, 2);
	}
	stub_assert_clean(rig);
}

/* Not known to this stub, or nothing to put back: no function is called. */
static void test_other_operations(struct stub_rig *rig)
{
	static const struct {
		uint32_t op;
		enum ofl_status status;
	} cases[] = {
		{ OFL_OP_XFER, OFL_STATUS_BAD_OP }, { 8, OFL_STATUS_BAD_OP }, { 0x80000001, OFL_STATUS_BAD_OP },
		{ 0x107, OFL_STATUS_BAD_OP }, { 0xffffffff, OFL_STATUS_BAD_OP }, { OFL_OP_RESTORE, OFL_STATUS_OK },
	};
	static const enum ofl_op empty[] = { OFL_OP_PROGRAM, OFL_OP_ERASE, OFL_OP_READ, OFL_OP_CRC, OFL_OP_BLANK };
	struct foreign *f = &foreign;

	foreign_open_usual(f, rig);
	for (unsigned int n = 0; n < COUNT(cases); n++) {
		foreign_params(f, OFL_OP_CALL);
		rig->params.op = cases[n].op;
		rig->params.call.read = f->function[FOREIGN_READ];
		rig->params.count = 1;
		rig->params.unit_bytes = 3;
		assert_int_equal(stub_run(rig, 100), cases[n].status);
		assert_int_equal(f->num_calls, 0);
		assert_int_equal(rig->params.call.called, 0xca11ed00);
	}
	for (unsigned int n = 0; n < COUNT(empty); n++) {
		foreign_params(f, empty[n]);
		rig->params.slots = 1;
		rig->params.slot_bytes = 64;
		assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
		assert_int_equal(f->num_calls, 0);
		assert_int_equal(rig->params.done, 0);
	}
	assert_int_equal(rig->vb.count.spi_clocks, 0);
	stub_assert_clean(rig);
}

int main(void)
{
	static const struct stub_test tests[] = {
		{ .name = "call, given arguments", .function = test_call },
		{ .name = "rules for results", .function = test_results },
		{ .name = "interrupts", .function = test_interrupts },
		{ .name = "registers at each call", .function = test_registers },
		{ .name = "program, arguments", .function = test_program_styles },
		{ .name = "erase list, arguments", .function = test_erase },
		{ .name = "operation number as first argument", .function = test_operation_numbers },
		{ .name = "operation number of the read function", .function = test_read_with_number },
		{ .name = "erase list, failures", .function = test_erase_failure },
		{ .name = "read from the memory map", .function = test_read_mapped },
		{ .name = "read by a function", .function = test_read_function },
		{ .name = "read by a function, results", .function = test_read_results },
		{ .name = "CRC of what is read", .function = test_crc },
		{ .name = "blank check of what is read", .function = test_blank },
		{ .name = "CRC by a function", .function = test_crc_function },
		{ .name = "blank check by a function", .function = test_blank_function },
		{ .name = "failed read of a check", .function = test_scan_failure },
		{ .name = "abort in a call", .function = test_abort },
		{ .name = "other operations", .function = test_other_operations },
	};

	return stub_run_tests(tests, COUNT(tests));
}
