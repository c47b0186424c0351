/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The memory bus of a virtual board: address decode, RAM, memory-mapped devices, access rules. */

#ifndef OFL_VBOARD_BUS_H
#define OFL_VBOARD_BUS_H

#include "../vb.h"

enum bus_master {
	BUS_CPU,
	BUS_DEBUG,
};

/*
 * A memory-mapped device. `offset` counts from `base`; `size` is 1, 2 or 4 bytes and the access is naturally aligned.
 * `value` is right-aligned (a byte read returns 0..255 wherever it lies).
 * Callbacks return 0, or -1 for a bus error (an address or access width that the manual does not allow and that the
 * silicon answers with an error; what it merely ignores returns 0 and, where the manual forbids it, a vb_violation).
 */
struct bus_device {
	const char *name;
	uint32_t base;
	uint32_t size;
	void *context;
	int (*read)(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master);
	int (*write)(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master);
	void (*reset)(void *context);	/* system reset; may be NULL */
	/*
	 * For a device that the CPU can execute from, else NULL: the bytes of the instructions at `offset`, and in
	 * `num_bytes` how many follow; NULL for a bus error on the fetch. When the answer changes, the device calls
	 * bus_note_code_changed().
	 */
	const uint8_t *(*code)(void *context, uint32_t offset, uint32_t *num_bytes);
};

/*
 * Memory whose content changes only by way of its controller: flash that the MCU programs itself. Reads stay as fast as
 * RAM's; stores by whichever master are the controller's to judge. `offset` counts from the region's base.
 */
struct bus_flash {
	void *context;
	/*
	 * `size` is 1, 2 or 4. Only the CPU's stores may be unaligned (they do not come through bus_write). Returns 0, or
	 * -1 for a bus error.
	 */
	int (*store)(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master);
	/* Somebody reads, or fetches code: lets time pass while the array cannot be read. */
	void (*before_read)(void *context, uint32_t offset, enum bus_master master);
};

/* Granularity in which it is known what code of a flash was fetched: no sector of an MCU here is smaller. */
#define BUS_FLASH_BLOCK_BYTES	16384u
#define BUS_FLASH_MAX_BLOCKS	256u

struct bus_ram {
	const char *name;
	uint32_t base;
	uint32_t size;
	uint8_t *bytes;		/* page-aligned (4 KiB) and a whole number of pages long, for Unicorn */
	bool owned;		/* the bus allocated `bytes` */
	bool read_only;		/* ROM/flash: writes by anyone are bus errors; its content is set through the pointer */
	bool is_alias;		/* shares the bytes of another region (e.g. boot alias at 0) ... */
	uint32_t alias_of;	/* ... which has this base */
	const struct bus_flash *flash;	/* NULL: RAM or ROM */
	/* Flash: blocks that the core may have translated code of, a bit each. */
	uint32_t fetched[BUS_FLASH_MAX_BLOCKS / 32];
	bool is_off;		/* nothing answers there for now: bus_set_ram_on() */
};

#define BUS_MAX_DEVICES	32
#define BUS_MAX_RAMS	8
#define BUS_PAGE_BYTES	4096u

struct bus {
	struct vb *vb;
	struct bus_device device[BUS_MAX_DEVICES];
	unsigned int num_devices;
	struct bus_ram ram[BUS_MAX_RAMS];
	unsigned int num_rams;
	/* Told of every write to RAM that no instruction of the CPU did, so that translated code is dropped. */
	void (*ram_written)(void *context, uint32_t address, uint32_t size);
	void *ram_written_context;
	unsigned int flash_periods;	/* how often bus_note_flash_busy() was called */
	unsigned int map_changes;	/* how often bus_set_ram_on() has changed something */
	unsigned int last_device;	/* most recently used one; accesses come in runs */
	uint64_t stalled_until_ps;
};

void bus_init(struct bus *bus, struct vb *vb);
void bus_free(struct bus *bus);
/*
 * These return 0, or -1 when full, overlapping or (RAM) not in whole pages. A device may not share a page with RAM.
 * RAM starts with a pattern that is neither 00 nor FF (seeded).
 */
int bus_add_ram(struct bus *bus, const char *name, uint32_t base, uint32_t size);
/* The same with the caller's bytes (a mapped file, say), which must be page-aligned and outlive the bus. */
int bus_add_memory(struct bus *bus, const char *name, uint32_t base, uint32_t size, uint8_t *bytes, bool read_only);
/* Makes the start of the region at `alias_of` visible at `base` too, read-only if that one is. */
int bus_add_alias(struct bus *bus, const char *name, uint32_t base, uint32_t size, uint32_t alias_of);
/* For a region that already exists at exactly this base; before the core is made. */
int bus_set_read_only(struct bus *bus, uint32_t base);
/* Likewise, with its aliases; `flash` stays the caller's. At most BUS_FLASH_MAX_BLOCKS blocks. */
int bus_set_flash(struct bus *bus, uint32_t base, const struct bus_flash *flash);
/*
 * For memory behind a controller that has to be set up first: while it is off, accesses are bus errors. It keeps its
 * content, and no alias may be made of it.
 */
void bus_set_ram_on(struct bus *bus, uint32_t base, bool on);
int bus_add_device(struct bus *bus, const struct bus_device *device);

/* One access; `size` 1, 2, 4; unaligned accesses return -1. Returns 0, or -1 for a bus error (nothing there). */
int bus_read(struct bus *bus, uint32_t address, unsigned int size, uint32_t *value, enum bus_master master);
int bus_write(struct bus *bus, uint32_t address, unsigned int size, uint32_t value, enum bus_master master);
/*
 * Host pointer into RAM, or NULL when [address, address + length) is not all in one RAM. Who writes through it, to
 * bytes that the core may have executed, calls bus_note_ram_written() afterwards.
 */
uint8_t *bus_ram_pointer(struct bus *bus, uint32_t address, uint32_t length);
void bus_note_ram_written(struct bus *bus, uint32_t address, uint32_t size);
bool bus_is_flash(struct bus *bus, uint32_t address);
/* The CPU's way to a flash: a store, which may be unaligned; and what goes before a read or a fetch. */
int bus_store_flash(struct bus *bus, uint32_t address, unsigned int size, uint32_t value, enum bus_master master);
void bus_read_flash(struct bus *bus, uint32_t address, enum bus_master master);
/*
 * The core is going to translate code at `address` of a flash; [*start, *end] (inclusive) is narrowed to what it may
 * translate without asking again.
 */
void bus_note_flash_fetched(struct bus *bus, uint32_t address, uint32_t *start, uint32_t *end);
/* The controller says that its array is not readable for a while: before_read must be asked again. */
void bus_note_flash_busy(struct bus *bus);
/* For a device with code(): what it said of this range is no longer true. */
void bus_note_code_changed(struct bus *bus, uint32_t address, uint32_t size);
/*
 * For a device, from its read or write callback: the access takes until then (wait states). The master takes that off
 * with bus_take_stall() after the access; 0 when there is none.
 */
static inline void bus_stall(struct bus *bus, uint64_t until_ps)
{
	if (until_ps > bus->stalled_until_ps)
		bus->stalled_until_ps = until_ps;
}

static inline uint64_t bus_take_stall(struct bus *bus)
{
	uint64_t until_ps = bus->stalled_until_ps;

	bus->stalled_until_ps = 0;
	return until_ps;
}

/* System reset of all devices; RAM keeps its content. */
void bus_reset(struct bus *bus);

#endif /* OFL_VBOARD_BUS_H */
