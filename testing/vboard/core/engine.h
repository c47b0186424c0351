/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the files core_unicorn*.c share; nobody else knows libunicorn. */

#ifndef OFL_VBOARD_ENGINE_H
#define OFL_VBOARD_ENGINE_H

#include <unicorn/unicorn.h>

#include "core_private.h"

/* A VSTM stores 32 words. */
#define MAX_UNDO			32

struct mmio_window {
	struct mmio_window *next;
	struct core *core;
	uint32_t base;
	bool executable;
};

struct undo {
	uint32_t address;
	unsigned int size;
	uint32_t value;
};

struct engine {
	uc_engine *uc;
	uc_hook code_hook, intr_hook, invalid_hook, data_hook;
	bool data_hook_installed;
	struct mmio_window *mmio;
	unsigned int mapped_rams, mapped_devices;
	bool ram_off[BUS_MAX_RAMS];	/* not mapped for now */
	unsigned int map_changes;	/* bus->map_changes as of then */

	bool running;
	/* RAM that was written meanwhile; none while they are equal. */
	uint32_t changed_start;
	uint64_t changed_end;
	bool interrupted;
	uint32_t interrupt_number;
	uint32_t invalid_address;

	/* Flash; see core_unicorn_memory.c */
	unsigned int flash_periods;	/* bus->flash_periods when reads were last made to be noticed */
	bool no_access_mapped;
	unsigned int echo_bytes;	/* an unaligned store comes a second time, byte by byte: so many are left ... */
	uint64_t echo_instruction;	/* ... if they are of this one */

	/* Registers before the load or store that failed; the instruction is undone. */
	uint32_t saved_r[13], saved_sp, saved_lr, saved_xpsr;
	struct undo undo[MAX_UNDO];
	unsigned int num_undo;

	/* v8-M: what the engine's MSPLIM and PSPLIM hold, unless the guest may have written them. */
	uint32_t msplim, psplim;
	bool limits_known;
};

static inline uint32_t get_reg(struct engine *engine, int reg)
{
	uint32_t value = 0;

	uc_reg_read(engine->uc, reg, &value);
	return value;
}

static inline void set_reg(struct engine *engine, int reg, uint32_t value)
{
	uc_reg_write(engine->uc, reg, &value);
}

/* R0 to R12 have consecutive numbers in libunicorn. */
static inline int general_reg(unsigned int number)
{
	return UC_ARM_REG_R0 + (int)number;
}

/* ITSTATE as libunicorn's XPSR leaves it out and its CPSR has it; the bits lie alike in both. */
static inline uint32_t it_to_xpsr(uint8_t state)
{
	return (uint32_t)(state & 3) << 25 | (uint32_t)(state >> 2) << 10;
}

static inline uint8_t it_from_xpsr(uint32_t xpsr)
{
	return (uint8_t)((xpsr >> 25 & 3) | (xpsr >> 10 & 0x3f) << 2);
}

void engine_on_data(uc_engine *uc, uc_mem_type type, uint64_t address64, int size, int64_t value, void *user_data);
/* A load or store that libunicorn may not do itself: true if it has been dealt with and may go on. */
bool engine_on_protected(struct core *core, uc_mem_type type, uint32_t address, unsigned int size, uint64_t value);
void engine_flush_tlb(struct core *core);
void engine_notice_flash_reads(struct core *core);
void engine_undo_data_fault(struct core *core);
void engine_set_it(struct core *core, uint8_t state);
/* Whether one of the first `devices` devices of the bus touches the page. */
bool engine_is_device_page(const struct bus *bus, unsigned int devices, uint32_t page);

#endif /* OFL_VBOARD_ENGINE_H */
