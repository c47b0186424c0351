// SPDX-License-Identifier: GPL-2.0-or-later

/* STM32 GPIO port: RM0090 rev 19 section 8.4, RM0360 rev 4 section 8.4, RM0454 rev 5 section 6.4. */

#include "ctl.h"

#include <stdlib.h>

#define GPIO_NUM_PINS	16

enum {
	GPIO_MODER = 0x00,
	GPIO_OTYPER = 0x04,
	GPIO_OSPEEDR = 0x08,
	GPIO_PUPDR = 0x0c,
	GPIO_IDR = 0x10,
	GPIO_ODR = 0x14,
	GPIO_BSRR = 0x18,
	GPIO_LCKR = 0x1c,
	GPIO_AFRL = 0x20,
	GPIO_AFRH = 0x24,
	GPIO_BRR = 0x28,
};

#define GPIO_LCKR_LCKK	(1u << 16)

enum gpio_mode {
	MODE_INPUT = 0,
	MODE_OUTPUT = 1,
	MODE_ALTERNATE = 2,
	MODE_ANALOG = 3,
};

struct gpio_pin {
	struct ctl_wires *wires;	/* NULL: not connected */
	enum ctl_line line;
	unsigned int chip;
};

struct ctl_gpio {
	struct vb *vb;
	struct ctl_gpio_config config;
	uint32_t moder, otyper, ospeedr, pupdr, odr, lckr;
	uint32_t afr[2];
	struct gpio_pin pin[GPIO_NUM_PINS];
	struct ctl_wires *wires;	/* all connected pins of a port go to the same wires */
	bool unclocked_reported;
};

static enum gpio_mode pin_mode(const struct ctl_gpio *gpio, unsigned int pin)
{
	return gpio->moder >> (2 * pin) & 3;
}

bool ctl_gpio_is_alternate(const struct ctl_gpio *gpio, unsigned int pin)
{
	return pin_mode(gpio, pin) == MODE_ALTERNATE;
}

int ctl_gpio_alternate_function(const struct ctl_gpio *gpio, unsigned int pin)
{
	if (!ctl_gpio_is_alternate(gpio, pin))
		return -1;
	return gpio->afr[pin / 8] >> (4 * (pin % 8)) & 0xf;
}

/* What the output stage drives: 0, 1, or -1 for nothing (an open drain output at 1 does not drive either). */
static int pin_drives(const struct ctl_gpio *gpio, unsigned int pin)
{
	if (pin_mode(gpio, pin) != MODE_OUTPUT)
		return -1;
	bool high = gpio->odr >> pin & 1;
	if (high && gpio->otyper >> pin & 1)
		return -1;
	return high;
}

static void gpio_drive_wires(struct ctl_gpio *gpio, bool by_reset)
{
	if (!gpio->wires)
		return;

	struct ctl_levels levels = *ctl_wires_get(gpio->wires);
	for (unsigned int i = 0; i < GPIO_NUM_PINS; i++) {
		const struct gpio_pin *pin = &gpio->pin[i];
		if (!pin->wires)
			continue;
		int level = pin_drives(gpio, i);
		if (pin->line == LINE_CS)
			levels.cs[pin->chip] = level != 0;
		else if (pin->line == LINE_SCK && level >= 0)
			levels.sck = level;
		else if (pin->line == LINE_MOSI && level >= 0)
			levels.mosi = level;
	}
	ctl_wires_drive(gpio->wires, &levels, by_reset);
}

static bool line_level(const struct gpio_pin *pin)
{
	const struct ctl_levels *levels = ctl_wires_get(pin->wires);

	switch (pin->line) {
	case LINE_CS:
		return levels->cs[pin->chip];
	case LINE_SCK:
		return levels->sck;
	case LINE_MOSI:
		return levels->mosi;
	case LINE_MISO:
		break;
	}
	return ctl_wires_miso(pin->wires);
}

static uint32_t gpio_idr(const struct ctl_gpio *gpio)
{
	uint32_t idr = 0;

	for (unsigned int i = 0; i < GPIO_NUM_PINS; i++) {
		/* RM0090 8.3.12: the Schmitt trigger is off in analog mode and gives 0 */
		if (pin_mode(gpio, i) == MODE_ANALOG)
			continue;
		bool level;
		int drives = pin_drives(gpio, i);
		if (drives >= 0)
			level = drives;
		else if (gpio->pin[i].wires)
			level = line_level(&gpio->pin[i]);
		else
			level = (gpio->pupdr >> (2 * i) & 3) == 1;	/* 01: pull-up */
		idr |= (uint32_t)level << i;
	}
	return idr;
}

static bool gpio_is_clocked(struct ctl_gpio *gpio, bool write, uint32_t offset)
{
	if (ctl_gate_is_open(&gpio->config.gate)) {
		gpio->unclocked_reported = false;
		return true;
	}
	/* A polling loop would fill the list */
	if (!gpio->unclocked_reported)
		vb_violation(gpio->vb, "%s: %s at offset %02xh while its clock is off in RCC", gpio->config.name,
			write ? "write" : "read", (unsigned int)offset);
	gpio->unclocked_reported = true;
	return false;
}

static int gpio_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct ctl_gpio *gpio = context;
	uint32_t word = 0;

	*value = 0;
	if (!gpio_is_clocked(gpio, false, offset))
		return 0;

	switch (offset & ~3u) {
	case GPIO_MODER:
		word = gpio->moder;
		break;
	case GPIO_OTYPER:
		word = gpio->otyper;
		break;
	case GPIO_OSPEEDR:
		word = gpio->ospeedr;
		break;
	case GPIO_PUPDR:
		word = gpio->pupdr;
		break;
	case GPIO_IDR:
		if (gpio->wires) {
			ctl_wires_sync(gpio->wires);
			if (master == BUS_CPU)
				ctl_wires_note_poll(gpio->wires);
		}
		word = gpio_idr(gpio);
		break;
	case GPIO_ODR:
		word = gpio->odr;
		break;
	case GPIO_LCKR:
		word = gpio->lckr;
		break;
	case GPIO_AFRL:
	case GPIO_AFRH:
		word = gpio->afr[(offset & ~3u) == GPIO_AFRH];
		break;
	default:	/* BSRR and BRR are write-only and read 0 */
		break;
	}
	word >>= 8 * (offset & 3);
	*value = size == 4 ? word : word & ((1u << (8 * size)) - 1);
	return 0;
}

static int gpio_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_gpio *gpio = context;
	unsigned int shift = 8 * (offset & 3);
	uint32_t mask = (size == 4 ? 0xffffffff : (1u << (8 * size)) - 1) << shift;
	(void)master;

	if (!gpio_is_clocked(gpio, true, offset))
		return 0;
	value = value << shift & mask;

	/* Frames that started before this write were shifted with the pins as they were */
	if (gpio->wires)
		ctl_wires_sync(gpio->wires);

	switch (offset & ~3u) {
	case GPIO_MODER:
		gpio->moder = (gpio->moder & ~mask) | value;
		break;
	case GPIO_OTYPER:
		gpio->otyper = ((gpio->otyper & ~mask) | value) & 0xffff;
		break;
	case GPIO_OSPEEDR:
		gpio->ospeedr = (gpio->ospeedr & ~mask) | value;
		break;
	case GPIO_PUPDR:
		gpio->pupdr = (gpio->pupdr & ~mask) | value;
		break;
	case GPIO_ODR:
		gpio->odr = ((gpio->odr & ~mask) | value) & 0xffff;
		break;
	case GPIO_BSRR:
		/* RM0090 8.4.7: "If both BSx and BRx are set, BSx has priority" */
		gpio->odr = (gpio->odr & ~(value >> 16)) | (value & 0xffff);
		break;
	case GPIO_LCKR:
		if (value & GPIO_LCKR_LCKK)
			vb_violation(gpio->vb, "%s: LCKR's lock sequence is used, which this model does not have",
				gpio->config.name);
		gpio->lckr = ((gpio->lckr & ~mask) | value) & 0xffff;
		break;
	case GPIO_AFRL:
	case GPIO_AFRH:
		gpio->afr[(offset & ~3u) == GPIO_AFRH] = (gpio->afr[(offset & ~3u) == GPIO_AFRH] & ~mask) | value;
		break;
	case GPIO_BRR:
		if (gpio->config.has_brr)
			gpio->odr &= ~(value & 0xffff);
		else
			vb_violation(gpio->vb, "%s: write to BRR (28h), which this family does not have",
				gpio->config.name);
		break;
	case GPIO_IDR:
		vb_violation(gpio->vb, "%s: write to the read-only IDR", gpio->config.name);
		break;
	default:
		vb_violation(gpio->vb, "%s: write to reserved offset %02xh", gpio->config.name, (unsigned int)offset);
		break;
	}
	gpio_drive_wires(gpio, false);
	return 0;
}

void ctl_gpio_reset(void *context)
{
	struct ctl_gpio *gpio = context;

	gpio->moder = gpio->config.moder_reset;
	gpio->otyper = 0;
	gpio->ospeedr = gpio->config.ospeedr_reset;
	gpio->pupdr = gpio->config.pupdr_reset;
	gpio->odr = 0;
	gpio->lckr = 0;
	gpio->afr[0] = 0;
	gpio->afr[1] = 0;
	gpio_drive_wires(gpio, true);
}

struct ctl_gpio *ctl_gpio_new(struct bus *bus, const struct ctl_gpio_config *config)
{
	struct ctl_gpio *gpio = calloc(1, sizeof(*gpio));
	if (!gpio)
		return NULL;
	gpio->vb = bus->vb;
	gpio->config = *config;
	const struct bus_device device = {
		.name = config->name,
		.base = config->base,
		.size = 0x400,
		.context = gpio,
		.read = gpio_read,
		.write = gpio_write,
		.reset = ctl_gpio_reset,
	};
	if (bus_add_device(bus, &device)) {
		free(gpio);
		return NULL;
	}
	ctl_gpio_reset(gpio);
	return gpio;
}

void ctl_gpio_free(struct ctl_gpio *gpio)
{
	free(gpio);
}

int ctl_gpio_connect(struct ctl_gpio *gpio, unsigned int pin, enum ctl_line line, struct ctl_wires *wires,
		unsigned int chip)
{
	if (pin >= GPIO_NUM_PINS || chip >= CTL_MAX_CHIPS || (gpio->wires && gpio->wires != wires))
		return -1;
	gpio->wires = wires;
	gpio->pin[pin] = (struct gpio_pin){ .wires = wires, .line = line, .chip = chip };
	gpio_drive_wires(gpio, false);
	return 0;
}
