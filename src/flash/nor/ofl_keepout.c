// SPDX-License-Identifier: GPL-2.0-or-later

#include <stdio.h>
#include <string.h>

#include "ofl_keepout.h"

/* OpenOCD's banks are 32 bits wide. */
#define END_MAX		(1ull << 32)

static void set_label(struct ofl_keepout *keepout, const char *label)
{
	/* Printed on lines of its own and in lists: no control characters. */
	snprintf(keepout->label, sizeof(keepout->label), "%s", label ? label : "");
	for (char *at = keepout->label; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	}
}

const char *ofl_keepout_add(struct ofl_keepouts *keepouts, uint64_t offset_bytes, uint64_t length_bytes,
		const char *label)
{
	unsigned int at = 0;

	if (!length_bytes)
		return "the length is 0";
	if (offset_bytes >= END_MAX || length_bytes > END_MAX - offset_bytes)
		return "it ends beyond 4 GiB";
	for (unsigned int n = 0; n < keepouts->count; n++) {
		struct ofl_keepout *entry = &keepouts->entry[n];
		if (entry->offset_bytes == offset_bytes && entry->length_bytes == length_bytes) {
			set_label(entry, label);
			return NULL;
		}
	}
	if (keepouts->count == OFL_MAX_KEEPOUTS)
		return "there are too many keep-outs";
	while (at < keepouts->count && keepouts->entry[at].offset_bytes <= offset_bytes)
		at++;
	memmove(keepouts->entry + at + 1, keepouts->entry + at, (keepouts->count - at) * sizeof(keepouts->entry[0]));
	keepouts->count++;
	keepouts->entry[at].offset_bytes = offset_bytes;
	keepouts->entry[at].length_bytes = length_bytes;
	set_label(&keepouts->entry[at], label);
	return NULL;
}

const struct ofl_keepout *ofl_keepout_find(const struct ofl_keepouts *keepouts, uint64_t offset_bytes,
		uint64_t length_bytes)
{
	for (unsigned int n = 0; length_bytes && n < keepouts->count; n++) {
		const struct ofl_keepout *entry = &keepouts->entry[n];
		/* Differences, not sums: those cannot overflow. */
		if (entry->offset_bytes <= offset_bytes ? offset_bytes - entry->offset_bytes < entry->length_bytes
				: entry->offset_bytes - offset_bytes < length_bytes)
			return entry;
	}
	return NULL;
}
