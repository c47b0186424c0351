/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The flash itself, by offset: device_spinor.c, device_stm32f4.c. The caller has checked offsets and lengths. */

#ifndef OFL_TEST_LOADERS_DEVICE_H
#define OFL_TEST_LOADERS_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#pragma GCC visibility push(hidden)

/* Switches on and configures what it uses, whatever the state after reset or an application. */
bool device_open(void);
void device_close(void);
bool device_erase_sector(uint32_t offset, uint32_t sector_bytes);
bool device_erase_chip(void);
bool device_program(uint32_t offset, uint32_t length, const uint8_t *data);
void device_read(uint32_t offset, uint32_t length, uint8_t *data);

#pragma GCC visibility pop

#endif /* OFL_TEST_LOADERS_DEVICE_H */
