// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * FPB (BPU on v6-M), DWT, ITM and the core's ROM table.
 *
 * Breakpoints match. The DWT's comparators are storage: they can be written and read back, and match nothing; its
 * cycle counter counts.
 */

#include "core_private.h"

#define ITM_BASE		0xe0000000u
#define DWT_BASE		0xe0001000u
#define FPB_BASE		0xe0002000u
#define ROM_TABLE_BASE		0xe00ff000u
#define BLOCK_SIZE		0x1000u

#define FP_CTRL_ENABLE		(1u << 0)
#define FP_CTRL_KEY		(1u << 1)
#define FP_COMP_ENABLE		(1u << 0)

/* [v7M] C1.11: revision 0 reaches the code region only; revision 1 (M7, v8-M) all of memory. */
static unsigned int fpb_revision(const struct core *core)
{
	return core->config.type == CORE_M7 || core->is_v8m ? 1 : 0;
}

bool fpb_matches(const struct core *core, uint32_t address)
{
	for (unsigned int i = 0; i < core->config.fpb_comparators; i++) {
		uint32_t comp = core->fp_comp[i];

		if (!(comp & FP_COMP_ENABLE))
			continue;
		if (fpb_revision(core) == 1) {
			if ((comp & ~1u) == address)
				return true;
			continue;
		}
		/* REPLACE: 01 lower half-word, 10 upper, 11 both; 00 (remap) breaks nothing. */
		if ((comp & 0x1ffffffc) == (address & ~3u) && (comp >> (address & 2 ? 31 : 30) & 1))
			return true;
	}
	return false;
}

/* The engine looks for breakpoints only when there are any. */
static void fpb_update(struct core *core)
{
	bool any = false;

	for (unsigned int i = 0; i < core->config.fpb_comparators; i++)
		any = any || (core->fp_comp[i] & FP_COMP_ENABLE);
	if (any && core->fp_enabled)
		core->attention |= ATTENTION_BREAKPOINTS;
	else
		core->attention &= ~ATTENTION_BREAKPOINTS;
}

static uint32_t fp_ctrl(const struct core *core)
{
	uint32_t codes = core->config.fpb_comparators;

	return fpb_revision(core) << 28 | (codes & 0x70) << 8 | core->num_fp_literals << 8 | (codes & 0xf) << 4
			| (core->fp_enabled ? FP_CTRL_ENABLE : 0);
}

/* Software of a v6-M core reaches none of these ([v6M] C1.1). */
static bool is_hidden(const struct core *core, enum bus_master master)
{
	return core->is_v6m && master == BUS_CPU;
}

static uint32_t part_of(uint32_t word, uint32_t offset, unsigned int size)
{
	word >>= 8 * (offset & 3);
	return size < 4 ? word & ((1u << 8 * size) - 1) : word;
}

static int fpb_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	const struct core *core = context;
	uint32_t word = offset & ~3u;
	uint32_t index = (word - 8) / 4;

	*value = 0;
	if (is_hidden(core, master))
		return 0;
	if (word == 0)
		*value = fp_ctrl(core);
	else if (word == 4)
		*value = core->fp_remap;
	else if (index < core->config.fpb_comparators + core->num_fp_literals)
		*value = core->fp_comp[index];
	*value = part_of(*value, offset, size);
	return 0;
}

static int fpb_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct core *core = context;
	uint32_t index = (offset - 8) / 4;

	if (size != 4 || is_hidden(core, master))
		return 0;
	if (offset == 0) {
		if (value & FP_CTRL_KEY)
			core->fp_enabled = value & FP_CTRL_ENABLE;
	} else if (offset == 4) {
		/* Remapping is not modelled; FP_REMAP.RMPSPT (bit 29) reads 0 where it is not supported. */
		core->fp_remap = core->is_v7m && fpb_revision(core) == 0 ? value & 0x1fffffe0 : 0;
	} else if (index < core->config.fpb_comparators + core->num_fp_literals) {
		core->fp_comp[index] = fpb_revision(core) == 1 ? value : value & 0xdffffffd;
	}
	fpb_update(core);
	return 0;
}

static uint32_t dwt_cyccnt(const struct core *core)
{
	return core->dwt_cyccnt_enabled ? (uint32_t)core_cycles(core) + core->dwt_cyccnt : core->dwt_cyccnt;
}

static uint32_t dwt_read_word(const struct core *core, uint32_t offset)
{
	unsigned int index = (offset - 0x20) / 16;

	switch (offset) {
	case 0x000:
		return core->config.dwt_comparators << 28 | (core->dwt_cyccnt_enabled ? 1 : 0);
	case 0x004:
		return dwt_cyccnt(core);
	case 0x01c:	/* PCSR: nothing to sample in Debug state */
		return core->halted ? 0xffffffff : core->regs.pc;
	case 0xfbc:	/* DEVARCH: DWT of v8-M */
		return core->is_v8m ? 0x47701a02 : 0;
	default:
		break;
	}
	if (offset < 0x20 || index >= core->config.dwt_comparators)
		return 0;
	switch (offset & 0xf) {
	case 0x0:
		return core->dwt_comp[index];
	case 0x4:
		return core->dwt_mask[index];
	case 0x8:
		return core->dwt_function[index];
	default:
		return 0;
	}
}

static int dwt_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	const struct core *core = context;

	*value = is_hidden(core, master) ? 0 : part_of(dwt_read_word(core, offset & ~3u), offset, size);
	return 0;
}

static void dwt_write_comparator(struct core *core, uint32_t offset, uint32_t value)
{
	unsigned int index = (offset - 0x20) / 16;

	if (offset < 0x20 || index >= core->config.dwt_comparators)
		return;
	switch (offset & 0xf) {
	case 0x0:
		core->dwt_comp[index] = value;
		break;
	case 0x4:
		core->dwt_mask[index] = value & 0x1f;
		break;
	case 0x8:
		core->dwt_function[index] = value & 0x000ffdbf;
		break;
	default:
		break;
	}
}

static int dwt_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct core *core = context;
	uint32_t count;

	if (size != 4 || is_hidden(core, master))
		return 0;
	switch (offset) {
	case 0x000:	/* v6-M has no cycle counter */
		count = dwt_cyccnt(core);
		core->dwt_cyccnt_enabled = !core->is_v6m && (value & 1);
		core->dwt_cyccnt = core->dwt_cyccnt_enabled ? count - (uint32_t)core_cycles(core) : count;
		break;
	case 0x004:
		if (!core->is_v6m)
			core->dwt_cyccnt = core->dwt_cyccnt_enabled ? value - (uint32_t)core_cycles(core) : value;
		break;
	default:
		dwt_write_comparator(core, offset, value);
		break;
	}
	return 0;
}

/*
 * The ITM takes everything and sends nothing. OpenOCD after 0.12.0 sets it up at each reset, whatever the core: on
 * v6-M, which has none, its registers read as zero for the debugger and do not exist for the CPU.
 */
static int itm_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	const struct core *core = context;
	uint32_t word = 0;

	if (is_hidden(core, master))
		return -1;
	if (!core->is_v6m) {
		if (offset < 0x400)
			word = 1;	/* stimulus port: room in the FIFO */
		else if ((offset & ~3u) == 0xe00)
			word = core->itm_ter;
		else if ((offset & ~3u) == 0xe80)
			word = core->itm_tcr;
	}
	*value = part_of(word, offset, size);
	return 0;
}

static int itm_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	struct core *core = context;

	if (is_hidden(core, master))
		return -1;
	if (size == 4 && offset == 0xe00)
		core->itm_ter = value;
	else if (size == 4 && offset == 0xe80)
		core->itm_tcr = value & 0x007f0f1f;
	return 0;
}

/* [ADI] ROM table of class 1: what debug components there are, relative to the table. */
static int rom_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	static const uint32_t component[] = { 0xe000e000, DWT_BASE, FPB_BASE };
	static const uint8_t component_id[] = { 0x0d, 0x10, 0x05, 0xb1 };
	uint32_t word = offset & ~3u;
	uint32_t result = 0;

	(void)context;
	(void)master;
	if (word / 4 < sizeof(component) / sizeof(component[0]))
		result = (component[word / 4] - ROM_TABLE_BASE) | 3;	/* present, 32-bit format */
	else if (word == 0xfcc)
		result = 1;	/* MEMTYPE: system memory is on this bus too */
	else if (word >= 0xff0)
		result = component_id[(word - 0xff0) / 4];
	*value = part_of(result, offset, size);
	return 0;
}

static int rom_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	(void)context;
	(void)offset;
	(void)size;
	(void)value;
	(void)master;
	return 0;
}

int trace_add(struct core *core)
{
	const struct bus_device devices[] = {
		{ .name = "itm", .base = ITM_BASE, .size = BLOCK_SIZE, .context = core, .read = itm_read,
				.write = itm_write },
		{ .name = "dwt", .base = DWT_BASE, .size = BLOCK_SIZE, .context = core, .read = dwt_read,
				.write = dwt_write },
		{ .name = "fpb", .base = FPB_BASE, .size = BLOCK_SIZE, .context = core, .read = fpb_read,
				.write = fpb_write },
		{ .name = "rom-table", .base = ROM_TABLE_BASE, .size = BLOCK_SIZE, .context = core, .read = rom_read,
				.write = rom_write },
	};

	/* Literal comparators come with revision 0 of v7-M; they are storage. */
	core->num_fp_literals = core->is_v7m && fpb_revision(core) == 0 && core->config.fpb_comparators ? FPB_LITERALS : 0;
	for (unsigned int i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		if (bus_add_device(core->bus, &devices[i]) != 0)
			return -1;
	}
	return 0;
}
