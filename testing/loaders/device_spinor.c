// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * SPI NOR with 3 address bytes on the SPI controller of an STM32, with FIFO (F0, G0) or without (F4), chip select by
 * GPIO. Written as vendors' loaders are: no deadlines, one byte in flight.
 *
 * Controller: RM0090 rev 19 section 28, RM0360 rev 4 section 24, RM0454 rev 5 section 27. Commands and status bits:
 * JESD216, W25Q128JV rev. F, MX25L12835F.
 */

#include "device.h"

#include "board.h"
#include "loader.h"

#define CHIP_PAGE_BYTES	256u
#define SMALL_BYTES	0x1000u

#define GPIO_MODER	reg32(GPIO_BASE + 0x00)
#define GPIO_OSPEEDR	reg32(GPIO_BASE + 0x08)
#define GPIO_BSRR	reg32(GPIO_BASE + 0x18)
#define GPIO_AFR	reg32(GPIO_BASE + (PIN_CS < 8 ? 0x20 : 0x24))

#define SPI_CR1		reg32(SPI_BASE + 0x00)
#define SPI_CR2		reg32(SPI_BASE + 0x04)
#define SPI_SR		reg32(SPI_BASE + 0x08)
#if SPI_HAS_FIFO
/* A byte access moves one frame, a wider one two (RM0360 section 24.5.9). */
#define SPI_DR		((volatile uint8_t *)(uintptr_t)(SPI_BASE + 0x0c))
#define SPI_CR2_VALUE	0x1700u		/* DS = 8 bit, FRXTH = 8 bit */
#else
#define SPI_DR		((volatile uint16_t *)(uintptr_t)(SPI_BASE + 0x0c))
#define SPI_CR2_VALUE	0u
#endif

#define CR1_MSTR	(1u << 2)
#define CR1_BR_SHIFT	3
#define CR1_SPE		(1u << 6)
#define CR1_SSI		(1u << 8)
#define CR1_SSM		(1u << 9)

#define SR_RXNE		(1u << 0)
#define SR_TXE		(1u << 1)
#define SR_BSY		(1u << 7)

#define STATUS_WIP	0x01u

enum command {
	COMMAND_WRITE_ENABLE,
	COMMAND_READ_STATUS,
	COMMAND_READ_ID,
	COMMAND_READ,
	COMMAND_PROGRAM,
	COMMAND_ERASE_4K,
	COMMAND_ERASE_64K,
	COMMAND_ERASE_CHIP,
};

static const uint8_t opcodes[] = { 0x06, 0x05, 0x9f, 0x03, 0x02, 0x20, 0xd8, 0xc7 };

/* Looked up at run time, so that a host that does not load read-only data breaks the loader. */
static uint8_t opcode(enum command command)
{
	const uint8_t *table = opcodes;

	__asm__("" : "+r"(table));
	return table[command];
}

static uint8_t exchange(uint8_t byte)
{
	while (!(*SPI_SR & SR_TXE))
		;
	*SPI_DR = byte;
	while (!(*SPI_SR & SR_RXNE))
		;
	return (uint8_t)*SPI_DR;
}

static void begin(enum command command)
{
	*GPIO_BSRR = 1u << (PIN_CS + 16);
	exchange(opcode(command));
}

static void begin_at(enum command command, uint32_t offset)
{
	begin(command);
	exchange((uint8_t)(offset >> 16));
	exchange((uint8_t)(offset >> 8));
	exchange((uint8_t)offset);
}

static void end(void)
{
	while (*SPI_SR & SR_BSY)
		;
	*GPIO_BSRR = 1u << PIN_CS;
}

static void write_enable(void)
{
	begin(COMMAND_WRITE_ENABLE);
	end();
}

static void wait_ready(void)
{
	begin(COMMAND_READ_STATUS);
	while (exchange(0xff) & STATUS_WIP)
		;
	end();
}

static void open_pins(void)
{
	unsigned int function_shift = 4 * ((PIN_CS + 1) % 8);

	*reg32(RCC_GPIO_ENABLE) |= RCC_GPIO_MASK;
	(void)*reg32(RCC_GPIO_ENABLE);	/* RM0090 section 6.2.14: the clock is there after two cycles */
	*GPIO_BSRR = 1u << PIN_CS;
	*GPIO_AFR = (*GPIO_AFR & ~(0xfffu << function_shift)) | (0x111u * PIN_FUNCTION) << function_shift;
	*GPIO_OSPEEDR |= 0xffu << (2 * PIN_CS);
	*GPIO_MODER = (*GPIO_MODER & ~(0xffu << (2 * PIN_CS))) | 0xa9u << (2 * PIN_CS);
}

static void open_controller(void)
{
	uint32_t cr1 = SPI_BAUD_RATE << CR1_BR_SHIFT | CR1_MSTR | CR1_SSI | CR1_SSM;

	*reg32(RCC_SPI_ENABLE) |= RCC_SPI_MASK;
	(void)*reg32(RCC_SPI_ENABLE);
	while (*SPI_SR & SR_BSY)
		;
	*SPI_CR1 &= ~CR1_SPE;
	*SPI_CR2 = SPI_CR2_VALUE;
	while (*SPI_SR & SR_RXNE)
		(void)*SPI_DR;
	*SPI_CR1 = cr1;
	*SPI_CR1 = cr1 | CR1_SPE;
}

bool device_open(void)
{
	uint8_t id = 0;

	open_pins();
	open_controller();
	wait_ready();
	begin(COMMAND_READ_ID);
	id = exchange(0xff);
	exchange(0xff);
	exchange(0xff);
	end();
	return id != 0 && id != 0xff;
}

void device_close(void)
{
	if (TWIN != TWIN_EARLY)
		wait_ready();
	*SPI_CR1 &= ~CR1_SPE;
}

bool device_erase_sector(uint32_t offset, uint32_t sector_bytes)
{
	wait_ready();
	write_enable();
	begin_at(sector_bytes == SMALL_BYTES ? COMMAND_ERASE_4K : COMMAND_ERASE_64K, offset);
	end();
	wait_ready();
	return true;
}

bool device_erase_chip(void)
{
	wait_ready();
	write_enable();
	begin(COMMAND_ERASE_CHIP);
	end();
	wait_ready();
	return true;
}

static void program_page(uint32_t offset, uint32_t length, const uint8_t *data)
{
	write_enable();
	begin_at(COMMAND_PROGRAM, offset);
	while (length--)
		exchange(*data++);
	end();
	if (TWIN != TWIN_EARLY)
		wait_ready();
}

bool device_program(uint32_t offset, uint32_t length, const uint8_t *data)
{
	while (length) {
		uint32_t here = CHIP_PAGE_BYTES - offset % CHIP_PAGE_BYTES;
		if (here > length)
			here = length;
		program_page(offset, here, data);
		offset += here;
		data += here;
		length -= here;
	}
	return true;
}

void device_read(uint32_t offset, uint32_t length, uint8_t *data)
{
	begin_at(COMMAND_READ, offset);
	while (length--)
		*data++ = exchange(0xff);
	end();
}
