// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The L1 data cache of a Cortex-M7 for memory behind a device that the CPU can read at any address (bus_device.code: a
 * flash that a controller maps): lines that are stale when the flash has been changed behind the cache's back. 4 KiB in
 * 4 ways with lines of 32 bytes, as in the STM32F74x (RM0385 section 1.5, and CCSIDR in scs.c says so).
 *
 * Modelled: allocation on reads while CCR.DC is 1, hits, invalidation and clean operations ([v7M] B2.2.7, B3.2.21),
 * cacheability by the MPU or the default memory map. Lines keep their content while the cache is off, and over a reset.
 * A violation: CCR.DC set before every line has been invalidated since the reset, when their content is unknown ([v7M]
 * B2.2.2). Replacement goes round.
 * Not modelled: RAM in the cache (it is always coherent here), the instruction cache (see core_unicorn_memory.c). The
 * debugger's accesses go past the cache.
 */

#include "core_private.h"

#include <string.h>

#define LINE_SHIFT	5
#define WAY_SHIFT	30

static unsigned int set_of(uint32_t address)
{
	return address >> LINE_SHIFT & (DCACHE_SETS - 1);
}

static struct dcache_line *find_line(struct core *core, uint32_t address)
{
	for (unsigned int way = 0; way < DCACHE_WAYS; way++) {
		struct dcache_line *line = &core->dcache.line[set_of(address)][way];

		if (line->valid && line->address == (address & ~(DCACHE_LINE_BYTES - 1)))
			return line;
	}
	return NULL;
}

static struct dcache_line *fill_line(struct core *core, uint32_t address)
{
	unsigned int set = set_of(address);
	unsigned int way = core->dcache.next_way[set]++ % DCACHE_WAYS;
	struct dcache_line *line = &core->dcache.line[set][way];

	line->valid = false;
	line->address = address & ~(DCACHE_LINE_BYTES - 1);
	for (unsigned int i = 0; i < DCACHE_LINE_BYTES; i += 4) {
		uint32_t word;

		if (bus_read(core->bus, line->address + i, 4, &word, BUS_CPU) != 0)
			return NULL;
		for (unsigned int k = 0; k < 4; k++)
			line->bytes[i + k] = (uint8_t)(word >> (8 * k));
	}
	line->valid = true;
	return line;
}

bool dcache_is_on(const struct core *core, uint32_t address)
{
	return core->has_cache && core->ccr & CCR_DC && mpu_is_cacheable(core, address);
}

int dcache_read(struct core *core, uint32_t address, unsigned int size, uint32_t *value)
{
	struct dcache_line *line;

	/* An access that goes into the next line is two */
	if (address % size != 0)
		return -1;
	line = find_line(core, address);
	if (!line)
		line = fill_line(core, address);
	if (!line)
		return -1;
	*value = 0;
	for (unsigned int i = 0; i < size; i++)
		*value |= (uint32_t)line->bytes[address % DCACHE_LINE_BYTES + i] << (8 * i);
	return 0;
}

static void invalidate_address(struct core *core, uint32_t address)
{
	struct dcache_line *line = find_line(core, address);

	if (line)
		line->valid = false;
}

/* Way, set and level as CCSIDR's sizes place them ([v7M] B3.2.21); there is one level. */
static void invalidate_set_way(struct core *core, uint32_t value)
{
	struct dcache_line *line = &core->dcache.line[set_of(value)][value >> WAY_SHIFT];

	if (value >> 1 & 7)
		return;
	line->valid = false;
	line->known = true;
}

/* Lines are never dirty: writes to what is cached here are bus errors. So to clean does nothing. */
void dcache_maintain(struct core *core, uint32_t offset, uint32_t value)
{
	if (!core->has_cache)
		return;
	switch (offset) {
	case 0xf5c:	/* DCIMVAC */
	case 0xf70:	/* DCCIMVAC */
		invalidate_address(core, value);
		break;
	case 0xf60:	/* DCISW */
	case 0xf74:	/* DCCISW */
		invalidate_set_way(core, value);
		break;
	default:
		break;
	}
}

void dcache_control(struct core *core, uint32_t ccr)
{
	if (!core->has_cache || !(ccr & ~core->ccr & CCR_DC))
		return;
	for (unsigned int set = 0; set < DCACHE_SETS; set++) {
		for (unsigned int way = 0; way < DCACHE_WAYS; way++) {
			if (core->dcache.line[set][way].known)
				continue;
			vb_violation(core->vb, "core: data cache enabled, but set %u of way %u has not been invalidated since "
				"the reset", set, way);
			return;
		}
	}
}

void dcache_reset(struct core *core)
{
	for (unsigned int set = 0; set < DCACHE_SETS; set++) {
		for (unsigned int way = 0; way < DCACHE_WAYS; way++)
			core->dcache.line[set][way].known = false;
	}
}
