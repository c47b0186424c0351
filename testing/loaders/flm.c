// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Functions of a CMSIS-Pack flash algorithm (Open-CMSIS-Pack specification, flash algorithms), which an Open Flash
 * Loader has too. -DONLY_MANDATORY leaves out what is optional; a device that is mapped needs no Verify.
 */

#include "board.h"
#include "loader.h"

int flm_init(uint32_t address, uint32_t clock_hz, uint32_t function) LOADER_ENTRY("Init");
int flm_uninit(uint32_t function) LOADER_ENTRY("UnInit");
int flm_erase_sector(uint32_t address) LOADER_ENTRY("EraseSector");
int flm_program_page(uint32_t address, uint32_t length, const uint8_t *data) LOADER_ENTRY("ProgramPage");

int flm_init(uint32_t address, uint32_t clock_hz, uint32_t function)
{
	(void)address;
	(void)clock_hz;
	return !loader_open(function);
}

int flm_uninit(uint32_t function)
{
	(void)function;
	loader_close();
	return 0;
}

int flm_erase_sector(uint32_t address)
{
	return !loader_erase_sector(address);
}

int flm_program_page(uint32_t address, uint32_t length, const uint8_t *data)
{
	if (TWIN == TWIN_STRICT_PAGE && length > DEVICE_PAGE_BYTES)
		return 1;
	return !loader_program(address, length, data);
}

#ifndef ONLY_MANDATORY

int flm_erase_chip(void) LOADER_ENTRY("EraseChip");

int flm_erase_chip(void)
{
	return !loader_erase_chip();
}

#if BOARD != BOARD_STM32F4_INTERNAL

int flm_blank_check(uint32_t address, uint32_t length, uint8_t pattern) LOADER_ENTRY("BlankCheck");
uint32_t flm_verify(uint32_t address, uint32_t length, const uint8_t *data) LOADER_ENTRY("Verify");

int flm_blank_check(uint32_t address, uint32_t length, uint8_t pattern)
{
	return !loader_compare(&address, length, NULL, pattern);
}

uint32_t flm_verify(uint32_t address, uint32_t length, const uint8_t *data)
{
	/* Where it differs, or behind the last byte. */
	(void)loader_compare(&address, length, data, 0);
	return address;
}

#endif
#endif
