// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The test loaders themselves, on their boards, without OpenOCD: that the good ones are good, whatever the state of the
 * board, and that each twin does what it is there for. Argument, or LOADERS_DIR of the environment: where they are.
 */

#include "loader_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#define F030	"stm32f030-w25q128"
#define G070	"stm32g070-w25q64"
#define F4	"stm32f4-mx25"
#define F746	"stm32f746g-disco"

#define ANYWHERE	0x20000204u
#define MAX_PROGRAM	2048u
#define MAX_SECTORS	6

#define INTERNAL_BASE	0x08000000u
#define INTERNAL_BYTES	0x200000u

enum format {
	FORMAT_FLM,
	FORMAT_OPEN,
	FORMAT_SEGGER,
	FORMAT_STLDR,
};

enum operation {
	OPERATION_ERASE = 1,
	OPERATION_PROGRAM,
	OPERATION_VERIFY,
};

struct sector {
	uint32_t offset;
	uint32_t bytes;
};

struct loader_case {
	const char *file;
	const char *board;
	enum format format;
	uint32_t address;
	uint32_t base;
	uint32_t page_bytes;
	struct sector sector[MAX_SECTORS];	/* not the first, not the last; bytes 0: no more */
};

#define SECTORS_F030	{ { 0x3000, 0x1000 }, { 0xfe0000, 0x1000 } }
#define SECTORS_G070	{ { 0x10000, 0x10000 }, { 0x7e0000, 0x10000 } }
#define SECTORS_F4	{ { 0x3000, 0x1000 }, { 0x20000, 0x10000 } }
/* One of each size in both banks. */
#define SECTORS_INTERNAL { \
	{ 0x008000, 0x4000 }, { 0x010000, 0x10000 }, { 0x0e0000, 0x20000 }, \
	{ 0x100000, 0x4000 }, { 0x110000, 0x10000 }, { 0x1c0000, 0x20000 } }

static const struct loader_case good[] = {
	{ "spinor-f030.flm", F030, FORMAT_FLM, ANYWHERE, 0x90000000, 256, SECTORS_F030 },
	{ "spinor-f030-page-192.flm", F030, FORMAT_FLM, ANYWHERE, 0x90000000, 192, SECTORS_F030 },
	{ "spinor-f030-strict-page.flm", F030, FORMAT_FLM, ANYWHERE, 0x90000000, 256, SECTORS_F030 },
	{ "spinor-f030-need-init.flm", F030, FORMAT_FLM, ANYWHERE, 0x90000000, 256, SECTORS_F030 },
	{ "spinor-f4.flm", F4, FORMAT_FLM, ANYWHERE, 0x90000000, 2048, SECTORS_F4 },
	{ "spinor-f4-fpu.flm", F4, FORMAT_FLM, ANYWHERE, 0x90000000, 256, SECTORS_F4 },
	{ "internal-f4.flm", F4, FORMAT_FLM, ANYWHERE, INTERNAL_BASE, 1024, SECTORS_INTERNAL },
	{ "ofl-f4-full.elf", F4, FORMAT_OPEN, RIG_AS_LINKED, 0x90000000, 2048, SECTORS_F4 },
	{ "ofl-f4-min.elf", F4, FORMAT_OPEN, ANYWHERE, 0x90000000, 256, SECTORS_F4 },
	{ "ofl-f4-moved.elf", F4, FORMAT_OPEN, RIG_AS_LINKED, 0x90000000, 2048, SECTORS_F4 },
	{ "ofl-f4-moved.elf", F4, FORMAT_OPEN, ANYWHERE, 0x90000000, 2048, SECTORS_F4 },
	{ "ofl-f4-far.elf", F4, FORMAT_OPEN, ANYWHERE, 0x90000000, 2048, SECTORS_F4 },
	{ "sfl-f4.elf", F4, FORMAT_SEGGER, ANYWHERE, 0x90000000, 2048, SECTORS_F4 },
	{ "sfl-f4-min.elf", F4, FORMAT_SEGGER, ANYWHERE, 0x90000000, 2048, SECTORS_F4 },
	{ "spinor-g070.stldr", G070, FORMAT_STLDR, RIG_AS_LINKED, 0x90000000, 2000, SECTORS_G070 },
	{ "spinor-f4.stldr", F4, FORMAT_STLDR, RIG_AS_LINKED, 0x90000000, 2000, SECTORS_F4 },
	{ "quadspi-f746.stldr", F746, FORMAT_STLDR, RIG_AS_LINKED, 0x90000000, 2000, SECTORS_G070 },
	{ "spinor-g070-need-init.stldr", G070, FORMAT_STLDR, RIG_AS_LINKED, 0x90000000, 2000, SECTORS_G070 },
};

/* Functions of the formats; NULL: none. */
static const struct {
	const char *open, *close, *erase, *erase_chip, *program, *read, *verify, *blank, *crc;
} names[] = {
	[FORMAT_FLM] = { "Init", "UnInit", "EraseSector", "EraseChip", "ProgramPage", NULL, "Verify", "BlankCheck", NULL },
	[FORMAT_OPEN] = { "Init", "UnInit", "EraseSector", "EraseChip", "ProgramPage", "SEGGER_OPEN_Read", "Verify",
		"BlankCheck", "SEGGER_OPEN_CalcCRC" },
	[FORMAT_SEGGER] = { "SEGGER_FL_Prepare", "SEGGER_FL_Restore", "SEGGER_FL_Erase", "SEGGER_FL_EraseChip",
		"SEGGER_FL_Program", "SEGGER_FL_Read", "SEGGER_FL_Verify", "SEGGER_FL_CheckBlank", "SEGGER_FL_CalcCRC" },
	[FORMAT_STLDR] = { "Init", NULL, "SectorErase", "MassErase", "Write", "Read", "Verify", NULL, NULL },
};

static struct rig rig;
static uint8_t *expected;

static int end_test(void **state)
{
	(void)state;
	rig_close(&rig);
	free(expected);
	expected = NULL;
	return 0;
}

static bool is_internal(const struct loader_case *of)
{
	return of->base == INTERNAL_BASE;
}

static uint8_t *content_of(const struct loader_case *of)
{
	return is_internal(of) ? bus_ram_pointer(&rig.board->bus, INTERNAL_BASE, INTERNAL_BYTES) :
		nor_content(rig.board->nor);
}

static uint32_t size_of(const struct loader_case *of)
{
	return is_internal(of) ? INTERNAL_BYTES : (uint32_t)nor_size(rig.board->nor);
}

static uint32_t success(enum format format)
{
	return format == FORMAT_STLDR;
}

static bool has(const char *name)
{
	return name && rig_has(&rig, name);
}

static void open_for(const struct loader_case *of, enum operation operation)
{
	assert_int_equal(rig_call(&rig, names[of->format].open, of->base, 0, operation, 0), success(of->format));
}

static void close_after(const struct loader_case *of, enum operation operation)
{
	if (names[of->format].close)
		assert_int_equal(rig_call(&rig, names[of->format].close, operation, 0, 0, 0), 0);
}

static void erase(const struct loader_case *of, const struct sector *sector)
{
	uint32_t address = of->base + sector->offset;
	bool one_by_one = of->format == FORMAT_FLM || !rig_has(&rig, "SEGGER_OPEN_Erase");
	const char *name = of->format == FORMAT_OPEN && !one_by_one ? "SEGGER_OPEN_Erase" : names[of->format].erase;

	open_for(of, OPERATION_ERASE);
	if (of->format == FORMAT_SEGGER || (of->format == FORMAT_OPEN && !one_by_one))
		assert_int_equal(rig_call(&rig, name, address, 0, 1, 0), 0);
	else
		assert_int_equal(rig_call(&rig, name, address, address, 0, 0), success(of->format));
	close_after(of, OPERATION_ERASE);
}

static void program(const struct loader_case *of, uint32_t offset, const uint8_t *data, uint32_t length)
{
	bool open = of->format == FORMAT_OPEN && rig_has(&rig, "SEGGER_OPEN_Program");
	const char *name = open ? "SEGGER_OPEN_Program" : names[of->format].program;

	open_for(of, OPERATION_PROGRAM);
	for (uint32_t at = 0; at < length; at += of->page_bytes) {
		uint32_t here = length - at < of->page_bytes ? length - at : of->page_bytes;
		rig_write(&rig, data + at, here);
		assert_int_equal(rig_call(&rig, name, of->base + offset + at, here, RIG_BUFFER, 0), success(of->format));
	}
	close_after(of, OPERATION_PROGRAM);
}

/* Result of the loader's own comparison with the buffer's first `length` bytes. */
static bool verify(const struct loader_case *of, uint32_t offset, uint32_t length, uint32_t wrong_at)
{
	uint32_t address = of->base + offset;

	open_for(of, OPERATION_VERIFY);
	if (of->format == FORMAT_STLDR)
		rig_call(&rig, "Verify", address, RIG_BUFFER, length / 4, 0);
	else
		rig_call(&rig, names[of->format].verify, address, length, RIG_BUFFER, 0);
	uint32_t result = rig.result;
	close_after(of, OPERATION_VERIFY);
	if (of->format == FORMAT_STLDR ? result == 0 : result == address + length)
		return true;
	assert_int_equal(result, address + wrong_at);
	return false;
}

static uint32_t crc32_raw(const uint8_t *data, uint32_t length)
{
	uint32_t crc = 0xffffffff;

	while (length--) {
		crc ^= *data++;
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return crc;
}

static void fill_random(uint8_t *bytes, uint32_t length, uint64_t seed)
{
	while (length--)
		*bytes++ = (uint8_t)vb_random(&seed);
}

static bool is_blank(const uint8_t *bytes, uint32_t length)
{
	while (length--) {
		if (*bytes++ != 0xff)
			return false;
	}
	return true;
}

static void check_read(const struct loader_case *of, const uint8_t *content, uint32_t offset, uint32_t length)
{
	uint8_t *buffer = rig_buffer(&rig);

	open_for(of, OPERATION_VERIFY);
	memset(buffer, 0, length);
	uint32_t result = rig_call(&rig, names[of->format].read, of->base + offset, length, RIG_BUFFER, 0);
	assert_int_equal(result, of->format == FORMAT_STLDR ? 1 : length);
	assert_memory_equal(buffer, content + offset, length);
	close_after(of, OPERATION_VERIFY);
}

static void check_verify(const struct loader_case *of, const uint8_t *content, uint32_t offset)
{
	uint32_t length = of->page_bytes < 1024 ? of->page_bytes : 1024;
	uint8_t copy[1024];

	memcpy(copy, content + offset, length);
	rig_write(&rig, copy, length);
	assert_true(verify(of, offset, length, 0));
	copy[length - 3] ^= 0x10;
	rig_write(&rig, copy, length);
	assert_false(verify(of, offset, length, length - 3));
}

static void check_others(const struct loader_case *of, const uint8_t *content, uint32_t offset)
{
	if (has(names[of->format].read))
		check_read(of, content, offset + 5, 1999);
	if (has(names[of->format].verify))
		check_verify(of, content, offset);
	if (has(names[of->format].blank)) {
		open_for(of, OPERATION_VERIFY);
		assert_int_equal(rig_call(&rig, names[of->format].blank, of->base + offset, 256, 0xff, 0), 1);
		assert_int_equal(rig_call(&rig, names[of->format].blank, of->base + offset + MAX_PROGRAM, 256, 0xff, 0), 0);
		close_after(of, OPERATION_VERIFY);
	}
	if (has(names[of->format].crc)) {
		open_for(of, OPERATION_VERIFY);
		assert_int_equal(rig_call(&rig, names[of->format].crc, 0xffffffff, of->base + offset, 1001, 0xedb88320),
			crc32_raw(content + offset, 1001));
		close_after(of, OPERATION_VERIFY);
	}
	if (of->format == FORMAT_STLDR && !has("Read")) {
		open_for(of, OPERATION_VERIFY);
		for (uint32_t n = 0; n < 64; n++) {
			uint32_t word;
			memcpy(&word, content + offset + 4 * n, sizeof(word));
			assert_int_equal(rig_peek(&rig, of->base + offset + 4 * n), word);
		}
	}
	if (has("CheckSum")) {
		uint32_t sum = 7;
		for (uint32_t n = 0; n < 777; n++)
			sum += content[offset + n];
		open_for(of, OPERATION_VERIFY);
		assert_int_equal(rig_call(&rig, "CheckSum", of->base + offset, 777, 7, 0), sum);
	}
}

/* Erase, program, compare; nothing else has changed. */
static void check_sectors(const struct loader_case *of, uint8_t *content, uint32_t size)
{
	uint8_t data[MAX_PROGRAM];

	expected = malloc(size);
	assert_non_null(expected);
	for (unsigned int n = 0; n < MAX_SECTORS && of->sector[n].bytes; n++) {
		const struct sector *sector = &of->sector[n];
		fill_random(content + sector->offset - 64, sector->bytes + 128, n + 1);
		memcpy(expected, content, size);
		memset(expected + sector->offset, 0xff, sector->bytes);
		erase(of, sector);
		assert_memory_equal(content, expected, size);
		/* A whole number of pages, of whatever length, as the host guarantees. */
		uint32_t length = MAX_PROGRAM - MAX_PROGRAM % (of->page_bytes < 512 ? of->page_bytes : 1);
		fill_random(data, length, n + 100);
		memcpy(expected + sector->offset, data, length);
		program(of, sector->offset, data, length);
		assert_memory_equal(content, expected, size);
		check_others(of, content, sector->offset);
		assert_memory_equal(content, expected, size);
	}
}

static void test_good(const struct loader_case *of, bool configured)
{
	rig_open(&rig, of->board, of->file, of->address, configured);
	uint8_t *content = content_of(of);
	uint32_t size = size_of(of);
	check_sectors(of, content, size);
	if (has(names[of->format].erase_chip)) {
		content[size - 1] = 0;
		open_for(of, OPERATION_ERASE);
		assert_int_equal(rig_call(&rig, names[of->format].erase_chip, 0, 0, 0, 0), success(of->format));
		close_after(of, OPERATION_ERASE);
		assert_true(is_blank(content, size));
	}
	rig_assert_clean(&rig);
}

static void test_good_configured(void **state)
{
	test_good(*state, true);
}

static void test_good_after_reset(void **state)
{
	test_good(*state, false);
}

/* A host that leaves out what it has to load or clear must not succeed by chance. */
static void test_bad_hosts(void **state)
{
	static const struct {
		const char *file, *board;
		enum format format;
		uint32_t address;
		const char *section;
		bool zeros;
	} cases[] = {
		{ "spinor-g070.stldr", G070, FORMAT_STLDR, RIG_AS_LINKED, ".rodata", false },
		{ "spinor-g070.stldr", G070, FORMAT_STLDR, RIG_AS_LINKED, ".data", false },
		{ "spinor-g070.stldr", G070, FORMAT_STLDR, RIG_AS_LINKED, ".bss", true },
		{ "spinor-f4.stldr", F4, FORMAT_STLDR, RIG_AS_LINKED, ".bss", true },
		{ "spinor-f030.flm", F030, FORMAT_FLM, ANYWHERE, "PrgData", false },
		{ "spinor-f030.flm", F030, FORMAT_FLM, ANYWHERE, "PrgData", true },
		{ "ofl-f4-min.elf", F4, FORMAT_OPEN, ANYWHERE, ".rodata", false },
	};
	uint8_t data[16];
	(void)state;

	fill_random(data, sizeof(data), 3);
	for (unsigned int n = 0; n < COUNT(cases); n++) {
		rig_open(&rig, cases[n].board, cases[n].file, cases[n].address, true);
		rig_spoil(&rig, cases[n].section, cases[n].zeros);
		rig_write(&rig, data, sizeof(data));
		const uint32_t init[4] = { 0x90000000, 0, OPERATION_PROGRAM };
		const uint32_t write[4] = { 0x90012340, sizeof(data), RIG_BUFFER };
		bool good_calls = rig_try(&rig, "Init", init, 1000) == RIG_RETURNED && rig.result == success(cases[n].format) &&
			rig_try(&rig, names[cases[n].format].program, write, 1000) == RIG_RETURNED &&
			rig.result == success(cases[n].format);
		assert_false(good_calls && !memcmp(nor_content(rig.board->nor) + 0x12340, data, sizeof(data)));
	}
}

/* What is not there: mandatory functions only. */
static void test_minimal(void **state)
{
	static const char *const optional[] = { "EraseChip", "BlankCheck", "Verify", "SEGGER_OPEN_Program",
		"SEGGER_OPEN_Erase", "SEGGER_OPEN_CalcCRC", "SEGGER_FL_EraseChip", "SEGGER_FL_Verify", "SEGGER_FL_CheckBlank",
		"SEGGER_FL_CalcCRC", "SEGGER_FL_GetFlashInfo" };
	(void)state;

	rig_open(&rig, F4, "ofl-f4-min.elf", ANYWHERE, true);
	for (unsigned int n = 0; n < COUNT(optional); n++)
		assert_false(rig_has(&rig, optional[n]));
	rig_open(&rig, F4, "sfl-f4-min.elf", ANYWHERE, true);
	for (unsigned int n = 0; n < COUNT(optional); n++)
		assert_false(rig_has(&rig, optional[n]));
	rig_open(&rig, F4, "ofl-f4-full.elf", RIG_AS_LINKED, true);
	for (unsigned int n = 0; n < 6; n++)
		assert_true(rig_has(&rig, optional[n]));
}

static uint32_t word_at(const uint8_t *bytes, uint32_t offset)
{
	uint32_t word;

	memcpy(&word, bytes + offset, 4);
	return word;
}

/* The sectors of a descriptor add up to the chip; offsets of the fields as the formats' documents have them. */
static void test_descriptors(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < COUNT(good); n++) {
		rig_open(&rig, good[n].board, good[n].file, good[n].address, true);
		uint64_t size = size_of(&good[n]);
		uint64_t sum = 0;
		if (good[n].format == FORMAT_STLDR) {
			const uint8_t *info = rig_object(&rig, "StorageInfo", 200);
			/* What cannot read is mapped: NOR flash, else SPI flash. */
			assert_int_equal(info[100], rig_has(&rig, "Read") ? 7 : 3);
			assert_int_equal(word_at(info, 104), good[n].base);
			assert_int_equal(word_at(info, 108), size);
			assert_int_equal(info[116], 0xff);
			for (unsigned int at = 120; at < 200 && word_at(info, at); at += 8)
				sum += (uint64_t)word_at(info, at) * word_at(info, at + 4);
			assert_int_equal(sum, size);
			continue;
		}
		const uint8_t *device = rig_object(&rig, "FlashDevice", 184);
		assert_int_equal(word_at(device, 0) & 0xffff, 0x0101);
		assert_int_equal(word_at(device, 132), good[n].base);
		assert_int_equal(word_at(device, 136), size);
		assert_int_equal(device[148], 0xff);
		unsigned int at = 160;
		while (word_at(device, at) != 0xffffffff) {
			uint32_t end = word_at(device, at + 8) == 0xffffffff ? (uint32_t)size : word_at(device, at + 12);
			assert_int_equal(word_at(device, at + 4), sum);
			assert_int_equal((end - sum) % word_at(device, at), 0);
			sum = end;
			at += 8;
		}
		assert_int_equal(word_at(device, at + 4), 0xffffffff);
		assert_int_equal(sum, size);
	}
}

/* Run-time geometry is the descriptor's. */
static void test_flash_info(void **state)
{
	static const uint32_t info[] = { 2, 0, 0x1000, 16, 0x10000, 0x10000, 255 };
	(void)state;

	rig_open(&rig, F4, "sfl-f4.elf", ANYWHERE, true);
	assert_int_equal(rig_call(&rig, "SEGGER_FL_GetFlashInfo", RIG_BUFFER, 100, 0, 0), 0);
	assert_memory_equal(rig_buffer(&rig) + 12, info, sizeof(info));
}

/* The second word is ST's byte sum, without the bytes that the fourth argument leaves out at both ends. */
static void test_stldr_verify(void **state)
{
	uint32_t sum = 0;
	(void)state;

	rig_open(&rig, G070, "spinor-g070.stldr", RIG_AS_LINKED, false);
	uint8_t *content = nor_content(rig.board->nor);
	fill_random(content, 400, 9);
	rig_write(&rig, content, 400);
	for (unsigned int n = 3; n < 398; n++)
		sum += content[n];
	assert_int_equal(rig_call(&rig, "Init", 1, 0, 0, 0), 1);
	assert_int_equal(rig_call(&rig, "Verify", 0x90000000, RIG_BUFFER, 100, 0x20003), 0);
	assert_int_equal(rig.result_high, sum);

	rig_open(&rig, F4, "spinor-f4-verify-one.stldr", RIG_AS_LINKED, false);
	content = nor_content(rig.board->nor);
	fill_random(content, 400, 10);
	rig_write(&rig, content, 400);
	assert_int_equal(rig_call(&rig, "Init", 1, 0, 0, 0), 1);
	assert_int_equal(rig_call(&rig, "Verify", 0x90000000, RIG_BUFFER, 100, 0), 1);
	content[399] ^= 1;
	assert_int_equal(rig_call(&rig, "Verify", 0x90000000, RIG_BUFFER, 100, 0), 0);
	rig_assert_clean(&rig);
}

/* From the first sector to the one that begins at the second argument. */
static void test_stldr_erases_ranges(void **state)
{
	(void)state;
	rig_open(&rig, F4, "spinor-f4.stldr", RIG_AS_LINKED, false);
	uint8_t *content = nor_content(rig.board->nor);
	memset(content, 0, 0x50000);
	assert_int_equal(rig_call(&rig, "Init", 1, 0, 0, 0), 1);
	assert_int_equal(rig_call(&rig, "SectorErase", 0x9000e000, 0x90020000, 0, 0), 1);
	assert_int_equal(content[0xdfff], 0);
	assert_true(is_blank(content + 0xe000, 0x22000));
	assert_int_equal(content[0x30000], 0);
	rig_assert_clean(&rig);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_teardown(test_bad_hosts, end_test),
	cmocka_unit_test_teardown(test_minimal, end_test),
	cmocka_unit_test_teardown(test_descriptors, end_test),
	cmocka_unit_test_teardown(test_flash_info, end_test),
	cmocka_unit_test_teardown(test_stldr_verify, end_test),
	cmocka_unit_test_teardown(test_stldr_erases_ranges, end_test),
};

int main(int argc, char **argv)
{
	static char name[2 * COUNT(good)][80];
	static struct loader_case cases[COUNT(good)];
	static struct CMUnitTest table[2 * COUNT(good)];

	rig_set_directory(argc, argv);
	for (unsigned int n = 0; n < COUNT(table); n++) {
		bool configured = n % 2;
		cases[n / 2] = good[n / 2];
		snprintf(name[n], sizeof(name[n]), "%s at %s, %s", good[n / 2].file,
			good[n / 2].address == RIG_AS_LINKED ? "its own address" : "another address",
			configured ? "board configured" : "board after reset");
		table[n] = (struct CMUnitTest) { .name = name[n], .teardown_func = end_test, .initial_state = &cases[n / 2],
			.test_func = configured ? test_good_configured : test_good_after_reset };
	}
	int failed = _cmocka_run_group_tests("loaders", table, COUNT(table), NULL, NULL);
	return failed + cmocka_run_group_tests_name("loaders, details", tests, NULL, NULL);
}
