// SPDX-License-Identifier: GPL-2.0-or-later

#include "ofl_crc.h"

static uint32_t crc_step(uint32_t value, unsigned int bits)
{
	for (unsigned int n = 0; n < bits; n++)
		value = (value >> 1) ^ (value & 1 ? 0xedb88320 : 0);
	return value;
}

void ofl_crc_nibble_table(uint32_t table[16])
{
	for (uint32_t n = 0; n < 16; n++)
		table[n] = crc_step(n, 4);
}

uint32_t ofl_crc(const uint8_t *bytes, size_t length)
{
	uint32_t table[256];
	uint32_t crc = 0xffffffff;

	for (uint32_t n = 0; n < 256; n++)
		table[n] = crc_step(n, 8);
	for (size_t n = 0; n < length; n++)
		crc = (crc >> 8) ^ table[(crc ^ bytes[n]) & 0xff];
	return crc;
}
