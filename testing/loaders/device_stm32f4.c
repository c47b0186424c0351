// SPDX-License-Identifier: GPL-2.0-or-later

/* Internal flash of an STM32F42x/F43x with 2 MiB in two banks: RM0090 rev 19 section 3. Supply at least 2.7 V. */

#include "device.h"

#include "board.h"
#include "loader.h"

#define FLASH_ACR	reg32(0x40023c00)
#define FLASH_KEYR	reg32(0x40023c04)
#define FLASH_SR	reg32(0x40023c0c)
#define FLASH_CR	reg32(0x40023c10)

#define KEY1		0x45670123u
#define KEY2		0xcdef89abu

#define ACR_ICEN	(1u << 9)
#define ACR_DCEN	(1u << 10)
#define ACR_ICRST	(1u << 11)
#define ACR_DCRST	(1u << 12)

#define CR_PG		(1u << 0)
#define CR_SER		(1u << 1)
#define CR_MER		(1u << 2)
#define CR_SNB_SHIFT	3
#define CR_PSIZE_32	(2u << 8)
#define CR_MER1		(1u << 15)
#define CR_STRT		(1u << 16)
#define CR_LOCK		(1u << 31)

#define SR_EOP		(1u << 0)
/* RDERR PGSERR PGPERR PGAERR WRPERR OPERR */
#define SR_ERRORS	0x1f2u
#define SR_BSY		(1u << 16)

#define BANK_BYTES	0x100000u
#define BANK2_SECTOR	16u	/* SNB of bank 2's first sector: section 3.9.8 */

static inline void barrier(void)
{
	__asm__ volatile("dsb" : : : "memory");
}

static bool finish(void)
{
	barrier();
	while (*FLASH_SR & SR_BSY)
		;
	bool failed = *FLASH_SR & SR_ERRORS;
	*FLASH_CR = 0;
	return !failed;
}

/* The caches do not see what has been erased: section 3.5.3. */
static void flush_caches(void)
{
	uint32_t acr = *FLASH_ACR;

	*FLASH_ACR = acr & ~(ACR_ICEN | ACR_DCEN);
	*FLASH_ACR = (acr & ~(ACR_ICEN | ACR_DCEN)) | ACR_ICRST | ACR_DCRST;
	*FLASH_ACR = acr & ~(ACR_ICEN | ACR_DCEN | ACR_ICRST | ACR_DCRST);
	*FLASH_ACR = acr;
}

static void clear_errors(void)
{
	while (*FLASH_SR & SR_BSY)
		;
	*FLASH_SR = SR_ERRORS | SR_EOP;
}

bool device_open(void)
{
	/* A wrong or a second key sequence locks CR until reset: section 3.6.1. */
	if (*FLASH_CR & CR_LOCK) {
		*FLASH_KEYR = KEY1;
		*FLASH_KEYR = KEY2;
	}
	clear_errors();
	return !(*FLASH_CR & CR_LOCK);
}

void device_close(void)
{
	flush_caches();
	*FLASH_CR = CR_LOCK;
}

static uint32_t sector_number(uint32_t offset)
{
	uint32_t bank = offset >= BANK_BYTES ? BANK2_SECTOR : 0;

	offset %= BANK_BYTES;
	if (offset < 0x10000)
		return bank + offset / 0x4000;
	if (offset < 0x20000)
		return bank + 4;
	return bank + 4 + offset / 0x20000;
}

bool device_erase_sector(uint32_t offset, uint32_t sector_bytes)
{
	(void)sector_bytes;
	clear_errors();
	*FLASH_CR = CR_PSIZE_32 | CR_SER | sector_number(offset) << CR_SNB_SHIFT;
	*FLASH_CR |= CR_STRT;
	return finish();
}

bool device_erase_chip(void)
{
	clear_errors();
	*FLASH_CR = CR_PSIZE_32 | CR_MER | CR_MER1;
	*FLASH_CR |= CR_STRT;
	return finish();
}

bool device_program(uint32_t offset, uint32_t length, const uint8_t *data)
{
	volatile uint32_t *to = reg32(DEVICE_BASE + offset);

	if (offset % 4)
		return false;
	clear_errors();
	for (uint32_t at = 0; at < length; at += 4) {
		uint32_t word = 0xffffffff;
		for (uint32_t n = 0; n < 4 && at + n < length; n++)
			word = (word & ~(0xffu << (8 * n))) | (uint32_t)data[at + n] << (8 * n);
		*FLASH_CR = CR_PSIZE_32 | CR_PG;
		*to++ = word;
		if (!finish())
			return false;
	}
	return true;
}

void device_read(uint32_t offset, uint32_t length, uint8_t *data)
{
	const volatile uint8_t *from = (const volatile uint8_t *)(uintptr_t)(DEVICE_BASE + offset);

	while (length--)
		*data++ = *from++;
}
