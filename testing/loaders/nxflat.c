// SPDX-License-Identifier: GPL-2.0-or-later

/* The NXFLAT module: main() by the convention of contrib/loaders/flash/ofl/nxflat_loader.h. */

#include "board.h"
#include "loader.h"
#include "../../contrib/loaders/flash/ofl/nxflat_loader.h"

#ifdef WITH_IMPORTS
#include "nxflat_module.h"
#endif

#define REGION(offset, count, size)	{ size, count },
#define PLUS_ONE(offset, count, size)	+ 1

struct ofl_nxflat_descriptor OFL_NXFLAT_DESCRIPTOR descriptor = {
	OFL_NXFLAT_IDENTITY,
	.ops = OFL_NXFLAT_BASIC_OPS | 1 << OFL_NXFLAT_ERASE_CHIP | 1 << OFL_NXFLAT_READ | 1 << OFL_NXFLAT_CRC |
		1 << OFL_NXFLAT_DESCRIBE,
	.base = DEVICE_BASE, .page_bytes = DEVICE_PAGE_BYTES, .erased_byte = 0xff,
	.program_ms = DEVICE_PROGRAM_MS, .erase_ms = DEVICE_ERASE_MS,
	.name = DEVICE_NAME,
	.num_regions = 0 DEVICE_REGIONS(PLUS_ONE), .region = { DEVICE_REGIONS(REGION) },
};

static int erase_sector(uintptr_t a, uintptr_t b, uintptr_t c);
static int program(uintptr_t a, uintptr_t b, uintptr_t c);
static int init(uintptr_t a, uintptr_t b, uintptr_t c);
static int uninit(uintptr_t a, uintptr_t b, uintptr_t c);
static int erase_chip(uintptr_t a, uintptr_t b, uintptr_t c);
static int read_back(uintptr_t a, uintptr_t b, uintptr_t c);
static int crc(uintptr_t a, uintptr_t b, uintptr_t c);
static int describe(uintptr_t a, uintptr_t b, uintptr_t c);

/* By static function pointers in data: a tool that loses their Thumb bit makes a loader that faults. */
static int (*const handlers[OFL_NXFLAT_NUM_OPS])(uintptr_t a, uintptr_t b, uintptr_t c) = {
	[OFL_NXFLAT_INIT] = init,
	[OFL_NXFLAT_UNINIT] = uninit,
	[OFL_NXFLAT_ERASE_SECTOR] = erase_sector,
	[OFL_NXFLAT_ERASE_CHIP] = erase_chip,
	[OFL_NXFLAT_PROGRAM] = program,
	[OFL_NXFLAT_READ] = read_back,
	[OFL_NXFLAT_CRC] = crc,
	[OFL_NXFLAT_DESCRIBE] = describe,
};

static int init(uintptr_t a, uintptr_t b, uintptr_t c)
{
	(void)a;
	(void)b;
#ifdef WITH_IMPORTS
	/* Proves that imports are bound: the firmware adds up, and its text is not empty. */
	if (host_sum(1, 2, 3, 4) != 4321 || host_length(descriptor.name) == 0)
		return -2;
#endif
	return loader_open((enum loader_operation)c) ? 0 : -1;
}

static int uninit(uintptr_t a, uintptr_t b, uintptr_t c)
{
	(void)a;
	(void)b;
	(void)c;
	loader_close();
	return 0;
}

static int erase_sector(uintptr_t a, uintptr_t b, uintptr_t c)
{
	(void)b;
	return c == 1 && loader_erase_sector(a) ? 0 : -1;
}

static int erase_chip(uintptr_t a, uintptr_t b, uintptr_t c)
{
	(void)a;
	(void)b;
	(void)c;
	return loader_erase_chip() ? 0 : -1;
}

static int program(uintptr_t a, uintptr_t b, uintptr_t c)
{
	return b <= DEVICE_PAGE_BYTES && loader_program(a, b, (const uint8_t *)c) ? 0 : -1;
}

static int read_back(uintptr_t a, uintptr_t b, uintptr_t c)
{
	return loader_read(a, b, (uint8_t *)c) ? 0 : -1;
}

static int read_for_crc(uint32_t address, uint32_t length, uint8_t *data)
{
	return loader_read(address, length, data) ? (int)length : -1;
}

static int crc(uintptr_t a, uintptr_t b, uintptr_t c)
{
	return (int)loader_crc(a, b, c, 0xedb88320, read_for_crc);
}

static int describe(uintptr_t a, uintptr_t b, uintptr_t c)
{
	struct ofl_nxflat_found *found = (struct ofl_nxflat_found *)a;
	uint32_t offset = 0;

	(void)c;
	if (b < sizeof(*found))
		return -1;
	found->num_regions = descriptor.num_regions;
	for (uint32_t n = 0; n < descriptor.num_regions; n++) {
		found->region[n].offset_bytes = offset;
		found->region[n].sector_bytes = descriptor.region[n].sector_bytes;
		found->region[n].count = descriptor.region[n].count;
		offset += descriptor.region[n].sector_bytes * descriptor.region[n].count;
	}
	return 0;
}

int main(int op, uintptr_t a, uintptr_t b, uintptr_t c);

int main(int op, uintptr_t a, uintptr_t b, uintptr_t c)
{
	if (op <= 0 || op >= OFL_NXFLAT_NUM_OPS || !handlers[op])
		return -1;
	return handlers[op](a, b, c);
}
