// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What the stub finds of a QUADSPI and leaves: whatever mode the application has it in, the mapped range reads as
 * before where it did, and no command is sent that nobody asked for. stub_end() compares the registers after each run.
 * Sections: RM0385 rev 8.
 */

#include <string.h>

#include "stub_rig.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#define CR		0x00
#define DCR		0x04
#define SR		0x08
#define FCR		0x0c
#define DLR		0x10
#define CCR		0x14
#define AR		0x18
#define DR		0x20
#define PSMKR		0x24
#define PSMAR		0x28
#define PIR		0x2c

#define CR_EN		0x00000001u
#define CR_ABORT	0x00000002u
#define CR_TCEN		0x00000008u
#define CR_INTERRUPTS	0x001f0000u
#define CR_48MHZ	0x03000000u
#define SR_TCF		0x02u
#define SR_BUSY		0x20u

#define MAPPED_READ	0x0d002503u
#define MAPPED_FAST	0x0d20250bu	/* with 8 dummy clocks */
#define MAPPED_4_LINES	0x0f20256bu	/* 1-1-4 */
#define POLL_STATUS	0x09000105u
#define WRITE_ENABLE	0x00000106u
#define READ_STATUS	0x05000105u
#define READ_DATA	0x05002503u
#define PROGRAM		0x01002502u
#define ERASE		0x00002520u

#define MAPPED		0x90000000u

static uint32_t base(const struct stub_rig *rig)
{
	return rig->board->wiring.quadspi_base;
}

static void end_all(struct stub_rig *rig)
{
	stub_put(rig, base(rig) + CR, stub_get(rig, base(rig) + CR) | CR_ABORT);
	rig->vb.clock.now_ps += VB_PS_PER_US;
	assert_int_equal(stub_get(rig, base(rig) + SR) & SR_BUSY, 0);
}

/* As a driver of the application would; everything is done with when it returns, but for a mapped mode. */
static void leave(struct stub_rig *rig, uint32_t cr, uint32_t dcr, uint32_t ccr)
{
	end_all(rig);
	stub_put(rig, base(rig) + CR, cr | CR_EN);
	stub_put(rig, base(rig) + DCR, dcr);
	stub_put(rig, base(rig) + DLR, 1);
	stub_put(rig, base(rig) + CCR, ccr);
	if (ccr == READ_DATA)
		stub_put(rig, base(rig) + AR, 0x102);
	rig->vb.clock.now_ps += 100 * VB_PS_PER_US;
	if ((ccr >> 26 & 3) == 1) {
		stub_get(rig, base(rig) + DR);
		stub_put(rig, base(rig) + FCR, SR_TCF);
	}
	stub_put(rig, base(rig) + CR, cr);
}

static void use(struct stub_rig *rig)
{
	static uint8_t data[300], back[300];
	uint8_t id[3];

	stub_transfer(rig, OFL_COMMAND(0x9f, 0, 0), 0, id, 3);
	assert_int_equal(id[0] << 16 | id[1] << 8 | id[2], rig->kind->jedec_id);
	memset(nor_content(rig->board->nor) + 0x4000, 0xff, 2 * sizeof(data));
	stub_fill_random(data, sizeof(data), 7);
	assert_int_equal(stub_program(rig, 0x4001, data, sizeof(data), &stub_host_fast), OFL_STATUS_OK);
	assert_int_equal(stub_read(rig, 0x4001, back, sizeof(back), 100, &stub_host_fast), OFL_STATUS_OK);
	assert_memory_equal(back, data, sizeof(data));
}

static uint32_t mapped_word(struct stub_rig *rig, uint32_t offset)
{
	uint32_t value = stub_get(rig, MAPPED + offset);
	/* What the controller reads ahead of it */
	rig->vb.clock.now_ps += 10 * VB_PS_PER_US;
	return value;
}

static void test_mapped(struct stub_rig *rig)
{
	static const struct {
		uint32_t cr, dcr, ccr;
	} settings[] = {
		{ CR_48MHZ | CR_EN, 0x00170100, MAPPED_READ },
		{ CR_48MHZ | CR_EN | CR_TCEN, 0x00170000, MAPPED_FAST },
		{ 0x05000f00 | CR_EN | CR_INTERRUPTS, 0x00170701, MAPPED_4_LINES },
		/* Less than the chip has: the application's business, but the whole chip must be reached. */
		{ CR_48MHZ | CR_EN, 0x000a0100, MAPPED_READ },
	};

	for (unsigned int n = 0; n < COUNT(settings); n++) {
		stub_open_usual(rig, NULL, NULL);
		uint8_t *content = nor_content(rig->board->nor);
		stub_fill_random(content, 0x800, n);
		leave(rig, settings[n].cr, settings[n].dcr, settings[n].ccr);
		uint32_t word;
		for (unsigned int round = 0; round < 2; round++) {
			/* Entered, not used yet; then reading ahead when the stub starts. */
			if (round) {
				memcpy(&word, content + 0x123 + 1, 4);
				assert_int_equal(mapped_word(rig, 0x124), word);
				assert_int_equal(stub_get(rig, base(rig) + SR) & SR_BUSY, SR_BUSY);
			}
			use(rig);
			assert_int_equal(stub_get(rig, base(rig) + CCR), settings[n].ccr);
			assert_int_equal(stub_get(rig, base(rig) + CR), settings[n].cr);
			assert_int_equal(stub_get(rig, base(rig) + DCR), settings[n].dcr);
		}
		memcpy(&word, content + 0x200, 4);
		assert_int_equal(mapped_word(rig, 0x200), word);
		stub_assert_clean(rig);
	}
}

/* Off, and as commands leave it, with an address or without: none of them may be sent once more. */
static void test_indirect(struct stub_rig *rig)
{
	static const struct {
		uint32_t ccr;
		bool restored;
	} settings[] = {
		{ WRITE_ENABLE, false }, { READ_STATUS, false }, { READ_DATA, true }, { PROGRAM, true }, { ERASE, true },
	};

	for (unsigned int n = 0; n < COUNT(settings); n++) {
		for (unsigned int on = 0; on < 2; on++) {
			stub_open_usual(rig, NULL, NULL);
			leave(rig, CR_48MHZ | CR_EN * on, 0x00170100, settings[n].ccr);
			uint64_t clocks = rig->vb.count.spi_clocks;
			stub_params(rig, OFL_OP_XFER);
			rig->params.command = OFL_COMMAND(0x9f, 0, 0);
			rig->params.unit_bytes = 3;
			rig->registers_may_change = !settings[n].restored;
			assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
			rig->vb.clock.now_ps += 100 * VB_PS_PER_US;
			/* The id and nothing else. */
			assert_int_equal(rig->vb.count.spi_clocks - clocks, 32);
			assert_int_equal(stub_get(rig, base(rig) + SR) & (SR_BUSY | 0x3f00), 0);
			assert_int_equal(stub_get(rig, base(rig) + CR), CR_48MHZ | CR_EN * on);
			assert_int_equal(stub_get(rig, base(rig) + CCR) == settings[n].ccr, settings[n].restored);
			stub_assert_clean(rig);
		}
	}
}

/* An application that was halted while the controller waits for the flash by itself. */
static void test_polling(struct stub_rig *rig)
{
	stub_open_usual(rig, NULL, NULL);
	end_all(rig);
	stub_put(rig, base(rig) + PSMKR, 0x80);
	stub_put(rig, base(rig) + PSMAR, 0x80);
	stub_put(rig, base(rig) + PIR, 16);
	stub_put(rig, base(rig) + DLR, 0);
	stub_put(rig, base(rig) + CCR, POLL_STATUS);
	rig->vb.clock.now_ps += 10 * VB_PS_PER_US;
	assert_int_equal(stub_get(rig, base(rig) + SR) & SR_BUSY, SR_BUSY);
	rig->registers_may_change = true;
	use(rig);
	assert_int_equal(stub_get(rig, base(rig) + PSMKR), 0x80);
	stub_assert_clean(rig);
}

static void test_after_failure(struct stub_rig *rig)
{
	uint8_t data[256] = { 0 };
	uint32_t word;

	stub_open_usual(rig, NULL, "nor.stuck-busy@program=1");
	leave(rig, CR_48MHZ | CR_EN, 0x00170100, MAPPED_FAST);
	stub_params(rig, OFL_OP_PROGRAM);
	rig->params.max_polls = 100;
	assert_int_equal(stub_program(rig, 0, data, sizeof(data), &stub_host_fast), OFL_STATUS_BUSY);
	assert_int_equal(stub_get(rig, base(rig) + CCR), MAPPED_FAST);
	stub_assert_clean(rig);

	/* More dummy bytes than the register's field can count are refused before anything is sent. */
	stub_open_usual(rig, NULL, NULL);
	stub_fill_random(nor_content(rig->board->nor), 64, 1);
	uint64_t clocks = rig->vb.count.spi_clocks;
	stub_params(rig, OFL_OP_XFER);
	rig->params.command = OFL_COMMAND(0x0b, 3, 4);
	rig->params.unit_bytes = 3;
	assert_int_equal(stub_run(rig, 100), OFL_STATUS_BAD_OP);
	assert_int_equal(rig->params.fail_value, OFL_COMMAND(0x0b, 3, 4));
	assert_int_equal(rig->vb.count.spi_clocks, clocks);
	memcpy(&word, nor_content(rig->board->nor), 4);
	assert_int_equal(mapped_word(rig, 0), word);
	stub_assert_clean(rig);
}

/* Stopped by the debugger at any time, then told to restore; also before the stub has touched anything, and twice. */
static void test_restore(struct stub_rig *rig)
{
	static const uint32_t stopped_us[] = { 0, 1, 2, 5, 100, 5000 };
	uint32_t word, seen = 0;

	for (unsigned int n = 0; n < COUNT(stopped_us); n++) {
		stub_open_usual(rig, NULL, NULL);
		stub_fill_random(nor_content(rig->board->nor), 64 * KIB, n);
		memcpy(&word, nor_content(rig->board->nor) + 0x40, 4);
		assert_int_equal(mapped_word(rig, 0x40), word);
		stub_params(rig, OFL_OP_CRC);
		rig->params.unit_bytes = 64 * KIB;
		rig->params.count = 1;
		stub_start(rig);
		if (stopped_us[n])
			assert_false(stub_pass(rig, stopped_us[n]));
		core_debug_halt(rig->board->core);
		seen += stub_get(rig, base(rig) + CCR) != MAPPED_READ;
		for (unsigned int round = 0; round < 2; round++) {
			memcpy(&rig->params, stub_ram(rig, rig->layout.params, sizeof(rig->params)), sizeof(rig->params));
			rig->params.op = OFL_OP_RESTORE;
			rig->params.status = OFL_STATUS_RUNNING;
			assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
			assert_int_equal(stub_get(rig, base(rig) + CCR), MAPPED_READ);
		}
		assert_int_equal(mapped_word(rig, 0x40), word);
		use(rig);
		stub_assert_clean(rig);
	}
	assert_true(seen >= 2);
}

int main(void)
{
	static const struct stub_test tests[] = {
		{ .name = "mapped mode", .function = test_mapped, .only_board = "stm32f746g-disco" },
		{ .name = "indirect mode", .function = test_indirect, .only_board = "stm32f746g-disco" },
		{ .name = "automatic polling", .function = test_polling, .only_board = "stm32f746g-disco" },
		{ .name = "mapped mode after a failure", .function = test_after_failure, .only_board = "stm32f746g-disco" },
		{ .name = "mapped mode after a stop", .function = test_restore, .only_board = "stm32f746g-disco" },
	};

	return stub_run_tests(tests, COUNT(tests));
}
