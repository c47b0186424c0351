// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The boards. Memory maps and register addresses: RM0360 rev 4 (STM32F030), RM0454 rev 5 (STM32G070), RM0090 rev 19
 * (STM32F429), RM0385 (STM32F746), RM0492 (STM32H503); board_rp2040.c and board_n655.c have the RP2040's and the
 * STM32N655's. Ids of the debug ports and AP ids as OpenOCD's tests and target files know them. The parts of F0 and
 * G0 and the RP2040 have only SWD in silicon; here they have a JTAG-DP too, because remote_bitbang of OpenOCD 0.12.0
 * speaks JTAG.
 */

#include "board.h"

#include "board_app.h"
#include "board_emcraft.h"
#include "board_f429.h"
#include "board_f746.h"
#include "board_h503.h"
#include "board_n655.h"
#include "board_rp2040.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAM_BASE	0x20000000u
#define KIB		1024u

#define MAX_PORTS	11
#define MAX_STORAGES	3
#define MAX_SETUP	24

#define SECOND_FLASH_PART	"w25q64jv"

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
	} port[MAX_PORTS];	/* reset values of ports A, B, C ... */
	uint32_t boot_base;	/* where the flash is seen a second time, and the vectors are read */
	struct storage_definition storage[MAX_STORAGES];
};

static const struct family stm32f0 = {
	.rcc = RCC_STM32F0,
	.gpio_base = 0x48000000,	/* RM0360 section 2.2.2 */
	.gpio_has_brr = true,
	.gpio_enable_offset = 0x14,	/* AHBENR */
	.gpio_reset_offset = 0x28,	/* AHBRSTR */
	.gpio_first_bit = 17,
	.num_ports = 3,
	.port = { { 0x28000000, 0x0c000000, 0x24000000 } },	/* section 8.4: PA13 and PA14 are SWD */
	.storage = {
		{ "FLASH", 0x40022000, 0x400, { [0] = 0x00000030, [4] = 0x00000080 } },	/* ACR, CR: section 3.5 */
		{ "PWR", 0x40007000, 0x400, { 0 } },
		{ "DBGMCU", 0x40015800, 0x400, { 0x20006440 } },	/* IDCODE: F030x8 */
	},
};

static const struct family stm32g0 = {
	.rcc = RCC_STM32G0,
	.gpio_base = 0x50000000,	/* RM0454 section 2.2 */
	.gpio_has_brr = true,
	.gpio_enable_offset = 0x34,	/* IOPENR */
	.gpio_reset_offset = 0x24,	/* IOPRSTR */
	.gpio_first_bit = 0,
	.num_ports = 3,
	.port = { { 0xebffffff, 0x0c000000, 0x24000000 }, { 0xffffffff, 0, 0 }, { 0xffffffff, 0, 0 } },
	.storage = {
		{ "FLASH", 0x40022000, 0x400, { [0] = 0x00040600 } },	/* ACR: section 3.7.1 */
		{ "PWR", 0x40007000, 0x400, { [0] = 0x00000208 } },	/* CR1 */
		{ "DBG", 0x40015800, 0x400, { 0x20006460 } },
	},
};

static const struct family stm32f4 = {
	.rcc = RCC_STM32F4,
	.gpio_base = 0x40020000,	/* RM0090 section 2.3 */
	.gpio_has_brr = false,
	.gpio_enable_offset = 0x30,	/* AHB1ENR */
	.gpio_reset_offset = 0x10,	/* AHB1RSTR */
	.gpio_first_bit = 0,
	.num_ports = 3,
	.port = { { 0xa8000000, 0x0c000000, 0x64000000 }, { 0x00000280, 0x000000c0, 0x00000100 } },
	.storage = {
		{ "FLASH", F4_FLASH, 0x400, { [4] = 0x80000000, [5] = 0x0fffaaed } },	/* CR, OPTCR */
		{ "PWR", 0x40007000, 0x400, { [0] = 0x0000c000 } },	/* CR: section 5.5 */
		{ "DBGMCU", 0xe0042000, 0x400, { 0x20036419 } },	/* IDCODE: section 38.6.1 */
	},
};

static const struct family stm32f7 = {
	.rcc = RCC_STM32F7,
	.gpio_base = 0x40020000,	/* RM0385 section 2.2.2 */
	.gpio_has_brr = false,
	.gpio_enable_offset = 0x30,	/* AHB1ENR */
	.gpio_reset_offset = 0x10,	/* AHB1RSTR */
	.gpio_first_bit = 0,
	.num_ports = 11,
	.port = { { 0xa8000000, 0x0c000000, 0x64000000 }, { 0x00000280, 0x000000c0, 0x00000100 } },
	.boot_base = 0x00200000,	/* the flash on the ITCM bus, BOOT_ADD0's default */
	.storage = {
		/* CR, OPTCR, OPTCR1: sections 3.7.5 to 3.7.7 */
		{ "FLASH", 0x40023c00, 0x400, { [4] = 0x80000000, [5] = 0xc0ffaafd, [6] = 0x00400080 } },
		{ "PWR", 0x40007000, 0x400, { [0] = 0x0000c000 } },	/* CR1: section 4.4.1 */
		{ "DBGMCU", 0xe0042000, 0x400, { 0x10016449 } },	/* IDCODE: section 40.6.1, revision Z */
	},
};

static const struct family stm32h5 = {
	.rcc = RCC_STM32H503,
	.gpio_base = 0x42020000,	/* RM0492, the memory map */
	.gpio_has_brr = true,
	.gpio_enable_offset = 0x8c,	/* AHB2ENR */
	.gpio_reset_offset = 0x64,	/* AHB2RSTR */
	.gpio_first_bit = 0,
	.num_ports = 4,
	.port = { { 0xabffffff, 0x0c000000, 0x64000000 }, { 0xfffffebf, 0x000000c0, 0x00000100 }, { 0xffffffff, 0, 0 },
		{ 0xffffffff, 0, 0 } },
	.storage = {
		{ "FLASH", 0x40022000, 0x400, { [0] = 0x00000013 } },	/* ACR */
		{ "PWR", 0x44020800, 0x400, { 0 } },
		{ "DBGMCU", 0x44024000, 0x400, { 0x10006474 } },	/* IDCODE */
	},
};

/* Its peripherals are board_rp2040.c's. */
static const struct family rp2040 = { .num_ports = 0 };

/* The rest is in board_n655.c. */
static const struct family stm32n6 = {
	.boot_base = BOARD_N655_ROM_BASE,	/* the boot ROM's secure address; BOARD_ROM_BASE is the other */
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
	uint32_t ram_base;		/* 0: RAM_BASE */
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
	struct setup_step setup[MAX_SETUP];
};

#define NO_SECOND_CHIP	-1

const struct board_info board_infos[] = {
	{ "stm32f030-w25q128", "Cortex-M0 48 MHz, 8 KiB RAM; W25Q128JV on SPI1 (FIFO), CS PA4", "w25q128jv" },
	{ "stm32g070-w25q64", "Cortex-M0+ 64 MHz, 36 KiB RAM; W25Q64JV on SPI2 (FIFO), CS PB12", "w25q64jv" },
	{ "stm32f4-gpio", "Cortex-M4 168 MHz, 192 KiB RAM; W25Q128JV (CS PB12) and W25Q64JV (CS PB11) bit-banged",
		"w25q128jv" },
	{ "stm32f4-mx25", "Cortex-M4 168 MHz, 192 KiB RAM; MX25L128 on SPI1 (no FIFO), CS PA4", "mx25l128" },
	{ "stm32f746g-disco", "Cortex-M7 192 MHz, 320 KiB RAM; N25Q128A on QUADSPI, mapped at 90000000h", "n25q128a" },
	{ "stm32f429i-disco", "Cortex-M4 168 MHz, 192 KiB RAM, 64 KiB CCM, 8 MiB SDRAM, USART1; 2 MiB internal flash only",
		NULL },
	{ "stm32h5-w25q64", "Cortex-M33 64 MHz, 32 KiB RAM (STM32H503); W25Q64JV on SPI1 (version 3), CS PA4", "w25q64jv" },
	{ "rp2040-spi", "Cortex-M0+ 125 MHz, 264 KiB RAM; W25Q32 on SPI0 (PL022), CS GPIO17", "w25q32" },
	{ "stm32n655-s25fl064l", "Cortex-M33 64 MHz for an M55, 2 MiB RAM; S25FL064L on XSPI2, mapped at 70000000h",
		"s25fl064l" },
	{ "test-m3-w25q128", "Cortex-M3 72 MHz, 20 KiB RAM, pins and clocks of an STM32F4; W25Q128JV on SPI1 (no FIFO)",
		"w25q128jv" },
	{ "test-m33-w25q128", "Cortex-M33 64 MHz, 64 KiB RAM, pins and clocks of an STM32F4; W25Q128JV on SPI1 (FIFO)",
		"w25q128jv" },
	{ "emcraft-sf2", "Cortex-M3 of QEMU (--backend gdb:PORT), 64 KiB RAM; QEMU's s25sl12801 on MSS SPI 0", NULL },
};

const unsigned int board_num_infos = sizeof(board_infos) / sizeof(board_infos[0]);

/* PA4 high, then PA4 output and PA5..PA7 alternate function 5, fast; SPI1 clock; BR = 001: pclk / 4 */
#define F4_SPI1_SETUP { \
	{ 0x40023830, 0, 0x00000001 },		/* RCC_AHB1ENR.GPIOAEN */ \
	{ 0x40023844, 0, 0x00001000 },		/* RCC_APB2ENR.SPI1EN */ \
	{ 0x40020018, 0, 0x00000010 },		/* GPIOA_BSRR */ \
	{ 0x40020020, 0xfff00000, 0x55500000 },	/* GPIOA_AFRL */ \
	{ 0x40020008, 0x0000ff00, 0x0000aa00 },	/* GPIOA_OSPEEDR */ \
	{ 0x40020000, 0x0000ff00, 0x0000a900 },	/* GPIOA_MODER */ \
	{ 0x40013000, 0x00000038, 0x00000008 },	/* SPI1_CR1.BR */ \
}

/* In the order of board_infos[]. */
static const struct board_definition definitions[] = {
	{
		.family = &stm32f0,
		.core = { .type = CORE_M0, .clock_hz = 48000000, .fpb_comparators = 4, .dwt_comparators = 2 },
		.ram_bytes = 8 * KIB,
		.rom_bytes = 64 * KIB,
		.spi = { "SPI1", 0x40013000, STM32_SPI_V1_5, 48000000, 0x18, 0x0c, 1u << 12, 0 },
		.port = 0, .cs_pin = 4, .sck_pin = 5, .miso_pin = 6, .mosi_pin = 7, .cs2_pin = NO_SECOND_CHIP,
		.setup = {
			{ 0x40021014, 0, 0x00020000 },		/* RCC_AHBENR.IOPAEN */
			{ 0x40021018, 0, 0x00001000 },		/* RCC_APB2ENR.SPI1EN */
			{ 0x48000018, 0, 0x00000010 },		/* GPIOA_BSRR: CS high */
			{ 0x48000020, 0xfff00000, 0 },		/* GPIOA_AFRL: PA5..PA7 AF0 */
			{ 0x48000008, 0x0000ff00, 0x0000ff00 },	/* GPIOA_OSPEEDR */
			{ 0x48000000, 0x0000ff00, 0x0000a900 },	/* GPIOA_MODER */
			{ 0x40013000, 0x00000038, 0x00000008 },	/* SPI1_CR1.BR = 001: 12 MHz */
		},
	},
	{
		.family = &stm32g0,
		.core = { .type = CORE_M0PLUS, .clock_hz = 64000000, .mpu_regions = 8, .fpb_comparators = 4,
			.dwt_comparators = 2 },
		.ram_bytes = 36 * KIB,
		.rom_bytes = 128 * KIB,
		.spi = { "SPI2", 0x40003800, STM32_SPI_V1_5, 64000000, 0x3c, 0x2c, 1u << 14, 0 },
		.port = 1, .cs_pin = 12, .sck_pin = 13, .miso_pin = 14, .mosi_pin = 15, .cs2_pin = NO_SECOND_CHIP,
		.setup = {
			{ 0x40021034, 0, 0x00000002 },		/* RCC_IOPENR.GPIOBEN */
			{ 0x4002103c, 0, 0x00004000 },		/* RCC_APBENR1.SPI2EN */
			{ 0x50000418, 0, 0x00001000 },		/* GPIOB_BSRR: CS high */
			{ 0x50000424, 0xfff00000, 0 },		/* GPIOB_AFRH: PB13..PB15 AF0 */
			{ 0x50000408, 0xff000000, 0xff000000 },	/* GPIOB_OSPEEDR */
			{ 0x50000400, 0xff000000, 0xa9000000 },	/* GPIOB_MODER */
			{ 0x40003800, 0x00000038, 0x00000000 },	/* SPI2_CR1.BR = 000: 32 MHz */
		},
	},
	{
		.family = &stm32f4,
		.core = { .type = CORE_M4, .clock_hz = 168000000, .mpu_regions = 8, .fpb_comparators = 6,
			.dwt_comparators = 4 },
		.ram_bytes = 192 * KIB,
		.rom_bytes = 2048 * KIB,
		.flash_base = F4_FLASH,
		.port = 1, .cs_pin = 12, .sck_pin = 13, .miso_pin = 14, .mosi_pin = 15, .cs2_pin = 11,
		.setup = {
			{ 0x40023830, 0, 0x00000002 },		/* RCC_AHB1ENR.GPIOBEN */
			{ 0x40020418, 0, 0x20001800 },		/* GPIOB_BSRR: both CS high, SCK low */
			{ 0x40020408, 0xffc00000, 0xaa800000 },	/* GPIOB_OSPEEDR */
			{ 0x40020400, 0xffc00000, 0x45400000 },	/* GPIOB_MODER: PB11, 12, 13, 15 output, PB14 input */
		},
	},
	{
		.family = &stm32f4,
		.core = { .type = CORE_M4, .clock_hz = 168000000, .mpu_regions = 8, .fpb_comparators = 6,
			.dwt_comparators = 4 },
		.ram_bytes = 192 * KIB,
		.rom_bytes = 2048 * KIB,
		.flash_base = F4_FLASH,
		.spi = { "SPI1", 0x40013000, STM32_SPI_V1, 84000000, 0x44, 0x24, 1u << 12, 5 },
		.port = 0, .cs_pin = 4, .sck_pin = 5, .miso_pin = 6, .mosi_pin = 7, .cs2_pin = NO_SECOND_CHIP,
		.setup = F4_SPI1_SETUP,
	},
	{
		.family = &stm32f7,
		.core = { .type = CORE_M7, .clock_hz = 192000000, .vector_table = 0x00200000, .mpu_regions = 8,
			.fpb_comparators = 8, .dwt_comparators = 4 },
		.ram_bytes = 320 * KIB,
		.rom_bytes = 1024 * KIB,
		.is_f746_disco = true,
		.cs2_pin = NO_SECOND_CHIP,
		.setup = {
			{ 0x40023830, 0, 0x000007ff },		/* RCC_AHB1ENR: all ports */
			{ 0x40023838, 0, 0x00000002 },		/* RCC_AHB3ENR.QSPIEN */
			{ 0x40020400, 0x00003030, 0x00002020 },	/* GPIOB_MODER: PB2, PB6 alternate */
			{ 0x40020408, 0x00003030, 0x00003030 },	/* GPIOB_OSPEEDR */
			{ 0x40020420, 0x0f000f00, 0x0a000900 },	/* GPIOB_AFRL: PB2 AF9, PB6 AF10 */
			{ 0x40020c00, 0x0fc00000, 0x0a800000 },	/* GPIOD_MODER: PD11..PD13 alternate */
			{ 0x40020c08, 0x0fc00000, 0x0fc00000 },	/* GPIOD_OSPEEDR */
			{ 0x40020c24, 0x00fff000, 0x00999000 },	/* GPIOD_AFRH: AF9 */
			{ 0x40021000, 0x00000030, 0x00000020 },	/* GPIOE_MODER: PE2 alternate */
			{ 0x40021008, 0x00000030, 0x00000030 },	/* GPIOE_OSPEEDR */
			{ 0x40021020, 0x00000f00, 0x00000900 },	/* GPIOE_AFRL: PE2 AF9 */
			{ 0xa0001030, 0xffffffff, 0x00001000 },	/* QUADSPI_LPTR */
			{ 0xa0001000, 0xffffffff, 0x03500008 },	/* QUADSPI_CR: PRESCALER = 3 (48 MHz), APMS, TOIE, TCEN */
			{ 0xa0001004, 0xffffffff, 0x00170100 },	/* QUADSPI_DCR: 16 MiB, CSHT = 1 */
			{ 0xa0001000, 0, 0x00000001 },		/* QUADSPI_CR.EN */
			{ 0xa0001014, 0xffffffff, 0x0d002503 },	/* QUADSPI_CCR: memory-mapped, READ with 3 address bytes */
		},
	},
	{
		.family = &stm32f4,
		/* PM0214 section 4.5.4: the reference clock is HCLK / 8, and 18750 of its periods are 1 ms at 150 MHz */
		.core = { .type = CORE_M4, .clock_hz = 168000000, .mpu_regions = 8, .fpb_comparators = 6,
			.dwt_comparators = 4, .systick_divider = 8, .systick_calib = 0x40000000 | 18750 },
		.ram_bytes = 192 * KIB,
		.rom_bytes = 2048 * KIB,
		.flash_base = F4_FLASH,
		.is_f429_disco = true,
	},
	{
		.family = &stm32h5,
		.core = { .type = CORE_M33, .clock_hz = 64000000, .vector_table = BOARD_ROM_BASE, .mpu_regions = 8,
			.fpb_comparators = 8, .dwt_comparators = 4 },
		.ram_bytes = 32 * KIB,
		.rom_bytes = 128 * KIB,
		.is_h503 = true,
		.port = 0, .cs_pin = 4, .sck_pin = 5, .miso_pin = 6, .mosi_pin = 7, .cs2_pin = NO_SECOND_CHIP,
		.setup = {
			{ 0x44020c00, 0x00000018, 0 },		/* RCC_CR.HSIDIV = 1: 64 MHz */
			{ 0x44020ce0, 0x00000007, 0x00000004 },	/* RCC_CCIPR3.SPI1SEL = per_ck, HSI */
			{ 0x44020c8c, 0, 0x00000001 },		/* RCC_AHB2ENR.GPIOAEN */
			{ 0x44020ca4, 0, 0x00001000 },		/* RCC_APB2ENR.SPI1EN */
			{ 0x42020018, 0, 0x00000010 },		/* GPIOA_BSRR: CS high */
			{ 0x42020020, 0xfff00000, 0x55500000 },	/* GPIOA_AFRL: PA5..PA7 AF5 */
			{ 0x42020008, 0x0000ff00, 0x0000ff00 },	/* GPIOA_OSPEEDR */
			{ 0x42020000, 0x0000ff00, 0x0000a900 },	/* GPIOA_MODER */
			{ 0x40013008, 0x70000000, 0x00000000 },	/* SPI1_CFG1.MBR = 000: 32 MHz */
		},
	},
	{
		.family = &rp2040,
		.core = { .type = CORE_M0PLUS, .clock_hz = 125000000, .mpu_regions = 8, .fpb_comparators = 4,
			.dwt_comparators = 2 },
		.ram_bytes = 264 * KIB,
		.rom_bytes = 16 * KIB,
		.is_rp2040 = true,
		.cs2_pin = NO_SECOND_CHIP,
		.setup = {
			{ 0x4000c000, 0x00011120, 0 },		/* RESETS: SPI0, PLL_SYS, PADS_BANK0, IO_BANK0 */
			{ 0x4002400c, 0xffffffff, 0x0000002f },	/* XOSC_STARTUP: 1 ms */
			{ 0x40024000, 0xffffffff, 0x00fabaa0 },	/* XOSC_CTRL: on */
			{ 0x40008030, 0x00000003, 0x00000002 },	/* CLK_REF_CTRL.SRC: XOSC */
			{ 0x40028008, 0xffffffff, 0x0000007d },	/* PLL_SYS FBDIV = 125: 1500 MHz */
			{ 0x40028004, 0x00000021, 0 },		/* PLL_SYS PWR: PD, VCOPD off */
			{ 0x4002800c, 0xffffffff, 0x00062000 },	/* PLL_SYS PRIM: / 6 / 2 */
			{ 0x40028004, 0x00000008, 0 },		/* PLL_SYS PWR: POSTDIVPD off */
			{ 0x4000803c, 0x000000e1, 0x00000001 },	/* CLK_SYS_CTRL: PLL_SYS, 125 MHz */
			{ 0x40008048, 0x000000e0, 0x00000800 },	/* CLK_PERI_CTRL: clk_sys, ENABLE */
			{ 0xd0000014, 0, 0x00020000 },		/* SIO_GPIO_OUT_SET: CS high */
			{ 0xd0000024, 0, 0x00020000 },		/* SIO_GPIO_OE_SET: CS */
			{ 0x40014084, 0x0000001f, 0x00000001 },	/* IO_BANK0 GPIO16_CTRL.FUNCSEL: SPI0 RX */
			{ 0x4001408c, 0x0000001f, 0x00000005 },	/* GPIO17: SIO */
			{ 0x40014094, 0x0000001f, 0x00000001 },	/* GPIO18: SPI0 SCK */
			{ 0x4001409c, 0x0000001f, 0x00000001 },	/* GPIO19: SPI0 TX */
			{ 0x4003c010, 0xffffffff, 0x00000002 },	/* SSPCPSR: / 2 */
			{ 0x4003c000, 0xffffffff, 0x00000107 },	/* SSPCR0: SCR = 1: 31.25 MHz; 8 bits */
		},
	},
	{
		.family = &stm32n6,
		.core = { .type = CORE_M33, .clock_hz = 64000000, .vector_table = BOARD_N655_ROM_BASE, .mpu_regions = 8,
			.fpb_comparators = 8, .dwt_comparators = 4, .is_secure = true },
		.ram_base = BOARD_N655_RAM_BASE,
		.ram_bytes = 2048 * KIB,
		.rom_bytes = 128 * KIB,
		.is_n655 = true,
		.cs2_pin = NO_SECOND_CHIP,
		.setup = {
			{ 0x56028024, 0x00700000, 0 },		/* RCC_CFGR2: HPRE = / 1 */
			{ 0x56028a5c, 0, 0x00042000 },		/* RCC_AHB4ENSR: PWREN, GPIONEN */
			{ 0x56028a60, 0, 0x00003000 },		/* RCC_AHB5ENSR: XSPI2EN, XSPIMEN */
			{ 0x5602483c, 0, 0x00000200 },		/* PWR_SVMCR3.VDDIO3SV */
			{ 0x56023420, 0x0ffffff0, 0x09999990 },	/* GPION_AFRL: PN1..PN6 AF9 */
			{ 0x56023408, 0x00003ffc, 0x00002aa8 },	/* GPION_OSPEEDR */
			{ 0x56023400, 0x00003ffc, 0x00002aa8 },	/* GPION_MODER: alternate */
			{ 0x5802a000, 0xffffffff, 0x30000008 },	/* XSPI2_CR: memory-mapped, TCEN */
			{ 0x5802a130, 0xffffffff, 0x00001000 },	/* XSPI2_LPTR */
			{ 0x5802a008, 0xffffffff, 0x00160100 },	/* XSPI2_DCR1: Micron memory, 8 MiB, CSHT = 1 */
			{ 0x5802a00c, 0xffffffff, 0x00000001 },	/* XSPI2_DCR2: PRESCALER = 1, 32 MHz */
			{ 0x5802a100, 0xffffffff, 0x01002101 },	/* XSPI2_CCR: one line each, 3 address bytes */
			{ 0x5802a108, 0xffffffff, 0x00000000 },	/* XSPI2_TCR: no dummy cycles */
			{ 0x5802a110, 0xffffffff, 0x00000003 },	/* XSPI2_IR: READ */
			{ 0x5802a000, 0, 0x00000001 },		/* XSPI2_CR.EN */
		},
	},
	{
		/* Not a product: an STM32F103 has this core, this RAM and this SPI, but other pins (RM0008 section 9) */
		.family = &stm32f4,
		.core = { .type = CORE_M3, .clock_hz = 72000000, .mpu_regions = 8, .fpb_comparators = 6,
			.dwt_comparators = 4 },
		.ram_bytes = 20 * KIB,
		.rom_bytes = 128 * KIB,
		.spi = { "SPI1", 0x40013000, STM32_SPI_V1, 72000000, 0x44, 0x24, 1u << 12, 5 },
		.port = 0, .cs_pin = 4, .sck_pin = 5, .miso_pin = 6, .mosi_pin = 7, .cs2_pin = NO_SECOND_CHIP,
		.setup = F4_SPI1_SETUP,
	},
	{
		/* Not a product either: a Cortex-M33 for the stub's tests */
		.family = &stm32f4,
		.core = { .type = CORE_M33, .clock_hz = 64000000, .vector_table = BOARD_ROM_BASE, .mpu_regions = 8,
			.fpb_comparators = 8, .dwt_comparators = 4 },
		.ram_bytes = 64 * KIB,
		.rom_bytes = 128 * KIB,
		.spi = { "SPI1", 0x40013000, STM32_SPI_V1_5, 64000000, 0x44, 0x24, 1u << 12, 5 },
		.port = 0, .cs_pin = 4, .sck_pin = 5, .miso_pin = 6, .mosi_pin = 7, .cs2_pin = NO_SECOND_CHIP,
		.setup = F4_SPI1_SETUP,
	},
	{
		.core = { .type = CORE_M3 },
		.is_emcraft = true,
	},
};

_Static_assert(sizeof(definitions) / sizeof(definitions[0]) == sizeof(board_infos) / sizeof(board_infos[0]),
	"every board has a definition");

bool board_needs_backend(unsigned int index)
{
	return definitions[index].is_emcraft;
}

struct board_private {
	const struct board_definition *definition;
	struct ctl_storage *rcc;
	struct ctl_storage *storage[MAX_STORAGES];
	struct ctl_stm32f4_flash *flash;	/* NULL: the board has a ROM */
	struct ctl_gpio *port[MAX_PORTS];
	struct ctl_stm32_spi *spi;
	struct ctl_stm32_spi_v3 *spi_v3;
	struct board_rp2040 *rp2040;	/* NULL: another board */
	struct ctl_stm32_quadspi *quadspi;
	struct ctl_wires *wires;
	struct board_f429 *f429;	/* NULL: another board */
	struct board_n655 *n655;	/* likewise */
	char *internal_image_path;
};

static const char *const port_name[MAX_PORTS] = {
	"GPIOA", "GPIOB", "GPIOC", "GPIOD", "GPIOE", "GPIOF", "GPIOG", "GPIOH", "GPIOI", "GPIOJ", "GPIOK",
};

static struct dap_config dap_config_of(enum core_type type)
{
	/*
	 * ids: Arm's designer code (23Bh) with the part numbers that OpenOCD's target files expect. DPIDR says DPv1 for
	 * all, which swdp.c is; the M33's is a DPv2 in silicon.
	 */
	switch (type) {
	case CORE_M0:
		return (struct dap_config){ .jtag_idcode = 0x0ba04477, .swd_dpidr = 0x0bb11477,
			.ahb_ap_idr = 0x04770021, .ap_base = 0xe00ff003, .packed = false, .tar_wrap_bytes = 1024 };
	case CORE_M0PLUS:
		return (struct dap_config){ .jtag_idcode = 0x0ba04477, .swd_dpidr = 0x0bc11477,
			.ahb_ap_idr = 0x04770031, .ap_base = 0xf0000003, .packed = false, .tar_wrap_bytes = 1024 };
	case CORE_M3:
		return (struct dap_config){ .jtag_idcode = 0x3ba00477, .swd_dpidr = 0x1ba01477,
			.ahb_ap_idr = 0x14770011, .ap_base = 0xe00ff003, .packed = true, .tar_wrap_bytes = 4096 };
	case CORE_M33:
		return (struct dap_config){ .jtag_idcode = 0x0ba04477, .swd_dpidr = 0x0be11477,
			.ahb_ap_idr = 0x14770015, .ap_base = 0xe00fe003, .packed = true, .tar_wrap_bytes = 1024 };
	case CORE_M7:
		/* RM0385 sections 40.6.2, 40.6.3: the boundary scan TAP and the CPU's */
		return (struct dap_config){ .jtag_idcode = 0x5ba00477, .swd_dpidr = 0x5ba02477,
			.ahb_ap_idr = 0x74770001, .ap_base = 0xe00fd003,
			.packed = true, .tar_wrap_bytes = 1024, .boundary_idcode = 0x06449041, .boundary_ir_bits = 5 };
	case CORE_M4:
		break;
	}
	return (struct dap_config){ .jtag_idcode = 0x4ba00477, .swd_dpidr = 0x2ba01477,
		.ahb_ap_idr = 0x24770011, .ap_base = 0xe00ff003, .packed = true, .tar_wrap_bytes = 4096 };
}

static struct dap_config dap_config_for(const struct board_definition *definition)
{
	struct dap_config config = dap_config_of(definition->core.type);

	/* The ids and the number of the core's AP are those of OpenOCD's target/stm32n6x.cfg (after 0.12.0) */
	if (definition->is_n655) {
		config.jtag_idcode = 0x6ba00477;
		config.swd_dpidr = 0x6ba02477;
		config.core_ap = 1;
		config.has_security = true;
	}
	return config;
}

static int load_internal_image(const char *path, uint8_t *rom, uint32_t rom_bytes)
{
	FILE *file = fopen(path, "rb");
	if (!file) {
		/* Created at exit, as an image of external flash would be */
		if (errno == ENOENT)
			return 0;
		fprintf(stderr, "vboard: cannot read %s: %s\n", path, strerror(errno));
		return -1;
	}
	memset(rom, 0xff, rom_bytes);
	size_t length = fread(rom, 1, rom_bytes, file);
	bool failed = ferror(file);
	fclose(file);
	if (failed || length == 0) {
		fprintf(stderr, "vboard: cannot read %s\n", path);
		return -1;
	}
	return 0;
}

static void save_internal_image(struct board *board)
{
	const struct board_private *private = board->private_data;
	uint32_t rom_bytes = private->definition->rom_bytes;
	const uint8_t *rom = bus_ram_pointer(&board->bus, BOARD_ROM_BASE, rom_bytes);

	if (!private->internal_image_path || !rom)
		return;
	FILE *file = fopen(private->internal_image_path, "wb");
	bool saved = file && fwrite(rom, 1, rom_bytes, file) == rom_bytes;
	if (file && fclose(file))
		saved = false;
	if (!saved)
		fprintf(stderr, "vboard: cannot write %s: %s\n", private->internal_image_path, strerror(errno));
}

static uint32_t ram_base_of(const struct board_definition *definition)
{
	return definition->ram_base ? definition->ram_base : RAM_BASE;
}

static int add_memories(struct board *board, const struct board_options *options)
{
	struct board_private *private = board->private_data;
	const struct board_definition *definition = private->definition;
	uint32_t ram_base = ram_base_of(definition);

	if (bus_add_ram(&board->bus, "SRAM", ram_base, definition->ram_bytes) ||
			bus_add_ram(&board->bus, "flash", BOARD_ROM_BASE, definition->rom_bytes) ||
			bus_add_alias(&board->bus, "boot", definition->family->boot_base, definition->rom_bytes, BOARD_ROM_BASE))
		return -1;
	if (definition->is_f746_disco && board_f746_add_system_memory(board))
		return -1;
	uint8_t *rom = bus_ram_pointer(&board->bus, BOARD_ROM_BASE, definition->rom_bytes);
	if (!rom)
		return -1;
	board_app_install(rom, definition->rom_bytes, ram_base + definition->ram_bytes,
		definition->core.type == CORE_M33);
	if (options->internal_image_path) {
		if (load_internal_image(options->internal_image_path, rom, definition->rom_bytes))
			return -1;
		private->internal_image_path = strdup(options->internal_image_path);
		if (!private->internal_image_path)
			return -1;
	}
	return bus_set_read_only(&board->bus, BOARD_ROM_BASE);
}

static struct nor *new_chip(struct vb *vb, const char *part_name, const struct board_options *options,
		const char *image_path)
{
	const struct nor_part *known = nor_part_by_name(part_name);
	if (!known) {
		fprintf(stderr, "vboard: unknown flash part '%s'; --list names the known ones\n", part_name);
		return NULL;
	}
	struct nor_part part = *known;
	if (options && options->jedec_id)
		memcpy(part.jedec_id, options->jedec_id, sizeof(part.jedec_id));
	if (options && options->sfdp) {
		part.sfdp = options->sfdp;
		part.sfdp_bytes = options->sfdp_bytes;
	}
	if (options && options->flash_size_bytes)
		part.size_bytes = options->flash_size_bytes;
	return nor_new(vb, &part, image_path);
}

static int add_chips(struct board *board, const char *default_part, const struct board_options *options)
{
	struct board_private *private = board->private_data;

	board->nor = new_chip(board->vb, options->flash_part ? options->flash_part : default_part, options,
		options->image_path);
	if (!board->nor || ctl_wires_add_chip(private->wires, board->nor) != 0)
		return -1;
	if (private->definition->cs2_pin == NO_SECOND_CHIP)
		return 0;

	char *path = NULL;
	if (options->image_path) {
		size_t size = strlen(options->image_path) + sizeof(".2");
		path = malloc(size);
		if (!path)
			return -1;
		snprintf(path, size, "%s.2", options->image_path);
	}
	board->nor2 = new_chip(board->vb, SECOND_FLASH_PART, NULL, path);
	free(path);
	return board->nor2 && ctl_wires_add_chip(private->wires, board->nor2) == 1 ? 0 : -1;
}

static int add_ports(struct board *board)
{
	struct board_private *private = board->private_data;
	const struct family *family = private->definition->family;

	for (unsigned int i = 0; i < family->num_ports; i++) {
		uint32_t rcc_mask = 1u << (family->gpio_first_bit + i);
		const struct ctl_gpio_config config = {
			.name = port_name[i],
			.base = family->gpio_base + 0x400 * i,
			.has_brr = family->gpio_has_brr,
			.moder_reset = family->port[i].moder,
			.ospeedr_reset = family->port[i].ospeedr,
			.pupdr_reset = family->port[i].pupdr,
			.gate = { private->rcc, family->gpio_enable_offset, rcc_mask },
		};
		private->port[i] = ctl_gpio_new(&board->bus, &config);
		if (!private->port[i])
			return -1;
		if (ctl_storage_on_set(private->rcc, family->gpio_reset_offset, rcc_mask, ctl_gpio_reset,
				private->port[i]))
			return -1;
	}
	return 0;
}

static int add_spi(struct board *board)
{
	struct board_private *private = board->private_data;
	const struct board_definition *definition = private->definition;
	const struct spi_definition *spi = &definition->spi;
	struct ctl_gpio *port = private->port[definition->port];

	if (definition->is_h503) {
		private->spi_v3 = board_h503_add_spi(board, private->rcc, port, private->wires);
		return private->spi_v3 ? 0 : -1;
	}
	if (!spi->base)
		return 0;
	const struct ctl_stm32_spi_config config = {
		.name = spi->name,
		.base = spi->base,
		.variant = spi->variant,
		.pclk_hz = spi->pclk_hz,
		.gate = { private->rcc, spi->enable_offset, spi->rcc_mask },
		.sck_port = port, .mosi_port = port, .miso_port = port,
		.sck_pin = definition->sck_pin, .mosi_pin = definition->mosi_pin, .miso_pin = definition->miso_pin,
		.alternate_function = spi->alternate_function,
	};
	private->spi = ctl_stm32_spi_new(&board->bus, &config, private->wires);
	if (!private->spi)
		return -1;
	return ctl_storage_on_set(private->rcc, spi->reset_offset, spi->rcc_mask, ctl_stm32_spi_reset, private->spi);
}

static int add_quadspi(struct board *board)
{
	struct board_private *private = board->private_data;

	private->quadspi = board_f746_add_quadspi(board, private->rcc, private->port);
	if (!private->quadspi)
		return -1;
	/* AHB3RSTR.QSPIRST */
	return ctl_storage_on_set(private->rcc, 0x18, 1u << 1, ctl_stm32_quadspi_reset, private->quadspi);
}

static int connect_pins(struct board *board)
{
	struct board_private *private = board->private_data;
	const struct board_definition *definition = private->definition;
	struct ctl_gpio *port = private->port[definition->port];
	struct ctl_wires *wires = private->wires;

	if (ctl_gpio_connect(port, definition->cs_pin, LINE_CS, wires, 0) ||
			ctl_gpio_connect(port, definition->sck_pin, LINE_SCK, wires, 0) ||
			ctl_gpio_connect(port, definition->mosi_pin, LINE_MOSI, wires, 0) ||
			ctl_gpio_connect(port, definition->miso_pin, LINE_MISO, wires, 0))
		return -1;
	if (definition->cs2_pin == NO_SECOND_CHIP)
		return 0;
	return ctl_gpio_connect(port, (unsigned int)definition->cs2_pin, LINE_CS, wires, 1);
}

static int add_flash(struct board *board)
{
	struct board_private *private = board->private_data;
	const struct ctl_stm32f4_flash_config config = {
		.base = private->definition->flash_base,
		.array_base = BOARD_ROM_BASE,
		.size_bytes = private->definition->rom_bytes,
	};

	if (!config.base)
		return 0;
	private->flash = ctl_stm32f4_flash_new(&board->bus, &config);
	return private->flash ? 0 : -1;
}

static int add_peripherals(struct board *board)
{
	struct board_private *private = board->private_data;
	const struct family *family = private->definition->family;

	if (private->definition->is_rp2040) {
		private->rp2040 = board_rp2040_new(board, private->wires);
		return private->rp2040 ? 0 : -1;
	}
	if (private->definition->is_n655) {
		private->n655 = board_n655_new(board);
		return private->n655 ? 0 : -1;
	}
	private->rcc = ctl_rcc_new(&board->bus, family->rcc);
	if (!private->rcc || add_flash(board))
		return -1;
	for (unsigned int i = 0; i < MAX_STORAGES; i++) {
		const struct storage_definition *storage = &family->storage[i];
		if (storage->base == private->definition->flash_base)
			continue;
		private->storage[i] = ctl_storage_new(&board->bus, storage->name, storage->base, storage->size,
			storage->reset_values, sizeof(storage->reset_values) / sizeof(storage->reset_values[0]));
		if (!private->storage[i])
			return -1;
	}
	if (add_ports(board))
		return -1;
	if (private->definition->is_f746_disco)
		return add_quadspi(board);
	if (private->definition->is_f429_disco) {
		private->f429 = board_f429_new(board, private->rcc);
		return private->f429 ? 0 : -1;
	}
	return add_spi(board) || connect_pins(board) ? -1 : 0;
}

static struct board_pin pin_at(const struct board_definition *definition, unsigned int pin)
{
	uint32_t bsrr = definition->family->gpio_base + 0x400 * definition->port + 0x18;

	return (struct board_pin){ bsrr, 1u << pin, bsrr, 1u << (pin + 16) };
}

static void describe_wiring(struct board *board)
{
	const struct board_private *private = board->private_data;
	const struct board_definition *definition = private->definition;

	if (private->quadspi) {
		board->wiring.quadspi_base = BOARD_F746_QUADSPI_BASE;
		return;
	}
	if (private->rp2040) {
		board_rp2040_describe(&board->wiring);
		return;
	}
	if (private->n655) {
		board->wiring.octospi_base = BOARD_N655_XSPI2_BASE;
		return;
	}
	board->wiring.spi_base = definition->spi.base;
	board->wiring.spi_v3_base = definition->is_h503 ? BOARD_H503_SPI1_BASE : 0;
	board->wiring.cs = pin_at(definition, definition->cs_pin);
	if (definition->cs2_pin != NO_SECOND_CHIP)
		board->wiring.cs2 = pin_at(definition, (unsigned int)definition->cs2_pin);
	board->wiring.sck = pin_at(definition, definition->sck_pin);
	board->wiring.mosi = pin_at(definition, definition->mosi_pin);
	board->wiring.miso_address = definition->family->gpio_base + 0x400 * definition->port + 0x10;
	board->wiring.miso_mask = 1u << definition->miso_pin;
}

static void on_idle(void *context, uint64_t until_ps)
{
	struct board *board = context;

	core_note_idle_poll(board->core, until_ps);
}

static int board_build(struct board *board, unsigned int index, const struct board_options *options)
{
	struct board_private *private = board->private_data;
	const struct board_definition *definition = &definitions[index];

	private->definition = definition;
	if (definition->is_emcraft) {
		board->dap_config = dap_config_of(definition->core.type);
		return board_emcraft_build(board, options);
	}
	private->wires = ctl_wires_new(board->vb);
	if (!private->wires)
		return -1;
	if (board_infos[index].flash_part && add_chips(board, board_infos[index].flash_part, options))
		return -1;
	if (add_memories(board, options) || add_peripherals(board)) {
		fprintf(stderr, "vboard: board %s cannot be built\n", board_infos[index].name);
		return -1;
	}
	board->ram_base = ram_base_of(definition);
	board->ram_bytes = definition->ram_bytes;
	board->core_config = definition->core;
	board->dap_config = dap_config_for(definition);
	if (board->nor)
		describe_wiring(board);
	board->core = core_new(&board->bus, &board->core_config);
	if (!board->core || (private->f429 && board_f429_connect(private->f429)))
		return -1;
	ctl_wires_set_idle(private->wires, on_idle, board);
	if (private->flash)
		ctl_stm32f4_flash_set_wait(private->flash, on_idle, board);
	if (private->quadspi)
		ctl_stm32_quadspi_set_idle(private->quadspi, on_idle, board);
	if (private->n655)
		board_n655_set_idle(private->n655, on_idle, board);
	return 0;
}

struct board *board_new(struct vb *vb, const char *name, const struct board_options *options)
{
	static const struct board_options no_options = { 0 };
	unsigned int index = 0;

	while (index < board_num_infos && strcmp(board_infos[index].name, name))
		index++;
	if (index == board_num_infos) {
		fprintf(stderr, "vboard: unknown board '%s'; --list names the known ones\n", name);
		return NULL;
	}

	struct board *board = calloc(1, sizeof(*board));
	struct board_private *private = calloc(1, sizeof(*private));
	if (!board || !private) {
		fprintf(stderr, "vboard: out of memory\n");
		free(board);
		free(private);
		return NULL;
	}
	board->vb = vb;
	board->private_data = private;
	bus_init(&board->bus, vb);
	if (board_build(board, index, options ? options : &no_options)) {
		/* What was not read must not be written back */
		free(private->internal_image_path);
		private->internal_image_path = NULL;
		board_free(board);
		return NULL;
	}
	return board;
}

void board_free(struct board *board)
{
	if (!board)
		return;
	struct board_private *private = board->private_data;

	save_internal_image(board);
	if (board->core)
		core_free(board->core);
	ctl_stm32_spi_free(private->spi);
	ctl_stm32_spi_v3_free(private->spi_v3);
	board_rp2040_free(private->rp2040);
	ctl_stm32_quadspi_free(private->quadspi);
	board_f429_free(private->f429);
	board_n655_free(private->n655);
	for (unsigned int i = 0; i < MAX_PORTS; i++)
		ctl_gpio_free(private->port[i]);
	for (unsigned int i = 0; i < MAX_STORAGES; i++)
		ctl_storage_free(private->storage[i]);
	ctl_storage_free(private->rcc);
	ctl_stm32f4_flash_free(private->flash);
	bus_free(&board->bus);
	nor_free(board->nor);
	nor_free(board->nor2);
	ctl_wires_free(private->wires);
	free(private->internal_image_path);
	free(private);
	free(board);
}

void board_reset_init(struct board *board)
{
	const struct board_private *private = board->private_data;

	for (unsigned int i = 0; i < MAX_SETUP; i++) {
		const struct setup_step *step = &private->definition->setup[i];
		uint32_t value = 0;
		if (!step->address)
			return;
		if (step->clear || step->set)
			bus_read(&board->bus, step->address, 4, &value, BUS_DEBUG);
		bus_write(&board->bus, step->address, 4, (value & ~step->clear) | step->set, BUS_DEBUG);
	}
}
