// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * An external loader of STM32CubeProgrammer, laid out and with the functions that ST's community article "How to add
 * your SPI flash into the STM32CubeProgrammer's external loader" describes. -DVERIFY_3_ARGS: Verify as the article
 * declares it, else as ST's own loaders have it. -DMAPPED_NOR: the flash is memory mapped after Init, so that there is
 * nothing that reads.
 */

#include "board.h"
#include "loader.h"

#define STORAGE_NOR_FLASH	3
#define STORAGE_SPI_FLASH	7
#ifdef MAPPED_NOR
#define STORAGE_TYPE		STORAGE_NOR_FLASH
#else
#define STORAGE_TYPE		STORAGE_SPI_FLASH
#endif
#define STORAGE_MAX_SECTORS	10

#define PRIORITY_OF_SYSTICK	0xe000ed20u
#define VTOR			0xe000ed08u
#define SYSTICK_CSR		0xe000e010u
#define SYSTICK_RVR		0xe000e014u
#define SYSTICK_CVR		0xe000e018u
#define SYSTICK_ON		0x7u	/* processor clock, interrupt, enabled */
#define TICK_CYCLES		16000u

struct storage_info {
	char name[100];
	uint16_t type;
	uint32_t base;
	uint32_t bytes;
	uint32_t page_bytes;
	uint8_t erased_byte;
	struct {
		uint32_t count;
		uint32_t bytes;
	} sector[STORAGE_MAX_SECTORS];
};

_Static_assert(offsetof(struct storage_info, base) == 104, "DeviceStartAddress");
_Static_assert(offsetof(struct storage_info, sector) == 120, "sectors");
_Static_assert(sizeof(struct storage_info) == 200, "StorageInfo");

#define PAIR(start, number, sector_bytes)	{ (number), (sector_bytes) },

extern const struct storage_info storage_info LOADER_SYMBOL("StorageInfo")
	__attribute__((section(".Dev_Info")));

const struct storage_info storage_info = {
	.name = DEVICE_NAME,
	.type = STORAGE_TYPE,
	.base = DEVICE_BASE,
	.bytes = DEVICE_BYTES,
	.page_bytes = DEVICE_PAGE_BYTES,
	.erased_byte = 0xff,
	.sector = { DEVICE_REGIONS(PAIR) { 0, 0 } },
};

int stldr_init(void) LOADER_ENTRY("Init");
int stldr_write(uint32_t address, uint32_t length, const uint8_t *data) LOADER_ENTRY("Write");
int stldr_sector_erase(uint32_t first, uint32_t last) LOADER_ENTRY("SectorErase");
int stldr_mass_erase(void) LOADER_ENTRY("MassErase");
#ifndef MAPPED_NOR
int stldr_read(uint32_t address, uint32_t length, uint8_t *data) LOADER_ENTRY("Read");
uint32_t stldr_checksum(uint32_t address, uint32_t length, uint32_t sum) LOADER_ENTRY("CheckSum");
#ifdef VERIFY_3_ARGS
int stldr_verify(uint32_t address, const uint8_t *data, uint32_t words) LOADER_ENTRY("Verify");
#else
uint64_t stldr_verify(uint32_t address, const uint8_t *data, uint32_t words, uint32_t misalignment)
	LOADER_ENTRY("Verify");
#endif
#endif

#if __ARM_ARCH >= 7

static volatile uint32_t ticks, calls;

static void on_tick(void)
{
	ticks++;
}

static void on_supervisor_call(void)
{
	calls++;
}

/* Exceptions 0 to 15. Aligned by stldr.ld as VTOR wants it for all interrupts of an F4. */
static void (*const vectors[16])(void) __attribute__((section(".vectors"))) = {
	[11] = on_supervisor_call,
	[15] = on_tick,
};

/* The loader's own vector table and interrupts, as the article's Init has them (VTOR, __set_PRIMASK(0)). */
static void open_interrupts(void)
{
	*reg32(VTOR) = (uint32_t)(uintptr_t)vectors;
	__asm__ volatile("dsb\n\tcpsie i" : : : "memory");
}

static void start_tick(void)
{
	*reg32(PRIORITY_OF_SYSTICK) |= 0xf0000000u;
	*reg32(SYSTICK_CSR) = 0;
	*reg32(SYSTICK_RVR) = TICK_CYCLES - 1;
	*reg32(SYSTICK_CVR) = 0;
	*reg32(SYSTICK_CSR) = SYSTICK_ON;
}

static void wait_for_tick(void)
{
	uint32_t now = ticks;

	while (ticks == now)
		;
}

static bool supervisor_call(void)
{
	uint32_t now = calls;

	__asm__ volatile("svc 0" : : : "memory");
	return calls == now + 1;
}

#else

static void open_interrupts(void)
{
}

static void start_tick(void)
{
}

static void wait_for_tick(void)
{
}

static bool supervisor_call(void)
{
	return false;
}

#endif

int stldr_init(void)
{
	if (TWIN == TWIN_SYSTICK || TWIN == TWIN_SVC)
		open_interrupts();
	if (TWIN == TWIN_SYSTICK)
		start_tick();
	return loader_open(OPERATION_ANY);
}

int stldr_write(uint32_t address, uint32_t length, const uint8_t *data)
{
	if (TWIN == TWIN_SYSTICK)
		wait_for_tick();
	if (TWIN == TWIN_SVC && !supervisor_call())
		return 0;
	return loader_program(address, length, data);
}

int stldr_sector_erase(uint32_t first, uint32_t last)
{
	/* `last` is within the last sector, as a rule its start. */
	while (first <= last) {
		uint32_t bytes = loader_sector_bytes(first);
		if (!bytes || !loader_erase_sector(first))
			return 0;
		first = (first & ~(bytes - 1)) + bytes;
	}
	return 1;
}

int stldr_mass_erase(void)
{
	return loader_erase_chip();
}

#ifndef MAPPED_NOR

int stldr_read(uint32_t address, uint32_t length, uint8_t *data)
{
	return loader_read(address, length, data);
}

uint32_t stldr_checksum(uint32_t address, uint32_t length, uint32_t sum)
{
	uint8_t *chunk = LOADER_ZERO->chunk;

	while (length) {
		uint32_t here = length < LOADER_CHUNK_BYTES ? length : LOADER_CHUNK_BYTES;
		if (!loader_read(address, here, chunk))
			return 0;
		for (uint32_t n = 0; n < here; n++)
			sum += chunk[n];
		address += here;
		length -= here;
	}
	return sum;
}

#ifdef VERIFY_3_ARGS

int stldr_verify(uint32_t address, const uint8_t *data, uint32_t words)
{
	bool same = loader_compare(&address, 4 * words, data, 0);

	/* The article wants 1 for success of every function; ST's own loaders return 0 or an address. */
	if (TWIN == TWIN_VERIFY_ONE)
		return same;
	return same ? 0 : (int)address;
}

#else

uint64_t stldr_verify(uint32_t address, const uint8_t *data, uint32_t words, uint32_t misalignment)
{
	uint32_t skip = misalignment & 0xf, tail = misalignment >> 16 & 0xf;
	uint64_t sum = stldr_checksum(address + skip, 4 * words - skip - tail, 0);

	if (loader_compare(&address, 4 * words, data, 0))
		return sum << 32;
	return sum << 32 | address;
}

#endif

#endif /* MAPPED_NOR */
