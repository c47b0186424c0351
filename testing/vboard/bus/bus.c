// SPDX-License-Identifier: GPL-2.0-or-later

/* Address decode: the device used last, RAM, then all devices. */

#include <stdlib.h>
#include <string.h>

#include "../fault/fault.h"
#include "bus.h"

/* The processor's own registers, which no fault of the bus matrix can reach (ARM DDI 0403E, B3.1). */
#define PRIVATE_PERIPHERAL_BUS	0xe0000000u

void bus_init(struct bus *bus, struct vb *vb)
{
	memset(bus, 0, sizeof(*bus));
	bus->vb = vb;
}

void bus_free(struct bus *bus)
{
	for (unsigned int i = 0; i < bus->num_rams; i++) {
		if (bus->ram[i].owned)
			free(bus->ram[i].bytes);
	}
	bus->num_rams = 0;
	bus->num_devices = 0;
}

static bool overlaps(uint32_t base, uint32_t size, uint32_t other_base, uint32_t other_size)
{
	return base < (uint64_t)other_base + other_size && other_base < (uint64_t)base + size;
}

static bool is_valid_range(uint32_t base, uint32_t size)
{
	return size != 0 && (uint64_t)base + size <= 0x100000000ull;
}

/*
 * SRAM comes up with content that is neither erased flash nor zero, so that nobody relies on either. Reproducible:
 * the seed and the address decide.
 */
static void fill_with_noise(struct bus *bus, uint8_t *bytes, uint32_t base, uint32_t size)
{
	uint64_t state = bus->vb->seed ^ ((uint64_t)base << 32 | 0x5eed);

	for (uint32_t i = 0; i < size; i += 8) {
		uint64_t word = vb_random(&state);

		for (unsigned int k = 0; k < 8; k++) {
			uint8_t byte = (uint8_t)(word >> 8 * k);

			bytes[i + k] = byte == 0x00 || byte == 0xff ? 0xa5 : byte;
		}
	}
}

/* Returns a free slot with its place checked, or NULL. */
static struct bus_ram *new_ram(struct bus *bus, const char *name, uint32_t base, uint32_t size)
{
	struct bus_ram *ram;

	if (bus->num_rams == BUS_MAX_RAMS || !is_valid_range(base, size))
		return NULL;
	if (base % BUS_PAGE_BYTES != 0 || size % BUS_PAGE_BYTES != 0)
		return NULL;
	for (unsigned int i = 0; i < bus->num_rams; i++) {
		if (overlaps(base, size, bus->ram[i].base, bus->ram[i].size))
			return NULL;
	}
	for (unsigned int i = 0; i < bus->num_devices; i++) {
		uint32_t first_page = bus->device[i].base & ~(BUS_PAGE_BYTES - 1);
		uint32_t bytes = bus->device[i].base - first_page + bus->device[i].size;

		if (overlaps(base, size, first_page, bytes))
			return NULL;
	}

	ram = &bus->ram[bus->num_rams];
	memset(ram, 0, sizeof(*ram));
	ram->name = name;
	ram->base = base;
	ram->size = size;
	return ram;
}

int bus_add_ram(struct bus *bus, const char *name, uint32_t base, uint32_t size)
{
	struct bus_ram *ram = new_ram(bus, name, base, size);

	if (!ram)
		return -1;
	ram->bytes = aligned_alloc(BUS_PAGE_BYTES, size);
	if (!ram->bytes)
		return -1;
	ram->owned = true;
	fill_with_noise(bus, ram->bytes, base, size);
	bus->num_rams++;
	return 0;
}

int bus_add_memory(struct bus *bus, const char *name, uint32_t base, uint32_t size, uint8_t *bytes, bool read_only)
{
	struct bus_ram *ram;

	if ((uintptr_t)bytes % BUS_PAGE_BYTES != 0)
		return -1;
	ram = new_ram(bus, name, base, size);
	if (!ram)
		return -1;
	ram->bytes = bytes;
	ram->read_only = read_only;
	bus->num_rams++;
	return 0;
}

static struct bus_ram *ram_with_base(struct bus *bus, uint32_t base)
{
	for (unsigned int i = 0; i < bus->num_rams; i++) {
		if (bus->ram[i].base == base)
			return &bus->ram[i];
	}
	return NULL;
}

int bus_add_alias(struct bus *bus, const char *name, uint32_t base, uint32_t size, uint32_t alias_of)
{
	const struct bus_ram *original = ram_with_base(bus, alias_of);
	struct bus_ram *ram;

	if (!original || original->is_alias || size > original->size)
		return -1;
	ram = new_ram(bus, name, base, size);
	if (!ram)
		return -1;
	ram->bytes = original->bytes;
	ram->read_only = original->read_only;
	ram->flash = original->flash;
	ram->is_alias = true;
	ram->alias_of = alias_of;
	bus->num_rams++;
	return 0;
}

int bus_set_read_only(struct bus *bus, uint32_t base)
{
	struct bus_ram *ram = ram_with_base(bus, base);

	if (!ram)
		return -1;
	for (unsigned int i = 0; i < bus->num_rams; i++) {
		if (bus->ram[i].bytes == ram->bytes)
			bus->ram[i].read_only = true;
	}
	return 0;
}

int bus_set_flash(struct bus *bus, uint32_t base, const struct bus_flash *flash)
{
	struct bus_ram *ram = ram_with_base(bus, base);

	if (!ram || ram->size > BUS_FLASH_MAX_BLOCKS * BUS_FLASH_BLOCK_BYTES || bus_set_read_only(bus, base))
		return -1;
	for (unsigned int i = 0; i < bus->num_rams; i++) {
		if (bus->ram[i].bytes == ram->bytes)
			bus->ram[i].flash = flash;
	}
	return 0;
}

void bus_set_ram_on(struct bus *bus, uint32_t base, bool on)
{
	struct bus_ram *ram = ram_with_base(bus, base);

	if (!ram || ram->is_off == !on)
		return;
	ram->is_off = !on;
	bus->map_changes++;
}

int bus_add_device(struct bus *bus, const struct bus_device *device)
{
	uint32_t first_page = device->base & ~(BUS_PAGE_BYTES - 1);

	if (bus->num_devices == BUS_MAX_DEVICES || !is_valid_range(device->base, device->size))
		return -1;
	for (unsigned int i = 0; i < bus->num_devices; i++) {
		if (overlaps(device->base, device->size, bus->device[i].base, bus->device[i].size))
			return -1;
	}
	for (unsigned int i = 0; i < bus->num_rams; i++) {
		if (overlaps(first_page, device->base - first_page + device->size, bus->ram[i].base, bus->ram[i].size))
			return -1;
	}
	bus->device[bus->num_devices++] = *device;
	return 0;
}

static struct bus_ram *find_ram(struct bus *bus, uint32_t address, uint32_t length)
{
	for (unsigned int i = 0; i < bus->num_rams; i++) {
		struct bus_ram *ram = &bus->ram[i];

		if (address - ram->base < ram->size && !ram->is_off)
			return length <= ram->size - (address - ram->base) ? ram : NULL;
	}
	return NULL;
}

/* An access that runs past the end of a device hits nothing. */
static struct bus_device *find_device(struct bus *bus, uint32_t address, unsigned int size)
{
	struct bus_device *device;

	for (unsigned int i = 0; i < bus->num_devices; i++) {
		device = &bus->device[i];
		if (address - device->base < device->size) {
			bus->last_device = i;
			return size <= device->size - (address - device->base) ? device : NULL;
		}
	}
	return NULL;
}

/* Accesses come in runs: RAM and devices do not overlap, so this may be asked first. */
static const struct bus_device *last_device(const struct bus *bus, uint32_t address, unsigned int size)
{
	const struct bus_device *device = &bus->device[bus->last_device];

	if (bus->last_device < bus->num_devices && address - device->base < device->size
			&& size <= device->size - (address - device->base))
		return device;
	return NULL;
}

static bool is_valid_access(uint32_t address, unsigned int size)
{
	return (size == 1 || size == 2 || size == 4) && address % size == 0;
}

/* The fault plan's "next CPU access faults". */
static bool is_injected_error(struct bus *bus, uint32_t address, enum bus_master master)
{
	if (!bus->vb->fault || master != BUS_CPU || address >= PRIVATE_PERIPHERAL_BUS)
		return false;
	return fault_active(bus->vb->fault, FAULT_BUS_ERROR, bus->vb->clock.now_ps, NULL);
}

int bus_read(struct bus *bus, uint32_t address, unsigned int size, uint32_t *value, enum bus_master master)
{
	const struct bus_device *device;
	const struct bus_ram *ram;

	if (!is_valid_access(address, size))
		return -1;

	device = last_device(bus, address, size);
	ram = device ? NULL : find_ram(bus, address, size);
	if (ram) {
		if (ram->flash)
			ram->flash->before_read(ram->flash->context, address - ram->base, master);
		*value = 0;
		for (unsigned int i = 0; i < size; i++)
			*value |= (uint32_t)ram->bytes[address - ram->base + i] << 8 * i;
		return 0;
	}

	if (!device)
		device = find_device(bus, address, size);
	if (!device || !device->read || is_injected_error(bus, address, master))
		return -1;
	*value = 0;
	return device->read(device->context, address - device->base, size, value, master);
}

int bus_write(struct bus *bus, uint32_t address, unsigned int size, uint32_t value, enum bus_master master)
{
	const struct bus_device *device;
	struct bus_ram *ram;

	if (!is_valid_access(address, size))
		return -1;

	device = last_device(bus, address, size);
	ram = device ? NULL : find_ram(bus, address, size);
	if (ram) {
		if (ram->flash)
			return ram->flash->store(ram->flash->context, address - ram->base, size, value, master);
		if (ram->read_only)
			return -1;
		for (unsigned int i = 0; i < size; i++)
			ram->bytes[address - ram->base + i] = (uint8_t)(value >> 8 * i);
		/* Also for the CPU: its instructions do not come here, but what its exception entry stacks does. */
		bus_note_ram_written(bus, address, size);
		return 0;
	}

	if (!device)
		device = find_device(bus, address, size);
	if (!device || !device->write || is_injected_error(bus, address, master))
		return -1;
	return device->write(device->context, address - device->base, size, value, master);
}

uint8_t *bus_ram_pointer(struct bus *bus, uint32_t address, uint32_t length)
{
	struct bus_ram *ram = find_ram(bus, address, length);

	return ram ? ram->bytes + (address - ram->base) : NULL;
}

/*
 * Widens [start, start + *length) of a flash to the blocks in it that code was fetched from, and forgets them. Returns
 * false when there is none: dropping translated code costs much, and flash is mostly programmed where no code has run.
 */
static bool take_fetched(struct bus_ram *ram, size_t *start, size_t *length)
{
	size_t first = *start / BUS_FLASH_BLOCK_BYTES;
	size_t last = (*start + *length - 1) / BUS_FLASH_BLOCK_BYTES;
	bool found = false;

	for (size_t block = first; block <= last; block++) {
		found = found || ram->fetched[block / 32] >> block % 32 & 1;
		ram->fetched[block / 32] &= ~(1u << block % 32);
	}
	*start = first * BUS_FLASH_BLOCK_BYTES;
	*length = (last + 1 - first) * BUS_FLASH_BLOCK_BYTES;
	if (*length > ram->size - *start)
		*length = ram->size - *start;
	return found;
}

void bus_note_ram_written(struct bus *bus, uint32_t address, uint32_t size)
{
	struct bus_ram *written = find_ram(bus, address, size);

	if (!bus->ram_written || !written || size == 0)
		return;

	/* Every view of the same bytes: code may have run from an alias. */
	for (unsigned int i = 0; i < bus->num_rams; i++) {
		struct bus_ram *ram = &bus->ram[i];
		size_t start = address - written->base;
		size_t length = size;

		if (ram->bytes != written->bytes || start >= ram->size)
			continue;
		if (length > ram->size - start)
			length = ram->size - start;
		if (ram->flash && !take_fetched(ram, &start, &length))
			continue;
		bus->ram_written(bus->ram_written_context, (uint32_t)(ram->base + start), (uint32_t)length);
	}
}

static struct bus_ram *find_flash(struct bus *bus, uint32_t address, unsigned int size)
{
	struct bus_ram *ram = find_ram(bus, address, size);

	return ram && ram->flash ? ram : NULL;
}

bool bus_is_flash(struct bus *bus, uint32_t address)
{
	return find_flash(bus, address, 1) != NULL;
}

int bus_store_flash(struct bus *bus, uint32_t address, unsigned int size, uint32_t value, enum bus_master master)
{
	const struct bus_ram *ram = find_flash(bus, address, size);

	if (!ram)
		return -1;
	return ram->flash->store(ram->flash->context, address - ram->base, size, value, master);
}

void bus_read_flash(struct bus *bus, uint32_t address, enum bus_master master)
{
	const struct bus_ram *ram = find_flash(bus, address, 1);

	if (ram)
		ram->flash->before_read(ram->flash->context, address - ram->base, master);
}

void bus_note_flash_fetched(struct bus *bus, uint32_t address, uint32_t *start, uint32_t *end)
{
	struct bus_ram *ram = find_flash(bus, address, 1);
	uint32_t block, first, last;

	if (!ram)
		return;
	block = (address - ram->base) / BUS_FLASH_BLOCK_BYTES;
	first = ram->base + block * BUS_FLASH_BLOCK_BYTES;
	last = first + (BUS_FLASH_BLOCK_BYTES - 1);
	if (*start < first)
		*start = first;
	if (*end > last)
		*end = last;
	/* The last instruction of a block may end in the next one. */
	ram->fetched[block / 32] |= 1u << block % 32;
	if (++block < BUS_FLASH_MAX_BLOCKS)
		ram->fetched[block / 32] |= 1u << block % 32;
}

void bus_note_flash_busy(struct bus *bus)
{
	bus->flash_periods++;
}

void bus_note_code_changed(struct bus *bus, uint32_t address, uint32_t size)
{
	if (bus->ram_written)
		bus->ram_written(bus->ram_written_context, address, size);
}

void bus_reset(struct bus *bus)
{
	for (unsigned int i = 0; i < bus->num_devices; i++) {
		if (bus->device[i].reset)
			bus->device[i].reset(bus->device[i].context);
	}
}
