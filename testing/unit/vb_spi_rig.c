// SPDX-License-Identifier: GPL-2.0-or-later

#include "vb_spi_rig.h"

#include <string.h>

uint8_t nor_transfer_byte(struct nor *nor, uint8_t mosi, uint32_t clock_hz)
{
	if (!nor->selected)
		return 0xff;
	assert_true(nor->num_bytes < RECORDED_BYTES);
	nor->byte[nor->num_bytes] = mosi;
	nor->at_ps[nor->num_bytes++] = nor->vb->clock.now_ps;
	nor->clock_hz = clock_hz;
	return nor->next_miso++;
}

void nor_set_cs(struct nor *nor, bool high)
{
	nor->cs_edges++;
	nor->selected = !high;
}

void nor_sck_rising(struct nor *nor, bool mosi)
{
	(void)mosi;
	nor->sck_edges++;
}

void nor_sck_falling(struct nor *nor)
{
	nor->sck_edges++;
}

bool nor_miso(const struct nor *nor)
{
	(void)nor;
	return true;
}

bool nor_is_busy(const struct nor *nor)
{
	return nor_busy_until_ps(nor) != 0;
}

uint64_t nor_busy_until_ps(const struct nor *nor)
{
	return nor->vb->clock.now_ps < nor->busy_until_ps ? nor->busy_until_ps : 0;
}

static void on_idle(void *context, uint64_t until_ps)
{
	struct spi_rig *rig = context;

	assert_int_equal(until_ps, rig->nor.busy_until_ps);
	rig->idle_calls++;
}

void rig_open(struct spi_rig *rig)
{
	bus_init(&rig->bus, &rig->vb);
	rig->nor.vb = &rig->vb;
	rig->wires = ctl_wires_new(&rig->vb);
	assert_non_null(rig->wires);
	assert_int_equal(ctl_wires_add_chip(rig->wires, &rig->nor), 0);
	ctl_wires_set_idle(rig->wires, on_idle, rig);
}

void rig_close(struct spi_rig *rig)
{
	ctl_wires_free(rig->wires);
	bus_free(&rig->bus);
}

uint32_t get(struct spi_rig *rig, uint32_t address, unsigned int size)
{
	uint32_t value = 0xdeadbeef;

	assert_int_equal(bus_read(&rig->bus, address, size, &value, BUS_CPU), 0);
	return value;
}

void put(struct spi_rig *rig, uint32_t address, unsigned int size, uint32_t value)
{
	assert_int_equal(bus_write(&rig->bus, address, size, value, BUS_CPU), 0);
}

void pass(struct spi_rig *rig, uint64_t ps)
{
	rig->vb.clock.now_ps += ps;
}

void select_chip(struct spi_rig *rig, bool selected)
{
	struct ctl_levels levels = *ctl_wires_get(rig->wires);

	levels.cs[0] = !selected;
	ctl_wires_drive(rig->wires, &levels, false);
}

void expect_violation(struct spi_rig *rig, const char *what)
{
	if (rig->vb.num_violations != 1 || !strstr(rig->vb.violation[0].what, what))
		fail_msg("%u violations, first '%s', expected '%s'", rig->vb.num_violations, rig->vb.violation[0].what,
			what);
	rig->vb.num_violations = 0;
}

void expect_clean(struct spi_rig *rig)
{
	if (rig->vb.num_violations)
		fail_msg("unexpected violation: %s", rig->vb.violation[0].what);
}

void expect_bytes(struct spi_rig *rig, const uint8_t *bytes, unsigned int num_bytes)
{
	assert_int_equal(rig->nor.num_bytes, num_bytes);
	assert_memory_equal(rig->nor.byte, bytes, num_bytes);
	rig->nor.num_bytes = 0;
}
