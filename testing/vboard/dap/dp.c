// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Registers of the debug port ([ADI] chapter 2), one set for both wires. Over JTAG it is a DPv0, as in the Cortex-M
 * JTAG-DPs: address 0 is reserved there and CTRL/STAT has no banks. Over SWD it is a DPv1 (swdp.c). Pushed compare and
 * verify (TRNMODE, MASKLANE, STICKYCMP) and the transaction counter are options of the architecture that no flash
 * client uses: they read as zero.
 *
 * Round trips. The client of a queuing probe (USB) collects accesses and waits once for the whole queue. Where the
 * link's protocol shows that (J-Link: each command), the link counts. The stream of remote_bitbang shows no queue, so
 * its end is taken from what the client asks: OpenOCD's JTAG-DP ends every queue (jtag_dp_run(),
 * src/target/adi_v5_jtag.c) with a read of CTRL/STAT; over SWD a queue that reads ends with RDBUFF (swd_finish_read(),
 * adi_v5_swd.c). Each such read is charged as one round trip (--usb-us); so are entering Test-Logic-Reset and a change
 * of the reset pins (dap.c). Scans of IR and IDCODE at connection are not. This is a lower bound: over JTAG OpenOCD
 * flushes once before that read as well, and over SWD a queue of writes alone is not seen.
 */

#include "dap_private.h"

#define DP_ADDR_CTRL_STAT	0x4
#define DP_ADDR_SELECT		0x8

/* CTRL/STAT, [ADI] 2.3.2 */
#define CDBGPWRUPREQ		(1u << 28)
#define CDBGPWRUPACK		(1u << 29)
#define CSYSPWRUPREQ		(1u << 30)
#define CSYSPWRUPACK		(1u << 31)
#define CTRL_STAT_STORED	(DP_ORUNDETECT | CDBGPWRUPREQ | CSYSPWRUPREQ)
/* What a JTAG-DP has of the flags */
#define CTRL_STAT_STICKY_JTAG	(DP_STICKYORUN | DP_STICKYERR)

uint32_t dp_ctrl_stat(const struct dap *dap)
{
	uint32_t value = dap->dp.ctrl_stat;

	/* The power controller answers at once. */
	if (value & CDBGPWRUPREQ)
		value |= CDBGPWRUPACK;
	if (value & CSYSPWRUPREQ)
		value |= CSYSPWRUPACK;
	return value;
}

void dp_write_ctrl_stat(struct dap *dap, uint32_t value, uint32_t clear)
{
	uint32_t *ctrl_stat = &dap->dp.ctrl_stat;

	*ctrl_stat = (*ctrl_stat & (DP_STICKY | DP_READOK) & ~clear) | (value & CTRL_STAT_STORED);
}

uint32_t dp_read(struct dap *dap, unsigned int address)
{
	switch (address) {
	case DP_ADDR_CTRL_STAT:
		dap_guess_round_trip(dap);
		return dp_ctrl_stat(dap) & ~(DP_WDATAERR | DP_READOK);
	case DP_ADDR_SELECT:
		return dap->dp.select;
	default:
		/* RDBUFF reads as zero: on JTAG the scan that asks for it has already brought the result out. */
		return 0;
	}
}

void dp_write(struct dap *dap, unsigned int address, uint32_t value)
{
	switch (address) {
	case DP_ADDR_CTRL_STAT:
		/* A JTAG-DP clears its sticky flags where a one is written; SW-DP does it by ABORT ([ADI] 2.3.2). */
		dp_write_ctrl_stat(dap, value, value & CTRL_STAT_STICKY_JTAG);
		break;
	case DP_ADDR_SELECT:
		dap->dp.select = value;
		break;
	default:
		break;
	}
}

bool dp_ap_busy(const struct dap *dap)
{
	return dap->vb->clock.now_ps < dap->dp.busy_until_ps;
}

void dp_overrun(struct dap *dap)
{
	if (dap->dp.ctrl_stat & DP_ORUNDETECT)
		dap->dp.ctrl_stat |= DP_STICKYORUN;
}

void dp_abort(struct dap *dap)
{
	dap->dp.busy_until_ps = 0;
}

/* Says whether an AP access is to be made; `reg` is its register's offset within the AP. */
static bool start_ap_access(struct dap *dap, unsigned int address, unsigned int *reg, unsigned int *ap)
{
	/* [ADI] chapter 2, sticky flags: AP transactions are discarded until the flag is cleared. */
	if (dap->dp.ctrl_stat & DP_STICKY)
		return false;
	/* [ADI] chapter 2, power control: an AP without power makes the transaction fail. */
	if (!(dap->dp.ctrl_stat & CDBGPWRUPREQ)) {
		dap->dp.ctrl_stat |= DP_STICKYERR;
		return false;
	}
	*ap = dap->dp.select >> 24;
	*reg = (dap->dp.select & 0xf0) | address;
	return true;
}

uint32_t dp_ap_read(struct dap *dap, unsigned int address)
{
	unsigned int reg, ap;
	uint32_t value = 0;

	if (!start_ap_access(dap, address, &reg, &ap))
		return DP_UNKNOWN;
	if (ap > dap->config.core_ap)
		return 0;	/* no such AP: IDR and all else read as zero ([ADI] chapter 6) */
	if (!memap_read(dap, reg, &value)) {
		dap->dp.ctrl_stat |= DP_STICKYERR;
		return DP_UNKNOWN;
	}
	return value;
}

void dp_ap_write(struct dap *dap, unsigned int address, uint32_t value)
{
	unsigned int reg, ap;

	if (!start_ap_access(dap, address, &reg, &ap) || ap > dap->config.core_ap)
		return;
	if (!memap_write(dap, reg, value))
		dap->dp.ctrl_stat |= DP_STICKYERR;
}
