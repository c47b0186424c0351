// SPDX-License-Identifier: GPL-2.0-or-later

/* What modules import. It leaves r9 and r10 alone, as firmware that calls back into modules must. */

#include "nxflat_module.h"

int host_sum(int a, int b, int c, int d)
{
	return a + 10 * b + 100 * c + 1000 * d;
}

int host_length(const char *text)
{
	int length = 0;

	while (text[length] != '\0')
		length++;
	return length;
}

int host_apply(int (*function)(int value), int value)
{
	return function(value) + 1;
}
