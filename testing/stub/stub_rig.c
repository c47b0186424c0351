// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stub_rig.h"

#define USUAL_OFFSET	0x14u
#define USUAL_BYTES	(4 * KIB)

#define DEMCR		0xe000edfcu
#define VC_HARDERR	(1u << 10)
#define BKPT		0xbe00u

/* Registers of a controller that a run must leave as they were: CR1, CR2, CRCPR, I2SCFGR. */
static const uint32_t spi_offsets[] = { 0x00, 0x04, 0x10, 0x1c };
/* Of a QUADSPI: CR, DCR, CCR, DLR, ABR, PSMKR, PSMAR, PIR, LPTR. AR is not kept: nobody can need it. */
static const uint32_t quadspi_offsets[] = { 0x00, 0x04, 0x14, 0x10, 0x1c, 0x24, 0x28, 0x2c, 0x30 };

/* Of an OCTOSPI: CR, DCR1 to DCR4, DLR, PSMKR, PSMAR, PIR, CCR, TCR, IR, ABR, LPTR, WCCR, WIR. */
static const uint32_t octospi_offsets[] = { 0x000, 0x008, 0x00c, 0x010, 0x014, 0x040, 0x080, 0x088,
	0x090, 0x100, 0x108, 0x110, 0x120, 0x130, 0x180, 0x190 };

/* Of an STM32 SPI version 3: CR1, CR2, CFG1, CFG2, IER, CRCPOLY, UDRDR, I2SCFGR. */
static const uint32_t spi_v3_offsets[] = { 0x00, 0x04, 0x08, 0x0c, 0x10, 0x40, 0x4c, 0x50 };
/* Of a PL022: SSPCR0, SSPCR1, SSPCPSR, SSPIMSC, SSPDMACR. */
static const uint32_t pl022_offsets[] = { 0x00, 0x04, 0x10, 0x14, 0x24 };

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

#define QUADSPI_SR	0x08
#define SR_BUSY		0x20u
#define QUADSPI_CCR	0x14
#define FMODE_MAPPED	0x0c000000u
#define OCTOSPI_SR	0x020
#define OCTOSPI_MAPPED	0x30000000u	/* FMODE in CR */

static const uint8_t blob_gpio[] = {
#include "../../contrib/loaders/flash/ofl/images/gpio.inc"
};

static const uint8_t blob_stm32_spi[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-spi.inc"
};

static const uint8_t blob_stm32_qspi[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-qspi.inc"
};

static const uint8_t blob_stm32_ospi[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-ospi.inc"
};

static const uint8_t blob_stm32_spi2[] = {
#include "../../contrib/loaders/flash/ofl/images/stm32-spi2.inc"
};

static const uint8_t blob_pl022[] = {
#include "../../contrib/loaders/flash/ofl/images/pl022.inc"
};

static const uint8_t blob_foreign[] = {
#include "../../contrib/loaders/flash/ofl/images/foreign.inc"
};

static const struct {
	const char *name;
	const uint8_t *bytes;
	uint32_t length;
} blobs[] = {
	{ "stm32-spi", blob_stm32_spi, sizeof(blob_stm32_spi) },
	{ "gpio", blob_gpio, sizeof(blob_gpio) },
	{ "foreign", blob_foreign, sizeof(blob_foreign) },
	{ "stm32-qspi", blob_stm32_qspi, sizeof(blob_stm32_qspi) },
	{ "stm32-ospi", blob_stm32_ospi, sizeof(blob_stm32_ospi) },
	{ "stm32-spi2", blob_stm32_spi2, sizeof(blob_stm32_spi2) },
	{ "pl022", blob_pl022, sizeof(blob_pl022) },
};

#define NUM_BLOBS	(sizeof(blobs) / sizeof(blobs[0]))

const struct stub_board stub_boards[] = {
	{ "stm32f030-w25q128", "M0", "w25q128jv", 0xef4018, 12000000, 0x40021018, 1u << 12 },
	{ "stm32g070-w25q64", "M0+", "w25q64jv", 0xef4017, 32000000, 0x4002103c, 1u << 14 },
	{ "stm32f4-gpio", "M4", "w25q128jv", 0xef4018, 0, 0, 0 },
	{ "stm32f4-mx25", "M4", "mx25l128", 0xc22018, 21000000, 0x40023844, 1u << 12 },
	{ "test-m3-w25q128", "M3", "w25q128jv", 0xef4018, 18000000, 0x40023844, 1u << 12 },
	{ "test-m33-w25q128", "M33", "w25q128jv", 0xef4018, 16000000, 0x40023844, 1u << 12 },
	{ "stm32f746g-disco", "M7", "n25q128a", 0x20ba18, 48000000, 0x40023838, 1u << 1 },
	{ "stm32n655-s25fl064l", "M33", "s25fl064l", 0x016017, 32000000, 0x56028260, 1u << 12 },
	{ "stm32h5-w25q64", "M33", "w25q64jv", 0xef4017, 32000000, 0x44020ca4, 1u << 12 },
	{ "rp2040-spi", "M0+", "w25q32", 0xef4016, 31250000, 0x40008048, 1u << 11 },
};

const unsigned int stub_num_boards = sizeof(stub_boards) / sizeof(stub_boards[0]);

/* A probe that is quicker than any flash, and one that a page program does not have to wait for. */
const struct stub_host stub_host_fast = { .look_us = 20, .slots = UINT32_MAX };
const struct stub_host stub_host_slow = { .look_us = 3000, .slots = 1 };

/* Of all runs of the program, by blob. */
static struct {
	uint32_t bytes;
	char where[80];
} deepest[NUM_BLOBS];
static const char *current_test = "";

static unsigned int blob_of(const struct stub_rig *rig)
{
	if (rig->foreign)
		return 2;
	if (rig->board->wiring.quadspi_base)
		return 3;
	if (rig->board->wiring.octospi_base)
		return 4;
	if (rig->board->wiring.spi_v3_base)
		return 5;
	if (rig->board->wiring.pl022_base)
		return 6;
	return rig->board->wiring.spi_base ? 0 : 1;
}

uint32_t stub_get(struct stub_rig *rig, uint32_t address)
{
	uint32_t value = 0;

	if (bus_read(&rig->board->bus, address, 4, &value, BUS_DEBUG))
		fail_msg("bus error at 0x%08x", (unsigned int)address);
	return value;
}

void stub_put(struct stub_rig *rig, uint32_t address, uint32_t value)
{
	if (bus_write(&rig->board->bus, address, 4, value, BUS_DEBUG))
		fail_msg("bus error at 0x%08x", (unsigned int)address);
}

uint8_t *stub_ram(struct stub_rig *rig, uint32_t address, uint32_t length)
{
	uint8_t *bytes = bus_ram_pointer(&rig->board->bus, address, length);

	if (!bytes)
		fail_msg("no RAM at 0x%08x", (unsigned int)address);
	return bytes;
}

void stub_write(struct stub_rig *rig, uint32_t address, const void *bytes, uint32_t length)
{
	if (!length)
		return;
	memcpy(stub_ram(rig, address, length), bytes, length);
	bus_note_ram_written(&rig->board->bus, address, length);
}

void stub_open(struct stub_rig *rig, const char *part, const char *plan, uint32_t offset, uint32_t area_bytes)
{
	const struct board_options options = { .flash_part = part };
	uint32_t missing = 0;
	char error[160];

	stub_close(rig);
	memset(&rig->vb, 0, sizeof(rig->vb));
	rig->registers_may_change = false;
	rig->vb.seed = 1;
	if (plan) {
		rig->vb.fault = fault_parse(plan, error, sizeof(error));
		if (!rig->vb.fault)
			fail_msg("%s", error);
	}
	rig->board = board_new(&rig->vb, rig->kind->name, &options);
	assert_non_null(rig->board);
	core_debug_halt(rig->board->core);
	assert_true(core_is_halted(rig->board->core));
	board_reset_init(rig->board);
	/* A fault must end the test, not run into the application. */
	stub_put(rig, DEMCR, VC_HARDERR);

	rig->blob = blobs[blob_of(rig)].bytes;
	rig->blob_bytes = blobs[blob_of(rig)].length;
	rig->area_bytes = area_bytes;
	if (!ofl_layout(rig->board->ram_base + offset, area_bytes, rig->blob_bytes,
			OFL_STACK_BUDGET_BYTES + OFL_FAULT_FRAME_BYTES + rig->loader_stack_bytes, &rig->layout, &missing))
		fail_msg("the work area is %u bytes too small", (unsigned int)missing);
	stub_write(rig, rig->layout.stub, rig->blob, rig->blob_bytes);
	rig->ram_before = malloc(rig->board->ram_bytes);
	assert_non_null(rig->ram_before);
}

void stub_open_usual(struct stub_rig *rig, const char *part, const char *plan)
{
	stub_open(rig, part, plan, USUAL_OFFSET, USUAL_BYTES);
}

void stub_close(struct stub_rig *rig)
{
	board_free(rig->board);
	rig->board = NULL;
	fault_free(rig->vb.fault);
	rig->vb.fault = NULL;
	free(rig->ram_before);
	rig->ram_before = NULL;
}

static void put_pin(uint32_t *words, const struct board_pin *pin)
{
	words[OFL_PIN_HIGH_ADDRESS] = pin->high_address;
	words[OFL_PIN_HIGH_VALUE] = pin->high_value;
	words[OFL_PIN_LOW_ADDRESS] = pin->low_address;
	words[OFL_PIN_LOW_VALUE] = pin->low_value;
}

void stub_params(struct stub_rig *rig, enum ofl_op op)
{
	const struct board_wiring *wiring = &rig->board->wiring;
	struct ofl_params *params = &rig->params;

	/* Deadlines in polls and loops, far beyond what a run that goes well needs. */
	*params = (struct ofl_params) {
		.op = op,
		.status = OFL_STATUS_RUNNING,
		.ring = rig->layout.ring,
		.command = OFL_COMMAND(0x03, 3, 0),
		.max_polls = 100000000,
		.max_wait = 100000000,
		.ctl_max_wait = 20000,
		.write_enable = OFL_COMMAND(0x06, 0, 0),
		.status_command = OFL_COMMAND(0x05, 0, 0),
		.busy_mask = 0x01,
		.latch_mask = 0x02,
	};
	if (!wiring->quadspi_base && !wiring->octospi_base)
		put_pin(&params->ctl[OFL_CTL_CS], &wiring->cs);
	uint32_t base = wiring->quadspi_base + wiring->octospi_base + wiring->spi_base + wiring->spi_v3_base +
		wiring->pl022_base;
	if (base) {
		params->ctl[OFL_CTL_BASE] = base;
		return;
	}
	put_pin(&params->ctl[OFL_CTL_SCK], &wiring->sck);
	put_pin(&params->ctl[OFL_CTL_MOSI], &wiring->mosi);
	params->ctl[OFL_CTL_MISO] = wiring->miso_address;
	params->ctl[OFL_CTL_MISO + 1] = wiring->miso_mask;
}

/* Different at each word, so that no value which the stub pushes can pass for it. The lowest is call.stack_low's. */
static uint32_t stack_pattern(const struct stub_rig *rig, uint32_t address)
{
	if (address == rig->layout.stack_low)
		return OFL_STACK_CANARY;
	return (address * 2654435761u) ^ 0x5ac0ffee;
}

static void read_controller(struct stub_rig *rig, uint32_t *values)
{
	const struct board_wiring *wiring = &rig->board->wiring;

	memset(values, 0, STUB_NUM_REGISTERS * sizeof(*values));
	for (unsigned int n = 0; wiring->spi_base && n < COUNT(spi_offsets); n++)
		values[n] = stub_get(rig, wiring->spi_base + spi_offsets[n]);
	for (unsigned int n = 0; wiring->quadspi_base && n < COUNT(quadspi_offsets); n++)
		values[n] = stub_get(rig, wiring->quadspi_base + quadspi_offsets[n]);
	for (unsigned int n = 0; wiring->octospi_base && n < COUNT(octospi_offsets); n++)
		values[n] = stub_get(rig, wiring->octospi_base + octospi_offsets[n]);
	for (unsigned int n = 0; wiring->spi_v3_base && n < COUNT(spi_v3_offsets); n++)
		values[n] = stub_get(rig, wiring->spi_v3_base + spi_v3_offsets[n]);
	for (unsigned int n = 0; wiring->pl022_base && n < COUNT(pl022_offsets); n++)
		values[n] = stub_get(rig, wiring->pl022_base + pl022_offsets[n]);
}

void stub_start(struct stub_rig *rig)
{
	struct core *core = rig->board->core;
	struct ofl_layout *layout = &rig->layout;

	rig->sent = rig->params;
	stub_write(rig, layout->params, &rig->params, sizeof(rig->params));
	for (uint32_t at = layout->stack_low; at < layout->stack_high; at += 4)
		stub_put(rig, at, stack_pattern(rig, at));
	memcpy(rig->ram_before, stub_ram(rig, rig->board->ram_base, rig->board->ram_bytes), rig->board->ram_bytes);
	/* A restoring run follows one that was cut short: what that one found is what must come back. */
	if (rig->params.op != OFL_OP_RESTORE)
		read_controller(rig, rig->controller_before);

	/* doc/abi.txt, entry. The rest holds rubbish, as after an application. */
	for (unsigned int reg = CORE_R0; reg < CORE_SP; reg++)
		core_reg_set(core, reg, 0xdead0000 + reg);
	core_reg_set(core, CORE_LR, 0xdead000e);
	core_reg_set(core, CORE_SPECIAL, 1);	/* PRIMASK; CONTROL = 0 */
	core_reg_set(core, CORE_R0, layout->params);
	core_reg_set(core, CORE_SP, layout->stack_high);
	core_reg_set(core, CORE_XPSR, 0x01000000);
	core_reg_set(core, CORE_PC, layout->stub);
	rig->started_ps = rig->vb.clock.now_ps;
	core_debug_resume(core);
}

bool stub_pass(struct stub_rig *rig, uint32_t us)
{
	/* A call that is served takes as long as the slice: the clock has gone to its end. */
	do {
		core_run_until(rig->board->core, rig->vb.clock.now_ps + us * VB_PS_PER_US);
		if (core_is_locked_up(rig->board->core))
			fail_msg("the core locked up");
		if (!core_is_halted(rig->board->core))
			return false;
	} while (rig->serve && rig->serve(rig));
	return true;
}

uint32_t stub_live(struct stub_rig *rig, size_t offset)
{
	return stub_get(rig, rig->layout.params + (uint32_t)offset);
}

void stub_set_live(struct stub_rig *rig, size_t offset, uint32_t value)
{
	stub_put(rig, rig->layout.params + (uint32_t)offset, value);
}

static void check_stack(struct stub_rig *rig)
{
	unsigned int blob = blob_of(rig);
	uint32_t at = rig->layout.stack_low;

	while (at < rig->layout.stack_high && stub_get(rig, at) == stack_pattern(rig, at))
		at += 4;
	rig->stack_bytes = rig->layout.stack_high - at;
	/* With those of a loader it says nothing of the stub. */
	if (!rig->loader_stack_bytes && rig->stack_bytes > deepest[blob].bytes) {
		deepest[blob].bytes = rig->stack_bytes;
		snprintf(deepest[blob].where, sizeof(deepest[blob].where), "%s, operation %u", current_test,
			(unsigned int)rig->params.op);
	}
	assert_in_range(rig->stack_bytes, 1, OFL_STACK_BUDGET_BYTES + rig->loader_stack_bytes);
}

/* Nothing but stack, parameters and ring may have changed: not the stub itself, and nothing around the work area. */
static void check_ram(struct stub_rig *rig)
{
	uint32_t base = rig->board->ram_base;
	const uint8_t *ram = stub_ram(rig, base, rig->board->ram_bytes);
	uint32_t end = rig->layout.ring + rig->layout.ring_bytes - base;
	uint32_t loader = rig->loader_ram - base;

	if (rig->loader_ram_bytes)
		memcpy(rig->ram_before + loader, ram + loader, rig->loader_ram_bytes);
	assert_memory_equal(ram, rig->ram_before, rig->layout.stack_low - base);
	assert_memory_equal(ram + end, rig->ram_before + end, rig->board->ram_bytes - end);
}

static void check_chip_select(struct stub_rig *rig)
{
	uint32_t quadspi = rig->board->wiring.quadspi_base, octospi = rig->board->wiring.octospi_base;

	/* A controller that owns it has nothing to do, but for reading ahead when it was not touched. */
	if (quadspi) {
		if ((stub_get(rig, quadspi + QUADSPI_CCR) & FMODE_MAPPED) != FMODE_MAPPED)
			assert_int_equal(stub_get(rig, quadspi + QUADSPI_SR) & SR_BUSY, 0);
		return;
	}
	if (octospi) {
		if ((stub_get(rig, octospi) & OCTOSPI_MAPPED) != OCTOSPI_MAPPED)
			assert_int_equal(stub_get(rig, octospi + OCTOSPI_SR) & SR_BUSY, 0);
		return;
	}
	/* ODR lies before BSRR, GPIO_OUT before GPIO_OUT_SET; RM0090 section 8.4.6, RP2040 data sheet section 2.3.1.7. */
	uint32_t odr = stub_get(rig, rig->board->wiring.cs.high_address - 4);

	assert_true(odr & rig->board->wiring.cs.high_value);
}

enum ofl_status stub_end(struct stub_rig *rig)
{
	uint32_t controller[STUB_NUM_REGISTERS];
	struct core *core = rig->board->core;
	uint32_t pc = core_reg_get(core, CORE_PC);
	uint32_t opcode = 0;

	assert_true(core_is_halted(core));
	rig->ended_ps = rig->vb.clock.now_ps;
	memcpy(&rig->params, stub_ram(rig, rig->layout.params, sizeof(rig->params)), sizeof(rig->params));
	if (core_reg_get(core, CORE_XPSR) & 0x1ff)
		fail_msg("exception %u at 0x%08x", (unsigned int)core_reg_get(core, CORE_XPSR) & 0x1ff, (unsigned int)pc);
	assert_in_range(pc, rig->layout.stub, rig->layout.stub + rig->blob_bytes - 2);
	assert_int_equal(bus_read(&rig->board->bus, pc, 2, &opcode, BUS_DEBUG), 0);
	assert_int_equal(opcode, BKPT);
	/* Nobody has changed stack or privilege, or let interrupts in. */
	assert_int_equal(core_reg_get(core, CORE_SPECIAL), 1);

	check_stack(rig);
	check_ram(rig);
	check_chip_select(rig);
	read_controller(rig, controller);
	if (!rig->registers_may_change)
		assert_memory_equal(controller, rig->controller_before, sizeof(controller));
	if (rig->ended)
		rig->ended(rig);
	return rig->params.status;
}

enum ofl_status stub_run(struct stub_rig *rig, uint32_t deadline_ms)
{
	stub_start(rig);
	/* Short steps first, so that a short run does not seem to last a long one. */
	for (uint32_t us = 0, step_us = 10; !stub_pass(rig, step_us); us += step_us) {
		if (us / 1000 >= deadline_ms)
			fail_msg("operation %u still runs after %u ms", (unsigned int)rig->params.op, (unsigned int)deadline_ms);
		step_us = us < 1000 ? 10 : 1000;
	}
	return stub_end(rig);
}

void stub_transfer(struct stub_rig *rig, uint32_t command, uint32_t address, void *data, uint32_t length)
{
	stub_params(rig, OFL_OP_XFER);
	rig->params.command = command;
	rig->params.address = address;
	rig->params.unit_bytes = length;
	assert_true(length <= rig->layout.ring_bytes);
	if (command & OFL_COMMAND_DATA_OUT)
		stub_write(rig, rig->layout.ring, data, length);
	assert_int_equal(stub_run(rig, 1000), OFL_STATUS_OK);
	if (length && !(command & OFL_COMMAND_DATA_OUT))
		memcpy(data, stub_ram(rig, rig->layout.ring, length), length);
}

/* A caller who has something special to say has called stub_params() already; the last run's have a status. */
static void set_up(struct stub_rig *rig, enum ofl_op op)
{
	const struct ofl_params *params = &rig->params;

	if (params->op != (uint32_t)op || params->status != OFL_STATUS_RUNNING || params->ring != rig->layout.ring)
		stub_params(rig, op);
}

enum ofl_status stub_program(struct stub_rig *rig, uint32_t address, const uint8_t *data, uint32_t length,
		const struct stub_host *host)
{
	uint32_t page_bytes = rig->page_bytes ? rig->page_bytes : nor_get_part(rig->board->nor)->page_bytes;
	struct ofl_params *params = &rig->params;
	struct ofl_slots slots = { 0 };
	struct ofl_piece piece;
	size_t position = 0;
	uint32_t missing = 0, wp = 0, idle_looks = 0;

	set_up(rig, OFL_OP_PROGRAM);
	if ((params->command & 0xff) == 0x03)
		params->command = OFL_COMMAND(0x02, 3, 0) | OFL_COMMAND_DATA_OUT;
	if (rig->num_slots) {
		slots.piece_bytes = page_bytes;
		slots.slot_bytes = (OFL_SLOT_HEADER_BYTES + page_bytes + 3) & ~3u;
		slots.count = rig->num_slots;
		assert_true(slots.count * slots.slot_bytes <= rig->layout.ring_bytes);
	} else {
		assert_true(ofl_plan_slots(rig->layout.ring_bytes, page_bytes, &slots, &missing));
	}
	params->slot_bytes = slots.slot_bytes;
	params->slots = slots.count;
	params->count = ofl_plan_count_pieces(address, data, length, slots.piece_bytes, 0xff);
	stub_start(rig);

	do {
		uint32_t rp = stub_live(rig, offsetof(struct ofl_params, rp));
		assert_true(wp - rp <= slots.count);
		for (uint32_t room = slots.count - (wp - rp), n = 0; n < room && n < host->slots; n++) {
			if (!ofl_plan_next_piece(address, data, length, slots.piece_bytes, 0xff, &position, &piece))
				break;
			uint32_t slot = rig->layout.ring + wp % slots.count * slots.slot_bytes;
			const struct ofl_slot header = { (uint32_t)piece.offset_bytes, piece.length_bytes };
			stub_write(rig, slot, &header, sizeof(header));
			stub_write(rig, slot + sizeof(header), data + piece.data_offset, piece.length_bytes);
			stub_set_live(rig, offsetof(struct ofl_params, wp), ++wp);
			idle_looks = 0;
		}
		/* The stub has all it needs, or a slot of its own to free: 20 s are not needed for either. */
		if (idle_looks++ > 20000000 / host->look_us)
			fail_msg("the stub does not move on: wp %u, rp %u of %u", (unsigned int)wp, (unsigned int)rp,
				(unsigned int)params->count);
	} while (!stub_pass(rig, host->look_us));
	return stub_end(rig);
}

enum ofl_status stub_read(struct stub_rig *rig, uint32_t address, uint8_t *data, uint32_t length, uint32_t slot_bytes,
		const struct stub_host *host)
{
	uint32_t rp = 0, idle_looks = 0;
	struct ofl_params *params = &rig->params;
	bool ended = false;

	set_up(rig, OFL_OP_READ);
	params->address = address;
	params->slot_bytes = slot_bytes;
	params->slots = rig->num_slots ? rig->num_slots : rig->layout.ring_bytes / slot_bytes;
	params->count = (length + slot_bytes - 1) / slot_bytes;
	params->unit_bytes = length - (params->count - 1) * slot_bytes;
	assert_true(params->slots && params->slots * slot_bytes <= rig->layout.ring_bytes);
	stub_start(rig);

	for (;;) {
		uint32_t wp = stub_live(rig, offsetof(struct ofl_params, wp));
		assert_true(wp - rp <= params->slots && wp <= params->count);
		for (uint32_t n = 0; n < host->slots && rp != wp; n++) {
			uint32_t at = rp * slot_bytes;
			uint32_t here = length - at < slot_bytes ? length - at : slot_bytes;
			memcpy(data + at, stub_ram(rig, rig->layout.ring + rp % params->slots * slot_bytes, here), here);
			stub_set_live(rig, offsetof(struct ofl_params, rp), ++rp);
			idle_looks = 0;
		}
		if (ended && rp == wp)
			break;
		if (!ended)
			ended = stub_pass(rig, host->look_us);
		if (idle_looks++ > 20000000 / host->look_us)
			fail_msg("the stub does not move on: wp %u, rp %u", (unsigned int)wp, (unsigned int)rp);
	}
	return stub_end(rig);
}

enum ofl_status stub_erase(struct stub_rig *rig, struct ofl_erase_entry *entries, uint32_t count)
{
	uint32_t bytes = count * (uint32_t)sizeof(*entries);

	set_up(rig, OFL_OP_ERASE);
	rig->params.count = count;
	assert_true(bytes <= rig->layout.ring_bytes);
	stub_write(rig, rig->layout.ring, entries, bytes);
	enum ofl_status status = stub_run(rig, 60000);
	memcpy(entries, stub_ram(rig, rig->layout.ring, bytes), bytes);
	return status;
}

enum ofl_status stub_check(struct stub_rig *rig, enum ofl_op op, uint32_t address, uint32_t unit_bytes, uint32_t count,
		uint32_t *result)
{
	uint32_t table_bytes = op == OFL_OP_CRC ? 4 * OFL_CRC_TABLE_WORDS : 0;
	uint32_t table[OFL_CRC_TABLE_WORDS];

	set_up(rig, op);
	rig->params.address = address;
	rig->params.unit_bytes = unit_bytes;
	rig->params.count = count;
	assert_true(table_bytes + 4 * count <= rig->layout.ring_bytes);
	/* Entry n: the register after four bits n. */
	for (uint32_t n = 0; n < OFL_CRC_TABLE_WORDS; n++) {
		table[n] = n;
		for (unsigned int bit = 0; bit < 4; bit++)
			table[n] = table[n] & 1 ? (table[n] >> 1) ^ 0xedb88320 : table[n] >> 1;
	}
	stub_write(rig, rig->layout.ring, table, table_bytes);
	enum ofl_status status = stub_run(rig, 60000);
	memcpy(result, stub_ram(rig, rig->layout.ring + table_bytes, 4 * count), 4 * count);
	/* The table is the host's: a second run must find it. */
	if (table_bytes)
		assert_memory_equal(stub_ram(rig, rig->layout.ring, table_bytes), table, table_bytes);
	return status;
}

static void print_violations(const struct vb *vb)
{
	for (unsigned int n = 0; n < vb->num_violations && n < VB_VIOLATION_MAX; n++)
		print_message("# violation: %s\n", vb->violation[n].what);
}

void stub_assert_clean(struct stub_rig *rig)
{
	print_violations(&rig->vb);
	assert_int_equal(rig->vb.num_violations, 0);
}

void stub_assert_violations(struct stub_rig *rig, const char *const *words)
{
	unsigned int n = 0;

	for (; words[n]; n++) {
		if (n >= rig->vb.num_violations || !strstr(rig->vb.violation[n].what, words[n])) {
			print_violations(&rig->vb);
			fail_msg("violation %u is not about '%s'", n, words[n]);
		}
	}
	if (n != rig->vb.num_violations)
		print_violations(&rig->vb);
	assert_int_equal(rig->vb.num_violations, n);
}

void stub_fill_random(uint8_t *bytes, uint32_t length, uint32_t seed)
{
	uint64_t state = seed;

	for (uint32_t n = 0; n < length; n++)
		bytes[n] = (uint8_t)vb_random(&state);
}

/*
 * libunicorn 2.0.1 does not free its map of a page that holds both code and data, which the work area does. Nobody else
 * allocates there.
 */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libunicorn";
}

/* One pair of test and board. */
struct stub_case {
	const struct stub_test *test;
	struct stub_rig rig;
	char name[80];
};

static void run_case(void **state)
{
	struct stub_case *test_case = *state;

	current_test = test_case->name;
	test_case->test->function(&test_case->rig);
}

static int end_case(void **state)
{
	struct stub_case *test_case = *state;

	stub_close(&test_case->rig);
	return 0;
}

static bool board_has_stm32_spi(const char *name)
{
	static const char *const others[] = { "stm32f4-gpio", "stm32f746g-disco", "stm32n655-s25fl064l", "stm32h5-w25q64",
		"rp2040-spi" };

	for (unsigned int n = 0; n < COUNT(others); n++) {
		if (!strcmp(name, others[n]))
			return false;
	}
	return true;
}

static bool applies(const struct stub_test *test, const struct stub_board *board)
{
	if (test->only_board && strcmp(test->only_board, board->name))
		return false;
	/* The tests of a controller's own registers are of the STM32 SPI without CSTART; others' have their own files. */
	return !test->only_controller || board_has_stm32_spi(board->name);
}

int stub_run_tests(const struct stub_test *tests, unsigned int num_tests)
{
	struct stub_case *cases = calloc(num_tests * stub_num_boards, sizeof(*cases));
	struct CMUnitTest *table = calloc(num_tests * stub_num_boards, sizeof(*table));
	unsigned int num = 0;

	if (!cases || !table) {
		free(cases);
		free(table);
		return 1;
	}
	for (unsigned int n = 0; n < num_tests; n++) {
		for (unsigned int board = 0; board < stub_num_boards; board++) {
			struct stub_case *test_case = &cases[num];
			if (!applies(&tests[n], &stub_boards[board]))
				continue;
			test_case->test = &tests[n];
			test_case->rig.kind = &stub_boards[board];
			snprintf(test_case->name, sizeof(test_case->name), "%s (%s)", tests[n].name, stub_boards[board].name);
			table[num++] = (struct CMUnitTest) { .name = test_case->name, .test_func = run_case,
				.teardown_func = end_case, .initial_state = test_case };
		}
	}
	int failed = _cmocka_run_group_tests("stub", table, num, NULL, NULL);
	for (unsigned int blob = 0; blob < NUM_BLOBS; blob++) {
		if (deepest[blob].bytes)
			printf("# stack of %s: %u of %u bytes (%s)\n", blobs[blob].name,
				(unsigned int)deepest[blob].bytes, OFL_STACK_BUDGET_BYTES, deepest[blob].where);
	}
	free(table);
	free(cases);
	return failed;
}
