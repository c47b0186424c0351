/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What board.c builds a board from: a row for each of board_infos[]. */

#ifndef OFL_VBOARD_BOARD_TABLE_H
#define OFL_VBOARD_BOARD_TABLE_H

#include "board.h"
#include "ctl/ctl.h"

#define BOARD_MAX_PORTS		11
#define BOARD_MAX_STORAGES	3
#define BOARD_MAX_SETUP		24

#define NO_SECOND_CHIP	-1

#define F4_FLASH	0x40023c00u	/* RM0090 section 2.3 */

struct storage_definition {
	const char *name;
	uint32_t base, size;
	uint32_t reset_values[7];
};

/* What the members of a family have in common. */
struct family {
	enum ctl_rcc_family rcc;
	uint32_t gpio_base;
	bool gpio_has_brr;
	uint32_t gpio_enable_offset, gpio_reset_offset;	/* in RCC */
	unsigned int gpio_first_bit;
	unsigned int num_ports;
	struct {
		uint32_t moder, ospeedr, pupdr;
	} port[BOARD_MAX_PORTS];	/* reset values of ports A, B, C ... */
	uint32_t boot_base;	/* where the flash is seen a second time, and the vectors are read */
	struct storage_definition storage[BOARD_MAX_STORAGES];
};

struct spi_definition {
	const char *name;
	uint32_t base;		/* 0: the board bit-bangs */
	enum ctl_stm32_spi_variant variant;
	uint32_t pclk_hz;
	uint32_t enable_offset, reset_offset, rcc_mask;
	int alternate_function;
};

/* Bits of a register cleared, then set, as mmw does. */
struct setup_step {
	uint32_t address, clear, set;
};

struct board_definition {
	const struct family *family;
	struct core_config core;
	uint32_t ram_base;		/* 0: 20000000h */
	uint32_t ram_bytes, rom_bytes;
	uint32_t flash_base;		/* an STM32F4's flash registers, instead of what `family` has there; 0: a ROM */
	struct spi_definition spi;
	bool is_h503;			/* SPI1 is board_h503.c's */
	bool is_rp2040;			/* all peripherals are board_rp2040.c's; no pins below */
	bool is_f746_disco;		/* QUADSPI and what else board_f746.c has; no pins below */
	bool is_n655;			/* all peripherals are in board_n655.c; no pins below */
	unsigned int port;		/* 0: A ... of all pins of the flash */
	unsigned int cs_pin, sck_pin, miso_pin, mosi_pin;
	int cs2_pin;			/* -1: one chip only */
	bool is_f429_disco;		/* with what board_f429.c adds, and without external flash */
	bool is_emcraft;		/* all that board_emcraft.c has, and nothing of this file; `core` says the debug port */
	struct setup_step setup[BOARD_MAX_SETUP];
};

/* In the order of board_infos[]. */
extern const struct board_definition board_definitions[];

#endif /* OFL_VBOARD_BOARD_TABLE_H */
