// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The guest's loads and stores: RAM is mapped into libunicorn and costs nothing, devices are called back. An access
 * that fails leaves a mark and what it takes to undo the instruction; the run ends at the next instruction.
 *
 * Flash lies between: mapped as RAM that can only be executed, so that libunicorn asks before it stores, and before the
 * first read after its TLB was flushed. When it is told "go on" it does: the read is then done from memory, and stays
 * fast until the next flush; the store has no effect, as the region is read-only too. (Both measured with 2.0.1.)
 *
 * libunicorn executes from a device that is mapped executable (measured with 2.0.1): it reads the code half-word by
 * half-word through the same callback, when it translates, and keeps what it has translated. So instructions from there
 * cost bus time once, as with an instruction cache that holds everything; bus_note_code_changed() empties it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"

/* Never RAM or a device: the last page of the vendor's part of the system space. */
#define NO_ACCESS_PAGE	0xfffff000u

/*
 * A load or store that must not have happened. It cannot be stopped from here; what it changes is put back when the
 * run has ended. The engine has stored all registers by now, because any access might fault. (In an IT block the rest
 * of the block is executed too; its registers are put back, a store to RAM is not.)
 */
static void note_data_fault(struct core *core, uint32_t address, enum stop_reason reason)
{
	struct engine *engine = core->engine;

	if (core->attention & ATTENTION_DATA_FAULT)
		return;
	core->stop = reason;
	core->fault_address = address;
	core->attention |= ATTENTION_DATA_FAULT;
	for (unsigned int i = 0; i < 13; i++)
		engine->saved_r[i] = get_reg(engine, general_reg(i));
	engine->saved_sp = get_reg(engine, UC_ARM_REG_SP);
	engine->saved_lr = get_reg(engine, UC_ARM_REG_LR);
	engine->saved_xpsr = get_reg(engine, UC_ARM_REG_XPSR);
	engine->num_undo = 0;
}

/*
 * Whether libunicorn reads code: of what it has not executed yet, up to the end of a basic block. While a load
 * executes, its PC is that of the instruction (because there is a CODE hook); when it translates, it is already the
 * next one's.
 * A fetch that fails is no fault before the instruction is to be executed: open_window() asks for that.
 */
static bool is_fetch(const struct mmio_window *window)
{
	const struct core *core = window->core;

	return window->executable && get_reg(core->engine, UC_ARM_REG_PC) != core->insn_pc;
}

/* By way of the data cache, where the memory is mapped by a device and cacheable. */
static int read_data(const struct mmio_window *window, uint32_t address, unsigned int size, uint32_t *value)
{
	struct core *core = window->core;

	if (window->executable && dcache_is_on(core, address))
		return dcache_read(core, address, size, value);
	return bus_read(core->bus, address, size, value, BUS_CPU);
}

static void take_stall(struct core *core)
{
	uint64_t until_ps = bus_take_stall(core->bus);

	if (until_ps)
		core_stall(core, until_ps);
}

static bool is_mmio_denied(const struct core *core, uint32_t address)
{
	if (core->attention & ATTENTION_DATA_FAULT)
		return true;
	if (address < PRIVATE_PERIPHERAL_BUS || core->privileged)
		return false;
	return address != NVIC_STIR || core->is_v6m || !(core->ccr & CCR_USERSETMPEND);
}

/* Whoever was written to, a flash may be busy now. */
static void look_at_flash(struct core *core)
{
	if (core->engine->flash_periods != core->bus->flash_periods)
		core->attention |= ATTENTION_FLASH;
}

static uint64_t on_mmio_read(uc_engine *uc, uint64_t offset, unsigned int size, void *user_data)
{
	const struct mmio_window *window = user_data;
	struct core *core = window->core;
	uint32_t address = window->base + (uint32_t)offset;
	uint32_t value = 0;

	bool fetch = is_fetch(window);

	(void)uc;
	/* What is fetched is needed when the instruction before it is over. */
	if (fetch)
		core->insn_cycles = core->cycles;
	core->vb->clock.now_ps = core_time_ps(core, core->insn_cycles);
	if (fetch)
		bus_read(core->bus, address, size, &value, BUS_CPU);
	else if (is_mmio_denied(core, address) || read_data(window, address, size, &value) != 0)
		note_data_fault(core, address, STOP_DATA_BUS_ERROR);
	take_stall(core);
	return value;
}

static void on_mmio_write(uc_engine *uc, uint64_t offset, unsigned int size, uint64_t value, void *user_data)
{
	const struct mmio_window *window = user_data;
	struct core *core = window->core;
	uint32_t address = window->base + (uint32_t)offset;

	(void)uc;
	core->vb->clock.now_ps = core_time_ps(core, core->insn_cycles);
	if (is_mmio_denied(core, address) || bus_write(core->bus, address, size, (uint32_t)value, BUS_CPU) != 0)
		note_data_fault(core, address, STOP_DATA_BUS_ERROR);
	take_stall(core);
	/* Memory was switched on or off: not under the feet of the code that is running. */
	if (core->engine->map_changes != core->bus->map_changes)
		core_request(core);
	look_at_flash(core);
}

static void store_to_flash(struct core *core, uint32_t address, unsigned int size, uint64_t value)
{
	struct engine *engine = core->engine;

	/* Unaligned, it comes as a whole and then byte by byte; only the former is what the CPU does. */
	if (size == 1 && engine->echo_bytes && engine->echo_instruction == core->instructions) {
		engine->echo_bytes--;
		return;
	}
	engine->echo_bytes = address % size ? size : 0;
	engine->echo_instruction = core->instructions;

	core->vb->clock.now_ps = core_time_ps(core, core->insn_cycles);
	/* The bus has 32 bits: a double word (VSTM) takes two accesses. */
	for (unsigned int done = 0; done < size; done += 4) {
		unsigned int part = size - done < 4 ? size - done : 4;

		if (bus_store_flash(core->bus, address + done, part, (uint32_t)(value >> 8 * done), BUS_CPU) != 0) {
			note_data_fault(core, address + done, STOP_DATA_BUS_ERROR);
			return;
		}
	}
	look_at_flash(core);
}

bool engine_on_protected(struct core *core, uc_mem_type type, uint32_t address, unsigned int size, uint64_t value)
{
	if ((type != UC_MEM_WRITE_PROT && type != UC_MEM_READ_PROT) || !bus_is_flash(core->bus, address))
		return false;
	/* Not by the guest, or by an instruction that is going to be undone. */
	if (core->attention & (ATTENTION_IGNORE | ATTENTION_LEAVING | ATTENTION_DATA_FAULT))
		return true;
	if (type == UC_MEM_WRITE_PROT) {
		store_to_flash(core, address, size, value);
		return true;
	}
	core->vb->clock.now_ps = core_time_ps(core, core->insn_cycles);
	bus_read_flash(core->bus, address, BUS_CPU);
	return true;
}

/* There is no call that flushes the TLB and nothing else; a change of the memory map does. */
void engine_flush_tlb(struct core *core)
{
	struct engine *engine = core->engine;
	uc_err error;

	if (engine->no_access_mapped)
		error = uc_mem_unmap(engine->uc, NO_ACCESS_PAGE, BUS_PAGE_BYTES);
	else
		error = uc_mem_map(engine->uc, NO_ACCESS_PAGE, BUS_PAGE_BYTES, UC_PROT_NONE);
	if (error != UC_ERR_OK)
		fprintf(stderr, "vboard: libunicorn cannot change its memory map: %s\n", uc_strerror(error));
	else
		engine->no_access_mapped = !engine->no_access_mapped;
}

/* Makes reads come to engine_on_protected() again, and fetches to open_window(). */
void engine_notice_flash_reads(struct core *core)
{
	struct engine *engine = core->engine;

	core->attention &= ~ATTENTION_FLASH;
	if (engine->flash_periods == core->bus->flash_periods)
		return;
	engine->flash_periods = core->bus->flash_periods;
	core->window_size = 0;
	engine_flush_tlb(core);
}

/* Only installed when the MPU has been on. */
void engine_on_data(uc_engine *uc, uc_mem_type type, uint64_t address64, int size, int64_t value, void *user_data)
{
	struct core *core = user_data;
	struct engine *engine = core->engine;
	uint32_t address = (uint32_t)address64;
	enum access_kind kind = type == UC_MEM_WRITE ? ACCESS_WRITE : ACCESS_READ;
	const uint8_t *bytes;
	struct undo *undo;

	(void)uc;
	(void)value;
	if (core->attention & ATTENTION_IGNORE)
		return;
	if (!(core->attention & ATTENTION_DATA_FAULT)) {
		if (mpu_allows(core, address, kind, core->privileged)
				&& mpu_allows(core, address + (uint32_t)size - 1, kind, core->privileged))
			return;
		note_data_fault(core, address, STOP_DATA_DENIED);
	}
	if (kind != ACCESS_WRITE || engine->num_undo == MAX_UNDO || size > 4)
		return;

	bytes = bus_ram_pointer(core->bus, address, (uint32_t)size);
	if (!bytes)
		return;
	undo = &engine->undo[engine->num_undo++];
	undo->address = address;
	undo->size = (unsigned int)size;
	memcpy(&undo->value, bytes, undo->size);
}

void engine_undo_data_fault(struct core *core)
{
	struct engine *engine = core->engine;
	struct core_regs *regs;

	while (engine->num_undo) {
		const struct undo *undo = &engine->undo[--engine->num_undo];

		memcpy(bus_ram_pointer(core->bus, undo->address, undo->size), &undo->value, undo->size);
		bus_note_ram_written(core->bus, undo->address, undo->size);
	}
	regs = core_regs_change(core);
	memcpy(regs->r, engine->saved_r, sizeof(regs->r));
	*core_current_sp(regs) = engine->saved_sp;
	regs->lr = engine->saved_lr;
	regs->pc = core->insn_pc;
	/* With T, which a load of the PC may have changed. */
	regs->xpsr = (engine->saved_xpsr & ~XPSR_IT) | XPSR_T | (regs->xpsr & XPSR_IT);
}

bool engine_is_device_page(const struct bus *bus, unsigned int devices, uint32_t page)
{
	for (unsigned int i = 0; i < devices; i++) {
		uint32_t first = bus->device[i].base & ~(BUS_PAGE_BYTES - 1);
		uint32_t last = (bus->device[i].base + (bus->device[i].size - 1)) & ~(BUS_PAGE_BYTES - 1);

		if (page >= first && page <= last)
			return true;
	}
	return false;
}

static int map_mmio(struct core *core, uint32_t base, uint64_t size, bool executable)
{
	struct mmio_window *window = malloc(sizeof(*window));

	if (!window)
		return -1;
	window->core = core;
	window->base = base;
	window->executable = executable;
	window->next = core->engine->mmio;
	core->engine->mmio = window;
	if (uc_mmio_map(core->engine->uc, base, size, on_mmio_read, window, on_mmio_write, window) != UC_ERR_OK)
		return -1;
	/* Without this libunicorn does not even try to fetch there. */
	if (executable && uc_mem_protect(core->engine->uc, base, size, UC_PROT_ALL) != UC_ERR_OK)
		return -1;
	return 0;
}

/* Devices may share a page; each page is mapped once. */
static int map_device(struct core *core, unsigned int index)
{
	const struct bus_device *device = &core->bus->device[index];
	uint64_t page = device->base & ~(BUS_PAGE_BYTES - 1);
	uint64_t end = (uint64_t)device->base + device->size;

	while (page < end) {
		uint64_t start = page;

		while (page < end && !engine_is_device_page(core->bus, index, (uint32_t)page))
			page += BUS_PAGE_BYTES;
		if (page > start && map_mmio(core, (uint32_t)start, page - start, device->code) != 0)
			return -1;
		page += BUS_PAGE_BYTES;
	}
	return 0;
}

static int map_ram(struct core *core, const struct bus_ram *ram)
{
	uc_engine *uc = core->engine->uc;
	uint32_t permissions = UC_PROT_READ | UC_PROT_EXEC | (ram->read_only ? 0 : UC_PROT_WRITE);

	if (ram->flash)
		permissions = UC_PROT_EXEC;
	/* What uc_mem_map_ptr() maps without UC_PROT_WRITE is read-only in name; uc_mem_protect() makes it so. */
	if (uc_mem_map_ptr(uc, ram->base, ram->size, permissions, ram->bytes) == UC_ERR_OK
			&& (!ram->flash || uc_mem_protect(uc, ram->base, ram->size, permissions) == UC_ERR_OK))
		return 0;
	fprintf(stderr, "vboard: libunicorn cannot map %s\n", ram->name);
	return -1;
}

static void switch_rams(struct core *core)
{
	struct engine *engine = core->engine;

	engine->map_changes = core->bus->map_changes;
	for (unsigned int i = 0; i < engine->mapped_rams; i++) {
		const struct bus_ram *ram = &core->bus->ram[i];

		if (engine->ram_off[i] == ram->is_off)
			continue;
		engine->ram_off[i] = ram->is_off;
		if (ram->is_off)
			uc_mem_unmap(engine->uc, ram->base, ram->size);
		else
			map_ram(core, ram);
	}
}

int engine_map_bus(struct core *core)
{
	struct engine *engine = core->engine;
	struct bus *bus = core->bus;

	for (; engine->mapped_rams < bus->num_rams; engine->mapped_rams++) {
		if (map_ram(core, &bus->ram[engine->mapped_rams]) != 0)
			return -1;
	}
	if (engine->map_changes != bus->map_changes)
		switch_rams(core);
	for (; engine->mapped_devices < bus->num_devices; engine->mapped_devices++) {
		if (map_device(core, engine->mapped_devices) != 0) {
			fprintf(stderr, "vboard: libunicorn cannot map %s\n", bus->device[engine->mapped_devices].name);
			return -1;
		}
	}
	return 0;
}
