// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The link's time, and what joins the layers of the debug port.
 *
 * vb->clock.now_ps is the link's time whenever the core does not execute. It moves with each rising edge of TCK and
 * with each round trip; the core is made to catch up before everything of it that the link can see or change.
 */

#include <stdlib.h>

#include "../fault/fault.h"
#include "dap_private.h"

#define DEFAULT_TCK_KHZ		4000
#define DEFAULT_ROUND_TRIP_US	250

/*
 * The core is never later than this, so that a client which only clocks the TAP leaves a defined board behind, and so
 * that a time in the fault plan is met. Counted in simulated time, hence the same in every run.
 */
#define SYNC_PERIOD_PS		(100 * VB_PS_PER_US)

static void poll_faults(struct dap *dap)
{
	struct vb *vb = dap->vb;

	if (!vb->fault)
		return;
	if (fault_active(vb->fault, FAULT_CORE_RESET, vb->clock.now_ps, NULL))
		core_system_reset(dap->core);
	if (fault_active(vb->fault, FAULT_LINK_DROP, vb->clock.now_ps, NULL))
		dap->link_dropped = true;
}

void dap_sync(struct dap *dap)
{
	core_run_until(dap->core, dap->vb->clock.now_ps);
	dap->synced_ps = dap->vb->clock.now_ps;
	poll_faults(dap);
}

void dap_access_done(struct dap *dap)
{
	fault_count(dap->vb->fault, FAULT_EVENT_AP);
	poll_faults(dap);
}

void dap_charge_round_trip(struct dap *dap)
{
	dap->vb->count.link_round_trips++;
	dap->vb->clock.now_ps += dap->round_trip_ps;
}

struct dap *dap_new(struct vb *vb, struct bus *bus, struct core *core, const struct dap_config *config)
{
	struct dap *dap = calloc(1, sizeof(*dap));

	if (!dap)
		return NULL;
	dap->vb = vb;
	dap->bus = bus;
	dap->core = core;
	dap->config = *config;
	dap->synced_ps = vb->clock.now_ps;
	dap_set_timing(dap, DEFAULT_TCK_KHZ, DEFAULT_ROUND_TRIP_US);
	memap_init(&dap->memap);
	jtag_init(&dap->jtag);
	if (jtagdp_init(dap) != 0 || (config->boundary_idcode && boundary_init(dap) != 0)) {
		free(dap);
		return NULL;
	}
	return dap;
}

void dap_free(struct dap *dap)
{
	free(dap);
}

void dap_set_timing(struct dap *dap, uint32_t tck_khz, uint32_t round_trip_us)
{
	dap->tck_ps = VB_PS_PER_MS / (tck_khz ? tck_khz : DEFAULT_TCK_KHZ);
	dap->round_trip_ps = round_trip_us * VB_PS_PER_US;
}

void dap_tck_rising(struct dap *dap, bool tms, bool tdi)
{
	struct vb *vb = dap->vb;

	vb->count.link_clocks++;
	vb->clock.now_ps += dap->tck_ps;
	if (jtag_clock(&dap->jtag, tms, tdi))
		dap_charge_round_trip(dap);
	if (vb->clock.now_ps - dap->synced_ps >= SYNC_PERIOD_PS)
		dap_sync(dap);
}

bool dap_tdo(const struct dap *dap)
{
	return jtag_tdo(&dap->jtag);
}

void dap_set_reset_pins(struct dap *dap, bool trst_asserted, bool srst_asserted)
{
	if (trst_asserted == dap->trst_asserted && srst_asserted == dap->srst_asserted)
		return;

	dap_charge_round_trip(dap);
	dap_sync(dap);

	if (trst_asserted != dap->trst_asserted) {
		dap->trst_asserted = trst_asserted;
		/* Already charged: one message to the probe sets both pins. */
		jtag_set_trst(&dap->jtag, trst_asserted);
	}
	if (srst_asserted != dap->srst_asserted) {
		dap->srst_asserted = srst_asserted;
		core_hold_reset(dap->core, srst_asserted);
	}
}

bool dap_link_dropped(struct dap *dap)
{
	bool dropped = dap->link_dropped;

	dap->link_dropped = false;
	return dropped;
}
