// SPDX-License-Identifier: GPL-2.0-or-later

/* bin/nxflat dump: by the driver's own reader, so that what it shows is what the driver sees. */

#include "nxflat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ofl_nxflat.h"

#define MAX_FILE_BYTES	(64u * 1024 * 1024)

static uint8_t *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	size_t room = 65536;
	uint8_t *bytes = file ? malloc(room) : NULL;

	*length = 0;
	if (!file) {
		fprintf(stderr, "nxflat: %s: %s\n", path, strerror(errno));
		return NULL;
	}
	while (bytes) {
		*length += fread(bytes + *length, 1, room - *length, file);
		if (*length < room || room > MAX_FILE_BYTES)
			break;
		room *= 2;

		uint8_t *larger = realloc(bytes, room);

		if (!larger)
			free(bytes);
		bytes = larger;
	}
	if (!bytes || ferror(file) || *length > MAX_FILE_BYTES) {
		fprintf(stderr, "nxflat: %s: cannot be read, or too large\n", path);
		free(bytes);
		bytes = NULL;
	}
	fclose(file);
	return bytes;
}

static void print_relocations(const struct ofl_nxflat *nxflat)
{
	struct ofl_nxflat_relocation relocation;

	for (unsigned int n = 0; ofl_nxflat_relocation(nxflat, n, &relocation); n++)
		printf("relocation: at=data+0x%x adds=%s value=0x%x\n", (unsigned int)relocation.where,
				relocation.type == OFL_NXFLAT_REL32I ? "text" : "data",
				(unsigned int)ofl_le32(nxflat->bytes + nxflat->data_offset + relocation.where));
}

static void print_unbound(void *context, const char *name, const char *why)
{
	(void)context;
	printf("error: import %s: %s\n", name, why);
}

static bool print_imports(const struct ofl_nxflat *nxflat, const struct ofl_elf *firmware)
{
	struct ofl_nxflat_import import;
	uint32_t *address = calloc(nxflat->num_imports + 1, sizeof(*address));
	unsigned int num_unbound;

	if (!address) {
		fprintf(stderr, "nxflat: out of memory\n");
		return false;
	}
	num_unbound = firmware ? ofl_nxflat_bind(nxflat, firmware, address, print_unbound, NULL) : 0;
	for (unsigned int n = 0; ofl_nxflat_import(nxflat, n, &import); n++) {
		printf("import: %s at=data+0x%x", import.name, (unsigned int)import.where);
		if (import.is_marker)
			printf(" (the ABI's version)");
		else if (address[n] != 0)
			printf(" address=0x%08x", (unsigned int)address[n]);
		printf("\n");
	}
	free(address);
	return num_unbound == 0;
}

static bool dump(const uint8_t *bytes, size_t length, const struct ofl_elf *firmware)
{
	struct ofl_nxflat nxflat;
	struct ofl_file_error error;

	if (!ofl_nxflat_open(&nxflat, bytes, length, &error)) {
		printf("error: %s (offset 0x%zx)\n", error.text, error.offset);
		return false;
	}
	printf("base-register: %s\n", nxflat.abi == OFL_NXFLAT_ABI_R9 ? "r9" : "r10");
	printf("text: bytes=%u file-offset=0x%x\n", (unsigned int)nxflat.text_bytes, OFL_NXFLAT_HEADER_BYTES);
	printf("entry: text+0x%x\n", (unsigned int)nxflat.entry);
	printf("data: bytes=%u file-offset=0x%x\n", (unsigned int)nxflat.data_bytes, (unsigned int)nxflat.data_offset);
	printf("zeros: bytes=%u\n", (unsigned int)nxflat.bss_bytes);
	printf("stack: bytes=%u\n", (unsigned int)nxflat.stack_bytes);
	print_relocations(&nxflat);
	return print_imports(&nxflat, firmware);
}

bool nxflat_dump(const char *path, const char *symbols)
{
	size_t length = 0, firmware_length = 0;
	uint8_t *bytes = read_file(path, &length);
	uint8_t *firmware_bytes = bytes && symbols ? read_file(symbols, &firmware_length) : NULL;
	struct ofl_elf firmware;
	struct ofl_file_error error;
	bool good = bytes && (!symbols || firmware_bytes);

	if (good && symbols && !ofl_elf_open(&firmware, firmware_bytes, firmware_length, &error)) {
		fprintf(stderr, "nxflat: %s: at file offset 0x%zx: %s\n", symbols, error.offset, error.text);
		good = false;
	}
	good = good && dump(bytes, length, symbols ? &firmware : NULL);
	free(firmware_bytes);
	free(bytes);
	return good;
}
