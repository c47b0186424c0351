/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the tests of the debug port stand on: a client that moves the pins, and behind the port fakes of bus and core
 * (vb_dap_world.c): a RAM that records every access, and a core that records how far it was run.
 */

#ifndef OFL_UNIT_VB_DAP_WORLD_H
#define OFL_UNIT_VB_DAP_WORLD_H

#include "../vboard/dap/dap_private.h"

#define IDCODE		0x4ba00477u
#define DPIDR		0x2ba01477u
#define AP_IDR		0x24770011u
#define AP_BASE		0xe00ff003u

#define RAM_BASE	0x20000000u
#define RAM_BYTES	0x3f00u		/* not where TAR wraps */

#define IR_ABORT	0x8
#define IR_DPACC	0xa
#define IR_APACC	0xb
#define IR_IDCODE	0xe
#define IR_BYPASS	0xf

#define DP_CTRL_STAT	0x4
#define DP_SELECT	0x8
#define DP_RDBUFF	0xc

#define AP_CSW		0x00
#define AP_TAR		0x04
#define AP_DRW		0x0c
#define AP_BD(n)	(0x10 + 4 * (n))
#define AP_CFG		0xf4
#define AP_BASE_REG	0xf8
#define AP_IDR_REG	0xfc

#define ORUNDETECT	0x00000001u
#define STICKYORUN	0x00000002u
#define STICKYERR	0x00000020u
#define POWER_REQ	0x50000000u
#define POWER_ALL	0xf0000000u

#define CSW_8		0x23000000u
#define CSW_16		0x23000001u
#define CSW_32		0x23000002u
#define CSW_SINGLE	0x10u
#define CSW_PACKED	0x20u

#define ACK_OK		2
#define ACK_WAIT	1

struct access {
	uint32_t address;
	unsigned int size;
	bool write;
	uint64_t at_ps;
};

struct world {
	struct vb vb;
	struct bus bus;
	struct dap *dap;
	uint8_t ram[RAM_BYTES];
	struct access access[64];
	unsigned int num_accesses;
	uint64_t core_ran_until_ps;
	unsigned int core_runs;
	unsigned int core_resets;
	bool core_held;
	uint64_t stall_ps;	/* wait states of each access */
	unsigned int last_ack;
	uint32_t selected;
};

extern struct world *world;
extern const struct dap_config v7m_config;

/* One rising edge; returns TDO before it. */
bool clock_bit(bool tms, bool tdi);
void to_reset_and_idle(void);
/* From Run-Test/Idle and back. */
uint64_t scan_dr(uint64_t out, unsigned int bits);
uint32_t scan_ir(uint32_t out, unsigned int bits);
/* One 35-bit scan; sets world->last_ack. */
uint32_t acc(unsigned int ir, unsigned int address, bool read, uint32_t value);
/* These assert an ack of OK. */
void dp_w(unsigned int address, uint32_t value);
uint32_t rdbuff(void);
uint32_t dp_r(unsigned int address);
uint32_t ctrl_stat(void);
void select_ap(unsigned int ap, unsigned int reg);
void ap_w(unsigned int reg, uint32_t value);
uint32_t ap_r(unsigned int reg);
void setup_transfer(uint32_t csw, uint32_t tar);
void assert_no_sticky(void);
void power_up(void);

/* Fixtures; `faults` may be NULL. */
void make_world(const struct dap_config *config, const char *faults);
int setup(void **state);
int setup_powered(void **state);
int setup_v6m(void **state);
int teardown(void **state);

#define TEST(name)		cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_POWERED(name)	cmocka_unit_test_setup_teardown(name, setup_powered, teardown)
#define TEST_V6M(name)		cmocka_unit_test_setup_teardown(name, setup_v6m, teardown)

#endif /* OFL_UNIT_VB_DAP_WORLD_H */
