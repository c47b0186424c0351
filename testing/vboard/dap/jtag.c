// SPDX-License-Identifier: GPL-2.0-or-later

/* The TAP controller of IEEE Std 1149.1-2001, clause 6, and the chain of registers between TDI and TDO. */

#include "dap_private.h"

/* [1149] figure 6-1: the next state by TMS at the rising edge of TCK. */
static const uint8_t next_state[JTAG_NUM_STATES][2] = {
	[JTAG_TEST_LOGIC_RESET] = { JTAG_RUN_TEST_IDLE, JTAG_TEST_LOGIC_RESET },
	[JTAG_RUN_TEST_IDLE] = { JTAG_RUN_TEST_IDLE, JTAG_SELECT_DR },
	[JTAG_SELECT_DR] = { JTAG_CAPTURE_DR, JTAG_SELECT_IR },
	[JTAG_CAPTURE_DR] = { JTAG_SHIFT_DR, JTAG_EXIT1_DR },
	[JTAG_SHIFT_DR] = { JTAG_SHIFT_DR, JTAG_EXIT1_DR },
	[JTAG_EXIT1_DR] = { JTAG_PAUSE_DR, JTAG_UPDATE_DR },
	[JTAG_PAUSE_DR] = { JTAG_PAUSE_DR, JTAG_EXIT2_DR },
	[JTAG_EXIT2_DR] = { JTAG_SHIFT_DR, JTAG_UPDATE_DR },
	[JTAG_UPDATE_DR] = { JTAG_RUN_TEST_IDLE, JTAG_SELECT_DR },
	[JTAG_SELECT_IR] = { JTAG_CAPTURE_IR, JTAG_TEST_LOGIC_RESET },
	[JTAG_CAPTURE_IR] = { JTAG_SHIFT_IR, JTAG_EXIT1_IR },
	[JTAG_SHIFT_IR] = { JTAG_SHIFT_IR, JTAG_EXIT1_IR },
	[JTAG_EXIT1_IR] = { JTAG_PAUSE_IR, JTAG_UPDATE_IR },
	[JTAG_PAUSE_IR] = { JTAG_PAUSE_IR, JTAG_EXIT2_IR },
	[JTAG_EXIT2_IR] = { JTAG_SHIFT_IR, JTAG_UPDATE_IR },
	[JTAG_UPDATE_IR] = { JTAG_RUN_TEST_IDLE, JTAG_SELECT_DR },
};

/* The instruction register captures ...01, by which a broken chain is found ([1149] clause 7). */
#define IR_CAPTURE	1u

static void reset_taps(struct jtag *jtag)
{
	for (unsigned int i = 0; i < jtag->num_taps; i++)
		jtag->tap[i].ir = jtag->tap[i].ir_reset;
}

void jtag_init(struct jtag *jtag)
{
	jtag->state = JTAG_TEST_LOGIC_RESET;
	jtag->held_in_reset = false;
	jtag->num_taps = 0;
}

int jtag_add_tap(struct jtag *jtag, const struct jtag_tap_ops *ops, void *context, unsigned int ir_bits,
		uint32_t ir_reset)
{
	if (jtag->num_taps == JTAG_MAX_TAPS)
		return -1;

	struct jtag_tap *tap = &jtag->tap[jtag->num_taps++];

	tap->ops = ops;
	tap->context = context;
	tap->ir_bits = ir_bits;
	tap->ir_reset = ir_reset;
	tap->ir = ir_reset;
	tap->ir_shift = 0;
	tap->dr = 0;
	tap->dr_bits = 1;
	return 0;
}

static void shift_dr(struct jtag *jtag, bool tdi)
{
	bool bit = tdi;

	for (unsigned int i = jtag->num_taps; i-- > 0;) {
		struct jtag_tap *tap = &jtag->tap[i];
		bool out = tap->dr & 1;

		tap->dr = tap->dr >> 1 | (uint64_t)bit << (tap->dr_bits - 1);
		bit = out;
	}
}

static void shift_ir(struct jtag *jtag, bool tdi)
{
	bool bit = tdi;

	for (unsigned int i = jtag->num_taps; i-- > 0;) {
		struct jtag_tap *tap = &jtag->tap[i];
		bool out = tap->ir_shift & 1;

		tap->ir_shift = tap->ir_shift >> 1 | (uint32_t)bit << (tap->ir_bits - 1);
		bit = out;
	}
}

bool jtag_clock(struct jtag *jtag, bool tms, bool tdi)
{
	if (jtag->held_in_reset)
		return false;

	enum jtag_state state = jtag->state;

	/* Capture and shift happen on the rising edge that finds the controller in that state ([1149] clause 6). */
	switch (state) {
	case JTAG_SHIFT_DR:
		shift_dr(jtag, tdi);
		break;
	case JTAG_SHIFT_IR:
		shift_ir(jtag, tdi);
		break;
	case JTAG_CAPTURE_DR:
		for (unsigned int i = 0; i < jtag->num_taps; i++)
			jtag->tap[i].ops->capture_dr(&jtag->tap[i]);
		break;
	case JTAG_CAPTURE_IR:
		for (unsigned int i = 0; i < jtag->num_taps; i++)
			jtag->tap[i].ir_shift = IR_CAPTURE;
		break;
	default:
		break;
	}

	jtag->state = next_state[state][tms];

	/* Update and reset happen on the falling edge behind the one that enters the state; nothing can come between. */
	switch (jtag->state) {
	case JTAG_UPDATE_DR:
		for (unsigned int i = 0; i < jtag->num_taps; i++)
			jtag->tap[i].ops->update_dr(&jtag->tap[i]);
		break;
	case JTAG_UPDATE_IR:
		for (unsigned int i = 0; i < jtag->num_taps; i++)
			jtag->tap[i].ir = jtag->tap[i].ir_shift;
		break;
	case JTAG_TEST_LOGIC_RESET:
		reset_taps(jtag);
		return state != JTAG_TEST_LOGIC_RESET;
	default:
		break;
	}
	return false;
}

bool jtag_tdo(const struct jtag *jtag)
{
	if (jtag->num_taps > 0) {
		if (jtag->state == JTAG_SHIFT_DR)
			return jtag->tap[0].dr & 1;
		if (jtag->state == JTAG_SHIFT_IR)
			return jtag->tap[0].ir_shift & 1;
	}
	/* TDO is not driven outside the shift states; boards pull it up. */
	return true;
}

void jtag_reset(struct jtag *jtag)
{
	jtag->state = JTAG_TEST_LOGIC_RESET;
	reset_taps(jtag);
}

bool jtag_set_trst(struct jtag *jtag, bool asserted)
{
	bool entered = asserted && jtag->state != JTAG_TEST_LOGIC_RESET;

	jtag->held_in_reset = asserted;
	if (asserted)
		jtag_reset(jtag);
	return entered;
}
