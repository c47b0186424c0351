/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the tests of the QUADSPI model share: the controller with a real flash model, driven register by register. */

#ifndef OFL_TEST_VB_QUADSPI_RIG_H
#define OFL_TEST_VB_QUADSPI_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../vboard/ctl/ctl_stm32_quadspi.h"

#define BASE		0xa0001000u
#define CR		(BASE + 0x00)
#define DCR		(BASE + 0x04)
#define SR		(BASE + 0x08)
#define FCR		(BASE + 0x0c)
#define DLR		(BASE + 0x10)
#define CCR		(BASE + 0x14)
#define AR		(BASE + 0x18)
#define ABR		(BASE + 0x1c)
#define DR		(BASE + 0x20)
#define PSMKR		(BASE + 0x24)
#define PSMAR		(BASE + 0x28)
#define PIR		(BASE + 0x2c)
#define LPTR		(BASE + 0x30)
#define RCC		0x40023800u
#define AHB3ENR		(RCC + 0x38)
#define MAPPED		0x90000000u

/* 100 MHz / 2: a clock of the wire is 20 ns */
#define AHB_HZ		100000000u
#define CLK_PS		20000u

#define EN		0x1u
#define ABORT		0x2u
#define TCEN		0x8u
#define DFM		0x40u
#define FSEL		0x80u
#define FTHRES(n)	(((uint32_t)(n) - 1) << 8)
#define APMS		0x400000u
#define PMM		0x800000u
#define PRESCALER(n)	((uint32_t)(n) << 24)
#define ENABLED		(PRESCALER(1) | EN)

#define TEF		0x01u
#define TCF		0x02u
#define FTF		0x04u
#define SMF		0x08u
#define TOF		0x10u
#define BUSY		0x20u
#define FLEVEL(sr)	((sr) >> 8 & 63)

/* Communication configurations; lines of instruction, address (24 bits) and data are 1 unless said otherwise. */
#define INDIRECT_WRITE	0x00000000u
#define INDIRECT_READ	0x04000000u
#define POLLING		0x08000000u
#define MEMORY_MAPPED	0x0c000000u
#define SIOO		0x10000000u
#define DDRM		0x80000000u
#define DATA1		0x01000000u
#define DATA2		0x02000000u
#define DATA4		0x03000000u
#define DUMMIES(n)	((uint32_t)(n) << 18)
#define ALTERNATE4	0x0000c000u
#define ADDRESS1	0x00002400u
#define ADDRESS2	0x00002800u
#define ADDRESS4	0x00002c00u
#define INSTRUCTION(n)	(0x00000100u | (n))

#define READ		(DATA1 | ADDRESS1 | INSTRUCTION(0x03))
#define READ_STATUS	(DATA1 | INSTRUCTION(0x05))
#define WRITE_ENABLE	(INDIRECT_WRITE | INSTRUCTION(0x06))
#define PROGRAM		(INDIRECT_WRITE | DATA1 | ADDRESS1 | INSTRUCTION(0x02))

struct quadspi_rig {
	struct vb vb;
	struct bus bus;
	struct nor *nor;
	struct ctl_storage *rcc;
	struct ctl_stm32_quadspi *quadspi;
	unsigned int code_changes;
	unsigned int idle_calls;
	uint64_t idle_until_ps;
};

int quadspi_setup(void **state);	/* enabled, 16 MiB, CSHT = 0, chip holds a pattern in its first 64 KiB */
int quadspi_teardown(void **state);
uint32_t get(struct quadspi_rig *f, uint32_t address, unsigned int size);
void put(struct quadspi_rig *f, uint32_t address, unsigned int size, uint32_t value);
void pass_clocks(struct quadspi_rig *f, uint64_t clocks);
uint32_t status(struct quadspi_rig *f);
/* As a master does that has been made to wait; returns the clocks that it waited. */
uint64_t take_stall(struct quadspi_rig *f);
void wait_idle(struct quadspi_rig *f);
/* A command by CCR, and by AR when the CCR has an address; waits for its end unless data are to be moved. */
void command(struct quadspi_rig *f, uint32_t ccr, uint32_t address);
uint8_t read_flash_status(struct quadspi_rig *f);
uint8_t pattern(uint32_t address);
uint32_t pattern_word(uint32_t address);
void assert_clean(struct quadspi_rig *f);
/* Exactly one violation since the last look, with this text in it. */
void assert_violation(struct quadspi_rig *f, const char *text);

#endif /* OFL_TEST_VB_QUADSPI_RIG_H */
