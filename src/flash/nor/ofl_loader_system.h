/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What a loader file that is a whole operating system (NuttX's system/ofloader) has beside its descriptor. Pure. */

#ifndef OPENOCD_FLASH_NOR_OFL_LOADER_SYSTEM_H
#define OPENOCD_FLASH_NOR_OFL_LOADER_SYSTEM_H

#include "ofl_loader.h"

#define OFL_SYSTEM_MAX_DEVICES	8
#define OFL_SYSTEM_MAX_PATHS	8
#define OFL_SYSTEM_TABLE_BYTES	256	/* with the 0 at its end */

struct ofl_system_device {
	char path[64];
	bool has_address, has_size;
	uint32_t address, size_bytes;
};

struct ofl_system {
	/* CONFIG_SYSTEM_OFLOADER_TABLE as it is in the file, and what it says; empty when no text has numbers. */
	char table[OFL_SYSTEM_TABLE_BYTES];
	unsigned int num_devices;
	struct ofl_system_device device[OFL_SYSTEM_MAX_DEVICES];
	/* Then: paths of devices, one of which may be the table. */
	unsigned int num_paths;
	char path[OFL_SYSTEM_MAX_PATHS][OFL_SYSTEM_TABLE_BYTES];
	/* As linked: the loop that waits for an answer without looking at memory; 0: not found. */
	uint32_t wait_address;
	/* The table reaches beyond what NuttX's STM32F4 progmem driver programs at the right place. */
	bool maps_wrongly;
};

/* Returns whether the loader is one. */
bool ofl_loader_system(const struct ofl_loader *loader, struct ofl_system *system);

#endif /* OPENOCD_FLASH_NOR_OFL_LOADER_SYSTEM_H */
