// SPDX-License-Identifier: GPL-2.0-or-later

/* The module's other object: names that cross from one to the other. */

#include "nxflat_module.h"

static const int factors[] = { 2, 3 };

int module_common[4];

int module_double(int value)
{
	module_common[1]++;
	return value * factors[0];
}

int module_triple(int value)
{
	module_common[2]++;
	return value * factors[1];
}

int module_through(int (*function)(const char *text), const char *text)
{
	return function(text);
}
