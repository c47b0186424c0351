// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * SPI mode 0 by hand on any GPIO that has registers which set and clear single pins and one which reads them. Direction
 * and pin mux are the board file's business; SCK and CS are left at their idle levels.
 */

#include "ctl_bytes.h"

static uint32_t ctl_exchange(struct ofl_params *p, uint8_t byte)
{
	/* The byte leaves at bit 31 while what comes in enters at bit 0; a set bit 8 of the latter marks the end. */
	uint32_t out = (uint32_t)byte << 24;
	uint32_t in = 1;
	do {
		const uint32_t *mosi = &p->ctl[OFL_CTL_MOSI];
		if (!(out >> 31))
			mosi += OFL_PIN_LOW_ADDRESS - OFL_PIN_HIGH_ADDRESS;
		pin_high(mosi);
		pin_high(&p->ctl[OFL_CTL_SCK]);
		out <<= 1;
		in <<= 1;
		if (load32(p->ctl[OFL_CTL_MISO]) & p->ctl[OFL_CTL_MISO + 1])
			in |= 1;
		pin_low(&p->ctl[OFL_CTL_SCK]);
	} while (!(in >> 8));
	return in & 0xff;
}

void ctl_write(struct ofl_params *p, const uint8_t *data, uint32_t length)
{
	for (const uint8_t *end = data + length; data != end; data++)
		ctl_exchange(p, *data);
}

void ctl_init(struct ofl_params *p)
{
	pin_high(&p->ctl[OFL_CTL_CS]);
	pin_low(&p->ctl[OFL_CTL_SCK]);
}

void ctl_fini(struct ofl_params *p)
{
	ctl_init(p);
}
