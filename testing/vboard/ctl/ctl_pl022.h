/* SPDX-License-Identifier: GPL-2.0-or-later */

/* ARM PrimeCell Synchronous Serial Port (PL022) as a bus master: ctl_pl022.c has the documents and what is left out. */

#ifndef OFL_VBOARD_CTL_PL022_H
#define OFL_VBOARD_CTL_PL022_H

#include "ctl.h"

struct ctl_pl022_config {
	const char *name;
	uint32_t base;
	/*
	 * To the SoC around it, context as given. is_reachable() NULL: always. It says in `why` what is wrong when the
	 * registers do not answer ("it is held in reset"). sspclk_hz() is 0 while the clock is off.
	 */
	void *context;
	bool (*is_reachable)(void *context, const char **why);
	uint32_t (*sspclk_hz)(void *context);
	/* Whether the pin of this line is the controller's at the moment; NULL: always. */
	bool (*pin_reaches)(void *context, enum ctl_line line);
};

struct ctl_pl022;

struct ctl_pl022 *ctl_pl022_new(struct bus *bus, const struct ctl_pl022_config *config, struct ctl_wires *wires);
void ctl_pl022_free(struct ctl_pl022 *ssp);
/* System reset, or the reset of the SoC's reset controller (`context` is the controller). */
void ctl_pl022_reset(void *context);
/* The SoC has changed what pin_reaches() says: SCK is driven, or no longer. */
void ctl_pl022_pins_changed(struct ctl_pl022 *ssp);

#endif /* OFL_VBOARD_CTL_PL022_H */
