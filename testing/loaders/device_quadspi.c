// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * SPI NOR with 3 address bytes on the QUADSPI of an STM32F7, on one line, as the STM32F746G discovery board has it
 * (UM1907). Written as vendors' loaders are: no deadlines; memory mapped by Init only, which ST wants left so.
 *
 * Controller: RM0385 rev 8 section 14; RCC section 5.3, GPIO section 6.4. Commands and status bits: N25Q128A rev. S.
 */

#include "device.h"

#include "board.h"
#include "loader.h"

#define CHIP_PAGE_BYTES	256u

#define RCC_AHB1ENR	reg32(RCC_BASE + 0x30)
#define RCC_AHB3ENR	reg32(RCC_BASE + 0x38)
#define RCC_QSPIEN	(1u << 1)

#define GPIO(port)	(0x40020000u + 0x400u * (port))
#define PORT_B		1u
#define PORT_D		3u
#define PORT_E		4u

#define QUADSPI		0xa0001000u
#define QUADSPI_CR	reg32(QUADSPI + 0x00)
#define QUADSPI_DCR	reg32(QUADSPI + 0x04)
#define QUADSPI_SR	reg32(QUADSPI + 0x08)
#define QUADSPI_FCR	reg32(QUADSPI + 0x0c)
#define QUADSPI_DLR	reg32(QUADSPI + 0x10)
#define QUADSPI_CCR	reg32(QUADSPI + 0x14)
#define QUADSPI_AR	reg32(QUADSPI + 0x18)
#define QUADSPI_DR	((volatile uint8_t *)(uintptr_t)(QUADSPI + 0x20))

#define CR_EN		(1u << 0)
#define CR_ABORT	(1u << 1)
#define CR_DIVIDE_BY_4	(3u << 24)	/* at most 48 MHz */
#define DCR_16_MIB	0x00170100u	/* FSIZE = 23, chip select high for 2 clocks */
#define SR_TCF		(1u << 1)
#define SR_FTF		(1u << 2)
#define SR_BUSY		(1u << 5)
#define SR_LEVEL	(0x3fu << 8)
#define FCR_ALL		0x1bu

#define CCR_OPCODE(n)	((n) | 0x100u)
#define CCR_ADDRESS	0x2400u
#define CCR_DATA	(1u << 24)
#define CCR_READ	(1u << 26)
#define CCR_MAPPED	(3u << 26)

#define STATUS_WIP	0x01u

struct pin {
	uint8_t port, number, function;
};

static const struct pin pins[] = {
	{ PORT_B, 2, 9 }, { PORT_B, 6, 10 }, { PORT_D, 11, 9 }, { PORT_D, 12, 9 }, { PORT_D, 13, 9 }, { PORT_E, 2, 9 },
};

/* One after another, so that no pin changes its function before it has it. */
static void open_pins(void)
{
	*RCC_AHB1ENR |= 1u << PORT_B | 1u << PORT_D | 1u << PORT_E;
	(void)*RCC_AHB1ENR;
	for (unsigned int n = 0; n < sizeof(pins) / sizeof(pins[0]); n++) {
		const struct pin *pin = &pins[n];
		volatile uint32_t *function = reg32(GPIO(pin->port) + 0x20 + 4u * (pin->number / 8));
		volatile uint32_t *speed = reg32(GPIO(pin->port) + 0x08);
		volatile uint32_t *mode = reg32(GPIO(pin->port) + 0x00);
		unsigned int shift = 4u * (pin->number % 8);

		*function = (*function & ~(0xfu << shift)) | (uint32_t)pin->function << shift;
		*speed |= 3u << (2 * pin->number);
		*mode = (*mode & ~(3u << (2 * pin->number))) | 2u << (2 * pin->number);
	}
}

/* Out of the mapped mode, whoever has entered it. */
static void leave_mapped(void)
{
	if (*QUADSPI_SR & SR_BUSY)
		*QUADSPI_CR |= CR_ABORT;
	while (*QUADSPI_SR & SR_BUSY)
		;
	*QUADSPI_FCR = FCR_ALL;
}

static void end(void)
{
	while (!(*QUADSPI_SR & SR_TCF))
		;
	while (*QUADSPI_SR & SR_BUSY)
		;
	*QUADSPI_FCR = FCR_ALL;
}

static uint8_t read_byte(uint32_t opcode)
{
	*QUADSPI_DLR = 0;
	*QUADSPI_CCR = CCR_OPCODE(opcode) | CCR_DATA | CCR_READ;
	while (!(*QUADSPI_SR & SR_LEVEL))
		;
	uint8_t byte = *QUADSPI_DR;
	end();
	return byte;
}

static void wait_ready(void)
{
	while (read_byte(0x05) & STATUS_WIP)
		;
}

static void write_enable(void)
{
	*QUADSPI_CCR = CCR_OPCODE(0x06);
	end();
}

static void enter_mapped(void)
{
	*QUADSPI_CCR = CCR_OPCODE(0x03) | CCR_ADDRESS | CCR_DATA | CCR_MAPPED;
}

bool device_open(void)
{
	open_pins();
	*RCC_AHB3ENR |= RCC_QSPIEN;
	(void)*RCC_AHB3ENR;
	leave_mapped();
	*QUADSPI_CR = CR_DIVIDE_BY_4;
	*QUADSPI_DCR = DCR_16_MIB;
	*QUADSPI_CR = CR_DIVIDE_BY_4 | CR_EN;
	wait_ready();
	uint8_t id = read_byte(0x9f);
	if (id == 0 || id == 0xff)
		return false;
	if (TWIN != TWIN_UNMAPPED)
		enter_mapped();
	return true;
}

void device_close(void)
{
	leave_mapped();
	*QUADSPI_CR &= ~CR_EN;
}

bool device_erase_sector(uint32_t offset, uint32_t sector_bytes)
{
	(void)sector_bytes;
	leave_mapped();
	write_enable();
	*QUADSPI_CCR = CCR_OPCODE(0xd8) | CCR_ADDRESS;
	*QUADSPI_AR = offset;
	end();
	wait_ready();
	return true;
}

bool device_erase_chip(void)
{
	leave_mapped();
	write_enable();
	*QUADSPI_CCR = CCR_OPCODE(0xc7);
	end();
	wait_ready();
	return true;
}

static void program_page(uint32_t offset, uint32_t length, const uint8_t *data)
{
	write_enable();
	*QUADSPI_DLR = length - 1;
	*QUADSPI_CCR = CCR_OPCODE(0x02) | CCR_ADDRESS | CCR_DATA;
	*QUADSPI_AR = offset;
	while (length--) {
		while (!(*QUADSPI_SR & SR_FTF))
			;
		*QUADSPI_DR = *data++;
	}
	end();
	wait_ready();
}

bool device_program(uint32_t offset, uint32_t length, const uint8_t *data)
{
	leave_mapped();
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

/* By memory, as the host does. */
void device_read(uint32_t offset, uint32_t length, uint8_t *data)
{
	const volatile uint8_t *mapped = (const volatile uint8_t *)(uintptr_t)(DEVICE_BASE + offset);

	while (length--)
		*data++ = *mapped++;
}
