/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the board stm32f429i-disco has beyond the other boards with an STM32F4: memories, serial port, more pins. */

#ifndef OFL_VBOARD_BOARD_F429_H
#define OFL_VBOARD_BOARD_F429_H

#include "board.h"
#include "ctl/ctl.h"

struct board_f429;

/* Before board->core is made, which board_f429_connect() needs. Returns NULL when there is no room. */
struct board_f429 *board_f429_new(struct board *board, struct ctl_storage *rcc);
/* Returns 0, or -1. */
int board_f429_connect(struct board_f429 *f429);
void board_f429_free(struct board_f429 *f429);

#endif /* OFL_VBOARD_BOARD_F429_H */
