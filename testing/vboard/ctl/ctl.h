/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Peripherals of the MCU: register models, written from the reference manuals (never from the target code in
 * contrib/loaders/flash/ofl/ctl_*.c, which they are there to judge). Each adds itself to the bus.
 *
 * Manuals: RM0090 (STM32F405..F439), RM0360 (STM32F030), RM0454 (STM32G0x0), RM0385 (STM32F74x/75x). Register offsets
 * and bit positions were compared with ST's CMSIS headers (cmsis_device_f4 cdbad76, _f0 f3174b2, _g0 6988fd4).
 */

#ifndef OFL_VBOARD_CTL_H
#define OFL_VBOARD_CTL_H

#include "../bus/bus.h"
#include "../nor/nor.h"

/*
 * The wires between the MCU and its flash chips: SCK, MOSI and MISO are shared, CS is per chip.
 *
 * Whoever changes a level first lets a shifting controller catch up (ctl_wires_set_shifter), so that frames which
 * ended before the change reach the chip first; a change in the middle of a frame is a violation.
 */
enum ctl_line {
	LINE_CS,
	LINE_SCK,
	LINE_MOSI,
	LINE_MISO,	/* input */
};

#define CTL_MAX_CHIPS	2

/*
 * Status bytes within one busy period of the chip after which its end may be skipped to (ctl_wires_set_idle). High
 * enough that page programs, whose polling decides the speed, are always executed instruction by instruction.
 */
#define CTL_IDLE_STATUS_BYTES	2000

struct ctl_levels {
	bool cs[CTL_MAX_CHIPS];
	bool sck;
	bool mosi;
};

struct ctl_wires;

struct ctl_wires *ctl_wires_new(struct vb *vb);
void ctl_wires_free(struct ctl_wires *wires);
/* Returns the chip's index, or -1 when there is no room. The chip stays the caller's. */
int ctl_wires_add_chip(struct ctl_wires *wires, struct nor *nor);
/* `sync` brings the controller up to vb->clock and returns true while it is in the middle of a frame. */
void ctl_wires_set_shifter(struct ctl_wires *wires, bool (*sync)(void *context), void *context);
bool ctl_wires_sync(struct ctl_wires *wires);
const struct ctl_levels *ctl_wires_get(const struct ctl_wires *wires);
/* `by_reset`: the MCU lets go of its pins, which may happen at any time and is not judged. */
void ctl_wires_drive(struct ctl_wires *wires, const struct ctl_levels *levels, bool by_reset);
/* As the controller sees it: the selected chip's bit, or the line's pull when no chip is selected. */
bool ctl_wires_miso(const struct ctl_wires *wires);
/* Eight clocks of a shifting controller, begun at `at_ps` (not later than vb->clock). */
uint8_t ctl_wires_transfer(struct ctl_wires *wires, uint8_t mosi, uint32_t clock_hz, uint64_t at_ps);
/*
 * `idle(until_ps)` is called when the CPU has shifted CTL_IDLE_STATUS_BYTES bytes during one busy period of the
 * selected chip and polls once more. Only status reads are legal then, so nothing is lost by moving the CPU's time
 * to `until_ps`, the end of that period. Never called for a chip that stays busy for ever.
 */
void ctl_wires_set_idle(struct ctl_wires *wires, void (*idle)(void *context, uint64_t until_ps), void *context);
/* The controller tells that the CPU reads a register that polling loops read. */
void ctl_wires_note_poll(struct ctl_wires *wires);

/*
 * Registers that only store (RCC, PWR, FLASH_ACR, ...): `reset_values` may be NULL (all zero); the rest are zero.
 * All access sizes are allowed.
 */
struct ctl_storage;

struct ctl_storage *ctl_storage_new(struct bus *bus, const char *name, uint32_t base, uint32_t size,
		const uint32_t *reset_values, unsigned int num_values);
void ctl_storage_free(struct ctl_storage *storage);
/* Makes the bits `source` << `shift` of a register follow its bits `source`: "ready" flags, RCC_CFGR.SWS. */
int ctl_storage_follow(struct ctl_storage *storage, uint32_t offset, uint32_t source, unsigned int shift);
/* Calls `action` when a write sets a bit of `mask`: RCC's peripheral reset registers. */
int ctl_storage_on_set(struct ctl_storage *storage, uint32_t offset, uint32_t mask, void (*action)(void *context),
		void *context);
/* For tests and for values that a board knows only later. */
void ctl_storage_set(struct ctl_storage *storage, uint32_t offset, uint32_t value);
uint32_t ctl_storage_get(const struct ctl_storage *storage, uint32_t offset);

/*
 * RCC of one family: clock enable bits gate the peripherals, ready flags follow their enables at once, a reset bit
 * resets its peripheral. The clock tree is not modelled: core and buses run from the start at the frequencies
 * that the board's reset-init script configures.
 */
enum ctl_rcc_family {
	RCC_STM32F0,	/* RM0360 section 7, at 40021000h */
	RCC_STM32F4,	/* RM0090 section 6 (F42x/F43x), at 40023800h */
	RCC_STM32F7,	/* RM0385 section 5, at 40023800h */
	RCC_STM32G0,	/* RM0454 section 5, at 40021000h */
	RCC_STM32H503,	/* RM0492, at 44020C00h */
};

struct ctl_storage *ctl_rcc_new(struct bus *bus, enum ctl_rcc_family family);

/* An enable bit of RCC. `rcc` NULL: always enabled. */
struct ctl_gate {
	const struct ctl_storage *rcc;
	uint32_t offset;
	uint32_t mask;
};

bool ctl_gate_is_open(const struct ctl_gate *gate);

/* STM32 GPIO port (RM0090 section 8.4, RM0360 section 8.4, RM0454 section 6.4). */
struct ctl_gpio_config {
	const char *name;
	uint32_t base;
	bool has_brr;	/* BRR at 28h: F0, G0 */
	uint32_t moder_reset, ospeedr_reset, pupdr_reset;
	struct ctl_gate gate;
};

struct ctl_gpio;

struct ctl_gpio *ctl_gpio_new(struct bus *bus, const struct ctl_gpio_config *config);
void ctl_gpio_free(struct ctl_gpio *gpio);
/*
 * Connects pin 0..15 to a line of the flash; `chip` is the index of ctl_wires_add_chip, used for LINE_CS. A pin drives
 * the line only while MODER says output (01); in alternate function the SPI controller does. A CS that nobody
 * drives is pulled up by the board, SCK and MOSI keep the level they had. Returns 0, or -1.
 */
int ctl_gpio_connect(struct ctl_gpio *gpio, unsigned int pin, enum ctl_line line, struct ctl_wires *wires,
		unsigned int chip);
bool ctl_gpio_is_alternate(const struct ctl_gpio *gpio, unsigned int pin);
/* Number in AFR while the pin is in alternate function mode, else -1. */
int ctl_gpio_alternate_function(const struct ctl_gpio *gpio, unsigned int pin);
/* System reset, or a reset bit of RCC (`context` is the port). */
void ctl_gpio_reset(void *context);

/*
 * USART, transmitter only (RM0090 section 30): characters come out at the baud rate that BRR says, into the report.
 * Written while TXE = 0, or with UE or TE off, they are lost, and that is a violation. Nothing is ever received.
 */
struct ctl_stm32_usart_config {
	const char *name;
	uint32_t base;
	uint32_t pclk_hz;
	struct ctl_gate gate;
	/* To whoever runs the CPU; context as given. */
	void *context;
	void (*set_irq)(void *context, bool level);
	void (*set_alarm)(void *context, uint64_t at_ps);	/* ctl_stm32_usart_on_alarm() then, or UINT64_MAX */
	void (*idle)(void *context, uint64_t until_ps);		/* the CPU polls SR, and nothing changes until then */
};

struct ctl_stm32_usart;

struct ctl_stm32_usart *ctl_stm32_usart_new(struct bus *bus, const struct ctl_stm32_usart_config *config);
void ctl_stm32_usart_free(struct ctl_stm32_usart *usart);
void ctl_stm32_usart_on_alarm(struct ctl_stm32_usart *usart);
/* System reset, or a reset bit of RCC (`context` is the USART). */
void ctl_stm32_usart_reset(void *context);

/*
 * FMC's SDRAM controller with one SDRAM on bank 2 (RM0090 section 37.7): the memory, which must be on the bus already,
 * answers when the initialisation of 37.7.3 has been done, and until the next reset. A command out of order, too soon
 * or while the controller is busy is a violation. Registers of the other banks are storage.
 */
struct ctl_stm32_fmc_config {
	uint32_t base;
	uint32_t ram_base;
	uint32_t hclk_hz;
	struct ctl_gate gate;
};

struct ctl_stm32_fmc;

struct ctl_stm32_fmc *ctl_stm32_fmc_new(struct bus *bus, const struct ctl_stm32_fmc_config *config);
void ctl_stm32_fmc_free(struct ctl_stm32_fmc *fmc);
/* System reset, or a reset bit of RCC (`context` is the controller). */
void ctl_stm32_fmc_reset(void *context);

enum ctl_stm32_spi_variant {
	STM32_SPI_V1,	/* F1/F2/F4/L1: no FIFO; RM0090 section 28 */
	STM32_SPI_V1_5,	/* F0/G0/L4/F7: 32-bit FIFOs, CR2.DS, CR2.FRXTH; RM0360 section 24, RM0454 section 27 */
};

struct ctl_stm32_spi_config {
	const char *name;
	uint32_t base;
	enum ctl_stm32_spi_variant variant;
	uint32_t pclk_hz;
	struct ctl_gate gate;
	/* The pins must be in this alternate function, else the line does not move. NULL: not checked. */
	struct ctl_gpio *sck_port, *mosi_port, *miso_port;
	unsigned int sck_pin, mosi_pin, miso_pin;
	int alternate_function;
};

struct ctl_stm32_spi;

struct ctl_stm32_spi *ctl_stm32_spi_new(struct bus *bus, const struct ctl_stm32_spi_config *config,
		struct ctl_wires *wires);
void ctl_stm32_spi_free(struct ctl_stm32_spi *spi);
/* System reset, or a reset bit of RCC (`context` is the controller). */
void ctl_stm32_spi_reset(void *context);

/*
 * Internal flash of the STM32F4 (RM0090 section 3): the array, which must be on the bus already, and its registers.
 *
 * Sizes: 512 KiB or 1 MiB are one bank of 16/64/128 KiB sectors, 2 MiB are two banks (STM32F42x, F43x).
 *
 * What the manual forbids is a violation, also where it has an error flag for it; only a program or erase of write
 * protected sectors (WRPERR) is not, as it is how a program finds out. Not modelled: read protection, bank swap, PCROP,
 * OTP area, caches, external programming voltage (PSIZE = x64).
 */
struct ctl_stm32f4_flash_config {
	uint32_t base;		/* of the registers */
	uint32_t array_base;	/* as bus_add_ram() or bus_add_memory() was told; the alias at 0 follows it */
	uint32_t size_bytes;
};

/*
 * After so many reads of FLASH_SR by the CPU, each close behind the one before, the end of the operation is skipped to
 * (ctl_stm32f4_flash_set_wait). Nothing but polling is left out then: a program that does something else between its
 * polls is not that quick.
 */
#define CTL_IDLE_FLASH_POLLS	32
#define CTL_IDLE_FLASH_POLL_NS	1000

struct ctl_stm32f4_flash;

struct ctl_stm32f4_flash *ctl_stm32f4_flash_new(struct bus *bus, const struct ctl_stm32f4_flash_config *config);
void ctl_stm32f4_flash_free(struct ctl_stm32f4_flash *flash);
/*
 * `wait(until_ps)` is called when an access of the CPU stalls until then, or when it polls BSY, and does nothing
 * else. (The debugger's accesses that stall move vb->clock.)
 */
void ctl_stm32f4_flash_set_wait(struct ctl_stm32f4_flash *flash, void (*wait)(void *context, uint64_t until_ps),
		void *context);

#endif /* OFL_VBOARD_CTL_H */
