// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What can be told from the file of a loader that is a whole operating system, NuttX's system/ofloader: the table of
 * its devices, and what its users stumble over. Its descriptor says none of it.
 */

#include "ofl_loader_system.h"

#include <stdio.h>
#include <string.h>

#define PREFIX			"/dev/"

/*
 * cmp Rn, Rm (ARMv7-M ARM DDI 0403E, A7.7.28, T1); beq to that cmp (A7.7.12, T1): waits for a change of a variable that
 * it does not load again.
 */
#define IS_CMP(code)		(((code) & 0xffc0) == 0x4280)
#define BEQ_BACK		0xd0fd

/*
 * NuttX's progmem driver of the STM32F4 takes all blocks for as large as the first, 16 KiB (drivers/mtd/mtd_progmem.c
 * 4ebc8a7291d:420): right for the first four only (RM0090 3.4, table 6).
 */
#define STM32_FLASH		0x08000000u
#define STM32_FLASH_MAX_BYTES	0x200000u
#define STM32F4_SAFE_BYTES	0x10000u

static bool is_printable(uint8_t c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* Length of the text at `bytes`, if it is one that ends within `room` bytes; 0: it is none, or longer than a table. */
static size_t text_length(const uint8_t *bytes, size_t room)
{
	size_t length = 0;

	while (length < room && length < OFL_SYSTEM_TABLE_BYTES && is_printable(bytes[length]))
		length++;
	return length < room && length < OFL_SYSTEM_TABLE_BYTES && bytes[length] == 0 ? length : 0;
}

/* A number of the table at *at, decimal or with 0x; moves behind it. */
static bool take_number(const char **at, uint32_t *value)
{
	const char *digit = *at;
	unsigned int base = 10;
	uint64_t sum = 0;

	if (digit[0] == '0' && (digit[1] == 'x' || digit[1] == 'X')) {
		digit += 2;
		base = 16;
	}
	const char *first = digit;
	for (;; digit++) {
		static const char digits[] = "0123456789abcdef";
		const char lower = (char)(*digit >= 'A' && *digit <= 'F' ? *digit + 0x20 : *digit);
		const char *found = lower ? strchr(digits, lower) : NULL;

		if (!found || (unsigned int)(found - digits) >= base)
			break;
		sum = sum * base + (unsigned int)(found - digits);
		if (sum > UINT32_MAX)
			return false;
	}
	*value = (uint32_t)sum;
	*at = digit;
	return digit != first;
}

/* "/dev/NAME[,ADDRESS[,SIZE]]", up to ; or the end. Returns what follows it, NULL: it is no such entry. */
static const char *take_entry(const char *at, struct ofl_system_device *device)
{
	const size_t name = strcspn(at, ",;");

	*device = (struct ofl_system_device){ 0 };
	if (strncmp(at, PREFIX, strlen(PREFIX)) != 0 || name == strlen(PREFIX) || memchr(at, '%', name) ||
			memchr(at, ' ', name))
		return NULL;
	snprintf(device->path, sizeof(device->path), "%.*s", (int)name, at);
	at += name;
	if (*at == ',') {
		at++;
		device->has_address = take_number(&at, &device->address);
		if (!device->has_address)
			return NULL;
	}
	if (*at == ',') {
		at++;
		device->has_size = take_number(&at, &device->size_bytes);
		if (!device->has_size)
			return NULL;
	}
	if (*at == ';')
		return at + 1;
	return *at ? NULL : at;
}

/* How many devices a text names: 0 when it is no table. `numbers`: one of them has an address. */
static unsigned int parse_table(const char *text, struct ofl_system_device *devices, bool *numbers)
{
	unsigned int count = 0;

	*numbers = false;
	while (*text) {
		struct ofl_system_device device;

		text = take_entry(text, &device);
		if (!text)
			return 0;
		*numbers |= device.has_address;
		if (count < OFL_SYSTEM_MAX_DEVICES)
			devices[count++] = device;
	}
	return count;
}

/*
 * The first text with numbers is the table. Without them it looks like any path (of a console, of /dev/null), and then
 * all there are is what can be said.
 */
static void find_table(const struct ofl_loader *loader, struct ofl_system *system)
{
	for (unsigned int n = 0; n < loader->num_segments; n++) {
		const struct ofl_loader_segment *segment = &loader->segment[n];
		const uint8_t *bytes = segment->bytes;

		for (size_t at = 0; bytes && at + strlen(PREFIX) < segment->length_bytes; at++) {
			struct ofl_system_device devices[OFL_SYSTEM_MAX_DEVICES];
			char text[OFL_SYSTEM_TABLE_BYTES];
			bool numbers;

			/* Where a text begins. */
			if (bytes[at] != PREFIX[0] || (at != 0 && is_printable(bytes[at - 1])))
				continue;
			const size_t length = text_length(bytes + at, segment->length_bytes - at);

			memcpy(text, bytes + at, length);
			text[length] = '\0';
			const unsigned int count = parse_table(text, devices, &numbers);

			if (count == 0)
				continue;
			if (numbers) {
				memcpy(system->table, text, length + 1);
				memcpy(system->device, devices, count * sizeof(devices[0]));
				system->num_devices = count;
				return;
			}
			if (system->num_paths < OFL_SYSTEM_MAX_PATHS)
				memcpy(system->path[system->num_paths++], text, length + 1);
		}
	}
}

/* Only a function that its entry points call: a kernel has such loops in places where they are right. */
static bool is_sender(const char *name)
{
	return strncmp(name, "SEGGER_FL_", 10) == 0 || strcmp(name, "send_and_wait") == 0;
}

static void find_wait_loop(const struct ofl_loader *loader, struct ofl_system *system)
{
	for (unsigned int n = 0; n < loader->num_segments; n++) {
		const struct ofl_loader_segment *segment = &loader->segment[n];
		const uint8_t *bytes = segment->executable ? segment->bytes : NULL;

		for (uint32_t at = 0; bytes && at + 4 <= segment->length_bytes; at += 2) {
			uint32_t offset;

			if (ofl_le16(bytes + at + 2) != BEQ_BACK || !IS_CMP(ofl_le16(bytes + at)))
				continue;
			const char *symbol = ofl_loader_symbol(loader, segment->address + at, &offset);

			if (symbol && !is_sender(symbol))
				continue;
			system->wait_address = segment->address + at;
			return;
		}
	}
}

bool ofl_loader_system(const struct ofl_loader *loader, struct ofl_system *system)
{
	memset(system, 0, sizeof(*system));
	if (loader->room_bytes == 0)
		return false;
	find_table(loader, system);
	find_wait_loop(loader, system);
	for (unsigned int n = 0; n < system->num_devices; n++) {
		const struct ofl_system_device *device = &system->device[n];

		if (strcmp(device->path, "/dev/flash") != 0 || device->address < STM32_FLASH ||
				device->address >= STM32_FLASH + STM32_FLASH_MAX_BYTES)
			continue;
		system->maps_wrongly |= !device->has_size ||
				(uint64_t)device->address + device->size_bytes > STM32_FLASH + STM32F4_SAFE_BYTES;
	}
	return true;
}
