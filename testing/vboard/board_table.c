// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The boards. Memory maps and register addresses: RM0360 rev 4 (STM32F030), RM0454 rev 5 (STM32G070), RM0090 rev 19
 * (STM32F429), RM0385 (STM32F746), RM0492 (STM32H503); board_rp2040.c and board_n655.c have the RP2040's and the
 * STM32N655's. Ids of the debug ports and AP ids as OpenOCD's tests and target files know them. The parts of F0 and
 * G0 and the RP2040 have only SWD in silicon; here they have a JTAG-DP too, because remote_bitbang of OpenOCD 0.12.0
 * speaks JTAG.
 */

#include "board_table.h"

#include "board_app.h"
#include "board_f429.h"
#include "board_f746.h"
#include "board_h503.h"
#include "board_n655.h"

#define KIB		1024u

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
const struct board_definition board_definitions[] = {
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

_Static_assert(sizeof(board_definitions) / sizeof(board_definitions[0]) ==
	sizeof(board_infos) / sizeof(board_infos[0]), "every board has a definition");
