// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What the stub finds of an OCTOSPI or XSPI and leaves: whatever mode the application has it in, the mapped range
 * reads as before where it did, and no command is sent that nobody asked for; commands on four lines; CRC of the
 * mapped range. stub_end() compares the registers after each run. Titles: RM0456, section 28.
 */

#include <string.h>

#include "../../src/flash/nor/ofl_crc.h"
#include "stub_rig.h"

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#define CR		0x000
#define DCR1		0x008
#define SR		0x020
#define FCR		0x024
#define DLR		0x040
#define AR		0x048
#define DR		0x050
#define PSMKR		0x080
#define PSMAR		0x088
#define PIR		0x090
#define CCR		0x100
#define TCR		0x108
#define IR		0x110

#define CR_EN		0x00000001u
#define CR_ABORT	0x00000002u
#define CR_TCEN		0x00000008u
#define CR_INTERRUPTS	0x001f0000u
#define CR_READ		0x10000000u
#define CR_POLL		0x20000000u
#define CR_MAPPED	0x30000000u
#define SR_TCF		0x02u
#define SR_BUSY		0x20u
#define SR_FLEVEL	0x7f00u

#define OPCODE		0x00000001u	/* CCR: an instruction on one line, and nothing else */
#define OPCODE_DATA	0x01000001u
#define OPCODE_ADDRESS	0x00002101u
#define ALL		0x01002101u
#define ALL_4_LINES	0x03002101u	/* 1-1-4 */

#define MAPPED		0x70000000u

static uint32_t base(const struct stub_rig *rig)
{
	return rig->board->wiring.octospi_base;
}

static void end_all(struct stub_rig *rig)
{
	stub_put(rig, base(rig) + CR, stub_get(rig, base(rig) + CR) | CR_ABORT);
	rig->vb.clock.now_ps += VB_PS_PER_US;
	assert_int_equal(stub_get(rig, base(rig) + SR) & SR_BUSY, 0);
	stub_put(rig, base(rig) + FCR, 0x1b);
}

struct state {
	uint32_t cr, dcr1, ccr, tcr, ir;
};

/* As a driver of the application would; everything is done with when it returns, but for a mapped mode. */
static void leave(struct stub_rig *rig, const struct state *state)
{
	end_all(rig);
	stub_put(rig, base(rig) + CR, state->cr | CR_EN);
	stub_put(rig, base(rig) + DCR1, state->dcr1);
	stub_put(rig, base(rig) + DLR, 1);
	stub_put(rig, base(rig) + CCR, state->ccr);
	stub_put(rig, base(rig) + TCR, state->tcr);
	stub_put(rig, base(rig) + IR, state->ir);
	if ((state->cr & CR_MAPPED) == CR_READ && state->ccr == ALL)
		stub_put(rig, base(rig) + AR, 0x102);
	rig->vb.clock.now_ps += 100 * VB_PS_PER_US;
	if ((state->cr & CR_MAPPED) == CR_READ) {
		uint32_t half;
		assert_int_equal(bus_read(&rig->board->bus, base(rig) + DR, 2, &half, BUS_DEBUG), 0);
	}
	if ((state->cr & CR_MAPPED) != CR_MAPPED)
		stub_put(rig, base(rig) + FCR, SR_TCF);
	stub_put(rig, base(rig) + CR, state->cr);
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

static void set_quad_enable(struct stub_rig *rig)
{
	uint8_t registers[2] = { 0, 2 };

	stub_transfer(rig, OFL_COMMAND(0x06, 0, 0), 0, NULL, 0);
	stub_transfer(rig, OFL_COMMAND(0x01, 0, 0) | OFL_COMMAND_DATA_OUT, 0, registers, 2);
	stub_pass(rig, 100000);
}

static void test_mapped(struct stub_rig *rig)
{
	static const struct state states[] = {
		{ CR_MAPPED | CR_EN, 0x00160100, ALL, 0, 0x03 },
		{ CR_MAPPED | CR_EN | CR_TCEN, 0x00160000, ALL, 8, 0x0b },
		{ CR_MAPPED | 0x00000f00 | CR_EN | CR_INTERRUPTS, 0x00160701, ALL_4_LINES, 8, 0x6b },
		/* Less than the chip has: the application's business, but the whole chip must be reached. */
		{ CR_MAPPED | CR_EN, 0x000a0100, ALL, 0, 0x03 },
	};

	for (unsigned int n = 0; n < COUNT(states); n++) {
		stub_open_usual(rig, NULL, NULL);
		uint8_t *content = nor_content(rig->board->nor);
		stub_fill_random(content, 0x800, n);
		set_quad_enable(rig);
		leave(rig, &states[n]);
		uint32_t word;
		for (unsigned int round = 0; round < 2; round++) {
			/* Entered, not used yet; then reading ahead when the stub starts. */
			if (round) {
				memcpy(&word, content + 0x124, 4);
				assert_int_equal(mapped_word(rig, 0x124), word);
				assert_int_equal(stub_get(rig, base(rig) + SR) & SR_BUSY, SR_BUSY);
			}
			use(rig);
			assert_int_equal(stub_get(rig, base(rig) + CR), states[n].cr);
			assert_int_equal(stub_get(rig, base(rig) + IR), states[n].ir);
			/* What the host looks at. */
			assert_int_equal(rig->params.ctl[OFL_CTL_FOUND_CR], states[n].cr);
			assert_int_equal(rig->params.ctl[OFL_CTL_FOUND_DCR], states[n].dcr1);
			assert_int_equal(rig->params.ctl[OFL_CTL_FOUND_CCR], states[n].ccr);
			assert_int_equal(rig->params.ctl[OFL_CTL_FOUND_IR], states[n].ir);
		}
		memcpy(&word, content + 0x200, 4);
		assert_int_equal(mapped_word(rig, 0x200), word);
		stub_assert_clean(rig);
	}
}

/* Off, and as commands leave it, with an address or without: none of them may be sent once more. */
static void test_indirect(struct stub_rig *rig)
{
	static const struct state states[] = {
		{ 0, 0x00160100, OPCODE, 0, 0x06 },
		{ CR_READ, 0x00160100, OPCODE_DATA, 0, 0x05 },
		{ CR_READ, 0x00160100, ALL, 0, 0x03 },
		{ 0, 0x00160100, ALL, 0, 0x02 },
		{ 0, 0x00160100, OPCODE_ADDRESS, 0, 0x20 },
	};

	for (unsigned int n = 0; n < COUNT(states); n++) {
		for (unsigned int on = 0; on < 2; on++) {
			struct state state = states[n];
			state.cr |= CR_EN * on;
			stub_open_usual(rig, NULL, NULL);
			leave(rig, &state);
			uint64_t clocks = rig->vb.count.spi_clocks;
			stub_params(rig, OFL_OP_XFER);
			rig->params.command = OFL_COMMAND(0x9f, 0, 0);
			rig->params.unit_bytes = 3;
			assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
			rig->vb.clock.now_ps += 100 * VB_PS_PER_US;
			/* The id and nothing else. */
			assert_int_equal(rig->vb.count.spi_clocks - clocks, 32);
			assert_int_equal(stub_get(rig, base(rig) + SR) & (SR_BUSY | SR_FLEVEL), 0);
			stub_assert_clean(rig);
		}
	}
}

/* An application that was halted while the controller waits for the flash by itself. */
static void test_polling(struct stub_rig *rig)
{
	stub_open_usual(rig, NULL, NULL);
	end_all(rig);
	stub_put(rig, base(rig) + CR, CR_POLL | CR_EN);
	stub_put(rig, base(rig) + PSMKR, 0x80);
	stub_put(rig, base(rig) + PSMAR, 0x80);
	stub_put(rig, base(rig) + PIR, 16);
	stub_put(rig, base(rig) + DLR, 0);
	stub_put(rig, base(rig) + CCR, OPCODE_DATA);
	stub_put(rig, base(rig) + TCR, 0);
	stub_put(rig, base(rig) + IR, 0x05);
	rig->vb.clock.now_ps += 10 * VB_PS_PER_US;
	assert_int_equal(stub_get(rig, base(rig) + SR) & SR_BUSY, SR_BUSY);
	use(rig);
	stub_assert_clean(rig);
}

static void test_after_failure(struct stub_rig *rig)
{
	static const struct state mapped = { CR_MAPPED | CR_EN, 0x00160100, ALL, 8, 0x0b };
	uint8_t data[256] = { 0 };
	uint32_t word;

	stub_open_usual(rig, NULL, "nor.stuck-busy@program=1");
	leave(rig, &mapped);
	stub_params(rig, OFL_OP_PROGRAM);
	rig->params.max_polls = 100;
	assert_int_equal(stub_program(rig, 0, data, sizeof(data), &stub_host_fast), OFL_STATUS_BUSY);
	assert_int_equal(stub_get(rig, base(rig) + CR), mapped.cr);
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
		uint32_t cr = stub_get(rig, base(rig) + CR);
		stub_params(rig, OFL_OP_CRC);
		rig->params.unit_bytes = 64 * KIB;
		rig->params.count = 1;
		stub_start(rig);
		if (stopped_us[n])
			assert_false(stub_pass(rig, stopped_us[n]));
		core_debug_halt(rig->board->core);
		seen += stub_get(rig, base(rig) + CR) != cr;
		for (unsigned int round = 0; round < 2; round++) {
			memcpy(&rig->params, stub_ram(rig, rig->layout.params, sizeof(rig->params)), sizeof(rig->params));
			rig->params.op = OFL_OP_RESTORE;
			rig->params.status = OFL_STATUS_RUNNING;
			assert_int_equal(stub_run(rig, 100), OFL_STATUS_OK);
			assert_int_equal(stub_get(rig, base(rig) + CR), cr);
		}
		assert_int_equal(mapped_word(rig, 0x40), word);
		use(rig);
		stub_assert_clean(rig);
	}
	assert_true(seen >= 2);
}

static void crc(struct stub_rig *rig, uint32_t command, uint32_t address, uint32_t unit_bytes, uint32_t *result)
{
	uint32_t table[OFL_CRC_TABLE_WORDS];

	ofl_crc_nibble_table(table);
	stub_write(rig, rig->layout.ring, table, sizeof(table));
	stub_params(rig, OFL_OP_CRC);
	rig->params.command = command;
	rig->params.address = address;
	rig->params.unit_bytes = unit_bytes;
	rig->params.count = 2;
	assert_int_equal(stub_run(rig, 1000), OFL_STATUS_OK);
	memcpy(result, stub_ram(rig, rig->layout.ring + sizeof(table), 8), 8);
}

/*
 * The CPU reads the mapped range, and no byte by command; what the controller had read ahead before the content changed
 * is not what it finds. A program on four lines gives the same content with fewer clocks.
 */
static void test_four_lines_and_mapped(struct stub_rig *rig)
{
	static uint8_t data[512], back[512];
	uint64_t clocks[2];
	uint32_t result[2], found[2];

	stub_open_usual(rig, NULL, NULL);
	set_quad_enable(rig);
	uint8_t *content = nor_content(rig->board->nor);
	for (unsigned int four = 0; four < 2; four++) {
		uint32_t at = 0x1000 + 0x1000 * four;
		stub_fill_random(data, sizeof(data), four);
		mapped_word(rig, at);
		clocks[four] = rig->vb.count.spi_clocks;
		stub_transfer(rig, OFL_COMMAND(0x06, 0, 0), 0, NULL, 0);
		stub_transfer(rig, (four ? OFL_COMMAND(0x32, 3, 0) | OFL_COMMAND_QUAD_DATA : OFL_COMMAND(0x02, 3, 0)) |
			OFL_COMMAND_DATA_OUT, at, data, 256);
		clocks[four] = rig->vb.count.spi_clocks - clocks[four];
		stub_pass(rig, 100000);
		uint8_t status;
		stub_transfer(rig, OFL_COMMAND(0x05, 0, 0), 0, &status, 1);
		assert_int_equal(status, 0);
		assert_memory_equal(content + at, data, 256);
		stub_transfer(rig, OFL_COMMAND(0x6b, 3, 1) | OFL_COMMAND_QUAD_DATA, at, back, 256);
		assert_memory_equal(back, data, 256);
		result[0] = ofl_crc(data, 128);
		result[1] = ofl_crc(data + 128, 128);
		crc(rig, OFL_COMMAND_MAPPED, MAPPED + at, 128, found);
		assert_memory_equal(found, result, sizeof(found));
		crc(rig, OFL_COMMAND(0x03, 3, 0), at, 128, found);
		assert_memory_equal(found, result, sizeof(found));
	}
	assert_true(clocks[1] + 3 * 256 * 2 <= clocks[0]);
	stub_assert_clean(rig);
}

int main(void)
{
#define BOARD .only_board = "stm32n655-s25fl064l"
	static const struct stub_test tests[] = {
		{ .name = "mapped mode", .function = test_mapped, BOARD },
		{ .name = "indirect mode", .function = test_indirect, BOARD },
		{ .name = "automatic polling", .function = test_polling, BOARD },
		{ .name = "mapped mode after a failure", .function = test_after_failure, BOARD },
		{ .name = "mapped mode after a stop", .function = test_restore, BOARD },
		{ .name = "four lines, and CRC of the mapped range", .function = test_four_lines_and_mapped, BOARD },
	};

	return stub_run_tests(tests, COUNT(tests));
}
