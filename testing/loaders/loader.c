// SPDX-License-Identifier: GPL-2.0-or-later

/* Addresses, state, and what twins do wrong. */

#include "loader.h"

#include "board.h"
#include "device.h"

#define CRC_CHUNK_BYTES		16u

/* External RAM 60000000h..9FFFFFFFh and devices behind it: none of the boards has anything here. */
#define NOWHERE			0xa0000000u

#define SMASH_BYTES		256u
#define SMASH_DEPTH		12u

#define RCC_CR			(RCC_BASE + 0x00)
#define RCC_CR_PLLON		(1u << 24)
#define RCC_CFGR_SW		0x7u

/* Any sequence of undefined instructions (UDF, both halves of each word). */
#define UNDEFINED		0xdedededeu

#define LOADER_DATA_VALUES	{ .address_mask = DEVICE_ADDRESS_MASK, .device_bytes = DEVICE_BYTES }

#ifdef STATE_IN_R9
static struct loader_data data_image __attribute__((used, section(".data"))) = LOADER_DATA_VALUES;
static struct loader_zero zero_image __attribute__((used, section(".bss")));
#else
struct loader_data loader_data = LOADER_DATA_VALUES;
struct loader_zero loader_zero;
#endif

static const struct {
	uint32_t offset;
	uint32_t sector_bytes;
} regions[] = {
#define REGION(start, count, sector_bytes)	{ (start), (sector_bytes) },
	DEVICE_REGIONS(REGION)
#undef REGION
};

/* The host's address as an offset in the device; false when it is outside. */
static bool offset_of(uint32_t address, uint32_t length, uint32_t *offset)
{
	*offset = (address & LOADER_DATA->address_mask) + LOADER_ZERO->bias;
	return *offset <= LOADER_DATA->device_bytes && length <= LOADER_DATA->device_bytes - *offset;
}

static uint32_t sector_bytes_at(uint32_t offset)
{
	unsigned int n = sizeof(regions) / sizeof(regions[0]) - 1;

	while (offset < regions[n].offset)
		n--;
	return regions[n].sector_bytes;
}

/* TWIN_NEED_INIT: only what this Init was for, or, where Init does not say, only what came first after it. */
static bool operation_allowed(enum loader_operation operation)
{
	if (TWIN != TWIN_NEED_INIT)
		return true;
	if (LOADER_ZERO->operation == OPERATION_ANY)
		LOADER_ZERO->operation = operation;
	return LOADER_ZERO->operation == operation;
}

/* Back to the internal oscillator, PLL off. */
static void change_clock_tree(void)
{
	*reg32(RCC_CFGR) &= ~RCC_CFGR_SW;
	*reg32(RCC_CR) &= ~RCC_CR_PLLON;
}

static void enable_interrupts(void)
{
#if __ARM_ARCH >= 7
	__asm__ volatile("msr basepri, %0" : : "r"(0x40));
#endif
	__asm__ volatile("cpsie i" : : : "memory");
}

static void print_by_semihosting(void)
{
	register uint32_t operation __asm__("r0") = 4;	/* SYS_WRITE0 */
	register const char *text __asm__("r1") = "Init\n";

	__asm__ volatile("bkpt 0xab" : "+r"(operation) : "r"(text) : "memory");
}

static __attribute__((noinline)) uint32_t smash_stack(uint32_t depth)
{
	volatile uint8_t waste[SMASH_BYTES];

	for (uint32_t n = 0; n < SMASH_BYTES; n++)
		waste[n] = 0x55;
	return depth ? smash_stack(depth - 1) + waste[depth] : waste[0];
}

static void overwrite_own_code(void)
{
	volatile uint32_t *code = reg32(((uint32_t)(uintptr_t)loader_erase_sector + 3) & ~3u);

	for (unsigned int n = 0; n < 4; n++)
		code[n] = UNDEFINED;
}

bool loader_open(enum loader_operation operation)
{
	if (TWIN == TWIN_FAIL_INIT)
		return false;
	if (TWIN == TWIN_HANG_INIT) {
		for (;;)
			;
	}
	if (TWIN == TWIN_SEMIHOSTING)
		print_by_semihosting();
	if (TWIN == TWIN_CLOCK)
		change_clock_tree();
	if (TWIN == TWIN_IRQ)
		enable_interrupts();
	LOADER_ZERO->operation = operation;
	return device_open();
}

void loader_close(void)
{
	device_close();
	LOADER_ZERO->operation = OPERATION_NONE;
}

uint32_t loader_sector_bytes(uint32_t address)
{
	uint32_t offset;

	return offset_of(address, 1, &offset) ? sector_bytes_at(offset) : 0;
}

bool loader_erase_sector(uint32_t address)
{
	uint32_t offset;

	if (!operation_allowed(OPERATION_ERASE) || !offset_of(address, 1, &offset))
		return false;
	if (TWIN == TWIN_FAIL_SECTOR && offset == 2 * sector_bytes_at(0))
		return false;
	uint32_t bytes = sector_bytes_at(offset);
	return device_erase_sector(offset & ~(bytes - 1), bytes);
}

bool loader_erase_chip(void)
{
	if (!operation_allowed(OPERATION_ERASE))
		return false;
	if (TWIN == TWIN_LIE_CHIP_ERASE)
		return true;
	return device_erase_chip();
}

bool loader_program(uint32_t address, uint32_t length, const uint8_t *data)
{
	uint32_t offset;

	if (!operation_allowed(OPERATION_PROGRAM) || !offset_of(address, length, &offset))
		return false;
	if (TWIN == TWIN_LIE_PROGRAM)
		return true;
	if (TWIN == TWIN_FAULT_PROGRAM)
		(void)*reg32(NOWHERE);
	if (TWIN == TWIN_BKPT)
		__asm__ volatile("bkpt 0");
	if (TWIN == TWIN_SMASH_STACK)
		smash_stack(SMASH_DEPTH);
	bool programmed = device_program(offset, length, data);
	if (TWIN == TWIN_OVERWRITE)
		overwrite_own_code();
	return programmed;
}

bool loader_read(uint32_t address, uint32_t length, uint8_t *data)
{
	uint32_t offset;

	if (!operation_allowed(OPERATION_VERIFY) || !offset_of(address, length, &offset))
		return false;
	device_read(offset, length, data);
	return true;
}

bool loader_compare(uint32_t *address, uint32_t length, const uint8_t *data, uint8_t value)
{
	uint8_t *chunk = LOADER_ZERO->chunk;

	while (length) {
		uint32_t here = length < LOADER_CHUNK_BYTES ? length : LOADER_CHUNK_BYTES;
		if (!loader_read(*address, here, chunk))
			return false;
		for (uint32_t n = 0; n < here; n++, ++*address) {
			if (chunk[n] != (data ? *data++ : value))
				return false;
		}
		length -= here;
	}
	return true;
}

uint32_t loader_crc(uint32_t crc, uint32_t address, uint32_t length, uint32_t polynomial,
		int (*read)(uint32_t address, uint32_t length, uint8_t *data))
{
	uint8_t *chunk = LOADER_ZERO->chunk;

	while (length) {
		uint32_t here = length < CRC_CHUNK_BYTES ? length : CRC_CHUNK_BYTES;
		read(address, here, chunk);
		for (uint32_t n = 0; n < here; n++) {
			crc ^= chunk[n];
			for (unsigned int bit = 0; bit < 8; bit++)
				crc = crc & 1 ? crc >> 1 ^ polynomial : crc >> 1;
		}
		address += here;
		length -= here;
	}
	return crc;
}
