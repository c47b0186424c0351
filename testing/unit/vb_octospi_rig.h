/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the tests of the OCTOSPI/XSPI model share: the controller with a flash model, driven register by register. */

#ifndef OFL_TEST_VB_OCTOSPI_RIG_H
#define OFL_TEST_VB_OCTOSPI_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../vboard/ctl/ctl_stm32_octospi.h"

#define BASE		0x58005000u
#define CR		(BASE + 0x000)
#define DCR1		(BASE + 0x008)
#define DCR2		(BASE + 0x00c)
#define DCR3		(BASE + 0x010)
#define DCR4		(BASE + 0x014)
#define SR		(BASE + 0x020)
#define FCR		(BASE + 0x024)
#define DLR		(BASE + 0x040)
#define AR		(BASE + 0x048)
#define DR		(BASE + 0x050)
#define PSMKR		(BASE + 0x080)
#define PSMAR		(BASE + 0x088)
#define PIR		(BASE + 0x090)
#define CCR		(BASE + 0x100)
#define TCR		(BASE + 0x108)
#define IR		(BASE + 0x110)
#define ABR		(BASE + 0x120)
#define LPTR		(BASE + 0x130)
#define WPCCR		(BASE + 0x140)
#define WCCR		(BASE + 0x180)
#define WIR		(BASE + 0x190)
#define HLCR		(BASE + 0x200)
#define CALFCR		(BASE + 0x210)
#define SIDR		(BASE + 0x3fc)
#define MAPPED		0x90000000u
#define RCC		0x40023800u
#define ENR		(RCC + 0x38)
#define GATE		0x2u

/* 100 MHz / 2: a clock of the wire is 20 ns */
#define KERNEL_HZ	100000000u
#define CLK_PS		20000u

#define EN		0x1u
#define ABORT		0x2u
#define DMAEN		0x4u
#define TCEN		0x8u
#define DMM		0x40u
#define MSEL		0x80u
#define FTHRES(n)	(((uint32_t)(n) - 1) << 8)
#define APMS		0x400000u
#define PMM		0x800000u
#define CSSEL		0x1000000u
#define NOPREF		0x2000000u
#define WRITE		(EN | 0x00000000u)
#define READ		(EN | 0x10000000u)
#define POLL		(EN | 0x20000000u)
#define MEMORY_MAPPED	(EN | 0x30000000u)

#define TEF		0x01u
#define TCF		0x02u
#define FTF		0x04u
#define SMF		0x08u
#define TOF		0x10u
#define BUSY		0x20u
#define FLEVEL(sr)	((sr) >> 8 & 127)

#define DATA1		0x01000000u
#define DATA2		0x02000000u
#define DATA4		0x03000000u
#define DATA8		0x04000000u
#define ADDRESS1	0x00002100u	/* of 24 bits, as the next two */
#define ADDRESS2	0x00002200u
#define ADDRESS4	0x00002300u
#define INSTRUCTION	0x00000001u
#define SIOO		0x80000000u
#define DQSE		0x20000000u
#define DDTR		0x08000000u

#define READ_FORMAT	(DATA1 | ADDRESS1 | INSTRUCTION)

/* NCS falls a clock before the first edge. */
#define HEADER_CLOCKS	(1 + 8 + 24)
#define POLL_CLOCKS	(1 + 8 + 8)

struct octospi_rig {
	struct vb vb;
	struct bus bus;
	struct nor *nor;
	struct ctl_storage *rcc;
	struct ctl_stm32_octospi *octospi;
	bool has_port;
	unsigned int code_changes;
	unsigned int idle_calls;
	uint64_t idle_until_ps;
};

/* Enabled, 16 MiB, CSHT = 0, chip holds a pattern in its first 64 KiB. */
int octospi_setup(void **state);
int xspi_setup(void **state);
int octospi_teardown(void **state);
uint8_t pattern(uint32_t address);
uint32_t pattern_word(uint32_t address);
uint32_t get(struct octospi_rig *f, uint32_t address, unsigned int size);
void put(struct octospi_rig *f, uint32_t address, unsigned int size, uint32_t value);
void pass_clocks(struct octospi_rig *f, uint64_t clocks);
uint32_t status(struct octospi_rig *f);
/* As a master does that has been made to wait; returns the clocks that it waited. */
uint64_t take_stall(struct octospi_rig *f);
void wait_idle(struct octospi_rig *f);
/* The frame in the order of 28.4.15; AR is left to the caller. */
void send_frame(struct octospi_rig *f, uint32_t cr, uint32_t ccr, uint32_t dummies, uint32_t instruction);
void enable_write(struct octospi_rig *f);
uint8_t read_flash_status(struct octospi_rig *f);
void assert_clean(struct octospi_rig *f);
/* Exactly one violation since the last look, with this text in it. */
void assert_violation(struct octospi_rig *f, const char *text);

#endif /* OFL_TEST_VB_OCTOSPI_RIG_H */
