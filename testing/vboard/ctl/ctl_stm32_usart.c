// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The transmitter of an STM32F4's USART: RM0090 rev 19 section 30. A character waits in the data register (TXE = 0)
 * while the one before is shifted out. What has become of it is computed when somebody looks.
 */

#include "ctl.h"

#include <stdlib.h>

#define USART_SR	0x00
#define USART_DR	0x04
#define USART_BRR	0x08
#define USART_CR1	0x0c
#define USART_CR2	0x10
#define USART_CR3	0x14
#define USART_GTPR	0x18
#define USART_SIZE	0x400

#define SR_TC		(1u << 6)
#define SR_TXE		(1u << 7)
#define CR1_TE		(1u << 3)
#define CR1_TCIE	(1u << 6)
#define CR1_TXEIE	(1u << 7)
#define CR1_M		(1u << 12)
#define CR1_UE		(1u << 13)
#define CR1_OVER8	(1u << 15)

/* So many reads of SR while a character is on its way are a loop that waits. */
#define IDLE_POLLS	32

struct ctl_stm32_usart {
	struct vb *vb;
	struct ctl_stm32_usart_config config;
	uint32_t brr, cr1, cr2, cr3, gtpr;
	bool tc;
	bool shifting, waiting;		/* a character in the shift register, in the data register */
	uint8_t next;			/* the one that waits */
	uint64_t shift_end_ps;
	unsigned int polls;
	bool unclocked_reported;
};

/* 30.3.2 and 30.3.4: start bit, 8 or 9 data bits, 0.5 to 2 stop bits; in half bits */
static unsigned int frame_half_bits(const struct ctl_stm32_usart *usart)
{
	static const uint8_t stop_half_bits[] = { 2, 1, 4, 3 };

	return 2 * (usart->cr1 & CR1_M ? 10 : 9) + stop_half_bits[usart->cr2 >> 12 & 3];
}

static uint64_t frame_ps(const struct ctl_stm32_usart *usart)
{
	/* BRR is the divider in 16ths, or with OVER8 in 8ths whose fraction has 3 bits. */
	uint64_t clocks = usart->cr1 & CR1_OVER8 ? (usart->brr >> 4) * 8 + (usart->brr & 7) : usart->brr;

	return clocks * frame_half_bits(usart) * (VB_PS_PER_S / 2) / usart->config.pclk_hz;
}

static void start_shifting(struct ctl_stm32_usart *usart, uint8_t character, uint64_t at_ps)
{
	usart->shifting = true;
	usart->shift_end_ps = at_ps + frame_ps(usart);
	vb_serial_put(usart->vb, (char)character);
}

static void update(struct ctl_stm32_usart *usart)
{
	while (usart->shifting && usart->shift_end_ps <= usart->vb->clock.now_ps) {
		usart->shifting = false;
		if (usart->waiting) {
			usart->waiting = false;
			start_shifting(usart, usart->next, usart->shift_end_ps);
		} else {
			usart->tc = true;
		}
	}
}

static void update_irq(struct ctl_stm32_usart *usart)
{
	bool level = (usart->cr1 & CR1_TXEIE && !usart->waiting) || (usart->cr1 & CR1_TCIE && usart->tc);
	/* Also for a character that waits, so that it gets into the report although nobody looks again. */
	bool wanted = usart->shifting && (usart->waiting || usart->cr1 & (CR1_TXEIE | CR1_TCIE));

	usart->config.set_irq(usart->config.context, level && usart->cr1 & CR1_UE);
	usart->config.set_alarm(usart->config.context, wanted ? usart->shift_end_ps : UINT64_MAX);
}

void ctl_stm32_usart_on_alarm(struct ctl_stm32_usart *usart)
{
	update(usart);
	update_irq(usart);
}

static uint32_t read_status(struct ctl_stm32_usart *usart, enum bus_master master)
{
	if (master == BUS_CPU && usart->shifting && ++usart->polls > IDLE_POLLS)
		usart->config.idle(usart->config.context, usart->shift_end_ps);
	return (usart->waiting ? 0 : SR_TXE) | (usart->tc ? SR_TC : 0);
}

static void write_data(struct ctl_stm32_usart *usart, uint8_t character)
{
	if (!(usart->cr1 & CR1_UE) || !(usart->cr1 & CR1_TE) || usart->brr < 16) {
		vb_violation(usart->vb, "%s: a character is written while UE, TE or BRR is 0", usart->config.name);
		return;
	}
	if (usart->waiting) {
		vb_violation(usart->vb, "%s: a character is written while TXE = 0, and one is lost", usart->config.name);
		usart->next = character;
		return;
	}
	usart->tc = false;
	usart->polls = 0;
	if (usart->shifting) {
		usart->waiting = true;
		usart->next = character;
	} else {
		start_shifting(usart, character, usart->vb->clock.now_ps);
	}
}

static bool is_clocked(struct ctl_stm32_usart *usart, bool write, uint32_t offset)
{
	if (ctl_gate_is_open(&usart->config.gate)) {
		usart->unclocked_reported = false;
		return true;
	}
	/* A polling loop would fill the list */
	if (!usart->unclocked_reported)
		vb_violation(usart->vb, "%s: %s at offset %02xh while its clock is off in RCC", usart->config.name,
			write ? "write" : "read", (unsigned int)offset);
	usart->unclocked_reported = true;
	return false;
}

static int usart_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct ctl_stm32_usart *usart = context;
	uint32_t word = 0;

	*value = 0;
	if (!is_clocked(usart, false, offset))
		return 0;
	update(usart);
	switch (offset & ~3u) {
	case USART_SR:
		word = read_status(usart, master);
		break;
	case USART_BRR:
		word = usart->brr;
		break;
	case USART_CR1:
		word = usart->cr1;
		break;
	case USART_CR2:
		word = usart->cr2;
		break;
	case USART_CR3:
		word = usart->cr3;
		break;
	case USART_GTPR:
		word = usart->gtpr;
		break;
	default:
		break;
	}
	*value = word >> 8 * (offset & 3);
	if (size < 4)
		*value &= (1u << 8 * size) - 1;
	return 0;
}

static int usart_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct ctl_stm32_usart *usart = context;

	(void)master;
	if (!is_clocked(usart, true, offset))
		return 0;
	/* 30.6: by half-words or words; only DR is a byte */
	if (size == 1 && offset != USART_DR) {
		vb_violation(usart->vb, "%s: byte written at offset %02xh", usart->config.name, (unsigned int)offset);
		return 0;
	}
	update(usart);
	switch (offset) {
	case USART_SR:
		if (!(value & SR_TC))
			usart->tc = false;
		break;
	case USART_DR:
		write_data(usart, (uint8_t)value);
		break;
	case USART_BRR:
		usart->brr = value & 0xffff;
		break;
	case USART_CR1:
		usart->cr1 = value & 0xbfff;
		break;
	case USART_CR2:
		usart->cr2 = value & 0x7f6f;
		break;
	case USART_CR3:
		usart->cr3 = value & 0x0fff;
		break;
	case USART_GTPR:
		usart->gtpr = value & 0xffff;
		break;
	default:
		break;
	}
	update_irq(usart);
	return 0;
}

void ctl_stm32_usart_reset(void *context)
{
	struct ctl_stm32_usart *usart = context;

	usart->brr = 0;
	usart->cr1 = 0;
	usart->cr2 = 0;
	usart->cr3 = 0;
	usart->gtpr = 0;
	usart->tc = true;
	usart->shifting = false;
	usart->waiting = false;
	update_irq(usart);
}

struct ctl_stm32_usart *ctl_stm32_usart_new(struct bus *bus, const struct ctl_stm32_usart_config *config)
{
	struct ctl_stm32_usart *usart = calloc(1, sizeof(*usart));
	const struct bus_device device = {
		.name = config->name,
		.base = config->base,
		.size = USART_SIZE,
		.context = usart,
		.read = usart_read,
		.write = usart_write,
		.reset = ctl_stm32_usart_reset,
	};

	if (!usart)
		return NULL;
	usart->vb = bus->vb;
	usart->config = *config;
	usart->tc = true;
	if (bus_add_device(bus, &device)) {
		free(usart);
		return NULL;
	}
	return usart;
}

void ctl_stm32_usart_free(struct ctl_stm32_usart *usart)
{
	free(usart);
}
