// SPDX-License-Identifier: GPL-2.0-or-later

/* A board is built from its row in board_table.c, run and taken down again. */

#include "board.h"

#include "board_app.h"
#include "board_emcraft.h"
#include "board_f429.h"
#include "board_f746.h"
#include "board_h503.h"
#include "board_n655.h"
#include "board_rp2040.h"
#include "board_table.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RAM_BASE	0x20000000u

#define SECOND_FLASH_PART	"w25q64jv"

bool board_needs_backend(unsigned int index)
{
	return board_definitions[index].is_emcraft;
}

struct board_private {
	const struct board_definition *definition;
	struct ctl_storage *rcc;
	struct ctl_storage *storage[BOARD_MAX_STORAGES];
	struct ctl_stm32f4_flash *flash;	/* NULL: the board has a ROM */
	struct ctl_gpio *port[BOARD_MAX_PORTS];
	struct ctl_stm32_spi *spi;
	struct ctl_stm32_spi_v3 *spi_v3;
	struct board_rp2040 *rp2040;	/* NULL: another board */
	struct ctl_stm32_quadspi *quadspi;
	struct ctl_wires *wires;
	struct board_f429 *f429;	/* NULL: another board */
	struct board_n655 *n655;	/* likewise */
	char *internal_image_path;
};

static const char *const port_name[BOARD_MAX_PORTS] = {
	"GPIOA", "GPIOB", "GPIOC", "GPIOD", "GPIOE", "GPIOF", "GPIOG", "GPIOH", "GPIOI", "GPIOJ", "GPIOK",
};

static struct dap_config dap_config_of(enum core_type type)
{
	/*
	 * ids: Arm's designer code (23Bh) with the part numbers that OpenOCD's target files expect. DPIDR says DPv1 for
	 * all, which swdp.c is; the M33's is a DPv2 in silicon.
	 */
	switch (type) {
	case CORE_M0:
		return (struct dap_config){ .jtag_idcode = 0x0ba04477, .swd_dpidr = 0x0bb11477,
			.ahb_ap_idr = 0x04770021, .ap_base = 0xe00ff003, .packed = false, .tar_wrap_bytes = 1024 };
	case CORE_M0PLUS:
		return (struct dap_config){ .jtag_idcode = 0x0ba04477, .swd_dpidr = 0x0bc11477,
			.ahb_ap_idr = 0x04770031, .ap_base = 0xf0000003, .packed = false, .tar_wrap_bytes = 1024 };
	case CORE_M3:
		return (struct dap_config){ .jtag_idcode = 0x3ba00477, .swd_dpidr = 0x1ba01477,
			.ahb_ap_idr = 0x14770011, .ap_base = 0xe00ff003, .packed = true, .tar_wrap_bytes = 4096 };
	case CORE_M33:
		return (struct dap_config){ .jtag_idcode = 0x0ba04477, .swd_dpidr = 0x0be11477,
			.ahb_ap_idr = 0x14770015, .ap_base = 0xe00fe003, .packed = true, .tar_wrap_bytes = 1024 };
	case CORE_M7:
		/* RM0385 sections 40.6.2, 40.6.3: the boundary scan TAP and the CPU's */
		return (struct dap_config){ .jtag_idcode = 0x5ba00477, .swd_dpidr = 0x5ba02477,
			.ahb_ap_idr = 0x74770001, .ap_base = 0xe00fd003,
			.packed = true, .tar_wrap_bytes = 1024, .boundary_idcode = 0x06449041, .boundary_ir_bits = 5 };
	case CORE_M4:
		break;
	}
	return (struct dap_config){ .jtag_idcode = 0x4ba00477, .swd_dpidr = 0x2ba01477,
		.ahb_ap_idr = 0x24770011, .ap_base = 0xe00ff003, .packed = true, .tar_wrap_bytes = 4096 };
}

static struct dap_config dap_config_for(const struct board_definition *definition)
{
	struct dap_config config = dap_config_of(definition->core.type);

	/* The ids and the number of the core's AP are those of OpenOCD's target/stm32n6x.cfg (after 0.12.0) */
	if (definition->is_n655) {
		config.jtag_idcode = 0x6ba00477;
		config.swd_dpidr = 0x6ba02477;
		config.core_ap = 1;
		config.has_security = true;
	}
	return config;
}

static int load_internal_image(const char *path, uint8_t *rom, uint32_t rom_bytes)
{
	FILE *file = fopen(path, "rb");
	if (!file) {
		/* Created at exit, as an image of external flash would be */
		if (errno == ENOENT)
			return 0;
		fprintf(stderr, "vboard: cannot read %s: %s\n", path, strerror(errno));
		return -1;
	}
	memset(rom, 0xff, rom_bytes);
	size_t length = fread(rom, 1, rom_bytes, file);
	bool failed = ferror(file);
	fclose(file);
	if (failed || length == 0) {
		fprintf(stderr, "vboard: cannot read %s\n", path);
		return -1;
	}
	return 0;
}

static void save_internal_image(struct board *board)
{
	const struct board_private *private = board->private_data;
	uint32_t rom_bytes = private->definition->rom_bytes;
	const uint8_t *rom = bus_ram_pointer(&board->bus, BOARD_ROM_BASE, rom_bytes);

	if (!private->internal_image_path || !rom)
		return;
	FILE *file = fopen(private->internal_image_path, "wb");
	bool saved = file && fwrite(rom, 1, rom_bytes, file) == rom_bytes;
	if (file && fclose(file))
		saved = false;
	if (!saved)
		fprintf(stderr, "vboard: cannot write %s: %s\n", private->internal_image_path, strerror(errno));
}

static uint32_t ram_base_of(const struct board_definition *definition)
{
	return definition->ram_base ? definition->ram_base : RAM_BASE;
}

static int add_memories(struct board *board, const struct board_options *options)
{
	struct board_private *private = board->private_data;
	const struct board_definition *definition = private->definition;
	uint32_t ram_base = ram_base_of(definition);

	if (bus_add_ram(&board->bus, "SRAM", ram_base, definition->ram_bytes) ||
			bus_add_ram(&board->bus, "flash", BOARD_ROM_BASE, definition->rom_bytes) ||
			bus_add_alias(&board->bus, "boot", definition->family->boot_base, definition->rom_bytes, BOARD_ROM_BASE))
		return -1;
	if (definition->is_f746_disco && board_f746_add_system_memory(board))
		return -1;
	uint8_t *rom = bus_ram_pointer(&board->bus, BOARD_ROM_BASE, definition->rom_bytes);
	if (!rom)
		return -1;
	board_app_install(rom, definition->rom_bytes, ram_base + definition->ram_bytes,
		definition->core.type == CORE_M33);
	if (options->internal_image_path) {
		if (load_internal_image(options->internal_image_path, rom, definition->rom_bytes))
			return -1;
		private->internal_image_path = strdup(options->internal_image_path);
		if (!private->internal_image_path)
			return -1;
	}
	return bus_set_read_only(&board->bus, BOARD_ROM_BASE);
}

static struct nor *new_chip(struct vb *vb, const char *part_name, const struct board_options *options,
		const char *image_path)
{
	const struct nor_part *known = nor_part_by_name(part_name);
	if (!known) {
		fprintf(stderr, "vboard: unknown flash part '%s'; --list names the known ones\n", part_name);
		return NULL;
	}
	struct nor_part part = *known;
	if (options && options->jedec_id)
		memcpy(part.jedec_id, options->jedec_id, sizeof(part.jedec_id));
	if (options && options->sfdp) {
		part.sfdp = options->sfdp;
		part.sfdp_bytes = options->sfdp_bytes;
	}
	if (options && options->flash_size_bytes)
		part.size_bytes = options->flash_size_bytes;
	return nor_new(vb, &part, image_path);
}

static int add_chips(struct board *board, const char *default_part, const struct board_options *options)
{
	struct board_private *private = board->private_data;

	board->nor = new_chip(board->vb, options->flash_part ? options->flash_part : default_part, options,
		options->image_path);
	if (!board->nor || ctl_wires_add_chip(private->wires, board->nor) != 0)
		return -1;
	if (private->definition->cs2_pin == NO_SECOND_CHIP)
		return 0;

	char *path = NULL;
	if (options->image_path) {
		size_t size = strlen(options->image_path) + sizeof(".2");
		path = malloc(size);
		if (!path)
			return -1;
		snprintf(path, size, "%s.2", options->image_path);
	}
	board->nor2 = new_chip(board->vb, SECOND_FLASH_PART, NULL, path);
	free(path);
	return board->nor2 && ctl_wires_add_chip(private->wires, board->nor2) == 1 ? 0 : -1;
}

static int add_ports(struct board *board)
{
	struct board_private *private = board->private_data;
	const struct family *family = private->definition->family;

	for (unsigned int i = 0; i < family->num_ports; i++) {
		uint32_t rcc_mask = 1u << (family->gpio_first_bit + i);
		const struct ctl_gpio_config config = {
			.name = port_name[i],
			.base = family->gpio_base + 0x400 * i,
			.has_brr = family->gpio_has_brr,
			.moder_reset = family->port[i].moder,
			.ospeedr_reset = family->port[i].ospeedr,
			.pupdr_reset = family->port[i].pupdr,
			.gate = { private->rcc, family->gpio_enable_offset, rcc_mask },
		};
		private->port[i] = ctl_gpio_new(&board->bus, &config);
		if (!private->port[i])
			return -1;
		if (ctl_storage_on_set(private->rcc, family->gpio_reset_offset, rcc_mask, ctl_gpio_reset,
				private->port[i]))
			return -1;
	}
	return 0;
}

static int add_spi(struct board *board)
{
	struct board_private *private = board->private_data;
	const struct board_definition *definition = private->definition;
	const struct spi_definition *spi = &definition->spi;
	struct ctl_gpio *port = private->port[definition->port];

	if (definition->is_h503) {
		private->spi_v3 = board_h503_add_spi(board, private->rcc, port, private->wires);
		return private->spi_v3 ? 0 : -1;
	}
	if (!spi->base)
		return 0;
	const struct ctl_stm32_spi_config config = {
		.name = spi->name,
		.base = spi->base,
		.variant = spi->variant,
		.pclk_hz = spi->pclk_hz,
		.gate = { private->rcc, spi->enable_offset, spi->rcc_mask },
		.sck_port = port, .mosi_port = port, .miso_port = port,
		.sck_pin = definition->sck_pin, .mosi_pin = definition->mosi_pin, .miso_pin = definition->miso_pin,
		.alternate_function = spi->alternate_function,
	};
	private->spi = ctl_stm32_spi_new(&board->bus, &config, private->wires);
	if (!private->spi)
		return -1;
	return ctl_storage_on_set(private->rcc, spi->reset_offset, spi->rcc_mask, ctl_stm32_spi_reset, private->spi);
}

static int add_quadspi(struct board *board)
{
	struct board_private *private = board->private_data;

	private->quadspi = board_f746_add_quadspi(board, private->rcc, private->port);
	if (!private->quadspi)
		return -1;
	/* AHB3RSTR.QSPIRST */
	return ctl_storage_on_set(private->rcc, 0x18, 1u << 1, ctl_stm32_quadspi_reset, private->quadspi);
}

static int connect_pins(struct board *board)
{
	struct board_private *private = board->private_data;
	const struct board_definition *definition = private->definition;
	struct ctl_gpio *port = private->port[definition->port];
	struct ctl_wires *wires = private->wires;

	if (ctl_gpio_connect(port, definition->cs_pin, LINE_CS, wires, 0) ||
			ctl_gpio_connect(port, definition->sck_pin, LINE_SCK, wires, 0) ||
			ctl_gpio_connect(port, definition->mosi_pin, LINE_MOSI, wires, 0) ||
			ctl_gpio_connect(port, definition->miso_pin, LINE_MISO, wires, 0))
		return -1;
	if (definition->cs2_pin == NO_SECOND_CHIP)
		return 0;
	return ctl_gpio_connect(port, (unsigned int)definition->cs2_pin, LINE_CS, wires, 1);
}

static int add_flash(struct board *board)
{
	struct board_private *private = board->private_data;
	const struct ctl_stm32f4_flash_config config = {
		.base = private->definition->flash_base,
		.array_base = BOARD_ROM_BASE,
		.size_bytes = private->definition->rom_bytes,
	};

	if (!config.base)
		return 0;
	private->flash = ctl_stm32f4_flash_new(&board->bus, &config);
	return private->flash ? 0 : -1;
}

static int add_peripherals(struct board *board)
{
	struct board_private *private = board->private_data;
	const struct family *family = private->definition->family;

	if (private->definition->is_rp2040) {
		private->rp2040 = board_rp2040_new(board, private->wires);
		return private->rp2040 ? 0 : -1;
	}
	if (private->definition->is_n655) {
		private->n655 = board_n655_new(board);
		return private->n655 ? 0 : -1;
	}
	private->rcc = ctl_rcc_new(&board->bus, family->rcc);
	if (!private->rcc || add_flash(board))
		return -1;
	for (unsigned int i = 0; i < BOARD_MAX_STORAGES; i++) {
		const struct storage_definition *storage = &family->storage[i];
		if (storage->base == private->definition->flash_base)
			continue;
		private->storage[i] = ctl_storage_new(&board->bus, storage->name, storage->base, storage->size,
			storage->reset_values, sizeof(storage->reset_values) / sizeof(storage->reset_values[0]));
		if (!private->storage[i])
			return -1;
	}
	if (add_ports(board))
		return -1;
	if (private->definition->is_f746_disco)
		return add_quadspi(board);
	if (private->definition->is_f429_disco) {
		private->f429 = board_f429_new(board, private->rcc);
		return private->f429 ? 0 : -1;
	}
	return add_spi(board) || connect_pins(board) ? -1 : 0;
}

static struct board_pin pin_at(const struct board_definition *definition, unsigned int pin)
{
	uint32_t bsrr = definition->family->gpio_base + 0x400 * definition->port + 0x18;

	return (struct board_pin){ bsrr, 1u << pin, bsrr, 1u << (pin + 16) };
}

static void describe_wiring(struct board *board)
{
	const struct board_private *private = board->private_data;
	const struct board_definition *definition = private->definition;

	if (private->quadspi) {
		board->wiring.quadspi_base = BOARD_F746_QUADSPI_BASE;
		return;
	}
	if (private->rp2040) {
		board_rp2040_describe(&board->wiring);
		return;
	}
	if (private->n655) {
		board->wiring.octospi_base = BOARD_N655_XSPI2_BASE;
		return;
	}
	board->wiring.spi_base = definition->spi.base;
	board->wiring.spi_v3_base = definition->is_h503 ? BOARD_H503_SPI1_BASE : 0;
	board->wiring.cs = pin_at(definition, definition->cs_pin);
	if (definition->cs2_pin != NO_SECOND_CHIP)
		board->wiring.cs2 = pin_at(definition, (unsigned int)definition->cs2_pin);
	board->wiring.sck = pin_at(definition, definition->sck_pin);
	board->wiring.mosi = pin_at(definition, definition->mosi_pin);
	board->wiring.miso_address = definition->family->gpio_base + 0x400 * definition->port + 0x10;
	board->wiring.miso_mask = 1u << definition->miso_pin;
}

static void on_idle(void *context, uint64_t until_ps)
{
	struct board *board = context;

	core_note_idle_poll(board->core, until_ps);
}

static int board_build(struct board *board, unsigned int index, const struct board_options *options)
{
	struct board_private *private = board->private_data;
	const struct board_definition *definition = &board_definitions[index];

	private->definition = definition;
	if (definition->is_emcraft) {
		board->dap_config = dap_config_of(definition->core.type);
		return board_emcraft_build(board, options);
	}
	private->wires = ctl_wires_new(board->vb);
	if (!private->wires)
		return -1;
	if (board_infos[index].flash_part && add_chips(board, board_infos[index].flash_part, options))
		return -1;
	if (add_memories(board, options) || add_peripherals(board)) {
		fprintf(stderr, "vboard: board %s cannot be built\n", board_infos[index].name);
		return -1;
	}
	board->ram_base = ram_base_of(definition);
	board->ram_bytes = definition->ram_bytes;
	board->core_config = definition->core;
	board->dap_config = dap_config_for(definition);
	if (board->nor)
		describe_wiring(board);
	board->core = core_new(&board->bus, &board->core_config);
	if (!board->core || (private->f429 && board_f429_connect(private->f429)))
		return -1;
	ctl_wires_set_idle(private->wires, on_idle, board);
	if (private->flash)
		ctl_stm32f4_flash_set_wait(private->flash, on_idle, board);
	if (private->quadspi)
		ctl_stm32_quadspi_set_idle(private->quadspi, on_idle, board);
	if (private->n655)
		board_n655_set_idle(private->n655, on_idle, board);
	return 0;
}

struct board *board_new(struct vb *vb, const char *name, const struct board_options *options)
{
	static const struct board_options no_options = { 0 };
	unsigned int index = 0;

	while (index < board_num_infos && strcmp(board_infos[index].name, name))
		index++;
	if (index == board_num_infos) {
		fprintf(stderr, "vboard: unknown board '%s'; --list names the known ones\n", name);
		return NULL;
	}

	struct board *board = calloc(1, sizeof(*board));
	struct board_private *private = calloc(1, sizeof(*private));
	if (!board || !private) {
		fprintf(stderr, "vboard: out of memory\n");
		free(board);
		free(private);
		return NULL;
	}
	board->vb = vb;
	board->private_data = private;
	bus_init(&board->bus, vb);
	if (board_build(board, index, options ? options : &no_options)) {
		/* What was not read must not be written back */
		free(private->internal_image_path);
		private->internal_image_path = NULL;
		board_free(board);
		return NULL;
	}
	return board;
}

void board_free(struct board *board)
{
	if (!board)
		return;
	struct board_private *private = board->private_data;

	save_internal_image(board);
	if (board->core)
		core_free(board->core);
	ctl_stm32_spi_free(private->spi);
	ctl_stm32_spi_v3_free(private->spi_v3);
	board_rp2040_free(private->rp2040);
	ctl_stm32_quadspi_free(private->quadspi);
	board_f429_free(private->f429);
	board_n655_free(private->n655);
	for (unsigned int i = 0; i < BOARD_MAX_PORTS; i++)
		ctl_gpio_free(private->port[i]);
	for (unsigned int i = 0; i < BOARD_MAX_STORAGES; i++)
		ctl_storage_free(private->storage[i]);
	ctl_storage_free(private->rcc);
	ctl_stm32f4_flash_free(private->flash);
	bus_free(&board->bus);
	nor_free(board->nor);
	nor_free(board->nor2);
	ctl_wires_free(private->wires);
	free(private->internal_image_path);
	free(private);
	free(board);
}

void board_reset_init(struct board *board)
{
	const struct board_private *private = board->private_data;

	for (unsigned int i = 0; i < BOARD_MAX_SETUP; i++) {
		const struct setup_step *step = &private->definition->setup[i];
		uint32_t value = 0;
		if (!step->address)
			return;
		if (step->clear || step->set)
			bus_read(&board->bus, step->address, 4, &value, BUS_DEBUG);
		bus_write(&board->bus, step->address, 4, (value & ~step->clear) | step->set, BUS_DEBUG);
	}
}
