// SPDX-License-Identifier: GPL-2.0-or-later

/* Every virtual board, from the bus: memories, application, wiring. Links all of vboard but main.c, link/, dap/. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../vboard/board.h"
#include "../vboard/board_app.h"

static struct vb *vb_new(void)
{
	struct vb *vb = calloc(1, sizeof(*vb));
	if (vb)
		vb->seed = 1;
	return vb;
}

static uint32_t get(struct board *board, uint32_t address, unsigned int size)
{
	uint32_t value = 0xdeadbeef;

	if (bus_read(&board->bus, address, size, &value, BUS_DEBUG))
		fail_msg("bus error at %08x", (unsigned int)address);
	return value;
}

static void put(struct board *board, uint32_t address, unsigned int size, uint32_t value)
{
	if (bus_write(&board->bus, address, size, value, BUS_DEBUG))
		fail_msg("bus error at %08x", (unsigned int)address);
}

static void drive(struct board *board, const struct board_pin *pin, bool high)
{
	put(board, high ? pin->high_address : pin->low_address, 4, high ? pin->high_value : pin->low_value);
}

static uint8_t exchange_bits(struct board *board, uint8_t out)
{
	uint8_t in = 0;

	for (unsigned int i = 0; i < 8; i++) {
		drive(board, &board->wiring.mosi, out >> (7 - i) & 1);
		drive(board, &board->wiring.sck, true);
		in = (uint8_t)(in << 1 | !!(get(board, board->wiring.miso_address, 4) & board->wiring.miso_mask));
		drive(board, &board->wiring.sck, false);
		board->vb->clock.now_ps += 100000;
	}
	return in;
}

static uint8_t exchange_frame(struct board *board, uint8_t out)
{
	uint32_t base = board->wiring.spi_base;
	/* Only the variant with FIFO has this bit, and it wants bytes */
	unsigned int size = get(board, base + 4, 2) & 0x1000 ? 1 : 2;

	put(board, base + 0x0c, size, out);
	for (unsigned int i = 0; !(get(board, base + 0x08, 2) & 1); i++) {
		assert_true(i < 1000);
		board->vb->clock.now_ps += 10000;
	}
	return (uint8_t)get(board, base + 0x0c, size);
}

static uint8_t exchange_frame_v3(struct board *board, uint8_t out)
{
	uint32_t base = board->wiring.spi_v3_base;

	put(board, base + 0x20, 1, out);
	for (unsigned int i = 0; !(get(board, base + 0x14, 4) & 1); i++) {
		assert_true(i < 1000);
		board->vb->clock.now_ps += 10000;
	}
	return (uint8_t)get(board, base + 0x30, 1);
}

/* One transfer of four frames of 8 bits: TSIZE, SPE, CSTART ... EOT, and everything off again. */
static uint32_t read_id_v3(struct board *board, const struct board_pin *cs)
{
	uint32_t base = board->wiring.spi_v3_base;
	uint32_t id = 0;

	put(board, base, 4, 0x1000);			/* SSI, before MASTER */
	put(board, base + 0x0c, 4, 0x84400000);		/* AFCNTR, SSM, MASTER */
	put(board, base + 0x04, 4, 4);
	drive(board, cs, false);
	put(board, base, 4, 0x1001);
	put(board, base, 4, 0x1201);
	exchange_frame_v3(board, 0x9f);
	for (unsigned int i = 0; i < 3; i++)
		id = id << 8 | exchange_frame_v3(board, 0);
	assert_int_equal(get(board, base + 0x14, 4) & 0x8, 0x8);	/* EOT */
	drive(board, cs, true);
	put(board, base, 4, 0x1000);
	return id;
}

static uint8_t exchange_frame_pl022(struct board *board, uint8_t out)
{
	uint32_t base = board->wiring.pl022_base;

	put(board, base + 0x08, 4, out);
	for (unsigned int i = 0; get(board, base + 0x0c, 4) & 0x10; i++) {
		assert_true(i < 1000);
		board->vb->clock.now_ps += 10000;
	}
	return (uint8_t)get(board, base + 0x08, 4);
}

static uint32_t read_id_pl022(struct board *board, const struct board_pin *cs)
{
	uint32_t id = 0;

	put(board, board->wiring.pl022_base + 0x04, 4, 2);	/* SSE */
	drive(board, cs, false);
	exchange_frame_pl022(board, 0x9f);
	for (unsigned int i = 0; i < 3; i++)
		id = id << 8 | exchange_frame_pl022(board, 0);
	drive(board, cs, true);
	put(board, board->wiring.pl022_base + 0x04, 4, 0);
	return id;
}

/* Out of the mapped mode in which reset-init leaves it, and read id with one line each way. */
static uint32_t read_id_quadspi(struct board *board)
{
	uint32_t base = board->wiring.quadspi_base;
	uint32_t id = 0;

	put(board, base, 4, get(board, base, 4) | 2);
	board->vb->clock.now_ps += VB_PS_PER_US;
	put(board, base + 0x10, 4, 2);
	put(board, base + 0x14, 4, 0x0500019f);
	for (unsigned int i = 0; i < 3; i++)
		id = id << 8 | get(board, base + 0x20, 1);
	return id;
}

/* Likewise; the instruction has a register of its own, and what writes it starts the command. */
static uint32_t read_id_octospi(struct board *board)
{
	uint32_t base = board->wiring.octospi_base;
	uint32_t id = 0;

	put(board, base + 0x40, 4, 2);
	put(board, base, 4, 0x10000001);
	put(board, base + 0x100, 4, 0x01000001);
	put(board, base + 0x110, 4, 0x9f);
	for (unsigned int i = 0; i < 3; i++)
		id = id << 8 | get(board, base + 0x50, 1);
	return id;
}

static uint32_t read_id(struct board *board, const struct board_pin *cs)
{
	if (board->wiring.octospi_base)
		return read_id_octospi(board);
	if (board->wiring.quadspi_base)
		return read_id_quadspi(board);
	if (board->wiring.spi_v3_base)
		return read_id_v3(board, cs);
	if (board->wiring.pl022_base)
		return read_id_pl022(board, cs);

	uint8_t (*exchange)(struct board *, uint8_t) = board->wiring.spi_base ? exchange_frame : exchange_bits;
	uint32_t id = 0;

	if (board->wiring.spi_base) {
		uint32_t cr1 = get(board, board->wiring.spi_base, 2);
		put(board, board->wiring.spi_base + 4, 2, 0x1700);
		put(board, board->wiring.spi_base, 2, cr1 | 0x0304);
		put(board, board->wiring.spi_base, 2, cr1 | 0x0344);
	}
	drive(board, cs, false);
	exchange(board, 0x9f);
	for (unsigned int i = 0; i < 3; i++)
		id = id << 8 | exchange(board, 0);
	drive(board, cs, true);
	if (board->wiring.spi_base) {
		uint32_t cr1 = get(board, board->wiring.spi_base, 2);
		put(board, board->wiring.spi_base, 2, cr1 & ~0x0040u);
	}
	return id;
}

static uint32_t id_of(const struct nor *nor)
{
	const uint8_t *id = nor_get_part(nor)->jedec_id;

	return (uint32_t)id[0] << 16 | (uint32_t)id[1] << 8 | id[2];
}

static void test_identify(void **state)
{
	(void)state;

	assert_true(board_num_infos >= 7);
	for (unsigned int i = 0; i < board_num_infos; i++) {
		if (board_needs_backend(i))
			continue;
		struct vb *vb = vb_new();
		struct board *board = board_new(vb, board_infos[i].name, NULL);
		assert_non_null(board);
		if (!board_infos[i].flash_part) {
			assert_null(board->nor);
			board_free(board);
			free(vb);
			continue;
		}
		assert_string_equal(nor_get_part(board->nor)->name, board_infos[i].flash_part);
		board_reset_init(board);
		assert_int_equal(read_id(board, &board->wiring.cs), id_of(board->nor));
		assert_int_equal(board->nor2 != NULL, board->wiring.cs2.high_address != 0);
		if (board->nor2) {
			assert_int_equal(read_id(board, &board->wiring.cs2), id_of(board->nor2));
			assert_int_not_equal(id_of(board->nor), id_of(board->nor2));
		}
		if (vb->num_violations)
			fail_msg("%s: %s", board_infos[i].name, vb->violation[0].what);
		board_free(board);
		free(vb);
	}
}

static void test_before_reset_init(void **state)
{
	(void)state;

	/* Out of reset they have no clock, or are held in reset: a program that forgets it reads 0 and is told */
	for (unsigned int i = 0; i < board_num_infos; i++) {
		if (board_needs_backend(i))
			continue;
		struct vb *vb = vb_new();
		struct board *board = board_new(vb, board_infos[i].name, NULL);
		assert_non_null(board);
		uint32_t gated = board->nor ? board->wiring.miso_address : 0x40020010;
		if (board->wiring.quadspi_base)
			gated = board->wiring.quadspi_base;
		if (board->wiring.pl022_base)
			gated = board->wiring.pl022_base + 0x0c;
		if (board->wiring.octospi_base)
			gated = board->wiring.octospi_base;
		assert_int_equal(get(board, gated, 4), 0);
		assert_int_equal(vb->num_violations, 1);
		assert_non_null(strstr(vb->violation[0].what,
			board->wiring.pl022_base ? "held in reset" : "clock is off"));
		board_free(board);
		free(vb);
	}
}

static void test_memories(void **state)
{
	(void)state;

	for (unsigned int i = 0; i < board_num_infos; i++) {
		if (board_needs_backend(i))
			continue;
		struct vb *vb = vb_new();
		struct board *board = board_new(vb, board_infos[i].name, NULL);
		assert_non_null(board);
		uint32_t top = board->ram_base + board->ram_bytes;
		put(board, board->ram_base, 4, 0x12345678);
		put(board, top - 4, 4, 0x9abcdef0);
		assert_int_equal(get(board, board->ram_base, 4), 0x12345678);
		assert_int_equal(get(board, top - 4, 4), 0x9abcdef0);
		uint32_t value;
		assert_int_equal(bus_read(&board->bus, top, 4, &value, BUS_DEBUG), -1);

		/* Vectors, at both places, and code behind them */
		bool boots_elsewhere = board->wiring.quadspi_base || board->wiring.octospi_base;
		uint32_t boot = boots_elsewhere ? board->core_config.vector_table : 0;
		assert_int_equal(get(board, boot, 4), top);
		assert_int_equal(get(board, BOARD_ROM_BASE, 4), top);
		uint32_t reset = get(board, boot + 4, 4);
		assert_int_equal(reset & 1, 1);
		assert_int_equal(get(board, reset & ~1u, 2), 0xb662);		/* cpsie i */
		assert_int_equal(get(board, BOARD_APP_HOSTILE, 2), 0xb662);
		assert_int_equal(get(board, BOARD_APP_HOSTILE_MASKED, 2), 0xb672);	/* cpsid i */
		for (unsigned int k = 2; k < 48; k++)
			assert_int_equal(get(board, get(board, boot + 4 * k, 4) & ~1u, 2), 0xe7fe);	/* b . */
		/* No plain store changes them: a bus error, or (STM32F4) an error of the locked flash */
		bool is_flash = bus_is_flash(&board->bus, BOARD_ROM_BASE);
		assert_int_equal(is_flash, strncmp(board_infos[i].name, "stm32f4", 7) == 0);
		assert_int_equal(vb->num_violations, 0);
		assert_int_equal(bus_write(&board->bus, BOARD_ROM_BASE, 4, 0, BUS_CPU), is_flash ? 0 : -1);
		assert_int_equal(get(board, BOARD_ROM_BASE, 4), top);
		assert_int_equal(vb->num_violations, is_flash ? 1 : 0);
		board_free(board);
		free(vb);
	}
}

static void test_options(void **state)
{
	static const uint8_t id[] = { 0x12, 0x34, 0x56 };
	const struct board_options options = { .flash_part = "w25q256", .jedec_id = id, .flash_size_bytes = 1 << 20 };
	const struct board_options wrong = { .flash_part = "no such part" };
	(void)state;

	struct vb *vb = vb_new();
	struct board *board = board_new(vb, "stm32f030-w25q128", &options);
	assert_non_null(board);
	assert_string_equal(nor_get_part(board->nor)->name, "w25q256");
	assert_int_equal(nor_size(board->nor), 1 << 20);
	board_reset_init(board);
	assert_int_equal(read_id(board, &board->wiring.cs), 0x123456);
	board_free(board);

	assert_null(board_new(vb, "no such board", NULL));
	assert_null(board_new(vb, "stm32f030-w25q128", &wrong));
	free(vb);
}

static void make_path(char *path, size_t size, const char *directory, const char *name)
{
	snprintf(path, size, "%s/%s", directory, name);
}

static void test_images(void **state)
{
	char directory[] = "ofl-board-XXXXXX";	/* in the directory where the test runs */
	char image[64], image2[64], internal[64];
	(void)state;

	assert_non_null(mkdtemp(directory));
	make_path(image, sizeof(image), directory, "chip");
	make_path(image2, sizeof(image2), directory, "chip.2");
	make_path(internal, sizeof(internal), directory, "internal");
	const struct board_options options = { .image_path = image, .internal_image_path = internal };

	/* Created at exit with what the board had; the second chip's beside the first's */
	struct vb *vb = vb_new();
	struct board *board = board_new(vb, "stm32f4-gpio", &options);
	assert_non_null(board);
	nor_content(board->nor2)[5] = 0x42;
	board_free(board);
	assert_int_equal(access(image, F_OK), 0);
	FILE *file = fopen(image2, "rb");
	assert_non_null(file);
	assert_int_equal(fseek(file, 5, SEEK_SET), 0);
	assert_int_equal(fgetc(file), 0x42);
	fclose(file);

	/* Read at the next start */
	file = fopen(internal, "r+b");
	assert_non_null(file);
	assert_int_equal(fgetc(file), 0x00);	/* top of RAM 20030000h, lowest byte */
	rewind(file);
	assert_int_equal(fputc(0x10, file), 0x10);
	fclose(file);
	board = board_new(vb, "stm32f4-gpio", &options);
	assert_non_null(board);
	assert_int_equal(get(board, 0, 4), 0x20030010);
	assert_int_equal(nor_content(board->nor2)[5], 0x42);
	board_free(board);
	free(vb);

	assert_int_equal(unlink(image), 0);
	assert_int_equal(unlink(image2), 0);
	assert_int_equal(unlink(internal), 0);
	assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identify),
		cmocka_unit_test(test_before_reset_init),
		cmocka_unit_test(test_memories),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_images),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
