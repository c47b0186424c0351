// SPDX-License-Identifier: GPL-2.0-or-later

/* What is used of the format is in ofl_nxflat.h; the header is big-endian, all else as the target is. */

#include "ofl_nxflat.h"

#include <string.h>

#define HEADER_ENTRY		4
#define HEADER_DATA_START	8
#define HEADER_DATA_END		12
#define HEADER_BSS_END		16
#define HEADER_STACK		20
#define HEADER_RELOCATIONS	24
#define HEADER_IMPORTS		28
#define HEADER_NUM_RELOCATIONS	32
#define HEADER_NUM_IMPORTS	34

#define WORD_BYTES		4u
#define THUMB			1u
/* A halfword is the shortest instruction. */
#define INSTRUCTION_BYTES	2u
/* More than any microcontroller has. */
#define MAX_RAM_BYTES		(16u * 1024 * 1024)
#define MAX_NAME_BYTES		255u
#define SPACE_BYTES		(UINT64_C(1) << 32)

#define MARKER			"__nxflat_abi_"
#define MARKER_R9		"__nxflat_abi_v2"

static uint32_t be32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | (uint32_t)bytes[3];
}

static uint16_t be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void put_le32(uint8_t *bytes, uint32_t value)
{
	for (unsigned int n = 0; n < WORD_BYTES; n++)
		bytes[n] = (uint8_t)(value >> 8 * n);
}

bool ofl_nxflat_recognises(const uint8_t *bytes, size_t length)
{
	return length >= 4 && memcmp(bytes, "NxFT", 4) == 0;
}

/* Header: where I-Space, D-Space and the zeros end. All sums are of 32-bit numbers in 64 bits. */
static bool read_spaces(struct ofl_nxflat *nxflat, struct ofl_file_error *error)
{
	const uint8_t *header = nxflat->bytes;
	const uint64_t entry = be32(header + HEADER_ENTRY), data_start = be32(header + HEADER_DATA_START);
	const uint64_t data_end = be32(header + HEADER_DATA_END), bss_end = be32(header + HEADER_BSS_END);

	if (data_start < OFL_NXFLAT_HEADER_BYTES || data_start > nxflat->length)
		return ofl_file_fault(error, HEADER_DATA_START, "data begins at 0x%llx, outside the file of %zu bytes",
				(unsigned long long)data_start, nxflat->length);
	if (data_end < data_start || data_end > nxflat->length)
		return ofl_file_fault(error, HEADER_DATA_END, "data ends at 0x%llx, before its begin or behind the file of "
				"%zu bytes", (unsigned long long)data_end, nxflat->length);
	if (bss_end < data_end)
		return ofl_file_fault(error, HEADER_BSS_END, "zero-initialised data ends at 0x%llx, before initialised data "
				"does", (unsigned long long)bss_end);
	if (bss_end - data_start > MAX_RAM_BYTES)
		return ofl_file_fault(error, HEADER_BSS_END, "%llu bytes of data, more than any microcontroller has",
				(unsigned long long)(bss_end - data_start));
	if (entry < OFL_NXFLAT_HEADER_BYTES || entry + INSTRUCTION_BYTES > data_start)
		return ofl_file_fault(error, HEADER_ENTRY, "the entry point, at 0x%llx, is outside the code",
				(unsigned long long)entry);
	if (entry & THUMB)
		return ofl_file_fault(error, HEADER_ENTRY, "the entry point, at 0x%llx, is not on a halfword",
				(unsigned long long)entry);
	nxflat->entry = (uint32_t)entry - OFL_NXFLAT_HEADER_BYTES;
	nxflat->text_bytes = (uint32_t)data_start - OFL_NXFLAT_HEADER_BYTES;
	nxflat->data_offset = (uint32_t)data_start;
	nxflat->data_bytes = (uint32_t)(data_end - data_start);
	nxflat->bss_bytes = (uint32_t)(bss_end - data_end);
	nxflat->stack_bytes = be32(header + HEADER_STACK);
	if (nxflat->stack_bytes > MAX_RAM_BYTES)
		return ofl_file_fault(error, HEADER_STACK, "a stack of %u bytes, more than any microcontroller has",
				(unsigned int)nxflat->stack_bytes);
	return true;
}

static bool read_tables(struct ofl_nxflat *nxflat, struct ofl_file_error *error)
{
	const uint8_t *header = nxflat->bytes;
	const uint64_t relocations = be32(header + HEADER_RELOCATIONS), imports = be32(header + HEADER_IMPORTS);
	const uint64_t data_end = (uint64_t)nxflat->data_offset + nxflat->data_bytes;

	nxflat->num_relocations = be16(header + HEADER_NUM_RELOCATIONS);
	nxflat->num_imports = be16(header + HEADER_NUM_IMPORTS);
	if (nxflat->num_relocations != 0) {
		if (relocations < data_end || relocations + (uint64_t)WORD_BYTES * nxflat->num_relocations > nxflat->length)
			return ofl_file_fault(error, HEADER_RELOCATIONS, "%u relocations at 0x%llx are not between data and the "
					"end of the file of %zu bytes", nxflat->num_relocations, (unsigned long long)relocations,
					nxflat->length);
		nxflat->relocation_offset = (uint32_t)relocations;
	}
	if (nxflat->num_imports == 0)
		return true;
	if (imports < nxflat->data_offset ||
			imports + (uint64_t)OFL_NXFLAT_IMPORT_BYTES * nxflat->num_imports > data_end)
		return ofl_file_fault(error, HEADER_IMPORTS, "%u imports at 0x%llx are not within the data",
				nxflat->num_imports, (unsigned long long)imports);
	nxflat->import_offset = (uint32_t)imports - nxflat->data_offset;
	if (nxflat->import_offset % WORD_BYTES != 0)
		return ofl_file_fault(error, HEADER_IMPORTS, "imports at 0x%llx are not on a word of the data",
				(unsigned long long)imports);
	return true;
}

static size_t import_file_offset(const struct ofl_nxflat *nxflat, unsigned int n)
{
	return (size_t)nxflat->data_offset + nxflat->import_offset + (size_t)OFL_NXFLAT_IMPORT_BYTES * n;
}

/* Names are in messages: only what a symbol of C or assembler may have. */
static bool check_name(const struct ofl_nxflat *nxflat, unsigned int n, struct ofl_file_error *error)
{
	const size_t at = import_file_offset(nxflat, n);
	const uint32_t start = ofl_le32(nxflat->bytes + at);

	if (start >= nxflat->text_bytes)
		return ofl_file_fault(error, at, "the name of import %u, at 0x%llx, is outside the code", n,
				(unsigned long long)start + OFL_NXFLAT_HEADER_BYTES);

	const uint8_t *name = ofl_nxflat_text(nxflat) + start;
	const uint32_t room = nxflat->text_bytes - start;
	uint32_t length = 0;

	while (length < room && name[length] != '\0') {
		if (name[length] <= 0x20 || name[length] > 0x7e)
			return ofl_file_fault(error, OFL_NXFLAT_HEADER_BYTES + start + length,
					"the name of import %u holds the byte 0x%02x", n, name[length]);
		if (++length > MAX_NAME_BYTES)
			return ofl_file_fault(error, OFL_NXFLAT_HEADER_BYTES + start,
					"the name of import %u is longer than %u bytes", n, MAX_NAME_BYTES);
	}
	if (length == room)
		return ofl_file_fault(error, OFL_NXFLAT_HEADER_BYTES + start,
				"the name of import %u does not end within the code", n);
	if (length == 0)
		return ofl_file_fault(error, OFL_NXFLAT_HEADER_BYTES + start, "import %u has no name", n);
	return true;
}

static bool read_imports(struct ofl_nxflat *nxflat, struct ofl_file_error *error)
{
	nxflat->abi = OFL_NXFLAT_ABI_R10;
	for (unsigned int n = 0; n < nxflat->num_imports; n++) {
		struct ofl_nxflat_import import;

		if (!check_name(nxflat, n, error))
			return false;
		ofl_nxflat_import(nxflat, n, &import);
		if (!import.is_marker)
			continue;
		if (strcmp(import.name, MARKER_R9) != 0)
			return ofl_file_fault(error, import.offset, "made for %.60s: this version of the ABI is not known",
					import.name);
		nxflat->abi = OFL_NXFLAT_ABI_R9;
	}
	return true;
}

static bool check_relocations(const struct ofl_nxflat *nxflat, struct ofl_file_error *error)
{
	const uint32_t import_bytes = OFL_NXFLAT_IMPORT_BYTES * nxflat->num_imports;
	struct ofl_nxflat_relocation relocation;

	for (unsigned int n = 0; ofl_nxflat_relocation(nxflat, n, &relocation); n++) {
		if (relocation.type != OFL_NXFLAT_REL32I && relocation.type != OFL_NXFLAT_REL32D)
			return ofl_file_fault(error, relocation.offset, "relocation %u is of type %u, which is not known", n,
					(unsigned int)relocation.type);
		if ((uint64_t)relocation.where + WORD_BYTES > nxflat->data_bytes)
			return ofl_file_fault(error, relocation.offset, "relocation %u is for offset 0x%x, outside the data of "
					"%u bytes", n, (unsigned int)relocation.where, (unsigned int)nxflat->data_bytes);

		/* Before the table it may reach into it by less than a word. */
		const uint64_t in_table = (uint64_t)relocation.where + WORD_BYTES - nxflat->import_offset;

		if (import_bytes == 0 || relocation.where + WORD_BYTES <= nxflat->import_offset ||
				relocation.where >= nxflat->import_offset + import_bytes)
			continue;
		/* The names' offsets may be relocated; NuttX's loader does so after it has used them. */
		if (in_table % OFL_NXFLAT_IMPORT_BYTES != WORD_BYTES)
			return ofl_file_fault(error, relocation.offset, "relocation %u, for offset 0x%x, would change the address "
					"of an import", n, (unsigned int)relocation.where);
	}
	return true;
}

bool ofl_nxflat_open(struct ofl_nxflat *nxflat, const uint8_t *bytes, size_t length, struct ofl_file_error *error)
{
	memset(nxflat, 0, sizeof(*nxflat));
	if (!ofl_nxflat_recognises(bytes, length))
		return ofl_file_fault(error, 0, "no NXFLAT module: it does not begin with NxFT");
	if (length < OFL_NXFLAT_HEADER_BYTES)
		return ofl_file_fault(error, length, "the file ends within the header of %u bytes", OFL_NXFLAT_HEADER_BYTES);
	nxflat->bytes = bytes;
	nxflat->length = length;
	return read_spaces(nxflat, error) && read_tables(nxflat, error) && read_imports(nxflat, error) &&
		check_relocations(nxflat, error);
}

bool ofl_nxflat_relocation(const struct ofl_nxflat *nxflat, unsigned int n, struct ofl_nxflat_relocation *relocation)
{
	if (n >= nxflat->num_relocations)
		return false;
	relocation->offset = (size_t)nxflat->relocation_offset + (size_t)WORD_BYTES * n;

	const uint32_t word = ofl_le32(nxflat->bytes + relocation->offset);

	relocation->type = (enum ofl_nxflat_relocation_type)(word >> 30);
	relocation->where = word & 0x3fffffff;
	return true;
}

bool ofl_nxflat_import(const struct ofl_nxflat *nxflat, unsigned int n, struct ofl_nxflat_import *import)
{
	if (n >= nxflat->num_imports)
		return false;
	import->offset = import_file_offset(nxflat, n);
	import->where = nxflat->import_offset + OFL_NXFLAT_IMPORT_BYTES * n + WORD_BYTES;
	import->name = (const char *)ofl_nxflat_text(nxflat) + ofl_le32(nxflat->bytes + import->offset);
	import->is_marker = strncmp(import->name, MARKER, strlen(MARKER)) == 0;
	return true;
}

/* NULL: *address is the function's. Else what is wrong with it. */
static const char *find_function(const struct ofl_elf *firmware, const char *name, uint32_t *address)
{
	struct ofl_elf_symbol symbol;

	if (!firmware)
		return "no symbol file is given";
	if (!ofl_elf_find_symbol(firmware, name, &symbol))
		return "not in the symbol file";
	/* Nothing in the module says whether it wants code or data: a thunk can only call. */
	if (symbol.type == OFL_ELF_STT_OBJECT)
		return "data, and NXFLAT imports functions only";
	if (!(symbol.value & THUMB))
		return "not Thumb code, which is all that a Cortex-M runs";
	*address = symbol.value;
	return NULL;
}

unsigned int ofl_nxflat_bind(const struct ofl_nxflat *nxflat, const struct ofl_elf *firmware, uint32_t *address,
		void (*unbound)(void *context, const char *name, const char *why), void *context)
{
	struct ofl_nxflat_import import;
	unsigned int num_unbound = 0;

	for (unsigned int n = 0; ofl_nxflat_import(nxflat, n, &import); n++) {
		address[n] = 0;
		if (import.is_marker)
			continue;

		const char *why = find_function(firmware, import.name, &address[n]);

		if (!why)
			continue;
		num_unbound++;
		if (unbound)
			unbound(context, import.name, why);
	}
	return num_unbound;
}

bool ofl_nxflat_check_place(const struct ofl_nxflat *nxflat, uint32_t text_address, uint32_t data_address,
		struct ofl_file_error *error)
{
	const uint64_t text_end = (uint64_t)text_address + nxflat->text_bytes;
	const uint64_t data_end = (uint64_t)data_address + nxflat->data_bytes + nxflat->bss_bytes;

	if (text_address % OFL_NXFLAT_ALIGNMENT != 0 || data_address % OFL_NXFLAT_ALIGNMENT != 0)
		return ofl_file_fault(error, 0, "code at 0x%08x and data at 0x%08x: both must be at a multiple of %u",
				(unsigned int)text_address, (unsigned int)data_address, OFL_NXFLAT_ALIGNMENT);
	if (text_end > SPACE_BYTES || data_end > SPACE_BYTES)
		return ofl_file_fault(error, 0, "code at 0x%08x or data at 0x%08x goes beyond the address space",
				(unsigned int)text_address, (unsigned int)data_address);
	if (text_address < data_end && data_address < text_end)
		return ofl_file_fault(error, 0, "code at 0x%08x and data at 0x%08x overlap", (unsigned int)text_address,
				(unsigned int)data_address);
	return true;
}

void ofl_nxflat_data(const struct ofl_nxflat *nxflat, uint32_t text_address, uint32_t data_address,
		const uint32_t *address, uint8_t *out)
{
	struct ofl_nxflat_import import;
	struct ofl_nxflat_relocation relocation;

	if (nxflat->data_bytes == 0)
		return;
	memcpy(out, nxflat->bytes + nxflat->data_offset, nxflat->data_bytes);
	for (unsigned int n = 0; ofl_nxflat_import(nxflat, n, &import); n++)
		put_le32(out + import.where, address[n]);
	for (unsigned int n = 0; ofl_nxflat_relocation(nxflat, n, &relocation); n++) {
		uint8_t *word = out + relocation.where;

		put_le32(word, ofl_le32(word) + (relocation.type == OFL_NXFLAT_REL32I ? text_address : data_address));
	}
}
