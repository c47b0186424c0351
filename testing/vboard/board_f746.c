// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32F746G discovery board. Addresses: RM0385 sections 2.2 and 3.3; pins: UM1907 (the board's manual), the same
 * that OpenOCD's board file sets up.
 */

#include "board_f746.h"

#include <string.h>

#define HCLK_HZ			192000000u	/* as the board file's reset-init event has it */

#define SYSTEM_BASE		0x1ff0f000u	/* one-time programmable area, unique id, flash size */
#define SYSTEM_BYTES		4096u
#define UNIQUE_ID_OFFSET	0x420u
#define FLASH_SIZE_OFFSET	0x442u
#define FLASH_SIZE_KIB		1024u

#define RCC_AHB3ENR		0x38u
#define RCC_AHB3ENR_QSPIEN	(1u << 1)

#define PORT_B	1
#define PORT_D	3
#define PORT_E	4

int board_f746_add_system_memory(struct board *board)
{
	static const uint8_t unique_id[12] = { 0x2a, 0x00, 0x31, 0x00, 0x0f, 0x51, 0x36, 0x33, 0x34, 0x37, 0x30, 0x34 };
	uint8_t *bytes;

	if (bus_add_ram(&board->bus, "system memory", SYSTEM_BASE, SYSTEM_BYTES))
		return -1;
	bytes = bus_ram_pointer(&board->bus, SYSTEM_BASE, SYSTEM_BYTES);
	if (!bytes)
		return -1;
	memset(bytes, 0xff, SYSTEM_BYTES);
	memcpy(bytes + UNIQUE_ID_OFFSET, unique_id, sizeof(unique_id));
	bytes[FLASH_SIZE_OFFSET] = (uint8_t)FLASH_SIZE_KIB;
	bytes[FLASH_SIZE_OFFSET + 1] = (uint8_t)(FLASH_SIZE_KIB >> 8);
	return bus_set_read_only(&board->bus, SYSTEM_BASE);
}

struct ctl_stm32_quadspi *board_f746_add_quadspi(struct board *board, const struct ctl_storage *rcc,
		struct ctl_gpio *const *port)
{
	const struct ctl_stm32_quadspi_config config = {
		.name = "QUADSPI",
		.base = BOARD_F746_QUADSPI_BASE,
		.mapped_base = BOARD_F746_MAPPED_BASE,
		.ahb_hz = HCLK_HZ,
		.fifo_bytes = 32,
		.gate = { rcc, RCC_AHB3ENR, RCC_AHB3ENR_QSPIEN },
		.pin = {
			[QUADSPI_CLK] = { port[PORT_B], 2, 9 },
			[QUADSPI_NCS] = { port[PORT_B], 6, 10 },
			[QUADSPI_IO0] = { port[PORT_D], 11, 9 },
			[QUADSPI_IO1] = { port[PORT_D], 12, 9 },
			[QUADSPI_IO2] = { port[PORT_E], 2, 9 },
			[QUADSPI_IO3] = { port[PORT_D], 13, 9 },
		},
	};

	return ctl_stm32_quadspi_new(&board->bus, &config, board->nor);
}
