// SPDX-License-Identifier: GPL-2.0-or-later

/* Every exception goes the same way; the first two entries are for a boot without debugger. */

#include "rtos.h"

void exception_entry(void);
void __start(void);
extern uint32_t _ebss[];
extern const uintptr_t _vectors[NUM_EXCEPTIONS];

__attribute__((section(".vectors"), used)) const uintptr_t _vectors[NUM_EXCEPTIONS] = {
	(uintptr_t)_ebss + 1024, (uintptr_t)__start, [2 ... NUM_EXCEPTIONS - 1] = (uintptr_t)exception_entry,
};
