// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Every way in which a run of the stub fails by itself: which status, address and register value it leaves, and that
 * chip select and controller are as before (stub_end() checks that), so that the next run succeeds.
 */

#include <string.h>

#include "stub_rig.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define PAGE_BYTES	256u

static void expect_id(struct stub_rig *rig)
{
	uint8_t id[3];

	stub_transfer(rig, OFL_COMMAND(0x9f, 0, 0), 0, id, 3);
	assert_int_equal(id[0] << 16 | id[1] << 8 | id[2], rig->kind->jedec_id);
}

/* One sector that is not blank, so that the erase is carried out. */
static struct ofl_erase_entry dirty_sector(struct stub_rig *rig, uint32_t address)
{
	nor_content(rig->board->nor)[address + 7] = 0;
	return (struct ofl_erase_entry) {
		.address = address, .unit_bytes = 4 * KIB, .count = 1, .command = OFL_COMMAND(0x20, 3, 0), .max_polls = 1000000,
	};
}

/* The deadline counts status reads, of the page or of the list's entry, and the last value is told. */
static void test_stuck_busy(struct stub_rig *rig)
{
	static uint8_t data[3 * PAGE_BYTES];

	stub_open_usual(rig, NULL, "nor.stuck-busy@program=2");
	stub_fill_random(data, sizeof(data), 1);
	stub_params(rig, OFL_OP_PROGRAM);
	rig->params.max_polls = 3000;
	assert_int_equal(stub_program(rig, 0x4000, data, sizeof(data), &stub_host_fast), OFL_STATUS_BUSY);
	assert_int_equal(rig->params.fail_value & 1, 1);
	assert_int_equal(rig->params.address, 0x4000 + PAGE_BYTES);
	assert_int_equal(rig->params.done, 1);
	assert_int_equal(rig->params.rp, 1);
	assert_in_range(rig->vb.count.status_reads, 3000, 3000 + 2 + 3000);
	stub_assert_clean(rig);

	stub_open_usual(rig, NULL, "nor.stuck-busy@erase=1");
	struct ofl_erase_entry entry = dirty_sector(rig, 0x10000);
	entry.max_polls = 1234;
	assert_int_equal(stub_erase(rig, &entry, 1), OFL_STATUS_BUSY);
	assert_int_equal(rig->params.address, 0x10000);
	assert_int_equal(rig->params.done, 0);
	/* One for the latch, and the one that shows that time is up. */
	assert_int_equal(rig->vb.count.status_reads, 1 + 1234 + 1);
	stub_assert_clean(rig);
}

/* A deadline that is just enough does not fire. */
static void test_deadline_not_early(struct stub_rig *rig)
{
	stub_open_usual(rig, NULL, NULL);
	struct ofl_erase_entry entry = dirty_sector(rig, 0x10000);
	assert_int_equal(stub_erase(rig, &entry, 1), OFL_STATUS_OK);

	/* One page with the number of polls that it takes, and with fewer than any part has. */
	uint8_t data[PAGE_BYTES] = { 0 };
	uint64_t reads = rig->vb.count.status_reads;
	assert_int_equal(stub_program(rig, 0x10000, data, sizeof(data), &stub_host_fast), OFL_STATUS_OK);
	uint32_t polls = (uint32_t)(rig->vb.count.status_reads - reads) - 1;
	assert_true(polls > 10);
	stub_params(rig, OFL_OP_PROGRAM);
	rig->params.max_polls = polls + 2;
	assert_int_equal(stub_program(rig, 0x20000, data, sizeof(data), &stub_host_fast), OFL_STATUS_OK);
	stub_params(rig, OFL_OP_PROGRAM);
	rig->params.max_polls = polls / 2;
	assert_int_equal(stub_program(rig, 0x30000, data, sizeof(data), &stub_host_fast), OFL_STATUS_BUSY);
	stub_assert_clean(rig);

	/* It was only slow: all is well again. */
	stub_pass(rig, 10000);
	assert_int_equal(stub_program(rig, 0x30000 + PAGE_BYTES, data, sizeof(data), &stub_host_fast), OFL_STATUS_OK);
	stub_assert_clean(rig);
}

/* Nothing is sent to a part whose latch does not set. */
static void test_latch_not_set(struct stub_rig *rig)
{
	uint8_t data[PAGE_BYTES] = { 0 };

	stub_open_usual(rig, NULL, "nor.locked");
	assert_int_equal(stub_program(rig, 0x700, data, sizeof(data), &stub_host_fast), OFL_STATUS_WEL_NOT_SET);
	assert_int_equal(rig->params.fail_value, 0);
	assert_int_equal(rig->params.address, 0x700);
	assert_int_equal(rig->params.done, 0);
	struct ofl_erase_entry entry = dirty_sector(rig, 0x20000);
	assert_int_equal(stub_erase(rig, &entry, 1), OFL_STATUS_WEL_NOT_SET);
	assert_int_equal(rig->params.address, 0x20000);
	assert_int_equal(rig->vb.count.page_programs, 0);
	assert_int_equal(rig->vb.count.erase_4k, 0);
	stub_assert_clean(rig);
}

/* No chip: the line is low or high. Neither may look like success. */
static void test_absent(struct stub_rig *rig)
{
	uint8_t data[PAGE_BYTES] = { 0 };
	uint8_t id[3];

	stub_open_usual(rig, NULL, "nor.absent=00");
	stub_transfer(rig, OFL_COMMAND(0x9f, 0, 0), 0, id, 3);
	assert_memory_equal(id, "\x00\x00\x00", 3);
	assert_int_equal(stub_program(rig, 0, data, sizeof(data), &stub_host_fast), OFL_STATUS_WEL_NOT_SET);

	stub_open_usual(rig, NULL, "nor.absent=ff");
	stub_transfer(rig, OFL_COMMAND(0x9f, 0, 0), 0, id, 3);
	assert_memory_equal(id, "\xff\xff\xff", 3);
	stub_params(rig, OFL_OP_PROGRAM);
	rig->params.max_polls = 100;
	assert_int_equal(stub_program(rig, 0, data, sizeof(data), &stub_host_fast), OFL_STATUS_BUSY);
	assert_int_equal(rig->params.fail_value, 0xff);
	stub_assert_clean(rig);
}

/* Block protection: the chip takes the command, and nothing happens. The rest of the list is not touched. */
static void test_not_blank(struct stub_rig *rig)
{
	uint8_t protect = 0x1c;

	stub_open_usual(rig, NULL, NULL);
	stub_transfer(rig, OFL_COMMAND(0x06, 0, 0), 0, NULL, 0);
	stub_transfer(rig, OFL_COMMAND(0x01, 0, 0) | OFL_COMMAND_DATA_OUT, 0, &protect, 1);
	stub_pass(rig, 100000);
	/* The last two sectors: locked, whatever the part's table. A blank one before is no reason to fail. */
	uint32_t last = (uint32_t)nor_size(rig->board->nor) - 4 * KIB;
	struct ofl_erase_entry entries[] = { dirty_sector(rig, last - 4 * KIB), dirty_sector(rig, last) };
	entries[0].address -= 4 * KIB;
	entries[0].count = 2;
	/* S25FL-L says so, and stays busy until that is cleared: nobody asks its error register here. */
	bool says_so = !strcmp(rig->kind->part, "s25fl064l");
	assert_int_equal(stub_erase(rig, entries, COUNT(entries)), says_so ? OFL_STATUS_BUSY : OFL_STATUS_NOT_BLANK);
	assert_int_equal(rig->params.address, last - 4 * KIB);
	assert_int_equal(rig->params.done, 1);
	assert_int_equal(entries[0].skipped, 1);
	assert_int_equal(rig->vb.count.erase_4k, 0);
	assert_int_equal(nor_content(rig->board->nor)[last - 4 * KIB + 7], 0);
	stub_assert_clean(rig);
}

/* The controller's clock is off: no frame ever ends. */
static void test_controller_unclocked(struct stub_rig *rig)
{
	uint8_t data[4];

	stub_open_usual(rig, NULL, NULL);
	uint32_t enabled = stub_get(rig, rig->kind->clock_address);
	stub_put(rig, rig->kind->clock_address, enabled & ~rig->kind->clock_mask);
	stub_params(rig, OFL_OP_XFER);
	rig->params.command = OFL_COMMAND(0x9f, 0, 0);
	rig->params.unit_bytes = 3;
	assert_int_equal(stub_run(rig, 1000), OFL_STATUS_CTL_TIMEOUT);
	assert_int_equal(rig->params.fail_value, 0);
	assert_int_equal(stub_read(rig, 0, data, sizeof(data), 4, &stub_host_fast), OFL_STATUS_CTL_TIMEOUT);
	/* Nobody may touch it then, but how should the stub know; said once. */
	stub_assert_violations(rig, (const char *const[]) { "clock is off", NULL });

	stub_put(rig, rig->kind->clock_address, enabled);
	expect_id(rig);
	stub_assert_violations(rig, (const char *const[]) { "clock is off", NULL });
}

/* The debugger went away in the middle: the stub ends by itself, as the loops say. */
static void test_host_gone(struct stub_rig *rig)
{
	static uint8_t data[3 * PAGE_BYTES];

	stub_open_usual(rig, NULL, NULL);
	stub_fill_random(data, sizeof(data), 1);
	stub_params(rig, OFL_OP_PROGRAM);
	rig->params.command = OFL_COMMAND(0x02, 3, 0) | OFL_COMMAND_DATA_OUT;
	rig->params.count = 2;
	rig->params.wp = 1;
	rig->params.slots = 2;
	rig->params.slot_bytes = sizeof(struct ofl_slot) + PAGE_BYTES;
	rig->params.max_wait = 1000;
	const struct ofl_slot header = { 0x2000, PAGE_BYTES };
	stub_write(rig, rig->layout.ring, &header, sizeof(header));
	stub_write(rig, rig->layout.ring + sizeof(header), data, PAGE_BYTES);
	assert_int_equal(stub_run(rig, 100), OFL_STATUS_HOST_GONE);
	assert_int_equal(rig->params.done, 1);
	assert_memory_equal(nor_content(rig->board->nor) + 0x2000, data, PAGE_BYTES);

	stub_params(rig, OFL_OP_READ);
	rig->params.count = 3;
	rig->params.slots = 2;
	rig->params.slot_bytes = 64;
	rig->params.unit_bytes = 64;
	rig->params.max_wait = 1000;
	assert_int_equal(stub_run(rig, 100), OFL_STATUS_HOST_GONE);
	assert_int_equal(rig->params.wp, 2);
	stub_assert_clean(rig);
	assert_int_equal(stub_program(rig, 0x4000, data, sizeof(data), &stub_host_fast), OFL_STATUS_OK);
	stub_assert_clean(rig);
}

/* The host's wish to stop is seen after a unit, whatever the operation. */
static void test_abort(struct stub_rig *rig)
{
	static const enum ofl_op ops[] = { OFL_OP_ERASE, OFL_OP_READ, OFL_OP_CRC, OFL_OP_BLANK };

	for (unsigned int n = 0; n < COUNT(ops); n++) {
		stub_open_usual(rig, NULL, NULL);
		struct ofl_erase_entry entry = dirty_sector(rig, 0x10000);
		entry.count = 5;
		stub_params(rig, ops[n]);
		rig->params.address = 0x10000;
		rig->params.unit_bytes = 64;
		rig->params.count = ops[n] == OFL_OP_ERASE ? 1 : 5;
		rig->params.slots = 1;
		rig->params.slot_bytes = 64;
		stub_write(rig, rig->layout.ring, &entry, sizeof(entry));
		rig->params.abort = 1;
		assert_int_equal(stub_run(rig, 1000), OFL_STATUS_ABORTED);
		assert_int_equal(rig->params.done, 1);
		assert_false(nor_is_busy(rig->board->nor));
		stub_assert_clean(rig);
		expect_id(rig);
	}
}

/* A read that waits for the host sees it too. */
static void test_abort_while_waiting(struct stub_rig *rig)
{
	stub_open_usual(rig, NULL, NULL);
	stub_params(rig, OFL_OP_READ);
	rig->params.count = 3;
	rig->params.slots = 2;
	rig->params.slot_bytes = 64;
	rig->params.unit_bytes = 64;
	stub_start(rig);
	assert_false(stub_pass(rig, 5000));
	stub_set_live(rig, offsetof(struct ofl_params, abort), 1);
	assert_true(stub_pass(rig, 100));
	assert_int_equal(stub_end(rig), OFL_STATUS_ABORTED);
	assert_int_equal(rig->params.wp, 2);
	stub_assert_clean(rig);
}

int main(void)
{
	static const struct stub_test tests[] = {
		{ .name = "flash stuck busy", .function = test_stuck_busy },
		{ .name = "deadline not early", .function = test_deadline_not_early },
		{ .name = "write enable latch", .function = test_latch_not_set },
		{ .name = "no flash", .function = test_absent },
		{ .name = "erase without effect", .function = test_not_blank },
		{ .name = "controller without clock", .function = test_controller_unclocked, .only_controller = true },
		{ .name = "host gone", .function = test_host_gone },
		{ .name = "abort", .function = test_abort },
		{ .name = "abort while waiting", .function = test_abort_while_waiting },
	};

	return stub_run_tests(tests, COUNT(tests));
}
