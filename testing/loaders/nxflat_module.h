/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Between the objects of a module, the firmware that it imports from, and the test that runs them. */

#ifndef OFL_TEST_LOADERS_NXFLAT_MODULE_H
#define OFL_TEST_LOADERS_NXFLAT_MODULE_H

enum module_op {
	MODULE_CALLS = 1,	/* how often main was called */
	MODULE_ZERO,		/* adds to zero-initialised data */
	MODULE_DATA,
	MODULE_POINTERS,	/* data by addresses in data */
	MODULE_STRING,
	MODULE_CONSTANT,
	MODULE_STATIC_FUNCTION,
	MODULE_GLOBAL_FUNCTION,
	MODULE_TABLE,
	MODULE_DIVIDE,		/* by libgcc on a core that cannot */
	MODULE_IMPORT,
	MODULE_IMPORT_POINTER,	/* the address of an import */
	MODULE_CALLBACK,	/* the firmware calls the module */
};

extern int module_zero, module_data;
extern int (*module_pointer)(int value);
extern int module_common[4];

int module_double(int value);
int module_triple(int value);
int module_through(int (*function)(const char *text), const char *text);
#if defined(__arm__) && !defined(WITH_IMPORTS)
int main(int op, int a, int b, int c);
#endif

int host_sum(int a, int b, int c, int d);
int host_length(const char *text);
int host_apply(int (*function)(int value), int value);

#endif /* OFL_TEST_LOADERS_NXFLAT_MODULE_H */
