// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The first 64 KiB of the STM32F429's internal flash (RM0090 section 3): four sectors of 16 KiB, one of which is kept
 * in RAM and written when another one is needed or device_sync() is called.
 */

#include "rtos.h"

#define FLASH_KEYR	REG(0x40023c04)
#define FLASH_SR	REG(0x40023c0c)
#define FLASH_CR	REG(0x40023c10)

#define KEY1		0x45670123u
#define KEY2		0xcdef89abu
#define CR_PG		(1u << 0)
#define CR_SER		(1u << 1)
#define CR_PSIZE_16	(1u << 8)
#define CR_STRT		(1u << 16)
#define CR_LOCK		(1u << 31)
#define SR_BSY		(1u << 16)
#define SR_ERRORS	0xf2u

#define BLOCK_BYTES	0x4000u
#define NO_BLOCK	0xffffffffu

/* From the heap, in CCM. */
#define CACHE		((uint8_t *)0x10001000)

static uint32_t device_base, device_bytes;
static uint32_t cached_block;
static bool cache_is_dirty;

/* "path,address,size": one device */
static uint32_t parse_number(const char **text)
{
	uint32_t value = 0;

	*text += 2;	/* 0x */
	for (; **text && **text != ','; (*text)++)
		value = value << 4 | (uint32_t)(**text <= '9' ? **text - '0' : (**text | 0x20) - 'a' + 10);
	return value;
}

int device_open(const char *table, uint32_t *base, uint32_t *size)
{
	while (*table && *table != ',')
		table++;
	table++;
	device_base = parse_number(&table);
	table++;
	device_bytes = parse_number(&table);
	cached_block = NO_BLOCK;
	cache_is_dirty = false;
	*base = device_base;
	*size = device_bytes;
#ifdef MISSING_DEVICE
	return -1;
#else
	return 0;
#endif
}

static int wait_until_done(void)
{
	while (FLASH_SR & SR_BSY)
		;
	if (FLASH_SR & SR_ERRORS) {
		FLASH_SR = SR_ERRORS;
		return -1;
	}
	return 0;
}

static int erase_block(uint32_t block)
{
	const uint8_t *bytes = (const uint8_t *)(device_base + block * BLOCK_BYTES);
	int status;

	FLASH_CR = CR_SER | block << 3;
	FLASH_CR = CR_SER | block << 3 | CR_STRT;
	status = wait_until_done();
	FLASH_CR = 0;
	for (uint32_t i = 0; status == 0 && i < BLOCK_BYTES; i++) {
		if (bytes[i] != 0xff)
			status = -1;
	}
	return status;
}

static int program_block(uint32_t block, const uint8_t *data)
{
	volatile uint16_t *words = (volatile uint16_t *)(device_base + block * BLOCK_BYTES);
	int status = 0;

	FLASH_CR = CR_PSIZE_16;
	FLASH_CR = CR_PSIZE_16 | CR_PG;
	for (uint32_t i = 0; status == 0 && i < BLOCK_BYTES / 2; i++) {
		uint16_t value = (uint16_t)(data[2 * i] | data[2 * i + 1] << 8);

		words[i] = value;
		status = wait_until_done();
		if (words[i] != value)
			status = -1;
	}
	FLASH_CR = 0;
	return status;
}

static int flush(void)
{
	if (!cache_is_dirty)
		return 0;
	cache_is_dirty = false;
	if (FLASH_CR & CR_LOCK) {
		FLASH_KEYR = KEY1;
		FLASH_KEYR = KEY2;
	}
	if (erase_block(cached_block) != 0)
		return -1;
	/* And it is never locked again. */
	return program_block(cached_block, CACHE);
}

static int load_block(uint32_t block)
{
	const uint8_t *bytes = (const uint8_t *)(device_base + block * BLOCK_BYTES);

	if (block == cached_block)
		return 0;
	if (flush() != 0)
		return -1;
	cached_block = block;
	for (uint32_t i = 0; i < BLOCK_BYTES; i++)
		CACHE[i] = bytes[i];
	return 0;
}

static bool is_outside(uint32_t address, uint32_t length)
{
	return address - device_base >= device_bytes || length > device_bytes - (address - device_base);
}

static void wait_like_an_interrupt_driven_driver(void)
{
#ifdef DRIVER_STOPS
	static unsigned int calls;

	if (++calls > DRIVER_STOPS)
		kernel_exit();
#endif
#ifdef DRIVER_SLEEPS
	kernel_sleep(2);
#endif
}

int device_write(uint32_t address, const uint8_t *data, uint32_t length)
{
	if (is_outside(address, length))
		return -1;
#ifdef DRIVER_PANICS
	panic("driver");
#endif
	wait_like_an_interrupt_driven_driver();
	for (uint32_t i = 0; i < length; i++) {
		uint32_t offset = address - device_base + i;

		if (load_block(offset / BLOCK_BYTES) != 0)
			return -1;
		CACHE[offset % BLOCK_BYTES] = data[i];
		cache_is_dirty = true;
	}
	return 0;
}

/* By way of the cache, too. */
int device_read(uint32_t address, uint8_t *data, uint32_t length)
{
	if (is_outside(address, length))
		return -1;
	wait_like_an_interrupt_driven_driver();
	for (uint32_t i = 0; i < length; i++) {
		uint32_t offset = address - device_base + i;

		data[i] = offset / BLOCK_BYTES == cached_block ? CACHE[offset % BLOCK_BYTES] :
			*(const uint8_t *)(device_base + offset);
	}
	return 0;
}

int device_sync(uint32_t address)
{
	if (is_outside(address, 0))
		return -1;
	return flush();
}
