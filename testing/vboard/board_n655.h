/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the board with an STM32N655 has beyond the boards of board.c: its RCC, PWR, GPION, XSPIM and XSPI2, each at a
 * non-secure and a secure address.
 */

#ifndef OFL_VBOARD_BOARD_N655_H
#define OFL_VBOARD_BOARD_N655_H

#include "board.h"

/* Secure addresses; the non-secure ones are 10000000h below. */
#define BOARD_N655_XSPI2_BASE	0x5802a000u
#define BOARD_N655_RAM_BASE	0x34000000u	/* AXISRAM1 and 2 */
#define BOARD_N655_ROM_BASE	0x18000000u	/* boot ROM */
#define BOARD_N655_MAPPED_BASE	0x70000000u

struct board_n655;

/* Returns NULL when it cannot be added. */
struct board_n655 *board_n655_new(struct board *board);
void board_n655_free(struct board_n655 *n655);
/* As ctl_wires_set_idle(). */
void board_n655_set_idle(struct board_n655 *n655, void (*idle)(void *context, uint64_t until_ps), void *context);

#endif /* OFL_VBOARD_BOARD_N655_H */
