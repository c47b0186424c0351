// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The switch between JTAG and SWD that listens to TMS/SWDIO ([ADI] chapter 5): at least 50 clocks high, then 16 bits,
 * LSB first. After power-on the pins speak JTAG. There is no dormant state: the parts of our boards have none (their
 * SW-DP is a DPv1), and its sequences fall on them as any other bits do.
 */

#include "dap_private.h"

#define JTAG_TO_SWD	0xe79e
#define SWD_TO_JTAG	0xe73c
#define SEQUENCE_BITS	16

void swj_init(struct swj *swj)
{
	swj->swd = false;
	swj->ones = 0;
	swj->window = 0;
	swj->since = SEQUENCE_BITS;
}

bool swj_clock(struct swj *swj, bool level)
{
	if (!level) {
		if (swj->ones == SWJ_LINE_RESET_CLOCKS)
			swj->since = 0;
		swj->ones = 0;
	} else if (swj->ones < SWJ_LINE_RESET_CLOCKS) {
		swj->ones++;
	}

	swj->window = (uint16_t)(swj->window >> 1 | level << (SEQUENCE_BITS - 1));
	if (swj->since == SEQUENCE_BITS || ++swj->since < SEQUENCE_BITS ||
			swj->window != (swj->swd ? SWD_TO_JTAG : JTAG_TO_SWD))
		return false;
	swj->swd = !swj->swd;
	return true;
}
