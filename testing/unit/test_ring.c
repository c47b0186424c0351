// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The host's end of the ring (src/flash/nor/ofl_ring.c) against a stub, a link and a clock that are made here. The stub
 * is the contract of doc/abi.txt, played by a strict partner: it notices a slot that is overwritten before it was
 * emptied, a counter that runs ahead of its data, and an access outside the ring.
 *
 * Needs -I testing/unit/fake_openocd.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "../../src/flash/nor/ofl_ring.c"

#define PARAMS		0x20000500u
#define RING		0x20000600u
#define MAX_RING	0x8000u
#define FLASH_BYTES	0x30000u
#define NEVER		UINT32_MAX

/* A case: how the stub and the link behave. */
struct world {
	struct flash_bank bank;
	struct ofl_bank ofl;
	uint8_t ring[MAX_RING];
	uint8_t flash[FLASH_BYTES];
	struct ofl_live live;
	int64_t now_ms;
	uint32_t random_state;

	/* Units (slots) that the stub works off between two looks, at most; it may be less. */
	uint32_t speed;
	uint32_t fail_at;		/* unit that fails, with OFL_STATUS_BUSY */
	uint32_t stall_at;		/* unit at which it stops moving */
	bool dies;			/* stalled because it is dead */
	bool ends_when_asked;		/* does all of its work between a look and the question whether it lives */
	uint32_t lie_at;		/* unit at which the counters make no sense any more */
	unsigned int write_fails, read_fails, look_fails;	/* n-th such transfer, counted from 1; 0: none */
	uint32_t bytes_per_ms;		/* of the link; 0: no time passes but by looking */
	int64_t look_ms;
	int64_t stall_ms;	/* of the jobs */

	/* What happened. */
	unsigned int stalls_told;
	unsigned int starts, finishes, writes, reads, looks, dead_asked;
	int64_t finished_waited_ms;
	uint32_t last_address;	/* of the slot programmed last */
	bool wp_written_since_data;
	unsigned int num_warnings, num_errors;
};

static struct world *world;

static uint32_t random_below(uint32_t limit)
{
	world->random_state = world->random_state * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)world->random_state * limit) >> 32);
}

/* ---------------------------------------------------------------- what ofl_ring.c calls */

void fake_log(const char *level, const char *format, ...)
{
	(void)format;
	world->num_warnings += strcmp(level, "warning") == 0;
	world->num_errors += strcmp(level, "error") == 0;
}

int64_t timeval_ms(void)
{
	return world->now_ms;
}

void target_buffer_set_u32(struct target *target, uint8_t *buffer, uint32_t value)
{
	(void)target;
	for (unsigned int n = 0; n < 4; n++)
		buffer[n] = (uint8_t)(value >> (8 * n));
}

void ofl_progress(struct ofl_bank *ofl, const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
	(void)ofl;
	assert_non_null(what);
	assert_true(done_bytes <= total_bytes);
}

uint32_t ofl_session_polls(const struct ofl_bank *ofl, uint64_t time_us)
{
	(void)ofl;
	return (uint32_t)time_us;
}

struct ofl_params *ofl_session_params(struct ofl_bank *ofl, enum ofl_op op)
{
	ofl->session.params = (struct ofl_params) { .op = op, .status = OFL_STATUS_RUNNING, .ring = RING };
	return &ofl->session.params;
}

int ofl_session_start(struct ofl_bank *ofl)
{
	const struct ofl_params *params = &ofl->session.params;

	world->starts++;
	world->live = (struct ofl_live) { .status = OFL_STATUS_RUNNING };
	/* doc/abi.txt, of both operations that use the ring. */
	assert_int_equal(params->slot_bytes % 4, 0);
	assert_true(params->slots >= 1 && params->slots * params->slot_bytes <= ofl->session.layout.ring_bytes);
	assert_true(params->count >= 1);
	assert_int_equal(params->wp, 0);
	assert_int_equal(params->rp, 0);
	return ERROR_OK;
}

static bool stub_unit(void);

bool ofl_session_is_dead(struct ofl_bank *ofl)
{
	(void)ofl;
	world->dead_asked++;
	if (world->ends_when_asked) {
		while (stub_unit())
			;
		return world->live.status != OFL_STATUS_RUNNING;
	}
	return world->dies && world->live.done >= world->stall_at;
}

int ofl_session_finish(struct ofl_bank *ofl, const char *waited_for, int64_t waited_ms)
{
	(void)ofl;
	assert_non_null(waited_for);
	world->finishes++;
	world->finished_waited_ms = waited_ms;
	if (world->live.status == OFL_STATUS_RUNNING)
		return ERROR_TARGET_FAILURE;
	return world->live.status == OFL_STATUS_OK ? ERROR_OK : ERROR_FLASH_OPERATION_FAILED;
}

static void link_time(uint32_t bytes)
{
	if (world->bytes_per_ms)
		world->now_ms += (bytes + world->bytes_per_ms - 1) / world->bytes_per_ms;
}

/* Which slots the transfer covers, all of which must be the host's: [*first, *end) as places of the ring. */
static void covered(uint32_t address, uint32_t length, uint32_t *first, uint32_t *end)
{
	const struct ofl_params *params = &world->ofl.session.params;

	assert_true(length > 0);
	assert_true(address >= RING && address + length <= RING + params->slots * params->slot_bytes);
	assert_int_equal((address - RING) % params->slot_bytes, 0);
	*first = (address - RING) / params->slot_bytes;
	*end = (address - RING + length + params->slot_bytes - 1) / params->slot_bytes;
}

int ofl_session_write(struct ofl_bank *ofl, uint32_t address, const uint8_t *bytes, uint32_t length)
{
	const struct ofl_params *params = &ofl->session.params;
	uint32_t first, end;

	world->writes++;
	link_time(length);
	if (world->writes == world->write_fails)
		return ERROR_FAIL;
	covered(address, length, &first, &end);
	/* Words, which any link moves at once. */
	assert_int_equal(length % 4, 0);
	assert_int_equal(world->live.wp % params->slots, first);
	assert_true(end - first <= params->slots - (world->live.wp - world->live.rp));
	memcpy(world->ring + (address - RING), bytes, length);
	world->wp_written_since_data = false;
	return ERROR_OK;
}

int ofl_session_read(struct ofl_bank *ofl, uint32_t address, uint8_t *bytes, uint32_t length)
{
	const struct ofl_params *params = &ofl->session.params;
	uint32_t first, end;

	world->reads++;
	link_time(length);
	if (world->reads == world->read_fails)
		return ERROR_FAIL;
	covered(address, length, &first, &end);
	assert_int_equal(world->live.rp % params->slots, first);
	assert_true(end - first <= world->live.wp - world->live.rp);
	memcpy(bytes, world->ring + (address - RING), length);
	return ERROR_OK;
}

int ofl_session_write_words(struct ofl_bank *ofl, uint32_t address, const uint32_t *words, uint32_t count)
{
	const struct ofl_params *params = &ofl->session.params;

	world->writes++;
	link_time(4 * count);
	if (world->writes == world->write_fails)
		return ERROR_FAIL;
	/* The counter of the host's side, nothing else, and never backwards or too far. */
	assert_int_equal(count, 1);
	if (params->op == OFL_OP_PROGRAM) {
		assert_int_equal(address, PARAMS + offsetof(struct ofl_params, wp));
		assert_true(words[0] > world->live.wp && words[0] <= params->count);
		assert_true(words[0] - world->live.rp <= params->slots);
		assert_false(world->wp_written_since_data);
		world->live.wp = words[0];
		world->wp_written_since_data = true;
	} else {
		assert_int_equal(address, PARAMS + offsetof(struct ofl_params, rp));
		assert_true(words[0] > world->live.rp && words[0] <= world->live.wp);
		world->live.rp = words[0];
	}
	return ERROR_OK;
}

/* ---------------------------------------------------------------- the stub */

static uint32_t get_u32(const uint8_t *bytes)
{
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void program_slot(void)
{
	const struct ofl_params *params = &world->ofl.session.params;
	uint8_t *slot = world->ring + world->live.rp % params->slots * params->slot_bytes;
	uint32_t address = get_u32(slot), length = get_u32(slot + 4);
	uint32_t page_bytes = world->ofl.chip.geometry.page_bytes;

	assert_true(length >= 1 && length + OFL_SLOT_HEADER_BYTES <= params->slot_bytes);
	assert_true(address + length <= FLASH_BYTES);
	assert_int_equal(address / page_bytes, (address + length - 1) / page_bytes);
	for (uint32_t n = 0; n < length; n++)
		world->flash[address + n] &= slot[OFL_SLOT_HEADER_BYTES + n];
	world->last_address = address;
	/* What is there now is rubbish until it is written anew. */
	memset(slot, 0xee, params->slot_bytes);
	world->live.rp++;
}

static void read_slot(void)
{
	struct ofl_params *params = &world->ofl.session.params;
	uint8_t *slot = world->ring + world->live.wp % params->slots * params->slot_bytes;
	uint32_t length = world->live.wp + 1 == params->count ? params->unit_bytes : params->slot_bytes;

	assert_true(length >= 1 && length <= params->slot_bytes);
	assert_true(params->address + length <= FLASH_BYTES);
	memset(slot, 0xee, params->slot_bytes);
	memcpy(slot, world->flash + params->address, length);
	params->address += length;
	world->live.wp++;
}

/* Works off one unit if the host lets it; false: it waits, or has ended. */
static bool stub_unit(void)
{
	const struct ofl_params *params = &world->ofl.session.params;
	bool program = params->op == OFL_OP_PROGRAM;
	struct ofl_live *live = &world->live;

	if (live->status != OFL_STATUS_RUNNING || live->done == world->stall_at)
		return false;
	if (program ? live->rp == live->wp : live->wp - live->rp == params->slots)
		return false;
	if (live->done == world->fail_at) {
		live->status = OFL_STATUS_BUSY;
		return false;
	}
	if (program)
		program_slot();
	else
		read_slot();
	if (++live->done == params->count)
		live->status = OFL_STATUS_OK;
	return true;
}

int ofl_session_look(struct ofl_bank *ofl, struct ofl_live *live)
{
	(void)ofl;
	world->looks++;
	if (world->looks > 1000000)
		fail_msg("the host looks for ever");
	world->now_ms += world->look_ms;
	if (world->looks == world->look_fails)
		return ERROR_FAIL;
	for (uint32_t n = world->ends_when_asked ? 0 : random_below(world->speed + 1); n; n--) {
		if (!stub_unit())
			break;
	}
	/* A slow stub does move: once in a while, by one. */
	if (world->speed == 0 && !world->ends_when_asked && random_below(10) == 0)
		stub_unit();
	*live = world->live;
	if (live->done >= world->lie_at) {
		live->rp = 0x12345678;
		live->wp = 0x87654321;
	}
	return ERROR_OK;
}

/* ---------------------------------------------------------------- cases */

static void note_stall(struct ofl_bank *ofl)
{
	assert_ptr_equal(ofl, &world->ofl);
	world->stalls_told++;
}

static const struct ofl_backend backend = { .stalled = note_stall };

static int set_up(void **state)
{
	world = calloc(1, sizeof(*world));
	if (!world)
		return -1;
	world->bank.name = "ext";
	world->bank.driver_priv = &world->ofl;
	world->ofl.bank = &world->bank;
	world->ofl.session.layout.params = PARAMS;
	world->ofl.session.layout.ring = RING;
	world->ofl.session.layout.ring_bytes = 2000;
	world->ofl.chip.geometry.page_bytes = 256;
	world->ofl.chip.program_command = OFL_COMMAND(0x02, 3, 0) | OFL_COMMAND_DATA_OUT;
	world->ofl.backend = &backend;
	world->ofl.erased_byte = 0xff;
	world->stall_ms = 5000;
	world->speed = 3;
	world->fail_at = NEVER;
	world->stall_at = NEVER;
	world->lie_at = NEVER;
	world->look_ms = 1;
	memset(world->flash, 0xff, sizeof(world->flash));
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(world);
	world = NULL;
	return 0;
}

static void fill(uint8_t *data, uint32_t length)
{
	/* Stretches of FF, of which whole pieces are left out. */
	for (uint32_t n = 0; n < length; ) {
		uint32_t end = n + 1 + random_below(700);
		bool blank = random_below(2);
		for (; n < end && n < length; n++)
			data[n] = blank ? 0xff : (uint8_t)random_below(256);
	}
}

/* The piece that a caller of the driver computes: pages of 256, parts of them when the ring is small. */
static int program(uint32_t offset, const uint8_t *data, uint32_t length)
{
	struct ofl_ring_job job = { .what = "programming", .stall_ms = world->stall_ms };
	uint32_t missing;

	assert_true(ofl_plan_slots(world->ofl.session.layout.ring_bytes, 256, &job.slots, &missing));
	ofl_session_params(&world->ofl, OFL_OP_PROGRAM)->command = world->ofl.chip.program_command;
	return ofl_ring_program(&world->ofl, &job, offset, data, length);
}

/* Programs into the erased flash, and compares all of it. */
static void check_program(uint32_t offset, const uint8_t *data, uint32_t length)
{
	static uint8_t expected[FLASH_BYTES];
	struct ofl_stats before = world->ofl.stats;

	memset(world->flash, 0xff, FLASH_BYTES);
	memset(expected, 0xff, FLASH_BYTES);
	memcpy(expected + offset, data, length);
	world->finishes = 0;
	world->starts = 0;
	assert_int_equal(program(offset, data, length), ERROR_OK);
	assert_memory_equal(world->flash, expected, FLASH_BYTES);
	assert_int_equal(world->starts, world->finishes);
	if (world->starts) {
		assert_int_equal(world->live.rp, world->ofl.session.params.count);
		assert_int_equal(world->ofl.stats.pieces - before.pieces, world->ofl.session.params.count);
		assert_int_equal(world->ofl.session.params.command, world->ofl.chip.program_command);
	}
	/* Every piece of the range is accounted for. */
	struct ofl_slots slots;
	uint32_t missing;
	assert_true(ofl_plan_slots(world->ofl.session.layout.ring_bytes, 256, &slots, &missing));
	uint64_t pieces = length ? (offset + length - 1) / slots.piece_bytes - offset / slots.piece_bytes + 1 : 0;
	assert_int_equal(world->ofl.stats.pieces - before.pieces + world->ofl.stats.blank_pieces - before.blank_pieces,
		pieces);
}

/* Rings from the least to the largest, stubs from slow to quick, any offset and length. */
static void test_program(void **state)
{
	static const uint32_t ring_sizes[] = { 68, 100, 528, 531, 792, 2000, 9000, MAX_RING };
	static const uint32_t speeds[] = { 0, 1, 2, 100 };
	static uint8_t data[12000];
	(void)state;

	for (unsigned int ring = 0; ring < ARRAY_SIZE(ring_sizes); ring++) {
		world->ofl.session.layout.ring_bytes = ring_sizes[ring];
		for (unsigned int speed = 0; speed < ARRAY_SIZE(speeds); speed++) {
			world->speed = speeds[speed];
			for (unsigned int round = 0; round < 12; round++) {
				uint32_t length = round == 0 ? 1 : 1 + random_below(round & 1 ? sizeof(data) : 600);
				fill(data, length);
				check_program(random_below(FLASH_BYTES - length), data, length);
			}
		}
	}
	assert_int_equal(world->num_errors, 0);
}

static void test_program_nothing(void **state)
{
	uint8_t data[1000];
	(void)state;

	memset(data, 0xff, sizeof(data));
	assert_int_equal(program(0x123, data, sizeof(data)), ERROR_OK);
	assert_int_equal(world->ofl.stats.blank_pieces, 5);
	assert_int_equal(program(0x123, data, 0), ERROR_OK);
	assert_int_equal(world->starts, 0);
	assert_int_equal(world->finishes, 0);
}

/* The loader's own compare function gets every byte, also the erased ones. */
static void test_verify_job(void **state)
{
	struct ofl_ring_job job = { .what = "verifying", .verify = true, .send_blank = true, .stall_ms = 5000 };
	static uint8_t data[3 * 256 + 10];
	uint32_t missing;
	(void)state;

	memset(data, 0xff, sizeof(data));
	assert_true(ofl_plan_call_slots(world->ofl.session.layout.ring_bytes, 256, false, 4096, &job.slots, &missing));
	ofl_session_params(&world->ofl, OFL_OP_PROGRAM);
	memset(world->flash, 0, FLASH_BYTES);
	memset(world->flash + 0x80, 0xff, sizeof(data));
	assert_int_equal(ofl_ring_program(&world->ofl, &job, 0x80, data, sizeof(data)), ERROR_OK);
	assert_int_equal(world->live.rp, 4);
	assert_int_equal(world->ofl.stats.checked_bytes, sizeof(data));
	assert_int_equal(world->ofl.stats.programmed_bytes, 0);
	assert_int_equal(world->ofl.stats.pieces, 0);
	assert_int_equal(world->ofl.stats.blank_pieces, 0);
}

static unsigned int told_pieces;

static void count_piece(struct ofl_bank *ofl, int64_t time_us)
{
	(void)ofl;
	assert_true(time_us >= 0);
	told_pieces++;
}

/* One slot: each piece is told of. */
static void test_one_at_a_time(void **state)
{
	struct ofl_ring_job job = { .what = "programming", .stall_ms = 5000, .done = count_piece };
	static uint8_t data[10 * 256];
	uint32_t missing;
	(void)state;

	assert_true(ofl_plan_call_slots(world->ofl.session.layout.ring_bytes, 256, false, 4096, &job.slots, &missing));
	job.slots.count = 1;
	memset(world->flash, 0xff, FLASH_BYTES);
	ofl_session_params(&world->ofl, OFL_OP_PROGRAM);
	told_pieces = 0;
	assert_int_equal(ofl_ring_program(&world->ofl, &job, 0, data, sizeof(data)), ERROR_OK);
	assert_int_equal(told_pieces, 10);
	assert_int_equal(world->ofl.session.params.slots, 1);
}

/* What the loader calls offset 0, and what it calls erased. */
static void test_address_base_and_erased_byte(void **state)
{
	struct ofl_ring_job job = { .what = "programming", .stall_ms = 5000 };
	static uint8_t data[4 * 256];
	uint32_t missing;
	(void)state;

	memset(data, 0, 256);
	memset(data + 256, 0xff, 256);
	memset(data + 512, 0, 512);
	assert_true(ofl_plan_call_slots(world->ofl.session.layout.ring_bytes, 256, false, 4096, &job.slots, &missing));
	world->ofl.erased_byte = 0;
	world->ofl.address_base = 0x1000;
	memset(world->flash, 0xff, FLASH_BYTES);
	ofl_session_params(&world->ofl, OFL_OP_PROGRAM);
	assert_int_equal(ofl_ring_program(&world->ofl, &job, 0x200, data, sizeof(data)), ERROR_OK);
	assert_int_equal(world->ofl.stats.blank_pieces, 3);
	assert_int_equal(world->live.rp, 1);
	assert_int_equal(world->last_address, 0x1300);
}

/*
 * Whatever goes wrong, and whenever: an error, the run is finished once, and memory is freed (the sanitizer sees to
 * it).
 */
static void test_program_failures(void **state)
{
	static uint8_t data[20 * 256];
	(void)state;

	for (unsigned int at = 0; at < 20; at++) {
		for (unsigned int kind = 0; kind < 5; kind++) {
			struct world fresh;
			memcpy(&fresh, world, sizeof(fresh));
			world->fail_at = kind == 0 ? at : NEVER;
			world->stall_at = kind == 1 || kind == 2 ? at : NEVER;
			world->dies = kind == 2;
			world->write_fails = kind == 3 && at < 10 ? at + 1 : 0;
			world->look_fails = kind == 3 && at >= 10 ? at - 9 : 0;
			world->lie_at = kind == 4 ? at : NEVER;
			int retval = program(0, data, sizeof(data));
			assert_int_not_equal(retval, ERROR_OK);
			assert_int_equal(world->starts, 1);
			assert_int_equal(world->finishes, 1);
			if (kind == 0)
				assert_int_equal(retval, ERROR_FLASH_OPERATION_FAILED);
			if (kind == 0 || kind == 1)
				assert_int_equal(world->live.done, at);
			/* A stub that lives but does not move is given up after a time that is told; a dead one sooner. */
			if (kind == 1)
				assert_in_range(world->finished_waited_ms, 5000, 6000);
			else
				assert_int_equal(world->finished_waited_ms, -1);
			if (kind == 2)
				assert_true(world->now_ms < 1000);
			if (kind == 4)
				assert_int_equal(world->num_errors, 1);
			memcpy(world, &fresh, sizeof(fresh));
		}
	}
}

/* The deadline is the job's. */
static void test_program_deadline(void **state)
{
	static uint8_t data[4 * 256];
	(void)state;

	world->stall_at = 2;
	world->stall_ms = 11000;
	assert_int_not_equal(program(0, data, sizeof(data)), ERROR_OK);
	/* The loader may be able to do something about it; it is told about every 100 ms. */
	assert_in_range(world->stalls_told, 50, 120);
	assert_in_range(world->finished_waited_ms, 11000, 12000);
}

/* Slow, but always moving: a second for each page. */
static void test_program_slow_stub(void **state)
{
	static uint8_t data[30 * 256];
	(void)state;

	world->speed = 1;
	world->look_ms = 300;
	check_program(0, data, sizeof(data));
	assert_true(world->now_ms > 9000);
}

/*
 * 2 KB/s, as a debugger with a slow clock has: filling the ring takes longer than any page, and that is not the stub's
 * fault.
 */
static void test_program_slow_link(void **state)
{
	static uint8_t data[40000];
	(void)state;

	world->ofl.session.layout.ring_bytes = MAX_RING;
	world->bytes_per_ms = 2;
	/* Ten looks a page: the first look behind a filling finds the stub where it was. */
	world->speed = 0;
	for (uint32_t n = 0; n < sizeof(data); n++)
		data[n] = (uint8_t)random_below(255);
	check_program(0x100, data, sizeof(data));
	assert_true(world->now_ms >= 20000);
	assert_int_equal(world->num_errors, 0);
}

static void check_read(uint32_t offset, uint32_t length)
{
	static uint8_t data[FLASH_BYTES + 1];

	world->starts = 0;
	world->finishes = 0;
	/* Sentinels behind, as the last slot is longer than what is wanted. */
	memset(data, 0x77, sizeof(data));
	uint64_t before = world->ofl.stats.read_bytes;
	assert_int_equal(ofl_ring_read(&world->ofl, offset, data, length), ERROR_OK);
	assert_memory_equal(data, world->flash + offset, length);
	assert_int_equal(data[length], 0x77);
	assert_int_equal(world->starts, length ? 1 : 0);
	assert_int_equal(world->finishes, length ? 1 : 0);
	assert_int_equal(world->ofl.stats.read_bytes - before, length);
}

static void test_read(void **state)
{
	static const uint32_t ring_sizes[] = { 68, 100, 528, 531, 2000, 2048, 9000, MAX_RING };
	static const uint32_t speeds[] = { 0, 1, 2, 100 };
	(void)state;

	for (uint32_t n = 0; n < FLASH_BYTES; n++)
		world->flash[n] = (uint8_t)random_below(256);
	for (unsigned int ring = 0; ring < ARRAY_SIZE(ring_sizes); ring++) {
		world->ofl.session.layout.ring_bytes = ring_sizes[ring];
		for (unsigned int speed = 0; speed < ARRAY_SIZE(speeds); speed++) {
			world->speed = speeds[speed];
			check_read(0, 0);
			check_read(FLASH_BYTES - 1, 1);
			for (unsigned int round = 0; round < 10; round++) {
				uint32_t length = 1 + random_below(round & 1 ? 12000 : 1100);
				check_read(random_below(FLASH_BYTES - length), length);
			}
			/* Exactly one slot, one ring, and one byte more. */
			uint32_t slot_bytes = world->ofl.session.params.slot_bytes;
			uint32_t slots = world->ofl.session.params.slots;
			check_read(5, slot_bytes);
			check_read(5, slot_bytes * slots);
			check_read(5, slot_bytes * slots + 1);
		}
	}
	assert_int_equal(world->num_errors, 0);
}

/* A stub that has ended well is halted, and so is a dead one: the slots that it filled last are read all the same. */
static void test_read_ends_unseen(void **state)
{
	(void)state;

	for (uint32_t n = 0; n < FLASH_BYTES; n++)
		world->flash[n] = (uint8_t)(n * 7 + n / 256);
	world->ends_when_asked = true;
	check_read(0x123, 300);
	check_read(0x40, 1500);
	assert_true(world->dead_asked >= 2);
}

static void test_read_failures(void **state)
{
	static uint8_t data[20 * 1000];
	(void)state;

	for (unsigned int at = 0; at < 15; at++) {
		for (unsigned int kind = 0; kind < 6; kind++) {
			struct world fresh;
			memcpy(&fresh, world, sizeof(fresh));
			world->fail_at = kind == 0 ? at : NEVER;
			world->stall_at = kind == 1 || kind == 2 ? at : NEVER;
			world->dies = kind == 2;
			world->read_fails = kind == 3 ? at / 2 + 1 : 0;
			world->write_fails = kind == 4 && at < 7 ? at + 1 : 0;
			world->look_fails = kind == 4 && at >= 7 ? at - 6 : 0;
			world->lie_at = kind == 5 ? at : NEVER;
			int retval = ofl_ring_read(&world->ofl, 0x100, data, sizeof(data));
			assert_int_not_equal(retval, ERROR_OK);
			assert_int_equal(world->starts, 1);
			assert_int_equal(world->finishes, 1);
			if (kind == 0)
				assert_int_equal(retval, ERROR_FLASH_OPERATION_FAILED);
			if (kind == 1)
				assert_in_range(world->finished_waited_ms, 5000, 6000);
			else
				assert_int_equal(world->finished_waited_ms, -1);
			if (kind == 2)
				assert_true(world->now_ms < 1000);
			if (kind == 5)
				assert_int_equal(world->num_errors, 1);
			memcpy(world, &fresh, sizeof(fresh));
		}
	}
}

static void test_read_slow_link(void **state)
{
	(void)state;

	world->ofl.session.layout.ring_bytes = MAX_RING;
	world->bytes_per_ms = 1;
	/*
	 * Fetching three slots takes 3 s, and the look behind that may find that the stub has not filled another one yet.
	 */
	world->speed = 3;
	check_read(0, 40000);
	assert_true(world->now_ms >= 40000);
	assert_int_equal(world->num_errors, 0);
}

int main(void)
{
#define TEST(function)	cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_program),
		TEST(test_program_nothing),
		TEST(test_verify_job),
		TEST(test_one_at_a_time),
		TEST(test_address_base_and_erased_byte),
		TEST(test_program_failures),
		TEST(test_program_deadline),
		TEST(test_program_slow_stub),
		TEST(test_program_slow_link),
		TEST(test_read),
		TEST(test_read_ends_unseen),
		TEST(test_read_failures),
		TEST(test_read_slow_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
