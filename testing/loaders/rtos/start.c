// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The cold boot, which returns to whoever called it; the serial port. Registers: RM0090 sections 3.9 (FLASH),
 * 5.4 (PWR), 6.3 (RCC), 8.4 (GPIO), 30.6 (USART), 37.7.5 (FMC).
 */

#include "rtos.h"

#define FLASH_ACR	REG(0x40023c00)
#define PWR_CR		REG(0x40007000)
#define RCC_CR		REG(0x40023800)
#define RCC_PLLCFGR	REG(0x40023804)
#define RCC_CFGR	REG(0x40023808)
#define RCC_AHB1ENR	REG(0x40023830)
#define RCC_AHB3ENR	REG(0x40023838)
#define RCC_APB1ENR	REG(0x40023840)
#define RCC_APB2ENR	REG(0x40023844)
#define GPIOA_MODER	REG(0x40020000)
#define GPIOA_AFRH	REG(0x40020024)
#define GPIOG_MODER	REG(0x40021800)
#define USART1_SR	REG(0x40011000)
#define USART1_DR	REG(0x40011004)
#define USART1_BRR	REG(0x40011008)
#define USART1_CR1	REG(0x4001100c)
#define NVIC_ISER1	REG(0xe000e104)
#define FMC_SDCR1	REG(0xa0000140)
#define FMC_SDCR2	REG(0xa0000144)
#define FMC_SDTR1	REG(0xa0000148)
#define FMC_SDTR2	REG(0xa000014c)
#define FMC_SDCMR	REG(0xa0000150)
#define FMC_SDRTR	REG(0xa0000154)
#define FMC_SDSR	REG(0xa0000158)

#define SDCMR_BANK2	(1u << 3)
#define USART1_IRQ	37

/* What the heap of such a system owns besides SRAM behind .bss: it writes to both ends of each region. */
#define SRAM_END	0x20030000u
#define CCM_START	0x10000000u
#define CCM_END		0x10010000u
#define SDRAM_START	0xd0000000u
#define SDRAM_END	0xd0800000u
#define IDLE_STACK_BYTES	1024u

extern uint32_t _sbss[], _ebss[], _sdata[], _edata[];
extern const uint32_t _eronly[];

/* Set by a boot without debugger, in which somebody else has to be idle. In .data: a boot does not change it. */
int g_create_idle = 1;
extern const uintptr_t g_idle_topstack;
const uintptr_t g_idle_topstack __attribute__((used)) = (uintptr_t)_ebss + IDLE_STACK_BYTES;

/*
 * In .data, too: a second boot without the image's being loaded again finds what the first has left. Two words, so that
 * the host's stack behind them is not on an 8-byte boundary, as NuttX's need not be.
 */
static volatile uint32_t is_loaded[2] = { 1, 1 };

static void set_clocks(void)
{
	RCC_CR |= 1u << 16;	/* HSEON */
	for (unsigned int i = 0; !(RCC_CR & 1u << 17) && i < 100000; i++)
		;
	RCC_APB1ENR |= 1u << 28;	/* PWREN */
	PWR_CR |= 3u << 14;		/* VOS: scale 1 */
	RCC_PLLCFGR = 0x07405408;	/* HSE 8 MHz / 8 x 336 / 2 */
	RCC_CR |= 1u << 24;
	while (!(RCC_CR & 1u << 25))
		;
#ifdef CLOCK_MISSING
	while (!(RCC_CR & 1u << 27))	/* PLLI2SRDY: nobody has switched that one on */
		;
#endif
	FLASH_ACR = 0x605;		/* 5 wait states, caches on */
	RCC_CFGR = (RCC_CFGR & ~0xfcf3u) | 0x9402;	/* APB2 / 2, APB1 / 4, from the PLL */
	while ((RCC_CFGR & 0xc) != 0x8)
		;
}

static void set_up_uart(void)
{
	RCC_AHB1ENR |= 1u << 0 | 1u << 6;	/* GPIOA, GPIOG */
	RCC_APB2ENR |= 1u << 4;
	GPIOA_AFRH = (GPIOA_AFRH & ~0xff0u) | 0x770;	/* PA9, PA10: AF7 */
	GPIOA_MODER = (GPIOA_MODER & ~0x3c0000u) | 0x280000;
	GPIOG_MODER = (GPIOG_MODER & ~0x3c000000u) | 0x14000000;	/* LEDs */
	USART1_BRR = HCLK_HZ / 2 / 115200;
	USART1_CR1 = 0x200c;	/* UE, TE, RE */
}

void uart_put(const char *text)
{
	for (; *text; text++) {
		while (!(USART1_SR & 1u << 7))
			;
		USART1_DR = (uint8_t)*text;
	}
}

void uart_put_hex(uint32_t value)
{
	char text[9];

	for (unsigned int i = 0; i < 8; i++)
		text[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 0xf];
	text[8] = 0;
	uart_put(text);
}

static void command_sdram(uint32_t command)
{
	FMC_SDCMR = command | SDCMR_BANK2;
	for (unsigned int i = 0; (FMC_SDSR & 1u << 5) && i < 0xffff; i++)
		;
}

static void set_up_sdram(void)
{
	RCC_AHB3ENR |= 1;
	FMC_SDCR1 = 0x000029d0;		/* SDCLK: HCLK / 2 */
	FMC_SDCR2 = 0x000001d4;		/* 4 banks, 12 and 8 bits, 16 bits wide, CAS latency 3 */
	FMC_SDTR1 = 0x01115351;
	FMC_SDTR2 = 0x01115351;
	command_sdram(1);
	for (volatile uint32_t i = 0; i < 10000; i++)	/* 100 us at least */
		;
	command_sdram(2);
	command_sdram(3 | 3u << 5);
	command_sdram(4 | 0x231u << 9);
	FMC_SDRTR = 1292u << 1;		/* 64 ms for 4096 rows, less 20 clocks */
}

static void set_up_heap(uintptr_t start, uintptr_t end)
{
	REG(start) = end - start;
	REG(end - 8) = 8;
	REG(end - 4) = start;
}

void start_image(void)
{
	set_clocks();
	set_up_uart();
	for (uint32_t *word = _sbss; word < _ebss; word++)
		*word = 0;
	/* In RAM already: this copies .data onto itself. */
	for (uint32_t i = 0; _sdata + i < _edata; i++)
		_sdata[i] = _eronly[i];
	set_up_sdram();
	set_up_heap(g_idle_topstack, SRAM_END);
	set_up_heap(CCM_START, CCM_END);
	set_up_heap(SDRAM_START, SDRAM_END);

	kernel_init();
	if (!is_loaded[0])
		panic("booted twice");
	is_loaded[0] = 0;
	kernel_enable_interrupts();
	kernel_start_ticks();
	NVIC_ISER1 = 1u << (USART1_IRQ - 32);
	kernel_start(TASK_WORKER, worker);
}
