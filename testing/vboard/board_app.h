/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The applications in the internal flash of every board (at 08000000h, also at 0, where the vectors are read).
 *
 * - Reset: counts up a word at (top of RAM - 104h), in thread mode on MSP. Every exception is an endless loop.
 * - BOARD_APP_HOSTILE: what a debugger meets in the field, entered by setting PC and resuming. Thread mode on PSP
 *   (CONTROL.SPSEL = 1, privileged), interrupts enabled; MPU enabled without its background region, code read-only, RAM
 *   execute-never, peripherals not mapped (Cortex-M0 has no MPU); on ARMv8-M MSPLIM = top of RAM - 100h and
 *   PSPLIM = top - 300h. PSP starts at top - 200h. Counts up the word at (top of RAM - 108h).
 * - BOARD_APP_HOSTILE_MASKED: the same with PRIMASK = 1.
 */

#ifndef OFL_VBOARD_BOARD_APP_H
#define OFL_VBOARD_BOARD_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOARD_ROM_BASE			0x08000000u
#define BOARD_APP_HOSTILE		0x08000400u
#define BOARD_APP_HOSTILE_MASKED	0x08000410u
#define BOARD_APP_COUNTER_BELOW_TOP	0x104u
#define BOARD_APP_HOSTILE_COUNTER_BELOW_TOP	0x108u

/* Fills the ROM: FF, vectors and the applications. At least 2 KiB. */
void board_app_install(uint8_t *rom, uint32_t rom_bytes, uint32_t ram_top, bool v8m);

#endif /* OFL_VBOARD_BOARD_APP_H */
