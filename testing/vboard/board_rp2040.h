/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What is special on the board rp2040-spi. */

#ifndef OFL_VBOARD_BOARD_RP2040_H
#define OFL_VBOARD_BOARD_RP2040_H

#include "board.h"
#include "ctl/ctl.h"

#define BOARD_RP2040_SPI0_BASE	0x4003c000u

struct board_rp2040;

/* The peripherals, for board.c's add_peripherals(); NULL when the bus is full. */
struct board_rp2040 *board_rp2040_new(struct board *board, struct ctl_wires *wires);
void board_rp2040_free(struct board_rp2040 *rp2040);
void board_rp2040_describe(struct board_wiring *wiring);

#endif /* OFL_VBOARD_BOARD_RP2040_H */
