/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * How an NXFLAT module is a flash loader: what its main() is called with, and what it says of its flash. For those who
 * write one, and for the driver. doc/nxflat-loader.txt says the same in prose, and why.
 *
 *	struct ofl_nxflat_descriptor OFL_NXFLAT_DESCRIPTOR descriptor = {
 *		OFL_NXFLAT_IDENTITY,
 *		.ops = OFL_NXFLAT_BASIC_OPS | 1 << OFL_NXFLAT_READ,
 *		.base = 0x90000000, .page_bytes = 256, .erased_byte = 0xff, .program_ms = 5, .erase_ms = 400,
 *		.name = "W25Q64JV on SPI2", .num_regions = 1, .region = { { 4096, 2048 } },
 *	};
 *
 *	int main(int op, uintptr_t a, uintptr_t b, uintptr_t c)
 */

#ifndef OPENOCD_LOADERS_FLASH_OFL_NXFLAT_LOADER_H
#define OPENOCD_LOADERS_FLASH_OFL_NXFLAT_LOADER_H

#include <stddef.h>
#include <stdint.h>

/* main()'s first argument. It returns 0 when done, unless something else is said. Addresses are absolute. */
enum ofl_nxflat_op {
	OFL_NXFLAT_INIT = 1,	/* (base, core clock in Hz or 0, enum ofl_nxflat_purpose) */
	OFL_NXFLAT_UNINIT = 2,	/* (enum ofl_nxflat_purpose) */
	OFL_NXFLAT_ERASE_SECTOR = 3,	/* (address, number of the sector, 1) */
	OFL_NXFLAT_ERASE_CHIP = 4,	/* () */
	OFL_NXFLAT_PROGRAM = 5,	/* (address, bytes, data) */
	OFL_NXFLAT_READ = 6,	/* (address, bytes, buffer) */
	OFL_NXFLAT_VERIFY = 7,	/* (address, bytes, data): returns address + bytes, else the address that differs */
	OFL_NXFLAT_BLANK_CHECK = 8,	/* (address, bytes, erased byte): 0 blank, above 0 not, below 0 cannot tell */
	OFL_NXFLAT_CRC = 9,	/* (start, address, bytes): CRC-32, reflected, EDB88320, without inversion */
	OFL_NXFLAT_DESCRIBE = 10,	/* (buffer, bytes): fills struct ofl_nxflat_found; below 0: cannot */
	OFL_NXFLAT_NUM_OPS
};

#define OFL_NXFLAT_BASIC_OPS	(1 << OFL_NXFLAT_INIT | 1 << OFL_NXFLAT_UNINIT | 1 << OFL_NXFLAT_ERASE_SECTOR | \
	1 << OFL_NXFLAT_PROGRAM)

/* CMSIS-Pack's numbers. */
enum ofl_nxflat_purpose {
	OFL_NXFLAT_TO_ERASE = 1,
	OFL_NXFLAT_TO_PROGRAM = 2,
	OFL_NXFLAT_TO_READ = 3,
};

/* descriptor.flags */
#define OFL_NXFLAT_MAPPED	1u	/* after INIT the flash is read like memory, at its addresses */
#define OFL_NXFLAT_MANY_PAGES	2u	/* PROGRAM takes several pages in a call */

#define OFL_NXFLAT_MAGIC_BYTES	16
#define OFL_NXFLAT_MAGIC	{ 'o', 'f', 'l', '-', 'n', 'x', 'f', 'l', 'a', 't', 0x1a, 0xe5, 0x5e, 0xa1, 0xc0, 0xde }
#define OFL_NXFLAT_VERSION	1
#define OFL_NXFLAT_NAME_BYTES	64
/* Of a descriptor; a module may have less, and may give more room than it uses. */
#define OFL_NXFLAT_MAX_REGIONS	64
#ifndef OFL_NXFLAT_REGIONS
#define OFL_NXFLAT_REGIONS	8
#endif

struct ofl_nxflat_region {
	uint32_t sector_bytes, count;
};

/*
 * Somewhere in the module's initialised data, on a word, once. All words little-endian; no pointers, so that nothing in
 * it is relocated.
 */
struct ofl_nxflat_descriptor {
	uint8_t magic[OFL_NXFLAT_MAGIC_BYTES];
	uint32_t version;
	uint32_t ops;		/* 1 << enum ofl_nxflat_op */
	uint32_t flags;		/* OFL_NXFLAT_... */
	uint32_t cpu_arch;	/* Tag_CPU_arch of the Arm EABI; 0: not said */
	uint32_t base;		/* of the flash, in the addresses that main() gets */
	uint32_t page_bytes;	/* most bytes of one PROGRAM, unless OFL_NXFLAT_MANY_PAGES */
	uint32_t program_unit_bytes;	/* addresses and lengths of PROGRAM are multiples of it; 0: of a page */
	uint32_t erased_byte;
	uint32_t program_ms;	/* most for a page, 0: not said */
	uint32_t erase_ms;	/* most for a sector, 0: not said */
	char name[OFL_NXFLAT_NAME_BYTES];
	uint32_t num_regions;
	struct ofl_nxflat_region region[OFL_NXFLAT_REGIONS];	/* from `base`, without gaps */
};

/* What DESCRIBE found in place of the regions: a part that the module can tell by its id, for example. */
#define OFL_NXFLAT_MAX_FOUND	7

struct ofl_nxflat_found {
	uint32_t reserved[3];	/* 0 */
	uint32_t num_regions;
	struct {
		uint32_t offset_bytes, sector_bytes, count;
	} region[OFL_NXFLAT_MAX_FOUND];
};

/* Tag_CPU_arch: "Addenda to, and Errata in, the ABI for the Arm Architecture", IHI 0045. */
#if defined(__ARM_ARCH_6M__)
#define OFL_NXFLAT_CPU_ARCH	12
#elif defined(__ARM_ARCH_7M__)
#define OFL_NXFLAT_CPU_ARCH	10
#elif defined(__ARM_ARCH_7EM__)
#define OFL_NXFLAT_CPU_ARCH	13
#elif defined(__ARM_ARCH_8M_BASE__)
#define OFL_NXFLAT_CPU_ARCH	16
#elif defined(__ARM_ARCH_8M_MAIN__)
#define OFL_NXFLAT_CPU_ARCH	17
#else
#define OFL_NXFLAT_CPU_ARCH	0
#endif

#define OFL_NXFLAT_IDENTITY \
	.magic = OFL_NXFLAT_MAGIC, .version = OFL_NXFLAT_VERSION, .cpu_arch = OFL_NXFLAT_CPU_ARCH
/* Nobody refers to it, and it must be in D-Space, not among the constants. */
#define OFL_NXFLAT_DESCRIPTOR	__attribute__((used, section(".data.ofl_nxflat"), aligned(4)))

_Static_assert(offsetof(struct ofl_nxflat_descriptor, version) == 16, "ofl_nxflat_descriptor");
_Static_assert(offsetof(struct ofl_nxflat_descriptor, name) == 56, "ofl_nxflat_descriptor");
_Static_assert(offsetof(struct ofl_nxflat_descriptor, region) == 124, "ofl_nxflat_descriptor");
_Static_assert(sizeof(struct ofl_nxflat_found) == 4 * (4 + 3 * OFL_NXFLAT_MAX_FOUND), "ofl_nxflat_found");

#endif /* OPENOCD_LOADERS_FLASH_OFL_NXFLAT_LOADER_H */
