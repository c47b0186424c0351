// SPDX-License-Identifier: GPL-2.0-or-later

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../vboard/fault/fault.h"
#include "vb_dap_world.h"

struct world *world;

static bool record(struct bus *bus, uint32_t address, unsigned int size, bool write, enum bus_master master)
{
	if (world->num_accesses < 64)
		world->access[world->num_accesses] = (struct access){ address, size, write, bus->vb->clock.now_ps };
	world->num_accesses++;
	if (world->stall_ps)
		bus_stall(bus, bus->vb->clock.now_ps + world->stall_ps);
	assert_int_equal(master, BUS_DEBUG);
	/* The core is never behind an access of the debugger. */
	assert_int_equal(world->core_ran_until_ps, bus->vb->clock.now_ps);
	return address >= RAM_BASE && address - RAM_BASE <= RAM_BYTES - size && address % size == 0;
}

int bus_read(struct bus *bus, uint32_t address, unsigned int size, uint32_t *value, enum bus_master master)
{
	if (!record(bus, address, size, false, master))
		return -1;
	*value = 0;
	memcpy(value, world->ram + (address - RAM_BASE), size);
	return 0;
}

int bus_write(struct bus *bus, uint32_t address, unsigned int size, uint32_t value, enum bus_master master)
{
	if (!record(bus, address, size, true, master))
		return -1;
	/* Right-aligned: nothing above the access. */
	if (size < 4)
		assert_int_equal(value >> 8 * size, 0);
	memcpy(world->ram + (address - RAM_BASE), &value, size);
	return 0;
}

void core_run_until(struct core *core, uint64_t until_ps)
{
	(void)core;
	assert_true(until_ps >= world->core_ran_until_ps);
	world->core_ran_until_ps = until_ps;
	world->core_runs++;
}

void core_system_reset(struct core *core)
{
	(void)core;
	world->core_resets++;
}

void core_hold_reset(struct core *core, bool held)
{
	(void)core;
	world->core_held = held;
}

void vb_violation(struct vb *vb, const char *format, ...)
{
	(void)format;
	vb->num_violations++;
}

/* The client's side of the wire. */

bool clock_bit(bool tms, bool tdi)
{
	bool tdo = dap_tdo(world->dap);

	dap_tck_rising(world->dap, tms, tdi);
	return tdo;
}

void to_reset_and_idle(void)
{
	for (unsigned int i = 0; i < 5; i++)
		clock_bit(true, true);
	clock_bit(false, false);
}

uint64_t scan_dr(uint64_t out, unsigned int bits)
{
	uint64_t in = 0;

	clock_bit(true, false);
	clock_bit(false, false);
	clock_bit(false, false);
	for (unsigned int i = 0; i < bits; i++)
		in |= (uint64_t)clock_bit(i == bits - 1, out >> i & 1) << i;
	clock_bit(true, false);
	clock_bit(false, false);
	return in;
}

uint32_t scan_ir(uint32_t out, unsigned int bits)
{
	clock_bit(true, false);
	return (uint32_t)scan_dr(out, bits);
}

uint32_t acc(unsigned int ir, unsigned int address, bool read, uint32_t value)
{
	scan_ir(ir, 4);

	uint64_t in = scan_dr((uint64_t)value << 3 | (address >> 2 & 3) << 1 | read, 35);

	world->last_ack = in & 7;
	return (uint32_t)(in >> 3);
}

void dp_w(unsigned int address, uint32_t value)
{
	acc(IR_DPACC, address, false, value);
	assert_int_equal(world->last_ack, ACK_OK);
}

uint32_t rdbuff(void)
{
	uint32_t value = acc(IR_DPACC, DP_RDBUFF, true, 0);

	assert_int_equal(world->last_ack, ACK_OK);
	return value;
}

uint32_t dp_r(unsigned int address)
{
	acc(IR_DPACC, address, true, 0);
	assert_int_equal(world->last_ack, ACK_OK);
	return rdbuff();
}

uint32_t ctrl_stat(void)
{
	return dp_r(DP_CTRL_STAT);
}

void select_ap(unsigned int ap, unsigned int reg)
{
	uint32_t select = ap << 24 | (reg & 0xf0);

	if (select == world->selected)
		return;
	dp_w(DP_SELECT, select);
	world->selected = select;
}

void ap_w(unsigned int reg, uint32_t value)
{
	select_ap(0, reg);
	acc(IR_APACC, reg, false, value);
	assert_int_equal(world->last_ack, ACK_OK);
}

uint32_t ap_r(unsigned int reg)
{
	select_ap(0, reg);
	acc(IR_APACC, reg, true, 0);
	assert_int_equal(world->last_ack, ACK_OK);
	return rdbuff();
}

void setup_transfer(uint32_t csw, uint32_t tar)
{
	ap_w(AP_CSW, csw);
	ap_w(AP_TAR, tar);
}

void assert_no_sticky(void)
{
	assert_int_equal(ctrl_stat() & (STICKYERR | STICKYORUN), 0);
}

void power_up(void)
{
	to_reset_and_idle();
	dp_w(DP_CTRL_STAT, POWER_REQ | ORUNDETECT | STICKYERR);
}

const struct dap_config v7m_config = {
	.jtag_idcode = IDCODE,
	.swd_dpidr = DPIDR,
	.ahb_ap_idr = AP_IDR,
	.ap_base = AP_BASE,
	.packed = true,
	.tar_wrap_bytes = 4096,
};

void make_world(const struct dap_config *config, const char *faults)
{
	char error[128];

	world = calloc(1, sizeof(*world));
	assert_non_null(world);
	world->bus.vb = &world->vb;
	world->selected = 0xffffffff;
	for (unsigned int i = 0; i < RAM_BYTES; i++)
		world->ram[i] = (uint8_t)(i ^ i >> 8);
	if (faults) {
		world->vb.fault = fault_parse(faults, error, sizeof(error));
		assert_non_null(world->vb.fault);
	}
	world->dap = dap_new(&world->vb, &world->bus, NULL, config);
	assert_non_null(world->dap);
}

int setup(void **state)
{
	(void)state;
	make_world(&v7m_config, NULL);
	return 0;
}

int setup_powered(void **state)
{
	setup(state);
	power_up();
	return 0;
}

int setup_v6m(void **state)
{
	struct dap_config config = v7m_config;

	(void)state;
	config.packed = false;
	config.tar_wrap_bytes = 1024;
	make_world(&config, NULL);
	power_up();
	return 0;
}

int teardown(void **state)
{
	(void)state;
	dap_free(world->dap);
	fault_free(world->vb.fault);
	free(world);
	world = NULL;
	return 0;
}
