// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32H503 with a flash on SPI1. Addresses and bits: RM0492, the RCC section, compared with ST's CMSIS header
 * (cmsis_device_h5 9a778e0, stm32h503xx.h). Pins: STM32H503 data sheet DS14053, table of alternate functions.
 *
 * SPI1 has a kernel clock beside its bus clock, and the one that is selected out of reset, PLL1's Q output, is off.
 */

#include "board_h503.h"

#define RCC_CR		0x00
#define RCC_PLL1CFGR	0x28
#define RCC_PLL2CFGR	0x2c
#define RCC_PLL1DIVR	0x34
#define RCC_PLL2DIVR	0x3c
#define RCC_APB2RSTR	0x7c
#define RCC_APB2ENR	0xa4
#define RCC_CCIPR3	0xe0
#define RCC_CCIPR5	0xe8
#define RCC_APB2_SPI1	(1u << 12)

#define CR_HSION	(1u << 0)
#define CR_CSION	(1u << 8)
#define CR_PLL1ON	(1u << 24)
#define CR_PLL2ON	(1u << 26)
#define PLLCFGR_PEN	(1u << 16)
#define PLLCFGR_QEN	(1u << 17)

#define HSI_HZ	64000000u
#define CSI_HZ	4000000u

#define PIN_SCK		5
#define PIN_MISO	6
#define PIN_MOSI	7

static uint32_t hsi_hz(const struct ctl_storage *rcc)
{
	uint32_t cr = ctl_storage_get(rcc, RCC_CR);

	return cr & CR_HSION ? HSI_HZ >> (cr >> 3 & 3) : 0;
}

static uint32_t csi_hz(const struct ctl_storage *rcc)
{
	return ctl_storage_get(rcc, RCC_CR) & CR_CSION ? CSI_HZ : 0;
}

/* The VCO: source / M * N. There is no HSE on the board. */
static uint64_t vco_hz(const struct ctl_storage *rcc, uint32_t cfgr, uint32_t divr)
{
	uint32_t m = cfgr >> 8 & 0x3f;
	uint32_t source_hz = 0;

	if ((cfgr & 3) == 1)
		source_hz = hsi_hz(rcc);
	else if ((cfgr & 3) == 2)
		source_hz = csi_hz(rcc);
	return m ? (uint64_t)source_hz / m * ((divr & 0x1ff) + 1) : 0;
}

/* CCIPR3.SPI1SEL: 0 PLL1's Q, 1 PLL2's P, 4 the clock that CCIPR5.CKPERSEL selects; the rest is not there. */
static uint32_t spi1_kernel_hz(void *context)
{
	const struct ctl_storage *rcc = context;
	uint32_t cr = ctl_storage_get(rcc, RCC_CR);
	uint32_t cfgr, divr;

	switch (ctl_storage_get(rcc, RCC_CCIPR3) & 7) {
	case 0:
		cfgr = ctl_storage_get(rcc, RCC_PLL1CFGR);
		divr = ctl_storage_get(rcc, RCC_PLL1DIVR);
		if (!(cr & CR_PLL1ON) || !(cfgr & PLLCFGR_QEN))
			return 0;
		return (uint32_t)(vco_hz(rcc, cfgr, divr) / ((divr >> 16 & 0x7f) + 1));
	case 1:
		cfgr = ctl_storage_get(rcc, RCC_PLL2CFGR);
		divr = ctl_storage_get(rcc, RCC_PLL2DIVR);
		if (!(cr & CR_PLL2ON) || !(cfgr & PLLCFGR_PEN))
			return 0;
		return (uint32_t)(vco_hz(rcc, cfgr, divr) / ((divr >> 9 & 0x7f) + 1));
	case 4:
		switch (ctl_storage_get(rcc, RCC_CCIPR5) >> 30) {
		case 0:
			return hsi_hz(rcc);
		case 1:
			return csi_hz(rcc);
		default:
			return 0;
		}
	default:
		return 0;
	}
}

struct ctl_stm32_spi_v3 *board_h503_add_spi(struct board *board, struct ctl_storage *rcc, struct ctl_gpio *port,
		struct ctl_wires *wires)
{
	const struct ctl_stm32_spi_v3_config config = {
		.name = "SPI1",
		.base = BOARD_H503_SPI1_BASE,
		.generation = STM32_SPI_V3,
		.fifo_bytes = 16,
		.gate = { rcc, RCC_APB2ENR, RCC_APB2_SPI1 },
		.kernel_hz = spi1_kernel_hz,
		.kernel_context = rcc,
		.sck_port = port, .mosi_port = port, .miso_port = port,
		.sck_pin = PIN_SCK, .mosi_pin = PIN_MOSI, .miso_pin = PIN_MISO,
		.alternate_function = 5,
	};
	struct ctl_stm32_spi_v3 *spi = ctl_stm32_spi_v3_new(&board->bus, &config, wires);

	if (spi && ctl_storage_on_set(rcc, RCC_APB2RSTR, RCC_APB2_SPI1, ctl_stm32_spi_v3_reset, spi)) {
		ctl_stm32_spi_v3_free(spi);
		return NULL;
	}
	return spi;
}
