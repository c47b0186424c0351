/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the files of dap/ share. Documents:
 *   [ADI]  ARM IHI 0031C, ARM Debug Interface Architecture Specification ADIv5.0 to ADIv5.2
 *   [1149] IEEE Std 1149.1-2001
 */

#ifndef OFL_VBOARD_DAP_PRIVATE_H
#define OFL_VBOARD_DAP_PRIVATE_H

#include "dap.h"

/* jtag.c: one TAP controller's state for the whole chain, since all TAPs share TCK, TMS and nTRST. */

enum jtag_state {
	JTAG_TEST_LOGIC_RESET,
	JTAG_RUN_TEST_IDLE,
	JTAG_SELECT_DR,
	JTAG_CAPTURE_DR,
	JTAG_SHIFT_DR,
	JTAG_EXIT1_DR,
	JTAG_PAUSE_DR,
	JTAG_EXIT2_DR,
	JTAG_UPDATE_DR,
	JTAG_SELECT_IR,
	JTAG_CAPTURE_IR,
	JTAG_SHIFT_IR,
	JTAG_EXIT1_IR,
	JTAG_PAUSE_IR,
	JTAG_EXIT2_IR,
	JTAG_UPDATE_IR,
	JTAG_NUM_STATES
};

struct jtag_tap;

struct jtag_tap_ops {
	/* Sets tap->dr and tap->dr_bits (1..64) for the instruction in tap->ir. */
	void (*capture_dr)(struct jtag_tap *tap);
	void (*update_dr)(struct jtag_tap *tap);
};

struct jtag_tap {
	const struct jtag_tap_ops *ops;
	void *context;
	unsigned int ir_bits;
	uint32_t ir_reset;	/* instruction in Test-Logic-Reset: IDCODE */
	uint32_t ir;		/* in force */
	uint32_t ir_shift;
	uint64_t dr;		/* shift register, its LSB is next to leave */
	unsigned int dr_bits;
};

#define JTAG_MAX_TAPS	2

struct jtag {
	enum jtag_state state;
	bool held_in_reset;	/* nTRST low */
	struct jtag_tap tap[JTAG_MAX_TAPS];	/* tap[0] is nearest to TDO */
	unsigned int num_taps;
};

void jtag_init(struct jtag *jtag);
/* Appends at the TDI end. Returns -1 when the chain is full. */
int jtag_add_tap(struct jtag *jtag, const struct jtag_tap_ops *ops, void *context, unsigned int ir_bits,
		uint32_t ir_reset);
/* One rising edge. Returns true when it entered Test-Logic-Reset from another state. */
bool jtag_clock(struct jtag *jtag, bool tms, bool tdi);
bool jtag_tdo(const struct jtag *jtag);
/* Returns as jtag_clock(). */
bool jtag_set_trst(struct jtag *jtag, bool asserted);

/* jtagdp.c: the scan chains of JTAG-DP. */

struct jtagdp {
	bool wait;		/* the last Capture-DR answered WAIT: its Update-DR requests nothing */
	uint32_t read_result;	/* of the last completed access */
};

int jtagdp_init(struct dap *dap);

/* boundary.c: a TAP that has nothing but IDCODE and BYPASS. */
int boundary_init(struct dap *dap);

/* dp.c: registers of the debug port, the same for every wire protocol. */

struct dp {
	uint32_t ctrl_stat;
	uint32_t select;
	uint64_t busy_until_ps;	/* the last AP access ends here */
};

/* What reads return where the architecture says UNKNOWN: a client that uses it should notice. */
#define DP_UNKNOWN	0xdeadbeefu

uint32_t dp_read(struct dap *dap, unsigned int address);
void dp_write(struct dap *dap, unsigned int address, uint32_t value);
/* Accesses the AP that SELECT names; `address` is A[3:2] << 2. Failures show in CTRL/STAT only. */
uint32_t dp_ap_read(struct dap *dap, unsigned int address);
void dp_ap_write(struct dap *dap, unsigned int address, uint32_t value);
bool dp_ap_busy(const struct dap *dap);
/* An access was answered with WAIT. */
void dp_overrun(struct dap *dap);
void dp_abort(struct dap *dap);

/* memap.c: AP 0. */

struct memap {
	uint32_t csw;
	uint32_t tar;
};

void memap_init(struct memap *memap);
/* `reg` is the offset within the AP (00..FC). Return false when the memory access failed. */
bool memap_read(struct dap *dap, unsigned int reg, uint32_t *value);
bool memap_write(struct dap *dap, unsigned int reg, uint32_t value);

/* dap.c */

struct dap {
	struct vb *vb;
	struct bus *bus;
	struct core *core;
	struct dap_config config;
	uint64_t tck_ps;
	uint64_t round_trip_ps;
	uint64_t synced_ps;
	bool trst_asserted;
	bool srst_asserted;
	bool link_dropped;
	struct jtag jtag;
	struct jtagdp jtagdp;
	struct dp dp;
	struct memap memap;
};

/* Charges one round trip of the probe; see dp.c for what counts as one. */
void dap_charge_round_trip(struct dap *dap);
/* Lets the core catch up with the link, and asks the fault plan. */
void dap_sync(struct dap *dap);
/* Counts one memory access and asks the fault plan. */
void dap_access_done(struct dap *dap);

#endif /* OFL_VBOARD_DAP_PRIVATE_H */
