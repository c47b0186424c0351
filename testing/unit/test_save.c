// SPDX-License-Identifier: GPL-2.0-or-later

/* The file of saved flash content: comes back as it was, and any damage is seen. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../src/flash/nor/ofl_save.h"

#define LENGTH	300

static char directory[256];
static char path[300];

static int set_up(void **state)
{
	const char *top = getenv("TMPDIR");

	(void)state;
	snprintf(directory, sizeof(directory), "%s/ofl-save.XXXXXX", top ? top : ".");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/save", directory);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	remove(path);
	return rmdir(directory);
}

static struct ofl_save example(uint8_t content[LENGTH])
{
	struct ofl_save save = {.base = 0x90000000, .offset_bytes = 0x12000, .length_bytes = LENGTH, .content = content};
	snprintf(save.identity, sizeof(save.identity), "a chip c22018");
	for (unsigned int n = 0; n < LENGTH; n++)
		content[n] = n * 7;
	return save;
}

static void test_round_trip(void **state)
{
	uint8_t content[LENGTH];
	struct ofl_save save = example(content), back;
	char why[100] = "";
	bool exists;

	(void)state;
	assert_false(ofl_save_read(path, &back, &exists, why, sizeof(why)));
	assert_false(exists);
	assert_true(ofl_save_write(path, &save, why, sizeof(why)));
	assert_true(ofl_save_read(path, &back, &exists, why, sizeof(why)));
	assert_true(exists);
	assert_int_equal(back.base, save.base);
	assert_int_equal(back.offset_bytes, save.offset_bytes);
	assert_int_equal(back.length_bytes, LENGTH);
	assert_string_equal(back.identity, "a chip c22018");
	assert_memory_equal(back.content, content, LENGTH);
	free(back.content);
	/* What is there is somebody's data. */
	assert_false(ofl_save_write(path, &save, why, sizeof(why)));
	assert_true(strlen(why) > 0);
	remove(path);
	assert_false(ofl_save_write("/nonexistent/save", &save, why, sizeof(why)));
}

/* Every bit, and every length. */
static void test_damage(void **state)
{
	uint8_t content[LENGTH], bytes[1000];
	struct ofl_save save = example(content), back;
	char why[100];
	bool exists;

	(void)state;
	remove(path);
	assert_true(ofl_save_write(path, &save, why, sizeof(why)));
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	assert_int_equal(length, 88 + LENGTH);
	for (size_t bit = 0; bit < 8 * length; bit += bit < 88 * 8 ? 1 : 13) {
		bytes[bit / 8] ^= 1 << bit % 8;
		file = fopen(path, "wb");
		assert_non_null(file);
		fwrite(bytes, 1, length, file);
		fclose(file);
		assert_false(ofl_save_read(path, &back, &exists, why, sizeof(why)));
		assert_true(exists);
		assert_null(back.content);
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	for (size_t less = 1; less <= length; less += 29) {
		file = fopen(path, "wb");
		assert_non_null(file);
		fwrite(bytes, 1, length - less, file);
		fclose(file);
		assert_false(ofl_save_read(path, &back, &exists, why, sizeof(why)));
	}
	file = fopen(path, "wb");
	assert_non_null(file);
	fwrite(bytes, 1, length, file);
	fputc(0, file);
	fclose(file);
	assert_false(ofl_save_read(path, &back, &exists, why, sizeof(why)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
