// SPDX-License-Identifier: GPL-2.0-or-later

#include "spinor.h"

void ofl_fail_value(struct ofl_params *p, uint32_t status, uint32_t value)
{
	p->fail_value = value;
	ofl_fail(p, status);
}

void spinor_transfer(struct ofl_params *p, uint32_t command, uint8_t *buffer, uint32_t length)
{
	ctl_begin(p, command, length);
	for (uint8_t *end = buffer + length; buffer != end; buffer++) {
		if (command & OFL_COMMAND_DATA_OUT)
			ctl_put(p, *buffer);
		else
			*buffer = ctl_get(p);
	}
	ctl_end(p);
}

static uint32_t read_register(struct ofl_params *p, uint32_t command)
{
	ctl_begin(p, command, 1);
	uint32_t value = ctl_get(p);
	ctl_end(p);
	return value;
}

void spinor_modify(struct ofl_params *p, uint32_t command, uint8_t *data, uint32_t length)
{
	uint32_t value;

	spinor_transfer(p, p->write_enable, data, 0);
	if (p->latch_mask) {
		/* A locked or absent part shows here, before anything else is sent. */
		value = read_register(p, OFL_COMMAND(0x05, 0, 0));
		if (!(value & p->latch_mask))
			ofl_fail_value(p, OFL_STATUS_WEL_NOT_SET, value);
	}
	spinor_transfer(p, command, data, length);

	uint32_t left = p->max_polls;
	do {
		value = read_register(p, p->status_command);
		if (!left--)
			ofl_fail_value(p, OFL_STATUS_BUSY, value);
	} while ((value ^ p->busy_invert) & p->busy_mask);

	if (p->error_mask) {
		value = read_register(p, p->error_command);
		if (value & p->error_mask)
			ofl_fail_value(p, OFL_STATUS_FLASH_ERROR, value);
	}
}

uint32_t spinor_blank(struct ofl_params *p)
{
	uint32_t n = 0;
	ctl_begin(p, p->command, p->unit_bytes);
	while (n != p->unit_bytes && ctl_get(p) == 0xff)
		n++;
	ctl_end(p);
	return n;
}

uint32_t spinor_crc(struct ofl_params *p, const uint32_t *table)
{
	uint32_t crc = 0xffffffff;
	ctl_begin(p, p->command, p->unit_bytes);
	for (uint32_t n = p->unit_bytes; n; n--) {
		crc ^= ctl_get(p);
		crc = (crc >> 4) ^ table[crc & 0xf];
		crc = (crc >> 4) ^ table[crc & 0xf];
	}
	ctl_end(p);
	return crc;
}
