/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Part numbers of serial flash in free text. Pure. */

#ifndef OPENOCD_FLASH_NOR_OFL_PART_H
#define OPENOCD_FLASH_NOR_OFL_PART_H

#include <stdbool.h>

/*
 * Does `text` (a loader's DeviceName, say "W25Q64_STM32G070") name serial flash parts, and none of them may be the one
 * of `chip_name` ("win w25q64fv/jv")? A shorter number fits the longer ones that begin with it. False when either names
 * no part.
 */
bool ofl_part_contradicts(const char *text, const char *chip_name);

#endif /* OPENOCD_FLASH_NOR_OFL_PART_H */
