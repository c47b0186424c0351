// SPDX-License-Identifier: GPL-2.0-or-later

/* What an Open Flash Loader has beside the functions of flm.c. */

#include "board.h"
#include "loader.h"

int open_read(uint32_t address, uint32_t length, uint8_t *data) LOADER_ENTRY("SEGGER_OPEN_Read");

int open_read(uint32_t address, uint32_t length, uint8_t *data)
{
	return loader_read(address, length, data) ? (int)length : -1;
}

#ifndef ONLY_MANDATORY

extern int flm_init(uint32_t address, uint32_t clock_hz, uint32_t function) LOADER_SYMBOL("Init");
extern int flm_uninit(uint32_t function) LOADER_SYMBOL("UnInit");
extern int flm_erase_sector(uint32_t address) LOADER_SYMBOL("EraseSector");
extern int flm_program_page(uint32_t address, uint32_t length, const uint8_t *data) LOADER_SYMBOL("ProgramPage");
extern int flm_erase_chip(void) LOADER_SYMBOL("EraseChip");
extern int flm_blank_check(uint32_t address, uint32_t length, uint8_t pattern) LOADER_SYMBOL("BlankCheck");
extern uint32_t flm_verify(uint32_t address, uint32_t length, const uint8_t *data) LOADER_SYMBOL("Verify");
int open_program(uint32_t address, uint32_t length, const uint8_t *data) LOADER_ENTRY("SEGGER_OPEN_Program");
int open_erase(uint32_t address, uint32_t index, uint32_t count) LOADER_ENTRY("SEGGER_OPEN_Erase");
uint32_t open_crc(uint32_t crc, uint32_t address, uint32_t length, uint32_t polynomial)
	LOADER_ENTRY("SEGGER_OPEN_CalcCRC");

/* The table with which such loaders begin. Its addresses are absolute: a host that moves the loader must mend them. */
struct open_api {
	void (*feed_watchdog)(void);
	int (*init)(uint32_t address, uint32_t clock_hz, uint32_t function);
	int (*uninit)(uint32_t function);
	int (*erase_sector)(uint32_t address);
	int (*program_page)(uint32_t address, uint32_t length, const uint8_t *data);
	int (*blank_check)(uint32_t address, uint32_t length, uint8_t pattern);
	int (*erase_chip)(void);
	uint32_t (*verify)(uint32_t address, uint32_t length, const uint8_t *data);
	uint32_t (*crc)(uint32_t crc, uint32_t address, uint32_t length, uint32_t polynomial);
	int (*read)(uint32_t address, uint32_t length, uint8_t *data);
	int (*program)(uint32_t address, uint32_t length, const uint8_t *data);
	int (*erase)(uint32_t address, uint32_t index, uint32_t count);
	void (*start)(volatile void *command);
};

static const struct open_api open_api __attribute__((used, section("PrgCode"))) = {
	.init = flm_init,
	.uninit = flm_uninit,
	.erase_sector = flm_erase_sector,
	.program_page = flm_program_page,
	.blank_check = flm_blank_check,
	.erase_chip = flm_erase_chip,
	.verify = flm_verify,
	.crc = open_crc,
	.read = open_read,
	.program = open_program,
	.erase = open_erase,
};

/* Functions are called by way of the table, not directly. */
static const struct open_api *api(void)
{
	const struct open_api *table = &open_api;

	__asm__("" : "+r"(table));
	return table;
}

int open_program(uint32_t address, uint32_t length, const uint8_t *data)
{
	for (uint32_t at = 0; at < length; at += DEVICE_PAGE_BYTES) {
		uint32_t here = length - at < DEVICE_PAGE_BYTES ? length - at : DEVICE_PAGE_BYTES;
		if (api()->program_page(address + at, here, data + at))
			return -1;
	}
	return 0;
}

int open_erase(uint32_t address, uint32_t index, uint32_t count)
{
	(void)index;
	while (count--) {
		if (api()->erase_sector(address))
			return -1;
		address += loader_sector_bytes(address);
	}
	return 0;
}

uint32_t open_crc(uint32_t crc, uint32_t address, uint32_t length, uint32_t polynomial)
{
	return loader_crc(crc, address, length, polynomial, api()->read);
}

#endif
