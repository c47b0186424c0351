/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the files of dap/ share. Documents:
 *   [ADI]  ARM IHI 0031C, ARM Debug Interface Architecture Specification ADIv5.0 to ADIv5.2
 *   [1149] IEEE Std 1149.1-2001
 */

#ifndef OFL_VBOARD_DAP_PRIVATE_H
#define OFL_VBOARD_DAP_PRIVATE_H

#include "../fault/fault.h"
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
/* To Test-Logic-Reset. */
void jtag_reset(struct jtag *jtag);
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

/* CTRL/STAT, [ADI] 2.3.2; WDATAERR and READOK exist on SWD only */
#define DP_ORUNDETECT	(1u << 0)
#define DP_STICKYORUN	(1u << 1)
#define DP_STICKYERR	(1u << 5)
#define DP_READOK	(1u << 6)
#define DP_WDATAERR	(1u << 7)
#define DP_STICKY	(DP_STICKYORUN | DP_STICKYERR | DP_WDATAERR)

struct dp {
	uint32_t ctrl_stat;
	uint32_t select;
	uint64_t busy_until_ps;	/* the last AP access ends here */
};

/* What reads return where the architecture says UNKNOWN: a client that uses it should notice. */
#define DP_UNKNOWN	0xdeadbeefu

/* As a JTAG-DP's; an SW-DP has other registers at these addresses (swdp.c) over what follows. */
uint32_t dp_read(struct dap *dap, unsigned int address);
void dp_write(struct dap *dap, unsigned int address, uint32_t value);
uint32_t dp_ctrl_stat(const struct dap *dap);
/* `clear`: sticky flags to clear. */
void dp_write_ctrl_stat(struct dap *dap, uint32_t value, uint32_t clear);
/* Accesses the AP that SELECT names; `address` is A[3:2] << 2. Failures show in CTRL/STAT only. */
uint32_t dp_ap_read(struct dap *dap, unsigned int address);
void dp_ap_write(struct dap *dap, unsigned int address, uint32_t value);
bool dp_ap_busy(const struct dap *dap);
/* An access was answered with WAIT. */
void dp_overrun(struct dap *dap);
void dp_abort(struct dap *dap);

/* swdp.c: packets on SWDIO. */

enum swdp_phase {
	SWDP_LOCKED,		/* until a line reset */
	SWDP_LINE_RESET,
	SWDP_IDLE,
	SWDP_HEADER,
	SWDP_TURN_TO_TARGET,
	SWDP_ACK,
	SWDP_READ_DATA,
	SWDP_TURN_TO_HOST,
	SWDP_WRITE_DATA,
	SWDP_IGNORE,		/* a packet that is not answered */
};

struct swdp {
	enum swdp_phase phase;
	unsigned int count;	/* clocks of the phase */
	bool drives;		/* the target drives SWDIO */
	bool level;		/* and to this */
	bool after_line_reset;	/* DPIDR has not been read since */
	bool disturbed;		/* the fault plan has spoilt a packet since the line reset */
	uint8_t header;
	uint8_t ack;
	uint64_t data;		/* 32 bits and parity */
	uint32_t read_result;	/* of the last AP read, what RDBUFF has */
	uint32_t resend;	/* what the last AP or RDBUFF read brought */
	uint32_t dlcr;
};

void swdp_init(struct swdp *swdp);
/* One rising edge of SWCLK; `level` is SWDIO's. */
void swdp_clock(struct dap *dap, bool host_drives, bool level);

/* swj.c: which of the two wire protocols the pins speak. */

#define SWJ_LINE_RESET_CLOCKS	50

struct swj {
	bool swd;
	unsigned int ones;	/* clocks in sequence with TMS/SWDIO high, up to SWJ_LINE_RESET_CLOCKS */
	uint16_t window;	/* the last 16 bits, the first of them is bit 0 */
	unsigned int since;	/* clocks since such a sequence of at least SWJ_LINE_RESET_CLOCKS ended */
};

void swj_init(struct swj *swj);
/* One rising edge. True when it ended a switching sequence: swj->swd has changed. */
bool swj_clock(struct swj *swj, bool level);

/* memap.c: the access ports. */

#define DAP_MAX_APS	2

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
	bool link_counts_round_trips;
	uint64_t synced_ps;
	bool trst_asserted;
	bool srst_asserted;	/* by the client */
	bool srst_by_other;	/* by the fault plan */
	bool srst_low;
	bool link_dropped;
	uint32_t tck_divider;	/* 1, or by the fault plan */
	uint64_t fault_random;
	struct swj swj;
	struct jtag jtag;
	struct jtagdp jtagdp;
	struct swdp swdp;
	struct dp dp;
	struct memap memap[DAP_MAX_APS];
};

/* The client does what ends a queue; see dp.c. Charges one round trip unless the link counts them. */
void dap_guess_round_trip(struct dap *dap);
/* Lets the core catch up with the link, and asks the fault plan. */
void dap_sync(struct dap *dap);
/* Counts one memory access. False when the fault plan makes it fail. */
bool dap_access_starts(struct dap *dap);
void dap_access_done(struct dap *dap);
/* For the kinds whose value is a chance: does it happen to this packet? */
bool dap_fault_strikes(struct dap *dap, enum fault_kind kind);

#endif /* OFL_VBOARD_DAP_PRIVATE_H */
