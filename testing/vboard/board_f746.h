/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the STM32F746G discovery board has beyond the boards of board.c: system memory, and a QUADSPI with its flash. */

#ifndef OFL_VBOARD_BOARD_F746_H
#define OFL_VBOARD_BOARD_F746_H

#include "board.h"
#include "ctl/ctl_stm32_quadspi.h"

#define BOARD_F746_QUADSPI_BASE	0xa0001000u
#define BOARD_F746_MAPPED_BASE	0x90000000u

/* Index of the port's letter in `port`. Returns NULL, with nothing to be freed, when it cannot be added. */
struct ctl_stm32_quadspi *board_f746_add_quadspi(struct board *board, const struct ctl_storage *rcc,
		struct ctl_gpio *const *port);
/* 0, or -1 */
int board_f746_add_system_memory(struct board *board);

#endif /* OFL_VBOARD_BOARD_F746_H */
