// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * A board with an STM32N655: a Cortex-M33 stands in for its Cortex-M55. Addresses and bit positions: ST's CMSIS header
 * of the STM32N655 (cmsis-device-n6 f818b00); pins of XSPIM port 2: PN1 to PN6, alternate function 9 (DS14791, table of
 * the alternate functions of port N).
 *
 * Security. The core runs in Secure state, as out of reset, with the SAU off. "After a system reset, all non-RIF-aware
 * peripherals become non-secure and unprivileged, reachable by any CID" (RM0486 section 6.3.1); XSPI2 and XSPIM are
 * such, so both of their addresses answer alike, and so it is here with GPION, RCC and PWR, which have a configuration
 * of their own. Memories behind a RISAF (AXISRAM, the mapped range of XSPI2) are for secure accesses only after reset
 * (RM0486 section 7): AXISRAM is here at its secure address only. RIFSC and the RISAFs themselves are not modelled. The
 * debug port's AP 1, the core's, makes secure accesses unless its CSW says otherwise; see memap.c.
 *
 * Clocks, SYSCFG and DBGMCU only store. That port 2 needs XSPIM's clock is the stricter reading; ST's examples set it.
 */

#include "board_n655.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "ctl/ctl_stm32_octospi.h"

#define SECURE_ALIAS	0x10000000u
#define PERIPH_SECURE	0x50000000u
#define PERIPH_BYTES	0x10000000u

#define DBGMCU_BASE	0x54001000u
#define SYSCFG_BASE	0x56008000u
#define GPION_BASE	0x56023400u
#define PWR_BASE	0x56024800u
#define RCC_BASE	0x56028000u
#define XSPIM_BASE	0x5802b400u

/* HSI, from which everything runs out of reset, and which the reset-init script gives to the AHB undivided */
#define HCLK_HZ		64000000u

#define RCC_WORDS_BYTES	0x800u
#define RCC_CFGR2	0x024u
#define RCC_CFGR2_RESET	0x00100000u	/* HPRE = / 2 */
#define RCC_AHB4RSTR	0x21cu
#define RCC_AHB5RSTR	0x220u
#define RCC_AHB4ENR	0x25cu
#define RCC_AHB5ENR	0x260u
#define RCC_GPION	(1u << 13)
#define RCC_XSPI2	(1u << 12)
#define RCC_XSPIM	(1u << 13)

#define PWR_SVMCR3		0x3cu
#define PWR_SVMCR3_VDDIO3SV	(1u << 9)

#define DBGMCU_IDCODE	0x00000486u	/* DEV_ID; the revision is none that exists */

#define XSPIM_CR		0x00u
#define XSPIM_CR_MUXEN		(1u << 0)
#define XSPIM_CR_MODE		(1u << 1)

struct board_n655 {
	struct bus *bus;
	struct ctl_storage *rcc, *pwr, *xspim, *syscfg, *dbgmcu;
	struct ctl_gpio *port_n;
	struct ctl_stm32_octospi *xspi;
};

/*
 * RCC's second and third registers of a name: what is written to ...SR (at 800h and up) is set in the register 800h
 * below, what is written to ...CR (at 1000h and up) is cleared in the one 1000h below. Reading them gives 0.
 */
static int rcc_alias_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	(void)context;
	(void)offset;
	(void)size;
	(void)master;
	*value = 0;
	return 0;
}

static int rcc_alias_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct board_n655 *n655 = context;
	uint32_t address = RCC_BASE + offset % RCC_WORDS_BYTES;
	uint32_t old;

	if (bus_read(n655->bus, address, size, &old, master))
		return -1;
	return bus_write(n655->bus, address, size, offset < RCC_WORDS_BYTES ? old | value : old & ~value, master);
}

static int add_rcc(struct board_n655 *n655)
{
	const struct bus_device alias = {
		.name = "RCC",
		.base = RCC_BASE + RCC_WORDS_BYTES,
		.size = 2 * RCC_WORDS_BYTES,
		.context = n655,
		.read = rcc_alias_read,
		.write = rcc_alias_write,
	};

	static const uint32_t reset_values[] = { [RCC_CFGR2 / 4] = RCC_CFGR2_RESET };

	n655->rcc = ctl_storage_new(n655->bus, "RCC", RCC_BASE, RCC_WORDS_BYTES, reset_values,
		sizeof(reset_values) / sizeof(reset_values[0]));
	return n655->rcc ? bus_add_device(n655->bus, &alias) : -1;
}

/* XSPI2 is at port 2 unless XSPIM swaps the ports, or sends both controllers to port 1; port 2 lives on VDDIO3. */
static bool has_port(void *context)
{
	const struct board_n655 *n655 = context;
	uint32_t mode = ctl_storage_get(n655->xspim, XSPIM_CR) & (XSPIM_CR_MUXEN | XSPIM_CR_MODE);

	if (!(ctl_storage_get(n655->rcc, RCC_AHB5ENR) & RCC_XSPIM) ||
			!(ctl_storage_get(n655->pwr, PWR_SVMCR3) & PWR_SVMCR3_VDDIO3SV))
		return false;
	return mode == 0 || mode == (XSPIM_CR_MUXEN | XSPIM_CR_MODE);
}

static int add_xspi(struct board_n655 *n655, struct nor *chip)
{
	struct ctl_gpio *port = n655->port_n;
	const struct ctl_stm32_octospi_config config = {
		.name = "XSPI2",
		.variant = STM32_XSPI,
		.base = BOARD_N655_XSPI2_BASE,
		.mapped_base = BOARD_N655_MAPPED_BASE,
		.kernel_hz = HCLK_HZ,
		.gate = { n655->rcc, RCC_AHB5ENR, RCC_XSPI2 },
		.pin = {
			[QUADSPI_NCS] = { port, 1, 9 },
			[QUADSPI_IO0] = { port, 2, 9 },
			[QUADSPI_IO1] = { port, 3, 9 },
			[QUADSPI_IO2] = { port, 4, 9 },
			[QUADSPI_IO3] = { port, 5, 9 },
			[QUADSPI_CLK] = { port, 6, 9 },
		},
		.has_port = has_port,
		.port_context = n655,
	};

	n655->xspi = ctl_stm32_octospi_new(n655->bus, &config, chip);
	if (!n655->xspi)
		return -1;
	return ctl_storage_on_set(n655->rcc, RCC_AHB5RSTR, RCC_XSPI2, ctl_stm32_octospi_reset, n655->xspi);
}

static int add_port(struct board_n655 *n655)
{
	const struct ctl_gpio_config config = {
		.name = "GPION",
		.base = GPION_BASE,
		.has_brr = true,
		.moder_reset = 0xffffffff,
		.gate = { n655->rcc, RCC_AHB4ENR, RCC_GPION },
	};

	n655->port_n = ctl_gpio_new(n655->bus, &config);
	if (!n655->port_n)
		return -1;
	return ctl_storage_on_set(n655->rcc, RCC_AHB4RSTR, RCC_GPION, ctl_gpio_reset, n655->port_n);
}

/* Every peripheral a second time, at its non-secure address. It is reset once. */
static int add_aliases(struct bus *bus)
{
	unsigned int num_devices = bus->num_devices;

	for (unsigned int i = 0; i < num_devices; i++) {
		struct bus_device alias = bus->device[i];

		if (alias.base - PERIPH_SECURE >= PERIPH_BYTES)
			continue;
		alias.base -= SECURE_ALIAS;
		alias.reset = NULL;
		if (bus_add_device(bus, &alias))
			return -1;
	}
	return 0;
}

struct board_n655 *board_n655_new(struct board *board)
{
	static const uint32_t idcode = DBGMCU_IDCODE;
	struct board_n655 *n655 = calloc(1, sizeof(*n655));

	if (!n655)
		return NULL;
	n655->bus = &board->bus;
	if (add_rcc(n655))
		goto fail;
	n655->pwr = ctl_storage_new(n655->bus, "PWR", PWR_BASE, 0x400, NULL, 0);
	n655->xspim = ctl_storage_new(n655->bus, "XSPIM", XSPIM_BASE, 0x400, NULL, 0);
	n655->syscfg = ctl_storage_new(n655->bus, "SYSCFG", SYSCFG_BASE, 0x400, NULL, 0);
	n655->dbgmcu = ctl_storage_new(n655->bus, "DBGMCU", DBGMCU_BASE, 0x400, &idcode, 1);
	if (!n655->pwr || !n655->xspim || !n655->syscfg || !n655->dbgmcu)
		goto fail;
	if (add_port(n655) || add_xspi(n655, board->nor) || add_aliases(n655->bus))
		goto fail;
	return n655;

fail:
	board_n655_free(n655);
	return NULL;
}

void board_n655_free(struct board_n655 *n655)
{
	if (!n655)
		return;
	ctl_stm32_octospi_free(n655->xspi);
	ctl_gpio_free(n655->port_n);
	ctl_storage_free(n655->dbgmcu);
	ctl_storage_free(n655->syscfg);
	ctl_storage_free(n655->xspim);
	ctl_storage_free(n655->pwr);
	ctl_storage_free(n655->rcc);
	free(n655);
}

void board_n655_set_idle(struct board_n655 *n655, void (*idle)(void *context, uint64_t until_ps), void *context)
{
	ctl_stm32_octospi_set_idle(n655->xspi, idle, context);
}
