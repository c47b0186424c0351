// SPDX-License-Identifier: GPL-2.0-or-later

/* A Segger Flash Loader: one Prepare and one Restore for all operations on a bank. */

#include "board.h"
#include "loader.h"

int segger_prepare(uint32_t p0, uint32_t p1, uint32_t p2) LOADER_ENTRY("SEGGER_FL_Prepare");
int segger_restore(uint32_t p0, uint32_t p1, uint32_t p2) LOADER_ENTRY("SEGGER_FL_Restore");
int segger_program(uint32_t address, uint32_t length, const uint8_t *data) LOADER_ENTRY("SEGGER_FL_Program");
int segger_erase(uint32_t address, uint32_t index, uint32_t count) LOADER_ENTRY("SEGGER_FL_Erase");
int segger_read(uint32_t address, uint32_t length, uint8_t *data) LOADER_ENTRY("SEGGER_FL_Read");

int segger_prepare(uint32_t p0, uint32_t p1, uint32_t p2)
{
	(void)p0;
	(void)p1;
	(void)p2;
	return loader_open(OPERATION_ANY) ? 0 : -1;
}

int segger_restore(uint32_t p0, uint32_t p1, uint32_t p2)
{
	(void)p0;
	(void)p1;
	(void)p2;
	loader_close();
	return 0;
}

int segger_program(uint32_t address, uint32_t length, const uint8_t *data)
{
	return loader_program(address, length, data) ? 0 : -1;
}

int segger_erase(uint32_t address, uint32_t index, uint32_t count)
{
	(void)index;
	while (count--) {
		if (!loader_erase_sector(address))
			return -1;
		address += loader_sector_bytes(address);
	}
	return 0;
}

int segger_read(uint32_t address, uint32_t length, uint8_t *data)
{
	return loader_read(address, length, data) ? (int)length : -1;
}

#ifndef ONLY_MANDATORY

#define MAX_INFO_REGIONS	7

struct segger_info {
	uint32_t reserved[3];
	uint32_t num_regions;
	struct {
		uint32_t offset;
		uint32_t sector_bytes;
		uint32_t count;
	} region[MAX_INFO_REGIONS];
};

int segger_erase_chip(void) LOADER_ENTRY("SEGGER_FL_EraseChip");
int segger_check_blank(uint32_t address, uint32_t length, uint8_t pattern) LOADER_ENTRY("SEGGER_FL_CheckBlank");
uint32_t segger_verify(uint32_t address, uint32_t length, const uint8_t *data) LOADER_ENTRY("SEGGER_FL_Verify");
uint32_t segger_crc(uint32_t crc, uint32_t address, uint32_t length, uint32_t polynomial)
	LOADER_ENTRY("SEGGER_FL_CalcCRC");
int segger_flash_info(struct segger_info *info, uint32_t bytes) LOADER_ENTRY("SEGGER_FL_GetFlashInfo");

int segger_erase_chip(void)
{
	return loader_erase_chip() ? 0 : -1;
}

int segger_check_blank(uint32_t address, uint32_t length, uint8_t pattern)
{
	return !loader_compare(&address, length, NULL, pattern);
}

uint32_t segger_verify(uint32_t address, uint32_t length, const uint8_t *data)
{
	(void)loader_compare(&address, length, data, 0);
	return address;
}

uint32_t segger_crc(uint32_t crc, uint32_t address, uint32_t length, uint32_t polynomial)
{
	return loader_crc(crc, address, length, polynomial, segger_read);
}

int segger_flash_info(struct segger_info *info, uint32_t bytes)
{
	uint32_t n = 0;

	if (bytes < sizeof(*info))
		return -1;
#define REGION(start, number, bytes) \
	info->region[n].offset = (start); \
	info->region[n].sector_bytes = (bytes); \
	info->region[n++].count = (number);
	DEVICE_REGIONS(REGION)
#undef REGION
	info->num_regions = n;
	return 0;
}

#endif
