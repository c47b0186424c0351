// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The page loop with a loader file's program function, which runs here as code, without a debugger; and what a host can
 * tell when a function does not come back as it should: failed, hung, faulted, more stack than it was given.
 */

#include <string.h>

#include "foreign_rig.h"

#define COUNT(array)		(sizeof(array) / sizeof((array)[0]))
#define MAX_BYTES		1536u
/* What FOREIGN_PROGRAM pushes. */
#define PROGRAM_STACK_BYTES	8

static struct foreign foreign;

/* With the rig's RAM as flash, erased. */
static struct foreign *open_with_program(struct stub_rig *rig)
{
	struct foreign *f = &foreign;
	uint8_t blank[MAX_BYTES + 512];

	rig->loader_stack_bytes = PROGRAM_STACK_BYTES;
	foreign_open_usual(f, rig);
	rig->loader_ram = f->data;
	rig->loader_ram_bytes = f->ram + f->ram_bytes - f->data;
	assert_true(sizeof(blank) <= f->ram_bytes);
	memset(blank, 0xff, sizeof(blank));
	stub_write(rig, f->ram, blank, sizeof(blank));
	return f;
}

static void program_params(struct foreign *f, uint32_t fail_at, uint32_t delay_loops)
{
	foreign_data(f, fail_at, delay_loops);
	foreign_params_function(f, OFL_OP_PROGRAM, FOREIGN_PROGRAM, OFL_ARGS_DATA, OFL_RESULT_ZERO);
}

static uint32_t calls(struct foreign *f)
{
	return stub_get(f->rig, f->data + offsetof(struct foreign_data, calls));
}

/* The first `length` bytes of `data` are there, and nothing else. */
static void assert_programmed(struct foreign *f, uint32_t offset, const uint8_t *data, uint32_t length)
{
	const uint8_t *content = stub_ram(f->rig, f->ram, MAX_BYTES + 512);

	assert_memory_equal(content + offset, data, length);
	for (uint32_t n = 0; n < MAX_BYTES + 512; n++) {
		if (n < offset || n >= offset + length)
			assert_int_equal(content[n], 0xff);
	}
}

/* All kinds of rings, pages and hosts; the pages of some loaders are no power of two. */
static void test_rings(struct stub_rig *rig)
{
	static const struct {
		uint32_t num_slots, page_bytes, offset, length, delay_loops;
		bool slow;
	} cases[] = {
		{ 1, 256, 0, 1536, 1, false }, { 1, 64, 3, 1000, 2000, true }, { 2, 256, 0, 1536, 2000, false },
		{ 3, 128, 128, 1024, 1, true }, { 4, 100, 0, 1000, 500, false }, { 5, 96, 17, 999, 1, true },
		{ 0, 64, 0, 1536, 1, false }, { 0, 64, 0, 1536, 3000, false }, { 2, 4, 0, 160, 1, false },
		{ 1, 1024, 256, 1280, 1, false },
	};
	uint8_t data[MAX_BYTES];

	stub_fill_random(data, sizeof(data), 21);
	for (unsigned int n = 0; n < COUNT(cases); n++) {
		struct foreign *f = open_with_program(rig);
		uint32_t first = f->ram + cases[n].offset;
		rig->num_slots = cases[n].num_slots;
		rig->page_bytes = cases[n].page_bytes;
		program_params(f, 0, cases[n].delay_loops);
		assert_int_equal(stub_program(rig, first, data, cases[n].length,
			cases[n].slow ? &stub_host_slow : &stub_host_fast), OFL_STATUS_OK);
		assert_programmed(f, cases[n].offset, data, cases[n].length);
		uint32_t pages = (first + cases[n].length - 1) / cases[n].page_bytes - first / cases[n].page_bytes + 1;
		assert_int_equal(rig->params.count, pages);
		assert_int_equal(calls(f), pages);
		assert_int_equal(rig->params.rp, pages);
		assert_int_equal(rig->params.done, pages);
		assert_int_equal(rig->params.call.called_result, 0);
		stub_assert_clean(rig);
	}
}

/* While one slot is programmed, the host fills the other: with one slot they take turns. */
static void test_overlap(struct stub_rig *rig)
{
	/* One slot a look, a look every 100 us. */
	static const struct stub_host host = { .look_us = 100, .slots = 1 };
	uint64_t took_ps[2];
	uint8_t data[MAX_BYTES];

	stub_fill_random(data, sizeof(data), 5);
	for (unsigned int n = 0; n < 2; n++) {
		struct foreign *f = open_with_program(rig);
		/* A page takes some 140 us at 4 cycles a loop (M0), 105 at 3. */
		program_params(f, 0, rig->board->core_config.clock_hz / 1000000 * 140 / 4);
		rig->num_slots = n ? 4 : 1;
		rig->page_bytes = 16;
		assert_int_equal(stub_program(rig, f->ram, data, 640, &host), OFL_STATUS_OK);
		took_ps[n] = rig->ended_ps - rig->started_ps;
		assert_programmed(f, 0, data, 640);
	}
	assert_true(took_ps[1] * 5 < took_ps[0] * 4);
	stub_assert_clean(rig);
}

/* The end of the piece as result, as some loaders have it. */
static void return_end(struct foreign *f, struct foreign_call *call)
{
	call->result = call->arg[0] + call->arg[1];
	if (f->num_calls == f->number + 1)
		call->result -= 5;
}

static void test_end_as_result(struct stub_rig *rig)
{
	struct foreign *f = &foreign;
	uint8_t data[300];

	stub_fill_random(data, sizeof(data), 6);
	foreign_open_usual(f, rig);
	f->body = return_end;
	rig->page_bytes = 64;
	for (unsigned int n = 0; n < 6; n++) {
		foreign_params_function(f, OFL_OP_PROGRAM, FOREIGN_MAIN, OFL_ARGS_DATA, OFL_RESULT_END);
		f->number = n;
		enum ofl_status status = stub_program(rig, 0x90000000, data, sizeof(data), &stub_host_fast);
		assert_int_equal(rig->params.done, n < 5 ? n : 5);
		if (n == 5) {
			assert_int_equal(status, OFL_STATUS_OK);
			continue;
		}
		assert_int_equal(status, OFL_STATUS_CALL_FAILED);
		assert_int_equal(rig->params.fail_value, 0x90000000 + (n == 4 ? 300 : 64 * (n + 1)) - 5);
	}
	stub_assert_clean(rig);
}

static void test_failure(struct stub_rig *rig)
{
	static const struct stub_host *const hosts[] = { &stub_host_fast, &stub_host_slow };
	uint8_t data[8 * 64];

	stub_fill_random(data, sizeof(data), 9);
	for (unsigned int fail_at = 1; fail_at <= 8; fail_at++) {
		struct foreign *f = open_with_program(rig);
		program_params(f, fail_at, 100);
		rig->num_slots = 3;
		rig->page_bytes = 64;
		assert_int_equal(stub_program(rig, f->ram, data, sizeof(data), hosts[fail_at % 2]), OFL_STATUS_CALL_FAILED);
		assert_int_equal(calls(f), fail_at);
		assert_int_equal(rig->params.done, fail_at - 1);
		/* The slot stays the stub's. */
		assert_int_equal(rig->params.rp, fail_at - 1);
		uint32_t offset = (fail_at - 1) * 64;
		assert_int_equal(rig->params.address, f->ram + offset);
		assert_int_equal(rig->params.fail_value, 1);
		assert_int_equal(rig->params.call.called_result, 1);
		foreign_assert_called(f, FOREIGN_PROGRAM, f->ram + offset, 64,
			rig->layout.ring + (fail_at - 1) % 3 * (64 + sizeof(struct ofl_slot)) + sizeof(struct ofl_slot), 0);
		/* This loader fails after it has programmed. */
		assert_programmed(f, 0, data, offset + 64);

		program_params(f, 0, 1);
		assert_int_equal(stub_program(rig, f->ram + offset, data + offset, sizeof(data) - offset, &stub_host_fast),
			OFL_STATUS_OK);
		assert_programmed(f, 0, data, sizeof(data));
		stub_assert_clean(rig);
	}
}

/* Puts `count` slots of 64 bytes into a ring of two, and says how many more will come. */
static void fill_slots(struct foreign *f, const uint8_t *data, unsigned int count, unsigned int total)
{
	struct stub_rig *rig = f->rig;

	rig->params.slots = 2;
	rig->params.slot_bytes = sizeof(struct ofl_slot) + 64;
	rig->params.wp = count;
	rig->params.count = total;
	for (unsigned int n = 0; n < count; n++) {
		const struct ofl_slot header = { f->ram + 64 * n, 64 };
		uint32_t slot = rig->layout.ring + n * rig->params.slot_bytes;
		stub_write(rig, slot, &header, sizeof(header));
		stub_write(rig, slot + sizeof(header), data + 64 * n, 64);
	}
}

/* In the first call, in the second, and while it waits for the third slot. */
static void test_abort(struct stub_rig *rig)
{
	uint8_t data[2 * 64];

	stub_fill_random(data, sizeof(data), 10);
	for (unsigned int n = 0; n < 3; n++) {
		struct foreign *f = open_with_program(rig);
		/* 4 ms a page and more */
		program_params(f, 0, rig->board->core_config.clock_hz / 1000);
		fill_slots(f, data, 2, 4);
		stub_start(rig);
		for (unsigned int looks = 0; calls(f) < (n == 0 ? 1 : 2); looks++) {
			assert_false(stub_pass(rig, 100));
			assert_true(looks < 1000);
		}
		if (n == 2)
			assert_false(stub_pass(rig, 50000));
		stub_set_live(rig, offsetof(struct ofl_params, abort), 1);
		/* It does not wait for the host any more, but for the function. */
		for (unsigned int looks = 0; !stub_pass(rig, 100); looks++)
			assert_true(looks < 1000);
		assert_int_equal(stub_end(rig), OFL_STATUS_ABORTED);
		assert_int_equal(rig->params.done, n == 0 ? 1 : 2);
		assert_int_equal(rig->params.rp, rig->params.done);
		assert_programmed(f, 0, data, 64 * rig->params.done);
		stub_assert_clean(rig);
	}
}

static void test_host_gone(struct stub_rig *rig)
{
	uint8_t data[2 * 64], back[300];

	stub_fill_random(data, sizeof(data), 11);
	struct foreign *f = open_with_program(rig);
	program_params(f, 0, 1);
	fill_slots(f, data, 2, 3);
	rig->params.max_wait = 1000;
	assert_int_equal(stub_run(rig, 100), OFL_STATUS_HOST_GONE);
	assert_int_equal(rig->params.done, 2);
	assert_programmed(f, 0, data, sizeof(data));

	/* A function that takes longer than the host may is not the host's fault. */
	f = open_with_program(rig);
	program_params(f, 0, 20000);
	fill_slots(f, data, 2, 2);
	rig->params.max_wait = 10;
	assert_int_equal(stub_run(rig, 1000), OFL_STATUS_OK);
	assert_programmed(f, 0, data, sizeof(data));

	foreign_params(f, OFL_OP_READ);
	rig->params.address = f->ram;
	rig->params.count = 3;
	rig->params.slots = 2;
	rig->params.slot_bytes = 100;
	rig->params.unit_bytes = 100;
	rig->params.max_wait = 1000;
	assert_int_equal(stub_run(rig, 100), OFL_STATUS_HOST_GONE);
	assert_int_equal(rig->params.wp, 2);
	rig->num_slots = 2;
	foreign_params(f, OFL_OP_READ);
	assert_int_equal(stub_read(rig, f->ram, back, sizeof(back), 100, &stub_host_slow), OFL_STATUS_OK);
	assert_memory_equal(back, data, sizeof(data));
	stub_assert_clean(rig);
}

/* A function that does not return: which one and with what is in params; after a halt the stub is as good as new. */
static void test_hang(struct stub_rig *rig)
{
	uint8_t data[2 * 64];

	stub_fill_random(data, sizeof(data), 12);
	struct foreign *f = open_with_program(rig);
	program_params(f, 0, 0);
	fill_slots(f, data, 2, 2);
	stub_start(rig);
	/* Until abort is seen, which is after the unit: not here. */
	assert_false(stub_pass(rig, 10000));
	stub_set_live(rig, offsetof(struct ofl_params, abort), 1);
	assert_false(stub_pass(rig, 10000));
	core_debug_halt(rig->board->core);
	assert_true(stub_pass(rig, 1));
	uint32_t pc = core_reg_get(rig->board->core, CORE_PC);
	assert_in_range(pc, f->function[FOREIGN_PROGRAM] - 1, f->function[FOREIGN_RECURSE] - 1);
	memcpy(&rig->params, stub_ram(rig, rig->layout.params, sizeof(rig->params)), sizeof(rig->params));
	assert_int_equal(rig->params.status, OFL_STATUS_RUNNING);
	assert_int_equal(rig->params.done, 0);
	assert_int_equal(rig->params.address, f->ram);
	foreign_assert_called(f, FOREIGN_PROGRAM, f->ram, 64, rig->layout.ring + sizeof(struct ofl_slot), 0);
	assert_int_equal(rig->params.call.called_result, 0xca11ed01);

	rig->params.op = OFL_OP_RESTORE;
	rig->params.status = OFL_STATUS_RUNNING;
	rig->params.abort = 0;
	assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
	program_params(f, 0, 1);
	fill_slots(f, data, 2, 2);
	assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
	assert_programmed(f, 0, data, sizeof(data));
	stub_assert_clean(rig);
}

/* A fault in a function: as with one that hangs, and the core is in the handler that the host catches. */
static void test_fault(struct stub_rig *rig)
{
	uint8_t data[2 * 64];

	stub_fill_random(data, sizeof(data), 13);
	struct foreign *f = open_with_program(rig);
	program_params(f, 0, 1);
	fill_slots(f, data, 2, 2);
	/* Where nothing is: ARMv6-M and ARMv7-M give it to the vendor, and none of these boards has anything there. */
	stub_put(rig, rig->layout.ring + rig->params.slot_bytes, 0xf0000000);
	stub_start(rig);
	assert_true(stub_pass(rig, 10000));
	assert_int_equal(core_reg_get(rig->board->core, CORE_XPSR) & 0x1ff, 3);
	memcpy(&rig->params, stub_ram(rig, rig->layout.params, sizeof(rig->params)), sizeof(rig->params));
	assert_int_equal(rig->params.status, OFL_STATUS_RUNNING);
	assert_int_equal(rig->params.done, 1);
	assert_int_equal(rig->params.address, 0xf0000000);
	foreign_assert_called(f, FOREIGN_PROGRAM, 0xf0000000, 64,
		rig->layout.ring + rig->params.slot_bytes + sizeof(struct ofl_slot), 0);
	/* Of the first slot */
	assert_int_equal(rig->params.call.called_result, 0);
	/* The frame that the fault pushed has its place above the canary. */
	assert_in_range(core_reg_get(rig->board->core, CORE_SP), rig->layout.stack_low + 4, rig->layout.stack_high);
	assert_int_equal(stub_get(rig, rig->layout.stack_low), OFL_STACK_CANARY);
	assert_programmed(f, 0, data, 64);
}

/* All of the stack is the loader's to use but the last word. */
static void test_stack_of_code(struct stub_rig *rig)
{
	struct foreign *f = &foreign;

	rig->loader_stack_bytes = 64;
	foreign_open_usual(f, rig);
	foreign_params(f, OFL_OP_CALL);
	assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
	uint32_t room_words = (f->call[0].sp - rig->layout.stack_low) / 4;
	/* All of it may be used now, also what is kept for a fault. */
	rig->loader_stack_bytes = rig->layout.stack_high - rig->layout.stack_low;
	for (unsigned int n = 0; n < 2; n++) {
		foreign_params_function(f, OFL_OP_CALL, FOREIGN_RECURSE, OFL_ARGS_GIVEN, OFL_RESULT_ZERO);
		rig->params.call.arg[0] = room_words - 1 + n;
		assert_int_equal(stub_run(rig, 100), n ? OFL_STATUS_STACK : OFL_STATUS_OK);
		assert_int_equal(rig->params.call.called_result, 0);
		assert_int_equal(rig->stack_bytes, rig->layout.stack_high - rig->layout.stack_low - (n ? 0 : 4));
	}
	stub_assert_clean(rig);
}

static void overwrite_canary(struct foreign *f, struct foreign_call *call)
{
	call->result = call->function == FOREIGN_READ;
	if (f->num_calls != f->number + 1)
		return;
	/* One bit is enough. */
	stub_put(f->rig, f->rig->layout.stack_low, OFL_STACK_CANARY ^ 0x80000000);
	call->result = f->value;
}

/* In the second unit of each operation; a bad result besides does not hide it. */
static void test_canary(struct stub_rig *rig)
{
	static const enum ofl_op ops[] = {
		OFL_OP_PROGRAM, OFL_OP_ERASE, OFL_OP_READ, OFL_OP_CRC, OFL_OP_BLANK, OFL_OP_CALL,
	};
	static const uint32_t values[] = { 0, 0x80000099 };
	struct foreign *f = &foreign;
	uint8_t data[256];
	uint32_t result[3];

	stub_fill_random(data, sizeof(data), 14);
	foreign_open_usual(f, rig);
	rig->loader_stack_bytes = rig->layout.stack_high - rig->layout.stack_low;
	f->body = overwrite_canary;
	for (unsigned int n = 0; n < COUNT(values) * COUNT(ops); n++) {
		enum ofl_op op = ops[n / COUNT(values)];
		struct ofl_erase_entry entry = { .address = 0x90000000, .unit_bytes = 64, .count = 3 };
		bool reads = op == OFL_OP_READ;
		enum ofl_status status;
		foreign_params_function(f, op, FOREIGN_MAIN, OFL_ARGS_DATA, OFL_RESULT_ZERO);
		rig->params.address = 0x90000000;
		rig->params.call.read = f->function[FOREIGN_READ];
		rig->params.call.read_result = OFL_RESULT_ONE;
		rig->num_slots = 3;
		rig->page_bytes = 64;
		f->number = op == OFL_OP_CALL ? 0 : 1;
		f->value = values[n % COUNT(values)];
		if (op == OFL_OP_PROGRAM)
			status = stub_program(rig, 0x90000000, data, sizeof(data), &stub_host_fast);
		else if (op == OFL_OP_ERASE)
			status = stub_erase(rig, &entry, 1);
		else if (reads)
			status = stub_read(rig, 0x90000000, data, sizeof(data), 64, &stub_host_fast);
		else if (op == OFL_OP_CALL)
			status = stub_run(rig, 100);
		else
			status = stub_check(rig, op, 0x90000000, 64, COUNT(result), result);
		assert_int_equal(status, OFL_STATUS_STACK);
		assert_int_equal(rig->params.fail_value, f->value);
		assert_int_equal(rig->params.call.called_result, f->value);
		assert_int_equal(rig->params.call.called, f->function[reads ? FOREIGN_READ : FOREIGN_MAIN]);
		assert_int_equal(rig->params.done, f->number);
		assert_int_equal(rig->params.address, 0x90000000 + 64 * f->number);
		assert_int_equal(f->num_calls, f->number + 1);
	}
	/* The read function in the middle of a unit that is scanned. */
	foreign_params(f, OFL_OP_CRC);
	rig->params.call.function = 0;
	rig->params.call.read = f->function[FOREIGN_READ];
	rig->params.call.read_result = OFL_RESULT_ONE;
	rig->params.call.scratch_bytes = 16;
	f->number = 6;
	f->value = 1;
	assert_int_equal(stub_check(rig, OFL_OP_CRC, 0x90000000, 64, COUNT(result), result), OFL_STATUS_STACK);
	assert_int_equal(rig->params.done, 1);
	assert_int_equal(f->num_calls, 7);
	stub_assert_clean(rig);
}

int main(void)
{
	static const struct stub_test tests[] = {
		{ .name = "rings, pages and hosts", .function = test_rings },
		{ .name = "link and function overlap", .function = test_overlap },
		{ .name = "end as result", .function = test_end_as_result },
		{ .name = "failure in the middle", .function = test_failure },
		{ .name = "abort", .function = test_abort },
		{ .name = "host gone", .function = test_host_gone },
		{ .name = "function hangs", .function = test_hang },
		{ .name = "function faults", .function = test_fault },
		{ .name = "stack to the last word", .function = test_stack_of_code },
		{ .name = "canary", .function = test_canary },
	};

	return stub_run_tests(tests, COUNT(tests));
}
