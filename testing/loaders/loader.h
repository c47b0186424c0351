/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What all formats of test loaders share: the format's functions (flm.c, open.c, segger.c, stldr.c) translate arguments
 * and results, loader.c knows addresses, state and twins, device_*.c knows the flash.
 *
 * Names of the formats are given by assembler labels, because they are not names that this project would choose.
 */

#ifndef OFL_TEST_LOADERS_LOADER_H
#define OFL_TEST_LOADERS_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOADER_SYMBOL(name)	__asm__(name)
#ifndef ENTRY_SECTION
#define ENTRY_SECTION	".text.entry"
#endif
#define LOADER_ENTRY(name)	__asm__(name) __attribute__((used, section(ENTRY_SECTION)))

/* What is not called by a host is hidden, so that a position-independent loader reaches it without a GOT. */
#pragma GCC visibility push(hidden)

#define LOADER_CHUNK_BYTES	64u

/* Initialised data: a host that does not load it makes the loader work at wrong addresses. */
struct loader_data {
	uint32_t address_mask;
	uint32_t device_bytes;
};

/* Zero-initialised data: a host that does not clear it makes the loader work at wrong addresses. */
struct loader_zero {
	uint32_t bias;		/* never written */
	uint32_t operation;	/* enum loader_operation */
	uint8_t chunk[LOADER_CHUNK_BYTES];
};

#ifdef STATE_IN_R9
/* RWPI as armcc makes it: r9 points to PrgData, zero-initialised data follows the initialised. flm.ld checks that. */
register const struct loader_data *loader_state __asm__("r9");
#define LOADER_DATA	(loader_state)
#define LOADER_ZERO	((struct loader_zero *)(uintptr_t)(loader_state + 1))
#else
extern struct loader_data loader_data;
extern struct loader_zero loader_zero;
#define LOADER_DATA	(&loader_data)
#define LOADER_ZERO	(&loader_zero)
#endif

/* FLM's numbers. */
enum loader_operation {
	OPERATION_NONE,
	OPERATION_ERASE,
	OPERATION_PROGRAM,
	OPERATION_VERIFY,
	OPERATION_ANY,
};

/* Addresses are the host's. All return false for an address outside the device, and when the flash fails. */
bool loader_open(enum loader_operation operation);
void loader_close(void);
uint32_t loader_sector_bytes(uint32_t address);	/* 0: outside */
bool loader_erase_sector(uint32_t address);
bool loader_erase_chip(void);
bool loader_program(uint32_t address, uint32_t length, const uint8_t *data);
bool loader_read(uint32_t address, uint32_t length, uint8_t *data);

/* True: as expected. Else `*address` is the first that differs. `data` NULL: all bytes are `value`. */
bool loader_compare(uint32_t *address, uint32_t length, const uint8_t *data, uint8_t value);
/* Reflected, no inversion at either end: zlib's crc32 is ~crc(FFFFFFFF, ..., EDB88320). */
uint32_t loader_crc(uint32_t crc, uint32_t address, uint32_t length, uint32_t polynomial,
		int (*read)(uint32_t address, uint32_t length, uint8_t *data));

static inline volatile uint32_t *reg32(uint32_t address)
{
	return (volatile uint32_t *)(uintptr_t)address;
}

#pragma GCC visibility pop

#endif /* OFL_TEST_LOADERS_LOADER_H */
