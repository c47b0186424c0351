/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The board emcraft-sf2: its processor, memory, controller and flash are QEMU's. */

#ifndef OFL_VBOARD_BOARD_EMCRAFT_H
#define OFL_VBOARD_BOARD_EMCRAFT_H

#include "board.h"

/* Makes board->core, behind the gdbstub at options->gdb_port. 0, or -1 with a message on stderr. */
int board_emcraft_build(struct board *board, const struct board_options *options);

#endif /* OFL_VBOARD_BOARD_EMCRAFT_H */
