// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The JTAG-DP's instructions and scan chains ([ADI] chapter 3).
 *
 * A 35-bit scan carries a request in and the outcome of the request before out: {data[31:0], A[3:2], RnW} and
 * {ReadResult[31:0], ACK[2:0]}, both LSB first. What it requests starts at Update-DR ([ADI] chapter 3).
 */

#include "dap_private.h"

#define IR_BITS		4
#define IR_ABORT	0x8
#define IR_DPACC	0xa
#define IR_APACC	0xb
#define IR_IDCODE	0xe
/* Fh is BYPASS, and so is every other code ([ADI] chapter 3). */

#define ACC_BITS	35
#define ACC_RNW		1u
#define ACK_BITS	3
#define ACK_WAIT	1u
#define ACK_OK_FAULT	2u

static void capture_dr(struct jtag_tap *tap)
{
	struct dap *dap = tap->context;

	switch (tap->ir) {
	case IR_IDCODE:
		tap->dr = dap->config.jtag_idcode;
		tap->dr_bits = 32;
		break;
	case IR_DPACC:
	case IR_APACC:
		dap->jtagdp.wait = dp_ap_busy(dap) ||
			(tap->ir == IR_APACC && dap_fault_strikes(dap, FAULT_LINK_WAIT));
		if (dap->jtagdp.wait)
			tap->dr = (uint64_t)DP_UNKNOWN << ACK_BITS | ACK_WAIT;
		else
			tap->dr = (uint64_t)dap->jtagdp.read_result << ACK_BITS | ACK_OK_FAULT;
		tap->dr_bits = ACC_BITS;
		break;
	case IR_ABORT:
		/* ABORT gets no answer; it captures as a completed access does. */
		tap->dr = ACK_OK_FAULT;
		tap->dr_bits = ACC_BITS;
		break;
	default:
		tap->dr = 0;
		tap->dr_bits = 1;
		break;
	}
}

static void update_dr(struct jtag_tap *tap)
{
	struct dap *dap = tap->context;
	unsigned int address = (tap->dr >> 1 & 3) << 2;
	bool read = tap->dr & ACC_RNW;
	uint32_t value = (uint32_t)(tap->dr >> ACK_BITS);

	switch (tap->ir) {
	case IR_DPACC:
	case IR_APACC:
		if (dap->jtagdp.wait) {
			/* The request is dropped, and the result of the one in progress stays to be fetched. */
			dp_overrun(dap);
			return;
		}
		if (!read) {
			if (tap->ir == IR_DPACC)
				dp_write(dap, address, value);
			else
				dp_ap_write(dap, address, value);
			dap->jtagdp.read_result = DP_UNKNOWN;	/* [ADI] chapter 3: UNKNOWN after a write */
		} else if (tap->ir == IR_DPACC) {
			dap->jtagdp.read_result = dp_read(dap, address);
		} else {
			dap->jtagdp.read_result = dp_ap_read(dap, address);
		}
		break;
	case IR_ABORT:
		/* Only DAPABORT, by a write to address 0, is defined for a JTAG-DP ([ADI] 2.3.1). */
		if (!read && address == 0 && value & 1)
			dp_abort(dap);
		break;
	default:
		break;
	}
}

static const struct jtag_tap_ops jtagdp_ops = {
	.capture_dr = capture_dr,
	.update_dr = update_dr,
};

int jtagdp_init(struct dap *dap)
{
	dap->jtagdp.wait = false;
	dap->jtagdp.read_result = DP_UNKNOWN;
	return jtag_add_tap(&dap->jtag, &jtagdp_ops, dap, IR_BITS, IR_IDCODE);
}
