/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What is special on the board stm32h5-w25q64. */

#ifndef OFL_VBOARD_BOARD_H503_H
#define OFL_VBOARD_BOARD_H503_H

#include "board.h"
#include "ctl/ctl.h"
#include "ctl/ctl_stm32_spi_v3.h"

#define BOARD_H503_SPI1_BASE	0x40013000u

/* SPI1 with SCK, MISO and MOSI on `port`, for board.c's add_peripherals(); NULL when the bus is full. */
struct ctl_stm32_spi_v3 *board_h503_add_spi(struct board *board, struct ctl_storage *rcc, struct ctl_gpio *port,
		struct ctl_wires *wires);

#endif /* OFL_VBOARD_BOARD_H503_H */
