// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdlib.h>
#include <string.h>

#include "vb_octospi_rig.h"

static void on_code_changed(void *context, uint32_t address, uint32_t size)
{
	struct octospi_rig *f = context;
	(void)size;

	assert_int_equal(address, MAPPED);
	f->code_changes++;
}

static void on_idle(void *context, uint64_t until_ps)
{
	struct octospi_rig *f = context;

	f->idle_calls++;
	f->idle_until_ps = until_ps;
}

static bool has_port(void *context)
{
	return ((struct octospi_rig *)context)->has_port;
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

uint32_t get(struct octospi_rig *f, uint32_t address, unsigned int size)
{
	uint32_t value = 0xdeadbeef;

	if (bus_read(&f->bus, address, size, &value, BUS_CPU))
		fail_msg("bus error at %08x", (unsigned int)address);
	return value;
}

void put(struct octospi_rig *f, uint32_t address, unsigned int size, uint32_t value)
{
	if (bus_write(&f->bus, address, size, value, BUS_CPU))
		fail_msg("bus error at %08x", (unsigned int)address);
}

void pass_clocks(struct octospi_rig *f, uint64_t clocks)
{
	f->vb.clock.now_ps += clocks * CLK_PS;
}

uint32_t status(struct octospi_rig *f)
{
	return get(f, SR, 4);
}

uint64_t take_stall(struct octospi_rig *f)
{
	uint64_t until_ps = bus_take_stall(&f->bus);
	uint64_t waited_ps = until_ps > f->vb.clock.now_ps ? until_ps - f->vb.clock.now_ps : 0;

	assert_int_equal(waited_ps % CLK_PS, 0);
	f->vb.clock.now_ps += waited_ps;
	return waited_ps / CLK_PS;
}

void wait_idle(struct octospi_rig *f)
{
	for (unsigned int i = 0; status(f) & BUSY; i++) {
		assert_true(i < 100000);
		pass_clocks(f, 1);
	}
}

void send_frame(struct octospi_rig *f, uint32_t cr, uint32_t ccr, uint32_t dummies, uint32_t instruction)
{
	put(f, CR, 4, cr);
	put(f, TCR, 4, dummies);
	put(f, CCR, 4, ccr);
	put(f, IR, 4, instruction);
}

void enable_write(struct octospi_rig *f)
{
	wait_idle(f);
	send_frame(f, WRITE, INSTRUCTION, 0, 0x06);
	wait_idle(f);
	put(f, FCR, 4, TCF);
	/* NCS has been high for long enough */
	pass_clocks(f, 10);
}

uint8_t read_flash_status(struct octospi_rig *f)
{
	wait_idle(f);
	put(f, DLR, 4, 0);
	send_frame(f, READ, DATA1 | INSTRUCTION, 0, 0x05);
	uint8_t value = (uint8_t)get(f, DR, 1);
	take_stall(f);
	return value;
}

void assert_clean(struct octospi_rig *f)
{
	if (f->vb.num_violations)
		fail_msg("%s", f->vb.violation[0].what);
}

void assert_violation(struct octospi_rig *f, const char *text)
{
	assert_int_not_equal(f->vb.num_violations, 0);
	if (f->vb.num_violations != 1)
		fail_msg("also: %s", f->vb.violation[1].what);
	if (!strstr(f->vb.violation[0].what, text))
		fail_msg("%s", f->vb.violation[0].what);
	f->vb.num_violations = 0;
}

static int setup_variant(void **state, enum ctl_octospi_variant variant)
{
	struct octospi_rig *f = calloc(1, sizeof(*f));

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
	f->has_port = true;
	const struct ctl_stm32_octospi_config config = {
		.name = "OCTOSPI", .variant = variant, .base = BASE, .mapped_base = MAPPED, .kernel_hz = KERNEL_HZ,
		.gate = { f->rcc, 0x38, GATE }, .has_port = has_port, .port_context = f,
	};
	f->octospi = ctl_stm32_octospi_new(&f->bus, &config, f->nor);
	if (!f->octospi)
		return -1;
	ctl_stm32_octospi_set_idle(f->octospi, on_idle, f);
	put(f, ENR, 4, GATE);
	put(f, DCR1, 4, 0x00170000);
	put(f, DCR2, 4, 1);
	put(f, CR, 4, EN);
	return 0;
}

int octospi_setup(void **state)
{
	return setup_variant(state, STM32_OCTOSPI);
}

int xspi_setup(void **state)
{
	return setup_variant(state, STM32_XSPI);
}

int octospi_teardown(void **state)
{
	struct octospi_rig *f = *state;

	ctl_stm32_octospi_free(f->octospi);
	ctl_storage_free(f->rcc);
	bus_free(&f->bus);
	nor_free(f->nor);
	free(f);
	return 0;
}
