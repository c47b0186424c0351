/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The device that a test loader is for: registers, pins and geometry, selected by -DBOARD=... of the Makefile.
 *
 * Registers: RM0360 rev 4 (STM32F030), RM0454 rev 5 (STM32G070), RM0090 rev 19 (STM32F429), RM0385 rev 8
 * (STM32F746). On the boards with SPI the four pins of the flash are neighbours, in the order CS, SCK, MISO, MOSI.
 */

#ifndef OFL_TEST_LOADERS_BOARD_H
#define OFL_TEST_LOADERS_BOARD_H

#include "twin.h"

#define BOARD_STM32F030_W25Q128	1
#define BOARD_STM32G070_W25Q64	2
#define BOARD_STM32F4_MX25	3
#define BOARD_STM32F4_INTERNAL	4
#define BOARD_STM32F746G_DISCO	5

/* As FLM's DevType numbers them. */
#define DEVICE_TYPE_ON_CHIP	1
#define DEVICE_TYPE_SPI		5

#if BOARD == BOARD_STM32F030_W25Q128

#define DEVICE_NAME		"W25Q128JV SPI1 STM32F030"
#define RCC_BASE		0x40021000u
#define RCC_CFGR		(RCC_BASE + 0x04)	/* section 7.4.2 */
#define RCC_GPIO_ENABLE		(RCC_BASE + 0x14)	/* AHBENR.IOPAEN: section 7.4.6 */
#define RCC_GPIO_MASK		(1u << 17)
#define RCC_SPI_ENABLE		(RCC_BASE + 0x18)	/* APB2ENR.SPI1EN: section 7.4.7 */
#define RCC_SPI_MASK		(1u << 12)
#define GPIO_BASE		0x48000000u
#define PIN_CS			4u
#define PIN_FUNCTION		0u
#define SPI_BASE		0x40013000u
#define SPI_HAS_FIFO		1
#define SPI_BAUD_RATE		1u			/* pclk / 4: at most 12 MHz */
#define DEVICE_BYTES		0x1000000u
#define DEVICE_REGIONS(R)	R(0x000000, 4096, 0x1000)

#elif BOARD == BOARD_STM32G070_W25Q64

#define DEVICE_NAME		"W25Q64JV SPI2 STM32G070"
#define RCC_BASE		0x40021000u
#define RCC_CFGR		(RCC_BASE + 0x08)	/* section 5.4.3 */
#define RCC_GPIO_ENABLE		(RCC_BASE + 0x34)	/* IOPENR.GPIOBEN: section 5.4.12 */
#define RCC_GPIO_MASK		(1u << 1)
#define RCC_SPI_ENABLE		(RCC_BASE + 0x3c)	/* APBENR1.SPI2EN: section 5.4.14 */
#define RCC_SPI_MASK		(1u << 14)
#define GPIO_BASE		0x50000400u
#define PIN_CS			12u
#define PIN_FUNCTION		0u
#define SPI_BASE		0x40003800u
#define SPI_HAS_FIFO		1
#define SPI_BAUD_RATE		0u			/* pclk / 2: at most 32 MHz */
#define DEVICE_BYTES		0x800000u
#define DEVICE_REGIONS(R)	R(0x000000, 128, 0x10000)

#elif BOARD == BOARD_STM32F4_MX25

#define DEVICE_NAME		"MX25L12835F SPI1 STM32F4"
#define RCC_BASE		0x40023800u
#define RCC_CFGR		(RCC_BASE + 0x08)	/* section 6.3.3 */
#define RCC_GPIO_ENABLE		(RCC_BASE + 0x30)	/* AHB1ENR.GPIOAEN: section 6.3.10 */
#define RCC_GPIO_MASK		(1u << 0)
#define RCC_SPI_ENABLE		(RCC_BASE + 0x44)	/* APB2ENR.SPI1EN: section 6.3.14 */
#define RCC_SPI_MASK		(1u << 12)
#define GPIO_BASE		0x40020000u
#define PIN_CS			4u
#define PIN_FUNCTION		5u
#define SPI_BASE		0x40013000u
#define SPI_HAS_FIFO		0
#define SPI_BAUD_RATE		1u			/* pclk / 4: at most 21 MHz */
#define DEVICE_BYTES		0x1000000u
/* Small sectors for parameters first, as people like them: two sizes in one device. */
#define DEVICE_REGIONS(R)	R(0x000000, 16, 0x1000) R(0x010000, 255, 0x10000)

#elif BOARD == BOARD_STM32F746G_DISCO

/* Pins and QUADSPI: device_quadspi.c */
#define DEVICE_NAME		"N25Q128A QUADSPI STM32F746G-DISCO"
#define RCC_BASE		0x40023800u
#define RCC_CFGR		(RCC_BASE + 0x08)	/* section 5.3.3 */
#define DEVICE_BYTES		0x1000000u
#define DEVICE_REGIONS(R)	R(0x000000, 256, 0x10000)

#elif BOARD == BOARD_STM32F4_INTERNAL

#define DEVICE_NAME		"STM32F429 internal flash 2 MiB"
#define DEVICE_TYPE		DEVICE_TYPE_ON_CHIP
#define DEVICE_BASE		0x08000000u
#define DEVICE_ADDRESS_MASK	0x07ffffffu
#define DEVICE_BYTES		0x200000u
#define DEVICE_PAGE_BYTES	0x400u
#define DEVICE_PROGRAM_MS	100u
#define DEVICE_ERASE_MS		6000u
#define RCC_BASE		0x40023800u
#define RCC_CFGR		(RCC_BASE + 0x08)
/* Two banks alike: RM0090 section 3.4, table 6 */
#define DEVICE_REGIONS(R) \
	R(0x000000, 4, 0x4000) R(0x010000, 1, 0x10000) R(0x020000, 7, 0x20000) \
	R(0x100000, 4, 0x4000) R(0x110000, 1, 0x10000) R(0x120000, 7, 0x20000)

#else
#error "BOARD is not one of the boards above"
#endif

#ifndef DEVICE_BASE
#define DEVICE_TYPE		DEVICE_TYPE_SPI
#define DEVICE_BASE		0x90000000u
#define DEVICE_ADDRESS_MASK	0x0fffffffu
/* -DPAGE_BYTES=...: the loader splits what is more than a page of the chip. */
#ifndef PAGE_BYTES
#define PAGE_BYTES		256u
#endif
#define DEVICE_PAGE_BYTES	(TWIN == TWIN_PAGE_192 ? 192u : PAGE_BYTES)
#define DEVICE_PROGRAM_MS	300u
#define DEVICE_ERASE_MS		3000u
#endif

#endif /* OFL_TEST_LOADERS_BOARD_H */
