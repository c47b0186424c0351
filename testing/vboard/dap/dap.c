// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The link's time, and what joins the layers of the debug port.
 *
 * vb->clock.now_ps is the link's time whenever the core does not execute. It moves with each rising edge of TCK and
 * with each round trip; the core is made to catch up before everything of it that the link can see or change.
 */

#include <stdlib.h>

#include "dap_private.h"

#define DEFAULT_TCK_KHZ		4000
#define DEFAULT_ROUND_TRIP_US	250

/*
 * The core is never later than this, so that a client which only clocks the TAP leaves a defined board behind, and so
 * that a time in the fault plan is met. Counted in simulated time, hence the same in every run.
 */
#define SYNC_PERIOD_PS		(100 * VB_PS_PER_US)

static void update_srst(struct dap *dap)
{
	bool low = dap->srst_asserted || dap->srst_by_other;

	if (low == dap->srst_low)
		return;
	dap->srst_low = low;
	core_hold_reset(dap->core, low);
}

static void poll_faults(struct dap *dap)
{
	struct vb *vb = dap->vb;
	uint64_t now_ps = vb->clock.now_ps;

	if (!vb->fault)
		return;
	if (fault_active(vb->fault, FAULT_CORE_RESET, now_ps, NULL))
		core_system_reset(dap->core);
	if (fault_active(vb->fault, FAULT_LINK_DROP, now_ps, NULL))
		dap->link_dropped = true;
	if (!fault_active(vb->fault, FAULT_LINK_SPEED, now_ps, &dap->tck_divider))
		dap->tck_divider = 1;
	dap->srst_by_other = fault_active(vb->fault, FAULT_LINK_SRST, now_ps, NULL);
	update_srst(dap);
}

void dap_sync(struct dap *dap)
{
	core_run_until(dap->core, dap->vb->clock.now_ps);
	dap->synced_ps = dap->vb->clock.now_ps;
	poll_faults(dap);
}

static void pass_time(struct dap *dap, uint64_t duration_ps)
{
	dap->vb->clock.now_ps += duration_ps;
	if (dap->vb->clock.now_ps - dap->synced_ps >= SYNC_PERIOD_PS)
		dap_sync(dap);
}

bool dap_access_starts(struct dap *dap)
{
	struct vb *vb = dap->vb;

	fault_count(vb->fault, FAULT_EVENT_AP);
	return !fault_active(vb->fault, FAULT_LINK_FAULT, vb->clock.now_ps, NULL);
}

void dap_access_done(struct dap *dap)
{
	poll_faults(dap);
}

bool dap_fault_strikes(struct dap *dap, enum fault_kind kind)
{
	uint32_t chance;

	return fault_active(dap->vb->fault, kind, dap->vb->clock.now_ps, &chance) &&
		(vb_random(&dap->fault_random) & 0xff) <= chance;
}

static void charge_round_trip(struct dap *dap)
{
	struct vb *vb = dap->vb;
	uint32_t slow_ms;

	vb->count.link_round_trips++;
	vb->clock.now_ps += dap->round_trip_ps;
	if (fault_active(vb->fault, FAULT_LINK_SLOW, vb->clock.now_ps, &slow_ms))
		vb->clock.now_ps += slow_ms * VB_PS_PER_MS;
}

void dap_round_trip(struct dap *dap)
{
	charge_round_trip(dap);
	/* At once: many that touch no pin must not add up to what a client does not wait for. */
	pass_time(dap, 0);
}

void dap_guess_round_trip(struct dap *dap)
{
	if (!dap->link_counts_round_trips)
		charge_round_trip(dap);
}

void dap_link_counts_round_trips(struct dap *dap)
{
	dap->link_counts_round_trips = true;
}

void dap_pass_time(struct dap *dap, uint64_t duration_ps)
{
	pass_time(dap, duration_ps);
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
	dap->tck_divider = 1;
	dap->fault_random = vb->seed;
	dap_set_timing(dap, DEFAULT_TCK_KHZ, DEFAULT_ROUND_TRIP_US);
	for (unsigned int i = 0; i < DAP_MAX_APS; i++)
		memap_init(&dap->memap[i]);
	swj_init(&dap->swj);
	swdp_init(&dap->swdp);
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

void dap_set_tck_khz(struct dap *dap, uint32_t tck_khz)
{
	dap->tck_ps = VB_PS_PER_MS / (tck_khz ? tck_khz : DEFAULT_TCK_KHZ);
}

void dap_set_timing(struct dap *dap, uint32_t tck_khz, uint32_t round_trip_us)
{
	dap_set_tck_khz(dap, tck_khz);
	dap->round_trip_ps = round_trip_us * VB_PS_PER_US;
}

/* One rising edge of the pin that is TCK and SWCLK. */
static void clock_rises(struct dap *dap, bool host_drives, bool tms, bool tdi)
{
	struct vb *vb = dap->vb;

	vb->count.link_clocks++;
	vb->clock.now_ps += dap->tck_ps * dap->tck_divider;

	bool switched = swj_clock(&dap->swj, tms);

	if (switched && dap->swj.swd) {
		swdp_init(&dap->swdp);
	} else if (switched) {
		/* Whoever switches goes to Test-Logic-Reset next; until then the TAP's state is UNKNOWN. */
		jtag_reset(&dap->jtag);
		dap->dp.ctrl_stat &= ~(DP_WDATAERR | DP_READOK);
	} else if (dap->swj.swd) {
		swdp_clock(dap, host_drives, tms);
	} else if (jtag_clock(&dap->jtag, tms, tdi)) {
		dap_guess_round_trip(dap);
	}
	pass_time(dap, 0);
}

void dap_tck_rising(struct dap *dap, bool tms, bool tdi)
{
	clock_rises(dap, true, tms, tdi);
}

bool dap_tdo(const struct dap *dap)
{
	/* While the pins speak SWD the TAP stays in Test-Logic-Reset, where the switching sequence left it. */
	return jtag_tdo(&dap->jtag);
}

void dap_swclk_rising(struct dap *dap, bool host_drives, bool swdio)
{
	clock_rises(dap, host_drives, host_drives ? swdio : dap_swdio(dap), false);
}

bool dap_swdio(const struct dap *dap)
{
	/* Else it is pulled up ([ADI] chapter 4: the line must be). */
	return !dap->swj.swd || !dap->swdp.drives || dap->swdp.level;
}

void dap_set_reset_pins(struct dap *dap, bool trst_asserted, bool srst_asserted)
{
	if (trst_asserted == dap->trst_asserted && srst_asserted == dap->srst_asserted)
		return;

	dap_guess_round_trip(dap);
	dap_sync(dap);

	if (trst_asserted != dap->trst_asserted) {
		dap->trst_asserted = trst_asserted;
		/* Already charged: one message to the probe sets both pins. */
		jtag_set_trst(&dap->jtag, trst_asserted);
	}
	dap->srst_asserted = srst_asserted;
	update_srst(dap);
}

bool dap_srst_is_low(const struct dap *dap)
{
	return dap->srst_low;
}

bool dap_link_dropped(struct dap *dap)
{
	bool dropped = dap->link_dropped;

	dap->link_dropped = false;
	return dropped;
}
