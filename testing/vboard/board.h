/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The wiring diagrams: which core, RAM, controller and flash a named board has. */

#ifndef OFL_VBOARD_BOARD_H
#define OFL_VBOARD_BOARD_H

#include "core/core.h"
#include "dap/dap.h"
#include "nor/nor.h"

struct board_options {
	const char *flash_part;		/* --flash: NULL for the board's own */
	/* --image. A board with a second chip keeps that one's content in the file `image_path`.2 */
	const char *image_path;
	const char *internal_image_path;	/* --internal-image */
	/* --jedec, --sfdp, --flash-size: what the part (the first chip) answers; NULL / 0: as the part */
	const uint8_t *jedec_id;	/* 3 bytes */
	const uint8_t *sfdp;
	size_t sfdp_bytes;
	uint64_t flash_size_bytes;
	unsigned int gdb_port;	/* --backend gdb:PORT: another program executes; 0: vboard does */
};

/* Store `high_value` at `high_address` to drive the pin high, and so on: the driver's pin format. */
struct board_pin {
	uint32_t high_address, high_value;
	uint32_t low_address, low_value;
};

/* How a program reaches the flash: the same as in the bank lines of tcl/board/vboard-NAME.cfg. */
struct board_wiring {
	uint32_t quadspi_base;		/* 0: none; otherwise all below is 0 */
	uint32_t octospi_base;		/* OCTOSPI or XSPI, likewise */
	uint32_t spi_base;		/* 0: bit-banged, unless one of the next two is not 0 */
	uint32_t spi_v3_base;		/* an STM32 SPI of version 3 */
	uint32_t pl022_base;
	struct board_pin cs, cs2;	/* cs2: all 0 where there is no second chip */
	struct board_pin sck, mosi;	/* bit-banged only, as is miso */
	uint32_t miso_address, miso_mask;
};

struct board {
	struct vb *vb;
	struct bus bus;
	struct core *core;
	struct nor *nor;		/* NULL on a board without external flash */
	struct nor *nor2;		/* second chip select, where the board has one; else NULL */
	struct core_config core_config;
	struct dap_config dap_config;
	uint32_t ram_base, ram_bytes;
	struct board_wiring wiring;
	void *private_data;		/* board.c's */
};

struct board_info {
	const char *name;
	const char *description;	/* one line for --list */
	const char *flash_part;		/* NULL: no external flash, or not vboard's */
};

extern const struct board_info board_infos[];
extern const unsigned int board_num_infos;
/* Nothing on board_infos[index] is simulated here: board_new() needs options->gdb_port. */
bool board_needs_backend(unsigned int index);

/* Returns NULL with a message on stderr for an unknown name or part. The core is out of reset and running. */
struct board *board_new(struct vb *vb, const char *name, const struct board_options *options);
void board_free(struct board *board);

/* Clocks, pins and baud rate as the reset-init event of tcl/board/vboard-NAME.cfg leaves them; for tests that have no
 * OpenOCD. */
void board_reset_init(struct board *board);

#endif /* OFL_VBOARD_BOARD_H */
