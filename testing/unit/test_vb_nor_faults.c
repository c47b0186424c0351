// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The flash model with faults, power cuts, and its image file.
 *
 * Links vb_nor_rig.c, testing/vboard/nor/ and testing/vboard/vb.c; not fault/, which the rig stands in for.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vb_nor_rig.h"

static void test_fault_absent(void **state)
{
	const uint32_t levels[] = { 0x00, 0xff };

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct rig *rig = rig_new("w25q128jv");

		rig_arm(rig, FAULT_NOR_ABSENT, FAULT_EVENT_PROGRAM, AT_ONCE, levels[i]);
		assert_int_equal(rig_status(rig), levels[i]);
		assert_int_equal(rig_read_register(rig, 0x9f), levels[i]);
		SEND(rig, 0xd8, 0, 0);
		rig_program(rig, 0, one_zero, 1);
		assert_cell(rig, 0, 0xff);
		assert_clean(rig);
		rig_free(rig);
	}
}

static void test_fault_stuck_busy(void **state)
{
	struct rig *rig = rig_new("w25q128jv");

	(void)state;
	rig_arm(rig, FAULT_NOR_STUCK_BUSY, FAULT_EVENT_PROGRAM, 2, 0);
	rig_program(rig, 0, one_zero, 1);
	SEND(rig, 0x06);
	rig_send_address(rig, 0x02, 0, one_zero, 1);
	rig_pass_us(rig, 100000000);
	assert_int_equal(rig_status(rig) & SR1_WIP, SR1_WIP);
	assert_true(nor_is_busy(rig->nor));
	assert_true(nor_busy_until_ps(rig->nor) == UINT64_MAX);
	assert_clean(rig);
	SEND(rig, 0x06);
	assert_violation(rig, "write enable (06h) while busy");
	rig_free(rig);
}

static void test_fault_locked(void **state)
{
	struct rig *rig = rig_new("w25q128jv");

	(void)state;
	rig_arm(rig, FAULT_NOR_LOCKED, FAULT_EVENT_PROGRAM, AT_ONCE, 0);
	SEND(rig, 0x06);
	assert_int_equal(rig_status(rig), 0);
	assert_clean(rig);
	rig_send_address(rig, 0x02, 0, one_zero, 1);
	assert_violation(rig, "without write enable");
	rig_free(rig);
}

static void test_fault_program_fails(void **state)
{
	struct rig *rig = rig_new("n25q128a");
	const uint8_t data[] = { 0x00, 0xf0 };

	(void)state;
	rig_arm(rig, FAULT_NOR_PROGRAM_FAILS, FAULT_EVENT_PROGRAM, 2, 0x81);
	rig_program(rig, 0, data, 2);
	assert_cell(rig, 0, 0x00);
	assert_int_equal(rig_read_register(rig, 0x70), 0x80);
	rig_program(rig, 0x100, data, 2);
	assert_cell(rig, 0x100, 0x81);
	assert_cell(rig, 0x101, 0xf1);
	assert_int_equal(rig_read_register(rig, 0x70), 0x90);
	SEND(rig, 0x50);
	SEND(rig, 0x04);
	rig_program(rig, 0x200, data, 2);
	assert_cell(rig, 0x200, 0x00);
	assert_cell(rig, 0x201, 0xf0);
	assert_int_equal(rig_read_register(rig, 0x70), 0x80);
	assert_clean(rig);
	rig_free(rig);
}

static void cut(uint64_t seed, bool in_erase, uint8_t old, uint8_t *cells)
{
	struct rig *rig = rig_new("w25q128jv");
	uint8_t page[256];
	const char *image = "test_vb_nor_cut.img";

	nor_free(rig->nor);
	unlink(image);
	rig->vb.seed = seed;
	rig->nor = nor_new(&rig->vb, rig->part, image);
	assert_non_null(rig->nor);
	memset(nor_content(rig->nor), old, 0x3000);
	memset(page, 0x0f, sizeof(page));

	SEND(rig, 0x50);
	SEND(rig, 0x31, 0x02);
	rig_arm(rig, FAULT_NOR_POWER_CUT, in_erase ? FAULT_EVENT_ERASE : FAULT_EVENT_PROGRAM, 1, 0);
	if (in_erase)
		rig_erase(rig, 0x20, 0x1000);
	else
		rig_program(rig, 0x1000, page, 256);
	assert_false(nor_is_busy(rig->nor));
	assert_int_equal(rig_status(rig), 0);
	assert_int_equal(rig_read_register(rig, 0x35), 0);
	memcpy(cells, nor_content(rig->nor), 0x3000);
	assert_clean(rig);
	rig_free(rig);
	unlink(image);
}

static void test_fault_power_cut(void **state)
{
	static uint8_t first[0x3000], again[0x3000], other[0x3000];

	(void)state;
	for (unsigned int in_erase = 0; in_erase < 2; in_erase++) {
		uint8_t old = in_erase ? 0x3c : 0xff;
		uint32_t length = in_erase ? 0x1000 : 0x100;
		unsigned int old_bytes = 0, done_bytes = 0;

		cut(1, in_erase, old, first);
		cut(1, in_erase, old, again);
		cut(2, in_erase, old, other);
		assert_memory_equal(first, again, sizeof(first));
		assert_memory_not_equal(first, other, sizeof(first));

		for (uint32_t i = 0; i < sizeof(first); i++) {
			if (i < 0x1000 || i >= 0x1000 + length) {
				assert_int_equal(first[i], old);
				continue;
			}
			old_bytes += first[i] == old;
			done_bytes += first[i] == (in_erase ? 0xff : 0x0f);
			/* A program clears some of the bits it was to clear, and no others. */
			if (!in_erase)
				assert_int_equal(first[i] & 0x0f, 0x0f);
		}
		assert_true(old_bytes < length);
		assert_true(done_bytes < length);
	}
}

static void test_fault_power_cut_in_read(void **state)
{
	struct rig *rig = rig_new("w25q256");
	const uint8_t read[] = { 0x03, 0, 0, 0, 0 };
	uint8_t in[2];

	(void)state;
	nor_content(rig->nor)[0] = 0x12;
	SEND(rig, 0xb7);
	rig_arm(rig, FAULT_NOR_POWER_CUT, FAULT_EVENT_READ, 2, 0);
	rig_command(rig, read, 5, in, 1);
	assert_int_equal(in[0], 0x12);
	rig_command(rig, read, 5, in, 2);
	assert_memory_equal(in, "\xff\xff", 2);
	/* Back in 3-byte mode. */
	rig_command(rig, read, 4, in, 1);
	assert_int_equal(in[0], 0x12);
	assert_clean(rig);
	rig_free(rig);
}

static void test_power_cycle_by_time(void **state)
{
	struct rig *rig = rig_new("w25q128jv");
	uint8_t *cells = nor_content(rig->nor);
	unsigned int changed = 0;

	(void)state;
	memset(cells, 0, 0x10000);
	SEND(rig, 0x06);
	rig_send_address(rig, 0xd8, 0, NULL, 0);
	rig_pass_us(rig, 150000);	/* of 160000 */
	nor_power_cycle(rig->nor);
	assert_int_equal(rig_status(rig), 0);
	for (uint32_t i = 0; i < 0x10000; i++)
		changed += (unsigned int)__builtin_popcount(cells[i]);
	assert_in_range(changed, 0x80000 * 80 / 100, 0x80000 * 95 / 100);

	SEND(rig, 0x06);
	rig_send_address(rig, 0xd8, 0, NULL, 0);
	rig_pass_us(rig, 160000);
	nor_power_cycle(rig->nor);
	for (uint32_t i = 0; i < 0x10000; i++)
		assert_int_equal(cells[i], 0xff);

	/* CS was low when power went: nothing counts until it has been high. */
	nor_set_cs(rig->nor, false);
	nor_transfer_byte(rig->nor, 0x9f, FAST_HZ);
	nor_power_cycle(rig->nor);
	assert_int_equal(nor_transfer_byte(rig->nor, 0x06, FAST_HZ), 0xff);
	nor_set_cs(rig->nor, true);
	assert_int_equal(rig_status(rig), 0);
	assert_clean(rig);
	rig_free(rig);
}

static void check_file(const char *path, off_t size, uint32_t changed_at, uint8_t value)
{
	FILE *file = fopen(path, "rb");
	struct stat st;
	uint32_t i = 0;
	int c;

	assert_non_null(file);
	assert_int_equal(fstat(fileno(file), &st), 0);
	assert_int_equal(st.st_size, size);
	while ((c = fgetc(file)) != EOF) {
		assert_int_equal(c, i == changed_at ? value : 0xff);
		i++;
	}
	fclose(file);
}

static void test_image(void **state)
{
	const char *path = "test_vb_nor.img";
	const struct nor_part *part = nor_part_by_name("mx25l1606e");
	struct vb vb = { .seed = 1 };
	struct rig rig = { .part = part };
	FILE *file;

	(void)state;
	/* Created with the part's size, erased; written back. */
	unlink(path);
	rig.nor = nor_new(&rig.vb, part, path);
	assert_non_null(rig.nor);
	rig_program(&rig, 0x12345, one_zero, 1);
	nor_sync(rig.nor);
	check_file(path, 2 << 20, 0x12345, 0);
	nor_free(rig.nor);
	check_file(path, 2 << 20, 0x12345, 0);

	/* Read again. */
	rig.nor = nor_new(&rig.vb, part, path);
	assert_cell(&rig, 0x12345, 0);
	nor_free(rig.nor);

	/* Shorter: FF follows. */
	file = fopen(path, "wb");
	fputc(0x42, file);
	fclose(file);
	rig.nor = nor_new(&rig.vb, part, path);
	assert_cell(&rig, 0, 0x42);
	assert_cell(&rig, 1, 0xff);
	nor_free(rig.nor);
	check_file(path, 2 << 20, 0, 0x42);

	/* Longer: the rest stays. */
	file = fopen(path, "wb");
	for (unsigned int i = 0; i < (2u << 20) + 10; i++)
		fputc(0xff, file);
	fclose(file);
	rig.nor = nor_new(&rig.vb, part, path);
	rig_program(&rig, 0, one_zero, 1);
	nor_free(rig.nor);
	check_file(path, (2 << 20) + 10, 0, 0);

	/* Power off before the end of a program leaves it half done. */
	unlink(path);
	rig.nor = nor_new(&rig.vb, part, path);
	SEND(&rig, 0x06);
	uint8_t zeros[256] = { 0 };
	rig_send_address(&rig, 0x02, 0, zeros, 256);
	rig_pass_us(&rig, 300);
	nor_free(rig.nor);
	rig.nor = nor_new(&rig.vb, part, path);
	unsigned int ones = 0;

	for (unsigned int i = 0; i < 256; i++)
		ones += (unsigned int)__builtin_popcount(nor_content(rig.nor)[i]);
	assert_in_range(ones, 600, 1400);
	nor_free(rig.nor);
	assert_clean(&rig);
	unlink(path);

	print_message("two refusals follow\n");
	assert_null(nor_new(&vb, part, "/nonexistent/test_vb_nor.img"));
	assert_null(nor_new(&vb, part, "."));
}

static void test_overrides(void **state)
{
	struct vb vb = { .seed = 1 };
	struct nor_part part = *nor_part_by_name("w25q128jv");
	uint8_t *sfdp = malloc(3);
	struct rig rig = { .part = &part };
	const uint8_t read_sfdp[] = { 0x5a, 0, 0, 0, 0 };
	uint8_t id = 0x9f, in[4];

	(void)state;
	assert_non_null(sfdp);
	memcpy(sfdp, "abc", 3);
	part.sfdp = sfdp;
	part.sfdp_bytes = 3;
	part.size_bytes = 96 * 1024;	/* one and a half blocks */
	memcpy(part.jedec_id, "\x01\x02\x03", 3);
	rig.nor = nor_new(&rig.vb, &part, NULL);
	assert_non_null(rig.nor);
	free(sfdp);
	memset(part.jedec_id, 0, 3);

	rig_command(&rig, read_sfdp, 5, in, 4);
	assert_memory_equal(in, "abc\xff", 4);
	rig_command(&rig, &id, 1, in, 3);
	assert_memory_equal(in, "\x01\x02\x03", 3);
	assert_int_equal(nor_size(rig.nor), 96 * 1024);
	nor_content(rig.nor)[96 * 1024 - 1] = 0;
	rig_erase(&rig, 0xd8, 0x10000);
	assert_cell(&rig, 96 * 1024 - 1, 0xff);
	assert_clean(&rig);
	nor_free(rig.nor);

	print_message("a refusal follows\n");
	part.size_bytes = 5000;
	assert_null(nor_new(&vb, &part, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault_absent),
		cmocka_unit_test(test_fault_stuck_busy),
		cmocka_unit_test(test_fault_locked),
		cmocka_unit_test(test_fault_program_fails),
		cmocka_unit_test(test_fault_power_cut),
		cmocka_unit_test(test_fault_power_cut_in_read),
		cmocka_unit_test(test_power_cycle_by_time),
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_overrides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
