// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The built-in loader: commands of serial NOR flash, on top of ctl.h; no controller register, no part number.
 */

#include "ctl.h"

void ofl_fail_value(struct ofl_params *p, uint32_t status, uint32_t value)
{
	p->fail_value = value;
	ofl_fail(p, status);
}

/* Of controllers that do not define it. */
__attribute__((weak)) uint32_t ctl_mapped(const struct ofl_params *p)
{
	(void)p;
	return 0;
}

static void transfer(struct ofl_params *p, uint32_t command, uint8_t *buffer, uint32_t length)
{
	ctl_begin(p, command, length);
	if (command & OFL_COMMAND_DATA_OUT) {
		ctl_write(p, buffer, length);
	} else {
		for (uint8_t *end = buffer + length; buffer != end; buffer++)
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

static void modify(struct ofl_params *p, uint32_t command, uint8_t *data, uint32_t length)
{
	uint32_t value;

	transfer(p, p->write_enable, data, 0);
	if (p->latch_mask) {
		/* A locked or absent part shows here, before anything else is sent. */
		value = read_register(p, OFL_COMMAND(0x05, 0, 0));
		if (!(value & p->latch_mask))
			ofl_fail_value(p, OFL_STATUS_WEL_NOT_SET, value);
	}
	transfer(p, command, data, length);

	uint32_t left = p->max_polls;
	uint32_t busy;
	do {
		value = read_register(p, p->status_command);
		busy = (value ^ p->busy_invert) & p->busy_mask;
		if (!left--)
			ofl_fail_value(p, OFL_STATUS_BUSY, value);
		if (busy && p->error_mask < OFL_ERROR_WHILE_BUSY)
			continue;
		if (p->error_mask) {
			value = read_register(p, p->error_command);
			if (value & p->error_mask)
				ofl_fail_value(p, OFL_STATUS_FLASH_ERROR, value);
		}
	} while (busy);
}

void loader_begin(struct ofl_params *p)
{
	ctl_init(p);
	/* Through the mapped mode once more: nothing is left of what controller and data cache have read before. */
	if (ctl_mapped(p))
		ctl_fini(p);
}

void loader_end(struct ofl_params *p)
{
	ctl_fini(p);
}

void loader_program(struct ofl_params *p, uint8_t *data, uint32_t length)
{
	modify(p, p->command, data, length);
}

void loader_read(struct ofl_params *p, uint8_t *buffer, uint32_t length)
{
	transfer(p, p->command, buffer, length);
}

uint32_t loader_blank(struct ofl_params *p)
{
	uint32_t n = 0;
	ctl_begin(p, p->command, p->unit_bytes);
	while (n != p->unit_bytes && ctl_get(p) == 0xff)
		n++;
	ctl_end(p);
	return n;
}

void loader_erase(struct ofl_params *p, struct ofl_erase_entry *entry)
{
	if (loader_blank(p) == p->unit_bytes) {
		entry->skipped++;
		return;
	}
	modify(p, entry->command, NULL, 0);
	/* A protected part takes the command and does nothing. */
	if (loader_blank(p) != p->unit_bytes)
		ofl_fail(p, OFL_STATUS_NOT_BLANK);
}

uint32_t loader_crc(struct ofl_params *p, const uint32_t *table)
{
	uint32_t crc = 0xffffffff;
	uint32_t mapped = ctl_mapped(p);
	if (!mapped)
		ctl_begin(p, p->command, p->unit_bytes);
	for (uint32_t n = 0; n != p->unit_bytes; n++) {
		uint32_t byte = mapped ? *(const volatile uint8_t *)(p->address + n) : ctl_get(p);
		crc = crc_byte(crc, byte, table);
	}
	if (!mapped)
		ctl_end(p);
	return crc;
}

uint32_t loader_other(struct ofl_params *p, uint32_t op)
{
	if (op != OFL_OP_XFER)
		return OFL_STATUS_BAD_OP;
	transfer(p, p->command, (uint8_t *)p->ring, p->unit_bytes);
	return OFL_STATUS_OK;
}
