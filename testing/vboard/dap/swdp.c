// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The SW-DP ([ADI] chapter 4): packets on SWDIO, and the registers that only an SW-DP has, over dp.c.
 *
 * Both sides change SWDIO after a rising edge of SWCLK and sample it at the next one. Counted in rising edges, 1 being
 * the start bit's:
 *   1-8     host    start, APnDP, RnW, A[2:3], parity, stop (0), park (1)
 *   9       nobody  turnaround
 *   10-12   target  ACK, LSB first: 1 OK, 2 WAIT, 4 FAULT
 *   then    read:   13-44 target data, 45 target parity, 46 turnaround
 *           write:  13 turnaround, 14-45 host data, 46 host parity
 *           neither, after WAIT and FAULT, unless ORUNDETECT is set: 13 turnaround
 *
 * The model is stricter than silicon: one malformed header locks the port until a line reset (there, an additional
 * number of errors may be let pass), and everything UNKNOWN reads as DP_UNKNOWN.
 */

#include "dap_private.h"

/* Header */
#define HEADER_APNDP	(1u << 1)
#define HEADER_RNW	(1u << 2)
#define HEADER_A	(3u << 3)
#define HEADER_PARITY	(1u << 5)
#define HEADER_STOP	(1u << 6)
#define HEADER_PARK	(1u << 7)
#define HEADER_BITS	8

#define ACK_OK		1
#define ACK_WAIT	2
#define ACK_FAULT	4
#define ACK_BITS	3

#define DATA_BITS	33	/* with parity */
#define IDLE_AFTER_LINE_RESET	2

/* Registers by address and direction ([ADI] 2.2, DPv1) */
#define READ_DPIDR		0x0
#define WRITE_ABORT		0x0
#define CTRL_STAT		0x4	/* DPBANKSEL 0; 1: DLCR */
#define READ_RESEND		0x8
#define WRITE_SELECT		0x8
#define READ_RDBUFF		0xc
#define WRITE_TARGETSEL		0xc	/* DPv2 */

#define SELECT_DPBANKSEL	0xfu
#define BANK_CTRL_STAT		0
#define BANK_DLCR		1
#define DLCR_TURNROUND		(3u << 8)

#define ABORT_DAPABORT		(1u << 0)
#define ABORT_STKERRCLR		(1u << 2)
#define ABORT_WDERRCLR		(1u << 3)
#define ABORT_ORUNERRCLR	(1u << 4)

void swdp_init(struct swdp *swdp)
{
	*swdp = (struct swdp){
		.phase = SWDP_LOCKED,
		.read_result = DP_UNKNOWN,
		.resend = DP_UNKNOWN,
	};
}

static void enter(struct swdp *swdp, enum swdp_phase phase)
{
	swdp->phase = phase;
	swdp->count = 0;
}

static void drive(struct swdp *swdp, bool level)
{
	swdp->drives = true;
	swdp->level = level;
}

static void release(struct swdp *swdp)
{
	swdp->drives = false;
}

static void line_reset(struct dap *dap)
{
	struct swdp *swdp = &dap->swdp;

	enter(swdp, SWDP_LINE_RESET);
	swdp->after_line_reset = true;
	swdp->disturbed = false;
	dap->dp.select &= ~SELECT_DPBANKSEL;	/* [ADI] 4.3, line reset */
}

static bool is_ap(const struct swdp *swdp)
{
	return swdp->header & HEADER_APNDP;
}

static bool is_read(const struct swdp *swdp)
{
	return swdp->header & HEADER_RNW;
}

static unsigned int address_of(const struct swdp *swdp)
{
	return (swdp->header & HEADER_A) >> 1;
}

static bool is_dp(const struct swdp *swdp, bool read, unsigned int address)
{
	return !is_ap(swdp) && is_read(swdp) == read && address_of(swdp) == address;
}

static unsigned int bank(const struct dap *dap)
{
	return dap->dp.select & SELECT_DPBANKSEL;
}

/* [ADI] 4.2: what is answered with OK whatever the state of the port is. */
static bool always_ok(const struct dap *dap)
{
	const struct swdp *swdp = &dap->swdp;

	return is_dp(swdp, true, READ_DPIDR) || is_dp(swdp, false, WRITE_ABORT) ||
		(is_dp(swdp, true, CTRL_STAT) && bank(dap) == BANK_CTRL_STAT);
}

static uint8_t decide_ack(struct dap *dap)
{
	struct swdp *swdp = &dap->swdp;
	bool needs_ap = is_ap(swdp) || is_dp(swdp, true, READ_RDBUFF);

	if (always_ok(dap))
		return ACK_OK;
	if (dap->dp.ctrl_stat & DP_STICKY)
		return ACK_FAULT;
	if (dp_ap_busy(dap))
		return ACK_WAIT;
	if (needs_ap && dap_fault_strikes(dap, FAULT_LINK_WAIT)) {
		swdp->disturbed = true;
		return ACK_WAIT;
	}
	return ACK_OK;
}

static uint32_t read_dp(struct dap *dap)
{
	struct swdp *swdp = &dap->swdp;
	uint32_t value;

	switch (address_of(swdp)) {
	case READ_DPIDR:
		return dap->config.swd_dpidr;
	case CTRL_STAT:
		if (bank(dap) == BANK_DLCR)
			return swdp->dlcr;
		if (bank(dap) != BANK_CTRL_STAT)
			return DP_UNKNOWN;
		dap_guess_round_trip(dap);
		return dp_ctrl_stat(dap);
	case READ_RESEND:
		return swdp->resend;
	default:
		dap_guess_round_trip(dap);
		value = swdp->read_result;
		swdp->read_result = DP_UNKNOWN;
		swdp->resend = value;
		return value;
	}
}

/* Reads of an AP are posted: each brings the result of the one before. */
static uint32_t read_ap(struct dap *dap)
{
	struct swdp *swdp = &dap->swdp;
	uint32_t value = swdp->read_result;

	swdp->read_result = dp_ap_read(dap, address_of(swdp));
	swdp->resend = value;
	return value;
}

static bool parity(uint32_t value)
{
	return __builtin_parity(value);
}

/* One bit of the data arrives wrong, which parity shows to the receiver. */
static uint64_t disturb(struct dap *dap, uint64_t data)
{
	if (!dap_fault_strikes(dap, FAULT_LINK_PARITY))
		return data;
	dap->swdp.disturbed = true;
	return data ^ 1ull << vb_random(&dap->fault_random) % DATA_BITS;
}

static void take_header(struct dap *dap)
{
	struct swdp *swdp = &dap->swdp;
	uint8_t header = swdp->header;
	bool good = !(header & HEADER_STOP) && header & HEADER_PARK &&
		!parity(header & (HEADER_APNDP | HEADER_RNW | HEADER_A | HEADER_PARITY));

	if (!good) {
		enter(swdp, SWDP_LOCKED);
		return;
	}
	/* No DP answers it; one that is alone on the line, and not a DPv2, stays selected ([ADI] 4.3). */
	if (is_dp(swdp, false, WRITE_TARGETSEL)) {
		enter(swdp, SWDP_IGNORE);
		return;
	}
	if (swdp->after_line_reset && !is_dp(swdp, true, READ_DPIDR)) {
		vb_violation(dap->vb, "dap: SWD: the first packet after a line reset (header %02x) does not read DPIDR",
			header);
		enter(swdp, SWDP_LOCKED);
		return;
	}
	swdp->after_line_reset = false;

	swdp->ack = decide_ack(dap);
	if (swdp->ack != ACK_OK)
		dp_overrun(dap);
	if (is_read(swdp) && (is_ap(swdp) || address_of(swdp) == READ_RDBUFF)) {
		dap->dp.ctrl_stat &= ~DP_READOK;
		if (swdp->ack == ACK_OK)
			dap->dp.ctrl_stat |= DP_READOK;
	}
	if (is_read(swdp) && swdp->ack == ACK_OK) {
		uint32_t value = is_ap(swdp) ? read_ap(dap) : read_dp(dap);

		swdp->data = disturb(dap, value | (uint64_t)parity(value) << 32);
	}
	enter(swdp, SWDP_TURN_TO_TARGET);
}

static void write_abort(struct dap *dap, uint32_t value)
{
	uint32_t clear = 0;

	if (value & ABORT_DAPABORT)
		dp_abort(dap);
	if (value & ABORT_STKERRCLR)
		clear |= DP_STICKYERR;
	if (value & ABORT_WDERRCLR)
		clear |= DP_WDATAERR;
	if (value & ABORT_ORUNERRCLR)
		clear |= DP_STICKYORUN;
	dap->dp.ctrl_stat &= ~clear;
}

static void write_dp(struct dap *dap, uint32_t value)
{
	struct swdp *swdp = &dap->swdp;

	switch (address_of(swdp)) {
	case WRITE_ABORT:
		write_abort(dap, value);
		break;
	case CTRL_STAT:
		if (bank(dap) == BANK_CTRL_STAT)
			dp_write_ctrl_stat(dap, value, 0);
		if (bank(dap) != BANK_DLCR)
			break;
		if (value & DLCR_TURNROUND)
			vb_violation(dap->vb, "dap: SWD: DLCR 0x%08x asks for a turnaround that the board has not", value);
		swdp->dlcr = value & ~DLCR_TURNROUND;
		break;
	case WRITE_SELECT:
		dap->dp.select = value;
		break;
	default:
		break;
	}
}

static void take_data(struct dap *dap)
{
	struct swdp *swdp = &dap->swdp;
	uint32_t value;

	/* With ORUNDETECT the data phase comes after WAIT and FAULT too, and is not looked at. */
	if (swdp->ack != ACK_OK)
		return;
	swdp->data = disturb(dap, swdp->data);
	value = (uint32_t)swdp->data;
	if (parity(value) != (swdp->data >> 32 & 1)) {
		dap->dp.ctrl_stat |= DP_WDATAERR;
		return;
	}
	if (!is_ap(swdp)) {
		write_dp(dap, value);
		return;
	}
	dp_ap_write(dap, address_of(swdp), value);
	swdp->read_result = DP_UNKNOWN;
}

static void after_ack(struct dap *dap)
{
	struct swdp *swdp = &dap->swdp;
	bool ok = swdp->ack == ACK_OK;

	if (!ok && !(dap->dp.ctrl_stat & DP_ORUNDETECT)) {
		release(swdp);
		enter(swdp, SWDP_TURN_TO_HOST);
		return;
	}
	if (!is_read(swdp)) {
		release(swdp);
		swdp->data = 0;
		enter(swdp, SWDP_WRITE_DATA);
		return;
	}
	/* What a read that failed has for data is UNKNOWN: nobody drives the line. */
	enter(swdp, SWDP_READ_DATA);
	if (ok)
		drive(swdp, swdp->data & 1);
	else
		release(swdp);
}

static void check_contention(struct dap *dap, bool host_drives)
{
	struct swdp *swdp = &dap->swdp;

	if (!host_drives || !swdp->drives)
		return;
	/* After a spoilt packet the two may not agree about whose turn it is; that is the plan's fault. */
	if (!swdp->disturbed)
		vb_violation(dap->vb, "dap: SWD: host and target drive SWDIO at the same time");
	release(swdp);
	enter(swdp, SWDP_LOCKED);
}

void swdp_clock(struct dap *dap, bool host_drives, bool level)
{
	struct swdp *swdp = &dap->swdp;

	check_contention(dap, host_drives);
	if (dap->swj.ones == SWJ_LINE_RESET_CLOCKS) {
		line_reset(dap);
		return;
	}

	switch (swdp->phase) {
	case SWDP_LOCKED:
		break;
	case SWDP_LINE_RESET:
		if (!level) {
			swdp->count++;
			break;
		}
		if (swdp->count < IDLE_AFTER_LINE_RESET) {
			enter(swdp, SWDP_LOCKED);
			break;
		}
		/* fall through */
	case SWDP_IDLE:
		if (!level)
			break;
		enter(swdp, SWDP_HEADER);
		swdp->header = 1;
		swdp->count = 1;
		break;
	case SWDP_HEADER:
		swdp->header |= (uint8_t)(level << swdp->count);
		if (++swdp->count == HEADER_BITS)
			take_header(dap);
		break;
	case SWDP_TURN_TO_TARGET:
		enter(swdp, SWDP_ACK);
		drive(swdp, swdp->ack & 1);
		break;
	case SWDP_ACK:
		if (++swdp->count < ACK_BITS)
			drive(swdp, swdp->ack >> swdp->count & 1);
		else
			after_ack(dap);
		break;
	case SWDP_READ_DATA:
		if (++swdp->count == DATA_BITS) {
			release(swdp);
			enter(swdp, SWDP_TURN_TO_HOST);
		} else if (swdp->drives) {
			drive(swdp, swdp->data >> swdp->count & 1);
		}
		break;
	case SWDP_TURN_TO_HOST:
		enter(swdp, SWDP_IDLE);
		break;
	case SWDP_WRITE_DATA:
		/* The first clock is the turnaround. */
		if (swdp->count > 0)
			swdp->data |= (uint64_t)level << (swdp->count - 1);
		if (++swdp->count == 1 + DATA_BITS) {
			take_data(dap);
			enter(swdp, SWDP_IDLE);
		}
		break;
	case SWDP_IGNORE:
		if (++swdp->count == 1 + ACK_BITS + 1 + DATA_BITS)
			enter(swdp, SWDP_IDLE);
		break;
	}
}
