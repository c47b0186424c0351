// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Emcraft's SmartFusion2 System-on-Module as qemu-system-arm -M emcraft-sf2 has it: M2S010 with 256 KiB eNVM and 64 KiB
 * eSRAM, 64 MiB DDR, an S25FL128S at slave select 0 of SPI_0. Addresses: UG0331 SmartFusion2 Microcontroller Subsystem
 * User Guide (AHB bus matrix, memory map); peripherals from UART_0 to the end of SYSREG and MAC.
 */

#include "board_emcraft.h"

#include "core/core_gdb.h"

#include <stdio.h>

#define ESRAM_BASE	0x20000000u
#define ESRAM_BYTES	0x10000u
#define ENVM_BYTES	0x40000u

static const struct core_gdb_region regions[] = {
	{ "eSRAM", ESRAM_BASE, ESRAM_BYTES, CORE_GDB_RAM },
	{ "DDR", 0xa0000000, 0x04000000, CORE_GDB_RAM },
	{ "eNVM", 0x60000000, ENVM_BYTES, CORE_GDB_ROM },
	{ "boot", 0x00000000, ENVM_BYTES, CORE_GDB_ROM },	/* eNVM a second time */
	{ "peripherals", 0x40000000, 0x00050000, CORE_GDB_PERIPHERAL },
};

int board_emcraft_build(struct board *board, const struct board_options *options)
{
	const struct core_gdb_config config = {
		.port = options->gdb_port,
		.region = regions,
		.num_regions = sizeof(regions) / sizeof(regions[0]),
		.scratch = ESRAM_BASE + ESRAM_BYTES - CORE_GDB_SCRATCH_BYTES,
		.fpb_comparators = 6,
	};

	if (!options->gdb_port) {
		fprintf(stderr, "vboard: board emcraft-sf2 needs --backend gdb:PORT, and before that "
			"qemu-system-arm -M emcraft-sf2 -display none -S -gdb tcp:127.0.0.1:PORT\n");
		return -1;
	}
	board->ram_base = ESRAM_BASE;
	board->ram_bytes = ESRAM_BYTES;
	board->core = core_gdb_new(&board->bus, &config);
	return board->core ? 0 : -1;
}
