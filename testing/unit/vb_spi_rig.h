/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the tests of shifting SPI controllers share: a bus, the wires, and a flash that only records what reaches it.
 * Time is moved by hand, so it is checked to the picosecond.
 */

#ifndef OFL_TEST_VB_SPI_RIG_H
#define OFL_TEST_VB_SPI_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../vboard/ctl/ctl.h"

#define RECORDED_BYTES	8192u

/* Stands in for nor/. */
struct nor {
	struct vb *vb;
	uint8_t byte[RECORDED_BYTES];
	uint64_t at_ps[RECORDED_BYTES];
	uint32_t clock_hz;
	unsigned int num_bytes;
	unsigned int cs_edges, sck_edges;
	bool selected;
	uint8_t next_miso;	/* counts up with each byte */
	uint64_t busy_until_ps;
};

struct spi_rig {
	struct vb vb;
	struct bus bus;
	struct nor nor;
	struct ctl_wires *wires;
	unsigned int idle_calls;
};

void rig_open(struct spi_rig *rig);
void rig_close(struct spi_rig *rig);
uint32_t get(struct spi_rig *rig, uint32_t address, unsigned int size);
void put(struct spi_rig *rig, uint32_t address, unsigned int size, uint32_t value);
void pass(struct spi_rig *rig, uint64_t ps);
/* Chip select as a GPIO would drive it. */
void select_chip(struct spi_rig *rig, bool selected);
/* Exactly one violation since the last look, and it says `what`. */
void expect_violation(struct spi_rig *rig, const char *what);
void expect_clean(struct spi_rig *rig);
/* The flash has got exactly these since the last look. */
void expect_bytes(struct spi_rig *rig, const uint8_t *bytes, unsigned int num_bytes);

#endif /* OFL_TEST_VB_SPI_RIG_H */
