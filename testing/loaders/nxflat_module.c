// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * A module with all that NXFLAT tools have got wrong: initialised and zero-initialised data, static and global, string
 * constants, pointers in data, static and global function pointers, imports called and passed on. Each op of main uses
 * one of them; test_nxflat_modules.c knows what it must return.
 */

#include "nxflat_module.h"

int module_zero;
int module_data = 5;
/* What a function pointer is called through must not be known to the compiler. */
int (*module_pointer)(int value) = module_double;

static int static_zero;
static int static_data = 7;
static const char constant[] = "constant string";

static int __attribute__((noinline)) add_three(int value)
{
	return value + 3;
}

static int (*volatile static_pointer)(int value) = add_three;
static int (*const functions[])(int value) = { add_three, module_double, module_triple };
static const char *const strings[] = { "one", "three", constant };
static int *data_pointer = &static_data;
static int *zero_pointer = &static_zero;

int main(int op, int a, int b, int c)
{
	static int calls;

	calls++;
	switch (op) {
	case MODULE_CALLS:
		return calls;
	case MODULE_ZERO:
		module_zero += a;
		static_zero += b;
		return module_zero * 100 + static_zero + module_common[c];
	case MODULE_DATA:
		return module_data++ * 100 + static_data;
	case MODULE_POINTERS:
		return *data_pointer * 100 + *zero_pointer;
	case MODULE_STRING:
		return (unsigned char)strings[a][b];
	case MODULE_CONSTANT:
		return (unsigned char)constant[a];
	case MODULE_STATIC_FUNCTION:
		return static_pointer(a);
	case MODULE_GLOBAL_FUNCTION:
		return module_pointer(a);
	case MODULE_TABLE:
		return functions[a](b);
	case MODULE_DIVIDE:
		return a / b + c;
#ifndef NO_IMPORTS
	case MODULE_IMPORT:
		return host_sum(a, b, c, calls) + host_length(strings[1]);
	case MODULE_IMPORT_POINTER:
		return module_through(host_length, constant);
	case MODULE_CALLBACK:
		return host_apply(add_three, a) + host_apply(module_triple, b);
#endif
	}
	return -1;
}
