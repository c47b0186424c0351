// SPDX-License-Identifier: GPL-2.0-or-later

#include "nxflat_sane.h"

#include <stdlib.h>
#include <string.h>

#include "elf_sane.h"

static const char *imports_insane(const struct ofl_nxflat *nxflat)
{
	const char *text = (const char *)ofl_nxflat_text(nxflat);
	struct ofl_nxflat_import import;
	unsigned int n = 0;

	for (; ofl_nxflat_import(nxflat, n, &import); n++) {
		if (import.name < text || import.name >= text + nxflat->text_bytes)
			return "names are within the code";

		const size_t length = strnlen(import.name, nxflat->text_bytes - (size_t)(import.name - text));

		if (length == 0 || import.name + length >= text + nxflat->text_bytes)
			return "names end within the code";
		for (size_t i = 0; i < length; i++)
			if (import.name[i] <= 0x20 || import.name[i] > 0x7e)
				return "names are printable";
		if (import.where % 4 != 0 || import.where > nxflat->data_bytes - 4)
			return "addresses of imports are words of the data";
	}
	return n == nxflat->num_imports ? NULL : "there are as many imports as the header says";
}

/* The same at two places: words that a relocation names differ by the distance, no others do. */
static const char *places_insane(const struct ofl_nxflat *nxflat, const uint32_t *address, uint8_t *one, uint8_t *other)
{
	struct ofl_nxflat_relocation relocation;
	struct ofl_file_error error;
	const uint32_t text = 0x20000000, data = 0x30000000;
	unsigned int n = 0;

	if (!ofl_nxflat_check_place(nxflat, text, data, &error))
		return "it can be where there is room";
	if (nxflat->data_bytes != 0 && ofl_nxflat_check_place(nxflat, text, text, &error))
		return "code and data do not overlap";
	ofl_nxflat_data(nxflat, text, data, address, one);
	ofl_nxflat_data(nxflat, text + 0x40, data + 0x8000, address, other);
	for (; ofl_nxflat_relocation(nxflat, n, &relocation); n++) {
		if (relocation.where > nxflat->data_bytes - 4)
			return "relocations are within the data";
		/* So that only what no relocation names is compared. */
		memset(one + relocation.where, 0, 4);
		memset(other + relocation.where, 0, 4);
	}
	if (n != nxflat->num_relocations)
		return "there are as many relocations as the header says";
	return memcmp(one, other, nxflat->data_bytes) == 0 ? NULL : "only what is relocated depends on the place";
}

static const char *insane(const struct ofl_nxflat *nxflat)
{
	uint32_t *address = malloc(nxflat->num_imports * sizeof(*address) + 1);
	uint8_t *one = malloc(nxflat->data_bytes + 1), *other = malloc(nxflat->data_bytes + 1);
	const char *bad = NULL;

	if (nxflat->abi != OFL_NXFLAT_ABI_R9 && nxflat->abi != OFL_NXFLAT_ABI_R10)
		bad = "the ABI is known";
	else if (nxflat->entry % 2 != 0 || nxflat->text_bytes < 2 || nxflat->entry > nxflat->text_bytes - 2)
		bad = "the entry point is in the code";
	else if ((uint64_t)OFL_NXFLAT_HEADER_BYTES + nxflat->text_bytes != nxflat->data_offset ||
			(uint64_t)nxflat->data_offset + nxflat->data_bytes > nxflat->length)
		bad = "code and data are in the file";
	if (!bad)
		bad = imports_insane(nxflat);
	if (!bad && address && one && other) {
		if (ofl_nxflat_bind(nxflat, NULL, address, NULL, NULL) > nxflat->num_imports)
			bad = "no more imports are missing than there are";
		else
			bad = places_insane(nxflat, address, one, other);
	}
	free(address);
	free(one);
	free(other);
	return bad;
}

const char *nxflat_file_insane(const uint8_t *bytes, size_t length, bool *accepted)
{
	struct ofl_nxflat nxflat;
	struct ofl_file_error error = { 0 };
	const bool good = ofl_nxflat_open(&nxflat, bytes, length, &error);

	if (accepted)
		*accepted = good;
	return good ? insane(&nxflat) : refusal_insane(&error, length);
}
