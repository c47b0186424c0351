// SPDX-License-Identifier: GPL-2.0-or-later

#include "vb_spi_v3_rig.h"

#include <stdlib.h>

static uint32_t kernel_hz(void *context)
{
	const struct spi_v3_rig *f = context;

	return f->kernel_hz;
}

static int setup_generation(void **state, enum ctl_stm32_spi_generation generation)
{
	struct spi_v3_rig *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	struct spi_rig *rig = &f->rig;

	*state = f;
	rig_open(rig);
	f->kernel_hz = KERNEL_HZ;
	f->rcc = ctl_rcc_new(&rig->bus, RCC_STM32F0);
	const struct ctl_gpio_config port = { .name = "GPIOA", .base = PORT, .has_brr = true,
		.moder_reset = 0x28000000 };
	f->port = ctl_gpio_new(&rig->bus, &port);
	const struct ctl_stm32_spi_v3_config config = {
		.name = "SPI1", .base = BASE, .generation = generation, .fifo_bytes = 16,
		.gate = { f->rcc, 0x18, 1u << 12 },
		.kernel_hz = kernel_hz, .kernel_context = f,
		.sck_port = f->port, .mosi_port = f->port, .miso_port = f->port,
		.sck_pin = 5, .miso_pin = 6, .mosi_pin = 7, .alternate_function = 5,
	};
	f->spi = ctl_stm32_spi_v3_new(&rig->bus, &config, rig->wires);
	assert_non_null(f->spi);
	put(rig, RCC + 0x18, 4, 1u << 12);
	put(rig, PORT + 0x20, 4, 0x55500000);
	put(rig, PORT, 4, 0x2800a800);
	select_chip(rig, true);
	return 0;
}

int spi_v3_setup(void **state)
{
	return setup_generation(state, STM32_SPI_V3);
}

int spi_v2_setup(void **state)
{
	return setup_generation(state, STM32_SPI_V2);
}

int spi_v3_teardown(void **state)
{
	struct spi_v3_rig *f = *state;

	ctl_stm32_spi_v3_free(f->spi);
	ctl_gpio_free(f->port);
	ctl_storage_free(f->rcc);
	rig_close(&f->rig);
	free(f);
	return 0;
}

uint32_t status(struct spi_rig *rig)
{
	return get(rig, SR, 4);
}

void begin(struct spi_rig *rig, uint32_t cfg1, uint32_t cfg2, uint32_t cr1, uint32_t tsize)
{
	put(rig, CR1, 4, SSI);
	put(rig, CFG1, 4, cfg1);
	put(rig, CFG2, 4, cfg2);
	put(rig, CR2, 4, tsize);
	put(rig, CR1, 4, cr1 | SSI | SPE);
	put(rig, CR1, 4, cr1 | SSI | SPE | CSTART);
}

void end(struct spi_rig *rig)
{
	put(rig, CR1, 4, SSI);
}
