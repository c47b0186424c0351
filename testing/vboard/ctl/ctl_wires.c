// SPDX-License-Identifier: GPL-2.0-or-later

/* The wires between the MCU's pins and the flash chips. */

#include "ctl.h"

#include <stdlib.h>

struct ctl_wires {
	struct vb *vb;
	struct nor *chip[CTL_MAX_CHIPS];
	unsigned int num_chips;
	struct ctl_levels levels;

	bool (*sync)(void *context);
	void *sync_context;

	void (*idle)(void *context, uint64_t until_ps);
	void *idle_context;
	uint64_t busy_period_ps;	/* end of the busy period in which the clocks below were counted */
	uint64_t busy_clocks;
};

struct ctl_wires *ctl_wires_new(struct vb *vb)
{
	struct ctl_wires *wires = calloc(1, sizeof(*wires));
	if (!wires)
		return NULL;
	wires->vb = vb;
	for (unsigned int i = 0; i < CTL_MAX_CHIPS; i++)
		wires->levels.cs[i] = true;
	return wires;
}

void ctl_wires_free(struct ctl_wires *wires)
{
	free(wires);
}

int ctl_wires_add_chip(struct ctl_wires *wires, struct nor *nor)
{
	if (wires->num_chips == CTL_MAX_CHIPS)
		return -1;
	wires->chip[wires->num_chips] = nor;
	return (int)wires->num_chips++;
}

void ctl_wires_set_shifter(struct ctl_wires *wires, bool (*sync)(void *context), void *context)
{
	wires->sync = sync;
	wires->sync_context = context;
}

bool ctl_wires_sync(struct ctl_wires *wires)
{
	return wires->sync && wires->sync(wires->sync_context);
}

const struct ctl_levels *ctl_wires_get(const struct ctl_wires *wires)
{
	return &wires->levels;
}

/* The busy period that the selected chip is in, or 0. */
static uint64_t wires_busy_until_ps(const struct ctl_wires *wires)
{
	for (unsigned int i = 0; i < wires->num_chips; i++) {
		if (wires->levels.cs[i] || !nor_is_busy(wires->chip[i]))
			continue;
		uint64_t until_ps = nor_busy_until_ps(wires->chip[i]);
		return until_ps == UINT64_MAX ? 0 : until_ps;
	}
	return 0;
}

static void wires_count_clocks(struct ctl_wires *wires, unsigned int clocks)
{
	uint64_t until_ps = wires_busy_until_ps(wires);
	if (until_ps != wires->busy_period_ps) {
		wires->busy_period_ps = until_ps;
		wires->busy_clocks = 0;
	}
	wires->busy_clocks += clocks;
}

void ctl_wires_drive(struct ctl_wires *wires, const struct ctl_levels *levels, bool by_reset)
{
	const struct ctl_levels old = wires->levels;
	bool cs_changed = false;

	for (unsigned int i = 0; i < wires->num_chips; i++)
		cs_changed = cs_changed || old.cs[i] != levels->cs[i];
	if (!cs_changed && old.sck == levels->sck && old.mosi == levels->mosi)
		return;

	if (ctl_wires_sync(wires) && !by_reset)
		vb_violation(wires->vb, "pins: %s changed while the SPI controller is shifting a frame",
			cs_changed ? "chip select" : "SCK or MOSI");

	/* Setup and hold times of every chip are above 0, so edges of one store do not make a defined transfer */
	bool rising = !old.sck && levels->sck;
	bool selected = false;
	for (unsigned int i = 0; i < wires->num_chips; i++)
		selected = selected || !old.cs[i] || !levels->cs[i];
	if (rising && selected && old.mosi != levels->mosi)
		vb_violation(wires->vb, "pins: MOSI changes together with the rising edge of SCK");
	if (rising && cs_changed)
		vb_violation(wires->vb, "pins: chip select changes together with the rising edge of SCK");

	wires->levels.mosi = levels->mosi;
	wires->levels.sck = levels->sck;
	for (unsigned int i = 0; i < wires->num_chips; i++) {
		if (rising)
			nor_sck_rising(wires->chip[i], levels->mosi);
		else if (old.sck && !levels->sck)
			nor_sck_falling(wires->chip[i]);
	}
	if (rising)
		wires_count_clocks(wires, 1);

	unsigned int num_selected = 0;
	for (unsigned int i = 0; i < wires->num_chips; i++) {
		wires->levels.cs[i] = levels->cs[i];
		if (old.cs[i] != levels->cs[i])
			nor_set_cs(wires->chip[i], levels->cs[i]);
		if (!levels->cs[i])
			num_selected++;
	}
	if (cs_changed && num_selected > 1)
		vb_violation(wires->vb, "pins: %u chips on the same MISO line are selected at once", num_selected);
}

/* Only a selected chip drives MISO; when none is, each of them reads as the line's pull. */
static bool chip_is_heard(const struct ctl_wires *wires, unsigned int chip)
{
	bool selected = false;

	for (unsigned int i = 0; i < wires->num_chips; i++)
		selected = selected || !wires->levels.cs[i];
	return !selected || !wires->levels.cs[chip];
}

bool ctl_wires_miso(const struct ctl_wires *wires)
{
	bool level = true;

	for (unsigned int i = 0; i < wires->num_chips; i++) {
		if (chip_is_heard(wires, i))
			level = level && nor_miso(wires->chip[i]);
	}
	return level;
}

uint8_t ctl_wires_transfer(struct ctl_wires *wires, uint8_t mosi, uint32_t clock_hz, uint64_t at_ps)
{
	uint8_t miso = 0xff;

	/* The frame may be worked out later than it happened; the chip must see the time at which it did. */
	uint64_t now_ps = wires->vb->clock.now_ps;
	wires->vb->clock.now_ps = at_ps;
	wires_count_clocks(wires, 8);
	for (unsigned int i = 0; i < wires->num_chips; i++) {
		if (chip_is_heard(wires, i))
			miso &= nor_transfer_byte(wires->chip[i], mosi, clock_hz);
	}
	wires->vb->clock.now_ps = now_ps;
	return miso;
}

void ctl_wires_set_idle(struct ctl_wires *wires, void (*idle)(void *context, uint64_t until_ps), void *context)
{
	wires->idle = idle;
	wires->idle_context = context;
}

void ctl_wires_note_poll(struct ctl_wires *wires)
{
	if (!wires->idle || wires->busy_clocks < 8 * CTL_IDLE_STATUS_BYTES)
		return;
	uint64_t until_ps = wires_busy_until_ps(wires);
	if (!until_ps || until_ps != wires->busy_period_ps || until_ps <= wires->vb->clock.now_ps)
		return;
	wires->idle(wires->idle_context, until_ps);
}
