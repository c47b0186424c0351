/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The debug port, an SWJ-DP:
 *   which wire (swj.c) -> JTAG TAP (jtag.c) -> JTAG-DP (jtagdp.c) -> registers (dp.c) -> MEM-AP (memap.c) -> bus
 *                      -> SW-DP (swdp.c) -------------------------->
 */

#ifndef OFL_VBOARD_DAP_H
#define OFL_VBOARD_DAP_H

#include "../bus/bus.h"
#include "../core/core.h"

struct dap_config {
	uint32_t jtag_idcode;	/* e.g. 0x4ba00477 (v7-M), 0x0ba04477 (M0) */
	uint32_t swd_dpidr;	/* e.g. 0x2ba01477 (v7-M), 0x0bb11477 (M0) */
	unsigned int core_ap;	/* number of the MEM-AP; below it, the same kind at the same bus */
	bool has_security;	/* CSW.SPROT counts; see memap.c */
	uint32_t ahb_ap_idr;	/* of each */
	uint32_t ap_base;	/* ROM table, as BASE reads */
	bool packed;		/* MEM-AP does packed 8/16-bit transfers (not on M0/M0+) */
	uint32_t tar_wrap_bytes;	/* auto-increment wraps here: 1024 or 4096 */
	/* A memory access keeps the AP busy this long, and scans get WAIT; 0: only while the bus makes it wait */
	uint32_t ap_access_ns;
	/* TAP for boundary scan on the TDI side of the debug port's; 0: none */
	uint32_t boundary_idcode;
	unsigned int boundary_ir_bits;
};

struct dap;

struct dap *dap_new(struct vb *vb, struct bus *bus, struct core *core, const struct dap_config *config);
void dap_free(struct dap *dap);

/* Cost of link events in simulated time, from --tck-khz and --usb-us. */
void dap_set_timing(struct dap *dap, uint32_t tck_khz, uint32_t round_trip_us);
/* A probe that has a speed of its own. */
void dap_set_tck_khz(struct dap *dap, uint32_t tck_khz);
/*
 * For a link whose protocol shows what the client waits for: from now on only dap_round_trip() charges round trips, and
 * nothing is guessed from what the client asks the debug port (see dp.c).
 */
void dap_link_counts_round_trips(struct dap *dap);
void dap_round_trip(struct dap *dap);
/* The client asks for a pause. */
void dap_pass_time(struct dap *dap, uint64_t duration_ps);

/* Wire level, JTAG. A rising edge of TCK shifts; TDO shows the bit that the next rising edge will shift out. */
void dap_tck_rising(struct dap *dap, bool tms, bool tdi);
bool dap_tdo(const struct dap *dap);
/*
 * Wire level, SWD: SWCLK is TCK's pin and SWDIO TMS's. dap_swdio() is the line's level since the last rising edge while
 * the host does not drive it: what the next rising edge would sample.
 */
void dap_swclk_rising(struct dap *dap, bool host_drives, bool swdio);
bool dap_swdio(const struct dap *dap);
void dap_set_reset_pins(struct dap *dap, bool trst_asserted, bool srst_asserted);
/* Low by whomever. */
bool dap_srst_is_low(const struct dap *dap);

/* True once when the fault plan cuts the link (link.drop): the link must close its client before anything else. */
bool dap_link_dropped(struct dap *dap);

#endif /* OFL_VBOARD_DAP_H */
