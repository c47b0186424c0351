// SPDX-License-Identifier: GPL-2.0-or-later

#include "ofl_part.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define MAX_PART_CHARS	15

/* How the numbers of serial NOR parts begin; microcontrollers' do not. */
static const char *const families[] = {
	"at25", "at26", "by25", "en25", "f25l", "gd25", "gd55", "is25", "m25p", "mt25", "mt35", "mx25", "mx66", "n25q",
	"p25q", "pm25", "s25f", "s25h", "sst25", "sst26", "w25m", "w25q", "w25r", "w25x", "xm25", "xt25", "zb25", "zd25",
};

/* The next part number in `text`, in lower case, up to its density's digits; NULL: none. Returns what follows. */
static const char *next_part(const char *text, char part[MAX_PART_CHARS + 1])
{
	for (; *text; text++) {
		for (size_t n = 0; n < sizeof(families) / sizeof(families[0]); n++) {
			size_t length = strlen(families[n]);
			size_t k = 0;
			while (k < length && text[k] && tolower((unsigned char)text[k]) == families[n][k])
				k++;
			if (k < length)
				continue;
			/* Letters of the series, then digits of the density. */
			while (k < MAX_PART_CHARS && isalpha((unsigned char)text[k]))
				k++;
			size_t digits = k;
			while (k < MAX_PART_CHARS && isdigit((unsigned char)text[k]))
				k++;
			if (k == digits)
				continue;
			for (size_t c = 0; c < k; c++)
				part[c] = tolower((unsigned char)text[c]);
			part[k] = 0;
			return text + k;
		}
	}
	return NULL;
}

bool ofl_part_contradicts(const char *text, const char *chip_name)
{
	char part[MAX_PART_CHARS + 1], chip[MAX_PART_CHARS + 1];
	bool any = false;

	if (!next_part(chip_name, chip))
		return false;
	while ((text = next_part(text, part))) {
		size_t length = strlen(part) < strlen(chip) ? strlen(part) : strlen(chip);
		if (strncmp(part, chip, length) == 0)
			return false;
		any = true;
	}
	return any;
}
