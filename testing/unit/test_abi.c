// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * doc/abi.txt says what ofl_abi.h says: every table of the page is made from the header here, and compared line by line
 * in both directions, so that neither a word that is missing nor one that is too many goes unnoticed.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../contrib/loaders/flash/ofl/ofl_abi.h"
#include "../../src/flash/nor/ofl_layout.h"
#include "../../src/flash/nor/ofl_plan.h"

#define MAX_ROWS	40
#define MAX_CELLS	4

/* Start of a table's row: the cells that can be compared. What follows them is prose. */
struct row {
	char cell[MAX_CELLS][120];
	unsigned int num_cells;
};

struct table {
	struct row row[MAX_ROWS];
	unsigned int num_rows;
};

static char *document;

static int read_document(void **state)
{
	const char *top = getenv("OFL_TOP");
	char path[1024];
	(void)state;

	if (top) {
		snprintf(path, sizeof(path), "%s/doc/abi.txt", top);
	} else {
		const char *slash = strrchr(__FILE__, '/');
		int length = slash ? (int)(slash - __FILE__) : 1;
		snprintf(path, sizeof(path), "%.*s/../../doc/abi.txt", length, slash ? __FILE__ : ".");
	}
	FILE *file = fopen(path, "rb");
	if (!file) {
		print_error("cannot read %s\n", path);
		return -1;
	}
	document = calloc(1, 65536);
	size_t length = document ? fread(document, 1, 65535, file) : 0;
	fclose(file);
	return length ? 0 : -1;
}

static int free_document(void **state)
{
	(void)state;
	free(document);
	document = NULL;
	return 0;
}

static void add_row(struct table *table, unsigned int num_cells, ...)
{
	va_list cells;

	assert_true(table->num_rows < MAX_ROWS && num_cells <= MAX_CELLS);
	struct row *row = &table->row[table->num_rows++];
	row->num_cells = num_cells;
	va_start(cells, num_cells);
	for (unsigned int n = 0; n < num_cells; n++)
		snprintf(row->cell[n], sizeof(row->cell[n]), "%s", va_arg(cells, const char *));
	va_end(cells);
}

/* Cells are separated by two blanks or more; the last one wanted may be followed by prose, or end the line. */
static void split(const char *line, size_t length, unsigned int num_cells, struct row *row)
{
	size_t at = 0;

	row->num_cells = 0;
	while (row->num_cells < num_cells) {
		while (at < length && line[at] == ' ')
			at++;
		size_t start = at;
		while (at < length && !(line[at] == ' ' && (at + 1 == length || line[at + 1] == ' ')))
			at++;
		if (at == start)
			break;
		snprintf(row->cell[row->num_cells++], sizeof(row->cell[0]), "%.*s", (int)(at - start), line + start);
	}
}

/*
 * The document's rows of the table that begins with `header` somewhere behind `after`: the indented lines below it, to
 * the next empty one. The number of cells of each row is the one that the expected row has.
 */
static void check_table(const char *after, const char *header, const struct table *expected)
{
	char line_start[160];
	const char *at = strstr(document, after);

	if (!at)
		fail_msg("doc/abi.txt has no '%s'", after);
	snprintf(line_start, sizeof(line_start), "\n  %s", header);
	at = strstr(at, line_start);
	if (!at)
		fail_msg("doc/abi.txt has no table '%s' behind '%s'", header, after);
	at = strchr(at + 1, '\n');
	for (unsigned int n = 0; n < expected->num_rows; n++) {
		const struct row *want = &expected->row[n];
		struct row found;
		assert_non_null(at);
		const char *line = at + 1;
		at = strchr(line, '\n');
		split(line, at ? (size_t)(at - line) : strlen(line), want->num_cells, &found);
		for (unsigned int cell = 0; cell < want->num_cells; cell++) {
			if (cell >= found.num_cells || strcmp(want->cell[cell], found.cell[cell]) != 0)
				fail_msg("doc/abi.txt, table '%s', row %u: '%s' where ofl_abi.h says '%s'", header, n + 1,
					cell < found.num_cells ? found.cell[cell] : "nothing", want->cell[cell]);
		}
	}
	/* No row that the header does not know. */
	if (at && at[1] != '\n' && at[1] != 0)
		fail_msg("doc/abi.txt, table '%s' has more than %u rows", header, expected->num_rows);
}

/* A struct's rows, which must cover it without a hole. */
struct member {
	const char *name;
	size_t offset, size;
	const char *way;	/* NULL: no such column */
};

static void check_struct(const char *after, const char *header, const struct member *members, unsigned int num_members,
		size_t total)
{
	static struct table table;
	size_t end = 0;

	table.num_rows = 0;
	for (unsigned int n = 0; n < num_members; n++) {
		char offset[16], size[16];
		assert_int_equal(members[n].offset, end);
		end += members[n].size;
		snprintf(offset, sizeof(offset), "0x%02zx", members[n].offset);
		snprintf(size, sizeof(size), "%zu", members[n].size);
		add_row(&table, members[n].way ? 4 : 3, offset, size, members[n].name, members[n].way);
	}
	assert_int_equal(end, total);
	char offset[16];
	snprintf(offset, sizeof(offset), "0x%02zx", total);
	add_row(&table, 2, offset, "total");
	check_table(after, header, &table);
}

#define MEMBER(type, member, way)	{ #member, offsetof(struct type, member), sizeof(((struct type *)0)->member), way }
#define COUNT(array)			(sizeof(array) / sizeof((array)[0]))

static void test_params(void **state)
{
	static const struct member members[] = {
		MEMBER(ofl_params, op, "in"),
		MEMBER(ofl_params, abort, "live, in"),
		MEMBER(ofl_params, status, "live, out"),
		MEMBER(ofl_params, done, "live, out"),
		MEMBER(ofl_params, wp, "live"),
		MEMBER(ofl_params, rp, "live"),
		MEMBER(ofl_params, fail_value, "out"),
		MEMBER(ofl_params, address, "in, out"),
		MEMBER(ofl_params, unit_bytes, "in"),
		MEMBER(ofl_params, count, "in"),
		MEMBER(ofl_params, ring, "in"),
		MEMBER(ofl_params, slot_bytes, "in"),
		MEMBER(ofl_params, slots, "in"),
		MEMBER(ofl_params, command, "in"),
		MEMBER(ofl_params, max_polls, "in"),
		MEMBER(ofl_params, max_wait, "in"),
		MEMBER(ofl_params, ctl_max_wait, "in"),
		MEMBER(ofl_params, write_enable, "in"),
		MEMBER(ofl_params, status_command, "in"),
		MEMBER(ofl_params, busy_mask, "in"),
		MEMBER(ofl_params, busy_invert, "in"),
		MEMBER(ofl_params, latch_mask, "in"),
		MEMBER(ofl_params, error_command, "in"),
		MEMBER(ofl_params, error_mask, "in"),
		MEMBER(ofl_params, ctl, "in"),
	};
	(void)state;

	check_struct("\nstruct ofl_params\n", "offset", members, COUNT(members), sizeof(struct ofl_params));
	/* entry.S and the driver read and write these by their offsets, and in one transfer. */
	assert_int_equal(offsetof(struct ofl_params, status), OFL_PARAMS_STATUS);
	assert_int_equal(offsetof(struct ofl_params, rp) - offsetof(struct ofl_params, status), 12);
}

static void test_call(void **state)
{
	static const struct member members[] = {
		MEMBER(ofl_call, function, "in"),
		MEMBER(ofl_call, args, "in"),
		MEMBER(ofl_call, result, "in"),
		MEMBER(ofl_call, read, "in"),
		MEMBER(ofl_call, read_result, "in"),
		MEMBER(ofl_call, map_offset, "in"),
		MEMBER(ofl_call, flags, "in"),
		MEMBER(ofl_call, r9, "in"),
		MEMBER(ofl_call, r10, "in"),
		MEMBER(ofl_call, stack_low, "in"),
		MEMBER(ofl_call, scratch, "in"),
		MEMBER(ofl_call, scratch_bytes, "in"),
		MEMBER(ofl_call, erased_byte, "in"),
		MEMBER(ofl_call, arg, "in"),
		MEMBER(ofl_call, called, "out"),
		MEMBER(ofl_call, called_arg, "out"),
		MEMBER(ofl_call, called_result, "out"),
		MEMBER(ofl_call, called_result_high, "out"),
	};
	static struct table args, results;
	(void)state;

	check_struct("\nLoader files\n", "offset", members, COUNT(members), sizeof(struct ofl_call));
	assert_int_equal(offsetof(struct ofl_params, call), 0x44);
	/* gate.S counts from the struct's start. */
	assert_int_equal(offsetof(struct ofl_call, called), OFL_CALL_CALLED);

	static const char *const arg_names[] = {
		[OFL_ARGS_GIVEN] = "GIVEN", [OFL_ARGS_DATA] = "DATA", [OFL_ARGS_WORDS] = "WORDS",
		[OFL_ARGS_SECTOR] = "SECTOR", [OFL_ARGS_FIRST_LAST] = "FIRST_LAST", [OFL_ARGS_BLANK] = "BLANK",
		[OFL_ARGS_CRC] = "CRC",
	};
	static const char *const result_names[] = {
		[OFL_RESULT_ANY] = "ANY", [OFL_RESULT_ZERO] = "ZERO", [OFL_RESULT_ONE] = "ONE", [OFL_RESULT_END] = "END",
		[OFL_RESULT_NOT_NEGATIVE] = "NOT_NEGATIVE",
	};
	char number[12];
	for (unsigned int n = 0; n < COUNT(arg_names); n++) {
		snprintf(number, sizeof(number), "%u", n);
		add_row(&args, 2, number, arg_names[n]);
	}
	for (unsigned int n = 0; n < COUNT(result_names); n++) {
		snprintf(number, sizeof(number), "%u", n);
		add_row(&results, 2, number, result_names[n]);
	}
	/* The number of an operation and the style are in one word. */
	assert_int_equal(OFL_ARGS_GET_OP(OFL_ARGS_OP(0xffffff) | OFL_ARGS_CRC), 0xffffff);
	assert_int_equal(OFL_ARGS_STYLE(OFL_ARGS_OP(0xffffff) | OFL_ARGS_CRC), OFL_ARGS_CRC);
	assert_true(OFL_ARGS_CRC <= OFL_ARGS_STYLE(UINT32_MAX));
	check_table("\nLoader files\n", "args", &args);
	check_table("\nLoader files\n", "result", &results);
}

static void test_slot_and_entry(void **state)
{
	static const struct member slot[] = {
		MEMBER(ofl_slot, address, NULL),
		MEMBER(ofl_slot, length_bytes, NULL),
	};
	static const struct member entry[] = {
		MEMBER(ofl_erase_entry, address, "in"),
		MEMBER(ofl_erase_entry, unit_bytes, "in"),
		MEMBER(ofl_erase_entry, count, "in"),
		MEMBER(ofl_erase_entry, command, "in"),
		MEMBER(ofl_erase_entry, max_polls, "in"),
		MEMBER(ofl_erase_entry, skipped, "out"),
	};
	(void)state;

	check_struct("\nA slot of PROGRAM", "offset", slot, COUNT(slot), sizeof(struct ofl_slot));
	check_struct("\nAn entry of ERASE:", "offset", entry, COUNT(entry), sizeof(struct ofl_erase_entry));
	assert_int_equal(OFL_SLOT_HEADER_BYTES, sizeof(struct ofl_slot));
}

/* Tables that begin below a headline; their first row stands where others have a header, so that it is the header. */
static void check_numbered(const char *after, const char *const *names, const char *const *texts, unsigned int count)
{
	const char *line = strstr(document, after);

	assert_non_null(line);
	line = strstr(line, "\n  ");
	for (unsigned int n = 0; n < count; n++) {
		struct row row;
		char number[12];
		assert_non_null(line);
		const char *end = strchr(line + 1, '\n');
		assert_non_null(end);
		split(line + 1, (size_t)(end - line - 1), texts ? 3 : 2, &row);
		snprintf(number, sizeof(number), "%u", n);
		assert_int_equal(row.num_cells, texts ? 3 : 2);
		assert_string_equal(row.cell[0], number);
		assert_string_equal(row.cell[1], names[n]);
		if (texts)
			assert_string_equal(row.cell[2], texts[n]);
		line = end;
	}
	assert_true(line[1] == '\n');
}

static void test_operations(void **state)
{
	/* Designated by number, so that a changed number changes the order here. */
	static const char *const names[] = {
		[OFL_OP_RESTORE] = "OFL_OP_RESTORE",
		[OFL_OP_XFER] = "OFL_OP_XFER",
		[OFL_OP_PROGRAM] = "OFL_OP_PROGRAM",
		[OFL_OP_ERASE] = "OFL_OP_ERASE",
		[OFL_OP_READ] = "OFL_OP_READ",
		[OFL_OP_CRC] = "OFL_OP_CRC",
		[OFL_OP_BLANK] = "OFL_OP_BLANK",
		[OFL_OP_CALL] = "OFL_OP_CALL",
	};
	(void)state;

	check_numbered("\nOperations\n", names, NULL, COUNT(names));
	/* Each is explained. */
	for (unsigned int n = 0; n < COUNT(names); n++) {
		char line[40];
		snprintf(line, sizeof(line), "\n%s  ", names[n] + strlen("OFL_OP_"));
		assert_non_null(strstr(document, line));
	}
}

static void test_status(void **state)
{
#define NAME(name, value, text) [value] = #name,
#define TEXT(name, value, text) [value] = text,
	static const char *const names[] = { OFL_STATUS_LIST(NAME) };
	static const char *const texts[] = { OFL_STATUS_LIST(TEXT) };
#undef NAME
#undef TEXT
	(void)state;

	check_numbered("\nStatus\n", names, texts, COUNT(names));
}

static void test_commands(void **state)
{
	static struct table table;
	(void)state;

	add_row(&table, 2, "7:0", "opcode");
	add_row(&table, 1, "11:8");
	add_row(&table, 1, "15:12");
	add_row(&table, 1, "16");
	add_row(&table, 1, "17");
	add_row(&table, 1, "18");
	add_row(&table, 1, "19");
	check_table("\nA command is a word:", "bits", &table);
	assert_int_equal(OFL_COMMAND(0xff, 0, 0), 0xff);
	assert_int_equal(OFL_COMMAND(0, 0xf, 0), 0xf << 8);
	assert_int_equal(OFL_COMMAND(0, 0, 0xf), 0xf << 12);
	assert_int_equal(OFL_COMMAND_DATA_OUT, 1 << 16);
	assert_int_equal(OFL_COMMAND_QUAD_DATA, 1 << 17);
	assert_int_equal(OFL_COMMAND_QPI, 1 << 18);
	assert_int_equal(OFL_COMMAND_MAPPED, 1 << 19);
}

static void test_controllers(void **state)
{
	static struct table pins, gpio, stm32, quadspi, octospi, mss, spi2, pl022;
	char number[8][12];
	(void)state;

	static const unsigned int words[] = { OFL_PIN_HIGH_ADDRESS, OFL_PIN_HIGH_VALUE, OFL_PIN_LOW_ADDRESS,
		OFL_PIN_LOW_VALUE };
	static const char *const names[] = { "HIGH_ADDRESS", "HIGH_VALUE", "LOW_ADDRESS", "LOW_VALUE" };
	assert_int_equal(COUNT(words), OFL_PIN_WORDS);
	for (unsigned int n = 0; n < COUNT(words); n++) {
		snprintf(number[n], sizeof(number[n]), "%u", words[n]);
		add_row(&pins, 2, number[n], names[n]);
	}
	check_table("\nA pin is four words", "word", &pins);

	snprintf(number[0], sizeof(number[0]), "%d", OFL_CTL_CS);
	snprintf(number[1], sizeof(number[1]), "%d", OFL_CTL_SCK);
	snprintf(number[2], sizeof(number[2]), "%d", OFL_CTL_MOSI);
	snprintf(number[3], sizeof(number[3]), "%d", OFL_CTL_MISO);
	snprintf(number[4], sizeof(number[4]), "%d", OFL_CTL_BASE);
	snprintf(number[5], sizeof(number[5]), "%d", OFL_CTL_SAVE);
	add_row(&gpio, 3, number[0], "4", "CS");
	add_row(&gpio, 3, number[1], "4", "SCK");
	add_row(&gpio, 3, number[2], "4", "MOSI");
	add_row(&gpio, 3, number[3], "2", "MISO");
	check_table("\nspi:gpio:", "word", &gpio);
	assert_true(OFL_CTL_MISO + 2 <= OFL_CTL_WORDS);
	assert_int_equal(sizeof(((struct ofl_params *)0)->ctl), 4 * OFL_CTL_WORDS);

	add_row(&stm32, 3, number[0], "4", "CS");
	add_row(&stm32, 3, number[4], "1", "BASE");
	add_row(&stm32, 3, number[5], "3", "SAVE");
	check_table("\nspi:stm32-spi:", "word", &stm32);
	assert_true(OFL_CTL_SAVE + 3 <= OFL_CTL_WORDS);

	static const char *const found[] = { "FOUND_CR", "FOUND_DCR", "FOUND_DLR", "FOUND_CCR", "BASE", "FOUND_TCR",
		"FOUND_IR" };
	static const unsigned int found_words[] = { OFL_CTL_FOUND_CR, OFL_CTL_FOUND_DCR, OFL_CTL_FOUND_DLR,
		OFL_CTL_FOUND_CCR, OFL_CTL_BASE, OFL_CTL_FOUND_TCR, OFL_CTL_FOUND_IR };
	for (unsigned int n = 0; n < COUNT(found); n++) {
		snprintf(number[n], sizeof(number[n]), "%u", found_words[n]);
		if (n <= 5)
			add_row(&quadspi, 3, number[n], "1", found[n]);
		add_row(&octospi, 3, number[n], n == 6 ? "2" : "1", found[n]);
	}
	check_table("\nspi:stm32-qspi:", "word", &quadspi);
	check_table("\nspi:stm32-ospi:", "word", &octospi);
	assert_true(OFL_CTL_FOUND_IR + 2 <= OFL_CTL_WORDS);

	snprintf(number[6], sizeof(number[6]), "%d", OFL_CTL_SS);
	add_row(&mss, 3, number[6], "1", "SS");
	add_row(&mss, 3, number[4], "1", "BASE");
	add_row(&mss, 3, number[5], "10", "SAVE");
	check_table("\nspi:mss:", "word", &mss);
	assert_true(OFL_CTL_SAVE + 10 <= OFL_CTL_WORDS);

	add_row(&spi2, 3, number[0], "4", "CS");
	add_row(&spi2, 3, number[4], "1", "BASE");
	add_row(&spi2, 3, number[5], "6", "SAVE");
	check_table("\nspi:stm32-spi2:", "word", &spi2);
	assert_true(OFL_CTL_SAVE + 6 <= OFL_CTL_WORDS);

	add_row(&pl022, 3, number[0], "4", "CS");
	add_row(&pl022, 3, number[4], "1", "BASE");
	add_row(&pl022, 3, number[5], "5", "SAVE");
	check_table("\nspi:pl022:", "word", &pl022);
}

/* A line of the work area's table, with its figure. */
static void check_area(const char *part, const char *text)
{
	char line[160], found[200];
	const char *at = strstr(document, "\nThe work area\n");

	assert_non_null(at);
	snprintf(line, sizeof(line), "\n  %s ", part);
	at = strstr(at, line);
	assert_non_null(at);
	snprintf(found, sizeof(found), "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
	if (!strstr(found, text))
		fail_msg("doc/abi.txt: '%s' does not say '%s'", found, text);
}

static void test_work_area(void **state)
{
	char text[80];
	(void)state;

	snprintf(text, sizeof(text), "%u, and %u for", OFL_STACK_BUDGET_BYTES, OFL_FAULT_FRAME_BYTES);
	check_area("stack", text);
	snprintf(text, sizeof(text), "0x%zx", sizeof(struct ofl_params));
	check_area("params", text);
	snprintf(text, sizeof(text), "the rest, %u at least", OFL_MIN_RING_BYTES);
	check_area("ring", text);
	assert_int_equal(OFL_MIN_RING_BYTES, 4 * (OFL_CRC_TABLE_WORDS + 1));
}

/* Who changes the header without counting the version up has a test that fails until the page says the new one. */
static void test_version(void **state)
{
	char text[80];
	(void)state;

	snprintf(text, sizeof(text), "\nVersion %d.%d, word 0x%08x.\n", OFL_ABI_MAJOR, OFL_ABI_MINOR,
		(unsigned int)OFL_ABI_WORD);
	assert_non_null(strstr(document, text));
	assert_int_equal(OFL_ABI_WORD, 0x0f100000 | OFL_ABI_MAJOR << 8 | OFL_ABI_MINOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_slot_and_entry),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_controllers),
		cmocka_unit_test(test_work_area),
		cmocka_unit_test(test_version),
	};

	return cmocka_run_group_tests(tests, read_document, free_document);
}
