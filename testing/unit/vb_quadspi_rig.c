// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdlib.h>
#include <string.h>

#include "vb_quadspi_rig.h"

static void on_code_changed(void *context, uint32_t address, uint32_t size)
{
	struct quadspi_rig *f = context;

	assert_int_equal(address, MAPPED);
	assert_true(size >= 65536);
	f->code_changes++;
}

static void on_idle(void *context, uint64_t until_ps)
{
	struct quadspi_rig *f = context;

	f->idle_calls++;
	f->idle_until_ps = until_ps;
}

uint8_t pattern(uint32_t address)
{
	return (uint8_t)(address * 7 ^ address >> 8);
}

uint32_t pattern_word(uint32_t address)
{
	return (uint32_t)pattern(address) | (uint32_t)pattern(address + 1) << 8 | (uint32_t)pattern(address + 2) << 16 |
		(uint32_t)pattern(address + 3) << 24;
}

uint32_t get(struct quadspi_rig *f, uint32_t address, unsigned int size)
{
	uint32_t value = 0xdeadbeef;

	if (bus_read(&f->bus, address, size, &value, BUS_CPU))
		fail_msg("bus error at %08x", (unsigned int)address);
	return value;
}

void put(struct quadspi_rig *f, uint32_t address, unsigned int size, uint32_t value)
{
	if (bus_write(&f->bus, address, size, value, BUS_CPU))
		fail_msg("bus error at %08x", (unsigned int)address);
}

void pass_clocks(struct quadspi_rig *f, uint64_t clocks)
{
	f->vb.clock.now_ps += clocks * CLK_PS;
}

uint32_t status(struct quadspi_rig *f)
{
	return get(f, SR, 4);
}

uint64_t take_stall(struct quadspi_rig *f)
{
	uint64_t until_ps = bus_take_stall(&f->bus);
	uint64_t waited_ps = until_ps > f->vb.clock.now_ps ? until_ps - f->vb.clock.now_ps : 0;

	assert_int_equal(waited_ps % CLK_PS, 0);
	f->vb.clock.now_ps += waited_ps;
	return waited_ps / CLK_PS;
}

void wait_idle(struct quadspi_rig *f)
{
	for (unsigned int i = 0; status(f) & BUSY; i++) {
		assert_true(i < 100000);
		pass_clocks(f, 1);
	}
}

void command(struct quadspi_rig *f, uint32_t ccr, uint32_t address)
{
	put(f, CCR, 4, ccr);
	if (ccr & 0x0c00)
		put(f, AR, 4, address);
	if (!(ccr & DATA4))
		wait_idle(f);
}

uint8_t read_flash_status(struct quadspi_rig *f)
{
	put(f, DLR, 4, 0);
	command(f, INDIRECT_READ | READ_STATUS, 0);
	uint8_t value = (uint8_t)get(f, DR, 1);
	take_stall(f);
	return value;
}

void assert_clean(struct quadspi_rig *f)
{
	if (f->vb.num_violations)
		fail_msg("%s", f->vb.violation[0].what);
}

void assert_violation(struct quadspi_rig *f, const char *text)
{
	assert_int_not_equal(f->vb.num_violations, 0);
	if (f->vb.num_violations != 1)
		fail_msg("also: %s", f->vb.violation[1].what);
	if (!strstr(f->vb.violation[0].what, text))
		fail_msg("%s", f->vb.violation[0].what);
	f->vb.num_violations = 0;
}

int quadspi_setup(void **state)
{
	struct quadspi_rig *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	*state = f;
	f->vb.seed = 1;
	/* Not at 0, so that times before the start would be seen */
	f->vb.clock.now_ps = VB_PS_PER_MS;
	bus_init(&f->bus, &f->vb);
	f->bus.ram_written = on_code_changed;
	f->bus.ram_written_context = f;
	f->nor = nor_new(&f->vb, nor_part_by_name("n25q128a"), NULL);
	f->rcc = ctl_rcc_new(&f->bus, RCC_STM32F7);
	if (!f->nor || !f->rcc)
		return -1;
	for (uint32_t i = 0; i < 65536; i++)
		nor_content(f->nor)[i] = pattern(i);
	const struct ctl_stm32_quadspi_config config = {
		.name = "QUADSPI", .base = BASE, .mapped_base = MAPPED, .ahb_hz = AHB_HZ, .fifo_bytes = 32,
		.gate = { f->rcc, 0x38, 2 },
	};
	f->quadspi = ctl_stm32_quadspi_new(&f->bus, &config, f->nor);
	if (!f->quadspi)
		return -1;
	ctl_stm32_quadspi_set_idle(f->quadspi, on_idle, f);
	put(f, AHB3ENR, 4, 2);
	put(f, DCR, 4, 0x00170000);
	put(f, CR, 4, ENABLED);
	return 0;
}

int quadspi_teardown(void **state)
{
	struct quadspi_rig *f = *state;

	ctl_stm32_quadspi_free(f->quadspi);
	ctl_storage_free(f->rcc);
	bus_free(&f->bus);
	nor_free(f->nor);
	free(f);
	return 0;
}
