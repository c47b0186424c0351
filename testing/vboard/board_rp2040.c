// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * RP2040 with a SPI flash on SPI0: RX GPIO16, SCK GPIO18, TX GPIO19, chip select GPIO17 by SIO. Registers: RP2040 data
 * sheet (build 2022-06-17), sections 2.1.2 (atomic register access), 2.1.4 (narrow writes), 2.3.1 (SIO), 2.14 (resets),
 * 2.15 (clocks), 2.16 (XOSC), 2.18 (PLL), 2.19 (GPIO); addresses, bits and reset values were compared with pico-sdk
 * a1438df, hardware/regs/.
 *
 * The clock tree is what decides about SPI0: clk_peri must be on, and its source running. The core itself runs from the
 * start at the frequency that reset-init configures, as on the other boards. One core, no boot ROM, no XIP.
 */

#include "board_rp2040.h"

#include "ctl/ctl_pl022.h"

#include <stdlib.h>
#include <string.h>

#define CLOCKS_BASE	0x40008000u
#define RESETS_BASE	0x4000c000u
#define IO_BANK0_BASE	0x40014000u
#define PADS_BANK0_BASE	0x4001c000u
#define XOSC_BASE	0x40024000u
#define PLL_SYS_BASE	0x40028000u
#define SIO_BASE	0xd0000000u

#define PIN_RX	16
#define PIN_CS	17
#define PIN_SCK	18
#define PIN_TX	19

#define NUM_PINS	30
#define PINS_MASK	0x3fffffffu

/* The crystal of the Pico board, and the ring oscillator's nominal frequency */
#define XOSC_HZ		12000000u
#define ROSC_HZ		6500000u

/* In RESETS */
#define RESET_IO_BANK0		(1u << 5)
#define RESET_PADS_BANK0	(1u << 8)
#define RESET_PLL_SYS		(1u << 12)
#define RESET_SPI0		(1u << 16)
#define RESETS_MASK		0x01ffffffu

#define CLK_REF_CTRL		0x30
#define CLK_REF_DIV		0x34
#define CLK_REF_SELECTED	0x38
#define CLK_SYS_CTRL		0x3c
#define CLK_SYS_DIV		0x40
#define CLK_SYS_SELECTED	0x44
#define CLK_PERI_CTRL		0x48
#define CLK_PERI_SELECTED	0x50
#define CLK_SYS_RESUS_CTRL	0x78
#define CLK_PERI_CTRL_KILL	(1u << 10)
#define CLK_PERI_CTRL_ENABLE	(1u << 11)

#define PADS_IE		(1u << 6)
#define PADS_OD		(1u << 7)
#define PADS_RESET	0x56u

/* GPIOn_CTRL: OUTOVER, OEOVER, INOVER, IRQOVER */
#define CTRL_OVERRIDES	0x30033300u
#define FUNCSEL_SPI	1
#define FUNCSEL_SIO	5
#define FUNCSEL_NULL	31

enum block_id {
	BLOCK_CLOCKS,
	BLOCK_RESETS,
	BLOCK_IO_BANK0,
	BLOCK_PADS_BANK0,
	BLOCK_XOSC,
	BLOCK_PLL_SYS,
	NUM_BLOCKS,
};

#define BLOCK_WORDS	0x100u
#define ALIAS_BYTES	0x1000u

struct block {
	struct board_rp2040 *rp2040;
	enum block_id id;
	uint32_t word[BLOCK_WORDS];
	bool reset_reported;
};

struct board_rp2040 {
	struct board *board;
	struct ctl_wires *wires;
	struct ctl_pl022 *spi;
	struct block block[NUM_BLOCKS];
	uint32_t out, oe;	/* SIO */
	bool is_built;
};

static const struct {
	const char *name;
	uint32_t base;
	uint32_t reset_mask;	/* 0: not held in reset */
} blocks[NUM_BLOCKS] = {
	[BLOCK_CLOCKS] = { "CLOCKS", CLOCKS_BASE, 0 },
	[BLOCK_RESETS] = { "RESETS", RESETS_BASE, 0 },
	[BLOCK_IO_BANK0] = { "IO_BANK0", IO_BANK0_BASE, RESET_IO_BANK0 },
	[BLOCK_PADS_BANK0] = { "PADS_BANK0", PADS_BANK0_BASE, RESET_PADS_BANK0 },
	[BLOCK_XOSC] = { "XOSC", XOSC_BASE, 0 },
	[BLOCK_PLL_SYS] = { "PLL_SYS", PLL_SYS_BASE, RESET_PLL_SYS },
};

static uint32_t word_at(const struct board_rp2040 *rp2040, enum block_id id, uint32_t offset)
{
	return rp2040->block[id].word[offset / 4];
}

static bool is_in_reset(const struct board_rp2040 *rp2040, uint32_t mask)
{
	return word_at(rp2040, BLOCK_RESETS, 0) & mask;
}

/* ---- clocks ---- */

/* Section 2.16.7: CTRL.ENABLE is fabh for on. The oscillator is stable at once. */
static uint32_t xosc_hz(const struct board_rp2040 *rp2040)
{
	return (word_at(rp2040, BLOCK_XOSC, 0) >> 12 & 0xfff) == 0xfab ? XOSC_HZ : 0;
}

/* Section 2.18.3: (XOSC / REFDIV) * FBDIV / (POSTDIV1 * POSTDIV2), locked as soon as PD and VCOPD are 0 */
static bool pll_is_locked(const struct board_rp2040 *rp2040)
{
	uint32_t fbdiv = word_at(rp2040, BLOCK_PLL_SYS, 8) & 0xfff;

	return !is_in_reset(rp2040, RESET_PLL_SYS) && !(word_at(rp2040, BLOCK_PLL_SYS, 4) & 0x21)
		&& xosc_hz(rp2040) && fbdiv >= 16 && fbdiv <= 320;
}

static uint32_t pll_sys_hz(const struct board_rp2040 *rp2040)
{
	uint32_t refdiv = word_at(rp2040, BLOCK_PLL_SYS, 0) & 0x3f;
	uint32_t fbdiv = word_at(rp2040, BLOCK_PLL_SYS, 8) & 0xfff;
	uint32_t prim = word_at(rp2040, BLOCK_PLL_SYS, 0x0c);
	uint32_t post = (prim >> 16 & 7) * (prim >> 12 & 7);

	/* POSTDIVPD */
	if (!pll_is_locked(rp2040) || word_at(rp2040, BLOCK_PLL_SYS, 4) & 0x08 || !refdiv || !post)
		return 0;
	return xosc_hz(rp2040) / refdiv * fbdiv / post;
}

/* DIV has 8 bits of fraction; an integer part of 0 is 65536 (clk_sys) and of no use here. */
static uint32_t divided(uint32_t hz, uint32_t div)
{
	return div >> 8 ? (uint32_t)(((uint64_t)hz << 8) / div) : 0;
}

static uint32_t clk_ref_hz(const struct board_rp2040 *rp2040)
{
	uint32_t ctrl = word_at(rp2040, BLOCK_CLOCKS, CLK_REF_CTRL);
	uint32_t hz = 0;

	if ((ctrl & 3) == 0)
		hz = ROSC_HZ;
	else if ((ctrl & 3) == 2)
		hz = xosc_hz(rp2040);
	return divided(hz, word_at(rp2040, BLOCK_CLOCKS, CLK_REF_DIV));
}

static uint32_t clk_sys_hz(const struct board_rp2040 *rp2040)
{
	uint32_t ctrl = word_at(rp2040, BLOCK_CLOCKS, CLK_SYS_CTRL);
	uint32_t hz = 0;

	if (!(ctrl & 1)) {
		hz = clk_ref_hz(rp2040);
	} else {
		switch (ctrl >> 5 & 7) {
		case 0:
			hz = pll_sys_hz(rp2040);
			break;
		case 2:
			hz = ROSC_HZ;
			break;
		case 3:
			hz = xosc_hz(rp2040);
			break;
		default:	/* PLL_USB and the GPIN inputs are not there */
			break;
		}
	}
	return divided(hz, word_at(rp2040, BLOCK_CLOCKS, CLK_SYS_DIV));
}

/* Section 4.4.2.2: SSPCLK is clk_peri. */
static uint32_t clk_peri_hz(void *context)
{
	const struct board_rp2040 *rp2040 = context;
	uint32_t ctrl = word_at(rp2040, BLOCK_CLOCKS, CLK_PERI_CTRL);

	if (!(ctrl & CLK_PERI_CTRL_ENABLE) || ctrl & CLK_PERI_CTRL_KILL)
		return 0;
	switch (ctrl >> 5 & 7) {
	case 0:
		return clk_sys_hz(rp2040);
	case 1:
		return pll_sys_hz(rp2040);
	case 3:
		return ROSC_HZ;
	case 4:
		return xosc_hz(rp2040);
	default:
		return 0;
	}
}

/* ---- pins ---- */

static unsigned int funcsel(const struct board_rp2040 *rp2040, unsigned int pin)
{
	return word_at(rp2040, BLOCK_IO_BANK0, 8 * pin + 4) & 0x1f;
}

static uint32_t pad(const struct board_rp2040 *rp2040, unsigned int pin)
{
	return word_at(rp2040, BLOCK_PADS_BANK0, 4 * pin + 4);
}

static bool banks_are_ready(const struct board_rp2040 *rp2040)
{
	return !is_in_reset(rp2040, RESET_IO_BANK0 | RESET_PADS_BANK0);
}

static bool spi_pin_reaches(void *context, enum ctl_line line)
{
	const struct board_rp2040 *rp2040 = context;
	unsigned int pin = line == LINE_SCK ? PIN_SCK : line == LINE_MOSI ? PIN_TX : PIN_RX;

	if (!banks_are_ready(rp2040) || funcsel(rp2040, pin) != FUNCSEL_SPI)
		return false;
	return line == LINE_MISO ? pad(rp2040, pin) & PADS_IE : !(pad(rp2040, pin) & PADS_OD);
}

/* What SIO drives: 0, 1, or -1 for nothing. */
static int sio_drives(const struct board_rp2040 *rp2040, unsigned int pin)
{
	if (!banks_are_ready(rp2040) || funcsel(rp2040, pin) != FUNCSEL_SIO || !(rp2040->oe >> pin & 1)
			|| pad(rp2040, pin) & PADS_OD)
		return -1;
	return rp2040->out >> pin & 1;
}

static void drive_wires(struct board_rp2040 *rp2040, bool by_reset)
{
	struct ctl_levels levels = *ctl_wires_get(rp2040->wires);
	int sck = sio_drives(rp2040, PIN_SCK), mosi = sio_drives(rp2040, PIN_TX);

	/* A CS that nobody drives is pulled up by the board, SCK and MOSI keep the level they had */
	levels.cs[0] = sio_drives(rp2040, PIN_CS) != 0;
	if (sck >= 0)
		levels.sck = sck;
	if (mosi >= 0)
		levels.mosi = mosi;
	ctl_wires_drive(rp2040->wires, &levels, by_reset);
	if (!by_reset)
		ctl_pl022_pins_changed(rp2040->spi);
}

static bool pin_level(const struct board_rp2040 *rp2040, unsigned int pin)
{
	const struct ctl_levels *levels = ctl_wires_get(rp2040->wires);

	switch (pin) {
	case PIN_RX:
		return ctl_wires_miso(rp2040->wires);
	case PIN_CS:
		return levels->cs[0];
	case PIN_SCK:
		return levels->sck;
	case PIN_TX:
		return levels->mosi;
	default:
		break;
	}
	/* Nothing is connected: what SIO drives, or the pad's pull */
	int drives = sio_drives(rp2040, pin);
	return drives >= 0 ? drives : (pad(rp2040, pin) >> 3 & 1) != 0;
}

static uint32_t gpio_in(const struct board_rp2040 *rp2040)
{
	uint32_t in = 0;

	for (unsigned int i = 0; i < NUM_PINS; i++) {
		if (banks_are_ready(rp2040) && pad(rp2040, i) & PADS_IE)
			in |= (uint32_t)pin_level(rp2040, i) << i;
	}
	return in;
}

/* ---- register blocks on APB ---- */

static void block_reset(void *context)
{
	struct block *block = context;

	memset(block->word, 0, sizeof(block->word));
	switch (block->id) {
	case BLOCK_CLOCKS:
		for (uint32_t offset = 0x04; offset < 0x78; offset += 0x0c) {
			block->word[offset / 4] = 0x100;	/* DIV: 1.0; clk_peri has none */
			block->word[offset / 4 + 1] = 1;	/* SELECTED */
		}
		block->word[CLK_PERI_SELECTED / 4 - 1] = 0;
		block->word[CLK_SYS_RESUS_CTRL / 4] = 0xff;
		break;
	case BLOCK_RESETS:
		block->word[0] = RESETS_MASK;
		break;
	case BLOCK_IO_BANK0:
		for (unsigned int i = 0; i < NUM_PINS; i++)
			block->word[2 * i + 1] = FUNCSEL_NULL;
		break;
	case BLOCK_PADS_BANK0:
		for (unsigned int i = 0; i < NUM_PINS; i++)
			block->word[i + 1] = PADS_RESET;
		break;
	case BLOCK_PLL_SYS:
		block->word[0] = 0x00000001;
		block->word[1] = 0x0000002d;
		block->word[3] = 0x00077000;
		break;
	case BLOCK_XOSC:
	case NUM_BLOCKS:
		break;
	}
	if (block->rp2040->is_built)
		drive_wires(block->rp2040, true);
}

static uint32_t block_word(const struct block *block, uint32_t offset)
{
	const struct board_rp2040 *rp2040 = block->rp2040;
	uint32_t word = block->word[offset / 4];

	switch (block->id) {
	case BLOCK_RESETS:
		/* RESET_DONE follows at once */
		return offset == 8 ? ~block->word[0] & RESETS_MASK : word;
	case BLOCK_CLOCKS:
		if (offset == CLK_REF_SELECTED)
			return 1u << (word_at(rp2040, BLOCK_CLOCKS, CLK_REF_CTRL) & 3);
		if (offset == CLK_SYS_SELECTED)
			return 1u << (word_at(rp2040, BLOCK_CLOCKS, CLK_SYS_CTRL) & 1);
		return word;
	case BLOCK_XOSC:
		/* STATUS: STABLE and ENABLED */
		return offset == 4 && xosc_hz(rp2040) ? 0x80001000 : word;
	case BLOCK_PLL_SYS:
		return offset == 0 && pll_is_locked(rp2040) ? word | 0x80000000 : word;
	default:
		return word;
	}
}

static bool block_is_reachable(struct block *block, bool write, uint32_t offset)
{
	if (!is_in_reset(block->rp2040, blocks[block->id].reset_mask)) {
		block->reset_reported = false;
		return true;
	}
	/* A polling loop would fill the list */
	if (!block->reset_reported)
		vb_violation(block->rp2040->board->vb, "%s: %s at offset %03xh while it is held in reset by RESETS",
			blocks[block->id].name, write ? "write" : "read", (unsigned int)offset);
	block->reset_reported = true;
	return false;
}

static int block_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct block *block = context;
	uint32_t in_alias = offset % ALIAS_BYTES;
	(void)master;

	*value = 0;
	if (!block_is_reachable(block, false, in_alias))
		return 0;
	if (in_alias / 4 >= BLOCK_WORDS)
		return 0;
	uint32_t word = block_word(block, in_alias & ~3u) >> (8 * (in_alias & 3));
	*value = size == 4 ? word : word & ((1u << (8 * size)) - 1);
	return 0;
}

/* Section 2.1.4: narrow writes are 32 bits wide with the data on every lane. */
static uint32_t widened(uint32_t value, unsigned int size)
{
	if (size == 4)
		return value;
	return (value & ((1u << (8 * size)) - 1)) * (size == 1 ? 0x01010101u : 0x00010001u);
}

/* Section 2.1.2: the aliases at +1000h, +2000h and +3000h. */
static uint32_t atomic_result(uint32_t alias, uint32_t old, uint32_t value)
{
	switch (alias) {
	case 0:
		return value;
	case 1:
		return old ^ value;
	case 2:
		return old | value;
	default:
		return old & ~value;
	}
}

/* Registers that software cannot write. */
static bool is_read_only(enum block_id id, uint32_t offset)
{
	switch (id) {
	case BLOCK_RESETS:
		return offset == 8;
	case BLOCK_CLOCKS:
		return offset < 0x78 && offset % 0x0c == 8;
	case BLOCK_IO_BANK0:
		return offset < 8 * NUM_PINS && offset % 8 == 0;
	default:
		return false;
	}
}

static int block_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct block *block = context;
	struct board_rp2040 *rp2040 = block->rp2040;
	uint32_t in_alias = offset % ALIAS_BYTES & ~3u;
	(void)master;

	if (!block_is_reachable(block, true, in_alias))
		return 0;
	if (in_alias / 4 >= BLOCK_WORDS || is_read_only(block->id, in_alias)) {
		vb_violation(rp2040->board->vb, "%s: write to read-only or reserved offset %03xh", blocks[block->id].name,
			(unsigned int)in_alias);
		return 0;
	}
	/* Frames that started before this write were shifted with the pins and the clock as they were */
	ctl_wires_sync(rp2040->wires);
	uint32_t *word = &block->word[in_alias / 4];
	uint32_t old = *word;
	*word = atomic_result(offset / ALIAS_BYTES, old, widened(value, size));
	if (block->id == BLOCK_IO_BANK0 && in_alias < 8 * NUM_PINS && *word & CTRL_OVERRIDES)
		vb_violation(rp2040->board->vb, "IO_BANK0: GPIO%u_CTRL written with overrides (%08x), which are not modelled",
			(unsigned int)in_alias / 8, (unsigned int)*word);
	if (block->id == BLOCK_RESETS && in_alias == 0) {
		*word &= RESETS_MASK;
		for (unsigned int i = 0; i < NUM_BLOCKS; i++) {
			if (*word & ~old & blocks[i].reset_mask)
				block_reset(&rp2040->block[i]);
		}
		if (*word & ~old & RESET_SPI0)
			ctl_pl022_reset(rp2040->spi);
	}
	drive_wires(rp2040, false);
	return 0;
}

/* ---- SIO ---- */

static void sio_reset(void *context)
{
	struct board_rp2040 *rp2040 = context;

	rp2040->out = 0;
	rp2040->oe = 0;
	if (rp2040->is_built)
		drive_wires(rp2040, true);
}

static int sio_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	const struct board_rp2040 *rp2040 = context;
	uint32_t word = 0;

	switch (offset & ~3u) {
	case 0x00:	/* CPUID: core 0 */
	case 0x08:	/* the pins of the QSPI flash: nothing is connected */
		break;
	case 0x04:
		ctl_wires_sync(rp2040->wires);
		if (master == BUS_CPU)
			ctl_wires_note_poll(rp2040->wires);
		word = gpio_in(rp2040);
		break;
	case 0x10:
	case 0x14:
	case 0x18:
	case 0x1c:
		word = rp2040->out;
		break;
	case 0x20:
	case 0x24:
	case 0x28:
	case 0x2c:
		word = rp2040->oe;
		break;
	default:
		vb_violation(rp2040->board->vb, "SIO: read of offset %03xh, which this model does not have",
			(unsigned int)offset);
		break;
	}
	word >>= 8 * (offset & 3);
	*value = size == 4 ? word : word & ((1u << (8 * size)) - 1);
	return 0;
}

static int sio_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	/* In the order of the registers: plain, set, clear, XOR */
	static const uint32_t alias[] = { 0, 2, 3, 1 };
	struct board_rp2040 *rp2040 = context;
	uint32_t at = offset & ~3u;
	(void)master;

	ctl_wires_sync(rp2040->wires);
	if (at >= 0x10 && at < 0x20) {
		rp2040->out = atomic_result(alias[at / 4 % 4], rp2040->out, widened(value, size)) & PINS_MASK;
	} else if (at >= 0x20 && at < 0x30) {
		rp2040->oe = atomic_result(alias[at / 4 % 4], rp2040->oe, widened(value, size)) & PINS_MASK;
	} else {
		vb_violation(rp2040->board->vb, "SIO: write to offset %03xh, which this model does not have or is read-only",
			(unsigned int)offset);
		return 0;
	}
	drive_wires(rp2040, false);
	return 0;
}

/* ---- SPI0 ---- */

static bool spi_is_reachable(void *context, const char **why)
{
	const struct board_rp2040 *rp2040 = context;

	*why = "it is held in reset by RESETS";
	return !is_in_reset(rp2040, RESET_SPI0);
}

/* The three aliases of SPI0, whose own registers are the controller's. */
static int spi_alias_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	struct board_rp2040 *rp2040 = context;

	return bus_read(&rp2040->board->bus, BOARD_RP2040_SPI0_BASE + offset % ALIAS_BYTES, size, value, master);
}

static int spi_alias_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct board_rp2040 *rp2040 = context;
	uint32_t address = BOARD_RP2040_SPI0_BASE + (offset % ALIAS_BYTES & ~3u);
	uint32_t old = 0;

	/* The interconnect reads the register first; SSPDR would lose a frame by that */
	if (offset % ALIAS_BYTES == 8)
		vb_violation(rp2040->board->vb, "SPI0: atomic access to SSPDR");
	if (bus_read(&rp2040->board->bus, address, 4, &old, master))
		return -1;
	value = atomic_result(offset / ALIAS_BYTES + 1, old, widened(value, size));
	return bus_write(&rp2040->board->bus, address, 4, value, master);
}

static int add_spi(struct board_rp2040 *rp2040)
{
	const struct ctl_pl022_config config = {
		.name = "SPI0",
		.base = BOARD_RP2040_SPI0_BASE,
		.context = rp2040,
		.is_reachable = spi_is_reachable,
		.sspclk_hz = clk_peri_hz,
		.pin_reaches = spi_pin_reaches,
	};
	const struct bus_device aliases = {
		.name = "SPI0 (atomic)",
		.base = BOARD_RP2040_SPI0_BASE + ALIAS_BYTES,
		.size = 3 * ALIAS_BYTES,
		.context = rp2040,
		.read = spi_alias_read,
		.write = spi_alias_write,
	};

	rp2040->spi = ctl_pl022_new(&rp2040->board->bus, &config, rp2040->wires);
	return rp2040->spi ? bus_add_device(&rp2040->board->bus, &aliases) : -1;
}

static int add_blocks(struct board_rp2040 *rp2040)
{
	for (unsigned int i = 0; i < NUM_BLOCKS; i++) {
		struct block *block = &rp2040->block[i];
		const struct bus_device device = {
			.name = blocks[i].name,
			.base = blocks[i].base,
			.size = 4 * ALIAS_BYTES,
			.context = block,
			.read = block_read,
			.write = block_write,
			.reset = block_reset,
		};

		block->rp2040 = rp2040;
		block->id = i;
		block_reset(block);
		if (bus_add_device(&rp2040->board->bus, &device))
			return -1;
	}
	return 0;
}

struct board_rp2040 *board_rp2040_new(struct board *board, struct ctl_wires *wires)
{
	struct board_rp2040 *rp2040 = calloc(1, sizeof(*rp2040));
	const struct bus_device sio = {
		.name = "SIO",
		.base = SIO_BASE,
		.size = 0x180,
		.context = rp2040,
		.read = sio_read,
		.write = sio_write,
		.reset = sio_reset,
	};

	if (!rp2040)
		return NULL;
	rp2040->board = board;
	rp2040->wires = wires;
	if (add_blocks(rp2040) || bus_add_device(&board->bus, &sio) || add_spi(rp2040)) {
		board_rp2040_free(rp2040);
		return NULL;
	}
	rp2040->is_built = true;
	return rp2040;
}

void board_rp2040_free(struct board_rp2040 *rp2040)
{
	if (!rp2040)
		return;
	ctl_pl022_free(rp2040->spi);
	free(rp2040);
}

static struct board_pin pin_of(unsigned int pin)
{
	return (struct board_pin){ SIO_BASE + 0x14, 1u << pin, SIO_BASE + 0x18, 1u << pin };
}

void board_rp2040_describe(struct board_wiring *wiring)
{
	wiring->pl022_base = BOARD_RP2040_SPI0_BASE;
	wiring->cs = pin_of(PIN_CS);
	wiring->sck = pin_of(PIN_SCK);
	wiring->mosi = pin_of(PIN_TX);
	wiring->miso_address = SIO_BASE + 0x04;
	wiring->miso_mask = 1u << PIN_RX;
}
