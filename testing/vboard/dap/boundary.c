// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The boundary-scan TAP that STM32 parts have beside the debug port's (RM0385 section 40.6.2, "Boundary scan TAP"): two
 * TAPs in series, TDI - boundary scan - debug port - TDO. Its boundary register is not modelled: SAMPLE, PRELOAD and
 * EXTEST select BYPASS, as any other instruction does.
 */

#include "dap_private.h"

#define IR_IDCODE	0x01

static void capture_dr(struct jtag_tap *tap)
{
	const struct dap *dap = tap->context;

	if (tap->ir == IR_IDCODE) {
		tap->dr = dap->config.boundary_idcode;
		tap->dr_bits = 32;
		return;
	}
	tap->dr = 0;
	tap->dr_bits = 1;
}

static void update_dr(struct jtag_tap *tap)
{
	(void)tap;
}

static const struct jtag_tap_ops boundary_ops = {
	.capture_dr = capture_dr,
	.update_dr = update_dr,
};

int boundary_init(struct dap *dap)
{
	return jtag_add_tap(&dap->jtag, &boundary_ops, dap, dap->config.boundary_ir_bits, IR_IDCODE);
}
