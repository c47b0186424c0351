// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * QEMU's memory as devices of our bus. A packet each way takes some 50 us of the host's time, so RAM is written in
 * blocks of what comes one after the other, and read in blocks while QEMU stands still; peripherals are accessed once
 * for each access of the debugger, in its width.
 */

#include "core_gdb_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* In one packet, with room for its head. */
#define MAX_BYTES	1024u

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

int gdb_read_memory(struct core_gdb *gdb, uint32_t address, uint8_t *bytes, unsigned int length)
{
	char packet[32];
	const char *reply;

	gdb_flush(gdb);
	snprintf(packet, sizeof(packet), "m%" PRIx32 ",%x", address, length);
	reply = gdb_client_ask(gdb->client, packet, "reading memory");
	if (!reply || (reply[0] == 'E' && strlen(reply) == 3))
		return -1;
	if (strlen(reply) != 2 * (size_t)length) {
		gdb_client_lose(gdb->client, "'%.20s' instead of %u bytes at 0x%08" PRIx32, reply, length, address);
		return -1;
	}
	for (unsigned int n = 0; n < length; n++) {
		int high = digit_value(reply[2 * n]), low = digit_value(reply[2 * n + 1]);

		if (high < 0 || low < 0) {
			gdb_client_lose(gdb->client, "memory that is not hexadecimal");
			return -1;
		}
		bytes[n] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int send_memory(struct core_gdb *gdb, uint32_t address, const uint8_t *bytes, unsigned int length)
{
	static const char digits[] = "0123456789abcdef";
	char packet[32 + 2 * MAX_BYTES];
	const char *reply;
	int used = snprintf(packet, sizeof(packet), "M%" PRIx32 ",%x:", address, length);

	for (unsigned int n = 0; n < length; n++) {
		packet[used++] = digits[bytes[n] >> 4];
		packet[used++] = digits[bytes[n] & 0xf];
	}
	packet[used] = 0;
	reply = gdb_client_ask(gdb->client, packet, "writing memory");
	return reply && strcmp(reply, "OK") == 0 ? 0 : -1;
}

/* Past what is kept here, which is flushed and forgotten. */
int gdb_write_memory(struct core_gdb *gdb, uint32_t address, const uint8_t *bytes, unsigned int length)
{
	gdb_flush(gdb);
	gdb->block_known = false;
	for (unsigned int done = 0; done < length; ) {
		unsigned int now = length - done < MAX_BYTES ? length - done : MAX_BYTES;

		if (send_memory(gdb, address + done, bytes + done, now) != 0)
			return -1;
		done += now;
	}
	return 0;
}

int gdb_read_word(struct core_gdb *gdb, uint32_t address, uint32_t *value)
{
	uint8_t bytes[4];

	if (gdb_read_memory(gdb, address, bytes, sizeof(bytes)) != 0)
		return -1;
	*value = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
	return 0;
}

void gdb_forget_memory(struct core_gdb *gdb)
{
	gdb->block_known = false;
}

void gdb_flush(struct core_gdb *gdb)
{
	unsigned int length = gdb->write_length;

	if (!length)
		return;
	gdb->write_length = 0;
	/* The debugger was told that it is done. RAM of the board's description that is not in QEMU is our mistake. */
	if (send_memory(gdb, gdb->write_base, gdb->write_bytes, length) != 0)
		gdb_client_lose(gdb->client, "RAM at 0x%08" PRIx32 " cannot be written", gdb->write_base);
	else
		gdb_note_written(gdb, gdb->write_base, gdb->write_bytes, length);
}

static void write_ram(struct core_gdb *gdb, uint32_t address, unsigned int size, uint32_t value)
{
	if (address - gdb->block_base < GDB_READ_BYTES)
		gdb->block_known = false;
	/* The program may have waited for this. */
	gdb->slice_us = 0;
	if (gdb->write_length && (address != gdb->write_base + gdb->write_length ||
			gdb->write_length + size > GDB_WRITE_BYTES))
		gdb_flush(gdb);
	if (!gdb->write_length)
		gdb->write_base = address;
	for (unsigned int n = 0; n < size; n++)
		gdb->write_bytes[gdb->write_length++] = (uint8_t)(value >> 8 * n);
}

/* Blocks are aligned, and every RAM is a whole number of them. */
static int read_ram(struct core_gdb *gdb, uint32_t address, unsigned int size, uint32_t *value)
{
	uint32_t base = address & ~(uint32_t)(GDB_READ_BYTES - 1);

	gdb_flush(gdb);
	if (!gdb->block_known || gdb->block_base != base) {
		gdb->block_known = false;
		if (gdb_read_memory(gdb, base, gdb->block, GDB_READ_BYTES) != 0)
			return -1;
		gdb->block_base = base;
		gdb->block_known = true;
	}
	for (unsigned int n = 0; n < size; n++)
		*value |= (uint32_t)gdb->block[address - base + n] << 8 * n;
	return 0;
}

static int device_read(void *context, uint32_t offset, unsigned int size, uint32_t *value, enum bus_master master)
{
	const struct core_gdb_device *device = context;
	struct core_gdb *gdb = device->gdb;
	uint8_t bytes[4] = { 0 };

	(void)master;
	gdb_look(gdb, device->region->base + offset, size);
	if (gdb_client_is_lost(gdb->client))
		return -1;
	*value = 0;
	if (device->region->kind != CORE_GDB_PERIPHERAL)
		return read_ram(gdb, device->region->base + offset, size, value);
	if (gdb_read_memory(gdb, device->region->base + offset, bytes, size) != 0)
		return -1;
	for (unsigned int n = 0; n < size; n++)
		*value |= (uint32_t)bytes[n] << 8 * n;
	return 0;
}

static int device_write(void *context, uint32_t offset, unsigned int size, uint32_t value, enum bus_master master)
{
	const struct core_gdb_device *device = context;
	struct core_gdb *gdb = device->gdb;
	uint32_t address = device->region->base + offset;

	(void)master;
	if (gdb_client_is_lost(gdb->client))
		return -1;
	switch (device->region->kind) {
	case CORE_GDB_RAM:
		write_ram(gdb, address, size, value);
		return gdb_client_is_lost(gdb->client) ? -1 : 0;
	case CORE_GDB_ROM:
		return -1;
	case CORE_GDB_PERIPHERAL:
		break;
	}
	return gdb_store(gdb, address, size, value);
}

int gdb_memory_add(struct core_gdb *gdb)
{
	for (unsigned int n = 0; n < gdb->config.num_regions; n++) {
		const struct core_gdb_region *region = &gdb->config.region[n];
		struct bus_device device = {
			.name = region->name,
			.base = region->base,
			.size = region->size,
			.context = &gdb->device[n],
			.read = device_read,
			.write = device_write,
		};

		gdb->device[n] = (struct core_gdb_device){ .gdb = gdb, .region = region };
		if (region->kind != CORE_GDB_PERIPHERAL && (region->base | region->size) % GDB_READ_BYTES != 0)
			return -1;
		if (bus_add_device(gdb->core->bus, &device) != 0)
			return -1;
	}
	return 0;
}
