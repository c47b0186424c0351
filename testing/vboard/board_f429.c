// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * STM32F429I-DISC1 (UM1670): SDRAM on FMC's bank 2, USART1 to the ST-LINK's virtual COM port, LEDs on PG13 and PG14.
 * Addresses and register bits: RM0090 rev 19 sections 2.3 and 6.3; interrupt numbers: section 12.2.
 *
 * Less strict than silicon in one thing: CCM can be executed here, while there it is on the D-bus only (section 2.3.1).
 */

#include "board_f429.h"

#include <stdlib.h>

#define KIB		1024u
#define MIB		(1024u * KIB)

#define CCM_BASE	0x10000000u
#define SDRAM_BASE	0xd0000000u
#define GPIO_BASE	0x40020000u
#define USART1_BASE	0x40011000u
#define SYSCFG_BASE	0x40013800u
#define EXTI_BASE	0x40013c00u
#define FMC_BASE	0xa0000000u

#define RCC_AHB1RSTR	0x10
#define RCC_AHB3RSTR	0x18
#define RCC_APB2RSTR	0x24
#define RCC_AHB1ENR	0x30
#define RCC_AHB3ENR	0x38
#define RCC_APB2ENR	0x44
#define RCC_FMC		(1u << 0)
#define RCC_USART1	(1u << 4)

#define HCLK_HZ		168000000u
#define PCLK2_HZ	(HCLK_HZ / 2)
#define USART1_IRQ	37

/* board.c has A to C */
#define FIRST_PORT	3
#define NUM_PORTS	4

struct board_f429 {
	struct board *board;
	struct ctl_gpio *port[NUM_PORTS];
	struct ctl_stm32_usart *usart;
	struct ctl_stm32_fmc *fmc;
	struct ctl_storage *syscfg, *exti;
	int alarm;	/* the USART's */
};

static void set_usart_irq(void *context, bool level)
{
	const struct board_f429 *f429 = context;

	if (f429->board->core)
		core_set_irq(f429->board->core, USART1_IRQ, level);
}

static void set_usart_alarm(void *context, uint64_t at_ps)
{
	const struct board_f429 *f429 = context;

	if (f429->board->core)
		core_set_alarm(f429->board->core, f429->alarm, at_ps);
}

static void on_usart_alarm(void *context)
{
	const struct board_f429 *f429 = context;

	ctl_stm32_usart_on_alarm(f429->usart);
}

static void on_usart_idle(void *context, uint64_t until_ps)
{
	const struct board_f429 *f429 = context;

	core_note_idle_poll(f429->board->core, until_ps);
}

static int add_ports(struct board_f429 *f429, struct ctl_storage *rcc)
{
	static const char *const name[NUM_PORTS] = { "GPIOD", "GPIOE", "GPIOF", "GPIOG" };

	for (unsigned int i = 0; i < NUM_PORTS; i++) {
		uint32_t mask = 1u << (FIRST_PORT + i);
		const struct ctl_gpio_config config = {
			.name = name[i],
			.base = GPIO_BASE + 0x400 * (FIRST_PORT + i),
			.gate = { rcc, RCC_AHB1ENR, mask },
		};

		f429->port[i] = ctl_gpio_new(&f429->board->bus, &config);
		if (!f429->port[i] || ctl_storage_on_set(rcc, RCC_AHB1RSTR, mask, ctl_gpio_reset, f429->port[i]))
			return -1;
	}
	return 0;
}

static int add_usart(struct board_f429 *f429, struct ctl_storage *rcc)
{
	const struct ctl_stm32_usart_config config = {
		.name = "USART1",
		.base = USART1_BASE,
		.pclk_hz = PCLK2_HZ,
		.gate = { rcc, RCC_APB2ENR, RCC_USART1 },
		.context = f429,
		.set_irq = set_usart_irq,
		.set_alarm = set_usart_alarm,
		.idle = on_usart_idle,
	};

	f429->usart = ctl_stm32_usart_new(&f429->board->bus, &config);
	return f429->usart ? ctl_storage_on_set(rcc, RCC_APB2RSTR, RCC_USART1, ctl_stm32_usart_reset, f429->usart) : -1;
}

static int add_sdram(struct board_f429 *f429, struct ctl_storage *rcc)
{
	const struct ctl_stm32_fmc_config config = {
		.base = FMC_BASE,
		.ram_base = SDRAM_BASE,
		.hclk_hz = HCLK_HZ,
		.gate = { rcc, RCC_AHB3ENR, RCC_FMC },
	};

	if (bus_add_ram(&f429->board->bus, "SDRAM", SDRAM_BASE, 8 * MIB))
		return -1;
	f429->fmc = ctl_stm32_fmc_new(&f429->board->bus, &config);
	return f429->fmc ? ctl_storage_on_set(rcc, RCC_AHB3RSTR, RCC_FMC, ctl_stm32_fmc_reset, f429->fmc) : -1;
}

struct board_f429 *board_f429_new(struct board *board, struct ctl_storage *rcc)
{
	struct board_f429 *f429 = calloc(1, sizeof(*f429));

	if (!f429)
		return NULL;
	f429->board = board;
	f429->syscfg = ctl_storage_new(&board->bus, "SYSCFG", SYSCFG_BASE, 0x400, NULL, 0);
	f429->exti = ctl_storage_new(&board->bus, "EXTI", EXTI_BASE, 0x400, NULL, 0);
	if (!f429->syscfg || !f429->exti || bus_add_ram(&board->bus, "CCM", CCM_BASE, 64 * KIB) || add_ports(f429, rcc)
			|| add_usart(f429, rcc) || add_sdram(f429, rcc)) {
		board_f429_free(f429);
		return NULL;
	}
	return f429;
}

int board_f429_connect(struct board_f429 *f429)
{
	f429->alarm = core_add_alarm(f429->board->core, on_usart_alarm, f429);
	return f429->alarm < 0 ? -1 : 0;
}

void board_f429_free(struct board_f429 *f429)
{
	if (!f429)
		return;
	for (unsigned int i = 0; i < NUM_PORTS; i++)
		ctl_gpio_free(f429->port[i]);
	ctl_stm32_usart_free(f429->usart);
	ctl_stm32_fmc_free(f429->fmc);
	ctl_storage_free(f429->syscfg);
	ctl_storage_free(f429->exti);
	free(f429);
}
